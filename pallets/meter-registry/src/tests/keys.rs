//! Keys and their accounts.

use crate::{mock::*, Keys, Retired};
use frame_support::assert_ok;
use frame_system::Account;
use petra_primitives::{
	Authorization, MeterAdministration, MeterAdministrationError as Error, MeterLimits, Path,
};

fn with_key(pubkey: u64) -> Authorization<u64> {
	Authorization { pubkey, ..authorization(METER, Path::Meter) }
}

fn is_held(key: u64) -> bool {
	System::sufficients(&key) == 1
}

#[test]
fn key_should_be_able_to_sign_as_soon_as_it_is_recorded() {
	build_and_execute(|| {
		assert!(Registry::is_meter_key(&KEY) && is_held(KEY));
		assert_eq!(Granted::get(), [KEY, KEY_DSO]);
		// Also if the meter is authorised much later only.
		assert_ok!(Registry::authorize(&authorization(11, Path::Meter), NOW + 900));
		assert!(Registry::is_meter_key(&111) && is_held(111));
		assert_eq!(Granted::get(), [KEY, KEY_DSO, 111]);
		assert!(!Registry::is_meter_key(&999));
	});
}

#[test]
fn key_should_be_refused_when_another_meter_has_it() {
	build_and_execute(|| {
		assert_refused(|| Registry::authorize(&with_key(KEY_DSO), NOW), Error::KeyInUse);
		let stolen = Authorization { pubkey: KEY, ..authorization(11, Path::Meter) };
		assert_refused(|| Registry::authorize(&stolen, NOW), Error::KeyInUse);
		// Once it is given up, another may have it.
		assert_ok!(Registry::authorize(&with_key(777), NOW));
		assert_ok!(Registry::authorize(&stolen, NOW));
		assert_eq!((Keys::<Test>::get(777), Keys::<Test>::get(KEY)), (Some(METER), Some(11)));
	});
}

#[test]
fn key_should_be_kept_when_it_is_authorized_again() {
	build_and_execute(|| {
		assert_ok!(Registry::authorize(&with_key(KEY), NOW + 5));
		assert!(is_held(KEY));
		assert_eq!(Retired::<Test>::iter().count(), 0);
	});
}

#[test]
fn replaced_key_should_be_held_until_the_block_number_has_passed_its_nonce() {
	build_and_execute(|| {
		// The account began at nonce 1, in block 1, and signed nine extrinsics.
		Account::<Test>::mutate(KEY, |account| (0..9).for_each(|_| account.nonce += 1u64.into()));
		assert_ok!(Registry::authorize(&with_key(777), NOW));
		assert!(!Registry::is_meter_key(&KEY) && is_held(KEY) && is_held(777));
		run_to(10);
		assert!(is_held(KEY));
		// It signs once more.
		System::inc_account_nonce(KEY);
		run_to(12);
		assert!(is_held(KEY));
		Registry::do_try_state().unwrap();
		run_to(13);
		assert!(!Account::<Test>::contains_key(KEY) && is_held(777));
		assert_eq!(Retired::<Test>::iter().count(), 0);
		// If the account comes back, nothing that it signed is valid again.
		assert!(System::account_nonce(KEY) > 11u64.into());
	});
}

#[test]
fn replaced_key_should_be_held_on_when_it_is_registered_again() {
	build_and_execute(|| {
		assert_ok!(Registry::authorize(&with_key(777), NOW));
		assert_ok!(Registry::authorize(&with_key(KEY), NOW));
		assert!(is_held(KEY) && is_held(777));
		assert_eq!(Retired::<Test>::iter_keys().collect::<Vec<_>>(), [777]);
		run_to(30);
		assert!(is_held(KEY) && !Account::<Test>::contains_key(777));
	});
}

#[test]
fn replaced_keys_should_be_released_in_bounded_steps() {
	build_and_execute(|| {
		for key in 1_000..1_300 {
			assert_ok!(Registry::authorize(&with_key(key), NOW));
		}
		let left = || Retired::<Test>::iter().count();
		assert_eq!(left(), 300);
		run_to(2);
		assert_eq!(left(), 300);
		for expected in [172, 44, 0] {
			run_to(System::block_number() + 1);
			assert_eq!(left(), expected);
		}
	});
}
