//! Every invariant, broken.

use super::*;
use crate::{
	records::Record, ControlSignal, ControlSignals, CurrentParameters, FeederPolicies, FeederSpans,
	MarketSpan, PricePolicies, PricePolicy, PriceSpan,
};
use sp_runtime::TryRuntimeError;

/// Corrupts a good state and expects the report.
fn reports(corrupt: impl FnOnce(), report: &'static str) {
	new_test_ext(genesis()).execute_with(|| {
		assert_regulated(prices(300, 100, NOW));
		assert_regulated(prices(400, 100, NOW + 1));
		assert_regulated(Call::set_feeder_limits { feeder: 1, limits: None, time: NOW });
		assert_regulated(Call::publish_control_signal {
			start: NOW,
			end: NOW + 5,
			power_change: 1,
		});
		assert_eq!(Regulation::do_try_state(), Ok(()));
		corrupt();
		assert_eq!(Regulation::do_try_state(), Err(TryRuntimeError::Other(report)));
	});
}

#[test]
fn try_state_should_report_bad_parameters() {
	reports(
		|| CurrentParameters::<Test>::mutate(|parameters| parameters.power_lot = 0),
		"powerLot must be at least 1",
	);
}

#[test]
fn try_state_should_report_a_broken_series() {
	reports(
		|| PriceSpan::<Test>::mutate(|span| span.first = 9),
		"regulation: a series' span is reversed",
	);
	reports(
		|| PricePolicies::<Test>::remove(1),
		"regulation: a series' span and its records disagree",
	);
	reports(
		|| MarketSpan::<Test>::mutate(|span| span.end += 1),
		"regulation: a series' span and its records disagree",
	);
	reports(|| PricePolicies::<Test>::swap(1, 7), "regulation: a series has a gap");
	reports(|| PricePolicies::<Test>::swap(0, 2), "regulation: a series' times do not ascend");
	reports(
		|| {
			let value = None;
			(1..9).for_each(|i| {
				FeederPolicies::<Test>::insert(1, i, Record { time: NOW + i, value })
			});
			FeederSpans::<Test>::mutate(1, |span| (span.next, span.end) = (9, 9));
		},
		"regulation: a series is too long",
	);
	reports(
		|| FeederPolicies::<Test>::insert(2, 0, Record { time: NOW, value: None }),
		"regulation: limits of a feeder without a span",
	);
}

#[test]
fn try_state_should_report_reversed_prices() {
	reports(
		|| {
			let value = PricePolicy { consumption: 1, production: 2 };
			PricePolicies::<Test>::insert(2, Record { time: NOW + 1, value })
		},
		"regulation: a price policy is reversed",
	);
}

#[test]
fn try_state_should_report_overlapping_control_signals() {
	reports(
		|| {
			let signal = ControlSignal { start: NOW + 5, end: NOW + 9, power_change: 2 };
			ControlSignals::<Test>::try_append(signal).unwrap()
		},
		"regulation: control signals overlap",
	);
	reports(
		|| {
			let signal = ControlSignal { start: NOW + 9, end: NOW + 8, power_change: 2 };
			ControlSignals::<Test>::try_append(signal).unwrap()
		},
		"regulation: control signals overlap",
	);
}
