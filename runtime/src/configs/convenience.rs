//! Batches, joint accounts and delegates, which wallets know. Petra's free calls pay when they are made through these.

use crate::{
	weights, Balance, Balances, OriginCaller, Runtime, RuntimeCall, RuntimeEvent, System, EUR,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	parameter_types,
	traits::{ConstU32, InstanceFilter},
};
use scale_info::TypeInfo;
use sp_runtime::traits::BlakeTwo256;

/// What is put aside for `items` stored values of `bytes` bytes together.
const fn deposit(items: u32, bytes: u32) -> Balance {
	items as Balance * (EUR / 100) + bytes as Balance * (EUR / 10_000)
}

parameter_types! {
	/// For a multisig operation under way.
	pub const MultisigDepositBase: Balance = deposit(1, 88);
	/// For each of its signatories.
	pub const MultisigDepositFactor: Balance = deposit(0, 32);
	/// For an account with proxies.
	pub const ProxyDepositBase: Balance = deposit(1, 8);
	/// For each of them.
	pub const ProxyDepositFactor: Balance = deposit(0, 37);
	/// For an account with announced proxy calls.
	pub const AnnouncementDepositBase: Balance = deposit(1, 8);
	/// For each of them.
	pub const AnnouncementDepositFactor: Balance = deposit(0, 68);
}

impl pallet_utility::Config for Runtime {
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = weights::pallet_utility::WeightInfo<Self>;
}

impl pallet_multisig::Config for Runtime {
	type BlockNumberProvider = System;
	type Currency = Balances;
	type DepositBase = MultisigDepositBase;
	type DepositFactor = MultisigDepositFactor;
	type MaxSignatories = ConstU32<100>;
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = weights::pallet_multisig::WeightInfo<Self>;
}

/// What a proxy may do for its principal.
#[derive(
	Copy,
	Clone,
	Default,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum ProxyType {
	/// Everything.
	#[default]
	Any,
	/// Only rotate a validator's session keys.
	SessionKeys,
}

impl InstanceFilter<RuntimeCall> for ProxyType {
	fn filter(&self, call: &RuntimeCall) -> bool {
		match self {
			Self::Any => true,
			Self::SessionKeys => matches!(call, RuntimeCall::Session(_)),
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		*self == Self::Any || self == other
	}
}

impl pallet_proxy::Config for Runtime {
	type AnnouncementDepositBase = AnnouncementDepositBase;
	type AnnouncementDepositFactor = AnnouncementDepositFactor;
	type BlockNumberProvider = System;
	type CallHasher = BlakeTwo256;
	type Currency = Balances;
	type MaxPending = ConstU32<32>;
	type MaxProxies = ConstU32<32>;
	type ProxyDepositBase = ProxyDepositBase;
	type ProxyDepositFactor = ProxyDepositFactor;
	type ProxyType = ProxyType;
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = weights::pallet_proxy::WeightInfo<Self>;
}
