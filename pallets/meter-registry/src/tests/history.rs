//! Random histories against a naive register that keeps everything for every timestep.

use crate::mock::*;
use frame_support::weights::Weight;
use petra_primitives::{
	AssetKind, Authorization, Balance, EnergyRequest, FeederId, Limits, MeterAdministration,
	MeterAdministrationError, MeterId, MeterLimits, Path, Power, Timestep, WithdrawalError,
};
use std::collections::BTreeMap;

/// Timesteps that the model knows.
const END: usize = 400;
const METERS: MeterId = 4;
const FEEDERS: FeederId = 2;

#[derive(Clone, Copy)]
struct Status {
	authorized: bool,
	path: Path,
	limits: Limits,
	/// Whether the limits count for what the DSO may create.
	counts: bool,
}

/// A meter as the model knows it: everything in each timestep.
#[derive(Clone)]
struct Naive {
	key: u64,
	feeder: FeederId,
	status: Vec<Option<Status>>,
	withdrawn: [Vec<Power>; 2],
	money: BTreeMap<Timestep, Balance>,
}

#[derive(Clone, Default)]
struct Model {
	now: Timestep,
	meters: BTreeMap<MeterId, Naive>,
	created: BTreeMap<(FeederId, usize), Vec<Power>>,
}

fn limit(limits: &Limits, kind: usize) -> Power {
	[limits.max_production, limits.max_consumption][kind]
}

fn index(kind: AssetKind) -> usize {
	match kind {
		AssetKind::Production => 0,
		AssetKind::Consumption => 1,
	}
}

type Administration = Result<(), MeterAdministrationError>;

impl Model {
	fn authorize(&mut self, a: &Authorization<u64>, time: Timestep) -> Administration {
		if self.meters.iter().any(|(id, meter)| *id != a.id && meter.key == a.pubkey) {
			return Err(MeterAdministrationError::KeyInUse);
		}
		let now = self.now as usize;
		let known = self.meters.get(&a.id);
		if known.is_some_and(|meter| {
			meter.feeder != a.feeder
				&& meter.withdrawn.iter().any(|kind| kind[now..].iter().any(|power| *power > 0))
		}) {
			return Err(MeterAdministrationError::FeederInUse);
		}
		let mut meter = known.cloned().unwrap_or_else(|| Naive {
			key: 0,
			feeder: 0,
			status: vec![None; END],
			withdrawn: [vec![0; END], vec![0; END]],
			money: BTreeMap::new(),
		});
		(meter.key, meter.feeder) = (a.pubkey, a.feeder);
		for t in time as usize + 1..END {
			let later = meter.withdrawn.iter().any(|kind| kind[t..].iter().any(|power| *power > 0));
			let (limits, path) = (a.limits, a.path);
			meter.status[t] = Some(Status { authorized: true, path, limits, counts: !later });
		}
		self.meters.insert(a.id, meter);
		Ok(())
	}

	fn ban(&mut self, id: MeterId, time: Timestep) -> Administration {
		let meter = self.meters.get_mut(&id).ok_or(MeterAdministrationError::MeterNotFound)?;
		for status in meter.status.iter_mut().skip(time as usize + 1).flatten() {
			status.authorized = false;
		}
		Ok(())
	}

	fn set_limits(&mut self, id: MeterId, limits: Limits, time: Timestep) -> Administration {
		let meter = self.meters.get_mut(&id).ok_or(MeterAdministrationError::MeterNotFound)?;
		for status in meter.status.iter_mut().skip(time as usize + 1).flatten() {
			status.limits = limits;
		}
		Ok(())
	}

	fn withdraw(
		&mut self,
		key: u64,
		id: MeterId,
		energy: &[EnergyRequest],
		money: Balance,
	) -> Result<FeederId, WithdrawalError> {
		let now = self.now;
		let meter = self.meters.get_mut(&id).ok_or(WithdrawalError::MeterNotFound)?;
		if meter.key != key {
			return Err(WithdrawalError::NotTheMeter);
		}
		let on_path = |status: Option<Status>| match status {
			Some(status) if status.authorized && status.path == Path::Meter => Ok(status.limits),
			Some(status) if status.authorized => Err(WithdrawalError::WrongPath),
			_ => Err(WithdrawalError::MeterNotAuthorized),
		};
		for request in energy {
			for t in request.start..=request.end {
				on_path(meter.status[t as usize])?;
			}
		}
		if money > 0 {
			let limits = on_path(meter.status[now as usize])?;
			let sum = meter.money.entry(now / 50).or_default();
			*sum += money;
			if *sum > limits.max_financial {
				return Err(WithdrawalError::FinancialLimitExceeded);
			}
		}
		for request in energy {
			let kind = index(request.kind);
			for t in request.start as usize..=request.end as usize {
				meter.withdrawn[kind][t] += request.power;
				if meter.withdrawn[kind][t] > limit(&meter.status[t].unwrap().limits, kind) {
					return Err(WithdrawalError::LimitExceeded);
				}
			}
		}
		Ok(meter.feeder)
	}

	fn create(&mut self, feeder: FeederId, request: &EnergyRequest) -> Result<(), WithdrawalError> {
		let kind = index(request.kind);
		for t in request.start as usize..=request.end as usize {
			let sum: Power = self
				.meters
				.values()
				.filter(|meter| meter.feeder == feeder)
				.filter_map(|meter| meter.status[t])
				.filter(|status| status.authorized && status.path == Path::Dso && status.counts)
				.map(|status| limit(&status.limits, kind))
				.sum();
			let created = self.created.entry((feeder, kind)).or_insert_with(|| vec![0; END]);
			created[t] += request.power;
			if created[t] > sum {
				return Err(WithdrawalError::FeederLimitExceeded);
			}
		}
		Ok(())
	}

	/// Asserts that the register says the same of the future.
	fn assert_equals(&self) {
		let end = END as Timestep - 1;
		for kind in [Production, Consumption] {
			let mut load = BTreeMap::<FeederId, Vec<Power>>::new();
			for (id, meter) in &self.meters {
				let withdrawn = &meter.withdrawn[index(kind)];
				let read = spread(Registry::withdrawn(*id, kind, self.now, end));
				assert_eq!(read[self.now as usize..], withdrawn[self.now as usize..]);
				let sums = load.entry(meter.feeder).or_insert_with(|| vec![0; END]);
				sums.iter_mut().zip(withdrawn).for_each(|(sum, power)| *sum += power);
			}
			for feeder in 0..FEEDERS {
				let mut sums = load.remove(&feeder).unwrap_or_else(|| vec![0; END]);
				let created = self.created.get(&(feeder, index(kind))).into_iter().flatten();
				sums.iter_mut().zip(created).for_each(|(sum, power)| *sum += power);
				let read = spread(Registry::withdrawn_on_feeder(feeder, kind, self.now, end));
				assert_eq!(read[self.now as usize..], sums[self.now as usize..]);
			}
		}
		for (id, meter) in &self.meters {
			for t in self.now..=end {
				let expected = meter.status[t as usize].is_some_and(|status| status.authorized);
				assert_eq!(Registry::was_authorized(*id, t), expected);
			}
		}
	}
}

/// Segments as an amount for each timestep.
fn spread(segments: Vec<petra_primitives::Segment>) -> Vec<Power> {
	let mut powers = vec![0; END];
	for segment in segments {
		powers[segment.start as usize..=segment.end as usize].fill(segment.power);
	}
	powers
}

/// A linear congruential generator.
struct Random(u64);
impl Random {
	fn below(&mut self, bound: u64) -> u64 {
		self.0 = self
			.0
			.wrapping_mul(6_364_136_223_846_793_005)
			.wrapping_add(1_442_695_040_888_963_407);
		(self.0 >> 33) % bound
	}
}

/// How often each step had which result.
type Counts = BTreeMap<(&'static str, String), u32>;

fn count<V, E: core::fmt::Debug>(counts: &mut Counts, step: &'static str, result: &Result<V, E>) {
	let result = result.as_ref().map_or_else(|error| format!("{error:?}"), |_| "Ok".into());
	*counts.entry((step, result)).or_default() += 1;
}

/// Does the same with the register and the model, and asserts the same result.
fn step<V: PartialEq + core::fmt::Debug, E: PartialEq + core::fmt::Debug>(
	model: &mut Model,
	counts: &mut Counts,
	name: &'static str,
	register: impl FnOnce() -> Result<V, E>,
	naive: impl FnOnce(&mut Model) -> Result<V, E>,
	too_many: Option<E>,
) {
	let result = transactional(register);
	count(counts, name, &result);
	// How many changes there may be is the register's affair.
	if too_many.is_some() && result.as_ref().err() == too_many.as_ref() {
		return;
	}
	let mut next = model.clone();
	let expected = naive(&mut next);
	assert_eq!(result, expected, "{name}");
	if expected.is_ok() {
		*model = next;
	}
}

fn random_limits(random: &mut Random) -> Limits {
	Limits {
		max_production: 3 + random.below(9),
		max_consumption: 3 + random.below(9),
		max_financial: random.below(40).into(),
	}
}

fn random_request(random: &mut Random, now: Timestep) -> EnergyRequest {
	let start = now + 2 + random.below(30);
	let kind = [Production, Consumption][random.below(2) as usize];
	let end = (start + random.below(40)).min(END as u64 - 1);
	request(kind, 1 + random.below(4), start, end)
}

fn one_step(model: &mut Model, random: &mut Random, counts: &mut Counts) {
	let (id, now) = (random.below(METERS.into()) as MeterId, model.now);
	let time = now + random.below(60);
	let full = Some(MeterAdministrationError::TooManyChanges);
	match random.below(20) {
		0 | 1 => {
			let known = model.meters.get(&id);
			let a = Authorization {
				id,
				pubkey: match known {
					Some(meter) if random.below(3) > 0 => meter.key,
					_ => 100 + random.below(12),
				},
				feeder: match known {
					Some(meter) if random.below(3) > 0 => meter.feeder,
					_ => random.below(FEEDERS.into()) as FeederId,
				},
				limits: random_limits(random),
				path: if random.below(2) == 0 { Path::Meter } else { Path::Dso },
			};
			let register = || Registry::authorize(&a, time);
			step(model, counts, "authorize", register, |m| m.authorize(&a, time), full);
		},
		2 if random.below(3) == 0 => {
			step(model, counts, "ban", || Registry::ban(id, time), |m| m.ban(id, time), full)
		},
		2..=4 => {
			let limits = random_limits(random);
			let register = || Registry::set_limits(id, limits, time);
			step(model, counts, "set_limits", register, |m| m.set_limits(id, limits, time), full);
		},
		5..12 => {
			let energy: Vec<_> =
				(0..random.below(3)).map(|_| random_request(random, now)).collect();
			let money = if random.below(4) == 0 { random.below(9).into() } else { 0 };
			let key = match model.meters.get(&id) {
				Some(meter) if random.below(20) > 0 => meter.key,
				_ => 100 + random.below(12),
			};
			let register = || Registry::withdraw(&key, id, &energy, money);
			let naive = |m: &mut Model| m.withdraw(key, id, &energy, money);
			step(model, counts, "withdraw", register, naive, None);
		},
		12..15 => {
			let feeder = match model.meters.get(&id) {
				Some(meter) => meter.feeder,
				None => random.below(FEEDERS.into()) as FeederId,
			};
			let request = random_request(random, now);
			let register = || Registry::withdraw_for_feeder(feeder, &request);
			step(model, counts, "create", register, |m| m.create(feeder, &request), None);
		},
		_ => {
			model.now += random.below(6);
			Time::set(model.now);
			use frame_support::traits::Hooks;
			Registry::on_idle(System::block_number(), Weight::MAX);
			System::set_block_number(System::block_number() + 1);
			count::<(), ()>(counts, "time", &Ok(()));
		},
	}
}

#[test]
fn histories_should_equal_a_naive_registers() {
	let mut counts = Counts::new();
	let histories = std::env::var("PROPTEST_CASES")
		.ok()
		.and_then(|n| n.parse().ok())
		.unwrap_or(1_000u64);
	for seed in 0..histories.clamp(1_000, 20_000) {
		let mut random = Random(seed);
		new_test_ext().execute_with(|| {
			let mut model = Model { now: 30 + random.below(40), ..Model::default() };
			Time::set(model.now);
			MaxAhead::set(3);
			Units::set(petra_primitives::Parameters {
				horizon: 10_000,
				settlement_window: 0,
				billing_period: 50,
				..PARAMETERS
			});
			for id in 0..METERS - 1 {
				let path = [Path::Meter, Path::Dso][id as usize % 2];
				let a =
					Authorization { limits: random_limits(&mut random), ..authorization(id, path) };
				assert_eq!(Registry::authorize(&a, model.now), model.authorize(&a, model.now));
			}
			for _ in 0..100 {
				one_step(&mut model, &mut random, &mut counts);
				if model.now as usize >= END - 80 {
					break;
				}
			}
			model.assert_equals();
			Registry::do_try_state().unwrap();
		});
	}
	let of = |step, result: &str| counts.get(&(step, result.to_string())).copied().unwrap_or(0);
	for (step, results) in [
		("authorize", &["Ok", "KeyInUse", "FeederInUse", "TooManyChanges"][..]),
		("ban", &["Ok", "MeterNotFound", "TooManyChanges"]),
		("set_limits", &["Ok", "MeterNotFound", "TooManyChanges"]),
		(
			"withdraw",
			&[
				"Ok",
				"MeterNotFound",
				"NotTheMeter",
				"MeterNotAuthorized",
				"WrongPath",
				"LimitExceeded",
				"FinancialLimitExceeded",
			],
		),
		("create", &["Ok", "FeederLimitExceeded"]),
	] {
		for result in results {
			assert!(of(step, result) >= 20, "{step} {result}: {counts:?}");
		}
	}
	let successes: u32 = counts
		.iter()
		.filter(|((_, result), _)| result == "Ok")
		.map(|(_, count)| count)
		.sum();
	assert!(2 * successes >= counts.values().sum(), "{successes} successes: {counts:?}");
}
