//! What the calls do, and what genesis builds.

use crate::{
	records::{Series, SeriesFull},
	series::{Feeder, Market, Prices},
	Config, CurrentParameters, Error, Event, GenesisConfig, Issuer, Pallet, PricePolicy,
	RegulatoryTransaction,
};
use alloc::collections::btree_set::BTreeSet;
use core::marker::PhantomData;
use frame_support::{dispatch::DispatchResult, ensure};
use petra_primitives::{
	AssetsExist, FeederId, FeederLimits, Grid, Limits, MarketMode, MeterAdministration, MeterId,
	Parameters, Price, Timestep,
};

impl<T> From<SeriesFull> for Error<T> {
	fn from(_: SeriesFull) -> Self {
		Error::TooManyPolicies
	}
}

impl<T: Config> Pallet<T> {
	/// Whether units and times fit together: everything is at least 1, the horizon lies beyond the gate lead, and times
	/// are below 2^32 timesteps.
	pub fn check_parameters(parameters: &Parameters) -> Result<(), &'static str> {
		const MAX: Timestep = u32::MAX as Timestep;
		let Parameters {
			timestep_ms,
			power_lot,
			price_tick,
			gate_lead,
			horizon,
			settlement_window,
			billing_period,
		} = *parameters;
		ensure!(timestep_ms > 0, "timestepMs must be at least 1");
		ensure!(power_lot > 0, "powerLot must be at least 1");
		ensure!(price_tick > 0, "priceTick must be at least 1");
		ensure!(gate_lead > 0, "gateLead must be at least 1");
		ensure!(horizon > gate_lead, "horizon must be greater than gateLead");
		ensure!(settlement_window > 0, "settlementWindow must be at least 1");
		ensure!(billing_period > 0, "billingPeriod must be at least 1");
		ensure!(
			horizon.max(settlement_window).max(billing_period) <= MAX,
			"horizon, settlementWindow and billingPeriod must be below 2^32 timesteps"
		);
		Ok(())
	}

	/// Writes what the chain starts with. A genesis that breaks the rules must not become a chain: it panics.
	pub(crate) fn build_genesis(genesis: &GenesisConfig<T>) {
		if let Err(reason) = Self::check_parameters(&genesis.parameters) {
			panic!("regulation genesis: {reason}");
		}
		CurrentParameters::<T>::put(genesis.parameters);
		let prices = PricePolicy {
			consumption: genesis.price_consumption,
			production: genesis.price_production,
		};
		let fixed = match genesis.market {
			MarketMode::FixedPrice(price) => Some(price),
			_ => None,
		};
		let given = [Some(prices.consumption), Some(prices.production), fixed];
		assert!(
			given.into_iter().flatten().all(Self::is_multiple_of_tick),
			"regulation genesis: prices must be multiples of priceTick"
		);
		assert!(
			prices.production <= prices.consumption,
			"regulation genesis: priceProduction must be at most priceConsumption"
		);
		let recorded = Prices::<T>(PhantomData)
			.record(0, prices)
			.and_then(|()| Market::<T>(PhantomData).record(0, genesis.market))
			.and_then(|()| {
				genesis.feeder_limits.iter().try_for_each(|(feeder, limits)| {
					Feeder::<T>(*feeder, PhantomData).record(0, Some(*limits))
				})
			});
		assert!(recorded.is_ok(), "regulation genesis: no room for the policies");
		let feeders: BTreeSet<FeederId> =
			genesis.feeder_limits.iter().map(|(feeder, _)| *feeder).collect();
		assert!(
			feeders.len() == genesis.feeder_limits.len(),
			"regulation genesis: a feeder is listed twice"
		);
		Issuer::<T>::set(genesis.issuer.clone());
	}

	pub(crate) fn do_regulate(regulation: RegulatoryTransaction<T>) -> DispatchResult {
		let RegulatoryTransaction { authorize, ban, price_consumption, price_production, time } =
			regulation;
		Self::ensure_not_past(time)?;
		let authorized: BTreeSet<MeterId> = authorize.iter().map(|meter| meter.id).collect();
		let banned: BTreeSet<MeterId> = ban.iter().copied().collect();
		ensure!(authorized.is_disjoint(&banned), Error::<T>::AuthorizedAndBanned);
		ensure!(
			authorized.len() == authorize.len() && banned.len() == ban.len(),
			Error::<T>::MeterListedTwice
		);

		for authorization in &authorize {
			T::Meters::authorize(authorization, time).map_err(Error::<T>::from)?;
			let (meter, feeder) = (authorization.id, authorization.feeder);
			Self::deposit_event(Event::MeterAuthorized { meter, feeder, time });
		}
		for meter in ban {
			T::Meters::ban(meter, time).map_err(Error::<T>::from)?;
			Self::deposit_event(Event::MeterBanned { meter, time });
		}
		let prices = Self::set_prices(price_consumption, price_production, time)?;
		Self::deposit_event(Event::Regulated {
			time,
			price_consumption: prices.consumption,
			price_production: prices.production,
		});
		Ok(())
	}

	/// Records prices for timesteps after `time`; returns the policy that then holds right after it.
	fn set_prices(
		consumption: Option<Price>,
		production: Option<Price>,
		time: Timestep,
	) -> Result<PricePolicy, Error<T>> {
		let prices = Prices::<T>(PhantomData);
		// What holds right after `time`, as it was recorded until now: an absent price stays that.
		let before = prices.in_force(time.saturating_add(1)).unwrap_or_default();
		if consumption.is_none() && production.is_none() {
			return Ok(before);
		}
		ensure!(
			[consumption, production].into_iter().flatten().all(Self::is_multiple_of_tick),
			Error::<T>::NotMultipleOfTick
		);
		let policy = PricePolicy {
			consumption: consumption.unwrap_or(before.consumption),
			production: production.unwrap_or(before.production),
		};
		ensure!(policy.production <= policy.consumption, Error::<T>::PricesReversed);
		prices.record(time, policy)?;
		Ok(policy)
	}

	pub(crate) fn do_set_limits(meter: MeterId, limits: Limits, time: Timestep) -> DispatchResult {
		Self::ensure_not_past(time)?;
		T::Meters::set_limits(meter, limits, time).map_err(Error::<T>::from)?;
		Self::deposit_event(Event::LimitsSet { meter, limits, time });
		Ok(())
	}

	pub(crate) fn do_set_feeder_limits(
		feeder: FeederId,
		limits: Option<FeederLimits>,
		time: Timestep,
	) -> DispatchResult {
		Self::ensure_not_past(time)?;
		Feeder::<T>(feeder, PhantomData)
			.record(time, limits)
			.map_err(Error::<T>::from)?;
		Self::deposit_event(Event::FeederLimitsSet { feeder, limits, time });
		Ok(())
	}

	pub(crate) fn do_set_market(mode: MarketMode, time: Timestep) -> DispatchResult {
		let earliest = Self::now().saturating_add(Self::parameters().gate_lead);
		ensure!(time >= earliest, Error::<T>::GateClosed);
		if let MarketMode::FixedPrice(price) = mode {
			ensure!(Self::is_multiple_of_tick(price), Error::<T>::NotMultipleOfTick);
		}
		Market::<T>(PhantomData).record(time, mode).map_err(Error::<T>::from)?;
		Self::deposit_event(Event::MarketSet { mode, time });
		Ok(())
	}

	pub(crate) fn do_set_issuer(issuer: Option<T::AccountId>) -> DispatchResult {
		Issuer::<T>::set(issuer.clone());
		Self::deposit_event(Event::IssuerSet { issuer });
		Ok(())
	}

	pub(crate) fn do_set_parameters(parameters: Parameters) -> DispatchResult {
		Self::check_parameters(&parameters).map_err(|_| Error::<T>::BadParameters)?;
		ensure!(
			parameters.timestep_ms == Self::parameters().timestep_ms,
			Error::<T>::BadParameters
		);
		ensure!(!T::Assets::assets_exist(), Error::<T>::AssetsExist);
		CurrentParameters::<T>::put(parameters);
		Self::deposit_event(Event::ParametersSet { parameters });
		Ok(())
	}

	/// Whether `price` is a multiple of the price tick.
	fn is_multiple_of_tick(price: Price) -> bool {
		price.checked_rem(Self::parameters().price_tick) == Some(0)
	}

	/// Refuses times before this block's timestep.
	pub(crate) fn ensure_not_past(time: Timestep) -> Result<(), Error<T>> {
		ensure!(time >= Self::now(), Error::<T>::TimeInPast);
		Ok(())
	}
}
