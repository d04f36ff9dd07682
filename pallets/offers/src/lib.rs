//! # Offers
//!
//! The energy market: asks and bids over intervals, traded at a fixed price, first come first served, or in a double
//! auction, always within the feeders' limits (P3, 2 and 4.2; P1, "Trading Workflow").
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for the calls, storage, events and errors. [`Pallet::offers`] and [`Pallet::feeder_load`]
//! answer the runtime API, [`Pallet::free_call_cost`] says which calls are free and what they cost of a quota.
//!
//! ## Overview
//!
//! Who posts an energy production asset (EPA) asks, who posts an energy consumption asset (ECA) bids, for every timestep of
//! the asset. The asset is locked, and what a bid may cost is on hold: at all times exactly price × power × timesteps of
//! what is still offered. A trade exchanges power in an interval: the EPA for that part goes to the buyer, the ECA to the
//! seller, and the money to the seller; what a bid offered beyond the price returns to the buyer.
//!
//! **Three modes**, by timestep: at the regulator's fixed price, whoever posted what; first come first served at the offer's
//! price; or a double auction, in which nothing is accepted, and everything is cleared at once when the gate closes.
//!
//! **The gate.** When a timestep is gated (the gate's lead before it begins), nothing more is posted or accepted in it. What
//! of an offer is gated without having been traded returns to its poster, asset unlocked and money released, in bounded
//! steps and without anybody's help; the rest stays offered under its id, with its price and age, on a new asset.
//! [`Offer::asset_id`](petra_primitives::Offer::asset_id) is always the current one. An offer that is all-or-nothing
//! returns as a whole.
//!
//! **The clearing** of a gated timestep follows [`petra_schedule::clearing`], which states the rule exactly. Clearings run
//! one after the other, in ascending order. Since everything before a timestep was cut off every offer when its turn came,
//! the offers that cover it are exactly those that start with it: the queue by start finds them without a scan, and the
//! book, whose keys ascend in the order of clearing, sorts them. Each stage of it goes over the book in steps of constant
//! size: before a block's transactions for at most [`Config::ClearingShare`] of the block, and in its idle time. What
//! is unfinished when the timestep begins is freed unsettled, and timesteps that passed while the chain stood still are
//! freed without clearing. While a timestep is cleared, its book cannot change otherwise.
//!
//! **Feeder limits.** For each feeder and timestep the market keeps traded production, traded consumption and their
//! difference. Selling a fresh EPA adds production on its feeder, selling one that was bought takes back consumption; buying
//! for a fresh ECA adds consumption, for one that came out of a sale takes back production. No trade raises production or
//! consumption above the feeder's `internal` limit, nor their difference above the `external` one; what exceeds a limit
//! that was lowered stays. A trade reaches over at most [`MAX_LIMIT_RUNS`] changes of a feeder's limits: it is cut before
//! the next. `EnergyAssets::transfer` and mixing are not counted: there the sum of the withdrawal limits is the bound,
//! which the DSO sizes accordingly.
//!
//! **Queries** look at what lies in the interval that they ask for, not at all there is: besides the queue there is an index
//! of offers by about how long they are and where they start ([`Cell`]).
//!
//! ## What the mechanism does not prevent
//!
//! The double auction at the mean price is not strategy-proof: whoever sets the price gains by shading its bid or ask. The
//! book is public: prices, powers and intervals are seen by everybody before they trade. First come first served can be
//! front-run: who orders a block's transactions decides who is first; [`TradeLimits`](petra_primitives::TradeLimits) protect
//! an acceptor from a worse outcome, not from losing the race. Nobody is kept from trading with itself.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod accept_impls;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod clearing_impls;
mod feeder_impls;
mod gate_impls;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod mock;
mod money_impls;
mod offer_impls;
mod prune_impls;
mod query_impls;
mod series;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod types;
pub mod weights;

pub use feeder_impls::MAX_LIMIT_RUNS;
pub use pallet::*;
pub use query_impls::{MAX_OFFERS_PER_PAGE, MAX_STRETCHES};
pub use types::*;
pub use weights::WeightInfo;

/// How many steps one run of tending gated timesteps takes at most, whatever they weigh.
pub const MAX_STEPS_PER_RUN: u32 = 100_000;

/// How many steps of pruning one block's idle time takes at most.
pub const MAX_PRUNES_PER_BLOCK: u32 = 32;

/// How many pages one step of pruning removes at most.
pub const PAGES_PER_STEP: u32 = 8;

// What FRAME's macros add for try-runtime expects.
#[cfg_attr(feature = "try-runtime", allow(clippy::expect_used))]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{Mutate, MutateHold},
		weights::WeightMeter,
	};
	use frame_system::pallet_prelude::*;
	use petra_primitives::{
		AssetId, AssetKind, AssetLedger, AssetLedgerError, Balance, FeederId, FeederWithdrawals,
		Grid, MarketRules, Offer, OfferId, OfferOptions, Power, Price, Timestep, TradeLimits,
	};
	use petra_schedule::timeline::{Page, PageKey, Root};
	use sp_runtime::{AccountId32, Perbill};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// What the runtime decides.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId = AccountId32, RuntimeEvent: From<Event<Self>>>
	{
		/// Measured weights.
		type WeightInfo: WeightInfo;

		/// The runtime's reasons for holds.
		type RuntimeHoldReason: From<HoldReason>;

		/// Money.
		type Currency: Mutate<AccountId32, Balance = Balance>
			+ MutateHold<AccountId32, Balance = Balance, Reason = Self::RuntimeHoldReason>;

		/// Energy assets.
		type Assets: AssetLedger<AccountId32>;

		/// Units and time.
		type Grid: Grid;

		/// Market modes and feeder limits.
		type Market: MarketRules;

		/// What was withdrawn on the feeders, for queries.
		type Withdrawals: FeederWithdrawals;

		/// The most offers of one kind that cover one timestep; at least 10 000.
		#[pallet::constant]
		type MaxOffers: Get<u32>;

		/// The share of a block that gated timesteps may take before the block's transactions.
		#[pallet::constant]
		type ClearingShare: Get<Perbill>;
	}

	/// Why the market holds money.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// What an open bid may cost.
		Offer,
	}

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The id of the next offer.
	#[pallet::storage]
	pub type NextOfferId<T> = StorageValue<_, OfferId, ValueQuery>;

	/// The open offers, by their id, big-endian, so that the map's order is that of ids.
	// Identity, for that order: ids are counted by the pallet, nobody chooses them.
	#[pallet::storage]
	pub type Offers<T> = StorageMap<_, Identity, [u8; 8], Offer<AccountId32>, OptionQuery>;

	/// The open offers by their start, then id, both big-endian, so that the map's order is that of time.
	// Identity, for that order: starts lie within the horizon, and ids are counted by the pallet.
	#[pallet::storage]
	pub type Queue<T> = StorageDoubleMap<_, Identity, [u8; 8], Identity, [u8; 8], (), OptionQuery>;

	/// The open offers by where in time they lie, then id, big-endian, so that a query finds those of an interval in the
	/// order of their ids, without looking at many others.
	// Identity, for that order: offers lie within the horizon, and ids are counted by the pallet.
	#[pallet::storage]
	pub type Places<T> = StorageDoubleMap<_, Identity, Cell, Identity, [u8; 8], (), OptionQuery>;

	/// The first timestep that was not looked at yet, to be cleared or not.
	#[pallet::storage]
	pub type NextTimestep<T> = StorageValue<_, Timestep, ValueQuery>;

	/// The clearing that is under way.
	#[pallet::storage]
	pub type Current<T> = StorageValue<_, Clearing, OptionQuery>;

	/// What is offered in the timestep that is cleared.
	// Identity, for the order of clearing. Whoever chooses prices to make keys alike makes the tree deeper by at most their
	// length, for one clearing, and pays with offers of its own.
	#[pallet::storage]
	pub type Book<T> = StorageMap<_, Identity, BookKey, Slice, OptionQuery>;

	/// The feeders of the timestep that is cleared.
	// Twox64Concat: the regulator alone chooses feeders.
	#[pallet::storage]
	pub type Feeders<T> = StorageMap<_, Twox64Concat, FeederId, FeederInClearing, OptionQuery>;

	/// Amounts per timestep: the roots of the trees over time.
	// Twox64Concat: kinds, and feeders, which the regulator alone chooses.
	#[pallet::storage]
	pub type Roots<T> = StorageMap<_, Twox64Concat, Series, Root, OptionQuery>;

	/// Amounts per timestep: the pages of the trees over time.
	// Twox64Concat: as above; pages are given by time, within the horizon.
	#[pallet::storage]
	pub type Pages<T> =
		StorageDoubleMap<_, Twox64Concat, Series, Twox64Concat, PageKey, Page, OptionQuery>;

	/// How far the past is forgotten.
	#[pallet::storage]
	pub type Pruning<T> = StorageValue<_, PruneState, ValueQuery>;

	/// What happened on the market.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An offer is on the market.
		OfferPosted {
			/// Its id.
			offer_id: OfferId,
			/// The asset that it holds.
			asset_id: AssetId,
			/// Whose it is.
			poster: AccountId32,
			/// Production: an ask. Consumption: a bid.
			kind: AssetKind,
			/// Watts in each timestep.
			power: Power,
			/// First timestep.
			start: Timestep,
			/// Last timestep.
			end: Timestep,
			/// The least that the seller takes, or the most that the buyer pays.
			price: Price,
			/// The offer of which it is what was left.
			parent: Option<OfferId>,
		},
		/// An offer was withdrawn by its poster.
		OfferRescinded {
			/// Its id.
			offer_id: OfferId,
		},
		/// Energy was traded.
		OfferAccepted {
			/// The offer that was accepted; in a clearing, the ask.
			offer_id: OfferId,
			/// The acceptor's asset; in a clearing, the bid's.
			asset_id: AssetId,
			/// Watts in each timestep.
			power: Power,
			/// First timestep.
			start: Timestep,
			/// Last timestep.
			end: Timestep,
			/// Money units per watt and timestep.
			price: Price,
			/// What the buyer paid.
			cost: Balance,
			/// The buyer's new production asset.
			production_asset: AssetId,
			/// The seller's new consumption asset.
			consumption_asset: AssetId,
		},
		/// An offer's last timestep was gated, or cleared, and something of it was not traded: it returned.
		OfferExpired {
			/// Its id.
			offer_id: OfferId,
		},
		/// A timestep was cleared.
		MarketCleared {
			/// The timestep.
			timestep: Timestep,
			/// The price; 0 if nothing crossed.
			price: Price,
			/// What was exchanged, in watts.
			power: Power,
		},
	}

	/// Why nothing happened.
	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// No such offer: it never existed, or nothing of it is on the market any more.
		OfferNotFound,
		/// The asset, or the offer, is somebody else's.
		NotOwner,
		/// No such asset.
		AssetNotFound,
		/// An open offer or a mixing deposit holds the asset.
		AssetLocked,
		/// The asset is not locked.
		AssetNotLocked,
		/// The asset's settlement window has passed.
		AssetExpired,
		/// Offer and asset have no timestep in common.
		IntervalsDisjoint,
		/// A timestep of the asset is gated, or all that offer and asset have in common is, or all that is left of the
		/// offer waits for its clearing.
		GateClosed,
		/// An ask is accepted with a consumption asset, a bid with a production asset.
		WrongKind,
		/// In an auction nothing is accepted: post an offer.
		WrongMode,
		/// The fixed price is below what the seller takes, or above what the buyer pays.
		PriceNotMet,
		/// What would be exchanged is worse than the given limits.
		WorseThanLimits,
		/// The offer is exchanged whole or not at all.
		AllOrNothing,
		/// The price is not a multiple of the price tick.
		NotMultipleOfTick,
		/// The buyer has not that much free money.
		InsufficientFunds,
		/// An account would have less money than it needs to exist.
		BelowExistentialDeposit,
		/// The trade would raise production, consumption or their difference above a feeder's limit.
		FeederLimitExceeded,
		/// As many offers of this kind as there may be cover one of the timesteps.
		BookFull,
		/// A number does not fit its type.
		Overflow,
	}

	impl<T> From<AssetLedgerError> for Error<T> {
		fn from(error: AssetLedgerError) -> Self {
			match error {
				AssetLedgerError::AssetNotFound => Error::AssetNotFound,
				AssetLedgerError::NotOwner => Error::NotOwner,
				AssetLedgerError::AssetLocked => Error::AssetLocked,
				AssetLedgerError::AssetNotLocked => Error::AssetNotLocked,
				AssetLedgerError::AssetExpired => Error::AssetExpired,
				AssetLedgerError::Overflow => Error::Overflow,
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// After the inherents, so with this block's time.
		fn on_poll(_: BlockNumberFor<T>, remaining: &mut WeightMeter) {
			let limit = Self::share_of_block().min(remaining.remaining());
			let mut meter = WeightMeter::with_limit(limit);
			Self::tend(&mut meter);
			remaining.consume(meter.consumed());
		}

		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			Self::tend(&mut meter);
			Self::prune(&mut meter);
			meter.consumed()
		}

		fn integrity_test() {
			assert!(T::MaxOffers::get() >= 10_000, "MaxOffers must be at least 10 000");
			for step in [
				T::WeightInfo::begin_clearing(),
				T::WeightInfo::free_offer(),
				T::WeightInfo::freeze_whole_offer(),
				T::WeightInfo::freeze_offer(),
				T::WeightInfo::match_slices(),
				T::WeightInfo::split_slice(),
				T::WeightInfo::read_feeder(),
				T::WeightInfo::pair_slices(),
				T::WeightInfo::release_slice(),
				T::WeightInfo::write_feeder(),
			] {
				assert!(
					T::WeightInfo::tend().saturating_add(step).all_lte(Self::share_of_block()),
					"ClearingShare must have room for a step, or clearings never end"
				);
			}
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Offers an energy asset: a production asset for sale (an ask), or to buy for a consumption asset (a bid) (P3, 4.2,
		/// postOffer).
		///
		/// ## Dispatch Origin
		///
		/// Signed by the asset's owner. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// `price`, in money units per watt and timestep, is the least that a seller takes, or the most that a buyer pays.
		/// All timesteps of the asset must be open. The asset is locked, and a bid's price × power × timesteps is put on
		/// hold; what an account needs to exist stays free. What is not traded returns when its timestep is gated.
		///
		/// ## Errors
		///
		/// - [`Error::AssetNotFound`], [`Error::NotOwner`], [`Error::AssetLocked`], [`Error::GateClosed`]: not this asset,
		///   not now.
		/// - [`Error::NotMultipleOfTick`], [`Error::Overflow`]: not this price.
		/// - [`Error::InsufficientFunds`], [`Error::BelowExistentialDeposit`]: a bid needs more money.
		/// - [`Error::BookFull`]: there are as many offers as there may be.
		///
		/// ## Events
		///
		/// [`Event::OfferPosted`].
		///
		/// ## Complexity
		///
		/// Independent of the length of the interval and the number of offers.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::post_offer())]
		pub fn post_offer(origin: OriginFor<T>, asset_id: AssetId, price: Price) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_post_offer(who, asset_id, price, OfferOptions::default())
		}

		/// As `post_offer`, with options.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the asset's owner. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// With `all_or_nothing` the offer is exchanged whole or not at all; it takes no part in clearings, and returns when
		/// its first timestep is gated. With `close_on_partial` the rest returns when a part of the offer was accepted.
		///
		/// ## Errors
		///
		/// Those of `post_offer`.
		///
		/// ## Events
		///
		/// [`Event::OfferPosted`].
		///
		/// ## Complexity
		///
		/// Independent of the length of the interval and the number of offers.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::post_offer())]
		pub fn post_offer_with(
			origin: OriginFor<T>,
			asset_id: AssetId,
			price: Price,
			options: OfferOptions,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_post_offer(who, asset_id, price, options)
		}

		/// Takes an offer off the market (P3, 4.2, rescindOffer).
		///
		/// ## Dispatch Origin
		///
		/// Signed by the poster. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// Unlocks the asset and releases the money, but for timesteps that are gated in an auction: these wait for their
		/// clearing, under the same id.
		///
		/// ## Errors
		///
		/// [`Error::OfferNotFound`], [`Error::NotOwner`]; [`Error::GateClosed`] if all that is left waits for its clearing.
		///
		/// ## Events
		///
		/// [`Event::OfferRescinded`].
		///
		/// ## Complexity
		///
		/// Independent of the length of the interval and the number of offers.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::rescind_offer())]
		pub fn rescind_offer(origin: OriginFor<T>, offer_id: OfferId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_rescind_offer(&who, offer_id)
		}

		/// Accepts an offer: an ask with a consumption asset and money, a bid with a production asset (P3, 4.2,
		/// acceptOffer).
		///
		/// ## Dispatch Origin
		///
		/// Signed by the asset's owner. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// Exchanged is the overlap: open timesteps from the later start to the earlier end, cut to its first run of one
		/// market mode and price, at the smaller power. The production asset for it goes to the buyer, the consumption asset
		/// and the money to the seller, at the offer's price, or the fixed one. What does not overlap returns: the acceptor's
		/// as unlocked assets; the offer's, before, after and above, stays offered at the same price and age under new ids,
		/// in that order, or returns with `close_on_partial`; a bid's surplus goes to the buyer.
		///
		/// `limits` says the worst outcome that is acceptable: the price, the power, and the interval that must be covered.
		///
		/// ## Errors
		///
		/// - [`Error::OfferNotFound`], [`Error::AssetNotFound`], [`Error::NotOwner`], [`Error::AssetLocked`],
		///   [`Error::WrongKind`]: not this offer, not this asset.
		/// - [`Error::IntervalsDisjoint`], [`Error::GateClosed`], [`Error::WrongMode`], [`Error::PriceNotMet`],
		///   [`Error::AllOrNothing`], [`Error::WorseThanLimits`]: there is nothing to exchange.
		/// - [`Error::FeederLimitExceeded`]: a feeder of the two has no room for it.
		/// - [`Error::InsufficientFunds`], [`Error::BelowExistentialDeposit`], [`Error::Overflow`]: it cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::OfferAccepted`], then [`Event::OfferPosted`] for each part that stays offered.
		///
		/// ## Complexity
		///
		/// Independent of the length of the interval and the number of offers.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::accept_offer())]
		pub fn accept_offer(
			origin: OriginFor<T>,
			offer_id: OfferId,
			asset_id: AssetId,
			limits: Option<TradeLimits>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_accept_offer(&who, offer_id, asset_id, limits)
		}
	}
}
