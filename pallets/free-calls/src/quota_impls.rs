//! Who has how much quota, and how much of a block free calls may take.

use crate::*;
use frame_support::{
	dispatch::DispatchClass,
	traits::{Get, OnKilledAccount},
	weights::Weight,
};
use petra_primitives::{AddressMaker, FreeCallCost, QuotaGrants};
use sp_runtime::{
	traits::SaturatedConversion,
	transaction_validity::{InvalidTransaction, TransactionValidityError},
};

impl<T: Config> Pallet<T> {
	/// The window that this block is in.
	pub fn window() -> u32 {
		let now: u64 = frame_system::Pallet::<T>::block_number().saturated_into();
		// At least 1 since genesis; as 1 if it is not.
		let window = u64::from(QuotaRules::<T>::get().window.max(1));
		now.checked_div(window).unwrap_or_default().saturated_into()
	}

	/// The asset writes that `who` has left in this window; none if it was granted no quota.
	pub fn remaining(who: &T::AccountId) -> Option<u32> {
		let usage = Usage::<T>::get(who)?;
		Some(usage.remaining(Self::window(), QuotaRules::<T>::get().quota))
	}

	/// What `call` by `who` costs of the quota, and what there is; none if `who` pays for it.
	pub(crate) fn free_call(
		who: &T::AccountId,
		call: &<T as frame_system::Config>::RuntimeCall,
	) -> Option<Terms> {
		// First what most who pay do not have.
		let usage = Usage::<T>::get(who)?;
		let cost = T::Cost::cost(who, call)?.max(1);
		let remaining = usage.remaining(Self::window(), QuotaRules::<T>::get().quota);
		Some(Terms { cost, remaining, usage })
	}

	/// Uses up `cost` of the quota of `who`.
	pub(crate) fn charge(who: &T::AccountId, cost: u32) -> Result<(), TransactionValidityError> {
		let window = Self::window();
		let quota = QuotaRules::<T>::get().quota;
		Usage::<T>::mutate(who, |usage| match usage {
			Some(usage) if cost <= usage.remaining(window, quota) => {
				*usage = usage.charged(window, cost);
				Ok(())
			},
			_ => Err(InvalidTransaction::Custom(OVER_QUOTA).into()),
		})
	}

	/// What all that nobody pays for may weigh in a block together.
	pub fn share() -> Weight {
		let weights = T::BlockWeights::get();
		let normal = weights.get(DispatchClass::Normal).max_total.unwrap_or(weights.max_block);
		Weight::from_parts(
			FREE_SHARE.mul_floor(normal.ref_time()),
			FREE_SHARE.mul_floor(normal.proof_size()),
		)
	}

	/// Takes `weight` of this block's share.
	pub(crate) fn take_share(weight: Weight) -> Result<(), TransactionValidityError> {
		let taken = FreeWeight::<T>::get().saturating_add(weight);
		if taken.any_gt(Self::share()) {
			return Err(InvalidTransaction::ExhaustsResources.into());
		}
		FreeWeight::<T>::put(taken);
		Ok(())
	}

	/// Gives back what was not spent of it.
	pub(crate) fn return_share(unspent: Weight) {
		if unspent != Weight::zero() {
			FreeWeight::<T>::mutate(|taken| *taken = taken.saturating_sub(unspent));
		}
	}

	/// Grants a quota from `window` on, with the standing that comes of the one before. What was used before counts on.
	fn grant_from(
		who: &T::AccountId,
		window: u32,
		standing: impl FnOnce(Option<Standing>) -> Standing,
	) {
		Usage::<T>::mutate(who, |usage| {
			let standing = standing(usage.map(|usage| usage.standing));
			*usage = Some(match *usage {
				Some(usage) => {
					let from_window = usage.from_window.min(window);
					QuotaUsage { from_window, standing, ..usage }
				},
				None => QuotaUsage { window, used: 0, from_window: window, standing },
			});
		});
	}
}

impl<T: Config> QuotaGrants<T::AccountId> for Pallet<T> {
	fn grant_to_key(who: &T::AccountId) {
		Self::grant_from(who, Self::window(), |_| Standing::Key);
	}

	fn grant(who: &T::AccountId, maker: AddressMaker) {
		Self::grant_from(who, Self::window(), |standing| Self::standing_made_by(maker, standing));
	}

	fn grant_from_next_window(who: &T::AccountId) {
		let next = Self::window().saturating_add(1);
		Self::grant_from(who, next, |standing| standing.unwrap_or(Standing::Transferred));
	}

	fn is_granted(who: &T::AccountId) -> bool {
		Usage::<T>::contains_key(who)
	}
}

/// The runtime sets it as `OnKilledAccount` of `frame_system`.
impl<T: Config> OnKilledAccount<T::AccountId> for Pallet<T> {
	fn on_killed_account(who: &T::AccountId) {
		Usage::<T>::remove(who);
		Self::keep_nonce(who);
	}
}
