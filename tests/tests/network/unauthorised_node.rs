//! A node that is not in genesis and that nobody authorised never becomes a validator, whatever it tries.

use crate::support::{account_of, authors, ensure, hash_of};
use petra_client::{call, dev, Call, Client, Keypair, Value};
use petra_tests::{wait, with_network, NetworkOptions, Result, FULL_NODE};

/// Blocks in a session here, so that several pass.
const SESSION: u32 = 6;
/// Sessions that pass after it has done all it can: a change counts after two.
const SESSIONS: u32 = 4;

async fn refused_with(client: &Client, attempt: &Call, by: &Keypair, expected: &str) -> Result {
	let name = format!("{}.{}", attempt.pallet_name(), attempt.call_name());
	let error = client.send(attempt, by).await.err();
	let error = error.as_ref().and_then(|error| error.dispatch_error());
	ensure(error == Some(expected), || format!("{name}: {error:?} instead of {expected}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_should_never_become_a_validator_when_nobody_authorised_it() -> Result {
	let options = NetworkOptions::new("intruder").session_length(SESSION);
	with_network(options, async |network| {
		// It runs with `--validator`, has keys, and money to pay with.
		let node = network.add_validator_node("ferdie").await?;
		let client = network.client(FULL_NODE).await?;
		let intruder = dev::ferdie();
		let account = account_of(&intruder);

		client.send(&node.rotate_keys(&account).await?, &intruder).await?;
		let keys = client.session_keys(&account).await?;
		let keys = keys.ok_or_else(|| petra_tests::Error::Violated("no keys were set".into()))?;
		let add = call("ValidatorSet", "add_validator", [Value::from_bytes(account.0)]);
		refused_with(&client, &add, &intruder, "BadOrigin").await?;
		let by_sudo = call("Sudo", "sudo", [add.into_value()]);
		refused_with(&client, &by_sudo, &intruder, "Sudo::RequireSudo").await?;

		let start = client.finalized_head().await?;
		let first = client.session_index(start.hash).await?;
		let last = start.number + u64::from(SESSIONS * SESSION);
		let clients = network.clients().await?;
		wait::all_finalized(&clients, last).await?;
		wait::same_blocks(&clients, start.number..=last).await?;
		let passed = client.session_index(hash_of(&client, last).await?).await? - first;
		ensure(passed >= SESSIONS, || format!("only {passed} sessions passed"))?;

		for number in start.number..=last {
			let now = client.authorities(hash_of(&client, number).await?).await?;
			let member = now.validators.contains(&account)
				|| now.aura.contains(&keys.aura)
				|| now.grandpa.contains(&keys.grandpa);
			ensure(!member, || format!("the node is a validator in block {number}"))?;
		}
		let made = authors(&client, start.number + 1..=last).await?;
		ensure(!made.contains(&keys.aura), || "the node made a block".into())?;
		println!("{passed} sessions passed without it");
		Ok(())
	})
	.await
}
