//! `petra status`

use crate::{answer::Answer, context::Context, failure::Failure};
use petra_client::{types::MarketMode, units::Converter};
use serde_json::json;

pub async fn run(context: &Context) -> Result<Answer, Failure> {
	let client = context.client().await?;
	let ledger = client.ledger().await?;
	let best = ledger.block();
	let finalized = client.finalized_head().await?;
	let version = client.runtime_version().await?;
	let peers = client.peers().await?;
	let parameters = ledger.parameters().await?;
	let converter = Converter::new(&parameters);
	let now = ledger.current_timestep().await?;
	// The first timestep that can still be traded.
	let open = now.saturating_add(parameters.gate_lead).saturating_add(1);
	let (consumption, production) = ledger.prices(open).await?;
	let mode = ledger.market_mode(open).await?;
	let market = match mode {
		MarketMode::FixedPrice(price) => {
			format!("fixed price, {price} ({})", converter.per_kwh(price))
		},
		MarketMode::FirstComeFirstServed => "first come, first served".into(),
		MarketMode::DoubleAuction => "double auction".into(),
	};
	let unexpected = ledger.unexpected();
	let made_for = match unexpected.as_slice() {
		[] => String::new(),
		others => format!(", and this petra was made for another one: {}", others.join(", ")),
	};
	let text = format!(
		"node       {}, {peers} peers\n\
		 chain      {:?}, runtime {}{made_for}\n\
		 blocks     {} best, {} final\n\
		 time       timestep {now} of {} ms; {open} is the first that can be traded\n\
		 units      power in lots of {} W, prices in ticks of {}\n\
		 market     {market}\n\
		 DSO        sells at {consumption} ({}), buys at {production} ({})",
		client.url(),
		ledger.genesis(),
		version.spec_version,
		best.number,
		finalized.number,
		parameters.timestep_ms,
		parameters.power_lot,
		parameters.price_tick,
		converter.per_kwh(consumption),
		converter.per_kwh(production),
	);
	let answer = json!({
		"url": client.url(),
		"peers": peers,
		"genesis": ledger.genesis(),
		"specVersion": version.spec_version,
		"unexpected": unexpected,
		"best": best.number,
		"finalized": finalized.number,
		"timestep": now,
		"firstOpen": open,
		"parameters": parameters,
		"market": mode,
		"priceConsumption": consumption,
		"priceProduction": production,
	});
	Ok(Answer::new(text, answer))
}
