//! A full book on a node: offers of as many addresses on one timestep, its clearing, and what blocks carry meanwhile.
//!
//! One validator runs, whose market is a double auction and whose meters are in the genesis. Each meter withdraws for fresh
//! addresses: a production asset for each seller, a consumption asset and money for each buyer. All of them post, each for
//! free and for the first time. When the gate closes the book is cleared, while somebody else goes on paying.
//!
//! Half of the offers are asks, half bids. A tenth of the asks is too dear to trade; powers are such that most pairs leave a
//! rest on one side, so that there are more pairs than bids. Everything that is said of the clearing is read from blocks.

mod blocks;
mod market;
mod reference;
mod report;
mod validator;

use crate::{wait, Error, Result};
use blocks::Block;
use market::{meters, Trader};
use petra_client::{
	account, call, dev, AccountId32, BlockRef, Call, Client, Keypair, PetraConfig, Value, H256,
};
use std::{
	path::Path,
	sync::atomic::{AtomicBool, Ordering},
	time::{Duration, SystemTime, UNIX_EPOCH},
};
use subxt::{
	client::OnlineClientAtBlock, config::DefaultExtrinsicParamsBuilder,
	ext::scale_decode::DecodeAsType, rpcs::rpc_params,
};
use validator::Validator;

pub use report::Measured;

/// Payments that are sent with each block.
const PAYMENTS: usize = 20;
/// A payment is in a block within so many.
const PAID_WITHIN: u64 = 3;
/// Blocks for which transactions are valid.
const MORTAL_FOR: u64 = 256;
/// Requests that are on their way to the node at a time.
const AT_ONCE: usize = 32;
/// Blocks that are read before the gate, and waited for after the clearing.
const AROUND: u64 = 8;
/// How long single steps may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
	/// Offers in the book.
	pub offers: usize,
	/// Length of a timestep in milliseconds: the clearing has as long.
	pub timestep_ms: u64,
	/// Seconds for filling the book; the first gate after it is the one that closes on the book.
	pub filling_s: u64,
}

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

fn unix_ms() -> u64 {
	let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	since.as_millis() as u64
}

/// Seconds until a time.
fn until(ms: u64) -> u64 {
	ms.saturating_sub(unix_ms()) / 1_000
}

async fn hash_of(client: &Client, number: u64) -> Result<H256> {
	let hash = client.block_hash(number).await?;
	hash.ok_or_else(|| violated(format!("the node has no block {number}")))
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

/// Pays with each block, so many times, until it is told to stop; on which blocks it did.
async fn pay(client: &Client, done: &AtomicBool) -> Result<Vec<u64>> {
	let payer = dev::bob();
	let first = client.next_nonce(&account_of(&payer)).await?;
	let receiver = account(&account_of(&dev::charlie()));
	let payment = call("Balances", "transfer_keep_alive", [receiver, number(1u32)]);
	let mut heads = client.best_heads().await?;
	let mut sent = Vec::new();
	while !done.load(Ordering::Relaxed) {
		let head = heads.next_number().await?;
		let signer = Signer::new(client).await?;
		for _ in 0..PAYMENTS {
			submit(client, &signer.sign(&payment, &payer, first + sent.len() as u64)?).await?;
			sent.push(head);
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

async fn on_node(client: &Client, traders: &[Trader], settings: Settings) -> Result<Measured> {
	let Settings { timestep_ms, filling_s, .. } = settings;
	let meters = meters(traders)?;
	// Money can be withdrawn once the clock has been set.
	let first = wait::finalized(client, 2).await?;
	let now: Option<u64> = client.storage("Timestamp", "Now", ()).await?;
	let now = now.unwrap_or_default() / timestep_ms;
	// The first timestep whose gate, one timestep before it, is far enough ahead.
	let filled = unix_ms() + 1_000 * filling_s;
	let timestep = (filled.div_ceil(timestep_ms) + 1).max(now + 3);
	let gate = (timestep - 1) * timestep_ms;
	println!("{} meters; timestep {timestep}, gate in {} s", meters.len(), until(gate));
	let signed = market::prepare(client, &meters, timestep).await?;
	println!(
		"{} assets are withdrawn, as many calls signed; gate in {} s",
		signed.len(),
		until(gate)
	);
	let offers = signed.len();
	market::fill(client, signed, gate).await?;
	println!("{offers} offers are in the book; gate in {} s", until(gate));

	let before = client.best_head().await?.number;
	let done = AtomicBool::new(false);
	let patience = Duration::from_millis(gate.saturating_sub(unix_ms()) + 2 * timestep_ms);
	let clearing = async {
		let end = until_cleared(client, timestep, patience).await;
		done.store(true, Ordering::Relaxed);
		end
	};
	let (end, payments) = tokio::try_join!(clearing, pay(client, &done))?;
	wait::finalized(client, end + AROUND).await?;
	let mut blocks = Vec::new();
	for number in before + 1..=end + AROUND {
		blocks.push(Block::read(client, number).await?);
	}
	let posted = blocks::posted(client, first..=before, timestep).await?;
	let any_left = market::is_any_open(client).await?;
	let limit = blocks::limit(client).await?;
	Ok(Measured { settings, timestep, posted, any_left, limit, payments, end, blocks })
}

/// Starts a node, fills a book, and measures its clearing.
///
/// # Errors
/// [`Error::NodeNotFound`] if petra-node was not built; [`Error::TimedOut`] or [`Error::Violated`] if it does not go as far
/// as the end of the clearing. What was measured is checked by [`Measured::check`].
pub async fn measure(settings: Settings) -> Result<Measured> {
	let traders = market::traders(settings.offers)?;
	let validator = Validator::start(&meters(&traders)?, settings).await?;
	let measured = async {
		let client = Client::connect_within(&validator.url, PATIENCE).await?;
		on_node(&client, &traders, settings).await
	};
	measured.await.inspect_err(|_| validator.show_log())
}
