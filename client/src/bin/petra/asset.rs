//! `petra asset`

use crate::{
	answer::{during, Answer},
	context::{asset, key_named, key_of, AddressInput, Context},
	dso::done,
	failure::Failure,
	meter::kind,
};
use clap::{Args, Subcommand};
use petra_client::{
	assets::{merged, moved, split_by_power, split_in_time, Exchange},
	calls,
	cosign::{Consent, Proposal},
	petra::energy_assets::events::AssetAdded,
	types::{
		AssetId, AssetOutput, Balance, BlockNumber, EnergyAsset, Power, Timestep, TransferInputs,
		TransferOutputs,
	},
	units::{format_money, format_power, parse_money, parse_power},
	wallet::{Account, Wallet},
	AccountId32, Client, Ledger, Outcome,
};
use serde::{de::DeserializeOwned, Serialize};
use serde_json::{json, Value};
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum Command {
	/// The assets at the wallet's addresses, or at another one
	List {
		/// At this address only
		#[arg(long, value_name = "ADDRESS")]
		address: Option<AddressInput>,
	},
	/// Split an asset, by power or in time
	#[command(
		after_help = "Examples:\n  petra asset split 12 --power 300W          300 W, and the rest\n  petra asset split 12 --at 1928376          before timestep 1928376"
	)]
	Split {
		/// The asset
		asset: AssetId,
		/// A part of this power; more parts with commas; what is left over is one more
		#[arg(long, value_delimiter = ',', value_parser = parse_power, required_unless_present = "at")]
		power: Vec<Power>,
		/// Cut before this timestep; more cuts with commas
		#[arg(long, value_delimiter = ',', value_name = "TIMESTEP", conflicts_with = "power")]
		at: Vec<Timestep>,
	},
	/// Merge assets of one kind and feeder, all of one address
	#[command(after_help = "Example:\n  petra asset merge 12 13 14")]
	Merge {
		/// The assets
		#[arg(required = true)]
		assets: Vec<AssetId>,
	},
	/// Hand assets over to another address, as they are
	///
	/// An address made this way has free calls from the next window of blocks on. Everybody sees that the two addresses
	/// belong together: assets that are mixed, or withdrawn to a fresh address, do not show it.
	#[command(after_help = "Example:\n  petra asset transfer 12 13 --to 5F…")]
	Transfer {
		/// The assets, all of one address
		#[arg(required = true)]
		assets: Vec<AssetId>,
		/// Who gets them; else a fresh address of the wallet
		#[arg(long, value_name = "ADDRESS")]
		to: Option<AccountId32>,
	},
	/// Deposit an asset: what was bought or sold is the meter's to settle
	Deposit {
		/// The asset
		asset: AssetId,
	},
	/// Propose a transfer of several owners: an exchange of assets and money in one step
	#[command(
		after_help = "Example, asset 12 for 1.5 EUR:\n  petra asset propose --move 12=5B… --pay 5B…=5A…=1.5EUR --out deal.json\n  petra asset sign deal.json --out bob.json        on the other owner's machine\n  petra asset execute deal.json --consent bob.json"
	)]
	Propose(ProposeArguments),
	/// Sign a proposal, without a node: it shows what you agree to
	#[command(after_help = "Example:\n  petra asset sign deal.json --out bob.json")]
	Sign {
		/// The proposal's file
		proposal: PathBuf,
		/// Sign with this address; else with all of the wallet's that give something
		#[arg(long = "as", value_name = "ADDRESS")]
		signer: Option<AddressInput>,
		/// File for the signature; else it is the answer
		#[arg(long, value_name = "FILE")]
		out: Option<PathBuf>,
	},
	/// Make a proposed transfer, with the other owners' signatures
	Execute {
		/// The proposal's file
		proposal: PathBuf,
		/// A signature's file; once for each
		#[arg(long, value_name = "FILE")]
		consent: Vec<PathBuf>,
	},
}

#[derive(Args)]
pub struct ProposeArguments {
	/// An asset, and who gets it
	#[arg(long = "move", value_name = "ASSET=ADDRESS", value_parser = parse_move)]
	moves: Vec<(AssetId, AccountId32)>,
	/// Money: who pays it, who gets it, how much
	#[arg(long = "pay", value_name = "FROM=TO=MONEY", value_parser = parse_pay)]
	payments: Vec<(AccountId32, AccountId32, Balance)>,
	/// Who will send it: an owner; else the owner of the first asset
	#[arg(long, value_name = "ADDRESS")]
	origin: Option<AccountId32>,
	/// For how many blocks it can be made
	#[arg(long, value_name = "BLOCKS", default_value_t = 600)]
	valid: BlockNumber,
	/// File for the proposal; else it is the answer
	#[arg(long, value_name = "FILE")]
	out: Option<PathBuf>,
}

fn address(text: &str) -> Result<AccountId32, String> {
	text.parse().map_err(|_| format!("{text:?} is no address"))
}

fn parse_move(text: &str) -> Result<(AssetId, AccountId32), String> {
	let (asset, to) = text.split_once('=').ok_or("write ASSET=ADDRESS")?;
	Ok((asset.parse().map_err(|_| format!("{asset:?} is no asset's number"))?, address(to)?))
}

fn parse_pay(text: &str) -> Result<(AccountId32, AccountId32, Balance), String> {
	let mut parts = text.splitn(3, '=');
	match (parts.next(), parts.next(), parts.next()) {
		(Some(from), Some(to), Some(money)) => Ok((
			address(from)?,
			address(to)?,
			parse_money(money).map_err(|error| error.to_string())?,
		)),
		_ => Err("write FROM=TO=MONEY".into()),
	}
}

pub async fn run(command: Command, context: &Context) -> Result<Answer, Failure> {
	match command {
		Command::List { address } => list(context, address).await,
		Command::Split { asset, power, at } => {
			let hand = Hand::new(context).await?;
			let whole = hand.asset(asset).await?;
			let parts = if at.is_empty() {
				split_by_power(&whole, &power)?
			} else {
				split_in_time(&whole, &at)?
			};
			hand.transfer(whole.owner, vec![asset], parts).await
		},
		Command::Merge { assets } => {
			let hand = Hand::new(context).await?;
			let (owner, parts) = hand.assets_of_one(&assets).await?;
			let whole = merged(&parts, owner)?;
			hand.transfer(owner, assets, whole).await
		},
		Command::Transfer { assets, to } => {
			let mut hand = Hand::new(context).await?;
			let (owner, parts) = hand.assets_of_one(&assets).await?;
			let to = match to {
				Some(to) => to,
				None => hand.wallet.fresh_address()?.account.address(),
			};
			let outputs = parts.iter().map(|part| moved(part, to)).collect();
			hand.transfer(owner, assets, outputs).await
		},
		Command::Deposit { asset } => {
			let hand = Hand::new(context).await?;
			let owner = hand.asset(asset).await?.owner;
			let key = key_of(&hand.wallet, &owner)?;
			let call = calls::deposit_energy_asset(asset);
			let outcome = context.send(&hand.client, &call, &key).await?;
			Ok(done(&outcome, format!("asset {asset} is deposited"), json!({ "assetId": asset })))
		},
		Command::Propose(arguments) => propose(context, arguments).await,
		Command::Sign { proposal, signer, out } => sign(context, &proposal, signer, out),
		Command::Execute { proposal, consent } => execute(context, &proposal, &consent).await,
	}
}

/// What one needs to change assets.
struct Hand<'a> {
	context: &'a Context,
	client: Client,
	ledger: Ledger,
	wallet: Wallet,
}

impl<'a> Hand<'a> {
	async fn new(context: &'a Context) -> Result<Self, Failure> {
		let client = context.client().await?;
		let ledger = client.ledger().await?;
		Ok(Self { context, client, ledger, wallet: context.wallet()? })
	}

	async fn asset(&self, id: AssetId) -> Result<EnergyAsset, Failure> {
		asset(&self.ledger, id).await
	}

	/// Assets that must be of one owner.
	async fn assets_of_one(
		&self,
		ids: &[AssetId],
	) -> Result<(AccountId32, Vec<EnergyAsset>), Failure> {
		let mut assets = Vec::new();
		for id in ids {
			assets.push(self.asset(*id).await?);
		}
		let owner = assets.first().map(|asset| asset.owner);
		match owner {
			Some(owner) if assets.iter().all(|asset| asset.owner == owner) => Ok((owner, assets)),
			_ => Err(Failure::Usage(
				"these assets are at several addresses: `petra asset propose` makes transfers of several owners".into(),
			)),
		}
	}

	async fn transfer(
		&self,
		owner: AccountId32,
		assets: Vec<AssetId>,
		outputs: Vec<AssetOutput>,
	) -> Result<Answer, Failure> {
		let key = key_of(&self.wallet, &owner)?;
		let call = calls::transfer(
			TransferInputs { assets: assets.clone(), money: Vec::new() },
			TransferOutputs { assets: outputs, money: Vec::new() },
			None,
		);
		let outcome = self.context.send(&self.client, &call, &key).await?;
		created(&outcome, &assets)
	}
}

/// The assets that a transfer made.
fn created(outcome: &Outcome, spent: &[AssetId]) -> Result<Answer, Failure> {
	let added: Vec<AssetAdded> = outcome.find()?;
	let said: Vec<_> = added.iter().map(|new| line(new.asset_id, &new.asset)).collect();
	let assets: Vec<_> = added.iter().map(|new| entry(new.asset_id, &new.asset)).collect();
	Ok(done(outcome, said.join("\n"), json!({ "spent": spent, "assets": assets })))
}

async fn list(context: &Context, address: Option<AddressInput>) -> Result<Answer, Failure> {
	let ledger = context.client().await?.ledger().await?;
	let addresses = match address {
		Some(AddressInput::Address(address)) => vec![address],
		Some(index) => vec![key_named(&context.wallet()?, &index)?.address()],
		None => context.wallet()?.addresses()?.into_values().collect(),
	};
	let reading = async {
		let mut all = Vec::new();
		for address in addresses {
			all.extend(ledger.assets_of(&address).await?);
		}
		Ok::<_, Failure>(all)
	};
	let all = during("reading what the addresses hold", reading).await?;
	let mut said: Vec<_> = all.iter().map(|(id, asset)| line(*id, asset)).collect();
	let entries: Vec<_> = all.iter().map(|(id, asset)| entry(*id, asset)).collect();
	if said.is_empty() {
		said.push("no assets".into());
	}
	Ok(Answer::new(said.join("\n"), json!(entries)))
}

fn line(id: AssetId, asset: &EnergyAsset) -> String {
	let traded = if asset.traded { ", traded" } else { "" };
	let locked = if asset.locked { ", locked" } else { "" };
	format!(
		"asset {id}: {} of {} from timestep {} to {}, feeder {}{traded}{locked}, at {}",
		format_power(asset.power),
		kind(asset.kind),
		asset.start,
		asset.end,
		asset.feeder,
		asset.owner,
	)
}

fn entry(id: AssetId, asset: &EnergyAsset) -> Value {
	json!({ "assetId": id, "asset": asset })
}

async fn propose(context: &Context, arguments: ProposeArguments) -> Result<Answer, Failure> {
	let ledger = context.client().await?.ledger().await?;
	let mut exchange = Exchange { assets: Vec::new(), money: arguments.payments };
	for (id, to) in arguments.moves {
		exchange.assets.push((id, asset(&ledger, id).await?, to));
	}
	let first = exchange.assets.first().map(|(_, asset, _)| asset.owner);
	let payer = exchange.money.first().map(|(payer, ..)| *payer);
	let origin = arguments
		.origin
		.or(first)
		.or(payer)
		.ok_or_else(|| Failure::Usage("nothing changes hands: give --move or --pay".into()))?;
	let most = ledger.max_deadline()?;
	let valid = arguments.valid.min(most);
	let now = BlockNumber::try_from(ledger.block().number).unwrap_or(BlockNumber::MAX);
	let deadline = now.saturating_add(valid);
	let proposal = Proposal::new(ledger.genesis(), origin, exchange.transfer(), deadline);
	written(&proposal, arguments.out, described(&proposal))
}

fn sign(
	context: &Context,
	file: &Path,
	signer: Option<AddressInput>,
	out: Option<PathBuf>,
) -> Result<Answer, Failure> {
	let proposal: Proposal = read(file)?;
	let wallet = context.wallet()?;
	let account = match signer {
		Some(signer) => key_named(&wallet, &signer)?,
		None => only_payer(&wallet, &proposal)?,
	};
	let consent = proposal.sign(&account);
	let said = format!("{} agrees to this:\n{}", consent.signer, described(&proposal));
	written(&consent, out, said)
}

/// The wallet's address whose signature the proposal needs, if that is clear.
fn only_payer(wallet: &Wallet, proposal: &Proposal) -> Result<Account, Failure> {
	let payers = proposal.inputs.money.iter().map(|(payer, _)| *payer);
	let mut ours = Vec::new();
	for payer in payers {
		if let Some(account) = wallet.account_of(&payer)? {
			ours.push(account);
		}
	}
	ours.sort_by_key(|account| account.address().0);
	ours.dedup_by_key(|account| account.address().0);
	match <[Account; 1]>::try_from(ours) {
		Ok([account]) => Ok(account),
		Err(_) => Err(Failure::Usage(
			"with which address? Give --as: its number in the wallet, or the address".into(),
		)),
	}
}

async fn execute(context: &Context, file: &Path, consents: &[PathBuf]) -> Result<Answer, Failure> {
	let proposal: Proposal = read(file)?;
	let consents = consents
		.iter()
		.map(|file| read(file))
		.collect::<Result<Vec<Consent>, Failure>>()?;
	let call = proposal.call(&consents)?;
	let client = context.client().await?;
	let key = key_of(&context.wallet()?, &proposal.origin)?;
	let outcome = context.send(&client, &call, &key).await?;
	created(&outcome, &proposal.inputs.assets)
}

/// A proposal, in words.
fn described(proposal: &Proposal) -> String {
	let mut said = Vec::new();
	for id in &proposal.inputs.assets {
		said.push(format!("spends asset {id}"));
	}
	for (payer, amount) in &proposal.inputs.money {
		said.push(format!("{payer} pays {}", format_money(*amount)));
	}
	for output in &proposal.outputs.assets {
		said.push(format!(
			"{} gets {} of {} from timestep {} to {}, feeder {}",
			output.address,
			format_power(output.power),
			kind(output.kind),
			output.start,
			output.end,
			output.feeder
		));
	}
	for (to, amount) in &proposal.outputs.money {
		said.push(format!("{to} gets {}", format_money(*amount)));
	}
	said.push(format!("sent by {}, until block {}", proposal.origin, proposal.deadline));
	said.join("\n")
}

/// Writes to a file, or answers with it.
fn written<T: Serialize>(value: &T, out: Option<PathBuf>, said: String) -> Result<Answer, Failure> {
	let json = json!(value);
	let text = serde_json::to_string_pretty(&json).unwrap_or_default();
	match out {
		Some(file) => {
			std::fs::write(&file, text + "\n").map_err(|error| Failure::file(&file, error))?;
			Ok(Answer::new(format!("{said}\nwritten to {}", file.display()), json))
		},
		None => Ok(Answer::new(text, json)),
	}
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<T, Failure> {
	let text = std::fs::read(file).map_err(|error| Failure::file(file, error))?;
	serde_json::from_slice(&text).map_err(|error| Failure::file(file, error))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn moves_and_payments_should_be_read() {
		let (alice, bob) = (
			petra_client::dev::alice().public_key().to_account_id(),
			petra_client::dev::bob().public_key().to_account_id(),
		);
		assert_eq!(parse_move(&format!("12={bob}")), Ok((12, bob)));
		assert_eq!(parse_pay(&format!("{alice}={bob}=1.5EUR")), Ok((alice, bob, 1_500_000_000)));
		for text in ["", "12", "x=5F", "12=5F", &format!("-1={bob}")] {
			assert!(parse_move(text).is_err(), "{text}");
		}
		for text in ["", "=", "==", &format!("{alice}={bob}"), &format!("{alice}={bob}=x")] {
			assert!(parse_pay(text).is_err(), "{text}");
		}
	}
}
