//! A small runtime: the pallet with money, a clock, `Regulation` and `MeterRegistry`.

use crate::{self as pallet_energy_assets, *};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, ConstU64, Get, Hooks},
	weights::Weight,
};
use frame_system::EnsureRoot;
use petra_primitives::{
	AddressMaker, AssetKind, AssetOutput, Authorization, Balance, FeederId, Grid, InspectPools,
	Limits, MeterId, NewAsset, Parameters, Path, PooledNotes, Power, QuotaGrants, Timestep,
	WithdrawalOutput,
};
use sp_core::{sr25519, Pair, H256};
use sp_runtime::{
	traits::IdentityLookup, type_with_default::TypeWithDefault, AccountId32, BuildStorage,
	DispatchError, MultiSignature, StateVersion,
};
use std::{cell::RefCell, collections::BTreeMap};

type Block = frame_system::mocking::MockBlockU32<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Balances: pallet_balances,
		Regulation: pallet_regulation,
		MeterRegistry: pallet_meter_registry,
		EnergyAssets: pallet_energy_assets,
	}
);

/// New accounts begin with the block's number, as in the node's runtime.
#[derive(Debug)]
pub struct NonceFromBlock;
impl Get<u64> for NonceFromBlock {
	fn get() -> u64 {
		System::block_number().into()
	}
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
	type Nonce = TypeWithDefault<u64, NonceFromBlock>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

impl pallet_timestamp::Config for Test {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = ();
}

parameter_types! {
	/// The least money that an account may have; 1 in the node's runtime.
	pub static ExistentialDeposit: Balance = 1;
	pub static Pooled: Vec<PooledNotes> = Vec::new();
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
	type Quota = Grants;
	type MaxChanges = ConstU32<16>;
	type MaxChangesAhead = ConstU32<8>;
}

/// Who was granted a quota: at once, by whom, or from the next window on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grant {
	Key,
	Now(AddressMaker),
	NextWindow,
}

thread_local! {
	static GRANTS: RefCell<BTreeMap<AccountId32, Grant>> = RefCell::default();
}

/// Notes down who is granted a quota.
pub struct Grants;
impl Grants {
	pub fn of(who: &AccountId32) -> Option<Grant> {
		GRANTS.with_borrow(|grants| grants.get(who).copied())
	}
}
impl QuotaGrants<AccountId32> for Grants {
	fn grant_to_key(who: &AccountId32) {
		GRANTS.with_borrow_mut(|grants| grants.insert(who.clone(), Grant::Key));
	}
	fn grant(who: &AccountId32, maker: AddressMaker) {
		GRANTS.with_borrow_mut(|grants| grants.insert(who.clone(), Grant::Now(maker)));
	}
	fn grant_from_next_window(who: &AccountId32) {
		GRANTS.with_borrow_mut(|grants| grants.insert(who.clone(), Grant::NextWindow));
	}
	fn is_granted(who: &AccountId32) -> bool {
		Self::of(who).is_some()
	}
}

/// Mixing pools with the notes that a test says.
pub struct Pools;
impl InspectPools for Pools {
	fn pooled_notes() -> Vec<PooledNotes> {
		Pooled::get()
	}
}

/// Round weights, to see that idle time keeps to what it is given.
pub struct Weights;
/// What a step of idle time weighs.
pub const STEP: Weight = Weight::from_parts(10, 10);
/// A number at a place of its own, counted from the right in pairs of digits.
fn digits(number: u32, place: u32) -> Weight {
	Weight::from_parts(u64::from(number) * 100u64.pow(place), 0)
}

impl WeightInfo for Weights {
	fn withdraw(n: u32) -> Weight {
		STEP.saturating_mul(n.into())
	}
	fn add_energy_asset() -> Weight {
		STEP
	}
	fn add_financial_balance() -> Weight {
		STEP
	}
	fn transfer_energy(i: u32, o: u32) -> Weight {
		Weight::from_parts(1_00_00_00_00_00, 0) + digits(i, 4) + digits(o, 3)
	}
	fn transfer_money(m: u32, n: u32) -> Weight {
		digits(m, 2) + digits(n, 1)
	}
	fn transfer_of_co_owners(s: u32) -> Weight {
		digits(s, 0)
	}
	fn deposit_energy_asset() -> Weight {
		STEP
	}
	fn deposit_financial() -> Weight {
		STEP
	}
	fn reap() -> Weight {
		STEP
	}
	fn expire_asset() -> Weight {
		STEP
	}
	fn release_account() -> Weight {
		STEP
	}
	fn forget_digest() -> Weight {
		STEP
	}
}

impl Config for Test {
	type WeightInfo = Weights;
	type IssuerOrigin = pallet_regulation::EnsureIssuer<Test>;
	type Currency = Balances;
	type Grid = Regulation;
	type Meters = MeterRegistry;
	type Quota = Grants;
	type Pools = Pools;
	type MaxInputs = ConstU32<16>;
	type MaxOutputs = ConstU32<16>;
	type MaxCoSigners = ConstU32<8>;
	type MaxDeadline = ConstU32<100>;
	type AssetsPerMeter = ConstU32<20>;
}

/// The timestep when a test begins.
pub const NOW: Timestep = 1_000;
/// The first timestep that is open then.
pub const OPEN: Timestep = NOW + 3;
/// The last timestep within the horizon then.
pub const HORIZON: Timestep = NOW + 50;
/// The feeder of most meters.
pub const FEEDER: FeederId = 1;
/// A meter on its own path, on [`FEEDER`]; its key is `account(METER)`.
pub const METER: u8 = 101;
/// Another one, beside it.
pub const METER_BESIDE: u8 = 102;
/// A meter on the DSO path, on [`FEEDER`].
pub const METER_DSO: u8 = 103;
/// A meter on its own path, on feeder 2.
pub const METER_ELSEWHERE: u8 = 104;
/// The account of the DSO's withdrawal service.
pub const ISSUER: u8 = 110;
/// What each meter may withdraw.
pub const LIMITS: Limits =
	Limits { max_production: 5_000, max_consumption: 7_000, max_financial: 1_000_000 };

pub fn parameters() -> Parameters {
	Parameters {
		timestep_ms: 4_000,
		power_lot: 100,
		price_tick: 10,
		gate_lead: 2,
		horizon: 50,
		settlement_window: 20,
		billing_period: 100,
	}
}

pub fn pair(seed: u8) -> sr25519::Pair {
	sr25519::Pair::from_seed(&[seed; 32])
}

pub fn account(seed: u8) -> AccountId32 {
	pair(seed).public().into()
}

pub fn signed(seed: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(seed))
}

/// The meter, authorised for everything after the present.
pub fn authorization(seed: u8, feeder: FeederId, path: Path) -> Authorization<AccountId32> {
	Authorization { id: seed.into(), pubkey: account(seed), feeder, limits: LIMITS, path }
}

/// Records a regulation of meters at the present.
pub fn regulate(authorize: Vec<Authorization<AccountId32>>, ban: Vec<MeterId>) {
	let regulation = pallet_regulation::RegulatoryTransaction {
		authorize: authorize.try_into().unwrap(),
		ban: ban.try_into().unwrap(),
		price_consumption: None,
		price_production: None,
		time: Regulation::now(),
	};
	Regulation::regulate(RuntimeOrigin::root(), regulation).unwrap();
}

/// The state before the first block.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let regulation = pallet_regulation::GenesisConfig {
		parameters: parameters(),
		issuer: Some(account(ISSUER)),
		..Default::default()
	};
	let meters = vec![
		authorization(METER, FEEDER, Path::Meter),
		authorization(METER_BESIDE, FEEDER, Path::Meter),
		authorization(METER_DSO, FEEDER, Path::Dso),
		authorization(METER_ELSEWHERE, 2, Path::Meter),
	];
	let meter_registry = pallet_meter_registry::GenesisConfig { meters };
	let storage = RuntimeGenesisConfig { regulation, meter_registry, ..Default::default() };
	let mut ext = sp_io::TestExternalities::new(storage.build_storage().unwrap());
	ext.register_extension(sp_keystore::KeystoreExt::new(
		sp_keystore::testing::MemoryKeystore::new(),
	));
	ext.execute_with(|| {
		GRANTS.with_borrow_mut(BTreeMap::clear);
		Pooled::set(Vec::new());
		ExistentialDeposit::set(1);
		System::set_block_number(1);
		set_now(NOW);
	});
	ext
}

/// Runs a test, and checks the invariants after it.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		EnergyAssets::do_try_state().unwrap();
		#[cfg(feature = "try-runtime")]
		{
			let block = System::block_number();
			<Regulation as Hooks<u32>>::try_state(block).unwrap();
			<MeterRegistry as Hooks<u32>>::try_state(block).unwrap();
		}
	});
}

/// Sets the clock.
pub fn set_now(t: Timestep) {
	pallet_timestamp::Now::<Test>::put(t * 4_000 + 1);
}

/// Runs the idle time of the present block.
pub fn idle() {
	EnergyAssets::on_idle(System::block_number(), Weight::MAX);
}

/// Goes on to `block`; each block has idle time.
pub fn run_to(block: u32) {
	while System::block_number() < block {
		idle();
		System::set_block_number(System::block_number() + 1);
	}
}

/// Dispatches as an extrinsic does.
pub fn dispatch(origin: RuntimeOrigin, call: impl Into<RuntimeCall>) -> Result<(), DispatchError> {
	use sp_runtime::traits::Dispatchable;
	call.into().dispatch(origin).map(|_| ()).map_err(|failure| failure.error)
}

/// Asserts that `call` fails with exactly `error` and changes nothing.
pub fn assert_refused(
	origin: RuntimeOrigin,
	call: crate::Call<Test>,
	error: impl Into<DispatchError>,
) {
	let before = sp_io::storage::root(StateVersion::V1);
	assert_eq!(dispatch(origin, call), Err(error.into()));
	assert_eq!(sp_io::storage::root(StateVersion::V1), before);
}

/// Asserts that `call` succeeds.
pub fn assert_done(origin: RuntimeOrigin, call: crate::Call<Test>) {
	assert_eq!(dispatch(origin, call), Ok(()));
}

/// The pallet's events so far.
pub fn events() -> Vec<Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::EnergyAssets(event) => Some(event),
			_ => None,
		})
		.collect()
}

/// An output of a withdrawal: production.
pub fn energy(
	to: u8,
	power: Power,
	start: Timestep,
	end: Timestep,
) -> WithdrawalOutput<AccountId32> {
	let (address, kind) = (account(to), AssetKind::Production);
	WithdrawalOutput::Energy { address, kind, power, start, end }
}

/// An output of a withdrawal: money.
pub fn financial(to: u8, amount: Balance) -> WithdrawalOutput<AccountId32> {
	WithdrawalOutput::Financial { address: account(to), amount }
}

/// A withdrawal by a meter.
pub fn withdrawal(meter: u8, outputs: Vec<WithdrawalOutput<AccountId32>>) -> crate::Call<Test> {
	crate::Call::withdraw { meter: meter.into(), outputs: outputs.try_into().unwrap() }
}

/// Withdraws with [`METER`] one asset for `to`; returns its id.
pub fn withdraw(to: u8, power: Power, start: Timestep, end: Timestep) -> u64 {
	withdraw_kind(to, AssetKind::Production, power, start, end)
}

/// Withdraws with [`METER`] one asset of `kind` for `to`; returns its id.
pub fn withdraw_kind(to: u8, kind: AssetKind, power: Power, start: Timestep, end: Timestep) -> u64 {
	let id = NextAssetId::<Test>::get();
	let output = WithdrawalOutput::Energy { address: account(to), kind, power, start, end };
	assert_done(signed(METER), withdrawal(METER, vec![output]));
	id
}

/// Gives `to` money, as the DSO's withdrawal service does.
pub fn fund(to: u8, amount: Balance) {
	let call = crate::Call::add_financial_balance { address: account(to), amount };
	assert_done(signed(ISSUER), call);
}

/// An asset that the DSO's withdrawal service creates.
pub fn new_asset(feeder: FeederId, power: Power, start: Timestep, end: Timestep) -> NewAsset {
	NewAsset { feeder, kind: AssetKind::Production, power, start, end }
}

/// An output of a transfer: untraded production on [`FEEDER`].
pub fn output(to: u8, power: Power, start: Timestep, end: Timestep) -> AssetOutput<AccountId32> {
	let (address, kind, feeder) = (account(to), AssetKind::Production, FEEDER);
	AssetOutput { address, kind, power, start, end, feeder, traded: false }
}

pub fn inputs(assets: &[u64], money: &[(u8, Balance)]) -> TransferInputs<Test> {
	let money: Vec<_> = money.iter().map(|(who, amount)| (account(*who), *amount)).collect();
	TransferInputs { assets: assets.to_vec().try_into().unwrap(), money: money.try_into().unwrap() }
}

pub fn outputs(
	assets: Vec<AssetOutput<AccountId32>>,
	money: &[(u8, Balance)],
) -> TransferOutputs<Test> {
	let money: Vec<_> = money.iter().map(|(who, amount)| (account(*who), *amount)).collect();
	TransferOutputs { assets: assets.try_into().unwrap(), money: money.try_into().unwrap() }
}

/// A transfer that only its origin signs.
pub fn transfer(inputs: TransferInputs<Test>, outputs: TransferOutputs<Test>) -> crate::Call<Test> {
	crate::Call::transfer { inputs, outputs, co_signatures: None }
}

/// The 32 bytes that co-owners sign, put together by hand from the interface's words.
pub fn message(
	genesis: H256,
	origin: u8,
	inputs: &TransferInputs<Test>,
	outputs: &TransferOutputs<Test>,
	salt: [u8; 32],
	deadline: u32,
) -> [u8; 32] {
	use codec::Encode;
	let mut bytes = "petra/EnergyAssets/transfer".to_string().encode();
	bytes.extend(genesis.as_bytes());
	bytes.extend(account(origin).encode());
	bytes.extend(inputs.assets.to_vec().encode());
	bytes.extend(inputs.money.to_vec().encode());
	bytes.extend(outputs.assets.to_vec().encode());
	bytes.extend(outputs.money.to_vec().encode());
	bytes.extend(salt);
	bytes.extend(deadline.to_le_bytes());
	sp_io::hashing::blake2_256(&bytes)
}

/// This chain's genesis hash.
pub fn genesis_hash() -> H256 {
	System::block_hash(0)
}

/// The signature that `signer` gives `message` with its sr25519 key.
pub fn sign(signer: u8, message: &[u8]) -> (AccountId32, MultiSignature) {
	(account(signer), pair(signer).sign(message).into())
}

/// A transfer by `origin` that `signers` have co-signed.
pub fn co_signed(
	origin: u8,
	signers: &[u8],
	inputs: TransferInputs<Test>,
	outputs: TransferOutputs<Test>,
	salt: u8,
	deadline: u32,
) -> crate::Call<Test> {
	let salt = [salt; 32];
	let message = message(genesis_hash(), origin, &inputs, &outputs, salt, deadline);
	let signatures: Vec<_> = signers.iter().map(|signer| sign(*signer, &message)).collect();
	let signatures = signatures.try_into().unwrap();
	let co_signatures = Some(CoSignatures { salt, deadline, signatures });
	crate::Call::transfer { inputs, outputs, co_signatures }
}
