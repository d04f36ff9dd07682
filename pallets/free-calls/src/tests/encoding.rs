use super::*;
use codec::{Decode, Encode};
use frame_support::weights::Weight;
use scale_info::{meta_type, TypeInfo};
use sp_runtime::{generic::SignedPayload, traits::TransactionExtension};

type Wrapped = FreeCallQuota<Test>;
type Standard = StandardExtensions<Test>;

fn samples() -> Vec<Transaction> {
	vec![
		signed(MEMBER, write(1)),
		signed(PAYER, remark()).tip(7).nonce(70_000),
		signed(RICH, write(3)).era(Era::immortal()),
	]
}

#[test]
fn encoding_should_be_that_of_the_standard_extensions() {
	ExtBuilder::default().build_and_execute(|| {
		for sample in samples() {
			let standard = sample.standard();
			let wrapped = Wrapped::from(standard.clone());
			assert_eq!(wrapped.encode(), standard.encode());
			assert_eq!(Wrapped::decode(&mut &standard.encode()[..]), Ok(wrapped));
		}
	});
}

#[test]
fn signed_data_should_be_those_of_the_standard_extensions() {
	ExtBuilder::default().build_and_execute(|| {
		for sample in samples() {
			let standard = sample.standard();
			let wrapped = Wrapped::from(standard.clone());
			let implicit = |extension: &Standard| {
				TransactionExtension::<RuntimeCall>::implicit(extension).unwrap().encode()
			};
			assert_eq!(wrapped.implicit().unwrap().encode(), implicit(&standard));
			let genesis = frame_system::CheckGenesis::<Test>::new;
			let by_wallet = SignedPayload::<RuntimeCall, _>::new(
				sample.call.clone(),
				(genesis(), standard.0, standard.1, standard.2, standard.3),
			);
			let by_node = SignedPayload::<RuntimeCall, _>::new(sample.call, (genesis(), wrapped));
			assert_eq!(by_wallet.unwrap().encode(), by_node.unwrap().encode());
		}
	});
}

#[test]
fn metadata_should_be_those_of_the_standard_extensions() {
	let of = |list: Vec<sp_runtime::traits::TransactionExtensionMetadata>| {
		list.into_iter()
			.map(|entry| (entry.identifier, entry.ty, entry.implicit))
			.collect::<Vec<_>>()
	};
	let wrapped = of(<Wrapped as TransactionExtension<RuntimeCall>>::metadata());
	let standard = of(<Standard as TransactionExtension<RuntimeCall>>::metadata());
	assert_eq!(wrapped, standard);
	let names: Vec<_> = wrapped.iter().map(|(identifier, ..)| *identifier).collect();
	assert_eq!(names, ["CheckMortality", "CheckNonce", "CheckWeight", "ChargeTransactionPayment"]);
	// In a pipeline, too.
	type Pipeline<X> = (frame_system::CheckGenesis<Test>, X);
	let names: Vec<_> = <Pipeline<Wrapped> as TransactionExtension<RuntimeCall>>::metadata()
		.into_iter()
		.map(|entry| entry.identifier)
		.collect();
	assert_eq!(names[1..], wrapped.iter().map(|entry| entry.0).collect::<Vec<_>>()[..]);
	assert_eq!(meta_type::<Wrapped>().type_id(), meta_type::<Standard>().type_id());
	assert_eq!(Wrapped::type_info(), Standard::type_info());
}

#[test]
fn weight_should_be_that_of_the_standard_extensions_and_the_quota() {
	ExtBuilder::default().build_and_execute(|| {
		let sample = signed(MEMBER, write(1));
		let standard = sample.standard().weight(&sample.call);
		let wrapped = Wrapped::from(sample.standard()).weight(&sample.call);
		assert_eq!(wrapped.saturating_sub(standard), TestWeights::check_free_call());
		assert!(standard.all_gte(Weight::zero()));
	});
}
