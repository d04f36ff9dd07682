//! Withdrawals by meters (P1, "Smart-Meter Transactions").

use crate::{mock::*, Error, Event};
use petra_primitives::{AssetKind, EnergyAsset, Path, WithdrawalOutput};
use sp_runtime::DispatchError::BadOrigin;

#[test]
fn withdraw_should_create_assets_and_money() {
	build_and_execute(|| {
		let outputs = vec![
			energy(1, 500, OPEN, OPEN + 9),
			financial(2, 70),
			WithdrawalOutput::Energy {
				address: account(1),
				kind: AssetKind::Consumption,
				power: 7_000,
				start: HORIZON,
				end: HORIZON,
			},
			financial(1, 30),
		];
		assert_done(signed(METER), withdrawal(METER, outputs));
		let production = EnergyAsset {
			owner: account(1),
			kind: AssetKind::Production,
			power: 500,
			start: OPEN,
			end: OPEN + 9,
			feeder: FEEDER,
			traded: false,
			locked: false,
		};
		let consumption = EnergyAsset {
			kind: AssetKind::Consumption,
			power: 7_000,
			start: HORIZON,
			end: HORIZON,
			..production.clone()
		};
		assert_eq!(
			events(),
			vec![
				Event::AssetAdded { address: account(1), asset_id: 0, asset: production.clone() },
				Event::FinancialAdded { address: account(2), amount: 70 },
				Event::AssetAdded { address: account(1), asset_id: 1, asset: consumption.clone() },
				Event::FinancialAdded { address: account(1), amount: 30 },
			]
		);
		let assets = EnergyAssets::assets_of(&account(1));
		assert_eq!(assets, vec![(0, production), (1, consumption)]);
		assert_eq!(Balances::free_balance(account(2)), 70);
		assert_eq!(Balances::total_issuance(), 100);
	});
}

#[test]
fn withdraw_should_fail_when_the_origin_is_not_the_meter() {
	build_and_execute(|| {
		let call = || withdrawal(METER, vec![energy(1, 500, OPEN, OPEN)]);
		assert_refused(signed(METER_BESIDE), call(), Error::<Test>::NotTheMeter);
		assert_refused(signed(1), call(), Error::<Test>::NotTheMeter);
		assert_refused(RuntimeOrigin::root(), call(), BadOrigin);
		assert_refused(RuntimeOrigin::none(), call(), BadOrigin);
		assert_done(signed(METER), call());
	});
}

#[test]
fn withdraw_should_fail_when_the_meter_is_unknown() {
	build_and_execute(|| {
		let call = || withdrawal(9, vec![energy(1, 500, OPEN, OPEN)]);
		assert_refused(signed(9), call(), Error::<Test>::MeterNotFound);
		regulate(vec![authorization(9, FEEDER, Path::Meter)], vec![]);
		assert_done(signed(9), call());
	});
}

#[test]
fn withdraw_should_fail_when_the_meter_is_banned() {
	build_and_execute(|| {
		let call = |end| withdrawal(METER, vec![energy(1, 500, OPEN, end)]);
		// Banned for timesteps after OPEN + 5.
		set_now(NOW + 1);
		let ban = pallet_regulation::RegulatoryTransaction {
			authorize: Default::default(),
			ban: vec![METER.into()].try_into().unwrap(),
			price_consumption: None,
			price_production: None,
			time: OPEN + 5,
		};
		Regulation::regulate(RuntimeOrigin::root(), ban).unwrap();
		set_now(NOW);
		assert_refused(signed(METER), call(OPEN + 6), Error::<Test>::MeterNotAuthorized);
		assert_done(signed(METER), call(OPEN + 5));
		// What is out stays out.
		assert_done(
			signed(1),
			transfer(inputs(&[0], &[]), outputs(vec![output(2, 500, OPEN, OPEN + 5)], &[])),
		);
	});
}

#[test]
fn withdraw_should_fail_when_the_meter_is_not_yet_authorized() {
	build_and_execute(|| {
		let authorize = pallet_regulation::RegulatoryTransaction {
			authorize: vec![authorization(9, FEEDER, Path::Meter)].try_into().unwrap(),
			ban: Default::default(),
			price_consumption: None,
			price_production: None,
			time: OPEN + 5,
		};
		Regulation::regulate(RuntimeOrigin::root(), authorize).unwrap();
		let call = |start| withdrawal(9, vec![energy(1, 500, start, OPEN + 8)]);
		assert_refused(signed(9), call(OPEN + 5), Error::<Test>::MeterNotAuthorized);
		assert_done(signed(9), call(OPEN + 6));
	});
}

#[test]
fn withdraw_should_fail_when_the_meter_is_on_the_dso_path() {
	build_and_execute(|| {
		let call = || withdrawal(METER_DSO, vec![energy(1, 500, OPEN, OPEN)]);
		assert_refused(signed(METER_DSO), call(), Error::<Test>::WrongPath);
		regulate(vec![authorization(METER_DSO, FEEDER, Path::Meter)], vec![]);
		assert_done(signed(METER_DSO), call());
	});
}

#[test]
fn withdraw_should_fail_when_one_timestep_passes_the_limit_by_one_lot() {
	build_and_execute(|| {
		withdraw(1, 4_900, OPEN + 5, OPEN + 5);
		let call = |power| withdrawal(METER, vec![energy(1, power, OPEN, OPEN + 10)]);
		assert_refused(signed(METER), call(200), Error::<Test>::LimitExceeded);
		assert_done(signed(METER), call(100));
		assert_refused(signed(METER), call(100), Error::<Test>::LimitExceeded);
		// Within one withdrawal too, and deposits give nothing back.
		let twice =
			|power| vec![energy(1, 4_900, HORIZON, HORIZON), energy(2, power, HORIZON, HORIZON)];
		let passes = withdrawal(METER, twice(200));
		assert_refused(signed(METER), passes, Error::<Test>::LimitExceeded);
		assert_done(signed(METER), withdrawal(METER, twice(100)));
		let again = || withdrawal(METER, vec![energy(1, 100, HORIZON, HORIZON)]);
		assert_done(signed(1), crate::Call::deposit_energy_asset { asset_id: 2 });
		assert_refused(signed(METER), again(), Error::<Test>::LimitExceeded);
		let below = withdrawal(METER, vec![energy(1, 100, HORIZON - 1, HORIZON - 1)]);
		assert_done(signed(METER), below);
	});
}

#[test]
fn withdraw_should_fail_when_money_passes_the_limit() {
	build_and_execute(|| {
		let call = |amount| withdrawal(METER, vec![financial(1, 600_000), financial(2, amount)]);
		assert_refused(signed(METER), call(400_001), Error::<Test>::FinancialLimitExceeded);
		assert_refused(signed(METER), call(u128::MAX), Error::<Test>::Overflow);
		assert_done(signed(METER), call(400_000));
		let more = || withdrawal(METER, vec![financial(1, 1)]);
		assert_refused(signed(METER), more(), Error::<Test>::FinancialLimitExceeded);
		set_now(NOW + 100);
		assert_done(signed(METER), more());
	});
}

#[test]
fn withdraw_should_fail_when_a_timestep_is_not_open() {
	build_and_execute(|| {
		let call = |start| withdrawal(METER, vec![energy(1, 500, start, OPEN + 5)]);
		for start in [0, NOW, OPEN - 1] {
			assert_refused(signed(METER), call(start), Error::<Test>::NotOpen);
		}
		assert_done(signed(METER), call(OPEN));
	});
}

#[test]
fn withdraw_should_fail_when_it_reaches_beyond_the_horizon() {
	build_and_execute(|| {
		let call = |end| withdrawal(METER, vec![energy(1, 500, OPEN, end)]);
		for end in [HORIZON + 1, u64::MAX] {
			assert_refused(signed(METER), call(end), Error::<Test>::BeyondHorizon);
		}
		assert_done(signed(METER), call(HORIZON));
	});
}

#[test]
fn withdraw_should_fail_when_an_output_is_not_well_formed() {
	build_and_execute(|| {
		let call = |power, start, end| withdrawal(METER, vec![energy(1, power, start, end)]);
		let (lot, zero) = (Error::<Test>::NotMultipleOfLot, Error::<Test>::ZeroPower);
		assert_refused(signed(METER), call(150, OPEN, OPEN), lot);
		assert_refused(signed(METER), call(0, OPEN, OPEN), zero);
		assert_refused(signed(METER), call(100, OPEN + 1, OPEN), Error::<Test>::BadInterval);
		let nothing = withdrawal(METER, vec![financial(1, 0)]);
		assert_refused(signed(METER), nothing, Error::<Test>::ZeroAmount);
		assert_refused(signed(METER), withdrawal(METER, vec![]), Error::<Test>::NothingToTransfer);
		let most = u64::MAX - u64::MAX % 100;
		assert_refused(signed(METER), call(most, OPEN, OPEN), Error::<Test>::LimitExceeded);
		assert_done(signed(METER), call(100, OPEN, OPEN + 1));
	});
}

#[test]
fn withdraw_should_change_nothing_when_its_last_output_fails() {
	build_and_execute(|| {
		ExistentialDeposit::set(10);
		let call =
			|amount| withdrawal(METER, vec![energy(1, 100, OPEN, OPEN), financial(2, amount)]);
		assert_refused(signed(METER), call(9), Error::<Test>::BelowExistentialDeposit);
		assert_done(signed(METER), call(10));
	});
}
