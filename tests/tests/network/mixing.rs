//! Twelve households mix energy and money, and trade from addresses that nobody has ever seen.
//!
//! Each household's meter withdraws a note to sell, a note to buy and a note of money to fresh addresses. These go into
//! three rings, and come out, by proofs that nobody signs and through other nodes, at addresses that do not exist yet: what
//! makes the first transaction of such an address possible is the note alone. Half of the households then sell from
//! there, and half of them buy; at the end all return what they have.

use crate::support::{account_of, ensure, sudo_key};
use futures::future::try_join_all;
use petra_client::{
	call, calls,
	mixing::{journal::Journal, member::MemberKey, Mixer, Note, Patience, Source},
	petra::offers::events::OfferPosted,
	types::{
		AssetKind, Authorization, EnergyAsset, Limits, Path, RegulatoryTransaction, Timestep,
		WithdrawalOutput,
	},
	AccountId32, Client, Keypair, Outcome, Value,
};
use petra_tests::{
	wait, with_network, Error, NetworkOptions, Result, ScratchDirectory, VALIDATORS,
};
use std::time::Duration;

const HOUSEHOLDS: u32 = 12;
const FEEDER: u32 = 1;
/// Watts of a note.
const POWER: u64 = 400;
/// Timesteps of a note.
const LENGTH: Timestep = 4;
/// Money of a note: 64 units.
const AMOUNT: u128 = 64_000_000;
/// Money units per watt and timestep.
const PRICE: u64 = 1_000;
/// What somebody else than the household gives it money with, so that it need not wait for the next timestep.
const ISSUER: fn() -> Keypair = petra_client::dev::bob;
/// How long a step of the households may take.
const PATIENCE: Duration = Duration::from_secs(240);

/// What a household's keys are for.
#[derive(Clone, Copy)]
enum Use {
	Meter,
	Depositor,
	Recipient,
}

fn secret(household: u32, of: Use, number: u32) -> [u8; 32] {
	let mut seed = [7; 32];
	seed[..4].copy_from_slice(&household.to_be_bytes());
	seed[4] = of as u8;
	seed[8..12].copy_from_slice(&number.to_be_bytes());
	seed
}

fn key(household: u32, of: Use, number: u32) -> Keypair {
	Keypair::from_secret_key(secret(household, of, number)).expect("any 32 bytes are a secret")
}

fn address(household: u32, of: Use, number: u32) -> AccountId32 {
	account_of(&key(household, of, number))
}

/// A note under its number: at which address it is before and after.
struct Lot {
	number: u32,
	note: Note,
	/// Number of the fresh address at which it arrives: money where the note to buy is.
	recipient: u32,
}

fn lots(start: Timestep) -> [Lot; 3] {
	let energy = |kind| Note::Energy {
		kind,
		feeder: FEEDER,
		traded: false,
		power: POWER,
		start,
		end: start + LENGTH - 1,
	};
	[
		Lot { number: 0, note: energy(AssetKind::Production), recipient: 0 },
		Lot { number: 1, note: energy(AssetKind::Consumption), recipient: 1 },
		Lot { number: 2, note: Note::Financial { amount: AMOUNT }, recipient: 1 },
	]
}

/// Authorises the households' meters, and lets young rings be used.
async fn prepare(client: &Client) -> Result<Timestep> {
	let now = client.ledger().await?.current_timestep().await?;
	let limits = Limits { max_production: POWER, max_consumption: POWER, max_financial: AMOUNT };
	let authorize = (0..HOUSEHOLDS)
		.map(|id| {
			let pubkey = address(id, Use::Meter, 0);
			Authorization { id, pubkey, feeder: FEEDER, limits, path: Path::Meter }
		})
		.collect();
	let regulation = RegulatoryTransaction {
		authorize,
		ban: Vec::new(),
		price_consumption: None,
		price_production: None,
		time: now,
	};
	let sudo = sudo_key();
	client.sudo(&calls::regulate(regulation), &sudo).await?;
	client.sudo(&calls::set_issuer(Some(account_of(&ISSUER()))), &sudo).await?;
	let rules = [Value::u128(10), Value::u128(5)];
	client.sudo(&call("Mixing", "set_ring_rules", rules), &sudo).await?;
	// Open for as long as the test takes, and aligned.
	Ok((now + 4).next_multiple_of(LENGTH))
}

/// The meters withdraw, to addresses that nobody has seen.
async fn withdraw(client: &Client, start: Timestep) -> Result {
	let energy = (0..HOUSEHOLDS).map(|household| async move {
		let outputs = lots(start).into_iter().filter_map(|lot| match lot.note {
			Note::Energy { kind, power, start, end, .. } => {
				let address = address(household, Use::Depositor, lot.number);
				Some(WithdrawalOutput::Energy { address, kind, power, start, end })
			},
			Note::Financial { .. } => None,
		});
		client
			.send(&calls::withdraw(household, outputs), &key(household, Use::Meter, 0))
			.await
	});
	try_join_all(energy).await?;
	// Money counts in the present, for which the meters are not yet authorised: the DSO's service gives it.
	let first = client.next_nonce(&account_of(&ISSUER())).await?;
	let mut sent = Vec::new();
	for household in 0..HOUSEHOLDS {
		let money = calls::add_financial_balance(address(household, Use::Depositor, 2), AMOUNT);
		let nonce = first + u64::from(household);
		sent.push(client.submit_with_nonce(&money, &ISSUER(), nonce).await?);
	}
	for money in sent {
		money.finalized().await?;
	}
	Ok(())
}

/// The one asset of an address.
async fn asset_of(client: &Client, address: &AccountId32) -> Result<(u64, EnergyAsset)> {
	let mut assets = client.ledger().await?.assets_of(address).await?;
	ensure(assets.len() == 1, || format!("{address} has {assets:?}"))?;
	Ok(assets.remove(0))
}

/// A household puts its notes into the rings and takes them out, through another node.
async fn mix(client: Client, mixer: &mut Mixer, household: u32, start: Timestep) -> Result {
	for Lot { number, note, .. } in lots(start) {
		let depositor = key(household, Use::Depositor, number);
		let source = match note {
			Note::Energy { .. } => {
				Source::Energy(asset_of(&client, &account_of(&depositor)).await?.0)
			},
			Note::Financial { amount } => Source::Financial(amount),
		};
		let member = member(household, number);
		let deposited = mixer.deposit(number, &member, note, source, &depositor).await;
		let deposited = deposited.map_err(|error| Error::Violated(error.to_string()))?;
		ensure(deposited.ring == 0, || format!("household {household}: {deposited:?}"))?;
	}
	for Lot { number, recipient, .. } in lots(start) {
		let recipient = address(household, Use::Recipient, recipient);
		if number != 2 {
			let exists = client.next_nonce(&recipient).await?;
			let money = client.free_balance(&recipient).await?;
			let assets = client.ledger().await?.assets_of(&recipient).await?;
			ensure(money == 0 && assets.is_empty(), || {
				format!("{recipient} has something ({exists})")
			})?;
		}
		let patience = Patience { blocks: 120, members: HOUSEHOLDS };
		let withdrawn = mixer.withdraw(&member(household, number), &recipient, patience).await;
		let withdrawn = withdrawn.map_err(|error| Error::Violated(error.to_string()))?;
		println!(
			"household {household}, note {number}: out of {} in {} attempts, proven in {:.0?}",
			withdrawn.members, withdrawn.attempts, withdrawn.proving
		);
		ensure(withdrawn.members == HOUSEHOLDS, || format!("{withdrawn:?}"))?;
	}
	Ok(())
}

fn member(household: u32, number: u32) -> MemberKey {
	MemberKey::from_entropy(&secret(household, Use::Recipient, 1_000 + number))
}

/// Each household of the first half sells to one of the second.
async fn trade(client: &Client, seller: u32, buyer: u32) -> Result {
	let sells = key(seller, Use::Recipient, 0);
	let (asset, _) = asset_of(client, &account_of(&sells)).await?;
	let posted = client
		.send(&calls::post_offer(asset, PRICE, Default::default()), &sells)
		.await?;
	let offer = posted.first::<OfferPosted>()?.offer_id;
	let buys = key(buyer, Use::Recipient, 1);
	let (asset, _) = asset_of(client, &account_of(&buys)).await?;
	client.send(&calls::accept_offer(offer, asset, None), &buys).await?;
	let cost = u128::from(PRICE * POWER * LENGTH);
	let (paid, left) = (
		client.free_balance(&account_of(&sells)).await?,
		client.free_balance(&account_of(&buys)).await?,
	);
	ensure((paid, left) == (cost, AMOUNT - cost), || format!("{paid} paid, {left} left"))
}

/// What a household has is returned, one thing in each transaction.
async fn give_back(client: &Client, household: u32) -> Result<Vec<Outcome>> {
	let mut outcomes = Vec::new();
	for number in 0..2 {
		let owner = key(household, Use::Recipient, number);
		let address = account_of(&owner);
		let (asset, _) = asset_of(client, &address).await?;
		outcomes.push(client.send(&calls::deposit_energy_asset(asset), &owner).await?);
		let money = client.free_balance(&address).await?;
		if money > 0 {
			outcomes.push(client.send(&calls::deposit_financial(money), &owner).await?);
		}
		let (left, assets) = (
			client.free_balance(&address).await?,
			client.ledger().await?.assets_of(&address).await?,
		);
		ensure(left == 0 && assets.is_empty(), || format!("{address} has {left} and {assets:?}"))?;
	}
	Ok(outcomes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn households_should_trade_from_addresses_never_seen_when_they_have_mixed() -> Result {
	let directory = ScratchDirectory::new("journals")?;
	with_network(NetworkOptions::new("mixing"), async |network| {
		let client = network.client(VALIDATORS[0]).await?;
		wait::finalized(&client, 3).await?;
		let start = prepare(&client).await?;
		wait::within(PATIENCE, "the meters' withdrawals", withdraw(&client, start)).await?;

		let mut mixers = Vec::new();
		for household in 0..HOUSEHOLDS {
			let node = VALIDATORS[household as usize % VALIDATORS.len()];
			let journal = Journal::open(directory.path().join(format!("{household}.journal")));
			let journal = journal.map_err(|error| Error::Violated(error.to_string()))?;
			let mixer = Mixer::new(network.client(node).await?, journal).await;
			mixers.push(mixer.map_err(|error| Error::Violated(error.to_string()))?);
		}
		let mixing = (0..HOUSEHOLDS)
			.zip(&mut mixers)
			.map(|(household, mixer)| mix(client.clone(), mixer, household, start));
		wait::within(PATIENCE, "mixing", try_join_all(mixing)).await?;
		for mixer in &mixers {
			ensure(mixer.journal().entries().all(|entry| entry.stage.is_over()), || {
				format!("{:?}", mixer.journal())
			})?;
		}

		let half = HOUSEHOLDS / 2;
		let trading = (0..half).map(|seller| trade(&client, seller, seller + half));
		wait::within(PATIENCE, "trading", try_join_all(trading)).await?;
		let returning = (0..HOUSEHOLDS).map(|household| give_back(&client, household));
		let outcomes = wait::within(PATIENCE, "returning assets", try_join_all(returning)).await?;
		let returned = outcomes
			.iter()
			.flatten()
			.filter(|outcome| outcome.event("EnergyAssets", "AssetDeposited").is_some())
			.count();
		ensure(returned == 2 * HOUSEHOLDS as usize, || format!("{returned} assets were returned"))
	})
	.await
}
