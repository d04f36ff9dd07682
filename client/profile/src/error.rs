//! What can be wrong with a profile.

use crate::{TimeOfDay, MAX_BYTES, MAX_COLUMNS, MAX_NAME};

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
	/// The file could not be opened.
	#[error("{path}: {reason}")]
	File {
		/// The file.
		path: String,
		/// What the system said.
		reason: std::io::Error,
	},
	/// It could not be read or written to its end.
	#[error("the profile could not be read or written: {0}")]
	Io(#[from] std::io::Error),
	/// There is nothing in it.
	#[error("the profile is empty: its first line should be `Time` and the names of households, with commas between")]
	Empty,
	/// The header alone.
	#[error("the profile has no rows: a line with a time and a value for each household should follow its first line")]
	NoRows,
	/// One row: an interval's length does not follow from it.
	#[error("the profile has one row: two are needed to tell how long an interval is")]
	OneRow,
	/// More bytes than are read.
	#[error("the profile is longer than {} MiB", MAX_BYTES >> 20)]
	TooLong,
	/// Something in a line.
	#[error("line {line}, column {column}: {problem}")]
	At {
		/// The line, from 1.
		line: u64,
		/// The column, from 1: the first is `Time`.
		column: usize,
		/// What is wrong there.
		problem: Problem,
	},
	/// There is no such time in the profile, or it is no border between two intervals.
	#[error("{time} is no border of an interval: the profile has intervals of {minutes} minutes from {from} to {to}")]
	NoBorder {
		/// The time.
		time: TimeOfDay,
		/// Beginning of the profile.
		from: TimeOfDay,
		/// Its end.
		to: TimeOfDay,
		/// Length of an interval.
		minutes: u32,
	},
	/// Less than two intervals.
	#[error("from {from} to {to} are less than two intervals")]
	EmptyWindow {
		/// Beginning of the window.
		from: TimeOfDay,
		/// Its end.
		to: TimeOfDay,
	},
	/// A text that is no time of day.
	#[error("`{0}` is no time of day (such as `7:45` or `07:45`)")]
	NotTime(String),
	/// Rows that do not fit into a day.
	#[error("{rows} rows of {minutes} minutes from {from} are no part of a day")]
	NoDay {
		/// How many rows.
		rows: usize,
		/// Minutes of each.
		minutes: u32,
		/// Where they begin.
		from: TimeOfDay,
	},
	/// A power with more digits than a profile has.
	#[error("{0} W are more than a profile holds (nine digits before the point, in kW)")]
	TooLarge(i64),
	/// A name that no column can have.
	#[error("a household cannot have this name: {0}")]
	Name(Problem),
	/// No such profile is made up.
	#[error("{0}")]
	NotMadeUp(&'static str),
}

/// What is wrong in a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
	/// The first column is not `Time`.
	#[error("the first column should be called `Time`, not `{0}`")]
	NotTimeColumn(String),
	/// There is no household.
	#[error("there is no household: names should follow `Time`, with commas between")]
	NoHousehold,
	/// Too many households.
	#[error("more than {MAX_COLUMNS} households")]
	TooManyColumns,
	/// A household without a name.
	#[error("a household without a name")]
	NoName,
	/// A name that is too long.
	#[error("a name of more than {MAX_NAME} bytes")]
	LongName,
	/// A line end or the like in a name.
	#[error("a name with a control character")]
	ControlCharacter,
	/// Bytes that are no UTF-8.
	#[error("bytes that are no UTF-8 text")]
	NotText,
	/// A cell without a value.
	#[error("the value is missing")]
	Missing,
	/// More cells than columns.
	#[error("the line has more cells than the first line has names")]
	TooManyCells,
	/// A carriage return that does not end the line.
	#[error("a carriage return inside the line: a line ends with a line feed, with at most one carriage return before it")]
	CarriageReturn,
	/// A quote that is not closed.
	#[error("a quote that is not closed in this line")]
	OpenQuote,
	/// Something that is not a decimal number.
	#[error("`{0}` is no decimal number (such as `12`, `-0.75` or `1200.5`)")]
	NotDecimal(String),
	/// More digits than are exact.
	#[error("`{0}` has more than nine digits after the point")]
	TooFine(String),
	/// More than any household's.
	#[error("`{0}` has more than nine digits before the point")]
	TooLarge(String),
	/// A time that is none.
	#[error("`{0}` is no time of day (such as `7:45` or `07:45`)")]
	NotTime(String),
	/// A time that was in the line before.
	#[error("{0} is repeated")]
	RepeatedTime(TimeOfDay),
	/// A time before that of the line before: also the first of another day.
	#[error("{found} follows {before}: times must ascend, and a profile is of one day")]
	Backwards {
		/// The time.
		found: TimeOfDay,
		/// That of the line before.
		before: TimeOfDay,
	},
	/// A time that does not follow the one before by an interval.
	#[error("{found} follows {before}: {expected} should, as the first two rows are {minutes} minutes apart")]
	Gap {
		/// The time.
		found: TimeOfDay,
		/// That of the line before.
		before: TimeOfDay,
		/// What should stand there.
		expected: TimeOfDay,
		/// Length of an interval.
		minutes: u32,
	},
	/// The last interval ends after midnight.
	#[error("the interval from {0} ends after midnight: a profile is of one day")]
	PastMidnight(TimeOfDay),
}
