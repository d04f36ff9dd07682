//! P4, III-A: the reliable producer (figure 4) and the unreliable one (figure 5).

use super::world::*;
use frame_support::assert_ok;
use pallet_delivery::{Call, Error, Event};
use petra_primitives::delivery::AccountProof;
use petra_runtime::{configs::DsoAccount, Balances, Delivery, FreeCalls, System, EUR};
use sp_keyring::Sr25519Keyring::Alice;

#[test]
fn a_reliable_producer_should_be_paid() {
	with_neighbours(|| {
		let (consumer, producer) = (money(CONSUMER), money(PRODUCER));
		let found = Delivery::blocks(None, 10);
		assert_eq!(found.len(), 2);
		let ctp = commitment(1, 2_000);
		let ctp_id = committed(&ctp);
		assert_eq!((money(CONSUMER), on_hold(CONSUMER)), (consumer - ctp.amount, ctp.amount));
		crate::chain::next_block();
		let_in(confirm(ctp_id, 2_000, receipt(1, ctp_id, 2_000)));
		assert_eq!(events(), [Event::ReceiptConfirmed { ctp_id, energy: 2_000, paid: ctp.amount }]);
		// Nobody paid a fee.
		assert_eq!((money(CONSUMER), on_hold(CONSUMER)), (consumer - ctp.amount, 0));
		assert_eq!(money(PRODUCER), producer + ctp.amount);
		// What comes again is refused.
		not_let_in(confirm(ctp_id, 2_000, receipt(1, ctp_id, 2_000)), Error::CommitmentNotFound);
	});
}

#[test]
fn an_unreliable_producer_should_get_nothing_and_the_consumer_its_money() {
	with_neighbours(|| {
		let (consumer, producer) = (money(CONSUMER), money(PRODUCER));
		let ctp = commitment(1, ENERGY);
		let ctp_id = committed(&ctp);
		// Nothing comes, and nobody does anything.
		crate::chain::run_to(ctp.expiry + 1);
		assert_eq!(Delivery::commitment(ctp_id), Some(ctp));
		crate::chain::next_block();
		assert_eq!(Delivery::commitment(ctp_id), None);
		assert_eq!((money(CONSUMER), on_hold(CONSUMER)), (consumer, 0));
		assert_eq!(money(PRODUCER), producer);
		let free: Vec<_> = Delivery::blocks(None, 10)
			.iter()
			.map(|block| block.energy - block.reserved)
			.collect();
		assert_eq!(free, [ENERGY, ENERGY]);
	});
}

#[test]
fn trades_in_one_transaction_should_be_paid_from_the_lock() {
	with_neighbours(|| {
		let (consumer, producer) = (money(CONSUMER), money(PRODUCER));
		let amount = commitment(1, 100).amount;
		done(CONSUMER, lock(10 * amount));
		for n in 1..=10 {
			let_in(settle(n, &commitment(n, 100), 100));
			if n % 5 == 0 {
				// Not all fit into what a block has for what nobody pays.
				crate::chain::next_block();
			}
		}
		assert_eq!((money(CONSUMER), on_hold(CONSUMER)), (consumer - 10 * amount, 0));
		assert_eq!(money(PRODUCER), producer + 10 * amount);
		not_let_in(settle(11, &commitment(11, 100), 100), Error::LockTooSmall);
	});
}

#[test]
fn calls_should_be_free_within_the_quota_and_cost_fees_otherwise() {
	with_neighbours(|| {
		let left = |who: sp_keyring::Sr25519Keyring| FreeCalls::remaining(&who.to_account_id());
		let (before, had) = (left(CONSUMER).unwrap(), money(CONSUMER));
		committed(&commitment(1, 10));
		assert!(left(CONSUMER).unwrap() < before);
		assert_eq!(money(CONSUMER), had - commitment(1, 10).amount);

		// Alice was granted nothing: she pays a fee, and for her account.
		assert_eq!(left(Alice), None);
		let (had, dso) = (money(Alice), Balances::free_balance(DsoAccount::get()));
		let open = Call::open_energy_account { proof: AccountProof::Burn };
		assert_ok!(crate::chain::submit(Alice, open).unwrap());
		let paid = had - money(Alice);
		assert!(paid > 10 * EUR && paid < 10 * EUR + EUR / 100, "{paid}");
		assert_eq!(Balances::free_balance(DsoAccount::get()), dso + paid);
		assert!(System::block_number() > 0);
	});
}
