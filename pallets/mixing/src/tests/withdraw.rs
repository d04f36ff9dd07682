//! Notes that come out of rings.

use crate::{mock::*, Error, Event, Nullifiers, MAX_IDLE_STEPS};
use codec::Encode;
use frame_system::RawOrigin;
use petra_primitives::{AddressMaker, AssetKind, EnergyAsset, Note};
use sp_core::H256;
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	DispatchError,
};

#[test]
fn withdraw_should_give_energy_to_an_address_that_was_never_seen() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let wish = Wish::new(1, &ENERGY);
		assert!(!System::account_exists(&wish.recipient));
		let valid = submit(wish.call()).unwrap();
		assert_eq!((valid.longevity, valid.priority), (20, 1_001_000_001));
		assert!(valid.propagate && valid.requires.is_empty());
		let tag = ("Mixing", ENERGY, 0u32, wish.nullifier()).encode();
		assert_eq!(valid.provides, [tag]);

		let assets = EnergyAssets::assets_of(&wish.recipient);
		let [(_, asset)] = assets.as_slice() else { panic!("{assets:?}") };
		let expected = EnergyAsset {
			owner: wish.recipient.clone(),
			kind: AssetKind::Production,
			power: 400,
			start: START,
			end: START + 3,
			feeder: FEEDER,
			traded: false,
			locked: false,
		};
		assert_eq!(asset, &expected);
		let (pool, ring, nullifier) = (ENERGY, 0, wish.nullifier());
		let recipient = wish.recipient.clone();
		assert_eq!(
			take_events(),
			[Event::NoteWithdrawn { pool, ring, nullifier, recipient: recipient.clone() }]
		);
		assert_eq!(Grants::of(&recipient), Some(AddressMaker::Mixing));
		assert_eq!((stored(&ENERGY).held, stored(&ENERGY).members), (2, 3));
	});
}

#[test]
fn withdraw_should_give_money_to_an_address_that_was_never_seen() {
	build_and_execute(|| {
		usable_ring(&MONEY);
		let issuance = Balances::total_issuance();
		for who in 0..3 {
			let wish = Wish::new(who, &MONEY);
			submit(wish.call()).unwrap();
			assert_eq!(Balances::free_balance(&wish.recipient), 8 * UNIT);
			assert_eq!(Grants::of(&wish.recipient), Some(AddressMaker::Mixing));
		}
		assert_eq!(Balances::free_balance(Mixing::pot()), 0);
		assert_eq!(Balances::total_issuance(), issuance);
		assert_eq!(stored(&MONEY).held, 0);
	});
}

#[test]
fn withdraw_should_be_refused_when_the_note_is_out_already() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let first = Wish::new(1, &ENERGY);
		let other = Wish { recipient: account(77), ..first.clone() };
		let later = Wish { deadline: first.deadline + 100, ..first.clone() };
		let (first, other, later) = (first.call(), other.call(), later.call());
		submit(first.clone()).unwrap();
		for again in [&first, &other, &later] {
			assert_not_authorized(again.clone(), Error::NullifierUsed);
		}
		// Over the next revision the same note is the same note.
		deposit(3, &ENERGY);
		run(MIN_AGE);
		let over_the_next = Wish { revision: 3, ..Wish::new(1, &ENERGY) };
		assert_not_authorized(over_the_next.call(), Error::NullifierUsed);
		submit(Wish { revision: 3, ..Wish::new(0, &ENERGY) }.call()).unwrap();
		// Whoever authorises what, a note comes out once.
		let before = stored(&ENERGY);
		assert_refused(RawOrigin::Authorized.into(), first, Error::<Test>::NullifierUsed);
		assert_eq!(stored(&ENERGY), before);
	});
}

#[test]
fn withdraw_should_be_refused_when_somebody_redirects_it() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let wish = Wish::new(1, &ENERGY);
		let proven = wish.prove();
		let mut changed = vec![];
		for change in 0..3 {
			let mut withdrawal = proven.clone();
			match change {
				0 => withdrawal.recipient = account(99),
				1 => withdrawal.deadline += 1,
				_ => withdrawal.nullifier = Wish::new(2, &ENERGY).nullifier(),
			}
			changed.push(withdrawal);
		}
		for withdrawal in changed {
			assert_not_authorized(withdraw(withdrawal), Error::BadProof);
		}
		submit(withdraw(proven)).unwrap();
	});
}

#[test]
fn withdraw_should_be_refused_in_another_ring_pool_or_chain() {
	build_and_execute(|| {
		let beside = energy_note(800, START, START + 3);
		deposit_all(10..13, &beside);
		usable_ring(&ENERGY);
		let here = Wish::new(1, &ENERGY).prove();
		let mut there = here.clone();
		there.pool = beside;
		assert_not_authorized(withdraw(there), Error::BadProof);
		let mut next_ring = here.clone();
		next_ring.ring = 1;
		assert_not_authorized(withdraw(next_ring), Error::RingNotFound);
		let mut nowhere = here.clone();
		nowhere.pool = MONEY;
		assert_not_authorized(withdraw(nowhere), Error::RingNotFound);
		// A proof for the other pool, over this one's keys.
		let keys = [0, 1, 2].map(key);
		let foreign = Wish::new(1, &beside).prove_among(&keys);
		assert_not_authorized(withdraw(foreign), Error::BadProof);
		let elsewhere = Wish { genesis: H256::repeat_byte(1), ..Wish::new(1, &ENERGY) };
		assert_not_authorized(elsewhere.call(), Error::BadProof);
		submit(withdraw(here)).unwrap();
	});
}

#[test]
fn withdraw_should_be_refused_when_the_key_is_not_in_the_revision() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		deposit(3, &ENERGY);
		let newcomer = Wish::new(3, &ENERGY);
		let all = [0, 1, 2, 3].map(key);
		assert_not_authorized(withdraw(newcomer.prove_among(&all)), Error::BadProof);
		let without_deposit = Wish::new(50, &ENERGY);
		let own = [0, 1, 50].map(key);
		assert_not_authorized(withdraw(without_deposit.prove_among(&own)), Error::BadProof);
		run(MIN_AGE);
		submit(Wish { revision: 3, ..newcomer }.call()).unwrap();
	});
}

#[test]
fn withdraw_should_be_refused_when_the_proof_is_forged_truncated_or_too_long() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let proven = Wish::new(1, &ENERGY).prove();
		let length = proven.proof.len();
		assert_eq!(length, crate::PROOF_BYTES);
		assert_eq!(length, 785);
		let refused = |bytes: Vec<u8>| {
			let mut withdrawal = proven.clone();
			withdrawal.proof = bytes.try_into().unwrap();
			assert_not_authorized(withdraw(withdrawal), Error::BadProof);
		};
		let bytes = proven.proof.to_vec();
		refused(vec![]);
		refused(bytes[..length - 1].to_vec());
		refused([bytes.as_slice(), &[0]].concat());
		refused([bytes.as_slice(), &[0; 239]].concat());
		refused(vec![0; length]);
		refused(vec![0xff; length]);
		// In every part of it.
		for at in (0..length).step_by(48).chain([length - 33, length - 32, length - 1]) {
			let mut bytes = bytes.clone();
			bytes[at] ^= 1;
			refused(bytes);
		}
		// Beyond what a call has room for, it is none.
		let mut call = RuntimeCall::from(withdraw(proven.clone())).encode();
		let room = petra_primitives::MAX_PROOF_BYTES as usize;
		let mut long = proven.clone();
		long.proof = vec![0; room].try_into().unwrap();
		let long = RuntimeCall::from(withdraw(long)).encode();
		assert!(<RuntimeCall as codec::Decode>::decode(&mut long.as_slice()).is_ok());
		let prefix = codec::Compact(length as u32).encode();
		let at = call.windows(2).position(|bytes| bytes == prefix).unwrap();
		let longer = codec::Compact(room as u32 + 1).encode();
		call.splice(at..at + 2, longer);
		call.extend([0; 1_000]);
		assert!(<RuntimeCall as codec::Decode>::decode(&mut call.as_slice()).is_err());
		submit(withdraw(proven)).unwrap();
	});
}

#[test]
fn withdraw_should_be_refused_when_its_deadline_has_passed() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let deadline = System::block_number() + 3;
		let call = Wish { deadline, ..Wish::new(1, &ENERGY) }.call();
		run_to(deadline + 1);
		assert_not_authorized(call.clone(), Error::DeadlinePassed);
		System::set_block_number(deadline);
		assert_eq!(submit(call).unwrap().longevity, 0);
	});
}

#[test]
fn withdraw_should_be_refused_while_the_call_is_paused() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let call = Wish::new(1, &ENERGY).call();
		let batch = withdraw_batch(vec![Wish::new(2, &ENERGY).prove()]);
		Paused::set(true);
		let before = stored(&ENERGY);
		for call in [call.clone(), batch.clone()] {
			assert_eq!(
				validate(&call.clone().into()),
				Err(TransactionValidityError::Invalid(InvalidTransaction::Call))
			);
			// That is what the dispatch would say, after which nobody would have paid.
			let filtered = frame_system::Error::<Test>::CallFiltered;
			assert_refused(RawOrigin::Authorized.into(), call, filtered);
		}
		assert_eq!(stored(&ENERGY), before);
		Paused::set(false);
		submit(call).unwrap();
		submit(batch).unwrap();
	});
}

#[test]
fn withdraw_should_be_refused_when_the_recipient_cannot_receive() {
	build_and_execute(|| {
		usable_ring(&MONEY);
		let wish = Wish::new(1, &MONEY);
		let call = wish.call();
		ExistentialDeposit::set(8 * UNIT + 1);
		assert_not_authorized(call.clone(), Error::CannotReceive);
		ExistentialDeposit::set(8 * UNIT);
		submit(call).unwrap();
	});
	new_test_ext().execute_with(|| {
		usable_ring(&ENERGY);
		let wish = Wish::new(1, &ENERGY);
		let call = wish.call();
		let full = pallet_energy_assets::Holder { assets: u32::MAX, leaving: None };
		pallet_energy_assets::Holders::<Test>::insert(&wish.recipient, full);
		assert_not_authorized(call.clone(), Error::CannotReceive);
		pallet_energy_assets::Holders::<Test>::remove(&wish.recipient);
		let next = pallet_energy_assets::NextAssetId::<Test>::get();
		pallet_energy_assets::NextAssetId::<Test>::put(u64::MAX);
		assert_not_authorized(call.clone(), Error::CannotReceive);
		pallet_energy_assets::NextAssetId::<Test>::put(next);
		submit(call).unwrap();
	});
}

#[test]
fn withdraw_should_be_refused_when_the_pots_money_is_gone() {
	new_test_ext().execute_with(|| {
		usable_ring(&MONEY);
		let call = Wish::new(1, &MONEY).call();
		let force = |new_free| {
			let who = Mixing::pot();
			let call = pallet_balances::Call::force_set_balance { who, new_free };
			assert_done(RuntimeOrigin::root(), call);
		};
		force(8 * UNIT - 1);
		assert_not_authorized(call.clone(), Error::InsufficientFunds);
		force(8 * UNIT);
		submit(call).unwrap();
	});
}

#[test]
fn withdraw_should_be_for_nobodys_signature() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let call = Wish::new(1, &ENERGY).call();
		for origin in [signed(1), RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_refused(origin, call.clone(), DispatchError::BadOrigin);
		}
		submit(call).unwrap();
	});
}

#[test]
fn withdraw_should_go_on_when_timesteps_have_begun_and_until_the_window_has_passed() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let wish = |who| Wish { deadline: 1_000, ..Wish::new(who, &ENERGY) };
		next_block_at(START);
		submit(wish(0).call()).unwrap();
		let (last, late) = (wish(1).call(), wish(2).call());
		// The end, and the settlement window.
		next_block_at(START + 3 + WINDOW);
		submit(last).unwrap();
		next_block_without_idle(START + 3 + WINDOW + 1);
		assert_not_authorized(late.clone(), Error::NoteExpired);
		for _ in 0..MAX_IDLE_STEPS {
			next_block_at(START + 3 + WINDOW + 1);
		}
		assert_not_authorized(late, Error::RingNotFound);
		assert_eq!(Nullifiers::<Test>::iter().count(), 0);
	});
}

#[test]
fn withdraw_should_keep_notes_apart_by_all_that_names_them() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let Note::Energy { kind, feeder, traded, power, start, end } = ENERGY else { panic!() };
		let others = [
			Note::Energy { kind: AssetKind::Consumption, feeder, traded, power, start, end },
			Note::Energy { kind, feeder: feeder + 1, traded, power, start, end },
			Note::Energy { kind, feeder, traded: !traded, power, start, end },
			Note::Energy { kind, feeder, traded, power: 2 * power, start, end },
			Note::Energy { kind, feeder, traded, power, start: start + 4, end: end + 4 },
			Note::Energy { kind, feeder, traded, power, start, end: end + 4 },
			MONEY,
		];
		let proven = Wish::new(1, &ENERGY).prove();
		for pool in others {
			let mut withdrawal = proven.clone();
			withdrawal.pool = pool;
			assert_not_authorized(withdraw(withdrawal), Error::RingNotFound);
		}
		submit(withdraw(proven)).unwrap();
	});
}

#[test]
fn codes_should_be_those_of_the_documentation() {
	for (place, error) in [
		Error::DeadlinePassed,
		Error::RingNotFound,
		Error::RingFailed,
		Error::NoteExpired,
		Error::RingNotReady,
		Error::RootTooOld,
		Error::NullifierUsed,
		Error::CannotReceive,
		Error::BadProof,
		Error::EmptyBatch,
	]
	.into_iter()
	.enumerate()
	{
		assert_eq!(usize::from(code(error)), 110 + place);
	}
}

#[test]
fn withdraw_should_weigh_its_proof_and_its_dispatch() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let proven = Wish::new(1, &ENERGY).prove();
		let (dispatch, proof) = weights(&withdraw(proven.clone()).into());
		assert_eq!((dispatch.ref_time(), proof.ref_time()), (4, 100));
		let (dispatch, proofs) = weights(&withdraw_batch(vec![proven.clone(), proven]).into());
		assert_eq!((dispatch.ref_time(), proofs.ref_time()), (8, 120));
	});
}
