//! Series of records against a list that is searched from its end.

use crate::records::{Record, Series, SeriesFull, Span};
use petra_primitives::Timestep;
use proptest::prelude::*;
use std::{
	cell::{Cell, RefCell},
	collections::BTreeMap,
};

/// A series in memory that counts what is read.
#[derive(Default)]
struct Memory {
	span: Cell<Span>,
	records: RefCell<BTreeMap<u64, Record<u32>>>,
	reads: Cell<u32>,
}

impl Series for Memory {
	type Value = u32;

	fn max_records(&self) -> u64 {
		1 << 20
	}
	fn span(&self) -> Span {
		self.span.get()
	}
	fn set_span(&self, span: Span) {
		self.span.set(span)
	}
	fn get(&self, index: u64) -> Option<Record<u32>> {
		self.reads.set(self.reads.get() + 1);
		self.records.borrow().get(&index).copied()
	}
	fn put(&self, index: u64, record: Record<u32>) {
		self.records.borrow_mut().insert(index, record);
	}
	fn remove(&self, index: u64) {
		self.records.borrow_mut().remove(&index);
	}
}

/// The rule in its own words: recording at T discards T and later; in force is the last before t.
#[derive(Default)]
struct Naive(Vec<(Timestep, u32)>);

impl Naive {
	fn record(&mut self, time: Timestep, value: u32) {
		self.0.retain(|(recorded, _)| *recorded < time);
		self.0.push((time, value));
	}
	fn in_force(&self, t: Timestep) -> Option<u32> {
		self.0.iter().rev().find(|(time, _)| *time < t).map(|(_, value)| *value)
	}
}

proptest! {
	#[test]
	fn series_should_equal_a_naive_list(
		steps in prop::collection::vec((0u64..60, 0u8..4), 1..120),
	) {
		let (series, mut naive) = (Memory::default(), Naive::default());
		let mut kept_from = 0;
		for (value, (time, choice)) in (0u32..).zip(steps) {
			match choice {
				0 => {
					kept_from = kept_from.max(time / 2);
					series.prune(kept_from);
				},
				_ => {
					let time = time.max(kept_from);
					series.record(time, value).unwrap();
					naive.record(time, value);
				},
			}
			for t in kept_from..65 {
				prop_assert_eq!(series.in_force(t), naive.in_force(t), "at {}", t);
			}
			let runs = series.runs(kept_from, 65, u32::MAX);
			let mut next = kept_from;
			for (start, end, value) in runs {
				prop_assert_eq!(start, next);
				for t in start..=end {
					prop_assert_eq!(Some(value).filter(|v| *v != u32::MAX), naive.in_force(t));
				}
				next = end + 1;
			}
			prop_assert_eq!(next, 66);
			let span = series.span();
			prop_assert_eq!((span.end - span.first) as usize, series.records.borrow().len());
		}
		while series.prune(kept_from) {}
		let outdated = naive.0.iter().filter(|(time, _)| *time < kept_from).count();
		prop_assert_eq!(series.records.borrow().len(), naive.0.len() - outdated.saturating_sub(1));
	}
}

#[test]
fn lookup_should_read_logarithmically_many_records() {
	let series = Memory::default();
	(0..1 << 16).for_each(|i| series.record(i, 0).unwrap());
	for t in [0, 1, 777, 65_535, u64::MAX] {
		series.reads.set(0);
		series.in_force(t);
		assert!(series.reads.get() <= 18, "{} reads", series.reads.get());
	}
}

#[test]
fn record_should_fail_when_the_series_is_full() {
	let series = Memory::default();
	(0..1 << 20).for_each(|i| series.record(i, 0).unwrap());
	assert_eq!(series.record(1 << 20, 0), Err(SeriesFull));
	assert_eq!(series.record((1 << 20) - 1, 1), Ok(()));
}
