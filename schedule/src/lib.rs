//! # Step functions over timesteps
//!
//! petra's interval arithmetic, in pure functions (specification, section 3, "Cost"):
//!
//! - [`StepFunction`]: an amount per timestep, kept as its pieces. What checks one transaction is made of it; an
//!   operation on n pieces takes O(n log n), whatever the length of their intervals.
//! - [`timeline`]: an amount per timestep that the ledger keeps, in pages of bounded size: a tree over time whose
//!   nodes carry their extremes.
//! - [`clearing`]: the rules of the double auction and of feeder limits.
//!
//! Property tests compare each with a naive model (`cargo test -p petra-schedule`). The same can be fuzzed, with cargo-fuzz and
//! a nightly toolchain, from this crate's folder: `cargo +nightly fuzz run clearing`, or `step_function`, or `timeline`.
//!
//! All intervals `[start, end]` include both ends, up to `u64::MAX`, which also serves as "for ever".

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod clearing;
mod step_function;
pub mod timeline;

pub use step_function::StepFunction;

/// A fixed-length interval of time.
pub type Timestep = u64;

/// An amount in one timestep: watts, money or a difference of such.
pub type Value = i128;

/// Why an operation has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
	/// An interval ends before it starts.
	BadInterval,
	/// In some timestep the result does not fit its type.
	Overflow,
}
