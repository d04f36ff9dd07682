//! Pages of made-up reports in a real browser.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use petra_report::{sample::Sample, Report};
use petra_tests::{browser, Error, Result, ScratchDirectory};
use std::{
	fs::{self, File},
	path::PathBuf,
};

/// Writes a report and its page; the page may be altered first.
fn written(
	folder: &ScratchDirectory,
	name: &str,
	report: &Report,
	alter: impl FnOnce(String) -> String,
) -> (PathBuf, PathBuf) {
	let html = folder.path().join(format!("{name}.html"));
	let json = folder.path().join(format!("{name}.json"));
	fs::write(&html, alter(report.html())).expect("the folder is ours");
	report.write(File::create(&json).expect("the folder is ours")).unwrap();
	(html, json)
}

#[test]
fn page_should_look_right_in_a_browser_whatever_the_report() -> Result {
	let folder = ScratchDirectory::new("report")?;
	let nine = Sample::nine();
	let none = Sample { traded: false, mixed: false, ..nine };
	for (name, sample) in [
		("nine", nine),
		("troubled", Sample { troubled: true, feeders: 4, ..nine }),
		("nothing-traded", none),
		("one-household", Sample { households: 1, rows: 2, ..nine }),
		("hundred", Sample { households: 100, rows: 96, feeders: 14, ..nine }),
		("huge", Sample { scale: 1 << 40, troubled: true, ..nine }),
	] {
		let (html, json) = written(&folder, name, &Report::sample(sample), |page| page);
		browser::check(&html, &json)?;
	}
	let mut empty = Report::sample(Sample { households: 0, rows: 0, feeders: 0, ..none });
	empty.checks.clear();
	empty.inputs.memory.clear();
	let (html, json) = written(&folder, "empty", &empty, |page| page);
	browser::check(&html, &json)
}

/// A page that is right but for one thing: what was put before its end, or what stands instead of something else.
#[test]
fn page_should_be_refused_when_something_is_wrong_with_it() -> Result {
	let folder = ScratchDirectory::new("report-wrong")?;
	let report = Report::sample(Sample::nine());
	let html = report.html();
	let trades = "data-figure=\"figures.totals.trades\" data-unit=\"count\" value=\"126\">126<";
	let energy = "data-figure=\"figures.totals.load\" data-unit=\"W·timestep\"";
	let bar = html
		.split("data-bars><rect ")
		.nth(1)
		.and_then(|rect| rect.split(" data-figure").next())
		.unwrap();
	let end = "</body>";
	for (name, from, to, complaint) in [
		(
			"raw",
			trades,
			"data-figure=\"figures.totals.trades\" data-unit=\"count\" value=\"127\">127<",
			"the raw value is 127, report.json says 126",
		),
		(
			"shown",
			trades,
			"data-figure=\"figures.totals.trades\" data-unit=\"count\" value=\"126\">127<",
			"figures.totals.trades shows \"127\"",
		),
		(
			"unit",
			energy,
			"data-figure=\"figures.totals.load\" data-unit=\"W\"",
			"it is in W, not in W·timestep",
		),
		(
			"place",
			trades,
			"data-figure=\"figures.totals.trade\" data-unit=\"count\" value=\"126\">126<",
			"report.json has no such value",
		),
		(
			"left out",
			"data-figure=\"figures.load.blocks\"",
			"data-fixed",
			"figures.load.blocks is not shown",
		),
		("bar", bar, "x=\"60\" y=\"40\" width=\"9\" height=\"3.21\"", " is 3.21 high"),
		(
			"paper",
			"data-paper=\"mean\" value=\"11.79\"",
			"data-paper=\"mean\" value=\"12.79\"",
			"the paper's mean is 11.79",
		),
		("unmarked", end, "<p>12 more</p></body>", "not marked as a figure: 12 more"),
		(
			"overflow",
			end,
			"<div style=\"width:3000px\">wide</div></body>",
			"the page is 3000 pixels wide",
		),
		(
			"spill",
			end,
			"<div style=\"width:99px\"><div style=\"width:150px\">a</div></div></body>",
			"needs 150 pixels and has 99",
		),
		(
			"faint",
			end,
			"<p style=\"color:#777;background:#888\">faint</p></body>",
			"faint\" has a contrast of 1.2",
		),
		(
			"on one another",
			">15</text>",
			">15</text><text x=\"34\" y=\"26\">on it</text>",
			"\"on it\" lies on",
		),
		(
			"cut off",
			">15</text>",
			">15</text><text x=\"-9\" y=\"140\">outside</text>",
			"\"outside\" is cut off",
		),
		("request", end, "<img src=\"http://127.0.0.1:9/x.png\" alt=\"\"></body>", "asks for http"),
		("console", end, "<script>console.log('hello')</script></body>", "the console says: hello"),
		("error", end, "<script>throw new Error('oh')</script></body>", "an error: oh"),
	] {
		let amiss = Error::Violated(format!("{name}: the page has no {from}"));
		if !html.contains(from) {
			return Err(amiss);
		}
		let (html, json) = written(&folder, name, &report, |page| page.replacen(from, to, 1));
		let Err(Error::Violated(said)) = browser::check(&html, &json) else {
			return Err(Error::Violated(format!("{name}: nothing was noticed")));
		};
		if !said.contains(complaint) {
			return Err(Error::Violated(format!("{name}: {said}")));
		}
	}
	Ok(())
}
