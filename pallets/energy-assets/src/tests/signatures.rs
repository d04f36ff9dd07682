//! Co-signatures.

use crate::{mock::*, Call, CoSignatures, Error, TransferInputs, TransferOutputs, UsedDigests};
use sp_core::{ecdsa, ed25519, Pair, H256};
use sp_runtime::{traits::IdentifyAccount, AccountId32, MultiSignature, MultiSigner};

/// 1 and 2 merge an asset each at 3.
fn merge() -> (TransferInputs<Test>, TransferOutputs<Test>) {
	let ids = [withdraw(1, 500, OPEN, OPEN), withdraw(2, 500, OPEN, OPEN)];
	(inputs(&ids, &[]), outputs(vec![output(3, 1_000, OPEN, OPEN)], &[]))
}

/// 1 and 2 give 3 money.
fn money_only() -> (TransferInputs<Test>, TransferOutputs<Test>) {
	(inputs(&[], &[(1, 100), (2, 100)]), outputs(vec![], &[(3, 200)]))
}

/// The merge with these signatures.
fn with_signatures(
	parts: (TransferInputs<Test>, TransferOutputs<Test>),
	salt: [u8; 32],
	deadline: u32,
	signatures: Vec<(AccountId32, MultiSignature)>,
) -> Call<Test> {
	let signatures = signatures.try_into().unwrap();
	let co_signatures = Some(CoSignatures { salt, deadline, signatures });
	Call::transfer { inputs: parts.0, outputs: parts.1, co_signatures }
}

#[test]
fn transfer_should_fail_when_a_signature_is_missing() {
	build_and_execute(|| {
		let (i, o) = merge();
		let error = Error::<Test>::MissingSignature;
		assert_refused(signed(1), transfer(i.clone(), o.clone()), error);
		let error = Error::<Test>::MissingSignature;
		assert_refused(signed(1), co_signed(1, &[], i.clone(), o.clone(), 0, 10), error);
		assert_done(signed(1), co_signed(1, &[2], i, o, 0, 10));
	});
}

#[test]
fn transfer_should_fail_when_a_signature_is_wrong() {
	build_and_execute(|| {
		let (i, o) = merge();
		let right = message(genesis_hash(), 1, &i, &o, [0; 32], 10);
		let other_domain = {
			use codec::Encode;
			let mut bytes = "petra/EnergyAssets/withdraw".to_string().encode();
			let fields = (genesis_hash(), account(1), &i, &o, [0u8; 32], 10u32);
			bytes.extend(fields.encode());
			sp_io::hashing::blake2_256(&bytes)
		};
		let other_outputs = outputs(vec![output(4, 1_000, OPEN, OPEN)], &[]);
		for wrong in [
			// Another chain, another call, another origin, other inputs, other outputs, another salt or deadline.
			message(H256::repeat_byte(1), 1, &i, &o, [0; 32], 10),
			other_domain,
			message(genesis_hash(), 2, &i, &o, [0; 32], 10),
			message(genesis_hash(), 1, &inputs(&[0], &[]), &o, [0; 32], 10),
			message(genesis_hash(), 1, &i, &other_outputs, [0; 32], 10),
			message(genesis_hash(), 1, &i, &o, [1; 32], 10),
			message(genesis_hash(), 1, &i, &o, [0; 32], 11),
			[0; 32],
		] {
			let call = with_signatures((i.clone(), o.clone()), [0; 32], 10, vec![sign(2, &wrong)]);
			assert_refused(signed(1), call, Error::<Test>::BadSignature);
		}
		// The right message by somebody else, in the owner's name.
		let (_, forged) = sign(3, &right);
		let call = with_signatures((i.clone(), o.clone()), [0; 32], 10, vec![(account(2), forged)]);
		assert_refused(signed(1), call, Error::<Test>::BadSignature);
		assert_done(signed(1), with_signatures((i, o), [0; 32], 10, vec![sign(2, &right)]));
	});
}

#[test]
fn transfer_should_fail_when_another_owner_submits_it() {
	build_and_execute(|| {
		let (i, o) = merge();
		let call = co_signed(1, &[2], i, o, 0, 10);
		// 2 is an owner, and signed: but 1 did not sign, and 2 signed for 1 to submit.
		assert_refused(signed(2), call.clone(), Error::<Test>::SuperfluousSignature);
		assert_refused(signed(3), call.clone(), Error::<Test>::NotOwner);
		assert_done(signed(1), call);
	});
}

#[test]
fn transfer_should_fail_when_a_signature_is_superfluous() {
	build_and_execute(|| {
		let (i, o) = merge();
		for signers in [&[2, 4][..], &[2, 2], &[2, 1]] {
			let call = co_signed(1, signers, i.clone(), o.clone(), 0, 10);
			assert_refused(signed(1), call, Error::<Test>::SuperfluousSignature);
		}
		assert_done(signed(1), co_signed(1, &[2], i, o, 0, 10));
	});
}

#[test]
fn transfer_should_fail_when_it_is_replayed() {
	build_and_execute(|| {
		fund(1, 1_000);
		fund(2, 1_000);
		// Money only: no asset id protects.
		let (i, o) = money_only();
		let call = co_signed(1, &[2], i.clone(), o.clone(), 0, 10);
		assert_done(signed(1), call.clone());
		assert_refused(signed(1), call.clone(), Error::<Test>::AlreadyUsed);
		// Wrapped as wallets do it is still the same transaction.
		let digest = message(genesis_hash(), 1, &i, &o, [0; 32], 10);
		let wrapped = [b"<Bytes>".as_slice(), &digest, b"</Bytes>"].concat();
		let again = with_signatures((i.clone(), o.clone()), [0; 32], 10, vec![sign(2, &wrapped)]);
		assert_refused(signed(1), again, Error::<Test>::AlreadyUsed);
		// Up to the deadline and after it.
		run_to(10);
		assert_refused(signed(1), call.clone(), Error::<Test>::AlreadyUsed);
		run_to(11);
		assert_refused(signed(1), call.clone(), Error::<Test>::DeadlinePassed);
		run_to(12);
		assert_eq!(UsedDigests::<Test>::iter_keys().count(), 0);
		assert_refused(signed(1), call, Error::<Test>::DeadlinePassed);
		assert_eq!(Balances::free_balance(account(2)), 900);
		// Signed again, with another salt or deadline, it is another transaction.
		assert_done(signed(1), co_signed(1, &[2], i.clone(), o.clone(), 1, 20));
		assert_done(signed(1), co_signed(1, &[2], i, o, 1, 21));
	});
}

#[test]
fn transfer_should_fail_outside_its_deadline() {
	build_and_execute(|| {
		let (i, o) = merge();
		let call = |deadline| co_signed(1, &[2], i.clone(), o.clone(), 0, deadline);
		run_to(5);
		assert_refused(signed(1), call(4), Error::<Test>::DeadlinePassed);
		assert_refused(signed(1), call(106), Error::<Test>::DeadlineTooFar);
		assert_refused(signed(1), call(u32::MAX), Error::<Test>::DeadlineTooFar);
		assert_done(signed(1), call(105));
		let (i, o) = merge();
		assert_done(signed(1), co_signed(1, &[2], i, o, 0, 5));
	});
}

#[test]
fn transfer_should_accept_what_wallets_sign() {
	build_and_execute(|| {
		// 2 signs with polkadot.js signRaw; an ed25519 and an ecdsa key sign plain and wrapped.
		let ed = ed25519::Pair::from_seed(&[5; 32]);
		let ec = ecdsa::Pair::from_seed(&[6; 32]);
		let ed_account: AccountId32 = MultiSigner::from(ed.public()).into_account();
		let ec_account: AccountId32 = MultiSigner::from(ec.public()).into_account();
		fund(1, 100);
		fund(2, 100);
		for address in [&ed_account, &ec_account] {
			let call = Call::add_financial_balance { address: address.clone(), amount: 100 };
			assert_done(signed(ISSUER), call);
		}
		let mut i = inputs(&[], &[(1, 10), (2, 10)]);
		i.money.try_push((ed_account.clone(), 10)).unwrap();
		i.money.try_push((ec_account.clone(), 10)).unwrap();
		let o = outputs(vec![], &[(3, 40)]);
		for (salt, wrapped) in [([1; 32], false), ([2; 32], true)] {
			let digest = message(genesis_hash(), 1, &i, &o, salt, 10);
			let text = match wrapped {
				true => [b"<Bytes>".as_slice(), &digest, b"</Bytes>"].concat(),
				false => digest.to_vec(),
			};
			let twice = [b"<Bytes>".as_slice(), &text, b"</Bytes>"].concat();
			let signatures = |text: &[u8], last: &[u8]| {
				vec![
					sign(2, text),
					(ed_account.clone(), ed.sign(text).into()),
					(ec_account.clone(), ec.sign(last).into()),
				]
			};
			if wrapped {
				let call =
					with_signatures((i.clone(), o.clone()), salt, 10, signatures(&text, &twice));
				assert_refused(signed(1), call, Error::<Test>::BadSignature);
			}
			let call = with_signatures((i.clone(), o.clone()), salt, 10, signatures(&text, &text));
			assert_done(signed(1), call);
		}
		assert_eq!(Balances::free_balance(account(3)), 80);
	});
}

#[test]
fn digests_should_be_forgotten_in_bounded_steps() {
	build_and_execute(|| {
		fund(1, 10_000);
		fund(2, 10_000);
		let bound = crate::MAX_IDLE_STEPS as usize;
		let many = 2 * (bound + 44);
		for index in 0..many {
			let (i, o) = money_only();
			let deadline = 10 + (index % 2) as u32;
			let salt: [u8; 32] = sp_io::hashing::blake2_256(&index.to_le_bytes());
			let digest = message(genesis_hash(), 1, &i, &o, salt, deadline);
			if index < 90 {
				assert_done(
					signed(1),
					with_signatures((i, o), salt, deadline, vec![sign(2, &digest)]),
				);
			} else {
				UsedDigests::<Test>::insert(u64::from(deadline).to_be_bytes(), digest, ());
			}
		}
		let kept = || UsedDigests::<Test>::iter_keys().count();
		run_to(10);
		assert_eq!(kept(), many);
		System::set_block_number(11);
		idle();
		assert_eq!(kept(), many - bound);
		idle();
		// Those of block 10 only.
		assert_eq!(kept(), many / 2);
		System::set_block_number(50);
		idle();
		idle();
		assert_eq!(kept(), 0);
	});
}
