//! Validators: Aura produces blocks, GRANDPA finalises them, the regulator says who takes part.

use super::RegulatorOrigin;
use crate::{
	weights, AccountId, Aura, Balances, Historical, Offences, Runtime, RuntimeEvent, Session,
	SessionKeys, ValidatorSet, DAYS,
};
use frame_support::traits::{ConstBool, ConstU128, ConstU32, ConstU64};
use pallet_session::historical;
use pallet_validator_set::SessionLength;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_runtime::traits::{ConvertInto, OpaqueKeys};

/// The most validators that a network can have.
pub type MaxAuthorities = ConstU32<100>;
/// Past sessions for which an equivocation can still be proven: a day of sessions of ten minutes.
const HISTORY_DEPTH: u32 = 144;

impl pallet_authorship::Config for Runtime {
	type EventHandler = ();
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Aura>;
}

impl pallet_aura::Config for Runtime {
	type AllowMultipleBlocksPerSlot = ConstBool<false>;
	type AuthorityId = AuraId;
	type DisabledValidators = Session;
	type MaxAuthorities = MaxAuthorities;
	type SlotDuration = ConstU64<{ crate::SLOT_DURATION }>;
}

impl pallet_validator_set::Config for Runtime {
	type HistoryDepth = ConstU32<HISTORY_DEPTH>;
	type MaxAuthorities = MaxAuthorities;
	type MinAuthorities = ConstU32<1>;
	type RegulatorOrigin = RegulatorOrigin;
	type WeightInfo = weights::pallet_validator_set::WeightInfo<Self>;
}

impl pallet_session::Config for Runtime {
	type Currency = Balances;
	type DisablingStrategy = ();
	type KeyDeposit = ConstU128<0>;
	type Keys = SessionKeys;
	type NextSessionRotation =
		pallet_session::PeriodicSessions<SessionLength<Runtime>, ConstU32<0>>;
	type RuntimeEvent = RuntimeEvent;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type SessionManager = historical::NoteHistoricalRoot<Self, ValidatorSet>;
	type ShouldEndSession = pallet_session::PeriodicSessions<SessionLength<Runtime>, ConstU32<0>>;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
}

impl historical::Config for Runtime {
	type FullIdentification = ();
	type FullIdentificationOf = pallet_validator_set::UnitIdentificationOf;
	type RuntimeEvent = RuntimeEvent;
}

impl pallet_offences::Config for Runtime {
	type IdentificationTuple = historical::IdentificationTuple<Self>;
	type OnOffenceHandler = ValidatorSet;
	type RuntimeEvent = RuntimeEvent;
}

impl pallet_grandpa::Config for Runtime {
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
	type KeyOwnerProof = sp_session::MembershipProof;
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = ConstU64<{ HISTORY_DEPTH as u64 }>;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
}

/// How many blocks a report of an equivocation stays valid in the pool.
pub type ReportLongevity = ConstU64<{ DAYS as u64 }>;
