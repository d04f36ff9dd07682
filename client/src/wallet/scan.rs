//! Finding the addresses of a phrase that are in use on a chain.

use super::{Role, Wallet};
use crate::{AccountId32, Client, Error, Result};
use sp_io::hashing::{blake2_128, twox_128};

/// How many addresses in a row must be unused until the search ends. An address that has spent all it had is not seen any
/// more, and a household uses many: hence so large.
pub const GAP_LIMIT: u32 = 1_000;
/// How many addresses are asked for at a time.
const BATCH: u32 = 250;

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
	/// The addresses in use, by their numbers.
	pub in_use: Vec<(u32, AccountId32)>,
	/// How many addresses were looked at.
	pub looked_at: u32,
}

impl Scan {
	/// The number from which on addresses are to be used: some way past the last one in use, because others after it may
	/// have been used and emptied. It is less than the gap limit past it, so that a later search finds it.
	pub fn next_address(&self, gap: u32) -> u32 {
		self.in_use
			.last()
			.map_or(0, |(index, _)| index.saturating_add(1).saturating_add(gap / 2))
	}
}

impl Wallet {
	/// Searches a chain for this phrase's addresses that hold anything, until `gap` in a row do not.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn scan(&self, client: &Client, gap: u32) -> Result<Scan> {
		let mut scan = Scan::default();
		let mut unused = 0_u32;
		while unused < gap {
			let batch = BATCH.min(gap.saturating_sub(unused)).max(1);
			let last = scan.looked_at.checked_add(batch);
			let Some(last) = last else { break };
			let addresses = (scan.looked_at..last)
				.map(|index| Ok((index, self.account(Role::Address(index))?.address())))
				.collect::<Result<Vec<_>>>()?;
			let used =
				client.exist(&addresses.iter().map(|(_, at)| *at).collect::<Vec<_>>()).await?;
			for (address, used) in addresses.into_iter().zip(used) {
				if used {
					unused = 0;
					scan.in_use.push(address);
				} else {
					unused = unused.saturating_add(1);
				}
			}
			scan.looked_at = last;
		}
		Ok(scan)
	}
}

impl Client {
	/// Whether accounts exist after the best block: whether they hold money or assets, or have held them lately.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn exist(&self, accounts: &[AccountId32]) -> Result<Vec<bool>> {
		let keys: Vec<Vec<u8>> = accounts.iter().map(account_key).collect();
		let at = self.best_head().await?.hash;
		let changes = self
			.methods
			.state_query_storage_at(keys.iter().map(Vec::as_slice), Some(at))
			.await
			.map_err(Error::rpc("to say which accounts there are"))?;
		let there: std::collections::BTreeSet<&[u8]> = changes
			.iter()
			.flat_map(|set| &set.changes)
			.filter(|(_, value)| value.is_some())
			.map(|(key, _)| key.0.as_slice())
			.collect();
		Ok(keys.iter().map(|key| there.contains(key.as_slice())).collect())
	}
}

/// Where the chain stores an account.
fn account_key(account: &AccountId32) -> Vec<u8> {
	[&twox_128(b"System")[..], &twox_128(b"Account"), &blake2_128(&account.0), &account.0].concat()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn next_address_should_be_past_the_last_one_in_use_and_within_the_gap() {
		let scan = |in_use: &[u32]| Scan {
			in_use: in_use.iter().map(|index| (*index, AccountId32([0; 32]))).collect(),
			looked_at: 0,
		};
		assert_eq!(scan(&[]).next_address(1_000), 0);
		assert_eq!(scan(&[0, 7]).next_address(1_000), 508);
		assert_eq!(scan(&[u32::MAX]).next_address(1_000), u32::MAX);
	}

	#[test]
	fn account_key_should_be_the_chains() {
		// `System.Account` of Alice, as every Substrate chain has it.
		let alice = crate::dev::alice().public_key().to_account_id();
		assert_eq!(
			hex::encode(account_key(&alice)),
			"26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9\
			 de1e86a9a8c739864cf3cc5ec2bea59fd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
				.replace([' ', '\t'], "")
		);
	}
}
