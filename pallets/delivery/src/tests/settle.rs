//! Settling from a lock.

use crate::{mock::*, Call, Error, Event, Lock, Locks, UsedLeaves};
use frame_support::weights::Weight;
use frame_system::RawOrigin;
use petra_primitives::delivery::{settle_message, Commitment};
use sp_core::H256;
use sp_runtime::DispatchError;

fn left() -> u128 {
	Locks::<Test>::get(account(CONSUMER), account(PRODUCER)).unwrap().amount
}

/// [`CONSUMER`] has locked that much for [`PRODUCER`].
fn with_lock(amount: u128, test: impl FnOnce()) {
	with_energy(|| {
		done(CONSUMER, lock(amount, 50));
		take_events();
		test();
	});
}

#[test]
fn settlement_should_pay_from_the_lock_and_store_nothing_but_the_leaf() {
	with_lock(1_000, || {
		let ctp = commitment(1, 100);
		let ctp_id = id(&ctp);
		let_in(settle(1, &ctp, 100));
		let event = Event::ReceiptConfirmed { ctp_id, energy: 100, paid: 300 };
		assert_eq!(take_events(), [event]);
		assert_eq!((free(CONSUMER), held(CONSUMER)), (MONEY - 1_000, (0, 700)));
		assert_eq!(free(PRODUCER), MONEY + 300);
		assert_eq!(block(), (ENERGY - 100, 0));
		assert_eq!(Delivery::commitment(ctp_id), None);
		assert_eq!(UsedLeaves::<Test>::iter_keys().collect::<Vec<_>>(), [receipt_key(1)]);
		let lock = Lock { amount: 700, until: 50, last_nonce: Some(1) };
		assert_eq!(Locks::<Test>::get(account(CONSUMER), account(PRODUCER)), Some(lock));
	});
}

#[test]
fn settlement_should_pay_a_share_only_when_the_commitment_allows_it() {
	with_lock(200, || {
		let whole = commitment(1, 100);
		not_let_in(settle(1, &whole, 50), Error::NotDelivered);
		// The whole would be more than is locked.
		not_let_in(settle(1, &whole, 100), Error::LockTooSmall);
		let part = Commitment { partial: true, ..whole };
		let_in(settle(1, &part, 66));
		assert_eq!((left(), block()), (2, (ENERGY - 66, 0)));
	});
}

#[test]
fn a_lock_should_never_pay_more_than_it_holds() {
	with_lock(1_000, || {
		for n in 1..=3 {
			let_in(settle(n, &commitment(n, 100), 100));
		}
		not_let_in(settle(4, &commitment(4, 100), 100), Error::LockTooSmall);
		let_in(settle(4, &commitment(4, 33), 33));
		assert_eq!((left(), held(CONSUMER)), (1, (0, 1)));
		// What the consumer has on hold for something else is not the lock's.
		committed(&commitment(9, 100));
		not_let_in(settle(5, &commitment(5, 1), 1), Error::LockTooSmall);
		// What another consumer has locked neither.
		done(OTHER, lock(1_000, 50));
		not_let_in(settle(5, &commitment(5, 1), 1), Error::LockTooSmall);
	});
}

#[test]
fn settlement_should_be_refused_when_it_is_replayed_or_out_of_order() {
	with_lock(1_000, || {
		let (first, second) =
			(settle(1, &commitment(1, 10), 10), settle(2, &commitment(2, 10), 10));
		let_in(second.clone());
		not_let_in(second.clone(), Error::NonceUsed);
		not_let_in(first, Error::NonceUsed);
		// Gaps are allowed.
		let third = settle(9, &commitment(9, 10), 10);
		let_in(third.clone());
		// Into a new lock nothing is replayed: the leaf was used.
		System::set_block_number(51);
		done(CONSUMER, Call::unlock { producer: account(PRODUCER) });
		done(CONSUMER, lock(1_000, 60));
		not_let_in(third, Error::ExpiryPassed);
		let again = Commitment { expiry: 60, ..commitment(9, 10) };
		not_let_in(settle(9, &again, 10), Error::LeafUsed);
		let_in(settle(10, &commitment(10, 10), 10));
	});
}

/// What was settled from a lock is public, and any authorised meter can certify its key once more.
#[test]
fn settlement_should_be_refused_when_an_earlier_lock_has_paid_it_and_its_leaf_is_forgotten() {
	with_lock(1_000, || {
		let paid = Commitment { expiry: 70, ..commitment(1, 10) };
		let unlock = Call::unlock { producer: account(PRODUCER) };
		let_in(settle(1, &paid, 10));
		// What the lock has paid could be settled up to block 70, and so long the lock remembers its number.
		for block in [51, 70] {
			System::set_block_number(block);
			refused(CONSUMER, unlock.clone(), Error::StillLocked);
		}
		set_now(NOW + AGE);
		idle(Weight::MAX);
		assert_eq!(UsedLeaves::<Test>::iter().count(), 0);
		// With a certificate of now.
		not_let_in(settle(1, &paid, 10), Error::NonceUsed);
		System::set_block_number(71);
		done(CONSUMER, unlock);
		done(CONSUMER, lock(1_000, 101));
		not_let_in(settle(1, &paid, 10), Error::ExpiryPassed);
		assert_eq!(left(), 1_000);
	});
}

#[test]
fn settlement_should_lengthen_its_lock_to_its_expiry_and_never_shorten_it() {
	with_lock(1_000, || {
		let until = || Locks::<Test>::get(account(CONSUMER), account(PRODUCER)).unwrap().until;
		for (n, expiry, ends) in [(1, 40, 50), (2, 60, 60), (3, 50, 60)] {
			let_in(settle(n, &Commitment { expiry, ..commitment(n, 10) }, 10));
			assert_eq!(until(), ends);
		}
	});
}

#[test]
fn sequence_numbers_may_begin_with_zero_and_end_with_the_last_one() {
	with_lock(1_000, || {
		let zero = commitment(0, 10);
		let_in(settle(0, &zero, 10));
		not_let_in(settle(0, &zero, 10), Error::NonceUsed);
		let last = Commitment { nonce: u64::MAX, ..commitment(1, 10) };
		let_in(settle(1, &last, 10));
		let after = Commitment { nonce: u64::MAX, ..commitment(2, 10) };
		not_let_in(settle(2, &after, 10), Error::NonceUsed);
	});
}

#[test]
fn settlement_should_be_refused_when_the_consumer_has_not_signed_it() {
	with_lock(1_000, || {
		let ctp = commitment(1, 10);
		let by = |signer: u8, message: [u8; 32]| Call::settle {
			commitment: ctp.clone(),
			consumer_signature: sign(signer, &message),
			energy: 10,
			receipt: receipt(1, id(&ctp), 10),
		};
		let here = settle_message(genesis(), id(&ctp));
		not_let_in(by(PRODUCER, here), Error::BadSignature);
		not_let_in(
			by(CONSUMER, settle_message(H256::repeat_byte(9), id(&ctp))),
			Error::BadSignature,
		);
		let other = Commitment { partial: true, ..ctp.clone() };
		not_let_in(by(CONSUMER, settle_message(genesis(), id(&other))), Error::BadSignature);
		let_in(by(CONSUMER, here));
	});
}

#[test]
fn settlement_should_be_refused_when_the_energy_is_not_there() {
	with_lock(MONEY / 2, || {
		done(OTHER, commit(&commitment(7, 901)));
		not_let_in(settle(1, &commitment(1, 100), 100), Error::NotEnoughEnergy);
		let_in(settle(1, &commitment(1, 99), 99));
		// Not from another producer's block, and not at another price.
		let of_rival = Commitment { producer: account(RIVAL), ..commitment(2, 10) };
		not_let_in(settle(2, &of_rival, 10), Error::LockNotFound);
		done(PRODUCER, Call::add_energy { energy: 10, price: 2 });
		let cheaper = Commitment { block: 1, ..commitment(2, 10) };
		not_let_in(settle(2, &cheaper, 10), Error::WrongAmount);
		let_in(settle(2, &Commitment { amount: 20, ..cheaper }, 10));
	});
}

#[test]
fn settlement_should_be_refused_when_the_lock_or_the_commitment_has_ended() {
	with_lock(1_000, || {
		let ctp = Commitment { expiry: 60, ..commitment(1, 10) };
		System::set_block_number(51);
		not_let_in(settle(1, &ctp, 10), Error::LockEnded);
		done(CONSUMER, lock(1, 61));
		System::set_block_number(61);
		not_let_in(settle(1, &ctp, 10), Error::ExpiryPassed);
		System::set_block_number(60);
		let_in(settle(1, &ctp, 10));
	});
}

#[test]
fn settlement_should_be_a_general_transaction_only() {
	with_lock(1_000, || {
		let call = settle(1, &commitment(1, 10), 10);
		for origin in [signed(CONSUMER), RuntimeOrigin::root(), RuntimeOrigin::none()] {
			let before = root();
			assert_eq!(dispatch(origin, call.clone()), Err(DispatchError::BadOrigin));
			assert_eq!(root(), before);
		}
		let_in(call.clone());
		let again = dispatch(RawOrigin::Authorized.into(), call);
		assert_eq!(again, Err(Error::<Test>::NonceUsed.into()));
	});
}
