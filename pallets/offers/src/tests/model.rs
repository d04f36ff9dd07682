//! A model of the market, written from the specification: everything timestep by timestep, nothing shared with the
//! pallet. Clearings are the reference's.

use super::{
	histories::TRADERS,
	reference::{clear, Book, FeederState, Order},
};
use crate::{mock::*, Error};
use petra_primitives::{
	AssetId, AssetKind, EnergyAsset, FeederId, FeederLimits, MarketMode, Timestep, TradeLimits,
};
use sp_runtime::AccountId32;
use std::collections::BTreeMap;

type Asset = EnergyAsset<AccountId32>;
type Result<R = ()> = std::result::Result<R, Error<Test>>;

/// A value for each timestep, by what was recorded last.
#[derive(Clone)]
pub struct Timesteps<V>(Vec<V>);

impl<V: Clone> Timesteps<V> {
	pub fn of(value: V) -> Self {
		Self(vec![value; 1_500])
	}
	/// `value` for all timesteps after `time`.
	pub fn set(&mut self, time: Timestep, value: V) {
		for t in time + 1 - NOW..self.0.len() as u64 {
			self.0[t as usize] = value.clone();
		}
	}
	fn at(&self, t: Timestep) -> V {
		self.0[(t - NOW) as usize].clone()
	}
}

#[derive(Clone, Debug)]
pub struct Offered {
	pub id: u64,
	pub poster: u32,
	pub kind: AssetKind,
	pub power: u64,
	pub start: Timestep,
	pub end: Timestep,
	pub price: u64,
	pub all: bool,
	pub close: bool,
	pub age: u32,
	pub feeder: FeederId,
	pub traded: bool,
}

/// Whose, which kind, feeder, traded, locked, when.
type Power = BTreeMap<(u32, bool, FeederId, bool, bool, Timestep), i128>;

#[derive(Clone)]
pub struct Model {
	pub now: Timestep,
	pub block: u32,
	/// The last timestep that was gated when the steps were taken last.
	done: Timestep,
	max_offers: usize,
	next_id: u64,
	pub offers: Vec<Offered>,
	power: Power,
	withdrawn: BTreeMap<(u32, bool, Timestep), i128>,
	/// Free and held.
	pub money: BTreeMap<u32, (i128, i128)>,
	load: BTreeMap<(FeederId, Timestep), (i128, i128)>,
	pub modes: Timesteps<MarketMode>,
	pub limits: BTreeMap<FeederId, Timesteps<Option<FeederLimits>>>,
	/// Pairs in clearings so far.
	pub paired: u64,
}

fn is_epa(kind: AssetKind) -> bool {
	kind == EPA
}

fn number(who: &AccountId32) -> u32 {
	(0..10).find(|number| account(*number) == *who).unwrap()
}

impl Model {
	pub fn new(max_offers: u32) -> Self {
		Self {
			now: NOW,
			block: 1,
			done: 0,
			max_offers: max_offers as usize,
			next_id: 0,
			offers: Vec::new(),
			power: Power::new(),
			withdrawn: BTreeMap::new(),
			money: BTreeMap::new(),
			load: BTreeMap::new(),
			modes: Timesteps::of(MarketMode::FirstComeFirstServed),
			limits: BTreeMap::new(),
			paired: 0,
		}
	}

	fn shift(
		&mut self,
		who: u32,
		kind: AssetKind,
		tags: (FeederId, bool),
		locked: bool,
		t: Timestep,
		power: i128,
	) {
		let key = (who, is_epa(kind), tags.0, tags.1, locked, t);
		let sum = self.power.entry(key).or_default();
		*sum += power;
		if *sum == 0 {
			self.power.remove(&key);
		}
	}

	pub fn withdraw(&mut self, who: u32, kind: AssetKind, power: u64, start: u64, end: u64) {
		for t in start..=end {
			self.shift(who, kind, (1 + who % 3, false), false, t, power.into());
			*self.withdrawn.entry((who, is_epa(kind), t)).or_default() += i128::from(power);
		}
	}

	pub fn offer(&self, id: u64) -> Option<Offered> {
		self.offers.iter().find(|offer| offer.id == id).cloned()
	}

	fn pay(&mut self, who: u32, free: i128, held: i128) {
		let money = self.money.entry(who).or_default();
		money.0 += free;
		money.1 += held;
		assert!(money.0 >= 0 && money.1 >= 0);
	}

	pub fn post(
		&mut self,
		who: u32,
		_id: AssetId,
		asset: Option<Asset>,
		price: u64,
		(all, close): (bool, bool),
	) -> Result {
		let asset = asset.ok_or(Error::AssetNotFound)?;
		if asset.owner != account(who) {
			return Err(Error::NotOwner);
		}
		if asset.locked {
			return Err(Error::AssetLocked);
		}
		if asset.start <= self.now + LEAD {
			return Err(Error::GateClosed);
		}
		if !price.is_multiple_of(TICK) {
			return Err(Error::NotMultipleOfTick);
		}
		let EnergyAsset { kind, power, start, end, feeder, traded, .. } = asset;
		for t in start..=end {
			let covers = |o: &&Offered| o.kind == kind && o.start <= t && t <= o.end;
			if self.offers.iter().filter(covers).count() >= self.max_offers {
				return Err(Error::BookFull);
			}
		}
		let mut cost = 0u128;
		for _ in start..=end {
			let one = u128::from(price) * u128::from(power);
			cost = cost.checked_add(one).ok_or(Error::Overflow)?;
		}
		if kind == ECA {
			let (cost, free) = (cost as i128, self.money.get(&who).map_or(0, |money| money.0));
			if cost > free {
				return Err(Error::InsufficientFunds);
			}
			if cost == free {
				return Err(Error::BelowExistentialDeposit);
			}
			self.pay(who, -cost, cost);
		}
		for t in start..=end {
			self.shift(who, kind, (feeder, traded), false, t, -i128::from(power));
			self.shift(who, kind, (feeder, traded), true, t, power.into());
		}
		let age = self.block;
		let offered = Offered {
			id: 0,
			poster: who,
			kind,
			power,
			start,
			end,
			price,
			all,
			close,
			age,
			feeder,
			traded,
		};
		self.put(offered);
		Ok(())
	}

	fn put(&mut self, offer: Offered) {
		self.offers.push(Offered { id: self.next_id, ..offer });
		self.next_id += 1;
	}

	/// Returns what an offer has in one timestep: asset and money.
	fn free_at(&mut self, offer: &Offered, t: Timestep, power: u64) {
		let (power, tags) = (i128::from(power), (offer.feeder, offer.traded));
		self.shift(offer.poster, offer.kind, tags, true, t, -power);
		self.shift(offer.poster, offer.kind, tags, false, t, power);
		if offer.kind == ECA {
			let cost = power * i128::from(offer.price);
			self.pay(offer.poster, cost, -cost);
		}
	}

	/// Whether a timestep is gated in an auction and waits for its clearing.
	fn bound(&self, t: Timestep) -> bool {
		t > self.done
			&& t > self.now
			&& t <= self.now + LEAD
			&& self.modes.at(t) == MarketMode::DoubleAuction
	}

	pub fn rescind(&mut self, who: u32, id: u64) -> Result {
		let offer = self.offer(id).ok_or(Error::OfferNotFound)?;
		if offer.poster != who {
			return Err(Error::NotOwner);
		}
		let last = (offer.start..=offer.end).rev().find(|t| self.bound(*t));
		if last == Some(offer.end) {
			return Err(Error::GateClosed);
		}
		let first_freed = last.map_or(offer.start, |last| last + 1);
		for t in first_freed..=offer.end {
			self.free_at(&offer, t, offer.power);
		}
		match last {
			Some(last) => self.offers.iter_mut().find(|o| o.id == id).unwrap().end = last,
			None => self.offers.retain(|o| o.id != id),
		}
		Ok(())
	}

	/// What the asset does to its feeder: production and consumption.
	fn effect(kind: AssetKind, traded: bool, power: i128) -> (i128, i128) {
		match (kind == EPA, traded) {
			(true, false) => (power, 0),
			(true, true) => (0, -power),
			(false, false) => (0, power),
			(false, true) => (-power, 0),
		}
	}

	fn fits(&self, t: Timestep, ours: &Offered, theirs: &Asset, power: i128) -> bool {
		let mut after = BTreeMap::<FeederId, (i128, i128)>::new();
		for (feeder, (p, c)) in [
			(ours.feeder, Self::effect(ours.kind, ours.traded, power)),
			(theirs.feeder, Self::effect(theirs.kind, theirs.traded, power)),
		] {
			let before = self.load.get(&(feeder, t)).copied().unwrap_or_default();
			let after = after.entry(feeder).or_insert(before);
			after.0 += p;
			after.1 += c;
		}
		after.into_iter().all(|(feeder, (p, c))| {
			let before = self.load.get(&(feeder, t)).copied().unwrap_or_default();
			let Some(limits) = self.limits.get(&feeder).and_then(|all| all.at(t)) else {
				return true;
			};
			let (internal, external) = (i128::from(limits.internal), i128::from(limits.external));
			let (old, new) = ((before.0 - before.1).abs(), (p - c).abs());
			(p <= internal || p <= before.0)
				&& (c <= internal || c <= before.1)
				&& (new <= external || new <= old)
		})
	}

	/// In which timesteps, at what price, and how much is exchanged.
	fn agree(
		&self,
		offer: &Offered,
		asset: &Asset,
		limits: Option<TradeLimits>,
	) -> Result<(Vec<Timestep>, u64, u64)> {
		let common: Vec<_> = (offer.start..=offer.end)
			.filter(|t| asset.start <= *t && *t <= asset.end)
			.collect();
		if common.is_empty() {
			return Err(Error::IntervalsDisjoint);
		}
		let open: Vec<_> = common.into_iter().filter(|t| *t > self.now + LEAD).collect();
		let first = *open.first().ok_or(Error::GateClosed)?;
		let mode = self.modes.at(first);
		let run: Vec<_> = open.into_iter().take_while(|t| self.modes.at(*t) == mode).collect();
		let price = match mode {
			MarketMode::DoubleAuction => return Err(Error::WrongMode),
			MarketMode::FirstComeFirstServed => offer.price,
			MarketMode::FixedPrice(fixed) => {
				let unmet =
					if offer.kind == EPA { fixed < offer.price } else { fixed > offer.price };
				if unmet {
					return Err(Error::PriceNotMet);
				}
				fixed
			},
		};
		let last = *run.last().unwrap();
		let power = offer.power.min(asset.power);
		let whole = (first, last, power) == (offer.start, offer.end, offer.power);
		if offer.all && !whole {
			return Err(Error::AllOrNothing);
		}
		if let Some(limits) = limits {
			let worse = if offer.kind == EPA { price > limits.price } else { price < limits.price };
			let covers = (limits.start..=limits.end).all(|t| run.contains(&t));
			if worse || power < limits.min_power || !covers {
				return Err(Error::WorseThanLimits);
			}
		}
		Ok((run, price, power))
	}

	pub fn accept(
		&mut self,
		who: u32,
		id: u64,
		asset: Option<Asset>,
		limits: Option<TradeLimits>,
	) -> Result {
		let offer = self.offer(id).ok_or(Error::OfferNotFound)?;
		let asset = asset.ok_or(Error::AssetNotFound)?;
		if asset.owner != account(who) {
			return Err(Error::NotOwner);
		}
		if asset.locked {
			return Err(Error::AssetLocked);
		}
		if asset.kind == offer.kind {
			return Err(Error::WrongKind);
		}
		let (run, price, power) = self.agree(&offer, &asset, limits)?;
		let watts = i128::from(power);
		if !run.iter().all(|t| self.fits(*t, &offer, &asset, watts)) {
			return Err(Error::FeederLimitExceeded);
		}
		let cost = watts * i128::from(price) * run.len() as i128;
		let held = watts * i128::from(offer.price) * run.len() as i128;
		if offer.kind == EPA {
			// One unit stays free beside what is on hold.
			let (free, held) = self.money.get(&who).copied().unwrap_or_default();
			if cost > free - i128::from(held > 0) {
				return Err(Error::InsufficientFunds);
			}
			self.pay(who, -cost, 0);
			self.pay(offer.poster, cost, 0);
		} else {
			self.pay(offer.poster, held - cost, -held);
			self.pay(who, cost, 0);
		}
		for t in &run {
			let theirs = (who, asset.kind, asset.feeder, asset.traded, false);
			let ours = (offer.poster, offer.kind, offer.feeder, offer.traded, true);
			self.exchange(*t, ours, theirs, watts);
		}
		self.offers.retain(|o| o.id != id);
		let (first, last) = (run[0], run[run.len() - 1]);
		let mut rests = Vec::new();
		if offer.start < first {
			rests.push(Offered { end: first - 1, ..offer.clone() });
		}
		if last < offer.end {
			rests.push(Offered { start: last + 1, ..offer.clone() });
		}
		if power < offer.power {
			rests.push(Offered { start: first, end: last, power: offer.power - power, ..offer });
		}
		for rest in rests {
			self.put_rest(rest);
		}
		Ok(())
	}

	/// What is left stays offered, or returns but for what waits for its clearing.
	fn put_rest(&mut self, rest: Offered) {
		if !rest.close {
			return self.put(rest);
		}
		let last = (rest.start..=rest.end).rev().find(|t| self.bound(*t));
		for t in last.map_or(rest.start, |last| last + 1)..=rest.end {
			self.free_at(&rest, t, rest.power);
		}
		if let Some(end) = last {
			self.put(Offered { end, ..rest });
		}
	}

	/// Swaps two assets' power in one timestep.
	fn exchange(
		&mut self,
		t: Timestep,
		a: (u32, AssetKind, FeederId, bool, bool),
		b: (u32, AssetKind, FeederId, bool, bool),
		power: i128,
	) {
		for (from, to) in [(a, b), (b, a)] {
			self.shift(from.0, from.1, (from.2, from.3), from.4, t, -power);
			self.shift(to.0, from.1, (to.2, !to.3), false, t, power);
			let (p, c) = Self::effect(from.1, from.3, power);
			let load = self.load.entry((from.2, t)).or_default();
			load.0 += p;
			load.1 += c;
		}
	}

	/// What closing the gate does.
	pub fn tend(&mut self) {
		let gate = self.now + LEAD;
		for t in self.now + 1..=gate {
			if t > self.done && self.modes.at(t) == MarketMode::DoubleAuction {
				self.clear(t);
			}
		}
		self.done = self.done.max(gate);
		for offer in self.offers.clone() {
			let last = if offer.all && offer.start <= gate { offer.end } else { gate };
			for t in offer.start..=offer.end.min(last) {
				self.free_at(&offer, t, offer.power);
			}
			let kept = self.offers.iter_mut().find(|o| o.id == offer.id).unwrap();
			kept.start = kept.start.max(last + 1);
		}
		self.offers.retain(|offer| offer.start <= offer.end);
	}

	fn clear(&mut self, t: Timestep) {
		let covering: Vec<Offered> = self
			.offers
			.iter()
			.filter(|offer| offer.start <= t && t <= offer.end && !offer.all)
			.cloned()
			.collect();
		let orders = |kind: AssetKind| -> Vec<Order> {
			let of_kind = covering.iter().filter(|offer| offer.kind == kind);
			of_kind
				.map(|offer| Order {
					id: offer.id,
					price: offer.price,
					age: offer.age,
					power: offer.power,
					feeder: offer.feeder,
					traded: offer.traded,
				})
				.collect()
		};
		let feeders = FEEDERS
			.into_iter()
			.map(|feeder| {
				let (production, consumption) =
					self.load.get(&(feeder, t)).copied().unwrap_or_default();
				let limits = self.limits.get(&feeder).and_then(|all| all.at(t));
				let limits = limits.map(|limits| (limits.internal, limits.external));
				(feeder, FeederState { production, consumption, limits })
			})
			.collect();
		let book = Book { asks: orders(EPA), bids: orders(ECA), feeders, lot: LOT, tick: TICK };
		let cleared = clear(&book);
		let mut left: BTreeMap<u64, u64> =
			covering.iter().map(|offer| (offer.id, offer.power)).collect();
		for (ask_id, bid_id, power) in cleared.trades {
			let find = |id: u64| covering.iter().find(|offer| offer.id == id).unwrap().clone();
			let (ask, bid) = (find(ask_id), find(bid_id));
			assert!(ask.price <= cleared.price && cleared.price <= bid.price);
			let watts = i128::from(power);
			let (cost, held) = (watts * i128::from(cleared.price), watts * i128::from(bid.price));
			self.pay(bid.poster, held - cost, -held);
			self.pay(ask.poster, cost, 0);
			self.exchange(
				t,
				(ask.poster, EPA, ask.feeder, ask.traded, true),
				(bid.poster, ECA, bid.feeder, bid.traded, true),
				watts,
			);
			*left.get_mut(&ask_id).unwrap() -= power;
			*left.get_mut(&bid_id).unwrap() -= power;
			self.paired += 1;
		}
		for offer in covering {
			self.free_at(&offer, t, left[&offer.id]);
			// What lies before is freed with it.
			for earlier in offer.start..t {
				self.free_at(&offer, earlier, offer.power);
			}
			self.offers.iter_mut().find(|o| o.id == offer.id).unwrap().start = t + 1;
		}
		self.offers.retain(|offer| offer.start <= offer.end);
	}

	pub fn assert_equals_the_chain(&self) {
		let mut chain: Vec<_> = [EPA, ECA]
			.into_iter()
			.flat_map(|kind| Offers::offers(kind, 0, u64::MAX, None, u32::MAX))
			.map(|(id, o)| (id, number(&o.poster), o.power, o.start, o.end, o.price, o.posted_at))
			.collect();
		chain.sort_unstable();
		let mut model: Vec<_> = self
			.offers
			.iter()
			.map(|o| (o.id, o.poster, o.power, o.start, o.end, o.price, o.age))
			.collect();
		model.sort_unstable();
		assert_eq!(chain, model);
		for (who, (free_money, held_money)) in &self.money {
			assert_eq!((free(*who) as i128, held(*who) as i128), (*free_money, *held_money));
		}
		self.assert_power_equals();
		self.assert_feeders_are_true();
	}

	/// The timesteps that are compared: later than just begun.
	fn compared(&self, t: Timestep) -> bool {
		t + 2 > self.now
	}

	fn assert_power_equals(&self) {
		let mut chain = Power::new();
		let mut total = BTreeMap::<(u32, Timestep), i128>::new();
		for who in TRADERS {
			for (_, asset) in EnergyAssets::assets_of(&account(who)) {
				assert_eq!(asset.feeder, 1 + who % 3, "an asset's feeder is its holder's");
				for t in asset.start..=asset.end {
					let tags = (asset.feeder, asset.traded, asset.locked);
					let key = (who, is_epa(asset.kind), tags.0, tags.1, tags.2, t);
					*chain.entry(key).or_default() += i128::from(asset.power);
					*total.entry((who, t)).or_default() += i128::from(asset.power);
				}
			}
		}
		chain.retain(|key, _| self.compared(key.5));
		let mut model = self.power.clone();
		model.retain(|key, _| self.compared(key.5));
		assert_eq!(chain, model);
		// One to one: what a household has of both kinds together is what it withdrew (section 4).
		let mut withdrawn = BTreeMap::<(u32, Timestep), i128>::new();
		for ((who, _, t), power) in &self.withdrawn {
			*withdrawn.entry((*who, *t)).or_default() += power;
		}
		assert_eq!(total, withdrawn);
	}

	/// Against who really produces and consumes: the difference is exact, neither is understated.
	fn assert_feeders_are_true(&self) {
		for t in self.now..self.now + 16 {
			for feeder in 1..=3 {
				let (production, consumption) = load(feeder, t);
				let model = self.load.get(&(feeder, t)).copied().unwrap_or_default();
				assert_eq!((production, consumption), model);
				let (mut really_produced, mut really_consumed) = (0, 0);
				for who in TRADERS.filter(|who| 1 + who % 3 == feeder) {
					let withdrawn = self.withdrawn.get(&(who, true, t)).copied().unwrap_or(0);
					let has: i128 = [(false, false), (false, true), (true, false), (true, true)]
						.into_iter()
						.filter_map(|(traded, locked)| {
							self.power.get(&(who, true, feeder, traded, locked, t))
						})
						.sum();
					let sold = withdrawn - has;
					really_produced += sold.max(0);
					really_consumed += (-sold).max(0);
				}
				assert_eq!(production - consumption, really_produced - really_consumed);
				assert!(really_produced <= production && really_consumed <= consumption);
			}
		}
	}
}
