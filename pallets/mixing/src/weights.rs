//! What the calls weigh. The numbers are measured over the runtime, and live there.

use frame_support::weights::Weight;

/// Weights of the pallet's calls and steps.
pub trait WeightInfo {
	/// `deposit` of energy.
	fn deposit_energy() -> Weight;
	/// `deposit` of money.
	fn deposit_financial() -> Weight;
	/// The dispatch of a `withdraw` of energy.
	fn withdraw_energy() -> Weight;
	/// The dispatch of a `withdraw` of money.
	fn withdraw_financial() -> Weight;
	/// The authorisation of a `withdraw`: the proof.
	fn authorize_withdraw() -> Weight;
	/// The authorisation of a `withdraw_batch` of `n` withdrawals.
	fn authorize_withdraw_batch(n: u32) -> Weight;
	/// `reclaim` of energy.
	fn reclaim_energy() -> Weight;
	/// `reclaim` of money.
	fn reclaim_financial() -> Weight;
	/// `set_ring_rules`.
	fn set_ring_rules() -> Weight;
	/// What each block does first.
	fn on_initialize() -> Weight;
	/// Deciding whether a ring failed.
	fn decide_ring() -> Weight;
	/// Letting what is left in a ring expire.
	fn expire_ring() -> Weight;
	/// Removing a part of a ring that is done.
	fn clean_ring() -> Weight;
}

/// Weightless, for mocks.
impl WeightInfo for () {
	fn deposit_energy() -> Weight {
		Weight::zero()
	}
	fn deposit_financial() -> Weight {
		Weight::zero()
	}
	fn withdraw_energy() -> Weight {
		Weight::zero()
	}
	fn withdraw_financial() -> Weight {
		Weight::zero()
	}
	fn authorize_withdraw() -> Weight {
		Weight::zero()
	}
	fn authorize_withdraw_batch(_: u32) -> Weight {
		Weight::zero()
	}
	fn reclaim_energy() -> Weight {
		Weight::zero()
	}
	fn reclaim_financial() -> Weight {
		Weight::zero()
	}
	fn set_ring_rules() -> Weight {
		Weight::zero()
	}
	fn on_initialize() -> Weight {
		Weight::zero()
	}
	fn decide_ring() -> Weight {
		Weight::zero()
	}
	fn expire_ring() -> Weight {
		Weight::zero()
	}
	fn clean_ring() -> Weight {
		Weight::zero()
	}
}
