//! The presets.

use crate::chain::{chain, genesis_of, next_block};
use petra_runtime::{genesis, Balances, Runtime, Session, WASM_BINARY};
use sc_chain_spec::GenesisConfigBuilderRuntimeCaller;
use sp_keyring::Sr25519Keyring;

#[test]
fn presets_should_be_the_three_of_the_specification() {
	let names: Vec<String> = genesis::preset_names().iter().map(|name| name.to_string()).collect();
	assert_eq!(names, ["development", "local_testnet", "consortium"]);
	assert!(genesis::get_preset(&"unknown".into()).is_none());
}

#[test]
fn presets_should_be_those_of_the_wasm() {
	// The node makes its specs of those that are compiled into it.
	let wasm = GenesisConfigBuilderRuntimeCaller::<()>::new(WASM_BINARY.unwrap());
	for name in genesis::preset_names() {
		let native = genesis::get_preset(&name).unwrap();
		let native: serde_json::Value = serde_json::from_slice(&native).unwrap();
		assert_eq!(wasm.get_named_preset(Some(&name.to_string())).unwrap(), native, "{name}");
	}
}

#[test]
fn presets_should_start_with_their_validators() {
	for (preset, validators) in [("development", 1), ("local_testnet", 4)] {
		chain(preset).execute_with(|| {
			assert_eq!(Session::validators().len(), validators);
			assert_eq!(pallet_validator_set::Validators::<Runtime>::get().len(), validators);
			assert_eq!(
				pallet_sudo::Key::<Runtime>::get(),
				Some(Sr25519Keyring::Alice.to_account_id())
			);
			assert!(Balances::total_issuance() > 0);
			next_block();
		});
	}
}

#[test]
fn consortium_should_hold_no_well_known_key() {
	let text = genesis_of("consortium").to_string();
	let keys = Sr25519Keyring::iter().map(|key| key.to_account_id().to_string());
	let keys =
		keys.chain(sp_keyring::Ed25519Keyring::iter().map(|key| key.to_account_id().to_string()));
	for key in keys {
		assert!(!text.contains(&key), "{key} is well known");
	}
	let local = genesis_of("local_testnet").to_string();
	assert!(
		local.contains(&Sr25519Keyring::Alice.to_account_id().to_string()),
		"the check can fail"
	);
}
