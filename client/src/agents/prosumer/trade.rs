//! Trading with one note: an offer, or the acceptance of one.

use super::{
	super::{
		store::Once,
		strategy::{best, Mine, Strategy},
		ticker::{Tick, Ticker},
	},
	Lot, Prosumer, Result,
};
use crate::{calls, petra::offers::events::OfferPosted, types::*, wallet::Account, Ledger};
use serde_json::json;

/// Offers that are asked for at a time, and how many times at most.
const OFFERS: u32 = 200;
const PAGES: usize = 25;

impl Prosumer {
	/// Offers a note, or accepts an offer with it, until it is traded or the gate closes. Never twice: what is sent under
	/// the note's name is settled first, and what was traded is no longer there to be traded.
	pub(super) async fn trade(
		&self,
		lot: &Lot,
		owner: &Account,
		ticker: &mut Ticker,
	) -> Result<()> {
		let posts = self.options.strategy == Strategy::Auction || lot.kind == AssetKind::Production;
		if posts {
			self.post(lot, owner, ticker).await
		} else {
			self.accept(lot, owner, ticker).await
		}
	}

	/// The note at an address, as long as it is not traded.
	async fn untraded(&self, owner: &Account) -> Result<Option<AssetId>> {
		let assets = self.client.final_ledger().await?.assets_of(&owner.address()).await?;
		Ok(assets.into_iter().find(|(_, asset)| !asset.traded).map(|(id, _)| id))
	}

	/// Posts an offer, and waits until it is taken or the gate closes. In an auction the ledger clears then.
	async fn post(&self, lot: &Lot, owner: &Account, ticker: &mut Ticker) -> Result<()> {
		let name = format!("post/{}/offer", lot.name);
		if self.store.is_sent(&name)? || !self.is_gated(lot, ticker.last().now) {
			// An asset that is not there was offered before a restart: then what was sent is known.
			let asset = match self.untraded(owner).await? {
				Some(asset) => asset,
				None if self.store.is_sent(&name)? => AssetId::MAX,
				None => return Ok(()),
			};
			let call = calls::post_offer(asset, self.options.reservation, OfferOptions::default());
			match self.store.once(&self.client, &name, &call, owner).await {
				Ok(Once::Done(outcome)) => {
					let id = outcome.first::<OfferPosted>()?.offer_id;
					self.hear(json!({ "step": "posted", "note": lot.name, "offer": id }));
				},
				Ok(Once::Before) => (),
				Err(error) => {
					self.missed(lot, error)?;
					// What is refused now may be in a block later, and then it is offered.
					self.store.settle_all(&self.client, &name).await?;
					if !self.store.is_sent(&name)? {
						return Ok(());
					}
				},
			}
		}
		let mut tick = ticker.last();
		while !self.is_gated(lot, tick.now) {
			if !self.is_locked(&tick, owner).await? {
				return Ok(());
			}
			tick = ticker.next().await;
		}
		if self.options.strategy == Strategy::Auction {
			// The ledger clears what is gated, and lets go of what is left.
			ticker.reach(lot.start).await;
			return Ok(());
		}
		let ledger = self.client.final_ledger().await?;
		let offers = offers(&ledger, lot.kind, lot.start, lot.end).await?.into_iter();
		let mine = offers.filter(|(_, offer)| offer.poster == owner.address()).map(|(id, _)| id);
		for id in mine {
			let name = format!("rescind/{}/{id}", lot.name);
			let call = calls::rescind_offer(id);
			match self.store.once(&self.client, &name, &call, owner).await {
				Ok(_) => {
					self.hear(json!({ "step": "rescinded", "note": lot.name, "offer": id }));
				},
				Err(error) => self.missed(lot, error)?,
			}
		}
		Ok(())
	}

	/// Whether an offer holds something of an address.
	async fn is_locked(&self, tick: &Tick, owner: &Account) -> Result<bool> {
		let assets = tick.ledger.assets_of(&owner.address()).await?;
		Ok(assets.iter().any(|(_, asset)| asset.locked))
	}

	/// Accepts the best offer there is, until one is got or the gate closes.
	async fn accept(&self, lot: &Lot, owner: &Account, ticker: &mut Ticker) -> Result<()> {
		let Lot { kind, power, start, end, .. } = *lot;
		let reservation = self.options.reservation;
		let mine = Mine { kind, power, start, end, reservation };
		self.store.settle_all(&self.client, &format!("accept/{}/", lot.name)).await?;
		let mut tick = ticker.last();
		let mut missed = 0_u32;
		while !self.is_gated(lot, tick.now) {
			let ledger = &tick.ledger;
			let offers = offers(ledger, AssetKind::Production, start, end).await?;
			if let Some((offer, _)) = best(&mine, &offers, missed, rand::random::<u16>().into()) {
				let Some(asset) = self.untraded(owner).await? else { return Ok(()) };
				let limits = TradeLimits { price: reservation, min_power: power, start, end };
				let call = calls::accept_offer(offer, asset, Some(limits));
				let name = format!("accept/{}/{offer}", lot.name);
				match self.store.once(&self.client, &name, &call, owner).await {
					Ok(_) => {
						self.hear(json!({ "step": "accepted", "note": lot.name, "offer": offer }));
						return Ok(());
					},
					Err(error) => self.missed(lot, error)?,
				}
				missed = missed.saturating_add(1);
			}
			tick = ticker.next().await;
		}
		Ok(())
	}
}

/// The offers of a kind that cover a timestep of an interval.
async fn offers(
	ledger: &Ledger,
	kind: AssetKind,
	start: Timestep,
	end: Timestep,
) -> Result<Vec<(OfferId, Offer)>> {
	let mut all = Vec::new();
	for _ in 0..PAGES {
		let last = all.last().map(|(id, _)| *id);
		let page = ledger.offers(kind, start, end, last, OFFERS).await?;
		let more = page.len() == OFFERS as usize;
		all.extend(page);
		if !more {
			break;
		}
	}
	Ok(all)
}
