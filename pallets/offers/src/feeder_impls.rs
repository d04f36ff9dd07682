//! What is traded on the feeders, and their limits.

use crate::{types::Part, Config, Error, FeederInClearing, Feeders, Pallet, Series};
use alloc::{collections::btree_map::BTreeMap, vec::Vec};
use frame_support::ensure;
use petra_primitives::{EnergyAsset, FeederId, FeederLimits, MarketRules, Timestep};
use petra_schedule::{
	clearing::{self, Extremes, Load},
	Value,
};
use sp_runtime::AccountId32;

/// How many changes of a feeder's limits one trade reaches over: it is cut before the next.
pub const MAX_LIMIT_RUNS: usize = 16;

pub(crate) fn limits(limits: FeederLimits) -> clearing::Limits {
	clearing::Limits { internal: limits.internal, external: limits.external }
}

impl<T: Config> Pallet<T> {
	/// The last timestep up to which a trade from `start` to `end` on `feeder` is cut, so that few changes of the limits
	/// lie within it.
	pub(crate) fn cut_to_limit_runs(feeder: FeederId, start: Timestep, end: Timestep) -> Timestep {
		let runs = T::Market::first_feeder_limits(feeder, start, end, MAX_LIMIT_RUNS);
		runs.last().map_or(end, |(_, last, _)| *last)
	}

	/// Counts what selling from `production` and buying for `consumption` does, if the limits of both feeders allow it in
	/// every timestep.
	pub(crate) fn load_feeders(
		production: &EnergyAsset<AccountId32>,
		consumption: &EnergyAsset<AccountId32>,
		part: Part,
	) -> Result<(), Error<T>> {
		let sale = Load::of_sale(production.traded, part.power);
		let purchase = Load::of_purchase(consumption.traded, part.power);
		let mut changes = BTreeMap::<FeederId, Load>::new();
		for (feeder, change) in [(production.feeder, sale), (consumption.feeder, purchase)] {
			let sum = changes.entry(feeder).or_default();
			*sum = sum.plus(change);
		}
		for (feeder, change) in &changes {
			Self::ensure_within_limits(*feeder, *change, part)?;
		}
		for (feeder, change) in changes {
			Self::add_load(feeder, change, part.start, part.end)?;
		}
		Ok(())
	}

	fn ensure_within_limits(feeder: FeederId, change: Load, part: Part) -> Result<(), Error<T>> {
		let runs: Vec<_> =
			T::Market::first_feeder_limits(feeder, part.start, part.end, MAX_LIMIT_RUNS);
		let covered = runs.last().is_some_and(|(_, end, _)| *end >= part.end);
		ensure!(covered, Error::FeederLimitExceeded);
		for (start, end, in_force) in runs {
			let Some(in_force) = in_force else { continue };
			let extremes = Extremes {
				production: Series::Production(feeder).timeline::<T>().max(start, end),
				consumption: Series::Consumption(feeder).timeline::<T>().max(start, end),
				difference: Series::Difference(feeder).timeline::<T>().extremes(start, end),
			};
			ensure!(
				clearing::allows(limits(in_force), extremes, change),
				Error::FeederLimitExceeded
			);
		}
		Ok(())
	}

	/// Adds to what is traded on a feeder.
	pub(crate) fn add_load(
		feeder: FeederId,
		change: Load,
		start: Timestep,
		end: Timestep,
	) -> Result<(), Error<T>> {
		let add = |series: Series, value: Value| {
			if value == 0 {
				return Ok(());
			}
			series.timeline::<T>().add(start, end, value).map_err(|_| Error::Overflow)
		};
		add(Series::Production(feeder), change.production)?;
		add(Series::Consumption(feeder), change.consumption)?;
		add(Series::Difference(feeder), change.difference())
	}

	/// Reads a feeder's load and limits in the timestep that is cleared.
	pub(crate) fn read_feeder(feeder: FeederId, timestep: Timestep) {
		let load = Load {
			production: Series::Production(feeder).timeline::<T>().at(timestep),
			consumption: Series::Consumption(feeder).timeline::<T>().at(timestep),
		};
		let runs = T::Market::first_feeder_limits(feeder, timestep, timestep, 1);
		let in_force = runs.first().and_then(|(_, _, in_force)| in_force.map(limits));
		let entry = FeederInClearing { load, added: Load::default(), limits: in_force };
		Feeders::<T>::insert(feeder, entry);
	}

	/// Writes what a clearing has added on a feeder back.
	pub(crate) fn write_feeder(feeder: FeederId, entry: &FeederInClearing, timestep: Timestep) {
		Feeders::<T>::remove(feeder);
		let written = Self::add_load(feeder, entry.added, timestep, timestep);
		debug_assert!(written.is_ok(), "watts traded fit");
	}
}
