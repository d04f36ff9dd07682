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
	Ok(())
}

#[test]
fn page_should_be_refused_when_something_is_wrong_with_it() -> Result {
	let folder = ScratchDirectory::new("report-wrong")?;
	let report = Report::sample(Sample::nine());
	let with = |more: &'static str| {
		move |page: String| page.replacen("</body>", &format!("{more}</body>"), 1)
	};
	let figure =
		"<data data-figure=\"figures.totals.trades\" data-unit=\"count\" value=\"-1\">-1</data>";
	let shown =
		"<data data-figure=\"setting.chain.validators\" data-unit=\"count\" value=\"4\">5</data>";
	for (name, more, complaint) in [
		("figure", figure, "figures.totals.trades is -1"),
		("shown", shown, "setting.chain.validators shows 5"),
		("overflow", "<div style=\"width:3000px\">wide</div>", "overflows"),
		("request", "<img src=\"http://127.0.0.1:9/x.png\" alt=\"\">", "requests http"),
		("console", "<script>console.log('hello')</script>", "console: hello"),
	] {
		let (html, json) = written(&folder, name, &report, with(more));
		let Err(Error::Violated(said)) = browser::check(&html, &json) else {
			return Err(Error::Violated(format!("{name}: nothing was noticed")));
		};
		if !said.contains(complaint) {
			return Err(Error::Violated(format!("{name}: {said}")));
		}
	}
	Ok(())
}
