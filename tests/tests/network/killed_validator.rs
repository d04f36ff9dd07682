//! One validator of four is killed, and the chain goes on becoming final; it returns and catches up.

use crate::support::{aura_key, authors, ensure};
use petra_client::Client;
use petra_tests::{knob, wait, with_network, LocalNetwork, NetworkOptions, Result, VALIDATORS};
use std::time::Instant;

async fn survivors(network: &LocalNetwork, victim: &str) -> Result<Vec<Client>> {
	let names = network.nodes().iter().map(|node| node.name.as_str());
	let connecting = names.filter(|name| *name != victim).map(|name| network.client(name));
	futures::future::try_join_all(connecting).await
}

async fn kill_and_return(network: &LocalNetwork, victim: &str) -> Result {
	let others = survivors(network, victim).await?;
	network.kill(&[victim]).await?;
	let without = wait::twenty_more(&others).await?;
	println!("{victim} was killed; blocks {without:?} became final without it");

	let back = Instant::now();
	network.restart(&[victim]).await?;
	let returned = network.client(victim).await?;
	wait::finalized(&returned, *without.end()).await?;
	println!("{victim} returned, and had caught up after {:.1?}", back.elapsed());

	let with = wait::twenty_more(&network.clients().await?).await?;
	wait::same_blocks(&network.clients().await?, *without.start()..=*with.end()).await?;

	// It does its part again.
	let authors = authors(&returned, with.clone()).await?;
	ensure(authors.contains(&aura_key(victim)), || {
		format!("{victim} made none of the blocks {with:?} after its return")
	})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chain_should_go_on_and_validator_catch_up_when_one_of_four_is_killed() -> Result {
	let kills = knob("PETRA_KILLS", 1)?;
	with_network(NetworkOptions::new("kill-one"), async |network| {
		wait::all_finalized(&network.clients().await?, 5).await?;
		// The last first: Alice is the one that the others knew at their start, and her turn comes in the full test.
		for victim in VALIDATORS.iter().rev().cycle().take(kills) {
			kill_and_return(network, victim).await?;
		}
		Ok(())
	})
	.await
}
