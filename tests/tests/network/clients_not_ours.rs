//! Clients that are not ours work unmodified: polkadot.js and py-substrate-interface sign, submit and see events, and
//! polkadot.js does all that users of the ledger and of the market do.

use crate::support::{ensure, given_path};
use petra_tests::{wait, with_network, Error, NetworkOptions, Result, FULL_NODE};
use std::{path::PathBuf, process::Stdio, time::Duration};
use tokio::process::Command;

/// How long a script may take: loading a library, the metadata, up to twenty transactions, one after the other, until they
/// are final.
const LIMIT: Duration = Duration::from_secs(180);

fn script(path: &str) -> PathBuf {
	// Asked when it runs: what another checkout has compiled may be used here.
	let tests = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
	PathBuf::from(tests).join("clients").join(path)
}

/// Runs a script to its end; it must succeed, and say that it did all it was to do.
async fn run(mut command: Command, what: &str) -> Result {
	let running = command.stdin(Stdio::null()).kill_on_drop(true).output();
	let output = wait::within(LIMIT, format!("{what} ending"), async {
		running
			.await
			.map_err(|error| Error::Violated(format!("{what} did not run: {error}")))
	})
	.await?;
	let (said, complained) =
		(String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
	println!("{said}");
	ensure(output.status.success() && said.contains("all done"), || {
		format!("{what} failed ({}):\n{said}\n{complained}", output.status)
	})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn polkadot_js_and_python_should_work_when_used_unmodified() -> Result {
	let modules = given_path(
		"PETRA_NODE_MODULES",
		"a node_modules folder with what tests/clients/polkadot-js/package-lock.json lists, which `make setup` makes",
	)?;
	let python = given_path(
		"PETRA_PYTHON",
		"a python with what tests/clients/python/requirements.txt lists, which `make setup` makes",
	)?;
	with_network(NetworkOptions::new("clients"), async |network| {
		let url = network.node(FULL_NODE)?.url.clone();
		wait::finalized(&network.client(FULL_NODE).await?, 3).await?;

		for name in ["smoke", "ledger", "market"] {
			let mut polkadot_js = Command::new("node");
			polkadot_js
				.arg(script(&format!("polkadot-js/{name}.mjs")))
				.arg(&url)
				.env("PETRA_NODE_MODULES", &modules);
			run(polkadot_js, &format!("the polkadot.js client {name}.mjs")).await?;
		}

		let mut interface = Command::new(&python);
		interface.arg(script("python/smoke.py")).arg(&url);
		run(interface, "the Python client").await
	})
	.await
}
