//! How numbers are distributed, with lines where others' are.

use super::{
	axis::Scale,
	chart::{Frame, Room},
	markup::escape,
};
use crate::Distribution;
use std::fmt::Write;

/// A vertical line.
pub(super) struct Reference<'a> {
	pub(super) name: &'a str,
	pub(super) at: f64,
}

/// A histogram.
pub(super) struct Histogram<'a> {
	pub(super) id: &'a str,
	pub(super) title: &'a str,
	/// What the numbers are, with their unit.
	pub(super) along: &'a str,
	/// Where the distribution stands in `report.json`.
	pub(super) path: &'a str,
	pub(super) of: &'a Distribution,
	pub(super) references: &'a [Reference<'a>],
	/// What the references are of.
	pub(super) of_references: &'a str,
	pub(super) colour: &'static str,
}

impl Histogram<'_> {
	/// The figure.
	pub(super) fn draw(&self) -> String {
		let svgs: String = Frame::both(Room::Half)
			.into_iter()
			.map(|(class, frame)| self.svg(class, &frame))
			.collect();
		let references = match self.references {
			[] => String::new(),
			_ => format!(
				"<li data-fixed><i class=\"level c6\"></i>{}</li>",
				escape(self.of_references)
			),
		};
		format!(
			"<figure>\n<figcaption>{}</figcaption>\n<ul class=\"legend\">\
			<li><i class=\"box {}\"></i>this run</li>{references}</ul>\n{svgs}</figure>\n",
			escape(self.title),
			self.colour,
		)
	}

	fn svg(&self, class: &str, frame: &Frame) -> String {
		let bins = &self.of.histogram;
		let counts = bins.iter().map(|bin| f64::from(bin.count));
		// Room for the references' names above the bars.
		let tallest = counts.clone().fold(0.0, f64::max) * 1.15;
		let y =
			Scale::with_zero(counts.chain([tallest]), frame.y.0, frame.y.1, frame.height / 55.0);
		let ends = bins.iter().flat_map(|bin| [bin.from, bin.to]);
		let x = Scale::with_zero(
			ends.chain(self.references.iter().map(|reference| reference.at)),
			frame.x.0,
			frame.x.1,
			frame.width / 60.0,
		);
		let about = format!(
			"{} numbers from {:.2} to {:.2}, half of them at most {:.2}.",
			self.of.count, self.of.least, self.of.greatest, self.of.median
		);
		let mut svg = frame.open(class, self.id, self.title, &about);
		svg += &frame.y_axis(&y, "exchanges");
		for (tick, label) in x.ticks() {
			let _ = write!(
				svg,
				"<text class=\"mid\" x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
				x.at(tick),
				frame.y.0 + 19.0
			);
		}
		let _ = write!(svg, "<g class=\"f{}\" data-bars>", self.colour);
		for (place, bin) in bins.iter().enumerate() {
			let (left, right) = (x.at(bin.from), x.at(bin.to));
			let top = y.at(f64::from(bin.count));
			let path = format!("{}.histogram.{place}.count", self.path);
			let _ = write!(
				svg,
				"<rect x=\"{left:.2}\" y=\"{top:.2}\" width=\"{:.2}\" height=\"{:.2}\" data-figure=\"{path}\" data-raw=\"{}\">\
				<title>{} to {} s: {}</title></rect>",
				(right - left - 1.0).max(1.5),
				frame.y.0 - top,
				bin.count,
				bin.from,
				bin.to,
				bin.count
			);
		}
		svg += "</g>";
		svg += &self.references(frame, &x);
		svg + &frame.x_title(self.along) + "</svg>\n"
	}

	/// Lines, with names one below the other, so that they do not meet.
	fn references(&self, frame: &Frame, x: &Scale) -> String {
		let mut svg = String::new();
		for (place, reference) in self.references.iter().enumerate() {
			let at = x.at(reference.at);
			let y = frame.y.1 + 2.0 + 13.0 * place as f64;
			let (class, off) = if at > frame.width * 0.7 { ("end", -4.0) } else { ("start", 4.0) };
			let _ = write!(
				svg,
				"<line class=\"limit sc6\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>\
				<text class=\"ref {class}\" x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
				frame.y.0,
				y - 9.0,
				at + off,
				escape(reference.name)
			);
		}
		svg
	}
}
