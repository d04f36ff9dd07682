//! Offers and their assets: posting, rescinding, cutting.

use crate::{
	types::{Cell, Part, Stage},
	Config, Current, Error, Event, NextOfferId, NextTimestep, Offers, Pallet, Places, Queue,
	Series,
};
use alloc::{vec, vec::Vec};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get};
use petra_primitives::{
	AssetId, AssetKind, AssetLedger, EnergyAsset, Grid, MarketMode, MarketRules, Offer, OfferId,
	OfferOptions, Price, Timestep,
};
use petra_schedule::Value;
use sp_runtime::{AccountId32, SaturatedConversion};

/// How many changes of the market mode within the gate's lead are looked at when an offer is rescinded; beyond that, all
/// that is gated counts as in an auction.
const MAX_GATED_RUNS: u32 = 16;

/// An id or a timestep as a key whose order is that of numbers.
pub(crate) fn key(number: u64) -> [u8; 8] {
	number.to_be_bytes()
}

/// All that an offer offers.
pub(crate) fn part_of(offer: &Offer<AccountId32>) -> Part {
	Part { power: offer.power, start: offer.start, end: offer.end }
}

impl<T: Config> Pallet<T> {
	/// The last timestep in which nothing is posted or accepted any more. It never falls, even if the gate's lead does.
	pub(crate) fn last_gated() -> Timestep {
		let gated = T::Grid::now().saturating_add(T::Grid::parameters().gate_lead);
		gated.max(NextTimestep::<T>::get().saturating_sub(1))
	}

	pub(crate) fn do_post_offer(
		who: AccountId32,
		asset_id: AssetId,
		price: Price,
		options: OfferOptions,
	) -> DispatchResult {
		let asset = T::Assets::asset(asset_id).ok_or(Error::<T>::AssetNotFound)?;
		ensure!(asset.owner == who, Error::<T>::NotOwner);
		ensure!(!asset.locked, Error::<T>::AssetLocked);
		ensure!(asset.start > Self::last_gated(), Error::<T>::GateClosed);
		let tick = T::Grid::parameters().price_tick;
		ensure!(price.checked_rem(tick) == Some(0), Error::<T>::NotMultipleOfTick);
		let EnergyAsset { kind, power, start, end, .. } = asset;
		let covering = Series::Offers(kind).timeline::<T>().max(start, end);
		ensure!(covering < Value::from(T::MaxOffers::get()), Error::<T>::BookFull);

		// Also an ask's must fit: somebody will pay it.
		let cost = Self::cost(price, Part { power, start, end })?;
		if kind == AssetKind::Consumption {
			Self::hold(&who, cost)?;
		}
		T::Assets::lock(&who, asset_id).map_err(Error::<T>::from)?;
		Self::count(kind, Part { power, start, end }, 1)?;
		let posted_at = frame_system::Pallet::<T>::block_number().saturated_into();
		let offer =
			Offer { poster: who, asset_id, kind, power, start, end, price, options, posted_at };
		Self::insert_offer(offer, None)?;
		Ok(())
	}

	pub(crate) fn do_rescind_offer(who: &AccountId32, offer_id: OfferId) -> DispatchResult {
		let mut offer = Offers::<T>::get(key(offer_id)).ok_or(Error::<T>::OfferNotFound)?;
		ensure!(offer.poster == *who, Error::<T>::NotOwner);
		let whole = part_of(&offer);
		let (kept, freed) = Self::bound_part(whole);
		let freed = freed.ok_or(Error::<T>::GateClosed)?;
		let locked = Self::carve(offer.asset_id, kept.as_slice(), &[freed])?;
		Self::release_part(&offer, freed)?;
		Self::uncount(offer.kind, freed)?;
		Self::remove_offer(offer_id, &offer);
		if let (Some(kept), Some(asset_id)) = (kept, locked.first()) {
			offer.end = kept.end;
			offer.asset_id = *asset_id;
			Self::put_offer(offer_id, offer);
		}
		Self::deposit_event(Event::OfferRescinded { offer_id });
		Ok(())
	}

	/// Divides a part of an offer into what a clearing is yet to come for, which stays, and what may return.
	pub(crate) fn bound_part(part: Part) -> (Option<Part>, Option<Part>) {
		match Self::last_bound(part.start, part.end) {
			Some(last) => {
				(part.within(part.start, last), part.within(last.saturating_add(1), part.end))
			},
			None => (None, Some(part)),
		}
	}

	/// The last timestep from `start` to `end` that is gated in an auction and has not been frozen yet.
	fn last_bound(start: Timestep, end: Timestep) -> Option<Timestep> {
		let first = match Current::<T>::get() {
			Some(clearing) if clearing.stage == Stage::Freeze => clearing.timestep,
			_ => NextTimestep::<T>::get(),
		};
		let mut from = start.max(first).max(T::Grid::now().saturating_add(1));
		let to = end.min(Self::last_gated());
		let mut bound = None;
		for _ in 0..MAX_GATED_RUNS {
			if from > to {
				return bound;
			}
			let (mode, last) = T::Market::market_run(from, to);
			if mode == MarketMode::DoubleAuction {
				bound = Some(last);
			}
			from = last.saturating_add(1);
		}
		if from > to {
			bound
		} else {
			Some(to)
		}
	}

	/// Writes a new offer.
	pub(crate) fn insert_offer(
		offer: Offer<AccountId32>,
		parent: Option<OfferId>,
	) -> Result<OfferId, Error<T>> {
		let offer_id = NextOfferId::<T>::get();
		NextOfferId::<T>::put(offer_id.checked_add(1).ok_or(Error::Overflow)?);
		let Offer { asset_id, kind, power, start, end, price, .. } = offer;
		let poster = offer.poster.clone();
		Self::put_offer(offer_id, offer);
		Self::deposit_event(Event::OfferPosted {
			offer_id,
			asset_id,
			poster,
			kind,
			power,
			start,
			end,
			price,
			parent,
		});
		Ok(offer_id)
	}

	/// Writes an offer, and where it is found.
	pub(crate) fn put_offer(offer_id: OfferId, offer: Offer<AccountId32>) {
		let Offer { kind, start, end, .. } = offer;
		Queue::<T>::insert(key(start), key(offer_id), ());
		Places::<T>::insert(Cell::of(kind, start, end), key(offer_id), ());
		Offers::<T>::insert(key(offer_id), offer);
	}

	/// Removes an offer; what becomes of its asset and money is the caller's.
	pub(crate) fn remove_offer(offer_id: OfferId, offer: &Offer<AccountId32>) {
		let Offer { kind, start, end, .. } = *offer;
		Queue::<T>::remove(key(start), key(offer_id));
		Places::<T>::remove(Cell::of(kind, start, end), key(offer_id));
		Offers::<T>::remove(key(offer_id));
	}

	/// Makes an asset into `locked` and `freed` parts that do not overlap, of the same owner; returns the ids of the
	/// locked ones. An asset that is one of the parts keeps its id.
	pub(crate) fn carve(
		asset_id: AssetId,
		locked: &[Part],
		freed: &[Part],
	) -> Result<Vec<AssetId>, Error<T>> {
		let asset = T::Assets::asset(asset_id).ok_or(Error::AssetNotFound)?;
		let whole = Part { power: asset.power, start: asset.start, end: asset.end };
		match (locked, freed) {
			([part], []) if *part == whole && asset.locked => return Ok(vec![asset_id]),
			([], [part]) if *part == whole && asset.locked => {
				T::Assets::unlock(asset_id)?;
				return Ok(Vec::new());
			},
			_ => {},
		}
		let mut ids = Vec::new();
		for Part { power, start, end } in locked.iter().copied() {
			let part = EnergyAsset { power, start, end, locked: true, ..asset.clone() };
			ids.push(T::Assets::create(part)?);
		}
		for Part { power, start, end } in freed.iter().copied() {
			let part = EnergyAsset { power, start, end, locked: false, ..asset.clone() };
			T::Assets::create(part)?;
		}
		T::Assets::spend(asset_id)?;
		Ok(ids)
	}

	/// Gives the money of a part that is not offered any more back to a bidder.
	pub(crate) fn release_part(offer: &Offer<AccountId32>, part: Part) -> Result<(), Error<T>> {
		if offer.kind == AssetKind::Production {
			return Ok(());
		}
		Self::release(&offer.poster, Self::cost(offer.price, part)?)
	}

	/// Counts offers that cover `part`, more or less.
	pub(crate) fn count(kind: AssetKind, part: Part, more: Value) -> Result<(), Error<T>> {
		Series::Offers(kind)
			.timeline::<T>()
			.add(part.start, part.end, more)
			.map_err(|_| Error::Overflow)
	}

	/// One offer less covers `part`. Only open timesteps count: in others nothing more is posted.
	pub(crate) fn uncount(kind: AssetKind, part: Part) -> Result<(), Error<T>> {
		match part.within(Self::last_gated().saturating_add(1), part.end) {
			Some(open) => Self::count(kind, open, -1),
			None => Ok(()),
		}
	}
}
