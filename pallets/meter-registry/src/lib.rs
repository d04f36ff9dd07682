//! # Meter registry
//!
//! Smart meters: their keys, feeders, limits and status over time, and what they withdrew (specification, section 4;
//! P1, "Smart-Meter Transactions").
//!
//! ## Pallet API
//!
//! The pallet has no calls. The regulator changes the register through `Regulation` ([`MeterAdministration`]), meters
//! and the DSO use limits up by withdrawing through `EnergyAssets` ([`MeterLimits`]). See the [`pallet`] module for
//! storage and configuration. For runtime APIs: [`Pallet::meter_info`], [`Pallet::withdrawn`], [`Pallet::headroom`],
//! [`Pallet::withdrawn_on_feeder`]; for other pallets: [`Pallet::was_authorized`].
//!
//! ## Overview
//!
//! **Status over time.** An authorisation or ban at `time` is in force from the timestep after it on and discards what
//! was recorded for timesteps after `time` before. New limits count from then on in whatever status is or will be in
//! force: later changes of status stay. Of the past, what was in force up to two billing periods ago is kept, at most
//! `MaxChanges` changes in all: the oldest makes room, so that a ban is never refused for want of it. Ahead of the
//! present there are at most `MaxChangesAhead`. A change whose `time` is the last timestep there is is never in force.
//!
//! **Keys** sign for one meter each, as soon as the authorisation is recorded. The pallet holds a sufficient reference
//! on a key's account, so that a meter can sign without money, and grants it its quota of free calls. The account of a
//! key that was replaced is held until the block number has passed its nonce, so that nothing that it signed can be
//! replayed when it comes back.
//!
//! **The meter path.** Gross power per meter, kind and timestep is at most the limit there, money per billing period
//! (`now / billingPeriod`) at most the limit in force now. What is withdrawn stays with the meter's id.
//!
//! **The DSO path.** Per feeder, kind and timestep what the DSO created is at most the sum of the limits of the
//! feeder's meters that are authorised on this path, when it creates. A meter that has itself withdrawn power for
//! later timesteps when it is put on this path counts only after the last of these. In the other direction the ledger
//! cannot tell for whom the DSO created: before it moves a household to the meter path, or to another feeder, the DSO
//! sees to it that it has created nothing for it in the timesteps concerned, or sets `time` after them.
//!
//! **Feeders.** A new feeder counts at once, in all timesteps from the present on, and only if the meter has no
//! withdrawn power in the present timestep or later. A feeder's number of meters counts each meter that was ever
//! authorised on it, once.
//!
//! **Bounded state.** Amounts per timestep are kept in pages of at most 64 parts of time
//! ([`petra_schedule::timeline`]): a withdrawal at 4-second timesteps touches at most 9 pages of each of two series,
//! for any interval and any number of meters on the feeder. Pages that lie wholly before the settlement window are
//! removed in idle block time, [`PAGES_PER_STEP`] at a step, at most [`MAX_IDLE_STEPS`] steps a block. Timesteps
//! before the window read as zero or as they were.
//!
//! ### Genesis values and constants
//!
//! | name | default | |
//! | --- | --- | --- |
//! | `meters` (genesis) | none | meters that are authorised from timestep 0 on |
//! | `MaxChanges` | 64 in petra's runtime | changes kept per meter |
//! | `MaxChangesAhead` | 16 in petra's runtime | of these, changes ahead of the present |

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod administration_impls;
mod keys_impls;
mod prune_impls;
mod query_impls;
mod series;
mod types;
pub mod weights;
mod withdrawal_impls;

#[cfg(any(feature = "try-runtime", test))]
mod try_state;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod mock;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests;

pub use pallet::*;
pub use query_impls::MAX_SEGMENTS;
pub use types::*;
pub use weights::WeightInfo;

#[allow(unused_imports)] // for the documentation
use petra_primitives::{MeterAdministration, MeterLimits};

/// Steps of each kind in the idle time of one block, at most.
pub const MAX_IDLE_STEPS: u32 = 128;
/// Pages that a step removes, at most.
pub const PAGES_PER_STEP: u32 = 8;

// What FRAME's macros add for try-runtime expects.
#[cfg_attr(feature = "try-runtime", allow(clippy::expect_used))]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{pallet_prelude::*, weights::WeightMeter};
	use frame_system::pallet_prelude::*;
	use petra_primitives::{Authorization, FeederId, Grid, MeterId, QuotaGrants};
	use petra_schedule::timeline::{Page, PageKey, Root};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// A meter as this runtime stores it.
	pub type MeterOf<T> = Meter<<T as frame_system::Config>::AccountId, <T as Config>::MaxChanges>;

	/// What the pallet needs of its runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Weights of the steps in idle block time.
		type WeightInfo: WeightInfo;

		/// Units and time.
		type Grid: Grid;

		/// Gives meters their quota of free calls.
		type Quota: QuotaGrants<Self::AccountId>;

		/// The most changes of status, path and limits that are kept of a meter; at least two more than
		/// `MaxChangesAhead`.
		#[pallet::constant]
		type MaxChanges: Get<u32>;

		/// The most changes of a meter ahead of the present; at least 1.
		#[pallet::constant]
		type MaxChangesAhead: Get<u32>;
	}

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The meters.
	// Twox64Concat: only the regulator chooses the keys.
	#[pallet::storage]
	pub type Meters<T: Config> = StorageMap<_, Twox64Concat, MeterId, MeterOf<T>>;

	/// Which meter a key signs for.
	// Blake2_128Concat: whoever makes a meter's key chooses it.
	#[pallet::storage]
	pub type Keys<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, MeterId>;

	/// Keys that were replaced and whose accounts are still held, with the block as of which that may end.
	// Blake2_128Concat: as for the keys.
	#[pallet::storage]
	pub type Retired<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, BlockNumberFor<T>>;

	/// The same by block (big-endian), the first to be released first.
	// Identity: the order of the blocks is what it is for. Blake2_128Concat: as for the keys.
	#[pallet::storage]
	pub type RetiredQueue<T: Config> =
		StorageDoubleMap<_, Identity, [u8; 8], Blake2_128Concat, T::AccountId, ()>;

	/// Which meters were ever authorised on a feeder.
	// Twox64Concat: only the regulator chooses the keys.
	#[pallet::storage]
	pub type EverOn<T: Config> =
		StorageDoubleMap<_, Twox64Concat, FeederId, Twox64Concat, MeterId, ()>;

	/// How many they are.
	// Twox64Concat: only the regulator chooses the keys.
	#[pallet::storage]
	pub type MetersOn<T: Config> = StorageMap<_, Twox64Concat, FeederId, u32, ValueQuery>;

	/// The tops of the amounts per timestep.
	// Twox64Concat: only the regulator chooses the meters and feeders.
	#[pallet::storage]
	pub type Roots<T: Config> = StorageMap<_, Twox64Concat, Series, Root>;

	/// The amounts per timestep.
	// Twox64Concat: meters and feeders are the regulator's, intervals of time nobody's choice.
	#[pallet::storage]
	pub type Pages<T: Config> =
		StorageDoubleMap<_, Twox64Concat, Series, Twox64Concat, PageKey, Page>;

	/// How far what is past is removed.
	#[pallet::storage]
	pub type Pruning<T: Config> = StorageValue<_, PruneState, ValueQuery>;

	/// Meters that are there from the start.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Meters that are authorised from timestep 0 on; neither an id nor a key twice.
		pub meters: Vec<Authorization<T::AccountId>>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for authorization in &self.meters {
				let id = authorization.id;
				assert!(!Meters::<T>::contains_key(id), "meter {id} is in the genesis twice");
				let result = Pallet::<T>::authorize_from(authorization, Some(0));
				assert!(result.is_ok(), "meter {id} in the genesis: {result:?}");
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			let (all, ahead) = (T::MaxChanges::get(), T::MaxChangesAhead::get());
			assert!(ahead >= 1, "MaxChangesAhead must be at least 1");
			assert!(
				all >= ahead.saturating_add(2),
				"MaxChanges must hold MaxChangesAhead, what is in force now, and what was before"
			);
		}

		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			Self::release_keys(&mut meter);
			Self::prune(&mut meter);
			meter.consumed()
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
