//! `petra-measure-clearing`: how long a full book takes to clear on a node, and what its blocks carry meanwhile.
//!
//! Starts one validator whose market is a double auction, fills the book of one timestep with offers of as many addresses
//! (`PETRA_OFFERS`, 10 000), waits for the gate, and keeps sending remarks, so many a block. What it reports is read from
//! the blocks: their weight against the limit, their transactions, the exchanges, and the time from the gate on. A block
//! over its weight, or a remark that is in none, is an error. The report goes to `docs/measurements/clearing.txt`.
//!
//! Half of the offers are asks, half bids. Of the asks a tenth is too dear to trade; powers are such that most pairs leave a
//! rest on one side, so that there are more pairs than bids.

#![allow(clippy::arithmetic_side_effects)]

use futures::{stream, StreamExt, TryStreamExt};
use petra_client::{
	call, dev, AccountId32, BlockRef, Call, Client, Keypair, Outcome, PetraConfig, Value, H256,
};
use petra_tests::{find_node, knob, wait, Error, Result, ScratchDirectory};
use serde_json::json;
use std::{
	net::TcpListener,
	path::{Path, PathBuf},
	process::Stdio,
	sync::atomic::{AtomicBool, Ordering},
	time::{Duration, SystemTime, UNIX_EPOCH},
};
use subxt::{
	client::OnlineClientAtBlock,
	config::DefaultExtrinsicParamsBuilder,
	ext::{scale_decode::DecodeAsType, scale_value::At},
	rpcs::rpc_params,
};
use tokio::process::{Child, Command};

/// Offers in the book, if `PETRA_OFFERS` does not say otherwise.
const OFFERS: usize = 10_000;
/// Length of a timestep in milliseconds, if `PETRA_TIMESTEP_MS` does not say otherwise: the clearing has as long.
const TIMESTEP_MS: usize = 240_000;
/// Seconds for filling the book before the gate closes, if `PETRA_FILLING_S` does not say otherwise.
const FILLING_S: usize = 180;
/// Remarks that are sent with each block.
const REMARKS: usize = 20;
/// Outputs of a withdrawal, and asset writes of a meter's quota: genesis values.
const OUTPUTS: usize = 64;
/// Meters that one regulation can authorise: a constant of the runtime.
const MOST_METERS: usize = 256;
/// Feeders on which the meters hang.
const FEEDERS: usize = 8;
/// The power lot, in watts.
const LOT: u64 = 100;
/// Powers of offers, in lots, one after the other: their sums agree, and they do not.
const ASKED: [u64; 3] = [1, 3, 2];
const BID: [u64; 3] = [2, 1, 3];
/// The most lots of an offer.
const MOST: u64 = 3;
/// Prices of asks begin here, prices of bids there; each offer's is one tick more than the one's before.
const ASKS_FROM: u64 = 100;
const BIDS_FROM: u64 = 50_000;
/// What an ask wants that nobody pays.
const TOO_DEAR: u64 = 1_000_000;
/// Money of a bidder: a EUR.
const MONEY: u64 = 1_000_000_000;
/// Blocks for which transactions are valid.
const MORTAL_FOR: u64 = 256;
/// Requests that are on their way to the node at a time.
const AT_ONCE: usize = 32;
/// Blocks that are read before the gate, and waited for after the clearing.
const AROUND: u64 = 8;
/// How long single steps may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Lines of the node's log that are shown when something fails.
const LOG_TAIL: usize = 15;

const REPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/measurements/clearing.txt");

fn violated(what: impl Into<String>) -> Error {
	Error::Violated(what.into())
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result {
	if holds {
		Ok(())
	} else {
		Err(violated(otherwise()))
	}
}

fn at_file(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
	let path = path.display().to_string();
	move |reason| Error::File { path, reason }
}

fn number(value: impl Into<u128>) -> Value {
	Value::u128(value.into())
}

/// A key by its number.
fn key(group: u8, index: usize) -> Result<Keypair> {
	let mut seed = [group; 32];
	for (to, from) in seed.iter_mut().zip((index as u64).to_be_bytes()) {
		*to = from;
	}
	Keypair::from_secret_key(seed).map_err(|error| violated(error.to_string()))
}

fn account_of(key: &Keypair) -> AccountId32 {
	key.public_key().to_account_id()
}

/// Who posts an offer.
struct Trader {
	key: Keypair,
	sells: bool,
	power: u64,
	price: u64,
}

/// The asks, then the bids.
fn traders(offers: usize) -> Result<Vec<Trader>> {
	let half = offers / 2;
	let trader = |index: usize| {
		let sells = index < half;
		let place = if sells { index } else { index - half };
		let powers = if sells { ASKED } else { BID };
		let lots = powers.into_iter().cycle().nth(place % powers.len()).unwrap_or(MOST);
		let price = match sells {
			true if place % 10 == 9 => TOO_DEAR,
			true => ASKS_FROM + place as u64,
			false => BIDS_FROM + place as u64,
		};
		Ok(Trader { key: key(1, index)?, sells, power: lots * LOT, price })
	};
	(0..half * 2).map(trader).collect()
}

/// A meter with those for whom it withdraws.
struct Meter<'a> {
	id: u32,
	key: Keypair,
	traders: &'a [Trader],
}

fn meters(traders: &[Trader]) -> Result<Vec<Meter<'_>>> {
	let meter = |(index, traders)| Ok(Meter { id: index as u32, key: key(2, index)?, traders });
	traders.chunks(OUTPUTS).enumerate().map(meter).collect()
}

/// The DSO's regulation that authorises all meters.
fn authorise(meters: &[Meter], time: u64) -> Call {
	let limit = || number(OUTPUTS as u64 * MOST * LOT);
	let authorization = |meter: &Meter| {
		let limits = Value::named_composite([
			("max_production", limit()),
			("max_consumption", limit()),
			("max_financial", number(0u32)),
		]);
		Value::named_composite([
			("id", number(meter.id)),
			("pubkey", Value::from_bytes(account_of(&meter.key).0)),
			("feeder", number((meter.id as usize % FEEDERS) as u64)),
			("limits", limits),
			("path", Value::unnamed_variant("Meter", [])),
		])
	};
	let none = || Value::unnamed_variant("None", []);
	let regulation = Value::named_composite([
		("authorize", Value::unnamed_composite(meters.iter().map(authorization))),
		("ban", Value::unnamed_composite([])),
		("price_consumption", none()),
		("price_production", none()),
		("time", number(time)),
	]);
	call("Regulation", "regulate", [regulation])
}

/// A meter's withdrawal for its traders, in one timestep.
fn withdrawal(meter: &Meter, timestep: u64) -> Call {
	let output = |trader: &Trader| {
		let kind = if trader.sells { "Production" } else { "Consumption" };
		Value::named_variant(
			"Energy",
			[
				("address", Value::from_bytes(account_of(&trader.key).0)),
				("kind", Value::unnamed_variant(kind, [])),
				("power", number(trader.power)),
				("start", number(timestep)),
				("end", number(timestep)),
			],
		)
	};
	let outputs = Value::unnamed_composite(meter.traders.iter().map(output));
	call("EnergyAssets", "withdraw", [number(meter.id), outputs])
}

/// A node that makes blocks alone. Its process ends, and then its directory goes, with this.
struct Validator {
	_process: Child,
	url: String,
	log: PathBuf,
	_directory: ScratchDirectory,
}

/// Writes a spec in which the market is a double auction, and bidders have money.
async fn write_spec(
	node: &Path,
	directory: &Path,
	traders: &[Trader],
	timestep_ms: u64,
) -> Result<PathBuf> {
	let (plain, changed) = (directory.join("plain.json"), directory.join("spec.json"));
	let written = Command::new(node)
		.args(["export-chain-spec", "--chain", "dev", "--output"])
		.arg(&plain)
		.stderr(Stdio::null())
		.status()
		.await
		.map_err(at_file(node))?;
	ensure(written.success(), || format!("no chain spec: {written}"))?;
	let text = std::fs::read_to_string(&plain).map_err(at_file(&plain))?;
	let mut spec: serde_json::Value =
		serde_json::from_str(&text).map_err(|error| violated(format!("chain spec: {error}")))?;
	let no_genesis = || violated("the chain spec has no genesis as this program knows it");
	let genesis = spec
		.pointer_mut("/genesis/runtimeGenesis/patch")
		.and_then(|patch| patch.as_object_mut())
		.ok_or_else(no_genesis)?;
	let parameters = json!({ "timestepMs": timestep_ms });
	let regulation = json!({ "market": "doubleAuction", "parameters": parameters });
	genesis.insert("regulation".into(), regulation);
	let balances = genesis
		.get_mut("balances")
		.and_then(|balances| balances.pointer_mut("/balances"))
		.and_then(|balances| balances.as_array_mut())
		.ok_or_else(no_genesis)?;
	let bidders = traders.iter().filter(|trader| !trader.sells);
	balances.extend(bidders.map(|bidder| json!([account_of(&bidder.key).to_string(), MONEY])));
	std::fs::write(&changed, spec.to_string()).map_err(at_file(&changed))?;
	Ok(changed)
}

impl Validator {
	async fn start(traders: &[Trader], timestep_ms: u64) -> Result<Self> {
		let node = find_node()?;
		let directory = ScratchDirectory::new("clearing")?;
		let spec = write_spec(&node, directory.path(), traders, timestep_ms).await?;
		let log = directory.path().join("node.log");
		let output = std::fs::File::create(&log).map_err(at_file(&log))?;
		let errors = output.try_clone().map_err(at_file(&log))?;
		// Free a moment ago.
		let port = TcpListener::bind("127.0.0.1:0")
			.and_then(|listener| listener.local_addr())
			.map_err(|error| violated(format!("no free port: {error}")))?
			.port();
		let (pool, kilobytes) = (4 * traders.len(), 16 * traders.len());
		let process = Command::new(&node)
			.args(["--dev", "--state-pruning=archive", "--no-prometheus", "--no-mdns"])
			.arg("--listen-addr=/ip4/127.0.0.1/tcp/0/ws")
			.arg(format!("--rpc-port={port}"))
			.arg(format!("--pool-limit={pool}"))
			.arg(format!("--pool-kbytes={kilobytes}"))
			.arg("--chain")
			.arg(&spec)
			.arg("--base-path")
			.arg(directory.path().join("data"))
			.stdout(output)
			.stderr(errors)
			.stdin(Stdio::null())
			.kill_on_drop(true)
			.spawn()
			.map_err(at_file(&node))?;
		let url = format!("ws://127.0.0.1:{port}");
		Ok(Self { _process: process, url, log, _directory: directory })
	}

	/// The end of what it said.
	fn show_log(&self) {
		let text = std::fs::read_to_string(&self.log).unwrap_or_default();
		let lines: Vec<_> = text.lines().collect();
		let tail = lines.iter().skip(lines.len().saturating_sub(LOG_TAIL));
		tail.for_each(|line| eprintln!("{line}"));
	}
}

/// Signs transactions whose lives count from a final block.
struct Signer {
	at: OnlineClientAtBlock<PetraConfig>,
	since: BlockRef,
}

impl Signer {
	async fn new(client: &Client) -> Result<Self> {
		let since = client.finalized_head().await?;
		Ok(Self { at: client.at(since.hash).await?, since })
	}

	fn sign(&self, call: &Call, signer: &Keypair, nonce: u64) -> Result<String> {
		let parameters = DefaultExtrinsicParamsBuilder::<PetraConfig>::new()
			.nonce(nonce)
			.mortal_from_unchecked(MORTAL_FOR, self.since.number, self.since.hash)
			.build();
		self.at
			.transactions()
			.create_signable_offline(call, parameters)
			.and_then(|mut transaction| transaction.sign(signer))
			.map(|transaction| format!("0x{}", hex::encode(transaction.encoded())))
			.map_err(|error| violated(format!("a transaction cannot be signed: {error}")))
	}
}

/// Hands a signed transaction to the node.
async fn submit(client: &Client, signed: &str) -> Result {
	let sent = client
		.rpc()
		.request::<String>("author_submitExtrinsic", rpc_params![signed])
		.await;
	sent.map(|_| ())
		.map_err(|error| violated(format!("a transaction was refused: {error:?}")))
}

/// The assets that a withdrawal created, in order.
fn added(outcome: &Outcome) -> Vec<u64> {
	let events = outcome.events.iter();
	events
		.filter(|event| event.pallet == "EnergyAssets" && event.name == "AssetAdded")
		.filter_map(|event| event.fields.at("asset_id").and_then(|id| id.as_u128()))
		.filter_map(|id| u64::try_from(id).ok())
		.collect()
}

/// All meters withdraw; the calls that post what they have withdrawn, signed.
async fn prepare(client: &Client, meters: &[Meter<'_>], timestep: u64) -> Result<Vec<String>> {
	let withdrawing = meters.iter().map(|meter| async move {
		let outcome = client.send(&withdrawal(meter, timestep), &meter.key).await?;
		Ok::<_, Error>((meter, outcome))
	});
	let withdrawn: Vec<_> = stream::iter(withdrawing).buffered(AT_ONCE).try_collect().await?;
	let signer = Signer::new(client).await?;
	let mut signed = Vec::new();
	for (meter, outcome) in withdrawn {
		let assets = added(&outcome);
		ensure(assets.len() == meter.traders.len(), || {
			format!("meter {} has withdrawn {} assets", meter.id, assets.len())
		})?;
		for (trader, asset) in meter.traders.iter().zip(assets) {
			// Bidders exist since genesis, and nonces begin at the block that makes an account.
			let nonce = if trader.sells { outcome.block.number } else { 0 };
			let post = call("Offers", "post_offer", [number(asset), number(trader.price)]);
			signed.push(signer.sign(&post, &trader.key, nonce)?);
		}
	}
	Ok(signed)
}

/// Posts all offers, and waits until the book has them.
async fn fill(client: &Client, signed: Vec<String>) -> Result {
	let count = signed.len() as u64;
	let posting = signed.into_iter().map(|signed| async move { submit(client, &signed).await });
	stream::iter(posting).buffered(AT_ONCE).try_collect::<()>().await?;
	let mut heads = client.best_heads().await?;
	wait::within(PATIENCE, "all offers being in the book", async {
		loop {
			heads.next_number().await?;
			let posted: Option<u64> = client.storage("Offers", "NextOfferId", ()).await?;
			if posted == Some(count) {
				return Ok::<_, Error>(());
			}
		}
	})
	.await
}

/// Sends remarks with each block until it is told to stop; how many.
async fn send_remarks(client: &Client, done: &AtomicBool) -> Result<usize> {
	let payer = dev::bob();
	let first = client.next_nonce(&account_of(&payer)).await?;
	let remark = call("System", "remark", [Value::from_bytes(b"petra")]);
	let mut heads = client.best_heads().await?;
	let mut sent = 0;
	while !done.load(Ordering::Relaxed) {
		heads.next_number().await?;
		let signer = Signer::new(client).await?;
		for _ in 0..REMARKS {
			submit(client, &signer.sign(&remark, &payer, first + sent as u64)?).await?;
			sent += 1;
		}
	}
	Ok(sent)
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Clearing {
	timestep: u64,
}

/// Waits until the timestep is cleared; the number of the block in which the clearing ended, or one a little later.
async fn until_cleared(client: &Client, timestep: u64, limit: Duration) -> Result<u64> {
	let mut heads = client.best_heads().await?;
	wait::within(limit, "the clearing", async {
		loop {
			let number = heads.next_number().await?;
			let hash = hash_of(client, number).await?;
			let next: Option<u64> = client.storage_at(hash, "Offers", "NextTimestep", ()).await?;
			let current: Option<Clearing> =
				client.storage_at(hash, "Offers", "Current", ()).await?;
			let going_on = current.is_some_and(|current| current.timestep <= timestep);
			if next.unwrap_or_default() > timestep && !going_on {
				return Ok::<_, Error>(number);
			}
		}
	})
	.await
}

async fn hash_of(client: &Client, number: u64) -> Result<H256> {
	let hash = client.block_hash(number).await?;
	hash.ok_or_else(|| violated(format!("the node has no block {number}")))
}

#[derive(Clone, Copy, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Weight {
	ref_time: u64,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Consumed {
	normal: Weight,
	operational: Weight,
	mandatory: Weight,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Limits {
	max_block: Weight,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Accepted {
	power: u64,
}

#[derive(Clone, Copy, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Cleared {
	timestep: u64,
	price: u64,
	power: u64,
}

/// What a block says.
#[derive(Default)]
struct Block {
	number: u64,
	/// Unix time in milliseconds.
	time: u64,
	/// Weight of all that is in it, in picoseconds.
	weight: u64,
	/// Of it, what is neither normal nor operational: inherents and hooks.
	hooks: u64,
	/// Transactions, without the inherent.
	transactions: usize,
	exchanges: usize,
	power: u64,
	returned: usize,
	cleared: Option<Cleared>,
}

impl Block {
	async fn read(client: &Client, number: u64) -> Result<Self> {
		let undecodable =
			|error: &dyn std::fmt::Display| violated(format!("block {number}: {error}"));
		let hash = hash_of(client, number).await?;
		let time: Option<u64> = client.storage_at(hash, "Timestamp", "Now", ()).await?;
		let weight: Option<Consumed> = client.storage_at(hash, "System", "BlockWeight", ()).await?;
		let weight = weight.ok_or_else(|| violated(format!("block {number} has no weight")))?;
		let hooks = weight.mandatory.ref_time;
		let all: serde_json::Value = client
			.rpc()
			.request("chain_getBlock", rpc_params![hash])
			.await
			.map_err(|error| undecodable(&error))?;
		let list = all.pointer("/block/extrinsics").and_then(|list| list.as_array());
		let mut block = Self {
			number,
			time: time.unwrap_or_default(),
			weight: weight.normal.ref_time + weight.operational.ref_time + hooks,
			hooks,
			transactions: list.map_or(0, Vec::len).saturating_sub(1),
			..Default::default()
		};
		let at = client.at(hash).await?;
		let events = at.events().fetch().await.map_err(|error| undecodable(&error))?;
		for event in events.iter() {
			let event = event.map_err(|error| undecodable(&error))?;
			match (event.pallet_name(), event.event_name()) {
				("Offers", "OfferAccepted") => {
					let accepted: Accepted =
						event.decode_fields_unchecked_as().map_err(|error| undecodable(&error))?;
					block.exchanges += 1;
					block.power += accepted.power;
				},
				("Offers", "OfferExpired") => block.returned += 1,
				("Offers", "MarketCleared") => {
					let cleared =
						event.decode_fields_unchecked_as().map_err(|error| undecodable(&error))?;
					block.cleared = Some(cleared);
				},
				_ => {},
			}
		}
		Ok(block)
	}
}

/// What was measured.
struct Measured {
	offers: usize,
	timestep: u64,
	timestep_ms: u64,
	/// Weight that a block may have, in picoseconds.
	limit: u64,
	remarks: usize,
	/// The block in which the clearing ended.
	end: u64,
	blocks: Vec<Block>,
}

async fn measure(client: &Client, traders: &[Trader], timestep_ms: u64) -> Result<Measured> {
	let meters = meters(traders)?;
	ensure(meters.len() <= MOST_METERS, || format!("{} meters are too many", meters.len()))?;
	wait::finalized(client, 3).await?;
	let now: Option<u64> = client.storage("Timestamp", "Now", ()).await?;
	let now = now.unwrap_or_default() / timestep_ms;
	client.sudo(&authorise(&meters, now), &dev::alice()).await?;

	// The first timestep whose gate, one timestep before it, is far enough ahead.
	let filled = unix_ms() + 1_000 * knob("PETRA_FILLING_S", FILLING_S)? as u64;
	let timestep = (filled.div_ceil(timestep_ms) + 1).max(now + 3);
	let gate = (timestep - 1) * timestep_ms;
	println!("{} meters; timestep {timestep}, gate in {} s", meters.len(), until(gate));
	let signed = prepare(client, &meters, timestep).await?;
	println!(
		"{} assets are withdrawn, as many calls signed; gate in {} s",
		signed.len(),
		until(gate)
	);
	let offers = signed.len();
	fill(client, signed).await?;
	println!("{offers} offers are in the book; gate in {} s", until(gate));

	let before = client.best_head().await?.number;
	let done = AtomicBool::new(false);
	let patience = Duration::from_millis(gate.saturating_sub(unix_ms()) + 2 * timestep_ms);
	let clearing = async {
		let end = until_cleared(client, timestep, patience).await;
		done.store(true, Ordering::Relaxed);
		end
	};
	let (end, remarks) = tokio::try_join!(clearing, send_remarks(client, &done))?;
	wait::finalized(client, end + AROUND).await?;
	let limits: Limits = client.constant("System", "BlockWeights").await?;
	let mut blocks = Vec::new();
	for number in before + 1..=end + AROUND {
		blocks.push(Block::read(client, number).await?);
	}
	let limit = limits.max_block.ref_time;
	Ok(Measured { offers, timestep, timestep_ms, limit, remarks, end, blocks })
}

fn unix_ms() -> u64 {
	let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	since.as_millis() as u64
}

/// Seconds until a time.
fn until(ms: u64) -> u64 {
	ms.saturating_sub(unix_ms()) / 1_000
}

fn most_hooks<'a>(blocks: impl Iterator<Item = &'a Block>) -> u64 {
	blocks.map(|block| block.hooks).max().unwrap_or_default()
}

impl Measured {
	fn gate(&self) -> u64 {
		(self.timestep - 1) * self.timestep_ms
	}

	/// The blocks of the clearing: from the first one after the gate to its end.
	fn clearing(&self) -> impl Iterator<Item = &Block> {
		self.blocks
			.iter()
			.filter(|block| block.time >= self.gate() && block.number <= self.end)
	}

	fn percent(&self, weight: u64) -> f64 {
		100.0 * weight as f64 / self.limit as f64
	}

	/// How many blocks and seconds after the gate the last block came that is so.
	fn last(&self, is: impl Fn(&Block) -> bool) -> String {
		let blocks: Vec<_> = self.clearing().collect();
		match blocks.iter().rposition(|block| is(block)).and_then(|index| blocks.get(index)) {
			Some(block) => {
				let count = blocks.iter().filter(|other| other.number <= block.number).count();
				format!("{count} blocks, {:.1} s", (block.time - self.gate()) as f64 / 1_000.0)
			},
			None => "never".into(),
		}
	}

	fn cleared(&self) -> Result<Cleared> {
		let cleared = self.clearing().filter_map(|block| block.cleared);
		cleared
			.filter(|cleared| cleared.timestep == self.timestep)
			.last()
			.ok_or_else(|| violated("no event MarketCleared of the timestep"))
	}

	/// What must hold.
	fn check(&self) -> Result {
		for block in &self.blocks {
			ensure(block.weight <= self.limit, || format!("block {} is too heavy", block.number))?;
		}
		let exchanged: u64 = self.clearing().map(|block| block.power).sum();
		let cleared = self.cleared()?;
		ensure(exchanged > 0 && exchanged == cleared.power, || {
			format!("{exchanged} W are exchanged, {} W cleared", cleared.power)
		})?;
		let calm = self.blocks.iter().filter(|block| block.time < self.gate());
		ensure(most_hooks(self.clearing()) > most_hooks(calm), || {
			"by the runtime's weights a clearing weighs nothing: they are not measured".into()
		})?;
		let included: usize = self.blocks.iter().map(|block| block.transactions).sum();
		ensure(included == self.remarks, || {
			format!("{included} of {} remarks are in blocks", self.remarks)
		})?;
		let last = self.clearing().last().map_or(0, |block| block.time);
		ensure(last < self.timestep * self.timestep_ms, || {
			"the clearing was not finished when its timestep began".into()
		})
	}

	fn table(&self) -> Vec<String> {
		let head =
			"  block   s after gate   weight   of it hooks   transactions   exchanges   returned"
				.into();
		let row = |block: &Block| {
			format!(
				"{:7} {:14.1} {:6.1} % {:11.1} % {:14} {:11} {:10}",
				block.number,
				(block.time as f64 - self.gate() as f64) / 1_000.0,
				self.percent(block.weight),
				self.percent(block.hooks),
				block.transactions,
				block.exchanges,
				block.returned,
			)
		};
		let from = self.clearing().next().map_or(0, |block| block.number.saturating_sub(AROUND));
		let shown = self.blocks.iter().filter(|block| block.number >= from);
		std::iter::once(head).chain(shown.map(row)).collect()
	}

	fn summary(&self) -> Result<Vec<String>> {
		let cleared = self.cleared()?;
		let blocks: Vec<_> = self.clearing().collect();
		let heaviest = blocks.iter().map(|block| block.weight).max().unwrap_or_default();
		let hooks = most_hooks(self.clearing());
		let exchanges: usize = blocks.iter().map(|block| block.exchanges).sum();
		let returned: usize = blocks.iter().map(|block| block.returned).sum();
		let fewest = blocks.iter().map(|block| block.transactions).min().unwrap_or_default();
		let gap = blocks.windows(2).filter_map(|pair| match pair {
			[one, next] => Some(next.time - one.time),
			_ => None,
		});
		Ok(vec![
			format!("offers in the book                    {}", self.offers),
			format!("timestep                              {} ms", self.timestep_ms),
			format!("price, power                          {}, {} W", cleared.price, cleared.power),
			format!("exchanges                             {exchanges}"),
			format!("offers that returned in part or whole {returned}"),
			format!(
				"gate to MarketCleared                 {}",
				self.last(|block| block.cleared.is_some())
			),
			format!(
				"gate to the last OfferAccepted        {}",
				self.last(|block| block.exchanges > 0)
			),
			format!("gate to the end of the clearing       {}", self.last(|_| true)),
			format!(
				"heaviest block                        {:.1} % of the limit",
				self.percent(heaviest)
			),
			format!(
				"most that hooks took                  {:.1} % of the limit",
				self.percent(hooks)
			),
			format!("remarks sent, all included            {}", self.remarks),
			format!("fewest remarks in a block             {fewest}, of {REMARKS} sent with each"),
			format!("longest time between two blocks       {} ms", gap.max().unwrap_or_default()),
		])
	}
}

/// The first line of a program's output, if there is one.
async fn line_of(program: &str, arguments: &[&str]) -> String {
	let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().await;
	let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
	text.unwrap_or_default().lines().next().unwrap_or_default().trim().into()
}

/// The value of a line `name: value` of a file of the system's.
fn value_of(file: &str, name: &str) -> String {
	let text = std::fs::read_to_string(file).unwrap_or_default();
	let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
	line.split_once(':').map_or("unknown", |(_, value)| value.trim()).into()
}

async fn circumstances() -> Vec<String> {
	let cores = std::thread::available_parallelism().map_or(0, usize::from);
	let changed = line_of("git", &["status", "--porcelain", "--untracked-files=no"]).await;
	let state = if changed.is_empty() { "" } else { ", with changes" };
	vec![
		format!("commit   {}{state}", line_of("git", &["rev-parse", "HEAD"]).await),
		format!("date     {}", line_of("date", &["-u", "+%Y-%m-%d"]).await),
		format!(
			"machine  {cores} cores, {}, {}",
			value_of("/proc/cpuinfo", "model name"),
			value_of("/proc/meminfo", "MemTotal"),
		),
		"network  one validator, one-second blocks, on this machine".into(),
		"command  petra-measure-clearing".into(),
	]
}

async fn run() -> Result {
	let traders = traders(knob("PETRA_OFFERS", OFFERS)?)?;
	let timestep_ms = knob("PETRA_TIMESTEP_MS", TIMESTEP_MS)? as u64;
	let validator = Validator::start(&traders, timestep_ms).await?;
	let measured = async {
		let client = Client::connect_within(&validator.url, PATIENCE).await?;
		measure(&client, &traders, timestep_ms).await
	}
	.await
	.inspect_err(|_| validator.show_log())?;
	let mut lines = vec!["The clearing of a full book".to_string(), String::new()];
	lines.extend(circumstances().await);
	lines.push(String::new());
	lines.extend(measured.summary()?);
	lines.push(String::new());
	lines.extend(measured.table());
	let text = lines.join("\n") + "\n";
	println!("\n{text}");
	measured.check()?;
	let report = Path::new(REPORT);
	if let Some(directory) = report.parent() {
		std::fs::create_dir_all(directory).map_err(at_file(directory))?;
	}
	std::fs::write(report, text).map_err(at_file(report))
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
	match run().await {
		Ok(()) => std::process::ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("Error: {error}");
			std::process::ExitCode::FAILURE
		},
	}
}
