//! What the chain stores for trades, read from a node's final blocks.

use super::violated;
use crate::{wait, Result};
use codec::{Compact, Encode};
use petra_client::{BlockRef, Client};
use std::collections::HashSet;
use subxt::rpcs::rpc_params;

/// Final blocks that are looked through after the last block that was the best when the trades were done.
const LATER: u64 = 4;

/// What a run of trades has left on the chain.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stored {
	/// Transactions of the trades.
	pub transactions: usize,
	/// Their bytes.
	pub transaction_bytes: usize,
	/// Blocks from the first to the last that has one of them.
	pub blocks: u64,
	/// Encoded headers, bodies and justifications of these blocks.
	pub chain_bytes: usize,
	/// Of these, justifications.
	pub justification_bytes: usize,
	/// Fees that were paid in them.
	pub fees: u128,
}

/// One block of the chain.
struct Block {
	transactions: Vec<Vec<u8>>,
	bytes: usize,
	justifications: usize,
	fees: u128,
}

async fn read(client: &Client, number: u64) -> Result<Block> {
	let hash = client
		.block_hash(number)
		.await?
		.ok_or_else(|| violated(format!("the node has no block {number}")))?;
	let wrong = || violated(format!("block {number} is not as this program knows blocks"));
	let all: serde_json::Value = client
		.rpc()
		.request("chain_getBlock", rpc_params![hash])
		.await
		.map_err(|error| violated(format!("block {number}: {error}")))?;
	let list = all
		.pointer("/block/extrinsics")
		.and_then(|list| list.as_array())
		.ok_or_else(wrong)?;
	let mut transactions = Vec::new();
	for transaction in list {
		let digits = transaction.as_str().and_then(|text| text.strip_prefix("0x"));
		transactions.push(digits.and_then(|digits| hex::decode(digits).ok()).ok_or_else(wrong)?);
	}
	let header = client.header(hash).await?.encode().len();
	let count = Compact(transactions.len() as u32).encode().len();
	let body: usize = transactions.iter().map(Vec::len).sum();
	let justifications = justifications(&all).ok_or_else(wrong)?;
	let mut fees = 0;
	for event in client.events_of(BlockRef { number, hash }).await?.events()? {
		if event.pallet == "TransactionPayment" && event.name == "TransactionFeePaid" {
			// Who, then how much.
			let fee = event.field_bytes.get(32..48).and_then(|bytes| bytes.try_into().ok());
			fees += u128::from_le_bytes(fee.ok_or_else(wrong)?);
		}
	}
	let bytes = header + count + body + justifications;
	Ok(Block { transactions, bytes, justifications, fees })
}

/// Bytes of `Option<Vec<([u8; 4], Vec<u8>)>>` as the node stores them; none if they are something else.
fn justifications(block: &serde_json::Value) -> Option<usize> {
	let list = match block.get("justifications") {
		None | Some(serde_json::Value::Null) => return Some(0),
		Some(list) => list.as_array()?,
	};
	let mut bytes = Compact(list.len() as u32).encode().len();
	for justification in list {
		let proof = justification.get(1)?.as_array()?.len();
		bytes += 4 + Compact(proof as u32).encode().len() + proof;
	}
	Some(bytes)
}

/// Reads the final blocks after `before` until all of these transactions are found.
pub async fn stored(client: &Client, before: u64, transactions: &[Vec<u8>]) -> Result<Stored> {
	let best = client.best_head().await?.number;
	let end = wait::finalized(client, best + LATER).await?;
	let mut missing: HashSet<&[u8]> = transactions.iter().map(Vec::as_slice).collect();
	let (mut stored, mut pending) = (Stored::default(), Stored::default());
	for number in before + 1..=end {
		let block = read(client, number).await?;
		pending.blocks += 1;
		pending.chain_bytes += block.bytes;
		pending.justification_bytes += block.justifications;
		pending.fees += block.fees;
		let mut found = false;
		for bytes in block.transactions {
			// The node's bytes have the length before them, as those that were sent.
			if missing.remove(bytes.as_slice()) {
				found = true;
				pending.transactions += 1;
				pending.transaction_bytes += bytes.len();
			}
		}
		// Blocks before the first count for nothing, those between count with the next that has some.
		if found {
			stored = pending;
		} else if stored.transactions == 0 {
			pending = Stored::default();
		}
		if missing.is_empty() {
			return Ok(stored);
		}
	}
	Err(violated(format!("{} transactions of trades are in no final block", missing.len())))
}

/// Bytes of the signed transactions in final blocks.
pub async fn signed_bytes(
	client: &Client,
	numbers: std::ops::RangeInclusive<u64>,
) -> Result<usize> {
	let mut bytes = 0;
	for number in numbers {
		let block = read(client, number).await?;
		// The first one is the inherent with the time.
		bytes += block.transactions.iter().skip(1).map(Vec::len).sum::<usize>();
	}
	Ok(bytes)
}
