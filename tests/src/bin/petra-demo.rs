//! `make demo`: a microgrid's afternoon on a network of four validators, from nothing to a report.

use clap::Parser;
use petra_tests::{
	simulation::{self, Day},
	wait, Error, LocalNetwork, Result, FULL_NODE,
};
use std::{
	path::{Path, PathBuf},
	process::ExitStatus,
	time::{Duration, Instant},
};
use tokio::process::Command;

/// Starts four validators and a full node, replays the end of an afternoon of nine households on them, has the full node's
/// blocks say whether the report is true, and stops.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
	/// A new directory for the report, and for logs and wallets.
	#[arg(long)]
	out: PathBuf,
}

fn ended(what: &str, status: std::io::Result<ExitStatus>) -> Result {
	match status {
		Ok(status) if status.success() => Ok(()),
		Ok(status) => Err(Error::Violated(format!("{what} ended: {status}"))),
		Err(error) => Err(Error::Violated(format!("{what} did not run: {error}"))),
	}
}

/// Opens the report, where there is somebody to look at it.
async fn show(page: &Path) {
	let seen = ["DISPLAY", "WAYLAND_DISPLAY"]
		.iter()
		.any(|name| std::env::var_os(name).is_some());
	if seen {
		// Where this program is missing, the link is there.
		let _ = Command::new("xdg-open").arg(page).status().await;
	}
}

async fn run(arguments: Arguments) -> Result {
	println!("Starting four validators and a full node…");
	let start = Instant::now();
	let day = Day::shipped();
	let network = LocalNetwork::start(simulation::network("demo", day.timestep_ms)).await?;
	wait::finalized(&network.client(FULL_NODE).await?, 1).await?;
	println!("The network is up after {:.0?}.\n", start.elapsed());

	let out = &arguments.out;
	let mut simulate = simulation::command(&network, &day, out, &[])?;
	ended("petra simulate", simulate.status().await)?;

	println!("\nHolding the report against the blocks of the full node, which nobody used:");
	let mut verify = simulation::verification(&network, &out.join("report.json"))?;
	ended("petra verify-report", verify.status().await)?;
	network.stop().await?;

	let page = std::path::absolute(out.join("report.html")).unwrap_or_else(|_| out.clone());
	println!("\nThe network is stopped, after {:.0?} in all.", rounded(start.elapsed()));
	println!("The report: file://{}", page.display());
	show(&page).await;
	Ok(())
}

fn rounded(time: Duration) -> Duration {
	Duration::from_secs(time.as_secs())
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
	match run(Arguments::parse()).await {
		Ok(()) => std::process::ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("Error: {error}");
			std::process::ExitCode::FAILURE
		},
	}
}
