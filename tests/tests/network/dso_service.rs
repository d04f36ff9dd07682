//! `petra dso serve` is killed (SIGKILL) again and again with at least 50 requests in flight, and its node goes away. Every
//! request is answered, and everything that was taken on is on the ledger once.

use crate::support::{account_of, ensure, key_of, set_balance, sudo_key, EUR};
use futures::future::try_join_all;
use nix::{
	sys::signal::{kill, Signal},
	unistd::Pid,
};
use petra_client::{
	calls,
	petra::energy_assets::events::AssetAdded,
	service::{
		Answer, Asset, DsoClient, Household, Progress, Realm, RequestId, SignedAnswer,
		SignedRequest, WithdrawAssets,
	},
	types::{
		AssetKind, Authorization, Limits, MeterId, Path as WithdrawalPath, RegulatoryTransaction,
		Timestep,
	},
	AccountId32, Client, Keypair,
};
use petra_tests::{
	find_tool, free_port, knob, wait, wait::within, with_network, Error, LocalNetwork,
	NetworkOptions, Result, ScratchDirectory, FULL_NODE,
};
use std::{
	collections::BTreeMap,
	path::PathBuf,
	process::Stdio,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc, Mutex,
	},
	time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
	io::{AsyncBufReadExt, BufReader},
	process::{Child, Command},
	sync::{watch, Notify},
};

/// Requests of one round, and how many at least have no answer when the service is killed.
const REQUESTS: usize = 80;
const IN_FLIGHT: usize = 50;
/// The service is killed after so many answers at most; while it dies, some more may come.
const MOST_ANSWERS: usize = 10;
/// Requests whose assets are on their way to the ledger meanwhile.
const UNDER_WAY: usize = 32;
/// Requests of earlier rounds that are asked again in each.
const AGAIN: usize = 8;
/// The node that the service uses.
const NODE: &str = "bob";
const HOUSEHOLDS: u32 = 16;
const FEEDER: u32 = 5;
/// What one request withdraws.
const POWER: u64 = 100;
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a round's requests may take to be answered, and to be final.
const ROUND_LIMIT: Duration = Duration::from_secs(180);

fn failed(error: impl std::fmt::Display) -> Error {
	Error::Violated(format!("petra dso serve: {error}"))
}

fn household_key(household: MeterId) -> Keypair {
	key_of(&format!("//Household//{household}"))
}

fn service_key() -> Keypair {
	key_of("//Service")
}

/// The regulator names the service, and authorises households for which the DSO withdraws. The first open timestep.
async fn prepare(client: &Client) -> Result<Timestep> {
	let sudo = sudo_key();
	let service = account_of(&service_key());
	client.sudo(&set_balance(&service, 1_000_000 * EUR), &sudo).await?;
	client.sudo(&calls::set_issuer(Some(service)), &sudo).await?;
	let now = client.ledger().await?.current_timestep().await?;
	let limits = Limits {
		max_production: POWER * 10_000_000,
		max_consumption: POWER * 10_000_000,
		max_financial: 0,
	};
	let authorize = (1..=HOUSEHOLDS)
		.map(|id| Authorization {
			id,
			pubkey: account_of(&household_key(id)),
			feeder: FEEDER,
			limits,
			path: WithdrawalPath::Dso,
		})
		.collect();
	let regulation = RegulatoryTransaction {
		authorize,
		ban: Vec::new(),
		price_consumption: None,
		price_production: None,
		time: now,
	};
	client.sudo(&calls::regulate(regulation), &sudo).await?;
	Ok(now + 10)
}

/// The service as a process, and whatever starts it again.
struct Program {
	directory: PathBuf,
	url: String,
	listen: String,
	child: Option<Child>,
	/// How many times it has been started, for those who wait until it is there again.
	starts: watch::Sender<usize>,
}

impl Program {
	/// Starts it, and waits until it says that it serves.
	async fn start(&mut self) -> Result {
		let mut command = Command::new(find_tool()?);
		command
			.args(["--key-file", "service.key", "dso", "serve", "--listen", &self.listen])
			.current_dir(&self.directory)
			.env_clear()
			.env("HOME", &self.directory)
			.env("PETRA_URL", &self.url)
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.stderr(Stdio::piped())
			.kill_on_drop(true);
		let mut child = command.spawn().map_err(failed)?;
		let stderr = child.stderr.take().ok_or_else(|| Error::Violated("no stderr".into()))?;
		let mut lines = BufReader::new(stderr).lines();
		within(START_LIMIT, "petra dso serve to serve", async {
			let mut said = Vec::new();
			while let Some(line) = lines.next_line().await.map_err(failed)? {
				if line.contains("serving as") {
					return Ok(());
				}
				said.push(line);
			}
			Err(Error::Violated(format!("petra dso serve ended: {}", said.join("\n"))))
		})
		.await?;
		tokio::spawn(async move {
			while let Ok(Some(line)) = lines.next_line().await {
				println!("service: {line}");
			}
		});
		self.child = Some(child);
		self.starts.send_modify(|starts| *starts += 1);
		Ok(())
	}

	/// Kills it as a power cut does.
	async fn kill(&mut self) -> Result {
		let mut child =
			self.child.take().ok_or_else(|| Error::Violated("it does not run".into()))?;
		let id = child.id().and_then(|id| i32::try_from(id).ok());
		let id = id.ok_or_else(|| Error::Violated("the service ended by itself".into()))?;
		kill(Pid::from_raw(id), Signal::SIGKILL).map_err(failed)?;
		child.wait().await.map_err(failed)?;
		Ok(())
	}
}

/// How often each address got an asset, as the final blocks say, and what came last.
#[derive(Default)]
struct OnLedger {
	assets: Mutex<BTreeMap<AccountId32, usize>>,
	more: Notify,
}

impl OnLedger {
	/// Counts what is issued in final blocks, from a node that the service does not use.
	async fn watch(self: Arc<Self>, client: Client) -> Result {
		let mut blocks = client.follow(client.finalized_head().await?.number);
		loop {
			for added in blocks.next().await?.find::<AssetAdded>()? {
				let mut assets = self.assets.lock().expect("nobody panics");
				*assets.entry(added.address).or_default() += 1;
			}
			self.more.notify_waiters();
		}
	}

	/// How many addresses have got something.
	fn count(&self) -> usize {
		self.assets.lock().expect("nobody panics").len()
	}

	/// Waits for the next final block.
	async fn next(&self) -> Result {
		within(ROUND_LIMIT, "a final block", async {
			self.more.notified().await;
			Ok::<_, Error>(())
		})
		.await
	}

	/// Waits until so many addresses have got something.
	async fn reach(&self, count: usize) -> Result {
		within(ROUND_LIMIT, format!("{count} withdrawals to be final"), async {
			loop {
				let more = self.more.notified();
				tokio::pin!(more);
				more.as_mut().enable();
				if self.count() >= count {
					return Ok::<_, Error>(());
				}
				more.await;
			}
		})
		.await
	}
}

/// One household's request: asked until there is an answer, whatever happens to the service.
async fn ask(
	dso: &DsoClient,
	request: &SignedRequest<WithdrawAssets>,
	mut starts: watch::Receiver<usize>,
	answered: &AtomicUsize,
	news: &Notify,
) -> Result<SignedAnswer> {
	loop {
		let start = *starts.borrow_and_update();
		match dso.withdraw(request).await {
			Ok(answer) => {
				answered.fetch_add(1, Ordering::SeqCst);
				news.notify_one();
				return Ok(answer);
			},
			// Until it is started again.
			Err(_) => {
				let waiting = starts.wait_for(|starts| *starts > start);
				let gone = |_| Error::Violated("the test ended".into());
				within(ROUND_LIMIT, "the service to come back", async {
					waiting.await.map(drop).map_err(gone)
				})
				.await?;
			},
		}
	}
}

struct Bench {
	realm: Realm,
	dso: DsoClient,
	program: Program,
	ledger: Arc<OnLedger>,
	/// The first timestep for which something is asked.
	from: Timestep,
	/// All requests so far, with their answers.
	told: Vec<(SignedRequest<WithdrawAssets>, SignedAnswer)>,
	asked: u64,
}

impl Bench {
	fn requests(&mut self, count: usize) -> Vec<SignedRequest<WithdrawAssets>> {
		let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
		let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
		let requests = (0..count).map(|_| {
			self.asked += 1;
			let number = self.asked.to_be_bytes();
			let household = household_of(self.asked);
			let (mut id, mut address) = ([0; 16], [0xab; 32]);
			id[8..].copy_from_slice(&number);
			address[24..].copy_from_slice(&number);
			let start = self.from + self.asked % 50;
			let kind = if self.asked.is_multiple_of(3) {
				AssetKind::Consumption
			} else {
				AssetKind::Production
			};
			let request = WithdrawAssets {
				household,
				id: RequestId(id),
				time,
				anon_address: AccountId32(address),
				assets: vec![Asset::Energy { kind, power: POWER, start, end: start + 1 }],
			};
			SignedRequest::new(request, &self.realm, &household_key(household))
		});
		requests.collect()
	}

	/// Asks until all are answered, and has the service killed meanwhile, after `answers` of them; `None`: not at all. How
	/// many had no answer when it was.
	async fn ask_all(&mut self, count: usize, answers: Option<usize>) -> Result<usize> {
		let requests = self.requests(count);
		let (answered, news) = (AtomicUsize::new(0), Notify::new());
		let starts = self.program.starts.subscribe();
		let (dso, program) = (&self.dso, &mut self.program);
		let asking = try_join_all(
			requests.iter().map(|one| ask(dso, one, starts.clone(), &answered, &news)),
		);
		let killing = async {
			let Some(answers) = answers else { return Ok(0) };
			while answered.load(Ordering::SeqCst) < answers {
				news.notified().await;
			}
			program.kill().await?;
			let waiting = count.saturating_sub(answered.load(Ordering::SeqCst));
			program.start().await?;
			Ok(waiting)
		};
		let both = async { futures::try_join!(asking, killing) };
		let (answers, waiting) = within(ROUND_LIMIT, "all answers", both).await?;
		for answer in &answers {
			ensure(matches!(answer.answer, Answer::Receipt(_)), || format!("refused: {answer:?}"))?;
		}
		self.told.extend(requests.into_iter().zip(answers));
		Ok(waiting)
	}

	/// One round: some assets get under way, a random time passes, and then the service is killed while it answers more
	/// requests, at a random one.
	async fn round(&mut self, round: usize) -> Result {
		self.ask_all(UNDER_WAY, None).await?;
		for _ in 0..rand::random_range(0..3) {
			self.ledger.next().await?;
		}
		let done = self.ledger.count();
		let under_way = self.told.len() - done;
		let answers = rand::random_range(0..=MOST_ANSWERS);
		let waiting = self.ask_all(REQUESTS, Some(answers)).await?;
		println!(
			"round {round}: killed with {waiting} requests without an answer, after {answers}; {under_way} assets were under way"
		);
		ensure(waiting >= IN_FLIGHT, || format!("only {waiting} in flight"))?;
		// A receipt is repeated, also after a restart.
		for _ in 0..AGAIN {
			let (request, answer) = &self.told[rand::random_range(0..self.told.len())];
			let again = self.dso.withdraw(request).await;
			let again = again.map_err(|error| Error::Violated(error.to_string()))?;
			ensure(again == *answer, || format!("first {answer:?}, then {again:?}"))?;
		}
		// So that the queue stays as long as it is.
		self.ledger.reach(self.told.len().saturating_sub(REQUESTS)).await
	}

	/// While the service's node is down, requests are answered; when it is back, they are done. The service is killed
	/// meanwhile, and starts while there is no node.
	async fn without_node(&mut self, network: &LocalNetwork) -> Result {
		self.ledger.reach(self.told.len()).await?;
		network.kill(&[NODE]).await?;
		self.ask_all(REQUESTS, None).await?;
		self.program.kill().await?;
		let before = self.told.len() - REQUESTS;
		ensure(self.ledger.count() == before, || "done without a node".into())?;
		let back = async { network.restart(&[NODE]).await };
		futures::try_join!(self.program.start(), back)?;
		self.ledger.reach(self.told.len()).await?;
		println!(
			"{REQUESTS} requests were taken on while the node was down, and done when it was back"
		);
		Ok(())
	}

	/// Everything is there once, and the accounts say so.
	async fn check(&self) -> Result {
		{
			let assets = self.ledger.assets.lock().expect("nobody panics");
			let total: usize = assets.values().sum();
			let asked = self.told.len();
			let all_there =
				self.told.iter().all(|(one, _)| assets.contains_key(&one.request.anon_address));
			ensure(all_there && assets.len() == asked && total == asked, || {
				let twice: Vec<_> = assets.iter().filter(|(_, count)| **count != 1).collect();
				let there = assets.len();
				format!("{asked} taken on, {there} addresses, {total} assets; not once: {twice:?}")
			})?;
			println!(
				"{asked} requests were taken on, and {total} assets are in final blocks, each once"
			);
		}
		let accounts = (1..=HOUSEHOLDS).map(|number| async move {
			let household = Household::new(self.dso.clone(), number, household_key(number));
			Ok::<_, Error>((
				number,
				household.patient(ROUND_LIMIT).account().await.map_err(failed)?,
			))
		});
		for (number, statement) in try_join_all(accounts).await? {
			let open = statement.submissions.iter();
			let open = open.filter(|one| !matches!(one.progress, Progress::Final { .. })).count();
			ensure(open == 0, || format!("{open} submissions are not final"))?;
			let asked = self.told.iter().filter(|(one, _)| one.request.household == number).count();
			let entered = statement.entries.len();
			ensure(entered == asked, || format!("{asked} asked, {entered} in the account"))?;
		}
		Ok(())
	}
}

fn household_of(asked: u64) -> MeterId {
	1 + u32::try_from(asked % u64::from(HOUSEHOLDS)).unwrap_or_default()
}

async fn test(network: &LocalNetwork, kills: usize) -> Result {
	let client = network.client("alice").await?;
	wait::finalized(&client, 2).await?;
	let from = prepare(&client).await?;
	let directory = ScratchDirectory::new("dso-service-files")?;
	let key = directory.path().join("service.key");
	std::fs::write(key, "//Service").map_err(failed)?;
	let listen = format!("127.0.0.1:{}", free_port()?);
	let genesis = client.final_ledger().await?.genesis();
	let realm = Realm { genesis, dso: account_of(&service_key()) };
	let ledger = Arc::new(OnLedger::default());
	let mut watching = tokio::spawn(ledger.clone().watch(network.client(FULL_NODE).await?));
	let program = Program {
		directory: directory.path().to_path_buf(),
		url: network.node(NODE)?.url.clone(),
		listen: listen.clone(),
		child: None,
		starts: watch::Sender::new(0),
	};
	let dso = DsoClient::new(listen, realm);
	let mut bench = Bench { realm, dso, program, ledger, from, told: Vec::new(), asked: 0 };
	bench.program.start().await?;
	let rounds = async {
		for round in 0..kills {
			bench.round(round).await?;
		}
		bench.without_node(network).await?;
		// What would come twice has the time to come.
		wait::twenty_more(&network.clients().await?).await?;
		bench.check().await
	};
	let result = tokio::select! {
		result = rounds => result,
		ended = &mut watching => match ended {
			Ok(result) => result,
			Err(error) => Err(Error::Violated(error.to_string())),
		},
	};
	watching.abort();
	result
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn withdrawals_should_be_on_the_ledger_once_when_the_dso_service_is_killed() -> Result {
	let kills = knob("PETRA_SERVICE_KILLS", 10)?;
	with_network(NetworkOptions::new("dso-service"), async |network| test(network, kills).await)
		.await
}
