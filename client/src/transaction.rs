//! Sending transactions, and learning what became of them.

use crate::{AccountId32, BlockRef, Client, Error, Keypair, PetraConfig, Result, Value, H256};
use codec::{Decode, Encode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subxt::{
	client::{OnlineClientAtBlock, OnlineClientAtBlockImpl},
	config::DefaultExtrinsicParamsBuilder,
	error::{
		DispatchError, EventsError, ExtrinsicError, TransactionEventsError,
		TransactionProgressError,
	},
	events::DecodeAsEvent,
	ext::scale_value::Composite,
	extrinsics::ExtrinsicEvents,
	tx::{
		DynamicPayload, Payload, Signer, TransactionInBlock, TransactionProgress, TransactionStatus,
	},
};

/// For how many blocks a transaction is valid: about a minute. One that does not make it by then can be sent anew.
const MORTAL_FOR: u64 = 64;
/// How a node says that its pool has a transaction already.
const ALREADY_IMPORTED: &str = "(1013)";

/// A call of a pallet with its arguments, by name. [`crate::calls`] has petra's own, typed.
pub type Call = DynamicPayload<Composite<()>>;

/// Builds a call by the names of pallet and call, with its arguments in order.
pub fn call(pallet: &str, name: &str, arguments: impl IntoIterator<Item = Value>) -> Call {
	subxt::dynamic::tx(pallet, name, Composite::unnamed(arguments))
}

/// An account as an argument of a call that pays or names somebody (a `MultiAddress`).
pub fn account(account: &AccountId32) -> Value {
	Value::unnamed_variant("Id", [Value::from_bytes(account.0)])
}

/// `Pallet.call`.
pub(crate) fn name_of_call(call: &impl Payload) -> String {
	format!("{}.{}", call.pallet_name(), call.call_name())
}

type AtBlock = OnlineClientAtBlockImpl<PetraConfig>;

/// How sure one wants to be of what a transaction did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finality {
	/// It is in the best block, a second after it was sent; a block may still be replaced.
	Included,
	/// It is final, some seconds later.
	#[default]
	Final,
}

/// A transaction that is signed and can be sent, now or after a restart, as often as one likes: it is in one block at most.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Signed {
	/// Pallet and call.
	pub call: String,
	/// The transaction's bytes.
	pub bytes: Vec<u8>,
	/// Its number among its signer's.
	pub nonce: u64,
	/// Number of the final block from which on it is valid.
	pub born: u64,
	/// Number of the last block in which it can be.
	pub until: u64,
}

impl Signed {
	/// Its hash, by which it is found in blocks.
	pub fn hash(&self) -> H256 {
		H256(sp_io::hashing::blake2_256(&self.bytes))
	}
}

/// A transaction that a node's pool has taken.
pub struct Submitted {
	url: Arc<str>,
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
	/// Pallet and call.
	pub call: String,
	/// The block that it is in.
	pub block: BlockRef,
	/// Its own hash.
	pub hash: H256,
	/// What happened, in order.
	pub events: Vec<Event>,
	raw: RawEvents,
}

/// Events that can be decoded into types of [`crate::petra`].
#[derive(Clone)]
struct RawEvents(Arc<ExtrinsicEvents<PetraConfig>>);

impl std::fmt::Debug for RawEvents {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter.write_str("…")
	}
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

	/// Its events of a type, in order.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain's events of that name are others.
	pub fn find<E: DecodeAsEvent>(&self) -> Result<Vec<E>> {
		self.raw
			.0
			.find::<E>()
			.collect::<Result<_, _>>()
			.map_err(|error| Error::metadata(format!("events of {}", self.call), error))
	}

	/// Its first event of a type, which it always has.
	///
	/// # Errors
	/// [`Error::NoEvent`] if it has none, [`Error::Metadata`] if the chain's events of that name are others.
	pub fn first<E: DecodeAsEvent>(&self) -> Result<E> {
		self.find::<E>()?.into_iter().next().ok_or_else(|| Error::NoEvent {
			call: self.call.clone(),
			event: std::any::type_name::<E>(),
			block: self.block.number,
		})
	}

	/// What a transaction did, by the events of its block.
	///
	/// # Errors
	/// [`Error::Dispatch`] if it failed.
	pub(crate) fn of(
		call: &str,
		block: BlockRef,
		events: ExtrinsicEvents<PetraConfig>,
		at: &OnlineClientAtBlock<PetraConfig>,
	) -> Result<Self> {
		let decoded = decode(&events, call)?;
		let failed = |event: &&Event| event.pallet == "System" && event.name == "ExtrinsicFailed";
		if let Some(failed) = decoded.iter().find(failed) {
			let error = DispatchError::decode_from(&failed.field_bytes, at.metadata())
				.map_err(|error| Error::metadata("System.ExtrinsicFailed", error))?;
			return Err(failure(call, &error, block.number));
		}
		Ok(Self {
			call: call.into(),
			block,
			hash: events.extrinsic_hash(),
			events: decoded,
			raw: RawEvents(Arc::new(events)),
		})
	}
}

impl Submitted {
	/// Waits until the transaction is in a best block and has succeeded there.
	///
	/// # Errors
	/// [`Error::Dispatch`] if it failed there, [`Error::Refused`] if it got into no block.
	pub async fn in_block(mut self) -> Result<Included> {
		let block = self.next_block(false).await?;
		let outcome = outcome(&self.call, block).await?;
		Ok(Included { outcome, rest: self })
	}

	/// Waits until the transaction is final, and has succeeded.
	///
	/// # Errors
	/// [`Error::Dispatch`] if it failed, [`Error::Refused`] if it got into no block.
	pub async fn finalized(mut self) -> Result<Outcome> {
		let block = self.next_block(true).await?;
		outcome(&self.call, block).await
	}

	/// Waits until the transaction is as sure as asked for, and has succeeded.
	///
	/// # Errors
	/// As [`Submitted::in_block`] and [`Submitted::finalized`].
	pub async fn settled(self, finality: Finality) -> Result<Outcome> {
		match finality {
			Finality::Included => Ok(self.in_block().await?.outcome),
			Finality::Final => self.finalized().await,
		}
	}

	async fn next_block(
		&mut self,
		only_final: bool,
	) -> Result<TransactionInBlock<PetraConfig, AtBlock>> {
		let refused = |call: &str, reason: String| Error::Refused { call: call.into(), reason };
		let disconnected =
			|url: &str| Error::Disconnected { url: url.into(), doing: "a transaction was awaited" };
		loop {
			let status = self.progress.next().await.ok_or_else(|| disconnected(&self.url))?;
			match status {
				Ok(TransactionStatus::InFinalizedBlock(block)) => return Ok(block),
				Ok(TransactionStatus::InBestBlock(block)) if !only_final => return Ok(block),
				Ok(
					TransactionStatus::Error { message }
					| TransactionStatus::Invalid { message }
					| TransactionStatus::Dropped { message },
				) => return Err(refused(&self.call, message)),
				Ok(_) => (),
				Err(TransactionProgressError::CannotGetNextProgressUpdate(error))
					if error.is_disconnected_will_reconnect() =>
				{
					return Err(disconnected(&self.url))
				},
				Err(error) => return Err(refused(&self.call, error.to_string())),
			}
		}
	}
}

/// What a transaction did in a block. (No method: a progress cannot be shared between threads, so nothing that waits could
/// be sent to another.)
async fn outcome(call: &str, block: TransactionInBlock<PetraConfig, AtBlock>) -> Result<Outcome> {
	let at = block
		.at()
		.await
		.map_err(|error| Error::BlockNotFound(format!("{:?} ({error})", block.block_hash())))?;
	let number = at.block_number();
	let events = block.wait_for_success().await.map_err(|error| match error {
		TransactionEventsError::ExtrinsicFailed(error) => failure(call, &error, number),
		error => Error::metadata(format!("events of {call}"), error),
	})?;
	Outcome::of(call, BlockRef { number, hash: block.block_hash() }, events, &at)
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

/// The error of a call that failed.
pub(crate) fn failure(call: &str, error: &DispatchError, block: u64) -> Error {
	let (error, meaning) = match error {
		DispatchError::Module(module) => {
			let meaning = module.details().map(|details| details.variant.docs.join(" "));
			(module.details_string(), meaning.unwrap_or_default().trim().to_string())
		},
		other => (format!("{other:?}"), String::new()),
	};
	Error::Dispatch { call: call.into(), error, meaning, block }
}

/// The events of `call`.
fn decode(events: &ExtrinsicEvents<PetraConfig>, call: &str) -> Result<Vec<Event>> {
	let item = format!("events of {call}");
	events.iter().map(|event| Event::of(event, &item)).collect()
}

impl Event {
	/// An event of `item`, decoded.
	pub(crate) fn of(
		event: core::result::Result<subxt::events::Event<'_, PetraConfig>, EventsError>,
		item: &str,
	) -> Result<Self> {
		let event = event.map_err(|error| Error::metadata(item, error))?;
		Ok(Self {
			pallet: event.pallet_name().into(),
			name: event.event_name().into(),
			fields: event
				.decode_fields_unchecked_as::<Composite<()>>()
				.map_err(|error| Error::metadata(item, error))?,
			field_bytes: event.field_bytes().to_vec(),
		})
	}
}

impl Client {
	/// Signs a call and hands it to the node's pool. It is signed for the code that runs after the best block, with the
	/// account's next number, and is valid for 64 blocks from the last final one.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such call, [`Error::Refused`] if the pool does not take it.
	pub async fn submit(
		&self,
		call: &impl Payload,
		signer: &impl Signer<PetraConfig>,
	) -> Result<Submitted> {
		let signed = self.sign(call, signer).await?;
		self.submit_signed(&signed).await
	}

	/// As [`Client::submit`], with a number that the caller keeps count of.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such call, [`Error::Refused`] if the pool does not take it.
	pub async fn submit_with_nonce(
		&self,
		call: &impl Payload,
		signer: &impl Signer<PetraConfig>,
		nonce: u64,
	) -> Result<Submitted> {
		let signed = self.sign_with_nonce(call, signer, nonce).await?;
		self.submit_signed(&signed).await
	}

	/// Signs a call, and does not send it. Who must not lose it keeps it, and sends it with [`Client::submit_signed`].
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such call.
	pub async fn sign(
		&self,
		call: &impl Payload,
		signer: &impl Signer<PetraConfig>,
	) -> Result<Signed> {
		let nonce = self.next_nonce(&signer.account_id()).await?;
		self.sign_with_nonce(call, signer, nonce).await
	}

	/// As [`Client::sign`], with a number that the caller keeps count of.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such call.
	pub async fn sign_with_nonce(
		&self,
		call: &impl Payload,
		signer: &impl Signer<PetraConfig>,
		nonce: u64,
	) -> Result<Signed> {
		let name = name_of_call(call);
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
		Ok(Signed {
			call: name,
			bytes: transaction.into_encoded(),
			nonce,
			born: finalized.number,
			until: finalized.number.saturating_add(MORTAL_FOR),
		})
	}

	/// Hands a signed transaction to the node's pool.
	///
	/// # Errors
	/// [`Error::Refused`] if the pool does not take it: because it is no longer valid, or already in a block.
	pub async fn submit_signed(&self, signed: &Signed) -> Result<Submitted> {
		let at = self.at(self.best_head().await?.hash).await?;
		self.submit_bytes(&at, signed.call.clone(), signed.bytes.clone()).await
	}

	pub(crate) async fn submit_bytes(
		&self,
		at: &OnlineClientAtBlock<PetraConfig>,
		call: String,
		bytes: Vec<u8>,
	) -> Result<Submitted> {
		let progress = at
			.transactions()
			.from_bytes(bytes)
			.submit_and_watch()
			.await
			.map_err(|error| self.not_taken(&call, error))?;
		Ok(Submitted { url: self.url.clone(), call, progress })
	}

	fn not_taken(&self, call: &str, error: ExtrinsicError) -> Error {
		use subxt::error::{BackendError, RpcError};
		use subxt::rpcs::Error as Rpc;
		let reason = match error {
			ExtrinsicError::ErrorSubmittingTransaction(BackendError::Rpc(
				RpcError::ClientError(Rpc::User(said)),
			)) => {
				let data =
					said.data.as_ref().map(|data| format!(": {}", data.get().trim_matches('"')));
				format!("{} ({}){}", said.message, said.code, data.unwrap_or_default())
			},
			ExtrinsicError::ErrorSubmittingTransaction(BackendError::Rpc(
				RpcError::ClientError(Rpc::Client(_) | Rpc::DisconnectedWillReconnect(_)),
			)) => {
				return Error::Disconnected {
					url: self.url.to_string(),
					doing: "a transaction was sent",
				}
			},
			error => error.to_string(),
		};
		Error::Refused { call: call.into(), reason }
	}

	/// What became of a signed transaction, if it is in a final block: also after the connection broke, or after a restart.
	///
	/// # Errors
	/// [`Error::Dispatch`] if it failed there; [`Error::Expired`] if it is in none, and never will be.
	pub async fn outcome_of(&self, signed: &Signed) -> Result<Option<Outcome>> {
		let last = self.finalized_head().await?.number;
		for number in signed.born.saturating_add(1)..=last.min(signed.until) {
			if let Some(outcome) = self.outcome_in(signed, number).await? {
				return Ok(Some(outcome));
			}
		}
		if last >= signed.until {
			return Err(Error::Expired { call: signed.call.clone(), until: signed.until });
		}
		Ok(None)
	}

	async fn outcome_in(&self, signed: &Signed, number: u64) -> Result<Option<Outcome>> {
		let hash = self
			.block_hash(number)
			.await?
			.ok_or_else(|| Error::BlockNotFound(number.to_string()))?;
		let item = || format!("transactions of block {number}");
		let block = BlockRef { number, hash };
		let at = self.at_block(block).await?;
		let transactions =
			at.extrinsics().fetch().await.map_err(|error| Error::metadata(item(), error))?;
		for transaction in transactions.iter() {
			let transaction = transaction.map_err(|error| Error::metadata(item(), error))?;
			if transaction.hash() == signed.hash() {
				let events =
					transaction.events().await.map_err(|error| Error::metadata(item(), error))?;
				return Outcome::of(&signed.call, block, events, &at).map(Some);
			}
		}
		Ok(None)
	}

	/// Sends a signed transaction and waits until it is final, whatever happens to the connection in between, if it is
	/// [lasting](Client::connect_lasting).
	///
	/// # Errors
	/// [`Error::Dispatch`] if it failed, [`Error::Refused`] if the pool does not take it, [`Error::Expired`] if it came
	/// into no block.
	pub async fn settle(&self, signed: &Signed) -> Result<Outcome> {
		if let Some(outcome) = self.outcome_of(signed).await? {
			return Ok(outcome);
		}
		let sent = match self.submit_signed(signed).await {
			Ok(submitted) => submitted.finalized().await,
			Err(error) => Err(error),
		};
		match sent {
			Err(error) if self.is_under_way(&error) => self.await_outcome(signed).await,
			// It may be in a block that is not yet final.
			Err(refused @ Error::Refused { .. }) => {
				let best = self.best_head().await?.number;
				self.finalized_heads().await?.reach(best).await?;
				self.outcome_of(signed).await?.ok_or(refused)
			},
			outcome => outcome,
		}
	}

	async fn await_outcome(&self, signed: &Signed) -> Result<Outcome> {
		loop {
			if let Some(outcome) = self.outcome_of(signed).await? {
				return Ok(outcome);
			}
			// The node may have lost it with its pool; one that it knows is refused.
			let _ = self.submit_signed(signed).await;
			let last = self.finalized_head().await?.number;
			match self.finalized_heads().await?.reach(last.saturating_add(1)).await {
				Ok(_) | Err(Error::Disconnected { .. } | Error::Rpc { .. }) => (),
				Err(error) => return Err(error),
			}
		}
	}

	/// Sends a call and waits until it is final and has succeeded.
	///
	/// # Errors
	/// As [`Client::submit`] and [`Submitted::finalized`].
	pub async fn send(
		&self,
		call: &impl Payload,
		signer: &impl Signer<PetraConfig>,
	) -> Result<Outcome> {
		self.send_until(call, signer, Finality::Final).await
	}

	/// Sends a call and waits until what it did is as sure as asked for.
	///
	/// # Errors
	/// As [`Client::submit`] and [`Submitted::settled`].
	pub async fn send_until(
		&self,
		call: &impl Payload,
		signer: &impl Signer<PetraConfig>,
		finality: Finality,
	) -> Result<Outcome> {
		let signed = self.sign(call, signer).await?;
		let sent = match self.submit_signed(&signed).await {
			Ok(submitted) => submitted.settled(finality).await,
			Err(error) => Err(error),
		};
		match sent {
			Err(error) if self.is_under_way(&error) => self.await_outcome(&signed).await,
			outcome => outcome,
		}
	}

	/// Whether what was sent may be in a block for all that: the connection broke, and is made anew; or the pool has it
	/// already, from before a restart or the break.
	fn is_under_way(&self, error: &Error) -> bool {
		match error {
			Error::Disconnected { .. } => self.lasting,
			Error::Refused { reason, .. } => reason.contains(ALREADY_IMPORTED),
			_ => false,
		}
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
