//! The safety theorem (P1, "Safety"; specification, section 4), measured on the ledger's own assets: what each
//! household's addresses held before and after a call.

use super::{
	model::{Model, KINDS},
	rules::Origin,
	world::{World, FEEDERS, PROSUMERS},
};
use petra_primitives::{AssetId, AssetKind, EnergyAsset, FeederId, Path, Timestep};
use petra_runtime::{AccountId, RuntimeCall};
use std::collections::{BTreeMap, BTreeSet};

/// All assets of all households.
pub type Holdings = BTreeMap<AssetId, EnergyAsset<AccountId>>;

type Step = (AssetKind, Timestep);
type Watts<Of> = BTreeMap<(Of, AssetKind, Timestep), i128>;

/// What flowed, by household or feeder, kind and timestep.
#[derive(Default)]
pub struct Flows {
	/// What left a household less what came in. What its meter withdraws to somebody else's address leaves it, too.
	left: Watts<usize>,
	/// What a household's meter withdrew.
	withdrawn: Watts<usize>,
	/// The greatest limit of its meter, on the meter path, when it withdrew.
	limit: Watts<usize>,
	/// What the DSO created for a household.
	issued: Watts<usize>,
	/// What the DSO created on a feeder.
	issued_on: Watts<FeederId>,
	/// The greatest sum of the feeder's limits, on the DSO path, when the DSO created.
	limit_on: Watts<FeederId>,
	/// Bounds that were compared.
	pub compared: u64,
	/// Of these, those that were met exactly, by more than zero.
	pub tight: u64,
}

fn get<Of: Ord>(watts: &Watts<Of>, of: Of, (kind, t): Step) -> i128 {
	watts.get(&(of, kind, t)).copied().unwrap_or_default()
}

fn steps(asset: &EnergyAsset<AccountId>) -> impl Iterator<Item = (Step, i128)> + '_ {
	(asset.start..=asset.end).map(|t| ((asset.kind, t), i128::from(asset.power)))
}

impl Flows {
	/// Measures what a call that succeeded did, and checks the bounds in the timesteps that it touched. `model` says
	/// which limits were in force.
	pub fn measure(
		&mut self,
		world: &World,
		model: &Model,
		(origin, call): (&Origin, &RuntimeCall),
		before: &Holdings,
		after: &Holdings,
	) {
		use pallet_energy_assets::Call;
		let gone: Vec<_> = before.iter().filter(|(id, _)| !after.contains_key(id)).collect();
		let made: Vec<_> = after.iter().filter(|(id, _)| !before.contains_key(id)).collect();
		let mut touched = BTreeSet::new();
		match call {
			RuntimeCall::EnergyAssets(Call::withdraw { meter, .. }) => {
				assert!(gone.is_empty(), "a withdrawal spends nothing");
				let prosumer = World::prosumer(*meter);
				for (_, asset) in made {
					self.withdraw(world, model, prosumer, asset);
					touched.extend(steps(asset).map(|(step, _)| step));
				}
			},
			RuntimeCall::EnergyAssets(Call::add_energy_asset { .. }) => {
				assert!(gone.is_empty(), "a withdrawal spends nothing");
				for (_, asset) in made {
					self.issue(world, model, asset);
					touched.extend(steps(asset).map(|(step, _)| step));
				}
			},
			RuntimeCall::EnergyAssets(Call::transfer { .. }) => {
				touched = self.hand_over(world, &gone, &made);
			},
			RuntimeCall::Offers(_) => touched = self.trade(world, &gone, &made),
			_ => assert!(made.is_empty(), "{origin:?} made assets by {call:?}"),
		}
		touched.into_iter().for_each(|step| self.check(step));
	}

	/// Measures what a block did before its transactions, and checks the bounds in the timesteps that it touched; `before`
	/// is without what was reaped.
	pub fn measure_block(&mut self, world: &World, before: &Holdings, after: &Holdings) {
		let gone: Vec<_> = before.iter().filter(|(id, _)| !after.contains_key(id)).collect();
		let made: Vec<_> = after.iter().filter(|(id, _)| !before.contains_key(id)).collect();
		let touched = self.trade(world, &gone, &made);
		touched.into_iter().for_each(|step| self.check(step));
	}

	/// Counts assets that change hands; returns where.
	fn hand_over(
		&mut self,
		world: &World,
		gone: &[(&AssetId, &EnergyAsset<AccountId>)],
		made: &[(&AssetId, &EnergyAsset<AccountId>)],
	) -> BTreeSet<Step> {
		let mut touched = BTreeSet::new();
		for (sign, assets) in [(1, gone), (-1, made)] {
			for (_, asset) in assets {
				for ((kind, t), power) in steps(asset) {
					let owner = world.owner(&asset.owner);
					*self.left.entry((owner, kind, t)).or_default() += sign * power;
					touched.insert((kind, t));
				}
			}
		}
		touched
	}

	/// As [`Self::hand_over`], on the market: nobody comes to have more of one kind without giving as much of the other.
	fn trade(
		&mut self,
		world: &World,
		gone: &[(&AssetId, &EnergyAsset<AccountId>)],
		made: &[(&AssetId, &EnergyAsset<AccountId>)],
	) -> BTreeSet<Step> {
		let mut both = BTreeMap::<(&AccountId, Timestep), i128>::new();
		for (sign, assets) in [(1, gone), (-1, made)] {
			for (_, asset) in assets {
				for ((_, t), power) in steps(asset) {
					*both.entry((&asset.owner, t)).or_default() += sign * power;
				}
			}
		}
		assert!(both.values().all(|power| *power == 0), "a trade was not one to one: {both:?}");
		self.hand_over(world, gone, made)
	}

	fn withdraw(
		&mut self,
		world: &World,
		model: &Model,
		prosumer: usize,
		asset: &EnergyAsset<AccountId>,
	) {
		let status = &model.meters[&World::meter(prosumer)].status;
		let receiver = world.owner(&asset.owner);
		for ((kind, t), power) in steps(asset) {
			*self.withdrawn.entry((prosumer, kind, t)).or_default() += power;
			*self.left.entry((prosumer, kind, t)).or_default() += power;
			*self.left.entry((receiver, kind, t)).or_default() -= power;
			let status = status.get(&t).filter(|s| s.authorized && s.path == Path::Meter);
			let limit = status.map_or(0, |status| status.limit(kind)) as i128;
			let most = self.limit.entry((prosumer, kind, t)).or_default();
			*most = limit.max(*most);
		}
	}

	fn issue(&mut self, world: &World, model: &Model, asset: &EnergyAsset<AccountId>) {
		for ((kind, t), power) in steps(asset) {
			let receiver = world.owner(&asset.owner);
			*self.issued.entry((receiver, kind, t)).or_default() += power;
			*self.issued_on.entry((asset.feeder, kind, t)).or_default() += power;
			let capacity = model.capacity(asset.feeder, kind, t) as i128;
			let most = self.limit_on.entry((asset.feeder, kind, t)).or_default();
			*most = capacity.max(*most);
		}
	}

	/// For every group of prosumers: what left it less what came in is at most what its meters, and the DSO for it,
	/// withdrew, and that is at most what the limits allowed.
	fn check(&mut self, step: Step) {
		let each = |watts: &Watts<usize>| -> [i128; PROSUMERS] {
			std::array::from_fn(|prosumer| get(watts, prosumer, step))
		};
		let (left, withdrawn) = (each(&self.left), each(&self.withdrawn));
		let (issued, limit) = (each(&self.issued), each(&self.limit));
		let mut issued_within = 0;
		for feeder in FEEDERS {
			let issued = get(&self.issued_on, feeder, step);
			let most = get(&self.limit_on, feeder, step);
			assert!(
				issued <= most,
				"{step:?}: the DSO created {issued} W on {feeder}, of {most} W"
			);
			issued_within += most;
		}
		for group in 1u32..1 << PROSUMERS {
			let members = || (0..PROSUMERS).filter(|prosumer| group & (1 << prosumer) != 0);
			let sum = |watts: &[i128]| members().map(|prosumer| watts[prosumer]).sum::<i128>();
			let (net, issued) = (sum(&left), sum(&issued));
			let (withdrawn, limit) = (sum(&withdrawn), sum(&limit));
			let who = || members().collect::<Vec<_>>();
			assert!(
				net <= withdrawn + issued,
				"{step:?}: {net} W left {:?}, who withdrew {withdrawn} W and {issued} W",
				who()
			);
			assert!(
				withdrawn <= limit && issued <= issued_within,
				"{step:?}: {:?} withdrew {withdrawn} W of {limit} W, {issued} W of {issued_within} W",
				who()
			);
			self.compared += 1;
			self.tight += u64::from(net == withdrawn + issued && net > 0);
		}
	}

	/// Checks all bounds once more.
	pub fn check_all(&mut self) {
		let times: BTreeSet<Timestep> = self.left.keys().map(|(_, _, t)| *t).collect();
		for t in times {
			KINDS.into_iter().for_each(|kind| self.check((kind, t)));
		}
	}
}
