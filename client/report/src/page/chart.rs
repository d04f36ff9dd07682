//! Charts of a few kinds, as SVG: each twice, for a wide window and for a narrow one.

use super::{
	axis::Scale,
	markup::{escape, Raw, Unit, Units},
};
use std::fmt::Write;

/// Space left of the plot, for ticks.
const LEFT: f64 = 52.0;
/// Space right of it.
const RIGHT: f64 = 12.0;
/// Space above it.
const TOP: f64 = 22.0;
/// Space below it.
const BOTTOM: f64 = 44.0;
/// Width of a letter.
const LETTER: f64 = 6.6;
/// The longest label of a category, in letters.
const MAX_LABEL: usize = 10;

/// How much room a chart has on a wide window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
	/// All of it.
	Full,
	/// Half of it.
	Half,
	/// A third.
	Third,
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
	/// Bars beside those of other series.
	Bar,
	/// Bars on top of those of other series, below the axis if negative.
	Stack,
	/// A line through the middles.
	Line,
	/// Points.
	Point,
}

/// One value.
#[derive(Clone, Debug)]
pub(super) struct Mark {
	/// Where it stands in `report.json`.
	pub(super) path: String,
	/// As it stands there.
	pub(super) raw: Raw,
	/// Whether it is drawn below the axis.
	pub(super) down: bool,
}

/// Values of one sort.
pub(super) struct Series {
	/// What they are.
	pub(super) name: String,
	/// Class of the colour: `c1` to `c6`.
	pub(super) colour: &'static str,
	pub(super) kind: Kind,
	/// One for each category, or none.
	pub(super) marks: Vec<Option<Mark>>,
}

/// A horizontal line at a value.
pub(super) struct Level {
	pub(super) name: String,
	pub(super) colour: &'static str,
	/// Where the value stands in `report.json`.
	pub(super) path: String,
	pub(super) raw: Raw,
}

/// A chart over categories.
pub(super) struct Chart<'a> {
	/// A name that no other chart has.
	pub(super) id: &'a str,
	/// What is seen.
	pub(super) title: &'a str,
	/// The same as HTML, if a figure is in it.
	pub(super) caption: Option<String>,
	/// What is along the axis.
	pub(super) along: &'a str,
	/// Names of the categories.
	pub(super) categories: Vec<String>,
	pub(super) unit: Unit,
	pub(super) series: Vec<Series>,
	pub(super) levels: Vec<Level>,
	pub(super) room: Room,
}

/// A value of a series.
pub(super) fn mark(path: String, raw: impl Into<Raw>) -> Option<Mark> {
	Some(Mark { path, raw: raw.into(), down: false })
}

/// A value that is drawn below the axis.
pub(super) fn mark_down(path: String, raw: impl Into<Raw>) -> Option<Mark> {
	Some(Mark { path, raw: raw.into(), down: true })
}

/// The place of an SVG's plot.
pub(super) struct Frame {
	pub(super) width: f64,
	pub(super) height: f64,
	pub(super) x: (f64, f64),
	pub(super) y: (f64, f64),
}

impl Frame {
	/// For a wide window, and for a narrow one.
	pub(super) fn both(room: Room) -> [(&'static str, Self); 2] {
		let (width, height) = match room {
			Room::Full => (1_040.0, 290.0),
			Room::Half => (510.0, 270.0),
			Room::Third => (330.0, 220.0),
		};
		[("wide", Self::new(width, height)), ("narrow", Self::new(340.0, 240.0))]
	}

	fn new(width: f64, height: f64) -> Self {
		Self { width, height, x: (LEFT, width - RIGHT), y: (height - BOTTOM, TOP) }
	}

	/// Opens the SVG, with what is read aloud.
	pub(super) fn open(&self, class: &str, id: &str, title: &str, about: &str) -> String {
		let (width, height) = (self.width, self.height);
		format!(
			"<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
			aria-labelledby=\"{id}-{class}-t {id}-{class}-d\">\
			<title id=\"{id}-{class}-t\">{}</title><desc id=\"{id}-{class}-d\">{}</desc>",
			escape(title),
			escape(about)
		)
	}

	/// The vertical axis.
	pub(super) fn y_axis(&self, scale: &Scale, unit: &str) -> String {
		let mut svg = String::new();
		let (left, right) = self.x;
		for (tick, label) in scale.ticks() {
			let y = scale.at(tick);
			let class = if tick == 0.0 { "zero" } else { "grid" };
			let _ = write!(
				svg,
				"<line class=\"{class}\" x1=\"{left}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
				<text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
				left - 6.0,
				y + 4.0
			);
		}
		let _ = write!(svg, "<text class=\"axis\" x=\"2\" y=\"11\">{}</text>", escape(unit));
		svg
	}

	/// What is along the horizontal axis.
	pub(super) fn x_title(&self, along: &str) -> String {
		let middle = (self.x.0 + self.x.1) / 2.0;
		format!(
			"<text class=\"axis mid\" x=\"{middle:.1}\" y=\"{:.1}\">{}</text>",
			self.height - 5.0,
			escape(along)
		)
	}
}

impl Chart<'_> {
	/// The figure.
	pub(super) fn draw(&self, units: Units) -> String {
		let svgs: String = Frame::both(self.room)
			.into_iter()
			.map(|(class, frame)| self.svg(units, class, &frame))
			.collect();
		format!(
			"<figure>\n<figcaption>{}</figcaption>\n{}{svgs}</figure>\n",
			self.caption.clone().unwrap_or_else(|| escape(self.title).into_owned()),
			self.legend(units)
		)
	}

	fn legend(&self, units: Units) -> String {
		let series = self.series.iter().map(|series| {
			let shape = match series.kind {
				Kind::Bar | Kind::Stack => "box",
				Kind::Line => "dash",
				Kind::Point => "dot",
			};
			format!("<li><i class=\"{shape} {}\"></i>{}</li>", series.colour, escape(&series.name))
		});
		let levels = self.levels.iter().map(|level| {
			let value = units.figure(&level.path, level.raw.clone(), self.unit);
			format!(
				"<li><i class=\"level {}\"></i>{} ({value})</li>",
				level.colour,
				escape(&level.name)
			)
		});
		format!("<ul class=\"legend\">{}</ul>\n", series.chain(levels).collect::<String>())
	}

	fn svg(&self, units: Units, class: &str, frame: &Frame) -> String {
		let scale = self.scale(units, frame);
		let mut svg = frame.open(class, self.id, self.title, &self.about(units));
		let of = match (self.unit.symbol(), self.series.first()) {
			("", Some(series)) => &series.name,
			(symbol, _) => symbol,
		};
		svg += &frame.y_axis(&scale, of);
		svg += &self.labels(frame);
		svg += &self.bars(units, frame, &scale);
		for level in &self.levels {
			let y = scale.at(units.of(self.unit, level.raw.value));
			let (left, right) = frame.x;
			let _ = write!(
				svg,
				"<line class=\"limit s{}\" x1=\"{left}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>",
				level.colour
			);
		}
		let drawn: Vec<_> = (self.series.iter())
			.filter(|series| matches!(series.kind, Kind::Line | Kind::Point))
			.collect();
		for (over, series) in (0..drawn.len()).rev().zip(drawn) {
			svg += &match series.kind {
				Kind::Line => self.line(series, over, units, frame, &scale),
				_ => self.points(series, over, units, frame, &scale),
			};
		}
		svg += &self.hints(units, frame);
		svg + &frame.x_title(self.along) + "</svg>\n"
	}

	/// What is read aloud: the range of each series.
	fn about(&self, units: Units) -> String {
		let ranges = self.series.iter().map(|series| {
			let values = || series.marks.iter().flatten().map(|mark| mark.raw.value);
			if values().next().is_none() {
				return format!("{}: none", series.name);
			}
			let least = values().fold(f64::INFINITY, f64::min);
			let greatest = values().fold(f64::NEG_INFINITY, f64::max);
			let [least, greatest] = [least, greatest].map(|value| units.plain(value, self.unit));
			format!("{}: {least} to {greatest}", series.name)
		});
		format!("By {}. {}.", self.along, ranges.collect::<Vec<_>>().join("; "))
	}

	/// A scale with room for all series, stacks as high as they are, and all levels.
	fn scale(&self, units: Units, frame: &Frame) -> Scale {
		let mut numbers: Vec<f64> = self.levels.iter().map(|level| level.raw.value).collect();
		for place in 0..self.categories.len() {
			let (mut up, mut down) = (0.0, 0.0);
			for series in &self.series {
				let Some(mark) = series.marks.get(place).and_then(Option::as_ref) else { continue };
				let value = mark.signed();
				match series.kind {
					Kind::Stack if value < 0.0 => down += value,
					Kind::Stack => up += value,
					_ => numbers.push(value),
				}
			}
			numbers.extend([up, down]);
		}
		let converted = numbers.into_iter().map(|number| units.of(self.unit, number));
		Scale::with_zero(converted, frame.y.0, frame.y.1, frame.height / 55.0)
	}

	/// Width of a category.
	fn pitch(&self, frame: &Frame) -> f64 {
		(frame.x.1 - frame.x.0) / (self.categories.len().max(1) as f64)
	}

	/// Where a category begins.
	fn begin(&self, place: usize, frame: &Frame) -> f64 {
		frame.x.0 + self.pitch(frame) * place as f64
	}

	/// Names below the axis: as many as there is room for.
	fn labels(&self, frame: &Frame) -> String {
		let longest = self.categories.iter().map(|name| name.chars().count().min(MAX_LABEL)).max();
		let needed = (longest.unwrap_or(1) as f64 + 1.5) * LETTER;
		let each = (needed / self.pitch(frame)).ceil().max(1.0) as usize;
		let shown = self.categories.iter().enumerate().step_by(each);
		shown
			.map(|(place, name)| {
				let x = self.begin(place, frame) + self.pitch(frame) / 2.0;
				format!(
					"<text class=\"mid\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
					frame.y.0 + 19.0,
					escape(&cut(name))
				)
			})
			.collect()
	}

	fn bars(&self, units: Units, frame: &Frame, scale: &Scale) -> String {
		let beside = self.series.iter().filter(|series| series.kind == Kind::Bar).count();
		let stacked = self.series.iter().any(|series| series.kind == Kind::Stack);
		let lanes = beside.saturating_add(usize::from(stacked)).max(1) as f64;
		let pitch = self.pitch(frame);
		let gap = if pitch > 8.0 { pitch * 0.2 } else { pitch * 0.1 };
		let width = (pitch - gap) / lanes;
		let mut svg = String::new();
		let mut stacks = vec![(0.0f64, 0.0f64); self.categories.len()];
		let mut lane = f64::from(u8::from(stacked));
		for series in &self.series {
			let own_lane = match series.kind {
				Kind::Stack => 0.0,
				Kind::Bar => add(&mut lane, 1.0),
				_ => continue,
			};
			let _ = write!(svg, "<g class=\"f{}\" data-bars>", series.colour);
			for ((place, mark), stack) in series.marks.iter().enumerate().zip(&mut stacks) {
				let Some(mark) = mark else { continue };
				let value = units.of(self.unit, mark.signed());
				let base = match series.kind {
					Kind::Bar => 0.0,
					_ if value < 0.0 => add(&mut stack.1, value),
					_ => add(&mut stack.0, value),
				};
				let (one, other) = (scale.at(base), scale.at(base + value));
				let x = self.begin(place, frame) + gap / 2.0 + width * own_lane;
				let _ = write!(
					svg,
					"<rect x=\"{x:.1}\" y=\"{:.2}\" width=\"{:.1}\" height=\"{:.2}\" data-figure=\"{}\" data-raw=\"{}\"/>",
					one.min(other),
					(width - if width > 6.0 { 1.0 } else { 0.0 }).max(0.5),
					(one - other).abs(),
					escape(&mark.path),
					mark.raw.text
				);
			}
			svg += "</g>";
		}
		svg
	}

	/// Points of a line, with the place of each; what is missing parts it.
	fn places<'s>(
		&'s self,
		series: &'s Series,
		units: Units,
		frame: &'s Frame,
		scale: &'s Scale,
	) -> impl Iterator<Item = Option<(f64, f64, &'s Mark)>> + 's {
		series.marks.iter().enumerate().map(move |(place, mark)| {
			let mark = mark.as_ref()?;
			let x = self.begin(place, frame) + self.pitch(frame) / 2.0;
			Some((x, scale.at(units.of(self.unit, mark.signed())), mark))
		})
	}

	/// A line, the thicker the more are drawn `over` it, so that it shows below one with the same values.
	fn line(
		&self,
		series: &Series,
		over: usize,
		units: Units,
		frame: &Frame,
		scale: &Scale,
	) -> String {
		let mut path = String::new();
		let mut pen = 'M';
		for place in self.places(series, units, frame, scale) {
			pen = match place {
				Some((x, y, _)) => {
					let _ = write!(path, "{pen}{x:.1} {y:.1}");
					'L'
				},
				None => 'M',
			};
		}
		let line = format!(
			"<path class=\"line s{}\" stroke-width=\"{:.1}\" d=\"{path}\"/>",
			series.colour,
			2.2 + 2.6 * over as f64
		);
		// Points tell values apart where there is room.
		match self.pitch(frame) > 14.0 {
			true => line + &self.points(series, over, units, frame, scale),
			false => line,
		}
	}

	/// Points, the larger the more are drawn `over` them.
	fn points(
		&self,
		series: &Series,
		over: usize,
		units: Units,
		frame: &Frame,
		scale: &Scale,
	) -> String {
		let (radius, more) = if self.pitch(frame) > 14.0 { (3.2, 1.6) } else { (2.0, 1.0) };
		let radius = radius + more * over as f64;
		let points: String = self
			.places(series, units, frame, scale)
			.flatten()
			.map(|(x, y, mark)| {
				format!(
					"<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" data-figure=\"{}\" data-raw=\"{}\"/>",
					escape(&mark.path),
					mark.raw.text
				)
			})
			.collect();
		format!("<g class=\"f{}\">{points}</g>", series.colour)
	}

	/// What is shown when one points at a category.
	fn hints(&self, units: Units, frame: &Frame) -> String {
		let (bottom, top) = frame.y;
		let hint = |(place, name): (usize, &String)| {
			let values = self.series.iter().filter_map(|series| {
				let mark = series.marks.get(place)?.as_ref()?;
				Some(format!("\n{}: {}", series.name, units.plain(mark.raw.value, self.unit)))
			});
			let text = format!("{name}{}", values.collect::<String>());
			format!(
				"<rect class=\"hint\" x=\"{:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
				self.begin(place, frame),
				self.pitch(frame),
				bottom - top,
				escape(&text)
			)
		};
		self.categories.iter().enumerate().map(hint).collect()
	}
}

impl Mark {
	/// As it is drawn.
	fn signed(&self) -> f64 {
		if self.down {
			-self.raw.value
		} else {
			self.raw.value
		}
	}
}

/// Adds, and says what was there before.
fn add(to: &mut f64, more: f64) -> f64 {
	std::mem::replace(to, *to + more)
}

/// A label that is not too long.
fn cut(name: &str) -> String {
	if name.chars().count() <= MAX_LABEL {
		return name.into();
	}
	name.chars().take(MAX_LABEL.saturating_sub(1)).chain(['…']).collect()
}
