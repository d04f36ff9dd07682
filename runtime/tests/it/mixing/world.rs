//! Households with notes, member keys and proofs, over the composed runtime.

use crate::chain::{chain, extensions, next_block, sudo};
use codec::Encode;
use frame_support::assert_ok;
use frame_support::storage::{with_transaction, TransactionOutcome};
use pallet_mixing::{Call, Error, MemberKey, FIRST_REFUSAL};
use petra_primitives::{
	messages::mixing as messages, AssetKind, Authorization, Grid, Limits, NewAsset, Note, Path,
	Source, Timestep, Withdrawal,
};
use petra_runtime::{
	AccountId, BlockNumber, Executive, FreeCalls, Mixing, Regulation, Runtime, RuntimeCall,
	RuntimeOrigin, SignedPayload, System, UncheckedExtrinsic,
};
use sp_core::{sr25519, Pair, H256};
use sp_runtime::{
	generic::Era,
	traits::Dispatchable,
	transaction_validity::{
		InvalidTransaction, TransactionSource, TransactionValidity, TransactionValidityError,
	},
	ApplyExtrinsicResult, DispatchError, MultiSignature, StateVersion,
};
use verifiable::{
	ring::{bandersnatch::BandersnatchVrfVerifiable as Scheme, RingDomainSize},
	GenerateVerifiable,
};

pub const FEEDER: u32 = 1;
/// The rules of the rings, so that few households make one.
pub const MIN_SIZE: u32 = 3;
pub const MIN_AGE: BlockNumber = 3;
/// Money of most tests: 64 times the unit.
pub const MONEY: Note = Note::Financial { amount: 64_000_000 };

/// The first timestep of the notes of most tests: a multiple of 8, and open.
pub fn start() -> Timestep {
	// 1.8 billion seconds are two million timesteps.
	2_000_008
}

/// The energy of most tests.
pub fn energy() -> Note {
	energy_note(400, start(), start() + 3)
}

pub fn energy_note(power: u64, start: Timestep, end: Timestep) -> Note {
	let (kind, feeder, traded) = (AssetKind::Production, FEEDER, false);
	Note::Energy { kind, feeder, traded, power, start, end }
}

/// A chain with two feeders of households, and rings of [`MIN_SIZE`].
pub fn world(test: impl FnOnce()) {
	chain("local_testnet").execute_with(|| {
		prepare();
		test();
		next_block();
	});
}

/// Authorises the meters, and sets the rules.
pub fn prepare() {
	let authorize = [FEEDER, FEEDER + 1].map(|feeder| Authorization {
		id: feeder,
		pubkey: household(10_000 + feeder as u16).public().into(),
		feeder,
		limits: Limits {
			max_production: 10_000_000,
			max_consumption: 10_000_000,
			max_financial: 0,
		},
		path: Path::Dso,
	});
	assert_ok!(sudo(pallet_regulation::Call::regulate {
		regulation: pallet_regulation::RegulatoryTransaction {
			authorize: authorize.to_vec().try_into().unwrap(),
			ban: Default::default(),
			price_consumption: None,
			price_production: None,
			time: Regulation::now(),
		},
	}));
	assert_ok!(sudo(Call::set_ring_rules { min_size: MIN_SIZE, min_age: MIN_AGE }));
	next_block();
}

/// Makes `n` blocks.
pub fn blocks(n: u32) {
	(0..n).for_each(|_| next_block());
}

/// A household's key for one deposit.
pub fn household(number: u16) -> sr25519::Pair {
	let mut seed = [5; 32];
	seed[..2].copy_from_slice(&number.to_le_bytes());
	sr25519::Pair::from_seed(&seed)
}

pub fn account(number: u16) -> AccountId {
	household(number).public().into()
}

/// An address that was never seen.
pub fn fresh(number: u16) -> AccountId {
	account(20_000 + number)
}

pub fn secret(number: u16) -> <Scheme as GenerateVerifiable>::Secret {
	let mut entropy = [9; 32];
	entropy[..2].copy_from_slice(&number.to_le_bytes());
	Scheme::new_secret(entropy)
}

pub fn key(number: u16) -> MemberKey {
	Scheme::member_from_secret(&secret(number))
}

pub fn genesis() -> H256 {
	System::block_hash(0)
}

/// `call`, signed for the next blocks, as free calls must be.
pub fn mortal(signer: &sr25519::Pair, call: impl Into<RuntimeCall>) -> UncheckedExtrinsic {
	let account = AccountId::from(signer.public());
	let era = Era::mortal(64, u64::from(System::block_number() - 1));
	let nonce = *FreeCalls::next_nonce(&account);
	let payload = SignedPayload::new(call.into(), extensions(nonce, era)).unwrap();
	let signature = MultiSignature::Sr25519(payload.using_encoded(|bytes| signer.sign(bytes)));
	let (call, extensions, _) = payload.deconstruct();
	UncheckedExtrinsic::new_signed(call, account.into(), signature, extensions)
}

/// A general transaction: nobody signs it.
pub fn general(call: impl Into<RuntimeCall>) -> UncheckedExtrinsic {
	UncheckedExtrinsic::new_transaction(call.into(), extensions(0, Era::immortal()))
}

/// Puts a transaction into the block under way; what is invalid leaves no trace, as where blocks are built.
pub fn apply(transaction: UncheckedExtrinsic) -> ApplyExtrinsicResult {
	let result = with_transaction(|| {
		let result = Executive::apply_extrinsic(transaction);
		let outcome = Ok::<_, DispatchError>(result);
		match outcome {
			Ok(Err(_)) => TransactionOutcome::Rollback(outcome),
			_ => TransactionOutcome::Commit(outcome),
		}
	});
	result.expect("both are fine")
}

/// What the transaction pool hears of a transaction.
pub fn validate(transaction: UncheckedExtrinsic) -> TransactionValidity {
	let validity = with_transaction(|| {
		let parent = System::parent_hash();
		let validity =
			Executive::validate_transaction(TransactionSource::External, transaction, parent);
		TransactionOutcome::Rollback(Ok::<_, DispatchError>(validity))
	});
	validity.expect("it is")
}

/// A signed call that must succeed.
pub fn done(signer: u16, call: impl Into<RuntimeCall>) {
	assert_ok!(apply(mortal(&household(signer), call)).expect("it is valid"));
}

/// A signed call that must fail with `error` and change nothing. It is dispatched without the extensions, which would
/// count it.
pub fn refused(signer: u16, call: impl Into<RuntimeCall>, error: Error<Runtime>) {
	let before = sp_io::storage::root(StateVersion::V1);
	let result = call.into().dispatch(RuntimeOrigin::signed(account(signer)));
	assert_eq!(result.map(|_| ()).map_err(|failed| failed.error), Err(error.into()));
	assert_eq!(sp_io::storage::root(StateVersion::V1), before);
}

/// A withdrawal that must succeed.
pub fn withdrawn(call: Call<Runtime>) {
	assert_eq!(validate(general(call.clone())).err(), None, "the pool takes it");
	assert_ok!(apply(general(call)).expect("it is authorised"));
}

/// A withdrawal that neither the pool takes nor a block, because of `error`; nothing changes.
pub fn unauthorised(call: Call<Runtime>, error: Error<Runtime>) {
	let code = InvalidTransaction::Custom(FIRST_REFUSAL + error.encode()[0]);
	not_valid(call, code);
}

/// A withdrawal that neither the pool takes nor a block; nothing changes.
pub fn not_valid(call: Call<Runtime>, reason: InvalidTransaction) {
	let before = sp_io::storage::root(StateVersion::V1);
	let invalid = TransactionValidityError::Invalid(reason);
	assert_eq!(validate(general(call.clone())), Err(invalid));
	assert_eq!(apply(general(call)), Err(invalid));
	assert_eq!(sp_io::storage::root(StateVersion::V1), before);
}

/// The DSO's withdrawal service gives a household what a note is made of.
pub fn give(number: u16, note: &Note) -> Source {
	let address = account(number);
	match *note {
		Note::Energy { kind, feeder, power, start, end, .. } => {
			let id = pallet_energy_assets::NextAssetId::<Runtime>::get();
			let asset = NewAsset { feeder, kind, power, start, end };
			let call = pallet_energy_assets::Call::add_energy_asset { address, asset };
			assert_ok!(sudo(call));
			Source::Energy(id)
		},
		Note::Financial { amount } => {
			let call = pallet_energy_assets::Call::add_financial_balance { address, amount };
			assert_ok!(sudo(call));
			Source::Financial(amount)
		},
	}
}

/// The proof of possession of household `number`'s member key.
pub fn possession(number: u16, depositor: &AccountId, pool: &Note) -> [u8; 64] {
	let message = messages::possession(genesis(), depositor, pool);
	Scheme::sign(&secret(number), &message).unwrap()
}

pub fn deposit_call(number: u16, source: Source, note: &Note) -> Call<Runtime> {
	let proof_of_possession = possession(number, &account(number), note);
	Call::deposit { source, member_key: key(number), proof_of_possession }
}

/// A household gets a note and deposits it.
pub fn deposit(number: u16, note: &Note) {
	let source = give(number, note);
	done(number, deposit_call(number, source, note));
}

pub fn deposit_all(numbers: core::ops::Range<u16>, note: &Note) {
	numbers.for_each(|number| deposit(number, note));
}

/// A ring with a usable revision: households 0, 1 and 2.
pub fn usable_ring(note: &Note) {
	deposit_all(0..MIN_SIZE as u16, note);
	blocks(MIN_AGE);
}

/// What makes up a withdrawal.
#[derive(Clone)]
pub struct Wish {
	pub who: u16,
	pub pool: Note,
	pub ring: u32,
	pub revision: u32,
	pub deadline: BlockNumber,
	pub genesis: H256,
	pub recipient: AccountId,
}

impl Wish {
	/// A withdrawal of a household's note over revision 2 of ring 0.
	pub fn new(who: u16, pool: &Note) -> Self {
		Self {
			who,
			pool: *pool,
			ring: 0,
			revision: MIN_SIZE - 1,
			deadline: System::block_number() + 100,
			genesis: genesis(),
			recipient: fresh(who),
		}
	}

	/// With a proof over the keys that the runtime API shows.
	pub fn prove(&self) -> Withdrawal<AccountId> {
		let info = Mixing::ring(self.pool, self.ring).expect("the ring is there");
		let members = self.revision as usize + 1;
		self.prove_among(info.members.get(..members).unwrap_or(&info.members))
	}

	pub fn prove_among(&self, members: &[MemberKey]) -> Withdrawal<AccountId> {
		let Self { who, pool, ring, revision, deadline, genesis, ref recipient } = *self;
		let context = messages::nullifier_context(genesis, &pool, ring);
		let nullifier = Scheme::alias_in_context(&secret(who), &context).unwrap();
		let (proof, recipient) = (Default::default(), recipient.clone());
		let withdrawal = Withdrawal { pool, ring, revision, nullifier, deadline, proof, recipient };
		let message = messages::withdrawal(genesis, &withdrawal);
		let domain = RingDomainSize::Domain11;
		let opened = Scheme::open(domain, &key(who), members.iter().copied()).unwrap();
		let (proof, _) = Scheme::create(opened, &secret(who), &context, &message).unwrap();
		Withdrawal { proof: proof.to_vec().try_into().unwrap(), ..withdrawal }
	}

	pub fn call(&self) -> Call<Runtime> {
		withdraw(self.prove())
	}
}

pub fn withdraw(withdrawal: Withdrawal<AccountId>) -> Call<Runtime> {
	Call::withdraw { withdrawal }
}

pub fn batch(withdrawals: Vec<Withdrawal<AccountId>>) -> Call<Runtime> {
	Call::withdraw_batch { withdrawals: withdrawals.try_into().unwrap() }
}

/// A household takes its note back.
pub fn reclaim(who: u16, pool: &Note) -> Call<Runtime> {
	let recipient = fresh(who);
	let message = messages::reclaim(genesis(), pool, 0, &recipient);
	let signature = Scheme::sign(&secret(who), &message).unwrap();
	Call::reclaim { pool: *pool, ring: 0, member_key: key(who), recipient, signature }
}
