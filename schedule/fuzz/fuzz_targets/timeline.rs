//! Timelines against an amount for every timestep.
#![no_main]

mod common;

use common::{add, base, end, piece, WINDOW};
use libfuzzer_sys::fuzz_target;
use petra_schedule::{
	timeline::{Page, PageKey, Root, Store, Timeline},
	Value,
};
use std::collections::BTreeMap;

#[derive(Default)]
struct Memory(Root, BTreeMap<PageKey, Page>);

impl Store for Memory {
	fn root(&self) -> Root {
		self.0.clone()
	}
	fn set_root(&mut self, root: Root) {
		self.0 = root;
	}
	fn page(&self, key: PageKey) -> Option<Page> {
		self.1.get(&key).cloned()
	}
	fn set_page(&mut self, key: PageKey, page: Option<Page>) {
		match page {
			Some(page) => drop(self.1.insert(key, page)),
			None => drop(self.1.remove(&key)),
		}
	}
}

fuzz_target!(|data: &[u8]| {
	let Some((first, data)) = data.split_first() else { return };
	let base = base(*first);
	let mut model = [0 as Value; WINDOW];
	let mut timeline = Timeline(Memory::default());
	let mut kept = 0;
	for bytes in data.chunks_exact(4).take(60) {
		let piece = piece(bytes);
		timeline.add(base + piece.0 as u64, end(base, piece.1), piece.2).unwrap();
		add(&mut model, piece);
		assert_eq!(timeline.check(), Ok(timeline.0 .1.len() as u64));
		if piece.2 % 16 == 0 {
			// What is past is forgotten; changes may still reach into it.
			kept = kept.max(piece.0);
			timeline.prune(base + kept as u64, u32::from(bytes[2]) % 3);
			assert_eq!(timeline.check(), Ok(timeline.0 .1.len() as u64));
		}
		let (from, to) = (piece.0.max(kept), piece.1.max(kept));
		let (first, last) = (base + from as u64, base + to as u64);
		let values = &model[from..=to];
		assert_eq!(Some(timeline.max(first, last)), values.iter().copied().max());
		assert_eq!(Some(timeline.min(first, last)), values.iter().copied().min());
		let last_one = values.iter().rposition(|value| *value != 0).map(|n| first + n as u64);
		assert_eq!(timeline.last(first, last), last_one);
	}
	let read =
		timeline.pieces(base + kept as u64, base + (WINDOW as u64 - 1), usize::MAX, u32::MAX);
	let mut from_pieces = [0 as Value; WINDOW];
	for (start, end, value) in read.pieces {
		add(&mut from_pieces, ((start - base) as usize, (end - base) as usize, value));
	}
	assert_eq!(from_pieces[kept..], model[kept..]);
});
