//! Blocks are produced by all validators and become final, on every node.

use crate::support::{aura_key, authors, ensure, hash_of};
use petra_tests::{wait, with_network, NetworkOptions, Result, FULL_NODE, VALIDATORS};
use std::{collections::BTreeSet, time::Instant};

/// Blocks to look at.
const BLOCKS: u64 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chain_should_advance_and_become_final_when_four_validators_run() -> Result {
	with_network(NetworkOptions::new("blocks").undisturbed(), async |network| {
		let clients = network.clients().await?;
		let full_node = network.client(FULL_NODE).await?;

		let start = Instant::now();
		let before = wait::last_common(&clients).await?;
		wait::all_finalized(&clients, before + BLOCKS).await?;
		wait::same_blocks(&clients, before + 1..=before + BLOCKS).await?;
		println!(
			"{BLOCKS} blocks became final on {} nodes in {:.1?}",
			clients.len(),
			start.elapsed()
		);

		// The best block is ahead of the last final one, never behind.
		let final_head = full_node.finalized_head().await?;
		let best = full_node.best_head().await?;
		ensure(best.number >= final_head.number, || {
			format!("best {best:?}, final {final_head:?}")
		})?;

		// Every validator has made some of them, and nobody else.
		let authors = authors(&full_node, before + 1..=before + BLOCKS).await?;
		let expected: BTreeSet<_> = VALIDATORS.map(aura_key).into();
		ensure(authors == expected, || format!("{} of 4 validators made blocks", authors.len()))?;

		// One block a second: in slots, which are seconds, since a timestamp is somewhere in its slot.
		let slot = |hash| full_node.storage_at::<_, u64>(hash, "Aura", "CurrentSlot", ());
		let first = slot(hash_of(&full_node, before + 1).await?).await?.unwrap_or_default();
		let last = slot(hash_of(&full_node, before + BLOCKS).await?).await?.unwrap_or_default();
		let slots = last - first;
		println!("{BLOCKS} blocks in {slots} slots after the first");
		ensure((BLOCKS - 1..=(BLOCKS - 1) * 3 / 2).contains(&slots), || {
			format!("{slots} slots instead of {}", BLOCKS - 1)
		})
	})
	.await
}
