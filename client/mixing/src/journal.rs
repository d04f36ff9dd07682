//! What must not be forgotten between a deposit and its withdrawal: which member key lies in which ring.
//!
//! A file of lines, one JSON object each: what is about to happen is written, and is on the disk, before the transaction
//! that does it is sent. So a program that was killed at any moment finds out what became of its notes: the last line
//! of a member key says what was tried last, and the ledger whether that happened. No secret is in the file (a key is a
//! number, from which the wallet derives it); but it says which address is whose, so it is as private as the wallet, and
//! only its owner may read it.

use petra_primitives::{BlockNumber, Note};
use serde::{Deserialize, Serialize};
use std::{
	collections::BTreeMap,
	fs::{File, OpenOptions, TryLockError},
	io::{BufRead, BufReader, Seek, SeekFrom, Write},
	path::{Path, PathBuf},
};

/// 32 bytes of a key, an account or a hash, hexadecimal in the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes32(pub [u8; 32]);

impl core::fmt::Debug for Bytes32 {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		write!(formatter, "0x{}", hex::encode(self.0))
	}
}

impl core::fmt::Display for Bytes32 {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		core::fmt::Debug::fmt(self, formatter)
	}
}

impl Serialize for Bytes32 {
	fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(self)
	}
}

impl<'de> Deserialize<'de> for Bytes32 {
	fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let text = String::deserialize(deserializer)?;
		let mut bytes = [0; 32];
		hex::decode_to_slice(text.trim_start_matches("0x"), &mut bytes)
			.map_err(serde::de::Error::custom)?;
		Ok(Self(bytes))
	}
}

/// How far a note has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
	/// The deposit is about to be sent.
	Depositing {
		/// Who signs it.
		depositor: Bytes32,
		/// The pool's ring at that time, if it had one: the note joins this one or a later one.
		ring: Option<u32>,
	},
	/// The note lies in a ring.
	Pooled {
		/// The ring.
		ring: u32,
		/// Its place among the members.
		index: u32,
	},
	/// A withdrawal is about to be sent.
	Withdrawing {
		/// The ring.
		ring: u32,
		/// Its place among the members.
		index: u32,
		/// Which shows on the ledger when the note comes out.
		nullifier: Bytes32,
		/// Where the note arrives.
		recipient: Bytes32,
		/// The block after which it was sent.
		after: BlockNumber,
		/// The last block in which it is valid.
		deadline: BlockNumber,
	},
	/// The note came out, and this is final.
	Withdrawn {
		/// Where it arrived; none: at an address that this journal does not know, before it was begun.
		recipient: Option<Bytes32>,
	},
	/// The ring failed, and the note is about to be taken back.
	Reclaiming {
		/// The ring.
		ring: u32,
		/// Its place among the members.
		index: u32,
		/// Where it arrives.
		recipient: Bytes32,
	},
	/// The note was taken back from a failed ring, openly, and this is final.
	Reclaimed {
		/// Where it arrived.
		recipient: Bytes32,
	},
	/// The deposit failed: the note is where it was.
	Refused,
}

impl Stage {
	/// Whether nothing is left to be done about the note.
	pub fn is_over(&self) -> bool {
		matches!(self, Self::Withdrawn { .. } | Self::Reclaimed { .. } | Self::Refused)
	}
}

/// What is known of one note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
	/// The note.
	pub note: Note,
	/// The number from which the wallet derives the member key.
	pub number: u32,
	/// The member key's public key.
	pub member: Bytes32,
	/// How far the note has come.
	pub stage: Stage,
}

/// Why a journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
	/// The file system refused.
	#[error("the journal {path} cannot be used: {error}")]
	Io {
		/// The file.
		path: PathBuf,
		/// Why.
		#[source]
		error: std::io::Error,
	},
	/// Another program has the journal open.
	#[error("another program has the journal {path} open: wait until it is done")]
	InUse {
		/// The file.
		path: PathBuf,
	},
	/// A line that is not the last makes no sense.
	#[error("line {line} of the journal {path} is no entry: {error}. Keep the file, and recover the notes from the ledger")]
	NoEntry {
		/// The file.
		path: PathBuf,
		/// Number of the line.
		line: usize,
		/// Why.
		#[source]
		error: serde_json::Error,
	},
	/// The member key is used for another note: a key is used once ever.
	#[error("member key {number} is used for another note already")]
	KeyUsed {
		/// Its number.
		number: u32,
	},
}

/// The journal of a household's notes.
#[derive(Debug)]
pub struct Journal {
	path: PathBuf,
	file: File,
	entries: BTreeMap<Bytes32, Entry>,
}

impl Journal {
	/// Opens the journal at `path`, or begins one there. A last line that was cut off, because the program was killed
	/// while it wrote it, is dropped: what it announced was not sent. One program at a time has it open.
	///
	/// # Errors
	/// [`JournalError`] if the file cannot be used, is in use, or is damaged.
	pub fn open(path: impl AsRef<Path>) -> Result<Self, JournalError> {
		let path = path.as_ref().to_path_buf();
		let failed = |error| JournalError::Io { path: path.clone(), error };
		let mut options = OpenOptions::new();
		options.read(true).write(true).create(true).truncate(false);
		#[cfg(unix)]
		std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
		let mut file = options.open(&path).map_err(failed)?;
		// Gone with this program, however it ends.
		file.try_lock().map_err(|error| match error {
			TryLockError::WouldBlock => JournalError::InUse { path: path.clone() },
			TryLockError::Error(error) => failed(error),
		})?;
		let (mut entries, mut sound) = (BTreeMap::new(), 0u64);
		let mut reader = BufReader::new(&file);
		let mut bytes = Vec::new();
		for line in 1usize.. {
			bytes.clear();
			let read = reader.read_until(b'\n', &mut bytes).map_err(failed)?;
			// Every whole line ends with a newline.
			if bytes.pop() != Some(b'\n') {
				break;
			}
			let entry: Entry = serde_json::from_slice(&bytes)
				.map_err(|error| JournalError::NoEntry { path: path.clone(), line, error })?;
			entries.insert(entry.member, entry);
			sound = sound.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
		}
		file.set_len(sound).map_err(failed)?;
		file.seek(SeekFrom::Start(sound)).map_err(failed)?;
		Ok(Self { path, file, entries })
	}

	/// Writes how far a note has come; when this returns, it is on the disk.
	///
	/// # Errors
	/// [`JournalError::Io`] if it cannot be written: then nothing must be sent; [`JournalError::KeyUsed`] if the key is
	/// another note's.
	pub fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
		let failed = |error| JournalError::Io { path: self.path.clone(), error };
		let other = self.entries.get(&entry.member).filter(|known| known.note != entry.note);
		// A key whose deposit was refused was seen by the pool, and is not used again.
		if other.is_some() {
			return Err(JournalError::KeyUsed { number: entry.number });
		}
		let mut line =
			serde_json::to_vec(&entry).map_err(|error| failed(std::io::Error::other(error)))?;
		line.push(b'\n');
		self.file
			.write_all(&line)
			.and_then(|()| self.file.sync_data())
			.map_err(failed)?;
		self.entries.insert(entry.member, entry);
		Ok(())
	}

	/// What is known of the note under a member key.
	pub fn entry(&self, member: [u8; 32]) -> Option<&Entry> {
		self.entries.get(&Bytes32(member))
	}

	/// All notes, by member key.
	pub fn entries(&self) -> impl Iterator<Item = &Entry> {
		self.entries.values()
	}

	/// The lowest number above those of all member keys that were ever used.
	pub fn next_number(&self) -> u32 {
		self.entries
			.values()
			.map(|entry| entry.number.saturating_add(1))
			.max()
			.unwrap_or_default()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use petra_primitives::AssetKind;

	/// A file of its own for a test, removed when it is over.
	struct Scratch(PathBuf);

	impl Scratch {
		fn new(name: &str) -> Self {
			let path =
				std::env::temp_dir().join(format!("petra-{name}-{}.journal", std::process::id()));
			let _ = std::fs::remove_file(&path);
			Self(path)
		}
	}

	impl Drop for Scratch {
		fn drop(&mut self) {
			let _ = std::fs::remove_file(&self.0);
		}
	}

	fn entry(number: u32, stage: Stage) -> Entry {
		let note = Note::Energy {
			kind: AssetKind::Production,
			feeder: 1,
			traded: false,
			power: 400,
			start: 16,
			end: 31,
		};
		Entry { note, number, member: Bytes32([number as u8; 32]), stage }
	}

	fn depositing() -> Stage {
		Stage::Depositing { depositor: Bytes32([9; 32]), ring: Some(3) }
	}

	fn withdrawing() -> Stage {
		Stage::Withdrawing {
			ring: 3,
			index: 17,
			nullifier: Bytes32([5; 32]),
			recipient: Bytes32([6; 32]),
			after: 100,
			deadline: 164,
		}
	}

	#[test]
	fn a_journal_should_know_the_last_stage_of_each_note_when_opened_again() {
		let scratch = Scratch::new("again");
		let mut journal = Journal::open(&scratch.0).unwrap();
		journal.record(entry(0, depositing())).unwrap();
		journal.record(entry(4, depositing())).unwrap();
		journal.record(entry(0, Stage::Pooled { ring: 3, index: 17 })).unwrap();
		journal.record(entry(0, withdrawing())).unwrap();
		let money =
			Entry { note: Note::Financial { amount: u128::MAX }, ..entry(5, Stage::Refused) };
		journal.record(money.clone()).unwrap();
		drop(journal);
		let journal = Journal::open(&scratch.0).unwrap();
		let all: Vec<_> = journal.entries().cloned().collect();
		assert_eq!(all, [entry(0, withdrawing()), entry(4, depositing()), money]);
		assert_eq!(journal.next_number(), 6);
		assert_eq!(journal.entry([4; 32]), Some(&entry(4, depositing())));
	}

	#[test]
	fn a_journal_should_drop_what_was_cut_off_wherever_it_was_killed() {
		let scratch = Scratch::new("cut");
		let mut journal = Journal::open(&scratch.0).unwrap();
		journal.record(entry(0, depositing())).unwrap();
		let whole = std::fs::read(&scratch.0).unwrap();
		journal.record(entry(1, withdrawing())).unwrap();
		drop(journal);
		let longer = std::fs::read(&scratch.0).unwrap();
		for length in whole.len()..longer.len() {
			std::fs::write(&scratch.0, &longer[..length]).unwrap();
			let mut journal = Journal::open(&scratch.0).unwrap();
			assert_eq!(journal.entries().count(), 1, "{length} bytes");
			// It goes on where it is sound.
			journal.record(entry(2, Stage::Refused)).unwrap();
			drop(journal);
			assert_eq!(Journal::open(&scratch.0).unwrap().entries().count(), 2, "{length} bytes");
		}
	}

	#[test]
	fn a_journal_should_refuse_what_it_cannot_have_written() {
		let scratch = Scratch::new("damaged");
		let mut journal = Journal::open(&scratch.0).unwrap();
		journal.record(entry(0, depositing())).unwrap();
		drop(journal);
		let mut bytes = std::fs::read(&scratch.0).unwrap();
		bytes.splice(0..0, *b"no entry\n");
		std::fs::write(&scratch.0, &bytes).unwrap();
		let error = Journal::open(&scratch.0).unwrap_err();
		assert!(matches!(error, JournalError::NoEntry { line: 1, .. }), "{error}");
	}

	#[test]
	fn a_key_should_be_used_for_one_note() {
		let scratch = Scratch::new("key");
		let mut journal = Journal::open(&scratch.0).unwrap();
		journal.record(entry(0, Stage::Refused)).unwrap();
		let other = Entry { note: Note::Financial { amount: 1 }, ..entry(0, depositing()) };
		let error = journal.record(other).unwrap_err();
		assert!(matches!(error, JournalError::KeyUsed { number: 0 }), "{error}");
		assert_eq!(journal.entries().count(), 1);
	}

	#[test]
	fn a_journal_should_be_open_once_at_a_time() {
		let scratch = Scratch::new("once");
		let journal = Journal::open(&scratch.0).unwrap();
		let error = Journal::open(&scratch.0).unwrap_err();
		assert!(matches!(error, JournalError::InUse { .. }), "{error}");
		drop(journal);
		Journal::open(&scratch.0).unwrap();
	}

	#[cfg(unix)]
	#[test]
	fn a_journal_should_be_readable_by_its_owner_only() {
		use std::os::unix::fs::PermissionsExt;
		let scratch = Scratch::new("private");
		Journal::open(&scratch.0).unwrap();
		let mode = std::fs::metadata(&scratch.0).unwrap().permissions().mode();
		assert_eq!(mode & 0o077, 0, "{mode:o}");
	}
}
