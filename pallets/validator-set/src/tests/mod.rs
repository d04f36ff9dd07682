//! Tests of the pallet, over real sessions.

mod add_validator;
mod genesis;
mod offences;
mod remove_validator;
mod sessions;
mod try_state;

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, StorageNoopGuard};
use sp_runtime::DispatchError::BadOrigin;

const NOBODY: [AccountId; 0] = [];
