//! What an upgrade needs of the state, and the checks that `try-runtime` runs around it.

use crate::chain::chain;
use frame_support::traits::{GetStorageVersion, UpgradeCheckSelect};
use petra_runtime::{Executive, FreeCalls, ValidatorSet};

#[test]
fn storage_versions_should_be_written_at_genesis() {
	chain("development").execute_with(|| {
		assert_eq!(
			ValidatorSet::on_chain_storage_version(),
			ValidatorSet::in_code_storage_version()
		);
		assert_eq!(FreeCalls::on_chain_storage_version(), FreeCalls::in_code_storage_version());
		assert!(ValidatorSet::on_chain_storage_version() > 0);
		assert!(FreeCalls::on_chain_storage_version() > 0);
	});
}

#[test]
fn an_upgrade_should_pass_its_checks() {
	chain("local_testnet").execute_with(|| {
		Executive::try_runtime_upgrade(UpgradeCheckSelect::All).unwrap();
	});
}
