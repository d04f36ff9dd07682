//! Who rules (the DSO, through sudo), and the valves with which it stops what must be stopped.

use crate::{
	weights, AccountId, Balances, BlockNumber, Runtime, RuntimeCall, RuntimeEvent,
	RuntimeHoldReason, DAYS,
};
use frame_support::traits::{ConstU32, Contains};
use frame_system::{EnsureRoot, EnsureRootWithSuccess};
use pallet_tx_pause::RuntimeCallNameOf;

/// The DSO: root, and so whoever holds the sudo key. Another network may say a collective or a multisig here.
pub type RegulatorOrigin = EnsureRoot<AccountId>;

/// How long `safe_mode.force_enter` closes the chain, unless it is opened or extended before.
pub const SAFE_MODE_DURATION: BlockNumber = DAYS;

impl pallet_sudo::Config for Runtime {
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = weights::pallet_sudo::WeightInfo<Self>;
}

/// The calls that no valve closes: without them the DSO could not open it again, or the chain would stop.
///
/// Among them are those of joint accounts, since the sudo key may be one: what such an account calls passes the valves
/// again. And the code of an upgrade that root has authorised, which nobody need sign: while a valve was closed, it could be
/// put into block after block, and fail, for nothing.
pub struct AlwaysOpen;

impl AlwaysOpen {
	const PALLETS: [&'static [u8]; 10] = [
		b"System",
		b"Timestamp",
		b"ValidatorSet",
		b"Session",
		b"Grandpa",
		b"Sudo",
		b"SafeMode",
		b"TxPause",
		b"Multisig",
		b"Regulation",
	];
}

impl Contains<RuntimeCall> for AlwaysOpen {
	fn contains(call: &RuntimeCall) -> bool {
		matches!(
			call,
			RuntimeCall::System(frame_system::Call::apply_authorized_upgrade { .. })
				| RuntimeCall::Timestamp(_)
				| RuntimeCall::ValidatorSet(_)
				| RuntimeCall::Session(_)
				| RuntimeCall::Grandpa(_)
				| RuntimeCall::Sudo(_)
				| RuntimeCall::SafeMode(_)
				| RuntimeCall::TxPause(_)
				| RuntimeCall::Multisig(_)
				| RuntimeCall::Regulation(_)
		)
	}
}

impl Contains<RuntimeCallNameOf<Runtime>> for AlwaysOpen {
	fn contains(name: &RuntimeCallNameOf<Runtime>) -> bool {
		Self::PALLETS.contains(&name.0.as_slice())
	}
}

impl pallet_safe_mode::Config for Runtime {
	type Currency = Balances;
	type EnterDepositAmount = NoDeposit;
	type EnterDuration = ConstU32<SAFE_MODE_DURATION>;
	type ExtendDepositAmount = NoDeposit;
	type ExtendDuration = ConstU32<SAFE_MODE_DURATION>;
	type ForceDepositOrigin = EnsureRoot<AccountId>;
	type ForceEnterOrigin = EnsureRootWithSuccess<AccountId, ConstU32<SAFE_MODE_DURATION>>;
	type ForceExitOrigin = EnsureRoot<AccountId>;
	type ForceExtendOrigin = EnsureRootWithSuccess<AccountId, ConstU32<SAFE_MODE_DURATION>>;
	type Notify = ();
	type ReleaseDelay = NoDelay;
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WeightInfo = weights::pallet_safe_mode::WeightInfo<Self>;
	type WhitelistedCalls = AlwaysOpen;
}

frame_support::parameter_types! {
	/// Nobody can buy his way into closing the chain.
	pub const NoDeposit: Option<crate::Balance> = None;
	/// There are no deposits to release.
	pub const NoDelay: Option<BlockNumber> = None;
}

impl pallet_tx_pause::Config for Runtime {
	type MaxNameLen = ConstU32<256>;
	type PauseOrigin = EnsureRoot<AccountId>;
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type UnpauseOrigin = EnsureRoot<AccountId>;
	type WeightInfo = weights::pallet_tx_pause::WeightInfo<Self>;
	type WhitelistedCalls = AlwaysOpen;
}
