//! Tests of the extension over the real standard extensions.

mod encoding;
mod history;
mod nonce;
mod order;
mod pool;
mod quota;
mod share;
mod try_state;

use crate::{mock::*, *};
use frame_support::{assert_ok, StorageNoopGuard};
use petra_primitives::{AddressMaker, MeterId, QuotaGrants};
use sp_runtime::{
	generic::Era,
	transaction_validity::{InvalidTransaction, TransactionValidityError},
};

/// The transaction is invalid in a block, with this error, and changes nothing.
fn assert_invalid(transaction: Transaction, error: TransactionValidityError) {
	let _unchanged = StorageNoopGuard::default();
	assert_eq!(transaction.apply(), Err(error));
}
