//! What lets a general transaction in. Nothing that its dispatch could refuse passes here.

use crate::{Call, Config, Consumers, Error, HoldReason, Pallet, Receipt};
use codec::Encode;
use frame_support::{
	ensure,
	pallet_prelude::{TransactionSource, ValidTransaction, Weight},
	traits::Contains,
};
use petra_primitives::{
	delivery::{self, Commitment},
	messages, FreeOrder,
};
use sp_core::H256;
use sp_runtime::{
	transaction_validity::{
		InvalidTransaction, TransactionValidityError, TransactionValidityWithRefund,
	},
	AccountId32, MultiSignature,
};

/// The code of a refused general transaction is this and the index of the pallet's error: polkadot.js shows
/// `1010: Invalid Transaction: Custom error: 160` for the first.
pub const REFUSAL: u8 = 160;

/// How far ahead of its lock's a sequence number counts: a household that numbers with gaps is not last of all.
const MAX_AHEAD: u64 = 256;

/// What the tags of this pallet's transactions begin with.
const TAG: &str = "petra/Delivery";

impl<T> From<Error<T>> for TransactionValidityError {
	fn from(error: Error<T>) -> Self {
		let index = error.encode().first().copied().unwrap_or_default();
		InvalidTransaction::Custom(REFUSAL.saturating_add(index)).into()
	}
}

impl<T: Config> Pallet<T> {
	/// The dispatch, not the authorisation, would meet the filter (safe mode, paused calls).
	fn ensure_not_filtered(call: Call<T>) -> Result<(), TransactionValidityError> {
		let call = <T as frame_system::Config>::RuntimeCall::from(call);
		ensure!(T::BaseCallFilter::contains(&call), InvalidTransaction::Call);
		Ok(())
	}

	/// Lets `confirm_receipt` in.
	pub(crate) fn authorize_confirm_receipt(
		_: TransactionSource,
		ctp_id: &H256,
		energy: &u64,
		receipt: &Receipt<T>,
	) -> TransactionValidityWithRefund {
		let (ctp_id, energy) = (*ctp_id, *energy);
		let (commitment, delivered) = Self::check_confirm(ctp_id, energy)?;
		let Commitment { consumer, producer, receipt_key, expiry, .. } = commitment;
		let meter_key = Self::check_receipt(receipt, receipt_key)?;
		Self::ensure_can_pay(HoldReason::Commitment, &consumer, &producer, delivered.paid)?;
		let receipt_of_call = receipt.clone();
		Self::ensure_not_filtered(Call::confirm_receipt {
			ctp_id,
			energy,
			receipt: receipt_of_call,
		})?;
		Self::verify_receipt(receipt, receipt_key, &meter_key, ctp_id, energy)?;
		let others = Consumers::<T>::get(&consumer).commitments.saturating_sub(1);
		let blocks = expiry.saturating_sub(Self::this_block());
		let valid = ValidTransaction::with_tag_prefix(TAG)
			.and_provides(("commitment", ctp_id))
			.and_provides(("leaf", receipt_key))
			.priority(T::Order::priority(&consumer, others))
			.longevity(u64::from(blocks).max(1))
			.build()?;
		Ok((valid, Weight::zero()))
	}

	/// Lets `settle` in.
	pub(crate) fn authorize_settle(
		_: TransactionSource,
		commitment: &Commitment<AccountId32>,
		consumer_signature: &MultiSignature,
		energy: &u64,
		receipt: &Receipt<T>,
	) -> TransactionValidityWithRefund {
		let energy = *energy;
		let Commitment { consumer, producer, nonce, receipt_key, .. } = commitment;
		let ctp_id = Self::ctp_id(commitment);
		let (_, lock, delivered) = Self::check_settle(commitment, ctp_id, energy)?;
		let meter_key = Self::check_receipt(receipt, *receipt_key)?;
		Self::ensure_can_pay(HoldReason::Lock, consumer, producer, delivered.paid)?;
		Self::ensure_not_filtered(Call::settle {
			commitment: commitment.clone(),
			consumer_signature: consumer_signature.clone(),
			energy,
			receipt: receipt.clone(),
		})?;
		Self::verify_receipt(receipt, *receipt_key, &meter_key, ctp_id, energy)?;
		let message = delivery::settle_message(Self::genesis_hash(), ctp_id);
		ensure!(messages::verify(consumer_signature, &message, consumer), Error::<T>::BadSignature);
		// In the order of their sequence numbers, and never before all others: whoever pays for one lock can have any
		// number settled, one after the other, without a quota and for nothing. No longevity: among transactions of one
		// priority the pool puts those that end first before the others, and these are to stay in the order in which they
		// came.
		let next = lock.last_nonce.map_or(0, |last| last.saturating_add(1));
		let ahead = nonce.saturating_sub(next).min(MAX_AHEAD) as u32;
		let other_locks = Consumers::<T>::get(consumer).locks.saturating_sub(1);
		let before = ahead.saturating_add(other_locks).saturating_add(1);
		let valid = ValidTransaction::with_tag_prefix(TAG)
			.and_provides(("lock", consumer, producer, nonce))
			.and_provides(("leaf", receipt_key))
			.priority(T::Order::priority(consumer, before))
			.build()?;
		Ok((valid, Weight::zero()))
	}
}
