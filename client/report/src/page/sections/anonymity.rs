//! How well households were hidden.

use super::super::{
	chart::{Chart, Kind, Mark, Room, Series},
	markup::{numbers, plural, table, text, texts, Raw, Unit},
	Context,
};
use super::{facts, section};
use crate::Ring;
use std::collections::BTreeMap;

/// The most rings in the table.
const MAX_RINGS: usize = 100;

pub(super) fn anonymity(context: &Context<'_>) -> String {
	let (anonymity, units) = (&context.report.figures.anonymity, context.units);
	let count = |path: &str, count: u32| {
		units.figure(&format!("figures.anonymity.{path}"), count, Unit::Count)
	};
	let mixed = format!(
		"{} of {}",
		count("tradedMixed", anonymity.traded_mixed),
		count("traded", anonymity.traded)
	);
	let facts = facts(&[
		("assets traded that had been mixed", mixed),
		("notes put into pools", count("deposited", anonymity.deposited)),
		("notes taken out", count("withdrawn", anonymity.withdrawn)),
		("rings that failed", count("failedRings", anonymity.failed_rings)),
		("notes taken back openly", count("reclaimed", anonymity.reclaimed)),
	]);
	let setting = match &context.report.setting.mixing {
		None => "<p>Mixing was switched off: addresses that trade got their assets from meters or the DSO openly.</p>\n".into(),
		Some(_) => settings(context),
	};
	let rings = match anonymity.rings.as_slice() {
		[] => "<p class=\"none\">No note came out of a ring.</p>\n".into(),
		_ => {
			format!("<div class=\"pair\">\n{}</div>\n{}", chart(context), all(context))
		},
	};
	section("anonymity", "Anonymity sets", &format!("{facts}{setting}{rings}"))
}

fn settings(context: &Context<'_>) -> String {
	let Some(mixing) = &context.report.setting.mixing else { return String::new() };
	let number = |path: &str, number: u64| {
		context.units.bare(&format!("setting.mixing.{path}"), number, Unit::Count)
	};
	let basket: Vec<String> = (mixing.basket.iter().enumerate())
		.map(|(place, note)| text(&format!("setting.mixing.basket.{place}"), note))
		.collect();
	let again = if mixing.again {
		"What was traded is mixed again before it is deposited."
	} else {
		"What was traded is deposited without being mixed again."
	};
	format!(
		"<p>Whoever takes a note out of a ring proves that one of its members is theirs, not which. Rings have {} members or \
		more and are used from an age of {} blocks; a note is of {} timesteps. Each household withdraws and mixes the same for \
		each stretch, traded or not: {}. {again}</p>\n",
		number("minRingSize", mixing.min_ring_size.into()),
		number("minRingAge", mixing.min_ring_age.into()),
		number("stretch", mixing.stretch),
		basket.join(", ")
	)
}

/// How many rings have so many households.
fn chart(context: &Context<'_>) -> String {
	let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
	for ring in &context.report.figures.anonymity.rings {
		let count = sizes.entry(ring.households).or_default();
		*count = count.saturating_add(1);
	}
	let marks = sizes.iter().map(|(size, count)| {
		let path = format!("equal(figures.anonymity.rings.*.households, {size})");
		Some(Mark { path, raw: Raw::from(*count), down: false })
	});
	let rings =
		Series { name: "rings".into(), colour: "c3", kind: Kind::Bar, marks: marks.collect() };
	let chart = Chart {
		id: "rings-c",
		title: "Rings by the number of households whose notes they hold",
		caption: None,
		along: "households in a ring",
		categories: sizes.keys().map(ToString::to_string).collect(),
		unit: Unit::Count,
		series: vec![rings],
		levels: Vec::new(),
		room: Room::Half,
	};
	chart.draw(context.units)
}

/// The rings that hide least first.
fn all(context: &Context<'_>) -> String {
	let units = context.units;
	let mut rings: Vec<(usize, &Ring)> =
		context.report.figures.anonymity.rings.iter().enumerate().collect();
	rings.sort_by_key(|(place, ring)| (ring.households, ring.least_members, *place));
	let left_out = rings.len().saturating_sub(MAX_RINGS);
	rings.truncate(MAX_RINGS);
	let row = |(place, ring): &(usize, &Ring)| {
		let path = |field: &str| format!("figures.anonymity.rings.{place}.{field}");
		let count = |field: &str, count: u32| units.bare(&path(field), count, Unit::Count);
		vec![
			text(&path("pool"), &ring.pool),
			units.bare(&path("ring"), ring.ring, Unit::Exact),
			count("households", ring.households),
			count("members", ring.members),
			count("leastMembers", ring.least_members),
			count("withdrawn", ring.withdrawn),
		]
	};
	let rows: Vec<Vec<String>> = rings.iter().map(row).collect();
	let heads = [
		texts("pool"),
		numbers("ring", Unit::Count),
		numbers("households", Unit::Count),
		numbers("members", Unit::Count),
		numbers("when first used", Unit::Count),
		numbers("taken out", Unit::Count),
	];
	let more = match left_out {
		0 => String::new(),
		left_out => format!(
			"<p data-fixed>The {MAX_RINGS} with the fewest households; {left_out} more {} in <code>report.json</code>.</p>\n",
			plural(left_out, "ring is", "rings are")
		),
	};
	table("Rings", &heads, &rows, None) + &more
}
