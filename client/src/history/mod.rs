//! What final blocks say happened, for bills and reports: withdrawals, deposits, offers, exchanges, mixing, rules.
//!
//! [`History::read`] reads a run of final blocks from one node. Nothing of it is anybody's own note: whoever asks another
//! node gets the same. [`History::entries`] is what [`crate::billing`] makes bills from; [`figures`] is what a report says.
//!
//! ```no_run
//! # async fn example(client: petra_client::Client) -> Result<(), petra_client::Error> {
//! use petra_client::history::History;
//!
//! let last = client.finalized_head().await?.number;
//! let history = History::read(&client, 1, last).await?;
//! println!("{} withdrawals and deposits", history.entries().len());
//! # Ok(())
//! # }
//! ```

mod calls;
mod facts;
pub mod figures;
mod read;
mod rules;
pub mod verify;

pub use facts::{Fact, What};
pub use rules::{Change, Meter, Policy, RingRules, Rules};

use crate::{
	billing::{self, Entry, Prices},
	types::*,
	AccountId32, H256,
};
use petra_primitives::Note;

/// A run of final blocks, and the ledger before and after it.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
	/// Hash of the chain's first block.
	pub genesis: H256,
	/// Version of the code that runs the chain after the last block.
	pub spec_version: u32,
	/// Units and times after the last block.
	pub parameters: Parameters,
	/// How many validators make blocks after the last block.
	pub validators: u32,
	/// The blocks, in order, none left out. The chain's first block, which has no time, is never among them.
	pub blocks: Vec<Block>,
	/// The ledger before the first of them.
	pub before: State,
	/// The ledger after the last of them.
	pub after: State,
}

/// A final block.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
	/// Its number.
	pub number: u64,
	/// Its hash.
	pub hash: H256,
	/// Its timestamp, in milliseconds of Unix time.
	pub timestamp: u64,
	/// The timestep of its timestamp.
	pub timestep: Timestep,
	/// Its weight, as a share of the most that is allowed (0 to 1): of time or of proof size, whichever is more.
	pub fullness: f64,
	/// Its transactions: signed ones and general ones, no inherents.
	pub transactions: u32,
	/// What happened, in order.
	pub facts: Vec<Fact>,
}

/// What the ledger holds at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
	/// Energy assets.
	pub assets: Vec<(AssetId, EnergyAsset)>,
	/// Notes in mixing rings, with how many there are.
	pub pooled: Vec<(Note, u32)>,
	/// All money.
	pub money: Balance,
	/// Prices, ways of trading, meters, feeders' limits, and what rings must be.
	pub rules: Rules,
}

impl History {
	/// All facts with their blocks, in order.
	pub fn facts(&self) -> impl Iterator<Item = (&Block, &Fact)> {
		self.blocks
			.iter()
			.flat_map(|block| block.facts.iter().map(move |fact| (block, fact)))
	}

	/// All withdrawals and deposits, in order: what bills are made from.
	pub fn entries(&self) -> Vec<Entry> {
		self.facts()
			.filter_map(|(block, fact)| entry(block.timestep, &fact.what))
			.collect()
	}

	/// The block of that number, if it is among them.
	pub fn block(&self, number: u64) -> Option<&Block> {
		let first = self.blocks.first()?.number;
		let index = usize::try_from(number.checked_sub(first)?).ok()?;
		self.blocks.get(index)
	}

	/// What the DSO sells and buys at in a timestep, as after the last block: in a market of a fixed price, both are that.
	/// None if the ledger no longer knows, or never did.
	pub fn prices(&self, t: Timestep) -> Option<Prices> {
		self.after.rules.prices(t)
	}
}

/// A fact as bills count it, if they do.
fn entry(at: Timestep, what: &What) -> Option<Entry> {
	let (address, change) = match what {
		What::EnergyWithdrawn { asset, .. } => {
			(asset.owner, billing::Change::EnergyWithdrawn(energy(asset)))
		},
		What::EnergyDeposited { asset, .. } => {
			(asset.owner, billing::Change::EnergyDeposited(energy(asset)))
		},
		What::MoneyWithdrawn { address, amount, .. } => {
			(*address, billing::Change::MoneyWithdrawn(*amount))
		},
		What::MoneyDeposited { address, amount } => {
			(*address, billing::Change::MoneyDeposited(*amount))
		},
		_ => return None,
	};
	Some(Entry { address, at, change })
}

fn energy(asset: &EnergyAsset) -> billing::Energy {
	let EnergyAsset { kind, power, start, end, .. } = *asset;
	billing::Energy { kind, power, start, end }
}

/// Who made something: a meter, or the DSO's service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Maker {
	/// A meter (P1).
	Meter(MeterId),
	/// The DSO's service, or root (P3).
	Dso,
}

/// Who signed for something, as far as the blocks say.
pub type Signatory = Option<AccountId32>;
