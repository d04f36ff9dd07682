//! Amounts per timestep, kept as the changes where they change. No function is shared with what it checks.

use super::{plus, FiguresError, Result};
use crate::types::Timestep;
use std::collections::BTreeMap;

/// An amount for each timestep; zero where nothing was added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Steps(BTreeMap<Timestep, i128>);

/// A stretch of one amount, both ends inclusive.
pub(super) type Run = (Timestep, Timestep, i128);

impl Steps {
	/// Adds an amount from `start` to `end`.
	pub(super) fn add(&mut self, start: Timestep, end: Timestep, amount: i128) -> Result<()> {
		if start > end {
			return Ok(());
		}
		self.change(start, amount)?;
		if let Some(after) = end.checked_add(1) {
			self.change(after, amount.checked_neg().ok_or(FiguresError::Overflow)?)?;
		}
		Ok(())
	}

	fn change(&mut self, t: Timestep, by: i128) -> Result<()> {
		let change = self.0.entry(t).or_default();
		*change = plus(*change, by)?;
		if *change == 0 {
			self.0.remove(&t);
		}
		Ok(())
	}

	/// The stretches from `start` to `end`, those of zero included.
	pub(super) fn over(&self, start: Timestep, end: Timestep) -> Result<Vec<Run>> {
		if start > end {
			return Ok(Vec::new());
		}
		let mut now = 0;
		for change in self.0.range(..=start).map(|(_, change)| *change) {
			now = plus(now, change)?;
		}
		let (mut from, mut runs) = (start, Vec::new());
		for (t, change) in self.0.range(start..=end).filter(|(t, _)| **t > start) {
			runs.push((from, t.saturating_sub(1), now));
			from = *t;
			now = plus(now, *change)?;
		}
		runs.push((from, end, now));
		Ok(runs)
	}

	/// The amount at a timestep.
	pub(super) fn at(&self, t: Timestep) -> Result<i128> {
		self.0.range(..=t).try_fold(0, |sum, (_, change)| plus(sum, *change))
	}

	/// The first stretch that is not zero.
	pub(super) fn first_not_zero(&self) -> Result<Option<Run>> {
		let runs = self.over(0, Timestep::MAX)?;
		Ok(runs.into_iter().find(|(.., amount)| *amount != 0))
	}
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn steps_should_be_zero_when_what_was_added_is_taken_back() {
		let mut steps = Steps::default();
		steps.add(3, 7, 5).unwrap();
		assert_eq!(steps.first_not_zero(), Ok(Some((3, 7, 5))));
		steps.add(3, 5, -5).unwrap();
		steps.add(6, 7, -5).unwrap();
		assert_eq!(steps, Steps::default());
		assert_eq!(steps.first_not_zero(), Ok(None));
		steps.add(9, Timestep::MAX, 1).unwrap();
		assert_eq!(steps.first_not_zero(), Ok(Some((9, Timestep::MAX, 1))));
		assert_eq!(steps.over(5, 4), Ok(Vec::new()));
	}

	proptest! {
		#[test]
		fn steps_should_be_as_a_list_of_amounts(
			pieces in proptest::collection::vec((0u64..20, 0u64..20, -9i128..9), 0..20),
			from in 0u64..20,
			to in 0u64..20,
		) {
			let mut steps = Steps::default();
			let mut list = [0i128; 20];
			for (start, end, amount) in pieces {
				steps.add(start, end, amount).unwrap();
				for t in start..=end {
					list[t as usize] += amount;
				}
			}
			let mut next = from;
			for (start, end, amount) in steps.over(from, to).unwrap() {
				prop_assert_eq!(start, next);
				next = end + 1;
				for t in start..=end {
					prop_assert_eq!(list[t as usize], amount);
					prop_assert_eq!(steps.at(t).unwrap(), amount);
				}
			}
			prop_assert!(from > to || next == to + 1);
		}
	}
}
