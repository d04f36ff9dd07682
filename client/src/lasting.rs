//! A connection that is made anew when it breaks.

use futures::FutureExt;
use std::time::Duration;
use subxt::rpcs::{
	client::{
		reconnecting_rpc_client::{FixedInterval, RpcClient as Reconnecting},
		RawRpcFuture, RawRpcSubscription, RawValue, RpcClientT,
	},
	Error,
};

/// How long to wait between two attempts to connect again.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Asks again what was under way when the connection broke. Subscriptions end with the connection; who has one begins
/// another.
pub(crate) struct Lasting(Reconnecting);

impl Lasting {
	pub(crate) async fn connect(url: &str) -> Result<Self, String> {
		Reconnecting::builder()
			.retry_policy(FixedInterval::new(RETRY_PAUSE))
			.build(url)
			.await
			.map(Self)
			.map_err(|error| error.to_string())
	}
}

impl RpcClientT for Lasting {
	fn request_raw<'a>(
		&'a self,
		method: &'a str,
		params: Option<Box<RawValue>>,
	) -> RawRpcFuture<'a, Box<RawValue>> {
		async move {
			loop {
				match self.0.request_raw(method, params.clone()).await {
					Err(Error::DisconnectedWillReconnect(_)) => (),
					answer => return answer,
				}
			}
		}
		.boxed()
	}

	fn subscribe_raw<'a>(
		&'a self,
		sub: &'a str,
		params: Option<Box<RawValue>>,
		unsub: &'a str,
	) -> RawRpcFuture<'a, RawRpcSubscription> {
		async move {
			loop {
				match self.0.subscribe_raw(sub, params.clone(), unsub).await {
					Err(Error::DisconnectedWillReconnect(_)) => (),
					answer => return answer,
				}
			}
		}
		.boxed()
	}
}
