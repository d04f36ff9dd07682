//! # Energy assets
//!
//! Permissions to sell and to buy energy, and money beside them (P1, "Assets" and "Transactions"; P3, 4.1 and 4.2).
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for the calls, storage, events and errors. The market and the mixing pools lock, spend and
//! create assets through [`petra_primitives::AssetLedger`], which [`Pallet`] implements. [`Pallet::assets_of`] answers the
//! runtime API, [`Pallet::free_call_cost`] says which calls are free and what they cost of a quota.
//!
//! ## Overview
//!
//! An *energy production asset* (EPA) is a permission to sell, an *energy consumption asset* (ECA) one to buy, `power`
//! watts in every timestep from `start` to `end`. It exists so that nobody can trade more than the DSO allows: assets
//! come into being in `withdraw`, signed by a smart meter and checked against its limits, or from the DSO's withdrawal
//! service, checked against the sum of its feeder's limits. From then on power is conserved, per (kind, feeder, traded) and
//! timestep, until an asset is deposited or expires. Money is the chain's currency: withdrawals issue it, deposits burn it.
//!
//! **Expiry.** Assets are indexed by their end, so the first that has expired is found at once, however long the chain
//! stood still; idle block time reaps them in bounded steps. A *locked* asset is not in that index: whoever locked it
//! unlocks it first, and it is reaped then.
//!
//! **Account references.** The pallet holds one sufficient reference for each address that has an energy asset, so that it
//! can sign without having money. When its last asset goes, the address waits in a queue until the block number has passed
//! its nonce, and gives the reference up then; an asset that arrives meanwhile takes it off the queue. So does an address
//! whose money all goes in `deposit_financial` or `transfer` while its nonce is ahead of the block number. The nonces of
//! new accounts start at the block number, so nothing that was signed earlier replays when an address comes back.
//!
//! **Bounded state.** On each feeder at most `AssetsPerMeter` assets and pooled notes exist for each meter ever authorised
//! there. A `transfer` that makes more assets than it spends on a feeder is refused at half of that; the other half is kept
//! for withdrawals. Merging, trades, clearings and mixing withdrawals never fail on it.
//!
//! **Co-signatures.** Every owner other than the origin signs the same 32 bytes, as they are or as wallets wrap them. A
//! signature of anybody else, or a second one by the same owner, is refused ([`Error::SuperfluousSignature`]): what is
//! paid for is checked, and nobody can change a transaction without its owners.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod account_impls;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod deposit_impls;
mod ledger_impls;
mod live_power;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod mock;
mod money_impls;
mod query_impls;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests;
mod transfer_impls;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod types;
pub mod weights;
mod withdraw_impls;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

/// How many steps of each kind one block's idle time takes at most.
pub const MAX_IDLE_STEPS: u32 = 256;

// What FRAME's macros add for try-runtime expects.
#[cfg_attr(feature = "try-runtime", allow(clippy::expect_used))]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{Balanced, Mutate},
		weights::WeightMeter,
	};
	use frame_system::pallet_prelude::*;
	use petra_primitives::{
		AssetId, AssetKind, AssetLedgerError, Balance, EnergyAsset, FeederId, Grid, InspectPools,
		MeterId, MeterLimits, NewAsset, QuotaGrants, WithdrawalError, WithdrawalOutput,
	};
	use petra_schedule::timeline::{Page, PageKey, Root};
	use sp_core::H256;
	use sp_runtime::AccountId32;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// What the runtime decides.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId = AccountId32, Hash = H256, RuntimeEvent: From<Event<Self>>>
	{
		/// Measured weights.
		type WeightInfo: WeightInfo;

		/// The DSO's withdrawal service.
		type IssuerOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Money.
		type Currency: Mutate<AccountId32, Balance = Balance> + Balanced<AccountId32>;

		/// Units and time.
		type Grid: Grid;

		/// The meters' limits.
		type Meters: MeterLimits<AccountId32>;

		/// Where new addresses get their quota of free calls.
		type Quota: QuotaGrants<AccountId32>;

		/// The mixing pools, for checks of the state.
		type Pools: InspectPools;

		/// The most assets, and the most amounts of money, that one `transfer` spends.
		#[pallet::constant]
		type MaxInputs: Get<u32>;

		/// The most assets, and the most amounts of money, that one `transfer` or `withdraw` creates.
		#[pallet::constant]
		type MaxOutputs: Get<u32>;

		/// The most owners, besides the origin, of what one `transfer` spends.
		#[pallet::constant]
		type MaxCoSigners: Get<u32>;

		/// How many blocks ahead the deadline of co-signatures is at most.
		#[pallet::constant]
		type MaxDeadline: Get<BlockNumberFor<Self>>;

		/// How many assets and pooled notes exist at most for each meter ever authorised on their feeder.
		#[pallet::constant]
		type AssetsPerMeter: Get<u32>;
	}

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The id of the next asset.
	#[pallet::storage]
	pub type NextAssetId<T> = StorageValue<_, AssetId, ValueQuery>;

	/// The energy assets.
	// Identity: ids are counted by the pallet, nobody chooses them.
	#[pallet::storage]
	pub type Assets<T: Config> =
		StorageMap<_, Identity, AssetId, EnergyAsset<AccountId32>, OptionQuery>;

	/// Each address's assets.
	// Blake2_128Concat: anybody chooses addresses; Identity: ids are counted by the pallet.
	#[pallet::storage]
	pub type AssetsOf<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, AccountId32, Identity, AssetId, (), OptionQuery>;

	/// The unlocked assets by their end, then id, both big-endian, so that the map's order is that of time.
	// Identity, for that order: ends lie within the horizon, and ids are counted by the pallet.
	#[pallet::storage]
	pub type Expiries<T> =
		StorageDoubleMap<_, Identity, [u8; 8], Identity, [u8; 8], (), OptionQuery>;

	/// How many assets and pooled notes each feeder has; none are not stored.
	// Twox64Concat: feeders are the regulator's choice.
	#[pallet::storage]
	pub type LiveOn<T> = StorageMap<_, Twox64Concat, FeederId, u64, ValueQuery>;

	/// Live power, created − deposited − expired, by kind: the roots of the trees over time.
	// Twox64Concat: there are two keys.
	#[pallet::storage]
	pub type LiveRoots<T> = StorageMap<_, Twox64Concat, AssetKind, Root, OptionQuery>;

	/// Live power by kind: the pages of the trees over time.
	// Twox64Concat: pages are given by time, within the horizon.
	#[pallet::storage]
	pub type LivePages<T> =
		StorageDoubleMap<_, Twox64Concat, AssetKind, Twox64Concat, PageKey, Page, OptionQuery>;

	/// The addresses for which the pallet holds an account reference.
	// Blake2_128Concat: anybody chooses addresses.
	#[pallet::storage]
	pub type Holders<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId32, Holder<BlockNumberFor<T>>, OptionQuery>;

	/// The addresses without assets, by the block (big-endian) from which on they are looked at to give their reference
	/// up.
	// Identity, so that the map's order is that of blocks; Blake2_128Concat: anybody chooses addresses.
	#[pallet::storage]
	pub type Leaving<T: Config> =
		StorageDoubleMap<_, Identity, [u8; 8], Blake2_128Concat, AccountId32, (), OptionQuery>;

	/// The digests that were co-signed and used, by their deadline (big-endian).
	// Identity, so that the map's order is that of deadlines; the digests are hashes already.
	#[pallet::storage]
	pub type UsedDigests<T> =
		StorageDoubleMap<_, Identity, [u8; 8], Identity, [u8; 32], (), OptionQuery>;

	/// What happened to assets and money.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An energy asset came into being.
		AssetAdded {
			/// Whose it is.
			address: AccountId32,
			/// Its id.
			asset_id: AssetId,
			/// The asset.
			asset: EnergyAsset<AccountId32>,
		},
		/// Money was withdrawn.
		FinancialAdded {
			/// Whose it is.
			address: AccountId32,
			/// How much.
			amount: Balance,
		},
		/// Assets were made into others.
		AssetTransferred {
			/// What is gone.
			spent: BoundedVec<AssetId, T::MaxInputs>,
			/// What came into being, in the order of the outputs.
			created: BoundedVec<AssetId, T::MaxOutputs>,
		},
		/// An energy asset was returned to the meter or the DSO.
		AssetDeposited {
			/// Whose it was.
			address: AccountId32,
			/// Its id.
			asset_id: AssetId,
			/// The asset.
			asset: EnergyAsset<AccountId32>,
		},
		/// Money was returned to the meter or the DSO.
		FinancialDeposited {
			/// Whose it was.
			address: AccountId32,
			/// How much.
			amount: Balance,
		},
		/// An asset was removed: its settlement window has passed.
		AssetExpired {
			/// Its id.
			asset_id: AssetId,
		},
	}

	/// Why nothing happened.
	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// No such asset: it never existed, was spent, or is listed twice.
		AssetNotFound,
		/// The asset is somebody else's, or none of the inputs is the origin's.
		NotOwner,
		/// An open offer or a mixing deposit holds the asset.
		AssetLocked,
		/// The asset's settlement window has passed.
		AssetExpired,
		/// The asset has not expired: it can be deposited.
		NotExpired,
		/// In a timestep that has begun, power would change its owner.
		AssetBegun,
		/// In a timestep, the power of inputs and of outputs of one kind, feeder and `traded` differ.
		NotConserved,
		/// The money of inputs and of outputs differs.
		MoneyNotConserved,
		/// An asset starts after its end.
		BadInterval,
		/// An asset has no power.
		ZeroPower,
		/// An asset's power is not a multiple of the power lot.
		NotMultipleOfLot,
		/// An amount of money is zero.
		ZeroAmount,
		/// An asset ends after the horizon.
		BeyondHorizon,
		/// Trading in one of the timesteps has ended.
		NotOpen,
		/// There is nothing to spend, or nothing to create.
		NothingToTransfer,
		/// An owner of the inputs has not signed.
		MissingSignature,
		/// A signature is wrong: not this transaction, not this chain, or another key.
		BadSignature,
		/// A signature is not needed: not an owner's, the origin's, or an owner's second.
		SuperfluousSignature,
		/// The deadline of the co-signatures has passed.
		DeadlinePassed,
		/// The deadline of the co-signatures is too far ahead.
		DeadlineTooFar,
		/// The co-signed transaction was used already.
		AlreadyUsed,
		/// A sum does not fit its type.
		Overflow,
		/// The feeder has as many assets as it may have: merge, deposit or wait until some expire.
		TooManyAssets,
		/// No such meter.
		MeterNotFound,
		/// The meter is not authorised at one of the timesteps.
		MeterNotAuthorized,
		/// The origin is not the meter's registered key.
		NotTheMeter,
		/// At one of the timesteps somebody else withdraws for this household.
		WrongPath,
		/// The gross power withdrawn would pass the meter's limit in one of the timesteps.
		LimitExceeded,
		/// The money withdrawn in this billing period would pass the meter's limit.
		FinancialLimitExceeded,
		/// What the DSO created would pass the sum of the feeder's limits in one of the timesteps.
		FeederLimitExceeded,
		/// The address has not that much free money.
		InsufficientFunds,
		/// The address would have less money than an account needs to exist.
		BelowExistentialDeposit,
		/// The asset is not locked.
		AssetNotLocked,
	}

	impl<T> From<WithdrawalError> for Error<T> {
		fn from(error: WithdrawalError) -> Self {
			match error {
				WithdrawalError::MeterNotFound => Error::MeterNotFound,
				WithdrawalError::NotTheMeter => Error::NotTheMeter,
				WithdrawalError::MeterNotAuthorized => Error::MeterNotAuthorized,
				WithdrawalError::WrongPath => Error::WrongPath,
				WithdrawalError::LimitExceeded => Error::LimitExceeded,
				WithdrawalError::FinancialLimitExceeded => Error::FinancialLimitExceeded,
				WithdrawalError::FeederLimitExceeded => Error::FeederLimitExceeded,
				WithdrawalError::Overflow => Error::Overflow,
			}
		}
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
		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			Self::expire_assets(&mut meter);
			Self::release_accounts(&mut meter);
			Self::forget_digests(&mut meter);
			meter.consumed()
		}

		fn integrity_test() {
			assert!(T::MaxInputs::get() > 0, "MaxInputs must allow an asset");
			assert!(T::MaxOutputs::get() > 1, "MaxOutputs must allow an asset to be split");
			assert!(T::MaxCoSigners::get() > 0, "MaxCoSigners must allow an exchange");
			assert!(
				T::MaxCoSigners::get() < T::MaxInputs::get().saturating_mul(2),
				"MaxCoSigners must not be more than there can be owners besides the origin"
			);
			assert!(T::AssetsPerMeter::get() > 1, "AssetsPerMeter must allow a transfer");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Withdraws energy assets and money for a household, within its meter's limits (P1, "Smart-Meter Transactions").
		///
		/// ## Dispatch Origin
		///
		/// Signed by the meter's registered key. Free for it, within its quota.
		///
		/// ## Details
		///
		/// Creates the listed assets and money at the given addresses, all or nothing. Assets lie in open timesteps (more
		/// than the gate lead ahead) and within the horizon. What was ever withdrawn counts against the limits; depositing
		/// does not give headroom back.
		///
		/// ## Errors
		///
		/// - [`Error::NothingToTransfer`]: no outputs.
		/// - [`Error::BadInterval`], [`Error::ZeroPower`], [`Error::NotMultipleOfLot`], [`Error::NotOpen`],
		///   [`Error::BeyondHorizon`], [`Error::ZeroAmount`]: an output is not possible.
		/// - [`Error::MeterNotFound`], [`Error::NotTheMeter`], [`Error::MeterNotAuthorized`], [`Error::WrongPath`]: not
		///   this meter, not now.
		/// - [`Error::LimitExceeded`], [`Error::FinancialLimitExceeded`]: more than the meter may withdraw.
		/// - [`Error::TooManyAssets`]: the feeder has as many assets as it may have.
		/// - [`Error::BelowExistentialDeposit`], [`Error::Overflow`]: an amount is too small or too large.
		///
		/// ## Events
		///
		/// [`Event::AssetAdded`] or [`Event::FinancialAdded`] for each output.
		///
		/// ## Complexity
		///
		/// O(n log n) for n outputs, whatever the length of their intervals.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::withdraw(outputs.len() as u32))]
		pub fn withdraw(
			origin: OriginFor<T>,
			meter: MeterId,
			outputs: BoundedVec<WithdrawalOutput<AccountId32>, T::MaxOutputs>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_withdraw(&who, meter, outputs.into_inner())
		}

		/// Creates an energy asset for a household whose withdrawal the DSO has checked (P3, 4.2, addEnergyAsset).
		///
		/// ## Dispatch Origin
		///
		/// The DSO's withdrawal service (the account that `Regulation` names as issuer), or root.
		///
		/// ## Details
		///
		/// The household is not named. Per feeder, kind and timestep, what is created this way is at most the sum of the
		/// limits of the feeder's meters on the DSO path.
		///
		/// ## Errors
		///
		/// - [`Error::BadInterval`], [`Error::ZeroPower`], [`Error::NotMultipleOfLot`], [`Error::NotOpen`],
		///   [`Error::BeyondHorizon`]: the asset is not possible.
		/// - [`Error::FeederLimitExceeded`]: more than the feeder's meters on the DSO path may withdraw.
		/// - [`Error::TooManyAssets`]: the feeder has as many assets as it may have.
		///
		/// ## Events
		///
		/// [`Event::AssetAdded`].
		///
		/// ## Complexity
		///
		/// Independent of the length of the interval.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::add_energy_asset())]
		pub fn add_energy_asset(
			origin: OriginFor<T>,
			address: AccountId32,
			asset: NewAsset,
		) -> DispatchResult {
			T::IssuerOrigin::ensure_origin(origin)?;
			Self::do_add_energy_asset(address, asset)
		}

		/// Creates money for a household whose withdrawal the DSO has checked (P3, 4.2, addFinancialBalance).
		///
		/// ## Dispatch Origin
		///
		/// The DSO's withdrawal service (the account that `Regulation` names as issuer), or root.
		///
		/// ## Details
		///
		/// The household is not named; its limit is the DSO's to check.
		///
		/// ## Errors
		///
		/// [`Error::ZeroAmount`], [`Error::BelowExistentialDeposit`], [`Error::Overflow`]: the amount is not possible.
		///
		/// ## Events
		///
		/// [`Event::FinancialAdded`].
		///
		/// ## Complexity
		///
		/// O(1).
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::add_financial_balance())]
		pub fn add_financial_balance(
			origin: OriginFor<T>,
			address: AccountId32,
			amount: Balance,
		) -> DispatchResult {
			T::IssuerOrigin::ensure_origin(origin)?;
			Self::do_add_financial_balance(address, amount)
		}

		/// Makes energy assets and money into others: splits, merges, gives away, exchanges, or mixes among many owners
		/// (P1, "Energy and Financial Transactions").
		///
		/// ## Dispatch Origin
		///
		/// Signed by the owner of one of the inputs. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// All or nothing. For each kind, feeder, `traded` and timestep the power of inputs and outputs is equal; for
		/// timesteps that have begun this holds for each owner apart; money in equals money out. The inputs' owners other
		/// than the origin sign
		/// `blake2_256(("petra/EnergyAssets/transfer", genesis, origin, inputs, outputs, salt, deadline))`, as it is or as
		/// wallets wrap it; what they signed works once.
		///
		/// ## Errors
		///
		/// - [`Error::NothingToTransfer`]: no inputs, or no outputs.
		/// - [`Error::AssetNotFound`], [`Error::AssetLocked`], [`Error::AssetExpired`], [`Error::InsufficientFunds`],
		///   [`Error::NotOwner`]: an input cannot be spent, or none is the origin's.
		/// - [`Error::MissingSignature`], [`Error::BadSignature`], [`Error::SuperfluousSignature`],
		///   [`Error::DeadlinePassed`], [`Error::DeadlineTooFar`], [`Error::AlreadyUsed`]: the co-signatures do not fit.
		/// - [`Error::BadInterval`], [`Error::ZeroPower`], [`Error::NotMultipleOfLot`], [`Error::ZeroAmount`],
		///   [`Error::BelowExistentialDeposit`]: an output is not possible.
		/// - [`Error::NotConserved`], [`Error::AssetBegun`], [`Error::MoneyNotConserved`], [`Error::Overflow`]: inputs and
		///   outputs differ.
		/// - [`Error::TooManyAssets`]: more assets than before on a feeder that is half full.
		///
		/// ## Events
		///
		/// [`Event::AssetAdded`] for each new asset, then [`Event::AssetTransferred`].
		///
		/// ## Complexity
		///
		/// O(n log n) for n inputs and outputs, whatever the length of their intervals.
		#[pallet::call_index(3)]
		#[pallet::weight(Pallet::<T>::weight_of_transfer(inputs, outputs, co_signatures.as_ref()))]
		pub fn transfer(
			origin: OriginFor<T>,
			inputs: TransferInputs<T>,
			outputs: TransferOutputs<T>,
			co_signatures: Option<CoSignatures<T>>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_transfer(who, inputs, outputs, co_signatures)
		}

		/// Returns an energy asset to the meter or the DSO (P1, "Smart-Meter Based Billing"; P3, depositEnergyAsset).
		///
		/// ## Dispatch Origin
		///
		/// Signed by the owner. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// The asset is gone; the event says so, and names no household. Possible until the settlement window after the
		/// asset's end has passed.
		///
		/// ## Errors
		///
		/// [`Error::AssetNotFound`], [`Error::NotOwner`], [`Error::AssetLocked`], [`Error::AssetExpired`].
		///
		/// ## Events
		///
		/// [`Event::AssetDeposited`].
		///
		/// ## Complexity
		///
		/// Independent of the length of the interval.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::deposit_energy_asset())]
		pub fn deposit_energy_asset(origin: OriginFor<T>, asset_id: AssetId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_deposit_energy_asset(&who, asset_id)
		}

		/// Returns money to the meter or the DSO (P1, "Smart-Meter Based Billing"; P3, depositFinancialBalance).
		///
		/// ## Dispatch Origin
		///
		/// Signed by the owner. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// The money is burned; the event says so, and names no household.
		///
		/// ## Errors
		///
		/// [`Error::ZeroAmount`], [`Error::InsufficientFunds`], [`Error::BelowExistentialDeposit`].
		///
		/// ## Events
		///
		/// [`Event::FinancialDeposited`].
		///
		/// ## Complexity
		///
		/// O(1).
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::deposit_financial())]
		pub fn deposit_financial(origin: OriginFor<T>, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_deposit_financial(&who, amount)
		}

		/// Removes an asset whose settlement window has passed. Idle block time does the same by itself.
		///
		/// ## Dispatch Origin
		///
		/// Signed by anyone. Free for addresses that petra made, within their quota.
		///
		/// ## Details
		///
		/// A locked asset stays until the offer or mixing deposit that holds it lets it go.
		///
		/// ## Errors
		///
		/// [`Error::AssetNotFound`], [`Error::NotExpired`], [`Error::AssetLocked`].
		///
		/// ## Events
		///
		/// [`Event::AssetExpired`].
		///
		/// ## Complexity
		///
		/// Independent of the length of the interval.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::reap())]
		pub fn reap(origin: OriginFor<T>, asset_id: AssetId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_reap(asset_id)
		}
	}
}
