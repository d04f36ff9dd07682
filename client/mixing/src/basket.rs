//! What a household mixes every day, and when: the default that keeps it anonymous (specification, section 7, "How a
//! household stays anonymous"; P1, "Privacy").
//!
//! - **The same basket every day**, whether the household means to trade or not, and the same for all households with the
//!   same limits: who withdraws what its meter may, and no other amount, says nothing about itself. [`Basket::standard`]
//!   splits the limits into notes of standard sizes.
//! - **Phases that do not overlap**: all of a feeder's households withdraw from their meters in one stretch of the day,
//!   put their notes into the pools in the next, and take them out in a later one. So each proof is made over a ring that
//!   has everybody's note in it, and the anonymity set is the whole ring.
//! - **A random moment for each step**, uniform in its phase, drawn from the operating system's randomness
//!   ([`randomness`]). A moment that followed from public data (a block's hash, a number, a key) could be computed by
//!   whoever wants to know whose note it is.
//! - **A fresh address for each note**, on both sides of the pool, and one deposit in each transaction. An address that buys
//!   gets the money for it, from a note of its own.
//!
//! Times of a plan are in milliseconds of Unix time.

use crate::notes::{split_energy, split_money, Energy, NotSplittable, NoteSizes};
use petra_primitives::{AssetKind, Balance, FeederId, Limits, Note, Power, Timestep};
use rand::{CryptoRng, Rng, SeedableRng};
use std::time::Duration;

/// Milliseconds in an hour.
const HOUR: u64 = 3_600_000;
/// Milliseconds in a day.
const DAY: u64 = 24 * HOUR;

/// Randomness that nobody can compute from what is public: seeded by the operating system.
pub fn randomness() -> rand::rngs::StdRng {
	rand::rngs::StdRng::from_os_rng()
}

/// A time up to `most`, all milliseconds being equally likely.
pub fn random_delay(most: Duration, random: &mut impl CryptoRng) -> Duration {
	let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
	Duration::from_millis(random.random_range(0..=most))
}

/// A stretch of the day, in milliseconds since its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
	/// When it begins.
	pub from: u64,
	/// How long it is; at least 1.
	pub length: u64,
}

impl Phase {
	const fn hours(from: u64, to: u64) -> Self {
		Self {
			from: from.saturating_mul(HOUR),
			length: to.saturating_sub(from).saturating_mul(HOUR),
		}
	}

	/// A moment of this phase, all being equally likely.
	fn moment(&self, day_begins: u64, random: &mut impl CryptoRng) -> u64 {
		let begin = day_begins.saturating_add(self.from);
		begin.saturating_add(random.random_range(0..self.length.max(1)))
	}

	/// When it is over.
	pub fn end(&self) -> u64 {
		self.from.saturating_add(self.length)
	}
}

/// When a feeder's households do what, on the day before the one that they trade for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timetable {
	/// Meters withdraw.
	pub withdraw: Phase,
	/// Notes are deposited in the pools.
	pub deposit: Phase,
	/// Notes are taken out of the pools.
	pub take_out: Phase,
	/// How long after an asset's end it is deposited at the latest, in milliseconds: within the settlement window.
	pub settle_within: u64,
}

impl Default for Timetable {
	/// Withdrawals from 12 to 13 h, deposits from 13 to 17 h, mixing withdrawals from 18 to 23 h; settlement within 20
	/// hours, of the 24 of the default settlement window.
	fn default() -> Self {
		Self {
			withdraw: Phase::hours(12, 13),
			deposit: Phase::hours(13, 17),
			take_out: Phase::hours(18, 23),
			settle_within: HOUR.saturating_mul(20),
		}
	}
}

/// Notes of energy that a household withdraws for each stretch of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
	/// To sell or to buy.
	pub kind: AssetKind,
	/// Watts of a note.
	pub power: Power,
	/// How many.
	pub notes: u32,
}

/// What a household withdraws and mixes every day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket {
	/// Timesteps of each stretch of the day: a power of two.
	pub stretch: Timestep,
	/// Energy, for each stretch.
	pub energy: Vec<Line>,
	/// Amounts of the notes of money, for each stretch.
	pub money: Vec<Balance>,
}

impl Basket {
	/// The basket of all households with these limits: all the power that the meter may withdraw, and for each note of
	/// consumption one of money, as large as fits into the day's share of the financial limit.
	///
	/// `stretch` is the number of timesteps of a note, a power of two; `days` the days of a billing period.
	///
	/// # Errors
	/// [`NotSplittable`] if the limits are no multiples of the power lot.
	pub fn standard(
		limits: &Limits,
		sizes: &NoteSizes,
		stretch: Timestep,
		stretches_a_day: u64,
		days: u64,
	) -> Result<Self, NotSplittable> {
		let kinds = [
			(AssetKind::Production, limits.max_production),
			(AssetKind::Consumption, limits.max_consumption),
		];
		let mut lines = Vec::new();
		for (kind, power) in kinds.into_iter().filter(|(_, power)| *power > 0) {
			// A note for each binary digit of the limit, in one timestep as in all.
			let energy = Energy { kind, feeder: 0, traded: false, power, start: 0, end: 0 };
			lines.extend(split_energy(&energy, sizes)?.iter().filter_map(|note| match *note {
				Note::Energy { power, .. } => Some(Line { kind, power, notes: 1 }),
				Note::Financial { .. } => None,
			}));
		}
		let buys = lines.iter().filter(|line| line.kind == AssetKind::Consumption).count();
		let parts = u128::from(days.saturating_mul(stretches_a_day))
			.saturating_mul(u128::try_from(buys).unwrap_or(u128::MAX));
		let share = limits.max_financial.checked_div(parts).unwrap_or_default();
		let whole = share.saturating_sub(share.checked_rem(sizes.money_unit).unwrap_or(share));
		let largest = split_money(whole, sizes).unwrap_or_default().into_iter().next();
		let money = match largest {
			Some(Note::Financial { amount }) => vec![amount; buys],
			_ => Vec::new(),
		};
		Ok(Self { stretch, energy: lines, money })
	}

	/// The notes for the whole stretches that lie between two timesteps, both included, in the order of time; money last
	/// in each stretch.
	pub fn notes(&self, feeder: FeederId, from: Timestep, to: Timestep) -> Vec<Note> {
		let mut notes = Vec::new();
		let mut next = from.checked_next_multiple_of(self.stretch.max(1));
		while let Some(start) = next {
			let Some(end) =
				start.checked_add(self.stretch.saturating_sub(1)).filter(|end| *end <= to)
			else {
				break;
			};
			for &Line { kind, power, notes: count } in &self.energy {
				let note = || Note::Energy { kind, feeder, traded: false, power, start, end };
				notes.extend((0..count).map(|_| note()));
			}
			notes.extend(self.money.iter().map(|&amount| Note::Financial { amount }));
			next = end.checked_add(1);
		}
		notes
	}
}

/// What becomes of one note, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedNote {
	/// The note.
	pub note: Note,
	/// Number of the fresh address to which the meter withdraws it, and which deposits it.
	pub depositor: u32,
	/// Number of the fresh member key under which it lies in its ring.
	pub member: u32,
	/// Number of the fresh address at which it arrives.
	pub recipient: u32,
	/// When it is deposited in its pool.
	pub deposit_at: u64,
	/// From when on it is taken out.
	pub take_out_at: u64,
	/// When what is left of it is deposited with the meter, if it is energy.
	pub settle_at: Option<u64>,
}

/// A household's day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayPlan {
	/// When its meter withdraws.
	pub withdraw_at: u64,
	/// Its notes.
	pub notes: Vec<PlannedNote>,
}

/// Numbers of addresses and keys that were never used: the wallet derives these from its phrase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fresh {
	/// The next address.
	pub address: u32,
	/// The next member key.
	pub member: u32,
}

impl Fresh {
	fn take(number: &mut u32) -> u32 {
		let taken = *number;
		*number = taken.saturating_add(1);
		taken
	}
}

/// Plans the day on which `notes` are withdrawn and mixed; `day_begins` is its first millisecond.
///
/// Each note gets addresses and a member key of its own, and moments of its own. Notes of consumption and notes of money
/// are paired by their order: a pair arrives at one address, from which the household can bid.
pub fn plan(
	notes: Vec<Note>,
	day_begins: u64,
	timestep_ms: u64,
	timetable: &Timetable,
	fresh: &mut Fresh,
	random: &mut impl CryptoRng,
) -> DayPlan {
	let withdraw_at = timetable.withdraw.moment(day_begins, random);
	let mut planned: Vec<PlannedNote> = notes
		.into_iter()
		.map(|note| {
			let settle_at = match note {
				Note::Energy { end, .. } => {
					let over = end.saturating_add(1).saturating_mul(timestep_ms);
					let delay = random.random_range(0..timetable.settle_within.max(1));
					Some(over.saturating_add(delay))
				},
				Note::Financial { .. } => None,
			};
			PlannedNote {
				note,
				depositor: Fresh::take(&mut fresh.address),
				member: Fresh::take(&mut fresh.member),
				recipient: Fresh::take(&mut fresh.address),
				deposit_at: timetable.deposit.moment(day_begins, random),
				take_out_at: timetable.take_out.moment(day_begins, random),
				settle_at,
			}
		})
		.collect();
	let buyers: Vec<u32> = planned
		.iter()
		.filter(|planned| matches!(planned.note, Note::Energy { kind: AssetKind::Consumption, .. }))
		.map(|planned| planned.recipient)
		.collect();
	let money = planned
		.iter_mut()
		.filter(|planned| matches!(planned.note, Note::Financial { .. }));
	for (planned, recipient) in money.zip(buyers) {
		planned.recipient = recipient;
	}
	DayPlan { withdraw_at, notes: planned }
}

/// The first millisecond of the day (UTC) of a moment.
pub fn day_of(time: u64) -> u64 {
	time.saturating_sub(time.checked_rem(DAY).unwrap_or_default())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::notes::is_note;
	use std::collections::BTreeSet;

	const SIZES: NoteSizes = NoteSizes { power_lot: 100, money_unit: 1_000_000 };
	const EUR: Balance = 1_000_000_000;
	const TIMESTEP_MS: u64 = 900_000;
	const TODAY: u64 = 20_000 * DAY;

	fn limits() -> Limits {
		Limits { max_production: 3_000, max_consumption: 1_000, max_financial: 300 * EUR }
	}

	fn basket() -> Basket {
		Basket::standard(&limits(), &SIZES, 16, 6, 30).unwrap()
	}

	/// The notes of the day after [`TODAY`].
	fn tomorrow() -> Vec<Note> {
		let first = (TODAY + DAY) / TIMESTEP_MS;
		basket().notes(1, first, first + 95)
	}

	fn plan_with(random: &mut impl CryptoRng) -> DayPlan {
		plan(tomorrow(), TODAY, TIMESTEP_MS, &Timetable::default(), &mut Fresh::default(), random)
	}

	#[test]
	fn a_standard_basket_should_be_all_that_the_limits_allow_in_standard_sizes() {
		let line = |kind, power| Line { kind, power, notes: 1 };
		let production = [1_600, 800, 400, 200].map(|power| line(AssetKind::Production, power));
		let consumption = [800, 200].map(|power| line(AssetKind::Consumption, power));
		assert_eq!(basket().energy, [production.as_slice(), &consumption].concat());
		// 300 EUR in 30 days, 6 stretches a day, two notes each: 0.83 EUR, of which a note is 512 units.
		assert_eq!(basket().money, vec![512 * SIZES.money_unit; 2]);

		let notes = tomorrow();
		assert_eq!(notes.len(), 6 * 8);
		assert!(notes.iter().all(|note| is_note(note, &SIZES)), "{notes:?}");
		let first = (TODAY + DAY) / TIMESTEP_MS;
		for t in first..first + 96 {
			for (kind, limit) in [
				(AssetKind::Production, limits().max_production),
				(AssetKind::Consumption, limits().max_consumption),
			] {
				let power: Power = notes
					.iter()
					.map(|note| match *note {
						Note::Energy { kind: other, power, start, end, .. }
							if other == kind && (start..=end).contains(&t) =>
						{
							power
						},
						_ => 0,
					})
					.sum();
				assert_eq!(power, limit, "{kind:?} at {t}");
			}
		}
	}

	#[test]
	fn a_basket_should_have_whole_stretches_only() {
		let starts: BTreeSet<_> = basket()
			.notes(1, 17, 63)
			.into_iter()
			.filter_map(|note| match note {
				Note::Energy { start, .. } => Some(start),
				Note::Financial { .. } => None,
			})
			.collect();
		assert_eq!(starts, BTreeSet::from([32, 48]));
		assert_eq!(basket().notes(1, 17, 46), []);
	}

	#[test]
	fn each_step_should_lie_in_its_phase_and_the_phases_apart() {
		let timetable = Timetable::default();
		assert!(timetable.withdraw.end() <= timetable.deposit.from);
		assert!(timetable.deposit.end() < timetable.take_out.from);
		assert!(timetable.take_out.end() <= DAY);
		let plan = plan_with(&mut randomness());
		let inside =
			|time: u64, phase: Phase| (TODAY + phase.from..TODAY + phase.end()).contains(&time);
		assert!(inside(plan.withdraw_at, timetable.withdraw));
		for note in &plan.notes {
			assert!(inside(note.deposit_at, timetable.deposit), "{note:?}");
			assert!(inside(note.take_out_at, timetable.take_out), "{note:?}");
			match note.note {
				Note::Energy { end, .. } => {
					let over = (end + 1) * TIMESTEP_MS;
					let settled = note.settle_at.unwrap();
					assert!((over..over + timetable.settle_within).contains(&settled), "{note:?}");
				},
				Note::Financial { .. } => assert_eq!(note.settle_at, None),
			}
		}
	}

	#[test]
	fn each_note_should_have_addresses_and_a_key_of_its_own() {
		let plan = plan_with(&mut randomness());
		let energy = |note: &&PlannedNote| matches!(note.note, Note::Energy { .. });
		let mut fresh = BTreeSet::new();
		for note in &plan.notes {
			assert!(fresh.insert(note.depositor), "{note:?}");
		}
		for note in plan.notes.iter().filter(energy) {
			assert!(fresh.insert(note.recipient), "{note:?}");
		}
		let members: BTreeSet<_> = plan.notes.iter().map(|note| note.member).collect();
		assert_eq!(members.len(), plan.notes.len());
		// Money arrives where the household may buy: one note at each such address.
		let recipients = |kind: fn(&Note) -> bool| -> Vec<u32> {
			let notes = plan.notes.iter().filter(|note| kind(&note.note));
			notes.map(|note| note.recipient).collect()
		};
		let money = recipients(|note| matches!(note, Note::Financial { .. }));
		let buyers =
			recipients(|note| matches!(note, Note::Energy { kind: AssetKind::Consumption, .. }));
		assert_eq!(money, buyers);
	}

	#[test]
	fn two_plans_of_the_same_day_should_differ_in_every_moment() {
		let (one, other) = (plan_with(&mut randomness()), plan_with(&mut randomness()));
		assert_ne!(one.withdraw_at, other.withdraw_at);
		let moments = |plan: &DayPlan| -> Vec<(u64, u64)> {
			plan.notes.iter().map(|note| (note.deposit_at, note.take_out_at)).collect()
		};
		// A millisecond of four hours is rarely drawn twice.
		let same = moments(&one).iter().zip(moments(&other)).filter(|(a, b)| *a == b).count();
		assert!(same <= 1, "{same} notes have the same moments");
	}

	#[test]
	fn moments_should_be_uniform_and_independent_of_each_other() {
		let mut random = rand::rngs::StdRng::seed_from_u64(5);
		let phase = Timetable::default().deposit;
		const DRAWS: u64 = 10_000;
		let mut quarters = [[0u64; 4]; 4];
		let mut last = 0;
		for _ in 0..DRAWS {
			let moment = phase.moment(0, &mut random) - phase.from;
			let quarter = (moment * 4 / phase.length) as usize;
			quarters[last][quarter] += 1;
			last = quarter;
		}
		// Each of 16 pairs of quarters comes 625 times, give or take five standard deviations.
		for count in quarters.iter().flatten() {
			assert!((500..750).contains(count), "{quarters:?}");
		}
	}
}
