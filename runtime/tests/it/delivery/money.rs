//! Whoever promises what it does not have.

use super::world::*;
use crate::chain::{next_block, run_to};
use frame_support::traits::Get;
use pallet_delivery::{Call, Error, UsedLeaves};
use petra_primitives::{
	delivery::{self, AccountProof},
	Balance,
};
use petra_runtime::{Runtime, System};
use sp_core::H256;
use sp_keyring::Sr25519Keyring::Alice;

#[test]
fn one_consumer_should_not_commit_more_than_it_has() {
	with_neighbours(|| {
		// Two thirds of all its money for each watt-hour.
		let price = (money(CONSUMER) / 3 * 2) as u64;
		done(PRODUCER, Call::add_energy { energy: 10, price });
		let ctp = |n| Ctp { block: 1, amount: price.into(), ..commitment(n, 1) };
		committed(&ctp(1));
		refused(CONSUMER, commit(&ctp(2)), Error::InsufficientFunds);
		refused(CONSUMER, lock(price.into()), Error::InsufficientFunds);
		// All but nothing.
		refused(CONSUMER, lock(money(CONSUMER)), Error::BelowExistentialDeposit);
		done(CONSUMER, lock(money(CONSUMER) - 1));
		refused(CONSUMER, commit(&commitment(3, 1)), Error::InsufficientFunds);
		let_in(confirm(id(&ctp(1)), 1, receipt(1, id(&ctp(1)), 1)));
	});
}

#[test]
fn one_lock_should_not_pay_more_than_it_holds() {
	with_neighbours(|| {
		let amount = commitment(1, 400).amount;
		done(CONSUMER, lock(2 * amount + amount / 2));
		let producer = money(PRODUCER);
		// Signed all at once, they add up to more.
		let all: Vec<_> = (1..=3).map(|n| settle(n, &commitment(n, 400), 400)).collect();
		let_in(all[0].clone());
		let_in(all[1].clone());
		not_let_in(all[2].clone(), Error::LockTooSmall);
		assert_eq!(money(PRODUCER), producer + 2 * amount);
		let_in(settle(3, &commitment(3, 200), 200));
		assert_eq!((money(PRODUCER), on_hold(CONSUMER)), (producer + 2 * amount + amount / 2, 0));
	});
}

#[test]
fn settlements_should_be_refused_when_they_are_replayed_or_out_of_order() {
	with_neighbours(|| {
		done(CONSUMER, lock(commitment(1, 4_000).amount));
		let [first, second, third] = [1, 2, 3].map(|n| settle(n, &commitment(n, 400), 400));
		let_in(second.clone());
		not_let_in(second.clone(), Error::NonceUsed);
		not_let_in(first.clone(), Error::NonceUsed);
		let_in(third);
		// Nor after the lock was opened again.
		run_to(petra_runtime::System::block_number() + 51);
		done(CONSUMER, Call::unlock { producer: PRODUCER.to_account_id() });
		done(CONSUMER, lock(commitment(1, 4_000).amount));
		not_let_in(second, Error::ExpiryPassed);
		not_let_in(first, Error::ExpiryPassed);
		let leaf_again = settle(2, &commitment(2, 400), 400);
		not_let_in(leaf_again, Error::LeafUsed);
		let_in(settle(4, &commitment(4, 400), 400));
	});
}

#[test]
fn a_settlement_should_not_be_paid_by_a_later_lock_when_its_leaf_is_forgotten() {
	with_neighbours(|| {
		let unlock = || Call::unlock { producer: PRODUCER.to_account_id() };
		done(CONSUMER, lock(commitment(1, 4_000).amount));
		let expiry = System::block_number() + 70;
		let paid = Ctp { expiry, ..commitment(1, 400) };
		let_in(settle(1, &paid, 400));
		pass_timesteps(<Runtime as pallet_delivery::Config>::MaxCertificateAge::get());
		next_block();
		assert!(!UsedLeaves::<Runtime>::contains_key(paid.receipt_key));
		// The same signature of the consumer, and the same key, certified now.
		not_let_in(settle(1, &paid, 400), Error::NonceUsed);
		run_to(expiry);
		refused(CONSUMER, unlock(), Error::StillLocked);
		run_to(expiry + 1);
		done(CONSUMER, unlock());
		done(CONSUMER, lock(commitment(1, 4_000).amount));
		let before = (money(CONSUMER), on_hold(CONSUMER), money(PRODUCER));
		not_let_in(settle(1, &paid, 400), Error::ExpiryPassed);
		assert_eq!((money(CONSUMER), on_hold(CONSUMER), money(PRODUCER)), before);
	});
}

#[test]
fn a_settlement_should_be_refused_when_the_consumer_did_not_sign_it() {
	with_neighbours(|| {
		done(CONSUMER, lock(commitment(1, 4_000).amount));
		let ctp = commitment(1, 400);
		let with = |signature| Call::settle {
			commitment: ctp.clone(),
			consumer_signature: signature,
			energy: 400,
			receipt: receipt(1, id(&ctp), 400),
		};
		let message = delivery::settle_message(genesis(), id(&ctp));
		not_let_in(with(sign(PRODUCER, &message)), Error::BadSignature);
		let elsewhere = delivery::settle_message(H256::repeat_byte(9), id(&ctp));
		not_let_in(with(sign(CONSUMER, &elsewhere)), Error::BadSignature);
		let_in(with(sign(CONSUMER, &message)));
	});
}

#[test]
fn a_producer_should_not_sell_one_block_of_energy_twice() {
	with_neighbours(|| {
		let ctp_id = committed(&commitment(1, ENERGY));
		let second = Ctp { consumer: OTHER.to_account_id(), ..commitment(2, 1) };
		refused(OTHER, commit(&second), Error::NotEnoughEnergy);
		// Nor take it back, nor settle it away.
		refused(PRODUCER, Call::remove_energy { block: 0 }, Error::EnergyCommitted);
		refused(PRODUCER, Call::close_energy_account {}, Error::EnergyCommitted);
		done(CONSUMER, lock(commitment(3, 1).amount));
		not_let_in(settle(3, &commitment(3, 1), 1), Error::NotEnoughEnergy);
		let_in(confirm(ctp_id, ENERGY, receipt(1, ctp_id, ENERGY)));
		// What was delivered is gone.
		refused(OTHER, commit(&second), Error::BlockNotFound);
		done(PRODUCER, Call::add_energy { energy: 1, price: PRICE });
		done(OTHER, commit(&Ctp { block: 1, ..second }));
	});
}

#[test]
fn a_producer_without_an_account_should_sell_nothing() {
	with_neighbours(|| {
		let add = || Call::add_energy { energy: 10, price: 1 };
		refused(OTHER, add(), Error::NoEnergyAccount);
		let ctp = Ctp { producer: OTHER.to_account_id(), ..commitment(1, 10) };
		refused(CONSUMER, commit(&ctp), Error::NoEnergyAccount);
		done(OTHER, certified(OTHER));
		done(OTHER, add());
		committed(&Ctp { amount: 10, ..ctp });
	});
}

#[test]
fn a_forged_certificate_should_not_open_an_account() {
	with_neighbours(|| {
		let expiry = petra_runtime::System::block_number() + 10;
		let open = |authority: sp_keyring::Sr25519Keyring, message: [u8; 32], signer| {
			let (authority, signature) = (authority.to_account_id(), sign(signer, &message));
			let proof = AccountProof::Certificate { authority, expiry, signature };
			Call::open_energy_account { proof }
		};
		let message = |genesis, who: sp_keyring::Sr25519Keyring| {
			delivery::account_message(genesis, &who.to_account_id(), expiry)
		};
		let good = message(genesis(), OTHER);
		refused(OTHER, open(OTHER, good, OTHER), Error::NotAnAuthority);
		refused(OTHER, open(Alice, good, Alice), Error::NotAnAuthority);
		refused(OTHER, open(AUTHORITY, good, OTHER), Error::BadProof);
		let for_another = message(genesis(), CONSUMER);
		refused(OTHER, open(AUTHORITY, for_another, AUTHORITY), Error::BadProof);
		let elsewhere = message(H256::repeat_byte(9), OTHER);
		refused(OTHER, open(AUTHORITY, elsewhere, AUTHORITY), Error::BadProof);
		done(OTHER, open(AUTHORITY, good, AUTHORITY));
	});
}

#[test]
fn amounts_below_the_price_should_be_refused_when_the_producer_did_not_agree() {
	with_neighbours(|| {
		let ctp = Ctp { amount: 1, ..commitment(1, 1_000) };
		let with = |signature| match commit(&ctp) {
			Call::commit_to_pay {
				producer,
				block,
				energy,
				amount,
				receipt_key,
				expiry,
				mut options,
			} => {
				options.producer_signature = signature;
				Call::commit_to_pay {
					producer,
					block,
					energy,
					amount,
					receipt_key,
					expiry,
					options,
				}
			},
			_ => unreachable!(),
		};
		let message = delivery::amount_message(genesis(), id(&ctp));
		refused(CONSUMER, with(None), Error::MissingSignature);
		refused(CONSUMER, with(Some(sign(CONSUMER, &message))), Error::BadSignature);
		let other = delivery::amount_message(genesis(), id(&commitment(1, 1_000)));
		refused(CONSUMER, with(Some(sign(PRODUCER, &other))), Error::BadSignature);
		done(CONSUMER, with(Some(sign(PRODUCER, &message))));
		let producer = money(PRODUCER);
		let_in(confirm(id(&ctp), 1_000, receipt(1, id(&ctp), 1_000)));
		assert_eq!(money(PRODUCER), producer + Balance::from(1u8));
	});
}
