//! The ledger after each new block, for all that one process does.

use super::Result;
use crate::{types::Timestep, Client, Error, Ledger};
use std::sync::Arc;
use tokio::sync::watch;

/// The ledger after the best block.
#[derive(Clone, Debug)]
pub struct Tick {
	/// It.
	pub ledger: Arc<Ledger>,
	/// The timestep of its timestamp.
	pub now: Timestep,
}

/// Hears of new blocks.
#[derive(Clone)]
pub struct Ticker(watch::Receiver<Tick>);

impl Ticker {
	/// Follows the best blocks of a node until nobody hears of them any more. A node that goes away is waited for.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer at first.
	pub async fn start(client: &Client) -> Result<Self> {
		let (sender, receiver) = watch::channel(tick(client).await?);
		let client = client.clone();
		tokio::spawn(async move {
			while !sender.is_closed() {
				// The connection is made anew, and then there is a new subscription.
				let _ = follow(&client, &sender).await;
				tokio::time::sleep(std::time::Duration::from_millis(500)).await;
			}
		});
		Ok(Self(receiver))
	}

	/// The ledger now.
	pub fn last(&self) -> Tick {
		self.0.borrow().clone()
	}

	/// The ledger after the next block.
	pub async fn next(&mut self) -> Tick {
		// The sender goes when all receivers have gone.
		let _ = self.0.changed().await;
		self.0.borrow_and_update().clone()
	}

	/// Waits until a timestep has begun.
	pub async fn reach(&mut self, timestep: Timestep) -> Tick {
		let mut tick = self.last();
		while tick.now < timestep {
			tick = self.next().await;
		}
		tick
	}
}

async fn tick(client: &Client) -> Result<Tick, Error> {
	let ledger = client.ledger().await?;
	let now = ledger.current_timestep().await?;
	Ok(Tick { ledger: Arc::new(ledger), now })
}

async fn follow(client: &Client, sender: &watch::Sender<Tick>) -> Result<(), Error> {
	let mut heads = client.best_heads().await?;
	loop {
		heads.next_number().await?;
		if sender.send(tick(client).await?).is_err() {
			return Ok(());
		}
	}
}
