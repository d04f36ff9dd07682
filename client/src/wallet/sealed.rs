//! The file's format: JSON, of which all that is secret is sealed with a key made of the passphrase.
//!
//! The key is Argon2id's of the passphrase, with a salt of its own and costs that are in the file; the seal is
//! XChaCha20-Poly1305, with a nonce of its own each time, over the contents and everything else in the file. A checksum
//! tells a damaged file from a wrong passphrase.

use super::{Passphrase, WalletError};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
	aead::{rand_core::RngCore, Aead, KeyInit, OsRng, Payload},
	XChaCha20Poly1305, XNonce,
};
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::Zeroizing;

const VERSION: u64 = 1;
const KDF: &str = "argon2id";
const CIPHER: &str = "xchacha20-poly1305";
/// The most that a file may ask for: a damaged or malicious one must not use up the machine.
const MAX_COSTS: Costs = Costs { memory_kib: 1 << 20, iterations: 64, lanes: 16 };

/// What it costs to try a passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Costs {
	/// Memory, in KiB.
	pub memory_kib: u32,
	/// Passes over it.
	pub iterations: u32,
	/// Parallel lanes.
	pub lanes: u32,
}

impl Default for Costs {
	/// 64 MiB, three passes: a few tenths of a second.
	fn default() -> Self {
		Self { memory_kib: 64 << 10, iterations: 3, lanes: 1 }
	}
}

impl Costs {
	/// For tests, and for wallets whose passphrase protects nothing.
	pub const LEAST: Self = Self { memory_kib: 8, iterations: 1, lanes: 1 };

	fn are_bearable(&self) -> bool {
		self.memory_kib <= MAX_COSTS.memory_kib
			&& self.iterations <= MAX_COSTS.iterations
			&& self.lanes <= MAX_COSTS.lanes
	}
}

/// How the key is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kdf {
	name: String,
	costs: Costs,
	salt: String,
}

/// A file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
	version: u64,
	kdf: Kdf,
	cipher: String,
	nonce: String,
	sealed: String,
	checksum: String,
}

/// Opens and closes one wallet's files: the key, and how it was made.
#[derive(Clone)]
pub(super) struct Seal {
	kdf: Kdf,
	key: Zeroizing<[u8; 32]>,
}

impl Seal {
	/// A key from a passphrase and a fresh salt.
	pub fn new(passphrase: &Passphrase, costs: Costs) -> Result<Self, WalletError> {
		let mut salt = [0; 16];
		OsRng.fill_bytes(&mut salt);
		Self::derive(passphrase, Kdf { name: KDF.into(), costs, salt: hex::encode(salt) })
	}

	/// The key with which `file` can be opened, if the passphrase is right.
	pub fn of(passphrase: &Passphrase, file: &[u8], path: &Path) -> Result<Self, WalletError> {
		Self::derive(passphrase, File::parse(file, path)?.kdf)
	}

	fn derive(passphrase: &Passphrase, kdf: Kdf) -> Result<Self, WalletError> {
		let failed = |error: &dyn std::fmt::Display| WalletError::KeyDerivation(error.to_string());
		let Costs { memory_kib, iterations, lanes } = kdf.costs;
		let parameters =
			Params::new(memory_kib, iterations, lanes, Some(32)).map_err(|error| failed(&error))?;
		let salt = hex::decode(&kdf.salt).map_err(|error| failed(&error))?;
		let mut key = Zeroizing::new([0; 32]);
		Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
			.hash_password_into(passphrase.as_bytes(), &salt, key.as_mut_slice())
			.map_err(|error| failed(&error))?;
		Ok(Self { kdf, key })
	}

	/// A file with these contents.
	pub fn close(&self, contents: &[u8]) -> Result<Vec<u8>, WalletError> {
		let mut nonce = XNonce::default();
		OsRng.fill_bytes(&mut nonce);
		let mut file = File {
			version: VERSION,
			kdf: self.kdf.clone(),
			cipher: CIPHER.into(),
			nonce: hex::encode(nonce),
			sealed: String::new(),
			checksum: String::new(),
		};
		let payload = Payload { msg: contents, aad: &file.header() };
		let sealed = XChaCha20Poly1305::new(self.key.as_slice().into())
			.encrypt(&nonce, payload)
			.map_err(|error| WalletError::KeyDerivation(error.to_string()))?;
		file.sealed = hex::encode(sealed);
		file.checksum = file.sum();
		Ok(file.text())
	}

	/// The contents of a file.
	pub fn open(&self, file: &[u8], path: &Path) -> Result<Zeroizing<Vec<u8>>, WalletError> {
		let damaged = |what| WalletError::Damaged { path: path.display().to_string(), what };
		let file = File::parse(file, path)?;
		if file.kdf != self.kdf {
			return Err(WalletError::ChangedMeanwhile(path.display().to_string()));
		}
		let nonce: [u8; 24] = hex::decode(&file.nonce)
			.ok()
			.and_then(|nonce| nonce.try_into().ok())
			.ok_or_else(|| damaged("its nonce is none"))?;
		let sealed = hex::decode(&file.sealed).map_err(|_| damaged("its seal is none"))?;
		let payload = Payload { msg: &sealed, aad: &file.header() };
		XChaCha20Poly1305::new(self.key.as_slice().into())
			.decrypt(&nonce.into(), payload)
			.map(Zeroizing::new)
			.map_err(|_| WalletError::WrongPassphrase(path.display().to_string()))
	}
}

impl File {
	/// Reads a file, and checks all that can be checked without the passphrase.
	fn parse(bytes: &[u8], path: &Path) -> Result<Self, WalletError> {
		let path = || path.display().to_string();
		let damaged = |what| WalletError::Damaged { path: path(), what };
		let value: serde_json::Value =
			serde_json::from_slice(bytes).map_err(|_| damaged("it is no JSON"))?;
		let version = value.get("version").and_then(serde_json::Value::as_u64);
		let version = version.ok_or_else(|| damaged("it has no version"))?;
		if version > VERSION {
			return Err(WalletError::Newer { path: path(), version });
		}
		let file: Self =
			serde_json::from_slice(bytes).map_err(|_| damaged("a field is missing"))?;
		// In one way only, so that no change of it goes unseen.
		if file.text() != bytes || file.sum() != file.checksum {
			return Err(damaged("its checksum is wrong"));
		}
		if file.version != VERSION || file.kdf.name != KDF || file.cipher != CIPHER {
			return Err(damaged("it is sealed in an unknown way"));
		}
		if !file.kdf.costs.are_bearable() {
			return Err(damaged("it costs too much to open"));
		}
		Ok(file)
	}

	fn text(&self) -> Vec<u8> {
		let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
		text.push(b'\n');
		text
	}

	/// What is sealed although it is no secret.
	fn header(&self) -> Vec<u8> {
		Self { sealed: String::new(), checksum: String::new(), ..self.clone() }.text()
	}

	fn sum(&self) -> String {
		let summed = Self { checksum: String::new(), ..self.clone() };
		hex::encode(sp_io::hashing::blake2_256(&summed.text()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn passphrase(text: &str) -> Passphrase {
		Passphrase::new(text.to_string()).unwrap()
	}

	fn reopen(file: &[u8], text: &str) -> Result<Zeroizing<Vec<u8>>, WalletError> {
		let path = Path::new("w");
		Seal::of(&passphrase(text), file, path)?.open(file, path)
	}

	#[test]
	fn file_should_open_with_its_passphrase_only() {
		let file = Seal::new(&passphrase("open"), Costs::LEAST).unwrap().close(b"secret").unwrap();
		assert_eq!(**reopen(&file, "open").unwrap(), *b"secret");
		assert!(matches!(reopen(&file, "Open"), Err(WalletError::WrongPassphrase(_))));
	}

	#[test]
	fn file_should_differ_each_time_it_is_closed() {
		let seal = Seal::new(&passphrase("open"), Costs::LEAST).unwrap();
		assert_ne!(seal.close(b"secret").unwrap(), seal.close(b"secret").unwrap());
	}

	#[test]
	fn file_should_be_refused_when_any_byte_of_it_is_changed() {
		let file = Seal::new(&passphrase("open"), Costs::LEAST).unwrap().close(b"secret").unwrap();
		for (index, byte) in file.iter().enumerate() {
			// Every bit, white space for other white space, a digit for another, and one letter case for the other.
			let others = (0..8).map(|bit| byte ^ (1 << bit)).chain(*b" \n\t0019aAfF\"{}:,");
			for other in others.filter(|other| other != byte) {
				let mut changed = file.clone();
				changed[index] = other;
				let error = reopen(&changed, "open").unwrap_err();
				assert!(
					matches!(error, WalletError::Damaged { .. } | WalletError::Newer { .. }),
					"byte {index} as {other:#x}: {error}"
				);
			}
		}
	}

	#[test]
	fn file_should_be_refused_when_it_is_cut_off_or_longer() {
		let file = Seal::new(&passphrase("open"), Costs::LEAST).unwrap().close(b"secret").unwrap();
		for length in 0..file.len() {
			let error = reopen(&file[..length], "open").unwrap_err();
			assert!(matches!(error, WalletError::Damaged { .. }), "{length} bytes: {error}");
		}
		let longer = [&file[..], b"\n"].concat();
		assert!(matches!(reopen(&longer, "open"), Err(WalletError::Damaged { .. })));
	}

	#[test]
	fn file_should_be_refused_when_opening_it_would_use_up_the_machine() {
		let seal = Seal::new(&passphrase("open"), Costs::LEAST).unwrap();
		let file = seal.close(b"secret").unwrap();
		let mut file: File = serde_json::from_slice(&file).unwrap();
		file.kdf.costs.memory_kib = u32::MAX;
		file.checksum = file.sum();
		let error = reopen(&file.text(), "open").unwrap_err();
		assert!(matches!(error, WalletError::Damaged { what, .. } if what.contains("costs")));
	}

	#[test]
	fn seal_should_not_open_a_file_of_another_one() {
		let (one, other) = (
			Seal::new(&passphrase("open"), Costs::LEAST).unwrap(),
			Seal::new(&passphrase("open"), Costs::LEAST).unwrap(),
		);
		let file = other.close(b"secret").unwrap();
		let error = one.open(&file, Path::new("w")).unwrap_err();
		assert!(matches!(error, WalletError::ChangedMeanwhile(_)));
	}
}
