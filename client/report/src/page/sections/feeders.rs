//! How much was traded on each feeder, and how much may be.

use super::super::{
	chart::{mark, Chart, Kind, Level, Room, Series},
	markup::{numbers, table, texts, Raw, Unit},
	Context,
};
use super::{energy::ALONG, section};
use crate::Feeder;

/// The most feeders with a chart of their own.
const MAX_CHARTS: usize = 12;
/// A limit that is more than so many times as high as all loads is written, not drawn.
const FAR: f64 = 3.0;

pub(super) fn feeders(context: &Context<'_>) -> String {
	let feeders = &context.report.figures.feeders;
	if feeders.is_empty() {
		return section("feeders", "Feeders", "<p class=\"none\">No feeder is known.</p>\n");
	}
	let note = "<p>The most that sellers and buyers of a feeder had traded in each interval, as the ledger counts it. The internal \
		limit holds for either; the external one, for what crosses the feeder’s boundary.</p>\n";
	let mut busiest: Vec<(usize, &Feeder)> = feeders.iter().enumerate().collect();
	busiest.sort_by_key(|(_, feeder)| std::cmp::Reverse(peak(feeder).2));
	busiest.truncate(MAX_CHARTS);
	busiest.sort_by_key(|(place, _)| *place);
	let (room, class) = match busiest.len() {
		1 => (Room::Full, "one"),
		2 => (Room::Half, "pair"),
		_ => (Room::Third, "three"),
	};
	let charts: String = busiest
		.iter()
		.map(|(place, feeder)| chart(context, *place, feeder, room))
		.collect();
	let left_out = match feeders.len().saturating_sub(busiest.len()) {
		0 => String::new(),
		more => format!(
			"<p data-fixed>Charts of the {MAX_CHARTS} busiest feeders; {more} more are in the table.</p>\n"
		),
	};
	let content =
		format!("{note}<div class=\"{class}\">\n{charts}</div>\n{left_out}{}", all(context));
	section("feeders", "Feeders", &content)
}

/// The greatest sale and purchase, and the greater of both, in watts.
fn peak(feeder: &Feeder) -> (u64, u64, u64) {
	let most = |loads: &[u64]| loads.iter().copied().max().unwrap_or_default();
	let (production, consumption) = (most(&feeder.production), most(&feeder.consumption));
	(production, consumption, production.max(consumption))
}

fn chart(context: &Context<'_>, place: usize, feeder: &Feeder, room: Room) -> String {
	let series = |name: &str, field: &str, colour, loads: &[u64]| Series {
		name: name.into(),
		colour,
		kind: Kind::Line,
		marks: (loads.iter().enumerate())
			.map(|(row, load)| mark(format!("figures.feeders.{place}.{field}.{row}"), *load))
			.collect(),
	};
	let limits = [
		("internal limit", "c5", "internalLimit", feeder.internal_limit),
		("external limit", "c6", "externalLimit", feeder.external_limit),
	];
	let highest = peak(feeder).2 as f64;
	let levels = limits.into_iter().filter_map(|(name, colour, field, limit)| {
		let raw = Raw::from(limit?);
		let path = format!("figures.feeders.{place}.{field}");
		(raw.value <= highest * FAR).then(|| Level { name: name.into(), colour, path, raw })
	});
	let chart = Chart {
		id: &format!("feeder-{place}-c"),
		title: &format!("Feeder {}: sold and bought, in kW", feeder.feeder),
		caption: Some(format!(
			"Feeder {}: sold and bought, in kW",
			context.units.bare(
				&format!("figures.feeders.{place}.feeder"),
				feeder.feeder,
				Unit::Exact
			)
		)),
		along: ALONG,
		categories: context.times.clone(),
		unit: Unit::Power,
		series: vec![
			series("sold", "production", "c2", &feeder.production),
			series("bought", "consumption", "c1", &feeder.consumption),
		],
		levels: levels.collect(),
		room,
	};
	chart.draw(context.units)
}

fn all(context: &Context<'_>) -> String {
	let units = context.units;
	let row = |(place, feeder): (usize, &Feeder)| {
		let path = |field: &str| format!("figures.feeders.{place}.{field}");
		let most = |field: &str, loads: &[u64], most: u64| match loads {
			[] => "–".into(),
			_ => units.bare(&format!("max({}.*)", path(field)), most, Unit::Power),
		};
		let limit = |field: &str, limit: Option<u64>| match limit {
			Some(limit) => units.bare(&path(field), limit, Unit::Power),
			None => "none".into(),
		};
		let (production, consumption, _) = peak(feeder);
		vec![
			units.bare(&path("feeder"), feeder.feeder, Unit::Exact),
			most("production", &feeder.production, production),
			most("consumption", &feeder.consumption, consumption),
			limit("internalLimit", feeder.internal_limit),
			limit("externalLimit", feeder.external_limit),
		]
	};
	let heads = [
		texts("feeder"),
		numbers("most sold", Unit::Power),
		numbers("most bought", Unit::Power),
		numbers("internal limit", Unit::Power),
		numbers("external limit", Unit::Power),
	];
	let rows: Vec<Vec<String>> =
		context.report.figures.feeders.iter().enumerate().map(row).collect();
	table("Feeders", &heads, &rows, None)
}
