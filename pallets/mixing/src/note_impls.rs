//! Notes: what they must be like, and how they go in and come out.

use crate::{Config, Error, Pallet, Unit};
use alloc::vec::Vec;
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{
			DepositConsequence, Fortitude::Polite, Preservation::Expendable, Provenance::Extant,
			WithdrawConsequence,
		},
		Get,
	},
};
use petra_primitives::{
	AddressMaker, AssetLedger, Balance, EnergyAsset, FeederId, Grid, Note, Power, QuotaGrants,
	Source, Timestep,
};
use sp_runtime::{traits::AccountIdConversion, AccountId32};

impl<T: Config> Pallet<T> {
	/// The account that has the money in pools.
	pub fn pot() -> AccountId32 {
		T::PotId::get().into_account_truncating()
	}

	/// The note that `who` wants to put in; it is there, and of the form of notes.
	pub(crate) fn note_of(who: &AccountId32, source: Source) -> Result<Note, Error<T>> {
		match source {
			Source::Energy(id) => {
				let asset = T::Assets::asset(id).ok_or(Error::<T>::AssetNotFound)?;
				ensure!(asset.owner == *who, Error::<T>::NotOwner);
				let EnergyAsset { kind, power, start, end, feeder, traded, .. } = asset;
				ensure!(Self::is_power(power) && is_interval(start, end), Error::<T>::NotANote);
				Ok(Note::Energy { kind, feeder, traded, power, start, end })
			},
			Source::Financial(amount) => {
				ensure!(is_multiple(amount, Unit::<T>::get()), Error::<T>::NotANote);
				Ok(Note::Financial { amount })
			},
		}
	}

	fn is_power(power: Power) -> bool {
		is_multiple(power.into(), T::Grid::parameters().power_lot.into())
	}

	/// Whether the settlement window of a note has passed.
	pub(crate) fn is_expired(note: &Note) -> bool {
		let window = T::Grid::parameters().settlement_window;
		end_of(note).is_some_and(|end| end.saturating_add(window) < T::Grid::now())
	}

	/// Whether the first timestep of a note is gated, or has begun.
	pub(crate) fn is_gated(start: Timestep) -> bool {
		Self::gate_of(start) <= T::Grid::now()
	}

	/// From which timestep on `start` is gated.
	pub(crate) fn gate_of(start: Timestep) -> Timestep {
		start.saturating_sub(T::Grid::parameters().gate_lead)
	}

	/// Takes a note from `who` into the pools.
	pub(crate) fn take_note(who: &AccountId32, source: Source) -> Result<(), Error<T>> {
		match source {
			Source::Energy(id) => {
				T::Assets::pool(who, id, 1)?;
			},
			Source::Financial(amount) => {
				let free = T::Currency::reducible_balance(who, Expendable, Polite);
				ensure!(free >= amount, Error::<T>::InsufficientFunds);
				let left = T::Currency::balance(who).saturating_sub(amount);
				ensure!(
					left == 0 || left >= T::Currency::minimum_balance(),
					Error::<T>::BelowExistentialDeposit
				);
				T::Currency::transfer(who, &Self::pot(), amount, Expendable)
					.map_err(|_| Error::<T>::BelowExistentialDeposit)?;
			},
		}
		Ok(())
	}

	/// Whether all of `notes`, of which each is for the account beside it, can be given out, one after the other.
	pub(crate) fn ensure_can_give(notes: &[(Note, &AccountId32)]) -> Result<(), Error<T>> {
		let energy = notes.iter().filter(|(note, _)| matches!(note, Note::Energy { .. }));
		let energy: Vec<_> = energy.map(|(_, recipient)| *recipient).collect();
		for recipient in &energy {
			// As if all were for each.
			T::Assets::can_unpool(recipient, energy.len() as u32)
				.map_err(|_| Error::<T>::CannotReceive)?;
		}
		let mut total = Balance::default();
		for (note, recipient) in notes {
			let Note::Financial { amount } = note else { continue };
			total = total.checked_add(*amount).ok_or(Error::<T>::Overflow)?;
			let consequence = T::Currency::can_deposit(recipient, *amount, Extant);
			ensure!(consequence == DepositConsequence::Success, Error::<T>::CannotReceive);
		}
		if total > 0 {
			let consequence = T::Currency::can_withdraw(&Self::pot(), total);
			let can = matches!(
				consequence,
				WithdrawConsequence::Success | WithdrawConsequence::ReducedToZero(_)
			);
			ensure!(can, Error::<T>::InsufficientFunds);
		}
		Ok(())
	}

	/// Gives a note out of the pools to `owner`, whose address petra makes hereby.
	pub(crate) fn give_note(note: &Note, owner: &AccountId32) -> Result<(), Error<T>> {
		T::Quota::grant(owner, AddressMaker::Mixing);
		match *note {
			Note::Energy { kind, feeder, traded, power, start, end } => {
				let (owner, locked) = (owner.clone(), false);
				let asset = EnergyAsset { owner, kind, power, start, end, feeder, traded, locked };
				T::Assets::unpool(asset)?;
			},
			Note::Financial { amount } => {
				T::Currency::transfer(&Self::pot(), owner, amount, Expendable)
					.map_err(|_| Error::<T>::CannotReceive)?;
			},
		}
		Ok(())
	}
}

/// Whether `amount` is a power of two times `unit`.
fn is_multiple(amount: u128, unit: u128) -> bool {
	amount.checked_rem(unit) == Some(0)
		&& amount.checked_div(unit).is_some_and(u128::is_power_of_two)
}

/// Whether an interval is a power of two long, and begins at a multiple of its length.
fn is_interval(start: Timestep, end: Timestep) -> bool {
	let length = end.checked_sub(start).and_then(|length| length.checked_add(1));
	length.is_some_and(|length| length.is_power_of_two() && start.checked_rem(length) == Some(0))
}

/// The feeder of a note of energy.
pub(crate) fn feeder_of(note: &Note) -> Option<FeederId> {
	match note {
		Note::Energy { feeder, .. } => Some(*feeder),
		Note::Financial { .. } => None,
	}
}

/// The first timestep of a note of energy.
pub(crate) fn start_of(note: &Note) -> Option<Timestep> {
	match note {
		Note::Energy { start, .. } => Some(*start),
		Note::Financial { .. } => None,
	}
}

/// The last timestep of a note of energy.
pub(crate) fn end_of(note: &Note) -> Option<Timestep> {
	match note {
		Note::Energy { end, .. } => Some(*end),
		Note::Financial { .. } => None,
	}
}
