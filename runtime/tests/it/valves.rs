//! Safe mode and paused calls: what stays possible, and what does not.

use crate::chain::{chain, next_block, submit, sudo};
use frame_support::{assert_err, assert_ok};
use petra_runtime::{Runtime, RuntimeCall, SafeMode, EUR};
use sp_keyring::Sr25519Keyring::Bob;

fn transfer() -> RuntimeCall {
	pallet_balances::Call::transfer_keep_alive { dest: Bob.to_account_id().into(), value: EUR }
		.into()
}

fn filtered() -> sp_runtime::DispatchError {
	frame_system::Error::<Runtime>::CallFiltered.into()
}

#[test]
fn safe_mode_should_stop_transfers_and_leave_sudo() {
	chain("local_testnet").execute_with(|| {
		assert_ok!(sudo(pallet_safe_mode::Call::force_enter {}));
		next_block();
		assert!(SafeMode::is_entered());
		assert_err!(submit(Bob, transfer()).unwrap(), filtered());
		let batch = pallet_utility::Call::batch_all { calls: vec![transfer()] };
		assert_err!(submit(Bob, batch).unwrap(), filtered());
		// Root still rules, whatever the call.
		assert_ok!(sudo(pallet_balances::Call::force_set_balance {
			who: Bob.to_account_id().into(),
			new_free: 7 * EUR,
		}));
		assert_ok!(sudo(pallet_safe_mode::Call::force_exit {}));
		assert_ok!(submit(Bob, transfer()).unwrap());
		next_block();
	});
}

#[test]
fn safe_mode_should_be_for_root_only() {
	chain("local_testnet").execute_with(|| {
		for call in [
			RuntimeCall::from(pallet_safe_mode::Call::enter {}),
			pallet_safe_mode::Call::force_enter {}.into(),
			pallet_tx_pause::Call::pause { full_name: name("Balances", "transfer_keep_alive") }
				.into(),
		] {
			assert!(submit(Bob, call).unwrap().is_err());
		}
		assert!(!SafeMode::is_entered());
		assert_ok!(submit(Bob, transfer()).unwrap());
	});
}

fn name(pallet: &str, call: &str) -> pallet_tx_pause::RuntimeCallNameOf<Runtime> {
	(pallet.as_bytes().to_vec().try_into().unwrap(), call.as_bytes().to_vec().try_into().unwrap())
}

#[test]
fn a_paused_call_should_fail_until_it_is_unpaused() {
	chain("local_testnet").execute_with(|| {
		let full_name = name("Balances", "transfer_keep_alive");
		assert_ok!(sudo(pallet_tx_pause::Call::pause { full_name: full_name.clone() }));
		assert_err!(submit(Bob, transfer()).unwrap(), filtered());
		assert_ok!(sudo(pallet_tx_pause::Call::unpause { ident: full_name }));
		assert_ok!(submit(Bob, transfer()).unwrap());
	});
}

#[test]
fn the_valves_themselves_should_not_be_pausable() {
	chain("local_testnet").execute_with(|| {
		for (pallet, call) in [
			("Sudo", "sudo"),
			("Timestamp", "set"),
			("Session", "set_keys"),
			("Grandpa", "report_equivocation_unsigned"),
			("SafeMode", "force_exit"),
			("TxPause", "unpause"),
			("Regulation", "regulate"),
		] {
			assert_err!(
				sudo(pallet_tx_pause::Call::pause { full_name: name(pallet, call) }),
				pallet_tx_pause::Error::<Runtime>::Unpausable,
			);
		}
	});
}
