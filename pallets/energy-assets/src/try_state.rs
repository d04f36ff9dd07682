//! What must always hold.

use crate::{
	account_impls::block_key, live_power::LivePower, Assets, AssetsOf, Config, Expiries, Holders,
	Leaving, LiveOn, LivePages, NextAssetId, Pallet, UsedDigests,
};
use alloc::{collections::btree_map::BTreeMap, vec::Vec};
use frame_support::{ensure, traits::Get};
use petra_primitives::{AssetKind, FeederId, Grid, InspectPools};
use petra_schedule::{timeline::Timeline, StepFunction, Timestep, Value};
use sp_runtime::{traits::Saturating, AccountId32, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks that
	/// - every asset is well-formed, and the indices and assets agree;
	/// - the feeders' counts are right, pooled notes included;
	/// - the pallet holds an account reference for exactly the addresses that have assets or are leaving;
	/// - per kind and timestep the live power equals created − deposited − expired;
	/// - no used digest is kept beyond the latest possible deadline.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_assets()?;
		Self::check_counts()?;
		Self::check_holders()?;
		Self::check_live_power()?;
		let latest =
			frame_system::Pallet::<T>::block_number().saturating_add(T::MaxDeadline::get());
		ensure!(
			UsedDigests::<T>::iter_keys().all(|(deadline, _)| deadline <= block_key(latest)),
			"energy assets: a digest is kept too long"
		);
		Ok(())
	}

	fn check_assets() -> Result<(), TryRuntimeError> {
		let lot = T::Grid::parameters().power_lot;
		let (mut assets, mut unlocked) = (0usize, 0usize);
		for (id, asset) in Assets::<T>::iter() {
			ensure!(id < NextAssetId::<T>::get(), "energy assets: an id was not given out yet");
			ensure!(
				asset.start <= asset.end
					&& asset.power > 0
					&& asset.power.checked_rem(lot) == Some(0),
				"energy assets: an asset is not well-formed"
			);
			ensure!(
				AssetsOf::<T>::contains_key(&asset.owner, id),
				"energy assets: an asset is not in its owner's index"
			);
			let indexed = Expiries::<T>::contains_key(asset.end.to_be_bytes(), id.to_be_bytes());
			ensure!(
				indexed != asset.locked,
				"energy assets: the index of ends and an asset disagree"
			);
			assets = assets.saturating_add(1);
			unlocked = unlocked.saturating_add(usize::from(!asset.locked));
		}
		ensure!(
			AssetsOf::<T>::iter_keys().count() == assets,
			"energy assets: the owners' index has too many entries"
		);
		ensure!(
			Expiries::<T>::iter_keys().count() == unlocked,
			"energy assets: the index of ends has too many entries"
		);
		Ok(())
	}

	fn check_counts() -> Result<(), TryRuntimeError> {
		let mut counts = BTreeMap::<FeederId, u64>::new();
		for asset in Assets::<T>::iter_values() {
			counts.entry(asset.feeder).or_default().saturating_inc();
		}
		for pooled in T::Pools::pooled_notes().into_iter().filter(|pooled| pooled.notes > 0) {
			counts.entry(pooled.feeder).or_default().saturating_accrue(pooled.notes.into());
		}
		ensure!(
			LiveOn::<T>::iter().collect::<BTreeMap<_, _>>() == counts,
			"energy assets: a feeder's count is wrong"
		);
		Ok(())
	}

	fn check_holders() -> Result<(), TryRuntimeError> {
		let mut counts = BTreeMap::<AccountId32, u32>::new();
		for asset in Assets::<T>::iter_values() {
			counts.entry(asset.owner).or_default().saturating_inc();
		}
		let mut leaving = 0usize;
		for (who, holder) in Holders::<T>::iter() {
			ensure!(
				counts.remove(&who).unwrap_or_default() == holder.assets,
				"energy assets: an address's count is wrong"
			);
			ensure!(
				(holder.assets == 0) == holder.leaving.is_some(),
				"energy assets: an address leaves with assets, or stays without"
			);
			if let Some(block) = holder.leaving {
				leaving = leaving.saturating_add(1);
				ensure!(
					Leaving::<T>::contains_key(block_key(block), &who),
					"energy assets: a leaving address is not in the queue"
				);
			}
			ensure!(
				frame_system::Pallet::<T>::sufficients(&who) > 0,
				"energy assets: an address has no account reference"
			);
		}
		ensure!(counts.is_empty(), "energy assets: an owner is not held");
		ensure!(
			Leaving::<T>::iter_keys().count() == leaving,
			"energy assets: the queue of leaving addresses has too many entries"
		);
		Ok(())
	}

	fn check_live_power() -> Result<(), TryRuntimeError> {
		let mut pages = 0u64;
		for kind in [AssetKind::Production, AssetKind::Consumption] {
			let assets = Assets::<T>::iter_values()
				.filter(|asset| asset.kind == kind)
				.map(|asset| (asset.start, asset.end, Value::from(asset.power)));
			let pooled = T::Pools::pooled_notes()
				.into_iter()
				.filter(|pooled| pooled.kind == kind)
				.map(|pooled| {
					let power = Value::from(pooled.power).saturating_mul(pooled.notes.into());
					(pooled.start, pooled.end, power)
				});
			let live = StepFunction::sum(assets.chain(pooled))
				.map_err(|_| "energy assets: live power overflows")?;
			let timeline = Timeline(LivePower::<T>::new(kind));
			let below = timeline.check().map_err(|_| "energy assets: live power is corrupt")?;
			pages = pages.saturating_add(below);
			let kept = timeline.pieces(0, Timestep::MAX, usize::MAX, u32::MAX).pieces;
			ensure!(
				live.pieces().collect::<Vec<_>>() == kept,
				"energy assets: live power is not created − deposited − expired"
			);
		}
		ensure!(
			LivePages::<T>::iter_keys().count() as u64 == pages,
			"energy assets: live power has stray pages"
		);
		Ok(())
	}
}
