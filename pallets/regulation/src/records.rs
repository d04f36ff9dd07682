//! A series of records in ascending order of time, of which the last before a timestep is in force.

use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use petra_primitives::Timestep;
use scale_info::TypeInfo;

/// The most records of one series that are kept: two billing periods of 30 days with a change in each 4-second
/// timestep fit. A lookup reads at most 22 of them.
pub const MAX_RECORDS: u64 = 1 << 21;

/// A value that holds for timesteps after `time`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Record<Value> {
	/// The timestep before the first in which the value holds.
	pub time: Timestep,
	/// What holds.
	pub value: Value,
}

/// Which numbers a series' records have. Numbers are counted up; pruning raises `first`, recording sets `next`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Span {
	/// The oldest record.
	pub first: u64,
	/// One past the newest record.
	pub next: u64,
	/// One past the last number under which something is stored: from `next` on, discarded records that are waiting to
	/// be overwritten or removed.
	pub end: u64,
}

/// The series has no room for another record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SeriesFull;

/// Where a series is stored, and what is done with it.
pub trait Series {
	/// What is recorded.
	type Value: Clone;

	/// The most records that may be kept.
	fn max_records(&self) -> u64;
	/// Reads which records there are.
	fn span(&self) -> Span;
	/// Writes which records there are.
	fn set_span(&self, span: Span);
	/// Reads a record.
	fn get(&self, index: u64) -> Option<Record<Self::Value>>;
	/// Writes a record.
	fn put(&self, index: u64, record: Record<Self::Value>);
	/// Removes a record.
	fn remove(&self, index: u64);

	/// The number after that of the last record whose time is before `t`.
	fn after(&self, span: &Span, t: Timestep) -> u64 {
		let (mut low, mut high) = (span.first, span.next);
		while low < high {
			let middle = low.saturating_add(high.saturating_sub(low) / 2);
			match self.get(middle) {
				Some(record) if record.time < t => low = middle.saturating_add(1),
				_ => high = middle,
			}
		}
		low
	}

	/// What is in force at `t`: the last recorded value whose time is before `t`.
	fn in_force(&self, t: Timestep) -> Option<Self::Value> {
		let span = self.span();
		let after = self.after(&span, t);
		let index = after.checked_sub(1).filter(|index| *index >= span.first)?;
		self.get(index).map(|record| record.value)
	}

	/// Records a value for timesteps after `time`, and discards what was recorded for `time` and later.
	fn record(&self, time: Timestep, value: Self::Value) -> Result<(), SeriesFull> {
		let mut span = self.span();
		let index = self.after(&span, time);
		if index.saturating_sub(span.first) >= self.max_records() {
			return Err(SeriesFull);
		}
		self.put(index, Record { time, value });
		span.next = index.saturating_add(1);
		span.end = span.end.max(span.next);
		self.set_span(span);
		Ok(())
	}

	/// What is in force from `from` to `to`, as runs that together cover `from..=to`, and `none` where nothing is
	/// recorded.
	fn runs(
		&self,
		from: Timestep,
		to: Timestep,
		none: Self::Value,
	) -> Vec<(Timestep, Timestep, Self::Value)> {
		self.first_runs(from, to, none, usize::MAX)
	}

	/// The first `max` of [`Self::runs`]; reads one record for each.
	fn first_runs(
		&self,
		from: Timestep,
		to: Timestep,
		none: Self::Value,
		max: usize,
	) -> Vec<(Timestep, Timestep, Self::Value)> {
		let span = self.span();
		let mut index = self.after(&span, from);
		let mut value = index
			.checked_sub(1)
			.filter(|index| *index >= span.first)
			.and_then(|index| self.get(index))
			.map_or(none, |record| record.value);
		let (mut start, mut runs) = (from, Vec::new());
		while index < span.next && runs.len() < max {
			let Some(record) = self.get(index).filter(|record| record.time < to) else { break };
			runs.push((start, record.time, value));
			(start, value) = (record.time.saturating_add(1), record.value);
			index = index.saturating_add(1);
		}
		if start <= to && runs.len() < max {
			runs.push((start, to, value));
		}
		runs
	}

	/// Removes one record that is discarded, or that is in force nowhere from `keep_from` on. Returns whether there was
	/// one.
	fn prune(&self, keep_from: Timestep) -> bool {
		let mut span = self.span();
		if span.end > span.next {
			span.end = span.end.saturating_sub(1);
			self.remove(span.end);
			self.set_span(span);
			return true;
		}
		let second = span.first.saturating_add(1);
		let outdated =
			second < span.next && self.get(second).is_some_and(|record| record.time < keep_from);
		if outdated {
			self.remove(span.first);
			span.first = second;
			self.set_span(span);
		}
		outdated
	}
}
