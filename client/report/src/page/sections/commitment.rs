//! What households were committed to and expected, beside what was measured.

use super::super::{
	chart::{mark, Chart, Kind, Room, Series},
	markup::Unit,
	Context,
};
use super::{energy::ALONG, facts, section};
use crate::Household;

pub(super) fn commitment(context: &Context<'_>) -> String {
	let (report, units) = (context.report, context.units);
	let error = units.figure("setting.forecastError", report.setting.forecast_error, Unit::Share);
	let note = "<p>Agents trade what they expect; meters measure what was. A household was committed to what it sold or bought, \
		as the assets say that it withdrew and deposited. Being off it costs nothing but the DSO’s price for the \
		difference.</p>\n";
	let facts = facts(&[("standard deviation of expectations", error)]);
	let expected = |name: &str, field: &str, colour, of: fn(&Household) -> &[i64]| Series {
		name: name.into(),
		colour,
		kind: Kind::Line,
		marks: (0..context.times.len())
			.map(|row| {
				let values = report.inputs.households.iter().map(|home| of(home).get(row).copied());
				let sum = values.map(|watts| watts.map(i128::from)).sum::<Option<i128>>()?;
				mark(format!("sum(inputs.households.*.{field}.{row})"), sum)
			})
			.collect(),
	};
	let chart = |id, title, series| Chart {
		id,
		title,
		caption: None,
		along: ALONG,
		categories: context.times.clone(),
		unit: Unit::Power,
		series,
		levels: Vec::new(),
		room: Room::Half,
	};
	let net = chart(
		"net-c",
		"Net consumption of all households, in kW; below zero, they fed in",
		vec![
			expected("expected", "predicted", "c5", |home| &home.predicted),
			expected("measured", "measured", "c1", |home| &home.measured),
		],
	);
	let rows = report.figures.intervals.iter().enumerate();
	let deviation = Series {
		name: "distance between measured and committed, all households".into(),
		colour: "c4",
		kind: Kind::Bar,
		marks: rows
			.map(|(row, interval)| {
				mark(format!("figures.intervals.{row}.deviation"), interval.deviation)
			})
			.collect(),
	};
	let deviation =
		chart("deviation-c", "How far measured lies from committed, in kW", vec![deviation]);
	let pair =
		format!("<div class=\"pair\">\n{}{}</div>\n", deviation.draw(units), net.draw(units));
	section("commitment", "Committed against measured", &format!("{note}{facts}{pair}"))
}
