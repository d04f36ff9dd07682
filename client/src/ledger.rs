//! What the ledger says after one block: the runtime API `PetraApi`, typed.

use crate::{
	generated, petra, types::*, AccountId32, BlockRef, Client, Error, PetraConfig, Result, H256,
};
use subxt::{
	client::OnlineClientAtBlock,
	runtime_apis::Payload,
	storage::{Address as StorageAddress, PrefixOf},
	utils::Static,
};

/// The ledger after one block: all answers are of the same moment.
///
/// ```no_run
/// # async fn example(client: petra_client::Client) -> Result<(), petra_client::Error> {
/// let ledger = client.ledger().await?;
/// let now = ledger.current_timestep().await?;
/// let (consumption, production) = ledger.prices(now + 2).await?;
/// println!("the DSO sells at {consumption} and buys at {production}");
/// # Ok(())
/// # }
/// ```
pub struct Ledger {
	block: BlockRef,
	at: OnlineClientAtBlock<PetraConfig>,
}

impl std::fmt::Debug for Ledger {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter
			.debug_struct("Ledger")
			.field("block", &self.block)
			.finish_non_exhaustive()
	}
}

impl Client {
	/// The ledger after the best block, which may still be replaced.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn ledger(&self) -> Result<Ledger> {
		self.ledger_at(self.best_head().await?).await
	}

	/// The ledger after the last final block.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn final_ledger(&self) -> Result<Ledger> {
		self.ledger_at(self.finalized_head().await?).await
	}

	/// The ledger after a block.
	///
	/// # Errors
	/// [`Error::BlockNotFound`] if the node does not have it.
	pub async fn ledger_at(&self, block: BlockRef) -> Result<Ledger> {
		Ok(Ledger { block, at: self.at_block(block).await? })
	}
}

impl Ledger {
	/// The block.
	pub fn block(&self) -> BlockRef {
		self.block
	}

	/// All else that the block has.
	pub(crate) fn at(&self) -> &OnlineClientAtBlock<PetraConfig> {
		&self.at
	}

	/// The hash of the chain's first block, which is part of every message signed for it.
	pub fn genesis(&self) -> H256 {
		self.at.genesis_hash().unwrap_or_default()
	}

	/// The timestep of the block's timestamp.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such API.
	pub async fn current_timestep(&self) -> Result<Timestep> {
		self.ask(api().current_timestep()).await
	}

	/// Units and times.
	///
	/// # Errors
	/// As [`Ledger::current_timestep`].
	pub async fn parameters(&self) -> Result<Parameters> {
		Ok(self.ask(api().parameters()).await?.0)
	}

	/// What the DSO sells and buys at in `t`: `(consumption, production)`.
	///
	/// # Errors
	/// As [`Ledger::current_timestep`].
	pub async fn prices(&self, t: Timestep) -> Result<(Price, Price)> {
		self.ask(api().prices(t)).await
	}

	/// The way of trading in force at `t`.
	///
	/// # Errors
	/// As [`Ledger::current_timestep`].
	pub async fn market_mode(&self, t: Timestep) -> Result<MarketMode> {
		Ok(self.ask(api().market_mode(t)).await?.0)
	}

	/// A meter as it is now, if there is one of that number.
	///
	/// # Errors
	/// As [`Ledger::current_timestep`].
	pub async fn meter(&self, id: MeterId) -> Result<Option<MeterInfo>> {
		Ok(self.ask(api().meter(id)).await?.map(|meter| meter.0))
	}

	/// Gross power that a meter has withdrawn.
	///
	/// # Errors
	/// As [`Ledger::current_timestep`].
	pub async fn withdrawn(
		&self,
		meter: MeterId,
		kind: AssetKind,
		from: Timestep,
		to: Timestep,
	) -> Result<Vec<Segment>> {
		Ok(unwrapped(self.ask(api().withdrawn(meter, Static(kind), from, to)).await?))
	}

	/// Power that a meter may still withdraw.
	///
	/// # Errors
	/// As [`Ledger::current_timestep`].
	pub async fn headroom(
		&self,
		meter: MeterId,
		kind: AssetKind,
		from: Timestep,
		to: Timestep,
	) -> Result<Vec<Segment>> {
		Ok(unwrapped(self.ask(api().headroom(meter, Static(kind), from, to)).await?))
	}

	/// An address's energy assets, by id.
	///
	/// # Errors
	/// As [`Ledger::current_timestep`].
	pub async fn assets_of(&self, address: &AccountId32) -> Result<Vec<(AssetId, EnergyAsset)>> {
		Ok(pairs(self.ask(api().assets_of(*address)).await?))
	}

	/// The offers of a kind that cover a timestep from `from` to `to`, in the order of their ids: at most `limit`, and
	/// 1 000, after `after`.
	///
	/// # Errors
	/// As [`Ledger::current_timestep`].
	pub async fn offers(
		&self,
		kind: AssetKind,
		from: Timestep,
		to: Timestep,
		after: Option<OfferId>,
		limit: u32,
	) -> Result<Vec<(OfferId, Offer)>> {
		Ok(pairs(self.ask(api().offers(Static(kind), from, to, after, limit)).await?))
	}

	/// What is traded and withdrawn on a feeder, against its limits.
	///
	/// # Errors
	/// As [`Ledger::current_timestep`].
	pub async fn feeder_load(
		&self,
		feeder: FeederId,
		from: Timestep,
		to: Timestep,
	) -> Result<Vec<FeederLoad>> {
		Ok(unwrapped(self.ask(api().feeder_load(feeder, from, to)).await?))
	}

	/// The microgrid controller's request in force at `t`, in watts.
	///
	/// # Errors
	/// As [`Ledger::current_timestep`].
	pub async fn control_signal(&self, t: Timestep) -> Result<Option<i64>> {
		self.ask(api().control_signal(t)).await
	}

	/// An energy asset, if there is one of that number.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such storage.
	pub async fn asset(&self, id: AssetId) -> Result<Option<EnergyAsset>> {
		let asset = self.value(petra::storage().energy_assets().assets(), (id,)).await?;
		Ok(asset.map(|asset| asset.0))
	}

	/// An open offer, if there is one of that number.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such storage.
	pub async fn offer(&self, id: OfferId) -> Result<Option<Offer>> {
		// In the order of their numbers.
		let key = id.to_be_bytes();
		let offer = self.value(petra::storage().offers().offers(), (key,)).await?;
		Ok(offer.map(|offer| offer.0))
	}

	/// The most blocks that the deadline of a co-signed transfer may be ahead.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such constant.
	pub fn max_deadline(&self) -> Result<BlockNumber> {
		self.at
			.constants()
			.entry(petra::constants().energy_assets().max_deadline())
			.map_err(|error| Error::metadata("EnergyAssets.MaxDeadline", error))
	}

	/// Names of pallets and runtime APIs that are not as this client was made for: it may not be able to use them.
	pub fn unexpected(&self) -> Vec<String> {
		generated::differences(self.at.metadata_ref())
	}

	/// Money of an account that it can spend, and money that is on hold for its bids.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such storage.
	pub async fn money(&self, account: &AccountId32) -> Result<Money> {
		// Its default holds the number of the block in which the metadata were asked for, so it is never the same.
		let address = petra::storage().system().account().unvalidated();
		let account = self.value(address, (*account,)).await?;
		Ok(account.map_or(Money::default(), |account| Money {
			free: account.data.free,
			held: account.data.reserved,
		}))
	}

	/// Asks a runtime API of the generated code, for what this type has no words for.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such API, or has it in another form.
	pub async fn ask<P: Payload>(&self, question: P) -> Result<P::ReturnType> {
		let name = format!("{}.{}", question.trait_name(), question.method_name());
		self.at
			.runtime_apis()
			.call(question)
			.await
			.map_err(|error| Error::metadata(name, error))
	}

	/// Reads storage by an address of the generated code; none if it was never set.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such storage, or has it in another form.
	pub async fn value<A: StorageAddress>(
		&self,
		address: A,
		keys: A::KeyParts,
	) -> Result<Option<A::Value>> {
		let name = format!("{}.{}", address.pallet_name(), address.entry_name());
		let wrong = |error: String| Error::metadata(name.clone(), error);
		let entry = self.at.storage().entry(address).map_err(|error| wrong(error.to_string()))?;
		let value = entry.try_fetch(keys).await.map_err(|error| wrong(error.to_string()))?;
		value
			.map(|value| value.decode().map_err(|error| wrong(error.to_string())))
			.transpose()
	}

	/// Reads all that a map of the generated code's addresses stores, with its keys, in no order.
	///
	/// # Errors
	/// [`Error::Metadata`] if the chain has no such map, or has it in another form.
	pub async fn all<A>(&self, address: A) -> Result<Vec<(A::KeyParts, A::Value)>>
	where
		A: StorageAddress,
		(): PrefixOf<A::KeyParts>,
	{
		let name = format!("{}.{}", address.pallet_name(), address.entry_name());
		let wrong = |error: String| Error::metadata(name.clone(), error);
		let entry = self.at.storage().entry(address).map_err(|error| wrong(error.to_string()))?;
		let mut entries = entry.iter(()).await.map_err(|error| wrong(error.to_string()))?;
		let mut all = Vec::new();
		while let Some(found) = entries.next().await {
			let found = found.map_err(|error| wrong(error.to_string()))?;
			let key = found.key().and_then(|key| key.decode());
			let key = key.map_err(|error| wrong(error.to_string()))?;
			let value = found.value().decode().map_err(|error| wrong(error.to_string()))?;
			all.push((key, value));
		}
		Ok(all)
	}
}

/// Money of an account, in billionths of a EUR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Money {
	/// Can be spent.
	pub free: Balance,
	/// On hold for bids.
	pub held: Balance,
}

fn api() -> petra::runtime_apis::petra_api::PetraApi {
	petra::runtime_apis().petra_api()
}

fn unwrapped<T>(items: Vec<Static<T>>) -> Vec<T> {
	items.into_iter().map(|item| item.0).collect()
}

fn pairs<Id, T>(items: Vec<(Id, Static<T>)>) -> Vec<(Id, T)> {
	items.into_iter().map(|(id, item)| (id, item.0)).collect()
}
