//! The program `petra` at a real node: the tour of docs/tool.md as it is written, and what it says, and with which status
//! it ends, when things go wrong.

use crate::support::ensure;
use petra_tests::{
	find_tool, wait::within, with_network, Error, NetworkOptions, Result, ScratchDirectory,
	FULL_NODE,
};
use std::{net::TcpListener, path::Path, process::Stdio, time::Duration};
use tokio::process::Command;

/// How long a block of the page may take.
const LIMIT: Duration = Duration::from_secs(180);
const PAGE: &str = "docs/tool.md";
const PASSPHRASE: &str = "a passphrase for tests";

/// A block of the page, and the lines that must be in what it prints.
struct Step {
	line: usize,
	script: String,
	expected: Vec<String>,
}

/// The page's shell blocks. A block of text after one holds parts of what it prints.
fn steps(page: &str) -> Vec<Step> {
	let mut steps: Vec<Step> = Vec::new();
	let mut lines = page.lines().enumerate();
	while let Some((index, line)) = lines.next() {
		let Some(language) = line.strip_prefix("```") else { continue };
		let block: Vec<_> =
			lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
		match (language, steps.last_mut()) {
			("bash", _) => {
				let script = block.join("\n");
				steps.push(Step { line: index + 1, script, expected: Vec::new() });
			},
			("text", Some(step)) => step.expected.extend(block.iter().map(|line| line.to_string())),
			_ => panic!("{PAGE}:{}: what is ```{language}?", index + 1),
		}
	}
	steps
}

/// What a program printed, and its status.
struct Said {
	stdout: String,
	stderr: String,
	status: Option<i32>,
}

async fn run(command: &mut Command) -> Result<Said> {
	command.stdin(Stdio::null()).kill_on_drop(true);
	let failed = |error: std::io::Error| Error::Violated(error.to_string());
	let output =
		within(LIMIT, "a command", async { command.output().await.map_err(failed) }).await?;
	Ok(Said {
		stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
		stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
		status: output.status.code(),
	})
}

/// The program, in an empty directory, with nothing set but the node.
fn petra(directory: &Path, url: &str, arguments: &[&str]) -> Result<Command> {
	let mut command = Command::new(find_tool()?);
	command
		.args(arguments)
		.current_dir(directory)
		.env_clear()
		.env("HOME", directory);
	command.env("PETRA_URL", url).env("PETRA_PASSPHRASE", PASSPHRASE);
	Ok(command)
}

/// It must end with this status, say all of `parts` on stderr, and not panic. Returns what it printed.
async fn must(
	directory: &Path,
	url: &str,
	arguments: &[&str],
	status: i32,
	parts: &[&str],
) -> Result<String> {
	let said = run(&mut petra(directory, url, arguments)?).await?;
	let all = format!(
		"petra {arguments:?} ends with {:?} and says:\n{}{}",
		said.status, said.stdout, said.stderr
	);
	ensure(said.status == Some(status), || format!("{all}\ninstead of {status}"))?;
	ensure(!said.stderr.contains("panicked"), || all.clone())?;
	for part in parts {
		ensure(said.stderr.contains(part), || format!("{all}\nwithout {part:?}"))?;
	}
	Ok(said.stdout)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tour_should_go_as_its_page_says() -> Result {
	let root =
		Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("..");
	let page = std::fs::read_to_string(root.join(PAGE))
		.map_err(|error| Error::Violated(format!("{PAGE}: {error}")))?;
	let steps = steps(&page);
	assert!(steps.len() >= 10, "{PAGE} has {} blocks", steps.len());
	let directory = ScratchDirectory::new("tool-tour")?;
	let tool = find_tool()?;
	with_network(NetworkOptions::new("tool"), async |network| {
		let url = network.node(FULL_NODE)?.url.clone();
		// What a block exports, the next ones have: each runs after all before it have been read from a file.
		let exported = directory.path().join("exported");
		std::fs::write(&exported, "").map_err(|error| Error::Violated(error.to_string()))?;
		let programs = tool.parent().unwrap_or(Path::new("/")).display();
		for step in &steps {
			let script = format!(
				"set -euo pipefail; PATH=\"{programs}:$PATH\"; . ./exported\n{}\nexport -p >exported",
				step.script
			);
			let mut bash = Command::new("bash");
			bash.args(["--noprofile", "--norc", "-c", &script])
				.current_dir(directory.path());
			bash.env("HOME", directory.path()).env("PETRA_URL", &url);
			let said = run(&mut bash).await?;
			let all = format!(
				"{PAGE}:{} ends with {:?} and says:\n{}{}",
				step.line, said.status, said.stdout, said.stderr
			);
			ensure(said.status == Some(0), || all.clone())?;
			for line in &step.expected {
				let there = said.stdout.contains(line) || said.stderr.contains(line);
				ensure(there, || format!("{all}\nwithout {line:?}"))?;
			}
		}
		Ok(())
	})
	.await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tool_should_end_with_the_status_of_what_went_wrong() -> Result {
	let directory = ScratchDirectory::new("tool-errors")?;
	let here = directory.path();
	with_network(NetworkOptions::new("tool-errors"), async |network| {
		let url = network.node(FULL_NODE)?.url.clone();
		let url = url.as_str();
		let made = must(here, url, &["--json", "wallet", "new", "--show-phrase"], 0, &[]).await?;
		let made: serde_json::Value = serde_json::from_str(&made)
			.map_err(|error| Error::Violated(format!("{made}: {error}")))?;
		let phrase = made["phrase"].as_str().unwrap_or_default();
		ensure(phrase.split(' ').count() == 12, || format!("{made}"))?;

		// 7: what is not there.
		must(here, url, &["meter", "show", "9"], 7, &["no meter 9"]).await?;
		must(here, url, &["asset", "deposit", "77"], 7, &["no asset 77"]).await?;
		must(here, url, &["offer", "rescind", "5"], 7, &["no offer 5"]).await?;

		// 6: the wallet.
		must(here, url, &["wallet", "new"], 6, &["already"]).await?;
		must(here, url, &["--wallet", "nowhere", "wallet", "show"], 6, &["no wallet at nowhere"])
			.await?;
		std::fs::write(here.join("wrong"), "wrong\n")
			.map_err(|error| Error::Violated(error.to_string()))?;
		must(
			here,
			url,
			&["--passphrase-file", "wrong", "wallet", "show"],
			6,
			&["wrong passphrase"],
		)
		.await?;
		must(here, url, &["money", "deposit", "1EUR", "--from", "3"], 6, &["not this wallet's"])
			.await?;

		// 5: the ledger's errors, by name: this wallet's //petra//dso is not the sudo key, and has no money.
		std::fs::write(here.join("bob.key"), "//Bob\n")
			.map_err(|error| Error::Violated(error.to_string()))?;
		let by_bob = ["--json", "--key-file", "bob.key", "dso", "ban", "1"];
		must(here, url, &by_bob, 5, &["\"name\":\"Sudo::RequireSudo\"", "\"status\":5"]).await?;
		std::fs::write(here.join("alice.key"), "//Alice\n")
			.map_err(|error| Error::Violated(error.to_string()))?;
		let unknown = ["--key-file", "alice.key", "dso", "ban", "1"];
		must(here, url, &unknown, 5, &["Regulation::MeterNotFound"]).await?;
		let reversed =
			["--key-file", "alice.key", "dso", "prices", "--consumption", "1", "--production", "2"];
		must(here, url, &reversed, 5, &["Regulation::PricesReversed"]).await?;

		// 4: an address that does not exist cannot send anything.
		must(here, url, &["wallet", "address", "--new"], 0, &[]).await?;
		must(here, url, &["money", "deposit", "1EUR", "--from", "0"], 4, &["refused"]).await?;

		// 2: the command line, and files.
		must(here, url, &["dso", "market", "sometimes"], 2, &["possible values"]).await?;
		must(here, url, &["money", "deposit", "-1", "--from", "0"], 2, &[]).await?;
		must(here, url, &["asset", "execute", "none.json"], 2, &["none.json"]).await?;
		must(here, url, &["--config", "none.toml", "status"], 2, &["none.toml"]).await?;
		must(here, "http://127.0.0.1", &["status"], 2, &["ws://"]).await?;

		// The phrase restores the wallet; a wrong one is not one.
		std::fs::write(here.join("paper"), phrase)
			.map_err(|error| Error::Violated(error.to_string()))?;
		let restore = ["--wallet", "again", "wallet", "restore", "--phrase-file", "paper"];
		must(here, url, &restore, 0, &[]).await?;
		std::fs::write(here.join("paper"), phrase.replacen(' ', " abandon ", 1))
			.map_err(|error| Error::Violated(error.to_string()))?;
		let restore = ["--wallet", "other", "wallet", "restore", "--phrase-file", "paper"];
		must(here, url, &restore, 6, &["12 or 24 words"]).await?;
		Ok(())
	})
	.await?;
	// 3: nobody answers.
	let port = TcpListener::bind("127.0.0.1:0")
		.and_then(|listener| listener.local_addr())
		.map_err(|error| Error::Violated(error.to_string()))?
		.port();
	let nobody = format!("ws://127.0.0.1:{port}");
	must(here, &nobody, &["status"], 3, &["no node answers", "connecting to"]).await?;
	Ok(())
}
