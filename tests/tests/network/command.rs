//! The program `petra`, as people and programs run it.

use crate::support::ensure;
use nix::{
	sys::signal::{killpg, Signal},
	unistd::Pid,
};
use petra_client::{AccountId32, Client};
use petra_tests::{find_tool, wait::within, Error, Result};
use serde_json::Value;
use std::{
	path::{Path, PathBuf},
	process::Stdio,
	time::Duration,
};
use tokio::{
	io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
	process::{Child, Command},
};

/// How long a command, or a block of the page, may take.
const LIMIT: Duration = Duration::from_secs(60);
/// How long the chain may take to do what a program asked it for.
const PATIENCE: Duration = Duration::from_secs(60);
/// The page whose commands are run.
const PAGE: &str = "docs/tool.md";
const PASSPHRASE: &str = "a passphrase for tests";

/// What a file or a process says when it fails.
pub fn violated(error: impl ToString) -> Error {
	Error::Violated(error.to_string())
}

/// What a program printed, and its status.
struct Said {
	stdout: String,
	stderr: String,
	status: Option<i32>,
}

/// Runs a command to its end, with this on its standard input. If it does not end, it is killed, and the error has what it
/// printed.
async fn run(command: &mut Command, input: &str) -> Result<Said> {
	let what = format!("{:?}", command.as_std().get_args());
	command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
	// What it leaves running in the background ends with it.
	let mut child = command.process_group(0).kill_on_drop(true).spawn().map_err(violated)?;
	let group = Group(child.id());
	let (stdout, stderr) =
		(tokio::spawn(all(child.stdout.take())), tokio::spawn(all(child.stderr.take())));
	let running = async {
		if let Some(mut stdin) = child.stdin.take() {
			// Who wants no input may end before it has come.
			let _ = stdin.write_all(input.as_bytes()).await;
		}
		child.wait().await.map_err(violated)
	};
	let ended = within(LIMIT, "the end of a program", running).await;
	drop(group);
	let (stdout, stderr) = (stdout.await.map_err(violated)?, stderr.await.map_err(violated)?);
	match ended {
		Ok(status) => Ok(Said { stdout, stderr, status: status.code() }),
		Err(error) => Err(violated(format!("{what}: {error}\n{stdout}{stderr}"))),
	}
}

/// What a program prints until it ends.
async fn all(from: Option<impl AsyncRead + Unpin>) -> String {
	let mut bytes = Vec::new();
	if let Some(mut from) = from {
		// What was read before it broke is better than nothing.
		let _ = from.read_to_end(&mut bytes).await;
	}
	String::from_utf8_lossy(&bytes).into_owned()
}

/// The processes that a command has started.
struct Group(Option<u32>);

impl Drop for Group {
	fn drop(&mut self) {
		let leader = self.0.and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
		// Mostly there is none any more.
		let _ = leader.map(|leader| killpg(leader, Signal::SIGKILL));
	}
}

/// The words of a command line without quotes.
pub fn words(line: &str) -> Vec<&str> {
	line.split_whitespace().collect()
}

/// The program, in a directory, with nothing set but the node, the wallet, and how sure to be.
#[derive(Clone, Debug)]
pub struct Petra {
	directory: PathBuf,
	url: String,
	wallet: String,
	until: &'static str,
}

impl Petra {
	/// With the wallet `petra.wallet`, for which it waits until transactions are final.
	pub fn new(directory: &Path, url: &str) -> Self {
		let wallet = "petra.wallet".into();
		Self { directory: directory.into(), url: url.into(), wallet, until: "final" }
	}

	/// With another wallet.
	pub fn of(&self, wallet: &str) -> Self {
		Self { wallet: wallet.into(), ..self.clone() }
	}

	/// At another node.
	pub fn at(&self, url: &str) -> Self {
		Self { url: url.into(), ..self.clone() }
	}

	/// Content with transactions that are in a block.
	pub fn hasty(&self) -> Self {
		Self { until: "included", ..self.clone() }
	}

	/// Waiting until transactions are final.
	pub fn patient(&self) -> Self {
		Self { until: "final", ..self.clone() }
	}

	/// The command that runs it.
	pub fn command(&self, arguments: &[&str]) -> Result<Command> {
		let mut command = Command::new(find_tool()?);
		command.args(arguments).current_dir(&self.directory).env_clear();
		command
			.env("HOME", &self.directory)
			.env("PETRA_URL", &self.url)
			.env("PETRA_WALLET", &self.wallet)
			.env("PETRA_PASSPHRASE", PASSPHRASE)
			.env("PETRA_UNTIL", self.until);
		Ok(command)
	}

	/// Starts it, and leaves it running until it is killed or the test is over. It reads and prints into pipes.
	pub fn start(&self, arguments: &[&str]) -> Result<Child> {
		let mut command = self.command(arguments)?;
		command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
		command.kill_on_drop(true).spawn().map_err(violated)
	}

	/// It must end with this status, say all of `parts` on stderr, and not panic. Returns what it printed.
	pub async fn must(&self, arguments: &[&str], status: i32, parts: &[&str]) -> Result<String> {
		let said = self.says(arguments, "", status, parts).await?;
		Ok(said.stdout)
	}

	/// It must do as it is told. Returns what it printed.
	pub async fn does(&self, line: &str) -> Result<String> {
		self.must(&words(line), 0, &[]).await
	}

	/// It must do as it is told, with this on its standard input. Returns what it says to programs.
	pub async fn answers(&self, line: &str, input: &str) -> Result<Value> {
		let arguments = [vec!["--json"], words(line)].concat();
		let said = self.says(&arguments, input, 0, &[]).await?;
		serde_json::from_str(&said.stdout)
			.map_err(|error| violated(format!("petra {line}: {error} in {}", said.stdout)))
	}

	async fn says(
		&self,
		arguments: &[&str],
		input: &str,
		status: i32,
		parts: &[&str],
	) -> Result<Said> {
		let said = run(&mut self.command(arguments)?, input).await?;
		let all = || {
			let Said { stdout, stderr, status } = &said;
			format!("petra {arguments:?} ends with {status:?} and says:\n{stdout}{stderr}")
		};
		ensure(said.status == Some(status), || format!("{}\ninstead of {status}", all()))?;
		ensure(!said.stderr.contains("panicked"), all)?;
		for part in parts {
			ensure(said.stderr.contains(part), || format!("{}\nwithout {part:?}", all()))?;
		}
		Ok(said)
	}
}

/// A number in an answer.
pub fn number(value: &Value) -> Result<u64> {
	value.as_u64().ok_or_else(|| violated(format!("{value} is no number")))
}

/// A text in an answer.
pub fn text(value: &Value) -> Result<&str> {
	value.as_str().ok_or_else(|| violated(format!("{value} is no text")))
}

/// An address in an answer.
pub fn address(value: &Value) -> Result<AccountId32> {
	text(value)?.parse().map_err(violated)
}

/// Waits until the chain after a node's best block is as it should be.
pub async fn until(client: &Client, what: &str, holds: impl AsyncFn() -> Result<bool>) -> Result {
	let waiting = async {
		let mut heads = client.best_heads().await?;
		while !holds().await? {
			heads.next_number().await?;
		}
		Ok::<_, Error>(())
	};
	within(PATIENCE, what, waiting).await
}

/// Starts the program, and kills it when the chain has done what it asked for: it cannot know that yet, because it waits
/// until that is final.
pub async fn kill_when(
	petra: &Petra,
	line: &str,
	client: &Client,
	done: impl AsyncFn() -> Result<bool>,
) -> Result {
	let mut child = petra.start(&words(line))?;
	until(client, line, done).await?;
	child.start_kill().map_err(violated)?;
	let output = child.wait_with_output().await.map_err(violated)?;
	ensure(output.status.code().is_none(), || {
		format!("petra {line} ended before it was killed: {output:?}")
	})
}

/// A block of the page, and the lines that must be in what it prints.
struct Step {
	line: usize,
	/// The heading above it.
	section: String,
	script: String,
	expected: Vec<String>,
}

/// The page's shell blocks. A block of text after one holds parts of what it prints.
fn steps(page: &str) -> Vec<Step> {
	let mut steps: Vec<Step> = Vec::new();
	let mut lines = page.lines().enumerate();
	let mut section = String::new();
	while let Some((index, line)) = lines.next() {
		if let Some(heading) = line.strip_prefix("## ") {
			section = heading.into();
		}
		let Some(language) = line.strip_prefix("```") else { continue };
		let block: Vec<_> =
			lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
		match (language, steps.last_mut()) {
			("bash", _) => {
				let (script, section) = (block.join("\n"), section.clone());
				steps.push(Step { line: index + 1, section, script, expected: Vec::new() });
			},
			("text", Some(step)) if step.section == section => {
				step.expected.extend(block.iter().map(|line| line.to_string()))
			},
			_ => panic!("{PAGE}:{}: what is ```{language}?", index + 1),
		}
	}
	steps
}

/// Runs blocks of the page in a directory, at a node.
pub struct Tour<'a> {
	/// Where.
	pub directory: &'a Path,
	/// The node.
	pub url: &'a str,
	/// What earlier sections have exported, if these do not run.
	pub exported: &'a str,
}

impl Tour<'_> {
	/// Runs the blocks of the sections that `wanted` wants, of which there must be `least`.
	pub async fn run(&self, wanted: impl Fn(&str) -> bool, least: usize) -> Result {
		let root = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
		let page = std::fs::read_to_string(Path::new(&root).join("..").join(PAGE));
		let page = page.map_err(|error| violated(format!("{PAGE}: {error}")))?;
		let steps: Vec<_> = steps(&page).into_iter().filter(|step| wanted(&step.section)).collect();
		ensure(steps.len() >= least, || format!("{PAGE} has {} such blocks", steps.len()))?;
		// What a block exports, the next ones have: each runs after all before it have been read from a file.
		let exported = self.directory.join("exported");
		let passphrase = format!("export PETRA_PASSPHRASE='{PASSPHRASE}'\n");
		std::fs::write(&exported, passphrase + self.exported).map_err(violated)?;
		for step in &steps {
			self.step(step).await?;
		}
		Ok(())
	}

	async fn step(&self, step: &Step) -> Result {
		let tool = find_tool()?;
		let programs = tool.parent().unwrap_or(Path::new("/")).display();
		let script = format!(
			"set -euo pipefail; PATH=\"{programs}:$PATH\"; . ./exported\n{}\nexport -p >exported",
			step.script
		);
		let mut bash = Command::new("bash");
		bash.args(["--noprofile", "--norc", "-c", &script]).current_dir(self.directory);
		bash.env("HOME", self.directory).env("PETRA_URL", self.url);
		let said = run(&mut bash, "").await?;
		let all = format!(
			"{PAGE}:{} ends with {:?} and says:\n{}{}",
			step.line, said.status, said.stdout, said.stderr
		);
		ensure(said.status == Some(0), || all.clone())?;
		for line in &step.expected {
			let there = said.stdout.contains(line) || said.stderr.contains(line);
			ensure(there, || format!("{all}\nwithout {line:?}"))?;
		}
		Ok(())
	}
}
