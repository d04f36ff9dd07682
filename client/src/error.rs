//! What can go wrong between a client and a chain, and what to do about it.

use std::time::Duration;

/// Why something that was asked of a node or of the chain did not happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
	/// Nobody answered at the address, for as long as was waited.
	#[error(
		"no node answers at {url} (waited {waited:.1?}): {reason}. Is the node running, and is this the WebSocket \
		 address that it printed?"
	)]
	Unreachable {
		/// Where the node was looked for.
		url: String,
		/// How long.
		waited: Duration,
		/// What the last attempt said.
		reason: String,
	},
	/// The connection to the node broke, or a subscription ended although more was to come.
	#[error(
		"the node at {url} closed the connection while {doing}: it may have stopped. Connect again"
	)]
	Disconnected {
		/// The node.
		url: String,
		/// What was being waited for.
		doing: &'static str,
	},
	/// A request failed at the node, or its answer made no sense.
	#[error("the node failed {doing}: {reason}")]
	Rpc {
		/// What was asked for.
		doing: &'static str,
		/// What the node said.
		reason: String,
	},
	/// The chain of this node does not have the item that was asked for, or it is of another type.
	#[error(
		"the chain has no {item} as this client knows it: {reason}. Is the node of the version that this client is for?"
	)]
	Metadata {
		/// Pallet and item.
		item: String,
		/// What does not fit.
		reason: String,
	},
	/// The node does not know this block (any more).
	#[error("the node does not have block {0}. It keeps the state of recent blocks only: ask an archive node")]
	BlockNotFound(String),
	/// The pool refused the transaction, or threw it out: it is in no block and has cost nothing.
	#[error("{call} was refused before it came into a block: {reason}")]
	Refused {
		/// Pallet and call.
		call: String,
		/// Why.
		reason: String,
	},
	/// The transaction is in a block, and failed: it changed nothing (but its fee, if it has one, is paid).
	#[error("{call} failed in block {block}: {error}")]
	Dispatch {
		/// Pallet and call.
		call: String,
		/// `Pallet::Error`, or the name of the runtime's own error (`BadOrigin`, `Token(FundsUnavailable)`).
		error: String,
		/// Number of the block.
		block: u64,
	},
	/// The transaction succeeded without the event that it always has.
	#[error("{call} succeeded in block {block} without {event}: this client does not fit the chain's version")]
	NoEvent {
		/// Pallet and call.
		call: String,
		/// The event that is missing.
		event: &'static str,
		/// Number of the block.
		block: u64,
	},
	/// The node keeps no session keys for us: it runs without a keystore or its unsafe calls are closed.
	#[error(
		"the node at {url} made no session keys with a proof of possession ({reason}). Ask the validator itself, on \
		 its own machine (`--rpc-methods unsafe`)"
	)]
	NoSessionKeys {
		/// The node.
		url: String,
		/// What is missing.
		reason: String,
	},
}

impl Error {
	/// The chain's name for what failed, if the transaction came into a block.
	pub fn dispatch_error(&self) -> Option<&str> {
		match self {
			Self::Dispatch { error, .. } => Some(error),
			_ => None,
		}
	}

	/// A request that failed with `reason`.
	pub(crate) fn rpc(doing: &'static str) -> impl FnOnce(subxt::rpcs::Error) -> Self {
		move |reason| Self::Rpc { doing, reason: reason.to_string() }
	}

	/// Something of the chain that is not as expected.
	pub(crate) fn metadata(item: impl Into<String>, reason: impl ToString) -> Self {
		Self::Metadata { item: item.into(), reason: reason.to_string() }
	}
}
