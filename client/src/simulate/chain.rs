//! What a simulation asks of the chain, and has the regulator do there.

use super::{mixing, plan::Plan, plan::Wanted, Options, Path, SimulationError, SERVICE_MONEY};
use crate::{
	account, call, calls,
	types::{
		Authorization, FeederLimits, MarketMode, MeterId, Parameters, RegulatoryTransaction,
		Timestep,
	},
	wallet::Account,
	AccountId32, Client, Error, Value,
};
use petra_report::{Chain, Market, Setting};
use subxt::{ext::scale_decode::DecodeAsType, rpcs::rpc_params};

/// Meters that one regulatory transaction takes.
const AT_ONCE: usize = 32;
/// The highest number that is tried for the first meter.
const METERS: MeterId = 100_000;
/// The least age of a ring's revision that is asked for, in blocks: timesteps are seconds here, not minutes.
const RING_AGE: u32 = 3;

/// Units and times of the chain.
pub struct Units {
	parameters: Parameters,
	money_unit: u128,
	now: Timestep,
	first_meter: MeterId,
	genesis: String,
}

/// The rules of rings, as far as they are read here.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RingRules {
	min_age: u32,
}

/// When it was, in time and in blocks.
pub struct Span {
	/// Milliseconds of Unix time.
	pub began: u64,
	/// First block that counts.
	pub first_block: u64,
	/// Last block that counts.
	pub last_block: u64,
}

/// Reads them, and finds numbers for meters that nobody has.
///
/// # Errors
/// [`SimulationError::Chain`]; [`SimulationError::Plan`] if all numbers are taken.
pub async fn units(client: &Client) -> Result<Units, SimulationError> {
	// Before its first block, a chain does not know the time.
	client.finalized_heads().await?.reach(1).await?;
	let ledger = client.final_ledger().await?;
	let money_unit = client.storage("Mixing", "Unit", ()).await?.unwrap_or(1);
	let mut first_meter = 1;
	while ledger.meter(first_meter).await?.is_some() {
		first_meter = first_meter.saturating_mul(2);
		if first_meter > METERS {
			return Err(SimulationError::Plan("the chain has too many meters already".into()));
		}
	}
	Ok(Units {
		parameters: ledger.parameters().await?,
		money_unit,
		now: ledger.current_timestep().await?,
		first_meter,
		genesis: format!("0x{}", hex::encode(ledger.genesis().0)),
	})
}

impl Units {
	/// With what is wanted of the simulation.
	pub fn wanted(&self, options: &Options) -> Wanted {
		Wanted {
			timestep_ms: self.parameters.timestep_ms,
			power_lot: self.parameters.power_lot,
			price_tick: self.parameters.price_tick,
			gate_lead: self.parameters.gate_lead,
			money_unit: self.money_unit,
			now: self.now,
			first_meter: self.first_meter,
			prices: options.prices,
			mixing: options.mixing,
			stretch: options.stretch,
			notes: options.notes,
			lead: options.lead,
			forecast_error: options.forecast_error,
			seed: options.seed,
			keep_feeders: options.keep_feeders,
		}
	}
}

/// Names the account of the DSO's service, and gives it the money that it needs to exist.
///
/// # Errors
/// As [`regulate`].
pub async fn employ(
	client: &Client,
	regulator: &Account,
	service: &AccountId32,
) -> Result<(), SimulationError> {
	client.sudo(&calls::set_issuer(Some(*service)), regulator).await?;
	let money = [account(service), Value::u128(SERVICE_MONEY)];
	client.sudo(&call("Balances", "force_set_balance", money), regulator).await?;
	Ok(())
}

/// Authorises the meters, and sets prices, market, rings and feeders.
///
/// # Errors
/// [`SimulationError::Chain`] with the ledger's error: this is not the regulator's key, or the chain refuses.
pub async fn regulate(
	client: &Client,
	options: &Options,
	plan: &Plan,
	regulator: &Account,
	meters: &[AccountId32],
) -> Result<(), SimulationError> {
	let gate_lead = client.ledger().await?.parameters().await?.gate_lead;
	let path = match options.path {
		Path::Meter => crate::types::Path::Meter,
		Path::Dso => crate::types::Path::Dso,
	};
	let all: Vec<_> = plan
		.households
		.iter()
		.zip(meters)
		.map(|(household, key)| Authorization {
			id: household.meter,
			pubkey: *key,
			feeder: household.feeder,
			limits: household.limits,
			path,
		})
		.collect();
	let (consumption, production) = options.prices;
	for authorize in all.chunks(AT_ONCE) {
		let regulation = RegulatoryTransaction {
			authorize: authorize.to_vec(),
			ban: Vec::new(),
			price_consumption: Some(consumption),
			price_production: Some(production),
			// The next block may be of the next timestep.
			time: client.ledger().await?.current_timestep().await?.saturating_add(1),
		};
		client.sudo(&calls::regulate(regulation), regulator).await?;
	}
	let now = client.ledger().await?.current_timestep().await?;
	// What can be traded still when this comes into a block.
	let open = now.saturating_add(gate_lead).saturating_add(1);
	client.sudo(&calls::set_market(options.market, open), regulator).await?;
	if options.mixing {
		let rules = [Value::u128(plan.ring.into()), Value::u128(RING_AGE.into())];
		client.sudo(&call("Mixing", "set_ring_rules", rules), regulator).await?;
	}
	if let Some(limit) = options.feeder_limit {
		let feeders: std::collections::BTreeSet<_> =
			plan.households.iter().map(|household| household.feeder).collect();
		for feeder in feeders {
			let limits = FeederLimits { internal: limit, external: limit };
			client
				.sudo(&calls::set_feeder_limits(feeder, Some(limits), open), regulator)
				.await?;
		}
	}
	Ok(())
}

/// What the report says of how it was done.
///
/// # Errors
/// [`SimulationError::Chain`].
pub async fn setting(
	client: &Client,
	options: &Options,
	plan: &Plan,
	units: &Units,
	span: Span,
) -> Result<Setting, SimulationError> {
	let node: String = client
		.rpc
		.request("system_version", rpc_params![])
		.await
		.map_err(Error::rpc("to say its version"))?;
	let last_hash = client
		.block_hash(span.last_block)
		.await?
		.ok_or_else(|| Error::BlockNotFound(span.last_block.to_string()))?;
	let authorities = client.authorities(last_hash).await?;
	let rules: Option<RingRules> = client.storage("Mixing", "Rules", ()).await?;
	let (mode, fixed_price) = match options.market {
		MarketMode::FixedPrice(price) => ("fixedPrice", Some(price)),
		MarketMode::FirstComeFirstServed => ("firstComeFirstServed", None),
		MarketMode::DoubleAuction => ("doubleAuction", None),
	};
	Ok(Setting {
		command: options.command.clone(),
		version: format!("petra {}, node {node}", env!("CARGO_PKG_VERSION")),
		machine: super::machine::machine(),
		seed: options.seed,
		began: super::households::moment(span.began),
		profile: options.profile.clone(),
		chain: Chain {
			genesis: units.genesis.clone(),
			spec_version: client.runtime_version().await?.spec_version,
			validators: u32::try_from(authorities.aura.len()).unwrap_or(u32::MAX),
			timestep_ms: units.parameters.timestep_ms,
			power_lot: units.parameters.power_lot,
			gate_lead: units.parameters.gate_lead,
		},
		market: Market {
			mode: mode.into(),
			fixed_price,
			price_consumption: options.prices.0,
			price_production: options.prices.1,
		},
		path: match options.path {
			Path::Meter => "meter".into(),
			Path::Dso => "dso".into(),
		},
		mixing: mixing(options, plan, rules.map_or(0, |rules| rules.min_age)),
		forecast_error: options.forecast_error,
		first_timestep: plan.first,
		last_timestep: plan.last,
		bill_first: plan.bill_first,
		bill_last: plan.bill_last,
		first_block: span.first_block,
		last_block: span.last_block,
		last_hash: format!("0x{}", hex::encode(last_hash.0)),
	})
}
