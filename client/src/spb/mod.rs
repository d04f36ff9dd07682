//! SPB (P4): payment against delivery, confirmed by meters that do not say who they are.
//!
//! A consumer *commits to pay* (CTP, [`commit`]), and when the energy has come, its meter confirms that with an *energy receipt
//! confirmation* (ERC): a [`Receipt`]. A receipt proves that a genuine meter speaks without saying which: the meter makes
//! [one-time keys](KeyTree), and has another meter, chosen by chance, sign the root of the tree over them, its
//! [`Certificate`] of existence. What must outlast the program is in a [`MeterFile`].
//!
//! ```no_run
//! # async fn example(client: petra_client::Client, meter_key: petra_client::wallet::Account,
//! # consumer: petra_client::wallet::Account, secret: petra_client::spb::OneTimeSecret,
//! # witnesses: Vec<petra_client::spb::Witness>) -> Result<(), petra_client::spb::SpbError> {
//! use petra_client::{spb::{self, Asking, MeterFile, Terms}, Signer};
//!
//! // The meter: keys, certified by another meter, of which one is for this trade.
//! let file = MeterFile::open("meter-7.spb", 7)?;
//! let asking = Asking { meter: 7, key: &meter_key, secret: &secret };
//! spb::certify(&client, &asking, &file, spb::DEFAULT_LEAVES, &witnesses).await?;
//! let ledger = client.ledger().await?;
//! let max_age = spb::max_certificate_age(&client).await?;
//! let leaf = file.use_leaf(ledger.current_timestep().await?, max_age, &secret)?;
//!
//! // The consumer: commits to pay for 500 Wh of the cheapest energy.
//! let cheapest = spb::cheapest(&ledger, 500).await?;
//! let terms = Terms { energy: 500, receipt_key: leaf.receipt_key, expiry: 1_000, partial: false };
//! let commitment = spb::commitment(consumer.account_id(), &cheapest, terms)?;
//! let ctp_id = spb::commit(&client, &consumer, &commitment, None).await?;
//!
//! // The meter, as it measures: confirms when the energy has come.
//! spb::watch(&client, &file, &secret, ctp_id).await?;
//! for confirmed in spb::measured(&client, &file, &secret, 500, 5).await? {
//!     println!("{:?}: {} paid", confirmed.ctp_id, confirmed.paid);
//! }
//! # Ok(())
//! # }
//! ```

pub mod calls;
mod certificate;
mod certify;
mod commitment;
mod delivered;
mod error;
mod file;
mod http;
mod keys;
mod market;
mod receipt;
mod service;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests;

pub use certificate::{Certificate, CertificateRequest};
pub use certify::{certify, Asking, Witness};
pub use commitment::{
	account_certificate, commitment_id, negotiated, settlement, AccountProof, CommitOptions,
	Commitment, EnergyBlock,
};
pub use delivered::{Confirmation, Delivered, Watched};
pub use error::SpbError;
pub use file::{Leaf, MeterFile};
pub use keys::{KeyTree, OneTimeSecret, DEFAULT_LEAVES, MAX_LEAVES};
pub use market::{
	block_added, cheapest, commit, commitment, confirm, free_energy, max_certificate_age, measured,
	search, settle, sign_settlement, watch, Confirmed, Lock, Terms,
};
pub use receipt::Receipt;
pub use service::{CertificateSigner, Meters, Registry, Running, ServiceLimits};
