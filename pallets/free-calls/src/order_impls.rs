//! Which free calls go first.

use crate::*;
use petra_primitives::{AddressMaker, FreeOrder};
use sp_runtime::transaction_validity::TransactionPriority;

impl<T: Config> Pallet<T> {
	/// The pool priority of a free call before which `before` calls of its signer wait; less than [`PAID_PRIORITY`].
	///
	/// In the first rank are meters' keys, and addresses that a meter, the DSO or a mixing withdrawal made: the fewer are
	/// before them, the earlier. Addresses that a free `transfer` made, of which there can be any number,
	/// come after all of them, those first that have more of their quota left.
	pub(crate) fn priority(terms: &Terms, before: u32) -> TransactionPriority {
		let Terms { cost, remaining, usage } = *terms;
		let used = usage.used_in(Self::window());
		match usage.standing {
			Standing::Transferred => {
				let left = TransactionPriority::from(remaining.saturating_sub(before));
				left.min(FIRST_RANK.saturating_sub(1))
			},
			Standing::Key => Self::first_rank(used.saturating_add(before).into(), 0),
			Standing::Made { first, other } => {
				let last = used.saturating_add(cost).saturating_sub(1);
				let steps = last.checked_div(STEP).unwrap_or_default().saturating_add(before);
				let others = Self::others_since(&first);
				let others = other.map_or(others, |other| others.min(Self::others_since(&other)));
				let behind = others.saturating_add(BEHIND_STEP.saturating_mul(steps.into()));
				Self::first_rank(behind, last.checked_rem(STEP).unwrap_or_default())
			},
		}
	}

	/// The priority in the first rank of what has so many addresses with a step of writes each before it, and so many writes
	/// of the same step.
	fn first_rank(behind: u64, writes: u32) -> TransactionPriority {
		let place = behind.saturating_mul(STEP.into()).saturating_add(writes.into());
		let last_of_all = FIRST_RANK.saturating_sub(1);
		FIRST_RANK.saturating_add(last_of_all.saturating_sub(place))
	}

	/// How many other addresses its maker has made since the beginning of the window in which it made this one.
	fn others_since(place: &Place) -> u64 {
		Makers::<T>::get(place.maker).others_since(place.before)
	}

	/// What an address's standing becomes when `maker` makes it (again).
	pub(crate) fn standing_made_by(maker: AddressMaker, standing: Option<Standing>) -> Standing {
		match standing {
			Some(Standing::Key) => Standing::Key,
			Some(Standing::Made { first, other }) if first.maker == maker => {
				Standing::Made { first: Self::place_made_by(maker, Some(first)), other }
			},
			Some(Standing::Made { first, other }) => {
				Standing::Made { first, other: Some(Self::place_made_by(maker, other)) }
			},
			Some(Standing::Transferred) | None => {
				Standing::Made { first: Self::place_made_by(maker, None), other: None }
			},
		}
	}

	/// The place of an address that `maker` makes in this window; what it made in this window already has its place.
	fn place_made_by(maker: AddressMaker, earlier: Option<Place>) -> Place {
		let making = Makers::<T>::get(maker).entering(Self::window());
		let place = Place { maker, before: making.before };
		if earlier != Some(place) {
			let made = making.made.saturating_add(1);
			Makers::<T>::insert(maker, Making { made, ..making });
		}
		place
	}
}

impl<T: Config> FreeOrder<T::AccountId> for Pallet<T> {
	fn priority(who: &T::AccountId, before: u32) -> TransactionPriority {
		let Some(usage) = Usage::<T>::get(who) else {
			// It paid for what led to this.
			return Self::first_rank(BEHIND_STEP.saturating_mul(before.into()), 0);
		};
		// It uses up nothing of a quota: so that there cannot be many of them before those who have hardly made any calls, it
		// stands behind a step at least, also for a key.
		let before = before.max(1);
		let used = usage.used_in(Self::window());
		if usage.standing == Standing::Key {
			let behind = BEHIND_STEP.saturating_mul(before.into()).saturating_add(used.into());
			return Self::first_rank(behind, 0);
		}
		let remaining = usage.remaining(Self::window(), QuotaRules::<T>::get().quota);
		Self::priority(&Terms { cost: 1, remaining, usage }, before)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_worst_case(who: &T::AccountId) {
		use petra_primitives::QuotaGrants;
		Self::grant(who, AddressMaker::Meter(7));
		Self::grant(who, AddressMaker::Dso);
	}
}
