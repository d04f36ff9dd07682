//! What is on the page, in order.

mod anonymity;
mod bills;
mod checks;
mod clearing;
mod commitment;
mod energy;
mod feeders;
mod head;
mod run;

use super::Context;

/// Something on the page.
type Part = fn(&Context<'_>) -> String;

/// The page, from its top.
pub(super) const ALL: [Part; 12] = [
	head::head,
	energy::load,
	energy::market,
	energy::intervals,
	clearing::clearing,
	feeders::feeders,
	commitment::commitment,
	bills::bills,
	anonymity::anonymity,
	checks::checks,
	run::work,
	run::made,
];

/// A section with a heading.
fn section(id: &str, title: &str, content: &str) -> String {
	format!("<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{title}</h2>\n{content}</section>\n")
}

/// A small figure with what it is.
fn fact(name: &str, value: &str) -> String {
	format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n")
}

/// Several of them.
fn facts(facts: &[(&str, String)]) -> String {
	let all: String = facts.iter().map(|(name, value)| fact(name, value)).collect();
	format!("<dl class=\"facts\">\n{all}</dl>\n")
}
