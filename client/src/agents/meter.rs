//! The smart meter's side: withdrawals, deposits, the bill (P1, "Smart-Meter Transactions" and "Smart-Meter Based Billing").

use super::{
	link::{farewell, serve, Answer, Answers, Question},
	store::{Once, Store},
	ticker::Ticker,
	AgentError, Hears, Result,
};
use crate::{
	billing::{entries_at, file::BillFile, lines, Bill, Period, Signed},
	calls,
	history::History,
	mixing::{reclaim_call, Reclaim},
	service::{DsoClient, DsoError, Household, Realm},
	types::*,
	wallet::{Account, Role, Wallet},
	AccountId32, Client, Error,
};
use petra_mixing::basket::{random_delay, randomness};
use serde_json::json;
use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// How long the DSO's service may be away.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a meter is told.
#[derive(Clone, Debug)]
pub struct MeterOptions {
	/// Its number.
	pub meter: MeterId,
	/// Where its agent asks.
	pub socket: PathBuf,
	/// Directory of its database.
	pub data: PathBuf,
	/// Net consumption in mean watts, from timestep `first` on; all else is nothing.
	pub readings: Vec<i128>,
	/// The timestep of the first reading.
	pub first: Timestep,
	/// What is billed.
	pub bill: Period,
	/// Each timestep's figures, instead of the total alone.
	pub detailed: bool,
	/// Where the bill goes.
	pub bill_file: PathBuf,
	/// The DSO's service, `host:port`, that gets the bill, too.
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
	turn: Mutex<()>,
	wallet: Mutex<Wallet>,
	store: Store,
	hears: Hears,
}

/// Runs a meter until its agent is finished, everything that was returned is deposited, and the bill is written.
///
/// # Errors
/// [`AgentError`]; it can be started again then.
pub async fn run(
	client: Client,
	wallet: Wallet,
	options: MeterOptions,
	hears: Hears,
) -> Result<Bill> {
	let data = options.data.display().to_string();
	std::fs::create_dir_all(&options.data)
		.map_err(|error| AgentError::Options(format!("{data}: {error}")))?;
	let store = Store::open(&options.data.join("meter.redb"))?;
	let key = wallet.account(Role::Meter(options.meter))?;
	// The first block whose events count: everything of this household comes later.
	if store.read::<u64>("began")?.is_none() {
		store.write("began", &client.finalized_head().await?.number)?;
	}
	let socket = options.socket.clone();
	let farewell = farewell(&socket);
	let _ = std::fs::remove_file(&farewell);
	let (turn, wallet) = (Mutex::new(()), Mutex::new(wallet));
	let meter = Arc::new(Meter { options, client, key, turn, wallet, store, hears });
	let serving = serve(&socket, meter.clone());
	let deposits = meter.deposit_all();
	tokio::select! {
		ended = serving => ended?,
		done = deposits => done?,
	}
	let bill = meter.bill().await?;
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
				self.store.write("finished", &true)?;
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
		let _turn = self.turn.lock().await;
		let call = calls::withdraw(self.options.meter, outputs);
		if let Once::Done(outcome) = self
			.store
			.once(&self.client, &format!("withdraw/{id}"), &call, &self.key)
			.await?
		{
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
			if open.is_empty() && self.store.read::<bool>("finished")?.is_some() {
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

	/// Computes, signs and writes the bill.
	async fn bill(&self) -> Result<Bill> {
		let options = &self.options;
		let own: BTreeSet<AccountId32> = self
			.store
			.all::<AccountId32>("own/")?
			.into_iter()
			.map(|(_, address)| address)
			.collect();
		let began = self.store.read::<u64>("began")?.unwrap_or_default().max(1);
		let last = self.client.finalized_head().await?.number;
		let history = History::read(&self.client, began, last).await?;
		let measured: Vec<i128> = (options.bill.first..=options.bill.last)
			.map(|t| {
				let row = t.checked_sub(options.first).and_then(|row| usize::try_from(row).ok());
				row.and_then(|row| options.readings.get(row)).copied().unwrap_or_default()
			})
			.collect();
		let entries = history.entries();
		let own_entries: Vec<_> = entries_at(&own, &entries).collect();
		let lines = lines(options.bill, &measured, own_entries, |t| history.prices(t))?;
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
			self.file(address, &signed).await?;
		}
		if let Some(file) = &options.addresses_file {
			let text: String = own.iter().map(|address| format!("{address}\n")).collect();
			std::fs::write(file, text).map_err(|error| AgentError::Store(error.to_string()))?;
		}
		(self.hears)(json!({ "step": "billed", "owed": bill.owed()?.to_string() }));
		Ok(bill)
	}

	/// Sends the bill to the DSO's service.
	async fn file(&self, address: &str, signed: &Signed<Bill>) -> Result<()> {
		let realm = Realm::of_issuer(&self.client).await?.ok_or_else(|| {
			AgentError::Options("the ledger names no account that issues assets".into())
		})?;
		let dso = DsoClient::new(address, realm);
		let household = Household::new(dso, self.options.meter, self.key.clone());
		let filed = household.patient(PATIENCE).file_bill(signed).await;
		filed.map(|_| ()).map_err(|error| match error {
			DsoError::Refused(..) => AgentError::Refused(error.to_string()),
			error => AgentError::Link(error.to_string()),
		})
	}
}
