//! What always holds between blocks.

use crate::{nonce::floor_key, *};
use alloc::{collections::btree_map::BTreeMap, vec::Vec};
use frame_support::ensure;
use petra_primitives::AddressMaker;
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
		Self::check_places(now)?;
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

	/// Nobody has more addresses before a place than it may.
	fn check_places(now: u32) -> Result<(), TryRuntimeError> {
		for making in Makers::<T>::iter_values() {
			ensure!(making.before <= making.made, "a maker made less than before");
			ensure!(making.window <= now, "a maker made an address in a window ahead");
		}
		let mut places = BTreeMap::<AddressMaker, Vec<u64>>::new();
		for usage in Usage::<T>::iter_values() {
			if let Standing::Made { first, other } = usage.standing {
				for place in [Some(first), other].into_iter().flatten() {
					places.entry(place.maker).or_default().push(place.before);
				}
			}
		}
		for (maker, mut before) in places {
			let making = Makers::<T>::get(maker);
			ensure!(
				before.iter().all(|before| *before < making.made),
				"an address has a place that nobody made"
			);
			// The latest first: the one after n others has at least n others beside it.
			before.sort_unstable_by(|one, other| other.cmp(one));
			ensure!(
				(0u64..)
					.zip(before)
					.all(|(others, before)| others <= making.others_since(before)),
				"a maker has more addresses in front than it made"
			);
		}
		Ok(())
	}
}
