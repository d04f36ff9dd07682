//! The top: what this is, whether it holds, and the most telling figures.

use super::super::{
	markup::{escape, plural, text, Unit},
	Context,
};
use super::clearing::{paper_figure, PAPER};

pub(super) fn head(context: &Context<'_>) -> String {
	format!(
		"<header>\n{}{}</header>\n<main>\n{}{}",
		title(context),
		status(context),
		tiles(context),
		contents(context)
	)
}

fn title(context: &Context<'_>) -> String {
	let setting = &context.report.setting;
	let profile = &setting.profile;
	let households = context.report.inputs.households.len();
	let mode = match setting.market.mode.as_str() {
		"fixedPrice" => "a fixed price".into(),
		"firstComeFirstServed" => "first come, first served".into(),
		"doubleAuction" => "a double auction".into(),
		other => escape(other).into_owned(),
	};
	let path = match setting.path.as_str() {
		"meter" => "their smart meters".into(),
		"dso" => "the DSO".into(),
		other => escape(other).into_owned(),
	};
	let mixing = match setting.mixing {
		Some(_) => "Energy and money are mixed before they are traded.",
		None => "Nothing is mixed: everyone may see who trades.",
	};
	format!(
		"<p class=\"brand\">petra · simulation report</p>\n\
		<h1>{} {} from {} to {}</h1>\n\
		<p class=\"lead\">Load profile {} in {}, intervals of {} minutes. The market is {mode}; assets are withdrawn through \
		{path}. {mixing} Begun {}.</p>\n",
		context.units.bare("length(inputs.households)", households, Unit::Count),
		plural(households, "household", "households"),
		text("setting.profile.from", &profile.from),
		text("setting.profile.to", &profile.to),
		text("setting.profile.name", &profile.name),
		text("setting.profile.unit", &profile.unit),
		context.units.bare("setting.profile.intervalMinutes", profile.interval_minutes, Unit::Count),
		text("setting.began", &setting.began),
	)
}

/// Whether all checks hold; if not, which do not.
fn status(context: &Context<'_>) -> String {
	let checks = &context.report.checks;
	let wrong: String = checks
		.iter()
		.enumerate()
		.filter(|(_, check)| !check.holds)
		.map(|(place, check)| {
			format!(
				"<li>{}: {}</li>",
				text(&format!("checks.{place}.name"), &check.name),
				text(&format!("checks.{place}.detail"), &check.detail)
			)
		})
		.collect();
	match (checks.is_empty(), wrong.is_empty()) {
		(true, _) => "<p class=\"status bad\" role=\"status\"><b>✗ Nothing was checked.</b></p>\n".into(),
		(_, true) => "<p class=\"status good\" role=\"status\"><b>✓ All checks hold</b>, computed from the ledger’s blocks. <a href=\"#checks\">See them</a></p>\n".into(),
		_ => format!(
			"<div class=\"status bad\" role=\"status\"><b>✗ Something that must hold does not:</b><ul>{wrong}</ul></div>\n"
		),
	}
}

fn tile(name: &str, value: &str, about: &str) -> String {
	format!("<div class=\"tile\"><dt>{name}</dt><dd class=\"big\">{value}</dd><dd class=\"about\">{about}</dd></div>\n")
}

fn tiles(context: &Context<'_>) -> String {
	let all = [local(context), clearing(context), saved(context), hidden(context), held(context)];
	format!("<dl class=\"tiles\">\n{}</dl>\n", all.concat())
}

fn local(context: &Context<'_>) -> String {
	let (totals, units) = (&context.report.figures.totals, context.units);
	tile(
		"Local share of demand",
		&units.figure("figures.totals.localShare", totals.local_share, Unit::Share),
		&format!(
			"of {} drawn came from neighbours",
			units.figure("figures.totals.load", totals.load, Unit::Energy)
		),
	)
}

fn clearing(context: &Context<'_>) -> String {
	let (clearing, units) = (&context.report.figures.clearing.in_blocks, context.units);
	let median = match clearing.count {
		0 => "–".into(),
		_ => units.figure("figures.clearing.inBlocks.median", clearing.median, Unit::Seconds),
	};
	let about = match clearing.count {
		0 => "nothing was exchanged".into(),
		_ => format!(
			"median from offer to acceptance, in {} {}; the paper’s: {}",
			units.bare("figures.clearing.inBlocks.count", clearing.count, Unit::Count),
			plural(clearing.count as usize, "exchange", "exchanges"),
			paper_figure("median", PAPER.median, Unit::Seconds)
		),
	};
	tile("Clearing time", &median, &about)
}

fn saved(context: &Context<'_>) -> String {
	let (totals, units) = (&context.report.figures.totals, context.units);
	let saved = totals.baseline.saturating_sub(totals.bills);
	let name = if saved < 0 { "Households pay more by" } else { "Households save" };
	let (path, size) = match saved < 0 {
		true => ("figures.totals.bills - figures.totals.baseline", saved.saturating_neg()),
		false => ("figures.totals.baseline - figures.totals.bills", saved),
	};
	tile(
		name,
		&units.figure(path, size, Unit::Money),
		&format!(
			"they owe {} together; without a market, {}",
			units.figure("figures.totals.bills", totals.bills, Unit::Money),
			units.figure("figures.totals.baseline", totals.baseline, Unit::Money)
		),
	)
}

fn hidden(context: &Context<'_>) -> String {
	let rings = &context.report.figures.anonymity.rings;
	let least = rings.iter().map(|ring| ring.households).min();
	match (least, &context.report.setting.mixing) {
		(Some(least), _) => tile(
			"Smallest anonymity set",
			&format!(
				"{} <small>{}</small>",
				context
					.units
					.bare("min(figures.anonymity.rings.*.households)", least, Unit::Count),
				plural(least as usize, "household", "households")
			),
			&format!(
				"the fewest among whom a mixed note may have been anyone’s, of {} {}",
				context.units.bare("length(figures.anonymity.rings)", rings.len(), Unit::Count),
				plural(rings.len(), "ring", "rings")
			),
		),
		(None, Some(_)) => tile("Smallest anonymity set", "–", "no note came out of a ring"),
		(None, None) => tile("Smallest anonymity set", "–", "mixing was switched off"),
	}
}

fn held(context: &Context<'_>) -> String {
	let checks = &context.report.checks;
	let held = checks.iter().filter(|check| check.holds).count();
	tile(
		"Checks that hold",
		&format!(
			"{} <small>of {}</small>",
			context.units.bare("count(checks.*.holds)", held, Unit::Count),
			context.units.bare("length(checks)", checks.len(), Unit::Count)
		),
		"balances, limits, bills and more, from the blocks",
	)
}

fn contents(context: &Context<'_>) -> String {
	let setting = &context.report.setting;
	let seconds = context.units.figure(
		"setting.chain.timestepMs",
		setting.chain.timestep_ms,
		Unit::Milliseconds,
	);
	let times = context.units.figure(
		"figures.clearing.compression",
		context.report.figures.clearing.compression,
		Unit::Times,
	);
	let minutes = context.units.bare(
		"setting.profile.intervalMinutes",
		setting.profile.interval_minutes,
		Unit::Count,
	);
	format!(
		"<p class=\"note\"><b>Time is compressed.</b> A timestep of the chain lasts {seconds} and stands for an interval of \
		{minutes} minutes: time went by {times} as fast as in the profile. Energy and prices on this page are those of the \
		profile’s intervals; clearing times are real seconds.</p>\n\
		<nav aria-label=\"Sections\"><a href=\"#load\">Load</a><a href=\"#market\">Market</a><a href=\"#intervals\">By interval</a>\
		<a href=\"#clearing\">Clearing time</a><a href=\"#feeders\">Feeders</a><a href=\"#commitment\">Commitments</a>\
		<a href=\"#bills\">Bills</a><a href=\"#anonymity\">Anonymity</a><a href=\"#checks\">Checks</a>\
		<a href=\"#work\">Chain</a><a href=\"#made\">How it was made</a></nav>\n"
	)
}
