//! Mixing of notes, before they are traded and after.

use super::{
	super::{link::Question, store::Once},
	AgentError, Lot, Prosumer, Result,
};
use crate::{
	agents::ticker::Ticker,
	mixing::{
		journal::{Journal, Stage},
		member::MemberKey,
		Deposited, MixError, Mixer, Note, Patience, Source,
	},
	types::*,
	wallet::Account,
	Error, Ledger,
};
use serde_json::json;

/// For how many blocks at a time a note's ring is waited for.
const BLOCKS: BlockNumber = 30;
/// How often a note that is not mixed by then is tried again.
const ATTEMPTS: u32 = 40;

/// A note on its way through a pool.
struct Passage<'a> {
	/// Unlike all others' of this household.
	name: String,
	note: Note,
	from: &'a Account,
	to: &'a Account,
}

impl Prosumer {
	/// Mixes a note, and the note of money that goes with one that buys, to one fresh address. `at` gets the addresses where
	/// something may be then, the last of them the one to trade from. Whether both came out in time to be traded.
	pub(super) async fn mix_all(
		&self,
		lot: &Lot,
		at: &mut Vec<Account>,
		ticker: &Ticker,
	) -> Result<bool> {
		let Some(from) = at.first().cloned() else { return Ok(false) };
		let to = self.account(&format!("{}/b", lot.name)).await?;
		let note = Note::Energy {
			kind: lot.kind,
			feeder: self.feeder,
			traded: false,
			power: lot.power,
			start: lot.start,
			end: lot.end,
		};
		let name = format!("{}/energy", lot.name);
		let energy = self.mix(lot, Passage { name, note, from: &from, to: &to }, ticker);
		let ready = if lot.kind == AssetKind::Consumption && self.options.money > 0 {
			let payer = self.account(&format!("{}/money", lot.name)).await?;
			let note = Note::Financial { amount: self.options.money };
			let name = format!("{}/money", lot.name);
			let money = self.mix(lot, Passage { name, note, from: &payer, to: &to }, ticker);
			let (energy, money) = futures::future::try_join(energy, money).await?;
			at.push(payer);
			energy && money
		} else {
			energy.await?
		};
		at.push(to);
		Ok(ready)
	}

	/// Mixes what came out of a trade, if there is time, and as soon as so much was traded that a ring can fill: the ledger
	/// tells everybody. `at` gets the address where it is then.
	pub(super) async fn mix_again(
		&self,
		lot: &Lot,
		from: &Account,
		at: &mut Vec<Account>,
		ticker: &mut Ticker,
	) -> Result<()> {
		let (Some(before), Some(members)) = (self.options.again, self.options.members) else {
			return Ok(());
		};
		let name = format!("{}/again", lot.name);
		// After a restart it may be in its pool already, and is known by what was written down.
		let note = match self.store.read::<Note>(&format!("note/{name}"))? {
			Some(note) => note,
			None => {
				let Some(note) = self.traded(from).await? else { return Ok(()) };
				let closing = lot.start.saturating_sub(self.gate_lead);
				let enough = lot.power.saturating_mul(members.into());
				let mut tick = ticker.last();
				while traded_like(&tick.ledger, &note).await? < enough {
					tick = ticker.next().await;
					if tick.now.saturating_add(before) > closing {
						return Ok(());
					}
				}
				// The address is seen to put something into a pool: the household's meter may as well know it.
				self.link.ask(&Question::Owns { addresses: vec![from.address()] }).await?;
				self.store.write(&format!("note/{name}"), &note)?;
				note
			},
		};
		let to = self.account(&format!("{}/c", lot.name)).await?;
		self.mix(lot, Passage { name, note, from, to: &to }, ticker).await?;
		at.push(to);
		Ok(())
	}

	/// What an address has got in a trade, as a note.
	async fn traded(&self, owner: &Account) -> Result<Option<Note>> {
		let assets = self.client.final_ledger().await?.assets_of(&owner.address()).await?;
		let traded = assets.into_iter().map(|(_, asset)| asset).find(|asset| asset.traded);
		Ok(traded.map(|asset| {
			let EnergyAsset { kind, feeder, traded, power, start, end, .. } = asset;
			Note::Energy { kind, feeder, traded, power, start, end }
		}))
	}

	/// Puts a note into its pool and takes it out at a fresh address. Whether it can still be traded then: a note whose ring
	/// does not fill in time comes out later, or openly if the ring fails.
	async fn mix(&self, lot: &Lot, passage: Passage<'_>, ticker: &Ticker) -> Result<bool> {
		let mixed = format!("mixed/{}", passage.name);
		if let Some(in_time) = self.store.read::<bool>(&mixed)? {
			return Ok(in_time);
		}
		let (number, key) = self.member(&passage.name).await?;
		let file = format!("{}.journal", passage.name.replace('/', "-"));
		let journal =
			Journal::open(self.options.data.join("notes").join(file)).map_err(MixError::from)?;
		let mut mixer = Mixer::new(self.client.clone(), journal).await?;
		if mixer.journal().entry(key.public()).is_none()
			&& !self.pool(&mut mixer, number, &key, &passage).await?
		{
			return Ok(false);
		}
		let in_time = self.take_out(lot, &mut mixer, &key, &passage, ticker).await?;
		self.store.write(&mixed, &in_time)?;
		Ok(in_time)
	}

	/// Puts a note into its pool. Not so if it is not there, or the ledger does not take it (any more).
	async fn pool(
		&self,
		mixer: &mut Mixer,
		number: u32,
		key: &MemberKey,
		passage: &Passage<'_>,
	) -> Result<bool> {
		let Passage { name, note, from, .. } = passage;
		let sending = format!("pool/{name}");
		self.store.write(&format!("pooling/{name}"), &true)?;
		let source = match *note {
			Note::Financial { amount } => Some(Source::Financial(amount)),
			Note::Energy { kind, traded, .. } => {
				let ledger = self.client.final_ledger().await?;
				let assets = ledger.assets_of(&from.address()).await?;
				let mut assets = assets.into_iter();
				let found = assets.find(|(_, asset)| (asset.kind, asset.traded) == (kind, traded));
				found.map(|(id, _)| Source::Energy(id))
			},
		};
		// What was sent before a restart may have gone through: then the asset is no longer there, and need not be.
		let source = match source {
			Some(source) => source,
			None if self.store.is_sent(&sending)? => Source::Energy(AssetId::MAX),
			None => return Ok(false),
		};
		if !self.store.is_sent(&sending)? {
			self.pause().await;
		}
		let call = mixer.deposit_call(key, *note, source, &from.address()).await?;
		match self.store.once(&self.client, &sending, &call, *from).await {
			Ok(Once::Done(outcome)) => {
				let Deposited { ring, .. } = mixer.deposited(number, key, *note, &outcome)?;
				self.hear(json!({ "step": "pooled", "note": name, "ring": ring }));
			},
			Ok(Once::Before) => {
				mixer.recover(&[(number, key.clone())]).await?;
			},
			Err(AgentError::Chain(error @ (Error::Dispatch { .. } | Error::Refused { .. }))) => {
				// What is refused now may be in a block later, and then the note is in its pool.
				self.store.settle_all(&self.client, &sending).await?;
				if !self.store.is_sent(&sending)? {
					let why = error.to_string();
					self.hear(json!({ "step": "not pooled", "note": name, "why": why }));
					return Ok(false);
				}
				mixer.recover(&[(number, key.clone())]).await?;
			},
			Err(error) => return Err(error),
		}
		self.pause().await;
		Ok(true)
	}

	async fn take_out(
		&self,
		lot: &Lot,
		mixer: &mut Mixer,
		key: &MemberKey,
		passage: &Passage<'_>,
		ticker: &Ticker,
	) -> Result<bool> {
		let Passage { name, to, .. } = passage;
		let stage = mixer.journal().entry(key.public()).map(|entry| &entry.stage);
		if matches!(stage, Some(Stage::Withdrawn { .. })) {
			// It came out before the journal was lost.
			return Ok(false);
		}
		if matches!(stage, Some(Stage::Reclaiming { .. })) {
			return self.take_back(mixer, key, passage).await.map(|()| false);
		}
		let mut attempts = 0_u32;
		loop {
			// When it is too late to trade it, it need not be hidden among many any more, but must come out.
			let late = self.is_gated(lot, ticker.last().now);
			let members = self.options.members.filter(|_| !late).unwrap_or_default();
			match mixer.withdraw(key, &to.address(), Patience { blocks: BLOCKS, members }).await {
				Ok(out) => {
					let seconds = out.proving.as_secs_f64();
					self.hear(json!({
						"step": "mixed", "note": name, "members": out.members, "seconds": seconds,
					}));
					return Ok(!self.is_gated(lot, ticker.last().now));
				},
				Err(MixError::RingFailed { .. }) => {
					return self.take_back(mixer, key, passage).await.map(|()| false);
				},
				Err(MixError::RingNotReady { .. } | MixError::NotIncluded { .. })
					if attempts < ATTEMPTS =>
				{
					attempts = attempts.saturating_add(1);
				},
				// It is lost, but the other notes are not.
				Err(error) if error.is_expired() => {
					let why = error.to_string();
					self.hear(json!({ "step": "lost", "note": name, "why": why }));
					return Ok(false);
				},
				// Each attempt makes a proof.
				Err(error) if error.is_paused() => {
					let mut ticker = ticker.clone();
					for _ in 0..BLOCKS {
						ticker.next().await;
					}
				},
				Err(error) => return Err(error.into()),
			}
		}
	}

	/// Has the meter take a note back from a failed ring.
	async fn take_back(
		&self,
		mixer: &mut Mixer,
		key: &MemberKey,
		passage: &Passage<'_>,
	) -> Result<()> {
		let reclaim = mixer.begin_reclaim(key, &passage.to.address())?;
		self.link.ask(&Question::Reclaim(reclaim)).await?;
		mixer.reclaimed(key, &passage.to.address())?;
		self.hear(json!({ "step": "reclaimed", "note": passage.name }));
		Ok(())
	}

	async fn member(&self, name: &str) -> Result<(u32, MemberKey)> {
		let name = format!("member/{name}");
		let mut wallet = self.wallet.lock().await;
		let index = self.store.number(&name, || Ok(wallet.fresh_member()?.index()))?;
		Ok((index, MemberKey::from_entropy(wallet.member(index)?.entropy())))
	}
}

/// How much was traded of which a note of the sort has become, in watts: who has bought on a feeder has EPA of it then, and
/// who has sold, ECA.
async fn traded_like(ledger: &Ledger, note: &Note) -> Result<Power> {
	let Note::Energy { kind, feeder, start, .. } = *note else { return Ok(0) };
	let loads = ledger.feeder_load(feeder, start, start).await?;
	Ok(loads.first().map_or(0, |load| match kind {
		AssetKind::Production => load.consumption,
		AssetKind::Consumption => load.production,
	}))
}
