//! Energy accounts, and who certifies producers.

use crate::{mock::*, Authorities, Call, EnergyAccounts, Error, Event};
use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo, weights::Weight};
use petra_primitives::delivery::{account_message, AccountProof};
use sp_core::H256;
use sp_runtime::DispatchError;

fn certified(by: u8, authority: u8, account_of: u8, expiry: u32, genesis: H256) -> Call<Test> {
	let signature = sign(by, &account_message(genesis, &account(account_of), expiry));
	let authority = account(authority);
	let proof = AccountProof::Certificate { authority, expiry, signature };
	Call::open_energy_account { proof }
}

fn burn() -> Call<Test> {
	Call::open_energy_account { proof: AccountProof::Burn }
}

#[test]
fn account_should_open_when_an_authority_certifies_it() {
	build_and_execute(|| {
		done(PRODUCER, open_certified(PRODUCER, 1));
		let producer = account(PRODUCER);
		assert_eq!(take_events(), [Event::EnergyAccountOpened { producer }]);
		assert!(EnergyAccounts::<Test>::contains_key(account(PRODUCER)));
		refused(PRODUCER, open_certified(PRODUCER, 1), Error::AccountExists);
	});
}

#[test]
fn account_should_not_open_when_the_certificate_is_forged() {
	build_and_execute(|| {
		let here = genesis();
		let elsewhere = H256::repeat_byte(9);
		// Signed by the producer itself, in its own name or in the authority's.
		let own = certified(PRODUCER, PRODUCER, PRODUCER, 50, here);
		refused(PRODUCER, own, Error::NotAnAuthority);
		let forged = certified(PRODUCER, AUTHORITY, PRODUCER, 50, here);
		refused(PRODUCER, forged, Error::BadProof);
		// For somebody else, for another chain, for another expiry.
		let of_another = certified(AUTHORITY, AUTHORITY, RIVAL, 50, here);
		refused(PRODUCER, of_another, Error::BadProof);
		let of_another_chain = certified(AUTHORITY, AUTHORITY, PRODUCER, 50, elsewhere);
		refused(PRODUCER, of_another_chain, Error::BadProof);
		let signature = sign(AUTHORITY, &account_message(here, &account(PRODUCER), 50));
		let authority = account(AUTHORITY);
		let proof = AccountProof::Certificate { authority, expiry: 51, signature };
		refused(PRODUCER, Call::open_energy_account { proof }, Error::BadProof);

		done(PRODUCER, certified(AUTHORITY, AUTHORITY, PRODUCER, 50, here));
	});
}

#[test]
fn account_should_not_open_when_the_certificate_has_expired() {
	build_and_execute(|| {
		System::set_block_number(11);
		refused(PRODUCER, open_certified(PRODUCER, 10), Error::ProofExpired);
		done(PRODUCER, open_certified(PRODUCER, 11));
	});
}

#[test]
fn account_should_open_when_the_producer_pays_the_dso() {
	build_and_execute(|| {
		fund(PRODUCER, BURN);
		// Nothing would be left of the account.
		refused(PRODUCER, burn(), Error::InsufficientFunds);
		fund(PRODUCER, 1);
		done(PRODUCER, burn());
		assert_eq!((free(PRODUCER), free(DSO)), (1, BURN));
		let producer = account(PRODUCER);
		assert_eq!(take_events(), [Event::EnergyAccountOpened { producer }]);
	});
}

#[test]
fn account_should_close_only_when_nothing_is_committed() {
	with_energy(|| {
		let close = || Call::close_energy_account {};
		refused(CONSUMER, close(), Error::NoEnergyAccount);
		done(PRODUCER, Call::add_energy { energy: 7, price: 1 });
		let ctp = commitment(1, 10);
		let ctp_id = committed(&ctp);
		refused(PRODUCER, close(), Error::EnergyCommitted);
		let_in(confirm(ctp_id, 10, receipt(1, ctp_id, 10)));
		take_events();
		done(PRODUCER, close());
		let producer = account(PRODUCER);
		assert_eq!(take_events(), [Event::EnergyAccountClosed { producer }]);
		assert_eq!(Delivery::blocks(None, 10).len(), 1, "the rival's");
		done(PRODUCER, open_certified(PRODUCER, 50));
	});
}

#[test]
fn closing_should_weigh_what_the_account_has() {
	with_energy(|| {
		let call: RuntimeCall = Call::<Test>::close_energy_account {}.into();
		assert_eq!(call.get_dispatch_info().call_weight, Weight::from_parts(4, 0));
		let post = Delivery::close_energy_account(signed(PRODUCER)).unwrap();
		assert_eq!(post.actual_weight, Some(Weight::from_parts(1, 0)));
	});
}

#[test]
fn authorities_should_be_set_by_the_regulator_only() {
	build_and_execute(|| {
		let list = |who: &[u8]| who.iter().map(|who| account(*who)).collect::<Vec<_>>();
		let set = |who: &[u8]| Call::set_authorities { authorities: list(who).try_into().unwrap() };
		for origin in [signed(AUTHORITY), RuntimeOrigin::none()] {
			assert_noop!(dispatch(origin, set(&[PRODUCER])), DispatchError::BadOrigin);
		}
		assert_noop!(
			dispatch(RuntimeOrigin::root(), set(&[1, 2, 1])),
			DispatchError::from(Error::<Test>::DuplicateAuthority)
		);
		done(PRODUCER, open_certified(PRODUCER, 50));
		assert_ok!(dispatch(RuntimeOrigin::root(), set(&[1, 2])));
		assert_eq!(Authorities::<Test>::get().into_inner(), list(&[1, 2]));
		let authorities = list(&[1, 2]).try_into().unwrap();
		assert_eq!(take_events().pop(), Some(Event::AuthoritiesSet { authorities }));
		// Who was an authority is none any more; what it certified stays.
		refused(RIVAL, open_certified(RIVAL, 50), Error::NotAnAuthority);
		done(PRODUCER, Call::add_energy { energy: 1, price: 1 });
	});
}
