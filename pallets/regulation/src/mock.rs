//! A small runtime: the pallet, a clock, and a register of meters that fits on a page.

use crate::{self as pallet_regulation, *};
use frame_support::{
	derive_impl, ensure, parameter_types, storage_alias,
	traits::{ConstU32, ConstU64},
	Twox64Concat,
};
use frame_system::EnsureRoot;
use petra_primitives::{
	AssetsExist, Authorization, FeederId, Limits, MeterAdministration, MeterAdministrationError,
	MeterId, Parameters, Timestep,
};
use sp_runtime::{BuildStorage, StateVersion};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Regulation: pallet_regulation,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
}

impl pallet_timestamp::Config for Test {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = ();
}

parameter_types! {
	pub static AnyAssets: bool = false;
}

pub struct Assets;
impl AssetsExist for Assets {
	fn assets_exist() -> bool {
		AnyAssets::get()
	}
}

/// A meter as the mock keeps it.
#[derive(Clone, PartialEq, Eq, Debug, codec::Encode, codec::Decode)]
pub struct Meter {
	pub pubkey: u64,
	pub feeder: FeederId,
	pub limits: Limits,
	pub authorized: bool,
	pub time: Timestep,
}

#[storage_alias]
pub type Register = StorageMap<Mock, Twox64Concat, MeterId, Meter>;

/// The feeder of meters on this one cannot change.
pub const FEEDER_IN_USE: FeederId = 77;
/// This meter takes no more changes.
pub const FULL_METER: MeterId = 88;

/// The register of meters: in storage, so that a failing call takes everything back.
pub struct Meters;
impl MeterAdministration<u64> for Meters {
	fn authorize(
		authorization: &Authorization<u64>,
		time: Timestep,
	) -> Result<(), MeterAdministrationError> {
		let Authorization { id, pubkey, feeder, limits, .. } = *authorization;
		ensure!(id != FULL_METER, MeterAdministrationError::TooManyChanges);
		let key_in_use =
			Register::iter().any(|(other, meter)| other != id && meter.pubkey == pubkey);
		ensure!(!key_in_use, MeterAdministrationError::KeyInUse);
		let moved = Register::get(id)
			.is_some_and(|old| old.feeder != feeder && old.feeder == FEEDER_IN_USE);
		ensure!(!moved, MeterAdministrationError::FeederInUse);
		Register::insert(id, Meter { pubkey, feeder, limits, authorized: true, time });
		Ok(())
	}

	fn ban(id: MeterId, time: Timestep) -> Result<(), MeterAdministrationError> {
		let meter = Register::get(id).ok_or(MeterAdministrationError::MeterNotFound)?;
		Register::insert(id, Meter { authorized: false, time, ..meter });
		Ok(())
	}

	fn set_limits(
		id: MeterId,
		limits: Limits,
		time: Timestep,
	) -> Result<(), MeterAdministrationError> {
		let meter = Register::get(id).ok_or(MeterAdministrationError::MeterNotFound)?;
		Register::insert(id, Meter { limits, time, ..meter });
		Ok(())
	}
}

impl Config for Test {
	type WeightInfo = ();
	type RegulatorOrigin = EnsureRoot<u64>;
	type Time = Timestamp;
	type Meters = Meters;
	type Assets = Assets;
	type MaxAuthorizations = ConstU32<4>;
	type MaxBans = ConstU32<4>;
	type MaxControlSignals = ConstU32<8>;
	type MaxFeederPolicies = ConstU32<8>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Clock;
}

/// Sets the clock.
#[cfg(feature = "runtime-benchmarks")]
pub struct Clock;
#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper for Clock {
	fn set_time(unix_ms: u64) {
		pallet_timestamp::Now::<Test>::put(unix_ms);
	}
}

/// This block's timestep when a test begins.
pub const NOW: Timestep = 1_000;

/// Short timesteps and periods.
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

/// Genesis as most tests want it.
pub fn genesis() -> GenesisConfig<Test> {
	GenesisConfig { parameters: parameters(), ..Default::default() }
}

/// Sets the clock to the last millisecond of `t`.
pub fn set_now(t: Timestep) {
	pallet_timestamp::Now::<Test>::put(t * 4_000 + 3_999);
}

/// The state before the first block.
pub fn new_test_ext(genesis: GenesisConfig<Test>) -> sp_io::TestExternalities {
	let storage = RuntimeGenesisConfig { regulation: genesis, ..Default::default() };
	let mut ext = sp_io::TestExternalities::new(storage.build_storage().unwrap());
	ext.execute_with(|| {
		System::set_block_number(1);
		set_now(NOW);
		AnyAssets::set(false);
	});
	ext
}

/// The state that benchmarks start from.
#[cfg(feature = "runtime-benchmarks")]
pub fn benchmark_ext() -> sp_io::TestExternalities {
	new_test_ext(genesis())
}

/// Runs a test on the chain of `genesis`, and checks the invariants after it.
pub fn build_and_execute_with(genesis: GenesisConfig<Test>, test: impl FnOnce()) {
	new_test_ext(genesis).execute_with(|| {
		test();
		Regulation::do_try_state().unwrap();
	});
}

/// Runs a test on the usual chain, and checks the invariants after it.
pub fn build_and_execute(test: impl FnOnce()) {
	build_and_execute_with(genesis(), test)
}

/// Asserts that `call` by `origin` fails with exactly `error` and changes nothing.
pub fn assert_refused(
	origin: RuntimeOrigin,
	call: crate::Call<Test>,
	error: impl Into<sp_runtime::DispatchError>,
) {
	use sp_runtime::traits::Dispatchable;
	let before = sp_io::storage::root(StateVersion::V1);
	let result = RuntimeCall::from(call).dispatch(origin);
	assert_eq!(result.map_err(|failure| failure.error).unwrap_err(), error.into());
	assert_eq!(sp_io::storage::root(StateVersion::V1), before);
}

/// The pallet's events of this block.
pub fn events() -> Vec<Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Regulation(event) => Some(event),
			_ => None,
		})
		.collect()
}
