use super::*;
use frame_support::BoundedVec;

/// Corrupts a sound state, and expects to be told how.
fn reported(corrupt: impl FnOnce(), message: &'static str) {
	ExtBuilder::default().build().execute_with(|| {
		assert_ok!(remove(3));
		assert_ok!(ValidatorSet::do_try_state());
		corrupt();
		assert_eq!(ValidatorSet::do_try_state(), Err(message.into()));
	});
}

fn leaver(account: AccountId) -> Leaver<AccountId> {
	Leaver { account, offender: false }
}

#[test]
fn try_state_should_report_doubled_validators() {
	let corrupt = || Validators::<Test>::put(BoundedVec::truncate_from(vec![1, 2, 1]));
	reported(corrupt, "an account is a validator twice");
}

#[test]
fn try_state_should_report_too_few_validators() {
	let corrupt = || Validators::<Test>::put(BoundedVec::truncate_from(vec![1]));
	reported(corrupt, "fewer validators than MinAuthorities");
}

#[test]
fn try_state_should_report_notes_about_strangers() {
	let corrupt = || AddedIn::<Test>::insert(9, 1);
	reported(corrupt, "AddedIn names an account that is no validator");
}

#[test]
fn try_state_should_report_doubled_offenders() {
	let corrupt = || PendingOffenders::<Test>::put(BoundedVec::truncate_from(vec![1, 1]));
	reported(corrupt, "an offender is pending twice");
}

#[test]
fn try_state_should_report_offenders_who_are_no_validators() {
	let corrupt = || PendingOffenders::<Test>::put(BoundedVec::truncate_from(vec![3]));
	reported(corrupt, "a pending offender is no validator");
}

#[test]
fn try_state_should_report_doubled_leavers() {
	let corrupt = || Leaving::<Test>::put(BoundedVec::truncate_from(vec![leaver(3), leaver(3)]));
	reported(corrupt, "an account is leaving twice");
}

#[test]
fn try_state_should_report_validators_who_leave() {
	let corrupt = || Leaving::<Test>::put(BoundedVec::truncate_from(vec![leaver(1)]));
	reported(corrupt, "a validator is leaving");
}

#[test]
fn try_state_should_report_leavers_who_do_not_serve() {
	let corrupt = || Leaving::<Test>::put(BoundedVec::truncate_from(vec![leaver(9)]));
	reported(corrupt, "an account is leaving that does not serve");
}

#[test]
fn try_state_should_report_validators_without_account() {
	let corrupt = || frame_system::Account::<Test>::remove(1);
	reported(corrupt, "the account of a validator has no provider");
}

#[test]
fn try_state_should_report_offenders_who_work() {
	let corrupt = || PendingOffenders::<Test>::put(BoundedVec::truncate_from(vec![1]));
	reported(corrupt, "an offender is not disabled");
}

#[test]
fn try_state_should_report_sessions_without_blocks() {
	reported(|| BlocksPerSession::<Test>::put(0), "a session has no blocks");
}
