//! What the runtime asks: the rings, what the pools hold, and which calls are free.

use crate::{
	idle_impls::pooled, Call, Config, Fate, Members, Pallet, Revisions, Ring, RingId, Rings,
};
use alloc::vec::Vec;
use petra_primitives::{InspectPools, Note, PoolInfo, PooledNotes, RevisionInfo, RingInfo};
use sp_runtime::AccountId32;

impl<T: Config> Pallet<T> {
	/// The rings that are there, as far as they have come.
	pub fn mixing_pools() -> Vec<PoolInfo> {
		let info = |(id, ring): (RingId, Ring)| {
			let newest = ring.members.checked_sub(1)?;
			let usable = Self::newest_usable(&id, &ring);
			let revision = usable.unwrap_or(newest);
			Some(PoolInfo {
				pool: id.0,
				ring: id.1,
				revision,
				members: revision.saturating_add(1),
				usable: usable.is_some(),
			})
		};
		Rings::<T>::iter().filter_map(info).collect()
	}

	/// The newest revision that accepts withdrawals now.
	fn newest_usable(id: &RingId, ring: &Ring) -> Option<u32> {
		(ring.oldest_root..ring.members)
			.rev()
			.find(|revision| Self::is_usable(id, ring, *revision))
	}

	fn is_usable(id: &RingId, ring: &Ring, revision: u32) -> bool {
		ring.held > 0
			&& Self::fate(&id.0, ring) != Fate::Failed
			&& !Self::is_expired(&id.0)
			&& Self::usable_root(id, ring, revision).is_ok()
	}

	/// A ring.
	pub fn ring(pool: Note, ring: u32) -> Option<RingInfo> {
		let id = (pool, ring);
		let ring = Rings::<T>::get(id)?;
		let members = 0..ring.members;
		let revision = |revision| {
			Revisions::<T>::get(id, revision).map(|stored| RevisionInfo {
				revision,
				members: revision.saturating_add(1),
				block: stored.block,
				usable: Self::is_usable(&id, &ring, revision),
			})
		};
		Some(RingInfo {
			members: members
				.clone()
				.filter_map(|index| Members::<T>::get(id, index).map(|member| member.key))
				.collect(),
			revisions: members.filter_map(revision).collect(),
			failed: Self::fate(&id.0, &ring) == Fate::Failed,
		})
	}

	/// What `call` by anybody costs of its quota, in asset writes; none if the call is not free (specification, section 8).
	pub fn free_call_cost(_: &AccountId32, call: &Call<T>) -> Option<u32> {
		match call {
			Call::deposit { .. } | Call::reclaim { .. } => Some(1),
			_ => None,
		}
	}
}

impl<T: Config> InspectPools for Pallet<T> {
	fn pooled_notes() -> Vec<PooledNotes> {
		Rings::<T>::iter().filter_map(|(id, ring)| pooled(&id.0, ring.held)).collect()
	}
}
