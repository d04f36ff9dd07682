//! What the market and the mixing pools do with assets.

use crate::{mock::*, Event, Holder, Holders, LiveOn, NextAssetId};
use petra_primitives::{AssetLedger, AssetLedgerError, AssetsExist, EnergyAsset, PooledNotes};

#[test]
fn lock_should_hold_an_asset_of_the_owner() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		let (owner, other) = (account(1), account(2));
		assert_eq!(EnergyAssets::lock(&other, id), Err(AssetLedgerError::NotOwner));
		assert_eq!(EnergyAssets::lock(&owner, id + 1), Err(AssetLedgerError::AssetNotFound));
		assert_eq!(EnergyAssets::unlock(id), Err(AssetLedgerError::AssetNotLocked));
		let asset = EnergyAssets::lock(&owner, id).unwrap();
		assert!(asset.locked);
		assert_eq!(EnergyAssets::asset(id), Some(asset));
		assert_eq!(EnergyAssets::lock(&owner, id), Err(AssetLedgerError::AssetLocked));
		assert_eq!(EnergyAssets::unlock(id), Ok(()));
		assert_eq!(EnergyAssets::unlock(id + 1), Err(AssetLedgerError::AssetNotFound));
		set_now(OPEN + 21);
		assert_eq!(EnergyAssets::lock(&owner, id), Err(AssetLedgerError::AssetExpired));
	});
}

#[test]
fn spend_and_create_should_trade() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		EnergyAssets::lock(&account(1), id).unwrap();
		let asset = EnergyAssets::spend(id).unwrap();
		assert_eq!(EnergyAssets::spend(id), Err(AssetLedgerError::AssetNotFound));
		let sold = EnergyAsset { owner: account(2), power: 300, locked: false, ..asset.clone() };
		let kept = EnergyAsset { power: 200, ..asset };
		assert_eq!(EnergyAssets::create(sold.clone()), Ok(id + 1));
		assert_eq!(EnergyAssets::create(kept.clone()), Ok(id + 2));
		assert_eq!(EnergyAssets::asset(id + 1), Some(sold.clone()));
		assert!(EnergyAssets::asset(id + 2).unwrap().locked);
		let event = Event::AssetAdded { address: account(2), asset_id: id + 1, asset: sold };
		assert!(events().contains(&event));
		assert_eq!(LiveOn::<Test>::get(FEEDER), 2);
	});
}

#[test]
fn pooled_notes_should_stay_live_until_they_expire() {
	build_and_execute(|| {
		let id = withdraw(1, 400, OPEN, OPEN);
		assert_eq!(EnergyAssets::pool(&account(2), id, 4), Err(AssetLedgerError::NotOwner));
		let asset = EnergyAssets::pool(&account(1), id, 4).unwrap();
		assert_eq!(EnergyAssets::pool(&account(1), id, 4), Err(AssetLedgerError::AssetNotFound));
		assert_eq!(LiveOn::<Test>::get(FEEDER), 4);
		assert!(EnergyAssets::assets_exist());
		let note = |notes| PooledNotes {
			kind: asset.kind,
			feeder: asset.feeder,
			power: 100,
			start: OPEN,
			end: OPEN,
			notes,
		};
		Pooled::set(vec![note(4)]);
		EnergyAssets::do_try_state().unwrap();

		let out = EnergyAsset { owner: account(7), power: 100, ..asset.clone() };
		let new = EnergyAssets::unpool(out.clone()).unwrap();
		assert_eq!(EnergyAssets::asset(new), Some(out.clone()));
		assert!(events().contains(&Event::AssetAdded {
			address: account(7),
			asset_id: new,
			asset: out
		}));
		Pooled::set(vec![note(3)]);
		EnergyAssets::do_try_state().unwrap();

		EnergyAssets::expire_pooled(&note(3)).unwrap();
		Pooled::set(vec![]);
		assert_eq!(LiveOn::<Test>::get(FEEDER), 1);
	});
}

#[test]
fn can_unpool_should_say_whether_ids_and_counts_last() {
	build_and_execute(|| {
		assert_eq!(EnergyAssets::can_unpool(&account(1), u32::MAX), Ok(()));
		withdraw(1, 500, OPEN, OPEN);
		assert_eq!(EnergyAssets::can_unpool(&account(1), u32::MAX - 1), Ok(()));
		let overflow = Err(AssetLedgerError::Overflow);
		assert_eq!(EnergyAssets::can_unpool(&account(1), u32::MAX), overflow);
		assert_eq!(EnergyAssets::can_unpool(&account(2), u32::MAX), Ok(()));
	});
	new_test_ext().execute_with(|| {
		let overflow = Err(AssetLedgerError::Overflow);
		NextAssetId::<Test>::put(u64::MAX - 1);
		assert_eq!(EnergyAssets::can_unpool(&account(1), 1), Ok(()));
		assert_eq!(EnergyAssets::can_unpool(&account(1), 2), overflow);
		NextAssetId::<Test>::put(0);
		Holders::<Test>::insert(account(1), Holder { assets: u32::MAX, leaving: None });
		assert_eq!(EnergyAssets::can_unpool(&account(1), 1), overflow);
	});
}

#[test]
fn assets_should_exist_exactly_while_there_are_some() {
	build_and_execute(|| {
		assert!(!EnergyAssets::assets_exist());
		let id = withdraw(1, 500, OPEN, OPEN);
		assert!(EnergyAssets::assets_exist());
		let parameters = parameters();
		let set = || Regulation::set_parameters(RuntimeOrigin::root(), parameters);
		assert!(set().is_err());
		EnergyAssets::retire(id).unwrap();
		assert!(!EnergyAssets::assets_exist());
		assert_eq!(set(), Ok(()));
	});
}
