//! Who creates a household's assets: its meter (P1), or the DSO's service (P3).

use super::{super::link::Question, AgentError, Lot, Prosumer, Result};
use crate::{
	service::{Asset, DsoClient, DsoError, Household, Progress, Realm, RequestId},
	types::*,
	wallet::Account,
	AccountId32, Client,
};
use std::time::Duration;

/// How long the service may be away.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where assets come from.
pub(super) enum Supply {
	/// The household's meter.
	Meter,
	/// The DSO's service.
	Dso(Box<Household<Account>>),
}

impl Supply {
	/// The service at an address, or else the meter.
	pub(super) async fn new(
		client: &Client,
		dso: Option<&str>,
		meter: MeterId,
		key: Account,
	) -> Result<Self> {
		let Some(address) = dso else { return Ok(Self::Meter) };
		let realm = Realm::of_issuer(client).await?.ok_or_else(|| {
			AgentError::Options("the ledger names no account that issues assets".into())
		})?;
		let household = Household::new(DsoClient::new(address, realm), meter, key);
		Ok(Self::Dso(Box::new(household.patient(PATIENCE))))
	}
}

/// A refusal is for good; anything else may go better after a restart.
fn failed(error: DsoError) -> AgentError {
	match error {
		DsoError::Refused(..) => AgentError::Refused(error.to_string()),
		error => AgentError::Link(error.to_string()),
	}
}

impl Prosumer {
	/// Has the notes of a stretch created, with money for those that buy: once, however often this is asked.
	pub(super) async fn withdraw(&self, start: Timestep, lots: &[Lot]) -> Result<()> {
		let mut all = Vec::new();
		for lot in lots {
			let Lot { kind, power, start, end, .. } = *lot;
			all.push((format!("{}/a", lot.name), Asset::Energy { kind, power, start, end }));
			if kind == AssetKind::Consumption && self.options.money > 0 {
				// Two notes that are mixed go to different pools; they meet again at the address that trades.
				let at = if self.options.members.is_some() { "money" } else { "a" };
				let money = Asset::Financial { amount: self.options.money };
				all.push((format!("{}/{at}", lot.name), money));
			}
		}
		match &self.supply {
			Supply::Meter => self.withdraw_from_meter(start, all).await,
			Supply::Dso(household) => self.withdraw_from_dso(household, all).await,
		}
	}

	async fn withdraw_from_meter(&self, start: Timestep, all: Vec<(String, Asset)>) -> Result<()> {
		let mut outputs = Vec::new();
		for (name, asset) in all {
			let address = self.account(&name).await?.address();
			outputs.push(match asset {
				Asset::Energy { kind, power, start, end } => {
					WithdrawalOutput::Energy { address, kind, power, start, end }
				},
				Asset::Financial { amount } => WithdrawalOutput::Financial { address, amount },
			});
		}
		self.link.ask(&Question::Withdraw { id: start.to_string(), outputs }).await?;
		Ok(())
	}

	/// One request for each address: the service creates all assets of a request at one.
	async fn withdraw_from_dso(
		&self,
		household: &Household<Account>,
		all: Vec<(String, Asset)>,
	) -> Result<()> {
		let mut requests: Vec<(String, AccountId32, Vec<Asset>)> = Vec::new();
		for (name, asset) in all {
			match requests.last_mut() {
				Some((last, _, assets)) if *last == name => assets.push(asset),
				_ => {
					let address = self.account(&name).await?.address();
					requests.push((name, address, vec![asset]));
				},
			}
		}
		let addresses = requests.iter().map(|(_, address, _)| *address).collect();
		self.link.ask(&Question::Owns { addresses }).await?;
		let asked = requests.into_iter().map(|(name, address, assets)| async move {
			let name = format!("request/{name}");
			let id = match self.store.read::<RequestId>(&name)? {
				Some(id) => id,
				None => {
					let id = RequestId::random();
					self.store.write(&name, &id)?;
					id
				},
			};
			household.withdraw(id, address, assets).await.map_err(failed)?;
			let settled = household.settled(id, PATIENCE).await.map_err(failed)?;
			let refused = settled.into_iter().find_map(|one| match one.progress {
				Progress::Failed { msg, .. } => Some(msg),
				_ => None,
			});
			refused.map_or(Ok(()), |msg| Err(AgentError::Refused(msg)))
		});
		// All are asked for, and waited for, before one that is refused is told.
		futures::future::join_all(asked).await.into_iter().collect()
	}
}
