//! Builds the runtime's Wasm blob with a `spec_version` one higher.
#![allow(clippy::expect_used, missing_docs)]

fn main() {
	substrate_wasm_builder::WasmBuilder::new()
		.with_project("../../runtime/Cargo.toml")
		.expect("the runtime is where the workspace has it")
		.export_heap_base()
		.import_memory()
		.enable_feature("next-version")
		.build();
}
