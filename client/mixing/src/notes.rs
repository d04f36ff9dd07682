//! Notes: pieces of energy and money of standard sizes, of which many look alike.
//!
//! The power of a note is a power of two times the power lot, its interval an aligned power of two of timesteps (it
//! begins at a multiple of its length), and an amount of money a power of two times a unit. Anything splits into few of
//! them:
//!
//! - An interval of `n` timesteps splits into at most `max(1, 2 × ⌊log2 n⌋)` pieces: the aligned stretches that lie in
//!   it and in no larger one.
//! - Power splits into its binary digits, and so does money.
//! - Energy splits into the product of both. No split has fewer notes: take a timestep from each piece. An aligned
//!   stretch within the interval lies in one piece, so no note covers two of these timesteps, and each of them needs as
//!   many notes as its power has binary digits.

use petra_primitives::{AssetKind, Balance, FeederId, Note, Power, Timestep};

/// The sizes of notes on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteSizes {
	/// The power lot, in watts.
	pub power_lot: Power,
	/// The smallest note of money, in billionths of a EUR.
	pub money_unit: Balance,
}

/// Energy that is to be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Energy {
	/// To sell or to buy.
	pub kind: AssetKind,
	/// On which feeder it counts.
	pub feeder: FeederId,
	/// Whether it came out of a trade.
	pub traded: bool,
	/// Watts in each timestep.
	pub power: Power,
	/// First timestep.
	pub start: Timestep,
	/// Last timestep.
	pub end: Timestep,
}

/// Why something cannot be split into notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSplittable {
	/// There is nothing to split.
	#[error("nothing cannot be mixed: the power or amount is 0")]
	Nothing,
	/// The interval ends before it begins.
	#[error("the interval from timestep {start} to {end} ends before it begins")]
	BadInterval {
		/// First timestep.
		start: Timestep,
		/// Last timestep.
		end: Timestep,
	},
	/// The power is no multiple of the lot.
	#[error("{power} W is no multiple of the power lot, {lot} W")]
	NotMultipleOfLot {
		/// Watts.
		power: Power,
		/// Watts of a lot.
		lot: Power,
	},
	/// The amount is no multiple of the unit.
	#[error("{amount} is no multiple of the smallest note of money, {unit}: mix {whole}, and leave the rest where it is")]
	NotMultipleOfUnit {
		/// Billionths of a EUR.
		amount: Balance,
		/// The smallest note of money.
		unit: Balance,
		/// What of the amount can be mixed.
		whole: Balance,
	},
}

/// The aligned powers of two of timesteps that `start..=end` consists of, in order: as few as there can be.
pub fn aligned_pieces(start: Timestep, end: Timestep) -> Vec<(Timestep, Timestep)> {
	let mut pieces = Vec::new();
	let mut next = Some(start);
	while let Some(from) = next.filter(|from| *from <= end) {
		// Timesteps after the first of a piece, for each length that is aligned and does not pass the end.
		let last = (0..=Timestep::BITS)
			.map(|exponent| {
				Timestep::MAX.checked_shr(Timestep::BITS.saturating_sub(exponent)).unwrap_or(0)
			})
			.take_while(|rest| from & rest == 0)
			.filter_map(|rest| from.checked_add(rest))
			.take_while(|last| *last <= end)
			.last()
			.unwrap_or(from);
		pieces.push((from, last));
		next = last.checked_add(1);
	}
	pieces
}

/// The binary digits of `value`, as numbers, the largest first.
fn binary_digits(value: u128) -> impl Iterator<Item = u128> {
	(0..u128::BITS)
		.rev()
		.filter_map(move |bit| 1u128.checked_shl(bit))
		.filter(move |digit| value & digit != 0)
}

/// Splits energy into as few notes as there can be, in the order of time, the largest first. In each timestep they add up
/// to the energy's power.
///
/// # Errors
/// [`NotSplittable`] with what is wrong.
pub fn split_energy(energy: &Energy, sizes: &NoteSizes) -> Result<Vec<Note>, NotSplittable> {
	let Energy { kind, feeder, traded, power, start, end } = *energy;
	if start > end {
		return Err(NotSplittable::BadInterval { start, end });
	}
	if power == 0 {
		return Err(NotSplittable::Nothing);
	}
	let lot = sizes.power_lot;
	let lots = match power.checked_rem(lot) {
		Some(0) => power.checked_div(lot).unwrap_or_default(),
		_ => return Err(NotSplittable::NotMultipleOfLot { power, lot }),
	};
	let powers: Vec<Power> = binary_digits(lots.into())
		.filter_map(|digit| Power::try_from(digit).ok()?.checked_mul(lot))
		.collect();
	let pieces = aligned_pieces(start, end).into_iter();
	Ok(pieces
		.flat_map(|(start, end)| {
			powers.iter().map(move |&power| Note::Energy {
				kind,
				feeder,
				traded,
				power,
				start,
				end,
			})
		})
		.collect())
}

/// Splits money into as few notes as there can be, the largest first. They add up to the amount.
///
/// # Errors
/// [`NotSplittable`] with what is wrong, and what part of the amount can be mixed.
pub fn split_money(amount: Balance, sizes: &NoteSizes) -> Result<Vec<Note>, NotSplittable> {
	let unit = sizes.money_unit;
	if amount == 0 {
		return Err(NotSplittable::Nothing);
	}
	let rest = amount.checked_rem(unit).unwrap_or(amount);
	if rest != 0 {
		let whole = amount.saturating_sub(rest);
		return Err(NotSplittable::NotMultipleOfUnit { amount, unit, whole });
	}
	let units = amount.checked_div(unit).unwrap_or_default();
	Ok(binary_digits(units)
		.filter_map(|digit| digit.checked_mul(unit))
		.map(|amount| Note::Financial { amount })
		.collect())
}

/// Whether a mixing pool of this name can exist.
pub fn is_note(note: &Note, sizes: &NoteSizes) -> bool {
	match *note {
		Note::Energy { power, start, end, .. } => {
			aligned_pieces(start, end) == [(start, end)]
				&& is_power_of_two_times(power.into(), sizes.power_lot.into())
		},
		Note::Financial { amount } => is_power_of_two_times(amount, sizes.money_unit),
	}
}

fn is_power_of_two_times(value: u128, unit: u128) -> bool {
	value.checked_rem(unit) == Some(0) && value.checked_div(unit).is_some_and(u128::is_power_of_two)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const SIZES: NoteSizes = NoteSizes { power_lot: 100, money_unit: 1_000_000 };

	fn energy(power: Power, start: Timestep, end: Timestep) -> Energy {
		Energy { kind: AssetKind::Production, feeder: 3, traded: false, power, start, end }
	}

	fn fields(note: &Note) -> (Power, Timestep, Timestep) {
		match *note {
			Note::Energy {
				kind: AssetKind::Production,
				feeder: 3,
				traded: false,
				power,
				start,
				end,
			} => (power, start, end),
			_ => panic!("{note:?} is of another kind"),
		}
	}

	/// The fewest notes of one lot that cover `start..=end`, by trying all.
	fn fewest_pieces(start: Timestep, end: Timestep) -> usize {
		let mut best = vec![usize::MAX; (end - start + 2) as usize];
		best[0] = 0;
		for covered in 0..=(end - start) {
			let from = start + covered;
			for exponent in 0..10 {
				let length = 1 << exponent;
				if u64::is_multiple_of(from, length) && from + length - 1 <= end {
					let (here, there) = (covered as usize, (covered + length) as usize);
					best[there] = best[there].min(best[here] + 1);
				}
			}
		}
		best[(end - start + 1) as usize]
	}

	#[test]
	fn an_interval_should_split_into_the_fewest_aligned_pieces() {
		for start in 0..70 {
			for end in start..140 {
				assert_eq!(
					aligned_pieces(start, end).len(),
					fewest_pieces(start, end),
					"{start} to {end}"
				);
			}
		}
	}

	#[test]
	fn splitting_should_work_up_to_the_ends_of_the_types() {
		assert_eq!(aligned_pieces(0, u64::MAX), [(0, u64::MAX)]);
		assert_eq!(aligned_pieces(u64::MAX, u64::MAX), [(u64::MAX, u64::MAX)]);
		assert_eq!(aligned_pieces(1, u64::MAX).len(), 64);
		let sizes = NoteSizes { power_lot: 1, money_unit: 1 };
		assert_eq!(split_energy(&energy(u64::MAX, 5, 5), &sizes).unwrap().len(), 64);
		assert_eq!(split_money(u128::MAX, &sizes).unwrap().len(), 128);
	}

	#[test]
	fn splitting_should_say_what_is_wrong() {
		let no_lot = NoteSizes { power_lot: 0, money_unit: 0 };
		for (energy, sizes, error) in [
			(energy(100, 5, 4), SIZES, NotSplittable::BadInterval { start: 5, end: 4 }),
			(energy(0, 5, 5), SIZES, NotSplittable::Nothing),
			(energy(150, 5, 5), SIZES, NotSplittable::NotMultipleOfLot { power: 150, lot: 100 }),
			(energy(100, 5, 5), no_lot, NotSplittable::NotMultipleOfLot { power: 100, lot: 0 }),
		] {
			assert_eq!(split_energy(&energy, &sizes), Err(error));
		}
		assert_eq!(split_money(0, &SIZES), Err(NotSplittable::Nothing));
		let (amount, unit) = (2_500_000, SIZES.money_unit);
		let error = NotSplittable::NotMultipleOfUnit { amount, unit, whole: 2_000_000 };
		assert_eq!(split_money(amount, &SIZES), Err(error));
	}

	#[test]
	fn a_note_of_another_size_should_be_none() {
		let note = |power, start, end| {
			let kind = AssetKind::Consumption;
			Note::Energy { kind, feeder: 1, traded: true, power, start, end }
		};
		for (power, start, end, holds) in [
			(100, 7, 7, true),
			(800, 16, 31, true),
			(300, 7, 7, false),
			(150, 7, 7, false),
			(0, 7, 7, false),
			(100, 7, 8, false),
			(100, 6, 8, false),
			(100, 8, 7, false),
		] {
			assert_eq!(is_note(&note(power, start, end), &SIZES), holds, "{power} {start} {end}");
		}
		for (amount, holds) in
			[(1_000_000, true), (4_000_000, true), (3_000_000, false), (1, false), (0, false)]
		{
			assert_eq!(is_note(&Note::Financial { amount }, &SIZES), holds, "{amount}");
		}
	}

	proptest! {
		#[test]
		fn energy_should_split_exactly_and_into_few_notes(
			lots in 1u64..100_000,
			start in 0u64..1_000_000,
			length in 1u64..700,
		) {
			let whole = energy(lots * SIZES.power_lot, start, start + length - 1);
			let notes = split_energy(&whole, &SIZES).unwrap();
			for t in start.saturating_sub(2)..start + length + 2 {
				let here = notes.iter().map(fields).filter(|(_, start, end)| (*start..=*end).contains(&t));
				let sum: Power = here.map(|(power, ..)| power).sum();
				let expected = if (start..start + length).contains(&t) { whole.power } else { 0 };
				prop_assert_eq!(sum, expected, "at {}", t);
			}
			prop_assert!(notes.iter().all(|note| is_note(note, &SIZES)));
			let pieces = (2 * length.ilog2()).max(1);
			prop_assert!(notes.len() as u32 <= pieces * lots.count_ones(), "{} notes", notes.len());
			// The least that there can be, which the module's text proves.
			let fewest = aligned_pieces(whole.start, whole.end).len() * lots.count_ones() as usize;
			prop_assert_eq!(notes.len(), fewest);
		}

		#[test]
		fn money_should_split_exactly_and_into_few_notes(units in 1u128..u128::MAX / 1_000_000) {
			let amount = units * SIZES.money_unit;
			let notes = split_money(amount, &SIZES).unwrap();
			let sum: Balance = notes
				.iter()
				.map(|note| match note {
					Note::Financial { amount } => *amount,
					_ => 0,
				})
				.sum();
			prop_assert_eq!(sum, amount);
			prop_assert!(notes.iter().all(|note| is_note(note, &SIZES)));
			prop_assert_eq!(notes.len() as u32, units.count_ones());
		}
	}
}
