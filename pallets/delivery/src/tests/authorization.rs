//! What lets general transactions in, beside what they say.

use crate::{mock::*, Call, Error, Receipt, REFUSAL};
use petra_primitives::delivery::{settle_message, Commitment};
use sp_core::H256;
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

#[test]
fn refusals_should_be_told_by_the_errors_index() {
	let code = |error: Error<Test>| match error.into() {
		TransactionValidityError::Invalid(InvalidTransaction::Custom(code)) => code,
		other => panic!("{other:?}"),
	};
	assert_eq!(code(Error::NoEnergyAccount), REFUSAL);
	assert_eq!(code(Error::CommitmentNotFound), 177);
	assert_eq!(code(Error::LeafUsed), 193);
	assert_eq!(code(Error::BadCertificate), 203);
}

#[test]
fn transactions_should_not_be_let_in_when_the_call_is_filtered() {
	with_energy(|| {
		let ctp_id = committed(&commitment(1, 10));
		done(CONSUMER, lock(100, 50));
		let ctp = commitment(2, 10);
		for call in [confirm(ctp_id, 10, receipt(1, ctp_id, 10)), settle(2, &ctp, 10)] {
			Paused::set(true);
			assert_eq!(submit(call.clone()), Err(filtered()));
			Paused::set(false);
			let_in(call);
		}
	});
}

#[test]
fn the_pool_should_keep_one_transaction_per_commitment_and_leaf() {
	with_energy(|| {
		let tags = |call| authorize(call).unwrap().provides;
		let ctp_id = committed(&commitment(1, 10));
		let other_id = committed(&Commitment { nonce: 2, ..commitment(1, 10) });
		let first = tags(confirm(ctp_id, 10, receipt(1, ctp_id, 10)));
		// For more energy, under another certificate.
		let other = Certificate { keys: vec![1], ..certificate(1) }.receipt(0, ctp_id, 11);
		assert_eq!(tags(confirm(ctp_id, 11, other)), first);
		let same_leaf = tags(confirm(other_id, 10, receipt(1, other_id, 10)));
		assert_eq!(first.len(), 2);
		assert_ne!(same_leaf[0], first[0]);
		assert_eq!(same_leaf[1], first[1]);

		done(CONSUMER, lock(100, 50));
		let ctp = commitment(3, 10);
		let first = tags(settle(3, &ctp, 10));
		let same_nonce = Commitment { nonce: 3, ..commitment(4, 10) };
		assert_eq!(tags(settle(4, &same_nonce, 10))[0], first[0]);
		assert_ne!(tags(settle(4, &commitment(4, 10), 10)), first);
	});
}

#[test]
fn transactions_should_end_with_the_commitment() {
	with_energy(|| {
		let ctp_id = committed(&commitment(1, 10));
		let call = confirm(ctp_id, 10, receipt(1, ctp_id, 10));
		assert_eq!(authorize(call.clone()).unwrap().longevity, 10);
		System::set_block_number(11);
		assert_eq!(authorize(call.clone()).unwrap().longevity, 1);
		System::set_block_number(12);
		assert_eq!(authorize(call).map(|_| ()), Err(Error::<Test>::ExpiryPassed.into()));
	});
}

#[test]
fn transactions_should_stand_behind_what_else_their_consumer_has_under_way() {
	with_energy(|| {
		let priority = |call| authorize(call).unwrap().priority;
		for n in 1..=3 {
			committed(&commitment(n, 10));
		}
		let theirs = Commitment { consumer: account(OTHER), ..commitment(4, 10) };
		done(OTHER, commit(&theirs));
		let confirmation = |n| {
			let ctp_id = id(&commitment(n, 10));
			confirm(ctp_id, 10, receipt(n, ctp_id, 10))
		};
		assert_eq!(priority(confirmation(1)), 998);
		let_in(confirmation(1));
		assert_eq!(priority(confirmation(2)), 999);
		let ctp_id = id(&theirs);
		assert_eq!(priority(confirm(ctp_id, 10, receipt(4, ctp_id, 10))), 100);

		done(CONSUMER, lock(100, 50));
		// Nobody pays for a settlement: it is never before all others.
		let settlement = |n| settle(n, &commitment(n, 1), 1);
		assert_eq!(priority(settle(5, &Commitment { nonce: 0, ..commitment(5, 1) }, 1)), 999);
		assert_eq!(priority(settle(5, &Commitment { nonce: 1, ..commitment(5, 1) }, 1)), 998);
		assert_eq!(priority(settlement(10)), 989);
		assert_eq!(priority(settlement(4_000)), 999 - 256);
		let_in(settlement(10));
		assert_eq!(priority(settlement(11)), 999);
		assert_eq!(priority(settlement(13)), 997);
		done(CONSUMER, Call::lock_for { producer: account(RIVAL), amount: 1, until: 50 });
		assert_eq!(priority(settlement(13)), 996);
	});
}

#[test]
fn transactions_should_be_passed_on_and_wait_for_no_others() {
	with_energy(|| {
		let ctp_id = committed(&commitment(1, 10));
		let confirmation = confirm(ctp_id, 10, receipt(1, ctp_id, 10));
		done(CONSUMER, lock(100, 50));
		let settlement = settle(2, &commitment(2, 10), 10);
		for call in [confirmation, settlement] {
			let valid = authorize(call).unwrap();
			assert!(valid.propagate);
			assert_eq!(valid.requires, Vec::<Vec<u8>>::new());
		}
	});
}

/// A receipt with which everything is wrong, mended step by step: each time the next check says no, and so the order of
/// the checks is seen. What needs hashing a path or verifying a signature comes last.
#[test]
fn checks_of_a_confirmation_should_come_in_order_of_their_cost() {
	with_energy(|| {
		set_now(NOW + 50);
		regulate(vec![authorization(60, 60)], vec![]);
		set_now(NOW + 51);
		regulate(vec![], vec![60]);
		set_now(NOW + 52);
		let ctp_id = committed(&commitment(1, 10));
		let good = receipt(1, ctp_id, 10);
		let mut bad = Receipt {
			leaf_key: leaf_key(2),
			leaf_index: 9,
			issued_at: NOW + 53,
			signer: 61,
			root: H256::zero(),
			signature: good.root_signature.clone(),
			root_signature: good.signature.clone(),
			..good.clone()
		};
		let no = |id, energy, bad: &Receipt<Test>, error| {
			not_let_in(confirm(id, energy, bad.clone()), error)
		};
		no(H256::zero(), 9, &bad, Error::CommitmentNotFound);
		no(ctp_id, 0, &bad, Error::ZeroEnergy);
		no(ctp_id, 9, &bad, Error::NotDelivered);
		no(ctp_id, 10, &bad, Error::LeafOutOfRange);
		bad.leaf_index = 0;
		no(ctp_id, 10, &bad, Error::CertificateFromFuture);
		bad.issued_at = NOW;
		no(ctp_id, 10, &bad, Error::CertificateTooOld);
		bad.issued_at = NOW + 50;
		no(ctp_id, 10, &bad, Error::WrongLeaf);
		bad.leaf_key = leaf_key(1);
		no(ctp_id, 10, &bad, Error::MeterNotFound);
		bad.signer = 60;
		no(ctp_id, 10, &bad, Error::MeterNotAuthorized);
		bad.issued_at = NOW + 51;
		no(ctp_id, 10, &bad, Error::MeterBanned);
		bad.signer = WITNESS.into();
		Paused::set(true);
		assert_eq!(submit(confirm(ctp_id, 10, bad.clone())), Err(filtered()));
		Paused::set(false);
		no(ctp_id, 10, &bad, Error::NotUnderRoot);
		bad.root = good.root;
		no(ctp_id, 10, &bad, Error::BadReceipt);
		bad.signature = good.signature.clone();
		no(ctp_id, 10, &bad, Error::BadCertificate);
		bad.root_signature = good.root_signature.clone();
		no(ctp_id, 10, &bad, Error::BadCertificate);
		bad.issued_at = NOW + 52;
		let_in(confirm(ctp_id, 10, bad));
	});
}

#[test]
fn checks_of_a_settlement_should_come_in_order_of_their_cost() {
	with_energy(|| {
		let good = commitment(5, 10);
		let no = |ctp: &Commitment<_>, energy, error| not_let_in(settle(5, ctp, energy), error);
		let mut bad = Commitment { energy: 0, expiry: 0, ..good.clone() };
		no(&bad, 9, Error::ZeroEnergy);
		bad.energy = 2_000;
		no(&bad, 9, Error::ExpiryPassed);
		bad.expiry = 102;
		no(&bad, 9, Error::ExpiryTooFar);
		bad.expiry = 101;
		no(&bad, 0, Error::ZeroEnergy);
		no(&bad, 9, Error::NotDelivered);
		bad.amount = 31;
		no(&bad, 2_000, Error::LockNotFound);
		done(CONSUMER, lock(30, 2));
		System::set_block_number(3);
		no(&bad, 2_000, Error::LockEnded);
		done(CONSUMER, lock(30, 50));
		bad.amount = 61;
		no(&bad, 2_000, Error::LockTooSmall);
		bad.amount = 31;
		let first = commitment(4, 10);
		let_in(settle(4, &first, 10));
		bad.nonce = 4;
		no(&bad, 2_000, Error::NonceUsed);
		(bad.nonce, bad.amount, bad.block) = (5, 30, 7);
		no(&bad, 2_000, Error::BlockNotFound);
		bad.block = 0;
		no(&bad, 2_000, Error::NotEnoughEnergy);
		bad.energy = 9;
		no(&bad, 9, Error::WrongAmount);
		bad.energy = 10;
		done(CONSUMER, commit(&bad));
		no(&bad, 10, Error::AlreadyCommitted);
		bad.nonce = 6;
		not_let_in(settle(6, &bad, 10), Error::WrongLeaf);
		let by = |signer: u8| {
			let consumer_signature = sign(signer, &settle_message(genesis(), id(&bad)));
			let receipt = receipt(5, id(&bad), 10);
			Call::settle { commitment: bad.clone(), consumer_signature, energy: 10, receipt }
		};
		not_let_in(by(OTHER), Error::BadSignature);
		let_in(by(CONSUMER));
	});
}
