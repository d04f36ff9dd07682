//! Money that a consumer locks for one producer.

use crate::{Config, Consumers, Error, Event, HoldReason, Lock, Locks, Pallet};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get};
use petra_primitives::{Balance, BlockNumber};
use sp_runtime::AccountId32;

impl<T: Config> Pallet<T> {
	/// Locks money, or more of it.
	pub(crate) fn do_lock_for(
		consumer: AccountId32,
		producer: AccountId32,
		amount: Balance,
		until: BlockNumber,
	) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		Self::ensure_ahead(until)?;
		let known = Locks::<T>::get(&consumer, &producer);
		if known.is_none() {
			let locks = Consumers::<T>::get(&consumer).locks;
			ensure!(locks < T::MaxLocks::get(), Error::<T>::TooManyLocks);
		}
		let before = known.unwrap_or(Lock { amount: 0, until, last_nonce: None });
		ensure!(before.until <= until, Error::<T>::LockShortened);
		let sum = before.amount.checked_add(amount).ok_or(Error::<T>::InsufficientFunds)?;
		Self::hold(HoldReason::Lock, &consumer, amount)?;

		Locks::<T>::insert(&consumer, &producer, Lock { amount: sum, until, ..before });
		if known.is_none() {
			Self::mutate_consumer(&consumer, |open| open.locks = open.locks.saturating_add(1));
		}
		Self::deposit_event(Event::Locked { consumer, producer, amount, until });
		Ok(())
	}

	/// Takes back what is left of a lock.
	pub(crate) fn do_unlock(consumer: AccountId32, producer: AccountId32) -> DispatchResult {
		let lock = Locks::<T>::get(&consumer, &producer).ok_or(Error::<T>::LockNotFound)?;
		ensure!(lock.until < Self::this_block(), Error::<T>::StillLocked);
		let amount = lock.amount;
		Locks::<T>::remove(&consumer, &producer);
		Self::mutate_consumer(&consumer, |open| open.locks = open.locks.saturating_sub(1));
		Self::release(HoldReason::Lock, &consumer, amount);
		Self::deposit_event(Event::Unlocked { consumer, producer, amount });
		Ok(())
	}
}
