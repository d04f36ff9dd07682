//! The records of assets: what every change of them has in common, and what other pallets may do.

use crate::{
	live_power::LivePower, Assets, AssetsOf, Config, Event, Expiries, Holders, LiveOn, NextAssetId,
	Pallet,
};
use frame_support::ensure;
use petra_primitives::{
	AssetId, AssetKind, AssetLedger, AssetLedgerError, AssetsExist, EnergyAsset, FeederId, Grid,
	PooledNotes, Power, Timestep,
};
use petra_schedule::{timeline::Timeline, Value};
use sp_runtime::AccountId32;

type LedgerResult<R = ()> = Result<R, AssetLedgerError>;

impl<T: Config> Pallet<T> {
	/// Whether the settlement window after `end` has passed.
	pub(crate) fn is_expired(end: Timestep) -> bool {
		end.saturating_add(T::Grid::parameters().settlement_window) < T::Grid::now()
	}

	/// An asset that can be spent: there, unlocked, not expired.
	pub(crate) fn spendable(id: AssetId) -> LedgerResult<EnergyAsset<AccountId32>> {
		let asset = Assets::<T>::get(id).ok_or(AssetLedgerError::AssetNotFound)?;
		ensure!(!asset.locked, AssetLedgerError::AssetLocked);
		ensure!(!Self::is_expired(asset.end), AssetLedgerError::AssetExpired);
		Ok(asset)
	}

	/// [`Self::spendable`], by `owner`.
	pub(crate) fn spendable_by(
		owner: &AccountId32,
		id: AssetId,
	) -> LedgerResult<EnergyAsset<AccountId32>> {
		let asset = Assets::<T>::get(id).ok_or(AssetLedgerError::AssetNotFound)?;
		ensure!(asset.owner == *owner, AssetLedgerError::NotOwner);
		Self::spendable(id)
	}

	/// Writes a new asset and its indices; the feeder's count is the caller's.
	fn insert(asset: EnergyAsset<AccountId32>) -> LedgerResult<AssetId> {
		let id = NextAssetId::<T>::get();
		NextAssetId::<T>::put(id.checked_add(1).ok_or(AssetLedgerError::Overflow)?);
		Self::add_holding(&asset.owner)?;
		AssetsOf::<T>::insert(&asset.owner, id, ());
		if !asset.locked {
			Self::index_expiry(id, asset.end);
		}
		Assets::<T>::insert(id, &asset);
		Self::deposit_event(Event::AssetAdded {
			address: asset.owner.clone(),
			asset_id: id,
			asset,
		});
		Ok(id)
	}

	/// Removes an asset and its indices; the feeder's count is the caller's.
	fn remove(id: AssetId) -> LedgerResult<EnergyAsset<AccountId32>> {
		let asset = Assets::<T>::take(id).ok_or(AssetLedgerError::AssetNotFound)?;
		AssetsOf::<T>::remove(&asset.owner, id);
		Expiries::<T>::remove(asset.end.to_be_bytes(), id.to_be_bytes());
		Self::remove_holding(&asset.owner);
		Ok(asset)
	}

	fn index_expiry(id: AssetId, end: Timestep) {
		Expiries::<T>::insert(end.to_be_bytes(), id.to_be_bytes(), ());
	}

	/// Counts one asset, or pooled note, more or less on a feeder.
	fn count(feeder: FeederId, more: u32, less: u32) {
		LiveOn::<T>::mutate_exists(feeder, |live| {
			let count =
				live.unwrap_or_default().saturating_add(more.into()).saturating_sub(less.into());
			*live = (count > 0).then_some(count);
		});
	}

	/// Adds live power, or takes it away where negative.
	pub(crate) fn add_live_power(
		kind: AssetKind,
		start: Timestep,
		end: Timestep,
		power: Value,
	) -> LedgerResult {
		Timeline(LivePower::<T>::new(kind))
			.add(start, end, power)
			.map_err(|_| AssetLedgerError::Overflow)
	}

	/// Puts a withdrawn asset on the ledger: its power is live from now on.
	pub(crate) fn bring_into_being(asset: EnergyAsset<AccountId32>) -> LedgerResult<AssetId> {
		Self::add_live_power(asset.kind, asset.start, asset.end, asset.power.into())?;
		<Self as AssetLedger<_>>::create(asset)
	}

	/// Takes a deposited or expired asset off the ledger: its power is not live any more.
	pub(crate) fn retire(id: AssetId) -> LedgerResult<EnergyAsset<AccountId32>> {
		let asset = <Self as AssetLedger<_>>::spend(id)?;
		Self::take_live_power(asset.kind, asset.start, asset.end, asset.power, 1)?;
		Ok(asset)
	}

	fn take_live_power(
		kind: AssetKind,
		start: Timestep,
		end: Timestep,
		power: Power,
		times: u32,
	) -> LedgerResult {
		let less = Value::from(power)
			.checked_mul(times.into())
			.and_then(Value::checked_neg)
			.ok_or(AssetLedgerError::Overflow)?;
		Self::add_live_power(kind, start, end, less)
	}
}

impl<T: Config> AssetLedger<AccountId32> for Pallet<T> {
	fn asset(id: AssetId) -> Option<EnergyAsset<AccountId32>> {
		Assets::<T>::get(id)
	}

	fn lock(owner: &AccountId32, id: AssetId) -> LedgerResult<EnergyAsset<AccountId32>> {
		let asset = EnergyAsset { locked: true, ..Self::spendable_by(owner, id)? };
		Expiries::<T>::remove(asset.end.to_be_bytes(), id.to_be_bytes());
		Assets::<T>::insert(id, &asset);
		Ok(asset)
	}

	fn unlock(id: AssetId) -> LedgerResult {
		Assets::<T>::try_mutate(id, |entry| {
			let asset = entry.as_mut().ok_or(AssetLedgerError::AssetNotFound)?;
			ensure!(asset.locked, AssetLedgerError::AssetNotLocked);
			asset.locked = false;
			Self::index_expiry(id, asset.end);
			Ok(())
		})
	}

	fn spend(id: AssetId) -> LedgerResult<EnergyAsset<AccountId32>> {
		let asset = Self::remove(id)?;
		Self::count(asset.feeder, 0, 1);
		Ok(asset)
	}

	fn create(asset: EnergyAsset<AccountId32>) -> LedgerResult<AssetId> {
		Self::count(asset.feeder, 1, 0);
		Self::insert(asset)
	}

	fn pool(
		owner: &AccountId32,
		id: AssetId,
		notes: u32,
	) -> LedgerResult<EnergyAsset<AccountId32>> {
		Self::spendable_by(owner, id)?;
		let asset = Self::remove(id)?;
		Self::count(asset.feeder, notes, 1);
		Ok(asset)
	}

	fn can_unpool(owner: &AccountId32, notes: u32) -> LedgerResult {
		let holding = Holders::<T>::get(owner).map_or(0, |holder| holder.assets);
		holding.checked_add(notes).ok_or(AssetLedgerError::Overflow)?;
		let next = NextAssetId::<T>::get();
		next.checked_add(notes.into()).map(|_| ()).ok_or(AssetLedgerError::Overflow)
	}

	fn unpool(asset: EnergyAsset<AccountId32>) -> LedgerResult<AssetId> {
		Self::insert(asset)
	}

	fn expire_pooled(note: &PooledNotes) -> LedgerResult {
		let PooledNotes { kind, feeder, power, start, end, notes } = *note;
		Self::count(feeder, 0, notes);
		Self::take_live_power(kind, start, end, power, notes)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_withdraw(asset: EnergyAsset<AccountId32>) -> LedgerResult<AssetId> {
		for around in [1, 3, 6] {
			let (from, to) = (asset.start.saturating_sub(around), asset.end.saturating_add(around));
			Self::add_live_power(asset.kind, from, to, asset.power.into())?;
		}
		Self::bring_into_being(asset)
	}
}

impl<T: Config> AssetsExist for Pallet<T> {
	fn assets_exist() -> bool {
		LiveOn::<T>::iter_keys().next().is_some()
	}
}
