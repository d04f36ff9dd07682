//! Account references: addresses with energy assets can sign, and come back without replays.

use crate::{Config, Holder, Holders, Leaving, Pallet, WeightInfo, MAX_IDLE_STEPS};
use frame_support::weights::WeightMeter;
use frame_system::pallet_prelude::BlockNumberFor;
use petra_primitives::AssetLedgerError;
use sp_runtime::{
	traits::{One, Saturating, UniqueSaturatedInto},
	AccountId32, SaturatedConversion,
};

/// A block's number as a key whose order is that of blocks.
pub(crate) fn block_key(number: impl UniqueSaturatedInto<u64>) -> [u8; 8] {
	number.saturated_into::<u64>().to_be_bytes()
}

impl<T: Config> Pallet<T> {
	/// `who` gets an asset: the first one holds its account.
	pub(crate) fn add_holding(who: &AccountId32) -> Result<(), AssetLedgerError> {
		let mut holder = Holders::<T>::get(who).unwrap_or_else(|| {
			frame_system::Pallet::<T>::inc_sufficients(who);
			Holder::default()
		});
		holder.assets = holder.assets.checked_add(1).ok_or(AssetLedgerError::Overflow)?;
		if let Some(block) = holder.leaving.take() {
			Leaving::<T>::remove(block_key(block), who);
		}
		Holders::<T>::insert(who, holder);
		Ok(())
	}

	/// `who` gives an asset up: with the last one it begins to leave.
	pub(crate) fn remove_holding(who: &AccountId32) {
		Holders::<T>::mutate(who, |entry| {
			if let Some(holder) = entry {
				holder.assets = holder.assets.saturating_sub(1);
				if holder.assets == 0 {
					holder.leaving = Some(Self::begin_leaving(who));
				}
			}
		});
	}

	/// `who`'s last money is about to go: if its nonce is ahead of the block number, its account stays until it is not.
	pub(crate) fn keep_until_nonce_passed(who: &AccountId32) {
		if Self::nonce_passed(who) || Holders::<T>::contains_key(who) {
			return;
		}
		frame_system::Pallet::<T>::inc_sufficients(who);
		let leaving = Some(Self::begin_leaving(who));
		Holders::<T>::insert(who, Holder { assets: 0, leaving });
	}

	/// Whether an account that ended now and came back later would begin with a nonce that `who` has not used.
	fn nonce_passed(who: &AccountId32) -> bool {
		let nonce: u64 = frame_system::Pallet::<T>::account_nonce(who).saturated_into();
		frame_system::Pallet::<T>::block_number().saturated_into::<u64>() > nonce
	}

	/// Queues `who` for the first block after its nonce, and at least for the next; returns that block.
	fn begin_leaving(who: &AccountId32) -> BlockNumberFor<T> {
		let nonce: u64 = frame_system::Pallet::<T>::account_nonce(who).saturated_into();
		let block = frame_system::Pallet::<T>::block_number()
			.max(BlockNumberFor::<T>::saturated_from(nonce))
			.saturating_add(One::one());
		Leaving::<T>::insert(block_key(block), who, ());
		block
	}

	/// Gives up the references of addresses whose time has come, in bounded steps.
	pub(crate) fn release_accounts(meter: &mut WeightMeter) {
		let now = block_key(frame_system::Pallet::<T>::block_number());
		let mut queue = Leaving::<T>::iter_keys();
		for _ in 0..MAX_IDLE_STEPS {
			if meter.try_consume(T::WeightInfo::release_account()).is_err() {
				break;
			}
			match queue.next() {
				Some((block, who)) if block <= now => Self::release_account(block, &who),
				_ => break,
			}
		}
	}

	/// Gives up the reference of `who`, or queues it again if it has signed more meanwhile.
	pub(crate) fn release_account(block: [u8; 8], who: &AccountId32) {
		Leaving::<T>::remove(block, who);
		if Self::nonce_passed(who) {
			Holders::<T>::remove(who);
			frame_system::Pallet::<T>::dec_sufficients(who);
		} else {
			let leaving = Some(Self::begin_leaving(who));
			Holders::<T>::insert(who, Holder { assets: 0, leaving });
		}
	}
}
