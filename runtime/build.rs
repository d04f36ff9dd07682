//! Builds the runtime's Wasm blob.
//!
//! `make test` compiles the workspace with one set of features, `runtime-benchmarks` and `try-runtime` included, and
//! sets `PETRA_PRODUCTION_WASM` so that the blob inside the node is still the one that ships (docs/adr/0002).

fn main() {
	#[cfg(feature = "std")]
	{
		println!("cargo:rerun-if-env-changed=PETRA_PRODUCTION_WASM");
		if std::env::var_os("PETRA_PRODUCTION_WASM").is_some() {
			std::env::remove_var("CARGO_FEATURE_RUNTIME_BENCHMARKS");
			std::env::remove_var("CARGO_FEATURE_TRY_RUNTIME");
		}
		#[cfg(feature = "metadata-hash")]
		substrate_wasm_builder::WasmBuilder::init_with_defaults()
			.enable_metadata_hash("EUR", 9)
			.build();
		#[cfg(not(feature = "metadata-hash"))]
		substrate_wasm_builder::WasmBuilder::build_using_defaults();
	}
}
