//! Randomness that a seed determines.

use codec::Encode;

/// Draws numbers that depend on the seed and on how many were drawn.
pub struct Dice {
	seed: u64,
	drawn: u64,
}

impl Dice {
	pub fn new(seed: u64) -> Self {
		Self { seed, drawn: 0 }
	}

	/// Any number.
	pub fn any(&mut self) -> u64 {
		self.drawn += 1;
		let draw = (self.seed, self.drawn).using_encoded(sp_io::hashing::twox_64);
		u64::from_le_bytes(draw)
	}

	/// A number below `bound`.
	pub fn below(&mut self, bound: u64) -> u64 {
		self.any() % bound
	}

	/// A number from `low` to `high`.
	pub fn between(&mut self, low: u64, high: u64) -> u64 {
		low + self.below(high - low + 1)
	}

	/// True once in `times`.
	pub fn one_in(&mut self, times: u64) -> bool {
		self.below(times) == 0
	}

	/// One of `things`; none if there are none.
	pub fn pick<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
		(!things.is_empty()).then(|| &things[self.below(things.len() as u64) as usize])
	}
}
