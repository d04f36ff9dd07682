//! The service with which a meter signs other meters' roots (P4, II-B: "a randomly chosen meter in the network").
//!
//! `POST /certificates` takes a [`CertificateRequest`] and answers `{ "signature": "0x…" }`; an error is
//! `{ "error": "…" }` with HTTP's status. The service signs for meters that are authorised on the ledger, each only so
//! often in a timestep, and keeps no record. It knows, while it signs, which meter has which root: so meters ask one
//! that was chosen by chance, and use a root for few receipts.

use super::{certificate::scale_hex, Certificate, CertificateRequest, SpbError, MAX_LEAVES};
use crate::{
	types::{MeterId, MeterInfo, Timestep},
	Client, PetraConfig,
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
	body::{Bytes, Incoming},
	header,
	server::conn::http1,
	service::service_fn,
	Method, Request, Response, StatusCode,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::{Deserialize, Serialize};
use sp_core::H256;
use sp_runtime::MultiSignature;
use std::{
	collections::HashMap,
	convert::Infallible,
	future::Future,
	net::{IpAddr, SocketAddr},
	sync::{Arc, Mutex, PoisonError},
	time::{Duration, Instant},
};
use subxt::tx::Signer;
use tokio::{
	net::{TcpListener, TcpStream},
	sync::Semaphore,
	task::JoinHandle,
	time::timeout,
};

/// The path of the service.
pub(super) const PATH: &str = "/certificates";
/// The longest request that is read: a signature of 66 bytes, two hashes and numbers, in hexadecimal and JSON.
const MAX_REQUEST: usize = 1024;
/// Addresses that are counted at a time.
const MAX_ADDRESSES: usize = 4096;
/// For how long requests of an address are counted.
const MINUTE: Duration = Duration::from_secs(60);

/// What a service lets others ask of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceLimits {
	/// Roots signed for one meter in a timestep.
	pub per_meter: usize,
	/// Connections from one network address in a minute.
	pub per_address: u32,
	/// Connections at a time.
	pub connections: usize,
	/// How long a connection may take from its first byte to its last.
	pub patience: Duration,
}

impl Default for ServiceLimits {
	fn default() -> Self {
		Self { per_meter: 4, per_address: 60, connections: 64, patience: Duration::from_secs(5) }
	}
}

/// What a service must know of the chain, all of one moment.
#[derive(Clone, Debug)]
pub struct Meters {
	/// The chain.
	pub genesis: H256,
	/// The present timestep.
	pub now: Timestep,
	/// The meter that was asked about, if there is one of that number.
	pub meter: Option<MeterInfo>,
}

/// Where a service learns that.
pub trait Registry: Send + Sync + 'static {
	/// Looks a meter up.
	fn look_up(&self, meter: MeterId) -> impl Future<Output = Result<Meters, crate::Error>> + Send;
}

impl Registry for Client {
	async fn look_up(&self, meter: MeterId) -> Result<Meters, crate::Error> {
		let ledger = self.ledger().await?;
		Ok(Meters {
			genesis: ledger.genesis(),
			now: ledger.current_timestep().await?,
			meter: ledger.meter(meter).await?,
		})
	}
}

/// What the service answers.
#[derive(Serialize, Deserialize)]
pub(super) struct Signature {
	#[serde(with = "scale_hex")]
	pub(super) signature: MultiSignature,
}

/// Why it does not sign.
#[derive(Serialize, Deserialize)]
pub(super) struct Said {
	pub(super) error: String,
}

type Refusal = (StatusCode, String);

fn refusal<T>(status: StatusCode, why: impl Into<String>) -> Result<T, Refusal> {
	Err((status, why.into()))
}

/// Signs other meters' roots.
pub struct CertificateSigner<R, K> {
	meter: MeterId,
	key: K,
	registry: R,
	limits: ServiceLimits,
	/// The roots signed in the present timestep, by meter.
	signed: Mutex<(Timestep, HashMap<MeterId, Vec<H256>>)>,
}

impl<R, K> std::fmt::Debug for CertificateSigner<R, K> {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter
			.debug_struct("CertificateSigner")
			.field("meter", &self.meter)
			.field("limits", &self.limits)
			.finish_non_exhaustive()
	}
}

/// A service that runs until this goes.
#[derive(Debug)]
pub struct Running {
	address: SocketAddr,
	task: JoinHandle<()>,
}

impl Running {
	/// Where it listens.
	pub fn address(&self) -> SocketAddr {
		self.address
	}

	/// Where meters ask.
	pub fn url(&self) -> String {
		format!("http://{}{PATH}", self.address)
	}

	/// Waits as long as it runs.
	pub async fn finished(mut self) {
		let _ = (&mut self.task).await;
	}
}

impl Drop for Running {
	fn drop(&mut self) {
		self.task.abort();
	}
}

impl<R: Registry, K: Signer<PetraConfig> + Send + Sync + 'static> CertificateSigner<R, K> {
	/// A service of the meter with this id and key.
	pub fn new(meter: MeterId, key: K, registry: R, limits: ServiceLimits) -> Self {
		Self { meter, key, registry, limits, signed: Mutex::default() }
	}

	/// Listens at an address.
	///
	/// # Errors
	/// [`SpbError::Service`] if that is not possible.
	pub async fn start(self, address: SocketAddr) -> Result<Running, SpbError> {
		let failed = |reason: std::io::Error| SpbError::Service {
			url: address.to_string(),
			reason: reason.to_string(),
		};
		let listener = TcpListener::bind(address).await.map_err(failed)?;
		let address = listener.local_addr().map_err(failed)?;
		let task = tokio::spawn(Arc::new(self).serve(listener));
		Ok(Running { address, task })
	}

	async fn serve(self: Arc<Self>, listener: TcpListener) {
		let places = Arc::new(Semaphore::new(self.limits.connections));
		let mut visitors = Visitors::new(self.limits.per_address);
		loop {
			let Ok(place) = places.clone().acquire_owned().await else { return };
			let (stream, from) = match listener.accept().await {
				Ok(accepted) => accepted,
				// Out of file handles, for instance: others end meanwhile.
				Err(_) => {
					tokio::time::sleep(Duration::from_millis(100)).await;
					continue;
				},
			};
			if !visitors.may_enter(from.ip(), Instant::now()) {
				continue;
			}
			let service = self.clone();
			tokio::spawn(async move {
				let _ = timeout(service.limits.patience, service.converse(stream)).await;
				drop(place);
			});
		}
	}

	async fn converse(&self, stream: TcpStream) -> Result<(), hyper::Error> {
		http1::Builder::new()
			.timer(TokioTimer::new())
			.header_read_timeout(self.limits.patience)
			.keep_alive(false)
			.serve_connection(
				TokioIo::new(stream),
				service_fn(
					|request| async move { Ok::<_, Infallible>(self.answer(request).await) },
				),
			)
			.await
	}

	async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
		let decision = match self.body_of(request).await {
			Ok(body) => self.decide(&body).await,
			Err(refusal) => Err(refusal),
		};
		let (status, body) = match decision {
			Ok(certificate) => {
				let signature = Signature { signature: certificate.signature };
				(StatusCode::OK, serde_json::to_vec(&signature))
			},
			Err((status, error)) => (status, serde_json::to_vec(&Said { error })),
		};
		let mut response = Response::new(Full::new(Bytes::from(body.unwrap_or_default())));
		*response.status_mut() = status;
		let json = header::HeaderValue::from_static("application/json");
		response.headers_mut().insert(header::CONTENT_TYPE, json);
		response
	}

	async fn body_of(&self, request: Request<Incoming>) -> Result<Bytes, Refusal> {
		if request.uri().path() != PATH {
			return refusal(StatusCode::NOT_FOUND, format!("there is {PATH} only"));
		}
		if request.method() != Method::POST {
			return refusal(StatusCode::METHOD_NOT_ALLOWED, "POST it");
		}
		match Limited::new(request.into_body(), MAX_REQUEST).collect().await {
			Ok(body) => Ok(body.to_bytes()),
			Err(_) => refusal(
				StatusCode::PAYLOAD_TOO_LARGE,
				format!("a request has at most {MAX_REQUEST} bytes"),
			),
		}
	}

	/// Signs, or says why not: the cheapest checks first.
	pub(super) async fn decide(&self, body: &[u8]) -> Result<Certificate, Refusal> {
		let request: CertificateRequest = serde_json::from_slice(body)
			.or_else(|error| refusal(StatusCode::BAD_REQUEST, error.to_string()))?;
		let CertificateRequest { meter, signer, root, leaves, issued_at, .. } = request;
		if signer != self.meter {
			let here = self.meter;
			return refusal(StatusCode::NOT_FOUND, format!("this is meter {here}, not {signer}"));
		}
		if meter == self.meter {
			return refusal(StatusCode::FORBIDDEN, "no meter certifies itself");
		}
		if leaves == 0 || leaves > MAX_LEAVES {
			return refusal(StatusCode::BAD_REQUEST, format!("a tree has 1 to {MAX_LEAVES} keys"));
		}
		let looked_up = self.registry.look_up(meter).await.or_else(|_| {
			refusal(StatusCode::SERVICE_UNAVAILABLE, "this meter has no connection to the chain")
		})?;
		if request.genesis != looked_up.genesis {
			return refusal(StatusCode::CONFLICT, "this is another chain");
		}
		// The ask may have been under way when the timestep changed.
		if issued_at > looked_up.now || issued_at.saturating_add(1) < looked_up.now {
			let now = looked_up.now;
			return refusal(StatusCode::CONFLICT, format!("the present timestep is {now}"));
		}
		let known = looked_up.meter.filter(|info| info.authorized);
		let Some(info) = known else {
			return refusal(StatusCode::FORBIDDEN, format!("meter {meter} is not authorised"));
		};
		if !request.is_by(&info.pubkey) {
			return refusal(StatusCode::FORBIDDEN, format!("meter {meter} has not signed this"));
		}
		self.count(looked_up.now, meter, root)?;
		Ok(Certificate::sign(request.genesis, root, leaves, issued_at, signer, &self.key))
	}

	/// Counts a root, if it is not one that was signed before: an answer may have been lost.
	fn count(&self, now: Timestep, meter: MeterId, root: H256) -> Result<(), Refusal> {
		let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
		if signed.0 != now {
			*signed = (now, HashMap::new());
		}
		let roots = signed.1.entry(meter).or_default();
		if roots.contains(&root) {
			return Ok(());
		}
		if roots.len() >= self.limits.per_meter {
			return refusal(
				StatusCode::TOO_MANY_REQUESTS,
				format!("{} roots in a timestep are enough", self.limits.per_meter),
			);
		}
		roots.push(root);
		Ok(())
	}
}

/// Connections by network address, within the present minute.
struct Visitors {
	limit: u32,
	since: Option<Instant>,
	counts: HashMap<IpAddr, u32>,
}

impl Visitors {
	fn new(limit: u32) -> Self {
		Self { limit, since: None, counts: HashMap::new() }
	}

	fn may_enter(&mut self, from: IpAddr, now: Instant) -> bool {
		if self.since.is_none_or(|since| now.saturating_duration_since(since) >= MINUTE) {
			self.since = Some(now);
			self.counts.clear();
		}
		if !self.counts.contains_key(&from) && self.counts.len() >= MAX_ADDRESSES {
			return false;
		}
		let count = self.counts.entry(from).or_default();
		*count = count.saturating_add(1);
		*count <= self.limit
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn visitors_should_enter_when_they_come_seldom() {
		let mut visitors = Visitors::new(2);
		let (start, here) = (Instant::now(), IpAddr::from([127, 0, 0, 1]));
		let there = IpAddr::from([10, 0, 0, 1]);
		let entered: Vec<_> = (0..3).map(|_| visitors.may_enter(here, start)).collect();
		assert_eq!(entered, [true, true, false]);
		assert!(visitors.may_enter(there, start));
		assert!(!visitors.may_enter(here, start + MINUTE - Duration::from_millis(1)));
		assert!(visitors.may_enter(here, start + MINUTE));
	}

	#[test]
	fn visitors_should_take_bounded_room_when_each_has_another_address() {
		let mut visitors = Visitors::new(1);
		let start = Instant::now();
		let address = |n: usize| IpAddr::from(u32::try_from(n).unwrap().to_be_bytes());
		let entered = (0..2 * MAX_ADDRESSES).filter(|n| visitors.may_enter(address(*n), start));
		assert_eq!(entered.count(), MAX_ADDRESSES);
		assert_eq!(visitors.counts.len(), MAX_ADDRESSES);
	}
}
