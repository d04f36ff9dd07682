//! The double auction.

use crate::{mock::*, Error, Event};

#[test]
fn clearing_should_exchange_at_the_mean_of_the_last_prices() {
	build_and_execute(|| {
		auction();
		let ask = offer(1, 1, EPA, 10, 300, (OPEN, OPEN));
		let bid = offer(2, 1, ECA, 30, 200, (OPEN, OPEN));
		fund(3, MONEY);
		let eca = withdraw(3, 1, ECA, 100, OPEN, OPEN);
		assert_refused(3, accept(ask, eca), Error::WrongMode);
		let asset_id = open(bid).asset_id;
		take_events();
		gate(OPEN);
		next_block();
		assert_eq!(
			take_events(),
			[
				Event::OfferAccepted {
					offer_id: ask,
					asset_id,
					power: 200,
					start: OPEN,
					end: OPEN,
					price: 20,
					cost: 4_000,
					production_asset: 5,
					consumption_asset: 6,
				},
				// A part of the ask was not filled.
				Event::OfferExpired { offer_id: ask },
				Event::MarketCleared { timestep: OPEN, price: 20, power: 200 },
			]
		);
		assert_eq!((free(1), free(2), held(2)), (4_000, MONEY - 4_000, 0));
		assert_eq!(load(1, OPEN), (200, 200));
		assert_eq!(
			assets(1),
			[(EPA, 100, OPEN, OPEN, 1, false, false), (ECA, 200, OPEN, OPEN, 1, true, false),]
		);
	});
}

#[test]
fn clearing_should_say_so_when_nothing_crosses() {
	build_and_execute(|| {
		auction();
		let ask = offer(1, 1, EPA, 40, 300, (OPEN, OPEN));
		let bid = offer(2, 1, ECA, 30, 200, (OPEN, OPEN + 1));
		take_events();
		gate(OPEN);
		next_block();
		let cleared = Event::MarketCleared { timestep: OPEN, price: 0, power: 0 };
		assert_eq!(take_events(), [cleared, Event::OfferExpired { offer_id: ask }]);
		assert_eq!((held(2), open(bid).start), (6_000, OPEN + 1));
	});
}

#[test]
fn clearing_should_pair_within_feeders_first_and_keep_to_limits() {
	build_and_execute(|| {
		auction();
		set_limits(1, 1_000, 100, NOW);
		offer(1, 1, EPA, 10, 500, (OPEN, OPEN));
		// The better bid is on another feeder: it gets what the difference leaves.
		offer(2, 2, ECA, 50, 300, (OPEN, OPEN));
		offer(3, 1, ECA, 40, 200, (OPEN, OPEN));
		gate(OPEN);
		take_events();
		next_block();
		let powers: Vec<_> = take_events()
			.into_iter()
			.filter_map(|event| match event {
				Event::OfferAccepted { power, price, .. } => Some((power, price)),
				Event::MarketCleared { power, price, .. } => Some((power, price)),
				_ => None,
			})
			.collect();
		assert_eq!(powers, [(200, 20), (100, 20), (300, 20)]);
		assert_eq!((load(1, OPEN), load(2, OPEN)), ((300, 200), (0, 100)));
		assert_eq!((held(2), held(3)), (0, 0));
	});
}

#[test]
fn clearing_should_leave_all_or_nothing_offers_out() {
	build_and_execute(|| {
		auction();
		let epa = withdraw(1, 1, EPA, 100, OPEN, OPEN);
		assert_done(1, post_with(epa, 10, true, false));
		offer(2, 1, ECA, 30, 100, (OPEN, OPEN));
		gate(OPEN);
		take_events();
		next_block();
		let events = take_events();
		assert!(events.contains(&Event::MarketCleared { timestep: OPEN, price: 0, power: 0 }));
		assert_eq!((free(2), free(1)), (MONEY, 0));
	});
}

#[test]
fn clearing_should_leave_out_what_was_rescinded_before_the_gate() {
	build_and_execute(|| {
		auction();
		let ask = offer(1, 1, EPA, 10, 100, (OPEN, OPEN));
		let better = offer(2, 1, ECA, 50, 100, (OPEN, OPEN));
		let bid = offer(3, 1, ECA, 30, 100, (OPEN, OPEN));
		assert_done(2, rescind(better));
		gate(OPEN);
		assert_refused(3, rescind(bid), Error::GateClosed);
		assert_refused(1, rescind(ask), Error::GateClosed);
		next_block();
		assert_eq!((free(1), free(2), free(3)), (2_000, MONEY, MONEY - 2_000));
	});
}

#[test]
fn clearing_should_keep_id_age_and_hold_of_later_timesteps() {
	build_and_execute(|| {
		auction();
		let ask = offer(1, 1, EPA, 10, 200, (OPEN, OPEN + 3));
		let bid = offer(2, 1, ECA, 30, 100, (OPEN, OPEN + 3));
		for (index, t) in (OPEN..=OPEN + 3).enumerate() {
			System::set_block_number(10 + index as u32);
			gate(t);
			next_block();
			let traded = index as u128 + 1;
			assert_eq!(held(2), 3_000 * (3 - index as u128));
			assert_eq!((free(1), free(2)), (2_000 * traded, MONEY - 12_000 + 1_000 * traded));
			if t < OPEN + 3 {
				assert_eq!(
					(open(ask).start, open(ask).power, open(ask).posted_at),
					(t + 1, 200, 1)
				);
				assert_eq!((open(bid).start, open(bid).posted_at), (t + 1, 1));
			}
		}
		assert!(Offers::offer(ask).is_none() && Offers::offer(bid).is_none());
	});
}

#[test]
fn clearing_should_pair_one_large_offer_with_many() {
	build_and_execute(|| {
		auction();
		offer(1, 1, EPA, 10, 1_000, (OPEN, OPEN));
		for who in 2..=5 {
			offer(who, 1, ECA, 10 * u64::from(who), 200, (OPEN, OPEN));
		}
		gate(OPEN);
		take_events();
		next_block();
		let buyers: Vec<_> = take_events()
			.into_iter()
			.filter_map(|event| match event {
				Event::OfferAccepted { production_asset, price: 10 | 15, power: 200, .. } => {
					Some(asset(production_asset).owner)
				},
				_ => None,
			})
			.collect();
		// The last bid pays 20, the ask takes 10: 15, down to the tick.
		assert_eq!(buyers, [5, 4, 3, 2].map(account));
		assert_eq!(free(1), 4 * 200 * 10);
	});
}

#[test]
fn clearing_should_break_ties_by_age_then_id() {
	build_and_execute(|| {
		auction();
		fund(3, MONEY);
		let late = withdraw(3, 1, ECA, 100, OPEN, OPEN);
		offer(2, 1, ECA, 30, 100, (OPEN, OPEN));
		offer(4, 1, ECA, 30, 100, (OPEN, OPEN));
		System::set_block_number(2);
		assert_done(3, post(late, 30));
		offer(1, 1, EPA, 30, 200, (OPEN, OPEN));
		gate(OPEN);
		next_block();
		assert_eq!((free(2), free(4), free(3)), (MONEY - 3_000, MONEY - 3_000, MONEY));
	});
}
