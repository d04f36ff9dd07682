//! A client of petra networks, on [`subxt`].
//!
//! [`Client`] is one connection to one node. It reads the ledger ([`Client::ledger`]), follows final blocks with their
//! events ([`Client::follow`]), and sends transactions: [`Client::send`] signs a call and waits until it is final, or in a
//! block, and [`Client::sudo`] does the same for what the regulator (the DSO) does with the sudo key. An error of the chain
//! comes back by name, `Pallet::Error`, in [`Error::Dispatch`].
//!
//! - [`calls`]: petra's calls, typed; [`petra`]: everything that the chain's metadata describe, generated; [`types`]: the
//!   types of the public interface.
//! - [`wallet`]: one secret phrase, and all keys derived from it.
//! - [`assets`]: split, merge, exchange; [`cosign`]: transfers that several owners sign.
//! - [`units`]: money, power, prices and times as people write them.
//! - [`mixing`]: notes, baskets and ring proofs; [`spb`]: payment against delivery; [`general`]: transactions that nobody
//!   signs, as both send them.
//! - [`billing`]: bills, as meters compute them; [`history`]: bills and reports, recomputed from final blocks.
//! - [`agents`]: a household's meter and trading agent; [`simulate`]: a microgrid of them.
//! - [`service`]: the DSO's service (`petra dso serve`), and how a household asks it.
//!
//! ```no_run
//! # async fn example() -> Result<(), petra_client::Error> {
//! use petra_client::{calls, petra::offers::events::OfferPosted, wallet::{Passphrase, Role, Wallet}, Client};
//!
//! let client = Client::connect("ws://127.0.0.1:9944").await?;
//! let wallet = Wallet::open("household.wallet", &Passphrase::new("correct horse".into())?)?;
//! let seller = wallet.account(Role::Address(0))?;
//! let ledger = client.ledger().await?;
//! for (id, asset) in ledger.assets_of(&seller.address()).await? {
//!     println!("asset {id}: {} W from timestep {} to {}", asset.power, asset.start, asset.end);
//!     let outcome = client.send(&calls::post_offer(id, 75_000, Default::default()), &seller).await?;
//!     println!("offer {}, final in block {}", outcome.first::<OfferPosted>()?.offer_id, outcome.block.number);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Calls of other pallets are built by name and checked against the metadata of the node:
//!
//! ```no_run
//! # async fn example(client: petra_client::Client) -> Result<(), petra_client::Error> {
//! use petra_client::{account, call, dev, Value};
//!
//! let bob = dev::bob().public_key().to_account_id();
//! let arguments = [account(&bob), Value::u128(1_000_000_000)];
//! let transfer = call("Balances", "transfer_keep_alive", arguments);
//! let outcome = client.submit(&transfer, &dev::alice()).await?.finalized().await?;
//! println!("final in block {}", outcome.block.number);
//! # Ok(())
//! # }
//! ```

pub mod agents;
pub mod assets;
pub mod billing;
pub mod calls;
mod chain;
mod connection;
pub mod cosign;
mod error;
mod follow;
pub mod general;
mod generated;
pub mod history;
mod lasting;
mod ledger;
pub mod mixing;
pub mod service;
pub mod simulate;
pub mod spb;
mod sudo;
mod transaction;
pub mod types;
pub mod units;
mod validator;
pub mod wallet;

pub use chain::{BlockRef, Heads, RuntimeVersion};
pub use connection::Client;
pub use error::Error;
pub use follow::{FinalBlock, Follow};
pub use generated::petra;
pub use ledger::{Ledger, Money};
pub use transaction::{account, call, Call, Event, Finality, Included, Outcome, Signed, Submitted};
pub use validator::{Authorities, SessionKeys};

/// A value of any type that the chain's metadata describes.
pub use subxt::dynamic::Value;
/// A call with its arguments.
pub use subxt::tx::Payload;
/// A key that signs transactions: [`wallet::Account`] or [`Keypair`].
pub use subxt::tx::Signer;
/// An account of the chain.
pub use subxt::utils::AccountId32;
/// Hash of a block.
pub use subxt::utils::H256;
/// The well-known keys of development networks (`//Alice` and so on). Never give them money on a network that matters.
pub use subxt_signer::sr25519::dev;
/// A key that signs transactions. Its `Debug` shows the secret: programs have [`wallet::Account`] instead.
pub use subxt_signer::sr25519::Keypair;

/// How petra writes accounts, hashes, headers and signatures: as Substrate's own node does.
pub type PetraConfig = subxt::SubstrateConfig;

/// The result of a client's work.
pub type Result<T, E = Error> = core::result::Result<T, E>;
