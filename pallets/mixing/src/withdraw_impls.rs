//! Withdrawals: what must hold, the proof, and what then happens.

use crate::{
	proofs::{self, Claim},
	Call, Config, Error, Event, Fate, Nullifiers, Pallet, Ring, RingId, Rings, Root, FIRST_REFUSAL,
};
use alloc::{collections::btree_set::BTreeSet, vec::Vec};
use codec::Encode;
use frame_support::{
	dispatch::DispatchResult,
	ensure,
	pallet_prelude::{
		InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction, Weight,
	},
	traits::Contains,
	BoundedVec,
};
use petra_primitives::{messages::mixing, FreeOrder, Withdrawal};
use sp_runtime::{transaction_validity::TransactionValidityWithRefund, AccountId32};

impl<T: Config> Pallet<T> {
	/// Whether a `withdraw` may go into a block: all that could go wrong, the cheapest first, the proof last.
	pub(crate) fn authorize_withdraw(
		_: TransactionSource,
		withdrawal: &Withdrawal<AccountId32>,
	) -> TransactionValidityWithRefund {
		let all = core::slice::from_ref(withdrawal);
		Self::authorize(all, || Call::withdraw { withdrawal: withdrawal.clone() })
	}

	/// [`Self::authorize_withdraw`] for `withdraw_batch`.
	pub(crate) fn authorize_withdraw_batch(
		_: TransactionSource,
		withdrawals: &BoundedVec<Withdrawal<AccountId32>, T::MaxBatch>,
	) -> TransactionValidityWithRefund {
		Self::authorize(withdrawals, || Call::withdraw_batch { withdrawals: withdrawals.clone() })
	}

	fn authorize(
		withdrawals: &[Withdrawal<AccountId32>],
		call: impl FnOnce() -> Call<T>,
	) -> TransactionValidityWithRefund {
		let deadline = Self::earliest_deadline(withdrawals).map_err(refusal)?;
		// The filter acts when the call is dispatched, which would be too late.
		if !T::BaseCallFilter::contains(&call().into()) {
			return Err(InvalidTransaction::Call.into());
		}
		let roots = Self::check(withdrawals).map_err(refusal)?;
		let claims = withdrawals.iter().zip(&roots).map(|(withdrawal, root)| Claim {
			root,
			context: mixing::nullifier_context(Self::genesis(), &withdrawal.pool, withdrawal.ring),
			message: mixing::withdrawal(Self::genesis(), withdrawal),
			nullifier: withdrawal.nullifier,
			proof: &withdrawal.proof,
		});
		let claims = claims.collect::<Vec<_>>();
		let holds = match claims.as_slice() {
			[claim] => proofs::verify(claim),
			claims => proofs::verify_batch(claims),
		};
		if !holds {
			return Err(refusal(Error::<T>::BadProof));
		}
		let left = deadline.saturating_sub(Self::block());
		let valid = ValidTransaction {
			priority: Self::priority(withdrawals),
			requires: Vec::new(),
			provides: withdrawals.iter().map(tag).collect(),
			longevity: left.into(),
			propagate: true,
		};
		Ok((valid, Weight::zero()))
	}

	/// Where withdrawals stand in the pool: the same for the same notes and recipients, so that none drives out another one.
	fn priority(withdrawals: &[Withdrawal<AccountId32>]) -> u64 {
		withdrawals
			.first()
			.map_or(0, |first| T::Order::priority(&first.recipient, withdrawals.len() as u32))
	}

	/// The first deadline, if none has passed.
	fn earliest_deadline(
		withdrawals: &[Withdrawal<AccountId32>],
	) -> Result<petra_primitives::BlockNumber, Error<T>> {
		let deadlines = withdrawals.iter().map(|withdrawal| withdrawal.deadline);
		let deadline = deadlines.min().ok_or(Error::<T>::EmptyBatch)?;
		ensure!(Self::block() <= deadline, Error::<T>::DeadlinePassed);
		Ok(deadline)
	}

	/// Whether all withdrawals can be made, but for the proofs; returns the roots that these are about.
	fn check(withdrawals: &[Withdrawal<AccountId32>]) -> Result<Vec<Root>, Error<T>> {
		let mut nullifiers = BTreeSet::new();
		for Withdrawal { pool, ring, nullifier, .. } in withdrawals {
			ensure!(nullifiers.insert((pool, ring, nullifier)), Error::<T>::NullifierUsed);
		}
		let check = |withdrawal: &Withdrawal<AccountId32>| {
			let id = (withdrawal.pool, withdrawal.ring);
			let ring = Self::living_ring(&id)?;
			ensure!(
				!Nullifiers::<T>::contains_key(id, withdrawal.nullifier),
				Error::<T>::NullifierUsed
			);
			// What is done is being removed, nullifiers and all.
			ensure!(ring.held > 0, Error::<T>::RingNotFound);
			Self::usable_root(&id, &ring, withdrawal.revision)
		};
		let roots = withdrawals.iter().map(check).collect::<Result<Vec<_>, _>>()?;
		let gifts = withdrawals.iter().map(|withdrawal| (withdrawal.pool, &withdrawal.recipient));
		Self::ensure_can_give(&gifts.collect::<Vec<_>>())?;
		Ok(roots)
	}

	/// A ring from which notes can be withdrawn.
	fn living_ring(id: &RingId) -> Result<Ring, Error<T>> {
		let ring = Rings::<T>::get(id).ok_or(Error::<T>::RingNotFound)?;
		ensure!(Self::fate(&id.0, &ring) != Fate::Failed, Error::<T>::RingFailed);
		ensure!(!Self::is_expired(&id.0), Error::<T>::NoteExpired);
		Ok(ring)
	}

	/// Makes withdrawals that are authorised. What was checked then holds still, in the same block and right after; it is
	/// looked at again but for the proofs, whoever may have found another way to get here.
	pub(crate) fn do_withdraw(withdrawals: &[Withdrawal<AccountId32>]) -> DispatchResult {
		Self::earliest_deadline(withdrawals)?;
		Self::check(withdrawals)?;
		for Withdrawal { pool, ring, nullifier, recipient, .. } in withdrawals {
			let (pool, ring, nullifier) = (*pool, *ring, *nullifier);
			let id = (pool, ring);
			Nullifiers::<T>::insert(id, nullifier, ());
			Self::release(&id, Rings::<T>::get(id).ok_or(Error::<T>::RingNotFound)?)?;
			Self::give_note(&pool, recipient)?;
			let recipient = recipient.clone();
			Self::deposit_event(Event::NoteWithdrawn { pool, ring, nullifier, recipient });
		}
		Ok(())
	}
}

/// What a withdrawal provides in the transaction pool: its note, which comes out once.
fn tag(withdrawal: &Withdrawal<AccountId32>) -> Vec<u8> {
	("Mixing", withdrawal.pool, withdrawal.ring, withdrawal.nullifier).encode()
}

/// Why a withdrawal is not authorised, as the pool says it.
pub(crate) fn refusal<T: Config>(error: Error<T>) -> TransactionValidityError {
	let place = error.encode().first().copied().unwrap_or_default();
	InvalidTransaction::Custom(FIRST_REFUSAL.saturating_add(place)).into()
}
