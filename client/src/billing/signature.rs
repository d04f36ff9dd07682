//! Signatures of accounts over messages that are signed outside extrinsics.

use crate::{AccountId32, PetraConfig, Signer};
use codec::{Decode, Encode};
use serde::{de::Error as _, Deserialize, Deserializer, Serialize, Serializer};
use subxt::utils::MultiSignature;

/// An account's signature; as text, `0x` and its SCALE encoding in hex.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Signature(pub MultiSignature);

impl Signature {
	/// Signs the 32 bytes of a message.
	pub fn new(key: &impl Signer<PetraConfig>, message: &[u8; 32]) -> Self {
		Self(key.sign(message))
	}

	/// Whether `signer` signed the message, as it is or wrapped as wallets do.
	pub fn verify(&self, message: &[u8; 32], signer: &AccountId32) -> bool {
		let signature = match self.0.clone() {
			MultiSignature::Ed25519(bytes) => sp_core::ed25519::Signature::from_raw(bytes).into(),
			MultiSignature::Sr25519(bytes) => sp_core::sr25519::Signature::from_raw(bytes).into(),
			MultiSignature::Ecdsa(bytes) => sp_core::ecdsa::Signature::from_raw(bytes).into(),
		};
		petra_primitives::messages::verify(&signature, message, &signer.0.into())
	}
}

impl Serialize for Signature {
	fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
		to.serialize_str(&format!("0x{}", hex::encode(self.encode())))
	}
}

impl<'de> Deserialize<'de> for Signature {
	fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
		let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
		let bytes = text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
		let bytes = bytes.ok_or_else(|| D::Error::custom("a signature is `0x` and hex digits"))?;
		let mut rest = bytes.as_slice();
		match Self::decode(&mut rest) {
			Ok(signature) if rest.is_empty() => Ok(signature),
			_ => Err(D::Error::custom(
				"a signature is 0x00 (ed25519), 0x01 (sr25519) or 0x02 (ecdsa) and its 64 or 65 bytes",
			)),
		}
	}
}
