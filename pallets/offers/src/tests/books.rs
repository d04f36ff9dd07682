//! Random books, cleared by the market, against the reference.

use super::reference::{clear, random_book, Book, FeederState, Order};
use crate::{mock::*, Current, Event};
use frame_support::weights::Weight;
use petra_primitives::{AssetLedger, EnergyAsset};
use petra_schedule::clearing::Load;
use std::collections::BTreeMap;

/// `default`, or so many as the environment says.
pub fn scaled(default: u64) -> u64 {
	std::env::var("PETRA_HISTORIES")
		.ok()
		.and_then(|n| n.parse().ok())
		.unwrap_or(default)
}

/// Posts an order of timestep [`OPEN`] from an account of its own; returns the offer's id.
fn post_order(order: &Order, sells: bool) -> u64 {
	let who = order.id as u32;
	let kind = if sells { EPA } else { ECA };
	let mut id = withdraw(who, order.feeder, kind, order.power, OPEN, OPEN);
	if order.traded {
		let fresh = <EnergyAssets as AssetLedger<_>>::spend(id).unwrap();
		id = EnergyAssets::create(EnergyAsset { traded: true, ..fresh }).unwrap();
	}
	if !sells {
		fund(who, u128::from(order.price * order.power) + 1);
	}
	let offer_id = crate::NextOfferId::<Test>::get();
	assert_done(who, post(id, order.price));
	offer_id
}

/// Sets a book up; returns which order each offer is.
fn set_up(book: &Book) -> BTreeMap<u64, u64> {
	auction();
	for (feeder, state) in &book.feeders {
		let load = Load { production: state.production, consumption: state.consumption };
		Offers::add_load(*feeder, load, OPEN, OPEN).unwrap();
		if let Some((internal, external)) = state.limits {
			set_limits(*feeder, internal, external, NOW);
		}
	}
	let asks = book.asks.iter().map(|order| (order, true));
	let bids = book.bids.iter().map(|order| (order, false));
	let mut orders: Vec<_> = asks.chain(bids).collect();
	orders.sort_by_key(|(order, _)| (order.age, order.id));
	let mut ids = BTreeMap::new();
	for (order, sells) in orders {
		System::set_block_number(order.age);
		ids.insert(post_order(order, sells), order.id);
	}
	ids
}

/// Clears [`OPEN`], `steps` at a time; returns the blocks that it took.
fn run(steps: u64) -> u32 {
	gate(OPEN);
	StepWeight::set(1);
	let mut blocks = 0;
	loop {
		System::set_block_number(System::block_number() + 1);
		// One more for reading and writing where the clearing stands.
		let limit = Weight::from_parts(steps.saturating_add(1), 0);
		assert!(poll(limit).all_lte(limit));
		blocks += 1;
		if Current::<Test>::get().is_none() {
			StepWeight::set(0);
			return blocks;
		}
		assert!(blocks < 100_000, "the clearing does not end");
	}
}

fn clear_on_chain(index: u64, book: &Book) -> (u64, u32) {
	let ids = set_up(book);
	take_events();
	let blocks = run(if index.is_multiple_of(2) { u64::MAX } else { 1 + index % 50 });
	let expected = clear(book);
	let mut trades = Vec::new();
	let mut paid = BTreeMap::<u32, (i128, i128)>::new();
	let mut cleared = None;
	for event in take_events() {
		match event {
			Event::OfferAccepted { offer_id, power, price, production_asset, .. } => {
				assert_eq!(price, expected.price);
				let buyer = asset(production_asset).owner;
				let order = book.bids.iter().find(|o| account(o.id as u32) == buyer).unwrap();
				trades.push((ids[&offer_id], order.id, power));
				let cost = i128::from(price * power);
				paid.entry(ids[&offer_id] as u32).or_default().0 += cost;
				paid.entry(order.id as u32).or_default().1 += cost;
			},
			Event::MarketCleared { timestep, price, power } => {
				assert_eq!((timestep, cleared), (OPEN, None));
				cleared = Some((price, power));
			},
			_ => {},
		}
	}
	assert_eq!(trades, expected.trades, "book {index}");
	let power = expected.trades.iter().map(|(_, _, power)| power).sum();
	assert_eq!(cleared, Some((expected.price, power)), "book {index}");
	for (feeder, FeederState { production, consumption, .. }) in expected.feeders {
		assert_eq!(load(feeder, OPEN), (production, consumption), "book {index}");
	}
	for order in book.asks.iter().chain(&book.bids) {
		let who = order.id as u32;
		let bids = book.bids.iter().any(|bid| bid.id == order.id);
		let brought = if bids { i128::from(order.price * order.power) + 1 } else { 0 };
		let (got, gave) = paid.get(&who).copied().unwrap_or_default();
		assert_eq!(free(who) as i128, brought + got - gave, "book {index}");
		assert_eq!(held(who), 0);
		assert!(assets(who).iter().all(|asset| !asset.6), "book {index}: nothing stays locked");
	}
	(power, blocks)
}

#[test]
fn clearing_should_equal_the_reference_on_random_books() {
	let books = scaled(200) * 2;
	let (mut exchanged, mut most_blocks) = (0, 0);
	for index in 0..books {
		build_and_execute(|| {
			let book =
				random_book(index, if index.is_multiple_of(10) { 200 } else { 30 }, LOT, TICK);
			let (power, blocks) = clear_on_chain(index, &book);
			exchanged += u64::from(power > 0);
			most_blocks = blocks.max(most_blocks);
		});
	}
	println!("{books} books: in {exchanged} something was exchanged, at most {most_blocks} blocks");
	assert!(exchanged * 2 > books && most_blocks > 100, "{exchanged} {most_blocks}");
}
