//! Histories made by hand: a ledger of a few rules, which writes down what it does as blocks would.

use crate::{
	billing::{self, Bill, Period, Prices, Signed, Total},
	history::{Block, Change, Fact, History, Maker, Meter, Policy, RingRules, Rules, State, What},
	types::*,
	AccountId32, H256,
};
use codec::Encode;
use petra_primitives::Note;
use petra_report::{
	Chain, Finalized, Household, Inputs, Machine, Market, ProfileSetting, Setting, SignedBill,
};
use std::collections::{BTreeMap, BTreeSet};
use subxt_signer::{sr25519::Keypair, SecretUri};

/// Blocks have one timestep each; the first is block 1 in this one.
pub const BEGIN: Timestep = 91;
/// The profile's first timestep.
pub const FIRST: Timestep = 100;
pub const GENESIS: H256 = H256([7; 32]);

pub fn address(household: u8, number: u8) -> AccountId32 {
	let mut bytes = [9; 32];
	(bytes[0], bytes[1]) = (household, number);
	AccountId32(bytes)
}

pub fn key(meter: MeterId) -> Keypair {
	let uri: SecretUri = format!("//meter{meter}").parse().unwrap();
	Keypair::from_uri(&uri).unwrap()
}

struct Offered {
	asset: AssetId,
	poster: AccountId32,
	kind: AssetKind,
	start: Timestep,
	end: Timestep,
	price: Price,
}

pub struct Made {
	pub history: History,
	live: BTreeMap<AssetId, EnergyAsset>,
	pooled: BTreeMap<Note, u32>,
	offers: BTreeMap<OfferId, Offered>,
	money: i128,
	extrinsic: u32,
	next_asset: AssetId,
	next_offer: OfferId,
}

impl Made {
	/// A ledger with meters 1 to `meters` on feeder 1, in first-come-first-served at 75 and 25.
	pub fn new(meters: u8) -> Self {
		let limits =
			Limits { max_production: 5_000, max_consumption: 5_000, max_financial: 1_000_000_000 };
		let change = Change { from: 1, authorized: true, path: Path::Meter, limits };
		let meter = |id: MeterId| Meter {
			key: key(id).public_key().to_account_id(),
			feeder: 1,
			changes: vec![change],
		};
		let rules = Rules {
			prices: Policy::of([(0, Prices { consumption: 75, production: 25 })]),
			market: Policy::default(),
			feeders: BTreeMap::new(),
			meters: (1..=u32::from(meters)).map(|id| (id, meter(id))).collect(),
			rings: RingRules { min_size: 2, min_age: 1 },
		};
		let parameters = Parameters { timestep_ms: 1_000, ..Parameters::default() };
		let before = State { money: 1_000, rules, ..State::default() };
		let after = before.clone();
		let history = History {
			genesis: GENESIS,
			spec_version: 1,
			parameters,
			validators: 4,
			blocks: Vec::new(),
			before,
			after,
		};
		let (live, pooled, offers) = Default::default();
		let mut made = Self {
			history,
			live,
			pooled,
			offers,
			money: 1_000,
			extrinsic: 0,
			next_asset: 1,
			next_offer: 1,
		};
		made.block();
		made
	}

	/// The next block begins, and the next timestep.
	pub fn block(&mut self) {
		let number = self.history.blocks.len() as u64 + 1;
		let timestep = BEGIN + number - 1;
		self.extrinsic = 0;
		self.history.blocks.push(Block {
			number,
			hash: H256([number as u8; 32]),
			timestamp: timestep * 1_000,
			timestep,
			fullness: 0.25,
			transactions: 0,
			facts: Vec::new(),
		});
	}

	/// Blocks until that timestep begins.
	pub fn until(&mut self, timestep: Timestep) {
		while self.history.blocks.last().unwrap().timestep < timestep {
			self.block();
		}
	}

	fn done(&mut self, extrinsic: bool, facts: impl IntoIterator<Item = What>) {
		let index = extrinsic.then_some(self.extrinsic);
		let block = self.history.blocks.last_mut().unwrap();
		block
			.facts
			.extend(facts.into_iter().map(|what| Fact { extrinsic: index, what }));
		if extrinsic {
			block.transactions += 1;
			self.extrinsic += 1;
		}
	}

	/// Something that changes the rules.
	pub fn rule(&mut self, what: What) {
		self.history.after.rules.apply(&what);
		self.done(true, [what]);
	}

	fn make(&mut self, asset: EnergyAsset) -> AssetId {
		let id = self.next_asset;
		self.next_asset += 1;
		self.live.insert(id, asset);
		id
	}

	fn made(&mut self, asset: EnergyAsset) -> (AssetId, What) {
		let id = self.make(asset.clone());
		(id, What::AssetMade { id, asset })
	}

	pub fn withdraw(
		&mut self,
		by: Maker,
		owner: AccountId32,
		kind: AssetKind,
		power: Power,
		(start, end): (Timestep, Timestep),
	) -> AssetId {
		let (feeder, traded, locked) = (1, false, false);
		let asset = EnergyAsset { owner, kind, power, start, end, feeder, traded, locked };
		let id = self.make(asset.clone());
		self.done(true, [What::EnergyWithdrawn { by, id, asset }]);
		id
	}

	pub fn withdraw_money(&mut self, by: Maker, address: AccountId32, amount: Balance) {
		self.money += amount as i128;
		self.done(true, [What::MoneyWithdrawn { by, address, amount }]);
	}

	pub fn deposit(&mut self, id: AssetId) {
		let asset = self.live.remove(&id).unwrap();
		self.done(true, [What::EnergyDeposited { id, asset }]);
	}

	pub fn deposit_money(&mut self, address: AccountId32, amount: Balance) {
		self.money -= amount as i128;
		self.done(true, [What::MoneyDeposited { address, amount }]);
	}

	pub fn expire(&mut self, id: AssetId) {
		self.live.remove(&id).unwrap();
		self.done(false, [What::EnergyExpired { id }]);
	}

	/// Hands an asset over.
	pub fn give(&mut self, id: AssetId, to: AccountId32) -> AssetId {
		let asset = self.live.remove(&id).unwrap();
		let (new, made) = self.made(EnergyAsset { owner: to, ..asset });
		self.done(true, [made, What::Transferred { spent: vec![id], made: vec![new] }]);
		new
	}

	pub fn post(&mut self, asset: AssetId, price: Price) -> OfferId {
		let posted = self.posted(asset, price, None);
		let id = self.next_offer - 1;
		self.done(true, [posted]);
		id
	}

	fn posted(&mut self, asset: AssetId, price: Price, parent: Option<OfferId>) -> What {
		let held = self.live.get_mut(&asset).unwrap();
		held.locked = true;
		let EnergyAsset { owner: poster, kind, power, start, end, .. } = held.clone();
		let offer = self.next_offer;
		self.next_offer += 1;
		let offered = Offered { asset, poster, kind, start, end, price };
		self.offers.insert(offer, offered);
		What::Posted { offer, asset, poster, kind, power, start, end, price, parent }
	}

	pub fn rescind(&mut self, offer: OfferId) {
		let offered = self.offers.remove(&offer).unwrap();
		self.live.get_mut(&offered.asset).unwrap().locked = false;
		self.done(true, [What::Rescinded { offer }]);
	}

	/// Exchanges the overlap of an offer and an asset at the offer's price: what the buyer and what the seller got.
	pub fn accept(&mut self, offer: OfferId, asset: AssetId) -> (AssetId, AssetId) {
		let offered = self.offers.remove(&offer).unwrap();
		let Offered { asset: held, price, .. } = offered;
		let (ours, theirs) = (self.live[&held].clone(), self.live[&asset].clone());
		let (start, end) = (ours.start.max(theirs.start), ours.end.min(theirs.end));
		let power = ours.power.min(theirs.power);
		let mut facts = Vec::new();
		let (production, consumption) = self.swap(&ours, &theirs, power, (start, end), &mut facts);
		let cost = Balance::from(price) * Balance::from(power) * Balance::from(end - start + 1);
		let rests = |asset: &EnergyAsset| {
			let part = |power, start, end| EnergyAsset { power, start, end, ..asset.clone() };
			let mut rests = Vec::new();
			if asset.start < start {
				rests.push(part(asset.power, asset.start, start - 1));
			}
			if end < asset.end {
				rests.push(part(asset.power, end + 1, asset.end));
			}
			if power < asset.power {
				rests.push(part(asset.power - power, start, end));
			}
			rests
		};
		for rest in rests(&theirs) {
			let made = self.made(rest).1;
			facts.push(made);
		}
		let mut kept = Vec::new();
		for rest in rests(&ours) {
			let (id, made) = self.made(rest);
			facts.push(made);
			kept.push(id);
		}
		self.live.remove(&held);
		self.live.remove(&asset);
		facts.push(What::Exchanged {
			offer,
			asset,
			power,
			start,
			end,
			price,
			cost,
			production,
			consumption,
		});
		for id in kept {
			let posted = self.posted(id, price, Some(offer));
			facts.push(posted);
		}
		self.done(true, facts);
		(production, consumption)
	}

	fn swap(
		&mut self,
		one: &EnergyAsset,
		other: &EnergyAsset,
		power: Power,
		(start, end): (Timestep, Timestep),
		facts: &mut Vec<What>,
	) -> (AssetId, AssetId) {
		let (epa, eca) = match one.kind {
			AssetKind::Production => (one, other),
			AssetKind::Consumption => (other, one),
		};
		let swapped = |from: &EnergyAsset, to: &EnergyAsset| EnergyAsset {
			owner: to.owner,
			kind: from.kind,
			power,
			start,
			end,
			feeder: to.feeder,
			traded: !to.traded,
			locked: false,
		};
		let (epa, eca) = (swapped(epa, eca), swapped(eca, epa));
		let ((production, one), (consumption, other)) = (self.made(epa), self.made(eca));
		facts.extend([one, other]);
		(production, consumption)
	}

	/// Clears a timestep with one ask and one bid that fit wholly.
	pub fn clear(&mut self, ask: OfferId, bid: OfferId, price: Price) -> (AssetId, AssetId) {
		let (ask_of, bid_of) =
			(self.offers.remove(&ask).unwrap(), self.offers.remove(&bid).unwrap());
		let (epa, eca) = (self.live[&ask_of.asset].clone(), self.live[&bid_of.asset].clone());
		let (power, start) = (epa.power, epa.start);
		assert_eq!((power, start, start), (eca.power, eca.start, eca.end));
		let mut facts = Vec::new();
		let (production, consumption) = self.swap(&epa, &eca, power, (start, start), &mut facts);
		self.live.remove(&ask_of.asset);
		self.live.remove(&bid_of.asset);
		facts.push(What::Exchanged {
			offer: ask,
			asset: bid_of.asset,
			power,
			start,
			end: start,
			price,
			cost: Balance::from(price) * Balance::from(power),
			production,
			consumption,
		});
		facts.push(What::Cleared { timestep: start, price, power });
		self.done(false, facts);
		(production, consumption)
	}

	/// Puts an asset into ring 0 of its pool.
	pub fn mix_in(&mut self, id: AssetId, members: u32) -> Note {
		let asset = self.live.remove(&id).unwrap();
		let EnergyAsset { owner, kind, power, start, end, feeder, traded, .. } = asset;
		let pool = Note::Energy { kind, feeder, traded, power, start, end };
		*self.pooled.entry(pool).or_default() += 1;
		let (depositor, asset) = (Some(owner), Some(id));
		self.done(true, [What::NoteIn { pool, ring: 0, members, depositor, asset }]);
		pool
	}

	pub fn mix_out(&mut self, pool: Note, owner: AccountId32, members: u32) -> AssetId {
		*self.pooled.get_mut(&pool).unwrap() -= 1;
		let Note::Energy { kind, feeder, traded, power, start, end } = pool else { panic!() };
		let locked = false;
		let asset = EnergyAsset { owner, kind, power, start, end, feeder, traded, locked };
		let (id, made) = self.made(asset);
		let (members, asset) = (Some(members), Some(id));
		let out = What::NoteOut { pool, ring: 0, members, recipient: owner, asset };
		self.done(true, [made, out]);
		id
	}

	/// Unlocked assets, with their owners.
	pub fn free(&self) -> Vec<(AssetId, EnergyAsset)> {
		let free = self.live.iter().filter(|(_, asset)| !asset.locked);
		free.map(|(id, asset)| (*id, asset.clone())).collect()
	}

	pub fn open_offers(&self) -> Vec<(OfferId, AssetKind, Timestep, Timestep, AccountId32)> {
		let offers = self.offers.iter();
		offers.map(|(id, o)| (*id, o.kind, o.start, o.end, o.poster)).collect()
	}

	/// The history, and what is set and disclosed. Households are those of meters 1 and on, with what they measured and
	/// which addresses they disclose; their bills are right.
	pub fn end(mut self, measured: &[&[i64]], disclosed: &[Vec<AccountId32>]) -> Case {
		let state = &mut self.history.after;
		state.assets = self.live.into_iter().collect();
		state.pooled = self.pooled.into_iter().filter(|(_, notes)| *notes > 0).collect();
		state.money = self.money as Balance;
		let rows = measured[0].len() as u64;
		let setting = setting(&self.history, rows);
		let period = Period { first: setting.bill_first, last: setting.bill_last };
		let households = (1u32..)
			.zip(measured.iter().zip(disclosed))
			.map(|(id, (measured, own))| household(&self.history, period, id, measured, own));
		let finality = self.history.blocks.iter().map(|block| Finalized {
			block: block.number,
			at: block.timestamp + 1_500 * (1 + block.number % 2),
		});
		let inputs = Inputs {
			households: households.collect(),
			finality: finality.collect(),
			memory: Vec::new(),
			interruptions: Vec::new(),
		};
		Case { setting, inputs, history: self.history }
	}
}

/// What figures are computed from.
#[derive(Clone)]
pub struct Case {
	pub setting: Setting,
	pub inputs: Inputs,
	pub history: History,
}

impl Case {
	/// A household's meter signs the total alone.
	pub fn bill_total(&mut self, household: usize) {
		let Household { meter, bill, .. } = &mut self.inputs.households[household];
		let total = Total { meter: *meter, period: 0, total: bill.owed };
		bill.bytes = signed(Bill::Total(total), *meter);
	}
}

/// The bytes of a bill that a meter signed.
fn signed(bill: Bill, meter: MeterId) -> String {
	format!("0x{}", hex::encode(Signed::new(bill, GENESIS, &key(meter)).encode()))
}

fn household(
	history: &History,
	period: Period,
	meter: MeterId,
	measured: &[i64],
	own: &[AccountId32],
) -> Household {
	let padded: Vec<i128> = (period.first..=period.last)
		.map(|t| {
			let row = t.checked_sub(FIRST).and_then(|row| measured.get(row as usize));
			row.map_or(0, |watts| i128::from(*watts))
		})
		.collect();
	let addresses: BTreeSet<AccountId32> = own.iter().copied().collect();
	let entries = history.entries();
	let own_entries = billing::entries_at(&addresses, &entries);
	let lines = billing::lines(period, &padded, own_entries, |t| history.prices(t)).unwrap();
	let bill = Bill::detailed(meter, 0, &lines);
	let owed = bill.owed().unwrap();
	Household {
		name: format!("house {meter}"),
		meter,
		key: key(meter).public_key().to_account_id().to_string(),
		feeder: 1,
		measured: measured.to_vec(),
		predicted: measured.to_vec(),
		addresses: own.iter().map(ToString::to_string).collect(),
		bill: SignedBill { bytes: signed(bill, meter), owed },
	}
}

fn setting(history: &History, rows: u64) -> Setting {
	let (first, last) = (&history.blocks[0], history.blocks.last().unwrap());
	let (mode, fixed_price) = match history.after.rules.mode(FIRST) {
		MarketMode::FixedPrice(price) => ("fixedPrice", Some(price)),
		MarketMode::FirstComeFirstServed => ("firstComeFirstServed", None),
		MarketMode::DoubleAuction => ("doubleAuction", None),
	};
	Setting {
		command: "petra simulate".into(),
		version: "0.1.0".into(),
		machine: Machine { processor: "abacus".into(), cores: 1, memory: 1 },
		seed: 1,
		began: "2026-11-25 04:46 UTC".into(),
		profile: ProfileSetting {
			name: "made.csv".into(),
			unit: "kW".into(),
			interval_minutes: 15,
			from: "23:30".into(),
			to: "00:15".into(),
		},
		chain: Chain {
			genesis: format!("0x{}", hex::encode(GENESIS.0)),
			spec_version: history.spec_version,
			validators: 4,
			timestep_ms: history.parameters.timestep_ms,
			power_lot: history.parameters.power_lot,
			gate_lead: history.parameters.gate_lead,
		},
		market: Market {
			mode: mode.into(),
			fixed_price,
			price_consumption: 75,
			price_production: 25,
		},
		path: "meter".into(),
		mixing: None,
		forecast_error: 0.1,
		first_timestep: FIRST,
		last_timestep: FIRST + rows - 1,
		bill_first: BEGIN,
		bill_last: FIRST + rows + 30,
		first_block: first.number,
		last_block: last.number,
		last_hash: format!("0x{}", hex::encode(last.hash.0)),
	}
}
