//! Withdrawals: by a meter (P1), and by the DSO (P3).

use crate::{Config, Error, LiveOn, Pallet};
use alloc::vec::Vec;
use frame_support::{dispatch::DispatchResult, ensure, traits::Get};
use petra_primitives::{
	AddressMaker, Balance, EnergyAsset, EnergyRequest, FeederId, Grid, MeterId, MeterLimits,
	NewAsset, Power, QuotaGrants, Timestep, WithdrawalOutput,
};
use sp_runtime::AccountId32;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_withdraw(
		who: &AccountId32,
		meter: MeterId,
		outputs: Vec<WithdrawalOutput<AccountId32>>,
	) -> DispatchResult {
		ensure!(!outputs.is_empty(), Error::<T>::NothingToTransfer);
		let (mut energy, mut money) = (Vec::new(), Balance::default());
		for output in &outputs {
			match *output {
				WithdrawalOutput::Energy { kind, power, start, end, .. } => {
					Self::ensure_well_formed(power, start, end)?;
					Self::ensure_withdrawable(start, end)?;
					energy.push(EnergyRequest { kind, power, start, end });
				},
				WithdrawalOutput::Financial { amount, .. } => {
					ensure!(amount > 0, Error::<T>::ZeroAmount);
					money = money.checked_add(amount).ok_or(Error::<T>::Overflow)?;
				},
			}
		}
		let feeder = T::Meters::withdraw(who, meter, &energy, money).map_err(Error::<T>::from)?;
		if !energy.is_empty() {
			Self::ensure_room(feeder, energy.len() as u64, 1)?;
		}
		let maker = AddressMaker::Meter(meter);
		for output in outputs {
			match output {
				WithdrawalOutput::Energy { address, kind, power, start, end } => {
					let asset = NewAsset { feeder, kind, power, start, end };
					Self::create_withdrawn(address, asset, maker)?
				},
				WithdrawalOutput::Financial { address, amount } => {
					Self::create_money(address, amount, maker)?
				},
			}
		}
		Ok(())
	}

	pub(crate) fn do_add_energy_asset(address: AccountId32, asset: NewAsset) -> DispatchResult {
		let NewAsset { feeder, kind, power, start, end } = asset;
		Self::ensure_well_formed(power, start, end)?;
		Self::ensure_withdrawable(start, end)?;
		let request = EnergyRequest { kind, power, start, end };
		T::Meters::withdraw_for_feeder(feeder, &request).map_err(Error::<T>::from)?;
		Self::ensure_room(feeder, 1, 1)?;
		Ok(Self::create_withdrawn(address, asset, AddressMaker::Dso)?)
	}

	pub(crate) fn do_add_financial_balance(
		address: AccountId32,
		amount: Balance,
	) -> DispatchResult {
		Ok(Self::create_money(address, amount, AddressMaker::Dso)?)
	}

	fn create_withdrawn(
		owner: AccountId32,
		asset: NewAsset,
		maker: AddressMaker,
	) -> Result<(), Error<T>> {
		let NewAsset { feeder, kind, power, start, end } = asset;
		T::Quota::grant(&owner, maker);
		let (traded, locked) = (false, false);
		Self::bring_into_being(EnergyAsset {
			owner,
			kind,
			power,
			start,
			end,
			feeder,
			traded,
			locked,
		})?;
		Ok(())
	}

	fn create_money(
		address: AccountId32,
		amount: Balance,
		maker: AddressMaker,
	) -> Result<(), Error<T>> {
		T::Quota::grant(&address, maker);
		Self::issue(address, amount)
	}

	/// What every new asset must be like.
	pub(crate) fn ensure_well_formed(
		power: Power,
		start: Timestep,
		end: Timestep,
	) -> Result<(), Error<T>> {
		ensure!(start <= end, Error::<T>::BadInterval);
		ensure!(power > 0, Error::<T>::ZeroPower);
		let lot = T::Grid::parameters().power_lot;
		ensure!(power.checked_rem(lot) == Some(0), Error::<T>::NotMultipleOfLot);
		Ok(())
	}

	/// Whether all timesteps are open and within the horizon.
	fn ensure_withdrawable(start: Timestep, end: Timestep) -> Result<(), Error<T>> {
		let (now, parameters) = (T::Grid::now(), T::Grid::parameters());
		ensure!(now.saturating_add(parameters.gate_lead) < start, Error::<T>::NotOpen);
		ensure!(end <= now.saturating_add(parameters.horizon), Error::<T>::BeyondHorizon);
		Ok(())
	}

	/// Whether `more` assets fit on `feeder` below the bound on its state divided by `part`.
	pub(crate) fn ensure_room(feeder: FeederId, more: u64, part: u64) -> Result<(), Error<T>> {
		let bound = u64::from(T::AssetsPerMeter::get())
			.saturating_mul(T::Meters::meters_on(feeder).into())
			.checked_div(part)
			.unwrap_or_default();
		let live = LiveOn::<T>::get(feeder).saturating_add(more);
		ensure!(live <= bound, Error::<T>::TooManyAssets);
		Ok(())
	}
}
