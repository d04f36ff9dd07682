//! State is bounded: so many assets and pooled notes for each meter of a feeder.

use crate::{mock::*, Call, Error, LiveOn};
use petra_primitives::{AssetLedger, PooledNotes};

/// Feeder 1 has three meters, of 20 assets each.
const BOUND: u64 = 60;

/// Withdraws assets of one lot for 1 until `count` are live.
fn fill(count: u64) {
	while LiveOn::<Test>::get(FEEDER) < count {
		let offset = LiveOn::<Test>::get(FEEDER) % 40;
		withdraw(1, 100, OPEN + offset, OPEN + offset);
	}
}

#[test]
fn withdraw_should_fail_past_the_bound() {
	build_and_execute(|| {
		fill(BOUND - 2);
		let call =
			|count| withdrawal(METER, (0..count).map(|_| energy(1, 100, OPEN, OPEN)).collect());
		assert_refused(signed(METER), call(3), Error::<Test>::TooManyAssets);
		assert_done(signed(METER), call(2));
		let add = || Call::add_energy_asset {
			address: account(1),
			asset: new_asset(FEEDER, 100, OPEN, OPEN),
		};
		assert_refused(signed(ISSUER), add(), Error::<Test>::TooManyAssets);
		// Money and other feeders are not concerned.
		assert_done(signed(METER), withdrawal(METER, vec![financial(1, 5)]));
		let elsewhere = withdrawal(METER_ELSEWHERE, vec![energy(1, 100, OPEN, OPEN)]);
		assert_done(signed(METER_ELSEWHERE), elsewhere);
		// A deposit, or another meter, makes room.
		assert_done(signed(1), Call::deposit_energy_asset { asset_id: 0 });
		assert_done(signed(ISSUER), add());
		assert_refused(signed(METER), call(1), Error::<Test>::TooManyAssets);
		regulate(vec![authorization(9, FEEDER, petra_primitives::Path::Meter)], vec![]);
		assert_done(signed(METER), call(1));
	});
}

#[test]
fn transfer_should_fail_past_half_of_the_bound_when_it_makes_more_than_it_spends() {
	build_and_execute(|| {
		let id = withdraw(1, 300, OPEN, OPEN);
		fill(BOUND / 2 - 1);
		let split = |id, parts: &[u64]| {
			let parts = parts.iter().map(|power| output(1, *power, OPEN, OPEN)).collect();
			transfer(inputs(&[id], &[]), outputs(parts, &[]))
		};
		let error = Error::<Test>::TooManyAssets;
		assert_refused(signed(1), split(id, &[100, 100, 100]), error);
		assert_done(signed(1), split(id, &[100, 200]));
		let last = BOUND / 2;
		let error = Error::<Test>::TooManyAssets;
		assert_refused(signed(1), split(last, &[100, 100]), error);
		// One for one is fine, and so are withdrawals, and merging when all is full.
		assert_done(signed(1), split(last, &[200]));
		fill(BOUND);
		let merged = transfer(
			inputs(&[last - 1, last + 1], &[]),
			outputs(vec![output(1, 300, OPEN, OPEN)], &[]),
		);
		assert_done(signed(1), merged);
		assert_eq!(LiveOn::<Test>::get(FEEDER), BOUND - 1);
	});
}

#[test]
fn pooled_notes_should_count() {
	build_and_execute(|| {
		let id = withdraw(1, 3_200, OPEN, OPEN + 1);
		let asset = EnergyAssets::pool(&account(1), id, 32).unwrap();
		let note = |notes| PooledNotes {
			kind: asset.kind,
			feeder: FEEDER,
			power: 100,
			start: OPEN,
			end: OPEN + 1,
			notes,
		};
		Pooled::set(vec![note(32)]);
		EnergyAssets::do_try_state().unwrap();
		// 32 are past half of the bound.
		let other = withdraw(1, 200, OPEN, OPEN);
		let split = vec![output(1, 100, OPEN, OPEN), output(2, 100, OPEN, OPEN)];
		let call = transfer(inputs(&[other], &[]), outputs(split, &[]));
		assert_refused(signed(1), call.clone(), Error::<Test>::TooManyAssets);
		EnergyAssets::expire_pooled(&note(31)).unwrap();
		Pooled::set(vec![note(1)]);
		assert_done(signed(1), call);
	});
}

#[test]
fn money_should_be_withdrawn_when_a_feeder_is_overfull() {
	build_and_execute(|| {
		// Mixing withdrawals never fail on the bound, so pools may pass it.
		let id = withdraw(1, 5_000, OPEN, OPEN);
		let asset = EnergyAssets::pool(&account(1), id, 50).unwrap();
		let (kind, feeder, start, end) = (asset.kind, asset.feeder, OPEN, OPEN);
		Pooled::set(vec![PooledNotes { kind, feeder, power: 100, start, end, notes: 50 }]);
		fill(BOUND);
		LiveOn::<Test>::mutate(FEEDER, |live| *live += 1);
		let more = withdrawal(METER, vec![energy(1, 100, OPEN + 1, OPEN + 1)]);
		assert_refused(signed(METER), more, Error::<Test>::TooManyAssets);
		assert_done(signed(METER), withdrawal(METER, vec![financial(1, 5)]));
		LiveOn::<Test>::mutate(FEEDER, |live| *live -= 1);
	});
}

#[test]
fn long_assets_should_cost_no_more_pages_than_short_ones() {
	build_and_execute(|| {
		use crate::LivePages;
		let id = withdraw(1, 100, OPEN, OPEN);
		let asset = EnergyAssets::asset(id).unwrap();
		let before = LivePages::<Test>::iter_keys().count();
		// A week of 4-second timesteps of Unix time.
		let start = 1_800_000_000_000 / 4_000 + 7;
		let long = petra_primitives::EnergyAsset { start, end: start + 151_200, ..asset };
		let id = EnergyAssets::bring_into_being(long).unwrap();
		assert!(LivePages::<Test>::iter_keys().count() - before <= 20);
		EnergyAssets::retire(id).unwrap();
		assert_eq!(LivePages::<Test>::iter_keys().count(), before);
	});
}
