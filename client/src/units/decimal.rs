//! Decimal numbers of EUR and kilowatts, as whole numbers of billionths and watts.

use super::UnitError;
use crate::types::{Balance, Power};

/// Decimal places of money: a EUR is a billion units.
const MONEY_PLACES: u32 = 9;

/// Money, in billionths of a EUR: `1.5`, `1.5 EUR`, `20 units`.
///
/// ```
/// assert_eq!(petra_client::units::parse_money("1.5 EUR"), Ok(1_500_000_000));
/// ```
///
/// # Errors
/// [`UnitError`] if it is none, or has more than nine decimal places.
pub fn parse_money(text: &str) -> Result<Balance, UnitError> {
	let what = ("amount of money", "1.5, 1.5EUR or 20units");
	let (number, unit) = number_and_unit(text);
	match unit.as_str() {
		"" | "eur" => decimal(text, number, MONEY_PLACES, what),
		"unit" | "units" => decimal(text, number, 0, what),
		_ => Err(no(text, what)),
	}
}

/// Money as EUR, exactly, with at least two decimal places.
///
/// ```
/// assert_eq!(petra_client::units::format_money(1_500_000_001), "1.500000001 EUR");
/// ```
pub fn format_money(amount: Balance) -> String {
	format!("{} EUR", fixed(amount, MONEY_PLACES, 2))
}

/// Power, in watts: `500`, `500W`, `1.5kW`.
///
/// ```
/// assert_eq!(petra_client::units::parse_power("1.5 kW"), Ok(1_500));
/// ```
///
/// # Errors
/// [`UnitError`] if it is none, or no whole number of watts.
pub fn parse_power(text: &str) -> Result<Power, UnitError> {
	let what = ("power", "500, 500W or 1.5kW");
	let (number, unit) = number_and_unit(text);
	let places = match unit.as_str() {
		"" | "w" => 0,
		"kw" => 3,
		"mw" => 6,
		_ => return Err(no(text, what)),
	};
	Power::try_from(decimal(text, number, places, what)?)
		.map_err(|_| UnitError::TooLarge(text.into()))
}

/// Power in watts, or in kilowatts if that is shorter.
///
/// ```
/// assert_eq!(petra_client::units::format_power(1_500), "1.5 kW");
/// ```
pub fn format_power(power: Power) -> String {
	if power < 1_000 {
		format!("{power} W")
	} else {
		format!("{} kW", fixed(power.into(), 3, 0))
	}
}

/// A number and the letters after it.
pub(super) fn number_and_unit(text: &str) -> (&str, String) {
	let text = text.trim();
	let end = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
	let (number, unit) = text.split_at(end);
	(number, unit.trim().to_lowercase())
}

pub(super) fn no(text: &str, (what, example): (&'static str, &'static str)) -> UnitError {
	UnitError::NotA { text: text.into(), what, example }
}

/// A decimal number, times ten to the power of `places`, which must be whole.
pub(super) fn decimal(
	text: &str,
	number: &str,
	places: u32,
	what: (&'static str, &'static str),
) -> Result<u128, UnitError> {
	let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
	let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
	let point_without_digits = number.contains('.') && fraction.is_empty();
	if whole.is_empty() || point_without_digits || !digits(whole) || !digits(fraction) {
		return Err(no(text, what));
	}
	let fraction = fraction.trim_end_matches('0');
	let missing = u32::try_from(fraction.len())
		.ok()
		.and_then(|given| places.checked_sub(given))
		.ok_or_else(|| UnitError::TooFine { text: text.into(), places })?;
	let too_large = || UnitError::TooLarge(text.into());
	let all = format!("{whole}{fraction}");
	let value: u128 = all.parse().map_err(|_| too_large())?;
	10_u128
		.checked_pow(missing)
		.and_then(|factor| value.checked_mul(factor))
		.ok_or_else(too_large)
}

/// `value` divided by ten to the power of `places`, with at least `least` decimal places and no needless ones.
pub(super) fn fixed(value: u128, places: u32, least: usize) -> String {
	let places = places as usize;
	let padded = format!("{value:0>width$}", width = places.saturating_add(1));
	let (whole, fraction) = padded.split_at(padded.len().saturating_sub(places));
	let mut fraction = fraction.trim_end_matches('0').to_string();
	while fraction.len() < least {
		fraction.push('0');
	}
	if fraction.is_empty() {
		whole.into()
	} else {
		format!("{whole}.{fraction}")
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn money_should_be_read_exactly() {
		for (text, amount) in [
			("0", 0),
			("0.000000001", 1),
			("1", 1_000_000_000),
			("1.5", 1_500_000_000),
			("1.50EUR", 1_500_000_000),
			(" 1.5 eur ", 1_500_000_000),
			("007.10", 7_100_000_000),
			("1.0000000000000", 1_000_000_000),
			("20units", 20),
			("1 unit", 1),
			("340282366920938463463374607431.768211455", u128::MAX),
		] {
			assert_eq!(parse_money(text), Ok(amount), "{text}");
		}
	}

	#[test]
	fn money_should_be_refused_when_it_is_none_or_not_exact() {
		for text in [
			"", ".", ".5", "5.", "-1", "+1", "1e3", "1,5", "1.2.3", "1 USD", "½", "1_000", "0x10",
			"NaN",
		] {
			assert!(matches!(parse_money(text), Err(UnitError::NotA { .. })), "{text}");
		}
		assert!(matches!(parse_money("0.0000000001"), Err(UnitError::TooFine { places: 9, .. })));
		assert!(matches!(parse_money("1.5units"), Err(UnitError::TooFine { places: 0, .. })));
		for text in ["340282366920938463463374607431.768211456", &"9".repeat(60)] {
			assert!(matches!(parse_money(text), Err(UnitError::TooLarge(_))), "{text}");
		}
	}

	#[test]
	fn money_should_be_written_with_two_decimal_places_or_as_many_as_it_has() {
		for (amount, text) in [
			(0, "0.00 EUR"),
			(1, "0.000000001 EUR"),
			(1_500_000_000, "1.50 EUR"),
			(12_345_678_900, "12.3456789 EUR"),
		] {
			assert_eq!(format_money(amount), text);
		}
	}

	#[test]
	fn power_should_be_read_and_written() {
		for (text, watts) in [("500", 500), ("500 W", 500), ("1.5kW", 1_500), ("0.002 MW", 2_000)] {
			assert_eq!(parse_power(text), Ok(watts), "{text}");
		}
		assert!(matches!(parse_power("1.5W"), Err(UnitError::TooFine { .. })));
		assert!(matches!(parse_power("1 hp"), Err(UnitError::NotA { .. })));
		assert!(matches!(parse_power("18446744073709551616"), Err(UnitError::TooLarge(_))));
		assert_eq!(
			[0, 999, 1_000, 1_500, 12_345].map(format_power),
			["0 W", "999 W", "1 kW", "1.5 kW", "12.345 kW"]
		);
	}

	proptest! {
		#[test]
		fn money_should_be_read_as_it_was_written(amount: u128) {
			prop_assert_eq!(parse_money(&format_money(amount)), Ok(amount));
		}

		#[test]
		fn power_should_be_read_as_it_was_written(power: u64) {
			prop_assert_eq!(parse_power(&format_power(power)), Ok(power));
		}

		#[test]
		fn any_text_should_be_read_or_refused(text: String) {
			let _ = (parse_money(&text), parse_power(&text));
		}
	}
}
