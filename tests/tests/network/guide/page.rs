//! What a page says to do: its shell blocks, and where they run.

/// A shell block, or the repetition of one, at a place.
pub struct Step {
	/// Line of the page where the block begins.
	pub line: usize,
	/// `dso`, `machine 2`, `workstation 5`.
	pub place: String,
	/// What to run.
	pub script: String,
}

/// A page.
pub struct Page {
	/// Its file's name.
	pub name: String,
	/// What every place runs first.
	pub everywhere: Vec<Step>,
	/// What is run then, in order.
	pub steps: Vec<Step>,
}

/// A block as it stands on the page.
struct Block {
	line: usize,
	/// What follows ```` ```bash ````.
	header: String,
	script: String,
}

impl Page {
	/// Reads a page. Panics, with the line, when it does not say clearly what to do.
	pub fn parse(name: &str, text: &str) -> Self {
		let mut page = Self { name: name.into(), everywhere: Vec::new(), steps: Vec::new() };
		let mut named: Vec<(String, usize, String)> = Vec::new();
		let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
		while let Some((line, text)) = lines.next() {
			if let Some(again) = text.trim().strip_prefix("<!-- again: ") {
				let (block, place) = again
					.strip_suffix(" -->")
					.and_then(|again| again.split_once(" on "))
					.unwrap_or_else(|| panic!("{name}:{line}: again what, and where?"));
				let (_, line, script) = named
					.iter()
					.find(|(known, ..)| known == block)
					.unwrap_or_else(|| panic!("{name}:{line}: there is no block {block} before"));
				page.add(*line, place, script);
			} else if let Some(language) = text.strip_prefix("```") {
				let script: Vec<_> = lines
					.by_ref()
					.map(|(_, text)| text)
					.take_while(|text| *text != "```")
					.collect();
				let script = script.join("\n") + "\n";
				let mut words = language.splitn(2, ' ');
				match words.next() {
					Some("bash") => {
						let header = words.next().unwrap_or_default().to_string();
						let block = Block { line, header, script };
						if let Some(name) = page.place(block) {
							named.push(name);
						}
					},
					Some("text" | "yaml" | "ini") => {},
					other => panic!("{name}:{line}: what is a block of {other:?}?"),
				}
			}
		}
		assert!(!page.steps.is_empty(), "{name} has nothing to run");
		page
	}

	/// Adds a block at all its places; returns its name, line and script, if it has a name.
	fn place(&mut self, block: Block) -> Option<(String, usize, String)> {
		let (places, name) = match block.header.split_once(" as ") {
			Some((places, name)) => (places.to_string(), Some(name.to_string())),
			None => (block.header.clone(), None),
		};
		let range = places.split_once(' ').and_then(|(kind, numbers)| {
			let (first, last) = numbers.split_once('-')?;
			Some((kind, first.parse::<u32>().ok()?, last.parse::<u32>().ok()?))
		});
		match range {
			Some((kind, first, last)) => (first..=last).for_each(|number| {
				self.add(block.line, &format!("{kind} {number}"), &block.script)
			}),
			None => self.add(block.line, &places, &block.script),
		}
		name.map(|name| (name, block.line, block.script))
	}

	fn add(&mut self, line: usize, place: &str, script: &str) {
		let step = Step { line, place: place.into(), script: script.into() };
		if place == "everywhere" {
			self.everywhere.push(step);
			return;
		}
		let known = place == "dso"
			|| ["machine ", "workstation "].iter().any(|kind| {
				place.strip_prefix(kind).is_some_and(|number| number.parse::<u32>().is_ok())
			});
		assert!(known, "{}:{line}: where is `{place}`?", self.name);
		self.steps.push(step);
	}
}
