//! A client of petra networks, on [`subxt`].
//!
//! [`Client`] is one connection to one node. It reads the chain ([`Client::storage`], [`Client::constant`], heads and
//! blocks), and sends transactions: [`Client::submit`] signs a [`Call`] and returns a [`Submitted`] to wait on, and
//! [`Client::sudo`] does the same for what the regulator (the DSO) does with the sudo key. An error of the chain
//! comes back by name, `Pallet::Error`, in [`Error::Dispatch`].
//!
//! Calls are built by name and checked against the metadata of the node that one is connected to:
//!
//! ```no_run
//! # async fn example() -> Result<(), petra_client::Error> {
//! use petra_client::{account, call, dev, Client, Value};
//!
//! let client = Client::connect("ws://127.0.0.1:9944").await?;
//! let bob = dev::bob().public_key().to_account_id();
//! let arguments = [account(&bob), Value::u128(1_000_000_000)];
//! let transfer = call("Balances", "transfer_keep_alive", arguments);
//! let outcome = client.submit(&transfer, &dev::alice()).await?.finalized().await?;
//! println!("final in block {}", outcome.block.number);
//! # Ok(())
//! # }
//! ```

mod chain;
mod connection;
mod error;
mod sudo;
mod transaction;
mod validator;

pub use chain::{BlockRef, Heads, RuntimeVersion};
pub use connection::Client;
pub use error::Error;
pub use transaction::{account, call, Call, Event, Included, Outcome, Submitted};
pub use validator::{Authorities, SessionKeys};

/// A value of any type that the chain's metadata describes.
pub use subxt::dynamic::Value;
/// An account of the chain.
pub use subxt::utils::AccountId32;
/// Hash of a block.
pub use subxt::utils::H256;
/// The well-known keys of development networks (`//Alice` and so on). Never give them money on a network that matters.
pub use subxt_signer::sr25519::dev;
/// A key that signs transactions.
pub use subxt_signer::sr25519::Keypair;

/// How petra writes accounts, hashes, headers and signatures: as Substrate's own node does.
pub type PetraConfig = subxt::SubstrateConfig;

/// The result of a client's work.
pub type Result<T, E = Error> = core::result::Result<T, E>;
