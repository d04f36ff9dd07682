//! Returning what a note became: everything, traded or not, so that nobody sees from it what was needed.

use super::{
	super::link::{Answer, Question},
	supply::Supply,
	AgentError, Lot, Prosumer, Result,
};
use crate::{agents::ticker::Ticker, assets::moved, calls, types::*, wallet::Account, AccountId32};
use serde_json::json;

impl Prosumer {
	/// Returns all that is at a note's addresses: to fresh addresses of the meter while that is possible, else from where
	/// it is.
	pub(super) async fn give_back(
		&self,
		lot: &Lot,
		at: &[Account],
		ticker: &mut Ticker,
	) -> Result<()> {
		self.pause().await;
		for owner in at {
			while !self.returned(lot, owner).await? {
				ticker.next().await;
			}
		}
		let handed = self.store.all::<AccountId32>(&format!("handed/{}/", lot.name))?;
		for (_, address) in handed {
			self.link.ask(&Question::Returned { address }).await?;
		}
		Ok(())
	}

	/// Returns what is at an address now. Whether nothing was there any more.
	async fn returned(&self, lot: &Lot, owner: &Account) -> Result<bool> {
		let address = owner.address();
		let ledger = self.client.final_ledger().await?;
		let now = ledger.current_timestep().await?;
		let assets = ledger.assets_of(&address).await?;
		let money = ledger.money(&address).await?;
		if assets.is_empty() && money.free == 0 && money.held == 0 {
			return Ok(true);
		}
		if money.held > 0 || assets.iter().any(|(_, asset)| asset.locked) {
			return Ok(false);
		}
		let movable = assets.iter().all(|(_, asset)| asset.start > now.saturating_add(1));
		let result = match &self.supply {
			Supply::Meter if movable => self.hand_over(lot, owner, &assets, money.free).await,
			Supply::Meter => {
				self.link.ask(&Question::Owns { addresses: vec![address] }).await?;
				self.deposit(owner, &assets, money.free).await
			},
			Supply::Dso(household) => {
				// Both must know, before they see a deposit.
				self.link.ask(&Question::Owns { addresses: vec![address] }).await?;
				household
					.register(std::slice::from_ref(owner))
					.await
					.map_err(|error| AgentError::Link(error.to_string()))?;
				self.deposit(owner, &assets, money.free).await
			},
		};
		result.or_else(|error| self.missed(lot, error))?;
		Ok(false)
	}

	/// Transfers to a fresh address of the meter, which deposits it.
	async fn hand_over(
		&self,
		lot: &Lot,
		owner: &Account,
		assets: &[(AssetId, EnergyAsset)],
		money: Balance,
	) -> Result<()> {
		let name = self.store.unused(&format!("return/{}", lot.name))?;
		let id = name.clone();
		let Answer::Address { address: to } =
			self.link.ask(&Question::DepositAddress { id }).await?
		else {
			return Err(AgentError::Link("the meter gave no address".into()));
		};
		let number = name.rsplit('/').next().unwrap_or_default();
		self.store.write(&format!("handed/{}/{number}", lot.name), &to)?;
		let pays = |who: AccountId32| (money > 0).then_some((who, money)).into_iter().collect();
		let inputs = TransferInputs {
			assets: assets.iter().map(|(id, _)| *id).collect(),
			money: pays(owner.address()),
		};
		let outputs = TransferOutputs {
			assets: assets.iter().map(|(_, asset)| moved(asset, to)).collect(),
			money: pays(to),
		};
		let call = calls::transfer(inputs, outputs, None);
		self.store.once(&self.client, &name, &call, owner).await?;
		self.hear(json!({ "step": "returned", "note": lot.name }));
		Ok(())
	}

	/// Deposits from where it is, one thing in each transaction.
	async fn deposit(
		&self,
		owner: &Account,
		assets: &[(AssetId, EnergyAsset)],
		money: Balance,
	) -> Result<()> {
		for (id, _) in assets {
			let call = calls::deposit_energy_asset(*id);
			self.store.once(&self.client, &format!("deposit/{id}"), &call, owner).await?;
			self.hear(json!({ "step": "deposited", "asset": id }));
			self.pause().await;
		}
		if money > 0 {
			let call = calls::deposit_financial(money);
			let name = self.store.unused(&format!("deposit-money/{}", owner.address()))?;
			self.store.once(&self.client, &name, &call, owner).await?;
			self.hear(json!({ "step": "deposited", "money": money.to_string() }));
		}
		Ok(())
	}
}
