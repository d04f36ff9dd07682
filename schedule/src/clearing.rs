//! The rules of the double auction, and what feeder limits leave room for (specification, section 6).
//!
//! Everything here is about one timestep, or about one change over an interval, and keeps no state of its own: who calls
//! it walks over the book, in the order of [`Rank`], and applies what it is told.
//!
//! # The clearing of one timestep
//!
//! 1. **What is filled.** [`Crossing`] walks over bids by price falling and asks by price rising, ties by age then id,
//!    as long as the bid at hand pays the ask at hand, and fills both by the smaller rest. The quantity so filled is the
//!    largest whose last bid still pays its last ask; [`clearing_price`] is the mean of the last two prices, rounded down
//!    to the price tick. Feeder limits play no part in it.
//! 2. **Who trades with whom.** Fills are paired in two passes, each a walk over bids and asks in the same order: first,
//!    for each feeder, its own bids with its own asks; then all that is left, whatever their feeders. In each pass
//!    [`pair`] exchanges the most, in whole power lots, that both rests and both sides' room allow: [`rooms_within`] if
//!    they are on one feeder, else [`ask_room`] and [`bid_room`]. A side of which nothing is left is done; a side that had
//!    no room for more than they exchange is set aside, also if it had none; a side that is neither stays for the next
//!    partner, and whether it has room then is judged then.
//!    What was set aside in the first pass, or found no partner, takes part in the second; what was in the second is not
//!    exchanged.
//!
//! Room depends on the ask alone and the bid alone, but for one thing: within one feeder, what one side adds and the
//! other takes back cancels out.

use crate::{Timestep, Value};
use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Where an offer stands in the book: the lesser comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
	/// The price, or for bids its complement, so that what trades first comes first.
	pub price: u64,
	/// The block in which it was posted.
	pub age: u32,
	/// Its id.
	pub id: u64,
}

impl Rank {
	/// An ask's: the cheapest first.
	pub fn ask(price: u64, age: u32, id: u64) -> Self {
		Self { price, age, id }
	}

	/// A bid's: the dearest first.
	pub fn bid(price: u64, age: u32, id: u64) -> Self {
		Self { price: !price, age, id }
	}
}

/// Price and power of an offer in the timestep that is cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
	/// The most that a bid pays, or the least that an ask takes.
	pub price: u64,
	/// Watts.
	pub power: u64,
}

/// How far the walk that decides what is filled has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Crossing {
	/// What of the bid at hand is filled.
	pub bid_filled: u64,
	/// What of the ask at hand is filled.
	pub ask_filled: u64,
	/// Prices of the last bid and the last ask with a positive fill.
	pub last: Option<(u64, u64)>,
}

/// What [`Crossing::step`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filled {
	/// The bid at hand is filled: go on to the next.
	pub bid: bool,
	/// The ask at hand is filled: go on to the next.
	pub ask: bool,
}

impl Crossing {
	/// Fills the bid and the ask at hand by the smaller rest; at least one of them is filled then. None if the bid does
	/// not pay the ask: the walk is over, and what [`Self::bid_filled`] and [`Self::ask_filled`] say is filled of the two
	/// at hand.
	pub fn step(&mut self, bid: Quote, ask: Quote) -> Option<Filled> {
		if bid.price < ask.price {
			return None;
		}
		let bid_left = bid.power.saturating_sub(self.bid_filled);
		let ask_left = ask.power.saturating_sub(self.ask_filled);
		let power = bid_left.min(ask_left);
		let filled = Filled { bid: power == bid_left, ask: power == ask_left };
		self.bid_filled = if filled.bid { 0 } else { self.bid_filled.saturating_add(power) };
		self.ask_filled = if filled.ask { 0 } else { self.ask_filled.saturating_add(power) };
		self.last = Some((bid.price, ask.price));
		Some(filled)
	}
}

/// The mean of the two last prices, rounded down to a multiple of `tick`.
pub fn clearing_price((bid, ask): (u64, u64), tick: u64) -> u64 {
	let mean = (u128::from(bid).saturating_add(ask.into()) / 2) as u64;
	mean.saturating_sub(mean.checked_rem(tick).unwrap_or_default())
}

/// How much may be traded on a feeder in a timestep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Limits {
	/// The most production, and the most consumption, in watts.
	pub internal: u64,
	/// The most by which the two may differ, in watts.
	pub external: u64,
}

/// Production and consumption traded on a feeder in a timestep, or by how much they change, in watts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Load {
	/// Production.
	pub production: Value,
	/// Consumption.
	pub consumption: Value,
}

impl Load {
	/// What selling `power` from a production asset does to the load of the asset's feeder: a fresh one adds production,
	/// a traded one takes back consumption.
	pub fn of_sale(traded: bool, power: u64) -> Self {
		let power = Value::from(power);
		match traded {
			false => Self { production: power, consumption: 0 },
			true => Self { production: 0, consumption: power.saturating_neg() },
		}
	}

	/// What buying `power` for a consumption asset does to the load of the asset's feeder: a fresh one adds consumption, a
	/// traded one takes back production.
	pub fn of_purchase(traded: bool, power: u64) -> Self {
		let power = Value::from(power);
		match traded {
			false => Self { production: 0, consumption: power },
			true => Self { production: power.saturating_neg(), consumption: 0 },
		}
	}

	/// Both together.
	pub fn plus(self, other: Self) -> Self {
		Self {
			production: self.production.saturating_add(other.production),
			consumption: self.consumption.saturating_add(other.consumption),
		}
	}

	/// Production less consumption.
	pub fn difference(self) -> Value {
		self.production.saturating_sub(self.consumption)
	}
}

/// The greatest loads of a feeder over an interval, and the extremes of their difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extremes {
	/// The most production in a timestep.
	pub production: Value,
	/// The most consumption in a timestep.
	pub consumption: Value,
	/// The least and the greatest difference in a timestep.
	pub difference: (Value, Value),
}

/// Whether `change` in every timestep of an interval is within `limits`: in none it raises what is over a limit then.
///
/// A rise of the difference D by d is refused where |D + d| > external and |D + d| > |D|, that is where D exceeds both
/// external − d and −d/2; so the greatest D decides, and for a fall the least.
pub fn allows(limits: Limits, extremes: Extremes, change: Load) -> bool {
	let (internal, external) = (Value::from(limits.internal), Value::from(limits.external));
	let exceeds = |most: Value, more: Value| more > 0 && most.saturating_add(more) > internal;
	let d = change.difference();
	let (least, greatest) = extremes.difference;
	let decisive = if d > 0 { greatest } else { least };
	let after = decisive.saturating_add(d).unsigned_abs();
	let raised = after > external.unsigned_abs() && after > decisive.unsigned_abs();
	!(exceeds(extremes.production, change.production)
		|| exceeds(extremes.consumption, change.consumption)
		|| (d != 0 && raised))
}

/// The most that an ask (`traded` or not) on a feeder with that load can sell to another feeder; none: any amount.
pub fn ask_room(limits: Option<Limits>, load: Load, traded: bool) -> Option<u64> {
	limits.map(|limits| {
		let difference = room_of_difference(limits, load.difference());
		match traded {
			false => room_of(limits, load.production).min(difference),
			true => difference,
		}
	})
}

/// The most that a bid (`traded` or not) on a feeder with that load can buy from another feeder; none: any amount.
pub fn bid_room(limits: Option<Limits>, load: Load, traded: bool) -> Option<u64> {
	limits.map(|limits| {
		let difference = room_of_difference(limits, load.difference().saturating_neg());
		match traded {
			false => room_of(limits, load.consumption).min(difference),
			true => difference,
		}
	})
}

/// The room of an ask and of a bid for each other on one feeder. The difference stays, and where one of the two is
/// traded, what one adds the other takes back.
pub fn rooms_within(
	limits: Option<Limits>,
	load: Load,
	ask_traded: bool,
	bid_traded: bool,
) -> (Option<u64>, Option<u64>) {
	match limits {
		Some(limits) if !ask_traded && !bid_traded => {
			(Some(room_of(limits, load.production)), Some(room_of(limits, load.consumption)))
		},
		_ => (None, None),
	}
}

fn room_of(limits: Limits, amount: Value) -> u64 {
	clamp(Value::from(limits.internal).saturating_sub(amount))
}

/// By how much a difference may rise: to `external`, or to as far above zero as it lies below.
fn room_of_difference(limits: Limits, difference: Value) -> u64 {
	let most = Value::from(limits.external).max(difference.saturating_abs());
	clamp(most.saturating_sub(difference))
}

fn clamp(value: Value) -> u64 {
	u64::try_from(value.max(0)).unwrap_or(u64::MAX)
}

/// What becomes of one side of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
	/// Nothing is left of it.
	Done,
	/// It goes on with the next partner.
	Stays,
	/// It had no room for more, and is set aside.
	Aside,
}

/// A bid and an ask that met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pairing {
	/// What they exchange, in watts.
	pub power: u64,
	/// What becomes of the ask.
	pub ask: Then,
	/// What becomes of the bid.
	pub bid: Then,
}

/// Pairs an ask and a bid, each given as what is left of it and its room, in multiples of `lot`. At least one of them does
/// not stay.
pub fn pair(ask: (u64, Option<u64>), bid: (u64, Option<u64>), lot: u64) -> Pairing {
	let whole_lots = |room: Option<u64>| {
		room.map_or(u64::MAX, |room| room.saturating_sub(room.checked_rem(lot).unwrap_or_default()))
	};
	let (ask_room, bid_room) = (whole_lots(ask.1), whole_lots(bid.1));
	let power = ask.0.min(bid.0).min(ask_room).min(bid_room);
	let then = |left: u64, room: u64| match power {
		power if power == left => Then::Done,
		power if power == room => Then::Aside,
		_ => Then::Stays,
	};
	Pairing { power, ask: then(ask.0, ask_room), bid: then(bid.0, bid_room) }
}

/// Price × power × the number of timesteps from `start` to `end`; none if it does not fit.
pub fn cost(price: u64, power: u64, start: Timestep, end: Timestep) -> Option<u128> {
	let timesteps = u128::from(end.checked_sub(start)?).checked_add(1)?;
	u128::from(price).checked_mul(power.into())?.checked_mul(timesteps)
}
