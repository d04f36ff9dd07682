//! A microgrid's day on a running network (specification, section 10): a DSO, and a meter and an agent for each household of
//! a load profile, each a process of its own.
//!
//! [`run`] makes a [`Plan`](plan::Plan), sets the grid up with the regulator's key, starts the processes and starts those
//! again that end too early, follows the final blocks until everything is traded, delivered and returned, and makes a
//! [`Report`] of what the blocks say.

mod chain;
mod children;
mod households;
mod machine;
mod nodes;
pub mod plan;
mod watch;

use crate::{
	billing::file::FileError,
	history::{figures, History},
	types::{Balance, MarketMode, Price, Timestep},
	wallet::{Account, WalletError},
	Client, Error,
};
use petra_report::{MixingSetting, ProfileSetting, Report};
use plan::{Column, Plan};
use std::path::PathBuf;

/// Why a simulation did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
	/// The profile or the options make no plan.
	#[error("{0}")]
	Plan(String),
	/// The chain or the node.
	#[error(transparent)]
	Chain(#[from] Error),
	/// A household's wallet.
	#[error(transparent)]
	Wallet(#[from] WalletError),
	/// A file.
	#[error("{path}: {reason}")]
	File {
		/// Which.
		path: String,
		/// What is wrong with it.
		reason: String,
	},
	/// A meter's bill.
	#[error("the bill of {name}: {reason}")]
	Bill {
		/// Whose.
		name: String,
		/// What is wrong.
		reason: FileError,
	},
	/// A process.
	#[error("the {name}: {reason}")]
	Process {
		/// Which.
		name: String,
		/// What is wrong.
		reason: String,
	},
	/// It took too long.
	#[error("not done by timestep {until}: {waiting}")]
	TooLong {
		/// When it should have been over.
		until: Timestep,
		/// Who was still at work.
		waiting: String,
	},
	/// What blocks and disclosures say makes no report.
	#[error(transparent)]
	Figures(#[from] figures::FiguresError),
}

/// Who creates assets for households.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
	/// Their meters (P1).
	Meter,
	/// The DSO's service (P3).
	Dso,
}

/// What is simulated, and how.
#[derive(Clone, Debug)]
pub struct Options {
	/// Nodes that households and the DSO use, by turns; the first is asked for blocks.
	pub urls: Vec<String>,
	/// The petra tool.
	pub tool: PathBuf,
	/// Net consumption of the rows to replay.
	pub columns: Vec<Column>,
	/// Where they come from.
	pub profile: ProfileSetting,
	/// How energy is traded.
	pub market: MarketMode,
	/// What the DSO sells and buys at.
	pub prices: (Price, Price),
	/// Who creates assets.
	pub path: Path,
	/// Whether notes are mixed.
	pub mixing: bool,
	/// Whether what was traded is mixed again.
	pub again: bool,
	/// Timesteps of a note.
	pub stretch: Timestep,
	/// Notes in which the greatest demand is split.
	pub notes: u32,
	/// From withdrawal to delivery, in timesteps, if not as much as it takes.
	pub lead: Option<Timestep>,
	/// What may be traded on each feeder, if limited.
	pub feeder_limit: Option<u64>,
	/// Standard deviation of predictions, as a share.
	pub forecast_error: f64,
	/// From which made-up numbers are drawn.
	pub seed: u64,
	/// Whether feeders of the profile are kept.
	pub keep_feeders: bool,
	/// An empty directory for wallets, logs and databases.
	pub directory: PathBuf,
	/// The command line, for the report.
	pub command: String,
}

/// Simulates. `say` hears how it goes, a line at a time.
///
/// # Errors
/// [`SimulationError`] if it cannot be set up, or does not come to its end. A check that fails is no error here: it is in
/// the report.
pub async fn run(
	options: &Options,
	regulator: &Account,
	say: &mut dyn FnMut(&str),
) -> Result<Report, SimulationError> {
	let url = options
		.urls
		.first()
		.ok_or_else(|| SimulationError::Plan("name a node".into()))?;
	let client = Client::connect_lasting(url, std::time::Duration::from_secs(10)).await?;
	let units = chain::units(&client).await?;
	let plan = Plan::new(&options.columns, &units.wanted(options))?;
	say(&described(&plan, options));
	let homes = households::furnish(options, &plan)?;
	let service = match options.path {
		Path::Meter => None,
		Path::Dso => {
			let before = client.finalized_head().await?.number;
			let service = households::service(options, &plan, &homes, before)?;
			chain::employ(&client, regulator, &service.account).await?;
			Some(service)
		},
	};
	// The service's own money, which comes from nowhere, is there before.
	let first_block = client.finalized_head().await?.number.saturating_add(1);
	let keys: Vec<_> = homes.iter().map(|home| home.meter_key).collect();
	chain::regulate(&client, options, &plan, regulator, &keys).await?;
	let began = children::now();
	let observed =
		watch::until_done(&client, options, &plan, &homes, service, first_block, say).await?;
	let inputs = households::inputs(&plan, &homes, &observed)?;
	let setting = chain::setting(
		&client,
		options,
		&plan,
		&units,
		chain::Span { began, first_block, last_block: observed.last_block },
	)
	.await?;
	say(&format!("reading blocks {first_block} to {}", observed.last_block));
	let history = History::read(&client, first_block, observed.last_block).await?;
	let (figures, checks) = figures::compute(&setting, &inputs, &history)?;
	Ok(Report { setting, inputs, figures, checks })
}

/// What will be done, in a line.
fn described(plan: &Plan, options: &Options) -> String {
	let notes: u32 = plan
		.households
		.iter()
		.flat_map(|household| &household.basket)
		.map(|line| line.notes)
		.fold(0, u32::saturating_add);
	format!(
		"{} households, {} timesteps from {} to {}; for each {} timesteps {notes} notes of energy, withdrawn {} timesteps \
		 ahead{}",
		plan.households.len(),
		plan.last.saturating_sub(plan.first).saturating_add(1),
		plan.first,
		plan.last,
		plan.stretch,
		plan.lead,
		if options.mixing { format!(", mixed in rings of {} or more", plan.ring) } else { String::new() },
	)
}

/// How notes are mixed, for the report.
fn mixing(options: &Options, plan: &Plan, min_age: u32) -> Option<MixingSetting> {
	let mut basket: Vec<String> = Vec::new();
	for household in &plan.households {
		let words = households::basket(household, plan.money_note);
		let line = format!("{}: {words}", household.name);
		basket.push(line);
	}
	options.mixing.then_some(MixingSetting {
		min_ring_size: plan.ring,
		min_ring_age: min_age,
		stretch: plan.stretch,
		basket,
		again: options.again,
	})
}

/// Money of the DSO's service account, so that it exists.
const SERVICE_MONEY: Balance = 1_000_000_000;
