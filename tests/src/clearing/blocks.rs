//! What blocks say.

use super::{hash_of, reference::Posted, violated};
use crate::Result;
use petra_client::Client;
use std::ops::RangeInclusive;
use subxt::{ext::scale_decode::DecodeAsType, rpcs::rpc_params};

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
struct OfferPosted {
	offer_id: u64,
	kind: Kind,
	power: u64,
	start: u64,
	end: u64,
	price: u64,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
enum Kind {
	Production,
	Consumption,
}

/// An exchange.
#[derive(Clone, Copy, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Accepted {
	/// The ask.
	pub offer_id: u64,
	pub power: u64,
	pub price: u64,
}

/// The end of the pairing of a timestep.
#[derive(Clone, Copy, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Cleared {
	pub timestep: u64,
	pub price: u64,
	pub power: u64,
}

/// What a block says.
#[derive(Default)]
pub struct Block {
	pub number: u64,
	/// Unix time in milliseconds.
	pub time: u64,
	/// Weight of all that is in it, in picoseconds.
	pub weight: u64,
	/// Of it, what is neither normal nor operational: inherents and hooks.
	pub hooks: u64,
	/// Transactions, without the inherent.
	pub transactions: usize,
	pub exchanges: Vec<Accepted>,
	pub returned: usize,
	pub cleared: Option<Cleared>,
}

impl Block {
	pub async fn read(client: &Client, number: u64) -> Result<Self> {
		let hash = hash_of(client, number).await?;
		let time: Option<u64> = client.storage_at(hash, "Timestamp", "Now", ()).await?;
		let weight: Option<Consumed> = client.storage_at(hash, "System", "BlockWeight", ()).await?;
		let weight = weight.ok_or_else(|| violated(format!("block {number} has no weight")))?;
		let hooks = weight.mandatory.ref_time;
		let all: serde_json::Value = client
			.rpc()
			.request("chain_getBlock", rpc_params![hash])
			.await
			.map_err(|error| violated(format!("block {number}: {error}")))?;
		let list = all.pointer("/block/extrinsics").and_then(|list| list.as_array());
		let mut block = Self {
			number,
			time: time.unwrap_or_default(),
			weight: weight.normal.ref_time + weight.operational.ref_time + hooks,
			hooks,
			transactions: list.map_or(0, Vec::len).saturating_sub(1),
			..Default::default()
		};
		let undecodable =
			|error: &dyn std::fmt::Display| violated(format!("block {number}: {error}"));
		let at = client.at(hash).await?;
		let events = at.events().fetch().await.map_err(|error| undecodable(&error))?;
		for event in events.iter() {
			let event = event.map_err(|error| undecodable(&error))?;
			match (event.pallet_name(), event.event_name()) {
				("Offers", "OfferAccepted") => block
					.exchanges
					.push(event.decode_fields_unchecked_as().map_err(|error| undecodable(&error))?),
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

/// The offers for a timestep alone that were posted in these blocks.
pub async fn posted(
	client: &Client,
	numbers: RangeInclusive<u64>,
	timestep: u64,
) -> Result<Vec<Posted>> {
	let mut posted = Vec::new();
	for block in numbers {
		let undecodable =
			|error: &dyn std::fmt::Display| violated(format!("block {block}: {error}"));
		let at = client.at(hash_of(client, block).await?).await?;
		let events = at.events().fetch().await.map_err(|error| undecodable(&error))?;
		for event in events.iter() {
			let event = event.map_err(|error| undecodable(&error))?;
			if (event.pallet_name(), event.event_name()) != ("Offers", "OfferPosted") {
				continue;
			}
			let offer: OfferPosted =
				event.decode_fields_unchecked_as().map_err(|error| undecodable(&error))?;
			if (offer.start, offer.end) != (timestep, timestep) {
				return Err(violated(format!("offer {} is for another timestep", offer.offer_id)));
			}
			let OfferPosted { offer_id: id, kind, power, price, .. } = offer;
			let sells = matches!(kind, Kind::Production);
			posted.push(Posted { id, sells, price, power, block });
		}
	}
	Ok(posted)
}

/// The weight that a block may have, in picoseconds.
pub async fn limit(client: &Client) -> Result<u64> {
	let limits: Limits = client.constant("System", "BlockWeights").await?;
	Ok(limits.max_block.ref_time)
}
