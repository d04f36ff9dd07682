//! How long operations on step functions take, by their number of pieces.

use petra_schedule::{StepFunction, Timestep, Value};
use std::{hint::black_box, time::Instant};

/// Nanoseconds that an operation takes.
pub struct Timing {
	/// Number of pieces.
	pub pieces: usize,
	/// To sum them.
	pub sum: f64,
	/// To add two functions of so many pieces.
	pub add: f64,
	/// To compare two functions of so many pieces.
	pub compare: f64,
}

/// Week-long and short intervals at 4-second timesteps, in no order, from a linear congruential generator.
fn pieces(count: usize) -> Vec<(Timestep, Timestep, Value)> {
	let mut state = 2_017u64;
	let mut random = |below: u64| {
		state = state
			.wrapping_mul(6_364_136_223_846_793_005)
			.wrapping_add(1_442_695_040_888_963_407);
		(state >> 33) % below
	};
	(0..count)
		.map(|_| {
			let start = 448_000_000 + random(1_000_000);
			(start, start + random(151_200), 100 + i128::from(random(50)) * 100)
		})
		.collect()
}

/// The shortest of several runs, so that what else the machine does counts little.
fn shortest(pieces: usize, mut operation: impl FnMut()) -> f64 {
	let repeats = (20_000 / pieces).max(1);
	let run = |_| {
		let begin = Instant::now();
		(0..repeats).for_each(|_| operation());
		begin.elapsed().as_nanos() as f64 / repeats as f64
	};
	(0..15).map(run).fold(f64::INFINITY, f64::min)
}

/// Measures functions of `count` pieces.
pub fn measure(count: usize) -> Timing {
	let pieces = pieces(count);
	let (even, odd): (Vec<_>, Vec<_>) = pieces.iter().enumerate().partition(|(n, _)| n % 2 == 0);
	let function = |half: Vec<(usize, &(Timestep, Timestep, Value))>| {
		StepFunction::sum(half.into_iter().map(|(_, piece)| *piece)).unwrap()
	};
	let (a, b) = (function(even), function(odd));
	assert!(count < 10 || a.pieces().count() + b.pieces().count() > count);
	Timing {
		pieces: count,
		sum: shortest(count, || drop(black_box(StepFunction::sum(pieces.iter().copied())))),
		add: shortest(count, || drop(black_box(a.add(&b)))),
		compare: shortest(count, || {
			black_box(a.is_at_most(&a));
		}),
	}
}
