//! Files of readings and predictions.

use crate::failure::Failure;
use clap::ValueEnum;
use petra_profile::{Options, Profile, Unit};
use std::path::Path;

/// What the numbers of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReadingUnit {
	/// Mean power of the interval, in kilowatts
	#[value(name = "kW", alias = "kw")]
	Kw,
	/// Energy of the interval, in kilowatt-hours
	#[value(name = "kWh", alias = "kwh")]
	Kwh,
}

impl ReadingUnit {
	/// As people write it.
	pub fn symbol(self) -> &'static str {
		match self {
			Self::Kw => "kW",
			Self::Kwh => "kWh",
		}
	}
}

/// The profile in a file.
///
/// # Errors
/// [`Failure::File`] with line and column.
pub fn profile(path: &Path, unit: ReadingUnit) -> Result<Profile, Failure> {
	let unit = match unit {
		ReadingUnit::Kw => Unit::Kilowatts,
		ReadingUnit::Kwh => Unit::KilowattHours,
	};
	Profile::open(path, Options { unit }).map_err(|error| Failure::file(path, error))
}

/// Net consumption of the one household of a file, in mean watts.
///
/// # Errors
/// As [`profile`], and if it has not one household.
pub fn household(path: &Path, unit: ReadingUnit) -> Result<Vec<i64>, Failure> {
	let profile = profile(path, unit)?;
	match (profile.columns(), profile.net_consumption(0)) {
		([_], Some(watts)) => Ok(watts),
		(columns, _) => {
			let reason = format!("it has {} households; it must be of one", columns.len());
			Err(Failure::file(path, reason))
		},
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn readings_should_be_net_consumption_of_one_household() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("readings.csv");
		let read = |text: &str, unit| {
			std::fs::write(&path, text).unwrap();
			household(&path, unit)
		};
		let file = "Time,7/7\r\n14:15,0.5\r\n14:30,-0.25\r\n14:45,-0\r\n";
		assert_eq!(read(file, ReadingUnit::Kw).unwrap(), [-500, 250, 0]);
		assert_eq!(read(file, ReadingUnit::Kwh).unwrap(), [-2_000, 1_000, 0]);
		let of_two = read("Time,a,b\n1:00,1,2\n2:00,1,2\n", ReadingUnit::Kw).unwrap_err();
		assert!(of_two.to_string().contains("2 households"), "{of_two}");
		let none = read("Time,a\n1:00,x\n2:00,1\n", ReadingUnit::Kw).unwrap_err();
		assert!(matches!(none, Failure::File { .. }), "{none}");
	}
}
