//! The energy receipt confirmation (ERC): a meter's word that the energy came.

use super::{Certificate, KeyTree, SpbError};
use crate::types::{MeterId, Timestep};
use codec::{Decode, Encode};
use petra_primitives::delivery::receipt_message;
use sp_core::{Pair, H256};
use sp_runtime::{MultiSignature, MultiSigner};

/// What proves that a genuine meter confirms, without saying which.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Receipt {
	/// The one-time key that confirms.
	pub leaf_key: MultiSigner,
	/// Which of the tree's leaves it is.
	pub leaf_index: u32,
	/// How many leaves the tree has.
	pub leaves: u32,
	/// The hashes beside the way from the leaf to the root, from below.
	pub merkle_path: Vec<H256>,
	/// The tree's root.
	pub root: H256,
	/// When the certificate was signed.
	pub issued_at: Timestep,
	/// The meter that signed it.
	pub signer: MeterId,
	/// That meter's signature.
	pub root_signature: MultiSignature,
	/// The one-time key's signature.
	pub signature: MultiSignature,
}

impl KeyTree {
	/// Confirms with a leaf that `energy` watt-hours of a commitment came. A leaf confirms one commitment, ever.
	///
	/// # Errors
	/// [`SpbError::NoSuchLeaf`]; [`SpbError::AnotherRoot`] if the certificate is not this tree's.
	pub fn receipt(
		&self,
		leaf: u32,
		certificate: &Certificate,
		genesis: H256,
		ctp_id: H256,
		energy: u64,
	) -> Result<Receipt, SpbError> {
		let key = self.key(leaf)?;
		let Certificate { root, leaves, issued_at, signer, signature } = certificate.clone();
		if root != self.root() || leaves != self.leaves() {
			return Err(SpbError::AnotherRoot(format!("{root:?}")));
		}
		let message = receipt_message(genesis, ctp_id, energy);
		Ok(Receipt {
			leaf_key: key.public().into(),
			leaf_index: leaf,
			leaves,
			merkle_path: self.path(leaf)?,
			root,
			issued_at,
			signer,
			root_signature: signature,
			signature: key.sign(&message).into(),
		})
	}
}
