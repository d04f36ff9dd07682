//! What the service needs of a chain.

use crate::{billing::Entry, types::*, AccountId32, Signed, H256};
use codec::{Decode, Encode};
use std::future::Future;

/// What the service has the ledger do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Issue {
	/// `add_energy_asset`.
	Energy(AccountId32, IssuedAsset),
	/// `add_financial_balance`.
	Financial(AccountId32, Balance),
}

/// A `NewAsset` of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IssuedAsset {
	/// On which feeder.
	pub feeder: FeederId,
	/// To sell or to buy.
	pub kind: AssetKind,
	/// Watts in each timestep.
	pub power: Power,
	/// First timestep.
	pub start: Timestep,
	/// Last timestep.
	pub end: Timestep,
}

/// A household as the ledger has it: its meter's key and feeder, and what it may do when.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Member {
	/// The meter's key.
	pub key: AccountId32,
	/// The feeder on which it hangs.
	pub feeder: FeederId,
	/// Status, path and limits over time, ascending; unauthorised before the first.
	pub changes: Vec<Change>,
}

/// Status, path and limits of a household from a timestep on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Change {
	/// The first timestep in which it is in force.
	pub from: Timestep,
	/// Whether the household is authorised.
	pub authorized: bool,
	/// Who withdraws for it.
	pub path: Path,
	/// The most that it may withdraw.
	pub limits: Limits,
	/// The first timestep in which the DSO may withdraw for it: what its meter withdrew lies before.
	pub dso_from: Timestep,
}

impl Member {
	/// What is in force in a timestep.
	pub fn in_force(&self, t: Timestep) -> Option<&Change> {
		let following = self.changes.partition_point(|change| change.from <= t);
		self.changes.get(following.checked_sub(1)?)
	}

	/// The runs `(start, end, what is in force)` that together cover `[from, to]`, each of one limit.
	pub fn runs(&self, from: Timestep, to: Timestep) -> Vec<(Timestep, Timestep, Option<Change>)> {
		let inside = |t: &Timestep| from < *t && *t <= to;
		let steps = self.changes.iter().flat_map(|change| [change.from, change.dso_from]);
		let mut starts: Vec<Timestep> = steps.filter(inside).chain([from]).collect();
		starts.sort_unstable();
		starts.dedup();
		let ends = starts.iter().skip(1).map(|next| next.saturating_sub(1)).chain([to]);
		let runs = starts.iter().zip(ends);
		runs.map(|(start, end)| (*start, end, self.in_force(*start).copied())).collect()
	}

	/// How much money the household may owe unless the DSO says otherwise: what it may withdraw in a billing period.
	pub fn credit(&self, now: Timestep) -> Balance {
		let change = self.in_force(now).or(self.changes.first());
		change.map_or(0, |change| change.limits.max_financial)
	}
}

impl Change {
	/// The most power of a kind in a timestep.
	pub fn limit(&self, kind: AssetKind) -> Power {
		match kind {
			AssetKind::Production => self.limits.max_production,
			AssetKind::Consumption => self.limits.max_consumption,
		}
	}
}

/// What the service reads of a final block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerBlock {
	/// Its number.
	pub number: u64,
	/// The timestep of its timestamp.
	pub timestep: Timestep,
	/// The number of the service's next transaction after it; none if the service's account does not exist there.
	pub nonce: Option<u64>,
	/// Which of the transactions that were asked for are in it, and the ledger's name for what went wrong, if it did.
	pub outcomes: Vec<(H256, Result<(), String>)>,
	/// All deposits in it.
	pub deposits: Vec<Entry>,
}

/// What went wrong with the ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
	/// Nobody answers: ask again.
	#[error("the node does not answer: {0}")]
	Unreachable(String),
	/// The transaction is not taken now.
	#[error("the node does not take the transaction: {0}")]
	Refused(String),
	/// A block's state is gone.
	#[error("{0}")]
	BlockLost(String),
	/// A test's way of dying.
	#[cfg(test)]
	#[error("killed at {0}")]
	Killed(&'static str),
}

/// The chain, as far as the service needs it.
///
/// What is [signed](Ledger::sign) can be [submitted](Ledger::submit) as often as one likes: it is in one block at most, and
/// in none after [`Signed::until`].
pub trait Ledger: Send + Sync + 'static {
	/// The number of the last final block.
	fn finalized(&self) -> impl Future<Output = Result<u64, LedgerError>> + Send;

	/// A final block, with what became of the transactions of these hashes in it.
	fn block(
		&self,
		number: u64,
		transactions: &[H256],
	) -> impl Future<Output = Result<LedgerBlock, LedgerError>> + Send;

	/// Signs a transaction with this number, to be valid from the last final block on for a limited time. Does not submit it.
	fn sign(
		&self,
		issue: &Issue,
		nonce: u64,
	) -> impl Future<Output = Result<Signed, LedgerError>> + Send;

	/// Hands a transaction to the node's pool. That it is there, or in a block, already is no error.
	fn submit(&self, signed: &Signed) -> impl Future<Output = Result<(), LedgerError>> + Send;

	/// A household.
	fn member(
		&self,
		household: MeterId,
	) -> impl Future<Output = Result<Option<Member>, LedgerError>> + Send;

	/// Units and times.
	fn parameters(&self) -> impl Future<Output = Result<Parameters, LedgerError>> + Send;
}
