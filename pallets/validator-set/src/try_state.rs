//! What always holds between blocks.

use crate::*;
use alloc::collections::BTreeSet;
use frame_support::{ensure, traits::Get};
use sp_runtime::{
	traits::{SaturatedConversion, Zero},
	TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// Checks every invariant of the pallet.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_validators()?;
		Self::check_pending_offenders()?;
		Self::check_leaving()?;
		Self::check_accounts()?;
		Self::check_disabled()?;
		ensure!(!BlocksPerSession::<T>::get().is_zero(), "a session has no blocks");
		Ok(())
	}

	/// At least `MinAuthorities` validators, none twice; notes of who was added when are about validators.
	fn check_validators() -> Result<(), TryRuntimeError> {
		let validators = Validators::<T>::get();
		let distinct: BTreeSet<_> = validators.iter().collect();
		ensure!(distinct.len() == validators.len(), "an account is a validator twice");
		let count: u32 = validators.len().saturated_into();
		ensure!(count >= T::MinAuthorities::get(), "fewer validators than MinAuthorities");
		ensure!(
			AddedIn::<T>::iter_keys().all(|account| distinct.contains(&account)),
			"AddedIn names an account that is no validator"
		);
		Ok(())
	}

	/// Offenders that wait for a replacement are validators, none twice.
	fn check_pending_offenders() -> Result<(), TryRuntimeError> {
		let validators = Validators::<T>::get();
		let pending = PendingOffenders::<T>::get();
		let distinct: BTreeSet<_> = pending.iter().collect();
		ensure!(distinct.len() == pending.len(), "an offender is pending twice");
		ensure!(
			pending.iter().all(|account| validators.contains(account)),
			"a pending offender is no validator"
		);
		Ok(())
	}

	/// Who leaves is no validator, is on the list once, and still serves this session or the next.
	fn check_leaving() -> Result<(), TryRuntimeError> {
		let validators = Validators::<T>::get();
		let leaving = Leaving::<T>::get();
		let distinct: BTreeSet<_> = leaving.iter().map(|leaver| &leaver.account).collect();
		ensure!(distinct.len() == leaving.len(), "an account is leaving twice");
		let serving = pallet_session::Pallet::<T>::validators();
		let queued = pallet_session::Pallet::<T>::queued_keys();
		for Leaver { account, .. } in &leaving {
			ensure!(!validators.contains(account), "a validator is leaving");
			ensure!(
				serving.contains(account) || queued.iter().any(|(next, _)| next == account),
				"an account is leaving that does not serve"
			);
		}
		Ok(())
	}

	/// Accounts of validators and of those who leave exist.
	fn check_accounts() -> Result<(), TryRuntimeError> {
		let leaving = Leaving::<T>::get();
		let accounts = Validators::<T>::get();
		for account in accounts.iter().chain(leaving.iter().map(|leaver| &leaver.account)) {
			ensure!(
				frame_system::Pallet::<T>::providers(account) > 0,
				"the account of a validator has no provider"
			);
		}
		Ok(())
	}

	/// Offenders make no blocks, unless nobody else could.
	fn check_disabled() -> Result<(), TryRuntimeError> {
		let disabled = pallet_session::Pallet::<T>::disabled_validators();
		let serving = pallet_session::Pallet::<T>::validators();
		let pending = PendingOffenders::<T>::get();
		let leaving = Leaving::<T>::get();
		let offended = |account| {
			pending.contains(account)
				|| leaving.iter().any(|leaver| leaver.offender && leaver.account == *account)
		};
		let working: BTreeSet<_> = serving
			.iter()
			.enumerate()
			.filter(|(index, _)| !disabled.contains(&(*index).saturated_into()))
			.map(|(_, account)| account)
			.collect();
		ensure!(
			working.len() <= 1 || !working.into_iter().any(offended),
			"an offender is not disabled"
		);
		Ok(())
	}
}
