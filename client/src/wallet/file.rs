//! Reading and writing the file so that a crash leaves the old one or the new one, and two programs do not mix theirs.

use super::WalletError;
use std::{
	fs::{self, File, OpenOptions},
	io::{ErrorKind, Write},
	path::{Path, PathBuf},
};

/// The most that is read of a file: a wallet has some hundred bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Held while a file is changed. The lock is gone with the process that held it.
pub(super) struct Lock(#[allow(dead_code)] File);

/// Waits until no other program is changing the file.
pub(super) fn lock(path: &Path) -> Result<Lock, WalletError> {
	let beside = beside(path, "lock");
	let failed = |reason| WalletError::file(&beside)(reason);
	let file = private().truncate(false).open(&beside).map_err(failed)?;
	file.lock().map_err(failed)?;
	Ok(Lock(file))
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, WalletError> {
	let failed = |reason: std::io::Error| match reason.kind() {
		ErrorKind::NotFound => WalletError::NotFound(path.display().to_string()),
		_ => WalletError::file(path)(reason),
	};
	if fs::metadata(path).map_err(failed)?.len() > MAX_BYTES {
		return Err(WalletError::Damaged {
			path: path.display().to_string(),
			what: "it is far too long for a wallet",
		});
	}
	fs::read(path).map_err(failed)
}

/// Writes a file that there was not.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), WalletError> {
	let new = written_beside(path, bytes)?;
	let linked = fs::hard_link(&new, path);
	let removed = fs::remove_file(&new);
	linked.map_err(|reason| match reason.kind() {
		ErrorKind::AlreadyExists => WalletError::AlreadyExists(path.display().to_string()),
		_ => WalletError::file(path)(reason),
	})?;
	removed.map_err(WalletError::file(&new))?;
	keep_directory(path)
}

/// Writes a file in place of the one that there is.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), WalletError> {
	let new = written_beside(path, bytes)?;
	fs::rename(&new, path).map_err(WalletError::file(path))?;
	keep_directory(path)
}

/// Writes a new file beside another, and returns when it is on the disk.
fn written_beside(path: &Path, bytes: &[u8]) -> Result<PathBuf, WalletError> {
	let new = beside(path, &format!("{}.new", std::process::id()));
	let failed = |reason| WalletError::file(&new)(reason);
	let mut file = private().truncate(true).open(&new).map_err(failed)?;
	file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
	Ok(new)
}

/// Returns when the file's name is on the disk, too.
fn keep_directory(path: &Path) -> Result<(), WalletError> {
	let directory = match path.parent() {
		Some(parent) if !parent.as_os_str().is_empty() => parent,
		_ => Path::new("."),
	};
	File::open(directory)
		.and_then(|directory| directory.sync_all())
		.map_err(WalletError::file(directory))
}

/// For writing, readable by the owner alone.
pub(crate) fn private() -> OpenOptions {
	let mut options = OpenOptions::new();
	options.write(true).create(true);
	#[cfg(unix)]
	std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
	options
}

/// Writes a file that only its owner may read.
pub(crate) fn write_private(path: &Path, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
	private().truncate(true).open(path)?.write_all(bytes.as_ref())
}

fn beside(path: &Path, extension: &str) -> PathBuf {
	let name = path.file_name().unwrap_or_default().to_string_lossy();
	path.with_file_name(format!(".{name}.{extension}"))
}
