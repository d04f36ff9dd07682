//! What runtime APIs and other pallets read.

use crate::{offer_impls::key, types::Cell, Call, Config, Offers, Pallet, Places, Series};
use alloc::{collections::btree_map::BTreeMap, vec::Vec};
use frame_support::storage::StoragePrefixedMap;
use petra_primitives::{
	AssetKind, FeederId, FeederLoad, FeederWithdrawals, Grid, MarketRules, Offer, OfferId, Segment,
	Timestep,
};
use petra_schedule::{StepFunction, Value};
use sp_runtime::{AccountId32, SaturatedConversion};

/// The most offers of one answer.
pub const MAX_OFFERS_PER_PAGE: u32 = 1_000;

/// The most stretches of one answer, and the most pages of each amount that are read for one.
pub const MAX_STRETCHES: usize = 10_000;

impl<T: Config> Pallet<T> {
	/// The offers of a kind that cover a timestep from `from` to `to`, in the order of their ids, after `after`: `limit`
	/// of them, and at most [`MAX_OFFERS_PER_PAGE`]; fewer only if there are no more.
	///
	/// What it looks at depends on the interval, not on how many offers there are. They are found by [`Cell`], of which at
	/// most `(to - from) / 2^level + 3` of each level may have an offer of the answer. The first offer of each of these is
	/// found, then one offer after the other is looked at. All of a cell that lies within the interval are in the answer;
	/// at most three cells of a level, at the interval's ends, have others, and none has more than 3 times
	/// [`Config::MaxOffers`].
	pub fn offers(
		kind: AssetKind,
		from: Timestep,
		to: Timestep,
		after: Option<OfferId>,
		limit: u32,
	) -> Vec<(OfferId, Offer<AccountId32>)> {
		Self::page_of_offers(kind, (from, to), after, limit).0
	}

	/// As [`Self::offers`], and how many offers were looked at.
	pub(crate) fn page_of_offers(
		kind: AssetKind,
		(from, to): (Timestep, Timestep),
		after: Option<OfferId>,
		limit: u32,
	) -> (Vec<(OfferId, Offer<AccountId32>)>, u32) {
		let limit = limit.min(MAX_OFFERS_PER_PAGE) as usize;
		let (mut page, mut looked_at) = (Vec::new(), 0u32);
		let mut heads = Self::heads_of_cells(kind, from, to, after);
		while page.len() < limit {
			let Some((id, cell)) = heads.pop_first() else { break };
			looked_at = looked_at.saturating_add(1);
			let offer = Offers::<T>::get(key(id));
			page.extend(
				offer
					.filter(|offer| offer.start <= to && from <= offer.end)
					.map(|offer| (id, offer)),
			);
			heads.extend(Self::next_in_cell(cell, id).map(|next| (next, cell)));
		}
		(page, looked_at)
	}

	/// The first offer after `after` of each cell whose offers may cover a timestep from `from` to `to`.
	fn heads_of_cells(
		kind: AssetKind,
		from: Timestep,
		to: Timestep,
		after: Option<OfferId>,
	) -> BTreeMap<OfferId, Cell> {
		let mut heads = BTreeMap::new();
		if from > to {
			return heads;
		}
		let mut cell = Cell::at(kind, 0, from);
		loop {
			// The first place in this cell or a later one.
			let mut prefix = Places::<T>::final_prefix().to_vec();
			prefix.extend(cell.0);
			let Some((found, id)) = Places::<T>::iter_keys_from(prefix).next() else { break };
			let (first, last) = Cell::span(kind, found.level(), from, to);
			cell = if found < first {
				first
			} else if found > last {
				// Nothing is left of this level, or of this kind.
				Cell::at(kind, found.level().saturating_add(1), 0)
			} else {
				let id = OfferId::from_be_bytes(id);
				let head = match after {
					Some(after) if id <= after => Self::next_in_cell(found, after),
					_ => Some(id),
				};
				heads.extend(head.map(|head| (head, found)));
				found.next(kind)
			};
			if found >= cell {
				break;
			}
		}
		heads
	}

	/// The first offer of a cell after `after`.
	fn next_in_cell(cell: Cell, after: OfferId) -> Option<OfferId> {
		let from = Places::<T>::hashed_key_for(cell, key(after));
		let (next, id) = Places::<T>::iter_keys_from(from).next()?;
		(next == cell).then(|| OfferId::from_be_bytes(id))
	}

	/// An offer.
	pub fn offer(offer_id: OfferId) -> Option<Offer<AccountId32>> {
		Offers::<T>::get(key(offer_id))
	}

	/// What is traded and withdrawn on a feeder, against its limits: stretches that together cover `from` to `to`, from
	/// the settlement window to the horizon. What a clearing exchanges is in it when the clearing has ended. At most [`MAX_STRETCHES`]: to go on, ask again from the end of the last one.
	pub fn feeder_load(feeder: FeederId, from: Timestep, to: Timestep) -> Vec<FeederLoad> {
		let (now, parameters) = (T::Grid::now(), T::Grid::parameters());
		let from = from.max(now.saturating_sub(parameters.settlement_window));
		let to = to.min(now.saturating_add(parameters.horizon));
		if from > to {
			return Vec::new();
		}
		let mut to = to;
		let mut traded = |series: Series| {
			let read = series.timeline::<T>().pieces(from, to, MAX_STRETCHES, MAX_STRETCHES as u32);
			if let Some(next) = read.next {
				to = to.min(next.saturating_sub(1)).max(from);
			}
			StepFunction::sum(read.pieces).unwrap_or_default()
		};
		let production = traded(Series::Production(feeder));
		let consumption = traded(Series::Consumption(feeder));
		let withdrawn = |kind| {
			let segments = T::Withdrawals::withdrawn_on(feeder, kind, from, to);
			let pieces = segments
				.into_iter()
				.map(|Segment { start, end, power }| (start, end, Value::from(power)));
			StepFunction::sum(pieces).unwrap_or_default()
		};
		let withdrawn_production = withdrawn(AssetKind::Production);
		let withdrawn_consumption = withdrawn(AssetKind::Consumption);

		let runs = T::Market::first_feeder_limits(feeder, from, to, MAX_STRETCHES);
		let mut starts: Vec<Timestep> = runs.iter().map(|(start, _, _)| *start).collect();
		for amounts in [&production, &consumption, &withdrawn_production, &withdrawn_consumption] {
			for (start, end, _) in amounts.pieces() {
				starts.extend([start, end.saturating_add(1)]);
			}
		}
		starts.retain(|start| from <= *start && *start <= to);
		starts.sort_unstable();
		starts.dedup();
		let ends = starts.iter().skip(1).map(|next| next.saturating_sub(1)).chain([to]);
		let mut runs = runs.into_iter().peekable();
		let stretches = starts.iter().copied().zip(ends).take(MAX_STRETCHES).map(|(start, end)| {
			while runs.next_if(|(_, last, _)| *last < start).is_some() {}
			let at = |amounts: &StepFunction| amounts.at(start);
			FeederLoad {
				start,
				end,
				production: at(&production).saturated_into(),
				consumption: at(&consumption).saturated_into(),
				withdrawn_production: at(&withdrawn_production).saturated_into(),
				withdrawn_consumption: at(&withdrawn_consumption).saturated_into(),
				limits: runs.peek().and_then(|(_, _, limits)| *limits),
			}
		});
		stretches.collect()
	}

	/// What `call` by anybody costs of its quota, in asset writes, at least 1; none if the call is not free
	/// (specification, section 8).
	pub fn free_call_cost(_: &AccountId32, call: &Call<T>) -> Option<u32> {
		match call {
			Call::post_offer { .. } | Call::post_offer_with { .. } => Some(1),
			// What a clearing is yet to come for is cut off.
			Call::rescind_offer { .. } => Some(2),
			Call::accept_offer { offer_id, asset_id, .. } => {
				Some(Self::assets_written(*offer_id, *asset_id))
			},
			_ => None,
		}
	}
}
