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
	for _ in 0..ATTEMPTS {
		let port = rand::rng().random_range(RANGE);
		if !given.contains(&port) && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
			given.insert(port);
			return Ok(port);
		}
	}
	Err(Error::Violated(format!("no free port among {RANGE:?}")))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn ports_should_differ_and_be_free() {
		let ports: Vec<_> = (0..100).map(|_| free_port().unwrap()).collect();
		let listening: Vec<_> = ports
			.iter()
			.map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).unwrap())
			.collect();
		assert_eq!(listening.len(), ports.iter().collect::<BTreeSet<_>>().len());
	}
}
