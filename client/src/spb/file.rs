//! What a meter must not forget: which one-time keys are certified and which are used, and what it watches.
//!
//! No secret is in the file: keys are numbers, from which [`OneTimeSecret`] derives them. But it says which commitments are
//! this household's, so only its owner may read it. Every change is on the disk before it counts; programs that have
//! the same file open take turns.

use super::{Certificate, Delivered, KeyTree, OneTimeSecret, SpbError};
use crate::{
	types::{MeterId, Timestep},
	wallet::private,
};
use serde::{Deserialize, Serialize};
use sp_core::H256;
use std::{
	fs::{self, File},
	io::{ErrorKind, Write},
	path::{Path, PathBuf},
};

/// The most that is read of a file.
const MAX_BYTES: u64 = 1 << 24;

/// A certified tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Certified {
	number: u32,
	next_leaf: u32,
	certificate: Certificate,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Contents {
	meter: MeterId,
	/// Trees below this number have been made.
	next_tree: u32,
	certified: Vec<Certified>,
	delivered: Delivered,
}

/// A one-time key that has not been used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
	/// The tree's number.
	pub tree: u32,
	/// Which of its keys.
	pub leaf: u32,
	/// Its hash, for a commitment.
	pub receipt_key: H256,
}

/// The file of one meter.
#[derive(Clone, Debug)]
pub struct MeterFile {
	path: PathBuf,
	meter: MeterId,
}

impl MeterFile {
	/// The file of a meter; it is written when there is something to write.
	///
	/// # Errors
	/// [`SpbError::File`] if there is one that is no such file, or another meter's.
	pub fn open(path: impl AsRef<Path>, meter: MeterId) -> Result<Self, SpbError> {
		let file = Self { path: path.as_ref().into(), meter };
		file.read()?;
		Ok(file)
	}

	/// Where it is.
	pub fn path(&self) -> &Path {
		&self.path
	}

	/// Whose it is.
	pub fn meter(&self) -> MeterId {
		self.meter
	}

	/// A number that no tree has had. It is written down as used before it is returned.
	///
	/// # Errors
	/// [`SpbError::File`].
	pub fn fresh_tree(&self) -> Result<u32, SpbError> {
		self.update(|contents| {
			let number = contents.next_tree;
			contents.next_tree = number.checked_add(1).ok_or(SpbError::Overflow)?;
			Ok(number)
		})
	}

	/// Keeps a tree's certificate.
	///
	/// # Errors
	/// [`SpbError::AnotherRoot`] if it is not the tree's, [`SpbError::File`].
	pub fn add(&self, tree: &KeyTree, certificate: &Certificate) -> Result<(), SpbError> {
		if certificate.root != tree.root() || certificate.leaves != tree.leaves() {
			return Err(SpbError::AnotherRoot(format!("{:?}", certificate.root)));
		}
		let (number, certificate) = (tree.number(), certificate.clone());
		self.update(|contents| {
			if contents.certified.iter().all(|certified| certified.number != number) {
				contents.certified.push(Certified { number, next_leaf: 0, certificate });
			}
			Ok(())
		})
	}

	/// A certified key that has not been used: of the oldest root whose certificate is younger than half of `max_age`, so
	/// that it is good until the trade is over. It is written down as used before it is returned. Roots whose
	/// certificates are `max_age` old, too old for the ledger, are forgotten.
	///
	/// # Errors
	/// [`SpbError::NoLeafLeft`] if another root must be certified first; [`SpbError::File`].
	pub fn use_leaf(
		&self,
		now: Timestep,
		max_age: Timestep,
		secret: &OneTimeSecret,
	) -> Result<Leaf, SpbError> {
		let (number, leaf, leaves) = self.update(|contents| {
			let age = |certified: &Certified| certified.certificate.age(now).unwrap_or_default();
			contents.certified.retain(|certified| age(certified) < max_age);
			let usable = contents.certified.iter_mut().find(|certified| {
				let young = age(certified).saturating_mul(2) < max_age;
				young && certified.next_leaf < certified.certificate.leaves
			});
			let certified = usable.ok_or(SpbError::NoLeafLeft(now))?;
			let leaf = certified.next_leaf;
			certified.next_leaf = leaf.saturating_add(1);
			Ok((certified.number, leaf, certified.certificate.leaves))
		})?;
		let receipt_key = KeyTree::derive(secret, number, leaves)?.receipt_key(leaf)?;
		Ok(Leaf { tree: number, leaf, receipt_key })
	}

	/// How many certified keys are left for new trades.
	///
	/// # Errors
	/// [`SpbError::File`].
	pub fn leaves_left(&self, now: Timestep, max_age: Timestep) -> Result<u32, SpbError> {
		let contents = self.read()?;
		let left = contents.certified.iter().filter_map(|certified| {
			let age = certified.certificate.age(now).unwrap_or_default();
			let young = age.saturating_mul(2) < max_age;
			young.then(|| certified.certificate.leaves.saturating_sub(certified.next_leaf))
		});
		Ok(left.fold(0, u32::saturating_add))
	}

	/// The tree, key and certificate that a commitment names.
	///
	/// # Errors
	/// [`SpbError::UnknownLeaf`] if it is another meter's, or its certificate too old; [`SpbError::File`].
	pub fn find(
		&self,
		receipt_key: H256,
		secret: &OneTimeSecret,
	) -> Result<(KeyTree, u32, Certificate), SpbError> {
		for certified in self.read()?.certified {
			let certificate = certified.certificate;
			let tree = KeyTree::derive(secret, certified.number, certificate.leaves)?;
			for leaf in 0..tree.leaves() {
				if tree.receipt_key(leaf)? == receipt_key {
					return Ok((tree, leaf, certificate));
				}
			}
		}
		Err(SpbError::UnknownLeaf {
			path: self.path.clone(),
			receipt_key: format!("{receipt_key:?}"),
		})
	}

	/// What the meter watches.
	///
	/// # Errors
	/// [`SpbError::File`].
	pub fn delivered(&self) -> Result<Delivered, SpbError> {
		Ok(self.read()?.delivered)
	}

	/// Changes what the meter watches.
	///
	/// # Errors
	/// [`SpbError::File`]: then nothing has changed.
	pub fn update_delivered<R>(
		&self,
		change: impl FnOnce(&mut Delivered) -> R,
	) -> Result<R, SpbError> {
		self.update(|contents| Ok(change(&mut contents.delivered)))
	}

	/// Changes what is in the file, as it is now, and returns when that is on the disk.
	fn update<R>(
		&self,
		change: impl FnOnce(&mut Contents) -> Result<R, SpbError>,
	) -> Result<R, SpbError> {
		let beside = self.beside("lock");
		let lock = private().truncate(false).open(&beside);
		let lock = lock.map_err(|error| SpbError::file(&beside, error))?;
		lock.lock().map_err(|error| SpbError::file(&beside, error))?;
		let mut contents = self.read()?;
		let result = change(&mut contents)?;
		self.write(&contents)?;
		Ok(result)
	}

	fn read(&self) -> Result<Contents, SpbError> {
		let failed = |error: &dyn ToString| SpbError::file(&self.path, error.to_string());
		let length = match fs::metadata(&self.path) {
			Ok(metadata) => metadata.len(),
			Err(error) if error.kind() == ErrorKind::NotFound => {
				return Ok(Contents { meter: self.meter, ..Default::default() })
			},
			Err(error) => return Err(failed(&error)),
		};
		if length > MAX_BYTES {
			return Err(failed(&"it is far too long for the file of a meter"));
		}
		let bytes = fs::read(&self.path).map_err(|error| failed(&error))?;
		let contents: Contents = serde_json::from_slice(&bytes).map_err(|error| failed(&error))?;
		if contents.meter != self.meter {
			let whose = contents.meter;
			return Err(failed(&format!("it is the file of meter {whose}, not {}", self.meter)));
		}
		Ok(contents)
	}

	fn write(&self, contents: &Contents) -> Result<(), SpbError> {
		let failed = |error: &dyn ToString| SpbError::file(&self.path, error.to_string());
		let bytes = serde_json::to_vec_pretty(contents).map_err(|error| failed(&error))?;
		let new = self.beside(&format!("{}.new", std::process::id()));
		private()
			.truncate(true)
			.open(&new)
			.and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
			.and_then(|()| fs::rename(&new, &self.path))
			.map_err(|error| failed(&error))?;
		let directory = match self.path.parent() {
			Some(parent) if !parent.as_os_str().is_empty() => parent,
			_ => Path::new("."),
		};
		// The name is on the disk, too.
		File::open(directory)
			.and_then(|directory| directory.sync_all())
			.map_err(|error| failed(&error))
	}

	fn beside(&self, extension: &str) -> PathBuf {
		let name = self.path.file_name().unwrap_or_default().to_string_lossy();
		self.path.with_file_name(format!(".{name}.{extension}"))
	}
}
