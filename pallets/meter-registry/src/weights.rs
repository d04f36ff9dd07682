//! What the pallet's steps in idle block time cost. What the register adds to the calls of other pallets is in their
//! weights.

use frame_support::weights::Weight;

/// Weights of the steps.
pub trait WeightInfo {
	/// To give up the reference on a replaced key.
	fn release_key() -> Weight;
	/// To remove pages of one series.
	fn prune_step() -> Weight;
}

/// Weights for tests.
impl WeightInfo for () {
	fn release_key() -> Weight {
		Weight::zero()
	}
	fn prune_step() -> Weight {
		Weight::zero()
	}
}
