//! Ports for programs that listen.

use crate::{Error, Result};
use rand::Rng;
use std::{
	collections::BTreeSet,
	net::{Ipv4Addr, TcpListener},
	ops::Range,
	sync::{Mutex, PoisonError},
};

/// Below those that the kernel takes for connections, one of which may otherwise have a port before who was told of it.
const RANGE: Range<u16> = 10_000..32_000;
/// How many ports are tried.
const ATTEMPTS: u32 = 1_000;

/// Those that were given already: who was told of one may not listen yet.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port of this machine on which nobody listens, and that nobody else in this process was told of.
///
/// # Errors
/// [`Error::Violated`] if none was found.
pub fn free_port() -> Result<u16> {
	let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
	take(RANGE, &mut given).ok_or_else(|| Error::Violated(format!("no free port among {RANGE:?}")))
}

fn take(range: Range<u16>, given: &mut BTreeSet<u16>) -> Option<u16> {
	let free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
	let port = (0..ATTEMPTS)
		.map(|_| rand::rng().random_range(range.clone()))
		.find(|port| !given.contains(port) && free(*port))?;
	given.insert(port);
	Some(port)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn port_should_be_given_once_and_only_while_nobody_listens() {
		let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
		let port = listener.local_addr().unwrap().port();
		let mut given = BTreeSet::new();
		let mut take_it = || take(port..port + 1, &mut given);

		assert_eq!(take_it(), None);
		drop(listener);
		assert_eq!(take_it(), Some(port));
		assert_eq!(take_it(), None);
	}
}
