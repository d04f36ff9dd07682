//! A neighbourhood: two consumers, two producers, two meters, and the transactions that they make.

use crate::{
	chain::{chain, check_invariants, extensions, next_block, next_block_at, sudo, START},
	energy::submit,
};
use codec::Encode;
use frame_support::{
	assert_ok,
	storage::{with_transaction, TransactionOutcome},
};
use pallet_delivery::{Call, Error, Event, Receipt, REFUSAL};
use petra_primitives::{
	delivery::{self, leaf_hash, AccountProof, CommitOptions, Commitment},
	Authorization, Balance, Grid, Limits, MeterId, Path, Timestep, WithdrawalOutput,
};
use petra_runtime::{
	AccountId, Balances, Delivery, Executive, Regulation, Runtime, RuntimeCall, RuntimeEvent,
	System, UncheckedExtrinsic, EUR,
};
use sp_core::{sr25519, Blake2Hasher, Pair, H256};
use sp_keyring::Sr25519Keyring::{self as Keys, Bob, Charlie, Dave, Eve, Ferdie, One, Two};
use sp_runtime::{
	generic::Era,
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	ApplyExtrinsicResult, DispatchError, MultiSignature, MultiSigner, StateVersion,
};

/// Two consumers, and two producers with an energy account.
pub const CONSUMER: Keys = Eve;
pub const OTHER: Keys = Dave;
pub const PRODUCER: Keys = Charlie;
pub const RIVAL: Keys = Bob;
/// Certifies producers.
pub const AUTHORITY: Keys = Ferdie;
/// Two meters and their keys; the second signs certificates.
pub const METER: MeterId = 7;
pub const WITNESS: MeterId = 8;
pub const METER_KEY: Keys = One;
pub const WITNESS_KEY: Keys = Two;
/// Watt-hours of each producer's block, and money units for each.
pub const ENERGY: u64 = 10_000;
pub const PRICE: u64 = 25_000;
/// The length of a timestep.
pub const TIMESTEP_MS: u64 = 900_000;

pub type Ctp = Commitment<AccountId>;

/// Runs a test when producers have added energy, and consumers were given money by a meter, and so a quota.
pub fn with_neighbours(test: impl FnOnce()) {
	chain("local_testnet").execute_with(|| {
		let meter = |id, key: Keys| Authorization {
			id,
			pubkey: key.to_account_id(),
			feeder: 1,
			limits: Limits { max_production: 0, max_consumption: 0, max_financial: 5 * EUR },
			path: Path::Meter,
		};
		regulate(vec![meter(METER, METER_KEY), meter(WITNESS, WITNESS_KEY)], vec![]);
		let authorities = vec![AUTHORITY.to_account_id()].try_into().unwrap();
		assert_ok!(sudo(Call::<Runtime>::set_authorities { authorities }));
		next_block_at(START + TIMESTEP_MS);
		let outputs: Vec<_> = [CONSUMER, OTHER, PRODUCER, RIVAL]
			.map(|who| WithdrawalOutput::Financial { address: who.to_account_id(), amount: EUR })
			.into();
		let outputs = outputs.try_into().unwrap();
		let withdraw = pallet_energy_assets::Call::<Runtime>::withdraw { meter: METER, outputs };
		assert_ok!(submit(METER_KEY, withdraw).unwrap());
		for producer in [PRODUCER, RIVAL] {
			done(producer, certified(producer));
			done(producer, Call::add_energy { energy: ENERGY, price: PRICE });
		}
		next_block();
		test();
		next_block();
		check_invariants();
	});
}

pub fn regulate(authorize: Vec<Authorization<AccountId>>, ban: Vec<MeterId>) {
	let regulation = pallet_regulation::RegulatoryTransaction {
		authorize: authorize.try_into().unwrap(),
		ban: ban.try_into().unwrap(),
		price_consumption: None,
		price_production: None,
		time: Regulation::now(),
	};
	assert_ok!(sudo(pallet_regulation::Call::regulate { regulation }));
}

/// Goes on to the `n`th timestep after the present.
pub fn pass_timesteps(n: u64) {
	next_block_at((Regulation::now() + n) * TIMESTEP_MS);
}

pub fn genesis() -> H256 {
	System::block_hash(0)
}

pub fn sign(signer: Keys, message: &[u8; 32]) -> MultiSignature {
	MultiSignature::Sr25519(signer.sign(message))
}

/// The call that opens an energy account with the authority's certificate.
pub fn certified(producer: Keys) -> Call<Runtime> {
	let expiry = System::block_number() + 10;
	let message = delivery::account_message(genesis(), &producer.to_account_id(), expiry);
	let (authority, signature) = (AUTHORITY.to_account_id(), sign(AUTHORITY, &message));
	Call::open_energy_account { proof: AccountProof::Certificate { authority, expiry, signature } }
}

/// The signed call succeeds.
pub fn done(who: Keys, call: Call<Runtime>) {
	assert_ok!(submit(who, call).unwrap());
}

/// What a block's author does: what a transaction that is invalid changed is taken back.
fn apply(transaction: UncheckedExtrinsic) -> ApplyExtrinsicResult {
	let apply = || -> TransactionOutcome<Result<ApplyExtrinsicResult, DispatchError>> {
		match Executive::apply_extrinsic(transaction) {
			Ok(outcome) => TransactionOutcome::Commit(Ok(Ok(outcome))),
			Err(invalid) => TransactionOutcome::Rollback(Ok(Err(invalid))),
		}
	};
	with_transaction(apply).unwrap()
}

fn root() -> Vec<u8> {
	sp_io::storage::root(StateVersion::V1)
}

/// The signed call fails with exactly this error. What its dispatch changed is taken back: money and state of the market
/// are as before.
pub fn refused(who: Keys, call: Call<Runtime>, error: Error<Runtime>) {
	use sp_runtime::traits::Dispatchable;
	// The dispatch alone: nonce and quota of the signer count a failed call.
	let before = root();
	let origin = petra_runtime::RuntimeOrigin::signed(who.to_account_id());
	let outcome = RuntimeCall::from(call.clone()).dispatch(origin);
	let error = DispatchError::from(error);
	assert_eq!(outcome.map(|_| ()).map_err(|failure| failure.error), Err(error));
	assert_eq!(root(), before);
	assert_eq!(submit(who, call), Ok(Err(error)));
}

/// A general transaction: nobody signs it.
pub fn general(call: impl Into<RuntimeCall>) -> UncheckedExtrinsic {
	UncheckedExtrinsic::new_transaction(call.into(), extensions(0, Era::immortal()))
}

/// The general transaction is not let into a block, because of `error`, and nothing changes.
pub fn not_let_in(call: Call<Runtime>, error: Error<Runtime>) {
	let code = REFUSAL + error.encode()[0];
	invalid(call, InvalidTransaction::Custom(code));
}

/// The general transaction is not let into a block for that reason, and nothing changes.
pub fn invalid(call: Call<Runtime>, reason: InvalidTransaction) {
	let before = root();
	assert_eq!(apply(general(call)), Err(TransactionValidityError::Invalid(reason)));
	assert_eq!(root(), before);
}

/// The general transaction is let in, and its dispatch succeeds.
pub fn let_in(call: Call<Runtime>) {
	assert_eq!(apply(general(call)), Ok(Ok(())));
}

/// Free money.
pub fn money(who: Keys) -> Balance {
	Balances::free_balance(who.to_account_id())
}

/// Money on hold.
pub fn on_hold(who: Keys) -> Balance {
	use frame_support::traits::fungible::InspectHold;
	Balances::total_balance_on_hold(&who.to_account_id())
}

/// This block's events of the pallet.
pub fn events() -> Vec<Event<Runtime>> {
	let events = System::events().into_iter();
	events
		.filter_map(|record| match record.event {
			RuntimeEvent::Delivery(event) => Some(event),
			_ => None,
		})
		.collect()
}

/// The `n`th one-time key of a meter.
pub fn leaf(n: u64) -> sr25519::Pair {
	sr25519::Pair::from_seed(&sp_io::hashing::blake2_256(&n.to_le_bytes()))
}

pub fn leaf_key(n: u64) -> MultiSigner {
	leaf(n).public().into()
}

/// A commitment by [`CONSUMER`] to [`PRODUCER`]'s block, that the `n`th key confirms.
pub fn commitment(n: u64, energy: u64) -> Ctp {
	Commitment {
		consumer: CONSUMER.to_account_id(),
		producer: PRODUCER.to_account_id(),
		block: 0,
		energy,
		amount: Balance::from(energy) * Balance::from(PRICE),
		receipt_key: leaf_hash(&leaf_key(n)),
		expiry: System::block_number() + 10,
		partial: false,
		nonce: n,
	}
}

pub fn id(ctp: &Ctp) -> H256 {
	delivery::ctp_id(genesis(), ctp)
}

pub fn commit(ctp: &Ctp) -> Call<Runtime> {
	let Commitment { producer, block, energy, amount, receipt_key, expiry, .. } = ctp.clone();
	let (partial, nonce) = (ctp.partial, ctp.nonce);
	let options = CommitOptions { partial, nonce, producer_signature: None };
	Call::commit_to_pay { producer, block, energy, amount, receipt_key, expiry, options }
}

/// Commits as [`CONSUMER`].
pub fn committed(ctp: &Ctp) -> H256 {
	done(CONSUMER, commit(ctp));
	assert_eq!(Delivery::commitment(id(ctp)).as_ref(), Some(ctp));
	id(ctp)
}

/// A certificate of existence for one-time keys.
#[derive(Clone)]
pub struct Certificate {
	pub keys: Vec<u64>,
	pub issued_at: Timestep,
	pub signer: MeterId,
	pub signed_by: sr25519::Pair,
	pub genesis: H256,
}

/// Three keys from the `n`th on, certified by [`WITNESS`] now.
pub fn certificate(n: u64) -> Certificate {
	Certificate {
		keys: (n..n + 3).collect(),
		issued_at: Regulation::now(),
		signer: WITNESS,
		signed_by: WITNESS_KEY.pair(),
		genesis: genesis(),
	}
}

impl Certificate {
	/// The receipt by its first key.
	pub fn receipt(&self, ctp_id: H256, energy: u64) -> Receipt<Runtime> {
		let keys = self.keys.iter();
		let leaves: Vec<_> = keys.map(|n| leaf_key(*n).encode()).collect();
		let proof = binary_merkle_tree::merkle_proof::<Blake2Hasher, _, _>(leaves, 0);
		let (root, leaves) = (proof.root, proof.number_of_leaves);
		let message = delivery::certificate_message(self.genesis, root, leaves, self.issued_at);
		let confirmation = delivery::receipt_message(genesis(), ctp_id, energy);
		Receipt {
			leaf_key: leaf_key(self.keys[0]),
			leaf_index: 0,
			leaves,
			merkle_path: proof.proof.try_into().unwrap(),
			root,
			issued_at: self.issued_at,
			signer: self.signer,
			root_signature: self.signed_by.sign(&message).into(),
			signature: leaf(self.keys[0]).sign(&confirmation).into(),
		}
	}
}

/// The receipt by the `n`th key, certified by [`WITNESS`] now.
pub fn receipt(n: u64, ctp_id: H256, energy: u64) -> Receipt<Runtime> {
	certificate(n).receipt(ctp_id, energy)
}

pub fn confirm(ctp_id: H256, energy: u64, receipt: Receipt<Runtime>) -> Call<Runtime> {
	Call::confirm_receipt { ctp_id, energy, receipt }
}

/// [`CONSUMER`] locks for [`PRODUCER`].
pub fn lock(amount: Balance) -> Call<Runtime> {
	let until = System::block_number() + 50;
	Call::lock_for { producer: PRODUCER.to_account_id(), amount, until }
}

/// Settles, with the receipt by the commitment's `n`th key.
pub fn settle(n: u64, ctp: &Ctp, energy: u64) -> Call<Runtime> {
	let message = delivery::settle_message(genesis(), id(ctp));
	let consumer_signature = sign(CONSUMER, &message);
	let receipt = receipt(n, id(ctp), energy);
	Call::settle { commitment: ctp.clone(), consumer_signature, energy, receipt }
}
