//! What the runtime API answers.

use crate::mock::*;
use petra_primitives::{InspectPools, PoolInfo, PooledNotes, RevisionInfo};

#[test]
fn mixing_pools_should_show_how_far_rings_have_come() {
	build_and_execute(|| {
		assert_eq!(Mixing::mixing_pools(), []);
		let info = |revision, usable| {
			let (pool, ring, members) = (ENERGY, 0, revision + 1);
			PoolInfo { pool, ring, revision, members, usable }
		};
		deposit_all(0..2, &ENERGY);
		assert_eq!(Mixing::mixing_pools(), [info(1, false)]);
		deposit(2, &ENERGY);
		assert_eq!(Mixing::mixing_pools(), [info(2, false)]);
		run(MIN_AGE);
		assert_eq!(Mixing::mixing_pools(), [info(2, true)]);
		// The newest revision is too young; the one before it can be used.
		deposit(3, &ENERGY);
		assert_eq!(Mixing::mixing_pools(), [info(2, true)]);
		run(MIN_AGE);
		assert_eq!(Mixing::mixing_pools(), [info(3, true)]);
		next_block_without_idle(START + 3 + WINDOW + 1);
		assert_eq!(Mixing::mixing_pools(), [info(3, false)]);
	});
}

#[test]
fn ring_should_show_keys_and_revisions() {
	build_and_execute(|| {
		assert_eq!(Mixing::ring(ENERGY, 0), None);
		deposit_all(0..2, &ENERGY);
		run(1);
		deposit_all(2..4, &ENERGY);
		let made = System::block_number();
		run(MIN_AGE);
		deposit(4, &ENERGY);
		let info = Mixing::ring(ENERGY, 0).unwrap();
		assert_eq!(info.members, [0, 1, 2, 3, 4].map(key));
		let revision = |revision, block, usable| RevisionInfo {
			revision,
			members: revision + 1,
			block,
			usable,
		};
		let expected = [
			revision(0, 1, false),
			revision(1, 1, false),
			revision(2, made, true),
			revision(3, made, true),
			revision(4, made + MIN_AGE, false),
		];
		assert_eq!(info.revisions, expected);
		assert!(!info.failed);
		assert_eq!(Mixing::ring(ENERGY, 1), None);
		// What it says is usable is.
		for (who, info) in info.revisions.iter().enumerate() {
			let wish = Wish { revision: info.revision, ..Wish::new(who as u16, &ENERGY) };
			assert_eq!(submit(wish.call()).is_ok(), info.usable);
		}
	});
}

#[test]
fn ring_should_show_that_it_failed() {
	build_and_execute(|| {
		deposit_all(0..3, &ENERGY);
		next_block_without_idle(START - GATE_LEAD);
		let info = Mixing::ring(ENERGY, 0).unwrap();
		assert!(info.failed);
		assert!(info.revisions.iter().all(|revision| !revision.usable));
		run(MIN_AGE);
		let info = Mixing::ring(ENERGY, 0).unwrap();
		assert!(info.failed && info.revisions.iter().all(|revision| !revision.usable));
		assert!(!Mixing::mixing_pools()[0].usable);
	});
}

#[test]
fn pooled_notes_should_be_the_energy_in_rings() {
	build_and_execute(|| {
		deposit_all(0..2, &ENERGY);
		deposit(2, &MONEY);
		let petra_primitives::Note::Energy { kind, feeder, power, start, end, .. } = ENERGY else {
			panic!()
		};
		let expected = PooledNotes { kind, feeder, power, start, end, notes: 2 };
		assert_eq!(Mixing::pooled_notes(), [expected]);
	});
}
