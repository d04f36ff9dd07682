//! Used leaves: remembered, and forgotten in time.

use crate::{mock::*, Error, LeafQueue, UsedLeaves};
use frame_support::weights::Weight;
use petra_primitives::delivery::Commitment;

#[test]
fn leaf_should_be_used_once_when_two_commitments_name_it() {
	with_energy(|| {
		let ctp_id = committed(&commitment(1, 10));
		let second = Commitment { nonce: 2, ..commitment(1, 10) };
		let other_id = committed(&second);
		assert_ne!(ctp_id, other_id);
		let_in(confirm(ctp_id, 10, receipt(1, ctp_id, 10)));
		not_let_in(confirm(other_id, 10, receipt(1, other_id, 10)), Error::LeafUsed);
		// In another tree it is the same leaf.
		let tree = Certificate { keys: vec![8, 1], ..certificate(1) };
		not_let_in(confirm(other_id, 10, tree.receipt(1, other_id, 10)), Error::LeafUsed);
		// The commitment with a key of its own is confirmed.
		let third = committed(&commitment(3, 10));
		let_in(confirm(third, 10, receipt(3, third, 10)));
	});
}

#[test]
fn leaf_should_be_forgotten_only_when_every_certificate_of_its_time_is_too_old() {
	with_energy(|| {
		let ctp_id = committed(&commitment(1, 10));
		// The certificate is not the youngest that there is.
		let used = Certificate { issued_at: NOW - 5, ..certificate(1) };
		let_in(confirm(ctp_id, 10, used.receipt(0, ctp_id, 10)));
		let again = Commitment { nonce: 2, ..commitment(1, 10) };
		let youngest = certificate(1);
		for t in NOW..NOW + AGE {
			set_now(t);
			idle(Weight::MAX);
			assert!(UsedLeaves::<Test>::contains_key(receipt_key(1)));
			refused(CONSUMER, commit(&again), Error::LeafUsed);
		}
		set_now(NOW + AGE);
		idle(Weight::MAX);
		assert_eq!(UsedLeaves::<Test>::iter().count(), 0);
		assert_eq!(LeafQueue::<Test>::iter().count(), 0);
		let other_id = committed(&again);
		let late = youngest.receipt(0, other_id, 10);
		not_let_in(confirm(other_id, 10, late), Error::CertificateTooOld);
	});
}

#[test]
fn leaves_should_be_forgotten_in_bounded_steps() {
	with_energy(|| {
		for n in 0..600u64 {
			let until = NOW + n % 3;
			UsedLeaves::<Test>::insert(receipt_key(n), until);
			LeafQueue::<Test>::insert(until.to_be_bytes(), receipt_key(n), ());
		}
		set_now(NOW + 1);
		StepWeight::set(10);
		// One step finds no commitment that has expired.
		assert_eq!(idle(Weight::from_parts(59, 0)), Weight::from_parts(50, 0));
		assert_eq!(UsedLeaves::<Test>::iter().count(), 596);
		idle(Weight::MAX);
		assert_eq!(UsedLeaves::<Test>::iter().count(), 596 - 256);
		idle(Weight::MAX);
		assert_eq!(UsedLeaves::<Test>::iter().count(), 200);
		assert!(UsedLeaves::<Test>::iter().all(|(_, until)| until == NOW + 2));
		assert_eq!(idle(Weight::from_parts(9, 0)), Weight::zero());
		assert_eq!(idle(Weight::from_parts(29, 0)), Weight::from_parts(20, 0));
	});
}
