//! What the observer's success means: chance, or more.

/// The least and the most hits that chance leaves room for, with 99 %, if each guess hits with its own probability.
pub fn interval(chances: &[f64]) -> (usize, usize) {
	const TAIL: f64 = 0.005;
	// How likely each number of hits is.
	let mut distribution = vec![1.0];
	for chance in chances {
		let mut next = vec![0.0; distribution.len() + 1];
		for (hits, likelihood) in distribution.iter().enumerate() {
			next[hits] += likelihood * (1.0 - chance);
			next[hits + 1] += likelihood * chance;
		}
		distribution = next;
	}
	let beyond = |likelihoods: &mut dyn Iterator<Item = &f64>| {
		let mut sum = 0.0;
		likelihoods
			.take_while(|likelihood| {
				sum += **likelihood;
				sum <= TAIL
			})
			.count()
	};
	let least = beyond(&mut distribution.iter());
	let most = chances.len() - beyond(&mut distribution.iter().rev());
	(least, most)
}

/// Some of the observer's guesses, and what to hold against them.
#[derive(Default)]
pub struct Guesses {
	/// How likely each was to be right by chance.
	pub chances: Vec<f64>,
	/// How many were right.
	pub hits: usize,
	/// How many households could have been it, as the ledger shows, summed up.
	pub households: usize,
	/// How many it seemed to be to the observer, summed up.
	pub effective: f64,
}

impl Guesses {
	pub fn add(&mut self, right: bool, households: usize, effective: f64) {
		self.chances.push(1.0 / households.max(1) as f64);
		self.hits += usize::from(right);
		self.households += households;
		self.effective += effective;
	}

	pub fn count(&self) -> usize {
		self.chances.len()
	}

	pub fn rate(&self) -> f64 {
		self.hits as f64 / self.count().max(1) as f64
	}

	/// What pure chance would hit.
	pub fn chance(&self) -> f64 {
		self.chances.iter().sum::<f64>() / self.count().max(1) as f64
	}

	pub fn interval(&self) -> (usize, usize) {
		interval(&self.chances)
	}

	pub fn row(&self, what: &str) -> String {
		let count = self.count().max(1) as f64;
		let (least, most) = self.interval();
		format!(
			"| {what} | {} | {:.0} | {:.1} | {} ({:.1} %) | {:.1} % | {least} to {most} |",
			self.count(),
			self.households as f64 / count,
			self.effective / count,
			self.hits,
			100.0 * self.rate(),
			100.0 * self.chance(),
		)
	}
}

/// The head of a table of [`Guesses::row`]s.
pub const HEAD: &str = "\
| whose | guesses | households in the set | as the observer weighs them | right | by chance | 99 % of chance |
|---|---|---|---|---|---|---|";

#[test]
fn interval_should_be_the_binomials() {
	// Of 100 throws of a coin, with 99 %: 37 to 63 (tables of the binomial distribution).
	assert_eq!(interval(&[0.5; 100]), (37, 63));
	assert_eq!(interval(&[0.02; 50]), (0, 4));
	assert_eq!(interval(&[1.0; 7]), (7, 7));
	assert_eq!(interval(&[]), (0, 0));
}
