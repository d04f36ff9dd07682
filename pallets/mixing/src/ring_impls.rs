//! Rings: how they open, grow, become usable, fail, and close.

use crate::{
	note_impls::{end_of, feeder_of, start_of},
	proofs, Builders, Config, Done, Ends, Error, Event, Fate, FirstBlocks, Gates, LastTimestep,
	Member, MemberKey, Members, Pallet, Pool, Pools, PoolsOn, Revision, Revisions, Ring, RingId,
	RingRules, Rings, Root, Rules, Timeouts, RING_CAPACITY,
};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get};
use petra_primitives::{BlockNumber, Grid, Note};
use sp_runtime::SaturatedConversion;

/// How many roots that nobody can use any more a deposit forgets.
const ROOTS_FORGOTTEN: u32 = 2;

impl<T: Config> Pallet<T> {
	pub(crate) fn block() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// Whether a ring can have these rules.
	pub(crate) fn are_rules(rules: &RingRules) -> bool {
		(2..=RING_CAPACITY).contains(&rules.min_size) && rules.min_age < T::RingTimeout::get()
	}

	pub(crate) fn do_set_ring_rules(rules: RingRules) -> DispatchResult {
		ensure!(Self::are_rules(&rules), Error::<T>::BadRingRules);
		Rules::<T>::put(rules);
		let RingRules { min_size, min_age } = rules;
		Self::deposit_event(Event::RingRulesSet { min_size, min_age });
		Ok(())
	}

	/// The ring that the next note of a pool goes into; a new one if there is none that takes it.
	pub(crate) fn ring_for(note: &Note) -> Result<(RingId, Ring), Error<T>> {
		let pool = Pools::<T>::get(note);
		let last = pool.and_then(|pool| pool.rings.checked_sub(1)).map(|last| (*note, last));
		let last = last.and_then(|id| Rings::<T>::get(id).map(|ring| (id, ring)));
		let gated = start_of(note).is_some_and(Self::is_gated);
		if let Some((id, ring)) = last {
			let failed = Self::fate(note, &ring) == Fate::Failed;
			if ring.members < RING_CAPACITY && !failed {
				return Ok((id, ring));
			}
			ensure!(!(failed && gated), Error::<T>::RingFailed);
		}
		ensure!(!gated, Error::<T>::GateClosed);
		Self::open_ring(note, pool)
	}

	fn open_ring(note: &Note, pool: Option<Pool>) -> Result<(RingId, Ring), Error<T>> {
		if let (None, Some(feeder)) = (pool, feeder_of(note)) {
			let pools = PoolsOn::<T>::get(feeder);
			ensure!(pools < T::MaxPoolsPerFeeder::get(), Error::<T>::PoolsFull);
			PoolsOn::<T>::insert(feeder, pools.saturating_add(1));
		}
		let Pool { rings, stored } = pool.unwrap_or_default();
		let more = Pool {
			rings: rings.checked_add(1).ok_or(Error::<T>::Overflow)?,
			stored: stored.checked_add(1).ok_or(Error::<T>::Overflow)?,
		};
		Pools::<T>::insert(note, more);

		let id = (*note, rings);
		let deadline = match (start_of(note), end_of(note)) {
			(Some(start), Some(end)) => {
				Gates::<T>::insert(start.to_be_bytes(), id, ());
				Ends::<T>::insert(end.to_be_bytes(), id, ());
				None
			},
			_ => {
				let deadline = Self::block().saturating_add(T::RingTimeout::get());
				Timeouts::<T>::insert(block_key(deadline), id, ());
				Some(deadline)
			},
		};
		Builders::<T>::insert(id, proofs::empty_ring().ok_or(Error::<T>::Overflow)?);
		let ring = Ring {
			rules: Rules::<T>::get(),
			deadline,
			members: 0,
			held: 0,
			expired: 0,
			usable_from: None,
			oldest_root: 0,
			fate: Fate::Undecided,
		};
		Ok((id, ring))
	}

	/// Adds a key: a new revision. Writes the ring.
	pub(crate) fn add_member(id: RingId, mut ring: Ring, key: &MemberKey) -> Result<u32, Error<T>> {
		let builder = Builders::<T>::get(id).ok_or(Error::<T>::RingNotFound)?;
		let (builder, root) = proofs::add_key(&builder, key).ok_or(Error::<T>::BadKey)?;
		let (index, block) = (ring.members, Self::block());
		ring.members = index.checked_add(1).ok_or(Error::<T>::Overflow)?;
		ring.held = ring.held.checked_add(1).ok_or(Error::<T>::Overflow)?;
		if ring.members == ring.rules.min_size {
			ring.usable_from = Some(block.saturating_add(ring.rules.min_age));
		}
		Members::<T>::insert(id, index, Member { key: *key, reclaimed: false });
		Revisions::<T>::insert(id, index, Revision { block, root: Some(root) });
		if ring.members < RING_CAPACITY {
			Builders::<T>::insert(id, builder);
		} else {
			Builders::<T>::remove(id);
		}
		Self::forget_roots(&id, &mut ring);
		Rings::<T>::insert(id, ring);
		Ok(index)
	}

	/// Forgets the first of the kept roots, if nobody can use them any more.
	fn forget_roots(id: &RingId, ring: &mut Ring) {
		for _ in 0..ROOTS_FORGOTTEN {
			let (oldest, next) = (ring.oldest_root, ring.oldest_root.saturating_add(1));
			if next >= ring.members || !Self::is_useless(id, ring, oldest) {
				break;
			}
			Revisions::<T>::mutate(id, oldest, |revision| {
				if let Some(revision) = revision {
					revision.root = None;
				}
			});
			ring.oldest_root = next;
		}
	}

	/// Whether a revision that has a successor can never be used from now on.
	fn is_useless(id: &RingId, ring: &Ring, revision: u32) -> bool {
		revision.saturating_add(1) < ring.rules.min_size
			|| Self::retired_after(id, ring, revision).is_some_and(|last| last < Self::block())
	}

	/// The last block in which a revision is valid, if it has a successor.
	fn retired_after(id: &RingId, ring: &Ring, revision: u32) -> Option<BlockNumber> {
		let successor = Revisions::<T>::get(id, revision.saturating_add(1))?;
		let usable = successor.block.saturating_add(ring.rules.min_age);
		Some(usable.saturating_add(T::RootRetention::get()))
	}

	/// The root of a revision that accepts withdrawals now.
	pub(crate) fn usable_root(id: &RingId, ring: &Ring, revision: u32) -> Result<Root, Error<T>> {
		let members = revision.saturating_add(1);
		ensure!(
			ring.rules.min_size <= members && members <= ring.members,
			Error::<T>::RingNotReady
		);
		ensure!(ring.oldest_root <= revision, Error::<T>::RootTooOld);
		let Revision { block, root } =
			Revisions::<T>::get(id, revision).ok_or(Error::<T>::RingNotReady)?;
		ensure!(
			block.saturating_add(ring.rules.min_age) <= Self::block(),
			Error::<T>::RingNotReady
		);
		let last = Self::retired_after(id, ring, revision);
		ensure!(last.is_none_or(|last| Self::block() <= last), Error::<T>::RootTooOld);
		root.ok_or(Error::<T>::RootTooOld)
	}

	/// What becomes, or became, of a ring at its deadline, as of now.
	pub(crate) fn fate(note: &Note, ring: &Ring) -> Fate {
		if ring.fate != Fate::Undecided {
			return ring.fate;
		}
		let in_time = match (start_of(note), ring.deadline) {
			(Some(start), _) => {
				let gate = Self::gate_of(start);
				if T::Grid::now() < gate {
					return Fate::Undecided;
				}
				let first = Self::first_block_of(gate);
				ring.usable_from.is_some_and(|usable| usable < first)
			},
			(None, Some(deadline)) => {
				if Self::block() <= deadline {
					return Fate::Undecided;
				}
				ring.usable_from.is_some_and(|usable| usable <= deadline)
			},
			(None, None) => return Fate::Undecided,
		};
		if in_time {
			Fate::Usable
		} else {
			Fate::Failed
		}
	}

	/// The first block whose timestep was `t` or later, if there is one by now.
	fn first_block_of(t: petra_primitives::Timestep) -> BlockNumber {
		let key = t.to_be_bytes();
		let exactly = FirstBlocks::<T>::get(key);
		let later = || {
			FirstBlocks::<T>::iter_from(FirstBlocks::<T>::hashed_key_for(key))
				.next()
				.map(|(_, block)| block)
		};
		exactly.or_else(later).unwrap_or_else(Self::block)
	}

	/// Notes down in which block the last block's timestep began, if that may decide about a ring.
	pub(crate) fn note_time() {
		let now = T::Grid::now();
		if now <= LastTimestep::<T>::get() {
			return;
		}
		LastTimestep::<T>::put(now);
		if Self::next_gated().is_some() {
			FirstBlocks::<T>::insert(now.to_be_bytes(), Self::block().saturating_sub(1));
		}
	}

	/// The first ring of energy whose gate has closed and whose fate is not decided.
	pub(crate) fn next_gated() -> Option<RingId> {
		let (start, id) = Gates::<T>::iter_keys().next()?;
		Self::is_gated(petra_primitives::Timestep::from_be_bytes(start)).then_some(id)
	}

	/// The first ring of money whose timeout has passed and whose fate is not decided.
	pub(crate) fn next_timed_out() -> Option<RingId> {
		let (deadline, id) = Timeouts::<T>::iter_keys().next()?;
		(deadline < block_key(Self::block())).then_some(id)
	}

	/// Writes down a ring's fate, if its deadline has passed.
	pub(crate) fn decide(id: &RingId, ring: &mut Ring) {
		let fate = Self::fate(&id.0, ring);
		if ring.fate != Fate::Undecided || fate == Fate::Undecided {
			return;
		}
		Self::write_fate(id, ring, fate);
	}

	fn write_fate(id: &RingId, ring: &mut Ring, fate: Fate) {
		ring.fate = fate;
		if let Some(start) = start_of(&id.0) {
			Gates::<T>::remove(start.to_be_bytes(), id);
		}
		if let Some(deadline) = ring.deadline {
			Timeouts::<T>::remove(block_key(deadline), id);
		}
		if fate == Fate::Failed {
			Builders::<T>::remove(id);
			Self::deposit_event(Event::RingFailed { pool: id.0, ring: id.1 });
		}
		Rings::<T>::insert(id, ring);
	}

	/// Takes a note out of a ring's count, and lets a ring of money go that has none left and takes no more. Writes the ring.
	pub(crate) fn release(id: &RingId, mut ring: Ring) -> Result<(), Error<T>> {
		ring.held = ring.held.checked_sub(1).ok_or(Error::<T>::Overflow)?;
		Rings::<T>::insert(id, &ring);
		let is_money = matches!(id.0, Note::Financial { .. });
		let is_closed = ring.members == RING_CAPACITY || ring.fate == Fate::Failed;
		if is_money && is_closed && ring.held == 0 {
			if ring.fate == Fate::Undecided {
				// Notes came out of it.
				Self::write_fate(id, &mut ring, Fate::Usable);
			}
			Done::<T>::insert(id, ());
		}
		Ok(())
	}
}

/// A block's number as a key whose order is that of blocks.
pub(crate) fn block_key(number: BlockNumber) -> [u8; 8] {
	u64::from(number).to_be_bytes()
}
