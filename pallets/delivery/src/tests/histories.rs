//! Random histories, each step against the model.

use super::model::{Ctp, Energy, Evidence, Locked, Model, Verdict};
use crate::{
	mock::*, Blocks, Call, Commitments, EnergyAccounts, Error, Locks, Receipt, UsedLeaves,
};
use frame_support::weights::Weight;
use petra_primitives::{
	delivery::{
		account_message, amount_message, certificate_message, receipt_message, settle_message,
		AccountProof, Commitment,
	},
	Grid,
};
use sp_core::{Pair, H256};
use sp_runtime::{
	transaction_validity::TransactionValidityError, AccountId32, DispatchError, MultiSigner,
};
use std::collections::BTreeMap;

const CONSUMERS: [u8; 3] = [CONSUMER, OTHER, 3];
/// The last has no money, the one before it has used up its blocks' numbers.
const PRODUCERS: [u8; 4] = [PRODUCER, RIVAL, 13, 14];
const METERS: [u32; 2] = [METER as u32, WITNESS as u32];
const STEPS: u64 = 150;

/// Xorshift.
struct Random(u64);

impl Random {
	fn below(&mut self, bound: u64) -> u64 {
		self.0 ^= self.0 << 13;
		self.0 ^= self.0 >> 7;
		self.0 ^= self.0 << 17;
		(self.0 >> 11) % bound.max(1)
	}
	fn one_in(&mut self, n: u64) -> bool {
		self.below(n) == 0
	}
	fn of<X: Clone>(&mut self, list: &[X]) -> Option<X> {
		list.get(self.below(list.len() as u64) as usize).cloned()
	}
}

/// How often what happened.
#[derive(Default)]
struct Counts {
	done: BTreeMap<&'static str, u64>,
	refused: BTreeMap<String, u64>,
}

struct History {
	random: Random,
	model: Model,
	next_leaf: u64,
	next_nonce: u64,
	regulated: u64,
}

fn of_chain(ctp: &Ctp) -> Commitment<AccountId32> {
	Commitment {
		consumer: account(ctp.consumer),
		producer: account(ctp.producer),
		block: ctp.block,
		energy: ctp.energy,
		amount: ctp.amount,
		receipt_key: receipt_key(ctp.leaf),
		expiry: ctp.expiry,
		partial: ctp.partial,
		nonce: ctp.nonce,
	}
}

/// The receipt that the evidence describes, for the key that `ctp` names.
fn of_evidence(evidence: &Evidence, ctp: &Ctp, energy: u64) -> Receipt<Test> {
	let ctp_id = id(&of_chain(ctp));
	if evidence.own_key {
		unreachable!("the model's flag is for `own_key_receipt`");
	}
	let tree = Certificate {
		keys: vec![evidence.leaf, evidence.leaf + 1_000_000, evidence.leaf + 2_000_000],
		issued_at: evidence.issued_at,
		signer: evidence.signer,
		signed_by: pair(evidence.certified_by.unwrap_or(99)),
		genesis: genesis(),
	};
	let energy = if evidence.confirmed { energy } else { energy ^ 1 };
	let mut receipt = tree.receipt(0, ctp_id, energy);
	if !evidence.in_range {
		receipt.leaf_index = 3;
	}
	if !evidence.under_root {
		receipt.merkle_path[0] = H256::repeat_byte(1);
	}
	receipt
}

impl History {
	fn begin(index: u64) -> Self {
		let minimum: u128 = if index.is_multiple_of(3) { 100 } else { 1 };
		ExistentialDeposit::set(minimum);
		let mut history = Self {
			random: Random(0x9e37_79b9_7f4a_7c15 ^ (index + 1)),
			model: Model {
				block: 1,
				now: NOW,
				minimum: minimum as i128,
				authorities: vec![AUTHORITY],
				accounts: BTreeMap::new(),
				energy: vec![],
				ctps: vec![],
				locks: vec![],
				leaves: vec![],
				money: BTreeMap::new(),
				meters: METERS.map(|meter| (meter, (meter as u8, vec![(-1, true)]))).into(),
			},
			next_leaf: 1,
			next_nonce: 1,
			regulated: 0,
		};
		for who in CONSUMERS.into_iter().chain(PRODUCERS) {
			let money = if who == 14 { 0 } else { 20_000 };
			if money > 0 {
				fund(who, money);
			}
			history.model.money.insert(who, money as i128);
		}
		history
	}

	/// Counts what came of it, and takes the model back if that was nothing.
	fn count(
		&mut self,
		name: &'static str,
		before: Model,
		expected: Verdict,
		counts: &mut Counts,
	) -> bool {
		let succeeded = expected.is_ok();
		match expected {
			Ok(()) => *counts.done.entry(name).or_default() += 1,
			Err(error) => {
				self.model = before;
				*counts.refused.entry(format!("{error:?}")).or_default() += 1;
			},
		}
		succeeded
	}

	/// A signed call, by the chain and by the model.
	fn sign(
		&mut self,
		name: &'static str,
		origin: RuntimeOrigin,
		call: Call<Test>,
		counts: &mut Counts,
		model: impl FnOnce(&mut Model) -> Verdict,
	) -> bool {
		let before = self.model.clone();
		let expected = model(&mut self.model);
		let got = dispatch(origin, call);
		assert_eq!(got, copy(&expected).map_err(DispatchError::from), "{name}");
		self.count(name, before, expected, counts)
	}

	/// A general transaction, by the chain and by the model.
	fn send(
		&mut self,
		name: &'static str,
		call: Call<Test>,
		counts: &mut Counts,
		model: impl FnOnce(&mut Model) -> Verdict,
	) -> bool {
		let before = self.model.clone();
		let expected = model(&mut self.model);
		let got = submit(call);
		assert_eq!(got, copy(&expected).map_err(TransactionValidityError::from), "{name}");
		self.count(name, before, expected, counts)
	}

	fn producer(&mut self) -> u8 {
		self.random.of(&PRODUCERS).unwrap()
	}

	fn consumer(&mut self) -> u8 {
		self.random.of(&CONSUMERS).unwrap()
	}

	fn seller(&mut self) -> u8 {
		let open: Vec<_> = self.model.accounts.keys().copied().collect();
		self.random.of(&open).unwrap_or(PRODUCER)
	}

	fn open(&mut self, counts: &mut Counts) -> bool {
		let closed: Vec<_> = PRODUCERS
			.into_iter()
			.filter(|who| !self.model.accounts.contains_key(who))
			.collect();
		let who = match self.random.of(&closed) {
			Some(who) if !self.random.one_in(8) => who,
			_ => self.producer(),
		};
		if self.random.one_in(4) {
			let call = Call::open_energy_account { proof: AccountProof::Burn };
			return self.sign("burn", signed(who), call, counts, |model| model.open(who, None));
		}
		let authority = if self.random.one_in(6) { AUTHORITY + 5 } else { AUTHORITY };
		let expiry = if self.random.one_in(6) { self.model.block - 1 } else { self.model.block };
		let genuine = !self.random.one_in(6);
		let of = account(if genuine { who } else { who + 1 });
		let signature = sign(authority, &account_message(genesis(), &of, expiry));
		let proof = AccountProof::Certificate { authority: account(authority), expiry, signature };
		let call = Call::open_energy_account { proof };
		self.sign("open", signed(who), call, counts, |model| {
			model.open(who, Some((authority, expiry, genuine)))
		})
	}

	fn close(&mut self, counts: &mut Counts) -> bool {
		let who = if self.random.one_in(3) { self.producer() } else { self.seller() };
		let call = Call::close_energy_account {};
		self.sign("close", signed(who), call, counts, |model| model.close(who))
	}

	fn add(&mut self, counts: &mut Counts) -> bool {
		let who = if self.random.one_in(8) { self.producer() } else { self.seller() };
		if who == 13 && self.model.accounts.contains_key(&who) && self.random.one_in(20) {
			EnergyAccounts::<Test>::mutate(account(who), |known| {
				known.as_mut().unwrap().next_block = u32::MAX
			});
			self.model.accounts.insert(who, u32::MAX.into());
		}
		let energy = if self.random.one_in(15) { 0 } else { 1 + self.random.below(300) };
		let price = self.random.below(12);
		let call = Call::add_energy { energy, price };
		self.sign("add", signed(who), call, counts, |model| model.add(who, energy, price))
	}

	fn remove(&mut self, counts: &mut Counts) -> bool {
		let Some(energy) = self.random.of(&self.model.energy.clone()) else {
			return self.add(counts);
		};
		let who = if self.random.one_in(6) { self.producer() } else { energy.producer };
		let block = energy.number;
		let call = Call::remove_energy { block };
		self.sign("remove", signed(who), call, counts, |model| model.remove(who, block))
	}

	/// A commitment to energy that is for sale; sometimes something is wrong with it.
	fn any_ctp(&mut self) -> Option<Ctp> {
		let for_sale: Vec<Energy> =
			self.model.energy.iter().filter(|energy| energy.free > 0).cloned().collect();
		let Energy { producer, number, price, free, .. } = self.random.of(&for_sale)?;
		let energy = 1 + self.random.below(free as u64);
		self.next_leaf += 1;
		self.next_nonce += 1;
		let mut ctp = Ctp {
			consumer: self.consumer(),
			producer,
			block: number,
			energy,
			amount: u128::from(energy) * u128::from(price),
			leaf: self.next_leaf,
			expiry: self.model.block + 1 + self.random.below(12) as u32,
			partial: self.random.one_in(2),
			nonce: self.next_nonce,
		};
		if self.random.one_in(4) {
			match self.random.below(9) {
				0 => (ctp.energy, ctp.amount) = (0, 0),
				1 => ctp.expiry = self.model.block - 1,
				2 => ctp.expiry = self.model.block + 101,
				3 => ctp.producer = self.producer(),
				4 => ctp.block += 1,
				5 => {
					ctp.energy = free as u64 + 1;
					ctp.amount = u128::from(ctp.energy) * u128::from(price);
				},
				6 => ctp.amount += 1,
				7 => {
					let used = self.model.leaves.clone();
					ctp.leaf = self.random.of(&used).map_or(ctp.leaf, |(leaf, _)| leaf);
				},
				_ => ctp.nonce = self.random.below(self.next_nonce),
			}
		}
		Some(ctp)
	}

	fn commit(&mut self, counts: &mut Counts) -> bool {
		let Some(mut ctp) = self.any_ctp() else { return self.add(counts) };
		if self.random.one_in(20) {
			// Once more what is there.
			let known = self.model.ctps.clone();
			ctp = self.random.of(&known).unwrap_or(ctp);
		}
		let mut agreed = None;
		if self.random.one_in(4) && ctp.amount > 0 {
			ctp.amount -= 1 + self.random.below(ctp.amount as u64) as u128;
			agreed = [None, Some(true), Some(true), Some(false)][self.random.below(4) as usize];
		}
		let signature = agreed.map(|genuine| {
			let ctp_id = if genuine { id(&of_chain(&ctp)) } else { H256::zero() };
			sign(ctp.producer, &amount_message(genesis(), ctp_id))
		});
		let call = commit_with(&of_chain(&ctp), signature);
		let name = if agreed.is_some() { "commit for less" } else { "commit" };
		self.sign(name, signed(ctp.consumer), call, counts, |model| model.commit(&ctp, agreed))
	}

	/// A consumer spends all that it has.
	fn spend_everything(&mut self, counts: &mut Counts) -> bool {
		let (consumer, producer) = (self.consumer(), self.producer());
		let all = self.model.money[&consumer] as u128 + self.random.below(2) as u128;
		let until = self.model.block + 100;
		let call = Call::lock_for { producer: account(producer), amount: all, until };
		self.sign("lock", signed(consumer), call, counts, |model| {
			model.lock(consumer, producer, all, until)
		})
	}

	fn evidence(&mut self, leaf: u64) -> Evidence {
		let now = self.model.now;
		let authorized = |meter: &u32| {
			let (_, records) = &self.model.meters[meter];
			records
				.iter()
				.rev()
				.find(|(time, _)| *time < now.into())
				.is_some_and(|(_, yes)| *yes)
		};
		let signer = METERS.into_iter().find(authorized).unwrap_or(METERS[0]);
		let mut evidence = Evidence {
			leaf,
			own_key: false,
			in_range: true,
			issued_at: now,
			signer,
			under_root: true,
			confirmed: true,
			certified_by: Some(self.model.meters[&signer].0),
		};
		if self.random.one_in(3) {
			evidence.issued_at = now - self.random.below(4);
		}
		if self.random.one_in(4) {
			match self.random.below(10) {
				0 => evidence.leaf = leaf + 7,
				1 => evidence.in_range = false,
				2 => evidence.issued_at = now + 1,
				3 => evidence.issued_at = now - AGE + self.random.below(2),
				4 => evidence.signer = 9,
				5 => evidence.signer = self.random.of(&METERS).unwrap(),
				6 => evidence.under_root = false,
				7 => evidence.confirmed = false,
				8 => evidence.certified_by = None,
				_ => evidence.certified_by = Some(METER),
			}
		}
		evidence
	}

	fn energy_of(&mut self, ctp: &Ctp) -> u64 {
		match self.random.below(8) {
			0 => self.random.below(ctp.energy.max(1)),
			1 => ctp.energy + self.random.below(50),
			2 if ctp.partial => 1 + self.random.below(ctp.energy.max(1)),
			_ => ctp.energy,
		}
	}

	fn confirm(&mut self, counts: &mut Counts) -> bool {
		let known = self.model.ctps.clone();
		let Some(ctp) = self.random.of(&known) else { return self.commit(counts) };
		let energy = self.energy_of(&ctp);
		let evidence = self.evidence(ctp.leaf);
		let meant = !self.random.one_in(30);
		let ctp_id = if meant { id(&of_chain(&ctp)) } else { H256::zero() };
		let call = confirm(ctp_id, energy, of_evidence(&evidence, &ctp, energy));
		let ctp = Some(&ctp).filter(|_| meant);
		let name =
			if ctp.is_some_and(|ctp| energy < ctp.energy) { "confirm a part" } else { "confirm" };
		self.send(name, call, counts, |model| model.confirm(ctp, energy, &evidence))
	}

	fn settle(&mut self, counts: &mut Counts) -> bool {
		let Some(mut ctp) = self.any_ctp() else { return self.add(counts) };
		let locks = self.model.locks.clone();
		if let Some(lock) = self.random.of(&locks).filter(|_| !self.random.one_in(10)) {
			ctp.consumer = lock.consumer;
			let sold: Vec<_> = self
				.model
				.energy
				.iter()
				.filter(|energy| energy.producer == lock.producer && energy.free > 0)
				.cloned()
				.collect();
			let Some(energy) = self.random.of(&sold) else { return self.add(counts) };
			if ctp.producer != lock.producer {
				(ctp.producer, ctp.block) = (energy.producer, energy.number);
				let free = energy.free as u64;
				let affordable = (lock.amount as u64).checked_div(energy.price).unwrap_or(free);
				let most = affordable.clamp(1, free);
				ctp.energy = 1 + self.random.below(most);
				ctp.amount = u128::from(ctp.energy) * u128::from(energy.price);
			}
		}
		if self.random.one_in(30) {
			let known = self.model.ctps.clone();
			ctp = self.random.of(&known).unwrap_or(ctp);
		}
		let energy = self.energy_of(&ctp);
		let evidence = self.evidence(ctp.leaf);
		let signed = !self.random.one_in(20);
		let signer = if signed { ctp.consumer } else { ctp.consumer + 1 };
		let message = settle_message(genesis(), id(&of_chain(&ctp)));
		let call = Call::settle {
			commitment: of_chain(&ctp),
			consumer_signature: sign(signer, &message),
			energy,
			receipt: of_evidence(&evidence, &ctp, energy),
		};
		let name = if energy < ctp.energy { "settle a part" } else { "settle" };
		self.send(name, call, counts, |model| model.settle(&ctp, signed, energy, &evidence))
	}

	/// A commitment to a signing meter's own key, which that meter then certifies.
	fn own_key(&mut self, counts: &mut Counts) -> bool {
		let for_sale: Vec<Energy> =
			self.model.energy.iter().filter(|energy| energy.free > 0).cloned().collect();
		let signer = METERS[self.random.below(2) as usize];
		let key = self.model.meters[&signer].0;
		let (Some(energy), now) = (self.random.of(&for_sale), self.model.now) else { return false };
		// In the model, the leaf has a number that no other has; on the chain, it is the meter's key.
		self.next_nonce += 1;
		let leaf = 10_000_000 + self.next_nonce;
		let ctp = Ctp {
			consumer: CONSUMER,
			producer: energy.producer,
			block: energy.number,
			energy: 1,
			amount: energy.price.into(),
			leaf,
			expiry: self.model.block + 5,
			partial: false,
			nonce: self.next_nonce,
		};
		let leaf_key = MultiSigner::from(pair(key).public());
		let mut on_chain = of_chain(&ctp);
		on_chain.receipt_key = petra_primitives::delivery::leaf_hash(&leaf_key);
		let (root, ctp_id) = (on_chain.receipt_key, id(&on_chain));
		let receipt = Receipt {
			leaf_key,
			leaf_index: 0,
			leaves: 1,
			merkle_path: Default::default(),
			root,
			issued_at: now,
			signer,
			root_signature: sign(key, &certificate_message(genesis(), root, 1, now)),
			signature: sign(key, &receipt_message(genesis(), ctp_id, 1)),
		};
		// Settled, so that no such commitment stays.
		let evidence = Evidence {
			leaf,
			own_key: true,
			in_range: true,
			issued_at: now,
			signer,
			under_root: true,
			confirmed: true,
			certified_by: Some(key),
		};
		let call = Call::settle {
			commitment: on_chain,
			consumer_signature: sign(CONSUMER, &settle_message(genesis(), ctp_id)),
			energy: 1,
			receipt,
		};
		self.send("settle", call, counts, |model| model.settle(&ctp, true, 1, &evidence))
	}

	fn lock(&mut self, counts: &mut Counts) -> bool {
		let (consumer, producer) = (self.consumer(), self.seller());
		let amount = if self.random.one_in(12) { 0 } else { 1 + self.random.below(3_000) as u128 };
		let until = match self.random.below(12) {
			0 => self.model.block,
			1 => self.model.block + 101,
			_ => self.model.block + 1 + self.random.below(20) as u32,
		};
		let call = Call::lock_for { producer: account(producer), amount, until };
		self.sign("lock", signed(consumer), call, counts, |model| {
			model.lock(consumer, producer, amount, until)
		})
	}

	fn unlock(&mut self, counts: &mut Counts) -> bool {
		let ended: Vec<_> = self
			.model
			.locks
			.iter()
			.filter(|lock| lock.until < self.model.block)
			.map(|lock| (lock.consumer, lock.producer))
			.collect();
		let (consumer, producer) = match self.random.of(&ended) {
			Some(ended) if !self.random.one_in(6) => ended,
			_ if self.random.one_in(3) => (self.consumer(), self.producer()),
			_ => return self.lock(counts),
		};
		let call = Call::unlock { producer: account(producer) };
		self.sign("unlock", signed(consumer), call, counts, |model| {
			model.unlock(consumer, producer)
		})
	}

	fn expire(&mut self, counts: &mut Counts) -> bool {
		let expired = |ctp: &&Ctp| ctp.expiry < self.model.block;
		let expired: Vec<_> = self.model.ctps.iter().filter(expired).cloned().collect();
		let known = self.model.ctps.clone();
		let ctp = match self.random.of(&expired) {
			Some(ctp) => Some(ctp),
			None if self.random.one_in(4) => self.random.of(&known),
			None => return self.commit(counts),
		};
		let ctp = ctp.filter(|_| !self.random.one_in(10));
		let ctp_id = ctp.as_ref().map_or(H256::zero(), |ctp| id(&of_chain(ctp)));
		let call = Call::expire { ctp_id };
		self.sign("expire", signed(NOBODY), call, counts, |model| model.expire(ctp.as_ref()))
	}

	fn regulate(&mut self, counts: &mut Counts) -> bool {
		if self.random.one_in(3) {
			let list = match self.random.below(3) {
				0 => vec![AUTHORITY, AUTHORITY],
				1 => vec![AUTHORITY],
				_ => vec![AUTHORITY, AUTHORITY + 1],
			};
			let authorities: Vec<_> = list.iter().map(|who| account(*who)).collect();
			let call = Call::set_authorities { authorities: authorities.try_into().unwrap() };
			let origin = RuntimeOrigin::root();
			return self
				.sign("authorities", origin, call, counts, |model| model.set_authorities(&list));
		}
		self.regulated += 1;
		if self.regulated > 10 {
			return self.add(counts);
		}
		let meter = self.random.of(&METERS).unwrap();
		let banned = self.model.meters[&meter].1.last().is_some_and(|(_, yes)| !*yes);
		if banned || self.random.one_in(3) {
			// With another key now and then; a key serves one meter.
			let key = meter as u8 + 50 * self.random.below(2) as u8;
			regulate(vec![authorization(meter as u8, key)], vec![]);
			self.model.record(meter, key, true);
		} else {
			regulate(vec![], vec![meter]);
			let key = self.model.meters[&meter].0;
			self.model.record(meter, key, false);
		}
		true
	}

	fn advance(&mut self, counts: &mut Counts) -> bool {
		self.model.block += 1 + self.random.below(5) as u32;
		self.model.now += self.random.below(4);
		System::set_block_number(self.model.block);
		set_now(self.model.now);
		assert_eq!(Regulation::now(), self.model.now);
		if !self.random.one_in(3) {
			idle(Weight::MAX);
			self.model.idle();
			*counts.done.entry("idle").or_default() += 1;
		}
		true
	}

	/// One step; returns whether it succeeded.
	fn step(&mut self, counts: &mut Counts) -> bool {
		match self.random.below(100) {
			0..=5 => self.open(counts),
			6 => self.close(counts),
			7..=18 => self.add(counts),
			19..=21 => self.remove(counts),
			22..=40 => self.commit(counts),
			41..=57 => self.confirm(counts),
			58..=70 => self.settle(counts),
			71 => self.own_key(counts),
			72..=77 => self.lock(counts),
			78..=79 => self.unlock(counts),
			80..=83 => self.expire(counts),
			84..=86 => self.regulate(counts),
			87 => self.spend_everything(counts),
			_ => self.advance(counts),
		}
	}

	/// The chain says what the model says.
	fn assert_equals_the_chain(&self) {
		let sorted = |mut list: Vec<Energy>| {
			list.sort();
			list
		};
		let seed_of = |who: &AccountId32| (0..=255).find(|seed| account(*seed) == *who);
		let seeds: BTreeMap<AccountId32, u8> = CONSUMERS
			.into_iter()
			.chain(PRODUCERS)
			.map(|seed| (account(seed), seed))
			.collect();
		let seed = |who: &AccountId32| seeds.get(who).copied().or_else(|| seed_of(who)).unwrap();
		let energy = Blocks::<Test>::iter()
			.map(|(producer, number, block)| Energy {
				producer: seed(&producer),
				number,
				price: block.price,
				free: (block.energy - block.reserved).into(),
				reserved: block.reserved.into(),
			})
			.collect();
		assert_eq!(sorted(energy), sorted(self.model.energy.clone()));
		let key = |ctp: &Commitment<AccountId32>| codec::Encode::encode(ctp);
		let mut open: Vec<_> = Commitments::<Test>::iter_values().map(|ctp| key(&ctp)).collect();
		let mut expected: Vec<_> = self.model.ctps.iter().map(|ctp| key(&of_chain(ctp))).collect();
		open.sort();
		expected.sort();
		assert_eq!(open, expected);
		let mut locks: Vec<_> = Locks::<Test>::iter()
			.map(|(consumer, producer, lock)| Locked {
				consumer: seed(&consumer),
				producer: seed(&producer),
				amount: lock.amount as i128,
				until: lock.until,
				last: lock.last_nonce,
			})
			.collect();
		let mut expected = self.model.locks.clone();
		locks.sort();
		expected.sort();
		assert_eq!(locks, expected);
		let mut leaves: Vec<_> = UsedLeaves::<Test>::iter_keys().collect();
		let mut expected: Vec<_> =
			self.model.leaves.iter().map(|(leaf, _)| receipt_key(*leaf)).collect();
		leaves.sort();
		expected.sort();
		assert_eq!(leaves, expected);
		for who in CONSUMERS.into_iter().chain(PRODUCERS) {
			assert_eq!(free(who) as i128, self.model.money[&who], "the money of {who}");
		}
		let accounts: Vec<_> = self.model.accounts.keys().map(|who| account(*who)).collect();
		assert!(accounts.iter().all(EnergyAccounts::<Test>::contains_key));
		assert_eq!(EnergyAccounts::<Test>::iter_keys().count(), accounts.len());
	}
}

/// Errors cannot be cloned.
fn copy(verdict: &Verdict) -> Verdict {
	use codec::{Decode, Encode};
	match verdict {
		Ok(()) => Ok(()),
		Err(error) => Err(Error::decode(&mut error.encode().as_slice()).unwrap()),
	}
}

#[test]
fn histories_should_equal_the_model() {
	let histories = 200u64;
	let mut counts = Counts::default();
	let (mut steps, mut succeeded) = (0u64, 0u64);
	for index in 0..histories {
		build_and_execute(|| {
			let mut history = History::begin(index);
			for step in 0..STEPS {
				succeeded += u64::from(history.step(&mut counts));
				steps += 1;
				if step % 10 == 9 {
					history.assert_equals_the_chain();
				}
				if step % 50 == 49 {
					check_all();
				}
			}
		});
	}
	println!(
		"{steps} steps, {succeeded} succeeded: {:?}, refused: {:?}",
		counts.done, counts.refused
	);
	assert!(succeeded * 2 >= steps, "{succeeded} of {steps}");
	for name in [
		"burn",
		"open",
		"close",
		"add",
		"remove",
		"commit",
		"commit for less",
		"confirm",
		"confirm a part",
		"settle",
		"settle a part",
		"lock",
		"unlock",
		"expire",
		"authorities",
		"idle",
	] {
		assert!(counts.done.get(name).copied().unwrap_or_default() >= 20, "{name}");
	}
	for error in EVERY_ERROR {
		let name = format!("{error:?}");
		assert!(counts.refused.get(&name).copied().unwrap_or_default() >= 3, "{name}");
	}
}

/// In the order of the metadata.
const EVERY_ERROR: [Error<Test>; 45] = [
	Error::NoEnergyAccount,
	Error::AccountExists,
	Error::NotAnAuthority,
	Error::ProofExpired,
	Error::BadProof,
	Error::EnergyCommitted,
	Error::ZeroEnergy,
	Error::TooManyBlocks,
	Error::BlockNotFound,
	Error::NotEnoughEnergy,
	Error::ExpiryPassed,
	Error::ExpiryTooFar,
	Error::AmountTooHigh,
	Error::MissingSignature,
	Error::BadSignature,
	Error::AlreadyCommitted,
	Error::TooManyCommitments,
	Error::CommitmentNotFound,
	Error::NotExpired,
	Error::InsufficientFunds,
	Error::BelowExistentialDeposit,
	Error::ZeroAmount,
	Error::TooManyLocks,
	Error::LockNotFound,
	Error::StillLocked,
	Error::LockShortened,
	Error::LockEnded,
	Error::LockTooSmall,
	Error::NonceUsed,
	Error::WrongAmount,
	Error::NotDelivered,
	Error::CannotReceive,
	Error::WrongLeaf,
	Error::LeafUsed,
	Error::LeafOutOfRange,
	Error::CertificateFromFuture,
	Error::CertificateTooOld,
	Error::MeterNotFound,
	Error::MeterNotAuthorized,
	Error::MeterBanned,
	Error::SelfSigned,
	Error::NotUnderRoot,
	Error::BadReceipt,
	Error::BadCertificate,
	Error::DuplicateAuthority,
];
