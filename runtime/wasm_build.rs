//! For build scripts that make a Wasm blob: this crate's, and that of the runtime's next version in the tests.

use std::{
	env, io,
	path::Path,
	process::{exit, Command, Stdio},
};

/// Tells a build script that it was started by itself.
const INNER: &str = "PETRA_WASM_BUILD";

/// Runs `build` in a process of its own, and passes on what it tells cargo with the checkout's files named from the package:
/// so what one checkout has compiled is as fresh in another, wherever that is. Tests of a package are not in its blob, and are
/// not passed on. `root` is the checkout, from the package.
pub fn anywhere(root: &str, build: impl FnOnce()) -> io::Result<()> {
	if env::var_os(INNER).is_some() {
		build();
		return Ok(());
	}
	let inner = Command::new(env::current_exe()?)
		.env(INNER, "1")
		// The crates that the builder makes up are not ours to lint.
		.env_remove("RUSTC_WORKSPACE_WRAPPER")
		.stderr(Stdio::inherit())
		.output()?;
	let checkout = Path::new(root).canonicalize()?;
	let there = format!("cargo:rerun-if-changed={}/", checkout.display());
	let here = format!("cargo:rerun-if-changed={root}/");
	for line in String::from_utf8_lossy(&inner.stdout).lines() {
		match line.strip_prefix(&there) {
			Some(file) if file.contains("/tests/") => {},
			Some(file) => println!("{here}{file}"),
			None => println!("{line}"),
		}
	}
	if !inner.status.success() {
		exit(inner.status.code().unwrap_or(1));
	}
	Ok(())
}
