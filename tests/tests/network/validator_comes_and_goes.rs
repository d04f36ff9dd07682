//! A validator is added by sudo, rotates its keys, produces blocks, and is removed.

use crate::support::{account_of, authors, ensure, hash_of, sudo_key};
use petra_client::{call, dev, AccountId32, Authorities, Client, Value};
use petra_tests::{wait, with_network, NetworkOptions, Result, FULL_NODE};

/// Blocks in a session here, so that the changes, which take two, come soon.
const SESSION: u32 = 8;
/// The most blocks from a change until it counts: the rest of the session, and one more.
const TWO_SESSIONS: u64 = 2 * SESSION as u64;

async fn authorities_at(client: &Client, number: u64) -> Result<Authorities> {
	Ok(client.authorities(hash_of(client, number).await?).await?)
}

/// Waits until an account is among the validators of final blocks, or is not; returns the first such block.
async fn first_with(
	client: &Client,
	account: &AccountId32,
	member: bool,
	from: u64,
) -> Result<u64> {
	for number in from..=from + TWO_SESSIONS + 1 {
		wait::finalized(client, number).await?;
		if authorities_at(client, number).await?.validators.contains(account) == member {
			return Ok(number);
		}
	}
	ensure(false, || {
		format!("{account} is a validator: not {member} after two sessions from {from}")
	})?;
	Ok(from)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn validator_should_produce_blocks_until_removed_when_sudo_adds_it() -> Result {
	let options = NetworkOptions::new("validators").session_length(SESSION);
	with_network(options, async |network| {
		let client = network.client(FULL_NODE).await?;
		let eve = account_of(&dev::eve());
		let node = network.add_validator_node("eve").await?;
		let of_eve = |name| call("ValidatorSet", name, [Value::from_bytes(eve.0)]);

		// The regulator authorises the account; its operator makes keys on the node and signs for them.
		let added = client.sudo(&of_eve("add_validator"), &sudo_key()).await?;
		ensure(added.event("ValidatorSet", "ValidatorAdded").is_some(), || {
			"no event ValidatorAdded".into()
		})?;
		let again = client.sudo(&of_eve("add_validator"), &sudo_key()).await;
		let error = again.err().and_then(|error| error.dispatch_error().map(str::to_owned));
		ensure(error.as_deref() == Some("ValidatorSet::AlreadyValidator"), || {
			format!("adding it again: {error:?} instead of ValidatorSet::AlreadyValidator")
		})?;
		let set_keys = node.rotate_keys(&eve).await?;
		let keyed = client.send(&set_keys, &dev::eve()).await?;
		let keys = client.session_keys(&eve).await?;
		let keys = keys.ok_or_else(|| petra_tests::Error::Violated("no keys were set".into()))?;

		let since = first_with(&client, &eve, true, keyed.block.number).await?;
		println!("added in block {}, a validator since block {since}", added.block.number);
		let in_office = authorities_at(&client, since).await?;
		ensure(in_office.validators.len() == 5, || format!("{:?}", in_office.validators))?;
		ensure(in_office.aura.contains(&keys.aura), || "not among Aura's authorities".into())?;
		ensure(in_office.grandpa.contains(&keys.grandpa), || "not among GRANDPA's".into())?;

		let numbers = wait::twenty_more(&network.clients().await?).await?;
		let made = authors(&client, since + 1..=*numbers.end()).await?;
		ensure(made.contains(&keys.aura), || "the new validator made no block".into())?;
		ensure(made.len() == 5, || format!("{} of 5 validators made blocks", made.len()))?;

		// Its keys change while it is in office: the new ones count two sessions later.
		let rotated = client.send(&node.rotate_keys(&eve).await?, &dev::eve()).await?;
		let new_keys = client.session_keys(&eve).await?;
		let new_keys = new_keys.filter(|new| *new != keys);
		let new_keys = new_keys
			.ok_or_else(|| petra_tests::Error::Violated("the keys did not change".into()))?;
		let settled = rotated.block.number + TWO_SESSIONS + 1;
		wait::finalized(&client, settled + 10).await?;
		let now = authorities_at(&client, settled).await?;
		ensure(now.aura.contains(&new_keys.aura) && !now.aura.contains(&keys.aura), || {
			"Aura does not have the new key instead of the old one".into()
		})?;
		let made = authors(&client, settled + 1..=settled + 10).await?;
		ensure(made.contains(&new_keys.aura), || "no block with the new key".into())?;

		let removed = client.sudo(&of_eve("remove_validator"), &sudo_key()).await?;
		ensure(removed.event("ValidatorSet", "ValidatorRemoved").is_some(), || {
			"no event ValidatorRemoved".into()
		})?;
		let until = first_with(&client, &eve, false, removed.block.number).await?;
		println!("removed in block {}, no validator since block {until}", removed.block.number);
		let numbers = wait::twenty_more(&network.clients().await?).await?;
		let made = authors(&client, until + 1..=*numbers.end()).await?;
		ensure(!made.contains(&new_keys.aura), || "the removed validator made a block".into())?;
		ensure(made.len() == 4, || format!("{} of 4 validators made blocks", made.len()))?;
		let gone = authorities_at(&client, *numbers.end()).await?;
		ensure(!gone.grandpa.contains(&new_keys.grandpa), || "still among GRANDPA's".into())
	})
	.await
}
