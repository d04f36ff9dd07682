//! How thorough the tests are: the same tests run small in `make test` and large in `make test-full`.

use crate::{Error, Result};

/// What an environment variable says, or else the value for `make test`.
///
/// # Errors
/// [`Error::BadKnob`] if it is no whole number.
pub fn knob(variable: &'static str, otherwise: usize) -> Result<usize> {
	match std::env::var(variable) {
		Ok(value) => value.parse().map_err(|_| Error::BadKnob { variable, value }),
		Err(_) => Ok(otherwise),
	}
}
