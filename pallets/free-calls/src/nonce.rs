//! The nonce of new accounts, and of those that come back.

use crate::{pallet::*, WeightInfo, MAX_IDLE_STEPS};
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::WeightMeter, DebugNoBound};
use sp_runtime::traits::SaturatedConversion;

/// The number of the current block, as the nonce that new accounts start with.
///
/// An account's nonce is gone with its last reference. If a new life began at 0, whatever the address signed in an
/// earlier life could be replayed. To be used as
/// `type Nonce = TypeWithDefault<u32, BlockNumberNonce<Runtime>>` of `frame_system`; in the metadata that is a plain `u32`.
#[derive(DebugNoBound)]
pub struct BlockNumberNonce<T>(PhantomData<T>);

impl<T: frame_system::Config> Get<u32> for BlockNumberNonce<T> {
	fn get() -> u32 {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}
}

impl<T: Config> Pallet<T> {
	/// The nonce that the next transaction of `who` must have.
	pub fn next_nonce(who: &T::AccountId) -> T::Nonce {
		let nonce = frame_system::Pallet::<T>::account_nonce(who);
		NonceFloors::<T>::get(who).map_or(nonce, |floor| nonce.max(floor))
	}

	/// The account of `who` ends. If it has signed more than there were blocks, a new one could begin with a nonce that
	/// was used: from there on it is kept.
	pub(crate) fn keep_nonce(who: &T::AccountId) {
		// What the account had: it is removed when all hooks have run.
		let nonce = Self::next_nonce(who);
		if Self::has_passed(nonce) {
			return;
		}
		if let Some(old) = NonceFloors::<T>::get(who) {
			FloorQueue::<T>::remove(floor_key::<T>(old), who);
		}
		FloorQueue::<T>::insert(floor_key::<T>(nonce), who, ());
		NonceFloors::<T>::insert(who, nonce);
	}

	/// Lets an account that came back go on where it ended.
	pub(crate) fn lift_nonce(who: &T::AccountId) {
		let nonce = Self::next_nonce(who);
		if NonceFloors::<T>::contains_key(who) && frame_system::Pallet::<T>::account_exists(who) {
			frame_system::Account::<T>::mutate(who, |account| account.nonce = nonce);
		}
	}

	/// Whether accounts that begin now begin with `nonce` or a later one.
	fn has_passed(nonce: T::Nonce) -> bool {
		let block: u64 = frame_system::Pallet::<T>::block_number().saturated_into();
		nonce.saturated_into::<u64>() <= block
	}

	/// Forgets the nonces that the block number has passed, in bounded steps.
	pub(crate) fn forget_floors(meter: &mut WeightMeter) {
		let step = <T as Config>::WeightInfo::forget_floor();
		for _ in 0..MAX_IDLE_STEPS {
			if meter.try_consume(step).is_err() || !Self::forget_floor() {
				return;
			}
		}
	}

	/// Forgets the first nonce in the queue if the block number has passed it.
	pub(crate) fn forget_floor() -> bool {
		let Some((key, who)) = FloorQueue::<T>::iter_keys().next() else { return false };
		let block: u64 = frame_system::Pallet::<T>::block_number().saturated_into();
		if u64::from_be_bytes(key) > block {
			return false;
		}
		Self::lift_nonce(&who);
		FloorQueue::<T>::remove(key, &who);
		NonceFloors::<T>::remove(&who);
		true
	}
}

/// A nonce as the key of the queue.
pub(crate) fn floor_key<T: Config>(nonce: T::Nonce) -> [u8; 8] {
	nonce.saturated_into::<u64>().to_be_bytes()
}
