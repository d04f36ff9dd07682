//! Meters: authorisations, bans, limits.

use super::*;
use crate::{Error, Event};
use petra_primitives::Limits;
use sp_runtime::DispatchError::BadOrigin;

#[test]
fn regulate_should_authorize_and_ban() {
	build_and_execute(|| {
		assert_regulated(meters(vec![meter(1), meter(2)], vec![], NOW));
		assert_regulated(meters(vec![meter(3)], vec![1, 2], NOW + 1));
		assert_eq!(
			events(),
			vec![
				Event::MeterAuthorized { meter: 1, feeder: 1, time: NOW },
				Event::MeterAuthorized { meter: 2, feeder: 1, time: NOW },
				Event::Regulated { time: NOW, price_consumption: 0, price_production: 0 },
				Event::MeterAuthorized { meter: 3, feeder: 1, time: NOW + 1 },
				Event::MeterBanned { meter: 1, time: NOW + 1 },
				Event::MeterBanned { meter: 2, time: NOW + 1 },
				Event::Regulated { time: NOW + 1, price_consumption: 0, price_production: 0 },
			]
		);
		assert!(!Register::get(1).unwrap().authorized);
		assert!(Register::get(3).unwrap().authorized);
		assert_eq!(Register::get(3).unwrap().time, NOW + 1);
	});
}

#[test]
fn regulate_should_fail_when_a_meter_is_both_authorized_and_banned() {
	build_and_execute(|| {
		let both = meters(vec![meter(1), meter(2)], vec![2], NOW);
		assert_refused(RuntimeOrigin::root(), both, Error::<Test>::AuthorizedAndBanned);
		assert_regulated(meters(vec![meter(1), meter(2)], vec![], NOW));
	});
}

#[test]
fn regulate_should_fail_when_a_meter_is_listed_twice() {
	build_and_execute(|| {
		let twice = meters(vec![meter(1), Authorization { pubkey: 5, ..meter(1) }], vec![], NOW);
		assert_refused(RuntimeOrigin::root(), twice, Error::<Test>::MeterListedTwice);
		assert_regulated(meters(vec![meter(1)], vec![], NOW));
		let twice = meters(vec![], vec![1, 1], NOW);
		assert_refused(RuntimeOrigin::root(), twice, Error::<Test>::MeterListedTwice);
		assert_regulated(meters(vec![], vec![1], NOW));
	});
}

#[test]
fn regulate_should_change_nothing_when_its_last_part_fails() {
	build_and_execute(|| {
		let regulation = |production| RegulatoryTransaction {
			authorize: vec![meter(1)].try_into().unwrap(),
			price_consumption: Some(100),
			price_production: Some(production),
			..nothing(NOW)
		};
		let reversed = Call::regulate { regulation: regulation(200) };
		assert_refused(RuntimeOrigin::root(), reversed, Error::<Test>::PricesReversed);
		assert_eq!(Register::get(1), None);
		assert_regulated(Call::regulate { regulation: regulation(100) });
		assert!(Register::get(1).is_some());
	});
}

#[test]
fn regulate_should_name_what_the_register_refuses() {
	build_and_execute(|| {
		let root = RuntimeOrigin::root;
		let unknown = meters(vec![meter(1)], vec![2], NOW);
		assert_refused(root(), unknown, Error::<Test>::MeterNotFound);
		let stolen = meters(vec![meter(1), Authorization { pubkey: 101, ..meter(2) }], vec![], NOW);
		assert_refused(root(), stolen, Error::<Test>::KeyInUse);
		let full = meters(vec![meter(1), meter(FULL_METER)], vec![], NOW);
		assert_refused(root(), full, Error::<Test>::TooManyChanges);
		assert_regulated(meters(
			vec![meter(1), Authorization { feeder: FEEDER_IN_USE, ..meter(2) }],
			vec![],
			NOW,
		));
		let moved = meters(vec![meter(2)], vec![1], NOW);
		assert_refused(root(), moved, Error::<Test>::FeederInUse);
		let stays = Authorization { feeder: FEEDER_IN_USE, pubkey: 9, ..meter(2) };
		assert_regulated(meters(vec![stays], vec![1], NOW));
		assert_eq!(Register::get(2).unwrap().pubkey, 9);
	});
}

#[test]
fn set_limits_should_change_limits() {
	build_and_execute(|| {
		let limits = Limits { max_production: 1, max_consumption: 2, max_financial: 3 };
		let call = |time| Call::set_limits { meter: 1, limits, time };
		assert_refused(RuntimeOrigin::root(), call(NOW), Error::<Test>::MeterNotFound);
		assert_regulated(meters(vec![meter(1)], vec![], NOW));
		assert_refused(RuntimeOrigin::signed(1), call(NOW), BadOrigin);
		assert_refused(RuntimeOrigin::root(), call(NOW - 1), Error::<Test>::TimeInPast);
		assert_regulated(call(NOW));
		assert_eq!(Register::get(1).unwrap().limits, limits);
		assert_eq!(events().last(), Some(&Event::LimitsSet { meter: 1, limits, time: NOW }));
	});
}

#[test]
fn every_call_should_be_operational() {
	use frame_support::dispatch::{DispatchClass, GetDispatchInfo};
	use petra_primitives::MarketMode;
	let limits = Limits::default();
	let calls = [
		meters(vec![meter(1)], vec![2], NOW),
		Call::set_limits { meter: 1, limits, time: NOW },
		Call::set_feeder_limits { feeder: 1, limits: None, time: NOW },
		Call::set_market { mode: MarketMode::DoubleAuction, time: NOW },
		Call::publish_control_signal { start: NOW, end: NOW, power_change: 1 },
		Call::set_issuer { issuer: None },
		Call::set_parameters { parameters: parameters() },
	];
	for call in calls {
		assert_eq!(call.get_dispatch_info().class, DispatchClass::Operational);
	}
}
