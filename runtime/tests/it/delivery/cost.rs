//! A flood of receipts that fail: what each of them costs a node.

use super::world::*;
use codec::Encode;
use frame_support::pallet_prelude::TransactionSource;
use pallet_delivery::{Call, Error, Receipt, REFUSAL};
use petra_runtime::{Executive, Runtime, System, UncheckedExtrinsic};
use sp_core::H256;
use sp_runtime::transaction_validity::{
	InvalidTransaction, TransactionValidity, TransactionValidityError,
};
use std::time::{Duration, Instant};

const REPETITIONS: usize = 41;

/// As the pool does; nothing of it stays.
pub fn validate(transaction: &UncheckedExtrinsic) -> TransactionValidity {
	use frame_support::storage::{with_transaction, TransactionOutcome};
	let parent = System::parent_hash();
	with_transaction(|| -> TransactionOutcome<Result<_, sp_runtime::DispatchError>> {
		let source = TransactionSource::External;
		let valid = Executive::validate_transaction(source, transaction.clone(), parent);
		TransactionOutcome::Rollback(Ok(valid))
	})
	.unwrap()
}

/// The median time of a validation, and what it says.
fn time(transaction: &UncheckedExtrinsic) -> (Duration, TransactionValidity) {
	let valid = validate(transaction);
	let mut times: Vec<_> = (0..REPETITIONS)
		.map(|_| {
			let begin = Instant::now();
			let again = validate(transaction);
			let time = begin.elapsed();
			assert_eq!(again, valid);
			time
		})
		.collect();
	times.sort();
	(times[REPETITIONS / 2], valid)
}

fn refusal(error: Error<Runtime>) -> TransactionValidity {
	let code = REFUSAL + error.encode()[0];
	Err(TransactionValidityError::Invalid(InvalidTransaction::Custom(code)))
}

#[test]
fn receipts_that_fail_should_cost_no_more_than_those_that_do_not() {
	with_neighbours(|| {
		let ctp_id = committed(&commitment(1, 1_000));
		let good = receipt(1, ctp_id, 1_000);
		let (whole, valid) = time(&general(confirm(ctp_id, 1_000, good.clone())));
		assert!(valid.is_ok(), "{valid:?}");
		let bad = |change: &dyn Fn(&mut Receipt<Runtime>)| {
			let mut receipt = good.clone();
			change(&mut receipt);
			receipt
		};
		let cheap: [(&str, Call<Runtime>, Error<Runtime>); 7] = [
			("no commitment", confirm(H256::zero(), 1, good.clone()), Error::CommitmentNotFound),
			("less energy", confirm(ctp_id, 1, good.clone()), Error::NotDelivered),
			(
				"too old",
				confirm(ctp_id, 1_000, bad(&|receipt| receipt.issued_at = 0)),
				Error::CertificateTooOld,
			),
			(
				"another leaf",
				confirm(ctp_id, 1_000, bad(&|receipt| receipt.leaf_key = leaf_key(2))),
				Error::WrongLeaf,
			),
			(
				"unknown meter",
				confirm(ctp_id, 1_000, bad(&|receipt| receipt.signer = 99)),
				Error::MeterNotFound,
			),
			(
				"other root",
				confirm(ctp_id, 1_000, bad(&|receipt| receipt.root = H256::zero())),
				Error::NotUnderRoot,
			),
			(
				"longest path",
				confirm(
					ctp_id,
					1_000,
					bad(&|receipt| {
						let path = vec![H256::zero(); 10];
						receipt.merkle_path = path.try_into().unwrap();
					}),
				),
				Error::NotUnderRoot,
			),
		];
		println!("a receipt that is valid: {whole:?}");
		for (what, call, error) in cheap {
			let (time, said) = time(&general(call));
			println!("{what}: {time:?}");
			assert_eq!(said, refusal(error), "{what}");
			assert!(time * 3 < whole, "{what}: {time:?} of {whole:?}");
		}
		// Signatures that are wrong are verified plain and wrapped; only who holds the key of the leaf gets to the second.
		let costly = [
			(bad(&|receipt| receipt.signature = receipt.root_signature.clone()), Error::BadReceipt),
			(
				bad(&|receipt| receipt.root_signature = receipt.signature.clone()),
				Error::BadCertificate,
			),
		];
		for (receipt, error) in costly {
			let (time, said) = time(&general(confirm(ctp_id, 1_000, receipt)));
			println!("{error:?}: {time:?}");
			assert_eq!(said, refusal(error));
			assert!(time < whole * 2, "{time:?} of {whole:?}");
		}
	});
}

#[test]
fn a_flood_of_receipts_that_fail_should_leave_blocks_empty() {
	with_neighbours(|| {
		let ctp_id = committed(&commitment(1, 1_000));
		let before = System::extrinsic_index().unwrap();
		for n in 0..500u64 {
			let receipt = receipt(n + 2, ctp_id, 1_000);
			not_let_in(confirm(ctp_id, 1_000, receipt), Error::WrongLeaf);
		}
		assert_eq!(System::extrinsic_index(), Some(before));
		let_in(confirm(ctp_id, 1_000, receipt(1, ctp_id, 1_000)));
		assert_eq!(System::extrinsic_index(), Some(before + 1));
	});
}
