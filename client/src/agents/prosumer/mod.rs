//! The trading agent: what a household does on the ledger, note by note.
//!
//! For each stretch of the day it withdraws its basket, the same every time, traded or not (P1, "Privacy"). Each note then
//! goes its own way: through a mixing pool to a fresh address, into a trade if the prediction wants it, through a pool
//! again if there is time, and back. Each step is written down under the note's name before it is sent, so a killed agent
//! goes on where it was.

mod give_back;
mod mix;
mod supply;
mod trade;

use super::{
	link::{Answer, Link, Question},
	store::Store,
	strategy::{chosen, followed, Strategy},
	ticker::Ticker,
	AgentError, Hears, Result,
};
use crate::{
	mixing::basket::{random_delay, randomness, Line},
	types::*,
	wallet::{Account, Role, Wallet},
	Client, Error, Ledger,
};
use futures::future::try_join_all;
use serde_json::json;
use std::{path::PathBuf, sync::Arc, time::Duration};
use supply::Supply;
use tokio::{sync::Mutex, task::JoinSet};

/// What an agent is told.
#[derive(Clone, Debug)]
pub struct ProsumerOptions {
	/// Where its meter answers.
	pub meter: PathBuf,
	/// The DSO's service, `host:port`, which creates assets for the household (P3); none: its meter does (P1).
	pub dso: Option<String>,
	/// Directory of its database.
	pub data: PathBuf,
	/// Net consumption that it expects, in mean watts, from timestep `first` on.
	pub prediction: Vec<i64>,
	/// The timestep of the first prediction.
	pub first: Timestep,
	/// How it trades.
	pub strategy: Strategy,
	/// The least that it sells at, and the most that it buys at.
	pub reservation: Price,
	/// How many timesteps before a stretch its basket is withdrawn.
	pub lead: Timestep,
	/// Timesteps of a note.
	pub stretch: Timestep,
	/// Notes of energy for each stretch.
	pub basket: Vec<Line>,
	/// Amount of the note of money for each note that buys.
	pub money: Balance,
	/// Members that a ring must have; none: nothing is mixed.
	pub members: Option<u32>,
	/// What was traded is mixed again if it is traded by so many timesteps before the gate closes; none: never.
	pub again: Option<Timestep>,
	/// The household's share, in percent, of what control signals ask for.
	pub follow: u8,
	/// The longest random delay of a step.
	pub spread: Duration,
}

/// One note's way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lot {
	/// Unlike all others', and the same after a restart.
	name: String,
	kind: AssetKind,
	power: Power,
	start: Timestep,
	end: Timestep,
	trades: bool,
}

struct Prosumer {
	options: ProsumerOptions,
	client: Client,
	link: Link,
	supply: Supply,
	store: Store,
	wallet: Mutex<Wallet>,
	feeder: FeederId,
	gate_lead: Timestep,
	hears: Hears,
}

/// Runs an agent until everything is traded and returned.
///
/// # Errors
/// [`AgentError`]; it can be started again then.
pub async fn run(
	client: Client,
	wallet: Wallet,
	options: ProsumerOptions,
	hears: Hears,
) -> Result<()> {
	let data = options.data.display().to_string();
	std::fs::create_dir_all(options.data.join("notes"))
		.map_err(|error| AgentError::Options(format!("{data}: {error}")))?;
	if !options.stretch.is_power_of_two() || !options.first.is_multiple_of(options.stretch) {
		let reason =
			"the first timestep must be a multiple of the stretch, which must be a power of two";
		return Err(AgentError::Options(reason.into()));
	}
	let store = Store::open(&options.data.join("prosumer.redb"))?;
	let link = Link::new(&options.meter);
	let farewell = format!("saying farewell/{}", options.first);
	// Killed after it had said so, and its meter has left since.
	if store.read::<bool>(&farewell)?.is_some() && link.is_over() {
		return Ok(());
	}
	let Answer::About { meter, feeder, .. } = link.ask(&Question::About).await? else {
		return Err(AgentError::Link("the meter says something else than what it is".into()));
	};
	let key = wallet.account(Role::Household)?;
	let supply = Supply::new(&client, options.dso.as_deref(), meter, key).await?;
	let gate_lead = client.ledger().await?.parameters().await?.gate_lead;
	let ticker = Ticker::start(&client).await?;
	let wallet = Mutex::new(wallet);
	let prosumer = Arc::new(Prosumer {
		options,
		client,
		link,
		supply,
		store,
		wallet,
		feeder,
		gate_lead,
		hears,
	});
	let mut stretches = JoinSet::new();
	for (number, _) in prosumer.stretches().enumerate() {
		let (prosumer, ticker) = (prosumer.clone(), ticker.clone());
		stretches.spawn(async move { prosumer.stretch(number, ticker).await });
	}
	while let Some(stretch) = stretches.join_next().await {
		stretch.map_err(|error| AgentError::Options(error.to_string()))??;
	}
	prosumer.store.write(&farewell, &true)?;
	prosumer.link.ask(&Question::Finished).await?;
	prosumer.hear(json!({ "step": "finished" }));
	Ok(())
}

impl Prosumer {
	fn hear(&self, step: serde_json::Value) {
		(self.hears)(step);
	}

	/// First and last timestep of each stretch, with what is expected in it. Rows after the last whole stretch are not
	/// traded.
	fn stretches(&self) -> impl Iterator<Item = (Timestep, Timestep, &[i64])> {
		let length = self.options.stretch;
		let size = usize::try_from(length).unwrap_or(usize::MAX).max(1);
		let first = self.options.first;
		self.options
			.prediction
			.chunks_exact(size)
			.zip(0_u64..)
			.map(move |(expected, number)| {
				let start = first.saturating_add(number.saturating_mul(length));
				(start, start.saturating_add(length).saturating_sub(1), expected)
			})
	}

	async fn stretch(&self, number: usize, mut ticker: Ticker) -> Result<()> {
		let Some((start, end, expected)) = self.stretches().nth(number) else { return Ok(()) };
		let tick = ticker.reach(start.saturating_sub(self.options.lead)).await;
		let asked = format!("stretch/{start}");
		if self.store.read::<bool>(&asked)?.is_none() {
			if tick.now.saturating_add(self.gate_lead) >= start {
				// Begun too late for it.
				self.hear(json!({ "step": "skipped", "start": start }));
				return Ok(());
			}
			self.pause().await;
		}
		let expected = self.followed(&tick.ledger, start, expected).await?;
		let lots = self.lots(start, end, &expected);
		if lots.is_empty() {
			return Ok(());
		}
		self.store.write(&asked, &true)?;
		let withdrawn = format!("withdrawn/{start}");
		if self.store.read::<bool>(&withdrawn)?.is_none() {
			if let Err(error) = self.withdraw(start, &lots).await {
				let AgentError::Refused(reason) = error else { return Err(error) };
				self.hear(json!({ "step": "refused", "start": start, "reason": reason }));
				// The DSO's service may have refused some and granted others, which must come back.
			}
			self.store.write(&withdrawn, &true)?;
		}
		try_join_all(lots.iter().map(|lot| self.lot(lot, ticker.clone()))).await?;
		Ok(())
	}

	/// What is expected in a stretch, with the household's share of the control signals that there are when it begins to act;
	/// the same after a restart. The household's devices hear of a share, and are to do as it says.
	async fn followed(
		&self,
		ledger: &Ledger,
		start: Timestep,
		expected: &[i64],
	) -> Result<Vec<i64>> {
		if self.options.follow == 0 {
			return Ok(expected.to_vec());
		}
		let name = format!("expected/{start}");
		if let Some(known) = self.store.read(&name)? {
			return Ok(known);
		}
		let mut following = Vec::new();
		for (t, watts) in (start..).zip(expected) {
			following.push(followed(*watts, ledger.control_signal(t).await?, self.options.follow));
		}
		self.store.write(&name, &following)?;
		if following != expected {
			self.hear(json!({ "step": "following", "start": start, "expected": following }));
		}
		Ok(following)
	}

	/// The notes of a stretch, and which of them are traded.
	fn lots(&self, start: Timestep, end: Timestep, expected: &[i64]) -> Vec<Lot> {
		let mut lots = Vec::new();
		for kind in [AssetKind::Production, AssetKind::Consumption] {
			let powers: Vec<Power> = self
				.options
				.basket
				.iter()
				.filter(|line| line.kind == kind)
				.flat_map(|line| (0..line.notes).map(|_| line.power))
				.collect();
			let traded = chosen(kind, &powers, expected);
			lots.extend(powers.into_iter().enumerate().map(|(place, power)| Lot {
				name: format!("{start}/{kind:?}/{place}"),
				kind,
				power,
				start,
				end,
				trades: traded.contains(&place),
			}));
		}
		lots
	}

	/// Takes a note all its way, or what is left of it.
	async fn lot(&self, lot: &Lot, mut ticker: Ticker) -> Result<()> {
		let finished = format!("finished/{}", lot.name);
		if self.store.read::<bool>(&finished)?.is_some() {
			return Ok(());
		}
		let mut at = vec![self.account(&format!("{}/a", lot.name)).await?];
		let mut ready = true;
		if self.options.members.is_some() {
			ready = self.mix_all(lot, &mut at, &ticker).await?;
		}
		if let Some(owner) = at.last().cloned().filter(|_| lot.trades && ready) {
			self.trade(lot, &owner, &mut ticker).await?;
			if self.options.members.is_some() {
				self.mix_again(lot, &owner, &mut at, &mut ticker).await?;
			}
		}
		self.give_back(lot, &at, &mut ticker).await?;
		self.store.write(&finished, &true)
	}

	/// The account under a name, always the same: fresh the first time.
	async fn account(&self, name: &str) -> Result<Account> {
		let name = format!("address/{name}");
		let mut wallet = self.wallet.lock().await;
		let index = self.store.number(&name, || Ok(wallet.fresh_address()?.index))?;
		Ok(wallet.account(Role::Address(index))?)
	}

	/// Whether it is too late to trade a note, or to put it into a pool.
	fn is_gated(&self, lot: &Lot, now: Timestep) -> bool {
		now.saturating_add(self.gate_lead) >= lot.start
	}

	/// The ledger said no: somebody was faster, the gate has closed, or an address has no quota yet. The note is still there.
	fn missed(&self, lot: &Lot, error: AgentError) -> Result<()> {
		match error {
			AgentError::Chain(error @ (Error::Dispatch { .. } | Error::Refused { .. })) => {
				self.hear(json!({ "step": "missed", "note": lot.name, "why": error.to_string() }));
				Ok(())
			},
			error => Err(error),
		}
	}

	/// Waits for a random time.
	async fn pause(&self) {
		tokio::time::sleep(random_delay(self.options.spread, &mut randomness())).await;
	}
}
