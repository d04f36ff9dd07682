//! What the pallet stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use petra_primitives::{BlockNumber, Note};
use scale_info::TypeInfo;

/// A ring: the note of its pool, and its number in the pool.
pub type RingId = (Note, u32);

/// A member key: a Bandersnatch public key, compressed.
pub type MemberKey = [u8; 32];

/// The root of a ring's revision, in the encoding of the crate `verifiable`.
pub type Root = BoundedVec<u8, ConstU32<{ crate::proofs::ROOT_BYTES }>>;

/// What the next key of a ring is added to, in the encoding of the crate `verifiable`.
pub type Builder = BoundedVec<u8, ConstU32<{ crate::proofs::BUILDER_BYTES }>>;

/// When revisions of a ring accept withdrawals.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct RingRules {
	/// How many keys a revision must have.
	pub min_size: u32,
	/// How many blocks old it must be.
	pub min_age: BlockNumber,
}

impl Default for RingRules {
	fn default() -> Self {
		Self { min_size: 10, min_age: 20 }
	}
}

/// A pool: the rings of one note.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Pool {
	/// How many rings it has had; the next has this number.
	pub rings: u32,
	/// How many of them are still stored.
	pub stored: u32,
}

/// What became of a ring at its deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Fate {
	/// The deadline has not passed, or nobody has looked since.
	Undecided,
	/// It had a usable revision.
	Usable,
	/// It had none: notes go back by `reclaim`.
	Failed,
}

/// A ring.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Ring {
	/// The rules in force when it was opened: nobody changes them for those who are in.
	pub rules: RingRules,
	/// Money: the last block in which it may become usable. Energy: none, it is the gate of the first timestep.
	pub deadline: Option<BlockNumber>,
	/// Keys added.
	pub members: u32,
	/// Notes held.
	pub held: u32,
	/// Notes that expired.
	pub expired: u32,
	/// From which block on it has a usable revision, if it has the keys for one.
	pub usable_from: Option<BlockNumber>,
	/// The first revision whose root is kept.
	pub oldest_root: u32,
	/// What became of it at its deadline.
	pub fate: Fate,
}

/// A key of a ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Member {
	/// The key.
	pub key: MemberKey,
	/// Whether its note was taken back after the ring failed.
	pub reclaimed: bool,
}

/// A revision of a ring: revision `n` has the first `n + 1` keys.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Revision {
	/// The block in which it was made.
	pub block: BlockNumber,
	/// Its root, until it cannot be used any more.
	pub root: Option<Root>,
}
