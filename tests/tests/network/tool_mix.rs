//! `petra mix` at real nodes: households put notes of energy and money into rings and take them out at fresh addresses; one
//! takes a note back from a ring that failed; and programs that are killed in between go on where they were.

use crate::{
	command::{address, kill_when, number, text, until, violated, words, Petra},
	support::ensure,
};
use futures::future::try_join_all;
use petra_client::{
	mixing::{journal::Journal, Note},
	types::Timestep,
	AccountId32, Client,
};
use petra_tests::{wait, with_network, Error, NetworkOptions, Result, ScratchDirectory, FULL_NODE};
use serde_json::Value;
use std::{
	collections::{BTreeMap, BTreeSet},
	path::Path,
};

/// As many as a ring must have members.
const HOUSEHOLDS: usize = 6;
/// Blocks that a note must have been in its ring.
const AGE: u32 = 3;
/// The papers' interval of control signals, so that a ring can miss its gate closure while the test runs.
const TIMESTEP_MS: u64 = 4_000;
/// Watts, timesteps and money of the notes that are mixed.
const POWER: u64 = 400;
const LENGTH: Timestep = 4;
const AMOUNT: u128 = 64_000_000;

/// The household that is alone in a ring, the one that is killed while it deposits, and the one while it withdraws.
const LONELY: usize = 0;
const KILLED_AT_DEPOSIT: usize = 1;
const KILLED_AT_WITHDRAWAL: usize = 2;

fn wallet(household: usize) -> String {
	format!("household-{household}.wallet")
}

/// Makes the households' wallets; returns a genesis with their meters, which have the same numbers.
async fn genesis(petra: &Petra) -> Result<String> {
	let parameters =
		format!("[relaychain.genesis.regulation.parameters]\ntimestepMs = {TIMESTEP_MS}\n");
	let meters = (0..HOUSEHOLDS).map(|household| async move {
		let petra = petra.of(&wallet(household));
		petra.does("wallet new").await?;
		let key = petra.does(&format!("wallet address --meter {household}")).await?;
		Ok::<_, Error>(format!(
			"[[relaychain.genesis.meterRegistry.meters]]\nid = {household}\npubkey = \"{}\"\nfeeder = 1\n\
			 path = \"meter\"\nlimits = {{ maxProduction = 1000, maxConsumption = 1000, maxFinancial = 1000000000 }}\n",
			key.trim()
		))
	});
	Ok(parameters + &try_join_all(meters).await?.concat())
}

/// What a household's meter withdrew.
struct Withdrawn {
	/// The energy.
	asset: u64,
	/// Where the money is.
	payer: String,
	/// Both addresses.
	addresses: [AccountId32; 2],
}

/// A household's meter withdraws energy and money, to an address each.
async fn withdraw(petra: Petra, household: usize, start: Timestep) -> Result<Withdrawn> {
	let end = start + LENGTH - 1;
	let energy =
		format!("meter withdraw {household} --production {POWER} --from {start} --to {end}");
	let energy = petra.answers(&energy, "").await?;
	let money = format!("meter withdraw {household} --money {AMOUNT}units");
	let money = petra.answers(&money, "").await?;
	let (holder, payer) = (&energy["assets"][0]["address"], &money["money"]["address"]);
	Ok(Withdrawn {
		asset: number(&energy["assets"][0]["assetId"])?,
		payer: text(payer)?.into(),
		addresses: [address(holder)?, address(payer)?],
	})
}

/// What a household's journal says last of each note, by number.
fn journal(directory: &Path, household: usize) -> Result<BTreeMap<u64, Value>> {
	let path = directory.join(wallet(household) + ".mixing");
	let mut entries = BTreeMap::new();
	for line in std::fs::read_to_string(path).map_err(violated)?.lines() {
		let mut entry: Value = serde_json::from_str(line).map_err(violated)?;
		entries.insert(number(&entry["number"])?, entry["stage"].take());
	}
	Ok(entries)
}

/// A household puts a note into a ring where nobody else's will be. Returns the pool.
async fn be_alone(petra: &Petra, client: &Client) -> Result<Note> {
	let start = client.ledger().await?.current_timestep().await? + 6;
	let line = format!("meter withdraw {LONELY} --production 200 --from {start} --to {start}");
	let made = petra.answers(&line, "").await?;
	let asset = number(&made["assets"][0]["assetId"])?;
	let said = petra.answers(&format!("mix deposit {asset} --within 0"), "").await?;
	serde_json::from_value(said["pool"].clone()).map_err(violated)
}

/// A household puts its energy and its money into their rings. Returns the notes' numbers.
async fn deposit(
	petra: Petra,
	household: usize,
	client: &Client,
	directory: &Path,
	lot: &Withdrawn,
) -> Result<[u64; 2]> {
	let energy = format!("mix deposit {} --within 0", lot.asset);
	let first = if household == KILLED_AT_DEPOSIT {
		let gone = async || Ok(client.ledger().await?.asset(lot.asset).await?.is_none());
		kill_when(&petra, &energy, client, gone).await?;
		let left = journal(directory, household)?;
		ensure(left[&0]["depositing"].is_object(), || format!("{left:?}"))?;
		0
	} else {
		let said = petra.answers(&energy, "").await?;
		ensure(said["ring"] == 0 && said["pool"]["energy"]["power"] == POWER, || said.to_string())?;
		number(&said["note"])?
	};
	let money = format!("mix deposit --money 0.064EUR --from {} --within 0", lot.payer);
	let second = first + 1;
	let said = petra.does(&money).await?;
	let expected = format!("note {second}: 0.064 EUR is in ring 0, as member");
	ensure(said.contains(&expected), || said)?;
	Ok([first, second])
}

/// What cannot be put into a ring.
async fn deposits_refused(petra: &Petra, mine: &Withdrawn, other: &Withdrawn) -> Result {
	petra.must(&words("mix deposit"), 2, &["--money"]).await?;
	petra.must(&words("mix deposit 1 --within soon"), 2, &["90s, 10m, 4h"]).await?;
	petra.must(&words("mix deposit 77 --within 0"), 7, &["no asset 77"]).await?;
	let foreign = format!("mix deposit {} --within 0", other.asset);
	petra.must(&words(&foreign), 6, &["not this wallet's"]).await?;
	petra
		.must(&words("mix deposit --money 1EUR --from 99"), 6, &["not this wallet's"])
		.await?;
	let odd = format!("mix deposit --money 0.063EUR --from {} --within 0", mine.payer);
	petra.must(&words(&odd), 5, &["Mixing::NotANote", "power of two"]).await?;
	let much = format!("mix deposit --money 0.128EUR --from {} --within 0", mine.payer);
	petra.must(&words(&much), 5, &["Mixing::InsufficientFunds"]).await?;
	Ok(())
}

/// What people and programs are told of a household whose program was killed while it deposited.
async fn status_is_known(petra: &Petra) -> Result {
	let said = petra
		.must(&words("mix status"), 0, &["1 notes were found in the pools"])
		.await?;
	for part in [
		"note 0: 400 W of production from timestep",
		"note 1: 0.064 EUR, in ring 0, one of 6",
		"pool of 0.064 EUR: ring 0, 6 members, withdrawals",
		"pool of 200 W of production",
		"1 members, no withdrawals yet",
	] {
		ensure(said.contains(part), || format!("{said}\nwithout {part:?}"))?;
	}
	let status = petra.answers("mix status", "").await?;
	let (notes, pools) = (&status["notes"], &status["pools"]);
	let counts = (notes.as_array().map(Vec::len), pools.as_array().map(Vec::len));
	ensure(counts == (Some(2), Some(3)), || status.to_string())?;
	for note in notes.as_array().into_iter().flatten() {
		let (pooled, members) = (&note["note"]["stage"]["pooled"], &note["members"]);
		let there = pooled["ring"] == 0 && *members == HOUSEHOLDS && note["failed"] == false;
		ensure(there, || status.to_string())?;
	}
	Ok(())
}

/// What cannot be taken out of a ring.
async fn withdrawals_refused(petra: &Petra, directory: &Path, sender: &str) -> Result {
	petra
		.must(&words("mix withdraw --note 9 --within 0"), 7, &["no note 9"])
		.await?;
	let crowd = "mix withdraw --note 2 --members 50 --blocks 2 --within 0";
	petra.must(&words(crowd), 4, &["at least 50 members"]).await?;
	petra
		.must(&words(&format!("mix reclaim 9 --from {sender}")), 7, &["no note"])
		.await?;

	let held = Journal::open(directory.join(wallet(LONELY) + ".mixing")).map_err(violated)?;
	petra
		.must(&words("mix status"), 2, &["another program has the journal"])
		.await?;
	drop(held);
	let damaged = "damaged.wallet";
	std::fs::copy(directory.join(wallet(LONELY)), directory.join(damaged)).map_err(violated)?;
	std::fs::write(directory.join("damaged.wallet.mixing"), "nothing\n").map_err(violated)?;
	petra
		.of(damaged)
		.must(&words("mix status"), 2, &["line 1 of the journal"])
		.await?;
	Ok(())
}

/// A household takes its two notes out. Returns where they arrived, and checks that they are there.
async fn take_out(
	petra: Petra,
	household: usize,
	[energy, money]: [u64; 2],
	client: &Client,
	directory: &Path,
) -> Result<Vec<AccountId32>> {
	let mut promised = None;
	let line = format!("mix withdraw --note {energy} --note {money} --members 6 --within 0");
	if household == KILLED_AT_WITHDRAWAL {
		let arrived = async || {
			let recipient = match &journal(directory, household)?[&energy]["withdrawing"] {
				Value::Null => return Ok(false),
				stage => bytes(&stage["recipient"])?,
			};
			Ok(!client.ledger().await?.assets_of(&recipient).await?.is_empty())
		};
		kill_when(&petra, &line, client, arrived).await?;
		let stage = &journal(directory, household)?[&energy]["withdrawing"];
		promised = Some(bytes(&stage["recipient"])?);
	}
	let said = petra.answers(&line, "").await?;
	let recipients = [address(&said[0]["recipient"])?, address(&said[1]["recipient"])?];
	// What was killed had come through: nothing is proven again.
	let again = if promised.is_some() { 0 } else { HOUSEHOLDS };
	let members = said[0]["members"] == again && said[1]["members"] == HOUSEHOLDS;
	ensure(members && promised.is_none_or(|promised| promised == recipients[0]), || {
		format!("after {promised:?}: {said}")
	})?;
	let assets = client.ledger().await?.assets_of(&recipients[0]).await?;
	let is_note = assets.len() == 1 && assets[0].1.power == POWER && !assets[0].1.traded;
	let there = is_note && client.free_balance(&recipients[1]).await? == AMOUNT;
	ensure(there, || format!("household {household} has {assets:?} after {said}"))?;
	// The wallet has the keys.
	let listed = petra.answers("asset list", "").await?;
	ensure(listed[0]["assetId"] == assets[0].0, || listed.to_string())?;
	Ok(recipients.to_vec())
}

/// An account as the journal has it.
fn bytes(value: &Value) -> Result<AccountId32> {
	let mut account = [0; 32];
	hex::decode_to_slice(text(value)?.trim_start_matches("0x"), &mut account).map_err(violated)?;
	Ok(AccountId32(account))
}

/// The lonely household takes its note back, openly.
async fn take_back(petra: &Petra, client: &Client, pool: &Note, from: &str) -> Result {
	let failed = async || Ok(client.mixing_ring(pool, 0).await?.is_some_and(|ring| ring.failed));
	until(client, "the ring failing", failed).await?;
	let said = petra.does("mix status").await?;
	ensure(said.contains("its ring has failed: `petra mix reclaim`"), || said)?;
	petra
		.must(&words("mix withdraw --within 0"), 4, &["has failed", "reclaim"])
		.await?;

	let reclaim = format!("mix reclaim 0 --from {from}");
	let said = petra.answers(&reclaim, "").await?;
	let recipient = address(&said["recipient"])?;
	let assets = client.ledger().await?.assets_of(&recipient).await?;
	ensure(assets.len() == 1 && assets[0].1.power == 200, || format!("{said}: {assets:?}"))?;
	petra.must(&words(&reclaim), 7, &["in no ring any more"]).await?;
	let said = petra.does("mix withdraw --within 0").await?;
	ensure(said.contains("no notes are in rings"), || said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn households_should_mix_with_the_tool_when_some_are_killed_and_one_is_alone() -> Result {
	let directory = ScratchDirectory::new("tool-mix")?;
	let here = directory.path();
	std::fs::write(here.join("alice.key"), "//Alice\n").map_err(violated)?;
	let genesis = genesis(&Petra::new(here, "ws://127.0.0.1:9")).await?;
	with_network(NetworkOptions::new("tool-mix").genesis(genesis), async |network| {
		let client = network.client(FULL_NODE).await?;
		let petra = Petra::new(here, client.url());
		let of = |household| petra.of(&wallet(household)).hasty();
		wait::finalized(&client, 2).await?;
		let rules = format!("--key-file alice.key dso rings --members {HOUSEHOLDS} --age {AGE}");
		petra.does(&rules).await?;
		let none = petra.of("nowhere").does("mix status").await?;
		ensure(none.contains("there are no pools"), || none)?;

		let more = format!("meter withdraw {LONELY} --money 1000units");
		let sender = of(LONELY).answers(&more, "").await?["money"]["address"].clone();
		let sender = text(&sender)?;
		let pool = be_alone(&of(LONELY), &client).await?;
		let early = format!("mix reclaim 0 --from {sender}");
		of(LONELY).must(&words(&early), 5, &["Mixing::RingNotFailed"]).await?;
		let now = client.ledger().await?.current_timestep().await?;
		let start = (now + 60).next_multiple_of(LENGTH);
		let lots = (0..HOUSEHOLDS).map(|household| withdraw(of(household), household, start));
		let lots = try_join_all(lots).await?;
		deposits_refused(&of(3), &lots[3], &lots[4]).await?;

		let depositing =
			lots.iter().enumerate().map(|(n, lot)| deposit(of(n), n, &client, here, lot));
		let notes = try_join_all(depositing).await?;
		let age = client.best_head().await?.number + u64::from(AGE);
		wait::best(&client, age).await?;
		status_is_known(&of(KILLED_AT_DEPOSIT)).await?;
		withdrawals_refused(&of(LONELY), here, sender).await?;

		let leaving = notes
			.into_iter()
			.enumerate()
			.map(|(n, notes)| take_out(of(n), n, notes, &client, here));
		let recipients = try_join_all(leaving).await?.concat();
		// Nobody has seen any of the addresses before.
		let seen: BTreeSet<_> = lots.iter().flat_map(|lot| lot.addresses).map(|a| a.0).collect();
		let fresh: BTreeSet<_> = recipients.iter().map(|a| a.0).collect();
		ensure(fresh.len() == 2 * HOUSEHOLDS && fresh.is_disjoint(&seen), || {
			format!("{recipients:?} were used before")
		})?;
		take_back(&of(LONELY), &client, &pool, sender).await
	})
	.await
}
