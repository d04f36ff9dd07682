//! Status, path and limits over time.

use crate::{mock::*, Meters};
use frame_support::{assert_ok, traits::Hooks};
use petra_primitives::{
	Limits, MeterAdministration, MeterAdministrationError as Error, Path, Timestep, WithdrawalError,
};

/// The timesteps from `from` to `to` in which the meter is authorised.
fn authorized(from: Timestep, to: Timestep) -> Vec<Timestep> {
	(from..=to).filter(|t| Registry::was_authorized(METER, *t)).collect()
}

#[test]
fn status_should_be_that_of_the_last_record_before_the_timestep() {
	build_and_execute(|| {
		assert_ok!(Registry::ban(METER, NOW + 2));
		assert_ok!(Registry::authorize(&authorization(METER, Path::Meter), NOW + 4));
		assert_eq!(authorized(NOW - 1, NOW + 6), [NOW + 1, NOW + 2, NOW + 5, NOW + 6]);
		assert!(!Registry::was_authorized(11, NOW + 6));
	});
}

#[test]
fn authorize_and_ban_should_discard_what_was_recorded_for_later() {
	build_and_execute(|| {
		assert_ok!(Registry::ban(METER, NOW + 4));
		assert_ok!(Registry::authorize(&authorization(METER, Path::Meter), NOW + 6));
		assert_ok!(Registry::authorize(&authorization(METER, Path::Dso), NOW + 8));
		// A ban before all of these.
		assert_ok!(Registry::ban(METER, NOW + 2));
		assert_eq!(authorized(NOW, NOW + 20), [NOW + 1, NOW + 2]);
		// The same time again: the last recorded wins.
		assert_ok!(Registry::authorize(&authorization(METER, Path::Meter), NOW + 2));
		assert_eq!(authorized(NOW, NOW + 20).len(), 20);
		assert_ok!(Registry::ban(METER, NOW));
		assert!(authorized(NOW, NOW + 20).is_empty());
	});
}

#[test]
fn set_limits_should_keep_status_and_path() {
	build_and_execute(|| {
		assert_ok!(Registry::ban(METER, NOW + 4));
		assert_ok!(Registry::authorize(&authorization(METER, Path::Dso), NOW + 8));
		assert_ok!(Registry::authorize(&authorization(METER, Path::Meter), NOW + 12));
		assert_ok!(limit_production(METER, 10, NOW + 2));
		let open = [NOW + 1, NOW + 2, NOW + 3, NOW + 4];
		assert_eq!(authorized(NOW, NOW + 11), [&open[..], &[NOW + 9, NOW + 10, NOW + 11]].concat());
		let ten = |t| withdraw(Production, 10, t, t);
		assert_ok!(withdraw(Production, LIMITS.max_production, NOW + 2, NOW + 2));
		assert_refused(
			|| withdraw(Production, 11, NOW + 3, NOW + 3),
			WithdrawalError::LimitExceeded,
		);
		assert_refused(|| ten(NOW + 5), WithdrawalError::MeterNotAuthorized);
		assert_refused(|| ten(NOW + 9), WithdrawalError::WrongPath);
		assert_refused(
			|| withdraw(Production, 11, NOW + 13, NOW + 13),
			WithdrawalError::LimitExceeded,
		);
		assert_ok!(ten(NOW + 13));
		assert_ok!(ten(NOW + 3));
	});
}

#[test]
fn set_limits_should_count_for_an_authorization_that_is_ahead() {
	new_test_ext().execute_with(|| {
		assert_ok!(Registry::authorize(&authorization(METER, Path::Meter), NOW + 10));
		assert_ok!(limit_production(METER, 10, NOW));
		assert!(authorized(NOW, NOW + 10).is_empty() && Registry::was_authorized(METER, NOW + 11));
		assert_refused(
			|| withdraw(Production, 11, NOW + 11, NOW + 11),
			WithdrawalError::LimitExceeded,
		);
		assert_ok!(withdraw(Production, 10, NOW + 11, NOW + 11));
		Registry::do_try_state().unwrap();
	});
}

#[test]
fn changes_should_fail_when_the_meter_is_unknown() {
	build_and_execute(|| {
		assert_refused(|| Registry::ban(11, NOW), Error::MeterNotFound);
		assert_refused(|| Registry::set_limits(11, LIMITS, NOW), Error::MeterNotFound);
		assert_ok!(Registry::authorize(&authorization(11, Path::Meter), NOW));
		assert_ok!(Registry::ban(11, NOW));
		assert_ok!(Registry::set_limits(11, LIMITS, NOW));
	});
}

#[test]
fn changes_should_fail_when_too_many_are_ahead() {
	build_and_execute(|| {
		// The authorisation is the first.
		for n in 1..5 {
			assert_ok!(limit_production(METER, n, NOW + n));
		}
		let too_many = Error::TooManyChanges;
		assert_refused(|| limit_production(METER, 9, NOW + 9), too_many);
		assert_refused(|| Registry::ban(METER, NOW + 9), too_many);
		assert_refused(|| Registry::authorize(&authorization(METER, Path::Dso), NOW + 9), too_many);
		// What discards others is possible, and so is what comes when others are past.
		assert_ok!(transactional(|| Registry::ban(METER, NOW + 1)));
		assert_ok!(Registry::authorize(&authorization(METER, Path::Meter), NOW + 1));
		Time::set(NOW + 1);
		assert_ok!(limit_production(METER, 9, NOW + 9));
	});
}

#[test]
fn changes_should_make_room_by_forgetting_the_oldest() {
	build_and_execute(|| {
		for n in 1..50 {
			Time::set(NOW + n);
			assert_ok!(limit_production(METER, n, NOW + n));
		}
		let meter = Meters::<Test>::get(METER).unwrap();
		assert_eq!(meter.changes.len(), 8);
		assert_eq!(authorized(NOW, NOW + 50), (NOW + 43..=NOW + 50).collect::<Vec<_>>());
		// A ban of now is never refused.
		assert_ok!(Registry::ban(METER, NOW + 49));
		assert!(!Registry::was_authorized(METER, NOW + 50));
	});
}

#[test]
fn changes_should_be_forgotten_when_two_billing_periods_have_passed() {
	build_and_execute(|| {
		assert_ok!(limit_production(METER, 1, NOW + 10));
		assert_ok!(limit_production(METER, 2, NOW + 20));
		Time::set(NOW + 20 + 400);
		assert_ok!(limit_production(METER, 3, NOW + 420));
		// What was in force two periods ago is from NOW + 11 on.
		let starts = |id| -> Vec<_> {
			Meters::<Test>::get(id)
				.unwrap()
				.changes
				.iter()
				.map(|change| change.from)
				.collect()
		};
		assert_eq!(starts(METER), [NOW + 11, NOW + 21, NOW + 421]);
		// Equal changes are one.
		assert_ok!(limit_production(METER, 3, NOW + 430));
		assert_eq!(starts(METER), [NOW + 11, NOW + 21, NOW + 421]);
	});
}

#[test]
fn changes_should_never_be_in_force_when_their_time_is_the_last() {
	build_and_execute(|| {
		let before = Meters::<Test>::get(METER);
		assert_ok!(Registry::ban(METER, u64::MAX));
		assert_ok!(Registry::set_limits(METER, Limits::default(), u64::MAX));
		assert_ok!(Registry::authorize(&authorization(METER, Path::Dso), u64::MAX));
		assert_eq!(Meters::<Test>::get(METER), before);
		assert_ok!(Registry::authorize(&authorization(11, Path::Dso), u64::MAX));
		assert!(!Registry::was_authorized(11, u64::MAX));
		assert_ok!(Registry::ban(METER, u64::MAX - 1));
		assert!(Registry::was_authorized(METER, u64::MAX - 1));
		assert!(!Registry::was_authorized(METER, u64::MAX));
	});
}

#[test]
fn configuration_should_be_accepted() {
	new_test_ext().execute_with(|| {
		for ahead in [1, 6] {
			MaxAhead::set(ahead);
			Registry::integrity_test();
		}
	});
}

#[test]
#[should_panic(expected = "MaxChangesAhead must be at least 1")]
fn configuration_should_be_refused_when_no_change_may_be_ahead() {
	MaxAhead::set(0);
	Registry::integrity_test();
}

#[test]
#[should_panic(expected = "MaxChanges must hold MaxChangesAhead")]
fn configuration_should_be_refused_when_there_is_no_room_for_the_past() {
	MaxAhead::set(7);
	Registry::integrity_test();
}
