//! Following the final blocks, one after the other, with their events.

use crate::{BlockRef, Client, Error, Event, Heads, PetraConfig, Result};
use std::sync::Arc;
use subxt::events::{DecodeAsEvent, Events};

/// Final blocks in order, none left out. If the client's connection is [lasting](Client::connect_lasting), it goes on
/// when the connection breaks.
pub struct Follow {
	client: Client,
	heads: Option<Heads>,
	next: u64,
	last: u64,
}

/// A final block and what happened in it.
pub struct FinalBlock {
	/// Which it is.
	pub block: BlockRef,
	events: Arc<Events<PetraConfig>>,
}

impl std::fmt::Debug for FinalBlock {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter
			.debug_struct("FinalBlock")
			.field("block", &self.block)
			.finish_non_exhaustive()
	}
}

impl Client {
	/// Follows the final blocks from number `first` on: those that there are, and those to come.
	///
	/// ```no_run
	/// # async fn example(client: petra_client::Client) -> Result<(), petra_client::Error> {
	/// use petra_client::petra::offers::events::OfferPosted;
	///
	/// let mut blocks = client.follow(client.finalized_head().await?.number);
	/// loop {
	///     let block = blocks.next().await?;
	///     for offer in block.find::<OfferPosted>()? {
	///         println!("block {}: offer {} at {}", block.block.number, offer.offer_id, offer.price);
	///     }
	/// }
	/// # }
	/// ```
	pub fn follow(&self, first: u64) -> Follow {
		Follow { client: self.clone(), heads: None, next: first, last: 0 }
	}

	/// The events of a block.
	///
	/// # Errors
	/// [`Error::BlockNotFound`] if the node does not have it or its state.
	pub async fn events_of(&self, block: BlockRef) -> Result<FinalBlock> {
		let at = self.at_block(block).await?;
		let events = at.events().fetch().await.map_err(|error| {
			Error::BlockNotFound(format!("{} with its events ({error})", block.number))
		})?;
		Ok(FinalBlock { block, events: Arc::new(events) })
	}
}

impl Follow {
	/// The next block, as soon as it is final.
	///
	/// # Errors
	/// [`Error::BlockNotFound`] if the node no longer has its state, [`Error::Disconnected`] if the node goes away and the
	/// connection is not lasting.
	pub async fn next(&mut self) -> Result<FinalBlock> {
		while self.next > self.last {
			self.last = self.finalized().await?;
		}
		let hash = self
			.client
			.block_hash(self.next)
			.await?
			.ok_or_else(|| Error::BlockNotFound(self.next.to_string()))?;
		let block = self.client.events_of(BlockRef { number: self.next, hash }).await?;
		self.next = self.next.saturating_add(1);
		Ok(block)
	}

	/// Number of the last final block: what it is, the first time and after the connection broke; else, when there is a
	/// new one.
	async fn finalized(&mut self) -> Result<u64> {
		let Some(heads) = &mut self.heads else {
			self.heads = Some(self.client.finalized_heads().await?);
			return Ok(self.client.finalized_head().await?.number);
		};
		match heads.next_number().await {
			Ok(number) => Ok(number),
			Err(_) if self.client.lasting => {
				self.heads = None;
				Ok(self.last)
			},
			Err(error) => Err(error),
		}
	}
}

impl FinalBlock {
	/// Its events of a type of [`crate::petra`], in order.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain's events of that name are others.
	pub fn find<E: DecodeAsEvent>(&self) -> Result<Vec<E>> {
		self.events.find::<E>().collect::<Result<_, _>>().map_err(|error| {
			Error::metadata(format!("events of block {}", self.block.number), error)
		})
	}

	/// All its events, in order.
	///
	/// # Errors
	/// [`Error::Metadata`] if they are not as the chain says of itself.
	pub fn events(&self) -> Result<Vec<Event>> {
		let item = format!("events of block {}", self.block.number);
		self.events.iter().map(|event| Event::of(event, &item)).collect()
	}
}
