//! The wallet: one secret phrase, from which all keys of a household, a meter or a DSO are derived, and how many of them
//! have been used, in a file sealed with a passphrase.
//!
//! ```no_run
//! # fn example() -> Result<(), petra_client::wallet::WalletError> {
//! use petra_client::wallet::{Costs, PassphraseSource, Phrase, Role, Wallet, Words};
//!
//! let passphrase = PassphraseSource::default().choose()?;
//! let phrase = Phrase::generate(Words::Twelve);
//! let mut wallet = Wallet::create("household.wallet", &phrase, &passphrase, Costs::default())?;
//! // Written down as used before it is returned: no crash makes it be used twice.
//! let fresh = wallet.fresh_address()?;
//! println!("{} is {}", Role::Address(fresh.index), fresh.account.address());
//! # Ok(())
//! # }
//! ```

mod error;
mod file;
mod keys;
mod passphrase;
mod phrase;
mod scan;
mod sealed;
#[cfg(test)]
mod tests;

pub use error::WalletError;
pub(crate) use file::{private, write_private};
pub use keys::{Account, MemberSecret, Role};
pub use passphrase::{Passphrase, PassphraseSource, PASSPHRASE_VARIABLE};
pub use phrase::{Phrase, Words};
pub use scan::{Scan, GAP_LIMIT};
pub use sealed::Costs;

use crate::AccountId32;
use keys::Keyring;
use sealed::Seal;
use serde::{Deserialize, Serialize};
use std::{
	collections::BTreeMap,
	path::{Path, PathBuf},
};
use zeroize::{Zeroize, Zeroizing};

/// What is sealed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Contents {
	/// The phrase's entropy, in hexadecimal.
	entropy: String,
	/// Addresses below this number have been used.
	next_address: u32,
	/// Member keys below this number have been used.
	next_member: u32,
}

impl Drop for Contents {
	fn drop(&mut self) {
		self.entropy.zeroize();
	}
}

/// An address that nobody has seen before.
#[derive(Clone, Debug)]
pub struct Fresh {
	/// Its number in the wallet.
	pub index: u32,
	/// Its key.
	pub account: Account,
}

/// An open wallet. Several programs may have the same one open: what one uses, the others do not use again.
pub struct Wallet {
	path: PathBuf,
	seal: Seal,
	keyring: Keyring,
	contents: Contents,
}

impl std::fmt::Debug for Wallet {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter
			.debug_struct("Wallet")
			.field("path", &self.path)
			.field("next_address", &self.contents.next_address)
			.field("next_member", &self.contents.next_member)
			.finish_non_exhaustive()
	}
}

impl Wallet {
	/// Makes a wallet for a phrase of which nothing has been used.
	///
	/// # Errors
	/// [`WalletError::AlreadyExists`] if there is a file of that name.
	pub fn create(
		path: impl AsRef<Path>,
		phrase: &Phrase,
		passphrase: &Passphrase,
		costs: Costs,
	) -> Result<Self, WalletError> {
		let contents =
			Contents { entropy: hex::encode(phrase.entropy()), next_address: 0, next_member: 0 };
		let path = path.as_ref();
		let _lock = file::lock(path)?;
		let seal = Seal::new(passphrase, costs)?;
		file::create(path, &closed(&seal, &contents)?)?;
		Self::assemble(path, seal, contents)
	}

	/// Opens a wallet.
	///
	/// # Errors
	/// [`WalletError::NotFound`], [`WalletError::WrongPassphrase`], or [`WalletError::Damaged`] with what is wrong.
	pub fn open(path: impl AsRef<Path>, passphrase: &Passphrase) -> Result<Self, WalletError> {
		let path = path.as_ref();
		let bytes = file::read(path)?;
		let seal = Seal::of(passphrase, &bytes, path)?;
		let contents = opened(&seal, &bytes, path)?;
		Self::assemble(path, seal, contents)
	}

	fn assemble(path: &Path, seal: Seal, contents: Contents) -> Result<Self, WalletError> {
		let keyring = hex::decode(contents.entropy.as_bytes())
			.ok()
			.and_then(|entropy| Phrase::from_entropy(Zeroizing::new(entropy)))
			.and_then(|phrase| Keyring::new(&phrase))
			.ok_or_else(|| no_phrase(path))?;
		Ok(Self { path: path.into(), seal, keyring, contents })
	}

	/// Its file.
	pub fn path(&self) -> &Path {
		&self.path
	}

	/// Its phrase, to be written down on paper.
	///
	/// # Errors
	/// [`WalletError::Damaged`], which [`Wallet::open`] would have said.
	pub fn phrase(&self) -> Result<Phrase, WalletError> {
		hex::decode(self.contents.entropy.as_bytes())
			.ok()
			.and_then(|entropy| Phrase::from_entropy(Zeroizing::new(entropy)))
			.ok_or_else(|| no_phrase(&self.path))
	}

	/// The key at a place below the phrase.
	///
	/// # Errors
	/// [`WalletError::KeyDerivation`], which does not happen with hard derivation.
	pub fn account(&self, role: Role) -> Result<Account, WalletError> {
		self.keyring
			.account(role)
			.ok_or_else(|| WalletError::KeyDerivation(role.to_string()))
	}

	/// The secret of a member of a mixing ring, by its number.
	///
	/// # Errors
	/// As [`Wallet::account`].
	pub fn member(&self, index: u32) -> Result<MemberSecret, WalletError> {
		self.keyring
			.member(index)
			.ok_or_else(|| WalletError::KeyDerivation(format!("//petra//member//{index}")))
	}

	/// How many addresses have been used: those of lower numbers.
	pub fn used_addresses(&self) -> u32 {
		self.contents.next_address
	}

	/// How many member keys have been used: those of lower numbers.
	pub fn used_members(&self) -> u32 {
		self.contents.next_member
	}

	/// The addresses that have been used, with their numbers.
	///
	/// # Errors
	/// As [`Wallet::account`].
	pub fn addresses(&self) -> Result<BTreeMap<u32, AccountId32>, WalletError> {
		(0..self.used_addresses())
			.map(|index| Ok((index, self.account(Role::Address(index))?.address())))
			.collect()
	}

	/// The key of an address, if this wallet has used it. The latest are found first.
	///
	/// # Errors
	/// As [`Wallet::account`].
	pub fn account_of(&self, address: &AccountId32) -> Result<Option<Account>, WalletError> {
		for index in (0..self.used_addresses()).rev() {
			let account = self.account(Role::Address(index))?;
			if account.address() == *address {
				return Ok(Some(account));
			}
		}
		Ok(None)
	}

	/// An address that has not been used, by this program or another. It is written down as used before it is returned.
	///
	/// # Errors
	/// [`WalletError::File`] if that fails: then it is not to be used.
	pub fn fresh_address(&mut self) -> Result<Fresh, WalletError> {
		let index = self.update(|contents| {
			let index = contents.next_address;
			contents.next_address = index.checked_add(1).ok_or(WalletError::NoMoreAddresses)?;
			Ok(index)
		})?;
		Ok(Fresh { index, account: self.account(Role::Address(index))? })
	}

	/// The secret of a member key that has not been used. It is written down as used before it is returned.
	///
	/// # Errors
	/// [`WalletError::File`] if that fails: then it is not to be used.
	pub fn fresh_member(&mut self) -> Result<MemberSecret, WalletError> {
		let index = self.update(|contents| {
			let index = contents.next_member;
			contents.next_member = index.checked_add(1).ok_or(WalletError::NoMoreAddresses)?;
			Ok(index)
		})?;
		self.member(index)
	}

	/// Writes down that all addresses and member keys below these numbers have been used.
	///
	/// # Errors
	/// [`WalletError::File`] if that fails.
	pub fn skip_to(&mut self, next_address: u32, next_member: u32) -> Result<(), WalletError> {
		self.update(|contents| {
			contents.next_address = contents.next_address.max(next_address);
			contents.next_member = contents.next_member.max(next_member);
			Ok(())
		})
	}

	/// Seals the file with another passphrase. Copies that were made of it before open with the old one.
	///
	/// # Errors
	/// [`WalletError::File`] if the file cannot be written.
	pub fn change_passphrase(
		&mut self,
		passphrase: &Passphrase,
		costs: Costs,
	) -> Result<(), WalletError> {
		let _lock = file::lock(&self.path)?;
		let contents = opened(&self.seal, &file::read(&self.path)?, &self.path)?;
		let seal = Seal::new(passphrase, costs)?;
		file::replace(&self.path, &closed(&seal, &contents)?)?;
		self.contents = contents;
		self.seal = seal;
		Ok(())
	}

	/// Changes what is in the file, as it is now, and returns when that is on the disk.
	fn update<R>(
		&mut self,
		change: impl FnOnce(&mut Contents) -> Result<R, WalletError>,
	) -> Result<R, WalletError> {
		let _lock = file::lock(&self.path)?;
		let mut contents = opened(&self.seal, &file::read(&self.path)?, &self.path)?;
		let result = change(&mut contents)?;
		file::replace(&self.path, &closed(&self.seal, &contents)?)?;
		self.contents = contents;
		Ok(result)
	}
}

fn closed(seal: &Seal, contents: &Contents) -> Result<Vec<u8>, WalletError> {
	let plain = serde_json::to_vec(contents)
		.map_err(|error| WalletError::KeyDerivation(error.to_string()))?;
	seal.close(&Zeroizing::new(plain))
}

fn opened(seal: &Seal, bytes: &[u8], path: &Path) -> Result<Contents, WalletError> {
	serde_json::from_slice(&seal.open(bytes, path)?).map_err(|_| no_phrase(path))
}

fn no_phrase(path: &Path) -> WalletError {
	WalletError::Damaged { path: path.display().to_string(), what: "it holds no phrase" }
}
