//! The safety theorem (P1, "Safety"; specification, section 4) over random histories, against a naive model.
//!
//! Households withdraw, split, merge, give away, exchange and mix, offer, accept and take part in auctions, the DSO
//! authorises, bans and changes limits and the market's mode, time goes on; about a third of the calls is made wrong on
//! purpose. After each step the ledger is what the model says, the bounds of the theorem hold for every group of
//! households, and what is on hold is what open bids may cost. `PETRA_HISTORIES` sets the number of histories,
//! `PETRA_SEED` runs one of them.

mod compare;
mod counts;
mod dice;
mod draw;
mod market;
mod model;
mod rules;
mod theorem;
mod world;

use crate::chain::{chain_from, check_invariants, genesis_of, next_block_at, storage_of, START};
use compare::{compare, compare_live_power, holdings};
use counts::Counts;
use dice::Dice;
use draw::{Action, Draw, Step};
use frame_support::traits::GetCallMetadata;
use model::Model;
use pallet_energy_assets::Call as AssetsCall;
use petra_primitives::{AssetLedger, Grid, Parameters};
use petra_runtime::{
	configs::RuntimeBlockWeights, Balances, EnergyAssets, Executive, Regulation, RuntimeCall,
	RuntimeEvent, RuntimeOrigin, System, SLOT_DURATION,
};
use rules::{Faults, Origin};
use sp_runtime::{traits::Dispatchable, StateVersion};
use sp_storage::Storage;
use theorem::{Flows, Holdings};
use world::World;

/// Histories, where the environment does not say.
const HISTORIES: u64 = 200;
/// Steps of each.
const STEPS: usize = 140;
/// The pallets' own invariants are checked once in so many steps.
const INVARIANTS_EVERY: usize = 20;
/// Of the calls that must fail, one in so many is asked whether it leaves the root of the state as it was.
const ROOTS_EVERY: usize = 6;
/// A timestep: ten blocks.
const TIMESTEP_MS: u64 = 10 * SLOT_DURATION;

/// Says with which seed a history failed.
struct SaySeed(u64);

impl Drop for SaySeed {
	fn drop(&mut self) {
		if std::thread::panicking() {
			eprintln!("the history failed: run it again with PETRA_SEED={}", self.0);
		}
	}
}

/// A chain and all that is kept beside it.
struct History<'a> {
	world: &'a World,
	dice: Dice,
	model: Model,
	flows: Flows,
	ledger: Holdings,
	replay: Option<(Origin, RuntimeCall)>,
	counts: &'a mut Counts,
}

impl<'a> History<'a> {
	/// Begins in the first block: with random parameters, everybody authorised, in the next timestep.
	fn begin(seed: u64, world: &'a World, counts: &'a mut Counts) -> Self {
		let issuance = Balances::total_issuance();
		let (block, now) = (System::block_number(), Regulation::now());
		let model = Model::new(block, now, Regulation::parameters(), issuance);
		let (flows, ledger) = (Flows::default(), Holdings::new());
		let dice = Dice::new(seed);
		let mut this = Self { world, dice, model, flows, ledger, replay: None, counts };
		let parameters = Parameters {
			price_tick: 2,
			gate_lead: this.dice.between(1, 3),
			horizon: this.dice.between(8, 24),
			settlement_window: this.dice.between(1, 5),
			billing_period: this.dice.between(4, 12),
			..Regulation::parameters()
		};
		let set = pallet_regulation::Call::set_parameters { parameters };
		this.call("parameters", Origin::Root, set.into());
		let first = [this.draw().first_regulation(), this.draw().first_market()];
		for Step { name, action } in first {
			this.act(name, action);
		}
		this.act("blocks", Action::Blocks(vec![1]));
		this
	}

	fn draw(&mut self) -> Draw<'_> {
		let Self { dice, world, model, replay, .. } = self;
		Draw { dice, world, model, replay: replay.as_ref() }
	}

	/// One step, after which everything must hold.
	fn step(&mut self, number: usize) {
		let Step { name, action } = self.draw().step();
		self.act(name, action);
		compare(self.world, &self.model, &self.ledger);
		if number.is_multiple_of(INVARIANTS_EVERY) {
			compare_live_power(&self.model);
			check_invariants();
		}
	}

	fn act(&mut self, name: &'static str, action: Action) {
		match action {
			Action::Call(origin, call) => return self.call(name, origin, call),
			Action::Lock(id) => {
				let owner = self.model.assets[&id].owner.clone();
				EnergyAssets::lock(&owner, id).expect("the asset can be spent");
				self.model.assets.get_mut(&id).expect("it exists").locked = true;
			},
			Action::Unlock(id) => {
				EnergyAssets::unlock(id).expect("the asset is locked");
				self.model.assets.get_mut(&id).expect("it exists").locked = false;
			},
			Action::Blocks(timesteps) => timesteps.into_iter().for_each(|more| self.block(more)),
		}
		self.counts.succeeded(name);
		self.ledger = holdings(self.world);
	}

	/// The next block, `more` timesteps later.
	fn block(&mut self, more: u64) {
		let soon = pallet_timestamp::Now::<petra_runtime::Runtime>::get() + SLOT_DURATION;
		// Every tenth block begins a timestep by itself.
		let time = soon.max((self.model.now + more) * TIMESTEP_MS);
		// A block in which a session ends has no idle time.
		let limit = RuntimeBlockWeights::get().max_block;
		let has_time = || System::block_weight().total().all_lt(limit);
		let idle = has_time();
		self.counts.blocks(idle);
		next_block_at(time);
		let tends = has_time();
		// What comes before a block's transactions.
		Executive::inherents_applied();
		let reaped = self.model.next_block(time / TIMESTEP_MS, idle, tends);
		let after = holdings(self.world);
		self.ledger.retain(|id, _| !reaped.contains(id));
		self.flows.measure_block(self.world, &self.ledger, &after);
		self.model.adopt(&after);
		self.ledger = after;
		let cleared = if tends { self.model.book.cleared.clone() } else { vec![] };
		assert_eq!(cleared_now(), cleared, "timesteps cleared, at what prices, how much");
		self.counts.cleared(cleared.into_iter().map(|(_, _, power)| power));
	}

	fn call(&mut self, name: &'static str, origin: Origin, call: RuntimeCall) {
		let function = call.get_call_metadata().function_name;
		let Faults(faults) = self.model.take(&origin, &call);
		let turn = self.counts.failures.is_multiple_of(ROOTS_EVERY);
		let check_root = turn && !faults.is_empty();
		let root = || sp_io::storage::root(StateVersion::V1);
		let before = check_root.then(root);
		let result = call.clone().dispatch(match origin.clone() {
			Origin::Root => RuntimeOrigin::root(),
			Origin::Signed(who) => RuntimeOrigin::signed(who),
		});
		let after = holdings(self.world);
		match result {
			Ok(_) => {
				// First what the theorem says of what was done, whatever the model thinks of it.
				let done = (&origin, &call);
				self.flows.measure(self.world, &self.model, done, &self.ledger, &after);
				self.model.adopt(&after);
				assert!(faults.is_empty(), "{origin:?}: {call:?} succeeded in spite of {faults:?}");
				self.counts.succeeded(name);
				self.counts.called(function);
				if pays_together(&call) {
					self.replay = Some((origin, call));
				}
			},
			Err(failed) => {
				let error = failed.error;
				assert!(
					faults.contains(&error),
					"{origin:?}: {call:?} failed with {error:?}, not {faults:?}"
				);
				assert_eq!(before, check_root.then(root), "{call:?} failed and changed something");
				self.counts.failed(function, error, faults.len() == 1);
			},
		}
		self.ledger = after;
	}
}

/// The clearings of the block under way: timestep, price and power.
fn cleared_now() -> Vec<(u64, u64, u64)> {
	let events = System::events().into_iter();
	let cleared = events.filter_map(|record| match record.event {
		RuntimeEvent::Offers(pallet_offers::Event::MarketCleared { timestep, price, power }) => {
			Some((timestep, price, power))
		},
		_ => None,
	});
	cleared.collect()
}

/// Whether a call is a co-signed transfer of money alone.
fn pays_together(call: &RuntimeCall) -> bool {
	matches!(call, RuntimeCall::EnergyAssets(AssetsCall::transfer {
		inputs,
		co_signatures: Some(_),
		..
	}) if inputs.assets.is_empty())
}

fn storage() -> Storage {
	let mut genesis = genesis_of("development");
	genesis["regulation"]["parameters"]["timestepMs"] = TIMESTEP_MS.into();
	storage_of(genesis)
}

fn run(seed: u64, storage: Storage, world: &World, counts: &mut Counts) {
	let _say = SaySeed(seed);
	chain_from(storage).execute_with(|| {
		let mut history = History::begin(seed, world, counts);
		(1..=STEPS).for_each(|number| history.step(number));
		history.flows.check_all();
		check_invariants();
		history.counts.pairs(history.model.book.pairs);
		let Flows { compared, tight, .. } = history.flows;
		history.counts.bounds(compared, tight);
	});
}

fn number_from(variable: &str) -> Option<u64> {
	let text = std::env::var(variable).ok()?;
	Some(
		text.parse()
			.unwrap_or_else(|_| panic!("{variable} must be a number, not {text}")),
	)
}

#[test]
fn the_ledger_should_be_safe_when_anybody_does_anything() {
	assert_eq!(START % TIMESTEP_MS, 0, "the model counts timesteps from the start");
	let (storage, world, mut counts) = (storage(), World::new(), Counts::default());
	if let Some(seed) = number_from("PETRA_SEED") {
		return run(seed, storage, &world, &mut counts);
	}
	let histories = number_from("PETRA_HISTORIES").unwrap_or(HISTORIES);
	for seed in 0..histories {
		run(seed, storage.clone(), &world, &mut counts);
	}
	counts.print();
	if histories >= HISTORIES {
		counts.check();
	}
}
