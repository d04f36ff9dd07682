//! A transaction is final within three seconds (median) on four local validators.

use crate::support::{account_of, ensure, key_of, payment, EUR};
use futures::future::try_join_all;
use petra_client::{dev, Client, Keypair};
use petra_tests::{knob, with_network, NetworkOptions, Result, FULL_NODE};
use std::time::{Duration, Instant};

/// The promise.
const MEDIAN_LIMIT: Duration = Duration::from_secs(3);
/// The fewest transfers that count as a measurement.
const TRANSFERS: usize = 24;
/// Pause between two transfers: not a whole fraction of a block's second, so that they meet slots at every phase.
const APART: Duration = Duration::from_millis(370);

/// How long one transfer took, and how many blocks it was in before it was final.
struct Measured {
	included: Duration,
	finalized: Duration,
}

async fn measure(client: Client, from: Keypair, start: tokio::time::Instant) -> Result<Measured> {
	// The load's own clock; what is awaited below are the node's announcements.
	tokio::time::sleep_until(start).await;
	let sent = Instant::now();
	let submitted = client.submit(&payment(&account_of(&dev::eve()), EUR), &from).await?;
	let included = submitted.in_block().await?;
	let in_block = sent.elapsed();
	included.finalized().await?;
	Ok(Measured { included: in_block, finalized: sent.elapsed() })
}

/// The median and the 90 % value.
fn quantiles(mut times: Vec<Duration>) -> (Duration, Duration) {
	times.sort();
	(times[times.len() / 2], times[times.len() * 9 / 10])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfer_should_be_final_within_three_seconds_when_four_validators_run() -> Result {
	let transfers = knob("PETRA_TRANSFERS", TRANSFERS)?;
	ensure(transfers >= 20, || format!("PETRA_TRANSFERS={transfers} is too few to measure"))?;
	with_network(NetworkOptions::new("latency").undisturbed(), async |network| {
		let client = network.client(FULL_NODE).await?;
		petra_tests::wait::finalized(&client, 3).await?;
		let before = client.free_balance(&account_of(&dev::eve())).await?;

		// Each from an account whose last one is final by then.
		let payers = [
			dev::alice(),
			dev::bob(),
			dev::charlie(),
			dev::dave(),
			dev::ferdie(),
			key_of("//Alice//stash"),
		];
		let start = tokio::time::Instant::now();
		let measured = try_join_all((0..transfers).map(|index| {
			let payer = payers[index % payers.len()].clone();
			measure(client.clone(), payer, start + APART * index as u32)
		}))
		.await?;

		let received = client.free_balance(&account_of(&dev::eve())).await? - before;
		ensure(received == transfers as u128 * EUR, || format!("only {received} arrived"))?;
		let (included, included_90) =
			quantiles(measured.iter().map(|times| times.included).collect());
		let (finalized, finalized_90) =
			quantiles(measured.iter().map(|times| times.finalized).collect());
		println!(
			"{transfers} transfers: in a block after {included:.2?} (median), {included_90:.2?} (90 %); final after \
			 {finalized:.2?} (median), {finalized_90:.2?} (90 %)"
		);
		ensure(finalized <= MEDIAN_LIMIT, || {
			format!("a transfer is final after {finalized:.2?} (median); the promise is {MEDIAN_LIMIT:?}")
		})
	})
	.await
}
