use super::*;

#[test]
fn free_call_should_cost_quota_and_no_money() {
	ExtBuilder::default().build_and_execute(|| {
		let money = balance(RICH);
		assert_ok!(signed(RICH, write(3)).apply().unwrap());
		assert_eq!(FreeCalls::remaining(&RICH), Some(QUOTA - 3));
		assert_eq!(balance(RICH), money);
		assert_eq!(nonce_of(RICH), 1);
		// An address without money can do the same.
		assert_ok!(signed(MEMBER, write(3)).apply().unwrap());
		assert_eq!(FreeCalls::remaining(&MEMBER), Some(QUOTA - 3));
	});
}

#[test]
fn free_call_should_cost_at_least_one() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(signed(MEMBER, write(0)).apply().unwrap());
		assert_eq!(FreeCalls::remaining(&MEMBER), Some(QUOTA - 1));
	});
}

#[test]
fn free_call_should_not_cost_a_tip() {
	ExtBuilder::default().build_and_execute(|| {
		let money = balance(RICH);
		assert_ok!(signed(RICH, write(1)).tip(50).apply().unwrap());
		assert_eq!(balance(RICH), money);
	});
}

#[test]
fn free_call_should_be_refused_when_over_quota() {
	ExtBuilder::default().build_and_execute(|| {
		for _ in 0..QUOTA {
			assert_ok!(signed(MEMBER, write(1)).apply().unwrap());
		}
		assert_invalid(signed(MEMBER, write(1)), over_quota());
		assert_eq!(signed(MEMBER, write(1)).validate(), Err(over_quota()));
		// In the next window the same call is free again.
		next_window();
		assert_ok!(signed(MEMBER, write(1)).apply().unwrap());
		assert_eq!(FreeCalls::remaining(&MEMBER), Some(QUOTA - 1));
	});
}

#[test]
fn free_call_should_be_refused_when_it_costs_more_than_is_left() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(signed(MEMBER, write(QUOTA - 2)).apply().unwrap());
		assert_invalid(signed(MEMBER, write(3)), over_quota());
		assert_ok!(signed(MEMBER, write(2)).apply().unwrap());
		assert_eq!(FreeCalls::remaining(&MEMBER), Some(0));
	});
}

#[test]
fn free_call_should_not_be_paid_when_over_quota() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(signed(RICH, write(QUOTA)).apply().unwrap());
		assert_invalid(signed(RICH, write(1)), over_quota());
		assert_invalid(signed(RICH, write(1)).tip(1_000), over_quota());
	});
}

#[test]
fn failing_call_should_cost_quota() {
	ExtBuilder::default().build_and_execute(|| {
		let error = signed(MEMBER, failing(3)).apply().unwrap().unwrap_err().error;
		assert_eq!(error, ledger::Error::<Test>::Refused.into());
		assert_eq!(FreeCalls::remaining(&MEMBER), Some(QUOTA - 3));
		assert_eq!(nonce_of(MEMBER), 2);
	});
}

#[test]
fn quota_should_begin_with_the_next_window_when_granted_so() {
	ExtBuilder::default().build_and_execute(|| {
		System::inc_sufficients(&9);
		FreeCalls::grant_from_next_window(&9);
		assert_eq!(FreeCalls::remaining(&9), Some(0));
		assert_invalid(signed(9, write(1)), over_quota());
		run_to(WINDOW - 1);
		assert_invalid(signed(9, write(1)), over_quota());
		run_to(WINDOW);
		assert_ok!(signed(9, write(1)).apply().unwrap());
		assert_eq!(FreeCalls::remaining(&9), Some(QUOTA - 1));
	});
}

#[test]
fn quota_should_begin_at_once_when_a_meter_grants_it_after_a_transfer_did() {
	ExtBuilder::default().build_and_execute(|| {
		System::inc_sufficients(&9);
		FreeCalls::grant_from_next_window(&9);
		FreeCalls::grant(&9, AddressMaker::Mixing);
		assert_ok!(signed(9, write(1)).apply().unwrap());
	});
}

#[test]
fn quota_should_not_be_renewed_when_granted_again() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(signed(MEMBER, write(QUOTA)).apply().unwrap());
		let _unchanged = StorageNoopGuard::default();
		FreeCalls::grant(&MEMBER, AddressMaker::Meter(METER));
		FreeCalls::grant_from_next_window(&MEMBER);
		assert_eq!(FreeCalls::remaining(&MEMBER), Some(0));
	});
}

#[test]
fn quota_should_not_be_saved_up() {
	ExtBuilder::default().build_and_execute(|| {
		run_to(5 * WINDOW);
		assert_eq!(FreeCalls::remaining(&MEMBER), Some(QUOTA));
	});
}

#[test]
fn quota_should_go_with_the_account() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(signed(MEMBER, leave()).apply().unwrap());
		assert!(!System::account_exists(&MEMBER));
		assert_eq!(FreeCalls::remaining(&MEMBER), None);
		// Money alone brings no quota back.
		let _ = Balances::force_set_balance(RuntimeOrigin::root(), MEMBER, Balance::MAX / 4);
		let money = balance(MEMBER);
		assert_ok!(signed(MEMBER, write(1)).apply().unwrap());
		assert!(balance(MEMBER) < money);
	});
}

#[test]
fn call_should_be_paid_when_the_address_has_no_quota() {
	ExtBuilder::default().build_and_execute(|| {
		let money = balance(PAYER);
		assert_ok!(signed(PAYER, write(1)).apply().unwrap());
		assert!(balance(PAYER) < money);
		// Nor does it help to receive money from somebody who has one.
		let transfer = pallet_balances::Call::transfer_allow_death { dest: 9, value: 5 };
		assert_ok!(signed(RICH, transfer.into()).apply().unwrap());
		assert_eq!(FreeCalls::remaining(&9), None);
		assert_invalid(signed(9, write(1)), InvalidTransaction::Payment.into());
	});
}

#[test]
fn call_should_be_paid_when_it_is_not_free() {
	ExtBuilder::default().build_and_execute(|| {
		let money = balance(RICH);
		assert_ok!(signed(RICH, remark()).apply().unwrap());
		assert!(balance(RICH) < money);
		assert_eq!(FreeCalls::remaining(&RICH), Some(QUOTA));
		assert_invalid(signed(MEMBER, remark()), InvalidTransaction::Payment.into());
	});
}

#[test]
fn call_should_be_paid_when_it_is_inside_another() {
	ExtBuilder::default().build_and_execute(|| {
		let batch = || pallet_utility::Call::batch { calls: vec![write(1), write(1)] }.into();
		let money = balance(RICH);
		assert_ok!(signed(RICH, batch()).apply().unwrap());
		assert!(balance(RICH) < money);
		assert_eq!(FreeCalls::remaining(&RICH), Some(QUOTA));
		assert_invalid(signed(MEMBER, batch()), InvalidTransaction::Payment.into());
	});
}

#[test]
fn paid_call_should_cost_what_the_standard_extensions_charge() {
	ExtBuilder::default().build_and_execute(|| {
		let fee = |transaction: Transaction, wrapped: bool| {
			let money = balance(PAYER);
			let standard = transaction.standard();
			if wrapped {
				assert_ok!(transaction.apply().unwrap());
			} else {
				assert_ok!(transaction.apply_by(standard).unwrap());
			}
			money - balance(PAYER)
		};
		let standard = fee(signed(PAYER, heavy(1, 20, 10)).tip(3), false);
		let wrapped = fee(signed(PAYER, heavy(1, 20, 10)).tip(3), true);
		// Beside it, the check whether the call is free is paid for, and no more than that.
		assert_eq!(wrapped - standard, TestWeights::check_paid_call().ref_time().into());
	});
}

#[test]
#[should_panic(expected = "freeCalls.quota must be at least 1")]
fn genesis_should_fail_when_the_quota_is_zero() {
	ExtBuilder { quota: 0, window: 1 }.build();
}

#[test]
#[should_panic(expected = "freeCalls.window must be at least 1")]
fn genesis_should_fail_when_the_window_is_zero() {
	ExtBuilder { quota: 1, window: 0 }.build();
}

#[test]
fn genesis_should_have_the_defaults_of_the_specification() {
	let GenesisConfig::<Test> { quota, window, .. } = Default::default();
	assert_eq!((quota, window), (64, 64));
	<FreeCalls as frame_support::traits::Hooks<u32>>::integrity_test();
}
