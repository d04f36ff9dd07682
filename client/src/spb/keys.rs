//! A meter's one-time keys, and the tree over them.

use super::SpbError;
use crate::{types::MeterId, wallet::Phrase};
use binary_merkle_tree::{merkle_proof_raw, merkle_root_raw};
use petra_primitives::delivery::leaf_hash;
use sp_core::{crypto::DeriveJunction, sr25519, Blake2Hasher, Pair, H256};
use sp_runtime::MultiSigner;
use zeroize::Zeroizing;

/// One-time keys per root, if one does not say otherwise. Receipts under one root are known to be of one meter, so few.
pub const DEFAULT_LEAVES: u32 = 4;
/// The most one-time keys per root: a way of ten hashes, the ledger's `MaxMerklePath`.
pub const MAX_LEAVES: u32 = 1 << 10;

/// What all one-time keys of a meter are derived from. It shows nothing of itself.
#[derive(Clone)]
pub struct OneTimeSecret(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for OneTimeSecret {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter.write_str("OneTimeSecret")
	}
}

impl OneTimeSecret {
	/// From 32 secret bytes.
	pub fn from_entropy(entropy: [u8; 32]) -> Self {
		Self(Zeroizing::new(entropy))
	}

	/// The one of a meter whose keys come from a wallet's phrase: the secret seed at `//petra//meter//<id>//delivery`.
	/// None if the phrase is none, which its type excludes.
	pub fn of_meter(phrase: &Phrase, meter: MeterId) -> Option<Self> {
		let (root, seed) = sr25519::Pair::from_phrase(&phrase.words(), None).ok()?;
		let seed = Zeroizing::new(seed);
		let path = [
			DeriveJunction::hard("petra"),
			DeriveJunction::hard("meter"),
			DeriveJunction::hard(u64::from(meter)),
			DeriveJunction::hard("delivery"),
		];
		let (_, seed) = root.derive(path.into_iter(), Some(*seed)).ok()?;
		seed.map(|seed| Self(Zeroizing::new(seed)))
	}

	/// The one-time key of a leaf of a tree: `//<tree>//<leaf>` below this secret. Derivation is hard: who knows one key,
	/// or all public ones, learns nothing about another.
	pub(super) fn key(&self, tree: u32, leaf: u32) -> Result<sr25519::Pair, SpbError> {
		let path = [DeriveJunction::hard(u64::from(tree)), DeriveJunction::hard(u64::from(leaf))];
		let derived = sr25519::Pair::from_seed(&self.0).derive(path.into_iter(), Some(*self.0));
		derived
			.map(|(key, seed)| {
				drop(Zeroizing::new(seed));
				key
			})
			.map_err(|_| SpbError::KeyDerivation { tree, leaf })
	}
}

/// The one-time keys under one root (P4, II-B: the Merkle tree of a certificate of existence).
#[derive(Clone)]
pub struct KeyTree {
	number: u32,
	keys: Vec<sr25519::Pair>,
	hashes: Vec<H256>,
}

impl std::fmt::Debug for KeyTree {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter
			.debug_struct("KeyTree")
			.field("number", &self.number)
			.field("root", &self.root())
			.field("leaves", &self.leaves())
			.finish_non_exhaustive()
	}
}

impl KeyTree {
	/// Derives a meter's tree of that number.
	///
	/// # Errors
	/// [`SpbError::LeafCount`] if it would have none or more than [`MAX_LEAVES`].
	pub fn derive(secret: &OneTimeSecret, number: u32, leaves: u32) -> Result<Self, SpbError> {
		if leaves == 0 || leaves > MAX_LEAVES {
			return Err(SpbError::LeafCount(leaves));
		}
		let keys = (0..leaves)
			.map(|leaf| secret.key(number, leaf))
			.collect::<Result<Vec<_>, _>>()?;
		let hashes = keys.iter().map(|key| leaf_hash(&key.public().into())).collect();
		Ok(Self { number, keys, hashes })
	}

	/// Its number among the meter's.
	pub fn number(&self) -> u32 {
		self.number
	}

	/// How many keys it has.
	pub fn leaves(&self) -> u32 {
		// At most `MAX_LEAVES`.
		u32::try_from(self.keys.len()).unwrap_or(u32::MAX)
	}

	/// Its root.
	pub fn root(&self) -> H256 {
		merkle_root_raw::<Blake2Hasher, _>(self.hashes.iter().copied())
	}

	/// The hash of a key: what a commitment names as its `receipt_key`.
	///
	/// # Errors
	/// [`SpbError::NoSuchLeaf`].
	pub fn receipt_key(&self, leaf: u32) -> Result<H256, SpbError> {
		self.item(&self.hashes, leaf).copied()
	}

	/// A key's public half.
	///
	/// # Errors
	/// [`SpbError::NoSuchLeaf`].
	pub fn public(&self, leaf: u32) -> Result<MultiSigner, SpbError> {
		Ok(self.key(leaf)?.public().into())
	}

	/// The hashes beside the way from a leaf to the root, from below.
	///
	/// # Errors
	/// [`SpbError::NoSuchLeaf`].
	pub fn path(&self, leaf: u32) -> Result<Vec<H256>, SpbError> {
		self.item(&self.hashes, leaf)?;
		Ok(merkle_proof_raw::<Blake2Hasher, _>(self.hashes.iter().copied(), leaf).proof)
	}

	pub(super) fn key(&self, leaf: u32) -> Result<&sr25519::Pair, SpbError> {
		self.item(&self.keys, leaf)
	}

	fn item<'a, T>(&self, items: &'a [T], leaf: u32) -> Result<&'a T, SpbError> {
		let index = usize::try_from(leaf).ok();
		index
			.and_then(|index| items.get(index))
			.ok_or(SpbError::NoSuchLeaf { leaf, leaves: self.leaves() })
	}
}
