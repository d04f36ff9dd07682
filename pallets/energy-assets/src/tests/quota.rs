//! Which calls are free, what they cost, and who is granted a quota.

use crate::{mock::*, Call};
use petra_primitives::AddressMaker;

#[test]
fn withdrawal_should_grant_a_quota_at_once() {
	build_and_execute(|| {
		let outputs = vec![energy(1, 100, OPEN, OPEN), financial(2, 10)];
		assert_done(signed(METER), withdrawal(METER, outputs));
		fund(3, 10);
		let asset = new_asset(FEEDER, 100, OPEN, OPEN);
		assert_done(signed(ISSUER), Call::add_energy_asset { address: account(4), asset });
		for who in [1, 2] {
			assert_eq!(
				Grants::of(&account(who)),
				Some(Grant::Now(AddressMaker::Meter(METER.into())))
			);
		}
		for who in [3, 4] {
			assert_eq!(Grants::of(&account(who)), Some(Grant::Now(AddressMaker::Dso)));
		}
		assert_eq!(Grants::of(&account(5)), None);
	});
}

#[test]
fn transfer_should_grant_new_addresses_a_quota_from_the_next_window() {
	build_and_execute(|| {
		let id = withdraw(1, 300, OPEN, OPEN);
		fund(1, 100);
		fund(2, 1);
		let parts = vec![
			output(1, 100, OPEN, OPEN),
			output(2, 100, OPEN, OPEN),
			output(3, 100, OPEN, OPEN),
		];
		let call = transfer(inputs(&[id], &[(1, 50)]), outputs(parts, &[(3, 10), (4, 40)]));
		assert_done(signed(1), call);
		let grants = [1, 2, 3, 4].map(|who| Grants::of(&account(who)));
		// What the first two had before, from the DSO.
		let (dso, next) = (Some(Grant::Now(AddressMaker::Dso)), Some(Grant::NextWindow));
		assert_eq!(grants, [dso, dso, next, next]);
		// A plain balance transfer gives none.
		Balances::transfer_allow_death(signed(1), account(5), 5).unwrap();
		assert_eq!(Grants::of(&account(5)), None);
	});
}

#[test]
fn transfer_should_grant_a_quota_when_somebody_has_paid_into_the_address_before() {
	build_and_execute(|| {
		let id = withdraw(1, 100, OPEN, OPEN);
		fund(2, 10);
		Balances::transfer_allow_death(signed(2), account(5), 1).unwrap();
		assert!(System::account_exists(&account(5)));
		assert_eq!(Grants::of(&account(5)), None);
		let call = || transfer(inputs(&[id], &[]), outputs(vec![output(5, 100, OPEN, OPEN)], &[]));
		// It costs as much as a new address.
		assert_eq!(EnergyAssets::free_call_cost(&account(1), &call()), Some(2));
		assert_done(signed(1), call());
		assert_eq!(Grants::of(&account(5)), Some(Grant::NextWindow));
		// Money alone grants nothing to who has an account.
		Balances::transfer_allow_death(signed(2), account(6), 1).unwrap();
		assert_done(signed(2), transfer(inputs(&[], &[(2, 4)]), outputs(vec![], &[(6, 4)])));
		assert_eq!(Grants::of(&account(6)), None);
	});
}

#[test]
fn cost_should_be_the_asset_writes() {
	build_and_execute(|| {
		let cost = |who, call| EnergyAssets::free_call_cost(&account(who), &call);
		let energy = || energy(1, 100, OPEN, OPEN);
		assert_eq!(cost(METER, withdrawal(METER, vec![energy(); 3])), Some(3));
		assert_eq!(cost(METER, withdrawal(METER, vec![])), Some(1));
		assert_eq!(cost(METER_BESIDE, withdrawal(METER, vec![energy()])), Some(1));
		assert_eq!(cost(1, withdrawal(METER, vec![energy(); 3])), None);

		let id = withdraw(1, 300, OPEN, OPEN);
		let transfer = |to: &[u8], money: &[(u8, u128)]| {
			let parts = to.iter().map(|to| output(*to, 100, OPEN, OPEN)).collect();
			transfer(inputs(&[id], &[]), outputs(parts, money))
		};
		assert_eq!(cost(1, transfer(&[], &[])), Some(1));
		assert_eq!(cost(1, transfer(&[1, 1], &[])), Some(2));
		// Two outputs for a new address: one more.
		assert_eq!(cost(1, transfer(&[1, 2], &[(2, 5)])), Some(4));
		assert_eq!(cost(1, transfer(&[2, 3], &[(4, 5)])), Some(6));

		assert_eq!(cost(1, Call::deposit_energy_asset { asset_id: id }), Some(1));
		assert_eq!(cost(1, Call::deposit_financial { amount: 5 }), Some(1));
		assert_eq!(cost(1, Call::reap { asset_id: id }), Some(1));
		let amount = 5;
		assert_eq!(cost(ISSUER, Call::add_financial_balance { address: account(1), amount }), None);
		let asset = new_asset(FEEDER, 100, OPEN, OPEN);
		assert_eq!(cost(ISSUER, Call::add_energy_asset { address: account(1), asset }), None);
	});
}
