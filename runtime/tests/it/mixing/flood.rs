//! Making validators work for nothing: what a bad proof costs, and where it ends.

use super::world::*;
use frame_support::{dispatch::GetDispatchInfo, traits::Authorize};
use pallet_mixing::{Error, Nullifiers, FIRST_REFUSAL};
use petra_primitives::Withdrawal;
use petra_runtime::{AccountId, FreeCalls, Runtime, RuntimeCall, System};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};
use std::time::{Duration, Instant};

/// How often each thing is tried.
const TIMES: usize = 20;

/// The least that each of `attempts` takes. They take turns, so that what else the machine does hits all.
fn least<const N: usize>(attempts: [&dyn Fn(usize); N]) -> [Duration; N] {
	let mut least = [Duration::MAX; N];
	for round in 0..TIMES {
		for (attempt, least) in attempts.iter().zip(&mut least) {
			let begun = Instant::now();
			attempt(round);
			*least = begun.elapsed().min(*least);
		}
	}
	least
}

#[test]
fn bad_proofs_should_cost_no_more_than_good_ones_and_leave_nothing() {
	world(|| {
		usable_ring(&energy());
		let proven = Wish::new(1, &energy()).prove();
		let invalid = |call, error: Error<Runtime>| {
			let code = FIRST_REFUSAL + codec::Encode::encode(&error)[0];
			let custom = InvalidTransaction::Custom(code);
			assert_eq!(validate(general(call)), Err(TransactionValidityError::Invalid(custom)));
		};
		let changed = |change: &dyn Fn(&mut Withdrawal<AccountId>)| {
			let mut withdrawal = proven.clone();
			change(&mut withdrawal);
			withdraw(withdrawal)
		};
		let spent = Wish::new(2, &energy()).call();
		withdrawn(spent.clone());
		let [good, forged, garbled, short, used] = least([
			&|_| assert!(validate(general(withdraw(proven.clone()))).is_ok()),
			// For another deadline: all of it is well-formed, and all of it must be looked at.
			&|round| {
				let call = changed(&|changed| changed.deadline += 1 + round as u32);
				invalid(call, Error::BadProof)
			},
			&|round| {
				let call = changed(&|changed| changed.proof[round * 30] ^= 1);
				invalid(call, Error::BadProof)
			},
			&|round| {
				let call = changed(&|changed| changed.proof.truncate(round));
				invalid(call, Error::BadProof)
			},
			&|_| invalid(spent.clone(), Error::NullifierUsed),
		]);
		println!(
			"natively: a good proof {good:?}, a forged one {forged:?}, a garbled one {garbled:?}, one of the wrong length \
			 {short:?}, a used nullifier {used:?}"
		);
		// Twice, because something else may run on the machine.
		assert!(forged < 2 * good && garbled < 2 * good, "{forged:?}, {garbled:?}, {good:?}");
		assert!(5 * short < good && 5 * used < good, "cheap checks come first");
	});
}

#[test]
fn a_batch_with_a_bad_proof_should_cost_no_more_than_a_good_one() {
	world(|| {
		deposit_all(0..8, &energy());
		blocks(MIN_AGE);
		let wish = |who| Wish { revision: 7, ..Wish::new(who, &energy()) };
		let proven: Vec<_> = (0..8).map(|who| wish(who).prove()).collect();
		let [good, bad] =
			least([&|_| assert!(validate(general(batch(proven.clone()))).is_ok()), &|round| {
				let mut bad = proven.clone();
				bad[round % 8].recipient = fresh(99);
				assert!(validate(general(batch(bad))).is_err());
			}]);
		println!("natively, 8 proofs: a good batch {good:?}, one with a bad proof {bad:?}");
		assert!(bad < 2 * good, "it is not searched for: {bad:?}, {good:?}");
	});
}

#[test]
fn a_flood_of_bad_proofs_should_leave_no_trace() {
	world(|| {
		usable_ring(&energy());
		let proven = Wish::new(1, &energy()).prove();
		let weight = System::block_weight().total();
		let free = pallet_free_calls::FreeWeight::<Runtime>::get();
		for round in 0..30 {
			let mut bad = proven.clone();
			bad.recipient = fresh(100 + round);
			unauthorised(withdraw(bad), Error::BadProof);
		}
		assert_eq!(System::block_weight().total(), weight);
		assert_eq!(pallet_free_calls::FreeWeight::<Runtime>::get(), free);
		assert_eq!(Nullifiers::<Runtime>::iter().count(), 0);
		withdrawn(withdraw(proven));
	});
}

#[test]
fn withdrawals_should_fit_into_the_share_of_what_nobody_pays_for() {
	world(|| {
		usable_ring(&energy());
		let one = Wish::new(1, &energy()).prove();
		let most = <<Runtime as pallet_mixing::Config>::MaxBatch as frame_support::traits::Get<
			u32,
		>>::get();
		let full = batch(vec![one.clone(); most as usize]);
		let share = FreeCalls::share();
		for call in [withdraw(one), full] {
			let call = RuntimeCall::from(call);
			let weight = call.get_dispatch_info().call_weight + call.weight_of_authorize();
			// Beside others: no call takes a half of what all free calls have.
			assert!((weight * 2).all_lte(share), "{weight:?} of {share:?}");
		}
	});
}
