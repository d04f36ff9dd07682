//! The nonce of new accounts.

use core::marker::PhantomData;
use frame_support::{traits::Get, DebugNoBound};
use sp_runtime::traits::SaturatedConversion;

/// The number of the current block, as the nonce that new accounts start with.
///
/// An account's nonce is gone with its last reference. If a new life began at 0, whatever the address signed in an
/// earlier life could be replayed. To be used as
/// `type Nonce = TypeWithDefault<u32, BlockNumberNonce<Runtime>>` of `frame_system`; in the metadata that is a plain `u32`.
#[derive(DebugNoBound)]
pub struct BlockNumberNonce<T>(PhantomData<T>);

impl<T: frame_system::Config> Get<u32> for BlockNumberNonce<T> {
	fn get() -> u32 {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}
}
