//! A model of the pallet, written from the specification: lists that are searched from end to end, whole numbers, and no
//! cryptography. What is signed is told apart by what it is about. It shares no function with the pallet.

use crate::{mock::*, Error};
use std::collections::BTreeMap;

pub type Verdict = Result<(), Error<Test>>;

/// A commitment; accounts by their seeds, the key by its number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ctp {
	pub consumer: u8,
	pub producer: u8,
	pub block: u32,
	pub energy: u64,
	pub amount: u128,
	pub leaf: u64,
	pub expiry: u32,
	pub partial: bool,
	pub nonce: u64,
}

/// Energy for sale.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Energy {
	pub producer: u8,
	pub number: u32,
	pub price: u64,
	pub free: i128,
	pub reserved: i128,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Locked {
	pub consumer: u8,
	pub producer: u8,
	pub amount: i128,
	pub until: u32,
	pub last: Option<u64>,
}

/// What a receipt says and is worth.
#[derive(Clone, Debug)]
pub struct Evidence {
	/// Whose key confirms.
	pub leaf: u64,
	/// The key is the signing meter's own.
	pub own_key: bool,
	/// The leaf's number is below the number of leaves.
	pub in_range: bool,
	pub issued_at: u64,
	pub signer: u32,
	/// The key is under the root.
	pub under_root: bool,
	/// The key signed this commitment and energy.
	pub confirmed: bool,
	/// With which meter's key the root is signed; nobody's: for something else.
	pub certified_by: Option<u8>,
}

#[derive(Clone)]
pub struct Model {
	pub block: u32,
	pub now: u64,
	pub minimum: i128,
	pub authorities: Vec<u8>,
	/// Each producer's next number.
	pub accounts: BTreeMap<u8, u64>,
	pub energy: Vec<Energy>,
	pub ctps: Vec<Ctp>,
	pub locks: Vec<Locked>,
	/// Each used key with the timestep in which it was used.
	pub leaves: Vec<(u64, u64)>,
	pub money: BTreeMap<u8, i128>,
	/// Each meter's key, and what was recorded of it: when, and whether it was authorised.
	pub meters: BTreeMap<u32, (u8, Vec<(i128, bool)>)>,
}

fn ensure(condition: bool, error: Error<Test>) -> Verdict {
	if condition {
		Ok(())
	} else {
		Err(error)
	}
}

impl Model {
	fn authorized(&self, meter: u32, t: u64) -> bool {
		let (_, records) = &self.meters[&meter];
		records
			.iter()
			.rev()
			.find(|(time, _)| *time < t.into())
			.is_some_and(|(_, yes)| *yes)
	}

	pub fn record(&mut self, meter: u32, key: u8, authorized: bool) {
		let now = i128::from(self.now);
		let known = self.meters.entry(meter).or_insert((key, vec![]));
		known.0 = key;
		known.1.retain(|(time, _)| *time < now);
		known.1.push((now, authorized));
	}

	fn free(&self, who: u8) -> i128 {
		self.money.get(&who).copied().unwrap_or_default()
	}

	fn give(&mut self, who: u8, amount: i128) {
		*self.money.entry(who).or_default() += amount;
	}

	fn sold(&self, producer: u8, number: u32) -> Option<usize> {
		let same = |energy: &Energy| (energy.producer, energy.number) == (producer, number);
		self.energy.iter().position(same)
	}

	fn is_used(&self, leaf: u64) -> bool {
		self.leaves.iter().any(|(used, _)| *used == leaf)
	}

	fn drop_empty(&mut self) {
		self.energy.retain(|energy| energy.free + energy.reserved > 0);
	}

	pub fn open(&mut self, who: u8, proof: Option<(u8, u32, bool)>) -> Verdict {
		ensure(!self.accounts.contains_key(&who), Error::AccountExists)?;
		match proof {
			Some((authority, expiry, genuine)) => {
				ensure(self.authorities.contains(&authority), Error::NotAnAuthority)?;
				ensure(expiry >= self.block, Error::ProofExpired)?;
				ensure(genuine, Error::BadProof)?;
			},
			None => {
				let left = self.free(who) - BURN as i128;
				ensure(left >= self.minimum, Error::InsufficientFunds)?;
				self.give(who, -(BURN as i128));
				self.give(DSO, BURN as i128);
			},
		}
		self.accounts.insert(who, 0);
		Ok(())
	}

	pub fn close(&mut self, who: u8) -> Verdict {
		ensure(self.accounts.contains_key(&who), Error::NoEnergyAccount)?;
		let open = self.ctps.iter().any(|ctp| ctp.producer == who);
		ensure(!open, Error::EnergyCommitted)?;
		self.accounts.remove(&who);
		self.energy.retain(|energy| energy.producer != who);
		Ok(())
	}

	pub fn add(&mut self, who: u8, energy: u64, price: u64) -> Verdict {
		ensure(energy > 0, Error::ZeroEnergy)?;
		let number = *self.accounts.get(&who).ok_or(Error::NoEnergyAccount)?;
		let blocks = self.energy.iter().filter(|energy| energy.producer == who).count();
		ensure(blocks < 4 && number < u32::MAX.into(), Error::TooManyBlocks)?;
		self.accounts.insert(who, number + 1);
		let (number, free) = (number as u32, energy.into());
		self.energy.push(Energy { producer: who, number, price, free, reserved: 0 });
		Ok(())
	}

	pub fn remove(&mut self, who: u8, number: u32) -> Verdict {
		let at = self.sold(who, number).ok_or(Error::BlockNotFound)?;
		ensure(self.energy[at].free > 0, Error::EnergyCommitted)?;
		self.energy[at].free = 0;
		self.drop_empty();
		Ok(())
	}

	fn ahead(&self, expiry: u32) -> Verdict {
		ensure(expiry > self.block, Error::ExpiryPassed)?;
		ensure(expiry <= self.block + 100, Error::ExpiryTooFar)
	}

	fn hold(&mut self, who: u8, amount: i128) -> Verdict {
		if amount == 0 {
			return Ok(());
		}
		let left = self.free(who) - amount;
		ensure(left >= 0, Error::InsufficientFunds)?;
		ensure(left >= self.minimum, Error::BelowExistentialDeposit)?;
		self.give(who, -amount);
		Ok(())
	}

	/// `agreed`: the producer signed a lower amount, or something else.
	pub fn commit(&mut self, ctp: &Ctp, agreed: Option<bool>) -> Verdict {
		ensure(ctp.energy > 0, Error::ZeroEnergy)?;
		self.ahead(ctp.expiry)?;
		ensure(self.accounts.contains_key(&ctp.producer), Error::NoEnergyAccount)?;
		let at = self.sold(ctp.producer, ctp.block).ok_or(Error::BlockNotFound)?;
		ensure(self.energy[at].free >= ctp.energy.into(), Error::NotEnoughEnergy)?;
		ensure(!self.is_used(ctp.leaf), Error::LeafUsed)?;
		ensure(!self.ctps.contains(ctp), Error::AlreadyCommitted)?;
		let open = self.ctps.iter().filter(|other| other.consumer == ctp.consumer).count();
		ensure(open < 4, Error::TooManyCommitments)?;
		let price = u128::from(self.energy[at].price) * u128::from(ctp.energy);
		ensure(ctp.amount <= price, Error::AmountTooHigh)?;
		if ctp.amount < price {
			ensure(agreed.is_some(), Error::MissingSignature)?;
			ensure(agreed == Some(true), Error::BadSignature)?;
		}
		self.hold(ctp.consumer, ctp.amount as i128)?;
		self.energy[at].free -= i128::from(ctp.energy);
		self.energy[at].reserved += i128::from(ctp.energy);
		self.ctps.push(ctp.clone());
		Ok(())
	}

	/// What a delivery is worth; amounts in these histories are small.
	fn worth(ctp: &Ctp, energy: u64) -> Result<(i128, i128), Error<Test>> {
		ensure(energy > 0, Error::ZeroEnergy)?;
		ensure(ctp.partial || energy >= ctp.energy, Error::NotDelivered)?;
		let came = u128::from(energy.min(ctp.energy));
		Ok((came as i128, (ctp.amount * came / u128::from(ctp.energy)) as i128))
	}

	fn can_receive(&self, who: u8, amount: i128) -> Verdict {
		ensure(amount == 0 || self.free(who) + amount >= self.minimum, Error::CannotReceive)
	}

	fn cheap(&self, evidence: &Evidence, leaf: u64) -> Verdict {
		ensure(evidence.in_range, Error::LeafOutOfRange)?;
		ensure(evidence.issued_at <= self.now, Error::CertificateFromFuture)?;
		ensure(evidence.issued_at + AGE > self.now, Error::CertificateTooOld)?;
		ensure(evidence.leaf == leaf, Error::WrongLeaf)?;
		ensure(!self.is_used(leaf), Error::LeafUsed)?;
		ensure(self.meters.contains_key(&evidence.signer), Error::MeterNotFound)?;
		let then = self.authorized(evidence.signer, evidence.issued_at);
		ensure(then, Error::MeterNotAuthorized)?;
		ensure(self.authorized(evidence.signer, self.now), Error::MeterBanned)?;
		ensure(!evidence.own_key, Error::SelfSigned)
	}

	fn costly(&self, evidence: &Evidence) -> Verdict {
		ensure(evidence.under_root, Error::NotUnderRoot)?;
		ensure(evidence.confirmed, Error::BadReceipt)?;
		let key = self.meters[&evidence.signer].0;
		ensure(evidence.certified_by == Some(key), Error::BadCertificate)
	}

	/// `ctp`: the one that is meant, if it is one.
	pub fn confirm(&mut self, ctp: Option<&Ctp>, energy: u64, evidence: &Evidence) -> Verdict {
		let position = ctp.and_then(|ctp| self.ctps.iter().position(|other| other == ctp));
		let position = position.ok_or(Error::CommitmentNotFound)?;
		let ctp = self.ctps[position].clone();
		ensure(self.block <= ctp.expiry, Error::ExpiryPassed)?;
		let (came, paid) = Self::worth(&ctp, energy)?;
		self.cheap(evidence, ctp.leaf)?;
		self.can_receive(ctp.producer, paid)?;
		self.costly(evidence)?;
		self.ctps.remove(position);
		self.give(ctp.producer, paid);
		self.give(ctp.consumer, ctp.amount as i128 - paid);
		let at = self.sold(ctp.producer, ctp.block).unwrap();
		self.energy[at].reserved -= i128::from(ctp.energy);
		self.energy[at].free += i128::from(ctp.energy) - came;
		self.drop_empty();
		self.leaves.push((ctp.leaf, self.now));
		Ok(())
	}

	/// `signed`: by the consumer, for this commitment.
	pub fn settle(&mut self, ctp: &Ctp, signed: bool, energy: u64, evidence: &Evidence) -> Verdict {
		ensure(ctp.energy > 0, Error::ZeroEnergy)?;
		ensure(self.block <= ctp.expiry, Error::ExpiryPassed)?;
		ensure(ctp.expiry - self.block <= 100, Error::ExpiryTooFar)?;
		let (came, paid) = Self::worth(ctp, energy)?;
		let parties = (ctp.consumer, ctp.producer);
		let same = |lock: &Locked| (lock.consumer, lock.producer) == parties;
		let lock = self.locks.iter().position(same).ok_or(Error::LockNotFound)?;
		ensure(self.block <= self.locks[lock].until, Error::LockEnded)?;
		let last = self.locks[lock].last.map_or(-1, i128::from);
		ensure(i128::from(ctp.nonce) > last, Error::NonceUsed)?;
		ensure(paid <= self.locks[lock].amount, Error::LockTooSmall)?;
		let at = self.sold(ctp.producer, ctp.block).ok_or(Error::BlockNotFound)?;
		ensure(self.energy[at].free >= came, Error::NotEnoughEnergy)?;
		let price = u128::from(self.energy[at].price) * u128::from(ctp.energy);
		ensure(ctp.amount == price, Error::WrongAmount)?;
		ensure(!self.ctps.contains(ctp), Error::AlreadyCommitted)?;
		self.cheap(evidence, ctp.leaf)?;
		self.can_receive(ctp.producer, paid)?;
		self.costly(evidence)?;
		ensure(signed, Error::BadSignature)?;
		self.locks[lock].amount -= paid;
		self.locks[lock].last = Some(ctp.nonce);
		self.locks[lock].until = self.locks[lock].until.max(ctp.expiry);
		self.give(ctp.producer, paid);
		self.energy[at].free -= came;
		self.drop_empty();
		self.leaves.push((ctp.leaf, self.now));
		Ok(())
	}

	pub fn lock(&mut self, consumer: u8, producer: u8, amount: u128, until: u32) -> Verdict {
		ensure(amount > 0, Error::ZeroAmount)?;
		self.ahead(until)?;
		let same = |lock: &Locked| (lock.consumer, lock.producer) == (consumer, producer);
		let known = self.locks.iter().position(same);
		let locks = self.locks.iter().filter(|lock| lock.consumer == consumer).count();
		ensure(known.is_some() || locks < 2, Error::TooManyLocks)?;
		let shortened = known.is_some_and(|at| self.locks[at].until > until);
		ensure(!shortened, Error::LockShortened)?;
		let amount = amount as i128;
		self.hold(consumer, amount)?;
		match known {
			Some(at) => {
				self.locks[at].amount += amount;
				self.locks[at].until = until;
			},
			None => self.locks.push(Locked { consumer, producer, amount, until, last: None }),
		}
		Ok(())
	}

	pub fn unlock(&mut self, consumer: u8, producer: u8) -> Verdict {
		let same = |lock: &Locked| (lock.consumer, lock.producer) == (consumer, producer);
		let at = self.locks.iter().position(same).ok_or(Error::LockNotFound)?;
		ensure(self.locks[at].until < self.block, Error::StillLocked)?;
		let lock = self.locks.remove(at);
		self.give(consumer, lock.amount);
		Ok(())
	}

	pub fn expire(&mut self, ctp: Option<&Ctp>) -> Verdict {
		let position = ctp.and_then(|ctp| self.ctps.iter().position(|other| other == ctp));
		let position = position.ok_or(Error::CommitmentNotFound)?;
		ensure(self.ctps[position].expiry < self.block, Error::NotExpired)?;
		let ctp = self.ctps.remove(position);
		self.give(ctp.consumer, ctp.amount as i128);
		let at = self.sold(ctp.producer, ctp.block).unwrap();
		self.energy[at].reserved -= i128::from(ctp.energy);
		self.energy[at].free += i128::from(ctp.energy);
		Ok(())
	}

	/// What idle time does.
	pub fn idle(&mut self) {
		for ctp in self.ctps.clone() {
			let _ = self.expire(Some(&ctp));
		}
		let now = self.now;
		self.leaves.retain(|(_, used)| used + AGE > now);
	}

	pub fn set_authorities(&mut self, who: &[u8]) -> Verdict {
		let twice = (1..who.len()).any(|at| who[..at].contains(&who[at]));
		ensure(!twice, Error::DuplicateAuthority)?;
		self.authorities = who.to_vec();
		Ok(())
	}
}
