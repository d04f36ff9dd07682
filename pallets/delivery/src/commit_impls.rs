//! Committing to pay, and what becomes of a commitment that nobody confirms.

use crate::{
	Commitments, CommitmentsOf, Config, Consumers, EnergyAccounts, Error, Event, Expiries,
	HoldReason, Pallet, UsedLeaves,
};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get};
use petra_primitives::{
	delivery::{self, Commitment},
	messages, Balance, BlockNumber,
};
use sp_core::H256;
use sp_runtime::{AccountId32, MultiSignature};

impl<T: Config> Pallet<T> {
	/// A commitment's id on this chain.
	pub(crate) fn ctp_id(commitment: &Commitment<AccountId32>) -> H256 {
		delivery::ctp_id(Self::genesis_hash(), commitment)
	}

	/// Refuses an expiry, or a lock's end, that is not ahead, or too far.
	pub(crate) fn ensure_ahead(expiry: BlockNumber) -> Result<(), Error<T>> {
		let ahead = expiry.saturating_sub(Self::this_block());
		ensure!(ahead > 0, Error::<T>::ExpiryPassed);
		ensure!(ahead <= T::MaxExpiry::get(), Error::<T>::ExpiryTooFar);
		Ok(())
	}

	/// Puts the consumer's money on hold and reserves the producer's energy.
	pub(crate) fn do_commit_to_pay(
		commitment: Commitment<AccountId32>,
		producer_signature: Option<MultiSignature>,
	) -> DispatchResult {
		let Commitment { energy, amount, expiry, receipt_key, .. } = commitment;
		let (consumer, producer) = (&commitment.consumer, &commitment.producer);
		ensure!(energy > 0, Error::<T>::ZeroEnergy);
		Self::ensure_ahead(expiry)?;
		ensure!(EnergyAccounts::<T>::contains_key(producer), Error::<T>::NoEnergyAccount);
		let block = Self::block_with(producer, commitment.block, energy)?;
		ensure!(!UsedLeaves::<T>::contains_key(receipt_key), Error::<T>::LeafUsed);
		let ctp_id = Self::ctp_id(&commitment);
		ensure!(!Commitments::<T>::contains_key(ctp_id), Error::<T>::AlreadyCommitted);
		let open = Consumers::<T>::get(consumer).commitments;
		ensure!(open < T::MaxCommitments::get(), Error::<T>::TooManyCommitments);
		Self::ensure_price(block.cost(energy), amount, producer, ctp_id, producer_signature)?;
		Self::hold(HoldReason::Commitment, consumer, amount)?;

		Self::reserve(producer, commitment.block, block, energy);
		Self::insert_commitment(ctp_id, &commitment);
		let producer = commitment.producer;
		Self::deposit_event(Event::CommittedToPay { ctp_id, producer, amount, energy, expiry });
		Ok(())
	}

	/// The amount is the price, or a lower one that the producer signed.
	fn ensure_price(
		price: Balance,
		amount: Balance,
		producer: &AccountId32,
		ctp_id: H256,
		signature: Option<MultiSignature>,
	) -> Result<(), Error<T>> {
		ensure!(amount <= price, Error::<T>::AmountTooHigh);
		if amount == price {
			return Ok(());
		}
		let signature = signature.ok_or(Error::<T>::MissingSignature)?;
		let message = delivery::amount_message(Self::genesis_hash(), ctp_id);
		ensure!(messages::verify(&signature, &message, producer), Error::<T>::BadSignature);
		Ok(())
	}

	fn insert_commitment(ctp_id: H256, commitment: &Commitment<AccountId32>) {
		let Commitment { consumer, producer, expiry, .. } = commitment;
		Commitments::<T>::insert(ctp_id, commitment);
		CommitmentsOf::<T>::insert(consumer, ctp_id, ());
		CommitmentsOf::<T>::insert(producer, ctp_id, ());
		Expiries::<T>::insert(block_key(*expiry), ctp_id, ());
		Consumers::<T>::mutate(consumer, |open| {
			open.commitments = open.commitments.saturating_add(1);
		});
		EnergyAccounts::<T>::mutate(producer, |account| {
			if let Some(account) = account {
				account.commitments = account.commitments.saturating_add(1);
			}
		});
	}

	/// Forgets a commitment; money and energy are others' to care for.
	pub(crate) fn remove_commitment(ctp_id: H256, commitment: &Commitment<AccountId32>) {
		let Commitment { consumer, producer, expiry, .. } = commitment;
		Commitments::<T>::remove(ctp_id);
		CommitmentsOf::<T>::remove(consumer, ctp_id);
		CommitmentsOf::<T>::remove(producer, ctp_id);
		Expiries::<T>::remove(block_key(*expiry), ctp_id);
		Self::mutate_consumer(consumer, |open| {
			open.commitments = open.commitments.saturating_sub(1);
		});
		EnergyAccounts::<T>::mutate(producer, |account| {
			if let Some(account) = account {
				account.commitments = account.commitments.saturating_sub(1);
			}
		});
	}

	/// Changes what a consumer has under way, and forgets it if that is nothing.
	pub(crate) fn mutate_consumer(
		consumer: &AccountId32,
		change: impl FnOnce(&mut crate::Consumer),
	) {
		let mut open = Consumers::<T>::get(consumer);
		change(&mut open);
		if open == Default::default() {
			Consumers::<T>::remove(consumer);
		} else {
			Consumers::<T>::insert(consumer, open);
		}
	}

	/// Ends a commitment that has expired.
	pub(crate) fn do_expire(ctp_id: H256) -> DispatchResult {
		let commitment = Commitments::<T>::get(ctp_id).ok_or(Error::<T>::CommitmentNotFound)?;
		ensure!(commitment.expiry < Self::this_block(), Error::<T>::NotExpired);
		Self::expire_commitment(ctp_id, &commitment);
		Ok(())
	}

	/// The money is the consumer's again, and the energy the producer's.
	pub(crate) fn expire_commitment(ctp_id: H256, commitment: &Commitment<AccountId32>) {
		Self::remove_commitment(ctp_id, commitment);
		Self::release(HoldReason::Commitment, &commitment.consumer, commitment.amount);
		Self::unreserve(&commitment.producer, commitment.block, commitment.energy, 0);
		Self::deposit_event(Event::CommitmentExpired { ctp_id });
	}
}

/// A block's number as a key whose order is that of blocks.
pub(crate) fn block_key(number: BlockNumber) -> [u8; 8] {
	u64::from(number).to_be_bytes()
}
