//! Who trades, and how they come to their offers.

use super::{account_of, ensure, key, number, submit, until, violated, Signer, AT_ONCE, PATIENCE};
use crate::{wait, Error, Result};
use futures::{stream, StreamExt, TryStreamExt};
use petra_client::{call, Call, Client, Keypair, Outcome, Value};
use serde_json::json;
use subxt::{ext::scale_value::At, rpcs::rpc_params};

/// Outputs of a withdrawal, and asset writes of a meter's quota: genesis values.
const OUTPUTS: usize = 64;
/// Feeders on which the meters hang.
const FEEDERS: usize = 8;
/// The power lot, in watts.
pub const LOT: u64 = 100;
/// Powers of offers, in lots, one after the other: their sums agree, and they do not.
const ASKED: [u64; 3] = [1, 3, 2];
const BID: [u64; 3] = [2, 1, 3];
/// The most lots of an offer.
const MOST: u64 = 3;
/// Prices of asks begin here, prices of bids there; each offer's is one tick more than the one's before.
const ASKS_FROM: u64 = 100;
const BIDS_FROM: u64 = 50_000;
/// What an ask wants that nobody pays.
const TOO_DEAR: u64 = 1_000_000;
/// Money of a bidder: a EUR.
const MONEY: u64 = 1_000_000_000;

/// Who posts an offer.
pub struct Trader {
	pub key: Keypair,
	pub sells: bool,
	power: u64,
	price: u64,
}

/// The asks, then the bids.
pub fn traders(offers: usize) -> Result<Vec<Trader>> {
	let half = offers / 2;
	let trader = |index: usize| {
		let sells = index < half;
		let place = if sells { index } else { index - half };
		let powers = if sells { ASKED } else { BID };
		let lots = powers.into_iter().cycle().nth(place % powers.len()).unwrap_or(MOST);
		let price = match sells {
			true if place % 10 == 9 => TOO_DEAR,
			true => ASKS_FROM + place as u64,
			false => BIDS_FROM + place as u64,
		};
		Ok(Trader { key: key(1, index)?, sells, power: lots * LOT, price })
	};
	(0..half * 2).map(trader).collect()
}

/// A meter with those for whom it withdraws, sellers or buyers.
pub struct Meter<'a> {
	pub id: u32,
	pub key: Keypair,
	traders: &'a [Trader],
}

/// As many meters as it takes for each to withdraw once: an output for each seller, two for each buyer.
pub fn meters(traders: &[Trader]) -> Result<Vec<Meter<'_>>> {
	let (sellers, buyers) = traders.split_at(traders.len() / 2);
	let groups = sellers.chunks(OUTPUTS).chain(buyers.chunks(OUTPUTS / 2));
	let meter = |(index, traders)| Ok(Meter { id: index as u32, key: key(2, index)?, traders });
	groups.enumerate().map(meter).collect()
}

impl Meter<'_> {
	pub fn feeder(&self) -> u32 {
		self.id % FEEDERS as u32
	}

	/// What the chain spec says of it.
	pub fn limits(&self) -> serde_json::Value {
		let power = OUTPUTS as u64 * MOST * LOT;
		let money = OUTPUTS as u64 * MONEY;
		json!({ "maxProduction": power, "maxConsumption": power, "maxFinancial": money })
	}

	/// Its withdrawal for its traders, in one timestep.
	fn withdrawal(&self, timestep: u64) -> Call {
		let outputs = self.traders.iter().flat_map(|trader| {
			let address = || ("address", Value::from_bytes(account_of(&trader.key).0));
			let kind = if trader.sells { "Production" } else { "Consumption" };
			let energy = [
				address(),
				("kind", Value::unnamed_variant(kind, [])),
				("power", number(trader.power)),
				("start", number(timestep)),
				("end", number(timestep)),
			];
			let money = (!trader.sells)
				.then(|| Value::named_variant("Financial", [address(), ("amount", number(MONEY))]));
			[Value::named_variant("Energy", energy)].into_iter().chain(money)
		});
		let outputs = Value::unnamed_composite(outputs);
		call("EnergyAssets", "withdraw", [number(self.id), outputs])
	}
}

/// The assets that a withdrawal created, in order.
fn added(outcome: &Outcome) -> Vec<u64> {
	let events = outcome.events.iter();
	events
		.filter(|event| event.pallet == "EnergyAssets" && event.name == "AssetAdded")
		.filter_map(|event| event.fields.at("asset_id").and_then(|id| id.as_u128()))
		.filter_map(|id| u64::try_from(id).ok())
		.collect()
}

/// All meters withdraw; the calls that post what they have withdrawn, signed.
pub async fn prepare(client: &Client, meters: &[Meter<'_>], timestep: u64) -> Result<Vec<String>> {
	let withdrawing = meters.iter().map(|meter| async move {
		let outcome = client.send(&meter.withdrawal(timestep), &meter.key).await?;
		Ok::<_, Error>((meter, outcome))
	});
	let withdrawing: Vec<_> = withdrawing.collect();
	let withdrawn: Vec<_> = stream::iter(withdrawing).buffered(AT_ONCE).try_collect().await?;
	let signer = Signer::new(client).await?;
	let mut signed = Vec::new();
	for (meter, outcome) in withdrawn {
		let assets = added(&outcome);
		ensure(assets.len() == meter.traders.len(), || {
			format!("meter {} has withdrawn {} assets", meter.id, assets.len())
		})?;
		for (trader, asset) in meter.traders.iter().zip(assets) {
			// Nonces begin at the block that makes an account.
			let post = call("Offers", "post_offer", [number(asset), number(trader.price)]);
			signed.push(signer.sign(&post, &trader.key, outcome.block.number)?);
		}
	}
	Ok(signed)
}

/// Posts all offers, and waits until the book has them, which must be before the gate closes.
pub async fn fill(client: &Client, signed: Vec<String>, gate: u64) -> Result {
	let count = signed.len() as u64;
	let posting = signed.into_iter().map(|signed| async move { submit(client, &signed).await });
	let posting: Vec<_> = posting.collect();
	stream::iter(posting).buffered(AT_ONCE).try_collect::<()>().await?;
	let mut heads = client.best_heads().await?;
	wait::within(PATIENCE, "all offers being in the book", async {
		loop {
			heads.next_number().await?;
			let posted: Option<u64> = client.storage("Offers", "NextOfferId", ()).await?;
			if posted == Some(count) {
				return Ok::<_, Error>(());
			}
			ensure(until(gate) > 0, || {
				format!("the gate closed on {} offers", posted.unwrap_or_default())
			})?;
		}
	})
	.await
}

/// Whether an offer is open after the node's best block, as the runtime API says.
pub async fn is_any_open(client: &Client) -> Result<bool> {
	for kind in [0, 1] {
		let (from, to, after, limit) = ([0; 8], [0xff; 8], [0], 1u32.to_le_bytes());
		let arguments =
			[[kind].as_slice(), from.as_slice(), to.as_slice(), after.as_slice(), &limit].concat();
		let arguments = format!("0x{}", hex::encode(arguments));
		let page: String = client
			.rpc()
			.request("state_call", rpc_params!["PetraApi_offers", arguments])
			.await
			.map_err(|error| violated(format!("open offers: {error}")))?;
		if page != "0x00" {
			return Ok(true);
		}
	}
	Ok(false)
}
