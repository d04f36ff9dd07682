//! Reading a profile from CSV.

use crate::{
	decimal::quoted, Column, Decimal, Options, Problem, Profile, ProfileError, TimeOfDay,
	MAX_BYTES, MAX_COLUMNS, MAX_NAME,
};
use csv::ByteRecord;
use std::{
	collections::HashSet,
	fs::File,
	io::{self, BufRead, BufReader, Read},
	path::Path,
};

impl Profile {
	/// Reads a file.
	///
	/// # Errors
	/// [`ProfileError`], with line and column.
	pub fn open(path: &Path, options: Options) -> Result<Self, ProfileError> {
		let file = File::open(path)
			.map_err(|reason| ProfileError::File { path: path.display().to_string(), reason })?;
		Self::read(file, options)
	}

	/// Reads a profile. No more than [`MAX_BYTES`] are read, and what is wrong ends the reading at once.
	///
	/// # Errors
	/// [`ProfileError`], with line and column.
	pub fn read(from: impl Read, options: Options) -> Result<Self, ProfileError> {
		let mut lines =
			Lines { from: BufReader::new(from.take(MAX_BYTES)), left: MAX_BYTES, line: 0 };
		let header = lines.next()?.ok_or(ProfileError::Empty)?;
		let names = names(&header)?;
		let mut columns: Vec<Column> =
			names.into_iter().map(|name| Column { name, values: Vec::new() }).collect();
		let mut times = Times::default();
		while let Some(record) = lines.next()? {
			row(&record, &mut times, &mut columns)?;
		}
		match times {
			Times { rows: 0, .. } => Err(ProfileError::NoRows),
			Times { from: Some(from), minutes: Some(minutes), rows, .. } => {
				Ok(Self { unit: options.unit, from, minutes, rows, columns })
			},
			_ => Err(ProfileError::OneRow),
		}
	}
}

/// A file's lines. Each is split on its own, so that a quote that is not closed spoils one line only.
struct Lines<R> {
	from: R,
	/// Bytes that may still come.
	left: u64,
	/// The line that was read last, from 1.
	line: u64,
}

/// A line's cells.
struct Record {
	line: u64,
	cells: ByteRecord,
}

impl<R: BufRead> Lines<R> {
	/// The next line with anything in it.
	fn next(&mut self) -> Result<Option<Record>, ProfileError> {
		let mut bytes = Vec::new();
		loop {
			bytes.clear();
			let read = self.from.read_until(b'\n', &mut bytes)?;
			if read == 0 {
				return Ok(None);
			}
			// What is as long as may be may go on, unseen.
			let read = u64::try_from(read).unwrap_or(u64::MAX);
			self.left = self.left.saturating_sub(read);
			if self.left == 0 {
				return Err(ProfileError::TooLong);
			}
			self.line = self.line.saturating_add(1);
			let text = match self.line {
				1 => bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes),
				_ => &bytes,
			};
			let text = text.strip_suffix(b"\n").unwrap_or(text);
			let text = text.strip_suffix(b"\r").unwrap_or(text);
			if text.contains(&b'\r') || !text.trim_ascii().is_empty() {
				return Record::split(self.line, text).map(Some);
			}
		}
	}
}

impl Record {
	/// Splits a line that is not empty, and is without its end.
	fn split(line: u64, text: &[u8]) -> Result<Self, ProfileError> {
		// It would end the record, and what follows it would be lost.
		if let Some(place) = text.iter().position(|byte| *byte == b'\r') {
			let before: Vec<u8> = text.iter().take(place).copied().chain([b' ']).collect();
			let record = Self { line, cells: cells(&before)? };
			return Err(record.at(record.cells.len().saturating_sub(1))(Problem::CarriageReturn));
		}
		let record = Self { line, cells: cells(text)? };
		let quotes = text.iter().filter(|byte| **byte == b'"').count();
		if quotes.checked_rem(2) == Some(1) {
			return Err(record.at(record.cells.len().saturating_sub(1))(Problem::OpenQuote));
		}
		Ok(record)
	}

	/// Something wrong in a cell, by its position from 0.
	fn at(&self, position: usize) -> impl Fn(Problem) -> ProfileError {
		let (line, column) = (self.line, position.saturating_add(1));
		move |problem| ProfileError::At { line, column, problem }
	}

	/// A cell's text, without spaces around it.
	fn cell(&self, position: usize) -> Result<&str, ProfileError> {
		let bytes = self.cells.get(position).ok_or_else(|| self.at(position)(Problem::Missing))?;
		let text = std::str::from_utf8(bytes).map_err(|_| self.at(position)(Problem::NotText))?;
		Ok(text.trim())
	}
}

/// The cells of a text without line ends.
fn cells(text: &[u8]) -> Result<ByteRecord, ProfileError> {
	let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
	let mut cells = ByteRecord::new();
	// Bytes in memory are read, and split somehow.
	reader.read_byte_record(&mut cells).map_err(io::Error::from)?;
	Ok(cells)
}

/// Names of households, in order, each unlike the others.
fn names(header: &Record) -> Result<Vec<String>, ProfileError> {
	let first = header.cell(0)?;
	if !first.eq_ignore_ascii_case("time") {
		return Err(header.at(0)(Problem::NotTimeColumn(quoted(first))));
	}
	if header.cells.len() < 2 {
		return Err(header.at(1)(Problem::NoHousehold));
	}
	if header.cells.len().saturating_sub(1) > MAX_COLUMNS {
		return Err(header.at(MAX_COLUMNS.saturating_add(1))(Problem::TooManyColumns));
	}
	let mut taken = HashSet::new();
	(1..header.cells.len())
		.map(|position| {
			let name = header.cell(position)?;
			valid_name(name).map_err(header.at(position))?;
			let numbers = 2u32..;
			let mut names = std::iter::once(name.to_owned())
				.chain(numbers.map(|number| format!("{name} ({number})")));
			let name = names.find(|name| !taken.contains(name)).unwrap_or_default();
			taken.insert(name.clone());
			Ok(name)
		})
		.collect()
}

/// Whether a household may be called so.
pub(crate) fn valid_name(name: &str) -> Result<(), Problem> {
	match name {
		"" => Err(Problem::NoName),
		_ if name.len() > MAX_NAME => Err(Problem::LongName),
		_ if name.chars().any(char::is_control) => Err(Problem::ControlCharacter),
		_ => Ok(()),
	}
}

/// Reads one row.
fn row(record: &Record, times: &mut Times, columns: &mut [Column]) -> Result<(), ProfileError> {
	let text = record.cell(0)?;
	if text.is_empty() {
		return Err(record.at(0)(Problem::Missing));
	}
	let time = text.parse().map_err(|_| record.at(0)(Problem::NotTime(quoted(text))))?;
	times.follow(time).map_err(record.at(0))?;
	let cells = columns.len().saturating_add(1);
	if record.cells.len() > cells {
		return Err(record.at(cells)(Problem::TooManyCells));
	}
	for (position, column) in (1usize..).zip(columns) {
		let value: Decimal = record.cell(position)?.parse().map_err(record.at(position))?;
		column.values.push(value);
	}
	Ok(())
}

/// The times so far.
#[derive(Default)]
struct Times {
	from: Option<TimeOfDay>,
	last: Option<TimeOfDay>,
	minutes: Option<u32>,
	rows: usize,
}

impl Times {
	/// Takes the next row's time, if it is the next.
	fn follow(&mut self, time: TimeOfDay) -> Result<(), Problem> {
		if let Some(before) = self.last {
			let minutes = match time.minutes().checked_sub(before.minutes()) {
				Some(0) => return Err(Problem::RepeatedTime(time)),
				None => return Err(Problem::Backwards { found: time, before }),
				Some(apart) => *self.minutes.get_or_insert(apart),
			};
			let expected = before.later(minutes).ok_or(Problem::PastMidnight(before))?;
			if time != expected {
				return Err(Problem::Gap { found: time, before, expected, minutes });
			}
			// The first row's end is where the second begins.
			time.later(minutes).ok_or(Problem::PastMidnight(time))?;
		}
		self.from.get_or_insert(time);
		self.last = Some(time);
		self.rows = self.rows.saturating_add(1);
		Ok(())
	}
}
