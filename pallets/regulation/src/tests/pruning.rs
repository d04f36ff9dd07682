//! Removing what is no longer needed.

use super::*;
use crate::{FeederPolicies, MarketPolicies, PricePolicies, PriceSpan, MAX_PRUNES_PER_BLOCK};
use frame_support::{traits::Hooks, weights::Weight};
use petra_primitives::{FeederLimits, MarketMode, MarketRules};

fn idle() {
	Regulation::on_idle(1, Weight::MAX);
}

#[test]
fn pruning_should_keep_two_billing_periods() {
	build_and_execute(|| {
		// With the genesis record, 31 records of prices.
		(0..30).for_each(|i| assert_regulated(prices(10 * (i + 1), 0, NOW + i)));
		idle();
		// The genesis record is in force up to NOW, so it goes when NOW is more than 200 timesteps ago.
		assert_eq!(PriceSpan::<Test>::get().first, 0);
		set_now(NOW + 200 + 10);
		let read = |t| Regulation::prices(t).0;
		let kept: Vec<_> = (NOW + 10..NOW + 40).map(read).collect();
		for _ in 0..4 {
			idle();
		}
		assert_eq!((NOW + 10..NOW + 40).map(read).collect::<Vec<_>>(), kept);
		// In force at NOW + 10 is what was recorded at NOW + 9, under number 10.
		assert_eq!(PriceSpan::<Test>::get().first, 10);
		assert_eq!(PricePolicies::<Test>::iter_keys().count(), 21);
		assert_eq!(read(NOW + 10), 100);
	});
}

#[test]
fn pruning_should_be_bounded_in_each_block() {
	build_and_execute(|| {
		(0..30).for_each(|i| assert_regulated(prices(10 * (i + 1), 0, NOW + i)));
		set_now(NOW + 1_000);
		idle();
		assert_eq!(PriceSpan::<Test>::get().first, u64::from(MAX_PRUNES_PER_BLOCK));
		(0..10).for_each(|_| idle());
		// The one in force stays however old it is.
		assert_eq!(PricePolicies::<Test>::iter_keys().count(), 1);
		assert_eq!(Regulation::prices(NOW + 1_000), (300, 0));
	});
}

#[test]
fn pruning_should_remove_what_was_discarded() {
	build_and_execute(|| {
		(0..30).for_each(|i| assert_regulated(prices(10 * (i + 1), 0, NOW + 10 + i)));
		assert_regulated(prices(10, 0, NOW));
		assert_eq!(PricePolicies::<Test>::iter_keys().count(), 31);
		(0..4).for_each(|_| idle());
		assert_eq!(PricePolicies::<Test>::iter_keys().count(), 2);
		assert_eq!(Regulation::prices(NOW + 50), (10, 0));
	});
}

#[test]
fn pruning_should_reach_the_market_and_every_feeder() {
	build_and_execute(|| {
		let limits = Some(FeederLimits { internal: 5, external: 3 });
		for feeder in 0..10 {
			for time in [NOW, NOW + 1, NOW + 2] {
				assert_regulated(Call::set_feeder_limits { feeder, limits, time });
			}
		}
		for i in 2..5 {
			assert_regulated(Call::set_market { mode: MarketMode::DoubleAuction, time: NOW + i });
		}
		set_now(NOW + 1_000);
		(0..50).for_each(|_| idle());
		assert_eq!(MarketPolicies::<Test>::iter_keys().count(), 1);
		assert_eq!(FeederPolicies::<Test>::iter_keys().count(), 10);
		for feeder in 0..10 {
			let now = NOW + 1_000;
			assert_eq!(Regulation::feeder_limits(feeder, now, now), vec![(now, now, limits)]);
		}
	});
}
