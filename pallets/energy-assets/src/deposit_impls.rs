//! How assets and money leave the ledger: deposits and expiry.

use crate::{
	account_impls::block_key, Assets, Config, Error, Event, Expiries, Pallet, UsedDigests,
	WeightInfo, MAX_IDLE_STEPS,
};
use frame_support::{dispatch::DispatchResult, ensure, weights::WeightMeter};
use petra_primitives::{AssetId, Balance, Timestep};
use sp_runtime::AccountId32;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_deposit_energy_asset(who: &AccountId32, asset_id: AssetId) -> DispatchResult {
		Self::spendable_by(who, asset_id).map_err(Error::<T>::from)?;
		let asset = Self::retire(asset_id).map_err(Error::<T>::from)?;
		Self::deposit_event(Event::AssetDeposited { address: who.clone(), asset_id, asset });
		Ok(())
	}

	pub(crate) fn do_deposit_financial(who: &AccountId32, amount: Balance) -> DispatchResult {
		Self::burn(who, amount)?;
		Self::deposit_event(Event::FinancialDeposited { address: who.clone(), amount });
		Ok(())
	}

	pub(crate) fn do_reap(asset_id: AssetId) -> DispatchResult {
		let asset = Assets::<T>::get(asset_id).ok_or(Error::<T>::AssetNotFound)?;
		ensure!(Self::is_expired(asset.end), Error::<T>::NotExpired);
		ensure!(!asset.locked, Error::<T>::AssetLocked);
		Ok(Self::expire_asset(asset_id)?)
	}

	/// Removes an expired asset.
	pub(crate) fn expire_asset(asset_id: AssetId) -> Result<(), Error<T>> {
		Self::retire(asset_id)?;
		Self::deposit_event(Event::AssetExpired { asset_id });
		Ok(())
	}

	/// Removes expired assets, in bounded steps, the earliest first.
	pub(crate) fn expire_assets(meter: &mut WeightMeter) {
		let mut earliest = Expiries::<T>::iter_keys();
		for _ in 0..MAX_IDLE_STEPS {
			if meter.try_consume(T::WeightInfo::expire_asset()).is_err() {
				break;
			}
			let Some((end, id)) = earliest.next() else { break };
			if !Self::is_expired(Timestep::from_be_bytes(end))
				|| Self::expire_asset(AssetId::from_be_bytes(id)).is_err()
			{
				break;
			}
		}
	}

	/// Forgets used digests whose deadline has passed, in bounded steps, the earliest first.
	pub(crate) fn forget_digests(meter: &mut WeightMeter) {
		let now = block_key(frame_system::Pallet::<T>::block_number());
		let mut earliest = UsedDigests::<T>::iter_keys();
		for _ in 0..MAX_IDLE_STEPS {
			if meter.try_consume(T::WeightInfo::forget_digest()).is_err() {
				break;
			}
			match earliest.next() {
				Some((deadline, digest)) if deadline < now => {
					UsedDigests::<T>::remove(deadline, digest)
				},
				_ => break,
			}
		}
	}
}
