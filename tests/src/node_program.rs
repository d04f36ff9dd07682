//! Finding the program petra-node.

use crate::{Error, Result};
use std::{
	env,
	path::{Path, PathBuf},
};

/// Name of the environment variable that says where petra-node is.
pub const NODE_VARIABLE: &str = "PETRA_NODE";
/// The program's name.
const NODE: &str = "petra-node";

/// The petra-node to run: what `PETRA_NODE` says, else the one that was built with the program that asks.
///
/// # Errors
/// [`Error::NodeNotFound`] with all places that were looked at.
pub fn find_node() -> Result<PathBuf> {
	let candidates = match env::var_os(NODE_VARIABLE) {
		Some(path) => vec![PathBuf::from(path)],
		None => built_here(),
	};
	let found = candidates.iter().find(|path| path.is_file()).map(std::path::absolute);
	match found {
		Some(Ok(path)) => Ok(path),
		_ => Err(Error::NodeNotFound(
			candidates.iter().map(|path| path.display().to_string()).collect(),
		)),
	}
}

/// Programs are in the target directory's profile directory, tests one below.
fn built_here() -> Vec<PathBuf> {
	let current = env::current_exe().unwrap_or_default();
	let beside = current.ancestors().skip(1).take(2).map(Path::to_path_buf);
	let target =
		env::var_os("CARGO_TARGET_DIR").map(|target| PathBuf::from(target).join("release"));
	beside.chain(target).map(|directory| directory.join(NODE)).collect()
}
