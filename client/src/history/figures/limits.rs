//! No limit is passed: recomputed from what was withdrawn and traded, and from what the DSO recorded.

use super::{
	checks::Findings,
	feeders::{changes, Traded},
	money, plus,
	steps::Steps,
	Ground, Result,
};
use crate::{
	billing::Change as Counted,
	history::{Change, Maker, Meter, Rules, What},
	types::*,
};
use petra_report::Check;
use std::collections::BTreeMap;

/// What was withdrawn by one, or for one: by kind, gross.
#[derive(Default)]
struct Withdrawn {
	production: Steps,
	consumption: Steps,
}

impl Withdrawn {
	fn add(&mut self, asset: &EnergyAsset) -> Result<&Steps> {
		let steps = match asset.kind {
			AssetKind::Production => &mut self.production,
			AssetKind::Consumption => &mut self.consumption,
		};
		steps.add(asset.start, asset.end, i128::from(asset.power))?;
		Ok(steps)
	}
}

fn limit(limits: &Limits, kind: AssetKind) -> i128 {
	i128::from(match kind {
		AssetKind::Production => limits.max_production,
		AssetKind::Consumption => limits.max_consumption,
	})
}

/// The first timestep of a stretch in which `steps` is more than `most` says; it changes at the given timesteps at most.
fn passed(
	steps: &Steps,
	start: Timestep,
	end: Timestep,
	turns: &[Timestep],
	most: impl Fn(Timestep) -> i128,
) -> Result<Option<(Timestep, i128, i128)>> {
	for (from, to, is) in steps.over(start, end)? {
		let turns = turns.iter().copied().filter(|turn| (from..=to).contains(turn));
		for t in std::iter::once(from).chain(turns) {
			let most = most(t);
			if is > most {
				return Ok(Some((t, is, most)));
			}
		}
	}
	Ok(None)
}

fn turns<'a>(meters: impl IntoIterator<Item = &'a Meter>) -> Vec<Timestep> {
	meters
		.into_iter()
		.flat_map(|meter| meter.changes.iter().map(|change| change.from))
		.collect()
}

/// What a meter may withdraw, or the DSO for its household, in a timestep.
fn allowed(meter: &Meter, path: Option<Path>, kind: AssetKind, t: Timestep) -> i128 {
	let fits = |change: &&Change| change.authorized && path.is_none_or(|path| change.path == path);
	meter.at(t).filter(fits).map_or(0, |change| limit(&change.limits, kind))
}

/// No meter withdrew more than its limits, or while it was not to.
pub(super) fn meters(ground: &Ground<'_>) -> Result<Check> {
	let mut rules = ground.history.before.rules.clone();
	let mut energy = BTreeMap::<MeterId, Withdrawn>::new();
	let mut paid = BTreeMap::<(MeterId, u64), i128>::new();
	let mut found = Findings::default();
	for (block, fact) in ground.history.facts() {
		rules.apply(&fact.what);
		let wrong = match &fact.what {
			What::EnergyWithdrawn { by: Maker::Meter(id), asset, .. } => {
				let steps = energy.entry(*id).or_default().add(asset)?;
				over_meter(&rules, *id, asset, steps)?
			},
			What::MoneyWithdrawn { by: Maker::Meter(id), amount, .. } => {
				let period = ground.history.parameters.billing_period;
				let period = block.timestep.checked_div(period).unwrap_or_default();
				let sum = paid.entry((*id, period)).or_default();
				*sum = plus(*sum, money(*amount)?)?;
				over_money(&rules, *id, block.timestep, *sum)?
			},
			_ => continue,
		};
		found.look(wrong.is_none(), || {
			format!("block {}: {}", block.number, wrong.unwrap_or_default())
		});
	}
	Ok(found.check("no meter's limit is passed", "withdrawals by meters"))
}

fn over_meter(
	rules: &Rules,
	id: MeterId,
	asset: &EnergyAsset,
	steps: &Steps,
) -> Result<Option<String>> {
	let Some(meter) = rules.meters.get(&id) else {
		return Ok(Some(format!("meter {id} is not known")));
	};
	let most = |t| allowed(meter, Some(Path::Meter), asset.kind, t);
	let over = passed(steps, asset.start, asset.end, &turns([meter]), most)?;
	Ok(over.map(|(t, is, most)| {
		format!("meter {id} withdrew {is} W in timestep {t}, its limit was {most} W")
	}))
}

fn over_money(rules: &Rules, id: MeterId, now: Timestep, sum: i128) -> Result<Option<String>> {
	let change = rules.meters.get(&id).and_then(|meter| meter.at(now));
	let change = change.filter(|change| change.authorized && change.path == Path::Meter);
	let most = change.map_or(Ok(0), |change| money(change.limits.max_financial))?;
	Ok((sum > most).then(|| format!("meter {id} withdrew {sum} in money, its limit was {most}")))
}

/// On each feeder the DSO withdrew no more than the limits of the households it does so for.
pub(super) fn dso(ground: &Ground<'_>) -> Result<Check> {
	let mut rules = ground.history.before.rules.clone();
	let mut withdrawn = BTreeMap::<FeederId, Withdrawn>::new();
	let mut found = Findings::default();
	for (block, fact) in ground.history.facts() {
		rules.apply(&fact.what);
		let What::EnergyWithdrawn { by: Maker::Dso, asset, .. } = &fact.what else { continue };
		let steps = withdrawn.entry(asset.feeder).or_default().add(asset)?;
		let served: Vec<&Meter> =
			rules.meters.values().filter(|meter| meter.feeder == asset.feeder).collect();
		let most = |t| {
			let limits = served.iter().map(|meter| allowed(meter, Some(Path::Dso), asset.kind, t));
			limits.fold(0, i128::saturating_add)
		};
		let turns = turns(served.iter().copied());
		let over = passed(steps, asset.start, asset.end, &turns, most)?;
		found.look(over.is_none(), || {
			let (t, is, most) = over.unwrap_or_default();
			let (number, feeder) = (block.number, asset.feeder);
			format!(
				"block {number}: {is} W on feeder {feeder} in timestep {t}, the limit was {most} W"
			)
		});
	}
	Ok(found
		.check("no feeder's limit of withdrawals by the DSO is passed", "withdrawals by the DSO"))
}

/// No household withdrew, at all its addresses together, more than its meter's limits: whoever did it for it. Where limits
/// changed, what was withdrawn under the earlier ones stays: the greatest that was ever recorded for a timestep counts.
pub(super) fn households(ground: &Ground<'_>) -> Result<Check> {
	let mut found = Findings::default();
	for home in &ground.homes {
		let (id, name) = (home.disclosed.meter, &home.disclosed.name);
		let versions = versions(ground, id);
		let mut withdrawn = Withdrawn::default();
		for (_, fact) in ground.history.facts() {
			match &fact.what {
				What::EnergyWithdrawn { asset, .. } if home.addresses.contains(&asset.owner) => {
					withdrawn.add(asset)?;
				},
				_ => (),
			}
		}
		for (kind, steps) in [
			(AssetKind::Production, &withdrawn.production),
			(AssetKind::Consumption, &withdrawn.consumption),
		] {
			let most = |t| {
				let limits = versions.iter().map(|meter| allowed(meter, None, kind, t));
				limits.max().unwrap_or_default()
			};
			let turns = turns(versions.iter().copied());
			let over = passed(steps, 0, Timestep::MAX, &turns, most)?;
			found.look(over.is_none(), || {
				let (t, is, most) = over.unwrap_or_default();
				format!(
					"{name} withdrew {is} W of {kind:?} in timestep {t}, its limit was {most} W"
				)
			});
		}
		let limits = versions.iter().flat_map(|meter| &meter.changes);
		let most = limits.map(|change| change.limits.max_financial).max().unwrap_or_default();
		for (period, sum) in money_of(ground, &home.addresses)? {
			// A limit may be any number.
			found.look(sum <= money(most).unwrap_or(i128::MAX), || {
				format!("{name} withdrew {sum} in money in period {period}, its limit was {most}")
			});
		}
	}
	Ok(found.check("no household's limit is passed, at all its addresses together", "sums"))
}

/// What was ever known of a meter in these blocks.
fn versions<'a>(ground: &Ground<'a>, id: MeterId) -> Vec<&'a Meter> {
	let before = ground.history.before.rules.meters.get(&id);
	let later = ground.history.facts().filter_map(|(_, fact)| match &fact.what {
		What::MeterChanged { meter, now } if *meter == id => Some(now),
		_ => None,
	});
	before.into_iter().chain(later).collect()
}

fn money_of(
	ground: &Ground<'_>,
	addresses: &std::collections::BTreeSet<crate::AccountId32>,
) -> Result<BTreeMap<u64, i128>> {
	let length = ground.history.parameters.billing_period;
	let mut sums = BTreeMap::new();
	for entry in crate::billing::entries_at(addresses, &ground.entries) {
		if let Counted::MoneyWithdrawn(amount) = entry.change {
			let period = entry.at.checked_div(length).unwrap_or_default();
			let sum = sums.entry(period).or_default();
			*sum = plus(*sum, money(amount)?)?;
		}
	}
	Ok(sums)
}

/// No exchange raised what is traded on a feeder over its limits.
pub(super) fn feeders(ground: &Ground<'_>) -> Result<Check> {
	let mut traded = BTreeMap::<FeederId, Traded>::new();
	let mut found = Findings::default();
	ground.each_exchange(|block, rules, exchange| {
		for (feeder, change) in changes(exchange) {
			let traded = traded.entry(feeder).or_default();
			traded.add(exchange, change)?;
			for t in exchange.start..=exchange.end {
				let Some(limits) = rules.feeder_limits(feeder, t) else { continue };
				let (production, consumption) =
					(traded.production.at(t)?, traded.consumption.at(t)?);
				let holds = within(limits, (production, consumption), change);
				found.look(holds, || {
					format!(
						"block {}: on feeder {feeder} in timestep {t} {production} W are sold and {consumption} W bought; \
						 the limits are {} W, and {} W for the difference",
						block.number, limits.internal, limits.external
					)
				});
			}
		}
		Ok(())
	})?;
	Ok(found.check("no feeder's limit of trade is passed", "timesteps of exchanges under limits"))
}

/// Whether what is traded is within the limits, or was no more within them before the change.
fn within(limits: FeederLimits, after: (i128, i128), change: (i128, i128)) -> bool {
	let (internal, external) = (u128::from(limits.internal), u128::from(limits.external));
	let fits = |after: i128, change: i128| change <= 0 || after.unsigned_abs() <= internal;
	let difference = after.0.saturating_sub(after.1);
	let before = difference.saturating_sub(change.0.saturating_sub(change.1));
	let (difference, before) = (difference.unsigned_abs(), before.unsigned_abs());
	fits(after.0, change.0)
		&& fits(after.1, change.1)
		&& (difference <= external || difference <= before)
}
