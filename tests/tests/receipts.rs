//! What the client makes for a trade against delivery, as the runtime takes it: the bytes of its calls are decoded and
//! judged by the ledger itself.

#![allow(
	clippy::arithmetic_side_effects,
	clippy::expect_used,
	clippy::indexing_slicing,
	clippy::unwrap_used
)]

use codec::{Decode, Encode};
use frame_support::traits::Authorize;
use frame_system::RawOrigin;
use pallet_delivery::{Call, Error};
use petra_client::{
	dev,
	spb::{
		account_certificate, calls, commitment_id, settlement, Certificate, Commitment, KeyTree,
		OneTimeSecret, Receipt,
	},
	AccountId32, Keypair,
};
use petra_primitives::{
	delivery::{AccountProof, CommitOptions},
	Authorization, Grid, Limits, Path,
};
use petra_runtime::{
	Balances, BalancesConfig, Delivery, DeliveryConfig, MeterRegistryConfig, Regulation,
	RegulationConfig, Runtime, RuntimeCall, RuntimeOrigin, System,
};
use sp_core::H256;
use sp_runtime::{
	traits::Dispatchable,
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
	AccountId32 as LedgerAccount, BuildStorage,
};

const GENESIS: H256 = H256::repeat_byte(0x6E);
const WITNESS: u32 = 12;
/// What an account has to begin with.
const MONEY: u128 = 1_000_000_000_000;
/// Watt-hours for sale, and their price.
const STOCK: u64 = 10_000;
const PRICE: u64 = 200_000;
/// Watt-hours of a trade.
const ENERGY: u64 = 500;

fn account(key: &Keypair) -> AccountId32 {
	key.public_key().to_account_id()
}

fn on_ledger(key: &Keypair) -> LedgerAccount {
	LedgerAccount::new(account(key).0)
}

fn authority() -> Keypair {
	dev::alice()
}

fn producer() -> Keypair {
	dev::bob()
}

fn consumer() -> Keypair {
	dev::charlie()
}

/// The meter that signs certificates.
fn witness() -> Keypair {
	dev::dave()
}

/// The client's call as the ledger reads it. Pallet and number are those of a call that the ledger's own code makes; all
/// arguments are the client's bytes.
fn decoded(own: Call<Runtime>, arguments: Vec<u8>) -> RuntimeCall {
	let own = RuntimeCall::from(own).encode();
	let bytes = [&own[..2], &arguments].concat();
	let mut rest = bytes.as_slice();
	let call = RuntimeCall::decode(&mut rest).expect("the client's bytes are a call");
	assert!(rest.is_empty(), "{} bytes are left over", rest.len());
	call
}

fn signed(key: &Keypair, call: RuntimeCall) {
	let done = call.dispatch(RuntimeOrigin::signed(on_ledger(key)));
	assert!(done.is_ok(), "{:?}", done.map_err(|failure| failure.error));
}

fn authorized(call: &RuntimeCall) -> Result<(), TransactionValidityError> {
	let answer = call.authorize(TransactionSource::External);
	answer.expect("it is a general transaction").map(|_| ())
}

/// Lets a general transaction in and carries it out.
fn let_in(call: RuntimeCall) {
	assert_eq!(authorized(&call), Ok(()));
	let done = call.dispatch(RawOrigin::Authorized.into());
	assert!(done.is_ok(), "{:?}", done.map_err(|failure| failure.error));
}

fn refusal(error: Error<Runtime>) -> TransactionValidityError {
	let index = error.encode()[0];
	InvalidTransaction::Custom(pallet_delivery::REFUSAL + index).into()
}

/// A ledger on which the producer sells energy and the consumer has money.
fn with_energy(test: impl FnOnce()) {
	let mut storage = frame_system::GenesisConfig::<Runtime>::default().build_storage().unwrap();
	let balances = [authority(), producer(), consumer()].map(|key| (on_ledger(&key), MONEY));
	let meter = Authorization {
		id: WITNESS,
		pubkey: on_ledger(&witness()),
		feeder: 1,
		limits: Limits::default(),
		path: Path::Meter,
	};
	BalancesConfig { balances: balances.to_vec(), ..Default::default() }
		.assimilate_storage(&mut storage)
		.unwrap();
	RegulationConfig::default().assimilate_storage(&mut storage).unwrap();
	MeterRegistryConfig { meters: vec![meter] }
		.assimilate_storage(&mut storage)
		.unwrap();
	DeliveryConfig { authorities: vec![on_ledger(&authority())], ..Default::default() }
		.assimilate_storage(&mut storage)
		.unwrap();
	sp_io::TestExternalities::new(storage).execute_with(|| {
		System::set_block_number(1);
		frame_system::BlockHash::<Runtime>::insert(0, GENESIS);
		pallet_timestamp::Now::<Runtime>::put(1_800_000_000_000);

		let proof = account_certificate(GENESIS, &account(&producer()), 50, &authority());
		let call = calls::open_energy_account(proof);
		let own = Call::open_energy_account { proof: AccountProof::Burn };
		signed(&producer(), decoded(own, call.call_data().encode()));
		let call = calls::add_energy(STOCK, PRICE);
		let own = Call::add_energy { energy: 0, price: 0 };
		signed(&producer(), decoded(own, call.call_data().encode()));
		test();
	});
}

fn certified(leaves: u32) -> (KeyTree, Certificate) {
	let secret = OneTimeSecret::from_entropy([5; 32]);
	let tree = KeyTree::derive(&secret, 1, leaves).unwrap();
	let now = Regulation::now();
	let certificate = Certificate::sign(GENESIS, tree.root(), leaves, now, WITNESS, &witness());
	(tree, certificate)
}

fn commitment(tree: &KeyTree, leaf: u32, nonce: u64) -> Commitment {
	Commitment {
		consumer: account(&consumer()),
		producer: account(&producer()),
		block: 0,
		energy: ENERGY,
		amount: u128::from(ENERGY) * u128::from(PRICE),
		receipt_key: tree.receipt_key(leaf).unwrap(),
		expiry: 40,
		partial: false,
		nonce,
	}
}

fn commit(commitment: &Commitment) -> H256 {
	let call = calls::commit_to_pay(commitment, None);
	let own = Call::commit_to_pay {
		producer: on_ledger(&producer()),
		block: 0,
		energy: 0,
		amount: 0,
		receipt_key: H256::zero(),
		expiry: 0,
		options: CommitOptions { partial: false, nonce: 0, producer_signature: None },
	};
	signed(&consumer(), decoded(own, call.call_data().encode()));
	commitment_id(GENESIS, commitment)
}

fn on_ledgers_side(receipt: &Receipt) -> pallet_delivery::Receipt<Runtime> {
	Decode::decode(&mut receipt.encode().as_slice()).expect("it is a receipt")
}

fn confirm(ctp_id: H256, receipt: Receipt) -> RuntimeCall {
	let own = Call::confirm_receipt {
		ctp_id: H256::zero(),
		energy: 0,
		receipt: on_ledgers_side(&receipt),
	};
	decoded(own, calls::confirm_receipt(ctp_id, ENERGY, receipt).call_data().encode())
}

fn settle(
	commitment: &Commitment,
	signature: sp_runtime::MultiSignature,
	receipt: &Receipt,
) -> RuntimeCall {
	let own = Call::settle {
		commitment: Decode::decode(&mut commitment.encode().as_slice()).unwrap(),
		consumer_signature: signature.clone(),
		energy: 0,
		receipt: on_ledgers_side(receipt),
	};
	let call = calls::settle(commitment.clone(), signature, ENERGY, receipt.clone());
	decoded(own, call.call_data().encode())
}

#[test]
fn receipt_should_be_taken_by_the_ledger_when_the_client_made_it() {
	for leaves in [1, 2, 3, 4, 7, 1_024] {
		with_energy(|| {
			let (tree, certificate) = certified(leaves);
			let leaf = leaves - 1;
			let ctp_id = commit(&commitment(&tree, leaf, 3));
			assert!(Delivery::commitment(ctp_id).is_some(), "the client knows the id beforehand");
			let before = Balances::free_balance(on_ledger(&producer()));

			// The receipt is of this energy, this commitment and this chain.
			let receipt = |genesis, id, energy| {
				tree.receipt(leaf, &certificate, genesis, id, energy).unwrap()
			};
			for flawed in [
				receipt(GENESIS, ctp_id, ENERGY + 1),
				receipt(GENESIS, H256::zero(), ENERGY),
				receipt(H256::zero(), ctp_id, ENERGY),
			] {
				assert_eq!(authorized(&confirm(ctp_id, flawed)), Err(refusal(Error::BadReceipt)));
			}
			let_in(confirm(ctp_id, receipt(GENESIS, ctp_id, ENERGY)));
			let paid = Balances::free_balance(on_ledger(&producer())) - before;
			assert_eq!(paid, u128::from(ENERGY) * u128::from(PRICE), "{leaves} leaves");
		});
	}
}

#[test]
fn receipt_should_be_refused_by_the_ledger_when_another_meter_signed_its_certificate() {
	with_energy(|| {
		let (tree, good) = certified(4);
		let ctp_id = commit(&commitment(&tree, 0, 3));
		let forged =
			Certificate::sign(GENESIS, tree.root(), 4, good.issued_at, WITNESS, &dev::eve());
		let receipt = |certificate| tree.receipt(0, certificate, GENESIS, ctp_id, ENERGY).unwrap();
		let refused = authorized(&confirm(ctp_id, receipt(&forged)));
		assert_eq!(refused, Err(refusal(Error::BadCertificate)));
		let_in(confirm(ctp_id, receipt(&good)));
	});
}

#[test]
fn settlement_should_be_taken_by_the_ledger_when_the_client_made_it() {
	with_energy(|| {
		let producer_account = on_ledger(&producer());
		let own = Call::lock_for { producer: producer_account.clone(), amount: 0, until: 0 };
		let call = calls::lock_for(account(&producer()), MONEY / 2, 30);
		signed(&consumer(), decoded(own, call.call_data().encode()));
		let (tree, certificate) = certified(4);
		for leaf in 0..4 {
			let commitment = commitment(&tree, leaf, leaf.into());
			let ctp_id = commitment_id(GENESIS, &commitment);
			let receipt = tree.receipt(leaf, &certificate, GENESIS, ctp_id, ENERGY).unwrap();
			let forged = settlement(GENESIS, ctp_id, &dev::eve());
			let refused = authorized(&settle(&commitment, forged, &receipt));
			assert_eq!(refused, Err(refusal(Error::BadSignature)));
			let before = Balances::free_balance(&producer_account);
			let good = settlement(GENESIS, ctp_id, &consumer());
			let_in(settle(&commitment, good, &receipt));
			let paid = Balances::free_balance(&producer_account) - before;
			assert_eq!(paid, u128::from(ENERGY) * u128::from(PRICE));
		}
	});
}
