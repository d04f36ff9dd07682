//! Money: EUR in billionths, and fees that go to the DSO.

use crate::{
	weights, AccountId, Balance, Balances, Delivery, EnergyAssets, Mixing, Offers, Runtime,
	RuntimeCall, RuntimeEvent, RuntimeFreezeReason, RuntimeHoldReason, System, EXISTENTIAL_DEPOSIT,
};
use frame_support::{
	dispatch::GetDispatchInfo,
	parameter_types,
	traits::{tokens::imbalance::ResolveTo, ConstU128, ConstU32, ConstU8, VariantCountOf},
	weights::{
		constants::WEIGHT_REF_TIME_PER_MICROS, ConstantMultiplier, Weight, WeightToFeeCoefficient,
		WeightToFeeCoefficients, WeightToFeePolynomial,
	},
	PalletId,
};
use pallet_transaction_payment::{ConstFeeMultiplier, FungibleAdapter, Multiplier};
use petra_primitives::FreeCallCost;
use sp_runtime::{
	traits::{AccountIdConversion, One, SaturatedConversion},
	Perbill,
};

parameter_types! {
	/// Where fees go. Nobody has its key; sudo moves money out of it with `balances.force_transfer`.
	pub DsoAccount: AccountId = PalletId(*b"petradso").into_account_truncating();
	/// Fees do not depend on how full blocks are.
	pub FeeMultiplier: Multiplier = Multiplier::one();
	/// A millionth of a EUR for each byte of a transaction.
	pub const TransactionByteFee: Balance = 1_000;
}

/// A thousandth of a cent for each ten microseconds of execution: a second of blocks costs half a EUR.
pub struct WeightToFee;
impl WeightToFeePolynomial for WeightToFee {
	type Balance = Balance;

	fn polynomial() -> WeightToFeeCoefficients<Balance> {
		[WeightToFeeCoefficient {
			degree: 1,
			negative: false,
			coeff_frac: Perbill::from_rational(1_000, WEIGHT_REF_TIME_PER_MICROS),
			coeff_integer: 0,
		}]
		.into_iter()
		.collect()
	}
}

impl pallet_balances::Config for Runtime {
	type AccountStore = System;
	type Balance = Balance;
	type DoneSlashHandler = ();
	type DustRemoval = ();
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ConstU32<50>;
	type ReserveIdentifier = [u8; 8];
	type RuntimeEvent = RuntimeEvent;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WeightInfo = weights::pallet_balances::WeightInfo<Self>;
}

impl pallet_transaction_payment::Config for Runtime {
	type FeeMultiplierUpdate = ConstFeeMultiplier<FeeMultiplier>;
	type LengthToFee = ConstantMultiplier<Balance, TransactionByteFee>;
	type OnChargeTransaction = FungibleAdapter<Balances, ResolveTo<DsoAccount, Balances>>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = weights::pallet_transaction_payment::WeightInfo<Self>;
	type WeightToFee = WeightToFee;
}

impl pallet_free_calls::Config for Runtime {
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = FreeCallCosts;
	type Cost = FreeCallCosts;
	type WeightInfo = weights::pallet_free_calls::WeightInfo<Self>;
}

/// Which calls are free (specification, section 8): those of the pallets that say so. They cost the assets that they write,
/// and what weighs more than its writes costs more.
pub struct FreeCallCosts;

impl FreeCallCost<AccountId, RuntimeCall> for FreeCallCosts {
	fn cost(who: &AccountId, call: &RuntimeCall) -> Option<u32> {
		let writes = match call {
			RuntimeCall::EnergyAssets(call) => EnergyAssets::free_call_cost(who, call)?,
			RuntimeCall::Mixing(call) => Mixing::free_call_cost(who, call)?,
			RuntimeCall::Offers(call) => Offers::free_call_cost(who, call)?,
			RuntimeCall::Delivery(call) => Delivery::free_call_cost(who, call)?,
			_ => return None,
		};
		match call {
			// It weighs what its outputs weigh.
			RuntimeCall::EnergyAssets(pallet_energy_assets::Call::withdraw { .. }) => Some(writes),
			_ => Some(writes.max(weight_in_writes(call))),
		}
	}
}

/// How many asset writes weigh as much as `call`, rounded up: so that many inputs or co-signatures count, too.
fn weight_in_writes(call: &RuntimeCall) -> u32 {
	let weight = call.get_dispatch_info().call_weight.ref_time();
	let one = FreeCallCosts::weight_of_one_write().ref_time().max(1);
	weight.div_ceil(one).saturated_into()
}

impl FreeCallCosts {
	/// What a call weighs that costs one asset write, at most: a `transfer` that merges four assets into one.
	pub fn weight_of_one_write() -> Weight {
		use pallet_energy_assets::WeightInfo;
		weights::pallet_energy_assets::WeightInfo::<Runtime>::transfer_energy(4, 1)
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_free_calls::BenchmarkHelper<AccountId, RuntimeCall> for FreeCallCosts {
	/// A `transfer` with as many outputs as there can be, each to an address that must be looked up.
	fn free_call(_: &AccountId) -> RuntimeCall {
		use frame_support::{traits::Get, BoundedVec};
		let outputs = <Runtime as pallet_energy_assets::Config>::MaxOutputs::get();
		let money = (0..outputs).map(|index| (frame_benchmarking::account("new", index, 0), 1));
		pallet_energy_assets::Call::transfer {
			inputs: pallet_energy_assets::TransferInputs {
				assets: Default::default(),
				money: Default::default(),
			},
			outputs: pallet_energy_assets::TransferOutputs {
				assets: Default::default(),
				money: BoundedVec::truncate_from(money.collect()),
			},
			co_signatures: None,
		}
		.into()
	}
}
