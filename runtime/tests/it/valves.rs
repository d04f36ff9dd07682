//! Safe mode and paused calls: what stays possible, and what does not.

use crate::chain::{chain, next_block, submit, sudo};
use frame_support::{assert_err, assert_ok, dispatch::GetDispatchInfo};
use petra_runtime::{
	AccountId, Executive, Multisig, Runtime, RuntimeCall, SafeMode, System, UncheckedExtrinsic, EUR,
};
use sp_keyring::Sr25519Keyring::{self as Keys, Bob, Charlie, Dave};
use sp_runtime::traits::{BlakeTwo256, Hash};

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
			("Multisig", "as_multi"),
			("System", "apply_authorized_upgrade"),
			("Regulation", "regulate"),
		] {
			assert_err!(
				sudo(pallet_tx_pause::Call::pause { full_name: name(pallet, call) }),
				pallet_tx_pause::Error::<Runtime>::Unpausable,
			);
		}
	});
}

/// The signatories of a joint account, in the order that the pallet wants, but for one.
fn signatories_but(one: Option<Keys>) -> Vec<AccountId> {
	let others = [Bob, Charlie, Dave].into_iter().filter(|key| Some(*key) != one);
	let mut others: Vec<_> = others.map(|key| key.to_account_id()).collect();
	others.sort();
	others
}

/// One of the signatories approves what two of them must.
fn approve(signatory: Keys, call: &RuntimeCall) {
	let under_way = pallet_multisig::Multisigs::<Runtime>::iter_values().next();
	let approval = pallet_multisig::Call::<Runtime>::as_multi {
		threshold: 2,
		other_signatories: signatories_but(Some(signatory)),
		maybe_timepoint: under_way.map(|multisig| multisig.when),
		call: Box::new(call.clone()),
		max_weight: call.get_dispatch_info().call_weight,
	};
	assert_ok!(submit(signatory, approval).unwrap());
}

#[test]
fn a_joint_account_with_the_sudo_key_should_leave_safe_mode() {
	chain("local_testnet").execute_with(|| {
		let dso = Multisig::multi_account_id(&signatories_but(None), 2);
		assert_ok!(sudo(pallet_sudo::Call::<Runtime>::set_key { new: dso.into() }));
		let call = |call: pallet_safe_mode::Call<Runtime>| -> RuntimeCall {
			pallet_sudo::Call::<Runtime>::sudo { call: Box::new(call.into()) }.into()
		};
		for signatory in [Bob, Charlie] {
			assert!(!SafeMode::is_entered());
			approve(signatory, &call(pallet_safe_mode::Call::force_enter {}));
		}
		next_block();
		for signatory in [Dave, Bob] {
			assert!(SafeMode::is_entered());
			approve(signatory, &call(pallet_safe_mode::Call::force_exit {}));
		}
		assert!(!SafeMode::is_entered());
		next_block();
	});
}

#[test]
fn a_joint_account_should_do_nothing_else_in_safe_mode() {
	chain("local_testnet").execute_with(|| {
		let joint = Multisig::multi_account_id(&signatories_but(None), 1);
		assert_ok!(sudo(pallet_balances::Call::force_set_balance {
			who: joint.into(),
			new_free: 7 * EUR,
		}));
		let by_joint = || pallet_multisig::Call::<Runtime>::as_multi_threshold_1 {
			other_signatories: signatories_but(Some(Charlie)),
			call: Box::new(transfer()),
		};
		assert_ok!(sudo(pallet_safe_mode::Call::force_enter {}));
		assert_err!(submit(Charlie, by_joint()).unwrap(), filtered());
		assert_ok!(sudo(pallet_safe_mode::Call::force_exit {}));
		assert_ok!(submit(Charlie, by_joint()).unwrap());
		next_block();
	});
}

#[test]
fn an_authorised_upgrade_should_be_applied_in_safe_mode() {
	chain("local_testnet").execute_with(|| {
		let code = b"as good as any".to_vec();
		let code_hash = BlakeTwo256::hash(&code);
		let apply = || {
			let call =
				frame_system::Call::<Runtime>::apply_authorized_upgrade { code: code.clone() };
			Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(call.into()))
		};
		assert_ok!(sudo(pallet_safe_mode::Call::force_enter {}));
		assert!(apply().is_err(), "nobody has authorised it");
		let authorize =
			frame_system::Call::<Runtime>::authorize_upgrade_without_checks { code_hash };
		assert_ok!(sudo(authorize));
		assert!(SafeMode::is_entered());
		assert_ok!(apply().unwrap());
		let applied = sp_io::storage::get(b":code").map(|code| code.to_vec());
		assert_eq!(applied.as_ref(), Some(&code));
		assert!(System::authorized_upgrade().is_none());
		// Once.
		assert!(apply().is_err());
	});
}
