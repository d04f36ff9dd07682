//! The smart meter's side: withdrawals, deposits, readings, settlement, the bill (P1, "Smart-Meter Transactions" and
//! "Smart-Meter Based Billing").

use super::{
	link::{farewell, serve, Answer, Answers, Question},
	store::{Once, Store},
	ticker::Ticker,
	AgentError, Hears, Result,
};
use crate::{
	billing::{
		entries_at, file::BillFile, flags, lines, Bill, Decimal, Entry, Flag, MeanWatts, Period,
		Prices, Signed, Unit,
	},
	calls,
	history::History,
	mixing::{reclaim_call, Reclaim},
	service::{DsoClient, DsoError, Household, Realm, Reason, Receipt},
	types::*,
	wallet::{write_private, Account, Role, Wallet},
	AccountId32, Client, Error,
};
use petra_mixing::basket::{random_delay, randomness};
use serde_json::json;
use std::{
	collections::BTreeSet,
	path::{Path, PathBuf},
	sync::Arc,
	time::Duration,
};
use tokio::sync::{mpsc, Mutex};

/// How long the DSO's service may be away.
const PATIENCE: Duration = Duration::from_secs(120);
/// The entry of the mismatch that this meter has found, and of whether the DSO's service has it.
const FLAG: &str = "flag";
const FLAG_SENT: &str = "flag is sent";

/// What a household measured: net consumption.
#[derive(Debug)]
pub enum Readings {
	/// In mean watts, one for each timestep; after them there is nothing.
	Known(Vec<i128>),
	/// Lines as they come, `TIMESTEP NUMBER`, for one timestep after the other; what is produced is positive.
	Lines(Unit, mpsc::Receiver<String>),
}

/// What a meter is told.
#[derive(Debug)]
pub struct MeterOptions {
	/// Its number.
	pub meter: MeterId,
	/// Where its agent asks.
	pub socket: PathBuf,
	/// Directory of its database.
	pub data: PathBuf,
	/// The timestep of the first reading; before it there is nothing.
	pub first: Timestep,
	/// What is billed: a whole billing period, or a part of one if it is `detailed`.
	pub bill: Period,
	/// Each timestep's figures, instead of the total alone.
	pub detailed: bool,
	/// Where the bill goes.
	pub bill_file: PathBuf,
	/// Where a flag goes, if there must be one.
	pub flag_file: PathBuf,
	/// The DSO's service, `host:port`, that gets the bill and a flag, too.
	pub dso: Option<String>,
	/// Where the household's addresses go, one a line, if it discloses them.
	pub addresses_file: Option<PathBuf>,
	/// The longest random delay before a deposit.
	pub spread: Duration,
}

struct Meter {
	options: MeterOptions,
	client: Client,
	key: Account,
	/// Whoever has it withdraws: the meter's transactions have numbers of their own, one after the other.
	turn: Mutex<Books>,
	wallet: Mutex<Wallet>,
	store: Store,
	hears: Hears,
}

/// What was withdrawn and deposited, as far as the chain was read, and which timesteps are known to be settled.
struct Books {
	entries: Vec<Entry>,
	/// The last block that was read.
	read: u64,
	/// The first timestep that is not looked at yet.
	next: Timestep,
}

/// Runs a meter until its agent is finished, everything that was returned is deposited, and the bill is written. A run is
/// that of one bill: another one goes on in the same database.
///
/// # Errors
/// [`AgentError`]; it can be started again then.
pub async fn run(
	client: Client,
	wallet: Wallet,
	options: MeterOptions,
	readings: Readings,
	hears: Hears,
) -> Result<Bill> {
	can_be_billed(&options, client.ledger().await?.parameters().await?.billing_period)?;
	let data = options.data.display().to_string();
	std::fs::create_dir_all(&options.data)
		.map_err(|error| AgentError::Options(format!("{data}: {error}")))?;
	let store = Store::open(&options.data.join("meter.redb"))?;
	let key = wallet.account(Role::Meter(options.meter))?;
	// The first block whose events count: everything of this household comes later.
	let began = format!("began/{}", options.bill.first);
	if store.read::<u64>(&began)?.is_none() {
		store.write(&began, &client.finalized_head().await?.number.max(1))?;
	}
	let read = store.read::<u64>(&began)?.unwrap_or_default().saturating_sub(1);
	let books = Books { entries: Vec::new(), read, next: options.bill.first };
	let socket = options.socket.clone();
	let farewell = farewell(&socket);
	let _ = std::fs::remove_file(&farewell);
	let (turn, wallet) = (Mutex::new(books), Mutex::new(wallet));
	let meter = Arc::new(Meter { options, client, key, turn, wallet, store, hears });
	let serving = serve(&socket, meter.clone());
	let working = async {
		match readings {
			Readings::Known(watts) => meter.deposit_all().await.map(|()| Some(watts)),
			Readings::Lines(unit, lines) => {
				let measured = meter.measure(unit, lines);
				tokio::try_join!(meter.deposit_all(), measured).map(|_| None)
			},
		}
	};
	let known = tokio::select! {
		ended = serving => {
			let closed = || AgentError::Link("the socket is closed".into());
			return Err(ended.err().unwrap_or_else(closed));
		},
		done = working => done?,
	};
	let bill = meter.bill(known.as_deref()).await?;
	std::fs::write(&farewell, "").map_err(|error| AgentError::Link(error.to_string()))?;
	Ok(bill)
}

impl Answers for Meter {
	async fn answer(&self, question: Question) -> Answer {
		match self.answered(question).await {
			Ok(answer) => answer,
			// The ledger has said no, or the question makes no sense.
			Err(error @ (AgentError::Chain(Error::Dispatch { .. }) | AgentError::Options(_))) => {
				Answer::Refused { reason: error.to_string() }
			},
			Err(error) => {
				let reason = error.to_string();
				(self.hears)(json!({ "step": "troubled", "reason": reason }));
				Answer::Later { reason }
			},
		}
	}
}

impl Meter {
	async fn answered(&self, question: Question) -> Result<Answer> {
		match question {
			Question::About => self.about().await,
			Question::Withdraw { id, outputs } => self.withdraw(&id, outputs).await,
			Question::DepositAddress { id } => {
				let name = format!("deposit/{id}");
				let mut wallet = self.wallet.lock().await;
				let index = self.store.number(&name, || Ok(wallet.fresh_address()?.index))?;
				let address = wallet.account(Role::Address(index))?.address();
				self.store.write(&format!("index/{address}"), &index)?;
				self.own([address])?;
				Ok(Answer::Address { address })
			},
			Question::Returned { address } => {
				if self.index(&address)?.is_none() {
					return Err(AgentError::Options(format!("{address} is no address of mine")));
				}
				let name = format!("returned/{address}");
				if self.store.read::<bool>(&name)?.is_none() {
					self.store.write(&name, &false)?;
				}
				Ok(Answer::Done)
			},
			Question::Owns { addresses } => {
				self.own(addresses)?;
				Ok(Answer::Done)
			},
			Question::Reclaim(reclaim) => self.reclaim(&reclaim).await,
			Question::Finished => {
				self.store.write(&self.finished(), &true)?;
				Ok(Answer::Done)
			},
		}
	}

	async fn about(&self) -> Result<Answer> {
		let meter = self.options.meter;
		let info = self.client.ledger().await?.meter(meter).await?;
		let info =
			info.ok_or_else(|| AgentError::Options(format!("the ledger knows no meter {meter}")))?;
		Ok(Answer::About { meter, feeder: info.feeder, limits: info.limits })
	}

	/// Withdraws, once for each id. The ledger judges the limits.
	async fn withdraw(&self, id: &str, outputs: Vec<WithdrawalOutput>) -> Result<Answer> {
		let addresses = outputs.iter().map(|output| match output {
			WithdrawalOutput::Energy { address, .. }
			| WithdrawalOutput::Financial { address, .. } => *address,
		});
		self.own(addresses)?;
		let mut books = self.turn.lock().await;
		let name = format!("withdraw/{id}");
		if !self.store.is_sent(&name)? {
			self.must_be_settled(&mut books).await?;
		}
		let call = calls::withdraw(self.options.meter, outputs);
		if let Once::Done(outcome) = self.store.once(&self.client, &name, &call, &self.key).await? {
			(self.hears)(json!({ "step": "withdrawn", "id": id, "block": outcome.block.number }));
		}
		Ok(Answer::Done)
	}

	/// Takes a note back from a failed ring, once.
	async fn reclaim(&self, reclaim: &Reclaim) -> Result<Answer> {
		let _turn = self.turn.lock().await;
		let call = reclaim_call(&self.client, reclaim).await?;
		let name = format!("reclaim/{}", reclaim.member);
		match self.store.once(&self.client, &name, &call, &self.key).await {
			Ok(_) => Ok(Answer::Done),
			Err(AgentError::Chain(error))
				if error.dispatch_error() == Some("Mixing::AlreadyReclaimed") =>
			{
				Ok(Answer::Done)
			},
			Err(error) => Err(error),
		}
	}

	fn own(&self, addresses: impl IntoIterator<Item = AccountId32>) -> Result<()> {
		for address in addresses {
			let name = format!("own/{}", hex::encode(address.0));
			if self.store.read::<AccountId32>(&name)?.is_none() {
				self.store.write(&name, &address)?;
			}
		}
		Ok(())
	}

	/// The entry of whether the agent is finished.
	fn finished(&self) -> String {
		format!("finished/{}", self.options.bill.first)
	}

	/// The number in the wallet of an address that was handed out.
	fn index(&self, address: &AccountId32) -> Result<Option<u32>> {
		self.store.read(&format!("index/{address}"))
	}

	/// Deposits what is returned, until the agent is finished and nothing is left.
	async fn deposit_all(&self) -> Result<()> {
		let mut ticker = Ticker::start(&self.client).await?;
		loop {
			let open: Vec<_> = self
				.store
				.all::<bool>("returned/")?
				.into_iter()
				.filter(|(_, done)| !done)
				.collect();
			if open.is_empty() && self.store.read::<bool>(&self.finished())?.is_some() {
				return Ok(());
			}
			let deposits = open.iter().map(|(address, _)| self.deposit(address));
			for deposited in futures::future::join_all(deposits).await {
				deposited?;
			}
			ticker.next().await;
		}
	}

	/// Deposits what is at an address, one thing in each transaction.
	async fn deposit(&self, name: &str) -> Result<()> {
		let address: AccountId32 =
			name.parse().map_err(|_| AgentError::Store(format!("{name} is no address")))?;
		let Some(index) = self.index(&address)? else { return Ok(()) };
		let key = self.wallet.lock().await.account(Role::Address(index))?;
		let ledger = self.client.final_ledger().await?;
		let assets = ledger.assets_of(&address).await?;
		let money = ledger.money(&address).await?.free;
		if assets.is_empty() && money == 0 {
			return self.store.write(&format!("returned/{name}"), &true);
		}
		tokio::time::sleep(random_delay(self.options.spread, &mut randomness())).await;
		for (id, _) in assets {
			let call = calls::deposit_energy_asset(id);
			let sent = self.store.once(&self.client, &format!("asset/{id}"), &call, &key).await;
			if !self.went(sent)? {
				return Ok(());
			}
			(self.hears)(json!({ "step": "deposited", "asset": id }));
		}
		if money > 0 {
			let call = calls::deposit_financial(money);
			// Anybody can send some more to an address.
			let name = self.store.unused(&format!("money/{name}"))?;
			let sent = self.store.once(&self.client, &name, &call, &key).await;
			if self.went(sent)? {
				(self.hears)(json!({ "step": "deposited", "money": money.to_string() }));
			}
		}
		Ok(())
	}

	/// Whether it went; if its address has no quota yet, it goes later.
	fn went(&self, sent: Result<Once>) -> Result<bool> {
		match sent {
			Ok(_) => Ok(true),
			Err(AgentError::Chain(Error::Refused { .. })) => Ok(false),
			Err(error) => Err(error),
		}
	}

	/// Takes readings as they come, until the bill has those of all of its timesteps. What is no reading, or not the next
	/// one, is told, and changes nothing.
	async fn measure(&self, unit: Unit, mut lines: mpsc::Receiver<String>) -> Result<()> {
		let length = self.client.ledger().await?.parameters().await?.timestep_ms;
		let wrong = |error| AgentError::Options(format!("readings: {error}"));
		let mut meter =
			Measuring::resume(&self.store, self.options.first, length).map_err(wrong)?;
		while meter.next <= self.options.bill.last {
			let Some(line) = lines.recv().await else {
				return Err(AgentError::Options(format!(
					"readings: standard input ended before that of timestep {}",
					meter.next
				)));
			};
			match meter.take(&line, unit) {
				Ok(watts) => meter.keep(&self.store, watts)?,
				Err(reason) => (self.hears)(json!({ "step": "misread", "reason": reason })),
			}
		}
		Ok(())
	}

	/// What was measured in the bill's timesteps, in mean watts.
	fn measured(&self, known: Option<&[i128]>) -> Result<Vec<i128>> {
		let MeterOptions { first, bill, .. } = self.options;
		let reading = |t: Timestep| -> Result<Option<i128>> {
			let Some(watts) = known else { return self.store.read(&format!("reading/{t}")) };
			let row = t.checked_sub(first).and_then(|row| usize::try_from(row).ok());
			Ok(row.and_then(|row| watts.get(row)).copied())
		};
		(bill.first..=bill.last).map(|t| Ok(reading(t)?.unwrap_or_default())).collect()
	}

	/// Refuses if there is a flag; looks first whether there must be one, for timesteps whose assets have expired since, and
	/// raises it.
	async fn must_be_settled(&self, books: &mut Books) -> Result<()> {
		let ledger = self.client.final_ledger().await?;
		let window = ledger.parameters().await?.settlement_window;
		// What ends at t can be deposited up to t + window.
		let expired = ledger.current_timestep().await?.checked_sub(window.saturating_add(1));
		let last = expired.map(|expired| expired.min(self.options.bill.last));
		if let Some(last) = last.filter(|last| books.next <= *last) {
			let head = self.client.finalized_head().await?.number;
			if head > books.read {
				let first = books.read.saturating_add(1);
				let entries = History::read(&self.client, first, head).await?.entries();
				books.entries.extend(entries_at(&self.addresses()?, &entries).copied());
				books.read = head;
			}
			let settled = Period { first: books.next, last };
			if let Some(flag) = self.flag(mismatch(self.options.meter, settled, &books.entries)?)? {
				if let Err(error) = self.raise(flag).await {
					// It is raised again with the bill.
					(self.hears)(json!({ "step": "not filed", "reason": error.to_string() }));
				}
			}
			books.next = last.saturating_add(1);
		}
		match self.store.read::<Flag>(FLAG)? {
			None => Ok(()),
			Some(Flag { timestep, mismatch, .. }) => Err(AgentError::Options(format!(
				"in timestep {timestep} assets withdrawn and deposited differ by {mismatch} W: nothing more is withdrawn \
				 until the DSO has settled that"
			))),
		}
	}

	/// The flag that this meter has raised or must raise: the first one found, for good.
	fn flag(&self, found: Option<Flag>) -> Result<Option<Flag>> {
		let known = self.store.read::<Flag>(FLAG)?;
		if let (None, Some(flag)) = (known, found) {
			self.store.write(FLAG, &flag)?;
			(self.hears)(json!({ "step": "flagged", "flag": flag }));
		}
		Ok(known.or(found))
	}

	/// Hands a flag over: in a file, and once to the DSO's service.
	async fn raise(&self, flag: Flag) -> Result<()> {
		let genesis = self.client.final_ledger().await?.genesis();
		let signed = Signed::new(flag, genesis, &self.key);
		let text = serde_json::to_string_pretty(&signed)
			.map_err(|error| AgentError::Store(error.to_string()))?;
		write(&self.options.flag_file, text)?;
		let Some(address) = &self.options.dso else { return Ok(()) };
		if self.store.read::<bool>(FLAG_SENT)?.is_none() {
			self.filed(self.household(address).await?.file_flag(&signed).await)?;
			self.store.write(FLAG_SENT, &true)?;
		}
		Ok(())
	}

	/// The household's addresses.
	fn addresses(&self) -> Result<BTreeSet<AccountId32>> {
		let own = self.store.all::<AccountId32>("own/")?;
		Ok(own.into_iter().map(|(_, address)| address).collect())
	}

	/// Computes, signs and writes the bill, and a flag if withdrawals and deposits do not match.
	async fn bill(&self, known: Option<&[i128]>) -> Result<Bill> {
		let options = &self.options;
		let own = self.addresses()?;
		let began = self.store.read::<u64>(&format!("began/{}", options.bill.first))?;
		let last = self.client.finalized_head().await?.number;
		let history = History::read(&self.client, began.unwrap_or(1), last).await?;
		let entries = history.entries();
		let own_entries: Vec<_> = entries_at(&own, &entries).copied().collect();
		let measured = self.measured(known)?;
		let lines = lines(options.bill, &measured, &own_entries, |t| history.prices(t))?;
		if let Some(flag) = self.flag(flags(options.meter, &lines)?.first().copied())? {
			self.raise(flag).await?;
		}
		let period = options
			.bill
			.first
			.checked_div(history.parameters.billing_period)
			.unwrap_or_default();
		let bill = if options.detailed {
			Bill::detailed(options.meter, period, &lines)
		} else {
			Bill::total(options.meter, period, &lines)?
		};
		let genesis = self.client.final_ledger().await?.genesis();
		let signed = Signed::new(bill.clone(), genesis, &self.key);
		BillFile::new(&signed, genesis, options.bill).write(&options.bill_file)?;
		if let Some(address) = &options.dso {
			self.filed(self.household(address).await?.file_bill(&signed).await)?;
		}
		if let Some(file) = &options.addresses_file {
			write(file, own.iter().map(|address| format!("{address}\n")).collect::<String>())?;
		}
		(self.hears)(json!({ "step": "billed", "owed": bill.owed()?.to_string() }));
		Ok(bill)
	}

	/// The household, for the DSO's service.
	async fn household(&self, address: &str) -> Result<Household<Account>> {
		let realm = Realm::of_issuer(&self.client).await?.ok_or_else(|| {
			AgentError::Options("the ledger names no account that issues assets".into())
		})?;
		let dso = DsoClient::new(address, realm);
		Ok(Household::new(dso, self.options.meter, self.key.clone()).patient(PATIENCE))
	}

	/// What the DSO's service said to a bill or a flag. If it has another one of that billing period, it keeps that.
	fn filed(&self, said: Result<Receipt, DsoError>) -> Result<()> {
		match said {
			Ok(_) => Ok(()),
			Err(DsoError::Refused(Reason::AlreadyBilled | Reason::AlreadyFlagged, reason)) => {
				(self.hears)(json!({ "step": "not filed", "reason": reason }));
				Ok(())
			},
			Err(error @ DsoError::Refused(..)) => Err(AgentError::Refused(error.to_string())),
			Err(error) => Err(AgentError::Link(error.to_string())),
		}
	}
}

/// A total says which billing period it is of, and so must be of all of it; each timestep's figures may be of a part of one.
fn can_be_billed(options: &MeterOptions, length: Timestep) -> Result<()> {
	let Period { first, last } = options.bill;
	if first > last {
		let why = format!("the bill would end at timestep {last}, before it begins at {first}");
		return Err(AgentError::Options(why));
	}
	let begin = first.saturating_sub(first.checked_rem(length).unwrap_or_default());
	let end = begin.saturating_add(length).saturating_sub(1);
	if !options.detailed && (first, last) != (begin, end) {
		return Err(AgentError::Options(format!(
			"a total is that of a whole billing period, timesteps {begin} to {end}: for a part of it, each timestep's \
			 figures can be billed (--detailed)"
		)));
	}
	Ok(())
}

/// The first timestep in which what was withdrawn and deposited does not match.
fn mismatch(meter: MeterId, period: Period, entries: &[Entry]) -> Result<Option<Flag>> {
	let nothing = vec![0; usize::try_from(period.len()).unwrap_or_default()];
	let free = |_| Some(Prices { consumption: 0, production: 0 });
	let lines = lines(period, &nothing, entries, free)?;
	Ok(flags(meter, &lines)?.first().copied())
}

fn write(path: &Path, text: String) -> Result<()> {
	write_private(path, text)
		.map_err(|error| AgentError::Store(format!("{}: {error}", path.display())))
}

/// Readings as they come in lines.
struct Measuring {
	/// The next one's timestep.
	next: Timestep,
	watts: MeanWatts,
	/// Where it goes on after a restart is kept under this name.
	name: String,
}

impl Measuring {
	/// Where it was, or from timestep `first` on.
	fn resume(store: &Store, first: Timestep, length: u64) -> Result<Self, String> {
		let name = format!("readings/{first}");
		let kept = store.read::<(Timestep, String)>(&name).map_err(|error| error.to_string())?;
		let (next, watts) = match kept {
			Some((next, watts)) => {
				(next, serde_json::from_str(&watts).map_err(|error| error.to_string())?)
			},
			None => (first, MeanWatts::new(length).map_err(|error| error.to_string())?),
		};
		Ok(Self { next, watts, name })
	}

	/// Net consumption that a line says, in mean watts; or what is wrong with the line.
	fn take(&mut self, line: &str, unit: Unit) -> Result<i128, String> {
		let (timestep, number) = line
			.trim()
			.split_once(char::is_whitespace)
			.ok_or_else(|| "a reading is a timestep, a space and a number".to_string())?;
		let timestep: Timestep =
			timestep.parse().map_err(|_| "a reading begins with its timestep".to_string())?;
		if timestep != self.next {
			return Err(format!(
				"this is of timestep {timestep}, but the next is that of {}",
				self.next
			));
		}
		let produced: Decimal = number.parse().map_err(|error| format!("{error}"))?;
		let consumed = Decimal::from_billionths(produced.billionths().saturating_neg());
		self.watts.next(consumed, unit).map_err(|error| error.to_string())
	}

	/// Writes the reading down, and goes on.
	fn keep(&mut self, store: &Store, watts: i128) -> Result<()> {
		let carried = serde_json::to_string(&self.watts)
			.map_err(|error| AgentError::Store(error.to_string()))?;
		store.write(&format!("reading/{}", self.next), &watts)?;
		self.next = self.next.saturating_add(1);
		store.write(&self.name, &(self.next, carried))
	}
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;

	#[test]
	fn readings_should_go_on_where_they_were_when_a_meter_restarts() {
		let directory = tempfile::tempdir().unwrap();
		let store = Store::open(&directory.path().join("meter.redb")).unwrap();
		let start = || Measuring::resume(&store, 10, 900_000).unwrap();
		let mut meter = start();
		// A quarter of an hour: 0.1 Wh less than nothing is drawn, so that 0.4 W are fed in.
		for (line, watts) in [("10 0.0001", -1), ("11\t0.0001", 0), (" 12 -1.5 \n", 6_000)] {
			let read = meter.take(line, Unit::KilowattHours).unwrap();
			assert_eq!(read, watts, "{line}");
			meter.keep(&store, read).unwrap();
			// As if it had been killed.
			meter = start();
		}
		assert_eq!(meter.next, 13);
		assert_eq!(store.read::<i128>("reading/12").unwrap(), Some(6_000));
		for (line, reason) in [
			("", "a space and a number"),
			("13", "a space and a number"),
			("now 5", "begins with its timestep"),
			("12 5", "the next is that of 13"),
			("14 5", "the next is that of 13"),
			("13 5 6", "no decimal number"),
			("13 five", "no decimal number"),
		] {
			let refused = meter.take(line, Unit::Kilowatts).unwrap_err();
			assert!(refused.contains(reason), "{line}: {refused}");
		}
		assert_eq!(start().next, 13);
	}

	#[test]
	fn total_should_be_of_a_whole_billing_period() {
		let options = |first, last, detailed| MeterOptions {
			meter: 7,
			socket: PathBuf::new(),
			data: PathBuf::new(),
			first,
			bill: Period { first, last },
			detailed,
			bill_file: PathBuf::new(),
			flag_file: PathBuf::new(),
			dso: None,
			addresses_file: None,
			spread: Duration::ZERO,
		};
		for (first, last, detailed, refused) in [
			(200, 299, false, None),
			(200, 299, true, None),
			(250, 260, true, None),
			(250, 260, false, Some("timesteps 200 to 299")),
			(250, 310, true, None),
			(200, 399, false, Some("timesteps 200 to 299")),
			(260, 250, true, Some("before it begins")),
		] {
			let said =
				can_be_billed(&options(first, last, detailed), 100).map_err(|e| e.to_string());
			match refused {
				None => assert_eq!(said, Ok(())),
				Some(reason) => assert!(said.unwrap_err().contains(reason), "{first} to {last}"),
			}
		}
	}

	#[test]
	fn mismatch_should_be_that_of_the_first_timestep_that_has_one() {
		use crate::billing::{Change, Energy};
		let address = AccountId32([1; 32]);
		let energy = |kind, start, end| Energy { kind, power: 500, start, end };
		let entry = |change| Entry { address, at: 9, change };
		let withdrawn = entry(Change::EnergyWithdrawn(energy(AssetKind::Production, 10, 14)));
		let deposited = entry(Change::EnergyDeposited(energy(AssetKind::Consumption, 10, 11)));
		let period = |first, last| Period { first, last };
		let found = |period| mismatch(7, period, &[withdrawn, deposited]).unwrap();
		assert_eq!(found(period(8, 11)), None);
		assert_eq!(found(period(8, 20)), Some(Flag { meter: 7, timestep: 12, mismatch: 500 }));
		assert_eq!(found(period(14, 20)).map(|flag| flag.timestep), Some(14));
		assert_eq!(found(period(15, 20)), None);
	}
}
