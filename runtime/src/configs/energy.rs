//! The energy market: what the DSO decides, what meters may withdraw, what may be traded.

use super::RegulatorOrigin;
use crate::{
	Balances, BlockNumber, EnergyAssets, FreeCalls, MeterRegistry, Regulation, Runtime, Timestamp,
	HOURS,
};
use frame_support::traits::ConstU32;
use pallet_regulation::EnsureIssuer;

/// How far ahead the deadline of co-signatures may be.
const MAX_DEADLINE: BlockNumber = HOURS;

impl pallet_regulation::Config for Runtime {
	type Assets = EnergyAssets;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = SetTime;
	type MaxAuthorizations = ConstU32<256>;
	type MaxBans = ConstU32<256>;
	type MaxControlSignals = ConstU32<256>;
	type MaxFeederPolicies = ConstU32<256>;
	type Meters = MeterRegistry;
	type RegulatorOrigin = RegulatorOrigin;
	type Time = Timestamp;
	type WeightInfo = ();
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
	type MaxChangesAhead = ConstU32<16>;
	type Quota = FreeCalls;
	type WeightInfo = ();
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
	type WeightInfo = ();
}
