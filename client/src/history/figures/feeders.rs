//! What was traded on feeders.

use super::{steps::Steps, trades::Exchange, watts, Ground, Result};
use crate::types::*;
use petra_report::Feeder;
use std::collections::{BTreeMap, BTreeSet};

/// What is traded on a feeder.
#[derive(Clone, Default)]
pub(super) struct Traded {
	pub(super) production: Steps,
	pub(super) consumption: Steps,
}

/// What an exchange does on a feeder: to production and to consumption (specification, section 6).
pub(super) fn changes(exchange: &Exchange<'_>) -> BTreeMap<FeederId, (i128, i128)> {
	let power = i128::from(exchange.power);
	let mut changes = BTreeMap::<FeederId, (i128, i128)>::new();
	let mut change = |feeder, production: i128, consumption: i128| {
		let sum = changes.entry(feeder).or_default();
		// Two powers at most.
		*sum = (sum.0.saturating_add(production), sum.1.saturating_add(consumption));
	};
	// Selling a fresh permission adds production, selling on what was bought takes back consumption.
	match exchange.seller.traded {
		false => change(exchange.seller.feeder, power, 0),
		true => change(exchange.seller.feeder, 0, power.saturating_neg()),
	}
	match exchange.buyer.traded {
		false => change(exchange.buyer.feeder, 0, power),
		true => change(exchange.buyer.feeder, power.saturating_neg(), 0),
	}
	changes
}

impl Traded {
	pub(super) fn add(
		&mut self,
		exchange: &Exchange<'_>,
		(production, consumption): (i128, i128),
	) -> Result<()> {
		self.production.add(exchange.start, exchange.end, production)?;
		self.consumption.add(exchange.start, exchange.end, consumption)
	}
}

/// The households' feeders, in the order of their numbers.
pub(super) fn all(ground: &Ground<'_>) -> Result<Vec<Feeder>> {
	let feeders: BTreeSet<FeederId> =
		ground.homes.iter().map(|home| home.disclosed.feeder).collect();
	feeders.into_iter().map(|feeder| of(ground, feeder)).collect()
}

fn of(ground: &Ground<'_>, feeder: FeederId) -> Result<Feeder> {
	let rows = ground.rows;
	let length = usize::try_from(rows.len()).unwrap_or_default();
	let (mut production, mut consumption) = (vec![0u64; length], vec![0u64; length]);
	let mut traded = Traded::default();
	for exchange in &ground.market.exchanges {
		let Some(change) = changes(exchange).get(&feeder).copied() else { continue };
		traded.add(exchange, change)?;
		let (start, end) = (exchange.start.max(rows.first), exchange.end.min(rows.last));
		for (steps, most) in
			[(&traded.production, &mut production), (&traded.consumption, &mut consumption)]
		{
			raise(most, rows.first, &steps.over(start, end)?)?;
		}
	}
	let limits = ground.history.after.rules.feeder_limits(feeder, rows.first);
	Ok(Feeder {
		feeder,
		internal_limit: limits.map(|limits| limits.internal),
		external_limit: limits.map(|limits| limits.external),
		production,
		consumption,
	})
}

/// Raises what is the most in timesteps to what it is now, where that is more.
fn raise(most: &mut [u64], first: Timestep, runs: &[super::steps::Run]) -> Result<()> {
	for (from, to, amount) in runs {
		let amount = watts((*amount).max(0))?;
		for t in *from..=*to {
			let index = t.checked_sub(first).and_then(|index| usize::try_from(index).ok());
			if let Some(most) = index.and_then(|index| most.get_mut(index)) {
				*most = (*most).max(amount);
			}
		}
	}
	Ok(())
}
