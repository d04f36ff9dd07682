//! From authorisation to deposit: meters withdraw, owners split and exchange, nobody pays a fee.

use crate::chain::{chain, extensions, next_block, sudo, START};
use codec::Encode;
use frame_support::{assert_err, assert_ok};
use pallet_energy_assets::{CoSignatures, Error, Event, TransferInputs, TransferOutputs};
use petra_primitives::{
	AssetId, AssetKind, AssetOutput, Authorization, Grid, Limits, Path, Timestep, WithdrawalOutput,
};
use petra_runtime::{
	AccountId, Balances, EnergyAssets, Executive, FreeCalls, MeterRegistry, Regulation, Runtime,
	RuntimeCall, RuntimeEvent, SignedPayload, System, UncheckedExtrinsic, EUR,
};
use sp_keyring::Sr25519Keyring::{self as Keys, Bob, Charlie, One, Two};
use sp_runtime::{
	generic::Era,
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	ApplyExtrinsicResult, MultiSignature,
};

type Call = pallet_energy_assets::Call<Runtime>;

const METER: u32 = 7;
pub const FEEDER: u32 = 1;

/// `call`, signed for the next 64 blocks, as free calls must be.
pub fn mortal(signer: Keys, call: impl Into<RuntimeCall>) -> UncheckedExtrinsic {
	let account = signer.to_account_id();
	// Born in the last block, whose hash is known.
	let era = Era::mortal(64, u64::from(System::block_number() - 1));
	let payload =
		SignedPayload::new(call.into(), extensions(*FreeCalls::next_nonce(&account), era)).unwrap();
	let signature = payload.using_encoded(|bytes| signer.sign(bytes));
	let (call, extensions, _) = payload.deconstruct();
	let signature = MultiSignature::Sr25519(signature);
	UncheckedExtrinsic::new_signed(call, account.into(), signature, extensions)
}

pub fn submit(signer: Keys, call: impl Into<RuntimeCall>) -> ApplyExtrinsicResult {
	Executive::apply_extrinsic(mortal(signer, call))
}

/// A chain on which `One`, which holds nothing, is the key of a meter.
pub fn with_meter(test: impl FnOnce(Timestep)) {
	chain("local_testnet").execute_with(|| {
		let authorization = Authorization {
			id: METER,
			pubkey: One.to_account_id(),
			feeder: FEEDER,
			limits: Limits {
				max_production: 1_000,
				max_consumption: 1_000,
				max_financial: 5 * EUR,
			},
			path: Path::Meter,
		};
		assert_ok!(sudo(pallet_regulation::Call::regulate {
			regulation: pallet_regulation::RegulatoryTransaction {
				authorize: vec![authorization].try_into().unwrap(),
				ban: Default::default(),
				price_consumption: Some(30),
				price_production: Some(10),
				time: Regulation::now(),
			},
		}));
		next_block();
		assert_eq!(Regulation::now(), START / 900_000);
		test(Regulation::now() + 10);
		next_block();
	});
}

pub fn energy(
	address: Keys,
	kind: AssetKind,
	power: u64,
	start: Timestep,
	end: Timestep,
) -> WithdrawalOutput<AccountId> {
	WithdrawalOutput::Energy { address: address.to_account_id(), kind, power, start, end }
}

pub fn withdraw(outputs: Vec<WithdrawalOutput<AccountId>>) -> Call {
	Call::withdraw { meter: METER, outputs: outputs.try_into().unwrap() }
}

pub fn output(
	address: Keys,
	kind: AssetKind,
	power: u64,
	start: Timestep,
	end: Timestep,
) -> AssetOutput<AccountId> {
	AssetOutput {
		address: address.to_account_id(),
		kind,
		power,
		start,
		end,
		feeder: FEEDER,
		traded: false,
	}
}

pub fn transfer(
	inputs: Vec<AssetId>,
	outputs: Vec<AssetOutput<AccountId>>,
	co_signer: Option<(Keys, Keys)>,
) -> Call {
	let inputs = TransferInputs { assets: inputs.try_into().unwrap(), money: Default::default() };
	let outputs =
		TransferOutputs { assets: outputs.try_into().unwrap(), money: Default::default() };
	let co_signatures = co_signer.map(|(origin, signer)| {
		let (salt, deadline) = ([1; 32], System::block_number() + 10);
		let genesis = System::block_hash(0);
		let fields = (origin.to_account_id(), &inputs, &outputs, salt, deadline);
		let message =
			petra_primitives::messages::digest("petra/EnergyAssets/transfer", genesis, fields);
		let signature = MultiSignature::Sr25519(signer.sign(&message));
		let signatures = vec![(signer.to_account_id(), signature)].try_into().unwrap();
		CoSignatures { salt, deadline, signatures }
	});
	Call::transfer { inputs, outputs, co_signatures }
}

pub fn ids(owner: Keys) -> Vec<AssetId> {
	EnergyAssets::assets_of(&owner.to_account_id())
		.into_iter()
		.map(|(id, _)| id)
		.collect()
}

#[test]
fn a_meter_should_withdraw_for_free_and_only_within_its_limits() {
	with_meter(|t| {
		assert_eq!(Balances::free_balance(One.to_account_id()), 0);
		let money = WithdrawalOutput::Financial { address: Two.to_account_id(), amount: EUR };
		// Money counts now, and the authorisation from the next timestep on.
		assert_err!(
			submit(One, withdraw(vec![money])).unwrap(),
			Error::<Runtime>::MeterNotAuthorized
		);
		let all = vec![energy(Two, AssetKind::Production, 1_000, t, t + 3)];
		assert_ok!(submit(One, withdraw(all)).unwrap());
		assert_eq!(MeterRegistry::headroom(METER, AssetKind::Production, t, t + 3), vec![]);
		let one_lot_more = || vec![energy(Two, AssetKind::Production, 100, t + 3, t + 3)];
		assert_err!(
			submit(One, withdraw(one_lot_more())).unwrap(),
			Error::<Runtime>::LimitExceeded
		);
		let one_step_later = vec![energy(Two, AssetKind::Production, 100, t + 4, t + 4)];
		assert_ok!(submit(One, withdraw(one_step_later)).unwrap());
		assert_err!(submit(Bob, withdraw(one_lot_more())).unwrap(), Error::<Runtime>::NotTheMeter);
	});
}

#[test]
fn owners_should_split_exchange_and_deposit() {
	with_meter(|t| {
		let both = vec![
			energy(Two, AssetKind::Production, 400, t, t + 3),
			energy(Charlie, AssetKind::Consumption, 200, t, t + 1),
		];
		assert_ok!(submit(One, withdraw(both)).unwrap());
		next_block();
		// Two has no money at all, and splits for free.
		let split = vec![
			output(Two, AssetKind::Production, 200, t, t + 1),
			output(Two, AssetKind::Production, 200, t, t + 1),
			output(Two, AssetKind::Production, 400, t + 2, t + 3),
		];
		assert_ok!(submit(Two, transfer(ids(Two), split, None)).unwrap());
		assert_eq!(ids(Two).len(), 3);
		// Two and Charlie swap, which needs both.
		let swap = || {
			(
				vec![ids(Two)[0], ids(Charlie)[0]],
				vec![
					output(Charlie, AssetKind::Production, 200, t, t + 1),
					output(Two, AssetKind::Consumption, 200, t, t + 1),
				],
			)
		};
		let (inputs, outputs) = swap();
		assert_err!(
			submit(Two, transfer(inputs, outputs, None)).unwrap(),
			Error::<Runtime>::MissingSignature,
		);
		let (inputs, outputs) = swap();
		assert_ok!(submit(Two, transfer(inputs, outputs, Some((Two, Charlie)))).unwrap());
		for owner in [Two, Charlie] {
			for asset_id in ids(owner) {
				assert_ok!(submit(owner, Call::deposit_energy_asset { asset_id }).unwrap());
				assert!(System::events().iter().any(|record| matches!(
					&record.event,
					RuntimeEvent::EnergyAssets(Event::AssetDeposited { asset_id: id, .. }) if *id == asset_id
				)));
			}
		}
		assert_eq!(Balances::free_balance(Two.to_account_id()), 0);
	});
}

#[test]
fn free_calls_should_be_mortal_and_within_the_quota() {
	with_meter(|t| {
		let one_lot =
			|step| withdraw(vec![energy(Two, AssetKind::Production, 100, t + step, t + step)]);
		let immortal = crate::chain::signed(One, one_lot(0));
		assert_eq!(
			Executive::apply_extrinsic(immortal),
			Err(TransactionValidityError::Invalid(InvalidTransaction::Custom(
				pallet_free_calls::IMMORTAL
			))),
		);
		let quota = FreeCalls::remaining(&One.to_account_id()).expect("meters have a quota");
		for step in 0..u64::from(quota) {
			assert_ok!(submit(One, one_lot(step)).unwrap());
			if step % 16 == 15 {
				// All of them do not fit into what a block has for free calls.
				next_block();
			}
		}
		assert_eq!(
			submit(One, one_lot(u64::from(quota))),
			Err(TransactionValidityError::Invalid(InvalidTransaction::Custom(
				pallet_free_calls::OVER_QUOTA
			))),
		);
	});
}
