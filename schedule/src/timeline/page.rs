//! What a timeline stores.

use super::FAN_OUT;
use crate::{Timestep, Value};
use alloc::{vec, vec::Vec};
use codec::{Compact, Decode, Encode, EncodeLike, Error, Input, MaxEncodedLen, Output};
use core::ops::RangeInclusive;
use scale_info::{Type, TypeInfo};

/// Level of the root that spans all of time.
pub const MAX_HEIGHT: u8 = 11;

/// Bits of a timestep that one level decides.
const BITS: u32 = FAN_OUT.trailing_zeros();

/// A part of a page's interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
	/// The least amount in the part, in the root; below it, by how much that passes the page's least one.
	pub base: Value,
	/// By how much the greatest amount passes the least. Unless it is 0, the part has a page of its own.
	pub spread: u128,
}

impl Entry {
	/// A part in which the amount is `base` throughout.
	pub fn flat(base: Value) -> Self {
		Self { base, spread: 0 }
	}

	/// The greatest amount, as [`Self::base`] the least.
	pub fn top(&self) -> Value {
		self.base.saturating_add_unsigned(self.spread)
	}
}

/// The entries of an interval, at most [`FAN_OUT`]. Encoded as runs of equal ones, so that the usual page takes a few
/// dozen bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page(pub Vec<Entry>);

impl Page {
	/// A page of `level` all of whose timesteps have the same amount.
	pub fn flat(level: u8, base: Value) -> Self {
		Self(vec![Entry::flat(base); entries_at(level)])
	}

	/// The least and the greatest amount.
	pub fn extremes(&self) -> (Value, Value) {
		let least = self.0.iter().map(|entry| entry.base).min();
		let greatest = self.0.iter().map(Entry::top).max();
		(least.unwrap_or(0), greatest.unwrap_or(0))
	}

	/// Adds `value` everywhere.
	pub(super) fn shift(&mut self, value: Value) {
		for entry in &mut self.0 {
			entry.base = entry.base.saturating_add(value);
		}
	}
}

/// Which page, in a timeline.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
pub struct PageKey {
	/// It stands for `FAN_OUT^level` timesteps; from 1 to [`MAX_HEIGHT`].
	pub level: u8,
	/// How many pages of that level lie before it.
	pub index: u64,
}

impl PageKey {
	/// The key of the root, were it a page.
	pub(super) fn root(level: u8) -> Self {
		Self { level, index: 0 }
	}

	/// The page below the entry `slot`.
	pub(super) fn child(&self, slot: u64) -> Self {
		Self { level: self.level.saturating_sub(1), index: self.part(slot) }
	}

	/// First and last timestep of the entry `slot`.
	pub(super) fn span(&self, slot: u64) -> (Timestep, Timestep) {
		let width = self.width_bits();
		let start = self.part(slot) << width;
		(start, start | !(Timestep::MAX << width))
	}

	/// The entries that share a timestep with `[from, to]`, if any does.
	pub(super) fn slots(&self, from: Timestep, to: Timestep) -> RangeInclusive<u64> {
		let width = self.width_bits();
		let first = self.part(0);
		let last = first.saturating_add((entries_at(self.level) as u64).saturating_sub(1));
		let from = (from >> width).max(first);
		let to = (to >> width).min(last);
		if from > to {
			#[allow(clippy::reversed_empty_ranges)] // none
			return 1..=0;
		}
		from.saturating_sub(first)..=to.saturating_sub(first)
	}

	/// How many parts of the same width lie before the entry `slot`.
	fn part(&self, slot: u64) -> u64 {
		self.index.saturating_mul(FAN_OUT).saturating_add(slot)
	}

	fn width_bits(&self) -> u32 {
		u32::from(self.level.clamp(1, MAX_HEIGHT))
			.saturating_sub(1)
			.saturating_mul(BITS)
	}
}

/// The top of a timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Root {
	/// The page's level: it stands for the first `FAN_OUT^height` timesteps. 0: there is none.
	pub height: u8,
	/// The amount in every timestep that follows those.
	pub tail: Value,
	/// The page, its amounts relative to zero.
	pub page: Page,
}

impl Root {
	/// The least and the greatest amount.
	pub fn extremes(&self) -> (Value, Value) {
		if self.height == 0 {
			return (self.tail, self.tail);
		}
		let (least, greatest) = self.page.extremes();
		(least.min(self.tail), greatest.max(self.tail))
	}

	/// How many timesteps the page stands for.
	pub(super) fn size(&self) -> u128 {
		match self.height {
			0 => 0,
			MAX_HEIGHT.. => 1 << Timestep::BITS,
			height => 1 << u32::from(height).saturating_mul(BITS),
		}
	}
}

/// How many entries a page of `level` has.
pub(super) fn entries_at(level: u8) -> usize {
	if level >= MAX_HEIGHT {
		// Those in which there are timesteps.
		1 << Timestep::BITS.saturating_sub(BITS.saturating_mul(10))
	} else {
		FAN_OUT as usize
	}
}

/// Equal entries in a row.
#[derive(Encode, Decode, TypeInfo)]
struct Run {
	/// How many.
	length: u8,
	/// The base, signs alternating: 0, -1, 1, -2, …
	#[codec(compact)]
	base: u128,
	#[codec(compact)]
	spread: u128,
}

impl Run {
	fn entry(&self) -> Entry {
		let half = (self.base >> 1).cast_signed();
		let base = if self.base & 1 == 0 { half } else { !half };
		Entry { base, spread: self.spread }
	}
}

impl From<(u8, &Entry)> for Run {
	fn from((length, entry): (u8, &Entry)) -> Self {
		let base = ((entry.base << 1) ^ (entry.base >> 127)).cast_unsigned();
		Self { length, base, spread: entry.spread }
	}
}

impl Encode for Page {
	fn encode_to<T: Output + ?Sized>(&self, dest: &mut T) {
		let mut runs: Vec<Run> = Vec::new();
		let mut last = None;
		for entry in &self.0 {
			match runs.last_mut() {
				Some(run) if last == Some(entry) => run.length = run.length.saturating_add(1),
				_ => runs.push((1, entry).into()),
			}
			last = Some(entry);
		}
		runs.encode_to(dest);
	}
}

impl EncodeLike for Page {}

impl Decode for Page {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		let Compact(count) = Compact::<u32>::decode(input)?;
		let mut entries = Vec::new();
		for _ in 0..count {
			let run = Run::decode(input)?;
			let length = entries.len().saturating_add(run.length.into());
			if run.length == 0 || length > FAN_OUT as usize {
				return Err("a page's runs must fill at most its entries".into());
			}
			entries.resize(length, run.entry());
		}
		Ok(Self(entries))
	}
}

impl MaxEncodedLen for Page {
	fn max_encoded_len() -> usize {
		let amount = Compact::<u128>::max_encoded_len();
		let run = u8::max_encoded_len().saturating_add(amount).saturating_add(amount);
		let runs = run.saturating_mul(FAN_OUT as usize);
		Compact(FAN_OUT as u32).encoded_size().saturating_add(runs)
	}
}

impl TypeInfo for Page {
	type Identity = Self;

	fn type_info() -> Type {
		Vec::<Run>::type_info()
	}
}
