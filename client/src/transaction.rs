//! Sending transactions, and learning what became of them.

use crate::{AccountId32, BlockRef, Client, Error, Keypair, PetraConfig, Result, Value, H256};
use subxt::{
	client::OnlineClientAtBlockImpl,
	config::DefaultExtrinsicParamsBuilder,
	error::{DispatchError, TransactionEventsError},
	ext::scale_value::Composite,
	extrinsics::ExtrinsicEvents,
	tx::{DynamicPayload, TransactionInBlock, TransactionProgress, TransactionStatus},
};

/// For how many blocks a transaction is valid: about a minute. One that does not make it by then can be sent anew.
const MORTAL_FOR: u64 = 64;

/// A call of a pallet with its arguments.
pub type Call = DynamicPayload<Composite<()>>;

/// Builds a call by the names of pallet and call, with its arguments in order.
pub fn call(pallet: &str, name: &str, arguments: impl IntoIterator<Item = Value>) -> Call {
	subxt::dynamic::tx(pallet, name, Composite::unnamed(arguments))
}

/// An account as an argument of a call that pays or names somebody (a `MultiAddress`).
pub fn account(account: &AccountId32) -> Value {
	Value::unnamed_variant("Id", [Value::from_bytes(account.0)])
}

type AtBlock = OnlineClientAtBlockImpl<PetraConfig>;

/// A transaction that a node's pool has taken.
pub struct Submitted {
	url: std::sync::Arc<str>,
	call: String,
	progress: TransactionProgress<PetraConfig, AtBlock>,
}

impl std::fmt::Debug for Submitted {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter
			.debug_struct("Submitted")
			.field("call", &self.call)
			.finish_non_exhaustive()
	}
}

/// A transaction that is in a best block, which may still be replaced.
#[derive(Debug)]
pub struct Included {
	/// What became of it there.
	pub outcome: Outcome,
	rest: Submitted,
}

/// What a successful transaction did.
#[derive(Clone, Debug)]
pub struct Outcome {
	/// The block that it is in.
	pub block: BlockRef,
	/// Its own hash.
	pub hash: H256,
	/// What happened, in order.
	pub events: Vec<Event>,
}

/// Something that happened on the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
	/// The pallet that says so.
	pub pallet: String,
	/// What happened.
	pub name: String,
	/// Its details.
	pub fields: Composite<()>,
	/// Its details as the chain stores them (SCALE).
	pub field_bytes: Vec<u8>,
}

impl Outcome {
	/// The first event of this name.
	pub fn event(&self, pallet: &str, name: &str) -> Option<&Event> {
		self.events.iter().find(|event| event.pallet == pallet && event.name == name)
	}
}

impl Submitted {
	/// Waits until the transaction is in a best block and has succeeded there.
	///
	/// # Errors
	/// [`Error::Dispatch`] if it failed there, [`Error::Refused`] if it got into no block.
	pub async fn in_block(mut self) -> Result<Included> {
		let block = self.next_block(false).await?;
		let outcome = self.outcome(block).await?;
		Ok(Included { outcome, rest: self })
	}

	/// Waits until the transaction is final, and has succeeded.
	///
	/// # Errors
	/// [`Error::Dispatch`] if it failed, [`Error::Refused`] if it got into no block.
	pub async fn finalized(mut self) -> Result<Outcome> {
		let block = self.next_block(true).await?;
		self.outcome(block).await
	}

	async fn next_block(
		&mut self,
		only_final: bool,
	) -> Result<TransactionInBlock<PetraConfig, AtBlock>> {
		let refused = |call: &str, reason: String| Error::Refused { call: call.into(), reason };
		loop {
			let status = self.progress.next().await.ok_or_else(|| Error::Disconnected {
				url: self.url.to_string(),
				doing: "a transaction was awaited",
			})?;
			match status {
				Ok(TransactionStatus::InFinalizedBlock(block)) => return Ok(block),
				Ok(TransactionStatus::InBestBlock(block)) if !only_final => return Ok(block),
				Ok(
					TransactionStatus::Error { message }
					| TransactionStatus::Invalid { message }
					| TransactionStatus::Dropped { message },
				) => return Err(refused(&self.call, message)),
				Ok(_) => (),
				Err(error) => return Err(refused(&self.call, error.to_string())),
			}
		}
	}

	async fn outcome(&self, block: TransactionInBlock<PetraConfig, AtBlock>) -> Result<Outcome> {
		let at = block
			.at()
			.await
			.map_err(|error| Error::BlockNotFound(format!("{:?} ({error})", block.block_hash())))?;
		let number = at.block_number();
		let events = block.wait_for_success().await.map_err(|error| match error {
			TransactionEventsError::ExtrinsicFailed(error) => {
				Error::Dispatch { call: self.call.clone(), error: name_of(&error), block: number }
			},
			error => Error::metadata(format!("events of {}", self.call), error),
		})?;
		Ok(Outcome {
			block: BlockRef { number, hash: block.block_hash() },
			hash: block.extrinsic_hash(),
			events: decode(&events, &self.call)?,
		})
	}
}

impl Included {
	/// Waits until the transaction is final: in the same block, or in another one if that one was replaced.
	///
	/// # Errors
	/// [`Error::Dispatch`] if it failed there after all, [`Error::Refused`] if it got into no block.
	pub async fn finalized(self) -> Result<Outcome> {
		self.rest.finalized().await
	}
}

/// The name of an error: `Pallet::Error` for a pallet's own.
pub(crate) fn name_of(error: &DispatchError) -> String {
	match error {
		DispatchError::Module(error) => error.details_string(),
		other => format!("{other:?}"),
	}
}

/// The events of `call`.
fn decode(events: &ExtrinsicEvents<PetraConfig>, call: &str) -> Result<Vec<Event>> {
	let undecodable = |error| Error::metadata(format!("events of {call}"), error);
	events
		.iter()
		.map(|event| {
			let event = event.map_err(undecodable)?;
			Ok(Event {
				pallet: event.pallet_name().into(),
				name: event.event_name().into(),
				fields: event.decode_fields_unchecked_as::<Composite<()>>().map_err(undecodable)?,
				field_bytes: event.field_bytes().to_vec(),
			})
		})
		.collect()
}

impl Client {
	/// Signs a call and hands it to the node's pool. It is signed for the code that runs after the best block, with the
	/// account's next number, and is valid for 64 blocks from the last final one.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such call, [`Error::Refused`] if the pool does not take it.
	pub async fn submit(&self, call: &Call, signer: &Keypair) -> Result<Submitted> {
		let nonce = self.next_nonce(&signer.public_key().to_account_id()).await?;
		self.submit_with_nonce(call, signer, nonce).await
	}

	/// As [`Client::submit`], with a number that the caller keeps count of.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such call, [`Error::Refused`] if the pool does not take it.
	pub async fn submit_with_nonce(
		&self,
		call: &Call,
		signer: &Keypair,
		nonce: u64,
	) -> Result<Submitted> {
		let name = format!("{}.{}", call.pallet_name(), call.call_name());
		let finalized = self.finalized_head().await?;
		let best = self.best_head().await?;
		let parameters = DefaultExtrinsicParamsBuilder::<PetraConfig>::new()
			.nonce(nonce)
			.mortal_from_unchecked(MORTAL_FOR, finalized.number, finalized.hash)
			.build();
		let transaction = self
			.at(best.hash)
			.await?
			.transactions()
			.create_signable_offline(call, parameters)
			.and_then(|mut transaction| transaction.sign(signer))
			.map_err(|error| Error::metadata(&name, error))?;
		let progress = transaction
			.submit_and_watch()
			.await
			.map_err(|error| Error::Refused { call: name.clone(), reason: error.to_string() })?;
		Ok(Submitted { url: self.url.clone(), call: name, progress })
	}

	/// Sends a call and waits until it is final and has succeeded.
	///
	/// # Errors
	/// As [`Client::submit`] and [`Submitted::finalized`].
	pub async fn send(&self, call: &Call, signer: &Keypair) -> Result<Outcome> {
		self.submit(call, signer).await?.finalized().await
	}

	/// Pays `amount`, in billionths of a EUR, and waits until that is final.
	///
	/// # Errors
	/// As [`Client::send`].
	pub async fn transfer(
		&self,
		from: &Keypair,
		to: &AccountId32,
		amount: u128,
	) -> Result<Outcome> {
		let transfer = call("Balances", "transfer_keep_alive", [account(to), Value::u128(amount)]);
		self.send(&transfer, from).await
	}
}
