//! A small runtime: the pallet with money, a clock, `Regulation` and `MeterRegistry`.

use crate::{self as pallet_delivery, *};
use frame_support::{
	derive_impl, parameter_types,
	traits::{
		fungible::{Inspect, Mutate},
		Authorize, ConstU32, ConstU64, Contains, Hooks,
	},
	weights::Weight,
};
use frame_system::{EnsureRoot, RawOrigin};
use petra_primitives::{
	delivery::{
		account_message, amount_message, certificate_message, ctp_id, leaf_hash, receipt_message,
		settle_message, AccountProof, CommitOptions, Commitment,
	},
	Authorization, Balance, FreeOrder, Grid, Limits, MeterId, Parameters, Path, Timestep,
};
use sp_core::{sr25519, Blake2Hasher, Pair, H256};
use sp_runtime::{
	traits::{Dispatchable, IdentityLookup},
	transaction_validity::{
		InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction,
	},
	AccountId32, BuildStorage, DispatchError, MultiSignature, MultiSigner, StateVersion,
};

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Balances: pallet_balances,
		Regulation: pallet_regulation,
		MeterRegistry: pallet_meter_registry,
		Delivery: pallet_delivery,
	}
);

/// Nothing of this pallet passes while a test says so.
pub struct Filter;
impl Contains<RuntimeCall> for Filter {
	fn contains(call: &RuntimeCall) -> bool {
		!(Paused::get() && matches!(call, RuntimeCall::Delivery(_)))
	}
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
	type AccountData = pallet_balances::AccountData<Balance>;
	type BaseCallFilter = Filter;
}

impl pallet_timestamp::Config for Test {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = ();
}

parameter_types! {
	/// The least money that an account may have; 1 in the node's runtime.
	pub static ExistentialDeposit: Balance = 1;
	pub static Paused: bool = false;
	/// What a step of idle time weighs.
	pub static StepWeight: u64 = 0;
	pub Dso: AccountId32 = account(DSO);
	pub const BurnAmount: Balance = BURN;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ExistentialDeposit;
	type AccountStore = System;
}

impl pallet_regulation::Config for Test {
	type WeightInfo = ();
	type RegulatorOrigin = EnsureRoot<AccountId32>;
	type Time = Timestamp;
	type Meters = MeterRegistry;
	type Assets = ();
	type MaxAuthorizations = ConstU32<256>;
	type MaxBans = ConstU32<256>;
	type MaxControlSignals = ConstU32<256>;
	type MaxFeederPolicies = ConstU32<256>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Clock;
}

/// Sets the clock.
#[cfg(feature = "runtime-benchmarks")]
pub struct Clock;
#[cfg(feature = "runtime-benchmarks")]
impl pallet_regulation::BenchmarkHelper for Clock {
	fn set_time(unix_ms: u64) {
		pallet_timestamp::Now::<Test>::put(unix_ms);
	}
}

impl pallet_meter_registry::Config for Test {
	type WeightInfo = ();
	type Grid = Regulation;
	type Quota = ();
	type MaxChanges = ConstU32<16>;
	type MaxChangesAhead = ConstU32<8>;
}

/// Weightless, but for the steps of idle time.
pub struct Weights;
impl WeightInfo for Weights {
	fn open_energy_account_certified() -> Weight {
		Weight::zero()
	}
	fn open_energy_account_burning() -> Weight {
		Weight::zero()
	}
	fn close_energy_account(b: u32) -> Weight {
		Weight::from_parts(b.into(), 0)
	}
	fn add_energy() -> Weight {
		Weight::zero()
	}
	fn remove_energy() -> Weight {
		Weight::zero()
	}
	fn commit_to_pay() -> Weight {
		Weight::zero()
	}
	fn commit_to_pay_negotiated() -> Weight {
		Weight::zero()
	}
	fn confirm_receipt() -> Weight {
		Weight::zero()
	}
	fn authorize_confirm_receipt() -> Weight {
		Weight::zero()
	}
	fn settle() -> Weight {
		Weight::zero()
	}
	fn authorize_settle() -> Weight {
		Weight::zero()
	}
	fn lock_for() -> Weight {
		Weight::zero()
	}
	fn unlock() -> Weight {
		Weight::zero()
	}
	fn expire() -> Weight {
		Weight::zero()
	}
	fn set_authorities(_: u32) -> Weight {
		Weight::zero()
	}
	fn expire_commitment() -> Weight {
		Weight::from_parts(StepWeight::get(), 0)
	}
	fn forget_leaf() -> Weight {
		Weight::from_parts(StepWeight::get(), 0)
	}
}

/// As many as are before it below 1 000; [`OTHER`] is far behind.
pub struct Order;
impl FreeOrder<AccountId32> for Order {
	fn priority(who: &AccountId32, before: u32) -> u64 {
		let first = if *who == account(OTHER) { 100 } else { 1_000 };
		first - u64::from(before)
	}
}

impl Config for Test {
	type WeightInfo = Weights;
	type RegulatorOrigin = EnsureRoot<AccountId32>;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Grid = Regulation;
	type Meters = MeterRegistry;
	type Order = Order;
	type DsoAccount = Dso;
	type BurnAmount = BurnAmount;
	type MaxAuthorities = ConstU32<4>;
	type MaxBlocks = ConstU32<4>;
	type MaxCommitments = ConstU32<4>;
	type MaxLocks = ConstU32<2>;
	type MaxExpiry = ConstU32<100>;
	type MaxCertificateAge = ConstU64<AGE>;
	type MaxMerklePath = ConstU32<4>;
}

/// The timestep when a test begins.
pub const NOW: Timestep = 1_000;
/// From this age on a certificate is too old.
pub const AGE: Timestep = 20;
/// What a producer without a certificate pays.
pub const BURN: Balance = 500;
/// What consumers, and producers, have to begin with.
pub const MONEY: Balance = 1_000_000;
/// A consumer.
pub const CONSUMER: u8 = 1;
/// Another one.
pub const OTHER: u8 = 2;
/// A producer with an energy account.
pub const PRODUCER: u8 = 11;
/// Another one.
pub const RIVAL: u8 = 12;
/// An account without money and energy account.
pub const NOBODY: u8 = 20;
/// Who certifies producers.
pub const AUTHORITY: u8 = 30;
/// Where fees go.
pub const DSO: u8 = 31;
/// A meter, authorised from the start; its key is `account(METER)`.
pub const METER: u8 = 101;
/// Another one.
pub const WITNESS: u8 = 102;
/// A price.
pub const PRICE: u64 = 3;
/// A block of energy.
pub const ENERGY: u64 = 1_000;

pub fn pair(seed: u8) -> sr25519::Pair {
	sr25519::Pair::from_seed(&[seed; 32])
}

pub fn account(seed: u8) -> AccountId32 {
	pair(seed).public().into()
}

pub fn signed(seed: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(seed))
}

pub fn sign(seed: u8, message: &[u8; 32]) -> MultiSignature {
	pair(seed).sign(message).into()
}

/// Records a regulation of meters at the present; it is in force from the next timestep on.
pub fn regulate(authorize: Vec<Authorization<AccountId32>>, ban: Vec<MeterId>) {
	let regulation = pallet_regulation::RegulatoryTransaction {
		authorize: authorize.try_into().unwrap(),
		ban: ban.try_into().unwrap(),
		price_consumption: None,
		price_production: None,
		time: Regulation::now(),
	};
	Regulation::regulate(RuntimeOrigin::root(), regulation).unwrap();
}

/// A meter, with the key of that seed.
pub fn authorization(id: u8, key: u8) -> Authorization<AccountId32> {
	let limits = Limits::default();
	Authorization { id: id.into(), pubkey: account(key), feeder: 1, limits, path: Path::Meter }
}

/// The state before the first block.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let parameters = Parameters { timestep_ms: 4_000, ..Default::default() };
	let regulation = pallet_regulation::GenesisConfig { parameters, ..Default::default() };
	let meters = vec![authorization(METER, METER), authorization(WITNESS, WITNESS)];
	let meter_registry = pallet_meter_registry::GenesisConfig { meters };
	let delivery = pallet_delivery::GenesisConfig {
		authorities: vec![account(AUTHORITY)],
		..Default::default()
	};
	let storage =
		RuntimeGenesisConfig { regulation, meter_registry, delivery, ..Default::default() };
	let mut ext = sp_io::TestExternalities::new(storage.build_storage().unwrap());
	ext.register_extension(sp_keystore::KeystoreExt::new(
		sp_keystore::testing::MemoryKeystore::new(),
	));
	ext.execute_with(|| {
		ExistentialDeposit::set(1);
		Paused::set(false);
		StepWeight::set(0);
		System::set_block_number(1);
		set_now(NOW);
	});
	ext
}

/// Runs a test, and checks the invariants after it.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		check_all();
	});
}

/// As [`build_and_execute`], with money, two producers, and a block of energy each.
pub fn with_energy(test: impl FnOnce()) {
	build_and_execute(|| {
		for who in [CONSUMER, OTHER, PRODUCER, RIVAL] {
			fund(who, MONEY);
		}
		for producer in [PRODUCER, RIVAL] {
			done(producer, open_certified(producer, 50));
			done(producer, Call::add_energy { energy: ENERGY, price: PRICE });
		}
		System::reset_events();
		test();
	});
}

/// Checks the invariants of all pallets.
pub fn check_all() {
	Delivery::do_try_state().unwrap();
	#[cfg(feature = "try-runtime")]
	{
		let block = System::block_number();
		<MeterRegistry as Hooks<u32>>::try_state(block).unwrap();
		<Balances as Hooks<u32>>::try_state(block).unwrap();
	}
}

/// Sets the clock.
pub fn set_now(t: Timestep) {
	pallet_timestamp::Now::<Test>::put(t * 4_000 + 1);
}

/// Runs the idle time of the present block.
pub fn idle(limit: Weight) -> Weight {
	Delivery::on_idle(System::block_number(), limit)
}

/// Gives money.
pub fn fund(who: u8, amount: Balance) {
	Balances::mint_into(&account(who), amount).unwrap();
}

/// Free money.
pub fn free(who: u8) -> Balance {
	Balances::balance(&account(who))
}

/// Money on hold for commitments, and for locks.
pub fn held(who: u8) -> (Balance, Balance) {
	let who = account(who);
	(Delivery::on_hold(HoldReason::Commitment, &who), Delivery::on_hold(HoldReason::Lock, &who))
}

pub fn root() -> Vec<u8> {
	sp_io::storage::root(StateVersion::V1)
}

/// Dispatches as an extrinsic does.
pub fn dispatch(origin: RuntimeOrigin, call: impl Into<RuntimeCall>) -> Result<(), DispatchError> {
	call.into().dispatch(origin).map(|_| ()).map_err(|failure| failure.error)
}

/// Asserts that `call` fails with exactly `error` and changes nothing.
pub fn refused(who: u8, call: Call<Test>, error: Error<Test>) {
	let before = root();
	assert_eq!(dispatch(signed(who), call), Err(error.into()));
	assert_eq!(root(), before);
}

/// Asserts that `call` succeeds.
pub fn done(who: u8, call: Call<Test>) {
	assert_eq!(dispatch(signed(who), call), Ok(()));
}

/// Asks whether a general transaction may come in; that changes nothing.
pub fn authorize(call: Call<Test>) -> Result<ValidTransaction, TransactionValidityError> {
	let before = root();
	let answer = RuntimeCall::from(call).authorize(TransactionSource::External);
	assert_eq!(root(), before);
	answer.expect("it is a general transaction").map(|(valid, _)| valid)
}

/// Sends a general transaction. If it is let in, its dispatch does not fail.
pub fn submit(call: Call<Test>) -> Result<(), TransactionValidityError> {
	authorize(call.clone())?;
	let origin = RawOrigin::Authorized.into();
	assert_eq!(dispatch(origin, call), Ok(()), "an authorised dispatch does not fail");
	Ok(())
}

/// Asserts that a general transaction is not let in, because of `error`.
pub fn not_let_in(call: Call<Test>, error: Error<Test>) {
	assert_eq!(submit(call), Err(error.into()));
}

/// Asserts that a general transaction is let in and does what it should.
pub fn let_in(call: Call<Test>) {
	assert_eq!(submit(call), Ok(()));
}

/// What is refused by the call filter.
pub fn filtered() -> TransactionValidityError {
	InvalidTransaction::Call.into()
}

/// The pallet's events since the last time.
pub fn take_events() -> Vec<Event<Test>> {
	let events = System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Delivery(event) => Some(event),
			_ => None,
		})
		.collect();
	System::reset_events();
	events
}

/// This chain's genesis hash.
pub fn genesis() -> H256 {
	System::block_hash(0)
}

/// Opens an account with the authority's certificate.
pub fn open_certified(producer: u8, expiry: u32) -> Call<Test> {
	let signature = sign(AUTHORITY, &account_message(genesis(), &account(producer), expiry));
	let authority = account(AUTHORITY);
	let proof = AccountProof::Certificate { authority, expiry, signature };
	Call::open_energy_account { proof }
}

/// The `n`th one-time key of a meter.
pub fn leaf(n: u64) -> sr25519::Pair {
	let seed = sp_io::hashing::blake2_256(&n.to_le_bytes());
	sr25519::Pair::from_seed(&seed)
}

pub fn leaf_key(n: u64) -> MultiSigner {
	leaf(n).public().into()
}

/// The hash of the `n`th one-time key.
pub fn receipt_key(n: u64) -> H256 {
	leaf_hash(&leaf_key(n))
}

/// A commitment by [`CONSUMER`] to [`PRODUCER`]'s first block, at its price, that the `n`th key confirms.
pub fn commitment(n: u64, energy: u64) -> Commitment<AccountId32> {
	Commitment {
		consumer: account(CONSUMER),
		producer: account(PRODUCER),
		block: 0,
		energy,
		amount: Balance::from(energy) * Balance::from(PRICE),
		receipt_key: receipt_key(n),
		expiry: System::block_number() + 10,
		partial: false,
		nonce: n,
	}
}

pub fn id(commitment: &Commitment<AccountId32>) -> H256 {
	ctp_id(genesis(), commitment)
}

/// The call that makes a commitment; the consumer signs it.
pub fn commit(commitment: &Commitment<AccountId32>) -> Call<Test> {
	commit_with(commitment, None)
}

pub fn commit_with(
	commitment: &Commitment<AccountId32>,
	producer_signature: Option<MultiSignature>,
) -> Call<Test> {
	let c = commitment.clone();
	Call::commit_to_pay {
		producer: c.producer,
		block: c.block,
		energy: c.energy,
		amount: c.amount,
		receipt_key: c.receipt_key,
		expiry: c.expiry,
		options: CommitOptions { partial: c.partial, nonce: c.nonce, producer_signature },
	}
}

/// The producer's signature of an amount below its price.
pub fn agree(producer: u8, commitment: &Commitment<AccountId32>) -> Option<MultiSignature> {
	Some(sign(producer, &amount_message(genesis(), id(commitment))))
}

/// Commits as [`CONSUMER`].
pub fn committed(commitment: &Commitment<AccountId32>) -> H256 {
	done(CONSUMER, commit(commitment));
	id(commitment)
}

/// A certificate of existence for the one-time keys `keys`, signed by the meter with that id and key.
#[derive(Clone)]
pub struct Certificate {
	pub keys: Vec<u64>,
	pub issued_at: Timestep,
	pub signer: MeterId,
	pub signed_by: sr25519::Pair,
	pub genesis: H256,
}

/// Five keys, certified by [`WITNESS`] now. The tree is not full.
pub fn certificate(first: u64) -> Certificate {
	Certificate {
		keys: (first..first + 5).collect(),
		issued_at: Regulation::now(),
		signer: WITNESS.into(),
		signed_by: pair(WITNESS),
		genesis: genesis(),
	}
}

impl Certificate {
	/// The receipt by its `index`th key.
	pub fn receipt(&self, index: u32, ctp_id: H256, energy: u64) -> Receipt<Test> {
		use codec::Encode;
		let bytes: Vec<_> = self.keys.iter().map(|n| leaf_key(*n).encode()).collect();
		let proof = binary_merkle_tree::merkle_proof::<Blake2Hasher, _, _>(bytes, index);
		let (root, leaves) = (proof.root, proof.number_of_leaves);
		let message = certificate_message(self.genesis, root, leaves, self.issued_at);
		let n = self.keys[index as usize];
		let confirmation = receipt_message(self.genesis, ctp_id, energy);
		Receipt {
			leaf_key: leaf_key(n),
			leaf_index: index,
			leaves,
			merkle_path: proof.proof.try_into().unwrap(),
			root,
			issued_at: self.issued_at,
			signer: self.signer,
			root_signature: self.signed_by.sign(&message).into(),
			signature: leaf(n).sign(&confirmation).into(),
		}
	}
}

/// The receipt of the `n`th key, certified by [`WITNESS`] now.
pub fn receipt(n: u64, ctp_id: H256, energy: u64) -> Receipt<Test> {
	certificate(n).receipt(0, ctp_id, energy)
}

/// The general transaction that confirms.
pub fn confirm(ctp_id: H256, energy: u64, receipt: Receipt<Test>) -> Call<Test> {
	Call::confirm_receipt { ctp_id, energy, receipt }
}

/// Locks as [`CONSUMER`] for [`PRODUCER`].
pub fn lock(amount: Balance, until: u32) -> Call<Test> {
	Call::lock_for { producer: account(PRODUCER), amount, until }
}

/// The general transaction that settles, signed by the consumer `who`.
pub fn settle_by(
	who: u8,
	commitment: &Commitment<AccountId32>,
	energy: u64,
	receipt: Receipt<Test>,
) -> Call<Test> {
	let consumer_signature = sign(who, &settle_message(genesis(), id(commitment)));
	Call::settle { commitment: commitment.clone(), consumer_signature, energy, receipt }
}

/// As [`settle_by`], by [`CONSUMER`], with the receipt of the commitment's `n`th key.
pub fn settle(n: u64, commitment: &Commitment<AccountId32>, energy: u64) -> Call<Test> {
	settle_by(CONSUMER, commitment, energy, receipt(n, id(commitment), energy))
}

/// [`PRODUCER`]'s first block: what is free and what is reserved.
pub fn block() -> (u64, u64) {
	Blocks::<Test>::get(account(PRODUCER), 0).map_or((0, 0), |block| (block.free(), block.reserved))
}
