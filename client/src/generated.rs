//! The chain's types, generated from `metadata.scale` (`make metadata`). Alone in its module, because it is slow to compile.
//!
//! Types of the public interface are not generated: they are the ones of [`crate::types`], wrapped in
//! [`subxt::utils::Static`], so that clients and pallets share them. Bounded vectors are plain ones.

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
