//! Transfers: what they can do, and inputs that cannot be spent (P1, "Energy and Financial Transactions").

use crate::{mock::*, Error, Event};
use petra_primitives::{AssetKind, AssetLedger, AssetOutput};
use sp_runtime::DispatchError::BadOrigin;

fn owned(who: u8) -> Vec<(u64, u64, u64)> {
	let assets = EnergyAssets::assets_of(&account(who));
	assets
		.into_iter()
		.map(|(_, asset)| (asset.power, asset.start, asset.end))
		.collect()
}

#[test]
fn transfer_should_split_in_power_and_in_time() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN + 9);
		let outputs = outputs(
			vec![
				output(1, 500, OPEN, OPEN + 3),
				output(2, 200, OPEN + 4, OPEN + 9),
				output(3, 300, OPEN + 4, OPEN + 9),
			],
			&[],
		);
		assert_done(signed(1), transfer(inputs(&[id], &[]), outputs));
		assert_eq!(owned(1), vec![(500, OPEN, OPEN + 3)]);
		assert_eq!(owned(2), vec![(200, OPEN + 4, OPEN + 9)]);
		assert_eq!(owned(3), vec![(300, OPEN + 4, OPEN + 9)]);
		let spent = vec![id].try_into().unwrap();
		let created = vec![id + 1, id + 2, id + 3].try_into().unwrap();
		assert_eq!(events().last(), Some(&Event::AssetTransferred { spent, created }));
		let added = events().into_iter().filter(|event| matches!(event, Event::AssetAdded { .. }));
		assert_eq!(added.count(), 4);
	});
}

#[test]
fn transfer_should_merge() {
	build_and_execute(|| {
		let ids = [
			withdraw(1, 500, OPEN, OPEN + 3),
			withdraw(1, 200, OPEN + 4, OPEN + 9),
			withdraw(1, 300, OPEN + 4, OPEN + 9),
		];
		let merged = outputs(vec![output(2, 500, OPEN, OPEN + 9)], &[]);
		assert_done(signed(1), transfer(inputs(&ids, &[]), merged));
		assert_eq!(owned(1), vec![]);
		assert_eq!(owned(2), vec![(500, OPEN, OPEN + 9)]);
	});
}

#[test]
fn transfer_should_exchange_energy_and_money_between_owners() {
	build_and_execute(|| {
		let production = withdraw(1, 500, OPEN, OPEN);
		let consumption = withdraw_kind(2, AssetKind::Consumption, 500, OPEN, OPEN);
		fund(2, 1_000);
		let outputs = outputs(
			vec![
				output(2, 500, OPEN, OPEN),
				AssetOutput { kind: AssetKind::Consumption, ..output(1, 500, OPEN, OPEN) },
			],
			&[(1, 600), (2, 400)],
		);
		let inputs = inputs(&[production, consumption], &[(2, 1_000)]);
		assert_done(signed(1), co_signed(1, &[2], inputs, outputs, 0, 10));
		assert_eq!(Balances::free_balance(account(1)), 600);
		assert_eq!(Balances::free_balance(account(2)), 400);
		let kinds = |who| EnergyAssets::assets_of(&account(who)).remove(0).1.kind;
		assert_eq!((kinds(1), kinds(2)), (AssetKind::Consumption, AssetKind::Production));
	});
}

#[test]
fn transfer_should_mix_among_many_owners() {
	build_and_execute(|| {
		let ids: Vec<u64> = (1..=5).map(|who| withdraw(who, 100, OPEN, OPEN + 9)).collect();
		let mixed = (11..=15).map(|who| output(who, 100, OPEN, OPEN + 9)).collect();
		let call = co_signed(3, &[1, 2, 4, 5], inputs(&ids, &[]), outputs(mixed, &[]), 0, 10);
		assert_done(signed(3), call);
		for who in 11..=15 {
			assert_eq!(owned(who), vec![(100, OPEN, OPEN + 9)]);
		}
	});
}

#[test]
fn transfer_should_fail_when_an_input_is_spent() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		let call = |ids: &[u64], power| {
			transfer(inputs(ids, &[]), outputs(vec![output(1, power, OPEN, OPEN)], &[]))
		};
		let error = Error::<Test>::AssetNotFound;
		assert_refused(signed(1), call(&[id, id], 1_000), error);
		assert_refused(signed(1), call(&[id + 1], 500), Error::<Test>::AssetNotFound);
		assert_done(signed(1), call(&[id], 500));
		assert_refused(signed(1), call(&[id], 500), Error::<Test>::AssetNotFound);
	});
}

#[test]
fn transfer_should_fail_when_the_inputs_are_foreign() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		let call = || transfer(inputs(&[id], &[]), outputs(vec![output(2, 500, OPEN, OPEN)], &[]));
		assert_refused(signed(2), call(), Error::<Test>::NotOwner);
		assert_refused(RuntimeOrigin::root(), call(), BadOrigin);
		assert_refused(RuntimeOrigin::none(), call(), BadOrigin);
		// With an asset of the thief's own, the owner's signature is missing.
		let own = withdraw(2, 100, OPEN, OPEN);
		let both =
			transfer(inputs(&[id, own], &[]), outputs(vec![output(2, 600, OPEN, OPEN)], &[]));
		assert_refused(signed(2), both, Error::<Test>::MissingSignature);
		assert_done(signed(1), call());
	});
}

#[test]
fn transfer_should_fail_when_an_input_is_locked() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		let call = || transfer(inputs(&[id], &[]), outputs(vec![output(2, 500, OPEN, OPEN)], &[]));
		EnergyAssets::lock(&account(1), id).unwrap();
		assert_refused(signed(1), call(), Error::<Test>::AssetLocked);
		EnergyAssets::unlock(id).unwrap();
		assert_done(signed(1), call());
	});
}

#[test]
fn transfer_should_fail_when_an_input_has_expired() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		let call = || transfer(inputs(&[id], &[]), outputs(vec![output(1, 500, OPEN, OPEN)], &[]));
		set_now(OPEN + 21);
		assert_refused(signed(1), call(), Error::<Test>::AssetExpired);
		set_now(OPEN + 20);
		assert_done(signed(1), call());
	});
}

#[test]
fn transfer_should_fail_when_lists_are_empty() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		let out = || outputs(vec![output(1, 500, OPEN, OPEN)], &[]);
		let error = Error::<Test>::NothingToTransfer;
		assert_refused(signed(1), transfer(inputs(&[], &[]), outputs(vec![], &[])), error);
		let error = Error::<Test>::NothingToTransfer;
		assert_refused(signed(1), transfer(inputs(&[], &[]), out()), error);
		let error = Error::<Test>::NothingToTransfer;
		assert_refused(signed(1), transfer(inputs(&[id], &[]), outputs(vec![], &[])), error);
		let error = Error::<Test>::NotConserved;
		let destroys = transfer(inputs(&[id], &[]), outputs(vec![], &[(1, 1)]));
		assert_refused(signed(1), destroys, error);
		assert_done(signed(1), transfer(inputs(&[id], &[]), out()));
	});
}

#[test]
fn transfer_should_not_decode_when_lists_are_too_long() {
	use codec::{Decode, Encode};
	let decode = |assets: usize| {
		let bytes = (vec![0u64; assets], Vec::<(u8, u8)>::new()).encode();
		crate::TransferInputs::<Test>::decode(&mut bytes.as_slice())
	};
	assert!(decode(17).is_err());
	assert!(decode(16).is_ok());
}

#[test]
fn transfer_should_fail_when_an_output_is_not_well_formed() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN + 9);
		let call = |bad| {
			let rest = output(1, 500, OPEN, OPEN + 9);
			transfer(inputs(&[id], &[]), outputs(vec![rest, bad], &[]))
		};
		let refuse = |bad, error: Error<Test>| assert_refused(signed(1), call(bad), error);
		refuse(output(2, 0, OPEN, OPEN), Error::ZeroPower);
		refuse(output(2, 150, OPEN, OPEN), Error::NotMultipleOfLot);
		refuse(output(2, 100, OPEN + 1, OPEN), Error::BadInterval);
		let parts = vec![output(1, 400, OPEN, OPEN + 9), output(2, 100, OPEN, OPEN + 9)];
		assert_done(signed(1), transfer(inputs(&[id], &[]), outputs(parts, &[])));
	});
}

#[test]
fn transfer_should_weigh_by_each_of_its_lists() {
	use frame_support::dispatch::GetDispatchInfo;
	build_and_execute(|| {
		let inputs = inputs(&[0, 1], &[(1, 1), (1, 1), (1, 1)]);
		let outputs = outputs(vec![output(1, 100, OPEN, OPEN)], &[(1, 1); 5]);
		let call = co_signed(1, &[2, 3, 4, 5], inputs, outputs, 0, 10);
		assert_eq!(call.get_dispatch_info().call_weight.ref_time(), 1_02_01_03_05_04);
	});
}
