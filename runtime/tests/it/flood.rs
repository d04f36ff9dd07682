//! An attacker floods the chain with free calls, and its neighbours get in all the same: over the composed runtime, with
//! the weights that are measured, and an author that takes what waits by priority, as the node's does.
//!
//! The attacker owns one meter. In the worst cases here it has prepared itself for as long as it needs, has used nothing
//! yet, keeps the pool full, and its calls weigh as much as they may for what they cost. `tests/tests/network/flood.rs`
//! shows the same on nodes, where the attack is smaller.

use crate::chain::{chain, check_invariants, extensions, next_block_at, sudo};
use codec::Encode;
use frame_support::{
	assert_ok,
	storage::{with_transaction, TransactionOutcome},
};
use pallet_energy_assets::{TransferInputs, TransferOutputs};
use petra_primitives::{
	AssetId, AssetKind, AssetOutput, Authorization, FreeCallCost, Grid, Limits, MeterId, Path,
	Timestep, WithdrawalOutput,
};
use petra_runtime::{
	configs::FreeCallCosts, AccountId, BlockNumber, EnergyAssets, Executive, FreeCalls, Regulation,
	Runtime, RuntimeCall, SignedPayload, System, Timestamp, UncheckedExtrinsic, SLOT_DURATION,
};
use sp_core::{sr25519, Pair};
use sp_runtime::{
	generic::Era,
	transaction_validity::{
		InvalidTransaction, TransactionSource, TransactionValidity, TransactionValidityError,
	},
	ApplyExtrinsicResult, DispatchError, MultiSignature,
};
use std::{
	cmp::Reverse,
	collections::{BTreeMap, BinaryHeap},
};

type Call = pallet_energy_assets::Call<Runtime>;

/// The promise: in how many blocks a call of the honest household is in one.
const PROMISE: BlockNumber = 3;
const FEEDER: u32 = 1;
const ATTACKER: MeterId = 1;
const HOUSEHOLD: MeterId = 2;
const LOT: u64 = 100;
/// Asset writes of a quota, and blocks of its window: the genesis values.
const QUOTA: usize = 64;
const WINDOW: BlockNumber = 64;
/// Addresses that the attacker has made before.
const ADDRESSES: usize = 2_048;
/// Calls of each that wait.
const WAITING: u32 = 4;
/// Addresses of the honest household; each makes two calls.
const OWNERS: usize = 16;
/// Transactions that do not fit any more after which an author gives up, at the latest.
const SKIPPED: usize = 8;

/// A key by its number.
fn key(household: MeterId, index: usize) -> sr25519::Pair {
	let mut seed = [0; 32];
	seed[..4].copy_from_slice(&household.to_be_bytes());
	seed[4..12].copy_from_slice(&(index as u64).to_be_bytes());
	sr25519::Pair::from_seed(&seed)
}

fn account(key: &sr25519::Pair) -> AccountId {
	AccountId::new(key.public().0)
}

fn signed(key: &sr25519::Pair, nonce: u32, call: impl Into<RuntimeCall>) -> UncheckedExtrinsic {
	// Born in the last block, whose hash is known.
	let era = Era::mortal(256, u64::from(System::block_number() - 1));
	let payload = SignedPayload::new(call.into(), extensions(nonce, era)).unwrap();
	let signature = payload.using_encoded(|bytes| key.sign(bytes));
	let (call, extensions, _) = payload.deconstruct();
	let signature = MultiSignature::Sr25519(signature);
	UncheckedExtrinsic::new_signed(call, account(key).into(), signature, extensions)
}

fn next_nonce(who: &AccountId) -> u32 {
	*FreeCalls::next_nonce(who)
}

/// Starts the next block; the invariants are checked at the end.
fn next_block() {
	next_block_at(Timestamp::get() + SLOT_DURATION);
}

fn next_window() {
	let first = (System::block_number() / WINDOW + 1) * WINDOW;
	while System::block_number() < first {
		next_block();
	}
}

/// What an author does with a transaction: if it is invalid it leaves nothing behind.
fn apply(transaction: UncheckedExtrinsic) -> ApplyExtrinsicResult {
	with_transaction(|| {
		let result = Ok::<_, DispatchError>(Executive::apply_extrinsic(transaction));
		match &result {
			Ok(Ok(_)) => TransactionOutcome::Commit(result),
			_ => TransactionOutcome::Rollback(result),
		}
	})
	.unwrap()
}

/// Puts a call into this block, or into the next if there is no room.
fn include(key: &sr25519::Pair, call: impl Into<RuntimeCall>) -> ApplyExtrinsicResult {
	let call = call.into();
	loop {
		let transaction = signed(key, next_nonce(&account(key)), call.clone());
		match apply(transaction) {
			Err(TransactionValidityError::Invalid(InvalidTransaction::ExhaustsResources)) => {
				next_block()
			},
			result => return result,
		}
	}
}

fn withdraw(meter: MeterId, to: impl IntoIterator<Item = AccountId>, step: Timestep) -> Call {
	let outputs = to.into_iter().map(|address| WithdrawalOutput::Energy {
		address,
		kind: AssetKind::Production,
		power: LOT,
		start: step,
		end: step,
	});
	Call::withdraw { meter, outputs: outputs.collect::<Vec<_>>().try_into().unwrap() }
}

fn output(address: AccountId, power: u64, step: Timestep) -> AssetOutput<AccountId> {
	let (kind, feeder, traded) = (AssetKind::Production, FEEDER, false);
	AssetOutput { address, kind, power, start: step, end: step, feeder, traded }
}

fn transfer(assets: Vec<AssetId>, outputs: Vec<AssetOutput<AccountId>>) -> Call {
	Call::transfer {
		inputs: TransferInputs { assets: assets.try_into().unwrap(), money: Default::default() },
		outputs: TransferOutputs { assets: outputs.try_into().unwrap(), money: Default::default() },
		co_signatures: None,
	}
}

fn assets_of(who: &AccountId) -> Vec<AssetId> {
	EnergyAssets::assets_of(who).into_iter().map(|(id, _)| id).collect()
}

/// What a call of `who` costs of its quota.
fn cost(who: &AccountId, call: Call) -> u32 {
	FreeCallCosts::cost(who, &call.into()).unwrap()
}

/// A call that fails, costs `writes`, and weighs as much as it may for that: it spends assets that are not there.
fn heaviest(who: &AccountId, writes: u32) -> Call {
	let call = |inputs: u64| {
		let assets = (u64::MAX - inputs..u64::MAX).collect();
		transfer(assets, vec![output(who.clone(), LOT, 0)])
	};
	let inputs = (1..=64).rev().find(|inputs| cost(who, call(*inputs)) <= writes).unwrap();
	assert_eq!(cost(who, call(inputs)), writes);
	call(inputs)
}

/// A chain with two meters, the attacker's and the household's, at the first of the timesteps that are withdrawn.
fn with_meters(test: impl FnOnce(Timestep)) {
	chain("local_testnet").execute_with(|| {
		let meter = |id| Authorization {
			id,
			pubkey: account(&key(id, 0)),
			feeder: FEEDER,
			limits: Limits { max_production: LOT * 100_000, max_consumption: 0, max_financial: 0 },
			path: Path::Meter,
		};
		assert_ok!(sudo(pallet_regulation::Call::regulate {
			regulation: pallet_regulation::RegulatoryTransaction {
				authorize: vec![meter(ATTACKER), meter(HOUSEHOLD)].try_into().unwrap(),
				ban: Default::default(),
				price_consumption: Some(30),
				price_production: Some(10),
				time: Regulation::now(),
			},
		}));
		next_block();
		test(Regulation::now() + 100);
		check_invariants();
	});
}

/// A transaction that waits.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place {
	priority: u64,
	/// Among equals those that expire first, and then those that came first.
	expiry: Reverse<u64>,
	arrival: Reverse<u64>,
}

struct Waiting {
	place: Place,
	transaction: UncheckedExtrinsic,
}

/// What waits, by signer and nonce. It is never validated again, so that priorities stay what they were.
#[derive(Default)]
struct Pool {
	waiting: BTreeMap<AccountId, BTreeMap<u32, Waiting>>,
	arrivals: u64,
}

impl Pool {
	/// What the pool does with what comes in while the block under way is not there yet.
	fn submit(
		&mut self,
		key: &sr25519::Pair,
		nonce: u32,
		call: impl Into<RuntimeCall>,
	) -> TransactionValidity {
		let transaction = signed(key, nonce, call);
		let now = System::block_number();
		let parent = System::block_hash(now - 1);
		let valid = with_transaction(|| {
			System::set_block_number(now - 1);
			let source = TransactionSource::External;
			let valid = Executive::validate_transaction(source, transaction.clone(), parent);
			TransactionOutcome::Rollback(Ok::<_, DispatchError>(valid))
		})
		.unwrap()?;
		self.arrivals += 1;
		let place = Place {
			priority: valid.priority,
			expiry: Reverse(u64::from(now) + valid.longevity),
			arrival: Reverse(self.arrivals),
		};
		let of_signer = self.waiting.entry(account(key)).or_default();
		of_signer.insert(nonce, Waiting { place, transaction });
		Ok(valid)
	}

	fn waits(&self, who: &AccountId) -> u32 {
		self.waiting.get(who).map_or(0, |calls| calls.len() as u32)
	}

	/// What an author does: the first by priority, each after those before it by nonce, until the block is full.
	fn fill_block(&mut self) {
		let first = |who: &AccountId, calls: &BTreeMap<u32, Waiting>| {
			let (nonce, waiting) = calls.first_key_value()?;
			let Place { priority, expiry, arrival } = waiting.place;
			Some((Place { priority, expiry, arrival }, who.clone(), *nonce))
		};
		let mut next: BinaryHeap<_> =
			self.waiting.iter().filter_map(|(who, calls)| first(who, calls)).collect();
		let mut skipped = 0;
		while let Some((_, who, nonce)) = next.pop() {
			let calls = self.waiting.get_mut(&who).unwrap();
			match apply(calls[&nonce].transaction.clone()) {
				Err(TransactionValidityError::Invalid(InvalidTransaction::ExhaustsResources)) => {
					skipped += 1;
					if skipped > SKIPPED {
						return;
					}
				},
				Err(_) => {
					calls.remove(&nonce);
				},
				Ok(_) => {
					calls.remove(&nonce);
					next.extend(first(&who, calls));
				},
			}
		}
	}
}

/// How the attack goes on in each block.
trait Attack {
	/// Fills the pool.
	fn flood(&mut self, pool: &mut Pool);
}

/// Each address has as many calls waiting as it is said to, of the same kind.
struct Addresses<F> {
	keys: Vec<sr25519::Pair>,
	waiting: u32,
	call: F,
}

impl<F: Fn(&AccountId, u32) -> Call> Attack for Addresses<F> {
	fn flood(&mut self, pool: &mut Pool) {
		for key in &self.keys {
			let who = account(key);
			let next = next_nonce(&who);
			for nonce in next + pool.waits(&who)..next + self.waiting {
				if pool.submit(key, nonce, (self.call)(&who, nonce)).is_err() {
					break;
				}
			}
		}
	}
}

/// The attacker's meter makes new addresses all the while, so many in a block, and these flood first.
struct Renewal<F> {
	old: Addresses<F>,
	in_a_block: usize,
	step: Timestep,
	made: usize,
}

impl<F: Fn(&AccountId, u32) -> Call> Attack for Renewal<F> {
	fn flood(&mut self, pool: &mut Pool) {
		self.old.flood(pool);
		let meter = key(ATTACKER, 0);
		let who = account(&meter);
		if pool.waits(&who) > 0 {
			return;
		}
		let new: Vec<_> = (0..self.in_a_block)
			.map(|index| key(ATTACKER, 100_000 + self.made + index))
			.collect();
		let call = withdraw(ATTACKER, new.iter().map(account), self.step);
		if pool.submit(&meter, next_nonce(&who), call).is_ok() {
			self.made += new.len();
			self.old.keys.extend(new);
		}
	}
}

/// One call of the household: in how many blocks it is in one, while the flood goes on. It comes in while a block is
/// made that it misses if it is `late`.
fn send(
	pool: &mut Pool,
	attack: &mut impl Attack,
	key: &sr25519::Pair,
	call: impl Into<RuntimeCall>,
	late: bool,
) -> BlockNumber {
	let who = account(key);
	let (call, nonce) = (call.into(), next_nonce(&who));
	let best = System::block_number() - 1;
	for block in 1.. {
		attack.flood(pool);
		if !late && block == 1 {
			pool.submit(key, nonce, call.clone()).expect("the household has a quota");
		}
		pool.fill_block();
		if late && block == 1 {
			// Against the state that the node had.
			let of_signer = pool.submit(key, nonce, call.clone());
			of_signer.expect("the household has a quota");
		}
		let included = next_nonce(&who) > nonce;
		if included {
			let number = System::block_number();
			next_block();
			return number - best;
		}
		assert!(block < 60, "a call of the household never gets in");
		next_block();
	}
	unreachable!("the loop has no end");
}

/// A day of the household under attack: its meter withdraws two assets for each of its addresses; each address, new and
/// without money, hands one on and deposits the other. Returns in how many blocks each call was in one.
fn household(attack: &mut impl Attack, step: Timestep, late: bool) -> Vec<BlockNumber> {
	let mut pool = Pool::default();
	let first = 1_000 * System::block_number() as usize;
	let owners: Vec<_> = (first..first + OWNERS).map(|index| key(HOUSEHOLD, index)).collect();
	let outputs = owners.iter().flat_map(|owner| [account(owner), account(owner)]);
	let call = withdraw(HOUSEHOLD, outputs, step);
	let mut delays = vec![send(&mut pool, attack, &key(HOUSEHOLD, 0), call, late)];
	let mut full = Vec::new();
	for (index, owner) in owners.iter().enumerate() {
		let assets = assets_of(&account(owner));
		assert_eq!(assets.len(), 2, "the meter has withdrawn");
		let neighbour = account(&key(HOUSEHOLD, first + OWNERS + index));
		let call = transfer(vec![assets[0]], vec![output(neighbour, LOT, step)]);
		delays.push(send(&mut pool, attack, owner, call, late));
		let call = Call::deposit_energy_asset { asset_id: assets[1] };
		delays.push(send(&mut pool, attack, owner, call, late));
		full.push(pool.waiting.values().map(BTreeMap::len).sum::<usize>());
		assert!(assets_of(&account(owner)).is_empty());
	}
	assert!(full.iter().all(|waiting| *waiting > 0), "the flood has run dry: {full:?}");
	delays
}

fn assert_kept(delays: &[BlockNumber], what: &str) {
	let longest = delays.iter().max().unwrap();
	println!("{what}: {delays:?}");
	assert!(
		*longest <= PROMISE,
		"{what}: a call was in a block after {longest} blocks: {delays:?}"
	);
}

/// Withdraws over as many windows as it takes, 64 addresses in each, and lets the last window pass.
fn made_by_withdrawals(count: usize, step: Timestep) -> Vec<sr25519::Pair> {
	let keys: Vec<_> = (0..count).map(|index| key(ATTACKER, 1 + index)).collect();
	for some in keys.chunks(QUOTA) {
		let call = withdraw(ATTACKER, some.iter().map(account), step);
		assert_ok!(include(&key(ATTACKER, 0), call).unwrap());
		next_window();
	}
	keys
}

/// Withdraws to 64 addresses, each of which makes 32 more, and lets the window pass.
fn made_by_transfers(step: Timestep) -> Vec<sr25519::Pair> {
	let share = QUOTA / 2;
	let roots: Vec<_> = (0..QUOTA).map(|index| key(ATTACKER, 1 + index)).collect();
	let outputs = roots.iter().map(|root| WithdrawalOutput::Energy {
		address: account(root),
		kind: AssetKind::Production,
		power: LOT * share as u64,
		start: step,
		end: step,
	});
	let outputs = outputs.collect::<Vec<_>>().try_into().unwrap();
	assert_ok!(include(&key(ATTACKER, 0), Call::withdraw { meter: ATTACKER, outputs }).unwrap());
	let mut leaves = Vec::new();
	for (index, root) in roots.iter().enumerate() {
		let of_root: Vec<_> =
			(0..share).map(|leaf| key(ATTACKER, 1_000 + index * share + leaf)).collect();
		let outputs = of_root.iter().map(|leaf| output(account(leaf), LOT, step)).collect();
		let split = transfer(assets_of(&account(root)), outputs);
		assert_ok!(include(root, split).unwrap());
		leaves.extend(of_root);
	}
	next_window();
	leaves
}

#[test]
fn a_household_should_get_in_within_three_blocks_when_transfers_made_the_attackers_addresses() {
	with_meters(|step| {
		let keys = made_by_transfers(step);
		assert_eq!(keys.len(), ADDRESSES);
		let call = |who: &AccountId, _| heaviest(who, 1);
		let mut attack = Addresses { keys, waiting: WAITING, call };
		assert_kept(&household(&mut attack, step, false), "by transfers");
		next_window();
		assert_kept(&household(&mut attack, step, true), "by transfers, each call a block late");
	});
}

#[test]
fn a_household_should_get_in_within_three_blocks_when_withdrawals_made_the_attackers_addresses() {
	with_meters(|step| {
		let keys = made_by_withdrawals(ADDRESSES, step);
		// Small calls, failing ones, large ones, and ones that are heavy for other reasons than what they write.
		let foreign = AssetId::MAX;
		let call = |who: &AccountId, nonce: u32| match nonce % 4 {
			0 => heaviest(who, 4),
			1 => Call::deposit_energy_asset { asset_id: foreign },
			2 => heaviest(who, 1),
			_ => Call::reap { asset_id: foreign },
		};
		let mut attack = Addresses { keys, waiting: WAITING, call };
		assert_kept(&household(&mut attack, step, false), "by withdrawals");
		next_window();
		assert_kept(&household(&mut attack, step, true), "by withdrawals, each call a block late");
	});
}

#[test]
fn a_household_should_get_in_within_three_blocks_when_the_attackers_addresses_are_renewed() {
	with_meters(|step| {
		for in_a_block in [1, OWNERS, QUOTA] {
			let keys = made_by_withdrawals(2 * QUOTA, step);
			let call = |who: &AccountId, _| heaviest(who, 4);
			let old = Addresses { keys, waiting: WAITING, call };
			let made = in_a_block * 1_000;
			let mut attack = Renewal { old, in_a_block, step, made };
			let what = format!("{in_a_block} new addresses in each block");
			assert_kept(&household(&mut attack, step, false), &what);
			// Across the border of two windows, in each of which there is a quota.
			let border = (System::block_number() / WINDOW + 2) * WINDOW - 2;
			while System::block_number() < border {
				next_block();
			}
			assert_kept(&household(&mut attack, step, true), &what);
		}
	});
}

#[test]
fn a_flood_should_not_enter_when_its_nonces_are_ahead_of_the_quota() {
	with_meters(|step| {
		let keys = made_by_withdrawals(QUOTA, step);
		let mut pool = Pool::default();
		for key in &keys {
			let who = account(key);
			let next = next_nonce(&who);
			let reap = || Call::reap { asset_id: 0 };
			let refused = Err(InvalidTransaction::Custom(pallet_free_calls::OVER_QUOTA).into());
			assert_eq!(pool.submit(key, next + QUOTA as u32, reap()), refused);
			assert_eq!(pool.submit(key, next + 1_000, reap()), refused);
			assert_ok!(pool.submit(key, next + QUOTA as u32 - 1, reap()));
		}
	});
}

#[test]
fn a_call_should_cost_more_when_it_weighs_more_than_its_writes() {
	with_meters(|step| {
		let who = account(&key(HOUSEHOLD, 1));
		assert_ok!(include(&key(HOUSEHOLD, 0), withdraw(HOUSEHOLD, [who.clone()], step)).unwrap());
		let one = || vec![output(who.clone(), LOT, step)];
		let merge = |inputs: u64| cost(&who, transfer((0..inputs).collect(), one()));
		assert_eq!((merge(1), merge(4)), (1, 1));
		assert!(merge(5) == 2 && merge(64) > 4, "{} {}", merge(5), merge(64));
		let split = transfer(vec![0], vec![output(who.clone(), LOT, step); 64]);
		assert_eq!(cost(&who, split), 64);
		// What meters withdraw costs its outputs.
		let meter = account(&key(HOUSEHOLD, 0));
		for outputs in [1, 2, 64] {
			let call = withdraw(HOUSEHOLD, vec![who.clone(); outputs], step);
			assert_eq!(cost(&meter, call), outputs as u32);
		}
	});
}
