//! What the chain starts with.

use super::*;
use crate::GenesisConfig;
use petra_primitives::{FeederLimits, Grid, MarketMode, MarketRules, Parameters};
use std::panic::catch_unwind;

const LIMITS: FeederLimits = FeederLimits { internal: 5, external: 3 };

/// What building this genesis panics with.
fn refusal(genesis: impl FnOnce() -> GenesisConfig<Test> + std::panic::UnwindSafe) -> String {
	let panic = catch_unwind(|| new_test_ext(genesis())).map(|_| ()).unwrap_err();
	match panic.downcast::<String>() {
		Ok(message) => *message,
		Err(panic) => panic.downcast_ref::<&str>().unwrap().to_string(),
	}
}

#[test]
fn genesis_should_be_the_defaults_when_nothing_is_set() {
	build_and_execute_with(GenesisConfig::default(), || {
		assert_eq!(Regulation::parameters(), Parameters::default());
		assert_eq!(Regulation::prices(NOW), (0, 0));
		assert_eq!(Regulation::market_mode(NOW), MarketMode::FirstComeFirstServed);
		assert_eq!(Regulation::feeder_limits(1, 1, 9), vec![(1, 9, None)]);
		assert_eq!(crate::Issuer::<Test>::get(), None);
	});
}

#[test]
fn genesis_should_hold_from_the_first_timestep() {
	let genesis = GenesisConfig {
		price_consumption: 300,
		price_production: 100,
		market: MarketMode::DoubleAuction,
		issuer: Some(5),
		feeder_limits: vec![(1, LIMITS)],
		..genesis()
	};
	build_and_execute_with(genesis, || {
		for t in [1, NOW, u64::MAX] {
			assert_eq!(Regulation::prices(t), (300, 100));
			assert_eq!(Regulation::market_mode(t), MarketMode::DoubleAuction);
			assert_eq!(Regulation::feeder_limits(1, t, t), vec![(t, t, Some(LIMITS))]);
		}
		assert_eq!(crate::Issuer::<Test>::get(), Some(5));
	});
}

#[test]
fn genesis_should_not_build_when_parameters_are_bad() {
	for (bad, word) in super::parameters::bad_parameters() {
		let message = refusal(move || GenesisConfig { parameters: bad, ..genesis() });
		assert!(message.starts_with("regulation genesis: ") && message.contains(word), "{message}");
	}
}

#[test]
fn genesis_should_not_build_when_policies_are_bad() {
	let message = refusal(|| GenesisConfig { price_production: 10, ..genesis() });
	assert_eq!(message, "regulation genesis: priceProduction must be at most priceConsumption");
	for genesis in [
		|| GenesisConfig { price_consumption: 15, ..genesis() },
		|| GenesisConfig { price_consumption: 20, price_production: 15, ..genesis() },
		|| GenesisConfig { market: MarketMode::FixedPrice(15), ..genesis() },
	] {
		let message = refusal(genesis);
		assert_eq!(message, "regulation genesis: prices must be multiples of priceTick");
	}
	let twice = || GenesisConfig { feeder_limits: vec![(1, LIMITS), (1, LIMITS)], ..genesis() };
	assert_eq!(refusal(twice), "regulation genesis: a feeder is listed twice");
}

#[test]
fn genesis_should_be_camel_case_in_json() {
	let genesis =
		GenesisConfig::<Test> { issuer: Some(5), feeder_limits: vec![(1, LIMITS)], ..genesis() };
	let json = serde_json::to_value(&genesis).unwrap();
	assert_eq!(json["parameters"]["timestepMs"], 4_000);
	assert_eq!(json["parameters"]["settlementWindow"], 20);
	assert_eq!(json["priceConsumption"], 0);
	assert_eq!(json["market"], "firstComeFirstServed");
	assert_eq!(json["feederLimits"][0][1]["internal"], 5);
	let back: GenesisConfig<Test> = serde_json::from_value(json).unwrap();
	assert_eq!(back.feeder_limits, genesis.feeder_limits);
}
