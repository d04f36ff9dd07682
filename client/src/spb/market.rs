//! Searching, committing, confirming and settling on the ledger.

use super::{
	calls, commitment_id, settlement, Commitment, EnergyBlock, KeyTree, MeterFile, OneTimeSecret,
	Receipt, SpbError,
};
use crate::{
	types::{Balance, BlockNumber, Timestep},
	AccountId32, Client, Error, Ledger, Outcome, Payload, PetraConfig, Result,
};
use codec::{Decode, Encode};
use sp_core::H256;
use sp_runtime::MultiSignature;
use subxt::{
	dynamic::{runtime_api_call, storage},
	runtime_apis::StaticPayload,
	tx::Signer,
	utils::Static,
};

/// Entries of one answer when all are read.
const PAGE: u32 = 256;
/// The runtime API.
const API: &str = "DeliveryApi";

impl Ledger {
	/// Energy for sale, the cheapest first: at most `limit` blocks, after the block `after`.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such API.
	pub async fn energy_blocks(
		&self,
		after: Option<(AccountId32, u32)>,
		limit: u32,
	) -> Result<Vec<EnergyBlock>> {
		let question: StaticPayload<_, Static<Vec<EnergyBlock>>> =
			runtime_api_call(API, "blocks", (Static(after), Static(limit)));
		Ok(self.ask(question).await?.0)
	}

	/// The open commitments of an account, as consumer or as producer.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such API.
	pub async fn commitments_of(&self, account: &AccountId32) -> Result<Vec<(H256, Commitment)>> {
		let question: StaticPayload<_, Static<Vec<(H256, Commitment)>>> =
			runtime_api_call(API, "commitments_of", (Static(*account),));
		Ok(self.ask(question).await?.0)
	}

	/// An open commitment.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such API.
	pub async fn commitment(&self, ctp_id: H256) -> Result<Option<Commitment>> {
		let question: StaticPayload<_, Static<Option<Commitment>>> =
			runtime_api_call(API, "commitment", (Static(ctp_id),));
		Ok(self.ask(question).await?.0)
	}
}

impl Ledger {
	/// What a consumer has locked for a producer.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such storage.
	pub async fn lock(
		&self,
		consumer: &AccountId32,
		producer: &AccountId32,
	) -> Result<Option<Lock>> {
		let locks = storage::<_, Static<Lock>>("Delivery", "Locks");
		let lock = self.value(locks, (Static(*consumer), Static(*producer))).await?;
		Ok(lock.map(|lock| lock.0))
	}
}

/// A consumer's money that is locked for one producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Lock {
	/// What is left of it.
	pub amount: Balance,
	/// The last block in which it pays.
	pub until: BlockNumber,
	/// The sequence number of the last commitment that was settled.
	pub last_nonce: Option<u64>,
}

impl Lock {
	/// The sequence number of the next commitment.
	pub fn next_nonce(&self) -> u64 {
		self.last_nonce.map_or(0, |last| last.saturating_add(1))
	}

	/// The commitment as this lock can pay it after block `best`: with the next sequence number, and an expiry no later than
	/// the lock's end, which a settlement would lengthen to it.
	///
	/// # Errors
	/// [`SpbError::LockEnds`] if the lock pays nothing in the block after `best`.
	pub fn settling(
		&self,
		commitment: Commitment,
		best: BlockNumber,
	) -> Result<Commitment, SpbError> {
		let until = self.until;
		if until <= best {
			return Err(SpbError::LockEnds { until, best });
		}
		let (nonce, expiry) = (self.next_nonce(), commitment.expiry.min(until));
		Ok(Commitment { nonce, expiry, ..commitment })
	}
}

/// The number of the block of energy that a transaction added.
///
/// # Errors
/// [`Error::NoEvent`] if it added none.
pub fn block_added(outcome: &Outcome) -> Result<u32> {
	let event = outcome.event("Delivery", "EnergyAdded");
	let added = event
		.and_then(|event| <(AccountId32, u32)>::decode(&mut event.field_bytes.as_slice()).ok());
	added.map(|(_, block)| block).ok_or_else(|| Error::NoEvent {
		call: outcome.call.clone(),
		event: "Delivery.EnergyAdded",
		block: outcome.block.number,
	})
}

/// The watt-hours of a block that can be committed.
pub fn free_energy(block: &EnergyBlock) -> u64 {
	block.energy.saturating_sub(block.reserved)
}

/// All energy for sale of at least `energy` watt-hours in a block, the cheapest first, at most `most` blocks.
///
/// # Errors
/// [`SpbError::Chain`].
pub async fn search(
	ledger: &Ledger,
	energy: u64,
	most: usize,
) -> Result<Vec<EnergyBlock>, SpbError> {
	let (mut found, mut after) = (Vec::new(), None);
	while found.len() < most {
		let page = ledger.energy_blocks(after, PAGE).await?;
		let Some(last) = page.last() else { break };
		after = Some((last.producer, last.block));
		let whole = page.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
		found.extend(page.into_iter().filter(|block| free_energy(block) >= energy));
		if !whole {
			break;
		}
	}
	found.truncate(most);
	Ok(found)
}

/// The cheapest block with `energy` watt-hours free.
///
/// # Errors
/// [`SpbError::NoEnergy`] if there is none.
pub async fn cheapest(ledger: &Ledger, energy: u64) -> Result<EnergyBlock, SpbError> {
	search(ledger, energy, 1).await?.pop().ok_or(SpbError::NoEnergy(energy))
}

/// What a consumer decides of a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
	/// Watt-hours.
	pub energy: u64,
	/// The hash of the one-time key with which its meter will confirm.
	pub receipt_key: H256,
	/// The last block in which it can.
	pub expiry: BlockNumber,
	/// Whether less energy pays its share.
	pub partial: bool,
}

/// A commitment at a block's price, with a nonce by chance.
///
/// # Errors
/// [`SpbError::Overflow`], which two numbers of 64 bits do not make.
pub fn commitment(
	consumer: AccountId32,
	block: &EnergyBlock,
	terms: Terms,
) -> Result<Commitment, SpbError> {
	let Terms { energy, receipt_key, expiry, partial } = terms;
	let amount = Balance::from(block.price)
		.checked_mul(energy.into())
		.ok_or(SpbError::Overflow)?;
	let nonce = rand::random();
	let (producer, block) = (block.producer, block.block);
	Ok(Commitment {
		consumer,
		producer,
		block,
		energy,
		amount,
		receipt_key,
		expiry,
		partial,
		nonce,
	})
}

/// Commits to pay, and waits until that is final. Returns the commitment's id.
///
/// # Errors
/// [`SpbError::Chain`] with the pallet's error.
pub async fn commit(
	client: &Client,
	consumer: &impl Signer<PetraConfig>,
	commitment: &Commitment,
	producer_signature: Option<MultiSignature>,
) -> Result<H256, SpbError> {
	let ctp_id = commitment_id(client.ledger().await?.genesis(), commitment);
	let call = calls::commit_to_pay(commitment, producer_signature);
	client.send(&call, consumer).await?;
	Ok(ctp_id)
}

/// How old a certificate may become on this chain, in timesteps.
///
/// # Errors
/// [`Error::Metadata`] if the chain does not say it.
pub async fn max_certificate_age(client: &Client) -> Result<Timestep> {
	client.constant("Delivery", "MaxCertificateAge").await
}

/// What a confirmation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Confirmed {
	/// The commitment.
	pub ctp_id: H256,
	/// Watt-hours that the meter confirmed.
	pub energy: u64,
	/// What the producer got.
	pub paid: Balance,
}

impl Confirmed {
	/// What a transaction says that it confirmed.
	///
	/// # Errors
	/// [`Error::NoEvent`] if it confirmed nothing.
	pub fn of(outcome: &Outcome) -> Result<Self> {
		let event = outcome.event("Delivery", "ReceiptConfirmed");
		event
			.and_then(|event| Self::decode(&mut event.field_bytes.as_slice()).ok())
			.ok_or_else(|| Error::NoEvent {
				call: outcome.call.clone(),
				event: "Delivery.ReceiptConfirmed",
				block: outcome.block.number,
			})
	}
}

/// Confirms, as the consumer's meter, that `energy` watt-hours of a commitment came; waits until that is final. The
/// transaction names no meter, and anybody's node takes it.
///
/// # Errors
/// [`SpbError::NoCommitment`], [`SpbError::UnknownLeaf`] if it is for another meter, [`SpbError::Chain`].
pub async fn confirm(
	client: &Client,
	file: &MeterFile,
	secret: &OneTimeSecret,
	ctp_id: H256,
	energy: u64,
) -> Result<Confirmed, SpbError> {
	let ledger = client.ledger().await?;
	let commitment = ledger
		.commitment(ctp_id)
		.await?
		.ok_or_else(|| SpbError::NoCommitment(format!("{ctp_id:?}")))?;
	let receipt =
		receipt_for(file, secret, ledger.genesis(), commitment.receipt_key, ctp_id, energy)?;
	let confirmed = send_general(client, &calls::confirm_receipt(ctp_id, energy, receipt)).await?;
	file.update_delivered(|delivered| delivered.forget(ctp_id))?;
	Ok(confirmed)
}

/// Settles a commitment under the consumer's lock, as the consumer's meter; waits until that is final.
///
/// # Errors
/// [`SpbError::UnknownLeaf`] if it is for another meter, [`SpbError::Chain`].
pub async fn settle(
	client: &Client,
	file: &MeterFile,
	secret: &OneTimeSecret,
	commitment: &Commitment,
	consumer_signature: MultiSignature,
	energy: u64,
) -> Result<Confirmed, SpbError> {
	let genesis = client.ledger().await?.genesis();
	let ctp_id = commitment_id(genesis, commitment);
	let receipt = receipt_for(file, secret, genesis, commitment.receipt_key, ctp_id, energy)?;
	let call = calls::settle(commitment.clone(), consumer_signature, energy, receipt);
	send_general(client, &call).await
}

/// Has the consumer sign a commitment for [`settle`], which its lock must be able to pay: [`Lock::settling`] makes it so.
///
/// # Errors
/// [`SpbError::Chain`] if the node does not answer.
pub async fn sign_settlement(
	client: &Client,
	commitment: &Commitment,
	consumer: &impl Signer<PetraConfig>,
) -> Result<MultiSignature, SpbError> {
	let genesis = client.ledger().await?.genesis();
	Ok(settlement(genesis, commitment_id(genesis, commitment), consumer))
}

/// Watches a commitment from now on: what the meter measures counts for it.
///
/// # Errors
/// [`SpbError::NoCommitment`], [`SpbError::UnknownLeaf`] if it is for another meter.
pub async fn watch(
	client: &Client,
	file: &MeterFile,
	secret: &OneTimeSecret,
	ctp_id: H256,
) -> Result<Commitment, SpbError> {
	let commitment = client
		.ledger()
		.await?
		.commitment(ctp_id)
		.await?
		.ok_or_else(|| SpbError::NoCommitment(format!("{ctp_id:?}")))?;
	file.find(commitment.receipt_key, secret)?;
	let Commitment { energy, expiry, partial, .. } = commitment;
	file.update_delivered(|delivered| delivered.watch(ctp_id, energy, expiry, partial))?;
	Ok(commitment)
}

/// What a meter does with each measurement: counts it for the commitments that it watches, and confirms those of which
/// the energy has come; and, `lead` blocks before they expire, those that pay a part. Those that have expired are no
/// longer watched.
///
/// # Errors
/// As [`confirm`]. What was measured is kept.
pub async fn measured(
	client: &Client,
	file: &MeterFile,
	secret: &OneTimeSecret,
	increment: u64,
	lead: BlockNumber,
) -> Result<Vec<Confirmed>, SpbError> {
	let best = client.best_head().await?.number;
	let best = BlockNumber::try_from(best).map_err(|_| SpbError::Overflow)?;
	let due = file.update_delivered(|delivered| {
		delivered.measure(increment, best);
		for late in delivered.expired(best) {
			delivered.forget(late);
		}
		delivered.due(best, lead)
	})?;
	let mut confirmed = Vec::new();
	for confirmation in due {
		let (ctp_id, energy) = (confirmation.ctp_id, confirmation.energy);
		match confirm(client, file, secret, ctp_id, energy).await {
			Ok(done) => confirmed.push(done),
			// It was confirmed, or has expired, meanwhile.
			Err(SpbError::NoCommitment(_)) => {
				file.update_delivered(|delivered| delivered.forget(ctp_id))?;
			},
			Err(error) => return Err(error),
		}
	}
	Ok(confirmed)
}

fn receipt_for(
	file: &MeterFile,
	secret: &OneTimeSecret,
	genesis: H256,
	receipt_key: H256,
	ctp_id: H256,
	energy: u64,
) -> Result<Receipt, SpbError> {
	let (tree, leaf, certificate) = file.find(receipt_key, secret)?;
	KeyTree::receipt(&tree, leaf, &certificate, genesis, ctp_id, energy)
}

async fn send_general(client: &Client, call: &impl Payload) -> Result<Confirmed, SpbError> {
	let outcome = client.submit_general(call).await?.finalized().await?;
	Ok(Confirmed::of(&outcome)?)
}
