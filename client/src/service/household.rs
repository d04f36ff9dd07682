//! A household's view of the DSO's service: what agents and meters use.

use super::{
	client::{DsoClient, DsoError},
	messages::{
		Answer, Asset, Claim, DepositAddresses, Done, OwnAddress, Reason, Receipt, Request,
		RequestId, SignedAnswer, SignedRequest, Statement, Submission, WithdrawAssets,
		MAX_ADDRESSES,
	},
	unix_time,
};
use crate::{
	billing::{Bill, Flag, Signed},
	types::MeterId,
	AccountId32, PetraConfig, Signer,
};
use std::time::{Duration, Instant};

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(500);

/// A household (or its meter) that deals with the DSO's service: checked answers, refusals as errors, and patience with a
/// service that restarts.
///
/// Everything can be asked again after a restart of the asker, too: who keeps the [`RequestId`] of a withdrawal **before**
/// asking can call [`Household::withdraw`] with it as often as it likes, and has the assets once.
///
/// ```no_run
/// # async fn example(
/// #     node: petra_client::Client, key: petra_client::Keypair, address: petra_client::AccountId32, id: petra_client::service::RequestId,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// use petra_client::{service::{Asset, DsoClient, Household, Realm}, types::AssetKind};
/// use std::time::Duration;
///
/// // Who the DSO's service is, the ledger says.
/// let realm = Realm::of_issuer(&node).await?.ok_or("no withdrawal service")?;
/// let dso = DsoClient::new("127.0.0.1:8460", realm);
/// let household = Household::new(dso, 7, key).patient(Duration::from_secs(60));
/// // `id` was drawn with `RequestId::random()`, and is written down.
/// let assets = vec![Asset::Energy { kind: AssetKind::Production, power: 1_500, start: 700, end: 703 }];
/// household.withdraw(id, address, assets).await?;
/// for submission in household.settled(id, Duration::from_secs(60)).await? {
///     println!("{:?}: {:?}", submission.asset, submission.progress);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Household<K> {
	dso: DsoClient,
	number: MeterId,
	key: K,
	patience: Duration,
}

impl<K: Signer<PetraConfig>> Household<K> {
	/// The household of this meter, with the key with which it signs. It asks once.
	pub fn new(dso: DsoClient, number: MeterId, key: K) -> Self {
		Self { dso, number, key, patience: Duration::ZERO }
	}

	/// Goes on asking for so long while there is no answer, or not now.
	pub fn patient(self, patience: Duration) -> Self {
		Self { patience, ..self }
	}

	/// P3's `withdrawAssets`: has the DSO create all of these assets at an address, or none. Asked again with the same `id`,
	/// address and assets, also after a restart and at any time, it is done once and answered alike. `Ok` is a promise, for
	/// which the receipt is the proof: the assets are on the ledger a little later ([`Household::settled`]).
	///
	/// # Errors
	/// [`DsoError::Refused`]: nothing was withdrawn; to try again, use a new `id`. Under [`Reason::AlreadyUsed`] the `id` is of
	/// something else, which may have been done; after [`Reason::Stale`] (clocks differ) and [`Reason::TooManyRequests`] the
	/// same `id` is still good. The DSO forgets refusals after some minutes, and judges the same request anew then. Other
	/// errors leave it open: ask again.
	pub async fn withdraw(
		&self,
		id: RequestId,
		anon_address: AccountId32,
		assets: Vec<Asset>,
	) -> Result<Receipt, DsoError> {
		let household = self.number;
		let request = WithdrawAssets { household, id, time: 0, anon_address, assets };
		let start = Instant::now();
		loop {
			let signed = self.sign(&request, &self.key);
			if let Some(answer) = self.heard(start, self.dso.withdraw(&signed).await).await? {
				return self.receipt(answer);
			}
		}
	}

	/// How far the assets of a withdrawal have come, in the order in which they were asked for, however long ago that was.
	/// Empty if the DSO has taken on none of the household with this `id`.
	///
	/// # Errors
	/// [`DsoError`].
	pub async fn progress(&self, id: RequestId) -> Result<Vec<Submission>, DsoError> {
		let start = Instant::now();
		let mut submissions = loop {
			let answer = self.dso.withdrawal(self.number, id, &self.key).await;
			match self.heard(start, answer).await? {
				Some(Answer::Account(statement)) => break statement.submissions,
				Some(_) => return Err(self.senseless()),
				None => (),
			}
		};
		submissions.retain(|submission| submission.id == id);
		submissions.sort_unstable_by_key(|submission| submission.number);
		Ok(submissions)
	}

	/// Waits until the assets of a withdrawal are on the ledger, or are refused by it: see their
	/// [progress](super::Progress).
	///
	/// # Errors
	/// [`DsoError::NotSettled`] if that takes longer than `limit`, [`DsoError::NoSuchWithdrawal`].
	pub async fn settled(
		&self,
		id: RequestId,
		limit: Duration,
	) -> Result<Vec<Submission>, DsoError> {
		let start = Instant::now();
		loop {
			let submissions = self.progress(id).await?;
			if submissions.is_empty() {
				return Err(DsoError::NoSuchWithdrawal);
			}
			if submissions.iter().all(|one| one.progress.is_settled()) {
				return Ok(submissions);
			}
			if start.elapsed() >= limit {
				return Err(DsoError::NotSettled(submissions));
			}
			tokio::time::sleep(PAUSE).await;
		}
	}

	/// Tells the DSO from which addresses the household deposits: how many earlier deposits are credited now. Can be
	/// repeated.
	///
	/// # Errors
	/// [`DsoError::Refused`] with [`Reason::AddressTaken`].
	pub async fn register(&self, addresses: &[impl Signer<PetraConfig>]) -> Result<u32, DsoError> {
		let (realm, household) = (self.dso.realm(), self.number);
		let mut credited: u32 = 0;
		for some in addresses.chunks(MAX_ADDRESSES) {
			let addresses =
				some.iter().map(|key| OwnAddress::new(&realm, household, key)).collect();
			let id = RequestId::random();
			let request = DepositAddresses { household, id, time: 0, addresses };
			let start = Instant::now();
			let receipt = loop {
				let signed = self.sign(&request, &self.key);
				let answer = self.dso.deposit_addresses(&signed).await;
				if let Some(answer) = self.heard(start, answer).await? {
					break self.receipt(answer)?;
				}
			};
			if let Done::DepositAddresses { credited: more } = receipt.done {
				credited = credited.saturating_add(more);
			}
		}
		Ok(credited)
	}

	/// Claims what was deposited from an address that the DSO did not know: how many deposits are credited now, none if there
	/// is nothing to claim (any more). What comes later from this address is the household's, too, once something was
	/// claimed. Can be repeated.
	///
	/// # Errors
	/// [`DsoError::Refused`] with [`Reason::AddressTaken`].
	pub async fn claim(&self, address: &impl Signer<PetraConfig>) -> Result<u32, DsoError> {
		let (household, id) = (self.number, RequestId::random());
		let request = Claim { household, id, time: 0, address: address.account_id() };
		let start = Instant::now();
		loop {
			let signed = self.sign(&request, address);
			match self.heard(start, self.dso.claim(&signed).await).await {
				Ok(None) => (),
				Ok(Some(answer)) => match self.receipt(answer)?.done {
					Done::Claim { credited } => return Ok(credited),
					_ => return Err(self.senseless()),
				},
				Err(DsoError::Refused(Reason::NothingToClaim, _)) => return Ok(0),
				Err(error) => return Err(error),
			}
		}
	}

	/// The household's account, with all its entries.
	///
	/// # Errors
	/// [`DsoError`].
	pub async fn account(&self) -> Result<Statement, DsoError> {
		let mut statement = self.statement(0).await?;
		while let Some(next) = statement.next {
			let mut more = self.statement(next).await?;
			statement.entries.append(&mut more.entries);
			statement = Statement { entries: statement.entries, ..more };
		}
		Ok(statement)
	}

	/// All bills that the household's meter has sent, by period.
	///
	/// # Errors
	/// [`DsoError`].
	pub async fn bills(&self) -> Result<Vec<Signed<Bill>>, DsoError> {
		let (mut bills, mut after) = (Vec::new(), 0);
		loop {
			let start = Instant::now();
			let part = loop {
				let answer = self.dso.bills(self.number, after, &self.key).await;
				match self.heard(start, answer).await? {
					Some(Answer::Bills(part)) => break part,
					Some(_) => return Err(self.senseless()),
					None => (),
				}
			};
			bills.extend(part.bills);
			match part.next {
				Some(next) => after = next,
				None => return Ok(bills),
			}
		}
	}

	/// Sends a bill that the household's meter has signed. Can be repeated: the same bill is filed once.
	///
	/// # Errors
	/// [`DsoError::Refused`] with [`Reason::AlreadyBilled`] if there is another bill of this period.
	pub async fn file_bill(&self, bill: &Signed<Bill>) -> Result<Receipt, DsoError> {
		let start = Instant::now();
		loop {
			if let Some(answer) = self.heard(start, self.dso.file_bill(bill).await).await? {
				return self.receipt(answer);
			}
		}
	}

	/// Sends a flag that the household's meter has signed: what was withdrawn and deposited does not match. Can be repeated:
	/// the same flag is kept once, and has the same receipt.
	///
	/// # Errors
	/// [`DsoError::Refused`] with [`Reason::AlreadyFlagged`] if there is another flag of this billing period: the DSO knows.
	pub async fn file_flag(&self, flag: &Signed<Flag>) -> Result<Receipt, DsoError> {
		let start = Instant::now();
		loop {
			if let Some(answer) = self.heard(start, self.dso.file_flag(flag).await).await? {
				return self.receipt(answer);
			}
		}
	}

	async fn statement(&self, after: u64) -> Result<Statement, DsoError> {
		let start = Instant::now();
		loop {
			let answer = self.dso.account(self.number, after, &self.key).await;
			match self.heard(start, answer).await? {
				Some(Answer::Account(statement)) => return Ok(statement),
				Some(_) => return Err(self.senseless()),
				None => (),
			}
		}
	}

	/// The request as of now.
	fn sign<T: Request>(&self, request: &T, key: &impl Signer<PetraConfig>) -> SignedRequest<T> {
		SignedRequest::new(request.at(unix_time()), &self.dso.realm(), key)
	}

	/// What the DSO says; nothing if one should ask again, after a pause.
	async fn heard(
		&self,
		start: Instant,
		answered: Result<SignedAnswer, DsoError>,
	) -> Result<Option<Answer>, DsoError> {
		let error = match answered.map(|answer| answer.answer) {
			Ok(Answer::FailedWithdrawal(failed)) => DsoError::Refused(failed.reason, failed.msg),
			Ok(Answer::Refused(refusal)) => DsoError::Refused(refusal.reason, refusal.msg),
			Ok(answer) => return Ok(Some(answer)),
			Err(error) => error,
		};
		if !error.is_passing() || start.elapsed() >= self.patience {
			return Err(error);
		}
		tokio::time::sleep(PAUSE).await;
		Ok(None)
	}

	fn receipt(&self, answer: Answer) -> Result<Receipt, DsoError> {
		match answer {
			Answer::Receipt(receipt) => Ok(receipt),
			_ => Err(self.senseless()),
		}
	}

	/// A question was answered with a receipt, or the like: no DSO of ours does that.
	fn senseless(&self) -> DsoError {
		DsoError::NotAnswered { status: 200, message: "an answer to something else".into() }
	}
}
