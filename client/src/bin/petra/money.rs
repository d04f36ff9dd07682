//! `petra money`

use crate::{
	answer::{during, Answer},
	context::{key_named, AddressInput, Context},
	dso::done,
	failure::Failure,
};
use clap::Subcommand;
use petra_client::{
	calls,
	types::{Balance, TransferInputs, TransferOutputs},
	units::{format_money, parse_money},
	AccountId32,
};
use serde_json::json;

#[derive(Subcommand)]
pub enum Command {
	/// Money at the wallet's addresses, or at another one
	Show {
		/// At this address only
		#[arg(long, value_name = "ADDRESS")]
		address: Option<AddressInput>,
	},
	/// Give money to another address. Everybody sees that; mixing hides it
	#[command(after_help = "Example:\n  petra money transfer 1.5EUR --from 3 --to 5F…")]
	Transfer {
		/// How much
		#[arg(value_parser = parse_money)]
		amount: Balance,
		/// The wallet's address that pays
		#[arg(long, value_name = "ADDRESS")]
		from: AddressInput,
		/// Who gets it; else a fresh address of the wallet
		#[arg(long, value_name = "ADDRESS")]
		to: Option<AccountId32>,
	},
	/// Deposit money: the bill counts it as paid back
	#[command(after_help = "Example:\n  petra money deposit 1.5EUR --from 3")]
	Deposit {
		/// How much
		#[arg(value_parser = parse_money)]
		amount: Balance,
		/// The wallet's address that pays
		#[arg(long, value_name = "ADDRESS")]
		from: AddressInput,
	},
}

pub async fn run(command: Command, context: &Context) -> Result<Answer, Failure> {
	match command {
		Command::Show { address } => show(context, address).await,
		Command::Transfer { amount, from, to } => transfer(context, amount, &from, to).await,
		Command::Deposit { amount, from } => {
			let client = context.client().await?;
			let key = key_named(&context.wallet()?, &from)?;
			let outcome = context.send(&client, &calls::deposit_financial(amount), &key).await?;
			let said = format!("{} is deposited", format_money(amount));
			Ok(done(&outcome, said, json!({ "amount": amount, "from": key.address() })))
		},
	}
}

async fn show(context: &Context, address: Option<AddressInput>) -> Result<Answer, Failure> {
	let ledger = context.client().await?.ledger().await?;
	let addresses = match address {
		Some(AddressInput::Address(address)) => vec![address],
		Some(index) => vec![key_named(&context.wallet()?, &index)?.address()],
		None => context.wallet()?.addresses()?.into_values().collect(),
	};
	let reading = async {
		let mut all = Vec::new();
		for address in addresses {
			all.push((address, ledger.money(&address).await?));
		}
		Ok::<_, Failure>(all)
	};
	let mut said = Vec::new();
	let mut entries = Vec::new();
	let mut total: Balance = 0;
	for (address, money) in during("reading what the addresses hold", reading).await? {
		if money.free == 0 && money.held == 0 {
			continue;
		}
		total = total.saturating_add(money.free).saturating_add(money.held);
		let held = match money.held {
			0 => String::new(),
			held => format!(", and {} on hold", format_money(held)),
		};
		said.push(format!("{address}  {}{held}", format_money(money.free)));
		entries.push(json!({ "address": address, "free": money.free, "held": money.held }));
	}
	said.push(format!("together {}", format_money(total)));
	Ok(Answer::new(said.join("\n"), json!({ "addresses": entries, "total": total })))
}

async fn transfer(
	context: &Context,
	amount: Balance,
	from: &AddressInput,
	to: Option<AccountId32>,
) -> Result<Answer, Failure> {
	let client = context.client().await?;
	let mut wallet = context.wallet()?;
	let key = key_named(&wallet, from)?;
	let to = match to {
		Some(to) => to,
		None => wallet.fresh_address()?.account.address(),
	};
	let call = calls::transfer(
		TransferInputs { assets: Vec::new(), money: vec![(key.address(), amount)] },
		TransferOutputs { assets: Vec::new(), money: vec![(to, amount)] },
		None,
	);
	let outcome = context.send(&client, &call, &key).await?;
	let said = format!("{} from {} to {to}", format_money(amount), key.address());
	Ok(done(&outcome, said, json!({ "amount": amount, "from": key.address(), "to": to })))
}
