//! # Regulation
//!
//! What the distribution system operator (DSO) decides: which meters take part and within which limits, prices,
//! market rules, feeder limits, control signals, and the chain's units (P1, "Regulatory Transactions").
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for the calls, storage, events and errors. Other pallets read what was decided through
//! [`petra_primitives::Grid`] and [`petra_primitives::MarketRules`], which [`Pallet`] implements.
//!
//! ## Overview
//!
//! Every policy (prices, market mode, each feeder's limits) is a *series*: records in ascending order of time. What is
//! in force at timestep `t` is the last recorded whose time is **before** `t`; recording at `T` discards what was
//! recorded for `T` and later. A lookup is a binary search, so it is logarithmic in the number of records. Records that
//! have not been in force for two billing periods are removed, in bounded steps, in idle block time.
//!
//! The DSO is whoever [`Config::RegulatorOrigin`] says. The account that it names for its withdrawal service passes
//! [`EnsureIssuer`], and nothing else, so the service needs no key of the DSO's.
//!
//! ## Genesis values and constants
//!
//! | genesis | default |
//! | --- | --- |
//! | `parameters` | [`Parameters::default`]: 15-minute timesteps, 100 W lots, tick 1, gate lead 1, horizon 7 days, settlement window 1 day, billing period 30 days |
//! | `priceConsumption`, `priceProduction` | 0, 0 |
//! | `market` | `FirstComeFirstServed` |
//! | `issuer` | none |
//! | `feederLimits` | none: unlimited |
//!
//! A genesis that breaks the rules of [`Pallet::check_parameters`] or of prices does not build. The runtime sets the
//! constants of [`Config`]; [`records::MAX_RECORDS`] bounds the series of prices and of market modes.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod control_signal;
mod dispatchable_impls;
mod issuer;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod mock;
pub mod records;
mod series;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests;
mod trait_impls;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod types;
pub mod weights;

pub use issuer::EnsureIssuer;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use petra_primitives::Parameters;

/// Sets the clock, for benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper {
	/// Makes [`Config::Time`] say `unix_ms`.
	fn set_time(unix_ms: u64);
}

/// How many passes of pruning one block's idle time takes at most.
pub const MAX_PRUNES_PER_BLOCK: u32 = 8;

// What FRAME's macros add for try-runtime expects.
#[cfg_attr(feature = "try-runtime", allow(clippy::expect_used))]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use crate::records::{Record, Span};
	use alloc::vec::Vec;
	use frame_support::{pallet_prelude::*, traits::Time, weights::WeightMeter};
	use frame_system::pallet_prelude::*;
	use petra_primitives::{
		AssetsExist, FeederId, FeederLimits, Limits, MarketMode, MeterAdministration,
		MeterAdministrationError, MeterId, Price, Timestep,
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// What the runtime decides.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Measured weights.
		type WeightInfo: WeightInfo;

		/// The DSO.
		type RegulatorOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Unix time in milliseconds.
		type Time: Time<Moment = u64>;

		/// The register of meters.
		type Meters: MeterAdministration<Self::AccountId>;

		/// Whether energy assets exist; while they do, the units stay.
		type Assets: AssetsExist;

		/// The most meters that one regulation authorises.
		#[pallet::constant]
		type MaxAuthorizations: Get<u32>;

		/// The most meters that one regulation bans.
		#[pallet::constant]
		type MaxBans: Get<u32>;

		/// The most stretches of control signals that are kept.
		#[pallet::constant]
		type MaxControlSignals: Get<u32>;

		/// The most records that are kept of one feeder's limits.
		#[pallet::constant]
		type MaxFeederPolicies: Get<u32>;

		/// Sets the clock, for benchmarks of all pallets whose costs depend on it.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper;
	}

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The chain's units and times.
	#[pallet::storage]
	pub type CurrentParameters<T> = StorageValue<_, Parameters, ValueQuery>;

	/// Who may create assets for the DSO's withdrawal service.
	#[pallet::storage]
	pub type Issuer<T: Config> = StorageValue<_, T::AccountId, OptionQuery>;

	/// The stored stretch of the price policies.
	#[pallet::storage]
	pub type PriceSpan<T> = StorageValue<_, Span, ValueQuery>;

	/// The DSO's prices, by number of the record.
	// Identity: keys are counted by the pallet, nobody chooses them.
	#[pallet::storage]
	pub type PricePolicies<T> = StorageMap<_, Identity, u64, Record<PricePolicy>, OptionQuery>;

	/// The stored stretch of the market modes.
	#[pallet::storage]
	pub type MarketSpan<T> = StorageValue<_, Span, ValueQuery>;

	/// The ways of trading, by number of the record.
	// Identity: keys are counted by the pallet, nobody chooses them.
	#[pallet::storage]
	pub type MarketPolicies<T> = StorageMap<_, Identity, u64, Record<MarketMode>, OptionQuery>;

	/// The stored stretch of each feeder's limits.
	// Twox64Concat: the regulator alone chooses the keys, and pruning walks over them.
	#[pallet::storage]
	pub type FeederSpans<T> = StorageMap<_, Twox64Concat, FeederId, Span, ValueQuery>;

	/// Each feeder's limits, by number of the record.
	// Twox64Concat, as above; Identity: keys are counted by the pallet.
	#[pallet::storage]
	pub type FeederPolicies<T> = StorageDoubleMap<
		_,
		Twox64Concat,
		FeederId,
		Identity,
		u64,
		Record<Option<FeederLimits>>,
		OptionQuery,
	>;

	/// The feeder whose limits were pruned last.
	#[pallet::storage]
	pub type PruneCursor<T> = StorageValue<_, FeederId, OptionQuery>;

	/// The microgrid controller's requests: ascending, disjoint.
	#[pallet::storage]
	pub type ControlSignals<T: Config> =
		StorageValue<_, BoundedVec<ControlSignal, T::MaxControlSignals>, ValueQuery>;

	/// What the chain starts with.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// Units and times.
		pub parameters: Parameters,
		/// What the DSO sells at, in money units per watt and timestep.
		pub price_consumption: Price,
		/// What the DSO buys at, in money units per watt and timestep.
		pub price_production: Price,
		/// The way of trading.
		pub market: MarketMode,
		/// The account of the DSO's withdrawal service.
		pub issuer: Option<T::AccountId>,
		/// Limits of feeders; those that are not listed are unlimited.
		pub feeder_limits: Vec<(FeederId, FeederLimits)>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self {
				parameters: Default::default(),
				price_consumption: 0,
				price_production: 0,
				market: Default::default(),
				issuer: None,
				feeder_limits: Default::default(),
			}
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			Pallet::<T>::build_genesis(self)
		}
	}

	/// What the DSO decided.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A regulation was recorded. The prices are those of the DSO's policy at timesteps right after `time`.
		Regulated {
			/// Takes effect at timesteps after this one.
			time: Timestep,
			/// What the DSO sells at.
			price_consumption: Price,
			/// What the DSO buys at.
			price_production: Price,
		},
		/// A meter was authorised.
		MeterAuthorized {
			/// The meter.
			meter: MeterId,
			/// The feeder on which it hangs.
			feeder: FeederId,
			/// For timesteps after this one.
			time: Timestep,
		},
		/// A meter was banned.
		MeterBanned {
			/// The meter.
			meter: MeterId,
			/// For timesteps after this one.
			time: Timestep,
		},
		/// A meter's limits changed.
		LimitsSet {
			/// The meter.
			meter: MeterId,
			/// The most that its household may withdraw.
			limits: Limits,
			/// For timesteps after this one.
			time: Timestep,
		},
		/// A feeder's limits changed.
		FeederLimitsSet {
			/// The feeder.
			feeder: FeederId,
			/// How much may be traded there; none: unlimited.
			limits: Option<FeederLimits>,
			/// For timesteps after this one.
			time: Timestep,
		},
		/// The way of trading changed.
		MarketSet {
			/// How energy is traded.
			mode: MarketMode,
			/// For timesteps after this one.
			time: Timestep,
		},
		/// The microgrid controller asks for a change of load.
		ControlSignalPublished {
			/// First timestep.
			start: Timestep,
			/// Last timestep.
			end: Timestep,
			/// Watts; more consumption is positive.
			power_change: i64,
		},
		/// The DSO named, or took back, the account of its withdrawal service.
		IssuerSet {
			/// The account.
			issuer: Option<T::AccountId>,
		},
		/// Units or times changed.
		ParametersSet {
			/// The new ones.
			parameters: Parameters,
		},
	}

	/// Why the DSO's decision was not recorded.
	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// The time is before this block's timestep: choose the present or a later timestep.
		TimeInPast,
		/// A meter is both authorised and banned.
		AuthorizedAndBanned,
		/// A meter is listed twice.
		MeterListedTwice,
		/// The DSO would buy at more than it sells at.
		PricesReversed,
		/// A price is not a multiple of the price tick.
		NotMultipleOfTick,
		/// Another meter has this key.
		KeyInUse,
		/// The meter's feeder cannot change while it has withdrawn power ahead.
		FeederInUse,
		/// No such meter.
		MeterNotFound,
		/// No room for another change of this meter's status or limits ahead.
		TooManyChanges,
		/// Trading in the timestep after the time has ended already: the time must be at least the gate lead ahead.
		GateClosed,
		/// Units and times change only while no energy asset exists.
		AssetsExist,
		/// The parameters do not fit together, or the length of the timestep would change.
		BadParameters,
		/// The start is after the end.
		BadInterval,
		/// No room for another policy; old ones are removed after two billing periods.
		TooManyPolicies,
		/// No room for another control signal ahead.
		TooManyControlSignals,
	}

	impl<T> From<MeterAdministrationError> for Error<T> {
		fn from(error: MeterAdministrationError) -> Self {
			match error {
				MeterAdministrationError::MeterNotFound => Error::MeterNotFound,
				MeterAdministrationError::KeyInUse => Error::KeyInUse,
				MeterAdministrationError::FeederInUse => Error::FeederInUse,
				MeterAdministrationError::TooManyChanges => Error::TooManyChanges,
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			for _ in 0..MAX_PRUNES_PER_BLOCK {
				if meter.try_consume(T::WeightInfo::prune()).is_err()
					|| !Self::prune(Self::keep_from())
				{
					break;
				}
			}
			meter.consumed()
		}

		fn integrity_test() {
			assert!(T::MaxAuthorizations::get() > 0, "MaxAuthorizations must allow one meter");
			assert!(T::MaxBans::get() > 0, "MaxBans must allow one meter");
			assert!(T::MaxControlSignals::get() > 2, "a control signal may split another in two");
			assert!(T::MaxFeederPolicies::get() > 1, "MaxFeederPolicies must allow a change");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Authorises and bans meters and sets the DSO's prices, all or nothing (P1, "Regulatory Transactions").
		///
		/// ## Dispatch Origin
		///
		/// The regulator (in petra's node: sudo).
		///
		/// ## Details
		///
		/// Takes effect at timesteps **after** `time`, and overrides what was recorded for `time` and later. A price
		/// that is absent stays what it is at `time`; if both are absent, no price policy is recorded. Prices are in
		/// money units per watt and timestep. Authorising a meter that is known may change its key, limits and path; a
		/// ban stops withdrawals and does not revoke what was withdrawn.
		///
		/// ## Errors
		///
		/// - [`Error::TimeInPast`]: `time` is before this block's timestep.
		/// - [`Error::AuthorizedAndBanned`], [`Error::MeterListedTwice`]: the lists contradict themselves.
		/// - [`Error::NotMultipleOfTick`], [`Error::PricesReversed`]: the prices are not possible.
		/// - [`Error::MeterNotFound`]: a meter to ban was never authorised.
		/// - [`Error::KeyInUse`], [`Error::FeederInUse`], [`Error::TooManyChanges`]: the register of meters refuses.
		/// - [`Error::TooManyPolicies`]: no room for another price policy.
		///
		/// ## Events
		///
		/// [`Event::MeterAuthorized`] and [`Event::MeterBanned`] for each meter, then [`Event::Regulated`].
		///
		/// ## Complexity
		///
		/// O((a + b) log (a + b) + log p) for a authorisations, b bans and p price policies.
		#[pallet::call_index(0)]
		#[pallet::weight((
			T::WeightInfo::regulate_authorizations(regulation.authorize.len() as u32)
				.saturating_add(T::WeightInfo::regulate_bans(regulation.ban.len() as u32)),
			DispatchClass::Operational,
		))]
		pub fn regulate(
			origin: OriginFor<T>,
			regulation: RegulatoryTransaction<T>,
		) -> DispatchResult {
			T::RegulatorOrigin::ensure_origin(origin)?;
			Self::do_regulate(regulation)
		}

		/// Changes how much a meter may withdraw, for timesteps **after** `time`.
		///
		/// ## Dispatch Origin
		///
		/// The regulator (in petra's node: sudo).
		///
		/// ## Details
		///
		/// Timesteps in which more is withdrawn already keep what they have, and nothing more can be withdrawn in them
		/// (P1, MAXEPA and MAXECA).
		///
		/// ## Errors
		///
		/// - [`Error::TimeInPast`]: `time` is before this block's timestep.
		/// - [`Error::MeterNotFound`]: the meter was never authorised.
		/// - [`Error::TooManyChanges`]: the register of meters has no room for another change.
		///
		/// ## Events
		///
		/// [`Event::LimitsSet`].
		///
		/// ## Complexity
		///
		/// That of the register of meters.
		#[pallet::call_index(1)]
		#[pallet::weight((T::WeightInfo::set_limits(), DispatchClass::Operational))]
		pub fn set_limits(
			origin: OriginFor<T>,
			meter: MeterId,
			limits: Limits,
			time: Timestep,
		) -> DispatchResult {
			T::RegulatorOrigin::ensure_origin(origin)?;
			Self::do_set_limits(meter, limits, time)
		}

		/// Changes how much may be traded on a feeder in a timestep, for timesteps **after** `time`.
		///
		/// ## Dispatch Origin
		///
		/// The regulator (in petra's node: sudo).
		///
		/// ## Details
		///
		/// `internal` is the most production, and the most consumption; `external` the most by which the two may
		/// differ; no limits: unlimited (P3, section 2). What is traded already stays.
		///
		/// ## Errors
		///
		/// - [`Error::TimeInPast`]: `time` is before this block's timestep.
		/// - [`Error::TooManyPolicies`]: no room for another change of this feeder's limits.
		///
		/// ## Events
		///
		/// [`Event::FeederLimitsSet`].
		///
		/// ## Complexity
		///
		/// O(log p) for p records of the feeder's limits.
		#[pallet::call_index(2)]
		#[pallet::weight((T::WeightInfo::set_feeder_limits(), DispatchClass::Operational))]
		pub fn set_feeder_limits(
			origin: OriginFor<T>,
			feeder: FeederId,
			limits: Option<FeederLimits>,
			time: Timestep,
		) -> DispatchResult {
			T::RegulatorOrigin::ensure_origin(origin)?;
			Self::do_set_feeder_limits(feeder, limits, time)
		}

		/// Changes how energy is traded, for timesteps **after** `time` (P3, section 2).
		///
		/// ## Dispatch Origin
		///
		/// The regulator (in petra's node: sudo).
		///
		/// ## Details
		///
		/// `FixedPrice` also replaces both of the DSO's prices while it is in force.
		///
		/// ## Errors
		///
		/// - [`Error::GateClosed`]: `time` is not at least the gate lead ahead of this block's timestep.
		/// - [`Error::NotMultipleOfTick`]: the fixed price is not a multiple of the price tick.
		/// - [`Error::TooManyPolicies`]: no room for another change of the market mode.
		///
		/// ## Events
		///
		/// [`Event::MarketSet`].
		///
		/// ## Complexity
		///
		/// O(log p) for p records of the market mode.
		#[pallet::call_index(3)]
		#[pallet::weight((T::WeightInfo::set_market(), DispatchClass::Operational))]
		pub fn set_market(
			origin: OriginFor<T>,
			mode: MarketMode,
			time: Timestep,
		) -> DispatchResult {
			T::RegulatorOrigin::ensure_origin(origin)?;
			Self::do_set_market(mode, time)
		}

		/// Publishes the microgrid controller's request for agents to follow: by how many watts the load should change
		/// from `start` to `end`, both inclusive.
		///
		/// ## Dispatch Origin
		///
		/// The regulator (in petra's node: sudo).
		///
		/// ## Details
		///
		/// Overrides what was published earlier for these timesteps, and only there. Stretches that have passed are
		/// kept for two billing periods, or less if there is no room.
		///
		/// ## Errors
		///
		/// - [`Error::TimeInPast`]: `start` is before this block's timestep.
		/// - [`Error::BadInterval`]: `start` is after `end`.
		/// - [`Error::TooManyControlSignals`]: no room for another stretch.
		///
		/// ## Events
		///
		/// [`Event::ControlSignalPublished`].
		///
		/// ## Complexity
		///
		/// O(`MaxControlSignals`).
		#[pallet::call_index(4)]
		#[pallet::weight((T::WeightInfo::publish_control_signal(), DispatchClass::Operational))]
		pub fn publish_control_signal(
			origin: OriginFor<T>,
			start: Timestep,
			end: Timestep,
			power_change: i64,
		) -> DispatchResult {
			T::RegulatorOrigin::ensure_origin(origin)?;
			Self::do_publish_control_signal(start, end, power_change)
		}

		/// Names the account that may create assets for households whose withdrawals the DSO checks (P3, 4.2), or takes
		/// that back.
		///
		/// ## Dispatch Origin
		///
		/// The regulator (in petra's node: sudo).
		///
		/// ## Details
		///
		/// The account can do nothing else in the DSO's name, so the withdrawal service holds no sudo key.
		///
		/// ## Errors
		///
		/// None of its own.
		///
		/// ## Events
		///
		/// [`Event::IssuerSet`].
		///
		/// ## Complexity
		///
		/// O(1).
		#[pallet::call_index(5)]
		#[pallet::weight((T::WeightInfo::set_issuer(), DispatchClass::Operational))]
		pub fn set_issuer(origin: OriginFor<T>, issuer: Option<T::AccountId>) -> DispatchResult {
			T::RegulatorOrigin::ensure_origin(origin)?;
			Self::do_set_issuer(issuer)
		}

		/// Changes the chain's units and times, except for the length of the timestep.
		///
		/// ## Dispatch Origin
		///
		/// The regulator (in petra's node: sudo).
		///
		/// ## Details
		///
		/// Prices recorded earlier stay as they are, also if they are not multiples of a new price tick.
		///
		/// ## Errors
		///
		/// - [`Error::BadParameters`]: a unit or time is zero or too large, the horizon is not beyond the gate lead, or
		///   the length of the timestep would change.
		/// - [`Error::AssetsExist`]: an energy asset exists.
		///
		/// ## Events
		///
		/// [`Event::ParametersSet`].
		///
		/// ## Complexity
		///
		/// O(1).
		#[pallet::call_index(6)]
		#[pallet::weight((T::WeightInfo::set_parameters(), DispatchClass::Operational))]
		pub fn set_parameters(origin: OriginFor<T>, parameters: Parameters) -> DispatchResult {
			T::RegulatorOrigin::ensure_origin(origin)?;
			Self::do_set_parameters(parameters)
		}
	}
}
