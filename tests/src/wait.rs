//! What tests wait for.

use crate::{Error, LocalNetwork, Result};
use futures::future::try_join_all;
use petra_client::{BlockRef, Client};
use std::{future::Future, time::Duration};

/// Blocks that must become final, the same on all nodes, before a fault counts as survived.
pub const AFTER_FAULT: u64 = 20;
/// How long one block may take to become final, on a machine that does other things besides.
const PER_BLOCK: Duration = Duration::from_secs(4);
/// How long anything may take beyond its blocks: starts, handshakes, catching up.
const PATIENCE: Duration = Duration::from_secs(60);

/// The outcome of `future`, if it comes in time.
///
/// # Errors
/// [`Error::TimedOut`], or those of `future`.
pub async fn within<T, E: Into<Error>>(
	limit: Duration,
	what: impl Into<String>,
	future: impl Future<Output = Result<T, E>>,
) -> Result<T> {
	match tokio::time::timeout(limit, future).await {
		Ok(result) => result.map_err(Into::into),
		Err(_) => Err(Error::TimedOut { what: what.into(), limit }),
	}
}

/// How long to wait for this many blocks to become final.
pub fn limit_for(blocks: u64) -> Duration {
	PER_BLOCK
		.saturating_mul(u32::try_from(blocks).unwrap_or(u32::MAX))
		.saturating_add(PATIENCE)
}

/// Waits until a node holds the block with this number to be final, and returns the last one that it does.
///
/// # Errors
/// [`Error::TimedOut`] if that takes longer than [`limit_for`] the blocks that are missing.
pub async fn finalized(client: &Client, number: u64) -> Result<u64> {
	let mut heads = client.finalized_heads().await?;
	let now = client.finalized_head().await?.number;
	if now >= number {
		return Ok(now);
	}
	let missing = number.saturating_sub(now);
	let what = format!("block {number} becoming final at {} (from {now})", client.url());
	within(limit_for(missing), what, heads.reach(number)).await
}

/// Waits until a node has a best block with this number.
///
/// # Errors
/// [`Error::TimedOut`] if that takes longer than [`limit_for`] the blocks that are missing.
pub async fn best(client: &Client, number: u64) -> Result<u64> {
	let mut heads = client.best_heads().await?;
	let now = client.best_head().await?.number;
	if now >= number {
		return Ok(now);
	}
	let missing = number.saturating_sub(now);
	let what = format!("block {number} becoming the best at {} (from {now})", client.url());
	within(limit_for(missing), what, heads.reach(number)).await
}

/// Waits until all nodes hold the block with this number to be final.
///
/// # Errors
/// As [`finalized`].
pub async fn all_finalized(clients: &[Client], number: u64) -> Result {
	try_join_all(clients.iter().map(|client| finalized(client, number))).await?;
	Ok(())
}

/// The last block that every one of the nodes holds to be final.
///
/// # Errors
/// [`Error::Client`] if a node does not answer.
pub async fn last_common(clients: &[Client]) -> Result<u64> {
	let heads = try_join_all(clients.iter().map(Client::finalized_head)).await?;
	Ok(heads.iter().map(|head| head.number).min().unwrap_or_default())
}

/// The blocks with these numbers, which all nodes must hold to be final, and must have the same.
///
/// # Errors
/// [`Error::Violated`] if nodes have different blocks, or none, at a number.
pub async fn same_blocks(
	clients: &[Client],
	numbers: std::ops::RangeInclusive<u64>,
) -> Result<Vec<BlockRef>> {
	let mut blocks = Vec::new();
	for number in numbers {
		let hashes = try_join_all(clients.iter().map(|client| client.block_hash(number))).await?;
		match hashes.split_first() {
			Some((Some(hash), others)) if others.iter().all(|other| *other == Some(*hash)) => {
				blocks.push(BlockRef { number, hash: *hash })
			},
			_ => {
				let at = clients.iter().map(Client::url).zip(&hashes).collect::<Vec<_>>();
				return Err(Error::Violated(format!(
					"nodes have different blocks {number}: {at:?}"
				)));
			},
		}
	}
	Ok(blocks)
}

/// After a fault: waits until every node of the network has [`AFTER_FAULT`] more final blocks than any of `nodes` has
/// now, and checks that they are the same everywhere. Returns the numbers.
///
/// # Errors
/// [`Error::TimedOut`] if the chain does not go on, [`Error::Violated`] if nodes disagree.
pub async fn twenty_more(clients: &[Client]) -> Result<std::ops::RangeInclusive<u64>> {
	let heads = try_join_all(clients.iter().map(Client::finalized_head)).await?;
	let now = heads.iter().map(|head| head.number).max().unwrap_or_default();
	let last = now.saturating_add(AFTER_FAULT);
	all_finalized(clients, last).await?;
	let numbers = now.saturating_add(1)..=last;
	same_blocks(clients, numbers.clone()).await?;
	Ok(numbers)
}

/// Checks that all nodes that run have the same final blocks, from the first to the last that they have in common.
///
/// # Errors
/// [`Error::Violated`] if they do not.
pub async fn agreement(network: &LocalNetwork) -> Result {
	let clients = network.clients().await?;
	let last = last_common(&clients).await?;
	same_blocks(&clients, 0..=last).await?;
	Ok(())
}
