//! The mixing pools: rings, and how much of them there may be.

use super::RegulatorOrigin;
use crate::{
	weights, Balances, BlockNumber, EnergyAssets, FreeCalls, Regulation, Runtime, DAYS, MINUTES,
};
use frame_support::{parameter_types, traits::ConstU32, PalletId};

/// For how long the root of a revision stays valid after its successor became usable: proofs need not be made in a hurry.
const ROOT_RETENTION: BlockNumber = 10 * MINUTES;

parameter_types! {
	/// The account that has the money in pools. Nobody has its key.
	pub const MixingPot: PalletId = PalletId(*b"petramix");
}

impl pallet_mixing::Config for Runtime {
	type Assets = EnergyAssets;
	type Currency = Balances;
	type Grid = Regulation;
	// A full batch takes less than half of what nobody pays for in a block.
	type MaxBatch = ConstU32<12>;
	// With timesteps of a quarter of an hour: all intervals of a day, of both kinds, traded or not, in ten powers.
	type MaxPoolsPerFeeder = ConstU32<16_384>;
	type Order = FreeCalls;
	type PotId = MixingPot;
	type Quota = FreeCalls;
	type RegulatorOrigin = RegulatorOrigin;
	type RingTimeout = ConstU32<DAYS>;
	type RootRetention = ConstU32<ROOT_RETENTION>;
	type WeightInfo = weights::pallet_mixing::WeightInfo<Self>;
}
