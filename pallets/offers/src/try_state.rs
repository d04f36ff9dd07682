//! What must always hold.

use crate::{
	offer_impls::{key, part_of},
	types::{BookKey, Cell, Shelf, Slice, Stage},
	Book, Config, Current, Feeders, NextOfferId, NextTimestep, Offers, Pages, Pallet, Places,
	Pruning, Queue, Roots, Series,
};
use alloc::{collections::btree_map::BTreeMap, vec::Vec};
use frame_support::ensure;
use petra_primitives::{AssetKind, AssetLedger, Balance, Grid, OfferId, Timestep};
use petra_schedule::{StepFunction, Value};
use sp_runtime::{AccountId32, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks that
	/// - every offer is well-formed, holds a locked asset like it, waits in the queue at its start, and has its place;
	/// - there is a book only while a clearing is under way, each entry of it lies where it belongs and holds a locked
	///   asset of that timestep, and feeders are known while it is paired;
	/// - every account has on hold exactly what its bids need, and nobody else anything;
	/// - the number of offers is right in every open timestep;
	/// - what is traded on each feeder is not negative, and the difference is that of production and consumption.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_offers()?;
		Self::check_book()?;
		Self::check_holds()?;
		Self::check_counts()?;
		Self::check_loads()
	}

	fn check_offers() -> Result<(), TryRuntimeError> {
		let tick = T::Grid::parameters().price_tick;
		let mut offers = 0usize;
		for (id, offer) in Offers::<T>::iter() {
			let id = OfferId::from_be_bytes(id);
			ensure!(id < NextOfferId::<T>::get(), "offers: an id was not given out yet");
			ensure!(
				offer.price.checked_rem(tick) == Some(0),
				"offers: a price is not a multiple of the tick"
			);
			let like = T::Assets::asset(offer.asset_id).is_some_and(|asset| {
				asset.locked
					&& asset.owner == offer.poster
					&& asset.kind == offer.kind
					&& (asset.power, asset.start, asset.end)
						== (offer.power, offer.start, offer.end)
			});
			ensure!(like, "offers: an offer and its asset differ");
			ensure!(
				Queue::<T>::contains_key(key(offer.start), key(id)),
				"offers: an offer is not in the queue"
			);
			ensure!(
				Places::<T>::contains_key(Cell::of(offer.kind, offer.start, offer.end), key(id)),
				"offers: an offer has not its place"
			);
			offers = offers.saturating_add(1);
		}
		ensure!(
			Queue::<T>::iter_keys().count() == offers,
			"offers: the queue has too many entries"
		);
		ensure!(Places::<T>::iter_keys().count() == offers, "offers: there are too many places");
		Ok(())
	}

	fn check_book() -> Result<(), TryRuntimeError> {
		let Some(clearing) = Current::<T>::get() else {
			ensure!(Book::<T>::iter_keys().next().is_none(), "offers: a book without a clearing");
			ensure!(Feeders::<T>::iter_keys().next().is_none(), "offers: loads without a clearing");
			return Ok(());
		};
		ensure!(
			clearing.timestep < NextTimestep::<T>::get(),
			"offers: a timestep would be cleared twice"
		);
		for (key, slice) in Book::<T>::iter() {
			let shelf = [Shelf::Frozen, Shelf::Within, Shelf::Across, Shelf::Aside]
				.into_iter()
				.find(|shelf| BookKey::of(*shelf, key.kind(), &slice) == key);
			ensure!(shelf.is_some(), "offers: an entry of the book is in the wrong place");
			let like = T::Assets::asset(slice.asset_id).is_some_and(|asset| {
				asset.locked
					&& asset.owner == slice.poster
					&& asset.kind == key.kind()
					&& (asset.feeder, asset.traded) == (slice.feeder, slice.traded)
					&& (asset.power, asset.start, asset.end)
						== (slice.power, clearing.timestep, clearing.timestep)
			});
			ensure!(like, "offers: an entry of the book and its asset differ");
			let pairing = matches!(clearing.stage, Stage::Within | Stage::Across);
			let paired = matches!(shelf, Some(Shelf::Within | Shelf::Across));
			ensure!(
				!(pairing && paired) || Feeders::<T>::contains_key(slice.feeder),
				"offers: a feeder's load is not known"
			);
		}
		for (feeder, entry) in Feeders::<T>::iter() {
			let at = |series: Series| series.timeline::<T>().at(clearing.timestep);
			let before = (at(Series::Production(feeder)), at(Series::Consumption(feeder)));
			let with_added = (
				before.0.saturating_add(entry.added.production),
				before.1.saturating_add(entry.added.consumption),
			);
			ensure!(
				with_added == (entry.load.production, entry.load.consumption),
				"offers: a load in the clearing is wrong"
			);
		}
		Ok(())
	}

	fn check_holds() -> Result<(), TryRuntimeError> {
		let mut needed = BTreeMap::<AccountId32, Balance>::new();
		let mut need = |who: AccountId32, cost: Balance| {
			let sum = needed.entry(who).or_default();
			*sum = sum.saturating_add(cost);
		};
		for offer in Offers::<T>::iter_values().filter(|o| o.kind == AssetKind::Consumption) {
			let cost = Self::cost(offer.price, part_of(&offer));
			need(offer.poster, cost.map_err(|_| "offers: a bid's cost overflows")?);
		}
		for (_, Slice { poster, price, power, .. }) in
			Book::<T>::iter().filter(|(key, _)| key.kind() == AssetKind::Consumption)
		{
			need(poster, Balance::from(price).saturating_mul(power.into()));
		}
		for (who, _) in frame_system::Account::<T>::iter() {
			ensure!(
				Self::on_hold(&who) == needed.remove(&who).unwrap_or_default(),
				"offers: an account has not on hold what its bids need"
			);
		}
		ensure!(needed.values().all(|needed| *needed == 0), "offers: a bidder has no account");
		Ok(())
	}

	fn check_counts() -> Result<(), TryRuntimeError> {
		let first = Self::last_gated().saturating_add(1);
		for kind in [AssetKind::Production, AssetKind::Consumption] {
			let offers = Offers::<T>::iter_values()
				.filter(|offer| offer.kind == kind)
				.map(|offer| (offer.start, offer.end, 1));
			let counted =
				StepFunction::sum(offers).map_err(|_| "offers: there are too many offers")?;
			let open: Vec<_> = counted.restrict(first, Timestep::MAX).pieces().collect();
			let timeline = Series::Offers(kind).timeline::<T>();
			let kept = timeline.pieces(first, Timestep::MAX, usize::MAX, u32::MAX).pieces;
			ensure!(open == kept, "offers: the number of offers is wrong");
		}
		Ok(())
	}

	fn check_loads() -> Result<(), TryRuntimeError> {
		let mut pages = 0u64;
		for series in Roots::<T>::iter_keys() {
			let below =
				series.timeline::<T>().check().map_err(|_| "offers: an amount is corrupt")?;
			pages = pages.saturating_add(below);
		}
		ensure!(Pages::<T>::iter_keys().count() as u64 == pages, "offers: there are stray pages");
		// What lies before may be forgotten in one series and not yet in another.
		let from = Pruning::<T>::get().before;
		for series in Roots::<T>::iter_keys() {
			let (Series::Production(feeder)
			| Series::Consumption(feeder)
			| Series::Difference(feeder)) = series
			else {
				continue;
			};
			let read = |series: Series| -> Result<StepFunction, TryRuntimeError> {
				let timeline = series.timeline::<T>();
				let read = timeline.pieces(from, Timestep::MAX, usize::MAX, u32::MAX);
				ensure!(
					matches!(series, Series::Difference(_))
						|| read.pieces.iter().all(|(_, _, watts): &(_, _, Value)| *watts >= 0),
					"offers: what is traded on a feeder is negative"
				);
				Ok(StepFunction::sum(read.pieces).map_err(|_| "offers: a load overflows")?)
			};
			let production = read(Series::Production(feeder))?;
			let consumption = read(Series::Consumption(feeder))?;
			ensure!(
				production.subtract(&consumption) == Ok(read(Series::Difference(feeder))?),
				"offers: a feeder's difference is wrong"
			);
		}
		Ok(())
	}
}
