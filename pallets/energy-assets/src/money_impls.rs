//! Money: issued by withdrawals, moved by transfers, burned by deposits.

use crate::{Config, Error, Event, Pallet};
use alloc::collections::btree_map::BTreeMap;
use frame_support::{
	ensure,
	traits::{
		fungible::{Balanced, Credit, Inspect, Mutate},
		tokens::{
			DepositConsequence, Fortitude::Polite, Precision::Exact, Preservation::Expendable,
			Provenance,
		},
		Imbalance,
	},
};
use petra_primitives::Balance;
use sp_runtime::AccountId32;

/// What an account gives and gets.
#[derive(Default)]
struct Change {
	gives: Balance,
	gets: Balance,
}

impl<T: Config> Pallet<T> {
	/// Issues money.
	pub(crate) fn issue(address: AccountId32, amount: Balance) -> Result<(), Error<T>> {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		Self::ensure_can_receive(&address, amount, Provenance::Minted)?;
		T::Currency::mint_into(&address, amount).map_err(|_| Error::<T>::Overflow)?;
		Self::deposit_event(Event::FinancialAdded { address, amount });
		Ok(())
	}

	/// Burns money.
	pub(crate) fn burn(who: &AccountId32, amount: Balance) -> Result<(), Error<T>> {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		Self::ensure_free(who, amount)?;
		Self::prepare_to_give(who, amount)?;
		T::Currency::burn_from(who, amount, Expendable, Exact, Polite)
			.map_err(|_| Error::<T>::InsufficientFunds)?;
		Ok(())
	}

	/// Moves money from the inputs' owners to the outputs' addresses. Each owner must have what it brings; what it gets
	/// back is set off.
	pub(crate) fn move_money(
		inputs: &[(AccountId32, Balance)],
		outputs: &[(AccountId32, Balance)],
	) -> Result<(), Error<T>> {
		ensure!(
			inputs.iter().chain(outputs).all(|(_, amount)| *amount > 0),
			Error::<T>::ZeroAmount
		);
		ensure!(Self::sum(inputs)? == Self::sum(outputs)?, Error::<T>::MoneyNotConserved);

		// No sum below overflows: the totals did not.
		let mut changes = BTreeMap::<&AccountId32, Change>::new();
		for (who, amount) in inputs {
			let change = changes.entry(who).or_default();
			change.gives = change.gives.saturating_add(*amount);
		}
		for (who, change) in &changes {
			Self::ensure_free(who, change.gives)?;
		}
		for (who, amount) in outputs {
			let change = changes.entry(who).or_default();
			change.gets = change.gets.saturating_add(*amount);
		}
		let mut moving = Credit::<AccountId32, T::Currency>::zero();
		for (who, Change { gives, gets }) in &changes {
			if let Some(less) = gives.checked_sub(*gets).filter(|less| *less > 0) {
				Self::prepare_to_give(who, less)?;
				let credit = T::Currency::withdraw(who, less, Exact, Expendable, Polite)
					.map_err(|_| Error::<T>::InsufficientFunds)?;
				moving.subsume(credit);
			}
		}
		for (who, Change { gives, gets }) in &changes {
			if let Some(more) = gets.checked_sub(*gives).filter(|more| *more > 0) {
				Self::ensure_can_receive(who, more, Provenance::Extant)?;
				T::Currency::resolve(who, moving.extract(more))
					.map_err(|_| Error::<T>::BelowExistentialDeposit)?;
			}
		}
		Ok(())
	}

	fn sum(amounts: &[(AccountId32, Balance)]) -> Result<Balance, Error<T>> {
		amounts
			.iter()
			.try_fold(Balance::default(), |sum, (_, amount)| sum.checked_add(*amount))
			.ok_or(Error::<T>::Overflow)
	}

	fn ensure_free(who: &AccountId32, amount: Balance) -> Result<(), Error<T>> {
		let free = T::Currency::reducible_balance(who, Expendable, Polite);
		ensure!(free >= amount, Error::<T>::InsufficientFunds);
		Ok(())
	}

	/// Refuses to leave less than an account needs, and keeps an account that is left with nothing while its nonce is
	/// ahead.
	fn prepare_to_give(who: &AccountId32, amount: Balance) -> Result<(), Error<T>> {
		let left = T::Currency::balance(who).saturating_sub(amount);
		ensure!(
			left == 0 || left >= T::Currency::minimum_balance(),
			Error::<T>::BelowExistentialDeposit
		);
		if left == 0 {
			Self::keep_until_nonce_passed(who);
		}
		Ok(())
	}

	fn ensure_can_receive(
		who: &AccountId32,
		amount: Balance,
		provenance: Provenance,
	) -> Result<(), Error<T>> {
		match T::Currency::can_deposit(who, amount, provenance) {
			DepositConsequence::Success => Ok(()),
			DepositConsequence::Overflow => Err(Error::Overflow),
			_ => Err(Error::BelowExistentialDeposit),
		}
	}
}
