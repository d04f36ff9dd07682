//! Whole numbers that may not fit into a double, as text.

use serde::{de::Error, Deserialize, Deserializer, Serializer};

/// Writes it.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(number: &i128, serializer: S) -> Result<S::Ok, S::Error> {
	serializer.collect_str(number)
}

/// Reads it.
///
/// # Errors
/// If it is no whole number.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
	String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
