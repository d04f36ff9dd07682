//! The market in the naive model: offers, trades and clearings, timestep by timestep, as section 6 of the specification
//! says. Clearings are those of the reference that `schedule` tests with.
//!
//! How assets are cut up is the ledger's business. The model says what everybody has in each timestep; when the ledger's
//! assets amount to that, it takes their ids and intervals from there.

use super::{
	model::{Consumption, Model, Production, KINDS},
	rules::Faults,
	theorem::Holdings,
	world::FEEDERS,
};
use pallet_energy_assets::NextAssetId;
use petra_primitives::{
	AssetId, AssetKind, EnergyAsset, FeederId, FeederLimits, MarketMode, Offer, OfferId,
	OfferOptions, Power, Price, Timestep, TradeLimits,
};
use petra_runtime::{AccountId, Balance, Offers, Runtime};
use std::collections::{BTreeMap, BTreeSet};

/// Random books and the reference for their clearing, as the crate of pure functions has them.
#[path = "../../../../schedule/tests/common/books.rs"]
#[allow(missing_docs, dead_code)]
mod reference;

type Market = pallet_offers::Error<Runtime>;
type Call = pallet_offers::Call<Runtime>;
type Asset = EnergyAsset<AccountId>;

/// An asset but for power and interval: owner, kind, feeder, traded, locked.
type Sort = (AccountId, AssetKind, FeederId, bool, bool);

/// What there is of each sort in each timestep.
type Watts = BTreeMap<(Sort, Timestep), i128>;

/// What changed other than asset by asset.
struct Change {
	/// The assets that are cut up.
	touched: BTreeSet<AssetId>,
	/// What they and what comes of them amount to.
	watts: Watts,
}

/// What is offered and traded.
#[derive(Default)]
pub struct Book {
	pub open: BTreeMap<OfferId, Offer<AccountId>>,
	next_id: OfferId,
	/// Money on hold for bids.
	held: BTreeMap<AccountId, Balance>,
	/// Production and consumption traded.
	loads: BTreeMap<(FeederId, Timestep), (i128, i128)>,
	limits: BTreeMap<(FeederId, Timestep), FeederLimits>,
	/// The last timestep that was gated when the ledger last looked after the gates.
	done: Timestep,
	/// What was cleared in this block.
	pub cleared: Vec<(Timestep, Price, Power)>,
	/// Pairs in clearings so far.
	pub pairs: usize,
	change: Option<Change>,
}

/// What would be exchanged.
pub struct Trade {
	run: Vec<Timestep>,
	price: Price,
	power: Power,
	/// The mode in all of these timesteps.
	pub mode: MarketMode,
}

impl Trade {
	/// The limits that it meets exactly.
	pub fn as_limits(&self) -> TradeLimits {
		let (start, end) = (self.run[0], self.run[self.run.len() - 1]);
		TradeLimits { price: self.price, min_power: self.power, start, end }
	}
}

fn sort_of(asset: &Asset) -> Sort {
	(asset.owner.clone(), asset.kind, asset.feeder, asset.traded, asset.locked)
}

fn shift(watts: &mut Watts, sort: Sort, t: Timestep, power: i128) {
	let key = (sort, t);
	let sum = watts.entry(key.clone()).or_default();
	*sum += power;
	if *sum == 0 {
		watts.remove(&key);
	}
}

fn amount<'a>(assets: impl Iterator<Item = &'a Asset>) -> Watts {
	let mut watts = Watts::new();
	for asset in assets {
		for t in asset.start..=asset.end {
			shift(&mut watts, sort_of(asset), t, asset.power.into());
		}
	}
	watts
}

/// What spending an asset adds to its feeder's production and consumption.
fn effect(kind: AssetKind, traded: bool, power: i128) -> (i128, i128) {
	match (kind, traded) {
		(Production, false) => (power, 0),
		(Production, true) => (0, -power),
		(Consumption, false) => (0, power),
		(Consumption, true) => (-power, 0),
	}
}

/// The open offers, as the runtime API says.
pub fn open_offers() -> BTreeMap<OfferId, Offer<AccountId>> {
	let all = |kind| Offers::offers(kind, 0, Timestep::MAX, None, u32::MAX);
	KINDS.into_iter().flat_map(all).collect()
}

impl Model {
	/// The last timestep in which nothing is posted or accepted any more.
	pub fn last_gated(&self) -> Timestep {
		self.book.done.max(self.now + self.parameters.gate_lead)
	}

	pub fn mode(&self, t: Timestep) -> MarketMode {
		self.market.get(&t).copied().unwrap_or_default()
	}

	/// What an account has on hold for its bids.
	pub fn held(&self, who: &AccountId) -> Balance {
		self.book.held.get(who).copied().unwrap_or_default()
	}

	/// What an account can spend: a unit stays free beside what is on hold.
	pub fn available(&self, who: &AccountId) -> Balance {
		self.balance(who).saturating_sub(u128::from(self.held(who) > 0))
	}

	/// Production and consumption traded on a feeder.
	pub fn load(&self, feeder: FeederId, t: Timestep) -> (i128, i128) {
		self.book.loads.get(&(feeder, t)).copied().unwrap_or_default()
	}

	pub fn limits_of(&self, feeder: FeederId, t: Timestep) -> Option<FeederLimits> {
		self.book.limits.get(&(feeder, t)).copied()
	}

	/// Whether an offer holds the asset.
	pub fn is_offered(&self, id: AssetId) -> bool {
		self.book.open.values().any(|offer| offer.asset_id == id)
	}

	/// Sets a feeder's limits in all timesteps after `time`.
	pub fn set_feeder_limits(
		&mut self,
		feeder: FeederId,
		limits: Option<FeederLimits>,
		time: Timestep,
	) {
		for t in self.steps(time + 1, Timestep::MAX) {
			match limits {
				Some(limits) => self.book.limits.insert((feeder, t), limits),
				None => self.book.limits.remove(&(feeder, t)),
			};
		}
	}

	/// Says which rules a call breaks, and does what it does if it breaks none.
	pub fn market_call(&mut self, who: &AccountId, call: &Call) -> Faults {
		match call {
			Call::post_offer { asset_id, price } => {
				self.post(who, *asset_id, *price, OfferOptions::default())
			},
			Call::post_offer_with { asset_id, price, options } => {
				self.post(who, *asset_id, *price, *options)
			},
			Call::rescind_offer { offer_id } => self.rescind(who, *offer_id),
			Call::accept_offer { offer_id, asset_id, limits } => {
				self.accept(who, *offer_id, *asset_id, *limits)
			},
			_ => panic!("the model does not know {call:?}"),
		}
	}

	/// Moves money of `who`: what is free, and what is on hold.
	fn pay(&mut self, who: &AccountId, free: i128, held: i128) {
		let all = [(&mut self.money, free), (&mut self.book.held, held)];
		for (money, more) in all {
			let balance = money.entry(who.clone()).or_default();
			*balance = balance.checked_add_signed(more).expect("nobody owes money");
		}
	}

	fn begin_change(&self, touched: impl IntoIterator<Item = AssetId>) -> Change {
		let touched: BTreeSet<_> = touched.into_iter().collect();
		let watts = amount(touched.iter().map(|id| &self.assets[id]));
		Change { touched, watts }
	}

	fn put(&mut self, offer: Offer<AccountId>) {
		self.book.open.insert(self.book.next_id, offer);
		self.book.next_id += 1;
	}

	fn post(
		&mut self,
		who: &AccountId,
		asset_id: AssetId,
		price: Price,
		options: OfferOptions,
	) -> Faults {
		let mut faults = Faults::default();
		let Some(asset) = self.assets.get(&asset_id).cloned() else {
			faults.add(Market::AssetNotFound);
			return faults;
		};
		faults.add_if(asset.owner != *who, Market::NotOwner);
		faults.add_if(asset.locked, Market::AssetLocked);
		faults.add_if(asset.start <= self.last_gated(), Market::GateClosed);
		let tick = self.parameters.price_tick;
		faults.add_if(!price.is_multiple_of(tick), Market::NotMultipleOfTick);
		let Asset { kind, power, start, end, .. } = asset;
		let timesteps = (start..=end).count() as u128;
		let cost = u128::from(price) * u128::from(power) * timesteps;
		if kind == Consumption && cost > 0 {
			faults.add_if(cost > self.balance(who), Market::InsufficientFunds);
			faults.add_if(cost == self.balance(who), Market::BelowExistentialDeposit);
		}
		if faults.0.is_empty() {
			if kind == Consumption {
				self.pay(who, -(cost as i128), cost as i128);
			}
			self.assets.get_mut(&asset_id).expect("it was found").locked = true;
			let (poster, posted_at) = (who.clone(), self.block);
			self.put(Offer {
				poster,
				asset_id,
				kind,
				power,
				start,
				end,
				price,
				options,
				posted_at,
			});
		}
		faults
	}

	/// Whether a timestep is gated in an auction and waits for its clearing.
	fn is_bound(&self, t: Timestep) -> bool {
		let gate = self.now + self.parameters.gate_lead;
		let gated = self.book.done < t && self.now < t && t <= gate;
		gated && self.mode(t) == MarketMode::DoubleAuction
	}

	/// The last timestep of an offer that waits for its clearing.
	fn last_bound(&self, offer: &Offer<AccountId>) -> Option<Timestep> {
		(offer.start..=offer.end).rev().find(|t| self.is_bound(*t))
	}

	/// Returns power of an offer in one timestep to its poster: unlocked, and its money free.
	fn give_back(
		&mut self,
		offer: &Offer<AccountId>,
		watts: &mut Watts,
		t: Timestep,
		power: Power,
	) {
		let (locked, power) = (sort_of(&self.assets[&offer.asset_id]), i128::from(power));
		let mut unlocked = locked.clone();
		unlocked.4 = false;
		shift(watts, locked, t, -power);
		shift(watts, unlocked, t, power);
		if offer.kind == Consumption {
			let cost = power * i128::from(offer.price);
			self.pay(&offer.poster, cost, -cost);
		}
	}

	fn rescind(&mut self, who: &AccountId, id: OfferId) -> Faults {
		let mut faults = Faults::default();
		let Some(offer) = self.book.open.get(&id).cloned() else {
			faults.add(Market::OfferNotFound);
			return faults;
		};
		faults.add_if(offer.poster != *who, Market::NotOwner);
		let last = self.last_bound(&offer);
		faults.add_if(last == Some(offer.end), Market::GateClosed);
		if faults.0.is_empty() {
			let Change { touched, mut watts } = self.begin_change([offer.asset_id]);
			for t in last.map_or(offer.start, |last| last + 1)..=offer.end {
				self.give_back(&offer, &mut watts, t, offer.power);
			}
			match last {
				Some(end) => self.book.open.insert(id, Offer { end, ..offer }),
				None => self.book.open.remove(&id),
			};
			self.book.change = Some(Change { touched, watts });
		}
		faults
	}

	/// Which rules an acceptance breaks, and what would be exchanged.
	pub fn judge(
		&self,
		who: &AccountId,
		offer_id: OfferId,
		asset_id: AssetId,
		limits: Option<TradeLimits>,
	) -> (Faults, Option<Trade>) {
		let mut faults = Faults::default();
		let (offer, asset) = (self.book.open.get(&offer_id), self.assets.get(&asset_id));
		faults.add_if(offer.is_none(), Market::OfferNotFound);
		faults.add_if(asset.is_none(), Market::AssetNotFound);
		let (Some(offer), Some(asset)) = (offer, asset) else { return (faults, None) };
		faults.add_if(asset.owner != *who, Market::NotOwner);
		faults.add_if(asset.locked, Market::AssetLocked);
		let trade = self.agree(offer, asset, &mut faults);
		let Some(trade) = trade else { return (faults, None) };
		let Trade { run, price, power, .. } = &trade;
		let (first, last) = (run[0], run[run.len() - 1]);
		let whole = (first, last, *power) == (offer.start, offer.end, offer.power);
		faults.add_if(offer.options.all_or_nothing && !whole, Market::AllOrNothing);
		if let Some(limits) = limits {
			let worse = match offer.kind {
				Production => *price > limits.price,
				Consumption => *price < limits.price,
			};
			let covered = (limits.start..=limits.end).all(|t| run.contains(&t));
			let acceptable = !worse && *power >= limits.min_power && covered;
			faults.add_if(!acceptable, Market::WorseThanLimits);
		}
		let fits = run.iter().all(|t| self.fits(*t, offer, asset, (*power).into()));
		faults.add_if(!fits, Market::FeederLimitExceeded);
		let cost = u128::from(*price) * u128::from(*power) * run.len() as u128;
		let short = offer.kind == Production && cost > self.available(who);
		faults.add_if(short, Market::InsufficientFunds);
		(faults, Some(trade))
	}

	/// In which timesteps, at what price and power an offer is exchanged for an asset.
	fn agree(&self, offer: &Offer<AccountId>, asset: &Asset, faults: &mut Faults) -> Option<Trade> {
		let mut refuse = |error: Market| {
			faults.add(error);
			None
		};
		if asset.kind == offer.kind {
			return refuse(Market::WrongKind);
		}
		let common = (offer.start..=offer.end).filter(|t| (asset.start..=asset.end).contains(t));
		let common: Vec<_> = common.collect();
		if common.is_empty() {
			return refuse(Market::IntervalsDisjoint);
		}
		let open: Vec<_> = common.into_iter().filter(|t| *t > self.last_gated()).collect();
		let Some(first) = open.first() else { return refuse(Market::GateClosed) };
		let mode = self.mode(*first);
		let run = open.iter().copied().take_while(|t| self.mode(*t) == mode).collect();
		let price = match mode {
			MarketMode::DoubleAuction => return refuse(Market::WrongMode),
			MarketMode::FirstComeFirstServed => offer.price,
			MarketMode::FixedPrice(fixed) => fixed,
		};
		let met = match offer.kind {
			Production => offer.price <= price,
			Consumption => offer.price >= price,
		};
		if !met {
			return refuse(Market::PriceNotMet);
		}
		Some(Trade { run, price, power: offer.power.min(asset.power), mode })
	}

	/// Whether an exchange raises nothing that is over a feeder's limit afterwards.
	fn fits(&self, t: Timestep, offer: &Offer<AccountId>, asset: &Asset, power: i128) -> bool {
		let ours = &self.assets[&offer.asset_id];
		FEEDERS.into_iter().all(|feeder| {
			let Some(limits) = self.limits_of(feeder, t) else { return true };
			let (internal, external) = (i128::from(limits.internal), i128::from(limits.external));
			let before = self.load(feeder, t);
			let mut after = before;
			for side in [ours, asset].into_iter().filter(|side| side.feeder == feeder) {
				let (production, consumption) = effect(side.kind, side.traded, power);
				after = (after.0 + production, after.1 + consumption);
			}
			let within = |before: i128, after: i128, limit: i128| after <= limit || after <= before;
			within(before.0, after.0, internal)
				&& within(before.1, after.1, internal)
				&& within((before.0 - before.1).abs(), (after.0 - after.1).abs(), external)
		})
	}

	fn accept(
		&mut self,
		who: &AccountId,
		offer_id: OfferId,
		asset_id: AssetId,
		limits: Option<TradeLimits>,
	) -> Faults {
		let (faults, trade) = self.judge(who, offer_id, asset_id, limits);
		let Some(Trade { run, price, power, .. }) = trade.filter(|_| faults.0.is_empty()) else {
			return faults;
		};
		let offer = self.book.open.remove(&offer_id).expect("it was judged");
		let (ours, theirs) = (self.assets[&offer.asset_id].clone(), self.assets[&asset_id].clone());
		let Change { touched, mut watts } = self.begin_change([offer.asset_id, asset_id]);
		let total = i128::from(power) * run.len() as i128;
		let (cost, held) = (total * i128::from(price), total * i128::from(offer.price));
		match offer.kind {
			Production => {
				self.pay(who, -cost, 0);
				self.pay(&offer.poster, cost, 0);
			},
			Consumption => {
				self.pay(&offer.poster, held - cost, -held);
				self.pay(who, cost, 0);
			},
		}
		for t in &run {
			self.exchange(&mut watts, *t, &ours, &theirs, power.into());
		}
		let (first, last) = (run[0], run[run.len() - 1]);
		let mut rests = vec![];
		if offer.start < first {
			rests.push(Offer { end: first - 1, ..offer.clone() });
		}
		if last < offer.end {
			rests.push(Offer { start: last + 1, ..offer.clone() });
		}
		if power < offer.power {
			let power = offer.power - power;
			rests.push(Offer { start: first, end: last, power, ..offer.clone() });
		}
		for rest in rests {
			self.put_rest(rest, &mut watts);
		}
		self.book.change = Some(Change { touched, watts });
		faults
	}

	/// What is left stays offered; if the offer closes, it returns but for what waits for its clearing.
	fn put_rest(&mut self, rest: Offer<AccountId>, watts: &mut Watts) {
		if !rest.options.close_on_partial {
			return self.put(rest);
		}
		let last = self.last_bound(&rest);
		for t in last.map_or(rest.start, |last| last + 1)..=rest.end {
			self.give_back(&rest, watts, t, rest.power);
		}
		if let Some(end) = last {
			self.put(Offer { end, ..rest });
		}
	}

	/// Swaps power of two assets in one timestep: each comes to the other's feeder, and is traded if that was not.
	fn exchange(&mut self, watts: &mut Watts, t: Timestep, a: &Asset, b: &Asset, power: i128) {
		for (from, to) in [(a, b), (b, a)] {
			shift(watts, sort_of(from), t, -power);
			let got = (to.owner.clone(), from.kind, to.feeder, !to.traded, false);
			shift(watts, got, t, power);
			let (production, consumption) = effect(from.kind, from.traded, power);
			let load = self.book.loads.entry((from.feeder, t)).or_default();
			*load = (load.0 + production, load.1 + consumption);
		}
	}

	/// What the ledger does when gates have closed: clears the timesteps that are gated in an auction and have not begun,
	/// one after the other, and returns what is gated.
	pub fn tend(&mut self) {
		let gate = self.now + self.parameters.gate_lead;
		let offers = self.book.open.values();
		let touched = offers.filter(|offer| offer.start <= gate).map(|offer| offer.asset_id);
		let Change { touched, mut watts } = self.begin_change(touched);
		self.book.cleared.clear();
		for t in (self.book.done + 1).max(self.now + 1)..=gate {
			if self.mode(t) == MarketMode::DoubleAuction {
				self.clear(t, &mut watts);
			}
		}
		self.book.done = self.book.done.max(gate);
		self.cut(gate, &mut watts);
		if !touched.is_empty() {
			self.book.change = Some(Change { touched, watts });
		}
	}

	/// Returns everything up to `last` to the posters, and all-or-nothing offers that begin by then as a whole.
	fn cut(&mut self, last: Timestep, watts: &mut Watts) {
		let begun = self.book.open.iter().filter(|(_, offer)| offer.start <= last);
		for (id, offer) in begun.map(|(id, offer)| (*id, offer.clone())).collect::<Vec<_>>() {
			let to = if offer.options.all_or_nothing { offer.end } else { last.min(offer.end) };
			for t in offer.start..=to {
				self.give_back(&offer, watts, t, offer.power);
			}
			if to < offer.end {
				self.book.open.insert(id, Offer { start: to + 1, ..offer });
			} else {
				self.book.open.remove(&id);
			}
		}
	}

	fn clear(&mut self, t: Timestep, watts: &mut Watts) {
		// What lies before, and what is exchanged whole or not at all, takes no part.
		if let Some(before) = t.checked_sub(1) {
			self.cut(before, watts);
		}
		let covers = |offer: &Offer<AccountId>| offer.start <= t && t <= offer.end;
		let all = self.book.open.iter().filter(|(_, offer)| covers(offer));
		let (whole, covering): (BTreeMap<_, _>, BTreeMap<_, _>) = all
			.map(|(id, offer)| (*id, offer.clone()))
			.partition(|(_, offer)| offer.options.all_or_nothing);
		for (id, offer) in whole {
			for t in offer.start..=offer.end {
				self.give_back(&offer, watts, t, offer.power);
			}
			self.book.open.remove(&id);
		}
		let cleared = reference::clear(&self.reference_book(t, &covering));
		let mut left: BTreeMap<OfferId, Power> =
			covering.iter().map(|(id, offer)| (*id, offer.power)).collect();
		let mut exchanged = 0;
		for (ask_id, bid_id, power) in cleared.trades {
			let (ask, bid) = (&covering[&ask_id], &covering[&bid_id]);
			assert!(ask.price <= cleared.price && cleared.price <= bid.price);
			let total = i128::from(power);
			let (cost, held) = (total * i128::from(cleared.price), total * i128::from(bid.price));
			self.pay(&bid.poster, held - cost, -held);
			self.pay(&ask.poster, cost, 0);
			let [sold, bought] = [ask, bid].map(|offer| self.assets[&offer.asset_id].clone());
			self.exchange(watts, t, &sold, &bought, total);
			for id in [ask_id, bid_id] {
				*left.get_mut(&id).expect("it covers the timestep") -= power;
			}
			exchanged += power;
			self.book.pairs += 1;
		}
		self.book.cleared.push((t, cleared.price, exchanged));
		for (id, offer) in covering {
			self.give_back(&offer, watts, t, left[&id]);
			if t < offer.end {
				self.book.open.insert(id, Offer { start: t + 1, ..offer });
			} else {
				self.book.open.remove(&id);
			}
		}
	}

	fn reference_book(
		&self,
		t: Timestep,
		covering: &BTreeMap<OfferId, Offer<AccountId>>,
	) -> reference::Book {
		let orders = |kind| {
			let offers = covering.iter().filter(|(_, offer)| offer.kind == kind);
			let order = |(id, offer): (&OfferId, &Offer<AccountId>)| {
				let asset = &self.assets[&offer.asset_id];
				reference::Order {
					id: *id,
					price: offer.price,
					age: offer.posted_at,
					power: offer.power,
					feeder: asset.feeder,
					traded: asset.traded,
				}
			};
			offers.map(order).collect()
		};
		let feeder = |feeder| {
			let (production, consumption) = self.load(feeder, t);
			let limits = self.limits_of(feeder, t).map(|all| (all.internal, all.external));
			(feeder, reference::FeederState { production, consumption, limits })
		};
		reference::Book {
			asks: orders(Production),
			bids: orders(Consumption),
			feeders: FEEDERS.into_iter().map(feeder).collect(),
			lot: self.parameters.power_lot,
			tick: self.parameters.price_tick,
		}
	}

	/// After a change: everybody has in each timestep what the model says, and what had no part in it is as it was. From
	/// then on the ledger's assets are the model's.
	pub fn adopt(&mut self, ledger: &Holdings) {
		let Some(Change { touched, watts }) = self.book.change.take() else { return };
		for (id, asset) in self.assets.iter().filter(|(id, _)| !touched.contains(id)) {
			assert_eq!(ledger.get(id), Some(asset), "asset {id} had no part in it");
		}
		let is_old = |id: &AssetId| self.assets.contains_key(id) && !touched.contains(id);
		let changed = ledger.iter().filter(|(id, _)| !is_old(id));
		let changed: BTreeMap<_, _> = changed.collect();
		assert!(changed.keys().all(|id| touched.contains(id) || **id >= self.next_id));
		assert_eq!(amount(changed.into_values()), watts, "who has what");
		self.assets = ledger.clone();
		self.next_id = NextAssetId::<Runtime>::get();
		// Which asset an offer holds: one like it, and no other offer's.
		let mut holding = BTreeSet::new();
		for (id, offer) in open_offers() {
			let known = self.book.open.get_mut(&id).unwrap_or_else(|| panic!("offer {id} is over"));
			known.asset_id = offer.asset_id;
			assert!(holding.insert(offer.asset_id), "two offers hold an asset");
			let asset = &self.assets[&offer.asset_id];
			let like = (&asset.owner, asset.kind, asset.power, asset.start, asset.end);
			let expected = (&offer.poster, offer.kind, offer.power, offer.start, offer.end);
			assert_eq!((like, asset.locked), (expected, true), "offer {id} holds {asset:?}");
		}
	}
}
