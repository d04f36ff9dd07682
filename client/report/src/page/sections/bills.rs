//! What households owe, beside what they would owe without a market.

use super::super::{
	chart::{mark, Chart, Kind, Room, Series},
	markup::{numbers, table, text, texts, Raw, Unit},
	Context,
};
use super::{facts, section};
use crate::BillFigures;

/// A column of the table: what it is called, where it stands, what it is.
struct Field {
	name: &'static str,
	path: &'static str,
	unit: Unit,
	of: fn(&BillFigures) -> i128,
}

const FIELDS: [Field; 6] = [
	Field { name: "measured", path: "measured", unit: Unit::Energy, of: |bill| bill.measured },
	Field { name: "residual", path: "energy", unit: Unit::Energy, of: |bill| bill.energy },
	Field {
		name: "for the residual",
		path: "residualCharges",
		unit: Unit::Money,
		of: |bill| bill.residual_charges,
	},
	Field { name: "paid to peers", path: "money", unit: Unit::Money, of: |bill| bill.money },
	Field { name: "bill", path: "bill", unit: Unit::Money, of: |bill| bill.bill },
	Field {
		name: "without a market",
		path: "baseline",
		unit: Unit::Money,
		of: |bill| bill.baseline,
	},
];

pub(super) fn bills(context: &Context<'_>) -> String {
	let bills = &context.report.figures.bills;
	if bills.is_empty() {
		let none = "<p class=\"none\">There are no bills.</p>\n".to_owned();
		return section("bills", "Bills", &(none + &left(context)));
	}
	let note = "<p data-fixed>A bill asks for the money that a household withdrew and did not bring back, and for what its meter measured and \
		its assets do not cover, at the DSO’s prices (P1). Below zero, the DSO owes. Without a market, all that was measured \
		would be at the DSO’s prices.</p>\n";
	let series = |name: &str, colour, field: &str, of: fn(&BillFigures) -> i128| Series {
		name: name.into(),
		colour,
		kind: Kind::Bar,
		marks: (bills.iter().enumerate())
			.map(|(place, bill)| mark(format!("figures.bills.{place}.{field}"), of(bill)))
			.collect(),
	};
	let chart = Chart {
		id: "bills-c",
		title: "Bills beside what they would be without a market, in EUR",
		caption: None,
		along: "household",
		categories: bills.iter().map(|bill| bill.name.clone()).collect(),
		unit: Unit::Money,
		series: vec![
			series("bill", "c3", "bill", |bill| bill.bill),
			series("without a market", "c6", "baseline", |bill| bill.baseline),
		],
		levels: Vec::new(),
		room: Room::Full,
	};
	section(
		"bills",
		"Bills",
		&format!("{note}{}{}{}", chart.draw(context.units), all(context), left(context)),
	)
}

fn all(context: &Context<'_>) -> String {
	let (figures, units) = (&context.report.figures, context.units);
	let size = |unit, raw: i128| units.of(unit, raw as f64).abs();
	let greatest: Vec<f64> = FIELDS
		.iter()
		.map(|field| {
			figures
				.bills
				.iter()
				.map(|bill| size(field.unit, (field.of)(bill)))
				.fold(0.0, f64::max)
		})
		.collect();
	let money = greatest.last().copied().unwrap_or_default();
	let saved =
		|path: String, saved: i128| units.sized(&path, &Raw::from(saved), Unit::Money, money);
	let row = |(place, bill): (usize, &BillFigures)| {
		let path = |field: &str| format!("figures.bills.{place}.{field}");
		let mut cells = vec![text(&path("name"), &bill.name)];
		cells.extend(FIELDS.iter().zip(&greatest).map(|(field, greatest)| {
			units.sized(&path(field.path), &Raw::from((field.of)(bill)), field.unit, *greatest)
		}));
		let difference = format!("{} - {}", path("baseline"), path("bill"));
		cells.push(saved(difference, bill.baseline.saturating_sub(bill.bill)));
		cells.push(match context.report.inputs.households.get(place) {
			Some(home) => units.sized(
				&format!("inputs.households.{place}.bill.owed"),
				&Raw::from(home.bill.owed),
				Unit::Money,
				money,
			),
			None => "–".into(),
		});
		cells.push(units.bare(&path("flags"), bill.flags, Unit::Count));
		cells
	};
	let rows: Vec<Vec<String>> = figures.bills.iter().enumerate().map(row).collect();
	let total = |path: &str, raw: i128| units.bare(path, raw, Unit::Money);
	let totals = &figures.totals;
	let mut foot =
		vec!["together".to_owned(), String::new(), String::new(), String::new(), String::new()];
	foot.extend([
		total("figures.totals.bills", totals.bills),
		total("figures.totals.baseline", totals.baseline),
		saved(
			"figures.totals.baseline - figures.totals.bills".into(),
			totals.baseline.saturating_sub(totals.bills),
		),
		String::new(),
		String::new(),
	]);
	let mut heads = vec![texts("household")];
	heads.extend(FIELDS.iter().map(|field| numbers(field.name, field.unit)));
	heads.extend([
		numbers("saved", Unit::Money),
		numbers("signed by the meter", Unit::Money),
		numbers("timesteps flagged", Unit::Count),
	]);
	table("Bills", &heads, &rows, Some(&foot))
}

/// What nobody deposited.
fn left(context: &Context<'_>) -> String {
	let (totals, units) = (&context.report.figures.totals, context.units);
	let left = facts(&[
		(
			"money that nobody deposited, a liability of the DSO",
			units.figure("figures.totals.undepositedMoney", totals.undeposited_money, Unit::Money),
		),
		(
			"EPA that nobody deposited",
			units.figure("figures.totals.undepositedEpa", totals.undeposited_epa, Unit::Energy),
		),
		(
			"ECA that nobody deposited",
			units.figure("figures.totals.undepositedEca", totals.undeposited_eca, Unit::Energy),
		),
	]);
	format!("<h3>Left over</h3>\n{left}")
}
