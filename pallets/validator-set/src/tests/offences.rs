use super::*;

#[test]
fn offender_should_be_removed_and_disabled_while_it_serves() {
	ExtBuilder::default().build_and_execute(|| {
		offend_now(2);
		assert_eq!(events(), vec![Event::OffenderRemoved { account: 2 }]);
		assert_eq!(Validators::<Test>::get(), vec![1, 3]);
		assert_eq!(disabled(), vec![2]);
		assert_eq!(TimesDisabled::get(), 1);
		next_session();
		assert_eq!(Session::validators(), vec![1, 2, 3]);
		assert_eq!(disabled(), vec![2]);
		next_session();
		assert_eq!(Session::validators(), vec![1, 3]);
		assert_eq!(disabled(), NOBODY);
		assert!(!ValidatorSet::has_keys(&2));
	});
}

#[test]
fn offender_should_stay_disabled_when_the_set_changes_while_it_serves() {
	ExtBuilder::default().validators(&[1, 2, 3, 4]).build_and_execute(|| {
		assert_ok!(remove(1));
		next_session();
		offend_now(3);
		assert_eq!(disabled(), vec![3]);
		// The session pallet forgets who was disabled, and 3 has another index now.
		next_session();
		assert_eq!(Session::validators(), vec![2, 3, 4]);
		assert_eq!(disabled(), vec![3]);
		assert_eq!(TimesDisabled::get(), 2);
		next_session();
		assert_eq!(Session::validators(), vec![2, 4]);
	});
}

#[test]
fn offender_should_be_disabled_only_when_too_few_would_remain() {
	ExtBuilder::default().validators(&[1, 2]).build_and_execute(|| {
		offend_now(2);
		assert_eq!(events(), vec![Event::OffenderDisabled { account: 2 }]);
		assert_eq!(Validators::<Test>::get(), vec![1, 2]);
		assert_eq!(PendingOffenders::<Test>::get(), vec![2]);
		assert_eq!(disabled(), vec![2]);
		sessions(4);
		assert_eq!(Session::validators(), vec![1, 2]);
		assert_eq!(disabled(), vec![2]);
		assert_eq!(events(), vec![]);
	});
}

#[test]
fn pending_offender_should_stay_disabled_when_keys_rotate() {
	ExtBuilder::default().validators(&[1, 2]).build_and_execute(|| {
		offend_now(2);
		assert_ok!(set_keys(1, 11));
		sessions(2);
		assert_eq!(Authorities::get(), vec![11, 2]);
		assert_eq!(disabled(), vec![2]);
		assert_eq!(TimesDisabled::get(), 2);
	});
}

#[test]
fn pending_offender_should_be_removed_when_a_replacement_is_queued() {
	ExtBuilder::default().validators(&[1, 2]).build_and_execute(|| {
		System::inc_providers(&3);
		assert_ok!(set_keys(3, 3));
		offend_now(2);
		events();
		assert_ok!(add(3));
		assert_eq!(
			events(),
			vec![Event::ValidatorAdded { account: 3 }, Event::OffenderRemoved { account: 2 }]
		);
		assert_eq!(PendingOffenders::<Test>::get(), vec![]);
		next_session();
		assert_eq!(disabled(), vec![2]);
		next_session();
		assert_eq!(Session::validators(), vec![1, 3]);
		assert_eq!(disabled(), NOBODY);
		assert!(!ValidatorSet::has_keys(&2));
	});
}

#[test]
fn pending_offender_should_wait_until_the_replacement_has_keys() {
	ExtBuilder::default().validators(&[1, 2]).build_and_execute(|| {
		offend_now(2);
		assert_ok!(add(3));
		sessions(2);
		assert_eq!(PendingOffenders::<Test>::get(), vec![2]);
		events();
		assert_ok!(set_keys(3, 3));
		next_session();
		assert_eq!(events(), vec![Event::OffenderRemoved { account: 2 }]);
		next_session();
		assert_eq!(Session::validators(), vec![1, 3]);
	});
}

#[test]
fn pending_offender_should_be_removable_by_the_regulator_when_there_is_room() {
	ExtBuilder::default().validators(&[1, 2]).build_and_execute(|| {
		offend_now(2);
		assert_noop!(remove(2), Error::<Test>::TooFewValidators);
		add_keyed(3);
		assert_ok!(remove(2));
		assert_eq!(PendingOffenders::<Test>::get(), vec![]);
		next_session();
		assert_eq!(disabled(), vec![2]);
	});
}

#[test]
fn the_last_that_makes_blocks_should_be_kept() {
	ExtBuilder::default().validators(&[1, 2]).build_and_execute(|| {
		offend(&[1, 2], 0);
		assert_eq!(
			events(),
			vec![
				Event::OffenderDisabled { account: 1 },
				Event::OffenderDisabled { account: 2 },
				Event::OffenderKept { account: 2 },
			]
		);
		assert_eq!(disabled(), vec![1]);
		// Two replacements take over from both.
		add_keyed(3);
		add_keyed(4);
		next_session();
		assert_eq!(Validators::<Test>::get(), vec![3, 4]);
		next_session();
		assert_eq!(Session::validators(), vec![3, 4]);
		assert_eq!(disabled(), NOBODY);
	});
}

#[test]
fn kept_offender_should_be_disabled_when_somebody_else_can_make_blocks() {
	ExtBuilder::default().validators(&[1, 2]).build_and_execute(|| {
		offend(&[1, 2], 0);
		add_keyed(3);
		sessions(2);
		// Room for one of the two: the first to offend went, the other stays and is disabled now.
		assert_eq!(Session::validators(), vec![2, 3]);
		assert_eq!(disabled(), vec![2]);
	});
}

#[test]
fn several_offenders_should_be_removed_until_too_few_remain() {
	ExtBuilder::default().validators(&[1, 2, 3, 4]).build_and_execute(|| {
		offend(&[4, 2, 3], 0);
		assert_eq!(Validators::<Test>::get(), vec![1, 3]);
		assert_eq!(PendingOffenders::<Test>::get(), vec![3]);
		assert_eq!(disabled(), vec![2, 3, 4]);
		sessions(2);
		assert_eq!(Session::validators(), vec![1, 3]);
		assert_eq!(disabled(), vec![3]);
	});
}

#[test]
fn offence_should_do_nothing_when_the_offender_is_gone() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(remove(3));
		sessions(2);
		events();
		{
			let _unchanged = StorageNoopGuard::default();
			offend(&[3, 77], 0);
		}
		// The same offence of somebody who is there counts.
		offend(&[2], 0);
		assert_eq!(PendingOffenders::<Test>::get(), vec![2]);
	});
}

#[test]
fn offence_should_do_nothing_when_it_was_punished() {
	ExtBuilder::default().validators(&[1, 2, 3]).build_and_execute(|| {
		offend(&[3, 2], 0);
		events();
		let _unchanged = StorageNoopGuard::default();
		offend(&[3, 2], 0);
	});
}

#[test]
fn offence_should_disable_who_is_leaving() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(remove(3));
		offend_now(3);
		assert_eq!(disabled(), vec![3]);
		next_session();
		assert_eq!(disabled(), vec![3]);
	});
}

#[test]
fn offence_should_do_nothing_when_the_regulator_added_the_account_again_since() {
	ExtBuilder::default().build_and_execute(|| {
		next_session();
		offend(&[3], 1);
		assert_eq!(disabled(), vec![3]);
		next_session();
		assert_ok!(add(3));
		assert_eq!(disabled(), NOBODY, "an account that is added again works again");
		let before = Validators::<Test>::get();
		// Another offender at the same time: offences reports both again.
		offend(&[3], 1);
		assert_eq!(Validators::<Test>::get(), before);
		// What it does from now on counts.
		offend(&[3], 2);
		assert_eq!(Validators::<Test>::get(), vec![1, 2]);
	});
}

#[test]
fn kept_offender_should_be_disabled_when_another_is_added_again() {
	ExtBuilder::default().build_and_execute(|| {
		offend(&[1, 2, 3], 0);
		assert_eq!(disabled(), vec![1, 2]);
		assert_ok!(add(1));
		assert_eq!(disabled(), vec![2, 3]);
	});
}
