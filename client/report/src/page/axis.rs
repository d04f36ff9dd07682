//! Scales and their ticks.

use super::markup::number;

/// The most ticks that are drawn.
const MAX_TICKS: usize = 12;

/// A scale from a number to a place, both linear.
#[derive(Clone, Debug)]
pub(super) struct Scale {
	/// Least and greatest number.
	pub(super) least: f64,
	pub(super) greatest: f64,
	/// Where they lie.
	from: f64,
	to: f64,
	/// Distance of ticks.
	step: f64,
}

impl Scale {
	/// A scale that has room for all numbers and for 0, ends on ticks, and has about `ticks` of them.
	pub(super) fn with_zero(
		numbers: impl Iterator<Item = f64>,
		from: f64,
		to: f64,
		ticks: f64,
	) -> Self {
		let (mut least, mut greatest) = (0.0f64, 0.0f64);
		for number in numbers.filter(|number| number.is_finite()) {
			(least, greatest) = (least.min(number), greatest.max(number));
		}
		if greatest - least <= 0.0 || !(greatest - least).is_finite() {
			(least, greatest) = (0.0, 1.0);
		}
		let step = nice_step((greatest - least) / ticks.max(1.0));
		let (least, greatest) = ((least / step).floor() * step, (greatest / step).ceil() * step);
		Self { least, greatest, from, to, step }
	}

	/// Where a number lies. What is outside lies on the border.
	pub(super) fn at(&self, number: f64) -> f64 {
		let share = (number - self.least) / (self.greatest - self.least);
		let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
		self.from + share * (self.to - self.from)
	}

	/// The ticks, each with what is written at it.
	pub(super) fn ticks(&self) -> Vec<(f64, String)> {
		let decimals = (0..6usize)
			.find(|decimals| {
				let many = self.step * 10f64.powi(i32::try_from(*decimals).unwrap_or(0));
				(many - many.round()).abs() < 1e-6
			})
			.unwrap_or(6);
		let first = (self.least / self.step).round();
		(0..=MAX_TICKS)
			.map(|place| (first + place as f64) * self.step)
			.take_while(|tick| *tick <= self.greatest + self.step / 2.0)
			.map(|tick| (tick, short(tick, decimals)))
			.collect()
	}
}

/// The least of 1, 2, 5, 10, 20, 50, … that is not below a number, whatever its power of ten.
fn nice_step(least: f64) -> f64 {
	let power = 10f64.powf(least.log10().floor());
	[1.0, 2.0, 5.0, 10.0]
		.into_iter()
		.map(|times| times * power)
		.find(|step| *step >= least * 0.999_999)
		.filter(|step| step.is_finite() && *step > 0.0)
		.unwrap_or(1.0)
}

/// A tick's number: with `k` and `M` where it would be long.
fn short(value: f64, decimals: usize) -> String {
	match value.abs() {
		size if size >= 1e9 => format!("{value:.1e}").replace(".0e", "e").replace('-', "\u{2212}"),
		size if size >= 1e6 => format!("{}M", number(value / 1e6, 1).trim_end_matches(".0")),
		size if size >= 1e4 => format!("{}k", number(value / 1e3, 1).trim_end_matches(".0")),
		_ => number(value, decimals),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn ticks_should_be_round_numbers() {
		let labels = |numbers: &[f64]| {
			let scale = Scale::with_zero(numbers.iter().copied(), 0.0, 1.0, 5.0);
			scale.ticks().into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(" ")
		};
		assert_eq!(labels(&[38.0]), "0 10 20 30 40");
		assert_eq!(labels(&[0.33, -0.1]), "−0.1 0.0 0.1 0.2 0.3 0.4");
		assert_eq!(labels(&[]), "0.0 0.2 0.4 0.6 0.8 1.0");
		assert_eq!(labels(&[f64::NAN, 0.0]), "0.0 0.2 0.4 0.6 0.8 1.0");
		assert_eq!(labels(&[23_000.0]), "0 5000 10k 15k 20k 25k");
	}

	proptest! {
		#[test]
		fn scale_should_hold_every_number_and_have_few_ticks(
			numbers in proptest::collection::vec(-1e30f64..1e30, 1..20),
			power in -30i32..1,
			ticks in 2.0f64..8.0,
		) {
			let numbers: Vec<f64> = numbers.iter().map(|number| number * 10f64.powi(power)).collect();
			let scale = Scale::with_zero(numbers.iter().copied(), 0.0, 100.0, ticks);
			prop_assert!((2..=MAX_TICKS).contains(&scale.ticks().len()), "{:?}", scale.ticks());
			for number in numbers {
				prop_assert!(scale.least <= number && number <= scale.greatest);
				prop_assert!((0.0..=100.0).contains(&scale.at(number)));
			}
		}
	}
}
