//! What lets a general transaction in. Nothing that its dispatch could refuse passes here.

use crate::{Call, Config, Error, Pallet, Receipt};
use codec::Encode;
use frame_support::{
	ensure,
	pallet_prelude::{TransactionSource, ValidTransaction, Weight},
	traits::Contains,
};
use petra_primitives::{
	delivery::{self, Commitment},
	messages,
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
		let (commitment, _) = Self::check_confirm(ctp_id, energy)?;
		let receipt_key = commitment.receipt_key;
		let meter_key = Self::check_receipt(receipt, receipt_key)?;
		let receipt_of_call = receipt.clone();
		Self::ensure_not_filtered(Call::confirm_receipt {
			ctp_id,
			energy,
			receipt: receipt_of_call,
		})?;
		Self::verify_receipt(receipt, receipt_key, &meter_key, ctp_id, energy)?;
		let blocks = commitment.expiry.saturating_sub(Self::this_block());
		let valid = ValidTransaction::with_tag_prefix(TAG)
			.and_provides(("commitment", ctp_id))
			.and_provides(("leaf", receipt_key))
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
		Self::check_settle(commitment, ctp_id, energy)?;
		let meter_key = Self::check_receipt(receipt, *receipt_key)?;
		Self::ensure_not_filtered(Call::settle {
			commitment: commitment.clone(),
			consumer_signature: consumer_signature.clone(),
			energy,
			receipt: receipt.clone(),
		})?;
		Self::verify_receipt(receipt, *receipt_key, &meter_key, ctp_id, energy)?;
		let message = delivery::settle_message(Self::genesis_hash(), ctp_id);
		ensure!(messages::verify(consumer_signature, &message, consumer), Error::<T>::BadSignature);
		// No longevity: among transactions of one priority the pool puts those that end first before the others, and these
		// are to stay in the order in which they came, which is that of their sequence numbers.
		let valid = ValidTransaction::with_tag_prefix(TAG)
			.and_provides(("lock", consumer, producer, nonce))
			.and_provides(("leaf", receipt_key))
			.build()?;
		Ok((valid, Weight::zero()))
	}
}
