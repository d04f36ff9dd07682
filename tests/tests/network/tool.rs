//! The program `petra` at a real node: the tour of docs/tool.md as it is written, and what it says, and with which status
//! it ends, when things go wrong.

use crate::command::{violated, Petra, Tour};
use crate::support::ensure;
use petra_tests::{wait, with_network, NetworkOptions, Result, ScratchDirectory, FULL_NODE};
use std::net::TcpListener;

/// Sections of the page that another test runs, on a network of its own.
const ELSEWHERE: [&str; 1] = ["Payment against delivery"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tour_should_go_as_its_page_says() -> Result {
	let directory = ScratchDirectory::new("tool-tour")?;
	with_network(NetworkOptions::new("tool"), async |network| {
		let url = network.node(FULL_NODE)?.url.clone();
		// Before its first block, a chain does not know the time.
		wait::finalized(&network.client(FULL_NODE).await?, 1).await?;
		let tour = Tour { directory: directory.path(), url: &url, exported: "" };
		tour.run(|section| !ELSEWHERE.contains(&section), 10).await
	})
	.await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tool_should_end_with_the_status_of_what_went_wrong() -> Result {
	let directory = ScratchDirectory::new("tool-errors")?;
	let here = directory.path();
	with_network(NetworkOptions::new("tool-errors"), async |network| {
		let url = network.node(FULL_NODE)?.url.clone();
		let petra = Petra::new(here, &url);
		let made = petra.must(&["--json", "wallet", "new", "--show-phrase"], 0, &[]).await?;
		let made: serde_json::Value =
			serde_json::from_str(&made).map_err(|error| violated(format!("{made}: {error}")))?;
		let phrase = made["phrase"].as_str().unwrap_or_default();
		ensure(phrase.split(' ').count() == 12, || format!("{made}"))?;

		// 7: what is not there.
		petra.must(&["meter", "show", "9"], 7, &["no meter 9"]).await?;
		petra.must(&["asset", "deposit", "77"], 7, &["no asset 77"]).await?;
		petra.must(&["offer", "rescind", "5"], 7, &["no offer 5"]).await?;

		// 6: the wallet.
		petra.must(&["wallet", "new"], 6, &["already"]).await?;
		petra
			.must(&["--wallet", "nowhere", "wallet", "show"], 6, &["no wallet at nowhere"])
			.await?;
		std::fs::write(here.join("wrong"), "wrong\n").map_err(violated)?;
		petra
			.must(&["--passphrase-file", "wrong", "wallet", "show"], 6, &["wrong passphrase"])
			.await?;
		petra
			.must(&["money", "deposit", "1EUR", "--from", "3"], 6, &["not this wallet's"])
			.await?;

		// 5: the ledger's errors, by name: this wallet's //petra//dso is not the sudo key, and has no money.
		std::fs::write(here.join("bob.key"), "//Bob\n").map_err(violated)?;
		let by_bob = ["--json", "--key-file", "bob.key", "dso", "ban", "1"];
		petra
			.must(&by_bob, 5, &["\"name\":\"Sudo::RequireSudo\"", "\"status\":5"])
			.await?;
		std::fs::write(here.join("alice.key"), "//Alice\n").map_err(violated)?;
		let unknown = ["--key-file", "alice.key", "dso", "ban", "1"];
		petra.must(&unknown, 5, &["Regulation::MeterNotFound"]).await?;
		let reversed =
			["--key-file", "alice.key", "dso", "prices", "--consumption", "1", "--production", "2"];
		petra.must(&reversed, 5, &["Regulation::PricesReversed"]).await?;

		// 4: an address that does not exist cannot send anything.
		petra.must(&["wallet", "address", "--new"], 0, &[]).await?;
		petra
			.must(&["money", "deposit", "1EUR", "--from", "0"], 4, &["refused"])
			.await?;

		// 2: the command line, and files.
		petra.must(&["dso", "market", "sometimes"], 2, &["possible values"]).await?;
		petra.must(&["money", "deposit", "-1", "--from", "0"], 2, &[]).await?;
		petra.must(&["asset", "execute", "none.json"], 2, &["none.json"]).await?;
		petra.must(&["--config", "none.toml", "status"], 2, &["none.toml"]).await?;
		petra.at("http://127.0.0.1").must(&["status"], 2, &["ws://"]).await?;

		// The phrase restores the wallet; a wrong one is not one.
		std::fs::write(here.join("paper"), phrase).map_err(violated)?;
		let restore = ["--wallet", "again", "wallet", "restore", "--phrase-file", "paper"];
		petra.must(&restore, 0, &[]).await?;
		std::fs::write(here.join("paper"), phrase.replacen(' ', " abandon ", 1))
			.map_err(violated)?;
		let restore = ["--wallet", "other", "wallet", "restore", "--phrase-file", "paper"];
		petra.must(&restore, 6, &["12 or 24 words"]).await?;
		Ok(())
	})
	.await?;
	// 3: nobody answers.
	let port = TcpListener::bind("127.0.0.1:0")
		.and_then(|listener| listener.local_addr())
		.map_err(violated)?
		.port();
	let nobody = format!("ws://127.0.0.1:{port}");
	Petra::new(here, &nobody)
		.must(&["status"], 3, &["no node answers", "connecting to"])
		.await?;
	Ok(())
}
