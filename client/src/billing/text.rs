//! Numbers as decimal text in JSON: what reads them elsewhere often has floating point only.

use serde::{de::Error, Deserialize, Deserializer, Serializer};
use std::{fmt::Display, str::FromStr};

/// Writes a number as text.
pub(crate) fn serialize<S: Serializer>(number: &impl Display, to: S) -> Result<S::Ok, S::Error> {
	to.collect_str(number)
}

/// Reads a number from text, in the one form in which it is written.
pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
where
	T: FromStr + Display,
	D: Deserializer<'de>,
{
	let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
	let number: T = text.parse().map_err(|_| D::Error::custom("not a whole number in range"))?;
	if number.to_string() != text {
		return Err(D::Error::custom("not the plain form of a whole number"));
	}
	Ok(number)
}
