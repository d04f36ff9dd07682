//! The example that `docs/pallets/offers.md` works out, read from there and cleared.

use crate::{mock::*, Event};
use petra_primitives::{Parameters, Price};

const PAGE: &str = include_str!("../../../../docs/pallets/offers.md");

/// The numbers of a text, thousands set off by spaces.
fn numbers(text: &str) -> Vec<u64> {
	let mut found: Vec<u64> = Vec::new();
	let mut goes_on = false;
	for word in text.split(' ') {
		let digits = word.trim_matches(|c: char| !c.is_ascii_digit());
		let Ok(number) = digits.parse::<u64>() else {
			goes_on = false;
			continue;
		};
		match found.last_mut() {
			Some(last) if goes_on && digits.len() == 3 => *last = *last * 1_000 + number,
			_ => found.push(number),
		}
		// What is followed by a comma is the whole number.
		goes_on = word.ends_with(|c: char| c.is_ascii_digit());
	}
	found
}

/// The first number after some words.
fn after(text: &str, words: &str) -> u64 {
	let (_, rest) = text.split_once(words).unwrap_or_else(|| panic!("{words:?} is not there"));
	numbers(rest)[0]
}

/// The rows of the tables of a text that begin with one of the offers' names: their cells.
fn rows(text: &str) -> Vec<Vec<&str>> {
	text.lines()
		.filter(|line| line.starts_with("| A") || line.starts_with("| B"))
		.map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
		.collect()
}

/// An offer of the example.
struct Line {
	name: String,
	feeder: u32,
	power: u64,
	price: Price,
}

impl Line {
	fn of(cells: &[&str]) -> Self {
		let number = |cell: usize| numbers(cells[cell])[0];
		Self { name: cells[0].into(), feeder: number(1) as u32, power: number(2), price: number(3) }
	}

	fn asks(&self) -> bool {
		self.name.starts_with('A')
	}

	/// Its account.
	fn who(&self) -> u32 {
		let number: u32 = self.name[1..].parse().unwrap();
		number + if self.asks() { 100 } else { 200 }
	}
}

/// Posts the offers and clears; returns what each bid had on hold, the price and the power.
fn clear(text: &str, lines: &[Line]) -> (Vec<u128>, Price, u64) {
	let price_tick = after(text, "price tick ");
	let power_lot = after(text, "lots of ");
	let parameters = Parameters { price_tick, power_lot, ..parameters() };
	Regulation::set_parameters(RuntimeOrigin::root(), parameters).unwrap();
	auction();
	set_limits(1, after(text, "`internal` "), after(text, "`external` "), NOW);
	for line in lines {
		let kind = if line.asks() { EPA } else { ECA };
		offer(line.who(), line.feeder, kind, line.price, line.power, (OPEN, OPEN));
	}
	let on_hold = lines.iter().map(|line| held(line.who())).collect();
	gate(OPEN);
	take_events();
	next_block();
	let cleared = take_events().into_iter().find_map(|event| match event {
		Event::MarketCleared { price, power, .. } => Some((price, power)),
		_ => None,
	});
	let (price, power) = cleared.unwrap();
	(on_hold, price, power)
}

/// What an account has of a kind.
fn watts(who: u32, kind: petra_primitives::AssetKind) -> u64 {
	let assets = assets(who).into_iter().filter(|(of, ..)| *of == kind);
	assets.map(|(_, power, ..)| power).sum()
}

/// The section of the example, and the lines of its first table.
fn read() -> (&'static str, String, Vec<Line>) {
	let (_, rest) = PAGE.split_once("### An example").unwrap();
	let (section, _) = rest.split_once("\n## ").unwrap();
	let bids_and_asks: Vec<_> = rows(section).into_iter().filter(|row| row.len() == 9).collect();
	let lines = bids_and_asks
		.iter()
		.flat_map(|row| [Line::of(&row[..4]), Line::of(&row[5..])])
		.collect();
	(section, section.replace('\n', " "), lines)
}

#[test]
fn the_documented_example_should_be_cleared_as_the_page_says() {
	let (section, text, lines) = read();
	assert_eq!(lines.len(), 6, "the table has three bids and three asks");
	build_and_execute(|| {
		let (on_hold, price, power) = clear(&text, &lines);
		assert_eq!(price, after(&text, "MarketCleared { price:"));
		assert_eq!(power, after(&text, &format!("MarketCleared {{ price: {price}, power:")));
		assert_eq!(price, after(&text, "rounded down"));

		let results: Vec<_> = rows(section).into_iter().filter(|row| row.len() == 4).collect();
		assert_eq!(results.len(), lines.len(), "each offer has its result");
		let (mut paid_in_all, mut received) = (0, 0);
		for (line, on_hold) in lines.iter().zip(on_hold) {
			let row = results.iter().find(|row| row[0] == line.name).unwrap();
			let some = |number: u64| (number > 0).then_some(number);
			let (traded, returned, money, change) = if line.asks() {
				let got = free(line.who()) as u64;
				received += got;
				(watts(line.who(), ECA), watts(line.who(), EPA), vec![got], None)
			} else {
				let paid = (MONEY - free(line.who())) as u64;
				paid_in_all += paid;
				let (on_hold, change) = (on_hold as u64, on_hold as u64 - paid);
				(watts(line.who(), EPA), watts(line.who(), ECA), vec![paid, on_hold], some(change))
			};
			assert_eq!(held(line.who()), 0);
			assert_eq!(traded + returned, line.power, "{}", line.name);
			assert_eq!(numbers(row[1]), some(traded).into_iter().collect::<Vec<_>>());
			let money: Vec<_> = money.into_iter().filter(|money| *money > 0).collect();
			assert_eq!(numbers(row[2]), money, "{}", line.name);
			let back: Vec<_> = some(returned).into_iter().chain(change).collect();
			assert_eq!(numbers(row[3]), back, "{}", line.name);
		}
		let (_, sum) = text.rsplit_once('|').unwrap();
		let (production, consumption) = load(1, OPEN);
		let expected = [paid_in_all, received, 1, production as u64, consumption as u64];
		assert_eq!(numbers(sum), expected);
		assert_eq!(after(&text, "`external` ") as i128, production - consumption);
	});
}

#[test]
fn the_documented_shading_should_move_the_price_as_the_page_says() {
	let (_, text, mut lines) = read();
	let page = PAGE.replace('\n', " ");
	let shaded = after(&page, "B3 would pay");
	let instead = after(&page, &format!("B3 would pay {shaded} instead of"));
	let bid = lines.iter_mut().find(|line| line.name == "B3").unwrap();
	bid.price = after(&page, &format!("{shaded} instead of {instead} with a bid of"));
	build_and_execute(|| {
		let (_, price, _) = clear(&text, &lines);
		assert_eq!(price, shaded);
		assert!(price < instead);
	});
}
