//! Transfers: splits, merges, gifts, exchanges, mixes and payments, and each with a flaw.

use super::{Action, Asset, Draw, Step};
use crate::safety::{
	rules::{message, MAX_DEADLINE},
	world::FEEDERS,
};
use pallet_energy_assets::{Call as AssetsCall, CoSignatures, TransferInputs, TransferOutputs};
use petra_primitives::{AssetId, AssetKind, AssetOutput, EnergyAsset, FeederId, Power, Timestep};
use petra_runtime::{AccountId, Balance, Runtime};
use sp_runtime::MultiSignature;
use std::collections::{BTreeMap, BTreeSet};

type Output = AssetOutput<AccountId>;
type Money = Vec<(AccountId, Balance)>;

/// A transfer before it is signed.
struct Draft {
	name: &'static str,
	origin: AccountId,
	inputs: Vec<AssetId>,
	outputs: Vec<Output>,
	money_in: Money,
	money_out: Money,
}

/// What may be wrong with signatures.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SignatureFlaw {
	None,
	Missing,
	OtherSalt,
	OtherOrigin,
	Superfluous,
	Passed,
	TooFar,
}

fn output(asset: &EnergyAsset<AccountId>, address: &AccountId) -> Output {
	let EnergyAsset { kind, power, start, end, feeder, traded, .. } = *asset;
	Output { address: address.clone(), kind, power, start, end, feeder, traded }
}

/// Fewest outputs that hold what `assets` of one kind, feeder and `traded` hold: level by level, timestep by timestep.
fn merged(assets: &[Asset], address: &AccountId) -> Vec<Output> {
	let mut watts = BTreeMap::<Timestep, Power>::new();
	for (_, asset) in assets {
		for t in asset.start..=asset.end {
			*watts.entry(t).or_default() += asset.power;
		}
	}
	let mut outputs = vec![];
	while let Some((&start, _)) = watts.iter().find(|(_, power)| **power > 0) {
		let mut end = start;
		while watts.get(&(end + 1)).is_some_and(|power| *power > 0) {
			end += 1;
		}
		let power = (start..=end).map(|t| watts[&t]).min().unwrap_or_default();
		watts.range_mut(start..=end).for_each(|(_, left)| *left -= power);
		outputs.push(Output { power, start, end, ..output(&assets[0].1, address) });
	}
	outputs
}

impl Draw<'_> {
	pub(super) fn transfer(&mut self) -> Option<Step> {
		if self.dice.one_in(14) {
			let (origin, call) = self.replay?.clone();
			return Some(Step { name: "replay", action: Action::Call(origin, call) });
		}
		let mut draft = match self.dice.below(16) {
			0..=2 => self.split_power()?,
			3..=4 => self.split_time()?,
			5..=6 => self.merge()?,
			7..=8 => self.gift()?,
			9..=11 => self.exchange()?,
			12..=13 => self.mix()?,
			_ => self.pay()?,
		};
		let mut signatures = SignatureFlaw::None;
		if self.dice.one_in(3) {
			draft.name = "flawed transfer";
			signatures = self.spoil(&mut draft)?;
		}
		Some(self.sign(draft, signatures))
	}

	/// An address to which an asset may go: mostly that of its owner, or one more of its household.
	fn near(&mut self, asset: &EnergyAsset<AccountId>) -> AccountId {
		let begun = asset.start <= self.model.now;
		if self.dice.one_in(if begun { 12 } else { 2 }) {
			let household = self.world.owner(&asset.owner);
			return self.address_of(household);
		}
		asset.owner.clone()
	}

	fn one_to(&self, name: &'static str, (id, asset): &Asset, outputs: Vec<Output>) -> Draft {
		let (origin, inputs) = (asset.owner.clone(), vec![*id]);
		Draft { name, origin, inputs, outputs, money_in: vec![], money_out: vec![] }
	}

	fn split_power(&mut self) -> Option<Draft> {
		let asset = self.spendable()?;
		let lot = self.model.parameters.power_lot;
		let lots = (asset.1.power / lot).checked_sub(1).filter(|more| *more > 0)?;
		let power = self.dice.between(1, lots) * lot;
		let addresses = [self.near(&asset.1), self.near(&asset.1)];
		let [mut part, mut rest] = addresses.map(|address| output(&asset.1, &address));
		(part.power, rest.power) = (power, asset.1.power - power);
		Some(self.one_to("split in power", &asset, vec![part, rest]))
	}

	fn split_time(&mut self) -> Option<Draft> {
		let asset = self.spendable()?;
		let more = (asset.1.end - asset.1.start).checked_sub(1)?;
		let end = asset.1.start + self.dice.below(more + 1);
		let addresses = [self.near(&asset.1), self.near(&asset.1)];
		let [mut early, mut late] = addresses.map(|address| output(&asset.1, &address));
		(early.end, late.start) = (end, end + 1);
		Some(self.one_to("split in time", &asset, vec![early, late]))
	}

	fn merge(&mut self) -> Option<Draft> {
		let (_, first) = self.spendable()?;
		let sort = |asset: &EnergyAsset<_>| (asset.kind, asset.feeder, asset.traded);
		let model = self.model;
		let mut assets = self.assets(|asset| {
			let alike = asset.owner == first.owner && sort(asset) == sort(&first);
			alike && !asset.locked && !model.is_expired(asset)
		});
		assets.truncate(5);
		if assets.len() < 2 {
			return None;
		}
		let outputs = merged(&assets, &first.owner);
		let inputs = assets.iter().map(|(id, _)| *id).collect();
		let (name, origin) = ("merge", first.owner);
		Some(Draft { name, origin, inputs, outputs, money_in: vec![], money_out: vec![] })
	}

	/// An asset that can change its owner; seldom one that cannot any more.
	fn movable(&mut self, kind: Option<AssetKind>) -> Option<Asset> {
		let now = if self.dice.one_in(15) { 0 } else { self.model.now };
		let model = self.model;
		let assets = self.assets(|asset| {
			let right = kind.is_none_or(|kind| kind == asset.kind);
			right && !asset.locked && !model.is_expired(asset) && asset.start > now
		});
		self.dice.pick(&assets).cloned()
	}

	fn gift(&mut self) -> Option<Draft> {
		let asset = self.movable(None)?;
		let address = self.address();
		Some(self.one_to("gift", &asset, vec![output(&asset.1, &address)]))
	}

	/// P1's trade: an EPA for an ECA, and money for the producer.
	fn exchange(&mut self) -> Option<Draft> {
		let epa = self.movable(Some(AssetKind::Production))?;
		let eca = self.movable(Some(AssetKind::Consumption))?;
		let (seller, buyer) = (epa.1.owner.clone(), eca.1.owner.clone());
		if seller == buyer {
			return None;
		}
		let price = u128::from(self.dice.any()) % (self.model.balance(&buyer) + 1);
		let paid = |who: &AccountId| if price > 0 { vec![(who.clone(), price)] } else { vec![] };
		Some(Draft {
			name: "exchange",
			origin: if self.dice.one_in(2) { seller.clone() } else { buyer.clone() },
			inputs: vec![epa.0, eca.0],
			outputs: vec![output(&epa.1, &buyer), output(&eca.1, &seller)],
			money_in: paid(&buyer),
			money_out: paid(&seller),
		})
	}

	/// Several owners put assets and money in; each asset, whole or in halves, goes anywhere.
	fn mix(&mut self) -> Option<Draft> {
		let mut assets = BTreeMap::new();
		for _ in 0..self.dice.between(3, 6) {
			assets.extend(self.movable(None));
		}
		let owners: BTreeSet<_> = assets.values().map(|asset| asset.owner.clone()).collect();
		if owners.len() < 3 {
			return None;
		}
		let owners: Vec<_> = owners.into_iter().collect();
		let lot = self.model.parameters.power_lot;
		let mut outputs = vec![];
		for asset in assets.values() {
			let half = asset.power / lot / 2 * lot;
			for power in [half, asset.power - half].into_iter().filter(|power| *power > 0) {
				outputs.push(Output { power, ..output(asset, &self.address()) });
			}
		}
		let origin = self.dice.pick(&owners)?.clone();
		let (mut money_in, mut money_out) = (vec![], vec![]);
		for owner in &owners {
			let amount = self.model.balance(owner) / 3;
			if amount > 0 {
				money_in.push((owner.clone(), amount));
				money_out.push((self.address(), amount));
			}
		}
		let inputs = assets.into_keys().collect();
		Some(Draft { name: "mix", origin, inputs, outputs, money_in, money_out })
	}

	/// Money alone, from one or two owners to one or two others.
	fn pay(&mut self) -> Option<Draft> {
		let rich: Vec<_> = self.model.money.iter().filter(|(_, amount)| **amount > 1).collect();
		let payer = self.dice.pick(&rich)?.0.clone();
		let other = self.dice.pick(&rich)?.0.clone();
		let mut money_in = vec![];
		for who in BTreeSet::from([payer.clone(), other]) {
			let balance = self.model.balance(&who);
			let amount = if self.dice.one_in(4) { balance } else { balance / 4 + 1 };
			money_in.push((who, amount));
		}
		let all: Balance = money_in.iter().map(|(_, amount)| amount).sum();
		let first = all / 3 + 1;
		let mut money_out = vec![(self.address(), first)];
		if all > first {
			money_out.push((self.address(), all - first));
		}
		let (name, origin) = ("payment", payer);
		Some(Draft { name, origin, inputs: vec![], outputs: vec![], money_in, money_out })
	}

	/// Makes one thing wrong.
	fn spoil(&mut self, draft: &mut Draft) -> Option<SignatureFlaw> {
		let flaw = self.dice.below(26);
		match flaw {
			0..=8 => self.spoil_energy(draft, flaw)?,
			9..=13 => self.spoil_inputs(draft, flaw)?,
			14..=18 => self.spoil_money(draft, flaw),
			19 => return Some(SignatureFlaw::Missing),
			20 => return Some(SignatureFlaw::OtherSalt),
			21 => return Some(SignatureFlaw::OtherOrigin),
			22 => return Some(SignatureFlaw::Superfluous),
			23 => return Some(SignatureFlaw::Passed),
			24 => return Some(SignatureFlaw::TooFar),
			_ => {
				// A stranger sends what all owners have signed.
				let owners = self.owners(draft);
				let strangers = self.world.addresses.iter().flatten();
				let strangers: Vec<_> = strangers.filter(|who| !owners.contains(who)).collect();
				draft.origin = (*self.dice.pick(&strangers)?).clone();
			},
		}
		Some(SignatureFlaw::None)
	}

	/// Outputs that do not hold what the inputs hold, or cannot be.
	fn spoil_energy(&mut self, draft: &mut Draft, flaw: u64) -> Option<()> {
		let lot = self.model.parameters.power_lot;
		let index = self.dice.below(draft.outputs.len().max(1) as u64) as usize;
		let spoilt = draft.outputs.get_mut(index)?;
		match flaw {
			0 => spoilt.power += lot,
			1 => spoilt.traded = !spoilt.traded,
			2 => {
				spoilt.kind = match spoilt.kind {
					AssetKind::Production => AssetKind::Consumption,
					AssetKind::Consumption => AssetKind::Production,
				}
			},
			3 => {
				let other = |feeder: &FeederId| *feeder != spoilt.feeder;
				spoilt.feeder = FEEDERS.into_iter().find(other)?;
			},
			4 => {
				// Nothing in one timestep in the middle.
				let mut late = spoilt.clone();
				late.start = spoilt.start + 2;
				spoilt.end = spoilt.start;
				(late.start <= late.end).then_some(())?;
				draft.outputs.push(late);
			},
			5 => {
				let nothing = Output { power: 0, ..spoilt.clone() };
				draft.outputs.push(nothing);
			},
			6 => {
				let reversed = Output { start: spoilt.end + 1, ..spoilt.clone() };
				draft.outputs.push(reversed);
			},
			7 => {
				let half = Output { power: lot / 2, ..spoilt.clone() };
				spoilt.power -= lot / 2;
				draft.outputs.push(half);
			},
			_ => {
				// One lot moves from one timestep to the next.
				let mut lot_later = spoilt.clone();
				(spoilt.start < spoilt.end && spoilt.power > lot).then_some(())?;
				(lot_later.power, lot_later.start) = (lot, spoilt.start + 1);
				let mut lot_on_top = lot_later.clone();
				lot_on_top.end = lot_on_top.start;
				spoilt.power -= lot;
				draft.outputs.extend([lot_later, lot_on_top]);
			},
		}
		Some(())
	}

	/// Inputs that cannot be spent, or not like this.
	fn spoil_inputs(&mut self, draft: &mut Draft, flaw: u64) -> Option<()> {
		match flaw {
			9 => {
				// The same asset twice, for twice its power.
				let id = *draft.inputs.first()?;
				let asset = self.model.assets.get(&id)?;
				draft.inputs.push(id);
				draft.outputs.push(output(asset, &asset.owner));
			},
			10 => {
				let begun = self.assets(|asset| !asset.locked && asset.start <= self.model.now);
				let asset = self.dice.pick(&begun)?.clone();
				let address = self.address();
				*draft = self.one_to("flawed transfer", &asset, vec![output(&asset.1, &address)]);
			},
			11 => {
				// Somebody else's asset.
				let asset = self.spendable()?;
				(asset.1.owner != draft.origin).then_some(())?;
				let origin = draft.origin.clone();
				*draft = self.one_to("flawed transfer", &asset, vec![output(&asset.1, &origin)]);
				draft.origin = origin;
			},
			_ => {
				let asset = self.unspendable()?;
				let same = output(&asset.1, &asset.1.owner);
				*draft = self.one_to("flawed transfer", &asset, vec![same]);
			},
		}
		Some(())
	}

	fn spoil_money(&mut self, draft: &mut Draft, flaw: u64) {
		let origin = draft.origin.clone();
		let balance = self.model.balance(&origin);
		match flaw {
			14 => draft.money_out.push((origin, 1)),
			15 => {
				draft.money_in.push((origin.clone(), balance + 1));
				draft.money_out.push((origin, balance + 1));
			},
			16 => {
				draft.money_in.push((origin.clone(), 0));
				draft.money_out.push((origin, 0));
			},
			17 => draft.money_in.extend([(origin.clone(), Balance::MAX), (origin, Balance::MAX)]),
			_ => {
				draft.outputs.clear();
				draft.money_out.clear();
			},
		}
	}

	fn owners(&self, draft: &Draft) -> BTreeSet<AccountId> {
		let assets = draft.inputs.iter().filter_map(|id| self.model.assets.get(id));
		let money = draft.money_in.iter().map(|(owner, _)| owner);
		assets.map(|asset| &asset.owner).chain(money).cloned().collect()
	}

	/// Every owner but the origin signs, unless there is a flaw in it.
	fn sign(&mut self, draft: Draft, flaw: SignatureFlaw) -> Step {
		let mut signers: Vec<AccountId> = self.owners(&draft).into_iter().collect();
		signers.retain(|owner| *owner != draft.origin);
		let Draft { name, origin, inputs, outputs, money_in, money_out } = draft;
		let few = "there are few of them";
		let inputs = TransferInputs::<Runtime> {
			assets: inputs.try_into().expect(few),
			money: money_in.try_into().expect(few),
		};
		let outputs = TransferOutputs::<Runtime> {
			assets: outputs.try_into().expect(few),
			money: money_out.try_into().expect(few),
		};
		let unsigned = flaw == SignatureFlaw::Missing || flaw == SignatureFlaw::None;
		if signers.is_empty() && unsigned {
			let call = AssetsCall::transfer { inputs, outputs, co_signatures: None };
			return Self::signed(&origin, name, call);
		}
		match flaw {
			SignatureFlaw::Missing => drop(signers.pop()),
			SignatureFlaw::Superfluous => signers.push(self.address()),
			_ => {},
		}
		let block = self.model.block;
		let deadline = match flaw {
			SignatureFlaw::Passed => block - 1,
			SignatureFlaw::TooFar => block + MAX_DEADLINE + 1,
			_ => block + self.dice.pick(&[0, 30, MAX_DEADLINE]).expect("there are three"),
		};
		let salt = [self.dice.below(256) as u8; 32];
		let signed_salt = if flaw == SignatureFlaw::OtherSalt { [1; 32] } else { salt };
		let other = self.address();
		let signed_origin = if flaw == SignatureFlaw::OtherOrigin { &other } else { &origin };
		let mut message =
			message(signed_origin, &inputs, &outputs, &signed_salt, deadline).to_vec();
		if self.dice.one_in(4) {
			message = [b"<Bytes>".as_slice(), &message, b"</Bytes>"].concat();
		}
		let signatures = signers.into_iter().map(|signer| {
			let signature = MultiSignature::Sr25519(self.world.sign(&signer, &message));
			(signer, signature)
		});
		let signatures: Vec<_> = signatures.collect();
		let signatures = signatures.try_into().expect("there are few owners");
		let co_signatures = Some(CoSignatures { salt, deadline, signatures });
		let call = AssetsCall::transfer { inputs, outputs, co_signatures };
		Self::signed(&origin, name, call)
	}
}
