//! Measures what calls cost over a runtime's Wasm, with the SDK's benchmark tool: `make bench` runs it.
//!
//! It is the SDK's `frame-omni-bencher` without RocksDB, on crates that the node is compiled from anyway.

use clap::Parser;
use frame_benchmarking_cli::PalletCmd;
use sp_runtime::traits::BlakeTwo256;

fn main() -> sc_cli::Result<()> {
	PalletCmd::parse().run_with_spec::<BlakeTwo256, ()>(None)
}
