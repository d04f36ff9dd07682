//! What happens in blocks, as far as bills and reports count it.

use super::{Maker, Meter, Signatory};
use crate::{types::*, AccountId32};
use petra_primitives::Note;

/// Something that happened in a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
	/// Place of the extrinsic in the block that did it; none: the chain itself, after all extrinsics. What it did before the
	/// first transaction has that one's place, but for an exchange: without an extrinsic that asked for it, it has none.
	pub extrinsic: Option<u32>,
	/// What happened.
	pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
	/// An energy asset was withdrawn (P1, P3): it came into being.
	EnergyWithdrawn {
		/// By whom.
		by: Maker,
		/// Its number.
		id: AssetId,
		/// The asset.
		asset: EnergyAsset,
	},
	/// An energy asset was made from others: by a transfer, a trade, mixing, or because an offer was cut.
	AssetMade {
		/// Its number.
		id: AssetId,
		/// The asset.
		asset: EnergyAsset,
	},
	/// Assets were made into others by a transfer.
	Transferred {
		/// What is gone.
		spent: Vec<AssetId>,
		/// What was made: each of them is an [`What::AssetMade`] before this.
		made: Vec<AssetId>,
	},
	/// An energy asset came back.
	EnergyDeposited {
		/// Its number.
		id: AssetId,
		/// The asset.
		asset: EnergyAsset,
	},
	/// An energy asset was removed after its settlement window.
	EnergyExpired {
		/// Its number.
		id: AssetId,
	},
	/// Money was withdrawn.
	MoneyWithdrawn {
		/// By whom.
		by: Maker,
		/// Who has it.
		address: AccountId32,
		/// How much.
		amount: Balance,
	},
	/// Money came back.
	MoneyDeposited {
		/// Whose it was.
		address: AccountId32,
		/// How much.
		amount: Balance,
	},
	/// An offer is on the market.
	Posted {
		/// Its number.
		offer: OfferId,
		/// The asset that it holds.
		asset: AssetId,
		/// Whose it is.
		poster: AccountId32,
		/// Production: an ask. Consumption: a bid.
		kind: AssetKind,
		/// Watts.
		power: Power,
		/// First timestep.
		start: Timestep,
		/// Last timestep.
		end: Timestep,
		/// The least that the seller takes, or the most that the buyer pays.
		price: Price,
		/// The offer of which it is what was left.
		parent: Option<OfferId>,
	},
	/// An offer was taken back.
	Rescinded {
		/// Its number.
		offer: OfferId,
	},
	/// What was left of an offer came back to its poster.
	OfferExpired {
		/// Its number.
		offer: OfferId,
	},
	/// Energy was exchanged for money: by whoever accepted the offer, or, without an extrinsic, by a clearing.
	Exchanged {
		/// The offer; in a clearing, the ask.
		offer: OfferId,
		/// The acceptor's asset; in a clearing, the bid's.
		asset: AssetId,
		/// Watts.
		power: Power,
		/// First timestep.
		start: Timestep,
		/// Last timestep.
		end: Timestep,
		/// Price.
		price: Price,
		/// What the buyer paid.
		cost: Balance,
		/// What the buyer got: an [`What::AssetMade`] before this.
		production: AssetId,
		/// What the seller got: likewise.
		consumption: AssetId,
	},
	/// A timestep was cleared.
	Cleared {
		/// Which.
		timestep: Timestep,
		/// The price; 0 if nothing crossed.
		price: Price,
		/// What was exchanged, in watts.
		power: Power,
	},
	/// A note went into a ring.
	NoteIn {
		/// The pool.
		pool: Note,
		/// The ring.
		ring: u32,
		/// How many members the ring has with it.
		members: u32,
		/// Who put it there, as far as the call says.
		depositor: Signatory,
		/// The asset that it was; none for money.
		asset: Option<AssetId>,
	},
	/// A note came out of a ring.
	NoteOut {
		/// The pool.
		pool: Note,
		/// The ring.
		ring: u32,
		/// Over how many members its proof was, as far as the call says.
		members: Option<u32>,
		/// Who has it.
		recipient: AccountId32,
		/// The asset that it is now: an [`What::AssetMade`] before this. None for money.
		asset: Option<AssetId>,
	},
	/// A ring failed.
	RingFailed {
		/// The pool.
		pool: Note,
		/// The ring.
		ring: u32,
	},
	/// A note was taken back from a ring that failed.
	NoteReclaimed {
		/// The pool.
		pool: Note,
		/// The ring.
		ring: u32,
		/// Who has it.
		recipient: AccountId32,
	},
	/// Notes were left in a ring after their settlement window, and are gone.
	NotesExpired {
		/// The pool.
		pool: Note,
		/// How many.
		notes: u32,
	},
	/// A meter was authorised or banned, or its limits changed: what the ledger knows of it after the block.
	MeterChanged {
		/// Which.
		meter: MeterId,
		/// What is known of it.
		now: Meter,
	},
	/// The DSO decided; these are its prices right after that time, whether they changed or not.
	PricesSet {
		/// For timesteps after this one.
		time: Timestep,
		/// What the DSO sells at.
		consumption: Price,
		/// What the DSO buys at.
		production: Price,
	},
	/// The way of trading was recorded.
	MarketSet {
		/// For timesteps after this one.
		time: Timestep,
		/// How energy is traded.
		mode: MarketMode,
	},
	/// A feeder's limits were recorded.
	FeederLimitsSet {
		/// Which.
		feeder: FeederId,
		/// For timesteps after this one.
		time: Timestep,
		/// How much may be traded there; none: no limit.
		limits: Option<FeederLimits>,
	},
}

impl What {
	/// The energy asset that came into being, if one did.
	pub fn new_asset(&self) -> Option<(AssetId, &EnergyAsset)> {
		match self {
			Self::EnergyWithdrawn { id, asset, .. } | Self::AssetMade { id, asset } => {
				Some((*id, asset))
			},
			_ => None,
		}
	}
}
