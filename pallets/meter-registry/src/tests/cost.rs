//! What a withdrawal costs does not depend on the number of meters, and hardly on intervals.

use crate::mock::*;
use frame_support::assert_ok;
use petra_primitives::{Limits, MeterAdministration, MeterId, MeterLimits, Path, Timestep};

/// November 2026 in timesteps of 4 seconds, and a week of them.
const NOW_IN_4_SECONDS: Timestep = 448_750_000;
const WEEK: Timestep = 151_200;

/// Accesses to pages and roots that a withdrawal by a meter, one by the DSO, and a change of limits on the DSO path
/// make, for week-long assets, on a feeder with so many meters.
fn costs(meters: MeterId) -> [u32; 3] {
	let mut costs = [0; 3];
	new_test_ext().execute_with(|| {
		Time::set(NOW_IN_4_SECONDS);
		Units::mutate(|units| units.horizon = WEEK + 100);
		for id in 0..meters {
			let path = if id % 2 == 0 { Path::Meter } else { Path::Dso };
			assert_ok!(Registry::authorize(&authorization(id, path), NOW_IN_4_SECONDS));
		}
		let asset = |n| {
			let start = NOW_IN_4_SECONDS + 2 + 3 * u64::from(n);
			request(Production, 1, start, start + WEEK - 1 - 50)
		};
		for id in (0..meters.min(1_000)).step_by(2) {
			let one = [asset(id % 16)];
			assert_ok!(Registry::withdraw(&(100 + u64::from(id)), id, &one, 0));
			assert_ok!(Registry::withdraw_for_feeder(FEEDER, &asset(id % 15)));
		}
		costs = [
			accesses(|| {
				assert_ok!(Registry::withdraw(&100, 0, &[asset(7)], 0));
			}),
			accesses(|| {
				assert_ok!(Registry::withdraw_for_feeder(FEEDER, &asset(8)));
			}),
			accesses(|| {
				let limits = Limits { max_production: 1_000, ..LIMITS };
				assert_ok!(Registry::set_limits(1, limits, NOW_IN_4_SECONDS + 1_000));
			}),
		];
		assert_eq!(Registry::meters_on(FEEDER), meters);
		Registry::do_try_state().unwrap();
	});
	costs
}

#[test]
fn cost_should_not_depend_on_the_number_of_meters() {
	let (few, many) = (costs(10), costs(10_000));
	for (few, many) in few.into_iter().zip(many) {
		assert!(2 * many <= 3 * few, "{few} accesses with 10 meters, {many} with 10 000");
	}
	// Two series, each with a root read twice and written once; at most 8 pages below it read twice and written once.
	assert!(many.iter().all(|accesses| *accesses <= 2 * (3 + 8 * 3)), "{many:?}");
}

#[test]
fn cost_should_hardly_depend_on_the_length_of_intervals() {
	build_and_execute(|| {
		Time::set(NOW_IN_4_SECONDS);
		Units::mutate(|units| units.horizon = WEEK);
		assert_ok!(withdraw(Production, 1, NOW_IN_4_SECONDS + 2, NOW_IN_4_SECONDS + WEEK));
		let of_length = |length| {
			let start = NOW_IN_4_SECONDS + 200;
			accesses(|| {
				assert_ok!(withdraw(Production, 1, start, start + length - 1));
			})
		};
		let (timestep, week) = (of_length(1), of_length(WEEK - 250));
		assert!(week <= 2 * timestep, "{timestep} accesses for a timestep, {week} for a week");
	});
}
