//! Accepting an offer.

use crate::{
	offer_impls::{key, part_of},
	types::{Exchange, Part},
	Config, Error, Event, Offers, Pallet,
};
use alloc::vec::Vec;
use frame_support::{dispatch::DispatchResult, ensure};
use petra_primitives::{
	AssetId, AssetKind, AssetLedger, EnergyAsset, MarketMode, MarketRules, Offer, OfferId, Price,
	TradeLimits,
};
use sp_runtime::AccountId32;

type Asset = EnergyAsset<AccountId32>;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_accept_offer(
		who: &AccountId32,
		offer_id: OfferId,
		asset_id: AssetId,
		limits: Option<TradeLimits>,
	) -> DispatchResult {
		let offer = Offers::<T>::get(key(offer_id)).ok_or(Error::<T>::OfferNotFound)?;
		let theirs = T::Assets::asset(asset_id).ok_or(Error::<T>::AssetNotFound)?;
		ensure!(theirs.owner == *who, Error::<T>::NotOwner);
		ensure!(!theirs.locked, Error::<T>::AssetLocked);
		let ours = T::Assets::asset(offer.asset_id).ok_or(Error::<T>::AssetNotFound)?;
		let exchange = Self::plan_exchange(&offer, &ours, &theirs)?;
		Self::ensure_acceptable(offer.kind, &exchange, limits)?;

		let Exchange { part, price, cost } = exchange;
		let (production, consumption) = match offer.kind {
			AssetKind::Production => (&ours, &theirs),
			AssetKind::Consumption => (&theirs, &ours),
		};
		Self::load_feeders(production, consumption, part)?;
		match offer.kind {
			AssetKind::Production => Self::pay_free(who, &offer.poster, cost)?,
			AssetKind::Consumption => {
				let held = Self::cost(offer.price, part)?;
				Self::pay_held(&offer.poster, who, held, cost)?;
			},
		}
		let (production_asset, consumption_asset) = Self::swap(production, consumption, part)?;
		let whole = Part { power: theirs.power, start: theirs.start, end: theirs.end };
		let returned: Vec<Part> = whole.without(part).into_iter().flatten().collect();
		Self::carve(asset_id, &[], &returned)?;
		let (rest, assets) = Self::take_out(offer_id, &offer, part)?;

		let Part { power, start, end } = part;
		Self::deposit_event(Event::OfferAccepted {
			offer_id,
			asset_id,
			power,
			start,
			end,
			price,
			cost,
			production_asset,
			consumption_asset,
		});
		for (Part { power, start, end }, asset_id) in rest.into_iter().zip(assets) {
			let rest = Offer { asset_id, power, start, end, ..offer.clone() };
			Self::insert_offer(rest, Some(offer_id))?;
		}
		Ok(())
	}

	/// What would be exchanged of an offer and an asset: open timesteps from the later start to the earlier end, cut to
	/// the first run of one market mode and price, at the smaller power.
	pub(crate) fn plan_exchange(
		offer: &Offer<AccountId32>,
		ours: &Asset,
		theirs: &Asset,
	) -> Result<Exchange, Error<T>> {
		ensure!(theirs.kind != offer.kind, Error::WrongKind);
		let (start, end) = (offer.start.max(theirs.start), offer.end.min(theirs.end));
		ensure!(start <= end, Error::IntervalsDisjoint);
		let start = start.max(Self::last_gated().saturating_add(1));
		ensure!(start <= end, Error::GateClosed);
		let (mode, end) = T::Market::market_run(start, end);
		let price = Self::price_in(mode, offer)?;
		let end = Self::cut_to_limit_runs(ours.feeder, start, end);
		let end = Self::cut_to_limit_runs(theirs.feeder, start, end);
		let part = Part { power: offer.power.min(theirs.power), start, end };
		let whole = part == part_of(offer);
		ensure!(whole || !offer.options.all_or_nothing, Error::AllOrNothing);
		Ok(Exchange { part, price, cost: Self::cost(price, part)? })
	}

	/// At what price an offer is accepted in that market mode.
	fn price_in(mode: MarketMode, offer: &Offer<AccountId32>) -> Result<Price, Error<T>> {
		match mode {
			MarketMode::DoubleAuction => Err(Error::WrongMode),
			MarketMode::FirstComeFirstServed => Ok(offer.price),
			MarketMode::FixedPrice(fixed) => {
				let met = match offer.kind {
					AssetKind::Production => offer.price <= fixed,
					AssetKind::Consumption => fixed <= offer.price,
				};
				ensure!(met, Error::PriceNotMet);
				Ok(fixed)
			},
		}
	}

	/// Whether what would be exchanged is no worse than the acceptor's limits.
	fn ensure_acceptable(
		offered: AssetKind,
		exchange: &Exchange,
		limits: Option<TradeLimits>,
	) -> Result<(), Error<T>> {
		let Some(limits) = limits else { return Ok(()) };
		let Exchange { part, price, .. } = *exchange;
		let price_is_worse = match offered {
			AssetKind::Production => price > limits.price,
			AssetKind::Consumption => price < limits.price,
		};
		let covers = part.start <= limits.start && limits.end <= part.end;
		let acceptable = !price_is_worse && part.power >= limits.min_power && covers;
		ensure!(acceptable, Error::WorseThanLimits);
		Ok(())
	}

	/// Creates what both sides get: the production asset comes to the buyer, on the consumption asset's feeder, and the
	/// consumption asset to the seller, on the production asset's; each is traded if the other was not.
	pub(crate) fn swap(
		production: &Asset,
		consumption: &Asset,
		part: Part,
	) -> Result<(AssetId, AssetId), Error<T>> {
		let Part { power, start, end } = part;
		let swapped = |from: &Asset, to: &Asset| EnergyAsset {
			owner: to.owner.clone(),
			kind: from.kind,
			power,
			start,
			end,
			feeder: to.feeder,
			traded: !to.traded,
			locked: false,
		};
		let production_asset = T::Assets::create(swapped(production, consumption))?;
		let consumption_asset = T::Assets::create(swapped(consumption, production))?;
		Ok((production_asset, consumption_asset))
	}

	/// Takes what was exchanged out of an offer, and the offer out of the market: returns the parts that stay offered, and
	/// their assets. The rest, if it closes, returns to its poster.
	fn take_out(
		offer_id: OfferId,
		offer: &Offer<AccountId32>,
		exchanged: Part,
	) -> Result<(Vec<Part>, Vec<AssetId>), Error<T>> {
		let closes = offer.options.close_on_partial;
		let parts = part_of(offer).without(exchanged);
		let (mut kept, mut freed) = (Vec::new(), Vec::new());
		for part in parts.into_iter().flatten() {
			// What a clearing is yet to come for cannot return.
			let (stays, returns) = if closes { Self::bound_part(part) } else { (Some(part), None) };
			kept.extend(stays);
			freed.extend(returns);
		}
		for part in &freed {
			Self::release_part(offer, *part)?;
			if part.start != exchanged.start {
				Self::uncount(offer.kind, *part)?;
			}
		}
		// The offer does not cover the exchanged timesteps any more, unless power above stays offered.
		let [_, _, above] = parts;
		if above.is_none() || closes {
			Self::uncount(offer.kind, exchanged)?;
		}
		let assets = Self::carve(offer.asset_id, &kept, &freed)?;
		Self::remove_offer(offer_id, offer);
		Ok((kept, assets))
	}

	/// How many assets accepting the offer writes, as far as can be seen now; at least 1.
	pub(crate) fn assets_written(offer_id: OfferId, asset_id: AssetId) -> u32 {
		let count = || {
			let offer = Offers::<T>::get(key(offer_id))?;
			let theirs = T::Assets::asset(asset_id)?;
			let ours = T::Assets::asset(offer.asset_id)?;
			let exchanged = Self::plan_exchange(&offer, &ours, &theirs).ok()?.part;
			let whole = Part { power: theirs.power, start: theirs.start, end: theirs.end };
			let rests = part_of(&offer).without(exchanged).into_iter();
			let rests = rests.chain(whole.without(exchanged)).flatten().count() as u32;
			Some(rests.saturating_add(2))
		};
		count().unwrap_or(1)
	}
}
