//! A client whose connection lasts: a node that is killed and restarted only delays it.

use crate::support::{account_of, ensure, payment, EUR};
use petra_client::{dev, Client, Finality};
use petra_tests::{wait, with_network, NetworkOptions, Result, FULL_NODE};
use std::time::Duration;

/// Blocks that are followed, before and after the node is killed.
const BLOCKS: u64 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_should_miss_nothing_when_its_node_is_killed_and_restarted() -> Result {
	with_network(NetworkOptions::new("reconnect"), async |network| {
		let url = network.node(FULL_NODE)?.url.clone();
		let client = Client::connect_lasting(&url, Duration::from_secs(60)).await?;
		let (bob, eve) = (dev::bob(), account_of(&dev::eve()));
		let before = client.free_balance(&eve).await?;

		let first = client.finalized_head().await?.number;
		let mut blocks = client.follow(first);
		for number in first..first + 3 {
			ensure(blocks.next().await?.block.number == number, || format!("not {number}"))?;
		}
		// Signed and not sent: what a service keeps, so that a crash loses nothing.
		let signed = client.sign(&payment(&eve, EUR), &bob).await?;
		network.kill(&[FULL_NODE]).await?;
		let down = async {
			// Asked for while nobody answers; answered when somebody does.
			let settled = client.settle(&signed).await?;
			let again = client.settle(&signed).await?;
			ensure(again.block == settled.block, || "settled twice, in two blocks".into())
		};
		let up = async { network.restart(&[FULL_NODE]).await };
		wait::within(wait::limit_for(60), "settling", async { futures::try_join!(down, up) })
			.await?;
		ensure(client.free_balance(&eve).await? == before + EUR, || "it was not paid once".into())?;

		let follow = async {
			for number in first + 3..first + 3 + BLOCKS {
				let next = blocks.next().await?.block;
				ensure(next.number == number, || format!("{} instead of {number}", next.number))?;
				ensure(client.block_hash(number).await? == Some(next.hash), || {
					"another block".into()
				})?;
			}
			Ok::<_, petra_tests::Error>(())
		};
		wait::within(wait::limit_for(BLOCKS), "following", follow).await?;

		// And sends, as before.
		client.send_until(&payment(&eve, EUR), &bob, Finality::Included).await?;
		wait::twenty_more(&network.clients().await?).await?;
		Ok(())
	})
	.await
}
