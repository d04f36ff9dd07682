//! # Validator set
//!
//! The validators of a permissioned petra network (specification, section 9).
//!
//! ## Pallet API
//!
//! See the [`pallet`] module: calls, storage, events, errors and configuration.
//!
//! ## Overview
//!
//! The regulator adds and removes validators; nobody else can. Registering session keys (`session.set_keys`) prepares
//! an account for duty, but never puts it on duty: only accounts in [`Validators`] are handed to `pallet-session`.
//! Changes are queued as `pallet-session` does: what is decided in session `n` is planned when session `n + 1` begins
//! and in force from session `n + 2`.
//!
//! A validator that equivocates is removed without staking (nothing is slashed) and is disabled for the sessions that
//! it still serves. If the removal would break `MinAuthorities`, the offender is disabled, stays disabled over session
//! changes, and is removed as soon as a replacement with session keys makes room. The last validator that can still
//! make blocks is never disabled, because then nobody could queue a replacement; [`Event::OffenderKept`] says so.
//!
//! A validator may be added before it has session keys; it takes up duty in the second session after it has them. For
//! `MinAuthorities` only validators that have keys count, so that adding accounts that cannot serve never makes room
//! for removing accounts that do.
//!
//! The pallet holds a provider reference on every validator's account, so that a validator needs no money to hold
//! session keys. Session keys of a removed validator are purged when it has served its last session; until then they
//! are needed to prove equivocations.
//!
//! ### Genesis values
//!
//! - `initial_validators` (none, which makes no blocks): the first validators, at least `MinAuthorities`, whose session
//!   keys are in the genesis of `pallet-session`. This pallet must stand before `pallet-session` in the runtime.
//! - `session_length` (600): blocks in a session, at least 1; see [`SessionLength`].

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod session_impls;
mod types;
mod validators_impls;
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

pub use pallet::*;
pub use session_impls::{SessionLength, UnitIdentificationOf};
pub use types::*;
pub use weights::WeightInfo;

pub(crate) const LOG_TARGET: &str = "runtime::validator-set";

// What FRAME's macros add for try-runtime expects.
#[cfg_attr(feature = "try-runtime", allow(clippy::expect_used))]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use sp_staking::SessionIndex;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// What the pallet needs of its runtime.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>>
		+ pallet_session::Config<ValidatorId = <Self as frame_system::Config>::AccountId>
	{
		/// Who adds and removes validators: the DSO.
		type RegulatorOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The fewest validators with session keys that a removal may leave; at least 1.
		#[pallet::constant]
		type MinAuthorities: Get<u32>;

		/// The most validators; more than `MinAuthorities`, so that a replacement can always be queued, and at most
		/// what the consensus pallets hold.
		#[pallet::constant]
		type MaxAuthorities: Get<u32>;

		/// For how many past sessions equivocations can be proven; at least 2. Roots of older sessions are pruned.
		#[pallet::constant]
		type HistoryDepth: Get<SessionIndex>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The validators that the regulator wants, in the order in which it added them. `session.validators` says who
	/// serves now.
	#[pallet::storage]
	pub type Validators<T: Config> =
		StorageValue<_, BoundedVec<T::AccountId, T::MaxAuthorities>, ValueQuery>;

	/// Validators that offended and whose removal waits for a replacement; all are in [`Validators`].
	#[pallet::storage]
	pub type PendingOffenders<T: Config> =
		StorageValue<_, BoundedVec<T::AccountId, T::MaxAuthorities>, ValueQuery>;

	/// Accounts that were removed from [`Validators`] and still serve the current or the next session.
	#[pallet::storage]
	pub type Leaving<T: Config> =
		StorageValue<_, BoundedVec<Leaver<T::AccountId>, MaxLeaving<T>>, ValueQuery>;

	/// The session in which the regulator added a validator; none for validators of the genesis. Offences of earlier
	/// sessions are held to be known to the regulator.
	// Twox64Concat: only the regulator chooses the keys, and they are few.
	#[pallet::storage]
	pub type AddedIn<T: Config> = StorageMap<_, Twox64Concat, T::AccountId, SessionIndex>;

	/// Blocks in a session; read it through [`SessionLength`].
	#[pallet::storage]
	pub type BlocksPerSession<T: Config> =
		StorageValue<_, BlockNumberFor<T>, ValueQuery, DefaultBlocksPerSession<T>>;

	/// Ten minutes of one-second blocks.
	#[pallet::type_value]
	pub fn DefaultBlocksPerSession<T: Config>() -> BlockNumberFor<T> {
		600u32.into()
	}

	/// The first validators, and the length of a session.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// The first validators: at least `MinAuthorities`, none twice, each with keys in the genesis of the session
		/// pallet.
		pub initial_validators: Vec<T::AccountId>,
		/// Blocks in a session, at least 1.
		pub session_length: BlockNumberFor<T>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self {
				initial_validators: Vec::new(),
				session_length: DefaultBlocksPerSession::<T>::get(),
			}
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			Pallet::<T>::build_genesis(self);
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// The regulator added a validator: it serves from the session after the next, if it has session keys.
		ValidatorAdded {
			/// The validator.
			account: T::AccountId,
		},
		/// The regulator removed a validator: it serves to the end of the next session at most.
		ValidatorRemoved {
			/// The validator that was.
			account: T::AccountId,
		},
		/// A validator offended and was removed; it is disabled while it still serves.
		OffenderRemoved {
			/// The validator that was.
			account: T::AccountId,
		},
		/// A validator offended, but removing it would leave fewer than `MinAuthorities`: it makes no blocks, and it
		/// is removed when a replacement is queued.
		OffenderDisabled {
			/// The validator.
			account: T::AccountId,
		},
		/// An offender goes on making blocks, because it is the last that can, and without it no replacement could be
		/// queued.
		OffenderKept {
			/// The validator.
			account: T::AccountId,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The account is a validator already.
		AlreadyValidator,
		/// The account is not a validator.
		NotValidator,
		/// Fewer than `MinAuthorities` validators with session keys would remain. Add another validator first, and
		/// have it set its session keys.
		TooFewValidators,
		/// There are `MaxAuthorities` validators already.
		TooManyValidators,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			let (min, max) = (T::MinAuthorities::get(), T::MaxAuthorities::get());
			assert!(min >= 1, "MinAuthorities must be at least 1");
			assert!(min < max, "MinAuthorities must be less than MaxAuthorities");
			assert!(T::HistoryDepth::get() >= 2, "HistoryDepth must be at least 2");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Adds a validator to the network.
		///
		/// ## Dispatch Origin
		///
		/// The regulator (`RegulatorOrigin`): in petra's node, sudo.
		///
		/// ## Details
		///
		/// The account takes up duty in the session after the next, if its session keys are set by the time that the
		/// next session begins; otherwise two sessions after they are. From now on the account needs no money to
		/// exist, so that its keys can be set, by itself or with `sudo.sudo_as`. If an offender waits for a
		/// replacement and this account can be one, the offender is removed. An account that was removed and still
		/// serves may be added again; if it was disabled, it is enabled again.
		/// (Specification, section 9.)
		///
		/// ## Errors
		///
		/// - `AlreadyValidator`
		/// - `TooManyValidators`
		///
		/// ## Events
		///
		/// - `ValidatorAdded`, and `OffenderRemoved` for an offender whom it replaces
		///
		/// ## Complexity
		///
		/// Grows with the number of validators, at most `MaxAuthorities`.
		#[pallet::call_index(0)]
		#[pallet::weight((<T as Config>::WeightInfo::add_validator(), DispatchClass::Operational))]
		pub fn add_validator(origin: OriginFor<T>, account: T::AccountId) -> DispatchResult {
			T::RegulatorOrigin::ensure_origin(origin)?;
			Self::do_add_validator(account)
		}

		/// Removes a validator from the network.
		///
		/// ## Dispatch Origin
		///
		/// The regulator (`RegulatorOrigin`): in petra's node, sudo.
		///
		/// ## Details
		///
		/// The account gives up duty at the end of the next session, or, if it was added in this one, never takes it
		/// up. Its session keys are purged when it has served for the last time. (Specification, section 9.)
		///
		/// ## Errors
		///
		/// - `NotValidator`
		/// - `TooFewValidators`: add a replacement, with session keys, first
		///
		/// ## Events
		///
		/// - `ValidatorRemoved`
		///
		/// ## Complexity
		///
		/// Grows with the number of validators, at most `MaxAuthorities`.
		#[pallet::call_index(1)]
		#[pallet::weight((<T as Config>::WeightInfo::remove_validator(), DispatchClass::Operational))]
		pub fn remove_validator(origin: OriginFor<T>, account: T::AccountId) -> DispatchResult {
			T::RegulatorOrigin::ensure_origin(origin)?;
			Self::do_remove_validator(account)
		}
	}
}
