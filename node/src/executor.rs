//! What executes the runtime.

use sc_executor::{HeapAllocStrategy, WasmExecutor, DEFAULT_HEAP_ALLOC_STRATEGY};
use sc_service::config::ExecutorConfiguration;
use std::{
	fs::{self, DirBuilder},
	io,
	os::unix::fs::{DirBuilderExt, MetadataExt},
	path::{self, Path, PathBuf},
};

/// What executes the runtime: compiled Wasm.
pub type Executor = WasmExecutor<sp_io::SubstrateHostFunctions>;

/// Bits of a file's mode that let others than its owner write.
const OTHERS_WRITE: u32 = 0o022;

/// Makes an executor; with `cache`, what it compiles is kept in that directory, so that the next node need not compile it.
///
/// # Errors
/// If the directory is not there and cannot be made, or if others can write into it.
pub fn new(config: &ExecutorConfiguration, cache: Option<&Path>) -> Result<Executor, String> {
	let strategy = config.default_heap_pages.map_or(DEFAULT_HEAP_ALLOC_STRATEGY, |extra_pages| {
		HeapAllocStrategy::Static { extra_pages: extra_pages.try_into().unwrap_or(u32::MAX) }
	});
	let builder = Executor::builder()
		.with_execution_method(config.wasm_method)
		.with_onchain_heap_alloc_strategy(strategy)
		.with_offchain_heap_alloc_strategy(strategy)
		.with_max_runtime_instances(config.max_runtime_instances)
		.with_runtime_cache_size(config.runtime_cache_size);
	let Some(cache) = cache else { return Ok(builder.build()) };
	let cache = directory(cache).map_err(|error| {
		format!(
			"--runtime-cache: {}: {error}. Name a directory that this user, and nobody else, can write to",
			cache.display()
		)
	})?;
	Ok(builder.with_cache_path(cache).build())
}

/// The directory, which is made if it is not there. Nobody else can write to it: the node runs what is in it.
fn directory(cache: &Path) -> io::Result<PathBuf> {
	DirBuilder::new().recursive(true).mode(0o700).create(cache)?;
	if fs::metadata(cache)?.mode() & OTHERS_WRITE != 0 {
		return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others can write to it"));
	}
	path::absolute(cache)
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::os::unix::fs::PermissionsExt;

	#[test]
	fn a_cache_should_be_made_where_others_cannot_write() {
		let parent = tempfile::tempdir().unwrap();
		let cache = parent.path().join("a/b");

		assert_eq!(directory(&cache).unwrap(), cache);

		assert_eq!(fs::metadata(&cache).unwrap().mode() & 0o777, 0o700);
		assert_eq!(directory(&cache).unwrap(), cache);
	}

	#[test]
	fn a_cache_should_be_refused_when_others_can_write_to_it() {
		for mode in [0o720, 0o702] {
			let cache = tempfile::tempdir().unwrap();
			fs::set_permissions(cache.path(), fs::Permissions::from_mode(mode)).unwrap();
			assert_eq!(
				directory(cache.path()).unwrap_err().kind(),
				io::ErrorKind::PermissionDenied
			);
		}
	}

	#[test]
	fn a_cache_should_be_refused_when_it_is_a_file() {
		let file = tempfile::NamedTempFile::new().unwrap();
		assert!(directory(file.path()).is_err());
	}
}
