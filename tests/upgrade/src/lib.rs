//! The petra runtime once more, with a `spec_version` one higher than the node's: what the test of runtime upgrades
//! gives to `set_code`.

#![cfg_attr(not(feature = "std"), no_std)]
#![allow(missing_docs)]

// The Wasm is the runtime's.
#[cfg(not(feature = "std"))]
pub use petra_runtime::*;

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));
