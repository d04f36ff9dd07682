//! What idle block time does, in bounded steps: decide about rings, let notes expire, remove rings that are done.

use crate::{
	note_impls::feeder_of, Builders, Config, Done, Ends, Event, FirstBlocks, Members, Nullifiers,
	Pallet, Pools, PoolsOn, Revisions, RingId, Rings, WeightInfo, CLEANED_PER_STEP, MAX_IDLE_STEPS,
};
use frame_support::{
	storage::with_storage_layer,
	weights::{Weight, WeightMeter},
};
use petra_primitives::{AssetLedger, Note, PooledNotes};
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	/// Decides about rings whose deadline has passed, the earliest first.
	pub(crate) fn decide_rings(meter: &mut WeightMeter) {
		steps(meter, T::WeightInfo::decide_ring(), Self::decide_next);
	}

	/// Lets what is left in rings expire, the earliest first.
	pub(crate) fn expire_rings(meter: &mut WeightMeter) {
		steps(meter, T::WeightInfo::expire_ring(), Self::expire_next);
	}

	/// Removes rings that are done.
	pub(crate) fn clean_rings(meter: &mut WeightMeter) {
		steps(meter, T::WeightInfo::clean_ring(), Self::clean_next);
	}

	/// Decides about one ring, or forgets when a timestep began that decides about none any more; returns whether there was
	/// one.
	pub(crate) fn decide_next() -> bool {
		if let Some(id) = Self::next_gated().or_else(Self::next_timed_out) {
			let Some(mut ring) = Rings::<T>::get(id) else { return false };
			Self::decide(&id, &mut ring);
			return true;
		}
		let first = FirstBlocks::<T>::iter_keys().next();
		first.map(FirstBlocks::<T>::remove).is_some()
	}

	/// Lets what is left in one ring expire; returns whether there was one.
	pub(crate) fn expire_next() -> bool {
		let Some((end, id)) = Ends::<T>::iter_keys().next() else { return false };
		Self::is_expired(&id.0)
			&& with_storage_layer(|| Self::expire(end, id).ok_or(DispatchError::Unavailable))
				.is_ok()
	}

	fn expire(end: [u8; 8], id: RingId) -> Option<()> {
		let mut ring = Rings::<T>::get(id)?;
		Self::decide(&id, &mut ring);
		if ring.held > 0 {
			T::Assets::expire_pooled(&pooled(&id.0, ring.held)?).ok()?;
			let (pool, number, notes) = (id.0, id.1, ring.held);
			Self::deposit_event(Event::NotesExpired { pool, ring: number, notes });
		}
		ring.expired = core::mem::take(&mut ring.held);
		Rings::<T>::insert(id, ring);
		Builders::<T>::remove(id);
		Ends::<T>::remove(end, id);
		Done::<T>::insert(id, ());
		Some(())
	}

	/// Removes a part of a ring that is done; returns whether there was one.
	pub(crate) fn clean_next() -> bool {
		let Some(id) = Done::<T>::iter_keys().next() else { return false };
		let most = CLEANED_PER_STEP as usize;
		let mut removed = Members::<T>::drain_prefix(id).take(most).count();
		removed = removed.saturating_add(
			Revisions::<T>::drain_prefix(id).take(most.saturating_sub(removed)).count(),
		);
		removed = removed.saturating_add(
			Nullifiers::<T>::drain_prefix(id).take(most.saturating_sub(removed)).count(),
		);
		if removed < most {
			Self::remove_ring(&id);
		}
		true
	}

	/// Removes a ring of which nothing else is left, and with the last one a pool of energy: its interval is over. Pools of
	/// money stay, so that no ring's number comes again.
	fn remove_ring(id: &RingId) {
		Done::<T>::remove(id);
		Rings::<T>::remove(id);
		let note = &id.0;
		let Some(mut pool) = Pools::<T>::get(note) else { return };
		pool.stored = pool.stored.saturating_sub(1);
		match feeder_of(note) {
			Some(feeder) if pool.stored == 0 => {
				Pools::<T>::remove(note);
				PoolsOn::<T>::mutate_exists(feeder, |pools| {
					let left = pools.unwrap_or_default().saturating_sub(1);
					*pools = (left > 0).then_some(left);
				});
			},
			_ => Pools::<T>::insert(note, pool),
		}
	}
}

/// Steps, as many as there are to do, the weight allows, and [`MAX_IDLE_STEPS`].
fn steps(meter: &mut WeightMeter, weight: Weight, step: impl Fn() -> bool) {
	for _ in 0..MAX_IDLE_STEPS {
		if meter.try_consume(weight).is_err() || !step() {
			break;
		}
	}
}

/// Notes of a pool of energy, as the ledger of assets knows them.
pub(crate) fn pooled(note: &Note, notes: u32) -> Option<PooledNotes> {
	match *note {
		Note::Energy { kind, feeder, power, start, end, .. } => {
			Some(PooledNotes { kind, feeder, power, start, end, notes })
		},
		Note::Financial { .. } => None,
	}
}
