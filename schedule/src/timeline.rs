//! Amounts per timestep that the ledger keeps, in pages of bounded size.
//!
//! A [`Timeline`] is a function from every timestep to an amount. It is stored as a tree over time with a fan-out of
//! [`FAN_OUT`]: a page of level n stands for an aligned interval of `FAN_OUT^n` timesteps and has an [`Entry`] for each
//! of its parts. An entry carries the least amount in its part, relative to its page's, and by how much the greatest
//! passes it. So
//!
//! - adding to an interval, and finding the extremes in one, touch at most two pages of each level, and a single
//!   timestep one, whatever the length of the interval and the number of earlier changes;
//! - a part in which the amount is constant has no page below it: equal timelines are equal pages, whatever their
//!   history ([`Timeline::check`]);
//! - an interval may reach to `u64::MAX`: the root grows as high as the last change lies late, and what follows its end
//!   is one amount, the tail.
//!
//! At 4-second timesteps of Unix time the root has level 5: an operation on one timestep touches 5 pages, on a week of
//! them (151 200) mostly 8 and at most 9; at 15-minute timesteps it has level 4 and a week (672) touches at most 6.

mod page;
mod walk;

use crate::{Error, Timestep, Value};
use alloc::vec::Vec;

pub use page::{Entry, Page, PageKey, Root, MAX_HEIGHT};

/// Parts that a page's interval is divided into.
pub const FAN_OUT: u64 = 64;

/// Amounts lie within `-MAX_AMOUNT..=MAX_AMOUNT`, so that their differences fit a [`Value`] too.
pub const MAX_AMOUNT: Value = Value::MAX >> 1;

/// Where a timeline's pages are kept.
pub trait Store {
	/// The root; [`Root::default`] where none was set.
	fn root(&self) -> Root;
	/// Sets the root; [`Root::default`] need not be kept.
	fn set_root(&mut self, root: Root);
	/// The page under `key`.
	fn page(&self, key: PageKey) -> Option<Page>;
	/// Sets, or with none removes, the page under `key`.
	fn set_page(&mut self, key: PageKey, page: Option<Page>);
}

/// How far [`Timeline::prune`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pruned {
	/// Pages wholly before the given timestep that were removed.
	pub removed: u32,
	/// Whether no page is left that lies wholly before the given timestep.
	pub complete: bool,
}

/// What [`Timeline::pieces`] read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pieces {
	/// Stretches `(start, end, amount)`: ascending, disjoint, not zero, merged where equal ones touch.
	pub pieces: Vec<(Timestep, Timestep, Value)>,
	/// The first timestep that was not read any more, if a bound was met.
	pub next: Option<Timestep>,
}

/// Why a timeline's pages are not what any sequence of operations leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corruption {
	/// The root is higher than its contents need, or higher than time.
	RootTooHigh,
	/// An entry with differing amounts has no page, or a page has too many or too few entries.
	MissingPage,
	/// A page's amounts do not start at zero or do not span what its parent says.
	WrongExtremes,
}

/// An amount for every timestep, kept in a [`Store`]. See the [module](self).
pub struct Timeline<S>(pub S);

impl<S: Store> Timeline<S> {
	/// Adds `value` in each timestep from `from` to `to`; `u64::MAX` is for ever.
	///
	/// # Errors
	/// Nothing is changed then. [`Error::BadInterval`] if `to < from`; [`Error::Overflow`] if the greatest or the least
	/// amount, wherever it lies, and `value` together would pass [`MAX_AMOUNT`].
	pub fn add(&mut self, from: Timestep, to: Timestep, value: Value) -> Result<(), Error> {
		if to < from {
			return Err(Error::BadInterval);
		}
		let mut root = self.0.root();
		let (least, greatest) = root.extremes();
		for extreme in [least, greatest] {
			let sum = extreme.checked_add(value).ok_or(Error::Overflow)?;
			if sum.unsigned_abs() > MAX_AMOUNT.unsigned_abs() {
				return Err(Error::Overflow);
			}
		}
		if value == 0 {
			return Ok(());
		}
		walk::grow(&mut self.0, &mut root, from, to);
		walk::add(&mut self.0, &mut root, from, to, value);
		walk::shrink(&mut self.0, &mut root);
		self.0.set_root(root);
		Ok(())
	}

	/// The greatest amount in a timestep from `from` to `to`; 0 if `to < from`.
	pub fn max(&self, from: Timestep, to: Timestep) -> Value {
		self.extremes(from, to).1
	}

	/// The least amount in a timestep from `from` to `to`; 0 if `to < from`.
	pub fn min(&self, from: Timestep, to: Timestep) -> Value {
		self.extremes(from, to).0
	}

	/// The least and the greatest amount in a timestep from `from` to `to`; zeros if `to < from`.
	pub fn extremes(&self, from: Timestep, to: Timestep) -> (Value, Value) {
		if to < from {
			return (0, 0);
		}
		walk::extremes(&self.0, &self.0.root(), from, to)
	}

	/// The amount in timestep `t`.
	pub fn at(&self, t: Timestep) -> Value {
		self.max(t, t)
	}

	/// The last timestep from `from` to `to` in which the amount is not zero.
	pub fn last(&self, from: Timestep, to: Timestep) -> Option<Timestep> {
		walk::last(&self.0, from, to)
	}

	/// What is not zero from `from` to `to`, in at most `max_pieces` pieces from at most `max_pages` pages below the
	/// root; [`Pieces::next`] says where to go on.
	pub fn pieces(
		&self,
		from: Timestep,
		to: Timestep,
		max_pieces: usize,
		max_pages: u32,
	) -> Pieces {
		walk::pieces(&self.0, from, to, max_pieces, max_pages)
	}

	/// Removes at most `max_removed` of the pages that lie wholly before `before`, visiting at most two paths from
	/// the root besides. Timesteps before `before` may read as zero from then on.
	pub fn prune(&mut self, before: Timestep, max_removed: u32) -> Pruned {
		walk::prune(&mut self.0, before, max_removed)
	}

	/// Whether the pages are what they must be, for tests and `try_state`: the number of pages below the root.
	///
	/// # Errors
	/// What is wrong.
	pub fn check(&self) -> Result<u64, Corruption> {
		walk::check(&self.0)
	}
}
