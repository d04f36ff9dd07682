//! `make bench-spb`: P4's evaluation, on one validator and on four, in one run.
//!
//! What is measured, and how, says [`petra_tests::delivery`]. `PETRA_TRADES` and `PETRA_RUNS` change how many trades are made
//! at once and one after the other. The report is printed, and written with its plot to `docs/measurements/`.

use petra_tests::{
	delivery::bench::{run, Settings},
	knob, Result,
};

/// Trades at once: the paper's number.
const TRADES: usize = 100;
/// Trades one after the other, for each way.
const RUNS: usize = 20;

async fn measure() -> Result {
	let settings =
		Settings { trades: knob("PETRA_TRADES", TRADES)?, runs: knob("PETRA_RUNS", RUNS)? };
	println!("\n{}", run(settings).await?);
	Ok(())
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
	match measure().await {
		Ok(()) => std::process::ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("Error: {error}");
			std::process::ExitCode::FAILURE
		},
	}
}
