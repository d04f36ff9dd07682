//! Taking out what is not one's own, or twice.

use super::world::*;
use crate::chain::{chain, next_block};
use codec::{Decode, Encode};
use frame_support::assert_ok;
use pallet_mixing::Error;
use petra_primitives::{AssetKind, Note};
use petra_runtime::{
	Balances, EnergyAssets, Executive, FreeCalls, Runtime, RuntimeCall, System, UncheckedExtrinsic,
};
use sp_core::H256;
use sp_runtime::transaction_validity::{InvalidTransaction, UnknownTransaction};

#[test]
fn a_note_should_come_out_once_when_it_is_sent_again_in_the_same_block_and_later() {
	world(|| {
		usable_ring(&energy());
		let wish = Wish::new(1, &energy());
		let (call, elsewhere) = (wish.call(), Wish { recipient: fresh(99), ..wish.clone() }.call());
		assert!(!System::account_exists(&wish.recipient));
		withdrawn(call.clone());
		unauthorised(call.clone(), Error::NullifierUsed);
		unauthorised(elsewhere.clone(), Error::NullifierUsed);
		blocks(2);
		unauthorised(call, Error::NullifierUsed);
		unauthorised(elsewhere, Error::NullifierUsed);
		assert_eq!(EnergyAssets::assets_of(&wish.recipient).len(), 1);
		assert!(!System::account_exists(&fresh(99)));
		// It cost nobody anything, and its new owner can use it at once.
		assert_eq!(Balances::free_balance(&wish.recipient), 0);
		assert_eq!(FreeCalls::remaining(&wish.recipient), Some(64));
	});
}

#[test]
fn a_note_should_come_out_once_when_it_is_withdrawn_over_another_revision() {
	world(|| {
		usable_ring(&MONEY);
		deposit(3, &MONEY);
		blocks(MIN_AGE);
		let over = |revision| Wish { revision, ..Wish::new(1, &MONEY) };
		let (older, newer) = (over(2).call(), over(3).call());
		withdrawn(newer);
		unauthorised(older, Error::NullifierUsed);
		assert_eq!(Balances::free_balance(fresh(1)), 64_000_000);
	});
}

#[test]
fn two_withdrawals_of_a_note_should_not_wait_in_the_pool_together() {
	world(|| {
		usable_ring(&energy());
		let wish = Wish::new(1, &energy());
		let first = validate(general(wish.call())).unwrap();
		let again = Wish { recipient: fresh(99), deadline: wish.deadline + 50, ..wish };
		let second = validate(general(again.call())).unwrap();
		assert_eq!(first.provides, second.provides);
		assert_eq!(first.priority, second.priority, "neither drives out the other");
		assert_eq!((first.longevity, second.longevity), (99, 149));
		let other = validate(general(Wish::new(2, &energy()).call())).unwrap();
		assert_ne!(first.provides, other.provides);
	});
}

#[test]
fn a_withdrawal_should_not_be_redirected() {
	world(|| {
		usable_ring(&energy());
		let proven = Wish::new(1, &energy()).prove();
		let mut thief = proven.clone();
		thief.recipient = fresh(99);
		unauthorised(withdraw(thief), Error::BadProof);
		let mut later = proven.clone();
		later.deadline += 1;
		unauthorised(withdraw(later), Error::BadProof);
		let mut others = proven.clone();
		others.nullifier = Wish::new(2, &energy()).prove().nullifier;
		unauthorised(withdraw(others), Error::BadProof);
		withdrawn(withdraw(proven));
	});
}

#[test]
fn a_withdrawal_should_not_be_replayed_on_another_chain() {
	let mut taken = None;
	world(|| {
		usable_ring(&MONEY);
		taken = Some(Wish::new(1, &MONEY).prove());
		withdrawn(withdraw(taken.clone().unwrap()));
	});
	// The same households, keys and deposits, after another genesis.
	chain("local_testnet").execute_with(|| {
		frame_system::BlockHash::<Runtime>::insert(0, H256::repeat_byte(7));
		prepare();
		usable_ring(&MONEY);
		unauthorised(withdraw(taken.unwrap()), Error::BadProof);
		withdrawn(Wish::new(1, &MONEY).call());
		next_block();
	});
}

#[test]
fn a_withdrawal_should_not_be_replayed_in_another_pool_or_ring() {
	world(|| {
		let double = Note::Financial { amount: 128_000_000 };
		deposit_all(10..13, &double);
		usable_ring(&MONEY);
		let proven = Wish::new(1, &MONEY).prove();
		let mut dearer = proven.clone();
		dearer.pool = double;
		unauthorised(withdraw(dearer), Error::BadProof);
		// As if the key were in that pool.
		let keys = [0, 1, 2].map(key);
		unauthorised(withdraw(Wish::new(1, &double).prove_among(&keys)), Error::BadProof);
		let mut next = proven.clone();
		next.ring = 1;
		unauthorised(withdraw(next), Error::RingNotFound);
		withdrawn(withdraw(proven));
		assert_eq!(Balances::free_balance(fresh(1)), 64_000_000);
	});
}

#[test]
fn a_withdrawal_should_be_worth_nothing_after_its_deadline() {
	world(|| {
		usable_ring(&energy());
		let deadline = System::block_number() + 2;
		let late = Wish { deadline, ..Wish::new(1, &energy()) }.call();
		let in_time = Wish { deadline, ..Wish::new(2, &energy()) }.call();
		blocks(2);
		assert_eq!(System::block_number(), deadline);
		assert_ok!(apply(general(in_time)).expect("the last block"));
		next_block();
		unauthorised(late, Error::DeadlinePassed);
	});
}

#[test]
fn a_withdrawal_should_be_of_the_note_that_was_deposited() {
	world(|| {
		usable_ring(&energy());
		let Note::Energy { kind, feeder, traded, power, start, end } = energy() else { panic!() };
		let proven = Wish::new(1, &energy()).prove();
		for pool in [
			Note::Energy { kind: AssetKind::Consumption, feeder, traded, power, start, end },
			Note::Energy { kind, feeder: feeder + 1, traded, power, start, end },
			Note::Energy { kind, feeder, traded: true, power, start, end },
			Note::Energy { kind, feeder, traded, power: 2 * power, start, end },
			Note::Energy { kind, feeder, traded, power, start: start + 4, end: end + 4 },
			Note::Energy { kind, feeder, traded, power, start, end: end + 4 },
			MONEY,
		] {
			let mut other = proven.clone();
			other.pool = pool;
			unauthorised(withdraw(other), Error::RingNotFound);
		}
		// Where there is such a pool, the proof does not hold there.
		let double = Note::Energy { kind, feeder, traded, power: 2 * power, start, end };
		deposit_all(10..13, &double);
		blocks(MIN_AGE);
		let mut other = proven.clone();
		other.pool = double;
		unauthorised(withdraw(other), Error::BadProof);
		withdrawn(withdraw(proven));
		let [(_, asset)] = &EnergyAssets::assets_of(&fresh(1))[..] else { panic!() };
		let came_out =
			(asset.kind, asset.feeder, asset.traded, asset.power, asset.start, asset.end);
		assert_eq!(came_out, (kind, feeder, traded, power, start, end));
		assert!(!asset.locked);
	});
}

#[test]
fn proofs_should_be_refused_when_they_are_forged_truncated_or_too_long() {
	world(|| {
		usable_ring(&energy());
		let proven = Wish::new(1, &energy()).prove();
		let bytes = proven.proof.to_vec();
		let with = |bytes: Vec<u8>| {
			let mut withdrawal = proven.clone();
			withdrawal.proof = bytes.try_into().unwrap();
			withdraw(withdrawal)
		};
		let flipped = |at: usize| {
			let mut bytes = bytes.clone();
			bytes[at] ^= 4;
			bytes
		};
		for bad in [
			vec![],
			bytes[..784].to_vec(),
			[&bytes[..], &[0]].concat(),
			[&bytes[..], &bytes[..239]].concat(),
			vec![0; 785],
			flipped(0),
			flipped(400),
			flipped(700),
			flipped(784),
			// Of another note in the same ring.
			Wish::new(2, &energy()).prove().proof.to_vec(),
			// Over keys of one's own.
			Wish::new(1, &energy()).prove_among(&[1, 50, 51].map(key)).proof.to_vec(),
		] {
			unauthorised(with(bad), Error::BadProof);
		}
		// Longer than a call has room for: no transaction at all.
		let fits = general(with(vec![0; 1_024])).encode();
		assert!(UncheckedExtrinsic::decode(&mut &fits[..]).is_ok());
		let call = RuntimeCall::from(with(vec![0; 1_024])).encode();
		let prefix = codec::Compact(1_024u32).encode();
		let at = call.windows(2).position(|two| two == prefix).unwrap();
		let mut long = call;
		long.splice(at..at + 2, codec::Compact(1_025u32).encode());
		long.insert(at + 2, 0);
		assert!(RuntimeCall::decode(&mut &long[..]).is_err());
		withdrawn(withdraw(proven));
	});
}

#[test]
fn withdrawals_should_be_refused_when_somebody_signs_them() {
	world(|| {
		usable_ring(&energy());
		let call = Wish::new(1, &energy()).call();
		// A household without money cannot pay for it either.
		let poor = mortal(&household(0), call.clone());
		assert_eq!(apply(poor), Err(InvalidTransaction::Payment.into()));
		let bad_origin = Ok(Err(sp_runtime::DispatchError::BadOrigin));
		let bob = sp_keyring::Sr25519Keyring::Bob;
		assert_eq!(crate::chain::submit(bob, call.clone()), bad_origin);
		assert_eq!(crate::chain::sudo(call.clone()), Err(sp_runtime::DispatchError::BadOrigin));
		// As one that nobody authorised, the pool refuses it; an author who puts it into a block gains nothing.
		let bare = UncheckedExtrinsic::new_bare(call.clone().into());
		assert_eq!(validate(bare.clone()), Err(UnknownTransaction::NoUnsignedValidator.into()));
		assert_eq!(Executive::apply_extrinsic(bare), bad_origin);
		withdrawn(call);
	});
}
