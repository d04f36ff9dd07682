//! Clearings against the reference: who trades with whom, the price, the limits.
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/common/books.rs"]
mod books;
#[path = "../../tests/common/clearing.rs"]
mod common;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| common::check(data));
