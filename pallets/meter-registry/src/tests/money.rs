//! How much money a meter may withdraw.

use crate::mock::*;
use frame_support::assert_ok;
use petra_primitives::{Limits, MeterAdministration, Path, WithdrawalError as Error};

fn money(amount: u128) -> Result<u32, Error> {
	withdraw_all(&[], amount)
}

#[test]
fn money_should_be_bounded_per_billing_period() {
	build_and_execute(|| {
		// NOW begins a period: 1 000 = 5 × 200.
		Time::set(NOW + 1);
		assert_ok!(money(200));
		assert_refused(|| money(101), Error::FinancialLimitExceeded);
		assert_ok!(money(100));
		Time::set(NOW + 199);
		assert_refused(|| money(1), Error::FinancialLimitExceeded);
		Time::set(NOW + 200);
		assert_refused(|| money(301), Error::FinancialLimitExceeded);
		assert_ok!(money(300));
		assert_refused(|| money(u128::MAX), Error::Overflow);
	});
}

#[test]
fn money_should_need_authorization_now() {
	build_and_execute(|| {
		// The authorisation's time is NOW.
		assert_refused(|| money(1), Error::MeterNotAuthorized);
		Time::set(NOW + 1);
		assert_ok!(money(1));
		assert_ok!(Registry::ban(METER, NOW + 1));
		assert_ok!(money(1));
		Time::set(NOW + 2);
		assert_refused(|| money(1), Error::MeterNotAuthorized);
		assert_ok!(Registry::authorize(&authorization(METER, Path::Dso), NOW + 2));
		Time::set(NOW + 3);
		assert_refused(|| money(1), Error::WrongPath);
		assert_ok!(Registry::authorize(&authorization(METER, Path::Meter), NOW + 3));
		Time::set(NOW + 4);
		// What was withdrawn stays with the id.
		assert_refused(|| money(299), Error::FinancialLimitExceeded);
		assert_ok!(money(298));
	});
}

#[test]
fn money_should_be_bounded_by_the_limit_in_force_now() {
	build_and_execute(|| {
		assert_ok!(Registry::set_limits(METER, Limits { max_financial: 50, ..LIMITS }, NOW + 10));
		Time::set(NOW + 10);
		assert_ok!(money(100));
		Time::set(NOW + 11);
		assert_refused(|| money(1), Error::FinancialLimitExceeded);
		Time::set(NOW + 200);
		assert_ok!(money(50));
	});
}

#[test]
fn money_and_energy_should_be_withdrawn_together_or_not_at_all() {
	build_and_execute(|| {
		Time::set(NOW + 1);
		let both =
			|power, amount| withdraw_all(&[request(Production, power, 1_005, 1_009)], amount);
		assert_refused(|| both(5_001, 300), Error::LimitExceeded);
		assert_refused(|| both(5_000, 301), Error::FinancialLimitExceeded);
		assert_ok!(transactional(|| both(5_000, 300)));
		assert_refused(|| both(1, 0), Error::LimitExceeded);
		assert_refused(|| both(0, 1), Error::FinancialLimitExceeded);
	});
}
