//! What the DSO may create on a feeder.

use crate::mock::*;
use frame_support::assert_ok;
use petra_primitives::{
	Authorization, MeterAdministration, MeterLimits, Path, WithdrawalError as Error,
};

#[test]
fn create_should_be_bounded_by_the_sum_of_the_feeders_limits() {
	build_and_execute(|| {
		assert_refused(|| create(5_001, NOW + 2, NOW + 9), Error::FeederLimitExceeded);
		assert_ok!(create(4_000, NOW + 2, NOW + 9));
		assert_refused(|| create(1_001, NOW + 9, NOW + 500), Error::FeederLimitExceeded);
		assert_ok!(create(1_000, NOW + 9, NOW + 500));
		// Another household.
		assert_ok!(Registry::authorize(&authorization(21, Path::Dso), NOW + 8));
		assert_refused(
			|| create(1, NOW + 9, NOW + 9).and(create(5_000, NOW + 9, NOW + 9)),
			Error::FeederLimitExceeded,
		);
		assert_ok!(create(5_000, NOW + 9, NOW + 9));
		// Not before it is authorised, not on another feeder, not of the other kind's limit.
		assert_refused(|| create(1_001, NOW + 8, NOW + 8), Error::FeederLimitExceeded);
		let elsewhere = |feeder, power| {
			Registry::withdraw_for_feeder(feeder, &request(Consumption, power, NOW + 2, NOW + 2))
		};
		assert_refused(|| elsewhere(2, 1), Error::FeederLimitExceeded);
		assert_refused(|| elsewhere(FEEDER, 7_001), Error::FeederLimitExceeded);
		assert_ok!(elsewhere(FEEDER, 7_000));
	});
}

#[test]
fn create_should_not_count_meters_on_the_meter_path() {
	build_and_execute(|| {
		assert_ok!(create(5_000, NOW + 2, NOW + 2));
		assert_refused(|| create(1, NOW + 2, NOW + 2), Error::FeederLimitExceeded);
		assert_ok!(Registry::authorize(&authorization(METER, Path::Dso), NOW));
		assert_ok!(create(1, NOW + 2, NOW + 2));
	});
}

#[test]
fn create_should_follow_limits_and_status_over_time() {
	build_and_execute(|| {
		assert_ok!(limit_production(METER_DSO, 300, NOW + 10));
		assert_ok!(limit_production(METER_DSO, 400, NOW + 20));
		assert_ok!(Registry::ban(METER_DSO, NOW + 30));
		let all = |power| transactional(|| create(power, NOW + 5, NOW + 30));
		assert_refused(|| all(301), Error::FeederLimitExceeded);
		assert_ok!(all(300));
		assert_refused(|| create(1, NOW + 31, NOW + 31), Error::FeederLimitExceeded);
		assert_ok!(create(100, NOW + 21, NOW + 30));
		assert_refused(|| create(1, NOW + 21, NOW + 21), Error::FeederLimitExceeded);
		// A ban that comes earlier discards all of it, and an authorisation that ban.
		assert_ok!(Registry::ban(METER_DSO, NOW + 3));
		assert_refused(|| create(1, NOW + 4, NOW + 4), Error::FeederLimitExceeded);
		assert_ok!(Registry::authorize(&authorization(METER_DSO, Path::Dso), NOW + 3));
		assert_refused(|| create(4_601, NOW + 4, NOW + 30), Error::FeederLimitExceeded);
		assert_ok!(create(4_600, NOW + 4, NOW + 30));
		assert_ok!(create(5_000, NOW + 31, NOW + 1_000));
	});
}

#[test]
fn create_should_fail_where_limits_fell_below_what_was_created() {
	build_and_execute(|| {
		assert_ok!(create(4_000, NOW + 2, NOW + 9));
		assert_ok!(limit_production(METER_DSO, 1_000, NOW));
		assert_refused(|| create(1, NOW + 9, NOW + 9), Error::FeederLimitExceeded);
		assert_ok!(create(1_000, NOW + 10, NOW + 10));
		assert_ok!(limit_production(METER_DSO, 4_001, NOW));
		assert_ok!(create(1, NOW + 9, NOW + 9));
	});
}

#[test]
fn create_should_not_repeat_what_the_meter_has_withdrawn_itself() {
	build_and_execute(|| {
		assert_ok!(Registry::ban(METER_DSO, NOW));
		assert_ok!(withdraw(Consumption, 1, NOW + 10, NOW + 19));
		assert_ok!(Registry::authorize(&authorization(METER, Path::Dso), NOW));
		// Nobody withdraws twice for a household: it counts after the last timestep withdrawn.
		assert_refused(|| create(1, NOW + 19, NOW + 25), Error::FeederLimitExceeded);
		assert_ok!(create(4_000, NOW + 20, NOW + 25));
		assert_refused(|| withdraw(Production, 1, NOW + 5, NOW + 5), Error::WrongPath);
		// New limits, and the same status again, change nothing of that.
		assert_ok!(limit_production(METER, 4_500, NOW + 15));
		assert_ok!(Registry::authorize(&authorization(METER, Path::Dso), NOW + 16));
		assert_refused(|| create(1, NOW + 19, NOW + 25), Error::FeederLimitExceeded);
		assert_refused(|| create(1_001, NOW + 20, NOW + 25), Error::FeederLimitExceeded);
		assert_ok!(create(1_000, NOW + 20, NOW + 25));
		// Back on its own path it has what it left.
		assert_ok!(Registry::authorize(&authorization(METER, Path::Meter), NOW + 30));
		assert_refused(|| create(1, NOW + 31, NOW + 31), Error::FeederLimitExceeded);
		assert_ok!(withdraw(Production, 5_000, NOW + 31, NOW + 31));
	});
}

#[test]
fn create_should_hold_for_limits_from_a_far_time_on() {
	build_and_execute(|| {
		let far = u64::MAX - 10;
		let highest = Authorization {
			limits: petra_primitives::Limits { max_production: u64::MAX, ..LIMITS },
			..authorization(21, Path::Dso)
		};
		assert_ok!(Registry::authorize(&highest, far));
		assert_refused(|| create(5_001, far, u64::MAX), Error::FeederLimitExceeded);
		assert_ok!(create(u64::MAX, far + 1, u64::MAX));
		assert_refused(|| create(5_001, far + 1, u64::MAX), Error::FeederLimitExceeded);
		assert_ok!(create(5_000, far, u64::MAX));
	});
}
