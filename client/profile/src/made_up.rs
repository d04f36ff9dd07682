//! A neighbourhood of our own making.

use crate::{time::DAY, Column, Decimal, Profile, ProfileError, TimeOfDay, Unit, MAX_COLUMNS};
use rand::{rngs::StdRng, Rng, SeedableRng};

/// When batteries begin to give, in minutes after midnight.
const EVENING: f64 = 17.0 * 60.0;

/// Makes up a day of a neighbourhood, in kW: the same for the same numbers, on any machine.
///
/// Nothing in it was measured. `U(a, b)` is a random number from `a` to `b`, drawn from `seed`; those of a household are
/// drawn once, but for `noise`; `m` is the middle of an interval in minutes after midnight; powers are in kW:
///
/// ```text
/// bell(centre, width) = max(0, 1 − ((m − centre) / width)²)²
/// cloud    begins at 0.9 and changes by U(−0.12, 0.12) with each interval, within 0.55 to 1; all households have the same
/// load     = (U(0.1, 0.3) + U(0.4, 1.4) · bell(U(6:30, 8:00), U(80, 130)) + U(1, 2.6) · bell(U(18:30, 20:00), U(130, 220))) · noise
/// solar    = U(4, 8) · bell(13:00, 400) · cloud · noise
/// noise    = U(0.85, 1.15) for load, U(0.95, 1.05) for solar, anew in each interval
/// battery  holds U(5, 9) kWh and has a power of U(2, 3); empty at midnight; it takes half of what solar gives above the
///          load, up to its power, until it is full, and from 17:00 on it gives its power until it is empty
/// produced = solar − load − (what the battery takes) + (what it gives), rounded to 0.01 kW
/// ```
///
/// The second and the fourth of every five households have solar, the fourth a battery as well. So there is plenty at
/// noon, and in the evening less than is wanted. Household `h` is the same however many there are. Feeders have three
/// households, or a tenth of all if that is more.
///
/// `client/profile/neighbourhood.csv` is `made_up(9, 15, 2018)`.
///
/// ```
/// use petra_profile::{made_up, TimeOfDay};
///
/// let day = made_up(100, 15, 7)?;
/// assert_eq!((day.columns().len(), day.rows()), (100, 96));
/// let noon = day.window("11:00".parse()?, "14:00".parse()?)?;
/// # assert_eq!(noon.rows(), 12);
/// # Ok::<(), petra_profile::ProfileError>(())
/// ```
///
/// # Errors
/// [`ProfileError::NotMadeUp`] if there are no households, or more than [`MAX_COLUMNS`], or if intervals do not fill a day.
pub fn made_up(
	households: usize,
	interval_minutes: u32,
	seed: u64,
) -> Result<Profile, ProfileError> {
	if !(1..=MAX_COLUMNS).contains(&households) {
		return Err(ProfileError::NotMadeUp("1 to 1000 households can be made up"));
	}
	if interval_minutes > 720 || DAY.checked_rem(interval_minutes) != Some(0) {
		return Err(ProfileError::NotMadeUp(
			"a day can be made up of at least two intervals that fill it, such as of 15 minutes",
		));
	}
	let middles: Vec<f64> = (0..DAY)
		.step_by(usize::try_from(interval_minutes).unwrap_or(1))
		.map(|begin| f64::from(begin) + f64::from(interval_minutes) / 2.0)
		.collect();
	let mut random = StdRng::seed_from_u64(seed);
	let mut cloud = 0.9f64;
	let mut next_cloud = || {
		cloud = (cloud + random.random_range(-0.12..0.12)).clamp(0.55, 1.0);
		cloud
	};
	let sky: Vec<(f64, f64)> = middles.iter().map(|middle| (*middle, next_cloud())).collect();
	let on_feeder = households.div_ceil(10).max(3);
	let columns = (0..households).map(|number| {
		let feeder = number.checked_div(on_feeder).unwrap_or_default().saturating_add(1);
		let home = number.checked_rem(on_feeder).unwrap_or_default().saturating_add(1);
		let values = Home::new(number, seed).day(&sky, f64::from(interval_minutes) / 60.0);
		Column { name: format!("{feeder}/{home}"), values }
	});
	let midnight = TimeOfDay::from_minutes(0).ok_or(ProfileError::NoRows)?;
	Profile::new(Unit::Kilowatts, midnight, interval_minutes, columns.collect())
}

/// A household, with what was drawn for it.
struct Home {
	random: StdRng,
	base: f64,
	morning: [f64; 3],
	evening: [f64; 3],
	solar: Option<f64>,
	/// What it holds, in kWh, and its power.
	battery: Option<(f64, f64)>,
}

/// `max(0, 1 − ((minute − centre) / width)²)²`: additions and multiplications alone are the same on all machines.
fn bell(minute: f64, centre: f64, width: f64) -> f64 {
	let off = (minute - centre) / width;
	let high = (1.0 - off * off).max(0.0);
	high * high
}

impl Home {
	fn new(number: usize, seed: u64) -> Self {
		let own = u64::try_from(number).unwrap_or_default().wrapping_add(1);
		// Seeds that are near to one another make streams that are not (rand's `seed_from_u64`).
		let mut random = StdRng::seed_from_u64(seed.rotate_left(32) ^ own);
		let mut draw = |from: f64, to: f64| random.random_range(from..to);
		let base = draw(0.1, 0.3);
		let morning = [draw(0.4, 1.4), draw(390.0, 480.0), draw(80.0, 130.0)];
		let evening = [draw(1.0, 2.6), draw(1_110.0, 1_200.0), draw(130.0, 220.0)];
		let (solar, battery) = (draw(4.0, 8.0), (draw(5.0, 9.0), draw(2.0, 3.0)));
		let kind = number.checked_rem(5);
		Self {
			random,
			base,
			morning,
			evening,
			solar: matches!(kind, Some(1 | 3)).then_some(solar),
			battery: (kind == Some(3)).then_some(battery),
		}
	}

	/// What it produces, net, in intervals of so many hours.
	fn day(mut self, sky: &[(f64, f64)], hours: f64) -> Vec<Decimal> {
		let mut held = 0.0f64;
		let interval = |(minute, cloud): &(f64, f64)| {
			let load = self.load(*minute);
			let solar = self.solar(*minute, *cloud);
			let stored = self.battery.map_or(0.0, |(holds, power)| {
				if *minute < EVENING {
					((solar - load) / 2.0).clamp(0.0, power).min((holds - held) / hours)
				} else {
					-power.min(held / hours)
				}
			});
			held += stored * hours;
			// Hundredths of a kW are small whole numbers.
			let hundredths = ((solar - load - stored) * 100.0).round() as i64;
			Decimal::from_thousandths(hundredths.saturating_mul(10)).unwrap_or_default()
		};
		sky.iter().map(interval).collect()
	}

	fn load(&mut self, minute: f64) -> f64 {
		let peak = |[power, centre, width]: [f64; 3]| power * bell(minute, centre, width);
		let load = self.base + peak(self.morning) + peak(self.evening);
		load * self.random.random_range(0.85..1.15)
	}

	fn solar(&mut self, minute: f64, cloud: f64) -> f64 {
		let noise = self.random.random_range(0.95..1.05);
		self.solar
			.map_or(0.0, |power| power * bell(minute, 780.0, 400.0) * cloud * noise)
	}
}
