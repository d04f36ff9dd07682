//! Bills, as smart meters compute them (P1, "Smart-Meter Based Billing"): pure functions, exact to the last unit.
//!
//! Readings become mean watts per timestep ([`MeanWatts`]). With what the ledger's events say was withdrawn and deposited
//! ([`Entry`]) and the DSO's prices they make a [`Line`] per timestep ([`lines`](lines())): `E` and `B`, and each thing
//! that is outstanding on a line of its own. The meter signs a [`Bill`]: each timestep's figures, or the period's total
//! alone. [`verify_bill`] finds what was altered; [`flags`] tells where assets do not match; [`settle`] checks the
//! identities over all households. `docs/billing.md` has the formulas and an example.
//!
//! ```
//! use petra_client::billing::{lines, Period, Prices};
//!
//! // Nothing was traded: 300 W were drawn in timestep 10, and 200 W were fed in at 11.
//! let prices = |_| Some(Prices { consumption: 75, production: 25 });
//! let lines = lines(Period { first: 10, last: 11 }, &[300, -200], [], prices)?;
//! assert_eq!((lines[0].bill, lines[1].bill), (300 * 75, -200 * 25));
//! # Ok::<(), petra_client::billing::BillingError>(())
//! ```

mod bill;
pub mod file;
mod household;
mod microgrid;
mod readings;
mod signature;
#[cfg(test)]
mod tests;
pub(crate) mod text;

pub use bill::{
	flags, verify_bill, Bill, BillError, Detailed, Expected, Figures, Flag, Message, Signed, Total,
};
pub use household::{
	entries_at, lines, residual_charge, Change, Energy, Entry, Flow, Flows, Line, Period, Prices,
};
pub use microgrid::{settle, Identity, Settlement, Unclaimed};
pub use readings::{Decimal, MeanWatts, ReadingError, Unit};
pub use signature::Signature;

use crate::types::Timestep;

/// Why there is no bill.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BillingError {
	/// Not one reading for each timestep.
	#[error("the period has {expected} timesteps, but there are {found} readings")]
	Readings {
		/// How many timesteps.
		expected: u64,
		/// How many readings.
		found: u64,
	},
	/// The DSO's prices are not known for a timestep.
	#[error(
		"the prices of timestep {0} are not known: the ledger keeps them for two billing periods"
	)]
	NoPrices(Timestep),
	/// An asset that ends before it starts.
	#[error("an asset ends at {end} before it starts at {start}")]
	BadInterval {
		/// First timestep.
		start: Timestep,
		/// Last timestep.
		end: Timestep,
	},
	/// A household's lines are of another period.
	#[error("the lines of a household do not cover timestep {0}")]
	Lines(Timestep),
	/// The bills do not add up to what the ledger says.
	#[error("at timestep {timestep} the sum over all households is {is}, but the ledger gives {should} ({identity:?})")]
	Broken {
		/// Which identity.
		identity: Identity,
		/// Which timestep.
		timestep: Timestep,
		/// The sum over all households.
		is: i128,
		/// What the ledger says it is.
		should: i128,
	},
	/// A sum is out of range.
	#[error("a sum is out of range")]
	Overflow,
}
