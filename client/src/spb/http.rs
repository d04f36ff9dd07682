//! One HTTP request to another meter's service, bounded in time and size.

use super::SpbError;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Bytes, client::conn::http1, header, Method, Request, Uri};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::{net::TcpStream, time::timeout};

/// How long a service may take, all in all.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read.
const MAX_ANSWER: usize = 4096;

/// Posts JSON, and returns the answer's status and body.
pub(super) async fn post(url: &str, body: Vec<u8>) -> Result<(u16, Bytes), SpbError> {
	let failed = |reason: String| SpbError::Service { url: url.into(), reason };
	match timeout(PATIENCE, exchange(url, body)).await {
		Ok(answer) => answer.map_err(failed),
		Err(_) => Err(failed(format!("it did not answer within {PATIENCE:?}"))),
	}
}

async fn exchange(url: &str, body: Vec<u8>) -> Result<(u16, Bytes), String> {
	let uri: Uri = url.parse().map_err(|error| format!("this is no address: {error}"))?;
	if uri.scheme_str() != Some("http") {
		return Err("addresses begin with http://".into());
	}
	let host = uri.host().ok_or("it names no host")?;
	let port = uri.port_u16().unwrap_or(80);
	// The brackets of an IPv6 address belong to the URL, not to the address.
	let address = host.trim_start_matches('[').trim_end_matches(']');
	let stream = TcpStream::connect((address, port)).await.map_err(|error| error.to_string())?;
	let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
		.await
		.map_err(|error| error.to_string())?;
	let driver = tokio::spawn(connection);
	let answer = async {
		let request = Request::builder()
			.method(Method::POST)
			.uri(uri.path_and_query().map_or("/", |path| path.as_str()))
			.header(header::HOST, format!("{host}:{port}"))
			.header(header::CONTENT_TYPE, "application/json")
			.body(Full::new(Bytes::from(body)))
			.map_err(|error| error.to_string())?;
		let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
		let status = answer.status().as_u16();
		let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
		let body = body.map_err(|error| format!("its answer: {error}"))?;
		Ok((status, body.to_bytes()))
	}
	.await;
	driver.abort();
	answer
}
