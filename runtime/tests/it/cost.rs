//! What time costs (specification, section 3, "Cost"): an asset's length, a feeder's meters, assets that have expired.
//!
//! A call's cost is measured in two ways: by the distinct keys that it reads, recorded as for a proof of its execution,
//! and writes; and by the median wall time of repetitions that take turns with those of what it is compared with.

use crate::chain::{chain_from, check_invariants, genesis_of, next_block_at, storage_of};
use frame_support::assert_ok;
use pallet_energy_assets::{
	Assets, Call, Holders, TransferInputs, TransferOutputs, WeightInfo, MAX_IDLE_STEPS,
};
use petra_primitives::{
	AssetId, AssetKind, AssetOutput, Authorization, FeederId, Grid, Limits, MeterId, NewAsset,
	Parameters, Path, Timestep, WithdrawalOutput,
};
use petra_runtime::{
	configs::RuntimeBlockWeights, AccountId, Balances, EnergyAssets, Regulation, Runtime,
	RuntimeCall, RuntimeOrigin, System, SLOT_DURATION,
};
use sp_io::TestExternalities;
use sp_runtime::traits::Dispatchable;
use std::time::{Duration, Instant};

/// The papers' control-signal interval.
const TIMESTEP_MS: u64 = 4_000;
/// A day of them.
const DAY: Timestep = 21_600;
/// A week of them.
const WEEK: Timestep = 7 * DAY;
/// How often each call is repeated.
const REPETITIONS: usize = 400;

/// What a call costs.
struct Cost {
	/// Distinct keys that it reads.
	read: usize,
	/// Distinct keys that it writes.
	written: usize,
	/// Nodes of the state's tree that a proof of what it reads has, and their bytes.
	nodes: usize,
	bytes: usize,
	/// Median wall time.
	time: Duration,
}

impl std::fmt::Display for Cost {
	fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
		let Self { read, written, nodes, bytes, time } = self;
		write!(f, "{read} keys read, {written} written, {nodes} nodes, {bytes} bytes, {time:?}")
	}
}

impl Cost {
	fn keys(&self) -> f64 {
		(self.read + self.written) as f64
	}

	/// Asserts that it is at most `factor` times as much as `other`.
	fn within(&self, factor: f64, other: &Self, what: &str) {
		self.keys_within(factor, other, what);
		let time = self.time_ratio(other);
		assert!(time <= factor, "{what}: {time:.2} times as long");
	}

	/// The same of the keys alone.
	fn keys_within(&self, factor: f64, other: &Self, what: &str) {
		let (keys, time) = (self.keys() / other.keys(), self.time_ratio(other));
		println!("{what}: {self}\n  against {other}\n  keys × {keys:.2}, time × {time:.2}");
		assert!(keys <= factor, "{what}: {keys:.2} times as many keys");
	}

	fn time_ratio(&self, other: &Self) -> f64 {
		self.time.as_secs_f64() / other.time.as_secs_f64()
	}
}

type CallBy = (RuntimeOrigin, RuntimeCall);

/// Runs a call on the committed state, says how long it took, and takes it back.
fn run(ext: &mut TestExternalities, (origin, call): &CallBy) -> Duration {
	let (origin, call) = (origin.clone(), call.clone());
	let time = ext.execute_with(|| {
		let begin = Instant::now();
		let result = call.dispatch(origin);
		let time = begin.elapsed();
		assert!(result.is_ok(), "{result:?}");
		time
	});
	ext.reset_overlay();
	time
}

/// What a call touches.
fn touch(ext: &mut TestExternalities, (origin, call): &CallBy) -> Cost {
	let (origin, call) = (origin.clone(), call.clone());
	let recorder = Default::default();
	// The recorder is shared with what runs.
	let result = ext.execute_with_recorder(Clone::clone(&recorder), || call.dispatch(origin));
	assert!(result.is_ok(), "{result:?}");
	let read = recorder.recorded_keys().values().map(|keys| keys.len()).sum();
	let proof = recorder.to_storage_proof();
	let nodes = proof.iter_nodes().count();
	let bytes = proof.iter_nodes().map(|node| node.len()).sum();
	let written = ext.overlayed_changes().changes().count();
	ext.reset_overlay();
	Cost { read, written, nodes, bytes, time: Duration::ZERO }
}

/// What two calls cost, each on the chain with its index. Their repetitions take turns, so that what else the machine
/// does hits both.
fn costs(chains: &mut [&mut TestExternalities], calls: [(usize, CallBy); 2]) -> [Cost; 2] {
	let mut costs = calls.each_ref().map(|(chain, call)| touch(chains[*chain], call));
	let mut times = [vec![], vec![]];
	for _ in 0..REPETITIONS {
		for ((chain, call), times) in calls.iter().zip(&mut times) {
			times.push(run(chains[*chain], call));
		}
	}
	for (cost, mut times) in costs.iter_mut().zip(times) {
		times.sort();
		cost.time = times[REPETITIONS / 2];
	}
	costs
}

/// The key of a meter, or an address.
fn account(number: u64) -> AccountId {
	let mut bytes = [7; 32];
	bytes[..8].copy_from_slice(&number.to_be_bytes());
	AccountId::new(sp_io::hashing::blake2_256(&bytes))
}

/// `n` meters from `first` on, each tenth of them on the DSO path.
fn meters(feeder: FeederId, first: MeterId, n: MeterId) -> Vec<Authorization<AccountId>> {
	let meter = |id: MeterId| Authorization {
		id,
		pubkey: account(id.into()),
		feeder,
		limits: Limits {
			max_production: 10_000,
			max_consumption: 10_000,
			max_financial: 1_000_000_000,
		},
		path: if id % 10 == 9 { Path::Dso } else { Path::Meter },
	};
	(first..first + n).map(meter).collect()
}

/// A chain with 4-second timesteps and a horizon of a week.
fn week_chain(meters: &[Authorization<AccountId>]) -> TestExternalities {
	let mut genesis = genesis_of("development");
	let parameters = Parameters {
		timestep_ms: TIMESTEP_MS,
		horizon: WEEK,
		settlement_window: DAY,
		billing_period: 30 * DAY,
		..Default::default()
	};
	genesis["regulation"]["parameters"] = serde_json::to_value(parameters).unwrap();
	genesis["meterRegistry"]["meters"] = serde_json::to_value(meters).unwrap();
	chain_from(storage_of(genesis))
}

fn signed(who: &AccountId, call: impl Into<RuntimeCall>) -> CallBy {
	(RuntimeOrigin::signed(who.clone()), call.into())
}

fn dispatch((origin, call): CallBy) {
	assert_ok!(call.dispatch(origin));
}

/// The meter's withdrawal of one asset of each kind for an address.
fn withdrawal(meter: MeterId, address: &AccountId, power: u64, span: [Timestep; 2]) -> CallBy {
	let output = |kind| {
		let (address, [start, end]) = (address.clone(), span);
		WithdrawalOutput::Energy { address, kind, power, start, end }
	};
	let outputs = [AssetKind::Production, AssetKind::Consumption].map(output).to_vec();
	let outputs = outputs.try_into().unwrap();
	signed(&account(meter.into()), Call::withdraw { meter, outputs })
}

fn transfer(owner: &AccountId, inputs: &[AssetId], outputs: Vec<AssetOutput<AccountId>>) -> CallBy {
	let assets = inputs.to_vec().try_into().unwrap();
	let inputs = TransferInputs { assets, money: Default::default() };
	let assets = outputs.try_into().unwrap();
	let outputs = TransferOutputs { assets, money: Default::default() };
	signed(owner, Call::transfer { inputs, outputs, co_signatures: None })
}

/// Production on feeder 1 for `address`.
fn output(address: &AccountId, power: u64, [start, end]: [Timestep; 2]) -> AssetOutput<AccountId> {
	let (address, kind) = (address.clone(), AssetKind::Production);
	AssetOutput { address, kind, power, start, end, feeder: 1, traded: false }
}

/// The next block, in the next slot.
fn next_slot() {
	next_block_at(pallet_timestamp::Now::<Runtime>::get() + SLOT_DURATION);
}

/// The first and the last timestep in which assets can be withdrawn.
fn open_span() -> [Timestep; 2] {
	let Parameters { gate_lead, horizon, .. } = Regulation::parameters();
	[Regulation::now() + gate_lead + 1, Regulation::now() + horizon]
}

/// Makes the amounts that the ledger keeps over time vary: meters 1 to 8 withdraw single timesteps all over the week.
fn stir([open, last]: [Timestep; 2]) {
	for n in 0..800 {
		let t = open + (n * 7_919) % (last - open);
		dispatch(withdrawal(1 + n as MeterId % 8, &account(1_000 + n), 100, [t, t]));
	}
}

#[test]
fn cost_should_not_grow_with_an_assets_length() {
	const FACTOR: f64 = 5.0;
	let owner = account(100);
	for stirred in [false, true] {
		let mut ext = week_chain(&meters(1, 0, 10));
		let (week, step, assets) = ext.execute_with(|| {
			let week = open_span();
			assert_eq!(week[1] - week[0] + 1, WEEK - 1, "all open timesteps of the horizon");
			if stirred {
				stir(week);
			}
			let middle = week[0] + WEEK / 2;
			let step = [middle, middle];
			let pair = |span| {
				[0, 1].map(|_| {
					let id = pallet_energy_assets::NextAssetId::<Runtime>::get();
					dispatch(withdrawal(1, &owner, 200, span));
					id
				})
			};
			let pairs = [pair(week), pair(step)];
			// Events are the block's, and not what is measured.
			next_slot();
			(week, step, pairs)
		});
		ext.commit_all().unwrap();
		let lengths = [(week, assets[0]), (step, assets[1])];
		let mut compare = |what: &str, call: &dyn Fn([Timestep; 2], [AssetId; 2]) -> CallBy| {
			let calls = lengths.map(|(span, ids)| (0, call(span, ids)));
			let [long, short] = costs(&mut [&mut ext], calls);
			long.within(FACTOR, &short, &format!("{what} (stirred: {stirred})"));
		};
		compare("withdrawal", &|span, _| withdrawal(1, &owner, 200, span));
		compare("withdrawal by the DSO", &|[start, end], _| {
			let kind = AssetKind::Production;
			let asset = NewAsset { feeder: 1, kind, power: 200, start, end };
			let call = Call::add_energy_asset { address: owner.clone(), asset };
			(RuntimeOrigin::root(), call.into())
		});
		compare("split", &|span, ids| {
			let halves = vec![output(&owner, 100, span), output(&account(101), 100, span)];
			transfer(&owner, &ids[..1], halves)
		});
		compare("merge", &|span, ids| transfer(&owner, &ids, vec![output(&owner, 400, span)]));
		compare("deposit", &|_, [asset_id, _]| {
			signed(&owner, Call::deposit_energy_asset { asset_id })
		});
	}
}

#[test]
fn cost_should_not_grow_with_a_feeders_meters() {
	const FACTOR: f64 = 1.5;
	const MANY: MeterId = 10_000;
	let few = meters(1, 0, 10);
	let many = meters(2, 10, MANY);
	let mut small = week_chain(&few);
	let mut large = week_chain(&[few.clone(), many.clone()].concat());
	let used = |ext: &mut TestExternalities, meters: &[&Authorization<AccountId>]| {
		let week = ext.execute_with(|| {
			let [open, last] = open_span();
			for meter in meters.iter().filter(|meter| meter.path == Path::Meter) {
				let start = open + (u64::from(meter.id) * 7_919) % (last - open);
				let end = last.min(start + u64::from(meter.id) % 900);
				let address = account(100_000 + u64::from(meter.id));
				dispatch(withdrawal(meter.id, &address, 100, [start, end]));
			}
			// Events are the block's, and not what is measured.
			next_slot();
			assert_eq!(open_span(), [open, last], "still the same timestep");
			[open, last]
		});
		ext.commit_all().unwrap();
		week
	};
	let week = used(&mut small, &few.iter().collect::<Vec<_>>());
	let all: Vec<_> = few.iter().chain(&many).collect();
	assert_eq!(used(&mut large, &all), week);
	for [start, end] in [week, [week[0] + 5_000, week[0] + 5_900], [week[0] + 70_000; 2]] {
		let what = |against: &str| format!("{} timesteps, against {against}", end - start + 1);
		let (address, span) = (account(100), [start, end]);
		let on_few = withdrawal(5, &address, 200, span);
		let on_many = withdrawal(15, &address, 200, span);
		let chains = &mut [&mut large, &mut small];
		let [many, few] = costs(chains, [(0, on_many.clone()), (0, on_few.clone())]);
		many.within(FACTOR, &few, &what("a feeder of 10 on the same chain"));
		// The state's tree is higher where there are more meters, for whatever call: it is the keys that count.
		let [many, few] = costs(chains, [(0, on_many), (1, on_few)]);
		many.keys_within(FACTOR, &few, &what("a feeder of 10 on a chain of its own"));
	}
}

/// How many steps of removing expired assets fit into the rest of this block, were it all theirs.
fn steps_that_fit() -> u64 {
	type Weights = <Runtime as pallet_energy_assets::Config>::WeightInfo;
	let step = Weights::expire_asset();
	let left = RuntimeBlockWeights::get()
		.max_block
		.saturating_sub(System::block_weight().total());
	if left.ref_time() == 0 {
		// A block in which a session ends has no idle time.
		return 0;
	}
	let fit = left.ref_time().checked_div(step.ref_time()).unwrap_or(u64::MAX);
	fit.min(MAX_IDLE_STEPS.into())
}

#[test]
fn expired_assets_should_go_in_bounded_steps_when_the_chain_stood_still() {
	const ASSETS: u64 = 3_000;
	const ADDRESSES: u64 = 300;
	let survivor = account(5_000);
	week_chain(&meters(1, 0, 10)).execute_with(|| {
		let [open, last] = open_span();
		for n in 0..ASSETS / 2 {
			// Both kinds, two assets; the last of them ends two days before the horizon.
			let t = open + (n * 7_919) % (5 * DAY);
			let address = account(1_000 + n % ADDRESSES);
			dispatch(withdrawal(n as MeterId % 9, &address, 100, [t, t + n % 9]));
		}
		// Within the settlement window after a week.
		dispatch(withdrawal(1, &survivor, 100, [last - 9, last]));
		dispatch((
			RuntimeOrigin::root(),
			Call::add_financial_balance { address: account(1_000), amount: 77 }.into(),
		));
		assert_eq!(Assets::<Runtime>::iter_keys().count() as u64, ASSETS + 2);
		let issuance = Balances::total_issuance();

		let week_later = pallet_timestamp::Now::<Runtime>::get() + WEEK * TIMESTEP_MS;
		next_block_at(week_later);
		// What has expired stands in nobody's way.
		let [open, _] = open_span();
		dispatch(withdrawal(2, &account(9_000), 100, [open, open]));
		let (mut left, mut blocks, mut least, mut full) = (ASSETS, 0, u64::MAX, 0);
		while left > 0 {
			let fit = steps_that_fit();
			next_slot();
			let now = Assets::<Runtime>::iter_keys().count() as u64 - 4;
			let reaped = left - now;
			assert!(reaped <= MAX_IDLE_STEPS.into(), "{reaped} in one block");
			assert!(reaped >= fit.min(left), "only {reaped} in one block, in which {fit} fit");
			left = now;
			if fit > 0 {
				(least, blocks) = (least.min(fit), blocks + 1);
			} else {
				full += 1;
				assert!(full < 3, "blocks have no idle time");
			}
		}
		println!("{ASSETS} expired assets were gone after {blocks} blocks of at most {least}");
		assert_eq!(blocks, ASSETS.div_ceil(least), "computed from the bound");
		// What has not expired stays.
		assert_eq!(EnergyAssets::assets_of(&survivor).len(), 2);
		assert_eq!(EnergyAssets::assets_of(&account(9_000)).len(), 2);
		assert_eq!(
			(Balances::total_issuance(), Balances::free_balance(account(1_000))),
			(issuance, 77)
		);
		// Addresses that had assets only are gone too, in bounded steps.
		for _ in 0..ADDRESSES.div_ceil(least) + 2 {
			next_slot();
		}
		let gone = |n: &u64| !System::account_exists(&account(1_000 + n));
		assert_eq!((0..ADDRESSES).filter(gone).count() as u64, ADDRESSES - 1);
		assert_eq!(Holders::<Runtime>::iter_keys().count(), 2);
		check_invariants();
	});
}
