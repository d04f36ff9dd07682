//! Benchmarks, at the worst case: fresh addresses, different intervals as long as the horizon, signatures that are
//! verified twice.

use crate::{account_impls::block_key, transfer_impls::DOMAIN, *};
use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{fungible::Inspect, EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use petra_primitives::{
	messages, AssetId, AssetKind, AssetOutput, Balance, EnergyAsset, FeederId, Grid, MeterId,
	MeterLimits, NewAsset, Parameters, Path, Power, Timestep, WithdrawalOutput,
};
use sp_core::ecdsa;
use sp_runtime::{
	traits::{IdentifyAccount, One, Saturating, Zero},
	AccountId32, MultiSignature, MultiSigner,
};

const METER: MeterId = 7;
const FEEDER: FeederId = 7;
const KEY_TYPE: sp_core::crypto::KeyTypeId = sp_core::crypto::KeyTypeId(*b"ptra");

/// The first open timestep, the last within the horizon, and the power lot.
fn limits<T: Config>() -> (Timestep, Timestep, Power) {
	let (now, parameters) = (T::Grid::now(), T::Grid::parameters());
	let Parameters { gate_lead, horizon, power_lot, .. } = parameters;
	(now.saturating_add(gate_lead).saturating_add(1), now.saturating_add(horizon), power_lot)
}

/// The `index`th of intervals that are as long as may be and begin and end in pages of their own, where power is live
/// already.
fn interval<T: Config>(index: u32) -> Result<(Timestep, Timestep), BenchmarkError> {
	let (first, last, power) = limits::<T>();
	let room = last.saturating_sub(first) / 2;
	let shift = u64::from(index).saturating_mul(64).checked_rem(room).unwrap_or_default();
	let (start, end) = (first.saturating_add(shift), last.saturating_sub(shift));
	for around in [1, 3, 6] {
		let (from, to) = (start.saturating_sub(around), end.saturating_add(around));
		Pallet::<T>::add_live_power(AssetKind::Production, from, to, power.into())
			.map_err(|_| BenchmarkError::Stop("live power not added"))?;
	}
	Ok((start, end))
}

fn address(index: u32) -> AccountId32 {
	account("address", index, 0)
}

/// Enough money for any account to exist, and some.
fn amount<T: Config>() -> Balance {
	T::Currency::minimum_balance().saturating_mul(1_000)
}

/// Puts an asset of the `index`th interval on the ledger.
fn put_asset<T: Config>(owner: AccountId32, index: u32) -> Result<AssetId, BenchmarkError> {
	let ((start, end), (_, _, power)) = (interval::<T>(index)?, limits::<T>());
	let (kind, feeder, traded, locked) = (AssetKind::Production, FEEDER, false, false);
	let asset = EnergyAsset { owner, kind, power, start, end, feeder, traded, locked };
	bring::<T>(asset)
}

fn bring<T: Config>(asset: EnergyAsset<AccountId32>) -> Result<AssetId, BenchmarkError> {
	Pallet::<T>::bring_into_being(asset).map_err(|_| BenchmarkError::Stop("asset not created"))
}

fn give_money<T: Config>(who: AccountId32, amount: Balance) -> Result<(), BenchmarkError> {
	Pallet::<T>::issue(who, amount).map_err(|_| BenchmarkError::Stop("money not issued"))
}

/// Puts an asset on the ledger that has just expired.
fn put_expired<T: Config>() -> Result<AssetId, BenchmarkError> {
	let (now, window) = (T::Grid::now(), T::Grid::parameters().settlement_window);
	let end = now.saturating_sub(window).saturating_sub(1);
	let start = end.saturating_sub(T::Grid::parameters().horizon);
	let (_, _, power) = limits::<T>();
	for around in [1, 3, 6] {
		let (from, to) = (start.saturating_sub(around), end.saturating_add(around));
		Pallet::<T>::add_live_power(AssetKind::Production, from, to, power.into())
			.map_err(|_| BenchmarkError::Stop("live power not added"))?;
	}
	let (kind, feeder, traded, locked) = (AssetKind::Production, FEEDER, false, false);
	let owner = address(0);
	bring::<T>(EnergyAsset { owner, kind, power, start, end, feeder, traded, locked })
}

/// Owners with ecdsa keys: the slowest to verify.
fn owners(count: u32) -> Vec<(ecdsa::Public, AccountId32)> {
	(0..count)
		.map(|_| {
			let key = sp_io::crypto::ecdsa_generate(KEY_TYPE, None);
			(key, MultiSigner::from(key).into_account())
		})
		.collect()
}

/// What `owners` sign, wrapped as wallets do, so that it is verified plain first.
fn co_sign<T: Config>(
	owners: &[(ecdsa::Public, AccountId32)],
	origin: &AccountId32,
	inputs: &TransferInputs<T>,
	outputs: &TransferOutputs<T>,
) -> CoSignatures<T> {
	// The benchmark may begin a block after its preparation.
	let block = frame_system::Pallet::<T>::block_number();
	let (salt, deadline) = ([7; 32], block.saturating_add(One::one()));
	let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
	let digest = messages::digest(DOMAIN, genesis, (origin, inputs, outputs, salt, deadline));
	let text = [b"<Bytes>".as_slice(), &digest, b"</Bytes>"].concat();
	let signatures = owners
		.iter()
		.filter_map(|(key, who)| {
			let signature = sp_io::crypto::ecdsa_sign(KEY_TYPE, key, &text)?;
			Some((who.clone(), MultiSignature::from(signature)))
		})
		.collect();
	CoSignatures { salt, deadline, signatures: BoundedVec::truncate_from(signatures) }
}

/// What goes into a transfer, and what comes out.
fn lists<T: Config>(
	spent: Vec<AssetId>,
	paid: Vec<(AccountId32, Balance)>,
	created: Vec<AssetOutput<AccountId32>>,
	received: Vec<(AccountId32, Balance)>,
) -> (TransferInputs<T>, TransferOutputs<T>) {
	let inputs = TransferInputs {
		assets: BoundedVec::truncate_from(spent),
		money: BoundedVec::truncate_from(paid),
	};
	let outputs = TransferOutputs {
		assets: BoundedVec::truncate_from(created),
		money: BoundedVec::truncate_from(received),
	};
	(inputs, outputs)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn withdraw(n: Linear<1, { T::MaxOutputs::get() }>) -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let meter: AccountId32 = account("meter", 0, 0);
		T::Meters::benchmark_meter(&meter, METER, FEEDER, Path::Meter);
		let (_, _, power) = limits::<T>();
		let mut outputs = Vec::new();
		for index in 0..n {
			let ((start, end), kind) = (interval::<T>(index)?, AssetKind::Production);
			let address = address(index);
			outputs.push(WithdrawalOutput::Energy { address, kind, power, start, end });
		}
		let outputs = BoundedVec::<_, T::MaxOutputs>::truncate_from(outputs);

		#[extrinsic_call]
		_(RawOrigin::Signed(meter), METER, outputs);

		assert_eq!(LiveOn::<T>::get(FEEDER), u64::from(n));
		Ok(())
	}

	#[benchmark]
	fn add_energy_asset() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let origin =
			T::IssuerOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		T::Meters::benchmark_meter(&account("meter", 0, 0), METER, FEEDER, Path::Dso);
		let ((start, end), (_, _, power)) = (interval::<T>(0)?, limits::<T>());
		let asset = NewAsset { feeder: FEEDER, kind: AssetKind::Production, power, start, end };

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, address(0), asset);

		assert_eq!(LiveOn::<T>::get(FEEDER), 1);
		Ok(())
	}

	#[benchmark]
	fn add_financial_balance() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let origin =
			T::IssuerOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, address(0), amount::<T>());

		assert_eq!(T::Currency::balance(&address(0)), amount::<T>());
		Ok(())
	}

	/// `i` assets of the origin to `o` assets for fresh addresses. The first has begun, so that power is counted by owner,
	/// too.
	#[benchmark]
	fn transfer_energy(
		i: Linear<1, { T::MaxInputs::get() }>,
		o: Linear<2, { T::MaxOutputs::get() }>,
	) -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let origin: AccountId32 = account("origin", 0, 0);
		// As many meters as leave room for the outputs.
		let half = (T::AssetsPerMeter::get() / 2).max(1);
		for index in 0..=T::MaxOutputs::get().checked_div(half).unwrap_or_default() {
			let id = METER.saturating_add(index);
			T::Meters::benchmark_meter(&account("meter", index, 0), id, FEEDER, Path::Meter);
		}

		// Inputs: as much power each as there may be outputs.
		let (now, (_, last, lot)) = (T::Grid::now(), limits::<T>());
		let power = lot.saturating_mul(T::MaxOutputs::get().into());
		let (kind, feeder, traded, locked) = (AssetKind::Production, FEEDER, false, false);
		let mut assets = Vec::new();
		for index in 0..i {
			let start = if index == 0 { now } else { now.saturating_add(1) };
			let owner = origin.clone();
			let asset =
				EnergyAsset { owner, kind, power, start, end: last, feeder, traded, locked };
			assets.push(bring::<T>(asset)?);
		}

		// Outputs: the begun timestep stays with the origin; the rest is cut into lots, the last takes what remains.
		let begun = AssetOutput {
			address: origin.clone(),
			kind,
			power,
			start: now,
			end: now,
			feeder,
			traded,
		};
		let mut parts = vec![begun];
		let mut rest = power.saturating_mul(i.into());
		for index in 1..o {
			let power = if index == o.saturating_sub(1) { rest } else { lot };
			rest = rest.saturating_sub(power);
			let (address, start) = (address(index), now.saturating_add(1));
			parts.push(AssetOutput { address, kind, power, start, end: last, feeder, traded });
		}
		let (inputs, outputs) = lists::<T>(assets, vec![], parts, vec![]);
		let old = NextAssetId::<T>::get();

		#[extrinsic_call]
		transfer(RawOrigin::Signed(origin), inputs, outputs, None);

		assert_eq!(NextAssetId::<T>::get(), old.saturating_add(o.into()));
		assert_eq!(LiveOn::<T>::get(FEEDER), u64::from(o));
		Ok(())
	}

	/// `m` amounts of the origin's money to `n` fresh addresses.
	#[benchmark]
	fn transfer_money(
		m: Linear<1, { T::MaxInputs::get() }>,
		n: Linear<1, { T::MaxOutputs::get() }>,
	) -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let origin: AccountId32 = account("origin", 0, 0);
		let much = amount::<T>().saturating_mul(T::MaxOutputs::get().into());
		give_money::<T>(origin.clone(), much.saturating_mul(m.into()))?;
		let money = (0..m).map(|_| (origin.clone(), much)).collect();
		let mut rest = much.saturating_mul(m.into());
		let mut payments = Vec::new();
		for index in 0..n {
			let much = if index == n.saturating_sub(1) { rest } else { amount::<T>() };
			rest = rest.saturating_sub(much);
			payments.push((account("paid", index, 0), much));
		}
		let (inputs, outputs) = lists::<T>(vec![], money, vec![], payments);

		#[extrinsic_call]
		transfer(RawOrigin::Signed(origin.clone()), inputs, outputs, None);

		assert_eq!(T::Currency::balance(&origin), 0);
		assert!(T::Currency::balance(&account("paid", 0, 0)) > 0);
		Ok(())
	}

	/// `s` owners beside the origin, each of whom gives its last asset away.
	#[benchmark]
	fn transfer_of_co_owners(
		s: Linear<0, { T::MaxCoSigners::get().min(T::MaxInputs::get().saturating_sub(1)) }>,
	) -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let origin: AccountId32 = account("origin", 0, 0);
		T::Meters::benchmark_meter(&account("meter", 0, 0), METER, FEEDER, Path::Meter);
		let co_owners = owners(s);
		let (start, (_, end, lot)) = (T::Grid::now().saturating_add(1), limits::<T>());
		let (kind, feeder, traded, locked) = (AssetKind::Production, FEEDER, false, false);
		let mut assets = Vec::new();
		for owner in co_owners.iter().map(|(_, who)| who.clone()).chain([origin.clone()]) {
			let asset = EnergyAsset { owner, kind, power: lot, start, end, feeder, traded, locked };
			assets.push(bring::<T>(asset)?);
		}
		let power = lot.saturating_mul(s.saturating_add(1).into());
		let address = origin.clone();
		let all = AssetOutput { address, kind, power, start, end, feeder, traded };
		let (inputs, outputs) = lists::<T>(assets, vec![], vec![all], vec![]);
		let co_signatures = co_sign(&co_owners, &origin, &inputs, &outputs);

		#[extrinsic_call]
		transfer(RawOrigin::Signed(origin), inputs, outputs, Some(co_signatures));

		assert_eq!(LiveOn::<T>::get(FEEDER), 1);
		Ok(())
	}

	#[benchmark]
	fn deposit_energy_asset() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let id = put_asset::<T>(address(0), 0)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(address(0)), id);

		assert!(!Assets::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn deposit_financial() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		// All of it, so that the account begins to leave.
		give_money::<T>(address(0), amount::<T>())?;

		#[extrinsic_call]
		_(RawOrigin::Signed(address(0)), amount::<T>());

		assert_eq!(T::Currency::balance(&address(0)), 0);
		Ok(())
	}

	#[benchmark]
	fn reap() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let id = put_expired::<T>()?;

		#[extrinsic_call]
		_(RawOrigin::Signed(address(1)), id);

		assert!(!Assets::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn expire_asset() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let id = put_expired::<T>()?;

		#[block]
		{
			let earliest = Expiries::<T>::iter_keys().next();
			assert!(earliest.is_some_and(|(_, first)| first == id.to_be_bytes()));
			assert!(Pallet::<T>::expire_asset(id).is_ok());
		}

		assert!(!Assets::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn release_account() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let id = put_asset::<T>(address(0), 0)?;
		Pallet::<T>::retire(id).map_err(|_| BenchmarkError::Stop("asset not retired"))?;
		let block = frame_system::Pallet::<T>::block_number().saturating_add(One::one());
		frame_system::Pallet::<T>::set_block_number(block);

		#[block]
		{
			let first = Leaving::<T>::iter_keys().next();
			assert!(first.is_some_and(|(first, _)| first == block_key(block)));
			Pallet::<T>::release_account(block_key(block), &address(0));
		}

		assert!(!Holders::<T>::contains_key(address(0)));
		Ok(())
	}

	#[benchmark]
	fn forget_digest() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		UsedDigests::<T>::insert([0; 8], [7; 32], ());

		#[block]
		{
			let first = UsedDigests::<T>::iter_keys().next();
			if let Some((deadline, digest)) = first {
				UsedDigests::<T>::remove(deadline, digest);
			}
		}

		assert_eq!(UsedDigests::<T>::iter_keys().count(), 0);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
