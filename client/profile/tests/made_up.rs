//! What is made up, and what ships of it.

#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)]

use petra_profile::{made_up, Options, Profile};
use std::path::{Path, PathBuf};

const SEED: u64 = 2018;

fn shipped() -> PathBuf {
	Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("neighbourhood.csv")
}

/// `PETRA_WRITE_PROFILE=1` writes the file anew.
#[test]
fn neighbourhood_should_be_what_the_generator_makes() {
	let made = made_up(9, 15, SEED).unwrap();
	let mut text = Vec::new();
	made.write(&mut text).unwrap();
	if std::env::var_os("PETRA_WRITE_PROFILE").is_some() {
		std::fs::write(shipped(), &text).unwrap();
	}
	assert!(
		text == std::fs::read(shipped()).unwrap(),
		"neighbourhood.csv is not made_up(9, 15, 2018)"
	);
	assert_eq!(Profile::open(&shipped(), Options::default()).unwrap(), made);
}

/// Net production of the whole neighbourhood between two times, and the greatest of one household's, in kWh.
fn energy(profile: &Profile, from: &str, to: &str) -> (f64, f64) {
	let window = profile.window(from.parse().unwrap(), to.parse().unwrap()).unwrap();
	let hours = f64::from(window.interval_minutes()) / 60.0;
	let of = |i| -window.net_consumption(i).unwrap().iter().sum::<i64>() as f64 / 1000.0 * hours;
	let homes: Vec<f64> = (0..window.columns().len()).map(of).collect();
	(homes.iter().sum(), homes.iter().copied().fold(f64::MIN, f64::max))
}

#[test]
fn neighbourhood_should_have_plenty_at_noon_and_too_little_in_the_evening() {
	let profile = Profile::open(&shipped(), Options::default()).unwrap();
	assert_eq!((profile.columns().len(), profile.rows(), profile.interval_minutes()), (9, 96, 15));
	let (noon, _) = energy(&profile, "11:00", "14:30");
	assert!(noon > 10.0, "{noon} kWh at noon");
	// Batteries sell, and it is not enough.
	let (evening, most) = energy(&profile, "17:30", "19:30");
	assert!(evening < -3.0 && most > 1.0, "{evening} kWh in the evening, {most} of one household");
	let (night, most) = energy(&profile, "1:00", "4:00");
	assert!(night < 0.0 && most < 0.0, "{night} kWh in the night, {most} of one household");
}

#[test]
fn profile_should_be_another_when_the_seed_is_another() {
	assert_eq!(made_up(5, 30, 1).unwrap(), made_up(5, 30, 1).unwrap());
	assert_ne!(made_up(5, 30, 1).unwrap(), made_up(5, 30, 2).unwrap());
}

#[test]
fn household_should_be_the_same_when_there_are_more() {
	let (few, many) = (made_up(4, 15, 3).unwrap(), made_up(100, 15, 3).unwrap());
	for (few, many) in few.columns().iter().zip(many.columns()) {
		assert_eq!(few.values, many.values);
	}
	let mut different: Vec<_> = many.columns().iter().map(|column| &column.values).collect();
	different.sort();
	different.dedup();
	assert_eq!(different.len(), 100);
}

#[test]
fn profile_should_not_be_made_up_when_it_fills_no_day() {
	for (households, minutes) in [(0, 15), (1_001, 15), (9, 0), (9, 7), (9, 1_440), (9, u32::MAX)] {
		assert!(made_up(households, minutes, 0).is_err(), "{households} households, {minutes} min");
	}
	for (households, minutes) in [(1, 1), (1_000, 720), (9, 60)] {
		let made = made_up(households, minutes, 0).unwrap();
		let mut text = Vec::new();
		made.write(&mut text).unwrap();
		assert_eq!(Profile::read(text.as_slice(), Options::default()).unwrap(), made);
	}
}
