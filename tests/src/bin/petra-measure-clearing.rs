//! `make measure-clearing`: how long a full book takes to clear on a node, and what its blocks carry meanwhile.
//!
//! What is measured, and how, says [`petra_tests::clearing`]. `PETRA_OFFERS`, `PETRA_TIMESTEP_S` and `PETRA_FILLING_S` change
//! the number of offers, and the seconds of a timestep and for filling the book. The report is printed, checked, and written
//! to `docs/measurements/clearing.md`.

use petra_tests::{
	clearing::{measure, Settings},
	knob, Error, Result,
};
use std::path::Path;

/// Offers in the book: what a book must hold at least.
const OFFERS: usize = 10_000;
/// Seconds of a timestep.
const TIMESTEP_S: usize = 180;
/// Seconds for filling the book.
const FILLING_S: usize = 240;
const REPORT: &str = "docs/measurements/clearing.md";

async fn run() -> Result {
	let settings = Settings {
		offers: knob("PETRA_OFFERS", OFFERS)?,
		timestep_ms: 1_000u64.saturating_mul(knob("PETRA_TIMESTEP_S", TIMESTEP_S)? as u64),
		filling_s: knob("PETRA_FILLING_S", FILLING_S)? as u64,
	};
	let measured = measure(settings).await?;
	let report = measured.report().await?;
	println!("\n{report}");
	measured.check()?;
	let failed = |reason| Error::File { path: REPORT.into(), reason };
	if let Some(directory) = Path::new(REPORT).parent() {
		std::fs::create_dir_all(directory).map_err(failed)?;
	}
	std::fs::write(REPORT, report).map_err(failed)
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
	match run().await {
		Ok(()) => std::process::ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("Error: {error}");
			std::process::ExitCode::FAILURE
		},
	}
}
