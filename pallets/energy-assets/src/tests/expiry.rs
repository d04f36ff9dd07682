//! Expiry: by anyone, and in idle block time.

use crate::{mock::*, Assets, Call, Error, Event, Expiries, LivePages, LiveRoots, MAX_IDLE_STEPS};
use frame_support::{traits::Hooks, weights::Weight};
use petra_primitives::{AssetLedger, AssetsExist};
use sp_runtime::DispatchError::BadOrigin;

#[test]
fn reap_should_remove_only_what_has_expired() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		let call = || Call::reap { asset_id: id };
		set_now(OPEN + 20);
		assert_refused(signed(2), call(), Error::<Test>::NotExpired);
		set_now(OPEN + 21);
		assert_refused(RuntimeOrigin::none(), call(), BadOrigin);
		assert_done(signed(2), call());
		assert_eq!(events().last(), Some(&Event::AssetExpired { asset_id: id }));
		assert_refused(signed(2), call(), Error::<Test>::AssetNotFound);
		assert!(!EnergyAssets::assets_exist());
	});
}

#[test]
fn reap_should_fail_when_the_asset_is_locked() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		EnergyAssets::lock(&account(1), id).unwrap();
		set_now(OPEN + 21);
		idle();
		assert_refused(signed(2), Call::reap { asset_id: id }, Error::<Test>::AssetLocked);
		EnergyAssets::unlock(id).unwrap();
		assert_done(signed(2), Call::reap { asset_id: id });
	});
}

#[test]
fn idle_time_should_remove_the_earliest_in_bounded_steps_after_a_standstill() {
	build_and_execute(|| {
		let asset = {
			let id = withdraw(1, 100, OPEN, OPEN + 40);
			EnergyAssets::asset(id).unwrap()
		};
		for index in 0..u64::from(MAX_IDLE_STEPS) + 44 {
			let end = OPEN + index % 7;
			let asset = petra_primitives::EnergyAsset { end, ..asset.clone() };
			EnergyAssets::bring_into_being(asset).unwrap();
		}
		let locked = 5;
		EnergyAssets::lock(&account(1), locked).unwrap();
		// A week at 4-second timesteps later, all but the locked one go, the earliest first.
		let count = || Assets::<Test>::iter_keys().count() as u32;
		let all = count();
		set_now(NOW + 151_200);
		idle();
		assert_eq!(count(), all - MAX_IDLE_STEPS);
		idle();
		assert_eq!(count(), 1);
		let expired: Vec<u64> = events()
			.into_iter()
			.filter_map(|event| match event {
				Event::AssetExpired { asset_id } => Some(asset_id),
				_ => None,
			})
			.collect();
		let end = |id: u64| if id == 0 { OPEN + 40 } else { OPEN + (id - 1) % 7 };
		assert!(expired.is_sorted_by_key(|id| (end(*id), *id)));
		assert_eq!(expired.len() as u32, all - 1);
		EnergyAssets::unlock(locked).unwrap();
		idle();
		assert_eq!(count(), 0);
		// Nothing is left behind.
		assert_eq!(Expiries::<Test>::iter_keys().count(), 0);
		assert_eq!(LivePages::<Test>::iter_keys().count(), 0);
		assert_eq!(LiveRoots::<Test>::iter_keys().count(), 0);
	});
}

#[test]
fn idle_time_should_keep_what_has_not_expired() {
	build_and_execute(|| {
		let ids = [withdraw(1, 500, OPEN, OPEN + 1), withdraw(1, 500, OPEN, OPEN)];
		set_now(OPEN + 21);
		idle();
		assert_eq!(EnergyAssets::asset(ids[1]), None);
		assert!(EnergyAssets::asset(ids[0]).is_some());
	});
}

#[test]
fn idle_time_should_use_no_more_weight_than_it_is_given() {
	build_and_execute(|| {
		(0..9).for_each(|_| {
			withdraw(1, 500, OPEN, OPEN);
		});
		set_now(OPEN + 21);
		let count = || Assets::<Test>::iter_keys().count();
		assert_eq!(EnergyAssets::on_idle(1, Weight::zero()), Weight::zero());
		assert_eq!(count(), 9);
		assert_eq!(EnergyAssets::on_idle(1, Weight::from_parts(39, 99)), STEP * 3);
		assert_eq!(count(), 6);
		// The rest, and a look at each of the three lists.
		assert_eq!(EnergyAssets::on_idle(1, Weight::MAX), STEP * (6 + 3));
		assert_eq!(count(), 0);
	});
}
