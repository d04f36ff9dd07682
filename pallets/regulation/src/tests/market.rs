//! The way of trading.

use super::*;
use crate::{Error, Event};
use petra_primitives::{MarketMode, MarketRules};
use sp_runtime::DispatchError::BadOrigin;

#[test]
fn market_should_change_strictly_after_its_time() {
	build_and_execute(|| {
		let mode = MarketMode::DoubleAuction;
		assert_regulated(Call::set_market { mode, time: NOW + 2 });
		assert_eq!(Regulation::market_mode(NOW + 2), MarketMode::FirstComeFirstServed);
		assert_eq!(Regulation::market_mode(NOW + 3), MarketMode::DoubleAuction);
		assert_eq!(events(), vec![Event::MarketSet { mode, time: NOW + 2 }]);
	});
}

#[test]
fn set_market_should_fail_when_the_gate_is_closed() {
	build_and_execute(|| {
		let call = |time| Call::set_market { mode: MarketMode::DoubleAuction, time };
		assert_refused(RuntimeOrigin::root(), call(NOW + 1), Error::<Test>::GateClosed);
		assert_refused(RuntimeOrigin::root(), call(NOW - 1), Error::<Test>::GateClosed);
		assert_regulated(call(NOW + 2));
	});
}

#[test]
fn set_market_should_fail_when_the_price_is_not_a_multiple_of_the_tick() {
	build_and_execute(|| {
		let call = |price| Call::set_market { mode: MarketMode::FixedPrice(price), time: NOW + 2 };
		assert_refused(RuntimeOrigin::root(), call(15), Error::<Test>::NotMultipleOfTick);
		assert_regulated(call(20));
	});
}

#[test]
fn set_market_should_fail_when_the_origin_is_not_the_regulator() {
	build_and_execute(|| {
		let call = || Call::set_market { mode: MarketMode::DoubleAuction, time: NOW + 2 };
		assert_refused(RuntimeOrigin::signed(1), call(), BadOrigin);
		assert_regulated(call());
	});
}
