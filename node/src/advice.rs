//! What to do about errors that do not say so themselves.

/// What to do about an error that does not say so itself.
pub fn about(error: &str) -> Option<&'static str> {
	let damaged = ["Corruption", "Bad metadata", "Invalid log record", "CRC"];
	damaged.iter().any(|sign| error.contains(sign)).then_some(
		"The database is damaged. Restore it from a backup (docs/consortium.md), or remove it with `petra-node purge-chain`, \
		 with the same --chain and --base-path, and start again: the node then fetches the chain from its peers.",
	)
}

#[cfg(test)]
mod tests {
	use super::about;

	#[test]
	fn a_damaged_database_should_be_told_from_other_errors() {
		assert!(about("Database: Corruption: Bad metadata")
			.is_some_and(|text| text.contains("purge-chain")));
		assert_eq!(about("Address already in use"), None);
	}
}
