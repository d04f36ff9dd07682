//! Offers, and what becomes of them.

use super::{Asset, Draw, Step};
use crate::safety::model::{Consumption, Production};
use pallet_offers::Call as MarketCall;
use petra_primitives::{
	AssetId, AssetKind, EnergyAsset, MarketMode, Offer, OfferId, OfferOptions, Price, TradeLimits,
};
use petra_runtime::{AccountId, Runtime};

/// How often something suitable is looked for.
const TRIES: usize = 12;

impl Draw<'_> {
	pub(super) fn market(&mut self) -> Option<Step> {
		match self.dice.below(20) {
			0..=4 => self.post(),
			5..=11 => self.answer(),
			12..=18 => self.accept(),
			_ => self.rescind(),
		}
	}

	/// An asset all of whose timesteps are open.
	fn open_asset(&mut self, kind: Option<AssetKind>) -> Option<Asset> {
		let gated = self.model.last_gated();
		let assets = self.assets(|asset| {
			let right = kind.is_none_or(|kind| kind == asset.kind);
			right && !asset.locked && asset.start > gated
		});
		self.dice.pick(&assets).cloned()
	}

	/// What the bid for an asset costs at a price of one.
	fn cost_of(asset: &EnergyAsset<AccountId>) -> u128 {
		u128::from(asset.power) * u128::from(asset.end - asset.start + 1)
	}

	/// A price that its owner can pay, if it is a bid.
	fn price_for(&mut self, asset: &EnergyAsset<AccountId>) -> Price {
		let price = 2 * self.dice.below(30);
		if asset.kind == Production {
			return price;
		}
		let most = self.model.available(&asset.owner).saturating_sub(1) / Self::cost_of(asset);
		price.min(u64::try_from(most).unwrap_or(u64::MAX) / 2 * 2)
	}

	fn post(&mut self) -> Option<Step> {
		let (mut id, asset) = self.open_asset(None)?;
		let (mut who, mut price) = (asset.owner.clone(), self.price_for(&asset));
		let mut name = if asset.kind == Production { "ask" } else { "bid" };
		if self.dice.one_in(3) {
			name = "flawed offer";
			// The last one twice as often: few have the means for it.
			match self.dice.below(8) {
				0 => id = self.model.next_id,
				1 => who = self.address(),
				2 => {
					let locked = self.assets(|other| other.locked);
					let (taken, other) = self.dice.pick(&locked)?.clone();
					(id, who, price) = (taken, other.owner.clone(), 0);
				},
				3 => {
					let gated = self.model.last_gated();
					let late = self.assets(|other| !other.locked && other.start <= gated);
					let (begun, other) = self.dice.pick(&late)?.clone();
					(id, who, price) = (begun, other.owner.clone(), 0);
				},
				4 => price += 1,
				5 => {
					let (bid, other) = self.open_asset(Some(Consumption))?;
					let most = self.model.balance(&other.owner) / Self::cost_of(&other);
					price = (u64::try_from(most).ok()? / 2 + 1) * 2;
					(id, who) = (bid, other.owner);
				},
				_ => (id, who, price) = self.bid_for_all_its_money()?,
			}
		}
		if self.dice.one_in(2) {
			let (all_or_nothing, close_on_partial) = (self.dice.one_in(3), self.dice.one_in(2));
			let options = OfferOptions { all_or_nothing, close_on_partial };
			let call = MarketCall::post_offer_with { asset_id: id, price, options };
			return Some(Self::signed(&who, name, call));
		}
		Some(Self::signed(&who, name, MarketCall::post_offer { asset_id: id, price }))
	}

	/// An offer that meets one of the other kind, in its time and mostly in its price: in an auction both may trade.
	fn answer(&mut self) -> Option<Step> {
		let (_, offer) = self.offer()?;
		let gated = self.model.last_gated();
		let assets = self.assets(|asset| {
			let overlap = asset.start <= offer.end && offer.start <= asset.end;
			asset.kind != offer.kind && !asset.locked && asset.start > gated && overlap
		});
		let (asset_id, asset) = self.dice.pick(&assets)?.clone();
		let by = 2 * self.dice.below(4);
		let (name, price) = match asset.kind {
			Production => ("ask", offer.price.saturating_sub(by)),
			Consumption => {
				let most = self.model.available(&asset.owner).saturating_sub(1);
				let most = u64::try_from(most / Self::cost_of(&asset)).unwrap_or(u64::MAX);
				("bid", (offer.price + by).min(most / 2 * 2))
			},
		};
		Some(Self::signed(&asset.owner, name, MarketCall::post_offer { asset_id, price }))
	}

	/// A bid that would leave its poster nothing, if somebody's money comes out even.
	fn bid_for_all_its_money(&self) -> Option<(AssetId, AccountId, Price)> {
		let gated = self.model.last_gated();
		let bids =
			self.assets(|asset| asset.kind == Consumption && !asset.locked && asset.start > gated);
		bids.into_iter().find_map(|(id, asset)| {
			let (balance, cost) = (self.model.balance(&asset.owner), 2 * Self::cost_of(&asset));
			let even = balance > 0 && balance.is_multiple_of(cost);
			even.then(|| (id, asset.owner.clone(), 2 * (balance / cost) as Price))
		})
	}

	/// Any offer.
	fn offer(&mut self) -> Option<(OfferId, Offer<AccountId>)> {
		let offers: Vec<_> = self.model.book.open.iter().collect();
		self.dice.pick(&offers).map(|(id, offer)| (**id, (*offer).clone()))
	}

	fn rescind(&mut self) -> Option<Step> {
		let (mut id, offer) = self.offer()?;
		let mut who = offer.poster;
		if self.dice.one_in(4) {
			match self.dice.below(2) {
				0 => id += 1_000,
				_ => who = self.address(),
			}
		}
		let call = MarketCall::<Runtime>::rescind_offer { offer_id: id };
		Some(Self::signed(&who, "rescission", call))
	}

	/// An acceptance that the model allows, or one that it does not.
	fn accept(&mut self) -> Option<Step> {
		let flawed = self.dice.one_in(3);
		if flawed && self.dice.one_in(2) {
			return self.flawed_acceptance();
		}
		for _ in 0..TRIES {
			let (offer_id, offer) = self.offer()?;
			let theirs = self.assets(|asset| {
				let overlap = asset.start <= offer.end && offer.start <= asset.end;
				asset.kind != offer.kind && !asset.locked && overlap
			});
			let Some((asset_id, asset)) = self.dice.pick(&theirs).cloned() else { continue };
			let (faults, trade) = self.model.judge(&asset.owner, offer_id, asset_id, None);
			if flawed && faults.0.len() == 1 {
				return Some(Self::acceptance(
					&asset.owner,
					"flawed trade",
					offer_id,
					asset_id,
					None,
				));
			}
			let Some(trade) = trade.filter(|_| !flawed && faults.0.is_empty()) else { continue };
			let name = match (offer.kind, trade.mode) {
				(Production, MarketMode::FixedPrice(_)) => "an ask at the fixed price",
				(Consumption, MarketMode::FixedPrice(_)) => "a bid at the fixed price",
				(Production, _) => "an ask at its price",
				(Consumption, _) => "a bid at its price",
			};
			let limits = self.dice.one_in(3).then(|| {
				let mut limits = trade.as_limits();
				if self.dice.one_in(2) {
					limits.min_power /= 2;
				}
				limits
			});
			return Some(Self::acceptance(&asset.owner, name, offer_id, asset_id, limits));
		}
		None
	}

	fn acceptance(
		who: &AccountId,
		name: &'static str,
		offer_id: OfferId,
		asset_id: AssetId,
		limits: Option<TradeLimits>,
	) -> Step {
		Self::signed(who, name, MarketCall::<Runtime>::accept_offer { offer_id, asset_id, limits })
	}

	fn flawed_acceptance(&mut self) -> Option<Step> {
		let (mut offer_id, offer) = self.offer()?;
		let (mut id, asset) = self.open_asset(None)?;
		let mut who = asset.owner.clone();
		let mut limits = None;
		match self.dice.below(7) {
			0 => offer_id += 1_000,
			1 => id = self.model.next_id,
			2 => who = self.address(),
			3 => {
				let locked = self.assets(|other| other.locked && other.kind != offer.kind);
				let (taken, other) = self.dice.pick(&locked)?.clone();
				(id, who) = (taken, other.owner);
			},
			4 => {
				let disjoint = self.assets(|other| {
					let apart = other.end < offer.start || offer.end < other.start;
					!other.locked && other.kind != offer.kind && apart
				});
				let (far, other) = self.dice.pick(&disjoint)?.clone();
				(id, who) = (far, other.owner);
			},
			5 => {
				let alike = self.assets(|other| !other.locked && other.kind == offer.kind);
				let (same, other) = self.dice.pick(&alike)?.clone();
				(id, who) = (same, other.owner);
			},
			_ => {
				let (_, trade) = self.model.judge(&who, offer_id, id, None);
				let mut worse = trade?.as_limits();
				match (self.dice.below(3), offer.kind) {
					(0, Production) if worse.price > 0 => worse.price -= 1,
					(0, Consumption) => worse.price += 1,
					(1, _) => worse.min_power += 1,
					_ => worse.end += 1,
				}
				limits = Some(worse);
			},
		}
		Some(Self::acceptance(&who, "flawed trade", offer_id, id, limits))
	}
}
