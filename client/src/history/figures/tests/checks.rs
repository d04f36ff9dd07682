//! Each check sees what is wrong, and no other check fails of it that need not.

use super::{
	address, computed, ended, failed,
	made::{Case, Made},
	neighbours, trade, FIRST,
};
use crate::{
	history::{verify, Fact, Maker, What},
	types::*,
};
use petra_report::{BillFigures, MixingSetting, Report, Setting};

fn case() -> Case {
	let (made, addresses) = neighbours();
	ended(made, addresses)
}

/// The facts of a case, to be changed.
fn facts(case: &mut Case) -> impl Iterator<Item = &mut Fact> {
	case.history.blocks.iter_mut().flat_map(|block| block.facts.iter_mut())
}

/// Changes a case; says which checks fail then.
fn failing(change: impl FnOnce(&mut Case)) -> Vec<String> {
	let mut case = case();
	assert_eq!(failed(&computed(&case).1), [""; 0]);
	change(&mut case);
	failed(&computed(&case).1)
}

fn alone(failing: Vec<String>, name: &str, detail: &str) {
	assert_eq!(failing.len(), 1, "{failing:#?}");
	among(failing, name, detail);
}

fn among(failing: Vec<String>, name: &str, detail: &str) {
	let found = failing.iter().any(|told| told.starts_with(name) && told.contains(detail));
	assert!(found, "{name}, {detail}: {failing:#?}");
}

fn limits(production: Power, money: Balance) -> Limits {
	Limits { max_production: production, max_consumption: 5_000, max_financial: money }
}

fn mixing(min_ring_size: u32, min_ring_age: u32) -> MixingSetting {
	let (stretch, basket, again) = (1, Vec::new(), false);
	MixingSetting { min_ring_size, min_ring_age, stretch, basket, again }
}

fn limit_meter(case: &mut Case, meter: MeterId, limits: Limits) {
	for rules in [&mut case.history.before.rules, &mut case.history.after.rules] {
		rules.meters.get_mut(&meter).unwrap().changes[0].limits = limits;
	}
}

#[test]
fn chain_should_fail_when_the_report_is_about_another() {
	let name = "the report is about these blocks";
	alone(failing(|case| case.setting.chain.genesis.push('0')), name, "genesis");
	alone(failing(|case| case.setting.last_hash = "0x00".into()), name, "hash of the last");
	alone(failing(|case| case.setting.chain.power_lot = 1), name, "lot");
	alone(failing(|case| case.setting.first_block = 0), name, "first and last");
	alone(failing(|case| case.history.spec_version = 2), name, "runtime");
}

#[test]
fn setting_should_fail_when_the_ledger_says_something_else() {
	let name = "market, prices, path, rings and validators are as";
	let altered = |change: fn(&mut Setting)| failing(|case| change(&mut case.setting));
	let mode = altered(|setting| setting.market.mode = "doubleAuction".into());
	let said = "market.mode: the report says doubleAuction, the blocks firstComeFirstServed";
	alone(mode, name, said);
	let fixed = altered(|setting| setting.market.fixed_price = Some(50));
	alone(fixed, name, "market.fixedPrice: the report says 50, the blocks none");
	let dearer = altered(|setting| setting.market.price_consumption += 1);
	alone(dearer, name, "market.priceConsumption: the report says 76, the blocks 75");
	let cheaper = altered(|setting| setting.market.price_production -= 1);
	alone(cheaper, name, "market.priceProduction: the report says 24, the blocks 25");
	let path = altered(|setting| setting.path = "dso".into());
	alone(path, name, "path: the report says dso, the blocks meter");
	let validators = altered(|setting| setting.chain.validators += 1);
	alone(validators, name, "chain.validators: the report says 5, the blocks 4");
	let all = altered(|setting| {
		setting.mixing = Some(mixing(3, 2));
		(setting.market.mode, setting.path) = (String::new(), String::new());
		setting.market.fixed_price = Some(0);
		(setting.market.price_consumption, setting.market.price_production) = (0, 0);
		setting.chain.validators = 0;
	});
	among(all.clone(), name, "8 of 8 facts");
	for part in ["mode", "fixedPrice", "priceConsumption", "priceProduction", "minRingSize"] {
		among(all.clone(), name, &format!("{part}: the report says"));
	}
	among(all.clone(), name, "mixing.minRingAge: the report says 2, the blocks 1");
	among(all, name, "chain.validators: the report says 0");
}

#[test]
fn setting_should_fail_when_the_rules_changed_during_the_profile() {
	let name = "market, prices, path, rings and validators are as";
	let market = failing(|case| {
		case.history.after.rules.market.record(FIRST, MarketMode::DoubleAuction);
	});
	alone(market, name, "the blocks firstComeFirstServed, then doubleAuction");
	let path = failing(|case| {
		let meter = case.history.after.rules.meters.get_mut(&1).unwrap();
		let change = meter.changes[0];
		meter
			.changes
			.push(crate::history::Change { from: FIRST + 2, path: Path::Dso, ..change });
	});
	alone(path, name, "path: the report says meter, the blocks dso and meter");
}

#[test]
fn energy_should_fail_when_a_watt_is_missing_or_too_many() {
	let name = "energy: in every timestep";
	let ghost = |case: &mut Case| {
		let (owner, kind) = (address(9, 9), AssetKind::Production);
		let (power, start, end) = (1, FIRST, FIRST);
		let (feeder, traded, locked) = (1, false, false);
		let asset = EnergyAsset { owner, kind, power, start, end, feeder, traded, locked };
		case.history.after.assets.push((99, asset));
	};
	alone(failing(ghost), name, "EPA: -1 W are missing from timestep 100 to 100");
	let kept = |case: &mut Case| {
		for block in &mut case.history.blocks {
			block.facts.retain(|fact| match &fact.what {
				What::EnergyDeposited { asset, .. } => asset.kind != AssetKind::Consumption,
				_ => true,
			});
		}
	};
	among(failing(kept), name, "ECA: 500 W are missing from timestep 100 to 101");
}

#[test]
fn money_should_fail_when_a_unit_is_missing() {
	alone(failing(|case| case.history.after.money -= 1), "money: issued", "do not make 999");
}

#[test]
fn identities_should_fail_when_nobody_owns_up_to_a_withdrawal() {
	let hide = |case: &mut Case| case.inputs.households[0].addresses.clear();
	let told = failing(hide);
	among(told.clone(), "bills: ΣE and ΣB", "at timestep 100 the sum over all households");
	among(told, "every withdrawal is a disclosed household's own", "which nobody disclosed");
}

#[test]
fn meters_should_fail_when_a_limit_is_passed_or_the_meter_is_not_to_withdraw() {
	let name = "no meter's limit is passed";
	let over = failing(|case| limit_meter(case, 1, limits(499, 1 << 40)));
	among(over, name, "meter 1 withdrew 500 W in timestep 100, its limit was 499 W");
	let over = failing(|case| limit_meter(case, 2, limits(5_000, 99_999)));
	among(over, name, "meter 2 withdrew 100000 in money, its limit was 99999");
	let banned = |case: &mut Case| {
		let meter = case.history.before.rules.meters.get_mut(&1).unwrap();
		meter.changes.push(crate::history::Change {
			from: FIRST + 1,
			authorized: false,
			..meter.changes[0]
		});
	};
	among(failing(banned), name, "meter 1 withdrew 500 W in timestep 101, its limit was 0 W");
}

#[test]
fn dso_should_fail_when_it_withdraws_for_who_withdraws_himself() {
	let by_dso = |case: &mut Case| {
		for fact in facts(case) {
			if let What::EnergyWithdrawn { by, .. } = &mut fact.what {
				*by = Maker::Dso;
			}
		}
	};
	alone(failing(by_dso), "no feeder's limit of withdrawals", "500 W on feeder 1 in timestep 100");
}

#[test]
fn household_should_fail_when_two_withdraw_for_it() {
	let twice = |case: &mut Case| {
		limit_meter(case, 1, limits(800, 1 << 40));
		let mut again = case.history.blocks[0].facts[0].clone();
		if let What::EnergyWithdrawn { by, id, .. } = &mut again.what {
			(*by, *id) = (Maker::Dso, 77);
		}
		case.history.blocks[0].facts.push(again);
	};
	let name = "no household's limit is passed";
	among(failing(twice), name, "house 1 withdrew 1000 W of Production in timestep 100");
}

#[test]
fn feeders_should_fail_when_a_trade_passes_a_limit() {
	let limited = |internal| {
		move |case: &mut Case| {
			let limits = Some(FeederLimits { internal, external: 0 });
			let set = What::FeederLimitsSet { feeder: 1, time: FIRST, limits };
			case.history.before.rules.apply(&set);
			case.history.after.rules.apply(&set);
		}
	};
	let told = failing(limited(499));
	alone(told, "no feeder's limit of trade", "in timestep 101 500 W are sold and 500 W bought");
	assert_eq!(failing(limited(500)), [""; 0]);
}

#[test]
fn market_should_fail_when_a_price_or_a_time_is_wrong() {
	let name = "every exchange follows";
	let change =
		|by: fn(&mut What)| failing(|case| facts(case).for_each(|fact| by(&mut fact.what)));
	let dearer = change(|what| {
		if let What::Exchanged { price, cost, .. } = what {
			(*price, *cost) = (51, 51_000);
		}
	});
	alone(dearer, name, "the price 51 is not that of FirstComeFirstServed in timestep 100");
	let cheaper = change(|what| {
		if let What::Exchanged { price, cost, .. } = what {
			(*price, *cost) = (49, 49_000);
		}
	});
	alone(cheaper, name, "the price 49 does not meet the offer's, 50");
	let unpaid = change(|what| {
		if let What::Exchanged { cost, .. } = what {
			*cost -= 1;
		}
	});
	alone(unpaid, name, "it cost 49999 and not 50000");
	let fixed = |case: &mut Case| {
		let set = What::MarketSet { time: FIRST, mode: MarketMode::FixedPrice(60) };
		case.history.before.rules.apply(&set);
	};
	alone(failing(fixed), name, "the price 50 is not that of FixedPrice(60) in timestep 101");
	let late = |case: &mut Case| case.history.parameters.gate_lead = 6;
	among(failing(late), name, "timestep 100 was gated or had begun");
}

#[test]
fn clearings_should_fail_when_they_say_something_else() {
	let cleared = |case: &mut Case| {
		let what = What::Cleared { timestep: 105, price: 0, power: 100 };
		case.history.blocks[0].facts.push(Fact { extrinsic: None, what });
	};
	let detail = "timestep 105 was cleared with 100 W at 0, but 0 W were exchanged";
	alone(failing(cleared), "every clearing exchanged what it says", detail);
}

#[test]
fn bills_should_fail_when_one_unit_is_altered() {
	let name = "every bill equals the formula";
	let owed = failing(|case| case.inputs.households[0].bill.owed += 1);
	alone(owed, name, "house 1: it asks for -55000, and not for -54999");
	let measured = failing(|case| case.inputs.households[1].measured[2] += 1);
	alone(measured, name, "house 2: at timestep 102 the bill says E = 300");
	let signature = failing(|case| {
		let bytes = &mut case.inputs.households[0].bill.bytes;
		let last = bytes.pop().unwrap();
		bytes.push(if last == '0' { '1' } else { '0' });
	});
	alone(signature, name, "did not sign this bill");
	let unreadable = failing(|case| case.inputs.households[0].bill.bytes = "0x0".into());
	alone(unreadable, name, "the bill cannot be read: it is not hexadecimal");
	let longer = failing(|case| case.inputs.households[0].bill.bytes.push_str("00"));
	alone(longer, name, "something follows it");
	let other_key = failing(|case| {
		let key = case.inputs.households[1].key.clone();
		case.inputs.households[0].key = key;
	});
	among(other_key, name, "did not sign this bill");
}

fn all_of(bill: &BillFigures) -> [i128; 6] {
	let BillFigures { measured, energy, residual_charges, money, bill, baseline, .. } = *bill;
	[measured, energy, residual_charges, money, bill, baseline]
}

/// Watts that move from one timestep to another, at one price and with the sign of `E` as it was, change no total: only what
/// the meter signed of each timestep tells.
#[test]
fn bills_should_fail_when_readings_are_moved_between_timesteps() {
	for market in [MarketMode::FirstComeFirstServed, MarketMode::FixedPrice(50)] {
		let mut made = Made::new(2);
		made.rule(What::MarketSet { time: FIRST - 5, mode: market });
		let (made, addresses) = trade(made);
		let case = made.end(
			&[&[-500, -700, 0, -300, -400, -500], &[500, 100, 300, 300, 300, 300]],
			&addresses.map(|address| vec![address]),
		);
		let (figures, checks) = computed(&case);
		assert_eq!(failed(&checks), [""; 0], "{market:?}");
		let mut altered = case.clone();
		altered.inputs.households[0].measured[3] += 100;
		altered.inputs.households[0].measured[5] -= 100;
		let (others, checks) = computed(&altered);
		assert_eq!(all_of(&figures.bills[0]), all_of(&others.bills[0]), "{market:?}");
		assert_ne!(figures.intervals, others.intervals);
		let detail = "house 1: at timestep 103 the bill says E = -300";
		alone(failed(&checks), "every bill equals the formula", detail);
		// Nor does it help to compute figures and checks anew, or to say that all is well.
		let Case { setting, inputs, history } = altered;
		let mut report = Report { setting, inputs, figures: others, checks };
		let verified = verify::against(&report, &history).unwrap();
		assert!(verified.differences.is_empty() && !verified.holds(), "{verified:?}");
		report.checks.iter_mut().for_each(|check| check.holds = true);
		let verified = verify::against(&report, &history).unwrap();
		assert_eq!(verified.differences.len(), 1, "{:?}", verified.differences);
	}
}

#[test]
fn bills_should_fail_when_one_is_a_total_alone() {
	let told = failing(|case| case.bill_total(0));
	alone(
		told,
		"every bill equals the formula",
		"1 of 2 bills recomputed: house 1: the bill is a total",
	);
	let told = failing(|case| (0..2).for_each(|household| case.bill_total(household)));
	alone(told, "every bill equals the formula", "house 2: the bill is a total alone");
}

#[test]
fn addresses_should_fail_when_two_disclose_the_same() {
	let shared = |case: &mut Case| {
		let address = case.inputs.households[0].addresses[0].clone();
		case.inputs.households[1].addresses.push(address);
	};
	among(failing(shared), "every address is one household's", "is house 2's and house 1's");
	let twice = |case: &mut Case| {
		let address = case.inputs.households[0].addresses[0].clone();
		case.inputs.households[0].addresses.push(address);
	};
	alone(failing(twice), "every address is one household's", "house 1 lists an address twice");
}

#[test]
fn mixing_should_fail_when_it_is_on_and_nothing_was_mixed() {
	let on = |case: &mut Case| case.setting.mixing = Some(mixing(2, 1));
	alone(failing(on), "with mixing", "0 of 2 assets");
}
