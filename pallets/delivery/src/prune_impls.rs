//! What idle block time does: expired commitments end, old leaves are forgotten, in bounded steps.

use crate::{
	commit_impls::block_key, Commitments, Config, Expiries, LeafQueue, Pallet, UsedLeaves,
	WeightInfo, MAX_IDLE_STEPS,
};
use frame_support::weights::WeightMeter;
use petra_primitives::Grid;

impl<T: Config> Pallet<T> {
	/// Ends expired commitments, so that a consumer gets its money back without being online (P4, III-A).
	pub(crate) fn expire_commitments(meter: &mut WeightMeter) {
		for _ in 0..MAX_IDLE_STEPS {
			let step = meter.try_consume(T::WeightInfo::expire_commitment());
			if step.is_err() || !Self::expire_first() {
				return;
			}
		}
	}

	/// Ends the commitment that expired first; returns whether there was one.
	pub(crate) fn expire_first() -> bool {
		let Some((key, ctp_id)) = Expiries::<T>::iter_keys().next() else { return false };
		if key >= block_key(Self::this_block()) {
			return false;
		}
		match Commitments::<T>::get(ctp_id) {
			Some(commitment) => Self::expire_commitment(ctp_id, &commitment),
			None => Expiries::<T>::remove(key, ctp_id),
		}
		true
	}

	/// Forgets used leaves whose certificates are too old.
	pub(crate) fn forget_leaves(meter: &mut WeightMeter) {
		for _ in 0..MAX_IDLE_STEPS {
			let step = meter.try_consume(T::WeightInfo::forget_leaf());
			if step.is_err() || !Self::forget_first_leaf() {
				return;
			}
		}
	}

	/// Forgets the oldest leaf; returns whether it was old enough.
	pub(crate) fn forget_first_leaf() -> bool {
		let Some((key, leaf)) = LeafQueue::<T>::iter_keys().next() else { return false };
		if key > T::Grid::now().to_be_bytes() {
			return false;
		}
		LeafQueue::<T>::remove(key, leaf);
		UsedLeaves::<T>::remove(leaf);
		true
	}
}
