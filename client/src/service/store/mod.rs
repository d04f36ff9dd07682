//! The service's memory: requests, queue, accounts, in one file that survives a kill at any moment.
//!
//! Every change is one transaction of [`redb`], on disk before anybody is told of it. What belongs together is in one
//! transaction: a receipt and the submissions that it promises; a block and what it settled.

mod deposits;
mod queue;
mod reads;
mod tables;
mod withdrawals;

pub use queue::{Job, JobState};

use super::{
	messages::{Asked, Head, Realm, RequestId},
	Member, Reason,
};
use crate::{
	billing::{Flag, Signed},
	types::{MeterId, Parameters},
	wallet::private,
	H256,
};
use codec::{Decode, Encode};
use redb::{Database, ReadableDatabase, ReadableTable, WriteTransaction};
use std::path::Path;
use tables::{Tables, MEMBERS, META};

/// How much of the file is kept in memory.
const CACHE_BYTES: usize = 64 * 1024 * 1024;
/// How many old request numbers are forgotten with each new one.
const FORGET_AT_ONCE: usize = 16;
/// The form of the file.
const VERSION: u32 = 1;

/// Why something could not be kept or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
	/// The file cannot be read or written.
	#[error("the service's database failed: {0}")]
	Database(String),
	/// The file holds something else than this program wrote.
	#[error("the service's database is damaged, or of another version: {0}")]
	Damaged(&'static str),
	/// The file is of another chain or service.
	#[error(
		"the database is of another chain or of another service's account: use one file for each"
	)]
	OtherRealm,
	/// A test's way of dying.
	#[cfg(test)]
	#[error("killed at {0}")]
	Killed(&'static str),
}

macro_rules! from_redb {
	($($error:ident)*) => {$(
		impl From<redb::$error> for StoreError {
			fn from(error: redb::$error) -> Self {
				Self::Database(error.to_string())
			}
		}
	)*};
}
from_redb!(DatabaseError TransactionError TableError StorageError CommitError SetDurabilityError);

/// The result of reading or writing.
pub type StoreResult<T> = Result<T, StoreError>;

/// The database.
pub struct Store {
	database: Database,
	/// Called at each step that a kill could come between.
	#[cfg(test)]
	pub(crate) steps: super::tests::Steps,
}

impl std::fmt::Debug for Store {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter.debug_struct("Store").finish_non_exhaustive()
	}
}

/// What the service knew when a request was kept.
#[derive(Clone, Debug, Encode, Decode)]
pub(super) struct RequestRecord {
	/// What was asked, whatever its time: see [`Asked`].
	pub content: H256,
	/// The answer, in SCALE; none for questions, which are answered once.
	pub answer: Option<Vec<u8>>,
}

/// A flag of a billing period.
#[derive(Clone, Debug, Encode, Decode)]
pub(super) struct FlagRecord {
	/// What the meter signed.
	pub flag: Signed<Flag>,
	/// The receipt, in SCALE.
	pub receipt: Vec<u8>,
}

/// What a request's number says of it.
pub(super) enum Screened {
	/// It is new and fresh.
	New,
	/// It was answered.
	Answered(Vec<u8>),
	/// It cannot be answered.
	Refused(Reason, String),
}

pub(in crate::service) fn decoded<T: Decode>(
	mut bytes: &[u8],
	what: &'static str,
) -> StoreResult<T> {
	match T::decode(&mut bytes) {
		Ok(value) if bytes.is_empty() => Ok(value),
		_ => Err(StoreError::Damaged(what)),
	}
}

impl Store {
	/// Opens the file, or makes a new one that its owner alone can read: it says which address is whose.
	///
	/// # Errors
	/// [`StoreError::OtherRealm`] if it is another service's, [`StoreError::Database`] if it cannot be opened: another
	/// process may have it open.
	pub fn open(path: &Path, realm: &Realm) -> StoreResult<Self> {
		// An empty file is a new database to redb. Made here, it never was anybody else's to open.
		let file = private().truncate(false).open(path);
		drop(file.map_err(|error| StoreError::Database(error.to_string()))?);
		let database = redb::Builder::new().set_cache_size(CACHE_BYTES).create(path)?;
		let store = Self {
			database,
			#[cfg(test)]
			steps: Default::default(),
		};
		let transaction = store.begin()?;
		{
			let mut tables = Tables::open(&transaction)?;
			let identity = (VERSION, realm.genesis, realm.dso).encode();
			let found = tables.meta.get("identity")?.map(|found| found.value().to_vec());
			match found {
				Some(found) if found != identity => return Err(StoreError::OtherRealm),
				Some(_) => (),
				None => {
					tables.meta.insert("identity", identity.as_slice())?;
				},
			}
		}
		transaction.commit()?;
		Ok(store)
	}

	/// Begins a change. It is on disk when it is committed, not before and not later.
	pub(super) fn begin(&self) -> StoreResult<WriteTransaction> {
		let mut transaction = self.database.begin_write()?;
		transaction.set_durability(redb::Durability::Immediate)?;
		// Households choose much of what is kept: none shall be able to make a torn page look whole.
		transaction.set_two_phase_commit(true);
		Ok(transaction)
	}

	pub(super) fn commit(&self, transaction: WriteTransaction) -> StoreResult<()> {
		#[cfg(test)]
		self.steps.at("before a commit")?;
		transaction.commit()?;
		#[cfg(test)]
		self.steps.at("after a commit")?;
		Ok(())
	}

	fn meta<T: Decode>(&self, key: &str) -> StoreResult<Option<T>> {
		let transaction = self.database.begin_read()?;
		let table = transaction.open_table(META)?;
		let value = table.get(key)?;
		value.map(|value| decoded(value.value(), "meta")).transpose()
	}

	/// The number of the last block that is counted, if any was.
	///
	/// # Errors
	/// [`StoreError`].
	pub fn followed(&self) -> StoreResult<Option<u64>> {
		self.meta("followed")
	}

	/// Units and times, as last seen.
	///
	/// # Errors
	/// [`StoreError`].
	pub fn parameters(&self) -> StoreResult<Option<Parameters>> {
		self.meta("parameters")
	}

	/// A household, as last seen.
	///
	/// # Errors
	/// [`StoreError`].
	pub fn member(&self, household: MeterId) -> StoreResult<Option<Member>> {
		let transaction = self.database.begin_read()?;
		let table = transaction.open_table(MEMBERS)?;
		let value = table.get(household)?;
		value.map(|value| decoded(value.value(), "household")).transpose()
	}

	/// Keeps what the ledger says of a household and of the grid, if it is new.
	///
	/// # Errors
	/// [`StoreError`].
	pub fn keep(
		&self,
		household: Option<(MeterId, &Member)>,
		parameters: &Parameters,
	) -> StoreResult<()> {
		let known = match household {
			Some((id, info)) => self.member(id)?.as_ref() == Some(info),
			None => true,
		};
		if known && self.parameters()?.as_ref() == Some(parameters) {
			return Ok(());
		}
		let transaction = self.begin()?;
		{
			let mut tables = Tables::open(&transaction)?;
			tables.meta.insert("parameters", parameters.encode().as_slice())?;
			if let Some((id, info)) = household {
				tables.members.insert(id, info.encode().as_slice())?;
			}
		}
		self.commit(transaction)
	}
}

impl Tables<'_> {
	/// Whether a request's number is new and its time near; forgets numbers that are too old to be asked with again.
	pub(super) fn screen(
		&mut self,
		asked: &Asked,
		(now, window): (u64, u64),
	) -> StoreResult<Screened> {
		let known = self.requests.get((asked.head.household, asked.head.id.0))?;
		let known = known
			.map(|known| decoded::<RequestRecord>(known.value(), "request"))
			.transpose()?;
		match known {
			Some(RequestRecord { content, answer: Some(answer) }) if content == asked.content => {
				return Ok(Screened::Answered(answer))
			},
			Some(_) => {
				let msg = "this request id was used before: give each request one of its own";
				return Ok(Screened::Refused(Reason::AlreadyUsed, msg.into()));
			},
			None => (),
		}
		let time = asked.head.time;
		if time.abs_diff(now) > window {
			let msg = format!(
				"the request says that it is {time} ms, and here it is {now} ms: at most {window} ms may lie between"
			);
			return Ok(Screened::Refused(Reason::Stale, msg));
		}
		self.forget(now.saturating_sub(window.saturating_mul(2)))?;
		Ok(Screened::New)
	}

	/// Keeps a request's number. What is refused or only asked is forgotten when it is too old to be asked with again; what
	/// was accepted never is.
	pub(super) fn remember(
		&mut self,
		asked: &Asked,
		answer: Option<Vec<u8>>,
		forever: bool,
	) -> StoreResult<()> {
		let Head { household, id: RequestId(id), time } = asked.head;
		let record = RequestRecord { content: asked.content, answer };
		self.requests.insert((household, id), record.encode().as_slice())?;
		if !forever {
			self.expiry.insert((time, household, id), ())?;
		}
		Ok(())
	}

	fn forget(&mut self, before: u64) -> StoreResult<()> {
		let old: Vec<_> = self
			.expiry
			.range(..(before, 0, [0; 16]))?
			.take(FORGET_AT_ONCE)
			.map(|entry| entry.map(|(key, _)| key.value()))
			.collect::<Result<_, _>>()?;
		for key in old {
			self.expiry.remove(key)?;
			self.requests.remove((key.1, key.2))?;
		}
		Ok(())
	}
}
