//! Money: on hold for commitments and locks, paid when a meter confirms.

use crate::{Config, Error, HoldReason, Pallet};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, InspectHold, Mutate, MutateHold},
		tokens::{
			DepositConsequence,
			Fortitude::{Force, Polite},
			Precision::{BestEffort, Exact},
			Preservation::Preserve,
			Provenance::Extant,
			Restriction::Free,
		},
		Get,
	},
};
use petra_primitives::Balance;
use sp_runtime::AccountId32;

impl<T: Config> Pallet<T> {
	/// What `who` has on hold for that reason.
	pub fn on_hold(reason: HoldReason, who: &AccountId32) -> Balance {
		T::Currency::balance_on_hold(&reason.into(), who)
	}

	/// Puts money on hold; what an account needs to exist stays free.
	pub(crate) fn hold(
		reason: HoldReason,
		who: &AccountId32,
		amount: Balance,
	) -> Result<(), Error<T>> {
		if amount == 0 {
			return Ok(());
		}
		let left = T::Currency::balance(who)
			.checked_sub(amount)
			.ok_or(Error::<T>::InsufficientFunds)?;
		ensure!(left >= T::Currency::minimum_balance(), Error::<T>::BelowExistentialDeposit);
		T::Currency::hold(&reason.into(), who, amount).map_err(|_| Error::<T>::InsufficientFunds)
	}

	/// Gives money back that was on hold. It cannot fail: what is released is there, and its account exists.
	pub(crate) fn release(reason: HoldReason, who: &AccountId32, amount: Balance) {
		if amount == 0 {
			return;
		}
		let released = T::Currency::release(&reason.into(), who, amount, BestEffort);
		debug_assert_eq!(released, Ok(amount), "what is released is on hold");
	}

	/// Whether [`Self::pay_held`] can.
	pub(crate) fn ensure_can_pay(
		reason: HoldReason,
		consumer: &AccountId32,
		producer: &AccountId32,
		amount: Balance,
	) -> Result<(), Error<T>> {
		ensure!(Self::on_hold(reason, consumer) >= amount, Error::<T>::InsufficientFunds);
		let received = T::Currency::can_deposit(producer, amount, Extant);
		ensure!(matches!(received, DepositConsequence::Success), Error::<T>::CannotReceive);
		Ok(())
	}

	/// Pays a producer from what a consumer has on hold, whatever else the consumer's account is frozen for: it was
	/// promised.
	pub(crate) fn pay_held(
		reason: HoldReason,
		consumer: &AccountId32,
		producer: &AccountId32,
		amount: Balance,
	) -> Result<(), Error<T>> {
		if amount == 0 {
			return Ok(());
		}
		T::Currency::transfer_on_hold(
			&reason.into(),
			consumer,
			producer,
			amount,
			Exact,
			Free,
			Force,
		)
		.map(|_| ())
		.map_err(|_| Error::<T>::CannotReceive)
	}

	/// A producer without a certificate pays, and keeps what its account needs to exist.
	pub(crate) fn pay_the_dso(producer: &AccountId32) -> Result<(), Error<T>> {
		let amount = T::BurnAmount::get();
		let free = T::Currency::reducible_balance(producer, Preserve, Polite);
		ensure!(free >= amount, Error::<T>::InsufficientFunds);
		T::Currency::transfer(producer, &T::DsoAccount::get(), amount, Preserve)
			.map(|_| ())
			.map_err(|_| Error::<T>::InsufficientFunds)
	}

	/// The share of `amount` for `delivered` of `committed`, rounded down; all of it if no less was delivered.
	pub(crate) fn share(amount: Balance, delivered: u64, committed: u64) -> Balance {
		if delivered >= committed {
			return amount;
		}
		let (delivered, committed) = (Balance::from(delivered), Balance::from(committed));
		// amount = whole × committed + rest, and rest < committed < 2^64: nothing overflows, nothing is rounded but the
		// last.
		let whole = amount.checked_div(committed).unwrap_or_default();
		let rest = amount.checked_rem(committed).unwrap_or_default();
		let of_rest =
			rest.checked_mul(delivered).and_then(|product| product.checked_div(committed));
		whole
			.checked_mul(delivered)
			.zip(of_rest)
			.and_then(|(whole, of_rest)| whole.checked_add(of_rest))
			.unwrap_or_default()
	}
}
