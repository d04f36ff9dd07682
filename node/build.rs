//! Puts the commit that last changed what the node is made of into the version that `petra-node --version` prints: so the
//! node need not be compiled again after a commit that changes nothing of it.

use std::process::Command;
use substrate_build_script_utils::generate_cargo_keys;

/// What the node is made of, from the root of the repository.
const PARTS: [&str; 8] = [
	"node",
	"runtime",
	"pallets",
	"primitives",
	"schedule",
	"chain-specs",
	"Cargo.lock",
	":!*/tests/*",
];

/// What git says, if it is there and this is a repository.
fn git(arguments: &[&str]) -> Option<String> {
	let output = Command::new("git").arg("-C").arg("..").args(arguments).args(PARTS).output();
	let output = output.ok().filter(|output| output.status.success())?;
	String::from_utf8(output.stdout).ok()
}

fn main() {
	if std::env::var_os("SUBSTRATE_CLI_GIT_COMMIT_HASH").is_none() {
		let commit = git(&["log", "-1", "--abbrev=11", "--format=%h", "--"]);
		if let Some(commit) = commit.filter(|commit| !commit.is_empty()) {
			std::env::set_var("SUBSTRATE_CLI_GIT_COMMIT_HASH", commit);
		}
	}
	generate_cargo_keys();
	println!("cargo:rerun-if-env-changed=SUBSTRATE_CLI_GIT_COMMIT_HASH");
	for file in git(&["ls-files", "--"]).unwrap_or_default().lines() {
		println!("cargo:rerun-if-changed=../{file}");
	}
}
