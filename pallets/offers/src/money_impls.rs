//! Money: on hold for bids, paid for trades.

use crate::{Config, Error, HoldReason, Pallet};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, InspectHold, Mutate, MutateHold},
		tokens::{
			DepositConsequence,
			Fortitude::Polite,
			Precision::{BestEffort, Exact},
			Preservation::Expendable,
			Provenance::Extant,
			Restriction::Free,
		},
	},
};
use petra_primitives::{Balance, Price};
use petra_schedule::clearing;
use sp_runtime::AccountId32;

use crate::types::Part;

impl<T: Config> Pallet<T> {
	/// What a part costs at that price.
	pub(crate) fn cost(price: Price, part: Part) -> Result<Balance, Error<T>> {
		clearing::cost(price, part.power, part.start, part.end).ok_or(Error::Overflow)
	}

	fn reason() -> T::RuntimeHoldReason {
		HoldReason::Offer.into()
	}

	/// What `who` has on hold for its bids.
	pub fn on_hold(who: &AccountId32) -> Balance {
		T::Currency::balance_on_hold(&Self::reason(), who)
	}

	/// Puts money on hold for a bid; what an account needs to exist stays free.
	pub(crate) fn hold(who: &AccountId32, amount: Balance) -> Result<(), Error<T>> {
		if amount == 0 {
			return Ok(());
		}
		let left = T::Currency::balance(who).checked_sub(amount).ok_or(Error::InsufficientFunds)?;
		ensure!(left >= T::Currency::minimum_balance(), Error::BelowExistentialDeposit);
		T::Currency::hold(&Self::reason(), who, amount).map_err(|_| Error::InsufficientFunds)
	}

	/// Gives a bidder money back that was on hold.
	pub(crate) fn release(who: &AccountId32, amount: Balance) -> Result<(), Error<T>> {
		if amount == 0 {
			return Ok(());
		}
		T::Currency::release(&Self::reason(), who, amount, Exact)
			.map(|_| ())
			.map_err(|_| Error::InsufficientFunds)
	}

	/// [`Self::release`], as much of it as is there: for what must go on whatever happens.
	pub(crate) fn release_what_is_there(who: &AccountId32, amount: Balance) {
		let released = T::Currency::release(&Self::reason(), who, amount, BestEffort);
		debug_assert_eq!(released, Ok(amount), "what a bid needs is on hold");
	}

	/// Pays from free money.
	pub(crate) fn pay_free(
		buyer: &AccountId32,
		seller: &AccountId32,
		amount: Balance,
	) -> Result<(), Error<T>> {
		if amount == 0 {
			return Ok(());
		}
		let free = T::Currency::reducible_balance(buyer, Expendable, Polite);
		ensure!(free >= amount, Error::InsufficientFunds);
		if buyer == seller {
			return Ok(());
		}
		let left = T::Currency::balance(buyer).saturating_sub(amount);
		ensure!(
			left == 0 || left >= T::Currency::minimum_balance(),
			Error::BelowExistentialDeposit
		);
		Self::ensure_can_receive(seller, amount)?;
		T::Currency::transfer(buyer, seller, amount, Expendable)
			.map(|_| ())
			.map_err(|_| Error::InsufficientFunds)
	}

	/// Pays `cost` of the `held` money that a bid has on hold for what is exchanged; the buyer gets the rest back.
	pub(crate) fn pay_held(
		buyer: &AccountId32,
		seller: &AccountId32,
		held: Balance,
		cost: Balance,
	) -> Result<(), Error<T>> {
		let surplus = held.checked_sub(cost).ok_or(Error::PriceNotMet)?;
		if cost > 0 {
			Self::ensure_can_receive(seller, cost)?;
			T::Currency::transfer_on_hold(
				&Self::reason(),
				buyer,
				seller,
				cost,
				Exact,
				Free,
				Polite,
			)
			.map_err(|_| Error::<T>::InsufficientFunds)?;
		}
		Self::release(buyer, surplus)
	}

	fn ensure_can_receive(who: &AccountId32, amount: Balance) -> Result<(), Error<T>> {
		match T::Currency::can_deposit(who, amount, Extant) {
			DepositConsequence::Success => Ok(()),
			DepositConsequence::Overflow => Err(Error::Overflow),
			_ => Err(Error::BelowExistentialDeposit),
		}
	}
}
