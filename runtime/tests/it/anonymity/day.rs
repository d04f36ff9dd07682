//! A feeder's day: households withdraw, mix, trade and return what they have, each in its own manner.

use super::world::{
	address, authorise, basket, genesis, key, member, output, today, Chain, Purpose, FEEDER,
	TIMESTEP_MS,
};
use frame_support::traits::Get;
use pallet_energy_assets::{Call as AssetsCall, TransferInputs, TransferOutputs};
use pallet_mixing::Call as MixingCall;
use pallet_offers::Call as OffersCall;
use petra_mixing::{
	basket::{plan, DayPlan, Fresh, PlannedNote, Timetable},
	proof::{prove, Statement},
};
use petra_primitives::{
	AssetId, AssetKind, AssetOutput, EnergyAsset, MeterId, Note, OfferId, Power, Source, Timestep,
};
use petra_runtime::{
	AccountId, Balances, EnergyAssets, Mixing, Runtime, RuntimeEvent, System, Timestamp,
};
use rand::{rngs::StdRng, seq::SliceRandom, Rng, SeedableRng};
use sp_core::{sr25519, Pair};
use std::collections::BTreeMap;

const HOUR: u64 = 3_600_000;
const MINUTE: u64 = 60_000;
/// At what everybody offers, so that prices tell nothing.
const PRICE: u64 = 20;

/// How a household goes about it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Manner {
	/// As the client does by default.
	Default,
	/// As the client does, but it was switched off until after the phase of deposits.
	Late,
	/// It mixes notes of a size of its own.
	OddSizes,
	/// It takes notes out as soon as it can.
	AtOnce,
	/// It has notes of a number of its own, and takes them out in one batch.
	OwnBatch,
	/// It takes notes out to the addresses that deposited them.
	SameAddress,
	/// It moves what it took out to an address that its meter knows.
	MovesBack,
}

/// A way to spend the day.
pub struct Day {
	/// Each household's limit of power, and its manner.
	pub households: Vec<(Power, Manner)>,
	/// For how many stretches of tomorrow they withdraw.
	pub stretches: u64,
	/// Whether they mix at all.
	pub mixing: bool,
	/// The flaw to be found: notes come out in the order in which they went in.
	pub in_order: bool,
	pub seed: u64,
}

/// What the observer does not see: whose the addresses are.
pub struct Truth {
	pub households: BTreeMap<AccountId, MeterId>,
	pub manners: Vec<Manner>,
}

/// What is to be done, with the household and the number of its note.
#[derive(Clone, Copy, Debug)]
enum Step {
	Withdraw(MeterId),
	Hop(MeterId, usize),
	Pool(MeterId, usize),
	TakeOut(MeterId, usize),
	TakeOutAll(MeterId),
	MoveBack(MeterId, usize),
	Reclaim(MeterId, usize),
	Offer(MeterId, usize),
	Accept(MeterId, usize),
	Settle(MeterId, usize),
}

struct Play<'a> {
	day: &'a Day,
	plans: Vec<DayPlan>,
	/// By time, then in the order of planning.
	steps: BTreeMap<(u64, usize), Step>,
	chain: Chain,
	/// Open offers, by first timestep and power.
	offers: BTreeMap<(Timestep, Power), Vec<OfferId>>,
	random: StdRng,
}

/// Lives through a day; returns its blocks and what they hide.
pub fn live(day: &Day) -> (Chain, Truth) {
	let mut play = Play {
		day,
		plans: Vec::new(),
		steps: BTreeMap::new(),
		chain: Chain::default(),
		offers: BTreeMap::new(),
		random: StdRng::seed_from_u64(day.seed),
	};
	let powers: Vec<Power> = day.households.iter().map(|(power, _)| *power).collect();
	authorise(&powers);
	play.plan();
	while let Some((&(time, number), &step)) = play.steps.first_key_value() {
		play.steps.remove(&(time, number));
		if time >= Timestamp::get() {
			// An address that a free transfer made has its quota of calls from the next window of blocks on.
			let idle = if time > Timestamp::get() + HOUR { 64 } else { 0 };
			(0..idle).for_each(|_| play.chain.advance(0));
			play.chain.advance(time);
		}
		play.step(step);
	}
	let end = Timestamp::get() + HOUR;
	play.chain.advance(end);
	crate::chain::check_invariants();
	let truth = play.truth();
	(play.chain, truth)
}

/// Planning.
impl Play<'_> {
	fn plan(&mut self) {
		for &(power, manner) in &self.day.households {
			let plan = self.plan_of(power, manner);
			self.plans.push(plan);
		}
		if self.day.in_order {
			self.put_in_order();
		}
		for household in 0..self.plans.len() as MeterId {
			self.schedule(household);
		}
		self.trades();
	}

	fn plan_of(&mut self, power: Power, manner: Manner) -> DayPlan {
		let mut basket = basket(power);
		match manner {
			Manner::OddSizes => {
				for line in &mut basket.energy {
					(line.power, line.notes) = (line.power / 2, line.notes * 2);
				}
			},
			// It has four times the power, in notes of its neighbours' size.
			Manner::OwnBatch => {
				for line in &mut basket.energy {
					(line.power, line.notes) = (line.power / 4, 4);
				}
			},
			_ => (),
		}
		let tomorrow = (today() + 24 * HOUR) / TIMESTEP_MS;
		let first = tomorrow + 2 * super::world::STRETCH;
		let last = first + self.day.stretches * super::world::STRETCH - 1;
		let notes = basket.notes(FEEDER, first, last);
		let (timetable, mut fresh) = (Timetable::default(), Fresh::default());
		let mut plan = plan(notes, today(), TIMESTEP_MS, &timetable, &mut fresh, &mut self.random);
		for note in &mut plan.notes {
			match manner {
				Manner::Late => {
					note.deposit_at = today() + self.random.random_range(17 * HOUR..20 * HOUR);
					let rest = note.deposit_at + 10 * MINUTE..today() + 23 * HOUR;
					note.take_out_at = self.random.random_range(rest);
				},
				Manner::AtOnce => note.take_out_at = note.deposit_at + MINUTE,
				Manner::SameAddress => note.recipient = note.depositor,
				_ => (),
			}
		}
		if !self.day.mixing {
			// Who buys needs the money where the permission is.
			let notes = plan.notes.clone();
			for money in plan.notes.iter_mut().filter(|note| start_of(note).is_none()) {
				let buyer = notes.iter().find(|note| note.recipient == money.recipient);
				money.depositor = buyer.map_or(money.depositor, |buyer| buyer.depositor);
			}
		}
		plan
	}

	/// Gives the moments at which a pool's notes are taken out to the notes in the order of their deposits.
	fn put_in_order(&mut self) {
		let mut pools: BTreeMap<Note, Vec<(u64, usize, usize)>> = BTreeMap::new();
		for (household, plan) in self.plans.iter().enumerate() {
			for (index, note) in plan.notes.iter().enumerate() {
				pools.entry(note.note).or_default().push((note.deposit_at, household, index));
			}
		}
		for mut notes in pools.into_values() {
			notes.sort_unstable();
			let at = |&(_, household, index): &(u64, usize, usize)| (household, index);
			let mut moments: Vec<u64> =
				notes.iter().map(at).map(|(h, n)| self.plans[h].notes[n].take_out_at).collect();
			moments.sort_unstable();
			for ((household, index), moment) in notes.iter().map(at).zip(moments) {
				self.plans[household].notes[index].take_out_at = moment;
			}
		}
	}

	fn schedule(&mut self, household: MeterId) {
		let DayPlan { withdraw_at, notes } = self.plans[household as usize].clone();
		let (_, manner) = self.day.households[household as usize];
		self.add(withdraw_at, Step::Withdraw(household));
		let last = notes.iter().map(|note| note.take_out_at).max().unwrap_or_default();
		for (index, note) in notes.iter().enumerate() {
			if self.day.mixing {
				self.add(note.deposit_at, Step::Pool(household, index));
				match manner {
					Manner::OwnBatch => (),
					// Its rings fail: nobody else has such notes.
					Manner::OddSizes if matches!(note.note, Note::Energy { .. }) => {
						self.add(
							self.gate(index, household) + MINUTE,
							Step::Reclaim(household, index),
						);
					},
					_ => self.add(note.take_out_at, Step::TakeOut(household, index)),
				}
				if manner == Manner::MovesBack && matches!(note.note, Note::Energy { .. }) {
					self.add(today() + 25 * HOUR, Step::MoveBack(household, index));
				}
			} else if household.is_multiple_of(2) {
				// Half of them move their assets to other addresses, at least.
				self.add(note.take_out_at, Step::Hop(household, index));
			}
			if let Some(settle_at) = note.settle_at {
				self.add(settle_at, Step::Settle(household, index));
			}
		}
		if self.day.mixing && manner == Manner::OwnBatch {
			self.add(last, Step::TakeOutAll(household));
		}
	}

	/// When the first timestep of a note is gated.
	fn gate(&self, index: usize, household: MeterId) -> u64 {
		match self.plans[household as usize].notes[index].note {
			Note::Energy { start, .. } => (start - 1) * TIMESTEP_MS,
			Note::Financial { .. } => unreachable!("money has no gate"),
		}
	}

	fn add(&mut self, time: u64, step: Step) {
		// Two steps may be planned for the same moment.
		let number = (0..).find(|number| !self.steps.contains_key(&(time, *number)));
		self.steps.insert((time, number.expect("numbers do not end")), step);
	}

	/// A third of the households sells in each stretch, a third buys; who, is drawn anew for each stretch.
	fn trades(&mut self) {
		let mut by_start: BTreeMap<(Timestep, Power), Vec<MeterId>> = BTreeMap::new();
		for (household, plan) in (0..).zip(&self.plans) {
			let (power, manner) = self.day.households[household as usize];
			if matches!(manner, Manner::OddSizes | Manner::OwnBatch | Manner::MovesBack) {
				continue;
			}
			let mut starts: Vec<Timestep> = plan.notes.iter().filter_map(start_of).collect();
			starts.sort_unstable();
			starts.dedup();
			for start in starts {
				by_start.entry((start, power)).or_default().push(household);
			}
		}
		for ((start, _), mut households) in by_start {
			households.shuffle(&mut self.random);
			let third = households.len() / 3;
			for (index, &household) in households.iter().enumerate().take(2 * third) {
				let (kind, hour) = if index < third {
					(AssetKind::Production, 30)
				} else {
					(AssetKind::Consumption, 31)
				};
				let note = self.plans[household as usize].notes.iter().position(|planned| {
					matches!(planned.note, Note::Energy { kind: of, start: from, .. } if of == kind && from == start)
				});
				let note = note.expect("each household has both kinds");
				let moment = today() + hour * HOUR + self.random.random_range(0..HOUR / 2);
				let step = if index < third {
					Step::Offer(household, note)
				} else {
					Step::Accept(household, note)
				};
				self.add(moment, step);
			}
		}
	}

	fn truth(&self) -> Truth {
		let mut households = BTreeMap::new();
		for (household, plan) in (0..).zip(&self.plans) {
			for note in &plan.notes {
				for number in [note.depositor, note.recipient] {
					households.insert(address(household, number), household);
				}
			}
		}
		let manners = self.day.households.iter().map(|(_, manner)| *manner).collect();
		Truth { households, manners }
	}
}

fn start_of(note: &PlannedNote) -> Option<Timestep> {
	match note.note {
		Note::Energy { start, .. } => Some(start),
		Note::Financial { .. } => None,
	}
}

/// Doing.
impl Play<'_> {
	fn step(&mut self, step: Step) {
		match step {
			Step::Withdraw(household) => self.withdraw(household),
			Step::Hop(household, index) => self.hop(household, index),
			Step::Pool(household, index) => self.pool(household, index),
			Step::TakeOut(household, index) => self.take_out(household, index),
			Step::TakeOutAll(household) => self.take_out_all(household),
			Step::MoveBack(household, index) => self.move_back(household, index),
			Step::Reclaim(household, index) => self.reclaim(household, index),
			Step::Offer(household, index) => self.offer(household, index),
			Step::Accept(household, index) => self.accept(household, index),
			Step::Settle(household, index) => self.settle(household, index),
		}
	}

	fn note(&self, household: MeterId, index: usize) -> PlannedNote {
		self.plans[household as usize].notes[index].clone()
	}

	fn withdraw(&mut self, household: MeterId) {
		let notes = &self.plans[household as usize].notes;
		let outputs: Vec<_> = notes
			.iter()
			.map(|planned| output(address(household, planned.depositor), &planned.note))
			.collect();
		let outputs = outputs.try_into().expect("not too many");
		let call = AssetsCall::<Runtime>::withdraw { meter: household, outputs };
		self.chain.sign(&key(household, Purpose::Meter), call);
	}

	/// Without mixing: a household hands on to itself what it has.
	fn hop(&mut self, household: MeterId, index: usize) {
		let PlannedNote { depositor, recipient, .. } = self.note(household, index);
		let (from, to) = (address(household, depositor), address(household, recipient));
		hand_on(&mut self.chain, &signer(household, depositor), &from, &to);
	}

	fn pool(&mut self, household: MeterId, index: usize) {
		let PlannedNote { note, depositor, member: number, .. } = self.note(household, index);
		let owner = address(household, depositor);
		let source = match note {
			Note::Energy { .. } => Source::Energy(assets_of(&owner)[0].0),
			Note::Financial { amount } => Source::Financial(amount),
		};
		let secret = member(household, number);
		let call = MixingCall::<Runtime>::deposit {
			source,
			member_key: secret.public(),
			proof_of_possession: secret.prove_possession(genesis(), owner.clone().into(), &note),
		};
		self.chain.sign(&signer(household, depositor), call);
	}

	/// A withdrawal over the newest usable revision, if there is one.
	fn proven(
		&mut self,
		household: MeterId,
		index: usize,
	) -> Option<petra_primitives::Withdrawal<AccountId>> {
		let PlannedNote { note, member: number, recipient, .. } = self.note(household, index);
		let secret = member(household, number);
		let (ring, info) =
			(0..).map_while(|ring| Some((ring, Mixing::ring(note, ring)?))).last()?;
		let place = info.members.iter().position(|member| *member == secret.public())?;
		let revision = info.revisions.iter().rev().find(|revision| revision.usable)?;
		let members = &info.members[..revision.members as usize];
		if place >= members.len() {
			return None;
		}
		let statement = Statement {
			genesis: genesis(),
			pool: note,
			ring,
			revision: revision.revision,
			deadline: System::block_number() + 10,
			recipient: address(household, recipient).into(),
		};
		let proven = prove(&secret, statement, members).expect("a member proves");
		Some(proven.proof.withdrawal().expect("it is not too long"))
	}

	fn take_out(&mut self, household: MeterId, index: usize) {
		match self.proven(household, index) {
			Some(withdrawal) => self.chain.general(MixingCall::<Runtime>::withdraw { withdrawal }),
			// Wait.
			None => self.add(Timestamp::get() + MINUTE, Step::TakeOut(household, index)),
		}
	}

	fn take_out_all(&mut self, household: MeterId) {
		let count = self.plans[household as usize].notes.len();
		let all: Vec<_> = (0..count)
			.map(|index| self.proven(household, index).expect("rings are full by now"))
			.collect();
		let most = <<Runtime as pallet_mixing::Config>::MaxBatch as Get<u32>>::get() as usize;
		for batch in all.chunks(most) {
			let withdrawals = batch.to_vec().try_into().expect("not too many");
			self.chain.general(MixingCall::<Runtime>::withdraw_batch { withdrawals });
		}
	}

	fn move_back(&mut self, household: MeterId, index: usize) {
		let PlannedNote { depositor, recipient, .. } = self.note(household, index);
		let (from, to) = (address(household, recipient), address(household, depositor));
		hand_on(&mut self.chain, &signer(household, recipient), &from, &to);
	}

	fn reclaim(&mut self, household: MeterId, index: usize) {
		let PlannedNote { note, member: number, recipient, .. } = self.note(household, index);
		let secret = member(household, number);
		let recipient = address(household, recipient);
		let signature = secret.sign_reclaim(genesis(), &note, 0, recipient.clone().into());
		let call = MixingCall::<Runtime>::reclaim {
			pool: note,
			ring: 0,
			member_key: secret.public(),
			recipient,
			signature,
		};
		self.chain.sign(&key(household, Purpose::Meter), call);
	}

	/// The address at which a note is when trading begins.
	fn trader(&self, household: MeterId, index: usize) -> u32 {
		let PlannedNote { depositor, recipient, .. } = self.note(household, index);
		let moved = self.day.mixing || household.is_multiple_of(2);
		if moved {
			recipient
		} else {
			depositor
		}
	}

	fn offer(&mut self, household: MeterId, index: usize) {
		let number = self.trader(household, index);
		let (asset_id, asset) = assets_of(&address(household, number)).remove(0);
		self.chain.sign(
			&signer(household, number),
			OffersCall::<Runtime>::post_offer { asset_id, price: PRICE },
		);
		let posted = System::events().into_iter().rev().find_map(|record| match record.event {
			RuntimeEvent::Offers(pallet_offers::Event::OfferPosted { offer_id, .. }) => {
				Some(offer_id)
			},
			_ => None,
		});
		let open = self.offers.entry((asset.start, asset.power)).or_default();
		open.push(posted.expect("it says so"));
	}

	fn accept(&mut self, household: MeterId, index: usize) {
		let number = self.trader(household, index);
		let owner = address(household, number);
		let (asset_id, asset) = assets_of(&owner).remove(0);
		let open = self.offers.get_mut(&(asset.start, asset.power));
		let Some(offer_id) = open.and_then(Vec::pop) else { return };
		let call = OffersCall::<Runtime>::accept_offer { offer_id, asset_id, limits: None };
		self.chain.sign(&signer(household, number), call);
	}

	/// Returns what an address has: one asset in each transaction, then the money.
	fn settle(&mut self, household: MeterId, index: usize) {
		let PlannedNote { depositor, recipient, .. } = self.note(household, index);
		for number in [depositor, recipient] {
			let (owner, secret) = (address(household, number), signer(household, number));
			for (asset_id, _) in assets_of(&owner) {
				self.chain
					.sign(&secret, AssetsCall::<Runtime>::deposit_energy_asset { asset_id });
				self.chain.advance(0);
			}
			let amount = Balances::free_balance(&owner);
			if amount > 0 {
				self.chain.sign(&secret, AssetsCall::<Runtime>::deposit_financial { amount });
			}
		}
	}
}

fn signer(household: MeterId, number: u32) -> sr25519::Pair {
	key(household, Purpose::Address(number))
}

fn assets_of(owner: &AccountId) -> Vec<(AssetId, EnergyAsset<AccountId>)> {
	EnergyAssets::assets_of(owner)
}

/// Hands all assets and the money of an address on to another one.
fn hand_on(chain: &mut Chain, signer: &sr25519::Pair, from: &AccountId, to: &AccountId) {
	assert_eq!(*from, AccountId::from(signer.public()));
	let assets = assets_of(from);
	let ids: Vec<AssetId> = assets.iter().map(|(id, _)| *id).collect();
	let outputs: Vec<_> = assets
		.into_iter()
		.map(|(_, EnergyAsset { kind, power, start, end, feeder, traded, .. })| AssetOutput {
			address: to.clone(),
			kind,
			power,
			start,
			end,
			feeder,
			traded,
		})
		.collect();
	let money = Balances::free_balance(from);
	if ids.is_empty() && money == 0 {
		return;
	}
	let of = |who: &AccountId| if money > 0 { vec![(who.clone(), money)] } else { Vec::new() };
	let inputs = TransferInputs {
		assets: ids.try_into().expect("not too many"),
		money: of(from).try_into().expect("not too many"),
	};
	let outputs = TransferOutputs {
		assets: outputs.try_into().expect("not too many"),
		money: of(to).try_into().expect("not too many"),
	};
	chain.sign(signer, AssetsCall::<Runtime>::transfer { inputs, outputs, co_signatures: None });
}
