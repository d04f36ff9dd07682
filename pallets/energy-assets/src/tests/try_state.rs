//! Every invariant, broken.

use crate::{
	live_power::LivePower, mock::*, Assets, AssetsOf, Expiries, Holder, Holders, Leaving, LiveOn,
	LivePages, LiveRoots, NextAssetId, UsedDigests,
};
use petra_primitives::{AssetKind, PooledNotes};
use petra_schedule::timeline::{PageKey, Timeline};
use sp_runtime::TryRuntimeError;

/// Corrupts a good state and expects the report.
fn reports(corrupt: impl FnOnce(), report: &'static str) {
	new_test_ext().execute_with(|| {
		withdraw(1, 500, OPEN, OPEN + 9);
		withdraw(2, 500, OPEN, OPEN + 9);
		withdraw_kind(1, AssetKind::Consumption, 100, OPEN + 30, OPEN + 40);
		let id = withdraw(3, 500, OPEN, OPEN + 9);
		EnergyAssets::retire(id).unwrap();
		assert_eq!(EnergyAssets::do_try_state(), Ok(()));
		corrupt();
		assert_eq!(EnergyAssets::do_try_state(), Err(TryRuntimeError::Other(report)));
	});
}

fn ends(end: u64, id: u64) -> ([u8; 8], [u8; 8]) {
	(end.to_be_bytes(), id.to_be_bytes())
}

#[test]
fn try_state_should_report_bad_assets() {
	reports(|| NextAssetId::<Test>::put(2), "energy assets: an id was not given out yet");
	for bad in 0..3 {
		reports(
			|| {
				Assets::<Test>::mutate(0, |asset| {
					let asset = asset.as_mut().unwrap();
					match bad {
						0 => asset.power = 0,
						1 => asset.power = 150,
						_ => asset.start = asset.end + 1,
					}
				})
			},
			"energy assets: an asset is not well-formed",
		);
	}
}

#[test]
fn try_state_should_report_indices_that_disagree() {
	reports(
		|| AssetsOf::<Test>::remove(account(1), 0),
		"energy assets: an asset is not in its owner's index",
	);
	reports(
		|| AssetsOf::<Test>::insert(account(2), 0, ()),
		"energy assets: the owners' index has too many entries",
	);
	let disagree = "energy assets: the index of ends and an asset disagree";
	reports(
		|| {
			let (end, id) = ends(OPEN + 9, 0);
			Expiries::<Test>::remove(end, id)
		},
		disagree,
	);
	reports(|| Assets::<Test>::mutate(0, |asset| asset.as_mut().unwrap().locked = true), disagree);
	reports(
		|| {
			let (end, id) = ends(OPEN + 8, 0);
			Expiries::<Test>::insert(end, id, ())
		},
		"energy assets: the index of ends has too many entries",
	);
}

#[test]
fn try_state_should_report_wrong_counts() {
	let report = "energy assets: a feeder's count is wrong";
	reports(|| LiveOn::<Test>::insert(FEEDER, 2), report);
	reports(|| LiveOn::<Test>::insert(9, 1), report);
	reports(|| LiveOn::<Test>::insert(9, 0), report);
	let (kind, feeder) = (AssetKind::Production, FEEDER);
	let note = PooledNotes { kind, feeder, power: 100, start: 1, end: 1, notes: 1 };
	reports(|| Pooled::set(vec![note]), report);
}

#[test]
fn try_state_should_report_wrong_holders() {
	reports(
		|| Holders::<Test>::insert(account(1), Holder { assets: 1, leaving: None }),
		"energy assets: an address's count is wrong",
	);
	reports(|| Holders::<Test>::remove(account(1)), "energy assets: an owner is not held");
	let stays = "energy assets: an address leaves with assets, or stays without";
	reports(|| Holders::<Test>::insert(account(1), Holder { assets: 2, leaving: Some(1) }), stays);
	reports(|| Holders::<Test>::insert(account(3), Holder { assets: 0, leaving: None }), stays);
	reports(
		|| Holders::<Test>::insert(account(3), Holder { assets: 0, leaving: Some(77) }),
		"energy assets: a leaving address is not in the queue",
	);
	reports(
		|| Leaving::<Test>::insert([0; 8], account(4), ()),
		"energy assets: the queue of leaving addresses has too many entries",
	);
	reports(
		|| {
			System::dec_sufficients(&account(1));
		},
		"energy assets: an address has no account reference",
	);
}

#[test]
fn try_state_should_report_wrong_live_power() {
	let differs = "energy assets: live power is not created − deposited − expired";
	let add = |kind, value| {
		let mut timeline = Timeline(LivePower::<Test>::new(kind));
		timeline.add(OPEN + 5, OPEN + 5, value).unwrap();
	};
	reports(|| add(AssetKind::Production, 1), differs);
	reports(|| add(AssetKind::Consumption, -1), differs);
	reports(
		|| {
			LiveRoots::<Test>::remove(AssetKind::Production);
		},
		differs,
	);
	reports(
		|| {
			let key = PageKey { level: 0, index: 12_345 };
			let page = petra_schedule::timeline::Page::default();
			LivePages::<Test>::insert(AssetKind::Production, key, page)
		},
		"energy assets: live power has stray pages",
	);
	reports(
		|| {
			let keys: Vec<_> = LivePages::<Test>::iter_keys().collect();
			assert!(!keys.is_empty());
			keys.into_iter().for_each(|(kind, key)| LivePages::<Test>::remove(kind, key));
		},
		"energy assets: live power is corrupt",
	);
}

#[test]
fn try_state_should_report_digests_that_are_kept_too_long() {
	reports(
		|| UsedDigests::<Test>::insert(102u64.to_be_bytes(), [0; 32], ()),
		"energy assets: a digest is kept too long",
	);
}
