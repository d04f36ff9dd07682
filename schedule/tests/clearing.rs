//! The rules of clearing against a reference that goes lot by lot, and what limits allow against each timestep.
#![allow(
	missing_docs,
	clippy::arithmetic_side_effects,
	clippy::indexing_slicing,
	clippy::unwrap_used
)]

#[path = "common/books.rs"]
mod books;

use books::{Book, Cleared, FeederState, Order, Random};
use petra_schedule::clearing::*;
use std::collections::{BTreeMap, VecDeque};

/// Walks over a book as the market does.
fn walk(book: &Book) -> Cleared {
	let sorted = |orders: &[Order], rank: fn(u64, u32, u64) -> Rank| -> VecDeque<Order> {
		let mut orders = orders.to_vec();
		orders.sort_by_key(|order| rank(order.price, order.age, order.id));
		orders.into()
	};
	let (mut asks, mut bids) = (sorted(&book.asks, Rank::ask), sorted(&book.bids, Rank::bid));
	let (mut filled_asks, mut filled_bids) = (VecDeque::new(), VecDeque::new());
	let mut crossing = Crossing::default();
	let quote = |order: &Order| Quote { price: order.price, power: order.power };
	while let (Some(bid), Some(ask)) = (bids.front(), asks.front()) {
		let Some(filled) = crossing.step(quote(bid), quote(ask)) else { break };
		if filled.bid {
			filled_bids.extend(bids.pop_front());
		}
		if filled.ask {
			filled_asks.extend(asks.pop_front());
		}
	}
	for (left, filled, power) in [
		(&mut bids, &mut filled_bids, crossing.bid_filled),
		(&mut asks, &mut filled_asks, crossing.ask_filled),
	] {
		if power > 0 {
			filled.push_back(Order { power, ..left.pop_front().unwrap() });
		}
	}
	let price = crossing.last.map_or(0, |last| clearing_price(last, book.tick));

	let mut state = State { feeders: book.feeders.clone(), trades: Vec::new(), lot: book.lot };
	let (mut asks_left, mut bids_left) = (Vec::new(), Vec::new());
	for feeder in book.feeders.keys() {
		let on = |orders: &VecDeque<Order>| -> VecDeque<Order> {
			orders.iter().filter(|order| order.feeder == *feeder).cloned().collect()
		};
		let (asks, bids) = state.pair_all(on(&filled_asks), on(&filled_bids));
		asks_left.extend(asks);
		bids_left.extend(bids);
	}
	let (asks, bids) = (sorted(&asks_left, Rank::ask), sorted(&bids_left, Rank::bid));
	state.pair_all(asks, bids);
	Cleared { price, trades: state.trades, feeders: state.feeders }
}

struct State {
	feeders: BTreeMap<u32, FeederState>,
	trades: Vec<(u64, u64, u64)>,
	lot: u64,
}

impl State {
	fn feeder(&self, feeder: u32) -> (Option<Limits>, Load) {
		let FeederState { production, consumption, limits } = self.feeders[&feeder].clone();
		let limits = limits.map(|(internal, external)| Limits { internal, external });
		(limits, Load { production, consumption })
	}

	fn pair_all(
		&mut self,
		mut asks: VecDeque<Order>,
		mut bids: VecDeque<Order>,
	) -> (Vec<Order>, Vec<Order>) {
		let (mut asks_aside, mut bids_aside) = (Vec::new(), Vec::new());
		while let (Some(ask), Some(bid)) = (asks.front().cloned(), bids.front().cloned()) {
			let (ask_room, bid_room) = if ask.feeder == bid.feeder {
				let (limits, load) = self.feeder(ask.feeder);
				rooms_within(limits, load, ask.traded, bid.traded)
			} else {
				let (seller, buyer) = (self.feeder(ask.feeder), self.feeder(bid.feeder));
				(ask_room(seller.0, seller.1, ask.traded), bid_room(buyer.0, buyer.1, bid.traded))
			};
			let pairing = pair((ask.power, ask_room), (bid.power, bid_room), self.lot);
			if pairing.power > 0 {
				self.trades.push((ask.id, bid.id, pairing.power));
				for (feeder, change) in [
					(ask.feeder, Load::of_sale(ask.traded, pairing.power)),
					(bid.feeder, Load::of_purchase(bid.traded, pairing.power)),
				] {
					let feeder = self.feeders.get_mut(&feeder).unwrap();
					feeder.production += change.production;
					feeder.consumption += change.consumption;
				}
			}
			assert!(pairing.ask != Then::Stays || pairing.bid != Then::Stays);
			for (orders, aside, then) in [
				(&mut asks, &mut asks_aside, pairing.ask),
				(&mut bids, &mut bids_aside, pairing.bid),
			] {
				let order = orders.front_mut().unwrap();
				order.power -= pairing.power;
				match then {
					Then::Stays => assert!(order.power > 0),
					Then::Done => assert_eq!(orders.pop_front().unwrap().power, 0),
					Then::Aside => aside.extend(orders.pop_front()),
				}
			}
		}
		asks_aside.extend(asks);
		bids_aside.extend(bids);
		(asks_aside, bids_aside)
	}
}

/// What was exchanged, in watts.
fn exchanged(cleared: &Cleared) -> u64 {
	cleared.trades.iter().map(|(_, _, power)| power).sum()
}

#[test]
fn clearing_should_equal_the_reference() {
	const BOOKS: u64 = 2_000;
	let (mut crossed, mut bound) = (0, 0);
	for index in 0..BOOKS {
		let book = books::random_book(index, 200, 100, 10);
		let cleared = walk(&book);
		assert_eq!(cleared, books::clear(&book), "book {index}");
		crossed += u64::from(cleared.price > 0);

		let mut unlimited = book.clone();
		unlimited.feeders.values_mut().for_each(|feeder| feeder.limits = None);
		let unlimited = walk(&unlimited);
		assert_eq!(cleared.price, unlimited.price, "book {index}: limits move no price");
		assert!(exchanged(&cleared) <= exchanged(&unlimited), "book {index}");
		bound += u64::from(cleared.trades != unlimited.trades);
		for (ask, bid, _) in &cleared.trades {
			let price_of = |orders: &[Order], id| {
				orders.iter().find(|order: &&Order| order.id == id).unwrap().price
			};
			assert!(price_of(&book.asks, *ask) <= cleared.price);
			assert!(cleared.price <= price_of(&book.bids, *bid));
		}
	}
	println!("{BOOKS} books: {crossed} crossed, in {bound} limits bound");
	assert!(crossed > BOOKS / 2, "{crossed} crossed");
	assert!(bound * 3 >= BOOKS, "limits bound in {bound}");
}

#[test]
fn clearing_price_should_be_the_mean_rounded_down_to_the_tick() {
	for (prices, tick, price) in [
		((30, 10), 10, 20),
		((30, 20), 10, 20),
		((30, 20), 1, 25),
		((31, 20), 1, 25),
		((u64::MAX, u64::MAX), 1, u64::MAX),
		((7, 7), 7, 7),
	] {
		assert_eq!(clearing_price(prices, tick), price);
	}
}

#[test]
fn allows_should_judge_each_timestep() {
	let mut random = Random(1);
	let mut refused = 0;
	for _ in 0..20_000 {
		let mut amount = |range: u64| i128::from(random.below(range));
		let loads: Vec<Load> = (0..3)
			.map(|_| Load { production: amount(12), consumption: amount(12) })
			.collect();
		let (internal, external) = (amount(14) as u64, amount(8) as u64);
		let power = 1 + amount(6) as u64;
		let change = match amount(6) {
			0 => Load::of_sale(false, power),
			1 => Load::of_sale(true, power),
			2 => Load::of_purchase(false, power),
			3 => Load::of_purchase(true, power),
			4 => Load::of_sale(false, power).plus(Load::of_purchase(false, power)),
			_ => Load::of_sale(false, power).plus(Load::of_purchase(true, power)),
		};
		let each = loads.iter().all(|load| {
			let after = load.plus(change);
			let within = |before: i128, after: i128, limit: u64| {
				after <= i128::from(limit) || after <= before
			};
			within(load.production, after.production, internal)
				&& within(load.consumption, after.consumption, internal)
				&& within(load.difference().abs(), after.difference().abs(), external)
		});
		let differences = || loads.iter().map(|load| load.difference());
		let extremes = Extremes {
			production: loads.iter().map(|load| load.production).max().unwrap(),
			consumption: loads.iter().map(|load| load.consumption).max().unwrap(),
			difference: (differences().min().unwrap(), differences().max().unwrap()),
		};
		assert_eq!(allows(Limits { internal, external }, extremes, change), each, "{loads:?}");
		refused += u32::from(!each);
	}
	assert!((5_000..15_000).contains(&refused), "{refused}");
}

#[test]
fn room_should_be_the_most_that_is_allowed() {
	let mut random = Random(2);
	for _ in 0..20_000 {
		let mut amount = |range: u64| i128::from(random.below(range));
		let load = Load { production: amount(30), consumption: amount(30) };
		let limits = Limits { internal: amount(30) as u64, external: amount(20) as u64 };
		let traded = amount(2) == 1;
		let extremes = Extremes {
			production: load.production,
			consumption: load.consumption,
			difference: (load.difference(), load.difference()),
		};
		let most = |change: fn(bool, u64) -> Load| {
			(0..100)
				.rev()
				.find(|power| *power == 0 || allows(limits, extremes, change(traded, *power)))
		};
		assert_eq!(ask_room(Some(limits), load, traded), most(Load::of_sale));
		assert_eq!(bid_room(Some(limits), load, traded), most(Load::of_purchase));
		assert_eq!(ask_room(None, load, traded), None);
		assert_eq!(bid_room(None, load, traded), None);
	}
}

#[test]
fn cost_should_be_exact_or_none() {
	assert_eq!(cost(3, 100, 5, 9), Some(1_500));
	assert_eq!(cost(3, 100, 5, 4), None);
	assert_eq!(cost(u64::MAX, u64::MAX, 0, 0), Some(u128::from(u64::MAX) * u128::from(u64::MAX)));
	assert_eq!(cost(u64::MAX, u64::MAX, 0, 1), None);
	assert_eq!(cost(1, 1, 0, u64::MAX), Some(1 << 64));
}
