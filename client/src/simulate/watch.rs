//! Following a simulation until everybody is done.

use super::{
	children::{now, Children},
	households::{programs, Home, Service},
	machine::Usage,
	nodes,
	plan::Plan,
	Options, SimulationError,
};
use crate::{Client, FinalBlock, Follow, Result};
use petra_report::{Finalized, Interruption, Memory};
use std::time::Duration;
use tokio::time::{interval, MissedTickBehavior};

/// How often processes are looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How often somebody who watches hears how it goes.
const SAY: u64 = 5;

/// What was seen from outside.
pub struct Observed {
	/// When blocks became final.
	pub finality: Vec<Finalized>,
	/// Memory of processes.
	pub memory: Vec<Memory>,
	/// What ended too early or did not answer.
	pub interruptions: Vec<Interruption>,
	/// The last block that counts.
	pub last_block: u64,
}

/// What happened on the chain so far.
#[derive(Default)]
struct Progress {
	offers: u64,
	trades: u64,
	mixed: u64,
	deposited: u64,
}

impl Progress {
	fn count(&mut self, block: &FinalBlock) -> Result<(), SimulationError> {
		for event in block.events()? {
			let counter = match (event.pallet.as_str(), event.name.as_str()) {
				("Offers", "OfferPosted") => &mut self.offers,
				("Offers", "OfferAccepted") => &mut self.trades,
				("Mixing", "NoteWithdrawn") => &mut self.mixed,
				("EnergyAssets", "AssetDeposited") => &mut self.deposited,
				_ => continue,
			};
			*counter = counter.saturating_add(1);
		}
		Ok(())
	}

	fn line(&self, timestep: u64, plan: &Plan, block: u64) -> String {
		let length = plan.last.saturating_sub(plan.first).saturating_add(1);
		let when = match timestep.checked_sub(plan.first) {
			None => format!("{} timesteps before the first", plan.first.saturating_sub(timestep)),
			Some(row) if row < length => format!("timestep {} of {length}", row.saturating_add(1)),
			Some(_) => "after the last timestep".into(),
		};
		let Self { offers, trades, mixed, deposited } = self;
		format!(
			"block {block}, {when}: {mixed} notes mixed, {offers} offers, {trades} trades, {deposited} assets deposited"
		)
	}
}

/// Starts everybody, and follows the final blocks until all are done.
///
/// # Errors
/// [`SimulationError::Process`], [`SimulationError::TooLong`], [`SimulationError::Chain`].
pub async fn until_done(
	client: &Client,
	options: &Options,
	plan: &Plan,
	homes: &[Home],
	service: Option<Service>,
	first_block: u64,
	say: &mut dyn FnMut(&str),
) -> Result<Observed, SimulationError> {
	let mut children = Children::new();
	let address = service.as_ref().map(|service| service.address.clone());
	if let Some(service) = service {
		children.start(service.program)?;
	}
	let urls = options.urls.iter().cycle();
	for ((household, home), url) in plan.households.iter().zip(homes).zip(urls) {
		for program in programs(options, plan, household, home, url, address.as_deref()) {
			children.start(program)?;
		}
	}
	let mut usage = Usage::default();
	let mut nodes = nodes::watch(&options.urls);
	let mut finality = Vec::new();
	let mut progress = Progress::default();
	let mut looks = interval(LOOK);
	looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
	// A block that is under way must not be asked for anew whenever the processes are looked at.
	let mut next = Box::pin(after(client.follow(first_block)));
	let last_block = loop {
		tokio::select! {
			(block, rest) = &mut next => {
				let block = block?;
				let last_block = block.block.number;
				finality.push(Finalized { block: last_block, at: now() });
				progress.count(&block)?;
				let timestep = client.ledger_at(block.block).await?.current_timestep().await?;
				if last_block.checked_rem(SAY) == Some(0) {
					say(&progress.line(timestep, plan, last_block));
				}
				if timestep > plan.bill_last {
					let waiting = children.at_work().collect::<Vec<_>>().join(", ");
					return Err(SimulationError::TooLong { until: plan.bill_last, waiting });
				}
				if children.are_done() {
					break last_block;
				}
				next = Box::pin(after(rest));
			},
			Some(interruption) = nodes.recv() => {
				say(&interruption.what);
				children.interruptions.push(interruption);
			},
			_ = looks.tick() => {
				children.look_after()?;
				children.processes().for_each(|(kind, process)| usage.look(kind, process));
				usage.look_at_nodes();
			},
		}
	};
	Ok(Observed {
		finality,
		memory: usage.figures(),
		interruptions: std::mem::take(&mut children.interruptions),
		last_block,
	})
}

/// The next block, and those after it.
async fn after(mut blocks: Follow) -> (Result<FinalBlock>, Follow) {
	let block = blocks.next().await;
	(block, blocks)
}
