//! All nodes are killed at once and restarted, and no final block is lost.

use petra_client::BlockRef;
use petra_tests::{knob, wait, with_network, LocalNetwork, NetworkOptions, Result};
use std::time::Instant;

/// Final blocks before the lights go out.
const BEFORE: u64 = 20;

async fn power_cut(network: &LocalNetwork) -> Result {
	let clients = network.clients().await?;
	let names: Vec<_> = network.nodes().iter().map(|node| node.name.as_str()).collect();
	let mut known = wait::same_blocks(&clients, 0..=wait::last_common(&clients).await?).await?;
	// As late as can be: what any node has announced as final must be final afterwards.
	let heads = futures::future::try_join_all(clients.iter().map(|client| client.finalized_head()));
	known.extend(heads.await?);
	network.kill(&names).await?;
	drop(clients);

	let dark = Instant::now();
	network.restart(&names).await?;
	let clients = network.clients().await?;
	let after = wait::twenty_more(&clients).await?;
	println!(
		"all were killed; blocks {after:?} were final {:.1?} after the restart",
		dark.elapsed()
	);

	let now: Vec<BlockRef> = wait::same_blocks(&clients, 0..=*after.end()).await?;
	let lost: Vec<_> = known.iter().filter(|block| !now.contains(block)).collect();
	crate::support::ensure(lost.is_empty(), || format!("final blocks were lost: {lost:?}"))?;
	println!("{} final blocks from before are still final", known.len());
	Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_final_block_should_be_lost_when_all_nodes_are_killed_at_once() -> Result {
	let kills = knob("PETRA_KILLS", 1)?;
	with_network(NetworkOptions::new("kill-all"), async |network| {
		wait::all_finalized(&network.clients().await?, BEFORE).await?;
		for _ in 0..kills {
			power_cut(network).await?;
		}
		Ok(())
	})
	.await
}
