//! `petra simulate`

use crate::{
	answer::{note, Answer},
	context::Context,
	failure::Failure,
	readings::{profile, ReadingUnit},
};
use clap::{Args, ValueEnum};
use petra_client::{
	simulate::{self, plan::Column, Options, Path, SimulationError},
	types::{MarketMode, Power, Price},
	units::{format_money, parse_power, Converter, PriceInput},
};
use petra_profile::TimeOfDay;
use petra_report::{ProfileSetting, Report};
use serde_json::json;
use std::{fs, path::PathBuf};
use tokio::signal::{
	ctrl_c,
	unix::{signal, SignalKind},
};

/// How energy is traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
	/// Every trade at one price
	Fixed,
	/// At the offer's price, for whoever accepts it first
	FirstCome,
	/// One clearing when the gate closes, at one price
	Auction,
}

/// Who creates assets for households.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Way {
	/// Their meters (P1)
	Meter,
	/// The DSO's service (P3)
	Dso,
}

#[derive(Args)]
pub struct Arguments {
	/// The load profile: a CSV file, `Time` and a column for each household
	#[arg(long, value_name = "FILE")]
	profile: PathBuf,
	/// What its numbers are: positive is produced
	#[arg(long, value_enum, default_value = "kW")]
	unit: ReadingUnit,
	/// First row, by its time of day
	#[arg(long, value_name = "H:MM")]
	from: Option<TimeOfDay>,
	/// End of the last row
	#[arg(long, value_name = "H:MM")]
	to: Option<TimeOfDay>,
	/// How energy is traded
	#[arg(long, value_enum, default_value = "first-come")]
	mode: Mode,
	/// Who creates assets for households
	#[arg(long, value_enum, default_value = "meter")]
	path: Way,
	/// Trade without mixing
	#[arg(long)]
	no_mixing: bool,
	/// Return what was traded without mixing it again
	#[arg(long)]
	no_mix_again: bool,
	/// Timesteps of a note, a power of two
	#[arg(long, default_value = "1")]
	stretch: u64,
	/// Notes in which the greatest demand is split
	#[arg(long, default_value = "2")]
	notes: u32,
	/// Timesteps from withdrawal to delivery, if not as many as it takes
	#[arg(long)]
	lead: Option<u64>,
	/// What the DSO sells at, for a kWh of the profile
	#[arg(long, default_value = "0.30EUR/kWh", value_name = "PRICE")]
	consumption: PriceInput,
	/// What the DSO buys at, for a kWh of the profile
	#[arg(long, default_value = "0.08EUR/kWh", value_name = "PRICE")]
	production: PriceInput,
	/// What may be traded on each feeder
	#[arg(long, value_name = "POWER", value_parser = parse_power)]
	feeder_limit: Option<Power>,
	/// Standard deviation of predictions, as a share: 0.1
	#[arg(long, default_value = "0")]
	forecast_error: f64,
	/// From which made-up numbers are drawn
	#[arg(long, default_value = "1")]
	seed: u64,
	/// Keep the profile's feeders: the number before `/` in a column's name
	#[arg(long)]
	feeders: bool,
	/// Nodes for households and the DSO, by turns; else the one of --url
	#[arg(long, value_name = "URL")]
	node: Vec<String>,
	/// A new directory for report, logs and wallets
	#[arg(long, value_name = "DIRECTORY", default_value = "petra-simulation")]
	out: PathBuf,
}

pub async fn run(arguments: Arguments, context: &Context) -> Result<Answer, Failure> {
	let options = options(&arguments, context)?;
	let regulator = context.regulator()?;
	let mut say = |line: &str| note(line);
	let report = tokio::select! {
		report = simulate::run(&options, &regulator, &mut say) => report.map_err(failure)?,
		// Meters and agents end with it.
		() = told_to_end() => {
			return Err(Failure::Simulation("it was told to end before its end".into()));
		},
	};
	write(&arguments, &report)?;
	answer(&arguments, &report)
}

/// Waits for Ctrl-C, or to be terminated.
async fn told_to_end() {
	match signal(SignalKind::terminate()) {
		Ok(mut terminated) => tokio::select! {
			_ = ctrl_c() => (),
			_ = terminated.recv() => (),
		},
		Err(_) => std::future::pending().await,
	}
}

fn failure(error: SimulationError) -> Failure {
	match error {
		SimulationError::Chain(error) => Failure::Client(error),
		SimulationError::Wallet(error) => Failure::Wallet(error),
		SimulationError::File { path, reason } => Failure::File { path, reason },
		error @ SimulationError::Plan(_) => Failure::Usage(error.to_string()),
		error => Failure::Simulation(error.to_string()),
	}
}

fn options(arguments: &Arguments, context: &Context) -> Result<Options, Failure> {
	let wrong = |reason: String| Failure::file(&arguments.profile, reason);
	let whole = profile(&arguments.profile, arguments.unit)?;
	let (from, to) = (arguments.from.unwrap_or(whole.from()), arguments.to.unwrap_or(whole.to()));
	let profile = whole.window(from, to).map_err(|error| wrong(error.to_string()))?;
	if arguments.out.exists() {
		return Err(Failure::file(&arguments.out, "it is there already: name a new directory"));
	}
	if !(0.0..=1.0).contains(&arguments.forecast_error) {
		return Err(Failure::Usage("a forecast error is a share, from 0 to 1".into()));
	}
	let prices = (
		price(&arguments.consumption, profile.interval_minutes())?,
		price(&arguments.production, profile.interval_minutes())?,
	);
	let market = match arguments.mode {
		Mode::Fixed => MarketMode::FixedPrice(prices.1.midpoint(prices.0)),
		Mode::FirstCome => MarketMode::FirstComeFirstServed,
		Mode::Auction => MarketMode::DoubleAuction,
	};
	let columns = profile
		.columns()
		.iter()
		.enumerate()
		.map(|(position, column)| Column {
			name: column.name.clone(),
			feeder: column.feeder(),
			measured: profile.net_consumption(position).unwrap_or_default(),
		})
		.collect();
	let name = arguments.profile.file_name().unwrap_or_default().to_string_lossy().into_owned();
	let urls = if arguments.node.is_empty() {
		vec![context.settings.url.clone()]
	} else {
		arguments.node.clone()
	};
	let tool = std::env::current_exe().map_err(|error| Failure::Usage(error.to_string()))?;
	Ok(Options {
		urls,
		tool,
		columns,
		profile: ProfileSetting {
			name,
			unit: arguments.unit.symbol().into(),
			interval_minutes: profile.interval_minutes(),
			from: profile.from().to_string(),
			to: profile.to().to_string(),
		},
		market,
		prices,
		path: match arguments.path {
			Way::Meter => Path::Meter,
			Way::Dso => Path::Dso,
		},
		mixing: !arguments.no_mixing,
		again: !arguments.no_mixing && !arguments.no_mix_again,
		stretch: arguments.stretch,
		notes: arguments.notes,
		lead: arguments.lead,
		feeder_limit: arguments.feeder_limit,
		forecast_error: arguments.forecast_error,
		seed: arguments.seed,
		keep_feeders: arguments.feeders,
		directory: arguments.out.clone(),
		command: std::env::args().collect::<Vec<_>>().join(" "),
	})
}

/// A price for the profile's interval: one timestep stands for it, however long it is.
fn price(input: &PriceInput, minutes: u32) -> Result<Price, Failure> {
	let converter = Converter::of_interval(u64::from(minutes).saturating_mul(60_000));
	let converted = converter.convert(input)?;
	if let Some(inexact) = converted.inexact {
		note(&inexact);
	}
	Ok(converted.price)
}

fn write(arguments: &Arguments, report: &Report) -> Result<(), Failure> {
	let out = &arguments.out;
	let path = |name: &str| out.join(name);
	let create = |name: &str| {
		fs::File::create(path(name)).map_err(|error| Failure::file(&path(name), error))
	};
	report
		.write(create("report.json")?)
		.map_err(|error| Failure::file(&path("report.json"), error))?;
	report
		.write_trades(create("trades.csv")?)
		.map_err(|error| Failure::file(&path("trades.csv"), error))?;
	fs::write(path("report.html"), report.html())
		.map_err(|error| Failure::file(&path("report.html"), error))
}

fn answer(arguments: &Arguments, report: &Report) -> Result<Answer, Failure> {
	let failed: Vec<_> = report.checks.iter().filter(|check| !check.holds).collect();
	if !failed.is_empty() {
		let lines: Vec<_> =
			failed.iter().map(|check| format!("{}: {}", check.name, check.detail)).collect();
		return Err(Failure::Simulation(format!(
			"{} of {} checks do not hold (the report is in {}):\n{}",
			failed.len(),
			report.checks.len(),
			arguments.out.display(),
			lines.join("\n")
		)));
	}
	let totals = &report.figures.totals;
	let saved = totals.baseline.saturating_sub(totals.bills).max(0);
	let saved = format_money(u128::try_from(saved).unwrap_or_default());
	let clearing = &report.figures.clearing.in_blocks;
	let anonymity = &report.figures.anonymity;
	let sets = anonymity.rings.iter().map(|ring| ring.households).min();
	let path = arguments.out.join("report.html");
	let text = format!(
		"{} trades: {:.1} % of demand came from neighbours\nan offer was accepted after {:.1} s (median)\nhouseholds saved \
		 {saved} together against no market\n{} of {} assets that were traded had been mixed, among {} households or more\n\
		 all {} checks hold\n\nreport: {}",
		totals.trades,
		totals.local_share * 100.0,
		clearing.median,
		anonymity.traded_mixed,
		anonymity.traded,
		sets.unwrap_or_default(),
		report.checks.len(),
		path.display(),
	);
	let json =
		json!({ "report": path, "totals": totals, "clearing": clearing, "checks": report.checks });
	Ok(Answer::new(text, json))
}
