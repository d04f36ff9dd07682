//! What must always hold.

use crate::{
	commit_impls::block_key, Blocks, BlocksByPrice, Commitments, CommitmentsOf, Config, Consumer,
	Consumers, EnergyAccounts, Expiries, HoldReason, LeafQueue, Locks, Pallet, UsedLeaves,
};
use alloc::collections::btree_map::BTreeMap;
use frame_support::{ensure, traits::Get};
use petra_primitives::Balance;
use sp_runtime::{AccountId32, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks that
	/// - a block's energy is what is free and what open commitments have reserved, blocks belong to accounts, and those
	///   with free energy are listed by price;
	/// - every open commitment is found by its id, its accounts and its expiry;
	/// - consumers and producers have as many commitments, locks and blocks as is said, and no more than they may;
	/// - the money on hold is that of the open commitments and the locks;
	/// - no leaf is there twice.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_blocks()?;
		Self::check_commitments()?;
		Self::check_counts()?;
		Self::check_holds()?;
		Self::check_leaves()
	}

	fn check_blocks() -> Result<(), TryRuntimeError> {
		let mut reserved = BTreeMap::<(AccountId32, u32), u64>::new();
		for commitment in Commitments::<T>::iter_values() {
			let sum = reserved.entry((commitment.producer, commitment.block)).or_default();
			*sum = sum.saturating_add(commitment.energy);
		}
		let mut listed = 0usize;
		let mut count = BTreeMap::<AccountId32, u32>::new();
		for (producer, number, block) in Blocks::<T>::iter() {
			let account = EnergyAccounts::<T>::get(&producer)
				.ok_or("delivery: a block of energy without an account")?;
			ensure!(
				number < account.next_block,
				"delivery: a block's number was not given out yet"
			);
			ensure!(block.energy > 0, "delivery: a block without energy");
			ensure!(block.reserved <= block.energy, "delivery: more is reserved than there is");
			let of_commitments = reserved.remove(&(producer.clone(), number)).unwrap_or_default();
			ensure!(
				block.reserved == of_commitments,
				"delivery: a block has not reserved what its commitments need"
			);
			let key = block.price.to_be_bytes();
			let is_listed = BlocksByPrice::<T>::contains_key(key, (&producer, number));
			ensure!(is_listed == (block.free() > 0), "delivery: the list by price is wrong");
			listed = listed.saturating_add(usize::from(is_listed));
			let sum = count.entry(producer).or_default();
			*sum = sum.saturating_add(1);
		}
		ensure!(reserved.is_empty(), "delivery: a commitment without its block");
		ensure!(
			BlocksByPrice::<T>::iter_keys().count() == listed,
			"delivery: the list by price has too many entries"
		);
		for (producer, account) in EnergyAccounts::<T>::iter() {
			let blocks = count.get(&producer).copied().unwrap_or_default();
			ensure!(account.blocks == blocks, "delivery: an account's number of blocks is wrong");
			ensure!(blocks <= T::MaxBlocks::get(), "delivery: an account has too many blocks");
		}
		Ok(())
	}

	fn check_commitments() -> Result<(), TryRuntimeError> {
		let (mut open, mut of_accounts) = (0usize, 0usize);
		for (ctp_id, commitment) in Commitments::<T>::iter() {
			ensure!(
				Self::ctp_id(&commitment) == ctp_id,
				"delivery: a commitment is not under its id"
			);
			let parties = [&commitment.consumer, &commitment.producer];
			for party in parties {
				ensure!(
					CommitmentsOf::<T>::contains_key(party, ctp_id),
					"delivery: a commitment is not under its accounts"
				);
			}
			ensure!(
				Expiries::<T>::contains_key(block_key(commitment.expiry), ctp_id),
				"delivery: a commitment does not expire"
			);
			let same = commitment.consumer == commitment.producer;
			of_accounts = of_accounts.saturating_add(if same { 1 } else { 2 });
			open = open.saturating_add(1);
		}
		ensure!(
			CommitmentsOf::<T>::iter_keys().count() == of_accounts,
			"delivery: accounts have commitments that are not there"
		);
		ensure!(
			Expiries::<T>::iter_keys().count() == open,
			"delivery: commitments expire that are not there"
		);
		Ok(())
	}

	fn check_counts() -> Result<(), TryRuntimeError> {
		let mut consumers = BTreeMap::<AccountId32, Consumer>::new();
		let mut producers = BTreeMap::<AccountId32, u32>::new();
		for commitment in Commitments::<T>::iter_values() {
			let consumer = consumers.entry(commitment.consumer).or_default();
			consumer.commitments = consumer.commitments.saturating_add(1);
			let producer = producers.entry(commitment.producer).or_default();
			*producer = producer.saturating_add(1);
		}
		for (consumer, _) in Locks::<T>::iter_keys() {
			let consumer = consumers.entry(consumer).or_default();
			consumer.locks = consumer.locks.saturating_add(1);
		}
		let counted: BTreeMap<_, _> = Consumers::<T>::iter().collect();
		ensure!(counted == consumers, "delivery: what a consumer has under way is counted wrong");
		let bounded = |consumer: &Consumer| {
			consumer.commitments <= T::MaxCommitments::get() && consumer.locks <= T::MaxLocks::get()
		};
		ensure!(
			consumers.values().all(bounded),
			"delivery: a consumer has more under way than it may"
		);
		for (producer, account) in EnergyAccounts::<T>::iter() {
			ensure!(
				account.commitments == producers.get(&producer).copied().unwrap_or_default(),
				"delivery: a producer's commitments are counted wrong"
			);
		}
		Ok(())
	}

	fn check_holds() -> Result<(), TryRuntimeError> {
		let mut for_commitments = BTreeMap::<AccountId32, Balance>::new();
		for commitment in Commitments::<T>::iter_values() {
			let sum = for_commitments.entry(commitment.consumer).or_default();
			*sum = sum.saturating_add(commitment.amount);
		}
		let mut for_locks = BTreeMap::<AccountId32, Balance>::new();
		for (consumer, _, lock) in Locks::<T>::iter() {
			let sum = for_locks.entry(consumer).or_default();
			*sum = sum.saturating_add(lock.amount);
		}
		for (reason, mut needed) in
			[(HoldReason::Commitment, for_commitments), (HoldReason::Lock, for_locks)]
		{
			for (who, _) in frame_system::Account::<T>::iter() {
				ensure!(
					Self::on_hold(reason, &who) == needed.remove(&who).unwrap_or_default(),
					"delivery: the money on hold is not that of commitments and locks"
				);
			}
			ensure!(
				needed.values().all(|amount| *amount == 0),
				"delivery: a consumer has no account"
			);
		}
		Ok(())
	}

	fn check_leaves() -> Result<(), TryRuntimeError> {
		let mut leaves = 0usize;
		for (leaf, until) in UsedLeaves::<T>::iter() {
			ensure!(
				LeafQueue::<T>::contains_key(until.to_be_bytes(), leaf),
				"delivery: a used leaf is never forgotten"
			);
			leaves = leaves.saturating_add(1);
		}
		ensure!(LeafQueue::<T>::iter_keys().count() == leaves, "delivery: a leaf is there twice");
		Ok(())
	}
}
