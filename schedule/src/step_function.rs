//! Amounts per timestep, kept as their pieces.

use crate::{Error, Timestep, Value};
use alloc::vec::Vec;

/// A function from timesteps to amounts that is zero but for finitely many pieces.
///
/// The pieces ascend, are disjoint and not zero, and two that touch differ; so equal functions are equal values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepFunction(Vec<Piece>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
	start: Timestep,
	end: Timestep,
	value: Value,
}

impl StepFunction {
	/// Zero in every timestep.
	pub fn zero() -> Self {
		Self::default()
	}

	/// `value` from `start` to `end`, zero elsewhere.
	///
	/// # Errors
	/// [`Error::BadInterval`] if `end < start`.
	pub fn constant(start: Timestep, end: Timestep, value: Value) -> Result<Self, Error> {
		Self::sum([(start, end, value)])
	}

	/// The sum of `pieces` `(start, end, value)`, which may overlap, in any order: O(n log n).
	///
	/// # Errors
	/// [`Error::BadInterval`] if a piece ends before it starts; [`Error::Overflow`] if, and only if, the sum in some
	/// timestep does not fit a [`Value`].
	pub fn sum(
		pieces: impl IntoIterator<Item = (Timestep, Timestep, Value)>,
	) -> Result<Self, Error> {
		let mut changes = Vec::new();
		for (start, end, value) in pieces {
			if end < start {
				return Err(Error::BadInterval);
			}
			changes.push(Change { at: start, begins: true, value });
			if let Some(at) = end.checked_add(1) {
				changes.push(Change { at, begins: false, value });
			}
		}
		changes.sort_unstable_by_key(|change| change.at);
		let mut sum = Builder::default();
		let mut total = Wide::default();
		let mut changes = changes.into_iter().peekable();
		while let Some(change) = changes.next() {
			total =
				if change.begins { total.plus(change.value) } else { total.minus(change.value) };
			match changes.peek() {
				Some(next) if next.at == change.at => {},
				Some(next) => sum.push(change.at, next.at.saturating_sub(1), total.narrow()?),
				None => sum.push(change.at, Timestep::MAX, total.narrow()?),
			}
		}
		Ok(sum.finish())
	}

	/// The sum of both: linear in their pieces.
	///
	/// # Errors
	/// [`Error::Overflow`] if the sum in some timestep does not fit a [`Value`].
	pub fn add(&self, other: &Self) -> Result<Self, Error> {
		self.combine(other, |a, b| a.checked_add(b).ok_or(Error::Overflow))
	}

	/// This less `other`: linear in their pieces.
	///
	/// # Errors
	/// [`Error::Overflow`] if the difference in some timestep does not fit a [`Value`].
	pub fn subtract(&self, other: &Self) -> Result<Self, Error> {
		self.combine(other, |a, b| a.checked_sub(b).ok_or(Error::Overflow))
	}

	/// In each timestep the greater of the two.
	pub fn maximum(&self, other: &Self) -> Self {
		self.choose(other, Value::max)
	}

	/// In each timestep the smaller of the two.
	pub fn minimum(&self, other: &Self) -> Self {
		self.choose(other, Value::min)
	}

	/// This from `from` to `to`, zero elsewhere; zero everywhere if `to < from`.
	pub fn restrict(&self, from: Timestep, to: Timestep) -> Self {
		Self(
			self.touching(from, to)
				.map(|piece| Piece {
					start: piece.start.max(from),
					end: piece.end.min(to),
					value: piece.value,
				})
				.collect(),
		)
	}

	/// The amount in timestep `t`: logarithmic in the pieces.
	pub fn at(&self, t: Timestep) -> Value {
		self.touching(t, t).next().map_or(0, |piece| piece.value)
	}

	/// Whether it is zero in every timestep.
	pub fn is_zero(&self) -> bool {
		self.0.is_empty()
	}

	/// Whether it is at most `other` in every timestep.
	pub fn is_at_most(&self, other: &Self) -> bool {
		joint(self, other).all(|(_, _, a, b)| a <= b)
	}

	/// The greatest amount in a timestep from `from` to `to`; 0 if `to < from`.
	pub fn max_value(&self, from: Timestep, to: Timestep) -> Value {
		self.best(from, to, Value::max)
	}

	/// The least amount in a timestep from `from` to `to`; 0 if `to < from`.
	pub fn min_value(&self, from: Timestep, to: Timestep) -> Value {
		self.best(from, to, Value::min)
	}

	/// The pieces `(start, end, value)`: ascending, disjoint, not zero, merged where equal ones touch.
	pub fn pieces(&self) -> impl Iterator<Item = (Timestep, Timestep, Value)> + '_ {
		self.0.iter().map(|piece| (piece.start, piece.end, piece.value))
	}

	/// The pieces that share a timestep with `[from, to]`; none if `to < from`.
	fn touching(&self, from: Timestep, to: Timestep) -> impl Iterator<Item = &Piece> {
		let first = self.0.partition_point(|piece| piece.end < from);
		let pieces = self.0.get(first..).unwrap_or_default();
		pieces.iter().take_while(move |piece| from <= to && piece.start <= to)
	}

	/// The best amount from `from` to `to`, gaps included.
	fn best(&self, from: Timestep, to: Timestep, better: impl Fn(Value, Value) -> Value) -> Value {
		let mut best = None;
		let mut gap = to < from;
		let mut next = Some(from);
		for piece in self.touching(from, to) {
			gap |= next.is_none_or(|next| next < piece.start);
			next = piece.end.checked_add(1);
			best = Some(best.map_or(piece.value, |best| better(best, piece.value)));
		}
		gap |= next.is_some_and(|next| next <= to);
		match best {
			Some(best) if gap => better(best, 0),
			Some(best) => best,
			None => 0,
		}
	}

	/// Applies `operation`, which must take zeros to zero, in each timestep.
	fn combine(
		&self,
		other: &Self,
		operation: impl Fn(Value, Value) -> Result<Value, Error>,
	) -> Result<Self, Error> {
		let mut result = Builder::default();
		for (start, end, a, b) in joint(self, other) {
			result.push(start, end, operation(a, b)?);
		}
		Ok(result.finish())
	}

	/// As [`Self::combine`], for an operation that has a result for everything.
	fn choose(&self, other: &Self, operation: impl Fn(Value, Value) -> Value) -> Self {
		let mut result = Builder::default();
		for (start, end, a, b) in joint(self, other) {
			result.push(start, end, operation(a, b));
		}
		result.finish()
	}
}

/// What the sweep over time does at `at`: a piece's value begins, or has ended, to count.
struct Change {
	at: Timestep,
	begins: bool,
	value: Value,
}

/// The runs `(start, end, a, b)` in which both functions are constant and not both zero, ascending.
fn joint<'a>(
	a: &'a StepFunction,
	b: &'a StepFunction,
) -> impl Iterator<Item = (Timestep, Timestep, Value, Value)> + 'a {
	let (mut rest_a, mut rest_b) = (a.0.as_slice(), b.0.as_slice());
	let mut next = Some(0);
	core::iter::from_fn(move || {
		let from: Timestep = next?;
		let (head_a, head_b) = (rest_a.first().copied(), rest_b.first().copied());
		let start_of = |head: Option<Piece>| head.map(|piece| piece.start.max(from));
		let start = match (start_of(head_a), start_of(head_b)) {
			(Some(a), Some(b)) => a.min(b),
			(a, b) => a.or(b)?,
		};
		let (value_a, last_a) = stretch(head_a, start);
		let (value_b, last_b) = stretch(head_b, start);
		let end = last_a.min(last_b);
		for (head, rest) in [(head_a, &mut rest_a), (head_b, &mut rest_b)] {
			if head.is_some_and(|piece| piece.end <= end) {
				*rest = rest.get(1..).unwrap_or_default();
			}
		}
		next = end.checked_add(1);
		Some((start, end, value_a, value_b))
	})
}

/// The amount at `start`, and the last timestep up to which it stays, where `head` is the first piece that does not
/// end before `start`.
fn stretch(head: Option<Piece>, start: Timestep) -> (Value, Timestep) {
	match head {
		Some(piece) if piece.start <= start => (piece.value, piece.end),
		Some(piece) => (0, piece.start.saturating_sub(1)),
		None => (0, Timestep::MAX),
	}
}

/// Puts ascending runs together to a canonical function.
#[derive(Default)]
struct Builder(Vec<Piece>);

impl Builder {
	fn push(&mut self, start: Timestep, end: Timestep, value: Value) {
		if value == 0 {
			return;
		}
		match self.0.last_mut() {
			Some(last) if last.value == value && last.end.checked_add(1) == Some(start) => {
				last.end = end;
			},
			_ => self.0.push(Piece { start, end, value }),
		}
	}

	fn finish(self) -> StepFunction {
		StepFunction(self.0)
	}
}

/// A sum of [`Value`]s that cannot overflow with fewer than 2^62 terms: the terms that begin in a timestep may pass a
/// [`Value`] where those that end there bring it back, in whatever order they come.
#[derive(Clone, Copy, Default)]
struct Wide {
	high: i64,
	low: u128,
}

impl Wide {
	fn plus(self, value: Value) -> Self {
		let (low, carry) = self.low.overflowing_add(value.cast_unsigned());
		let high = self.high.wrapping_add(carry.into()).wrapping_sub((value < 0).into());
		Self { high, low }
	}

	fn minus(self, value: Value) -> Self {
		let (low, borrow) = self.low.overflowing_sub(value.cast_unsigned());
		let high = self.high.wrapping_sub(borrow.into()).wrapping_add((value < 0).into());
		Self { high, low }
	}

	/// The sum, if it fits.
	fn narrow(self) -> Result<Value, Error> {
		let low = self.low.cast_signed();
		let sign = if low < 0 { -1 } else { 0 };
		if self.high == sign {
			Ok(low)
		} else {
			Err(Error::Overflow)
		}
	}
}
