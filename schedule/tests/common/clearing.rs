//! A walk over a book as the market does it, by the rules that are tested; books out of any bytes. Tests and the fuzzer
//! share it.

use crate::books::{clear, Book, Cleared, FeederState, Order};
use petra_schedule::clearing::*;
use std::collections::{BTreeMap, VecDeque};

/// Walks over a book as the market does.
pub fn walk(book: &Book) -> Cleared {
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

/// The power lot of books out of bytes.
const LOT: u64 = 100;
/// The most offers of one.
const MOST: usize = 120;

/// A book out of any bytes: five for the tick and each feeder, then five for each offer.
fn book(data: &[u8]) -> Option<Book> {
	let (head, offers) = data.split_at_checked(16)?;
	let feeder = |feeder: usize| {
		let [a, b, c, d, e] = std::array::from_fn(|byte| u64::from(head[1 + 5 * feeder + byte]));
		// Enough to take back what traded assets stand for; a limit may be lower than what is traded.
		let base = 1_000_000 * i128::from(LOT);
		let (production, consumption) = (base + i128::from(a * 10), base + i128::from(b * 10));
		let limits = (e % 4 > 0).then(|| (base as u64 + c * 30, d * 20));
		(feeder as u32, FeederState { production, consumption, limits })
	};
	let tick = 1 + u64::from(head[0] % 8);
	let order = |(index, bytes): (usize, &[u8])| Order {
		id: index as u64,
		price: u64::from(bytes[0]) * tick,
		age: u32::from(bytes[1] % 4),
		power: (1 + u64::from(bytes[2]) / (1 + u64::from(bytes[1] / 16))) * LOT,
		feeder: u32::from(bytes[3] % 3),
		traded: bytes[4] % 5 == 0,
	};
	let orders = offers.chunks_exact(5).take(MOST).enumerate();
	let (asks, bids): (Vec<_>, Vec<_>) = orders.partition(|(_, bytes)| bytes[4] < 128);
	Some(Book {
		asks: asks.into_iter().map(order).collect(),
		bids: bids.into_iter().map(order).collect(),
		feeders: (0..3).map(feeder).collect(),
		lot: LOT,
		tick,
	})
}

/// Clears the book out of these bytes: as the reference does, and nobody is worse off than its offer says.
pub fn check(data: &[u8]) {
	let Some(book) = book(data) else { return };
	let cleared = walk(&book);
	assert_eq!(cleared, clear(&book));
	let mut left: BTreeMap<u64, u64> = book
		.asks
		.iter()
		.chain(&book.bids)
		.map(|order| (order.id, order.power))
		.collect();
	for (ask, bid, power) in &cleared.trades {
		let price_of = |orders: &[Order], id: &u64| {
			orders.iter().find(|order| order.id == *id).map(|order| order.price)
		};
		assert!(price_of(&book.asks, ask) <= Some(cleared.price));
		assert!(price_of(&book.bids, bid) >= Some(cleared.price));
		for id in [ask, bid] {
			let left = left.get_mut(id).unwrap();
			*left = left.checked_sub(*power).unwrap();
		}
	}
	for (feeder, before) in &book.feeders {
		let (after, Some((internal, external))) = (&cleared.feeders[feeder], before.limits) else {
			continue;
		};
		let within =
			|before: i128, after: i128, limit: u64| after <= i128::from(limit) || after <= before;
		assert!(within(before.production, after.production, internal));
		assert!(within(before.consumption, after.consumption, internal));
		let difference = |state: &FeederState| (state.production - state.consumption).abs();
		assert!(within(difference(before), difference(after), external));
	}
}
