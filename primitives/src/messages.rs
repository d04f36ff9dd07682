//! Messages that are signed outside extrinsics.
//!
//! Each is the `blake2_256` of the SCALE encoding of a tuple whose first element is a domain `&str` and whose second
//! is the genesis hash. Accounts sign the 32 bytes as they are, or wrapped in `<Bytes>…</Bytes>`, as wallets do
//! (polkadot.js `signRaw`).

use alloc::vec::Vec;
use codec::Encode;
use sp_core::H256;
use sp_runtime::{
	traits::{IdentifyAccount, Verify},
	AccountId32, MultiSignature,
};

/// The 32 bytes to sign for `fields` under `domain` on the chain with that genesis hash.
///
/// `fields` must be a tuple or a struct: SCALE concatenates, so `(domain, genesis, (a, b))` encodes as
/// `(domain, genesis, a, b)`.
pub fn digest(domain: &str, genesis: H256, fields: impl Encode) -> [u8; 32] {
	(domain, genesis, fields).using_encoded(sp_io::hashing::blake2_256)
}

/// Whether `signer` signed `message`, as it is or wrapped in `<Bytes>…</Bytes>`.
pub fn verify(signature: &MultiSignature, message: &[u8; 32], signer: &AccountId32) -> bool {
	verify_as::<MultiSignature>(signature, message, signer)
}

/// [`verify`] for any type of signature.
pub fn verify_as<S: Verify>(
	signature: &S,
	message: &[u8; 32],
	signer: &<S::Signer as IdentifyAccount>::AccountId,
) -> bool {
	let wrapped: Vec<u8> = [b"<Bytes>".as_slice(), message, b"</Bytes>".as_slice()].concat();
	signature.verify(message.as_slice(), signer) || signature.verify(wrapped.as_slice(), signer)
}

/// What the mixing pools have signed and proven (specification, section 7).
pub mod mixing {
	use super::*;
	use crate::{Note, Withdrawal};

	/// What the member key signs to be deposited: so nobody can copy it from somebody else's deposit.
	pub fn possession(genesis: H256, depositor: &AccountId32, pool: &Note) -> [u8; 32] {
		digest("petra/Mixing/deposit", genesis, (depositor, pool))
	}

	/// What the member key signs to take its note back from a ring that failed.
	pub fn reclaim(genesis: H256, pool: &Note, ring: u32, recipient: &AccountId32) -> [u8; 32] {
		digest("petra/Mixing/reclaim", genesis, (pool, ring, recipient))
	}

	/// The context in which a key's alias is its nullifier. Not hashed.
	pub fn nullifier_context(genesis: H256, pool: &Note, ring: u32) -> Vec<u8> {
		("petra/Mixing/nullifier", genesis, pool, ring).encode()
	}

	/// What a withdrawal's proof is about.
	pub fn withdrawal(genesis: H256, withdrawal: &Withdrawal<AccountId32>) -> [u8; 32] {
		let Withdrawal { pool, ring, revision, nullifier, deadline, recipient, .. } = withdrawal;
		let fields = (pool, ring, revision, nullifier, deadline, recipient);
		digest("petra/Mixing/withdraw", genesis, fields)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::{ed25519, sr25519, Pair};

	#[test]
	fn digest_should_encode_fields_in_a_row() {
		let genesis = H256::repeat_byte(1);
		let flat = ("petra/Test", genesis, 7u32, 8u64).using_encoded(sp_io::hashing::blake2_256);
		assert_eq!(digest("petra/Test", genesis, (7u32, 8u64)), flat);
	}

	#[test]
	fn verify_should_accept_plain_and_wrapped_messages_of_the_signer_only() {
		let (alice, bob) = (sr25519::Pair::from_seed(&[1; 32]), ed25519::Pair::from_seed(&[2; 32]));
		let message = [3u8; 32];
		let wrapped = [b"<Bytes>".as_slice(), &message, b"</Bytes>".as_slice()].concat();
		for (signature, signer) in [
			(MultiSignature::from(alice.sign(&message)), AccountId32::from(alice.public())),
			(alice.sign(&wrapped).into(), alice.public().into()),
			(bob.sign(&message).into(), bob.public().into()),
			(bob.sign(&wrapped).into(), bob.public().into()),
		] {
			assert!(verify(&signature, &message, &signer));
			assert!(!verify(&signature, &[4u8; 32], &signer));
			assert!(!verify(&signature, &message, &AccountId32::new([9; 32])));
		}
	}
}
