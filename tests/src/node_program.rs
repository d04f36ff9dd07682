//! Finding the programs petra-node and petra.

use crate::{Error, Result};
use std::{
	env,
	path::{Path, PathBuf},
};

/// Name of the environment variable that says where petra-node is.
pub const NODE_VARIABLE: &str = "PETRA_NODE";
/// Name of the environment variable that says where petra is.
pub const TOOL_VARIABLE: &str = "PETRA_TOOL";
/// The programs' names.
const NODE: &str = "petra-node";
const TOOL: &str = "petra";

/// The petra-node to run: what `PETRA_NODE` says, else the one that was built with the program that asks.
///
/// # Errors
/// [`Error::NodeNotFound`] with all places that were looked at.
pub fn find_node() -> Result<PathBuf> {
	find(NODE, NODE_VARIABLE).map_err(Error::NodeNotFound)
}

/// The petra to run: what `PETRA_TOOL` says, else the one that was built with the program that asks.
///
/// # Errors
/// [`Error::ToolNotFound`] with all places that were looked at.
pub fn find_tool() -> Result<PathBuf> {
	find(TOOL, TOOL_VARIABLE).map_err(Error::ToolNotFound)
}

/// A program, or all places that were looked at.
fn find(program: &str, variable: &str) -> core::result::Result<PathBuf, Vec<String>> {
	let candidates = match env::var_os(variable) {
		Some(path) => vec![PathBuf::from(path)],
		None => built_here(program),
	};
	let found = candidates.iter().find(|path| path.is_file()).map(std::path::absolute);
	match found {
		Some(Ok(path)) => Ok(path),
		_ => Err(candidates.iter().map(|path| path.display().to_string()).collect()),
	}
}

/// Programs are in the target directory's profile directory, tests one below.
fn built_here(program: &str) -> Vec<PathBuf> {
	let current = env::current_exe().unwrap_or_default();
	let beside = current.ancestors().skip(1).take(2).map(Path::to_path_buf);
	let target =
		env::var_os("CARGO_TARGET_DIR").map(|target| PathBuf::from(target).join("release"));
	beside.chain(target).map(|directory| directory.join(program)).collect()
}
