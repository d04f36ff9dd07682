//! What runtime APIs and the quota of free calls read.

use crate::{mock::*, Call, Receipt, MAX_ANSWER};
use petra_primitives::delivery::{AccountProof, Commitment, EnergyBlock};

fn shapes(blocks: &[EnergyBlock<sp_runtime::AccountId32>]) -> Vec<(u64, u64, u64)> {
	blocks.iter().map(|block| (block.price, block.energy, block.reserved)).collect()
}

#[test]
fn blocks_should_come_by_price_and_in_pages() {
	with_energy(|| {
		for (producer, energy, price) in [(PRODUCER, 10, 7), (RIVAL, 11, 1), (RIVAL, 12, 300)] {
			done(producer, Call::add_energy { energy, price });
		}
		committed(&commitment(1, 400));
		let all = Delivery::blocks(None, 100);
		let mut prices: Vec<_> = shapes(&all);
		assert_eq!(prices.remove(0), (1, 11, 0));
		assert_eq!(prices.split_off(2), [(7, 10, 0), (300, 12, 0)]);
		prices.sort();
		assert_eq!(prices, [(3, 1_000, 0), (3, 1_000, 400)]);
		// One after the other, and two by two.
		for limit in [1, 2] {
			let (mut pages, mut after) = (vec![], None);
			loop {
				let page = Delivery::blocks(after, limit);
				assert!(page.len() <= limit as usize);
				let Some(last) = page.last() else { break };
				after = Some((last.producer.clone(), last.block));
				pages.extend(page);
			}
			assert_eq!(pages, all);
		}
		// What is reserved as a whole is not for sale, and is still a place to go on from.
		done(OTHER, commit(&commitment(2, 600)));
		let rest = Delivery::blocks(Some((account(PRODUCER), 0)), 100);
		assert!(shapes(&rest).ends_with(&[(7, 10, 0), (300, 12, 0)]));
		assert_eq!(Delivery::blocks(None, 100).len(), 4);
		// A block that is no more: from the beginning.
		assert_eq!(Delivery::blocks(Some((account(RIVAL), 9)), 100), Delivery::blocks(None, 100));
		assert_eq!(Delivery::blocks(None, 0), []);
	});
}

#[test]
fn answers_should_be_bounded() {
	with_energy(|| {
		for n in 0..MAX_ANSWER + 10 {
			let mut bytes = [3; 32];
			bytes[..4].copy_from_slice(&n.to_le_bytes());
			let who = sp_runtime::AccountId32::new(bytes);
			let ctp = Commitment { consumer: who.clone(), ..commitment(n.into(), 1) };
			// Blocks, and commitments to one producer, put there directly.
			let key = (who.clone(), 0);
			crate::BlocksByPrice::<Test>::insert([0; 8], &key, ());
			let block = crate::Block { price: 0, energy: 1, reserved: 0 };
			crate::Blocks::<Test>::insert(&who, 0, block);
			crate::Commitments::<Test>::insert(id(&ctp), &ctp);
			crate::CommitmentsOf::<Test>::insert(account(PRODUCER), id(&ctp), ());
		}
		assert_eq!(Delivery::blocks(None, u32::MAX).len(), MAX_ANSWER as usize);
		assert_eq!(Delivery::commitments_of(&account(PRODUCER)).len(), MAX_ANSWER as usize);
		let _ = crate::BlocksByPrice::<Test>::clear_prefix([0; 8], u32::MAX, None);
		for (who, number, _) in crate::Blocks::<Test>::iter()
			.filter(|(_, _, b)| b.price == 0)
			.collect::<Vec<_>>()
		{
			crate::Blocks::<Test>::remove(who, number);
		}
		let _ = crate::Commitments::<Test>::clear(u32::MAX, None);
		let _ = crate::CommitmentsOf::<Test>::clear(u32::MAX, None);
	});
}

#[test]
fn commitments_should_be_found_by_consumer_and_by_producer() {
	with_energy(|| {
		let (first, second) = (commitment(1, 10), commitment(2, 20));
		let theirs = Commitment { consumer: account(OTHER), ..commitment(3, 30) };
		committed(&first);
		committed(&second);
		done(OTHER, commit(&theirs));
		let of = |who| {
			let mut found: Vec<_> = Delivery::commitments_of(&account(who))
				.into_iter()
				.map(|(_, ctp)| ctp)
				.collect();
			found.sort_by_key(|ctp| ctp.energy);
			found
		};
		assert_eq!(of(CONSUMER), [first.clone(), second.clone()]);
		assert_eq!(of(OTHER), std::slice::from_ref(&theirs));
		assert_eq!(of(PRODUCER), [first, second, theirs.clone()]);
		assert_eq!(of(RIVAL), []);
		assert_eq!(Delivery::commitment(id(&theirs)), Some(theirs));
		assert_eq!(Delivery::commitment(Default::default()), None);
	});
}

#[test]
fn signed_calls_should_be_free_and_others_not() {
	with_energy(|| {
		for price in 0..3 {
			done(PRODUCER, Call::add_energy { energy: 1, price });
		}
		let ctp = commitment(1, 10);
		let who = account(PRODUCER);
		let cost = |call| Delivery::free_call_cost(&who, &call);
		let (producer, ctp_id) = (account(PRODUCER), id(&ctp));
		for call in [
			Call::open_energy_account { proof: AccountProof::Burn },
			Call::add_energy { energy: 1, price: 1 },
			Call::remove_energy { block: 0 },
			commit(&ctp),
			lock(1, 1),
			Call::unlock { producer },
			Call::expire { ctp_id },
		] {
			assert_eq!(cost(call), Some(1));
		}
		// A write for each block.
		assert_eq!(cost(Call::close_energy_account {}), Some(4));
		let close = Call::close_energy_account {};
		assert_eq!(Delivery::free_call_cost(&account(NOBODY), &close), Some(1));
		let receipt: Receipt<Test> = receipt(1, ctp_id, 10);
		assert_eq!(cost(confirm(ctp_id, 10, receipt.clone())), None);
		assert_eq!(cost(settle_by(CONSUMER, &ctp, 10, receipt)), None);
		assert_eq!(cost(Call::set_authorities { authorities: Default::default() }), None);
	});
}
