//! Units and times.

use super::*;
use crate::{Error, Event};
use petra_primitives::{Grid, Parameters};
use sp_runtime::DispatchError::BadOrigin;

/// Parameters that do not fit together, each with a word of the reason.
pub fn bad_parameters() -> Vec<(Parameters, &'static str)> {
	let good = crate::mock::parameters();
	vec![
		(Parameters { timestep_ms: 0, ..good }, "timestepMs"),
		(Parameters { power_lot: 0, ..good }, "powerLot"),
		(Parameters { price_tick: 0, ..good }, "priceTick"),
		(Parameters { gate_lead: 0, ..good }, "gateLead"),
		(Parameters { horizon: good.gate_lead, ..good }, "horizon"),
		(Parameters { settlement_window: 0, ..good }, "settlementWindow"),
		(Parameters { billing_period: 0, ..good }, "billingPeriod"),
		(Parameters { horizon: 1 << 32, ..good }, "2^32"),
		(Parameters { settlement_window: 1 << 32, ..good }, "2^32"),
		(Parameters { billing_period: 1 << 32, ..good }, "2^32"),
	]
}

#[test]
fn now_should_be_the_timestep_of_the_clock() {
	build_and_execute(|| {
		assert_eq!(Regulation::now(), NOW);
		pallet_timestamp::Now::<Test>::put((NOW + 1) * 4_000);
		assert_eq!(Regulation::now(), NOW + 1);
	});
}

#[test]
fn set_parameters_should_change_everything_but_the_timestep() {
	build_and_execute(|| {
		let new =
			Parameters { power_lot: 1, price_tick: 7, horizon: 9, ..Regulation::parameters() };
		assert_regulated(Call::set_parameters { parameters: new });
		assert_eq!(Regulation::parameters(), new);
		assert_eq!(events(), vec![Event::ParametersSet { parameters: new }]);
		let longer = Parameters { timestep_ms: 8_000, ..new };
		let call = Call::set_parameters { parameters: longer };
		assert_refused(RuntimeOrigin::root(), call, Error::<Test>::BadParameters);
	});
}

#[test]
fn set_parameters_should_fail_when_they_do_not_fit_together() {
	build_and_execute(|| {
		for (parameters, _) in bad_parameters() {
			let call = Call::set_parameters { parameters };
			assert_refused(RuntimeOrigin::root(), call, Error::<Test>::BadParameters);
		}
		assert_regulated(Call::set_parameters { parameters: crate::mock::parameters() });
	});
}

#[test]
fn set_parameters_should_fail_when_assets_exist() {
	build_and_execute(|| {
		let call = || Call::set_parameters { parameters: crate::mock::parameters() };
		AnyAssets::set(true);
		assert_refused(RuntimeOrigin::root(), call(), Error::<Test>::AssetsExist);
		AnyAssets::set(false);
		assert_regulated(call());
	});
}

#[test]
fn set_parameters_should_fail_when_the_origin_is_not_the_regulator() {
	build_and_execute(|| {
		let call = || Call::set_parameters { parameters: crate::mock::parameters() };
		assert_refused(RuntimeOrigin::signed(1), call(), BadOrigin);
		assert_regulated(call());
	});
}
