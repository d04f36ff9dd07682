//! The pallet's types.

use crate::Config;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound};
use petra_primitives::{Authorization, MeterId, Price, Timestep};
use scale_info::TypeInfo;

/// What the DSO records at once (P1, "Regulatory Transactions").
#[derive(
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[codec(mel_bound())]
#[scale_info(skip_type_params(T))]
pub struct RegulatoryTransaction<T: Config> {
	/// Meters that may withdraw.
	pub authorize: BoundedVec<Authorization<T::AccountId>, T::MaxAuthorizations>,
	/// Meters that may not withdraw any more.
	pub ban: BoundedVec<MeterId, T::MaxBans>,
	/// What the DSO sells at, in money units per watt and timestep; none: unchanged.
	pub price_consumption: Option<Price>,
	/// What the DSO buys at, in money units per watt and timestep; none: unchanged.
	pub price_production: Option<Price>,
	/// Takes effect at timesteps after this one.
	pub time: Timestep,
}

/// The DSO's prices, in money units per watt and timestep.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct PricePolicy {
	/// What the DSO sells at.
	pub consumption: Price,
	/// What the DSO buys at; at most `consumption`.
	pub production: Price,
}

/// The microgrid controller's request over a stretch of timesteps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ControlSignal {
	/// First timestep.
	pub start: Timestep,
	/// Last timestep.
	pub end: Timestep,
	/// Watts; more consumption is positive.
	pub power_change: i64,
}
