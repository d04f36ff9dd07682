//! What must always hold.

use crate::{
	note_impls::{end_of, feeder_of, start_of},
	ring_impls::block_key,
	Builders, Config, Done, Ends, Fate, Gates, Keys, Members, Nullifiers, Pallet, Pool, Pools,
	PoolsOn, Revisions, Ring, RingId, Rings, Timeouts, RING_CAPACITY,
};
use alloc::{
	collections::{btree_map::BTreeMap, btree_set::BTreeSet},
	vec::Vec,
};
use frame_support::{ensure, traits::fungible::Inspect};
use petra_primitives::{Balance, FeederId, Note};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that
	/// - per ring, the notes held are the keys added less the nullifiers, what was reclaimed and what expired;
	/// - no key is there twice, and no nullifier;
	/// - the money of all notes held is on the pot's account;
	/// - pools, rings, keys, revisions and the queues agree.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut rings = Vec::new();
		for (id, ring) in Rings::<T>::iter() {
			Self::check_ring(&id, &ring)?;
			Self::check_queues(&id, &ring)?;
			if !Done::<T>::contains_key(id) {
				Self::check_keys(&id, &ring)?;
				Self::check_notes(&id, &ring)?;
			}
			rings.push((id, ring));
		}
		Self::check_singles()?;
		Self::check_strays(&rings)?;
		Self::check_pools(&rings)?;
		Self::check_money(&rings)
	}

	fn check_ring(id: &RingId, ring: &Ring) -> Result<(), TryRuntimeError> {
		let open = ring.members < RING_CAPACITY
			&& ring.fate != Fate::Failed
			&& end_of(&id.0).is_none_or(|end| Ends::<T>::contains_key(end.to_be_bytes(), id));
		ensure!(
			Builders::<T>::contains_key(id) == open,
			"mixing: a ring takes keys and cannot, or the other way round"
		);
		ensure!(
			ring.members > 0 && ring.members <= RING_CAPACITY && Self::are_rules(&ring.rules),
			"mixing: a ring is not well-formed"
		);
		ensure!(
			ring.deadline.is_none() == start_of(&id.0).is_some(),
			"mixing: a ring of money has no deadline, or one of energy has one"
		);
		let usable = ring.usable_from.is_some();
		ensure!(
			usable == (ring.rules.min_size <= ring.members)
				&& (usable || ring.fate != Fate::Usable),
			"mixing: a ring is usable with too few keys, or not with enough"
		);
		Ok(())
	}

	fn check_queues(id: &RingId, ring: &Ring) -> Result<(), TryRuntimeError> {
		let undecided = ring.fate == Fate::Undecided;
		let queued = match (start_of(&id.0), ring.deadline) {
			(Some(start), _) => Gates::<T>::contains_key(start.to_be_bytes(), id),
			(None, Some(deadline)) => Timeouts::<T>::contains_key(block_key(deadline), id),
			(None, None) => false,
		};
		ensure!(undecided == queued, "mixing: a ring waits for its deadline for nothing, or not");
		let done = Done::<T>::contains_key(id);
		let finished = match end_of(&id.0) {
			Some(end) => !Ends::<T>::contains_key(end.to_be_bytes(), id),
			None => ring.held == 0 && (ring.members == RING_CAPACITY || ring.fate == Fate::Failed),
		};
		ensure!(done == finished, "mixing: a ring is done and stays, or goes and is not");
		ensure!(!done || ring.held == 0, "mixing: a ring that is done has notes");
		Ok(())
	}

	fn check_keys(id: &RingId, ring: &Ring) -> Result<(), TryRuntimeError> {
		let mut last = 0;
		for index in 0..ring.members {
			let member = Members::<T>::get(id, index).ok_or("mixing: a key is missing")?;
			ensure!(
				Keys::<T>::get(member.key) == Some(index),
				"mixing: a key is not remembered, or is there twice"
			);
			let revision = Revisions::<T>::get(id, index).ok_or("mixing: a revision is missing")?;
			ensure!(last <= revision.block, "mixing: a revision is older than the one before");
			last = revision.block;
			ensure!(
				revision.root.is_some() == (ring.oldest_root <= index),
				"mixing: a root is kept for nothing, or not"
			);
			if index.saturating_add(1) == ring.rules.min_size {
				ensure!(
					ring.usable_from == Some(last.saturating_add(ring.rules.min_age)),
					"mixing: a ring is usable too early, or too late"
				);
			}
		}
		Ok(())
	}

	fn check_notes(id: &RingId, ring: &Ring) -> Result<(), TryRuntimeError> {
		let used = Nullifiers::<T>::iter_key_prefix(id).count() as u32;
		let reclaimed =
			Members::<T>::iter_prefix_values(id).filter(|member| member.reclaimed).count() as u32;
		let gone = [used, reclaimed, ring.expired].into_iter().try_fold(0, u32::checked_add);
		ensure!(
			gone.and_then(|gone| ring.members.checked_sub(gone)) == Some(ring.held),
			"mixing: notes held are not keys added less nullifiers, reclaimed and expired"
		);
		ensure!(
			used == 0 || reclaimed == 0 && ring.fate != Fate::Failed,
			"mixing: notes came out of a ring that failed"
		);
		ensure!(
			reclaimed == 0 || ring.fate == Fate::Failed,
			"mixing: notes were taken back from a ring that has not failed"
		);
		Ok(())
	}

	/// No key and no nullifier twice, over all rings.
	fn check_singles() -> Result<(), TryRuntimeError> {
		let mut keys = BTreeSet::new();
		for member in Members::<T>::iter_values() {
			ensure!(keys.insert(member.key), "mixing: a key is there twice");
		}
		let mut nullifiers = BTreeSet::new();
		for (_, nullifier) in Nullifiers::<T>::iter_keys() {
			ensure!(nullifiers.insert(nullifier), "mixing: a nullifier is there twice");
		}
		Ok(())
	}

	/// Nothing belongs to a ring that is not there.
	fn check_strays(rings: &[(RingId, Ring)]) -> Result<(), TryRuntimeError> {
		let rings: BTreeMap<_, _> = rings.iter().map(|(id, ring)| (*id, ring.members)).collect();
		let within = |(id, index): (RingId, u32)| rings.get(&id).is_some_and(|all| index < *all);
		ensure!(
			Members::<T>::iter_keys().all(within)
				&& Revisions::<T>::iter_keys().all(within)
				&& Nullifiers::<T>::iter_keys().all(|(id, _)| rings.contains_key(&id))
				&& Builders::<T>::iter_keys().all(|id| rings.contains_key(&id))
				&& Done::<T>::iter_keys().all(|id| rings.contains_key(&id)),
			"mixing: something belongs to no ring"
		);
		let at = |start: [u8; 8], id: &RingId, expected: Option<u64>| {
			rings.contains_key(id) && expected.map(u64::to_be_bytes) == Some(start)
		};
		ensure!(
			Gates::<T>::iter_keys().all(|(start, id)| at(start, &id, start_of(&id.0)))
				&& Ends::<T>::iter_keys().all(|(end, id)| at(end, &id, end_of(&id.0)))
				&& Timeouts::<T>::iter_keys().all(|(deadline, id)| {
					let due = Rings::<T>::get(id).and_then(|ring| ring.deadline);
					at(deadline, &id, due.map(u64::from))
				}),
			"mixing: a queue has an entry of no ring"
		);
		Ok(())
	}

	fn check_pools(rings: &[(RingId, Ring)]) -> Result<(), TryRuntimeError> {
		let (mut stored, mut on) = (BTreeMap::<Note, u32>::new(), BTreeMap::<FeederId, u32>::new());
		for ((note, _), _) in rings {
			let count = stored.entry(*note).or_default();
			*count = count.saturating_add(1);
		}
		for (note, pool) in Pools::<T>::iter() {
			let Pool { rings: next, stored: count } = pool;
			ensure!(
				stored.remove(&note).unwrap_or_default() == count && count <= next,
				"mixing: a pool's count of rings is wrong"
			);
			if let Some(feeder) = feeder_of(&note) {
				ensure!(count > 0, "mixing: a pool of energy has no ring");
				let pools = on.entry(feeder).or_default();
				*pools = pools.saturating_add(1);
			}
		}
		ensure!(stored.is_empty(), "mixing: a ring has no pool");
		ensure!(
			rings.iter().all(|((note, ring), _)| {
				Pools::<T>::get(note).is_some_and(|pool| *ring < pool.rings)
			}),
			"mixing: a ring's number was not given out yet"
		);
		ensure!(
			PoolsOn::<T>::iter().collect::<BTreeMap<_, _>>() == on,
			"mixing: a feeder's count of pools is wrong"
		);
		Ok(())
	}

	fn check_money(rings: &[(RingId, Ring)]) -> Result<(), TryRuntimeError> {
		let mut held = Balance::default();
		for ((note, _), ring) in rings {
			if let Note::Financial { amount } = note {
				held = held.saturating_add(amount.saturating_mul(ring.held.into()));
			}
		}
		ensure!(
			held <= T::Currency::total_balance(&Self::pot()),
			"mixing: the pot has less money than the notes held"
		);
		Ok(())
	}
}
