//! Blocks of energy.

use crate::{mock::*, Call, EnergyAccounts, Error, Event};

fn add(energy: u64, price: u64) -> Call<Test> {
	Call::add_energy { energy, price }
}

fn remove(block: u32) -> Call<Test> {
	Call::remove_energy { block }
}

#[test]
fn energy_should_be_added_only_when_the_producer_has_an_account() {
	build_and_execute(|| {
		refused(PRODUCER, add(5, 1), Error::NoEnergyAccount);
		done(PRODUCER, open_certified(PRODUCER, 50));
		refused(PRODUCER, add(0, 1), Error::ZeroEnergy);
		take_events();
		done(PRODUCER, add(5, 1));
		done(PRODUCER, add(u64::MAX, u64::MAX));
		let producer = account(PRODUCER);
		assert_eq!(
			take_events(),
			[
				Event::EnergyAdded { producer: producer.clone(), block: 0, energy: 5, price: 1 },
				Event::EnergyAdded { producer, block: 1, energy: u64::MAX, price: u64::MAX },
			]
		);
	});
}

#[test]
fn energy_should_be_refused_when_there_are_too_many_blocks() {
	build_and_execute(|| {
		done(PRODUCER, open_certified(PRODUCER, 50));
		for _ in 0..4 {
			done(PRODUCER, add(5, 1));
		}
		refused(PRODUCER, add(5, 1), Error::TooManyBlocks);
		done(PRODUCER, remove(2));
		done(PRODUCER, add(5, 1));
		// Numbers are not used again.
		refused(PRODUCER, remove(2), Error::BlockNotFound);
		done(PRODUCER, remove(4));
		EnergyAccounts::<Test>::mutate(account(PRODUCER), |known| {
			known.as_mut().unwrap().next_block = u32::MAX
		});
		refused(PRODUCER, add(5, 1), Error::TooManyBlocks);
	});
}

#[test]
fn energy_should_be_removed_only_when_it_is_the_producers_and_free() {
	with_energy(|| {
		refused(CONSUMER, remove(0), Error::BlockNotFound);
		refused(PRODUCER, remove(1), Error::BlockNotFound);
		committed(&commitment(1, 300));
		take_events();
		done(PRODUCER, remove(0));
		let producer = account(PRODUCER);
		assert_eq!(
			take_events(),
			[Event::EnergyRemoved { producer, block: 0, energy: ENERGY - 300 }]
		);
		assert_eq!(block(), (0, 300));
		refused(PRODUCER, remove(0), Error::EnergyCommitted);
		// Nobody can buy what was removed.
		let mut next = commitment(2, 1);
		next.nonce = 2;
		refused(OTHER, commit(&next), Error::NotEnoughEnergy);
	});
}

#[test]
fn a_block_should_be_gone_when_nothing_is_left_of_it() {
	with_energy(|| {
		let ctp_id = committed(&commitment(1, ENERGY));
		assert_eq!(block(), (0, ENERGY));
		let_in(confirm(ctp_id, ENERGY, receipt(1, ctp_id, ENERGY)));
		refused(PRODUCER, remove(0), Error::BlockNotFound);
		let known = EnergyAccounts::<Test>::get(account(PRODUCER)).unwrap();
		assert_eq!((known.blocks, known.commitments, known.next_block), (0, 0, 1));
	});
}
