//! What is sold: blocks of energy.

use crate::{Block, Blocks, BlocksByPrice, Config, EnergyAccounts, Error, Event, Pallet};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get};
use sp_runtime::AccountId32;

impl<T: Config> Pallet<T> {
	/// Offers energy for sale.
	pub(crate) fn do_add_energy(producer: AccountId32, energy: u64, price: u64) -> DispatchResult {
		ensure!(energy > 0, Error::<T>::ZeroEnergy);
		let account = EnergyAccounts::<T>::get(&producer).ok_or(Error::<T>::NoEnergyAccount)?;
		ensure!(account.blocks < T::MaxBlocks::get(), Error::<T>::TooManyBlocks);
		let block = account.next_block;
		let next_block = block.checked_add(1).ok_or(Error::<T>::TooManyBlocks)?;
		EnergyAccounts::<T>::mutate(&producer, |account| {
			if let Some(account) = account {
				account.next_block = next_block;
			}
		});
		Self::put_block(&producer, block, None, Block { price, energy, reserved: 0 });
		Self::deposit_event(Event::EnergyAdded { producer, block, energy, price });
		Ok(())
	}

	/// Takes back what is not committed.
	pub(crate) fn do_remove_energy(producer: AccountId32, number: u32) -> DispatchResult {
		let block = Blocks::<T>::get(&producer, number).ok_or(Error::<T>::BlockNotFound)?;
		let energy = block.free();
		ensure!(energy > 0, Error::<T>::EnergyCommitted);
		let rest = Block { energy: block.reserved, ..block };
		Self::put_block(&producer, number, Some(block), rest);
		Self::deposit_event(Event::EnergyRemoved { producer, block: number, energy });
		Ok(())
	}

	/// A block of which at least `energy` watt-hours are free.
	pub(crate) fn block_with(
		producer: &AccountId32,
		number: u32,
		energy: u64,
	) -> Result<Block, Error<T>> {
		let block = Blocks::<T>::get(producer, number).ok_or(Error::<T>::BlockNotFound)?;
		ensure!(block.free() >= energy, Error::<T>::NotEnoughEnergy);
		Ok(block)
	}

	/// Reserves `energy` of a block for a commitment. There is as much.
	pub(crate) fn reserve(producer: &AccountId32, number: u32, block: Block, energy: u64) {
		let reserved = block.reserved.saturating_add(energy);
		Self::put_block(producer, number, Some(block), Block { reserved, ..block });
	}

	/// A commitment that had reserved `reserved` ends: `delivered` of it is gone, the rest is free again.
	pub(crate) fn unreserve(producer: &AccountId32, number: u32, reserved: u64, delivered: u64) {
		let Some(block) = Blocks::<T>::get(producer, number) else {
			debug_assert!(false, "a block with reserved energy is there");
			return;
		};
		let rest = Block {
			energy: block.energy.saturating_sub(delivered),
			reserved: block.reserved.saturating_sub(reserved),
			..block
		};
		Self::put_block(producer, number, Some(block), rest);
	}

	/// `delivered` of a block, which was free, is gone.
	pub(crate) fn take(producer: &AccountId32, number: u32, block: Block, delivered: u64) {
		let energy = block.energy.saturating_sub(delivered);
		Self::put_block(producer, number, Some(block), Block { energy, ..block });
	}

	/// Stores a block, or removes it if nothing is left of it; the list by price and the account follow.
	fn put_block(producer: &AccountId32, number: u32, before: Option<Block>, after: Block) {
		let key = after.price.to_be_bytes();
		let was_free = before.is_some_and(|block| block.free() > 0);
		if after.free() > 0 && !was_free {
			BlocksByPrice::<T>::insert(key, (producer, number), ());
		}
		if after.free() == 0 && was_free {
			BlocksByPrice::<T>::remove(key, (producer, number));
		}
		if after.energy > 0 {
			Blocks::<T>::insert(producer, number, after);
		} else {
			Blocks::<T>::remove(producer, number);
		}
		let (was, is) = (before.is_some(), after.energy > 0);
		if was != is {
			EnergyAccounts::<T>::mutate(producer, |account| {
				if let Some(account) = account {
					account.blocks = if is {
						account.blocks.saturating_add(1)
					} else {
						account.blocks.saturating_sub(1)
					};
				}
			});
		}
	}
}
