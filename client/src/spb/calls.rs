//! Calls of the pallet `Delivery`, typed.

use super::{AccountProof, CommitOptions, Commitment, Receipt};
use crate::{
	types::{Balance, BlockNumber},
	AccountId32,
};
use sp_core::H256;
use sp_runtime::MultiSignature;
use subxt::{tx::StaticPayload, utils::Static};

const PALLET: &str = "Delivery";

/// A call of which the arguments' types are known.
pub type TypedCall<Arguments> = StaticPayload<Arguments>;

fn call<Arguments>(name: &str, arguments: Arguments) -> TypedCall<Arguments> {
	StaticPayload::new(PALLET, name, arguments)
}

/// A producer opens its energy account.
pub fn open_energy_account(proof: AccountProof) -> TypedCall<(Static<AccountProof>,)> {
	call("open_energy_account", (Static(proof),))
}

/// A producer closes its energy account.
pub fn close_energy_account() -> TypedCall<()> {
	call("close_energy_account", ())
}

/// A producer adds a block of energy.
pub fn add_energy(energy: u64, price: u64) -> TypedCall<(Static<u64>, Static<u64>)> {
	call("add_energy", (Static(energy), Static(price)))
}

/// A producer takes back what is not committed of a block.
pub fn remove_energy(block: u32) -> TypedCall<(Static<u32>,)> {
	call("remove_energy", (Static(block),))
}

/// Arguments of `commit_to_pay`.
pub type CommitToPay = (
	Static<AccountId32>,
	Static<u32>,
	Static<u64>,
	Static<Balance>,
	Static<H256>,
	Static<BlockNumber>,
	Static<CommitOptions>,
);

/// A consumer makes a commitment, which must name it as the consumer, with the producer's signature if the amount was
/// negotiated.
pub fn commit_to_pay(
	commitment: &Commitment,
	producer_signature: Option<MultiSignature>,
) -> TypedCall<CommitToPay> {
	let Commitment { producer, block, energy, amount, receipt_key, expiry, .. } = *commitment;
	let Commitment { partial, nonce, .. } = *commitment;
	let options = CommitOptions { partial, nonce, producer_signature };
	let arguments = (
		Static(producer),
		Static(block),
		Static(energy),
		Static(amount),
		Static(receipt_key),
		Static(expiry),
		Static(options),
	);
	call("commit_to_pay", arguments)
}

/// Arguments of `confirm_receipt`.
pub type ConfirmReceipt = (Static<H256>, Static<u64>, Static<Receipt>);

/// A meter confirms: a general transaction.
pub fn confirm_receipt(ctp_id: H256, energy: u64, receipt: Receipt) -> TypedCall<ConfirmReceipt> {
	call("confirm_receipt", (Static(ctp_id), Static(energy), Static(receipt)))
}

/// Arguments of `settle`.
pub type Settle = (Static<Commitment>, Static<MultiSignature>, Static<u64>, Static<Receipt>);

/// Commits, confirms and pays in one, from a lock: a general transaction.
pub fn settle(
	commitment: Commitment,
	consumer_signature: MultiSignature,
	energy: u64,
	receipt: Receipt,
) -> TypedCall<Settle> {
	let arguments =
		(Static(commitment), Static(consumer_signature), Static(energy), Static(receipt));
	call("settle", arguments)
}

/// A consumer locks money for a producer.
pub fn lock_for(
	producer: AccountId32,
	amount: Balance,
	until: BlockNumber,
) -> TypedCall<(Static<AccountId32>, Static<Balance>, Static<BlockNumber>)> {
	call("lock_for", (Static(producer), Static(amount), Static(until)))
}

/// A consumer takes back what is left of a lock that has ended.
pub fn unlock(producer: AccountId32) -> TypedCall<(Static<AccountId32>,)> {
	call("unlock", (Static(producer),))
}

/// Ends a commitment that nobody confirmed in time; by anyone.
pub fn expire(ctp_id: H256) -> TypedCall<(Static<H256>,)> {
	call("expire", (Static(ctp_id),))
}

/// Says who may certify producers; by the regulator.
pub fn set_authorities(authorities: Vec<AccountId32>) -> TypedCall<(Static<Vec<AccountId32>>,)> {
	call("set_authorities", (Static(authorities),))
}
