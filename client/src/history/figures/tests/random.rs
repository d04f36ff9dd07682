//! Random small markets: what must hold does, and whatever is altered in a report is found.

use super::{
	computed, failed,
	made::{address, Case, Made, FIRST},
};
use crate::{
	history::{verify, Maker},
	types::*,
};
use petra_report::Report;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

const HOUSEHOLDS: u8 = 3;
const ROWS: u64 = 4;

#[derive(Clone, Debug)]
enum Step {
	Withdraw { household: u8, place: u8, produces: bool, lots: u64, start: u64, length: u64 },
	Money { household: u8, place: u8, amount: u128 },
	Post { which: usize, price: u64 },
	Accept { which: usize, with: usize },
	Rescind { which: usize },
	Give { which: usize, household: u8, place: u8 },
	Deposit { which: usize },
	Block,
}

fn step() -> impl Strategy<Value = Step> {
	let who = (1..=HOUSEHOLDS, 0u8..3);
	let which = 0usize..50;
	prop_oneof![
		4 => (who.clone(), any::<bool>(), 1u64..4, 0..ROWS, 1u64..4).prop_map(
			|((household, place), produces, lots, start, length)| Step::Withdraw {
				household, place, produces, lots, start, length,
			}
		),
		1 => (who.clone(), 1u128..1_000_000)
			.prop_map(|((household, place), amount)| Step::Money { household, place, amount }),
		3 => (which.clone(), 1u64..100).prop_map(|(which, price)| Step::Post { which, price }),
		4 => (which.clone(), 0usize..50).prop_map(|(which, with)| Step::Accept { which, with }),
		1 => which.clone().prop_map(|which| Step::Rescind { which }),
		1 => (which.clone(), who)
			.prop_map(|(which, (household, place))| Step::Give { which, household, place }),
		1 => which.prop_map(|which| Step::Deposit { which }),
		1 => Just(Step::Block),
	]
}

/// Plays the steps that can be; counts exchanges.
fn play(steps: &[Step], measured: &[Vec<i64>]) -> (Case, u32) {
	let mut made = Made::new(HOUSEHOLDS);
	let mut exchanges = 0;
	for step in steps {
		let free = made.free();
		let pick = |which: usize| free.get(which % free.len().max(1)).cloned();
		match *step {
			Step::Withdraw { household, place, produces, lots, start, length } => {
				let kind = if produces { AssetKind::Production } else { AssetKind::Consumption };
				let span = (FIRST + start, FIRST + start + length - 1);
				let by = Maker::Meter(household.into());
				made.withdraw(by, address(household, place), kind, lots * 100, span);
			},
			Step::Money { household, place, amount } => {
				let by = Maker::Meter(household.into());
				made.withdraw_money(by, address(household, place), amount);
			},
			Step::Post { which, price } => {
				if let Some((id, _)) = pick(which) {
					made.post(id, price);
				}
			},
			Step::Accept { which, with } => {
				let offers = made.open_offers();
				let offer = offers.get(which % offers.len().max(1));
				let fits = |kind: AssetKind, start, end| {
					let fits = free.iter().filter(move |(_, asset)| {
						asset.kind != kind && asset.start <= end && start <= asset.end
					});
					fits.map(|(id, _)| *id).collect::<Vec<_>>()
				};
				if let Some((offer, kind, start, end, _)) = offer {
					let fits = fits(*kind, *start, *end);
					if let Some(asset) = fits.get(with % fits.len().max(1)) {
						made.accept(*offer, *asset);
						exchanges += 1;
					}
				}
			},
			Step::Rescind { which } => {
				let offers = made.open_offers();
				if let Some((offer, ..)) = offers.get(which % offers.len().max(1)) {
					made.rescind(*offer);
				}
			},
			Step::Give { which, household, place } => {
				if let Some((id, _)) = pick(which) {
					made.give(id, address(household, place));
				}
			},
			Step::Deposit { which } => {
				if let Some((id, _)) = pick(which) {
					made.deposit(id);
				}
			},
			Step::Block => {
				if made.history.blocks.len() < 8 {
					made.block();
				}
			},
		}
	}
	let measured: Vec<&[i64]> = measured.iter().map(Vec::as_slice).collect();
	let disclosed: Vec<_> = (1..=HOUSEHOLDS)
		.map(|household| (0..3).map(|place| address(household, place)).collect())
		.collect();
	(made.end(&measured, &disclosed), exchanges)
}

fn measured() -> impl Strategy<Value = Vec<Vec<i64>>> {
	let row = proptest::collection::vec(-900i64..900, ROWS as usize);
	proptest::collection::vec(row, usize::from(HOUSEHOLDS))
}

/// Paths of all scalars of a value, as [`verify`] writes them.
fn leaves(path: String, value: &Value, found: &mut Vec<String>) {
	match value {
		Value::Object(fields) => fields
			.iter()
			.for_each(|(name, value)| leaves(format!("{path}.{name}"), value, found)),
		Value::Array(items) => items
			.iter()
			.enumerate()
			.for_each(|(index, value)| leaves(format!("{path}[{index}]"), value, found)),
		_ => found.push(path),
	}
}

/// The value at a path.
fn at<'a>(value: &'a mut Value, path: &str) -> &'a mut Value {
	let pointer = path.trim_start_matches('$').replace(['.', '['], "/").replace(']', "");
	value.pointer_mut(&pointer).unwrap()
}

/// Another value of the same type.
fn alter(value: &mut Value) {
	*value = match value {
		Value::Null => 7.into(),
		Value::Bool(bool) => (!*bool).into(),
		Value::Number(number) if number.is_f64() => (number.as_f64().unwrap() + 1.0).into(),
		Value::Number(number) => (number.as_u64().unwrap() + 1).into(),
		Value::String(text) => match text.parse::<i128>() {
			Ok(number) => (number + 1).to_string().into(),
			Err(_) => format!("{text}x").into(),
		},
		_ => panic!("no leaf"),
	};
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Whatever is traded, given, kept: the ledger's sums agree, no limit is passed, bills are right.
	#[test]
	fn checks_should_hold_but_for_flags_in_any_market(
		steps in proptest::collection::vec(step(), 0..60),
		measured in measured(),
	) {
		let (case, exchanges) = play(&steps, &measured);
		let (figures, checks) = computed(&case);
		// What is withdrawn in sum may pass the limits: nobody looks at them in these markets.
		let failed: Vec<_> = failed(&checks)
			.into_iter()
			.filter(|told| !told.starts_with("every household deposited"))
			.filter(|told| !told.contains("limit is passed"))
			.collect();
		prop_assert!(failed.is_empty(), "{failed:#?}");
		prop_assert_eq!(figures.totals.trades, exchanges);
		// A naive model of what each household owes.
		let mut owed = BTreeMap::<String, i128>::new();
		for (_, fact) in case.history.facts() {
			use crate::history::What::{MoneyDeposited, MoneyWithdrawn};
			if let MoneyWithdrawn { address, amount, .. } | MoneyDeposited { address, amount } = &fact.what {
				let amount = *amount as i128;
				let withdrawn = matches!(fact.what, MoneyWithdrawn { .. });
				let household = format!("house {}", address.0[0]);
				*owed.entry(household).or_default() += if withdrawn { amount } else { -amount };
			}
		}
		for (index, bill) in figures.bills.iter().enumerate() {
			let mut charges = 0i128;
			for t in case.setting.bill_first..=case.setting.bill_last {
				let row = t.checked_sub(FIRST).and_then(|row| measured[index].get(row as usize));
				let mut energy = row.map_or(0, |watts| i128::from(*watts));
				for (_, fact) in case.history.facts() {
					use crate::history::What::{EnergyDeposited, EnergyWithdrawn};
					if let EnergyDeposited { asset, .. } | EnergyWithdrawn { asset, .. } = &fact.what {
						let own = usize::from(asset.owner.0[0]) == index + 1;
						let counts = asset.kind == AssetKind::Production && (asset.start..=asset.end).contains(&t);
						if own && counts {
							let withdrawn = matches!(fact.what, EnergyWithdrawn { .. });
							energy += if withdrawn { 1 } else { -1 } * i128::from(asset.power);
						}
					}
				}
				charges += energy * if energy < 0 { 25 } else { 75 };
			}
			let money = owed.get(&bill.name).copied().unwrap_or_default();
			prop_assert_eq!(bill.bill, money + charges);
		}
		// Power is traded at most as often as it is there, and every row's sums are the households'.
		for (row, interval) in figures.intervals.iter().enumerate() {
			let of = |sign: i64| measured.iter().map(|m| (m[row] * sign).max(0) as u64).sum::<u64>();
			prop_assert_eq!((interval.load, interval.generation), (of(1), of(-1)));
			prop_assert!(interval.local <= interval.load);
		}
	}

	/// Readings are what the meters signed for: watts that come, go, or move to another timestep are seen.
	#[test]
	fn altered_readings_should_not_fit_the_bill(
		steps in proptest::collection::vec(step(), 0..60),
		measured in measured(),
		household in 0..usize::from(HOUSEHOLDS),
		row in 0..ROWS as usize,
		other in proptest::option::of(0..ROWS as usize),
		watts in prop_oneof![-500i64..0, 1i64..500],
	) {
		prop_assume!(other != Some(row));
		let (mut case, _) = play(&steps, &measured);
		let readings = &mut case.inputs.households[household].measured;
		readings[row] += watts;
		if let Some(other) = other {
			readings[other] -= watts;
		}
		let told = failed(&computed(&case).1);
		let seen = told.iter().any(|told| {
			told.starts_with("every bill equals the formula") && told.contains("the bill says E = ")
		});
		prop_assert!(seen, "{told:#?}");
	}

	/// One value is altered: the comparison names it and no other.
	#[test]
	fn altered_value_should_be_found_wherever_it_is(
		steps in proptest::collection::vec(step(), 20..60),
		measured in measured(),
		choice in any::<proptest::sample::Index>(),
	) {
		let (case, _) = play(&steps, &measured);
		let (figures, checks) = computed(&case);
		let report = Report { setting: case.setting.clone(), inputs: case.inputs.clone(), figures, checks };
		// As it is in a file.
		let text = serde_json::to_string(&report).unwrap();
		let read: Report = serde_json::from_str(&text).unwrap();
		let verified = verify::against(&read, &case.history).unwrap();
		prop_assert_eq!(&verified.differences, &[]);
		let mut value: Value = serde_json::from_str(&text).unwrap();
		let mut paths = Vec::new();
		for part in ["figures", "checks"] {
			leaves(format!("$.{part}"), &value[part], &mut paths);
		}
		prop_assert_eq!(verified.compared, paths.len() as u64);
		let path = choice.get(&paths);
		alter(at(&mut value, path));
		let altered: Report = serde_json::from_value(value).unwrap();
		let verified = verify::against(&altered, &case.history).unwrap();
		prop_assert!(!verified.holds());
		let found: Vec<_> = verified.differences.iter().map(|difference| &difference.path).collect();
		prop_assert_eq!(found, [path]);
	}
}
