//! What households disclosed, read, with their lines.

use super::{FiguresError, Result};
use crate::{
	billing::{self, Bill, Entry, Line, Period, Signed},
	history::History,
	types::*,
	AccountId32,
};
use codec::Decode;
use petra_report::{Household, Inputs};
use std::collections::BTreeSet;

/// A household.
pub(super) struct Home<'a> {
	pub(super) disclosed: &'a Household,
	pub(super) key: AccountId32,
	pub(super) addresses: BTreeSet<AccountId32>,
	/// The bill that its meter signed; what is wrong with its bytes.
	pub(super) bill: Result<Signed<Bill>, String>,
	/// Its figures over the bills' period, from blocks and readings.
	pub(super) lines: Vec<Line>,
}

impl Home<'_> {
	/// Its lines of the profile's timesteps.
	pub(super) fn line(&self, period: Period, t: Timestep) -> Option<&Line> {
		let index = t.checked_sub(period.first)?;
		self.lines.get(usize::try_from(index).ok()?)
	}
}

/// All households, in their order.
pub(super) fn all<'a>(
	inputs: &'a Inputs,
	history: &History,
	period: Period,
	rows: Period,
	entries: &[Entry],
) -> Result<Vec<Home<'a>>> {
	inputs
		.households
		.iter()
		.map(|disclosed| home(disclosed, history, period, rows, entries))
		.collect()
}

fn home<'a>(
	disclosed: &'a Household,
	history: &History,
	period: Period,
	rows: Period,
	entries: &[Entry],
) -> Result<Home<'a>> {
	let wrong = |what: String| FiguresError::Household { household: disclosed.name.clone(), what };
	let account = |text: &str| -> Result<AccountId32> {
		text.parse().map_err(|_| wrong(format!("{:.60} is no address", text)))
	};
	let key = account(&disclosed.key)?;
	let addresses = disclosed
		.addresses
		.iter()
		.map(|text| account(text))
		.collect::<Result<BTreeSet<_>>>()?;
	let counted = [("measured", &disclosed.measured), ("predicted", &disclosed.predicted)];
	for (what, values) in counted {
		let (found, expected) = (values.len() as u64, rows.len());
		if found != expected {
			let what = format!("{found} values {what} for {expected} timesteps");
			return Err(wrong(what));
		}
	}
	let measured = measured(&disclosed.measured, period, rows);
	let own = billing::entries_at(&addresses, entries);
	let lines = billing::lines(period, &measured, own, |t| history.prices(t))?;
	let bill = decode(&disclosed.bill.bytes);
	Ok(Home { disclosed, key, addresses, bill, lines })
}

/// Mean watts in each timestep of the period: what was measured in the profile's, nothing in others.
fn measured(values: &[i64], period: Period, rows: Period) -> Vec<i128> {
	(period.first..=period.last)
		.map(|t| {
			let index = t.checked_sub(rows.first).and_then(|index| usize::try_from(index).ok());
			index.and_then(|index| values.get(index)).map_or(0, |value| i128::from(*value))
		})
		.collect()
}

fn decode(text: &str) -> Result<Signed<Bill>, String> {
	let digits = text.strip_prefix("0x").unwrap_or(text);
	let bytes = hex::decode(digits).map_err(|error| format!("it is not hexadecimal: {error}"))?;
	let mut rest = bytes.as_slice();
	// The first line says enough.
	let none = |error: codec::Error| {
		format!("it is none: {}", error.to_string().lines().next().unwrap_or_default())
	};
	let bill = Signed::<Bill>::decode(&mut rest).map_err(none)?;
	if rest.is_empty() {
		Ok(bill)
	} else {
		Err("something follows it".into())
	}
}
