//! The three presets (specification, section 9).

use crate::{
	AccountId, BalancesConfig, RuntimeGenesisConfig, SessionConfig, SessionKeys, SudoConfig,
	ValidatorSetConfig, EUR, MINUTES,
};
use alloc::{vec, vec::Vec};
use frame_support::build_struct_json_patch;
use serde_json::Value;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// A network without any well-known key: its operators fill in validators, sudo key and money.
pub const CONSORTIUM: &str = "consortium";

/// Money of every well-known account on networks for trying things out.
const ENDOWMENT: crate::Balance = 1_000_000 * EUR;
/// Blocks in a session where one wants to see validators come and go.
const SHORT_SESSION: crate::BlockNumber = MINUTES / 3;
/// Blocks in a session of a real network.
const LONG_SESSION: crate::BlockNumber = 10 * MINUTES;

/// A validator of the keyring: its account is `//Name//stash`, as zombienet has it.
fn validator(
	account: Sr25519Keyring,
	aura: Sr25519Keyring,
	grandpa: Ed25519Keyring,
) -> (AccountId, SessionKeys) {
	let keys = SessionKeys { aura: aura.public().into(), grandpa: grandpa.public().into() };
	(account.to_account_id(), keys)
}

/// A network of well-known keys whose sudo key is Alice's.
fn well_known(validators: Vec<(AccountId, SessionKeys)>) -> Value {
	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig {
			balances: Sr25519Keyring::iter()
				.filter(|key| !matches!(key, Sr25519Keyring::One | Sr25519Keyring::Two))
				.map(|key| (key.to_account_id(), ENDOWMENT))
				.collect(),
		},
		session: SessionConfig {
			keys: validators
				.iter()
				.map(|(account, keys)| (account.clone(), account.clone(), keys.clone()))
				.collect(),
		},
		sudo: SudoConfig { key: Some(Sr25519Keyring::Alice.to_account_id()) },
		validator_set: ValidatorSetConfig {
			initial_validators: validators.iter().map(|(account, _)| account.clone()).collect(),
			session_length: SHORT_SESSION,
		},
	})
}

/// One validator.
fn development() -> Value {
	use Ed25519Keyring as Grandpa;
	use Sr25519Keyring::*;
	well_known(vec![validator(AliceStash, Alice, Grandpa::Alice)])
}

/// Four validators, with zombienet's names.
fn local_testnet() -> Value {
	use Ed25519Keyring as Grandpa;
	use Sr25519Keyring::*;
	well_known(vec![
		validator(AliceStash, Alice, Grandpa::Alice),
		validator(BobStash, Bob, Grandpa::Bob),
		validator(CharlieStash, Charlie, Grandpa::Charlie),
		validator(DaveStash, Dave, Grandpa::Dave),
	])
}

/// A template: the fields that operators fill in are there, and empty (docs/consortium.md).
fn consortium() -> Value {
	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances: vec![] },
		session: SessionConfig { keys: vec![] },
		sudo: SudoConfig { key: None },
		validator_set: ValidatorSetConfig {
			initial_validators: vec![],
			session_length: LONG_SESSION,
		},
	})
}

/// The patch of a preset, as JSON; none if there is no preset of that name.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let patch = match id.as_ref() {
		DEV_RUNTIME_PRESET => development(),
		LOCAL_TESTNET_RUNTIME_PRESET => local_testnet(),
		CONSORTIUM => consortium(),
		_ => return None,
	};
	serde_json::to_vec(&patch).ok()
}

/// The presets' names.
pub fn preset_names() -> Vec<PresetId> {
	[DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET, CONSORTIUM]
		.map(PresetId::from)
		.to_vec()
}
