//! Making an authorised withdrawal fail, which would make it free for ever.

use super::world::*;
use crate::chain::{next_block, sudo};
use frame_support::assert_ok;
use pallet_mixing::Error;
use petra_runtime::{Runtime, SafeMode};
use sp_runtime::transaction_validity::InvalidTransaction;

#[test]
fn withdrawals_should_not_be_authorised_while_the_chain_is_in_safe_mode() {
	world(|| {
		usable_ring(&energy());
		let (one, two) =
			(Wish::new(1, &energy()).call(), batch(vec![Wish::new(2, &energy()).prove()]));
		assert_ok!(sudo(pallet_safe_mode::Call::force_enter {}));
		next_block();
		assert!(SafeMode::is_entered());
		for _ in 0..2 {
			not_valid(one.clone(), InvalidTransaction::Call);
			not_valid(two.clone(), InvalidTransaction::Call);
		}
		assert_ok!(sudo(pallet_safe_mode::Call::force_exit {}));
		withdrawn(one);
		withdrawn(two);
	});
}

#[test]
fn withdrawals_should_not_be_authorised_while_they_are_paused() {
	world(|| {
		usable_ring(&energy());
		let (one, two) =
			(Wish::new(1, &energy()).call(), batch(vec![Wish::new(2, &energy()).prove()]));
		let name = |call: &str| -> pallet_tx_pause::RuntimeCallNameOf<Runtime> {
			let [pallet, call] = ["Mixing", call].map(|name| name.as_bytes().to_vec());
			(pallet.try_into().unwrap(), call.try_into().unwrap())
		};
		assert_ok!(sudo(pallet_tx_pause::Call::pause { full_name: name("withdraw") }));
		not_valid(one.clone(), InvalidTransaction::Call);
		not_valid(one.clone(), InvalidTransaction::Call);
		withdrawn(two.clone());
		assert_ok!(sudo(pallet_tx_pause::Call::unpause { ident: name("withdraw") }));
		withdrawn(one);
		unauthorised(two, Error::NullifierUsed);

		assert_ok!(sudo(pallet_tx_pause::Call::pause { full_name: name("withdraw_batch") }));
		let last = Wish::new(0, &energy()).prove();
		not_valid(batch(vec![last.clone()]), InvalidTransaction::Call);
		withdrawn(withdraw(last));
	});
}

#[test]
fn withdrawals_should_not_be_authorised_when_the_recipient_cannot_receive() {
	world(|| {
		usable_ring(&energy());
		let wish = Wish::new(1, &energy());
		let call = wish.call();
		// No address has that many assets; but if one had, it could not have one more.
		let full = pallet_energy_assets::Holder { assets: u32::MAX, leaving: None };
		pallet_energy_assets::Holders::<Runtime>::insert(&wish.recipient, full);
		for _ in 0..2 {
			unauthorised(call.clone(), Error::CannotReceive);
			unauthorised(batch(vec![wish.prove()]), Error::CannotReceive);
		}
		pallet_energy_assets::Holders::<Runtime>::remove(&wish.recipient);
		withdrawn(call);
	});
}

#[test]
fn withdrawals_should_not_be_authorised_when_the_pots_money_is_gone() {
	world(|| {
		usable_ring(&MONEY);
		let call = Wish::new(1, &MONEY).call();
		let (who, all) = (petra_runtime::Mixing::pot().into(), 3 * 64_000_000);
		let set = |new_free| {
			let who = sp_runtime::MultiAddress::clone(&who);
			assert_ok!(sudo(pallet_balances::Call::force_set_balance { who, new_free }));
		};
		set(63_999_999);
		unauthorised(call.clone(), Error::InsufficientFunds);
		set(all);
		withdrawn(call);
	});
}
