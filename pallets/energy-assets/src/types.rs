//! The pallet's types.

use crate::Config;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound};
use frame_system::pallet_prelude::BlockNumberFor;
use petra_primitives::{AssetId, AssetOutput, Balance};
use scale_info::TypeInfo;
use sp_runtime::{AccountId32, MultiSignature};

/// What a `transfer` spends (P1, "Energy and Financial Transactions": EPA_in, ECA_in, FA_in).
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
pub struct TransferInputs<T: Config> {
	/// Energy assets.
	pub assets: BoundedVec<AssetId, T::MaxInputs>,
	/// Money: whose, and how much.
	pub money: BoundedVec<(AccountId32, Balance), T::MaxInputs>,
}

/// What a `transfer` creates (P1, "Energy and Financial Transactions": EPA_out, ECA_out, FA_out).
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
pub struct TransferOutputs<T: Config> {
	/// Energy assets.
	pub assets: BoundedVec<AssetOutput<AccountId32>, T::MaxOutputs>,
	/// Money: for whom, and how much.
	pub money: BoundedVec<(AccountId32, Balance), T::MaxOutputs>,
}

/// The signatures of the owners other than the origin, over
/// `("petra/EnergyAssets/transfer", genesis, origin, inputs, outputs, salt, deadline)`.
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
pub struct CoSignatures<T: Config> {
	/// Anything: makes two equal transfers differ.
	pub salt: [u8; 32],
	/// The last block in which the transfer is valid.
	pub deadline: BlockNumberFor<T>,
	/// Each owner's signature.
	pub signatures: BoundedVec<(AccountId32, MultiSignature), T::MaxCoSigners>,
}

/// An address for which the pallet holds an account reference.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Holder<BlockNumber> {
	/// How many energy assets it has.
	pub assets: u32,
	/// If it has none: from which block on it is looked at to give the reference up.
	pub leaving: Option<BlockNumber>,
}
