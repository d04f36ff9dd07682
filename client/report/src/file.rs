//! The files: `report.json` and `trades.csv`.

use crate::{Report, Trade};
use std::io::{self, Read, Write};

/// The largest `report.json` that is read: one of 100 households and a day of 96 rows has about 5 MB.
pub const MAX_REPORT_BYTES: u64 = 256 << 20;

/// Why a file is no report, or cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
	/// It cannot be read or written.
	#[error(transparent)]
	Io(#[from] io::Error),
	/// It is larger than any report.
	#[error("it is larger than {} MiB: no report is", MAX_REPORT_BYTES >> 20)]
	TooLarge,
	/// It is no report.
	#[error("it is no report: {0}")]
	NoReport(#[from] serde_json::Error),
}

impl Report {
	/// Reads `report.json`, and no more of it than [`MAX_REPORT_BYTES`].
	///
	/// # Errors
	/// [`FileError`], with line and column where it is no report.
	pub fn read(from: impl Read) -> Result<Self, FileError> {
		let mut text = Vec::new();
		from.take(MAX_REPORT_BYTES.saturating_add(1)).read_to_end(&mut text)?;
		if u64::try_from(text.len()).is_ok_and(|length| length <= MAX_REPORT_BYTES) {
			return Ok(serde_json::from_slice(&text)?);
		}
		Err(FileError::TooLarge)
	}

	/// Writes `report.json`, for people to look into: a value on each line.
	///
	/// # Errors
	/// [`FileError::Io`].
	pub fn write(&self, mut to: impl Write) -> Result<(), FileError> {
		let mut text = serde_json::to_vec_pretty(self)?;
		text.push(b'\n');
		to.write_all(&text)?;
		Ok(to.flush()?)
	}

	/// Writes `trades.csv`: a line for each exchange, in the units of [`Trade`].
	///
	/// # Errors
	/// [`FileError::Io`].
	pub fn write_trades(&self, to: impl Write) -> Result<(), FileError> {
		let mut writer = csv::Writer::from_writer(to);
		writer.write_record(HEADS).map_err(io::Error::from)?;
		for trade in &self.figures.trades {
			writer.write_record(cells(trade)).map_err(io::Error::from)?;
		}
		Ok(writer.flush()?)
	}
}

const HEADS: [&str; 11] = [
	"offer",
	"asset",
	"power (W)",
	"first timestep",
	"last timestep",
	"price (1e-9 EUR per W and timestep)",
	"cost (1e-9 EUR)",
	"posted in block",
	"posted at (ms of Unix time)",
	"accepted in block",
	"accepted at (ms of Unix time)",
];

fn cells(trade: &Trade) -> [String; 11] {
	[
		trade.offer.to_string(),
		trade.asset.to_string(),
		trade.power.to_string(),
		trade.start.to_string(),
		trade.end.to_string(),
		trade.price.to_string(),
		trade.cost.to_string(),
		trade.posted_block.to_string(),
		trade.posted_at.to_string(),
		trade.accepted_block.to_string(),
		trade.accepted_at.to_string(),
	]
}
