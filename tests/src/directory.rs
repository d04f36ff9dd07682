//! The directory of a network: databases and logs.

use crate::{Error, Result};
use std::{
	io::ErrorKind,
	path::{Path, PathBuf},
	sync::atomic::{AtomicUsize, Ordering},
	time::{Duration, Instant},
};

/// How long nodes that were just killed may still have files open.
const REMOVAL_LIMIT: Duration = Duration::from_secs(2);
/// Lines of each log that a failed test prints.
const LOG_TAIL: usize = 15;

/// A directory that is removed when it goes, unless it is kept because something failed.
pub struct ScratchDirectory {
	path: PathBuf,
	keep: bool,
}

impl ScratchDirectory {
	/// A new directory among the system's temporary ones, whose name tells what it is for.
	///
	/// # Errors
	/// [`Error::File`] if it cannot be made.
	pub fn new(name: &str) -> Result<Self> {
		static NEXT: AtomicUsize = AtomicUsize::new(0);
		let next = NEXT.fetch_add(1, Ordering::Relaxed);
		let path = std::env::temp_dir().join(format!("petra-{name}-{}-{next}", std::process::id()));
		std::fs::create_dir_all(&path).map_err(Error::file(&path))?;
		Ok(Self { path, keep: false })
	}

	/// Where it is.
	pub fn path(&self) -> &Path {
		&self.path
	}

	/// Leaves the directory where it is.
	pub(crate) fn keep(&mut self) {
		self.keep = true;
	}

	/// Prints the ends of the logs in it, and leaves it for whoever wants to see more.
	pub(crate) fn keep_and_show_logs(&mut self, logs: &[PathBuf]) {
		self.keep();
		for log in logs {
			let text = std::fs::read_to_string(log).unwrap_or_default();
			let lines: Vec<_> = text.lines().collect();
			let tail = lines.iter().skip(lines.len().saturating_sub(LOG_TAIL));
			eprintln!("--- the end of {}", log.display());
			tail.for_each(|line| eprintln!("{line}"));
		}
		eprintln!("--- databases and logs are left in {}", self.path.display());
	}
}

impl Drop for ScratchDirectory {
	fn drop(&mut self) {
		if self.keep {
			return;
		}
		let start = Instant::now();
		while let Err(error) = std::fs::remove_dir_all(&self.path) {
			if error.kind() == ErrorKind::NotFound {
				return;
			}
			if start.elapsed() > REMOVAL_LIMIT {
				eprintln!("could not remove {}: {error}", self.path.display());
				return;
			}
			std::thread::yield_now();
		}
	}
}
