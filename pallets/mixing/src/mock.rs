//! A small runtime: the pallet with money, a clock, `Regulation`, `MeterRegistry` and `EnergyAssets`, and real proofs.

use crate::{self as pallet_mixing, *};
use codec::Encode;
use frame_support::{
	derive_impl,
	dispatch::GetDispatchInfo,
	pallet_prelude::TransactionSource,
	parameter_types,
	traits::{Authorize, ConstU32, ConstU64, Contains, Hooks},
	weights::Weight,
	PalletId,
};
use frame_system::{EnsureRoot, RawOrigin};
use petra_primitives::{
	AddressMaker, AssetKind, Authorization, Balance, FeederId, FreeOrder, Grid, Limits, NewAsset,
	Note, Parameters, Path, Power, QuotaGrants, Source, Timestep, Withdrawal,
};
use sp_core::{sr25519, Pair, H256};
use sp_runtime::{
	traits::{Dispatchable, IdentityLookup},
	transaction_validity::{InvalidTransaction, TransactionValidityError, ValidTransaction},
	AccountId32, BuildStorage, DispatchError, StateVersion,
};
use std::{cell::RefCell, collections::BTreeMap};
use verifiable::{
	ring::{bandersnatch::BandersnatchVrfVerifiable as Scheme, RingDomainSize},
	GenerateVerifiable,
};

type Block = frame_system::mocking::MockBlockU32<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Balances: pallet_balances,
		Regulation: pallet_regulation,
		MeterRegistry: pallet_meter_registry,
		EnergyAssets: pallet_energy_assets,
		Mixing: pallet_mixing,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
	type AccountData = pallet_balances::AccountData<Balance>;
	type BaseCallFilter = Valve;
}

parameter_types! {
	/// Whether the pallet's calls are paused.
	pub static Paused: bool = false;
	/// The least money that an account may have; 1 in the node's runtime.
	pub static ExistentialDeposit: Balance = 1;
	/// What a step of idle time weighs.
	pub static StepWeight: u64 = 0;
}

/// Closes the pallet's calls when they are paused.
pub struct Valve;
impl Contains<RuntimeCall> for Valve {
	fn contains(call: &RuntimeCall) -> bool {
		!(Paused::get() && matches!(call, RuntimeCall::Mixing(_)))
	}
}

impl pallet_timestamp::Config for Test {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = ();
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ExistentialDeposit;
	type AccountStore = System;
}

impl pallet_regulation::Config for Test {
	type WeightInfo = ();
	type RegulatorOrigin = EnsureRoot<AccountId32>;
	type Time = Timestamp;
	type Meters = MeterRegistry;
	type Assets = EnergyAssets;
	type MaxAuthorizations = ConstU32<256>;
	type MaxBans = ConstU32<256>;
	type MaxControlSignals = ConstU32<256>;
	type MaxFeederPolicies = ConstU32<256>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Clock;
}

/// Sets the clock.
#[cfg(feature = "runtime-benchmarks")]
pub struct Clock;
#[cfg(feature = "runtime-benchmarks")]
impl pallet_regulation::BenchmarkHelper for Clock {
	fn set_time(unix_ms: u64) {
		pallet_timestamp::Now::<Test>::put(unix_ms);
	}
}

impl pallet_meter_registry::Config for Test {
	type WeightInfo = ();
	type Grid = Regulation;
	type Quota = ();
	type MaxChanges = ConstU32<16>;
	type MaxChangesAhead = ConstU32<8>;
}

impl pallet_energy_assets::Config for Test {
	type WeightInfo = ();
	type IssuerOrigin = EnsureRoot<AccountId32>;
	type Currency = Balances;
	type Grid = Regulation;
	type Meters = MeterRegistry;
	type Quota = ();
	type Pools = Mixing;
	type MaxInputs = ConstU32<16>;
	type MaxOutputs = ConstU32<16>;
	type MaxCoSigners = ConstU32<8>;
	type MaxDeadline = ConstU32<100>;
	type AssetsPerMeter = ConstU32<4_096>;
}

thread_local! {
	static GRANTS: RefCell<BTreeMap<AccountId32, AddressMaker>> = RefCell::default();
}

/// Notes down who is granted a quota.
pub struct Grants;
impl Grants {
	pub fn of(who: &AccountId32) -> Option<AddressMaker> {
		GRANTS.with_borrow(|grants| grants.get(who).copied())
	}
}
impl QuotaGrants<AccountId32> for Grants {
	fn grant_to_key(_: &AccountId32) {}
	fn grant(who: &AccountId32, maker: AddressMaker) {
		GRANTS.with_borrow_mut(|grants| grants.insert(who.clone(), maker));
	}
	fn grant_from_next_window(_: &AccountId32) {}
	fn is_granted(who: &AccountId32) -> bool {
		Self::of(who).is_some()
	}
}

/// Says who stands in line, and behind how many.
pub struct Order;
impl FreeOrder<AccountId32> for Order {
	fn priority(who: &AccountId32, before: u32) -> u64 {
		let bytes: &[u8] = who.as_ref();
		1_000_000 * u64::from(u16::from_le_bytes([bytes[0], bytes[1]])) + u64::from(before)
	}
}

/// Weights that tell the calls apart, and steps of idle time that weigh what a test says.
pub struct Weights;
impl WeightInfo for Weights {
	fn deposit_energy() -> Weight {
		Weight::from_parts(1, 0)
	}
	fn deposit_financial() -> Weight {
		Weight::from_parts(2, 0)
	}
	fn withdraw_energy() -> Weight {
		Weight::from_parts(3, 0)
	}
	fn withdraw_financial() -> Weight {
		Weight::from_parts(4, 0)
	}
	fn authorize_withdraw() -> Weight {
		Weight::from_parts(100, 0)
	}
	fn authorize_withdraw_batch(n: u32) -> Weight {
		Weight::from_parts(100 + 10 * u64::from(n), 0)
	}
	fn reclaim_energy() -> Weight {
		Weight::from_parts(5, 0)
	}
	fn reclaim_financial() -> Weight {
		Weight::from_parts(6, 0)
	}
	fn set_ring_rules() -> Weight {
		Weight::from_parts(7, 0)
	}
	fn on_initialize() -> Weight {
		Weight::from_parts(8, 0)
	}
	fn decide_ring() -> Weight {
		Weight::from_parts(StepWeight::get(), 0)
	}
	fn expire_ring() -> Weight {
		Weight::from_parts(StepWeight::get(), 0)
	}
	fn clean_ring() -> Weight {
		Weight::from_parts(StepWeight::get(), 0)
	}
}

parameter_types! {
	pub const PotId: PalletId = PalletId(*b"petramix");
}

impl Config for Test {
	type WeightInfo = Weights;
	type RegulatorOrigin = EnsureRoot<AccountId32>;
	type Assets = EnergyAssets;
	type Currency = Balances;
	type Grid = Regulation;
	type Quota = Grants;
	type Order = Order;
	type PotId = PotId;
	type MaxBatch = ConstU32<4>;
	type MaxPoolsPerFeeder = ConstU32<3>;
	type RootRetention = ConstU32<RETENTION>;
	type RingTimeout = ConstU32<TIMEOUT>;
}

/// For how long a root is kept.
pub const RETENTION: u32 = 10;
/// How long a ring of money may take to become usable.
pub const TIMEOUT: u32 = 50;
/// How many keys make a ring usable,
pub const MIN_SIZE: u32 = 3;
/// and how many blocks later.
pub const MIN_AGE: u32 = 5;
/// The unit of money.
pub const UNIT: Balance = 1_000;
/// The timestep when a test begins.
pub const NOW: Timestep = 1_000;
/// The first timestep of most notes: open, and a multiple of 8.
pub const START: Timestep = NOW + 8;
/// How long before a timestep its gate closes.
pub const GATE_LEAD: Timestep = 2;
/// For how long after its end an asset can be deposited.
pub const WINDOW: Timestep = 20;
/// The feeder of the meter.
pub const FEEDER: FeederId = 1;
/// The meter's key.
const METER: u16 = 60_000;

/// The energy note of most tests.
pub const ENERGY: Note = energy_note(400, START, START + 3);
/// The money note of most tests.
pub const MONEY: Note = Note::Financial { amount: 8 * UNIT };

/// Untraded production on [`FEEDER`].
pub const fn energy_note(power: Power, start: Timestep, end: Timestep) -> Note {
	let (kind, feeder, traded) = (AssetKind::Production, FEEDER, false);
	Note::Energy { kind, feeder, traded, power, start, end }
}

pub fn account(seed: u16) -> AccountId32 {
	AccountId32::new((seed, [7u8; 30]).encode().try_into().unwrap())
}

pub fn signed(seed: u16) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(seed))
}

/// The state before the first block.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let parameters = Parameters {
		timestep_ms: 4_000,
		power_lot: 100,
		price_tick: 10,
		gate_lead: GATE_LEAD,
		horizon: 64,
		settlement_window: WINDOW,
		billing_period: 100,
	};
	let regulation = pallet_regulation::GenesisConfig { parameters, ..Default::default() };
	let limits = Limits { max_production: 1_000_000, max_consumption: 1_000_000, max_financial: 0 };
	let meter = |id: u16, feeder| Authorization {
		id: id.into(),
		pubkey: sr25519::Pair::from_seed(&[id as u8; 32]).public().into(),
		feeder,
		limits,
		path: Path::Dso,
	};
	let meters = vec![meter(METER, FEEDER), meter(METER + 1, FEEDER + 1)];
	let meter_registry = pallet_meter_registry::GenesisConfig { meters };
	let mixing = GenesisConfig {
		unit: UNIT,
		min_ring_size: MIN_SIZE,
		min_ring_age: MIN_AGE,
		..Default::default()
	};
	let storage = RuntimeGenesisConfig { regulation, meter_registry, mixing, ..Default::default() };
	let mut ext = sp_io::TestExternalities::new(storage.build_storage().unwrap());
	ext.execute_with(|| {
		GRANTS.with_borrow_mut(BTreeMap::clear);
		Paused::set(false);
		ExistentialDeposit::set(1);
		StepWeight::set(0);
		System::set_block_number(1);
		set_now(NOW);
	});
	ext
}

/// Runs a test, and checks the invariants after it.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		check();
	});
}

/// Checks the invariants.
pub fn check() {
	Mixing::do_try_state().unwrap();
	#[cfg(feature = "try-runtime")]
	<EnergyAssets as Hooks<u32>>::try_state(System::block_number()).unwrap();
}

/// Sets the clock.
pub fn set_now(t: Timestep) {
	pallet_timestamp::Now::<Test>::put(t * 4_000 + 1);
}

/// The next block, at timestep `t`; the last one had idle time.
pub fn next_block_at(t: Timestep) {
	Mixing::on_idle(System::block_number(), Weight::MAX);
	next_block_without_idle(t);
}

/// The next block, at timestep `t`; the last one had no idle time.
pub fn next_block_without_idle(t: Timestep) {
	System::set_block_number(System::block_number() + 1);
	Mixing::on_initialize(System::block_number());
	set_now(t);
}

/// Goes on to `block` in the same timestep.
pub fn run_to(block: u32) {
	while System::block_number() < block {
		next_block_at(Regulation::now());
	}
}

/// Goes on by `blocks` in the same timestep.
pub fn run(blocks: u32) {
	run_to(System::block_number() + blocks);
}

/// Dispatches as an extrinsic does.
pub fn dispatch(origin: RuntimeOrigin, call: impl Into<RuntimeCall>) -> Result<(), DispatchError> {
	call.into().dispatch(origin).map(|_| ()).map_err(|failure| failure.error)
}

fn root() -> H256 {
	H256::from_slice(&sp_io::storage::root(StateVersion::V1))
}

/// Asserts that `call` fails with exactly `error` and changes nothing.
pub fn assert_refused(
	origin: RuntimeOrigin,
	call: impl Into<RuntimeCall>,
	error: impl Into<DispatchError>,
) {
	let before = root();
	assert_eq!(dispatch(origin, call), Err(error.into()));
	assert_eq!(root(), before);
}

/// Asserts that `call` succeeds.
pub fn assert_done(origin: RuntimeOrigin, call: impl Into<RuntimeCall>) {
	assert_eq!(dispatch(origin, call), Ok(()));
}

/// What the pool says of a withdrawal.
pub fn validate(call: &RuntimeCall) -> Result<ValidTransaction, TransactionValidityError> {
	let authorized = call.authorize(TransactionSource::External).expect("nobody signs it");
	authorized.map(|(valid, _)| valid)
}

/// Authorises and dispatches a withdrawal, as a block does.
pub fn submit(call: impl Into<RuntimeCall>) -> Result<ValidTransaction, TransactionValidityError> {
	let call = call.into();
	let valid = validate(&call)?;
	assert_done(RawOrigin::Authorized.into(), call);
	Ok(valid)
}

/// Asserts that a withdrawal is not authorised, because of `error`, and changes nothing.
pub fn assert_not_authorized(call: impl Into<RuntimeCall>, error: Error<Test>) {
	let before = root();
	let code = InvalidTransaction::Custom(code(error));
	assert_eq!(submit(call), Err(TransactionValidityError::Invalid(code)));
	assert_eq!(root(), before);
}

/// The code of an error.
pub fn code(error: Error<Test>) -> u8 {
	FIRST_REFUSAL + error.encode()[0]
}

/// What a withdrawal weighs: dispatch, and authorisation.
pub fn weights(call: &RuntimeCall) -> (Weight, Weight) {
	(call.get_dispatch_info().call_weight, call.weight_of_authorize())
}

/// The pallet's events since the last time.
pub fn take_events() -> Vec<Event<Test>> {
	let events = System::events().into_iter().filter_map(|record| match record.event {
		RuntimeEvent::Mixing(event) => Some(event),
		_ => None,
	});
	let events = events.collect();
	System::reset_events();
	events
}

/// A household's member key.
pub fn secret(seed: u16) -> <Scheme as GenerateVerifiable>::Secret {
	let mut entropy = [3; 32];
	entropy[..2].copy_from_slice(&seed.to_le_bytes());
	Scheme::new_secret(entropy)
}

pub fn key(seed: u16) -> MemberKey {
	Scheme::member_from_secret(&secret(seed))
}

/// This chain's genesis hash.
pub fn genesis_hash() -> H256 {
	System::block_hash(0)
}

/// The bytes of a message before they are hashed, put together by hand from the interface's words.
pub fn message(domain: &str, genesis: H256, fields: &[&[u8]]) -> Vec<u8> {
	[domain.to_string().encode().as_slice(), genesis.as_bytes(), &fields.concat()].concat()
}

/// The signature of `seed`'s member key under the hash of a message.
pub fn sign(seed: u16, message: &[u8]) -> [u8; 64] {
	Scheme::sign(&secret(seed), &sp_io::hashing::blake2_256(message)).unwrap()
}

/// The proof of possession of `seed`'s member key.
pub fn possession(seed: u16, depositor: &AccountId32, pool: &Note) -> [u8; 64] {
	let fields = [depositor.encode(), pool.encode()];
	let fields = fields.each_ref().map(Vec::as_slice);
	sign(seed, &message("petra/Mixing/deposit", genesis_hash(), &fields))
}

/// Gives `owner` the asset of a note.
pub fn add_asset(owner: u16, note: &Note) -> u64 {
	let Note::Energy { kind, feeder, power, start, end, .. } = *note else { panic!("money") };
	let id = pallet_energy_assets::NextAssetId::<Test>::get();
	let asset = NewAsset { feeder, kind, power, start, end };
	let call = pallet_energy_assets::Call::add_energy_asset { address: account(owner), asset };
	assert_done(RuntimeOrigin::root(), call);
	id
}

/// Gives `owner` what a note is made of.
pub fn fund(owner: u16, note: &Note) -> Source {
	match *note {
		Note::Energy { .. } => Source::Energy(add_asset(owner, note)),
		Note::Financial { amount } => {
			let address = account(owner);
			let call = pallet_energy_assets::Call::add_financial_balance { address, amount };
			assert_done(RuntimeOrigin::root(), call);
			Source::Financial(amount)
		},
	}
}

/// The deposit of `source`, which is `note`, by `who` under its own member key.
pub fn deposit_call(who: u16, source: Source, note: &Note) -> crate::Call<Test> {
	let proof_of_possession = possession(who, &account(who), note);
	crate::Call::deposit { source, member_key: key(who), proof_of_possession }
}

/// Gives `who` what `note` is made of, and deposits it.
pub fn deposit(who: u16, note: &Note) {
	let source = fund(who, note);
	assert_done(signed(who), deposit_call(who, source, note));
}

/// Deposits by all of `who`, in one block.
pub fn deposit_all(who: core::ops::Range<u16>, note: &Note) {
	who.for_each(|who| deposit(who, note));
}

/// A ring with a usable revision: households 0, 1 and 2.
pub fn usable_ring(note: &Note) {
	deposit_all(0..MIN_SIZE as u16, note);
	run(MIN_AGE);
	take_events();
}

/// What makes up a withdrawal.
#[derive(Clone)]
pub struct Wish {
	pub who: u16,
	pub pool: Note,
	pub ring: u32,
	pub revision: u32,
	pub deadline: u32,
	pub genesis: H256,
	pub recipient: AccountId32,
}

impl Wish {
	/// A withdrawal of `who`'s note, over revision 2 of ring 0, to an address that nobody has ever seen.
	pub fn new(who: u16, pool: &Note) -> Self {
		Self {
			who,
			pool: *pool,
			ring: 0,
			revision: 2,
			deadline: System::block_number() + 20,
			genesis: genesis_hash(),
			recipient: account(1_000 + who),
		}
	}

	/// The key's nullifier.
	pub fn nullifier(&self) -> [u8; 32] {
		Scheme::alias_in_context(&secret(self.who), &self.context()).unwrap()
	}

	fn context(&self) -> Vec<u8> {
		let fields = [self.pool.encode(), self.ring.encode()];
		message("petra/Mixing/nullifier", self.genesis, &fields.each_ref().map(Vec::as_slice))
	}

	/// The withdrawal, with a proof over the ring's keys as they are stored.
	pub fn prove(&self) -> Withdrawal<AccountId32> {
		let members = (0..=self.revision)
			.filter_map(|index| Members::<Test>::get((self.pool, self.ring), index))
			.map(|member| member.key)
			.collect::<Vec<_>>();
		self.prove_among(&members)
	}

	/// The withdrawal, with a proof over these keys.
	pub fn prove_among(&self, members: &[MemberKey]) -> Withdrawal<AccountId32> {
		let nullifier = self.nullifier();
		let fields = [
			self.pool.encode(),
			self.ring.encode(),
			self.revision.encode(),
			nullifier.encode(),
			self.deadline.encode(),
			self.recipient.encode(),
		];
		let fields = fields.each_ref().map(Vec::as_slice);
		let message = message("petra/Mixing/withdraw", self.genesis, &fields);
		let (domain, key) = (RingDomainSize::Domain11, key(self.who));
		let commitment = Scheme::open(domain, &key, members.iter().copied()).unwrap();
		let (secret, message) = (secret(self.who), sp_io::hashing::blake2_256(&message));
		let (proof, alias) =
			Scheme::create(commitment, &secret, &self.context(), &message).unwrap();
		assert_eq!(alias, nullifier);
		Withdrawal {
			pool: self.pool,
			ring: self.ring,
			revision: self.revision,
			nullifier,
			deadline: self.deadline,
			proof: proof.to_vec().try_into().unwrap(),
			recipient: self.recipient.clone(),
		}
	}

	/// The call.
	pub fn call(&self) -> crate::Call<Test> {
		withdraw(self.prove())
	}
}

pub fn withdraw(withdrawal: Withdrawal<AccountId32>) -> crate::Call<Test> {
	crate::Call::withdraw { withdrawal }
}

pub fn withdraw_batch(withdrawals: Vec<Withdrawal<AccountId32>>) -> crate::Call<Test> {
	crate::Call::withdraw_batch { withdrawals: withdrawals.try_into().unwrap() }
}

/// `who` takes its note back.
pub fn reclaim(who: u16, pool: &Note, recipient: u16) -> crate::Call<Test> {
	let (ring, recipient) = (0u32, account(recipient));
	let fields = [pool.encode(), ring.encode(), recipient.encode()];
	let fields = fields.each_ref().map(Vec::as_slice);
	let signature = sign(who, &message("petra/Mixing/reclaim", genesis_hash(), &fields));
	crate::Call::reclaim { pool: *pool, ring, member_key: key(who), recipient, signature }
}

/// The stored ring 0 of a pool.
pub fn stored(pool: &Note) -> Ring {
	Rings::<Test>::get((*pool, 0)).unwrap()
}
