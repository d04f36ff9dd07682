//! A signed bill in a file, as a meter hands it to its household.

use super::{Bill, Period, Signed};
use crate::{types::*, H256};
use codec::{Decode, Encode};
use serde::{Deserialize, Serialize};
use std::{fs::File, io::Read, path::Path};

/// The largest file that is read. A detailed bill of a month of quarters of an hour has about 230 kB.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// Why a file is not what it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
	/// It cannot be read or written.
	#[error("{0}")]
	Io(#[from] std::io::Error),
	/// More than any has.
	#[error("it is larger than {MAX_FILE_BYTES} bytes")]
	TooLarge,
	/// Not the form of a bill.
	#[error("it is no bill: {0}")]
	NoBill(String),
}

/// A signed bill with what one must know to check it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BillFile {
	/// Whose meter.
	pub meter: MeterId,
	/// Hash of the chain's first block: `0x` and hexadecimal.
	pub genesis: String,
	/// First timestep that the bill counts.
	pub first: Timestep,
	/// Last timestep that it counts.
	pub last: Timestep,
	/// The signed bill, SCALE-encoded: `0x` and hexadecimal.
	pub bytes: String,
}

impl BillFile {
	/// A bill of the timesteps of `period`, signed for the chain with that genesis hash.
	pub fn new(bill: &Signed<Bill>, genesis: H256, period: Period) -> Self {
		use super::Message;
		Self {
			meter: bill.content.meter(),
			genesis: format!("0x{}", hex::encode(genesis.0)),
			first: period.first,
			last: period.last,
			bytes: format!("0x{}", hex::encode(bill.encode())),
		}
	}

	/// The timesteps that it counts.
	pub fn period(&self) -> Period {
		Period { first: self.first, last: self.last }
	}

	/// The bill.
	///
	/// # Errors
	/// [`FileError::NoBill`] if the bytes are none.
	pub fn bill(&self) -> Result<Signed<Bill>, FileError> {
		let wrong = |reason: String| FileError::NoBill(reason);
		let digits = self.bytes.strip_prefix("0x").ok_or_else(|| wrong("no `0x`".into()))?;
		let bytes = hex::decode(digits).map_err(|error| wrong(error.to_string()))?;
		let mut rest = bytes.as_slice();
		// The first line says enough.
		let none = |error: codec::Error| {
			wrong(error.to_string().lines().next().unwrap_or_default().into())
		};
		let bill = Signed::<Bill>::decode(&mut rest).map_err(none)?;
		if rest.is_empty() {
			Ok(bill)
		} else {
			Err(wrong("something follows it".into()))
		}
	}

	/// Reads a bill's file.
	///
	/// # Errors
	/// [`FileError`] if it cannot be read, is too large, or is no bill's.
	pub fn read(path: &Path) -> Result<Self, FileError> {
		let file: Self = serde_json::from_slice(&bounded(path)?)
			.map_err(|error| FileError::NoBill(error.to_string()))?;
		file.bill()?;
		Ok(file)
	}

	/// Writes it, as JSON.
	///
	/// # Errors
	/// [`FileError::Io`].
	pub fn write(&self, path: &Path) -> Result<(), FileError> {
		let text = serde_json::to_string_pretty(self)
			.map_err(|error| FileError::NoBill(error.to_string()))?;
		Ok(crate::wallet::write_private(path, text)?)
	}
}

fn bounded(path: &Path) -> Result<Vec<u8>, FileError> {
	let mut bytes = Vec::new();
	File::open(path)?
		.take(MAX_FILE_BYTES.saturating_add(1))
		.read_to_end(&mut bytes)?;
	if bytes.len() as u64 > MAX_FILE_BYTES {
		return Err(FileError::TooLarge);
	}
	Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use subxt_signer::sr25519::dev;

	const GENESIS: H256 = H256([7; 32]);

	#[test]
	fn bill_should_come_back_as_it_was_written() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("bill.json");
		let bill = Bill::total(7, 3, &[]).unwrap();
		let bill = Signed::new(bill, GENESIS, &dev::alice());
		let file = BillFile::new(&bill, GENESIS, Period { first: 5, last: 9 });
		file.write(&path).unwrap();
		let read = BillFile::read(&path).unwrap();
		assert_eq!((&read, read.bill().unwrap(), read.meter), (&file, bill, 7));
	}

	#[test]
	fn bill_should_be_refused_when_it_is_none() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("bill.json");
		assert!(matches!(BillFile::read(&path), Err(FileError::Io(_))));
		let bill = |bytes: &str| {
			format!(r#"{{"meter":1,"genesis":"0x","first":1,"last":2,"bytes":"{bytes}"}}"#)
		};
		for text in ["", "{}", "[", &bill("00"), &bill("0xzz"), &bill("0x00"), "\u{0}"] {
			std::fs::write(&path, text).unwrap();
			assert!(matches!(BillFile::read(&path), Err(FileError::NoBill(_))), "{text}");
		}
	}
}
