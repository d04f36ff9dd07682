use super::*;
use frame_support::weights::Weight;

type Nonce = <Test as frame_system::Config>::Nonce;

/// Corrupts a sound state, and expects to be told how.
fn reported(corrupt: impl FnOnce(), message: &'static str) {
	ExtBuilder::default().build().execute_with(|| {
		assert_ok!(signed(MEMBER, write(2)).apply().unwrap());
		assert_ok!(FreeCalls::do_try_state());
		corrupt();
		assert_eq!(FreeCalls::do_try_state(), Err(message.into()));
	});
}

fn usage(window: u32, used: u32, from_window: u32) {
	let standing = Standing::Key;
	Usage::<Test>::insert(MEMBER, QuotaUsage { window, used, from_window, standing });
}

#[test]
fn try_state_should_report_rules_of_zero() {
	let message = "quota or window is zero";
	reported(|| QuotaRules::<Test>::put(Rules { quota: 0, window: 1 }), message);
	reported(|| QuotaRules::<Test>::put(Rules { quota: 1, window: 0 }), message);
}

#[test]
fn try_state_should_report_a_share_that_is_exceeded() {
	let corrupt =
		|| FreeWeight::<Test>::put(FreeCalls::share().saturating_add(Weight::from_parts(1, 0)));
	reported(corrupt, "free calls exceed their share");
}

#[test]
fn try_state_should_report_a_quota_without_account() {
	let corrupt = || FreeCalls::grant(&77, AddressMaker::Dso);
	reported(corrupt, "an address without account has a quota");
}

#[test]
fn try_state_should_report_a_quota_that_is_exceeded() {
	reported(|| usage(0, QUOTA + 1, 0), "an address used more than its quota");
}

#[test]
fn try_state_should_report_a_quota_that_begins_too_late() {
	reported(|| usage(0, 0, 2), "a quota begins later than in the next window");
}

#[test]
fn try_state_should_report_use_ahead_of_time() {
	reported(|| usage(1, 1, 0), "an address used its quota in a window ahead");
}

#[test]
fn try_state_should_report_use_before_the_quota_began() {
	reported(|| usage(0, 1, 1), "an address used its quota before it began");
}

#[test]
fn try_state_should_report_a_nonce_that_is_not_in_the_queue() {
	let corrupt = || NonceFloors::<Test>::insert(MEMBER, Nonce::from(9u32));
	reported(corrupt, "a nonce that is kept is not in the queue");
}

#[test]
fn try_state_should_report_a_queue_with_too_many_entries() {
	let corrupt = || FloorQueue::<Test>::insert([0; 8], MEMBER, ());
	reported(corrupt, "the queue has a nonce that is not kept");
}

fn making(made: u64, window: u32, before: u64) {
	Makers::<Test>::insert(AddressMaker::Meter(METER), Making { made, window, before });
}

#[test]
fn try_state_should_report_a_maker_that_made_less_than_before() {
	reported(|| making(1, 0, 2), "a maker made less than before");
}

#[test]
fn try_state_should_report_an_address_made_ahead_of_time() {
	reported(|| making(1, 1, 0), "a maker made an address in a window ahead");
}

#[test]
fn try_state_should_report_a_place_that_nobody_made() {
	reported(
		|| Makers::<Test>::remove(AddressMaker::Meter(METER)),
		"an address has a place that nobody made",
	);
}

#[test]
fn try_state_should_report_too_many_addresses_in_front() {
	let place = Place { maker: AddressMaker::Meter(METER), before: 0 };
	let corrupt = || {
		Usage::<Test>::mutate(RICH, |usage| {
			let usage = usage.as_mut().unwrap();
			usage.standing = Standing::Made { first: place, other: None };
		})
	};
	reported(corrupt, "a maker has more addresses in front than it made");
}
