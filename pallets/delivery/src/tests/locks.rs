//! Locks.

use crate::{mock::*, Call, Consumers, Error, Event, Lock, Locks};
use petra_primitives::Balance;

fn lock_for(producer: u8, amount: Balance, until: u32) -> Call<Test> {
	Call::lock_for { producer: account(producer), amount, until }
}

fn unlock(producer: u8) -> Call<Test> {
	Call::unlock { producer: account(producer) }
}

#[test]
fn lock_should_hold_money_and_grow() {
	with_energy(|| {
		done(CONSUMER, lock(100, 20));
		done(CONSUMER, lock(50, 30));
		refused(CONSUMER, lock(50, 29), Error::LockShortened);
		let (consumer, producer) = (account(CONSUMER), account(PRODUCER));
		let locked = |amount, until| Event::Locked {
			consumer: consumer.clone(),
			producer: producer.clone(),
			amount,
			until,
		};
		assert_eq!(take_events(), [locked(100, 20), locked(50, 30)]);
		let lock = Lock { amount: 150, until: 30, last_nonce: None };
		assert_eq!(Locks::<Test>::get(&consumer, &producer), Some(lock));
		assert_eq!((free(CONSUMER), held(CONSUMER)), (MONEY - 150, (0, 150)));
	});
}

#[test]
fn lock_should_be_refused_when_it_is_not_possible() {
	with_energy(|| {
		refused(CONSUMER, lock(0, 20), Error::ZeroAmount);
		refused(CONSUMER, lock(1, 1), Error::ExpiryPassed);
		refused(CONSUMER, lock(1, 102), Error::ExpiryTooFar);
		refused(CONSUMER, lock(MONEY + 1, 20), Error::InsufficientFunds);
		refused(CONSUMER, lock(MONEY, 20), Error::BelowExistentialDeposit);
		done(CONSUMER, lock(MONEY - 1, 101));
		refused(CONSUMER, lock(Balance::MAX, 101), Error::InsufficientFunds);
		// A producer need not be known.
		done(OTHER, lock_for(NOBODY, 1, 20));
		done(OTHER, lock_for(RIVAL, 1, 20));
		refused(OTHER, lock_for(PRODUCER, 1, 20), Error::TooManyLocks);
		done(OTHER, lock_for(RIVAL, 1, 20));
	});
}

#[test]
fn lock_should_return_only_when_it_has_ended() {
	with_energy(|| {
		refused(CONSUMER, unlock(PRODUCER), Error::LockNotFound);
		done(CONSUMER, lock(100, 20));
		let_in(settle(1, &commitment(1, 10), 10));
		System::set_block_number(20);
		refused(CONSUMER, unlock(PRODUCER), Error::StillLocked);
		System::set_block_number(21);
		refused(OTHER, unlock(PRODUCER), Error::LockNotFound);
		take_events();
		done(CONSUMER, unlock(PRODUCER));
		let (consumer, producer) = (account(CONSUMER), account(PRODUCER));
		assert_eq!(take_events(), [Event::Unlocked { consumer, producer, amount: 70 }]);
		assert_eq!((free(CONSUMER), held(CONSUMER)), (MONEY - 30, (0, 0)));
		assert_eq!(Consumers::<Test>::iter().count(), 0);
	});
}
