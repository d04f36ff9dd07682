//! Account references, nonces and replays.

use crate::{mock::*, Call, Holders, Leaving, MAX_IDLE_STEPS};
use frame_support::dispatch::GetDispatchInfo;
use frame_system::CheckNonce;
use petra_primitives::{AssetLedger, EnergyAsset};
use sp_runtime::{
	traits::DispatchTransaction,
	transaction_validity::{InvalidTransaction, TransactionValidityError},
};

fn nonce(who: u8) -> u64 {
	*System::account_nonce(account(who))
}

fn exists(who: u8) -> bool {
	System::account_exists(&account(who))
}

/// Sends a signed extrinsic with this nonce through the real nonce check.
fn send(who: u8, nonce: u64, call: Call<Test>) -> Result<(), TransactionValidityError> {
	let call = RuntimeCall::from(call);
	let info = call.get_dispatch_info();
	CheckNonce::<Test>::from(nonce.into())
		.dispatch_transaction(signed(who), call, &info, 0, 0)
		.map(|_| ())
}

const STALE: TransactionValidityError =
	TransactionValidityError::Invalid(InvalidTransaction::Stale);
const PAYMENT: TransactionValidityError =
	TransactionValidityError::Invalid(InvalidTransaction::Payment);

/// A call that changes nothing: there is no such asset.
fn any_call() -> Call<Test> {
	Call::reap { asset_id: 999 }
}

#[test]
fn address_should_sign_without_money_while_it_has_an_asset() {
	build_and_execute(|| {
		run_to(7);
		assert_eq!(send(1, 7, any_call()), Err(PAYMENT));
		let id = withdraw(1, 500, OPEN, OPEN);
		withdraw(1, 500, OPEN, OPEN);
		assert_eq!((System::sufficients(&account(1)), nonce(1)), (1, 7));
		assert_eq!(send(1, 7, any_call()), Ok(()));
		assert_eq!(send(1, 7, any_call()), Err(STALE));
		assert_eq!(send(1, 8, Call::deposit_energy_asset { asset_id: id }), Ok(()));
		assert_eq!(System::sufficients(&account(1)), 1);
		assert_eq!(nonce(1), 9);
	});
}

#[test]
fn address_should_leave_when_the_block_number_has_passed_its_nonce() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		for nonce in 1..=5 {
			assert_eq!(send(1, nonce, any_call()), Ok(()));
		}
		assert_eq!(send(1, 6, Call::deposit_energy_asset { asset_id: id }), Ok(()));
		assert_eq!(nonce(1), 7);
		// Up to block 7, it could come back with a nonce that it has used.
		run_to(8);
		assert!(exists(1));
		run_to(9);
		assert!(!exists(1));
		assert!(!Holders::<Test>::contains_key(account(1)));
	});
}

#[test]
fn address_should_wait_again_when_it_signs_while_it_leaves() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		assert_eq!(send(1, 1, Call::deposit_energy_asset { asset_id: id }), Ok(()));
		for nonce in 2..=9 {
			assert_eq!(send(1, nonce, any_call()), Ok(()));
		}
		run_to(11);
		assert!(exists(1));
		run_to(12);
		assert!(!exists(1));
	});
}

#[test]
fn address_should_stay_when_an_asset_arrives_while_it_leaves() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		assert_eq!(send(1, 1, Call::deposit_energy_asset { asset_id: id }), Ok(()));
		assert_eq!(Leaving::<Test>::iter_keys().count(), 1);
		let id = withdraw(1, 500, OPEN, OPEN);
		assert_eq!(Leaving::<Test>::iter_keys().count(), 0);
		run_to(20);
		assert_eq!((System::sufficients(&account(1)), nonce(1)), (1, 2));
		assert_eq!(send(1, 2, Call::deposit_energy_asset { asset_id: id }), Ok(()));
		run_to(30);
		assert!(!exists(1));
	});
}

#[test]
fn nothing_should_replay_when_an_address_comes_back() {
	build_and_execute(|| {
		run_to(3);
		let mut sent = Vec::new();
		// In each round the address signs many extrinsics in one block, loses everything as soon as it can, and comes
		// back as soon as it is gone.
		for _ in 0..5 {
			let id = withdraw(1, 100, OPEN, OPEN);
			let first = nonce(1);
			for nonce in first..first + 6 {
				assert_eq!(send(1, nonce, any_call()), Ok(()));
				sent.push(nonce);
			}
			let last = first + 6;
			assert_eq!(send(1, last, Call::deposit_energy_asset { asset_id: id }), Ok(()));
			sent.push(last);
			let mut waited = 0;
			while exists(1) {
				// Before and while it is gone, nothing old is valid.
				for old in &sent {
					assert_eq!(send(1, *old, any_call()), Err(STALE));
				}
				run_to(System::block_number() + 1);
				waited += 1;
			}
			assert!((2..=9).contains(&waited), "waited for {waited} blocks");
			for old in &sent {
				assert_eq!(send(1, *old, any_call()), Err(PAYMENT));
			}
		}
		withdraw(1, 100, OPEN, OPEN);
		for old in &sent {
			assert_eq!(send(1, *old, any_call()), Err(STALE));
		}
		assert_eq!(sent.len(), 35);
	});
}

#[test]
fn nothing_should_replay_when_an_address_with_money_only_comes_back() {
	build_and_execute(|| {
		for transferring in [false, true] {
			let round = System::block_number();
			fund(1, 100);
			let first = nonce(1);
			for nonce in first..first + 4 {
				assert_eq!(send(1, nonce, any_call()), Ok(()));
			}
			let all = match transferring {
				true => transfer(inputs(&[], &[(1, 100)]), outputs(vec![], &[(2, 100)])),
				false => Call::deposit_financial { amount: 100 },
			};
			assert_eq!(send(1, first + 4, all), Ok(()));
			assert_eq!(Balances::free_balance(account(1)), 0);
			// It comes back in the next block, and still knows its nonce.
			run_to(round + 1);
			fund(1, 100);
			for old in first..first + 5 {
				assert_eq!(send(1, old, any_call()), Err(STALE));
			}
			assert_eq!(send(1, first + 5, Call::deposit_financial { amount: 100 }), Ok(()));
			run_to(round + 10);
			assert!(!exists(1));
		}
	});
}

#[test]
fn many_addresses_should_leave_in_bounded_steps() {
	build_and_execute(|| {
		let id = withdraw(1, 100, OPEN, OPEN);
		let asset = EnergyAssets::asset(id).unwrap();
		let many = MAX_IDLE_STEPS + 44;
		for index in 0..many {
			let owner = sp_io::hashing::blake2_256(&index.to_le_bytes()).into();
			let asset = EnergyAsset { owner, ..asset.clone() };
			let id = EnergyAssets::bring_into_being(asset).unwrap();
			EnergyAssets::retire(id).unwrap();
		}
		let leaving = || Leaving::<Test>::iter_keys().count() as u32;
		idle();
		assert_eq!(leaving(), many);
		System::set_block_number(2);
		idle();
		assert_eq!(leaving(), many - MAX_IDLE_STEPS);
		idle();
		assert_eq!(leaving(), 0);
		assert_eq!(Holders::<Test>::iter_keys().count(), 1);
	});
}
