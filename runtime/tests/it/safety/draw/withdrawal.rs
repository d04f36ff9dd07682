//! Withdrawals, by meters and by the DSO.

use super::{Action, Draw, Step};
use crate::safety::{
	model::KINDS,
	rules::Origin,
	world::{World, EMPTY_FEEDER, FEEDERS, NO_METER, PROSUMERS},
};
use pallet_energy_assets::Call as AssetsCall;
use petra_primitives::{
	AssetKind, FeederId, MeterId, NewAsset, Path, Power, Timestep, WithdrawalOutput,
};
use petra_runtime::{AccountId, Balance};

type Output = WithdrawalOutput<AccountId>;

impl Draw<'_> {
	/// Open timesteps within the horizon: mostly a few, sometimes all.
	fn open_interval(&mut self) -> (Timestep, Timestep) {
		let (first, last) = (self.model.first_open(), self.model.last());
		if self.dice.one_in(10) {
			return (first, last);
		}
		let start = self.dice.between(first, last);
		// Soon, so that some begin within the history.
		let start = if self.dice.one_in(2) { start } else { first + (start - first) / 4 };
		(start, last.min(start + self.dice.below(6)))
	}

	/// A multiple of the lot up to `most`, often as much as there is; none if there is no lot.
	fn power_up_to(&mut self, most: u128) -> Option<Power> {
		let lot = self.model.parameters.power_lot;
		let lots = most as u64 / lot;
		match self.dice.below(4) {
			_ if lots == 0 => None,
			0 => Some(lots * lot),
			1 => Some(lot),
			_ => Some(self.dice.between(1, lots) * lot),
		}
	}

	/// The least that a meter may withdraw in an interval.
	fn least_headroom(&self, id: MeterId, kind: AssetKind, start: Timestep, end: Timestep) -> u128 {
		let headroom = |t| self.model.headroom(id, kind, t).unwrap_or_default();
		(start..=end).map(headroom).min().unwrap_or_default()
	}

	/// The money that a meter may still withdraw now.
	fn money_left(&self, id: MeterId) -> Option<Balance> {
		let meter = self.model.meters.get(&id)?;
		let status = meter.status.get(&self.model.now)?;
		let may = status.authorized && status.path == Path::Meter;
		let left = status.limits.max_financial.checked_sub(self.model.money_withdrawn(meter));
		left.filter(|_| may)
	}

	pub(super) fn withdraw(&mut self) -> Option<Step> {
		let prosumer = self.dice.below(PROSUMERS as u64) as usize;
		let id = World::meter(prosumer);
		let key = self.model.meters.get(&id)?.key.clone();
		if self.dice.one_in(3) {
			return self.flawed_withdrawal(id, key);
		}
		let mut outputs = vec![];
		for kind in KINDS {
			if self.dice.one_in(4) {
				continue;
			}
			let (start, end) = self.open_interval();
			let least = self.least_headroom(id, kind, start, end);
			let Some(power) = self.power_up_to(least) else { continue };
			outputs.push(self.energy(prosumer, kind, power, start, end));
			if let Some(power) = self.power_up_to(least - u128::from(power)) {
				outputs.push(self.energy(prosumer, kind, power, start, end));
			}
		}
		if let Some(left) = self.money_left(id).filter(|left| *left > 0) {
			if self.dice.one_in(2) {
				let part = if self.dice.one_in(3) { left } else { left / 4 + 1 };
				let amount = 1 + u128::from(self.dice.any()) % part;
				outputs.push(Output::Financial { address: self.address_of(prosumer), amount });
			}
		}
		(!outputs.is_empty()).then(|| Self::withdrawal(&key, id, outputs))
	}

	fn withdrawal(key: &AccountId, meter: MeterId, outputs: Vec<Output>) -> Step {
		let outputs = outputs.try_into().expect("there are few outputs");
		Self::signed(key, "withdrawal", AssetsCall::withdraw { meter, outputs })
	}

	/// An asset for a household, seldom at somebody else's address.
	fn energy(
		&mut self,
		prosumer: usize,
		kind: AssetKind,
		power: Power,
		start: Timestep,
		end: Timestep,
	) -> Output {
		let own = self.address_of(prosumer);
		let address = if self.dice.one_in(8) { self.address() } else { own };
		Output::Energy { address, kind, power, start, end }
	}

	fn flawed_withdrawal(&mut self, id: MeterId, key: AccountId) -> Option<Step> {
		let prosumer = World::prosumer(id);
		let kind = *self.dice.pick(&KINDS)?;
		let parameters = self.model.parameters;
		let (lot, (start, end)) = (parameters.power_lot, self.open_interval());
		let least = self.least_headroom(id, kind, start, end) as u64;
		let over = (least / lot + 1) * lot;
		let flaw = self.dice.below(14);
		let may = |t| self.model.headroom(id, kind, t).is_some();
		if flaw < 13 && !(start..=end).all(may) {
			return None;
		}
		let energy =
			|draw: &mut Self, power, start, end| draw.energy(prosumer, kind, power, start, end);
		let money = |draw: &mut Self, amount| {
			let address = draw.address_of(prosumer);
			Output::Financial { address, amount }
		};
		let outputs = match flaw {
			0..=2 => vec![energy(self, over, start, end)],
			3 => {
				let gated = self.model.now + self.dice.below(parameters.gate_lead + 1);
				vec![energy(self, lot, gated, end)]
			},
			4 => {
				let beyond = self.model.last() + 1 + self.dice.below(2);
				vec![energy(self, lot, start, beyond)]
			},
			5 => {
				let stranger = self.dice.pick(&self.world.keys)?[0].clone();
				let outputs = vec![energy(self, lot, start, end)];
				return Some(Self::withdrawal(&stranger, id, outputs));
			},
			6 => {
				let outputs = vec![energy(self, lot, start, end)];
				return Some(Self::withdrawal(&key, NO_METER, outputs));
			},
			7 => vec![energy(self, 0, start, end)],
			8 => vec![energy(self, lot / 2, start, end)],
			9 => vec![energy(self, lot, end + 1, end)],
			10 => vec![money(self, 0)],
			11 => {
				let left = self.money_left(id)?;
				vec![money(self, left + 1)]
			},
			12 => vec![money(self, Balance::MAX), money(self, Balance::MAX)],
			_ if self.dice.one_in(4) => vec![],
			_ => {
				// Banned meters, and those on the DSO path.
				let not_now = |id: &MeterId| self.model.headroom(*id, kind, start).is_none();
				let ids: Vec<_> = self.model.meters.keys().copied().filter(not_now).collect();
				let id = *self.dice.pick(&ids)?;
				let key = self.model.meters[&id].key.clone();
				let outputs = vec![energy(self, lot, start, end)];
				return Some(Self::withdrawal(&key, id, outputs));
			},
		};
		Some(Self::withdrawal(&key, id, outputs))
	}

	/// Root, or the withdrawal service if there is one.
	fn issuer(&mut self) -> Origin {
		match &self.model.issuer {
			Some(service) if self.dice.one_in(2) => Origin::Signed(service.clone()),
			_ => Origin::Root,
		}
	}

	/// A household of the feeder, on the DSO path in `t`.
	fn household_on(&mut self, feeder: FeederId, t: Timestep) -> Option<usize> {
		let meters = self.model.meters.iter().filter(|(_, meter)| meter.feeder == feeder);
		let on_path = meters.filter(|(_, meter)| {
			meter.status.get(&t).is_some_and(|s| s.authorized && s.path == Path::Dso)
		});
		let households: Vec<_> = on_path.map(|(id, _)| World::prosumer(*id)).collect();
		self.dice.pick(&households).copied()
	}

	/// A feeder and an open timestep in which a household is on the DSO path without counting for it.
	fn withdrawn_before(&mut self) -> Option<(FeederId, Timestep)> {
		let open = self.model.first_open()..=self.model.last();
		let meters = self.model.meters.values().flat_map(|meter| {
			let status = meter.status.range(open.clone());
			let blocked = status.filter(|(_, s)| s.authorized && s.path == Path::Dso && !s.counts);
			blocked.map(|(t, _)| (meter.feeder, *t))
		});
		let found: Vec<_> = meters.collect();
		self.dice.pick(&found).copied()
	}

	pub(super) fn add_asset(&mut self) -> Option<Step> {
		let (mut feeder, kind) = (*self.dice.pick(&FEEDERS)?, *self.dice.pick(&KINDS)?);
		let (mut start, mut end) = self.open_interval();
		if let Some((on, t)) = self.withdrawn_before().filter(|_| self.dice.one_in(2)) {
			(feeder, start, end) = (on, t, t);
		}
		let room = (start..=end).map(|t| self.model.room(feeder, kind, t)).min()?;
		let household = self.household_on(feeder, start);
		let address = match household {
			Some(prosumer) => self.address_of(prosumer),
			None => self.address(),
		};
		let lot = self.model.parameters.power_lot;
		let mut origin = self.issuer();
		let mut asset = NewAsset { feeder, kind, power: lot, start, end };
		if self.dice.one_in(3) {
			match self.dice.below(11) {
				0..=1 | 9..=10 => asset.power = (room as u64 / lot + 1) * lot,
				2 => asset.feeder = EMPTY_FEEDER,
				3 => asset.start = self.model.now + self.model.parameters.gate_lead,
				4 => asset.end = self.model.last() + 1,
				5 => asset.power = 0,
				6 => asset.power = lot / 2,
				7 => asset.start = end + 1,
				_ => origin = Origin::Signed(self.address()),
			}
		} else {
			asset.power = self.power_up_to(room)?;
		}
		let call = AssetsCall::add_energy_asset { address, asset };
		Some(Step { name: "the DSO's asset", action: Action::Call(origin, call.into()) })
	}

	pub(super) fn add_money(&mut self) -> Option<Step> {
		let (mut origin, address) = (self.issuer(), self.address());
		let amount = match self.dice.below(6) {
			0 => 0,
			1 => Balance::MAX,
			2 => {
				origin = Origin::Signed(self.address());
				1
			},
			_ => self.dice.between(1, 200_000).into(),
		};
		let call = AssetsCall::add_financial_balance { address, amount };
		Some(Step { name: "the DSO's money", action: Action::Call(origin, call.into()) })
	}
}
