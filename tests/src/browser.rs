//! A report's page in a real browser.

use crate::{Error, Result};
use std::{
	path::{Path, PathBuf},
	process::{Command, Stdio},
};

/// Opens a report's page in headless Chromium, wide and narrow, light and dark, and holds it against its `report.json`.
///
/// # Errors
/// If `PETRA_NODE_MODULES` is not set, Node.js does not run, or the page overflows, complains, requests anything or shows a
/// figure that `report.json` does not have: then with what is wrong.
pub fn check(html: &Path, json: &Path) -> Result {
	if std::env::var_os("PETRA_NODE_MODULES").is_none() {
		return Err(Error::NotGiven {
			variable: "PETRA_NODE_MODULES",
			what: "a node_modules folder with what tests/clients/polkadot-js/package-lock.json lists, which `make setup` makes",
		});
	}
	let output = Command::new("node")
		.arg(script())
		.args([html, json])
		.stdin(Stdio::null())
		.output()
		.map_err(|error| Error::Violated(format!("node did not run: {error}")))?;
	let said = String::from_utf8_lossy(&output.stdout);
	if output.status.success() && said.contains("all done") {
		return Ok(());
	}
	let complained = String::from_utf8_lossy(&output.stderr);
	Err(Error::Violated(format!("{} ({}):\n{said}\n{complained}", html.display(), output.status)))
}

/// Asked when it runs: what another checkout has compiled may be used here.
fn script() -> PathBuf {
	std::env::var_os("CARGO_MANIFEST_DIR")
		.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
		.join("clients/browser/check.mjs")
}
