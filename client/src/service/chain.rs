//! The real ledger, over a node.

use super::{
	ledger::{Change, Issue, Ledger, LedgerBlock, LedgerError, Member},
	Key, Realm, SharedKey,
};
use crate::{
	billing::{Change as Booking, Energy, Entry},
	calls,
	petra::{
		self,
		energy_assets::events::{AssetDeposited, FinancialDeposited},
	},
	transaction::failure,
	types::*,
	BlockRef, Client, Error, PetraConfig, Signed, Signer, H256,
};
use std::collections::HashMap;
use subxt::{client::OnlineClientAtBlock, error::DispatchError, events::Phase};

/// The node's codes for what is in its pool, was in it a moment ago, or is in a block.
const BANNED: i32 = 1012;
const ALREADY_IMPORTED: i32 = 1013;
/// What the node says of a transaction whose number is used: that one, or one like it, is in a block.
const OUTDATED: &str = "outdated";

/// The ledger that a node tells of, on which the service's account issues. No other program may use that account.
#[derive(Debug)]
pub struct ChainLedger {
	client: Client,
	key: Key,
}

impl Realm {
	/// The realm of the withdrawal service that the regulator has named on the chain, if there is one.
	///
	/// # Errors
	/// [`Error`] if the node does not answer.
	pub async fn of_issuer(client: &Client) -> Result<Option<Self>, Error> {
		let ledger = client.final_ledger().await?;
		let genesis = ledger.genesis();
		let issuer = ledger.value(petra::storage().regulation().issuer(), ()).await?;
		Ok(issuer.map(|dso| Self { genesis, dso }))
	}
}

impl From<Error> for LedgerError {
	fn from(error: Error) -> Self {
		match error {
			Error::BlockNotFound(_) => Self::BlockLost(error.to_string()),
			Error::Refused { .. } => Self::Refused(error.to_string()),
			_ => Self::Unreachable(error.to_string()),
		}
	}
}

impl ChainLedger {
	/// The ledger of a node. The connection should be [lasting](Client::connect_lasting).
	pub fn new(client: Client, key: SharedKey) -> Self {
		Self { client, key: Key(key) }
	}

	/// What became of transactions, by the events of their block.
	async fn outcomes(
		&self,
		at: &OnlineClientAtBlock<PetraConfig>,
		number: u64,
		events: &subxt::events::Events<PetraConfig>,
		wanted: &[H256],
	) -> Result<Vec<(H256, Result<(), String>)>, Error> {
		if wanted.is_empty() {
			return Ok(Vec::new());
		}
		let item = |error: &dyn std::fmt::Display| {
			Error::metadata(format!("transactions of block {number}"), error)
		};
		let transactions = at.extrinsics().fetch().await.map_err(|error| item(&error))?;
		let mut found = HashMap::new();
		for (index, transaction) in transactions.iter().enumerate() {
			let hash = transaction.map_err(|error| item(&error))?.hash();
			if wanted.contains(&hash) {
				found.insert(u32::try_from(index).unwrap_or(u32::MAX), (hash, Ok(())));
			}
		}
		for event in events.iter() {
			let event = event.map_err(|error| item(&error))?;
			let Phase::ApplyExtrinsic(index) = event.phase() else { continue };
			let failed = event.pallet_name() == "System" && event.event_name() == "ExtrinsicFailed";
			if let Some((_, outcome)) = found.get_mut(&index).filter(|_| failed) {
				let error = DispatchError::decode_from(event.field_bytes(), at.metadata())
					.map_err(|error| item(&error))?;
				let failure = failure("the service's withdrawal", &error, number);
				let name = failure.dispatch_error().map(String::from);
				*outcome = Err(name.unwrap_or_else(|| failure.to_string()));
			}
		}
		Ok(found.into_values().collect())
	}
}

/// The deposits among a block's events.
fn deposits(
	events: &subxt::events::Events<PetraConfig>,
	at: Timestep,
) -> Result<Vec<Entry>, Box<subxt::error::EventsError>> {
	let mut deposits = Vec::new();
	for event in events.find::<AssetDeposited>() {
		let AssetDeposited { address, asset, .. } = event.map_err(Box::new)?;
		let EnergyAsset { kind, power, start, end, .. } = asset.0;
		let change = Booking::EnergyDeposited(Energy { kind, power, start, end });
		deposits.push(Entry { address, at, change });
	}
	for event in events.find::<FinancialDeposited>() {
		let FinancialDeposited { address, amount } = event.map_err(Box::new)?;
		deposits.push(Entry { address, at, change: Booking::MoneyDeposited(amount) });
	}
	Ok(deposits)
}

impl Ledger for ChainLedger {
	async fn finalized(&self) -> Result<u64, LedgerError> {
		Ok(self.client.finalized_head().await?.number)
	}

	async fn block(&self, number: u64, transactions: &[H256]) -> Result<LedgerBlock, LedgerError> {
		let hash = self.client.block_hash(number).await?;
		let hash = hash.ok_or_else(|| Error::BlockNotFound(number.to_string()))?;
		let at = self.client.at(hash).await?;
		let lost = |error: &dyn std::fmt::Display| {
			Error::BlockNotFound(format!("{number} with its events ({error})"))
		};
		let events = at.events().fetch().await.map_err(|error| lost(&error))?;
		let ledger = self.client.ledger_at(BlockRef { number, hash }).await?;
		// The first block's state has no time.
		let timestep = if number == 0 { 0 } else { ledger.current_timestep().await? };
		let account = self.key.account_id();
		// As in `Ledger::money`: its default holds the number of the block in which the metadata were asked for.
		let address = petra::storage().system().account().unvalidated();
		let account = ledger.value(address, (account,)).await?;
		Ok(LedgerBlock {
			number,
			timestep,
			nonce: account.map(|account| account.nonce.into()),
			outcomes: self.outcomes(&at, number, &events, transactions).await?,
			deposits: deposits(&events, timestep).map_err(|error| lost(&error))?,
		})
	}

	async fn sign(&self, issue: &Issue, nonce: u64) -> Result<Signed, LedgerError> {
		let signed = match *issue {
			Issue::Energy(address, asset) => {
				let super::IssuedAsset { feeder, kind, power, start, end } = asset;
				let asset = NewAsset { feeder, kind, power, start, end };
				let call = calls::add_energy_asset(address, asset);
				self.client.sign_with_nonce(&call, &self.key, nonce).await?
			},
			Issue::Financial(address, amount) => {
				let call = calls::add_financial_balance(address, amount);
				self.client.sign_with_nonce(&call, &self.key, nonce).await?
			},
		};
		Ok(signed)
	}

	async fn submit(&self, signed: &Signed) -> Result<(), LedgerError> {
		use subxt::rpcs::Error as Rpc;
		match self.client.methods.author_submit_extrinsic(&signed.bytes).await {
			Ok(_) => Ok(()),
			Err(Rpc::User(said)) => {
				let data = said.data.as_ref().map_or("", |data| data.get());
				if said.code == BANNED || said.code == ALREADY_IMPORTED || data.contains(OUTDATED) {
					return Ok(());
				}
				Err(LedgerError::Refused(format!("{} ({}) {data}", said.message, said.code)))
			},
			Err(error) => Err(LedgerError::Unreachable(error.to_string())),
		}
	}

	async fn member(&self, household: MeterId) -> Result<Option<Member>, LedgerError> {
		let meters = petra::storage().meter_registry().meters();
		let meter = self.client.final_ledger().await?.value(meters, (household,)).await?;
		Ok(meter.map(|meter| Member {
			key: meter.key,
			feeder: meter.feeder,
			changes: meter
				.changes
				.into_iter()
				.map(|change| Change {
					from: change.from,
					authorized: change.authorized,
					path: match change.path {
						petra::runtime_types::petra_primitives::types::Path::Meter => Path::Meter,
						petra::runtime_types::petra_primitives::types::Path::Dso => Path::Dso,
					},
					limits: change.limits.0,
					dso_from: change.dso_from,
				})
				.collect(),
		}))
	}

	async fn parameters(&self) -> Result<Parameters, LedgerError> {
		Ok(self.client.final_ledger().await?.parameters().await?)
	}
}
