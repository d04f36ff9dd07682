//! `petra meter run`: what its household keeps or gives away, a meter sees when the assets have expired; and it takes
//! readings as they come.

use crate::{
	command::{until, violated, words, Petra},
	support::{account_of, ensure, key_of},
};
use petra_client::{
	agents::link::{Answer, Link, Question},
	billing::{file::BillFile, Bill, Flag, Signed},
	calls,
	types::{AssetKind, MeterId, Power, Timestep, WithdrawalOutput},
	AccountId32, Client, Keypair, H256,
};
use petra_tests::{
	wait::{self, within},
	with_network, NetworkOptions, Result, ScratchDirectory, FULL_NODE,
};
use std::{fs, path::Path, time::Duration};
use tokio::{io::AsyncWriteExt, process::Child};

const METER: MeterId = 7;
const POWER: Power = 500;
const TIMESTEP_MS: u64 = 2_000;
/// For so many timesteps after its end an asset can be deposited.
const WINDOW: Timestep = 3;
/// How long the meter may take to answer, or to end.
const LIMIT: Duration = Duration::from_secs(60);

fn genesis(key: &str) -> String {
	format!(
		"[relaychain.genesis.regulation.parameters]\ntimestepMs = {TIMESTEP_MS}\nsettlementWindow = {WINDOW}\n\
		 [[relaychain.genesis.meterRegistry.meters]]\nid = {METER}\npubkey = \"{key}\"\nfeeder = 1\npath = \"meter\"\n\
		 limits = {{ maxProduction = 1000, maxConsumption = 1000, maxFinancial = 1000000000 }}\n"
	)
}

/// Asks the meter for permissions of both kinds in one timestep.
async fn withdraw(link: &Link, id: &str, t: Timestep, to: &[(AssetKind, &Keypair)]) -> Result<()> {
	let outputs = to.iter().map(|(kind, owner)| WithdrawalOutput::Energy {
		address: account_of(owner),
		kind: *kind,
		power: POWER,
		start: t,
		end: t,
	});
	let question = Question::Withdraw { id: id.into(), outputs: outputs.collect() };
	within(LIMIT, "a withdrawal", async { link.ask(&question).await.map_err(violated) }).await?;
	Ok(())
}

/// Deposits what an address has. The meter knows that it is the household's: it withdrew to it.
async fn deposit(client: &Client, owner: &Keypair) -> Result<()> {
	let assets = client.final_ledger().await?.assets_of(&account_of(owner)).await?;
	let [(asset, _)] = assets[..] else { return Err(violated(format!("{assets:?}"))) };
	client.send(&calls::deposit_energy_asset(asset), owner).await?;
	Ok(())
}

async fn say(meter: &mut Child, lines: &str) -> Result<()> {
	let stdin = meter.stdin.as_mut().ok_or_else(|| violated("the meter hears nothing"))?;
	stdin.write_all(lines.as_bytes()).await.map_err(violated)
}

/// The flag that the meter wrote, which it must have signed.
fn flag(path: &Path, genesis: H256, key: &AccountId32) -> Result<Flag> {
	let text = fs::read_to_string(path).map_err(violated)?;
	let signed: Signed<Flag> = serde_json::from_str(&text).map_err(violated)?;
	ensure(signed.is_signed_by(genesis, key), || text.clone())?;
	Ok(signed.content)
}

/// `E` of each timestep that the bill has.
fn energies(path: &Path) -> Result<Vec<i128>> {
	let bill = BillFile::read(path).map_err(violated)?.bill().map_err(violated)?;
	match bill.content {
		Bill::Detailed(bill) => Ok(bill.figures.iter().map(|figures| figures.energy).collect()),
		Bill::Total(total) => Err(violated(format!("{total:?}"))),
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn meter_should_flag_what_is_kept_and_withdraw_nothing_more() -> Result {
	let directory = ScratchDirectory::new("meter")?;
	let here = directory.path();
	let petra = Petra::new(here, "ws://127.0.0.1:1");
	petra.does("wallet new").await?;
	let key = petra.does(&format!("wallet address --meter {METER}")).await?;
	let key: AccountId32 = key.trim().parse().map_err(violated)?;
	let options = NetworkOptions::new("meter").genesis(genesis(&key.to_string()));
	with_network(options, async |network| {
		let client = network.client(FULL_NODE).await?;
		wait::finalized(&client, 1).await?;
		let first = client.ledger().await?.current_timestep().await? + 10;
		let line = format!(
			"--json meter run {METER} --socket socket --readings - --first {first} --bill-first {first} --bill-last {} \
			 --detailed --spread 1",
			first + 2
		);
		let mut meter = petra.at(&network.node(FULL_NODE)?.url).start(&words(&line))?;
		let link = Link::new(&here.join("socket"));

		let (sells, buys) = (key_of("//Seller"), key_of("//Buyer"));
		let both = [(AssetKind::Production, &sells), (AssetKind::Consumption, &buys)];
		withdraw(&link, "1", first, &both).await?;
		// The permission to buy is deposited, that to sell is not.
		deposit(&client, &buys).await?;
		say(&mut meter, &format!("{first} 0.5\nhalf of it\n{} -0.25\n", first + 1)).await?;

		let expired = async || {
			Ok(client.final_ledger().await?.current_timestep().await? > first + WINDOW)
		};
		until(&client, "the settlement window", expired).await?;
		let later = client.ledger().await?.current_timestep().await? + 5;
		let refused = withdraw(&link, "2", later, &both[..1]).await;
		let reason = refused.err().map(|error| error.to_string()).unwrap_or_default();
		ensure(reason.contains(&format!("in timestep {first} ")), || reason.clone())?;
		let found = flag(&here.join("flag.json"), client.final_ledger().await?.genesis(), &key)?;
		let expected = Flag { meter: METER, timestep: first, mismatch: POWER.into() };
		ensure(found == expected, || format!("{found:?}"))?;
		let seller = client.final_ledger().await?.assets_of(&account_of(&sells)).await?;
		ensure(seller.iter().all(|(_, asset)| asset.end == first), || format!("{seller:?}"))?;

		say(&mut meter, &format!("{} 0\n", first + 2)).await?;
		let finished = link.ask(&Question::Finished).await;
		ensure(matches!(finished, Ok(Answer::Done)), || format!("{finished:?}"))?;
		let ended = async { meter.wait_with_output().await.map_err(violated) };
		let ended = within(LIMIT, "the end of the meter", ended).await?;
		let said = String::from_utf8_lossy(&ended.stderr).into_owned();
		ensure(ended.status.success() && said.contains("misread"), || format!("{ended:?}"))?;
		// 500 W were fed in, for which the permission was used up; 250 W were drawn; nothing.
		let energies = energies(&here.join("bill.json"))?;
		ensure(energies == [0, 250, 0], || format!("{energies:?}"))
	})
	.await
}
