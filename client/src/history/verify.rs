//! Holding a report against what blocks give.

use super::{figures, figures::FiguresError, History};
use crate::{Client, Error};
use petra_report::{Check, Figures, Report};
use serde::Serialize;
use serde_json::Value;
use std::{io::Read, path::Path};

/// The largest report that is read: one of 100 households and a day of 96 rows has about 5 MB.
pub const MAX_REPORT_BYTES: u64 = 256 << 20;

/// Why a report was not verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
	/// The file cannot be read, or is no report.
	#[error("{path}: {reason}")]
	File {
		/// The file.
		path: String,
		/// What is wrong.
		reason: String,
	},
	/// The node is of another chain.
	#[error("the node is of another chain: the report is about the chain with genesis {report:.80}, the node's is {node}")]
	OtherChain {
		/// What the report says.
		report: String,
		/// What the node says.
		node: String,
	},
	/// The node or the chain.
	#[error(transparent)]
	Chain(#[from] Error),
	/// The setting and the inputs give no figures.
	#[error("nothing can be computed from the report's setting and inputs: {0}")]
	Figures(#[from] FiguresError),
}

/// A value of a report that is not what the blocks give.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
	/// Where it is, as a JSON path: `$.figures.trades[3].price`.
	pub path: String,
	/// What the report says; none: nothing.
	pub report: Option<Value>,
	/// What the blocks give; none: nothing.
	pub blocks: Option<Value>,
}

/// What came of verifying a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
	/// How many values of figures and checks were compared.
	pub compared: u64,
	/// Those that differ.
	pub differences: Vec<Difference>,
	/// Checks, as recomputed.
	pub checks: Vec<Check>,
}

impl Verified {
	/// Whether all is as the report says, and all that must hold does.
	pub fn holds(&self) -> bool {
		self.differences.is_empty() && self.checks.iter().all(|check| check.holds)
	}
}

/// Reads a report.
///
/// # Errors
/// [`VerifyError::File`] if the file cannot be read, is larger than [`MAX_REPORT_BYTES`], or is no report.
pub fn read(path: &Path) -> Result<Report, VerifyError> {
	let wrong = |reason: String| VerifyError::File { path: path.display().to_string(), reason };
	let file = std::fs::File::open(path).map_err(|error| wrong(error.to_string()))?;
	let mut text = Vec::new();
	let mut bounded = file.take(MAX_REPORT_BYTES.saturating_add(1));
	bounded.read_to_end(&mut text).map_err(|error| wrong(error.to_string()))?;
	if text.len() as u64 > MAX_REPORT_BYTES {
		return Err(wrong(format!("it is larger than {MAX_REPORT_BYTES} bytes: no report is")));
	}
	serde_json::from_slice(&text).map_err(|error| wrong(format!("it is no report: {error}")))
}

/// Recomputes a report from the blocks of a node.
///
/// # Errors
/// [`VerifyError::OtherChain`], [`VerifyError::Chain`] if the node does not have the blocks with their state,
/// [`VerifyError::Figures`].
pub async fn verify(client: &Client, report: &Report) -> Result<Verified, VerifyError> {
	let genesis = client.ledger().await?.genesis();
	let genesis = format!("0x{}", hex::encode(genesis.0));
	if genesis != report.setting.chain.genesis {
		let report = report.setting.chain.genesis.clone();
		return Err(VerifyError::OtherChain { report, node: genesis });
	}
	let (first, last) = (report.setting.first_block, report.setting.last_block);
	let history = History::read(client, first, last).await?;
	against(report, &history)
}

/// Holds a report against a history.
///
/// # Errors
/// [`VerifyError::Figures`].
pub fn against(report: &Report, history: &History) -> Result<Verified, VerifyError> {
	let (figures, checks) = figures::compute(&report.setting, &report.inputs, history)?;
	let (compared, differences) = compare(report, &figures, &checks);
	Ok(Verified { compared, differences, checks })
}

/// Compares every value of a report's figures and checks: how many there are, and which differ.
///
/// A report that was read from a file went through a writer and a reader of numbers, of which the reader may miss the last bit
/// of a double. So the report is also compared with what was computed after it went the same way, and the better of the two
/// counts.
pub fn compare(report: &Report, figures: &Figures, checks: &[Check]) -> (u64, Vec<Difference>) {
	let (said, promised) = (plain(&report.figures), plain(&report.checks));
	// The same reader as for a report: it reads a number of a known type otherwise than one of any.
	let text = serde_json::to_string(figures).unwrap_or_default();
	let read = serde_json::from_str::<Figures>(&text).ok();
	let against = |figures: &Figures| {
		let mut compared = Compared::default();
		compared.value("$.figures", Some(&said), Some(&plain(figures)));
		compared.value("$.checks", Some(&promised), Some(&plain(&checks)));
		compared
	};
	let direct = against(figures);
	let read = against(read.as_ref().unwrap_or(figures));
	let better = if read.differences.len() < direct.differences.len() { read } else { direct };
	(better.count, better.differences)
}

fn plain(value: &impl Serialize) -> Value {
	serde_json::to_value(value).unwrap_or_default()
}

#[derive(Default)]
struct Compared {
	count: u64,
	differences: Vec<Difference>,
}

impl Compared {
	fn value(&mut self, path: &str, report: Option<&Value>, blocks: Option<&Value>) {
		match (report, blocks) {
			(Some(Value::Object(report)), Some(Value::Object(blocks))) => {
				for (name, value) in report {
					self.value(&format!("{path}.{name}"), Some(value), blocks.get(name));
				}
				for (name, value) in blocks.iter().filter(|(name, _)| !report.contains_key(*name)) {
					self.value(&format!("{path}.{name}"), None, Some(value));
				}
			},
			(Some(Value::Array(report)), Some(Value::Array(blocks))) => {
				for index in 0..report.len().max(blocks.len()) {
					let path = format!("{path}[{index}]");
					self.value(&path, report.get(index), blocks.get(index));
				}
			},
			(report, blocks) => {
				self.count = self.count.saturating_add(1);
				if report != blocks {
					let (report, blocks) = (report.cloned(), blocks.cloned());
					self.differences.push(Difference { path: path.into(), report, blocks });
				}
			},
		}
	}
}
