//! A receipt and an expiry in one block; settlements and calls of households in the pool.

use super::{cost::validate, world::*};
use crate::{
	chain::{run_to, submit},
	energy::{mortal, output, transfer},
};
use frame_support::assert_ok;
use pallet_delivery::{Call, Error};
use petra_primitives::{delivery, AssetKind, FreeCallCost, Grid};
use petra_runtime::{
	configs::FreeCallCosts, FreeCalls, Regulation, Runtime, UncheckedExtrinsic, EUR,
};
use sp_keyring::Sr25519Keyring::{self as Keys, Alice, AliceStash, BobStash};

#[test]
fn a_receipt_should_win_in_the_last_block_whatever_the_order() {
	for expire_first in [true, false] {
		with_neighbours(|| {
			let ctp = commitment(1, 1_000);
			let ctp_id = committed(&ctp);
			let producer = money(PRODUCER);
			run_to(ctp.expiry);
			if expire_first {
				refused(OTHER, Call::expire { ctp_id }, Error::NotExpired);
			}
			let_in(confirm(ctp_id, 1_000, receipt(1, ctp_id, 1_000)));
			refused(OTHER, Call::expire { ctp_id }, Error::CommitmentNotFound);
			assert_eq!(money(PRODUCER), producer + ctp.amount);
			assert_eq!(on_hold(CONSUMER), 0);
		});
	}
}

#[test]
fn an_expiry_should_win_in_the_block_after_it_whatever_the_order() {
	for confirm_first in [true, false] {
		with_neighbours(|| {
			let (consumer, producer) = (money(CONSUMER), money(PRODUCER));
			let ctp = commitment(1, 1_000);
			let ctp_id = committed(&ctp);
			run_to(ctp.expiry + 1);
			let late = confirm(ctp_id, 1_000, receipt(1, ctp_id, 1_000));
			if confirm_first {
				not_let_in(late.clone(), Error::ExpiryPassed);
			}
			done(OTHER, Call::expire { ctp_id });
			not_let_in(late, Error::CommitmentNotFound);
			assert_eq!((money(CONSUMER), money(PRODUCER)), (consumer, producer));
			// In time, the same pays.
			let again = commitment(2, 1_000);
			let ctp_id = committed(&again);
			let_in(confirm(ctp_id, 1_000, receipt(2, ctp_id, 1_000)));
		});
	}
}

/// Where the pool puts it.
fn priority(transaction: UncheckedExtrinsic) -> u64 {
	validate(&transaction).expect("it is valid").priority
}

/// The next settlement from a consumer's lock, with the receipt by the `n`th key.
fn next_settlement(consumer: Keys, n: u64) -> Call<Runtime> {
	let commitment = Ctp { consumer: consumer.to_account_id(), nonce: 0, ..self::commitment(n, 1) };
	let ctp_id = id(&commitment);
	let message = delivery::settle_message(genesis(), ctp_id);
	let consumer_signature = sign(consumer, &message);
	let receipt = receipt(n, ctp_id, 1);
	Call::settle { commitment, consumer_signature, energy: 1, receipt }
}

/// A fee for a lock is paid once, and then anything can be settled, one after the other, for nothing.
#[test]
fn settlements_should_not_go_before_a_household_when_their_consumers_have_no_quota() {
	with_neighbours(|| {
		let t = Regulation::now() + 10;
		let two_writes =
			transfer(vec![0], vec![output(OTHER, AssetKind::Production, 1, t, t); 2], None);
		let cost = FreeCallCosts::cost(&OTHER.to_account_id(), &two_writes.clone().into());
		assert_eq!(cost, Some(2));
		let household = priority(mortal(OTHER, two_writes));
		for (n, consumer) in (1..).zip([Alice, AliceStash, BobStash]) {
			assert_eq!(FreeCalls::remaining(&consumer.to_account_id()), None);
			assert_ok!(submit(consumer, lock(EUR)).unwrap());
			let settlement = next_settlement(consumer, n);
			assert!(priority(general(settlement.clone())) < household);
			let_in(settlement);
		}
	});
}
