//! What must always hold.

use crate::{
	records::Series,
	series::{Feeder, Market, Prices},
	Config, ControlSignals, CurrentParameters, FeederPolicies, FeederSpans, MarketPolicies, Pallet,
	PricePolicies,
};
use core::marker::PhantomData;
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks:
	/// - the parameters fit together;
	/// - each series stores exactly the records that its span says, in ascending order of time, and no more than allowed;
	/// - the DSO never buys at more than it sells at;
	/// - control signals ascend and are disjoint.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_parameters(&CurrentParameters::<T>::get())?;

		check_series(&Prices::<T>(PhantomData), PricePolicies::<T>::iter_keys().count())?;
		ensure!(
			PricePolicies::<T>::iter_values()
				.all(|record| record.value.production <= record.value.consumption),
			"regulation: a price policy is reversed"
		);
		check_series(&Market::<T>(PhantomData), MarketPolicies::<T>::iter_keys().count())?;
		for feeder in FeederSpans::<T>::iter_keys() {
			let stored = FeederPolicies::<T>::iter_key_prefix(feeder).count();
			check_series(&Feeder::<T>(feeder, PhantomData), stored)?;
		}
		ensure!(
			FeederPolicies::<T>::iter_keys()
				.all(|(feeder, _)| FeederSpans::<T>::contains_key(feeder)),
			"regulation: limits of a feeder without a span"
		);

		let mut last = None;
		for signal in ControlSignals::<T>::get() {
			ensure!(
				signal.start <= signal.end && last.is_none_or(|last| last < signal.start),
				"regulation: control signals overlap"
			);
			last = Some(signal.end);
		}
		Ok(())
	}
}

/// Checks a series of which `stored` records are in storage.
fn check_series(series: &impl Series, stored: usize) -> Result<(), TryRuntimeError> {
	let span = series.span();
	ensure!(
		span.first <= span.next && span.next <= span.end,
		"regulation: a series' span is reversed"
	);
	let length = span.next.saturating_sub(span.first);
	ensure!(length <= series.max_records(), "regulation: a series is too long");
	ensure!(
		span.end.saturating_sub(span.first) == stored as u64,
		"regulation: a series' span and its records disagree"
	);
	let mut last = None;
	for index in span.first..span.next {
		let time = series.get(index).ok_or("regulation: a series has a gap")?.time;
		ensure!(last.is_none_or(|last| last < time), "regulation: a series' times do not ascend");
		last = Some(time);
	}
	Ok(())
}
