//! What `pallet-session` and `pallet-offences` ask of the set of validators.

use crate::*;
use alloc::vec::Vec;
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_session::historical;
use sp_runtime::{
	traits::{Convert, One, SaturatedConversion},
	Perbill,
};
use sp_staking::{
	offence::{OffenceDetails, OnOffenceHandler},
	SessionIndex,
};

/// The most roots of past sessions that are pruned at the start of one session: more than one only after
/// `HistoryDepth` has shrunk.
const MAX_PRUNED: SessionIndex = 16;

/// Blocks in a session, never 0: the period of `pallet_session::PeriodicSessions`.
pub struct SessionLength<T>(PhantomData<T>);

impl<T: Config> Get<BlockNumberFor<T>> for SessionLength<T> {
	fn get() -> BlockNumberFor<T> {
		BlocksPerSession::<T>::get().max(One::one())
	}
}

/// Validators have nothing at stake: their full identification is the unit type.
pub struct UnitIdentificationOf;

impl<AccountId> Convert<AccountId, Option<()>> for UnitIdentificationOf {
	fn convert(_: AccountId) -> Option<()> {
		Some(())
	}
}

impl<T: Config> Pallet<T> {
	/// The set for the session that is planned; none if neither accounts nor keys differ from those of the current.
	///
	/// `pallet-session` would notice most changes of keys itself, but the root by which equivocations of a past
	/// session are proven is renewed only if the manager returns a set.
	fn plan_session() -> Option<Vec<T::AccountId>> {
		Self::remove_pending_offenders();
		let planned: Vec<_> = Validators::<T>::get()
			.into_iter()
			.filter_map(|account| {
				pallet_session::NextKeys::<T>::get(&account).map(|keys| (account, keys))
			})
			.collect();
		if planned.is_empty() {
			log::error!(target: LOG_TARGET, "no validator has session keys: the set does not change");
			return None;
		}
		// While a session is planned, the queue still holds the keys of the session that just began.
		let changed = planned != pallet_session::Pallet::<T>::queued_keys();
		changed.then(|| planned.into_iter().map(|(account, _)| account).collect())
	}

	fn begin_session() {
		Self::release_leavers();
		Self::disable_offenders();
	}
}

impl<T: Config> pallet_session::SessionManager<T::AccountId> for Pallet<T> {
	fn new_session(_: SessionIndex) -> Option<Vec<T::AccountId>> {
		Self::plan_session()
	}

	fn new_session_genesis(_: SessionIndex) -> Option<Vec<T::AccountId>> {
		let validators = Validators::<T>::get();
		for account in &validators {
			assert!(
				Self::has_keys(account),
				"session.keys must hold keys of each of validatorSet.initialValidators; none of {account:?}"
			);
		}
		// Without validators the session pallet takes the accounts of its own genesis.
		(!validators.is_empty()).then(|| validators.into_inner())
	}

	fn start_session(_: SessionIndex) {
		Self::begin_session();
	}

	fn end_session(_: SessionIndex) {}
}

impl<T> historical::SessionManager<T::AccountId, ()> for Pallet<T>
where
	T: Config + historical::Config<FullIdentification = ()>,
{
	fn new_session(index: SessionIndex) -> Option<Vec<(T::AccountId, ())>> {
		<Self as pallet_session::SessionManager<_>>::new_session(index).map(identified)
	}

	fn new_session_genesis(index: SessionIndex) -> Option<Vec<(T::AccountId, ())>> {
		<Self as pallet_session::SessionManager<_>>::new_session_genesis(index).map(identified)
	}

	fn start_session(index: SessionIndex) {
		prune_history::<T>(index);
		<Self as pallet_session::SessionManager<_>>::start_session(index);
	}

	fn end_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::end_session(index);
	}
}

impl<T, Reporter> OnOffenceHandler<Reporter, historical::IdentificationTuple<T>, Weight>
	for Pallet<T>
where
	T: Config + historical::Config,
{
	fn on_offence(
		offenders: &[OffenceDetails<Reporter, historical::IdentificationTuple<T>>],
		_: &[Perbill],
		session: SessionIndex,
	) -> Weight {
		for OffenceDetails { offender: (account, _), .. } in offenders {
			Self::punish(account, session);
		}
		<T as Config>::WeightInfo::on_offence(offenders.len().saturated_into())
	}
}

fn identified<AccountId>(validators: Vec<AccountId>) -> Vec<(AccountId, ())> {
	validators.into_iter().map(|account| (account, ())).collect()
}

/// Forgets roots of sessions that are more than `HistoryDepth` before `index`.
fn prune_history<T: Config + historical::Config>(index: SessionIndex) {
	let Some((first, _)) = historical::StoredRange::<T>::get() else { return };
	let up_to = index
		.saturating_sub(T::HistoryDepth::get())
		.min(first.saturating_add(MAX_PRUNED));
	if up_to > first {
		historical::Pallet::<T>::prune_up_to(up_to);
	}
}
