//! What the pallet stores.

use crate::Config;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::traits::Get;
use scale_info::TypeInfo;

/// An account that is no validator any more, but still serves the current or the next session.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Leaver<AccountId> {
	/// Who leaves.
	pub account: AccountId,
	/// Whether it offended, and so is disabled while it serves.
	pub offender: bool,
}

/// The most accounts that can be leaving: all of the current and all of the next session.
pub struct MaxLeaving<T>(PhantomData<T>);

impl<T: Config> Get<u32> for MaxLeaving<T> {
	fn get() -> u32 {
		T::MaxAuthorities::get().saturating_mul(2)
	}
}
