//! The energy market: what the DSO decides, what meters may withdraw, what may be traded.

use super::RegulatorOrigin;
use crate::{
	weights, Balances, BlockNumber, EnergyAssets, FreeCalls, MeterRegistry, Regulation, Runtime,
	RuntimeHoldReason, Timestamp, HOURS,
};
use frame_support::{parameter_types, traits::ConstU32};
use pallet_regulation::EnsureIssuer;
use sp_runtime::Perbill;

/// How far ahead the deadline of co-signatures may be.
const MAX_DEADLINE: BlockNumber = HOURS;

parameter_types! {
	/// What of a block gated timesteps may take before its transactions; they take what is left after them, too.
	pub const ClearingShare: Perbill = Perbill::from_percent(20);
}

impl pallet_regulation::Config for Runtime {
	type Assets = EnergyAssets;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = SetTime;
	type MaxAuthorizations = ConstU32<64>;
	type MaxBans = ConstU32<32>;
	type MaxControlSignals = ConstU32<256>;
	type MaxFeederPolicies = ConstU32<256>;
	type Meters = MeterRegistry;
	type RegulatorOrigin = RegulatorOrigin;
	type Time = Timestamp;
	type WeightInfo = weights::pallet_regulation::WeightInfo<Self>;
}

/// Sets the clock for benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub struct SetTime;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_regulation::BenchmarkHelper for SetTime {
	fn set_time(milliseconds: u64) {
		// Not `set_timestamp`, which Aura would check.
		pallet_timestamp::Now::<Runtime>::put(milliseconds);
	}
}

impl pallet_meter_registry::Config for Runtime {
	type Grid = Regulation;
	type MaxChanges = ConstU32<64>;
	type MaxChangesAhead = ConstU32<8>;
	type Quota = FreeCalls;
	type WeightInfo = weights::pallet_meter_registry::WeightInfo<Self>;
}

impl pallet_offers::Config for Runtime {
	type Assets = EnergyAssets;
	type ClearingShare = ClearingShare;
	type Currency = Balances;
	type Grid = Regulation;
	type Market = Regulation;
	type MaxOffers = ConstU32<20_000>;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WeightInfo = weights::pallet_offers::WeightInfo<Self>;
	type Withdrawals = MeterRegistry;
}

impl pallet_energy_assets::Config for Runtime {
	type AssetsPerMeter = ConstU32<4_096>;
	type Currency = Balances;
	type Grid = Regulation;
	type IssuerOrigin = EnsureIssuer<Runtime>;
	type MaxCoSigners = ConstU32<32>;
	type MaxDeadline = ConstU32<MAX_DEADLINE>;
	type MaxInputs = ConstU32<64>;
	type MaxOutputs = ConstU32<64>;
	type Meters = MeterRegistry;
	type Pools = ();
	type Quota = FreeCalls;
	type WeightInfo = weights::pallet_energy_assets::WeightInfo<Self>;
}
