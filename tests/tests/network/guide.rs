//! Runs docs/consortium.md: every shell block of it, in order, on this machine, which stands for all of the guide's.
//!
//! The word after ```` ```bash ```` says where a block runs: `everywhere` (when a place is first used), `dso`,
//! `machine 2`, `workstation 1-4`; `as name` names a block, and `<!-- again: name on place -->` repeats it. Each place is a
//! shell that stays open, with directories and ports of its own. `systemctl` is a stand-in that starts and stops what the
//! unit says, so that docs/systemd/petra-node.service is what runs.
//!
//! Needs petra-node (`PETRA_NODE`, or built beside this), the Python client (`PETRA_PYTHON`, from `make setup`) and curl.

// What goes wrong in a test is the test's failure.
#![allow(clippy::unwrap_used)]

mod consortium;
mod page;
mod shell;

use consortium::{petra_node, root, Consortium};
use page::Page;
use std::{collections::BTreeSet, fs, path::Path, process::Command};

const GUIDE: &str = "docs/consortium.md";
const UNIT: &str = "docs/systemd/petra-node.service";
const ALERTS: &str = "docs/systemd/petra-alerts.yml";

fn read(file: impl AsRef<Path>) -> String {
	let file = root().join(file);
	fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// What a program printed, which must have succeeded.
fn output(command: &mut Command) -> String {
	let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
	let errors = String::from_utf8_lossy(&output.stderr);
	assert!(output.status.success(), "{command:?} failed: {errors}");
	String::from_utf8(output.stdout).expect("text")
}

/// Accounts and public keys whose secrets everybody knows, as addresses and in hexadecimal.
fn well_known() -> Vec<String> {
	let mut keys = Vec::new();
	for name in ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie", "One", "Two"] {
		for path in [format!("//{name}"), format!("//{name}//stash")] {
			for scheme in ["sr25519", "ed25519"] {
				let mut inspect = Command::new(petra_node());
				inspect.args([
					"key",
					"inspect",
					"--output-type",
					"json",
					"--scheme",
					scheme,
					&path,
				]);
				let key: serde_json::Value = serde_json::from_str(&output(&mut inspect)).unwrap();
				keys.push(key["ss58Address"].as_str().unwrap().to_string());
				keys.push(key["publicKey"].as_str().unwrap().trim_start_matches("0x").to_string());
			}
		}
	}
	keys
}

/// Which of `known` are in the genesis of a spec, plain or raw, leaving out the runtime's code.
fn found_in<'a>(known: &'a [String], spec: &str) -> Vec<&'a String> {
	const CODE: &str = "0x3a636f6465";
	let mut spec: serde_json::Value = serde_json::from_str(spec).unwrap();
	let genesis = &mut spec["genesis"];
	let code = match genesis.get("raw") {
		Some(_) => genesis["raw"]["top"].as_object_mut().unwrap().remove(CODE),
		None => genesis["runtimeGenesis"].as_object_mut().unwrap().remove("code"),
	};
	assert!(code.is_some(), "a spec without code");
	let text = spec.to_string();
	known.iter().filter(|key| text.contains(key.as_str())).collect()
}

#[test]
fn guide_should_take_an_operator_from_nothing_to_everything_it_promises() {
	// Its machines are a network like others.
	let _place = futures::executor::block_on(petra_tests::place(false)).unwrap();
	let page = Page::parse(GUIDE, &read(GUIDE));
	let mut consortium = Consortium::new(petra_upgrade::WASM_BINARY);
	consortium.run(&page);
	let restored_at = finalised(&mut consortium);

	specs_hold_no_well_known_keys(&mut consortium);
	machines_know_their_peers_only(&mut consortium);
	alerts_are_about_metrics_that_nodes_have(&mut consortium);
	extrinsic_says_what_went_wrong(&mut consortium);
	all_agree_on_block(restored_at + 20, &mut consortium);
	nobody_equivocated(&mut consortium);
	consortium.succeeded();
}

fn specs_hold_no_well_known_keys(consortium: &mut Consortium) {
	let known = well_known();
	for spec in ["template.json", "plain.json", "consortium.json"] {
		let found = found_in(&known, &read(consortium.shared().join(spec)));
		assert!(found.is_empty(), "{spec} has keys whose secrets everybody knows: {found:?}");
	}
	let mut export = Command::new(petra_node());
	let local = output(export.args(["export-chain-spec", "--chain", "local", "--raw"]));
	assert!(!found_in(&known, &local).is_empty(), "the search finds keys where there are some");
}

fn machines_know_their_peers_only(consortium: &mut Consortium) {
	for machine in 1..=4 {
		let others: BTreeSet<_> = (1..=4)
			.filter(|other| *other != machine)
			.map(|other| {
				let peer = read(consortium.shared().join(format!("member-{other}/peer")));
				peer.trim().rsplit('/').next().unwrap().to_string()
			})
			.collect();
		let peers = consortium.ask(&format!("machine {machine}"), "rpc system_peers");
		let peers: serde_json::Value = serde_json::from_str(&peers).unwrap();
		let peers: BTreeSet<_> = peers
			.as_array()
			.unwrap()
			.iter()
			.map(|peer| peer["peerId"].as_str().unwrap().to_string())
			.collect();
		assert_eq!(peers, others, "peers of machine {machine}");
	}
}

fn alerts_are_about_metrics_that_nodes_have(consortium: &mut Consortium) {
	let measured =
		consortium.ask("machine 1", r#"curl -sS "http://127.0.0.1:$PROMETHEUS_PORT/metrics""#);
	let measured: BTreeSet<_> =
		measured.lines().filter_map(|line| line.split(['{', ' ']).next()).collect();
	let alerts = read(ALERTS);
	let named: BTreeSet<_> = alerts
		.lines()
		.filter_map(|line| line.trim().strip_prefix("expr: "))
		.flat_map(|expression| expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
		.filter(|word| word.starts_with("substrate_") || word.starts_with("petra_"))
		.collect();
	assert!(named.len() >= 6, "alerts name metrics: {named:?}");
	let missing: Vec<_> = named.difference(&measured).collect();
	assert!(missing.is_empty(), "nodes do not have {missing:?}");
}

fn extrinsic_says_what_went_wrong(consortium: &mut Consortium) {
	let cases = [
		(
			"--suri-file \"$SECRETS/dso\" --sudo ValidatorSet.remove_validator account=\"$(cat \"$SHARED/dso\")\"",
			"ValidatorSet.NotValidator",
		),
		(
			"--suri-file \"$SECRETS/dso\" Session.set_keys \
			 keys=\"$(field keys <\"$SHARED/member-2/session-keys.json\")\" proof=0x00",
			"Session.InvalidProof",
		),
		("--suri-file \"$SECRETS/dso\" --sudo-unchecked-weight System.set_code code=@\"$WASM\"", "System.SpecVersionNeedsToIncrease"),
		("--suri-file \"$SECRETS/dso.old\" Sudo.set_key new=\"$(cat \"$SHARED/dso\")\"", "Sudo.RequireSudo"),
		("--suri-file \"$SECRETS/dso\" ValidatorSet.ad_validator", "no call ValidatorSet.ad_validator"),
		("--suri-file \"$SECRETS/dso\" --sudo ValidatorSet.add_validator who=1", "account"),
		("--suri-file \"$SECRETS/nobody\" System.remark remark=0x00", "No such file"),
	];
	for (arguments, reason) in cases {
		let script =
			format!("if extrinsic {arguments}; then echo it succeeded; else echo status $?; fi");
		let said = consortium.ask("dso", &script);
		assert!(said.trim_end().ends_with("status 1"), "extrinsic {arguments} says: {said}");
		assert!(said.contains(reason), "extrinsic {arguments} does not say {reason}, but: {said}");
	}
}

/// Neither rotation nor restore made a validator sign twice.
fn nobody_equivocated(consortium: &mut Consortium) {
	let validators = consortium.ask("dso", "query ValidatorSet.Validators");
	let validators: Vec<String> = serde_json::from_str(validators.trim()).unwrap();
	assert_eq!(validators.len(), 4, "{validators:?}");
	for machine in 1..=4 {
		let count =
			consortium.ask(&format!("machine {machine}"), "metric petra_aura_equivocations_total");
		assert_eq!(count.trim(), "0", "equivocations seen by machine {machine}");
	}
}

/// Number of the last block that the first machine finalised.
fn finalised(consortium: &mut Consortium) -> u32 {
	consortium.ask("machine 1", "finalised").trim().parse().unwrap()
}

fn all_agree_on_block(number: u32, consortium: &mut Consortium) {
	let script = format!(
		"until [ \"$(finalised)\" -ge {number} ]; do sleep 1; done; rpc chain_getBlockHash '[{number}]'"
	);
	let hashes: BTreeSet<_> = (1..=4)
		.map(|machine| consortium.ask(&format!("machine {machine}"), &script))
		.collect();
	assert_eq!(hashes.len(), 1, "hashes of block {number}: {hashes:?}");
	assert!(hashes.iter().all(|hash| hash.starts_with("0x")), "{hashes:?}");
}

#[test]
fn node_should_refuse_the_template_when_it_names_no_validators() {
	let output = Command::new(petra_node())
		.args(["--chain", "consortium", "--tmp", "--rpc-port", "0", "--no-prometheus"])
		.args(["--listen-addr", "/ip4/127.0.0.1/tcp/0"])
		.output()
		.unwrap();
	let errors = String::from_utf8_lossy(&output.stderr);
	assert!(!output.status.success(), "a node started that can make no blocks");
	assert!(errors.contains("this chain spec names no validators"), "{errors}");
}

#[test]
fn unit_should_give_the_node_options_that_it_has() {
	let unit = read(UNIT).replace("\\\n", " ");
	let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
	let help = output(Command::new(petra_node()).arg("--help"));
	let known: BTreeSet<_> = help.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
	let options: Vec<_> = start.split_whitespace().filter(|word| word.starts_with("--")).collect();
	assert!(options.len() >= 10, "{options:?}");
	let unknown: Vec<_> = options.iter().filter(|option| !known.contains(*option)).collect();
	assert!(unknown.is_empty(), "petra-node has no {unknown:?}");
}

#[test]
fn unit_should_be_one_that_systemd_accepts() {
	if Command::new("systemd-analyze").arg("--version").output().is_err() {
		println!("systemd-analyze is not here: the unit is checked by the other tests alone");
		return;
	}
	let folder = std::env::temp_dir().join(format!("petra-unit-{}", std::process::id()));
	fs::create_dir_all(&folder).unwrap();
	let verify = |text: &str| {
		let file = folder.join("petra-node.service");
		fs::write(&file, text).unwrap();
		let output = Command::new("systemd-analyze").arg("verify").arg(file).output().unwrap();
		(output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
	};
	let unit = read(UNIT).replace("/usr/local/bin/petra-node", &petra_node().to_string_lossy());
	let (accepted, errors) = verify(&unit);
	let (broken_accepted, broken_errors) = verify(&unit.replace("ProtectHome=", "ProtectHouse="));
	fs::remove_dir_all(&folder).unwrap();
	assert!(accepted && errors.is_empty(), "{errors}");
	assert!(!broken_accepted || !broken_errors.is_empty(), "systemd-analyze sees mistakes");
}
