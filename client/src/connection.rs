//! Connecting to a node.

use crate::{lasting::Lasting, Error, PetraConfig, Result};
use std::{sync::Arc, time::Duration};
use subxt::{
	backend::LegacyBackend,
	rpcs::{methods::LegacyRpcMethods, RpcClient},
	OnlineClient,
};
use tokio::time::{sleep, Instant};

/// How long to wait between two attempts to connect.
const RETRY_PAUSE: Duration = Duration::from_millis(100);
/// How long [`Client::connect`] goes on trying.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(10);

/// A connection to one node. Cloning it is cheap, and clones share the connection.
#[derive(Clone)]
pub struct Client {
	pub(crate) url: Arc<str>,
	pub(crate) rpc: RpcClient,
	pub(crate) methods: LegacyRpcMethods<subxt::config::RpcConfigFor<PetraConfig>>,
	pub(crate) api: OnlineClient<PetraConfig>,
	/// Whether the connection is made anew when it breaks.
	pub(crate) lasting: bool,
}

impl std::fmt::Debug for Client {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter.debug_struct("Client").field("url", &self.url).finish_non_exhaustive()
	}
}

impl Client {
	/// Connects to the node at a WebSocket address (`ws://127.0.0.1:9944`), trying for ten seconds.
	///
	/// # Errors
	/// [`Error::Unreachable`] with what the last attempt said.
	pub async fn connect(url: &str) -> Result<Self> {
		Self::connect_within(url, DEFAULT_PATIENCE).await
	}

	/// Connects to the node at a WebSocket address, trying for as long as `patience` says: a node that was just
	/// started needs a second or two.
	///
	/// # Errors
	/// [`Error::Unreachable`] with what the last attempt said.
	pub async fn connect_within(url: &str, patience: Duration) -> Result<Self> {
		let start = Instant::now();
		loop {
			match Self::attempt(url).await {
				Ok(client) => return Ok(client),
				Err(reason) if start.elapsed() >= patience => {
					return Err(Error::Unreachable {
						url: url.into(),
						waited: start.elapsed(),
						reason,
					})
				},
				Err(_) => sleep(RETRY_PAUSE).await,
			}
		}
	}

	/// As [`Client::connect_within`], with a connection that is made anew whenever it breaks: a node that is down or
	/// restarts only delays who asks. Requests wait, and are asked again; [`Client::send`] finds out what became of a
	/// transaction that was under way; [`Client::follow`] misses no block.
	///
	/// # Errors
	/// [`Error::Unreachable`] if nobody answered in the first place.
	pub async fn connect_lasting(url: &str, patience: Duration) -> Result<Self> {
		Self::connect_within(url, patience).await?;
		let unreachable =
			|reason: String| Error::Unreachable { url: url.into(), waited: patience, reason };
		let rpc = RpcClient::new(Lasting::connect(url).await.map_err(unreachable)?);
		Self::over(url, rpc, true).await.map_err(unreachable)
	}

	/// One attempt to connect. The node's long-standing interface is used, as by polkadot.js: a slow reader of its
	/// subscriptions is not cut off.
	async fn attempt(url: &str) -> Result<Self, String> {
		let rpc = RpcClient::from_insecure_url(url).await.map_err(|error| error.to_string())?;
		Self::over(url, rpc, false).await
	}

	async fn over(url: &str, rpc: RpcClient, lasting: bool) -> Result<Self, String> {
		let backend = LegacyBackend::builder().build(rpc.clone());
		let api = OnlineClient::from_backend(Arc::new(backend))
			.await
			.map_err(|error| error.to_string())?;
		Ok(Self { url: url.into(), methods: LegacyRpcMethods::new(rpc.clone()), rpc, api, lasting })
	}

	/// The address that this client is connected to.
	pub fn url(&self) -> &str {
		&self.url
	}

	/// The subxt client below, for what this library has no words for.
	pub fn api(&self) -> &OnlineClient<PetraConfig> {
		&self.api
	}

	/// The node's JSON-RPC interface below, for what this library has no words for.
	pub fn rpc(&self) -> &RpcClient {
		&self.rpc
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[tokio::test]
	async fn connecting_should_say_where_and_why_when_nobody_answers() {
		// A port that was free a moment ago.
		let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
		let url = format!("ws://127.0.0.1:{port}");
		let patience = Duration::from_millis(300);
		let error = Client::connect_within(&url, patience).await.unwrap_err();
		let message = error.to_string();
		assert!(
			matches!(error, Error::Unreachable { waited, .. } if waited >= patience),
			"{message}"
		);
		assert!(message.contains(&url) && message.contains("Is the node running"), "{message}");
	}

	#[tokio::test]
	async fn connecting_should_fail_when_the_address_is_no_address() {
		let error = Client::connect_within("nowhere", Duration::ZERO).await.unwrap_err();
		assert!(matches!(error, Error::Unreachable { .. }), "{error}");
	}
}
