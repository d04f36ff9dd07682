//! How much the calls weigh, with as many validators as there can be.

use super::*;
use alloc::{vec, vec::Vec};
use codec::Decode;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{EnsureOrigin, Get},
	BoundedVec,
};
use sp_runtime::traits::{Hash, OpaqueKeys, SaturatedConversion, TrailingZeroInput};

/// An account with session keys, as `session.set_keys` makes it.
fn keyed<T: Config>(index: u32) -> Result<(T::AccountId, T::Keys), BenchmarkError> {
	let who: T::AccountId = account("validator", index, 0);
	frame_system::Pallet::<T>::inc_providers(&who);
	let seed = T::Hashing::hash_of(&index).as_ref().repeat(8);
	let keys = T::Keys::decode(&mut TrailingZeroInput::new(&seed))
		.map_err(|_| BenchmarkError::Stop("session keys do not decode"))?;
	for id in T::Keys::key_ids() {
		pallet_session::KeyOwner::<T>::insert((*id, keys.get_raw(*id).to_vec()), &who);
	}
	pallet_session::NextKeys::<T>::insert(&who, &keys);
	frame_system::Pallet::<T>::inc_consumers(&who)?;
	Ok((who, keys))
}

/// `count` validators, all on duty, of which all can be spared but `MinAuthorities`.
fn on_duty<T: Config>(count: u32) -> Result<Vec<T::AccountId>, BenchmarkError> {
	let mut queued = Vec::new();
	for index in 0..count {
		queued.push(keyed::<T>(index)?);
	}
	let accounts: Vec<_> = queued.iter().map(|(account, _)| account.clone()).collect();
	Validators::<T>::put(BoundedVec::truncate_from(accounts.clone()));
	pallet_session::Validators::<T>::put(&accounts);
	pallet_session::DisabledValidators::<T>::kill();
	pallet_session::QueuedKeys::<T>::put(queued);
	Ok(accounts)
}

fn regulator<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
	T::RegulatorOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)
}

fn last_event_is<T: Config>(event: Event<T>) {
	let event: <T as frame_system::Config>::RuntimeEvent = event.into();
	frame_system::Pallet::<T>::assert_last_event(event);
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// The last place is taken by somebody who replaces all the offenders it can.
	#[benchmark]
	fn add_validator() -> Result<(), BenchmarkError> {
		let origin = regulator::<T>()?;
		let accounts = on_duty::<T>(T::MaxAuthorities::get().saturating_sub(1))?;
		let (new, _) = keyed::<T>(T::MaxAuthorities::get())?;
		let offender = accounts.last().cloned().ok_or(BenchmarkError::Weightless)?;
		PendingOffenders::<T>::put(BoundedVec::truncate_from(vec![offender.clone()]));

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, new.clone());

		assert!(Validators::<T>::get().contains(&new));
		last_event_is::<T>(Event::OffenderRemoved { account: offender });
		Ok(())
	}

	/// The one who goes never served, so that its keys are purged at once.
	#[benchmark]
	fn remove_validator() -> Result<(), BenchmarkError> {
		let origin = regulator::<T>()?;
		let accounts = on_duty::<T>(T::MaxAuthorities::get().saturating_sub(1))?;
		let (new, _) = keyed::<T>(T::MaxAuthorities::get())?;
		Validators::<T>::mutate(|validators| validators.try_push(new.clone()))
			.map_err(|_| BenchmarkError::Stop("no room"))?;
		AddedIn::<T>::insert(&new, 0);

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, new.clone());

		assert_eq!(Validators::<T>::get().into_inner(), accounts);
		assert!(!Pallet::<T>::has_keys(&new));
		last_event_is::<T>(Event::ValidatorRemoved { account: new });
		Ok(())
	}

	#[benchmark]
	fn on_offence(n: Linear<1, { T::MaxAuthorities::get() }>) -> Result<(), BenchmarkError> {
		let accounts = on_duty::<T>(T::MaxAuthorities::get())?;
		let offenders: Vec<_> = accounts.iter().take(n as usize).cloned().collect();

		#[block]
		{
			for account in &offenders {
				Pallet::<T>::punish(account, 0);
			}
		}

		let punished = PendingOffenders::<T>::get().len().saturating_add(Leaving::<T>::get().len());
		assert_eq!(punished.saturated_into::<u32>(), n);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::empty_ext(), crate::mock::Test);
}
