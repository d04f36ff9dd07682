//! The regulator upgrades the runtime by sudo while transactions are under way.

use crate::support::{account_of, ensure, key_of, payment, sudo_key, EUR};
use petra_client::{call, dev, Client, Error as ClientError, Value};
use petra_tests::{wait, with_network, Error, NetworkOptions, Result, FULL_NODE};
use std::{
	path::PathBuf,
	sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Payments that must have gone through before the upgrade, and again after it.
const PAYMENTS: u64 = 5;
/// What each pays: more than fees, so that a balance tells how many arrived.
const AMOUNT: u128 = EUR;

/// Payments one after the other, as many as go through until it is told to stop.
struct Stream<'a> {
	client: &'a Client,
	stop: AtomicBool,
	paid: AtomicU64,
}

impl Stream<'_> {
	/// A payment that was signed for the runtime before the upgrade and comes into no block any more is signed anew, as
	/// a wallet does; any other failure fails the test.
	async fn run(&self) -> Result<u64> {
		let mut renewed = 0;
		let payment = payment(&account_of(&dev::eve()), AMOUNT);
		let payer = key_of("//Bob//stash");
		while !self.stop.load(Ordering::Relaxed) {
			let signed = self.client.sign(&payment, &payer).await?;
			let mut sent = match self.client.submit_signed(&signed).await {
				Ok(submitted) => submitted.in_block().await.map(|included| included.outcome),
				Err(error) => Err(error),
			};
			if matches!(sent, Err(ClientError::Refused { .. })) {
				// By the pool on this fork; the fork that stays may have it.
				sent = self.client.settle(&signed).await;
			}
			match sent {
				Ok(_) => self.paid.fetch_add(1, Ordering::Relaxed),
				Err(ClientError::Refused { .. } | ClientError::Expired { .. })
					if renewed < PAYMENTS =>
				{
					renewed += 1;
					// The pool follows the upgrade with the next block.
					self.client.best_heads().await?.reach(self.best().await? + 1).await?;
					continue;
				},
				Err(error) => return Err(error.into()),
			};
		}
		Ok(renewed)
	}

	async fn best(&self) -> Result<u64> {
		Ok(self.client.best_head().await?.number)
	}

	async fn more_paid(&self) -> Result {
		let target = self.paid.load(Ordering::Relaxed) + PAYMENTS;
		let mut heads = self.client.best_heads().await?;
		let reached = async {
			while self.paid.load(Ordering::Relaxed) < target {
				heads.next_number().await?;
			}
			Ok::<_, ClientError>(())
		};
		wait::within(wait::limit_for(2 * PAYMENTS), "payments going through", reached).await
	}
}

/// The runtime to upgrade to: the file that `PETRA_UPGRADE_WASM` names, else the one that was built with this test.
fn next_runtime() -> Result<Vec<u8>> {
	if let Some(path) = std::env::var_os("PETRA_UPGRADE_WASM").map(PathBuf::from) {
		return std::fs::read(&path)
			.map_err(|error| Error::Violated(format!("{}: {error}", path.display())));
	}
	petra_upgrade::WASM_BINARY.map(<[u8]>::to_vec).ok_or(Error::NotGiven {
		variable: "PETRA_UPGRADE_WASM",
		what: "and this test was built with SKIP_WASM_BUILD. Build it without, or name a runtime with a higher \
		       spec_version",
	})
}

async fn upgrade(client: &Client, code: Vec<u8>, stream: &Stream<'_>) -> Result {
	stream.more_paid().await?;
	let set_code = call("System", "set_code", [Value::from_bytes(code)]);
	let outcome = client.sudo_unchecked_weight(&set_code, &sudo_key()).await?;
	ensure(outcome.event("System", "CodeUpdated").is_some(), || "no event CodeUpdated".into())?;
	println!("the code was replaced in block {}", outcome.block.number);
	stream.more_paid().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_should_go_on_when_sudo_upgrades_the_runtime() -> Result {
	let code = next_runtime()?;
	with_network(NetworkOptions::new("upgrade"), async |network| {
		let client = network.client(FULL_NODE).await?;
		wait::finalized(&client, 3).await?;
		let old = client.runtime_version().await?;
		let before = client.free_balance(&account_of(&dev::eve())).await?;

		let stream =
			Stream { client: &client, stop: AtomicBool::new(false), paid: AtomicU64::new(0) };
		let upgrading = async {
			upgrade(&client, code.clone(), &stream).await?;
			stream.stop.store(true, Ordering::Relaxed);
			Ok(())
		};
		let ((), renewed) = futures::try_join!(upgrading, stream.run())?;
		let paid = stream.paid.load(Ordering::Relaxed);
		println!("{paid} payments went through, {renewed} were signed anew for the new runtime");

		let clients = network.clients().await?;
		wait::twenty_more(&clients).await?;
		for client in &clients {
			let new = client.runtime_version().await?;
			ensure(new.spec_version > old.spec_version, || {
				format!("{} still runs {new:?}, it ran {old:?}", client.url())
			})?;
		}
		println!(
			"spec_version {} → {}",
			old.spec_version,
			client.runtime_version().await?.spec_version
		);

		let received = client.free_balance(&account_of(&dev::eve())).await? - before;
		ensure(received == u128::from(paid) * AMOUNT, || {
			format!("{paid} payments were in blocks, but {received} billionths arrived")
		})?;
		// The chain says of itself what it runs now, and the node knows its new metadata.
		let deposit: u128 = client.constant("Balances", "ExistentialDeposit").await?;
		ensure(deposit > 0, || "no existential deposit".into())
	})
	.await
}
