//! What the extension does beside the standard extensions. The numbers are measured in the runtime that composes it.

use frame_support::weights::Weight;

/// Weights of the extension and the hooks.
pub trait WeightInfo {
	/// Admitting and charging a free call.
	fn check_free_call() -> Weight;
	/// Finding that an address with a quota pays for a call.
	fn check_paid_call() -> Weight;
	/// The end of a block.
	fn on_finalize() -> Weight;
	/// Forgetting the nonce of an account that ended.
	fn forget_floor() -> Weight;
}

impl WeightInfo for () {
	fn check_free_call() -> Weight {
		Weight::zero()
	}
	fn check_paid_call() -> Weight {
		Weight::zero()
	}
	fn on_finalize() -> Weight {
		Weight::zero()
	}
	fn forget_floor() -> Weight {
		Weight::zero()
	}
}
