//! Times of day, in minutes.

use crate::{decimal::quoted, ProfileError};
use std::{fmt, str::FromStr};

/// Minutes of a day.
pub(crate) const DAY: u32 = 1_440;

/// A time of day in whole minutes, from `0:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u32);

impl TimeOfDay {
	/// So many minutes after midnight; none if that is after the next midnight.
	pub fn from_minutes(minutes: u32) -> Option<Self> {
		(minutes <= DAY).then_some(Self(minutes))
	}

	/// Minutes after midnight.
	pub fn minutes(self) -> u32 {
		self.0
	}

	/// So many minutes later; none if that is after midnight.
	pub fn later(self, minutes: u32) -> Option<Self> {
		self.0.checked_add(minutes).and_then(Self::from_minutes)
	}
}

impl FromStr for TimeOfDay {
	type Err = ProfileError;

	/// Reads `H:MM` or `HH:MM`, with spaces around it or none.
	fn from_str(text: &str) -> Result<Self, ProfileError> {
		let text = text.trim();
		let number = |digits: &str, lengths: [usize; 2]| {
			let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
			(all_digits && lengths.contains(&digits.len())).then(|| digits.parse::<u32>().ok())?
		};
		text.split_once(':')
			.and_then(|(hours, minutes)| {
				let minutes = number(minutes, [2, 2]).filter(|minutes| *minutes < 60)?;
				Self::from_minutes(number(hours, [1, 2])?.checked_mul(60)?.checked_add(minutes)?)
			})
			.ok_or_else(|| ProfileError::NotTime(quoted(text)))
	}
}

impl fmt::Display for TimeOfDay {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let (hours, minutes) = (
			self.0.checked_div(60).unwrap_or_default(),
			self.0.checked_rem(60).unwrap_or_default(),
		);
		write!(f, "{hours}:{minutes:02}")
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn time_should_be_read_as_it_was_when_it_is_written() {
		for minutes in 0..=DAY {
			let time = TimeOfDay::from_minutes(minutes).unwrap();
			assert_eq!(time.to_string().parse::<TimeOfDay>().unwrap(), time);
			let padded = format!("{:0>5}", time.to_string());
			assert_eq!(padded.parse::<TimeOfDay>().unwrap(), time);
		}
		assert_eq!(TimeOfDay::from_minutes(DAY + 1), None);
	}

	#[test]
	fn time_should_be_refused_when_the_text_is_none() {
		for text in [
			"", ":", "7", "7:5", "7:60", "24:01", "25:00", "007:00", "-1:00", "7:00:00", "7.45",
			"+7:00", "7: 45", "７:00", "noon",
		] {
			let error = text.parse::<TimeOfDay>().unwrap_err();
			assert_eq!(
				error.to_string(),
				format!("`{text}` is no time of day (such as `7:45` or `07:45`)")
			);
		}
	}
}
