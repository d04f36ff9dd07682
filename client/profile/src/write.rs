//! Writing profiles as they are read.

use crate::{read::valid_name, Column, Decimal, Profile, ProfileError, TimeOfDay, Unit};
use std::io::{self, Write};

impl Profile {
	/// Writes it as CSV, as [`Profile::read`] reads it. A name that was made unique is written so.
	///
	/// # Errors
	/// [`ProfileError::Io`].
	pub fn write(&self, to: impl Write) -> Result<(), ProfileError> {
		let mut writer = csv::Writer::from_writer(to);
		let names = self.columns.iter().map(|column| column.name.as_str());
		writer
			.write_record(std::iter::once("Time").chain(names))
			.map_err(io::Error::from)?;
		for row in 0..self.rows {
			let time = self.time(row).map(|time| time.to_string()).unwrap_or_default();
			let values = self
				.columns
				.iter()
				.map(|column| column.values.get(row).map(ToString::to_string).unwrap_or_default());
			writer
				.write_record(std::iter::once(time).chain(values))
				.map_err(io::Error::from)?;
		}
		writer.flush()?;
		Ok(())
	}
}

/// The profile of one household, as CSV in kW, from its net consumption in mean watts of intervals of so many minutes, the
/// first of which begins at `from`.
///
/// ```
/// use petra_profile::{single_column, Options, Profile};
///
/// let file = single_column("7/7", "14:15", 15, &[300, -1_250])?;
/// assert_eq!(file, "Time,7/7\n14:15,-0.3\n14:30,1.25\n");
/// let profile = Profile::read(file.as_bytes(), Options::default())?;
/// assert_eq!(profile.net_consumption(0), Some(vec![300, -1_250]));
/// # Ok::<(), petra_profile::ProfileError>(())
/// ```
///
/// # Errors
/// If there is no profile of this household, these rows or these powers.
pub fn single_column(
	name: &str,
	from: &str,
	interval_minutes: u32,
	net_consumption: &[i64],
) -> Result<String, ProfileError> {
	let name = name.trim();
	valid_name(name).map_err(ProfileError::Name)?;
	let value = |watts: &i64| {
		let produced = watts.checked_neg().and_then(Decimal::from_thousandths);
		produced.ok_or(ProfileError::TooLarge(*watts))
	};
	let values = net_consumption.iter().map(value).collect::<Result<_, _>>()?;
	let column = Column { name: name.to_owned(), values };
	let profile = Profile::new(Unit::Kilowatts, from.parse()?, interval_minutes, vec![column])?;
	let mut text = Vec::new();
	profile.write(&mut text)?;
	String::from_utf8(text).map_err(|error| io::Error::other(error).into())
}

impl Profile {
	/// A profile of columns of the same length, whose names are valid and differ.
	pub(crate) fn new(
		unit: Unit,
		from: TimeOfDay,
		minutes: u32,
		columns: Vec<Column>,
	) -> Result<Self, ProfileError> {
		let rows = columns.first().map_or(0, |column| column.values.len());
		let end = u32::try_from(rows)
			.ok()
			.and_then(|rows| rows.checked_mul(minutes))
			.and_then(|minutes| from.later(minutes));
		match rows {
			0 => Err(ProfileError::NoRows),
			1 => Err(ProfileError::OneRow),
			_ if end.is_none() || minutes == 0 => Err(ProfileError::NoDay { rows, minutes, from }),
			_ => Ok(Self { unit, from, minutes, rows, columns }),
		}
	}
}
