//! What the calls weigh. The numbers are measured over the runtime, and live there.

use frame_support::weights::Weight;

/// Weights of the pallet's calls and steps.
pub trait WeightInfo {
	/// `open_energy_account` with a certificate.
	fn open_energy_account_certified() -> Weight;
	/// `open_energy_account` by paying.
	fn open_energy_account_burning() -> Weight;
	/// `close_energy_account` with `b` blocks.
	fn close_energy_account(b: u32) -> Weight;
	/// `add_energy`.
	fn add_energy() -> Weight;
	/// `remove_energy`.
	fn remove_energy() -> Weight;
	/// `commit_to_pay` at the block's price.
	fn commit_to_pay() -> Weight;
	/// `commit_to_pay` at an amount that the producer signed.
	fn commit_to_pay_negotiated() -> Weight;
	/// `confirm_receipt`.
	fn confirm_receipt() -> Weight;
	/// The authorisation of `confirm_receipt`.
	fn authorize_confirm_receipt() -> Weight;
	/// `settle`.
	fn settle() -> Weight;
	/// The authorisation of `settle`.
	fn authorize_settle() -> Weight;
	/// `lock_for`.
	fn lock_for() -> Weight;
	/// `unlock`.
	fn unlock() -> Weight;
	/// `expire`.
	fn expire() -> Weight;
	/// `set_authorities` with `a` authorities.
	fn set_authorities(a: u32) -> Weight;
	/// Expiring one commitment in idle time, or finding that none has expired.
	fn expire_commitment() -> Weight;
	/// Forgetting one used leaf, or finding that none is old enough.
	fn forget_leaf() -> Weight;
}

/// Weightless, for mocks.
impl WeightInfo for () {
	fn open_energy_account_certified() -> Weight {
		Weight::zero()
	}
	fn open_energy_account_burning() -> Weight {
		Weight::zero()
	}
	fn close_energy_account(_: u32) -> Weight {
		Weight::zero()
	}
	fn add_energy() -> Weight {
		Weight::zero()
	}
	fn remove_energy() -> Weight {
		Weight::zero()
	}
	fn commit_to_pay() -> Weight {
		Weight::zero()
	}
	fn commit_to_pay_negotiated() -> Weight {
		Weight::zero()
	}
	fn confirm_receipt() -> Weight {
		Weight::zero()
	}
	fn authorize_confirm_receipt() -> Weight {
		Weight::zero()
	}
	fn settle() -> Weight {
		Weight::zero()
	}
	fn authorize_settle() -> Weight {
		Weight::zero()
	}
	fn lock_for() -> Weight {
		Weight::zero()
	}
	fn unlock() -> Weight {
		Weight::zero()
	}
	fn expire() -> Weight {
		Weight::zero()
	}
	fn set_authorities(_: u32) -> Weight {
		Weight::zero()
	}
	fn expire_commitment() -> Weight {
		Weight::zero()
	}
	fn forget_leaf() -> Weight {
		Weight::zero()
	}
}
