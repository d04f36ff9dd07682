//! Commitments that nobody confirms.

use crate::{mock::*, Call, Consumers, Error, Event};
use frame_support::weights::Weight;
use petra_primitives::delivery::Commitment;
use sp_core::H256;

fn expire(ctp_id: H256) -> Call<Test> {
	Call::expire { ctp_id }
}

#[test]
fn expiry_should_return_money_and_energy() {
	with_energy(|| {
		let ctp_id = committed(&commitment(1, 400));
		take_events();
		System::set_block_number(11);
		refused(OTHER, expire(ctp_id), Error::NotExpired);
		System::set_block_number(12);
		done(OTHER, expire(ctp_id));
		assert_eq!(take_events(), [Event::CommitmentExpired { ctp_id }]);
		assert_eq!((free(CONSUMER), held(CONSUMER)), (MONEY, (0, 0)));
		assert_eq!((free(PRODUCER), block()), (MONEY, (ENERGY, 0)));
		assert_eq!(Consumers::<Test>::iter().count(), 0);
		refused(OTHER, expire(ctp_id), Error::CommitmentNotFound);
	});
}

#[test]
fn energy_should_be_for_sale_again_when_its_block_was_removed_meanwhile() {
	with_energy(|| {
		let ctp_id = committed(&commitment(1, 400));
		done(PRODUCER, Call::remove_energy { block: 0 });
		System::set_block_number(12);
		done(OTHER, expire(ctp_id));
		assert_eq!(block(), (400, 0));
		assert_eq!(Delivery::blocks(None, 10).len(), 2);
		done(PRODUCER, Call::remove_energy { block: 0 });
	});
}

#[test]
fn confirmation_and_expiry_should_exclude_each_other_in_one_block() {
	// In the last block, in both orders: only the meter is heard.
	for expire_first in [true, false] {
		with_energy(|| {
			let ctp_id = committed(&commitment(1, 400));
			System::set_block_number(11);
			if expire_first {
				refused(OTHER, expire(ctp_id), Error::NotExpired);
			}
			let_in(confirm(ctp_id, 400, receipt(1, ctp_id, 400)));
			refused(OTHER, expire(ctp_id), Error::CommitmentNotFound);
			assert_eq!(free(PRODUCER), MONEY + 1_200);
		});
	}
	// In the block after it, in both orders: the consumer has its money back.
	for confirm_first in [true, false] {
		with_energy(|| {
			let ctp_id = committed(&commitment(1, 400));
			System::set_block_number(12);
			let call = confirm(ctp_id, 400, receipt(1, ctp_id, 400));
			if confirm_first {
				not_let_in(call.clone(), Error::ExpiryPassed);
			}
			done(OTHER, expire(ctp_id));
			not_let_in(call, Error::CommitmentNotFound);
			assert_eq!((free(CONSUMER), free(PRODUCER)), (MONEY, MONEY));
		});
	}
}

#[test]
fn commitments_should_expire_by_themselves_in_bounded_steps() {
	build_and_execute(|| {
		fund(PRODUCER, MONEY);
		done(PRODUCER, open_certified(PRODUCER, 50));
		done(PRODUCER, Call::add_energy { energy: 100_000, price: 1 });
		for n in 0..300u32 {
			// Many consumers.
			let who = sp_runtime::AccountId32::new([n as u8; 32]);
			frame_support::assert_ok!(
				<Balances as frame_support::traits::fungible::Mutate<_>>::mint_into(&who, 100)
			);
			let expiry = 2 + n % 3;
			let ctp = Commitment {
				consumer: who.clone(),
				amount: 1,
				expiry,
				nonce: n.into(),
				..commitment(n.into(), 1)
			};
			if Consumers::<Test>::get(&who).commitments < 2 {
				assert_eq!(dispatch(RuntimeOrigin::signed(who), commit(&ctp)), Ok(()));
			}
		}
		let count = || crate::Commitments::<Test>::iter().count();
		assert_eq!(count(), 300);
		System::set_block_number(2);
		idle(Weight::MAX);
		assert_eq!(count(), 300);
		System::set_block_number(4);
		StepWeight::set(10);
		assert_eq!(idle(Weight::from_parts(35, 0)), Weight::from_parts(30, 0));
		assert_eq!(count(), 297);
		idle(Weight::MAX);
		assert_eq!(count(), 100);
		System::set_block_number(5);
		idle(Weight::MAX);
		assert_eq!((count(), block()), (0, (100_000, 0)));
		assert_eq!(Consumers::<Test>::iter().count(), 0);
	});
	build_and_execute(|| {
		// No more than so many in one block.
		fund(PRODUCER, MONEY);
		done(PRODUCER, open_certified(PRODUCER, 50));
		done(PRODUCER, Call::add_energy { energy: 100_000, price: 0 });
		for n in 0..300u32 {
			let mut bytes = [3; 32];
			bytes[..4].copy_from_slice(&n.to_le_bytes());
			let consumer = sp_runtime::AccountId32::new(bytes);
			let ctp = Commitment { consumer, amount: 0, expiry: 2, ..commitment(n.into(), 1) };
			let origin = RuntimeOrigin::signed(ctp.consumer.clone());
			assert_eq!(dispatch(origin, commit(&ctp)), Ok(()));
		}
		System::set_block_number(3);
		idle(Weight::MAX);
		assert_eq!(
			crate::Commitments::<Test>::iter().count(),
			300 - crate::MAX_IDLE_STEPS as usize
		);
	});
}
