//! Finding what of a phrase is in use on a chain: its addresses, and the member keys of its notes.

use super::{Role, Wallet};
use crate::{mixing::member::MemberKey, AccountId32, Client, Error, Result};
use sp_io::hashing::{blake2_128, blake2_256, twox_128};
use std::ops::Range;

/// How many addresses, or member keys, in a row must be unused until the search ends. An address that has spent all it had
/// is not seen any more, and a household uses many: hence so large.
pub const GAP_LIMIT: u32 = 1_000;
/// How many are asked for at a time.
const BATCH: u32 = 250;
/// How many addresses go with a note that is mixed: where it comes from, where it arrives, where it is traded to, and where
/// it is given back. If all of them are empty, its member key still says that there were as many.
const ADDRESSES_PER_NOTE: u32 = 4;
/// How many are looked at at most, though none of them is in use, because they are said to have been.
const FARTHEST: u32 = 100_000;

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
	/// The addresses in use, by their numbers.
	pub in_use: Vec<(u32, AccountId32)>,
	/// How many addresses were looked at.
	pub looked_at: u32,
	/// The numbers of the member keys under which notes were ever put into mixing pools: the chain forgets none.
	pub used_members: Vec<u32>,
	/// How many member keys were looked at.
	pub members_looked_at: u32,
}

impl Scan {
	/// The first number past those of all addresses in use.
	pub fn past_addresses(&self) -> u32 {
		self.in_use.last().map_or(0, |(index, _)| index.saturating_add(1))
	}

	/// The first number past those of all member keys that were used.
	pub fn past_members(&self) -> u32 {
		self.used_members.last().map_or(0, |number| number.saturating_add(1))
	}

	/// The number from which on addresses are to be used: some way past the last one in use, and past as many as went with
	/// the notes that were mixed, because others after it may have been used and emptied. It is less than the gap limit
	/// past them, so that a later search finds it.
	pub fn next_address(&self, gap: u32) -> u32 {
		self.past_addresses()
			.max(self.past_members().saturating_mul(ADDRESSES_PER_NOTE))
			.saturating_add(gap / 2)
	}

	/// The number from which on member keys are to be used: some way past the last one that was, because others after it
	/// may have been shown with deposits that failed.
	pub fn next_member(&self, gap: u32) -> u32 {
		self.past_members().saturating_add(gap / 2)
	}
}

/// Which numbers to ask for, until so many in a row are not used.
#[derive(Debug)]
struct Search {
	gap: u32,
	/// The first number that need not be asked for.
	end: u32,
	looked_at: u32,
	used: Vec<u32>,
}

impl Search {
	/// Asks for the first `at_least` numbers, up to [`FARTHEST`], and for others until `gap` in a row are not used.
	fn new(at_least: u32, gap: u32) -> Self {
		let end = at_least.min(FARTHEST).saturating_add(gap);
		Self { gap, end, looked_at: 0, used: Vec::new() }
	}

	/// The numbers to ask for next; none when the search is over.
	fn batch(&self) -> Option<Range<u32>> {
		let last = self.looked_at.saturating_add(BATCH).min(self.end);
		(self.looked_at < last).then_some(self.looked_at..last)
	}

	/// Which of them are used.
	fn heard(&mut self, batch: Range<u32>, used: Vec<bool>) {
		self.looked_at = batch.end;
		for number in batch.zip(used).filter_map(|(number, used)| used.then_some(number)) {
			self.used.push(number);
			self.end = self.end.max(number.saturating_add(1).saturating_add(self.gap));
		}
	}
}

impl Wallet {
	/// Searches a chain for this phrase's addresses that hold anything, and for the member keys of its notes, until `gap`
	/// in a row are not in use. What the wallet knows to have been used is looked at in any case.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn scan(&self, client: &Client, gap: u32) -> Result<Scan> {
		let members = self.search_members(client, gap).await?;
		let mut scan = Scan {
			used_members: members.used,
			members_looked_at: members.looked_at,
			..Scan::default()
		};
		let mixed = scan.past_members().saturating_mul(ADDRESSES_PER_NOTE);
		let mut search = Search::new(self.used_addresses().max(mixed), gap);
		while let Some(batch) = search.batch() {
			let accounts = batch
				.clone()
				.map(|index| Ok(self.account(Role::Address(index))?.address()))
				.collect::<Result<Vec<_>>>()?;
			let there = client.exist(&accounts).await?;
			search.heard(batch, there);
		}
		scan.looked_at = search.looked_at;
		scan.in_use = search
			.used
			.into_iter()
			.map(|index| Ok((index, self.account(Role::Address(index))?.address())))
			.collect::<Result<Vec<_>>>()?;
		Ok(scan)
	}

	async fn search_members(&self, client: &Client, gap: u32) -> Result<Search> {
		let mut search = Search::new(self.used_members(), gap);
		while let Some(batch) = search.batch() {
			let keys = batch
				.clone()
				.map(|number| Ok(MemberKey::from_entropy(self.member(number)?.entropy()).public()))
				.collect::<Result<Vec<_>>>()?;
			let used = client.member_keys_used(&keys).await?;
			search.heard(batch, used);
		}
		Ok(search)
	}
}

impl Client {
	/// Whether accounts exist after the best block: whether they hold money or assets, or have held them lately.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn exist(&self, accounts: &[AccountId32]) -> Result<Vec<bool>> {
		let keys: Vec<Vec<u8>> = accounts.iter().map(account_key).collect();
		self.stored(&keys, "to say which accounts there are").await
	}

	/// Whether notes were ever put into mixing pools under these member keys, until the best block.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn member_keys_used(&self, members: &[[u8; 32]]) -> Result<Vec<bool>> {
		let keys: Vec<Vec<u8>> = members.iter().map(member_key).collect();
		self.stored(&keys, "to say which member keys were used").await
	}

	/// Whether the state after the best block has something under these keys: one question for all.
	async fn stored(&self, keys: &[Vec<u8>], doing: &'static str) -> Result<Vec<bool>> {
		let at = self.best_head().await?.hash;
		let changes = self
			.methods
			.state_query_storage_at(keys.iter().map(Vec::as_slice), Some(at))
			.await
			.map_err(Error::rpc(doing))?;
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

/// Where the chain stores that a member key was used.
fn member_key(member: &[u8; 32]) -> Vec<u8> {
	[&twox_128(b"Mixing")[..], &twox_128(b"Keys"), &blake2_256(member)].concat()
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;

	/// A search to its end, among numbers that are used or not.
	fn searched(at_least: u32, gap: u32, is_used: impl Fn(u32) -> bool) -> Search {
		let mut search = Search::new(at_least, gap);
		while let Some(batch) = search.batch() {
			assert_eq!(batch.start, search.looked_at);
			assert!((1..=250).contains(&batch.len()), "{batch:?}");
			let used: Vec<bool> = batch.clone().map(&is_used).collect();
			search.heard(batch, used);
		}
		search
	}

	fn scan(in_use: &[u32], members: &[u32]) -> Scan {
		Scan {
			in_use: in_use.iter().map(|index| (*index, AccountId32([0; 32]))).collect(),
			used_members: members.to_vec(),
			..Scan::default()
		}
	}

	#[test]
	fn search_should_go_on_until_so_many_in_a_row_are_unused() {
		let none = searched(0, 1_000, |_| false);
		assert_eq!((none.looked_at, none.used), (1_000, vec![]));
		let last = searched(0, 1_000, |number| number == 999);
		assert_eq!((last.looked_at, last.used), (2_000, vec![999]));
		let beyond = searched(0, 1_000, |number| number == 1_000);
		assert_eq!((beyond.looked_at, beyond.used), (1_000, vec![]));
		let several = searched(0, 10, |number| [0, 3, 13, 24].contains(&number));
		assert_eq!((several.looked_at, several.used), (24, vec![0, 3, 13]));
		assert_eq!(searched(0, 0, |_| true).looked_at, 0);
	}

	#[test]
	fn search_should_look_at_what_is_said_to_have_been_used_and_at_a_gap_more() {
		let far = searched(5_000, 10, |number| number == 5_009);
		assert_eq!((far.looked_at, far.used), (5_020, vec![5_009]));
		assert_eq!(searched(5_000, 10, |_| false).looked_at, 5_010);
		// Who says four thousand million does not mean it.
		assert_eq!(searched(u32::MAX, 10, |_| false).looked_at, 100_010);
	}

	#[test]
	fn search_should_end_with_the_numbers() {
		let mut search = Search::new(0, 1_000);
		search.heard(u32::MAX - 1..u32::MAX, vec![true]);
		assert_eq!((search.batch(), search.end), (None, u32::MAX));
		assert_eq!(search.used, [u32::MAX - 1]);
	}

	#[test]
	fn next_address_should_be_past_the_last_one_in_use_and_within_the_gap() {
		assert_eq!(scan(&[], &[]).next_address(1_000), 500);
		assert_eq!(scan(&[0, 7], &[]).next_address(1_000), 508);
		assert_eq!(scan(&[u32::MAX], &[]).next_address(1_000), u32::MAX);
	}

	#[test]
	fn next_address_should_be_past_those_of_the_notes_that_were_mixed() {
		assert_eq!(scan(&[], &[0, 9]).next_address(1_000), 540);
		assert_eq!(scan(&[100], &[0, 9]).next_address(1_000), 601);
		assert_eq!(scan(&[], &[u32::MAX]).next_address(1_000), u32::MAX);
	}

	#[test]
	fn next_member_should_be_past_the_last_one_that_was_used() {
		assert_eq!(scan(&[7], &[]).next_member(1_000), 500);
		assert_eq!(scan(&[], &[0, 9]).next_member(1_000), 510);
		assert_eq!(scan(&[], &[u32::MAX]).next_member(1_000), u32::MAX);
	}

	#[test]
	fn next_numbers_should_be_found_by_a_later_search_when_they_are_used() {
		for (in_use, members) in [(vec![], vec![]), (vec![40], vec![]), (vec![], vec![0, 700])] {
			let first = scan(&in_use, &members);
			let (address, member) = (first.next_address(1_000), first.next_member(1_000));
			let later = searched(0, 1_000, |n| n == member || members.contains(&n));
			assert!(later.used.contains(&member), "{first:?}");
			let mixed = first.past_members() * ADDRESSES_PER_NOTE;
			let later = searched(mixed, 1_000, |n| n == address || in_use.contains(&n));
			assert!(later.used.contains(&address), "{first:?}");
		}
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

	#[test]
	fn member_key_should_be_where_the_chain_says_that_it_stores_it() {
		use subxt::{ext::frame_decode::storage::encode_storage_key, Metadata};
		let metadata = Metadata::decode_from(include_bytes!("../../metadata.scale")).unwrap();
		let member = MemberKey::from_entropy(&[1; 32]).public();
		let key = encode_storage_key("Mixing", "Keys", (member,), &metadata, metadata.types());
		assert_eq!(member_key(&member), key.unwrap());
	}
}
