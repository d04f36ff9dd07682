//! Who is a validator: what the regulator's calls and offences change.

use crate::*;
use alloc::collections::BTreeSet;
use frame_support::{
	defensive,
	dispatch::{DispatchResult, RawOrigin},
	ensure,
	traits::Get,
	BoundedVec,
};
use sp_runtime::traits::{One, SaturatedConversion};
use sp_staking::SessionIndex;

impl<T: Config> Pallet<T> {
	pub(crate) fn build_genesis(genesis: &GenesisConfig<T>) {
		let validators = &genesis.initial_validators;
		let (min, max) = (T::MinAuthorities::get(), T::MaxAuthorities::get());
		assert!(
			genesis.session_length >= One::one(),
			"validatorSet.sessionLength must be at least 1 block"
		);
		// FRAME wants the default genesis to build; it has no validators, and so makes no blocks.
		assert!(
			validators.is_empty() || (min..=max).contains(&validators.len().saturated_into()),
			"validatorSet.initialValidators must name at least {min} and at most {max} accounts"
		);
		assert!(
			validators.iter().collect::<BTreeSet<_>>().len() == validators.len(),
			"validatorSet.initialValidators must not name an account twice"
		);
		for account in validators {
			frame_system::Pallet::<T>::inc_providers(account);
		}
		Validators::<T>::put(BoundedVec::truncate_from(validators.clone()));
		BlocksPerSession::<T>::put(genesis.session_length);
	}

	pub(crate) fn do_add_validator(account: T::AccountId) -> DispatchResult {
		let mut validators = Validators::<T>::get();
		ensure!(!validators.contains(&account), Error::<T>::AlreadyValidator);
		validators
			.try_push(account.clone())
			.map_err(|_| Error::<T>::TooManyValidators)?;
		Validators::<T>::put(validators);
		AddedIn::<T>::insert(&account, pallet_session::Pallet::<T>::current_index());
		if Self::stop_leaving(&account) {
			if let Some(index) = pallet_session::Pallet::<T>::validator_id_to_index(&account) {
				pallet_session::Pallet::<T>::reenable_index(index);
			}
			// With one more at work, an offender that was kept may be disabled now.
			Self::disable_offenders();
		} else {
			frame_system::Pallet::<T>::inc_providers(&account);
		}
		Self::deposit_event(Event::ValidatorAdded { account });
		Self::remove_pending_offenders();
		Ok(())
	}

	pub(crate) fn do_remove_validator(account: T::AccountId) -> DispatchResult {
		let validators = Validators::<T>::get();
		ensure!(validators.contains(&account), Error::<T>::NotValidator);
		ensure!(Self::can_spare(&validators, &account), Error::<T>::TooFewValidators);
		let offender = PendingOffenders::<T>::get().contains(&account);
		Self::remove(&account, offender);
		Self::deposit_event(Event::ValidatorRemoved { account });
		Ok(())
	}

	/// What an offence of `account` in `session` does.
	pub(crate) fn punish(account: &T::AccountId, session: SessionIndex) {
		let validators = Validators::<T>::get();
		if !validators.contains(account) {
			Self::punish_leaver(account);
			return;
		}
		let known = AddedIn::<T>::get(account).is_some_and(|added_in| session < added_in);
		if known || PendingOffenders::<T>::get().contains(account) {
			return;
		}
		if Self::can_spare(&validators, account) {
			Self::remove(account, true);
			Self::deposit_event(Event::OffenderRemoved { account: account.clone() });
		} else {
			// Never full: pending offenders are validators, and have the same bound.
			PendingOffenders::<T>::mutate(|pending| {
				if pending.try_push(account.clone()).is_err() {
					defensive!("more pending offenders than validators");
				}
			});
			Self::deposit_event(Event::OffenderDisabled { account: account.clone() });
		}
		Self::disable(account);
	}

	/// Removes offenders for whom there is a replacement by now, longest waiting first.
	pub(crate) fn remove_pending_offenders() {
		for account in PendingOffenders::<T>::get() {
			if !Self::can_spare(&Validators::<T>::get(), &account) {
				continue;
			}
			Self::remove(&account, true);
			Self::deposit_event(Event::OffenderRemoved { account });
		}
	}

	/// Disables every offender that serves the current session. What `pallet-session` disabled is forgotten when the
	/// set of validators changes.
	pub(crate) fn disable_offenders() {
		let leaving = Leaving::<T>::get();
		let leaving = leaving.iter().filter(|leaver| leaver.offender).map(|leaver| &leaver.account);
		for account in PendingOffenders::<T>::get().iter().chain(leaving) {
			Self::disable(account);
		}
	}

	/// Lets go of those who serve no longer. To be called when a session has begun.
	pub(crate) fn release_leavers() {
		let serving = pallet_session::Pallet::<T>::validators();
		let mut leaving = Leaving::<T>::get();
		let before = leaving.len();
		leaving.retain(|leaver| {
			let serves = serving.contains(&leaver.account);
			if !serves {
				Self::release(&leaver.account);
			}
			serves
		});
		if leaving.len() < before {
			Leaving::<T>::put(leaving);
		}
	}

	/// Whether the account has session keys, and so can serve.
	pub(crate) fn has_keys(account: &T::AccountId) -> bool {
		pallet_session::NextKeys::<T>::contains_key(account)
	}

	/// Whether at least `MinAuthorities` that can serve are left without `account`, a member of `validators`.
	fn can_spare(validators: &[T::AccountId], account: &T::AccountId) -> bool {
		let rest = || validators.iter().filter(|validator| *validator != account);
		let min = T::MinAuthorities::get();
		// An account that cannot serve is not missed by those who can.
		let enough_serve = !Self::has_keys(account)
			|| rest().filter(|other| Self::has_keys(other)).count().saturated_into::<u32>() >= min;
		enough_serve && rest().count().saturated_into::<u32>() >= min
	}

	/// Takes `account` out of the set. It serves on as long as `pallet-session` has planned.
	fn remove(account: &T::AccountId, offender: bool) {
		Validators::<T>::mutate(|validators| validators.retain(|validator| validator != account));
		PendingOffenders::<T>::mutate(|pending| pending.retain(|waiting| waiting != account));
		AddedIn::<T>::remove(account);
		let serves = pallet_session::Pallet::<T>::validators().contains(account)
			|| pallet_session::Pallet::<T>::queued_keys()
				.iter()
				.any(|(queued, _)| queued == account);
		if !serves {
			Self::release(account);
			return;
		}
		// Never full: everybody in it is in one of the two lists above.
		Leaving::<T>::mutate(|leaving| {
			if leaving.try_push(Leaver { account: account.clone(), offender }).is_err() {
				defensive!("more accounts leaving than serving");
			}
		});
	}

	/// Takes `account` off the list of those who leave; false if it was not on it.
	fn stop_leaving(account: &T::AccountId) -> bool {
		Leaving::<T>::mutate(|leaving| {
			let before = leaving.len();
			leaving.retain(|leaver| leaver.account != *account);
			leaving.len() < before
		})
	}

	/// An offence of somebody who was removed already and still serves: it serves no more.
	fn punish_leaver(account: &T::AccountId) {
		let leaves = Leaving::<T>::mutate(|leaving| {
			leaving
				.iter_mut()
				.find(|leaver| leaver.account == *account)
				.map(|leaver| leaver.offender = true)
				.is_some()
		});
		if leaves {
			Self::disable(account);
		}
	}

	/// Purges the session keys of an account that serves no longer, and gives its account up.
	fn release(account: &T::AccountId) {
		let origin = RawOrigin::Signed(account.clone()).into();
		if Self::has_keys(account) {
			if let Err(error) = pallet_session::Pallet::<T>::purge_keys(origin) {
				log::error!(target: LOG_TARGET, "cannot purge keys of {account:?}: {error:?}");
			}
		}
		if let Err(error) = frame_system::Pallet::<T>::dec_providers(account) {
			log::warn!(target: LOG_TARGET, "the account {account:?} stays alive: {error:?}");
		}
	}

	/// Disables `account` in the current session, if it serves in it and is not the last that makes blocks.
	fn disable(account: &T::AccountId) {
		let serving = pallet_session::Pallet::<T>::validators();
		let Some(index) = serving.iter().position(|validator| validator == account) else { return };
		let index: u32 = index.saturated_into();
		let disabled = pallet_session::Pallet::<T>::disabled_validators();
		if disabled.contains(&index) {
			return;
		}
		if disabled.len().saturating_add(1) >= serving.len() {
			log::error!(target: LOG_TARGET, "{account:?} offended and cannot be disabled: it is the last");
			Self::deposit_event(Event::OffenderKept { account: account.clone() });
			return;
		}
		pallet_session::Pallet::<T>::disable_index(index);
	}
}
