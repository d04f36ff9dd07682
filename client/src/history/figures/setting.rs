//! What a report says of where and how it was made, held against what the ledger says.

use super::{checks::Findings, Ground};
use crate::{
	billing::Period,
	history::{Meter, RingRules, What},
	types::*,
};
use petra_report::Check;
use std::collections::BTreeSet;

/// The blocks are those that the report is about, and its households the ledger's.
pub(super) fn chain(ground: &Ground<'_>) -> Check {
	let (setting, history) = (ground.setting, ground.history);
	let mut found = Findings::default();
	let mut same = |what: &str, said: String, is: String| {
		found.look(said == is, || format!("{what}: the report says {said:.80}, the blocks {is}"));
	};
	let genesis = format!("0x{}", hex::encode(history.genesis.0));
	same("genesis", setting.chain.genesis.clone(), genesis);
	let version = history.spec_version.to_string();
	same("version of the runtime", setting.chain.spec_version.to_string(), version);
	let parameters = &history.parameters;
	let said = (setting.chain.timestep_ms, setting.chain.power_lot, setting.chain.gate_lead);
	let is = (parameters.timestep_ms, parameters.power_lot, parameters.gate_lead);
	same("timestep, power lot, gate's lead", format!("{said:?}"), format!("{is:?}"));
	let ends = (history.blocks.first(), history.blocks.last());
	let is = (ends.0.map(|block| block.number), ends.1.map(|block| block.number));
	let said = (Some(setting.first_block), Some(setting.last_block));
	same("first and last block", format!("{said:?}"), format!("{is:?}"));
	let last = ends.1.map(|block| format!("0x{}", hex::encode(block.hash.0)));
	same("hash of the last block", setting.last_hash.clone(), last.unwrap_or_default());
	for home in &ground.homes {
		let known = history.after.rules.meters.get(&home.disclosed.meter);
		let is = known.map(|meter| (meter.key.to_string(), meter.feeder));
		let said = Some((home.key.to_string(), home.disclosed.feeder));
		let what = format!("key and feeder of {}'s meter", home.disclosed.name);
		same(&what, format!("{said:?}"), format!("{is:?}"));
	}
	found.check("the report is about these blocks and meters", "facts of the setting compared")
}

/// The ways of trading, the DSO's prices, the path, the rings and the validators are those of the ledger. What no block says
/// is not looked at: `docs/reports.md` lists it.
pub(super) fn rules(ground: &Ground<'_>) -> Check {
	let (setting, history, rows) = (ground.setting, ground.history, ground.rows);
	let known = &history.after.rules;
	let mut found = Findings::tell_all();
	let mut same = |what: &str, said: String, is: String| {
		found.look(said == is, || {
			format!("{what}: the report says {said:.80}, the blocks {is:.160}")
		});
	};
	let market = &setting.market;
	let mode = |t| words(known.mode(t)).0.to_string();
	same("market.mode", market.mode.clone(), over(rows, mode));
	let fixed = |t| told(words(known.mode(t)).1);
	same("market.fixedPrice", told(market.fixed_price), over(rows, fixed));
	let consumption = |t| told(known.prices.at(t).map(|prices| prices.consumption));
	same("market.priceConsumption", market.price_consumption.to_string(), over(rows, consumption));
	let production = |t| told(known.prices.at(t).map(|prices| prices.production));
	same("market.priceProduction", market.price_production.to_string(), over(rows, production));
	let meters = ground.homes.iter().map(|home| known.meters.get(&home.disclosed.meter));
	let all: BTreeSet<&str> = meters.flat_map(|meter| paths(meter, rows)).collect();
	let all: Vec<&str> = all.into_iter().collect();
	same("path", setting.path.clone(), all.join(" and "));
	match &setting.mixing {
		Some(mixing) => {
			let RingRules { min_size, min_age } = known.rings;
			same("mixing.minRingSize", mixing.min_ring_size.to_string(), min_size.to_string());
			same("mixing.minRingAge", mixing.min_ring_age.to_string(), min_age.to_string());
		},
		None => same("mixing", told(None), mixed(ground)),
	}
	let validators = setting.chain.validators.to_string();
	same("chain.validators", validators, history.validators.to_string());
	let name = "market, prices, path, rings and validators are as the report's setting says";
	found.check(name, "facts of the setting compared")
}

/// What holds in the profile's timesteps: one thing, or one after the other.
fn over(rows: Period, of: impl Fn(Timestep) -> String) -> String {
	let mut found: Vec<String> = (rows.first..=rows.last).map(of).collect();
	found.dedup();
	found.join(", then ")
}

/// A number, if there is one.
fn told(number: Option<u64>) -> String {
	number.map_or_else(|| "none".into(), |number| number.to_string())
}

/// What a report calls a way of trading, and its price if that is fixed.
fn words(mode: MarketMode) -> (&'static str, Option<Price>) {
	match mode {
		MarketMode::FixedPrice(price) => ("fixedPrice", Some(price)),
		MarketMode::FirstComeFirstServed => ("firstComeFirstServed", None),
		MarketMode::DoubleAuction => ("doubleAuction", None),
	}
}

/// Who, as a report calls it, may create assets for a meter's household in the profile's timesteps.
fn paths(meter: Option<&Meter>, rows: Period) -> Vec<&'static str> {
	let first = meter.and_then(|meter| meter.at(rows.first));
	let changes = meter.into_iter().flat_map(|meter| meter.changes.iter());
	let later = changes.filter(|change| rows.contains(change.from));
	let mut paths: Vec<&'static str> = Vec::new();
	for change in first.into_iter().chain(later) {
		paths.push(match change.path {
			Path::Meter => "meter",
			Path::Dso => "dso",
		});
	}
	if paths.is_empty() {
		paths.push("nobody");
	}
	paths
}

/// Notes that households put into rings, which they do only where mixing is switched on.
fn mixed(ground: &Ground<'_>) -> String {
	let own = |what: &What| match what {
		What::NoteIn { depositor: Some(who), .. } => ground.home_of(who).is_some(),
		_ => false,
	};
	match ground.history.facts().filter(|(_, fact)| own(&fact.what)).count() {
		0 => told(None),
		notes => format!("{notes} notes of households"),
	}
}
