//! Who validates: the regulator's say, GRANDPA's equivocations.

use crate::chain::{chain, run_to, submit, sudo};
use codec::Encode;
use finality_grandpa::{Equivocation as Votes, Prevote};
use frame_support::{assert_err, assert_ok, traits::KeyOwnerProofSystem};
use pallet_validator_set::{Error, Validators};
use petra_runtime::{
	Executive, Historical, Runtime, Session, SessionKeys, System, UncheckedExtrinsic,
};
use sp_consensus_grandpa::{
	localized_payload, AuthorityId, AuthoritySignature, Equivocation, EquivocationProof, KEY_TYPE,
};
use sp_core::H256;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring as Keys};
use sp_runtime::transaction_validity::TransactionSource;

/// Two sessions of the local preset: what is decided now is in force then.
const TWO_SESSIONS: u32 = 40;

/// That `offender` voted twice in `round`: for these two blocks.
fn proof_of_votes(
	offender: Ed25519Keyring,
	round: u64,
	blocks: [u8; 2],
) -> EquivocationProof<H256, u32> {
	let set_id = pallet_grandpa::CurrentSetId::<Runtime>::get();
	let vote = |block: u8| {
		let prevote = Prevote { target_hash: H256::repeat_byte(block), target_number: 1 };
		let message = finality_grandpa::Message::Prevote(prevote.clone());
		let signature = offender.sign(&localized_payload(round, set_id, &message));
		(prevote, AuthoritySignature::from(signature))
	};
	let votes = Votes {
		round_number: round,
		identity: AuthorityId::from(offender.public()),
		first: vote(blocks[0]),
		second: vote(blocks[1]),
	};
	EquivocationProof::new(set_id, Equivocation::Prevote(votes))
}

fn proof_of_two_votes(offender: Ed25519Keyring, round: u64) -> EquivocationProof<H256, u32> {
	proof_of_votes(offender, round, [1, 2])
}

/// Reports as a node does: through the runtime API's transaction, validated and applied without a signature.
fn report(proof: EquivocationProof<H256, u32>, offender: Ed25519Keyring) -> bool {
	let key = AuthorityId::from(offender.public());
	let Some(key_owner_proof) = Historical::prove((KEY_TYPE, key)) else { return false };
	let extrinsic = UncheckedExtrinsic::new_bare(
		pallet_grandpa::Call::report_equivocation_unsigned {
			equivocation_proof: Box::new(proof),
			key_owner_proof,
		}
		.into(),
	);
	let source = TransactionSource::Local;
	Executive::validate_transaction(source, extrinsic.clone(), System::parent_hash()).is_ok()
		&& matches!(Executive::apply_extrinsic(extrinsic), Ok(Ok(())))
}

#[test]
fn a_grandpa_equivocation_should_remove_the_offender() {
	chain("local_testnet").execute_with(|| {
		run_to(5);
		assert!(report(proof_of_two_votes(Ed25519Keyring::Bob, 1), Ed25519Keyring::Bob));
		let bob = Keys::BobStash.to_account_id();
		System::assert_has_event(
			pallet_validator_set::Event::OffenderRemoved { account: bob.clone() }.into(),
		);
		assert!(!Validators::<Runtime>::get().contains(&bob));
		let index = Session::validators().iter().position(|v| v == &bob).unwrap() as u32;
		assert!(
			Session::disabled_validators().contains(&index),
			"it does no more until it is gone"
		);
		assert!(
			!report(proof_of_two_votes(Ed25519Keyring::Bob, 1), Ed25519Keyring::Bob),
			"one offence is reported once",
		);
	});
}

#[test]
fn a_report_without_two_votes_should_be_invalid() {
	chain("local_testnet").execute_with(|| {
		run_to(5);
		let one_vote = proof_of_votes(Ed25519Keyring::Bob, 1, [1, 1]);
		assert!(!report(one_vote, Ed25519Keyring::Bob));
		assert_eq!(Validators::<Runtime>::get().len(), 4);
		assert!(report(proof_of_two_votes(Ed25519Keyring::Bob, 1), Ed25519Keyring::Bob));
	});
}

#[test]
fn only_the_regulator_should_add_validators() {
	chain("local_testnet").execute_with(|| {
		let eve = Keys::EveStash.to_account_id();
		let keys = SessionKeys::generate(&eve.encode(), None);
		assert_ok!(submit(
			Keys::EveStash,
			pallet_session::Call::set_keys { keys: keys.keys, proof: keys.proof.encode() },
		)
		.unwrap());
		run_to(System::block_number() + TWO_SESSIONS);
		assert!(!Session::validators().contains(&eve), "keys alone make no validator");

		let add = || pallet_validator_set::Call::add_validator { account: eve.clone() };
		assert!(submit(Keys::EveStash, add()).unwrap().is_err());
		assert_ok!(sudo(add()));
		assert_err!(sudo(add()), Error::<Runtime>::AlreadyValidator);
	});
}

#[test]
fn a_validator_should_not_drop_its_keys() {
	chain("local_testnet").execute_with(|| {
		let purge = pallet_session::Call::purge_keys {};
		assert_err!(
			submit(Keys::AliceStash, purge).unwrap(),
			frame_system::Error::<Runtime>::CallFiltered,
		);
		let alice = Keys::AliceStash.to_account_id();
		assert!(pallet_session::NextKeys::<Runtime>::contains_key(alice));
	});
}
