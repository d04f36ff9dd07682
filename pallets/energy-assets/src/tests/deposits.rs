//! Deposits of energy assets.

use crate::{mock::*, Call, Error, Event};
use petra_primitives::AssetLedger;

#[test]
fn deposit_energy_asset_should_burn_and_say_so() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN + 9);
		let asset = EnergyAssets::asset(id).unwrap();
		assert_done(signed(1), Call::deposit_energy_asset { asset_id: id });
		assert_eq!(EnergyAssets::asset(id), None);
		assert_eq!(EnergyAssets::assets_of(&account(1)), vec![]);
		let event = Event::AssetDeposited { address: account(1), asset_id: id, asset };
		assert_eq!(events().last(), Some(&event));
	});
}

#[test]
fn deposit_energy_asset_should_work_in_every_state_until_it_expires() {
	build_and_execute(|| {
		let ids: Vec<u64> = (0..5).map(|_| withdraw(1, 500, OPEN, OPEN + 1)).collect();
		// Open, gated, begun, over, and in the last timestep of the settlement window.
		for (id, now) in ids.into_iter().zip([NOW, OPEN - 1, OPEN, OPEN + 2, OPEN + 21]) {
			set_now(now);
			assert_done(signed(1), Call::deposit_energy_asset { asset_id: id });
		}
	});
}

#[test]
fn deposit_energy_asset_should_fail_when_it_cannot_be_spent() {
	build_and_execute(|| {
		let id = withdraw(1, 500, OPEN, OPEN);
		let call = || Call::deposit_energy_asset { asset_id: id };
		let unknown = Call::deposit_energy_asset { asset_id: id + 1 };
		assert_refused(signed(1), unknown, Error::<Test>::AssetNotFound);
		assert_refused(signed(2), call(), Error::<Test>::NotOwner);
		EnergyAssets::lock(&account(1), id).unwrap();
		assert_refused(signed(1), call(), Error::<Test>::AssetLocked);
		EnergyAssets::unlock(id).unwrap();
		set_now(OPEN + 21);
		assert_refused(signed(1), call(), Error::<Test>::AssetExpired);
		set_now(OPEN + 20);
		assert_done(signed(1), call());
		assert_refused(signed(1), call(), Error::<Test>::AssetNotFound);
	});
}
