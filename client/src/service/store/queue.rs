//! The queue: from a receipt's promise to a final block, each asset once.
//!
//! A submission is signed, and **kept signed**, before it is submitted. It has a number (the account's nonce) and a last
//! block in which it can be, so it is in one final block at most, however often it is submitted. It is signed anew only
//! when the one before can be in no block any more: when all blocks are counted up to its last one, or up to one after
//! which the account's number is past its own, and it was in none of them.

use super::{
	decoded,
	tables::Tables,
	tables::{JOBS, OPEN, SIGNED},
	Store, StoreError, StoreResult,
};
use crate::{
	billing::{Change, Energy, Entry},
	service::{
		ledger::{Issue, IssuedAsset, LedgerBlock},
		messages::{Asset, Progress, RequestId, Submission},
	},
	types::*,
	AccountId32, Signed, H256,
};
use codec::{Decode, Encode};
use redb::{ReadableDatabase, ReadableTable};
use std::collections::BTreeSet;

/// A submission.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Job {
	/// For whom.
	pub household: MeterId,
	/// The request that it is of.
	pub id: RequestId,
	/// The household's feeder.
	pub feeder: FeederId,
	/// What.
	pub asset: Asset,
	/// Where.
	pub anon_address: AccountId32,
	/// The billing period in which its money counts against the limit.
	pub period: u64,
	/// How far it has come.
	pub state: JobState,
}

/// How far a submission has come.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum JobState {
	/// Nothing that could be in a block exists.
	Waiting,
	/// This may be in a block.
	Signed(Signed),
	/// It is in a final block.
	Final {
		/// The hash of its transaction.
		transaction: H256,
		/// The block's number.
		block: u64,
	},
	/// It is in a final block, and the ledger refused it.
	Failed {
		/// The hash of its transaction.
		transaction: H256,
		/// The block's number.
		block: u64,
		/// The ledger's name for what is wrong.
		msg: String,
	},
}

impl Job {
	/// What the ledger shall do.
	pub fn issue(&self) -> Issue {
		match self.asset {
			Asset::Energy { kind, power, start, end } => Issue::Energy(
				self.anon_address,
				IssuedAsset { feeder: self.feeder, kind, power, start, end },
			),
			Asset::Financial { amount } => Issue::Financial(self.anon_address, amount),
		}
	}

	/// What the household is told of it.
	pub fn submission(&self, number: u64) -> Submission {
		let progress = match &self.state {
			JobState::Waiting => Progress::Waiting,
			JobState::Signed(signed) => Progress::Submitted { transaction: signed.hash() },
			JobState::Final { transaction, block } => {
				Progress::Final { transaction: *transaction, block: *block }
			},
			JobState::Failed { transaction, block, msg } => {
				Progress::Failed { transaction: *transaction, block: *block, msg: msg.clone() }
			},
		};
		let (id, asset, anon_address) = (self.id, self.asset, self.anon_address);
		Submission { number, id, asset, anon_address, progress }
	}

	fn entry(&self, at: Timestep) -> Entry {
		let change = match self.asset {
			Asset::Energy { kind, power, start, end } => {
				Change::EnergyWithdrawn(Energy { kind, power, start, end })
			},
			Asset::Financial { amount } => Change::MoneyWithdrawn(amount),
		};
		Entry { address: self.anon_address, at, change }
	}
}

/// What there is to do.
#[derive(Clone, Debug, Default)]
pub struct Work {
	/// Signed, by their numbers of transactions.
	pub signed: Vec<Signed>,
	/// To be signed with these numbers, in the order of the queue.
	pub waiting: Vec<(u64, Job, u64)>,
	/// Whether something waits that cannot be signed because the service's account does not exist.
	pub no_account: bool,
}

impl Store {
	/// What may be in blocks, and what is to be signed next, so that at most `ahead` are under way.
	///
	/// # Errors
	/// [`StoreError`](super::StoreError).
	pub fn work(&self, ahead: usize) -> StoreResult<Work> {
		let next: Option<Option<u64>> = self.meta("nonce")?;
		let transaction = self.database.begin_read()?;
		let (open, jobs) = (transaction.open_table(OPEN)?, transaction.open_table(JOBS)?);
		let under_way = transaction.open_table(SIGNED)?;
		let (mut signed, mut waiting) = (Vec::new(), Vec::new());
		for number in under_way.iter()? {
			let job = jobs.get(number?.0.value())?.ok_or(StoreError::Damaged("submission"))?;
			match decoded::<Job>(job.value(), "submission")?.state {
				JobState::Signed(transaction) => signed.push(transaction),
				_ => return Err(StoreError::Damaged("submission")),
			}
		}
		let room = ahead.saturating_sub(signed.len());
		for number in open.iter()? {
			if waiting.len() >= room {
				break;
			}
			let number = number?.0.value();
			if under_way.get(number)?.is_none() {
				let job = jobs.get(number)?.ok_or(StoreError::Damaged("submission"))?;
				waiting.push((number, decoded::<Job>(job.value(), "submission")?));
			}
		}
		signed.sort_by_key(|signed| signed.nonce);
		let taken: BTreeSet<u64> = signed.iter().map(|signed| signed.nonce).collect();
		let Some(next) = next.flatten() else {
			return Ok(Work { signed, no_account: !waiting.is_empty(), waiting: Vec::new() });
		};
		let numbers = (next..).filter(|nonce| !taken.contains(nonce));
		let waiting = waiting
			.into_iter()
			.zip(numbers)
			.map(|((number, job), nonce)| (number, job, nonce))
			.collect();
		Ok(Work { signed, waiting, no_account: false })
	}

	/// Keeps what was signed, before it is submitted.
	///
	/// # Errors
	/// [`StoreError`](super::StoreError).
	pub fn keep_signed(&self, signed: Vec<(u64, Signed)>) -> StoreResult<()> {
		let transaction = self.begin()?;
		{
			let mut tables = Tables::open(&transaction)?;
			for (number, signed) in signed {
				tables.change(number, |job| job.state = JobState::Signed(signed))?;
				tables.signed.insert(number, ())?;
			}
		}
		self.commit(transaction)
	}

	/// Counts final blocks that follow the last one counted: what became of submissions, what was deposited; and puts back
	/// into the queue what can be in no block any more.
	///
	/// # Errors
	/// [`StoreError`](super::StoreError).
	pub fn count(&self, blocks: &[LedgerBlock]) -> StoreResult<()> {
		let Some(last) = blocks.last() else { return Ok(()) };
		let transaction = self.begin()?;
		{
			let mut tables = Tables::open(&transaction)?;
			let signed = tables.signed()?;
			let mut settled = BTreeSet::new();
			for block in blocks {
				for (hash, outcome) in &block.outcomes {
					let job = signed.iter().find(|(_, transaction)| transaction.hash() == *hash);
					if let Some((number, _)) = job.filter(|(number, _)| settled.insert(*number)) {
						tables.settle(*number, *hash, block, outcome)?;
					}
				}
				for deposit in &block.deposits {
					tables.deposited(deposit)?;
				}
			}
			for (number, transaction) in signed {
				let dead = last.number >= transaction.until
					|| last.nonce.is_some_and(|next| next > transaction.nonce);
				if dead && !settled.contains(&number) {
					tables.change(number, |job| job.state = JobState::Waiting)?;
					tables.signed.remove(number)?;
				}
			}
			tables.meta.insert("followed", last.number.encode().as_slice())?;
			tables.meta.insert("nonce", last.nonce.encode().as_slice())?;
		}
		self.commit(transaction)
	}
}

impl Tables<'_> {
	/// All submissions that may be in a block.
	fn signed(&self) -> StoreResult<Vec<(u64, Signed)>> {
		let mut signed = Vec::new();
		for number in self.signed.iter()? {
			let number = number?.0.value();
			let job = self.jobs.get(number)?.ok_or(StoreError::Damaged("submission"))?;
			if let JobState::Signed(transaction) = decoded::<Job>(job.value(), "submission")?.state
			{
				signed.push((number, transaction));
			}
		}
		Ok(signed)
	}

	fn change(&mut self, number: u64, change: impl FnOnce(&mut Job)) -> StoreResult<Job> {
		let job = self.jobs.get(number)?.map(|job| job.value().to_vec());
		let mut job: Job = decoded(&job.ok_or(StoreError::Damaged("submission"))?, "submission")?;
		change(&mut job);
		self.jobs.insert(number, job.encode().as_slice())?;
		Ok(job)
	}

	/// A submission is in a final block.
	fn settle(
		&mut self,
		number: u64,
		transaction: H256,
		block: &LedgerBlock,
		outcome: &Result<(), String>,
	) -> StoreResult<()> {
		let state = match outcome {
			Ok(()) => JobState::Final { transaction, block: block.number },
			Err(msg) => JobState::Failed { transaction, block: block.number, msg: msg.clone() },
		};
		self.open.remove(number)?;
		self.signed.remove(number)?;
		let job = self.change(number, |job| job.state = state)?;
		let open = self.open_of(job.household)?.saturating_sub(1);
		self.open_of.insert(job.household, open)?;
		match outcome {
			Ok(()) => self.enter(job.household, &job.entry(block.timestep)),
			Err(_) => self.give_back(&job, block.timestep),
		}
	}
}
