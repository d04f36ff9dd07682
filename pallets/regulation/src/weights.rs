//! What the calls weigh. The numbers are measured over the runtime, and live there.

use frame_support::weights::Weight;

/// Weights of the pallet's calls and steps.
pub trait WeightInfo {
	/// `regulate` with `a` authorisations.
	fn regulate_authorizations(a: u32) -> Weight;
	/// `regulate` with `b` bans.
	fn regulate_bans(b: u32) -> Weight;
	/// `set_limits`.
	fn set_limits() -> Weight;
	/// `set_feeder_limits`.
	fn set_feeder_limits() -> Weight;
	/// `set_market`.
	fn set_market() -> Weight;
	/// `publish_control_signal`.
	fn publish_control_signal() -> Weight;
	/// `set_issuer`.
	fn set_issuer() -> Weight;
	/// `set_parameters`.
	fn set_parameters() -> Weight;
	/// One pass of removing records that are no longer needed.
	fn prune() -> Weight;
}

/// Weightless, for mocks.
impl WeightInfo for () {
	fn regulate_authorizations(_: u32) -> Weight {
		Weight::zero()
	}
	fn regulate_bans(_: u32) -> Weight {
		Weight::zero()
	}
	fn set_limits() -> Weight {
		Weight::zero()
	}
	fn set_feeder_limits() -> Weight {
		Weight::zero()
	}
	fn set_market() -> Weight {
		Weight::zero()
	}
	fn publish_control_signal() -> Weight {
		Weight::zero()
	}
	fn set_issuer() -> Weight {
		Weight::zero()
	}
	fn set_parameters() -> Weight {
		Weight::zero()
	}
	fn prune() -> Weight {
		Weight::zero()
	}
}
