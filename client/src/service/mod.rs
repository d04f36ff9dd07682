//! The DSO's service (P3, 4.2): withdrawals for households that do not withdraw themselves, deposits, accounts, bills,
//! flags.
//!
//! [`Service::serve`] answers over HTTP what `openapi.json` describes, and submits to a [`Ledger`] what it has promised.
//! Whatever it promised is in its [database](store::Store) first. It can be killed at any moment, and the node can be away
//! for any time: everything it promised happens once. `docs/dso-service.md` says how, and how to run it.
//!
//! Agents and meters ask it with [`Household`]; [`DsoClient`] is the same without patience, with signed requests and answers as
//! they are.

mod chain;
mod client;
mod connections;
mod household;
mod http;
mod ledger;
mod messages;
mod openapi;
mod rates;
mod requests;
pub mod store;
#[cfg(test)]
mod tests;
mod worker;

pub use chain::ChainLedger;
pub use client::{DsoClient, DsoError};
pub use household::Household;
pub use ledger::{Change, Issue, IssuedAsset, Ledger, LedgerBlock, LedgerError, Member};
pub(crate) use messages::Asked;
pub use messages::*;
pub use openapi::OPENAPI;

use crate::{types::*, AccountId32, PetraConfig, Signer};
use codec::Encode;
use rates::Rates;
use std::{
	collections::BTreeMap,
	path::PathBuf,
	sync::{Arc, Mutex},
	time::{Duration, SystemTime, UNIX_EPOCH},
};
use store::{Store, StoreError};
use tokio::sync::Notify;

/// How the service is run.
#[derive(Clone, Debug)]
pub struct Options {
	/// The file of its database. It belongs to one chain and one service.
	pub database: PathBuf,
	/// From which block on deposits are counted, the first time. None: from the last final one.
	pub from_block: Option<u64>,
	/// By how much the time in a request may be off.
	pub freshness: Duration,
	/// The most bytes of a request.
	pub max_body: usize,
	/// How many requests a second from one network address, and how many at once.
	pub rate_of_address: (u32, u32),
	/// How many requests a second of one household, and how many at once.
	pub rate_of_household: (u32, u32),
	/// The most connections.
	pub max_connections: usize,
	/// The most connections of one network address: more are closed at once, so that it cannot take all the room.
	pub max_connections_of_address: usize,
	/// The most transactions that are signed and not final.
	pub ahead: usize,
	/// The keys with which households sign. Who is not listed signs with its meter's key, as the registry has it.
	pub keys: BTreeMap<MeterId, AccountId32>,
	/// How much money a household may owe the DSO. Who is not listed may owe its `max_financial`.
	pub credit: BTreeMap<MeterId, Balance>,
	/// Hears what the people who run it should know: that the ledger does not answer, and answers again; that a meter flags
	/// a mismatch. No secrets, and nothing else about households.
	pub notice: fn(&str),
}

impl Options {
	/// The defaults, with a database.
	pub fn new(database: impl Into<PathBuf>) -> Self {
		Self {
			database: database.into(),
			from_block: None,
			freshness: Duration::from_secs(60),
			max_body: 256 * 1024,
			rate_of_address: (100, 400),
			rate_of_household: (20, 200),
			max_connections: 1_024,
			max_connections_of_address: 256,
			ahead: 256,
			keys: BTreeMap::new(),
			credit: BTreeMap::new(),
			notice: |_| (),
		}
	}
}

/// Why the service stopped, or did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
	/// Its database.
	#[error(transparent)]
	Store(#[from] StoreError),
	/// The chain, when it started.
	#[error(transparent)]
	Ledger(#[from] LedgerError),
	/// The network address.
	#[error("cannot listen: {0}")]
	Listen(#[from] std::io::Error),
	/// A thread of its own ended.
	#[error("a part of the service ended: {0}")]
	Ended(String),
}

/// A key that can be shared.
pub type SharedKey = Arc<dyn Signer<PetraConfig> + Send + Sync>;

/// A shared key as a signer.
#[derive(Clone)]
pub struct Key(pub SharedKey);

impl std::fmt::Debug for Key {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(formatter, "Key({})", self.0.account_id())
	}
}

impl Signer<PetraConfig> for Key {
	fn account_id(&self) -> AccountId32 {
		self.0.account_id()
	}

	fn sign(&self, message: &[u8]) -> subxt::utils::MultiSignature {
		self.0.sign(message)
	}
}

/// What signs the service's answers.
pub(crate) struct Desk {
	key: Key,
	pub(crate) realm: Realm,
	/// By how many milliseconds a request's time may be off.
	pub(crate) window: u64,
}

impl Desk {
	/// A signed answer, in SCALE.
	pub(crate) fn sign(&self, answer: Answer) -> Vec<u8> {
		SignedAnswer::new(answer, &self.realm, &self.key).encode()
	}

	/// An answer once more: as it was, to the same request; signed anew, if that was.
	pub(crate) fn repeat(&self, answer: Vec<u8>, asked: &Asked) -> Result<Vec<u8>, StoreError> {
		let known: SignedAnswer = store::decoded(&answer, "answer")?;
		if known.answer.request() == asked.digest {
			return Ok(answer);
		}
		Ok(self.sign(known.answer.to(asked.digest)))
	}
}

/// What a withdrawal is judged by.
pub(crate) struct Circumstances {
	/// Unix time in milliseconds.
	pub(crate) time: u64,
	/// The timestep.
	pub(crate) now: Timestep,
	pub(crate) parameters: Parameters,
	pub(crate) member: Member,
	/// How much the household may owe, if that is set.
	pub(crate) credit: Option<Balance>,
}

impl Circumstances {
	/// The billing period.
	pub(crate) fn period(&self) -> u64 {
		self.now.checked_div(self.parameters.billing_period).unwrap_or_default()
	}

	pub(crate) fn credit(&self) -> Balance {
		self.credit.unwrap_or_else(|| self.member.credit(self.now))
	}
}

/// The DSO's service.
pub struct Service<L> {
	pub(crate) ledger: L,
	pub(crate) store: Arc<Store>,
	pub(crate) desk: Arc<Desk>,
	pub(crate) options: Options,
	pub(crate) rates: Mutex<Rates>,
	/// There is something new in the queue.
	pub(crate) queued: Notify,
	/// What the ledger said of households, and when.
	pub(crate) seen: Mutex<BTreeMap<MeterId, (std::time::Instant, Member)>>,
}

impl<L: Ledger> Service<L> {
	/// Opens the service's database, and finds out where the ledger is if it never was known.
	///
	/// # Errors
	/// [`ServiceError::Store`] if the database is another service's or cannot be opened; [`ServiceError::Ledger`] if the node
	/// does not answer the first time.
	pub async fn open(
		ledger: L,
		key: SharedKey,
		genesis: crate::H256,
		options: Options,
	) -> Result<Arc<Self>, ServiceError> {
		let key = Key(key);
		let realm = Realm { genesis, dso: key.account_id() };
		let store = Arc::new(Store::open(&options.database, &realm)?);
		let window = u64::try_from(options.freshness.as_millis()).unwrap_or(u64::MAX);
		let service = Self {
			ledger,
			store,
			desk: Arc::new(Desk { key, realm, window }),
			rates: Mutex::new(Rates::new(options.rate_of_address, options.rate_of_household)),
			options,
			queued: Notify::new(),
			seen: Mutex::default(),
		};
		if service.store.followed()?.is_none() {
			service.begin().await?;
		}
		Ok(Arc::new(service))
	}

	/// For whom requests are signed.
	pub fn realm(&self) -> Realm {
		self.desk.realm
	}

	/// The database.
	pub fn store(&self) -> &Store {
		&self.store
	}

	/// The first time: the parameters, and the block before the first one whose deposits count.
	async fn begin(&self) -> Result<(), ServiceError> {
		let parameters = self.ledger.parameters().await?;
		self.store.keep(None, &parameters)?;
		let last = self.ledger.finalized().await?;
		let before = self.options.from_block.map_or(last, |first| first.saturating_sub(1));
		let mut block = self.ledger.block(before.min(last), &[]).await?;
		block.deposits.clear();
		self.store.count(&[block])?;
		Ok(())
	}
}

/// Unix time in milliseconds.
pub(crate) fn unix_time() -> u64 {
	let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
