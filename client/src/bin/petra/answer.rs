//! What a command answers, to people and to programs; and what it says while it works.

use serde_json::Value;
use std::{
	future::Future,
	io::{IsTerminal, Write},
	time::Duration,
};
use tokio::time::{interval_at, Instant};

/// From when on a command says what it is doing.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it says so again: at a terminal, and in a file.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];

/// An answer.
#[derive(Debug)]
pub struct Answer {
	/// Lines for people.
	pub text: String,
	/// The same for programs.
	pub json: Value,
}

impl Answer {
	/// An answer.
	pub fn new(text: impl Into<String>, json: Value) -> Self {
		Self { text: text.into(), json }
	}

	/// Prints it: one JSON document, or lines.
	pub fn print(&self, json: bool) {
		let text = if json {
			serde_json::to_string_pretty(&self.json).unwrap_or_default()
		} else {
			self.text.clone()
		};
		// Whoever reads may have read enough.
		let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
	}
}

/// Says something beside the answer.
pub fn note(text: &str) {
	let _ = writeln!(std::io::stderr(), "petra: {text}");
}

/// Waits for something, and says on stderr what for if that takes more than two seconds.
pub async fn during<T>(what: &str, work: impl Future<Output = T>) -> T {
	let terminal = std::io::stderr().is_terminal();
	let start = Instant::now();
	let [often, seldom] = AGAIN;
	let period = if terminal { often } else { seldom };
	let mut ticks = interval_at(start.checked_add(PATIENCE).unwrap_or(start), period);
	tokio::pin!(work);
	let mut shown = false;
	loop {
		tokio::select! {
			result = &mut work => {
				if shown && terminal {
					let _ = write!(std::io::stderr(), "\r\x1b[K");
				}
				return result;
			},
			_ = ticks.tick() => {
				shown = true;
				let line = format!("petra: {what} … {} s", start.elapsed().as_secs());
				let _ = if terminal {
					write!(std::io::stderr(), "\r\x1b[K{line}")
				} else {
					writeln!(std::io::stderr(), "{line}")
				};
			},
		}
	}
}

/// Adds a field to an object.
pub fn put(object: &mut Value, name: &str, value: Value) {
	if let Some(fields) = object.as_object_mut() {
		fields.insert(name.into(), value);
	}
}
