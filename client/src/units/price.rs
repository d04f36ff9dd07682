//! Prices: in units of money per watt and timestep, as the ledger has them, and in EUR per kilowatt-hour, as bills have
//! them.
//!
//! A kilowatt-hour is 1 000 watts for 3 600 000 milliseconds, and a EUR is a billion units, so a price of *p* is
//! *p* · 3.6·10⁹ ÷ timestep length (ms) billionths of a EUR per kilowatt-hour. With timesteps of 15 minutes that is 4 000
//! billionths for each unit, and every usual tariff is exact; with other lengths it may lie between two prices.

use super::{decimal::*, UnitError};
use crate::types::{Parameters, Price};

/// Billionths of a EUR per kilowatt-hour, times the milliseconds of a timestep, of a price of 1.
const KWH: u128 = 3_600_000_000;
/// Decimal places of EUR.
const PLACES: u32 = 9;
/// Decimal places to which a price is written that has no end.
const SHOWN: u32 = 12;

/// A price as a person writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceInput {
	/// In the ledger's units: `75000`.
	Units(Price),
	/// In billionths of a EUR per kilowatt-hour: `0.30EUR/kWh`.
	PerKwh(u128),
}

impl std::str::FromStr for PriceInput {
	type Err = UnitError;

	fn from_str(text: &str) -> Result<Self, UnitError> {
		let what = ("price", "75000 (per watt and timestep) or 0.30EUR/kWh");
		let (number, unit) = number_and_unit(text);
		match unit.replace(' ', "").as_str() {
			"" => Price::try_from(decimal(text, number, 0, what)?)
				.map(Self::Units)
				.map_err(|_| UnitError::TooLarge(text.into())),
			"eur/kwh" => decimal(text, number, PLACES, what).map(Self::PerKwh),
			"ct/kwh" | "cent/kwh" => decimal(text, number, 7, what).map(Self::PerKwh),
			_ => Err(no(text, what)),
		}
	}
}

/// Converts prices on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Converter {
	timestep_ms: u64,
	tick: Price,
}

/// A price of the ledger, and how it relates to what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
	/// The price: what was asked for, or the nearest to it (the lower one of two).
	pub price: Price,
	/// If that is not what was asked for: a sentence that says so, with the prices on both sides.
	pub inexact: Option<String>,
}

impl Converter {
	/// Of a chain with these parameters.
	pub fn new(parameters: &Parameters) -> Self {
		Self { timestep_ms: parameters.timestep_ms.max(1), tick: parameters.price_tick.max(1) }
	}

	/// Of prices for intervals of another length than the chain's timesteps, of which one stands for each.
	pub fn of_interval(interval_ms: u64) -> Self {
		Self { timestep_ms: interval_ms.max(1), tick: 1 }
	}

	/// The price of the ledger that is asked for, or the nearest one and a sentence about it.
	///
	/// # Errors
	/// [`UnitError::TooLarge`] if it is beyond all prices.
	pub fn convert(&self, asked: &PriceInput) -> Result<Converted, UnitError> {
		let (numerator, denominator) = match *asked {
			PriceInput::Units(price) => (u128::from(price), 1),
			PriceInput::PerKwh(billionths) => (
				billionths
					.checked_mul(self.timestep_ms.into())
					.ok_or_else(|| too_large(asked))?,
				KWH,
			),
		};
		let tick = u128::from(self.tick);
		let step = tick.checked_mul(denominator).ok_or_else(|| too_large(asked))?;
		let (ticks, rest) = divided(numerator, step);
		let price = |ticks: u128| {
			ticks
				.checked_mul(tick)
				.and_then(|price| Price::try_from(price).ok())
				.ok_or_else(|| too_large(asked))
		};
		let below = price(ticks)?;
		if rest == 0 {
			return Ok(Converted { price: below, inexact: None });
		}
		let above = price(ticks.saturating_add(1))?;
		let nearest = if rest.saturating_mul(2) > step { above } else { below };
		let inexact = format!(
			"{} is not exactly a price of this chain (timesteps of {} ms, price tick {}): {} is {}, and {} is {}. \
			 Taken: {nearest}",
			asked.text(),
			self.timestep_ms,
			self.tick,
			below,
			self.per_kwh(below),
			above,
			self.per_kwh(above),
		);
		Ok(Converted { price: nearest, inexact: Some(inexact) })
	}

	/// A price of the ledger in EUR per kilowatt-hour; with `≈` before it if it has no end.
	pub fn per_kwh(&self, price: Price) -> String {
		per_kwh(price, self.timestep_ms)
	}
}

impl PriceInput {
	fn text(&self) -> String {
		match self {
			Self::Units(price) => price.to_string(),
			Self::PerKwh(billionths) => format!("{} EUR/kWh", fixed(*billionths, PLACES, 2)),
		}
	}
}

fn too_large(asked: &PriceInput) -> UnitError {
	UnitError::TooLarge(asked.text())
}

/// Quotient and remainder of a division by a number that is not zero.
fn divided(numerator: u128, denominator: u128) -> (u128, u128) {
	let quotient = numerator.checked_div(denominator).unwrap_or_default();
	(quotient, numerator.checked_rem(denominator).unwrap_or_default())
}

/// A price of the ledger in EUR per kilowatt-hour, with timesteps of this length; with `≈` before it if it has no end.
///
/// ```
/// assert_eq!(petra_client::units::per_kwh(75_000, 900_000), "0.30 EUR/kWh");
/// assert_eq!(petra_client::units::per_kwh(1, 7_000), "≈0.000514285714 EUR/kWh");
/// ```
pub fn per_kwh(price: Price, timestep_ms: u64) -> String {
	let beyond = 10_u128.pow(SHOWN.saturating_sub(PLACES));
	let length = u128::from(timestep_ms.max(1));
	// At most 2^64 · 3.6·10^9 · 10^3 < 2^106.
	let scaled = u128::from(price).saturating_mul(KWH).saturating_mul(beyond);
	let (shown, rest) = divided(scaled, length);
	let sign = if rest == 0 { "" } else { "≈" };
	format!("{sign}{} EUR/kWh", fixed(shown, SHOWN, 2))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn converter(timestep_ms: u64, tick: Price) -> Converter {
		Converter { timestep_ms, tick }
	}

	fn asked(text: &str) -> PriceInput {
		text.parse().unwrap()
	}

	#[test]
	fn price_should_be_read_in_units_and_per_kilowatt_hour() {
		assert_eq!(asked("75000"), PriceInput::Units(75_000));
		for text in ["0.30EUR/kWh", "0.3 eur/kwh", "0.300 EUR / kWh", "30ct/kWh"] {
			assert_eq!(asked(text), PriceInput::PerKwh(300_000_000), "{text}");
		}
		for text in ["", "cheap", "-1", "0.3 EUR", "0.3EUR/MWh", "1e4"] {
			assert!(matches!(text.parse::<PriceInput>(), Err(UnitError::NotA { .. })), "{text}");
		}
		assert!(matches!("0.5".parse::<PriceInput>(), Err(UnitError::TooFine { .. })));
	}

	#[test]
	fn price_should_be_exact_when_a_quarter_of_an_hour_divides_it() {
		let converted = converter(900_000, 1).convert(&asked("0.30EUR/kWh")).unwrap();
		assert_eq!(converted, Converted { price: 75_000, inexact: None });
		// By hand: 1 kW for an hour is 1 000 W for 4 timesteps.
		assert_eq!(75_000 * 1_000 * 4, 300_000_000);
	}

	#[test]
	fn price_should_say_so_when_it_lies_between_two() {
		// 0.30 EUR/kWh with timesteps of 4 s: 333.33…
		let converted = converter(4_000, 1).convert(&asked("0.30EUR/kWh")).unwrap();
		assert_eq!(converted.price, 333);
		let sentence = converted.inexact.unwrap();
		for part in ["0.30 EUR/kWh", "333 is 0.2997 EUR/kWh", "334 is 0.3006 EUR/kWh", "Taken: 333"]
		{
			assert!(sentence.contains(part), "{part}: {sentence}");
		}
		// In ticks of 10, and above the middle.
		assert_eq!(converter(4_000, 10).convert(&asked("336")).unwrap().price, 340);
		let between = converter(900_000, 1_000).convert(&asked("0.30EUR/kWh")).unwrap();
		assert_eq!(between, Converted { price: 75_000, inexact: None });
	}

	#[test]
	fn price_should_be_refused_when_it_is_beyond_all_prices() {
		let much = format!("{}EUR/kWh", u128::MAX / 1_000_000_000);
		assert!(matches!(
			converter(900_000, 1).convert(&asked(&much)),
			Err(UnitError::TooLarge(_))
		));
		let more = asked("1000000000000000EUR/kWh");
		assert!(matches!(converter(900_000, 1).convert(&more), Err(UnitError::TooLarge(_))));
	}

	#[test]
	fn price_should_be_written_exactly_or_as_about() {
		assert_eq!(per_kwh(0, 900_000), "0.00 EUR/kWh");
		assert_eq!(per_kwh(1, 900_000), "0.000004 EUR/kWh");
		assert_eq!(
			per_kwh(u64::MAX, 1),
			"66408278865344791.9694 EUR/kWh".replace(
				"66408278865344791.9694",
				&fixed(u128::from(u64::MAX) * 3_600_000_000, 9, 2)
			)
		);
		assert!(per_kwh(1, 7_000).starts_with('≈'));
	}

	proptest! {
		/// What is written without `≈`, and with at most nine places, is read as the price that was written.
		#[test]
		fn price_should_be_read_as_it_was_written(price in 0..u64::MAX / 4, timestep_ms in 1_u64..4_000_000) {
			let written = per_kwh(price, timestep_ms);
			if let Ok(asked) = written.parse::<PriceInput>() {
				let converted = converter(timestep_ms, 1).convert(&asked).unwrap();
				prop_assert_eq!(converted, Converted { price, inexact: None });
			}
		}

		/// The price taken is at most half a tick from what was asked for: against exact fractions.
		#[test]
		fn price_should_be_the_nearest(
			billionths in 0_u128..1_000_000_000_000,
			timestep_ms in 1_u64..4_000_000,
			tick in 1_u64..10_000,
		) {
			let taken = converter(timestep_ms, tick).convert(&PriceInput::PerKwh(billionths)).unwrap();
			prop_assert_eq!(taken.price % tick, 0);
			let asked = billionths * u128::from(timestep_ms);
			let distance = asked.abs_diff(u128::from(taken.price) * KWH);
			prop_assert!(2 * distance <= u128::from(tick) * KWH);
			prop_assert_eq!(taken.inexact.is_none(), distance == 0);
		}
	}
}
