//! `petra spb` and the meter's part of it at real nodes: the section of docs/tool.md as it is written, a meter that works while
//! its household trades, programs that are killed in between, and what is refused.

use crate::{
	command::{address, kill_when, number, text, until, violated, words, Petra, Tour},
	support::ensure,
};
use petra_client::{AccountId32, Client, H256};
use petra_tests::{
	wait, with_network, Error, LocalNetwork, NetworkOptions, Result, ScratchDirectory, FULL_NODE,
};
use serde_json::Value;
use std::{path::Path, time::Duration};
use tokio::{
	io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, Lines},
	process::{Child, ChildStderr, ChildStdin},
};

/// The page's section.
const SECTION: &str = "Payment against delivery";
/// What the page has exported before it.
const EXPORTED: &str = "export PETRA_UNTIL=included PETRA_KEY_FILE=alice.key\n";
/// Whose meter signs certificates, and who sells; and who buys.
const SELLER: &str = "ann.wallet";
const BUYER: &str = "bob.wallet";
/// Their meters: those that the page names.
const METERS: [(&str, u32); 2] = [(SELLER, 1), (BUYER, 2)];
/// How long a running program may take to say something.
const PATIENCE: Duration = Duration::from_secs(60);
/// Money of 500 Wh at the page's price.
const COST: u64 = 100_000_000;

/// Makes the wallets, and a genesis with their meters.
async fn genesis(petra: &Petra) -> Result<String> {
	let mut tables = String::new();
	for (wallet, meter) in METERS {
		let petra = petra.of(wallet);
		petra.does("wallet new").await?;
		let key = petra.does(&format!("wallet address --meter {meter}")).await?;
		tables.push_str(&format!(
			"[[relaychain.genesis.meterRegistry.meters]]\nid = {meter}\npubkey = \"{}\"\nfeeder = 1\n\
			 path = \"meter\"\nlimits = {{ maxProduction = 0, maxConsumption = 0, maxFinancial = 100000000000 }}\n",
			key.trim()
		));
	}
	Ok(tables)
}

/// A program that goes on running, and what it says.
struct Working {
	_child: Child,
	stdin: ChildStdin,
	said: Lines<BufReader<ChildStderr>>,
}

impl Working {
	fn start(petra: &Petra, line: &str) -> Result<Self> {
		let mut child = petra.start(&words(line))?;
		let (Some(stdin), Some(stderr)) = (child.stdin.take(), child.stderr.take()) else {
			return Err(violated("the program has no pipes"));
		};
		Ok(Self { _child: child, stdin, said: lines(stderr) })
	}

	/// The next line that it says with this in it.
	async fn says(&mut self, part: &str) -> Result<String> {
		let waiting = async {
			loop {
				let line = self.said.next_line().await.map_err(violated)?;
				let line = line.ok_or_else(|| violated(format!("it ended without {part:?}")))?;
				if line.contains(part) {
					return Ok::<_, Error>(line);
				}
			}
		};
		wait::within(PATIENCE, format!("a program saying {part:?}"), waiting).await
	}

	async fn hears(&mut self, line: &str) -> Result {
		self.stdin.write_all(line.as_bytes()).await.map_err(violated)?;
		self.stdin.flush().await.map_err(violated)
	}
}

fn lines<R: AsyncRead + Unpin>(from: R) -> Lines<BufReader<R>> {
	BufReader::new(from).lines()
}

/// Who trades, and where.
struct Place {
	client: Client,
	seller: Petra,
	buyer: Petra,
	/// The seller's address, which has an energy account.
	shop: AccountId32,
	/// The buyer's, which has money.
	purse: AccountId32,
}

impl Place {
	/// As the page leaves it.
	async fn after_the_page(network: &LocalNetwork, petra: &Petra) -> Result<Self> {
		let client = network.client(FULL_NODE).await?;
		let [seller, buyer] = [SELLER, BUYER].map(|wallet| petra.of(wallet).hasty());
		let shop = address(&seller.answers("wallet address", "").await?[0]["address"])?;
		let purse = address(&buyer.answers("wallet address", "").await?[0]["address"])?;
		Ok(Self { client, seller, buyer, shop, purse })
	}

	async fn commits(&self, more: &str) -> Result<H256> {
		let line = format!("spb commit 500Wh --as 0 --meter 2 {more}");
		let made = self.buyer.answers(&line, "").await?;
		text(&made["id"])?.parse().map_err(violated)
	}

	async fn is_open(&self, commitment: H256) -> Result<bool> {
		Ok(self.client.ledger().await?.commitment(commitment).await?.is_some())
	}
}

/// The buyer's meter gets new one-time keys, signed by the seller's meter, and no other gets any.
async fn certify(place: &Place) -> Result {
	let Place { seller, buyer, .. } = place;
	let listening = "meter sign-certificates 1 --listen 127.0.0.1:0";
	let mut service = Working::start(seller, listening)?;
	let line = service.says("signs at").await?;
	let url = line.rsplit(' ').next().unwrap_or_default();
	let certify = |meter: u32, more: &str| {
		format!("meter certify {meter} --witness 1={url} {more}").trim().to_string()
	};
	let made = buyer.answers(&certify(2, "--leaves 32"), "").await?;
	ensure(made["signer"] == 1 && made["leaves"] == 32, || made.to_string())?;

	// A meter that the ledger does not know, one that asks in another's name, one that asks itself.
	let strange = certify(9, "");
	buyer.must(&words(&strange), 1, &["(403)", "meter 9 is not authorised"]).await?;
	let other = certify(2, "--state other.spb");
	seller
		.must(&words(&other), 1, &["(403)", "meter 2 has not signed this"])
		.await?;
	seller.must(&words(&certify(1, "")), 1, &["Asked: none"]).await?;
	buyer
		.must(&words(&certify(2, "--leaves 0")), 2, &["one-time keys, not 0"])
		.await?;
	drop(service);
	buyer
		.must(&words(&certify(2, "")), 1, &["no meter signed the root", url])
		.await?;
	let deaf = "meter certify 2 --witness somewhere";
	buyer.must(&words(deaf), 2, &["12=http://"]).await?;

	// Nobody serves with another's key.
	buyer.must(&words(listening), 6, &["meter 1 is not this wallet's"]).await?;
	let unknown = "meter sign-certificates 9";
	buyer.must(&words(unknown), 7, &["no meter 9"]).await?;
	Ok(())
}

/// The meter measures while its household commits, and confirms by itself; also what was committed by a program that was killed.
async fn measure(place: &Place) -> Result {
	let Place { client, buyer, purse, .. } = place;
	let mut meter = Working::start(buyer, "meter measure --meter 2")?;
	let first = place.commits("").await?;
	meter.hears("200\n\n").await?;
	meter.hears("0.3kWh\n").await?;
	let paid = meter.says("500 Wh came, 0.10 EUR paid").await?;
	ensure(paid.contains(&format!("{first:?}")), || paid)?;
	ensure(!place.is_open(first).await?, || "a confirmed commitment is open".into())?;

	let committed = async || Ok(!client.ledger().await?.commitments_of(purse).await?.is_empty());
	let patient = buyer.patient();
	kill_when(&patient, "spb commit 500Wh --as 0 --meter 2", client, committed).await?;
	meter.hears("500\n").await?;
	meter.says("500 Wh came, 0.10 EUR paid").await?;
	let none = async || Ok(client.ledger().await?.commitments_of(purse).await?.is_empty());
	until(client, "the commitment being confirmed", none).await?;

	// A program that reads nonsense says so.
	let told = "petra: `much` is no energy";
	meter.hears("much\n").await?;
	meter.says(told).await?;
	Ok(())
}

/// By hand: less than was committed pays its share if the commitment allows it, and else nothing.
async fn confirm(place: &Place) -> Result {
	let Place { buyer, seller, .. } = place;
	let (whole, part) = (place.commits("").await?, place.commits("--partial").await?);
	let line = |id: H256, energy: u32, more: &str| {
		format!("spb confirm {id:?} {energy}Wh --meter 2 {more}").trim().to_string()
	};
	buyer
		.must(&words(&line(whole, 499, "")), 4, &["Delivery::NotDelivered"])
		.await?;
	// The seller's wallet has not the buyer's meter.
	seller.must(&words(&line(whole, 500, "")), 6, &["no certified key"]).await?;
	buyer
		.must(&words(&line(H256::zero(), 500, "")), 7, &["no open commitment"])
		.await?;
	buyer
		.must(&words("spb confirm 0x12 500Wh --meter 2"), 2, &["no commitment's id"])
		.await?;
	for (id, energy, expected) in [(part, 200, COST * 2 / 5), (whole, 500, COST)] {
		let paid = buyer.answers(&line(id, energy, ""), "").await?;
		ensure(paid["paid"] == expected && paid["energy"] == energy, || paid.to_string())?;
	}
	buyer.must(&words(&line(part, 200, "")), 7, &["no open commitment"]).await?;
	Ok(())
}

/// Money that is locked pays for settlements, in order, and no more than it is.
async fn settle(place: &Place) -> Result {
	let Place { buyer, seller, shop, .. } = place;
	let settle = |energy: u32, block: u32| {
		format!("spb settle {energy}Wh --from {shop} --block {block} --as 0 --meter 2")
	};
	// The page has locked 1 EUR, and settled for 0.10. This would cost 1.20.
	seller.does("spb add 5kWh --price 0.30EUR/kWh --as 0").await?;
	let much = settle(4_000, 1);
	buyer.must(&words(&much), 4, &["Delivery::LockTooSmall"]).await?;
	for _ in 0..2 {
		let paid = buyer.answers(&settle(500, 0), "").await?;
		ensure(paid["paid"] == COST, || paid.to_string())?;
	}
	let early = format!("spb unlock {shop} --as 0");
	buyer.must(&words(&early), 5, &["Delivery::StillLocked"]).await?;
	Ok(())
}

/// What nobody can do, and what it says.
async fn refused(place: &Place, directory: &Path) -> Result {
	let Place { buyer, seller, shop, .. } = place;
	let add = "spb add 5kWh --price 0.20EUR/kWh --as 0";
	buyer.must(&words(add), 5, &["Delivery::NoEnergyAccount"]).await?;
	let open = "spb open --as 0 --certificate shop.json";
	seller.must(&words(open), 5, &["Delivery::AccountExists"]).await?;
	buyer.must(&words(open), 5, &["Delivery::BadProof"]).await?;
	std::fs::write(directory.join("empty.json"), "{}").map_err(violated)?;
	let empty = "spb open --as 0 --certificate empty.json";
	buyer.must(&words(empty), 2, &["empty.json: it holds no certificate"]).await?;
	buyer.must(&words("spb open --as 0"), 2, &["--burn"]).await?;

	let said = buyer.does("spb search --energy 9999kWh").await?;
	ensure(said.contains("no energy for sale"), || said)?;
	let much = "spb commit 9999kWh --as 0 --meter 2";
	buyer.must(&words(much), 7, &["no block of energy has 9999000 Wh free"]).await?;
	let nobody = "spb commit 500Wh --as 99 --meter 2";
	buyer.must(&words(nobody), 6, &["address 99 is not this wallet's"]).await?;
	let nowhere = format!("spb commit 500Wh --from {shop} --block 7 --as 0 --meter 2");
	buyer.must(&words(&nowhere), 7, &["no block 7"]).await?;
	let uncertified = "spb commit 500Wh --as 0 --meter 1";
	seller.must(&words(uncertified), 1, &["`petra meter certify`"]).await?;
	let poor = "spb settle 500Wh --as 0 --meter 1 --state meter-2.spb";
	seller.must(&words(poor), 2, &["it is the file of meter 2"]).await?;
	Ok(())
}

/// A commitment that nobody confirms ends by itself.
async fn expire(place: &Place) -> Result {
	let Place { client, buyer, purse, .. } = place;
	let before = client.ledger().await?.money(purse).await?;
	let id = place.commits("--expires 3").await?;
	let line = format!("spb expire {id:?} --as 0");
	let open = buyer.answers("spb status", "").await?;
	ensure(open.as_array().is_some_and(|all| all.len() == 1), || open.to_string())?;
	let over = async || Ok(!place.is_open(id).await?);
	until(client, "the commitment expiring", over).await?;
	let after = client.ledger().await?.money(purse).await?;
	ensure((after.free, after.held) == (before.free, before.held), || {
		format!("{before:?} became {after:?}")
	})?;
	buyer.must(&words(&line), 5, &["Delivery::CommitmentNotFound"]).await?;
	let said = buyer.does("spb status").await?;
	ensure(said.contains("no open commitments"), || said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neighbours_should_trade_against_delivery_when_people_and_meters_use_the_tool() -> Result {
	let directory = ScratchDirectory::new("tool-spb")?;
	let here = directory.path();
	std::fs::write(here.join("alice.key"), "//Alice\n").map_err(violated)?;
	let genesis = genesis(&Petra::new(here, "ws://127.0.0.1:9")).await?;
	with_network(NetworkOptions::new("tool-spb").genesis(genesis), async |network| {
		let url = network.node(FULL_NODE)?.url.clone();
		wait::finalized(&network.client(FULL_NODE).await?, 2).await?;
		let tour = Tour { directory: here, url: &url, exported: EXPORTED };
		tour.run(|section| section == SECTION, 4).await?;

		let place = Place::after_the_page(network, &Petra::new(here, &url)).await?;
		certify(&place).await?;
		refused(&place, here).await?;
		let sold = sold(&place).await?;
		measure(&place).await?;
		confirm(&place).await?;
		settle(&place).await?;
		let sold = self::sold(&place).await? - sold;
		ensure(sold == 5 * 500 + 200, || format!("{sold} Wh are sold"))?;
		expire(&place).await
	})
	.await
}

/// Watt-hours of the seller's 5 kWh that are sold.
async fn sold(place: &Place) -> Result<u64> {
	let found: Value = place.seller.answers("spb search", "").await?;
	Ok(5_000 - number(&found[0]["energy"])?)
}
