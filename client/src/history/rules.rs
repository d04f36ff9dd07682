//! The DSO's rules over time: prices, ways of trading, meters, feeders' limits; and what rings must be.

use super::What;
use crate::{billing::Prices, types::*, AccountId32};
use std::collections::BTreeMap;

/// Values over time: each holds for timesteps after its time, until the next one's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy<T>(Vec<(Timestep, T)>);

impl<T> Default for Policy<T> {
	fn default() -> Self {
		Self(Vec::new())
	}
}

impl<T: Copy> Policy<T> {
	/// From what was recorded, each value with the timestep after which it holds.
	pub fn of(records: impl IntoIterator<Item = (Timestep, T)>) -> Self {
		let mut policy = Self::default();
		for (time, value) in records {
			policy.record(time, value);
		}
		policy
	}

	/// What holds in a timestep: the last value recorded whose time is before it.
	pub fn at(&self, t: Timestep) -> Option<T> {
		let following = self.0.partition_point(|(time, _)| *time < t);
		following
			.checked_sub(1)
			.and_then(|index| self.0.get(index))
			.map(|(_, value)| *value)
	}

	/// Records a value; what was recorded for this time or later is discarded.
	pub fn record(&mut self, time: Timestep, value: T) {
		let kept = self.0.partition_point(|(earlier, _)| *earlier < time);
		self.0.truncate(kept);
		self.0.push((time, value));
	}
}

/// Status, path and limits of a meter, from a timestep on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
	/// The first timestep in which it holds.
	pub from: Timestep,
	/// Whether the meter may withdraw, or the DSO for it.
	pub authorized: bool,
	/// Which of the two.
	pub path: Path,
	/// The most that may be withdrawn.
	pub limits: Limits,
}

/// What is known of a meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
	/// Its key.
	pub key: AccountId32,
	/// Its feeder.
	pub feeder: FeederId,
	/// Its status, path and limits over time, ascending.
	pub changes: Vec<Change>,
}

impl Meter {
	/// What holds in a timestep; none: the meter is not authorised yet.
	pub fn at(&self, t: Timestep) -> Option<&Change> {
		self.changes.iter().rev().find(|change| change.from <= t)
	}
}

/// What a mixing ring must be before notes come out of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RingRules {
	/// How many members its revision must have.
	pub min_size: u32,
	/// How many blocks old its revision must be.
	pub min_age: BlockNumber,
}

/// The DSO's rules, as they stood at a moment, for all timesteps of which the ledger keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
	/// What the DSO sells and buys at where the market has no fixed price.
	pub prices: Policy<Prices>,
	/// The ways of trading.
	pub market: Policy<MarketMode>,
	/// Limits of feeders.
	pub feeders: BTreeMap<FeederId, Policy<Option<FeederLimits>>>,
	/// The meters.
	pub meters: BTreeMap<MeterId, Meter>,
	/// What a ring must be that is opened now.
	pub rings: RingRules,
}

impl Rules {
	/// What the DSO sells and buys at in a timestep; where the market has a fixed price, both are that.
	pub fn prices(&self, t: Timestep) -> Option<Prices> {
		match self.mode(t) {
			MarketMode::FixedPrice(price) => Some(Prices { consumption: price, production: price }),
			_ => self.prices.at(t),
		}
	}

	/// The way of trading in a timestep.
	pub fn mode(&self, t: Timestep) -> MarketMode {
		self.market.at(t).unwrap_or_default()
	}

	/// A feeder's limits in a timestep; none: no limit.
	pub fn feeder_limits(&self, feeder: FeederId, t: Timestep) -> Option<FeederLimits> {
		self.feeders.get(&feeder)?.at(t).flatten()
	}

	/// Takes in what happened, if it changes the ways of trading, the feeders' limits or the meters. Prices stay: the event
	/// of a regulation does not say whether it recorded any. So does what rings must be.
	pub fn apply(&mut self, what: &What) {
		match what {
			What::MarketSet { time, mode } => self.market.record(*time, *mode),
			What::FeederLimitsSet { feeder, time, limits } => {
				self.feeders.entry(*feeder).or_default().record(*time, *limits)
			},
			What::MeterChanged { meter, now } => {
				self.meters.insert(*meter, now.clone());
			},
			_ => (),
		}
	}
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;

	#[test]
	fn policy_should_say_what_was_recorded_last_before_a_timestep() {
		let mut policy = Policy::of([(0, 'a'), (10, 'b'), (20, 'c')]);
		let at = |policy: &Policy<char>| [0, 1, 10, 11, 20, 21].map(|t| policy.at(t));
		assert_eq!(at(&policy), [None, Some('a'), Some('a'), Some('b'), Some('b'), Some('c')]);
		policy.record(10, 'd');
		assert_eq!(at(&policy), [None, Some('a'), Some('a'), Some('d'), Some('d'), Some('d')]);
	}

	#[test]
	fn prices_should_both_be_the_fixed_one_where_the_market_has_one() {
		let mut rules = Rules::default();
		rules.prices.record(0, Prices { consumption: 75, production: 25 });
		rules.apply(&What::MarketSet { time: 5, mode: MarketMode::FixedPrice(50) });
		rules.apply(&What::MarketSet { time: 7, mode: MarketMode::DoubleAuction });
		let prices = |t| rules.prices(t).map(|prices| (prices.consumption, prices.production));
		assert_eq!(
			[0, 1, 5, 6, 7, 8].map(prices),
			[None, Some((75, 25)), Some((75, 25)), Some((50, 50)), Some((50, 50)), Some((75, 25))]
		);
	}

	#[test]
	fn feeder_limits_should_be_none_where_they_were_lifted() {
		let mut rules = Rules::default();
		let limits = FeederLimits { internal: 5, external: 3 };
		rules.apply(&What::FeederLimitsSet { feeder: 1, time: 2, limits: Some(limits) });
		rules.apply(&What::FeederLimitsSet { feeder: 1, time: 4, limits: None });
		let limits_at = [2, 3, 4, 5].map(|t| rules.feeder_limits(1, t));
		assert_eq!(limits_at, [None, Some(limits), Some(limits), None]);
		assert_eq!(rules.feeder_limits(2, 3), None);
	}
}
