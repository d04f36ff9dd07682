//! # Mixing
//!
//! Pools in which notes of energy and money are mixed, so that nobody can tell whose they were (specification, section 7;
//! P1, "Transaction Anonymity").
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for the calls, storage, events and errors. [`Pallet::mixing_pools`] and [`Pallet::ring`] answer
//! the runtime API, [`Pallet::free_call_cost`] says which calls are free and what they cost of a quota. Withdrawals are
//! *general transactions*: unsigned, and free.
//!
//! ## Overview
//!
//! A **pool** holds identical notes, and is named by its note: energy of one kind, feeder, `traded`, power and interval, or
//! one amount of money. Who deposits a note adds a fresh **member key** to the pool's **ring**. Who knows the secret of
//! *some* key in the ring withdraws *a* note, to an address that nobody has ever seen; the proof does not say which key it
//! was, and works once, because the key's alias in the ring, the **nullifier**, is remembered.
//!
//! **Rings.** A ring takes up to 255 keys; then the next one opens. Each key makes a **revision** of the ring with a root of
//! its own: the first `n + 1` keys are revision `n`. A revision accepts withdrawals once it has `min_size` keys and is
//! `min_age` blocks old, whatever came later, so that nobody can hold a ring back by adding to it. It does so for
//! [`Config::RootRetention`] blocks after its successor could be used; the newest usable one does for good. A ring keeps the
//! rules that were in force when it was opened: who is in it knows under which rules its note comes out.
//!
//! **Failed rings.** A ring that has no usable revision by its deadline has failed, for good. Energy: before its first
//! timestep is gated. Money: [`Config::RingTimeout`] blocks after its first deposit. Nothing goes in and nothing comes out;
//! who deposited takes its note back openly, with `reclaim`. A ring that ever had a usable revision never fails, so that a
//! note cannot come out twice.
//!
//! **Expiry.** Energy notes expire as assets do, when the settlement window after their end has passed. Idle block time
//! removes them, and the rings, in bounded steps.
//!
//! **Money** in pools is on the account of [`Config::PotId`]. Nothing is issued or burned: a deposit into a pool is no deposit
//! to the DSO.
//!
//! **Withdrawals cost nothing**, so whatever a dispatch could refuse is refused when the transaction is authorised, else the
//! same one could be sent again and again: the call filter, the deadline, the ring, the revision, the nullifier, the
//! recipient, in that order, and the proof last. A withdrawal that is authorised does not fail. What was refused is
//! `1010: Invalid Transaction: Custom error: n`, where `n` is [`FIRST_REFUSAL`] plus the place of the error in [`Error`]; a
//! closed call filter is `Invalid call`.
//!
//! **In the transaction pool** each nullifier is a tag that a withdrawal provides: of two that take out the same note, the
//! first stays. A withdrawal stands among free calls as one of its recipient before which others of that recipient wait, one
//! for each note: free calls of addresses that have hardly made any go first, and a flood of them comes later.
//!
//! ### Genesis values
//!
//! - `unit` (1 000 000): amounts of money are powers of two times this.
//! - `minRingSize` (10), `minRingAge` (20 blocks): when a revision accepts withdrawals.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod deposit_impls;
mod idle_impls;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod mock;
mod note_impls;
#[allow(clippy::arithmetic_side_effects)]
mod proofs;
mod query_impls;
mod ring_impls;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod types;
pub mod weights;
mod withdraw_impls;

pub use pallet::*;
pub use proofs::{BUILDER_BYTES, PROOF_BYTES, RING_CAPACITY, ROOT_BYTES};
pub use types::*;
pub use weights::WeightInfo;

/// The code of the first of the pallet's errors when it refuses a withdrawal: `Custom error: 110`.
pub const FIRST_REFUSAL: u8 = 110;

/// How many steps of each kind one block's idle time takes at most.
pub const MAX_IDLE_STEPS: u32 = 256;

/// How many keys, revisions or nullifiers of a ring that is done a step removes.
pub const CLEANED_PER_STEP: u32 = 32;

// What FRAME's macros add for try-runtime expects.
#[cfg_attr(feature = "try-runtime", allow(clippy::expect_used))]
#[frame_support::pallet]
pub mod pallet {
	use super::{types::Member, *};
	use frame_support::{
		pallet_prelude::*, traits::fungible::Mutate, weights::WeightMeter, PalletId,
	};
	use frame_system::{ensure_authorized, pallet_prelude::*};
	use petra_primitives::{
		AssetLedger, AssetLedgerError, Balance, BlockNumber, FeederId, FreeOrder, Grid, Note,
		QuotaGrants, Source, Withdrawal,
	};
	use sp_core::H256;
	use sp_runtime::AccountId32;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// What the runtime decides.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<
		AccountId = AccountId32,
		Hash = H256,
		RuntimeCall: From<Call<Self>>,
		RuntimeEvent: From<Event<Self>>,
	>
	{
		/// Measured weights.
		type WeightInfo: WeightInfo;

		/// The DSO.
		type RegulatorOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The ledger of energy assets.
		type Assets: AssetLedger<AccountId32>;

		/// Money.
		type Currency: Mutate<AccountId32, Balance = Balance>;

		/// Units and time.
		type Grid: Grid;

		/// Where new addresses get their quota of free calls.
		type Quota: QuotaGrants<AccountId32>;

		/// Where withdrawals stand among free calls.
		type Order: FreeOrder<AccountId32>;

		/// The account that has the money in pools.
		#[pallet::constant]
		type PotId: Get<PalletId>;

		/// The most withdrawals in a batch.
		#[pallet::constant]
		type MaxBatch: Get<u32>;

		/// The most pools of energy on a feeder.
		#[pallet::constant]
		type MaxPoolsPerFeeder: Get<u32>;

		/// For how many blocks a revision stays valid after its successor became usable.
		#[pallet::constant]
		type RootRetention: Get<BlockNumber>;

		/// How many blocks after its first deposit a ring of money fails if it has no usable revision.
		#[pallet::constant]
		type RingTimeout: Get<BlockNumber>;
	}

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Amounts of money in pools are powers of two times this.
	#[pallet::storage]
	pub type Unit<T> = StorageValue<_, Balance, ValueQuery>;

	/// The rules of rings that are opened from now on.
	#[pallet::storage]
	pub type Rules<T> = StorageValue<_, RingRules, ValueQuery>;

	/// The pools.
	// Blake2_128Concat: depositors choose notes.
	#[pallet::storage]
	pub type Pools<T> = StorageMap<_, Blake2_128Concat, Note, Pool, OptionQuery>;

	/// How many pools of energy each feeder has; none are not stored.
	// Twox64Concat: feeders are the regulator's choice.
	#[pallet::storage]
	pub type PoolsOn<T> = StorageMap<_, Twox64Concat, FeederId, u32, ValueQuery>;

	/// The rings.
	// Blake2_128Concat: depositors choose notes.
	#[pallet::storage]
	pub type Rings<T> = StorageMap<_, Blake2_128Concat, RingId, Ring, OptionQuery>;

	/// What the next key is added to, for rings that take more.
	// Blake2_128Concat: depositors choose notes.
	#[pallet::storage]
	pub type Builders<T> = StorageMap<_, Blake2_128Concat, RingId, Builder, OptionQuery>;

	/// The keys of each ring, in the order of their deposits.
	// Blake2_128Concat: depositors choose notes; Twox64Concat: the pallet counts keys.
	#[pallet::storage]
	pub type Members<T> =
		StorageDoubleMap<_, Blake2_128Concat, RingId, Twox64Concat, u32, Member, OptionQuery>;

	/// The revisions of each ring.
	// Blake2_128Concat: depositors choose notes; Twox64Concat: the pallet counts revisions.
	#[pallet::storage]
	pub type Revisions<T> =
		StorageDoubleMap<_, Blake2_128Concat, RingId, Twox64Concat, u32, Revision, OptionQuery>;

	/// The nullifiers used in each ring.
	// Blake2_128Concat: depositors choose notes; Identity: nullifiers are hashes.
	#[pallet::storage]
	pub type Nullifiers<T> =
		StorageDoubleMap<_, Blake2_128Concat, RingId, Identity, [u8; 32], (), OptionQuery>;

	/// All keys that were ever used, by their hash, and their place in their ring.
	// Blake2_256: depositors choose keys, and the hash is enough.
	#[pallet::storage]
	pub type Keys<T> = StorageMap<_, Blake2_256, MemberKey, u32, OptionQuery>;

	/// The rings of energy whose fate is not decided, by their first timestep (big-endian).
	// Identity, so that the map's order is that of time; Blake2_128Concat: depositors choose notes.
	#[pallet::storage]
	pub type Gates<T> =
		StorageDoubleMap<_, Identity, [u8; 8], Blake2_128Concat, RingId, (), OptionQuery>;

	/// The rings of money whose fate is not decided, by the last block in which they may become usable (big-endian).
	// Identity, so that the map's order is that of blocks; Blake2_128Concat: depositors choose notes.
	#[pallet::storage]
	pub type Timeouts<T> =
		StorageDoubleMap<_, Identity, [u8; 8], Blake2_128Concat, RingId, (), OptionQuery>;

	/// The rings of energy that have not expired, by their last timestep (big-endian).
	// Identity, so that the map's order is that of time; Blake2_128Concat: depositors choose notes.
	#[pallet::storage]
	pub type Ends<T> =
		StorageDoubleMap<_, Identity, [u8; 8], Blake2_128Concat, RingId, (), OptionQuery>;

	/// The rings that are done, and are being removed.
	// Blake2_128Concat: depositors choose notes.
	#[pallet::storage]
	pub type Done<T> = StorageMap<_, Blake2_128Concat, RingId, (), OptionQuery>;

	/// The first block of timesteps (big-endian) that have begun, while they may decide about a ring.
	// Identity, so that the map's order is that of time.
	#[pallet::storage]
	pub type FirstBlocks<T> = StorageMap<_, Identity, [u8; 8], BlockNumber, OptionQuery>;

	/// The timestep of the last block.
	#[pallet::storage]
	pub type LastTimestep<T> = StorageValue<_, petra_primitives::Timestep, ValueQuery>;

	/// The unit of money, and the rules of rings.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// Amounts of money in pools are powers of two times this.
		pub unit: Balance,
		/// How many keys a revision must have, from 2 to 255.
		pub min_ring_size: u32,
		/// How many blocks old it must be.
		pub min_ring_age: BlockNumber,
		/// Nothing.
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			let RingRules { min_size, min_age } = RingRules::default();
			Self {
				unit: 1_000_000,
				min_ring_size: min_size,
				min_ring_age: min_age,
				_config: Default::default(),
			}
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			let rules = RingRules { min_size: self.min_ring_size, min_age: self.min_ring_age };
			assert!(self.unit > 0, "mixing.unit must be at least 1");
			assert!(
				Pallet::<T>::are_rules(&rules),
				"mixing.minRingSize must be from 2 to 255, mixing.minRingAge below the ring timeout"
			);
			Unit::<T>::put(self.unit);
			Rules::<T>::put(rules);
		}
	}

	/// What happened in the pools.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A note went into a ring.
		NoteDeposited {
			/// The pool.
			pool: Note,
			/// The ring.
			ring: u32,
			/// The key's place in it.
			index: u32,
			/// The key.
			member_key: MemberKey,
		},
		/// A ring has one key more.
		RingRevised {
			/// The pool.
			pool: Note,
			/// The ring.
			ring: u32,
			/// The new revision.
			revision: u32,
			/// How many keys it has.
			members: u32,
		},
		/// A note came out of a ring.
		NoteWithdrawn {
			/// The pool.
			pool: Note,
			/// The ring.
			ring: u32,
			/// What the withdrawer's key has used up.
			nullifier: [u8; 32],
			/// Who has the note.
			recipient: AccountId32,
		},
		/// A ring had no usable revision by its deadline: its notes go back.
		RingFailed {
			/// The pool.
			pool: Note,
			/// The ring.
			ring: u32,
		},
		/// A note was taken back from a ring that failed.
		NoteReclaimed {
			/// The pool.
			pool: Note,
			/// The ring.
			ring: u32,
			/// Whose note it was.
			member_key: MemberKey,
			/// Who has the note.
			recipient: AccountId32,
		},
		/// The settlement window of a ring's notes has passed: those that were left are gone.
		NotesExpired {
			/// The pool.
			pool: Note,
			/// The ring.
			ring: u32,
			/// How many there were.
			notes: u32,
		},
		/// Rings that are opened from now on have these rules.
		RingRulesSet {
			/// How many keys a revision must have.
			min_size: u32,
			/// How many blocks old it must be.
			min_age: BlockNumber,
		},
	}

	/// Why nothing happened. A withdrawal that is refused has 110 plus the place in this list as its code.
	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// 110: the deadline has passed.
		DeadlinePassed,
		/// 111: there is no such ring, or it is done.
		RingNotFound,
		/// 112: the ring failed: each depositor takes its note back with `reclaim`.
		RingFailed,
		/// 113: the settlement window of the note has passed.
		NoteExpired,
		/// 114: the revision does not exist yet, has too few keys, or is too young.
		RingNotReady,
		/// 115: a newer revision has been usable for long enough: make a proof for that one.
		RootTooOld,
		/// 116: the note was withdrawn already, or is in this batch twice.
		NullifierUsed,
		/// 117: the recipient cannot receive the note: for money, its account would have too little to exist.
		CannotReceive,
		/// 118: the proof is wrong: not this key, ring, revision, recipient, deadline or chain.
		BadProof,
		/// 119: there is nothing in the batch.
		EmptyBatch,
		/// The energy is no note: power a power of two times the power lot, the interval a power of two long and aligned to
		/// its length. Money: a power of two times the unit. Split it first.
		NotANote,
		/// The member key was used before: take a fresh one for each note.
		KeyUsed,
		/// The member key is not a point of the curve's prime-order group in its encoding, or is the identity.
		BadKey,
		/// The proof of possession is wrong: not this key, depositor, pool or chain.
		BadPossession,
		/// The feeder has as many pools as it may have.
		PoolsFull,
		/// The ring has not failed: withdraw with a proof.
		RingNotFailed,
		/// The note was taken back already.
		AlreadyReclaimed,
		/// The key is not in this ring.
		NotAMember,
		/// The first timestep is gated: a new ring could not become usable.
		GateClosed,
		/// A timestep has begun: energy stays with its owner.
		AssetBegun,
		/// No such asset.
		AssetNotFound,
		/// The asset is somebody else's.
		NotOwner,
		/// An open offer holds the asset.
		AssetLocked,
		/// The asset's settlement window has passed.
		AssetExpired,
		/// The address has not that much free money.
		InsufficientFunds,
		/// The address would have less money than an account needs to exist.
		BelowExistentialDeposit,
		/// A ring needs 2 to 255 keys, and an age below the timeout of rings of money.
		BadRingRules,
		/// A number does not fit its type.
		Overflow,
	}

	impl<T> From<AssetLedgerError> for Error<T> {
		fn from(error: AssetLedgerError) -> Self {
			match error {
				AssetLedgerError::AssetNotFound => Error::AssetNotFound,
				AssetLedgerError::NotOwner => Error::NotOwner,
				AssetLedgerError::AssetLocked | AssetLedgerError::AssetNotLocked => {
					Error::AssetLocked
				},
				AssetLedgerError::AssetExpired => Error::AssetExpired,
				AssetLedgerError::Overflow => Error::Overflow,
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::note_time();
			T::WeightInfo::on_initialize()
		}

		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			Self::decide_rings(&mut meter);
			Self::expire_rings(&mut meter);
			Self::clean_rings(&mut meter);
			meter.consumed()
		}

		fn integrity_test() {
			assert!(T::MaxBatch::get() >= 1, "a batch must have room for a withdrawal");
			assert!(T::MaxPoolsPerFeeder::get() >= 1, "a feeder must have room for a pool");
			assert!(T::RingTimeout::get() >= 1, "a ring must have time to fill");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Puts a note of energy or money into its pool, under a fresh member key (P1, "Transaction Anonymity").
		///
		/// ## Dispatch Origin
		///
		/// Signed by the note's owner. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// Energy goes in whole: an unlocked asset whose power is a power of two times the power lot, and whose interval is a
		/// power of two of timesteps long and begins at a multiple of its length. Money: a power of two times the unit.
		/// Split with `energy_assets.transfer` first. No timestep may have begun; if the first is gated, the ring must have had
		/// a usable revision before.
		///
		/// `member_key` is a Bandersnatch public key that was never used before. It signs
		/// `("petra/Mixing/deposit", genesis, depositor, pool)` (`proof_of_possession`), so that nobody copies it from a
		/// deposit on its way. The note comes out with [`Pallet::withdraw`], for who knows the key's secret.
		///
		/// ## Errors
		///
		/// [`Error::NotANote`], [`Error::KeyUsed`], [`Error::BadKey`], [`Error::BadPossession`], [`Error::PoolsFull`],
		/// [`Error::GateClosed`], [`Error::RingFailed`]; for energy [`Error::AssetNotFound`], [`Error::NotOwner`],
		/// [`Error::AssetLocked`], [`Error::AssetBegun`]; for money [`Error::InsufficientFunds`],
		/// [`Error::BelowExistentialDeposit`].
		///
		/// ## Events
		///
		/// [`Event::NoteDeposited`], [`Event::RingRevised`].
		///
		/// ## Complexity
		///
		/// Independent of the number of keys in the ring.
		#[pallet::call_index(0)]
		#[pallet::weight(match source {
			Source::Energy(_) => T::WeightInfo::deposit_energy(),
			Source::Financial(_) => T::WeightInfo::deposit_financial(),
		})]
		pub fn deposit(
			origin: OriginFor<T>,
			source: Source,
			member_key: [u8; 32],
			proof_of_possession: [u8; 64],
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_deposit(&who, source, &member_key, &proof_of_possession)
		}

		/// Takes a note out of a ring, to any address: who knows the secret of one of the keys proves it without saying of
		/// which (P1, "Transaction Anonymity").
		///
		/// ## Dispatch Origin
		///
		/// A general transaction, which nobody signs, and which costs nothing. A signed one is refused (`BadOrigin`).
		///
		/// ## Details
		///
		/// The proof is a ring-VRF proof over the keys of `revision`. Its context is
		/// `("petra/Mixing/nullifier", genesis, pool, ring)`, in which the key's alias is the `nullifier`; its message is the
		/// hash of `("petra/Mixing/withdraw", genesis, pool, ring, revision, nullifier, deadline, recipient)`: nobody can
		/// redirect or replay it. Energy arrives as an unlocked asset, money as free balance, and the recipient can make free
		/// calls at once.
		///
		/// ## Errors
		///
		/// None: an authorised withdrawal does not fail. It is not authorised because of [`Error::DeadlinePassed`],
		/// [`Error::RingNotFound`], [`Error::RingFailed`], [`Error::NoteExpired`], [`Error::RingNotReady`],
		/// [`Error::RootTooOld`], [`Error::NullifierUsed`], [`Error::CannotReceive`] or [`Error::BadProof`], whose code is 110
		/// plus the place in the list of errors, or because the call is paused (`Invalid call`).
		///
		/// ## Events
		///
		/// [`Event::NoteWithdrawn`], after the `AssetAdded` or `Transfer` of the note.
		///
		/// ## Complexity
		///
		/// That of verifying one proof, independent of the number of keys in the ring.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::withdraw_energy().max(T::WeightInfo::withdraw_financial()))]
		#[pallet::authorize(Pallet::<T>::authorize_withdraw)]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_withdraw())]
		pub fn withdraw(
			origin: OriginFor<T>,
			withdrawal: Withdrawal<AccountId32>,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			Self::do_withdraw(core::slice::from_ref(&withdrawal))
		}

		/// Takes several notes out of rings, all or none. One transaction is cheaper than many: but who sends notes of its own
		/// together shows that they belong together.
		///
		/// ## Dispatch Origin
		///
		/// As [`Pallet::withdraw`].
		///
		/// ## Details
		///
		/// The proofs are verified together. If one is bad, or two have the same nullifier, the transaction is invalid as a
		/// whole: sort bad ones out before.
		///
		/// ## Errors
		///
		/// As [`Pallet::withdraw`], and [`Error::EmptyBatch`].
		///
		/// ## Events
		///
		/// [`Event::NoteWithdrawn`] for each note.
		///
		/// ## Complexity
		///
		/// O(n) for n withdrawals, at most [`Config::MaxBatch`].
		#[pallet::call_index(2)]
		#[pallet::weight(
			T::WeightInfo::withdraw_energy()
				.max(T::WeightInfo::withdraw_financial())
				.saturating_mul(withdrawals.len() as u64)
		)]
		#[pallet::authorize(Pallet::<T>::authorize_withdraw_batch)]
		#[pallet::weight_of_authorize(
			T::WeightInfo::authorize_withdraw_batch(withdrawals.len() as u32)
		)]
		pub fn withdraw_batch(
			origin: OriginFor<T>,
			withdrawals: BoundedVec<Withdrawal<AccountId32>, T::MaxBatch>,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			Self::do_withdraw(&withdrawals)
		}

		/// Takes a note back from a ring that failed, openly.
		///
		/// ## Dispatch Origin
		///
		/// Signed by anyone. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// The member key signs `("petra/Mixing/reclaim", genesis, pool, ring, recipient)`. Everybody sees whose key it was.
		///
		/// ## Errors
		///
		/// [`Error::RingNotFound`], [`Error::RingNotFailed`], [`Error::NoteExpired`], [`Error::NotAMember`],
		/// [`Error::AlreadyReclaimed`], [`Error::BadPossession`], [`Error::CannotReceive`].
		///
		/// ## Events
		///
		/// [`Event::NoteReclaimed`], and [`Event::RingFailed`] if nobody had noticed.
		///
		/// ## Complexity
		///
		/// O(1).
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::reclaim_energy().max(T::WeightInfo::reclaim_financial()))]
		pub fn reclaim(
			origin: OriginFor<T>,
			pool: Note,
			ring: u32,
			member_key: [u8; 32],
			recipient: AccountId32,
			signature: [u8; 64],
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_reclaim((pool, ring), &member_key, recipient, &signature)
		}

		/// Says when revisions accept withdrawals, in rings that are opened from now on.
		///
		/// ## Dispatch Origin
		///
		/// The regulator: sudo.
		///
		/// ## Details
		///
		/// `min_size` keys, from 2 to 255; `min_age` blocks, less than the timeout of rings of money. Rings that are open keep
		/// their rules: who is in them does not come out in a smaller crowd than it was promised.
		///
		/// ## Errors
		///
		/// [`Error::BadRingRules`].
		///
		/// ## Events
		///
		/// [`Event::RingRulesSet`].
		///
		/// ## Complexity
		///
		/// O(1).
		#[pallet::call_index(4)]
		#[pallet::weight((T::WeightInfo::set_ring_rules(), DispatchClass::Operational))]
		pub fn set_ring_rules(
			origin: OriginFor<T>,
			min_size: u32,
			min_age: BlockNumber,
		) -> DispatchResult {
			T::RegulatorOrigin::ensure_origin(origin)?;
			Self::do_set_ring_rules(RingRules { min_size, min_age })
		}
	}
}
