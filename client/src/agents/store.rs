//! An agent's memory: one file, in which each entry is durable before the next step.

use super::{AgentError, Result};
use crate::{wallet::private, Client, Error, Outcome, PetraConfig, Signed};
use codec::{Decode, DecodeAll, Encode};
use redb::{Database, Durability, ReadableDatabase, TableDefinition};
use std::{path::Path, time::Duration};
use subxt::tx::{Payload, Signer};

const TABLE: TableDefinition<&str, &[u8]> = TableDefinition::new("agent");

/// How long to wait before what was refused is sent again.
const PAUSE: Duration = Duration::from_secs(1);

fn failed(error: impl std::fmt::Display) -> AgentError {
	AgentError::Store(error.to_string())
}

/// Entries by name.
pub struct Store {
	database: Database,
}

impl std::fmt::Debug for Store {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter.write_str("Store")
	}
}

/// What became of a transaction that is sent once.
#[derive(Debug)]
pub enum Once {
	/// It is final, and was sent by this process or an earlier one that did not get to know.
	Done(Box<Outcome>),
	/// It was known to be final before.
	Before,
}

impl Store {
	/// Opens the file, or makes it. One process at a time has it open.
	///
	/// # Errors
	/// [`AgentError::Store`] if it is damaged, or another process has it open.
	pub fn open(path: &Path) -> Result<Self> {
		// It has every address of the household.
		private().truncate(false).open(path).map_err(failed)?;
		let database = Database::create(path).map_err(failed)?;
		let transaction = database.begin_write().map_err(failed)?;
		transaction.open_table(TABLE).map_err(failed)?;
		transaction.commit().map_err(failed)?;
		Ok(Self { database })
	}

	/// An entry, if there is one.
	///
	/// # Errors
	/// [`AgentError::Store`] if the file cannot be read, or the entry is of another type.
	pub fn read<T: Decode>(&self, name: &str) -> Result<Option<T>> {
		let transaction = self.database.begin_read().map_err(failed)?;
		let table = transaction.open_table(TABLE).map_err(failed)?;
		let Some(value) = table.get(name).map_err(failed)? else { return Ok(None) };
		T::decode_all(&mut value.value()).map(Some).map_err(failed)
	}

	/// Writes an entry; it is on the disk when this returns.
	///
	/// # Errors
	/// [`AgentError::Store`] if the file cannot be written.
	pub fn write<T: Encode>(&self, name: &str, value: &T) -> Result<()> {
		self.change(name, Some(value.encode()))
	}

	/// The number under a name, always the same: `fresh` gives it the first time.
	///
	/// # Errors
	/// As [`Store::read`] and [`Store::write`], and those of `fresh`.
	pub fn number(&self, name: &str, fresh: impl FnOnce() -> Result<u32>) -> Result<u32> {
		if let Some(number) = self.read(name)? {
			return Ok(number);
		}
		let number = fresh()?;
		self.write(name, &number)?;
		Ok(number)
	}

	/// Removes an entry.
	///
	/// # Errors
	/// [`AgentError::Store`] if the file cannot be written.
	pub fn remove(&self, name: &str) -> Result<()> {
		self.change(name, None)
	}

	/// All entries whose names begin with `prefix`, with the rest of their names, in order.
	///
	/// # Errors
	/// As [`Store::read`].
	pub fn all<T: Decode>(&self, prefix: &str) -> Result<Vec<(String, T)>> {
		let transaction = self.database.begin_read().map_err(failed)?;
		let table = transaction.open_table(TABLE).map_err(failed)?;
		let mut entries = Vec::new();
		for entry in table.range(prefix..).map_err(failed)? {
			let (name, value) = entry.map_err(failed)?;
			let Some(rest) = name.value().strip_prefix(prefix) else { break };
			entries.push((rest.into(), T::decode_all(&mut value.value()).map_err(failed)?));
		}
		Ok(entries)
	}

	fn change(&self, name: &str, value: Option<Vec<u8>>) -> Result<()> {
		let mut transaction = self.database.begin_write().map_err(failed)?;
		transaction.set_durability(Durability::Immediate).map_err(failed)?;
		{
			let mut table = transaction.open_table(TABLE).map_err(failed)?;
			match value {
				Some(value) => table.insert(name, value.as_slice()).map(|_| ()),
				None => table.remove(name).map(|_| ()),
			}
			.map_err(failed)?;
		}
		transaction.commit().map_err(failed)
	}

	/// Whether a call was signed under a name, and perhaps sent, or is done.
	///
	/// # Errors
	/// As [`Store::read`].
	pub fn is_sent(&self, name: &str) -> Result<bool> {
		let (sent, done) = (format!("sent/{name}"), format!("done/{name}"));
		Ok(self.read::<Signed>(&sent)?.is_some() || self.read::<u64>(&done)?.is_some())
	}

	/// The first name under `prefix` with which nothing was done: `prefix/0`, `prefix/1`…
	///
	/// # Errors
	/// As [`Store::read`].
	pub fn unused(&self, prefix: &str) -> Result<String> {
		let mut number = 0_u32;
		loop {
			let name = format!("{prefix}/{number}");
			if self.read::<u64>(&format!("done/{name}"))?.is_none() {
				return Ok(name);
			}
			number = number.saturating_add(1);
		}
	}

	/// Waits until it is known what became of all that was sent under names that begin with `prefix`, and that nobody else
	/// sends meanwhile. What the pool does not take now may be in another node's, and in a block later: it is sent until it
	/// is final or has expired.
	///
	/// # Errors
	/// [`AgentError::Chain`] if the node cannot tell.
	pub async fn settle_all(&self, client: &Client, prefix: &str) -> Result<()> {
		for (rest, signed) in self.all::<Signed>(&format!("sent/{prefix}"))? {
			let name = format!("{prefix}{rest}");
			loop {
				match client.settle(&signed).await {
					Ok(outcome) => self.done(&name, &outcome)?,
					Err(Error::Expired { .. } | Error::Dispatch { .. }) => {
						self.remove(&format!("sent/{name}"))?
					},
					Err(Error::Refused { .. }) => {
						tokio::time::sleep(PAUSE).await;
						continue;
					},
					Err(error) => return Err(error.into()),
				}
				break;
			}
		}
		Ok(())
	}

	fn done(&self, name: &str, outcome: &Outcome) -> Result<()> {
		self.write(&format!("done/{name}"), &outcome.block.number)?;
		self.remove(&format!("sent/{name}"))
	}

	/// Sends a call under a name, and waits until it is final. Under one name it happens once, however often this is asked
	/// and whenever the process is killed: what is signed is written down before it is sent, and is not signed anew
	/// before it is certain that it is in no block and never will be.
	///
	/// # Errors
	/// [`AgentError::Chain`]: with [`Error::Dispatch`] it has failed, and may be sent again under the same name; with
	/// [`Error::Refused`] the pool does not take it now.
	pub async fn once(
		&self,
		client: &Client,
		name: &str,
		call: &impl Payload,
		signer: &impl Signer<PetraConfig>,
	) -> Result<Once> {
		let sent = format!("sent/{name}");
		if self.read::<u64>(&format!("done/{name}"))?.is_some() {
			return Ok(Once::Before);
		}
		loop {
			let signed = match self.read::<Signed>(&sent)? {
				Some(signed) => signed,
				None => {
					let signed = client.sign(call, signer).await?;
					self.write(&sent, &signed)?;
					signed
				},
			};
			match client.settle(&signed).await {
				Ok(outcome) => {
					self.done(name, &outcome)?;
					return Ok(Once::Done(Box::new(outcome)));
				},
				Err(Error::Expired { .. }) => self.remove(&sent)?,
				Err(error @ Error::Dispatch { .. }) => {
					self.remove(&sent)?;
					return Err(error.into());
				},
				Err(error) => return Err(error.into()),
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::os::unix::fs::PermissionsExt;

	#[test]
	fn store_should_keep_what_was_written_when_it_is_opened_again() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("agent");
		let store = Store::open(&path).unwrap();
		assert_eq!(store.read::<u32>("a/1").unwrap(), None);
		for (name, value) in [("a/1", 1_u32), ("a/2", 2), ("b/1", 3), ("a/3", 4)] {
			store.write(name, &value).unwrap();
		}
		store.write("a/1", &5_u32).unwrap();
		store.remove("a/3").unwrap();
		store.remove("a/4").unwrap();
		assert!(Store::open(&path).is_err(), "two processes have one memory");
		let mode = std::fs::metadata(&path).unwrap().permissions().mode();
		assert_eq!(mode & 0o777, 0o600);
		drop(store);
		let store = Store::open(&path).unwrap();
		let all = store.all::<u32>("a/").unwrap();
		assert_eq!(all, [("1".to_string(), 5), ("2".to_string(), 2)]);
		assert_eq!(store.all::<u32>("c").unwrap(), []);
		assert!(store.read::<u64>("b/1").is_err(), "an entry of another type");
		assert_eq!(store.number("n", || Ok(7)).unwrap(), 7);
		assert_eq!(store.number("n", || Ok(8)).unwrap(), 7);
		assert_eq!(store.unused("x").unwrap(), "x/0");
		assert!(!store.is_sent("x/0").unwrap());
		store.write("done/x/0", &7_u64).unwrap();
		assert_eq!(store.unused("x").unwrap(), "x/1");
		assert!(store.is_sent("x/0").unwrap());
	}

	#[test]
	fn store_should_say_so_when_the_file_is_none() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("agent");
		std::fs::write(&path, b"not a database").unwrap();
		assert!(matches!(Store::open(&path), Err(AgentError::Store(_))));
	}
}
