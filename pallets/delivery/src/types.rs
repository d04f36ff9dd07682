//! The pallet's types.

use crate::Config;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound};
use petra_primitives::{Balance, BlockNumber, MeterId, Timestep};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::{MultiSignature, MultiSigner};

/// An energy receipt confirmation's proof that a genuine meter speaks, without saying which (P4, II-B): the certificate
/// of existence, and the meter's signature with one of the keys under it.
#[derive(
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
)]
#[scale_info(skip_type_params(T))]
pub struct Receipt<T: Config> {
	/// The one-time key that confirms; its hash is the commitment's `receipt_key`.
	pub leaf_key: MultiSigner,
	/// Which of the tree's leaves it is.
	pub leaf_index: u32,
	/// How many leaves the tree has.
	pub leaves: u32,
	/// The hashes beside the way from the leaf to the root, from below.
	pub merkle_path: BoundedVec<H256, T::MaxMerklePath>,
	/// The tree's root.
	pub root: H256,
	/// The timestep in which the certificate was signed.
	pub issued_at: Timestep,
	/// The meter that signed it.
	pub signer: MeterId,
	/// That meter's, over ("petra/Delivery/coe", genesis, root, leaves, issued_at).
	pub root_signature: MultiSignature,
	/// The one-time key's, over ("petra/Delivery/erc", genesis, ctp_id, energy).
	pub signature: MultiSignature,
}

/// A producer's energy account.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct EnergyAccount {
	/// The number of its next block of energy.
	pub next_block: u32,
	/// How many blocks it has.
	pub blocks: u32,
	/// How many open commitments reserve some of their energy.
	pub commitments: u32,
}

/// Energy for sale at a price.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Block {
	/// Money units per watt-hour.
	pub price: u64,
	/// Watt-hours, free and reserved.
	pub energy: u64,
	/// Of these, what open commitments have reserved.
	pub reserved: u64,
}

impl Block {
	/// The watt-hours that can be committed.
	pub fn free(&self) -> u64 {
		self.energy.saturating_sub(self.reserved)
	}

	/// What `energy` watt-hours of it cost.
	pub fn cost(&self, energy: u64) -> Balance {
		// Two numbers of 64 bits make one of 128.
		Balance::from(self.price).saturating_mul(energy.into())
	}
}

/// What a consumer has under way.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Consumer {
	/// Open commitments.
	pub commitments: u32,
	/// Locks.
	pub locks: u32,
}

/// A consumer's money that is locked for one producer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Lock {
	/// What is left of it.
	pub amount: Balance,
	/// The last block in which it pays.
	pub until: BlockNumber,
	/// The sequence number of the last commitment that was settled.
	pub last_nonce: Option<u64>,
}
