//! How much the extension weighs beside the standard extensions.

use super::*;
use frame_benchmarking::v2::*;
use frame_support::{
	dispatch::{DispatchClass, DispatchInfo, PostDispatchInfo},
	traits::Get,
	weights::Weight,
};
use frame_system::{CheckMortality, CheckNonce, CheckWeight};
use pallet_transaction_payment::ChargeTransactionPayment;
use petra_primitives::{AddressMaker, QuotaGrants};
use sp_runtime::{
	generic::Era,
	traits::{AsSystemOriginSigner, Dispatchable, One, SaturatedConversion, Saturating, Zero},
};

/// Makes the call by which the extension is measured.
pub trait BenchmarkHelper<AccountId, Call> {
	/// A call that is free for `who` and whose cost takes longest to find.
	fn free_call(who: &AccountId) -> Call;
}

type CallOf<T> = <T as frame_system::Config>::RuntimeCall;

/// A nonce that the block number has not passed.
fn later_nonce<T: Config>(who: &T::AccountId) -> T::Nonce {
	let nonce = frame_system::Pallet::<T>::account_nonce(who);
	nonce.saturating_add(100u32.into())
}

/// Keeps the nonce of an account that ended and is there again.
fn keep_nonce<T: Config>(who: &T::AccountId) -> T::Nonce {
	let nonce = later_nonce::<T>(who);
	NonceFloors::<T>::insert(who, nonce);
	FloorQueue::<T>::insert(crate::nonce::floor_key::<T>(nonce), who, ());
	nonce
}

/// An account with a quota, of which some is used.
fn granted<T: Config>() -> T::AccountId {
	let who: T::AccountId = whitelisted_caller();
	frame_system::Pallet::<T>::inc_providers(&who);
	frame_system::Pallet::<T>::set_block_number(One::one());
	// Enough for any call that the helper may make.
	QuotaRules::<T>::put(Rules { quota: u32::MAX, window: 64 });
	// With two places to compare.
	Pallet::<T>::grant(&who, AddressMaker::Meter(1));
	Pallet::<T>::grant(&who, AddressMaker::Mixing);
	Usage::<T>::mutate_extant(&who, |usage| usage.used = 1);
	who
}

#[benchmarks(
	where
		T: Send + Sync,
		CallOf<T>: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
		T::RuntimeOrigin: AsSystemOriginSigner<T::AccountId> + Clone,
)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn check_free_call() -> Result<(), BenchmarkError> {
		let who = granted::<T>();
		let call = T::BenchmarkHelper::free_call(&who);
		let nonce = keep_nonce::<T>(&who);
		let extension = FreeCallQuota::<T>((
			CheckMortality::from(Era::mortal(64, 1)),
			CheckNonce::from(nonce),
			CheckWeight::new(),
			ChargeTransactionPayment::from(Zero::zero()),
		));
		let weight = T::BlockWeights::get().get(DispatchClass::Normal).base_extrinsic;
		let mut priority = None;

		#[block]
		{
			Pallet::<T>::lift_nonce(&who);
			if let Some(terms) = Pallet::<T>::free_call(&who, &call) {
				let before = extension.before(&who);
				priority = terms.fit(before).then(|| Pallet::<T>::priority(&terms, before));
				Pallet::<T>::charge(&who, terms.cost)?;
				Pallet::<T>::take_share(weight)?;
				Pallet::<T>::return_share(weight);
			}
		}

		assert!(priority >= Some(FIRST_RANK));
		assert!(Usage::<T>::get(&who).is_some_and(|usage| usage.used > 1));
		Ok(())
	}

	#[benchmark]
	fn check_paid_call() {
		let who = granted::<T>();
		let call = frame_system::Call::<T>::remark { remark: alloc::vec![] }.into();
		let nonce = keep_nonce::<T>(&who);
		let terms;

		#[block]
		{
			Pallet::<T>::lift_nonce(&who);
			terms = Pallet::<T>::free_call(&who, &call);
		}

		assert_eq!(terms, None);
		assert!(frame_system::Pallet::<T>::account_nonce(&who) == nonce);
	}

	#[benchmark]
	fn on_finalize() {
		FreeWeight::<T>::put(Weight::from_parts(1, 1));

		#[block]
		{
			FreeWeight::<T>::kill();
		}

		assert!(!FreeWeight::<T>::exists());
	}

	#[benchmark]
	fn forget_floor() {
		let who = granted::<T>();
		let nonce = keep_nonce::<T>(&who);
		frame_system::Pallet::<T>::set_block_number(nonce.saturated_into::<u64>().saturated_into());

		#[block]
		{
			Pallet::<T>::forget_floor();
		}

		assert!(!NonceFloors::<T>::contains_key(&who));
		assert!(frame_system::Pallet::<T>::account_nonce(&who) == nonce);
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::ExtBuilder::default().build(),
		crate::mock::Test
	);
}
