//! `petra meter`

use crate::{
	answer::{put, Answer},
	context::{timestep, AddressInput, Context},
	dso::done,
	failure::Failure,
	prosumer, spb,
};
use clap::{Args, Subcommand};
use petra_client::{
	calls,
	petra::energy_assets::events::AssetAdded,
	types::{AssetKind, Balance, MeterId, Power, Segment, WithdrawalOutput},
	units::{format_money, format_power, parse_money, parse_power, TimeInput},
	wallet::{Role, Wallet},
	AccountId32, Ledger,
};
use serde_json::json;

#[derive(Subcommand)]
pub enum Command {
	/// Withdraw assets and money to fresh addresses, within the meter's limits
	///
	/// Each asset gets an address of its own, which nobody has seen before; money goes to the address of the consumption
	/// asset, which needs it to buy. The meter's key is the wallet's //petra//meter//<id>.
	#[command(
		after_help = "Examples:\n  petra meter withdraw 7 --production 1.5kW --from +4 --to +7\n  petra meter withdraw 8 --consumption 1kW --from +4 --to +7 --money 2EUR"
	)]
	Withdraw(Withdrawal),
	/// Make one-time keys and have another meter certify them, for `petra spb`
	///
	/// The other meter's service sees that this meter asks, and for which root; the ledger sees the root, not the meter.
	#[command(
		after_help = "Example:\n  petra meter certify 7 --witness 12=http://10.0.0.12:9620/certificates --witness 15=http://10.0.0.15:9620/certificates"
	)]
	Certify(spb::CertifyArguments),
	/// Serve other meters: sign the roots of their one-time keys, until ended
	SignCertificates(spb::ServiceArguments),
	/// Read watt-hours from standard input, a number a line, and confirm the commitments of which the energy has come
	Measure(spb::MeterArguments),
	/// Run a meter for its household's agent: withdraw, deposit what is returned, and compute the bill
	///
	/// It ends when `petra prosumer run` is finished, everything it returned is deposited, and the bill is written.
	#[command(
		after_help = "Example:\n  petra --wallet meter.wallet meter run 7 --socket home.socket --readings home.csv --first 172800 \\\n    --bill-first 172800 --bill-last 175679"
	)]
	Run(prosumer::MeterArguments),
	/// A meter as the ledger sees it, and what it may still withdraw
	#[command(after_help = "Example:\n  petra meter show 7 --from +2 --to +20")]
	Show {
		/// The meter's number
		meter: MeterId,
		/// First timestep
		#[arg(long, default_value = "now")]
		from: TimeInput,
		/// Last timestep
		#[arg(long, default_value = "+96")]
		to: TimeInput,
	},
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub struct Withdrawal {
	/// The meter's number
	meter: MeterId,
	/// Permission to sell
	#[arg(long, value_name = "POWER", value_parser = parse_power, group = "what", requires_all = ["from", "to"])]
	production: Option<Power>,
	/// Permission to buy
	#[arg(long, value_name = "POWER", value_parser = parse_power, group = "what", requires_all = ["from", "to"])]
	consumption: Option<Power>,
	/// Money
	#[arg(long, value_parser = parse_money, group = "what")]
	money: Option<Balance>,
	/// First timestep
	#[arg(long)]
	from: Option<TimeInput>,
	/// Last timestep
	#[arg(long)]
	to: Option<TimeInput>,
	/// Everything to this address, instead of fresh ones
	#[arg(long, value_name = "ADDRESS")]
	address: Option<AddressInput>,
}

pub async fn run(command: Command, context: &Context) -> Result<Answer, Failure> {
	match command {
		Command::Certify(arguments) => spb::certify(arguments, context).await,
		Command::SignCertificates(arguments) => spb::sign_certificates(arguments, context).await,
		Command::Measure(arguments) => spb::measure(arguments, context).await,
		Command::Run(arguments) => prosumer::run_meter(arguments, context).await,
		Command::Withdraw(withdrawal) => withdraw(withdrawal, context).await,
		Command::Show { meter, from, to } => {
			let ledger = context.client().await?.ledger().await?;
			show(&ledger, meter, from, to).await
		},
	}
}

async fn withdraw(withdrawal: Withdrawal, context: &Context) -> Result<Answer, Failure> {
	let client = context.client().await?;
	let ledger = client.ledger().await?;
	let mut wallet = context.wallet()?;
	let outputs = outputs(&withdrawal, &ledger, &mut wallet).await?;
	let money = outputs.iter().find_map(|output| match output {
		WithdrawalOutput::Financial { address, amount } => Some((*address, *amount)),
		WithdrawalOutput::Energy { .. } => None,
	});
	let key = wallet.account(Role::Meter(withdrawal.meter))?;
	let outcome = context.send(&client, &calls::withdraw(withdrawal.meter, outputs), &key).await?;
	let mut said = Vec::new();
	let mut assets = Vec::new();
	for AssetAdded { address, asset_id, asset } in outcome.find()? {
		said.push(format!(
			"asset {asset_id}: {} of {} from timestep {} to {}, at {address}",
			format_power(asset.power),
			kind(asset.kind),
			asset.start,
			asset.end,
		));
		assets.push(json!({ "assetId": asset_id, "address": address, "asset": asset.0 }));
	}
	if let Some((address, amount)) = money {
		said.push(format!("{}, at {address}", format_money(amount)));
	}
	let money = money.map(|(address, amount)| json!({ "address": address, "amount": amount }));
	let answer = json!({ "meter": withdrawal.meter, "assets": assets, "money": money });
	Ok(done(&outcome, said.join("\n"), answer))
}

async fn outputs(
	withdrawal: &Withdrawal,
	ledger: &Ledger,
	wallet: &mut Wallet,
) -> Result<Vec<WithdrawalOutput>, Failure> {
	let mut outputs = Vec::new();
	let mut payer = None;
	for (kind, power) in [
		(AssetKind::Production, withdrawal.production),
		(AssetKind::Consumption, withdrawal.consumption),
	] {
		let Some(power) = power else { continue };
		let (Some(from), Some(to)) = (withdrawal.from, withdrawal.to) else {
			return Err(Failure::Usage("from when until when? Give --from and --to".into()));
		};
		let (start, end) = (timestep(ledger, from).await?, timestep(ledger, to).await?);
		let address = recipient(withdrawal, wallet)?;
		payer = Some(address);
		outputs.push(WithdrawalOutput::Energy { address, kind, power, start, end });
	}
	if let Some(amount) = withdrawal.money {
		let address = match payer {
			Some(address) => address,
			None => recipient(withdrawal, wallet)?,
		};
		outputs.push(WithdrawalOutput::Financial { address, amount });
	}
	Ok(outputs)
}

fn recipient(withdrawal: &Withdrawal, wallet: &mut Wallet) -> Result<AccountId32, Failure> {
	match &withdrawal.address {
		Some(AddressInput::Address(address)) => Ok(*address),
		Some(index) => Ok(crate::context::key_named(wallet, index)?.address()),
		None => Ok(wallet.fresh_address()?.account.address()),
	}
}

async fn show(
	ledger: &Ledger,
	id: MeterId,
	from: TimeInput,
	to: TimeInput,
) -> Result<Answer, Failure> {
	let meter = ledger
		.meter(id)
		.await?
		.ok_or_else(|| Failure::NotFound(format!("meter {id}")))?;
	let (from, to) = (timestep(ledger, from).await?, timestep(ledger, to).await?);
	let mut said = format!(
		"meter {id}, {}, on feeder {}, {:?} path, key {}\nlimits: {} of production, {} of consumption, {} in a billing \
		 period",
		if meter.authorized { "authorised" } else { "not authorised now" },
		meter.feeder,
		meter.path,
		meter.pubkey,
		format_power(meter.limits.max_production),
		format_power(meter.limits.max_consumption),
		format_money(meter.limits.max_financial),
	);
	let mut answer = json!({ "meter": id, "info": meter, "from": from, "to": to });
	for (name, of) in
		[("production", AssetKind::Production), ("consumption", AssetKind::Consumption)]
	{
		let withdrawn = ledger.withdrawn(id, of, from, to).await?;
		let headroom = ledger.headroom(id, of, from, to).await?;
		said.push_str(&format!(
			"\n{name}, timesteps {from} to {to}\n  withdrawn: {}\n  may still: {}",
			segments(&withdrawn),
			segments(&headroom)
		));
		put(&mut answer, name, json!({ "withdrawn": withdrawn, "headroom": headroom }));
	}
	Ok(Answer::new(said, answer))
}

fn segments(segments: &[Segment]) -> String {
	if segments.is_empty() {
		return "nothing".into();
	}
	let part = |segment: &Segment| {
		format!("{} in {}..={}", format_power(segment.power), segment.start, segment.end)
	};
	segments.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// A kind, in words.
pub fn kind(kind: AssetKind) -> &'static str {
	match kind {
		AssetKind::Production => "production",
		AssetKind::Consumption => "consumption",
	}
}
