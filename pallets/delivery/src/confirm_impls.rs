//! Confirming, and settling in one: what is checked of both, and what they pay.

use crate::{Block, Commitments, Config, Error, Event, HoldReason, Lock, Locks, Pallet, Receipt};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get};
use petra_primitives::{delivery::Commitment, Balance};
use sp_core::H256;
use sp_runtime::AccountId32;

/// What a confirmed commitment comes to.
pub(crate) struct Delivered {
	/// The watt-hours that are gone from the block, at most what was committed.
	pub(crate) energy: u64,
	/// What the producer gets.
	pub(crate) paid: Balance,
}

impl<T: Config> Pallet<T> {
	/// What `energy` watt-hours that came are worth.
	fn delivered(commitment: &Commitment<AccountId32>, energy: u64) -> Result<Delivered, Error<T>> {
		ensure!(energy > 0, Error::<T>::ZeroEnergy);
		let committed = commitment.energy;
		ensure!(energy >= committed || commitment.partial, Error::<T>::NotDelivered);
		let paid = Self::share(commitment.amount, energy, committed);
		Ok(Delivered { energy: energy.min(committed), paid })
	}

	/// What state says of it, but for the receipt, and whether it can be paid.
	pub(crate) fn check_confirm(
		ctp_id: H256,
		energy: u64,
	) -> Result<(Commitment<AccountId32>, Delivered), Error<T>> {
		let commitment = Commitments::<T>::get(ctp_id).ok_or(Error::<T>::CommitmentNotFound)?;
		ensure!(Self::this_block() <= commitment.expiry, Error::<T>::ExpiryPassed);
		let delivered = Self::delivered(&commitment, energy)?;
		Ok((commitment, delivered))
	}

	/// Pays the producer, and gives the rest back.
	pub(crate) fn do_confirm_receipt(
		ctp_id: H256,
		energy: u64,
		receipt: Receipt<T>,
	) -> DispatchResult {
		let (commitment, delivered) = Self::check_confirm(ctp_id, energy)?;
		let Delivered { energy: gone, paid } = delivered;
		Self::check_receipt(&receipt, commitment.receipt_key)?;
		let (consumer, producer) = (&commitment.consumer, &commitment.producer);
		Self::ensure_can_pay(HoldReason::Commitment, consumer, producer, paid)?;

		Self::pay_held(HoldReason::Commitment, consumer, producer, paid)?;
		let rest = commitment.amount.saturating_sub(paid);
		Self::release(HoldReason::Commitment, consumer, rest);
		Self::unreserve(producer, commitment.block, commitment.energy, gone);
		Self::remove_commitment(ctp_id, &commitment);
		Self::use_leaf(commitment.receipt_key);
		Self::deposit_event(Event::ReceiptConfirmed { ctp_id, energy, paid });
		Ok(())
	}

	/// What state says of a settlement, but for the receipt, and whether it can be paid.
	pub(crate) fn check_settle(
		commitment: &Commitment<AccountId32>,
		ctp_id: H256,
		energy: u64,
	) -> Result<(Block, Lock, Delivered), Error<T>> {
		ensure!(commitment.energy > 0, Error::<T>::ZeroEnergy);
		let Commitment { consumer, producer, amount, expiry, nonce, .. } = commitment;
		let this_block = Self::this_block();
		ensure!(this_block <= *expiry, Error::<T>::ExpiryPassed);
		let ahead = expiry.saturating_sub(this_block);
		ensure!(ahead <= T::MaxExpiry::get(), Error::<T>::ExpiryTooFar);
		let delivered = Self::delivered(commitment, energy)?;
		let lock = Locks::<T>::get(consumer, producer).ok_or(Error::<T>::LockNotFound)?;
		ensure!(this_block <= lock.until, Error::<T>::LockEnded);
		ensure!(lock.last_nonce.is_none_or(|last| *nonce > last), Error::<T>::NonceUsed);
		ensure!(delivered.paid <= lock.amount, Error::<T>::LockTooSmall);
		let block = Self::block_with(producer, commitment.block, delivered.energy)?;
		ensure!(*amount == block.cost(commitment.energy), Error::<T>::WrongAmount);
		ensure!(!Commitments::<T>::contains_key(ctp_id), Error::<T>::AlreadyCommitted);
		Ok((block, lock, delivered))
	}

	/// Pays the producer from the consumer's lock.
	///
	/// The lock lasts as long as the commitment then. Only when it has ended can another take its place, which knows nothing
	/// of the sequence numbers that were settled: so what one lock has paid none pays again, also when the used leaf is
	/// forgotten and its root certified anew.
	pub(crate) fn do_settle(
		commitment: Commitment<AccountId32>,
		energy: u64,
		receipt: Receipt<T>,
	) -> DispatchResult {
		let ctp_id = Self::ctp_id(&commitment);
		let (block, lock, delivered) = Self::check_settle(&commitment, ctp_id, energy)?;
		let Delivered { energy: gone, paid } = delivered;
		Self::check_receipt(&receipt, commitment.receipt_key)?;
		let Commitment { consumer, producer, nonce, receipt_key, expiry, .. } = commitment;
		Self::ensure_can_pay(HoldReason::Lock, &consumer, &producer, paid)?;

		Self::pay_held(HoldReason::Lock, &consumer, &producer, paid)?;
		let amount = lock.amount.saturating_sub(paid);
		let lock = Lock { amount, until: lock.until.max(expiry), last_nonce: Some(nonce) };
		Locks::<T>::insert(&consumer, &producer, lock);
		Self::take(&producer, commitment.block, block, gone);
		Self::use_leaf(receipt_key);
		Self::deposit_event(Event::ReceiptConfirmed { ctp_id, energy, paid });
		Ok(())
	}
}
