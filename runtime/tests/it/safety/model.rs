//! A naive model of the ledger: one number, or one status, for each timestep. It reads calls as the specification says
//! and shares no function with the pallets.

use super::market::Book;
use petra_primitives::{
	AssetId, AssetKind, Authorization, EnergyAsset, FeederId, Limits, MarketMode, MeterId,
	Parameters, Path, Price, Timestep,
};
use petra_runtime::{AccountId, Balance, BlockNumber};
use std::{
	collections::{BTreeMap, BTreeSet},
	ops::RangeInclusive,
};

pub use petra_primitives::AssetKind::{Consumption, Production};

/// Both kinds of energy assets.
pub const KINDS: [AssetKind; 2] = [Production, Consumption];
/// What a meter is not authorised without having been.
pub const NO_LIMITS: Limits = Limits { max_production: 0, max_consumption: 0, max_financial: 0 };

/// Watts of a kind in a timestep.
pub type PerStep = BTreeMap<(AssetKind, Timestep), u128>;

/// What is recorded of a meter for one timestep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
	pub authorized: bool,
	pub path: Path,
	pub limits: Limits,
	/// On the DSO path: whether the limits count for the feeder, because the meter itself has withdrawn nothing from
	/// this timestep on.
	pub counts: bool,
}

impl Status {
	pub fn limit(&self, kind: AssetKind) -> u128 {
		match kind {
			Production => self.limits.max_production.into(),
			Consumption => self.limits.max_consumption.into(),
		}
	}
}

/// What is known of a meter.
#[derive(Clone)]
pub struct Meter {
	pub key: AccountId,
	pub feeder: FeederId,
	/// By timestep; unauthorised where there is none.
	pub status: BTreeMap<Timestep, Status>,
	/// Gross power that it withdrew.
	pub withdrawn: PerStep,
	/// Money that it withdrew, by billing period.
	pub money: BTreeMap<u64, Balance>,
}

/// Why the register of meters refuses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
	NoMeter,
	KeyInUse,
	FeederInUse,
}

/// The register of meters.
pub type Meters = BTreeMap<MeterId, Meter>;

/// The ledger.
pub struct Model {
	pub block: BlockNumber,
	pub now: Timestep,
	/// The timesteps that are modelled.
	pub span: RangeInclusive<Timestep>,
	pub parameters: Parameters,
	pub meters: Meters,
	/// Power that the DSO created, by feeder.
	pub created: BTreeMap<FeederId, PerStep>,
	/// Gross power that was withdrawn, by feeder.
	pub withdrawn_on: BTreeMap<FeederId, PerStep>,
	/// Created − deposited − expired.
	pub live: PerStep,
	pub assets: BTreeMap<AssetId, EnergyAsset<AccountId>>,
	pub next_id: AssetId,
	pub money: BTreeMap<AccountId, Balance>,
	pub issuance: Balance,
	/// What was co-signed and used.
	pub used: BTreeSet<[u8; 32]>,
	pub issuer: Option<AccountId>,
	/// What the DSO sells and buys at.
	pub prices: BTreeMap<Timestep, (Price, Price)>,
	pub market: BTreeMap<Timestep, MarketMode>,
	pub signals: BTreeMap<Timestep, i64>,
	/// What is offered and traded.
	pub book: Book,
}

impl Model {
	/// The ledger in `block`, before anything happened.
	pub fn new(
		block: BlockNumber,
		now: Timestep,
		parameters: Parameters,
		issuance: Balance,
	) -> Self {
		Self {
			block,
			now,
			span: now..=now + 600,
			parameters,
			meters: Default::default(),
			created: Default::default(),
			withdrawn_on: Default::default(),
			live: Default::default(),
			assets: Default::default(),
			next_id: 0,
			money: Default::default(),
			issuance,
			used: Default::default(),
			issuer: None,
			prices: Default::default(),
			market: Default::default(),
			signals: Default::default(),
			book: Default::default(),
		}
	}

	/// The modelled timesteps from `start` to `end`.
	pub fn steps(&self, start: Timestep, end: Timestep) -> RangeInclusive<Timestep> {
		start.max(*self.span.start())..=end.min(*self.span.end())
	}

	/// The modelled timesteps after `time`.
	fn after(&self, time: Timestep) -> RangeInclusive<Timestep> {
		self.steps(time.saturating_add(1), Timestep::MAX)
	}

	/// The first open timestep.
	pub fn first_open(&self) -> Timestep {
		self.now + self.parameters.gate_lead + 1
	}

	/// The last timestep within the horizon.
	pub fn last(&self) -> Timestep {
		self.now + self.parameters.horizon
	}

	pub fn is_expired(&self, asset: &EnergyAsset<AccountId>) -> bool {
		asset.end + self.parameters.settlement_window < self.now
	}

	pub fn balance(&self, who: &AccountId) -> Balance {
		self.money.get(who).copied().unwrap_or_default()
	}

	/// What a meter may still withdraw in `t`; none if it may not withdraw.
	pub fn headroom(&self, meter: MeterId, kind: AssetKind, t: Timestep) -> Option<u128> {
		let meter = self.meters.get(&meter)?;
		let status = meter.status.get(&t).filter(|s| s.authorized && s.path == Path::Meter)?;
		let withdrawn = meter.withdrawn.get(&(kind, t)).copied().unwrap_or_default();
		Some(status.limit(kind).saturating_sub(withdrawn))
	}

	/// The sum of the limits of a feeder's households on the DSO path.
	pub fn capacity(&self, feeder: FeederId, kind: AssetKind, t: Timestep) -> u128 {
		let meters = self.meters.values().filter(|meter| meter.feeder == feeder);
		let status = meters.filter_map(|meter| meter.status.get(&t));
		let counting = status.filter(|s| s.authorized && s.path == Path::Dso && s.counts);
		counting.map(|status| status.limit(kind)).sum()
	}

	/// What the DSO may still create on a feeder in `t`.
	pub fn room(&self, feeder: FeederId, kind: AssetKind, t: Timestep) -> u128 {
		let created = self.created.get(&feeder).and_then(|created| created.get(&(kind, t)));
		self.capacity(feeder, kind, t)
			.saturating_sub(created.copied().unwrap_or_default())
	}

	/// The money that a meter has withdrawn in this billing period.
	pub fn money_withdrawn(&self, meter: &Meter) -> Balance {
		meter.money.get(&self.period()).copied().unwrap_or_default()
	}

	pub fn period(&self) -> u64 {
		self.now / self.parameters.billing_period
	}

	/// Both prices in `t`, whatever the market mode.
	pub fn policy(&self, t: Timestep) -> (Price, Price) {
		self.prices.get(&t).copied().unwrap_or_default()
	}

	/// Sets what holds in all timesteps after `time`.
	pub fn set_market(&mut self, mode: MarketMode, time: Timestep) {
		self.market.extend(self.after(time).map(|t| (t, mode)));
	}

	/// Sets the prices in all timesteps after `time`.
	pub fn set_policy(&mut self, policy: (Price, Price), time: Timestep) {
		self.prices.extend(self.after(time).map(|t| (t, policy)));
	}

	/// Authorises a meter for all timesteps after `time`.
	pub fn authorize(
		&self,
		meters: &mut Meters,
		authorization: &Authorization<AccountId>,
		time: Timestep,
	) -> Result<(), Refusal> {
		let Authorization { id, pubkey: key, feeder, limits, path } = authorization.clone();
		if meters.iter().any(|(other, meter)| *other != id && meter.key == key) {
			return Err(Refusal::KeyInUse);
		}
		let meter = meters.entry(id).or_insert_with(|| Meter {
			key: key.clone(),
			feeder,
			status: Default::default(),
			withdrawn: Default::default(),
			money: Default::default(),
		});
		let ahead = |from: Timestep| {
			let withdrawn = meter.withdrawn.iter().filter(|(_, power)| **power > 0);
			withdrawn.map(|((_, t), _)| *t).filter(|t| *t >= from).max()
		};
		if meter.feeder != feeder && ahead(self.now).is_some() {
			return Err(Refusal::FeederInUse);
		}
		let last = ahead(time + 1);
		let status = self.after(time).map(|t| {
			let counts = last.is_none_or(|last| last < t);
			(t, Status { authorized: true, path, limits, counts })
		});
		meter.status.extend(status);
		(meter.key, meter.feeder) = (key, feeder);
		Ok(())
	}

	/// Bans a meter in all timesteps after `time`.
	pub fn ban(&self, meters: &mut Meters, id: MeterId, time: Timestep) -> Result<(), Refusal> {
		let meter = meters.get_mut(&id).ok_or(Refusal::NoMeter)?;
		// What was recorded for later is discarded: what holds at first holds for ever.
		let first = meter.status.get(&(time + 1)).copied();
		let (path, limits) = first.map_or((Path::Meter, NO_LIMITS), |s| (s.path, s.limits));
		let banned = Status { authorized: false, path, limits, counts: true };
		meter.status.extend(self.after(time).map(|t| (t, banned)));
		Ok(())
	}

	/// Changes a meter's limits in all timesteps after `time`.
	pub fn set_limits(&mut self, id: MeterId, limits: Limits, time: Timestep) {
		let later = self.after(time);
		if let Some(meter) = self.meters.get_mut(&id) {
			for (_, status) in meter.status.range_mut(later) {
				status.limits = limits;
			}
		}
	}

	/// Puts an asset on the ledger.
	pub fn create(&mut self, asset: EnergyAsset<AccountId>) {
		self.assets.insert(self.next_id, asset);
		self.next_id += 1;
	}

	/// Puts a withdrawn asset on the ledger.
	pub fn create_withdrawn(&mut self, asset: EnergyAsset<AccountId>) {
		for t in self.steps(asset.start, asset.end) {
			let step = (asset.kind, t);
			*self.live.entry(step).or_default() += u128::from(asset.power);
			let withdrawn = self.withdrawn_on.entry(asset.feeder).or_default();
			*withdrawn.entry(step).or_default() += u128::from(asset.power);
		}
		self.create(asset);
	}

	/// Takes a deposited or expired asset off the ledger.
	pub fn retire(&mut self, id: AssetId) {
		let asset = self.assets.remove(&id).expect("the model was asked before");
		for t in self.steps(asset.start, asset.end) {
			*self.live.entry((asset.kind, t)).or_default() -= u128::from(asset.power);
		}
	}

	/// Issues money.
	pub fn issue(&mut self, who: &AccountId, amount: Balance) {
		self.issuance += amount;
		*self.money.entry(who.clone()).or_default() += amount;
	}

	/// The block is finished, and expired assets are reaped if it has idle time; the next begins in timestep `now`, and
	/// looks after the gates if it has time for it. Returns what was reaped.
	pub fn next_block(&mut self, now: Timestep, idle: bool, tends: bool) -> Vec<AssetId> {
		let expired = self.assets.iter().filter(|(_, a)| idle && !a.locked && self.is_expired(a));
		let expired: Vec<AssetId> = expired.map(|(id, _)| *id).collect();
		expired.iter().for_each(|id| self.retire(*id));
		self.block += 1;
		self.now = now;
		assert!(self.last() < *self.span.end(), "the model is too short");
		if tends {
			self.tend();
		}
		expired
	}
}
