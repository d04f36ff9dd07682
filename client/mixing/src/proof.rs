//! Proofs that a note's owner is one of a ring's members, without saying which.
//!
//! A proof is over the members of one revision of a ring. Its *nullifier* follows from the member key and the ring alone,
//! so a note comes out once; its message binds chain, pool, ring, revision, deadline and recipient, so that nobody can
//! make use of it but for that recipient.

use crate::member::MemberKey;
use codec::Encode;
use petra_primitives::{messages::mixing, BlockNumber, Note, Withdrawal};
use std::{
	collections::HashSet,
	time::{Duration, Instant},
};
use verifiable::{
	ring::{
		ark_vrf::ring::SrsLookup,
		bandersnatch::{BandersnatchSha512Ell2, BandersnatchVrfVerifiable},
		ring_verifier_builder_params, RingDomainSize, StaticChunk,
	},
	BatchProofItem, GenerateVerifiable,
};

/// The scheme of the ring proofs.
pub(crate) type Crypto = BandersnatchVrfVerifiable;
/// The smallest domain, whose rings have up to 255 members.
const DOMAIN: RingDomainSize = RingDomainSize::Domain11;

/// What is to be proven: that the note goes to `recipient` until `deadline`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
	/// The chain's genesis hash.
	pub genesis: [u8; 32],
	/// The pool of the note.
	pub pool: Note,
	/// The ring in it.
	pub ring: u32,
	/// The ring's revision over whose members the proof is made.
	pub revision: u32,
	/// The last block in which the withdrawal is valid.
	pub deadline: BlockNumber,
	/// Where the note arrives.
	pub recipient: [u8; 32],
}

impl Statement {
	/// What is sent with such a proof.
	fn withdrawal<AccountId: From<[u8; 32]>>(
		&self,
		nullifier: [u8; 32],
		proof: &[u8],
	) -> Result<Withdrawal<AccountId>, Flaw> {
		let Self { pool, ring, revision, deadline, recipient, .. } = *self;
		let proof = proof.to_vec().try_into().map_err(|_| Flaw::DoesNotHold)?;
		let recipient = recipient.into();
		Ok(Withdrawal { pool, ring, revision, nullifier, deadline, proof, recipient })
	}

	/// Under which nullifiers are made.
	fn context(&self) -> Vec<u8> {
		mixing::nullifier_context(self.genesis.into(), &self.pool, self.ring)
	}

	/// The 32 bytes that the proof signs.
	fn message(&self, nullifier: [u8; 32]) -> Result<[u8; 32], Flaw> {
		Ok(mixing::withdrawal(self.genesis.into(), &self.withdrawal(nullifier, &[])?))
	}
}

/// A proof of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
	/// What is proven.
	pub statement: Statement,
	/// The note's one and only nullifier.
	pub nullifier: [u8; 32],
	/// The proof.
	pub bytes: Vec<u8>,
}

impl Proof {
	/// The withdrawal that the ledger takes.
	///
	/// # Errors
	/// [`Flaw::DoesNotHold`] if the proof is longer than any proof.
	pub fn withdrawal<AccountId: From<[u8; 32]>>(&self) -> Result<Withdrawal<AccountId>, Flaw> {
		self.statement.withdrawal(self.nullifier, &self.bytes)
	}
}

/// A proof that was just made.
#[derive(Clone, Debug)]
pub struct Proven {
	/// The proof.
	pub proof: Proof,
	/// How long that took.
	pub took: Duration,
}

/// Why there is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
	/// The key is none of the ring's members, in this revision.
	#[error("the key is no member of the ring in this revision: take a later one")]
	NotAMember,
	/// A ring that the runtime gave us is none.
	#[error(
		"the members of the ring are not what they must be ({0:?}). Does the node tell the truth?"
	)]
	BadRing(verifiable::Error),
	/// A proof that was just made does not hold.
	#[error("the proof that was made does not hold, and was not sent")]
	DoesNotHold,
}

/// The nullifier of a note: it follows from its key and ring.
pub fn nullifier(key: &MemberKey, genesis: [u8; 32], pool: &Note, ring: u32) -> Option<[u8; 32]> {
	let context = mixing::nullifier_context(genesis.into(), pool, ring);
	Crypto::alias_in_context(key.secret(), &context).ok()
}

/// Proves a statement over the members of its revision, in their order in the ring, and checks the proof.
///
/// # Errors
/// [`ProofError`] if the key is no member, or the members make no ring.
pub fn prove(
	key: &MemberKey,
	statement: Statement,
	members: &[[u8; 32]],
) -> Result<Proven, ProofError> {
	let begun = Instant::now();
	let bad_ring = |error| match error {
		verifiable::Error::NotInRing => ProofError::NotAMember,
		error => ProofError::BadRing(error),
	};
	let nullifier = nullifier(key, statement.genesis, &statement.pool, statement.ring)
		.ok_or(ProofError::DoesNotHold)?;
	let opened = Crypto::open(DOMAIN, &key.public(), members.iter().copied()).map_err(bad_ring)?;
	let message = statement.message(nullifier).map_err(|_| ProofError::DoesNotHold)?;
	let (proof, alias) =
		Crypto::create(opened, key.secret(), &statement.context(), &message).map_err(bad_ring)?;
	let took = begun.elapsed();
	let proof = Proof { statement, nullifier, bytes: proof.into_inner() };
	if alias != nullifier || !Ring::new(members)?.accepts(&proof) {
		return Err(ProofError::DoesNotHold);
	}
	Ok(Proven { proof, took })
}

/// A revision's members, as proofs are checked against them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring(<Crypto as GenerateVerifiable>::Members);

impl Ring {
	/// The ring of these members, in order.
	///
	/// # Errors
	/// [`ProofError::BadRing`] if one of them is no key, or there are too many.
	pub fn new(members: &[[u8; 32]]) -> Result<Self, ProofError> {
		// Decoded once: it is the same for all rings.
		static PARAMETERS: std::sync::OnceLock<
			verifiable::ring::ark_vrf::ring::RingBuilderPcsParams<BandersnatchSha512Ell2>,
		> = std::sync::OnceLock::new();
		let parameters = PARAMETERS
			.get_or_init(|| ring_verifier_builder_params::<BandersnatchSha512Ell2>(DOMAIN));
		let mut ring = Crypto::start_members(DOMAIN);
		Crypto::push_members(&mut ring, members.iter().copied(), |range| {
			let chunks = parameters.lookup(range).ok_or(())?;
			Ok(chunks.into_iter().map(StaticChunk).collect())
		})
		.map_err(ProofError::BadRing)?;
		Ok(Self(Crypto::finish_members(ring)))
	}

	/// Whether a proof holds for one of these members.
	pub fn accepts(&self, proof: &Proof) -> bool {
		self.item(proof).is_ok_and(|item| {
			let BatchProofItem { proof: bytes, config, members, context, message } = &item;
			Crypto::is_valid(*config, bytes, members, context, &proof.nullifier, message)
		})
	}

	/// A proof in the scheme's terms.
	fn item(&self, proof: &Proof) -> Result<Item, Flaw> {
		Ok(BatchProofItem {
			proof: proof.bytes.clone().try_into().map_err(|_| Flaw::DoesNotHold)?,
			config: DOMAIN,
			members: self.0.clone(),
			context: proof.statement.context(),
			message: proof.statement.message(proof.nullifier)?.to_vec(),
		})
	}
}

type Item = BatchProofItem<
	<Crypto as GenerateVerifiable>::Proof,
	<Crypto as GenerateVerifiable>::Members,
	<Crypto as GenerateVerifiable>::Config,
>;

/// Why a proof cannot be part of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
	/// It is not true of its ring.
	#[error("the proof does not hold")]
	DoesNotHold,
	/// Another one in the batch has its nullifier.
	#[error("the note is in the batch already")]
	Repeated,
}

/// Sorts the bad ones out of a batch: the ledger refuses a batch as a whole. Returns what can be sent together, and the
/// rest with what is wrong with it, each in order.
pub fn sort(batch: Vec<(Ring, Proof)>) -> (Vec<Proof>, Vec<(Proof, Flaw)>) {
	let (mut good, mut bad) = (Vec::new(), Vec::new());
	let (mut items, mut proofs) = (Vec::new(), Vec::new());
	for (ring, proof) in batch {
		match ring.item(&proof) {
			Ok(item) => {
				items.push(item);
				proofs.push(proof);
			},
			Err(flaw) => bad.push((proof, flaw)),
		}
	}
	let mut seen = HashSet::new();
	for (proof, alias) in proofs.into_iter().zip(Crypto::batch_validate_per_item(&items)) {
		let Statement { genesis, ring, .. } = proof.statement;
		let note = (genesis, proof.statement.pool.encode(), ring, proof.nullifier);
		if alias != Ok(proof.nullifier) {
			bad.push((proof, Flaw::DoesNotHold));
		} else if seen.insert(note) {
			good.push(proof);
		} else {
			bad.push((proof, Flaw::Repeated));
		}
	}
	(good, bad)
}

#[cfg(test)]
mod tests {
	use super::*;

	const POOL: Note = Note::Financial { amount: 1_000_000 };

	fn keys(count: u8) -> Vec<MemberKey> {
		(0..count).map(|index| MemberKey::from_entropy(&[index; 32])).collect()
	}

	fn publics(keys: &[MemberKey]) -> Vec<[u8; 32]> {
		keys.iter().map(MemberKey::public).collect()
	}

	fn statement() -> Statement {
		Statement {
			genesis: [7; 32],
			pool: POOL,
			ring: 2,
			revision: 11,
			deadline: 1_000,
			recipient: [9; 32],
		}
	}

	#[test]
	fn a_proof_should_hold_for_its_statement_and_ring_only() {
		let keys = keys(12);
		let members = publics(&keys);
		let Proven { proof, took } = prove(&keys[4], statement(), &members).unwrap();
		println!(
			"proven in {took:.0?} over {} members, {} bytes",
			members.len(),
			proof.bytes.len()
		);
		assert_eq!(proof.bytes.len(), 785);
		let ring = Ring::new(&members).unwrap();
		assert!(ring.accepts(&proof));
		assert!(!Ring::new(&members[..11]).unwrap().accepts(&proof));

		let changed = |change: fn(&mut Statement)| {
			let mut other = proof.clone();
			change(&mut other.statement);
			other
		};
		for (what, other) in [
			("chain", changed(|statement| statement.genesis = [8; 32])),
			("pool", changed(|statement| statement.pool = Note::Financial { amount: 2_000_000 })),
			("ring", changed(|statement| statement.ring = 3)),
			("revision", changed(|statement| statement.revision = 10)),
			("deadline", changed(|statement| statement.deadline = 1_001)),
			("recipient", changed(|statement| statement.recipient = [8; 32])),
			("nullifier", Proof { nullifier: [1; 32], ..proof.clone() }),
			("length", Proof { bytes: proof.bytes[1..].to_vec(), ..proof.clone() }),
			("nothing", Proof { bytes: Vec::new(), ..proof.clone() }),
		] {
			assert!(!ring.accepts(&other), "{what}");
		}
	}

	#[test]
	fn what_is_proven_should_be_what_the_interface_says() {
		use petra_primitives::messages::digest;
		let Statement { genesis, pool, ring, revision, deadline, recipient } = statement();
		let fields = (pool, ring, revision, [1u8; 32], deadline, recipient);
		let message = digest("petra/Mixing/withdraw", genesis.into(), fields);
		assert_eq!(statement().message([1; 32]), Ok(message));
		let context = ("petra/Mixing/nullifier", genesis, pool, ring).encode();
		assert_eq!(statement().context(), context);
	}

	#[test]
	fn a_note_should_have_one_nullifier_whatever_the_revision() {
		let keys = keys(12);
		let members = publics(&keys);
		let one =
			prove(&keys[0], Statement { revision: 10, ..statement() }, &members[..11]).unwrap();
		let other = prove(&keys[0], statement(), &members).unwrap();
		assert_eq!(one.proof.nullifier, other.proof.nullifier);
		assert_eq!(nullifier(&keys[0], [7; 32], &POOL, 2), Some(one.proof.nullifier));
		assert_ne!(nullifier(&keys[0], [7; 32], &POOL, 3), Some(one.proof.nullifier));
		assert_ne!(nullifier(&keys[1], [7; 32], &POOL, 2), Some(one.proof.nullifier));
		// Made twice, a proof is not the same: it does not tell the member by its bytes.
		let again = prove(&keys[0], statement(), &members).unwrap();
		assert_ne!(again.proof.bytes, other.proof.bytes);
	}

	#[test]
	fn nothing_should_be_proven_when_the_key_is_no_member_or_the_ring_none() {
		let keys = keys(12);
		let members = publics(&keys);
		let error = prove(&keys[11], statement(), &members[..11]).unwrap_err();
		assert_eq!(error, ProofError::NotAMember);
		// No point of the curve.
		let bad = [members.as_slice(), &[[0xff; 32]]].concat();
		let error = prove(&keys[0], statement(), &bad).unwrap_err();
		assert!(matches!(error, ProofError::BadRing(_)), "{error}");
		let full: Vec<_> = (0..=255).map(|index| members[index % 12]).collect();
		assert!(matches!(Ring::new(&full), Err(ProofError::BadRing(_))));
		assert!(Ring::new(&full[..255]).is_ok());
	}

	#[test]
	fn bad_items_should_be_sorted_out_of_a_batch() {
		let keys = keys(12);
		let members = publics(&keys);
		let ring = Ring::new(&members).unwrap();
		let proven = |key: &MemberKey| prove(key, statement(), &members).unwrap().proof;
		let good = [proven(&keys[0]), proven(&keys[1])];
		let redirected = Proof {
			statement: Statement { recipient: [1; 32], ..statement() },
			..proven(&keys[2])
		};
		let cut = Proof { bytes: good[0].bytes[..784].to_vec(), ..good[0].clone() };
		let long = Proof { bytes: vec![0; 5_000], ..good[0].clone() };
		let repeated = proven(&keys[0]);
		let batch = [&good[0], &redirected, &cut, &good[1], &long, &repeated];
		let (sent, bad) = sort(batch.map(|proof| (ring.clone(), proof.clone())).to_vec());
		assert_eq!(sent, good);
		let flaws: Vec<_> = bad.iter().map(|(_, flaw)| *flaw).collect();
		assert_eq!(flaws.iter().filter(|flaw| **flaw == Flaw::DoesNotHold).count(), 3);
		assert_eq!(bad.last(), Some(&(repeated, Flaw::Repeated)));
		let (sent, bad) = sort(sent.into_iter().map(|proof| (ring.clone(), proof)).collect());
		assert_eq!((sent.len(), bad.len()), (2, 0));
	}
}
