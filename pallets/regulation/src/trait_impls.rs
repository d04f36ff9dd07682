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

/// How many records in a row that set the same mode are taken for one run.
const MAX_RUNS_OF_ONE_MODE: usize = 16;

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

	fn first_feeder_limits(
		feeder: FeederId,
		from: Timestep,
		to: Timestep,
		max_runs: usize,
	) -> Vec<(Timestep, Timestep, Option<FeederLimits>)> {
		Feeder::<T>(feeder, PhantomData).first_runs(from, to, None, max_runs)
	}

	fn market_run(from: Timestep, to: Timestep) -> (MarketMode, Timestep) {
		let runs = Market::<T>(PhantomData).first_runs(
			from,
			to,
			MarketMode::default(),
			MAX_RUNS_OF_ONE_MODE,
		);
		let mode = runs.first().map(|(_, _, mode)| *mode).unwrap_or_default();
		let same = runs.iter().take_while(|(_, _, other)| *other == mode).last();
		(mode, same.map_or(to, |(_, end, _)| *end))
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_feeder_limits(feeder: FeederId, from: Timestep, limits: FeederLimits) {
		let series = Feeder::<T>(feeder, PhantomData);
		for index in 0..series.max_records() {
			let time = from.saturating_add(index.saturating_mul(64));
			if series.record(time, Some(limits)).is_err() {
				break;
			}
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_market_mode(mode: MarketMode, time: Timestep) {
		let recorded = Market::<T>(PhantomData).record(time, mode);
		debug_assert!(recorded.is_ok(), "there is room for the mode");
	}
}
