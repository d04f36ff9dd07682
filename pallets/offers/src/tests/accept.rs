//! `accept_offer`.

use crate::{mock::*, Error, Event};
use petra_primitives::{MarketMode, TradeLimits};

#[test]
fn accept_offer_should_exchange_the_overlap_of_an_ask() {
	build_and_execute(|| {
		let ask = offer(1, 1, EPA, 20, 500, (OPEN, OPEN + 9));
		fund(2, 100_000);
		let eca = withdraw(2, 2, ECA, 300, OPEN + 4, OPEN + 19);
		take_events();
		assert_done(2, accept(ask, eca));
		// 300 W over 6 timesteps at 20.
		assert_eq!((free(1), free(2)), (36_000, 64_000));
		assert_eq!(
			assets(1),
			[
				(ECA, 300, OPEN + 4, OPEN + 9, 1, true, false),
				(EPA, 500, OPEN, OPEN + 3, 1, false, true),
				(EPA, 200, OPEN + 4, OPEN + 9, 1, false, true),
			]
		);
		assert_eq!(
			assets(2),
			[
				(EPA, 300, OPEN + 4, OPEN + 9, 2, true, false),
				(ECA, 300, OPEN + 10, OPEN + 19, 2, false, false),
			]
		);
		let posted = |offer_id, asset_id, power, start, end| Event::OfferPosted {
			offer_id,
			asset_id,
			poster: account(1),
			kind: EPA,
			power,
			start,
			end,
			price: 20,
			parent: Some(ask),
		};
		assert_eq!(
			take_events(),
			[
				Event::OfferAccepted {
					offer_id: ask,
					asset_id: eca,
					power: 300,
					start: OPEN + 4,
					end: OPEN + 9,
					price: 20,
					cost: 36_000,
					production_asset: 2,
					consumption_asset: 3,
				},
				posted(1, 5, 500, OPEN, OPEN + 3),
				posted(2, 6, 200, OPEN + 4, OPEN + 9),
			]
		);
		assert_eq!(load(1, OPEN + 4), (300, 0));
		assert_eq!(load(2, OPEN + 9), (0, 300));
		assert_eq!((load(1, OPEN + 3), load(2, OPEN + 10)), ((0, 0), (0, 0)));
	});
}

#[test]
fn accept_offer_should_exchange_the_overlap_of_a_bid() {
	build_and_execute(|| {
		let bid = offer(2, 2, ECA, 20, 300, (OPEN, OPEN + 9));
		assert_eq!(held(2), 60_000);
		let epa = withdraw(1, 1, EPA, 500, OPEN + 2, OPEN + 3);
		System::set_block_number(5);
		take_events();
		assert_done(1, accept(bid, epa));
		assert_eq!((free(1), held(2), free(2)), (12_000, 48_000, MONEY - 60_000));
		assert_eq!(
			assets(1),
			[
				(ECA, 300, OPEN + 2, OPEN + 3, 1, true, false),
				(EPA, 200, OPEN + 2, OPEN + 3, 1, false, false),
			]
		);
		for (id, start, end) in [(1, OPEN, OPEN + 1), (2, OPEN + 4, OPEN + 9)] {
			let rest = open(id);
			assert_eq!((rest.start, rest.end, rest.power), (start, end, 300));
			assert_eq!((rest.price, rest.posted_at), (20, 1));
		}
		assert!(Offers::offer(bid).is_none());
	});
}

#[test]
fn accept_offer_should_return_the_rest_when_the_offer_closes_on_partial() {
	build_and_execute(|| {
		fund(2, 100_000);
		let eca = withdraw(2, 2, ECA, 300, OPEN, OPEN + 9);
		assert_done(2, post_with(eca, 20, false, true));
		let epa = withdraw(1, 1, EPA, 100, OPEN + 2, OPEN + 3);
		assert_done(1, accept(0, epa));
		assert_eq!((held(2), free(2), free(1)), (0, 96_000, 4_000));
		assert_eq!(crate::Offers::<Test>::iter().count(), 0);
		assert!(assets(2).iter().all(|asset| !asset.6));
		assert_eq!(assets(2).len(), 4);
	});
}

#[test]
fn accept_offer_should_exchange_all_or_nothing() {
	build_and_execute(|| {
		let epa = withdraw(1, 1, EPA, 300, OPEN, OPEN + 1);
		assert_done(1, post_with(epa, 20, true, false));
		fund(2, 100_000);
		let short = withdraw(2, 2, ECA, 300, OPEN, OPEN);
		let weak = withdraw(2, 2, ECA, 200, OPEN, OPEN + 1);
		let enough = withdraw(2, 2, ECA, 400, OPEN, OPEN + 5);
		assert_refused(2, accept(0, short), Error::AllOrNothing);
		assert_refused(2, accept(0, weak), Error::AllOrNothing);
		assert_done(2, accept(0, enough));
		assert_eq!(free(1), 12_000);
	});
}

#[test]
fn accept_offer_should_refuse_what_does_not_fit() {
	build_and_execute(|| {
		let ask = offer(1, 1, EPA, 20, 500, (OPEN + 2, OPEN + 9));
		fund(2, 1_000);
		let eca = withdraw(2, 1, ECA, 100, OPEN, OPEN + 2);
		let epa = withdraw(2, 1, EPA, 100, OPEN, OPEN + 2);
		let apart = withdraw(2, 1, ECA, 100, OPEN, OPEN + 1);
		assert_refused(2, accept(9, eca), Error::OfferNotFound);
		assert_refused(2, accept(ask, 99), Error::AssetNotFound);
		assert_refused(1, accept(ask, eca), Error::NotOwner);
		assert_refused(2, accept(ask, epa), Error::WrongKind);
		assert_refused(2, accept(ask, apart), Error::IntervalsDisjoint);
		assert_refused(2, accept(ask, eca), Error::InsufficientFunds);
		fund(2, 1_000);
		let locked = offer(2, 1, ECA, 0, 100, (OPEN, OPEN));
		assert_refused(2, accept(ask, open(locked).asset_id), Error::AssetLocked);
	});
}

#[test]
fn accept_offer_should_spend_the_last_unit_and_keep_the_account() {
	build_and_execute(|| {
		let ask = offer(1, 1, EPA, 20, 100, (OPEN, OPEN));
		fund(2, 2_000);
		let eca = withdraw(2, 1, ECA, 100, OPEN, OPEN);
		assert_done(2, accept(ask, eca));
		assert_eq!((free(2), free(1)), (0, 2_000));
		assert!(System::account_exists(&account(2)));
	});
}

#[test]
fn accept_offer_should_refuse_to_leave_or_make_dust() {
	build_and_execute(|| {
		ExistentialDeposit::set(3_000);
		let ask = offer(1, 1, EPA, 20, 100, (OPEN, OPEN));
		fund(2, 4_000);
		let eca = withdraw(2, 1, ECA, 100, OPEN, OPEN);
		assert_refused(2, accept(ask, eca), Error::BelowExistentialDeposit);
		fund(2, 1_000);
		assert_refused(2, accept(ask, eca), Error::BelowExistentialDeposit);
		fund(1, 3_000);
		assert_done(2, accept(ask, eca));
		ExistentialDeposit::set(1);
	});
}

#[test]
fn accept_offer_should_keep_to_the_acceptors_limits() {
	build_and_execute(|| {
		let ask = offer(1, 1, EPA, 20, 500, (OPEN, OPEN + 9));
		let bid = offer(2, 1, ECA, 20, 500, (OPEN, OPEN + 9));
		fund(3, MONEY);
		let eca = withdraw(3, 1, ECA, 300, OPEN + 2, OPEN + 5);
		let epa = withdraw(3, 1, EPA, 300, OPEN + 2, OPEN + 5);
		let limits = |price, min_power, start, end| TradeLimits { price, min_power, start, end };
		for (price, power, start, end) in [
			(None, 400, OPEN + 2, OPEN + 5),
			(None, 300, OPEN + 1, OPEN + 5),
			(None, 300, OPEN + 2, OPEN + 6),
			(Some((10, 30)), 300, OPEN + 2, OPEN + 5),
		] {
			let (buy, sell) = price.unwrap_or((20, 20));
			let call = accept_within(ask, eca, limits(buy, power, start, end));
			assert_refused(3, call, Error::WorseThanLimits);
			let call = accept_within(bid, epa, limits(sell, power, start, end));
			assert_refused(3, call, Error::WorseThanLimits);
		}
		assert_done(3, accept_within(ask, eca, limits(20, 300, OPEN + 2, OPEN + 5)));
		assert_done(3, accept_within(bid, epa, limits(20, 300, OPEN + 2, OPEN + 5)));
	});
}

#[test]
fn accept_offer_should_trade_open_timesteps_only() {
	build_and_execute(|| {
		let ask = offer(1, 1, EPA, 20, 500, (OPEN, OPEN + 9));
		fund(2, MONEY);
		let early = withdraw(2, 1, ECA, 300, OPEN, OPEN + 1);
		let eca = withdraw(2, 1, ECA, 300, OPEN, OPEN + 3);
		gate(OPEN + 1);
		assert_refused(2, accept(ask, early), Error::GateClosed);
		assert_done(2, accept(ask, eca));
		assert!(assets(2).contains(&(EPA, 300, OPEN + 2, OPEN + 3, 1, true, false)));
		assert!(assets(2).contains(&(ECA, 300, OPEN, OPEN + 1, 1, false, false)));
	});
}

#[test]
fn accept_offer_should_be_at_the_fixed_price() {
	build_and_execute(|| {
		set_mode(MarketMode::FixedPrice(30), NOW + LEAD);
		let cheap = offer(1, 1, EPA, 20, 100, (OPEN, OPEN));
		let dear = offer(1, 1, EPA, 40, 100, (OPEN, OPEN));
		let rich = offer(2, 1, ECA, 40, 100, (OPEN, OPEN));
		let poor = offer(2, 1, ECA, 20, 100, (OPEN, OPEN));
		fund(3, MONEY);
		let eca = withdraw(3, 1, ECA, 100, OPEN, OPEN);
		let epa = withdraw(3, 1, EPA, 100, OPEN, OPEN);
		assert_refused(3, accept(dear, eca), Error::PriceNotMet);
		assert_refused(3, accept(poor, epa), Error::PriceNotMet);
		assert_done(3, accept(cheap, eca));
		assert_done(3, accept(rich, epa));
		assert_eq!((free(1), free(3)), (3_000, MONEY));
		// The bid's surplus is the buyer's.
		assert_eq!((held(2), free(2)), (2_000, 2 * MONEY - 5_000));
	});
}

#[test]
fn accept_offer_should_be_cut_where_the_mode_changes() {
	build_and_execute(|| {
		set_mode(MarketMode::FixedPrice(30), OPEN + 1);
		set_mode(MarketMode::FixedPrice(40), OPEN + 3);
		set_mode(MarketMode::DoubleAuction, OPEN + 5);
		let ask = offer(1, 1, EPA, 20, 100, (OPEN, OPEN + 9));
		fund(2, MONEY);
		let eca = withdraw(2, 1, ECA, 100, OPEN, OPEN + 9);
		take_events();
		let mut offered = ask;
		let mut brought = eca;
		for (price, start, end) in
			[(20, OPEN, OPEN + 1), (30, OPEN + 2, OPEN + 3), (40, OPEN + 4, OPEN + 5)]
		{
			assert_done(2, accept(offered, brought));
			let events = take_events();
			assert!(matches!(
				events[0],
				Event::OfferAccepted { price: p, start: s, end: e, .. } if (p, s, e) == (price, start, end)
			));
			offered += 1;
			let (id, _) = EnergyAssets::assets_of(&account(2))
				.into_iter()
				.find(|(_, asset)| asset.kind == ECA)
				.unwrap();
			brought = id;
		}
		assert_refused(2, accept(offered, brought), Error::WrongMode);
	});
}

#[test]
fn accept_offer_should_keep_feeders_within_their_limits() {
	build_and_execute(|| {
		set_limits(1, 500, 300, NOW);
		fund(2, MONEY);
		// Within the feeder: production and consumption, not their difference.
		let ask = offer(1, 1, EPA, 20, 1_000, (OPEN, OPEN + 9));
		let one_more = withdraw(2, 1, ECA, 600, OPEN, OPEN + 4);
		assert_refused(2, accept(ask, one_more), Error::FeederLimitExceeded);
		let exact = withdraw(2, 1, ECA, 500, OPEN, OPEN + 4);
		assert_done(2, accept(ask, exact));
		// Between feeders: the difference.
		let rest = (0..9)
			.find(|id| Offers::offer(*id).is_some_and(|o| o.start == OPEN + 5))
			.unwrap();
		let one_more = withdraw(2, 2, ECA, 400, OPEN + 5, OPEN + 9);
		assert_refused(2, accept(rest, one_more), Error::FeederLimitExceeded);
		let exact = withdraw(2, 2, ECA, 300, OPEN + 5, OPEN + 9);
		assert_done(2, accept(rest, exact));
		assert_eq!((load(1, OPEN), load(1, OPEN + 9)), ((500, 500), (300, 0)));
		assert_eq!(load(2, OPEN + 9), (0, 300));
	});
}
