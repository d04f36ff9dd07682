//! Decimal numbers, exact.

use crate::Problem;
use std::{fmt, str::FromStr};

/// Billionths in one.
pub(crate) const BILLION: i64 = 1_000_000_000;
/// The most digits before the point, and after it: a number in billionths fits into an `i64`.
const DIGITS: usize = 9;
/// How much of a text an error repeats.
const QUOTED: usize = 40;

/// A decimal number with at most nine digits before the point and nine after it, in billionths: exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i64);

impl Decimal {
	/// The number in billionths.
	pub fn billionths(self) -> i64 {
		self.0
	}

	/// So many thousandths: watts in kW. None if there are more digits than a [`Decimal`] has.
	pub fn from_thousandths(thousandths: i64) -> Option<Self> {
		let billionths = thousandths.checked_mul(BILLION.checked_div(1_000)?)?;
		let bound = BILLION.checked_mul(BILLION)?;
		(billionths.unsigned_abs() < bound.unsigned_abs()).then_some(Self(billionths))
	}
}

/// The beginning of a text, for a person to recognise it.
pub(crate) fn quoted(text: &str) -> String {
	text.chars().take(QUOTED).collect()
}

impl FromStr for Decimal {
	type Err = Problem;

	/// Reads an optional sign, digits, and a point with more digits. Spaces around it do not matter, and `-0` is zero.
	fn from_str(text: &str) -> Result<Self, Problem> {
		let text = text.trim();
		if text.is_empty() {
			return Err(Problem::Missing);
		}
		let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
		let (whole, fraction) = match digits.split_once('.') {
			Some((_, "")) => return Err(Problem::NotDecimal(quoted(text))),
			Some(parts) => parts,
			None => (digits, ""),
		};
		let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
		if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
			return Err(Problem::NotDecimal(quoted(text)));
		}
		let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
		if fraction.len() > DIGITS {
			return Err(Problem::TooFine(quoted(text)));
		}
		if whole.len() > DIGITS {
			return Err(Problem::TooLarge(quoted(text)));
		}
		let billionths: i64 = format!("{whole}{fraction:0<DIGITS$}")
			.parse()
			.map_err(|_| Problem::TooLarge(quoted(text)))?;
		Ok(Self(if text.starts_with('-') { billionths.saturating_neg() } else { billionths }))
	}
}

impl fmt::Display for Decimal {
	/// In the shortest form that is read as the same number.
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let unsigned = self.0.unsigned_abs();
		let billion = BILLION.unsigned_abs();
		let whole = unsigned.checked_div(billion).unwrap_or_default();
		let fraction = unsigned.checked_rem(billion).unwrap_or_default();
		let digits = format!("{fraction:0DIGITS$}");
		let digits = digits.trim_end_matches('0');
		let (sign, point) =
			(if self.0 < 0 { "-" } else { "" }, if digits.is_empty() { "" } else { "." });
		write!(f, "{sign}{whole}{point}{digits}")
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn decimal_should_be_exact_when_the_text_is_a_decimal_number() {
		for (text, billionths) in [
			("0", 0),
			("-0", 0),
			("-0.000", 0),
			("+7", 7_000_000_000),
			(" 79.7\t", 79_700_000_000),
			("-3.9", -3_900_000_000),
			("-0.000000001", -1),
			("0.0000000010000", 1),
			("0000000000000000001.1", 1_100_000_000),
			("999999999.999999999", 999_999_999_999_999_999),
			("-999999999.999999999", -999_999_999_999_999_999),
		] {
			assert_eq!(text.parse(), Ok(Decimal(billionths)), "{text}");
		}
	}

	#[test]
	fn decimal_should_say_what_is_wrong_when_the_text_is_none() {
		use Problem::*;
		for text in [
			"-", "+", ".5", "5.", "1e3", "1E-2", "NaN", "inf", "-inf", "1,5", "--1", "1.2.3",
			"0x10", "１", "1 2", "−1", "n/a",
		] {
			assert_eq!(text.parse::<Decimal>(), Err(NotDecimal(text.into())), "{text}");
		}
		assert_eq!("  ".parse::<Decimal>(), Err(Missing));
		assert_eq!("0.0000000001".parse::<Decimal>(), Err(TooFine("0.0000000001".into())));
		assert_eq!("1000000000".parse::<Decimal>(), Err(TooLarge("1000000000".into())));
		let longer = "x".repeat(1_000);
		assert_eq!(longer.parse::<Decimal>(), Err(NotDecimal("x".repeat(QUOTED))));
	}

	#[test]
	fn decimal_should_take_watts_when_they_have_no_more_digits_than_it_has() {
		let of = |watts| Decimal::from_thousandths(watts).map(|kilowatts| kilowatts.to_string());
		assert_eq!(of(-3_900), Some("-3.9".into()));
		assert_eq!(of(0), Some("0".into()));
		assert_eq!(of(999_999_999_999), Some("999999999.999".into()));
		assert_eq!(of(1_000_000_000_000), None);
		assert_eq!(of(-1_000_000_000_000), None);
		assert_eq!(of(i64::MIN), None);
	}

	proptest! {
		#[test]
		fn decimal_should_be_read_as_it_was_when_it_is_written(
			billionths in -999_999_999_999_999_999i64..=999_999_999_999_999_999,
		) {
			let number = Decimal(billionths);
			prop_assert_eq!(number.to_string().parse(), Ok(number));
		}
	}
}
