//! Whether nodes answer, seen from outside: a report says which did not, and when.

use super::children::now;
use hyper::Uri;
use petra_report::Interruption;
use std::time::Duration;
use tokio::{
	net::TcpStream,
	sync::mpsc::{unbounded_channel, UnboundedReceiver, UnboundedSender},
	time::{sleep, timeout},
};

/// How often a node is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long it may take to take a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// Watches nodes until what is returned goes: it hears of each that stops answering, and when it answers again.
pub fn watch(urls: &[String]) -> UnboundedReceiver<Interruption> {
	let (tell, hear) = unbounded_channel();
	for url in urls {
		tokio::spawn(watch_one(url.clone(), tell.clone()));
	}
	hear
}

async fn watch_one(url: String, tell: UnboundedSender<Interruption>) {
	let Some(address) = address(&url) else { return };
	let mut answered = true;
	while !tell.is_closed() {
		let answers = matches!(timeout(PATIENCE, TcpStream::connect(&address)).await, Ok(Ok(_)));
		if answers != answered {
			answered = answers;
			let how = if answers { "answers again" } else { "does not answer" };
			let _ = tell.send(Interruption { at: now(), what: format!("the node at {url} {how}") });
		}
		sleep(LOOK).await;
	}
}

/// Host and port of a WebSocket address.
fn address(url: &str) -> Option<String> {
	let uri: Uri = url.parse().ok()?;
	let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("wss") { 443 } else { 80 });
	Some(format!("{}:{port}", uri.host()?))
}

#[cfg(test)]
mod tests {
	use super::*;
	use tokio::net::TcpListener;

	#[test]
	fn address_should_be_read_from_urls() {
		let read = |url: &str| address(url).unwrap_or_default();
		assert_eq!(read("ws://127.0.0.1:9944"), "127.0.0.1:9944");
		assert_eq!(read("ws://[::1]:9944/"), "[::1]:9944");
		assert_eq!(read("wss://node.example/petra"), "node.example:443");
		assert_eq!(read("ws://node.example"), "node.example:80");
		assert_eq!(address("not an address"), None);
	}

	#[tokio::test]
	async fn node_should_be_told_of_when_it_goes_and_when_it_comes_back() {
		let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
		let address = listener.local_addr().unwrap();
		let url = format!("ws://{address}");
		let mut heard = watch(std::slice::from_ref(&url));
		// Up so far, of which nobody is told.
		listener.accept().await.unwrap();
		drop(listener);
		let gone = timeout(3 * PATIENCE, heard.recv()).await.unwrap().unwrap();
		assert_eq!(gone.what, format!("the node at {url} does not answer"));
		let _listener = TcpListener::bind(address).await.unwrap();
		let back = timeout(3 * PATIENCE, heard.recv()).await.unwrap().unwrap();
		assert_eq!(back.what, format!("the node at {url} answers again"));
		assert!(back.at > gone.at);
	}
}
