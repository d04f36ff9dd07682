//! Transfers: P1's energy and financial transactions.

use crate::{
	account_impls::block_key, CoSignatures, Config, Error, Event, Pallet, TransferInputs,
	TransferOutputs, UsedDigests, WeightInfo,
};
use alloc::{
	collections::{btree_map::BTreeMap, btree_set::BTreeSet},
	vec::Vec,
};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get, weights::Weight, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use petra_primitives::{
	messages, AssetId, AssetKind, AssetLedger, AssetOutput, EnergyAsset, FeederId, Grid,
	QuotaGrants, Timestep,
};
use petra_schedule::{StepFunction, Value};
use sp_runtime::{
	traits::{Saturating, Zero},
	AccountId32,
};

/// The domain of what co-owners sign.
pub(crate) const DOMAIN: &str = "petra/EnergyAssets/transfer";

/// Power over an interval, negative for outputs.
type Piece = (Timestep, Timestep, Value);

/// What power is counted apart by.
type Sort = (AssetKind, FeederId, bool);

impl<T: Config> Pallet<T> {
	pub(crate) fn do_transfer(
		origin: AccountId32,
		inputs: TransferInputs<T>,
		outputs: TransferOutputs<T>,
		co_signatures: Option<CoSignatures<T>>,
	) -> DispatchResult {
		let nothing_in = inputs.assets.is_empty() && inputs.money.is_empty();
		let nothing_out = outputs.assets.is_empty() && outputs.money.is_empty();
		ensure!(!nothing_in && !nothing_out, Error::<T>::NothingToTransfer);
		let spent = Self::load_inputs(&inputs.assets)?;
		for output in &outputs.assets {
			Self::ensure_well_formed(output.power, output.start, output.end)?;
		}
		Self::ensure_conserved(&spent, &outputs.assets)?;
		Self::ensure_room_for_transfer(&spent, &outputs.assets)?;
		Self::ensure_signed_by_owners(&origin, &spent, &inputs, &outputs, co_signatures)?;

		Self::grant_quota(&outputs);
		Self::move_money(&inputs.money, &outputs.money)?;
		let mut created = BoundedVec::<AssetId, T::MaxOutputs>::new();
		for output in outputs.assets {
			let AssetOutput { address: owner, kind, power, start, end, feeder, traded } = output;
			let locked = false;
			let asset = EnergyAsset { owner, kind, power, start, end, feeder, traded, locked };
			let id = Self::create(asset).map_err(Error::<T>::from)?;
			created.try_push(id).map_err(|_| Error::<T>::Overflow)?;
		}
		for id in &inputs.assets {
			Self::spend(*id).map_err(Error::<T>::from)?;
		}
		Self::deposit_event(Event::AssetTransferred { spent: inputs.assets, created });
		Ok(())
	}

	/// What a transfer weighs: its energy, its money and its co-owners are measured apart.
	pub(crate) fn weight_of_transfer(
		inputs: &TransferInputs<T>,
		outputs: &TransferOutputs<T>,
		co_signatures: Option<&CoSignatures<T>>,
	) -> Weight {
		let (spent, created) = (inputs.assets.len() as u32, outputs.assets.len() as u32);
		let (paid, received) = (inputs.money.len() as u32, outputs.money.len() as u32);
		let mut weight = T::WeightInfo::transfer_energy(spent, created);
		if paid > 0 || received > 0 {
			weight.saturating_accrue(T::WeightInfo::transfer_money(paid, received));
		}
		if let Some(CoSignatures { signatures, .. }) = co_signatures {
			let signers = signatures.len() as u32;
			weight.saturating_accrue(T::WeightInfo::transfer_of_co_owners(signers));
		}
		weight
	}

	/// Reads the assets to spend; each must be spendable, and listed once.
	fn load_inputs(ids: &[AssetId]) -> Result<Vec<EnergyAsset<AccountId32>>, Error<T>> {
		let distinct: BTreeSet<AssetId> = ids.iter().copied().collect();
		ensure!(distinct.len() == ids.len(), Error::<T>::AssetNotFound);
		ids.iter().map(|id| Self::spendable(*id).map_err(Error::<T>::from)).collect()
	}

	/// For each (kind, feeder, traded) and each timestep the power of inputs and outputs is equal; for timesteps that
	/// have begun, for each owner apart.
	fn ensure_conserved(
		inputs: &[EnergyAsset<AccountId32>],
		outputs: &[AssetOutput<AccountId32>],
	) -> Result<(), Error<T>> {
		let now = T::Grid::now();
		let mut by_sort = BTreeMap::<Sort, Vec<Piece>>::new();
		let mut begun_by_owner = BTreeMap::<(&AccountId32, Sort), Vec<Piece>>::new();
		let input = inputs.iter().map(|asset| {
			let piece = (asset.start, asset.end, Value::from(asset.power));
			(&asset.owner, (asset.kind, asset.feeder, asset.traded), piece)
		});
		let output = outputs.iter().map(|asset| {
			let piece = (asset.start, asset.end, Value::from(asset.power).saturating_neg());
			(&asset.address, (asset.kind, asset.feeder, asset.traded), piece)
		});
		for (owner, sort, (start, end, power)) in input.chain(output) {
			by_sort.entry(sort).or_default().push((start, end, power));
			if start <= now {
				let piece = (start, end.min(now), power);
				begun_by_owner.entry((owner, sort)).or_default().push(piece);
			}
		}
		ensure!(Self::all_zero(by_sort.into_values())?, Error::<T>::NotConserved);
		ensure!(Self::all_zero(begun_by_owner.into_values())?, Error::<T>::AssetBegun);
		Ok(())
	}

	/// Whether each list of pieces adds up to nothing in every timestep.
	fn all_zero(lists: impl Iterator<Item = Vec<Piece>>) -> Result<bool, Error<T>> {
		for pieces in lists {
			let sum = StepFunction::sum(pieces).map_err(|error| match error {
				petra_schedule::Error::BadInterval => Error::<T>::BadInterval,
				petra_schedule::Error::Overflow => Error::<T>::Overflow,
			})?;
			if !sum.is_zero() {
				return Ok(false);
			}
		}
		Ok(true)
	}

	/// On each feeder where more assets are made than spent, they must fit into the half that is not kept for
	/// withdrawals.
	fn ensure_room_for_transfer(
		inputs: &[EnergyAsset<AccountId32>],
		outputs: &[AssetOutput<AccountId32>],
	) -> Result<(), Error<T>> {
		let mut more = BTreeMap::<FeederId, i64>::new();
		for output in outputs {
			more.entry(output.feeder).or_default().saturating_accrue(1);
		}
		for input in inputs {
			more.entry(input.feeder).or_default().saturating_reduce(1);
		}
		for (feeder, more) in more {
			if more > 0 {
				Self::ensure_room(feeder, more.unsigned_abs(), 2)?;
			}
		}
		Ok(())
	}

	/// Whether every owner of the inputs, and nobody else, has signed.
	fn ensure_signed_by_owners(
		origin: &AccountId32,
		spent: &[EnergyAsset<AccountId32>],
		inputs: &TransferInputs<T>,
		outputs: &TransferOutputs<T>,
		co_signatures: Option<CoSignatures<T>>,
	) -> Result<(), Error<T>> {
		let asset_owners = spent.iter().map(|asset| &asset.owner);
		let money_owners = inputs.money.iter().map(|(owner, _)| owner);
		let mut owners: BTreeSet<&AccountId32> = asset_owners.chain(money_owners).collect();
		ensure!(owners.remove(origin), Error::<T>::NotOwner);

		let Some(CoSignatures { salt, deadline, signatures }) = co_signatures else {
			ensure!(owners.is_empty(), Error::<T>::MissingSignature);
			return Ok(());
		};
		let block = frame_system::Pallet::<T>::block_number();
		ensure!(block <= deadline, Error::<T>::DeadlinePassed);
		ensure!(
			deadline.saturating_sub(block) <= T::MaxDeadline::get(),
			Error::<T>::DeadlineTooFar
		);
		for (signer, _) in &signatures {
			ensure!(owners.remove(signer), Error::<T>::SuperfluousSignature);
		}
		ensure!(owners.is_empty(), Error::<T>::MissingSignature);

		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let digest = messages::digest(DOMAIN, genesis, (origin, inputs, outputs, salt, deadline));
		let key = block_key(deadline);
		ensure!(!UsedDigests::<T>::contains_key(key, digest), Error::<T>::AlreadyUsed);
		for (signer, signature) in &signatures {
			ensure!(messages::verify(signature, &digest, signer), Error::<T>::BadSignature);
		}
		UsedDigests::<T>::insert(key, digest, ());
		Ok(())
	}

	/// Addresses that a transfer makes have their quota of free calls from the next window on.
	fn grant_quota(outputs: &TransferOutputs<T>) {
		for address in Self::new_addresses(outputs) {
			T::Quota::grant_from_next_window(address);
		}
	}

	/// The outputs' addresses that a transfer makes: those that get money and have no account yet, and those that get an
	/// asset and have no quota yet, so that nobody can deny it to them by paying something into their account before.
	pub(crate) fn new_addresses(outputs: &TransferOutputs<T>) -> BTreeSet<&AccountId32> {
		let energy = outputs.assets.iter().map(|output| &output.address);
		let money = outputs.money.iter().map(|(address, _)| address);
		let without_quota = energy.filter(|address| !T::Quota::is_granted(address));
		let without_account =
			money.filter(|address| !frame_system::Pallet::<T>::account_exists(address));
		without_quota.chain(without_account).collect()
	}
}
