//! The transaction extension.

use crate::*;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{
	dispatch::{DispatchClass, DispatchInfo, DispatchResult, PostDispatchInfo},
	pallet_prelude::{TransactionSource, TransactionValidity, ValidTransaction, Weight},
	traits::Get,
};
use frame_system::{calculate_consumed_extrinsic_weight, CheckMortality, CheckNonce, CheckWeight};
use pallet_transaction_payment::ChargeTransactionPayment;
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{
		AsSystemOriginSigner, DispatchInfoOf, DispatchOriginOf, Dispatchable, Implication,
		PostDispatchInfoOf, SaturatedConversion, Saturating, TransactionExtension,
		TransactionExtensionMetadata, ValidateResult,
	},
	transaction_validity::{InvalidTransaction, TransactionLongevity, TransactionValidityError},
};

/// The standard extensions in whose place [`FreeCallQuota`] stands.
pub type StandardExtensions<T> =
	(CheckMortality<T>, CheckNonce<T>, CheckWeight<T>, ChargeTransactionPayment<T>);

type CallOf<T> = <T as frame_system::Config>::RuntimeCall;
type StandardVal<T> = <StandardExtensions<T> as TransactionExtension<CallOf<T>>>::Val;
type StandardPre<T> = <StandardExtensions<T> as TransactionExtension<CallOf<T>>>::Pre;
type StandardImplicit<T> = <StandardExtensions<T> as TransactionExtension<CallOf<T>>>::Implicit;
type NonceVal<T> = <CheckNonce<T> as TransactionExtension<CallOf<T>>>::Val;
type WeightVal<T> = <CheckWeight<T> as TransactionExtension<CallOf<T>>>::Val;

/// Era, nonce, weight and payment, with a quota in the place of the payment for calls that are free.
///
/// It must see era, nonce and payment at once, and so it wraps the four standard extensions. From outside it is they:
/// encoding, signed data and metadata are those of the four, one after the other, so that wallets need not know of it.
/// For transactions that are not free it passes everything on to them.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Eq, PartialEq)]
pub struct FreeCallQuota<T: Config + Send + Sync>(pub StandardExtensions<T>);

impl<T: Config + Send + Sync> From<StandardExtensions<T>> for FreeCallQuota<T> {
	fn from(extensions: StandardExtensions<T>) -> Self {
		Self(extensions)
	}
}

impl<T: Config + Send + Sync> TypeInfo for FreeCallQuota<T>
where
	StandardExtensions<T>: TypeInfo + 'static,
{
	type Identity = StandardExtensions<T>;
	fn type_info() -> scale_info::Type {
		StandardExtensions::<T>::type_info()
	}
}

impl<T: Config + Send + Sync> core::fmt::Debug for FreeCallQuota<T> {
	#[cfg(feature = "std")]
	fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
		write!(f, "FreeCallQuota<{:?}>", self.0)
	}
	#[cfg(not(feature = "std"))]
	fn fmt(&self, _: &mut core::fmt::Formatter) -> core::fmt::Result {
		Ok(())
	}
}

/// What `validate` tells `prepare`.
pub enum Val<T: Config + Send + Sync>
where
	CallOf<T>: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
	T::RuntimeOrigin: AsSystemOriginSigner<T::AccountId> + Clone,
{
	/// The signer pays.
	Paid(StandardVal<T>),
	/// Nobody signed, and nobody pays: a general transaction that a pallet has authorised.
	Unsigned(StandardVal<T>),
	/// The signer's quota pays.
	Free {
		/// The signer.
		who: T::AccountId,
		/// Asset writes.
		cost: u32,
		/// Of the check of the nonce.
		nonce: NonceVal<T>,
		/// Of the check of the weight.
		weight: WeightVal<T>,
	},
}

/// What `prepare` tells `post_dispatch`.
pub enum Pre<T: Config + Send + Sync>
where
	CallOf<T>: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
	T::RuntimeOrigin: AsSystemOriginSigner<T::AccountId> + Clone,
{
	/// The standard extensions apply.
	Standard {
		/// Of the standard extensions.
		pre: StandardPre<T>,
		/// What this extension did not spend.
		unspent: Weight,
		/// Whether the transaction takes part in the share of what nobody pays for.
		shares: bool,
	},
	/// A free call.
	Free {
		/// What this extension did not spend: the weight of the payment.
		unspent: Weight,
	},
}

impl<T: Config + Send + Sync> FreeCallQuota<T>
where
	CallOf<T>: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
	T::RuntimeOrigin: AsSystemOriginSigner<T::AccountId> + Clone,
{
	/// How many calls of `who` come before this one.
	pub(crate) fn before(&self, who: &T::AccountId) -> u32 {
		let next = frame_system::Pallet::<T>::account_nonce(who);
		self.0 .1 .0.saturating_sub(next).saturated_into()
	}

	/// The validity of a call that the quota pays for. The three standard extensions make nothing of the implication.
	#[allow(clippy::too_many_arguments)]
	fn validate_free(
		&self,
		terms: Terms,
		origin: DispatchOriginOf<CallOf<T>>,
		who: T::AccountId,
		call: &CallOf<T>,
		info: &DispatchInfoOf<CallOf<T>>,
		len: usize,
		implicit: StandardImplicit<T>,
		implication: &impl Implication,
		source: TransactionSource,
	) -> ValidateResult<Val<T>, CallOf<T>> {
		let (check_era, check_nonce, check_weight, _) = &self.0;
		if check_era.0.is_immortal() {
			return Err(InvalidTransaction::Custom(IMMORTAL).into());
		}
		let (era_valid, (), origin) =
			check_era.validate(origin, call, info, len, implicit.0, implication, source)?;
		let (nonce_valid, nonce, origin) =
			check_nonce.validate(origin, call, info, len, (), implication, source)?;
		let before = self.before(&who);
		if !terms.fit(before) {
			return Err(InvalidTransaction::Custom(OVER_QUOTA).into());
		}
		let (weight_valid, weight, origin) =
			check_weight.validate(origin, call, info, len, (), implication, source)?;
		if booked::<T>(info, len).any_gt(Pallet::<T>::share()) {
			// It would never fit into a block.
			return Err(InvalidTransaction::ExhaustsResources.into());
		}
		let own_valid = ValidTransaction {
			priority: Pallet::<T>::priority(&terms, before),
			// What waits longer than a window is not worth its place in the pool.
			longevity: TransactionLongevity::from(QuotaRules::<T>::get().window),
			..Default::default()
		};
		let valid = era_valid
			.combine_with(nonce_valid)
			.combine_with(weight_valid)
			.combine_with(own_valid);
		Ok((valid, Val::Free { who, cost: terms.cost, nonce, weight }, origin))
	}
}

impl<T: Config + Send + Sync> TransactionExtension<CallOf<T>> for FreeCallQuota<T>
where
	CallOf<T>: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
	T::RuntimeOrigin: AsSystemOriginSigner<T::AccountId> + Clone,
{
	// Nobody sees it: the metadata are those of the four.
	const IDENTIFIER: &'static str =
		<StandardExtensions<T> as TransactionExtension<CallOf<T>>>::IDENTIFIER;
	type Implicit = StandardImplicit<T>;
	type Val = Val<T>;
	type Pre = Pre<T>;

	fn implicit(&self) -> Result<Self::Implicit, TransactionValidityError> {
		self.0.implicit()
	}

	fn metadata() -> Vec<TransactionExtensionMetadata> {
		StandardExtensions::<T>::metadata()
	}

	fn weight(&self, call: &CallOf<T>) -> Weight {
		self.0.weight(call).saturating_add(<T as Config>::WeightInfo::check_free_call())
	}

	fn validate(
		&self,
		origin: DispatchOriginOf<CallOf<T>>,
		call: &CallOf<T>,
		info: &DispatchInfoOf<CallOf<T>>,
		len: usize,
		implicit: Self::Implicit,
		implication: &impl Implication,
		source: TransactionSource,
	) -> ValidateResult<Self::Val, CallOf<T>> {
		let signer = origin.as_system_origin_signer().cloned();
		let Some(who) = signer else {
			let (valid, val, origin) =
				self.0.validate(origin, call, info, len, implicit, implication, source)?;
			return Ok((valid, Val::Unsigned(val), origin));
		};
		Pallet::<T>::lift_nonce(&who);
		if let Some(terms) = Pallet::<T>::free_call(&who, call) {
			return self.validate_free(
				terms,
				origin,
				who,
				call,
				info,
				len,
				implicit,
				implication,
				source,
			);
		}
		let (valid, val, origin) =
			self.0.validate(origin, call, info, len, implicit, implication, source)?;
		let first = ValidTransaction { priority: PAID_PRIORITY, ..Default::default() };
		Ok((valid.combine_with(first), Val::Paid(val), origin))
	}

	fn prepare(
		self,
		val: Self::Val,
		origin: &DispatchOriginOf<CallOf<T>>,
		call: &CallOf<T>,
		info: &DispatchInfoOf<CallOf<T>>,
		len: usize,
	) -> Result<Self::Pre, TransactionValidityError> {
		let checked = <T as Config>::WeightInfo::check_free_call();
		match val {
			Val::Paid(val) => {
				let pre = self.0.prepare(val, origin, call, info, len)?;
				let spent = <T as Config>::WeightInfo::check_paid_call();
				Ok(Pre::Standard { pre, unspent: checked.saturating_sub(spent), shares: false })
			},
			Val::Unsigned(val) => {
				let pre = self.0.prepare(val, origin, call, info, len)?;
				let shares = info.class == DispatchClass::Normal;
				if shares {
					Pallet::<T>::take_share(booked::<T>(info, len))?;
				}
				Ok(Pre::Standard { pre, unspent: checked, shares })
			},
			Val::Free { who, cost, nonce, weight } => {
				let (_, check_nonce, check_weight, charge_payment) = self.0;
				let unspent = charge_payment.weight(call);
				check_nonce.prepare(nonce, origin, call, info, len)?;
				// Before the dispatch, so that it counts whatever the call does.
				Pallet::<T>::charge(&who, cost)?;
				Pallet::<T>::take_share(booked::<T>(info, len))?;
				check_weight.prepare(weight, origin, call, info, len)?;
				Ok(Pre::Free { unspent })
			},
		}
	}

	fn post_dispatch_details(
		pre: Self::Pre,
		info: &DispatchInfoOf<CallOf<T>>,
		post_info: &PostDispatchInfoOf<CallOf<T>>,
		len: usize,
		result: &DispatchResult,
	) -> Result<Weight, TransactionValidityError> {
		match pre {
			Pre::Standard { pre, unspent, shares } => {
				let standard = StandardExtensions::<T>::post_dispatch_details(
					pre, info, post_info, len, result,
				)?;
				if shares {
					Pallet::<T>::return_share(post_info.calc_unspent(info));
				}
				Ok(unspent.saturating_add(standard))
			},
			Pre::Free { unspent } => {
				CheckWeight::<T>::post_dispatch_details((), info, post_info, len, result)?;
				Pallet::<T>::return_share(post_info.calc_unspent(info));
				Ok(unspent)
			},
		}
	}

	/// As the standard extensions one after the other, each of which sees what those before it did not spend.
	fn post_dispatch(
		pre: Self::Pre,
		info: &DispatchInfoOf<CallOf<T>>,
		post_info: &mut PostDispatchInfoOf<CallOf<T>>,
		len: usize,
		result: &DispatchResult,
	) -> Result<(), TransactionValidityError> {
		use sp_runtime::traits::RefundWeight;
		match pre {
			Pre::Standard { pre, unspent, shares } => {
				post_info.refund(unspent);
				StandardExtensions::<T>::post_dispatch(pre, info, post_info, len, result)?;
				if shares {
					Pallet::<T>::return_share(post_info.calc_unspent(info));
				}
			},
			Pre::Free { unspent } => {
				post_info.refund(unspent);
				CheckWeight::<T>::post_dispatch((), info, post_info, len, result)?;
				Pallet::<T>::return_share(post_info.calc_unspent(info));
			},
		}
		Ok(())
	}

	fn bare_validate(
		call: &CallOf<T>,
		info: &DispatchInfoOf<CallOf<T>>,
		len: usize,
	) -> TransactionValidity {
		StandardExtensions::<T>::bare_validate(call, info, len)
	}

	fn bare_validate_and_prepare(
		call: &CallOf<T>,
		info: &DispatchInfoOf<CallOf<T>>,
		len: usize,
	) -> Result<(), TransactionValidityError> {
		StandardExtensions::<T>::bare_validate_and_prepare(call, info, len)
	}

	fn bare_post_dispatch(
		info: &DispatchInfoOf<CallOf<T>>,
		post_info: &mut PostDispatchInfoOf<CallOf<T>>,
		len: usize,
		result: &DispatchResult,
	) -> Result<(), TransactionValidityError> {
		StandardExtensions::<T>::bare_post_dispatch(info, post_info, len, result)
	}
}

/// What a transaction takes of a block before it runs, as `CheckWeight` counts it.
fn booked<T: Config>(info: &DispatchInfo, len: usize) -> Weight
where
	CallOf<T>: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
{
	calculate_consumed_extrinsic_weight::<CallOf<T>>(&T::BlockWeights::get(), info, len)
}
