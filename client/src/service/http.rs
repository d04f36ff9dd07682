//! The service over HTTP: paths, sizes, statuses.

use super::{
	connections::{owner_of, Connections},
	messages::{
		Answer, Head, ReadAccount, ReadBills, ReadWithdrawal, Reason, RequestId, SignedAnswer,
		SignedRequest,
	},
	openapi::OPENAPI,
	worker::RoundError,
	Ledger, Service, ServiceError,
};
use codec::Decode;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
	body::{Bytes, Incoming},
	header::{HeaderMap, HeaderValue, ALLOW, CONTENT_TYPE, RETRY_AFTER},
	server::conn::http1,
	service::service_fn,
	Method, Response, StatusCode,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Semaphore};

/// How long a client may take for a request's head, and for all of it.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection may last, whatever its client reads or sends.
const CONNECTION_LIFE: Duration = Duration::from_secs(300);
/// How long to wait when no connection can be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

type Reply = Response<Full<Bytes>>;

/// What is known under a path, and how it is asked.
const PATHS: [(&str, &[&str]); 8] = [
	("/withdrawals", &["GET", "POST"]),
	("/deposit-addresses", &["POST"]),
	("/claims", &["POST"]),
	("/account", &["GET"]),
	("/bills", &["GET", "POST"]),
	("/flags", &["POST"]),
	("/realm", &["GET"]),
	("/openapi.json", &["GET"]),
];

/// Headers of questions.
pub(crate) const HOUSEHOLD: &str = "petra-household";
pub(crate) const ID: &str = "petra-id";
pub(crate) const TIME: &str = "petra-time";
pub(crate) const SIGNATURE: &str = "petra-signature";

/// Why a request is not even one.
#[derive(Debug)]
enum Malformed {
	/// Not JSON, or not that of a request.
	Body(String),
	/// Too many bytes.
	TooLarge,
	/// It did not come.
	Broken,
	/// A header or a number is missing or wrong.
	Header(&'static str),
}

enum Failure {
	Malformed(Malformed),
	Service(RoundError),
}

impl From<Malformed> for Failure {
	fn from(malformed: Malformed) -> Self {
		Self::Malformed(malformed)
	}
}

impl From<RoundError> for Failure {
	fn from(error: RoundError) -> Self {
		Self::Service(error)
	}
}

impl<L: Ledger> Service<L> {
	/// Answers requests that come to `listener`, and works at what was promised, until the database fails.
	///
	/// # Errors
	/// [`ServiceError`] says why it stopped.
	pub async fn serve(self: Arc<Self>, listener: TcpListener) -> Result<(), ServiceError> {
		let working = self.clone().work();
		tokio::select! {
			error = working => Err(error),
			never = self.accept(listener) => match never {},
		}
	}

	async fn accept(self: Arc<Self>, listener: TcpListener) -> Infallible {
		let room = Arc::new(Semaphore::new(self.options.max_connections));
		let connections = Connections::new(self.options.max_connections_of_address);
		loop {
			let Ok(place) = room.clone().acquire_owned().await else {
				tokio::time::sleep(ACCEPT_PAUSE).await;
				continue;
			};
			let Ok((stream, peer)) = listener.accept().await else {
				tokio::time::sleep(ACCEPT_PAUSE).await;
				continue;
			};
			// Whom it is too many of is hung up on at once: nobody can take all the room there is.
			let from = owner_of(peer.ip());
			let Some(counted) = connections.enter(from) else { continue };
			let service = self.clone();
			tokio::spawn(async move {
				let answer = service_fn(|request| {
					let service = service.clone();
					async move { Ok::<_, Infallible>(service.reply(from, request).await) }
				});
				let serving = http1::Builder::new()
					.timer(TokioTimer::new())
					.header_read_timeout(HEAD_PATIENCE)
					.serve_connection(TokioIo::new(stream), answer);
				let _ = tokio::time::timeout(CONNECTION_LIFE, serving).await;
				drop((counted, place));
			});
		}
	}

	async fn reply(&self, peer: IpAddr, request: hyper::Request<Incoming>) -> Reply {
		if !self.rates.lock().is_ok_and(|mut rates| rates.address(peer)) {
			return error(StatusCode::TOO_MANY_REQUESTS, "too many requests: ask again later");
		}
		match tokio::time::timeout(PATIENCE, self.route(request)).await {
			Ok(reply) => reply,
			Err(_) => error(StatusCode::REQUEST_TIMEOUT, "the request took too long"),
		}
	}

	async fn route(&self, request: hyper::Request<Incoming>) -> Reply {
		let path = request.uri().path().to_string();
		let Some((path, methods)) = PATHS.iter().find(|(known, _)| *known == path) else {
			return error(StatusCode::NOT_FOUND, "there is nothing here: see /openapi.json");
		};
		if !methods.contains(&request.method().as_str()) {
			let mut reply = error(StatusCode::METHOD_NOT_ALLOWED, "not asked like this");
			if let Ok(allowed) = HeaderValue::from_str(&methods.join(", ")) {
				reply.headers_mut().insert(ALLOW, allowed);
			}
			return reply;
		}
		let answered = match (request.method(), *path) {
			(_, "/openapi.json") => return document(OPENAPI.into()),
			(_, "/realm") => return self.describe(),
			(&Method::GET, path) => self.question(path, &request).await,
			(_, path) => self.order(path, request).await,
		};
		match answered {
			Ok(answer) => reply_with(&answer),
			Err(Failure::Malformed(malformed)) => self.malformed(&malformed),
			Err(Failure::Service(problem)) => {
				(self.options.notice)(&format!("a request could not be answered: {problem}"));
				error(StatusCode::SERVICE_UNAVAILABLE, "try again: the same request is done once")
			},
		}
	}

	fn describe(&self) -> Reply {
		let realm = self.desk.realm;
		document(json!({ "genesis": realm.genesis, "dso": realm.dso }).to_string())
	}

	/// What is asked with a body.
	async fn order(
		&self,
		path: &str,
		request: hyper::Request<Incoming>,
	) -> Result<Vec<u8>, Failure> {
		let body = Limited::new(request.into_body(), self.options.max_body).collect().await;
		let body = body.map_err(|error| {
			if error.is::<http_body_util::LengthLimitError>() {
				Malformed::TooLarge
			} else {
				Malformed::Broken
			}
		})?;
		let body = body.to_bytes();
		Ok(match path {
			"/withdrawals" => self.withdraw(parsed(&body)?).await?,
			"/deposit-addresses" => self.deposit_addresses(parsed(&body)?).await?,
			"/claims" => self.claim(parsed(&body)?).await?,
			"/flags" => self.file_flag(parsed(&body)?).await?,
			_ => self.file_bill(parsed(&body)?).await?,
		})
	}

	/// What is asked without a body.
	async fn question(
		&self,
		path: &str,
		request: &hyper::Request<Incoming>,
	) -> Result<Vec<u8>, Failure> {
		let headers = request.headers();
		let head = Head {
			household: header(headers, HOUSEHOLD)?,
			id: header::<RequestId>(headers, ID)?,
			time: header(headers, TIME)?,
		};
		let signature = text(headers, SIGNATURE)?;
		let signature =
			serde_json::from_value(json!(signature)).map_err(|_| Malformed::Header(SIGNATURE))?;
		if path == "/withdrawals" {
			let id = parameter::<RequestId>(request, "id")?.ok_or(Malformed::Header("id"))?;
			let request = ReadWithdrawal { head, id };
			return Ok(self.withdrawal(SignedRequest { request, signature }).await?);
		}
		let after = parameter::<u64>(request, "after")?.unwrap_or_default();
		Ok(if path == "/account" {
			let request = ReadAccount { head, after };
			self.account(SignedRequest { request, signature }).await?
		} else {
			self.bills(SignedRequest { request: ReadBills { head, after }, signature })
				.await?
		})
	}

	fn malformed(&self, malformed: &Malformed) -> Reply {
		match malformed {
			Malformed::Body(reason) => error(StatusCode::BAD_REQUEST, reason),
			Malformed::TooLarge => {
				let most = self.options.max_body;
				let message = format!("a request has at most {most} bytes");
				error(StatusCode::PAYLOAD_TOO_LARGE, &message)
			},
			Malformed::Broken => error(StatusCode::BAD_REQUEST, "the request did not come whole"),
			Malformed::Header(name) => {
				error(StatusCode::BAD_REQUEST, &format!("`{name}` is missing or no such thing"))
			},
		}
	}
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Malformed> {
	serde_json::from_slice(body).map_err(|error| Malformed::Body(error.to_string()))
}

fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Malformed> {
	headers
		.get(name)
		.and_then(|value| value.to_str().ok())
		.ok_or(Malformed::Header(name))
}

fn header<T: std::str::FromStr>(headers: &HeaderMap, name: &'static str) -> Result<T, Malformed> {
	text(headers, name)?.parse().map_err(|_| Malformed::Header(name))
}

/// The one parameter that a question has in its address, if there is anything.
fn parameter<T: std::str::FromStr>(
	request: &hyper::Request<Incoming>,
	name: &'static str,
) -> Result<Option<T>, Malformed> {
	let Some(query) = request.uri().query().filter(|query| !query.is_empty()) else {
		return Ok(None);
	};
	let value = query.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
	let value = value.and_then(|value| value.parse::<T>().ok());
	value.map(Some).ok_or(Malformed::Header(name))
}

/// An answer as JSON, with the status that fits it.
fn reply_with(answer: &[u8]) -> Reply {
	let Ok(answer) = SignedAnswer::decode(&mut &*answer) else {
		return error(StatusCode::SERVICE_UNAVAILABLE, "the answer is damaged");
	};
	let Ok(text) = serde_json::to_string(&answer) else {
		return error(StatusCode::SERVICE_UNAVAILABLE, "the answer has no JSON");
	};
	let mut reply = document(text);
	*reply.status_mut() = match &answer.answer {
		Answer::Receipt(_) | Answer::Account(_) | Answer::Bills(_) => StatusCode::OK,
		Answer::FailedWithdrawal(_) | Answer::Refused(_) => match answer.reason() {
			Some(Reason::BadSignature | Reason::UnknownHousehold) => StatusCode::UNAUTHORIZED,
			Some(
				Reason::Stale
				| Reason::AlreadyUsed
				| Reason::AlreadyBilled
				| Reason::AlreadyFlagged
				| Reason::AddressTaken,
			) => StatusCode::CONFLICT,
			Some(Reason::NotAuthorized | Reason::WrongPath) => StatusCode::FORBIDDEN,
			Some(Reason::TooManyRequests | Reason::QueueFull) => StatusCode::TOO_MANY_REQUESTS,
			_ => StatusCode::UNPROCESSABLE_ENTITY,
		},
	};
	reply
}

fn document(text: String) -> Reply {
	let mut reply = Response::new(Full::new(Bytes::from(text)));
	reply
		.headers_mut()
		.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
	reply
}

fn error(status: StatusCode, message: &str) -> Reply {
	let mut reply = document(json!({ "error": message }).to_string());
	*reply.status_mut() = status;
	if status == StatusCode::TOO_MANY_REQUESTS {
		reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
	}
	reply
}

#[cfg(test)]
pub(crate) fn paths() -> impl Iterator<Item = (&'static str, &'static str)> {
	PATHS
		.iter()
		.flat_map(|(path, methods)| methods.iter().map(|method| (*path, *method)))
}
