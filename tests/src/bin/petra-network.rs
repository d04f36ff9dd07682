//! `make network`: four validators and a full node on this machine, until Ctrl-C.

use clap::Parser;
use petra_tests::{simulation, Error, LocalNetwork, NetworkOptions, Node, Result};
use std::path::PathBuf;
use tokio::signal::unix::{signal, SignalKind};

/// Runs a network of four validators and a full node on this machine, until Ctrl-C.
///
/// It listens on this machine only, on free ports. What it stores is removed at its end.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
	/// The program petra-node, if not the one that was built with this one (or PETRA_NODE).
	#[arg(long)]
	node: Option<PathBuf>,
	/// Blocks in a session, if not what the chain's preset says.
	#[arg(long)]
	session_length: Option<u32>,
	/// Milliseconds of a timestep, if not what the chain's preset says: for a simulation, 20000.
	#[arg(long)]
	timestep: Option<u64>,
}

/// What polkadot.js apps open to watch a node.
fn apps_link(url: &str) -> String {
	let encoded = url.replace(':', "%3A").replace('/', "%2F");
	format!("https://polkadot.js.org/apps/?rpc={encoded}#/explorer")
}

fn print(node: &Node) {
	println!("{}", node.name);
	println!("  WebSocket  {}", node.url);
	println!("  apps       {}", apps_link(&node.url));
	println!("  metrics    {}", node.metrics);
	println!("  log        {}", node.log.display());
}

async fn until_told_to_stop() -> std::io::Result<()> {
	let mut terminated = signal(SignalKind::terminate())?;
	tokio::select! {
		result = tokio::signal::ctrl_c() => result,
		_ = terminated.recv() => Ok(()),
	}
}

async fn run(arguments: Arguments) -> Result {
	println!("Starting four validators and a full node…");
	let network = match arguments.timestep {
		Some(timestep) => simulation::network("network", timestep),
		None => NetworkOptions::new("network"),
	};
	let options = NetworkOptions {
		session_length: arguments.session_length,
		node: arguments.node,
		..network
	};
	let network = tokio::select! {
		network = LocalNetwork::start(options) => network?,
		_ = until_told_to_stop() => return Ok(()),
	};
	network.nodes().iter().for_each(print);
	println!("\nThe sudo key is //Alice. Press Ctrl-C to stop the network.");
	until_told_to_stop()
		.await
		.map_err(|reason| Error::File { path: "signals".into(), reason })?;
	println!("\nStopping…");
	network.stop().await
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
	match run(Arguments::parse()).await {
		Ok(()) => std::process::ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("Error: {error}");
			std::process::ExitCode::FAILURE
		},
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn apps_link_should_carry_the_address_encoded() {
		assert_eq!(
			apps_link("ws://127.0.0.1:9944"),
			"https://polkadot.js.org/apps/?rpc=ws%3A%2F%2F127.0.0.1%3A9944#/explorer"
		);
	}
}
