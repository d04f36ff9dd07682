//! Meters in the genesis.

use crate::mock::*;
use frame_support::assert_ok;
use petra_primitives::{Authorization, Path};
use sp_runtime::BuildStorage;

fn build(meters: Vec<Authorization<u64>>) -> sp_io::TestExternalities {
	Time::set(0);
	Units::set(PARAMETERS);
	let registry = crate::GenesisConfig { meters };
	let genesis = RuntimeGenesisConfig { registry, ..Default::default() };
	genesis.build_storage().unwrap().into()
}

#[test]
fn meters_of_the_genesis_should_be_authorized_from_the_start() {
	let dso = authorization(METER_DSO, Path::Dso);
	build(vec![authorization(METER, Path::Meter), dso]).execute_with(|| {
		assert!(Registry::was_authorized(METER, 0));
		Time::set(NOW);
		System::set_block_number(1);
		assert_ok!(withdraw(Production, 5_000, NOW + 2, NOW + 9));
		assert_ok!(withdraw_all(&[], 300));
		assert_ok!(create(5_000, NOW + 2, NOW + 9));
		assert_eq!(System::sufficients(&KEY), 1);
		Registry::do_try_state().unwrap();
	});
}

#[test]
#[should_panic(expected = "meter 10 is in the genesis twice")]
fn genesis_should_not_build_when_a_meter_is_in_it_twice() {
	build(vec![authorization(METER, Path::Meter), authorization(METER, Path::Dso)]);
}

#[test]
#[should_panic(expected = "KeyInUse")]
fn genesis_should_not_build_when_a_key_is_in_it_twice() {
	let other = Authorization { id: 11, ..authorization(METER, Path::Meter) };
	build(vec![authorization(METER, Path::Meter), other]);
}
