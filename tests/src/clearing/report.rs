//! What was measured, checked and written down.

use super::{
	blocks::{Block, Cleared},
	ensure,
	reference::{clear, Posted},
	violated, Settings, AROUND, PAID_WITHIN, PAYMENTS,
};
use crate::Result;
use std::collections::BTreeMap;
use tokio::process::Command;

/// What was measured: the blocks around a clearing.
pub struct Measured {
	pub(super) settings: Settings,
	pub(super) timestep: u64,
	/// The offers of that timestep.
	pub(super) posted: Vec<Posted>,
	/// Whether an offer is open at the end.
	pub(super) any_left: bool,
	/// Weight that a block may have, in picoseconds.
	pub(super) limit: u64,
	/// The block on which each payment was sent.
	pub(super) payments: Vec<u64>,
	/// The block in which the clearing ended.
	pub(super) end: u64,
	pub(super) blocks: Vec<Block>,
}

fn most_hooks<'a>(blocks: impl Iterator<Item = &'a Block>) -> u64 {
	blocks.map(|block| block.hooks).max().unwrap_or_default()
}

impl Measured {
	fn gate(&self) -> u64 {
		(self.timestep - 1) * self.settings.timestep_ms
	}

	/// Seconds from the gate to a block.
	fn seconds(&self, block: &Block) -> f64 {
		(block.time as f64 - self.gate() as f64) / 1_000.0
	}

	/// The blocks of the clearing: from the first one after the gate to its end.
	fn clearing(&self) -> impl Iterator<Item = &Block> {
		self.blocks
			.iter()
			.filter(|block| block.time >= self.gate() && block.number <= self.end)
	}

	fn percent(&self, weight: u64) -> f64 {
		100.0 * weight as f64 / self.limit as f64
	}

	/// How many blocks and seconds after the gate the last block came that is so.
	fn last(&self, is: impl Fn(&Block) -> bool) -> String {
		let blocks: Vec<_> = self.clearing().collect();
		match blocks.iter().rposition(|block| is(block)).and_then(|index| blocks.get(index)) {
			Some(block) => {
				let count = blocks.iter().filter(|other| other.number <= block.number).count();
				format!("{count} blocks, {:.1} s", self.seconds(block))
			},
			None => "never".into(),
		}
	}

	fn cleared(&self) -> Result<Cleared> {
		let cleared = self.clearing().filter_map(|block| block.cleared);
		let cleared: Vec<_> = cleared.filter(|cleared| cleared.timestep == self.timestep).collect();
		match cleared.as_slice() {
			[once] => Ok(*once),
			others => Err(violated(format!("{} events MarketCleared, not one", others.len()))),
		}
	}

	/// In how many blocks each payment was in one. All are of one account, so they come in their order.
	fn delays(&self) -> Vec<u64> {
		let included = self
			.blocks
			.iter()
			.flat_map(|block| std::iter::repeat_n(block.number, block.transactions));
		self.payments
			.iter()
			.zip(included)
			.map(|(sent, included)| included.saturating_sub(*sent))
			.collect()
	}

	/// Checks what must hold: the whole book is in the one clearing, which comes to what the documented rule says; no
	/// block is over its weight; each payment is in a block soon after it was sent; the clearing ends in time.
	///
	/// # Errors
	/// [`crate::Error::Violated`] with what does not hold.
	pub fn check(&self) -> Result {
		self.check_outcome()?;
		for block in &self.blocks {
			ensure(block.weight <= self.limit, || format!("block {} is too heavy", block.number))?;
		}
		let calm = self.blocks.iter().filter(|block| block.time < self.gate());
		ensure(most_hooks(self.clearing()) > most_hooks(calm), || {
			"by the runtime's weights a clearing weighs nothing: they are not measured".into()
		})?;
		let (delays, sent) = (self.delays(), self.payments.len());
		ensure(delays.len() == sent, || format!("{} of {sent} payments came in", delays.len()))?;
		let included: usize = self.blocks.iter().map(|block| block.transactions).sum();
		ensure(included == sent, || format!("{included} transactions, {sent} payments"))?;
		let longest = delays.iter().max().copied().unwrap_or_default();
		ensure(longest <= PAID_WITHIN, || format!("a payment took {longest} blocks"))?;
		let last = self.clearing().last().map_or(0, |block| block.time);
		ensure(last < self.timestep * self.settings.timestep_ms, || {
			"the clearing was not finished when its timestep began".into()
		})
	}

	fn check_outcome(&self) -> Result {
		let offers = self.posted.len();
		ensure(offers == self.settings.offers / 2 * 2, || format!("{offers} offers were posted"))?;
		ensure(!self.any_left, || "an offer is open after the clearing".into())?;
		let (expected, cleared) = (clear(&self.posted), self.cleared()?);
		let (price, power) = (cleared.price, cleared.power);
		ensure((price, power) == (expected.price, expected.power), || {
			format!("cleared {power} W at {price}, not {} at {}", expected.power, expected.price)
		})?;
		ensure(power > 0, || "nothing was exchanged".into())?;
		let mut sold = BTreeMap::<u64, u64>::new();
		for exchange in self.clearing().flat_map(|block| &block.exchanges) {
			ensure(exchange.price == price, || format!("exchanged at {}", exchange.price))?;
			*sold.entry(exchange.offer_id).or_default() += exchange.power;
		}
		ensure(sold == expected.sold, || "an ask sold something else".into())?;
		let returned: usize = self.clearing().map(|block| block.returned).sum();
		ensure(returned == expected.short, || {
			format!("{returned} offers returned, not {}", expected.short)
		})
	}

	fn table(&self) -> Vec<String> {
		let head = [
			"| block | s after gate | weight | of it hooks | payments | exchanges | returned |"
				.into(),
			"| ---: | ---: | ---: | ---: | ---: | ---: | ---: |".into(),
		];
		let row = |block: &Block| {
			format!(
				"| {} | {:.1} | {:.1} % | {:.1} % | {} | {} | {} |",
				block.number,
				self.seconds(block),
				self.percent(block.weight),
				self.percent(block.hooks),
				block.transactions,
				block.exchanges.len(),
				block.returned,
			)
		};
		let from = self.clearing().next().map_or(0, |block| block.number.saturating_sub(AROUND));
		let shown = self.blocks.iter().filter(|block| block.number >= from);
		head.into_iter().chain(shown.map(row)).collect()
	}

	fn summary(&self) -> Result<Vec<String>> {
		let cleared = self.cleared()?;
		let blocks: Vec<_> = self.clearing().collect();
		let heaviest = blocks.iter().map(|block| block.weight).max().unwrap_or_default();
		let exchanges: usize = blocks.iter().map(|block| block.exchanges.len()).sum();
		let returned: usize = blocks.iter().map(|block| block.returned).sum();
		let gap = blocks.windows(2).filter_map(|pair| match pair {
			[one, next] => Some(next.time - one.time),
			_ => None,
		});
		let delays = self.delays();
		let within = |most: u64| delays.iter().filter(|delay| **delay <= most).count();
		let row = |what: &str, value: String| format!("| {what} | {value} |");
		let longest = delays.iter().max().copied().unwrap_or_default();
		Ok(vec![
			"| | |".into(),
			"| --- | --- |".into(),
			row("offers in the book", self.posted.len().to_string()),
			row("timestep", format!("{} s", self.settings.timestep_ms / 1_000)),
			row("price, power", format!("{}, {} W", cleared.price, cleared.power)),
			row("exchanges", exchanges.to_string()),
			row("offers that returned, in part or whole", returned.to_string()),
			row("gate to `MarketCleared`", self.last(|block| block.cleared.is_some())),
			row(
				"gate to the last settlement (`OfferAccepted`)",
				self.last(|block| !block.exchanges.is_empty()),
			),
			row("gate to the end of the clearing", self.last(|_| true)),
			row("heaviest block", format!("{:.1} % of the limit", self.percent(heaviest))),
			row(
				"most that hooks took of a block",
				format!("{:.1} % of the limit", self.percent(most_hooks(self.clearing()))),
			),
			row(
				"payments, in a block after 1, at most 2 blocks, and the longest",
				format!("{}: {}, {}, {longest}", delays.len(), within(1), within(2)),
			),
			row("longest time between two blocks", format!("{} ms", gap.max().unwrap_or_default())),
		])
	}

	/// The report: circumstances, summary, and a table of blocks.
	///
	/// # Errors
	/// [`crate::Error::Violated`] if the timestep was not cleared.
	pub async fn report(&self) -> Result<String> {
		let mut lines = vec![
			"# The clearing of a full book".into(),
			String::new(),
			"Written by `make measure-clearing`; everything in it is read from blocks and state of a node.".into(),
			format!("With each block {PAYMENTS} payments are sent by an account that has no part in the market."),
			String::new(),
		];
		lines.extend(circumstances().await);
		lines.push(String::new());
		lines.extend(self.summary()?);
		lines.push(String::new());
		lines.extend(self.table());
		Ok(lines.join("\n") + "\n")
	}
}

/// The first line of a program's output, if there is one.
async fn line_of(program: &str, arguments: &[&str]) -> String {
	let output = Command::new(program)
		.args(arguments)
		.stdin(std::process::Stdio::null())
		.output()
		.await;
	let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
	text.unwrap_or_default().lines().next().unwrap_or_default().trim().into()
}

/// The value of a line `name: value` of a file of the system's.
fn value_of(file: &str, name: &str) -> String {
	let text = std::fs::read_to_string(file).unwrap_or_default();
	let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
	line.split_once(':').map_or("unknown", |(_, value)| value.trim()).into()
}

async fn circumstances() -> Vec<String> {
	let cores = std::thread::available_parallelism().map_or(0, usize::from);
	let changed = line_of("git", &["status", "--porcelain", "--untracked-files=no"]).await;
	let state = if changed.is_empty() { "" } else { ", with changes" };
	let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
	let load = load.split(' ').next().unwrap_or_default().to_string();
	vec![
		format!("- commit: {}{state}", line_of("git", &["rev-parse", "HEAD"]).await),
		format!("- date: {}", line_of("date", &["-u", "+%Y-%m-%d"]).await),
		format!(
			"- machine: {cores} cores, {}, {}; load {load} at the end",
			value_of("/proc/cpuinfo", "model name"),
			value_of("/proc/meminfo", "MemTotal"),
		),
		"- network: one validator, one-second blocks, on this machine".into(),
	]
}
