//! Random books, and a reference for their clearing: written from the specification, lot by lot, sharing nothing with
//! what it checks. The market's own tests use it too.

use std::collections::BTreeMap;

/// An offer in the timestep that is cleared.
#[derive(Clone, Debug)]
pub struct Order {
	pub id: u64,
	pub price: u64,
	pub age: u32,
	pub power: u64,
	pub feeder: u32,
	pub traded: bool,
}

/// What is traded on a feeder before, and its limits (internal, external).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeederState {
	pub production: i128,
	pub consumption: i128,
	pub limits: Option<(u64, u64)>,
}

#[derive(Clone, Debug)]
pub struct Book {
	pub asks: Vec<Order>,
	pub bids: Vec<Order>,
	pub feeders: BTreeMap<u32, FeederState>,
	pub lot: u64,
	pub tick: u64,
}

/// Price, exchanges (ask, bid, power) in their order, and the feeders afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
	pub price: u64,
	pub trades: Vec<(u64, u64, u64)>,
	pub feeders: BTreeMap<u32, FeederState>,
}

/// What one side of a pair does to its feeder: production and consumption.
fn effect(sells: bool, traded: bool, power: u64) -> (i128, i128) {
	let power = i128::from(power);
	match (sells, traded) {
		(true, false) => (power, 0),
		(true, true) => (0, -power),
		(false, false) => (0, power),
		(false, true) => (-power, 0),
	}
}

/// Whether a side may: (production is fine, consumption is fine, the difference is fine).
fn fine(feeder: &FeederState, (production, consumption): (i128, i128)) -> (bool, bool, bool) {
	let Some((internal, external)) = feeder.limits else { return (true, true, true) };
	let (internal, external) = (i128::from(internal), i128::from(external));
	let before = (feeder.production - feeder.consumption).abs();
	let after = (feeder.production + production - feeder.consumption - consumption).abs();
	(
		feeder.production + production <= internal || production <= 0,
		feeder.consumption + consumption <= internal || consumption <= 0,
		after <= external || after <= before,
	)
}

/// Whether the ask may sell `power`, and whether the bid may buy it.
fn allowed(
	feeders: &BTreeMap<u32, FeederState>,
	ask: &Order,
	bid: &Order,
	power: u64,
) -> (bool, bool) {
	let sale = effect(true, ask.traded, power);
	let purchase = effect(false, bid.traded, power);
	if ask.feeder == bid.feeder {
		let both = (sale.0 + purchase.0, sale.1 + purchase.1);
		let (production, consumption, difference) = fine(&feeders[&ask.feeder], both);
		assert!(difference, "within a feeder the difference stays");
		return (production, consumption);
	}
	let all = |(a, b, c)| a && b && c;
	(all(fine(&feeders[&ask.feeder], sale)), all(fine(&feeders[&bid.feeder], purchase)))
}

/// One pass over asks and bids in their order; returns what is left of each.
fn pass(
	asks: Vec<Order>,
	bids: Vec<Order>,
	lot: u64,
	feeders: &mut BTreeMap<u32, FeederState>,
	trades: &mut Vec<(u64, u64, u64)>,
) -> (Vec<Order>, Vec<Order>) {
	let (mut asks, mut bids) = (asks, bids);
	let (mut a, mut b) = (0, 0);
	while a < asks.len() && b < bids.len() {
		let (ask, bid) = (asks[a].clone(), bids[b].clone());
		let mut power = ask.power.min(bid.power);
		while power > 0 && allowed(feeders, &ask, &bid, power) != (true, true) {
			power -= lot;
		}
		// One that could have exchanged more goes on, although its room may have shrunk by more than it exchanged.
		let (sells, buys) = allowed(feeders, &ask, &bid, power + lot);
		if power > 0 {
			for (feeder, (production, consumption)) in [
				(ask.feeder, effect(true, ask.traded, power)),
				(bid.feeder, effect(false, bid.traded, power)),
			] {
				let feeder = feeders.get_mut(&feeder).unwrap();
				feeder.production += production;
				feeder.consumption += consumption;
			}
			trades.push((ask.id, bid.id, power));
		}
		asks[a].power -= power;
		bids[b].power -= power;
		let moved = (asks[a].power == 0 || !sells, bids[b].power == 0 || !buys);
		assert!(moved.0 || moved.1, "a pair ends with one of the two");
		a += usize::from(moved.0);
		b += usize::from(moved.1);
	}
	asks.retain(|order| order.power > 0);
	bids.retain(|order| order.power > 0);
	(asks, bids)
}

/// Clears a book.
pub fn clear(book: &Book) -> Cleared {
	let Book { lot, tick, .. } = *book;
	let (mut asks, mut bids) = (book.asks.clone(), book.bids.clone());
	asks.sort_by_key(|order| (order.price, order.age, order.id));
	bids.sort_by_key(|order| (u64::MAX - order.price, order.age, order.id));
	// Lot by lot: the largest quantity whose last bid still pays its last ask.
	let lots = |orders: &[Order]| -> Vec<u64> {
		orders
			.iter()
			.flat_map(|order| vec![order.price; (order.power / lot) as usize])
			.collect()
	};
	let (ask_lots, bid_lots) = (lots(&asks), lots(&bids));
	let quantity = (1..=ask_lots.len().min(bid_lots.len()))
		.rev()
		.find(|quantity| bid_lots[quantity - 1] >= ask_lots[quantity - 1])
		.unwrap_or(0);
	let mut feeders = book.feeders.clone();
	let mut trades = Vec::new();
	if quantity == 0 {
		return Cleared { price: 0, trades, feeders };
	}
	let price = (bid_lots[quantity - 1] + ask_lots[quantity - 1]) / 2 / tick * tick;
	let fill = |orders: &mut Vec<Order>| {
		let mut left = quantity as u64 * lot;
		for order in orders.iter_mut() {
			order.power = order.power.min(left);
			left -= order.power;
		}
		orders.retain(|order| order.power > 0);
	};
	fill(&mut asks);
	fill(&mut bids);
	// First within each feeder, then across.
	let order = |orders: &mut Vec<Order>, book: &[Order]| {
		let mut ranked = book.to_vec();
		ranked.retain(|ranked| orders.iter().any(|order| order.id == ranked.id));
		*orders = ranked
			.iter()
			.map(|ranked| orders.iter().find(|order| order.id == ranked.id).unwrap().clone())
			.collect();
	};
	let (mut asks_left, mut bids_left) = (Vec::new(), Vec::new());
	for feeder in book.feeders.keys() {
		let on = |orders: &[Order]| -> Vec<Order> {
			orders.iter().filter(|order| order.feeder == *feeder).cloned().collect()
		};
		let (a, b) = pass(on(&asks), on(&bids), lot, &mut feeders, &mut trades);
		asks_left.extend(a);
		bids_left.extend(b);
	}
	order(&mut asks_left, &asks);
	order(&mut bids_left, &bids);
	pass(asks_left, bids_left, lot, &mut feeders, &mut trades);
	Cleared { price, trades, feeders }
}

/// Random numbers that are the same for the same seed.
pub struct Random(pub u64);

impl Random {
	pub fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	/// Below `end`.
	pub fn below(&mut self, end: u64) -> u64 {
		self.next() % end.max(1)
	}

	/// True in one of `of` cases.
	pub fn one_in(&mut self, of: u64) -> bool {
		self.below(of) == 0
	}
}

/// The `index`th random book of up to `side` offers a side: so many have limits that these bind in a third; shapes take
/// turns: any, no crossing, all crossing, ties, one side empty, one offer larger than the other side together.
pub fn random_book(index: u64, side: u64, lot: u64, tick: u64) -> Book {
	let mut random = Random(index.wrapping_mul(0x5851_f42d_4c95_7f2d));
	let shape = index % 7;
	let feeder_count = 1 + random.below(4);
	let mut id = 0;
	let mut orders = |random: &mut Random, sells: bool| -> Vec<Order> {
		let count = match shape {
			4 if sells == (index.is_multiple_of(2)) => 0,
			5 if sells => 1,
			_ => random.below(side + 1),
		};
		(0..count)
			.map(|_| {
				id += 1;
				let (low, range) = match (shape, sells) {
					(1, true) | (2, false) => (60, 40),
					(1, false) | (2, true) => (10, 40),
					(3, _) => (50, 3),
					_ => (10, 60),
				};
				let lots = if shape == 5 && sells { 40 * side } else { 1 + random.below(30) };
				Order {
					id,
					price: (low + random.below(range)) * tick,
					age: 1 + random.below(3) as u32,
					power: lots * lot,
					feeder: 1 + random.below(feeder_count) as u32,
					traded: random.one_in(5),
				}
			})
			.collect()
	};
	let asks = orders(&mut random, true);
	let bids = orders(&mut random, false);
	let binding = shape != 1 && shape != 4 && !index.is_multiple_of(4);
	let total: u64 = asks.iter().map(|order| order.power).sum();
	let feeders = (1..=feeder_count as u32)
		.map(|feeder| {
			// Enough to take back what traded assets stand for.
			let base = 1_000_000 * i128::from(lot);
			let tilt = i128::from(random.below(20) * lot) - i128::from(10 * lot);
			let room = 1 + total / feeder_count / if random.one_in(2) { 4 } else { 40 };
			let limits = binding.then(|| {
				let internal = base as u64 + random.below(room);
				let external = random.below(room) + 5 * lot;
				(internal, external)
			});
			(feeder, FeederState { production: base + tilt, consumption: base, limits })
		})
		.collect();
	Book { asks, bids, feeders, lot, tick }
}
