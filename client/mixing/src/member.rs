//! Member keys: under which a note lies in a ring. Each is used for one note and never again.

use crate::proof::Crypto;
use petra_primitives::{messages::mixing, Note};
use verifiable::GenerateVerifiable;

/// The secret key of a note in a ring, a Bandersnatch key. Its public key is all that the ledger sees of it.
#[derive(Clone)]
pub struct MemberKey {
	secret: <Crypto as GenerateVerifiable>::Secret,
	public: [u8; 32],
}

impl core::fmt::Debug for MemberKey {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		formatter
			.debug_struct("MemberKey")
			.field("public", &hex::encode(self.public))
			.finish_non_exhaustive()
	}
}

impl MemberKey {
	/// The key of these 32 secret bytes, which the wallet derives from its phrase.
	pub fn from_entropy(entropy: &[u8; 32]) -> Self {
		let secret = Crypto::new_secret(*entropy);
		let public = Crypto::member_from_secret(&secret);
		Self { secret, public }
	}

	/// The public key.
	pub fn public(&self) -> [u8; 32] {
		self.public
	}

	pub(crate) fn secret(&self) -> &<Crypto as GenerateVerifiable>::Secret {
		&self.secret
	}

	/// The signature with which `depositor` puts a note into `pool` under this key, on the chain with this genesis hash:
	/// nobody else can make use of it.
	pub fn prove_possession(
		&self,
		genesis: [u8; 32],
		depositor: [u8; 32],
		pool: &Note,
	) -> [u8; 64] {
		self.sign(&mixing::possession(genesis.into(), &depositor.into(), pool))
	}

	/// The signature with which whoever holds it sends the note back from a failed ring to `recipient`.
	pub fn sign_reclaim(
		&self,
		genesis: [u8; 32],
		pool: &Note,
		ring: u32,
		recipient: [u8; 32],
	) -> [u8; 64] {
		self.sign(&mixing::reclaim(genesis.into(), pool, ring, &recipient.into()))
	}

	fn sign(&self, message: &[u8; 32]) -> [u8; 64] {
		// Signing a message that is there cannot fail; a signature of zeros would be refused.
		Crypto::sign(&self.secret, message).unwrap_or([0; 64])
	}
}

/// Whether `signature` is [`MemberKey::prove_possession`]'s for `member`.
pub fn verify_possession(
	signature: &[u8; 64],
	member: &[u8; 32],
	genesis: [u8; 32],
	depositor: [u8; 32],
	pool: &Note,
) -> bool {
	let message = mixing::possession(genesis.into(), &depositor.into(), pool);
	Crypto::verify_signature(signature, &message, member)
}

/// Whether `signature` is [`MemberKey::sign_reclaim`]'s for `member`.
pub fn verify_reclaim(
	signature: &[u8; 64],
	member: &[u8; 32],
	genesis: [u8; 32],
	pool: &Note,
	ring: u32,
	recipient: [u8; 32],
) -> bool {
	let message = mixing::reclaim(genesis.into(), pool, ring, &recipient.into());
	Crypto::verify_signature(signature, &message, member)
}

#[cfg(test)]
mod tests {
	use super::*;

	const POOL: Note = Note::Financial { amount: 1_000_000 };
	const GENESIS: [u8; 32] = [7; 32];

	#[test]
	fn a_key_should_follow_from_its_entropy_alone() {
		let key = MemberKey::from_entropy(&[1; 32]);
		assert_eq!(key.public(), MemberKey::from_entropy(&[1; 32]).public());
		assert_ne!(key.public(), MemberKey::from_entropy(&[2; 32]).public());
		assert!(Crypto::is_member_valid(&key.public()));
		// Nothing secret shows.
		assert!(format!("{key:?}").contains(&hex::encode(key.public())));
	}

	#[test]
	fn possession_should_be_proven_for_one_depositor_pool_and_chain() {
		let key = MemberKey::from_entropy(&[1; 32]);
		let depositor = [3; 32];
		let proof = key.prove_possession(GENESIS, depositor, &POOL);
		let verify = |member: [u8; 32], genesis, depositor, pool| {
			verify_possession(&proof, &member, genesis, depositor, pool)
		};
		assert!(verify(key.public(), GENESIS, depositor, &POOL));
		let other = MemberKey::from_entropy(&[2; 32]).public();
		assert!(!verify(other, GENESIS, depositor, &POOL));
		assert!(!verify(key.public(), [8; 32], depositor, &POOL));
		assert!(!verify(key.public(), GENESIS, [4; 32], &POOL));
		assert!(!verify(key.public(), GENESIS, depositor, &Note::Financial { amount: 2_000_000 }));
		// It is no signature of anything else.
		assert!(!verify_reclaim(&proof, &key.public(), GENESIS, &POOL, 0, depositor));
	}

	#[test]
	fn a_reclaim_should_be_signed_for_one_ring_and_recipient() {
		let key = MemberKey::from_entropy(&[1; 32]);
		let recipient = [3; 32];
		let signature = key.sign_reclaim(GENESIS, &POOL, 5, recipient);
		let verify = |pool, ring, recipient| {
			verify_reclaim(&signature, &key.public(), GENESIS, pool, ring, recipient)
		};
		assert!(verify(&POOL, 5, recipient));
		assert!(!verify(&POOL, 6, recipient));
		assert!(!verify(&POOL, 5, [4; 32]));
		assert!(!verify(&Note::Financial { amount: 2_000_000 }, 5, recipient));
	}
}
