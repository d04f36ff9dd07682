//! Several withdrawals in one transaction.

use crate::{mock::*, Error, Event};
use petra_primitives::Note;

#[test]
fn withdraw_batch_should_take_notes_out_of_several_rings() {
	build_and_execute(|| {
		deposit_all(10..13, &MONEY);
		usable_ring(&ENERGY);
		let wishes = [
			Wish::new(0, &ENERGY),
			Wish::new(10, &MONEY),
			Wish::new(2, &ENERGY),
			Wish { recipient: account(77), ..Wish::new(12, &MONEY) },
		];
		let batch = withdraw_batch(wishes.iter().map(Wish::prove).collect());
		let valid = submit(batch.clone()).unwrap();
		assert_eq!((valid.provides.len(), valid.priority), (4, 1_000_000_004));
		let events = wishes.iter().map(|wish| Event::NoteWithdrawn {
			pool: wish.pool,
			ring: 0,
			nullifier: wish.nullifier(),
			recipient: wish.recipient.clone(),
		});
		assert_eq!(take_events(), events.collect::<Vec<_>>());
		assert_eq!(Balances::free_balance(account(77)), 8 * UNIT);
		assert_eq!(EnergyAssets::assets_of(&wishes[2].recipient).len(), 1);
		// Not again, neither together nor alone.
		assert_not_authorized(batch, Error::NullifierUsed);
		for wish in wishes {
			assert_not_authorized(wish.call(), Error::NullifierUsed);
		}
	});
}

#[test]
fn withdraw_batch_should_be_refused_as_a_whole_when_one_proof_is_bad() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let proven: Vec<_> = (0..3).map(|who| Wish::new(who, &ENERGY).prove()).collect();
		for bad in 0..3 {
			let mut batch = proven.clone();
			batch[bad].proof[100] ^= 1;
			assert_not_authorized(withdraw_batch(batch), Error::BadProof);
			let mut batch = proven.clone();
			batch[bad].recipient = account(99);
			assert_not_authorized(withdraw_batch(batch), Error::BadProof);
			let mut batch = proven.clone();
			batch[bad].deadline = System::block_number() - 1;
			assert_not_authorized(withdraw_batch(batch), Error::DeadlinePassed);
			let mut batch = proven.clone();
			batch[bad].revision = 3;
			assert_not_authorized(withdraw_batch(batch), Error::RingNotReady);
		}
		// Proofs swapped among those who made them.
		let mut batch = proven.clone();
		(batch[0].proof, batch[1].proof) = (proven[1].proof.clone(), proven[0].proof.clone());
		assert_not_authorized(withdraw_batch(batch), Error::BadProof);
		submit(withdraw_batch(proven)).unwrap();
	});
}

#[test]
fn withdraw_batch_should_be_refused_when_a_nullifier_is_there_twice() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let first = Wish::new(0, &ENERGY);
		let elsewhere = Wish { recipient: account(99), ..first.clone() };
		let twice = withdraw_batch(vec![first.prove(), elsewhere.prove()]);
		assert_not_authorized(twice, Error::NullifierUsed);
		let same = withdraw_batch(vec![first.prove(), first.prove()]);
		assert_not_authorized(same, Error::NullifierUsed);
		let two = withdraw_batch(vec![first.prove(), Wish::new(1, &ENERGY).prove()]);
		submit(two).unwrap();
	});
}

#[test]
fn withdraw_batch_should_be_refused_when_it_is_empty_or_a_note_is_out() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		assert_not_authorized(withdraw_batch(vec![]), Error::EmptyBatch);
		let proven: Vec<_> = (0..3).map(|who| Wish::new(who, &ENERGY).prove()).collect();
		submit(withdraw(proven[1].clone())).unwrap();
		assert_not_authorized(withdraw_batch(proven.clone()), Error::NullifierUsed);
		submit(withdraw_batch(vec![proven[0].clone(), proven[2].clone()])).unwrap();
	});
}

#[test]
fn withdraw_batch_should_live_as_long_as_its_first_deadline() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let short = Wish { deadline: System::block_number() + 4, ..Wish::new(0, &ENERGY) };
		let batch = withdraw_batch(vec![Wish::new(1, &ENERGY).prove(), short.prove()]);
		assert_eq!(submit(batch).unwrap().longevity, 4);
	});
}

#[test]
fn withdraw_batch_should_be_refused_when_all_of_it_is_too_much_for_the_pot_or_a_recipient() {
	new_test_ext().execute_with(|| {
		usable_ring(&MONEY);
		let batch = || withdraw_batch((0..2).map(|who| Wish::new(who, &MONEY).prove()).collect());
		let who = Mixing::pot();
		let call = pallet_balances::Call::force_set_balance { who, new_free: 15 * UNIT };
		assert_done(RuntimeOrigin::root(), call);
		assert_not_authorized(batch(), Error::InsufficientFunds);
		submit(Wish::new(0, &MONEY).call()).unwrap();
	});
	new_test_ext().execute_with(|| {
		usable_ring(&ENERGY);
		let recipient = account(99);
		let wish = |who| Wish { recipient: recipient.clone(), ..Wish::new(who, &ENERGY) };
		let batch = withdraw_batch(vec![wish(0).prove(), wish(1).prove()]);
		let nearly = pallet_energy_assets::Holder { assets: u32::MAX - 1, leaving: None };
		pallet_energy_assets::Holders::<Test>::insert(&recipient, nearly);
		assert_not_authorized(batch.clone(), Error::CannotReceive);
		pallet_energy_assets::Holders::<Test>::remove(&recipient);
		submit(batch).unwrap();
	});
}

#[test]
fn withdraw_batch_should_be_refused_when_a_money_recipient_cannot_receive() {
	build_and_execute(|| {
		let small = Note::Financial { amount: UNIT };
		deposit_all(10..13, &small);
		usable_ring(&MONEY);
		let batch =
			withdraw_batch(vec![Wish::new(0, &MONEY).prove(), Wish::new(10, &small).prove()]);
		ExistentialDeposit::set(2 * UNIT);
		assert_not_authorized(batch.clone(), Error::CannotReceive);
		ExistentialDeposit::set(1);
		submit(batch).unwrap();
	});
}
