//! Made-up reports, for tests and for looking at the page: figures that fit together, of no run.

#![allow(clippy::arithmetic_side_effects)]

use crate::*;

/// What a made-up report holds.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
	/// How many households.
	pub households: u32,
	/// How many rows of the profile.
	pub rows: u32,
	/// How many feeders.
	pub feeders: u32,
	/// Whether anything is traded.
	pub traded: bool,
	/// Whether notes are mixed.
	pub mixed: bool,
	/// Whether something fails, is interrupted, or has an ugly name.
	pub troubled: bool,
	/// By what all powers and prices are multiplied.
	pub scale: u64,
}

impl Sample {
	/// Nine households, from 14:15 to 17:45.
	pub fn nine() -> Self {
		Self {
			households: 9,
			rows: 14,
			feeders: 1,
			traded: true,
			mixed: true,
			troubled: false,
			scale: 1,
		}
	}
}

/// Numbers that look random: the same each time (the 64-bit mix of splitmix).
struct Numbers(u64);

impl Numbers {
	fn next(&mut self, below: u64) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut mixed = self.0;
		mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		(mixed ^ (mixed >> 31)).checked_rem(below).unwrap_or_default()
	}
}

const INTERVAL: u64 = 15;
const CONSUMPTION: u64 = 75_000;
const PRODUCTION: u64 = 25_000;

impl Report {
	/// A made-up report.
	pub fn sample(sample: Sample) -> Self {
		let mut numbers = Numbers(7);
		let intervals: Vec<Interval> =
			(0..sample.rows).map(|row| interval(&mut numbers, &sample, row)).collect();
		let trades = if sample.traded { trades(&mut numbers, &sample) } else { Vec::new() };
		let bills: Vec<BillFigures> =
			(0..sample.households).map(|home| bill(&mut numbers, &sample, home)).collect();
		let households = (0..sample.households)
			.zip(&bills)
			.map(|(home, bill)| household(&mut numbers, &sample, home, bill.bill))
			.collect();
		let totals = totals(&sample, &intervals, &bills, trades.len());
		Self {
			setting: setting(&sample),
			inputs: Inputs {
				households,
				finality: Vec::new(),
				memory: memory(&sample),
				interruptions: interruptions(&sample),
			},
			figures: Figures {
				totals,
				clearing: clearing(&trades),
				trades,
				bills,
				feeders: feeders(&mut numbers, &sample),
				anonymity: anonymity(&mut numbers, &sample),
				load: Load {
					blocks: 214,
					transactions: 1_903,
					per_second: 4.446_261_682_242_991,
					mean_fullness: 0.021_3,
					greatest_fullness: 0.187_25,
				},
				intervals,
			},
			checks: checks(&sample),
		}
	}
}

fn times(number: u64, scale: u64) -> u64 {
	number.saturating_mul(scale)
}

fn signed(number: u64) -> i128 {
	i128::from(number)
}

fn clock(row: u32) -> String {
	let minutes = u64::from(row).saturating_mul(INTERVAL).saturating_add(855) % 1_440;
	format!("{}:{:02}", minutes / 60, minutes % 60)
}

fn interval(numbers: &mut Numbers, sample: &Sample, row: u32) -> Interval {
	let homes = u64::from(sample.households);
	let mut power =
		|watts: u64| times((numbers.next(watts / 2) + watts / 2) / 100 * 100, sample.scale);
	let (load, generation) = (power(900 * homes), power(1_500 * homes));
	let traded = if sample.traded { load.min(generation) / 10 * 8 } else { 0 };
	let local = traded / 100 * 95;
	let price = |price: u64| (sample.traded && row % 7 != 6).then_some(times(price, sample.scale));
	Interval {
		timestep: 7_342_118 + u64::from(row),
		time: clock(row),
		load,
		generation,
		traded,
		local,
		from_dso: load.saturating_sub(local),
		to_dso: generation.saturating_sub(traded),
		unmatched_asks: power(3_000) / 4,
		unmatched_bids: power(2_000) / 4,
		least_price: price(38_000 - u64::from(row % 5) * 900),
		mean_price: price(46_000).map(|price| price as f64 + f64::from(row % 3) * 812.5),
		highest_price: price(55_000 + u64::from(row % 4) * 1_500),
		deviation: power(200 * homes) / 3,
	}
}

fn trades(numbers: &mut Numbers, sample: &Sample) -> Vec<Trade> {
	(0..u64::from(sample.rows) * u64::from(sample.households))
		.map(|number| {
			let posted_at = 1_795_670_400_000 + number * 2_000;
			// Mostly a few blocks, now and then many.
			let blocks = 1 + numbers.next(5) * numbers.next(3) + numbers.next(2);
			Trade {
				offer: number,
				asset: 1_000 + number,
				power: times(400, sample.scale),
				start: 7_342_118 + number % u64::from(sample.rows),
				end: 7_342_118 + number % u64::from(sample.rows),
				price: 46_000,
				cost: signed(times(400, sample.scale)) * 46_000,
				posted_block: 100 + number / 2,
				posted_at,
				accepted_block: 100 + number / 2 + blocks,
				accepted_at: posted_at + blocks * 2_000,
			}
		})
		.collect()
}

fn clearing(trades: &[Trade]) -> Clearing {
	let seconds =
		|trade: &Trade| trade.accepted_at.saturating_sub(trade.posted_at) as f64 / 1_000.0;
	let finalized = trades
		.iter()
		.enumerate()
		.map(|(place, trade)| seconds(trade) + if place % 4 == 0 { 1.731 } else { -0.219 });
	Clearing {
		in_blocks: Distribution::of(trades.iter().map(seconds)),
		finalized: Distribution::of(finalized),
		block_time: 2.018_691_588_785_046_5,
		compression: 45.0,
	}
}

fn name(sample: &Sample, home: u32) -> String {
	let feeder = home % sample.feeders.max(1) + 1;
	match (sample.troubled, home) {
		(true, 0) => {
			"<b>\"Straße & Söhne\"</b>/a-very-long-name-without-any-space-in-it-which-does-not-fit"
				.into()
		},
		_ => format!("{feeder}/{}", home / sample.feeders.max(1) + 1),
	}
}

fn bill(numbers: &mut Numbers, sample: &Sample, home: u32) -> BillFigures {
	let producer = home % 4 == 1;
	let size = signed(times((numbers.next(6_000) + 1_000) * u64::from(sample.rows), sample.scale));
	let measured = if producer { -2 * size } else { size };
	let price = if producer { PRODUCTION } else { CONSUMPTION };
	let baseline = measured * signed(price);
	let (energy, money) = match sample.traded {
		true => (measured / 5, (measured - measured / 5) * 46_000),
		false => (measured, 0),
	};
	let residual_charges = energy * signed(price);
	BillFigures {
		name: name(sample, home),
		measured,
		energy,
		residual_charges,
		money,
		bill: money + residual_charges,
		baseline,
		flags: u32::from(sample.troubled && home == 2),
	}
}

fn household(numbers: &mut Numbers, sample: &Sample, home: u32, owed: i128) -> Household {
	let sign = if home % 4 == 1 { -1i64 } else { 1 };
	let power = i64::try_from(times(100, sample.scale)).unwrap_or(i64::MAX / 100);
	let mut row = |_| sign.saturating_mul(power).saturating_mul((numbers.next(12) + 3) as i64);
	let measured: Vec<i64> = (0..sample.rows).map(&mut row).collect();
	let predicted = measured.iter().map(|watts| watts / 100 * 93).collect();
	Household {
		name: name(sample, home),
		meter: home + 1,
		key: "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY".into(),
		feeder: home % sample.feeders.max(1) + 1,
		measured,
		predicted,
		addresses: vec!["5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty".into()],
		bill: SignedBill { bytes: "0x00".into(), owed },
	}
}

fn totals(sample: &Sample, rows: &[Interval], bills: &[BillFigures], trades: usize) -> Totals {
	let sum = |of: fn(&Interval) -> u64| rows.iter().map(of).fold(0, u64::saturating_add);
	let money = |of: fn(&BillFigures) -> i128| bills.iter().map(of).fold(0, i128::saturating_add);
	let (load, local) = (sum(|row| row.load), sum(|row| row.local));
	Totals {
		load,
		generation: sum(|row| row.generation),
		traded: sum(|row| row.traded),
		trades: u32::try_from(trades).unwrap_or(u32::MAX),
		offers: u32::try_from(trades).unwrap_or(u32::MAX) / 2 * 3,
		local_share: if load == 0 { 0.0 } else { local as f64 / load as f64 },
		from_dso: sum(|row| row.from_dso),
		to_dso: sum(|row| row.to_dso),
		paid: signed(sum(|row| row.traded)) * 46_000,
		baseline: money(|bill| bill.baseline),
		bills: money(|bill| bill.bill),
		undeposited_money: if sample.troubled { 2_500_000 } else { 0 },
		undeposited_epa: if sample.troubled { 400 } else { 0 },
		undeposited_eca: 0,
	}
}

fn feeders(numbers: &mut Numbers, sample: &Sample) -> Vec<Feeder> {
	let mut loads = |most: u64| -> Vec<u64> {
		(0..sample.rows)
			.map(|_| times(numbers.next(most) / 100 * 100, sample.scale))
			.collect()
	};
	(1..=sample.feeders)
		.map(|feeder| Feeder {
			feeder,
			internal_limit: (feeder % 3 != 0).then_some(times(12_000, sample.scale)),
			external_limit: (feeder % 2 == 0).then_some(times(8_000_000, sample.scale)),
			production: loads(if sample.traded { 9_000 } else { 1 }),
			consumption: loads(if sample.traded { 7_000 } else { 1 }),
		})
		.collect()
}

fn anonymity(numbers: &mut Numbers, sample: &Sample) -> Anonymity {
	let rings =
		if sample.mixed { sample.rows.saturating_mul(sample.households.min(60)) / 2 } else { 0 };
	let traded = if sample.traded { sample.rows * sample.households * 2 } else { 0 };
	let ring = |number: u32| {
		let households = sample.households.saturating_sub(numbers.next(3) as u32).max(1);
		Ring {
			pool: format!("EPA 1600 W, timesteps {0} to {0}, feeder 1", 7_342_118 + number),
			ring: number % 2,
			members: households + numbers.next(4) as u32,
			least_members: households,
			households,
			withdrawn: households,
		}
	};
	Anonymity {
		deposited: rings * 9,
		withdrawn: rings * 8,
		traded,
		traded_mixed: if sample.mixed { traded / 10 * 9 } else { 0 },
		failed_rings: u32::from(sample.troubled && sample.mixed),
		reclaimed: if sample.troubled && sample.mixed { 3 } else { 0 },
		rings: (0..rings).map(ring).collect(),
	}
}

fn memory(sample: &Sample) -> Vec<Memory> {
	let memory = |process: &str, count, mebibytes: u64| Memory {
		process: process.into(),
		count,
		largest: mebibytes << 20,
	};
	vec![
		memory("node", 5, 412),
		memory("meter", sample.households, 28),
		memory("prosumer", sample.households, 46),
		memory("dso", 1, 31),
	]
}

fn interruptions(sample: &Sample) -> Vec<Interruption> {
	if !sample.troubled {
		return Vec::new();
	}
	let what = "prosumer of household 4 ended: <signal 9>; started again";
	vec![Interruption { at: 1_795_670_461_500, what: what.into() }]
}

fn checks(sample: &Sample) -> Vec<Check> {
	let check =
		|name: &str, holds, detail: &str| Check { name: name.into(), holds, detail: detail.into() };
	vec![
		check(
			"energy balances",
			true,
			"ΣE = Σmeasured + EPA issued − EPA deposited, in each of 14 timesteps",
		),
		check("money balances", true, "ΣB = FA issued − FA deposited + Σ residual charges"),
		check("no limit is passed", true, "9 meters and 1 feeder, 214 blocks"),
		check(
			"every bill equals the formula",
			!sample.troubled,
			if sample.troubled {
				"3/1: the bill says 1, the blocks 2 & <more>"
			} else {
				"9 signed bills"
			},
		),
		check("with mixing, at least one asset that was traded was mixed", true, "226 of 252"),
	]
}

fn setting(sample: &Sample) -> Setting {
	let first = 7_342_118;
	Setting {
		command: "petra simulate --profile neighbourhood.csv --from 14:15 --to 17:45 --mode auction --out report".into(),
		version: "petra 0.1.0 (commit d52541b)".into(),
		machine: Machine {
			processor: "A processor with a long name @ 2.60GHz".into(),
			cores: 2,
			memory: 24 << 30,
		},
		seed: 2018,
		began: "2026-11-25 04:46 UTC".into(),
		profile: ProfileSetting {
			name: "neighbourhood.csv".into(),
			unit: "kW".into(),
			interval_minutes: 15,
			from: "14:15".into(),
			to: clock(sample.rows),
		},
		chain: Chain {
			genesis: "0x4a1e5a5ee1d5a7f1c2b3a4958677685940312233445566778899aabbccddeeff".into(),
			spec_version: 1,
			validators: 4,
			timestep_ms: 20_000,
			power_lot: 100,
			gate_lead: 1,
		},
		market: Market {
			mode: "doubleAuction".into(),
			fixed_price: None,
			price_consumption: times(CONSUMPTION, sample.scale),
			price_production: times(PRODUCTION, sample.scale),
		},
		path: "meter".into(),
		mixing: sample.mixed.then(|| MixingSetting {
			min_ring_size: 5,
			min_ring_age: 3,
			stretch: 2,
			basket: vec!["EPA 1600 W".into(), "ECA 800 W".into(), "money 2 EUR".into()],
			again: true,
		}),
		forecast_error: 0.07,
		first_timestep: first,
		last_timestep: first + u64::from(sample.rows.saturating_sub(1)),
		bill_first: first - 20,
		bill_last: first + u64::from(sample.rows) + 20,
		first_block: 88,
		last_block: 301,
		last_hash: "0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".into(),
	}
}
