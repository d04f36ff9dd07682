//! P4's evaluation: the three ways of trading on one validator and on four.

use super::{
	blocks::{stored, Stored},
	genesis, report,
	trade::{amount, Sender, Ticket, Traded, Validators, Way},
	violated, Neighbourhood, AHEAD,
};
use crate::{wait, with_network, LocalNetwork, NetworkOptions, Result, VALIDATORS};
use futures::future::try_join_all;
use petra_client::{types::Balance, Client};
use std::{
	collections::HashMap,
	time::{Duration, Instant},
};

/// Who sells.
const PRODUCERS: usize = 10;

/// A block's time.
const SLOT: Duration = Duration::from_secs(1);

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
	/// Trades at once.
	pub trades: usize,
	/// Trades one after the other, for the delay.
	pub runs: usize,
}

/// What was measured of one way.
#[derive(Clone, Debug)]
pub struct Measured {
	/// The delay of each trade that was made alone, until its last transaction was in a block.
	pub delays: Vec<Duration>,
	/// The same until that was final.
	pub finals: Vec<Duration>,
	/// Time of all trades at once, until the last one was in a block.
	pub all: Duration,
	/// The same until it was final.
	pub all_final: Duration,
	/// What these have left on the chain.
	pub stored: Stored,
}

/// What was measured on one network.
#[derive(Clone, Debug)]
pub struct OnNetwork {
	/// Validators.
	pub validators: usize,
	/// Ways.
	pub ways: HashMap<Way, Measured>,
	/// Bytes of the locks' transactions, per trade that was settled.
	pub lock_bytes: usize,
}

/// The leaf of each consumer's tree that a trade uses, and the number under the lock: alone first, then at once.
fn leaf(way: Way, at_once: bool) -> u32 {
	u32::from(way == Way::Settle) * 2 + u32::from(at_once)
}

async fn tickets<'a>(
	client: &Client,
	place: &'a Neighbourhood,
	count: usize,
	way: Way,
	at_once: bool,
	validators: &Validators,
) -> Result<Vec<Ticket<'a>>> {
	let consumers = place.consumers.iter().take(count).enumerate();
	let tickets = consumers.map(|(number, consumer)| async move {
		let node = number % validators.count();
		let nonce = client.next_nonce(&super::account_of(&consumer.key)).await?;
		let (leaf, sequence) = (leaf(way, at_once), u64::from(at_once));
		Ok(Ticket { consumer, node, nonce, leaf, sequence })
	});
	try_join_all(tickets).await
}

/// The producers must have earned what was traded, to the unit.
async fn check(client: &Client, place: &Neighbourhood, before: Balance, trades: usize) -> Result {
	let earned = place.earned(client).await?.saturating_sub(before);
	let expected = amount() * trades as Balance;
	if earned == expected {
		Ok(())
	} else {
		Err(violated(format!("producers have earned {earned}, not {expected}")))
	}
}

/// Trades one after the other: how long each took.
async fn alone(
	client: &Client,
	validators: &Validators,
	place: &Neighbourhood,
	way: Way,
	runs: usize,
) -> Result<(Vec<Duration>, Vec<Duration>)> {
	let before = place.earned(client).await?;
	let (mut delays, mut finals) = (Vec::new(), Vec::new());
	let tickets = tickets(client, place, runs, way, false, validators).await?;
	for (index, ticket) in tickets.iter().enumerate() {
		let sender = Sender::new(validators).await?;
		// The load's own clock: trades begin at every phase of a block's second.
		tokio::time::sleep(SLOT * index as u32 / runs as u32).await;
		let start = Instant::now();
		let traded = sender.trade(way, place, ticket).await?;
		delays.push(start.elapsed());
		traded.last.finalized().await?;
		finals.push(start.elapsed());
	}
	check(client, place, before, runs).await?;
	Ok((delays, finals))
}

/// Trades all at once.
async fn at_once(
	client: &Client,
	validators: &Validators,
	place: &Neighbourhood,
	way: Way,
	trades: usize,
) -> Result<(Duration, Duration, Stored)> {
	let tickets = tickets(client, place, trades, way, true, validators).await?;
	let earned = place.earned(client).await?;
	let before = client.finalized_head().await?.number;
	let sender = Sender::new(validators).await?;
	// All ways begin at the same moment of a block's second: right after a block.
	let best = client.best_head().await?.number;
	wait::best(client, best + 1).await?;
	let start = Instant::now();
	let trading = tickets.iter().map(|ticket| sender.trade(way, place, ticket));
	let traded: Vec<Traded> = try_join_all(trading).await?;
	let all = start.elapsed();
	let mut transactions = Vec::new();
	for Traded { transactions: of_one, last } in traded {
		transactions.extend(of_one);
		last.finalized().await?;
	}
	let all_final = start.elapsed();
	let stored = stored(client, before, &transactions).await?;
	check(client, place, earned, trades).await?;
	Ok((all, all_final, stored))
}

async fn measure(network: &LocalNetwork, settings: Settings) -> Result<OnNetwork> {
	let client = network.client(VALIDATORS[0]).await?;
	wait::finalized(&client, 3).await?;
	let validators = network.nodes().iter().filter(|node| VALIDATORS.contains(&&*node.name));
	let connecting = validators.map(|node| network.client(&node.name));
	let validators = Validators::watch(try_join_all(connecting).await?).await?;
	println!("preparing {} consumers and {PRODUCERS} producers", settings.trades);
	let place = Neighbourhood::settle_in(&client, PRODUCERS, settings.trades).await?;
	let before = client.finalized_head().await?.number;
	place.lock(&client, 2 * amount()).await?;
	let lock_bytes = locks_since(&client, before).await? / settings.trades;
	let mut ways = HashMap::new();
	for way in Way::ALL {
		println!("{}: {} trades one after the other", way.name(), settings.runs);
		let (delays, finals) = alone(&client, &validators, &place, way, settings.runs).await?;
		println!("{}: {} trades at once", way.name(), settings.trades);
		let (all, all_final, stored) =
			at_once(&client, &validators, &place, way, settings.trades).await?;
		println!("{}: {all:.2?} until the last was in a block", way.name());
		ways.insert(way, Measured { delays, finals, all, all_final, stored });
	}
	let height = super::height(&client).await?;
	if height >= AHEAD {
		return Err(violated("the measurement took longer than the locks last"));
	}
	Ok(OnNetwork { validators: validators.count(), ways, lock_bytes })
}

/// Bytes of all transactions but the inherents in final blocks after a number.
async fn locks_since(client: &Client, before: u64) -> Result<usize> {
	let last = client.finalized_head().await?.number;
	super::blocks::signed_bytes(client, before + 1..=last).await
}

/// Measures everything, and writes the report and its plot.
///
/// # Errors
/// Those of the networks, and [`crate::Error::Violated`] if money is not where it should be.
pub async fn run(settings: Settings) -> Result<String> {
	let mut measured = Vec::new();
	for options in [NetworkOptions::new("spb-one").alone(), NetworkOptions::new("spb-four")] {
		let options = options.undisturbed();
		let options = options.genesis(genesis()?);
		let on_network =
			with_network(options, async |network| measure(network, settings).await).await?;
		measured.push(on_network);
	}
	report::write(settings, &measured)
}
