//! Feeder limits, and who produces and consumes.

use crate::{mock::*, Error, Event};

/// Sells `power` from `seller`'s fresh asset to `buyer`'s.
fn sell(seller: (u32, u32), buyer: (u32, u32), power: u64) -> Result<(), Error<Test>> {
	let ask = offer(seller.0, seller.1, EPA, 0, power, (OPEN, OPEN + 3));
	let eca = withdraw(buyer.0, buyer.1, ECA, power, OPEN, OPEN + 3);
	let call = accept(ask, eca);
	match dispatch(signed(buyer.0), call.clone()) {
		Ok(()) => Ok(()),
		Err(_) => {
			assert_refused(buyer.0, call, Error::FeederLimitExceeded);
			assert_done(seller.0, rescind(ask));
			Err(Error::FeederLimitExceeded)
		},
	}
}

#[test]
fn limits_should_bind_exactly_within_a_feeder() {
	build_and_execute(|| {
		set_limits(1, 1_000, 0, NOW);
		assert_eq!(sell((1, 1), (2, 1), 600), Ok(()));
		assert_eq!(sell((1, 1), (2, 1), 500), Err(Error::FeederLimitExceeded));
		assert_eq!(sell((1, 1), (2, 1), 400), Ok(()));
		assert_eq!(sell((1, 1), (2, 1), 100), Err(Error::FeederLimitExceeded));
		assert_eq!(load(1, OPEN), (1_000, 1_000));
	});
}

#[test]
fn limits_should_bind_exactly_between_feeders() {
	build_and_execute(|| {
		set_limits(1, 10_000, 500, NOW);
		set_limits(2, 10_000, 300, NOW);
		assert_eq!(sell((1, 1), (2, 2), 400), Err(Error::FeederLimitExceeded));
		assert_eq!(sell((1, 1), (2, 2), 300), Ok(()));
		assert_eq!(sell((1, 1), (3, 3), 300), Err(Error::FeederLimitExceeded));
		assert_eq!(sell((1, 1), (3, 3), 200), Ok(()));
		// The other way it is less than before.
		assert_eq!(sell((2, 2), (1, 1), 600), Ok(()));
		assert_eq!((load(1, OPEN), load(2, OPEN)), ((500, 600), (600, 300)));
	});
}

#[test]
fn limits_should_let_what_is_above_them_stay_and_fall() {
	build_and_execute(|| {
		assert_eq!(sell((1, 1), (2, 2), 1_000), Ok(()));
		set_limits(1, 500, 300, NOW);
		for other in [2, 3] {
			assert_eq!(sell((1, 1), (4, other), 100), Err(Error::FeederLimitExceeded));
		}
		assert_eq!(sell((1, 1), (2, 1), 100), Err(Error::FeederLimitExceeded));
		// Consumption has room, and the difference falls with it.
		assert_eq!(sell((4, 3), (2, 1), 400), Ok(()));
		assert_eq!(load(1, OPEN), (1_000, 400));
		// Buying what was sold back takes production away.
		let (eca, _) = EnergyAssets::assets_of(&account(1))
			.into_iter()
			.find(|(_, asset)| asset.traded && asset.kind == ECA)
			.unwrap();
		let ask = offer(5, 3, EPA, 0, 700, (OPEN, OPEN + 3));
		assert_done(1, accept(ask, eca));
		assert_eq!(load(1, OPEN), (300, 400));
	});
}

#[test]
fn limits_should_bind_where_they_change_within_a_trade() {
	build_and_execute(|| {
		set_limits(1, 10_000, 200, OPEN + 1);
		assert_eq!(sell((1, 1), (2, 2), 300), Err(Error::FeederLimitExceeded));
		assert_eq!(sell((1, 1), (2, 2), 200), Ok(()));
		let ask = offer(1, 1, EPA, 0, 300, (OPEN, OPEN + 3));
		let eca = withdraw(2, 2, ECA, 300, OPEN, OPEN + 1);
		assert_done(2, accept(ask, eca));
		assert_eq!((load(1, OPEN), load(1, OPEN + 2)), ((500, 0), (200, 0)));
	});
}

#[test]
fn substation_should_be_the_seller_and_buyer_of_last_resort() {
	build_and_execute(|| {
		// The DSO's substation is a meter on a feeder of its own.
		let (dso, substation) = (9, 4);
		set_limits(1, 10_000, 500, NOW);
		let dear = offer(dso, substation, EPA, 500, 10_000, (OPEN, OPEN));
		let cheap = offer(dso, substation, ECA, 10, 10_000, (OPEN, OPEN));
		fund(1, MONEY);
		let needs = withdraw(1, 1, ECA, 600, OPEN, OPEN);
		assert_refused(1, accept(dear, needs), Error::FeederLimitExceeded);
		let needs = withdraw(1, 1, ECA, 500, OPEN, OPEN);
		assert_done(1, accept(dear, needs));
		let has = withdraw(2, 1, EPA, 1_000, OPEN, OPEN);
		assert_done(2, accept(cheap, has));
		assert_eq!((free(1), free(2)), (MONEY - 250_000, 10_000));
		assert_eq!(load(1, OPEN), (1_000, 500));
	});
}

#[test]
fn assets_should_come_home_when_a_trade_is_taken_back() {
	build_and_execute(|| {
		fund(2, MONEY);
		let ask = offer(1, 1, EPA, 10, 300, (OPEN, OPEN));
		let eca = withdraw(2, 2, ECA, 300, OPEN, OPEN);
		take_events();
		assert_done(2, accept(ask, eca));
		let Event::OfferAccepted { production_asset, consumption_asset, .. } = take_events()[0]
		else {
			panic!("a trade")
		};
		assert_eq!((load(1, OPEN), load(2, OPEN)), ((300, 0), (0, 300)));
		// The buyer sells what it bought back to the seller.
		assert_done(2, post(production_asset, 10));
		assert_done(1, accept(1, consumption_asset));
		assert_eq!((load(1, OPEN), load(2, OPEN)), ((0, 0), (0, 0)));
		assert_eq!(assets(1), [(EPA, 300, OPEN, OPEN, 1, false, false)]);
		assert_eq!(assets(2), [(ECA, 300, OPEN, OPEN, 2, false, false)]);
		assert_eq!((free(1), free(2)), (0, MONEY));
	});
}

#[test]
fn resale_should_move_what_is_produced_to_who_sells_last() {
	build_and_execute(|| {
		fund(2, MONEY);
		fund(3, MONEY);
		let ask = offer(1, 1, EPA, 10, 300, (OPEN, OPEN));
		let eca = withdraw(2, 2, ECA, 300, OPEN, OPEN);
		take_events();
		assert_done(2, accept(ask, eca));
		let Event::OfferAccepted { production_asset, .. } = take_events()[0] else {
			panic!("a trade")
		};
		// What was bought is sold on: feeder 2 only passes it through.
		assert_done(2, post(production_asset, 20));
		let eca = withdraw(3, 3, ECA, 300, OPEN, OPEN);
		assert_done(3, accept(1, eca));
		assert_eq!((load(1, OPEN), load(2, OPEN), load(3, OPEN)), ((300, 0), (0, 0), (0, 300)));
		assert_eq!((free(1), free(2), free(3)), (3_000, MONEY + 3_000, MONEY - 6_000));
	});
}
