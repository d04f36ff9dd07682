//! The networks that the node knows by name: one a preset of the runtime.

use petra_runtime::{
	genesis::{get_preset, CONSORTIUM},
	WASM_BINARY,
};
use sc_service::{ChainType, Properties};
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};

/// A chain spec of petra.
pub type ChainSpec = sc_service::GenericChainSpec;

/// The spec of that name, or in that file.
///
/// Errors say which names there are, or what is wrong with the file.
pub fn load(id: &str) -> Result<ChainSpec, String> {
	match id {
		"dev" => spec("petra development", "petra_dev", ChainType::Development, DEV_RUNTIME_PRESET),
		"" | "local" => {
			spec("petra local", "petra_local", ChainType::Local, LOCAL_TESTNET_RUNTIME_PRESET)
		},
		"consortium" => spec("petra consortium", "petra_consortium", ChainType::Live, CONSORTIUM),
		path => from_file(path),
	}
}

fn from_file(path: &str) -> Result<ChainSpec, String> {
	let file = std::path::PathBuf::from(path);
	if !file.exists() {
		return Err(format!(
			"there is no chain spec `{path}`: give the path of a spec file, or one of dev, local, consortium",
		));
	}
	ChainSpec::from_json_file(file).map_err(|error| {
		format!(
			"`{path}` is not a chain spec: {error}. `petra-node export-chain-spec --chain consortium` writes one",
		)
	})
}

fn spec(name: &str, id: &str, chain_type: ChainType, preset: &str) -> Result<ChainSpec, String> {
	let wasm = WASM_BINARY.ok_or(
		"this node was built without its runtime: build it again without SKIP_WASM_BUILD set",
	)?;
	// As the Wasm has it, which need not be compiled for that.
	let genesis = get_preset(&preset.into()).ok_or("the runtime has no such preset")?;
	let genesis = serde_json::from_slice(&genesis).map_err(|error| error.to_string())?;
	let properties = [
		("tokenSymbol", "EUR".into()),
		("tokenDecimals", 9.into()),
		("ss58Format", petra_runtime::configs::SS58_PREFIX.into()),
	];
	Ok(ChainSpec::builder(wasm, None)
		.with_name(name)
		.with_id(id)
		.with_protocol_id("petra")
		.with_chain_type(chain_type)
		.with_properties(Properties::from_iter(
			properties.map(|(key, value): (_, serde_json::Value)| (key.to_string(), value)),
		))
		.with_genesis_config_patch(genesis)
		.build())
}

/// What is wrong with a spec whose chain would never make a block.
pub const NO_VALIDATORS: &str = "this chain spec names no validators: fill in `validatorSet.initialValidators`, \
	`session.keys`, `balances.balances` and `sudo.key` (docs/consortium.md), then start again with the new spec";

/// An error if `spec` is a plain one that names no validators. What this cannot see, such as a raw one's, the genesis shows
/// (`service::check_genesis`).
pub fn check_validators(spec: &dyn sc_service::ChainSpec) -> Result<(), String> {
	let json = spec.as_json(false)?;
	let spec: serde_json::Value = serde_json::from_str(&json).map_err(|error| error.to_string())?;
	let named = ["patch", "config"]
		.iter()
		.find_map(|kind| {
			spec.pointer(&format!("/genesis/runtimeGenesis/{kind}/validatorSet/initialValidators"))?
				.as_array()
		})
		.map(Vec::len);
	match named {
		Some(0) => Err(NO_VALIDATORS.into()),
		_ => Ok(()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_spec_without_validators_should_be_refused() {
		let error = check_validators(&load("consortium").unwrap()).unwrap_err();
		assert!(error.contains("validatorSet.initialValidators"), "{error}");
	}

	#[test]
	fn the_other_specs_should_be_accepted() {
		for chain in ["dev", "", "local"] {
			check_validators(&load(chain).unwrap()).unwrap();
		}
	}

	#[test]
	fn an_unknown_spec_should_be_refused_with_the_known_names() {
		let error = load("nowhere").err().unwrap();
		assert!(error.contains("dev, local, consortium"), "{error}");
	}
}
