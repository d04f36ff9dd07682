//! Runtime APIs.

use crate::{
	delivery::{Commitment, EnergyBlock},
	types::*,
};
use alloc::vec::Vec;
use codec::Codec;
use sp_core::H256;

sp_api::decl_runtime_apis! {
	/// What clients read of the ledger (specification, section 9).
	pub trait PetraApi<AccountId>
	where
		AccountId: Codec,
	{
		/// The timestep of the block's timestamp.
		fn current_timestep() -> Timestep;
		/// Length of a timestep in milliseconds.
		fn timestep_ms() -> u64;
		/// Units and times.
		fn parameters() -> Parameters;
		/// What the DSO sells and buys at in `t`: `(consumption, production)`, in money units per watt and timestep.
		fn prices(t: Timestep) -> (Price, Price);
		/// The way of trading in force at `t`.
		fn market_mode(t: Timestep) -> MarketMode;
		/// A meter as it is now.
		fn meter(id: MeterId) -> Option<MeterInfo<AccountId>>;
		/// Gross power that a meter has withdrawn, in watts.
		fn withdrawn(meter: MeterId, kind: AssetKind, from: Timestep, to: Timestep) -> Vec<Segment>;
		/// Power that a meter may still withdraw, in watts.
		fn headroom(meter: MeterId, kind: AssetKind, from: Timestep, to: Timestep) -> Vec<Segment>;
		/// An address's energy assets.
		fn assets_of(address: AccountId) -> Vec<(AssetId, EnergyAsset<AccountId>)>;
		/// The offers of a kind that cover a timestep from `from` to `to`, in the order of their ids: at most `limit`, and
		/// 1 000, after `after`; fewer only if there are no more. To read on, ask again with the last id as `after`.
		fn offers(
			kind: AssetKind,
			from: Timestep,
			to: Timestep,
			after: Option<OfferId>,
			limit: u32,
		) -> Vec<(OfferId, Offer<AccountId>)>;
		/// What is traded and withdrawn on a feeder, in watts, against its limits: stretches that together cover what of
		/// `from` to `to` lies between the settlement window and the horizon.
		fn feeder_load(feeder: FeederId, from: Timestep, to: Timestep) -> Vec<FeederLoad>;
		/// The microgrid controller's request in force at `t`, in watts.
		fn control_signal(t: Timestep) -> Option<i64>;
		/// The mixing pools' rings, as far as they have come, in no particular order.
		fn mixing_pools() -> Vec<PoolInfo>;
		/// A ring of a mixing pool.
		fn ring(pool: Note, ring: u32) -> Option<RingInfo>;
	}

	/// What clients read of payments against delivery (specification, section 13).
	pub trait DeliveryApi<AccountId>
	where
		AccountId: Codec,
	{
		/// The blocks of energy of which some is free, the lowest price first: at most `limit`, and 1 000, after `after`
		/// (from the beginning if that block is no more).
		fn blocks(after: Option<(AccountId, u32)>, limit: u32) -> Vec<EnergyBlock<AccountId>>;
		/// The open commitments of which the account is the consumer or the producer, by id: at most 1 000.
		fn commitments_of(account: AccountId) -> Vec<(H256, Commitment<AccountId>)>;
		/// An open commitment.
		fn commitment(id: H256) -> Option<Commitment<AccountId>>;
	}
}
