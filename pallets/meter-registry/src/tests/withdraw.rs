//! What a meter may withdraw.

use crate::mock::*;
use frame_support::assert_ok;
use petra_primitives::{MeterAdministration, MeterLimits, Path, WithdrawalError as Error};

#[test]
fn withdraw_should_succeed_when_power_is_at_the_limit() {
	build_and_execute(|| {
		assert_eq!(withdraw(Production, 5_000, NOW + 5, NOW + 9), Ok(FEEDER));
		assert_eq!(withdraw(Consumption, 7_000, NOW + 1, NOW + 1_000), Ok(FEEDER));
		assert_refused(|| withdraw(Production, 1, NOW + 9, NOW + 9), Error::LimitExceeded);
		assert_ok!(withdraw(Production, 5_000, NOW + 10, NOW + 10));
	});
}

#[test]
fn withdraw_should_fail_when_power_passes_the_limit_in_one_timestep() {
	build_and_execute(|| {
		assert_ok!(withdraw(Production, 1, NOW + 77, NOW + 77));
		let week = |power| withdraw(Production, power, NOW + 2, NOW + 900);
		assert_refused(|| week(5_000), Error::LimitExceeded);
		assert_ok!(transactional(|| week(4_999)));
		// The other kind has a limit of its own.
		assert_refused(|| withdraw(Consumption, 7_001, NOW + 2, NOW + 2), Error::LimitExceeded);
		assert_ok!(withdraw(Consumption, 7_000, NOW + 2, NOW + 2));
	});
}

#[test]
fn withdraw_should_count_outputs_of_one_call_together() {
	build_and_execute(|| {
		let halves = |second| {
			[
				request(Production, 2_500, NOW + 2, NOW + 9),
				request(Production, second, NOW + 9, NOW + 20),
			]
		};
		assert_refused(|| withdraw_all(&halves(2_501), 0), Error::LimitExceeded);
		assert_ok!(transactional(|| withdraw_all(&halves(2_500), 0)));
		assert_eq!(
			pieces(Registry::withdrawn(METER, Production, 0, u64::MAX)),
			[(NOW + 2, NOW + 8, 2_500), (NOW + 9, NOW + 9, 5_000), (NOW + 10, NOW + 20, 2_500)]
		);
	});
}

#[test]
fn withdraw_should_fail_when_the_origin_is_not_the_meters_key() {
	build_and_execute(|| {
		let one = [request(Production, 1, NOW + 2, NOW + 2)];
		let by = |key, meter| transactional(|| Registry::withdraw(&key, meter, &one, 1));
		assert_refused(|| by(KEY_DSO, METER), Error::NotTheMeter);
		assert_refused(|| by(999, METER), Error::NotTheMeter);
		assert_refused(|| by(KEY, METER_DSO), Error::NotTheMeter);
		assert_refused(|| by(KEY, 11), Error::MeterNotFound);
		Time::set(NOW + 1);
		assert_ok!(by(KEY, METER));
	});
}

#[test]
fn withdraw_should_fail_when_the_meter_is_on_the_dso_path() {
	build_and_execute(|| {
		Time::set(NOW + 1);
		let one = [request(Production, 1, NOW + 4, NOW + 4)];
		let withdraw = |energy: &[_], money| Registry::withdraw(&KEY_DSO, METER_DSO, energy, money);
		assert_refused(|| withdraw(&one, 0), Error::WrongPath);
		assert_refused(|| withdraw(&[], 1), Error::WrongPath);
		// Half of the interval is enough to refuse all of it.
		assert_ok!(Registry::authorize(&authorization(METER_DSO, Path::Meter), NOW + 9));
		let from = |start| [request(Production, 1, start, NOW + 12)];
		assert_refused(|| withdraw(&from(NOW + 9), 0), Error::WrongPath);
		assert_ok!(transactional(|| withdraw(&from(NOW + 10), 0)));
	});
}

#[test]
fn withdraw_should_fail_when_the_meter_is_not_authorized_in_one_timestep() {
	build_and_execute(|| {
		// Not yet: the authorisation's time is NOW.
		assert_refused(|| withdraw(Production, 1, NOW, NOW + 5), Error::MeterNotAuthorized);
		assert_ok!(withdraw(Production, 1, NOW + 1, NOW + 5));
		// Not any more.
		assert_ok!(Registry::ban(METER, NOW + 20));
		assert_refused(|| withdraw(Production, 1, NOW + 2, NOW + 21), Error::MeterNotAuthorized);
		assert_ok!(withdraw(Production, 1, NOW + 2, NOW + 20));
		// A hole in the middle.
		assert_ok!(Registry::authorize(&authorization(METER, Path::Meter), NOW + 21));
		assert_refused(|| withdraw(Production, 1, NOW + 2, NOW + 30), Error::MeterNotAuthorized);
		assert_refused(|| withdraw(Production, 1, NOW + 21, NOW + 21), Error::MeterNotAuthorized);
		assert_ok!(withdraw(Production, 1, NOW + 22, NOW + 30));
	});
}

#[test]
fn withdraw_should_check_the_limit_in_force_in_each_timestep() {
	build_and_execute(|| {
		assert_ok!(limit_production(METER, 1_000, NOW + 10));
		assert_ok!(limit_production(METER, 3_000, NOW + 20));
		let week = |power| withdraw(Production, power, NOW + 2, NOW + 30);
		assert_refused(|| week(1_001), Error::LimitExceeded);
		assert_ok!(transactional(|| week(1_000)));
		assert_refused(|| withdraw(Production, 2_001, NOW + 20, NOW + 30), Error::LimitExceeded);
		assert_refused(|| withdraw(Production, 2_001, NOW + 21, NOW + 30), Error::LimitExceeded);
		assert_ok!(withdraw(Production, 2_000, NOW + 21, NOW + 30));
		assert_refused(|| withdraw(Production, 4_001, NOW + 2, NOW + 10), Error::LimitExceeded);
		assert_ok!(withdraw(Production, 4_000, NOW + 2, NOW + 10));
	});
}

#[test]
fn withdraw_should_fail_where_more_was_withdrawn_than_new_limits_allow() {
	build_and_execute(|| {
		assert_ok!(withdraw(Production, 4_000, NOW + 2, NOW + 30));
		assert_ok!(limit_production(METER, 1_000, NOW + 10));
		// What is out stays out.
		let withdrawn = pieces(Registry::withdrawn(METER, Production, 0, u64::MAX));
		assert_eq!(withdrawn, [(NOW + 2, NOW + 30, 4_000)]);
		assert_refused(|| withdraw(Production, 1, NOW + 11, NOW + 11), Error::LimitExceeded);
		assert_ok!(withdraw(Production, 1_000, NOW + 10, NOW + 10));
		assert_ok!(withdraw(Production, 1_000, NOW + 31, NOW + 31));
	});
}

#[test]
fn withdraw_should_not_overflow_when_limits_are_the_highest() {
	build_and_execute(|| {
		let mut highest = authorization(METER, Path::Meter);
		highest.limits.max_production = u64::MAX;
		assert_ok!(Registry::authorize(&highest, NOW));
		assert_ok!(withdraw(Production, u64::MAX, NOW + 2, NOW + 2));
		for power in [1, u64::MAX] {
			assert_refused(|| withdraw(Production, power, NOW + 2, NOW + 2), Error::LimitExceeded);
		}
		assert_ok!(withdraw(Production, u64::MAX, NOW + 3, NOW + 3));
	});
}

#[test]
fn withdraw_should_keep_what_was_withdrawn_when_key_and_path_change() {
	build_and_execute(|| {
		assert_ok!(withdraw(Production, 3_000, NOW + 2, NOW + 9));
		let mut again = authorization(METER, Path::Meter);
		again.pubkey = 777;
		assert_ok!(Registry::authorize(&again, NOW));
		let by_new = |power| {
			Registry::withdraw(&777, METER, &[request(Production, power, NOW + 2, NOW + 2)], 0)
		};
		assert_refused(|| withdraw(Production, 1, NOW + 2, NOW + 2), Error::NotTheMeter);
		assert_refused(|| by_new(2_001), Error::LimitExceeded);
		assert_ok!(by_new(2_000));
	});
}
