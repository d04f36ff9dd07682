//! How long proofs take where validators verify them, in the runtime's Wasm, against native code; what a deposit costs; and
//! what of a block a full batch takes (issue 5, point 6). Printed: `cargo test … -- mixing::speed --nocapture`.

use super::world::*;
use crate::chain::chain;
use codec::{Decode, Encode};
use frame_support::{assert_ok, traits::Get};
use pallet_mixing::RING_CAPACITY;
use petra_runtime::{
	configs::RuntimeBlockWeights, Executive, Runtime, RuntimeOrigin, System, UncheckedExtrinsic,
	WASM_BINARY,
};
use sc_executor::WasmExecutor;
use sp_core::traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode};
use sp_io::TestExternalities;
use sp_runtime::{
	traits::Dispatchable,
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult,
};
use std::time::{Duration, Instant};

const TIMES: usize = 11;

/// The runtime's Wasm, compiled as nodes compile it.
struct Wasm {
	executor: WasmExecutor<sp_io::SubstrateHostFunctions>,
	blob: &'static [u8],
}

impl Wasm {
	fn new() -> Self {
		let executor = WasmExecutor::builder().build();
		Self { executor, blob: WASM_BINARY.expect("the Wasm is built") }
	}

	/// Calls the runtime on a chain's state, which stays as it was.
	fn call(
		&self,
		ext: &mut TestExternalities,
		method: &str,
		arguments: &[u8],
	) -> (Vec<u8>, Duration) {
		let fetcher = WrappedRuntimeCode(self.blob.into());
		let hash = sp_io::hashing::blake2_256(self.blob).to_vec();
		let code = RuntimeCode { code_fetcher: &fetcher, heap_pages: None, hash };
		let mut ext = ext.ext();
		sp_externalities::Externalities::storage_start_transaction(&mut ext);
		let begun = Instant::now();
		let context = CallContext::Onchain { import: false };
		let (result, _) = self.executor.call(&mut ext, &code, method, arguments, context);
		let time = begun.elapsed();
		sp_externalities::Externalities::storage_rollback_transaction(&mut ext).unwrap();
		(result.unwrap(), time)
	}

	/// The least time of a transaction's validation.
	fn validate(&self, ext: &mut TestExternalities, transaction: &UncheckedExtrinsic) -> Duration {
		let parent = ext.execute_with(System::parent_hash);
		let arguments = (TransactionSource::External, transaction, parent).encode();
		least(|| {
			let method = "TaggedTransactionQueue_validate_transaction";
			let (result, time) = self.call(ext, method, &arguments);
			assert!(TransactionValidity::decode(&mut &result[..]).unwrap().is_ok());
			time
		})
	}

	/// The least time of a transaction in a block.
	fn apply(&self, ext: &mut TestExternalities, transaction: &UncheckedExtrinsic) -> Duration {
		least(|| {
			let (result, time) =
				self.call(ext, "BlockBuilder_apply_extrinsic", &transaction.encode());
			assert_eq!(ApplyExtrinsicResult::decode(&mut &result[..]).unwrap(), Ok(Ok(())));
			time
		})
	}
}

/// The same natively.
fn native(ext: &mut TestExternalities, run: impl Fn()) -> Duration {
	least(|| {
		ext.execute_with(|| {
			let begun = Instant::now();
			run();
			begun.elapsed()
		})
	})
}

/// The least of some runs: whatever else the machine does only adds to it.
fn least(mut run: impl FnMut() -> Duration) -> Duration {
	// The first compiles.
	run();
	(0..TIMES).map(|_| run()).min().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
	time.as_secs_f64() * 1_000.0
}

#[test]
fn proofs_should_be_verified_in_the_runtime_within_what_a_block_has() {
	let wasm = Wasm::new();
	let mut ext = chain("local_testnet");
	let last = RING_CAPACITY as u16 - 1;
	let (single, all, transfer, first) = ext.execute_with(|| {
		prepare();
		for number in 0..=last {
			let source = give_silently(number);
			let call = deposit_call(number, source, &MONEY);
			assert_ok!(petra_runtime::RuntimeCall::from(call)
				.dispatch(RuntimeOrigin::signed(account(number))));
		}
		blocks(MIN_AGE);
		let prove = |who| Wish { revision: RING_CAPACITY - 1, ..Wish::new(who, &MONEY) }.prove();
		let most = <<Runtime as pallet_mixing::Config>::MaxBatch as Get<u32>>::get() as u16;
		let proven: Vec<_> = (0..most).map(prove).collect();
		let single = general(withdraw(proven[0].clone()));
		let dest = fresh(1).into();
		let value = 1_000_000;
		let transfer = pallet_balances::Call::transfer_keep_alive { dest, value };
		let transfer = crate::chain::signed(sp_keyring::Sr25519Keyring::Bob, transfer);
		let source = give(last + 1, &MONEY);
		let first = mortal(&household(last + 1), deposit_call(last + 1, source, &MONEY));
		(single, proven, transfer, first)
	});
	let joining = ext.execute_with(|| {
		// A ring with half of its keys, for the deposit.
		let pool = petra_primitives::Note::Financial { amount: 128_000_000 };
		for number in 1_000..1_128 {
			let call = pallet_energy_assets::Call::add_financial_balance {
				address: account(number),
				amount: 128_000_000,
			};
			assert_ok!(petra_runtime::RuntimeCall::from(call).dispatch(RuntimeOrigin::root()));
			let source = petra_primitives::Source::Financial(128_000_000);
			let call = deposit_call(number, source, &pool);
			assert_ok!(petra_runtime::RuntimeCall::from(call)
				.dispatch(RuntimeOrigin::signed(account(number))));
		}
		let source = give(2_000, &pool);
		mortal(&household(2_000), deposit_call(2_000, source, &pool))
	});

	let base = wasm.validate(&mut ext, &transfer);
	println!("a plain transfer, validated in Wasm: {:.2} ms", milliseconds(base));
	let alone = wasm.validate(&mut ext, &single);
	let natively = native(&mut ext, || assert!(validate(single.clone()).is_ok()));
	println!(
		"one proof of a ring of 255: {:.2} ms in Wasm, {:.2} ms natively",
		milliseconds(alone),
		milliseconds(natively)
	);
	for n in [2, 4, 8, all.len()] {
		let some = general(batch(all[..n].to_vec()));
		let together = wasm.validate(&mut ext, &some);
		let natively = native(&mut ext, || assert!(validate(some.clone()).is_ok()));
		println!(
			"{n} proofs in a batch: {:.2} ms each in Wasm, {:.2} ms each natively",
			milliseconds(together) / n as f64,
			milliseconds(natively) / n as f64
		);
	}
	let full = general(batch(all.clone()));
	let (full, one) = (wasm.apply(&mut ext, &full), wasm.apply(&mut ext, &single));
	let block = RuntimeBlockWeights::get().max_block.ref_time() as f64 / 1e9;
	println!(
		"in a block: a withdrawal {:.2} ms, a full batch of {} {:.2} ms, which is {:.0} % of the {block} ms of a block",
		milliseconds(one),
		all.len(),
		milliseconds(full),
		100.0 * milliseconds(full) / block
	);
	for (what, transaction) in [("opens a ring", &first), ("joins 128", &joining)] {
		let time = wasm.apply(&mut ext, transaction);
		let natively = least(|| {
			let time = ext.execute_with(|| {
				let begun = Instant::now();
				let result = frame_support::storage::with_transaction(|| {
					let result = Executive::apply_extrinsic(transaction.clone());
					frame_support::storage::TransactionOutcome::Rollback(Ok::<
						_,
						sp_runtime::DispatchError,
					>(result))
				});
				assert_ok!(result.unwrap().unwrap());
				begun.elapsed()
			});
			time
		});
		println!(
			"a deposit that {what}: {:.2} ms in Wasm, {:.2} ms natively",
			milliseconds(time),
			milliseconds(natively)
		);
	}
	// Half of a block, on a machine that is five times as slow as the one it was measured on.
	assert!(milliseconds(one) < block / 2.0, "{one:?}");
}

/// What a deposit of money needs, without a transaction.
fn give_silently(number: u16) -> petra_primitives::Source {
	let petra_primitives::Note::Financial { amount } = MONEY else { panic!("money") };
	let call =
		pallet_energy_assets::Call::add_financial_balance { address: account(number), amount };
	assert_ok!(petra_runtime::RuntimeCall::from(call).dispatch(RuntimeOrigin::root()));
	petra_primitives::Source::Financial(amount)
}
