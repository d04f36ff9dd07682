//! Who sells: energy accounts, and the authorities that certify producers.

use crate::{
	Authorities, Blocks, BlocksByPrice, Config, EnergyAccount, EnergyAccounts, Error, Event, Pallet,
};
use alloc::collections::btree_set::BTreeSet;
use frame_support::{dispatch::DispatchResult, ensure, BoundedVec};
use petra_primitives::{
	delivery::{self, AccountProof},
	messages, BlockNumber,
};
use sp_core::H256;
use sp_runtime::{AccountId32, MultiSignature, SaturatedConversion};

impl<T: Config> Pallet<T> {
	/// The number of this block.
	pub(crate) fn this_block() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// Which chain this is.
	pub(crate) fn genesis_hash() -> H256 {
		frame_system::Pallet::<T>::block_hash(
			frame_system::pallet_prelude::BlockNumberFor::<T>::default(),
		)
	}

	/// Opens an energy account.
	pub(crate) fn do_open_energy_account(
		producer: AccountId32,
		proof: AccountProof<AccountId32>,
	) -> DispatchResult {
		ensure!(!EnergyAccounts::<T>::contains_key(&producer), Error::<T>::AccountExists);
		match proof {
			AccountProof::Certificate { authority, expiry, signature } => {
				Self::ensure_certified(&producer, &authority, expiry, &signature)?
			},
			AccountProof::Burn => Self::pay_the_dso(&producer)?,
		}
		EnergyAccounts::<T>::insert(&producer, EnergyAccount::default());
		Self::deposit_event(Event::EnergyAccountOpened { producer });
		Ok(())
	}

	fn ensure_certified(
		producer: &AccountId32,
		authority: &AccountId32,
		expiry: BlockNumber,
		signature: &MultiSignature,
	) -> Result<(), Error<T>> {
		ensure!(Authorities::<T>::get().contains(authority), Error::<T>::NotAnAuthority);
		ensure!(Self::this_block() <= expiry, Error::<T>::ProofExpired);
		let message = delivery::account_message(Self::genesis_hash(), producer, expiry);
		ensure!(messages::verify(signature, &message, authority), Error::<T>::BadProof);
		Ok(())
	}

	/// Closes an energy account; returns how many blocks it had.
	pub(crate) fn do_close_energy_account(producer: AccountId32) -> Result<u32, Error<T>> {
		let account = EnergyAccounts::<T>::get(&producer).ok_or(Error::<T>::NoEnergyAccount)?;
		ensure!(account.commitments == 0, Error::<T>::EnergyCommitted);
		EnergyAccounts::<T>::remove(&producer);
		// At most `MaxBlocks`.
		for (number, block) in Blocks::<T>::drain_prefix(&producer) {
			BlocksByPrice::<T>::remove(block.price.to_be_bytes(), (&producer, number));
		}
		Self::deposit_event(Event::EnergyAccountClosed { producer });
		Ok(account.blocks)
	}

	/// Says who may certify producers.
	pub(crate) fn do_set_authorities(
		authorities: BoundedVec<AccountId32, T::MaxAuthorities>,
	) -> Result<(), Error<T>> {
		let different: BTreeSet<_> = authorities.iter().collect();
		ensure!(different.len() == authorities.len(), Error::<T>::DuplicateAuthority);
		Authorities::<T>::put(authorities);
		Ok(())
	}
}
