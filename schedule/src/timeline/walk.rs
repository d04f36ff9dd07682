//! The ways through the tree: each visits at most two pages of a level, unless it says otherwise, and none recurses
//! deeper than [`MAX_HEIGHT`].

use super::{
	page::{entries_at, Entry, Page, PageKey, Root, MAX_HEIGHT},
	Corruption, Pieces, Pruned, Store,
};
use crate::{Timestep, Value};
use alloc::vec::Vec;

/// Raises the root until the changes that `[from, to]` makes lie within its page, at its end at most.
pub fn grow(store: &mut impl Store, root: &mut Root, from: Timestep, to: Timestep) {
	let last_change = to.checked_add(1).unwrap_or(from);
	while root.height < MAX_HEIGHT && root.size() < last_change.into() {
		let height = root.height.saturating_add(1);
		let mut page = Page::flat(height, root.tail);
		if let (Some(first), 1..) = (page.0.first_mut(), root.height) {
			*first = Entry::default();
			settle(store, PageKey::root(root.height), core::mem::take(&mut root.page), first);
		}
		root.page = page;
		root.height = height;
	}
}

/// Lowers the root as far as its contents allow.
pub fn shrink(store: &mut impl Store, root: &mut Root) {
	while let Some((first, rest)) = root.page.0.split_first() {
		if rest.iter().any(|entry| *entry != Entry::flat(root.tail)) {
			return;
		}
		match root.height {
			0 | 1 if *first != Entry::flat(root.tail) => return,
			0 | 1 => *root = Root { tail: root.tail, ..Root::default() },
			_ => {
				let key = PageKey::root(root.height).child(0);
				let mut page = child(store, key, first);
				if first.spread > 0 {
					store.set_page(key, None);
				}
				page.shift(first.base);
				root.page = page;
				root.height = key.level;
			},
		}
	}
}

/// Adds `value` from `from` to `to`.
pub fn add(store: &mut impl Store, root: &mut Root, from: Timestep, to: Timestep, value: Value) {
	add_below(store, PageKey::root(root.height), &mut root.page, from, to, value);
	if to == Timestep::MAX {
		root.tail = root.tail.saturating_add(value);
	}
}

fn add_below(
	store: &mut impl Store,
	key: PageKey,
	page: &mut Page,
	from: Timestep,
	to: Timestep,
	value: Value,
) {
	for slot in key.slots(from, to) {
		let Some(entry) = page.0.get_mut(slot as usize) else { return };
		let (start, end) = key.span(slot);
		// A page of level 1 has single timesteps: all of them are covered.
		if from <= start && end <= to {
			entry.base = entry.base.saturating_add(value);
		} else {
			let key = key.child(slot);
			let mut page = child(store, key, entry);
			add_below(store, key, &mut page, from, to, value);
			settle(store, key, page, entry);
		}
	}
}

/// The page below `entry`, read only if its amounts differ.
fn child(store: &impl Store, key: PageKey, entry: &Entry) -> Page {
	let stored = if entry.spread > 0 { store.page(key) } else { None };
	stored.unwrap_or_else(|| Page::flat(key.level, 0))
}

/// Makes `entry` say what `page`, which lies below it, contains, and stores the page if its amounts differ.
fn settle(store: &mut impl Store, key: PageKey, mut page: Page, entry: &mut Entry) {
	let (least, greatest) = page.extremes();
	let stored = entry.spread > 0;
	entry.base = entry.base.saturating_add(least);
	entry.spread = greatest.abs_diff(least);
	if entry.spread > 0 {
		page.shift(least.saturating_neg());
		store.set_page(key, Some(page));
	} else if stored {
		store.set_page(key, None);
	}
}

/// The least and the greatest amount from `from` to `to`.
pub fn extremes(store: &impl Store, root: &Root, from: Timestep, to: Timestep) -> (Value, Value) {
	let below = extremes_below(store, PageKey::root(root.height), &root.page, from, to);
	let tail = (u128::from(to) >= root.size()).then_some((root.tail, root.tail));
	join(below, tail).unwrap_or((0, 0))
}

fn extremes_below(
	store: &impl Store,
	key: PageKey,
	page: &Page,
	from: Timestep,
	to: Timestep,
) -> Option<(Value, Value)> {
	let mut found = None;
	for slot in key.slots(from, to) {
		let entry = page.0.get(slot as usize)?;
		let (start, end) = key.span(slot);
		let part = if entry.spread == 0 || (from <= start && end <= to) {
			Some((entry.base, entry.top()))
		} else {
			let key = key.child(slot);
			extremes_below(store, key, &child(store, key, entry), from, to).map(
				|(least, greatest)| {
					(entry.base.saturating_add(least), entry.base.saturating_add(greatest))
				},
			)
		};
		found = join(found, part);
	}
	found
}

fn join(a: Option<(Value, Value)>, b: Option<(Value, Value)>) -> Option<(Value, Value)> {
	match (a, b) {
		(Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
		(a, b) => a.or(b),
	}
}

/// The last timestep from `from` to `to` in which the amount is not zero.
pub fn last(store: &impl Store, from: Timestep, to: Timestep) -> Option<Timestep> {
	let root = store.root();
	if to < from {
		return None;
	}
	if root.tail != 0 && u128::from(to) >= root.size() {
		return Some(to);
	}
	last_below(store, PageKey::root(root.height), &root.page, 0, from, to)
}

/// As [`last`], in `page`, all of whose amounts are relative to `base`. A page whose amounts differ has one that is not
/// zero: only at the interval's ends can the search be in vain.
fn last_below(
	store: &impl Store,
	key: PageKey,
	page: &Page,
	base: Value,
	from: Timestep,
	to: Timestep,
) -> Option<Timestep> {
	key.slots(from, to).rev().find_map(|slot| {
		let entry = page.0.get(slot as usize)?;
		let base = base.saturating_add(entry.base);
		if entry.spread == 0 {
			return (base != 0).then(|| key.span(slot).1.min(to));
		}
		let key = key.child(slot);
		last_below(store, key, &child(store, key, entry), base, from, to)
	})
}

/// Reads what is not zero from `from` to `to`; visits at most `max_pages` pages.
pub fn pieces(
	store: &impl Store,
	from: Timestep,
	to: Timestep,
	max_pieces: usize,
	max_pages: u32,
) -> Pieces {
	let mut reader = Reader { from, to, max_pieces, pages_left: max_pages, pieces: Vec::new() };
	let root = store.root();
	let result = if to < from {
		Ok(())
	} else {
		reader.read(store, PageKey::root(root.height), &root.page, 0).and_then(|()| {
			match Timestep::try_from(root.size()) {
				Ok(size) => reader.push(size, Timestep::MAX, root.tail),
				Err(_) => Ok(()),
			}
		})
	};
	Pieces { pieces: reader.pieces, next: result.err() }
}

struct Reader {
	from: Timestep,
	to: Timestep,
	max_pieces: usize,
	pages_left: u32,
	pieces: Vec<(Timestep, Timestep, Value)>,
}

impl Reader {
	/// Reads `page`, all of whose amounts are relative to `base`; or says where it stopped.
	fn read(
		&mut self,
		store: &impl Store,
		key: PageKey,
		page: &Page,
		base: Value,
	) -> Result<(), Timestep> {
		for (slot, entry) in key
			.slots(self.from, self.to)
			.filter_map(|slot| page.0.get(slot as usize).map(|entry| (slot, entry)))
		{
			let (start, end) = key.span(slot);
			let base = base.saturating_add(entry.base);
			if entry.spread == 0 {
				self.push(start, end, base)?;
			} else {
				self.pages_left = self.pages_left.checked_sub(1).ok_or(start.max(self.from))?;
				let key = key.child(slot);
				self.read(store, key, &child(store, key, entry), base)?;
			}
		}
		Ok(())
	}

	fn push(&mut self, start: Timestep, end: Timestep, value: Value) -> Result<(), Timestep> {
		let (start, end) = (start.max(self.from), end.min(self.to));
		if value == 0 || end < start {
			return Ok(());
		}
		let full = self.pieces.len() >= self.max_pieces;
		match self.pieces.last_mut() {
			Some(last) if last.2 == value && last.1.checked_add(1) == Some(start) => last.1 = end,
			_ if full => return Err(start),
			_ => self.pieces.push((start, end, value)),
		}
		Ok(())
	}
}

/// Removes pages that lie wholly before `before`; visits two paths from the root, and what it removes.
pub fn prune(store: &mut impl Store, before: Timestep, max_removed: u32) -> Pruned {
	let mut root = store.root();
	let old = root.clone();
	let mut left = max_removed;
	let complete = prune_below(
		store,
		PageKey::root(root.height),
		&mut root.page,
		before,
		&mut left,
		root.tail,
	);
	shrink(store, &mut root);
	if root != old {
		store.set_root(root);
	}
	Pruned { removed: max_removed.saturating_sub(left), complete }
}

/// Forgets what `page` says of the time before `before`: removes the pages below, and has the first amount that is
/// kept count from the page's start, so that a page which says nothing else is not stored any more.
fn prune_below(
	store: &mut impl Store,
	key: PageKey,
	page: &mut Page,
	before: Timestep,
	left: &mut u32,
	after: Value,
) -> bool {
	let (mut past, mut kept) = (0, after);
	for (slot, entry) in (0..).zip(&mut page.0) {
		let (start, end) = key.span(slot);
		if before <= end {
			if start < before && entry.spread > 0 {
				let key = key.child(slot);
				let mut page = child(store, key, entry);
				let old = page.clone();
				let complete = prune_below(store, key, &mut page, before, left, 0);
				if page != old {
					settle(store, key, page, entry);
				}
				if !complete {
					return false;
				}
			}
			kept = entry.base;
			break;
		}
		if !clear(store, key.child(slot), entry, left) {
			return false;
		}
		past = slot.saturating_add(1);
	}
	for entry in page.0.iter_mut().take(past as usize) {
		*entry = Entry::flat(kept);
	}
	true
}

/// Removes the page below `entry` and all that lie below that; visits a path more than it removes.
fn clear(store: &mut impl Store, key: PageKey, entry: &mut Entry, left: &mut u32) -> bool {
	if entry.spread == 0 {
		return true;
	}
	if *left == 0 {
		return false;
	}
	let mut page = child(store, key, entry);
	let complete = (0..)
		.zip(&mut page.0)
		.all(|(slot, entry)| clear(store, key.child(slot), entry, left));
	match left.checked_sub(1) {
		Some(rest) if complete => {
			*left = rest;
			entry.spread = 0;
			store.set_page(key, None);
			true
		},
		_ => {
			settle(store, key, page, entry);
			// The rest may have turned out to need no page.
			entry.spread == 0
		},
	}
}

/// Whether the tree is as low and its pages are as few as its contents allow; visits all of it.
pub fn check(store: &impl Store) -> Result<u64, Corruption> {
	let root = store.root();
	let flat = Entry::flat(root.tail);
	let needed = match (root.height, root.page.0.split_first()) {
		(0, None) => return Ok(0),
		(1, Some(_)) => root.page.0.iter().any(|entry| *entry != flat),
		(2..=MAX_HEIGHT, Some((_, rest))) => rest.iter().any(|entry| *entry != flat),
		_ => false,
	};
	if !needed {
		return Err(Corruption::RootTooHigh);
	}
	check_below(store, PageKey::root(root.height), &root.page)
}

fn check_below(store: &impl Store, key: PageKey, page: &Page) -> Result<u64, Corruption> {
	if page.0.len() != entries_at(key.level) {
		return Err(Corruption::MissingPage);
	}
	let mut pages = 0u64;
	for (slot, entry) in (0..).zip(&page.0).filter(|(_, entry)| entry.spread > 0) {
		let key = key.child(slot);
		let page = store.page(key).filter(|_| key.level > 0).ok_or(Corruption::MissingPage)?;
		if page.extremes() != (0, entry.top().saturating_sub(entry.base)) {
			return Err(Corruption::WrongExtremes);
		}
		pages = pages.saturating_add(1).saturating_add(check_below(store, key, &page)?);
	}
	Ok(pages)
}
