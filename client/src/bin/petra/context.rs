//! What commands have in common: a node, a wallet, keys, sending.

use crate::{
	answer::{during, note},
	failure::Failure,
	settings::Settings,
};
use petra_client::{
	types::{AssetId, EnergyAsset, Price, Timestep},
	units::{Converter, PriceInput, TimeInput},
	wallet::{Account, PassphraseSource, Role, Wallet},
	AccountId32, Client, Error, Keypair, Ledger, Outcome, Payload,
};
use std::{future::Future, str::FromStr, time::Duration};
use subxt_signer::SecretUri;
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

/// How long to go on trying to connect.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait for a node that went away while a transaction was awaited: no transaction is valid for so long.
const ABSENCE: Duration = Duration::from_secs(300);
/// How long after the node was there to ask whether it still is.
const GLANCE: Duration = Duration::from_secs(5);

/// Settings, and what is made of them when it is needed.
pub struct Context {
	pub settings: Settings,
}

/// An address as people name it: its text, or its number in the wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressInput {
	Index(u32),
	Address(AccountId32),
}

impl FromStr for AddressInput {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
			return text.parse().map(Self::Index).map_err(|_| "no number of an address".into());
		}
		text.parse()
			.map(Self::Address)
			.map_err(|_| "write an address (5…), or its number in the wallet".into())
	}
}

impl Context {
	/// A connection to the node, which is made anew if it breaks: then requests wait until it is there again.
	pub async fn client(&self) -> Result<Client, Failure> {
		let url = &self.settings.url;
		if !url.starts_with("ws://") && !url.starts_with("wss://") {
			return Err(Failure::Usage(format!("{url:?} does not begin with ws:// or wss://")));
		}
		let connecting = Client::connect_lasting(url, PATIENCE);
		Ok(during(&format!("connecting to {url}"), connecting).await?)
	}

	/// Where the wallet's passphrase comes from.
	pub fn passphrase(&self) -> PassphraseSource {
		PassphraseSource { file: self.settings.passphrase_file.clone() }
	}

	/// The wallet.
	pub fn wallet(&self) -> Result<Wallet, Failure> {
		if !self.settings.wallet.exists() {
			let path = self.settings.wallet.display().to_string();
			return Err(petra_client::wallet::WalletError::NotFound(path).into());
		}
		Ok(Wallet::open(&self.settings.wallet, &self.passphrase().get()?)?)
	}

	/// The regulator's key: of the file that is named, else the wallet's.
	pub fn regulator(&self) -> Result<Account, Failure> {
		match &self.settings.key_file {
			Some(file) => {
				let text = std::fs::read_to_string(file)
					.map(Zeroizing::new)
					.map_err(|error| Failure::file(file, error))?;
				let no_key =
					|| Failure::file(file, "it holds no secret phrase or URI of an sr25519 key");
				let uri = SecretUri::from_str(text.trim()).map_err(|_| no_key())?;
				Keypair::from_uri(&uri).map(Account::from).map_err(|_| no_key())
			},
			None if self.settings.wallet.exists() => Ok(self.wallet()?.account(Role::Dso)?),
			None => Err(Failure::NoRegulator),
		}
	}

	/// Sends a call and waits until it is as sure as the settings say, also if the node restarts meanwhile.
	pub async fn send(
		&self,
		client: &Client,
		call: &impl Payload,
		account: &Account,
	) -> Result<Outcome, Failure> {
		let name = format!("{}.{}", call.pallet_name(), call.call_name());
		let sending = client.send_until(call, account, self.settings.finality);
		awaited(client, &name, sending).await
	}

	/// Has root make a call.
	pub async fn sudo(&self, client: &Client, call: &impl Payload) -> Result<Outcome, Failure> {
		let name = format!("{}.{}", call.pallet_name(), call.call_name());
		let regulator = self.regulator()?;
		awaited(client, &name, client.sudo(call, &regulator)).await
	}
}

/// Waits for what becomes of a transaction, and says so; but not for a node that went away for good.
pub async fn awaited<T, E: Into<Failure>>(
	client: &Client,
	call: &str,
	work: impl Future<Output = Result<T, E>>,
) -> Result<T, Failure> {
	let gone = async {
		loop {
			sleep(GLANCE).await;
			if timeout(ABSENCE, client.best_head()).await.is_err() {
				break;
			}
		}
	};
	let outcome = async {
		tokio::select! {
			result = work => result.map_err(Into::<Failure>::into),
			() = gone => Err(Failure::Client(Error::Unreachable {
				url: client.url().into(),
				waited: ABSENCE,
				reason: format!("it went away, and {call} may be in a block or not"),
			})),
		}
	};
	during(&format!("waiting for {call}"), outcome).await
}

/// The key of an address, which must be the wallet's.
pub fn key_of(wallet: &Wallet, address: &AccountId32) -> Result<Account, Failure> {
	wallet
		.account_of(address)?
		.ok_or_else(|| Failure::NotOurs(format!("address {address}")))
}

/// The key that people name: it must be of an address that the wallet has used.
pub fn key_named(wallet: &Wallet, input: &AddressInput) -> Result<Account, Failure> {
	match input {
		AddressInput::Index(index) if *index < wallet.used_addresses() => {
			Ok(wallet.account(Role::Address(*index))?)
		},
		AddressInput::Index(index) => Err(Failure::NotOurs(format!("address {index}"))),
		AddressInput::Address(address) => key_of(wallet, address),
	}
}

/// An asset that must be on the ledger.
pub async fn asset(ledger: &Ledger, id: AssetId) -> Result<EnergyAsset, Failure> {
	ledger.asset(id).await?.ok_or_else(|| Failure::NotFound(format!("asset {id}")))
}

/// A timestep, if now is now.
pub async fn timestep(ledger: &Ledger, input: TimeInput) -> Result<Timestep, Failure> {
	Ok(input.resolve(ledger.current_timestep().await?))
}

/// A price of the chain; a note if it is not the one that was asked for.
pub async fn price(ledger: &Ledger, input: &PriceInput) -> Result<(Price, Converter), Failure> {
	let converter = Converter::new(&ledger.parameters().await?);
	let converted = converter.convert(input)?;
	if let Some(inexact) = converted.inexact {
		note(&inexact);
	}
	Ok((converted.price, converter))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn address_should_be_read_as_a_number_or_as_an_address() {
		assert_eq!("7".parse(), Ok(AddressInput::Index(7)));
		let alice = petra_client::dev::alice().public_key().to_account_id();
		assert_eq!(alice.to_string().parse(), Ok(AddressInput::Address(alice)));
		for text in ["", "x", "-1", "99999999999", "5Grw"] {
			assert!(text.parse::<AddressInput>().is_err(), "{text}");
		}
	}
}
