//! What a report says, from what was set and disclosed and from blocks alone: a pure function, so that whoever has the
//! blocks of any node computes the same, to the last unit and the last bit.

mod anonymity;
mod balances;
mod bills;
mod checks;
mod feeders;
mod households;
mod intervals;
mod limits;
mod rules;
mod setting;
mod steps;
#[cfg(test)]
mod tests;
mod trades;

use super::{Block, History, Rules, What};
use crate::{
	billing::{BillingError, Entry, Period},
	types::*,
};
use households::Home;
use petra_report::{Check, Clearing, Distribution, Figures, Inputs, Load, Setting};
use std::collections::BTreeMap;
use trades::{Exchange, Market};

/// The most timesteps of the bills' period: 47 years of quarters of an hour.
const MAX_TIMESTEPS: u64 = 1 << 20;
/// The most timesteps of the profile: a day has as many minutes.
const MAX_ROWS: u64 = petra_profile::MAX_ROWS as u64;
/// The most timesteps of all households' bills together, each of which takes about 200 bytes: those of a hundred households
/// over a hundred days of quarters of an hour. As many signed figures are 80 MB of a report.
const MAX_LINES: u64 = 1 << 20;
/// The most that is told of what is wrong with one check.
const MAX_TOLD: usize = 5;

/// Why there are no figures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FiguresError {
	/// The setting contradicts itself, or the inputs contradict it.
	#[error("{0}")]
	Input(String),
	/// Something that is disclosed is not of its form.
	#[error("household {household}: {what}")]
	Household {
		/// Its name.
		household: String,
		/// What is wrong.
		what: String,
	},
	/// An event speaks of something that came into being before the first block.
	#[error("block {block} speaks of {what}, which is older than the first block that counts: begin earlier")]
	TooOld {
		/// Which block.
		block: u64,
		/// Of what.
		what: String,
	},
	/// Bills cannot be computed.
	#[error(transparent)]
	Billing(#[from] BillingError),
	/// A sum is out of range.
	#[error("a sum is out of range")]
	Overflow,
}

type Result<T, E = FiguresError> = core::result::Result<T, E>;

/// What all figures and checks are made from.
struct Ground<'a> {
	setting: &'a Setting,
	inputs: &'a Inputs,
	history: &'a History,
	/// The bills' period.
	period: Period,
	/// The profile's timesteps.
	rows: Period,
	homes: Vec<Home<'a>>,
	/// All withdrawals and deposits.
	entries: Vec<Entry>,
	/// All energy assets that blocks speak of, and those that were there before.
	assets: BTreeMap<AssetId, &'a EnergyAsset>,
	market: Market<'a>,
}

/// Computes the figures of a report and checks what must hold.
///
/// # Errors
/// [`FiguresError`] if the setting or the inputs make no sense, or the blocks begin too late. That something does not hold
/// is no error but a [`Check`].
pub fn compute(
	setting: &Setting,
	inputs: &Inputs,
	history: &History,
) -> Result<(Figures, Vec<Check>)> {
	let ground = Ground::new(setting, inputs, history)?;
	let bills = bills::all(&ground)?;
	let intervals = intervals::all(&ground)?;
	let figures = Figures {
		totals: intervals::totals(&ground, &intervals, &bills)?,
		intervals,
		clearing: clearing(&ground),
		trades: ground.market.trades()?,
		bills,
		feeders: feeders::all(&ground)?,
		anonymity: anonymity::all(&ground)?,
		load: load(history),
	};
	let checks = checks::all(&ground, &figures)?;
	Ok((figures, checks))
}

impl<'a> Ground<'a> {
	/// Looks at each exchange, in order, with the rules in force when it was made.
	fn each_exchange(
		&self,
		mut look: impl FnMut(&Block, &Rules, &Exchange<'a>) -> Result<()>,
	) -> Result<()> {
		let mut rules = self.history.before.rules.clone();
		let mut exchanges = self.market.exchanges.iter();
		for (block, fact) in self.history.facts() {
			rules.apply(&fact.what);
			if !matches!(fact.what, What::Exchanged { .. }) {
				continue;
			}
			if let Some(exchange) = exchanges.next() {
				look(block, &rules, exchange)?;
			}
		}
		Ok(())
	}

	fn new(setting: &'a Setting, inputs: &'a Inputs, history: &'a History) -> Result<Self> {
		let period = Period { first: setting.bill_first, last: setting.bill_last };
		let rows = Period { first: setting.first_timestep, last: setting.last_timestep };
		bounded(period, rows, inputs.households.len())?;
		let entries = history.entries();
		let homes = households::all(inputs, history, period, rows, &entries)?;
		let mut assets: BTreeMap<AssetId, &EnergyAsset> =
			history.before.assets.iter().map(|(id, asset)| (*id, asset)).collect();
		assets.extend(history.facts().filter_map(|(_, fact)| fact.what.new_asset()));
		let market = Market::of(history, &assets)?;
		Ok(Self { setting, inputs, history, period, rows, homes, entries, assets, market })
	}

	/// The household that disclosed an address.
	fn home_of(&self, address: &crate::AccountId32) -> Option<&Home<'a>> {
		self.homes.iter().find(|home| home.addresses.contains(address))
	}
}

/// The setting's timesteps fit together, and are not too many for so many households: all else that is computed is as long as
/// what was read.
fn bounded(period: Period, rows: Period, households: usize) -> Result<()> {
	for (what, span, most) in [("bills", period, MAX_TIMESTEPS), ("profile", rows, MAX_ROWS)] {
		if span.is_empty() || span.len() > most {
			let (first, last) = (span.first, span.last);
			return Err(FiguresError::Input(format!(
				"the timesteps of the {what}, {first} to {last}, are none or more than {most}"
			)));
		}
	}
	if !(period.contains(rows.first) && period.contains(rows.last)) {
		let what = "the profile's timesteps are not all in the bills' period";
		return Err(FiguresError::Input(what.into()));
	}
	let length = period.len();
	let lines = u64::try_from(households).ok().and_then(|count| count.checked_mul(length));
	if lines.is_none_or(|lines| lines > MAX_LINES) {
		return Err(FiguresError::Input(format!(
			"{households} households' bills of {length} timesteps each are more than {MAX_LINES} timesteps together"
		)));
	}
	Ok(())
}

/// Times from posting to acceptance.
fn clearing(ground: &Ground<'_>) -> Clearing {
	let final_at: BTreeMap<u64, u64> =
		ground.inputs.finality.iter().map(|seen| (seen.block, seen.at)).collect();
	let trades = &ground.market.exchanges;
	let in_blocks = trades
		.iter()
		.map(|trade| seconds(trade.posted.timestamp, trade.block.timestamp));
	let finalized = trades.iter().filter_map(|trade| {
		let posted = final_at.get(&trade.posted.number)?;
		Some(seconds(*posted, *final_at.get(&trade.block.number)?))
	});
	let span = span_of(ground.history);
	let between = ground.history.blocks.len().saturating_sub(1);
	let interval = f64::from(ground.setting.profile.interval_minutes) * 60_000.0;
	Clearing {
		in_blocks: Distribution::of(in_blocks),
		finalized: Distribution::of(finalized),
		block_time: quotient(span, between as f64),
		compression: quotient(interval, ground.history.parameters.timestep_ms as f64),
	}
}

fn load(history: &History) -> Load {
	let transactions = history
		.blocks
		.iter()
		.fold(0u32, |sum, block| sum.saturating_add(block.transactions));
	let fullness = history.blocks.iter().map(|block| block.fullness);
	Load {
		blocks: count(history.blocks.len()),
		transactions,
		per_second: quotient(f64::from(transactions), span_of(history)),
		mean_fullness: quotient(fullness.clone().sum(), history.blocks.len() as f64),
		greatest_fullness: fullness.fold(0.0, f64::max),
	}
}

/// Seconds from the first to the last block.
fn span_of(history: &History) -> f64 {
	match (history.blocks.first(), history.blocks.last()) {
		(Some(first), Some(last)) => seconds(first.timestamp, last.timestamp),
		_ => 0.0,
	}
}

/// Seconds between two moments in milliseconds; none where the second is not later.
fn seconds(from: u64, to: u64) -> f64 {
	to.saturating_sub(from) as f64 / 1000.0
}

/// 0 where there is nothing to divide by.
fn quotient(what: f64, by: f64) -> f64 {
	if by == 0.0 {
		0.0
	} else {
		what / by
	}
}

fn count(length: usize) -> u32 {
	u32::try_from(length).unwrap_or(u32::MAX)
}

fn plus(a: i128, b: i128) -> Result<i128> {
	a.checked_add(b).ok_or(FiguresError::Overflow)
}

fn minus(a: i128, b: i128) -> Result<i128> {
	a.checked_sub(b).ok_or(FiguresError::Overflow)
}

fn times(a: i128, b: i128) -> Result<i128> {
	a.checked_mul(b).ok_or(FiguresError::Overflow)
}

fn money(amount: Balance) -> Result<i128> {
	i128::try_from(amount).map_err(|_| FiguresError::Overflow)
}

/// What a report has as a whole number that is not below zero.
fn watts(sum: i128) -> Result<u64> {
	u64::try_from(sum).map_err(|_| FiguresError::Overflow)
}

/// How many timesteps from `start` to `end`.
fn length(start: Timestep, end: Timestep) -> i128 {
	i128::from(Period { first: start, last: end }.len())
}
