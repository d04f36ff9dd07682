//! What the pallet stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use petra_primitives::AddressMaker;
use scale_info::TypeInfo;

/// How much every address may do without paying.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Rules {
	/// Asset writes per address and window.
	pub quota: u32,
	/// Blocks in a window.
	pub window: u32,
}

impl Default for Rules {
	/// The specification's defaults, section 8.
	fn default() -> Self {
		Self { quota: 64, window: 64 }
	}
}

/// What an address has used of its quota, and which of its calls go first.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct QuotaUsage {
	/// The window in which it last used some.
	pub window: u32,
	/// Asset writes in that window.
	pub used: u32,
	/// The first window in which it has a quota.
	pub from_window: u32,
	/// What its place among others depends on.
	pub standing: Standing,
}

impl QuotaUsage {
	/// What is used in `window`.
	pub fn used_in(&self, window: u32) -> u32 {
		if window == self.window {
			self.used
		} else {
			0
		}
	}

	/// What is left in `window` of a quota of `quota`.
	pub fn remaining(&self, window: u32, quota: u32) -> u32 {
		if window < self.from_window {
			0
		} else {
			quota.saturating_sub(self.used_in(window))
		}
	}

	/// With `cost` more used in `window`.
	pub fn charged(self, window: u32, cost: u32) -> Self {
		Self { window, used: self.used_in(window).saturating_add(cost), ..self }
	}
}

/// How an address came to its quota.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Standing {
	/// A meter's key.
	Key,
	/// Made by a meter, the DSO or a mixing withdrawal.
	Made {
		/// Who was first.
		first: Place,
		/// Who else was last: so nobody takes an address its place by withdrawing something to it.
		other: Option<Place>,
	},
	/// Made by a free `transfer`.
	Transferred,
}

/// The place of an address among those that one maker made.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Place {
	/// Who made it.
	pub maker: AddressMaker,
	/// How many addresses the maker had made before the window in which it made this one.
	pub before: u64,
}

/// How many addresses a maker has made.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Making {
	/// All so far.
	pub made: u64,
	/// The window in which it last made one.
	pub window: u32,
	/// All before that window.
	pub before: u64,
}

impl Making {
	/// How it begins to make addresses in `window`.
	pub fn entering(self, window: u32) -> Self {
		if window == self.window {
			self
		} else {
			Self { made: self.made, window, before: self.made }
		}
	}

	/// How many other addresses were made since `before`.
	pub fn others_since(&self, before: u64) -> u64 {
		self.made.saturating_sub(before).saturating_sub(1)
	}
}

/// A free call on its way: what it costs, and what there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
	/// Asset writes, at least 1.
	pub cost: u32,
	/// What is left of the signer's quota.
	pub remaining: u32,
	/// The signer's usage.
	pub usage: QuotaUsage,
}

impl Terms {
	/// Whether the call fits into what is left of the quota when the calls before it have run.
	pub fn fit(&self, before: u32) -> bool {
		// Each of the calls before it costs at least 1.
		self.remaining.checked_sub(before).is_some_and(|left| self.cost <= left)
	}
}
