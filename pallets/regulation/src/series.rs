//! The pallet's series: prices, market modes, and each feeder's limits.

use crate::{
	records::{Record, Series, Span, MAX_RECORDS},
	Config, FeederPolicies, FeederSpans, MarketPolicies, MarketSpan, Pallet, PricePolicies,
	PricePolicy, PriceSpan, PruneCursor,
};
use core::marker::PhantomData;
use frame_support::traits::Get;
use petra_primitives::{FeederId, FeederLimits, Grid, MarketMode, Timestep};

/// The DSO's prices.
pub(crate) struct Prices<T>(pub PhantomData<T>);

impl<T: Config> Series for Prices<T> {
	type Value = PricePolicy;

	fn max_records(&self) -> u64 {
		MAX_RECORDS
	}
	fn span(&self) -> Span {
		PriceSpan::<T>::get()
	}
	fn set_span(&self, span: Span) {
		PriceSpan::<T>::put(span)
	}
	fn get(&self, index: u64) -> Option<Record<PricePolicy>> {
		PricePolicies::<T>::get(index)
	}
	fn put(&self, index: u64, record: Record<PricePolicy>) {
		PricePolicies::<T>::insert(index, record)
	}
	fn remove(&self, index: u64) {
		PricePolicies::<T>::remove(index)
	}
}

/// The ways of trading.
pub(crate) struct Market<T>(pub PhantomData<T>);

impl<T: Config> Series for Market<T> {
	type Value = MarketMode;

	fn max_records(&self) -> u64 {
		MAX_RECORDS
	}
	fn span(&self) -> Span {
		MarketSpan::<T>::get()
	}
	fn set_span(&self, span: Span) {
		MarketSpan::<T>::put(span)
	}
	fn get(&self, index: u64) -> Option<Record<MarketMode>> {
		MarketPolicies::<T>::get(index)
	}
	fn put(&self, index: u64, record: Record<MarketMode>) {
		MarketPolicies::<T>::insert(index, record)
	}
	fn remove(&self, index: u64) {
		MarketPolicies::<T>::remove(index)
	}
}

/// One feeder's limits.
pub(crate) struct Feeder<T>(pub FeederId, pub PhantomData<T>);

impl<T: Config> Series for Feeder<T> {
	type Value = Option<FeederLimits>;

	fn max_records(&self) -> u64 {
		T::MaxFeederPolicies::get().into()
	}
	fn span(&self) -> Span {
		FeederSpans::<T>::get(self.0)
	}
	fn set_span(&self, span: Span) {
		FeederSpans::<T>::insert(self.0, span)
	}
	fn get(&self, index: u64) -> Option<Record<Option<FeederLimits>>> {
		FeederPolicies::<T>::get(self.0, index)
	}
	fn put(&self, index: u64, record: Record<Option<FeederLimits>>) {
		FeederPolicies::<T>::insert(self.0, index, record)
	}
	fn remove(&self, index: u64) {
		FeederPolicies::<T>::remove(self.0, index)
	}
}

impl<T: Config> Pallet<T> {
	/// The timestep from which on policies are kept: two billing periods ago.
	pub(crate) fn keep_from() -> Timestep {
		let period = Self::parameters().billing_period;
		Self::now().saturating_sub(period).saturating_sub(period)
	}

	/// One bounded pass of removing what is not needed from `keep_from` on: at most one record of the prices, of the
	/// market modes and of the limits of the feeder whose turn it is. Returns whether anything was removed.
	pub(crate) fn prune(keep_from: Timestep) -> bool {
		let prices = Prices::<T>(PhantomData).prune(keep_from);
		let market = Market::<T>(PhantomData).prune(keep_from);
		prices | market | Self::prune_feeder(keep_from)
	}

	/// Prunes the feeder at the cursor; when there is nothing, it is the next feeder's turn.
	fn prune_feeder(keep_from: Timestep) -> bool {
		let next = match PruneCursor::<T>::get() {
			Some(feeder) if Feeder::<T>(feeder, PhantomData).prune(keep_from) => return true,
			Some(feeder) => FeederSpans::<T>::iter_keys_from_key(feeder).next(),
			None => FeederSpans::<T>::iter_keys().next(),
		};
		if next.is_some() || PruneCursor::<T>::exists() {
			PruneCursor::<T>::set(next);
		}
		false
	}
}
