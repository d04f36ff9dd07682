//! A profile in memory.

use crate::{decimal::BILLION, Decimal, ProfileError, TimeOfDay};
use std::{fmt, ops::Range, str::FromStr};

/// What a profile's values are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
	/// Mean power over the interval, in kW. What is likelier for households.
	#[default]
	Kilowatts,
	/// Energy in the interval, in kWh.
	KilowattHours,
}

/// How a file is to be understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
	/// What its values are.
	pub unit: Unit,
}

/// One household's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
	/// Its name, unlike all others': a second `7/7` is called `7/7 (2)`.
	pub name: String,
	/// What it produced in each interval, net; below zero, it consumed.
	pub values: Vec<Decimal>,
}

/// What households of a microgrid produced and consumed, over a day or a part of it, in intervals of one length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
	/// What values are.
	pub(crate) unit: Unit,
	/// Beginning of the first interval.
	pub(crate) from: TimeOfDay,
	/// Length of an interval.
	pub(crate) minutes: u32,
	/// How many intervals there are: at least two.
	pub(crate) rows: usize,
	/// The households: at least one.
	pub(crate) columns: Vec<Column>,
}

impl Column {
	/// The feeder that its name says: what stands before the first `/`, if that is a number.
	///
	/// ```
	/// # use petra_profile::Column;
	/// # let named = |name: &str| Column { name: name.into(), values: Vec::new() };
	/// assert_eq!(named("7/7 (2)").feeder(), Some(7));
	/// assert_eq!(named("Mill Lane/3").feeder(), None);
	/// assert_eq!(named("7").feeder(), None);
	/// ```
	pub fn feeder(&self) -> Option<u32> {
		let (feeder, _) = self.name.split_once('/')?;
		let feeder = feeder.trim();
		feeder.bytes().all(|byte| byte.is_ascii_digit()).then(|| feeder.parse().ok())?
	}
}

impl Profile {
	/// What values are.
	pub fn unit(&self) -> Unit {
		self.unit
	}

	/// Minutes of an interval.
	pub fn interval_minutes(&self) -> u32 {
		self.minutes
	}

	/// How many intervals there are: at least two.
	pub fn rows(&self) -> usize {
		self.rows
	}

	/// When an interval begins.
	pub fn time(&self, row: usize) -> Option<TimeOfDay> {
		(row < self.rows).then(|| self.border(row))?
	}

	/// Beginning of the first interval.
	pub fn from(&self) -> TimeOfDay {
		self.from
	}

	/// End of the last interval.
	pub fn to(&self) -> TimeOfDay {
		// What is read or made ends within the day.
		self.border(self.rows).unwrap_or(self.from)
	}

	/// The households, in the order of the file.
	pub fn columns(&self) -> &[Column] {
		&self.columns
	}

	/// A household, by its position from 0.
	pub fn column(&self, position: usize) -> Option<&Column> {
		self.columns.get(position)
	}

	/// The profile of one household alone, by its position from 0: what its meter may know.
	pub fn alone(&self, position: usize) -> Option<Self> {
		let column = self.columns.get(position)?.clone();
		Some(Self { columns: vec![column], ..*self })
	}

	/// The intervals from one time of day to another.
	///
	/// # Errors
	/// [`ProfileError::NoBorder`] and [`ProfileError::EmptyWindow`].
	pub fn window(&self, from: TimeOfDay, to: TimeOfDay) -> Result<Self, ProfileError> {
		let (first, end) = (self.row_at(from)?, self.row_at(to)?);
		let rows = end.saturating_sub(first);
		if rows < 2 {
			return Err(ProfileError::EmptyWindow { from, to });
		}
		let cut = |column: &Column| Column {
			name: column.name.clone(),
			values: column.values.get(Range { start: first, end }).unwrap_or_default().to_vec(),
		};
		Ok(Self { from, rows, columns: self.columns.iter().map(cut).collect(), ..*self })
	}

	/// Net consumption of a household, by its position from 0, in mean watts of each interval; below zero, it fed in.
	///
	/// Watts are whole, rounded down, and what is left counts in the next interval, as meters have it
	/// (`petra_client::billing::MeanWatts`): they add up to the energy of the profile, but for less than one watt over the
	/// last interval.
	///
	/// ```
	/// use petra_profile::{Options, Profile, Unit};
	///
	/// // 0.1 Wh in a quarter of an hour are 0.4 W: 0.4; 0.8; 1.2, of which 0.2 are carried.
	/// let file = "Time,1/1\n0:00,-0.0001\n0:15,-0.0001\n0:30,-0.0001\n";
	/// let profile = Profile::read(file.as_bytes(), Options { unit: Unit::KilowattHours })?;
	/// assert_eq!(profile.net_consumption(0), Some(vec![0, 0, 1]));
	/// # Ok::<(), petra_profile::ProfileError>(())
	/// ```
	pub fn net_consumption(&self, position: usize) -> Option<Vec<i64>> {
		let values = &self.columns.get(position)?.values;
		let minutes = i128::from(self.minutes);
		let factor = match self.unit {
			Unit::Kilowatts => minutes.checked_mul(1_000)?,
			Unit::KilowattHours => 60_000,
		};
		// In billionths of a W·min.
		let one_watt = minutes.checked_mul(i128::from(BILLION))?;
		let mut carried = 0i128;
		let watts = values.iter().map(|value| {
			let energy = i128::from(value.billionths()).checked_neg()?.checked_mul(factor)?;
			let energy = energy.checked_add(carried)?;
			carried = energy.checked_rem_euclid(one_watt)?;
			i64::try_from(energy.checked_div_euclid(one_watt)?).ok()
		});
		watts.collect()
	}

	/// The border before a row, or after the last.
	fn border(&self, row: usize) -> Option<TimeOfDay> {
		self.from.later(u32::try_from(row).ok()?.checked_mul(self.minutes)?)
	}

	/// The row before which a border lies.
	fn row_at(&self, time: TimeOfDay) -> Result<usize, ProfileError> {
		let row = (time.minutes())
			.checked_sub(self.from.minutes())
			.filter(|after| after.checked_rem(self.minutes) == Some(0))
			.and_then(|after| usize::try_from(after.checked_div(self.minutes)?).ok());
		row.filter(|row| *row <= self.rows).ok_or(ProfileError::NoBorder {
			time,
			from: self.from,
			to: self.to(),
			minutes: self.minutes,
		})
	}
}

impl fmt::Display for Unit {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Kilowatts => "kW",
			Self::KilowattHours => "kWh",
		})
	}
}

impl FromStr for Unit {
	type Err = String;

	/// Reads `kW` or `kWh`.
	fn from_str(text: &str) -> Result<Self, String> {
		match text {
			"kW" => Ok(Self::Kilowatts),
			"kWh" => Ok(Self::KilowattHours),
			_ => Err("a profile is in `kW` or in `kWh`".into()),
		}
	}
}
