//! What the service does by itself: counts final blocks, signs what waits, submits what is signed.

use super::{ledger::Ledger, store::StoreError, LedgerError, Service, ServiceError};
use crate::H256;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// How long to wait between two looks at the ledger when nothing is asked for.
const PAUSE: Duration = Duration::from_millis(500);
/// The most blocks that are counted in one go.
const BLOCKS_AT_ONCE: u64 = 32;
/// After how many more final blocks something is submitted once more.
const RESUBMIT_AFTER: u64 = 8;

/// What the worker remembers of what it has done; all of it can be forgotten.
#[derive(Default)]
pub(crate) struct Submitted(BTreeMap<H256, u64>);

/// What happened in a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Round {
	/// Blocks counted.
	pub(crate) counted: u64,
	/// Transactions signed.
	pub(crate) signed: usize,
	/// Transactions handed to the node.
	pub(crate) submitted: usize,
}

/// Why a round ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoundError {
	#[error(transparent)]
	Store(#[from] StoreError),
	#[error(transparent)]
	Ledger(#[from] LedgerError),
	#[error("a thread ended: {0}")]
	Ended(String),
}

impl<L: Ledger> Service<L> {
	/// Works until the database fails. A ledger that does not answer only delays it.
	pub(crate) async fn work(self: Arc<Self>) -> ServiceError {
		let mut submitted = Submitted::default();
		let mut told = None;
		loop {
			match self.round(&mut submitted).await {
				Ok(round) => {
					if told.take().is_some() {
						(self.options.notice)("the ledger answers again");
					}
					if round.counted == BLOCKS_AT_ONCE {
						continue;
					}
				},
				Err(RoundError::Store(error)) => return error.into(),
				Err(RoundError::Ended(reason)) => return ServiceError::Ended(reason),
				Err(RoundError::Ledger(error)) => {
					let reason = error.to_string();
					if told.as_ref() != Some(&reason) {
						(self.options.notice)(&format!("waiting: {reason}"));
						told = Some(reason);
					}
					tokio::time::sleep(PAUSE).await;
				},
			}
			tokio::select! {
				() = self.queued.notified() => (),
				() = tokio::time::sleep(PAUSE) => (),
			}
		}
	}

	/// Counts the blocks that are final, signs what waits, submits what is signed.
	pub(crate) async fn round(&self, submitted: &mut Submitted) -> Result<Round, RoundError> {
		let mut round = Round { counted: self.count_blocks().await?, ..Round::default() };
		let ahead = self.options.ahead;
		// Behind, the account's next number is not known.
		let ahead = if round.counted == BLOCKS_AT_ONCE { 0 } else { ahead };
		let work = self.blocking(move |store| store.work(ahead)).await?;
		if !work.waiting.is_empty() {
			let mut signed = Vec::new();
			for (number, job, nonce) in &work.waiting {
				signed.push((*number, self.ledger.sign(&job.issue(), *nonce).await?));
			}
			round.signed = signed.len();
			// From here on it may be in a block.
			self.blocking(move |store| store.keep_signed(signed)).await?;
		}
		if work.no_account {
			let account = self.desk.realm.dso;
			let reason = format!(
				"the service's account {account} does not exist on the chain: give it money"
			);
			return Err(LedgerError::Refused(reason).into());
		}
		round.submitted = self.submit(submitted).await?;
		Ok(round)
	}

	/// Counts the next final blocks, at most [`BLOCKS_AT_ONCE`].
	async fn count_blocks(&self) -> Result<u64, RoundError> {
		let (followed, signed) = self
			.blocking(|store| Ok((store.followed()?.unwrap_or_default(), store.work(0)?.signed)))
			.await?;
		let last = self.ledger.finalized().await?.min(followed.saturating_add(BLOCKS_AT_ONCE));
		let hashes: Vec<H256> = signed.iter().map(crate::Signed::hash).collect();
		let mut blocks = Vec::new();
		for number in followed.saturating_add(1)..=last {
			blocks.push(self.ledger.block(number, &hashes).await?);
		}
		let counted = u64::try_from(blocks.len()).unwrap_or_default();
		if counted > 0 {
			self.blocking(move |store| store.count(&blocks)).await?;
		}
		Ok(counted)
	}

	/// Hands to the node, in order, what is signed and was not handed to it lately.
	async fn submit(&self, submitted: &mut Submitted) -> Result<usize, RoundError> {
		let (followed, work) = self
			.blocking(|store| Ok((store.followed()?.unwrap_or_default(), store.work(0)?)))
			.await?;
		let hashes: std::collections::BTreeSet<H256> =
			work.signed.iter().map(crate::Signed::hash).collect();
		submitted.0.retain(|hash, _| hashes.contains(hash));
		let (mut count, mut refused) = (0usize, None);
		for signed in &work.signed {
			let hash = signed.hash();
			let due = submitted
				.0
				.get(&hash)
				.is_none_or(|at| followed.saturating_sub(*at) >= RESUBMIT_AFTER);
			if !due {
				continue;
			}
			match self.ledger.submit(signed).await {
				Ok(()) => {
					submitted.0.insert(hash, followed);
					count = count.saturating_add(1);
				},
				// It may be in a block that is not final yet. If it never is, it will be signed anew.
				Err(error @ LedgerError::Refused(_)) => {
					submitted.0.insert(hash, followed);
					refused.get_or_insert(error);
				},
				Err(error) => return Err(error.into()),
			}
		}
		refused.map_or(Ok(count), |error| Err(error.into()))
	}

	/// Reads or writes the database, on a thread where that may take its time.
	pub(crate) async fn blocking<T: Send + 'static>(
		&self,
		act: impl FnOnce(&super::store::Store) -> Result<T, StoreError> + Send + 'static,
	) -> Result<T, RoundError> {
		let store = self.store.clone();
		let done = tokio::task::spawn_blocking(move || act(&store)).await;
		Ok(done.map_err(|error| RoundError::Ended(error.to_string()))??)
	}
}
