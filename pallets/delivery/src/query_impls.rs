//! What runtime APIs and the quota of free calls read.

use crate::{
	Blocks, BlocksByPrice, Call, Commitments, CommitmentsOf, Config, EnergyAccounts, Pallet,
};
use alloc::vec::Vec;
use petra_primitives::delivery::{Commitment, EnergyBlock};
use sp_core::H256;
use sp_runtime::AccountId32;

/// The most entries of one answer.
pub const MAX_ANSWER: u32 = 1_000;

impl<T: Config> Pallet<T> {
	/// The blocks of which some energy is free, the lowest price first: at most `limit`, and [`MAX_ANSWER`], after
	/// `after`. Blocks of one price have an order of their own, which stays. If the block `after` is no more, the answer
	/// starts from the beginning.
	pub fn blocks(after: Option<(AccountId32, u32)>, limit: u32) -> Vec<EnergyBlock<AccountId32>> {
		let start = after.and_then(|(producer, number)| {
			let block = Blocks::<T>::get(&producer, number)?;
			let price = block.price.to_be_bytes();
			Some(BlocksByPrice::<T>::hashed_key_for(price, (producer, number)))
		});
		let keys = match start {
			Some(start) => BlocksByPrice::<T>::iter_keys_from(start),
			None => BlocksByPrice::<T>::iter_keys(),
		};
		keys.take(limit.min(MAX_ANSWER) as usize)
			.filter_map(|(_, (producer, block))| {
				let found = Blocks::<T>::get(&producer, block)?;
				let crate::Block { price, energy, reserved } = found;
				Some(EnergyBlock { producer, block, energy, reserved, price })
			})
			.collect()
	}

	/// The open commitments of an account, as consumer or producer, by id: at most [`MAX_ANSWER`]. Others can choose their ids
	/// so that a producer's do not all fit: whoever must see each follows [`crate::Event::CommittedToPay`], and asks
	/// [`Self::commitment`].
	pub fn commitments_of(account: &AccountId32) -> Vec<(H256, Commitment<AccountId32>)> {
		CommitmentsOf::<T>::iter_key_prefix(account)
			.take(MAX_ANSWER as usize)
			.filter_map(|ctp_id| Some((ctp_id, Commitments::<T>::get(ctp_id)?)))
			.collect()
	}

	/// An open commitment.
	pub fn commitment(ctp_id: H256) -> Option<Commitment<AccountId32>> {
		Commitments::<T>::get(ctp_id)
	}

	/// What a call of this pallet costs of a quota; none if it is not a free one. Who has a quota, others know.
	pub fn free_call_cost(who: &AccountId32, call: &Call<T>) -> Option<u32> {
		match call {
			Call::close_energy_account {} => {
				let blocks = EnergyAccounts::<T>::get(who).map_or(0, |account| account.blocks);
				Some(blocks.max(1))
			},
			Call::open_energy_account { .. }
			| Call::add_energy { .. }
			| Call::remove_energy { .. }
			| Call::commit_to_pay { .. }
			| Call::lock_for { .. }
			| Call::unlock { .. }
			| Call::expire { .. } => Some(1),
			_ => None,
		}
	}
}
