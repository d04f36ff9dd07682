//! A small runtime: the pallet with money, a clock, `Regulation`, `MeterRegistry` and `EnergyAssets`.

use crate::{self as pallet_offers, *};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, ConstU64, Hooks},
	weights::{Weight, WeightMeter},
};
use frame_system::EnsureRoot;
use petra_primitives::{
	AssetId, AssetKind, AssetLedger, Authorization, Balance, EnergyAsset, FeederId, FeederLimits,
	Limits, MarketMode, Offer, OfferId, OfferOptions, Parameters, Path, Power, Price, Timestep,
	TradeLimits, WithdrawalOutput,
};
use sp_runtime::{
	traits::{Dispatchable, IdentityLookup},
	AccountId32, BuildStorage, DispatchError, Perbill, StateVersion,
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
		Offers: pallet_offers,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
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
	/// The most offers of a kind in a timestep.
	pub static MaxOffers: u32 = 10_000;
	pub const ClearingShare: Perbill = Perbill::from_percent(25);
	/// What a step weighs, in picoseconds.
	pub static StepWeight: u64 = 0;
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
	type IssuerOrigin = pallet_regulation::EnsureIssuer<Test>;
	type Currency = Balances;
	type Grid = Regulation;
	type Meters = MeterRegistry;
	type Quota = ();
	type Pools = ();
	type MaxInputs = ConstU32<16>;
	type MaxOutputs = ConstU32<16>;
	type MaxCoSigners = ConstU32<8>;
	type MaxDeadline = ConstU32<100>;
	type AssetsPerMeter = ConstU32<100_000>;
}

/// Every step weighs the same, as a test says.
pub struct Weights;
fn step() -> Weight {
	Weight::from_parts(StepWeight::get(), 0)
}
impl WeightInfo for Weights {
	fn post_offer() -> Weight {
		step()
	}
	fn rescind_offer() -> Weight {
		step()
	}
	fn accept_offer() -> Weight {
		step()
	}
	fn tend() -> Weight {
		step()
	}
	fn begin_clearing() -> Weight {
		step()
	}
	fn free_offer() -> Weight {
		step()
	}
	fn freeze_offer() -> Weight {
		step()
	}
	fn freeze_whole_offer() -> Weight {
		step()
	}
	fn match_slices() -> Weight {
		step()
	}
	fn split_slice() -> Weight {
		step()
	}
	fn read_feeder() -> Weight {
		step()
	}
	fn pair_slices() -> Weight {
		step()
	}
	fn release_slice() -> Weight {
		step()
	}
	fn write_feeder() -> Weight {
		step()
	}
	fn prune_step() -> Weight {
		step()
	}
}

impl Config for Test {
	type WeightInfo = Weights;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Assets = EnergyAssets;
	type Grid = Regulation;
	type Market = Regulation;
	type Withdrawals = MeterRegistry;
	type MaxOffers = MaxOffers;
	type ClearingShare = ClearingShare;
}

/// The timestep when a test begins.
pub const NOW: Timestep = 1_000;
/// The first timestep that is open then.
pub const OPEN: Timestep = NOW + 3;
/// The gate's lead.
pub const LEAD: Timestep = 2;
/// The settlement window.
pub const WINDOW: Timestep = 20;
/// The feeders; each has one meter, with the number of its feeder.
pub const FEEDERS: [FeederId; 4] = [1, 2, 3, 4];
/// What every account that trades has to begin with.
pub const MONEY: Balance = 100_000_000;
/// The power lot.
pub const LOT: Power = 100;
/// The price tick.
pub const TICK: Price = 10;

pub const EPA: AssetKind = AssetKind::Production;
pub const ECA: AssetKind = AssetKind::Consumption;

pub fn parameters() -> Parameters {
	Parameters {
		timestep_ms: 4_000,
		power_lot: LOT,
		price_tick: TICK,
		gate_lead: LEAD,
		horizon: 100,
		settlement_window: WINDOW,
		billing_period: 1_000,
	}
}

/// An account, by its number.
pub fn account(number: u32) -> AccountId32 {
	let mut bytes = [7; 32];
	bytes[..4].copy_from_slice(&number.to_le_bytes());
	bytes.into()
}

pub fn signed(number: u32) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

fn meter_key(feeder: FeederId) -> u32 {
	1_000_000 + feeder
}

/// The state before the first block.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let regulation =
		pallet_regulation::GenesisConfig { parameters: parameters(), ..Default::default() };
	let limits = Limits {
		max_production: u64::MAX,
		max_consumption: u64::MAX,
		max_financial: Balance::MAX / 4,
	};
	let authorization = |feeder: FeederId| Authorization {
		id: feeder,
		pubkey: account(meter_key(feeder)),
		feeder,
		limits,
		path: Path::Meter,
	};
	let meter_registry =
		pallet_meter_registry::GenesisConfig { meters: FEEDERS.map(authorization).into() };
	let storage = RuntimeGenesisConfig { regulation, meter_registry, ..Default::default() };
	let mut ext = sp_io::TestExternalities::new(storage.build_storage().unwrap());
	ext.execute_with(|| {
		ExistentialDeposit::set(1);
		MaxOffers::set(10_000);
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
		check_all();
	});
}

/// Checks the invariants of all pallets.
pub fn check_all() {
	Offers::do_try_state().unwrap();
	EnergyAssets::do_try_state().unwrap();
	#[cfg(feature = "try-runtime")]
	{
		let block = System::block_number();
		<Regulation as Hooks<u32>>::try_state(block).unwrap();
		<MeterRegistry as Hooks<u32>>::try_state(block).unwrap();
		<Balances as Hooks<u32>>::try_state(block).unwrap();
	}
}

/// Sets the clock.
pub fn set_now(t: Timestep) {
	pallet_timestamp::Now::<Test>::put(t * 4_000 + 1);
}

/// Sets the clock so that `t` is the last gated timestep.
pub fn gate(t: Timestep) {
	set_now(t - LEAD);
}

/// Begins the next block, with all the weight there may be.
pub fn next_block() {
	System::set_block_number(System::block_number() + 1);
	poll(Weight::MAX);
}

/// Runs what comes before the transactions of a block with so much room; returns what it weighed.
pub fn poll(limit: Weight) -> Weight {
	let mut meter = WeightMeter::with_limit(limit);
	Offers::on_poll(System::block_number(), &mut meter);
	meter.consumed()
}

/// Dispatches as an extrinsic does.
pub fn dispatch(origin: RuntimeOrigin, call: impl Into<RuntimeCall>) -> Result<(), DispatchError> {
	call.into().dispatch(origin).map(|_| ()).map_err(|failure| failure.error)
}

/// Asserts that `call` fails with exactly `error` and changes nothing.
pub fn assert_refused(who: u32, call: Call<Test>, error: Error<Test>) {
	let before = sp_io::storage::root(StateVersion::V1);
	assert_eq!(dispatch(signed(who), call), Err(error.into()));
	assert_eq!(sp_io::storage::root(StateVersion::V1), before);
}

/// Asserts that `call` succeeds.
pub fn assert_done(who: u32, call: Call<Test>) {
	assert_eq!(dispatch(signed(who), call), Ok(()));
}

/// The pallet's events since the last time.
pub fn take_events() -> Vec<Event<Test>> {
	let events = System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Offers(event) => Some(event),
			_ => None,
		})
		.collect();
	System::reset_events();
	events
}

/// Gives money.
pub fn fund(who: u32, amount: Balance) {
	use frame_support::traits::fungible::Mutate;
	Balances::mint_into(&account(who), amount).unwrap();
}

/// Withdraws an asset on `feeder` for `who`; returns its id.
pub fn withdraw(
	who: u32,
	feeder: FeederId,
	kind: AssetKind,
	power: Power,
	start: Timestep,
	end: Timestep,
) -> AssetId {
	let id = pallet_energy_assets::NextAssetId::<Test>::get();
	let output = WithdrawalOutput::Energy { address: account(who), kind, power, start, end };
	let outputs = vec![output].try_into().unwrap();
	let call = pallet_energy_assets::Call::<Test>::withdraw { meter: feeder, outputs };
	assert_eq!(dispatch(signed(meter_key(feeder)), call), Ok(()));
	id
}

pub fn post(asset_id: AssetId, price: Price) -> Call<Test> {
	Call::post_offer { asset_id, price }
}

pub fn post_with(
	asset_id: AssetId,
	price: Price,
	all_or_nothing: bool,
	close_on_partial: bool,
) -> Call<Test> {
	let options = OfferOptions { all_or_nothing, close_on_partial };
	Call::post_offer_with { asset_id, price, options }
}

pub fn rescind(offer_id: OfferId) -> Call<Test> {
	Call::rescind_offer { offer_id }
}

pub fn accept(offer_id: OfferId, asset_id: AssetId) -> Call<Test> {
	Call::accept_offer { offer_id, asset_id, limits: None }
}

pub fn accept_within(offer_id: OfferId, asset_id: AssetId, limits: TradeLimits) -> Call<Test> {
	Call::accept_offer { offer_id, asset_id, limits: Some(limits) }
}

/// Withdraws and posts; returns the offer's id. A bidder gets [`MONEY`] first.
pub fn offer(
	who: u32,
	feeder: FeederId,
	kind: AssetKind,
	price: Price,
	power: Power,
	(start, end): (Timestep, Timestep),
) -> OfferId {
	if kind == ECA {
		fund(who, MONEY);
	}
	let asset_id = withdraw(who, feeder, kind, power, start, end);
	let id = NextOfferId::<Test>::get();
	assert_done(who, post(asset_id, price));
	id
}

/// An open offer.
pub fn open(offer_id: OfferId) -> Offer<AccountId32> {
	Offers::offer(offer_id).unwrap()
}

/// Sets the market mode for timesteps after `time`.
pub fn set_mode(mode: MarketMode, time: Timestep) {
	Regulation::set_market(RuntimeOrigin::root(), mode, time).unwrap();
}

/// Sets a double auction for all that is open.
pub fn auction() {
	set_mode(MarketMode::DoubleAuction, NOW + LEAD);
}

/// Sets a feeder's limits for timesteps after `time`.
pub fn set_limits(feeder: FeederId, internal: Power, external: Power, time: Timestep) {
	let limits = Some(FeederLimits { internal, external });
	Regulation::set_feeder_limits(RuntimeOrigin::root(), feeder, limits, time).unwrap();
}

/// Free money.
pub fn free(who: u32) -> Balance {
	Balances::free_balance(account(who))
}

/// Money on hold for bids.
pub fn held(who: u32) -> Balance {
	Offers::on_hold(&account(who))
}

/// An asset.
pub fn asset(id: AssetId) -> EnergyAsset<AccountId32> {
	<EnergyAssets as AssetLedger<_>>::asset(id).unwrap()
}

/// `who`'s assets without their ids: kind, power, start, end, feeder, traded, locked; in the order of ids.
pub type Shape = (AssetKind, Power, Timestep, Timestep, FeederId, bool, bool);
pub fn assets(who: u32) -> Vec<Shape> {
	EnergyAssets::assets_of(&account(who))
		.into_iter()
		.map(|(_, a)| (a.kind, a.power, a.start, a.end, a.feeder, a.traded, a.locked))
		.collect()
}

/// Traded production and consumption of a feeder in a timestep.
pub fn load(feeder: FeederId, t: Timestep) -> (i128, i128) {
	let at = |series: Series| series.timeline::<Test>().at(t);
	(at(Series::Production(feeder)), at(Series::Consumption(feeder)))
}
