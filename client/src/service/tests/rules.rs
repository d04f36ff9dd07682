//! Which requests are taken on, and what those are told that are not.

use super::{
	super::{
		messages::{Claim, DepositAddresses, Done, FailedWithdrawal, OwnAddress, Reason, Refusal},
		SharedKey,
	},
	*,
};
use crate::{
	billing::{lines, Bill, Change, Energy, Entry, Flag, Message, Period, Prices, Signed},
	service::{ledger::LedgerBlock, Change as Regulated},
};
use ledger::{LIMITS, PARAMETERS};
use tempfile::TempDir;
use AssetKind::{Consumption, Production};

struct Office {
	_folder: TempDir,
	ledger: SimLedger,
	service: Arc<Service<SimLedger>>,
}

async fn office_with(change: impl FnOnce(&mut Options)) -> Office {
	let folder = tempfile::tempdir().unwrap();
	let ledger = SimLedger::new();
	let mut options = options(&folder.path().join("dso.redb"));
	change(&mut options);
	let service = open(&ledger, options).await;
	Office { _folder: folder, ledger, service }
}

async fn office() -> Office {
	office_with(|_| ()).await
}

impl Office {
	async fn ask(&self, request: WithdrawAssets) -> Answer {
		self.ask_signed(signed(request)).await
	}

	async fn ask_signed(&self, signed: SignedRequest<WithdrawAssets>) -> Answer {
		answer(&self.service.withdraw(signed).await.unwrap())
	}

	/// A final block with these deposits.
	fn deposit(&self, deposits: Vec<Entry>) {
		let number = self.service.store.followed().unwrap().unwrap() + 1;
		let (timestep, nonce, outcomes) = (now(), Some(0), Vec::new());
		self.service
			.store
			.count(&[LedgerBlock { number, timestep, nonce, outcomes, deposits }])
			.unwrap();
	}

	fn waiting(&self) -> usize {
		self.service.store.work(1_000).unwrap().waiting.len()
	}
}

fn reason(answer: &Answer) -> Option<Reason> {
	match answer {
		Answer::FailedWithdrawal(FailedWithdrawal { reason, .. })
		| Answer::Refused(Refusal { reason, .. }) => Some(*reason),
		_ => None,
	}
}

/// Each asset with what it is refused for; the limits are 5 000 W, 3 000 W and 1 000 000.
#[tokio::test]
async fn withdrawal_should_be_refused_with_the_reason() {
	let office = office().await;
	let (from, last) = (now() + 2, now() + PARAMETERS.horizon);
	let cases = [
		(vec![], Reason::BadCount),
		(vec![money(1); 17], Reason::BadCount),
		(vec![money(0)], Reason::BadAsset),
		(vec![energy(Production, 0, from + 9, from + 9)], Reason::BadAsset),
		(vec![energy(Production, 150, from + 9, from + 9)], Reason::BadAsset),
		(vec![energy(Production, 100, from + 9, from + 8)], Reason::BadAsset),
		(vec![energy(Production, 100, from - 1, from + 8)], Reason::NotOpen),
		(vec![energy(Production, 100, 0, u64::MAX)], Reason::NotOpen),
		(vec![energy(Production, 100, from + 9, last + 9)], Reason::BeyondHorizon),
		(vec![energy(Production, 100, from + 9, u64::MAX)], Reason::BeyondHorizon),
		(vec![energy(Production, 5_100, from + 9, from + 9)], Reason::LimitExceeded),
		(vec![energy(Consumption, 3_100, from + 9, from + 9)], Reason::LimitExceeded),
		(vec![energy(Consumption, u64::MAX - 15, from + 9, from + 9); 16], Reason::LimitExceeded),
		(
			vec![
				energy(Production, 2_600, from + 9, from + 12),
				energy(Production, 2_500, from + 12, from + 14),
			],
			Reason::LimitExceeded,
		),
		(vec![money(1_000_001)], Reason::FinancialLimitExceeded),
		(vec![money(u128::MAX), money(u128::MAX)], Reason::FinancialLimitExceeded),
		// One that could be had does not help.
		(vec![money(5), energy(Production, 5_100, from + 9, from + 9)], Reason::LimitExceeded),
	];
	for (index, (assets, expected)) in cases.into_iter().enumerate() {
		let request = request(1, u8::try_from(index).unwrap(), assets);
		let answer = office.ask(request.clone()).await;
		let Answer::FailedWithdrawal(failed) = &answer else { panic!("{request:?}: {answer:?}") };
		assert_eq!((failed.reason, failed.anon_address), (expected, request.anon_address));
		assert_eq!(failed.request.0, crate::service::Request::digest(&request, &realm()));
		assert!(!failed.msg.is_empty());
	}
	assert_eq!(office.waiting(), 0);
	let all = vec![
		energy(Production, 5_000, from + 9, last - 9),
		energy(Consumption, 3_000, from + 9, last - 9),
		money(1_000_000),
	];
	assert_eq!(reason(&office.ask(request(1, 100, all)).await), None);
	assert_eq!(office.waiting(), 3);
}

/// What was withdrawn before counts, at each timestep and in each billing period.
#[tokio::test]
async fn withdrawal_should_be_refused_when_the_limit_is_used_up() {
	let office = office().await;
	let from = now() + 10;
	let ask = |id, assets| office.ask(request(1, id, assets));
	let first = vec![energy(Production, 3_000, from, from + 4), money(400_000)];
	assert_eq!(reason(&ask(1, first).await), None);
	let over = Some(Reason::LimitExceeded);
	assert_eq!(reason(&ask(2, vec![energy(Production, 2_100, from + 4, from + 9)]).await), over);
	assert_eq!(reason(&ask(3, vec![energy(Production, 2_000, from - 3, from + 9)]).await), None);
	assert_eq!(reason(&ask(4, vec![energy(Production, 100, from, from)]).await), over);
	assert_eq!(reason(&ask(5, vec![energy(Production, 3_000, from + 5, from + 9)]).await), None);
	assert_eq!(reason(&ask(6, vec![energy(Consumption, 3_000, from, from)]).await), None);
	let too_much = Some(Reason::FinancialLimitExceeded);
	assert_eq!(reason(&ask(7, vec![money(600_001)]).await), too_much);
	assert_eq!(reason(&ask(8, vec![money(600_000)]).await), None);
	assert_eq!(reason(&ask(9, vec![money(1)]).await), too_much);
	// Others have limits of their own.
	assert_eq!(reason(&office.ask(request(2, 9, vec![money(1_000_000)])).await), None);
}

#[tokio::test]
async fn withdrawal_should_be_refused_when_too_many_of_the_household_wait() {
	let office = office().await;
	let ask = |household, id: u16| {
		let mut request = request(household, 1, vec![money(1); 16]);
		request.id.0[..2].copy_from_slice(&id.to_be_bytes());
		office.ask(request)
	};
	for id in 0..62 {
		assert_eq!(reason(&ask(1, id).await), None);
	}
	assert_eq!(reason(&ask(1, 62).await), Some(Reason::QueueFull));
	assert_eq!(reason(&ask(2, 62).await), None, "others are not concerned");
	// What is final waits no more.
	for _ in 0..8 {
		let _ = office.service.round(&mut Default::default()).await;
		office.ledger.mine();
	}
	assert_eq!(reason(&ask(1, 63).await), None);
}

/// Status, path and limits are those of each timestep of the asset; of money, those of now.
#[tokio::test]
async fn withdrawal_should_be_judged_by_what_is_in_force_at_its_timesteps() {
	let office = office().await;
	let from = now() + 10;
	let regulated = |after: u64, authorized, path, max_production, dso_from: u64| Regulated {
		from: from + after,
		authorized,
		path,
		limits: Limits { max_production, ..LIMITS },
		dso_from: from + dso_from,
	};
	office.ledger.state.lock().unwrap().changes = vec![
		regulated(4, true, Path::Dso, 200, 0),
		regulated(8, false, Path::Dso, 5_000, 0),
		regulated(12, true, Path::Meter, 5_000, 0),
		regulated(16, true, Path::Dso, 5_000, 20),
	];
	let cases = [
		(0, 3, 5_000, None),
		(3, 4, 300, Some(Reason::LimitExceeded)),
		(4, 7, 300, Some(Reason::LimitExceeded)),
		(4, 7, 200, None),
		(7, 8, 100, Some(Reason::LimitExceeded)),
		(8, 11, 100, Some(Reason::NotAuthorized)),
		(11, 12, 100, Some(Reason::NotAuthorized)),
		(12, 15, 100, Some(Reason::WrongPath)),
		(15, 30, 100, Some(Reason::WrongPath)),
		(16, 19, 100, Some(Reason::WrongPath)),
		(19, 20, 100, Some(Reason::WrongPath)),
		(20, 90, 5_000, None),
	];
	for (index, (start, end, power, expected)) in cases.into_iter().enumerate() {
		let assets = vec![energy(Production, power, from + start, from + end)];
		let answer = office.ask(request(1, u8::try_from(index).unwrap(), assets)).await;
		assert_eq!(reason(&answer), expected, "from {start} to {end}");
	}
	assert_eq!(reason(&office.ask(request(1, 100, vec![money(1)])).await), None);
}

#[tokio::test]
async fn money_should_be_refused_beyond_the_funds() {
	let office = office_with(|options| options.credit = [(1, 100)].into()).await;
	let ask = |id, amount| office.ask(request(1, id, vec![money(amount)]));
	let short = Some(Reason::InsufficientFunds);
	assert_eq!(reason(&ask(1, 101).await), short);
	assert_eq!(reason(&ask(2, 60).await), None);
	assert_eq!(reason(&ask(3, 41).await), short);
	let own = OwnAddress::new(&realm(), 1, &dev::dave());
	let (id, time) = (RequestId([9; 16]), unix_time());
	let addresses = DepositAddresses { household: 1, id, time, addresses: vec![own.clone()] };
	let addresses = SignedRequest::new(addresses, &realm(), &key_of(1));
	let done = answer(&office.service.deposit_addresses(addresses).await.unwrap());
	assert!(matches!(&done, Answer::Receipt(_)), "{done:?}");
	let change = Change::MoneyDeposited(1_000);
	office.deposit(vec![Entry { address: own.address, at: now(), change }]);
	assert_eq!(reason(&ask(4, 1_041).await), short);
	assert_eq!(reason(&ask(5, 1_040).await), None);
	assert_eq!(reason(&ask(6, 1).await), short);
}

#[tokio::test]
async fn request_should_be_refused_when_it_is_not_the_households() {
	let office = office().await;
	let good = || request(1, 1, vec![money(1)]);
	let other_key = SignedRequest::new(good(), &realm(), &key_of(2));
	let elsewhere = Realm { genesis: H256([6; 32]), ..realm() };
	let other_chain = SignedRequest::new(good(), &elsewhere, &key_of(1));
	let another = Realm { dso: address(1), ..realm() };
	let other_dso = SignedRequest::new(good(), &another, &key_of(1));
	let mut altered = signed(good());
	altered.request.assets = vec![money(2)];
	let mut other_address = signed(good());
	other_address.request.anon_address = address(200);
	for forged in [other_key, other_chain, other_dso, altered, other_address] {
		assert_eq!(reason(&office.ask_signed(forged).await), Some(Reason::BadSignature));
	}
	let unknown = SignedRequest::new(request(9, 1, vec![money(1)]), &realm(), &key_of(1));
	assert_eq!(reason(&office.ask_signed(unknown).await), Some(Reason::UnknownHousehold));
	let meters = office.ask(request(3, 1, vec![money(1)])).await;
	assert_eq!(reason(&meters), Some(Reason::WrongPath));
	office.ledger.state.lock().unwrap().banned = Some(2);
	let banned = office.ask(request(2, 1, vec![money(1)])).await;
	assert_eq!(reason(&banned), Some(Reason::NotAuthorized));
	assert_eq!(office.waiting(), 0);
	assert_eq!(reason(&office.ask(good()).await), None);
	assert_eq!(office.waiting(), 1);
}

/// A household can have a key of its own, and then its meter's is not enough.
#[tokio::test]
async fn household_should_sign_with_the_key_that_the_dso_knows_it_by() {
	let key = dev::eve().public_key().to_account_id();
	let office = office_with(|options| options.keys = [(1, key)].into()).await;
	let asked = || request(1, 1, vec![money(1)]);
	let by_meter = SignedRequest::new(asked(), &realm(), &key_of(1));
	assert_eq!(reason(&office.ask_signed(by_meter).await), Some(Reason::BadSignature));
	let own = SignedRequest::new(asked(), &realm(), &dev::eve());
	assert_eq!(reason(&office.ask_signed(own).await), None);
	// Bills are the meter's.
	let prices = |_| Some(Prices { consumption: 2, production: 1 });
	let computed = lines(Period { first: 0, last: 0 }, &[7], [], prices).unwrap();
	for (key, expected) in [(dev::eve(), Some(Reason::BadSignature)), (key_of(1), None)] {
		let bill = Signed::new(Bill::total(1, 4, &computed).unwrap(), GENESIS, &key);
		let told = answer(&office.service.file_bill(bill).await.unwrap());
		assert_eq!(reason(&told), expected);
	}
	assert_eq!(reason(&office.ask(request(2, 1, vec![money(1)])).await), None);
}

#[tokio::test]
async fn request_should_be_done_once_when_it_comes_again() {
	let office =
		office_with(|options| options.freshness = std::time::Duration::from_secs(60)).await;
	let once = signed(request(1, 1, vec![money(3)]));
	let told = office.service.withdraw(once.clone()).await.unwrap();
	for _ in 0..3 {
		assert_eq!(office.service.withdraw(once.clone()).await.unwrap(), told);
	}
	assert_eq!(office.waiting(), 1);
	// Signed anew, later, even too late, it is the same request; the answer is to what was signed.
	for later in [1_000, 200_000] {
		let mut anew = request(1, 1, vec![money(3)]);
		anew.time = once.request.time + later;
		let digest = crate::service::Request::digest(&anew, &realm());
		let (Answer::Receipt(first), Answer::Receipt(again)) =
			(answer(&told), office.ask(anew).await)
		else {
			panic!("no receipts")
		};
		assert_eq!((again.request.0, again.time), (digest, first.time));
		assert_eq!(again.done, first.done);
	}
	assert_eq!(office.waiting(), 1);
	// Somebody else cannot ask for it.
	let mut forged = once.clone();
	forged.request.time += 1;
	assert_eq!(reason(&office.ask_signed(forged).await), Some(Reason::BadSignature));
	// The same number for something else.
	let other = office.ask(request(1, 1, vec![money(4)])).await;
	assert_eq!(reason(&other), Some(Reason::AlreadyUsed));
	// Another household's number is its own.
	assert_eq!(reason(&office.ask(request(2, 1, vec![money(3)])).await), None);
	// Too old, and from the future.
	for time in [unix_time() - 61_000, unix_time() + 61_000, 0, u64::MAX] {
		let mut request = request(1, 2, vec![money(3)]);
		request.time = time;
		assert_eq!(reason(&office.ask(request).await), Some(Reason::Stale), "{time}");
	}
	assert_eq!(office.waiting(), 2);
	// A refusal is repeated, too, even when it would not be refused now.
	let much = signed(request(1, 3, vec![money(2_000_000)]));
	let told = office.service.withdraw(much.clone()).await.unwrap();
	assert_eq!(reason(&answer(&told)), Some(Reason::FinancialLimitExceeded));
	assert_eq!(office.service.withdraw(much).await.unwrap(), told);
}

#[tokio::test]
async fn request_should_be_refused_when_they_come_too_often() {
	let office = office_with(|options| options.rate_of_household = (0, 2)).await;
	for id in 1..=3 {
		let expected = (id == 3).then_some(Reason::TooManyRequests);
		assert_eq!(reason(&office.ask(request(1, id, vec![money(1)])).await), expected);
	}
	// Who cannot sign does not use up the household's.
	let forged = SignedRequest::new(request(2, 1, vec![money(1)]), &realm(), &key_of(1));
	for _ in 0..5 {
		assert_eq!(reason(&office.ask_signed(forged.clone()).await), Some(Reason::BadSignature));
	}
	assert_eq!(reason(&office.ask(request(2, 1, vec![money(1)])).await), None);
	// What its meter sends counts, too.
	for expected in [None, Some(Reason::TooManyRequests)] {
		let flag = flag(2, now(), 1, &key_of(2));
		let told = answer(&office.service.file_flag(flag).await.unwrap());
		assert_eq!(reason(&told), expected);
	}
}

#[tokio::test]
async fn requests_should_be_answered_when_the_node_is_down() {
	let office = office().await;
	assert_eq!(reason(&office.ask(request(1, 1, vec![money(1)])).await), None);
	office.ledger.state.lock().unwrap().down = true;
	office.service.seen.lock().unwrap().clear();
	assert_eq!(reason(&office.ask(request(1, 2, vec![money(1)])).await), None);
	assert_eq!(office.waiting(), 2);
	// Of this one nothing was ever heard.
	let unknown = office.ask(request(2, 1, vec![money(1)])).await;
	assert_eq!(reason(&unknown), Some(Reason::UnknownHousehold));
}

#[tokio::test]
async fn deposits_should_be_credited_to_who_proves_that_the_address_is_its_own() {
	let office = office().await;
	let dave = dev::dave().public_key().to_account_id();
	let time = unix_time();
	let register = |household: MeterId, id: u8, own: Vec<OwnAddress>| {
		let request = DepositAddresses { household, id: RequestId([id; 16]), time, addresses: own };
		office
			.service
			.deposit_addresses(SignedRequest::new(request, &realm(), &key_of(household)))
	};
	let claim = |household: MeterId, id: u8, key: Keypair, address: AccountId32| {
		let request = Claim { household, id: RequestId([id; 16]), time, address };
		office.service.claim(SignedRequest::new(request, &realm(), &key))
	};
	let asset = Energy { kind: Production, power: 300, start: now(), end: now() + 1 };
	let deposits = vec![
		Entry { address: dave, at: now(), change: Change::EnergyDeposited(asset) },
		Entry { address: dave, at: now(), change: Change::MoneyDeposited(25) },
	];
	office.deposit(deposits.clone());
	assert_eq!(office.service.store.unclaimed(10).unwrap(), deposits);
	// Household 2 cannot have them: not with a proof made for 1, nor its own signature, nor for nothing.
	let stolen = OwnAddress::new(&realm(), 1, &dev::dave());
	let told = answer(&register(2, 2, vec![stolen]).await.unwrap());
	assert_eq!(reason(&told), Some(Reason::BadSignature));
	let forged = OwnAddress { address: dave, ..OwnAddress::new(&realm(), 2, &dev::bob()) };
	let told = answer(&register(2, 3, vec![forged]).await.unwrap());
	assert_eq!(reason(&told), Some(Reason::BadSignature));
	let told = answer(&claim(2, 4, dev::bob(), dave).await.unwrap());
	assert_eq!(reason(&told), Some(Reason::BadSignature));
	let told = answer(&register(2, 5, vec![]).await.unwrap());
	assert_eq!(reason(&told), Some(Reason::BadCount));
	assert_eq!(office.service.store.unclaimed(10).unwrap().len(), 2);
	// Household 1 can.
	let told = answer(&claim(1, 6, dev::dave(), dave).await.unwrap());
	let Answer::Receipt(receipt) = told else { panic!("{told:?}") };
	assert_eq!(receipt.done, Done::Claim { credited: 2 });
	assert_eq!(office.service.store.unclaimed(10).unwrap(), vec![]);
	let told = answer(&claim(1, 7, dev::dave(), dave).await.unwrap());
	assert_eq!(reason(&told), Some(Reason::NothingToClaim));
	// From now on they are its own at once; and nobody else's.
	office.deposit(vec![deposits[1]]);
	let told = answer(&claim(2, 8, dev::dave(), dave).await.unwrap());
	assert_eq!(reason(&told), Some(Reason::AddressTaken));
	let own = OwnAddress::new(&realm(), 2, &dev::dave());
	let free = OwnAddress::new(&realm(), 2, &dev::eve());
	let told = answer(&register(2, 9, vec![free, own]).await.unwrap());
	assert_eq!(reason(&told), Some(Reason::AddressTaken));
	// Of a request that is refused, nothing is done: Eve's address is still free.
	let own = OwnAddress::new(&realm(), 1, &dev::eve());
	let told = answer(&register(1, 10, vec![own]).await.unwrap());
	assert_eq!(reason(&told), None);
	let statement = office.service.store.statement((1, 0), (H256::zero(), 0, 0)).unwrap();
	assert_eq!(statement.entries, [deposits[0], deposits[1], deposits[1]]);
	assert_eq!((statement.deposited, statement.available), (50, 50));
	// The account's entries are those that bills are made of.
	let period = Period { first: now(), last: now() };
	let prices = |_| Some(Prices { consumption: 2, production: 1 });
	let billed = lines(period, &[100], &statement.entries, prices).unwrap();
	assert_eq!(billed[0].bill, (100 - 300) - 50);
}

#[tokio::test]
async fn bills_should_be_filed_once_and_shown_to_the_household() {
	let office = office().await;
	let prices = |_| Some(Prices { consumption: 2, production: 1 });
	let computed = lines(Period { first: 0, last: 0 }, &[7], [], prices).unwrap();
	let bill = |period, key: &Keypair| {
		Signed::new(Bill::total(1, period, &computed).unwrap(), GENESIS, key)
	};
	let forged = answer(&office.service.file_bill(bill(4, &key_of(2))).await.unwrap());
	assert_eq!(reason(&forged), Some(Reason::BadSignature));
	for _ in 0..2 {
		let told = answer(&office.service.file_bill(bill(4, &key_of(1))).await.unwrap());
		assert!(
			matches!(&told, Answer::Receipt(receipt) if receipt.done == Done::Bill { period: 4 })
		);
	}
	let other = Signed::new(Bill::detailed(1, 4, &computed), GENESIS, &key_of(1));
	let told = answer(&office.service.file_bill(other).await.unwrap());
	assert_eq!(reason(&told), Some(Reason::AlreadyBilled));
	office.service.file_bill(bill(5, &key_of(1))).await.unwrap();
	// This period's, but not the next one's.
	let present = now() / PARAMETERS.billing_period;
	for (period, expected) in [
		(present, None),
		(present + 1, Some(Reason::PeriodNotBegun)),
		(u64::MAX, Some(Reason::PeriodNotBegun)),
	] {
		let told = answer(&office.service.file_bill(bill(period, &key_of(2))).await.unwrap());
		assert_eq!(reason(&told), Some(Reason::BadSignature), "the meter is another one");
		let told = answer(&office.service.file_bill(bill(period, &key_of(1))).await.unwrap());
		assert_eq!(reason(&told), expected, "{period}");
	}
	let bills =
		|household, after| office.service.store.bills(household, (H256::zero(), 0, after)).unwrap();
	let contents = |household, after| -> Vec<Bill> {
		bills(household, after).bills.into_iter().map(|bill| bill.content).collect()
	};
	let all = [4, 5, present].map(|period| Bill::total(1, period, &computed).unwrap());
	assert_eq!(contents(1, 0), all);
	assert_eq!(contents(1, 5), all[1..]);
	assert_eq!(contents(2, 0), []);
	let shown = bills(1, 0).bills;
	assert!(shown
		.iter()
		.all(|bill| bill.is_signed_by(GENESIS, &key_of(1).public_key().to_account_id())));
}

fn flag(meter: MeterId, timestep: Timestep, mismatch: i128, key: &Keypair) -> Signed<Flag> {
	Signed::new(Flag { meter, timestep, mismatch }, GENESIS, key)
}

#[tokio::test]
async fn flag_should_be_refused_when_it_is_not_the_meters_or_says_nothing() {
	let office = office().await;
	let good = flag(1, now(), 300, &key_of(1));
	let altered = Signed { content: Flag { mismatch: 301, ..good.content }, ..good.clone() };
	let elsewhere = Signed::new(good.content, H256([6; 32]), &key_of(1));
	let refusals = [
		(flag(1, now(), 300, &key_of(2)), Reason::BadSignature),
		(altered, Reason::BadSignature),
		(elsewhere, Reason::BadSignature),
		(flag(9, now(), 300, &key_of(1)), Reason::UnknownHousehold),
		(flag(1, now(), 0, &key_of(1)), Reason::NoMismatch),
		(flag(1, now() + 2, 300, &key_of(1)), Reason::TimestepNotBegun),
		(flag(1, Timestep::MAX, 300, &key_of(1)), Reason::TimestepNotBegun),
	];
	for (flag, expected) in refusals {
		let told = answer(&office.service.file_flag(flag.clone()).await.unwrap());
		assert_eq!(reason(&told), Some(expected), "{flag:?}");
		assert_eq!(told.request().0, flag.content.digest(GENESIS));
	}
	assert!(office.service.store.flags(10).unwrap().is_empty());
	let told = answer(&office.service.file_flag(good).await.unwrap());
	assert_eq!(reason(&told), None);
}

/// One of each household and billing period is kept, and told to the DSO's people once.
#[tokio::test]
async fn flags_should_be_kept_once_for_each_period_and_told() {
	static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());
	let office =
		office_with(|options| options.notice = |text| TOLD.lock().unwrap().push(text.into())).await;
	let length = PARAMETERS.billing_period;
	// The period before this one.
	let from = (now() / length - 1) * length;
	let first = flag(1, from + 5, -300, &key_of(1));
	let told = office.service.file_flag(first.clone()).await.unwrap();
	let Answer::Receipt(receipt) = answer(&told) else { panic!("no receipt") };
	assert_eq!((receipt.household, receipt.done), (1, Done::Flag { timestep: from + 5 }));
	// The same again, also signed anew, has the same receipt.
	for again in [first.clone(), flag(1, from + 5, -300, &key_of(1))] {
		assert_eq!(office.service.file_flag(again).await.unwrap(), told);
	}
	let second = [
		flag(1, from + 5, -301, &key_of(1)),
		flag(1, from, -300, &key_of(1)),
		flag(1, from + length - 1, -300, &key_of(1)),
	];
	for flag in second {
		let told = answer(&office.service.file_flag(flag).await.unwrap());
		assert_eq!(reason(&told), Some(Reason::AlreadyFlagged));
	}
	// Other periods and other households have flags of their own, of either sign.
	let others = [
		flag(1, from - 1, 200, &key_of(1)),
		flag(1, from + length, i128::MAX, &key_of(1)),
		flag(2, from + 5, -300, &key_of(2)),
	];
	for flag in others.clone() {
		let told = answer(&office.service.file_flag(flag).await.unwrap());
		assert_eq!(reason(&told), None);
	}
	let [before, after, neighbours] = others;
	let kept = [before, first.clone(), after, neighbours];
	assert_eq!(office.service.store.flags(10).unwrap(), kept);
	assert_eq!(office.service.store.flags(2).unwrap(), kept[..2]);
	let heard = TOLD.lock().unwrap().clone();
	let report = format!("household 1 reports a mismatch of -300 W at timestep {}", from + 5);
	assert_eq!((heard.len(), heard[0].contains(&report)), (4, true), "{heard:?}");
	// They survive the service.
	let Office { _folder: folder, ledger, service } = office;
	drop(service);
	let service = open(&ledger, options(&folder.path().join("dso.redb"))).await;
	assert_eq!(service.store.flags(10).unwrap(), kept);
	assert_eq!(service.file_flag(first).await.unwrap(), told);
	let other = flag(1, from + 6, 1, &key_of(1));
	let told = answer(&service.file_flag(other).await.unwrap());
	assert_eq!(reason(&told), Some(Reason::AlreadyFlagged));
}

/// A statement shows so many entries and says from where to go on.
#[tokio::test]
async fn account_should_come_in_parts_when_it_is_long() {
	let office = office().await;
	let dave = dev::dave().public_key().to_account_id();
	let change = Change::MoneyDeposited(1);
	office.deposit(vec![Entry { address: dave, at: now(), change }; 1_500]);
	let claim = Claim { household: 1, id: RequestId([1; 16]), time: unix_time(), address: dave };
	let claim = SignedRequest::new(claim, &realm(), &dev::dave());
	office.service.claim(claim).await.unwrap();
	let part = |after| office.service.store.statement((1, 0), (H256::zero(), 0, after)).unwrap();
	let (first, rest) = (part(0), part(1_000));
	assert_eq!((first.entries.len(), first.next), (1_000, Some(1_000)));
	assert_eq!((rest.entries.len(), rest.next), (500, None));
	assert_eq!(first.deposited, 1_500);
}

#[tokio::test]
async fn database_should_be_refused_when_it_is_of_another_chain_or_service() {
	let folder = tempfile::tempdir().unwrap();
	let file = folder.path().join("dso.redb");
	let ledger = SimLedger::new();
	let open = |key: Keypair, genesis| {
		let key: SharedKey = Arc::new(key);
		Service::open(ledger.clone(), key, genesis, options(&file))
	};
	drop(open(key_of_dso(), GENESIS).await.unwrap());
	let other = open(dev::eve(), GENESIS).await.err().unwrap();
	assert!(other.to_string().contains("another service"), "{other}");
	let other = open(key_of_dso(), H256([1; 32])).await.err().unwrap();
	assert!(other.to_string().contains("another chain"), "{other}");
	let first = open(key_of_dso(), GENESIS).await.unwrap();
	assert!(open(key_of_dso(), GENESIS).await.is_err(), "one process at a time");
	drop(first);
	assert!(open(key_of_dso(), GENESIS).await.is_ok());
}

/// It says which address is whose.
#[cfg(unix)]
#[tokio::test]
async fn database_should_be_its_owners_alone() {
	use std::os::unix::fs::PermissionsExt;
	let office = office().await;
	let file = office._folder.path().join("dso.redb");
	let mode = std::fs::metadata(file).unwrap().permissions().mode();
	assert_eq!(mode & 0o777, 0o600);
}

/// Numbers of refusals are forgotten when they are too old to come again, those of receipts never.
#[tokio::test]
async fn numbers_should_be_forgotten_when_they_are_stale() {
	let office = office_with(|options| options.freshness = std::time::Duration::ZERO).await;
	let window = office.service.desk.window;
	assert_eq!(window, 0);
	let store = &office.service.store;
	let member = office.service.ledger.clone();
	let member = crate::service::Ledger::member(&member, 1).await.unwrap().unwrap();
	let withdraw = |id: u8, time: u64, amount: Balance| {
		let mut request = request(1, id, vec![money(amount)]);
		request.time = time;
		let circumstances = crate::service::Circumstances {
			time,
			now: now(),
			parameters: PARAMETERS,
			member: member.clone(),
			credit: None,
		};
		let asked = crate::service::Asked::of(&request, &realm());
		answer(&store.withdraw(&office.service.desk, &asked, &request, &circumstances).unwrap())
	};
	let refused = withdraw(1, 1_000, LIMITS.max_financial + 1);
	assert_eq!(reason(&refused), Some(Reason::FinancialLimitExceeded));
	assert_eq!(reason(&withdraw(2, 1_001, 1)), None);
	assert_eq!(reason(&withdraw(3, 1_002, 1)), None);
	// The number of the refusal is free again, that of the receipt is not.
	assert_eq!(reason(&withdraw(1, 1_003, 1)), None);
	assert_eq!(reason(&withdraw(2, 1_004, 5)), Some(Reason::AlreadyUsed));
}
