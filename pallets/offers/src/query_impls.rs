//! What runtime APIs and other pallets read.

use crate::{offer_impls::key, Call, Config, Offers, Pallet, Series};
use alloc::vec::Vec;
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
	/// of them, and at most [`MAX_OFFERS_PER_PAGE`].
	pub fn offers(
		kind: AssetKind,
		from: Timestep,
		to: Timestep,
		after: Option<OfferId>,
		limit: u32,
	) -> Vec<(OfferId, Offer<AccountId32>)> {
		let all = match after {
			Some(after) => Offers::<T>::iter_from_key(key(after)),
			None => Offers::<T>::iter(),
		};
		all.filter(|(_, offer)| offer.kind == kind && offer.start <= to && from <= offer.end)
			.take(limit.min(MAX_OFFERS_PER_PAGE) as usize)
			.map(|(id, offer)| (OfferId::from_be_bytes(id), offer))
			.collect()
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
