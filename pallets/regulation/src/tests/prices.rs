//! The DSO's prices.

use super::*;
use crate::{records::MAX_RECORDS, Error, Event, PriceSpan};
use petra_primitives::{MarketMode, MarketRules};
use sp_runtime::DispatchError::BadOrigin;

#[test]
fn prices_should_hold_strictly_after_their_time() {
	build_and_execute(|| {
		assert_regulated(prices(300, 100, NOW + 5));
		assert_eq!(Regulation::prices(NOW + 5), (0, 0));
		assert_eq!(Regulation::prices(NOW + 6), (300, 100));
		assert_eq!(Regulation::prices(u64::MAX), (300, 100));
		assert_eq!(
			events(),
			vec![Event::Regulated { time: NOW + 5, price_consumption: 300, price_production: 100 }]
		);
	});
}

#[test]
fn prices_should_stay_when_absent() {
	build_and_execute(|| {
		assert_regulated(prices(300, 100, NOW));
		assert_regulated(prices(400, None, NOW + 10));
		assert_eq!(Regulation::prices(NOW + 10), (300, 100));
		assert_eq!(Regulation::prices(NOW + 11), (400, 100));
		// One price after the other, for the same time.
		assert_regulated(prices(None, 200, NOW + 10));
		assert_eq!(Regulation::prices(NOW + 11), (400, 200));
		// What an earlier time leaves unchanged is what held then.
		assert_regulated(prices(None, 50, NOW + 5));
		assert_eq!(Regulation::prices(NOW + 11), (300, 50));
	});
}

#[test]
fn regulation_should_keep_later_prices_when_it_has_none() {
	build_and_execute(|| {
		assert_regulated(prices(300, 100, NOW + 10));
		assert_regulated(Call::regulate { regulation: nothing(NOW + 5) });
		assert_eq!(Regulation::prices(NOW + 11), (300, 100));
		assert_regulated(Call::regulate { regulation: nothing(NOW + 10) });
		assert_eq!(
			events()[1..],
			[
				Event::Regulated { time: NOW + 5, price_consumption: 0, price_production: 0 },
				Event::Regulated { time: NOW + 10, price_consumption: 300, price_production: 100 },
			]
		);
	});
}

#[test]
fn later_regulation_should_override_when_its_time_is_earlier() {
	build_and_execute(|| {
		assert_regulated(prices(300, 100, NOW + 10));
		assert_regulated(prices(400, 100, NOW + 20));
		assert_regulated(prices(500, 200, NOW + 5));
		assert_eq!(Regulation::prices(NOW + 5), (0, 0));
		for t in [NOW + 6, NOW + 11, NOW + 21, NOW + 1_000] {
			assert_eq!(Regulation::prices(t), (500, 200));
		}
		// What was discarded does not come back.
		assert_regulated(prices(600, 200, NOW + 15));
		assert_eq!(Regulation::prices(NOW + 12), (500, 200));
		assert_eq!(Regulation::prices(NOW + 21), (600, 200));
	});
}

#[test]
fn both_prices_should_be_the_fixed_one_when_the_market_is_fixed() {
	build_and_execute(|| {
		assert_regulated(prices(300, 100, NOW));
		let mode = MarketMode::FixedPrice(200);
		assert_regulated(Call::set_market { mode, time: NOW + 2 });
		let mode = MarketMode::DoubleAuction;
		assert_regulated(Call::set_market { mode, time: NOW + 4 });
		assert_eq!(Regulation::prices(NOW + 2), (300, 100));
		assert_eq!(Regulation::prices(NOW + 3), (200, 200));
		assert_eq!(Regulation::prices(NOW + 4), (200, 200));
		assert_eq!(Regulation::prices(NOW + 5), (300, 100));
	});
}

#[test]
fn regulate_should_fail_when_time_is_past() {
	build_and_execute(|| {
		assert_refused(RuntimeOrigin::root(), prices(300, 100, NOW - 1), Error::<Test>::TimeInPast);
		assert_regulated(prices(300, 100, NOW));
	});
}

#[test]
fn regulate_should_fail_when_prices_are_reversed() {
	build_and_execute(|| {
		let reversed = Error::<Test>::PricesReversed;
		assert_refused(RuntimeOrigin::root(), prices(100, 110, NOW), reversed);
		assert_regulated(prices(100, 100, NOW));
		// Also against the price that stays.
		let reversed = Error::<Test>::PricesReversed;
		assert_refused(RuntimeOrigin::root(), prices(90, None, NOW + 1), reversed);
		let reversed = Error::<Test>::PricesReversed;
		assert_refused(RuntimeOrigin::root(), prices(None, 110, NOW + 1), reversed);
		assert_regulated(prices(110, None, NOW + 1));
	});
}

#[test]
fn regulate_should_fail_when_a_price_is_not_a_multiple_of_the_tick() {
	build_and_execute(|| {
		let error = Error::<Test>::NotMultipleOfTick;
		assert_refused(RuntimeOrigin::root(), prices(305, 100, NOW), error);
		let error = Error::<Test>::NotMultipleOfTick;
		assert_refused(RuntimeOrigin::root(), prices(300, 101, NOW), error);
		assert_regulated(prices(300, 100, NOW));
	});
}

#[test]
fn regulate_should_fail_when_the_origin_is_not_the_regulator() {
	build_and_execute(|| {
		assert_refused(RuntimeOrigin::signed(1), prices(300, 100, NOW), BadOrigin);
		assert_refused(RuntimeOrigin::none(), prices(300, 100, NOW), BadOrigin);
		assert_regulated(prices(300, 100, NOW));
	});
}

#[test]
fn regulate_should_fail_when_there_is_no_room_for_another_policy() {
	build_and_execute(|| {
		let span = PriceSpan::<Test>::get();
		let full = crate::records::Span { next: MAX_RECORDS, end: MAX_RECORDS, ..span };
		// The records that the binary search meets on its way to the end.
		let mut low = 0;
		while low < MAX_RECORDS {
			let middle = low + (MAX_RECORDS - low) / 2;
			let value = Default::default();
			let record = crate::records::Record { time: middle.min(NOW), value };
			crate::PricePolicies::<Test>::insert(middle, record);
			low = middle + 1;
		}
		PriceSpan::<Test>::put(full);
		let error = Error::<Test>::TooManyPolicies;
		assert_refused(RuntimeOrigin::root(), prices(300, 100, NOW + 1), error);
		let _ = crate::PricePolicies::<Test>::clear(u32::MAX, None);
		PriceSpan::<Test>::kill();
		assert_regulated(prices(300, 100, NOW + 1));
	});
}
