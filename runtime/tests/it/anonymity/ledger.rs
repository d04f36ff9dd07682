//! Blocks as everybody can read them: the observer gets these, and nothing else.

use crate::chain::{finish_block, start_block_at};
use codec::Encode;
use petra_runtime::{System, Timestamp};

/// A block: its transactions and its events, as the chain encodes them.
pub struct Block {
	/// Milliseconds of Unix time.
	pub time: u64,
	pub extrinsics: Vec<Vec<u8>>,
	pub events: Vec<u8>,
}

/// Finishes the block under way, starts the next at `time`, and returns the finished one.
pub fn seal(time: u64) -> Block {
	let now = Timestamp::get();
	let extrinsics = (0..System::extrinsic_index().unwrap_or_default())
		.map(System::extrinsic_data)
		.collect();
	finish_block();
	let events: Vec<_> = System::read_events_no_consensus().map(|record| *record).collect();
	start_block_at(time);
	Block { time: now, extrinsics, events: events.encode() }
}
