//! What the DSO decides.

use super::{Action, Draw, Step};
use crate::safety::{
	rules::Origin,
	world::{World, FEEDERS, KEYS, NO_METER, PROSUMERS, WITH_METER},
};
use pallet_regulation::{Call as RulesCall, RegulatoryTransaction};
use petra_primitives::{
	Authorization, FeederId, FeederLimits, Limits, MarketMode, MeterId, Path, Timestep,
};
use petra_runtime::{AccountId, Runtime};

type Authorizations = Vec<Authorization<AccountId>>;

impl Draw<'_> {
	/// Limits of a household, some of which are not multiples of a lot.
	fn limits(&mut self) -> Limits {
		let mut watts = || match self.dice.below(8) {
			0 => 0,
			1 => self.dice.between(100, 1_000),
			_ => self.dice.between(3, 12) * 100,
		};
		let (max_production, max_consumption) = (watts(), watts());
		Limits {
			max_production,
			max_consumption,
			max_financial: self.dice.between(0, 1_000_000).into(),
		}
	}

	/// The authorisation of a household, as it was or with another key, feeder or path.
	fn authorization(&mut self, prosumer: usize) -> Authorization<AccountId> {
		let id = World::meter(prosumer);
		let known = self.model.meters.get(&id);
		let home = FEEDERS[prosumer % FEEDERS.len()];
		let mut feeder = known.map_or(home, |meter| meter.feeder);
		let mut key = known.map_or(self.world.keys[prosumer][0].clone(), |meter| meter.key.clone());
		if known.is_some() && self.dice.one_in(4) {
			key = self.world.keys[prosumer][self.dice.below(KEYS as u64) as usize].clone();
		}
		if known.is_some() && self.dice.one_in(5) {
			feeder = FEEDERS[self.dice.below(FEEDERS.len() as u64) as usize];
		}
		let usual = if prosumer < WITH_METER { Path::Meter } else { Path::Dso };
		let unusual = if prosumer < WITH_METER { Path::Dso } else { Path::Meter };
		let path = if known.is_some() && self.dice.one_in(4) { unusual } else { usual };
		Authorization { id, pubkey: key, feeder, limits: self.limits(), path }
	}

	/// The regulation that lets everybody take part.
	pub fn first_regulation(&mut self) -> Step {
		let authorize: Authorizations = (0..PROSUMERS).map(|p| self.authorization(p)).collect();
		self.regulate(authorize, vec![], (Some(30), Some(10)), self.model.now)
	}

	/// The market that a history begins with: in a third an auction.
	pub fn first_market(&mut self) -> Step {
		let mode = match self.dice.below(3) {
			0 => MarketMode::DoubleAuction,
			1 => MarketMode::FirstComeFirstServed,
			_ => MarketMode::FixedPrice(2 * self.dice.between(5, 15)),
		};
		let time = self.model.now + self.model.parameters.gate_lead;
		Self::root("market", RulesCall::set_market { mode, time })
	}

	fn regulate(
		&self,
		authorize: Authorizations,
		ban: Vec<MeterId>,
		(price_consumption, price_production): (Option<u64>, Option<u64>),
		time: Timestep,
	) -> Step {
		let regulation = RegulatoryTransaction::<Runtime> {
			authorize: authorize.try_into().expect("there are few meters"),
			ban: ban.try_into().expect("there are few meters"),
			price_consumption,
			price_production,
			time,
		};
		Self::root("regulation", RulesCall::regulate { regulation })
	}

	pub(super) fn regulation(&mut self) -> Option<Step> {
		let step = match self.dice.below(20) {
			0..=8 => self.meters_and_prices()?,
			9..=13 => self.set_limits(),
			14 => self.set_feeder_limits(),
			15 => self.set_market(),
			16 => self.publish_control_signal(),
			17..=18 => {
				let issuer = (!self.dice.one_in(4)).then(|| self.world.service.clone());
				Self::root("issuer", RulesCall::set_issuer { issuer })
			},
			_ => {
				let mut parameters = self.model.parameters;
				if self.dice.one_in(2) {
					parameters.timestep_ms += 1;
				}
				Self::root("parameters", RulesCall::set_parameters { parameters })
			},
		};
		match step {
			Step { name, action: Action::Call(_, call) } if self.dice.one_in(12) => {
				let origin = Origin::Signed(self.address());
				Some(Step { name, action: Action::Call(origin, call) })
			},
			step => Some(step),
		}
	}

	/// Authorises those who were banned, bans others, changes prices; or tries what is not allowed.
	fn meters_and_prices(&mut self) -> Option<Step> {
		let mut time = self.model.now + self.dice.below(4);
		let soon = self.model.now + 2;
		let banned = |prosumer: &usize| {
			let meter = self.model.meters.get(&World::meter(*prosumer));
			meter.is_some_and(|meter| meter.status.get(&soon).is_none_or(|s| !s.authorized))
		};
		let banned: Vec<usize> = (0..PROSUMERS).filter(banned).collect();
		let anyone = self.dice.below(PROSUMERS as u64) as usize;
		let (mut authorize, mut ban, mut prices) = (vec![], vec![], (None, None));
		match self.dice.pick(&banned).copied().filter(|_| !self.dice.one_in(3)) {
			Some(prosumer) => authorize.push(self.authorization(prosumer)),
			None if self.dice.one_in(2) => ban.push(World::meter(anyone)),
			None => authorize.push(self.authorization(anyone)),
		}
		if self.dice.one_in(3) {
			let (low, high) = (2 * self.dice.below(10), 2 * self.dice.between(10, 20));
			prices = (Some(high), (!self.dice.one_in(3)).then_some(low));
		}
		if self.dice.one_in(3) {
			match self.dice.below(7) {
				0 => time = self.model.now - 1,
				1 => {
					authorize = vec![self.authorization(anyone)];
					ban = vec![World::meter(anyone)];
				},
				2 => ban = vec![World::meter(anyone); 2],
				3 => prices = (Some(10), Some(12)),
				4 => prices = (Some(11), None),
				5 => {
					let mut stolen = self.authorization(anyone);
					let other = World::meter((anyone + 1) % PROSUMERS);
					stolen.pubkey = self.model.meters.get(&other)?.key.clone();
					authorize = vec![stolen];
				},
				_ => ban = vec![NO_METER],
			}
		}
		Some(self.regulate(authorize, ban, prices, time))
	}

	/// A time from which on something may hold, seldom one that has passed.
	fn time(&mut self) -> Timestep {
		if self.dice.one_in(8) {
			return self.model.now - 1;
		}
		self.model.now + self.dice.below(6)
	}

	fn set_limits(&mut self) -> Step {
		let known = World::meter(self.dice.below(PROSUMERS as u64) as usize);
		let meter = if self.dice.one_in(10) { NO_METER } else { known };
		let (limits, time) = (self.limits(), self.time());
		Self::root("limits", RulesCall::set_limits { meter, limits, time })
	}

	pub(super) fn set_feeder_limits(&mut self) -> Step {
		let feeder: FeederId = FEEDERS[self.dice.below(FEEDERS.len() as u64) as usize];
		let (internal, external) = (self.dice.below(2_500), self.dice.below(1_200));
		let limits = (!self.dice.one_in(3)).then_some(FeederLimits { internal, external });
		let time = self.time();
		Self::root("feeder limits", RulesCall::set_feeder_limits { feeder, limits, time })
	}

	pub(super) fn set_market(&mut self) -> Step {
		let mode = match self.dice.below(8) {
			0..=2 => MarketMode::DoubleAuction,
			3..=4 => MarketMode::FirstComeFirstServed,
			// A few are not multiples of the tick.
			5 => MarketMode::FixedPrice(self.dice.below(50)),
			_ => MarketMode::FixedPrice(2 * self.dice.below(25)),
		};
		let earliest = self.model.now + self.model.parameters.gate_lead;
		let time = earliest + self.dice.below(4) - u64::from(self.dice.one_in(4));
		Self::root("market", RulesCall::set_market { mode, time })
	}

	fn publish_control_signal(&mut self) -> Step {
		let start = self.time();
		let end = start + self.dice.below(3) - u64::from(self.dice.one_in(3));
		let power_change = self.dice.below(2_000) as i64 - 1_000;
		let call = RulesCall::publish_control_signal { start, end, power_change };
		Self::root("control signal", call)
	}
}
