//! # Free calls
//!
//! Who may sign without paying, and how spam is kept out (specification, section 8).
//!
//! ## Pallet API
//!
//! The pallet has no calls. Its work is done by the transaction extension [`FreeCallQuota`], which stands in the
//! place of the four standard extensions for era, nonce, weight and payment, and by the grants of quota that other
//! pallets make through `petra_primitives::QuotaGrants`. Which calls are free, and what they cost, is decided by
//! [`Config::Cost`].
//!
//! ## Overview
//!
//! Meters, and addresses that hold assets, pay no fees for petra's calls; there is nobody to buy coins from. So that
//! free calls cannot fill blocks:
//!
//! - Each address that was granted one has a quota of **asset writes** per window of blocks. A call costs what
//!   [`Config::Cost`] says, at least 1, whether it succeeds or fails. Windows are fixed: blocks `0..64`, `64..128`, …
//! - All that nobody pays for takes at most three quarters of what normal transactions may weigh in a block together
//!   ([`FREE_SHARE`]).
//! - Inside that share those go first who have used less of it, as households and not as addresses ([`FIRST_RANK`],
//!   [`BEHIND_STEP`]): the place of an address depends on how many others its maker has made since.
//! - A free call is valid in the transaction pool only if the calls before it (by nonce) and it itself fit into what
//!   is left of the quota, so that a flood never enters.
//!
//! Over quota a call is invalid, `1010: Invalid Transaction: Custom error: 101` in polkadot.js ([`OVER_QUOTA`]); it is
//! never charged a fee instead. Free calls must be mortal ([`IMMORTAL`]): together with nonces that start at the
//! block number ([`BlockNumberNonce`]) nothing that was signed earlier can be replayed when an address comes back.
//! Only the top level of a transaction is looked at: free calls inside utility, proxy or multisig pay. A tip on a free
//! call is not charged, and buys nothing. An address without a grant pays normal fees for everything.
//!
//! An account that signed more often than there were blocks since it began, and ends, could begin again with a nonce that
//! was used. Its last nonce is therefore kept until the block number has passed it, and lifts the new account's
//! ([`NonceFloors`]).
//!
//! ### Genesis values
//!
//! - `quota` (64): asset writes per address and window, at least 1.
//! - `window` (64): blocks, at least 1.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod extension;
mod nonce;
mod order_impls;
mod quota_impls;
mod types;
pub mod weights;

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

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use extension::{FreeCallQuota, Pre, StandardExtensions, Val};
pub use nonce::BlockNumberNonce;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use sp_runtime::{transaction_validity::TransactionPriority, Perbill};

/// The code of a free call that the quota of its signer does not cover. polkadot.js shows
/// `1010: Invalid Transaction: Custom error: 101`. What to do: wait for the next window of blocks.
pub const OVER_QUOTA: u8 = 101;

/// The code of a free call that never expires. polkadot.js shows `1010: Invalid Transaction: Custom error: 102`. What
/// to do: sign with a lifetime (a mortal era).
pub const IMMORTAL: u8 = 102;

/// How many nonces of accounts that ended one block's idle time forgets at most.
pub const MAX_IDLE_STEPS: u32 = 256;

/// Of what normal transactions may weigh in a block, the part that those may take for which nobody pays.
pub const FREE_SHARE: Perbill = Perbill::from_percent(75);

/// What is added to the pool priority of every transaction that pays. Free calls have less.
///
/// A full share of free calls is told to the block author as "exhausts resources": the call stays in the pool and comes
/// again in the next block. The author takes that as "the block is full" and gives up after a few more tries, so whatever
/// pays must have come before: hence the gap.
pub const PAID_PRIORITY: TransactionPriority = 1 << 32;

/// The least pool priority of a free call in the first rank: by a meter's key, or by an address that a meter, the DSO or a
/// mixing withdrawal made. Addresses that a free `transfer` made have less.
pub const FIRST_RANK: TransactionPriority = 1 << 31;

/// So many asset writes are one step: the first of an address in a window go at the address's place.
pub const STEP: u32 = 4;

/// Each further step of an address goes as if so many more addresses had been made after it.
pub const BEHIND_STEP: u64 = 16;

// What FRAME's macros add for try-runtime expects.
#[cfg_attr(feature = "try-runtime", allow(clippy::expect_used))]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, weights::WeightMeter};
	use frame_system::pallet_prelude::*;
	use petra_primitives::{AddressMaker, FreeCallCost};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// What the pallet needs of its runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config + pallet_transaction_payment::Config {
		/// Which calls are free for whom, and what they cost of the quota.
		type Cost: FreeCallCost<Self::AccountId, <Self as frame_system::Config>::RuntimeCall>;

		/// Weights of what the extension does beside the standard extensions.
		type WeightInfo: WeightInfo;

		/// Makes the call by which the extension is measured.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<
			Self::AccountId,
			<Self as frame_system::Config>::RuntimeCall,
		>;
	}

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The quota of every address, and the length of the windows.
	#[pallet::storage]
	pub type QuotaRules<T: Config> = StorageValue<_, Rules, ValueQuery>;

	/// What each address that was granted a quota has used of it; gone with the address's account.
	// Blake2_128Concat: anybody chooses addresses.
	#[pallet::storage]
	pub type Usage<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, QuotaUsage>;

	/// How many addresses each maker has made.
	// Twox64Concat: meters are the regulator's choice.
	#[pallet::storage]
	pub type Makers<T: Config> = StorageMap<_, Twox64Concat, AddressMaker, Making, ValueQuery>;

	/// The next nonces of accounts that ended, while the block number has not passed them.
	// Blake2_128Concat: anybody chooses addresses.
	#[pallet::storage]
	pub type NonceFloors<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, T::Nonce>;

	/// Whose they are, by the nonce (big-endian).
	// Identity, so that the map's order is that of nonces; Blake2_128Concat: anybody chooses addresses.
	#[pallet::storage]
	pub type FloorQueue<T: Config> =
		StorageDoubleMap<_, Identity, [u8; 8], Blake2_128Concat, T::AccountId, ()>;

	/// The weight of what nobody pays for in this block; none between blocks.
	#[pallet::storage]
	#[pallet::whitelist_storage]
	pub type FreeWeight<T: Config> = StorageValue<_, Weight, ValueQuery>;

	/// The quota of every address, and the length of the windows.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// Asset writes per address and window, at least 1.
		pub quota: u32,
		/// Blocks in a window, at least 1.
		pub window: u32,
		/// Nothing.
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			let Rules { quota, window } = Rules::default();
			Self { quota, window, _config: Default::default() }
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			let rules = Rules { quota: self.quota, window: self.window };
			assert!(rules.quota >= 1, "freeCalls.quota must be at least 1 asset write");
			assert!(rules.window >= 1, "freeCalls.window must be at least 1 block");
			QuotaRules::<T>::put(rules);
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			// For `on_finalize`.
			<T as Config>::WeightInfo::on_finalize()
		}

		fn on_finalize(_: BlockNumberFor<T>) {
			FreeWeight::<T>::kill();
		}

		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			Self::forget_floors(&mut meter);
			meter.consumed()
		}

		fn integrity_test() {
			assert!(
				Pallet::<T>::share().ref_time() > 0,
				"normal transactions must have room in a block"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
