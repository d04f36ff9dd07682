//! A feeder and its households: their keys, and how they sign.

use super::ledger::{seal, Block};
use crate::chain::{extensions, START};
use codec::Encode;
use frame_support::assert_ok;
use petra_mixing::{
	basket::{day_of, Basket},
	member::MemberKey,
	notes::NoteSizes,
};
use petra_primitives::{
	Authorization, FeederId, Grid, Limits, MeterId, Path, Power, WithdrawalOutput,
};
use petra_runtime::{
	AccountId, Executive, FreeCalls, Regulation, RuntimeCall, SignedPayload, System, Timestamp,
	UncheckedExtrinsic, EUR, SLOT_DURATION,
};
use sp_core::{sr25519, Pair};
use sp_runtime::{
	generic::Era, transaction_validity::InvalidTransaction, ApplyExtrinsicResult, MultiSignature,
};

pub const FEEDER: FeederId = 1;
pub const TIMESTEP_MS: u64 = 900_000;
/// The chain's units: the power lot, and the unit of money in pools.
pub const SIZES: NoteSizes = NoteSizes { power_lot: 100, money_unit: 1_000_000 };
/// Timesteps of a note: four hours.
pub const STRETCH: u64 = 16;
/// Rings: how many members, and how many blocks old a revision must be.
pub const RULES: (u32, u32) = (10, 2);

/// The day on which households withdraw and mix: the one on which the chain begins, at 8 h.
pub fn today() -> u64 {
	day_of(START)
}

/// What addresses and keys are for.
#[derive(Clone, Copy, Encode)]
pub enum Purpose {
	Meter,
	Address(u32),
	Member(u32),
}

/// 32 bytes that a household keeps to itself.
fn secret(household: MeterId, purpose: Purpose) -> [u8; 32] {
	("household", household, purpose).using_encoded(sp_io::hashing::blake2_256)
}

pub fn key(household: MeterId, purpose: Purpose) -> sr25519::Pair {
	sr25519::Pair::from_seed(&secret(household, purpose))
}

pub fn address(household: MeterId, number: u32) -> AccountId {
	key(household, Purpose::Address(number)).public().into()
}

pub fn member(household: MeterId, number: u32) -> MemberKey {
	MemberKey::from_entropy(&secret(household, Purpose::Member(number)))
}

pub fn genesis() -> [u8; 32] {
	System::block_hash(0).0
}

/// A household's meter has these limits: its class.
pub fn limits(power: Power) -> Limits {
	Limits { max_production: power, max_consumption: power, max_financial: EUR }
}

/// What households of a class withdraw.
pub fn basket(power: Power) -> Basket {
	Basket::standard(&limits(power), &SIZES, STRETCH, 96 / STRETCH, 30)
		.expect("limits are whole lots")
}

/// Authorises the households' meters, each with its limit of power.
pub fn authorise(powers: &[Power]) {
	let authorize: Vec<_> = (0..)
		.zip(powers)
		.map(|(id, power)| Authorization {
			id,
			pubkey: key(id, Purpose::Meter).public().into(),
			feeder: FEEDER,
			limits: limits(*power),
			path: Path::Meter,
		})
		.collect();
	let regulation = pallet_regulation::RegulatoryTransaction {
		authorize: authorize.try_into().expect("not too many"),
		ban: Default::default(),
		price_consumption: Some(30),
		price_production: Some(10),
		time: Regulation::now(),
	};
	assert_ok!(crate::chain::sudo(pallet_regulation::Call::regulate { regulation }));
	let (min_size, min_age) = RULES;
	assert_ok!(crate::chain::sudo(pallet_mixing::Call::set_ring_rules { min_size, min_age }));
}

/// Puts a call into the block under way, signed for the next 64 blocks.
fn submit(signer: &sr25519::Pair, call: impl Into<RuntimeCall>) -> ApplyExtrinsicResult {
	let account = AccountId::from(signer.public());
	let era = Era::mortal(64, u64::from(System::block_number() - 1));
	let extensions = extensions(*FreeCalls::next_nonce(&account), era);
	let payload = SignedPayload::new(call.into(), extensions).expect("the extensions are valid");
	let signature = MultiSignature::Sr25519(payload.using_encoded(|bytes| signer.sign(bytes)));
	let (call, extensions, _) = payload.deconstruct();
	let transaction = UncheckedExtrinsic::new_signed(call, account.into(), signature, extensions);
	Executive::apply_extrinsic(transaction)
}

/// The chain's blocks so far, and the one under way.
#[derive(Default)]
pub struct Chain {
	pub blocks: Vec<Block>,
}

impl Chain {
	/// Begins a new block, at `time` or one slot after the last.
	pub fn advance(&mut self, time: u64) {
		let next = Timestamp::get() + SLOT_DURATION;
		let rounded = time / SLOT_DURATION * SLOT_DURATION;
		self.blocks.push(seal(rounded.max(next)));
	}

	/// Puts a call that must succeed into the block under way, or into the next if it has no room left.
	pub fn sign(&mut self, signer: &sr25519::Pair, call: impl Into<RuntimeCall>) {
		let call = call.into();
		self.include(&call, || submit(signer, call.clone()));
	}

	/// As [`Chain::sign`], for a call that nobody signs.
	pub fn general(&mut self, call: impl Into<RuntimeCall>) {
		let call = call.into();
		self.include(&call, || {
			let extensions = extensions(0, Era::immortal());
			let transaction = UncheckedExtrinsic::new_transaction(call.clone(), extensions);
			Executive::apply_extrinsic(transaction)
		});
	}

	fn include(&mut self, call: &RuntimeCall, put: impl Fn() -> ApplyExtrinsicResult) {
		let full = InvalidTransaction::ExhaustsResources;
		let mut result = put();
		if result == Err(full.into()) {
			self.advance(0);
			result = put();
		}
		assert!(result == Ok(Ok(())), "{call:?}: {result:?}");
	}
}

/// What a household's meter creates at an address.
pub fn output(address: AccountId, note: &petra_primitives::Note) -> WithdrawalOutput<AccountId> {
	match *note {
		petra_primitives::Note::Energy { kind, power, start, end, .. } => {
			WithdrawalOutput::Energy { address, kind, power, start, end }
		},
		petra_primitives::Note::Financial { amount } => {
			WithdrawalOutput::Financial { address, amount }
		},
	}
}
