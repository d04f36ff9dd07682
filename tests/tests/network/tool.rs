//! The program `petra` at a real node: the tour of docs/tool.md as it is written, and what it says, and with which status
//! it ends, when things go wrong.

use crate::command::{violated, Petra, Tour};
use crate::support::ensure;
use petra_tests::{
	free_port, wait, with_network, NetworkOptions, Result, ScratchDirectory, FULL_NODE,
};

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

		std::fs::write(here.join("two.csv"), "Time,1/1,1/2\n0:00,-1,2\n0:15,-1,2\n")
			.map_err(violated)?;
		let simulate =
			|key, profile, out| ["--key-file", key, "simulate", "--profile", profile, "--out", out];
		let by_bob = simulate("bob.key", "two.csv", "by-bob");
		petra.must(&by_bob, 5, &["Sudo::RequireSudo"]).await?;

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
		petra.must(&simulate("alice.key", "none.csv", "day"), 2, &["none.csv"]).await?;
		petra
			.must(&simulate("alice.key", "two.csv", "by-bob"), 2, &["there already"])
			.await?;
		std::fs::write(here.join("gap.csv"), "Time,1/1\n0:00,-1\n0:15,-1\n0:45,x\n")
			.map_err(violated)?;
		petra
			.must(&simulate("alice.key", "gap.csv", "day"), 2, &["gap.csv", "line 4"])
			.await?;
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
	let nobody = format!("ws://127.0.0.1:{}", free_port()?);
	Petra::new(here, &nobody)
		.must(&["status"], 3, &["no node answers", "connecting to"])
		.await?;
	Ok(())
}

/// The part of a page between backticks that looks like a call: `pallet.call(one, other)`.
fn calls(page: &str) -> Vec<(&str, &str, Vec<&str>)> {
	let call = |quoted| {
		let (name, rest): (&str, &str) = str::split_once(quoted, '(')?;
		let (pallet, call) = name.split_once('.')?;
		let arguments = rest.strip_suffix(')')?;
		let arguments = arguments.split(", ").filter(|argument| !argument.is_empty()).collect();
		Some((pallet, call, arguments))
	};
	page.split('`').skip(1).step_by(2).filter_map(call).collect()
}

/// A name as polkadot.js writes it.
fn camel(name: &str) -> String {
	let mut words = name.split('_');
	let first = words.next().unwrap_or_default().to_string();
	words.fold(first, |all, word| {
		let (head, tail) = word.split_at(1);
		all + &head.to_uppercase() + tail
	})
}

#[test]
fn tutorial_should_name_calls_that_the_runtime_has() -> Result {
	let root = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
	let root = std::path::Path::new(&root).join("..");
	let page = std::fs::read_to_string(root.join("docs/tutorial.md")).map_err(violated)?;
	let bytes = std::fs::read(root.join("client/metadata.scale")).map_err(violated)?;
	let metadata = subxt::Metadata::decode_from(&bytes).map_err(violated)?;
	let arguments = |pallet: &str, call: &str| -> Option<Vec<String>> {
		if pallet == "petraApi" {
			let api = metadata.runtime_api_trait_by_name("PetraApi")?;
			let method = api.methods().find(|method| camel(method.name()) == call)?;
			return Some(method.inputs().map(|input| camel(&input.name)).collect());
		}
		let pallet = metadata.pallets().find(|one| camel(&snake(one.name())) == pallet)?;
		let call = pallet.call_variants()?.iter().find(|one| camel(&one.name) == call)?;
		Some(
			call.fields
				.iter()
				.filter_map(|field| field.name.as_deref().map(camel))
				.collect(),
		)
	};
	let named = calls(&page);
	ensure(named.len() >= 10, || format!("{named:?}"))?;
	for (pallet, call, given) in named {
		let known = arguments(pallet, call);
		ensure(known.as_ref().is_some_and(|known| *known == given), || {
			format!("{pallet}.{call}({}): the runtime has {known:?}", given.join(", "))
		})?;
	}
	Ok(())
}

/// A pallet's name in small letters: `EnergyAssets`, `energy_assets`.
fn snake(name: &str) -> String {
	let mut all = String::new();
	for letter in name.chars() {
		if letter.is_uppercase() && !all.is_empty() {
			all.push('_');
		}
		all.extend(letter.to_lowercase());
	}
	all
}
