//! The clearing of one timestep, step by step.
//!
//! Each step is bounded, and what it needs to go on is in [`Clearing`] and in the book. Steps take the first entries of a
//! shelf and remove them; [`Cursors`] remembers, within one run, where the removed ones end, so that they are not walked
//! over again.

use crate::{
	offer_impls::key,
	types::{BookKey, BookPrefix, Clearing, Part, Shelf, Slice, Stage},
	Book, Config, Error, Event, Feeders, Pallet,
};
use frame_support::storage::{with_storage_layer, StoragePrefixedMap};
use petra_primitives::{AssetKind, AssetLedger, FeederId, Grid, OfferId, Power};
use petra_schedule::clearing::{
	ask_room, bid_room, clearing_price, pair, rooms_within, Load, Quote, Then,
};
use sp_runtime::DispatchError;

/// Where the entries end that this run has removed; none: at the beginning.
#[derive(Default)]
pub(crate) struct Cursors {
	/// In the queue of offers.
	pub(crate) queue: Option<([u8; 8], [u8; 8])>,
	/// Among the bids of the shelf at hand, or in the whole book.
	pub(crate) bid: Option<BookKey>,
	/// Among its asks.
	pub(crate) ask: Option<BookKey>,
	/// Among the feeders.
	pub(crate) feeder: Option<FeederId>,
}

/// An entry of the book.
type Entry = (BookKey, Slice);

impl<T: Config> Pallet<T> {
	/// One step of a clearing; none when it is finished.
	pub(crate) fn clearing_step(clearing: &mut Clearing, cursors: &mut Cursors) -> Option<()> {
		match clearing.stage {
			Stage::Freeze => Self::freeze_step(clearing, cursors),
			Stage::Match => Self::match_step(clearing, cursors),
			Stage::Split => Self::split_step(clearing, cursors),
			Stage::Load => Self::load_step(clearing, cursors),
			Stage::Within => Self::within_step(clearing, cursors),
			Stage::Across => Self::across_step(clearing, cursors),
			Stage::Release => Self::release_step(clearing, cursors),
			Stage::Flush => return Self::flush_step(clearing, cursors),
		}
		Some(())
	}

	fn enter(clearing: &mut Clearing, cursors: &mut Cursors, stage: Stage) {
		clearing.stage = stage;
		clearing.feeder = None;
		*cursors = Cursors::default();
	}

	/// Ends the pairing: says what was exchanged; what was not is freed from now on.
	pub(crate) fn end_pairing(clearing: &mut Clearing, cursors: &mut Cursors) {
		let Clearing { timestep, price, power, .. } = *clearing;
		Self::deposit_event(Event::MarketCleared { timestep, price, power });
		Self::enter(clearing, cursors, Stage::Release);
	}

	/// The first entry of the book whose key begins with `prefix`, after `after`.
	fn entry(prefix: &[u8], after: &Option<BookKey>) -> Option<Entry> {
		let mut from = Book::<T>::final_prefix().to_vec();
		match after {
			Some(BookKey(bytes)) => from.extend(bytes),
			None => from.extend(prefix),
		}
		Book::<T>::iter_from(from).next().filter(|(key, _)| key.0.starts_with(prefix))
	}

	/// The bid and the ask at hand on a shelf.
	fn heads(shelf: Shelf, feeder: FeederId, cursors: &Cursors) -> (Option<Entry>, Option<Entry>) {
		let prefix = |kind| -> BookPrefix { BookKey::prefix(shelf, feeder, kind) };
		let bid = Self::entry(&prefix(AssetKind::Consumption), &cursors.bid);
		let ask = Self::entry(&prefix(AssetKind::Production), &cursors.ask);
		(bid, ask)
	}

	fn freeze_step(clearing: &mut Clearing, cursors: &mut Cursors) {
		match Self::first_offer(clearing.timestep, cursors) {
			Some((start, offer_id)) => {
				Self::cut_offer(offer_id, start, clearing.timestep, true);
				cursors.queue = Some((key(start), key(offer_id)));
			},
			None => Self::enter(clearing, cursors, Stage::Match),
		}
	}

	/// Fills the bid and the ask at hand, and puts what is filled on the feeders' shelf.
	fn match_step(clearing: &mut Clearing, cursors: &mut Cursors) {
		let (bid, ask) = Self::heads(Shelf::Frozen, 0, cursors);
		if let (Some((bid_key, bid)), Some((ask_key, ask))) = (&bid, &ask) {
			let filled = clearing.crossing.step(quote(bid), quote(ask));
			if let Some(filled) = filled {
				if filled.bid {
					Self::fill(*bid_key, bid.clone(), bid.power);
					cursors.bid = Some(*bid_key);
				}
				if filled.ask {
					Self::fill(*ask_key, ask.clone(), ask.power);
					cursors.ask = Some(*ask_key);
				}
				return;
			}
		}
		// Nothing crosses any more.
		Self::enter(clearing, cursors, Stage::Split);
	}

	/// Splits what is filled in part, at most one of the bid and the ask at hand, and finds the price.
	fn split_step(clearing: &mut Clearing, cursors: &mut Cursors) {
		let (bid, ask) = Self::heads(Shelf::Frozen, 0, cursors);
		if let (Some((key, bid)), 1..) = (bid, clearing.crossing.bid_filled) {
			Self::fill(key, bid, clearing.crossing.bid_filled);
		}
		if let (Some((key, ask)), 1..) = (ask, clearing.crossing.ask_filled) {
			Self::fill(key, ask, clearing.crossing.ask_filled);
		}
		let tick = T::Grid::parameters().price_tick;
		clearing.price = clearing.crossing.last.map_or(0, |last| clearing_price(last, tick));
		Self::enter(clearing, cursors, Stage::Load);
	}

	/// Moves what is filled of a slice to the feeders' shelf, and frees the rest.
	fn fill(key: BookKey, mut slice: Slice, filled: Power) {
		Book::<T>::remove(key);
		let freed = slice.power.saturating_sub(filled);
		if freed > 0 {
			let carved = with_storage_layer(|| -> Result<Slice, DispatchError> {
				let mut slice = slice.clone();
				let part = Self::part_of_slice(&slice)?;
				let kept = Part { power: filled, ..part };
				let freed = Part { power: freed, ..part };
				let ids = Self::carve(slice.asset_id, &[kept], &[freed])?;
				slice.asset_id = *ids.first().ok_or(Error::<T>::AssetNotFound)?;
				slice.power = filled;
				if key.kind() == AssetKind::Consumption {
					Self::release(&slice.poster, Self::cost(slice.price, freed)?)?;
				}
				Ok(slice)
			});
			debug_assert!(carved.is_ok(), "a locked asset can be split: {carved:?}");
			match carved {
				Ok(carved) => slice = Slice { short: true, ..carved },
				// Whatever is wrong with it, it must not stop the others.
				Err(_) => return Self::shelve(Shelf::Aside, key.kind(), &slice),
			}
		}
		Self::shelve(Shelf::Within, key.kind(), &slice);
	}

	fn shelve(shelf: Shelf, kind: AssetKind, slice: &Slice) {
		Book::<T>::insert(BookKey::of(shelf, kind, slice), slice);
	}

	/// The part that a slice is, as its asset says.
	fn part_of_slice(slice: &Slice) -> Result<Part, Error<T>> {
		let asset = T::Assets::asset(slice.asset_id).ok_or(Error::AssetNotFound)?;
		Ok(Part { power: slice.power, start: asset.start, end: asset.end })
	}

	/// The first feeder after `after` that has an entry on its shelf.
	fn next_feeder(after: Option<FeederId>) -> Option<FeederId> {
		let mut from = Book::<T>::final_prefix().to_vec();
		from.push(Shelf::Within as u8);
		if let Some(feeder) = after {
			from.extend(feeder.checked_add(1)?.to_be_bytes());
		}
		let (key, slice) = Book::<T>::iter_from(from).next()?;
		key.0.starts_with(&[Shelf::Within as u8]).then_some(slice.feeder)
	}

	fn load_step(clearing: &mut Clearing, cursors: &mut Cursors) {
		match Self::next_feeder(clearing.feeder) {
			Some(feeder) => {
				Self::read_feeder(feeder, clearing.timestep);
				clearing.feeder = Some(feeder);
			},
			None => {
				Self::enter(clearing, cursors, Stage::Within);
				clearing.feeder = Self::next_feeder(None);
			},
		}
	}

	fn within_step(clearing: &mut Clearing, cursors: &mut Cursors) {
		let Some(feeder) = clearing.feeder else {
			return Self::enter(clearing, cursors, Stage::Across);
		};
		match Self::heads(Shelf::Within, feeder, cursors) {
			(Some(bid), Some(ask)) => {
				Self::pair_entries(clearing, cursors, Shelf::Across, bid, ask)
			},
			(Some((key, slice)), None) => {
				Self::move_on(key, &slice, Shelf::Across);
				cursors.bid = Some(key);
			},
			(None, Some((key, slice))) => {
				Self::move_on(key, &slice, Shelf::Across);
				cursors.ask = Some(key);
			},
			(None, None) => {
				*cursors = Cursors::default();
				clearing.feeder = Self::next_feeder(Some(feeder));
			},
		}
	}

	fn across_step(clearing: &mut Clearing, cursors: &mut Cursors) {
		match Self::heads(Shelf::Across, 0, cursors) {
			(Some(bid), Some(ask)) => Self::pair_entries(clearing, cursors, Shelf::Aside, bid, ask),
			_ => Self::end_pairing(clearing, cursors),
		}
	}

	fn move_on(key: BookKey, slice: &Slice, shelf: Shelf) {
		Book::<T>::remove(key);
		Self::shelve(shelf, key.kind(), slice);
	}

	/// Exchanges what a bid and an ask can; who has no room is set aside.
	fn pair_entries(
		clearing: &mut Clearing,
		cursors: &mut Cursors,
		aside: Shelf,
		(bid_key, mut bid): Entry,
		(ask_key, mut ask): Entry,
	) {
		let (ask_room, bid_room) = Self::rooms(&ask, &bid);
		let lot = T::Grid::parameters().power_lot;
		let mut pairing = pair((ask.power, ask_room), (bid.power, bid_room), lot);
		if pairing.power > 0 {
			let settled = with_storage_layer(|| {
				Self::settle(clearing, &ask, &bid, pairing.power).map_err(DispatchError::from)
			});
			debug_assert!(settled.is_ok(), "a pair can be settled: {settled:?}");
			match settled {
				Ok((new_ask, new_bid)) => {
					(ask, bid) = (new_ask, new_bid);
					clearing.power = clearing.power.saturating_add(pairing.power);
				},
				// Whatever is wrong with them, they must not stop the others.
				Err(_) => (pairing.ask, pairing.bid) = (Then::Aside, Then::Aside),
			}
		}
		if Self::put_back(pairing.bid, bid_key, &bid, aside) {
			cursors.bid = Some(bid_key);
		}
		if Self::put_back(pairing.ask, ask_key, &ask, aside) {
			cursors.ask = Some(ask_key);
		}
	}

	/// Writes one side of a pair back; returns whether it has left its shelf.
	fn put_back(then: Then, key: BookKey, slice: &Slice, aside: Shelf) -> bool {
		match then {
			Then::Done => {
				Book::<T>::remove(key);
				if slice.last && slice.short {
					Self::deposit_event(Event::OfferExpired { offer_id: slice.offer_id });
				}
			},
			Then::Stays => Book::<T>::insert(key, slice),
			Then::Aside => Self::move_on(key, slice, aside),
		}
		then != Then::Stays
	}

	/// The room of an ask and of a bid.
	fn rooms(ask: &Slice, bid: &Slice) -> (Option<u64>, Option<u64>) {
		let (Some(seller), Some(buyer)) =
			(Feeders::<T>::get(ask.feeder), Feeders::<T>::get(bid.feeder))
		else {
			return (Some(0), Some(0));
		};
		if ask.feeder == bid.feeder {
			return rooms_within(seller.limits, seller.load, ask.traded, bid.traded);
		}
		(
			ask_room(seller.limits, seller.load, ask.traded),
			bid_room(buyer.limits, buyer.load, bid.traded),
		)
	}

	/// Exchanges `power` of an ask and a bid at the clearing's price; returns what is left of both.
	fn settle(
		clearing: &Clearing,
		ask: &Slice,
		bid: &Slice,
		power: Power,
	) -> Result<(Slice, Slice), Error<T>> {
		let (start, end) = (clearing.timestep, clearing.timestep);
		let part = Part { power, start, end };
		let production = T::Assets::asset(ask.asset_id).ok_or(Error::AssetNotFound)?;
		let consumption = T::Assets::asset(bid.asset_id).ok_or(Error::AssetNotFound)?;
		let price = clearing.price;
		let (held, cost) = (Self::cost(bid.price, part)?, Self::cost(price, part)?);
		Self::pay_held(&bid.poster, &ask.poster, held, cost)?;
		let (production_asset, consumption_asset) = Self::swap(&production, &consumption, part)?;
		let (new_ask, new_bid) = (Self::less(ask, part)?, Self::less(bid, part)?);
		for (feeder, change) in [
			(ask.feeder, Load::of_sale(ask.traded, power)),
			(bid.feeder, Load::of_purchase(bid.traded, power)),
		] {
			Feeders::<T>::mutate(feeder, |entry| {
				if let Some(entry) = entry {
					entry.load = entry.load.plus(change);
					entry.added = entry.added.plus(change);
				}
			});
		}
		Self::deposit_event(Event::OfferAccepted {
			offer_id: ask.offer_id,
			asset_id: bid.asset_id,
			power,
			start,
			end,
			price,
			cost,
			production_asset,
			consumption_asset,
		});
		Ok((new_ask, new_bid))
	}

	/// What is left of a slice when `part` is taken out.
	fn less(slice: &Slice, part: Part) -> Result<Slice, Error<T>> {
		let power = slice.power.checked_sub(part.power).ok_or(Error::Overflow)?;
		let rest = (power > 0).then_some(Part { power, ..part });
		let ids = Self::carve(slice.asset_id, rest.as_slice(), &[])?;
		let asset_id = ids.first().copied().unwrap_or(slice.asset_id);
		Ok(Slice { power, asset_id, ..slice.clone() })
	}

	fn release_step(clearing: &mut Clearing, cursors: &mut Cursors) {
		match Self::entry(&[], &cursors.bid) {
			Some((key, slice)) => {
				cursors.bid = Some(key);
				Self::free_slice(key, &slice);
			},
			None => Self::enter(clearing, cursors, Stage::Flush),
		}
	}

	/// Gives a slice back to its poster.
	pub(crate) fn free_slice(key: BookKey, slice: &Slice) {
		Book::<T>::remove(key);
		let part = Self::part_of_slice(slice);
		if let (AssetKind::Consumption, Ok(part)) = (key.kind(), part) {
			let held = Self::cost(slice.price, part).unwrap_or_default();
			Self::release_what_is_there(&slice.poster, held);
		}
		let unlocked = T::Assets::unlock(slice.asset_id);
		debug_assert_eq!(unlocked, Ok(()), "a slice's asset is locked");
		if slice.last {
			let offer_id: OfferId = slice.offer_id;
			Self::deposit_event(Event::OfferExpired { offer_id });
		}
	}

	fn flush_step(clearing: &mut Clearing, cursors: &mut Cursors) -> Option<()> {
		let next = match cursors.feeder {
			Some(feeder) => Feeders::<T>::iter_from_key(feeder).next(),
			None => Feeders::<T>::iter().next(),
		};
		let (feeder, entry) = next?;
		Self::write_feeder(feeder, &entry, clearing.timestep);
		cursors.feeder = Some(feeder);
		Some(())
	}
}

fn quote(slice: &Slice) -> Quote {
	Quote { price: slice.price, power: slice.power }
}
