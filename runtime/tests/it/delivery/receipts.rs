//! Whoever pretends to be a meter.

use super::world::*;
use frame_support::traits::Get;
use pallet_delivery::{Error, Receipt};
use petra_primitives::{delivery, Authorization, Grid, Limits, Path};
use petra_runtime::{Regulation, Runtime};
use sp_core::{Pair, H256};
use sp_keyring::Sr25519Keyring::{Alice, AliceStash};
use sp_runtime::MultiSigner;

const WHOLE: u64 = 1_000;

/// Each of the attacker's receipts for a commitment by the first key is refused; then the genuine one pays.
fn attack(attacks: impl Fn(H256) -> Vec<(Receipt<Runtime>, Error<Runtime>)>) {
	with_neighbours(|| {
		let ctp = commitment(1, WHOLE);
		let ctp_id = committed(&ctp);
		let producer = money(PRODUCER);
		for (bad, error) in attacks(ctp_id) {
			not_let_in(confirm(ctp_id, WHOLE, bad), error);
		}
		assert_eq!(money(PRODUCER), producer);
		let_in(confirm(ctp_id, WHOLE, receipt(1, ctp_id, WHOLE)));
		assert_eq!(money(PRODUCER), producer + ctp.amount);
	});
}

#[test]
fn a_fake_meter_should_be_refused() {
	attack(|ctp_id| {
		let good = certificate(1);
		let unknown = Certificate { signer: 99, signed_by: Alice.pair(), ..good.clone() };
		let in_anothers_name = Certificate { signed_by: Alice.pair(), ..good.clone() };
		let with_another_meters_key = Certificate { signed_by: METER_KEY.pair(), ..good.clone() };
		vec![
			(unknown.receipt(ctp_id, WHOLE), Error::MeterNotFound),
			(in_anothers_name.receipt(ctp_id, WHOLE), Error::BadCertificate),
			(with_another_meters_key.receipt(ctp_id, WHOLE), Error::BadCertificate),
		]
	});
}

#[test]
fn a_certificate_signed_by_itself_should_be_refused() {
	attack(|ctp_id| {
		// With the key that it certifies.
		let itself = Certificate { signed_by: leaf(1), ..certificate(1) };
		vec![(itself.receipt(ctp_id, WHOLE), Error::BadCertificate)]
	});
	with_neighbours(|| {
		// A meter makes its own key the leaf.
		let own = MultiSigner::from(WITNESS_KEY.public());
		let mut ctp = commitment(1, WHOLE);
		ctp.receipt_key = delivery::leaf_hash(&own);
		let ctp_id = committed(&ctp);
		let (root, issued_at) = (ctp.receipt_key, Regulation::now());
		let certificate = delivery::certificate_message(genesis(), root, 1, issued_at);
		let mut receipt = Receipt {
			leaf_key: own,
			leaf_index: 0,
			leaves: 1,
			merkle_path: Default::default(),
			root,
			issued_at,
			signer: WITNESS,
			root_signature: sign(WITNESS_KEY, &certificate),
			signature: sign(WITNESS_KEY, &delivery::receipt_message(genesis(), ctp_id, WHOLE)),
		};
		not_let_in(confirm(ctp_id, WHOLE, receipt.clone()), Error::SelfSigned);
		// Another one vouches for it.
		(receipt.signer, receipt.root_signature) = (METER, sign(METER_KEY, &certificate));
		let_in(confirm(ctp_id, WHOLE, receipt));
	});
}

#[test]
fn a_banned_meters_certificate_should_be_refused_also_when_it_signed_before() {
	with_neighbours(|| {
		let signed_before = certificate(1);
		regulate(vec![], vec![WITNESS]);
		pass_timesteps(1);
		let ctp_id = committed(&commitment(1, WHOLE));
		let bad = signed_before.receipt(ctp_id, WHOLE);
		not_let_in(confirm(ctp_id, WHOLE, bad), Error::MeterBanned);
		let bad = receipt(1, ctp_id, WHOLE);
		not_let_in(confirm(ctp_id, WHOLE, bad), Error::MeterNotAuthorized);
		// The meter that is not banned.
		let by_other = Certificate { signer: METER, signed_by: METER_KEY.pair(), ..certificate(1) };
		let_in(confirm(ctp_id, WHOLE, by_other.receipt(ctp_id, WHOLE)));
	});
}

#[test]
fn a_meter_should_not_vouch_before_it_was_authorised() {
	with_neighbours(|| {
		let authorization = Authorization {
			id: 9,
			pubkey: AliceStash.to_account_id(),
			feeder: 1,
			limits: Limits::default(),
			path: Path::Dso,
		};
		regulate(vec![authorization], vec![]);
		let by_new = |n| Certificate { signer: 9, signed_by: AliceStash.pair(), ..certificate(n) };
		let too_early = by_new(1);
		pass_timesteps(1);
		let ctp_id = committed(&commitment(1, WHOLE));
		let bad = too_early.receipt(ctp_id, WHOLE);
		not_let_in(confirm(ctp_id, WHOLE, bad), Error::MeterNotAuthorized);
		// On the DSO path it can vouch as any other.
		let_in(confirm(ctp_id, WHOLE, by_new(1).receipt(ctp_id, WHOLE)));
	});
}

#[test]
fn a_certificate_should_be_refused_when_it_is_too_old_or_of_the_future() {
	with_neighbours(|| {
		let issued_at = Regulation::now();
		let age: u64 = <Runtime as pallet_delivery::Config>::MaxCertificateAge::get();
		pass_timesteps(age);
		let ctp_id = committed(&commitment(1, WHOLE));
		let at = |issued_at| Certificate { issued_at, ..certificate(1) };
		let old = at(issued_at).receipt(ctp_id, WHOLE);
		not_let_in(confirm(ctp_id, WHOLE, old.clone()), Error::CertificateTooOld);
		// Its date is signed.
		let forged = Receipt { issued_at: issued_at + 1, ..old };
		not_let_in(confirm(ctp_id, WHOLE, forged), Error::BadCertificate);
		let future = at(Regulation::now() + 1).receipt(ctp_id, WHOLE);
		not_let_in(confirm(ctp_id, WHOLE, future), Error::CertificateFromFuture);
		let_in(confirm(ctp_id, WHOLE, at(issued_at + 1).receipt(ctp_id, WHOLE)));
	});
}

#[test]
fn what_was_signed_for_another_chain_should_be_refused() {
	attack(|ctp_id| {
		let elsewhere = Certificate { genesis: H256::repeat_byte(9), ..certificate(1) };
		let mut receipt_for_elsewhere = certificate(1).receipt(ctp_id, WHOLE);
		let message = delivery::receipt_message(H256::repeat_byte(9), ctp_id, WHOLE);
		receipt_for_elsewhere.signature = leaf(1).sign(&message).into();
		vec![
			(elsewhere.receipt(ctp_id, WHOLE), Error::BadCertificate),
			(receipt_for_elsewhere, Error::BadReceipt),
		]
	});
}

#[test]
fn a_leaf_should_be_refused_when_it_is_not_under_the_root() {
	attack(|ctp_id| {
		let good = receipt(1, ctp_id, WHOLE);
		let other_tree = Certificate { keys: vec![5, 6, 7], ..certificate(1) };
		// What is signed is another tree.
		let root = Receipt { root: other_tree.receipt(ctp_id, WHOLE).root, ..good.clone() };
		let place = Receipt { leaf_index: 1, ..good.clone() };
		let outside = Receipt { leaf_index: 3, ..good.clone() };
		let no_path = Receipt { merkle_path: Default::default(), ..good.clone() };
		let grown = Receipt { leaves: 4, ..good };
		vec![
			(root, Error::NotUnderRoot),
			(place, Error::NotUnderRoot),
			(no_path, Error::NotUnderRoot),
			(outside, Error::LeafOutOfRange),
			(grown, Error::BadCertificate),
		]
	});
}

#[test]
fn a_leaf_should_be_refused_when_it_was_used_or_is_of_another_commitment() {
	with_neighbours(|| {
		let first = commitment(1, WHOLE);
		let first_id = committed(&first);
		// A second commitment names the same key, a third another one.
		let second_id = committed(&Ctp { nonce: 2, ..first });
		let third_id = committed(&commitment(3, WHOLE));
		let_in(confirm(first_id, WHOLE, receipt(1, first_id, WHOLE)));
		not_let_in(confirm(second_id, WHOLE, receipt(1, second_id, WHOLE)), Error::LeafUsed);
		let in_another_tree = Certificate { keys: vec![1, 8, 9, 10], ..certificate(1) };
		let bad = in_another_tree.receipt(second_id, WHOLE);
		not_let_in(confirm(second_id, WHOLE, bad), Error::LeafUsed);
		not_let_in(confirm(third_id, WHOLE, receipt(2, third_id, WHOLE)), Error::WrongLeaf);
		not_let_in(confirm(third_id, WHOLE, receipt(1, third_id, WHOLE)), Error::WrongLeaf);
		let_in(confirm(third_id, WHOLE, receipt(3, third_id, WHOLE)));
	});
}

#[test]
fn a_receipt_for_anothers_commitment_should_be_refused() {
	with_neighbours(|| {
		let mine = committed(&commitment(1, WHOLE));
		let theirs = Ctp { consumer: OTHER.to_account_id(), ..commitment(2, WHOLE) };
		done(OTHER, commit(&theirs));
		// My meter's receipt, sent for their commitment: with my leaf, and with theirs.
		let my_receipt = receipt(1, mine, WHOLE);
		not_let_in(confirm(id(&theirs), WHOLE, my_receipt.clone()), Error::WrongLeaf);
		let mut mixed = receipt(2, id(&theirs), WHOLE);
		mixed.signature = my_receipt.signature.clone();
		not_let_in(confirm(id(&theirs), WHOLE, mixed), Error::BadReceipt);
		// Somebody copies my commitment's key into one of their own: my receipt is about mine.
		let copy = Ctp { consumer: OTHER.to_account_id(), ..commitment(1, WHOLE) };
		done(OTHER, commit(&copy));
		not_let_in(confirm(id(&copy), WHOLE, my_receipt.clone()), Error::BadReceipt);
		let_in(confirm(mine, WHOLE, my_receipt));
		let_in(confirm(id(&theirs), WHOLE, receipt(2, id(&theirs), WHOLE)));
	});
}

#[test]
fn a_receipt_for_less_energy_should_be_refused_or_pay_its_share() {
	with_neighbours(|| {
		let (whole, part) = (commitment(1, WHOLE), Ctp { partial: true, ..commitment(2, WHOLE) });
		let (whole_id, part_id) = (committed(&whole), committed(&part));
		let producer = money(PRODUCER);
		not_let_in(
			confirm(whole_id, WHOLE - 1, receipt(1, whole_id, WHOLE - 1)),
			Error::NotDelivered,
		);
		// The energy is signed: for more than the meter said it is refused.
		not_let_in(confirm(whole_id, WHOLE, receipt(1, whole_id, WHOLE - 1)), Error::BadReceipt);
		not_let_in(confirm(part_id, WHOLE, receipt(2, part_id, WHOLE - 1)), Error::BadReceipt);
		let_in(confirm(part_id, 1, receipt(2, part_id, 1)));
		assert_eq!(money(PRODUCER), producer + u128::from(PRICE));
		let_in(confirm(whole_id, WHOLE, receipt(1, whole_id, WHOLE)));
	});
}
