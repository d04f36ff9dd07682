//! What the market stores.

use codec::{Decode, Encode, MaxEncodedLen};
use petra_primitives::{
	AssetId, AssetKind, Balance, BlockNumber, FeederId, OfferId, Power, Price, Timestep,
};
use petra_schedule::clearing::{Crossing, Limits, Load, Rank};
use scale_info::TypeInfo;
use sp_runtime::AccountId32;

/// An amount per timestep that the market keeps.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
pub enum Series {
	/// How many offers of a kind cover a timestep, in timesteps that are open.
	Offers(AssetKind),
	/// Production traded on a feeder.
	Production(FeederId),
	/// Consumption traded on a feeder.
	Consumption(FeederId),
	/// Production less consumption traded on a feeder.
	Difference(FeederId),
}

/// A stretch of time in which offers that are alike start, big-endian, so that the map's order is that of kind, level and
/// time: the kind; the level, that of the shortest power of two of timesteps that is at least as long as the offer; and
/// which of the stretches of that length.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
pub struct Cell(pub [u8; 10]);

impl Cell {
	/// The one of offers of that kind, from `start` to `end`.
	pub fn of(kind: AssetKind, start: Timestep, end: Timestep) -> Self {
		let level = Timestep::BITS.saturating_sub(end.saturating_sub(start).leading_zeros()) as u8;
		Self::at(kind, level, start)
	}

	/// The one of that kind and level in which `t` lies.
	pub fn at(kind: AssetKind, level: u8, t: Timestep) -> Self {
		Self::numbered(kind, level, t.checked_shr(level.into()).unwrap_or_default())
	}

	fn numbered(kind: AssetKind, level: u8, number: u64) -> Self {
		let mut cell = [0; 10];
		let bytes = [kind as u8, level].into_iter().chain(number.to_be_bytes());
		for (to, from) in cell.iter_mut().zip(bytes) {
			*to = from;
		}
		Self(cell)
	}

	/// Its level.
	pub fn level(&self) -> u8 {
		let [_, level, ..] = self.0;
		level
	}

	/// The next one of its kind and level; where there is none, the first of the next level.
	pub fn next(&self, kind: AssetKind) -> Self {
		let [_, level, number @ ..] = self.0;
		match u64::from_be_bytes(number).checked_add(1) {
			Some(number) => Self::numbered(kind, level, number),
			None => Self::at(kind, level.saturating_add(1), 0),
		}
	}

	/// The first and the last one of that kind and level whose offers may cover a timestep from `from` to `to`.
	pub fn span(kind: AssetKind, level: u8, from: Timestep, to: Timestep) -> (Self, Self) {
		// The longest of them start so far before their end.
		let longest = Timestep::MAX.checked_shr(Timestep::BITS.saturating_sub(level.into()));
		let first = from.saturating_sub(longest.unwrap_or_default());
		(Self::at(kind, level, first), Self::at(kind, level, to))
	}
}

/// How far the timesteps before `before` are forgotten.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct PruneState {
	/// What lies wholly before this timestep is removed.
	pub before: Timestep,
	/// The last series that is done; none at the beginning.
	pub after: Option<Series>,
	/// Whether all series are done.
	pub complete: bool,
}

/// Where a clearing stands.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
pub enum Stage {
	/// Cutting the timestep off the offers that cover it, into the book.
	Freeze,
	/// Finding what is filled.
	Match,
	/// Splitting what is filled in part; the price.
	Split,
	/// Reading the feeders' loads and limits.
	Load,
	/// Pairing within feeders.
	Within,
	/// Pairing what is left, across feeders.
	Across,
	/// Freeing what is not exchanged.
	Release,
	/// Writing the feeders' loads back.
	Flush,
}

/// A clearing that is under way.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Clearing {
	/// The timestep that is cleared.
	pub timestep: Timestep,
	/// Where it stands.
	pub stage: Stage,
	/// What is filled so far.
	pub crossing: Crossing,
	/// The price, once it is found; 0 before.
	pub price: Price,
	/// What was exchanged so far, in watts.
	pub power: Power,
	/// While loads are read: the last feeder that is done. While pairing within feeders: the feeder whose turn it is.
	pub feeder: Option<FeederId>,
}

impl Clearing {
	/// One that begins.
	pub fn of(timestep: Timestep) -> Self {
		Self {
			timestep,
			stage: Stage::Freeze,
			crossing: Crossing::default(),
			price: 0,
			power: 0,
			feeder: None,
		}
	}
}

/// What an offer offers in the timestep that is cleared.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Slice {
	/// Whose it is.
	pub poster: AccountId32,
	/// The offer.
	pub offer_id: OfferId,
	/// The locked asset, of that timestep alone.
	pub asset_id: AssetId,
	/// Watts: the asset's power. From [`Shelf::Within`] on all of it is filled.
	pub power: Power,
	/// The offer's price.
	pub price: Price,
	/// When it was posted.
	pub posted_at: BlockNumber,
	/// The asset's feeder.
	pub feeder: FeederId,
	/// Whether the asset came out of a trade.
	pub traded: bool,
	/// Whether it was the offer's last timestep.
	pub last: bool,
	/// Whether a part of it was not filled, and has returned.
	pub short: bool,
}

/// The parts of the book of a clearing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Shelf {
	/// Frozen; what is left here when all fills are found is not filled.
	Frozen = 0,
	/// Filled, by feeder.
	Within = 1,
	/// Filled, and not paired within its feeder.
	Across = 2,
	/// Set aside for good.
	Aside = 3,
}

/// A key of the book: shelf, feeder (on [`Shelf::Within`], else 0), kind and rank, so that the map's order is that of
/// clearing.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
pub struct BookKey(pub [u8; 26]);

/// The first bytes of a [`BookKey`]: all but the rank.
pub type BookPrefix = [u8; 6];

impl BookKey {
	/// Where `slice` of that kind lies on `shelf`.
	pub fn of(shelf: Shelf, kind: AssetKind, slice: &Slice) -> Self {
		let Slice { price, posted_at, offer_id, .. } = *slice;
		let rank = match kind {
			AssetKind::Production => Rank::ask(price, posted_at, offer_id),
			AssetKind::Consumption => Rank::bid(price, posted_at, offer_id),
		};
		let mut key = [0; 26];
		let bytes = Self::prefix(shelf, slice.feeder, kind)
			.into_iter()
			.chain(rank.price.to_be_bytes())
			.chain(rank.age.to_be_bytes())
			.chain(rank.id.to_be_bytes());
		for (to, from) in key.iter_mut().zip(bytes) {
			*to = from;
		}
		Self(key)
	}

	/// The first bytes of the keys of that shelf, feeder (if the shelf is kept by feeder) and kind.
	pub fn prefix(shelf: Shelf, feeder: FeederId, kind: AssetKind) -> BookPrefix {
		let feeder = if shelf == Shelf::Within { feeder } else { 0 };
		let [a, b, c, d] = feeder.to_be_bytes();
		[shelf as u8, a, b, c, d, kind as u8]
	}

	/// Which kind it is a key of.
	pub fn kind(&self) -> AssetKind {
		let [_, _, _, _, _, kind, ..] = self.0;
		if kind == AssetKind::Production as u8 {
			AssetKind::Production
		} else {
			AssetKind::Consumption
		}
	}
}

/// A feeder in the timestep that is cleared.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct FeederInClearing {
	/// What is traded, this clearing's exchanges included.
	pub load: Load,
	/// What this clearing's exchanges add.
	pub added: Load,
	/// The limits in force.
	pub limits: Option<Limits>,
}

/// A part of an asset that is cut up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
	/// Watts.
	pub power: Power,
	/// First timestep.
	pub start: Timestep,
	/// Last timestep.
	pub end: Timestep,
}

/// What is exchanged when an offer is accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exchange {
	/// Power and interval.
	pub part: Part,
	/// Money units per watt and timestep.
	pub price: Price,
	/// Price × power × timesteps.
	pub cost: Balance,
}

impl Part {
	/// What is left of it when `exchanged`, which lies within it, is taken out: before, after, and above.
	pub fn without(self, exchanged: Part) -> [Option<Part>; 3] {
		let Part { power, start, end } = self;
		let before = (start < exchanged.start).then(|| Part {
			power,
			start,
			end: exchanged.start.saturating_sub(1),
		});
		let after = (exchanged.end < end).then(|| Part {
			power,
			start: exchanged.end.saturating_add(1),
			end,
		});
		let above = (exchanged.power < power)
			.then(|| Part { power: power.saturating_sub(exchanged.power), ..exchanged });
		[before, after, above]
	}

	/// What of it lies from `from` to `to`.
	pub fn within(self, from: Timestep, to: Timestep) -> Option<Part> {
		let (start, end) = (self.start.max(from), self.end.min(to));
		(start <= end).then_some(Part { start, end, ..self })
	}
}
