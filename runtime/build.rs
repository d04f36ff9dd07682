//! Builds the runtime's Wasm blob.
//!
//! `make` compiles the workspace with one set of features, `runtime-benchmarks` and `try-runtime` included, and sets
//! `PETRA_PRODUCTION_WASM` so that the blob inside the node is still the one that ships (docs/adr/0002).

#[cfg(feature = "std")]
mod wasm_build;

#[cfg(feature = "std")]
fn main() -> std::io::Result<()> {
	wasm_build::anywhere("..", build_wasm)
}

#[cfg(not(feature = "std"))]
fn main() {}

#[cfg(feature = "std")]
fn build_wasm() {
	println!("cargo:rerun-if-env-changed=PETRA_PRODUCTION_WASM");
	if std::env::var_os("PETRA_PRODUCTION_WASM").is_some() {
		std::env::remove_var("CARGO_FEATURE_RUNTIME_BENCHMARKS");
		std::env::remove_var("CARGO_FEATURE_TRY_RUNTIME");
	}
	// Compiled code may lie outside the checkout: this is where the versions in Cargo.lock are. Asked when it runs, since
	// what another checkout has compiled may be used here.
	if let Ok(root) = std::path::Path::new("..").canonicalize() {
		std::env::set_var("WASM_BUILD_WORKSPACE_HINT", root);
	}
	let builder = substrate_wasm_builder::WasmBuilder::init_with_defaults();
	#[cfg(feature = "metadata-hash")]
	let builder = builder.enable_metadata_hash("EUR", 9);
	builder.build();
}
