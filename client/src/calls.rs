//! Calls of petra's pallets, typed: what [`Client::submit`](crate::Client::submit) and its relatives send.
//!
//! What a call does, who may make it, and its errors are in the documentation of its pallet, which a node's metadata
//! carry and polkadot.js apps shows.

use crate::{
	petra::{self, energy_assets, offers, regulation},
	types::*,
	AccountId32,
};
use subxt::{tx::StaticPayload, utils::Static};

/// A call of which the arguments' types are known.
pub type TypedCall<Arguments> = StaticPayload<Arguments>;

/// A meter creates assets and money at addresses, within its limits; signed by the meter's key.
pub fn withdraw(
	meter: MeterId,
	outputs: impl IntoIterator<Item = WithdrawalOutput>,
) -> TypedCall<energy_assets::calls::Withdraw> {
	petra::tx().energy_assets().withdraw(meter, wrapped(outputs))
}

/// The DSO's service creates an asset (P3); by the issuer or root.
pub fn add_energy_asset(
	address: AccountId32,
	asset: NewAsset,
) -> TypedCall<energy_assets::calls::AddEnergyAsset> {
	petra::tx().energy_assets().add_energy_asset(address, Static(asset))
}

/// The DSO's service creates money (P3); by the issuer or root.
pub fn add_financial_balance(
	address: AccountId32,
	amount: Balance,
) -> TypedCall<energy_assets::calls::AddFinancialBalance> {
	petra::tx().energy_assets().add_financial_balance(address, amount)
}

/// Spends assets and money and creates others of the same sum: splits, merges, hands over, exchanges.
pub fn transfer(
	inputs: TransferInputs,
	outputs: TransferOutputs,
	co_signatures: Option<CoSignatures>,
) -> TypedCall<energy_assets::calls::Transfer> {
	petra::tx()
		.energy_assets()
		.transfer(Static(inputs), Static(outputs), co_signatures.map(Static))
}

/// Returns an asset to the meter or the DSO.
pub fn deposit_energy_asset(
	asset_id: AssetId,
) -> TypedCall<energy_assets::calls::DepositEnergyAsset> {
	petra::tx().energy_assets().deposit_energy_asset(asset_id)
}

/// Returns money to the meter or the DSO.
pub fn deposit_financial(amount: Balance) -> TypedCall<energy_assets::calls::DepositFinancial> {
	petra::tx().energy_assets().deposit_financial(amount)
}

/// Removes an expired asset; by anyone.
pub fn reap(asset_id: AssetId) -> TypedCall<energy_assets::calls::Reap> {
	petra::tx().energy_assets().reap(asset_id)
}

/// Authorises and bans meters and sets prices; by the regulator.
pub fn regulate(regulation: RegulatoryTransaction) -> TypedCall<regulation::calls::Regulate> {
	petra::tx().regulation().regulate(Static(regulation))
}

/// Changes a meter's limits; by the regulator.
pub fn set_limits(
	meter: MeterId,
	limits: Limits,
	time: Timestep,
) -> TypedCall<regulation::calls::SetLimits> {
	petra::tx().regulation().set_limits(meter, Static(limits), time)
}

/// Sets how much may be traded on a feeder, none for no limit; by the regulator.
pub fn set_feeder_limits(
	feeder: FeederId,
	limits: Option<FeederLimits>,
	time: Timestep,
) -> TypedCall<regulation::calls::SetFeederLimits> {
	petra::tx().regulation().set_feeder_limits(feeder, limits.map(Static), time)
}

/// Sets how energy is traded; by the regulator.
pub fn set_market(mode: MarketMode, time: Timestep) -> TypedCall<regulation::calls::SetMarket> {
	petra::tx().regulation().set_market(Static(mode), time)
}

/// Publishes the microgrid controller's request, in watts; by the regulator.
pub fn publish_control_signal(
	start: Timestep,
	end: Timestep,
	power_change: i64,
) -> TypedCall<regulation::calls::PublishControlSignal> {
	petra::tx().regulation().publish_control_signal(start, end, power_change)
}

/// Names the account of the DSO's withdrawal service; by the regulator.
pub fn set_issuer(issuer: Option<AccountId32>) -> TypedCall<regulation::calls::SetIssuer> {
	petra::tx().regulation().set_issuer(issuer)
}

/// Changes units and times while no asset exists; by the regulator.
pub fn set_parameters(parameters: Parameters) -> TypedCall<regulation::calls::SetParameters> {
	petra::tx().regulation().set_parameters(Static(parameters))
}

/// Offers an asset: production to sell at `price` or more, consumption to buy at `price` or less.
pub fn post_offer(
	asset_id: AssetId,
	price: Price,
	options: OfferOptions,
) -> TypedCall<offers::calls::PostOfferWith> {
	petra::tx().offers().post_offer_with(asset_id, price, Static(options))
}

/// Takes an offer back.
pub fn rescind_offer(offer_id: OfferId) -> TypedCall<offers::calls::RescindOffer> {
	petra::tx().offers().rescind_offer(offer_id)
}

/// Accepts an offer with an asset of the other kind.
pub fn accept_offer(
	offer_id: OfferId,
	asset_id: AssetId,
	limits: Option<TradeLimits>,
) -> TypedCall<offers::calls::AcceptOffer> {
	petra::tx().offers().accept_offer(offer_id, asset_id, limits.map(Static))
}

fn wrapped<T>(items: impl IntoIterator<Item = T>) -> Vec<Static<T>> {
	items.into_iter().map(Static).collect()
}
