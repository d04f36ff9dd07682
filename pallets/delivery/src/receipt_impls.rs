//! Whether a genuine meter speaks (P4, II-B: the certificate of existence).

use crate::{Config, Error, LeafQueue, Pallet, Receipt, UsedLeaves};
use frame_support::{ensure, traits::Get};
use petra_primitives::{
	delivery::{self, leaf_hash},
	messages, Grid, MeterWitnesses,
};
use sp_core::H256;
use sp_runtime::{
	traits::{BlakeTwo256, IdentifyAccount},
	AccountId32,
};

impl<T: Config> Pallet<T> {
	/// All that is cheap to check of a receipt; returns the key of the meter that must have signed the root.
	pub(crate) fn check_receipt(
		receipt: &Receipt<T>,
		receipt_key: H256,
	) -> Result<AccountId32, Error<T>> {
		let most = 1u64.checked_shl(T::MaxMerklePath::get()).unwrap_or(u64::MAX);
		let is_tree = u64::from(receipt.leaves) <= most;
		ensure!(is_tree && receipt.leaf_index < receipt.leaves, Error::<T>::LeafOutOfRange);
		let now = T::Grid::now();
		let age = now.checked_sub(receipt.issued_at).ok_or(Error::<T>::CertificateFromFuture)?;
		ensure!(age < T::MaxCertificateAge::get(), Error::<T>::CertificateTooOld);
		ensure!(leaf_hash(&receipt.leaf_key) == receipt_key, Error::<T>::WrongLeaf);
		ensure!(!UsedLeaves::<T>::contains_key(receipt_key), Error::<T>::LeafUsed);
		let witness = T::Meters::witness(receipt.signer, receipt.issued_at, now)
			.ok_or(Error::<T>::MeterNotFound)?;
		ensure!(witness.authorized_then, Error::<T>::MeterNotAuthorized);
		ensure!(witness.authorized_now, Error::<T>::MeterBanned);
		let leaf_account = receipt.leaf_key.clone().into_account();
		ensure!(leaf_account != witness.key, Error::<T>::SelfSigned);
		Ok(witness.key)
	}

	/// The rest: the way to the root, the one-time key's signature, the meter's.
	pub(crate) fn verify_receipt(
		receipt: &Receipt<T>,
		receipt_key: H256,
		meter_key: &AccountId32,
		ctp_id: H256,
		energy: u64,
	) -> Result<(), Error<T>> {
		Self::verify_path(receipt, receipt_key)?;
		let genesis = Self::genesis_hash();
		let leaf_account = receipt.leaf_key.clone().into_account();
		let message = delivery::receipt_message(genesis, ctp_id, energy);
		ensure!(
			messages::verify(&receipt.signature, &message, &leaf_account),
			Error::<T>::BadReceipt
		);
		let Receipt { root, leaves, issued_at, .. } = receipt;
		let message = delivery::certificate_message(genesis, *root, *leaves, *issued_at);
		ensure!(
			messages::verify(&receipt.root_signature, &message, meter_key),
			Error::<T>::BadCertificate
		);
		Ok(())
	}

	fn verify_path(receipt: &Receipt<T>, receipt_key: H256) -> Result<(), Error<T>> {
		let leaf = binary_merkle_tree::Leaf::Hash(receipt_key);
		let under_root = binary_merkle_tree::verify_proof::<BlakeTwo256, _, _>(
			&receipt.root,
			receipt.merkle_path.iter().copied(),
			receipt.leaves,
			receipt.leaf_index,
			leaf,
		);
		ensure!(under_root, Error::<T>::NotUnderRoot);
		Ok(())
	}

	/// Remembers a leaf until all certificates of today and before are too old.
	pub(crate) fn use_leaf(leaf: H256) {
		let until = T::Grid::now().saturating_add(T::MaxCertificateAge::get());
		UsedLeaves::<T>::insert(leaf, until);
		LeafQueue::<T>::insert(until.to_be_bytes(), leaf, ());
	}
}
