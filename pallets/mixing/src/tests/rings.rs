//! When revisions accept withdrawals, and for how long.

use crate::{mock::*, Error, Event, Pools, Revisions, RingRules, Rules, RING_CAPACITY};

/// A withdrawal of `who`'s note over a revision, to be tried many times.
fn attempt(who: u16, revision: u32) -> crate::Call<Test> {
	Wish { revision, deadline: 10_000, ..Wish::new(who, &ENERGY) }.call()
}

fn refusal(call: crate::Call<Test>) -> Option<u8> {
	use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};
	match validate(&call.into()) {
		Ok(_) => None,
		Err(TransactionValidityError::Invalid(InvalidTransaction::Custom(code))) => Some(code),
		other => panic!("{other:?}"),
	}
}

#[test]
fn revision_should_be_usable_when_it_has_enough_keys_and_is_old_enough() {
	build_and_execute(|| {
		deposit_all(0..2, &ENERGY);
		run(100);
		let below = attempt(0, 1);
		assert_not_authorized(below.clone(), Error::RingNotReady);
		deposit(2, &ENERGY);
		let made = System::block_number();
		let call = attempt(0, 2);
		run_to(made + MIN_AGE - 1);
		assert_not_authorized(call.clone(), Error::RingNotReady);
		// A revision that is not there yet.
		assert_not_authorized(attempt(0, 3), Error::RingNotReady);
		run_to(made + MIN_AGE);
		// What has too few keys never gets more.
		assert_not_authorized(below, Error::RingNotReady);
		submit(call).unwrap();
	});
}

#[test]
fn revision_should_age_whatever_comes_later() {
	build_and_execute(|| {
		deposit_all(0..3, &ENERGY);
		let made = System::block_number();
		let call = attempt(0, 2);
		// Somebody deposits in each block, to hold the ring back.
		for who in 3..3 + MIN_AGE as u16 {
			run(1);
			deposit(who, &ENERGY);
		}
		assert_eq!(System::block_number(), made + MIN_AGE);
		submit(call).unwrap();
		// And goes on: the next revisions become usable one block after the other.
		for revision in 3..6 {
			run(1);
			submit(attempt(revision as u16, revision)).unwrap();
		}
	});
}

#[test]
fn revision_should_be_kept_for_a_while_when_its_successor_is_usable() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		run(3);
		deposit(3, &ENERGY);
		let successor = System::block_number() + MIN_AGE;
		let (first, second) = (attempt(0, 2), attempt(1, 2));
		let newest = attempt(2, 3);
		run_to(successor + RETENTION);
		submit(first).unwrap();
		run(1);
		assert_not_authorized(second.clone(), Error::RootTooOld);
		// With the next deposit the root is gone for good.
		deposit(4, &ENERGY);
		assert_eq!(stored(&ENERGY).oldest_root, 3);
		assert_not_authorized(second, Error::RootTooOld);
		// The newest usable one stays, however long it takes.
		run(200);
		deposit(5, &ENERGY);
		assert_eq!(refusal(newest.clone()), Some(code(Error::RootTooOld)));
		let newest = attempt(2, 4);
		submit(newest).unwrap();
	});
}

#[test]
fn roots_should_be_forgotten_when_they_cannot_be_used_any_more() {
	build_and_execute(|| {
		deposit_all(0..12, &ENERGY);
		let kept = || {
			(0..stored(&ENERGY).members)
				.filter(|index| Revisions::<Test>::get((ENERGY, 0), *index).unwrap().root.is_some())
				.collect::<Vec<_>>()
		};
		// Those with too few keys, at once.
		assert_eq!(kept(), (2..12).collect::<Vec<_>>());
		run(MIN_AGE + RETENTION + 1);
		for (who, oldest) in [(12, 4), (13, 6), (14, 8), (15, 10), (16, 11)] {
			deposit(who, &ENERGY);
			assert_eq!(stored(&ENERGY).oldest_root, oldest);
		}
		submit(attempt(3, 11)).unwrap();
	});
}

#[test]
fn full_ring_should_make_room_for_the_next() {
	build_and_execute(|| {
		let full = RING_CAPACITY as u16;
		deposit_all(0..full, &MONEY);
		take_events();
		deposit(full, &MONEY);
		let (pool, ring, member_key) = (MONEY, 1, key(full));
		assert_eq!(
			take_events(),
			[
				Event::NoteDeposited { pool, ring, index: 0, member_key },
				Event::RingRevised { pool, ring, revision: 0, members: 1 },
			]
		);
		assert_eq!(Pools::<Test>::get(MONEY).unwrap().rings, 2);
		run(MIN_AGE);
		let last = RING_CAPACITY - 1;
		let wish = Wish { revision: last, ..Wish::new(full - 1, &MONEY) };
		submit(wish.call()).unwrap();
		// Its nullifier in the next ring would be another one.
		let there = Wish { ring: 1, ..wish.clone() };
		assert_ne!(there.nullifier(), wish.nullifier());
	});
}

#[test]
fn set_ring_rules_should_be_for_rings_to_come() {
	build_and_execute(|| {
		deposit_all(0..2, &ENERGY);
		let set = |min_size, min_age| crate::Call::set_ring_rules { min_size, min_age };
		let bad_origin = sp_runtime::DispatchError::BadOrigin;
		assert_refused(signed(0), set(2, 0), bad_origin);
		for (min_size, min_age) in [(0, 1), (1, 1), (256, 1), (10, TIMEOUT)] {
			let error = Error::<Test>::BadRingRules;
			assert_refused(RuntimeOrigin::root(), set(min_size, min_age), error);
		}
		take_events();
		assert_done(RuntimeOrigin::root(), set(2, 0));
		assert_eq!(take_events(), [Event::RingRulesSet { min_size: 2, min_age: 0 }]);
		assert_eq!(Rules::<Test>::get(), RingRules { min_size: 2, min_age: 0 });
		// Who is in a ring comes out under its rules.
		assert_not_authorized(attempt(0, 1), Error::RingNotReady);
		deposit_all(10..12, &MONEY);
		submit(Wish { revision: 1, ..Wish::new(10, &MONEY) }.call()).unwrap();
		assert_done(RuntimeOrigin::root(), set(RING_CAPACITY, TIMEOUT - 1));
		submit(Wish { revision: 1, ..Wish::new(11, &MONEY) }.call()).unwrap();
		deposit(2, &ENERGY);
		run(MIN_AGE);
		submit(attempt(0, 2)).unwrap();
	});
}
