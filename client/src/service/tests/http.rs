//! The service over HTTP: with its client, and with whatever else comes over a wire.

use super::{
	super::{
		http::paths,
		messages::{Claim, DepositAddresses, OwnAddress, Reason, Statement},
		DsoClient, DsoError, OPENAPI,
	},
	*,
};
use crate::billing::{lines, Bill, Flag, Period, Prices, Signed};
use proptest::prelude::*;
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::{TcpListener, TcpStream},
	task::JoinHandle,
};

pub(super) struct Served {
	_folder: TempDir,
	pub(super) address: String,
	pub(super) ledger: SimLedger,
	service: Arc<Service<SimLedger>>,
	serving: JoinHandle<()>,
}

impl Drop for Served {
	fn drop(&mut self) {
		self.serving.abort();
	}
}

pub(super) async fn served(change: impl FnOnce(&mut Options)) -> Served {
	let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
	served_at(listener, change).await
}

pub(super) async fn served_at(listener: TcpListener, change: impl FnOnce(&mut Options)) -> Served {
	let folder = tempfile::tempdir().unwrap();
	let ledger = SimLedger::new();
	let mut options = options(&folder.path().join("dso.redb"));
	change(&mut options);
	let service = open(&ledger, options).await;
	let address = listener.local_addr().unwrap().to_string();
	let running = service.clone();
	let serving = tokio::spawn(async move { running.serve(listener).await.unwrap() });
	Served { _folder: folder, address, ledger, service, serving }
}

impl Served {
	pub(super) fn client(&self) -> DsoClient {
		DsoClient::new(&self.address, realm())
	}

	/// Sends bytes as they are, and hangs up.
	async fn noise(&self, bytes: &[u8]) {
		let mut stream = TcpStream::connect(&self.address).await.unwrap();
		let _ = stream.write_all(bytes).await;
		let _ = stream.shutdown().await;
		let _ = stream.read_to_end(&mut Vec::new()).await;
	}

	/// Sends bytes as they are: the status, and the body.
	async fn raw(&self, bytes: &[u8]) -> (u16, String) {
		let mut stream = TcpStream::connect(&self.address).await.unwrap();
		// The service may answer and close before all is sent.
		let _ = stream.write_all(bytes).await;
		let mut reply = Vec::new();
		let _ = stream.read_to_end(&mut reply).await;
		let reply = String::from_utf8(reply).unwrap();
		let status = reply.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
		let body = reply.split_once("\r\n\r\n").map_or("", |parts| parts.1);
		(status, body.into())
	}

	async fn post(&self, path: &str, body: &[u8]) -> (u16, String) {
		let head = format!(
			"POST {path} HTTP/1.1\r\nhost: dso\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
			body.len()
		);
		self.raw(&[head.as_bytes(), body].concat()).await
	}

	async fn get(&self, path: &str, headers: &str) -> (u16, String) {
		let head =
			format!("GET {path} HTTP/1.1\r\nhost: dso\r\nconnection: close\r\n{headers}\r\n");
		self.raw(head.as_bytes()).await
	}

	async fn statement(&self, household: MeterId) -> Statement {
		let answer = self.client().account(household, 0, &key_of(household)).await.unwrap();
		match answer.answer {
			Answer::Account(statement) => statement,
			other => panic!("{other:?}"),
		}
	}
}

#[tokio::test]
async fn household_should_withdraw_deposit_and_see_its_account_over_http() {
	let served = served(|_| ()).await;
	let client = served.client();
	let from = now() + 5;
	let assets = vec![energy(AssetKind::Production, 500, from, from + 1), money(70)];
	let answer = client.withdraw(&signed(request(1, 1, assets.clone()))).await.unwrap();
	assert!(matches!(answer.answer, Answer::Receipt(_)), "{answer:?}");
	// A block for each answer: the service must keep up, or what it signs is too old when it comes.
	while served.ledger.issued().len() < 2 {
		served.ledger.mine();
		served.statement(1).await;
	}
	let refused = client.withdraw(&signed(request(1, 2, vec![money(0)]))).await.unwrap();
	assert_eq!(refused.reason(), Some(Reason::BadAsset));
	let own = vec![OwnAddress::new(&realm(), 1, &dev::dave())];
	let (id, time) = (RequestId([3; 16]), unix_time());
	let addresses = DepositAddresses { household: 1, id, time, addresses: own };
	let addresses = SignedRequest::new(addresses, &realm(), &key_of(1));
	let answer = client.deposit_addresses(&addresses).await.unwrap();
	assert_eq!(answer.reason(), None);
	let address = dev::eve().public_key().to_account_id();
	let claim = Claim { household: 1, id: RequestId([4; 16]), time, address };
	let claim = SignedRequest::new(claim, &realm(), &dev::eve());
	let answer = client.claim(&claim).await.unwrap();
	assert_eq!(answer.reason(), Some(Reason::NothingToClaim));
	let computed = lines(Period { first: 0, last: 0 }, &[7], [], |_| {
		Some(Prices { consumption: 2, production: 1 })
	});
	let bill = Bill::detailed(1, 3, &computed.unwrap());
	let bill = Signed::new(bill, GENESIS, &key_of(1));
	assert_eq!(client.file_bill(&bill).await.unwrap().reason(), None);
	let Answer::Bills(bills) = client.bills(1, 0, &key_of(1)).await.unwrap().answer else {
		panic!("no bills")
	};
	assert_eq!(bills.bills, [bill]);
	// The blocks become final, and the submissions with them.
	let mut statement = served.statement(1).await;
	while statement.entries.len() < 2 {
		served.ledger.mine();
		statement = served.statement(1).await;
	}
	assert_eq!(statement.submissions.len(), 2);
	assert_eq!((statement.withdrawn, statement.available), (70, 1_000_000 - 70));
	let stranger = client.account(1, 0, &key_of(2)).await.unwrap();
	assert_eq!(stranger.reason(), Some(Reason::BadSignature));
}

#[tokio::test]
async fn client_should_notice_when_it_is_not_the_dso() {
	let served = served(|_| ()).await;
	let other = Realm { dso: address(1), ..realm() };
	let client = DsoClient::new(&served.address, other);
	let error = client.account(1, 0, &key_of(1)).await.unwrap_err();
	assert!(matches!(error, DsoError::NotTheDso(_)), "{error}");
	let nobody = DsoClient::new("127.0.0.1:1", realm());
	let error = nobody.account(1, 0, &key_of(1)).await.unwrap_err();
	assert!(matches!(error, DsoError::Unreachable(..)), "{error}");
}

#[tokio::test]
async fn question_should_be_answered_once() {
	let served = served(|_| ()).await;
	let head = DsoClient::head(1);
	let request = crate::service::ReadAccount { head, after: 0 };
	let signed = SignedRequest::new(request, &realm(), &key_of(1));
	let quoted = |value: Json| value.as_str().unwrap().to_string();
	let headers = format!(
		"petra-household: 1\r\npetra-id: {}\r\npetra-time: {}\r\npetra-signature: {}\r\n",
		quoted(serde_json::to_value(head.id).unwrap()),
		head.time,
		quoted(serde_json::to_value(&signed.signature).unwrap()),
	);
	let (status, body) = served.get("/account", &headers).await;
	assert_eq!(status, 200, "{body}");
	let (status, body) = served.get("/account?after=0", &headers).await;
	assert_eq!(status, 409, "{body}");
	assert!(body.contains("alreadyUsed"));
	let (status, _) = served.get("/account?after=1", &headers).await;
	assert_eq!(status, 401, "the number is signed, too");
	let (status, _) = served.get("/bills", &headers).await;
	assert_eq!(status, 401, "and so is what is asked");
	for query in ["after=", "after=x", "after=-1", "before=1", "after=1&after=2"] {
		let (status, body) = served.get(&format!("/account?{query}"), &headers).await;
		assert_eq!((status, body.contains("after")), (400, true), "{query}");
	}
	for query in ["", "?", "?id=", "?id=7", "?after=1"] {
		let (status, body) = served.get(&format!("/withdrawals{query}"), &headers).await;
		assert_eq!((status, body.contains("`id`")), (400, true), "{query}");
	}
	let (status, _) = served.get(&format!("/withdrawals?id={}", head.id), &headers).await;
	assert_eq!(status, 401);
}

#[tokio::test]
async fn what_is_no_request_should_be_answered_with_its_fault() {
	let served = served(|options| options.max_body = 10_000).await;
	let good = serde_json::to_string(&signed(request(1, 1, vec![money(5)]))).unwrap();
	let bad = [
		"",
		"null",
		"[]",
		"{}",
		"{",
		"\u{0}",
		"\"text\"",
		"{\"request\":{},\"signature\":\"0x\"}",
		&good[..good.len() - 1],
		&good.replace("\"household\":1", "\"household\":-1"),
		&good.replace("\"household\":1", "\"household\":4294967296"),
		&good.replace("\"household\":1", "\"household\":1,\"more\":1"),
		&good.replace("\"household\":1", "\"household\":1,\"household\":1"),
		&good.replace("\"amount\":\"5\"", "\"amount\":5"),
		&good.replace("\"amount\":\"5\"", "\"amount\":\"-5\""),
		&good.replace("\"amount\":\"5\"", "\"amount\":\"5.0\""),
		&good.replace("\"amount\":\"5\"", &format!("\"amount\":\"{}0\"", u128::MAX)),
		&good.replace("financial", "fiscal"),
		&good.replace("anonAddress\":\"", "anonAddress\":\"x"),
		&good.replace("0x0101", "0x01"),
		&good.replace("\"signature\":\"0x01", "\"signature\":\"0x07"),
		&format!("{good}{good}"),
		&"[".repeat(9_000),
	];
	for body in bad {
		for path in ["/withdrawals", "/deposit-addresses", "/claims", "/bills", "/flags"] {
			let (status, reply) = served.post(path, body.as_bytes()).await;
			assert_eq!(status, 400, "{path} {body}: {reply}");
			let reply: Json = serde_json::from_str(&reply).unwrap();
			assert!(reply["error"].is_string());
		}
	}
	let (status, _) = served.post("/withdrawals", &[0xff; 100]).await;
	assert_eq!(status, 400);
	let (status, reply) = served.post("/withdrawals", &[b' '; 10_001]).await;
	assert_eq!(status, 413, "{reply}");
	let (status, _) = served.get("/account", "").await;
	assert_eq!(status, 400);
	let (status, _) = served.get("/nothing", "").await;
	assert_eq!(status, 404);
	for path in ["/claims", "/flags"] {
		let (status, _) = served.get(path, "").await;
		assert_eq!(status, 405);
	}
	let (status, _) = served
		.raw(b"BREW /coffee HTTP/1.1\r\nhost: dso\r\nconnection: close\r\n\r\n")
		.await;
	assert_eq!(status, 404);
	let (status, _) = served.raw(b"\x16\x03\x01\x02\x00\x01\x00").await;
	assert_eq!(status, 400);
	// None of this was a request, and one is answered as ever.
	assert_eq!(served.statement(1).await.submissions, []);
	let (status, reply) = served.post("/withdrawals", good.as_bytes()).await;
	assert_eq!(status, 200, "{reply}");
}

#[tokio::test]
async fn requests_should_be_refused_when_an_address_asks_too_often() {
	let served = served(|options| options.rate_of_address = (0, 3)).await;
	for index in 0..5 {
		let (status, _) = served.get("/realm", "").await;
		assert_eq!(status, if index < 3 { 200 } else { 429 });
	}
}

#[tokio::test]
async fn connections_should_wait_when_there_are_too_many() {
	let served = served(|options| options.max_connections = 2).await;
	let idle = [
		TcpStream::connect(&served.address).await.unwrap(),
		TcpStream::connect(&served.address).await.unwrap(),
	];
	let asking = served.get("/realm", "");
	tokio::pin!(asking);
	let early = tokio::time::timeout(std::time::Duration::from_millis(200), &mut asking).await;
	assert!(early.is_err(), "there is no room");
	drop(idle);
	assert_eq!(asking.await.0, 200);
}

/// One address cannot take all the room: it has so many connections at a time, and others have theirs.
#[tokio::test]
async fn connections_should_be_closed_when_one_address_has_too_many() {
	let served = served(|options| options.max_connections_of_address = 2).await;
	let idle = [
		TcpStream::connect(&served.address).await.unwrap(),
		TcpStream::connect(&served.address).await.unwrap(),
	];
	assert_eq!(served.get("/realm", "").await, (0, String::new()), "nothing is said");
	// All of 127.0.0.0/8 is this machine.
	#[cfg(target_os = "linux")]
	{
		let socket = tokio::net::TcpSocket::new_v4().unwrap();
		socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
		let mut other = socket.connect(served.address.parse().unwrap()).await.unwrap();
		let question = b"GET /realm HTTP/1.1\r\nhost: dso\r\nconnection: close\r\n\r\n";
		other.write_all(question).await.unwrap();
		let mut reply = String::new();
		other.read_to_string(&mut reply).await.unwrap();
		assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
	}
	drop(idle);
	let noticed = async { while served.get("/realm", "").await.0 != 200 {} };
	tokio::time::timeout(std::time::Duration::from_secs(60), noticed).await.unwrap();
}

/// The document describes each path and each reason, and says the realm.
#[tokio::test]
async fn openapi_document_should_describe_what_is_served() {
	let served = served(|_| ()).await;
	let (status, text) = served.get("/openapi.json", "").await;
	assert_eq!((status, text.as_str()), (200, OPENAPI));
	let document: Json = serde_json::from_str(OPENAPI).unwrap();
	assert_eq!(document["openapi"], "3.1.0");
	let described: Vec<(String, String)> = document["paths"]
		.as_object()
		.unwrap()
		.iter()
		.flat_map(|(path, methods)| {
			let methods = methods.as_object().unwrap().keys();
			methods.map(|method| (path.clone(), method.to_uppercase()))
		})
		.collect();
	let mut known: Vec<_> =
		paths().map(|(path, method)| (path.to_string(), method.to_string())).collect();
	let mut described = described;
	known.sort();
	described.sort();
	assert_eq!(known, described);
	let schemas = &document["components"]["schemas"];
	let reasons: Vec<Reason> = serde_json::from_value(schemas["Reason"]["enum"].clone()).unwrap();
	// The last one of the enumeration has the number of the others.
	assert_eq!(codec::Encode::encode(reasons.last().unwrap()), [21]);
	assert_eq!(reasons.len(), 22);
	let (_, realm_of) = served.get("/realm", "").await;
	let realm_of: Json = serde_json::from_str(&realm_of).unwrap();
	assert_eq!(realm_of["dso"], realm().dso.to_string());
	assert_eq!(realm_of["genesis"], format!("{GENESIS:?}"));
}

/// Whether a value is what a schema of the document says: the few words of JSON Schema that it uses.
fn fits(schema: &Json, value: &Json, all: &Json) -> bool {
	if let Some(reference) = schema["$ref"].as_str() {
		return fits(&all[reference.rsplit('/').next().unwrap()], value, all);
	}
	if let Some(choices) = schema["oneOf"].as_array() {
		return choices.iter().filter(|choice| fits(choice, value, all)).count() == 1;
	}
	if !schema["const"].is_null() {
		return &schema["const"] == value;
	}
	let types = match &schema["type"] {
		Json::Array(types) => types.clone(),
		one => vec![one.clone()],
	};
	types.iter().any(|of| match of.as_str().unwrap() {
		"object" => {
			let (Some(properties), Some(object)) =
				(schema["properties"].as_object(), value.as_object())
			else {
				return value.is_object();
			};
			properties.len() == object.len()
				&& object.iter().all(|(name, value)| {
					properties.get(name).is_some_and(|schema| fits(schema, value, all))
				})
		},
		"array" => value
			.as_array()
			.is_some_and(|items| items.iter().all(|item| fits(&schema["items"], item, all))),
		"integer" => value.is_u64(),
		"null" => value.is_null(),
		_ => {
			let choices = schema["enum"].as_array();
			value.is_string() && choices.is_none_or(|choices| choices.contains(value))
		},
	})
}

/// What goes over the wire has the fields that the document says, each of them and no other.
#[tokio::test]
async fn openapi_document_should_fit_what_is_sent() {
	let served = served(|_| ()).await;
	let document: Json = serde_json::from_str(OPENAPI).unwrap();
	let all = &document["components"]["schemas"];
	let check = |path: &str, method: &str, sent: Option<Json>, answer: &Json| {
		let operation = &document["paths"][path][method];
		if let Some(sent) = sent {
			let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
			assert!(fits(schema, &sent, all), "{path}: {sent}");
		}
		assert!(fits(&all["Answer"], answer, all), "{path}: {answer}");
	};
	let json = |value: &dyn erased::Json| value.json();
	let from = now() + 5;
	let assets = vec![energy(AssetKind::Production, 500, from, from + 1), money(70)];
	let client = served.client();
	for request in [request(1, 1, assets), request(1, 2, vec![])] {
		let signed = signed(request);
		let answer = client.withdraw(&signed).await.unwrap();
		let sent = json(&signed);
		if !signed.request.assets.is_empty() {
			check("/withdrawals", "post", Some(sent), &json(&answer));
		} else {
			check("/withdrawals", "post", None, &json(&answer));
		}
	}
	let (id, time) = (RequestId([3; 16]), unix_time());
	let own = vec![OwnAddress::new(&realm(), 1, &dev::dave())];
	let addresses = DepositAddresses { household: 1, id, time, addresses: own };
	let addresses = SignedRequest::new(addresses, &realm(), &key_of(1));
	let answer = client.deposit_addresses(&addresses).await.unwrap();
	check("/deposit-addresses", "post", Some(json(&addresses)), &json(&answer));
	let address = dev::eve().public_key().to_account_id();
	let claim = Claim { household: 1, id: RequestId([4; 16]), time, address };
	let claim = SignedRequest::new(claim, &realm(), &dev::eve());
	let answer = client.claim(&claim).await.unwrap();
	check("/claims", "post", Some(json(&claim)), &json(&answer));
	let prices = |_| Some(Prices { consumption: 2, production: 1 });
	let computed = lines(Period { first: 0, last: 0 }, &[-7], [], prices).unwrap();
	for bill in [Bill::detailed(1, 3, &computed), Bill::total(1, 4, &computed).unwrap()] {
		let bill = Signed::new(bill, GENESIS, &key_of(1));
		let answer = client.file_bill(&bill).await.unwrap();
		check("/bills", "post", Some(json(&bill)), &json(&answer));
	}
	let timestep = now();
	for (mismatch, expected) in [(-300, None), (300, Some(Reason::AlreadyFlagged))] {
		let flag = Signed::new(Flag { meter: 1, timestep, mismatch }, GENESIS, &key_of(1));
		let answer = client.file_flag(&flag).await.unwrap();
		assert_eq!(answer.reason(), expected);
		check("/flags", "post", Some(json(&flag)), &json(&answer));
	}
	let answer = client.bills(1, 0, &key_of(1)).await.unwrap();
	check("/bills", "get", None, &json(&answer));
	let answer = client.withdrawal(1, RequestId([1; 16]), &key_of(1)).await.unwrap();
	assert!(matches!(&answer.answer, Answer::Account(shown) if shown.submissions.len() == 2));
	check("/withdrawals", "get", None, &json(&answer));
	while served.statement(1).await.entries.len() < 2 {
		let answer = client.account(1, 0, &key_of(1)).await.unwrap();
		check("/account", "get", None, &json(&answer));
		served.ledger.mine();
	}
	let answer = client.account(1, 0, &key_of(1)).await.unwrap();
	check("/account", "get", None, &json(&answer));
	assert!(!fits(&all["Answer"], &serde_json::json!({ "answer": 7 }), all));
	assert_eq!(served.service.realm(), realm());
}

/// Values of several types as JSON.
mod erased {
	pub trait Json {
		fn json(&self) -> serde_json::Value;
	}

	impl<T: serde::Serialize> Json for T {
		fn json(&self) -> serde_json::Value {
			serde_json::to_value(self).unwrap()
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Whatever comes over the wire, the service answers or hangs up, and goes on.
	#[test]
	fn service_should_go_on_whatever_it_is_sent(
		noise in proptest::collection::vec(any::<u8>(), 0..400),
		cut in 0usize..400,
		flip in (0usize..1_000, any::<u8>()),
	) {
		let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
		runtime.block_on(async {
			let served = served(|_| ()).await;
			served.noise(&noise).await;
			let meant = signed(request(1, 1, vec![money(5)]));
			let good = serde_json::to_vec(&meant).unwrap();
			let mut damaged = good.clone();
			let place = flip.0 % damaged.len();
			damaged[place] ^= flip.1;
			// Hex digits can be written in two ways.
			let same = serde_json::from_slice(&damaged).is_ok_and(|read: SignedRequest<_>| read == meant);
			let (status, _) = served.post("/withdrawals", &damaged).await;
			assert!(if same { status == 200 } else { [400, 401].contains(&status) }, "{status}");
			let (status, _) = served.post("/withdrawals", &good[..cut.min(good.len() - 1)]).await;
			assert_eq!(status, 400);
			let (status, _) = served.post("/withdrawals", &good).await;
			assert_eq!(status, 200);
		});
	}
}
