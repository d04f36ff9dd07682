//! Ring proofs for the benchmarks, made by `cargo run -p pallet-mixing --example benchmark_proofs`. They are for a chain
//! whose genesis hash is the one that FRAME uses where there is no chain.

use crate::{Builder, Root, PROOF_BYTES};
use petra_primitives::{BlockNumber, Note, Withdrawal};
use sp_core::H256;
use sp_runtime::AccountId32;

pub(super) use verifiable::ring::bandersnatch::BandersnatchSha512Ell2 as Suite;

/// What the example has written: a builder, a root, and for each proof its nullifier and itself.
const BYTES: &[u8] = include_bytes!("proofs.bin");
const BUILDER: usize = crate::BUILDER_BYTES as usize;
const ROOT: usize = crate::ROOT_BYTES as usize;
const NULLIFIER: usize = 32;

/// What is in the file.
pub struct Fixture;

impl Fixture {
	/// The genesis hash that the proofs are for.
	pub const GENESIS: H256 = H256([69; 32]);
	/// The pool.
	pub const POOL: Note = Note::Financial { amount: 1 << 30 };
	/// How many keys have gone into the builder.
	pub const BUILDER_KEYS: u32 = 253;

	/// A ring that is nearly full.
	pub fn builder() -> Option<Builder> {
		BYTES.get(..BUILDER)?.to_vec().try_into().ok()
	}

	/// The root of a full ring: the proofs are about this one.
	pub fn root() -> Option<Root> {
		Self::part(BUILDER, ROOT)?.to_vec().try_into().ok()
	}

	/// The withdrawal by the key at `index`.
	pub fn withdrawal(index: u32) -> Option<Withdrawal<AccountId32>> {
		let length = NULLIFIER.checked_add(PROOF_BYTES)?;
		let at = BUILDER
			.checked_add(ROOT)?
			.checked_add(length.checked_mul(usize::try_from(index).ok()?)?)?;
		Some(Withdrawal {
			pool: Self::POOL,
			ring: 0,
			revision: crate::RING_CAPACITY.checked_sub(1)?,
			nullifier: Self::part(at, NULLIFIER)?.try_into().ok()?,
			deadline: BlockNumber::MAX,
			proof: Self::part(at.checked_add(NULLIFIER)?, PROOF_BYTES)?.to_vec().try_into().ok()?,
			recipient: Self::recipient(index),
		})
	}

	/// Who gets the note of the key at `index`.
	pub fn recipient(index: u32) -> AccountId32 {
		AccountId32::new([(index as u8).wrapping_add(1); 32])
	}

	fn part(at: usize, length: usize) -> Option<&'static [u8]> {
		BYTES.get(at..at.checked_add(length)?)
	}
}
