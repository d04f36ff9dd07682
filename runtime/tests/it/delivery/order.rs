//! A receipt and an expiry in one block.

use super::world::*;
use crate::chain::run_to;
use pallet_delivery::{Call, Error};

#[test]
fn a_receipt_should_win_in_the_last_block_whatever_the_order() {
	for expire_first in [true, false] {
		with_neighbours(|| {
			let ctp = commitment(1, 1_000);
			let ctp_id = committed(&ctp);
			let producer = money(PRODUCER);
			run_to(ctp.expiry);
			if expire_first {
				refused(OTHER, Call::expire { ctp_id }, Error::NotExpired);
			}
			let_in(confirm(ctp_id, 1_000, receipt(1, ctp_id, 1_000)));
			refused(OTHER, Call::expire { ctp_id }, Error::CommitmentNotFound);
			assert_eq!(money(PRODUCER), producer + ctp.amount);
			assert_eq!(on_hold(CONSUMER), 0);
		});
	}
}

#[test]
fn an_expiry_should_win_in_the_block_after_it_whatever_the_order() {
	for confirm_first in [true, false] {
		with_neighbours(|| {
			let (consumer, producer) = (money(CONSUMER), money(PRODUCER));
			let ctp = commitment(1, 1_000);
			let ctp_id = committed(&ctp);
			run_to(ctp.expiry + 1);
			let late = confirm(ctp_id, 1_000, receipt(1, ctp_id, 1_000));
			if confirm_first {
				not_let_in(late.clone(), Error::ExpiryPassed);
			}
			done(OTHER, Call::expire { ctp_id });
			not_let_in(late, Error::CommitmentNotFound);
			assert_eq!((money(CONSUMER), money(PRODUCER)), (consumer, producer));
			// In time, the same pays.
			let again = commitment(2, 1_000);
			let ctp_id = committed(&again);
			let_in(confirm(ctp_id, 1_000, receipt(2, ctp_id, 1_000)));
		});
	}
}
