//! Safe-mode closes the chain to everybody but the regulator, whose sudo goes on working, and opens it again.

use crate::support::{account_of, ensure, set_balance, sudo_key, EUR};
use petra_client::{call, dev, AccountId32};
use petra_tests::{wait, with_network, NetworkOptions, Result, FULL_NODE};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_sudo_should_work_when_safe_mode_is_on() -> Result {
	with_network(NetworkOptions::new("safe-mode"), async |network| {
		let client = network.client(FULL_NODE).await?;
		let (bob, eve) = (dev::bob(), account_of(&dev::eve()));
		let newcomer = AccountId32([42; 32]);
		let before = client.free_balance(&eve).await?;

		let on = client.sudo(&call("SafeMode", "force_enter", []), &sudo_key()).await?;
		ensure(on.event("SafeMode", "Entered").is_some(), || "no event SafeMode.Entered".into())?;

		// Closed to everybody, also to the sudo key itself…
		for payer in [bob.clone(), sudo_key()] {
			let refused = client.transfer(&payer, &eve, EUR).await;
			let error = refused.err().and_then(|error| error.dispatch_error().map(str::to_owned));
			ensure(error.as_deref() == Some("System::CallFiltered"), || {
				format!("a payment in safe-mode: {error:?} instead of System::CallFiltered")
			})?;
		}
		ensure(client.free_balance(&eve).await? == before, || "a payment arrived".into())?;

		// …but not to sudo…
		let gift = client.sudo(&set_balance(&newcomer, 7 * EUR), &sudo_key()).await?;
		ensure(gift.event("Balances", "BalanceSet").is_some(), || "sudo set no balance".into())?;
		ensure(client.free_balance(&newcomer).await? == 7 * EUR, || "sudo gave no money".into())?;

		// …and the chain itself goes on.
		wait::twenty_more(&network.clients().await?).await?;

		let off = client.sudo(&call("SafeMode", "force_exit", []), &sudo_key()).await?;
		ensure(off.event("SafeMode", "Exited").is_some(), || "no event SafeMode.Exited".into())?;
		client.transfer(&bob, &eve, EUR).await?;
		ensure(client.free_balance(&eve).await? == before + EUR, || {
			"the same payment did not arrive after safe-mode".into()
		})
	})
	.await
}
