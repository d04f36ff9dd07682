//! The observer: reads blocks, and says which household a deposited asset belongs to.
//!
//! What it knows is in [`Block`]s: who signed what, what was created where, when. Its rules:
//!
//! 1. *Withdrawals are open.* An address at which a meter created something is that household's.
//! 2. *Addresses that act together are one household's*: whoever gives assets or money away gives them to itself (plain
//!    payments; transfers without others' signatures); in a transfer with several owners, what a new address gets comes
//!    from the owner of an input of the same kind, power and interval, and if all goes to one address, all owners are one;
//!    notes that arrive at one address, or leave their rings in one batch, are one household's; a note that was
//!    reclaimed is its depositor's.
//! 3. *Conservation*: a note comes out once, so withdrawals and deposits of a ring are matched one to one; none comes out
//!    that was reclaimed.
//! 4. *Sets*: a withdrawal is of a member of the revision that it names, so of one of the ring's first ones; what an earlier
//!    withdrawal must have been, a later one is not.
//! 5. *Note counts*: whoever takes `k` notes out of a ring put `k` in. A household with more notes in a ring is so much
//!    more likely, and one with fewer is excluded.
//! 6. *Amounts and tags*: pools keep apart what differs in kind, feeder, `traded`, power, interval or amount.
//! 7. *Times*: it learns from all delays of a ring how many households withdraw soon after they deposited (a few always do),
//!    and how soon ([`hurry`]), and weighs each pair by that. What remains equal it takes in the order of deposits: if
//!    households withdraw in that order, it is right, and if they do not, it loses nothing.
//!
//! It makes its best guess for each address, however uncertain it is.

use super::{
	ledger::Block,
	matching::{assign, effective, hurry, likelihoods, IMPOSSIBLE},
};
use codec::Decode;
use pallet_energy_assets::{Call as AssetsCall, Event as AssetsEvent};
use pallet_mixing::{Call as MixingCall, Event as MixingEvent};
use petra_primitives::{AssetId, AssetKind, MeterId, Note, Power, Source, Timestep, Withdrawal};
use petra_runtime::{AccountId, Hash, RuntimeCall, RuntimeEvent, UncheckedExtrinsic};
use sp_runtime::{generic::Preamble, MultiAddress};
use std::collections::{BTreeMap, BTreeSet};

/// A ring of a pool.
type RingId = (Note, u32);
/// What somebody holds: owner, kind, power, interval.
type Held = (AccountId, AssetKind, Power, Timestep, Timestep);
type EventRecord = frame_system::EventRecord<RuntimeEvent, Hash>;

/// A note that went into a ring.
#[derive(Clone)]
struct Deposit {
	depositor: AccountId,
	time: u64,
	reclaimed: bool,
}

/// A note that came out of a ring.
#[derive(Clone)]
struct Exit {
	recipient: AccountId,
	time: u64,
	/// How many members the revision has that it names.
	members: usize,
}

/// What the observer thinks of an address at which a note arrived.
#[derive(Clone, Copy)]
pub struct Opinion {
	/// The household, by its meter.
	pub meter: MeterId,
	/// Households that could have been it: distinct meters behind the members of the revision.
	pub households: usize,
	/// As many as if all were equally likely.
	pub effective: f64,
}

/// Everything that the observer has learnt.
#[derive(Default)]
pub struct Observer {
	/// Addresses that are one household's, each under one of them.
	together: BTreeMap<AccountId, AccountId>,
	/// The meters of households, by the address that stands for them.
	meters: BTreeMap<AccountId, MeterId>,
	assets: BTreeMap<AssetId, Held>,
	deposits: BTreeMap<RingId, Vec<Deposit>>,
	members: BTreeMap<RingId, BTreeMap<u32, usize>>,
	keys: BTreeMap<[u8; 32], AccountId>,
	exits: BTreeMap<RingId, Vec<Exit>>,
	/// The addresses that returned assets to their meters, once for each asset.
	pub returned: Vec<AccountId>,
	opinions: BTreeMap<AccountId, Opinion>,
}

impl Observer {
	/// Reads a chain and draws its conclusions.
	pub fn read(blocks: &[Block]) -> Self {
		let mut observer = Self::default();
		for block in blocks {
			observer.block(block);
		}
		observer.conclude();
		observer
	}

	/// The household that it believes an address to be.
	pub fn household(&self, address: &AccountId) -> Option<MeterId> {
		let one = self.one(address);
		self.meters.get(&one).copied().or_else(|| Some(self.opinions.get(&one)?.meter))
	}

	/// How sure it is about an address at which a note arrived.
	pub fn opinion(&self, address: &AccountId) -> Option<Opinion> {
		let one = self.one(address);
		let certain = |meter| Opinion { meter, households: 1, effective: 1.0 };
		self.meters
			.get(&one)
			.map(|meter| certain(*meter))
			.or_else(|| self.opinions.get(&one).copied())
	}

	/// Addresses at which notes of energy arrived, in order.
	pub fn recipients_of_energy(&self) -> BTreeSet<AccountId> {
		let energy = self.exits.iter().filter(|((note, _), _)| matches!(note, Note::Energy { .. }));
		energy
			.flat_map(|(_, exits)| exits.iter().map(|exit| exit.recipient.clone()))
			.collect()
	}

	fn one(&self, address: &AccountId) -> AccountId {
		let mut one = address;
		while let Some(next) = self.together.get(one) {
			one = next;
		}
		one.clone()
	}

	fn unite(&mut self, address: &AccountId, other: &AccountId) {
		let (one, other) = (self.one(address), self.one(other));
		if one != other {
			if let Some(meter) = self.meters.remove(&other) {
				self.meters.entry(one.clone()).or_insert(meter);
			}
			self.together.insert(other, one);
		}
	}

	fn is_meters(&mut self, address: &AccountId, meter: MeterId) {
		let one = self.one(address);
		self.meters.entry(one).or_insert(meter);
	}
}

/// Reading.
impl Observer {
	fn block(&mut self, block: &Block) {
		let records = Vec::<EventRecord>::decode(&mut block.events.as_slice()).expect("events");
		for (index, bytes) in block.extrinsics.iter().enumerate() {
			let extrinsic =
				UncheckedExtrinsic::decode(&mut bytes.as_slice()).expect("a transaction");
			let phase = frame_system::Phase::ApplyExtrinsic(index as u32);
			let events: Vec<&RuntimeEvent> = records
				.iter()
				.filter(|record| record.phase == phase)
				.map(|record| &record.event)
				.collect();
			let failed = |event: &&RuntimeEvent| {
				matches!(event, RuntimeEvent::System(frame_system::Event::ExtrinsicFailed { .. }))
			};
			if !events.iter().any(failed) {
				let signer = match &extrinsic.preamble {
					Preamble::Signed(MultiAddress::Id(signer), ..) => Some(signer.clone()),
					_ => None,
				};
				self.transaction(block.time, signer.as_ref(), &extrinsic.function, &events);
			}
		}
		for record in &records {
			self.event(&record.event);
		}
	}

	fn transaction(
		&mut self,
		time: u64,
		signer: Option<&AccountId>,
		call: &RuntimeCall,
		events: &[&RuntimeEvent],
	) {
		match (call, signer) {
			(RuntimeCall::EnergyAssets(AssetsCall::withdraw { meter, .. }), Some(_)) => {
				for event in events {
					if let RuntimeEvent::EnergyAssets(
						AssetsEvent::AssetAdded { address, .. }
						| AssetsEvent::FinancialAdded { address, .. },
					) = event
					{
						self.is_meters(address, *meter);
					}
				}
			},
			(RuntimeCall::EnergyAssets(AssetsCall::transfer { inputs, outputs, .. }), Some(_)) => {
				let owners =
					inputs.assets.iter().filter_map(|id| self.assets.get(id)).cloned().collect();
				let payers: Vec<AccountId> =
					inputs.money.iter().map(|(payer, _)| payer.clone()).collect();
				let new: Vec<_> = outputs
					.assets
					.iter()
					.map(|output| {
						let petra_primitives::AssetOutput {
							address, kind, power, start, end, ..
						} = output.clone();
						(address, kind, power, start, end)
					})
					.collect();
				let paid = outputs.money.iter().map(|(payee, _)| payee.clone()).collect();
				self.transferred(owners, &payers, new, paid);
			},
			(RuntimeCall::Balances(call), Some(signer)) => {
				use pallet_balances::Call;
				if let Call::transfer_allow_death { dest: MultiAddress::Id(payee), .. }
				| Call::transfer_keep_alive { dest: MultiAddress::Id(payee), .. }
				| Call::transfer_all { dest: MultiAddress::Id(payee), .. } = call
				{
					self.unite(signer, payee);
				}
			},
			(RuntimeCall::Mixing(MixingCall::deposit { source, .. }), Some(signer)) => {
				if let Source::Energy(id) = source {
					self.assets.remove(id);
				}
				self.pooled(time, signer, events);
			},
			(RuntimeCall::Mixing(MixingCall::withdraw { withdrawal }), _) => {
				self.exit(time, withdrawal)
			},
			(RuntimeCall::Mixing(MixingCall::withdraw_batch { withdrawals }), _) => {
				for withdrawal in withdrawals.iter() {
					self.exit(time, withdrawal);
					self.unite(&withdrawals[0].recipient, &withdrawal.recipient);
				}
			},
			_ => (),
		}
	}

	/// Rule 2, for transfers.
	fn transferred(
		&mut self,
		mut inputs: Vec<Held>,
		payers: &[AccountId],
		outputs: Vec<Held>,
		paid: Vec<AccountId>,
	) {
		let owners: BTreeSet<AccountId> = inputs
			.iter()
			.map(|input| input.0.clone())
			.chain(payers.iter().cloned())
			.collect();
		let addresses: BTreeSet<AccountId> = outputs
			.iter()
			.map(|output| output.0.clone())
			.chain(paid.iter().cloned())
			.collect();
		if owners.len() == 1 || addresses.len() == 1 {
			let all: Vec<AccountId> = owners.into_iter().chain(addresses).collect();
			all.windows(2).for_each(|pair| self.unite(&pair[0], &pair[1]));
			return;
		}
		for (address, kind, power, start, end) in outputs {
			let same = inputs.iter().position(|input| {
				(input.1, input.2, input.3, input.4) == (kind, power, start, end)
			});
			if let Some(index) = same {
				let (owner, ..) = inputs.remove(index);
				self.unite(&owner, &address);
			}
		}
	}

	fn pooled(&mut self, time: u64, depositor: &AccountId, events: &[&RuntimeEvent]) {
		for event in events {
			if let RuntimeEvent::Mixing(MixingEvent::NoteDeposited {
				pool, ring, member_key, ..
			}) = event
			{
				self.keys.insert(*member_key, depositor.clone());
				let deposit = Deposit { depositor: depositor.clone(), time, reclaimed: false };
				self.deposits.entry((*pool, *ring)).or_default().push(deposit);
			}
		}
	}

	fn exit(&mut self, time: u64, withdrawal: &Withdrawal<AccountId>) {
		let Withdrawal { pool, ring, revision, recipient, .. } = withdrawal;
		let ring = (*pool, *ring);
		let members = self.members.get(&ring).and_then(|all| all.get(revision)).copied();
		let all = self.deposits.get(&ring).map_or(0, Vec::len);
		let exit = Exit { recipient: recipient.clone(), time, members: members.unwrap_or(all) };
		self.exits.entry(ring).or_default().push(exit);
	}

	fn event(&mut self, event: &RuntimeEvent) {
		match event {
			RuntimeEvent::EnergyAssets(AssetsEvent::AssetAdded { address, asset_id, asset }) => {
				let value = (address.clone(), asset.kind, asset.power, asset.start, asset.end);
				self.assets.insert(*asset_id, value);
			},
			RuntimeEvent::EnergyAssets(AssetsEvent::AssetDeposited { address, .. }) => {
				self.returned.push(address.clone());
			},
			RuntimeEvent::Mixing(MixingEvent::RingRevised { pool, ring, revision, members }) => {
				let members = usize::try_from(*members).expect("few members");
				self.members.entry((*pool, *ring)).or_default().insert(*revision, members);
			},
			RuntimeEvent::Mixing(MixingEvent::NoteReclaimed {
				pool,
				ring,
				member_key,
				recipient,
			}) => {
				if let Some(depositor) = self.keys.get(member_key).cloned() {
					self.unite(&depositor, recipient);
					let all = self.deposits.entry((*pool, *ring)).or_default();
					all.iter_mut()
						.filter(|deposit| deposit.depositor == depositor)
						.for_each(|deposit| deposit.reclaimed = true);
				}
			},
			_ => (),
		}
	}
}

/// A note that comes out, and all that may be it.
struct Candidates {
	/// For each withdrawal and each deposit: whether it can be, and the delay.
	delays: Vec<Vec<Option<f64>>>,
	/// The meter behind each deposit, as far as it is known.
	meters: Vec<Option<MeterId>>,
}

/// Concluding.
impl Observer {
	fn conclude(&mut self) {
		// Energy first: each of its notes arrives at an address of its own. What that says helps with money.
		let (energy, money): (Vec<RingId>, Vec<RingId>) = self
			.exits
			.keys()
			.copied()
			.partition(|(note, _)| matches!(note, Note::Energy { .. }));
		for ring in energy.into_iter().chain(money) {
			self.match_ring(ring);
		}
	}

	fn candidates(&self, ring: &RingId) -> Candidates {
		let none = Vec::new();
		let deposits = self.deposits.get(ring).unwrap_or(&none);
		let meters = deposits.iter().map(|deposit| self.household(&deposit.depositor)).collect();
		let delay = |exit: &Exit, index: usize, deposit: &Deposit| {
			let possible = index < exit.members && !deposit.reclaimed && deposit.time <= exit.time;
			possible.then(|| exit.time.saturating_sub(deposit.time) as f64)
		};
		let delays = self.exits[ring]
			.iter()
			.map(|exit| {
				let all = deposits.iter().enumerate();
				all.map(|(index, deposit)| delay(exit, index, deposit)).collect()
			})
			.collect();
		Candidates { delays, meters }
	}

	/// Rule 5: how likely a household's notes are to be those that came out for one address's household, in all rings.
	fn counts(&self, one: &AccountId) -> BTreeMap<MeterId, f64> {
		let mut scores: BTreeMap<MeterId, f64> = BTreeMap::new();
		for (ring, exits) in &self.exits {
			let taken = exits.iter().filter(|exit| self.one(&exit.recipient) == *one).count();
			if taken == 0 {
				continue;
			}
			let mut put: BTreeMap<MeterId, usize> = BTreeMap::new();
			for deposit in self.deposits.get(ring).into_iter().flatten() {
				if let Some(meter) = self.household(&deposit.depositor) {
					*put.entry(meter).or_default() += 1;
				}
			}
			let all: usize = put.values().sum();
			let known: BTreeSet<MeterId> = put.keys().chain(scores.keys()).copied().collect();
			for meter in known {
				let own = put.get(&meter).copied().unwrap_or_default();
				let score = (0..taken).map(|n| match own.checked_sub(n) {
					None | Some(0) => IMPOSSIBLE / 10.0,
					Some(left) => (left as f64 / (all - n) as f64).ln(),
				});
				*scores.entry(meter).or_default() += score.sum::<f64>();
			}
		}
		scores
	}

	fn match_ring(&mut self, ring: RingId) {
		let Candidates { delays, meters } = self.candidates(&ring);
		let exits = self.exits[&ring].clone();
		let ones: Vec<AccountId> = exits.iter().map(|exit| self.one(&exit.recipient)).collect();
		let mut scores = hurry(&delays);
		for (row, one) in scores.iter_mut().zip(&ones) {
			let known = self.household(one);
			let counts = self.counts(one);
			for (score, meter) in row.iter_mut().zip(&meters) {
				let Some(meter) = meter else { continue };
				*score += match known {
					Some(known) if known == *meter => 0.0,
					Some(_) => IMPOSSIBLE / 100.0,
					None => counts.get(meter).copied().unwrap_or(IMPOSSIBLE / 10.0),
				};
			}
		}
		let likely = likelihoods(&normal(&scores));
		let deposits = self.deposits[&ring].clone();
		let in_order = |scores: &[Vec<f64>]| -> Vec<Vec<f64>> {
			let (rows, columns) = (scores.len() as f64, deposits.len() as f64);
			let weigh = |row: usize, column: usize| {
				let apart = (row as f64 / rows - column as f64 / columns).abs() * columns;
				-0.004 * apart.powf(1.5)
			};
			let row = |(index, row): (usize, &Vec<f64>)| -> Vec<f64> {
				row.iter()
					.enumerate()
					.map(|(column, score)| score + weigh(index, column))
					.collect()
			};
			scores.iter().enumerate().map(row).collect()
		};
		let assigned = assign(&in_order(&scores));
		for (index, column) in assigned.into_iter().enumerate() {
			if self.household(&ones[index]).is_some() {
				continue;
			}
			let mut by_meter: BTreeMap<MeterId, f64> = BTreeMap::new();
			for ((delay, meter), likely) in delays[index].iter().zip(&meters).zip(&likely[index]) {
				if let (Some(_), Some(meter)) = (delay, meter) {
					*by_meter.entry(*meter).or_default() += likely;
				}
			}
			let Some(meter) = meters[column] else { continue };
			let (households, effective) = (by_meter.len(), effective(by_meter.into_values()));
			self.opinions
				.insert(ones[index].clone(), Opinion { meter, households, effective });
		}
	}
}

/// Scores with the best of each row at zero, which changes no likelihood.
fn normal(scores: &[Vec<f64>]) -> Vec<Vec<f64>> {
	let best = |row: &Vec<f64>| row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
	scores
		.iter()
		.map(|row| {
			let best = best(row);
			row.iter().map(|score| score - best).collect()
		})
		.collect()
}
