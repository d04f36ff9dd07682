//! The report of the measurement, and its plot.

use super::{
	bench::{Measured, OnNetwork, Settings},
	trade::Way,
};
use crate::{Error, Result};
use std::{fmt::Write, path::Path, time::Duration};

const REPORT: &str = "docs/measurements/spb.md";
const PLOT: &str = "docs/measurements/spb.svg";
/// The promises of issue 7: time for all trades, and chain size with `settle`.
const TIME: Duration = Duration::from_secs(3);
const BYTES: usize = 60_000;
/// The trades that they are about.
const TRADES: usize = 100;
/// What P4 prints, in per cent of its baseline: delay (figure 6), cost (7), time of 100 trades (8), chain size (9).
const PAPER: [f64; 4] = [65.0, 100.0 * 20.0 / 60.0, 100.0 * 16.6 / 32.0, 100.0 * 520.0 / 860.0];
const FIGURES: [&str; 4] =
	["delay of a trade", "transactions of a trade", "time of all trades", "chain size"];

fn mean(times: &[Duration]) -> f64 {
	let sum: Duration = times.iter().sum();
	sum.as_secs_f64() / times.len().max(1) as f64
}

fn kilobytes(bytes: usize) -> f64 {
	bytes as f64 / 1_000.0
}

/// The ways on a network, in the order of reports.
fn ways(network: &OnNetwork) -> impl Iterator<Item = (Way, &Measured)> {
	Way::ALL.into_iter().filter_map(|way| Some((way, network.ways.get(&way)?)))
}

/// Delay, transactions, time and size, the four that the paper has figures of.
fn four(measured: &Measured) -> [f64; 4] {
	[
		mean(&measured.delays),
		measured.stored.transactions as f64,
		measured.all.as_secs_f64(),
		measured.stored.chain_bytes as f64,
	]
}

/// In per cent of the baseline on the same network.
fn relative(network: &OnNetwork, way: Way) -> Option<[f64; 4]> {
	let (of, base) = (four(network.ways.get(&way)?), four(network.ways.get(&Way::Baseline)?));
	let mut per_cent = [0.0; 4];
	for (per_cent, (of, base)) in per_cent.iter_mut().zip(of.into_iter().zip(base)) {
		*per_cent = 100.0 * of / base;
	}
	Some(per_cent)
}

/// Writes both files; returns the report.
pub fn write(settings: Settings, networks: &[OnNetwork]) -> Result<String> {
	let report = text(settings, networks);
	for (path, content) in [(REPORT, &report), (PLOT, &plot(networks))] {
		let failed = |reason| Error::File { path: path.into(), reason };
		if let Some(directory) = Path::new(path).parent() {
			std::fs::create_dir_all(directory).map_err(failed)?;
		}
		std::fs::write(path, content).map_err(failed)?;
	}
	Ok(report)
}

fn output_of(program: &str, arguments: &[&str]) -> String {
	let output = std::process::Command::new(program).args(arguments).output();
	output.map_or_else(
		|_| "unknown".into(),
		|output| String::from_utf8_lossy(&output.stdout).trim().to_string(),
	)
}

fn machine() -> String {
	let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
	let name = cpus.lines().find_map(|line| line.strip_prefix("model name"));
	let name = name.map_or("unknown processor", |name| name.trim_start_matches([' ', '\t', ':']));
	let cores = std::thread::available_parallelism().map_or(0, usize::from);
	format!("{cores} cores, {name}")
}

fn text(settings: Settings, networks: &[OnNetwork]) -> String {
	let Settings { trades, runs } = settings;
	let date = output_of("date", &["-u", "+%Y-%m-%d"]);
	let commit = output_of("git", &["rev-parse", "--short=12", "HEAD"]);
	let changed = !output_of("git", &["status", "--porcelain", "--untracked-files=no"]).is_empty();
	let with = if changed { " with changes" } else { "" };
	let machine = machine();
	let mut text = format!(
		"# Payment against delivery, measured\n\nWritten by `make bench-spb` on {date}, commit {commit}{with}, {machine}. \
		 All figures are of one run; sizes, counts and fees are read from final blocks of a node.\n\n\
		 | | "
	);
	let columns: Vec<_> = networks
		.iter()
		.flat_map(|network| ways(network).map(move |(way, measured)| (network, way, measured)))
		.collect();
	for (network, way, _) in &columns {
		let plural = if network.validators == 1 { "validator" } else { "validators" };
		let _ = write!(text, "{}, {} {plural} | ", way.name(), network.validators);
	}
	text.push_str("P4: baseline | P4: SPB |\n| --- |");
	(0..columns.len() + 2).for_each(|_| text.push_str(" ---: |"));
	text.push('\n');
	let mut row = |name: String, paper: [&str; 2], value: &dyn Fn(&Measured) -> String| {
		let _ = write!(text, "| {name} | ");
		columns.iter().for_each(|(_, _, measured)| {
			let _ = write!(text, "{} | ", value(measured));
		});
		let _ = writeln!(text, "{} | {} |", paper[0], paper[1]);
	};
	let per_trade = |count: usize| count as f64 / trades as f64;
	row(format!("delay of a trade, in a block, mean of {runs}"), ["100 %", "65 %"], &|measured| {
		format!("{:.2} s", mean(&measured.delays))
	});
	row(format!("delay of a trade, final, mean of {runs}"), ["", ""], &|measured| {
		format!("{:.2} s", mean(&measured.finals))
	});
	row("stored transactions of a trade".into(), ["3", "1"], &|measured| {
		format!("{}", per_trade(measured.stored.transactions))
	});
	row("their bytes".into(), ["", ""], &|measured| {
		format!("{:.0} B", per_trade(measured.stored.transaction_bytes))
	});
	row("fees of a trade".into(), ["60 Ether", "20 Ether"], &|measured| {
		format!("{:.6} EUR", measured.stored.fees as f64 / trades as f64 / 1e9)
	});
	row(format!("time of {trades} trades, in blocks"), ["32 min", "16.6 min"], &|measured| {
		format!("{:.2} s", measured.all.as_secs_f64())
	});
	row(format!("time of {trades} trades, final"), ["", ""], &|measured| {
		format!("{:.2} s", measured.all_final.as_secs_f64())
	});
	row("blocks that have them".into(), ["", ""], &|measured| measured.stored.blocks.to_string());
	row(format!("chain size of {trades} trades"), ["860 KB", "520 KB"], &|measured| {
		format!("{:.1} KB", kilobytes(measured.stored.chain_bytes))
	});
	row("of it, justifications".into(), ["", ""], &|measured| {
		format!("{:.1} KB", kilobytes(measured.stored.justification_bytes))
	});
	text.push_str(&promises(trades, networks));
	text.push_str(&method(trades, runs, networks));
	text
}

/// What was to be reached, and whether it was.
fn promises(trades: usize, networks: &[OnNetwork]) -> String {
	let mut text = String::from("\n## To be reached\n\n");
	if trades != TRADES {
		let _ =
			writeln!(text, "The promises are about {TRADES} trades; this was a run of {trades}.");
		return text;
	}
	let word = |reached: bool| if reached { "reached" } else { "**not reached**" };
	for network in networks {
		for (way, measured) in ways(network).filter(|(way, _)| *way != Way::Baseline) {
			let _ = writeln!(
				text,
				"- {TRADES} trades in at most {} s, {} on {}: {} ({:.2} s)",
				TIME.as_secs(),
				way.name(),
				network.validators,
				word(measured.all <= TIME),
				measured.all.as_secs_f64()
			);
			if way == Way::Settle {
				let _ = writeln!(
					text,
					"- at most {} KB of chain with `settle`, on {}: {} ({:.1} KB)",
					kilobytes(BYTES),
					network.validators,
					word(measured.stored.chain_bytes <= BYTES),
					kilobytes(measured.stored.chain_bytes)
				);
			}
		}
	}
	text
}

fn method(trades: usize, runs: usize, networks: &[OnNetwork]) -> String {
	let locks: Vec<_> = networks.iter().map(|network| network.lock_bytes.to_string()).collect();
	format!(
		"\n![In per cent of the baseline](spb.svg)\n\n## What was compared\n\n\
		 - **Baseline**, as P4 has it: three stored transactions. The consumer makes an escrow account (`proxy.create_pure`, in \
		 the place of the smart contract), pays into it, and when the energy has come, pays out of it to the producer. Each \
		 needs the one before. An Ethereum contract has kilobytes of code, which petra's escrow has not: in bytes, this \
		 baseline is far smaller than the paper's.\n\
		 - **CTP + ERC**: `commit_to_pay`, and when it is in a block, the meter's `confirm_receipt`. The paper keeps the CTP out \
		 of the chain, in a database beside it, and counts one stored transaction; here the CTP is a transaction, and two \
		 are stored.\n\
		 - **settle**: one transaction, from a lock. The locks were made before: one transaction of {} B for as many trades \
		 as one likes, which is not counted above.\n\n\
		 All three are sent by the same client; the households are connected to the validators in turn. A step is done when its \
		 transaction is in its node's best block, and the next step is sent when all validators have that block: one that has \
		 not would refuse a receipt that comes before its commitment. The delay is of {runs} trades, one after the other, each by \
		 another consumer; the time is of {trades} trades by as many consumers with ten producers, all begun at once, right after a block. Time for \
		 the delivery itself is left out, as in the paper. After each run the producers' balances are checked to the unit. \
		 Chain size is encoded headers, bodies and justifications of all blocks from the first to the last with one of the \
		 trades' transactions. The node stores a justification with a block only now and then; proofs of finality on the \
		 network are not counted.\n\n\
		 Trees have four keys, so each receipt carries two hashes. A receipt is a key, two signatures, a root and a path \
		 of hashes: that is what it costs that the meter stays anonymous. So the chain of SPB is not smaller in bytes than this \
		 baseline's, whose transactions are plain payments; it is in the paper because a contract is large.\n",
		locks.join(" and "),
	)
}

/// Bars of what the ways need in per cent of the baseline, beside the paper's.
fn plot(networks: &[OnNetwork]) -> String {
	let mut series = vec![("P4: SPB".to_string(), PAPER)];
	for way in [Way::CommitAndConfirm, Way::Settle] {
		for network in networks {
			if let Some(per_cent) = relative(network, way) {
				let name = format!("{}, {} val.", way.name(), network.validators);
				series.push((name, per_cent));
			}
		}
	}
	let highest = series.iter().flat_map(|(_, values)| *values).fold(100.0, f64::max);
	let (left, top, height, group, bar) = (60.0, 60.0, 260.0, 200.0, 30.0);
	let width = left + group * FIGURES.len() as f64 + 20.0;
	let bottom = top + height;
	let y = |per_cent: f64| bottom - height * per_cent / highest;
	let colours = ["#777777", "#7fb3d5", "#2471a3", "#f5b041", "#b9770e"];
	let mut svg = format!(
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{}\" font-family=\"sans-serif\" \
		 font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
		 <text x=\"{left}\" y=\"20\" font-size=\"14\">In per cent of the baseline with three stored transactions</text>\n",
		bottom + 70.0
	);
	for per_cent in (0..=(highest / 25.0) as u32).map(|step| f64::from(step) * 25.0) {
		let at = y(per_cent);
		let colour = if per_cent == 100.0 { "#000000" } else { "#dddddd" };
		let _ = writeln!(
			svg,
			"<line x1=\"{left}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"{colour}\"/>\
			 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{per_cent} %</text>",
			width - 20.0,
			left - 6.0,
			at + 4.0
		);
	}
	for (figure, name) in FIGURES.iter().enumerate() {
		let start = left + group * figure as f64 + 20.0;
		for (index, (_, values)) in series.iter().enumerate() {
			let value = values.get(figure).copied().unwrap_or_default();
			let (x, at) = (start + bar * index as f64, y(value));
			let colour = colours.get(index).unwrap_or(&"#000000");
			let _ = writeln!(
				svg,
				"<rect x=\"{x:.1}\" y=\"{at:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>\
				 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"10\">{value:.0}</text>",
				bar - 4.0,
				bottom - at,
				x + bar / 2.0 - 2.0,
				at - 3.0
			);
		}
		let _ = writeln!(
			svg,
			"<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{name}</text>",
			start + bar * series.len() as f64 / 2.0,
			bottom + 18.0
		);
	}
	for (index, (name, _)) in series.iter().enumerate() {
		let x = left + 165.0 * index as f64;
		let colour = colours.get(index).unwrap_or(&"#000000");
		let _ = writeln!(
			svg,
			"<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>\
			 <text x=\"{:.1}\" y=\"{:.1}\">{name}</text>",
			bottom + 38.0,
			x + 17.0,
			bottom + 48.0
		);
	}
	svg.push_str("</svg>\n");
	svg
}
