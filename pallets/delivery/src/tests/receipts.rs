//! Whether a genuine meter speaks.

use crate::{mock::*, Error, Receipt};
use petra_primitives::delivery::{certificate_message, receipt_message};
use sp_core::{ecdsa, ed25519, Pair, H256};
use sp_runtime::{traits::IdentifyAccount, MultiSigner};

const WHOLE: u64 = 400;

/// Each bad receipt is not let in; then the good one is.
fn attack(attacks: impl Fn(H256) -> Vec<(Receipt<Test>, Error<Test>)>) {
	with_energy(|| {
		set_now(NOW + 50);
		let ctp_id = committed(&commitment(1, WHOLE));
		for (bad, error) in attacks(ctp_id) {
			not_let_in(confirm(ctp_id, WHOLE, bad), error);
		}
		let_in(confirm(ctp_id, WHOLE, receipt(1, ctp_id, WHOLE)));
	});
}

#[test]
fn receipt_should_be_refused_when_no_genuine_meter_certified_it() {
	attack(|ctp_id| {
		let good = certificate(1);
		let fake = Certificate { signer: 9, signed_by: pair(9), ..good.clone() };
		let in_anothers_name = Certificate { signed_by: pair(9), ..good.clone() };
		let by_another = Certificate { signer: METER.into(), ..good.clone() };
		let by_itself = Certificate { signed_by: leaf(1), ..good.clone() };
		let elsewhere = Certificate { genesis: H256::repeat_byte(9), ..good.clone() };
		vec![
			(fake.receipt(0, ctp_id, WHOLE), Error::MeterNotFound),
			(in_anothers_name.receipt(0, ctp_id, WHOLE), Error::BadCertificate),
			(by_another.receipt(0, ctp_id, WHOLE), Error::BadCertificate),
			(by_itself.receipt(0, ctp_id, WHOLE), Error::BadCertificate),
			// The leaf's signature, too, is for another chain, and is checked first.
			(elsewhere.receipt(0, ctp_id, WHOLE), Error::BadReceipt),
			(
				{
					let mut receipt = good.receipt(0, ctp_id, WHOLE);
					receipt.root_signature = elsewhere.receipt(0, ctp_id, WHOLE).root_signature;
					receipt
				},
				Error::BadCertificate,
			),
		]
	});
}

#[test]
fn receipt_should_be_refused_when_the_key_is_the_signing_meters_own() {
	with_energy(|| {
		let own = MultiSigner::from(pair(WITNESS).public());
		let mut ctp = commitment(1, WHOLE);
		ctp.receipt_key = petra_primitives::delivery::leaf_hash(&own);
		let ctp_id = committed(&ctp);
		// A tree of this one leaf.
		let (root, leaves, issued_at) = (ctp.receipt_key, 1, NOW);
		let certificate = certificate_message(genesis(), root, leaves, issued_at);
		let message = receipt_message(genesis(), ctp_id, WHOLE);
		let mut receipt = Receipt {
			leaf_key: own,
			leaf_index: 0,
			leaves,
			merkle_path: Default::default(),
			root,
			issued_at,
			signer: WITNESS.into(),
			root_signature: sign(WITNESS, &certificate),
			signature: sign(WITNESS, &message),
		};
		not_let_in(confirm(ctp_id, WHOLE, receipt.clone()), Error::SelfSigned);
		// Another meter vouches for it.
		receipt.signer = METER.into();
		receipt.root_signature = sign(METER, &certificate);
		let_in(confirm(ctp_id, WHOLE, receipt));
	});
}

#[test]
fn receipt_should_be_refused_when_the_certificate_is_not_of_its_time() {
	attack(|ctp_id| {
		let at = |issued_at| Certificate { issued_at, ..certificate(1) }.receipt(0, ctp_id, WHOLE);
		let mut younger = at(NOW + 50 - AGE);
		younger.issued_at += 1;
		vec![
			(at(NOW + 51), Error::CertificateFromFuture),
			(at(NOW + 50 - AGE), Error::CertificateTooOld),
			(younger, Error::BadCertificate),
		]
	});
	with_energy(|| {
		set_now(NOW + 50);
		let ctp_id = committed(&commitment(1, WHOLE));
		let oldest = Certificate { issued_at: NOW + 51 - AGE, ..certificate(1) };
		let_in(confirm(ctp_id, WHOLE, oldest.receipt(0, ctp_id, WHOLE)));
	});
}

#[test]
fn receipt_should_be_refused_when_the_signing_meter_is_banned_now() {
	with_energy(|| {
		let ctp_id = committed(&commitment(1, WHOLE));
		let signed_before_the_ban = receipt(1, ctp_id, WHOLE);
		regulate(vec![], vec![WITNESS.into()]);
		// In this timestep it is not banned yet.
		assert!(authorize(confirm(ctp_id, WHOLE, signed_before_the_ban.clone())).is_ok());
		set_now(NOW + 1);
		not_let_in(confirm(ctp_id, WHOLE, signed_before_the_ban), Error::MeterBanned);
		not_let_in(confirm(ctp_id, WHOLE, receipt(1, ctp_id, WHOLE)), Error::MeterNotAuthorized);
		// Authorised again, it can vouch again, and what it signed before the ban counts; what it signed in between not.
		regulate(vec![authorization(WITNESS, WITNESS)], vec![]);
		let signed_while_banned = receipt(1, ctp_id, WHOLE);
		set_now(NOW + 2);
		not_let_in(confirm(ctp_id, WHOLE, signed_while_banned), Error::MeterNotAuthorized);
		let_in(confirm(ctp_id, WHOLE, receipt(1, ctp_id, WHOLE)));
	});
}

#[test]
fn receipt_should_be_refused_when_the_signing_meter_was_not_authorised_then() {
	with_energy(|| {
		let ctp_id = committed(&commitment(1, WHOLE));
		regulate(vec![authorization(50, 50)], vec![]);
		let by_new = || Certificate { signer: 50, signed_by: pair(50), ..certificate(1) };
		let too_early = by_new().receipt(0, ctp_id, WHOLE);
		not_let_in(confirm(ctp_id, WHOLE, too_early.clone()), Error::MeterNotAuthorized);
		set_now(NOW + 1);
		not_let_in(confirm(ctp_id, WHOLE, too_early), Error::MeterNotAuthorized);
		let_in(confirm(ctp_id, WHOLE, by_new().receipt(0, ctp_id, WHOLE)));
	});
}

#[test]
fn receipt_should_be_refused_when_the_signing_meters_key_was_replaced() {
	with_energy(|| {
		let ctp_id = committed(&commitment(1, WHOLE));
		let by_old_key = receipt(1, ctp_id, WHOLE);
		regulate(vec![authorization(WITNESS, 51)], vec![]);
		not_let_in(confirm(ctp_id, WHOLE, by_old_key), Error::BadCertificate);
		let by_new_key = Certificate { signed_by: pair(51), ..certificate(1) };
		let_in(confirm(ctp_id, WHOLE, by_new_key.receipt(0, ctp_id, WHOLE)));
	});
}

#[test]
fn receipt_should_be_refused_when_the_leaf_is_not_under_the_root() {
	attack(|ctp_id| {
		let good = certificate(1).receipt(0, ctp_id, WHOLE);
		let other_tree = Certificate { keys: (2..7).collect(), ..certificate(1) };
		let other = other_tree.receipt(0, id(&commitment(2, WHOLE)), WHOLE);
		let with = |change: &dyn Fn(&mut Receipt<Test>)| {
			let mut receipt = good.clone();
			change(&mut receipt);
			receipt
		};
		vec![
			(with(&|bad| bad.root = other.root), Error::NotUnderRoot),
			(with(&|bad| bad.leaf_index = 1), Error::NotUnderRoot),
			(with(&|bad| bad.merkle_path = other.merkle_path.clone()), Error::NotUnderRoot),
			(
				with(&|bad| {
					bad.merkle_path.pop();
				}),
				Error::NotUnderRoot,
			),
			(with(&|bad| bad.merkle_path = Default::default()), Error::NotUnderRoot),
			(with(&|bad| bad.leaf_index = 5), Error::LeafOutOfRange),
			(with(&|bad| bad.leaves = 0), Error::LeafOutOfRange),
			// More than the longest path is for.
			(with(&|bad| bad.leaves = 17), Error::LeafOutOfRange),
			// The number of leaves is signed too.
			(with(&|bad| bad.leaves = 6), Error::BadCertificate),
		]
	});
}

#[test]
fn every_leaf_of_a_tree_should_confirm_and_no_other() {
	for keys in 1..=9u64 {
		with_energy(|| {
			let tree = Certificate { keys: (0..keys).collect(), ..certificate(0) };
			for index in 0..keys {
				let ctp_id = committed(&commitment(index, 10));
				let receipt = tree.receipt(index as u32, ctp_id, 10);
				let wrong = (index + 1) % keys;
				if wrong != index {
					let bad = tree.receipt(wrong as u32, ctp_id, 10);
					not_let_in(confirm(ctp_id, 10, bad), Error::WrongLeaf);
				}
				let_in(confirm(ctp_id, 10, receipt));
			}
		});
	}
}

#[test]
fn receipt_should_be_refused_when_it_is_of_another_commitment_or_energy() {
	attack(|ctp_id| {
		let other = id(&commitment(2, WHOLE));
		let mut part = certificate(1).receipt(0, ctp_id, WHOLE);
		part.signature = certificate(1).receipt(0, ctp_id, WHOLE - 1).signature;
		vec![
			(certificate(1).receipt(1, ctp_id, WHOLE), Error::WrongLeaf),
			(certificate(1).receipt(0, other, WHOLE), Error::BadReceipt),
			(part, Error::BadReceipt),
			(
				{
					// Signed by another leaf.
					let mut bad = certificate(1).receipt(0, ctp_id, WHOLE);
					bad.signature = certificate(1).receipt(1, ctp_id, WHOLE).signature;
					bad
				},
				Error::BadReceipt,
			),
		]
	});
}

#[test]
fn keys_of_every_kind_should_confirm() {
	with_energy(|| {
		let seed = [9; 32];
		let (ed25519, ecdsa) = (ed25519::Pair::from_seed(&seed), ecdsa::Pair::from_seed(&seed));
		let keys = [MultiSigner::from(ed25519.public()), MultiSigner::from(ecdsa.public())];
		for (n, leaf_key) in keys.into_iter().enumerate() {
			let mut ctp = commitment(n as u64, 10);
			ctp.receipt_key = petra_primitives::delivery::leaf_hash(&leaf_key);
			let ctp_id = committed(&ctp);
			let message = receipt_message(genesis(), ctp_id, 10);
			let wrapped = [b"<Bytes>".as_slice(), &message, b"</Bytes>".as_slice()].concat();
			let (root, issued_at) = (ctp.receipt_key, NOW);
			let certificate = certificate_message(genesis(), root, 1, issued_at);
			let mut receipt = Receipt {
				leaf_key: leaf_key.clone(),
				leaf_index: 0,
				leaves: 1,
				merkle_path: Default::default(),
				root,
				issued_at,
				signer: METER.into(),
				root_signature: sign(METER, &certificate),
				signature: ed25519.sign(&message).into(),
			};
			if n == 1 {
				// The signature of another kind of key, then wrapped as wallets do.
				not_let_in(confirm(ctp_id, 10, receipt.clone()), Error::BadReceipt);
				receipt.signature = ecdsa.sign(&wrapped).into();
			}
			assert_ne!(leaf_key.into_account(), account(METER));
			let_in(confirm(ctp_id, 10, receipt));
		}
	});
}
