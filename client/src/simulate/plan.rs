//! What each household of a simulation is to do: pure functions of the profile, the chain's units and the options.

use super::SimulationError;
use crate::types::{AssetKind, Balance, FeederId, Limits, MeterId, Power, Price, Timestep};
use petra_mixing::basket::Line;
use rand::{rngs::StdRng, Rng, SeedableRng};

/// Households of a column have this feeder, if the profile's are not kept.
pub const FEEDER: FeederId = 1;
/// How long it takes from a withdrawal until what was mixed can be traded, and to trade it, in milliseconds: three
/// transactions that become final, a ring that fills and ages, proofs, and time to find one another.
const PREPARATION: u64 = 50_000;
/// The same without mixing.
const PREPARATION_UNMIXED: u64 = 25_000;
/// How long it takes to mix something again, in milliseconds.
const AGAIN: u64 = 20_000;
/// How long it takes until everything is deposited after the last timestep, in milliseconds: an address that a free transfer
/// made waits up to 64 blocks for its quota, and each deposit for a random delay.
const SETTLEMENT: u64 = 300_000;
/// How much longer it takes for each household, whose meter reads all blocks for its bill while the others' do, in milliseconds.
const READING: u64 = 3_000;
/// Members of a ring with which one is content, if so many can come.
const RING: u32 = 10;

/// Net consumption of one column, in mean watts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
	/// Its name.
	pub name: String,
	/// The feeder that its name tells, if it does.
	pub feeder: Option<FeederId>,
	/// One value for each row; below zero, it fed in.
	pub measured: Vec<i64>,
}

/// Units of the chain, and what is wanted of the simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
	/// Milliseconds of a timestep.
	pub timestep_ms: u64,
	/// Powers are multiples of it.
	pub power_lot: Power,
	/// Prices are multiples of it.
	pub price_tick: Price,
	/// Timesteps before a timestep in which it cannot be traded any more.
	pub gate_lead: Timestep,
	/// Amounts of notes are powers of two times this.
	pub money_unit: Balance,
	/// The timestep now.
	pub now: Timestep,
	/// The first meter's number.
	pub first_meter: MeterId,
	/// What the DSO sells and buys at.
	pub prices: (Price, Price),
	/// Whether notes are mixed.
	pub mixing: bool,
	/// Timesteps of a note.
	pub stretch: Timestep,
	/// Notes in which the greatest demand is split.
	pub notes: u32,
	/// From withdrawal to delivery, if not as much as it takes.
	pub lead: Option<Timestep>,
	/// Standard deviation of predictions, as a share.
	pub forecast_error: f64,
	/// From which random numbers are made.
	pub seed: u64,
	/// Whether feeders of the profile are kept.
	pub keep_feeders: bool,
}

/// One household.
#[derive(Clone, Debug, PartialEq)]
pub struct Household {
	/// Its column's name.
	pub name: String,
	/// Its meter.
	pub meter: MeterId,
	/// Where its meter hangs.
	pub feeder: FeederId,
	/// What is measured.
	pub measured: Vec<i64>,
	/// What its agent expects.
	pub predicted: Vec<i64>,
	/// What its meter may withdraw.
	pub limits: Limits,
	/// What it withdraws for each stretch, traded or not.
	pub basket: Vec<Line>,
	/// Notes of money that it withdraws for each stretch.
	pub money: u32,
	/// The least that it sells at, and the most that it buys at.
	pub reservation: Price,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
	/// Who takes part.
	pub households: Vec<Household>,
	/// The timestep of the first row.
	pub first: Timestep,
	/// The timestep of the last row.
	pub last: Timestep,
	/// First timestep of the bills.
	pub bill_first: Timestep,
	/// Last timestep of the bills.
	pub bill_last: Timestep,
	/// Timesteps from a withdrawal to the delivery.
	pub lead: Timestep,
	/// Timesteps of a note.
	pub stretch: Timestep,
	/// The amount of a note of money.
	pub money_note: Balance,
	/// How many timesteps before the gate closes something must be traded to be mixed again.
	pub again: Timestep,
	/// The least members of a ring.
	pub ring: u32,
}

impl Plan {
	/// Makes a plan.
	///
	/// # Errors
	/// [`SimulationError::Plan`] if the profile or the options make none.
	pub fn new(columns: &[Column], wanted: &Wanted) -> Result<Self, SimulationError> {
		let wrong = |reason: String| SimulationError::Plan(reason);
		let rows = columns.first().map_or(0, |column| column.measured.len());
		if columns.is_empty() || rows == 0 || columns.iter().any(|c| c.measured.len() != rows) {
			return Err(wrong("the profile has no household, or no row in the window".into()));
		}
		let length = u64::try_from(rows).map_err(|_| wrong("too many rows".into()))?;
		let stretch = wanted.stretch;
		if !stretch.is_power_of_two() || !length.is_multiple_of(stretch) {
			return Err(wrong(format!(
				"{length} rows cannot be cut into stretches of {stretch}: choose a power of two that divides them"
			)));
		}
		let note = note_power(columns, wanted)?;
		let needed = if wanted.mixing { PREPARATION } else { PREPARATION_UNMIXED };
		let lead = wanted.lead.unwrap_or_else(|| {
			wanted.gate_lead.saturating_add(needed.div_ceil(wanted.timestep_ms.max(1)))
		});
		if lead <= wanted.gate_lead {
			return Err(wrong(format!("a lead of {lead} leaves no time before the gate closes")));
		}
		// Meters are authorised from the next timestep on, and agents need a while to start.
		let start_up = 3_u64.saturating_add(5_000_u64.div_ceil(wanted.timestep_ms.max(1)));
		let first = wanted
			.now
			.saturating_add(start_up)
			.saturating_add(lead)
			.checked_next_multiple_of(stretch)
			.ok_or_else(|| wrong("the chain's time is over".into()))?;
		let last = first.saturating_add(length).saturating_sub(1);
		let meters = u64::try_from(columns.len()).unwrap_or(u64::MAX);
		let settled = SETTLEMENT
			.saturating_add(READING.saturating_mul(meters))
			.div_ceil(wanted.timestep_ms.max(1))
			.saturating_add(1);
		let (highest, _) = wanted.prices;
		let cost = u128::from(highest)
			.saturating_mul(note.into())
			.saturating_mul(stretch.into())
			// One unit of money must stay free.
			.saturating_add(1);
		let units = cost.div_ceil(wanted.money_unit.max(1)).next_power_of_two();
		let money_note = wanted.money_unit.saturating_mul(units);
		let stretches = length.checked_div(stretch).unwrap_or_default();
		let households = households(columns, wanted, note, money_note, stretches);
		let ring = ring(&households);
		Ok(Self {
			households,
			first,
			last,
			bill_first: wanted.now,
			bill_last: last.saturating_add(settled),
			lead,
			stretch,
			money_note,
			again: AGAIN.div_ceil(wanted.timestep_ms.max(1)),
			ring,
		})
	}
}

/// The largest note of which `notes` make up no more than the greatest demand.
fn note_power(columns: &[Column], wanted: &Wanted) -> Result<Power, SimulationError> {
	let demand = columns.iter().flat_map(|column| &column.measured).copied().max().unwrap_or(0);
	let share = u64::try_from(demand)
		.unwrap_or_default()
		.checked_div(wanted.notes.into())
		.and_then(|share| share.checked_div(wanted.power_lot))
		.ok_or_else(|| SimulationError::Plan("there must be at least one note".into()))?;
	let lots = 1_u64.checked_shl(share.max(1).ilog2()).unwrap_or(1);
	lots.checked_mul(wanted.power_lot)
		.ok_or_else(|| SimulationError::Plan("the profile's powers are too large".into()))
}

fn households(
	columns: &[Column],
	wanted: &Wanted,
	note: Power,
	money_note: Balance,
	stretches: u64,
) -> Vec<Household> {
	let mut random = StdRng::seed_from_u64(wanted.seed);
	let predicted: Vec<Vec<i64>> = columns
		.iter()
		.map(|column| {
			let expect = |watts| expected(watts, wanted.forecast_error, &mut random);
			column.measured.iter().copied().map(expect).collect()
		})
		.collect();
	let notes = |watts: i64| {
		let notes = u64::try_from(watts).unwrap_or_default().checked_div(note).unwrap_or_default();
		u32::try_from(notes).unwrap_or(u32::MAX)
	};
	let greatest = |values: &[i64], sign: i64| {
		values.iter().map(|watts| watts.saturating_mul(sign)).max().unwrap_or_default()
	};
	let bought: Vec<u32> = predicted.iter().map(|row| notes(greatest(row, 1))).collect();
	// Nobody needs to be ready to sell more than all others could buy, and together sellers need not be so either.
	let demand = u64::from(bought.iter().fold(0_u32, |sum, notes| sum.saturating_add(*notes)));
	let can_sell: Vec<u64> = predicted.iter().map(|row| notes(greatest(row, -1)).into()).collect();
	let supply = can_sell.iter().fold(0_u64, |sum, notes| sum.saturating_add(*notes));
	let share = |can: u64| {
		let share = can.saturating_mul(demand.min(supply)).div_ceil(supply.max(1));
		u32::try_from(share.min(can)).unwrap_or(u32::MAX)
	};
	let household = |(index, column): (usize, &Column)| {
		let predicted = predicted.get(index).cloned().unwrap_or_default();
		let buys = bought.get(index).copied().unwrap_or_default();
		let sells = can_sell.get(index).copied().map_or(0, share);
		let lines = [(AssetKind::Production, sells), (AssetKind::Consumption, buys)];
		let meter = u32::try_from(index).unwrap_or(u32::MAX);
		let power = |notes: u32| note.saturating_mul(notes.into());
		Household {
			name: column.name.clone(),
			meter: wanted.first_meter.saturating_add(meter),
			feeder: column.feeder.filter(|_| wanted.keep_feeders).unwrap_or(FEEDER),
			measured: column.measured.clone(),
			limits: Limits {
				max_production: power(sells),
				max_consumption: power(buys),
				max_financial: money_note
					.saturating_mul(buys.into())
					.saturating_mul(stretches.into()),
			},
			basket: lines
				.into_iter()
				.filter(|(_, notes)| *notes > 0)
				.map(|(kind, notes)| Line { kind, power: note, notes })
				.collect(),
			money: buys,
			reservation: reservation(sells > 0, wanted, &mut random),
			predicted,
		}
	};
	columns.iter().enumerate().map(household).collect()
}

/// A price in the lower half between what the DSO buys and sells at, for who sells; in the upper half, for who buys.
fn reservation(sells: bool, wanted: &Wanted, random: &mut StdRng) -> Price {
	let (highest, lowest) = wanted.prices;
	let middle = lowest.midpoint(highest);
	let price = if sells {
		random.random_range(lowest..=middle)
	} else {
		random.random_range(middle..=highest.max(middle))
	};
	price.saturating_sub(price.checked_rem(wanted.price_tick).unwrap_or_default())
}

/// What somebody expects who is wrong by a random share: near enough normally distributed (the sum of twelve uniform
/// numbers has variance 1).
fn expected(watts: i64, deviation: f64, random: &mut StdRng) -> i64 {
	let sum: f64 = (0..12).map(|_| random.random::<f64>()).sum();
	let wrong = (sum - 6.0) * deviation;
	// Watts of a household are exact in a double; `as` saturates.
	(watts as f64 * (1.0 + wrong)).round() as i64
}

/// The least members of a ring: ten, or as many as the notes of the smallest pool are.
fn ring(households: &[Household]) -> u32 {
	let mut pools = std::collections::BTreeMap::<(FeederId, AssetKind), u32>::new();
	for household in households {
		for line in &household.basket {
			let notes = pools.entry((household.feeder, line.kind)).or_default();
			*notes = notes.saturating_add(line.notes);
		}
	}
	pools.values().copied().min().unwrap_or(RING).clamp(2, RING)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn wanted() -> Wanted {
		Wanted {
			timestep_ms: 8_000,
			power_lot: 100,
			price_tick: 1,
			gate_lead: 1,
			money_unit: 1_000_000,
			now: 1_000,
			first_meter: 5,
			prices: (75_000, 20_000),
			mixing: true,
			stretch: 2,
			notes: 2,
			lead: None,
			forecast_error: 0.0,
			seed: 1,
			keep_feeders: false,
		}
	}

	fn column(name: &str, measured: &[i64]) -> Column {
		Column { name: name.into(), feeder: Some(7), measured: measured.into() }
	}

	#[test]
	fn plan_should_give_notes_of_one_size_to_who_draws_and_to_who_feeds_in() {
		let columns = [column("a", &[9_000, 6_000]), column("b", &[-20_000, -1_000])];
		let plan = Plan::new(&columns, &wanted()).unwrap();
		let [a, b] = &plan.households[..] else { panic!("{plan:?}") };
		// Half of 9 000 W, down to a power of two of lots: 3 200 W.
		assert_eq!(a.basket, [Line { kind: AssetKind::Consumption, power: 3_200, notes: 2 }]);
		assert_eq!((a.money, a.meter, a.feeder), (2, 5, FEEDER));
		// Six notes could be sold, but only two be bought.
		assert_eq!(b.basket, [Line { kind: AssetKind::Production, power: 3_200, notes: 2 }]);
		assert_eq!((b.money, b.limits.max_production, b.limits.max_financial), (0, 6_400, 0));
		assert_eq!(a.predicted, a.measured);
		// 75 000 x 3 200 W x 2 timesteps = 480 million, up to a power of two.
		assert_eq!(plan.money_note, 512_000_000);
		assert_eq!(plan.ring, 2);
		assert!(plan.first.is_multiple_of(2) && plan.last == plan.first + 1, "{plan:?}");
		assert!(plan.first - plan.lead > wanted().now + 1 && plan.lead > 1);
	}

	#[test]
	fn plan_should_be_refused_when_it_is_none() {
		let columns = [column("a", &[1, 2, 3])];
		let refused = |columns: &[Column], wanted: &Wanted| {
			assert!(matches!(Plan::new(columns, wanted), Err(SimulationError::Plan(_))));
		};
		refused(&columns, &wanted());
		refused(&[], &wanted());
		refused(&[column("a", &[])], &wanted());
		refused(&[column("a", &[1, 2]), column("b", &[1])], &wanted());
		let columns = [column("a", &[1, 2])];
		refused(&columns, &Wanted { stretch: 0, ..wanted() });
		refused(&columns, &Wanted { notes: 0, ..wanted() });
		refused(&columns, &Wanted { power_lot: 0, ..wanted() });
		refused(&columns, &Wanted { lead: Some(1), ..wanted() });
		Plan::new(&columns, &wanted()).unwrap();
	}

	#[test]
	fn feeders_should_be_kept_when_wanted() {
		let columns = [column("a", &[9_000, 6_000])];
		let plan = Plan::new(&columns, &Wanted { keep_feeders: true, ..wanted() }).unwrap();
		assert_eq!(plan.households[0].feeder, 7);
	}

	#[test]
	fn predictions_should_be_wrong_by_the_share_that_is_asked_for() {
		let columns = [column("a", &[10_000; 4_096])];
		let wanted = Wanted { forecast_error: 0.1, ..wanted() };
		let plan = Plan::new(&columns, &wanted).unwrap();
		let errors = plan.households[0].predicted.iter().map(|watts| (watts - 10_000) as f64);
		let variance = errors.map(|error| error * error).sum::<f64>() / 4_096.0;
		assert!((900.0..1_100.0).contains(&variance.sqrt()), "{}", variance.sqrt());
		assert_eq!(plan, Plan::new(&columns, &wanted).unwrap());
	}

	proptest! {
		#[test]
		fn baskets_should_be_within_limits_and_prices_between_those_of_the_dso(
			rows in prop::collection::vec(prop::collection::vec(-100_000_i64..20_000, 4), 1..12),
			seed: u64,
			notes in 1_u32..4,
		) {
			let columns: Vec<_> = rows.iter().map(|row| column("x", row)).collect();
			let wanted = Wanted { seed, notes, ..wanted() };
			let plan = Plan::new(&columns, &wanted).unwrap();
			for household in &plan.households {
				for line in &household.basket {
					let limit = match line.kind {
						AssetKind::Production => household.limits.max_production,
						AssetKind::Consumption => household.limits.max_consumption,
					};
					prop_assert_eq!(line.power * u64::from(line.notes), limit);
					prop_assert!((line.power / 100).is_power_of_two());
				}
				prop_assert!((wanted.prices.1..=wanted.prices.0).contains(&household.reservation));
			}
			prop_assert!((2..=RING).contains(&plan.ring));
		}
	}
}
