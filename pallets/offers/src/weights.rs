//! What the calls weigh. The numbers are measured over the runtime, and live there.

use frame_support::weights::Weight;

/// Weights of the pallet's calls and steps.
pub trait WeightInfo {
	/// `post_offer` and `post_offer_with`.
	fn post_offer() -> Weight;
	/// `rescind_offer`.
	fn rescind_offer() -> Weight;
	/// `accept_offer`.
	fn accept_offer() -> Weight;
	/// Reading and writing where the clearing stands, once a run.
	fn tend() -> Weight;
	/// Beginning a clearing, or finding that there is none.
	fn begin_clearing() -> Weight;
	/// Cutting what is gated off one offer.
	fn free_offer() -> Weight;
	/// Cutting one timestep off one offer, into the book.
	fn freeze_offer() -> Weight;
	/// Moving an offer of one timestep into the book.
	fn freeze_whole_offer() -> Weight;
	/// One step of finding what is filled.
	fn match_slices() -> Weight;
	/// Splitting what is filled in part.
	fn split_slice() -> Weight;
	/// Reading one feeder's load and limits.
	fn read_feeder() -> Weight;
	/// Pairing a bid and an ask.
	fn pair_slices() -> Weight;
	/// Freeing what is left of one offer's timestep.
	fn release_slice() -> Weight;
	/// Writing one feeder's load back.
	fn write_feeder() -> Weight;
	/// One step of removing what is past.
	fn prune_step() -> Weight;
}

/// Weightless, for mocks.
impl WeightInfo for () {
	fn post_offer() -> Weight {
		Weight::zero()
	}
	fn rescind_offer() -> Weight {
		Weight::zero()
	}
	fn accept_offer() -> Weight {
		Weight::zero()
	}
	fn tend() -> Weight {
		Weight::zero()
	}
	fn begin_clearing() -> Weight {
		Weight::zero()
	}
	fn free_offer() -> Weight {
		Weight::zero()
	}
	fn freeze_offer() -> Weight {
		Weight::zero()
	}
	fn freeze_whole_offer() -> Weight {
		Weight::zero()
	}
	fn match_slices() -> Weight {
		Weight::zero()
	}
	fn split_slice() -> Weight {
		Weight::zero()
	}
	fn read_feeder() -> Weight {
		Weight::zero()
	}
	fn pair_slices() -> Weight {
		Weight::zero()
	}
	fn release_slice() -> Weight {
		Weight::zero()
	}
	fn write_feeder() -> Weight {
		Weight::zero()
	}
	fn prune_step() -> Weight {
		Weight::zero()
	}
}
