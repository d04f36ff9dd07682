//! What happens when the gate closes: clearings one after the other, and offers cut to what is still open.

use crate::{
	clearing_impls::Cursors,
	offer_impls::{key, part_of},
	types::{BookKey, Clearing, Part, Shelf, Slice, Stage},
	Book, Config, Current, Error, Event, NextTimestep, Offers, Pallet, Queue, WeightInfo,
	MAX_STEPS_PER_RUN,
};
use alloc::vec::Vec;
use frame_support::{
	storage::with_storage_layer,
	traits::Get,
	weights::{Weight, WeightMeter},
};
use petra_primitives::{
	AssetKind, AssetLedger, Grid, MarketMode, MarketRules, Offer, OfferId, Timestep,
};
use sp_runtime::{AccountId32, DispatchError};

impl<T: Config> Pallet<T> {
	/// Does what the gates that have closed ask for, in bounded steps, as far as the weight lasts.
	pub(crate) fn tend(meter: &mut WeightMeter) {
		if meter.try_consume(T::WeightInfo::tend()).is_err() {
			return;
		}
		let before = Current::<T>::get();
		let mut current = before.clone();
		let mut cursors = Cursors::default();
		for _ in 0..MAX_STEPS_PER_RUN {
			let weight = Self::step_weight(current.as_ref(), &cursors);
			if meter.try_consume(weight).is_err() || !Self::step(&mut current, &mut cursors) {
				break;
			}
		}
		if current != before {
			Current::<T>::set(current);
		}
	}

	/// What the next step weighs at most. To tell whether an offer must be split to be frozen, it is looked at.
	pub(crate) fn step_weight(current: Option<&Clearing>, cursors: &Cursors) -> Weight {
		match current.map(|clearing| clearing.stage) {
			None => T::WeightInfo::begin_clearing().max(T::WeightInfo::free_offer()),
			Some(Stage::Freeze) if Self::freezes_whole(current, cursors) => {
				T::WeightInfo::freeze_whole_offer()
			},
			Some(Stage::Freeze) => T::WeightInfo::freeze_offer(),
			Some(Stage::Match) => T::WeightInfo::match_slices(),
			Some(Stage::Split) => T::WeightInfo::split_slice(),
			Some(Stage::Load) => T::WeightInfo::read_feeder(),
			Some(Stage::Within | Stage::Across) => T::WeightInfo::pair_slices(),
			Some(Stage::Release) => T::WeightInfo::release_slice(),
			Some(Stage::Flush) => T::WeightInfo::write_feeder(),
		}
	}

	/// Whether the next offer to be frozen is one of that timestep alone.
	fn freezes_whole(current: Option<&Clearing>, cursors: &Cursors) -> bool {
		current
			.and_then(|clearing| {
				let (start, id) = Self::first_offer(clearing.timestep, cursors)?;
				let offer = Offers::<T>::get(key(id))?;
				Some(start == clearing.timestep && offer.end == clearing.timestep)
			})
			.unwrap_or(false)
	}

	/// One step; returns whether there may be more to do.
	pub(crate) fn step(current: &mut Option<Clearing>, cursors: &mut Cursors) -> bool {
		let Some(clearing) = current else {
			return Self::look_ahead(current) || Self::free_first_offer(cursors);
		};
		if clearing.timestep <= T::Grid::now() && clearing.stage < Stage::Release {
			// The timestep has begun: what is not settled is freed.
			Self::end_pairing(clearing, cursors);
		} else if Self::clearing_step(clearing, cursors).is_none() {
			*current = None;
			*cursors = Cursors::default();
		}
		true
	}

	/// Looks at the gated timesteps that were not looked at yet, up to the next change of the market mode: begins the
	/// clearing of one that is in an auction. Those that have begun meanwhile are passed over. Returns whether there were
	/// any.
	pub(crate) fn look_ahead(current: &mut Option<Clearing>) -> bool {
		let now = T::Grid::now();
		let first = NextTimestep::<T>::get().max(now.saturating_add(1));
		let last = now.saturating_add(T::Grid::parameters().gate_lead);
		if first > last {
			return false;
		}
		let (mode, end) = T::Market::market_run(first, last);
		let looked_at = match mode {
			MarketMode::DoubleAuction => {
				*current = Some(Clearing::of(first));
				first
			},
			_ => end,
		};
		NextTimestep::<T>::put(looked_at.saturating_add(1));
		true
	}

	/// The first offer in the queue, if it begins at `last` or earlier.
	pub(crate) fn first_offer(last: Timestep, cursors: &Cursors) -> Option<(Timestep, OfferId)> {
		let next = match cursors.queue {
			Some((start, id)) => {
				Queue::<T>::iter_keys_from(Queue::<T>::hashed_key_for(start, id)).next()
			},
			None => Queue::<T>::iter_keys().next(),
		};
		let (start, id) = next?;
		let start = Timestep::from_be_bytes(start);
		(start <= last).then(|| (start, OfferId::from_be_bytes(id)))
	}

	/// Cuts what is gated off the first offer of which anything is; returns whether there was one.
	fn free_first_offer(cursors: &mut Cursors) -> bool {
		let gated = Self::last_gated();
		let Some((start, offer_id)) = Self::first_offer(gated, cursors) else { return false };
		Self::cut_offer(offer_id, start, gated, false);
		cursors.queue = Some((key(start), key(offer_id)));
		true
	}

	/// Cuts everything up to `last` off an offer: back to its poster, but for timestep `last` itself, if it is to be
	/// frozen, into the book.
	pub(crate) fn cut_offer(offer_id: OfferId, start: Timestep, last: Timestep, freeze: bool) {
		let cut = with_storage_layer(|| -> Result<(), DispatchError> {
			let offer = Offers::<T>::get(key(offer_id)).ok_or(Error::<T>::OfferNotFound)?;
			Ok(Self::do_cut_offer(offer_id, offer, last, freeze)?)
		});
		debug_assert_eq!(cut, Ok(()), "a locked asset can be split");
		if cut.is_err() {
			// Whatever is wrong with it, it must not stop the others.
			if let Some(offer) = Offers::<T>::get(key(offer_id)) {
				let held = Self::cost(offer.price, part_of(&offer)).unwrap_or_default();
				if offer.kind == AssetKind::Consumption {
					Self::release_what_is_there(&offer.poster, held);
				}
				let _ = T::Assets::unlock(offer.asset_id);
				Self::remove_offer(offer_id, &offer);
			}
			Queue::<T>::remove(key(start), key(offer_id));
			Self::deposit_event(Event::OfferExpired { offer_id });
		}
	}

	fn do_cut_offer(
		offer_id: OfferId,
		offer: Offer<AccountId32>,
		last: Timestep,
		freeze: bool,
	) -> Result<(), Error<T>> {
		let whole = part_of(&offer);
		// What is exchanged whole or not at all is past when its first timestep is.
		let all = offer.options.all_or_nothing;
		let slice = if freeze && !all { whole.within(last, last) } else { None };
		let rest = if all { None } else { whole.within(last.saturating_add(1), whole.end) };
		let freed_to = match (all, slice) {
			(true, _) => whole.end,
			(false, Some(slice)) => slice.start.saturating_sub(1),
			(false, None) => last,
		};
		let freed = whole.within(whole.start, freed_to);
		let locked: Vec<Part> = slice.into_iter().chain(rest).collect();
		let mut ids = Self::carve(offer.asset_id, &locked, freed.as_slice())?.into_iter();
		if let Some(freed) = freed {
			Self::release_part(&offer, freed)?;
			Self::uncount(offer.kind, freed)?;
		}
		Self::remove_offer(offer_id, &offer);
		if slice.is_some() {
			let asset_id = ids.next().ok_or(Error::AssetNotFound)?;
			let asset = T::Assets::asset(asset_id).ok_or(Error::AssetNotFound)?;
			let slice = Slice {
				poster: offer.poster.clone(),
				offer_id,
				asset_id,
				power: offer.power,
				price: offer.price,
				posted_at: offer.posted_at,
				feeder: asset.feeder,
				traded: asset.traded,
				last: rest.is_none(),
				short: false,
			};
			Book::<T>::insert(BookKey::of(Shelf::Frozen, offer.kind, &slice), slice);
		}
		match (rest, slice) {
			(Some(Part { start, .. }), _) => {
				let asset_id = ids.next().ok_or(Error::AssetNotFound)?;
				Self::put_offer(offer_id, Offer { asset_id, start, ..offer });
			},
			(None, None) => Self::deposit_event(Event::OfferExpired { offer_id }),
			(None, Some(_)) => {},
		}
		Ok(())
	}

	/// What one run of [`Self::tend`] may weigh before a block's transactions.
	pub(crate) fn share_of_block() -> Weight {
		let (share, block) = (T::ClearingShare::get(), T::BlockWeights::get().max_block);
		Weight::from_parts(share.mul_floor(block.ref_time()), share.mul_floor(block.proof_size()))
	}
}
