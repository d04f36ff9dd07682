//! The accounts of meters' keys: they can sign without money, and come back without replays.

use crate::{Config, Keys, Pallet, Retired, RetiredQueue, WeightInfo, MAX_IDLE_STEPS};
use frame_support::weights::WeightMeter;
use petra_primitives::{MeterId, QuotaGrants};
use sp_runtime::{
	traits::{One, Saturating, UniqueSaturatedInto},
	SaturatedConversion,
};

/// A block's number as a key whose order is that of blocks.
pub(crate) fn block_key(number: impl UniqueSaturatedInto<u64>) -> [u8; 8] {
	number.saturated_into::<u64>().to_be_bytes()
}

impl<T: Config> Pallet<T> {
	/// `key` signs for `meter` from now on.
	pub(crate) fn hold_key(key: &T::AccountId, meter: MeterId) {
		match Retired::<T>::take(key) {
			// Its account is held from an earlier time.
			Some(block) => RetiredQueue::<T>::remove(block_key(block), key),
			None => {
				frame_system::Pallet::<T>::inc_sufficients(key);
			},
		}
		Keys::<T>::insert(key, meter);
		T::Quota::grant_to_key(key);
	}

	/// `key` signs for no meter any more: its account is held until the block number has passed its nonce.
	pub(crate) fn retire_key(key: &T::AccountId) {
		Keys::<T>::remove(key);
		Self::queue_key(key);
	}

	/// Queues `key` for the first block after its nonce, and at least for the next.
	fn queue_key(key: &T::AccountId) {
		let nonce: u64 = frame_system::Pallet::<T>::account_nonce(key).saturated_into();
		let block = frame_system::Pallet::<T>::block_number()
			.max(nonce.saturated_into())
			.saturating_add(One::one());
		Retired::<T>::insert(key, block);
		RetiredQueue::<T>::insert(block_key(block), key, ());
	}

	/// Gives up the accounts of keys whose time has come, in bounded steps.
	pub(crate) fn release_keys(meter: &mut WeightMeter) {
		let now = block_key(frame_system::Pallet::<T>::block_number());
		let mut queue = RetiredQueue::<T>::iter_keys();
		for _ in 0..MAX_IDLE_STEPS {
			if meter.try_consume(T::WeightInfo::release_key()).is_err() {
				break;
			}
			match queue.next() {
				Some((block, key)) if block <= now => Self::release_key(block, &key),
				_ => break,
			}
		}
	}

	/// Gives up the account of `key`, or queues it again if it has signed more meanwhile.
	pub(crate) fn release_key(block: [u8; 8], key: &T::AccountId) {
		RetiredQueue::<T>::remove(block, key);
		let nonce: u64 = frame_system::Pallet::<T>::account_nonce(key).saturated_into();
		if frame_system::Pallet::<T>::block_number().saturated_into::<u64>() > nonce {
			Retired::<T>::remove(key);
			frame_system::Pallet::<T>::dec_sufficients(key);
		} else {
			Self::queue_key(key);
		}
	}
}
