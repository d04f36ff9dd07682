//! Keys derived from the phrase.
//!
//! All derivation is hard: who knows one key, or all public ones, learns nothing about another. The paths are those of
//! `subkey` and polkadot.js, so that other programs find the same keys:
//!
//! | path after the phrase | what it is |
//! | --- | --- |
//! | `//petra//meter//<id>` | the key of smart meter `id` |
//! | `//petra//household` | the key with which a household speaks to the DSO's service |
//! | `//petra//dso` | the DSO's key |
//! | `//petra//address//<n>` | anonymous address `n` |
//! | `//petra//member//<n>` | the entropy (secret seed) of member key `n` of a mixing ring |

use super::Phrase;
use crate::{AccountId32, Keypair, PetraConfig};
use sp_core::{crypto::DeriveJunction, sr25519, Pair};
use subxt::{tx::Signer, utils::MultiSignature};
use zeroize::Zeroizing;

/// What a key is for: its place below the phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
	/// A smart meter's key.
	Meter(crate::types::MeterId),
	/// With which a household speaks to the DSO's service.
	Household,
	/// The DSO's key.
	Dso,
	/// An anonymous address.
	Address(u32),
}

impl std::fmt::Display for Role {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		match self {
			Self::Meter(id) => write!(formatter, "//petra//meter//{id}"),
			Self::Household => formatter.write_str("//petra//household"),
			Self::Dso => formatter.write_str("//petra//dso"),
			Self::Address(index) => write!(formatter, "//petra//address//{index}"),
		}
	}
}

/// A key that signs transactions and messages. It shows its address only.
#[derive(Clone)]
pub struct Account {
	keypair: Keypair,
}

impl std::fmt::Debug for Account {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(formatter, "Account({})", self.address())
	}
}

impl From<Keypair> for Account {
	fn from(keypair: Keypair) -> Self {
		Self { keypair }
	}
}

impl Account {
	/// Its address.
	pub fn address(&self) -> AccountId32 {
		self.keypair.public_key().to_account_id()
	}

	/// The key itself, for what takes one. It must not be shown: its `Debug` shows the secret.
	pub fn keypair(&self) -> &Keypair {
		&self.keypair
	}

	/// Signs bytes that are not a transaction.
	pub fn sign_bytes(&self, bytes: &[u8]) -> MultiSignature {
		self.keypair.sign(bytes).into()
	}
}

impl Signer<PetraConfig> for Account {
	fn account_id(&self) -> AccountId32 {
		self.address()
	}

	fn sign(&self, payload: &[u8]) -> MultiSignature {
		self.sign_bytes(payload)
	}
}

/// The secret of a member of a mixing ring: 32 bytes, of which a Bandersnatch key is made.
#[derive(Clone)]
pub struct MemberSecret {
	index: u32,
	entropy: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for MemberSecret {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(formatter, "MemberSecret({}, secret)", self.index)
	}
}

impl MemberSecret {
	/// Its number in the wallet.
	pub fn index(&self) -> u32 {
		self.index
	}

	/// The secret bytes.
	pub fn entropy(&self) -> &[u8; 32] {
		&self.entropy
	}
}

/// The root of all keys of a phrase.
#[derive(Clone)]
pub(super) struct Keyring {
	root: sr25519::Pair,
	seed: Zeroizing<[u8; 32]>,
}

impl Keyring {
	/// None if the phrase is none, which its type excludes.
	pub fn new(phrase: &Phrase) -> Option<Self> {
		let (root, seed) = sr25519::Pair::from_phrase(&phrase.words(), None).ok()?;
		Some(Self { root, seed: Zeroizing::new(seed) })
	}

	pub fn account(&self, role: Role) -> Option<Account> {
		let path = match role {
			Role::Meter(id) => vec![DeriveJunction::hard("meter"), number(id)],
			Role::Household => vec![DeriveJunction::hard("household")],
			Role::Dso => vec![DeriveJunction::hard("dso")],
			Role::Address(index) => vec![DeriveJunction::hard("address"), number(index)],
		};
		Keypair::from_secret_key(*self.seed(path)?).ok().map(Account::from)
	}

	pub fn member(&self, index: u32) -> Option<MemberSecret> {
		let entropy = self.seed([DeriveJunction::hard("member"), number(index)])?;
		Some(MemberSecret { index, entropy })
	}

	/// The secret seed at a path of hard junctions below `//petra`.
	fn seed(&self, path: impl IntoIterator<Item = DeriveJunction>) -> Option<Zeroizing<[u8; 32]>> {
		let path = [DeriveJunction::hard("petra")].into_iter().chain(path);
		let (_, seed) = self.root.derive(path, Some(*self.seed)).ok()?;
		seed.map(Zeroizing::new)
	}
}

/// A number in a path, as `//7` is read.
fn number(number: u32) -> DeriveJunction {
	DeriveJunction::hard(u64::from(number))
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::{collections::BTreeSet, str::FromStr};
	use subxt_signer::SecretUri;

	const PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

	fn keyring() -> Keyring {
		Keyring::new(&Phrase::parse(PHRASE).unwrap()).unwrap()
	}

	/// As polkadot.js and subkey have it.
	fn elsewhere(path: &str) -> AccountId32 {
		let uri = SecretUri::from_str(&format!("{PHRASE}{path}")).unwrap();
		Keypair::from_uri(&uri).unwrap().public_key().to_account_id()
	}

	#[test]
	fn keys_should_be_those_that_other_programs_derive_at_the_documented_paths() {
		let roles = [
			Role::Meter(0),
			Role::Meter(77),
			Role::Household,
			Role::Dso,
			Role::Address(0),
			Role::Address(u32::MAX),
		];
		for role in roles {
			let account = keyring().account(role).unwrap();
			assert_eq!(account.address(), elsewhere(&role.to_string()), "{role}");
		}
		let member = keyring().member(3).unwrap();
		let key = Keypair::from_secret_key(*member.entropy()).unwrap();
		assert_eq!(key.public_key().to_account_id(), elsewhere("//petra//member//3"));
	}

	#[test]
	fn keys_should_all_differ() {
		let keyring = keyring();
		let roles = (0..50)
			.flat_map(|n| [Role::Meter(n), Role::Address(n)])
			.chain([Role::Household, Role::Dso]);
		let addresses: BTreeSet<_> =
			roles.map(|role| keyring.account(role).unwrap().address().0).collect();
		assert_eq!(addresses.len(), 102);
		let members: BTreeSet<_> = (0..50).map(|n| *keyring.member(n).unwrap().entropy()).collect();
		assert_eq!(members.len(), 50);
	}

	#[test]
	fn account_should_sign_so_that_the_ledger_verifies_it() {
		let account = keyring().account(Role::Address(1)).unwrap();
		let message = [7; 32];
		let MultiSignature::Sr25519(signature) = account.sign_bytes(&message) else { panic!() };
		let signer = sp_core::crypto::AccountId32::new(account.address().0);
		let signature = sr25519::Signature::from_raw(signature).into();
		assert!(petra_primitives::messages::verify(&signature, &message, &signer));
		assert!(!petra_primitives::messages::verify(&signature, &[8; 32], &signer));
	}

	#[test]
	fn secrets_should_not_be_shown_by_debug() {
		let member = keyring().member(5).unwrap();
		assert_eq!(format!("{member:?}"), "MemberSecret(5, secret)");
		let account = keyring().account(Role::Dso).unwrap();
		assert_eq!(format!("{account:?}"), format!("Account({})", account.address()));
	}
}
