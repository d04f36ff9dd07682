//! Every invariant, broken.

use crate::{
	mock::*, Builders, Done, Ends, Fate, Gates, Keys, Members, Nullifiers, Pools, PoolsOn,
	Revisions, Ring, Rings, Timeouts,
};
use frame_system::RawOrigin;
use petra_primitives::Note;
use sp_runtime::TryRuntimeError;

/// Money whose ring can be used.
const SMALL: Note = Note::Financial { amount: UNIT };

/// A good state: a ring of energy from which a note came out, one of money that failed and to which one went back, and one
/// of money that is whole.
fn prepare() {
	deposit_all(10..12, &MONEY);
	run(TIMEOUT + 2);
	assert_done(signed(10), reclaim(10, &MONEY, 70));
	usable_ring(&ENERGY);
	// The proof is not looked at when it is dispatched.
	let wish = Wish::new(0, &ENERGY);
	let withdrawal = petra_primitives::Withdrawal {
		pool: wish.pool,
		ring: wish.ring,
		revision: wish.revision,
		nullifier: wish.nullifier(),
		deadline: wish.deadline,
		proof: Default::default(),
		recipient: wish.recipient.clone(),
	};
	assert_done(RawOrigin::Authorized.into(), withdraw(withdrawal));
	deposit_all(20..23, &SMALL);
}

/// Corrupts a good state and expects the report.
fn reports(corrupt: impl FnOnce(), report: &'static str) {
	new_test_ext().execute_with(|| {
		prepare();
		assert_eq!(Mixing::do_try_state(), Ok(()));
		corrupt();
		assert_eq!(Mixing::do_try_state(), Err(TryRuntimeError::Other(report)));
	});
}

fn change(pool: Note, change: impl FnOnce(&mut Ring)) {
	Rings::<Test>::mutate((pool, 0), |ring| change(ring.as_mut().unwrap()));
}

const NOTES: &str = "mixing: notes held are not keys added less nullifiers, reclaimed and expired";

#[test]
fn try_state_should_report_wrong_counts_of_notes() {
	reports(|| change(ENERGY, |ring| ring.held += 1), NOTES);
	reports(|| change(ENERGY, |ring| ring.held -= 1), NOTES);
	reports(|| change(ENERGY, |ring| ring.expired = 1), NOTES);
	reports(|| change(ENERGY, |ring| ring.expired = 9), NOTES);
	reports(|| Nullifiers::<Test>::insert((ENERGY, 0), [9; 32], ()), NOTES);
	reports(
		|| {
			let _ = Nullifiers::<Test>::clear_prefix((ENERGY, 0), 9, None);
		},
		NOTES,
	);
	let reclaim = |reclaimed| {
		Members::<Test>::mutate((MONEY, 0), 0, |member| {
			member.as_mut().unwrap().reclaimed = reclaimed
		})
	};
	reports(|| reclaim(false), NOTES);
}

#[test]
fn try_state_should_report_notes_that_came_out_the_wrong_way() {
	reports(
		|| {
			Nullifiers::<Test>::insert((MONEY, 0), [9; 32], ());
			change(MONEY, |ring| ring.held = 0);
			Done::<Test>::remove((MONEY, 0));
			Rings::<Test>::mutate((MONEY, 0), |ring| ring.as_mut().unwrap().held = 0);
			// Not to be done, it has a note left.
			Members::<Test>::mutate((MONEY, 0), 0, |member| {
				member.as_mut().unwrap().reclaimed = false
			});
			change(MONEY, |ring| ring.held = 1);
		},
		"mixing: notes came out of a ring that failed",
	);
	reports(
		|| {
			change(ENERGY, |ring| ring.held = 1);
			Members::<Test>::mutate((ENERGY, 0), 1, |member| {
				member.as_mut().unwrap().reclaimed = true
			});
			let _ = Nullifiers::<Test>::clear_prefix((ENERGY, 0), 9, None);
			change(ENERGY, |ring| ring.held = 2);
		},
		"mixing: notes were taken back from a ring that has not failed",
	);
}

#[test]
fn try_state_should_report_keys_that_are_wrong() {
	let not_remembered = "mixing: a key is not remembered, or is there twice";
	reports(|| Keys::<Test>::remove(key(1)), not_remembered);
	reports(|| Keys::<Test>::insert(key(1), 2), not_remembered);
	reports(|| Members::<Test>::remove((ENERGY, 0), 1), "mixing: a key is missing");
	let copy = |from: u32, (to, index)| {
		let mut member = Members::<Test>::get((ENERGY, 0), from).unwrap();
		member.reclaimed = false;
		Members::<Test>::insert((to, 0), index, member);
	};
	reports(|| copy(1, (ENERGY, 2)), not_remembered);
	// In two rings, at the same place in both.
	reports(|| copy(2, (SMALL, 2)), "mixing: a key is there twice");
}

#[test]
fn try_state_should_report_a_nullifier_that_is_there_twice() {
	reports(
		|| {
			let (_, nullifier) = Nullifiers::<Test>::iter_keys().next().unwrap();
			Nullifiers::<Test>::insert((SMALL, 0), nullifier, ());
			change(SMALL, |ring| ring.held -= 1);
		},
		"mixing: a nullifier is there twice",
	);
}

#[test]
fn try_state_should_report_bad_revisions() {
	reports(|| Revisions::<Test>::remove((ENERGY, 0), 1), "mixing: a revision is missing");
	let root = "mixing: a root is kept for nothing, or not";
	reports(|| change(ENERGY, |ring| ring.oldest_root -= 1), root);
	reports(|| change(ENERGY, |ring| ring.oldest_root += 1), root);
	let revision = |index, change: fn(&mut crate::Revision)| {
		Revisions::<Test>::mutate((ENERGY, 0), index, |revision| change(revision.as_mut().unwrap()))
	};
	reports(|| revision(2, |revision| revision.root = None), root);
	let older = "mixing: a revision is older than the one before";
	reports(|| revision(2, |revision| revision.block = 1), older);
	let early = "mixing: a ring is usable too early, or too late";
	reports(|| revision(2, |revision| revision.block += 1), early);
	reports(|| change(ENERGY, |ring| ring.usable_from = Some(1)), early);
}

#[test]
fn try_state_should_report_bad_rings() {
	let usable = "mixing: a ring is usable with too few keys, or not with enough";
	reports(|| change(ENERGY, |ring| ring.usable_from = None), usable);
	reports(|| change(MONEY, |ring| ring.usable_from = Some(1)), usable);
	let formed = "mixing: a ring is not well-formed";
	reports(|| change(ENERGY, |ring| ring.rules.min_size = 1), formed);
	let deadline = "mixing: a ring of money has no deadline, or one of energy has one";
	reports(|| change(ENERGY, |ring| ring.deadline = Some(1)), deadline);
	reports(|| change(SMALL, |ring| ring.deadline = None), deadline);
	let takes = "mixing: a ring takes keys and cannot, or the other way round";
	reports(|| Builders::<Test>::remove((ENERGY, 0)), takes);
	reports(
		|| Builders::<Test>::insert((MONEY, 0), Builders::<Test>::get((ENERGY, 0)).unwrap()),
		takes,
	);
}

#[test]
fn try_state_should_report_bad_queues() {
	let waits = "mixing: a ring waits for its deadline for nothing, or not";
	reports(|| drop(Gates::<Test>::clear(9, None)), waits);
	reports(|| drop(Timeouts::<Test>::clear(9, None)), waits);
	let deadline = 1u64.to_be_bytes();
	let stray = "mixing: a queue has an entry of no ring";
	for id in [(MONEY, 0), (SMALL, 0), (ENERGY, 0), (SMALL, 1)] {
		reports(|| Timeouts::<Test>::insert(deadline, id, ()), stray);
		reports(|| Gates::<Test>::insert(deadline, id, ()), stray);
		reports(|| Ends::<Test>::insert(deadline, id, ()), stray);
	}
	reports(|| change(ENERGY, |ring| ring.fate = Fate::Usable), waits);
	let done = "mixing: a ring is done and stays, or goes and is not";
	reports(|| Done::<Test>::insert((ENERGY, 0), ()), done);
	reports(|| Done::<Test>::insert((MONEY, 0), ()), done);
	reports(
		|| {
			drop(Ends::<Test>::clear(9, None));
			Builders::<Test>::remove((ENERGY, 0));
		},
		done,
	);
	reports(
		|| {
			drop(Ends::<Test>::clear(9, None));
			Builders::<Test>::remove((ENERGY, 0));
			Done::<Test>::insert((ENERGY, 0), ());
		},
		"mixing: a ring that is done has notes",
	);
}

#[test]
fn try_state_should_report_what_belongs_to_no_ring() {
	let stray = "mixing: something belongs to no ring";
	let (nowhere, member) = ((MONEY, 9), crate::Member { key: [1; 32], reclaimed: false });
	reports(|| Members::<Test>::insert(nowhere, 0, member), stray);
	reports(|| Members::<Test>::insert((ENERGY, 0), 3, member), stray);
	let revision = || crate::Revision { block: 1, root: None };
	reports(|| Revisions::<Test>::insert(nowhere, 0, revision()), stray);
	reports(|| Revisions::<Test>::insert((ENERGY, 0), 3, revision()), stray);
	reports(|| Nullifiers::<Test>::insert(nowhere, [1; 32], ()), stray);
	reports(|| Builders::<Test>::insert(nowhere, crate::Builder::default()), stray);
	reports(|| Done::<Test>::insert(nowhere, ()), stray);
}

#[test]
fn try_state_should_report_bad_pools() {
	let count = "mixing: a pool's count of rings is wrong";
	let pool = |note, change: fn(&mut crate::Pool)| {
		Pools::<Test>::mutate(note, |pool| change(pool.as_mut().unwrap()))
	};
	reports(|| pool(MONEY, |pool| pool.stored = 2), count);
	reports(|| pool(MONEY, |pool| pool.rings = 0), count);
	reports(|| Pools::<Test>::remove(MONEY), "mixing: a ring has no pool");
	let feeder = "mixing: a feeder's count of pools is wrong";
	reports(|| PoolsOn::<Test>::insert(FEEDER, 2), feeder);
	reports(|| PoolsOn::<Test>::remove(FEEDER), feeder);
	reports(|| PoolsOn::<Test>::insert(FEEDER + 1, 1), feeder);
	let other = energy_note(800, START, START + 3);
	reports(
		|| Pools::<Test>::insert(other, crate::Pool { rings: 1, stored: 0 }),
		"mixing: a pool of energy has no ring",
	);
	reports(
		|| {
			// The ring under another number.
			let ring = Rings::<Test>::take((SMALL, 0)).unwrap();
			let deadline = u64::from(ring.deadline.unwrap()).to_be_bytes();
			let (old, new) = ((SMALL, 0), (SMALL, 5));
			for index in 0..ring.members {
				let member = Members::<Test>::take(old, index).unwrap();
				Members::<Test>::insert(new, index, member);
				let revision = Revisions::<Test>::take(old, index).unwrap();
				Revisions::<Test>::insert(new, index, revision);
			}
			Builders::<Test>::insert(new, Builders::<Test>::take(old).unwrap());
			Timeouts::<Test>::remove(deadline, old);
			Timeouts::<Test>::insert(deadline, new, ());
			Rings::<Test>::insert(new, ring);
		},
		"mixing: a ring's number was not given out yet",
	);
}

#[test]
fn try_state_should_report_money_that_is_missing() {
	reports(
		|| {
			let held = Balances::free_balance(Mixing::pot());
			let (who, new_free) = (Mixing::pot(), held - 1);
			let call = pallet_balances::Call::force_set_balance { who, new_free };
			assert_done(RuntimeOrigin::root(), call);
		},
		"mixing: the pot has less money than the notes held",
	);
}
