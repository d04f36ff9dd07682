//! Payment against delivery with real nodes: P4's two scenarios, the reliable producer (figure 4) and the unreliable one
//! (figure 5). Meters have their one-time keys certified by another meter's service over HTTP.

use crate::support::ensure;
use petra_client::{
	dev,
	spb::{
		self, calls, Asking, CertificateSigner, MeterFile, OneTimeSecret, Running, ServiceLimits,
		Terms, Witness, DEFAULT_LEAVES,
	},
	types::{Balance, MeterId},
	wallet::Account,
	AccountId32, Client,
};
use petra_tests::{
	delivery::{account_of, genesis, height, meter_key, Neighbourhood, PRICE, WITNESS},
	wait, with_network, Error, NetworkOptions, Result, ScratchDirectory, FULL_NODE, VALIDATORS,
};
use subxt::ext::scale_decode::DecodeAsType;

/// The consumer's meter: one of those that the genesis authorises.
const METER: MeterId = 2;
/// Watt-hours that are traded.
const ENERGY: u64 = 500;
/// Blocks until the unreliable producer's commitment expires.
const PATIENCE: u32 = 6;

/// Money of an account: what it can spend, and what is on hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Money {
	free: Balance,
	reserved: Balance,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountInfo {
	data: Money,
}

async fn money(client: &Client, account: &AccountId32) -> Result<Money> {
	let info: Option<AccountInfo> = client.storage("System", "Account", (account.0,)).await?;
	info.map(|info| info.data)
		.ok_or_else(|| Error::Violated(format!("{account} is not there")))
}

fn failed(error: spb::SpbError) -> Error {
	Error::Violated(error.to_string())
}

/// The consumer's household: its meter, its keys, and the service of the other meter.
struct Household {
	file: MeterFile,
	secret: OneTimeSecret,
	_directory: ScratchDirectory,
	_service: Running,
}

/// Makes one-time keys, and has the other meter's service certify them.
async fn household(client: &Client) -> Result<Household> {
	let directory = ScratchDirectory::new("meter")?;
	let file = MeterFile::open(directory.path().join("meter.spb"), METER).map_err(failed)?;
	let secret = OneTimeSecret::from_entropy([9; 32]);
	let witness_key = Account::from(meter_key(WITNESS)?);
	let limits = ServiceLimits::default();
	let service = CertificateSigner::new(WITNESS, witness_key, client.clone(), limits);
	let service = service.start(([127, 0, 0, 1], 0).into()).await.map_err(failed)?;
	let key = meter_key(METER)?;
	let asking = Asking { meter: METER, key: &key, secret: &secret };
	let witnesses = [Witness { meter: WITNESS, url: service.url() }];

	// A meter that the ledger does not know gets none.
	let stranger = dev::eve();
	let unknown = Asking { meter: 99, key: &stranger, secret: &secret };
	let refused = spb::certify(client, &unknown, &file, DEFAULT_LEAVES, &witnesses).await;
	ensure(matches!(refused, Err(spb::SpbError::NoWitness(_))), || {
		"a stranger's root was signed".into()
	})?;
	spb::certify(client, &asking, &file, DEFAULT_LEAVES, &witnesses)
		.await
		.map_err(failed)?;
	Ok(Household { file, secret, _directory: directory, _service: service })
}

/// The next one-time key's hash.
async fn receipt_key(client: &Client, household: &Household) -> Result<petra_client::H256> {
	let now = client.ledger().await?.current_timestep().await?;
	let max_age = spb::max_certificate_age(client).await?;
	let leaf = household.file.use_leaf(now, max_age, &household.secret).map_err(failed)?;
	Ok(leaf.receipt_key)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn producer_should_be_paid_when_the_meter_measures_the_energy() -> Result {
	let options = NetworkOptions::new("spb-reliable").genesis(genesis()?);
	with_network(options, async |network| {
		// Producer and consumer talk to different nodes.
		let (client, other) =
			(network.client(VALIDATORS[1]).await?, network.client(FULL_NODE).await?);
		wait::finalized(&client, 3).await?;
		// Accounts with money; the producer's energy account, and its energy (the paper's steps before the trade).
		let place = Neighbourhood::settle_in(&client, 1, 1).await?;
		let (producer, consumer) = (&place.producers[0].key, &place.consumers[0].key);
		let household = household(&other).await?;

		// CTP: the consumer finds the energy, and its money is on hold.
		wait::finalized(&other, client.finalized_head().await?.number).await?;
		let found = spb::cheapest(&other.final_ledger().await?, ENERGY).await.map_err(failed)?;
		ensure(found.producer == account_of(producer) && found.price == PRICE, || {
			format!("{found:?} is for sale")
		})?;
		let terms = Terms {
			energy: ENERGY,
			receipt_key: receipt_key(&other, &household).await?,
			expiry: height(&other).await? + 200,
			partial: false,
		};
		let commitment = spb::commitment(account_of(consumer), &found, terms).map_err(failed)?;
		let (before, earned) =
			(money(&other, &account_of(consumer)).await?, place.earned(&client).await?);
		let ctp_id = spb::commit(&other, consumer, &commitment, None).await.map_err(failed)?;
		let after = money(&other, &account_of(consumer)).await?;
		let cost = Balance::from(ENERGY) * Balance::from(PRICE);
		ensure(
			after.reserved == before.reserved + cost && after.free == before.free - cost,
			|| format!("{cost} is not on hold: {before:?}, then {after:?}"),
		)?;

		// Delivery: half of the energy confirms nothing; when all has come, the meter confirms by itself (ERC).
		let Household { file, secret, .. } = &household;
		spb::watch(&other, file, secret, ctp_id).await.map_err(failed)?;
		let half = spb::measured(&other, file, secret, ENERGY / 2, 5).await.map_err(failed)?;
		ensure(half.is_empty() && place.earned(&client).await? == earned, || {
			format!("half of the energy is confirmed: {half:?}")
		})?;
		let whole = spb::measured(&other, file, secret, ENERGY / 2, 5).await.map_err(failed)?;

		// Payment.
		ensure(whole.len() == 1 && whole[0].paid == cost && whole[0].ctp_id == ctp_id, || {
			format!("confirmed: {whole:?}")
		})?;
		wait::finalized(&client, other.finalized_head().await?.number).await?;
		ensure(place.earned(&client).await? == earned + cost, || {
			"the producer is not paid".into()
		})?;
		let money = money(&other, &account_of(consumer)).await?;
		ensure(money.reserved == before.reserved && money.free == before.free - cost, || {
			format!("the consumer has {money:?}")
		})?;
		let again = spb::confirm(&other, file, secret, ctp_id, ENERGY).await;
		ensure(matches!(again, Err(spb::SpbError::NoCommitment(_))), || {
			"the commitment is still there".into()
		})
	})
	.await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumer_should_be_refunded_without_doing_anything_when_no_energy_comes() -> Result {
	let options = NetworkOptions::new("spb-unreliable").genesis(genesis()?);
	with_network(options, async |network| {
		let client = network.client(VALIDATORS[2]).await?;
		wait::finalized(&client, 3).await?;
		let place = Neighbourhood::settle_in(&client, 1, 1).await?;
		let consumer = account_of(&place.consumers[0].key);
		let before = money(&client, &consumer).await?;
		let (free, reserved) = {
			let found = spb::cheapest(&client.ledger().await?, 1).await.map_err(failed)?;
			(spb::free_energy(&found), found.reserved)
		};

		let expiry = height(&client).await? + PATIENCE;
		let household = household(&client).await?;
		let key = receipt_key(&client, &household).await?;
		let found = spb::cheapest(&client.ledger().await?, ENERGY).await.map_err(failed)?;
		let terms = Terms { energy: ENERGY, receipt_key: key, expiry, partial: true };
		let commitment = spb::commitment(consumer, &found, terms).map_err(failed)?;
		let ctp_id = spb::commit(&client, &place.consumers[0].key, &commitment, None)
			.await
			.map_err(failed)?;
		let Household { file, secret, .. } = &household;
		spb::watch(&client, file, secret, ctp_id).await.map_err(failed)?;
		// The consumer goes offline. Nobody sends anything from here on.
		let last = client.best_head().await?.number;
		wait::finalized(&client, u64::from(expiry) + 3).await?;
		let ledger = client.final_ledger().await?;
		ensure(ledger.commitment(ctp_id).await?.is_none(), || {
			"the commitment is still there".into()
		})?;
		let after = money(&client, &consumer).await?;
		ensure(after == before, || format!("{before:?} became {after:?}"))?;
		let found = spb::cheapest(&ledger, 1).await.map_err(failed)?;
		ensure((spb::free_energy(&found), found.reserved) == (free, reserved), || {
			format!("the energy is not free again: {found:?}")
		})?;
		for number in last + 1..=u64::from(expiry) + 3 {
			let hash = crate::support::hash_of(&client, number).await?;
			let at = client.at(hash).await?;
			let sent = at.extrinsics().fetch().await;
			let sent = sent.map_err(|error| Error::Violated(error.to_string()))?.len();
			ensure(sent == 1, || format!("block {number} has {sent} transactions"))?;
		}
		// What comes too late confirms nothing.
		let late = spb::measured(&client, file, secret, ENERGY, 5).await.map_err(failed)?;
		ensure(late.is_empty(), || format!("confirmed after the expiry: {late:?}"))?;
		let refused = client.send(&calls::expire(ctp_id), &place.producers[0].key).await;
		let name = refused.as_ref().err().and_then(|error| error.dispatch_error());
		ensure(name == Some("Delivery::CommitmentNotFound"), || format!("{refused:?}"))
	})
	.await
}
