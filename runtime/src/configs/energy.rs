//! The energy market: what the DSO decides, what meters may withdraw, what may be traded.

use super::{DsoAccount, RegulatorOrigin};
use crate::{
	weights, Balance, Balances, BlockNumber, EnergyAssets, FreeCalls, MeterRegistry, Mixing,
	Regulation, Runtime, RuntimeHoldReason, Timestamp, DAYS, EUR, HOURS,
};
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, ConstU64},
};
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
	type Pools = Mixing;
	type Quota = FreeCalls;
	type WeightInfo = weights::pallet_energy_assets::WeightInfo<Self>;
}

/// What a producer without a certificate pays for its energy account.
const BURN_AMOUNT: Balance = 10 * EUR;

impl pallet_delivery::Config for Runtime {
	type BurnAmount = ConstU128<BURN_AMOUNT>;
	type Currency = Balances;
	type DsoAccount = DsoAccount;
	type Grid = Regulation;
	type MaxAuthorities = ConstU32<64>;
	type MaxBlocks = ConstU32<128>;
	// Seven days of 15-minute timesteps; meters' status is kept for two billing periods of 30 days.
	type MaxCertificateAge = ConstU64<672>;
	type MaxCommitments = ConstU32<256>;
	type MaxExpiry = ConstU32<{ 7 * DAYS }>;
	type MaxLocks = ConstU32<64>;
	// Trees of up to 1 024 keys.
	type MaxMerklePath = ConstU32<10>;
	type Meters = MeterRegistry;
	type Order = FreeCalls;
	type RegulatorOrigin = RegulatorOrigin;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WeightInfo = weights::pallet_delivery::WeightInfo<Self>;
}
