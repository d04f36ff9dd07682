//! The rules of clearing against a reference that goes lot by lot, and what limits allow against each timestep.
#![allow(
	missing_docs,
	clippy::arithmetic_side_effects,
	clippy::indexing_slicing,
	clippy::unwrap_used
)]

#[path = "common/books.rs"]
mod books;
#[path = "common/clearing.rs"]
mod common;
#[path = "common/mod.rs"]
mod settings;

use books::{Book, Cleared, FeederState, Order, Random};
use common::{check, walk};
use petra_schedule::clearing::*;
use proptest::{collection::vec, prelude::any, proptest};

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

/// An exchange across feeders may take up more room than its power: a difference of -140 W leaves room for 280 W, to the
/// other side of zero; 100 W later, at -40 W, there is room for 80 W, which is no lot. The ask had room for another lot,
/// so it stays, and meets a bid of its own feeder, where the difference does not matter.
#[test]
fn an_ask_should_stay_until_an_exchange_takes_all_the_room_it_had() {
	let order =
		|(id, price, power, feeder, traded)| Order { id, price, age: 1, power, feeder, traded };
	let full = FeederState { production: 1_000, consumption: 1_140, limits: Some((1_000, 0)) };
	let book = Book {
		// The first pass sets aside the fresh ask and the bid of feeder 1, which is full, before the traded ask is due.
		asks: [(1, 10, 100, 1, false), (2, 20, 200, 1, true)].map(order).into(),
		bids: [(3, 40, 100, 2, false), (4, 30, 100, 1, false), (5, 25, 100, 2, false)]
			.map(order)
			.into(),
		feeders: [(1, full), (2, FeederState::default())].into(),
		lot: 100,
		tick: 1,
	};
	let cleared = walk(&book);
	assert_eq!(cleared.trades, [(2, 3, 100), (2, 4, 100)]);
	assert_eq!(cleared, books::clear(&book));
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

proptest! {
	#![proptest_config(settings::cases(400))]

	/// What the fuzzer does, with fewer bytes.
	#[test]
	fn clearing_should_equal_the_reference_on_any_bytes(data in vec(any::<u8>(), 0..600)) {
		check(&data);
	}
}
