//! The types of the public interface, as clients use them: those of [`petra_primitives`], with accounts as [`AccountId32`].

use crate::AccountId32;
use codec::{Decode, Encode};
use serde::{Deserialize, Serialize};
use subxt::utils::MultiSignature;

pub use petra_primitives::{
	AssetId, AssetKind, Balance, BlockNumber, FeederId, FeederLimits, FeederLoad, Limits,
	MarketMode, MeterId, NewAsset, OfferId, OfferOptions, Parameters, Path, Power, Price, Segment,
	Timestep, TradeLimits,
};

/// A permission to sell or buy power over an interval.
pub type EnergyAsset = petra_primitives::EnergyAsset<AccountId32>;
/// What a meter creates at an address.
pub type WithdrawalOutput = petra_primitives::WithdrawalOutput<AccountId32>;
/// An energy asset that a transfer creates.
pub type AssetOutput = petra_primitives::AssetOutput<AccountId32>;
/// A meter that the DSO authorises.
pub type Authorization = petra_primitives::Authorization<AccountId32>;
/// A meter as the ledger sees it now.
pub type MeterInfo = petra_primitives::MeterInfo<AccountId32>;
/// An offer to sell or to buy.
pub type Offer = petra_primitives::Offer<AccountId32>;

/// What a transfer spends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferInputs {
	/// Energy assets.
	pub assets: Vec<AssetId>,
	/// Money, by who pays it.
	pub money: Vec<(AccountId32, Balance)>,
}

/// What a transfer creates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferOutputs {
	/// Energy assets.
	pub assets: Vec<AssetOutput>,
	/// Money, by who gets it.
	pub money: Vec<(AccountId32, Balance)>,
}

/// The signatures of a transfer's owners other than the one who sends it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CoSignatures {
	/// Makes the message one of its own.
	pub salt: [u8; 32],
	/// The last block in which the transfer may be.
	pub deadline: BlockNumber,
	/// Who signed, and the signatures.
	pub signatures: Vec<(AccountId32, MultiSignature)>,
}

/// What the DSO decides in one step (P1, "Regulatory Transactions").
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RegulatoryTransaction {
	/// Meters that may withdraw from now on.
	pub authorize: Vec<Authorization>,
	/// Meters that may not any more.
	pub ban: Vec<MeterId>,
	/// What the DSO sells at; none: as before.
	pub price_consumption: Option<Price>,
	/// What the DSO buys at; none: as before.
	pub price_production: Option<Price>,
	/// It takes effect at timesteps after this one.
	pub time: Timestep,
}
