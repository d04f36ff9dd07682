//! Builds the runtime's Wasm blob with a `spec_version` one higher.
#![allow(clippy::expect_used)]

#[path = "../../runtime/wasm_build.rs"]
mod wasm_build;

use std::{
	env, io,
	path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
	wasm_build::anywhere("../..", build_wasm)
}

fn build_wasm() {
	// Asked when it runs: what another checkout has compiled may be used here.
	let root = Path::new("../..").canonicalize().expect("the workspace is above this crate");
	env::set_var("WASM_BUILD_WORKSPACE_HINT", &root);
	// A folder of its own, found by its name `build`: the runtime itself may be built at the same time.
	let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
	let own = out.join("build/petra-upgrade/out");
	std::fs::create_dir_all(&own).expect("OUT_DIR can be written");
	// The builder gives its blob the time of this file, so that cargo does not build it again whenever it is asked.
	let (timestamp, beside) = (out.join("../invoked.timestamp"), own.join("../invoked.timestamp"));
	let _ = std::fs::remove_file(&beside);
	std::fs::hard_link(timestamp, beside).expect("cargo writes it before it runs this");
	env::set_var("OUT_DIR", own);
	substrate_wasm_builder::WasmBuilder::new()
		.with_project(root.join("runtime/Cargo.toml"))
		.expect("the runtime is where the workspace has it")
		.export_heap_base()
		.import_memory()
		.enable_feature("next-version")
		.build();
}
