//! Power is conserved: per kind, feeder, `traded` and timestep, and per owner where time has begun.

use crate::{mock::*, Assets, Error, LiveOn};
use petra_primitives::{AssetKind, AssetLedger, AssetOutput, EnergyAsset};

const MOST: u64 = u64::MAX - u64::MAX % 100;

#[test]
fn transfer_should_fail_when_power_differs_in_one_timestep_of_a_long_interval() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, HORIZON);
		let call = |parts| transfer(inputs(&[id], &[]), outputs(parts, &[]));
		let (middle, error) = (OPEN + 20, Error::<Test>::NotConserved);
		// Too little, too much, and shifted by one.
		let short = vec![output(1, 500, OPEN, middle - 1), output(1, 500, middle + 1, HORIZON)];
		assert_refused(signed(1), call(short), error);
		let error = Error::<Test>::NotConserved;
		let long = vec![output(1, 500, OPEN, middle), output(1, 500, middle, HORIZON)];
		assert_refused(signed(1), call(long), error);
		let error = Error::<Test>::NotConserved;
		assert_refused(signed(1), call(vec![output(1, 500, OPEN + 1, HORIZON + 1)]), error);
		let error = Error::<Test>::NotConserved;
		assert_refused(signed(1), call(vec![output(1, 600, OPEN, HORIZON)]), error);
		let right = vec![output(1, 500, OPEN, middle), output(1, 500, middle + 1, HORIZON)];
		assert_done(signed(1), call(right));
	});
}

#[test]
fn transfer_should_fail_when_power_moves_between_sorts() {
	build_and_execute(|| {
		let own = withdraw(1, 500, OPEN, OPEN);
		let call = |out| transfer(inputs(&[own], &[]), outputs(vec![out], &[]));
		let same = || output(1, 500, OPEN, OPEN);
		for moved in [
			AssetOutput { kind: AssetKind::Consumption, ..same() },
			AssetOutput { feeder: 2, ..same() },
			AssetOutput { feeder: 99, ..same() },
			AssetOutput { traded: true, ..same() },
		] {
			assert_refused(signed(1), call(moved), Error::<Test>::NotConserved);
		}
		assert_done(signed(1), call(same()));
	});
}

#[test]
fn transfer_should_fail_when_sums_pass_any_type() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		let call = |parts| transfer(inputs(&[id], &[]), outputs(parts, &[]));
		// 2^64 and more must not wrap to 500.
		let wraps = vec![output(1, MOST, OPEN, OPEN); 16];
		assert_refused(signed(1), call(wraps), Error::<Test>::NotConserved);
		let wraps = vec![output(1, MOST, OPEN, OPEN), output(1, 600, OPEN, OPEN)];
		assert_refused(signed(1), call(wraps), Error::<Test>::NotConserved);
		let forever = vec![output(1, 500, OPEN, u64::MAX)];
		assert_refused(signed(1), call(forever), Error::<Test>::NotConserved);
		let everything = vec![output(1, 500, 0, u64::MAX)];
		assert_refused(signed(1), call(everything), Error::<Test>::NotConserved);
		assert_done(signed(1), call(vec![output(1, 500, OPEN, OPEN)]));
	});
}

#[test]
fn transfer_should_work_at_the_ends_of_all_types() {
	build_and_execute(|| {
		// Put there directly: no withdrawal reaches so far.
		let owner = account(1);
		let asset = EnergyAsset {
			owner: owner.clone(),
			kind: AssetKind::Production,
			power: MOST,
			start: NOW + 1,
			end: u64::MAX,
			feeder: FEEDER,
			traded: true,
			locked: false,
		};
		let ids = [(); 2].map(|()| EnergyAssets::bring_into_being(asset.clone()).unwrap());
		let whole = || AssetOutput { traded: true, ..output(2, MOST, NOW + 1, u64::MAX) };
		let twice = transfer(inputs(&ids, &[]), outputs(vec![whole(); 3], &[]));
		assert_refused(signed(1), twice, Error::<Test>::NotConserved);
		assert_done(signed(1), transfer(inputs(&ids, &[]), outputs(vec![whole(); 2], &[])));
		assert_eq!(Assets::<Test>::get(3).unwrap().end, u64::MAX);
		assert_eq!(LiveOn::<Test>::get(FEEDER), 2);
	});
}

#[test]
fn transfer_should_keep_begun_timesteps_with_their_owner() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN + 9);
		set_now(OPEN + 4);
		let call = |parts| transfer(inputs(&[id], &[]), outputs(parts, &[]));
		let given = vec![output(2, 500, OPEN, OPEN + 9)];
		assert_refused(signed(1), call(given), Error::<Test>::AssetBegun);
		let one_too_many = vec![output(1, 500, OPEN, OPEN + 3), output(2, 500, OPEN + 4, OPEN + 9)];
		assert_refused(signed(1), call(one_too_many), Error::<Test>::AssetBegun);
		let one_lot = vec![
			output(1, 400, OPEN, OPEN + 4),
			output(2, 100, OPEN, OPEN + 4),
			output(1, 500, OPEN + 5, OPEN + 9),
		];
		assert_refused(signed(1), call(one_lot), Error::<Test>::AssetBegun);
		// Splitting begun timesteps and giving away the others is fine.
		let fine = vec![
			output(1, 300, OPEN, OPEN + 2),
			output(1, 200, OPEN, OPEN + 4),
			output(1, 300, OPEN + 3, OPEN + 4),
			output(2, 500, OPEN + 5, OPEN + 9),
		];
		assert_done(signed(1), call(fine));
	});
}

#[test]
fn transfer_should_fail_when_owners_swap_begun_timesteps() {
	build_and_execute(|| {
		let ids = [withdraw(1, 500, OPEN, OPEN + 1), withdraw(2, 500, OPEN, OPEN + 1)];
		set_now(OPEN);
		let call = |first, second| {
			let parts = vec![
				output(first, 500, OPEN, OPEN),
				output(second, 500, OPEN, OPEN),
				output(second, 500, OPEN + 1, OPEN + 1),
				output(second, 500, OPEN + 1, OPEN + 1),
			];
			co_signed(1, &[2], inputs(&ids, &[]), outputs(parts, &[]), 0, 10)
		};
		// Both to one owner: equal in sum, not for each.
		assert_refused(signed(1), call(2, 2), Error::<Test>::AssetBegun);
		assert_done(signed(1), call(1, 2));
	});
}

#[test]
fn transfer_should_move_gated_timesteps() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		set_now(OPEN - 1);
		assert_done(
			signed(1),
			transfer(inputs(&[id], &[]), outputs(vec![output(2, 500, OPEN, OPEN)], &[])),
		);
	});
}

#[test]
fn traded_and_untraded_should_be_counted_apart_beside_each_other() {
	build_and_execute(|| {
		let fresh = withdraw(1, 500, OPEN, OPEN);
		let asset = EnergyAssets::asset(fresh).unwrap();
		let traded = EnergyAssets::bring_into_being(EnergyAsset { traded: true, ..asset }).unwrap();
		let out = |power, traded| AssetOutput { traded, ..output(1, power, OPEN, OPEN) };
		let call = |parts| transfer(inputs(&[fresh, traded], &[]), outputs(parts, &[]));
		let moved = vec![out(600, true), out(400, false)];
		assert_refused(signed(1), call(moved), Error::<Test>::NotConserved);
		let apart = vec![out(200, true), out(300, true), out(500, false)];
		assert_done(signed(1), call(apart));
	});
}
