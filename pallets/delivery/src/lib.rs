//! # Delivery
//!
//! Payment against delivery, confirmed by anonymous meters (specification, section 13; P4: SPB).
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for the calls, storage, events and errors. [`Pallet::blocks`], [`Pallet::commitments_of`] and
//! [`Pallet::commitment`] answer the runtime API, [`Pallet::free_call_cost`] says which calls are free and what they cost
//! of a quota. The messages that are signed are made by [`petra_primitives::delivery`].
//!
//! ## Overview
//!
//! A producer opens an *energy account* and adds *blocks* of energy, each with a price. A consumer *commits to pay* (CTP):
//! its money is on hold, the energy is reserved. When the energy has come, the consumer's smart meter sends an *energy
//! receipt confirmation* (ERC), and the producer is paid at once. If none comes until the commitment's `expiry`, the money
//! returns to the consumer and the energy to the producer's block, without anybody's help. Energy is in watt-hours, a price
//! in money units per watt-hour.
//!
//! **The receipt** says that a genuine meter speaks, and not which. A meter makes one-time keys, builds a Merkle tree over
//! their hashes, and has another meter sign the root and the timestep: the *certificate of existence* (CoE). The commitment
//! names the hash of one of the keys, and only that key confirms it. The signing meter must have been authorised at
//! `issued_at`, and must be now. Only its present key counts: when a meter's key is replaced, what the old key certified
//! ends with it.
//!
//! **Used leaves** are remembered until every certificate that there was when they were used is too old; a meter never has
//! a used key certified again.
//!
//! **Energy that a receipt leaves over**, in a commitment that allows a part, is free in its block again. A block that is
//! delivered or removed is gone, and its number is not used again while the account is open.
//!
//! **Locks** are for trades in one transaction: a consumer locks money for one producer, signs commitments with increasing
//! sequence numbers and hands them over; with the meter's receipt anybody can have one settled. Nothing is reserved
//! beforehand: the energy is taken from the block when it is settled, at the block's price exactly. A commitment that is
//! settled can pay less than it says only if it allows a part; a lock never pays more than it holds, and nothing after its
//! `until`, and lasts at least as long as each commitment that it has paid: it can be taken back only when all that was ever
//! settled from it has expired, so that nothing of it is settled from the next one again.
//!
//! **An authorised dispatch does not fail.** `confirm_receipt` and `settle` are free general transactions: whatever their
//! dispatch could refuse, the call filter included, their authorisation refuses before, the cheapest check first, then the
//! Merkle path, then the signatures. polkadot.js shows a refusal as `1010: Invalid Transaction: Custom error: n`, where
//! `n` is [`REFUSAL`] and the index of the pallet's [`Error`].
//!
//! **In the pool** they stand where a free call of the consumer would: a confirmation behind as many others as the consumer
//! has open commitments, a settlement behind as many as its sequence number is ahead of the lock's, and as the consumer has
//! other locks, and one more, since nobody pays for it. So a flood of either kind waits behind itself, and no settlement
//! goes before those who have hardly made any calls.
//!
//! ### Genesis values and constants
//!
//! | name | in petra's runtime | |
//! | --- | --- | --- |
//! | `authorities` (genesis) | none | who may certify producers from the start |
//! | `BurnAmount` | 10 EUR | what a producer without a certificate pays to the DSO |
//! | `MaxAuthorities` | 64 | authorities |
//! | `MaxBlocks` | 128 | blocks of energy per producer |
//! | `MaxCommitments` | 256 | open commitments per consumer |
//! | `MaxLocks` | 64 | locks per consumer |
//! | `MaxExpiry` | 7 days of blocks | how far ahead a commitment expires, and a lock ends, at most |
//! | `MaxCertificateAge` | 672 timesteps | from this age on a certificate is too old |
//! | `MaxMerklePath` | 10 | hashes beside the way to the root, so that a tree has up to 1 024 keys |

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod account_impls;
mod authorize_impls;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod commit_impls;
mod confirm_impls;
mod energy_impls;
mod lock_impls;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod mock;
mod money_impls;
mod prune_impls;
mod query_impls;
mod receipt_impls;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
mod types;
pub mod weights;

pub use authorize_impls::REFUSAL;
pub use pallet::*;
pub use query_impls::MAX_ANSWER;
pub use types::*;
pub use weights::WeightInfo;

/// How many steps of each kind one block's idle time takes at most.
pub const MAX_IDLE_STEPS: u32 = 256;

// What FRAME's macros add for try-runtime expects.
#[cfg_attr(feature = "try-runtime", allow(clippy::expect_used))]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{Inspect, Mutate, MutateHold},
		weights::WeightMeter,
	};
	use frame_system::pallet_prelude::*;
	use petra_primitives::{
		delivery::{AccountProof, CommitOptions, Commitment},
		Balance, BlockNumber, FreeOrder, Grid, MeterWitnesses, Timestep,
	};
	use sp_core::H256;
	use sp_runtime::{AccountId32, MultiSignature};

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

		/// Who says which authorities may certify producers.
		type RegulatorOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The runtime's reasons for holds.
		type RuntimeHoldReason: From<HoldReason>;

		/// Money.
		type Currency: Mutate<AccountId32, Balance = Balance>
			+ MutateHold<AccountId32, Balance = Balance, Reason = Self::RuntimeHoldReason>;

		/// Time.
		type Grid: Grid;

		/// The meters that sign certificates of existence.
		type Meters: MeterWitnesses<AccountId32>;

		/// Where general transactions stand among free calls.
		type Order: FreeOrder<AccountId32>;

		/// Where the money goes that producers without a certificate pay.
		type DsoAccount: Get<AccountId32>;

		/// What a producer without a certificate pays.
		#[pallet::constant]
		type BurnAmount: Get<Balance>;

		/// The most authorities.
		#[pallet::constant]
		type MaxAuthorities: Get<u32>;

		/// The most blocks of energy of one producer.
		#[pallet::constant]
		type MaxBlocks: Get<u32>;

		/// The most open commitments of one consumer.
		#[pallet::constant]
		type MaxCommitments: Get<u32>;

		/// The most locks of one consumer.
		#[pallet::constant]
		type MaxLocks: Get<u32>;

		/// How many blocks ahead a commitment expires, and a lock ends, at most.
		#[pallet::constant]
		type MaxExpiry: Get<BlockNumber>;

		/// From this age on, in timesteps, a certificate of existence is too old; no longer than meters' status is kept.
		#[pallet::constant]
		type MaxCertificateAge: Get<Timestep>;

		/// The most hashes beside the way from a leaf to its root; a tree has at most as many keys as this allows.
		#[pallet::constant]
		type MaxMerklePath: Get<u32>;
	}

	/// Why money is on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For an open commitment.
		Commitment,
		/// Locked for a producer.
		Lock,
	}

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Who may certify producers.
	#[pallet::storage]
	pub type Authorities<T: Config> =
		StorageValue<_, BoundedVec<AccountId32, T::MaxAuthorities>, ValueQuery>;

	/// The producers' energy accounts.
	// Blake2_128Concat: anybody chooses addresses.
	#[pallet::storage]
	pub type EnergyAccounts<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId32, EnergyAccount, OptionQuery>;

	/// The producers' blocks of energy.
	// Blake2_128Concat: anybody chooses addresses; Twox64Concat: blocks are numbered by the pallet.
	#[pallet::storage]
	pub type Blocks<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, AccountId32, Twox64Concat, u32, Block, OptionQuery>;

	/// The blocks of which some energy is free, by price (big-endian).
	// Identity, so that the map's order is that of prices; Blake2_128Concat: anybody chooses addresses.
	#[pallet::storage]
	pub type BlocksByPrice<T: Config> = StorageDoubleMap<
		_,
		Identity,
		[u8; 8],
		Blake2_128Concat,
		(AccountId32, u32),
		(),
		OptionQuery,
	>;

	/// The open commitments.
	// Identity: ids are hashes already.
	#[pallet::storage]
	pub type Commitments<T: Config> =
		StorageMap<_, Identity, H256, Commitment<AccountId32>, OptionQuery>;

	/// The open commitments of each account, as consumer or as producer.
	// Blake2_128Concat: anybody chooses addresses; Identity: ids are hashes already.
	#[pallet::storage]
	pub type CommitmentsOf<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, AccountId32, Identity, H256, (), OptionQuery>;

	/// The open commitments by their expiry (big-endian).
	// Identity, so that the map's order is that of blocks; ids are hashes already.
	#[pallet::storage]
	pub type Expiries<T: Config> =
		StorageDoubleMap<_, Identity, [u8; 8], Identity, H256, (), OptionQuery>;

	/// What each consumer has under way.
	// Blake2_128Concat: anybody chooses addresses.
	#[pallet::storage]
	pub type Consumers<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId32, Consumer, ValueQuery>;

	/// Money locked by a consumer, the first, for a producer, the second.
	// Blake2_128Concat: anybody chooses addresses.
	#[pallet::storage]
	pub type Locks<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		AccountId32,
		Blake2_128Concat,
		AccountId32,
		Lock,
		OptionQuery,
	>;

	/// The leaves that were used, with the timestep from which on they may be forgotten.
	// Identity: leaves are hashes already.
	#[pallet::storage]
	pub type UsedLeaves<T: Config> = StorageMap<_, Identity, H256, Timestep, OptionQuery>;

	/// The same by that timestep (big-endian).
	// Identity, so that the map's order is that of time; leaves are hashes already.
	#[pallet::storage]
	pub type LeafQueue<T: Config> =
		StorageDoubleMap<_, Identity, [u8; 8], Identity, H256, (), OptionQuery>;

	/// Who may certify producers from the start.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// At most `MaxAuthorities`, none of them twice.
		pub authorities: Vec<AccountId32>,
		/// Nothing.
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			let authorities = BoundedVec::try_from(self.authorities.clone());
			let result =
				authorities.map(|authorities| Pallet::<T>::do_set_authorities(authorities).is_ok());
			assert_eq!(
				result,
				Ok(true),
				"delivery.authorities are too many, or one is there twice"
			);
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A producer may sell energy.
		EnergyAccountOpened {
			/// Who.
			producer: AccountId32,
		},
		/// A producer's account and its blocks of energy are gone.
		EnergyAccountClosed {
			/// Who.
			producer: AccountId32,
		},
		/// Energy is for sale.
		EnergyAdded {
			/// Whose.
			producer: AccountId32,
			/// The block's number among the producer's.
			block: u32,
			/// Watt-hours.
			energy: u64,
			/// Money units per watt-hour.
			price: u64,
		},
		/// Energy is no longer for sale.
		EnergyRemoved {
			/// Whose.
			producer: AccountId32,
			/// The block's number among the producer's.
			block: u32,
			/// Watt-hours.
			energy: u64,
		},
		/// A consumer's money is on hold, and a producer's energy is reserved.
		CommittedToPay {
			/// The commitment.
			ctp_id: H256,
			/// Who will be paid.
			producer: AccountId32,
			/// How much.
			amount: Balance,
			/// Watt-hours.
			energy: u64,
			/// The last block in which the consumer's meter can confirm.
			expiry: BlockNumber,
		},
		/// A meter confirmed, and the producer was paid.
		ReceiptConfirmed {
			/// The commitment, committed before or settled in one.
			ctp_id: H256,
			/// Watt-hours that the meter confirmed.
			energy: u64,
			/// What the producer got.
			paid: Balance,
		},
		/// No meter confirmed in time: the money is the consumer's again.
		CommitmentExpired {
			/// The commitment.
			ctp_id: H256,
		},
		/// Money is locked for a producer.
		Locked {
			/// Whose.
			consumer: AccountId32,
			/// For whom.
			producer: AccountId32,
			/// How much was added.
			amount: Balance,
			/// The last block in which the lock pays.
			until: BlockNumber,
		},
		/// What was left of a lock is the consumer's again.
		Unlocked {
			/// Whose.
			consumer: AccountId32,
			/// For whom it was.
			producer: AccountId32,
			/// How much was left.
			amount: Balance,
		},
		/// The regulator said who may certify producers.
		AuthoritiesSet {
			/// Who.
			authorities: BoundedVec<AccountId32, T::MaxAuthorities>,
		},
	}

	/// Why nothing happened. New ones go to the end: what refuses a general transaction is told by its index.
	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// The producer has no energy account.
		NoEnergyAccount,
		/// The account is open already.
		AccountExists,
		/// The regulator has not listed who signed the certificate.
		NotAnAuthority,
		/// The authority's certificate has expired.
		ProofExpired,
		/// The authority's signature is wrong: another account, expiry, chain or key.
		BadProof,
		/// Open commitments have reserved it: wait until they are confirmed or expire.
		EnergyCommitted,
		/// No energy at all.
		ZeroEnergy,
		/// The account has as many blocks as it may have, or has used up their numbers.
		TooManyBlocks,
		/// The producer has no such block of energy.
		BlockNotFound,
		/// Less of the block is free.
		NotEnoughEnergy,
		/// The expiry, or the lock's end, is not ahead.
		ExpiryPassed,
		/// The expiry, or the lock's end, is too far ahead.
		ExpiryTooFar,
		/// The amount is above price × energy.
		AmountTooHigh,
		/// The amount is below price × energy, and the producer has not signed it.
		MissingSignature,
		/// The signature is wrong: another commitment, chain or key.
		BadSignature,
		/// There is a commitment with this id.
		AlreadyCommitted,
		/// The consumer has as many open commitments as it may have.
		TooManyCommitments,
		/// No such open commitment: it was never made, is confirmed, or has expired.
		CommitmentNotFound,
		/// The commitment has not expired.
		NotExpired,
		/// The account has not that much free money.
		InsufficientFunds,
		/// The account would have less money than it needs to exist.
		BelowExistentialDeposit,
		/// No money at all.
		ZeroAmount,
		/// The consumer has as many locks as it may have.
		TooManyLocks,
		/// The consumer has locked nothing for this producer.
		LockNotFound,
		/// The lock has not ended.
		StillLocked,
		/// The lock would end earlier than it does.
		LockShortened,
		/// The lock has ended.
		LockEnded,
		/// Less is left of the lock.
		LockTooSmall,
		/// The lock has settled this sequence number, or a later one.
		NonceUsed,
		/// The amount is not price × energy.
		WrongAmount,
		/// Less energy came than was committed, and the commitment allows no part.
		NotDelivered,
		/// The producer's account cannot receive the money.
		CannotReceive,
		/// The receipt's key is not the one that the commitment names.
		WrongLeaf,
		/// The receipt's key was used before.
		LeafUsed,
		/// The tree has no such leaf, or more leaves than a tree may have.
		LeafOutOfRange,
		/// The certificate is from a timestep that has not begun.
		CertificateFromFuture,
		/// The certificate is too old.
		CertificateTooOld,
		/// No such meter.
		MeterNotFound,
		/// The signing meter was not authorised when it signed.
		MeterNotAuthorized,
		/// The signing meter is banned now.
		MeterBanned,
		/// The receipt's key is the signing meter's own.
		SelfSigned,
		/// The receipt's key is not under the root.
		NotUnderRoot,
		/// The receipt's key has not signed this commitment and energy.
		BadReceipt,
		/// The meter has not signed this root, number of leaves and timestep on this chain.
		BadCertificate,
		/// An authority is listed twice.
		DuplicateAuthority,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			Self::expire_commitments(&mut meter);
			Self::forget_leaves(&mut meter);
			meter.consumed()
		}

		fn integrity_test() {
			assert!(
				T::BurnAmount::get() >= T::Currency::minimum_balance(),
				"BurnAmount must be an amount that any account can receive"
			);
			assert!(T::MaxBlocks::get() > 0, "MaxBlocks must allow a block");
			assert!(T::MaxCommitments::get() > 0, "MaxCommitments must allow a commitment");
			assert!(T::MaxExpiry::get() > 0, "MaxExpiry must leave time to deliver");
			assert!(T::MaxCertificateAge::get() > 0, "MaxCertificateAge must allow a certificate");
			assert!(T::MaxMerklePath::get() <= 32, "leaves are numbered by 32 bits");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Opens the origin's energy account, from which it sells energy (P4, II-B).
		///
		/// ## Dispatch Origin
		///
		/// Signed by the producer. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// With `Certificate`, an authority that the regulator listed has signed
		/// `blake2_256(("petra/Delivery/account", genesis, account, expiry))`, as it is or as wallets wrap it; it works up
		/// to block `expiry`. With `Burn`, `BurnAmount` goes to the DSO's account, and does not come back.
		///
		/// ## Errors
		///
		/// - [`Error::AccountExists`]: it is open already.
		/// - [`Error::NotAnAuthority`], [`Error::ProofExpired`], [`Error::BadProof`]: the certificate does not count.
		/// - [`Error::InsufficientFunds`]: not enough money beside what the account needs to exist.
		///
		/// ## Events
		///
		/// [`Event::EnergyAccountOpened`].
		///
		/// ## Complexity
		///
		/// O(a) for a authorities.
		#[pallet::call_index(0)]
		#[pallet::weight(match proof {
			AccountProof::Certificate { .. } => T::WeightInfo::open_energy_account_certified(),
			AccountProof::Burn => T::WeightInfo::open_energy_account_burning(),
		})]
		pub fn open_energy_account(
			origin: OriginFor<T>,
			proof: AccountProof<AccountId32>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_open_energy_account(who, proof)
		}

		/// Closes the origin's energy account and takes its blocks of energy off the market.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the producer. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// Possible when no commitment is open. What consumers have locked for the producer stays theirs.
		///
		/// ## Errors
		///
		/// [`Error::NoEnergyAccount`], [`Error::EnergyCommitted`].
		///
		/// ## Events
		///
		/// [`Event::EnergyAccountClosed`].
		///
		/// ## Complexity
		///
		/// O(b) for b blocks.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::close_energy_account(T::MaxBlocks::get()))]
		pub fn close_energy_account(origin: OriginFor<T>) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let blocks = Self::do_close_energy_account(who)?;
			Ok(Some(T::WeightInfo::close_energy_account(blocks)).into())
		}

		/// Offers a block of energy for sale (P4, II-B).
		///
		/// ## Dispatch Origin
		///
		/// Signed by the producer. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// `energy` in watt-hours, `price` in money units (billionths of a EUR) per watt-hour. The event says the block's
		/// number.
		///
		/// ## Errors
		///
		/// [`Error::NoEnergyAccount`], [`Error::ZeroEnergy`], [`Error::TooManyBlocks`].
		///
		/// ## Events
		///
		/// [`Event::EnergyAdded`].
		///
		/// ## Complexity
		///
		/// O(1).
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::add_energy())]
		pub fn add_energy(origin: OriginFor<T>, energy: u64, price: u64) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_add_energy(who, energy, price)
		}

		/// Takes back what of a block of energy is not committed.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the producer. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// What is reserved stays; if its commitment expires, it is for sale again.
		///
		/// ## Errors
		///
		/// - [`Error::BlockNotFound`]: the origin has no such block.
		/// - [`Error::EnergyCommitted`]: nothing of it is free.
		///
		/// ## Events
		///
		/// [`Event::EnergyRemoved`].
		///
		/// ## Complexity
		///
		/// O(1).
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::remove_energy())]
		pub fn remove_energy(origin: OriginFor<T>, block: u32) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_remove_energy(who, block)
		}

		/// Commits to pay (CTP): puts money on hold for energy that the origin's meter will confirm (P4, II-B).
		///
		/// ## Dispatch Origin
		///
		/// Signed by the consumer. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// `amount` is the block's price × `energy`, or less if the producer signed
		/// `blake2_256(("petra/Delivery/amount", genesis, ctp_id))`. The commitment's id is
		/// `blake2_256(("petra/Delivery/ctp", genesis, commitment))`. `receipt_key` is the hash of the one-time key with which
		/// the meter will confirm, up to block `expiry`.
		///
		/// ## Errors
		///
		/// - [`Error::ZeroEnergy`], [`Error::ExpiryPassed`], [`Error::ExpiryTooFar`]: the commitment is not possible.
		/// - [`Error::NoEnergyAccount`], [`Error::BlockNotFound`], [`Error::NotEnoughEnergy`]: the energy is not for sale.
		/// - [`Error::AmountTooHigh`], [`Error::MissingSignature`], [`Error::BadSignature`]: not the price, and not agreed.
		/// - [`Error::LeafUsed`]: the key has confirmed something already.
		/// - [`Error::AlreadyCommitted`], [`Error::TooManyCommitments`]: use another nonce, or wait.
		/// - [`Error::InsufficientFunds`], [`Error::BelowExistentialDeposit`]: the money is not there.
		///
		/// ## Events
		///
		/// [`Event::CommittedToPay`].
		///
		/// ## Complexity
		///
		/// O(1).
		#[pallet::call_index(4)]
		#[pallet::weight(match options.producer_signature {
			None => T::WeightInfo::commit_to_pay(),
			Some(_) => T::WeightInfo::commit_to_pay_negotiated(),
		})]
		#[allow(clippy::too_many_arguments)]
		pub fn commit_to_pay(
			origin: OriginFor<T>,
			producer: AccountId32,
			block: u32,
			energy: u64,
			amount: Balance,
			receipt_key: H256,
			expiry: BlockNumber,
			options: CommitOptions,
		) -> DispatchResult {
			let consumer = ensure_signed(origin)?;
			let CommitOptions { partial, nonce, producer_signature } = options;
			let commitment = Commitment {
				consumer,
				producer,
				block,
				energy,
				amount,
				receipt_key,
				expiry,
				partial,
				nonce,
			};
			Self::do_commit_to_pay(commitment, producer_signature)
		}

		/// Confirms that energy came (ERC), which pays the producer (P4, II-B).
		///
		/// ## Dispatch Origin
		///
		/// None: a general transaction, free, sent by the consumer's smart meter through anybody's node. The receipt
		/// authorises it.
		///
		/// ## Details
		///
		/// Pays all if `energy`, in watt-hours, is at least what was committed; if it is less and the commitment allows a
		/// part, its share, rounded down, and the rest returns to the consumer. Energy that was not delivered is free in the
		/// producer's block again.
		///
		/// ## Errors
		///
		/// Before it is in a block, as `Custom error: n` with n = 160 and the error's index:
		/// - [`Error::CommitmentNotFound`], [`Error::ExpiryPassed`], [`Error::ZeroEnergy`], [`Error::NotDelivered`],
		///   [`Error::CannotReceive`]: there is nothing to pay.
		/// - [`Error::WrongLeaf`], [`Error::LeafUsed`], [`Error::LeafOutOfRange`], [`Error::NotUnderRoot`],
		///   [`Error::BadReceipt`]: not the key that the commitment names.
		/// - [`Error::CertificateFromFuture`], [`Error::CertificateTooOld`], [`Error::MeterNotFound`],
		///   [`Error::MeterNotAuthorized`], [`Error::MeterBanned`], [`Error::SelfSigned`], [`Error::BadCertificate`]: no
		///   genuine meter vouches for it.
		///
		/// ## Events
		///
		/// [`Event::ReceiptConfirmed`].
		///
		/// ## Complexity
		///
		/// O(log n) for a tree of n leaves.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::confirm_receipt())]
		#[pallet::authorize(Pallet::<T>::authorize_confirm_receipt)]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_confirm_receipt())]
		pub fn confirm_receipt(
			origin: OriginFor<T>,
			ctp_id: H256,
			energy: u64,
			receipt: Receipt<T>,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			Self::do_confirm_receipt(ctp_id, energy, receipt)
		}

		/// Commits, confirms and pays in one, from what the consumer has locked for the producer.
		///
		/// ## Dispatch Origin
		///
		/// None: a general transaction, free, sent by anybody. The consumer's signature over
		/// `blake2_256(("petra/Delivery/settle", genesis, ctp_id))` and the receipt authorise it.
		///
		/// ## Details
		///
		/// The commitment's `nonce` is above that of the last one that was settled from the lock: send them in order. Its
		/// amount is the block's price × energy. The energy is taken from the block now. `energy` pays as in
		/// `confirm_receipt`; nothing is stored but the used key. The lock lasts at least until the commitment's `expiry` then,
		/// so that no later one pays it again.
		///
		/// ## Errors
		///
		/// Before it is in a block, as `Custom error: n` with n = 160 and the error's index: those of `confirm_receipt`
		/// but `CommitmentNotFound`, and
		/// - [`Error::ExpiryTooFar`], [`Error::AlreadyCommitted`], [`Error::WrongAmount`], [`Error::BadSignature`]: the
		///   commitment is not possible, or not the consumer's.
		/// - [`Error::LockNotFound`], [`Error::LockEnded`], [`Error::LockTooSmall`], [`Error::NonceUsed`]: the lock does
		///   not pay it.
		/// - [`Error::BlockNotFound`], [`Error::NotEnoughEnergy`]: the energy is not there.
		///
		/// ## Events
		///
		/// [`Event::ReceiptConfirmed`].
		///
		/// ## Complexity
		///
		/// O(log n) for a tree of n leaves.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::settle())]
		#[pallet::authorize(Pallet::<T>::authorize_settle)]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_settle())]
		pub fn settle(
			origin: OriginFor<T>,
			commitment: Commitment<AccountId32>,
			consumer_signature: MultiSignature,
			energy: u64,
			receipt: Receipt<T>,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			// Checked by the authorisation.
			let _ = consumer_signature;
			Self::do_settle(commitment, energy, receipt)
		}

		/// Locks money for a producer, from which commitments are settled.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the consumer. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// Adds to what is locked for this producer already; the lock's end can move back only.
		///
		/// ## Errors
		///
		/// - [`Error::ZeroAmount`], [`Error::ExpiryPassed`], [`Error::ExpiryTooFar`], [`Error::LockShortened`]: the lock is
		///   not possible.
		/// - [`Error::TooManyLocks`]: unlock another one first.
		/// - [`Error::InsufficientFunds`], [`Error::BelowExistentialDeposit`]: the money is not there.
		///
		/// ## Events
		///
		/// [`Event::Locked`].
		///
		/// ## Complexity
		///
		/// O(1).
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::lock_for())]
		pub fn lock_for(
			origin: OriginFor<T>,
			producer: AccountId32,
			amount: Balance,
			until: BlockNumber,
		) -> DispatchResult {
			let consumer = ensure_signed(origin)?;
			Self::do_lock_for(consumer, producer, amount, until)
		}

		/// Takes back what is left of a lock that has ended.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the consumer. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// Possible after block `until`.
		///
		/// ## Errors
		///
		/// [`Error::LockNotFound`], [`Error::StillLocked`].
		///
		/// ## Events
		///
		/// [`Event::Unlocked`].
		///
		/// ## Complexity
		///
		/// O(1).
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::unlock())]
		pub fn unlock(origin: OriginFor<T>, producer: AccountId32) -> DispatchResult {
			let consumer = ensure_signed(origin)?;
			Self::do_unlock(consumer, producer)
		}

		/// Ends a commitment that no meter confirmed in time. Idle block time does the same by itself.
		///
		/// ## Dispatch Origin
		///
		/// Signed by anyone. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// Possible after block `expiry`. The money returns to the consumer, the energy to the producer's block.
		///
		/// ## Errors
		///
		/// [`Error::CommitmentNotFound`], [`Error::NotExpired`].
		///
		/// ## Events
		///
		/// [`Event::CommitmentExpired`].
		///
		/// ## Complexity
		///
		/// O(1).
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::expire())]
		pub fn expire(origin: OriginFor<T>, ctp_id: H256) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_expire(ctp_id)
		}

		/// Says who may certify producers, in place of whoever might before.
		///
		/// ## Dispatch Origin
		///
		/// The regulator (in petra's node: sudo).
		///
		/// ## Details
		///
		/// Energy accounts that are open stay open.
		///
		/// ## Errors
		///
		/// [`Error::DuplicateAuthority`].
		///
		/// ## Events
		///
		/// [`Event::AuthoritiesSet`].
		///
		/// ## Complexity
		///
		/// O(a log a) for a authorities.
		#[pallet::call_index(10)]
		#[pallet::weight((
			T::WeightInfo::set_authorities(authorities.len() as u32),
			DispatchClass::Operational,
		))]
		pub fn set_authorities(
			origin: OriginFor<T>,
			authorities: BoundedVec<AccountId32, T::MaxAuthorities>,
		) -> DispatchResult {
			T::RegulatorOrigin::ensure_origin(origin)?;
			Self::do_set_authorities(authorities.clone())?;
			Self::deposit_event(Event::AuthoritiesSet { authorities });
			Ok(())
		}
	}
}
