//! Removes what is past, in idle block time.

use crate::{
	Config, Pallet, PruneState, Pruning, Roots, WeightInfo, MAX_PRUNES_PER_BLOCK, PAGES_PER_STEP,
};
use frame_support::weights::WeightMeter;
use petra_primitives::{Grid, Timestep};
use petra_schedule::timeline::FAN_OUT;

impl<T: Config> Pallet<T> {
	/// Removes pages that lie before the settlement window, in bounded steps.
	pub(crate) fn prune(meter: &mut WeightMeter) {
		for _ in 0..MAX_PRUNES_PER_BLOCK {
			if meter.try_consume(T::WeightInfo::prune_step()).is_err() || !Self::prune_step() {
				break;
			}
		}
	}

	/// One step; returns whether there may be more to do.
	pub(crate) fn prune_step() -> bool {
		let state = Pruning::<T>::get();
		let state = match (state.complete, Self::prunable()) {
			(true, before) if before <= state.before => return false,
			(true, before) => PruneState { before, after: None, complete: false },
			(false, _) => state,
		};
		let next = match state.after {
			Some(series) => Roots::<T>::iter_keys_from_key(series).next(),
			None => Roots::<T>::iter_keys().next(),
		};
		let Some(series) = next else {
			Pruning::<T>::put(PruneState { complete: true, ..state });
			return false;
		};
		let pruned = series.timeline::<T>().prune(state.before, PAGES_PER_STEP);
		let after = if pruned.complete { Some(series) } else { state.after };
		Pruning::<T>::put(PruneState { after, ..state });
		true
	}

	/// The timestep before which nothing is needed: where the settlement window's first page begins.
	fn prunable() -> Timestep {
		let window = T::Grid::parameters().settlement_window;
		let first = T::Grid::now().saturating_sub(window);
		first.saturating_sub(first.checked_rem(FAN_OUT).unwrap_or_default())
	}
}
