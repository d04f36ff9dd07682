//! The chain's types, generated from `metadata.scale` (`make metadata`). Alone in its module, because it is slow to compile.
//!
//! Types of the public interface are not generated: they are the ones of [`crate::types`], wrapped in
//! [`subxt::utils::Static`], so that clients and pallets share them. Bounded vectors are plain ones.

use subxt::{metadata::PalletMetadata, Metadata};

/// The chain as its metadata describe it: calls, events, storage, constants and runtime APIs, by pallet.
#[subxt::subxt(
	runtime_metadata_path = "metadata.scale",
	derive_for_all_types = "Clone, PartialEq, Eq",
	substitute_type(
		path = "bounded_collections::bounded_vec::BoundedVec<T>",
		with = "::std::vec::Vec<T>"
	),
	substitute_type(
		path = "petra_primitives::types::AssetKind",
		with = "::subxt::utils::Static<::petra_primitives::AssetKind>"
	),
	substitute_type(
		path = "petra_primitives::types::EnergyAsset<A>",
		with = "::subxt::utils::Static<::petra_primitives::EnergyAsset<A>>"
	),
	substitute_type(
		path = "petra_primitives::types::Segment",
		with = "::subxt::utils::Static<::petra_primitives::Segment>"
	),
	substitute_type(
		path = "petra_primitives::types::Parameters",
		with = "::subxt::utils::Static<::petra_primitives::Parameters>"
	),
	substitute_type(
		path = "petra_primitives::types::WithdrawalOutput<A>",
		with = "::subxt::utils::Static<::petra_primitives::WithdrawalOutput<A>>"
	),
	substitute_type(
		path = "petra_primitives::types::NewAsset",
		with = "::subxt::utils::Static<::petra_primitives::NewAsset>"
	),
	substitute_type(
		path = "petra_primitives::types::AssetOutput<A>",
		with = "::subxt::utils::Static<::petra_primitives::AssetOutput<A>>"
	),
	substitute_type(
		path = "petra_primitives::types::Limits",
		with = "::subxt::utils::Static<::petra_primitives::Limits>"
	),
	substitute_type(
		path = "petra_primitives::types::Authorization<A>",
		with = "::subxt::utils::Static<::petra_primitives::Authorization<A>>"
	),
	substitute_type(
		path = "petra_primitives::types::FeederLimits",
		with = "::subxt::utils::Static<::petra_primitives::FeederLimits>"
	),
	substitute_type(
		path = "petra_primitives::types::MarketMode",
		with = "::subxt::utils::Static<::petra_primitives::MarketMode>"
	),
	substitute_type(
		path = "petra_primitives::types::MeterInfo<A>",
		with = "::subxt::utils::Static<::petra_primitives::MeterInfo<A>>"
	),
	substitute_type(
		path = "petra_primitives::types::FeederLoad",
		with = "::subxt::utils::Static<::petra_primitives::FeederLoad>"
	),
	substitute_type(
		path = "petra_primitives::types::OfferOptions",
		with = "::subxt::utils::Static<::petra_primitives::OfferOptions>"
	),
	substitute_type(
		path = "petra_primitives::types::TradeLimits",
		with = "::subxt::utils::Static<::petra_primitives::TradeLimits>"
	),
	substitute_type(
		path = "petra_primitives::types::Offer<A>",
		with = "::subxt::utils::Static<::petra_primitives::Offer<A>>"
	),
	substitute_type(
		path = "pallet_energy_assets::types::TransferInputs",
		with = "::subxt::utils::Static<crate::types::TransferInputs>"
	),
	substitute_type(
		path = "pallet_energy_assets::types::TransferOutputs",
		with = "::subxt::utils::Static<crate::types::TransferOutputs>"
	),
	substitute_type(
		path = "pallet_energy_assets::types::CoSignatures",
		with = "::subxt::utils::Static<crate::types::CoSignatures>"
	),
	substitute_type(
		path = "pallet_regulation::types::RegulatoryTransaction",
		with = "::subxt::utils::Static<crate::types::RegulatoryTransaction>"
	)
)]
pub mod petra {}

/// What the types were generated from.
const METADATA: &[u8] = include_bytes!("../metadata.scale");
/// Its default holds the number of the block in which the metadata were asked for, because nonces begin with it.
const NEVER_THE_SAME: (&str, &str) = ("System", "Account");

/// Pallets and runtime APIs that are not there, or other than the types were generated from.
pub(crate) fn differences(found: &Metadata) -> Vec<String> {
	let Ok(expected) = Metadata::decode_from(METADATA) else {
		return vec!["metadata".into()];
	};
	let pallets = expected
		.pallets()
		.filter(|pallet| {
			let there = found.pallet_by_name(pallet.name());
			there.is_none_or(|there| !alike((&expected, pallet), (found, &there)))
		})
		.map(|pallet| pallet.name().to_string());
	let apis = expected
		.runtime_api_traits()
		.filter(|api| {
			let there = found.runtime_api_trait_by_name(api.name());
			there.is_none_or(|there| there.hash() != api.hash())
		})
		.map(|api| api.name().to_string());
	pallets.chain(apis).collect()
}

/// Whether two pallets have the same calls, events and errors, and the second has what the first stores.
fn alike(
	(one, first): (&Metadata, &PalletMetadata<'_>),
	(other, second): (&Metadata, &PalletMetadata<'_>),
) -> bool {
	let hash = |metadata: &Metadata, id: Option<u32>| id.and_then(|id| metadata.type_hash(id));
	let same = |of: fn(&PalletMetadata<'_>) -> Option<u32>| {
		hash(one, of(first)) == hash(other, of(second))
	};
	let stored = first.storage().map_or(Default::default(), |storage| storage.entries());
	same(|pallet| pallet.call_ty_id())
		&& same(|pallet| pallet.event_ty_id())
		&& same(|pallet| pallet.error_ty_id())
		&& stored
			.iter()
			.filter(|entry| (first.name(), entry.name()) != NEVER_THE_SAME)
			.all(|entry| first.storage_hash(entry.name()) == second.storage_hash(entry.name()))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;

	#[test]
	fn metadata_should_be_as_they_are() {
		let metadata = Metadata::decode_from(METADATA).unwrap();
		assert_eq!(differences(&metadata), [""; 0]);
		assert!(petra::is_codegen_valid_for(&metadata));
	}

	#[test]
	fn differences_should_name_what_is_not_there() {
		// As if a pallet and an API had other names on the chain.
		let renamed = |from: &[u8], to: &[u8]| {
			let mut bytes = METADATA.to_vec();
			let places: Vec<_> = (0..=bytes.len() - from.len())
				.filter(|at| bytes[*at..].starts_with(from))
				.collect();
			assert!(!places.is_empty());
			for at in places {
				bytes[at..at + to.len()].copy_from_slice(to);
			}
			differences(&Metadata::decode_from(&bytes).unwrap())
		};
		assert!(renamed(b"TxPause", b"TxPauze").contains(&"TxPause".to_string()));
		assert!(renamed(b"PetraApi", b"PetraApy").contains(&"PetraApi".to_string()));
	}
}
