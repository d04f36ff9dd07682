//! What can go wrong while a network is tested.

use std::time::Duration;

/// Why a test with real nodes cannot go on. Its `Debug` output, which the test runner prints, is the message.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
	/// There is no program to run.
	#[error(
		"petra-node is in none of: {}. Build it (`make build`), or set PETRA_NODE to its path", .0.join(", ")
	)]
	NodeNotFound(Vec<String>),
	/// There is no program to run.
	#[error(
		"petra is in none of: {}. Build it (`make build`), or set PETRA_TOOL to its path", .0.join(", ")
	)]
	ToolNotFound(Vec<String>),
	/// Something that the test needs was not given.
	#[error("{variable} is not set: {what}")]
	NotGiven {
		/// Environment variable.
		variable: &'static str,
		/// What it must say, and who sets it.
		what: &'static str,
	},
	/// An environment variable says something that is not understood.
	#[error("{variable} is {value:?}, which is not a whole number")]
	BadKnob {
		/// Environment variable.
		variable: &'static str,
		/// What it says.
		value: String,
	},
	/// Zombienet could not do something.
	#[error("zombienet failed to {doing}: {reason}")]
	Zombienet {
		/// What.
		doing: &'static str,
		/// What it said.
		reason: String,
	},
	/// A node could not be ended.
	#[error("{node} could not be killed: {reason}")]
	Kill {
		/// The node.
		node: String,
		/// What the system said.
		reason: String,
	},
	/// There is no such node in the network.
	#[error("no node is named {0:?}")]
	NoSuchNode(String),
	/// A file could not be read or written.
	#[error("{path}: {reason}")]
	File {
		/// The file or directory.
		path: String,
		/// What the system said.
		reason: std::io::Error,
	},
	/// Something did not happen in time.
	#[error("{what} did not happen within {limit:?}")]
	TimedOut {
		/// What was waited for.
		what: String,
		/// How long.
		limit: Duration,
	},
	/// The chain is not as it should be.
	#[error("{0}")]
	Violated(String),
	/// The client could not do something.
	#[error(transparent)]
	Client(#[from] petra_client::Error),
}

impl std::fmt::Debug for Error {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		std::fmt::Display::fmt(self, formatter)
	}
}

/// The result of a step of a test.
pub type Result<T = (), E = Error> = core::result::Result<T, E>;

impl Error {
	pub(crate) fn zombienet<E: std::fmt::Display>(doing: &'static str) -> impl FnOnce(E) -> Self {
		move |reason| Self::Zombienet { doing, reason: format!("{reason:#}") }
	}

	pub(crate) fn file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
		let path = path.display().to_string();
		move |reason| Self::File { path, reason }
	}
}
