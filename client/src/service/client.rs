//! A household's side of the service: asks over HTTP, and checks the DSO's signature.

use super::{
	http::{HOUSEHOLD, ID, SIGNATURE, TIME},
	messages::{
		message_digest, Claim, DepositAddresses, Head, ReadAccount, ReadBills, ReadWithdrawal,
		Realm, Reason, Request, RequestId, SignedAnswer, SignedRequest, Submission, WithdrawAssets,
	},
	unix_time,
};
use crate::{
	billing::{Bill, Flag, Signed},
	types::MeterId,
	PetraConfig, Signer, H256,
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Bytes, client::conn::http1, header::HOST, Method};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use std::time::Duration;
use tokio::net::TcpStream;

/// The most bytes of an answer.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why there is no answer of the DSO, or none that one hoped for. The same request can be sent again: it is done once.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DsoError {
	/// The address is none, or nobody answers there, or the connection broke.
	#[error("the DSO's service at {0} does not answer: {1}")]
	Unreachable(String, String),
	/// It could not read the request, or is busy.
	#[error("the DSO's service says {status}: {message}")]
	NotAnswered {
		/// The HTTP status.
		status: u16,
		/// What it says.
		message: String,
	},
	/// What answered is not this DSO's service.
	#[error("what answers at {0} has not the DSO's signature on what it says")]
	NotTheDso(String),
	/// The DSO has signed this, but it is the answer to another request: somebody in between repeats it.
	#[error("what answers at {0} repeats an answer to another request")]
	AnotherAnswer(String),
	/// The DSO refuses. Only a [`Household`](super::Household) has this as an error.
	#[error("the DSO refuses: {1} ({0:?})")]
	Refused(Reason, String),
	/// A withdrawal was taken on, and is not on the ledger yet.
	#[error("{} of {} withdrawn assets are not final yet", .0.iter().filter(|one| !one.progress.is_settled()).count(), .0.len())]
	NotSettled(Vec<Submission>),
	/// The DSO has taken on no such withdrawal of the household.
	#[error("the DSO knows no withdrawal with this id")]
	NoSuchWithdrawal,
}

impl DsoError {
	/// Whether the same request may well be answered a little later.
	pub fn is_passing(&self) -> bool {
		match self {
			Self::Unreachable(..) | Self::Refused(Reason::TooManyRequests, _) => true,
			Self::NotAnswered { status, .. } => [408, 429, 503].contains(status),
			_ => false,
		}
	}
}

/// A connection to the DSO's service: one for each request. [`Household`](super::Household) is a household's view of it.
#[derive(Clone, Debug)]
pub struct DsoClient {
	/// `host:port`.
	address: String,
	realm: Realm,
}

impl DsoClient {
	/// The service at `host:port`, which one knows by its account and chain.
	pub fn new(address: impl Into<String>, realm: Realm) -> Self {
		Self { address: address.into(), realm }
	}

	/// Who asks, now and with a number of its own.
	pub fn head(household: MeterId) -> Head {
		Head { household, id: RequestId::random(), time: unix_time() }
	}

	/// For whom requests are signed.
	pub fn realm(&self) -> Realm {
		self.realm
	}

	/// P3's `withdrawAssets`.
	///
	/// # Errors
	/// [`DsoError`] if there is no answer of the DSO; its refusals are answers.
	pub async fn withdraw(
		&self,
		request: &SignedRequest<WithdrawAssets>,
	) -> Result<SignedAnswer, DsoError> {
		self.post("/withdrawals", request, self.digest_of(request)).await
	}

	/// Says from which addresses one will deposit.
	///
	/// # Errors
	/// As [`DsoClient::withdraw`].
	pub async fn deposit_addresses(
		&self,
		request: &SignedRequest<DepositAddresses>,
	) -> Result<SignedAnswer, DsoError> {
		self.post("/deposit-addresses", request, self.digest_of(request)).await
	}

	/// Claims what was deposited from an address.
	///
	/// # Errors
	/// As [`DsoClient::withdraw`].
	pub async fn claim(&self, request: &SignedRequest<Claim>) -> Result<SignedAnswer, DsoError> {
		self.post("/claims", request, self.digest_of(request)).await
	}

	/// Sends a meter's bill.
	///
	/// # Errors
	/// As [`DsoClient::withdraw`].
	pub async fn file_bill(&self, bill: &Signed<Bill>) -> Result<SignedAnswer, DsoError> {
		self.post("/bills", bill, message_digest(&self.realm, bill)).await
	}

	/// Sends a meter's flag: in a timestep, the assets withdrawn and those deposited do not match.
	///
	/// # Errors
	/// As [`DsoClient::withdraw`].
	pub async fn file_flag(&self, flag: &Signed<Flag>) -> Result<SignedAnswer, DsoError> {
		self.post("/flags", flag, message_digest(&self.realm, flag)).await
	}

	/// The household's account, entries from number `after` on.
	///
	/// # Errors
	/// As [`DsoClient::withdraw`].
	pub async fn account(
		&self,
		household: MeterId,
		after: u64,
		key: &impl Signer<PetraConfig>,
	) -> Result<SignedAnswer, DsoError> {
		let request = ReadAccount { head: Self::head(household), after };
		let path = format!("/account?after={after}");
		self.get(path, SignedRequest::new(request, &self.realm, key)).await
	}

	/// How far one of the household's withdrawals has come: the account without entries, with the submissions of this
	/// withdrawal alone; with none, if the DSO has taken on no such one.
	///
	/// # Errors
	/// As [`DsoClient::withdraw`].
	pub async fn withdrawal(
		&self,
		household: MeterId,
		id: RequestId,
		key: &impl Signer<PetraConfig>,
	) -> Result<SignedAnswer, DsoError> {
		let request = ReadWithdrawal { head: Self::head(household), id };
		let path = format!("/withdrawals?id={id}");
		self.get(path, SignedRequest::new(request, &self.realm, key)).await
	}

	/// The household's bills, from period `after` on.
	///
	/// # Errors
	/// As [`DsoClient::withdraw`].
	pub async fn bills(
		&self,
		household: MeterId,
		after: u64,
		key: &impl Signer<PetraConfig>,
	) -> Result<SignedAnswer, DsoError> {
		let request = ReadBills { head: Self::head(household), after };
		let path = format!("/bills?after={after}");
		self.get(path, SignedRequest::new(request, &self.realm, key)).await
	}

	fn digest_of(&self, signed: &SignedRequest<impl Request>) -> H256 {
		H256(signed.request.digest(&self.realm))
	}

	async fn post(
		&self,
		path: &str,
		body: &impl Serialize,
		digest: H256,
	) -> Result<SignedAnswer, DsoError> {
		let body = serde_json::to_vec(body).map_err(|error| self.unreachable(error))?;
		let request = hyper::Request::builder()
			.method(Method::POST)
			.uri(path)
			.header("content-type", "application/json");
		self.ask(request, body, digest).await
	}

	async fn get<T: Request>(
		&self,
		path: String,
		signed: SignedRequest<T>,
	) -> Result<SignedAnswer, DsoError> {
		let head = signed.request.head();
		let quoted = |error| self.unreachable(error);
		let signature = serde_json::to_value(&signed.signature).map_err(quoted)?;
		let request = hyper::Request::builder()
			.method(Method::GET)
			.uri(path)
			.header(HOUSEHOLD, head.household.to_string())
			.header(ID, head.id.to_string())
			.header(TIME, head.time.to_string())
			.header(SIGNATURE, signature.as_str().unwrap_or_default());
		self.ask(request, Vec::new(), self.digest_of(&signed)).await
	}

	async fn ask(
		&self,
		request: hyper::http::request::Builder,
		body: Vec<u8>,
		digest: H256,
	) -> Result<SignedAnswer, DsoError> {
		let request = request.header(HOST, &self.address).body(Full::new(Bytes::from(body)));
		let request = request.map_err(|error| self.unreachable(error))?;
		let asked = tokio::time::timeout(PATIENCE, self.exchange(request)).await;
		let (status, body) = asked.map_err(|error| self.unreachable(error))??;
		let Ok(answer) = serde_json::from_slice::<SignedAnswer>(&body) else {
			let said: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
			let message = said.and_then(|said| said.get("error")?.as_str().map(String::from));
			return Err(DsoError::NotAnswered { status, message: message.unwrap_or_default() });
		};
		if !answer.is_genuine(&self.realm) {
			return Err(DsoError::NotTheDso(self.address.clone()));
		}
		if answer.answer.request() != digest {
			return Err(DsoError::AnotherAnswer(self.address.clone()));
		}
		Ok(answer)
	}

	async fn exchange(
		&self,
		request: hyper::Request<Full<Bytes>>,
	) -> Result<(u16, Bytes), DsoError> {
		let unreachable = |error| self.unreachable(error);
		let stream = TcpStream::connect(&self.address).await.map_err(unreachable)?;
		let unreachable = |error| self.unreachable(error);
		let (mut sender, connection) =
			http1::handshake(TokioIo::new(stream)).await.map_err(unreachable)?;
		let connection = tokio::spawn(connection);
		let reply = sender.send_request(request).await.map_err(unreachable)?;
		let status = reply.status().as_u16();
		let body = Limited::new(reply.into_body(), MAX_ANSWER).collect().await;
		connection.abort();
		let body = body.map_err(|error| self.unreachable(error))?;
		Ok((status, body.to_bytes()))
	}

	fn unreachable(&self, error: impl ToString) -> DsoError {
		DsoError::Unreachable(self.address.clone(), error.to_string())
	}
}
