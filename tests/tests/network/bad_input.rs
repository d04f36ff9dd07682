//! A wrong chain spec, a missing key, an occupied port and a damaged database give an error that says what to do, not a
//! panic.

use crate::{
	single_node::{export, with, Running, ANY_PORT},
	support::ensure,
};
use petra_tests::{Error, Result, ScratchDirectory};
use std::{fs::Permissions, net::TcpListener, os::unix::fs::PermissionsExt, path::Path};

/// The node must end with an error that has all of `texts`, and without a panic.
async fn must_fail(directory: &Path, arguments: &[&str], texts: &[&str]) -> Result {
	let mut node = Running::start(directory, arguments)?;
	let status = node.ends().await?;
	node.did_not_panic()?;
	ensure(!status.success(), || {
		format!("the node ended well with {arguments:?}:\n{}", node.said)
	})?;
	for text in texts {
		ensure(node.said.contains(text), || {
			format!("with {arguments:?} the node does not say {text:?}:\n{}", node.said)
		})?;
	}
	Ok(())
}

#[tokio::test]
async fn node_should_say_which_specs_there_are_when_there_is_none_of_that_name() -> Result {
	let directory = ScratchDirectory::new("no-spec")?;
	let arguments = with(&[ANY_PORT, "--chain", "nowhere.json"]);
	must_fail(directory.path(), &arguments, &["nowhere.json", "dev, local, consortium"]).await
}

#[tokio::test]
async fn node_should_say_what_is_wrong_when_the_spec_is_no_spec() -> Result {
	let directory = ScratchDirectory::new("bad-spec")?;
	let file = directory.path().join("bad.json");
	std::fs::write(&file, r#"{ "name": "half a spec" "#)
		.map_err(|error| Error::Violated(error.to_string()))?;
	let file = file.display().to_string();
	let arguments = with(&[ANY_PORT, "--chain", &file]);
	must_fail(directory.path(), &arguments, &[&file, "export-chain-spec"]).await
}

#[tokio::test]
async fn node_should_say_what_to_fill_in_when_the_spec_names_no_validators() -> Result {
	let directory = ScratchDirectory::new("empty-spec")?;
	let arguments = with(&[ANY_PORT, "--chain", "consortium"]);
	must_fail(directory.path(), &arguments, &["validatorSet.initialValidators", "sudo.key"]).await
}

#[tokio::test]
async fn node_should_say_who_may_write_when_others_can_write_compiled_runtimes() -> Result {
	let directory = ScratchDirectory::new("open-cache")?;
	let cache = directory.path().join("cache");
	std::fs::create_dir(&cache)
		.and_then(|()| std::fs::set_permissions(&cache, Permissions::from_mode(0o777)))
		.map_err(|error| Error::Violated(error.to_string()))?;
	let cache = cache.display().to_string();
	let arguments = with(&[ANY_PORT, "--dev", "--runtime-cache", &cache]);
	must_fail(directory.path(), &arguments, &[&cache, "nobody else, can write to"]).await
}

#[tokio::test]
async fn node_should_say_what_to_fill_in_when_the_genesis_has_no_validators() -> Result {
	let failed = |error: std::io::Error| Error::Violated(error.to_string());
	let wanted = ["validatorSet.initialValidators", "sudo.key", "purge-chain"];
	let directory = ScratchDirectory::new("empty-genesis")?;
	let [plain, raw] = ["plain.json", "raw.json"].map(|name| directory.path().join(name));
	export("consortium", &raw, &["--raw"]).await?;
	// A plain one that does not mention validators at all.
	export("consortium", &plain, &[]).await?;
	let text = std::fs::read_to_string(&plain).map_err(failed)?;
	let mut spec: serde_json::Value =
		serde_json::from_str(&text).map_err(|error| Error::Violated(error.to_string()))?;
	for kind in ["patch", "config"] {
		let genesis = spec.pointer_mut(&format!("/genesis/runtimeGenesis/{kind}"));
		if let Some(genesis) = genesis.and_then(serde_json::Value::as_object_mut) {
			genesis.remove("validatorSet");
		}
	}
	std::fs::write(&plain, spec.to_string()).map_err(failed)?;
	for (name, file) in [("raw", raw), ("plain", plain)] {
		let file = file.display().to_string();
		let arguments = with(&[ANY_PORT, "--chain", &file]);
		// Twice: the second time the genesis is stored already.
		for _ in 0..2 {
			must_fail(&directory.path().join(name), &arguments, &wanted).await?;
		}
	}
	Ok(())
}

#[tokio::test]
async fn validator_should_say_how_to_get_keys_when_it_has_none() -> Result {
	let directory = ScratchDirectory::new("no-keys")?;
	let make_identity = "--unsafe-force-node-key-generation";
	let arguments = with(&[ANY_PORT, "--chain", "local", "--validator", make_identity]);
	let mut node = Running::start(directory.path(), &arguments)?;
	node.says("no `aura` key").await?;
	node.says("no `gran` key").await?;
	ensure(node.said.contains("author_rotateKeysWithOwner"), || node.said.clone())?;
	ensure(node.said.contains("petra-node key insert"), || node.said.clone())?;
	node.kill().await?;
	node.did_not_panic()
}

#[tokio::test]
async fn validator_should_say_how_to_make_an_identity_when_it_has_none() -> Result {
	let directory = ScratchDirectory::new("no-identity")?;
	let arguments = with(&[ANY_PORT, "--chain", "local", "--validator"]);
	must_fail(directory.path(), &arguments, &["key generate-node-key", "secret_ed25519"]).await
}

#[tokio::test]
async fn node_should_name_the_port_when_another_program_has_it() -> Result {
	let occupied =
		TcpListener::bind("127.0.0.1:0").map_err(|error| Error::Violated(error.to_string()))?;
	let port = occupied
		.local_addr()
		.map_err(|error| Error::Violated(error.to_string()))?
		.port();
	let text = port.to_string();

	let directory = ScratchDirectory::new("port")?;
	let for_peers = format!("--listen-addr=/ip4/127.0.0.1/tcp/{port}");
	must_fail(directory.path(), &with(&["--chain", "local", &for_peers]), &[&text, "in use"])
		.await?;

	let for_metrics = format!("--prometheus-port={port}");
	let arguments: Vec<_> = with(&["--chain", "local", ANY_PORT, &for_metrics])
		.into_iter()
		.filter(|argument| *argument != "--no-prometheus")
		.collect();
	must_fail(directory.path(), &arguments, &[&text, "in use"]).await?;

	let for_rpc = format!("--rpc-port={port}");
	let arguments: Vec<_> = with(&["--chain", "local", ANY_PORT, &for_rpc])
		.into_iter()
		.filter(|argument| *argument != "--rpc-port=0")
		.collect();
	must_fail(directory.path(), &arguments, &[&text, "in use"]).await
}

#[tokio::test]
async fn node_should_say_how_to_start_anew_when_its_database_is_damaged() -> Result {
	let directory = ScratchDirectory::new("damage")?;
	let arguments = with(&[ANY_PORT, "--dev"]);
	let mut node = Running::start(directory.path(), &arguments)?;
	node.says("Imported #3").await?;
	node.kill().await?;

	let database = directory.path().join("chains/petra_dev/paritydb/full");
	let metadata = database.join("metadata");
	ensure(metadata.is_file(), || format!("no database in {}", database.display()))?;
	std::fs::write(&metadata, "not what it was\n")
		.map_err(|error| Error::Violated(error.to_string()))?;
	must_fail(directory.path(), &arguments, &["purge-chain"]).await
}
