//! Benchmarks of the steps in idle block time. What withdrawals and regulation cost here is measured with the calls of
//! `EnergyAssets` and `Regulation` over the composed runtime.

use crate::{keys_impls::block_key, *};
use frame_benchmarking::v2::*;
use frame_system::pallet_prelude::BlockNumberFor;
use petra_primitives::AssetKind;
use petra_schedule::timeline::FAN_OUT;
use sp_runtime::traits::One;

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn release_key() {
		let key: T::AccountId = account("key", 0, 0);
		Pallet::<T>::hold_key(&key, 0);
		Pallet::<T>::retire_key(&key);
		let block = Retired::<T>::get(&key).unwrap_or_default();
		frame_system::Pallet::<T>::set_block_number(block);

		#[block]
		{
			if let Some((block, key)) = RetiredQueue::<T>::iter_keys().next() {
				Pallet::<T>::release_key(block, &key);
			}
		}

		assert!(!Retired::<T>::contains_key(&key));
		assert!(!RetiredQueue::<T>::contains_key(block_key(BlockNumberFor::<T>::one()), &key));
		assert!(!frame_system::Account::<T>::contains_key(&key));
	}

	#[benchmark]
	fn prune_step() {
		// Timesteps as they are when they take 4 seconds, each with another amount; more pages than a step removes.
		const START: u64 = 448_000_000;
		let _ = Roots::<T>::clear(u32::MAX, None);
		let series = Series::Meter(0, AssetKind::Production);
		let mut timeline = series.timeline::<T>();
		let timesteps = FAN_OUT.saturating_mul(u64::from(PAGES_PER_STEP).saturating_mul(3));
		for t in 0..timesteps {
			let t = START.saturating_add(t);
			assert_eq!(timeline.add(t, t, i128::from(t % 61) << 64), Ok(()));
		}
		let before = START.saturating_add(FAN_OUT.saturating_mul(u64::from(PAGES_PER_STEP) * 2));
		Pruning::<T>::put(PruneState { before, after: None, complete: false });
		let pages = Pages::<T>::iter_prefix(series).count() as u32;

		#[block]
		{
			Pallet::<T>::prune_step();
		}

		let left = Pages::<T>::iter_prefix(series).count() as u32;
		assert_eq!(left.saturating_add(PAGES_PER_STEP), pages);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
