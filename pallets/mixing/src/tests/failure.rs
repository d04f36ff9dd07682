//! Rings that never fill, and how notes get back.

use crate::{mock::*, Builders, Error, Event, Fate, Gates, Pools, Rings, Timeouts};
use petra_primitives::{AddressMaker, Note};

/// The block in which a gate closes: the next.
fn close_gate() {
	next_block_at(START - GATE_LEAD);
}

#[test]
fn energy_ring_should_fail_when_its_gate_closes_before_it_is_usable() {
	build_and_execute(|| {
		deposit_all(0..2, &ENERGY);
		let source = fund(2, &ENERGY);
		run(20);
		assert_refused(signed(0), reclaim(0, &ENERGY, 70), Error::<Test>::RingNotFailed);
		take_events();
		close_gate();
		// Before idle time has seen it, too.
		assert_eq!(stored(&ENERGY).fate, Fate::Undecided);
		assert_refused(signed(2), deposit_call(2, source, &ENERGY), Error::<Test>::RingFailed);
		assert_not_authorized(
			Wish { revision: 1, ..Wish::new(0, &ENERGY) }.call(),
			Error::RingFailed,
		);
		run(1);
		assert_eq!(take_events(), [Event::RingFailed { pool: ENERGY, ring: 0 }]);
		assert_eq!(stored(&ENERGY).fate, Fate::Failed);
		assert!(!Builders::<Test>::contains_key((ENERGY, 0)));
		assert_eq!(Gates::<Test>::iter().count(), 0);
		assert_refused(signed(2), deposit_call(2, source, &ENERGY), Error::<Test>::RingFailed);
		assert_not_authorized(
			Wish { revision: 1, ..Wish::new(0, &ENERGY) }.call(),
			Error::RingFailed,
		);

		assert_done(signed(9), reclaim(0, &ENERGY, 70));
		let (pool, ring, member_key, recipient) = (ENERGY, 0, key(0), account(70));
		let reclaimed = Event::NoteReclaimed { pool, ring, member_key, recipient };
		assert_eq!(take_events(), [reclaimed]);
		assert_eq!(EnergyAssets::assets_of(&account(70)).len(), 1);
		assert_eq!(Grants::of(&account(70)), Some(AddressMaker::Mixing));
		assert_refused(signed(9), reclaim(0, &ENERGY, 71), Error::<Test>::AlreadyReclaimed);
		assert_eq!(stored(&ENERGY).held, 1);
	});
}

#[test]
fn energy_ring_should_fail_when_it_has_enough_keys_that_are_too_young() {
	for (early, fails) in [(MIN_AGE, true), (MIN_AGE + 1, false)] {
		build_and_execute(|| {
			run(10);
			deposit_all(0..3, &ENERGY);
			// The gate closes `early` blocks later: the revision is just not, or just, usable in the block before.
			run(early - 1);
			close_gate();
			let fate = if fails { Fate::Failed } else { Fate::Usable };
			// Nobody looks for a while, in any way.
			for step in 0..6 {
				assert_eq!(Mixing::fate(&ENERGY, &stored(&ENERGY)), fate);
				next_block_without_idle(START - GATE_LEAD + step / 3);
			}
			run(1);
			assert_eq!(stored(&ENERGY).fate, fate);
			let call = Wish::new(0, &ENERGY).call();
			if fails {
				assert_not_authorized(call, Error::RingFailed);
				assert_done(signed(0), reclaim(0, &ENERGY, 70));
			} else {
				assert_refused(signed(0), reclaim(0, &ENERGY, 70), Error::<Test>::RingNotFailed);
				submit(call).unwrap();
			}
			// What said when timesteps began is forgotten when nothing depends on it.
			run(3);
			assert_eq!(crate::FirstBlocks::<Test>::iter().count(), 0);
		});
	}
}

#[test]
fn energy_ring_should_be_judged_by_the_block_of_its_gate_when_the_chain_stood_still() {
	build_and_execute(|| {
		deposit_all(0..3, &ENERGY);
		run(MIN_AGE - 1);
		// The chain stands still over the gate, and far beyond; then there is no idle time.
		for step in 0..3 {
			next_block_without_idle(START + 1 + step);
			assert_eq!(Mixing::fate(&ENERGY, &stored(&ENERGY)), Fate::Failed);
		}
		take_events();
		assert_done(signed(0), reclaim(0, &ENERGY, 70));
		// The one who takes its note back writes it down.
		assert_eq!(stored(&ENERGY).fate, Fate::Failed);
		assert_eq!(take_events()[0], Event::RingFailed { pool: ENERGY, ring: 0 });
	});
}

#[test]
fn money_ring_should_fail_when_it_is_not_usable_in_time() {
	build_and_execute(|| {
		deposit(0, &MONEY);
		let deadline = System::block_number() + TIMEOUT;
		run_to(deadline - MIN_AGE + 1);
		deposit_all(1..3, &MONEY);
		// Usable one block late.
		run_to(deadline);
		assert_refused(signed(0), reclaim(0, &MONEY, 70), Error::<Test>::RingNotFailed);
		take_events();
		run(1);
		assert_not_authorized(Wish::new(0, &MONEY).call(), Error::RingFailed);
		run(1);
		assert_eq!(take_events(), [Event::RingFailed { pool: MONEY, ring: 0 }]);
		assert_eq!(Timeouts::<Test>::iter().count(), 0);
		// The pool goes on in the next ring.
		deposit(3, &MONEY);
		assert_eq!(Rings::<Test>::get((MONEY, 1)).unwrap().members, 1);
		for who in 0..3 {
			assert_done(signed(who), reclaim(who, &MONEY, 70));
		}
		assert_eq!(Balances::free_balance(account(70)), 24 * UNIT);
		assert_eq!(Balances::free_balance(Mixing::pot()), 8 * UNIT);
		// What is empty and takes no more goes.
		run(2);
		assert_eq!(Rings::<Test>::get((MONEY, 0)), None);
		assert_eq!(Pools::<Test>::get(MONEY).unwrap(), crate::Pool { rings: 2, stored: 1 });
		assert_refused(signed(0), reclaim(0, &MONEY, 70), Error::<Test>::RingNotFound);
	});
}

#[test]
fn money_ring_should_not_fail_when_it_was_usable_at_the_last_moment() {
	build_and_execute(|| {
		deposit(0, &MONEY);
		let deadline = System::block_number() + TIMEOUT;
		run_to(deadline - MIN_AGE);
		deposit_all(1..3, &MONEY);
		run_to(deadline);
		let wish = |who| Wish { deadline: 1_000, ..Wish::new(who, &MONEY) }.call();
		submit(wish(0)).unwrap();
		run_to(deadline + 10);
		assert_eq!(stored(&MONEY).fate, Fate::Usable);
		assert_refused(signed(1), reclaim(1, &MONEY, 70), Error::<Test>::RingNotFailed);
		submit(wish(1)).unwrap();
	});
}

#[test]
fn reclaim_should_be_refused_when_the_ring_was_ever_usable() {
	for note in [ENERGY, MONEY] {
		build_and_execute(|| {
			usable_ring(&note);
			let wish = |who| Wish { deadline: 1_000, ..Wish::new(who, &note) }.call();
			submit(wish(0)).unwrap();
			let not_failed = || {
				for who in 0..3 {
					let error = Error::<Test>::RingNotFailed;
					assert_refused(signed(0), reclaim(who, &note, 70), error);
				}
			};
			not_failed();
			run(TIMEOUT + 1);
			not_failed();
			next_block_at(START + 1);
			not_failed();
			submit(wish(1)).unwrap();
		});
	}
}

#[test]
fn withdraw_should_be_refused_when_the_note_was_reclaimed() {
	build_and_execute(|| {
		deposit_all(0..3, &MONEY);
		// Three keys, but the regulator wanted ten when the ring was opened: there is no usable revision.
		let rules = crate::RingRules { min_size: 10, min_age: 0 };
		Rings::<Test>::mutate((MONEY, 0), |ring| {
			let ring = ring.as_mut().unwrap();
			(ring.rules, ring.usable_from) = (rules, None);
		});
		run(TIMEOUT + 2);
		assert_done(signed(0), reclaim(1, &MONEY, 70));
		for who in 0..3 {
			assert_not_authorized(Wish::new(who, &MONEY).call(), Error::RingFailed);
		}
		assert_done(signed(0), reclaim(2, &MONEY, 70));
	});
}

#[test]
fn reclaim_should_be_refused_to_who_does_not_hold_the_key() {
	build_and_execute(|| {
		let beside = energy_note(800, START, START + 3);
		deposit_all(0..2, &ENERGY);
		deposit(5, &beside);
		next_block_at(START - GATE_LEAD);
		let call = |key, recipient: u16, signature| crate::Call::reclaim {
			pool: ENERGY,
			ring: 0,
			member_key: key,
			recipient: account(recipient),
			signature,
		};
		let crate::Call::reclaim { signature, .. } = reclaim(0, &ENERGY, 70) else { panic!() };
		assert_refused(signed(0), call(key(0), 71, signature), Error::<Test>::BadPossession);
		assert_refused(signed(0), call(key(1), 70, signature), Error::<Test>::BadPossession);
		let other_pool = reclaim(0, &beside, 70);
		assert_refused(signed(0), other_pool, Error::<Test>::NotAMember);
		assert_refused(signed(0), call(key(5), 70, signature), Error::<Test>::NotAMember);
		assert_refused(signed(0), call(key(50), 70, signature), Error::<Test>::NotAMember);
		let crate::Call::reclaim { signature: other, .. } = reclaim(0, &beside, 70) else {
			panic!()
		};
		assert_refused(signed(0), call(key(0), 70, other), Error::<Test>::BadPossession);
		let bad_origin = sp_runtime::DispatchError::BadOrigin;
		assert_refused(RuntimeOrigin::none(), call(key(0), 70, signature), bad_origin);
		assert_done(signed(0), call(key(0), 70, signature));
	});
}

#[test]
fn reclaim_should_be_refused_when_the_recipient_cannot_receive_or_the_note_has_expired() {
	build_and_execute(|| {
		deposit_all(0..2, &MONEY);
		run(TIMEOUT + 1);
		ExistentialDeposit::set(100 * UNIT);
		assert_refused(signed(0), reclaim(0, &MONEY, 70), Error::<Test>::CannotReceive);
		ExistentialDeposit::set(1);
		assert_done(signed(0), reclaim(0, &MONEY, 70));
	});
	build_and_execute(|| {
		deposit_all(0..2, &ENERGY);
		next_block_without_idle(START + 3 + WINDOW);
		assert_done(signed(0), reclaim(0, &ENERGY, 70));
		next_block_without_idle(START + 3 + WINDOW + 1);
		assert_refused(signed(0), reclaim(1, &ENERGY, 70), Error::<Test>::NoteExpired);
	});
}

#[test]
fn pools_should_fail_apart() {
	build_and_execute(|| {
		let later = energy_note(400, START + 8, START + 11);
		let money = Note::Financial { amount: UNIT };
		deposit(0, &ENERGY);
		deposit(1, &later);
		deposit(2, &money);
		next_block_at(START - GATE_LEAD);
		run(1);
		let fates = [ENERGY, later, money].map(|note| stored(&note).fate);
		assert_eq!(fates, [Fate::Failed, Fate::Undecided, Fate::Undecided]);
	});
}
