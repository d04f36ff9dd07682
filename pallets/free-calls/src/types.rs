//! What the pallet stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
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

/// What an address has used of its quota.
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
}

impl QuotaUsage {
	/// What is left in `window` of a quota of `quota`.
	pub fn remaining(&self, window: u32, quota: u32) -> u32 {
		if window < self.from_window {
			0
		} else if window == self.window {
			quota.saturating_sub(self.used)
		} else {
			quota
		}
	}

	/// With `cost` more used in `window`.
	pub fn charged(self, window: u32, cost: u32) -> Self {
		let used = if window == self.window { self.used } else { 0 };
		Self { window, used: used.saturating_add(cost), ..self }
	}
}
