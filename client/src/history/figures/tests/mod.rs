//! Figures against cases computed by hand; checks that must see what is wrong; random markets.

#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)]

mod checks;
mod made;
mod random;

use super::*;
use crate::history::{Maker, What};
use made::{address, Made, BEGIN, FIRST};
use AssetKind::{Consumption, Production};

const M1: Maker = Maker::Meter(1);
const M2: Maker = Maker::Meter(2);

pub(super) fn computed(case: &made::Case) -> (Figures, Vec<Check>) {
	compute(&case.setting, &case.inputs, &case.history).unwrap()
}

/// The names of the checks that do not hold.
fn failed(checks: &[Check]) -> Vec<String> {
	let failed = checks.iter().filter(|check| !check.holds);
	failed.map(|check| format!("{}: {}", check.name, check.detail)).collect()
}

/// Two neighbours: one sells 500 W over two timesteps at 50, and feeds in 500 and 700 W; the other draws 500, 100 and 300.
pub(super) fn neighbours() -> (Made, [AccountId; 2]) {
	trade(Made::new(2))
}

/// The trade of [`neighbours`], whatever the way of trading.
pub(super) fn trade(mut made: Made) -> (Made, [AccountId; 2]) {
	let (seller, buyer) = (address(1, 0), address(2, 0));
	let epa = made.withdraw(M1, seller, Production, 500, (FIRST, FIRST + 1));
	let eca = made.withdraw(M2, buyer, Consumption, 500, (FIRST, FIRST + 1));
	made.withdraw_money(M2, buyer, 100_000);
	made.block();
	let offer = made.post(epa, 50);
	made.block();
	made.block();
	let (epa, eca) = made.accept(offer, eca);
	made.block();
	made.deposit(epa);
	made.deposit(eca);
	made.deposit_money(seller, 50_000);
	made.deposit_money(buyer, 50_000);
	(made, [seller, buyer])
}

type AccountId = crate::AccountId32;

fn ended(made: Made, addresses: [AccountId; 2]) -> made::Case {
	made.end(&[&[-500, -700, 0], &[500, 100, 300]], &addresses.map(|address| vec![address]))
}

#[test]
fn figures_should_be_as_computed_by_hand_when_neighbours_trade() {
	let (made, addresses) = neighbours();
	let (figures, checks) = computed(&ended(made, addresses));
	assert_eq!(failed(&checks), [""; 0]);
	let row = |timestep, time: &str, load, generation, traded, local, from_dso, to_dso| {
		(timestep, time.to_string(), load, generation, traded, local, from_dso, to_dso)
	};
	let rows = figures.intervals.iter().map(|i| {
		row(i.timestep, &i.time, i.load, i.generation, i.traded, i.local, i.from_dso, i.to_dso)
	});
	let rows: Vec<_> = rows.collect();
	assert_eq!(
		rows,
		[
			row(100, "23:30", 500, 500, 500, 500, 0, 0),
			// 200 W more than sold, and 400 W less drawn than bought.
			row(101, "23:45", 100, 700, 500, 100, 0, 600),
			row(102, "00:00", 300, 0, 0, 0, 300, 0),
		]
	);
	let prices = figures.intervals.iter().map(|i| (i.least_price, i.mean_price, i.highest_price));
	let paid = (Some(50), Some(50.0), Some(50));
	assert_eq!(prices.collect::<Vec<_>>(), [paid, paid, (None, None, None)]);
	let deviations: Vec<_> = figures.intervals.iter().map(|i| i.deviation).collect();
	assert_eq!(deviations, [0, 600, 0]);
	let totals = &figures.totals;
	assert_eq!((totals.load, totals.generation, totals.traded), (900, 1_200, 1_000));
	assert_eq!((totals.trades, totals.offers, totals.local_share), (1, 1, 600.0 / 900.0));
	assert_eq!((totals.from_dso, totals.to_dso, totals.paid), (300, 600, 50_000));
	// -1 200 · 25 + 900 · 75.
	assert_eq!((totals.baseline, totals.bills), (37_500, 7_500));
	let left = (totals.undeposited_epa, totals.undeposited_eca, totals.undeposited_money);
	assert_eq!(left, (0, 0, 0));
}

#[test]
fn bills_should_be_as_computed_by_hand_when_neighbours_trade() {
	let (made, addresses) = neighbours();
	let (figures, _) = computed(&ended(made, addresses));
	let bills: Vec<_> = figures
		.bills
		.iter()
		.map(|b| (b.measured, b.energy, b.residual_charges, b.money, b.bill, b.baseline, b.flags))
		.collect();
	assert_eq!(
		bills,
		[
			(-1_200, -200, -5_000, -50_000, -55_000, -30_000, 0),
			(900, -100, -10_000 + 22_500, 50_000, 62_500, 67_500, 0),
		]
	);
}

#[test]
fn clearing_should_be_timed_in_blocks_and_in_finality() {
	let (made, addresses) = neighbours();
	let (figures, _) = computed(&ended(made, addresses));
	let trade = &figures.trades[0];
	let blocks = (trade.posted_block, trade.accepted_block, trade.posted_at, trade.accepted_at);
	assert_eq!(blocks, (2, 4, 92_000, 94_000));
	assert_eq!((trade.cost, trade.price, trade.power), (50_000, 50, 500));
	let clearing = &figures.clearing;
	assert_eq!((clearing.in_blocks.count, clearing.in_blocks.mean), (1, 2.0));
	// Both blocks have even numbers: final 1.5 s later.
	assert_eq!(clearing.finalized.mean, 2.0);
	assert_eq!((clearing.block_time, clearing.compression), (1.0, 900.0));
	let load = &figures.load;
	assert_eq!((load.blocks, load.transactions, load.per_second), (5, 9, 9.0 / 4.0));
	assert_eq!((load.mean_fullness, load.greatest_fullness), (0.25, 0.25));
}

#[test]
fn gift_should_raise_the_flag_of_both_and_break_nothing_else() {
	let (giver, taker) = (address(1, 0), address(2, 0));
	let mut made = Made::new(2);
	let epa = made.withdraw(M1, giver, Production, 300, (FIRST, FIRST));
	made.block();
	let epa = made.give(epa, taker);
	made.deposit(epa);
	let case = made.end(&[&[-300, 0], &[300, 0]], &[vec![giver], vec![taker]]);
	let (figures, checks) = computed(&case);
	let failed = failed(&checks);
	assert_eq!(failed.len(), 1, "{failed:?}");
	assert!(failed[0].contains("flagged in 1 timesteps"), "{failed:?}");
	let bills: Vec<_> = figures.bills.iter().map(|bill| (bill.bill, bill.flags)).collect();
	assert_eq!(bills, [(0, 1), (0, 1)]);
	assert_eq!((figures.totals.bills, figures.totals.traded), (0, 0));
}

#[test]
fn what_nobody_deposited_should_be_charged_and_told() {
	let (one, other) = (address(1, 0), address(2, 0));
	for expired in [false, true] {
		let mut made = Made::new(2);
		let epa = made.withdraw(M1, one, Production, 200, (FIRST, FIRST + 1));
		let eca = made.withdraw(M2, other, Consumption, 300, (FIRST, FIRST));
		made.withdraw_money(M2, other, 7);
		if expired {
			made.until(FIRST + 100);
			made.expire(epa);
			made.expire(eca);
		}
		let case = made.end(&[&[0, 0], &[-400, 0]], &[vec![one], vec![other]]);
		let (figures, checks) = computed(&case);
		assert_eq!(failed(&checks).len(), 1, "the flag alone: {:?}", failed(&checks));
		let totals = &figures.totals;
		let left = (totals.undeposited_epa, totals.undeposited_eca, totals.undeposited_money);
		assert_eq!(left, (400, 300, 7));
		// 200 W in two timesteps at 75; and 400 W fed in at 25, and 7 in money.
		let bills: Vec<_> = figures.bills.iter().map(|bill| (bill.bill, bill.flags)).collect();
		assert_eq!(bills, [(30_000, 2), (-10_000 + 7, 1)]);
	}
}

#[test]
fn deposit_should_be_unclaimed_when_nobody_disclosed_its_address() {
	let (one, stranger) = (address(1, 0), address(8, 0));
	let mut made = Made::new(1);
	let epa = made.withdraw(M1, one, Production, 200, (FIRST, FIRST));
	let epa = made.give(epa, stranger);
	made.withdraw_money(M1, one, 5);
	made.deposit(epa);
	made.deposit_money(stranger, 3);
	let (figures, checks) = computed(&made.end(&[&[0]], &[vec![one]]));
	let identities = checks.iter().find(|check| check.name.contains("ΣE")).unwrap();
	assert!(identities.holds, "{identities:?}");
	assert!(identities.detail.contains("200 EPA unclaimed; 3 money unclaimed"), "{identities:?}");
	assert_eq!((figures.totals.undeposited_epa, figures.totals.undeposited_money), (0, 2));
}

#[test]
fn offer_should_be_as_old_as_the_whole_when_it_is_what_was_left() {
	let (seller, buyers) = (address(1, 0), [address(2, 0), address(2, 1)]);
	let mut made = Made::new(2);
	let epa = made.withdraw(M1, seller, Production, 900, (FIRST, FIRST + 1));
	let ecas = buyers.map(|buyer| made.withdraw(M2, buyer, Consumption, 200, (FIRST, FIRST)));
	made.block();
	let offer = made.post(epa, 40);
	made.block();
	made.accept(offer, ecas[0]);
	made.block();
	// After it, 900 W; above it, 700 W: the second of the two covers the first timestep.
	let rest = made
		.open_offers()
		.into_iter()
		.find(|(_, _, start, ..)| *start == FIRST)
		.unwrap();
	made.accept(rest.0, ecas[1]);
	let case = made.end(&[&[0, 0], &[0, 0]], &[vec![seller], buyers.to_vec()]);
	let (figures, _) = computed(&case);
	let blocks: Vec<_> =
		figures.trades.iter().map(|t| (t.posted_block, t.accepted_block)).collect();
	assert_eq!(blocks, [(2, 3), (2, 4)]);
	assert_eq!(figures.totals.offers, 1);
	let unmatched: Vec<_> = figures.intervals.iter().map(|i| i.unmatched_asks).collect();
	assert_eq!(unmatched, [500, 900]);
	assert_eq!(figures.intervals[0].unmatched_bids, 0);
}

#[test]
fn unmatched_should_count_once_when_an_offer_is_taken_back_and_posted_again() {
	let seller = address(1, 0);
	let mut made = Made::new(1);
	let epa = made.withdraw(M1, seller, Production, 300, (FIRST, FIRST));
	for price in [60, 50, 40] {
		let offer = made.post(epa, price);
		made.rescind(offer);
	}
	let (figures, checks) = computed(&made.end(&[&[0]], &[vec![seller]]));
	assert_eq!((figures.intervals[0].unmatched_asks, figures.totals.offers), (300, 3));
	assert_eq!(failed(&checks).len(), 1, "the flag alone: {:?}", failed(&checks));
}

#[test]
fn auction_should_be_cleared_at_one_price_and_leave_nothing_unmatched() {
	let (seller, buyer) = (address(1, 0), address(2, 0));
	let mut made = Made::new(2);
	made.rule(What::MarketSet { time: FIRST - 1, mode: MarketMode::DoubleAuction });
	let epa = made.withdraw(M1, seller, Production, 300, (FIRST, FIRST));
	let eca = made.withdraw(M2, buyer, Consumption, 300, (FIRST, FIRST));
	made.withdraw_money(M2, buyer, 30_000);
	let (ask, bid) = (made.post(epa, 30), made.post(eca, 60));
	made.until(FIRST - 1);
	let (epa, eca) = made.clear(ask, bid, 45);
	made.deposit(epa);
	made.deposit(eca);
	made.deposit_money(seller, 13_500);
	made.deposit_money(buyer, 16_500);
	let case = made.end(&[&[-300], &[300]], &[vec![seller], vec![buyer]]);
	let (figures, checks) = computed(&case);
	assert_eq!(failed(&checks), [""; 0]);
	let row = &figures.intervals[0];
	assert_eq!((row.traded, row.unmatched_asks, row.unmatched_bids), (300, 0, 0));
	assert_eq!(row.mean_price, Some(45.0));
	let bills: Vec<_> = figures.bills.iter().map(|bill| bill.bill).collect();
	assert_eq!(bills, [-13_500, 13_500]);
}

#[test]
fn baseline_should_be_at_the_dsos_prices_when_the_markets_price_is_fixed() {
	let one = address(1, 0);
	let mut made = Made::new(1);
	made.rule(What::MarketSet { time: 92, mode: MarketMode::FixedPrice(50) });
	let (figures, _) = computed(&made.end(&[&[100, -100]], &[vec![one]]));
	let bill = &figures.bills[0];
	assert_eq!((bill.bill, bill.baseline), (0, 7_500 - 2_500));
}

#[test]
fn traded_note_should_count_as_mixed_when_its_address_got_it_from_a_pool() {
	let (homes, fresh) = ([address(1, 0), address(2, 0)], address(1, 1));
	let mut made = Made::new(2);
	let span = (FIRST, FIRST);
	let notes = [M1, M2].map(|by| {
		let home = homes[if by == M1 { 0 } else { 1 }];
		made.withdraw(by, home, Production, 400, span)
	});
	let eca = made.withdraw(M2, homes[1], Consumption, 400, span);
	let pool = made.mix_in(notes[0], 1);
	made.mix_in(notes[1], 2);
	made.block();
	let epa = made.mix_out(pool, fresh, 2);
	let offer = made.post(epa, 50);
	made.block();
	made.accept(offer, eca);
	let mut case = made.end(&[&[0], &[0]], &[vec![homes[0], fresh], vec![homes[1]]]);
	case.setting.mixing = Some(petra_report::MixingSetting {
		min_ring_size: 2,
		min_ring_age: 1,
		stretch: 1,
		basket: vec!["EPA 400 W".into()],
		again: true,
	});
	let (figures, checks) = computed(&case);
	let anonymity = &figures.anonymity;
	assert_eq!((anonymity.deposited, anonymity.withdrawn), (2, 1));
	assert_eq!((anonymity.traded, anonymity.traded_mixed), (2, 1));
	let ring = &anonymity.rings[0];
	assert_eq!(ring.pool, "EPA 400 W, timesteps 100 to 100, feeder 1");
	assert_eq!((ring.members, ring.least_members, ring.households, ring.withdrawn), (2, 2, 2, 1));
	// One note is in the ring still.
	assert_eq!(failed(&checks).len(), 1, "the flag alone: {:?}", failed(&checks));
	case.setting.mixing = None;
	let told = failed(&computed(&case).1).join("\n");
	let detail = "mixing: the report says none, the blocks 2 notes of households";
	assert!(told.contains(detail), "{told}");
}

#[test]
fn feeder_should_show_the_most_that_was_traded() {
	let (made, addresses) = neighbours();
	let (figures, _) = computed(&ended(made, addresses));
	let feeder = &figures.feeders[0];
	assert_eq!((feeder.feeder, feeder.internal_limit), (1, None));
	assert_eq!((&feeder.production, &feeder.consumption), (&vec![500, 500, 0], &vec![500, 500, 0]));
}

/// A report of some bytes asks for no more memory than it may.
#[test]
fn timesteps_should_be_bounded_over_all_households() {
	let of = |length: u64, households| {
		let period = Period { first: FIRST, last: FIRST + length - 1 };
		bounded(period, Period { first: FIRST, last: FIRST }, households).is_ok()
	};
	assert!(of(1 << 20, 1) && of(1 << 19, 2) && of(1, 1 << 20) && of(1 << 20, 0));
	assert!(!of(1 << 20, 2) && !of((1 << 19) + 1, 2) && !of(1, (1 << 20) + 1));
	assert!(!of((1 << 20) + 1, 0) && !of(1 << 20, usize::MAX));
}

#[test]
fn figures_should_be_refused_when_the_setting_makes_no_sense() {
	let (made, addresses) = neighbours();
	let case = ended(made, addresses);
	let refused = |change: &dyn Fn(&mut made::Case)| {
		let mut case = case.clone();
		change(&mut case);
		compute(&case.setting, &case.inputs, &case.history).unwrap_err().to_string()
	};
	let (rows, bills) = ("are none or more than 1440", "are none or more than 1048576");
	assert!(refused(&|case| case.setting.last_timestep = 0).contains(rows));
	assert!(refused(&|case| case.setting.last_timestep = FIRST + 1_440).contains(rows));
	assert!(refused(&|case| case.setting.bill_last = u64::MAX).contains(bills));
	let together = refused(&|case| case.setting.bill_last = BEGIN + (1 << 20) - 1);
	let said =
		"2 households' bills of 1048576 timesteps each are more than 1048576 timesteps together";
	assert_eq!(together, said);
	assert!(refused(&|case| case.setting.bill_first = FIRST + 1).contains("not all in"));
	assert!(refused(&|case| case.setting.profile.from = "25".into()).contains("no time of day"));
	assert!(refused(&|case| case.inputs.households[0].key = "5x".into()).contains("no address"));
	let fewer = refused(&|case| case.inputs.households[1].measured.truncate(2));
	assert_eq!(fewer, "household house 2: 2 values measured for 3 timesteps");
	let older = refused(&|case| {
		case.history.blocks.drain(..2);
	});
	assert!(older.contains("block 4 speaks of offer 1, which is older"), "{older}");
	let none_known = refused(&|case| case.history.after.rules.prices = Default::default());
	assert!(none_known.contains("the prices of timestep 91 are not known"), "{none_known}");
}
