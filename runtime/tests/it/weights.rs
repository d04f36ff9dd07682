//! What calls weigh: the largest must fit into a block, or nobody could ever make them.

use frame_support::dispatch::{DispatchClass, GetDispatchInfo};
use frame_support::{traits::Get, weights::Weight};
use pallet_energy_assets::{CoSignatures, TransferInputs, TransferOutputs};
use petra_primitives::{
	AssetKind, AssetOutput, Authorization, Limits, MeterId, Path, WithdrawalOutput,
};
use petra_runtime::{configs::RuntimeBlockWeights, AccountId, FreeCalls, Runtime, RuntimeCall};
use sp_runtime::{BoundedVec, MultiSignature};

const NOBODY: AccountId = AccountId::new([0; 32]);

/// As many of `item` as fit.
fn full<X: Clone, S: Get<u32>>(item: X) -> BoundedVec<X, S> {
	BoundedVec::truncate_from(vec![item; S::get() as usize])
}

fn weight_of(call: impl Into<RuntimeCall>) -> (Weight, DispatchClass) {
	let info = call.into().get_dispatch_info();
	let base = RuntimeBlockWeights::get().get(info.class).base_extrinsic;
	(info.call_weight + base, info.class)
}

#[test]
fn regulation_should_fit_into_a_block_when_its_lists_are_full() {
	let limits = Limits::default();
	let authorization = Authorization { id: 0, pubkey: NOBODY, feeder: 0, limits, path: Path::Dso };
	let regulation = pallet_regulation::RegulatoryTransaction {
		authorize: full(authorization),
		ban: full(MeterId::default()),
		price_consumption: Some(1),
		price_production: Some(1),
		time: 0,
	};
	let call = pallet_regulation::Call::<Runtime>::regulate { regulation };
	let (weight, class) = weight_of(pallet_sudo::Call::sudo { call: Box::new(call.into()) });
	assert_eq!(class, DispatchClass::Operational);
	let most = RuntimeBlockWeights::get().get(class).max_extrinsic.expect("there is a bound");
	assert!(weight.all_lte(most), "{weight:?} of {most:?}");
}

#[test]
fn free_calls_should_fit_into_their_share_when_their_lists_are_full() {
	let (address, kind, power, start, end) = (NOBODY, AssetKind::Production, 100, 0, 0);
	let output = WithdrawalOutput::Energy { address, kind, power, start, end };
	let withdraw =
		pallet_energy_assets::Call::<Runtime>::withdraw { meter: 0, outputs: full(output) };
	let (address, feeder, traded) = (NOBODY, 0, false);
	let output = AssetOutput { address, kind, power, start, end, feeder, traded };
	let signature = MultiSignature::Sr25519([0; 64].into());
	let signatures = full((NOBODY, signature));
	let transfer = pallet_energy_assets::Call::<Runtime>::transfer {
		inputs: TransferInputs { assets: full(0), money: full((NOBODY, 0)) },
		outputs: TransferOutputs { assets: full(output), money: full((NOBODY, 0)) },
		co_signatures: Some(CoSignatures { salt: [0; 32], deadline: 0, signatures }),
	};
	let share = FreeCalls::share();
	for call in [withdraw, transfer] {
		let (weight, class) = weight_of(call);
		assert_eq!(class, DispatchClass::Normal);
		// Beside others: no call takes a half of what all free calls have.
		assert!((weight * 2).all_lte(share), "{weight:?} of {share:?}");
	}
}
