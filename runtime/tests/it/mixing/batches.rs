//! Batches with something wrong in them.

use super::world::*;
use pallet_mixing::Error;
use petra_runtime::{Balances, EnergyAssets};

#[test]
fn a_batch_should_be_refused_as_a_whole_when_one_proof_is_bad() {
	world(|| {
		deposit_all(0..5, &energy());
		blocks(MIN_AGE);
		let wish = |who| Wish { revision: 4, ..Wish::new(who, &energy()) };
		let good: Vec<_> = (0..5).map(|who| wish(who).prove()).collect();
		for place in [0, 2, 4] {
			let mut bad = good.clone();
			bad[place].recipient = fresh(99);
			unauthorised(batch(bad), Error::BadProof);
			let mut bad = good.clone();
			bad[place].proof[300] ^= 1;
			unauthorised(batch(bad), Error::BadProof);
		}
		// Two errors that might cancel out: proofs in each other's place.
		let mut swapped = good.clone();
		(swapped[1].proof, swapped[2].proof) = (good[2].proof.clone(), good[1].proof.clone());
		unauthorised(batch(swapped), Error::BadProof);
		withdrawn(batch(good));
		for who in 0..5 {
			assert_eq!(EnergyAssets::assets_of(&fresh(who)).len(), 1);
		}
	});
}

#[test]
fn a_batch_should_be_refused_when_a_nullifier_is_there_twice() {
	world(|| {
		usable_ring(&MONEY);
		let wish = Wish::new(0, &MONEY);
		let (one, other) = (wish.prove(), Wish { recipient: fresh(99), ..wish }.prove());
		unauthorised(batch(vec![one.clone(), other]), Error::NullifierUsed);
		unauthorised(batch(vec![one.clone(), one.clone()]), Error::NullifierUsed);
		unauthorised(batch(vec![]), Error::EmptyBatch);
		withdrawn(batch(vec![one, Wish::new(1, &MONEY).prove()]));
		assert_eq!(Balances::free_balance(fresh(0)), 64_000_000);
	});
}

#[test]
fn a_note_should_come_out_once_when_it_was_in_a_batch() {
	world(|| {
		deposit_all(0..4, &energy());
		blocks(MIN_AGE);
		let prove = |who| Wish { revision: 3, ..Wish::new(who, &energy()) }.prove();
		let all: Vec<_> = (0..4).map(prove).collect();
		withdrawn(batch(all[..2].to_vec()));
		unauthorised(withdraw(all[0].clone()), Error::NullifierUsed);
		unauthorised(batch(all[..2].to_vec()), Error::NullifierUsed);
		unauthorised(batch(all[1..].to_vec()), Error::NullifierUsed);
		let elsewhere = Wish { recipient: fresh(99), ..Wish::new(1, &energy()) };
		unauthorised(elsewhere.call(), Error::NullifierUsed);
		withdrawn(withdraw(all[2].clone()));
		unauthorised(batch(all[2..].to_vec()), Error::NullifierUsed);
		withdrawn(batch(all[3..].to_vec()));
	});
}
