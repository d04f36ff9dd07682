//! A node that keeps compiled runtimes starts again without compiling (docs/adr/0016).

use crate::{
	single_node::{export, with, Running, ANY_PORT},
	support::ensure,
};
use petra_tests::{Result, ScratchDirectory};
use std::{
	path::Path,
	time::{Duration, Instant},
};

/// How long a node takes until it answers.
async fn start(directory: &Path, arguments: &[&str]) -> Result<Duration> {
	let begun = Instant::now();
	let mut node = Running::start(directory, arguments)?;
	node.says("Running JSON-RPC server").await?;
	let took = begun.elapsed();
	node.kill().await?;
	Ok(took)
}

#[tokio::test]
async fn node_should_start_in_half_the_time_when_the_runtime_is_compiled() -> Result {
	let _undisturbed = petra_tests::place(true).await?;
	let directory = ScratchDirectory::new("runtime-cache")?;
	let spec = directory.path().join("raw.json");
	// With a plain one, the SDK computes the genesis in Wasm at each start, by ways that keep nothing.
	export("local", &spec, &["--raw"]).await?;
	let [spec, cache] =
		[spec, directory.path().join("cache")].map(|path| path.display().to_string());
	let arguments = with(&[ANY_PORT, "--chain", &spec, "--runtime-cache", &cache]);
	let first = start(directory.path(), &arguments).await?;
	let second = start(directory.path(), &arguments).await?;
	println!("up after {first:.1?} with an empty cache, {second:.1?} with a full one");
	ensure(second < first / 2, || format!("{first:?}, then {second:?}"))
}
