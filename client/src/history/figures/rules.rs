//! Exchanges follow the market's rules.

use super::{
	checks::Findings, length, money, plus, times, trades::Exchange, watts, Ground, Result,
};
use crate::{
	history::{Rules, What},
	types::*,
};
use petra_report::Check;
use std::collections::BTreeMap;

/// Every exchange is at a price that its offer, and the way of trading, allow, in time, and costs what it must.
pub(super) fn market(ground: &Ground<'_>) -> Result<Check> {
	let mut found = Findings::default();
	ground.each_exchange(|block, rules, exchange| {
		let wrong = fault(ground, rules, exchange)?;
		found.look(wrong.is_none(), || {
			format!("block {}, offer {}: {}", block.number, exchange.id, wrong.unwrap_or_default())
		});
		Ok(())
	})?;
	Ok(found.check("every exchange follows the market's rules", "exchanges"))
}

fn fault(ground: &Ground<'_>, rules: &Rules, exchange: &Exchange<'_>) -> Result<Option<String>> {
	let Exchange { start, end, price, power, offer, .. } = exchange;
	let energy = times(i128::from(*power), length(*start, *end))?;
	let cost = times(energy, i128::from(*price))?;
	if money(exchange.cost)? != cost {
		return Ok(Some(format!("it cost {} and not {cost}", exchange.cost)));
	}
	let within = offer.start <= *start && *end <= offer.end && *power <= offer.power;
	if *power == 0 || !within {
		return Ok(Some("it exchanged more than the offer had".into()));
	}
	let met = match offer.kind {
		AssetKind::Production => offer.price <= *price,
		AssetKind::Consumption => *price <= offer.price,
	};
	if !met {
		return Ok(Some(format!("the price {price} does not meet the offer's, {}", offer.price)));
	}
	// A clearing is over, or given up, before its timestep begins.
	let lead = if exchange.clearing { 0 } else { ground.history.parameters.gate_lead };
	if *start <= exchange.block.timestep.saturating_add(lead) {
		return Ok(Some(format!("timestep {start} was gated or had begun")));
	}
	for t in *start..=*end {
		let fits = match (rules.mode(t), exchange.clearing) {
			(MarketMode::DoubleAuction, true) => bid_allows(ground, exchange),
			(MarketMode::FirstComeFirstServed, false) => *price == offer.price,
			(MarketMode::FixedPrice(fixed), false) => *price == fixed,
			_ => false,
		};
		if !fits {
			let mode = rules.mode(t);
			return Ok(Some(format!("the price {price} is not that of {mode:?} in timestep {t}")));
		}
	}
	Ok(None)
}

/// Whether the buyer bid as much as it paid.
fn bid_allows(ground: &Ground<'_>, exchange: &Exchange<'_>) -> bool {
	ground.market.offers.values().any(|bid| {
		bid.kind == AssetKind::Consumption
			&& bid.poster == exchange.buyer.address
			&& bid.start <= exchange.start
			&& exchange.end <= bid.end
			&& exchange.price <= bid.price
	})
}

/// What each clearing says of itself is what it exchanged.
pub(super) fn clearings(ground: &Ground<'_>) -> Result<Check> {
	let mut made = BTreeMap::<Timestep, (i128, Vec<Price>)>::new();
	for exchange in ground.market.exchanges.iter().filter(|exchange| exchange.clearing) {
		let (power, prices) = made.entry(exchange.start).or_default();
		*power = plus(*power, i128::from(exchange.power))?;
		prices.push(exchange.price);
	}
	let mut found = Findings::default();
	for (block, fact) in ground.history.facts() {
		let What::Cleared { timestep, price, power } = fact.what else { continue };
		let (exchanged, prices) = made.remove(&timestep).unwrap_or_default();
		let one_price = prices.iter().all(|paid| *paid == price);
		let exchanged = watts(exchanged)?;
		found.look(exchanged == power && one_price, || {
			format!(
				"block {}: timestep {timestep} was cleared with {power} W at {price}, but {exchanged} W were exchanged{}",
				block.number,
				if one_price { "" } else { ", and not all at that price" }
			)
		});
	}
	for timestep in made.into_keys() {
		found.look(false, || format!("timestep {timestep} was traded in and never cleared"));
	}
	Ok(found.check("every clearing exchanged what it says, at one price", "clearings"))
}
