//! `post_offer`, `post_offer_with` and `rescind_offer`.

use crate::{mock::*, Error, Event};
use petra_primitives::OfferOptions;

#[test]
fn post_offer_should_lock_the_asset_and_hold_the_cost() {
	build_and_execute(|| {
		fund(2, 10_001);
		let epa = withdraw(1, 1, EPA, 500, OPEN, OPEN + 1);
		let eca = withdraw(2, 1, ECA, 500, OPEN, OPEN + 1);
		assert_done(1, post(epa, 20));
		assert_done(2, post(eca, 10));
		assert!(asset(epa).locked && asset(eca).locked);
		assert_eq!((held(1), held(2), free(2)), (0, 10_000, 1));
		let posted = |offer_id, asset_id, poster: u32, kind, price| Event::OfferPosted {
			offer_id,
			asset_id,
			poster: account(poster),
			kind,
			power: 500,
			start: OPEN,
			end: OPEN + 1,
			price,
			parent: None,
		};
		assert_eq!(take_events(), [posted(0, epa, 1, EPA, 20), posted(1, eca, 2, ECA, 10)]);
		assert_eq!(open(1).posted_at, 1);
		assert_eq!(open(1).options, OfferOptions::default());
	});
}

#[test]
fn post_offer_should_refuse_what_cannot_be_offered() {
	build_and_execute(|| {
		fund(2, 10_000);
		let eca = withdraw(2, 1, ECA, 500, OPEN, OPEN + 1);
		assert_refused(2, post(99, 10), Error::AssetNotFound);
		assert_refused(1, post(eca, 10), Error::NotOwner);
		assert_refused(2, post(eca, 15), Error::NotMultipleOfTick);
		assert_refused(2, post(eca, 20), Error::InsufficientFunds);
		assert_refused(2, post(eca, 10), Error::BelowExistentialDeposit);
		let huge = u64::MAX - u64::MAX % TICK;
		let long = withdraw(2, 1, ECA, 500_000_000, OPEN, OPEN + 80);
		assert_eq!(
			crate::Pallet::<Test>::cost(
				huge,
				crate::Part { power: u64::MAX - 1, start: 0, end: 5 }
			),
			Err(Error::Overflow)
		);
		assert_refused(2, post(long, huge), Error::InsufficientFunds);
		fund(2, 1);
		assert_done(2, post(eca, 10));
		assert_refused(2, post(eca, 10), Error::AssetLocked);
		let late = withdraw(2, 1, ECA, 500, OPEN, OPEN + 1);
		set_now(NOW + 1);
		assert_refused(2, post(late, 0), Error::GateClosed);
		set_now(NOW);
		assert_done(2, post(late, 0));
	});
}

#[test]
fn post_offer_should_refuse_when_the_book_is_full() {
	build_and_execute(|| {
		MaxOffers::set(2);
		offer(1, 1, EPA, 10, 100, (OPEN, OPEN + 5));
		let second = offer(1, 1, EPA, 10, 100, (OPEN + 5, OPEN + 6));
		let third = withdraw(1, 1, EPA, 100, OPEN + 2, OPEN + 8);
		assert_refused(1, post(third, 10), Error::BookFull);
		offer(2, 1, ECA, 10, 100, (OPEN, OPEN + 8));
		assert_done(1, rescind(second));
		assert_done(1, post(third, 10));
	});
}

#[test]
fn rescind_offer_should_return_asset_and_money() {
	build_and_execute(|| {
		let ask = offer(1, 1, EPA, 10, 100, (OPEN, OPEN + 5));
		let bid = offer(2, 1, ECA, 10, 100, (OPEN, OPEN + 5));
		take_events();
		assert_refused(2, rescind(ask), Error::NotOwner);
		assert_refused(2, rescind(7), Error::OfferNotFound);
		assert_done(1, rescind(ask));
		assert_done(2, rescind(bid));
		assert_refused(2, rescind(bid), Error::OfferNotFound);
		assert_eq!((free(2), held(2)), (MONEY, 0));
		assert_eq!(assets(1), [(EPA, 100, OPEN, OPEN + 5, 1, false, false)]);
		assert_eq!(assets(2), [(ECA, 100, OPEN, OPEN + 5, 1, false, false)]);
		let rescinded = |offer_id| Event::OfferRescinded { offer_id };
		assert_eq!(take_events(), [rescinded(ask), rescinded(bid)]);
	});
}

#[test]
fn rescind_offer_should_keep_what_is_gated_in_an_auction() {
	build_and_execute(|| {
		auction();
		let bid = offer(2, 1, ECA, 10, 100, (OPEN, OPEN + 5));
		let ask = offer(1, 1, EPA, 10, 100, (OPEN, OPEN + 5));
		take_events();
		// Gated, but the block's steps have not come yet.
		gate(OPEN + 1);
		assert_done(2, rescind(bid));
		assert_eq!(held(2), 2_000);
		assert_eq!((open(bid).start, open(bid).end), (OPEN, OPEN + 1));
		assert_refused(2, rescind(bid), Error::GateClosed);
		next_block();
		// Both timesteps were cleared with it.
		assert_refused(2, rescind(bid), Error::OfferNotFound);
		assert_eq!((free(2), free(1)), (MONEY - 2_000, 2_000));
		assert_eq!(open(ask).start, OPEN + 2);
	});
}
