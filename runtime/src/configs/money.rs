//! Money: EUR in billionths, and fees that go to the DSO.

use crate::{
	AccountId, Balance, Balances, Runtime, RuntimeEvent, RuntimeFreezeReason, RuntimeHoldReason,
	System, EXISTENTIAL_DEPOSIT,
};
use frame_support::{
	parameter_types,
	traits::{tokens::imbalance::ResolveTo, ConstU128, ConstU32, ConstU8, VariantCountOf},
	weights::{
		constants::WEIGHT_REF_TIME_PER_MICROS, ConstantMultiplier, WeightToFeeCoefficient,
		WeightToFeeCoefficients, WeightToFeePolynomial,
	},
	PalletId,
};
use pallet_transaction_payment::{ConstFeeMultiplier, FungibleAdapter, Multiplier};
use sp_runtime::{
	traits::{AccountIdConversion, One},
	Perbill,
};

parameter_types! {
	/// Where fees go. Nobody has its key; sudo moves money out of it with `balances.force_transfer`.
	pub DsoAccount: AccountId = PalletId(*b"petradso").into_account_truncating();
	/// Fees do not depend on how full blocks are.
	pub FeeMultiplier: Multiplier = Multiplier::one();
	/// A millionth of a EUR for each byte of a transaction.
	pub const TransactionByteFee: Balance = 1_000;
}

/// A thousandth of a cent for each ten microseconds of execution: a second of blocks costs half a EUR.
pub struct WeightToFee;
impl WeightToFeePolynomial for WeightToFee {
	type Balance = Balance;

	fn polynomial() -> WeightToFeeCoefficients<Balance> {
		[WeightToFeeCoefficient {
			degree: 1,
			negative: false,
			coeff_frac: Perbill::from_rational(1_000, WEIGHT_REF_TIME_PER_MICROS),
			coeff_integer: 0,
		}]
		.into_iter()
		.collect()
	}
}

impl pallet_balances::Config for Runtime {
	type AccountStore = System;
	type Balance = Balance;
	type DoneSlashHandler = ();
	type DustRemoval = ();
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ConstU32<50>;
	type ReserveIdentifier = [u8; 8];
	type RuntimeEvent = RuntimeEvent;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
}

impl pallet_transaction_payment::Config for Runtime {
	type FeeMultiplierUpdate = ConstFeeMultiplier<FeeMultiplier>;
	type LengthToFee = ConstantMultiplier<Balance, TransactionByteFee>;
	type OnChargeTransaction = FungibleAdapter<Balances, ResolveTo<DsoAccount, Balances>>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
	type WeightToFee = WeightToFee;
}

impl pallet_free_calls::Config for Runtime {
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = FreeCalls;
	type Cost = FreeCalls;
	type WeightInfo = ();
}

/// Which calls are free: none yet.
pub struct FreeCalls;

impl petra_primitives::FreeCallCost<AccountId, crate::RuntimeCall> for FreeCalls {
	fn cost(_: &AccountId, _: &crate::RuntimeCall) -> Option<u32> {
		None
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_free_calls::BenchmarkHelper<AccountId, crate::RuntimeCall> for FreeCalls {
	fn free_call(_: &AccountId) -> crate::RuntimeCall {
		frame_system::Call::remark { remark: Default::default() }.into()
	}
}
