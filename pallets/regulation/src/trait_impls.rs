//! What other pallets read of the DSO's decisions.

use crate::{
	records::Series,
	series::{Feeder, Market, Prices},
	Config, CurrentParameters, Pallet,
};
use alloc::vec::Vec;
use core::marker::PhantomData;
use frame_support::traits::Time;
use petra_primitives::{
	FeederId, FeederLimits, Grid, MarketMode, MarketRules, Parameters, Price, Timestep,
};

impl<T: Config> Grid for Pallet<T> {
	fn parameters() -> Parameters {
		CurrentParameters::<T>::get()
	}

	fn now() -> Timestep {
		T::Time::now().checked_div(Self::parameters().timestep_ms).unwrap_or_default()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_worst_case() {
		const DAY: Timestep = 21_600;
		CurrentParameters::<T>::put(Parameters {
			timestep_ms: 4_000,
			horizon: 7 * DAY,
			settlement_window: DAY,
			billing_period: 30 * DAY,
			..Self::parameters()
		});
		// In the year 2033.
		<T::BenchmarkHelper as crate::BenchmarkHelper>::set_time(2_000_000_000_000);
	}
}

/// Reads what is kept: from two billing periods ago on. Before that, the defaults (prices 0 and 0, first come first
/// served, unlimited).
impl<T: Config> MarketRules for Pallet<T> {
	/// In `FixedPrice(p)` both prices are p.
	fn prices(t: Timestep) -> (Price, Price) {
		if let MarketMode::FixedPrice(price) = Self::market_mode(t) {
			return (price, price);
		}
		let policy = Prices::<T>(PhantomData).in_force(t).unwrap_or_default();
		(policy.consumption, policy.production)
	}

	fn market_mode(t: Timestep) -> MarketMode {
		Market::<T>(PhantomData).in_force(t).unwrap_or_default()
	}

	fn feeder_limits(
		feeder: FeederId,
		from: Timestep,
		to: Timestep,
	) -> Vec<(Timestep, Timestep, Option<FeederLimits>)> {
		Feeder::<T>(feeder, PhantomData).runs(from, to, None)
	}
}
