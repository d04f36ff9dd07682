//! What must hold, and whether it does.

use super::super::{markup::text, Context};
use super::section;
use crate::Check;

pub(super) fn checks(context: &Context<'_>) -> String {
	let checks = &context.report.checks;
	if checks.is_empty() {
		return section("checks", "Checks", "<p class=\"none\">Nothing was checked.</p>\n");
	}
	let line = |(place, check): (usize, &Check)| {
		let (class, sign, word) = match check.holds {
			true => ("good", "✓", "holds"),
			false => ("bad", "✗", "fails"),
		};
		let name = text(&format!("checks.{place}.name"), &check.name);
		let detail = text(&format!("checks.{place}.detail"), &check.detail);
		format!(
			"<li class=\"{class}\"><span class=\"sign\" aria-hidden=\"true\">{sign}</span><div><b>{name}</b> \
			<span class=\"verdict\" data-figure=\"checks.{place}.holds\" data-raw=\"{}\">{word}</span>\
			<br><span class=\"detail\">{detail}</span></div></li>\n",
			check.holds
		)
	};
	let lines: String = checks.iter().enumerate().map(line).collect();
	let note = "<p>Computed from the blocks of the ledger and from what the households disclosed, not from what programs say of \
		themselves.</p>\n";
	section("checks", "Checks", &format!("{note}<ul class=\"checks\">\n{lines}</ul>\n"))
}
