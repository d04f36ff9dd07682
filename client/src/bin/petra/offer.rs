//! `petra offer`

use crate::{
	answer::{note, Answer},
	context::{asset, key_of, price, timestep, Context},
	dso::done,
	failure::Failure,
	meter::kind,
};
use clap::{Args, Subcommand, ValueEnum};
use petra_client::{
	calls,
	petra::offers::events::{OfferAccepted, OfferPosted},
	types::{AssetId, AssetKind, Offer, OfferId, OfferOptions, Power, TradeLimits},
	units::{format_money, format_power, parse_power, Converter, PriceInput, TimeInput},
	Ledger,
};
use serde_json::json;

/// How many offers are asked for at a time.
const PAGE: u32 = 500;

#[derive(Subcommand)]
pub enum Command {
	/// Offer an asset: production to sell, consumption to buy
	///
	/// A buyer's address must hold the money for all of it, and one unit more. One offer per address keeps offers apart:
	/// `petra meter withdraw` makes a fresh one for each asset.
	#[command(after_help = "Example:\n  petra offer post 12 --price 0.30EUR/kWh")]
	Post {
		/// The asset
		asset: AssetId,
		/// The least that a seller takes, the most that a buyer pays
		#[arg(long)]
		price: PriceInput,
		/// Exchanged whole or not at all; takes no part in auctions
		#[arg(long)]
		all_or_nothing: bool,
		/// After a part was exchanged, the rest returns instead of staying offered
		#[arg(long)]
		close_on_partial: bool,
	},
	/// The open offers
	#[command(after_help = "Example:\n  petra offer list --kind production --from +2 --to +10")]
	List {
		/// Of this kind only
		#[arg(long, value_enum)]
		kind: Option<KindArgument>,
		/// Offers that cover a timestep from this one
		#[arg(long, default_value = "now")]
		from: TimeInput,
		/// to this one
		#[arg(long, default_value = "+672")]
		to: TimeInput,
	},
	/// Take an offer back
	Rescind {
		/// The offer
		offer: OfferId,
	},
	/// Accept an offer, with an asset of the other kind
	///
	/// What overlaps is exchanged at the offer's price; the rest of your asset returns as it was.
	#[command(
		after_help = "Examples:\n  petra offer accept 3 --with 13\n  petra offer accept 3 --with 13 --worst-price 0.32EUR/kWh --min-power 500W"
	)]
	Accept(AcceptArguments),
}

#[derive(Args)]
pub struct AcceptArguments {
	/// The offer
	offer: OfferId,
	/// Your asset
	#[arg(long, value_name = "ASSET")]
	with: AssetId,
	/// The most that you pay, or the least that you take: else nothing happens [default: the offer's price]
	#[arg(long)]
	worst_price: Option<PriceInput>,
	/// The least power: else nothing happens [default: any]
	#[arg(long, value_parser = parse_power)]
	min_power: Option<Power>,
	/// Must cover all from this timestep [default: where the two begin to overlap]
	#[arg(long)]
	from: Option<TimeInput>,
	/// to this one [default: that timestep alone]
	#[arg(long)]
	to: Option<TimeInput>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindArgument {
	/// To sell
	Production,
	/// To buy
	Consumption,
}

pub async fn run(command: Command, context: &Context) -> Result<Answer, Failure> {
	match command {
		Command::Post { asset, price, all_or_nothing, close_on_partial } => {
			post(context, asset, &price, OfferOptions { all_or_nothing, close_on_partial }).await
		},
		Command::List { kind, from, to } => {
			let ledger = context.client().await?.ledger().await?;
			list(&ledger, kind, from, to).await
		},
		Command::Rescind { offer } => rescind(context, offer).await,
		Command::Accept(arguments) => accept(context, arguments).await,
	}
}

async fn post(
	context: &Context,
	id: AssetId,
	asked: &PriceInput,
	options: OfferOptions,
) -> Result<Answer, Failure> {
	let client = context.client().await?;
	let ledger = client.ledger().await?;
	let owner = asset(&ledger, id).await?.owner;
	let key = key_of(&context.wallet()?, &owner)?;
	if ledger.assets_of(&owner).await?.len() > 1 {
		note("this address has other assets: everybody sees that they belong together");
	}
	let (price, converter) = price(&ledger, asked).await?;
	let outcome = context.send(&client, &calls::post_offer(id, price, options), &key).await?;
	let posted: OfferPosted = outcome.first()?;
	let said = format!(
		"offer {}: {} of {} from timestep {} to {} at {price} ({})",
		posted.offer_id,
		format_power(posted.power),
		kind(posted.kind.0),
		posted.start,
		posted.end,
		converter.per_kwh(price)
	);
	let answer = json!({ "offerId": posted.offer_id, "assetId": id, "price": price });
	Ok(done(&outcome, said, answer))
}

async fn list(
	ledger: &Ledger,
	only: Option<KindArgument>,
	from: TimeInput,
	to: TimeInput,
) -> Result<Answer, Failure> {
	let converter = Converter::new(&ledger.parameters().await?);
	let (from, to) = (timestep(ledger, from).await?, timestep(ledger, to).await?);
	let mut said = Vec::new();
	let mut entries = Vec::new();
	for (of, argument) in [
		(AssetKind::Production, KindArgument::Production),
		(AssetKind::Consumption, KindArgument::Consumption),
	] {
		if only.is_some_and(|only| only != argument) {
			continue;
		}
		let mut after = None;
		loop {
			let page = ledger.offers(of, from, to, after, PAGE).await?;
			let Some((last, _)) = page.last() else { break };
			after = Some(*last);
			for (id, offer) in page {
				said.push(line(id, &offer, &converter));
				entries.push(json!({
					"offerId": id,
					"offer": offer,
					"perKwh": converter.per_kwh(offer.price),
				}));
			}
		}
	}
	if said.is_empty() {
		said.push("no offers".into());
	}
	Ok(Answer::new(said.join("\n"), json!(entries)))
}

fn line(id: OfferId, offer: &Offer, converter: &Converter) -> String {
	let side = match offer.kind {
		AssetKind::Production => "sells",
		AssetKind::Consumption => "buys",
	};
	let whole = if offer.options.all_or_nothing { ", all or nothing" } else { "" };
	format!(
		"offer {id}: {side} {} from timestep {} to {} at {} ({}){whole}",
		format_power(offer.power),
		offer.start,
		offer.end,
		offer.price,
		converter.per_kwh(offer.price),
	)
}

async fn open(ledger: &Ledger, id: OfferId) -> Result<Offer, Failure> {
	ledger.offer(id).await?.ok_or_else(|| Failure::NotFound(format!("offer {id}")))
}

async fn rescind(context: &Context, id: OfferId) -> Result<Answer, Failure> {
	let client = context.client().await?;
	let poster = open(&client.ledger().await?, id).await?.poster;
	let key = key_of(&context.wallet()?, &poster)?;
	let outcome = context.send(&client, &calls::rescind_offer(id), &key).await?;
	Ok(done(&outcome, format!("offer {id} is taken back"), json!({ "offerId": id })))
}

async fn accept(context: &Context, arguments: AcceptArguments) -> Result<Answer, Failure> {
	let client = context.client().await?;
	let ledger = client.ledger().await?;
	let owner = asset(&ledger, arguments.with).await?.owner;
	let key = key_of(&context.wallet()?, &owner)?;
	let limits = limits(&ledger, &arguments).await?;
	let call = calls::accept_offer(arguments.offer, arguments.with, limits);
	let outcome = context.send(&client, &call, &key).await?;
	let trade: OfferAccepted = outcome.first()?;
	let said = format!(
		"{} from timestep {} to {} for {} (at {})\nproduction is asset {} now, consumption is asset {}",
		format_power(trade.power),
		trade.start,
		trade.end,
		format_money(trade.cost),
		trade.price,
		trade.production_asset,
		trade.consumption_asset,
	);
	let answer = json!({
		"offerId": trade.offer_id,
		"power": trade.power,
		"start": trade.start,
		"end": trade.end,
		"price": trade.price,
		"cost": trade.cost,
		"productionAsset": trade.production_asset,
		"consumptionAsset": trade.consumption_asset,
	});
	Ok(done(&outcome, said, answer))
}

/// The worst outcome that is acceptable, if one is given: what is not said is what one sees now.
async fn limits(
	ledger: &Ledger,
	arguments: &AcceptArguments,
) -> Result<Option<TradeLimits>, Failure> {
	let AcceptArguments { worst_price, min_power, from, to, .. } = arguments;
	if worst_price.is_none() && min_power.is_none() && from.is_none() && to.is_none() {
		return Ok(None);
	}
	let offer = open(ledger, arguments.offer).await?;
	let ours = asset(ledger, arguments.with).await?;
	let worst = match worst_price {
		Some(asked) => price(ledger, asked).await?.0,
		None => offer.price,
	};
	let start = match from {
		Some(from) => timestep(ledger, *from).await?,
		None => offer.start.max(ours.start),
	};
	let end = match to {
		Some(to) => timestep(ledger, *to).await?,
		None => start,
	};
	Ok(Some(TradeLimits { price: worst, min_power: min_power.unwrap_or(1), start, end }))
}
