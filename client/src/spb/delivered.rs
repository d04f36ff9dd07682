//! Whether the energy of a commitment has come, by what the meter measures.

use crate::types::BlockNumber;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// A commitment that a meter watches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Watched {
	/// The commitment.
	pub ctp_id: H256,
	/// Watt-hours that were committed.
	pub energy: u64,
	/// Watt-hours that have come.
	pub received: u64,
	/// The last block in which the meter can confirm.
	pub expiry: BlockNumber,
	/// Whether less energy pays its share.
	pub partial: bool,
}

/// What a meter is to confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmation {
	/// The commitment.
	pub ctp_id: H256,
	/// Watt-hours that came.
	pub energy: u64,
}

/// The commitments of one household, and what its meter has measured for each.
///
/// What is measured counts for the commitment that expires first, up to its energy, then for the next; what is above all
/// of them is the DSO's energy, and confirms nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Delivered {
	watched: Vec<Watched>,
}

impl Delivered {
	/// Watches a commitment from now on.
	pub fn watch(&mut self, ctp_id: H256, energy: u64, expiry: BlockNumber, partial: bool) {
		if self.watched.iter().any(|watched| watched.ctp_id == ctp_id) {
			return;
		}
		self.watched.push(Watched { ctp_id, energy, received: 0, expiry, partial });
		self.watched.sort_by_key(|watched| watched.expiry);
	}

	/// What is watched, by expiry.
	pub fn watched(&self) -> &[Watched] {
		&self.watched
	}

	/// No longer watches a commitment.
	pub fn forget(&mut self, ctp_id: H256) {
		self.watched.retain(|watched| watched.ctp_id != ctp_id);
	}

	/// Counts watt-hours that were measured since the last time, while `block` was the best block. Commitments that have
	/// expired get none: the ledger takes no receipt for them any more.
	pub fn measure(&mut self, increment: u64, block: BlockNumber) {
		let mut left = increment;
		for watched in self.watched.iter_mut().filter(|watched| watched.expiry > block) {
			let part = left.min(watched.energy.saturating_sub(watched.received));
			watched.received = watched.received.saturating_add(part);
			left = left.saturating_sub(part);
		}
	}

	/// What is to be confirmed after `block`: what has come in full; and, of what can be paid in part, what has come at
	/// all, when no more than `lead` blocks are left until it expires.
	pub fn due(&self, block: BlockNumber, lead: BlockNumber) -> Vec<Confirmation> {
		let in_time = self.watched.iter().filter(|watched| watched.expiry > block);
		in_time
			.filter(|watched| {
				let last_chance = watched.expiry <= block.saturating_add(lead);
				let partly = watched.partial && last_chance && watched.received > 0;
				watched.received >= watched.energy || partly
			})
			.map(|watched| Confirmation { ctp_id: watched.ctp_id, energy: watched.received })
			.collect()
	}

	/// What can no longer be confirmed after `block`.
	pub fn expired(&self, block: BlockNumber) -> Vec<H256> {
		let late = self.watched.iter().filter(|watched| watched.expiry <= block);
		late.map(|watched| watched.ctp_id).collect()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn id(byte: u8) -> H256 {
		H256::repeat_byte(byte)
	}

	#[test]
	fn delivered_should_confirm_when_the_measurement_shows_all_of_the_energy() {
		let mut delivered = Delivered::default();
		delivered.watch(id(1), 100, 50, false);
		delivered.measure(60, 10);
		assert_eq!(delivered.due(10, 5), []);
		delivered.measure(39, 11);
		assert_eq!(delivered.due(11, 5), []);
		delivered.measure(1, 12);
		assert_eq!(delivered.due(12, 5), [Confirmation { ctp_id: id(1), energy: 100 }]);
		delivered.forget(id(1));
		assert_eq!(delivered.due(12, 5), []);
	}

	#[test]
	fn delivered_should_count_each_watt_hour_once_when_there_are_several_commitments() {
		let mut delivered = Delivered::default();
		delivered.watch(id(2), 100, 60, false);
		delivered.watch(id(1), 100, 50, false);
		delivered.measure(150, 10);
		assert_eq!(delivered.due(10, 0), [Confirmation { ctp_id: id(1), energy: 100 }]);
		let received: Vec<_> = delivered.watched().iter().map(|watched| watched.received).collect();
		assert_eq!(received, [100, 50]);
		// More than all of them is not a neighbour's energy.
		delivered.measure(1_000, 11);
		let energy: Vec<_> = delivered.due(11, 0).iter().map(|due| due.energy).collect();
		assert_eq!(energy, [100, 100]);
	}

	#[test]
	fn delivered_should_confirm_a_part_when_it_is_allowed_and_the_expiry_is_near() {
		let mut delivered = Delivered::default();
		delivered.watch(id(1), 100, 50, true);
		delivered.watch(id(2), 100, 51, false);
		delivered.measure(40, 10);
		assert_eq!(delivered.due(44, 5), []);
		assert_eq!(delivered.due(45, 5), [Confirmation { ctp_id: id(1), energy: 40 }]);
		assert_eq!(delivered.due(49, 5), [Confirmation { ctp_id: id(1), energy: 40 }]);
		assert_eq!(delivered.due(50, 5), []);
	}

	#[test]
	fn delivered_should_confirm_nothing_when_nothing_was_measured_or_it_is_too_late() {
		let mut delivered = Delivered::default();
		delivered.watch(id(1), 100, 50, true);
		assert_eq!(delivered.due(49, 5), []);
		delivered.measure(100, 50);
		assert_eq!(delivered.due(50, 5), []);
		assert_eq!(delivered.expired(49), []);
		assert_eq!(delivered.expired(50), [id(1)]);
	}

	#[test]
	fn watching_again_should_change_nothing_when_energy_has_come() {
		let mut delivered = Delivered::default();
		delivered.watch(id(1), 100, 50, false);
		delivered.measure(70, 10);
		delivered.watch(id(1), 100, 50, false);
		assert_eq!(delivered.watched().len(), 1);
		delivered.measure(30, 11);
		assert_eq!(delivered.due(11, 0), [Confirmation { ctp_id: id(1), energy: 100 }]);
	}
}
