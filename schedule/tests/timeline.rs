//! Timelines against a naive model that keeps an amount for every timestep.
#![allow(
	missing_docs,
	clippy::arithmetic_side_effects,
	clippy::indexing_slicing,
	clippy::unwrap_used
)]

mod common;

use codec::{Decode, Encode, MaxEncodedLen};
use petra_schedule::{
	timeline::{
		Corruption, Entry, Page, PageKey, Root, Store, Timeline, FAN_OUT, MAX_AMOUNT, MAX_HEIGHT,
	},
	Error, Timestep, Value,
};
use proptest::prelude::*;
use std::{
	cell::{Cell, RefCell},
	collections::{BTreeMap, BTreeSet},
};

/// Keeps pages encoded, as a ledger does, and counts the accesses.
#[derive(Clone, Default, Debug)]
struct Memory {
	root: Option<Vec<u8>>,
	pages: BTreeMap<PageKey, Vec<u8>>,
	reads: Cell<u32>,
	touched: RefCell<BTreeSet<PageKey>>,
}

impl PartialEq for Memory {
	fn eq(&self, other: &Self) -> bool {
		self.root == other.root && self.pages == other.pages
	}
}

impl Store for Memory {
	fn root(&self) -> Root {
		self.root
			.as_ref()
			.map_or_else(Root::default, |root| Root::decode(&mut &root[..]).unwrap())
	}
	fn set_root(&mut self, root: Root) {
		assert!(root.encoded_size() <= Root::max_encoded_len());
		self.root = (root != Root::default()).then(|| root.encode());
	}
	fn page(&self, key: PageKey) -> Option<Page> {
		self.reads.set(self.reads.get() + 1);
		self.touched.borrow_mut().insert(key);
		self.pages.get(&key).map(|page| Page::decode(&mut &page[..]).unwrap())
	}
	fn set_page(&mut self, key: PageKey, page: Option<Page>) {
		self.touched.borrow_mut().insert(key);
		match page {
			Some(page) => {
				assert!(page.encoded_size() <= Page::max_encoded_len());
				self.pages.insert(key, page.encode());
			},
			None => assert!(self.pages.remove(&key).is_some(), "nothing under {key:?}"),
		}
	}
}

/// Where the model's window begins: at the beginning and the end of time, and across ends of pages of many levels.
const BASES: [Timestep; 8] = [
	0,
	2_000_000 - 100,
	FAN_OUT.pow(3) - 100,
	FAN_OUT.pow(5) - 150,
	3 * FAN_OUT.pow(4) - 64,
	(1 << 60) - 37,
	1 << 63,
	u64::MAX - WINDOW as u64 + 1,
];
const WINDOW: usize = 260;

/// An end of an interval: in the window, or on the far side of it.
fn end() -> impl Strategy<Value = i64> {
	prop_oneof![
		12 => 0..WINDOW as i64,
		1 => prop::sample::select(vec![i64::MIN, -1_000_000, -4_096, -1, 5_000, 70_000_000, i64::MAX]),
	]
}

fn timestep(base: Timestep, offset: i64) -> Timestep {
	match offset {
		i64::MIN => 0,
		i64::MAX => u64::MAX,
		offset => base.saturating_add_signed(offset),
	}
}

#[derive(Clone, Debug)]
struct Change {
	from: i64,
	to: i64,
	value: Value,
}

fn changes(count: usize) -> impl Strategy<Value = Vec<Change>> {
	let value = prop_oneof![8 => -3..6i128, 2 => -5_000_000_000..5_000_000_000i128];
	let change = (end(), end(), value).prop_map(|(a, b, value)| Change {
		from: a.min(b),
		to: a.max(b),
		value,
	});
	prop::collection::vec(change, 0..count)
}

/// The amounts in the window's timesteps.
fn model(base: Timestep, changes: &[Change]) -> Vec<Value> {
	(0..WINDOW as u64)
		.map(|offset| {
			let t = base + offset;
			let covers = |c: &&Change| timestep(base, c.from) <= t && t <= timestep(base, c.to);
			changes.iter().filter(covers).map(|change| change.value).sum()
		})
		.collect()
}

fn build(base: Timestep, changes: &[Change]) -> Timeline<Memory> {
	let mut timeline = Timeline(Memory::default());
	for change in changes {
		let (from, to) = (timestep(base, change.from), timestep(base, change.to));
		assert_eq!(timeline.add(from, to, change.value), Ok(()));
	}
	assert_eq!(timeline.check(), Ok(timeline.0.pages.len() as u64));
	timeline
}

fn window() -> impl Strategy<Value = (usize, usize)> {
	(0..WINDOW, 0..WINDOW).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

/// All pieces, read a few at a time.
fn read_all(
	timeline: &Timeline<Memory>,
	mut from: Timestep,
	to: Timestep,
	max_pieces: usize,
	max_pages: u32,
) -> Vec<(Timestep, Timestep, Value)> {
	let mut all: Vec<(Timestep, Timestep, Value)> = Vec::new();
	loop {
		timeline.0.reads.set(0);
		let read = timeline.pieces(from, to, max_pieces, max_pages);
		assert!(read.pieces.len() <= max_pieces && timeline.0.reads.get() <= max_pages);
		for piece in read.pieces {
			match all.last_mut() {
				Some(last) if last.2 == piece.2 && last.1 + 1 == piece.0 => last.1 = piece.1,
				_ => all.push(piece),
			}
		}
		match read.next {
			Some(next) => assert!(next > from || next == from && all.is_empty()),
			None => return all,
		}
		from = read.next.unwrap();
	}
}

fn merged(base: Timestep, values: &[Value]) -> Vec<(Timestep, Timestep, Value)> {
	let mut pieces: Vec<(Timestep, Timestep, Value)> = Vec::new();
	for (t, value) in (base..=u64::MAX).zip(values) {
		match pieces.last_mut() {
			Some(last) if last.2 == *value => last.1 = t,
			_ => pieces.push((t, t, *value)),
		}
	}
	pieces.retain(|piece| piece.2 != 0);
	pieces
}

proptest! {
	#![proptest_config(common::cases(10_000))]

	#[test]
	fn extremes_and_pieces_should_equal_the_model(
		base in prop::sample::select(BASES.to_vec()),
		changes in changes(14),
		queries in prop::collection::vec(window(), 6),
	) {
		let (timeline, model) = (build(base, &changes), model(base, &changes));
		for (from, to) in queries {
			let (first, last, values) = (base + from as u64, base + to as u64, &model[from..=to]);
			prop_assert_eq!(timeline.max(first, last), *values.iter().max().unwrap());
			prop_assert_eq!(timeline.min(first, last), *values.iter().min().unwrap());
			prop_assert_eq!(timeline.at(first), model[from]);
			let last_one = values.iter().rposition(|value| *value != 0).map(|n| first + n as u64);
			prop_assert_eq!(timeline.last(first, last), last_one);
			prop_assert_eq!(read_all(&timeline, first, last, 3, 12), merged(first, values));
		}
	}

	#[test]
	fn pages_should_depend_on_the_amounts_alone(
		base in prop::sample::select(BASES.to_vec()),
		changes in changes(10),
	) {
		let timeline = build(base, &changes);
		let mut again = Timeline(Memory::default());
		for (from, to, value) in read_all(&timeline, 0, u64::MAX, 1_000, 1_000).into_iter().rev() {
			again.add(from, to, value).unwrap();
		}
		prop_assert_eq!(&timeline.0, &again.0);
		let mut undone = timeline;
		for change in &changes {
			undone.add(timestep(base, change.from), timestep(base, change.to), -change.value).unwrap();
		}
		prop_assert_eq!(&undone.0, &Memory::default());
	}

	#[test]
	fn prune_should_remove_what_is_past_and_keep_what_is_ahead(
		base in prop::sample::select(BASES.to_vec()),
		changes in changes(14),
		before in 0..WINDOW,
		max_removed in 1..5u32,
	) {
		let (mut timeline, model) = (build(base, &changes), model(base, &changes));
		let first = base + before as u64;
		let pages = timeline.0.pages.len();
		for _ in 0..=pages {
			timeline.0.touched.take();
			let pruned = timeline.prune(first, max_removed);
			prop_assert!(pruned.removed <= max_removed);
			prop_assert!(pruned.removed > 0 || pruned.complete);
			prop_assert!(timeline.0.touched.take().len() as u32 <= pruned.removed + 2 * u32::from(MAX_HEIGHT));
			prop_assert_eq!(timeline.check(), Ok(timeline.0.pages.len() as u64));
			let ahead = read_all(&timeline, first, base + (WINDOW as u64 - 1), 1_000, 1_000);
			prop_assert_eq!(ahead, merged(first, &model[before..]));
			if pruned.complete {
				break;
			}
		}
		let done = timeline.prune(first, 0);
		prop_assert!(done.complete && done.removed == 0);
		for key in timeline.0.pages.keys() {
			let pages_before = u128::from(key.index) + 1;
			let end = pages_before << (6 * u32::from(key.level));
			prop_assert!(end > first.into(), "{:?} lies before {}", key, first);
		}
	}
}

const WEEK_OF_4_SECONDS: Timestep = 7 * 24 * 3_600 / 4;
/// November 2026 in timesteps of 4 seconds, and of 15 minutes.
const NOW_IN_4_SECONDS: Timestep = 1_795_000_000 / 4;
const NOW_IN_15_MINUTES: Timestep = 1_795_000_000 / 900;

/// Pages, the root included, that adding and reading touch.
fn touched(timeline: &mut Timeline<Memory>, from: Timestep, to: Timestep) -> usize {
	timeline.0.touched.take();
	timeline.add(from, to, 100).unwrap();
	timeline.max(from, to);
	timeline.min(from, to);
	timeline.0.touched.take().len() + 1
}

#[test]
fn add_should_touch_few_pages_when_the_interval_is_a_week() {
	let mut timeline = Timeline(Memory::default());
	timeline
		.add(NOW_IN_4_SECONDS, NOW_IN_4_SECONDS + 4 * WEEK_OF_4_SECONDS, 1)
		.unwrap();
	let mut histogram = BTreeMap::new();
	for offset in 0..5_000 {
		let start = NOW_IN_4_SECONDS + offset * 89;
		let touched = touched(&mut timeline, start, start + WEEK_OF_4_SECONDS - 1);
		*histogram.entry(touched).or_insert(0) += 1;
	}
	let most = *histogram.keys().last().unwrap();
	assert!(most <= 9, "{histogram:?}");
	assert!(histogram.range(..=8).map(|(_, count)| count).sum::<i32>() >= 4_500, "{histogram:?}");
	// However many changes there were, and however long the interval is.
	assert!(timeline.0.pages.len() > 5_000);
	let longest = touched(&mut timeline, 77, NOW_IN_4_SECONDS + 1_000_003);
	assert!(longest <= 9, "{longest}");
}

#[test]
fn add_should_touch_a_path_when_the_interval_is_a_timestep() {
	for (now, height) in [(NOW_IN_4_SECONDS, 5), (NOW_IN_15_MINUTES, 4)] {
		let mut timeline = Timeline(Memory::default());
		timeline.add(now, now + 700_000, 1).unwrap();
		for offset in 0..2_000 {
			assert_eq!(touched(&mut timeline, now + offset * 7, now + offset * 7), height);
		}
		assert_eq!(usize::from(timeline.0.root().height), height);
		assert!(touched(&mut timeline, now + 1, u64::MAX) <= height);
		for offset in 0..2_000 {
			assert!(
				touched(&mut timeline, now + offset * 7, now + offset * 7 + 671) <= 6 + height - 4
			);
		}
	}
}

#[test]
fn pages_should_be_small_when_a_few_assets_lie_over_them() {
	let mut timeline = Timeline(Memory::default());
	for asset in 0..7 {
		let start = NOW_IN_15_MINUTES + 96 * asset;
		timeline.add(start, start + 95, 5_000 + 100 * i128::from(asset)).unwrap();
	}
	let sizes: Vec<_> = timeline.0.pages.values().map(Vec::len).collect();
	assert!(sizes.iter().all(|size| *size <= 80), "{sizes:?}");
	assert!(timeline.0.root.unwrap().len() <= 60);
	assert!(Page::max_encoded_len() <= 2_300);
}

#[test]
fn add_should_change_nothing_when_it_fails() {
	let mut timeline = Timeline(Memory::default());
	timeline.add(10, 20, MAX_AMOUNT).unwrap();
	timeline.add(15, u64::MAX, -7).unwrap();
	let before = timeline.0.clone();
	assert_eq!(timeline.add(20, 10, 1), Err(Error::BadInterval));
	assert_eq!(timeline.add(10, 10, 1), Err(Error::Overflow));
	assert_eq!(timeline.add(0, 0, Value::MAX), Err(Error::Overflow));
	assert_eq!(timeline.add(30, 40, -MAX_AMOUNT), Err(Error::Overflow));
	assert_eq!(timeline.add(30, 40, Value::MIN), Err(Error::Overflow));
	assert_eq!(timeline.0, before);
	assert_eq!(timeline.add(10, 14, -1), Ok(()));
	assert_eq!(timeline.extremes(0, 1_000), (-7, MAX_AMOUNT - 1));
	assert_eq!(timeline.add(30, 40, -MAX_AMOUNT + 7), Ok(()));
	assert_eq!(timeline.extremes(0, u64::MAX), (-MAX_AMOUNT, MAX_AMOUNT - 1));
	assert_eq!(timeline.extremes(9, 8), (0, 0));
}

#[test]
fn check_should_report_pages_that_are_wrong() {
	let mut timeline = Timeline(Memory::default());
	timeline.add(5_000, 5_010, 9).unwrap();
	timeline.add(5_008, u64::MAX, 2).unwrap();
	assert_eq!(timeline.check(), Ok(2));
	let good = timeline.0.clone();

	timeline.0.pages.remove(&PageKey { level: 1, index: 5_000 / 64 });
	assert_eq!(timeline.check(), Err(Corruption::MissingPage));

	timeline.0 = good.clone();
	let mut page = timeline.0.page(PageKey { level: 2, index: 1 }).unwrap();
	page.0[0].base += 1;
	page.0.pop();
	timeline.0.set_page(PageKey { level: 2, index: 1 }, Some(page.clone()));
	assert_eq!(timeline.check(), Err(Corruption::MissingPage));
	page.0.push(Entry { base: 1_000, spread: 0 });
	timeline.0.set_page(PageKey { level: 2, index: 1 }, Some(page));
	assert_eq!(timeline.check(), Err(Corruption::WrongExtremes));

	timeline.0 = good.clone();
	let root = timeline.0.root();
	let mut entries = vec![Entry { base: root.tail, spread: 0 }; 64];
	entries[0].spread = 1;
	timeline.0.set_root(Root { height: 4, tail: root.tail, page: Page(entries) });
	assert_eq!(timeline.check(), Err(Corruption::RootTooHigh));
	timeline.0.set_root(Root { height: MAX_HEIGHT + 1, ..root });
	assert_eq!(timeline.check(), Err(Corruption::RootTooHigh));
}

#[test]
fn page_should_not_decode_when_its_runs_are_too_long() {
	let page = Page(vec![Entry { base: -3, spread: u128::MAX }, Entry::default()]);
	assert_eq!(Page::decode(&mut &page.encode()[..]).unwrap(), page);
	let too_long = (0..65).map(|base| Entry { base, spread: 0 }).collect();
	assert!(Page::decode(&mut &Page(too_long).encode()[..]).is_err());
	let full: Vec<_> = (0..64).map(|n| Entry { base: MAX_AMOUNT - n, spread: u128::MAX }).collect();
	assert!(Page(full.clone()).encoded_size() <= Page::max_encoded_len());
	assert_eq!(Page::decode(&mut &Page(full.clone()).encode()[..]).unwrap().0, full);
}
