//! Fees go to the DSO; accounts start at the block number.

use crate::chain::{chain, next_block, run_to, submit};
use frame_support::assert_ok;
use petra_runtime::{configs::DsoAccount, Balances, System, EUR};
use sp_keyring::Sr25519Keyring::{Alice, Bob, Two};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

#[test]
fn fees_should_go_to_the_dso_and_leave_the_issuance() {
	chain("local_testnet").execute_with(|| {
		let issuance = Balances::total_issuance();
		let before = Balances::free_balance(Alice.to_account_id());
		let dso = Balances::free_balance(DsoAccount::get());
		let transfer = pallet_balances::Call::transfer_keep_alive {
			dest: Bob.to_account_id().into(),
			value: EUR,
		};
		assert_ok!(submit(Alice, transfer).unwrap());
		let fee = before - EUR - Balances::free_balance(Alice.to_account_id());
		assert!(fee > 0, "a transfer is not free");
		assert!(fee < EUR / 100, "a transfer costs less than a cent, not {fee}");
		assert_eq!(Balances::free_balance(DsoAccount::get()), dso + fee);
		assert_eq!(Balances::total_issuance(), issuance);
		next_block();
	});
}

#[test]
fn nonces_should_start_at_the_block_number() {
	chain("local_testnet").execute_with(|| {
		run_to(7);
		let transfer = |value| pallet_balances::Call::transfer_allow_death {
			dest: Two.to_account_id().into(),
			value,
		};
		assert_ok!(submit(Alice, transfer(EUR)).unwrap());
		assert_eq!(*System::account_nonce(Two.to_account_id()), 7);
		assert_eq!(
			*System::account_nonce(Alice.to_account_id()),
			1,
			"Alice has been there from the start"
		);
	});
}

#[test]
fn nothing_should_replay_when_an_account_comes_back() {
	chain("local_testnet").execute_with(|| {
		run_to(3);
		let give = |value| pallet_balances::Call::transfer_allow_death {
			dest: Two.to_account_id().into(),
			value,
		};
		assert_ok!(submit(Alice, give(EUR)).unwrap());
		let leave = || pallet_balances::Call::transfer_all {
			dest: Alice.to_account_id().into(),
			keep_alive: false,
		};
		let signed_once = crate::chain::signed(Two, leave());
		assert_ok!(petra_runtime::Executive::apply_extrinsic(signed_once.clone()).unwrap());
		assert!(!System::account_exists(&Two.to_account_id()));
		next_block();
		assert_ok!(submit(Alice, give(EUR)).unwrap());
		assert_eq!(
			petra_runtime::Executive::apply_extrinsic(signed_once),
			Err(TransactionValidityError::Invalid(InvalidTransaction::Stale)),
		);
		assert_ok!(submit(Two, leave()).unwrap());
	});
}
