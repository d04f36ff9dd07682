//! Random histories, each step against a model that keeps everything timestep by timestep.

use super::{
	books::scaled,
	model::{Model, Timesteps},
	reference::Random,
};
use crate::{mock::*, Call, Error};
use petra_primitives::{
	AssetId, AssetKind, EnergyAsset, FeederLimits, MarketMode, Timestep, TradeLimits,
};
use sp_runtime::{AccountId32, DispatchError};
use std::collections::BTreeMap;

/// The traders: the `n`th is on feeder `1 + n % 3`.
pub const TRADERS: std::ops::Range<u32> = 0..6;
/// Has an asset that nobody can pay for, on feeder 4.
const WHALE: u32 = 7;
/// Has exactly as much money as it needs, now and then.
const POOR: u32 = 4;

/// How often what happened.
#[derive(Default)]
struct Counts {
	done: BTreeMap<&'static str, u64>,
	refused: BTreeMap<String, u64>,
}

struct History {
	random: Random,
	model: Model,
}

fn opposite(kind: AssetKind) -> AssetKind {
	if kind == EPA {
		ECA
	} else {
		EPA
	}
}

fn get(id: AssetId) -> Option<EnergyAsset<AccountId32>> {
	use petra_primitives::AssetLedger;
	<EnergyAssets as AssetLedger<_>>::asset(id)
}

impl History {
	fn begin(index: u64) -> Self {
		MaxOffers::set(if index.is_multiple_of(4) { 5 } else { 10_000 });
		let mut history = Self { random: Random(index), model: Model::new(MaxOffers::get()) };
		for who in TRADERS {
			let money = if who == POOR { 20_000 } else { 5_000_000 };
			fund(who, money);
			history.model.money.entry(who).or_default().0 += money as i128;
		}
		let power = u64::MAX / LOT * LOT;
		withdraw(WHALE, 4, ECA, power, OPEN + 40, OPEN + 44);
		if index.is_multiple_of(3) {
			history.set_mode(MarketMode::DoubleAuction, NOW + LEAD);
		}
		history
	}

	fn trader(&mut self) -> u32 {
		self.random.below(TRADERS.end.into()) as u32
	}

	fn price(&mut self) -> u64 {
		TICK * (1 + self.random.below(8))
	}

	/// Withdraws a fresh asset.
	fn fresh(&mut self, who: u32, kind: AssetKind, start: Timestep, end: Timestep) -> AssetId {
		let power = LOT * (1 + self.random.below(5));
		self.model.withdraw(who, kind, power, start, end);
		withdraw(who, 1 + who % 3, kind, power, start, end)
	}

	fn interval(&mut self) -> (Timestep, Timestep) {
		let start = self.model.now + LEAD + 1 + self.random.below(6);
		(start, start + self.random.below(5))
	}

	/// An unlocked asset of `who`'s, of that kind.
	fn owned(&mut self, who: u32, kind: AssetKind) -> Option<AssetId> {
		let open = self.model.now + LEAD;
		let ids: Vec<_> = EnergyAssets::assets_of(&account(who))
			.into_iter()
			.filter(|(_, asset)| asset.kind == kind && !asset.locked && asset.end > open)
			.map(|(id, _)| id)
			.collect();
		let at = self.random.below(ids.len() as u64) as usize;
		ids.get(at).copied()
	}

	fn offer_id(&mut self) -> Option<u64> {
		let at = self.random.below(self.model.offers.len() as u64) as usize;
		self.model.offers.get(at).map(|offer| offer.id)
	}

	fn set_mode(&mut self, mode: MarketMode, time: Timestep) {
		set_mode(mode, time);
		self.model.modes.set(time, mode);
	}

	/// Dispatches, and asks the model: both must say the same.
	fn call(&mut self, who: u32, call: Call<Test>, counts: &mut Counts) -> bool {
		let before = self.model.clone();
		let (name, expected) = match &call {
			Call::post_offer { asset_id, price } => {
				let asset = get(*asset_id);
				("post", self.model.post(who, *asset_id, asset, *price, (false, false)))
			},
			Call::post_offer_with { asset_id, price, options } => {
				let (asset, all) = (get(*asset_id), options.all_or_nothing);
				let options = (all, options.close_on_partial);
				("post with", self.model.post(who, *asset_id, asset, *price, options))
			},
			Call::rescind_offer { offer_id } => ("rescind", self.model.rescind(who, *offer_id)),
			Call::accept_offer { offer_id, asset_id, limits } => {
				let asset = get(*asset_id);
				("accept", self.model.accept(who, *offer_id, asset, *limits))
			},
			_ => unreachable!(),
		};
		let result = dispatch(signed(who), call.clone());
		let refused = expected.as_ref().err().map(|error| format!("{error:?}"));
		assert_eq!(result, expected.map_err(DispatchError::from), "{call:?} by {who}");
		match refused {
			None => *counts.done.entry(name).or_default() += 1,
			Some(error) => {
				self.model = before;
				*counts.refused.entry(error).or_default() += 1;
			},
		}
		result.is_ok()
	}

	fn post_something(&mut self, counts: &mut Counts) -> bool {
		let who = self.trader();
		let kind = if self.random.one_in(2) { EPA } else { ECA };
		let (start, end) = self.interval();
		let owned = if self.random.one_in(2) { self.owned(who, kind) } else { None };
		let asset_id = owned.unwrap_or_else(|| self.fresh(who, kind, start, end));
		let price = self.price();
		if self.random.one_in(3) {
			let (all, close) = (self.random.one_in(3), self.random.one_in(2));
			return self.call(who, post_with(asset_id, price, all, close), counts);
		}
		self.call(who, post(asset_id, price), counts)
	}

	fn accept_something(&mut self, counts: &mut Counts) -> bool {
		let who = self.trader();
		let wanted: Vec<_> = self
			.model
			.offers
			.iter()
			.filter(|offer| offer.end > self.model.now + LEAD)
			.map(|offer| (offer.id, offer.kind, offer.start, offer.end))
			.collect();
		let at = self.random.below(wanted.len() as u64) as usize;
		let Some((offer_id, kind, start, end)) = wanted.get(at).copied() else {
			return self.post_something(counts);
		};
		let kind = opposite(kind);
		let overlapping: Vec<_> = EnergyAssets::assets_of(&account(who))
			.into_iter()
			.filter(|(_, asset)| {
				asset.kind == kind && !asset.locked && asset.start <= end && start <= asset.end
			})
			.collect();
		let asset_id = if !overlapping.is_empty() && !self.random.one_in(3) {
			overlapping[self.random.below(overlapping.len() as u64) as usize].0
		} else {
			let open = self.model.now + LEAD + 1;
			let (from, to) = match self.random.below(3) {
				0 => (start.max(open), end),
				1 => (start.max(open) + 1, end + 2),
				_ => (start.max(open + 1) - 1, end),
			};
			self.fresh(who, kind, from.min(to), to)
		};
		let mut limits = None;
		if self.random.one_in(4) {
			let brought = get(asset_id).unwrap();
			let price = if self.random.one_in(3) {
				self.price()
			} else {
				TICK * if kind == ECA { 9 } else { 0 }
			};
			limits = Some(TradeLimits {
				price,
				min_power: LOT * (self.random.below(2) + 1),
				start: brought.start.max(start),
				end: brought.start.max(start),
			});
		}
		self.call(who, Call::accept_offer { offer_id, asset_id, limits }, counts)
	}

	fn rescind_something(&mut self, counts: &mut Counts) -> bool {
		let Some(offer_id) = self.offer_id() else { return self.post_something(counts) };
		let poster = self.model.offer(offer_id).unwrap().poster;
		self.call(poster, rescind(offer_id), counts)
	}

	/// Calls that cannot succeed.
	fn something_wrong(&mut self, counts: &mut Counts) -> bool {
		let (who, (start, end)) = (self.trader(), self.interval());
		let other = (who + 1) % TRADERS.end;
		let price = self.price();
		let eca = self.fresh(who, ECA, start, end);
		let call = match self.random.below(9) {
			0 => rescind(1 << 40),
			1 => accept(1 << 40, eca),
			2 => post(1 << 40, price),
			3 => post(eca, price + 1),
			4 => return self.call(other, post(eca, price), counts),
			5 => {
				let lasts = self.model.offers.iter().find(|offer| offer.kind == ECA);
				accept(lasts.map_or(1 << 40, |offer| offer.id), eca)
			},
			6 => match self.model.offers.iter().find(|offer| offer.poster == who) {
				Some(offer) => post(open(offer.id).asset_id, price),
				None => post(1 << 40, price),
			},
			7 => {
				let late = self.fresh(who, ECA, start + 40, start + 41);
				match self.model.offers.iter().find(|offer| offer.kind == EPA) {
					Some(offer) => accept(offer.id, late),
					None => accept(1 << 40, late),
				}
			},
			_ => {
				let whale = EnergyAssets::assets_of(&account(WHALE))[0].0;
				let price = u64::MAX / TICK * TICK;
				return self.call(WHALE, post(whale, price), counts);
			},
		};
		self.call(who, call, counts)
	}

	/// A bid for exactly all the money there is, then for one unit less.
	fn spend_everything(&mut self, counts: &mut Counts) -> bool {
		let (start, end) = self.interval();
		let asset_id = self.fresh(POOR, ECA, start, end);
		let brought = get(asset_id).unwrap();
		let per_price = i128::from(brought.power * (end - start + 1)) * i128::from(TICK);
		let have = self.model.money[&POOR].0;
		let ticks = have / per_price + 1;
		let missing = ticks * per_price - have;
		let give = |history: &mut Self, amount: i128| {
			fund(POOR, amount as u128);
			history.model.money.entry(POOR).or_default().0 += amount;
		};
		give(self, missing);
		let price = ticks as u64 * TICK;
		let refused = self.call(POOR, post(asset_id, price), counts);
		give(self, 1);
		self.call(POOR, post(asset_id, price), counts) || refused
	}

	fn advance(&mut self, by: u64, tend: bool) {
		self.model.now += by;
		set_now(self.model.now);
		if tend {
			next_block();
			self.model.block += 1;
			self.model.tend();
		}
	}

	/// One step; returns whether it succeeded.
	fn step(&mut self, counts: &mut Counts) -> bool {
		match self.random.below(100) {
			0..=32 => self.post_something(counts),
			33..=62 => self.accept_something(counts),
			63..=69 => self.rescind_something(counts),
			70..=79 => {
				let by = if self.random.one_in(10) { 2 + self.random.below(6) } else { 1 };
				self.advance(by, true);
				*counts.done.entry("time").or_default() += 1;
				true
			},
			80..=84 => {
				// The gate has closed, and the block's steps are yet to come.
				self.advance(1, false);
				let done = match self.random.below(3) {
					0 => self.accept_something(counts),
					_ => self.rescind_something(counts),
				};
				self.advance(0, true);
				done
			},
			85..=90 => self.something_wrong(counts),
			91..=93 => {
				let mode = match self.random.below(3) {
					0 => MarketMode::FixedPrice(self.price()),
					1 => MarketMode::FirstComeFirstServed,
					_ => MarketMode::DoubleAuction,
				};
				let time = self.model.now + LEAD + self.random.below(4);
				self.set_mode(mode, time);
				true
			},
			94..=97 => {
				let feeder = 1 + self.random.below(3) as u32;
				let internal = LOT * (2 + self.random.below(12)) + self.random.below(3);
				let external = LOT * (1 + self.random.below(6)) + self.random.below(3);
				let time = self.model.now + self.random.below(4);
				set_limits(feeder, internal, external, time);
				let limits = Some(FeederLimits { internal, external });
				let all = self.model.limits.entry(feeder);
				all.or_insert_with(|| Timesteps::of(None)).set(time, limits);
				true
			},
			_ => self.spend_everything(counts),
		}
	}
}

#[test]
fn histories_should_equal_the_model() {
	const STEPS: u64 = 200;
	let histories = scaled(200);
	let mut counts = Counts::default();
	let (mut steps, mut succeeded) = (0u64, 0u64);
	for index in 0..histories {
		build_and_execute(|| {
			let mut history = History::begin(index);
			for step in 0..STEPS {
				succeeded += u64::from(history.step(&mut counts));
				steps += 1;
				history.model.assert_equals_the_chain();
				if step % 40 == 0 {
					check_all();
				}
			}
			*counts.done.entry("exchanged in clearings").or_default() += history.model.paired;
		});
	}
	println!(
		"{steps} steps, {succeeded} succeeded: {:?}, refused: {:?}",
		counts.done, counts.refused
	);
	assert!(succeeded * 2 >= steps, "{succeeded} of {steps}");
	if histories < 100 {
		return;
	}
	let calls = ["post", "post with", "rescind", "accept", "time", "exchanged in clearings"];
	for name in calls {
		assert!(counts.done.get(name).copied().unwrap_or_default() >= histories, "{name}");
	}
	for error in [
		Error::<Test>::OfferNotFound,
		Error::NotOwner,
		Error::AssetNotFound,
		Error::AssetLocked,
		Error::IntervalsDisjoint,
		Error::GateClosed,
		Error::WrongKind,
		Error::WrongMode,
		Error::PriceNotMet,
		Error::WorseThanLimits,
		Error::AllOrNothing,
		Error::NotMultipleOfTick,
		Error::InsufficientFunds,
		Error::BelowExistentialDeposit,
		Error::FeederLimitExceeded,
		Error::BookFull,
		Error::Overflow,
	] {
		let name = format!("{error:?}");
		assert!(counts.refused.get(&name).copied().unwrap_or_default() >= 10, "{name}");
	}
}
