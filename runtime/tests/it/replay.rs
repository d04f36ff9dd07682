//! Accounts that go and come back: what was signed before must not work again.

use crate::chain::{chain, next_block, run_to, signed, submit};
use frame_support::assert_ok;
use petra_runtime::{Balances, Executive, System, EUR};
use sp_keyring::Sr25519Keyring::{Alice, Bob, Two};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

/// The account signs twice in its first block, so that its nonce runs ahead of the block number, and is drained by the
/// second. A block later it is made anew, with the block's number as its nonce.
#[test]
fn a_drained_account_should_not_replay_when_its_nonce_was_ahead() {
	chain("local_testnet").execute_with(|| {
		run_to(3);
		let give = |to: sp_keyring::Sr25519Keyring| {
			let dest = to.to_account_id().into();
			pallet_balances::Call::transfer_allow_death { dest, value: EUR / 10 }
		};
		let drain = || {
			let dest = Bob.to_account_id().into();
			pallet_balances::Call::transfer_all { dest, keep_alive: false }
		};
		for _ in 0..4 {
			assert_ok!(submit(Alice, give(Two)).unwrap());
		}
		assert_ok!(submit(Two, give(Bob)).unwrap());
		let signed_once = signed(Two, drain());
		assert_ok!(Executive::apply_extrinsic(signed_once.clone()).unwrap());
		assert!(!System::account_exists(&Two.to_account_id()));

		next_block();
		assert_ok!(submit(Alice, give(Two)).unwrap());
		let money = Balances::free_balance(Two.to_account_id());
		assert_eq!(
			Executive::apply_extrinsic(signed_once),
			Err(TransactionValidityError::Invalid(InvalidTransaction::Stale)),
		);
		assert_eq!(Balances::free_balance(Two.to_account_id()), money, "nobody drains it again");
		// It is not shut out.
		assert_ok!(submit(Two, drain()).unwrap());
	});
}
