//! What a clearing costs as the book grows, and how large what is stored may get.

use crate::{mock::*, types::*, Current, Event};
use codec::MaxEncodedLen;
use frame_support::weights::Weight;
use petra_schedule::timeline::{Page, Root};

/// Clears a book of `n` asks and `n` bids on two feeders, all of which cross; returns the steps that it took.
fn steps(n: u64) -> u64 {
	let mut steps = 0;
	build_and_execute(|| {
		auction();
		for index in 0..n {
			let feeder = 1 + (index % 2) as u32;
			let price = TICK * (1 + index % 50);
			offer(10 + index as u32, feeder, EPA, price, LOT, (OPEN, OPEN));
			offer(500_000 + index as u32, feeder, ECA, price + 50 * TICK, LOT, (OPEN, OPEN));
		}
		gate(OPEN);
		take_events();
		StepWeight::set(1);
		steps = poll(Weight::MAX).ref_time();
		StepWeight::set(0);
		assert!(Current::<Test>::get().is_none());
		let traded = take_events()
			.into_iter()
			.filter(|event| matches!(event, Event::OfferAccepted { .. }))
			.count();
		assert_eq!(traded as u64, n);
	});
	steps
}

#[test]
fn clearing_should_take_a_few_steps_for_each_offer() {
	let (few, many) = (steps(100), steps(2_000));
	println!("200 offers: {few} steps; 4 000 offers: {many} steps");
	// Each offer is frozen; each pair is matched and paired. The rest does not grow.
	assert!(few <= 4 * 100 + 20, "{few}");
	assert_eq!((many - few) / (2_000 - 100), 4);
	assert_eq!((many - few) % (2_000 - 100), 0);
}

#[test]
fn what_is_stored_should_not_grow_with_offers_or_horizon() {
	for (name, length, most) in [
		("offer", petra_primitives::Offer::<sp_runtime::AccountId32>::max_encoded_len(), 100),
		("slice", Slice::max_encoded_len(), 100),
		("clearing", Clearing::max_encoded_len(), 80),
		("feeder", FeederInClearing::max_encoded_len(), 100),
		("page", Page::max_encoded_len(), 2_500),
		("root", Root::max_encoded_len(), 2_500),
	] {
		assert!(length <= most, "{name}: {length}");
	}
}
