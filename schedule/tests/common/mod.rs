//! What the property tests share.

use proptest::test_runner::{Config, FileFailurePersistence};

/// `default` cases, or as many as `PROPTEST_CASES` says. Failures are kept in `regressions/` and tried first.
pub fn cases(default: u32) -> Config {
	let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
	Config {
		cases: cases.unwrap_or(default),
		failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
		..Config::default()
	}
}
