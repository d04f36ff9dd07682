//! The types of the public interface.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A fixed-length interval of time: `floor(unix time in ms / timestep length in ms)`.
pub type Timestep = u64;
/// Watts, constant over each timestep of an interval.
pub type Power = u64;
/// Money units per watt and timestep.
pub type Price = u64;
/// Money, in billionths of the fiat currency.
pub type Balance = u128;
/// A block's number.
pub type BlockNumber = u32;
/// A distribution line on which meters hang.
pub type FeederId = u32;
/// A smart meter.
pub type MeterId = u32;
/// An energy asset: counted up, never used again.
pub type AssetId = u64;
/// An offer on the market: counted up, never used again.
pub type OfferId = u64;

/// Derives what every type of the interface needs.
macro_rules! interface {
	($($(#[$attribute:meta])* pub $word:ident $name:ident $(<$generic:ident>)? { $($body:tt)* })*) => {$(
		$(#[$attribute])*
		#[derive(
			Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
			Serialize, Deserialize,
		)]
		#[serde(rename_all = "camelCase")]
		pub $word $name $(<$generic>)? { $($body)* }
	)*};
}

interface! {
/// What an energy asset permits (P1, "Assets").
#[derive(Copy, PartialOrd, Ord)]
pub enum AssetKind {
	/// An energy production asset (EPA): permission to sell.
	Production,
	/// An energy consumption asset (ECA): permission to buy.
	Consumption,
}

/// A permission to sell or buy `power` watts in every timestep from `start` to `end`, both inclusive.
pub struct EnergyAsset<AccountId> {
	/// Who may spend it.
	pub owner: AccountId,
	/// To sell or to buy.
	pub kind: AssetKind,
	/// Watts in each timestep, a multiple of the power lot.
	pub power: Power,
	/// First timestep.
	pub start: Timestep,
	/// Last timestep.
	pub end: Timestep,
	/// The feeder on which spending it counts.
	pub feeder: FeederId,
	/// Whether it came out of a trade, and so how spending it counts against feeder limits.
	pub traded: bool,
	/// Whether an open offer or a mixing deposit holds it.
	pub locked: bool,
}

/// A stretch of constant power. Lists of segments ascend and are disjoint; gaps are zero.
#[derive(Copy)]
pub struct Segment {
	/// First timestep.
	pub start: Timestep,
	/// Last timestep.
	pub end: Timestep,
	/// Watts in each timestep.
	pub power: Power,
}

/// The units and times of a chain, set at genesis.
#[derive(Copy)]
pub struct Parameters {
	/// Length of a timestep in milliseconds; never changes.
	pub timestep_ms: u64,
	/// Every asset's power is a multiple of this, in watts.
	pub power_lot: Power,
	/// Every price is a multiple of this.
	pub price_tick: Price,
	/// Trading in a timestep ends this many timesteps before it; at least 1.
	pub gate_lead: Timestep,
	/// Assets reach at most this many timesteps ahead.
	pub horizon: Timestep,
	/// An asset can be deposited for this many timesteps after its end.
	pub settlement_window: Timestep,
	/// Timesteps in a billing period.
	pub billing_period: Timestep,
}

/// One asset, or an amount of money, that a meter creates at an address (P1, "Smart-Meter Transactions").
pub enum WithdrawalOutput<AccountId> {
	/// An energy asset on the meter's feeder.
	Energy {
		/// The new asset's owner.
		address: AccountId,
		/// To sell or to buy.
		kind: AssetKind,
		/// Watts in each timestep.
		power: Power,
		/// First timestep.
		start: Timestep,
		/// Last timestep.
		end: Timestep,
	},
	/// Money.
	Financial {
		/// Who gets it.
		address: AccountId,
		/// How much.
		amount: Balance,
	},
}

/// An energy asset that the DSO creates (P3, 4.2).
pub struct NewAsset {
	/// On which feeder.
	pub feeder: FeederId,
	/// To sell or to buy.
	pub kind: AssetKind,
	/// Watts in each timestep.
	pub power: Power,
	/// First timestep.
	pub start: Timestep,
	/// Last timestep.
	pub end: Timestep,
}

/// An energy asset that a `transfer` creates.
pub struct AssetOutput<AccountId> {
	/// The new asset's owner.
	pub address: AccountId,
	/// To sell or to buy.
	pub kind: AssetKind,
	/// Watts in each timestep.
	pub power: Power,
	/// First timestep.
	pub start: Timestep,
	/// Last timestep.
	pub end: Timestep,
	/// On which feeder.
	pub feeder: FeederId,
	/// Whether it came out of a trade.
	pub traded: bool,
}

/// Who withdraws for a household.
#[derive(Copy)]
pub enum Path {
	/// Its meter (P1).
	Meter,
	/// The DSO (P3).
	Dso,
}

/// The most that a household may withdraw.
#[derive(Copy, Default)]
pub struct Limits {
	/// P1's MAXEPA: watts of production in each timestep.
	pub max_production: Power,
	/// P1's MAXECA: watts of consumption in each timestep.
	pub max_consumption: Power,
	/// Money in each billing period.
	pub max_financial: Balance,
}

/// A meter that the DSO authorises.
pub struct Authorization<AccountId> {
	/// The meter.
	pub id: MeterId,
	/// Its public key.
	pub pubkey: AccountId,
	/// The feeder on which it hangs.
	pub feeder: FeederId,
	/// The most that its household may withdraw.
	pub limits: Limits,
	/// Who withdraws for the household.
	pub path: Path,
}

/// How much may be traded on a feeder in a timestep (P3, 2).
#[derive(Copy)]
pub struct FeederLimits {
	/// The most production, and the most consumption, in watts.
	pub internal: Power,
	/// The most by which the two may differ, in watts.
	pub external: Power,
}

/// How energy is traded in a timestep (P3, 2).
#[derive(Copy, Default)]
pub enum MarketMode {
	/// Every trade is at this price.
	FixedPrice(Price),
	/// Trades are at the offer's price, for whoever accepts it first.
	#[default]
	FirstComeFirstServed,
	/// One clearing at gate closure, at one price.
	DoubleAuction,
}

/// A meter as the ledger sees it now.
pub struct MeterInfo<AccountId> {
	/// Its public key.
	pub pubkey: AccountId,
	/// The feeder on which it hangs.
	pub feeder: FeederId,
	/// The most that its household may withdraw.
	pub limits: Limits,
	/// Who withdraws for the household.
	pub path: Path,
	/// Whether it is authorised now.
	pub authorized: bool,
}

/// A feeder over a stretch of timesteps, in watts, against its limits.
pub struct FeederLoad {
	/// First timestep.
	pub start: Timestep,
	/// Last timestep.
	pub end: Timestep,
	/// Production traded.
	pub production: Power,
	/// Consumption traded.
	pub consumption: Power,
	/// Production withdrawn.
	pub withdrawn_production: Power,
	/// Consumption withdrawn.
	pub withdrawn_consumption: Power,
	/// The limits in force; none: unlimited.
	pub limits: Option<FeederLimits>,
}

/// How an offer wants to be accepted.
#[derive(Copy, Default)]
pub struct OfferOptions {
	/// Exchanged whole or not at all; takes no part in clearings.
	pub all_or_nothing: bool,
	/// After a part was exchanged, the rest returns instead of staying offered.
	pub close_on_partial: bool,
}

/// The worst outcome that who accepts an offer would accept.
#[derive(Copy)]
pub struct TradeLimits {
	/// The most that a buyer pays, or the least that a seller takes, in money units per watt and timestep.
	pub price: Price,
	/// The least power, in watts.
	pub min_power: Power,
	/// The exchange must cover all from this timestep
	pub start: Timestep,
	/// to this one.
	pub end: Timestep,
}

/// An offer to sell (an ask) or to buy (a bid) what is left of it (P3, 4.2).
pub struct Offer<AccountId> {
	/// Who posted it.
	pub poster: AccountId,
	/// The locked asset: the one that holds what is left.
	pub asset_id: AssetId,
	/// Production: an ask. Consumption: a bid.
	pub kind: AssetKind,
	/// Watts in each timestep.
	pub power: Power,
	/// First timestep.
	pub start: Timestep,
	/// Last timestep.
	pub end: Timestep,
	/// The least that the seller takes, or the most that the buyer pays, in money units per watt and timestep.
	pub price: Price,
	/// How it wants to be accepted.
	pub options: OfferOptions,
	/// The block in which it, or the offer of which it is what was left, was posted.
	pub posted_at: BlockNumber,
}

/// Something that can be mixed. A pool is named by the note it holds: all notes in it are alike.
#[derive(Copy, PartialOrd, Ord)]
pub enum Note {
	/// An energy asset, but for its owner.
	Energy {
		/// To sell or to buy.
		kind: AssetKind,
		/// The feeder on which spending it counts.
		feeder: FeederId,
		/// Whether it came out of a trade.
		traded: bool,
		/// Watts in each timestep: the power lot times a power of two.
		power: Power,
		/// First timestep, a multiple of the interval's length.
		start: Timestep,
		/// Last timestep: the interval is a power of two long.
		end: Timestep,
	},
	/// Money.
	Financial {
		/// The pools' unit of money times a power of two.
		amount: Balance,
	},
}

/// What is put into a mixing pool.
#[derive(Copy)]
pub enum Source {
	/// An energy asset, whole.
	Energy(AssetId),
	/// That much money.
	Financial(Balance),
}

/// A ring of a mixing pool, as far as it has come.
#[derive(Copy)]
pub struct PoolInfo {
	/// The note that the pool holds.
	pub pool: Note,
	/// The ring's number in the pool; the last of a pool is the one that deposits go to.
	pub ring: u32,
	/// The newest usable revision, or the newest if none is usable.
	pub revision: u32,
	/// How many keys that revision has.
	pub members: u32,
	/// Whether that revision accepts withdrawals now.
	pub usable: bool,
}

/// A revision of a ring: the keys up to one of them.
#[derive(Copy)]
pub struct RevisionInfo {
	/// Its number in the ring.
	pub revision: u32,
	/// How many keys it has: the ring's first ones.
	pub members: u32,
	/// The block in which it was made.
	pub block: BlockNumber,
	/// Whether it accepts withdrawals now.
	pub usable: bool,
}
}

impl Default for Parameters {
	/// The defaults of the specification, section 2: 15-minute timesteps and 100 W lots.
	fn default() -> Self {
		const DAY: Timestep = 96;
		Self {
			timestep_ms: 900_000,
			power_lot: 100,
			price_tick: 1,
			gate_lead: 1,
			horizon: 7 * DAY,
			settlement_window: DAY,
			billing_period: 30 * DAY,
		}
	}
}

/// The most bytes of a ring proof; a proof has 785.
pub const MAX_PROOF_BYTES: u32 = 1_024;

/// Takes one note out of a mixing pool, for whoever knows the secret of one of the ring's keys.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Withdrawal<AccountId> {
	/// The pool, named by its note.
	pub pool: Note,
	/// The ring's number in the pool.
	pub ring: u32,
	/// The revision whose keys the proof is about.
	pub revision: u32,
	/// The key's alias in this ring: works once.
	pub nullifier: [u8; 32],
	/// The last block in which the withdrawal is valid.
	pub deadline: BlockNumber,
	/// The ring-VRF proof.
	pub proof: BoundedVec<u8, ConstU32<MAX_PROOF_BYTES>>,
	/// Who gets the note.
	pub recipient: AccountId,
}

/// A ring of a mixing pool: what a withdrawer needs for its proof.
#[derive(
	Clone,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub struct RingInfo {
	/// The keys, in the order of their deposits.
	pub members: Vec<[u8; 32]>,
	/// The revisions, in the order of their numbers.
	pub revisions: Vec<RevisionInfo>,
	/// Whether the ring failed: its notes go back by `reclaim`.
	pub failed: bool,
}
