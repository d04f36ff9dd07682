use super::*;
use codec::Encode;
use frame_support::{
	traits::{Get, Hooks},
	weights::Weight,
};
use scale_info::TypeInfo;

type Nonce = <Test as frame_system::Config>::Nonce;

#[test]
fn nonce_should_begin_at_the_block_number() {
	ExtBuilder::default().build_and_execute(|| {
		run_to(7);
		assert_eq!(<BlockNumberNonce<Test> as Get<u32>>::get(), 7);
		assert_eq!(nonce_of(9), 7);
		System::inc_sufficients(&9);
		run_to(20);
		// It stays what it was when the account began.
		assert_eq!(nonce_of(9), 7);
		assert_eq!(nonce_of(8), 20);
	});
}

#[test]
fn nonce_should_look_like_a_plain_number() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!(Nonce::type_info(), u32::type_info());
		assert_eq!(Nonce::from(5u32).encode(), 5u32.encode());
	});
}

#[test]
fn nothing_should_be_replayed_when_an_address_comes_back() {
	ExtBuilder::default().build_and_execute(|| {
		let first = signed(MEMBER, write(1));
		assert_ok!(first.clone().apply().unwrap());
		let second = signed(MEMBER, leave());
		assert_ok!(second.clone().apply().unwrap());
		assert!(!System::account_exists(&MEMBER));
		// The block number has passed the nonce, so the address may go, and comes back.
		run_to(4);
		System::inc_sufficients(&MEMBER);
		FreeCalls::grant(&MEMBER, AddressMaker::Meter(METER));
		for replayed in [first, second] {
			assert_eq!(replayed.validate(), Err(InvalidTransaction::Stale.into()));
			assert_invalid(replayed, InvalidTransaction::Stale.into());
		}
		assert_ok!(signed(MEMBER, write(1)).apply().unwrap());
	});
}

/// An account that begins in this block, with some money.
const BRIEF: AccountId = 50;

fn fund(who: AccountId) {
	assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), who, 10 * Balance::from(UNIT)));
}

fn spend_all() -> RuntimeCall {
	pallet_balances::Call::transfer_all { dest: RICH, keep_alive: false }.into()
}

#[test]
fn nothing_should_be_replayed_when_an_address_comes_back_before_the_block_number_has_passed_its_nonce(
) {
	ExtBuilder::default().build_and_execute(|| {
		run_to(5);
		fund(BRIEF);
		let first = signed(BRIEF, remark());
		assert_ok!(first.clone().apply().unwrap());
		let second = signed(BRIEF, spend_all());
		assert_ok!(second.clone().apply().unwrap());
		assert!(!System::account_exists(&BRIEF));
		// In the same block, and in the next, whose number was used as a nonce.
		for block in [5, 6] {
			run_to(block);
			fund(BRIEF);
			assert_eq!(nonce_of(BRIEF), block);
			assert_eq!(*FreeCalls::next_nonce(&BRIEF), 7);
			for replayed in [&first, &second] {
				assert_eq!(replayed.validate(), Err(InvalidTransaction::Stale.into()));
				assert_invalid(replayed.clone(), InvalidTransaction::Stale.into());
			}
			assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), BRIEF, 0));
		}
		fund(BRIEF);
		assert_ok!(signed(BRIEF, remark()).nonce(7).apply().unwrap());
		assert_eq!(nonce_of(BRIEF), 8);
	});
}

#[test]
fn kept_nonces_should_be_forgotten_when_the_block_number_has_passed_them() {
	ExtBuilder::default().build_and_execute(|| {
		run_to(5);
		for who in [BRIEF, BRIEF + 1] {
			fund(who);
			assert_ok!(signed(who, spend_all()).apply().unwrap());
		}
		fund(BRIEF);
		let idle = || FreeCalls::on_idle(System::block_number(), Weight::MAX);
		idle();
		assert_eq!(NonceFloors::<Test>::iter().count(), 2);
		run_to(6);
		// Room for one step: each takes 1 000.
		FreeCalls::on_idle(6, Weight::from_parts(1_999, 0));
		assert_eq!(NonceFloors::<Test>::iter().count(), 1);
		assert_ok!(FreeCalls::do_try_state());
		idle();
		assert_eq!(NonceFloors::<Test>::iter().count(), 0);
		assert_eq!(FloorQueue::<Test>::iter().count(), 0);
		// Who was back goes on where the address ended.
		assert_eq!(nonce_of(BRIEF), 6);
	});
}

#[test]
fn no_nonce_should_be_kept_when_the_block_number_has_passed_it() {
	ExtBuilder::default().build_and_execute(|| {
		run_to(5);
		fund(BRIEF);
		run_to(6);
		assert_ok!(signed(BRIEF, spend_all()).apply().unwrap());
		assert!(!System::account_exists(&BRIEF));
		assert_eq!(NonceFloors::<Test>::iter().count(), 0);
	});
}
