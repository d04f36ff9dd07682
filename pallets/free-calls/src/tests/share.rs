use super::*;
use frame_support::weights::Weight;

/// Accounts with a quota each.
fn members(count: u64) -> Vec<AccountId> {
	let accounts: Vec<_> = (100..100 + count).collect();
	for who in &accounts {
		System::inc_sufficients(who);
		FreeCalls::grant(who, AddressMaker::Dso);
	}
	accounts
}

fn full() -> TransactionValidityError {
	InvalidTransaction::ExhaustsResources.into()
}

#[test]
fn share_should_be_three_quarters_of_the_normal_weight() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!(FreeCalls::share().ref_time(), 600 * UNIT);
	});
}

#[test]
fn free_calls_should_wait_when_their_share_is_full() {
	ExtBuilder::default().build_and_execute(|| {
		let members = members(7);
		// Five of 110 units and what an extrinsic weighs by itself fit into 600, a sixth does not.
		for who in &members[..5] {
			assert_ok!(signed(*who, heavy(1, 110, 110)).apply().unwrap());
		}
		let (sixth, seventh) = (members[5], members[6]);
		assert_invalid(signed(sixth, heavy(1, 110, 110)), full());
		assert_eq!(FreeCalls::remaining(&sixth), Some(QUOTA), "waiting costs nothing");
		// The pool keeps it.
		assert_ok!(signed(sixth, heavy(1, 110, 110)).validate());
		// There is room for a small one, and for those who pay.
		assert_ok!(signed(seventh, heavy(1, 20, 20)).apply().unwrap());
		assert_ok!(signed(PAYER, heavy(1, 110, 110)).apply().unwrap());
		next_block();
		assert_ok!(signed(sixth, heavy(1, 110, 110)).apply().unwrap());
	});
}

#[test]
fn free_calls_should_give_back_what_they_do_not_spend() {
	ExtBuilder::default().build_and_execute(|| {
		let members = members(20);
		for who in &members {
			assert_ok!(signed(*who, heavy(1, 110, 10)).apply().unwrap());
		}
		let taken = FreeWeight::<Test>::get().ref_time() / UNIT;
		assert_eq!(taken, 20 * 11);
		assert_eq!(System::block_weight().total().ref_time() / UNIT, 20 * 11);
	});
}

#[test]
fn failing_calls_should_take_part_in_the_share() {
	ExtBuilder::default().build_and_execute(|| {
		let before = FreeWeight::<Test>::get();
		assert!(signed(MEMBER, failing(1)).apply().unwrap().is_err());
		assert!(FreeWeight::<Test>::get().ref_time() - before.ref_time() >= UNIT);
	});
}

#[test]
fn free_calls_should_be_refused_for_good_when_larger_than_the_share() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!(signed(MEMBER, heavy(1, 600, 1)).validate(), Err(full()));
		assert_ok!(signed(MEMBER, heavy(1, 598, 1)).validate());
		assert_ok!(signed(PAYER, heavy(1, 600, 1)).validate());
	});
}

#[test]
fn general_transactions_should_take_part_in_the_share() {
	ExtBuilder::default().build_and_execute(|| {
		for _ in 0..5 {
			assert_ok!(authorized(heavy(1, 110, 110)).apply().unwrap());
		}
		assert_invalid(authorized(heavy(1, 110, 110)), full());
		assert_invalid(signed(MEMBER, heavy(1, 110, 110)), full());
		next_block();
		assert_ok!(authorized(heavy(1, 110, 50)).apply().unwrap());
		assert_eq!(FreeWeight::<Test>::get().ref_time() / UNIT, 51);
		assert_ok!(signed(MEMBER, heavy(1, 110, 110)).apply().unwrap());
	});
}

#[test]
fn paid_calls_should_not_take_part_in_the_share() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(signed(PAYER, heavy(1, 100, 100)).apply().unwrap());
		assert_eq!(FreeWeight::<Test>::get(), Weight::zero());
	});
}

#[test]
fn free_calls_should_yield_to_the_weight_of_the_block() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(signed(PAYER, heavy(1, 700, 700)).apply().unwrap());
		assert_invalid(signed(MEMBER, heavy(1, 110, 110)), full());
		assert_ok!(signed(MEMBER, heavy(1, 50, 50)).apply().unwrap());
	});
}

#[test]
fn share_should_be_empty_between_blocks() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(signed(MEMBER, write(1)).apply().unwrap());
		assert!(FreeWeight::<Test>::exists());
		next_block();
		assert!(!FreeWeight::<Test>::exists());
	});
}
