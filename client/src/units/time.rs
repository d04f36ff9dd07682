//! Timesteps as people write them.

use super::{decimal::no, UnitError};
use crate::types::Timestep;

/// A timestep: its number, `now`, or `now` and some more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeInput {
	/// `1928374`
	At(Timestep),
	/// `now`, `+4`
	FromNow(Timestep),
}

impl TimeInput {
	/// Its number, if it is `now` at this moment.
	pub fn resolve(self, now: Timestep) -> Timestep {
		match self {
			Self::At(timestep) => timestep,
			Self::FromNow(timesteps) => now.saturating_add(timesteps),
		}
	}
}

impl std::str::FromStr for TimeInput {
	type Err = UnitError;

	fn from_str(text: &str) -> Result<Self, UnitError> {
		let what = ("timestep", "its number, now, or +4 for four timesteps from now");
		let number = |digits: &str| {
			if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
				return Err(no(text, what));
			}
			digits.parse().map_err(|_| UnitError::TooLarge(text.into()))
		};
		match (text, text.strip_prefix('+')) {
			("now", _) => Ok(Self::FromNow(0)),
			(_, Some(ahead)) => number(ahead).map(Self::FromNow),
			(_, None) => number(text).map(Self::At),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn time_should_be_read_as_a_number_or_from_now() {
		for (text, timestep) in [("12", 12), ("now", 100), ("+0", 100), ("+4", 104)] {
			assert_eq!(text.parse::<TimeInput>().unwrap().resolve(100), timestep, "{text}");
		}
		for text in ["", "+", "-1", "++1", "+-1", "tomorrow", "1.5"] {
			assert!(matches!(text.parse::<TimeInput>(), Err(UnitError::NotA { .. })), "{text}");
		}
		let beyond = "99999999999999999999".parse::<TimeInput>();
		assert!(matches!(beyond, Err(UnitError::TooLarge(_))));
		assert_eq!(TimeInput::FromNow(u64::MAX).resolve(5), u64::MAX);
	}
}
