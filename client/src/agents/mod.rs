//! What acts for a household: its smart meter and its trading agent, each a process of its own (specification, section 10).
//!
//! - [`meter`]: withdraws within limits, hands its agent fresh addresses to return things to, deposits what arrives there,
//!   and computes the bill.
//! - [`prosumer`]: withdraws the same basket for each stretch of the day, mixes it, trades what the prediction wants,
//!   and returns everything.
//! - [`link`]: how the two speak: lines of JSON over a Unix socket in the household's own directory.
//! - [`strategy`]: what is traded, and with whom: pure functions.
//!
//! Both can be killed at any moment. What they decide is in a database ([`store`]) before it is sent, and each transaction
//! is sent until it is known what became of it ([`store::Store::once`]): nothing is lost, and nothing is done twice.

pub mod link;
pub mod meter;
pub mod prosumer;
pub mod store;
pub mod strategy;
mod ticker;

use serde_json::Value;

/// Hears what an agent does: one JSON object a step, without secrets.
pub type Hears = std::sync::Arc<dyn Fn(Value) + Send + Sync>;

/// Why an agent stopped before its work was done. It can be started again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
	/// The chain or the node.
	#[error(transparent)]
	Chain(#[from] crate::Error),
	/// The household's database.
	#[error("the database: {0}")]
	Store(String),
	/// The household's wallet.
	#[error(transparent)]
	Wallet(#[from] crate::wallet::WalletError),
	/// Mixing.
	#[error(transparent)]
	Mixing(#[from] crate::mixing::MixError),
	/// The meter's socket.
	#[error("the link to the meter: {0}")]
	Link(String),
	/// The bill.
	#[error(transparent)]
	Billing(#[from] crate::billing::BillingError),
	/// The bill's file.
	#[error(transparent)]
	File(#[from] crate::billing::file::FileError),
	/// What one is told to do makes no sense.
	#[error("{0}")]
	Options(String),
	/// The meter does not do what it is asked for.
	#[error("the meter refuses: {0}")]
	Refused(String),
}

/// The result of an agent's work.
pub type Result<T, E = AgentError> = core::result::Result<T, E>;
