//! Step functions against a naive model that keeps an amount for every timestep.
#![allow(
	missing_docs,
	clippy::arithmetic_side_effects,
	clippy::indexing_slicing,
	clippy::unwrap_used
)]

mod common;

use petra_schedule::{Error, StepFunction, Timestep, Value};
use proptest::prelude::*;

/// The model's timesteps: the first, some in the middle, and the last. Pieces begin and end in the first and the last
/// ones, so what holds in these holds in all.
const EDGE: usize = 14;
const CELLS: usize = 2 * EDGE + 1;

fn timestep(cell: usize) -> Timestep {
	match cell {
		_ if cell < EDGE => cell as u64,
		EDGE => 1 << 40,
		_ => u64::MAX - (CELLS - 1 - cell) as u64,
	}
}

/// Last timestep that the cell stands for.
fn last_of(cell: usize) -> Timestep {
	if cell == EDGE {
		timestep(EDGE + 1) - 1
	} else {
		timestep(cell)
	}
}

/// First timestep that the cell stands for.
fn first_of(cell: usize) -> Timestep {
	if cell == EDGE {
		EDGE as u64
	} else {
		timestep(cell)
	}
}

type Model = Vec<Value>;

/// Sums timestep by timestep, in halves that cannot overflow.
fn model_sum(pieces: &[(usize, usize, Value)]) -> Result<Model, Error> {
	(0..CELLS)
		.map(|cell| {
			let (mut high, mut low) = (0i128, 0i128);
			for (start, end, value) in pieces {
				if *start <= cell && cell <= *end {
					high += value.div_euclid(1 << 64);
					low += value.rem_euclid(1 << 64);
				}
			}
			high += low.div_euclid(1 << 64);
			low = low.rem_euclid(1 << 64);
			high.checked_mul(1 << 64)
				.and_then(|v| v.checked_add(low))
				.ok_or(Error::Overflow)
		})
		.collect()
}

fn assert_equals(function: &StepFunction, model: &Model) {
	for (cell, amount) in model.iter().enumerate() {
		for t in [first_of(cell), timestep(cell), last_of(cell)] {
			assert_eq!(function.at(t), *amount, "at {t}");
		}
	}
	// The pieces are the only ones that say the same and are canonical.
	let mut expected: Vec<(Timestep, Timestep, Value)> = Vec::new();
	for cell in 0..CELLS {
		match expected.last_mut() {
			Some(last) if cell > 0 && model[cell - 1] == model[cell] => last.1 = last_of(cell),
			_ => expected.push((first_of(cell), last_of(cell), model[cell])),
		}
	}
	expected.retain(|piece| piece.2 != 0);
	assert_eq!(function.pieces().collect::<Vec<_>>(), expected);
}

fn amount() -> impl Strategy<Value = Value> {
	prop_oneof![
		20 => -3..4i128,
		2 => -1_000_000..1_000_000i128,
		1 => prop_oneof![
			Just(Value::MAX), Just(Value::MIN), Just(Value::MAX / 2), Just(Value::MIN / 2), any::<i128>()
		],
	]
}

fn interval() -> impl Strategy<Value = (usize, usize)> {
	(0..CELLS, 0..CELLS).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

fn cells() -> impl Strategy<Value = Vec<(usize, usize, Value)>> {
	prop::collection::vec((interval(), amount()).prop_map(|((s, e), v)| (s, e, v)), 0..24)
}

fn pieces_of(cells: &[(usize, usize, Value)]) -> Vec<(Timestep, Timestep, Value)> {
	cells
		.iter()
		.map(|(start, end, value)| (first_of(*start), last_of(*end), *value))
		.collect()
}

/// A function and its model, small enough for its amounts to have a sum.
fn function() -> impl Strategy<Value = (StepFunction, Model)> {
	cells().prop_filter_map("sum overflows", |cells| {
		let model = model_sum(&cells).ok()?;
		Some((StepFunction::sum(pieces_of(&cells)).unwrap(), model))
	})
}

fn zip(
	a: &Model,
	b: &Model,
	operation: impl Fn(Value, Value) -> Option<Value>,
) -> Result<Model, Error> {
	a.iter().zip(b).map(|(a, b)| operation(*a, *b).ok_or(Error::Overflow)).collect()
}

fn assert_same(result: Result<StepFunction, Error>, model: Result<Model, Error>) {
	match (result, model) {
		(Ok(function), Ok(model)) => assert_equals(&function, &model),
		(result, model) => assert_eq!(result.err(), model.err()),
	}
}

proptest! {
	#![proptest_config(common::cases(10_000))]

	#[test]
	fn sum_should_equal_the_model(cells in cells()) {
		assert_same(StepFunction::sum(pieces_of(&cells)), model_sum(&cells));
	}

	#[test]
	fn add_and_subtract_should_equal_the_model((a, ma) in function(), (b, mb) in function()) {
		assert_same(a.add(&b), zip(&ma, &mb, Value::checked_add));
		assert_same(a.subtract(&b), zip(&ma, &mb, Value::checked_sub));
		prop_assert!(a.subtract(&a).unwrap().is_zero());
	}

	#[test]
	fn maximum_minimum_and_comparison_should_equal_the_model(
		(a, ma) in function(),
		(b, mb) in function(),
	) {
		assert_same(Ok(a.maximum(&b)), zip(&ma, &mb, |a, b| Some(a.max(b))));
		assert_same(Ok(a.minimum(&b)), zip(&ma, &mb, |a, b| Some(a.min(b))));
		prop_assert_eq!(a.is_at_most(&b), ma.iter().zip(&mb).all(|(a, b)| a <= b));
		prop_assert_eq!(a == b, ma == mb);
		prop_assert_eq!(a.is_zero(), ma.iter().all(|value| *value == 0));
		prop_assert!(a.minimum(&b).is_at_most(&b) && b.is_at_most(&a.maximum(&b)));
	}

	#[test]
	fn restriction_and_extremes_should_equal_the_model(
		(function, model) in function(),
		(from, to) in (0..CELLS, 0..CELLS),
	) {
		let (first, last) = (first_of(from), last_of(to));
		let inside = |cell: &usize| from <= *cell && *cell <= to;
		let restricted = (0..CELLS).map(|c| if inside(&c) { model[c] } else { 0 }).collect();
		assert_equals(&function.restrict(first, last), &restricted);
		let values = || (0..CELLS).filter(inside).map(|cell| model[cell]);
		prop_assert_eq!(function.max_value(first, last), values().max().unwrap_or(0));
		prop_assert_eq!(function.min_value(first, last), values().min().unwrap_or(0));
	}
}

#[test]
fn sum_should_fail_when_a_piece_ends_before_it_starts() {
	assert_eq!(StepFunction::constant(5, 4, 1), Err(Error::BadInterval));
	assert_eq!(StepFunction::sum([(0, 9, 1), (u64::MAX, 0, 0)]), Err(Error::BadInterval));
	assert_eq!(StepFunction::constant(5, 5, 1).unwrap().pieces().collect::<Vec<_>>(), [(5, 5, 1)]);
}

#[test]
fn sum_should_overflow_only_when_a_timestep_does() {
	// MAX ends where -MAX does, and both where MAX begins again: no order of these may pass for an overflow.
	let pieces =
		[(0, 4, Value::MAX), (0, 4, -Value::MAX), (5, 9, Value::MAX), (5, 9, -1), (5, 9, 1)];
	let sum = StepFunction::sum(pieces).unwrap();
	assert_eq!(sum.pieces().collect::<Vec<_>>(), [(5, 9, Value::MAX)]);
	assert_eq!(StepFunction::sum(pieces.into_iter().chain([(9, 9, 1)])), Err(Error::Overflow));
	assert_eq!(sum.add(&StepFunction::constant(9, 9, 1).unwrap()), Err(Error::Overflow));
	let least = StepFunction::constant(3, u64::MAX, Value::MIN).unwrap();
	assert_eq!(StepFunction::zero().subtract(&least), Err(Error::Overflow));
	assert_eq!(least.subtract(&least), Ok(StepFunction::zero()));
}
