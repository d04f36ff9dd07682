//! Every invariant, corrupted and reported.

use crate::{commit_impls::block_key, mock::*, *};
use frame_support::traits::fungible::MutateHold;
use sp_core::H256;

/// A healthy state with a bit of everything, then `corrupt`, after which the check must say `complaint`.
fn reported(complaint: &'static str, corrupt: impl FnOnce(H256)) {
	new_test_ext().execute_with(|| {
		for who in [CONSUMER, OTHER, PRODUCER] {
			fund(who, MONEY);
		}
		done(PRODUCER, open_certified(PRODUCER, 50));
		done(PRODUCER, Call::add_energy { energy: ENERGY, price: PRICE });
		let ctp_id = committed(&commitment(1, 400));
		done(CONSUMER, lock(100, 50));
		let_in(settle(2, &commitment(2, 10), 10));
		assert_eq!(Delivery::do_try_state(), Ok(()));
		corrupt(ctp_id);
		assert_eq!(Delivery::do_try_state(), Err(complaint.into()));
	});
}

fn mutate_block(change: impl FnOnce(&mut Block)) {
	Blocks::<Test>::mutate(account(PRODUCER), 0, |block| change(block.as_mut().unwrap()));
}

fn mutate_account(change: impl FnOnce(&mut EnergyAccount)) {
	EnergyAccounts::<Test>::mutate(account(PRODUCER), |known| change(known.as_mut().unwrap()));
}

#[test]
fn blocks_should_be_reported_when_they_are_corrupt() {
	reported("delivery: a block of energy without an account", |_| {
		EnergyAccounts::<Test>::remove(account(PRODUCER))
	});
	reported("delivery: a block's number was not given out yet", |_| {
		mutate_account(|account| account.next_block = 0)
	});
	reported("delivery: a block without energy", |_| mutate_block(|block| block.energy = 0));
	reported("delivery: more is reserved than there is", |_| {
		mutate_block(|block| block.energy = 399)
	});
	reported("delivery: a block has not reserved what its commitments need", |_| {
		mutate_block(|block| block.reserved = 399)
	});
	let key = || (PRICE.to_be_bytes(), (account(PRODUCER), 0));
	reported("delivery: the list by price is wrong", |_| {
		BlocksByPrice::<Test>::remove(key().0, key().1)
	});
	reported("delivery: the list by price is wrong", |_| mutate_block(|block| block.energy = 400));
	reported("delivery: the list by price is wrong", |_| mutate_block(|block| block.price = 4));
	reported("delivery: the list by price has too many entries", |_| {
		BlocksByPrice::<Test>::insert([0; 8], key().1, ())
	});
	reported("delivery: a commitment without its block", |_| {
		Blocks::<Test>::remove(account(PRODUCER), 0)
	});
	reported("delivery: an account's number of blocks is wrong", |_| {
		mutate_account(|account| account.blocks = 2)
	});
	reported("delivery: an account has too many blocks", |_| {
		for number in 1..5 {
			let block = Block { price: number.into(), energy: 1, reserved: 0 };
			Blocks::<Test>::insert(account(PRODUCER), number, block);
			let key = u64::from(number).to_be_bytes();
			BlocksByPrice::<Test>::insert(key, (account(PRODUCER), number), ());
		}
		mutate_account(|account| (account.blocks, account.next_block) = (5, 5));
	});
}

#[test]
fn commitments_should_be_reported_when_they_are_corrupt() {
	reported("delivery: a commitment is not under its id", |ctp_id| {
		Commitments::<Test>::mutate(ctp_id, |ctp| ctp.as_mut().unwrap().amount -= 1)
	});
	for who in [CONSUMER, PRODUCER] {
		reported("delivery: a commitment is not under its accounts", |ctp_id| {
			CommitmentsOf::<Test>::remove(account(who), ctp_id)
		});
	}
	reported("delivery: a commitment does not expire", |ctp_id| {
		Expiries::<Test>::remove(block_key(11), ctp_id)
	});
	reported("delivery: accounts have commitments that are not there", |ctp_id| {
		CommitmentsOf::<Test>::insert(account(OTHER), ctp_id, ())
	});
	reported("delivery: commitments expire that are not there", |ctp_id| {
		Expiries::<Test>::insert(block_key(12), ctp_id, ())
	});
}

#[test]
fn counts_should_be_reported_when_they_are_corrupt() {
	let consumer = |change: fn(&mut Consumer)| {
		move |_: H256| Consumers::<Test>::mutate(account(CONSUMER), change)
	};
	let wrong = "delivery: what a consumer has under way is counted wrong";
	reported(wrong, consumer(|open| open.commitments = 2));
	reported(wrong, consumer(|open| open.locks = 0));
	reported(wrong, |_| Consumers::<Test>::insert(account(OTHER), Consumer::default()));
	reported("delivery: a consumer has more under way than it may", |_| {
		for producer in [OTHER, RIVAL] {
			let lock = Lock { amount: 0, until: 9, last_nonce: None };
			Locks::<Test>::insert(account(CONSUMER), account(producer), lock);
		}
		Consumers::<Test>::mutate(account(CONSUMER), |open| open.locks = 3);
	});
	reported("delivery: a producer's commitments are counted wrong", |_| {
		mutate_account(|account| account.commitments = 0)
	});
}

#[test]
fn holds_should_be_reported_when_they_are_corrupt() {
	let wrong = "delivery: the money on hold is not that of commitments and locks";
	for reason in [HoldReason::Commitment, HoldReason::Lock] {
		for who in [CONSUMER, OTHER] {
			reported(wrong, |_| Balances::hold(&reason.into(), &account(who), 1).unwrap());
		}
	}
	reported(wrong, |_| {
		Locks::<Test>::mutate(account(CONSUMER), account(PRODUCER), |lock| {
			lock.as_mut().unwrap().amount += 1
		})
	});
	reported("delivery: a consumer has no account", |_| {
		let lock = Lock { amount: 1, until: 9, last_nonce: None };
		Locks::<Test>::insert(account(NOBODY), account(PRODUCER), lock);
		Consumers::<Test>::insert(account(NOBODY), Consumer { commitments: 0, locks: 1 });
	});
}

#[test]
fn leaves_should_be_reported_when_they_are_corrupt() {
	let leaf = receipt_key(2);
	reported("delivery: a used leaf is never forgotten", |_| {
		UsedLeaves::<Test>::insert(leaf, NOW + 1)
	});
	reported("delivery: a leaf is there twice", |_| {
		LeafQueue::<Test>::insert((NOW + 1).to_be_bytes(), leaf, ())
	});
	reported("delivery: a leaf is there twice", |_| UsedLeaves::<Test>::remove(leaf));
}
