//! Readings of a meter, as decimal text, into mean watts per timestep: exact, with what does not fit carried on.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Billionths in one.
const BILLION: i128 = 1_000_000_000;
/// Milliseconds in an hour: one Wh is this many W·ms.
const HOUR_MS: i128 = 3_600_000;
/// The most digits after the point.
const FRACTION_DIGITS: usize = 9;
/// The most digits before the point; with a leading `kilo` and hours in milliseconds, products stay far within `i128`.
const WHOLE_DIGITS: usize = 18;
/// How much of a text an error repeats.
const QUOTED: usize = 40;

/// A decimal number with at most nine digits after the point, in billionths: exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i128);

/// What a reading is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
	/// Energy over the timestep, in Wh.
	WattHours,
	/// Energy over the timestep, in kWh.
	KilowattHours,
	/// Mean power over the timestep, in W.
	Watts,
	/// Mean power over the timestep, in kW.
	Kilowatts,
}

/// Why a reading is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadingError {
	/// There is nothing.
	#[error("no number")]
	Missing,
	/// Something that is not a decimal number.
	#[error("`{0}` is no decimal number (such as `12`, `-0.75` or `1200.5`)")]
	NotDecimal(String),
	/// More digits than are exact.
	#[error("`{0}` has more than nine digits after the point")]
	TooFine(String),
	/// More than any household's.
	#[error("`{0}` has more than eighteen digits before the point")]
	TooLarge(String),
	/// A timestep without length.
	#[error("a timestep must be longer than nothing")]
	NoLength,
	/// The sum is out of range.
	#[error("the readings are out of range")]
	Overflow,
}

impl Decimal {
	/// The number in billionths.
	pub fn billionths(self) -> i128 {
		self.0
	}

	/// The number that is so many billionths.
	pub fn from_billionths(billionths: i128) -> Self {
		Self(billionths)
	}
}

impl FromStr for Decimal {
	type Err = ReadingError;

	/// Reads an optional sign, digits, and a point with more digits. Spaces around it do not matter, and `-0` is zero.
	fn from_str(text: &str) -> Result<Self, ReadingError> {
		let text = text.trim();
		let quoted = || text.chars().take(QUOTED).collect::<String>();
		if text.is_empty() {
			return Err(ReadingError::Missing);
		}
		let (negative, digits) = match text.strip_prefix(['-', '+']) {
			Some(digits) => (text.starts_with('-'), digits),
			None => (false, text),
		};
		let (whole, fraction) = match digits.split_once('.') {
			Some((_, "")) => return Err(ReadingError::NotDecimal(quoted())),
			Some(parts) => parts,
			None => (digits, ""),
		};
		let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
		if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
			return Err(ReadingError::NotDecimal(quoted()));
		}
		let fraction = fraction.trim_end_matches('0');
		if fraction.len() > FRACTION_DIGITS {
			return Err(ReadingError::TooFine(quoted()));
		}
		if whole.trim_start_matches('0').len() > WHOLE_DIGITS {
			return Err(ReadingError::TooLarge(quoted()));
		}
		let number = format!("{whole}{fraction:0<FRACTION_DIGITS$}");
		let billionths: i128 = number.parse().map_err(|_| ReadingError::TooLarge(quoted()))?;
		Ok(Self(if negative { billionths.saturating_neg() } else { billionths }))
	}
}

/// Converts readings into mean watts, one timestep after the other.
///
/// Mean watts are rounded down to whole watts, and what is left (less than one watt over the timestep, never negative)
/// counts in the next timestep. So over any run of timesteps the watts add up to the energy that was read, but for
/// what is carried at its end.
///
/// ```
/// use petra_client::billing::{MeanWatts, Unit};
///
/// // A quarter of an hour: 0.1 Wh are 0.4 W.
/// let mut watts = MeanWatts::new(900_000)?;
/// let mut read = |wh: &str| watts.next(wh.parse()?, Unit::WattHours);
/// // 0.4; 0.8; 1.2, of which 0.2 are carried; -0.2, of which 0.8 are carried.
/// assert_eq!([read("0.1")?, read("0.1")?, read("0.1")?, read("-0.1")?], [0, 0, 1, -1]);
/// # Ok::<(), petra_client::billing::ReadingError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeanWatts {
	interval_ms: u64,
	/// In billionths of a W·ms.
	#[serde(with = "super::text")]
	carried: i128,
}

impl MeanWatts {
	/// For timesteps that stand for `interval_ms` milliseconds each.
	///
	/// # Errors
	/// [`ReadingError::NoLength`] if that is zero.
	pub fn new(interval_ms: u64) -> Result<Self, ReadingError> {
		if interval_ms == 0 {
			return Err(ReadingError::NoLength);
		}
		Ok(Self { interval_ms, carried: 0 })
	}

	/// What is carried to the next timestep, in billionths of a W·ms: at least zero, and less than one watt over a timestep.
	pub fn carried(&self) -> i128 {
		self.carried
	}

	/// The mean watts of the next timestep.
	///
	/// # Errors
	/// [`ReadingError::Overflow`]; the converter is then as before.
	pub fn next(&mut self, reading: Decimal, unit: Unit) -> Result<i128, ReadingError> {
		let interval = i128::from(self.interval_ms);
		let factor = match unit {
			Unit::WattHours => Some(HOUR_MS),
			Unit::KilowattHours => HOUR_MS.checked_mul(1_000),
			Unit::Watts => Some(interval),
			Unit::Kilowatts => interval.checked_mul(1_000),
		};
		let one_watt = interval.checked_mul(BILLION).ok_or(ReadingError::Overflow)?;
		let energy = factor
			.and_then(|factor| reading.0.checked_mul(factor))
			.and_then(|energy| energy.checked_add(self.carried))
			.ok_or(ReadingError::Overflow)?;
		let watts = energy.checked_div_euclid(one_watt).ok_or(ReadingError::Overflow)?;
		self.carried = energy.checked_rem_euclid(one_watt).ok_or(ReadingError::Overflow)?;
		Ok(watts)
	}
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn decimal_should_be_exact_when_the_text_is_a_decimal_number() {
		for (text, billionths) in [
			("0", 0),
			("-0", 0),
			("+7", 7_000_000_000),
			(" 12.5\t", 12_500_000_000),
			("-0.000000001", -1),
			("0.0000000010000", 1),
			("0001.1", 1_100_000_000),
			("999999999999999999.999999999", 999_999_999_999_999_999_999_999_999),
			("-999999999999999999.999999999", -999_999_999_999_999_999_999_999_999),
		] {
			assert_eq!(text.parse(), Ok(Decimal(billionths)), "{text}");
		}
	}

	#[test]
	fn decimal_should_say_what_is_wrong_when_the_text_is_none() {
		use ReadingError::*;
		for text in
			["-", "+", ".5", "5.", "1e3", "NaN", "inf", "1,5", "--1", "1.2.3", "0x10", "１", "1 2"]
		{
			assert_eq!(text.parse::<Decimal>(), Err(NotDecimal(text.into())), "{text}");
		}
		assert_eq!("  ".parse::<Decimal>(), Err(Missing));
		assert_eq!("0.0000000001".parse::<Decimal>(), Err(TooFine("0.0000000001".into())));
		let long = "1000000000000000000";
		assert_eq!(long.parse::<Decimal>(), Err(TooLarge(long.into())));
		let longer = "x".repeat(1_000);
		assert_eq!(longer.parse::<Decimal>(), Err(NotDecimal("x".repeat(QUOTED))));
	}

	#[test]
	fn mean_watts_should_carry_the_rest_when_it_is_no_whole_watt() {
		use Unit::*;
		// (interval in ms, unit, readings, watts, carried in billionths of a W·ms), by hand.
		type Case<'a> = (u64, Unit, &'a [&'a str], &'a [i128], i128);
		let cases: [Case; 9] = [
			(900_000, WattHours, &["25"], &[100], 0),
			(900_000, KilowattHours, &["0.025"], &[100], 0),
			// 0.1 Wh in a quarter of an hour are 0.4 W: 0.4, 0.8, 1.2.
			(900_000, WattHours, &["0.1", "0.1", "0.1"], &[0, 0, 1], 180_000 * BILLION),
			// -0.4 W are -1 W and a rest of 0.6; then 0.2; then -0.2.
			(900_000, WattHours, &["-0.1", "-0.1", "-0.1"], &[-1, 0, -1], 720_000 * BILLION),
			// 1 Wh in 4 s is 900 W.
			(4_000, WattHours, &["1", "-1"], &[900, -900], 0),
			// 1 Wh in 7 s is 514 W and 2/7.
			(7_000, WattHours, &["1", "1", "1", "1"], &[514, 514, 514, 515], 1_000 * BILLION),
			(4_000, Watts, &["0.5", "0.5", "1.9999"], &[0, 1, 1], 3_999_600_000_000),
			(4_000, Kilowatts, &["-1.5", "0.0001"], &[-1_500, 0], 400 * BILLION),
			(1, Watts, &["0.000000001", "-0.000000001"], &[0, 0], 0),
		];
		for (interval, unit, readings, watts, carried) in cases {
			let mut mean = MeanWatts::new(interval).unwrap();
			let read: Vec<i128> = readings
				.iter()
				.map(|text| mean.next(text.parse().unwrap(), unit).unwrap())
				.collect();
			assert_eq!(
				(read.as_slice(), mean.carried()),
				(watts, carried),
				"{readings:?} in {interval} ms"
			);
		}
	}

	#[test]
	fn mean_watts_should_refuse_when_there_is_no_time_or_too_much_energy() {
		assert_eq!(MeanWatts::new(0), Err(ReadingError::NoLength));
		let mut mean = MeanWatts::new(u64::MAX).unwrap();
		let before = mean;
		let huge = "999999999999999999".parse().unwrap();
		assert_eq!(mean.next(huge, Unit::Kilowatts), Err(ReadingError::Overflow));
		assert_eq!(mean, before);
	}

	proptest! {
		/// Watts and rest add up to the energy, and a meter that restarts in between reads the same.
		#[test]
		fn mean_watts_should_lose_nothing(
			interval in 1u64..=86_400_000,
			readings in proptest::collection::vec((-1_000_000_000_000_000i64..=1_000_000_000_000_000, any::<bool>()), 1..50),
		) {
			let mut mean = MeanWatts::new(interval).unwrap();
			let (mut energy, mut watts) = (0i128, 0i128);
			for (billionths, hours) in readings {
				let (unit, factor) = if hours {
					(Unit::WattHours, HOUR_MS)
				} else {
					(Unit::Watts, i128::from(interval))
				};
				energy += i128::from(billionths) * factor;
				watts += mean.next(Decimal(i128::from(billionths)), unit).unwrap();
				let kept = serde_json::to_string(&mean).unwrap();
				mean = serde_json::from_str(&kept).unwrap();
				let one_watt = i128::from(interval) * BILLION;
				prop_assert_eq!(watts * one_watt + mean.carried(), energy);
				prop_assert!((0..one_watt).contains(&mean.carried()));
			}
		}
	}
}
