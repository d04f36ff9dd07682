//! How numbers are distributed, computed in one way: additions, multiplications and divisions of doubles, in the order of
//! the numbers' size, so that whoever has the same numbers gets the same figures to the last bit.

use crate::{Bin, Distribution};

/// The most bins of a histogram. The paper's has one for each second up to 38.
pub const MAX_BINS: usize = 40;

/// Widths that a histogram's bins may have: the first by which there are no more than [`MAX_BINS`]. As fractions, so that
/// the bins' ends are the doubles nearest to what they are.
const WIDTHS: [(f64, f64); 28] = [
	(1.0, 1000.0),
	(2.0, 1000.0),
	(5.0, 1000.0),
	(1.0, 100.0),
	(2.0, 100.0),
	(5.0, 100.0),
	(1.0, 10.0),
	(2.0, 10.0),
	(5.0, 10.0),
	(1.0, 1.0),
	(2.0, 1.0),
	(5.0, 1.0),
	(10.0, 1.0),
	(20.0, 1.0),
	(50.0, 1.0),
	(100.0, 1.0),
	(200.0, 1.0),
	(500.0, 1.0),
	(1e3, 1.0),
	(2e3, 1.0),
	(5e3, 1.0),
	(1e4, 1.0),
	(2e4, 1.0),
	(5e4, 1.0),
	(1e5, 1.0),
	(1e6, 1.0),
	(1e9, 1.0),
	(1e12, 1.0),
];

impl Distribution {
	/// How numbers are distributed, in whatever order they come. What is no number, or not finite, is left out.
	///
	/// The variance is that of these numbers (their mean squared distance from their mean), not an estimate of that of more.
	///
	/// ```
	/// use petra_report::Distribution;
	///
	/// let times = Distribution::of([4.0, 1.0, 3.0, 2.0]);
	/// assert_eq!((times.mean, times.median, times.ninety), (2.5, 2.0, 4.0));
	/// ```
	pub fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
		let mut sorted: Vec<f64> =
			numbers.into_iter().filter(|number| number.is_finite()).collect();
		sorted.sort_by(f64::total_cmp);
		let (Some(least), Some(greatest)) = (sorted.first(), sorted.last()) else {
			return Self::none();
		};
		let count = sorted.len() as f64;
		let mean = sorted.iter().sum::<f64>() / count;
		let squares = sorted.iter().map(|number| (number - mean) * (number - mean));
		Self {
			count: u32::try_from(sorted.len()).unwrap_or(u32::MAX),
			mean,
			median: share(&sorted, 50),
			ninety: share(&sorted, 90),
			least: *least,
			greatest: *greatest,
			variance: squares.sum::<f64>() / count,
			histogram: histogram(&sorted, *least, *greatest),
		}
	}

	/// That of no numbers.
	fn none() -> Self {
		Self {
			count: 0,
			mean: 0.0,
			median: 0.0,
			ninety: 0.0,
			least: 0.0,
			greatest: 0.0,
			variance: 0.0,
			histogram: Vec::new(),
		}
	}
}

/// The least number that at least `percent` % do not exceed.
fn share(sorted: &[f64], percent: usize) -> f64 {
	let place = sorted.len().saturating_mul(percent).div_ceil(100).saturating_sub(1);
	sorted.get(place).copied().unwrap_or_default()
}

/// Bins from the least to the greatest number, empty ones between them included.
fn histogram(sorted: &[f64], least: f64, greatest: f64) -> Vec<Bin> {
	// No bins for what no width fits.
	let fits = |(width, of): &&(f64, f64)| {
		(greatest * of / width).floor() - (least * of / width).floor() < MAX_BINS as f64
	};
	let Some((width, of)) = WIDTHS.iter().find(fits) else { return Vec::new() };
	let bin = |number: f64| (number * of / width).floor();
	let first = bin(least);
	let mut bins = Vec::new();
	let mut place = first;
	while place <= bin(greatest) && bins.len() < MAX_BINS {
		let end = place + 1.0;
		let in_it = sorted.iter().filter(|number| bin(**number) == place).count();
		let count = u32::try_from(in_it).unwrap_or(u32::MAX);
		bins.push(Bin { from: place * width / of, to: end * width / of, count });
		place = end;
	}
	bins
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn distribution_should_be_as_computed_by_hand() {
		// Sum 55, mean 5.5; squares of the distances: 2 · (0.25 + 2.25 + 6.25 + 12.25 + 20.25) = 82.5.
		let found = Distribution::of((1..=10).rev().map(f64::from));
		assert_eq!(
			(found.count, found.mean, found.median, found.ninety),
			(10, 5.5, 5.0, 9.0),
			"{found:?}"
		);
		assert_eq!((found.least, found.greatest, found.variance), (1.0, 10.0, 8.25));
		// From 1 to 10 in steps of 0.5 (18 and one bins, 37 in steps of 0.2 would be 46).
		assert_eq!(found.histogram.len(), 19);
		assert_eq!(found.histogram.first(), Some(&Bin { from: 1.0, to: 1.5, count: 1 }));
		assert_eq!(found.histogram.get(1), Some(&Bin { from: 1.5, to: 2.0, count: 0 }));
		assert_eq!(found.histogram.last(), Some(&Bin { from: 10.0, to: 10.5, count: 1 }));
	}

	#[test]
	fn distribution_should_be_zero_when_there_is_nothing() {
		let none = Distribution::of([]);
		assert_eq!(none, Distribution::of([f64::NAN, f64::INFINITY]));
		assert_eq!((none.count, none.mean, none.histogram.len()), (0, 0.0, 0));
	}

	#[test]
	fn distribution_should_have_one_bin_when_all_are_alike() {
		let found = Distribution::of([3.0, 3.0, 3.0]);
		assert_eq!((found.median, found.ninety, found.variance), (3.0, 3.0, 0.0));
		assert_eq!(found.histogram, [Bin { from: 3.0, to: 3.001, count: 3 }]);
	}

	#[test]
	fn median_should_be_the_lower_one_of_two() {
		assert_eq!(Distribution::of([7.0, 1.0]).median, 1.0);
		assert_eq!(Distribution::of([7.0, 1.0, 9.0]).median, 7.0);
	}

	proptest! {
		#[test]
		fn distribution_should_count_every_number_once_in_whatever_order(
			mut numbers in proptest::collection::vec(-1e6f64..1e6, 1..200),
		) {
			let found = Distribution::of(numbers.clone());
			let in_bins: u32 = found.histogram.iter().map(|bin| bin.count).sum();
			prop_assert_eq!(in_bins as usize, numbers.len());
			prop_assert!(found.histogram.len() <= MAX_BINS);
			numbers.reverse();
			prop_assert_eq!(&found, &Distribution::of(numbers.clone()));
			let not_above = |most: f64| numbers.iter().filter(|number| **number <= most).count();
			let below = |most: f64| numbers.iter().filter(|number| **number < most).count();
			prop_assert!(not_above(found.ninety) * 10 >= numbers.len() * 9);
			prop_assert!(below(found.ninety) * 10 < numbers.len() * 9);
			prop_assert!(not_above(found.median) * 2 >= numbers.len());
			prop_assert!(below(found.median) * 2 < numbers.len());
		}
	}
}
