//! How long it took from an offer to its acceptance, beside what the paper measured.

use super::super::{
	histogram::{Histogram, Reference},
	markup::{number, numbers, table, texts, Unit},
	Context,
};
use super::{facts, section};
use crate::Distribution;

/// What P3 reports of its clearing times, in seconds (section 4.3).
pub(super) struct Paper {
	mean: f64,
	pub(super) median: f64,
	ninety: f64,
	least: f64,
	greatest: f64,
	variance: f64,
}

pub(super) const PAPER: Paper =
	Paper { mean: 11.79, median: 11.0, ninety: 23.0, least: 0.0, greatest: 38.0, variance: 46.74 };

pub(super) fn clearing(context: &Context<'_>) -> String {
	let (clearing, units) = (&context.report.figures.clearing, context.units);
	let conditions = facts(&[
		(
			"between blocks, on average",
			units.figure("figures.clearing.blockTime", clearing.block_time, Unit::Seconds),
		),
		(
			"exchanges",
			units.figure(
				"figures.totals.trades",
				context.report.figures.totals.trades,
				Unit::Count,
			),
		),
		(
			"time went by faster",
			units.figure("figures.clearing.compression", clearing.compression, Unit::Times),
		),
		(
			"validators",
			units.figure(
				"setting.chain.validators",
				context.report.setting.chain.validators,
				Unit::Count,
			),
		),
	]);
	let note = "<p data-fixed>From an offer’s posting to its acceptance. The paper (P3, section 4.3) ran 7 consumers and 2 producers over 14 \
		intervals, each in 90 seconds, on a private Ethereum network of six virtual machines, and measured how long two \
		transactions took to be mined. A household here accepts when it sees an offer that suits it; in a double auction, \
		offers wait for the gate to close. An offer that is taken in parts counts once for each part.</p>\n";
	let pair = match clearing.in_blocks.count {
		0 => "<p class=\"none\">Nothing was exchanged: there are no clearing times.</p>\n".into(),
		_ => histograms(context),
	};
	section("clearing", "Clearing time", &(conditions + note + &pair + &comparison(context)))
}

fn histograms(context: &Context<'_>) -> String {
	let references = [
		Reference { name: "paper: median 11 s", at: PAPER.median },
		Reference { name: "90 %: 23 s", at: PAPER.ninety },
		Reference { name: "most: 38 s", at: PAPER.greatest },
	];
	let histogram = |id, title, path, of, colour| {
		let along = "seconds from posting to acceptance";
		let of_references = "the paper’s median, 90 % and maximum";
		Histogram { id, title, along, path, of, references: &references, of_references, colour }
			.draw()
	};
	let clearing = &context.report.figures.clearing;
	format!(
		"<div class=\"pair\">\n{}{}</div>\n",
		histogram(
			"in-blocks-c",
			"Between the timestamps of the two blocks",
			"figures.clearing.inBlocks",
			&clearing.in_blocks,
			"c3"
		),
		histogram(
			"finalized-c",
			"Between the moments in which both were final",
			"figures.clearing.finalized",
			&clearing.finalized,
			"c4"
		),
	)
}

/// The paper's figures beside those of this run.
fn comparison(context: &Context<'_>) -> String {
	type Of = fn(&Distribution) -> f64;
	let lines: [(&str, &str, Unit, Of, f64); 6] = [
		("mean", "mean", Unit::Seconds, |of| of.mean, PAPER.mean),
		("median", "median", Unit::Seconds, |of| of.median, PAPER.median),
		(
			"<span data-fixed>90 %</span> within",
			"ninety",
			Unit::Seconds,
			|of| of.ninety,
			PAPER.ninety,
		),
		("least", "least", Unit::Seconds, |of| of.least, PAPER.least),
		("greatest", "greatest", Unit::Seconds, |of| of.greatest, PAPER.greatest),
		("variance", "variance", Unit::SquareSeconds, |of| of.variance, PAPER.variance),
	];
	let clearing = &context.report.figures.clearing;
	let cell = |name: &str, path: &str, unit, of: Of| {
		let distribution =
			if name == "inBlocks" { &clearing.in_blocks } else { &clearing.finalized };
		match distribution.count {
			0 => "–".into(),
			_ => context.units.figure(
				&format!("figures.clearing.{name}.{path}"),
				of(distribution),
				unit,
			),
		}
	};
	let count = |name: &str, count: u32| {
		context
			.units
			.bare(&format!("figures.clearing.{name}.count"), count, Unit::Count)
	};
	let mut rows: Vec<Vec<String>> = lines
		.into_iter()
		.map(|(name, path, unit, of, paper)| {
			vec![
				name.into(),
				cell("inBlocks", path, unit, of),
				cell("finalized", path, unit, of),
				paper_figure(path, paper, unit),
			]
		})
		.collect();
	rows.push(vec![
		"exchanges".into(),
		count("inBlocks", clearing.in_blocks.count),
		count("finalized", clearing.finalized.count),
		"not given".into(),
	]);
	let heads = [
		texts("clearing time"),
		numbers("this run, by block", Unit::Count),
		numbers("this run, final", Unit::Count),
		numbers("the paper", Unit::Count),
	];
	table("Clearing times beside the paper’s", &heads, &rows, None)
}

/// A figure of the paper's, with its unit.
pub(super) fn paper_figure(name: &str, seconds: f64, unit: Unit) -> String {
	let decimals = if seconds.fract() == 0.0 { 0 } else { 2 };
	let shown = number(seconds, decimals);
	format!("<span class=\"nw\"><data data-paper=\"{name}\" value=\"{seconds}\">{shown}</data>&nbsp;{}</span>", unit.symbol())
}
