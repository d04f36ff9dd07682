use super::*;
use codec::Encode;
use frame_support::traits::Get;
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
		FreeCalls::grant(&MEMBER);
		for replayed in [first, second] {
			assert_eq!(replayed.validate(), Err(InvalidTransaction::Stale.into()));
			assert_invalid(replayed, InvalidTransaction::Stale.into());
		}
		assert_ok!(signed(MEMBER, write(1)).apply().unwrap());
	});
}
