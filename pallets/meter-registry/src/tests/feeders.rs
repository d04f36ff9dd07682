//! Which feeder a meter is on, and how many meters are on a feeder.

use crate::mock::*;
use frame_support::assert_ok;
use petra_primitives::{
	Authorization, FeederId, MeterAdministration, MeterAdministrationError as Error, MeterLimits,
	Path, WithdrawalError,
};

fn on(feeder: FeederId) -> Authorization<u64> {
	Authorization { feeder, ..authorization(METER, Path::Meter) }
}

#[test]
fn meters_on_should_count_meters_once_that_were_ever_authorized() {
	build_and_execute(|| {
		assert_eq!((Registry::meters_on(FEEDER), Registry::meters_on(2)), (2, 0));
		assert_ok!(Registry::authorize(&on(FEEDER), NOW));
		assert_eq!(Registry::meters_on(FEEDER), 2);
		assert_ok!(Registry::authorize(&on(2), NOW));
		assert_eq!((Registry::meters_on(FEEDER), Registry::meters_on(2)), (2, 1));
		assert_ok!(Registry::authorize(&on(FEEDER), NOW));
		assert_ok!(Registry::ban(METER, NOW));
		assert_eq!((Registry::meters_on(FEEDER), Registry::meters_on(2)), (2, 1));
	});
}

#[test]
fn feeder_should_not_change_while_the_meter_has_withdrawn_power_ahead() {
	build_and_execute(|| {
		assert_ok!(withdraw(Consumption, 1, NOW + 5, NOW + 9));
		assert_refused(|| Registry::authorize(&on(2), NOW + 100), Error::FeederInUse);
		// Everything else may change.
		let mut same_feeder = on(FEEDER);
		(same_feeder.pubkey, same_feeder.path) = (777, Path::Dso);
		assert_ok!(transactional(|| Registry::authorize(&same_feeder, NOW)));
		Time::set(NOW + 9);
		assert_refused(|| Registry::authorize(&on(2), NOW + 100), Error::FeederInUse);
		Time::set(NOW + 10);
		assert_ok!(Registry::authorize(&on(2), NOW + 10));
	});
}

#[test]
fn withdrawals_should_count_on_the_new_feeder_when_it_changes() {
	build_and_execute(|| {
		assert_eq!(withdraw(Production, 7, NOW + 2, NOW + 2), Ok(FEEDER));
		Time::set(NOW + 3);
		assert_ok!(Registry::authorize(&on(2), NOW + 3));
		assert_eq!(withdraw(Production, 9, NOW + 5, NOW + 5), Ok(2));
		let load = |feeder| pieces(Registry::withdrawn_on_feeder(feeder, Production, 0, u64::MAX));
		assert_eq!(load(FEEDER), [(NOW + 2, NOW + 2, 7)]);
		assert_eq!(load(2), [(NOW + 5, NOW + 5, 9)]);
	});
}

#[test]
fn limits_on_the_dso_path_should_move_with_the_meter() {
	build_and_execute(|| {
		let on_feeder = |feeder, power| {
			let one = request(Production, power, NOW + 5, NOW + 9);
			transactional(|| Registry::withdraw_for_feeder(feeder, &one))
		};
		assert_ok!(on_feeder(FEEDER, 1_000));
		assert_refused(|| on_feeder(2, 1), WithdrawalError::FeederLimitExceeded);
		let moved = Authorization { feeder: 2, ..authorization(METER_DSO, Path::Dso) };
		assert_ok!(Registry::authorize(&moved, NOW + 7));
		// The feeder changes at once, for the earlier part of the old status too.
		assert_refused(|| on_feeder(FEEDER, 1), WithdrawalError::FeederLimitExceeded);
		assert_refused(|| on_feeder(2, 5_001), WithdrawalError::FeederLimitExceeded);
		assert_ok!(on_feeder(2, 5_000));
	});
}
