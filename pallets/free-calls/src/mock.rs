//! A runtime in which the calls of a ledger are free, with a quota of 8 asset writes in windows of 10 blocks.

use crate as pallet_free_calls;
use crate::*;
use frame_support::{
	derive_impl,
	dispatch::GetDispatchInfo,
	parameter_types,
	storage::{with_transaction, TransactionOutcome},
	traits::{ConstU128, OnFinalize, OnInitialize},
	weights::{IdentityFee, Weight},
};
use frame_system::{limits::BlockWeights, CheckMortality, CheckNonce, CheckWeight};
use pallet_transaction_payment::{ChargeTransactionPayment, FungibleAdapter};
use petra_primitives::{AddressMaker, FreeCallCost, MeterId};
use sp_runtime::{
	generic::Era,
	testing::H256,
	traits::{DispatchTransaction, TransactionExtension},
	transaction_validity::{
		InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction,
	},
	type_with_default::TypeWithDefault,
	ApplyExtrinsicResultWithInfo, BuildStorage,
};

pub type AccountId = u64;
pub type Balance = u128;
pub const QUOTA: u32 = 8;
pub const WINDOW: u32 = 10;
/// An account with money and a quota, one with a quota alone, one with money alone.
pub const RICH: AccountId = 1;
pub const MEMBER: AccountId = 2;
pub const PAYER: AccountId = 3;
/// Whose meters' addresses the first two are.
pub const METER: MeterId = 1;
pub const BESIDE: MeterId = 2;

type Block = frame_system::mocking::MockBlockU32<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		TransactionPayment: pallet_transaction_payment,
		Utility: pallet_utility,
		FreeCalls: pallet_free_calls,
		Ledger: ledger,
	}
);

/// A pallet with calls that are free and weigh what their argument says.
#[frame_support::pallet]
pub mod ledger {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	#[pallet::config]
	pub trait Config: frame_system::Config {}

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::error]
	pub enum Error<T> {
		Refused,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Writes `outputs` assets, if it does not `fail`; spends `spent` of `weight`.
		#[pallet::call_index(0)]
		#[pallet::weight(*weight)]
		pub fn write(
			_: OriginFor<T>,
			outputs: u32,
			fail: bool,
			weight: Weight,
			spent: Weight,
		) -> DispatchResultWithPostInfo {
			let _ = (outputs, weight);
			ensure!(!fail, Error::<T>::Refused);
			Ok(Some(spent).into())
		}

		/// Gives up the account, whose last asset it is.
		#[pallet::call_index(1)]
		#[pallet::weight(Weight::zero())]
		pub fn leave(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			frame_system::Pallet::<T>::dec_sufficients(&who);
			Ok(())
		}
	}
}

impl ledger::Config for Test {}

/// The ledger's calls are free; a write costs its outputs.
pub struct LedgerCost;
impl FreeCallCost<AccountId, RuntimeCall> for LedgerCost {
	fn cost(_: &AccountId, call: &RuntimeCall) -> Option<u32> {
		match call {
			RuntimeCall::Ledger(ledger::Call::write { outputs, .. }) => Some(*outputs),
			RuntimeCall::Ledger(_) => Some(1),
			_ => None,
		}
	}
}

/// What a block may weigh: a thousand units, 800 of them for normal transactions, so 600 for free calls.
pub const UNIT: u64 = 1_000_000_000_000;
parameter_types! {
	pub Weights: BlockWeights = BlockWeights::builder()
		.base_block(Weight::zero())
		.for_class(frame_support::dispatch::DispatchClass::all(), |class| {
			class.base_extrinsic = Weight::from_parts(UNIT, 0);
		})
		.for_class(frame_support::dispatch::DispatchClass::Normal, |class| {
			class.max_total = Some(Weight::from_parts(800 * UNIT, u64::MAX));
		})
		.for_class(frame_support::dispatch::DispatchClass::Operational, |class| {
			class.max_total = Some(Weight::from_parts(1_000 * UNIT, u64::MAX));
			class.reserved = Some(Weight::from_parts(200 * UNIT, u64::MAX));
		})
		.build_or_panic();
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type BlockWeights = Weights;
	type Nonce = TypeWithDefault<u32, BlockNumberNonce<Test>>;
	type AccountData = pallet_balances::AccountData<Balance>;
	type OnKilledAccount = FreeCalls;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
}

#[derive_impl(pallet_transaction_payment::config_preludes::TestDefaultConfig)]
impl pallet_transaction_payment::Config for Test {
	type OnChargeTransaction = FungibleAdapter<Balances, ()>;
	type WeightToFee = IdentityFee<Balance>;
	type LengthToFee = IdentityFee<Balance>;
}

impl pallet_utility::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = OriginCaller;
	type WeightInfo = ();
}

pub struct TestWeights;
impl WeightInfo for TestWeights {
	fn check_free_call() -> Weight {
		Weight::from_parts(5_000_000, 0)
	}
	fn check_paid_call() -> Weight {
		Weight::from_parts(2_000_000, 0)
	}
	fn on_finalize() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn forget_floor() -> Weight {
		Weight::from_parts(1_000, 0)
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<AccountId, RuntimeCall> for LedgerCost {
	fn free_call(_: &AccountId) -> RuntimeCall {
		write(1)
	}
}

impl Config for Test {
	type Cost = LedgerCost;
	type WeightInfo = TestWeights;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = LedgerCost;
}

pub struct ExtBuilder {
	pub quota: u32,
	pub window: u32,
}

impl Default for ExtBuilder {
	fn default() -> Self {
		Self { quota: QUOTA, window: WINDOW }
	}
}

impl ExtBuilder {
	pub fn build(self) -> sp_io::TestExternalities {
		let money = 1_000_000 * Balance::from(UNIT);
		let genesis = RuntimeGenesisConfig {
			balances: pallet_balances::GenesisConfig {
				balances: vec![(RICH, money), (PAYER, money)],
				..Default::default()
			},
			free_calls: GenesisConfig {
				quota: self.quota,
				window: self.window,
				..Default::default()
			},
			..Default::default()
		};
		let mut ext: sp_io::TestExternalities = genesis.build_storage().unwrap().into();
		ext.execute_with(|| {
			use petra_primitives::QuotaGrants;
			run_to(1);
			System::inc_sufficients(&MEMBER);
			FreeCalls::grant(&MEMBER, AddressMaker::Meter(METER));
			FreeCalls::grant(&RICH, AddressMaker::Meter(BESIDE));
		});
		ext
	}

	pub fn build_and_execute(self, test: impl FnOnce()) {
		self.build().execute_with(|| {
			test();
			FreeCalls::do_try_state().unwrap();
		});
	}
}

/// Runs empty blocks up to the beginning of `block`.
pub fn run_to(block: u32) {
	while System::block_number() < block {
		let now = System::block_number();
		if now > 0 {
			AllPalletsWithSystem::on_finalize(now);
		}
		let parent = H256::from_low_u64_be(u64::from(now) + 1);
		System::initialize(&(now + 1), &parent, &Default::default());
		AllPalletsWithSystem::on_initialize(now + 1);
	}
}

pub fn next_block() {
	run_to(System::block_number() + 1);
}

pub fn next_window() {
	let now = System::block_number();
	run_to((now / WINDOW + 1) * WINDOW);
}

/// A free call that writes `outputs` assets and weighs nothing.
pub fn write(outputs: u32) -> RuntimeCall {
	heavy(outputs, 0, 0)
}

/// A free call that weighs `weight` units and spends `spent` of them.
pub fn heavy(outputs: u32, weight: u64, spent: u64) -> RuntimeCall {
	let [weight, spent] = [weight, spent].map(|units| Weight::from_parts(units * UNIT, 0));
	RuntimeCall::Ledger(ledger::Call::write { outputs, fail: false, weight, spent })
}

pub fn failing(outputs: u32) -> RuntimeCall {
	let weight = Weight::zero();
	RuntimeCall::Ledger(ledger::Call::write { outputs, fail: true, weight, spent: weight })
}

pub fn leave() -> RuntimeCall {
	RuntimeCall::Ledger(ledger::Call::leave {})
}

/// A call that is not free.
pub fn remark() -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::remark { remark: vec![] })
}

/// A transaction, as a wallet signs it.
#[derive(Clone)]
pub struct Transaction {
	pub origin: RuntimeOrigin,
	pub call: RuntimeCall,
	pub era: Era,
	pub nonce: u32,
	pub tip: Balance,
}

pub fn nonce_of(who: AccountId) -> u32 {
	*System::account_nonce(who)
}

/// A transaction with the next nonce, which is mortal.
pub fn signed(who: AccountId, call: RuntimeCall) -> Transaction {
	let era = Era::mortal(64, (System::block_number() - 1).into());
	let origin = RuntimeOrigin::signed(who);
	Transaction { origin, call, era, nonce: *FreeCalls::next_nonce(&who), tip: 0 }
}

/// A transaction that nobody signed and a pallet authorised.
pub fn authorized(call: RuntimeCall) -> Transaction {
	let origin = frame_system::RawOrigin::Authorized.into();
	Transaction { origin, call, era: Era::immortal(), nonce: 0, tip: 0 }
}

pub const LENGTH: usize = 100;

impl Transaction {
	pub fn nonce(mut self, nonce: u32) -> Self {
		self.nonce = nonce;
		self
	}

	pub fn era(mut self, era: Era) -> Self {
		self.era = era;
		self
	}

	pub fn tip(mut self, tip: Balance) -> Self {
		self.tip = tip;
		self
	}

	pub fn standard(&self) -> StandardExtensions<Test> {
		(
			CheckMortality::from(self.era),
			CheckNonce::from(self.nonce.into()),
			CheckWeight::new(),
			ChargeTransactionPayment::from(self.tip),
		)
	}

	/// What the transaction pool is told.
	pub fn validate(&self) -> Result<ValidTransaction, TransactionValidityError> {
		self.validate_by(FreeCallQuota::from(self.standard()))
	}

	pub fn validate_by<X: TransactionExtension<RuntimeCall>>(
		&self,
		extension: X,
	) -> Result<ValidTransaction, TransactionValidityError> {
		let mut info = self.call.get_dispatch_info();
		info.extension_weight = extension.weight(&self.call);
		let source = TransactionSource::External;
		with_transaction(|| {
			let result =
				extension.validate_only(self.origin.clone(), &self.call, &info, LENGTH, source, 0);
			TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(result))
		})
		.unwrap()
		.map(|(valid, ..)| valid)
	}

	/// What happens in a block: as in one, an invalid transaction changes nothing.
	pub fn apply(self) -> Applied {
		let extension = FreeCallQuota::from(self.standard());
		self.apply_by(extension)
	}

	pub fn apply_by<X: TransactionExtension<RuntimeCall>>(self, extension: X) -> Applied {
		let mut info = self.call.get_dispatch_info();
		info.extension_weight = extension.weight(&self.call);
		with_transaction(|| {
			let result = extension.dispatch_transaction(self.origin, self.call, &info, LENGTH, 0);
			let outcome = Ok::<_, sp_runtime::DispatchError>(result);
			match result {
				Ok(_) => {
					frame_system::ExtrinsicWeightReclaimed::<Test>::kill();
					TransactionOutcome::Commit(outcome)
				},
				Err(_) => TransactionOutcome::Rollback(outcome),
			}
		})
		.unwrap()
	}
}

pub type Applied = ApplyExtrinsicResultWithInfo<frame_support::dispatch::PostDispatchInfo>;

pub fn over_quota() -> TransactionValidityError {
	InvalidTransaction::Custom(OVER_QUOTA).into()
}

pub fn balance(who: AccountId) -> Balance {
	Balances::free_balance(who)
}
