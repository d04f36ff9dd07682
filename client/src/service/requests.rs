//! From a request to its answer: whose it is, what the ledger says of the household, and what the database makes of it.

use super::{
	messages::{
		message_digest, Answer, Asked, Claim, DepositAddresses, FailedWithdrawal, OwnAddress,
		ReadAccount, ReadBills, ReadWithdrawal, Reason, Refusal, Request, SignedRequest, Statement,
		WithdrawAssets, MAX_ADDRESSES,
	},
	store::{Store, StoreResult},
	unix_time,
	worker::RoundError,
	Circumstances, Ledger, Member, Service,
};
use crate::{
	billing::{Bill, Flag, Message, Signed},
	types::*,
	H256,
};
use std::time::{Duration, Instant};

/// How long what the ledger said of a household is good.
const MEMBER_GOOD_FOR: Duration = Duration::from_secs(1);
/// How long to wait for the ledger before what it said last is good enough.
const LEDGER_PATIENCE: Duration = Duration::from_secs(3);
/// The most households that are remembered.
const MAX_SEEN: usize = 10_000;

/// An answer, signed and in SCALE.
pub(crate) type Answered = Result<Vec<u8>, RoundError>;

impl<L: Ledger> Service<L> {
	/// `POST /withdrawals`.
	pub(crate) async fn withdraw(&self, signed: SignedRequest<WithdrawAssets>) -> Answered {
		let asked = Asked::of(&signed.request, &self.desk.realm);
		let request = &signed.request;
		let failed = |reason, msg: String| {
			let (anon_address, time) = (request.anon_address, unix_time());
			Ok(self.desk.sign(Answer::FailedWithdrawal(FailedWithdrawal {
				anon_address,
				msg,
				reason,
				request: asked.digest,
				time,
			})))
		};
		let member = match self.household_of(&signed).await? {
			Ok(member) => member,
			Err((reason, msg)) => return failed(reason, msg),
		};
		let time = unix_time();
		let Some(parameters) = self.blocking(|store| store.parameters()).await? else {
			return failed(Reason::UnknownHousehold, "the ledger is not known yet".into());
		};
		let circumstances = Circumstances {
			time,
			now: time.checked_div(parameters.timestep_ms).unwrap_or_default(),
			parameters,
			member,
			credit: self.options.credit.get(&request.household).copied(),
		};
		let (desk, request) = (self.desk.clone(), signed.request);
		let answer = self
			.blocking(move |store| store.withdraw(&desk, &asked, &request, &circumstances))
			.await?;
		self.queued.notify_one();
		Ok(answer)
	}

	/// `POST /deposit-addresses`.
	pub(crate) async fn deposit_addresses(
		&self,
		signed: SignedRequest<DepositAddresses>,
	) -> Answered {
		let asked = Asked::of(&signed.request, &self.desk.realm);
		let count = signed.request.addresses.len();
		if !(1..=MAX_ADDRESSES).contains(&count) {
			let msg = format!(
				"one request is of 1 to {MAX_ADDRESSES} addresses, and this one of {count}"
			);
			return Ok(self.refused(asked.digest, Reason::BadCount, msg));
		}
		if let Err((reason, msg)) = self.household_of(&signed).await? {
			return Ok(self.refused(asked.digest, reason, msg));
		}
		let request = signed.request;
		let (realm, household) = (self.desk.realm, request.household);
		let (request, forged) = on_a_thread(move || {
			let forged = request.addresses.iter().find(|own| !own.is_genuine(&realm, household));
			let forged = forged.map(|own: &OwnAddress| own.address);
			(request, forged)
		})
		.await?;
		if let Some(address) = forged {
			let msg = format!("{address} has not signed that it is household {household}'s");
			return Ok(self.refused(asked.digest, Reason::BadSignature, msg));
		}
		let (desk, time) = (self.desk.clone(), unix_time());
		self.blocking(move |store| store.deposit_addresses(&desk, &asked, &request, time))
			.await
	}

	/// `POST /claims`.
	pub(crate) async fn claim(&self, signed: SignedRequest<Claim>) -> Answered {
		let asked = Asked::of(&signed.request, &self.desk.realm);
		let (household, address) = (signed.request.household, signed.request.address);
		if !signed.signature.verify(&asked.digest.0, &address) {
			let msg = format!("{address} did not sign this claim for this service and chain");
			return Ok(self.refused(asked.digest, Reason::BadSignature, msg));
		}
		if self.member(household).await?.is_none() {
			let msg = format!("no household {household}");
			return Ok(self.refused(asked.digest, Reason::UnknownHousehold, msg));
		}
		let (desk, time, request) = (self.desk.clone(), unix_time(), signed.request);
		self.blocking(move |store| store.claim(&desk, &asked, &request, time)).await
	}

	/// `POST /bills`.
	pub(crate) async fn file_bill(&self, bill: Signed<Bill>) -> Answered {
		let (household, digest) = (bill.content.meter(), message_digest(&self.desk.realm, &bill));
		if let Err((reason, msg)) = self.meter_of(&bill).await? {
			return Ok(self.refused(digest, reason, msg));
		}
		let (desk, time) = (self.desk.clone(), unix_time());
		let parameters = self.blocking(|store| store.parameters()).await?;
		let present = parameters.map_or(0, |known| period_of(timestep_at(time, &known), &known));
		let period = bill.content.period();
		// So there are as many bills of a household as there were periods, whatever its meter sends.
		if period > present {
			let msg = format!("the bill is for period {period}, and this is period {present}");
			return Ok(self.refused(digest, Reason::PeriodNotBegun, msg));
		}
		self.blocking(move |store| store.file_bill(&desk, &bill, household, time)).await
	}

	/// `POST /flags`.
	pub(crate) async fn file_flag(&self, flag: Signed<Flag>) -> Answered {
		let digest = message_digest(&self.desk.realm, &flag);
		if let Err((reason, msg)) = self.meter_of(&flag).await? {
			return Ok(self.refused(digest, reason, msg));
		}
		let Flag { meter, timestep, mismatch } = flag.content;
		if mismatch == 0 {
			let msg = format!("at timestep {timestep} nothing is amiss: the mismatch is zero");
			return Ok(self.refused(digest, Reason::NoMismatch, msg));
		}
		let (desk, time) = (self.desk.clone(), unix_time());
		let parameters = self.blocking(|store| store.parameters()).await?;
		let (present, period) = parameters
			.map_or((0, 0), |known| (timestep_at(time, &known), period_of(timestep, &known)));
		// So there are as many flags of a household as there were periods, whatever its meter sends.
		if timestep > present {
			let msg = format!("the flag is of timestep {timestep}, and this is timestep {present}");
			return Ok(self.refused(digest, Reason::TimestepNotBegun, msg));
		}
		let notice = self.options.notice;
		// Whoever sent it may hang up meanwhile: the DSO's people are told all the same.
		self.blocking(move |store| {
			let (answer, is_new) = store.file_flag(&desk, &flag, period, time)?;
			if is_new {
				notice(&format!(
					"the meter of household {meter} reports a mismatch of {mismatch} W at timestep {timestep}"
				));
			}
			Ok(answer)
		})
		.await
	}

	/// `GET /account`.
	pub(crate) async fn account(&self, signed: SignedRequest<ReadAccount>) -> Answered {
		let after = signed.request.after;
		self.statement(signed, move |store, of, (request, time)| {
			store.statement(of, (request, time, after))
		})
		.await
	}

	/// `GET /withdrawals`.
	pub(crate) async fn withdrawal(&self, signed: SignedRequest<ReadWithdrawal>) -> Answered {
		let id = signed.request.id;
		self.statement(signed, move |store, of, (request, time)| {
			store.statement_of_withdrawal(of, (request, time, id))
		})
		.await
	}

	/// What `read` shows of the household's account, with the credit that it has, to a request at a time.
	async fn statement<T: Request>(
		&self,
		signed: SignedRequest<T>,
		read: impl FnOnce(&Store, (MeterId, Balance), (H256, u64)) -> StoreResult<Statement>
			+ Send
			+ 'static,
	) -> Answered {
		let asked = Asked::of(&signed.request, &self.desk.realm);
		let member = match self.household_of(&signed).await? {
			Ok(member) => member,
			Err((reason, msg)) => return Ok(self.refused(asked.digest, reason, msg)),
		};
		let household = asked.head.household;
		let (desk, time) = (self.desk.clone(), unix_time());
		let parameters = self.blocking(|store| store.parameters()).await?;
		let now = parameters.map_or(0, |known| timestep_at(time, &known));
		let credit = self.options.credit.get(&household).copied();
		let credit = credit.unwrap_or_else(|| member.credit(now));
		self.blocking(move |store| {
			Ok(match store.ask(&desk, &asked, time)? {
				Ok(()) => {
					let statement = read(store, (household, credit), (asked.digest, time))?;
					desk.sign(Answer::Account(statement))
				},
				Err(refusal) => refusal,
			})
		})
		.await
	}

	/// `GET /bills`.
	pub(crate) async fn bills(&self, signed: SignedRequest<ReadBills>) -> Answered {
		let asked = Asked::of(&signed.request, &self.desk.realm);
		if let Err((reason, msg)) = self.household_of(&signed).await? {
			return Ok(self.refused(asked.digest, reason, msg));
		}
		let ReadBills { head, after } = signed.request;
		let (desk, time) = (self.desk.clone(), unix_time());
		self.blocking(move |store| {
			Ok(match store.ask(&desk, &asked, time)? {
				Ok(()) => desk
					.sign(Answer::Bills(store.bills(head.household, (asked.digest, time, after))?)),
				Err(refusal) => refusal,
			})
		})
		.await
	}

	fn refused(&self, request: H256, reason: Reason, msg: String) -> Vec<u8> {
		self.desk
			.sign(Answer::Refused(Refusal { msg, reason, request, time: unix_time() }))
	}

	/// The household that asks, if it signed the request and does not ask too often.
	async fn household_of<T: Request>(
		&self,
		signed: &SignedRequest<T>,
	) -> Result<Result<Member, (Reason, String)>, RoundError> {
		let household = signed.request.head().household;
		let Some(member) = self.member(household).await? else {
			return Ok(Err((Reason::UnknownHousehold, format!("no household {household}"))));
		};
		let digest = signed.request.digest(&self.desk.realm);
		let key = self.options.keys.get(&household).unwrap_or(&member.key);
		if !signed.signature.verify(&digest, key) {
			let msg = "the request is not signed by the household's key for this service and chain";
			return Ok(Err((Reason::BadSignature, msg.into())));
		}
		if !self.may_ask(household) {
			return Ok(Err((Reason::TooManyRequests, "ask again later".into())));
		}
		Ok(Ok(member))
	}

	/// Whether the meter of a household signed this, and does not send too much.
	async fn meter_of<T: Message>(
		&self,
		signed: &Signed<T>,
	) -> Result<Result<(), (Reason, String)>, RoundError> {
		let household = signed.content.meter();
		let Some(member) = self.member(household).await? else {
			return Ok(Err((Reason::UnknownHousehold, format!("no household {household}"))));
		};
		if !signed.is_signed_by(self.desk.realm.genesis, &member.key) {
			let msg = "it is not signed by the household's meter for this chain";
			return Ok(Err((Reason::BadSignature, msg.into())));
		}
		if !self.may_ask(household) {
			return Ok(Err((Reason::TooManyRequests, "ask again later".into())));
		}
		Ok(Ok(()))
	}

	fn may_ask(&self, household: MeterId) -> bool {
		self.rates.lock().is_ok_and(|mut rates| rates.household(household))
	}

	/// A household as the ledger has it, or had it when it last answered.
	async fn member(&self, household: MeterId) -> Result<Option<Member>, RoundError> {
		if let Ok(seen) = self.seen.lock() {
			let good = seen.get(&household).filter(|(at, _)| at.elapsed() < MEMBER_GOOD_FOR);
			if let Some((_, member)) = good {
				return Ok(Some(member.clone()));
			}
		}
		let asked = async {
			Ok::<_, super::LedgerError>((
				self.ledger.member(household).await?,
				self.ledger.parameters().await?,
			))
		};
		let Ok(Ok((member, parameters))) = tokio::time::timeout(LEDGER_PATIENCE, asked).await
		else {
			return self.blocking(move |store| store.member(household)).await;
		};
		let Some(member) = member else { return Ok(None) };
		let kept = member.clone();
		self.blocking(move |store| store.keep(Some((household, &kept)), &parameters))
			.await?;
		if let Ok(mut seen) = self.seen.lock() {
			if seen.len() >= MAX_SEEN {
				seen.clear();
			}
			seen.insert(household, (Instant::now(), member.clone()));
		}
		Ok(Some(member))
	}
}

/// The timestep at a time (unix time in milliseconds).
fn timestep_at(time: u64, parameters: &Parameters) -> Timestep {
	time.checked_div(parameters.timestep_ms).unwrap_or_default()
}

/// The billing period of a timestep.
fn period_of(timestep: Timestep, parameters: &Parameters) -> u64 {
	timestep.checked_div(parameters.billing_period).unwrap_or_default()
}

async fn on_a_thread<T: Send + 'static>(
	act: impl FnOnce() -> T + Send + 'static,
) -> Result<T, RoundError> {
	tokio::task::spawn_blocking(act)
		.await
		.map_err(|error| RoundError::Ended(error.to_string()))
}
