//! Money in transfers and deposits.

use crate::{mock::*, Call, Error, Event};
use frame_support::traits::{LockableCurrency, WithdrawReasons};

fn free(who: u8) -> u128 {
	Balances::free_balance(account(who))
}

fn pay(from: &[(u8, u128)], to: &[(u8, u128)]) -> Call<Test> {
	transfer(inputs(&[], from), outputs(vec![], to))
}

#[test]
fn transfer_should_move_money() {
	build_and_execute(|| {
		fund(1, 1_000);
		assert_done(
			signed(1),
			pay(&[(1, 300), (1, 700)], &[(2, 600), (3, 100), (2, 100), (1, 200)]),
		);
		assert_eq!((free(1), free(2), free(3)), (200, 700, 100));
		assert_eq!(Balances::total_issuance(), 1_000);
	});
}

#[test]
fn transfer_should_fail_when_money_is_not_conserved() {
	build_and_execute(|| {
		fund(1, 1_000);
		let error = Error::<Test>::MoneyNotConserved;
		assert_refused(signed(1), pay(&[(1, 300)], &[(2, 301)]), error);
		let error = Error::<Test>::MoneyNotConserved;
		assert_refused(signed(1), pay(&[(1, 300)], &[(2, 299)]), error);
		assert_done(signed(1), pay(&[(1, 300)], &[(2, 300)]));
	});
}

#[test]
fn transfer_should_fail_when_sums_of_money_overflow() {
	build_and_execute(|| {
		fund(1, 1_000);
		let wraps = pay(&[(1, 300)], &[(2, u128::MAX), (2, 301)]);
		assert_refused(signed(1), wraps, Error::<Test>::Overflow);
		let wraps = pay(&[(1, u128::MAX), (1, 301)], &[(2, 300)]);
		assert_refused(signed(1), wraps, Error::<Test>::Overflow);
		let most = pay(&[(1, u128::MAX)], &[(2, u128::MAX)]);
		assert_refused(signed(1), most, Error::<Test>::InsufficientFunds);
		assert_done(signed(1), pay(&[(1, 300)], &[(2, 300)]));
	});
}

#[test]
fn transfer_should_fail_when_an_owner_has_too_little() {
	build_and_execute(|| {
		fund(1, 1_000);
		let error = Error::<Test>::InsufficientFunds;
		assert_refused(signed(1), pay(&[(1, 1_001)], &[(2, 1_001)]), error);
		// Nobody spends what it is yet to get, nor the same twice.
		let error = Error::<Test>::InsufficientFunds;
		assert_refused(signed(1), pay(&[(1, 600), (1, 500)], &[(2, 1_100)]), error);
		let error = Error::<Test>::InsufficientFunds;
		assert_refused(signed(1), pay(&[(1, 1_001)], &[(1, 1_001)]), error);
		assert_done(signed(1), pay(&[(1, 1_000)], &[(2, 1_000)]));
	});
}

#[test]
fn transfer_should_fail_when_money_is_held_back() {
	build_and_execute(|| {
		fund(1, 1_000);
		Balances::set_lock(*b"held    ", &account(1), 400, WithdrawReasons::all());
		let error = Error::<Test>::InsufficientFunds;
		assert_refused(signed(1), pay(&[(1, 601)], &[(2, 601)]), error);
		assert_done(signed(1), pay(&[(1, 600)], &[(2, 600)]));
	});
}

#[test]
fn transfer_should_fail_when_an_amount_is_zero() {
	build_and_execute(|| {
		fund(1, 1_000);
		// Else anybody could bring "an input".
		let error = Error::<Test>::ZeroAmount;
		assert_refused(signed(2), pay(&[(2, 0)], &[(3, 0)]), error);
		let error = Error::<Test>::ZeroAmount;
		assert_refused(signed(1), pay(&[(1, 10)], &[(2, 10), (3, 0)]), error);
		assert_done(signed(1), pay(&[(1, 10)], &[(2, 10)]));
	});
}

#[test]
fn transfer_should_fail_when_an_account_would_have_less_than_the_existential_deposit() {
	build_and_execute(|| {
		fund(1, 1_000);
		ExistentialDeposit::set(10);
		let error = Error::<Test>::BelowExistentialDeposit;
		assert_refused(signed(1), pay(&[(1, 9)], &[(2, 9)]), error);
		let error = Error::<Test>::BelowExistentialDeposit;
		assert_refused(signed(1), pay(&[(1, 991)], &[(2, 991)]), error);
		assert_done(signed(1), pay(&[(1, 10)], &[(2, 10)]));
		assert_done(signed(1), pay(&[(1, 990)], &[(2, 990)]));
		assert_eq!((free(1), free(2)), (0, 1_000));
		// Several small amounts for one address count together.
		assert_done(signed(2), pay(&[(2, 10)], &[(3, 5), (3, 5)]));
	});
}

#[test]
fn deposit_financial_should_burn() {
	build_and_execute(|| {
		fund(1, 1_000);
		let call = |amount| Call::deposit_financial { amount };
		assert_refused(signed(1), call(0), Error::<Test>::ZeroAmount);
		assert_refused(signed(1), call(1_001), Error::<Test>::InsufficientFunds);
		assert_refused(signed(2), call(1), Error::<Test>::InsufficientFunds);
		assert_done(signed(1), call(400));
		assert_eq!((free(1), Balances::total_issuance()), (600, 600));
		let event = Event::FinancialDeposited { address: account(1), amount: 400 };
		assert_eq!(events().last(), Some(&event));
		ExistentialDeposit::set(10);
		assert_refused(signed(1), call(595), Error::<Test>::BelowExistentialDeposit);
		assert_done(signed(1), call(600));
		assert_eq!(Balances::total_issuance(), 0);
	});
}
