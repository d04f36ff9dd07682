//! Notes left when their interval is over, and rings that are done.

use crate::{
	mock::*, Done, Ends, Event, Keys, Members, Nullifiers, Pools, PoolsOn, Revisions, Rings,
	CLEANED_PER_STEP, MAX_IDLE_STEPS, RING_CAPACITY,
};
use frame_support::{traits::Hooks, weights::Weight};
use petra_primitives::AssetsExist;

#[test]
fn notes_should_expire_when_the_settlement_window_has_passed() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		submit(Wish::new(0, &ENERGY).call()).unwrap();
		next_block_at(START + 3 + WINDOW);
		run(1);
		assert_eq!(stored(&ENERGY).held, 2, "it can still be withdrawn, and deposited");
		take_events();
		next_block_at(START + 3 + WINDOW + 1);
		run(1);
		assert_eq!(take_events(), [Event::NotesExpired { pool: ENERGY, ring: 0, notes: 2 }]);
		assert_eq!(Rings::<Test>::iter().count(), 0);
		assert_eq!(Pools::<Test>::iter().count(), 0);
		assert_eq!(PoolsOn::<Test>::iter().count(), 0);
		assert_eq!(Members::<Test>::iter().count(), 0);
		assert_eq!(Revisions::<Test>::iter().count(), 0);
		assert_eq!(Nullifiers::<Test>::iter().count(), 0);
		assert_eq!((Ends::<Test>::iter().count(), Done::<Test>::iter().count()), (0, 0));
		// Keys are never used again.
		assert_eq!(Keys::<Test>::get(key(1)), Some(1));
		EnergyAssets::on_idle(System::block_number(), Weight::MAX);
		assert!(!EnergyAssets::assets_exist());
	});
}

#[test]
fn expiry_should_be_for_failed_rings_too() {
	build_and_execute(|| {
		deposit_all(0..2, &ENERGY);
		next_block_at(START - GATE_LEAD);
		run(1);
		assert_done(signed(0), reclaim(0, &ENERGY, 70));
		take_events();
		next_block_at(START + 3 + WINDOW + 1);
		run(1);
		assert_eq!(take_events(), [Event::NotesExpired { pool: ENERGY, ring: 0, notes: 1 }]);
		assert_eq!(Rings::<Test>::iter().count(), 0);
	});
}

#[test]
fn rings_should_go_in_steps_that_idle_time_allows() {
	build_and_execute(|| {
		const RINGS: u64 = 3;
		for ring in 0..RINGS {
			deposit_all(
				10 * ring as u16..10 * ring as u16 + 3,
				&energy_note(100 << ring, START, START + 3),
			);
		}
		set_now(START + 3 + WINDOW + 1);
		StepWeight::set(10);
		let idle = |weight| Mixing::on_idle(System::block_number(), Weight::from_parts(weight, 0));
		assert_eq!(idle(9).ref_time(), 0);
		// Two rings are decided.
		assert_eq!(idle(25).ref_time(), 20);
		let undecided = Rings::<Test>::iter_values()
			.filter(|ring| ring.fate == crate::Fate::Undecided)
			.count();
		assert_eq!(undecided, 1);
		assert_eq!(idle(u64::MAX).ref_time() / 10, 2 + (RINGS + 1) + (RINGS + 1));
		assert_eq!(Rings::<Test>::iter().count(), 0);
	});
}

#[test]
fn rings_should_be_removed_in_bounded_parts() {
	build_and_execute(|| {
		deposit_all(0..RING_CAPACITY as u16, &ENERGY);
		next_block_at(START - GATE_LEAD);
		next_block_at(START + 3 + WINDOW + 1);
		StepWeight::set(1);
		let entries = || Members::<Test>::iter().count() + Revisions::<Test>::iter().count();
		assert_eq!(entries(), 2 * RING_CAPACITY as usize);
		// One step for each: look whether there is something to decide, expire, look again, and the rest cleans.
		Mixing::on_idle(System::block_number(), Weight::from_parts(4, 0));
		let (mut before, mut steps) = (entries(), 0);
		assert_eq!(before, 2 * RING_CAPACITY as usize - CLEANED_PER_STEP as usize);
		while Rings::<Test>::iter().count() > 0 {
			assert!(Mixing::clean_next());
			let now = entries();
			assert!(before - now <= CLEANED_PER_STEP as usize);
			(before, steps) = (now, steps + 1);
			check();
		}
		assert!(steps <= 2 * RING_CAPACITY / CLEANED_PER_STEP + 1);
		assert!(steps < MAX_IDLE_STEPS);
		assert!(!Mixing::clean_next());
	});
}

#[test]
fn money_ring_should_go_when_it_is_full_and_empty() {
	build_and_execute(|| {
		// A full ring, of whose keys few have notes left.
		deposit_all(0..RING_CAPACITY as u16, &MONEY);
		run(MIN_AGE);
		let wish =
			|who| Wish { revision: RING_CAPACITY - 1, deadline: 1_000, ..Wish::new(who, &MONEY) };
		let (first, last) = (wish(0).call(), wish(1).call());
		submit(first.clone()).unwrap();
		// The others are taken out behind the pallet's back.
		for index in 2..RING_CAPACITY {
			let mut nullifier = [0; 32];
			nullifier[..4].copy_from_slice(&index.to_le_bytes());
			Nullifiers::<Test>::insert((MONEY, 0), nullifier, ());
		}
		Rings::<Test>::mutate((MONEY, 0), |ring| ring.as_mut().unwrap().held = 1);
		submit(last).unwrap();
		assert!(Done::<Test>::contains_key((MONEY, 0)));
		check();
		// While it is being removed, nothing comes out a second time.
		while Mixing::clean_next() {
			assert!(validate(&first.clone().into()).is_err());
			check();
		}
		assert_not_authorized(first, crate::Error::RingNotFound);
		assert_eq!(Rings::<Test>::iter().count(), 0);
		// Its number does not come again.
		deposit(300, &MONEY);
		assert!(Rings::<Test>::contains_key((MONEY, 1)));
	});
}
