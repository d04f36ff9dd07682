//! `make demo`: what petra does today, on a real network, in half a minute.

use futures::StreamExt;
use petra_client::{account, call, dev, Client, Keypair, Value};
use petra_tests::{wait, Error, LocalNetwork, NetworkOptions, Result, FULL_NODE, VALIDATORS};
use std::time::{Duration, Instant};

/// Final blocks to show.
const SHOWN: usize = 10;
/// Billionths in a EUR.
const EUR: u128 = 1_000_000_000;
/// What the demonstration pays.
const PAYMENT: u128 = 5 * EUR;
/// How long the demonstration may show blocks.
const LIMIT: Duration = Duration::from_secs(60);

/// Times of the demonstration, for its summary.
struct Summary {
	started_in: Duration,
	last_final: u64,
	transfer_final_in: Duration,
	sudo_block: u64,
}

/// The validator whose Aura key this is: on this network, `//Name`.
fn name_of(aura: [u8; 32]) -> &'static str {
	let keys = [dev::alice(), dev::bob(), dev::charlie(), dev::dave()];
	let is_author = |key: &Keypair| key.public_key().0 == aura;
	keys.iter()
		.zip(VALIDATORS)
		.find(|(key, _)| is_author(key))
		.map_or("somebody else", |(_, name)| name)
}

async fn show_blocks(client: &Client) -> Result<u64> {
	// The first block of all has no author.
	let mut last = wait::finalized(client, 1).await?;
	let mut heads = client.finalized_heads().await?.take(SHOWN);
	while let Some(number) = heads.next().await {
		last = number?;
		if let Some(hash) = client.block_hash(last).await? {
			let author = name_of(client.author(hash).await?);
			println!("  block {last} is final: {hash:?}, made by {author}");
		}
	}
	Ok(last)
}

async fn demonstrate(network: &LocalNetwork, started_in: Duration) -> Result<Summary> {
	let client = network.client(FULL_NODE).await?;

	println!("\nBlocks become final, as the full node sees it:");
	let last_final = wait::within(LIMIT, "blocks becoming final", show_blocks(&client)).await?;

	println!("\nAlice pays Bob 5 EUR:");
	let bob = dev::bob().public_key().to_account_id();
	let sent = Instant::now();
	let paid = client.transfer(&dev::alice(), &bob, PAYMENT).await?;
	let transfer_final_in = sent.elapsed();
	println!("  final in block {} after {transfer_final_in:.1?}", paid.block.number);

	println!("\nThe regulator gives a new member 100 EUR, by sudo:");
	let member =
		Keypair::from_secret_key([7; 32]).map_err(|error| Error::Violated(error.to_string()))?;
	let member = member.public_key().to_account_id();
	let gift = call(
		"Balances",
		"force_set_balance",
		[account(&member), Value::u128(100_u128.saturating_mul(EUR))],
	);
	let outcome = client.sudo(&gift, &dev::alice()).await?;
	for event in &outcome.events {
		println!("  event {}.{}", event.pallet, event.name);
	}
	let balance = client.free_balance(&member).await?.checked_div(EUR).unwrap_or_default();
	println!("  {member} now has {balance} EUR");

	Ok(Summary { started_in, last_final, transfer_final_in, sudo_block: outcome.block.number })
}

async fn run() -> Result {
	println!("Starting four validators and a full node…");
	let start = Instant::now();
	let network = LocalNetwork::start(NetworkOptions::new("demo")).await?;
	let started_in = start.elapsed();
	for node in network.nodes() {
		println!("  {} at {}", node.name, node.url);
	}

	let summary = demonstrate(&network, started_in).await?;
	wait::agreement(&network).await?;
	let nodes = network.nodes().len();
	network.stop().await?;

	println!("\nSummary");
	println!("  the network was up after          {:.1?}", summary.started_in);
	println!("  last block shown                  {}", summary.last_final);
	println!("  a payment was final after         {:.1?}", summary.transfer_final_in);
	println!("  the sudo call is final in block   {}", summary.sudo_block);
	println!("  nodes that agree on every block   {nodes}");
	println!("The network is stopped, and what it stored is removed.");
	Ok(())
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
