//! A runtime of the system pallet and the register, with a clock that tests set.

use crate::{self as pallet_meter_registry, *};
use frame_support::{
	derive_impl, parameter_types,
	storage::{with_transaction, TransactionOutcome},
	traits::{ConstU32, Get, Hooks},
	weights::Weight,
};
use petra_primitives::{
	AddressMaker, AssetKind, Authorization, Balance, EnergyRequest, FeederId, Grid, Limits,
	MeterAdministration, MeterAdministrationError, MeterId, MeterLimits, Parameters, Path, Power,
	QuotaGrants, Timestep, WithdrawalError,
};
use sp_runtime::{type_with_default::TypeWithDefault, BuildStorage, DispatchError, StateVersion};
use std::cell::Cell;

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Registry: pallet_meter_registry,
	}
);

/// New accounts begin with the block's number, as in the node's runtime.
#[derive(Debug)]
pub struct NonceFromBlock;
impl Get<u64> for NonceFromBlock {
	fn get() -> u64 {
		System::block_number()
	}
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type Nonce = TypeWithDefault<u64, NonceFromBlock>;
}

parameter_types! {
	pub static Time: Timestep = 0;
	pub static Units: Parameters = PARAMETERS;
	pub static Granted: Vec<u64> = Vec::new();
	pub static MaxAhead: u32 = 5;
}

thread_local! {
	static ACCESSES: Cell<u32> = const { Cell::new(0) };
}

/// The register reads or writes a page.
pub fn note_access() {
	ACCESSES.set(ACCESSES.get() + 1);
}

/// How many pages `action` reads and writes.
pub fn accesses(action: impl FnOnce()) -> u32 {
	ACCESSES.set(0);
	action();
	ACCESSES.get()
}

/// The clock.
pub struct Clock;
impl Grid for Clock {
	fn parameters() -> Parameters {
		Units::get()
	}
	fn now() -> Timestep {
		Time::get()
	}
}

/// Notes down who is granted a quota.
pub struct Grants;
impl QuotaGrants<u64> for Grants {
	fn grant_to_key(who: &u64) {
		Granted::mutate(|granted| granted.push(*who));
	}
	fn grant(_: &u64, _: AddressMaker) {
		unreachable!("the register makes no addresses")
	}
	fn grant_from_next_window(_: &u64) {
		unreachable!("meters have their quota at once")
	}
	fn is_granted(who: &u64) -> bool {
		Granted::get().contains(who)
	}
}

impl Config for Test {
	type WeightInfo = ();
	type Grid = Clock;
	type Quota = Grants;
	type MaxChanges = ConstU32<8>;
	type MaxChangesAhead = MaxAhead;
}

pub const PARAMETERS: Parameters = Parameters {
	timestep_ms: 4_000,
	power_lot: 1,
	price_tick: 1,
	gate_lead: 1,
	horizon: 1_000,
	settlement_window: 100,
	billing_period: 200,
};
/// The timestep when a test begins.
pub const NOW: Timestep = 1_000;
/// The feeder of most meters.
pub const FEEDER: FeederId = 1;
/// A meter on its own path, with the key [`KEY`].
pub const METER: MeterId = 10;
pub const KEY: u64 = 110;
/// A meter on the DSO path.
pub const METER_DSO: MeterId = 20;
pub const KEY_DSO: u64 = 120;
pub const LIMITS: Limits =
	Limits { max_production: 5_000, max_consumption: 7_000, max_financial: 300 };

pub use AssetKind::{Consumption, Production};

pub fn authorization(id: MeterId, path: Path) -> Authorization<u64> {
	Authorization { id, pubkey: 100 + u64::from(id), feeder: FEEDER, limits: LIMITS, path }
}

/// The state before the first block, with no meter.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let mut ext: sp_io::TestExternalities =
		RuntimeGenesisConfig::default().build_storage().unwrap().into();
	ext.execute_with(|| {
		Time::set(NOW);
		Units::set(PARAMETERS);
		Granted::take();
		MaxAhead::set(5);
		System::set_block_number(1);
	});
	ext
}

/// Runs a test with [`METER`] and [`METER_DSO`], authorised from the next timestep on, and checks the invariants after
/// it.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		Registry::authorize(&authorization(METER, Path::Meter), NOW).unwrap();
		Registry::authorize(&authorization(METER_DSO, Path::Dso), NOW).unwrap();
		test();
		Registry::do_try_state().unwrap();
	});
}

/// Does `action` as calls do: all or nothing.
pub fn transactional<V, E>(action: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
	with_transaction(|| {
		let result = action();
		match result.is_ok() {
			true => TransactionOutcome::Commit(Ok::<_, DispatchError>(result)),
			false => TransactionOutcome::Rollback(Ok(result)),
		}
	})
	.unwrap()
}

/// Asserts that `action` fails with exactly `error`, and that nothing is changed then.
pub fn assert_refused<V, E>(action: impl FnOnce() -> Result<V, E>, error: E)
where
	V: PartialEq + core::fmt::Debug,
	E: PartialEq + core::fmt::Debug,
{
	let before = sp_io::storage::root(StateVersion::V1);
	assert_eq!(transactional(action), Err(error));
	assert_eq!(sp_io::storage::root(StateVersion::V1), before);
}

pub fn request(kind: AssetKind, power: Power, start: Timestep, end: Timestep) -> EnergyRequest {
	EnergyRequest { kind, power, start, end }
}

/// A withdrawal of one asset by [`METER`].
pub fn withdraw(
	kind: AssetKind,
	power: Power,
	start: Timestep,
	end: Timestep,
) -> Result<FeederId, WithdrawalError> {
	withdraw_all(&[request(kind, power, start, end)], 0)
}

/// A withdrawal by [`METER`].
pub fn withdraw_all(energy: &[EnergyRequest], money: Balance) -> Result<FeederId, WithdrawalError> {
	Registry::withdraw(&KEY, METER, energy, money)
}

/// A withdrawal of production by the DSO on [`FEEDER`].
pub fn create(power: Power, start: Timestep, end: Timestep) -> Result<(), WithdrawalError> {
	Registry::withdraw_for_feeder(FEEDER, &request(Production, power, start, end))
}

/// Changes the limit of production alone.
pub fn limit_production(
	meter: MeterId,
	max_production: Power,
	time: Timestep,
) -> Result<(), MeterAdministrationError> {
	Registry::set_limits(meter, Limits { max_production, ..LIMITS }, time)
}

/// Pieces `(start, end, power)` of an answer of the runtime API.
pub fn pieces(segments: Vec<petra_primitives::Segment>) -> Vec<(Timestep, Timestep, Power)> {
	segments
		.into_iter()
		.map(|segment| (segment.start, segment.end, segment.power))
		.collect()
}

/// Goes on to `block`; each block has idle time.
pub fn run_to(block: u64) {
	while System::block_number() < block {
		Registry::on_idle(System::block_number(), Weight::MAX);
		System::set_block_number(System::block_number() + 1);
	}
}
