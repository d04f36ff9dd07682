//! Rings that are too young, too old, too small, held back, or never fill.

use super::world::*;
use crate::chain::{next_block, next_block_at};
use frame_support::{assert_ok, traits::Get};
use pallet_mixing::{Error, Pools, Rings};
use petra_primitives::{AssetKind, Grid};
use petra_runtime::{
	Balances, BlockNumber, EnergyAssets, Mixing, Regulation, Runtime, RuntimeEvent, System,
	Timestamp,
};

/// For how long a root is kept.
fn retention() -> BlockNumber {
	<<Runtime as pallet_mixing::Config>::RootRetention as Get<BlockNumber>>::get()
}

/// How long a ring of money may take to become usable.
fn timeout() -> BlockNumber {
	<<Runtime as pallet_mixing::Config>::RingTimeout as Get<BlockNumber>>::get()
}

/// A withdrawal that may be tried much later.
fn attempt(who: u16, revision: u32) -> Wish {
	Wish { revision, deadline: BlockNumber::MAX, ..Wish::new(who, &energy()) }
}

/// Time goes on to a timestep, in one block.
fn to_timestep(t: u64) {
	next_block_at(t * Regulation::parameters().timestep_ms);
	assert_eq!(Regulation::now(), t);
}

/// Blocks go on to `number`, without those in between.
fn to_block(number: BlockNumber) {
	System::set_block_number(number - 1);
	next_block_at(Timestamp::get() + 1_000);
	assert_eq!(System::block_number(), number);
}

#[test]
fn a_root_should_be_refused_when_it_is_too_young_or_the_ring_too_small() {
	world(|| {
		deposit_all(0..2, &energy());
		blocks(10);
		unauthorised(attempt(0, 1).call(), Error::RingNotReady);
		deposit(2, &energy());
		let call = attempt(0, 2).call();
		unauthorised(call.clone(), Error::RingNotReady);
		for _ in 0..MIN_AGE {
			// The pool looks one block ahead.
			assert!(apply(general(call.clone())).is_err());
			next_block();
		}
		// What was too small stays so.
		unauthorised(attempt(0, 1).call(), Error::RingNotReady);
		withdrawn(call);
	});
}

#[test]
fn a_root_should_be_refused_when_it_is_too_old() {
	world(|| {
		usable_ring(&energy());
		let made = System::block_number();
		deposit(3, &energy());
		let old = attempt(0, 2).call();
		let last = made + MIN_AGE + retention();
		to_block(last);
		assert_ok!(apply(general(attempt(1, 2).call())).expect("the last block"));
		next_block();
		unauthorised(old, Error::RootTooOld);
		// The newest stays.
		to_block(last + 10 * retention());
		withdrawn(attempt(0, 3).call());
	});
}

#[test]
fn a_ring_should_not_be_held_back_by_deposits_now_and_then() {
	world(|| {
		deposit_all(0..3, &energy());
		let call = attempt(0, 2).call();
		for who in 3..3 + MIN_AGE as u16 {
			next_block();
			deposit(who, &energy());
		}
		withdrawn(call);
		// And the later revisions become usable one after the other all the same.
		for revision in 3..6 {
			next_block();
			deposit(revision as u16 + 10, &energy());
			withdrawn(attempt(revision as u16, revision).call());
		}
	});
}

#[test]
fn a_ring_of_energy_that_never_fills_should_give_its_notes_back() {
	world(|| {
		deposit_all(0..2, &energy());
		refused(0, reclaim(0, &energy()), Error::RingNotFailed);
		to_timestep(start() - 1);
		unauthorised(attempt(0, 1).call(), Error::RingFailed);
		done(0, reclaim(0, &energy()));
		assert_eq!(EnergyAssets::assets_of(&fresh(0)).len(), 1);
		assert!(System::events().iter().any(|record| matches!(
			record.event,
			RuntimeEvent::Mixing(pallet_mixing::Event::RingFailed { ring: 0, .. })
		)));
		// Withdraw what was reclaimed, and reclaim again.
		unauthorised(attempt(0, 1).call(), Error::RingFailed);
		refused(1, reclaim(0, &energy()), Error::AlreadyReclaimed);
		next_block();
		done(1, reclaim(1, &energy()));
		// What came back can be used as any asset.
		let (asset_id, _) = EnergyAssets::assets_of(&fresh(1))[0];
		let call = pallet_energy_assets::Call::deposit_energy_asset { asset_id };
		assert_ok!(apply(mortal(&household(20_001), call)).unwrap());
	});
}

#[test]
fn a_ring_of_money_that_never_fills_should_give_its_notes_back() {
	world(|| {
		deposit_all(0..2, &MONEY);
		let deadline = System::block_number() + timeout();
		to_block(deadline);
		refused(0, reclaim(0, &MONEY), Error::RingNotFailed);
		next_block();
		unauthorised(Wish { revision: 1, ..Wish::new(0, &MONEY) }.call(), Error::RingFailed);
		deposit(2, &MONEY);
		assert!(Rings::<Runtime>::contains_key((MONEY, 1)), "the pool goes on");
		// Who has put all its money in has no account left: another address of the household signs.
		give(3, &energy());
		done(3, reclaim(0, &MONEY));
		refused(3, reclaim(0, &MONEY), Error::AlreadyReclaimed);
		unauthorised(Wish { revision: 1, ..Wish::new(0, &MONEY) }.call(), Error::RingFailed);
		done(3, reclaim(1, &MONEY));
		assert_eq!(Balances::free_balance(fresh(1)), 64_000_000);
		blocks(2);
		assert!(!Rings::<Runtime>::contains_key((MONEY, 0)), "nothing is left of it");
	});
}

#[test]
fn a_note_should_not_be_reclaimed_when_it_was_withdrawn() {
	for note in [energy(), MONEY] {
		world(|| {
			usable_ring(&note);
			withdrawn(Wish::new(0, &note).call());
			for who in 0..3 {
				refused(1, reclaim(who, &note), Error::RingNotFailed);
			}
			// However late it gets.
			to_timestep(start() + 1);
			to_block(System::block_number() + timeout() + 2);
			for who in 0..3 {
				refused(1, reclaim(who, &note), Error::RingNotFailed);
			}
			withdrawn(Wish::new(1, &note).call());
		});
	}
}

#[test]
fn notes_should_be_withdrawn_to_the_end_of_the_settlement_window_and_then_be_gone() {
	world(|| {
		usable_ring(&energy());
		let end = start() + 3 + Regulation::parameters().settlement_window;
		to_timestep(end);
		withdrawn(attempt(0, 2).call());
		// It can be deposited to the meter or the DSO in that timestep, too.
		let (asset_id, _) = EnergyAssets::assets_of(&fresh(0))[0];
		let call = pallet_energy_assets::Call::deposit_energy_asset { asset_id };
		assert_ok!(apply(mortal(&household(20_000), call)).unwrap());
		let late = attempt(1, 2).call();
		to_timestep(end + 1);
		unauthorised(late.clone(), Error::NoteExpired);
		blocks(3);
		unauthorised(late, Error::RingNotFound);
		assert_eq!(Pools::<Runtime>::iter().count(), 0);
		assert_eq!(pallet_energy_assets::LiveOn::<Runtime>::iter().count(), 0);
		let page = pallet_energy_assets::LiveRoots::<Runtime>::get(AssetKind::Production);
		assert_eq!(page, None, "no power is live");
	});
}

#[test]
fn the_runtime_api_should_say_what_can_be_withdrawn() {
	use petra_primitives::api::runtime_decl_for_petra_api::PetraApi;
	world(|| {
		usable_ring(&energy());
		let pools = <Runtime as PetraApi<_, _>>::mixing_pools();
		let [info] = pools.as_slice() else { panic!("{pools:?}") };
		assert_eq!((info.pool, info.ring, info.members, info.usable), (energy(), 0, 3, true));
		let ring = <Runtime as PetraApi<_, _>>::ring(info.pool, info.ring).unwrap();
		assert_eq!(ring.members, [0, 1, 2].map(key));
		assert_eq!(
			ring.revisions.iter().map(|revision| revision.usable).collect::<Vec<_>>(),
			[false, false, true]
		);
		withdrawn(Wish { revision: info.revision, ..Wish::new(2, &info.pool) }.call());
		assert_eq!(Mixing::mixing_pools().len(), 1);
	});
}
