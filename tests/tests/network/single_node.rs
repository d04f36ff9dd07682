//! One node, which is no network.

use crate::support::ensure;
use petra_tests::{find_node, wait::within, Error, Result};
use std::{
	path::Path,
	process::{ExitStatus, Stdio},
	time::Duration,
};
use tokio::{
	io::{AsyncBufReadExt, BufReader, Lines},
	process::{Child, ChildStderr, Command},
};

/// How long the node may take to say what is wrong, or to make its first blocks: it compiles the runtime before, beside
/// the other tests.
const LIMIT: Duration = Duration::from_secs(180);
/// What every node here is started with: nothing of it leaves this machine, nor meets another one on it.
const ALONE: [&str; 6] = [
	"--no-mdns",
	"--no-prometheus",
	"--rpc-port=0",
	"--no-telemetry",
	"--out-peers=0",
	"--in-peers=0",
];
/// Where it listens for peers, if the test does not say.
pub const ANY_PORT: &str = "--listen-addr=/ip4/127.0.0.1/tcp/0";

/// A node that runs, and what it has said so far.
pub struct Running {
	node: Child,
	lines: Lines<BufReader<ChildStderr>>,
	pub said: String,
}

impl Running {
	pub fn start(directory: &Path, arguments: &[&str]) -> Result<Self> {
		let mut command = Command::new(find_node()?);
		command.args(arguments).arg("--base-path").arg(directory).kill_on_drop(true);
		command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
		let mut node = command.spawn().map_err(|error| Error::Violated(error.to_string()))?;
		let stderr = node.stderr.take().ok_or_else(|| Error::Violated("no stderr".into()))?;
		Ok(Self { node, lines: BufReader::new(stderr).lines(), said: String::new() })
	}

	async fn next_line(&mut self) -> Result<Option<String>> {
		let line = self
			.lines
			.next_line()
			.await
			.map_err(|error| Error::Violated(error.to_string()))?;
		if let Some(line) = &line {
			self.said.push_str(line);
			self.said.push('\n');
		}
		Ok(line)
	}

	/// Waits until the node says something with this text.
	pub async fn says(&mut self, text: &str) -> Result {
		let what = format!("the node saying {text:?}");
		let outcome = within(LIMIT, &what, async {
			while let Some(line) = self.next_line().await? {
				if line.contains(text) {
					return Ok(());
				}
			}
			Err(Error::Violated("it ended".into()))
		})
		.await;
		outcome
			.map_err(|error| Error::Violated(format!("{what}: {error}. It said:\n{}", self.said)))
	}

	/// Waits until the node ends by itself.
	pub async fn ends(&mut self) -> Result<ExitStatus> {
		let outcome = within(LIMIT, "the node ending", async {
			while self.next_line().await?.is_some() {}
			self.node.wait().await.map_err(|error| Error::Violated(error.to_string()))
		})
		.await;
		outcome.map_err(|error| Error::Violated(format!("{error}. It said:\n{}", self.said)))
	}

	pub async fn kill(&mut self) -> Result {
		self.node.kill().await.map_err(|error| Error::Violated(error.to_string()))
	}

	pub fn did_not_panic(&self) -> Result {
		ensure(!self.said.contains("panicked"), || format!("the node panicked:\n{}", self.said))
	}
}

/// The arguments that all nodes have, and some more.
pub fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
	[&ALONE[..], more].concat()
}

/// Exports a chain spec that the node knows by name.
pub async fn export(chain: &str, file: &Path, more: &[&str]) -> Result {
	let mut command = Command::new(find_node()?);
	command
		.args(["export-chain-spec", "--chain", chain, "--output"])
		.arg(file)
		.args(more);
	let output = command.output().await.map_err(|error| Error::Violated(error.to_string()))?;
	ensure(output.status.success(), || String::from_utf8_lossy(&output.stderr).into())
}
