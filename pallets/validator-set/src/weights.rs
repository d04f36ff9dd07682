//! What the calls of this pallet weigh. The numbers are measured in the runtime that composes it.

use frame_support::weights::Weight;

/// Weights of the calls, and of an offence.
pub trait WeightInfo {
	/// Adding a validator.
	fn add_validator() -> Weight;
	/// Removing a validator.
	fn remove_validator() -> Weight;
	/// An offence of `n` validators.
	fn on_offence(n: u32) -> Weight;
}

impl WeightInfo for () {
	fn add_validator() -> Weight {
		Weight::zero()
	}
	fn remove_validator() -> Weight {
		Weight::zero()
	}
	fn on_offence(_: u32) -> Weight {
		Weight::zero()
	}
}
