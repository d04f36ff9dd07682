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
	#[error("{call} was refused before it came into a block: {}", refusal(.reason))]
	Refused {
		/// Pallet and call.
		call: String,
		/// Why, as the node says it.
		reason: String,
	},
	/// The transaction came into no block as long as it was valid: it never will. It can be signed anew.
	#[error("{call} came into no block until {until}, and is no longer valid: send it again")]
	Expired {
		/// Pallet and call.
		call: String,
		/// Number of the last block in which it could have been.
		until: u64,
	},
	/// The transaction is in a block, and failed: it changed nothing (but its fee, if it has one, is paid).
	#[error("{call} failed in block {block}: {error}{}", explained(.meaning))]
	Dispatch {
		/// Pallet and call.
		call: String,
		/// `Pallet::Error`, or the name of the runtime's own error (`BadOrigin`, `Token(FundsUnavailable)`).
		error: String,
		/// What the chain's documentation says of it, if it does.
		meaning: String,
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
	/// The wallet.
	#[error(transparent)]
	Wallet(#[from] crate::wallet::WalletError),
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

/// Refusals of the pool that have a cause one can do something about: what the node says, and what that means.
const REFUSALS: [(&str, &str); 6] = [
	(
		"Custom error: 101",
		"FreeCalls::OverQuota: this address has used up its free calls. Wait for the next window of blocks",
	),
	("Custom error: 102", "FreeCalls::Immortal: a free call must be signed for a limited time"),
	("Inability to pay", "the account cannot pay the fee, and for it this call is not free"),
	("outdated", "a transaction with this number is already in a block. Send it again"),
	("bad signature", "the signature is not for this chain, or its code was upgraded. Send it again"),
	("exhaust", "the next blocks are full. Send it again later"),
];

/// What a refusal means, before what the node says.
fn refusal(reason: &str) -> String {
	REFUSALS.iter().find(|(said, _)| reason.contains(said)).map_or_else(
		|| reason.into(),
		|(_, meaning)| format!("{meaning} (the node says: {reason})"),
	)
}

/// A meaning as the rest of a sentence.
fn explained(meaning: &str) -> String {
	if meaning.is_empty() {
		String::new()
	} else {
		format!(". {meaning}")
	}
}

impl Error {
	/// The chain's name for what failed, if the transaction came into a block.
	pub fn dispatch_error(&self) -> Option<&str> {
		match self {
			Self::Dispatch { error, .. } => Some(error),
			_ => None,
		}
	}

	/// Whether the connection broke: what was asked for may have happened or not.
	pub fn is_disconnected(&self) -> bool {
		matches!(self, Self::Disconnected { .. } | Self::Unreachable { .. })
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn refusal_should_say_the_ledgers_name_when_the_quota_is_used_up() {
		let reason = "Invalid Transaction (1010): Custom error: 101".to_string();
		let error = Error::Refused { call: "EnergyAssets.transfer".into(), reason: reason.clone() };
		let message = error.to_string();
		assert!(message.contains("FreeCalls::OverQuota") && message.contains(&reason), "{message}");
	}

	#[test]
	fn refusal_should_say_what_the_node_said_when_it_is_not_known() {
		let error = Error::Refused { call: "A.b".into(), reason: "because".into() };
		assert_eq!(error.to_string(), "A.b was refused before it came into a block: because");
	}

	#[test]
	fn dispatch_error_should_be_explained_when_the_chain_documents_it() {
		let error = |meaning: &str| Error::Dispatch {
			call: "Offers.accept_offer".into(),
			error: "Offers::PriceNotMet".into(),
			meaning: meaning.into(),
			block: 7,
		};
		assert_eq!(
			error("The fixed price does not meet it.").to_string(),
			"Offers.accept_offer failed in block 7: Offers::PriceNotMet. The fixed price does not meet it."
		);
		assert_eq!(error("").dispatch_error(), Some("Offers::PriceNotMet"));
		assert!(error("").to_string().ends_with("Offers::PriceNotMet"));
	}
}
