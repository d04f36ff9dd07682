//! Valves: a general transaction that a valve stops is not let in, since its dispatch would fail, unpaid, and it could
//! come again.

use super::world::*;
use crate::chain::{next_block, run_to, sudo};
use frame_support::assert_ok;
use pallet_delivery::Call;
use petra_runtime::{Delivery, Runtime};
use sp_runtime::transaction_validity::InvalidTransaction;

fn name(call: &str) -> pallet_tx_pause::RuntimeCallNameOf<Runtime> {
	let bytes = |text: &str| text.as_bytes().to_vec().try_into().unwrap();
	(bytes("Delivery"), bytes(call))
}

/// A confirmation, a settlement, and what each of them pays.
fn both() -> [(&'static str, Call<Runtime>, u128); 2] {
	let ctp = commitment(1, 1_000);
	let ctp_id = committed(&ctp);
	done(CONSUMER, lock(ctp.amount));
	let other = commitment(2, 1_000);
	[
		("confirm_receipt", confirm(ctp_id, 1_000, receipt(1, ctp_id, 1_000)), ctp.amount),
		("settle", settle(2, &other, 1_000), other.amount),
	]
}

#[test]
fn paused_transactions_should_not_be_let_in_until_they_are_unpaused() {
	with_neighbours(|| {
		for (call_name, call, paid) in both() {
			assert_ok!(sudo(pallet_tx_pause::Call::pause { full_name: name(call_name) }));
			let producer = money(PRODUCER);
			// Again and again, in several blocks.
			for _ in 0..3 {
				invalid(call.clone(), InvalidTransaction::Call);
				next_block();
			}
			assert_eq!(money(PRODUCER), producer);
			assert_ok!(sudo(pallet_tx_pause::Call::unpause { ident: name(call_name) }));
			let_in(call);
			assert_eq!(money(PRODUCER), producer + paid);
		}
	});
}

#[test]
fn transactions_should_not_be_let_in_while_safe_mode_is_on() {
	with_neighbours(|| {
		let both = both();
		assert_ok!(sudo(pallet_safe_mode::Call::force_enter {}));
		for (_, call, _) in &both {
			invalid(call.clone(), InvalidTransaction::Call);
		}
		assert_ok!(sudo(pallet_safe_mode::Call::force_exit {}));
		for (_, call, _) in both {
			let_in(call);
		}
	});
}

#[test]
fn commitments_should_expire_also_while_safe_mode_is_on() {
	with_neighbours(|| {
		let consumer = money(CONSUMER);
		let ctp = commitment(1, 1_000);
		let ctp_id = committed(&ctp);
		assert_ok!(sudo(pallet_safe_mode::Call::force_enter {}));
		run_to(ctp.expiry + 2);
		assert_eq!(Delivery::commitment(ctp_id), None);
		assert_eq!(money(CONSUMER), consumer);
		assert_ok!(sudo(pallet_safe_mode::Call::force_exit {}));
	});
}
