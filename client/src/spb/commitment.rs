//! Commitments to pay (CTP), and what is signed about them.

use super::certificate::signed;
use crate::{types::BlockNumber, AccountId32, PetraConfig};
use petra_primitives::{
	delivery::{account_message, amount_message, settle_message},
	messages::digest,
};
use sp_core::H256;
use sp_runtime::MultiSignature;
use subxt::tx::Signer;

pub use petra_primitives::delivery::CommitOptions;
/// A commit to pay: a consumer's money for a producer's energy, once the consumer's meter confirms it.
pub type Commitment = petra_primitives::delivery::Commitment<AccountId32>;
/// A producer's energy for sale at a price.
pub type EnergyBlock = petra_primitives::delivery::EnergyBlock<AccountId32>;
/// Why a producer may open an energy account.
pub type AccountProof = petra_primitives::delivery::AccountProof<AccountId32>;

/// The id of a commitment, known before it is made.
pub fn commitment_id(genesis: H256, commitment: &Commitment) -> H256 {
	digest("petra/Delivery/ctp", genesis, commitment).into()
}

/// An authority's certificate for a producer's account, usable up to block `expiry`.
pub fn account_certificate(
	genesis: H256,
	producer: &AccountId32,
	expiry: BlockNumber,
	authority: &impl Signer<PetraConfig>,
) -> AccountProof {
	let message = account_message(genesis, &producer.0.into(), expiry);
	let signature = signed(authority, &message);
	AccountProof::Certificate { authority: authority.account_id(), expiry, signature }
}

/// A producer's word that it takes a commitment's amount, although that is below price × energy.
pub fn negotiated(
	genesis: H256,
	ctp_id: H256,
	producer: &impl Signer<PetraConfig>,
) -> MultiSignature {
	signed(producer, &amount_message(genesis, ctp_id))
}

/// A consumer's word that a commitment may be settled from what it has locked.
pub fn settlement(
	genesis: H256,
	ctp_id: H256,
	consumer: &impl Signer<PetraConfig>,
) -> MultiSignature {
	signed(consumer, &settle_message(genesis, ctp_id))
}
