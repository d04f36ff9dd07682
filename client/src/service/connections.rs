//! How many connections each network address has.

use std::{
	collections::HashMap,
	net::IpAddr,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Whose address it is. Of IPv6 it is the network (/64): whoever has one address of it has them all.
pub(crate) fn owner_of(address: IpAddr) -> IpAddr {
	match address.to_canonical() {
		IpAddr::V6(address) => {
			let [a, b, c, d, ..] = address.segments();
			IpAddr::from([a, b, c, d, 0, 0, 0, 0])
		},
		address => address,
	}
}

/// Open connections by network address: as many entries as there are connections, at most.
pub(crate) struct Connections {
	/// The most of one address.
	most: usize,
	open: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection that counts until this goes.
pub(crate) struct Counted {
	among: Arc<Connections>,
	address: IpAddr,
}

impl Connections {
	pub(crate) fn new(most: usize) -> Arc<Self> {
		Arc::new(Self { most, open: Mutex::default() })
	}

	/// Counts one more connection of this address, unless it has the most already.
	pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
		let mut open = self.open();
		let count = open.get(&address).copied().unwrap_or_default();
		if count >= self.most {
			return None;
		}
		open.insert(address, count.saturating_add(1));
		Some(Counted { among: self.clone(), address })
	}

	fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
		self.open.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

impl Drop for Counted {
	fn drop(&mut self) {
		let mut open = self.among.open();
		let left = open.get(&self.address).map_or(0, |count| count.saturating_sub(1));
		if left == 0 {
			open.remove(&self.address);
		} else {
			open.insert(self.address, left);
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn connections_should_be_counted_by_address_while_they_last() {
		let connections = Connections::new(2);
		let (here, there) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([10, 0, 0, 1]));
		let [first, second, third] = [(); 3].map(|()| connections.enter(here));
		assert!(first.is_some() && second.is_some() && third.is_none());
		let other = connections.enter(there);
		assert!(other.is_some(), "others are not concerned");
		drop(first);
		let again = connections.enter(here);
		assert!(again.is_some() && connections.enter(here).is_none());
		drop((second, third, again));
		assert_eq!(connections.open().keys().collect::<Vec<_>>(), [&there]);
		drop(other);
		assert!(connections.open().is_empty(), "nothing is kept of who is gone");
	}

	#[test]
	fn owner_should_be_the_network_when_the_address_is_of_ipv6() {
		let owner = |address: &str| owner_of(address.parse().unwrap()).to_string();
		assert_eq!(owner("10.0.0.1"), "10.0.0.1");
		assert_eq!(owner("::ffff:10.0.0.1"), "10.0.0.1");
		assert_eq!(owner("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
		assert_eq!(owner("2001:db8:1:2:ffff::1"), owner("2001:db8:1:2::"));
		assert_ne!(owner("2001:db8:1:3::1"), owner("2001:db8:1:2::1"));
	}
}
