//! What the runtime asks: an address's assets, and which calls are free.

use crate::{Assets, AssetsOf, Call, Config, Pallet};
use alloc::vec::Vec;
use petra_primitives::{AssetId, EnergyAsset, MeterLimits};
use sp_runtime::AccountId32;

impl<T: Config> Pallet<T> {
	/// An address's energy assets, in ascending order of their ids.
	pub fn assets_of(address: &AccountId32) -> Vec<(AssetId, EnergyAsset<AccountId32>)> {
		let mut ids: Vec<AssetId> = AssetsOf::<T>::iter_key_prefix(address).collect();
		ids.sort_unstable();
		ids.into_iter()
			.filter_map(|id| Assets::<T>::get(id).map(|asset| (id, asset)))
			.collect()
	}

	/// What `call` by `who` costs of its quota, in asset writes, at least 1; none if the call is not free for `who`
	/// (specification, section 8).
	///
	/// `withdraw` is free for registered meters only. A `transfer` costs one more for each address that it makes: that
	/// gets money and has no account yet, or gets an asset and has no quota yet.
	pub fn free_call_cost(who: &AccountId32, call: &Call<T>) -> Option<u32> {
		match call {
			Call::withdraw { outputs, .. } => {
				T::Meters::is_meter_key(who).then(|| (outputs.len() as u32).max(1))
			},
			Call::transfer { outputs, .. } => {
				let writes = outputs.assets.len().saturating_add(outputs.money.len());
				let new = Self::new_addresses(outputs).len();
				Some((writes.saturating_add(new) as u32).max(1))
			},
			Call::deposit_energy_asset { .. }
			| Call::deposit_financial { .. }
			| Call::reap { .. } => Some(1),
			_ => None,
		}
	}
}
