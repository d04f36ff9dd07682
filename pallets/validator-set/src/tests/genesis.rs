use super::*;
use frame_support::traits::{Get, Hooks};

#[test]
fn genesis_should_put_initial_validators_on_duty() {
	ExtBuilder::default().validators(&[4, 7]).build_and_execute(|| {
		assert_eq!(Validators::<Test>::get(), vec![4, 7]);
		assert_eq!(Session::validators(), vec![4, 7]);
		assert_eq!(Authorities::get(), vec![4, 7]);
		sessions(3);
		assert_eq!(Session::validators(), vec![4, 7]);
	});
}

#[test]
fn genesis_should_set_the_length_of_sessions() {
	ExtBuilder::default().session_length(7).build_and_execute(|| {
		assert_eq!(<SessionLength<Test> as Get<u64>>::get(), 7);
		sessions(2);
		assert_eq!(System::block_number(), 14);
	});
}

#[test]
fn session_length_should_never_be_zero() {
	ExtBuilder::default().build().execute_with(|| {
		BlocksPerSession::<Test>::put(0);
		assert_eq!(<SessionLength<Test> as Get<u64>>::get(), 1);
		BlocksPerSession::<Test>::kill();
		assert_eq!(<SessionLength<Test> as Get<u64>>::get(), 600);
		assert_eq!(GenesisConfig::<Test>::default().session_length, 600);
	});
}

#[test]
#[should_panic(expected = "validatorSet.sessionLength must be at least 1 block")]
fn genesis_should_fail_when_a_session_has_no_blocks() {
	ExtBuilder::default().session_length(0).build();
}

#[test]
#[should_panic(expected = "at least 2 and at most 5 accounts")]
fn genesis_should_fail_when_there_are_too_few_validators() {
	ExtBuilder::default().validators(&[1]).build();
}

#[test]
#[should_panic(expected = "at least 2 and at most 5 accounts")]
fn genesis_should_fail_when_there_are_too_many_validators() {
	ExtBuilder::default().validators(&[1, 2, 3, 4, 5, 6]).build();
}

#[test]
#[should_panic(expected = "must not name an account twice")]
fn genesis_should_fail_when_a_validator_is_named_twice() {
	ExtBuilder::default().validators(&[1, 2, 1]).keyed(&[1, 2]).build();
}

#[test]
#[should_panic(expected = "none of 3")]
fn genesis_should_fail_when_a_validator_has_no_keys() {
	ExtBuilder::default().keyed(&[1, 2]).build();
}

#[test]
fn configuration_should_be_sound() {
	<ValidatorSet as Hooks<u64>>::integrity_test();
}
