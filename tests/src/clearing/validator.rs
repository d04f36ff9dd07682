//! The node.

use super::{account_of, at_file, ensure, market::Meter, violated, Settings};
use crate::{find_node, free_port, network, Result, ScratchDirectory};
use serde_json::json;
use std::{
	path::{Path, PathBuf},
	process::Stdio,
};
use tokio::{
	process::{Child, Command},
	sync::SemaphorePermit,
};

/// Lines of the node's log that are shown when something fails.
const LOG_TAIL: usize = 15;
/// Blocks in a session: more than are measured.
const SESSION: u32 = 100_000;
/// The key of the node's name in the network, which it does not have.
const NODE_KEY: &str =
	"--node-key=0000000000000000000000000000000000000000000000000000000000000001";

/// A node that makes blocks alone. Its process ends, and then its directory goes, with this.
pub struct Validator {
	_process: Child,
	pub url: String,
	log: PathBuf,
	_directory: ScratchDirectory,
	_place: SemaphorePermit<'static>,
}

/// Writes a spec in which the market is a double auction, and the meters are authorised.
async fn write_spec(
	node: &Path,
	directory: &Path,
	meters: &[Meter<'_>],
	timestep_ms: u64,
) -> Result<PathBuf> {
	let changed = directory.join("spec.json");
	let written = Command::new(node)
		.args(["export-chain-spec", "--chain", "dev"])
		.stderr(Stdio::null())
		.stdin(Stdio::null())
		.output()
		.await
		.map_err(at_file(node))?;
	ensure(written.status.success(), || format!("no chain spec: {}", written.status))?;
	let mut spec: serde_json::Value = serde_json::from_slice(&written.stdout)
		.map_err(|error| violated(format!("chain spec: {error}")))?;
	let genesis = spec
		.pointer_mut("/genesis/runtimeGenesis/patch")
		.and_then(|patch| patch.as_object_mut())
		.ok_or_else(|| violated("the chain spec has no genesis as this program knows it"))?;
	// The SDK's session pallet claims the whole of a block in which a session ends: none ends here.
	if let Some(sessions) = genesis.get_mut("validatorSet").and_then(|set| set.as_object_mut()) {
		sessions.insert("sessionLength".into(), json!(SESSION));
	}
	let parameters = json!({ "timestepMs": timestep_ms });
	let regulation = json!({ "market": "doubleAuction", "parameters": parameters });
	genesis.insert("regulation".into(), regulation);
	let authorized = meters.iter().map(|meter| {
		json!({
			"id": meter.id,
			"pubkey": account_of(&meter.key).to_string(),
			"feeder": meter.feeder(),
			"limits": meter.limits(),
			"path": "meter",
		})
	});
	let authorized: Vec<_> = authorized.collect();
	genesis.insert("meterRegistry".into(), json!({ "meters": authorized }));
	std::fs::write(&changed, spec.to_string()).map_err(at_file(&changed))?;
	Ok(changed)
}

impl Validator {
	pub async fn start(meters: &[Meter<'_>], settings: Settings) -> Result<Self> {
		let place = network::place(true).await?;
		let node = find_node()?;
		let directory = ScratchDirectory::new("clearing")?;
		let spec = write_spec(&node, directory.path(), meters, settings.timestep_ms).await?;
		let log = directory.path().join("node.log");
		let output = std::fs::File::create(&log).map_err(at_file(&log))?;
		let errors = output.try_clone().map_err(at_file(&log))?;
		let port = free_port()?;
		let (pool, kilobytes) = (4 * settings.offers, 16 * settings.offers);
		let process = Command::new(&node)
			.args(["--alice", "--validator", "--force-authoring", NODE_KEY])
			.args(["--state-pruning=archive", "--no-prometheus", "--no-mdns"])
			.arg("--listen-addr=/ip4/127.0.0.1/tcp/0/ws")
			.arg(format!("--rpc-port={port}"))
			.arg(format!("--pool-limit={pool}"))
			.arg(format!("--pool-kbytes={kilobytes}"))
			.arg("--chain")
			.arg(&spec)
			.arg("--base-path")
			.arg(directory.path().join("data"))
			.stdout(output)
			.stderr(errors)
			.stdin(Stdio::null())
			.kill_on_drop(true)
			.spawn()
			.map_err(at_file(&node))?;
		let url = format!("ws://127.0.0.1:{port}");
		Ok(Self { _process: process, url, log, _directory: directory, _place: place })
	}

	/// The end of what it said.
	pub fn show_log(&self) {
		let text = std::fs::read_to_string(&self.log).unwrap_or_default();
		let lines: Vec<_> = text.lines().collect();
		let tail = lines.iter().skip(lines.len().saturating_sub(LOG_TAIL));
		tail.for_each(|line| eprintln!("{line}"));
	}
}
