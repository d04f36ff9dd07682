//! Load, generation, what was traded, and at what prices.

use super::super::{
	chart::{mark, mark_down, Chart, Kind, Level, Mark, Room, Series},
	markup::{numbers, table, text, texts, Head, Raw, Unit},
	Context,
};
use super::{facts, section};
use crate::Interval;

/// What is along the axis of charts by interval.
pub(super) const ALONG: &str = "beginning of the interval";

/// A column of the profile's rows: what it is called, where it stands, what it is.
struct Field {
	name: &'static str,
	path: &'static str,
	unit: Unit,
	of: fn(&Interval) -> Option<Raw>,
}

const fn power(name: &'static str, path: &'static str, of: fn(&Interval) -> Option<Raw>) -> Field {
	Field { name, path, unit: Unit::Power, of }
}

const fn price(name: &'static str, path: &'static str, of: fn(&Interval) -> Option<Raw>) -> Field {
	Field { name, path, unit: Unit::Price, of }
}

const LOAD: Field = power("load", "load", |row| Some(row.load.into()));
const GENERATION: Field = power("generation", "generation", |row| Some(row.generation.into()));
const TRADED: Field = power("traded among peers", "traded", |row| Some(row.traded.into()));
const LOCAL: Field = power("from neighbours", "local", |row| Some(row.local.into()));
const FROM_DSO: Field = power("from the DSO", "fromDso", |row| Some(row.from_dso.into()));
const TO_DSO: Field = power("to the DSO", "toDso", |row| Some(row.to_dso.into()));
const ASKS: Field =
	power("offered, not sold", "unmatchedAsks", |row| Some(row.unmatched_asks.into()));
const BIDS: Field =
	power("bid for, not bought", "unmatchedBids", |row| Some(row.unmatched_bids.into()));
const LEAST: Field = price("lowest price", "leastPrice", |row| row.least_price.map(Into::into));
const MEAN: Field = price("mean price", "meanPrice", |row| row.mean_price.map(Into::into));
const HIGHEST: Field =
	price("highest price", "highestPrice", |row| row.highest_price.map(Into::into));
const DEVIATION: Field = power("off commitments", "deviation", |row| Some(row.deviation.into()));

/// A field of all rows, for a chart.
fn series(context: &Context<'_>, field: &Field, colour: &'static str, kind: Kind) -> Series {
	let marks = marks(context, field);
	Series { name: field.name.into(), colour, kind, marks }
}

fn marks(context: &Context<'_>, field: &Field) -> Vec<Option<Mark>> {
	let rows = context.report.figures.intervals.iter().enumerate();
	rows.map(|(place, row)| mark(path(place, field), (field.of)(row)?)).collect()
}

fn path(place: usize, field: &Field) -> String {
	format!("figures.intervals.{place}.{}", field.path)
}

fn by_interval<'a>(
	context: &Context<'_>,
	id: &'a str,
	title: &'a str,
	unit: Unit,
	series: Vec<Series>,
) -> Chart<'a> {
	let categories = context.times.clone();
	Chart {
		id,
		title,
		caption: None,
		along: ALONG,
		categories,
		unit,
		series,
		levels: Vec::new(),
		room: Room::Half,
	}
}

/// Load and generation.
pub(super) fn load(context: &Context<'_>) -> String {
	let (totals, units) = (&context.report.figures.totals, context.units);
	let series = vec![
		series(context, &LOAD, "c1", Kind::Line),
		series(context, &GENERATION, "c2", Kind::Line),
	];
	let chart = Chart {
		room: Room::Full,
		..by_interval(
			context,
			"load-c",
			"Mean power that households drew and fed in, net, in kW",
			Unit::Power,
			series,
		)
	};
	let sums = facts(&[
		("drawn by households", units.figure("figures.totals.load", totals.load, Unit::Energy)),
		(
			"fed in by households",
			units.figure("figures.totals.generation", totals.generation, Unit::Energy),
		),
	]);
	section("load", "Load and generation", &(sums + &chart.draw(units)))
}

/// Where energy came from and went, and at what prices.
pub(super) fn market(context: &Context<'_>) -> String {
	let (totals, units) = (&context.report.figures.totals, context.units);
	let sums = facts(&[
		("traded among peers", units.figure("figures.totals.traded", totals.traded, Unit::Energy)),
		("from the DSO", units.figure("figures.totals.fromDso", totals.from_dso, Unit::Energy)),
		("to the DSO", units.figure("figures.totals.toDso", totals.to_dso, Unit::Energy)),
		("offers", units.figure("figures.totals.offers", totals.offers, Unit::Count)),
		("exchanges", units.figure("figures.totals.trades", totals.trades, Unit::Count)),
		("paid to sellers", units.figure("figures.totals.paid", totals.paid, Unit::Money)),
	]);
	let mut to_dso = series(context, &TO_DSO, "c2", Kind::Stack);
	to_dso.marks = (context.report.figures.intervals.iter().enumerate())
		.map(|(place, row)| mark_down(path(place, &TO_DSO), row.to_dso))
		.collect();
	let balance = vec![
		series(context, &LOCAL, "c3", Kind::Stack),
		series(context, &FROM_DSO, "c1", Kind::Stack),
		to_dso,
	];
	let balance = Chart {
		room: Room::Full,
		..by_interval(
			context,
			"market-c",
			"Where demand was met, and what the DSO took (below the line), in kW",
			Unit::Power,
			balance,
		)
	};
	let unmatched = vec![
		series(context, &TRADED, "c3", Kind::Bar),
		series(context, &ASKS, "c2", Kind::Bar),
		series(context, &BIDS, "c1", Kind::Bar),
	];
	let unmatched = by_interval(
		context,
		"unmatched-c",
		"Traded, and offers that found no match, in kW",
		Unit::Power,
		unmatched,
	);
	let pair = format!(
		"<div class=\"pair\">\n{}{}</div>\n",
		unmatched.draw(units),
		prices(context).draw(units)
	);
	section(
		"market",
		"Traded among peers, and the rest with the DSO",
		&(sums + &balance.draw(units) + &pair),
	)
}

/// Prices paid, between those of the DSO.
fn prices<'a>(context: &Context<'_>) -> Chart<'a> {
	let market = &context.report.setting.market;
	let mut prices = by_interval(
		context,
		"price-c",
		"Prices paid, between the DSO’s, in EUR/kWh",
		Unit::Price,
		vec![
			series(context, &LEAST, "c4", Kind::Point),
			series(context, &HIGHEST, "c5", Kind::Point),
			series(context, &MEAN, "c3", Kind::Line),
		],
	);
	let level = |name: &str, colour, field: &str, price: u64| Level {
		name: name.into(),
		colour,
		path: format!("setting.market.{field}"),
		raw: price.into(),
	};
	prices.levels = vec![
		level("the DSO sells at", "c1", "priceConsumption", market.price_consumption),
		level("the DSO buys at", "c2", "priceProduction", market.price_production),
	];
	if let Some(fixed) = market.fixed_price {
		prices.levels.push(level("the fixed price", "c6", "fixedPrice", fixed));
	}
	prices
}

/// The table of all rows.
pub(super) fn intervals(context: &Context<'_>) -> String {
	let fields = [
		LOAD, GENERATION, TRADED, LOCAL, FROM_DSO, TO_DSO, ASKS, BIDS, LEAST, MEAN, HIGHEST,
		DEVIATION,
	];
	let rows = &context.report.figures.intervals;
	let mut heads: Vec<Head<'_>> = vec![texts("from"), numbers("timestep", Unit::Exact)];
	heads.extend(fields.iter().map(|field| numbers(field.name, field.unit)));
	let greatest: Vec<f64> = fields
		.iter()
		.map(|field| {
			let values = rows
				.iter()
				.filter_map(field.of)
				.map(|raw| context.units.of(field.unit, raw.value).abs());
			values.fold(0.0, f64::max)
		})
		.collect();
	let cells = |(place, row): (usize, &Interval)| {
		let mut cells = vec![
			text(&format!("figures.intervals.{place}.time"), &row.time),
			context.units.bare(
				&format!("figures.intervals.{place}.timestep"),
				row.timestep,
				Unit::Exact,
			),
		];
		cells.extend(fields.iter().zip(&greatest).map(|(field, greatest)| match (field.of)(row) {
			Some(raw) => context.units.sized(&path(place, field), &raw, field.unit, *greatest),
			None => "–".into(),
		}));
		cells
	};
	let rows: Vec<Vec<String>> = rows.iter().enumerate().map(cells).collect();
	let note = "<p>Powers are means over the interval. What a household bought, up to what it drew, came from neighbours. \
		The DSO delivers and takes what is left of each household’s consumption after its assets: the residual. \
		What was offered several times and not sold counts once.</p>\n";
	let table = format!(
		"<details open><summary>All intervals</summary>\n{}</details>\n",
		table("All intervals", &heads, &rows, None)
	);
	section("intervals", "By interval", &format!("{note}{table}"))
}
