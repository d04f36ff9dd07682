//! A trade, by each of the ways that are compared, and how it gets into blocks: the same for all.

use super::{account_of, violated, Consumer, Neighbourhood, AHEAD};
use crate::{wait::within, Error, Result};
use codec::Decode;
use petra_client::{
	account, call,
	general::general,
	spb::{calls, commitment_id, settlement},
	types::{Balance, BlockNumber},
	AccountId32, BlockRef, Client, Keypair, Payload, PetraConfig, Value, H256,
};
use std::{
	collections::{hash_map::Entry, BTreeMap, HashMap},
	sync::Arc,
	time::Duration,
};
use subxt::{
	client::{OnlineClientAtBlock, OnlineClientAtBlockImpl},
	config::DefaultExtrinsicParamsBuilder,
	tx::{TransactionProgress, TransactionStatus},
};
use tokio::sync::Mutex;

/// Blocks for which signed transactions are valid.
const MORTAL_FOR: u64 = 256;
/// How long a transaction may take into a block, and to finality.
const PATIENCE: Duration = Duration::from_secs(120);
/// Watt-hours of a trade.
const ENERGY: u64 = 500;

/// How a trade is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
	/// As P4's baseline: an escrow account is made, the consumer pays into it, and out of it when the energy has come.
	Baseline,
	/// A commitment to pay (CTP), and the meter's receipt (ERC).
	CommitAndConfirm,
	/// Both in one transaction, from a lock.
	Settle,
}

impl Way {
	/// All, in the order of reports.
	pub const ALL: [Self; 3] = [Self::Baseline, Self::CommitAndConfirm, Self::Settle];

	/// Its name in reports.
	pub fn name(self) -> &'static str {
		match self {
			Self::Baseline => "baseline",
			Self::CommitAndConfirm => "CTP + ERC",
			Self::Settle => "settle",
		}
	}
}

/// What one trade pays.
pub fn amount() -> Balance {
	Balance::from(ENERGY) * Balance::from(super::PRICE)
}

type Progress = TransactionProgress<PetraConfig, OnlineClientAtBlockImpl<PetraConfig>>;

/// Signs and sends transactions, and waits for them.
pub struct Sender {
	client: Client,
	at: OnlineClientAtBlock<PetraConfig>,
	since: BlockRef,
	expiry: BlockNumber,
	/// The escrow accounts that were made in a block, by who made them.
	escrows: Mutex<HashMap<H256, Arc<BTreeMap<AccountId32, AccountId32>>>>,
}

/// A transaction that is in a best block.
pub struct Included {
	/// The block.
	pub block: H256,
	progress: Progress,
}

impl Included {
	/// Waits until it is final.
	pub async fn finalized(mut self) -> Result {
		let finalizing = async {
			loop {
				match next(&mut self.progress).await? {
					TransactionStatus::InFinalizedBlock(_) => return Ok::<_, Error>(()),
					_ => continue,
				}
			}
		};
		within(PATIENCE, "a transaction becoming final", finalizing).await
	}
}

/// A trade that is done.
pub struct Traded {
	/// Its transactions, encoded.
	pub transactions: Vec<Vec<u8>>,
	/// The last one.
	pub last: Included,
}

/// What a trade needs to know before it begins.
pub struct Ticket<'a> {
	/// Who buys.
	pub consumer: &'a Consumer,
	/// The number of its account's next transaction.
	pub nonce: u64,
	/// The meter's key for the receipt.
	pub leaf: u32,
	/// Under the lock: the sequence number.
	pub sequence: u64,
}

async fn next(
	progress: &mut Progress,
) -> Result<TransactionStatus<PetraConfig, OnlineClientAtBlockImpl<PetraConfig>>> {
	let status = progress.next().await.ok_or_else(|| violated("the node said no more"))?;
	match status.map_err(|error| violated(error.to_string()))? {
		TransactionStatus::Error { message }
		| TransactionStatus::Invalid { message }
		| TransactionStatus::Dropped { message } => {
			Err(violated(format!("a transaction of a trade is out: {message}")))
		},
		status => Ok(status),
	}
}

impl Sender {
	/// Signs from now on for the last final block.
	pub async fn new(client: &Client) -> Result<Self> {
		let since = client.finalized_head().await?;
		Ok(Self {
			client: client.clone(),
			at: client.at(since.hash).await?,
			since,
			expiry: super::height(client).await? + AHEAD,
			escrows: Mutex::default(),
		})
	}

	fn signed(&self, call: &impl Payload, key: &Keypair, nonce: u64) -> Result<Vec<u8>> {
		let parameters = DefaultExtrinsicParamsBuilder::<PetraConfig>::new()
			.nonce(nonce)
			.mortal_from_unchecked(MORTAL_FOR, self.since.number, self.since.hash)
			.build();
		self.at
			.transactions()
			.create_signable_offline(call, parameters)
			.and_then(|mut transaction| transaction.sign(key))
			.map(|transaction| transaction.into_encoded())
			.map_err(|error| violated(format!("a trade cannot be signed: {error}")))
	}

	fn general(&self, call: &impl Payload) -> Result<Vec<u8>> {
		let data = self.at.transactions().call_data(call);
		let data = data.map_err(|error| violated(error.to_string()))?;
		Ok(general(self.at.metadata_ref(), &data)?)
	}

	/// Sends a transaction and waits until it is in a best block: the rule of inclusion for all ways.
	async fn included(&self, bytes: Vec<u8>) -> Result<Included> {
		let including = async {
			let sent = self.at.transactions().from_bytes(bytes).submit_and_watch().await;
			let mut progress =
				sent.map_err(|error| violated(format!("a trade was refused: {error}")))?;
			loop {
				if let TransactionStatus::InBestBlock(found) = next(&mut progress).await? {
					let block = found.block_hash();
					return Ok::<_, Error>(Included { block, progress });
				}
			}
		};
		within(PATIENCE, "a transaction of a trade in a block", including).await
	}

	/// Makes a trade, one transaction after the other.
	pub async fn trade(
		&self,
		way: Way,
		place: &Neighbourhood,
		ticket: &Ticket<'_>,
	) -> Result<Traded> {
		match way {
			Way::Baseline => self.baseline(place, ticket).await,
			Way::CommitAndConfirm => self.commit_and_confirm(place, ticket).await,
			Way::Settle => self.settle(place, ticket).await,
		}
	}

	async fn baseline(&self, place: &Neighbourhood, ticket: &Ticket<'_>) -> Result<Traded> {
		let Ticket { consumer, nonce, .. } = ticket;
		let key = &consumer.key;
		let producer = account_of(&place.producer_of(consumer)?.key);
		let any = Value::unnamed_variant("Any", []);
		let make = [any, Value::u128(0), Value::u128(0)];
		let made = self.signed(&call("Proxy", "create_pure", make), key, *nonce)?;
		let mut transactions = vec![made.clone()];
		let block = self.included(made).await?.block;
		let escrow = self.escrow_of(block, &account_of(key)).await?;

		let arguments = [account(&escrow), Value::u128(amount())];
		let pay = call("Balances", "transfer_keep_alive", arguments);
		let paid = self.signed(&pay, key, nonce + 1)?;
		transactions.push(paid.clone());
		self.included(paid).await?;

		let all = [account(&producer), Value::bool(false)];
		let out = call("Balances", "transfer_all", all).into_value();
		let none = Value::unnamed_variant("None", []);
		let confirm = call("Proxy", "proxy", [account(&escrow), none, out]);
		let confirmed = self.signed(&confirm, key, nonce + 2)?;
		transactions.push(confirmed.clone());
		let last = self.included(confirmed).await?;
		Ok(Traded { transactions, last })
	}

	/// The escrow account that somebody made in a block, whose events are read once for all trades.
	async fn escrow_of(&self, block: H256, who: &AccountId32) -> Result<AccountId32> {
		let mut known = self.escrows.lock().await;
		if let Entry::Vacant(unknown) = known.entry(block) {
			let number = self.client.header(block).await?.number;
			let events = self.client.events_of(BlockRef { number, hash: block }).await?;
			let mut made = BTreeMap::new();
			for event in events.events()? {
				if event.pallet == "Proxy" && event.name == "PureCreated" {
					let (pure, who) =
						<(AccountId32, AccountId32)>::decode(&mut event.field_bytes.as_slice())
							.map_err(|error| violated(error.to_string()))?;
					made.insert(who, pure);
				}
			}
			unknown.insert(Arc::new(made));
		}
		let made = known.get(&block).and_then(|made| made.get(who));
		made.copied().ok_or_else(|| violated(format!("{who} made no escrow account")))
	}

	async fn commit_and_confirm(
		&self,
		place: &Neighbourhood,
		ticket: &Ticket<'_>,
	) -> Result<Traded> {
		let Ticket { consumer, nonce, leaf, .. } = ticket;
		let commitment = place.commitment(consumer, *leaf, ENERGY, self.expiry, *nonce)?;
		let ctp_id = commitment_id(place.genesis, &commitment);
		let commit = calls::commit_to_pay(&commitment, None);
		let committed = self.signed(&commit, &consumer.key, *nonce)?;
		let receipt = consumer
			.tree
			.receipt(*leaf, &consumer.certificate, place.genesis, ctp_id, ENERGY)
			.map_err(|error| violated(error.to_string()))?;
		let confirmed = self.general(&calls::confirm_receipt(ctp_id, ENERGY, receipt))?;
		let transactions = vec![committed.clone(), confirmed.clone()];
		self.included(committed).await?;
		let last = self.included(confirmed).await?;
		Ok(Traded { transactions, last })
	}

	async fn settle(&self, place: &Neighbourhood, ticket: &Ticket<'_>) -> Result<Traded> {
		let Ticket { consumer, leaf, sequence, .. } = ticket;
		let commitment = place.commitment(consumer, *leaf, ENERGY, self.expiry, *sequence)?;
		let ctp_id = commitment_id(place.genesis, &commitment);
		let receipt = consumer
			.tree
			.receipt(*leaf, &consumer.certificate, place.genesis, ctp_id, ENERGY)
			.map_err(|error| violated(error.to_string()))?;
		let signature = settlement(place.genesis, ctp_id, &consumer.key);
		let settled = self.general(&calls::settle(commitment, signature, ENERGY, receipt))?;
		let transactions = vec![settled.clone()];
		let last = self.included(settled).await?;
		Ok(Traded { transactions, last })
	}
}
