//! What the DSO's withdrawal service creates (P3, 4.2).

use crate::{mock::*, Call, Error, Event};
use petra_primitives::{AssetKind, NewAsset, Path};
use sp_runtime::DispatchError::BadOrigin;

fn add(asset: NewAsset) -> Call<Test> {
	Call::add_energy_asset { address: account(1), asset }
}

#[test]
fn issuer_should_create_assets_and_money() {
	build_and_execute(|| {
		assert_done(signed(ISSUER), add(new_asset(FEEDER, 500, OPEN, OPEN + 3)));
		assert_done(RuntimeOrigin::root(), add(new_asset(FEEDER, 500, OPEN, OPEN + 3)));
		fund(2, 50);
		let (_, asset) = EnergyAssets::assets_of(&account(1)).remove(0);
		assert_eq!((asset.feeder, asset.power, asset.traded, asset.locked), (1, 500, false, false));
		assert_eq!(events()[0], Event::AssetAdded { address: account(1), asset_id: 0, asset });
		assert_eq!(events()[2], Event::FinancialAdded { address: account(2), amount: 50 });
		assert_eq!(Balances::free_balance(account(2)), 50);
	});
}

#[test]
fn add_calls_should_fail_when_the_origin_is_not_the_issuer() {
	build_and_execute(|| {
		let asset = || add(new_asset(FEEDER, 500, OPEN, OPEN));
		let money = || Call::add_financial_balance { address: account(1), amount: 50 };
		for origin in [signed(METER), signed(1), RuntimeOrigin::none()] {
			assert_refused(origin.clone(), asset(), BadOrigin);
			assert_refused(origin, money(), BadOrigin);
		}
		assert_done(signed(ISSUER), asset());
		assert_done(signed(ISSUER), money());
	});
}

#[test]
fn add_energy_asset_should_fail_when_the_feeder_has_no_meter_on_the_dso_path() {
	build_and_execute(|| {
		// Feeder 2 has a meter on its own path only: the DSO does not withdraw for it.
		let call = || add(new_asset(2, 100, OPEN, OPEN));
		assert_refused(signed(ISSUER), call(), Error::<Test>::FeederLimitExceeded);
		regulate(vec![authorization(METER_ELSEWHERE, 2, Path::Dso)], vec![]);
		assert_done(signed(ISSUER), call());
	});
}

#[test]
fn add_energy_asset_should_fail_when_one_timestep_passes_the_feeders_sum_by_one_lot() {
	build_and_execute(|| {
		assert_done(signed(ISSUER), add(new_asset(FEEDER, 4_900, OPEN + 5, OPEN + 5)));
		let passes = add(new_asset(FEEDER, 200, OPEN, OPEN + 9));
		assert_refused(signed(ISSUER), passes, Error::<Test>::FeederLimitExceeded);
		assert_done(signed(ISSUER), add(new_asset(FEEDER, 100, OPEN, OPEN + 9)));
		// Consumption has a limit of its own, and meters on their own path are not touched.
		let kind = AssetKind::Consumption;
		let consumption = NewAsset { kind, ..new_asset(FEEDER, 7_000, OPEN, OPEN + 9) };
		assert_done(signed(ISSUER), add(consumption));
		withdraw(1, 5_000, OPEN + 5, OPEN + 5);
	});
}

#[test]
fn add_energy_asset_should_fail_when_the_asset_is_not_possible() {
	build_and_execute(|| {
		let refuse = |asset, error: Error<Test>| assert_refused(signed(ISSUER), add(asset), error);
		refuse(new_asset(FEEDER, 150, OPEN, OPEN), Error::NotMultipleOfLot);
		refuse(new_asset(FEEDER, 0, OPEN, OPEN), Error::ZeroPower);
		refuse(new_asset(FEEDER, 100, OPEN + 1, OPEN), Error::BadInterval);
		refuse(new_asset(FEEDER, 100, OPEN - 1, OPEN), Error::NotOpen);
		refuse(new_asset(FEEDER, 100, OPEN, HORIZON + 1), Error::BeyondHorizon);
		assert_done(signed(ISSUER), add(new_asset(FEEDER, 100, OPEN, HORIZON)));
	});
}

#[test]
fn add_financial_balance_should_fail_when_the_amount_is_not_possible() {
	build_and_execute(|| {
		let call = |amount| Call::add_financial_balance { address: account(1), amount };
		assert_refused(signed(ISSUER), call(0), Error::<Test>::ZeroAmount);
		fund(2, 1);
		assert_refused(signed(ISSUER), call(u128::MAX), Error::<Test>::Overflow);
		ExistentialDeposit::set(10);
		assert_refused(signed(ISSUER), call(9), Error::<Test>::BelowExistentialDeposit);
		assert_done(signed(ISSUER), call(10));
		assert_done(signed(ISSUER), call(1));
	});
}
