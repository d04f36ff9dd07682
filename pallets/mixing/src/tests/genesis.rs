//! The first rules.

use crate::{mock::*, GenesisConfig, RingRules, Rules, Unit};
use sp_runtime::BuildStorage;

#[test]
fn genesis_should_have_the_documented_defaults() {
	let storage = GenesisConfig::<Test>::default().build_storage().unwrap();
	sp_io::TestExternalities::new(storage).execute_with(|| {
		assert_eq!(Unit::<Test>::get(), 1_000_000);
		assert_eq!(Rules::<Test>::get(), RingRules { min_size: 10, min_age: 20 });
	});
}

fn genesis_of(unit: u128, min_ring_size: u32, min_ring_age: u32) {
	GenesisConfig::<Test> { unit, min_ring_size, min_ring_age, ..Default::default() }
		.build_storage()
		.unwrap();
}

#[test]
fn genesis_should_take_rules_at_their_bounds() {
	genesis_of(1, 2, 0);
	genesis_of(u128::MAX, 255, TIMEOUT - 1);
}

#[test]
#[should_panic(expected = "mixing.unit must be at least 1")]
fn genesis_should_refuse_a_unit_of_nothing() {
	genesis_of(0, 10, 20);
}

#[test]
#[should_panic(expected = "mixing.minRingSize must be from 2 to 255")]
fn genesis_should_refuse_rings_of_one() {
	genesis_of(1, 1, 20);
}
