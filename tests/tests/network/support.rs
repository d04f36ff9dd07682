//! What several of these tests use.

use petra_client::{account, call, dev, AccountId32, Call, Client, Keypair, Value, H256};
use petra_tests::{Error, Result};
use std::{collections::BTreeSet, ops::RangeInclusive, path::PathBuf};

/// Billionths in a EUR.
pub const EUR: u128 = 1_000_000_000;

/// Fails the test with what is wrong.
pub fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result {
	if holds {
		Ok(())
	} else {
		Err(Error::Violated(otherwise()))
	}
}

/// A call of root that shows in the state and in an event: gives an account this much money.
pub fn set_balance(who: &AccountId32, amount: u128) -> Call {
	call("Balances", "force_set_balance", [account(who), Value::u128(amount)])
}

/// A payment that leaves the payer's account open.
pub fn payment(to: &AccountId32, amount: u128) -> Call {
	call("Balances", "transfer_keep_alive", [account(to), Value::u128(amount)])
}

/// The account of a key.
pub fn account_of(key: &Keypair) -> AccountId32 {
	key.public_key().to_account_id()
}

/// The sudo key of the network.
pub fn sudo_key() -> Keypair {
	dev::alice()
}

/// The key with which a validator of genesis makes blocks: zombienet gives each node the keys of its name.
pub fn aura_key(validator: &str) -> [u8; 32] {
	let (first, rest) = validator.split_at(1);
	key_of(&format!("//{}{rest}", first.to_uppercase())).public_key().0
}

/// A key by its secret name, `//Alice` or `//Alice//stash`.
pub fn key_of(secret: &str) -> Keypair {
	let secret = secret.parse().expect("tests name keys in the right form");
	Keypair::from_uri(&secret).expect("tests name keys in the right form")
}

/// Who made these blocks, by Aura key.
pub async fn authors(client: &Client, numbers: RangeInclusive<u64>) -> Result<BTreeSet<[u8; 32]>> {
	let mut authors = BTreeSet::new();
	for number in numbers {
		authors.insert(client.author(hash_of(client, number).await?).await?);
	}
	Ok(authors)
}

/// The hash of a block that the node must have.
pub async fn hash_of(client: &Client, number: u64) -> Result<H256> {
	client
		.block_hash(number)
		.await?
		.ok_or_else(|| Error::Violated(format!("{} has no block {number}", client.url())))
}

/// The file or directory that an environment variable names.
pub fn given_path(variable: &'static str, what: &'static str) -> Result<PathBuf> {
	let path = std::env::var_os(variable)
		.map(PathBuf::from)
		.ok_or(Error::NotGiven { variable, what })?;
	ensure(path.exists(), || {
		format!("{variable} names {}, which does not exist: {what}", path.display())
	})?;
	Ok(path)
}
