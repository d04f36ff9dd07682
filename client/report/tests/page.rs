//! The page and the files of made-up reports.

#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used)]

use petra_report::{sample::Sample, FileError, Report, MAX_REPORT_BYTES};
use std::{collections::BTreeSet, io::Read};

/// Reports that have all there is, and reports that have next to nothing.
fn samples() -> Vec<(&'static str, Report)> {
	let nine = Sample::nine();
	let none = Sample { traded: false, mixed: false, ..nine };
	let mut empty = Report::sample(Sample { households: 0, rows: 0, feeders: 0, ..none });
	empty.checks.clear();
	empty.inputs.memory.clear();
	vec![
		("nine", Report::sample(nine)),
		("troubled", Report::sample(Sample { troubled: true, feeders: 4, ..nine })),
		("nothing-traded", Report::sample(none)),
		("one-household", Report::sample(Sample { households: 1, rows: 2, ..nine })),
		("hundred", Report::sample(Sample { households: 100, rows: 96, feeders: 14, ..nine })),
		("huge", Report::sample(Sample { scale: 1 << 40, troubled: true, ..nine })),
		("empty", empty),
	]
}

/// `PETRA_PAGES=DIR` writes them, for people to look at.
#[test]
fn page_should_stand_alone_whatever_is_in_the_report() {
	for (name, report) in samples() {
		let html = report.html();
		if let Some(directory) = std::env::var_os("PETRA_PAGES") {
			let file = std::path::Path::new(&directory).join(name);
			std::fs::write(file.with_extension("html"), &html).unwrap();
			report
				.write(std::fs::File::create(file.with_extension("json")).unwrap())
				.unwrap();
		}
		assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"), "{name}");
		for forbidden in
			["<script", "http:", "https:", "//cdn", "url(", "@import", "NaN", "inf\"", "<b>\"Stra"]
		{
			assert!(!html.contains(forbidden), "{name} contains {forbidden}");
		}
		let ids: Vec<&str> =
			html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
		assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name} repeats an id");
		for link in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
			assert!(ids.contains(&link), "{name} has no part {link}");
		}
		for (open, close) in
			["section", "table", "figure", "svg", "div", "dl", "ul", "li", "g", "p"]
				.map(|tag| (format!("<{tag}"), format!("</{tag}>")))
		{
			let opened = html
				.match_indices(&open)
				.filter(|(at, _)| html[at + open.len()..].starts_with([' ', '>']));
			assert_eq!(opened.count(), html.matches(&close).count(), "{name}: {open}");
		}
	}
}

#[test]
fn report_should_be_read_as_it_was_written() {
	for (name, report) in samples() {
		let mut written = Vec::new();
		report.write(&mut written).unwrap();
		let read = Report::read(written.as_slice()).unwrap();
		// The last bit of a double may be lost in reading; all else is the same.
		let mut again = Vec::new();
		read.write(&mut again).unwrap();
		assert_eq!(read.inputs, report.inputs, "{name}");
		assert_eq!(read.figures.trades, report.figures.trades, "{name}");
		assert_eq!(read.html().len(), report.html().len(), "{name}");
		assert_eq!(Report::read(again.as_slice()).unwrap().checks, report.checks, "{name}");
	}
}

#[test]
fn report_should_be_refused_when_it_is_none() {
	let refusal = |text: &str| Report::read(text.as_bytes()).unwrap_err().to_string();
	assert!(refusal("").starts_with("it is no report: EOF"), "{}", refusal(""));
	assert!(refusal("{}").contains("missing field `setting` at line 1 column 2"));
	let mut written = Vec::new();
	Report::sample(Sample::nine()).write(&mut written).unwrap();
	let text = String::from_utf8(written).unwrap();
	let other = text.replacen("\"seed\"", "\"sead\"", 1);
	assert!(refusal(&other).contains("unknown field `sead`"), "{}", refusal(&other));
	let fraction = text.replacen("\"paid\": \"", "\"paid\": \"0.5", 1);
	assert!(refusal(&fraction).contains("invalid digit"), "{}", refusal(&fraction));
	let endless = std::io::repeat(b' ').take(2 * MAX_REPORT_BYTES);
	assert!(matches!(Report::read(endless), Err(FileError::TooLarge)));
}

#[test]
fn trades_should_have_a_line_each() {
	let report = Report::sample(Sample::nine());
	let mut written = Vec::new();
	report.write_trades(&mut written).unwrap();
	let text = String::from_utf8(written).unwrap();
	let lines: Vec<&str> = text.lines().collect();
	assert_eq!(lines.len(), report.figures.trades.len() + 1);
	assert!(lines.first().unwrap().starts_with("offer,asset,power (W),"));
	assert!(lines
		.get(1)
		.unwrap()
		.starts_with("0,1000,400,7342118,7342118,46000,18400000,100,1795670400000,"));
}
