//! What can go wrong in a trade against delivery.

use crate::types::{BlockNumber, MeterId, Timestep};
use std::path::PathBuf;

/// Why something of SPB did not happen, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpbError {
	/// The chain, or the way to it.
	#[error(transparent)]
	Chain(#[from] crate::Error),
	/// A tree of no leaves, or of too many.
	#[error("a tree has 1 to {} one-time keys, not {0}", super::MAX_LEAVES)]
	LeafCount(u32),
	/// A leaf that the tree does not have.
	#[error("the tree has {leaves} one-time keys: there is none of number {leaf}")]
	NoSuchLeaf {
		/// What was asked for.
		leaf: u32,
		/// What there is.
		leaves: u32,
	},
	/// A key that cannot be derived, which does not happen with hard derivation.
	#[error("the one-time key {leaf} of tree {tree} cannot be derived")]
	KeyDerivation {
		/// The tree.
		tree: u32,
		/// The leaf.
		leaf: u32,
	},
	/// A certificate over another root.
	#[error("the certificate is for the root {0}, which is not this tree's")]
	AnotherRoot(String),
	/// A certificate that its signer has not signed.
	#[error("meter {0} has not signed this certificate: another root, timestep, chain or key")]
	BadCertificate(MeterId),
	/// The ledger would not take what this meter signs.
	#[error("meter {0} is not authorised: ask another one")]
	NotAuthorized(MeterId),
	/// No meter's service gave a certificate.
	#[error(
		"no meter signed the root. Asked: {}. Name services of other meters that run (`petra meter sign-certificates`)",
		if .0.is_empty() { "none".into() } else { .0.join("; ") }
	)]
	NoWitness(Vec<String>),
	/// A meter's service could not be reached, or its answer made no sense.
	#[error("the certificate service at {url}: {reason}")]
	Service {
		/// Where.
		url: String,
		/// What happened.
		reason: String,
	},
	/// A meter's service said no.
	#[error("the certificate service at {url} refused ({status}): {message}")]
	Refused {
		/// Where.
		url: String,
		/// HTTP's number for it.
		status: u16,
		/// Its words.
		message: String,
	},
	/// All certified keys are used, or their certificates too old.
	#[error("no certified one-time key is left at timestep {0}: run `petra meter certify`")]
	NoLeafLeft(Timestep),
	/// The meter's file has no such key.
	#[error("{path} knows no certified key with the hash {receipt_key}: the commitment is for another meter")]
	UnknownLeaf {
		/// The file.
		path: PathBuf,
		/// What the commitment names.
		receipt_key: String,
	},
	/// The meter's file cannot be read or written.
	#[error("{path}: {reason}")]
	File {
		/// The file.
		path: PathBuf,
		/// Why.
		reason: String,
	},
	/// There is no such commitment.
	#[error("no open commitment {0}: it was never made, is confirmed, or has expired")]
	NoCommitment(String),
	/// The lock ends before it could pay.
	#[error(
		"the lock ends with block {until}, and block {best} is there already: lock for longer (`petra spb lock`)"
	)]
	LockEnds {
		/// The last block in which it pays.
		until: BlockNumber,
		/// The best block.
		best: BlockNumber,
	},
	/// Nobody offers so much in one block.
	#[error("no block of energy has {0} Wh free: commit to less, or search later")]
	NoEnergy(u64),
	/// Sums that no ledger holds.
	#[error("the amount is out of range")]
	Overflow,
}

impl SpbError {
	pub(crate) fn file(path: &std::path::Path, reason: impl ToString) -> Self {
		Self::File { path: path.into(), reason: reason.to_string() }
	}
}
