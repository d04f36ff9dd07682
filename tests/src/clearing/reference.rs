//! What a clearing must come to: the rule of the documentation, lot by lot, without limits of feeders.

use super::market::LOT;
use std::collections::BTreeMap;

/// An offer as its event says.
#[derive(Clone, Debug)]
pub struct Posted {
	pub id: u64,
	pub sells: bool,
	pub price: u64,
	pub power: u64,
	/// The block of its event.
	pub block: u64,
}

/// What a clearing comes to.
#[derive(Debug, PartialEq, Eq)]
pub struct Expected {
	pub price: u64,
	pub power: u64,
	/// What each ask sells of which something is sold, in watts.
	pub sold: BTreeMap<u64, u64>,
	/// Offers of which something is not traded.
	pub short: usize,
}

/// A lot of each offer after the other.
fn lots<'a>(offers: &'a [&Posted]) -> Vec<&'a Posted> {
	offers
		.iter()
		.flat_map(|offer| std::iter::repeat_n(*offer, (offer.power / LOT) as usize))
		.collect()
}

/// Clears the offers of one timestep at ticks of one.
pub fn clear(posted: &[Posted]) -> Expected {
	let (mut asks, mut bids): (Vec<_>, Vec<_>) = posted.iter().partition(|offer| offer.sells);
	asks.sort_by_key(|ask| (ask.price, ask.block, ask.id));
	bids.sort_by_key(|bid| (std::cmp::Reverse(bid.price), bid.block, bid.id));
	let (ask_lots, bid_lots) = (lots(&asks), lots(&bids));
	let crossing: Vec<_> = ask_lots
		.iter()
		.zip(&bid_lots)
		.take_while(|(ask, bid)| ask.price <= bid.price)
		.collect();
	let price = crossing.last().map_or(0, |(ask, bid)| (ask.price + bid.price) / 2);
	let mut filled = BTreeMap::<u64, u64>::new();
	for offer in crossing.iter().flat_map(|(ask, bid)| [ask, bid]) {
		*filled.entry(offer.id).or_default() += LOT;
	}
	let short = posted
		.iter()
		.filter(|offer| filled.get(&offer.id) != Some(&offer.power))
		.count();
	let is_ask = |id: &u64| asks.iter().any(|ask| ask.id == *id);
	let power = crossing.len() as u64 * LOT;
	filled.retain(|id, _| is_ask(id));
	Expected { price, power, sold: filled, short }
}

#[cfg(test)]
mod tests {
	use super::*;

	fn posted(id: u64, sells: bool, price: u64, lots: u64) -> Posted {
		Posted { id, sells, price, power: lots * LOT, block: id }
	}

	#[test]
	fn clear_should_fill_until_a_bid_does_not_pay_an_ask() {
		// The example of docs/pallets/offers.md, without limits.
		let all = [
			posted(0, false, 40, 4),
			posted(1, false, 30, 2),
			posted(2, false, 25, 2),
			posted(3, true, 10, 5),
			posted(4, true, 20, 2),
			posted(5, true, 30, 1),
		];
		let sold = BTreeMap::from([(3, 500), (4, 200)]);
		assert_eq!(clear(&all), Expected { price: 22, power: 700, sold, short: 2 });
		let none = Expected { price: 0, power: 0, sold: BTreeMap::new(), short: 3 };
		assert_eq!(clear(&all[..3]), none);
	}
}
