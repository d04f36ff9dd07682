//! What the calls weigh. The numbers are measured over the runtime, and live there.

use frame_support::weights::Weight;

/// Weights of the pallet's calls and steps.
pub trait WeightInfo {
	/// `withdraw` with `n` outputs.
	fn withdraw(n: u32) -> Weight;
	/// `add_energy_asset`.
	fn add_energy_asset() -> Weight;
	/// `add_financial_balance`.
	fn add_financial_balance() -> Weight;
	/// `transfer` of `i` assets to `o` assets.
	fn transfer_energy(i: u32, o: u32) -> Weight;
	/// `transfer` of `m` amounts of money to `n` amounts of money.
	fn transfer_money(m: u32, n: u32) -> Weight;
	/// `transfer` with `s` owners beside the origin.
	fn transfer_of_co_owners(s: u32) -> Weight;
	/// `deposit_energy_asset`.
	fn deposit_energy_asset() -> Weight;
	/// `deposit_financial`.
	fn deposit_financial() -> Weight;
	/// `reap`.
	fn reap() -> Weight;
	/// Removing one expired asset.
	fn expire_asset() -> Weight;
	/// Giving up the reference of one address, or making it wait longer.
	fn release_account() -> Weight;
	/// Forgetting one digest whose deadline has passed.
	fn forget_digest() -> Weight;
}

/// Weightless, for mocks.
impl WeightInfo for () {
	fn withdraw(_: u32) -> Weight {
		Weight::zero()
	}
	fn add_energy_asset() -> Weight {
		Weight::zero()
	}
	fn add_financial_balance() -> Weight {
		Weight::zero()
	}
	fn transfer_energy(_: u32, _: u32) -> Weight {
		Weight::zero()
	}
	fn transfer_money(_: u32, _: u32) -> Weight {
		Weight::zero()
	}
	fn transfer_of_co_owners(_: u32) -> Weight {
		Weight::zero()
	}
	fn deposit_energy_asset() -> Weight {
		Weight::zero()
	}
	fn deposit_financial() -> Weight {
		Weight::zero()
	}
	fn reap() -> Weight {
		Weight::zero()
	}
	fn expire_asset() -> Weight {
		Weight::zero()
	}
	fn release_account() -> Weight {
		Weight::zero()
	}
	fn forget_digest() -> Weight {
		Weight::zero()
	}
}
