//! Texts and numbers as HTML. What is shown of `report.json` carries `data-figure` with the place where it stands there, its
//! unit, and its raw value, so that a page can be held against its report.

use std::{borrow::Cow, fmt::Display};

/// From which size on numbers are written with an exponent.
const HUGE: f64 = 1e12;
/// Billionths in a EUR.
const BILLION: f64 = 1e9;

/// A text in which nothing is markup.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
	let special = |c: char| matches!(c, '&' | '<' | '>' | '"' | '\'') || forbidden(c);
	if !text.contains(special) {
		return Cow::Borrowed(text);
	}
	let mut safe = String::with_capacity(text.len());
	for c in text.chars() {
		match c {
			'&' => safe.push_str("&amp;"),
			'<' => safe.push_str("&lt;"),
			'>' => safe.push_str("&gt;"),
			'"' => safe.push_str("&quot;"),
			'\'' => safe.push_str("&#39;"),
			c if forbidden(c) => safe.push('\u{fffd}'),
			c => safe.push(c),
		}
	}
	Cow::Owned(safe)
}

/// Characters that HTML does not allow, or that turn the direction of what follows them.
fn forbidden(c: char) -> bool {
	(c.is_control() && c != '\n' && c != '\t')
		|| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What a number of `report.json` is in, and so how it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
	/// A number of things.
	Count,
	/// The number of one thing: shown as it is.
	Exact,
	/// Watts, shown in kW.
	Power,
	/// Watt·timesteps, shown in kWh of the profile's intervals.
	Energy,
	/// Billionths of a EUR, shown in EUR.
	Money,
	/// Billionths of a EUR per watt and timestep, shown in EUR/kWh of the profile's intervals.
	Price,
	/// Seconds.
	Seconds,
	/// Square seconds.
	SquareSeconds,
	/// Milliseconds, shown in seconds.
	Milliseconds,
	/// A share, shown in percent.
	Share,
	/// Something by the second.
	PerSecond,
	/// How many times as much or as fast.
	Times,
	/// Bytes, shown in MiB.
	Bytes,
}

impl Unit {
	/// What is written behind the number.
	pub(super) fn symbol(self) -> &'static str {
		match self {
			Self::Count | Self::Exact => "",
			Self::Power => "kW",
			Self::Energy => "kWh",
			Self::Money => "EUR",
			Self::Price => "EUR/kWh",
			Self::Seconds | Self::Milliseconds => "s",
			Self::SquareSeconds => "s²",
			Self::Share => "%",
			Self::PerSecond => "/s",
			Self::Times => "×",
			Self::Bytes => "MiB",
		}
	}

	/// What a checker calls it: what the raw number is in.
	fn raw(self) -> &'static str {
		match self {
			Self::Count => "count",
			Self::Exact => "exact",
			Self::Power => "W",
			Self::Energy => "W·timestep",
			Self::Money => "1e-9 EUR",
			Self::Price => "1e-9 EUR/(W·timestep)",
			Self::Seconds => "s",
			Self::SquareSeconds => "s²",
			Self::Milliseconds => "ms",
			Self::Share => "share",
			Self::PerSecond => "/s",
			Self::Times => "times",
			Self::Bytes => "byte",
		}
	}

	/// Digits after the point that numbers up to a size are shown with.
	fn decimals(self, greatest: f64) -> usize {
		let steps: &[(f64, usize)] = match self {
			Self::Count | Self::Exact => &[],
			Self::Power | Self::Energy => &[(10.0, 3), (100.0, 2), (10_000.0, 1)],
			Self::Money => &[(1.0, 4), (10.0, 3), (100_000.0, 2)],
			Self::Price => &[(1.0, 4), (100.0, 3), (10_000.0, 1)],
			Self::Seconds | Self::SquareSeconds => &[(1_000.0, 2), (10_000.0, 1)],
			Self::Milliseconds => &[(1_000.0, 1)],
			Self::Share => &[(0.1, 3), (1_000.0, 1)],
			Self::PerSecond => &[(10.0, 2), (1_000.0, 1)],
			Self::Times => &[(100.0, 1)],
			Self::Bytes => &[(10.0, 1)],
		};
		// There is nothing to be exact about.
		let steps = if greatest == 0.0 { &[] } else { steps };
		steps
			.iter()
			.find(|(below, _)| greatest < *below)
			.map_or(0, |(_, decimals)| *decimals)
	}
}

/// A number as `report.json` has it, exactly, and as good as a double has it.
#[derive(Clone, Debug)]
pub(super) struct Raw {
	pub(super) text: String,
	pub(super) value: f64,
}

macro_rules! raw_of {
	($($integer:ty),*) => {$(
		impl From<$integer> for Raw {
			fn from(number: $integer) -> Self {
				Self { text: number.to_string(), value: number as f64 }
			}
		}
	)*};
}
raw_of!(u32, u64, i64, i128, usize, f64);

/// Where the numbers of a report stand, and what they are worth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Units {
	/// Minutes of the profile's interval, for which a timestep stands.
	pub(super) minutes: f64,
}

impl Units {
	/// A raw number in the unit that is shown.
	pub(super) fn of(self, unit: Unit, raw: f64) -> f64 {
		let kilowatt_hours = self.minutes / 60.0 / 1_000.0;
		match unit {
			Unit::Power | Unit::Milliseconds => raw / 1_000.0,
			Unit::Energy => raw * kilowatt_hours,
			Unit::Money => raw / BILLION,
			Unit::Price if kilowatt_hours > 0.0 => raw / BILLION / kilowatt_hours,
			Unit::Share => raw * 100.0,
			Unit::Bytes => raw / f64::from(1u32 << 20),
			_ => raw,
		}
	}

	/// A number with its unit behind it.
	pub(super) fn figure(self, path: &str, raw: impl Into<Raw>, unit: Unit) -> String {
		let number = self.bare(path, raw, unit);
		match unit.symbol() {
			"" => number,
			symbol => format!(
				"<span class=\"nw\">{number}<span class=\"unit\">&nbsp;{symbol}</span></span>"
			),
		}
	}

	/// A number alone: its unit stands above it.
	pub(super) fn bare(self, path: &str, raw: impl Into<Raw>, unit: Unit) -> String {
		let raw = raw.into();
		let greatest = self.of(unit, raw.value).abs();
		self.sized(path, &raw, unit, greatest)
	}

	/// A number alone, with as many digits as numbers up to `greatest` have.
	pub(super) fn sized(self, path: &str, raw: &Raw, unit: Unit, greatest: f64) -> String {
		let shown = match unit {
			Unit::Exact => raw.text.clone(),
			_ => {
				let value = self.of(unit, raw.value);
				number(value, digits(value, unit.decimals(greatest)))
			},
		};
		format!(
			"<data data-figure=\"{}\" data-unit=\"{}\" value=\"{}\">{shown}</data>",
			escape(path),
			unit.raw(),
			raw.text
		)
	}

	/// A number as plain text with its unit, for a hint.
	pub(super) fn plain(self, raw: f64, unit: Unit) -> String {
		let value = self.of(unit, raw);
		format!("{} {}", number(value, unit.decimals(value.abs())), unit.symbol())
	}
}

/// A text of `report.json`.
pub(super) fn text(path: &str, text: &str) -> String {
	format!("<span data-figure=\"{}\">{}</span>", escape(path), escape(text))
}

/// A moment in milliseconds of Unix time: `12:34:56 UTC`.
pub(super) fn moment(path: &str, at: u64) -> String {
	let of_day = at
		.checked_div(1_000)
		.and_then(|seconds| seconds.checked_rem(86_400))
		.unwrap_or_default();
	let part = |unit: u64, of: u64| {
		of_day.checked_div(unit).and_then(|n| n.checked_rem(of)).unwrap_or_default()
	};
	format!(
		"<data data-figure=\"{}\" data-unit=\"moment\" value=\"{at}\">{:02}:{:02}:{:02} UTC</data>",
		escape(path),
		part(3_600, 24),
		part(60, 60),
		part(1, 60)
	)
}

/// So many digits after the point, or more, up to three, if a number that is not 0 would look like it.
fn digits(value: f64, decimals: usize) -> usize {
	let is_seen =
		|more: &usize| number(value, *more).contains(|digit| ('1'..='9').contains(&digit));
	(decimals..=3).find(is_seen).unwrap_or(decimals)
}

/// A number with so many digits after the point, and thin spaces between thousands.
pub(super) fn number(value: f64, decimals: usize) -> String {
	if !value.is_finite() {
		return "–".into();
	}
	if value.abs() >= HUGE {
		return format!("{value:.2e}").replace('-', "\u{2212}");
	}
	let digits = format!("{:.decimals$}", value.abs());
	let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
	let negative = value < 0.0 && digits.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
	let mut shown = String::from(if negative { "\u{2212}" } else { "" });
	for (place, digit) in whole.chars().enumerate() {
		let left = whole.len().saturating_sub(place);
		if place > 0 && left.checked_rem(3) == Some(0) && whole.len() > 4 {
			shown.push('\u{202f}');
		}
		shown.push(digit);
	}
	if !fraction.is_empty() {
		shown.push('.');
		shown.push_str(fraction);
	}
	shown
}

/// `1 household`, `2 households`.
pub(super) fn plural(count: impl Display + PartialEq<usize>, one: &str, more: &str) -> String {
	if count == 1 {
		one.into()
	} else {
		more.into()
	}
}

/// A column of a table.
pub(super) struct Head<'a> {
	/// What it says.
	pub(super) name: &'a str,
	/// In what it is.
	pub(super) unit: &'a str,
	/// Whether it holds numbers.
	pub(super) numbers: bool,
}

/// A head of numbers.
pub(super) fn numbers<'a>(name: &'a str, unit: Unit) -> Head<'a> {
	Head { name, unit: unit.symbol(), numbers: true }
}

/// A head of texts.
pub(super) fn texts(name: &str) -> Head<'_> {
	Head { name, unit: "", numbers: false }
}

/// A table which scrolls when it does not fit. The first cell of a row is its head; cells are HTML.
pub(super) fn table(
	title: &str,
	heads: &[Head<'_>],
	rows: &[Vec<String>],
	foot: Option<&[String]>,
) -> String {
	let head: String = heads
		.iter()
		.map(|head| {
			let class = if head.numbers { " class=\"r\"" } else { "" };
			let unit = match head.unit {
				"" => String::new(),
				unit => format!("<br><span class=\"u\">{unit}</span>"),
			};
			format!("<th scope=\"col\"{class}>{}{unit}</th>", head.name)
		})
		.collect();
	let row = |cells: &[String]| {
		let cells: String = heads
			.iter()
			.zip(cells)
			.enumerate()
			.map(|(place, (head, cell))| match (place, head.numbers) {
				(0, _) => format!("<th scope=\"row\"><div>{cell}</div></th>"),
				(_, true) => format!("<td class=\"r\">{cell}</td>"),
				(_, false) => format!("<td>{cell}</td>"),
			})
			.collect();
		format!("<tr>{cells}</tr>\n")
	};
	let body: String = rows.iter().map(|cells| row(cells)).collect();
	let foot = foot.map_or_else(String::new, |cells| format!("<tfoot>{}</tfoot>", row(cells)));
	let title = escape(title);
	format!(
		"<div class=\"scroll\" role=\"region\" aria-label=\"{title}\" tabindex=\"0\"><table>\
		<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table></div>\n"
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn text_should_be_no_markup_when_it_is_escaped() {
		let text = "<img src=x onerror='alert(\"1\")'>&amp;\0\u{202e}";
		let safe =
			"&lt;img src=x onerror=&#39;alert(&quot;1&quot;)&#39;&gt;&amp;amp;\u{fffd}\u{fffd}";
		assert_eq!(escape(text), safe);
		assert_eq!(escape("7/7 (2) ä"), "7/7 (2) ä");
	}

	#[test]
	fn number_should_be_short_when_it_is_shown() {
		for (value, decimals, shown) in [
			(0.0, 2, "0.00"),
			(-0.001, 2, "0.00"),
			(-1.5, 1, "−1.5"),
			(1234.0, 0, "1234"),
			(12_345.678, 1, "12\u{202f}345.7"),
			(-1_234_567.0, 0, "−1\u{202f}234\u{202f}567"),
			(1e12, 3, "1.00e12"),
			(-1.7e38, 3, "−1.70e38"),
			(f64::NAN, 1, "–"),
			(f64::NEG_INFINITY, 1, "–"),
		] {
			assert_eq!(number(value, decimals), shown, "{value}");
		}
	}

	#[test]
	fn number_should_not_look_like_nothing_when_it_is_something() {
		for (value, decimals, shown) in [
			(0.0, 2, 2),
			(0.004, 2, 3),
			(-0.001, 0, 3),
			(0.006, 2, 2),
			(1.0, 0, 0),
			(0.0004, 2, 2),
			(7e-5, 4, 4),
		] {
			assert_eq!(digits(value, decimals), shown, "{value}");
		}
	}

	#[test]
	fn unit_should_be_converted_by_the_length_of_the_interval() {
		let quarter = Units { minutes: 15.0 };
		// 4 kW over a quarter of an hour are 1 kWh; 75 billionths per W and quarter are 0.3 EUR/kWh.
		assert_eq!(quarter.of(Unit::Energy, 4_000.0), 1.0);
		assert!((quarter.of(Unit::Price, 75_000.0) - 0.3).abs() < 1e-12);
		assert_eq!(quarter.plain(-2_500_000_000.0, Unit::Money), "−2.500 EUR");
		assert_eq!(
			quarter.figure("a.b", 1_250u64, Unit::Power),
			"<span class=\"nw\"><data data-figure=\"a.b\" data-unit=\"W\" value=\"1250\">1.250</data><span class=\"unit\">&nbsp;kW</span></span>"
		);
		assert_eq!(Units { minutes: 0.0 }.of(Unit::Price, 75.0), 75.0);
	}
}
