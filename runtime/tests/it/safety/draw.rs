//! What happens next: a call that the model allows, or the same with a flaw.

mod market;
mod regulation;
mod transfer;
mod withdrawal;

use super::{dice::Dice, model::Model, rules::Origin, world::World};
use pallet_energy_assets::Call as AssetsCall;
use petra_primitives::{AssetId, EnergyAsset};
use petra_runtime::{AccountId, RuntimeCall};

/// What happens.
// There is one at a time.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
pub enum Action {
	/// Somebody calls.
	Call(Origin, RuntimeCall),
	/// What a mixing deposit will do: holds an asset.
	Lock(AssetId),
	/// Lets it go again.
	Unlock(AssetId),
	/// Blocks, each of which begins so many timesteps after the last.
	Blocks(Vec<u64>),
}

/// What happens, and what it is called in the counts.
#[derive(Clone, Debug)]
pub struct Step {
	pub name: &'static str,
	pub action: Action,
}

/// Draws steps.
pub struct Draw<'a> {
	pub dice: &'a mut Dice,
	pub world: &'a World,
	pub model: &'a Model,
	/// The last co-signed transfer of money alone.
	pub replay: Option<&'a (Origin, RuntimeCall)>,
}

type Asset = (AssetId, EnergyAsset<AccountId>);

impl Draw<'_> {
	/// The next step.
	pub fn step(&mut self) -> Step {
		loop {
			let step = match self.dice.below(150) {
				0..=21 => self.withdraw(),
				22..=56 => self.transfer(),
				57..=64 => self.deposit(),
				65..=67 => self.deposit_money(),
				68..=70 => self.reap(),
				71..=76 => self.add_asset(),
				77..=78 => self.add_money(),
				79..=88 => self.regulation(),
				89..=90 => self.lock(),
				91..=134 => self.market(),
				135..=137 => Some(self.set_market()),
				138..=140 => Some(self.set_feeder_limits()),
				_ => Some(self.blocks()),
			};
			if let Some(step) = step {
				return step;
			}
		}
	}

	fn signed(who: &AccountId, name: &'static str, call: impl Into<RuntimeCall>) -> Step {
		Step { name, action: Action::Call(Origin::Signed(who.clone()), call.into()) }
	}

	fn root(name: &'static str, call: impl Into<RuntimeCall>) -> Step {
		Step { name, action: Action::Call(Origin::Root, call.into()) }
	}

	/// Any household's address.
	fn address(&mut self) -> AccountId {
		let household = self.dice.pick(&self.world.addresses).expect("there are households");
		self.dice.pick(household).expect("each has addresses").clone()
	}

	/// An address of a household.
	fn address_of(&mut self, prosumer: usize) -> AccountId {
		self.dice
			.pick(&self.world.addresses[prosumer])
			.expect("each has addresses")
			.clone()
	}

	/// The assets of which `which` is true.
	fn assets(&self, which: impl Fn(&EnergyAsset<AccountId>) -> bool) -> Vec<Asset> {
		let assets = self.model.assets.iter().filter(|(_, asset)| which(asset));
		assets.map(|(id, asset)| (*id, asset.clone())).collect()
	}

	/// An asset that its owner can spend.
	fn spendable(&mut self) -> Option<Asset> {
		let assets = self.assets(|asset| !asset.locked && !self.model.is_expired(asset));
		self.dice.pick(&assets).cloned()
	}

	/// An asset that nobody can spend, or the id of none.
	fn unspendable(&mut self) -> Option<Asset> {
		let model = self.model;
		let expired = self.assets(|asset| !asset.locked && model.is_expired(asset));
		let locked = self.assets(|asset| asset.locked && !model.is_expired(asset));
		match self.dice.below(4) {
			0..=1 if !expired.is_empty() => self.dice.pick(&expired).cloned(),
			2 => self.dice.pick(&locked).cloned(),
			_ => {
				let (_, asset) = self.spendable()?;
				let missing = if self.dice.one_in(2) { model.next_id } else { self.dice.below(3) };
				(!model.assets.contains_key(&missing)).then_some((missing, asset))
			},
		}
	}

	fn deposit(&mut self) -> Option<Step> {
		let (mut who, asset_id) = match self.dice.below(6) {
			0 => self.unspendable(),
			_ => self.spendable(),
		}
		.map(|(id, asset)| (asset.owner, id))?;
		if self.dice.one_in(6) {
			who = self.address();
		}
		let call = AssetsCall::deposit_energy_asset { asset_id };
		Some(Self::signed(&who, "deposit of energy", call))
	}

	fn deposit_money(&mut self) -> Option<Step> {
		let rich: Vec<_> = self.model.money.iter().filter(|(_, amount)| **amount > 0).collect();
		let (who, balance) =
			self.dice.pick(&rich).map(|(who, amount)| ((*who).clone(), **amount))?;
		let amount = match self.dice.below(6) {
			0 => 0,
			1 => balance + 1,
			2 => balance,
			_ => 1 + u128::from(self.dice.any()) % balance,
		};
		let call = AssetsCall::deposit_financial { amount };
		Some(Self::signed(&who, "deposit of money", call))
	}

	fn reap(&mut self) -> Option<Step> {
		let model = self.model;
		let expired = self.assets(|asset| !asset.locked && model.is_expired(asset));
		let held = self.assets(|asset| asset.locked && model.is_expired(asset));
		let (asset_id, _) = match self.dice.below(6) {
			0 => self.spendable()?,
			1 => self.unspendable()?,
			2 if !held.is_empty() => self.dice.pick(&held)?.clone(),
			_ => self.dice.pick(&expired)?.clone(),
		};
		let who = self.address();
		Some(Self::signed(&who, "reap", AssetsCall::reap { asset_id }))
	}

	fn lock(&mut self) -> Option<Step> {
		let mut locked = self.assets(|asset| asset.locked);
		locked.retain(|(id, _)| !self.model.is_offered(*id));
		if let Some((id, _)) = self.dice.pick(&locked).filter(|_| locked.len() > 2) {
			return Some(Step { name: "unlock", action: Action::Unlock(*id) });
		}
		let (id, _) = self.spendable()?;
		Some(Step { name: "lock", action: Action::Lock(id) })
	}

	/// Mostly one block, a timestep or two later; now and then all assets' time passes.
	fn blocks(&mut self) -> Step {
		let parameters = self.model.parameters;
		let left = self.model.span.end() - self.model.last();
		let all = parameters.horizon + parameters.settlement_window + 1;
		let blocks = match self.dice.below(24) {
			0 if left > 4 * all => vec![all],
			1..=3 => vec![0],
			4..=5 => vec![parameters.settlement_window],
			6..=9 => vec![2],
			_ => vec![1],
		};
		Step { name: "blocks", action: Action::Blocks(blocks) }
	}
}
