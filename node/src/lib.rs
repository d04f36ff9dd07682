//! What a node of a petra network is made of, before it is put together: that does the program `petra-node`.
//!
//! - [`advice`]: what to do about errors that do not say so themselves;
//! - [`chain_spec`]: the networks that it knows by name;
//! - [`executor`]: what executes the runtime;
//! - [`equivocation`]: counts authors who make two blocks for one slot.

pub mod advice;
pub mod chain_spec;
pub mod equivocation;
pub mod executor;

use petra_runtime::{apis::RuntimeApi, opaque::Block};

/// The chain, as this node holds it.
pub type FullClient = sc_service::TFullClient<Block, RuntimeApi, executor::Executor>;
