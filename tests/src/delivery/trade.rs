//! A trade, by each of the ways that are compared, and how it gets into blocks: the same for all.

use super::{account_of, violated, Consumer, Neighbourhood, AHEAD};
use crate::{wait::within, Error, Result};
use codec::Decode;
use futures::future::try_join_all;
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
use tokio::{
	sync::{watch, Mutex},
	task::JoinSet,
};

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

/// The validators, and how far each of them is.
pub struct Validators {
	clients: Vec<Client>,
	heights: Vec<watch::Receiver<u64>>,
	/// Ends with this.
	_watching: JoinSet<Result>,
}

impl Validators {
	/// Follows the best blocks of these nodes.
	pub async fn watch(clients: Vec<Client>) -> Result<Self> {
		let (mut heights, mut watching) = (Vec::new(), JoinSet::new());
		for client in &clients {
			let mut heads = client.best_heads().await?;
			let (reached, height) = watch::channel(client.best_head().await?.number);
			heights.push(height);
			watching.spawn(async move {
				loop {
					reached.send_replace(heads.next_number().await?);
				}
			});
		}
		Ok(Self { clients, heights, _watching: watching })
	}

	/// How many there are.
	pub fn count(&self) -> usize {
		self.clients.len()
	}

	/// Waits until all of them have a best block with this number.
	async fn all_reach(&self, number: u64) -> Result {
		for height in &self.heights {
			let reached = height.clone().wait_for(|reached| *reached >= number).await.map(|_| ());
			reached.map_err(|_| violated("a validator says no more"))?;
		}
		Ok(())
	}
}

type Progress = TransactionProgress<PetraConfig, OnlineClientAtBlockImpl<PetraConfig>>;

/// Signs and sends transactions, and waits for them.
pub struct Sender<'a> {
	validators: &'a Validators,
	/// The last final block, at each of them.
	at: Vec<OnlineClientAtBlock<PetraConfig>>,
	since: BlockRef,
	expiry: BlockNumber,
	/// The numbers of blocks.
	numbers: Mutex<HashMap<H256, u64>>,
	/// The escrow accounts that were made in a block, by who made them.
	escrows: Mutex<HashMap<H256, Arc<BTreeMap<AccountId32, AccountId32>>>>,
}

/// A transaction that is in a best block.
pub struct Included {
	/// The block.
	block: H256,
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
	/// The number of the validator to whose node the household is connected.
	pub node: usize,
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

impl<'a> Sender<'a> {
	/// Signs from now on for the last final block.
	pub async fn new(validators: &'a Validators) -> Result<Self> {
		let first = validators.clients.first().ok_or_else(|| violated("there is no validator"))?;
		let since = first.finalized_head().await?;
		// Each of them must have it.
		validators.all_reach(since.number).await?;
		let at = validators.clients.iter().map(|client| client.at(since.hash));
		Ok(Self {
			validators,
			at: try_join_all(at).await?,
			since,
			expiry: super::height(first).await? + AHEAD,
			numbers: Mutex::default(),
			escrows: Mutex::default(),
		})
	}

	fn at(&self, node: usize) -> Result<&OnlineClientAtBlock<PetraConfig>> {
		self.at
			.get(node)
			.ok_or_else(|| violated(format!("there is no validator {node}")))
	}

	fn signed(&self, call: &impl Payload, key: &Keypair, nonce: u64) -> Result<Vec<u8>> {
		let parameters = DefaultExtrinsicParamsBuilder::<PetraConfig>::new()
			.nonce(nonce)
			.mortal_from_unchecked(MORTAL_FOR, self.since.number, self.since.hash)
			.build();
		self.at(0)?
			.transactions()
			.create_signable_offline(call, parameters)
			.and_then(|mut transaction| transaction.sign(key))
			.map(|transaction| transaction.into_encoded())
			.map_err(|error| violated(format!("a trade cannot be signed: {error}")))
	}

	fn general(&self, call: &impl Payload) -> Result<Vec<u8>> {
		let at = self.at(0)?;
		let data = at.transactions().call_data(call);
		let data = data.map_err(|error| violated(error.to_string()))?;
		Ok(general(at.metadata_ref(), &data)?)
	}

	/// Sends a transaction and waits until it is in a best block: the rule of inclusion for all ways.
	async fn included(&self, node: usize, bytes: Vec<u8>) -> Result<Included> {
		let including = async {
			let sent = self.at(node)?.transactions().from_bytes(bytes).submit_and_watch().await;
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

	/// As [`Sender::included`], before another transaction that needs this one: waits besides until all validators have
	/// the block. One that has not yet, and is passed the next transaction, refuses it and does not look at it again for
	/// half an hour; it would be left to the others to make a block with it.
	async fn known(&self, node: usize, bytes: Vec<u8>) -> Result<H256> {
		let block = self.included(node, bytes).await?.block;
		let number = {
			let mut numbers = self.numbers.lock().await;
			match numbers.entry(block) {
				Entry::Occupied(known) => *known.get(),
				Entry::Vacant(unknown) => {
					let header = self.client(node)?.header(block).await?;
					*unknown.insert(header.number)
				},
			}
		};
		let all = self.validators.all_reach(number);
		within(PATIENCE, "all validators having a block", all).await?;
		Ok(block)
	}

	fn client(&self, node: usize) -> Result<&Client> {
		let client = self.validators.clients.get(node);
		client.ok_or_else(|| violated(format!("there is no validator {node}")))
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
		let Ticket { consumer, nonce, node, .. } = *ticket;
		let key = &consumer.key;
		let producer = account_of(&place.producer_of(consumer)?.key);
		let any = Value::unnamed_variant("Any", []);
		let make = [any, Value::u128(0), Value::u128(0)];
		let made = self.signed(&call("Proxy", "create_pure", make), key, nonce)?;
		let mut transactions = vec![made.clone()];
		let block = self.known(node, made).await?;
		let escrow = self.escrow_of(node, block, &account_of(key)).await?;

		let arguments = [account(&escrow), Value::u128(amount())];
		let pay = call("Balances", "transfer_keep_alive", arguments);
		let paid = self.signed(&pay, key, nonce + 1)?;
		transactions.push(paid.clone());
		self.known(node, paid).await?;

		let all = [account(&producer), Value::bool(false)];
		let out = call("Balances", "transfer_all", all).into_value();
		let none = Value::unnamed_variant("None", []);
		let confirm = call("Proxy", "proxy", [account(&escrow), none, out]);
		let confirmed = self.signed(&confirm, key, nonce + 2)?;
		transactions.push(confirmed.clone());
		let last = self.included(node, confirmed).await?;
		Ok(Traded { transactions, last })
	}

	/// The escrow account that somebody made in a block, whose events are read once for all trades.
	async fn escrow_of(&self, node: usize, block: H256, who: &AccountId32) -> Result<AccountId32> {
		let mut known = self.escrows.lock().await;
		if let Entry::Vacant(unknown) = known.entry(block) {
			let client = self.client(node)?;
			let number = client.header(block).await?.number;
			let events = client.events_of(BlockRef { number, hash: block }).await?;
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
		let Ticket { consumer, nonce, leaf, node, .. } = *ticket;
		let commitment = place.commitment(consumer, leaf, ENERGY, self.expiry, nonce)?;
		let ctp_id = commitment_id(place.genesis, &commitment);
		let commit = calls::commit_to_pay(&commitment, None);
		let committed = self.signed(&commit, &consumer.key, nonce)?;
		let receipt = consumer
			.tree
			.receipt(leaf, &consumer.certificate, place.genesis, ctp_id, ENERGY)
			.map_err(|error| violated(error.to_string()))?;
		let confirmed = self.general(&calls::confirm_receipt(ctp_id, ENERGY, receipt))?;
		let transactions = vec![committed.clone(), confirmed.clone()];
		self.known(node, committed).await?;
		let last = self.included(node, confirmed).await?;
		Ok(Traded { transactions, last })
	}

	async fn settle(&self, place: &Neighbourhood, ticket: &Ticket<'_>) -> Result<Traded> {
		let Ticket { consumer, leaf, sequence, node, .. } = *ticket;
		let commitment = place.commitment(consumer, leaf, ENERGY, self.expiry, sequence)?;
		let ctp_id = commitment_id(place.genesis, &commitment);
		let receipt = consumer
			.tree
			.receipt(leaf, &consumer.certificate, place.genesis, ctp_id, ENERGY)
			.map_err(|error| violated(error.to_string()))?;
		let signature = settlement(place.genesis, ctp_id, &consumer.key);
		let settled = self.general(&calls::settle(commitment, signature, ENERGY, receipt))?;
		let transactions = vec![settled.clone()];
		let last = self.included(node, settled).await?;
		Ok(Traded { transactions, last })
	}
}
