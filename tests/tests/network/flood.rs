//! An attacker floods the chain with free calls, and its neighbours get in all the same.
//!
//! The attacker owns a meter. It withdraws all that the meter may, and splits that over as many addresses as it can: up
//! to the bound on a feeder's assets, which refuses the rest. Just before the flood its meter makes some addresses more,
//! which are those of its addresses that go first. Each address has a quota of free calls of which it has used nothing;
//! all of them together fill the blocks, through one validator's node. Another household on the same feeder sends calls
//! through another validator's node, one after the other, without the attack and then with it.
//!
//! Delays are counted in blocks, so that a slow machine does not matter; those in which a session begins do not count, since
//! they have no room for anybody's calls (docs/pallets/free-calls.md). What an attacker can do that prepares itself for
//! days is in `runtime/tests/it/flood.rs`.
//!
//! Five nodes share this machine, and each of them checks and executes each call. So that they have time left to make
//! blocks, the flood keeps only so many calls waiting as `PETRA_FLOOD` says; what is printed says how full blocks were.

use crate::support::{account_of, ensure, hash_of, sudo_key};
use futures::{future::try_join_all, stream, StreamExt, TryStreamExt};
use petra_client::{
	call, AccountId32, Call, Client, Event, Included, Keypair, Outcome, PetraConfig, Value,
};
use petra_tests::{knob, wait, with_network, Error, NetworkOptions, Result, VALIDATORS};
use std::{
	collections::{BTreeMap, VecDeque},
	ops::RangeInclusive,
	sync::{Arc, Mutex},
	time::{Duration, Instant},
};
use subxt::{
	config::DefaultExtrinsicParamsBuilder, ext::scale_decode::DecodeAsType, rpcs::rpc_params,
};

/// The promise: in how many blocks a call of the honest household is in one.
const PROMISE: u64 = 3;
/// The feeder on which both hang.
const FEEDER: u32 = 1;
/// The attacker's meter.
const ATTACKER: u32 = 1;
/// The honest household's meter.
const HOUSEHOLD: u32 = 2;
/// Asset writes of a quota: the genesis value.
const QUOTA: usize = 64;
/// Blocks in a window of quotas: the genesis value.
const WINDOW: u64 = 64;
/// A meter's withdrawal makes so many addresses, all that its quota lets it.
const ROOTS: usize = QUOTA;
/// Each of them makes so many more: an output to a new address costs two writes.
const LEAVES_PER_ROOT: usize = QUOTA / 2;
/// Of these, the ones that split once more, to reach the bound.
const GROWING: usize = 72;
/// As many addresses as the household has, that the attacker's meter makes last.
const NEWEST: usize = OWNERS;
/// The numbers of their keys begin after all others.
const NEWEST_KEYS: usize = 1 + ROOTS + ROOTS * LEAVES_PER_ROOT;
/// Timesteps of an asset: the parts that it can be split into.
const TIMESTEPS: u64 = LEAVES_PER_ROOT as u64;
/// The power lot, in watts.
const LOT: u64 = 100;
/// The attacker's limit, which its withdrawal uses up.
const LIMIT: u64 = LOT * (ROOTS * LEAVES_PER_ROOT) as u64;
/// Calls that each flooding address signs beforehand.
const CALLS: u64 = 8;
/// Blocks for which these are valid.
const MORTAL_FOR: u64 = 256;
/// Calls of the flood that wait at the attacker's node, if `PETRA_FLOOD` does not say otherwise.
const BACKLOG: usize = 150;
/// Calls of the flood in blocks for each call of the honest household, at least.
const DENSE: usize = 50;
/// Splits that are on their way at a time, so that they do not fill blocks before the flood does.
const SPLITS_AT_ONCE: usize = 8;
/// Calls of the flood that are on their way to the node at a time.
const AT_ONCE: usize = 32;
/// Addresses of the honest household; each makes two calls.
const OWNERS: usize = 12;
/// How long a call may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A value for each call that the DSO, a meter or an owner makes.
fn number(value: impl Into<u128>) -> Value {
	Value::u128(value.into())
}

fn bytes_of(account: &AccountId32) -> Value {
	Value::from_bytes(account.0)
}

fn production() -> Value {
	Value::unnamed_variant("Production", [])
}

/// A key by its number.
fn key(household: u32, index: usize) -> Keypair {
	let mut seed = [0; 32];
	seed[..4].copy_from_slice(&household.to_be_bytes());
	seed[4..12].copy_from_slice(&(index as u64).to_be_bytes());
	Keypair::from_secret_key(seed).expect("any 32 bytes are a secret")
}

/// The keys of a meter's household from `first` on.
fn keys(household: u32, first: usize, count: usize) -> Vec<Keypair> {
	(first..first + count).map(|index| key(household, index)).collect()
}

/// An interval of production: watts, first and last timestep.
type Power = (u64, u64, u64);

fn withdraw(meter: u32, outputs: impl IntoIterator<Item = (AccountId32, Power)>) -> Call {
	let outputs = outputs.into_iter().map(|(address, (power, start, end))| {
		Value::named_variant(
			"Energy",
			[
				("address", bytes_of(&address)),
				("kind", production()),
				("power", number(power)),
				("start", number(start)),
				("end", number(end)),
			],
		)
	});
	let outputs = Value::unnamed_composite(outputs);
	call("EnergyAssets", "withdraw", [number(meter), outputs])
}

/// A transfer of one asset, by its owner, into these.
fn transfer(asset: u64, outputs: impl IntoIterator<Item = (AccountId32, Power)>) -> Call {
	let outputs = outputs.into_iter().map(|(address, (power, start, end))| {
		Value::named_composite([
			("address", bytes_of(&address)),
			("kind", production()),
			("power", number(power)),
			("start", number(start)),
			("end", number(end)),
			("feeder", number(FEEDER)),
			("traded", Value::bool(false)),
		])
	});
	let lists = |assets: Value| {
		let no_money = Value::unnamed_composite([]);
		Value::named_composite([("assets", assets), ("money", no_money)])
	};
	let inputs = lists(Value::unnamed_composite([number(asset)]));
	let outputs = lists(Value::unnamed_composite(outputs));
	call("EnergyAssets", "transfer", [inputs, outputs, Value::unnamed_variant("None", [])])
}

fn deposit(asset: u64) -> Call {
	call("EnergyAssets", "deposit_energy_asset", [number(asset)])
}

fn reap(asset: u64) -> Call {
	call("EnergyAssets", "reap", [number(asset)])
}

/// The DSO's regulation that authorises both meters, with the same limits.
fn authorise(time: u64) -> Call {
	let meter = |id: u32| {
		let limits = Value::named_composite([
			("max_production", number(LIMIT)),
			("max_consumption", number(LIMIT)),
			("max_financial", number(0u32)),
		]);
		Value::named_composite([
			("id", number(id)),
			("pubkey", bytes_of(&account_of(&key(id, 0)))),
			("feeder", number(FEEDER)),
			("limits", limits),
			("path", Value::unnamed_variant("Meter", [])),
		])
	};
	let none = || Value::unnamed_variant("None", []);
	let regulation = Value::named_composite([
		("authorize", Value::unnamed_composite([meter(ATTACKER), meter(HOUSEHOLD)])),
		("ban", Value::unnamed_composite([])),
		("price_consumption", none()),
		("price_production", none()),
		("time", number(time)),
	]);
	call("Regulation", "regulate", [regulation])
}

/// The numbers in an event's field, in order: an id, or a list of them.
fn ids(event: &Event, field: &str) -> Vec<u64> {
	fn collect(value: &Value, found: &mut Vec<u64>) {
		use subxt::ext::scale_value::{Composite, ValueDef};
		match &value.value {
			ValueDef::Composite(Composite::Named(fields)) => {
				fields.iter().for_each(|(_, value)| collect(value, found))
			},
			ValueDef::Composite(Composite::Unnamed(values)) => {
				values.iter().for_each(|value| collect(value, found))
			},
			_ => found.extend(value.as_u128().and_then(|id| u64::try_from(id).ok())),
		}
	}
	let mut found = Vec::new();
	if let subxt::ext::scale_value::Composite::Named(fields) = &event.fields {
		for (_, value) in fields.iter().filter(|(name, _)| name == field) {
			collect(value, &mut found);
		}
	}
	found
}

/// The assets that a transaction created, in order.
fn added(outcome: &Outcome) -> Vec<u64> {
	let events = outcome.events.iter();
	events
		.filter(|event| event.pallet == "EnergyAssets" && event.name == "AssetAdded")
		.flat_map(|event| ids(event, "asset_id"))
		.collect()
}

/// The timestep of a node's best block.
async fn timestep(client: &Client) -> Result<u64> {
	let now: Option<u64> = client.storage("Timestamp", "Now", ()).await?;
	Ok(now.unwrap_or_default() / 900_000)
}

/// The assets on the feeder.
async fn live(client: &Client) -> Result<u64> {
	let live: Option<u64> = client.storage("EnergyAssets", "LiveOn", (FEEDER,)).await?;
	Ok(live.unwrap_or_default())
}

/// Blocks in a session: one begins in each block whose number is a multiple.
async fn session_length(client: &Client) -> Result<u64> {
	let blocks: Option<u32> = client.storage("ValidatorSet", "BlocksPerSession", ()).await?;
	blocks
		.map(u64::from)
		.ok_or_else(|| Error::Violated("sessions have no length".into()))
}

/// How long a call of the honest household took.
struct Delay {
	blocks: u64,
	time: Duration,
}

/// A call in a block that may still be replaced.
struct Sent {
	session: u64,
	after: u64,
	time: Duration,
	included: Included,
}

async fn send(client: &Client, call: &Call, signer: &Keypair) -> Result<Sent> {
	let session = session_length(client).await?;
	let after = client.best_head().await?.number;
	let sent = Instant::now();
	let included = wait::within(PATIENCE, "a call of the honest household", async {
		client.submit(call, signer).await?.in_block().await
	})
	.await?;
	Ok(Sent { session, after, time: sent.elapsed(), included })
}

/// Counts to the block in which the call is final.
async fn finalize(sent: Sent) -> Result<(Delay, Outcome)> {
	let Sent { session, after, time, included } = sent;
	let best = included.outcome.block.number;
	let outcome = wait::within(PATIENCE, "a call becoming final", included.finalized()).await?;
	let block = outcome.block.number.max(best);
	let begun = block / session - after / session;
	Ok((Delay { blocks: block - after - begun, time }, outcome))
}

/// A day of the honest household: its meter withdraws two assets for each of its addresses; each address, new and
/// without money, hands one on and deposits the other. One call after the other.
async fn household(client: &Client, first: usize, start: u64) -> Result<Vec<Delay>> {
	let owners = keys(HOUSEHOLD, first, OWNERS);
	let one = (LOT, start, start);
	let outputs = owners.iter().flat_map(|owner| [(account_of(owner), one); 2]);
	let withdrawal = send(client, &withdraw(HOUSEHOLD, outputs), &key(HOUSEHOLD, 0)).await?;
	let (delay, outcome) = finalize(withdrawal).await?;
	let assets = added(&outcome);
	ensure(assets.len() == 2 * OWNERS, || format!("the meter has withdrawn {assets:?}"))?;

	let mut sent = Vec::new();
	for (index, (owner, assets)) in owners.iter().zip(assets.chunks(2)).enumerate() {
		let neighbour = account_of(&key(HOUSEHOLD, first + OWNERS + index));
		sent.push(send(client, &transfer(assets[0], [(neighbour, one)]), owner).await?);
		sent.push(send(client, &deposit(assets[1]), owner).await?);
	}
	let mut delays = vec![delay];
	for (delay, _) in try_join_all(sent.into_iter().map(finalize)).await? {
		delays.push(delay);
	}
	Ok(delays)
}

/// An address that the attacker has made, with what it owns.
struct Leaf {
	key: Keypair,
	asset: u64,
	power: Power,
	/// The block that made it, which is its first nonce.
	born: u64,
}

/// Withdraws all that the attacker's meter may, and splits it over as many addresses as quotas let it.
async fn spread(client: &Client, start: u64) -> Result<Vec<Leaf>> {
	let end = start + TIMESTEPS - 1;
	let roots = keys(ATTACKER, 1, ROOTS);
	let share = (LOT * LEAVES_PER_ROOT as u64, start, end);
	let outputs = roots.iter().map(|root| (account_of(root), share));
	let withdrawn = client.send(&withdraw(ATTACKER, outputs), &key(ATTACKER, 0)).await?;
	let splits = roots.iter().zip(added(&withdrawn)).enumerate().map(|(index, (root, asset))| {
		let leaves = keys(ATTACKER, 1 + ROOTS + index * LEAVES_PER_ROOT, LEAVES_PER_ROOT);
		let power = (LOT, start, end);
		let outputs = leaves.iter().map(|leaf| (account_of(leaf), power));
		let split = transfer(asset, outputs);
		async move {
			let outcome = client.send(&split, root).await?;
			Ok::<_, Error>(owned(leaves, power, &outcome))
		}
	});
	let splits: Vec<_> = splits.collect();
	let leaves = stream::iter(splits).buffered(SPLITS_AT_ONCE).try_concat().await?;
	ensure(leaves.len() == ROOTS * LEAVES_PER_ROOT, || format!("{} addresses", leaves.len()))?;
	Ok(leaves)
}

/// Lets the attacker's meter make some addresses more.
async fn renew(client: &Client, start: u64) -> Result<Vec<Leaf>> {
	// A timestep in which it has withdrawn nothing.
	let power = (LOT, start + TIMESTEPS, start + TIMESTEPS);
	let newest = keys(ATTACKER, NEWEST_KEYS, NEWEST);
	let outputs = newest.iter().map(|key| (account_of(key), power));
	let outcome = client.send(&withdraw(ATTACKER, outputs), &key(ATTACKER, 0)).await?;
	let newest = owned(newest, power, &outcome);
	ensure(newest.len() == NEWEST, || format!("{} new addresses", newest.len()))?;
	Ok(newest)
}

/// The addresses with the assets that a transaction made for them, in this order.
fn owned(keys: Vec<Keypair>, power: Power, outcome: &Outcome) -> Vec<Leaf> {
	let born = outcome.block.number;
	let owned = keys.into_iter().zip(added(outcome));
	owned.map(|(key, asset)| Leaf { key, asset, power, born }).collect()
}

/// A transaction must have failed in a block by this name.
fn named(result: petra_client::Result<Outcome>, expected: &str) -> Result {
	match result {
		Ok(outcome) => {
			Err(Error::Violated(format!("no {expected} in block {}", outcome.block.number)))
		},
		Err(error) if error.dispatch_error() == Some(expected) => Ok(()),
		Err(error) => Err(Error::Violated(format!("{error} instead of {expected}"))),
	}
}

/// What the flood consists of, signed beforehand. Of the calls of an address one is valid: it hands its asset to itself.
/// The others fail: they deposit, transfer and reap what is somebody else's, and split beyond the bound. Besides, some
/// nonces are far ahead.
struct Ammunition {
	calls: VecDeque<String>,
	far_ahead: Vec<String>,
}

/// Signs the calls of these, of which each tries to spend the asset `foreign`, too.
async fn sign(client: &Client, leaves: &[Leaf], foreign: u64) -> Result<Ammunition> {
	let finalized = client.finalized_head().await?;
	let at = client.at(finalized.hash).await?;
	let transactions = at.transactions();
	let signed = |call: &Call, leaf: &Leaf, nonce: u64| {
		let parameters = DefaultExtrinsicParamsBuilder::<PetraConfig>::new()
			.nonce(nonce)
			.mortal_from_unchecked(MORTAL_FOR, finalized.number, finalized.hash)
			.build();
		transactions
			.create_signable_offline(call, parameters)
			.and_then(|mut transaction| transaction.sign(&leaf.key))
			.map(|transaction| format!("0x{}", hex::encode(transaction.encoded())))
			.map_err(|error| Error::Violated(format!("the flood cannot be signed: {error}")))
	};
	let failing = |leaf: &Leaf, index: usize| match index % 4 {
		0 => deposit(foreign),
		1 => transfer(foreign, [(account_of(&leaf.key), leaf.power)]),
		2 => reap(foreign),
		_ => {
			let (power, start, end) = leaf.power;
			let (first, rest) = ((power, start, start), (power, start + 1, end));
			transfer(leaf.asset, [first, rest].map(|part| (account_of(&leaf.key), part)))
		},
	};
	let (mut calls, mut far_ahead) = (VecDeque::new(), Vec::new());
	for number in 0..CALLS {
		for (index, leaf) in leaves.iter().enumerate() {
			let nonce = leaf.born + number;
			calls.push_back(if index as u64 % CALLS == number {
				signed(&transfer(leaf.asset, [(account_of(&leaf.key), leaf.power)]), leaf, nonce)?
			} else {
				signed(&failing(leaf, index), leaf, nonce)?
			});
		}
	}
	for leaf in leaves.iter().take(QUOTA) {
		far_ahead.push(signed(&deposit(foreign), leaf, leaf.born + QUOTA as u64)?);
		far_ahead.push(signed(&deposit(foreign), leaf, leaf.born + 1_000)?);
	}
	Ok(Ammunition { calls, far_ahead })
}

/// What became of the flood's calls at the node, by its answer.
type Tally = BTreeMap<String, usize>;

/// Hands a call to the node; what it answers if it refuses.
async fn fire(client: &Client, call: &str) -> Result<(), String> {
	let sent = client
		.rpc()
		.request::<String>("author_submitExtrinsic", rpc_params![call])
		.await;
	sent.map(|_| ()).map_err(|error| format!("{error:?}"))
}

/// Sends calls until there are no more: with each block so many that `backlog` wait.
async fn flood(
	client: Client,
	mut calls: VecDeque<String>,
	backlog: usize,
	tally: Arc<Mutex<Tally>>,
) -> Result {
	let mut heads = client.best_heads().await?;
	while !calls.is_empty() {
		let room = backlog.saturating_sub(waiting(&client).await?).min(calls.len());
		let batch: Vec<String> = calls.drain(..room).collect();
		let shots = stream::iter(batch).map(|call| {
			let client = client.clone();
			async move { fire(&client, &call).await }
		});
		let answers: Vec<Result<(), String>> = shots.buffered(AT_ONCE).collect().await;
		{
			let mut tally = tally.lock().expect("nobody panics with it");
			for answer in answers {
				let word = answer.map_or_else(|said| said, |()| "taken".into());
				*tally.entry(word).or_default() += 1;
			}
		}
		heads.next_number().await?;
	}
	Ok(())
}

/// Calls with nonces beyond the quota are refused, each by the code for that.
async fn ensure_refused(client: &Client, far_ahead: &[String]) -> Result {
	let answers = try_join_all(
		far_ahead.iter().map(|call| async { Ok::<_, Error>(fire(client, call).await) }),
	)
	.await?;
	for answer in answers {
		let refused = answer.as_ref().is_err_and(|said| said.contains("Custom error: 101"));
		ensure(refused, || format!("a nonce beyond the quota: {answer:?}, no custom error 101"))?;
	}
	Ok(())
}

/// Splits once more, until the bound on the feeder's assets refuses it.
async fn grow(client: &Client, leaves: &[Leaf], start: u64) -> Result {
	let splits = leaves.iter().map(|leaf| {
		let parts = (start..start + TIMESTEPS).map(|t| (account_of(&leaf.key), (LOT, t, t)));
		let split = transfer(leaf.asset, parts);
		async move { client.send(&split, &leaf.key).await }
	});
	let splits: Vec<_> = splits.collect();
	let results: Vec<_> = stream::iter(splits).buffered(SPLITS_AT_ONCE).collect().await;
	let (mut succeeded, mut refused) = (0, 0);
	for result in results {
		match result {
			Ok(_) => succeeded += 1,
			refusal => {
				named(refusal, "EnergyAssets::TooManyAssets")?;
				refused += 1;
			},
		}
	}
	println!("{succeeded} more splits succeeded, {refused} were refused with TooManyAssets");
	ensure(refused > 0, || "the attack has not reached the bound".into())
}

/// A block: its transactions, and what of the weight for normal ones they took.
struct Block {
	transactions: usize,
	fullness: f64,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Weight {
	ref_time: u64,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Consumed {
	normal: Weight,
}

/// Three quarters of three quarters of half a second: what free calls may take of a block together, in picoseconds.
const FREE_SHARE: f64 = 0.75 * 0.75 * 500e9;

async fn blocks(client: &Client, numbers: RangeInclusive<u64>) -> Result<Vec<Block>> {
	let mut blocks = Vec::new();
	for number in numbers {
		let hash = hash_of(client, number).await?;
		let all: serde_json::Value = client
			.rpc()
			.request("chain_getBlock", rpc_params![hash])
			.await
			.map_err(|error| Error::Violated(format!("block {number}: {error}")))?;
		let list = all.pointer("/block/extrinsics").and_then(|list| list.as_array());
		let weight: Option<Consumed> = client.storage_at(hash, "System", "BlockWeight", ()).await?;
		let taken = weight.map_or(0, |weight| weight.normal.ref_time);
		blocks.push(Block {
			transactions: list.map_or(0, Vec::len),
			fullness: taken as f64 / FREE_SHARE,
		});
	}
	Ok(blocks)
}

/// Calls that wait at a node.
async fn waiting(client: &Client) -> Result<usize> {
	let all: Vec<String> = client
		.rpc()
		.request("author_pendingExtrinsics", rpc_params![])
		.await
		.map_err(|error| Error::Violated(format!("what waits at {}: {error}", client.url())))?;
	Ok(all.len())
}

fn median<T: Copy + PartialOrd>(values: impl Iterator<Item = T>) -> T {
	let mut values: Vec<T> = values.collect();
	values.sort_by(|one, other| one.partial_cmp(other).expect("no value is not a number"));
	values[values.len() / 2]
}

/// Prints delays and blocks; returns the longest delay in blocks.
fn report(what: &str, delays: &[Delay], blocks: &[Block]) -> u64 {
	let longest = delays.iter().map(|delay| delay.blocks).max().unwrap_or_default();
	let slowest = delays.iter().map(|delay| delay.time).max().unwrap_or_default();
	println!(
		"{what}: {} calls in a block after {} blocks (median), {longest} (longest); {:.2?} (median), {slowest:.2?} \
		 (longest)",
		delays.len(),
		median(delays.iter().map(|delay| delay.blocks)),
		median(delays.iter().map(|delay| delay.time)),
	);
	let most = blocks.iter().map(|block| block.transactions).max().unwrap_or_default();
	println!(
		"{what}: {} blocks with {} transactions (median), {most} (most); {:.0} % of the weight of free calls (median)",
		blocks.len(),
		median(blocks.iter().map(|block| block.transactions)),
		100.0 * median(blocks.iter().map(|block| block.fullness)),
	);
	longest
}

/// Waits until nodes have the first block of the next window of quotas, which begins after `born`.
async fn window_begins(clients: &[&Client], born: u64) -> Result {
	let now = clients[0].best_head().await?.number;
	let first = (born.max(now + 1) / WINDOW + 1) * WINDOW;
	for client in clients {
		wait::best(client, first).await?;
	}
	Ok(())
}

/// What the attack has led to.
struct Attacked {
	delays: Vec<Delay>,
	blocks: Vec<Block>,
}

async fn attack(near: &Client, far: &Client, start: u64) -> Result<Attacked> {
	let backlog = knob("PETRA_FLOOD", BACKLOG)?;
	let leaves = spread(far, start).await?;
	let (growing, flooding) = leaves.split_at(GROWING);
	let foreign = growing[GROWING - 1].asset;
	let begun = Instant::now();
	let Ammunition { calls, far_ahead } = sign(far, flooding, foreign).await?;
	println!("{} addresses, {} calls signed in {:.1?}", leaves.len(), calls.len(), begun.elapsed());
	let born = leaves.iter().map(|leaf| leaf.born).max().unwrap_or_default();
	// From here on the addresses that transfers made have a quota.
	window_begins(&[near, far], born).await?;

	grow(far, growing, start).await?;
	let mut first = sign(far, &renew(far, start).await?, foreign).await?.calls;
	first.extend(calls);
	ensure_refused(far, &far_ahead).await?;
	let before = near.best_head().await?.number;
	let tally = Arc::new(Mutex::new(Tally::new()));
	let flooding = tokio::spawn(flood(far.clone(), first, backlog, tally.clone()));
	let delays = household(near, 1 + 2 * OWNERS, start).await?;
	let after = near.best_head().await?.number;
	let (here, there) = (waiting(near).await?, waiting(far).await?);
	ensure(!flooding.is_finished(), || "the flood has run dry".into())?;
	flooding.abort();
	println!("answers to the flood: {:?}", tally.lock().expect("nobody panics with it"));
	println!("at the end {there} calls wait at the attacker's node, {here} at the household's");
	let blocks = blocks(near, before + 1..=after).await?;
	Ok(Attacked { delays, blocks })
}

/// The attacker's assets fill half of the bound, up to one more split, and no more: what is above is the household's, of
/// whose assets half are deposited at the end.
async fn ensure_bounded(client: &Client) -> Result {
	let per_meter: u32 = client.constant("EnergyAssets", "AssetsPerMeter").await?;
	let (bound, live) = (2 * u64::from(per_meter), live(client).await?);
	println!("{live} assets on the feeder, of {bound} (transfers: {})", bound / 2);
	let owners = OWNERS as u64;
	// Its meter withdrew after the bound was reached.
	let attackers = live.saturating_sub(2 * owners + NEWEST as u64);
	ensure(attackers <= bound / 2 && live <= bound, || "the state is past its bound".into())?;
	let most = attackers + 3 * owners + TIMESTEPS;
	ensure(most > bound / 2, || "the attack is far from the bound".into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_should_get_in_within_three_blocks_when_an_attacker_floods_with_free_calls() -> Result
{
	with_network(NetworkOptions::new("flood").undisturbed(), async |network| {
		let client = network.client(VALIDATORS[1]).await?;
		wait::finalized(&client, 3).await?;
		let now = timestep(&client).await?;
		client.sudo(&authorise(now), &sudo_key()).await?;
		// Open for as long as the test takes.
		let start = now + 8;

		let before = client.best_head().await?.number;
		let calm = household(&client, 1, start).await?;
		let after = client.best_head().await?.number;
		report("without the attack", &calm, &blocks(&client, before + 1..=after).await?);

		let far = network.client(VALIDATORS[0]).await?;
		let attacked = attack(&client, &far, start).await?;
		let longest = report("with the attack", &attacked.delays, &attacked.blocks);
		let all: Vec<_> = attacked.delays.iter().map(|delay| delay.blocks).collect();
		let full: Vec<_> = attacked.blocks.iter().map(|block| block.transactions).collect();
		println!("blocks until each call was in: {all:?}; transactions of each block: {full:?}");
		ensure_bounded(&client).await?;
		let flooded: usize = full.iter().sum();
		ensure(flooded >= DENSE * all.len(), || format!("the flood is not dense: {full:?}"))?;
		ensure(all.len() >= 20, || "too few calls".into())?;
		ensure(longest <= PROMISE, || format!("calls took {all:?} blocks, not {PROMISE}"))
	})
	.await
}
