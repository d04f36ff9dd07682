//! Limits of feeders.

use super::*;
use crate::{Error, Event};
use petra_primitives::{FeederLimits, MarketRules};
use sp_runtime::DispatchError::BadOrigin;

const NARROW: FeederLimits = FeederLimits { internal: 1_000, external: 500 };
const WIDE: FeederLimits = FeederLimits { internal: 9_000, external: 5_000 };

fn set(limits: Option<FeederLimits>, time: Timestep) -> Call<Test> {
	Call::set_feeder_limits { feeder: 1, limits, time }
}

#[test]
fn feeder_limits_should_be_read_in_runs_that_cover_the_interval() {
	build_and_execute(|| {
		assert_eq!(Regulation::feeder_limits(1, 5, 9), vec![(5, 9, None)]);
		assert_regulated(set(Some(NARROW), NOW));
		assert_regulated(set(Some(WIDE), NOW + 10));
		assert_regulated(set(None, NOW + 20));
		let limits = |from, to| Regulation::feeder_limits(1, from, to);
		assert_eq!(
			limits(NOW - 3, NOW + 30),
			vec![
				(NOW - 3, NOW, None),
				(NOW + 1, NOW + 10, Some(NARROW)),
				(NOW + 11, NOW + 20, Some(WIDE)),
				(NOW + 21, NOW + 30, None),
			]
		);
		assert_eq!(limits(NOW + 1, NOW + 10), vec![(NOW + 1, NOW + 10, Some(NARROW))]);
		assert_eq!(
			limits(NOW + 10, NOW + 11),
			vec![(NOW + 10, NOW + 10, Some(NARROW)), (NOW + 11, NOW + 11, Some(WIDE))]
		);
		assert_eq!(limits(NOW + 50, u64::MAX), vec![(NOW + 50, u64::MAX, None)]);
		assert_eq!(limits(5, 4), vec![]);
		assert_eq!(Regulation::feeder_limits(2, NOW + 5, NOW + 9), vec![(NOW + 5, NOW + 9, None)]);
		let limits = Some(NARROW);
		assert_eq!(events()[0], Event::FeederLimitsSet { feeder: 1, limits, time: NOW });
	});
}

#[test]
fn set_feeder_limits_should_fail_when_time_is_past() {
	build_and_execute(|| {
		let past = set(Some(NARROW), NOW - 1);
		assert_refused(RuntimeOrigin::root(), past, Error::<Test>::TimeInPast);
		assert_regulated(set(Some(NARROW), NOW));
	});
}

#[test]
fn set_feeder_limits_should_fail_when_the_origin_is_not_the_regulator() {
	build_and_execute(|| {
		assert_refused(RuntimeOrigin::signed(1), set(None, NOW), BadOrigin);
		assert_regulated(set(None, NOW));
	});
}

#[test]
fn set_feeder_limits_should_fail_when_there_is_no_room() {
	build_and_execute(|| {
		(0..8).for_each(|i| assert_regulated(set(Some(NARROW), NOW + i)));
		let ninth = set(Some(WIDE), NOW + 8);
		assert_refused(RuntimeOrigin::root(), ninth, Error::<Test>::TooManyPolicies);
		// Replacing what is recorded needs no room.
		assert_regulated(set(Some(WIDE), NOW + 7));
	});
}
