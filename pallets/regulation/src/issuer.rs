//! The DSO's withdrawal service.

use crate::{Config, Issuer};
use core::marker::PhantomData;
use frame_support::traits::{EnsureOrigin, OriginTrait};
use frame_system::RawOrigin;

/// Root, or the account that the regulator named for its withdrawal service with `set_issuer` (P3, 4.2).
pub struct EnsureIssuer<T>(PhantomData<T>);

impl<T: Config> EnsureOrigin<T::RuntimeOrigin> for EnsureIssuer<T> {
	type Success = ();

	fn try_origin(origin: T::RuntimeOrigin) -> Result<(), T::RuntimeOrigin> {
		match origin.as_system_ref() {
			Some(RawOrigin::Root) => Ok(()),
			Some(RawOrigin::Signed(who)) if Issuer::<T>::get().as_ref() == Some(who) => Ok(()),
			_ => Err(origin),
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<T::RuntimeOrigin, ()> {
		Ok(RawOrigin::Root.into())
	}
}
