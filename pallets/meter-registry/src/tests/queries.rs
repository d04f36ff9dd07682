//! What runtime APIs read.

use crate::mock::*;
use frame_support::assert_ok;
use petra_primitives::{Limits, MeterAdministration, MeterInfo, Path};

#[test]
fn meter_info_should_show_the_meter_as_it_is_now() {
	build_and_execute(|| {
		let info = |authorized, limits, path| {
			Some(MeterInfo { pubkey: KEY, feeder: FEEDER, limits, path, authorized })
		};
		assert_eq!(Registry::meter_info(11), None);
		// What it will be.
		assert_eq!(Registry::meter_info(METER), info(false, LIMITS, Path::Meter));
		Time::set(NOW + 1);
		assert_eq!(Registry::meter_info(METER), info(true, LIMITS, Path::Meter));
		let less = Limits { max_production: 1, ..LIMITS };
		assert_ok!(Registry::set_limits(METER, less, NOW + 1));
		assert_ok!(Registry::ban(METER, NOW + 2));
		assert_ok!(Registry::authorize(&authorization(METER, Path::Dso), NOW + 3));
		for (t, expected) in [
			(NOW + 1, info(true, LIMITS, Path::Meter)),
			(NOW + 2, info(true, less, Path::Meter)),
			(NOW + 3, info(false, less, Path::Meter)),
			(NOW + 4, info(true, LIMITS, Path::Dso)),
		] {
			Time::set(t);
			assert_eq!(Registry::meter_info(METER), expected);
		}
		assert_ok!(Registry::authorize(&authorization(11, Path::Meter), u64::MAX));
		let nothing = MeterInfo {
			pubkey: 111,
			feeder: FEEDER,
			limits: Limits::default(),
			path: Path::Meter,
			authorized: false,
		};
		assert_eq!(Registry::meter_info(11), Some(nothing));
	});
}

#[test]
fn withdrawn_should_show_gross_power_by_kind() {
	build_and_execute(|| {
		assert_ok!(withdraw(Production, 100, NOW + 5, NOW + 9));
		assert_ok!(withdraw(Production, 50, NOW + 8, NOW + 12));
		assert_ok!(withdraw(Consumption, 7, NOW + 8, NOW + 8));
		assert_ok!(create(1_000, NOW + 9, NOW + 9));
		let all = |kind| pieces(Registry::withdrawn(METER, kind, 0, u64::MAX));
		assert_eq!(
			all(Production),
			[(NOW + 5, NOW + 7, 100), (NOW + 8, NOW + 9, 150), (NOW + 10, NOW + 12, 50)]
		);
		assert_eq!(all(Consumption), [(NOW + 8, NOW + 8, 7)]);
		let part = pieces(Registry::withdrawn(METER, Production, NOW + 9, NOW + 10));
		assert_eq!(part, [(NOW + 9, NOW + 9, 150), (NOW + 10, NOW + 10, 50)]);
		assert_eq!(Registry::withdrawn(METER, Production, NOW + 10, NOW + 9), []);
		assert_eq!(Registry::withdrawn(METER_DSO, Production, 0, u64::MAX), []);
		// On the feeder also what the DSO created.
		let load = pieces(Registry::withdrawn_on_feeder(FEEDER, Production, NOW + 9, NOW + 9));
		assert_eq!(load, [(NOW + 9, NOW + 9, 1_150)]);
	});
}

#[test]
fn withdrawn_should_be_kept_for_the_settlement_window() {
	build_and_execute(|| {
		assert_ok!(withdraw(Production, 100, NOW + 5, NOW + 9));
		Time::set(NOW + 107);
		run_to(20);
		let left = pieces(Registry::withdrawn(METER, Production, 0, u64::MAX));
		assert_eq!(left, [(NOW + 7, NOW + 9, 100)]);
		Time::set(NOW + 110);
		assert_eq!(Registry::withdrawn(METER, Production, 0, u64::MAX), []);
	});
}

#[test]
fn headroom_should_show_what_limits_leave_in_open_timesteps() {
	build_and_execute(|| {
		assert_ok!(withdraw(Production, 100, NOW + 5, NOW + 9));
		assert_ok!(limit_production(METER, 60, NOW + 7));
		assert_ok!(Registry::authorize(&authorization(METER, Path::Dso), NOW + 12));
		assert_ok!(Registry::authorize(&authorization(METER, Path::Meter), NOW + 14));
		assert_ok!(Registry::ban(METER, NOW + 30));
		let all = pieces(Registry::headroom(METER, Production, 0, u64::MAX));
		assert_eq!(
			all,
			[
				(NOW + 2, NOW + 4, 5_000),
				(NOW + 5, NOW + 7, 4_900),
				(NOW + 10, NOW + 12, 60),
				(NOW + 15, NOW + 30, 5_000),
			]
		);
		// It is just what can be withdrawn.
		for (start, end, power) in all {
			assert!(transactional(|| withdraw(Production, power + 1, start, end)).is_err());
			assert_ok!(transactional(|| withdraw(Production, power, start, end)));
		}
		assert_eq!(Registry::headroom(METER, Production, 0, u64::MAX), []);
		assert_eq!(Registry::headroom(METER_DSO, Production, 0, u64::MAX), []);
		assert_eq!(Registry::headroom(11, Production, 0, u64::MAX), []);
		assert_eq!(Registry::headroom(METER, Consumption, NOW + 9, NOW + 8), []);
		let part = pieces(Registry::headroom(METER, Consumption, NOW + 3, NOW + 4));
		assert_eq!(part, [(NOW + 3, NOW + 4, 7_000)]);
	});
}

#[test]
fn headroom_should_end_at_the_horizon() {
	build_and_execute(|| {
		let all = pieces(Registry::headroom(METER, Production, 0, u64::MAX));
		assert_eq!(all, [(NOW + 2, NOW + 1_000, 5_000)]);
	});
}

#[test]
fn answers_should_be_bounded_when_there_are_very_many_pieces() {
	build_and_execute(|| {
		let horizon = 30_000;
		Units::mutate(|units| units.horizon = horizon);
		for t in (NOW + 2..NOW + horizon).step_by(2) {
			assert_ok!(withdraw(Production, 1, t, t));
		}
		let first = Registry::withdrawn(METER, Production, 0, u64::MAX);
		assert_eq!(first.len(), 10_000);
		let next = first.last().unwrap().end + 1;
		let rest = Registry::withdrawn(METER, Production, next, u64::MAX);
		assert_eq!(first.len() + rest.len(), 14_999);
		assert!(accesses(|| drop(Registry::withdrawn(METER, Production, 0, u64::MAX))) < 500);
		// Nothing is said of what was not read.
		let headroom = Registry::headroom(METER, Production, 0, u64::MAX);
		assert_eq!(headroom.len(), 10_000);
		assert!(headroom.iter().all(|segment| segment.power == 4_999 + (segment.start % 2)));
		assert!(headroom.iter().all(|segment| segment.start == segment.end));
	});
}
