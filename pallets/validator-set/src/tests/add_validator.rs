use super::*;

#[test]
fn add_validator_should_put_on_duty_in_the_session_after_next() {
	ExtBuilder::default().build_and_execute(|| {
		add_keyed(4);
		assert_eq!(events(), vec![Event::ValidatorAdded { account: 4 }]);
		assert_eq!(Validators::<Test>::get(), vec![1, 2, 3, 4]);
		next_session();
		assert_eq!(Session::validators(), vec![1, 2, 3]);
		next_session();
		assert_eq!(Session::validators(), vec![1, 2, 3, 4]);
		assert_eq!(Authorities::get(), vec![1, 2, 3, 4]);
	});
}

#[test]
fn add_validator_should_wait_for_session_keys() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(add(4));
		sessions(4);
		assert_eq!(Session::validators(), vec![1, 2, 3]);
		// The account has no money: the set of validators keeps it alive.
		assert_eq!(Balances::free_balance(4), 0);
		assert_ok!(set_keys(4, 4));
		sessions(2);
		assert_eq!(Session::validators(), vec![1, 2, 3, 4]);
	});
}

#[test]
fn set_keys_should_not_put_on_duty_when_the_regulator_did_not_add_the_account() {
	ExtBuilder::default().build_and_execute(|| {
		System::inc_providers(&4);
		assert_ok!(set_keys(4, 4));
		sessions(4);
		assert_eq!(Session::validators(), vec![1, 2, 3]);
		assert_eq!(Authorities::get(), vec![1, 2, 3]);
		// The same account serves when the regulator adds it.
		assert_ok!(add(4));
		sessions(2);
		assert_eq!(Session::validators(), vec![1, 2, 3, 4]);
	});
}

#[test]
fn add_validator_should_fail_when_the_origin_is_not_the_regulator() {
	ExtBuilder::default().build_and_execute(|| {
		for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::none()] {
			assert_noop!(ValidatorSet::add_validator(origin, 4), BadOrigin);
		}
		assert_ok!(ValidatorSet::add_validator(RuntimeOrigin::root(), 4));
	});
}

#[test]
fn add_validator_should_fail_when_the_account_is_a_validator() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(add(3), Error::<Test>::AlreadyValidator);
		assert_ok!(add(4));
		assert_noop!(add(4), Error::<Test>::AlreadyValidator);
	});
}

#[test]
fn add_validator_should_fail_when_there_are_too_many() {
	ExtBuilder::default().validators(&[1, 2, 3, 4]).build_and_execute(|| {
		assert_ok!(add(5));
		assert_noop!(add(6), Error::<Test>::TooManyValidators);
		assert_ok!(remove(5));
		assert_ok!(add(6));
	});
}

#[test]
fn add_validator_should_keep_who_was_about_to_leave() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(remove(3));
		next_session();
		assert_ok!(add(3));
		assert_eq!(Leaving::<Test>::get(), vec![]);
		sessions(3);
		assert_eq!(Session::validators(), vec![1, 2, 3]);
		assert!(ValidatorSet::has_keys(&3));
		assert_eq!(System::providers(&3), 1);
	});
}
