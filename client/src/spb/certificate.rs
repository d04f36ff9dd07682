//! The certificate of existence (CoE): another meter's word that a root is a meter's (P4, II-B).

use super::{KeyTree, SpbError};
use crate::types::{MeterId, Timestep};
use codec::{Decode, Encode};
use petra_primitives::{delivery::certificate_message, messages};
use serde::{Deserialize, Serialize};
use sp_core::H256;
use sp_runtime::{AccountId32, MultiSignature};
use subxt::tx::Signer;

/// A meter's signature over another meter's root of one-time keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Certificate {
	/// The root.
	pub root: H256,
	/// How many keys are under it.
	pub leaves: u32,
	/// When it was signed.
	pub issued_at: Timestep,
	/// Who signed it.
	pub signer: MeterId,
	/// The signature over `("petra/Delivery/coe", genesis, root, leaves, issued_at)`.
	#[serde(with = "scale_hex")]
	pub signature: MultiSignature,
}

impl Certificate {
	/// Signs a root, as the meter `signer` with its `key`.
	pub fn sign(
		genesis: H256,
		root: H256,
		leaves: u32,
		issued_at: Timestep,
		signer: MeterId,
		key: &impl Signer<crate::PetraConfig>,
	) -> Self {
		let message = certificate_message(genesis, root, leaves, issued_at);
		Self { root, leaves, issued_at, signer, signature: signed(key, &message) }
	}

	/// Checks that it is for this tree, and that the meter with this key has signed it.
	///
	/// # Errors
	/// [`SpbError::AnotherRoot`], [`SpbError::BadCertificate`].
	pub fn verify(
		&self,
		genesis: H256,
		tree: &KeyTree,
		signer_key: &crate::AccountId32,
	) -> Result<(), SpbError> {
		if self.root != tree.root() || self.leaves != tree.leaves() {
			return Err(SpbError::AnotherRoot(format!("{:?}", self.root)));
		}
		let message = certificate_message(genesis, self.root, self.leaves, self.issued_at);
		if !messages::verify(&self.signature, &message, &AccountId32::new(signer_key.0)) {
			return Err(SpbError::BadCertificate(self.signer));
		}
		Ok(())
	}

	/// How old it is, in timesteps; none if it is from the future.
	pub fn age(&self, now: Timestep) -> Option<Timestep> {
		now.checked_sub(self.issued_at)
	}
}

/// What a meter sends another one to have its root signed. Only the signing meter sees it: it is signed by the asking
/// meter's own key, for else anybody could have a root certified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateRequest {
	/// The chain.
	pub genesis: H256,
	/// Who asks.
	pub meter: MeterId,
	/// Who is asked.
	pub signer: MeterId,
	/// The root.
	pub root: H256,
	/// How many keys are under it.
	pub leaves: u32,
	/// The present timestep.
	pub issued_at: Timestep,
	/// The asking meter's signature over
	/// `("petra/Delivery/coe-request", genesis, meter, signer, root, leaves, issued_at)`.
	#[serde(with = "scale_hex")]
	pub signature: MultiSignature,
}

impl CertificateRequest {
	/// Asks, as `meter` with its `key`.
	pub fn sign(
		genesis: H256,
		meter: MeterId,
		signer: MeterId,
		tree: &KeyTree,
		issued_at: Timestep,
		key: &impl Signer<crate::PetraConfig>,
	) -> Self {
		let (root, leaves) = (tree.root(), tree.leaves());
		let message = request_message(genesis, meter, signer, root, leaves, issued_at);
		let signature = signed(key, &message);
		Self { genesis, meter, signer, root, leaves, issued_at, signature }
	}

	/// Whether the meter with this key asks.
	pub fn is_by(&self, key: &crate::AccountId32) -> bool {
		let Self { genesis, meter, signer, root, leaves, issued_at, .. } = self;
		let message = request_message(*genesis, *meter, *signer, *root, *leaves, *issued_at);
		messages::verify(&self.signature, &message, &AccountId32::new(key.0))
	}
}

fn request_message(
	genesis: H256,
	meter: MeterId,
	signer: MeterId,
	root: H256,
	leaves: u32,
	issued_at: Timestep,
) -> [u8; 32] {
	let fields = (meter, signer, root, leaves, issued_at);
	messages::digest("petra/Delivery/coe-request", genesis, fields)
}

/// Signs 32 bytes with a key of this client.
pub(super) fn signed(key: &impl Signer<crate::PetraConfig>, message: &[u8; 32]) -> MultiSignature {
	match key.sign(message) {
		subxt::utils::MultiSignature::Ed25519(bytes) => {
			MultiSignature::Ed25519(sp_core::ed25519::Signature::from_raw(bytes))
		},
		subxt::utils::MultiSignature::Sr25519(bytes) => {
			MultiSignature::Sr25519(sp_core::sr25519::Signature::from_raw(bytes))
		},
		subxt::utils::MultiSignature::Ecdsa(bytes) => {
			MultiSignature::Ecdsa(sp_core::ecdsa::Signature::from_raw(bytes))
		},
	}
}

/// A value's SCALE bytes, in hexadecimal.
pub(super) mod scale_hex {
	use super::*;
	use serde::{de::Error, Deserializer, Serializer};

	pub fn serialize<T: Encode, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
		to.serialize_str(&format!("0x{}", hex::encode(value.encode())))
	}

	pub fn deserialize<'de, T: Decode, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
		let text = String::deserialize(from)?;
		let digits = text.strip_prefix("0x").unwrap_or(&text);
		let bytes = hex::decode(digits).map_err(D::Error::custom)?;
		let mut rest = bytes.as_slice();
		let value = T::decode(&mut rest).map_err(D::Error::custom)?;
		if rest.is_empty() {
			Ok(value)
		} else {
			Err(D::Error::custom("there are bytes left over"))
		}
	}
}
