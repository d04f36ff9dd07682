//! `petra dso serve`

use crate::{answer::note, answer::Answer, context::Context, failure::Failure};
use clap::Args;
use petra_client::{
	service::{ChainLedger, Options, Service, ServiceError},
	types::{Balance, MeterId},
	units::{format_money, parse_money},
	AccountId32, Client, Error, Signer,
};
use serde_json::json;
use std::{path::PathBuf, str::FromStr, sync::Arc, time::Duration};
use tokio::net::TcpListener;

/// How long to go on trying to connect.
const PATIENCE: Duration = Duration::from_secs(60);

/// Money that a household may owe: `7=100EUR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
	household: MeterId,
	amount: Balance,
}

impl FromStr for Credit {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let (household, amount) =
			text.split_once('=').ok_or("write a household and its credit: 7=100EUR")?;
		let household = household
			.parse()
			.map_err(|_| format!("{household:?} is no household's number"))?;
		let amount = parse_money(amount).map_err(|error| error.to_string())?;
		Ok(Self { household, amount })
	}
}

/// The key with which a household signs: `7=5F…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseholdKey {
	household: MeterId,
	key: AccountId32,
}

impl FromStr for HouseholdKey {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let (household, key) =
			text.split_once('=').ok_or("write a household and its key: 7=5F…")?;
		let household = household
			.parse()
			.map_err(|_| format!("{household:?} is no household's number"))?;
		let key = key.parse().map_err(|_| format!("{key:?} is no key: write its address (5…)"))?;
		Ok(Self { household, key })
	}
}

/// Options of the service.
#[derive(Args)]
pub struct Arguments {
	/// Where to listen, as `host:port`
	#[arg(long, default_value = "127.0.0.1:8460")]
	listen: String,
	/// The service's database: one file for one chain and one account
	#[arg(long, default_value = "dso-service.redb", value_name = "FILE")]
	database: PathBuf,
	/// Count deposits from this block on, the first time that it starts; else from its first start on
	#[arg(long, value_name = "NUMBER")]
	from_block: Option<u64>,
	/// The key with which a household signs its requests, instead of its meter's: 7=5F…; may be repeated
	#[arg(long, value_name = "NUMBER=ADDRESS")]
	household: Vec<HouseholdKey>,
	/// Money that a household may owe, instead of its limit: 7=100EUR; may be repeated
	#[arg(long, value_name = "HOUSEHOLD=MONEY")]
	credit: Vec<Credit>,
	/// By how many seconds the clock of a household may be off
	#[arg(long, default_value = "60", value_name = "SECONDS")]
	freshness: u64,
}

/// Serves until it is ended, or its database fails.
pub async fn run(arguments: Arguments, context: &Context) -> Result<Answer, Failure> {
	if context.settings.key_file.is_none() {
		let message = "name the file with the key of the service's account with --key-file: the account that \
			`petra dso issuer` names, which needs no other rights";
		return Err(Failure::Usage(message.into()));
	}
	let key = context.regulator()?;
	let account = key.account_id();
	let client = Client::connect_lasting(&context.settings.url, PATIENCE).await?;
	let genesis = client.final_ledger().await?.genesis();
	warn_of_rights(&client, &account).await?;
	let mut options = Options::new(&arguments.database);
	options.from_block = arguments.from_block;
	options.freshness = Duration::from_secs(arguments.freshness);
	options.notice = note;
	for HouseholdKey { household, key } in arguments.household {
		options.keys.insert(household, key);
	}
	for Credit { household, amount } in arguments.credit {
		note(&format!("household {household} may owe {}", format_money(amount)));
		options.credit.insert(household, amount);
	}
	let key = Arc::new(key);
	let ledger = ChainLedger::new(client, key.clone());
	let failed = |error: ServiceError| match error {
		ServiceError::Store(error) => Failure::file(&arguments.database, error),
		ServiceError::Ledger(error) => {
			let (doing, reason) = ("to tell of the chain", error.to_string());
			Failure::Client(Error::Rpc { doing, reason })
		},
		other => Failure::Usage(other.to_string()),
	};
	let service = Service::open(ledger, key, genesis, options).await.map_err(failed)?;
	let listener = TcpListener::bind(&arguments.listen).await.map_err(|error| {
		Failure::Usage(format!("cannot listen at {}: {error}", arguments.listen))
	})?;
	let listening = listener.local_addr().map_or(arguments.listen.clone(), |at| at.to_string());
	note(&format!(
		"serving as {account} at http://{listening}; it describes itself at /openapi.json"
	));
	service.serve(listener).await.map_err(failed)?;
	Ok(Answer::new("ended", json!(null)))
}

/// Says so if the account cannot do what the service is for, or can do more.
async fn warn_of_rights(client: &Client, account: &AccountId32) -> Result<(), Failure> {
	let issuer: Option<AccountId32> = client.storage("Regulation", "Issuer", ()).await?;
	if issuer.as_ref() != Some(account) {
		note(&format!(
			"the ledger will refuse what {account} issues until the regulator names it as the issuer"
		));
	}
	let sudo: Option<AccountId32> = client.storage("Sudo", "Key", ()).await?;
	if sudo.as_ref() == Some(account) {
		note("this is the sudo key: let the service have an account of its own");
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn household_should_be_read_as_number_and_key() {
		let key = petra_client::dev::alice().public_key().to_account_id();
		assert_eq!(format!("7={key}").parse(), Ok(HouseholdKey { household: 7, key }));
		for text in ["7", "7=", "7=5Grw", &format!("x={key}"), &format!("={key}"), &key.to_string()]
		{
			assert!(text.parse::<HouseholdKey>().is_err(), "{text}");
		}
	}

	#[test]
	fn credit_should_be_read_as_household_and_money() {
		let credit = Credit { household: 7, amount: 1_500_000_000 };
		assert_eq!("7=1.5EUR".parse(), Ok(credit));
		for text in ["7", "x=1EUR", "7=", "7=much", "-1=1EUR", ""] {
			assert!(text.parse::<Credit>().is_err(), "{text}");
		}
	}
}
