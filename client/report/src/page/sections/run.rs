//! What the chain and the machine had to do, what went wrong on the way, and how to do it again.

use super::super::{
	markup::{moment, numbers, plural, table, text, texts, Unit},
	Context,
};
use super::{facts, section};
use crate::Memory;

/// The work of chain and processes, and interruptions.
pub(super) fn work(context: &Context<'_>) -> String {
	let (load, units) = (&context.report.figures.load, context.units);
	let path = |field: &str| format!("figures.load.{field}");
	let chain = facts(&[
		("blocks", units.figure(&path("blocks"), load.blocks, Unit::Count)),
		("transactions", units.figure(&path("transactions"), load.transactions, Unit::Count)),
		(
			"transactions a second",
			units.figure(&path("perSecond"), load.per_second, Unit::PerSecond),
		),
		(
			"mean fullness of blocks",
			units.figure(&path("meanFullness"), load.mean_fullness, Unit::Share),
		),
		(
			"fullest block",
			units.figure(&path("greatestFullness"), load.greatest_fullness, Unit::Share),
		),
	]);
	section(
		"work",
		"What the chain had to do",
		&format!("{chain}{}{}", memory(context), interruptions(context)),
	)
}

fn memory(context: &Context<'_>) -> String {
	let row = |(place, memory): (usize, &Memory)| {
		let path = |field: &str| format!("inputs.memory.{place}.{field}");
		vec![
			text(&path("process"), &memory.process),
			context.units.bare(&path("count"), memory.count, Unit::Count),
			context.units.bare(&path("largest"), memory.largest, Unit::Bytes),
		]
	};
	let rows: Vec<Vec<String>> = context.report.inputs.memory.iter().enumerate().map(row).collect();
	if rows.is_empty() {
		return String::new();
	}
	let heads = [
		texts("process"),
		numbers("how many", Unit::Count),
		numbers("most memory of one", Unit::Bytes),
	];
	format!("<h3>Processes</h3>\n{}", table("Processes", &heads, &rows, None))
}

fn interruptions(context: &Context<'_>) -> String {
	let interruptions = &context.report.inputs.interruptions;
	let rows: Vec<Vec<String>> = (interruptions.iter().enumerate())
		.map(|(place, interruption)| {
			let path = |field: &str| format!("inputs.interruptions.{place}.{field}");
			vec![moment(&path("at"), interruption.at), text(&path("what"), &interruption.what)]
		})
		.collect();
	let content = match rows.as_slice() {
		[] => "<p>None: no process ended before its work was done, and the nodes answered.</p>\n"
			.into(),
		rows => table("Interruptions", &[texts("when"), texts("what")], rows, None),
	};
	format!("<h3>Interruptions</h3>\n{content}")
}

/// How to do it again, and how to see that it is true.
pub(super) fn made(context: &Context<'_>) -> String {
	let (setting, units) = (&context.report.setting, context.units);
	let count =
		|path: &str, number: u64| units.bare(&format!("setting.{path}"), number, Unit::Exact);
	let (machine, chain, market) = (&setting.machine, &setting.chain, &setting.market);
	let power = |path: &str, watts: u64| units.figure(path, watts, Unit::Power);
	let price = |path: &str, price: u64| {
		units.figure(&format!("setting.market.{path}"), price, Unit::Price)
	};
	let mut lines = vec![
		("command", format!("<code>{}</code>", text("setting.command", &setting.command))),
		("version", text("setting.version", &setting.version)),
		("seed", count("seed", setting.seed)),
		("begun", text("setting.began", &setting.began)),
		(
			"machine",
			format!(
				"{}, {} cores, {}",
				text("setting.machine.processor", &machine.processor),
				count("machine.cores", machine.cores.into()),
				units.figure("setting.machine.memory", machine.memory, Unit::Bytes)
			),
		),
		("validators", units.bare("setting.chain.validators", chain.validators, Unit::Count)),
		("runtime", format!("version {}", count("chain.specVersion", chain.spec_version.into()))),
		(
			"timestep",
			units.figure("setting.chain.timestepMs", chain.timestep_ms, Unit::Milliseconds),
		),
		("power lot", power("setting.chain.powerLot", chain.power_lot)),
		(
			"gate",
			format!(
				"closes {} {} before delivery",
				count("chain.gateLead", chain.gate_lead),
				plural(usize::try_from(chain.gate_lead).unwrap_or(2), "timestep", "timesteps")
			),
		),
		("market", text("setting.market.mode", &market.mode)),
		("the DSO sells at", price("priceConsumption", market.price_consumption)),
		("the DSO buys at", price("priceProduction", market.price_production)),
		("withdrawals through", text("setting.path", &setting.path)),
		(
			"timesteps replayed",
			range(
				&count,
				["firstTimestep", "lastTimestep"],
				[setting.first_timestep, setting.last_timestep],
			),
		),
		(
			"timesteps of the bills",
			range(&count, ["billFirst", "billLast"], [setting.bill_first, setting.bill_last]),
		),
		(
			"blocks",
			range(&count, ["firstBlock", "lastBlock"], [setting.first_block, setting.last_block]),
		),
		(
			"first block of the chain",
			format!("<code>{}</code>", text("setting.chain.genesis", &chain.genesis)),
		),
		(
			"last block that counts",
			format!("<code>{}</code>", text("setting.lastHash", &setting.last_hash)),
		),
	];
	if let Some(fixed) = market.fixed_price {
		lines.push(("the fixed price", price("fixedPrice", fixed)));
	}
	let lines: String = lines
		.iter()
		.map(|(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n"))
		.collect();
	let note = "<p>All figures are in <code>report.json</code>, exchanges in <code>trades.csv</code>. Whoever has a node of the \
		network recomputes every figure from its blocks: <code>petra verify-report report.json --url ws://…</code>.</p>\n";
	section("made", "How it was made", &format!("<dl class=\"lines\">\n{lines}</dl>\n{note}"))
		+ "</main>\n<footer>petra: private trading of energy among neighbours</footer>\n"
}

fn range(
	count: &impl Fn(&str, u64) -> String,
	[first, last]: [&str; 2],
	[from, to]: [u64; 2],
) -> String {
	format!("{} to {}", count(first, from), count(last, to))
}
