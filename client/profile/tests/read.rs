//! What a profile's file may be, and what is said where it is not.

#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)]

use petra_profile::{
	single_column, Options, Profile, ProfileError, TimeOfDay, Unit, MAX_BYTES, MAX_COLUMNS,
	MAX_NAME,
};
use proptest::prelude::*;
use std::{
	io::{self, Read},
	time::{Duration, Instant},
};

fn read(file: impl AsRef<[u8]>) -> Result<Profile, ProfileError> {
	Profile::read(file.as_ref(), Options::default())
}

fn refusal(file: impl AsRef<[u8]>) -> String {
	read(file).unwrap_err().to_string()
}

fn names(profile: &Profile) -> Vec<&str> {
	profile.columns().iter().map(|column| column.name.as_str()).collect()
}

#[test]
fn profile_should_be_read_when_its_form_is_unusual() {
	let plain = read("Time,1/1,2/1\n0:00,-3.9,79.7\n0:15,0,0\n").unwrap();
	assert_eq!((plain.rows(), plain.interval_minutes(), plain.unit()), (2, 15, Unit::Kilowatts));
	assert_eq!(plain.net_consumption(0), Some(vec![3_900, 0]));
	assert_eq!(plain.net_consumption(1), Some(vec![-79_700, 0]));
	assert_eq!(plain.net_consumption(2), None);
	for (what, file) in [
		("negative zero", "Time,1/1,2/1\n0:00,-3.9,79.7\n0:15,-0,-0.00\n"),
		("Windows line ends", "Time,1/1,2/1\r\n0:00,-3.9,79.7\r\n0:15,0,0\r\n"),
		(
			"Windows line ends after quotes",
			"\"Time\",\"1/1\",\"2/1\"\r\n\"0:00\",-3.9,\"79.7\"\r\n\"0:15\",0,\"0\"\r\n",
		),
		("a Windows line end in half", "Time,1/1,2/1\r\n0:00,-3.9,79.7\r\n0:15,0,0\r"),
		("a byte order mark", "\u{feff}Time,1/1,2/1\n0:00,-3.9,79.7\n0:15,0,0\n"),
		("one before quotes", "\u{feff}\"Time\",1/1,2/1\n0:00,-3.9,79.7\n0:15,0,0\n"),
		("no line end at the end", "Time,1/1,2/1\n0:00,-3.9,79.7\n0:15,0,0"),
		("empty lines", "\nTime,1/1,2/1\n\n0:00,-3.9,79.7\n\n0:15,0,0\n\n\n"),
		("quotes", "\"Time\",\"1/1\",\"2/1\"\n\"0:00\",\"-3.9\",\"79.7\"\n\"0:15\",\"0\",\"0\"\n"),
		("spaces", " Time , 1/1,2/1 \n0:00 , -3.9,\t79.7\n 0:15,0 ,0 \n"),
		("times of one width", "time,1/1,2/1\n00:00,-3.90,+79.7\n00:15,000,0.0\n"),
	] {
		assert_eq!(read(file).unwrap(), plain, "{what}");
	}
}

#[test]
fn columns_should_be_kept_apart_when_they_have_one_name() {
	let profile = read("Time,7/7,7/7 (2),7/7,7/7,8/1\n0:00,1,2,3,4,5\n1:00,1,2,3,4,5\n").unwrap();
	assert_eq!(names(&profile), ["7/7", "7/7 (2)", "7/7 (3)", "7/7 (4)", "8/1"]);
	let watts: Vec<i64> = (0..5).map(|i| profile.net_consumption(i).unwrap()[0]).collect();
	assert_eq!(watts, [-1_000, -2_000, -3_000, -4_000, -5_000]);
	assert_eq!(profile.column(3).unwrap().feeder(), Some(7));
	let alone = profile.alone(2).unwrap();
	assert_eq!(names(&alone), ["7/7 (3)"]);
	assert_eq!(alone.net_consumption(0), Some(vec![-3_000, -3_000]));
	assert_eq!(profile.alone(5), None);
}

/// Line and column count from 1; a column's first line is its name.
#[test]
fn profile_should_say_where_it_is_wrong() {
	let with = |rows: &str| format!("Time,1/1,2/1\n0:00,1,2\n{rows}");
	for (rows, place, problem) in [
		("0:15,,2\n", "line 3, column 2", "the value is missing"),
		("0:15,1\n", "line 3, column 3", "the value is missing"),
		(
			"0:15,1,2,3\n",
			"line 3, column 4",
			"the line has more cells than the first line has names",
		),
		("0:15,1,n/a\n", "line 3, column 3", "`n/a` is no decimal number"),
		("0:15,NaN,2\n", "line 3, column 2", "`NaN` is no decimal number"),
		("0:15,1,-inf\n", "line 3, column 3", "`-inf` is no decimal number"),
		("0:15,1e3,2\n", "line 3, column 2", "`1e3` is no decimal number"),
		("0:15,\"1,5\",2\n", "line 3, column 2", "`1,5` is no decimal number"),
		("0:15,\"1,2\n0:30,1,2\n", "line 3, column 2", "a quote that is not closed"),
		("0:15,1,\"2\n", "line 3, column 3", "a quote that is not closed"),
		("\r0:15,1,2\n", "line 3, column 1", "a carriage return inside the line"),
		("0:15\r,1,2\n", "line 3, column 1", "a carriage return inside the line"),
		("0:15,1\r0:30,9,9\n", "line 3, column 2", "a carriage return inside the line"),
		("0:15,1\r,2\r\n", "line 3, column 2", "a carriage return inside the line"),
		("0:15,1,2\rjunk\n", "line 3, column 3", "a carriage return inside the line"),
		("0:15,1,2\r0:30,1,2\r", "line 3, column 3", "a carriage return inside the line"),
		("0:15,1,2\r\r\n", "line 3, column 3", "a carriage return inside the line"),
		("0:15,1,2,\r3\n", "line 3, column 4", "a carriage return inside the line"),
		("\r\r\n0:15,1,2\n", "line 3, column 1", "a carriage return inside the line"),
		("0:15,\"1\r\",2\n", "line 3, column 2", "a carriage return inside the line"),
		("0:15,\"1,\r2\n", "line 3, column 2", "a carriage return inside the line"),
		("0:15,\"1\",\"2\"\r\"3\"\n", "line 3, column 3", "a carriage return inside the line"),
		(
			"0:15,1,1000000000\n",
			"line 3, column 3",
			"`1000000000` has more than nine digits before",
		),
		(
			"0:15,0.0000000001,2\n",
			"line 3, column 2",
			"`0.0000000001` has more than nine digits after",
		),
		(",1,2\n", "line 3, column 1", "the value is missing"),
		("noon,1,2\n", "line 3, column 1", "`noon` is no time of day"),
		("0:00,1,2\n", "line 3, column 1", "0:00 is repeated"),
		("0:15,1,2\n0:15,1,2\n", "line 4, column 1", "0:15 is repeated"),
		("0:15,1,2\n0:45,1,2\n", "line 4, column 1", "0:45 follows 0:15: 0:30 should"),
		("\r\n0:15,1,2\r\n\r\n0:20,1,2\r\n", "line 6, column 1", "0:20 follows 0:15: 0:30 should"),
		("0:15,1,2\n0:10,1,2\n", "line 4, column 1", "0:10 follows 0:15: times must ascend"),
		("12:00,1,2\n0:00,1,2\n", "line 4, column 1", "0:00 follows 12:00: times must ascend"),
		("13:00,1,2\n", "line 3, column 1", "the interval from 13:00 ends after midnight"),
		("24:00,1,2\n", "line 3, column 1", "the interval from 24:00 ends after midnight"),
	] {
		let said = refusal(with(rows));
		assert!(said.starts_with(&format!("{place}: {problem}")), "{rows:?}: {said}");
	}
	for (file, place) in [
		("Time,a\n0:00,1\r0:15,9\n0:15,2\n", "line 2, column 2"),
		("Time,a\n0:00,1\rjunk\n0:15,2\n", "line 2, column 2"),
		("\u{feff}\rTime,a\n0:00,1\n0:15,2\n", "line 1, column 1"),
		("Time,a\r,b\n0:00,1\n0:15,2\n", "line 1, column 2"),
		("Time,\"a\rb\"\n0:00,1\n0:15,2\n", "line 1, column 2"),
		// As on a Macintosh, long ago.
		("Time,a\r0:00,1\r0:15,2\r", "line 1, column 2"),
	] {
		let said = refusal(file);
		assert!(
			said.starts_with(&format!("{place}: a carriage return inside")),
			"{file:?}: {said}"
		);
	}
	let no_text = refusal(b"Time,1/1\n0:00,1\n0:15,\xff1\n");
	assert_eq!(no_text, "line 3, column 2: bytes that are no UTF-8 text");
}

#[test]
fn header_should_be_refused_when_it_names_no_households() {
	let long = format!("Time,1/1,{}\n", "x".repeat(MAX_NAME + 1));
	let many = format!("Time{}\n", ",1/1".repeat(MAX_COLUMNS + 1));
	for (header, said) in [
		("Date,1/1\n", "line 1, column 1: the first column should be called `Time`, not `Date`"),
		(
			"Time;1/1;2/1\n",
			"line 1, column 1: the first column should be called `Time`, not `Time;1/1;2/1`",
		),
		("0:00,1,2\n", "line 1, column 1: the first column should be called `Time`, not `0:00`"),
		("\n\nTime\n", "line 3, column 2: there is no household"),
		("Time,1/1,,2/1\n", "line 1, column 3: a household without a name"),
		("Time,1/1,\n", "line 1, column 3: a household without a name"),
		("Time,1\t1\n", "line 1, column 2: a name with a control character"),
		(&long, "line 1, column 3: a name of more than 100 bytes"),
		(&many, "line 1, column 1002: more than 1000 households"),
	] {
		let refused = refusal(header);
		assert!(refused.starts_with(said), "{header:.40}: {refused}");
	}
}

#[test]
fn profile_should_be_refused_when_it_has_no_two_rows() {
	for (file, said) in [
		("", "the profile is empty"),
		("\n\r\n\n", "the profile is empty"),
		("\u{feff}\r\n", "the profile is empty"),
		("Time,1/1\n", "the profile has no rows"),
		("Time,1/1\n0:00,1\n", "the profile has one row"),
	] {
		let refused = refusal(file);
		assert!(refused.starts_with(said), "{file:?}: {refused}");
	}
}

#[test]
fn profile_should_be_read_when_it_is_as_large_as_it_may_be() {
	let mut file = format!("Time{}\n", ",1/1".repeat(MAX_COLUMNS));
	for minute in 0..1_440 {
		file += &format!("{}:{:02}", minute / 60, minute % 60);
		file += &",-999999999.999999999".repeat(MAX_COLUMNS);
		file += "\n";
	}
	assert!(u64::try_from(file.len()).unwrap() < MAX_BYTES);
	let profile = read(file).unwrap();
	assert_eq!((profile.rows(), profile.columns().len()), (1_440, MAX_COLUMNS));
	assert_eq!(profile.to(), TimeOfDay::from_minutes(1_440).unwrap());
	// The rest of a millionth of a W is carried until it is a whole one.
	assert_eq!(profile.net_consumption(999).unwrap()[..2], [999_999_999_999, 1_000_000_000_000]);
	let refused = profile.window("23:59".parse().unwrap(), "24:00".parse().unwrap()).unwrap_err();
	assert_eq!(refused.to_string(), "from 23:59 to 24:00 are less than two intervals");
}

/// Bytes without end, and how many of them were taken.
struct Endless<'a> {
	unit: &'a [u8],
	taken: u64,
}

impl Read for Endless<'_> {
	fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
		// Where one buffer ends, the next goes on.
		let begun = (self.taken % self.unit.len() as u64) as usize;
		for (byte, from) in buffer.iter_mut().zip(self.unit.iter().cycle().skip(begun)) {
			*byte = *from;
		}
		self.taken += buffer.len() as u64;
		Ok(buffer.len())
	}
}

/// A million rows are refused at the first that is no part of the day, and nothing after it is read; a line that does not end
/// is read as far as [`MAX_BYTES`].
#[test]
fn profile_should_be_refused_soon_when_it_does_not_end() {
	let began = Instant::now();
	let mut million = String::from("Time,1/1\n");
	for row in 0..1_000_000 {
		million += &format!("{}:{:02},1\n", row / 60 % 24, row % 60);
	}
	let read = Instant::now();
	assert_eq!(
		refusal(&million),
		"line 1442, column 1: 0:00 follows 23:59: times must ascend, and a profile is of one day"
	);
	let refused_after = read.elapsed();
	assert!(refused_after < Duration::from_secs(1), "{refused_after:?}");

	for (start, unit) in [
		("Time,1/1\n0:00,1\n0:15,", &b"1"[..]),
		("Time,1/1\n0:00,1\n0:15,2", b"\n"),
		("", b" \r\n"),
		("", b"\0"),
		("Time,", b"1/1,"),
	] {
		let mut endless = Endless { unit, taken: 0 };
		let refused =
			Profile::read(start.as_bytes().chain(&mut endless), Options::default()).unwrap_err();
		assert_eq!(refused.to_string(), "the profile is longer than 64 MiB");
		assert!(endless.taken < MAX_BYTES + (1 << 20), "{} bytes were read", endless.taken);
	}
	assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

#[test]
fn window_should_hold_the_rows_between_two_times() {
	let file: String = (0..96)
		.map(|row| format!("{}:{:02},{row},-{row}.5\n", row / 4, row % 4 * 15))
		.collect();
	let day = read(format!("Time,a,b\n{file}")).unwrap();
	let at = |text: &str| text.parse::<TimeOfDay>().unwrap();
	let window = day.window(at("14:15"), at("17:45")).unwrap();
	assert_eq!((window.rows(), window.from(), window.to()), (14, at("14:15"), at("17:45")));
	let produced: Vec<i64> = (57..71).map(|row| -1_000 * row).collect();
	assert_eq!(window.net_consumption(0), Some(produced));
	assert_eq!((window.time(13), window.time(14)), (Some(at("17:30")), None));
	assert_eq!(day.window(at("0:00"), at("24:00")).unwrap(), day);
	for (from, to, said) in [
		("14:10", "17:45", "14:10 is no border of an interval"),
		("14:15", "17:50", "17:50 is no border of an interval"),
		("17:45", "14:15", "from 17:45 to 14:15 are less than two intervals"),
		("14:15", "14:15", "from 14:15 to 14:15 are less than two intervals"),
	] {
		let refused = day.window(at(from), at(to)).unwrap_err().to_string();
		assert!(refused.starts_with(said), "{refused}");
	}
	let refused = window.window(at("14:00"), at("15:00")).unwrap_err();
	assert_eq!(
		refused.to_string(),
		"14:00 is no border of an interval: the profile has intervals of 15 minutes from 14:15 to 17:45"
	);
}

#[test]
fn energy_should_be_mean_watts_when_the_unit_is_kilowatt_hours() {
	let file = "Time,1/1\n8:00,-0.3\n8:20,0.1\n8:40,-0.0001\n";
	let of = |unit| Profile::read(file.as_bytes(), Options { unit }).unwrap().net_consumption(0);
	// By hand: 0.3 kWh in a third of an hour are 900 W, 0.0001 kWh 0.3 W.
	assert_eq!(of(Unit::KilowattHours), Some(vec![900, -300, 0]));
	assert_eq!(of(Unit::Kilowatts), Some(vec![300, -100, 0]));
	assert_eq!(("kWh".parse(), "kW".parse()), (Ok(Unit::KilowattHours), Ok(Unit::Kilowatts)));
	assert!("W".parse::<Unit>().is_err());
}

#[test]
fn single_column_should_be_refused_when_it_could_not_be_read() {
	for (name, from, minutes, watts) in [
		("", "0:00", 15, vec![1, 2]),
		("a\nb", "0:00", 15, vec![1, 2]),
		("1/1", "noon", 15, vec![1, 2]),
		("1/1", "0:00", 0, vec![1, 2]),
		("1/1", "23:45", 15, vec![1, 2]),
		("1/1", "0:00", u32::MAX, vec![1, 2]),
		("1/1", "0:00", 15, vec![1]),
		("1/1", "0:00", 15, vec![]),
		("1/1", "0:00", 15, vec![1, 1_000_000_000_000]),
		("1/1", "0:00", 15, vec![i64::MIN, 0]),
	] {
		assert!(
			single_column(name, from, minutes, &watts).is_err(),
			"{name} {from} {minutes} {watts:?}"
		);
	}
}

proptest! {
	#[test]
	fn single_column_should_be_read_as_it_was_written(
		name in "[ -~äß€]{0,20}[!-~]",
		(from, minutes, watts) in (1u32..=60, 2usize..=24).prop_flat_map(|(minutes, rows)| {
			let length = minutes * u32::try_from(rows).unwrap();
			let watts = proptest::collection::vec(-999_999_999_999i64..=999_999_999_999, rows);
			(0..=1_440 - length, Just(minutes), watts)
		}),
	) {
		let from = TimeOfDay::from_minutes(from).unwrap();
		let file = single_column(&name, &from.to_string(), minutes, &watts).unwrap();
		let profile = read(&file).unwrap();
		prop_assert_eq!(names(&profile), [name.trim()]);
		prop_assert_eq!((profile.from(), profile.interval_minutes()), (from, minutes));
		prop_assert_eq!(profile.net_consumption(0).unwrap(), watts);
		let mut again = Vec::new();
		profile.write(&mut again).unwrap();
		prop_assert_eq!(again, file.into_bytes());
	}

	/// What is not a profile is refused, and nothing panics.
	#[test]
	fn profile_should_be_read_or_refused_whatever_the_bytes(
		bytes in prop_oneof![
			proptest::collection::vec(any::<u8>(), 0..200),
			"Time,[a/0-9\",\r\n:.-]{0,120}".prop_map(String::into_bytes),
			"Time,1/1,2/1\r?\n(0:[0-5][0-9],-?[0-9.]{1,12},\"?[0-9]{1,12}\"?\r?\n){0,4}".prop_map(String::into_bytes),
		],
	) {
		if let Ok(profile) = read(&bytes) {
			let mut written = Vec::new();
			profile.write(&mut written).unwrap();
			prop_assert_eq!(read(&written).unwrap(), profile);
		}
	}

	/// Watts add up to the energy, to less than one watt over an interval.
	#[test]
	fn net_consumption_should_lose_nothing(
		hundredths in proptest::collection::vec(-99_999_999i64..=99_999_999, 2..24),
		hours in any::<bool>(),
	) {
		let rows: String = hundredths.iter().enumerate().map(|(row, number)| {
			let sign = if *number < 0 { "-" } else { "" };
			format!("{row}:00,{sign}{}.{:07}\n", number.abs() / 10_000_000, number.abs() % 10_000_000)
		}).collect();
		let unit = if hours { Unit::KilowattHours } else { Unit::Kilowatts };
		let profile = Profile::read(format!("Time,1/1\n{rows}").as_bytes(), Options { unit }).unwrap();
		// In an hour, kWh are kW.
		let watts: i64 = profile.net_consumption(0).unwrap().iter().sum();
		let exact = -hundredths.iter().sum::<i64>();
		prop_assert_eq!(watts, exact.div_euclid(10_000));
	}
}
