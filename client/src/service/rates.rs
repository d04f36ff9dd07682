//! How often one may ask.

use crate::types::MeterId;
use std::{collections::HashMap, hash::Hash, net::IpAddr, time::Instant};

/// The most askers that are remembered; then those who have not asked for a while are forgotten.
const MAX_KNOWN: usize = 10_000;

/// Requests that are left, by asker: refilled with time up to a bound.
struct Buckets<K> {
	per_second: f64,
	at_once: f64,
	left: HashMap<K, (Instant, f64)>,
}

impl<K: Hash + Eq> Buckets<K> {
	fn new((per_second, at_once): (u32, u32)) -> Self {
		Self { per_second: per_second.into(), at_once: at_once.into(), left: HashMap::new() }
	}

	fn take(&mut self, who: K, now: Instant) -> bool {
		if self.left.len() >= MAX_KNOWN && !self.left.contains_key(&who) {
			let (rate, most) = (self.per_second, self.at_once);
			self.left
				.retain(|_, (since, left)| refilled(*since, *left, now, rate, most) < most);
			if self.left.len() >= MAX_KNOWN {
				return false;
			}
		}
		let (since, left) = self.left.entry(who).or_insert((now, self.at_once));
		*left = refilled(*since, *left, now, self.per_second, self.at_once);
		*since = now;
		if *left < 1.0 {
			return false;
		}
		*left -= 1.0;
		true
	}
}

fn refilled(since: Instant, left: f64, now: Instant, rate: f64, most: f64) -> f64 {
	(left + now.saturating_duration_since(since).as_secs_f64() * rate).min(most)
}

/// How often each network address and each household has asked.
pub(crate) struct Rates {
	addresses: Buckets<IpAddr>,
	households: Buckets<MeterId>,
}

impl Rates {
	pub(crate) fn new(of_address: (u32, u32), of_household: (u32, u32)) -> Self {
		Self { addresses: Buckets::new(of_address), households: Buckets::new(of_household) }
	}

	/// Whether somebody at this address may ask now.
	pub(crate) fn address(&mut self, address: IpAddr) -> bool {
		self.addresses.take(address, Instant::now())
	}

	/// Whether this household may ask now. Its signature has been checked.
	pub(crate) fn household(&mut self, household: MeterId) -> bool {
		self.households.take(household, Instant::now())
	}
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use std::time::Duration;

	#[test]
	fn buckets_should_refuse_when_empty_and_fill_with_time() {
		let start = Instant::now();
		let mut buckets = Buckets::new((2, 3));
		assert_eq!([1, 2, 3, 4].map(|_| buckets.take("a", start)), [true, true, true, false]);
		assert!(buckets.take("b", start), "others are not concerned");
		let later = start + Duration::from_millis(500);
		assert_eq!([1, 2].map(|_| buckets.take("a", later)), [true, false]);
		let much_later = start + Duration::from_secs(100);
		assert_eq!([1, 2, 3, 4].map(|_| buckets.take("a", much_later)), [true, true, true, false]);
	}

	#[test]
	fn buckets_should_stay_bounded_whoever_asks() {
		let start = Instant::now();
		let mut buckets = Buckets::new((1, 1));
		let taken = (0..2 * MAX_KNOWN).filter(|who| buckets.take(*who, start)).count();
		assert_eq!((taken, buckets.left.len()), (MAX_KNOWN, MAX_KNOWN));
		assert!(buckets.take(3 * MAX_KNOWN, start + Duration::from_secs(2)));
		assert_eq!(buckets.left.len(), 1);
	}
}
