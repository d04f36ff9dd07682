//! Confirming: what is paid.

use crate::{mock::*, Call, Error, Event};
use frame_support::traits::fungible::Unbalanced;
use frame_system::RawOrigin;
use petra_primitives::delivery::Commitment;
use sp_runtime::DispatchError;

#[test]
fn producer_should_be_paid_at_once_when_the_meter_confirms() {
	for energy in [400, 401, u64::MAX] {
		with_energy(|| {
			let ctp_id = committed(&commitment(1, 400));
			take_events();
			let_in(confirm(ctp_id, energy, receipt(1, ctp_id, energy)));
			assert_eq!(take_events(), [Event::ReceiptConfirmed { ctp_id, energy, paid: 1_200 }]);
			assert_eq!((free(CONSUMER), held(CONSUMER)), (MONEY - 1_200, (0, 0)));
			assert_eq!(free(PRODUCER), MONEY + 1_200);
			assert_eq!(block(), (600, 0));
			assert_eq!(Delivery::commitment(ctp_id), None);
		});
	}
}

#[test]
fn receipt_for_less_should_pay_its_share_only_when_the_commitment_allows_it() {
	with_energy(|| {
		let whole = commitment(1, 300);
		let ctp_id = committed(&whole);
		not_let_in(confirm(ctp_id, 299, receipt(1, ctp_id, 299)), Error::NotDelivered);
		not_let_in(confirm(ctp_id, 0, receipt(1, ctp_id, 0)), Error::ZeroEnergy);
		let_in(confirm(ctp_id, 300, receipt(1, ctp_id, 300)));

		// 100 money for 300 watt-hours: 200 are worth 66, and two thirds of a unit, which is the consumer's.
		let mut part = Commitment { partial: true, amount: 100, ..commitment(2, 300) };
		part.nonce = 2;
		done(CONSUMER, commit_with(&part, agree(PRODUCER, &part)));
		let ctp_id = id(&part);
		let (consumer, producer) = (free(CONSUMER), free(PRODUCER));
		not_let_in(confirm(ctp_id, 0, receipt(2, ctp_id, 0)), Error::ZeroEnergy);
		take_events();
		let_in(confirm(ctp_id, 200, receipt(2, ctp_id, 200)));
		assert_eq!(take_events(), [Event::ReceiptConfirmed { ctp_id, energy: 200, paid: 66 }]);
		assert_eq!((free(CONSUMER), free(PRODUCER)), (consumer + 34, producer + 66));
		// What did not come can be sold again.
		assert_eq!(block(), (ENERGY - 300 - 200, 0));
	});
}

#[test]
fn receipt_should_pay_once_when_it_comes_again() {
	with_energy(|| {
		let ctp_id = committed(&commitment(1, 400));
		let call = confirm(ctp_id, 400, receipt(1, ctp_id, 400));
		let_in(call.clone());
		not_let_in(call, Error::CommitmentNotFound);
	});
}

#[test]
fn confirmation_should_be_a_general_transaction_only() {
	with_energy(|| {
		let ctp_id = committed(&commitment(1, 400));
		let call = confirm(ctp_id, 400, receipt(1, ctp_id, 400));
		for origin in [signed(CONSUMER), RuntimeOrigin::root(), RuntimeOrigin::none()] {
			let before = root();
			assert_eq!(dispatch(origin, call.clone()), Err(DispatchError::BadOrigin));
			assert_eq!(root(), before);
		}
		let_in(call);
	});
}

#[test]
fn confirmation_should_not_be_let_in_when_the_producer_cannot_receive() {
	build_and_execute(|| {
		ExistentialDeposit::set(100);
		fund(CONSUMER, MONEY);
		done(PRODUCER, open_certified(PRODUCER, 50));
		done(PRODUCER, Call::add_energy { energy: ENERGY, price: PRICE });
		let ctp_id = committed(&commitment(1, 10));
		let call = confirm(ctp_id, 10, receipt(1, ctp_id, 10));
		not_let_in(call.clone(), Error::CannotReceive);
		// With an account that is full.
		Balances::write_balance(&account(PRODUCER), u128::MAX - 29).unwrap();
		not_let_in(call.clone(), Error::CannotReceive);
		Balances::write_balance(&account(PRODUCER), 0).unwrap();
		fund(PRODUCER, 100);
		let_in(call);
		assert_eq!(free(PRODUCER), 130);
	});
}

#[test]
fn payment_should_make_the_producers_account_when_it_had_none() {
	build_and_execute(|| {
		fund(CONSUMER, MONEY);
		done(NOBODY, open_certified(NOBODY, 50));
		done(NOBODY, Call::add_energy { energy: ENERGY, price: PRICE });
		let ctp = Commitment { producer: account(NOBODY), ..commitment(1, 10) };
		let ctp_id = committed(&ctp);
		assert!(!System::account_exists(&account(NOBODY)));
		let_in(confirm(ctp_id, 10, receipt(1, ctp_id, 10)));
		assert_eq!(free(NOBODY), 30);
	});
}

#[test]
fn an_authorised_dispatch_should_check_again_when_the_state_is_another() {
	// It cannot happen: what authorises runs right before. If it did, nothing would be paid twice.
	with_energy(|| {
		let ctp_id = committed(&commitment(1, 400));
		let call = confirm(ctp_id, 400, receipt(1, ctp_id, 400));
		authorize(call.clone()).unwrap();
		let_in(call.clone());
		let again = dispatch(RawOrigin::Authorized.into(), call);
		assert_eq!(again, Err(Error::<Test>::CommitmentNotFound.into()));
	});
}
