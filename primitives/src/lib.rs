//! Types and traits that petra's pallets and clients share.
//!
//! The types are those of the public interface: name, shape and order of fields are what clients outside this
//! project rely on. The traits are the seams between the pallets: a pallet names the trait that it needs, never
//! another pallet, and the runtime joins them.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod api;
pub mod delivery;
pub mod messages;
pub mod traits;
pub mod types;

pub use traits::*;
pub use types::*;
