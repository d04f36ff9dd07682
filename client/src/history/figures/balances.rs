//! Nothing comes from nowhere, and nothing is lost.

use super::{checks::Findings, money as amount, plus, steps::Steps, times, Ground, Result};
use crate::{
	billing::{self, Entry, Line},
	history::{State, What},
	types::*,
};
use petra_primitives::Note;
use petra_report::Check;
use std::collections::BTreeMap;

/// Both kinds of energy assets, with what they are called.
const KINDS: [(AssetKind, &str); 2] =
	[(AssetKind::Production, "EPA"), (AssetKind::Consumption, "ECA")];

/// In every timestep: what was there before and what was issued is what was deposited, what expired and what is there still.
pub(super) fn energy(ground: &Ground<'_>) -> Result<Check> {
	let (mut found, mut issued) = (Findings::default(), 0u64);
	for (kind, name) in KINDS {
		let mut left = Steps::default();
		count_state(&mut left, kind, &ground.history.before, 1)?;
		for (block, fact) in ground.history.facts() {
			match &fact.what {
				What::EnergyWithdrawn { asset, .. } if asset.kind == kind => {
					issued = issued.saturating_add(1);
					count_asset(&mut left, asset, 1)?;
				},
				What::EnergyDeposited { asset, .. } if asset.kind == kind => {
					count_asset(&mut left, asset, -1)?;
				},
				What::EnergyExpired { id } => match ground.assets.get(id) {
					Some(asset) if asset.kind == kind => count_asset(&mut left, asset, -1)?,
					Some(_) => (),
					None => found.look(false, || {
						format!("block {}: asset {id} expired and never came to be", block.number)
					}),
				},
				What::NotesExpired { pool, notes } => {
					count_notes(&mut left, kind, pool, *notes, -1)?
				},
				_ => (),
			}
		}
		count_state(&mut left, kind, &ground.history.after, -1)?;
		let odd = left.first_not_zero()?;
		found.look(odd.is_none(), || {
			let (start, end, odd) = odd.unwrap_or_default();
			format!(
				"{name}: {odd} W are missing from timestep {start} to {end} (below zero: too many)"
			)
		});
	}
	let name = "energy: in every timestep, issued = deposited + expired + still there";
	Ok(found.check(name, &format!("kinds of assets, of which {issued} were issued")))
}

fn count_state(left: &mut Steps, kind: AssetKind, state: &State, sign: i128) -> Result<()> {
	for (_, asset) in state.assets.iter().filter(|(_, asset)| asset.kind == kind) {
		count_asset(left, asset, sign)?;
	}
	state
		.pooled
		.iter()
		.try_for_each(|(pool, notes)| count_notes(left, kind, pool, *notes, sign))
}

fn count_asset(left: &mut Steps, asset: &EnergyAsset, sign: i128) -> Result<()> {
	left.add(asset.start, asset.end, times(i128::from(asset.power), sign)?)
}

fn count_notes(left: &mut Steps, of: AssetKind, pool: &Note, notes: u32, sign: i128) -> Result<()> {
	match *pool {
		Note::Energy { kind, power, start, end, .. } if kind == of => {
			let power = times(i128::from(power), i128::from(notes))?;
			left.add(start, end, times(power, sign)?)
		},
		_ => Ok(()),
	}
}

/// All money before, and what was issued, is what was deposited and what is there after.
pub(super) fn money(ground: &Ground<'_>) -> Result<Check> {
	let mut found = Findings::default();
	let before = amount(ground.history.before.money)?;
	let (mut issued, mut deposited) = (0, 0);
	for (_, fact) in ground.history.facts() {
		match &fact.what {
			What::MoneyWithdrawn { amount: more, .. } => issued = plus(issued, amount(*more)?)?,
			What::MoneyDeposited { amount: less, .. } => {
				deposited = plus(deposited, amount(*less)?)?
			},
			_ => (),
		}
	}
	let after = amount(ground.history.after.money)?;
	let expected = super::minus(plus(before, issued)?, deposited)?;
	found.look(expected == after, || {
		format!("{before} before, {issued} issued and {deposited} deposited do not make {after}")
	});
	let name = "money: issued = deposited + still there";
	let what = format!("sum: {issued} issued, {deposited} deposited");
	Ok(found.check(name, &what))
}

/// The identities of the specification's section 10, in every timestep.
pub(super) fn identities(ground: &Ground<'_>) -> Check {
	let name = "bills: ΣE and ΣB are what readings and withdrawals make them, in every timestep";
	let known = |entry: &&Entry| ground.home_of(&entry.address).is_some();
	let deposit = |entry: &&Entry| {
		use billing::Change::{EnergyDeposited, MoneyDeposited};
		matches!(entry.change, EnergyDeposited(_) | MoneyDeposited(_))
	};
	// What is withdrawn to nobody is nobody's claim: it breaks an identity.
	let unclaimed = |entry: &&Entry| deposit(entry) && !known(entry);
	let households: Vec<&[Line]> = ground.homes.iter().map(|home| home.lines.as_slice()).collect();
	let settled = billing::settle(
		ground.period,
		&households,
		ground.entries.iter().filter(|entry| !unclaimed(entry)),
		ground.entries.iter().filter(unclaimed),
		|t| ground.history.prices(t),
	);
	let (holds, detail) = match settled {
		Ok(settled) => {
			let mut unclaimed = BTreeMap::new();
			unclaimed.insert("EPA", settled.unclaimed.epa);
			unclaimed.insert("ECA", settled.unclaimed.eca);
			unclaimed.insert("money", settled.unclaimed.money);
			let unclaimed = unclaimed.into_iter().filter(|(_, amount)| *amount != 0);
			let told = unclaimed.map(|(what, amount)| format!("; {amount} {what} unclaimed"));
			let (timesteps, told) = (ground.period.len(), told.collect::<String>());
			(true, format!("{timesteps} timesteps, {} households{told}", households.len()))
		},
		Err(error) => (false, error.to_string()),
	};
	Check { name: name.into(), holds, detail }
}
