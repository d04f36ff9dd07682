//! Benchmarks, at the worst case: fresh addresses, intervals as long as the horizon in trees that differ around them, as
//! many parts as there may be, bids.

use crate::{
	clearing_impls::Cursors,
	types::{BookKey, Clearing, Part, Shelf, Slice, Stage},
	*,
};
use frame_benchmarking::v2::*;
use frame_support::traits::fungible::{Inspect, Mutate};
use frame_system::RawOrigin;
use petra_primitives::{
	AssetId, AssetKind, AssetLedger, EnergyAsset, FeederId, FeederLimits, Grid, MarketMode,
	MarketRules, Offer, OfferId, OfferOptions, Parameters, Power, Price, Timestep,
};
use petra_schedule::clearing::Load;
use sp_runtime::AccountId32;

const SELLERS: FeederId = 7;
const BUYERS: FeederId = 8;

const STOP: fn() -> BenchmarkError = || BenchmarkError::Stop("not prepared");

/// The last gated timestep, the last within the horizon, the power lot and a price.
fn units<T: Config>() -> (Timestep, Timestep, Power, Price) {
	let (now, parameters) = (T::Grid::now(), T::Grid::parameters());
	let Parameters { gate_lead, horizon, power_lot, price_tick, .. } = parameters;
	let price = price_tick.saturating_mul(1_000);
	(now.saturating_add(gate_lead), now.saturating_add(horizon), power_lot, price)
}

fn address(index: u32) -> AccountId32 {
	account("address", index, 0)
}

fn feeder_of(kind: AssetKind) -> FeederId {
	match kind {
		AssetKind::Production => SELLERS,
		AssetKind::Consumption => BUYERS,
	}
}

/// Puts an asset on the ledger.
fn put_asset<T: Config>(
	owner: AccountId32,
	kind: AssetKind,
	part: Part,
	locked: bool,
) -> Result<AssetId, BenchmarkError> {
	let (Part { power, start, end }, feeder) = (part, feeder_of(kind));
	T::Assets::create(EnergyAsset { owner, kind, power, start, end, feeder, traded: false, locked })
		.map_err(|_| STOP())
}

/// Gives `who` what the part costs, and what an account needs.
fn give_money<T: Config>(
	who: &AccountId32,
	price: Price,
	part: Part,
) -> Result<(), BenchmarkError> {
	let cost = Pallet::<T>::cost(price, part).map_err(|_| STOP())?;
	let amount = cost.saturating_add(T::Currency::minimum_balance());
	T::Currency::mint_into(who, amount).map(|_| ()).map_err(|_| STOP())
}

/// Makes a series differ around an interval.
fn surround<T: Config>(
	series: Series,
	start: Timestep,
	end: Timestep,
) -> Result<(), BenchmarkError> {
	for around in [1, 3, 6] {
		let (from, to) = (start.saturating_sub(around), end.saturating_add(around));
		series.timeline::<T>().add(from, to, 1).map_err(|_| STOP())?;
	}
	Ok(())
}

fn surround_loads<T: Config>(start: Timestep, end: Timestep) -> Result<(), BenchmarkError> {
	for feeder in [SELLERS, BUYERS] {
		for series in
			[Series::Production(feeder), Series::Consumption(feeder), Series::Difference(feeder)]
		{
			surround::<T>(series, start, end)?;
		}
	}
	Ok(())
}

/// Puts an offer on the market, open or not.
fn put_offer<T: Config>(
	index: u32,
	kind: AssetKind,
	price: Price,
	part: Part,
) -> Result<OfferId, BenchmarkError> {
	let poster = address(index);
	let asset_id = put_asset::<T>(poster.clone(), kind, part, true)?;
	if kind == AssetKind::Consumption {
		give_money::<T>(&poster, price, part)?;
		let cost = Pallet::<T>::cost(price, part).map_err(|_| STOP())?;
		Pallet::<T>::hold(&poster, cost).map_err(|_| STOP())?;
	}
	Pallet::<T>::count(kind, part, 1).map_err(|_| STOP())?;
	let (Part { power, start, end }, options) = (part, OfferOptions::default());
	let offer = Offer { poster, asset_id, kind, power, start, end, price, options, posted_at: 1 };
	Pallet::<T>::insert_offer(offer, None).map_err(|_| STOP())
}

/// Puts a slice of the timestep that is cleared on a shelf.
fn put_slice<T: Config>(
	index: u32,
	kind: AssetKind,
	price: Price,
	part: Part,
	shelf: Shelf,
) -> Result<(BookKey, Slice), BenchmarkError> {
	let offer_id = put_offer::<T>(index, kind, price, part)?;
	let offer = Pallet::<T>::offer(offer_id).ok_or(STOP())?;
	Pallet::<T>::remove_offer(offer_id, &offer);
	let slice = Slice {
		poster: offer.poster,
		offer_id,
		asset_id: offer.asset_id,
		power: part.power,
		price,
		posted_at: 1,
		feeder: feeder_of(kind),
		traded: false,
		last: true,
		short: false,
	};
	let key = BookKey::of(shelf, kind, &slice);
	Book::<T>::insert(key, &slice);
	Ok((key, slice))
}

/// A clearing at `stage` of the last gated timestep.
fn clearing<T: Config>(stage: Stage) -> Clearing {
	let (timestep, _, _, price) = units::<T>();
	NextTimestep::<T>::put(timestep.saturating_add(1));
	Clearing { stage, price, ..Clearing::of(timestep) }
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn post_offer() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (gated, end, power, price) = units::<T>();
		let part = Part { power, start: gated.saturating_add(1), end };
		surround::<T>(Series::Offers(AssetKind::Consumption), part.start, end)?;
		let asset_id = put_asset::<T>(address(0), AssetKind::Consumption, part, false)?;
		give_money::<T>(&address(0), price, part)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(address(0)), asset_id, price);

		assert!(Pallet::<T>::offer(0).is_some());
		Ok(())
	}

	/// A bid of which a timestep waits for its clearing.
	#[benchmark]
	fn rescind_offer() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (gated, end, power, price) = units::<T>();
		T::Market::benchmark_market_mode(MarketMode::DoubleAuction, T::Grid::now());
		surround::<T>(Series::Offers(AssetKind::Consumption), gated.saturating_add(1), end)?;
		let part = Part { power, start: gated, end };
		let offer_id = put_offer::<T>(0, AssetKind::Consumption, price, part)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(address(0)), offer_id);

		assert_eq!(Pallet::<T>::offer(offer_id).map(|offer| offer.end), Some(gated));
		Ok(())
	}

	/// A bid, accepted below its price, with rests before, after and above, and one of the acceptor's; as many changes of
	/// limits as a trade reaches over on both feeders.
	#[benchmark]
	fn accept_offer() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (gated, end, lot, price) = units::<T>();
		let start = gated.saturating_add(1);
		let begin = start.saturating_add(70);
		let mode = MarketMode::FixedPrice(price / 2);
		for time in 0..20 {
			T::Market::benchmark_market_mode(mode, begin.saturating_sub(10).saturating_add(time));
		}
		let limits = FeederLimits { internal: Power::MAX, external: Power::MAX };
		for feeder in [SELLERS, BUYERS] {
			T::Market::benchmark_feeder_limits(feeder, begin.saturating_sub(60), limits);
		}
		let kind = AssetKind::Consumption;
		let whole = Part { power: lot.saturating_mul(2), start, end };
		let offer_id = put_offer::<T>(0, kind, price, whole)?;
		let brought = Part { power: lot, start: begin, end };
		let asset_id = put_asset::<T>(address(1), AssetKind::Production, brought, false)?;
		let last = Pallet::<T>::cut_to_limit_runs(SELLERS, begin, end);
		surround::<T>(Series::Offers(kind), begin, last)?;
		surround_loads::<T>(begin, last)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(address(1)), offer_id, asset_id, None);

		assert!(Pallet::<T>::offer(offer_id).is_none());
		assert_eq!(NextOfferId::<T>::get(), 4);
		Ok(())
	}

	#[benchmark]
	fn tend() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		Current::<T>::put(clearing::<T>(Stage::Match));

		#[block]
		{
			let current = Current::<T>::get();
			Current::<T>::set(current);
		}

		assert!(Current::<T>::exists());
		Ok(())
	}

	#[benchmark]
	fn begin_clearing() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		T::Market::benchmark_market_mode(MarketMode::DoubleAuction, T::Grid::now());
		let mut current = None;

		#[block]
		{
			Pallet::<T>::look_ahead(&mut current);
		}

		assert!(current.is_some());
		Ok(())
	}

	#[benchmark]
	fn free_offer() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (gated, end, power, price) = units::<T>();
		let part = Part { power, start: gated, end };
		let offer_id = put_offer::<T>(0, AssetKind::Consumption, price, part)?;

		#[block]
		{
			let first = Pallet::<T>::first_offer(gated, &Cursors::default());
			if let Some((start, offer_id)) = first {
				Pallet::<T>::cut_offer(offer_id, start, gated, false);
			}
		}

		assert_eq!(
			Pallet::<T>::offer(offer_id).map(|offer| offer.start),
			Some(gated.saturating_add(1))
		);
		Ok(())
	}

	/// What lies before the timestep is cut off as well.
	#[benchmark]
	fn freeze_offer() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (gated, end, power, price) = units::<T>();
		let part = Part { power, start: gated.saturating_sub(1), end };
		put_offer::<T>(0, AssetKind::Consumption, price, part)?;
		let (mut clearing, mut cursors) = (clearing::<T>(Stage::Freeze), Cursors::default());

		#[block]
		{
			Pallet::<T>::step_weight(Some(&clearing), &cursors);
			Pallet::<T>::clearing_step(&mut clearing, &mut cursors);
		}

		assert_eq!(Book::<T>::iter().count(), 1);
		Ok(())
	}

	#[benchmark]
	fn freeze_whole_offer() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (gated, _, power, price) = units::<T>();
		let part = Part { power, start: gated, end: gated };
		put_offer::<T>(0, AssetKind::Consumption, price, part)?;
		let (mut clearing, mut cursors) = (clearing::<T>(Stage::Freeze), Cursors::default());

		#[block]
		{
			Pallet::<T>::step_weight(Some(&clearing), &cursors);
			Pallet::<T>::clearing_step(&mut clearing, &mut cursors);
		}

		assert_eq!(Book::<T>::iter().count(), 1);
		assert_eq!(Offers::<T>::iter().count(), 0);
		Ok(())
	}

	/// Bid and ask are filled both.
	#[benchmark]
	fn match_slices() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (start, _, power, price) = units::<T>();
		let part = Part { power, start, end: start };
		put_slice::<T>(0, AssetKind::Consumption, price, part, Shelf::Frozen)?;
		put_slice::<T>(1, AssetKind::Production, price, part, Shelf::Frozen)?;
		let (mut clearing, mut cursors) = (clearing::<T>(Stage::Match), Cursors::default());

		#[block]
		{
			Pallet::<T>::clearing_step(&mut clearing, &mut cursors);
		}

		assert!(cursors.bid.is_some() && cursors.ask.is_some());
		Ok(())
	}

	/// A bid is filled in part.
	#[benchmark]
	fn split_slice() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (start, _, lot, price) = units::<T>();
		let part = Part { power: lot.saturating_mul(2), start, end: start };
		let (key, _) = put_slice::<T>(0, AssetKind::Consumption, price, part, Shelf::Frozen)?;
		let (mut clearing, mut cursors) = (clearing::<T>(Stage::Split), Cursors::default());
		clearing.crossing.bid_filled = lot;
		clearing.crossing.last = Some((price, price));

		#[block]
		{
			Pallet::<T>::clearing_step(&mut clearing, &mut cursors);
		}

		assert!(!Book::<T>::contains_key(key));
		assert_eq!(Book::<T>::iter_values().next().map(|slice| slice.power), Some(lot));
		Ok(())
	}

	#[benchmark]
	fn read_feeder() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (start, _, power, price) = units::<T>();
		let part = Part { power, start, end: start };
		let limits = FeederLimits { internal: power, external: power };
		T::Market::benchmark_feeder_limits(BUYERS, T::Grid::now().saturating_sub(9_000), limits);
		surround_loads::<T>(start, start)?;
		put_slice::<T>(0, AssetKind::Consumption, price, part, Shelf::Within)?;
		let (mut clearing, mut cursors) = (clearing::<T>(Stage::Load), Cursors::default());

		#[block]
		{
			Pallet::<T>::clearing_step(&mut clearing, &mut cursors);
		}

		assert!(Feeders::<T>::get(BUYERS).is_some_and(|feeder| feeder.limits.is_some()));
		Ok(())
	}

	/// A bid and an ask of different feeders exchange what both feeders leave room for, and both are set aside.
	#[benchmark]
	fn pair_slices() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (start, _, lot, price) = units::<T>();
		let part = Part { power: lot.saturating_mul(2), start, end: start };
		let price = price.saturating_mul(2);
		put_slice::<T>(0, AssetKind::Consumption, price, part, Shelf::Across)?;
		put_slice::<T>(1, AssetKind::Production, 0, part, Shelf::Across)?;
		let limits = petra_schedule::clearing::Limits { internal: lot, external: lot };
		for feeder in [SELLERS, BUYERS] {
			let (load, added) = (Load::default(), Load::default());
			Feeders::<T>::insert(feeder, FeederInClearing { load, added, limits: Some(limits) });
		}
		let (mut clearing, mut cursors) = (clearing::<T>(Stage::Across), Cursors::default());

		#[block]
		{
			Pallet::<T>::clearing_step(&mut clearing, &mut cursors);
		}

		assert_eq!(clearing.power, lot);
		assert!(Book::<T>::iter_keys().all(|BookKey([shelf, ..])| shelf == Shelf::Aside as u8));
		assert_eq!(Book::<T>::iter_keys().count(), 2);
		Ok(())
	}

	#[benchmark]
	fn release_slice() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (start, _, power, price) = units::<T>();
		let part = Part { power, start, end: start };
		put_slice::<T>(0, AssetKind::Consumption, price, part, Shelf::Aside)?;
		let (mut clearing, mut cursors) = (clearing::<T>(Stage::Release), Cursors::default());

		#[block]
		{
			Pallet::<T>::clearing_step(&mut clearing, &mut cursors);
		}

		assert_eq!(Book::<T>::iter().count(), 0);
		assert_eq!(Pallet::<T>::on_hold(&address(0)), 0);
		Ok(())
	}

	#[benchmark]
	fn write_feeder() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (start, _, lot, _) = units::<T>();
		surround_loads::<T>(start, start)?;
		let load = Load { production: lot.into(), consumption: lot.saturating_mul(2).into() };
		Feeders::<T>::insert(SELLERS, FeederInClearing { load, added: load, limits: None });
		let (mut clearing, mut cursors) = (clearing::<T>(Stage::Flush), Cursors::default());

		#[block]
		{
			Pallet::<T>::clearing_step(&mut clearing, &mut cursors);
		}

		assert!(!Feeders::<T>::contains_key(SELLERS));
		Ok(())
	}

	#[benchmark]
	fn prune_step() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let window = T::Grid::parameters().settlement_window;
		let before = T::Grid::now().saturating_sub(window).saturating_sub(4_096);
		let series = Series::Difference(SELLERS);
		for page in 0..u64::from(PAGES_PER_STEP).saturating_mul(2) {
			let t = before.saturating_sub(page.saturating_mul(64));
			series.timeline::<T>().add(t, t, 1).map_err(|_| STOP())?;
		}
		Pruning::<T>::put(PruneState { complete: true, ..PruneState::default() });
		let pages = Pages::<T>::iter_keys().count();

		#[block]
		{
			Pallet::<T>::prune_step();
		}

		assert!(Pages::<T>::iter_keys().count() < pages);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
