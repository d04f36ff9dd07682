//! A runtime with sessions of five blocks, at least two validators and at most five.

use crate as pallet_validator_set;
use crate::*;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, ConstU64, OnFinalize, OnInitialize},
	weights::Weight,
};
use frame_system::EnsureRoot;
use pallet_session::{historical, PeriodicSessions, SessionHandler};
use sp_runtime::{
	impl_opaque_keys,
	testing::UintAuthorityId,
	traits::{ConvertInto, OpaqueKeys},
	BuildStorage, KeyTypeId, Perbill, RuntimeAppPublic,
};
use sp_staking::{
	offence::{OffenceDetails, OnOffenceHandler},
	SessionIndex,
};

pub type AccountId = u64;
pub const SESSION: u64 = 5;
pub const HISTORY: SessionIndex = 4;

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		ValidatorSet: pallet_validator_set,
		Session: pallet_session,
		Historical: historical,
	}
);

impl_opaque_keys! {
	pub struct SessionKeys {
		pub dummy: UintAuthorityId,
	}
}

parameter_types! {
	/// The keys that consensus works with.
	pub static Authorities: Vec<u64> = vec![];
	/// How often consensus was told that somebody is disabled.
	pub static TimesDisabled: u32 = 0;
}

/// Stands for Aura and GRANDPA: takes the keys when it is told that they changed.
pub struct Consensus;

fn keys_of<Ks: OpaqueKeys>(validators: &[(AccountId, Ks)]) -> Vec<u64> {
	let key = |keys: &Ks| keys.get::<UintAuthorityId>(UintAuthorityId::ID).unwrap().0;
	validators.iter().map(|(_, keys)| key(keys)).collect()
}

impl SessionHandler<AccountId> for Consensus {
	const KEY_TYPE_IDS: &'static [KeyTypeId] = &[UintAuthorityId::ID];
	fn on_genesis_session<Ks: OpaqueKeys>(validators: &[(AccountId, Ks)]) {
		Authorities::set(keys_of(validators));
	}
	fn on_new_session<Ks: OpaqueKeys>(
		changed: bool,
		validators: &[(AccountId, Ks)],
		_: &[(AccountId, Ks)],
	) {
		if changed {
			Authorities::set(keys_of(validators));
		}
	}
	fn on_disabled(_: u32) {
		TimesDisabled::mutate(|times| *times += 1);
	}
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = PeriodicSessions<SessionLength<Test>, ConstU64<0>>;
	type NextSessionRotation = PeriodicSessions<SessionLength<Test>, ConstU64<0>>;
	type SessionManager = historical::NoteHistoricalRoot<Test, ValidatorSet>;
	type SessionHandler = Consensus;
	type Keys = SessionKeys;
	type DisablingStrategy = ();
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = ConstU64<0>;
}

impl historical::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = UnitIdentificationOf;
}

impl Config for Test {
	type RegulatorOrigin = EnsureRoot<AccountId>;
	type MinAuthorities = ConstU32<2>;
	type MaxAuthorities = ConstU32<5>;
	type HistoryDepth = ConstU32<HISTORY>;
	type WeightInfo = ();
}

pub fn key(id: u64) -> SessionKeys {
	SessionKeys { dummy: UintAuthorityId(id) }
}

/// The genesis of a network of `validators`, whose keys are their own numbers.
pub struct ExtBuilder {
	validators: Vec<AccountId>,
	keyed: Vec<AccountId>,
	session_length: u64,
}

impl Default for ExtBuilder {
	fn default() -> Self {
		Self { validators: vec![1, 2, 3], keyed: vec![1, 2, 3], session_length: SESSION }
	}
}

impl ExtBuilder {
	pub fn validators(mut self, validators: &[AccountId]) -> Self {
		self.validators = validators.to_vec();
		self.keyed = validators.to_vec();
		self
	}

	pub fn keyed(mut self, keyed: &[AccountId]) -> Self {
		self.keyed = keyed.to_vec();
		self
	}

	pub fn session_length(mut self, blocks: u64) -> Self {
		self.session_length = blocks;
		self
	}

	pub fn build(self) -> sp_io::TestExternalities {
		Authorities::set(vec![]);
		TimesDisabled::set(0);
		let keys = self.keyed.iter().map(|&id| (id, id, key(id))).collect();
		let genesis = RuntimeGenesisConfig {
			validator_set: GenesisConfig {
				initial_validators: self.validators,
				session_length: self.session_length,
			},
			session: pallet_session::GenesisConfig { keys, ..Default::default() },
			..Default::default()
		};
		let mut ext: sp_io::TestExternalities = genesis.build_storage().unwrap().into();
		ext.execute_with(|| System::set_block_number(1));
		ext
	}

	pub fn build_and_execute(self, test: impl FnOnce()) {
		self.build().execute_with(|| {
			test();
			ValidatorSet::do_try_state().unwrap();
		});
	}
}

/// For benchmarks, which make their own validators.
#[cfg(feature = "runtime-benchmarks")]
pub fn empty_ext() -> sp_io::TestExternalities {
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	storage.into()
}

/// Runs blocks up to the first of the next session, and checks the invariants in each.
pub fn next_session() {
	let session = Session::current_index();
	while Session::current_index() == session {
		AllPalletsWithSystem::on_finalize(System::block_number());
		let now = System::block_number() + 1;
		System::set_block_number(now);
		AllPalletsWithSystem::on_initialize(now);
		ValidatorSet::do_try_state().unwrap();
	}
}

pub fn sessions(count: u32) {
	(0..count).for_each(|_| next_session());
}

pub fn add(account: AccountId) -> sp_runtime::DispatchResult {
	ValidatorSet::add_validator(RuntimeOrigin::root(), account)
}

pub fn remove(account: AccountId) -> sp_runtime::DispatchResult {
	ValidatorSet::remove_validator(RuntimeOrigin::root(), account)
}

/// The account sets session keys, as its node made them.
pub fn set_keys(account: AccountId, id: u64) -> sp_runtime::DispatchResult {
	use codec::Encode;
	let keys = key(id);
	let proof = keys.dummy.sign(&account.encode()).unwrap().encode();
	Session::set_keys(RuntimeOrigin::signed(account), keys, proof)
}

/// An account with session keys of its own number joins.
pub fn add_keyed(account: AccountId) {
	add(account).unwrap();
	set_keys(account, account).unwrap();
}

pub fn offend(accounts: &[AccountId], session: SessionIndex) {
	let details: Vec<_> = accounts
		.iter()
		.map(|&account| OffenceDetails { offender: (account, ()), reporters: vec![] })
		.collect();
	let fractions = vec![Perbill::one(); accounts.len()];
	let _: Weight = <ValidatorSet as OnOffenceHandler<AccountId, _, _>>::on_offence(
		&details, &fractions, session,
	);
}

pub fn offend_now(account: AccountId) {
	offend(&[account], Session::current_index());
}

/// The accounts that serve and are disabled.
pub fn disabled() -> Vec<AccountId> {
	let serving = Session::validators();
	Session::disabled_validators()
		.into_iter()
		.map(|index| serving[index as usize])
		.collect()
}

pub fn events() -> Vec<Event<Test>> {
	let events = System::read_events_for_pallet::<Event<Test>>();
	System::reset_events();
	events
}
