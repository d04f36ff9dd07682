//! How well households were hidden.

use super::{count, trades::Side, Ground, Result};
use crate::{history::What, types::*, units::format_money, AccountId32};
use petra_primitives::Note;
use petra_report::{Anonymity, Ring};
use std::collections::{BTreeMap, BTreeSet};

/// Energy of one sort over an interval: kind, whether it came out of a trade, first and last timestep.
type Sort = (AssetKind, bool, Timestep, Timestep);

/// What came to addresses: from pools, and openly.
#[derive(Default)]
pub(super) struct Sources {
	mixed: BTreeMap<AccountId32, Vec<Sort>>,
	open: BTreeMap<AccountId32, Vec<Sort>>,
}

impl Sources {
	fn of(ground: &Ground<'_>) -> Self {
		let mut sources = Self::default();
		for (_, fact) in ground.history.facts() {
			match &fact.what {
				What::EnergyWithdrawn { asset, .. } => sources.came_openly(asset),
				What::Transferred { made, .. } => {
					made.iter()
						.filter_map(|id| ground.assets.get(id))
						.for_each(|asset| sources.came_openly(asset));
				},
				What::NoteOut { pool, recipient, .. } => {
					sources.mixed.entry(*recipient).or_default().extend(sort(pool));
				},
				What::NoteReclaimed { pool, recipient, .. } => {
					sources.open.entry(*recipient).or_default().extend(sort(pool));
				},
				_ => (),
			}
		}
		sources
	}

	fn came_openly(&mut self, asset: &EnergyAsset) {
		let sort = (asset.kind, asset.traded, asset.start, asset.end);
		self.open.entry(asset.owner).or_default().push(sort);
	}

	/// Whether what a side brought into an exchange had come out of a pool: its address got a note of that kind over these
	/// timesteps, and nothing of the kind openly.
	fn is_mixed(&self, side: &Side, kind: AssetKind, start: Timestep, end: Timestep) -> bool {
		let same = |sort: &&Sort| (sort.0, sort.1) == (kind, side.traded);
		let of = |map: &BTreeMap<AccountId32, Vec<Sort>>| -> Vec<Sort> {
			map.get(&side.address).into_iter().flatten().filter(same).copied().collect()
		};
		let covers = |sort: Sort| sort.2 <= start && end <= sort.3;
		let touches = |sort: Sort| sort.2 <= end && start <= sort.3;
		of(&self.mixed).into_iter().any(covers) && !of(&self.open).into_iter().any(touches)
	}
}

fn sort(note: &Note) -> Option<Sort> {
	match *note {
		Note::Energy { kind, traded, start, end, .. } => Some((kind, traded, start, end)),
		Note::Financial { .. } => None,
	}
}

/// What is counted of a ring.
#[derive(Default)]
struct Counted {
	members: u32,
	least: Option<u32>,
	households: BTreeSet<u32>,
	withdrawn: u32,
}

/// All of it.
pub(super) fn all(ground: &Ground<'_>) -> Result<Anonymity> {
	let sources = Sources::of(ground);
	let mut anonymity = Anonymity {
		deposited: 0,
		withdrawn: 0,
		traded: 0,
		traded_mixed: 0,
		failed_rings: 0,
		reclaimed: 0,
		rings: Vec::new(),
	};
	for exchange in &ground.market.exchanges {
		let (start, end) = (exchange.start, exchange.end);
		for (side, kind) in
			[(&exchange.seller, AssetKind::Production), (&exchange.buyer, AssetKind::Consumption)]
		{
			anonymity.traded = anonymity.traded.saturating_add(1);
			let mixed = sources.is_mixed(side, kind, start, end);
			anonymity.traded_mixed = anonymity.traded_mixed.saturating_add(mixed.into());
		}
	}
	let mut rings = BTreeMap::<(Note, u32), Counted>::new();
	for (_, fact) in ground.history.facts() {
		match &fact.what {
			What::NoteIn { pool, ring, members, depositor, .. } => {
				anonymity.deposited = anonymity.deposited.saturating_add(1);
				let counted = rings.entry((*pool, *ring)).or_default();
				counted.members = counted.members.max(*members);
				let home = depositor.and_then(|address| ground.home_of(&address));
				counted.households.extend(home.map(|home| home.disclosed.meter));
			},
			What::NoteOut { pool, ring, members, .. } => {
				anonymity.withdrawn = anonymity.withdrawn.saturating_add(1);
				let counted = rings.entry((*pool, *ring)).or_default();
				counted.withdrawn = counted.withdrawn.saturating_add(1);
				let least = counted.least.into_iter().chain(*members).min();
				counted.least = least;
			},
			What::RingFailed { .. } => {
				anonymity.failed_rings = anonymity.failed_rings.saturating_add(1)
			},
			What::NoteReclaimed { .. } => {
				anonymity.reclaimed = anonymity.reclaimed.saturating_add(1)
			},
			_ => (),
		}
	}
	let used = rings.into_iter().filter(|(_, counted)| counted.withdrawn > 0);
	anonymity.rings = used
		.map(|((pool, ring), counted)| Ring {
			pool: words(&pool),
			ring,
			members: counted.members,
			least_members: counted.least.unwrap_or(counted.members),
			households: count(counted.households.len()),
			withdrawn: counted.withdrawn,
		})
		.collect();
	Ok(anonymity)
}

/// A pool in words.
fn words(pool: &Note) -> String {
	match *pool {
		Note::Energy { kind, feeder, traded, power, start, end } => {
			let kind = match kind {
				AssetKind::Production => "EPA",
				AssetKind::Consumption => "ECA",
			};
			let traded = if traded { ", traded" } else { "" };
			format!("{kind} {power} W, timesteps {start} to {end}, feeder {feeder}{traded}")
		},
		Note::Financial { amount } => format_money(amount),
	}
}
