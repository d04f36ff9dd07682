use super::*;

#[test]
fn remove_validator_should_end_duty_with_the_next_session() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(remove(2));
		assert_eq!(events(), vec![Event::ValidatorRemoved { account: 2 }]);
		next_session();
		assert_eq!(Session::validators(), vec![1, 2, 3]);
		assert_eq!(disabled(), NOBODY);
		next_session();
		assert_eq!(Session::validators(), vec![1, 3]);
		assert_eq!(Authorities::get(), vec![1, 3]);
	});
}

#[test]
fn remove_validator_should_purge_keys_when_duty_has_ended() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(remove(2));
		next_session();
		assert!(ValidatorSet::has_keys(&2));
		next_session();
		assert!(!ValidatorSet::has_keys(&2));
		assert_eq!(Leaving::<Test>::get(), vec![]);
		assert!(!System::account_exists(&2), "nothing is left behind");
		// Its keys are free for somebody else.
		assert_ok!(add(4));
		assert_ok!(set_keys(4, 2));
	});
}

#[test]
fn remove_validator_should_purge_keys_at_once_when_duty_never_began() {
	ExtBuilder::default().build_and_execute(|| {
		add_keyed(4);
		assert_ok!(remove(4));
		assert!(!ValidatorSet::has_keys(&4));
		assert!(!System::account_exists(&4));
		sessions(3);
		assert_eq!(Session::validators(), vec![1, 2, 3]);
	});
}

#[test]
fn remove_validator_should_keep_an_account_that_has_money() {
	ExtBuilder::default().build_and_execute(|| {
		Balances::force_set_balance(RuntimeOrigin::root(), 2, 100).unwrap();
		assert_ok!(remove(2));
		sessions(2);
		assert!(!ValidatorSet::has_keys(&2));
		assert_eq!(Balances::free_balance(2), 100);
		assert_eq!((System::providers(&2), System::consumers(&2)), (1, 0));
	});
}

#[test]
fn remove_validator_should_let_a_queued_validator_serve_what_is_planned() {
	ExtBuilder::default().build_and_execute(|| {
		add_keyed(4);
		next_session();
		assert_ok!(remove(4));
		next_session();
		assert_eq!(Session::validators(), vec![1, 2, 3, 4]);
		assert!(ValidatorSet::has_keys(&4));
		next_session();
		assert_eq!(Session::validators(), vec![1, 2, 3]);
		assert!(!ValidatorSet::has_keys(&4));
	});
}

#[test]
fn remove_validator_should_fail_when_the_origin_is_not_the_regulator() {
	ExtBuilder::default().build_and_execute(|| {
		for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::none()] {
			assert_noop!(ValidatorSet::remove_validator(origin, 1), BadOrigin);
		}
		assert_ok!(ValidatorSet::remove_validator(RuntimeOrigin::root(), 1));
	});
}

#[test]
fn remove_validator_should_fail_when_the_account_is_no_validator() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(remove(4), Error::<Test>::NotValidator);
		assert_ok!(remove(3));
		assert_noop!(remove(3), Error::<Test>::NotValidator);
	});
}

#[test]
fn remove_validator_should_fail_when_too_few_remain() {
	ExtBuilder::default().validators(&[1, 2]).build_and_execute(|| {
		assert_noop!(remove(1), Error::<Test>::TooFewValidators);
		add_keyed(3);
		assert_ok!(remove(1));
		assert_noop!(remove(2), Error::<Test>::TooFewValidators);
	});
}

#[test]
fn remove_validator_should_fail_when_too_few_that_can_serve_remain() {
	ExtBuilder::default().validators(&[1, 2]).build_and_execute(|| {
		assert_ok!(add(3));
		assert_noop!(remove(1), Error::<Test>::TooFewValidators);
		assert_ok!(set_keys(3, 3));
		assert_ok!(remove(1));
	});
}

#[test]
fn remove_validator_should_succeed_when_the_account_cannot_serve() {
	ExtBuilder::default().validators(&[1, 2]).build_and_execute(|| {
		assert_ok!(add(3));
		assert_ok!(remove(3));
		assert_eq!(Validators::<Test>::get(), vec![1, 2]);
	});
}
