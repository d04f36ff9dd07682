//! Bills against cases computed by hand, and the identities against a naive model.

#![allow(clippy::arithmetic_side_effects)]

use super::*;
use crate::{dev, types::*, AccountId32, H256};
use codec::{Decode, Encode};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use AssetKind::{Consumption, Production};

const PRICES: Prices = Prices { consumption: 75, production: 25 };
const GENESIS: H256 = H256([7; 32]);

fn account(number: u8) -> AccountId32 {
	AccountId32([number; 32])
}

fn constant(prices: Prices) -> impl Fn(Timestep) -> Option<Prices> {
	move |_| Some(prices)
}

fn energy(kind: AssetKind, power: Power, start: Timestep, end: Timestep) -> Energy {
	Energy { kind, power, start, end }
}

fn entry(change: Change) -> Entry {
	entry_at(0, change)
}

fn entry_at(at: Timestep, change: Change) -> Entry {
	Entry { address: account(1), at, change }
}

fn withdrawn(kind: AssetKind, power: Power) -> Entry {
	entry(Change::EnergyWithdrawn(energy(kind, power, 0, 0)))
}

fn deposited(kind: AssetKind, power: Power) -> Entry {
	entry(Change::EnergyDeposited(energy(kind, power, 0, 0)))
}

fn paid_out(amount: Balance) -> Entry {
	entry(Change::MoneyWithdrawn(amount))
}

fn paid_in(amount: Balance) -> Entry {
	entry(Change::MoneyDeposited(amount))
}

fn one_line(measured: i128, entries: &[Entry]) -> Line {
	lines(Period { first: 0, last: 0 }, &[measured], entries, constant(PRICES)).unwrap()[0]
}

/// Prices 75 and 25. Each case: what happened, `E`, `B` and the mismatch, by hand.
#[test]
fn line_should_be_as_computed_by_hand() {
	type Case<'a> = (&'a str, i128, Vec<Entry>, i128, i128, i128);
	let cases: Vec<Case> = vec![
		("nothing happened", 0, vec![], 0, 0, 0),
		("drew 300 W, no trade", 300, vec![], 300, 22_500, 0),
		("fed in 200 W, no trade: credited", -200, vec![], -200, -5_000, 0),
		(
			"sold 500 W at 50: withdrew EPA, deposited the ECA and the money it got",
			-500,
			vec![withdrawn(Production, 500), deposited(Consumption, 500), paid_in(25_000)],
			0,
			-25_000,
			0,
		),
		(
			"bought them: withdrew ECA and money, deposited the EPA",
			500,
			vec![withdrawn(Consumption, 500), paid_out(25_000), deposited(Production, 500)],
			0,
			25_000,
			0,
		),
		(
			"bought 500 of 800 ECA and got change of 5 000",
			800,
			vec![
				withdrawn(Consumption, 800),
				paid_out(30_000),
				deposited(Production, 500),
				deposited(Consumption, 300),
				paid_in(5_000),
			],
			300,
			25_000 + 22_500,
			0,
		),
		(
			"sold 500 W and produced only 300: the rest is charged",
			-300,
			vec![withdrawn(Production, 500), deposited(Consumption, 500), paid_in(25_000)],
			200,
			-25_000 + 15_000,
			0,
		),
		(
			"sold 500 W and produced 700: the surplus is credited",
			-700,
			vec![withdrawn(Production, 500), deposited(Consumption, 500), paid_in(25_000)],
			-200,
			-25_000 - 5_000,
			0,
		),
		(
			"bought 500 W and drew only 100",
			100,
			vec![withdrawn(Consumption, 500), paid_out(25_000), deposited(Production, 500)],
			-400,
			25_000 - 10_000,
			0,
		),
		(
			"withdrew and deposited the same, as every day",
			40,
			vec![
				withdrawn(Production, 600),
				withdrawn(Consumption, 600),
				paid_out(9_000),
				deposited(Production, 600),
				deposited(Consumption, 600),
				paid_in(9_000),
			],
			40,
			3_000,
			0,
		),
		(
			"kept its EPA: charged for it, and the flag",
			-500,
			vec![withdrawn(Production, 500)],
			0,
			0,
			500,
		),
		(
			"kept its ECA: no bill, but the flag",
			100,
			vec![withdrawn(Consumption, 500)],
			100,
			7_500,
			500,
		),
		("kept its money: a liability of the DSO", 0, vec![paid_out(1_000)], 0, 1_000, 0),
		(
			"gave 500 W of EPA away",
			-500,
			vec![
				withdrawn(Production, 500),
				withdrawn(Consumption, 100),
				deposited(Consumption, 100),
			],
			0,
			0,
			500,
		),
		("got 500 W of EPA as a gift", 500, vec![deposited(Production, 500)], 0, 0, -500),
		("got 500 W of ECA as a gift", 0, vec![deposited(Consumption, 500)], 0, 0, -500),
		("one watt and one unit", 1, vec![paid_out(1)], 1, 76, 0),
		("one watt and one unit the other way", -1, vec![paid_in(1)], -1, -26, 0),
	];
	for (name, measured, entries, energy, bill, mismatch) in cases {
		let line = one_line(measured, &entries);
		assert_eq!(
			(line.energy, line.bill, line.mismatch()),
			(energy, bill, Ok(mismatch)),
			"{name}"
		);
		let flagged = flags(3, &[line]).unwrap();
		let flag = Flag { meter: 3, timestep: 0, mismatch };
		assert_eq!(flagged, if mismatch == 0 { vec![] } else { vec![flag] }, "{name}");
	}
}

#[test]
fn outstanding_things_should_have_lines_of_their_own() {
	let entries = [
		withdrawn(Production, 500),
		deposited(Production, 100),
		withdrawn(Consumption, 300),
		deposited(Consumption, 400),
		paid_out(90),
		paid_in(20),
	];
	let line = one_line(0, &entries);
	assert_eq!(line.undeposited_epa(), Ok(400));
	assert_eq!(line.undeposited_eca(), Ok(-100));
	assert_eq!(line.undeposited_money(), Ok(70));
	assert_eq!(line.mismatch(), Ok(300));
}

/// Energy counts in each timestep of the asset, money in that of the block; what is outside the period does not count.
#[test]
fn lines_should_count_energy_over_its_interval_and_money_at_its_block() {
	let period = Period { first: 10, last: 13 };
	let entries = [
		entry_at(2, Change::EnergyWithdrawn(energy(Production, 100, 8, 11))),
		entry_at(99, Change::EnergyDeposited(energy(Production, 30, 11, 20))),
		entry_at(2, Change::EnergyWithdrawn(energy(Production, 1_000, 0, 9))),
		entry_at(2, Change::EnergyWithdrawn(energy(Production, 1_000, 14, u64::MAX))),
		entry_at(2, Change::EnergyDeposited(energy(Consumption, 7, 0, u64::MAX))),
		entry_at(9, Change::MoneyWithdrawn(1)),
		entry_at(10, Change::MoneyWithdrawn(2)),
		entry_at(13, Change::MoneyDeposited(4)),
		entry_at(14, Change::MoneyDeposited(8)),
	];
	let prices = |t| Some(Prices { consumption: t, production: 1 });
	let lines = lines(period, &[0, -200, 5, 6], &entries, prices).unwrap();
	let figures: Vec<_> =
		lines.iter().map(|line| (line.timestep, line.energy, line.bill)).collect();
	let by_hand = [
		(10, 100, 2 + 100 * 10),
		(11, -200 + 100 - 30, -130),
		(12, 5 - 30, -25),
		(13, 6 - 30, -4 - 24),
	];
	assert_eq!(figures, by_hand);
	assert!(lines.iter().all(|line| line.flows.eca == Flow { withdrawn: 0, deposited: 7 }));
}

#[test]
fn lines_should_say_what_is_wrong_when_the_input_is() {
	let period = Period { first: 3, last: 5 };
	let with = |measured: &[i128], entries: &[Entry], prices: Prices| {
		lines(period, measured, entries, |t| (t != 5).then_some(prices))
	};
	let readings = BillingError::Readings { expected: 3, found: 2 };
	assert_eq!(with(&[0, 0], &[], PRICES), Err(readings));
	assert_eq!(with(&[0, 0, 0], &[], PRICES), Err(BillingError::NoPrices(5)));
	let reversed = entry(Change::EnergyWithdrawn(energy(Production, 1, 4, 3)));
	let bad = BillingError::BadInterval { start: 4, end: 3 };
	assert_eq!(with(&[0, 0, 0], &[reversed], PRICES), Err(bad));
	assert_eq!(with(&[i128::MAX, 0, 0], &[], PRICES), Err(BillingError::Overflow));
	assert_eq!(with(&[i128::MIN, 0, 0], &[], PRICES), Err(BillingError::Overflow));
	let huge = entry_at(3, Change::MoneyWithdrawn(u128::MAX));
	assert_eq!(with(&[0, 0, 0], &[huge], PRICES), Err(BillingError::Overflow));
	let much = entry_at(3, Change::MoneyDeposited(i128::MAX as u128));
	assert_eq!(with(&[0, 0, 0], &[much, much], PRICES), Err(BillingError::Overflow));
	// No timestep, no bill.
	let none = Period { first: 5, last: 3 };
	assert_eq!(lines(none, &[], &[much], constant(PRICES)), Ok(vec![]));
	assert!(none.is_empty());
}

#[test]
fn a_weeks_asset_should_cost_no_more_than_the_period() {
	let entries: Vec<_> = (0..10_000)
		.map(|_| entry(Change::EnergyWithdrawn(energy(Production, 1, 0, u64::MAX))))
		.collect();
	let period = Period { first: 1_000_000, last: 1_151_199 };
	let measured = vec![-10_000; 151_200];
	let lines = lines(period, &measured, &entries, constant(PRICES)).unwrap();
	assert!(lines.iter().all(|line| line.energy == 0));
	assert_eq!(lines.len(), 151_200);
}

fn two_days_bill() -> (Vec<Line>, Expected) {
	let entries = [
		entry_at(20, Change::EnergyWithdrawn(energy(Production, 500, 20, 21))),
		entry_at(20, Change::EnergyDeposited(energy(Consumption, 500, 20, 21))),
		entry_at(21, Change::MoneyDeposited(12_345)),
	];
	let period = Period { first: 20, last: 22 };
	let lines = lines(period, &[-480, -520, 77], &entries, constant(PRICES)).unwrap();
	let signer = dev::alice().public_key().to_account_id();
	(lines, Expected { genesis: GENESIS, meter: 4, signer, period: 1 })
}

#[test]
fn verify_bill_should_accept_what_the_meter_computed() {
	let (lines, expected) = two_days_bill();
	for bill in [Bill::detailed(4, 1, &lines), Bill::total(4, 1, &lines).unwrap()] {
		// By hand: 20 · 75 - 20 · 25 + 77 · 75 - 12 345.
		assert_eq!(bill.owed(), Ok(-5_570));
		let signed = Signed::new(bill, GENESIS, &dev::alice());
		assert_eq!(verify_bill(&signed, &expected, &lines), Ok(()));
		let text = serde_json::to_string(&signed).unwrap();
		assert_eq!(serde_json::from_str::<Signed<Bill>>(&text).unwrap(), signed);
		assert_eq!(Signed::<Bill>::decode(&mut signed.encode().as_slice()), Ok(signed));
	}
}

#[test]
fn verify_bill_should_find_every_figure_that_is_altered_by_one_unit() {
	let (lines, expected) = two_days_bill();
	let Bill::Detailed(honest) = Bill::detailed(4, 1, &lines) else { unreachable!() };
	let verify =
		|bill: Bill| verify_bill(&Signed::new(bill, GENESIS, &dev::alice()), &expected, &lines);
	for index in 0..honest.figures.len() {
		for (energy, amount, timestep) in [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1)]
		{
			let mut bill = honest.clone();
			let figures = &mut bill.figures[index];
			figures.energy += energy;
			figures.bill += amount;
			figures.timestep += timestep;
			let (billed, computed) = (bill.figures[index], honest.figures[index]);
			assert_eq!(
				verify(Bill::Detailed(bill)),
				Err(BillError::WrongFigures { billed, computed })
			);
		}
	}
	for difference in [1, -1] {
		let Bill::Total(mut total) = Bill::total(4, 1, &lines).unwrap() else { unreachable!() };
		let computed = total.total;
		total.total += difference;
		let wrong = BillError::WrongTotal { billed: total.total, computed };
		assert_eq!(verify(Bill::Total(total)), Err(wrong));
	}
	let mut short = honest.clone();
	short.figures.pop();
	assert_eq!(
		verify(Bill::Detailed(short)),
		Err(BillError::WrongLength { billed: 2, computed: 3 })
	);
	assert_eq!(verify(Bill::Detailed(honest)), Ok(()));
}

#[test]
fn verify_bill_should_refuse_when_it_is_anothers_or_altered_after_signing() {
	let (lines, expected) = two_days_bill();
	let signed = Signed::new(Bill::total(4, 1, &lines).unwrap(), GENESIS, &dev::alice());
	let mut altered = signed.clone();
	let Bill::Total(total) = &mut altered.content else { unreachable!() };
	total.total += 1;
	assert_eq!(verify_bill(&altered, &expected, &lines), Err(BillError::BadSignature));
	let forged = Signed::new(signed.content.clone(), GENESIS, &dev::bob());
	assert_eq!(verify_bill(&forged, &expected, &lines), Err(BillError::BadSignature));
	let elsewhere = Signed::new(signed.content.clone(), H256([8; 32]), &dev::alice());
	assert_eq!(verify_bill(&elsewhere, &expected, &lines), Err(BillError::BadSignature));
	let other = Expected { meter: 5, ..expected };
	let wrong = BillError::WrongMeter { billed: 4, expected: 5 };
	assert_eq!(verify_bill(&signed, &other, &lines), Err(wrong));
	let other = Expected { period: 2, ..expected };
	let wrong = BillError::WrongPeriod { billed: 1, expected: 2 };
	assert_eq!(verify_bill(&signed, &other, &lines), Err(wrong));
	assert_eq!(verify_bill(&signed, &expected, &lines), Ok(()));
}

/// An event that the meter left out of its bill, or one of somebody else's, changes what is computed.
#[test]
fn verify_bill_should_notice_a_withdrawal_that_the_meter_left_out() {
	let (mine, other) = (account(1), account(2));
	let at = |address, change| Entry { address, at: 5, change };
	let ledger = [
		at(mine, Change::MoneyWithdrawn(10)),
		at(other, Change::MoneyWithdrawn(1_000)),
		at(mine, Change::MoneyDeposited(3)),
	];
	let addresses = BTreeSet::from([mine]);
	let period = Period { first: 5, last: 5 };
	let computed = lines(period, &[0], entries_at(&addresses, &ledger), constant(PRICES)).unwrap();
	assert_eq!(computed[0].bill, 7);
	let short = lines(period, &[0], &ledger[..1], constant(PRICES)).unwrap();
	let signed = Signed::new(Bill::total(4, 0, &short).unwrap(), GENESIS, &dev::alice());
	let signer = dev::alice().public_key().to_account_id();
	let expected = Expected { genesis: GENESIS, meter: 4, signer, period: 0 };
	let wrong = BillError::WrongTotal { billed: 10, computed: 7 };
	assert_eq!(verify_bill(&signed, &expected, &computed), Err(wrong));
}

/// The encoding is the meter, the period and the sum: all its bytes are accounted for, in SCALE and in JSON, and households
/// that differ in everything but the sum send the same.
#[test]
fn total_should_hold_nothing_but_the_sum() {
	let one = [one_line(300, &[])];
	let other = [
		one_line(-500, &[withdrawn(Production, 500), paid_out(22_000)]),
		one_line(20, &[paid_in(1_000)]),
	];
	let [one, other] = [&one[..], &other].map(|lines| Bill::total(4, 1, lines).unwrap());
	assert_eq!(one.encode(), other.encode());
	assert_eq!(one.digest(GENESIS), other.digest(GENESIS));
	let Bill::Total(total) = one else { unreachable!() };
	let Total { meter, period, total: sum } = total;
	assert_eq!(
		total.encode(),
		[&meter.to_le_bytes()[..], &period.to_le_bytes(), &sum.to_le_bytes()].concat()
	);
	assert_eq!(total.encode().len(), 28);
	let text = serde_json::to_string(&total).unwrap();
	assert_eq!(text, r#"{"meter":4,"period":1,"total":"22500"}"#);
	let more = r#"{"meter":4,"period":1,"total":"22500","note":"away on monday"}"#;
	assert!(serde_json::from_str::<Total>(more).is_err());
	for other in ["\"022500\"", "22500", "\"+22500\"", "\" 22500\"", "\"-0\""] {
		let text = text.replace("\"22500\"", other);
		assert!(serde_json::from_str::<Total>(&text).is_err(), "{text}");
	}
}

#[test]
fn flag_should_be_signed_for_one_chain() {
	let flag = Flag { meter: 4, timestep: 9, mismatch: -500 };
	let signed = Signed::new(flag, GENESIS, &dev::alice());
	let alice = dev::alice().public_key().to_account_id();
	assert!(signed.is_signed_by(GENESIS, &alice));
	assert!(!signed.is_signed_by(H256([8; 32]), &alice));
	assert!(!signed.is_signed_by(GENESIS, &dev::bob().public_key().to_account_id()));
	let altered = Signed { content: Flag { mismatch: -501, ..flag }, ..signed };
	assert!(!altered.is_signed_by(GENESIS, &alice));
}

#[test]
fn signature_should_be_refused_when_its_text_is_damaged() {
	let text = serde_json::to_string(&Signature::new(&dev::alice(), &[1; 32])).unwrap();
	assert!(serde_json::from_str::<Signature>(&text).is_ok());
	for damaged in [
		text.replace("0x01", "0x03"),
		text.replace("0x", ""),
		text.replace("0x01", "0x0100"),
		format!("{}\"", &text[..text.len() - 3]),
		"\"0x\"".into(),
		"7".into(),
	] {
		assert!(serde_json::from_str::<Signature>(&damaged).is_err(), "{damaged}");
	}
}

/// Two neighbours trade, a third one keeps money, and somebody whom nobody knows deposits.
#[test]
fn settle_should_be_as_computed_by_hand() {
	let period = Period { first: 0, last: 0 };
	let seller = [withdrawn(Production, 500), deposited(Consumption, 500), paid_in(25_000)];
	let buyer = [
		withdrawn(Consumption, 500),
		withdrawn(Consumption, 100),
		paid_out(25_000),
		deposited(Production, 500),
	];
	let keeper = [paid_out(1_000), withdrawn(Production, 200)];
	let unclaimed = [paid_in(400), deposited(Production, 50)];
	let bills: Vec<Vec<Line>> = [(-450, &seller[..]), (500, &buyer), (0, &keeper)]
		.map(|(measured, entries)| lines(period, &[measured], entries, constant(PRICES)).unwrap())
		.into();
	let households: Vec<&[Line]> = bills.iter().map(Vec::as_slice).collect();
	let all: Vec<Entry> = [&seller[..], &buyer, &keeper].concat();
	let settled = settle(period, &households, &all, &unclaimed, constant(PRICES)).unwrap();
	let by_hand = Settlement {
		measured: 50,
		energy: 250,
		residual_charges: 250 * 75,
		bills: 250 * 75 + 1_000,
		undeposited_epa: 150,
		undeposited_eca: 100,
		undeposited_money: 600,
		unclaimed: Unclaimed { epa: 50, eca: 0, money: 400 },
	};
	assert_eq!(settled, by_hand);
	let short: [&[Line]; 1] = [&[]];
	let settled = settle(period, &short, &all, &unclaimed, constant(PRICES));
	assert_eq!(settled, Err(BillingError::Lines(0)));
}

const FIRST: Timestep = 100;
const STEPS: u64 = 8;

fn any_change() -> impl Strategy<Value = Change> {
	let kind = prop_oneof![Just(Production), Just(Consumption)];
	let asset = (kind, 1u64..2_000, FIRST - 4..FIRST + STEPS + 2, 0u64..6)
		.prop_map(|(kind, power, start, length)| energy(kind, power, start, start + length));
	prop_oneof![
		asset.clone().prop_map(Change::EnergyWithdrawn),
		asset.prop_map(Change::EnergyDeposited),
		(0u128..1_000_000).prop_map(Change::MoneyWithdrawn),
		(0u128..1_000_000).prop_map(Change::MoneyDeposited),
	]
}

type Household = (Vec<i64>, Vec<Entry>);

fn any_household(number: u8) -> impl Strategy<Value = Household> {
	let entry = (any_change(), FIRST - 2..FIRST + STEPS + 2).prop_map(move |(change, at)| Entry {
		address: account(number),
		at,
		change,
	});
	(
		proptest::collection::vec(-5_000i64..5_000, STEPS as usize),
		proptest::collection::vec(entry, 0..12),
	)
}

fn any_prices() -> impl Strategy<Value = Vec<Prices>> {
	let prices = (0u64..200, 0u64..200)
		.prop_map(|(production, more)| Prices { consumption: production + more, production });
	proptest::collection::vec(prices, STEPS as usize)
}

/// `E` and `B` of one timestep as the specification's section 10 words them, with nothing of the code that is tested.
fn naive(measured: i64, entries: &[Entry], t: Timestep, prices: Prices) -> (i128, i128) {
	let (mut e, mut b) = (i128::from(measured), 0i128);
	for entry in entries {
		match entry.change {
			Change::EnergyWithdrawn(asset)
				if asset.kind == Production && asset.start <= t && t <= asset.end =>
			{
				e += i128::from(asset.power)
			},
			Change::EnergyDeposited(asset)
				if asset.kind == Production && asset.start <= t && t <= asset.end =>
			{
				e -= i128::from(asset.power)
			},
			Change::MoneyWithdrawn(amount) if entry.at == t => b += amount as i128,
			Change::MoneyDeposited(amount) if entry.at == t => b -= amount as i128,
			_ => (),
		}
	}
	b += if e < 0 { e * i128::from(prices.production) } else { e * i128::from(prices.consumption) };
	(e, b)
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(400))]

	/// Every line equals the naive model's, the identities hold over all households, and one figure that is off breaks one.
	#[test]
	fn identities_should_hold_for_any_history(
		households in (any_household(1), any_household(2), any_household(3)),
		unclaimed in any_household(9),
		prices in any_prices(),
		(who, when, which, off) in (0usize..3, 0usize..STEPS as usize, 0u8..3, prop_oneof![Just(1i128), Just(-1)]),
	) {
		let period = Period { first: FIRST, last: FIRST + STEPS - 1 };
		let priced = |t: Timestep| prices.get(usize::try_from(t - FIRST).unwrap()).copied();
		let households = [households.0, households.1, households.2];
		let mut bills = Vec::new();
		for (measured, entries) in &households {
			let wide: Vec<i128> = measured.iter().map(|watts| i128::from(*watts)).collect();
			let computed = lines(period, &wide, entries, priced).unwrap();
			for ((line, measured), prices) in computed.iter().zip(measured).zip(&prices) {
				let (e, b) = naive(*measured, entries, line.timestep, *prices);
				prop_assert_eq!((line.energy, line.bill), (e, b));
			}
			bills.push(computed);
		}
		let mut unclaimed = unclaimed.1;
		unclaimed.retain(|entry| {
			matches!(entry.change, Change::EnergyDeposited(_) | Change::MoneyDeposited(_))
		});
		let ledger: Vec<Entry> = households.iter().flat_map(|household| household.1.clone()).collect();
		let settle_all = |bills: &[Vec<Line>]| {
			let lines: Vec<&[Line]> = bills.iter().map(Vec::as_slice).collect();
			settle(period, &lines, &ledger, &unclaimed, priced)
		};
		let settled = settle_all(&bills).unwrap();
		let undeposited = bills.iter().flatten().map(|line| line.mismatch().unwrap()).sum::<i128>();
		let left = settled.undeposited_epa + settled.undeposited_eca;
		prop_assert_eq!(undeposited, left + settled.unclaimed.epa + settled.unclaimed.eca);
		// One figure off by one.
		let line = &mut bills[who][when];
		match which {
			0 => line.measured += off,
			1 => line.energy += off,
			_ => line.bill += off,
		}
		let broken = matches!(settle_all(&bills), Err(BillingError::Broken { .. }));
		prop_assert!(broken);
	}

	/// Whoever only trades one-to-one and deposits all it has is never flagged; a gift flags both sides, by its power.
	#[test]
	fn gifts_should_raise_the_flag_and_trades_should_not(
		withdrawals in (0u64..3_000, 0u64..3_000, 0u64..3_000, 0u64..3_000),
		trades in proptest::collection::vec((any::<bool>(), 1u64..500), 0..8),
		gift in 0u64..400,
	) {
		// (EPA, ECA) that two neighbours hold.
		let (a, b) = ((withdrawals.0, withdrawals.1), (withdrawals.2, withdrawals.3));
		let mut hold = [a, b];
		for (first_sells, power) in trades {
			let [seller, buyer] = if first_sells { [0, 1] } else { [1, 0] };
			let power = power.min(hold[seller].0).min(hold[buyer].1);
			hold[seller].0 -= power;
			hold[seller].1 += power;
			hold[buyer].0 += power;
			hold[buyer].1 -= power;
		}
		let gift = gift.min(hold[0].0);
		let mismatches = |hold: [(u64, u64); 2]| [(a, hold[0]), (b, hold[1])].map(|(out, back)| {
			let line = one_line(0, &[
				withdrawn(Production, out.0),
				withdrawn(Consumption, out.1),
				deposited(Production, back.0),
				deposited(Consumption, back.1),
			]);
			line.mismatch().unwrap()
		});
		prop_assert_eq!(mismatches(hold), [0, 0]);
		hold[0].0 -= gift;
		hold[1].0 += gift;
		prop_assert_eq!(mismatches(hold), [i128::from(gift), -i128::from(gift)]);
	}
}

/// What a household's lines say is outstanding adds up, over all households, to what the ledger says is.
#[test]
fn outstanding_lines_should_add_up_to_the_ledgers() {
	let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
	let seller = one_line(-500, &[withdrawn(Production, 500), deposited(Consumption, 500)]);
	let buyer = one_line(500, &[withdrawn(Consumption, 700), deposited(Production, 300)]);
	for line in [seller, buyer] {
		*sums.entry("epa").or_default() += line.undeposited_epa().unwrap();
		*sums.entry("eca").or_default() += line.undeposited_eca().unwrap();
	}
	// The buyer kept 200 W of the EPA it bought and 200 W of ECA.
	assert_eq!(sums, BTreeMap::from([("epa", 200), ("eca", 200)]));
	// It pays for 200 W twice: the seller's credit is settled, and its own EPA is not deposited.
	assert_eq!((seller.energy, buyer.energy), (0, 200));
}
