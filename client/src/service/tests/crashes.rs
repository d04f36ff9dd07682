//! The service killed at each of its steps: what it has promised happens once, what it has not does not happen.

use super::{
	super::{
		messages::{Claim, DepositAddresses, Done, OwnAddress, Progress},
		worker::{RoundError, Submitted},
		LedgerError,
	},
	ledger::CURSED,
	*,
};
use crate::{
	billing::{Change, Entry},
	service::{
		ledger::{Issue, IssuedAsset},
		Service,
	},
};
use std::collections::BTreeMap;
use tempfile::TempDir;
use AssetKind::{Consumption, Production};

/// A service's lives over one ledger, and what households were told.
struct World {
	folder: TempDir,
	lives: usize,
	ledger: SimLedger,
	service: Arc<Service<SimLedger>>,
	submitted: Submitted,
	/// What was answered to each request.
	told: BTreeMap<u8, Vec<u8>>,
	requests: BTreeMap<u8, SignedRequest<WithdrawAssets>>,
	addresses: SignedRequest<DepositAddresses>,
	claim: SignedRequest<Claim>,
	/// After how many steps a life ends,
	patience: Option<usize>,
	/// and whether those after the first one do, too.
	again: bool,
}

fn killed(error: &RoundError) -> bool {
	matches!(
		error,
		RoundError::Store(StoreError::Killed(_)) | RoundError::Ledger(LedgerError::Killed(_))
	)
}

/// What happens in each round, apart from the service's own work.
#[derive(Clone, Copy, Debug)]
enum Event {
	Ask(u8),
	Addresses,
	Deposit(u8, Balance),
	ForgetPool,
	Foreign,
	Down,
	Nothing,
}

const SCRIPT: [Event; 24] = [
	Event::Ask(1),
	Event::Ask(2),
	Event::Nothing,
	Event::Deposit(101, 40),
	Event::Addresses,
	Event::Ask(3),
	Event::ForgetPool,
	Event::Ask(4),
	Event::Deposit(101, 2),
	Event::Deposit(102, 300),
	Event::Foreign,
	Event::Ask(5),
	Event::Nothing,
	Event::Down,
	Event::ForgetPool,
	Event::Ask(1),
	Event::Ask(6),
	Event::Deposit(102, 5_000),
	Event::ForgetPool,
	Event::ForgetPool,
	Event::Nothing,
	Event::Foreign,
	Event::Ask(7),
	Event::Nothing,
];

/// Addresses that deposit, with keys: 101 is registered, 102 claims.
fn depositor(number: u8) -> Keypair {
	if number == 101 {
		dev::dave()
	} else {
		dev::eve()
	}
}

fn requests() -> BTreeMap<u8, SignedRequest<WithdrawAssets>> {
	let from = now() + 20;
	let assets = |id: u8| -> Vec<Asset> {
		match id {
			1 => vec![energy(Production, 500, from, from + 3), money(1_000)],
			2 => {
				vec![energy(Consumption, 200, from, from), energy(Consumption, 300, from, from + 1)]
			},
			3 => vec![money(77)],
			4 => vec![energy(Production, 400, from + 1, from + 1), money(5), money(6)],
			5 => vec![energy(Production, 100, from, from + 9)],
			// More than the limit: refused.
			6 => vec![energy(Production, 4_600, from + 3, from + 3)],
			_ => vec![energy(Consumption, 1_000, from, from), money(9)],
		}
	};
	(1..=7)
		.map(|id| {
			let mut request = request(1 + u32::from(id % 2), id, assets(id));
			if id == 4 {
				request.anon_address = CURSED;
			}
			if id == 6 {
				request.household = 2;
			}
			(id, signed(request))
		})
		.collect()
}

impl World {
	async fn new(patience: Option<usize>, again: bool) -> Self {
		let folder = tempfile::tempdir().unwrap();
		let ledger = SimLedger::new();
		let file = folder.path().join("0.redb");
		let service = open(&ledger, options(&file)).await;
		let own = OwnAddress::new(&realm(), 1, &depositor(101));
		let (id, time) = (RequestId([50; 16]), unix_time());
		let addresses = DepositAddresses { household: 1, id, time, addresses: vec![own] };
		let address = depositor(102).public_key().to_account_id();
		let claim = Claim { household: 2, id: RequestId([51; 16]), time, address };
		let world = Self {
			folder,
			lives: 1,
			ledger,
			service,
			submitted: Submitted::default(),
			told: BTreeMap::new(),
			requests: requests(),
			addresses: SignedRequest::new(addresses, &realm(), &key_of(1)),
			claim: SignedRequest::new(claim, &realm(), &depositor(102)),
			patience,
			again,
		};
		world.count_steps(&file);
		world
	}

	fn file(&self, life: usize) -> PathBuf {
		self.folder.path().join(format!("{life}.redb"))
	}

	fn count_steps(&self, file: &FilePath) {
		let life = Life {
			steps: 0,
			kill_at: self.patience,
			file: file.into(),
			left: self.file(self.lives),
		};
		*self.service.store.steps.0.lock().unwrap() = life;
		*self.ledger.steps.lock().unwrap() = self.service.store.steps.clone();
	}

	/// A new process finds the file as the killed one left it.
	async fn rise(&mut self) {
		*self.ledger.steps.lock().unwrap() = Steps::default();
		let file = self.file(self.lives);
		assert!(file.exists(), "it was killed");
		self.lives += 1;
		assert!(self.lives < 2_000, "no progress");
		let up = std::mem::replace(&mut self.ledger.state.lock().unwrap().down, false);
		self.service = open(&self.ledger, options(&file)).await;
		self.ledger.state.lock().unwrap().down = up;
		self.submitted = Submitted::default();
		if !self.again {
			self.patience = None;
		}
		self.count_steps(&file);
	}

	/// Asks until there is an answer, as a household does.
	async fn told(&mut self, id: u8) -> Vec<u8> {
		loop {
			let answered = match id {
				50 => self.service.deposit_addresses(self.addresses.clone()).await,
				51 => self.service.claim(self.claim.clone()).await,
				_ => self.service.withdraw(self.requests[&id].clone()).await,
			};
			match answered {
				Ok(answer) => {
					let before = self.told.insert(id, answer.clone());
					assert!(before.is_none_or(|before| before == answer), "it keeps its word");
					return answer;
				},
				Err(error) if killed(&error) => self.rise().await,
				Err(error) => panic!("{error}"),
			}
		}
	}

	async fn round(&mut self) {
		match self.service.round(&mut self.submitted).await {
			Ok(_)
			| Err(RoundError::Ledger(LedgerError::Refused(_) | LedgerError::Unreachable(_))) => (),
			Err(error) if killed(&error) => self.rise().await,
			Err(error) => panic!("{error}"),
		}
	}

	async fn play(&mut self, event: Event) {
		match event {
			Event::Ask(id) => drop(self.told(id).await),
			Event::Addresses => drop(self.told(50).await),
			Event::Deposit(number, amount) => {
				let address = depositor(number).public_key().to_account_id();
				let change = Change::MoneyDeposited(amount);
				let entry = Entry { address, at: now(), change };
				self.ledger.state.lock().unwrap().deposits.push(entry);
			},
			Event::ForgetPool => self.ledger.forget_pool(),
			Event::Foreign => self.ledger.state.lock().unwrap().foreign = true,
			Event::Down => self.ledger.state.lock().unwrap().down = true,
			Event::Nothing => (),
		}
		self.round().await;
		self.ledger.state.lock().unwrap().down = false;
		self.ledger.mine();
	}

	async fn statement(&self, household: MeterId) -> crate::service::Statement {
		let store = self.service.store.clone();
		store.statement((household, 0), (H256::zero(), 0, 0)).unwrap()
	}

	/// Lets the service work until nothing waits, and counts what is final.
	async fn finish(&mut self) {
		for _ in 0..200 {
			self.round().await;
			self.ledger.mine();
			let work = self.service.store.work(1_000).unwrap();
			let last = self.ledger.state.lock().unwrap().blocks.len() as u64;
			let counted = self.service.store.followed().unwrap().unwrap();
			if work.signed.is_empty() && work.waiting.is_empty() && last - counted <= 4 {
				return;
			}
		}
		panic!("it never ends");
	}

	/// Everything promised is on the ledger once, and nothing else.
	async fn check(&mut self) {
		self.finish().await;
		for id in [1, 2, 3, 4, 5, 6, 7, 50, 51] {
			self.told(id).await;
		}
		self.finish().await;
		let mut promised = Vec::new();
		for (id, signed) in &self.requests {
			let accepted = matches!(
				answer(&self.told[id]),
				Answer::Receipt(receipt) if matches!(receipt.done, Done::Withdrawal { .. })
			);
			assert_eq!(accepted, *id != 6, "request {id}");
			if accepted && signed.request.anon_address != CURSED {
				promised.extend(signed.request.assets.iter().map(|asset| as_issue(*id, asset)));
			}
		}
		let mut issued = self.ledger.issued();
		issued.sort_by_key(codec::Encode::encode);
		promised.sort_by_key(codec::Encode::encode);
		assert_eq!(issued, promised);
		self.check_accounts().await;
	}

	async fn check_accounts(&self) {
		let (one, two) = (self.statement(1).await, self.statement(2).await);
		// Odd requests are household 2's, even ones 1's, but 6 is 2's; what the ledger refused is given back.
		assert_eq!((one.withdrawn, one.deposited), (0, 42));
		assert_eq!((two.withdrawn, two.deposited), (1_000 + 77 + 9, 5_300));
		let progress = |statement: &crate::service::Statement, number: u8| -> Vec<bool> {
			let of = statement.submissions.iter().filter(|one| one.id == RequestId([number; 16]));
			of.map(|one| matches!(one.progress, Progress::Final { .. })).collect()
		};
		assert_eq!(progress(&one, 2), [true, true]);
		assert_eq!(progress(&one, 4), [false, false, false]);
		assert_eq!(progress(&two, 1), [true, true]);
		assert_eq!((one.entries.len(), two.entries.len()), (2 + 2, 2 + 1 + 1 + 2 + 2));
		assert_eq!(self.service.store.unclaimed(10).unwrap(), vec![]);
	}
}

fn as_issue(id: u8, asset: &Asset) -> Issue {
	match *asset {
		Asset::Energy { kind, power, start, end } => {
			Issue::Energy(address(id), IssuedAsset { feeder: 7, kind, power, start, end })
		},
		Asset::Financial { amount } => Issue::Financial(address(id), amount),
	}
}

/// How many steps the script takes when nobody kills the service.
async fn steps_of_an_undisturbed_life() -> usize {
	let mut world = World::new(None, false).await;
	for event in SCRIPT {
		world.play(event).await;
	}
	world.check().await;
	assert_eq!(world.lives, 1);
	world.service.store.steps.taken()
}

#[tokio::test]
async fn promises_should_be_kept_once_when_the_service_is_killed_at_any_one_step() {
	let steps = steps_of_an_undisturbed_life().await;
	assert!(steps > 100, "{steps}");
	for kill_at in 0..steps {
		let mut world = World::new(Some(kill_at), false).await;
		for event in SCRIPT {
			world.play(event).await;
		}
		world.check().await;
		assert_eq!(world.lives, 2, "killed at {kill_at}");
	}
}

#[tokio::test]
async fn promises_should_be_kept_once_when_the_service_is_killed_again_and_again() {
	let steps = steps_of_an_undisturbed_life().await;
	for patience in 9..40 {
		let mut world = World::new(Some(patience), true).await;
		for event in SCRIPT {
			world.play(event).await;
		}
		world.check().await;
		// Nearly as many as an undisturbed life takes steps for: who starts again looks about itself less often.
		let (lives, at_least) = (world.lives, steps.div_euclid(patience).max(3));
		assert!(lives >= at_least, "{lives} lives, each of {patience} of {steps} steps");
	}
}
