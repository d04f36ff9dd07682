//! Committing to pay.

use crate::{mock::*, Call, Error, Event};
use petra_primitives::delivery::{amount_message, Commitment};
use sp_core::H256;
use sp_runtime::AccountId32;

type Ctp = Commitment<AccountId32>;

#[test]
fn commitment_should_hold_the_money_and_reserve_the_energy() {
	with_energy(|| {
		let ctp = commitment(1, 400);
		let ctp_id = committed(&ctp);
		let Ctp { producer, amount, energy, expiry, .. } = ctp.clone();
		let event = Event::CommittedToPay { ctp_id, producer, amount, energy, expiry };
		assert_eq!(take_events(), [event]);
		assert_eq!((free(CONSUMER), held(CONSUMER)), (MONEY - 1_200, (1_200, 0)));
		assert_eq!(block(), (600, 400));
		assert_eq!(Delivery::commitment(ctp_id), Some(ctp));
	});
}

#[test]
fn commitment_should_be_refused_when_it_is_not_possible() {
	with_energy(|| {
		let good = commitment(1, 400);
		let bad = |change: &dyn Fn(&mut Ctp), error| {
			let mut ctp = good.clone();
			change(&mut ctp);
			refused(CONSUMER, commit(&ctp), error);
		};
		bad(&|ctp| (ctp.energy, ctp.amount) = (0, 0), Error::ZeroEnergy);
		bad(&|ctp| ctp.expiry = 1, Error::ExpiryPassed);
		bad(&|ctp| ctp.expiry = 102, Error::ExpiryTooFar);
		bad(&|ctp| ctp.producer = account(NOBODY), Error::NoEnergyAccount);
		bad(&|ctp| ctp.block = 1, Error::BlockNotFound);
		bad(&|ctp| (ctp.energy, ctp.amount) = (1_001, 3_003), Error::NotEnoughEnergy);
		bad(&|ctp| ctp.amount = 1_201, Error::AmountTooHigh);
		bad(&|ctp| ctp.amount = 1_199, Error::MissingSignature);
		done(CONSUMER, commit(&good));
		bad(&|_| (), Error::AlreadyCommitted);
		// Another consumer's has another id.
		done(OTHER, commit(&good));
	});
}

#[test]
fn commitment_should_be_for_less_only_when_the_producer_agrees() {
	with_energy(|| {
		let mut ctp = commitment(1, 400);
		ctp.amount = 1_000;
		let with = |signature| commit_with(&ctp, signature);
		refused(CONSUMER, with(None), Error::MissingSignature);
		refused(CONSUMER, with(agree(RIVAL, &ctp)), Error::BadSignature);
		let mut other = ctp.clone();
		other.amount = 999;
		refused(CONSUMER, with(agree(PRODUCER, &other)), Error::BadSignature);
		other.consumer = account(OTHER);
		refused(CONSUMER, with(agree(PRODUCER, &other)), Error::BadSignature);
		let elsewhere = amount_message(H256::repeat_byte(9), id(&ctp));
		refused(CONSUMER, with(Some(sign(PRODUCER, &elsewhere))), Error::BadSignature);
		done(CONSUMER, with(agree(PRODUCER, &ctp)));
		assert_eq!(held(CONSUMER), (1_000, 0));
	});
}

#[test]
fn commitment_should_be_free_of_charge_when_the_producer_agrees() {
	with_energy(|| {
		let mut ctp = commitment(1, 400);
		ctp.amount = 0;
		done(CONSUMER, commit_with(&ctp, agree(PRODUCER, &ctp)));
		let_in(confirm(id(&ctp), 400, receipt(1, id(&ctp), 400)));
		assert_eq!((free(CONSUMER), free(PRODUCER)), (MONEY, MONEY));
	});
}

#[test]
fn consumer_should_not_commit_more_than_it_has() {
	with_energy(|| {
		done(PRODUCER, Call::add_energy { energy: 10, price: MONEY as u64 / 4 });
		let ctp = |n, energy| {
			let amount = u128::from(energy) * MONEY / 4;
			Ctp { block: 1, amount, ..commitment(n, energy) }
		};
		committed(&ctp(1, 3));
		refused(CONSUMER, commit(&ctp(2, 2)), Error::InsufficientFunds);
		// What an account needs stays free.
		refused(CONSUMER, commit(&ctp(2, 1)), Error::BelowExistentialDeposit);
		fund(CONSUMER, 1);
		committed(&ctp(2, 1));
		assert_eq!((free(CONSUMER), held(CONSUMER)), (1, (MONEY, 0)));
	});
}

#[test]
fn producer_should_not_sell_one_block_of_energy_twice() {
	with_energy(|| {
		committed(&commitment(1, 600));
		let mut second = commitment(2, 401);
		refused(OTHER, commit(&second), Error::NotEnoughEnergy);
		second.energy = 400;
		second.amount = 1_200;
		done(OTHER, commit(&second));
		assert_eq!(block(), (0, ENERGY));
	});
}

#[test]
fn commitments_should_be_bounded_when_one_consumer_makes_many() {
	with_energy(|| {
		for n in 1..=4 {
			committed(&commitment(n, 10));
		}
		refused(CONSUMER, commit(&commitment(5, 10)), Error::TooManyCommitments);
		done(OTHER, commit(&commitment(5, 10)));
		let first = id(&commitment(1, 10));
		let_in(confirm(first, 10, receipt(1, first, 10)));
		committed(&commitment(6, 10));
	});
}

#[test]
fn commitment_should_be_refused_when_its_key_was_used() {
	with_energy(|| {
		let ctp = commitment(1, 10);
		let ctp_id = committed(&ctp);
		// Two commitments may name one key: whoever copies it gains nothing.
		done(OTHER, commit(&ctp));
		let_in(confirm(ctp_id, 10, receipt(1, ctp_id, 10)));
		refused(CONSUMER, commit(&ctp), Error::LeafUsed);
		refused(OTHER, commit(&Ctp { nonce: 9, ..ctp }), Error::LeafUsed);
		committed(&commitment(2, 10));
	});
}

#[test]
fn producer_should_be_able_to_buy_its_own_energy() {
	with_energy(|| {
		let ctp = Ctp { consumer: account(PRODUCER), ..commitment(1, 400) };
		done(PRODUCER, commit(&ctp));
		assert_eq!(free(PRODUCER), MONEY - 1_200);
		assert_eq!(Delivery::commitments_of(&account(PRODUCER)).len(), 1);
		check_all();
		let_in(confirm(id(&ctp), 400, receipt(1, id(&ctp), 400)));
		assert_eq!(free(PRODUCER), MONEY);
	});
}
