//! `petra verify-report` and `petra verify-bill`

use crate::{
	answer::{during, Answer},
	context::Context,
	failure::Failure,
	readings::{household, ReadingUnit},
};
use clap::Args;
use petra_client::{
	billing::{self, file, Expected},
	history::{
		verify::{self, Difference, VerifyError},
		History,
	},
	types::{MeterId, Timestep},
	wallet::Role,
	AccountId32,
};
use serde_json::{json, Value};
use std::{
	collections::BTreeSet,
	path::{Path, PathBuf},
};

/// The most differences that are told.
const MAX_TOLD: usize = 20;
/// The longest value that is told.
const MAX_VALUE: usize = 80;
/// The most timesteps of a bill.
const MAX_TIMESTEPS: u64 = 1 << 20;

#[derive(Args)]
pub struct ReportArguments {
	/// The report (report.json)
	file: PathBuf,
}

#[derive(Args)]
pub struct BillArguments {
	/// The bill, as `petra meter run --bill` writes it
	file: PathBuf,
	/// Own readings: a profile of one household, `Time` and its name in the head line; what was produced is above zero
	#[arg(long, value_name = "FILE")]
	readings: PathBuf,
	/// The timestep of the first reading
	#[arg(long, value_name = "TIMESTEP")]
	first: Timestep,
	/// What the readings are in
	#[arg(long, value_enum, default_value = "kW")]
	unit: ReadingUnit,
	/// Own addresses, one a line, instead of the wallet's
	#[arg(long, value_name = "FILE")]
	addresses: Option<PathBuf>,
	/// The block to read from: no later than the first withdrawal that counts
	#[arg(long, value_name = "BLOCK", default_value_t = 1)]
	from_block: u64,
}

impl From<VerifyError> for Failure {
	fn from(error: VerifyError) -> Self {
		match error {
			VerifyError::File { path, reason } => Self::File { path, reason },
			VerifyError::Chain(error) => Self::Client(error),
			VerifyError::Figures(error) => Self::Mismatch(error.to_string()),
			error => Self::Usage(error.to_string()),
		}
	}
}

/// Recomputes a report from a node's blocks.
pub async fn report(arguments: ReportArguments, context: &Context) -> Result<Answer, Failure> {
	let report = verify::read(&arguments.file)?;
	let client = context.client().await?;
	let url = &context.settings.url;
	let (first, last) = (report.setting.first_block, report.setting.last_block);
	let reading = format!("reading blocks {first} to {last} from {url}");
	let verified = during(&reading, verify::verify(&client, &report)).await?;
	let broken: Vec<String> = verified
		.checks
		.iter()
		.filter(|check| !check.holds)
		.map(|check| format!("does not hold: {}: {}", check.name, check.detail))
		.collect();
	if !verified.holds() {
		let mut told: Vec<String> = verified.differences.iter().take(MAX_TOLD).map(tell).collect();
		let rest = verified.differences.len().saturating_sub(MAX_TOLD);
		if rest > 0 {
			told.push(format!("and {rest} more"));
		}
		told.extend(broken);
		let count = verified.differences.len();
		let head = format!("{count} of {} values differ from the blocks", verified.compared);
		return Err(Failure::Mismatch(format!("{head}\n{}", told.join("\n"))));
	}
	let checks = verified.checks.len();
	let text = format!(
		"{} values recomputed from blocks {first} to {last} of {url}: all are as the report says. {checks} checks hold.",
		verified.compared
	);
	Ok(Answer::new(text, json!({ "compared": verified.compared, "checks": verified.checks })))
}

fn tell(difference: &Difference) -> String {
	let value = |value: &Option<Value>| match value {
		None => "nothing".to_string(),
		Some(value) => value.to_string().chars().take(MAX_VALUE).collect(),
	};
	let Difference { path, report, blocks } = difference;
	format!("{path}: the report says {}, the blocks give {}", value(report), value(blocks))
}

/// Recomputes a bill from a node's blocks and one's own readings.
pub async fn bill(arguments: BillArguments, context: &Context) -> Result<Answer, Failure> {
	let wrong = |path: &Path, error: file::FileError| Failure::file(path, error);
	let path = &arguments.file;
	let file = file::BillFile::read(path).map_err(|error| wrong(path, error))?;
	let bill = file.bill().map_err(|error| wrong(path, error))?;
	let readings = household(&arguments.readings, arguments.unit)?;
	let addresses = addresses(&arguments, context)?;
	let period = file.period();
	if period.is_empty() || period.len() > MAX_TIMESTEPS {
		return Err(Failure::file(path, format!("none, or more than {MAX_TIMESTEPS} timesteps")));
	}
	let client = context.client().await?;
	let last = client.finalized_head().await?.number;
	let reading = format!("reading blocks {} to {last}", arguments.from_block);
	let history = during(&reading, History::read(&client, arguments.from_block, last)).await?;
	let genesis = format!("0x{}", hex::encode(history.genesis.0));
	if genesis != file.genesis {
		let reason = format!("it is of another chain than the node's, {genesis}");
		return Err(Failure::file(path, reason));
	}
	let entries = history.entries();
	let measured: Vec<i128> = (period.first..=period.last)
		.map(|t| {
			let row = t.checked_sub(arguments.first).and_then(|row| usize::try_from(row).ok());
			row.and_then(|row| readings.get(row)).copied().map_or(0, i128::from)
		})
		.collect();
	let own = billing::entries_at(&addresses, &entries);
	let lines = billing::lines(period, &measured, own, |t| history.prices(t))
		.map_err(|error| Failure::Mismatch(error.to_string()))?;
	let expected = expected(&history, file.meter, period)?;
	billing::verify_bill(&bill, &expected, &lines)
		.map_err(|error| Failure::Mismatch(error.to_string()))?;
	let owed = bill.content.owed().map_err(|error| Failure::Mismatch(error.to_string()))?;
	let text = format!(
		"the bill of meter {} over timesteps {} to {} is right: {owed} units (billionths of a EUR; below zero, the DSO owes)",
		file.meter, period.first, period.last
	);
	let json = json!({ "meter": file.meter, "owed": owed.to_string(), "lines": lines });
	Ok(Answer::new(text, json))
}

fn expected(
	history: &History,
	meter: MeterId,
	period: billing::Period,
) -> Result<Expected, Failure> {
	let known = history.after.rules.meters.get(&meter);
	let known = known.ok_or_else(|| Failure::NotFound(format!("meter {meter} on the ledger")))?;
	let length = history.parameters.billing_period;
	Ok(Expected {
		genesis: history.genesis,
		meter,
		signer: known.key,
		period: period.first.checked_div(length).unwrap_or_default(),
	})
}

/// The addresses of the file, else all that the wallet has used.
fn addresses(
	arguments: &BillArguments,
	context: &Context,
) -> Result<BTreeSet<AccountId32>, Failure> {
	let Some(path) = &arguments.addresses else {
		let wallet = context.wallet()?;
		let used = (0..wallet.used_addresses())
			.map(|index| Ok(wallet.account(Role::Address(index))?.address()));
		return used.collect();
	};
	let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
	let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
	lines
		.map(|(index, line)| {
			line.trim().parse().map_err(|_| {
				let line = index.saturating_add(1);
				Failure::file(path, format!("line {line} is no address (5…)"))
			})
		})
		.collect()
}
