//! Builds the runtime's Wasm blob with a `spec_version` one higher.
#![allow(clippy::expect_used)]

#[cfg(feature = "std")]
#[path = "../../runtime/wasm_build.rs"]
mod wasm_build;

#[cfg(feature = "std")]
fn main() -> std::io::Result<()> {
	wasm_build::anywhere("../..", build_wasm)
}

#[cfg(not(feature = "std"))]
fn main() {}

#[cfg(feature = "std")]
fn build_wasm() {
	use std::{env, fs, os::unix::fs::symlink, path::Path};

	// Asked when it runs: what another checkout has compiled may be used here.
	let root = Path::new("../..").canonicalize().expect("the workspace is above this crate");
	env::set_var("WASM_BUILD_WORKSPACE_HINT", root);
	// What the runtime's own blob is made of is compiled when this runs, since the runtime `links`: it is not compiled again.
	let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
	let release = Path::new(&out).ancestors().nth(3).expect("it is release/build/<this>/out");
	let project = release.join("wbuild/petra-upgrade");
	fs::create_dir_all(&project).expect("the target directory can be written");
	let target = project.join("target");
	if !target.is_symlink() {
		symlink("../petra-runtime/target", target).expect("nothing else is there");
	}
	substrate_wasm_builder::WasmBuilder::new()
		.with_current_project()
		.export_heap_base()
		.import_memory()
		.enable_feature("next-version")
		.build();
}
