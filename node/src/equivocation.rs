//! Counts authors who make two blocks for one slot.
//!
//! Aura has no report of equivocations with which a chain could punish: the import queue logs them, and this counts
//! them, so that an operator can set an alarm on `petra_aura_equivocations_total`.

use crate::service::FullClient;
use futures::StreamExt;
use petra_runtime::opaque::Block;
use sc_client_api::BlockchainEvents;
use sp_api::ProvideRuntimeApi;
use sp_consensus_aura::{
	digests::CompatibleDigestItem,
	sr25519::{AuthorityId, AuthoritySignature},
	AuraApi, Slot,
};
use sp_runtime::traits::{Block as BlockT, Header as HeaderT};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};
use substrate_prometheus_endpoint::{register, Counter, PrometheusError, Registry, U64};

/// Slots that are remembered: blocks for older ones are not compared.
const REMEMBERED_SLOTS: usize = 1_024;

type Hash = <Block as BlockT>::Hash;
type Header = <Block as BlockT>::Header;

/// The blocks seen, by slot and author.
#[derive(Default)]
struct Seen(BTreeMap<Slot, BTreeMap<AuthorityId, BTreeSet<Hash>>>);

impl Seen {
	/// Notes a block; true if its author has made another for the same slot.
	fn equivocates(&mut self, slot: Slot, author: AuthorityId, block: Hash) -> bool {
		let blocks = self.0.entry(slot).or_default().entry(author).or_default();
		let equivocates = blocks.insert(block) && blocks.len() > 1;
		while self.0.len() > REMEMBERED_SLOTS {
			self.0.pop_first();
		}
		equivocates
	}
}

/// Slot and author of a block; none if its digest or its parent's state do not tell.
fn slot_and_author(client: &FullClient, header: &Header) -> Option<(Slot, AuthorityId)> {
	let slot = header
		.digest()
		.logs()
		.iter()
		.find_map(<_ as CompatibleDigestItem<AuthoritySignature>>::as_aura_pre_digest)?;
	let authorities = client.runtime_api().authorities(*header.parent_hash()).ok()?;
	let index = slot.checked_rem(authorities.len() as u64)?;
	Some((slot, authorities.get(index as usize)?.clone()))
}

/// Registers the metric and returns the task that counts.
pub fn monitor(
	client: Arc<FullClient>,
	registry: Option<&Registry>,
) -> Result<impl std::future::Future<Output = ()>, PrometheusError> {
	let counter: Counter<U64> = Counter::new(
		"petra_aura_equivocations_total",
		"Blocks by an author who has made another block for the same slot",
	)?;
	let counter = match registry {
		Some(registry) => register(counter, registry)?,
		None => counter,
	};
	let mut imports = client.every_import_notification_stream();
	Ok(async move {
		let mut seen = Seen::default();
		while let Some(import) = imports.next().await {
			let Some((slot, author)) = slot_and_author(&client, &import.header) else { continue };
			if seen.equivocates(slot, author.clone(), import.hash) {
				log::error!(
					"Validator {author} equivocates: block {:?} is not its first for slot {slot}. \
					 Two nodes may be running with its keys.",
					import.hash,
				);
				counter.inc();
			}
		}
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::crypto::UncheckedFrom;

	fn author(seed: u8) -> AuthorityId {
		sp_core::sr25519::Public::unchecked_from([seed; 32]).into()
	}

	#[test]
	fn seen_should_count_only_second_blocks_of_one_author_and_slot() {
		let mut seen = Seen::default();
		let block = Hash::repeat_byte;
		assert!(!seen.equivocates(1.into(), author(1), block(1)));
		assert!(!seen.equivocates(1.into(), author(1), block(1)), "the same block again");
		assert!(!seen.equivocates(1.into(), author(2), block(2)), "another author");
		assert!(!seen.equivocates(2.into(), author(1), block(3)), "another slot");
		assert!(seen.equivocates(1.into(), author(1), block(4)));
		assert!(seen.equivocates(1.into(), author(1), block(5)), "a third block");
	}

	#[test]
	fn seen_should_stay_bounded() {
		let mut seen = Seen::default();
		for slot in 0..2 * REMEMBERED_SLOTS as u64 {
			seen.equivocates(slot.into(), author(1), Hash::from_low_u64_be(slot));
		}
		assert_eq!(seen.0.len(), REMEMBERED_SLOTS);
	}
}
