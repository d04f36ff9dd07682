//! The petra runtime once more, with a `spec_version` one higher than the node's: what the test of runtime upgrades
//! gives to `set_code`.

#![allow(missing_docs)]

include!(concat!(env!("OUT_DIR"), "/build/petra-upgrade/out/wasm_binary.rs"));
