//! The seams between the pallets.

use crate::types::*;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The chain's units, and its time in timesteps.
pub trait Grid {
	/// Units and times.
	fn parameters() -> Parameters;
	/// The timestep of this block's timestamp.
	fn now() -> Timestep;
	/// Sets clock and parameters to what costs most: 4-second timesteps of Unix time, and a horizon of a week.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_worst_case() {}
}

/// What a trade is worth and how it is made, by timestep.
pub trait MarketRules {
	/// What the DSO sells and buys at in `t`: `(consumption, production)`.
	fn prices(t: Timestep) -> (Price, Price);
	/// The way of trading in force at `t`.
	fn market_mode(t: Timestep) -> MarketMode;
	/// The limits of `feeder` from `from` to `to`, as runs of equal limits that together cover `from..=to`.
	fn feeder_limits(
		feeder: FeederId,
		from: Timestep,
		to: Timestep,
	) -> Vec<(Timestep, Timestep, Option<FeederLimits>)>;
	/// The first `max_runs` of [`Self::feeder_limits`], at a cost that grows with them alone.
	fn first_feeder_limits(
		feeder: FeederId,
		from: Timestep,
		to: Timestep,
		max_runs: usize,
	) -> Vec<(Timestep, Timestep, Option<FeederLimits>)>;
	/// The way of trading in force at `from`, and the last timestep up to `to` until which it stays. Where the same mode
	/// was recorded many times in a row, an earlier one may be given.
	fn market_run(from: Timestep, to: Timestep) -> (MarketMode, Timestep);
	/// Sets as many limits of `feeder` as may be recorded, one every 64 timesteps after `from`.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_feeder_limits(feeder: FeederId, from: Timestep, limits: FeederLimits);
	/// Sets the way of trading in force after `time`.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_market_mode(mode: MarketMode, time: Timestep);
}

/// What was withdrawn on the feeders, for queries.
pub trait FeederWithdrawals {
	/// Gross power withdrawn on `feeder` from `from` to `to`, in watts; a bounded number of segments.
	fn withdrawn_on(
		feeder: FeederId,
		kind: AssetKind,
		from: Timestep,
		to: Timestep,
	) -> Vec<Segment>;
}

impl FeederWithdrawals for () {
	fn withdrawn_on(_: FeederId, _: AssetKind, _: Timestep, _: Timestep) -> Vec<Segment> {
		Vec::new()
	}
}

/// Whether any energy asset exists, pooled notes included.
pub trait AssetsExist {
	/// True while at least one does.
	fn assets_exist() -> bool;
}

impl AssetsExist for () {
	fn assets_exist() -> bool {
		false
	}
}

/// Why the register of meters refuses what the regulator asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MeterAdministrationError {
	/// No such meter.
	MeterNotFound,
	/// Another meter has this key.
	KeyInUse,
	/// The meter's feeder cannot change while it has withdrawn power ahead.
	FeederInUse,
	/// No room for another change of this meter's status or limits ahead.
	TooManyChanges,
}

/// The register of meters, as the regulator changes it. Changes take effect at timesteps after `time`.
pub trait MeterAdministration<AccountId> {
	/// Authorises a meter, or changes key, limits and path of one.
	fn authorize(
		authorization: &Authorization<AccountId>,
		time: Timestep,
	) -> Result<(), MeterAdministrationError>;
	/// Bans a meter: it withdraws nothing more for timesteps after `time`.
	fn ban(meter: MeterId, time: Timestep) -> Result<(), MeterAdministrationError>;
	/// Changes a meter's limits.
	fn set_limits(
		meter: MeterId,
		limits: Limits,
		time: Timestep,
	) -> Result<(), MeterAdministrationError>;
	/// Authorises a meter that the next change, at `time` or before, finds in the state in which it costs the most.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_authorize(
		authorization: &Authorization<AccountId>,
		time: Timestep,
	) -> Result<(), MeterAdministrationError> {
		Self::authorize(authorization, time)
	}
}

/// Why a withdrawal is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WithdrawalError {
	/// No such meter.
	MeterNotFound,
	/// The origin is not the meter's registered key.
	NotTheMeter,
	/// The meter is not authorised at one of the timesteps.
	MeterNotAuthorized,
	/// At one of the timesteps somebody else withdraws for this household.
	WrongPath,
	/// The gross power withdrawn would pass the meter's limit in one of the timesteps.
	LimitExceeded,
	/// The money withdrawn in this billing period would pass the meter's limit.
	FinancialLimitExceeded,
	/// What the DSO created would pass the sum of the feeder's limits in one of the timesteps.
	FeederLimitExceeded,
	/// A sum does not fit its type.
	Overflow,
}

/// Power over an interval that is about to be withdrawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EnergyRequest {
	/// To sell or to buy.
	pub kind: AssetKind,
	/// Watts in each timestep.
	pub power: Power,
	/// First timestep.
	pub start: Timestep,
	/// Last timestep.
	pub end: Timestep,
}

/// The meters' limits, as withdrawals use them up. A call that errs may have recorded a part: callers are
/// transactional, as FRAME's calls are.
pub trait MeterLimits<AccountId> {
	/// Records what `meter` withdraws, if `origin` is its key and every limit holds; returns its feeder.
	fn withdraw(
		origin: &AccountId,
		meter: MeterId,
		energy: &[EnergyRequest],
		money: Balance,
	) -> Result<FeederId, WithdrawalError>;
	/// Records what the DSO withdraws for households on its path (P3, 4.2).
	fn withdraw_for_feeder(feeder: FeederId, energy: &EnergyRequest)
		-> Result<(), WithdrawalError>;
	/// How many meters were ever authorised on `feeder`.
	fn meters_on(feeder: FeederId) -> u32;
	/// Whether `who` is a registered meter's key.
	fn is_meter_key(who: &AccountId) -> bool;
	/// Makes `meter` (authorised for all timesteps ahead, highest limits) for `origin`.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_meter(origin: &AccountId, meter: MeterId, feeder: FeederId, path: Path);
}

/// Who made an address, as everybody can read on the ledger: whose addresses count together when free calls are put in
/// order.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum AddressMaker {
	/// A withdrawal by this meter.
	Meter(MeterId),
	/// The DSO, for a household that it does not name.
	Dso,
	/// A mixing withdrawal, of which nobody knows whose it is.
	Mixing,
}

/// Where petra's addresses get their quota of free calls from (specification, section 8).
pub trait QuotaGrants<AccountId> {
	/// `who` is a meter's key: it has its quota at once.
	fn grant_to_key(who: &AccountId);
	/// `who` was made by a meter, the DSO or a mixing withdrawal: it has its quota at once.
	fn grant(who: &AccountId, maker: AddressMaker);
	/// `who` was made by a free `transfer`: it has none until the next window.
	fn grant_from_next_window(who: &AccountId);
	/// Whether `who` was granted a quota.
	fn is_granted(who: &AccountId) -> bool;
}

/// Nobody is granted anything, and nobody is made for it.
impl<AccountId> QuotaGrants<AccountId> for () {
	fn grant_to_key(_: &AccountId) {}
	fn grant(_: &AccountId, _: AddressMaker) {}
	fn grant_from_next_window(_: &AccountId) {}
	fn is_granted(_: &AccountId) -> bool {
		true
	}
}

/// Which calls are free, and what they cost of the caller's quota.
pub trait FreeCallCost<AccountId, Call> {
	/// The asset writes that `call` by `who` costs, at least 1; none if the call is not a free one.
	fn cost(who: &AccountId, call: &Call) -> Option<u32>;
}

impl<AccountId, Call> FreeCallCost<AccountId, Call> for () {
	fn cost(_: &AccountId, _: &Call) -> Option<u32> {
		None
	}
}

/// Why the ledger of energy assets refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssetLedgerError {
	/// No such asset.
	AssetNotFound,
	/// The asset is somebody else's.
	NotOwner,
	/// The asset is locked.
	AssetLocked,
	/// The asset is not locked.
	AssetNotLocked,
	/// The asset has expired.
	AssetExpired,
	/// A number does not fit its type.
	Overflow,
}

/// The ledger of energy assets, as the market and the mixing pools change it. Whoever spends creates the same power
/// again, per kind and timestep: the ledger counts it as live all the while. A call that errs may have changed a part:
/// callers are transactional, as FRAME's calls are.
pub trait AssetLedger<AccountId> {
	/// An asset.
	fn asset(id: AssetId) -> Option<EnergyAsset<AccountId>>;
	/// Locks an unlocked asset of `owner`'s that has not expired. Only who locked it unlocks it, expired or not: until
	/// then it is not reaped.
	fn lock(owner: &AccountId, id: AssetId) -> Result<EnergyAsset<AccountId>, AssetLedgerError>;
	/// Unlocks a locked asset; if it has expired, it is reaped then.
	fn unlock(id: AssetId) -> Result<(), AssetLedgerError>;
	/// Takes an asset, locked or not, off the ledger, to be made into others.
	fn spend(id: AssetId) -> Result<EnergyAsset<AccountId>, AssetLedgerError>;
	/// Puts an asset, locked if it says so, on the ledger, with its `AssetAdded`.
	fn create(asset: EnergyAsset<AccountId>) -> Result<AssetId, AssetLedgerError>;
	/// Takes an unlocked asset of `owner`'s that has not expired off the ledger, to be made into `notes` pooled notes:
	/// they count as live, and in its place on its feeder.
	fn pool(
		owner: &AccountId,
		id: AssetId,
		notes: u32,
	) -> Result<EnergyAsset<AccountId>, AssetLedgerError>;
	/// Whether [`Self::unpool`] succeeds for `notes` notes one after the other, all of them for `owner`.
	fn can_unpool(owner: &AccountId, notes: u32) -> Result<(), AssetLedgerError>;
	/// Makes one pooled note an asset again, with its `AssetAdded`.
	fn unpool(asset: EnergyAsset<AccountId>) -> Result<AssetId, AssetLedgerError>;
	/// `notes` equal pooled notes have expired.
	fn expire_pooled(note: &PooledNotes) -> Result<(), AssetLedgerError>;
	/// Makes an asset as a withdrawal does, over an interval in which power is live already: its expiry costs the most.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_withdraw(asset: EnergyAsset<AccountId>) -> Result<AssetId, AssetLedgerError>;
}

/// Equal energy notes in mixing pools.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PooledNotes {
	/// To sell or to buy.
	pub kind: AssetKind,
	/// On which feeder they count.
	pub feeder: FeederId,
	/// Watts of each in each timestep.
	pub power: Power,
	/// First timestep.
	pub start: Timestep,
	/// Last timestep.
	pub end: Timestep,
	/// How many there are.
	pub notes: u32,
}

/// What the mixing pools hold, for checks of the state only.
pub trait InspectPools {
	/// All energy notes.
	fn pooled_notes() -> Vec<PooledNotes>;
}

impl InspectPools for () {
	fn pooled_notes() -> Vec<PooledNotes> {
		Vec::new()
	}
}

/// Where transactions that nobody signs stand among free calls (specification, section 8).
pub trait FreeOrder<AccountId> {
	/// The pool priority of a transaction for which `who` stands and before which `before` others of it wait: that of a free
	/// call of `who`, so that neither kind can be flooded out by the other.
	fn priority(who: &AccountId, before: u32) -> u64;
	/// Makes the place of `who` the one that costs the most to find.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_worst_case(_: &AccountId) {}
}

impl<AccountId> FreeOrder<AccountId> for () {
	fn priority(_: &AccountId, _: u32) -> u64 {
		0
	}
}

/// A meter that vouches for others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness<AccountId> {
	/// The key that signs for it now.
	pub key: AccountId,
	/// Whether it was authorised then.
	pub authorized_then: bool,
	/// Whether it is authorised now.
	pub authorized_now: bool,
}

/// The meters that sign certificates of existence for others (P4, II-B).
pub trait MeterWitnesses<AccountId> {
	/// What is known of `meter`, with its status at timestep `then` and at timestep `now`; none if there is no such meter.
	fn witness(meter: MeterId, then: Timestep, now: Timestep) -> Option<Witness<AccountId>>;
	/// Makes `meter`, authorised since timestep 0, with `key`, and with as many changes ahead as there may be.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_witness(meter: MeterId, key: &AccountId);
}
