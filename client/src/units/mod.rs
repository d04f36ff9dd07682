//! What people write, and what the ledger counts in: money, power, prices, times. Exact, without floating point.

mod decimal;
mod price;
mod time;

pub use decimal::{format_money, format_power, parse_money, parse_power};
pub use price::{per_kwh, Converted, Converter, PriceInput};
pub use time::TimeInput;

/// Why a text is no quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
	/// It is not of the form that was expected.
	#[error("{text:?} is no {what}: write {example}")]
	NotA {
		/// What was written.
		text: String,
		/// What was expected.
		what: &'static str,
		/// How it is written.
		example: &'static str,
	},
	/// It has parts smaller than the unit that is counted in.
	#[error("{text:?} has more than {places} decimal places")]
	TooFine {
		/// What was written.
		text: String,
		/// How many there may be.
		places: u32,
	},
	/// It is larger than can be counted.
	#[error("{0:?} is too large")]
	TooLarge(String),
}
