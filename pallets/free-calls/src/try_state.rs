//! What always holds between blocks.

use crate::{nonce::floor_key, *};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks every invariant of the pallet.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let rules = QuotaRules::<T>::get();
		ensure!(rules.quota >= 1 && rules.window >= 1, "quota or window is zero");
		ensure!(FreeWeight::<T>::get().all_lte(Self::share()), "free calls exceed their share");
		let now = Self::window();
		for (who, usage) in Usage::<T>::iter() {
			ensure!(
				frame_system::Pallet::<T>::account_exists(&who),
				"an address without account has a quota"
			);
			ensure!(usage.used <= rules.quota, "an address used more than its quota");
			ensure!(
				usage.from_window <= now.saturating_add(1),
				"a quota begins later than in the next window"
			);
			ensure!(
				usage.used == 0 || usage.window <= now,
				"an address used its quota in a window ahead"
			);
			ensure!(
				usage.used == 0 || usage.from_window <= usage.window,
				"an address used its quota before it began"
			);
		}
		for (who, floor) in NonceFloors::<T>::iter() {
			ensure!(
				FloorQueue::<T>::contains_key(floor_key::<T>(floor), &who),
				"a nonce that is kept is not in the queue"
			);
		}
		ensure!(
			FloorQueue::<T>::iter_keys().count() == NonceFloors::<T>::iter_keys().count(),
			"the queue has a nonce that is not kept"
		);
		Ok(())
	}
}
