//! Tests of the pallet, over real sessions.

mod add_validator;
mod genesis;
mod offences;
mod remove_validator;
mod sessions;
mod try_state;

use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchClass, GetDispatchInfo},
	StorageNoopGuard,
};
use sp_runtime::DispatchError::BadOrigin;

const NOBODY: [AccountId; 0] = [];

#[test]
fn every_call_should_be_operational() {
	let calls = [Call::<Test>::add_validator { account: 4 }, Call::remove_validator { account: 3 }];
	for call in calls {
		assert_eq!(call.get_dispatch_info().class, DispatchClass::Operational);
	}
}
