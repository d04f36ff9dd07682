//! What must hold, and whether it does.

use super::{balances, limits, rules, setting, Ground, Result, MAX_TOLD};
use crate::{
	billing::{self, Bill, BillError, Expected, Signed},
	history::{Maker, What},
	AccountId32,
};
use petra_report::{Check, Figures};
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong with something that must hold: how much was looked at, and what did not fit.
#[derive(Default)]
pub(super) struct Findings {
	looked_at: u64,
	wrong: u64,
	told: Vec<String>,
	/// Whether all of it is told, however much it is.
	tell_all: bool,
}

impl Findings {
	/// Of things of which there are few: all that is wrong is told.
	pub(super) fn tell_all() -> Self {
		Self { tell_all: true, ..Self::default() }
	}

	/// Something was looked at, and is as it must be or not.
	pub(super) fn look(&mut self, holds: bool, what: impl FnOnce() -> String) {
		self.looked_at = self.looked_at.saturating_add(1);
		if !holds {
			self.wrong = self.wrong.saturating_add(1);
			if self.tell_all || self.told.len() < MAX_TOLD {
				self.told.push(what());
			}
		}
	}

	/// The check that this makes; `what` was looked at.
	pub(super) fn check(self, name: &str, what: &str) -> Check {
		let detail = if self.wrong == 0 {
			format!("{} {what}", self.looked_at)
		} else {
			let rest = self.wrong.saturating_sub(self.told.len() as u64);
			let more = if rest > 0 { format!("; and {rest} more") } else { String::new() };
			format!("{} of {} {what}: {}{more}", self.wrong, self.looked_at, self.told.join("; "))
		};
		Check { name: name.into(), holds: self.wrong == 0, detail }
	}
}

/// All checks, always the same ones in the same order.
pub(super) fn all(ground: &Ground<'_>, figures: &Figures) -> Result<Vec<Check>> {
	Ok(vec![
		setting::chain(ground),
		setting::rules(ground),
		balances::energy(ground)?,
		balances::money(ground)?,
		balances::identities(ground),
		limits::meters(ground)?,
		limits::dso(ground)?,
		limits::households(ground)?,
		limits::feeders(ground)?,
		rules::market(ground)?,
		rules::clearings(ground)?,
		bills(ground),
		flags(figures),
		addresses(ground),
		owned(ground),
		mixing(ground, figures),
	])
}

/// Each meter's bill says of each timestep what readings and blocks make it, and is its own. With what blocks say of a
/// household's addresses, the `E` that its meter signed fix what it measured; a total alone would fix no timestep.
fn bills(ground: &Ground<'_>) -> Check {
	let mut found = Findings::default();
	let period = ground.history.parameters.billing_period;
	let period = ground.period.first.checked_div(period).unwrap_or_default();
	for home in &ground.homes {
		let expected = Expected {
			genesis: ground.history.genesis,
			meter: home.disclosed.meter,
			signer: home.key,
			period,
		};
		let wrong = match &home.bill {
			Err(reason) => Some(format!("the bill cannot be read: {reason}")),
			Ok(bill) => fault(bill, &expected, &home.lines, home.disclosed.bill.owed),
		};
		found.look(wrong.is_none(), || {
			format!("{}: {}", home.disclosed.name, wrong.unwrap_or_default())
		});
	}
	let name = "every bill equals the formula in every timestep, and its meter signed it";
	found.check(name, "bills recomputed")
}

fn fault(
	bill: &Signed<Bill>,
	expected: &Expected,
	lines: &[billing::Line],
	said: i128,
) -> Option<String> {
	if matches!(bill.content, Bill::Total(_)) {
		let reason = "the bill is a total alone: it does not say what the meter signs for in each timestep, \
			as one of `petra meter run --detailed` does";
		return Some(reason.into());
	}
	let checked = billing::verify_bill(bill, expected, lines);
	let owed = bill.content.owed().map_err(BillError::Billing);
	match checked.and(owed) {
		Err(error) => Some(error.to_string()),
		Ok(owed) if owed != said => Some(format!("it asks for {owed}, and not for {said}")),
		Ok(_) => None,
	}
}

/// No household's assets fail to match.
fn flags(figures: &Figures) -> Check {
	let mut found = Findings::default();
	for bill in &figures.bills {
		let flags = bill.flags;
		found.look(flags == 0, || format!("{}: flagged in {flags} timesteps", bill.name));
	}
	let name = "every household deposited as many EPA and ECA as it withdrew, in every timestep";
	found.check(name, "households")
}

/// No address is disclosed twice.
fn addresses(ground: &Ground<'_>) -> Check {
	let mut found = Findings::default();
	let mut seen = BTreeMap::<AccountId32, &str>::new();
	for home in &ground.homes {
		let listed = home.disclosed.addresses.len();
		let name = home.disclosed.name.as_str();
		found.look(listed == home.addresses.len(), || format!("{name} lists an address twice"));
		for address in &home.addresses {
			let other = seen.insert(*address, name);
			found.look(other.is_none(), || {
				format!("{address} is {name}'s and {}'s", other.unwrap_or_default())
			});
		}
	}
	found.check("every address is one household's", "lists and addresses")
}

/// Every withdrawal is at an address that a household disclosed; a meter's, at one of its own household.
fn owned(ground: &Ground<'_>) -> Check {
	let meters: BTreeSet<_> = ground.homes.iter().map(|home| home.disclosed.meter).collect();
	let mut found = Findings::default();
	for (block, fact) in ground.history.facts() {
		let (by, address) = match &fact.what {
			What::EnergyWithdrawn { by, asset, .. } => (*by, asset.owner),
			What::MoneyWithdrawn { by, address, .. } => (*by, *address),
			_ => continue,
		};
		let owner = ground.home_of(&address).map(|home| home.disclosed.meter);
		let holds = match by {
			Maker::Meter(meter) => owner == Some(meter) && meters.contains(&meter),
			Maker::Dso => owner.is_some(),
		};
		let number = block.number;
		found.look(holds, || match owner {
			Some(meter) => format!("block {number}: {by:?} withdrew to meter {meter}'s {address}"),
			None => format!("block {number}: {by:?} withdrew to {address}, which nobody disclosed"),
		});
	}
	found.check("every withdrawal is a disclosed household's own", "withdrawals")
}

/// With mixing switched on, something that was traded was mixed.
fn mixing(ground: &Ground<'_>, figures: &Figures) -> Check {
	let anonymity = &figures.anonymity;
	let (mixed, traded) = (anonymity.traded_mixed, anonymity.traded);
	let on = ground.setting.mixing.is_some();
	let detail = if on {
		format!("{mixed} of {traded} assets that were traded had come out of a pool")
	} else {
		"mixing is switched off".into()
	};
	let name = "with mixing, at least one asset that was traded was mixed";
	Check { name: name.into(), holds: !on || mixed > 0, detail }
}
