//! Payment against delivery (P4): its types, and the messages that are signed for it.
//!
//! Energy is in watt-hours, a price in money units per watt-hour.

use crate::{
	messages::digest,
	types::{Balance, BlockNumber, Timestep},
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::{AccountId32, MultiSignature, MultiSigner};

/// Why a producer may open an energy account (P4, II-B).
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum AccountProof<AccountId> {
	/// An authority that the regulator listed vouches for the producer.
	Certificate {
		/// Who vouches.
		authority: AccountId,
		/// The last block in which the certificate can be used.
		expiry: BlockNumber,
		/// The authority's, over [`account_message`].
		signature: MultiSignature,
	},
	/// The producer pays a set amount to the DSO.
	Burn,
}

/// What may differ from one commitment to another.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct CommitOptions {
	/// Whether a receipt for less energy pays its share; otherwise it pays nothing.
	pub partial: bool,
	/// Makes the commitment's id another one.
	pub nonce: u64,
	/// The producer's, over [`amount_message`], if the amount is below price × energy.
	pub producer_signature: Option<MultiSignature>,
}

/// A commit to pay (CTP): a consumer's money for a producer's energy, once the consumer's meter confirms it.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "std", serde(rename_all = "camelCase"))]
pub struct Commitment<AccountId> {
	/// Who pays.
	pub consumer: AccountId,
	/// Who delivers.
	pub producer: AccountId,
	/// Of which of the producer's blocks of energy.
	pub block: u32,
	/// Watt-hours.
	pub energy: u64,
	/// Money for all of the energy.
	pub amount: Balance,
	/// [`leaf_hash`] of the one-time key with which the consumer's meter will confirm.
	pub receipt_key: H256,
	/// The last block in which the meter can confirm.
	pub expiry: BlockNumber,
	/// Whether a receipt for less energy pays its share.
	pub partial: bool,
	/// Makes the id another one; under a lock, the sequence number.
	pub nonce: u64,
}

/// A producer's energy for sale at a price, as clients see it.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "std", serde(rename_all = "camelCase"))]
pub struct EnergyBlock<AccountId> {
	/// Whose it is.
	pub producer: AccountId,
	/// Its number among the producer's.
	pub block: u32,
	/// Watt-hours, free and reserved.
	pub energy: u64,
	/// Of these, what open commitments have reserved.
	pub reserved: u64,
	/// Money units per watt-hour.
	pub price: u64,
}

/// The id of a commitment, which can be computed before it is made.
pub fn ctp_id(genesis: H256, commitment: &Commitment<AccountId32>) -> H256 {
	digest("petra/Delivery/ctp", genesis, commitment).into()
}

/// What an authority signs for a producer's account.
pub fn account_message(genesis: H256, account: &AccountId32, expiry: BlockNumber) -> [u8; 32] {
	digest("petra/Delivery/account", genesis, (account, expiry))
}

/// What a producer signs to take an amount below its price.
pub fn amount_message(genesis: H256, ctp_id: H256) -> [u8; 32] {
	digest("petra/Delivery/amount", genesis, ctp_id)
}

/// What a consumer signs to have a commitment settled from its lock.
pub fn settle_message(genesis: H256, ctp_id: H256) -> [u8; 32] {
	digest("petra/Delivery/settle", genesis, ctp_id)
}

/// What a meter signs for another meter's tree of one-time keys: the certificate of existence (CoE).
pub fn certificate_message(
	genesis: H256,
	root: H256,
	leaves: u32,
	issued_at: Timestep,
) -> [u8; 32] {
	digest("petra/Delivery/coe", genesis, (root, leaves, issued_at))
}

/// What a meter signs with a one-time key: so much energy came.
pub fn receipt_message(genesis: H256, ctp_id: H256, energy: u64) -> [u8; 32] {
	digest("petra/Delivery/erc", genesis, (ctp_id, energy))
}

/// The hash of a one-time key: the leaf of a certificate's tree, and a commitment's `receipt_key`.
pub fn leaf_hash(leaf_key: &MultiSigner) -> H256 {
	leaf_key.using_encoded(sp_io::hashing::blake2_256).into()
}

#[cfg(test)]
mod tests {
	use super::*;

	const GENESIS: H256 = H256::repeat_byte(7);

	fn hash(domain: &str, rest: &[&[u8]]) -> [u8; 32] {
		// A string is its length, here below 64 and so in one byte, and its bytes.
		let length = [u8::try_from(domain.len()).unwrap_or(u8::MAX).saturating_mul(4)];
		let mut bytes = [&length, domain.as_bytes(), GENESIS.as_bytes()].concat();
		bytes.extend(rest.concat());
		sp_io::hashing::blake2_256(&bytes)
	}

	#[test]
	fn messages_should_be_the_interfaces_bytes() {
		let (consumer, producer) = (AccountId32::new([1; 32]), AccountId32::new([2; 32]));
		let commitment = Commitment {
			consumer: consumer.clone(),
			producer,
			block: 3,
			energy: 4,
			amount: 5,
			receipt_key: H256::repeat_byte(6),
			expiry: 8,
			partial: true,
			nonce: 9,
		};
		let fields: [&[u8]; 9] = [
			&[1; 32],
			&[2; 32],
			&3u32.to_le_bytes(),
			&4u64.to_le_bytes(),
			&5u128.to_le_bytes(),
			&[6; 32],
			&8u32.to_le_bytes(),
			&[1],
			&9u64.to_le_bytes(),
		];
		let id = ctp_id(GENESIS, &commitment);
		assert_eq!(id, hash("petra/Delivery/ctp", &fields).into());
		let (eight, four) = (8u32.to_le_bytes(), 4u64.to_le_bytes());
		assert_eq!(
			account_message(GENESIS, &consumer, 8),
			hash("petra/Delivery/account", &[&[1; 32], &eight])
		);
		assert_eq!(amount_message(GENESIS, id), hash("petra/Delivery/amount", &[id.as_bytes()]));
		assert_eq!(settle_message(GENESIS, id), hash("petra/Delivery/settle", &[id.as_bytes()]));
		assert_eq!(
			certificate_message(GENESIS, id, 8, 4),
			hash("petra/Delivery/coe", &[id.as_bytes(), &eight, &four])
		);
		assert_eq!(
			receipt_message(GENESIS, id, 4),
			hash("petra/Delivery/erc", &[id.as_bytes(), &four])
		);
	}

	#[test]
	fn leaf_hash_should_cover_the_kind_of_key() {
		let key = [5; 32];
		let sr25519 = MultiSigner::Sr25519(key.into());
		let ed25519 = MultiSigner::Ed25519(key.into());
		let bytes = [&[1u8], key.as_slice()].concat();
		assert_eq!(leaf_hash(&sr25519), sp_io::hashing::blake2_256(&bytes).into());
		assert_ne!(leaf_hash(&sr25519), leaf_hash(&ed25519));
	}
}
