//! The seam to the crate `verifiable`: rings, ring proofs, and the signatures of member keys.
//!
//! - Only the smallest domain is used: rings of up to 255 keys. Its builder parameters (the public Zcash powers of tau) are
//!   compiled in; nothing is ever read from the outside, so nobody can plant points of his own.
//! - A key is on the curve, in the prime-order subgroup, in its only encoding, and not the identity, whose secret everybody
//!   knows: `verifiable` checks that for everything from outside.
//! - What the pallet itself has stored is decoded without these checks: it was made here.
//! - Batches are verified all or nothing: `batch_validate_per_item` would bisect, and let one bad item cost as much as many
//!   good ones.

use crate::types::{Builder, MemberKey, Root};
use alloc::vec::Vec;
use codec::Encode;
use core::ops::Range;
use verifiable::{
	ring::{
		bandersnatch::{BandersnatchSha512Ell2 as Suite, BandersnatchVrfVerifiable as Scheme},
		Bls12_381Params, DecodeUnchecked, MembersCommitment, MembersSet, RingCurveParams,
		RingDomainSize, RingSuiteExt, StaticChunk,
	},
	BatchProofItem, GenerateVerifiable,
};

/// The smallest domain.
const DOMAIN: RingDomainSize = RingDomainSize::Domain11;
/// Keys in a full ring.
pub const RING_CAPACITY: u32 = 255;
/// Bytes of a stored root.
pub const ROOT_BYTES: u32 = Suite::MEMBERS_COMMITMENT_SIZE as u32;
/// Bytes of a stored builder.
pub const BUILDER_BYTES: u32 = Suite::MEMBERS_SET_SIZE as u32;
/// Bytes of a proof.
pub const PROOF_BYTES: usize = verifiable::ring::ring_signature_size::<Suite>(1);

type Proof = <Scheme as GenerateVerifiable>::Proof;

/// A proof to be verified.
pub(crate) struct Claim<'a> {
	/// The root of the revision.
	pub root: &'a Root,
	/// The context of the nullifier.
	pub context: Vec<u8>,
	/// What is proven.
	pub message: [u8; 32],
	/// The nullifier that the proof must have.
	pub nullifier: [u8; 32],
	/// The proof.
	pub proof: &'a [u8],
}

/// A ring without keys.
pub(crate) fn empty_ring() -> Option<Builder> {
	Builder::try_from(Scheme::start_members(DOMAIN).encode()).ok()
}

/// Adds a key to a ring; returns what the next one is added to, and the root with this key. None if the ring is full or the
/// key is bad.
pub(crate) fn add_key(builder: &Builder, key: &MemberKey) -> Option<(Builder, Root)> {
	let mut members = MembersSet::<Suite>::decode_unchecked(&mut builder.as_slice()).ok()?;
	Scheme::push_members(&mut members, core::iter::once(*key), lookup).ok()?;
	let builder = Builder::try_from(members.encode()).ok()?;
	let root = Root::try_from(Scheme::finish_members(members).encode()).ok()?;
	Some((builder, root))
}

/// Whether a key can be a member.
pub(crate) fn is_key(key: &MemberKey) -> bool {
	Scheme::is_member_valid(key)
}

/// Whether `key` signed `message`.
pub(crate) fn verify_signature(signature: &[u8; 64], message: &[u8; 32], key: &MemberKey) -> bool {
	Scheme::verify_signature(signature, message, key)
}

/// Whether a proof holds, and its alias is the nullifier.
pub(crate) fn verify(claim: &Claim) -> bool {
	let Some((proof, members)) = decode(claim) else { return false };
	Scheme::is_valid(DOMAIN, &proof, &members, &claim.context, &claim.nullifier, &claim.message)
}

/// Whether all of the proofs hold, in one check of them all.
pub(crate) fn verify_batch(claims: &[Claim]) -> bool {
	let items = claims.iter().map(|claim| {
		let (proof, members) = decode(claim)?;
		let (context, message) = (claim.context.clone(), claim.message.to_vec());
		Some(BatchProofItem { proof, config: DOMAIN, members, context, message })
	});
	let Some(items) = items.collect::<Option<Vec<_>>>() else { return false };
	let Ok(aliases) = Scheme::batch_validate(&items) else { return false };
	aliases.iter().eq(claims.iter().map(|claim| &claim.nullifier))
}

fn decode(claim: &Claim) -> Option<(Proof, MembersCommitment<Suite>)> {
	// Shorter or longer ones are none, and need not cost anything.
	if claim.proof.len() != PROOF_BYTES {
		return None;
	}
	let proof = Proof::try_from(claim.proof.to_vec()).ok()?;
	let root = MembersCommitment::decode_unchecked(&mut claim.root.as_slice()).ok()?;
	Some((proof, root))
}

/// The points of the setup for keys `range`, out of the parameters that are compiled in: a `u64` that counts them, and they,
/// one after the other. Only those that are needed: to read all of them takes longer than to add a key.
fn lookup(range: Range<usize>) -> Result<Vec<StaticChunk<Suite>>, ()> {
	const COUNT: usize = core::mem::size_of::<u64>();
	const POINT: usize = Suite::STATIC_CHUNK_SIZE;
	let points = <Bls12_381Params as RingCurveParams>::ring_builder_params(DOMAIN);
	range
		.map(|index| {
			let begin = index.checked_mul(POINT).and_then(|at| at.checked_add(COUNT)).ok_or(())?;
			let end = begin.checked_add(POINT).ok_or(())?;
			let mut point = points.get(begin..end).ok_or(())?;
			StaticChunk::decode_unchecked(&mut point).map_err(|_| ())
		})
		.collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use verifiable::ring::{ark_vrf::ring::SrsLookup, ring_verifier_builder_params};

	#[test]
	fn lookup_should_find_the_points_that_the_crate_finds() {
		let all = ring_verifier_builder_params::<Suite>(DOMAIN);
		for range in [0..1, 100..103, 254..255] {
			let theirs = (&all).lookup(range.clone()).unwrap();
			let ours = lookup(range).unwrap();
			assert_eq!(ours.iter().map(|chunk| chunk.0).collect::<Vec<_>>(), theirs);
		}
		assert!(lookup(100_000..100_001).is_err());
	}

	#[test]
	fn add_key_should_make_the_roots_that_the_crate_makes_at_once() {
		let keys: Vec<_> = (0..255u8)
			.map(|seed| Scheme::member_from_secret(&Scheme::new_secret([seed; 32])))
			.collect();
		let all = ring_verifier_builder_params::<Suite>(DOMAIN);
		let theirs = |count: usize| {
			let mut members = Scheme::start_members(DOMAIN);
			let lookup = |range| {
				(&all)
					.lookup(range)
					.map(|all| all.into_iter().map(StaticChunk).collect())
					.ok_or(())
			};
			Scheme::push_members(&mut members, keys[..count].iter().copied(), lookup).unwrap();
			Scheme::finish_members(members).encode()
		};
		let mut builder = empty_ring().unwrap();
		for (index, key) in keys.iter().enumerate() {
			let (next, root) = add_key(&builder, key).unwrap();
			if [0, 9, 254].contains(&index) {
				assert_eq!(root.to_vec(), theirs(index + 1));
			}
			builder = next;
		}
		assert_eq!(keys.len() as u32, RING_CAPACITY);
		assert_eq!(add_key(&builder, &keys[0]), None, "the ring is full");
		assert_eq!(add_key(&empty_ring().unwrap(), &[0; 32]), None, "the key is bad");
	}
}
