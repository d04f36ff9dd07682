//! `report.html`: one page that needs nothing else, neither a network nor scripts.
//!
//! Colours are such that people who see red and green alike tell them apart (after Okabe and Ito), and lines, points and bars
//! differ by shape as well. Charts are drawn twice, as letters would be too small if a wide one were shrunk.

mod axis;
mod chart;
mod histogram;
mod markup;
mod sections;

use crate::Report;
use markup::{escape, Units};

const STYLE: &str = include_str!("style.css");

/// What sections see.
struct Context<'a> {
	report: &'a Report,
	units: Units,
	/// Beginnings of the profile's rows.
	times: Vec<String>,
}

impl Report {
	/// The page that shows it: self-contained, without scripts, for wide and narrow windows, light and dark.
	///
	/// Energy is in kWh and prices in EUR/kWh of the profile's intervals, for which timesteps stand. What is taken from
	/// `report.json` carries `data-figure` with its place there, and its raw value.
	pub fn html(&self) -> String {
		let context = Context {
			report: self,
			units: Units { minutes: f64::from(self.setting.profile.interval_minutes) },
			times: self.figures.intervals.iter().map(|row| row.time.clone()).collect(),
		};
		let profile = &self.setting.profile;
		let title = format!("petra: {}, {} to {}", profile.name, profile.from, profile.to);
		let body: String = sections::ALL.iter().map(|section| section(&context)).collect();
		format!(
			"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
			<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
			<meta name=\"color-scheme\" content=\"light dark\">\n\
			<link rel=\"icon\" href=\"data:,\">\n\
			<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
			escape(&title)
		)
	}
}
