//! The local network.

use crate::{
	directory::ScratchDirectory, find_node, free_port, wait, Error, Result, NODE_VARIABLE,
};
use nix::{
	sys::{
		signal::{kill, Signal},
		wait::{waitid, Id, WaitPidFlag},
	},
	unistd::Pid,
};
use petra_client::Client;
use std::{path::PathBuf, time::Duration};
use tokio::sync::{Semaphore, SemaphorePermit};
use zombienet_sdk::{
	AddNodeOptions, LocalFileSystem, Network, NetworkConfig, NetworkConfigExt, NetworkNode,
};

/// The validators of the network.
pub const VALIDATORS: [&str; 4] = ["alice", "bob", "charlie", "dave"];
/// The node that only follows.
pub const FULL_NODE: &str = "observer";

/// What the network is: the file that `make network` shows people.
const DEFINITION: &str = include_str!("../../zombienet/local.toml");
/// What begins a node in it.
const NODE_TABLE: &str = "[[relaychain.nodes]]";
/// Where that file has the network's directory.
const DIRECTORY_VARIABLE: &str = "PETRA_NETWORK_DIR";
/// How long a node may take from its start until it answers.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How many networks run at once: mostly they wait for the next second, but they share the cores.
const AT_ONCE: u32 = 2;
/// Places for networks.
static PLACES: Semaphore = Semaphore::const_new(AT_ONCE as usize);

/// What a network is to be like.
#[derive(Clone, Debug)]
pub struct NetworkOptions {
	/// What it is for; part of its directory's name.
	pub name: &'static str,
	/// Blocks in a session, if not what the chain's preset says.
	pub session_length: Option<u32>,
	/// The program to run, if not the one that [`find_node`] finds.
	pub node: Option<PathBuf>,
	/// More of genesis, in TOML: tables below `relaychain.genesis`.
	pub genesis: Option<String>,
	/// Only the first validator, on a chain that has no other.
	pub alone: bool,
	/// No other network meanwhile.
	pub undisturbed: bool,
}

impl NetworkOptions {
	/// The network as the file has it.
	pub fn new(name: &'static str) -> Self {
		Self {
			name,
			session_length: None,
			node: None,
			genesis: None,
			alone: false,
			undisturbed: false,
		}
	}

	/// With sessions of another length, in blocks: who waits for a change of validators waits two sessions.
	pub fn session_length(self, blocks: u32) -> Self {
		Self { session_length: Some(blocks), ..self }
	}

	/// With more of genesis, in TOML: tables below `relaychain.genesis`.
	pub fn genesis(self, tables: String) -> Self {
		Self { genesis: Some(tables), ..self }
	}

	/// With the first validator alone.
	pub fn alone(self) -> Self {
		Self { alone: true, ..self }
	}

	/// While no other network runs: for who measures times, or needs both cores.
	pub fn undisturbed(self) -> Self {
		Self { undisturbed: true, ..self }
	}
}

/// Waits for a place for a network, or for all of them.
///
/// # Errors
/// None: the places are never taken away.
pub async fn place(undisturbed: bool) -> Result<SemaphorePermit<'static>> {
	let places = if undisturbed { AT_ONCE } else { 1 };
	PLACES.acquire_many(places).await.map_err(Error::zombienet("wait for a place"))
}

/// What one needs to know of a running node.
#[derive(Clone, Debug)]
pub struct Node {
	/// Its name.
	pub name: String,
	/// Its WebSocket address.
	pub url: String,
	/// Address of its figures for Prometheus.
	pub metrics: String,
	/// File with what it says.
	pub log: PathBuf,
}

/// A running network. When it goes, its nodes are killed and its directory is removed; after a failure the directory
/// stays, and the ends of the logs are printed.
pub struct LocalNetwork {
	network: Option<Network<LocalFileSystem>>,
	nodes: Vec<Node>,
	directory: ScratchDirectory,
	_place: SemaphorePermit<'static>,
}

impl LocalNetwork {
	/// Starts the network, and waits until every node answers.
	///
	/// # Errors
	/// [`Error::NodeNotFound`] if petra-node was not built; [`Error::Zombienet`] if the network does not start.
	pub async fn start(options: NetworkOptions) -> Result<Self> {
		let place = place(options.undisturbed).await?;
		let node = options.node.clone().map_or_else(find_node, Ok)?;
		let mut directory = ScratchDirectory::new(options.name)?;
		let definition = definition(&options, &node.display().to_string(), &directory)?;
		let started = match NetworkConfig::load_from_toml_string(&definition) {
			Ok(configuration) => configuration
				.spawn_native()
				.await
				.map_err(Error::zombienet("start the network of zombienet/local.toml")),
			Err(error) => Err(Error::zombienet("read zombienet/local.toml")(error)),
		};
		let network =
			started.inspect_err(|_| directory.keep_and_show_logs(&logs_in(&directory)))?;
		let nodes =
			network.relaychain().nodes().into_iter().map(describe).collect::<Result<_>>()?;
		let mut network = Self { network: Some(network), nodes, directory, _place: place };
		match network.clients().await {
			Ok(_) => Ok(network),
			Err(error) => {
				network.show_failure();
				Err(error)
			},
		}
	}

	/// Its nodes, validators first, in the order of the file.
	pub fn nodes(&self) -> &[Node] {
		&self.nodes
	}

	/// One of its nodes.
	///
	/// # Errors
	/// [`Error::NoSuchNode`].
	pub fn node(&self, name: &str) -> Result<&Node> {
		self.nodes
			.iter()
			.find(|node| node.name == name)
			.ok_or_else(|| Error::NoSuchNode(name.into()))
	}

	/// Connects to a node.
	///
	/// # Errors
	/// [`Error::NoSuchNode`], or [`Error::Client`] if the node does not answer within a minute.
	pub async fn client(&self, name: &str) -> Result<Client> {
		Ok(Client::connect_within(&self.node(name)?.url, START_LIMIT).await?)
	}

	/// Connects to every node.
	///
	/// # Errors
	/// [`Error::Client`] if one does not answer within a minute.
	pub async fn clients(&self) -> Result<Vec<Client>> {
		let connecting = self.nodes.iter().map(|node| self.client(&node.name));
		futures::future::try_join_all(connecting).await
	}

	/// Kills nodes, all at once, as a power cut does (SIGKILL), and returns when they are gone. They stay down until
	/// [`LocalNetwork::restart`].
	///
	/// # Errors
	/// [`Error::Kill`] if one does not run.
	pub async fn kill(&self, names: &[&str]) -> Result {
		let nodes = names
			.iter()
			.map(|name| Ok((name.to_string(), process_of(self.zombie(name)?)?)))
			.collect::<Result<Vec<_>>>()?;
		let failed = |node: &str, reason: String| Error::Kill { node: node.into(), reason };
		for (name, process) in &nodes {
			kill(*process, Signal::SIGKILL).map_err(|error| failed(name, error.to_string()))?;
		}
		for (name, process) in nodes {
			// Left for zombienet to collect, which would otherwise not restart it.
			let gone = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
			tokio::task::spawn_blocking(move || waitid(Id::Pid(process), gone))
				.await
				.map_err(|error| failed(&name, error.to_string()))?
				.map_err(|error| failed(&name, error.to_string()))?;
		}
		Ok(())
	}

	/// Starts nodes again, with their databases and arguments, and waits until they answer.
	///
	/// # Errors
	/// [`Error::Zombienet`] if one does not start, [`Error::Client`] if it does not answer within a minute.
	pub async fn restart(&self, names: &[&str]) -> Result {
		let restarting = names.iter().map(|name| async {
			self.zombie(name)?
				.restart(None)
				.await
				.map_err(Error::zombienet("restart a node"))
		});
		futures::future::try_join_all(restarting).await?;
		futures::future::try_join_all(names.iter().map(|name| self.client(name))).await?;
		Ok(())
	}

	/// Starts another node with the network's chain specification: one that says `--validator`, with keys of its own,
	/// but that genesis does not know.
	///
	/// # Errors
	/// [`Error::Zombienet`] if it does not start, [`Error::Client`] if it does not answer within a minute.
	pub async fn add_validator_node(&mut self, name: &'static str) -> Result<Client> {
		let options = AddNodeOptions {
			is_validator: true,
			rpc_port: Some(free_port()?),
			prometheus_port: Some(free_port()?),
			p2p_port: Some(free_port()?),
			..Default::default()
		};
		let doing = "start another node";
		let network = self.network.as_mut().ok_or_else(|| Error::NoSuchNode(name.into()))?;
		network.add_node(name, options).await.map_err(Error::zombienet(doing))?;
		let node = network.get_node(name).map_err(Error::zombienet(doing))?;
		self.nodes.push(describe(node)?);
		self.client(name).await
	}

	/// Ends the nodes and removes their directory.
	///
	/// # Errors
	/// [`Error::Zombienet`] if a node cannot be ended.
	pub async fn stop(mut self) -> Result {
		match self.network.take() {
			Some(network) => network.destroy().await.map_err(Error::zombienet("end the network")),
			None => Ok(()),
		}
	}

	fn zombie(&self, name: &str) -> Result<&NetworkNode> {
		self.network
			.as_ref()
			.and_then(|network| network.get_node(name).ok())
			.ok_or_else(|| Error::NoSuchNode(name.into()))
	}

	fn show_failure(&mut self) {
		let logs: Vec<_> = self.nodes.iter().map(|node| node.log.clone()).collect();
		self.directory.keep_and_show_logs(&logs);
	}
}

impl Drop for LocalNetwork {
	fn drop(&mut self) {
		if std::thread::panicking() {
			self.show_failure();
		}
		// Before the directory goes: this kills what still runs.
		self.network.take();
	}
}

/// Runs a test in a network of its own. Afterwards every node must still agree on the final blocks; when the test fails,
/// the ends of the nodes' logs are shown.
///
/// # Errors
/// Those of the start, of the test, and [`Error::Violated`] if nodes disagree at its end.
pub async fn with_network<T>(
	options: NetworkOptions,
	test: impl AsyncFnOnce(&mut LocalNetwork) -> Result<T>,
) -> Result<T> {
	let mut network = LocalNetwork::start(options).await?;
	let mut result = test(&mut network).await;
	if result.is_ok() {
		if let Err(disagreement) = wait::agreement(&network).await {
			result = Err(disagreement);
		}
	}
	match result {
		Ok(value) => network.stop().await.map(|()| value),
		Err(error) => {
			network.show_failure();
			Err(error)
		},
	}
}

/// The network's file with its gaps filled, and with ports: those that zombienet picks may be taken when a node listens.
fn definition(
	options: &NetworkOptions,
	node: &str,
	directory: &ScratchDirectory,
) -> Result<String> {
	let filled = DEFINITION
		.replace(&format!("{{{{{NODE_VARIABLE}}}}}"), node)
		.replace(&format!("{{{{{DIRECTORY_VARIABLE}}}}}"), &directory.path().display().to_string());
	let filled = if options.alone { alone(&filled) } else { filled };
	let mut filled = with_ports(&filled)?;
	if let Some(blocks) = options.session_length {
		filled
			.push_str(&format!("\n[relaychain.genesis.validatorSet]\nsessionLength = {blocks}\n"));
	}
	if let Some(tables) = &options.genesis {
		filled.push_str(&format!("\n{tables}"));
	}
	Ok(filled)
}

/// The network with ports for its nodes.
fn with_ports(definition: &str) -> Result<String> {
	let mut parts = definition.split(NODE_TABLE);
	let mut filled = parts.next().unwrap_or_default().to_string();
	for part in parts {
		let (rpc, prometheus, p2p) = (free_port()?, free_port()?, free_port()?);
		filled.push_str(&format!(
			"{NODE_TABLE}\nrpc_port = {rpc}\nprometheus_port = {prometheus}\np2p_port = {p2p}{part}"
		));
	}
	Ok(filled)
}

/// The network without all nodes but the first, on the chain of one validator.
fn alone(definition: &str) -> String {
	let first = definition.splitn(3, NODE_TABLE).take(2).collect::<Vec<_>>();
	first.join(NODE_TABLE).replace("chain = \"local\"", "chain = \"dev\"")
}

/// The logs of a network that did not get so far as to say where they are.
fn logs_in(directory: &ScratchDirectory) -> Vec<PathBuf> {
	VALIDATORS
		.iter()
		.chain(&[FULL_NODE])
		.map(|name| directory.path().join(name).join(format!("{name}.log")))
		.filter(|log| log.exists())
		.collect()
}

fn describe(node: &NetworkNode) -> Result<Node> {
	let all = serde_json::to_value(node).map_err(Error::zombienet("describe a node"))?;
	let text = |field: &str| all.get(field).and_then(|value| value.as_str()).unwrap_or_default();
	let name = node.name().to_string();
	Ok(Node {
		url: node.ws_uri().into(),
		metrics: text("prometheus_uri").into(),
		log: node.core().base_dir().join(format!("{name}.log")),
		name,
	})
}

/// The process of a node: zombienet tells it only in its record of the network.
fn process_of(node: &NetworkNode) -> Result<Pid> {
	let all = serde_json::to_value(node).map_err(Error::zombienet("describe a node"))?;
	all.pointer("/inner/process_handle")
		.and_then(|process| process.as_i64())
		.and_then(|process| i32::try_from(process).ok())
		.map(Pid::from_raw)
		.ok_or_else(|| Error::Kill { node: node.name().into(), reason: "it does not run".into() })
}
