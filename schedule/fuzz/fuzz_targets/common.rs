//! Intervals and amounts out of the fuzzer's bytes, and the naive model: an amount for every timestep.

use petra_schedule::{Timestep, Value};

/// Timesteps that the model keeps.
pub const WINDOW: usize = 200;

/// The first of them: across ends of pages, and at both ends of time.
pub fn base(byte: u8) -> Timestep {
	[0, 64 * 64 * 64 - 100, 448_000_000, (1 << 60) - 100, u64::MAX - WINDOW as u64 + 1]
		[usize::from(byte) % 5]
}

/// One piece of 4 bytes, in offsets from the base. Offset 199 is for ever.
pub fn piece(bytes: &[u8]) -> (usize, usize, Value) {
	let (a, b) = (usize::from(bytes[0]) % WINDOW, usize::from(bytes[1]) % WINDOW);
	let value = i128::from(i16::from_le_bytes([bytes[2], bytes[3]]));
	(a.min(b), a.max(b), value)
}

/// Adds to each timestep.
pub fn add(model: &mut [Value], (start, end, value): (usize, usize, Value)) {
	for amount in &mut model[start..=end] {
		*amount += value;
	}
}

/// The last timestep of an interval that ends at `offset`.
pub fn end(base: Timestep, offset: usize) -> Timestep {
	if offset == WINDOW - 1 {
		u64::MAX
	} else {
		base + offset as u64
	}
}
