//! What agents and meters use: the service as a household sees it.

use super::{
	super::{
		messages::{Done, Progress, Reason},
		DsoClient, DsoError, Household,
	},
	http::{served, served_at, Served},
	*,
};
use crate::billing::{lines, Bill, Change, Entry, Flag, Period, Prices, Signed};
use std::time::Duration;
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpListener,
};

const PATIENCE: Duration = Duration::from_secs(60);

fn household(served: &Served, number: MeterId) -> Household<Keypair> {
	Household::new(served.client(), number, key_of(number))
}

fn refused(result: Result<impl std::fmt::Debug, DsoError>) -> Reason {
	match result {
		Err(DsoError::Refused(reason, msg)) if !msg.is_empty() => reason,
		other => panic!("{other:?}"),
	}
}

/// A block every few milliseconds, for as long as `work` takes.
async fn while_blocks_come<T>(ledger: &SimLedger, work: impl std::future::Future<Output = T>) -> T {
	let mut beat = tokio::time::interval(Duration::from_millis(20));
	tokio::pin!(work);
	loop {
		tokio::select! {
			done = &mut work => return done,
			_ = beat.tick() => ledger.mine(),
		}
	}
}

#[tokio::test]
async fn household_should_have_its_assets_once_however_often_it_asks() {
	let served = served(|_| ()).await;
	let household = household(&served, 1);
	let id = RequestId::random();
	let start = now() + 5;
	let assets = vec![energy(AssetKind::Production, 500, start, start + 1), money(70)];
	let unknown = household.settled(id, Duration::ZERO).await;
	assert!(matches!(unknown, Err(DsoError::NoSuchWithdrawal)), "{unknown:?}");
	let receipt = household.withdraw(id, address(9), assets.clone()).await.unwrap();
	assert_eq!(receipt.done, Done::Withdrawal { anon_address: address(9), first: 0, count: 2 });
	let early = household.settled(id, Duration::ZERO).await;
	assert!(matches!(&early, Err(DsoError::NotSettled(open)) if open.len() == 2), "{early:?}");
	// As after a restart of the agent: the same again, signed anew.
	for _ in 0..3 {
		let again = household.withdraw(id, address(9), assets.clone()).await.unwrap();
		assert_eq!((again.done, again.time), (receipt.done.clone(), receipt.time));
	}
	let other = household.withdraw(id, address(8), assets.clone()).await;
	assert_eq!(refused(other), Reason::AlreadyUsed);
	let settled = while_blocks_come(&served.ledger, household.settled(id, PATIENCE))
		.await
		.unwrap();
	assert_eq!(settled.iter().map(|one| one.asset).collect::<Vec<_>>(), assets);
	assert!(settled.iter().all(|one| matches!(one.progress, Progress::Final { .. })));
	assert_eq!(served.ledger.issued().len(), 2);
	// What is refused stays refused, under its id.
	let (id, none) = (RequestId::random(), vec![money(0)]);
	for _ in 0..2 {
		let refusal = household.withdraw(id, address(9), none.clone()).await;
		assert_eq!(refused(refusal), Reason::BadAsset);
	}
}

/// Also when it is not among the newest, which the account shows.
#[tokio::test]
async fn household_should_find_a_withdrawal_however_old_it_is() {
	let served = served(|_| ()).await;
	let (one, two) = (household(&served, 1), household(&served, 2));
	let id = RequestId::random();
	let start = now() + 5;
	let assets = vec![energy(AssetKind::Production, 500, start, start + 1), money(70)];
	one.withdraw(id, address(9), assets.clone()).await.unwrap();
	let settled = while_blocks_come(&served.ledger, one.settled(id, PATIENCE)).await.unwrap();
	for _ in 0..13 {
		one.withdraw(RequestId::random(), address(9), vec![money(1); 16]).await.unwrap();
	}
	let newest = one.account().await.unwrap().submissions;
	assert_eq!((newest.len(), newest.iter().any(|one| one.id == id)), (200, false));
	let found = one.settled(id, Duration::ZERO).await.unwrap();
	assert_eq!(found, settled);
	assert_eq!(found.iter().map(|one| one.asset).collect::<Vec<_>>(), assets);
	// It is nobody else's, and what was refused is none.
	let refusal = RequestId::random();
	assert_eq!(refused(one.withdraw(refusal, address(9), vec![]).await), Reason::BadCount);
	for none in [two.settled(id, PATIENCE).await, one.settled(refusal, PATIENCE).await] {
		assert!(matches!(none, Err(DsoError::NoSuchWithdrawal)), "{none:?}");
	}
}

#[tokio::test]
async fn household_should_flag_a_mismatch_once_in_a_period() {
	let served = served(|_| ()).await;
	let household = household(&served, 1);
	let timestep = now();
	let flag = |mismatch| Signed::new(Flag { meter: 1, timestep, mismatch }, GENESIS, &key_of(1));
	let receipt = household.file_flag(&flag(-300)).await.unwrap();
	assert_eq!(receipt.done, Done::Flag { timestep });
	assert_eq!(household.file_flag(&flag(-300)).await.unwrap(), receipt);
	assert_eq!(refused(household.file_flag(&flag(300)).await), Reason::AlreadyFlagged);
	assert_eq!(refused(household.file_flag(&flag(0)).await), Reason::NoMismatch);
}

#[tokio::test]
async fn household_should_see_what_the_ledger_refused() {
	let served = served(|_| ()).await;
	let household = household(&served, 1);
	let id = RequestId::random();
	household.withdraw(id, ledger::CURSED, vec![money(70)]).await.unwrap();
	let settled = while_blocks_come(&served.ledger, household.settled(id, PATIENCE))
		.await
		.unwrap();
	let [Progress::Failed { msg, .. }] = &[settled[0].progress.clone()] else {
		panic!("{settled:?}")
	};
	assert_eq!(msg, "EnergyAssets::FeederLimitExceeded");
	assert_eq!(household.account().await.unwrap().withdrawn, 0);
}

#[tokio::test]
async fn household_should_register_claim_and_see_its_account() {
	let served = served(|_| ()).await;
	let (one, two) = (household(&served, 1), household(&served, 2));
	assert_eq!(one.claim(&dev::dave()).await.unwrap(), 0, "there is nothing");
	let deposit = |key: Keypair, amount| Entry {
		address: key.public_key().to_account_id(),
		at: now(),
		change: Change::MoneyDeposited(amount),
	};
	served.ledger.state.lock().unwrap().deposits =
		vec![deposit(dev::dave(), 5), deposit(dev::eve(), 7), deposit(dev::eve(), 8)];
	served.ledger.mine();
	let credited = while_blocks_come(&served.ledger, async {
		loop {
			let credited = one.claim(&dev::dave()).await.unwrap();
			if credited > 0 {
				return credited;
			}
		}
	});
	assert_eq!(credited.await, 1);
	assert_eq!(one.claim(&dev::dave()).await.unwrap(), 0, "it has it");
	assert_eq!(refused(two.claim(&dev::dave()).await), Reason::AddressTaken);
	// More addresses than fit into one request; twice.
	let mut keys: Vec<Keypair> = (0..70u8)
		.map(|number| Keypair::from_secret_key([number; 32]).unwrap())
		.collect();
	keys.push(dev::eve());
	assert_eq!(two.register(&keys).await.unwrap(), 2);
	assert_eq!(two.register(&keys).await.unwrap(), 0);
	assert_eq!(refused(one.register(&keys).await), Reason::AddressTaken);
	let (first, second) = (one.account().await.unwrap(), two.account().await.unwrap());
	assert_eq!((first.deposited, second.deposited), (5, 15));
	assert_eq!((first.entries.len(), second.entries.len()), (1, 2));
}

/// An account and bills of several answers come as one.
#[tokio::test]
async fn household_should_see_all_of_a_long_account_and_of_many_bills() {
	let served = served(|_| ()).await;
	let one = household(&served, 1);
	one.register(&[dev::dave()]).await.unwrap();
	let entry = Entry {
		address: dev::dave().public_key().to_account_id(),
		at: now(),
		change: Change::MoneyDeposited(1),
	};
	served.ledger.state.lock().unwrap().deposits = vec![entry; 2_100];
	let account = while_blocks_come(&served.ledger, async {
		loop {
			let account = one.account().await.unwrap();
			if account.deposited > 0 {
				return account;
			}
		}
	});
	let account = account.await;
	assert_eq!((account.deposited, account.entries.len(), account.next), (2_100, 2_100, None));
	let prices = |_| Some(Prices { consumption: 2, production: 1 });
	let computed = lines(Period { first: 0, last: 0 }, &[7], [], prices).unwrap();
	let bill = |period| Signed::new(Bill::detailed(1, period, &computed), GENESIS, &key_of(1));
	let bills: Vec<_> = (1..=60).map(bill).collect();
	for bill in bills.iter().chain(&bills[..2]) {
		let receipt = one.file_bill(bill).await.unwrap();
		assert_eq!(receipt.done, Done::Bill { period: bill.content.period() });
	}
	assert_eq!(one.bills().await.unwrap(), bills);
	let other = Signed::new(Bill::total(1, 1, &computed).unwrap(), GENESIS, &key_of(1));
	assert_eq!(refused(one.file_bill(&other).await), Reason::AlreadyBilled);
}

#[tokio::test]
async fn household_should_wait_when_the_service_is_away_if_it_is_patient() {
	let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
	let address = listener.local_addr().unwrap().to_string();
	let impatient = Household::new(DsoClient::new(&address, realm()), 1, key_of(1));
	let patient = impatient.clone().patient(PATIENCE);
	let id = RequestId::random();
	// The service dies while it has the request,
	let dying = async {
		let (mut stream, _) = listener.accept().await.unwrap();
		stream.read_u8().await.unwrap();
	};
	let (failed, ()) =
		tokio::join!(impatient.withdraw(id, super::address(9), vec![money(5)]), dying);
	assert!(failed.as_ref().is_err_and(DsoError::is_passing), "{failed:?}");
	// and again; then it comes back.
	let back = async {
		let (mut stream, _) = listener.accept().await.unwrap();
		stream.read_u8().await.unwrap();
		drop(stream);
		served_at(listener, |_| ()).await
	};
	let (receipt, _served) =
		tokio::join!(patient.withdraw(id, super::address(9), vec![money(5)]), back);
	assert!(matches!(receipt.unwrap().done, Done::Withdrawal { count: 1, .. }));
}

/// Somebody between household and DSO repeats what the DSO said to another request.
#[tokio::test]
async fn client_should_notice_when_an_answer_is_to_another_request() {
	let served = served(|_| ()).await;
	let answer = served.client().withdraw(&signed(request(1, 1, vec![money(5)]))).await.unwrap();
	let body = serde_json::to_string(&answer).unwrap();
	let between = TcpListener::bind("127.0.0.1:0").await.unwrap();
	let address = between.local_addr().unwrap().to_string();
	let repeating = async {
		let (mut stream, _) = between.accept().await.unwrap();
		stream.read_u8().await.unwrap();
		let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
		stream.write_all(reply.as_bytes()).await.unwrap();
		// Until the client has read it.
		let _ = stream.read_to_end(&mut Vec::new()).await;
	};
	let household = Household::new(DsoClient::new(address, realm()), 1, key_of(1));
	let other =
		async { household.withdraw(RequestId([2; 16]), super::address(2), vec![money(5)]).await };
	let (heard, ()) = tokio::join!(other, repeating);
	assert!(matches!(heard, Err(DsoError::AnotherAnswer(_))), "{heard:?}");
}
