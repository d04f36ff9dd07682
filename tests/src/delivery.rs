//! A neighbourhood that trades against delivery (SPB, P4), for tests with real nodes and for `make bench-spb`.
//!
//! The DSO's genesis authorises two meters that give addresses money, and one that signs certificates of existence; and
//! lists Alice as the authority that vouches for producers. Producers open energy accounts and add energy; each consumer
//! has a meter of its own, of which the ledger only ever sees one-time keys.

pub mod bench;
mod blocks;
mod report;
mod trade;

use crate::{Error, Result};
use futures::{future::try_join_all, stream, StreamExt, TryStreamExt};
use petra_client::{
	calls as money,
	spb::{
		account_certificate, block_added, calls, Certificate, Commitment, KeyTree, OneTimeSecret,
		DEFAULT_LEAVES,
	},
	types::{Balance, BlockNumber, MeterId, WithdrawalOutput},
	AccountId32, Client, Keypair, H256,
};
use subxt_signer::sr25519::dev;

/// The meter that signs certificates of existence.
pub const WITNESS: MeterId = 1;
/// The meters that give addresses money.
const TREASURERS: [MeterId; 2] = [2, 3];
/// Addresses that one of them can give money to, within its quota.
const PER_TREASURER: usize = 60;
/// What each address gets.
pub const MONEY: Balance = 20_000_000_000;
/// Money units per watt-hour: 0.20 EUR/kWh.
pub const PRICE: u64 = 200_000;
/// Watt-hours in each producer's block.
const STOCK: u64 = 10_000_000;
/// Calls that are under way at a time while the neighbourhood prepares.
const AT_ONCE: usize = 32;
/// Blocks for which locks and commitments are good.
pub const AHEAD: BlockNumber = 1_000;

fn violated(what: impl Into<String>) -> Error {
	Error::Violated(what.into())
}

/// 32 bytes by group and number.
fn seed(group: u8, number: usize) -> [u8; 32] {
	let mut seed = [group; 32];
	for (to, from) in seed.iter_mut().zip((number as u64).to_be_bytes()) {
		*to = from;
	}
	seed
}

/// A key by its group and number.
fn key(group: u8, number: usize) -> Result<Keypair> {
	Keypair::from_secret_key(seed(group, number)).map_err(|error| violated(error.to_string()))
}

/// The account of a key.
pub fn account_of(key: &Keypair) -> AccountId32 {
	key.public_key().to_account_id()
}

/// The key of a meter.
pub fn meter_key(meter: MeterId) -> Result<Keypair> {
	key(0x11, meter as usize)
}

/// The neighbourhood's meters and its authority, in TOML tables below `relaychain.genesis`.
///
/// # Errors
/// None that occur.
pub fn genesis() -> Result<String> {
	let meters = [WITNESS].into_iter().chain(TREASURERS);
	let meters = meters
		.map(|id| Ok((id, account_of(&meter_key(id)?))))
		.collect::<Result<Vec<_>>>();
	Ok(genesis_with(&meters?))
}

/// As [`genesis`], with these meters and their keys.
pub fn genesis_with(meters: &[(MeterId, AccountId32)]) -> String {
	let authority = account_of(&dev::alice());
	let mut tables = format!("[relaychain.genesis.delivery]\nauthorities = [\"{authority}\"]\n");
	let money = MONEY * PER_TREASURER as Balance;
	let limits = format!("{{ maxProduction = 0, maxConsumption = 0, maxFinancial = {money} }}");
	for (id, key) in meters {
		tables.push_str(&format!(
			"[[relaychain.genesis.meterRegistry.meters]]\nid = {id}\npubkey = \"{key}\"\nfeeder = 1\n\
			 path = \"meter\"\nlimits = {limits}\n"
		));
	}
	tables
}

/// Who sells.
#[derive(Clone)]
pub struct Producer {
	/// Its key.
	pub key: Keypair,
	/// Its block of energy.
	pub block: u32,
}

/// Who buys, and its meter.
#[derive(Clone)]
pub struct Consumer {
	/// Its key.
	pub key: Keypair,
	/// Its producer's number.
	pub producer: usize,
	/// Its meter's one-time keys.
	pub tree: KeyTree,
	/// Their certificate.
	pub certificate: Certificate,
}

/// Producers with energy, and consumers with money and certified meters.
pub struct Neighbourhood {
	/// The chain.
	pub genesis: H256,
	/// Who sells.
	pub producers: Vec<Producer>,
	/// Who buys.
	pub consumers: Vec<Consumer>,
}

impl Neighbourhood {
	/// Gives addresses money, opens energy accounts, adds energy and certifies meters.
	///
	/// # Errors
	/// [`Error::Client`].
	pub async fn settle_in(client: &Client, producers: usize, consumers: usize) -> Result<Self> {
		let sellers = (0..producers).map(|n| key(0x22, n)).collect::<Result<Vec<_>>>()?;
		let buyers = (0..consumers).map(|n| key(0x33, n)).collect::<Result<Vec<_>>>()?;
		give_money(client, sellers.iter().chain(&buyers)).await?;
		let opening = sellers.into_iter().map(|key| producer(client, key));
		let producers = try_join_all(opening).await?;
		let ledger = client.ledger().await?;
		let (genesis, now) = (ledger.genesis(), ledger.current_timestep().await?);
		let witness = meter_key(WITNESS)?;
		let mut consumers = Vec::new();
		for (number, key) in buyers.into_iter().enumerate() {
			let entropy = seed(0x44, number);
			let secret = OneTimeSecret::from_entropy(entropy);
			let tree = KeyTree::derive(&secret, 0, DEFAULT_LEAVES)
				.map_err(|error| violated(error.to_string()))?;
			let (root, leaves) = (tree.root(), tree.leaves());
			let certificate = Certificate::sign(genesis, root, leaves, now, WITNESS, &witness);
			let producer = number % producers.len();
			consumers.push(Consumer { key, producer, tree, certificate });
		}
		Ok(Self { genesis, producers, consumers })
	}

	/// From whom a consumer buys.
	///
	/// # Errors
	/// [`Error::Violated`] if that is nobody of this neighbourhood.
	pub fn producer_of(&self, consumer: &Consumer) -> Result<&Producer> {
		let producer = self.producers.get(consumer.producer);
		producer.ok_or_else(|| violated("a consumer buys from nobody"))
	}

	/// Each consumer locks money for its producer, for trades by `settle`.
	///
	/// # Errors
	/// [`Error::Client`].
	pub async fn lock(&self, client: &Client, amount: Balance) -> Result {
		let until = height(client).await? + AHEAD;
		let locks = self.consumers.iter().map(|consumer| async move {
			let producer = account_of(&self.producer_of(consumer)?.key);
			client.send(&calls::lock_for(producer, amount, until), &consumer.key).await?;
			Ok::<_, Error>(())
		});
		let locks: Vec<_> = locks.collect();
		stream::iter(locks).buffer_unordered(AT_ONCE).try_collect().await
	}

	/// A commitment of a consumer for energy of its producer, to be confirmed with a leaf of its meter.
	///
	/// # Errors
	/// [`Error::Violated`] if there is no such leaf.
	pub fn commitment(
		&self,
		consumer: &Consumer,
		leaf: u32,
		energy: u64,
		expiry: BlockNumber,
		nonce: u64,
	) -> Result<Commitment> {
		let producer = self.producer_of(consumer)?;
		let receipt_key =
			consumer.tree.receipt_key(leaf).map_err(|error| violated(error.to_string()))?;
		Ok(Commitment {
			consumer: account_of(&consumer.key),
			producer: account_of(&producer.key),
			block: producer.block,
			energy,
			amount: Balance::from(energy) * Balance::from(PRICE),
			receipt_key,
			expiry,
			partial: false,
			nonce,
		})
	}

	/// The free money of all producers.
	///
	/// # Errors
	/// [`Error::Client`].
	pub async fn earned(&self, client: &Client) -> Result<Balance> {
		let mut sum = 0;
		for producer in &self.producers {
			sum += client.free_balance(&account_of(&producer.key)).await?;
		}
		Ok(sum)
	}
}

/// The number of the best block.
///
/// # Errors
/// [`Error::Client`].
pub async fn height(client: &Client) -> Result<BlockNumber> {
	let number = client.best_head().await?.number;
	BlockNumber::try_from(number).map_err(|error| violated(error.to_string()))
}

/// The meters withdraw money to these addresses, which the chain lets make free calls then.
async fn give_money(client: &Client, keys: impl Iterator<Item = &Keypair>) -> Result {
	let addresses: Vec<_> = keys.map(account_of).collect();
	if addresses.len() > PER_TREASURER * TREASURERS.len() {
		return Err(violated(format!("{} addresses are too many", addresses.len())));
	}
	for (meter, addresses) in TREASURERS.into_iter().zip(addresses.chunks(PER_TREASURER)) {
		let outputs = addresses
			.iter()
			.map(|address| WithdrawalOutput::Financial { address: *address, amount: MONEY });
		client.send(&money::withdraw(meter, outputs), &meter_key(meter)?).await?;
	}
	Ok(())
}

async fn producer(client: &Client, key: Keypair) -> Result<Producer> {
	let genesis = client.ledger().await?.genesis();
	let expiry = height(client).await? + AHEAD;
	let proof = account_certificate(genesis, &account_of(&key), expiry, &dev::alice());
	client.send(&calls::open_energy_account(proof), &key).await?;
	let added = client.send(&calls::add_energy(STOCK, PRICE), &key).await?;
	Ok(Producer { block: block_added(&added)?, key })
}
