//! What happens when the gate closes, after a halt, and when the mode changes.

use crate::{mock::*, Event, Queue};
use petra_primitives::MarketMode;

#[test]
fn gate_should_cut_offers_to_what_is_open() {
	build_and_execute(|| {
		let ask = offer(1, 1, EPA, 10, 100, (OPEN, OPEN + 2));
		let bid = offer(2, 1, ECA, 10, 100, (OPEN, OPEN + 2));
		take_events();
		gate(OPEN);
		next_block();
		assert_eq!((open(ask).start, open(bid).start), (OPEN + 1, OPEN + 1));
		assert_eq!((held(2), free(2)), (2_000, MONEY - 2_000));
		assert!(assets(1).contains(&(EPA, 100, OPEN, OPEN, 1, false, false)));
		assert_eq!(take_events(), []);
		gate(OPEN + 2);
		next_block();
		assert_eq!((held(2), free(2)), (0, MONEY));
		let expired = |offer_id| Event::OfferExpired { offer_id };
		assert_eq!(take_events(), [expired(ask), expired(bid)]);
		assert_eq!(Queue::<Test>::iter_keys().count(), 0);
	});
}

#[test]
fn gate_should_return_an_offer_that_is_all_or_nothing_whole() {
	build_and_execute(|| {
		fund(2, MONEY);
		let eca = withdraw(2, 1, ECA, 100, OPEN, OPEN + 5);
		assert_done(2, post_with(eca, 10, true, false));
		gate(OPEN);
		next_block();
		assert_eq!((free(2), Offers::offer(0)), (MONEY, None));
		assert_eq!(assets(2), [(ECA, 100, OPEN, OPEN + 5, 1, false, false)]);
	});
}

#[test]
fn halt_should_free_what_passed_without_clearing() {
	build_and_execute(|| {
		auction();
		let ask = offer(1, 1, EPA, 10, 100, (OPEN, OPEN + 9));
		let bid = offer(2, 1, ECA, 30, 100, (OPEN, OPEN + 9));
		take_events();
		// The chain stood still over five gates; OPEN + 7 and OPEN + 8 are gated, but have not begun.
		set_now(OPEN + 6);
		next_block();
		let cleared: Vec<_> = take_events()
			.into_iter()
			.filter_map(|event| match event {
				Event::MarketCleared { timestep, price, power } => Some((timestep, price, power)),
				_ => None,
			})
			.collect();
		assert_eq!(cleared, [(OPEN + 7, 20, 100), (OPEN + 8, 20, 100)]);
		assert_eq!((open(ask).start, open(bid).start), (OPEN + 9, OPEN + 9));
		assert_eq!((free(1), held(2), free(2)), (4_000, 3_000, MONEY - 7_000));
	});
}

#[test]
fn clearing_should_free_what_is_unsettled_when_its_timestep_begins() {
	build_and_execute(|| {
		auction();
		for who in 1..=5 {
			offer(who, 1, EPA, 10, 100, (OPEN, OPEN));
			offer(10 + who, 1, ECA, 30, 100, (OPEN, OPEN));
		}
		take_events();
		gate(OPEN);
		StepWeight::set(1_000);
		System::set_block_number(2);
		// Reading, passing over a timestep, beginning, 10 to freeze and the end of it, 5 to match, the end and the split, 1 feeder and the end, 2 pairs.
		let consumed = poll(frame_support::weights::Weight::from_parts(25_500, 0));
		assert_eq!(consumed.ref_time(), 25_000);
		check_all();
		set_now(OPEN);
		next_block();
		let events = take_events();
		let accepted = events.iter().filter(|e| matches!(e, Event::OfferAccepted { .. })).count();
		let cleared =
			Event::MarketCleared { timestep: OPEN, price: 20, power: accepted as u64 * 100 };
		assert!(events.contains(&cleared));
		assert_eq!(accepted, 2);
		let back = events.iter().filter(|e| matches!(e, Event::OfferExpired { .. })).count();
		assert_eq!(back, 10 - 2 * accepted);
		for who in 11..=15 {
			assert_eq!(held(who), 0);
		}
	});
}

#[test]
fn mode_change_should_strand_no_offer_and_no_money() {
	build_and_execute(|| {
		set_mode(MarketMode::DoubleAuction, OPEN + 1);
		set_mode(MarketMode::FirstComeFirstServed, OPEN + 3);
		set_mode(MarketMode::FixedPrice(20), OPEN + 5);
		offer(1, 1, EPA, 10, 100, (OPEN, OPEN + 7));
		let bid = offer(2, 1, ECA, 30, 100, (OPEN, OPEN + 7));
		for t in OPEN..=OPEN + 7 {
			gate(t);
			next_block();
			check_all();
			assert_eq!(Offers::offer(bid).map_or(OPEN + 8, |offer| offer.start), t + 1);
		}
		// Two timesteps were in an auction.
		assert_eq!((free(1), held(2), free(2)), (4_000, 0, MONEY - 4_000));
	});
}

#[test]
fn clearing_should_leave_room_for_transactions() {
	build_and_execute(|| {
		auction();
		for who in 1..=50 {
			offer(who, 1, EPA, 10, 100, (OPEN, OPEN));
			offer(100 + who, 1, ECA, 30, 100, (OPEN, OPEN));
		}
		gate(OPEN);
		let share = Offers::share_of_block().ref_time();
		StepWeight::set(share / 10);
		let mut blocks = 0;
		while blocks == 0 || crate::Current::<Test>::get().is_some() {
			let consumed = poll(frame_support::weights::Weight::MAX).ref_time();
			assert!(consumed <= share);
			blocks += 1;
			assert!(blocks < 100);
		}
		// 9 steps a block: 100 to freeze, 50 to match, 50 to pair, and some between.
		assert!((22..=26).contains(&blocks), "{blocks}");
		assert_eq!(free(1), 2_000);
	});
}
