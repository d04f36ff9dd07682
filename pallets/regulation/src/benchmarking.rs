//! Benchmarks, at the worst case: series as long as they may be, signals cut in two.

use crate::{
	records::{Record, Series, Span},
	series::{Feeder, Market, Prices},
	*,
};
use alloc::vec::Vec;
use core::marker::PhantomData;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{EnsureOrigin, Get},
	BoundedVec,
};
use petra_primitives::{
	Authorization, FeederId, FeederLimits, Grid, Limits, MarketMode, MeterAdministration, MeterId,
	Path, Timestep,
};

const LIMITS: Limits = Limits { max_production: 1, max_consumption: 1, max_financial: 1 };

/// Makes `series` full but for one record, as far as a search for its end can tell; all times are in the past or now.
fn fill<S: Series>(series: &S, value: S::Value) {
	let next = series.max_records().saturating_sub(1);
	let mut low = 0u64;
	while low < next {
		let middle = low.saturating_add(next.saturating_sub(low) / 2);
		series.put(middle, Record { time: 0, value: value.clone() });
		low = middle.saturating_add(1);
	}
	series.set_span(Span { first: 0, next, end: next });
}

/// The record that was made last.
fn newest<S: Series>(series: &S) -> Option<Record<S::Value>> {
	series.get(series.span().next.checked_sub(1)?)
}

/// Makes a series of two records, of which the first is in force nowhere from timestep 1 on.
fn fill_outdated<S: Series>(series: &S, value: S::Value) {
	series.put(0, Record { time: 0, value: value.clone() });
	series.put(1, Record { time: 0, value });
	series.set_span(Span { first: 0, next: 2, end: 2 });
}

/// A timestep at which every call is allowed.
fn soon<T: Config>() -> Timestep {
	let Parameters { gate_lead, .. } = Pallet::<T>::parameters();
	Pallet::<T>::now().saturating_add(gate_lead).saturating_add(1)
}

/// Authorises meters for the DSO, whose capacity on their feeders is kept over time.
fn authorizations<T: Config>(
	ids: core::ops::Range<u32>,
	keys: &'static str,
	first_feeder: FeederId,
) -> Vec<Authorization<T::AccountId>> {
	ids.map(|id| Authorization {
		id,
		pubkey: account(keys, id, 0),
		feeder: first_feeder.saturating_add(id),
		limits: LIMITS,
		path: Path::Dso,
	})
	.collect()
}

/// Makes meters, so that the call meets them in the register, each on a feeder of its own.
fn add_meters<T: Config>(ids: core::ops::Range<u32>) -> Result<(), BenchmarkError> {
	for authorization in authorizations::<T>(ids, "old", 0) {
		T::Meters::benchmark_authorize(&authorization, soon::<T>())
			.map_err(|_| BenchmarkError::Stop("the meter is not accepted"))?;
	}
	Ok(())
}

/// Makes `meters` meters, and a series of prices that is full but for one.
fn prepare_regulation<T: Config>(meters: u32) -> Result<(), BenchmarkError> {
	Pallet::<T>::benchmark_worst_case();
	add_meters::<T>(0..meters)?;
	fill(&Prices::<T>(PhantomData), PricePolicy::default());
	Ok(())
}

/// A regulation that sets prices, too.
fn regulation<T: Config>(
	authorize: Vec<Authorization<T::AccountId>>,
	ban: Vec<MeterId>,
) -> RegulatoryTransaction<T> {
	RegulatoryTransaction {
		authorize: BoundedVec::truncate_from(authorize),
		ban: BoundedVec::truncate_from(ban),
		price_consumption: Some(Pallet::<T>::parameters().price_tick),
		price_production: Some(0),
		time: soon::<T>(),
	}
}

/// What it leaves in the series of prices.
fn record_of<T: Config>(regulation: &RegulatoryTransaction<T>) -> Record<PricePolicy> {
	let consumption = regulation.price_consumption.unwrap_or_default();
	Record { time: regulation.time, value: PricePolicy { consumption, production: 0 } }
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// Known meters get new keys, and move to other feeders.
	#[benchmark]
	fn regulate_authorizations(
		a: Linear<0, { T::MaxAuthorizations::get() }>,
	) -> Result<(), BenchmarkError> {
		let origin =
			T::RegulatorOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		prepare_regulation::<T>(a)?;
		let feeders = T::MaxAuthorizations::get();
		let authorize = authorizations::<T>(0..a, "new", feeders);
		let regulation = regulation::<T>(authorize, Vec::new());
		let record = record_of(&regulation);

		#[extrinsic_call]
		regulate(origin as T::RuntimeOrigin, regulation);

		assert_eq!(newest(&Prices::<T>(PhantomData)), Some(record));
		Ok(())
	}

	#[benchmark]
	fn regulate_bans(b: Linear<0, { T::MaxBans::get() }>) -> Result<(), BenchmarkError> {
		let origin =
			T::RegulatorOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		prepare_regulation::<T>(b)?;
		let regulation = regulation::<T>(Vec::new(), (0..b).collect());
		let record = record_of(&regulation);

		#[extrinsic_call]
		regulate(origin as T::RuntimeOrigin, regulation);

		assert_eq!(newest(&Prices::<T>(PhantomData)), Some(record));
		Ok(())
	}

	#[benchmark]
	fn set_limits() -> Result<(), BenchmarkError> {
		let origin =
			T::RegulatorOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		Pallet::<T>::benchmark_worst_case();
		add_meters::<T>(0..1)?;
		let time = soon::<T>();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 0, LIMITS, time);

		frame_system::Pallet::<T>::assert_last_event(
			Event::<T>::LimitsSet { meter: 0, limits: LIMITS, time }.into(),
		);
		Ok(())
	}

	#[benchmark]
	fn set_feeder_limits() -> Result<(), BenchmarkError> {
		let origin =
			T::RegulatorOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let feeder = Feeder::<T>(1, PhantomData);
		fill(&feeder, None);
		let (limits, time) = (Some(FeederLimits { internal: 1, external: 1 }), soon::<T>());

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 1, limits, time);

		assert_eq!(newest(&feeder), Some(Record { time, value: limits }));
		Ok(())
	}

	#[benchmark]
	fn set_market() -> Result<(), BenchmarkError> {
		let origin =
			T::RegulatorOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let market = Market::<T>(PhantomData);
		fill(&market, MarketMode::DoubleAuction);
		let mode = MarketMode::FixedPrice(Pallet::<T>::parameters().price_tick);
		let time = soon::<T>();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, mode, time);

		assert_eq!(newest(&market), Some(Record { time, value: mode }));
		Ok(())
	}

	#[benchmark]
	fn publish_control_signal() -> Result<(), BenchmarkError> {
		let origin =
			T::RegulatorOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let start = soon::<T>();
		// As many as fit; the new one cuts the last in two.
		let old = T::MaxControlSignals::get().saturating_sub(2);
		let signals: Vec<ControlSignal> = (0..u64::from(old))
			.map(|i| start.saturating_add(i.saturating_mul(4)))
			.map(|start| ControlSignal { start, end: start.saturating_add(3), power_change: 0 })
			.collect();
		let last = signals.last().map_or(start, |signal| signal.start);
		ControlSignals::<T>::put(BoundedVec::truncate_from(signals));
		let (start, end) = (last.saturating_add(1), last.saturating_add(2));

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, start, end, 1);

		assert_eq!(Pallet::<T>::control_signal(end), Some(1));
		assert_eq!(ControlSignals::<T>::get().len() as u32, T::MaxControlSignals::get());
		Ok(())
	}

	#[benchmark]
	fn set_issuer() -> Result<(), BenchmarkError> {
		let origin =
			T::RegulatorOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let issuer: Option<T::AccountId> = Some(account("issuer", 0, 0));

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, issuer.clone());

		assert_eq!(Issuer::<T>::get(), issuer);
		Ok(())
	}

	#[benchmark]
	fn set_parameters() -> Result<(), BenchmarkError> {
		let origin =
			T::RegulatorOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let parameters = Parameters { power_lot: 7, ..Pallet::<T>::parameters() };

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, parameters);

		assert_eq!(Pallet::<T>::parameters(), parameters);
		Ok(())
	}

	/// A pass in which every series gives up a record, and one in which it is the next feeder's turn.
	#[benchmark]
	fn prune() -> Result<(), BenchmarkError> {
		Pallet::<T>::benchmark_worst_case();
		let limits = Feeder::<T>(1, PhantomData);
		fill_outdated(&Prices::<T>(PhantomData), PricePolicy::default());
		fill_outdated(&Market::<T>(PhantomData), MarketMode::DoubleAuction);
		fill_outdated(&limits, None);
		fill_outdated(&Feeder::<T>(2, PhantomData), None);
		PruneCursor::<T>::put(1);

		#[block]
		{
			Pallet::<T>::prune(Pallet::<T>::keep_from().max(1));
			Pallet::<T>::prune(0);
		}

		assert_eq!(Prices::<T>(PhantomData).span().first, 1);
		assert_eq!(Market::<T>(PhantomData).span().first, 1);
		assert_eq!(limits.span().first, 1);
		assert_ne!(PruneCursor::<T>::get(), Some(1));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::benchmark_ext(), crate::mock::Test);
}
