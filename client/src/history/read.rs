//! Reading blocks from a node.

use super::{
	calls::{note, Asked},
	Block, Change, Fact, History, Maker, Meter, Policy, RingRules, Rules, State, What,
};
use crate::{
	billing::Prices,
	petra::{
		self,
		runtime_types::{
			pallet_energy_assets::pallet::Event as Assets, pallet_mixing::pallet::Event as Mixing,
			pallet_offers::pallet::Event as Offers, pallet_regulation::pallet::Event as Regulation,
			petra_primitives::types as generated,
		},
	},
	types::*,
	AccountId32, BlockRef, Client, Error, Ledger, PetraConfig, Result,
};
use futures::{StreamExt, TryStreamExt};
use petra_primitives::Note;
use std::collections::BTreeMap;
use subxt::{client::OnlineClientAtBlock, events::Phase};

/// How many blocks are asked for at once.
const AT_ONCE: usize = 8;
/// Pallets whose events count.
const PALLETS: [&str; 4] = ["EnergyAssets", "Offers", "Mixing", "Regulation"];
/// Pallets whose calls count, or may have such calls in them.
const CALLS: [&str; 7] =
	["EnergyAssets", "Offers", "Mixing", "Sudo", "Utility", "Proxy", "Multisig"];

type At = OnlineClientAtBlock<PetraConfig>;

impl History {
	/// Reads the final blocks from `first` to `last`, eight at a time, and the ledger before and after them.
	///
	/// Limits are gross over all that was ever withdrawn, and offers are as old as their posting: for figures and checks
	/// to be right, `first` is no later than the first withdrawal that counts.
	///
	/// # Errors
	/// [`Error::BlockNotFound`] if there is no such run of blocks, the last is not final yet, or the node does not keep
	/// the state of one (ask an archive node); [`Error::Metadata`] if the chain is not as this client knows it;
	/// [`Error::Rpc`] if the node does not answer.
	pub async fn read(client: &Client, first: u64, last: u64) -> Result<Self> {
		let first = first.max(1);
		let finalized = client.finalized_head().await?.number;
		if first > last || last > finalized {
			let what = format!("{first} to {last} (the last final block is {finalized})");
			return Err(Error::BlockNotFound(what));
		}
		let before = block_ref(client, first.saturating_sub(1)).await?;
		let before = state(client, before).await?;
		let end = block_ref(client, last).await?;
		let after = state(client, end).await?;
		let ledger = client.ledger_at(end).await?;
		let parameters = ledger.parameters().await?;
		let validators = client.authorities(end.hash).await?.aura.len();
		let validators = u32::try_from(validators).unwrap_or(u32::MAX);
		let timestep_ms = parameters.timestep_ms;
		let blocks = futures::stream::iter(first..=last)
			.map(|number| async move {
				read_block(client, block_ref(client, number).await?, timestep_ms).await
			})
			.buffered(AT_ONCE)
			.try_collect()
			.await?;
		let spec_version = ledger.at().spec_version();
		let genesis = ledger.genesis();
		Ok(Self { genesis, spec_version, parameters, validators, blocks, before, after })
	}
}

async fn block_ref(client: &Client, number: u64) -> Result<BlockRef> {
	let hash = client.block_hash(number).await?;
	let hash = hash.ok_or_else(|| Error::BlockNotFound(number.to_string()))?;
	Ok(BlockRef { number, hash })
}

/// What a block's extrinsics are.
struct Extrinsics {
	transactions: u32,
	asked: BTreeMap<u32, Asked>,
}

async fn read_block(client: &Client, block: BlockRef, timestep_ms: u64) -> Result<Block> {
	let BlockRef { number, hash } = block;
	let ledger = client.ledger_at(block).await?;
	let at = ledger.at();
	let Extrinsics { transactions, asked } = extrinsics(at, number).await?;
	let facts = facts(at, number, asked).await?;
	let facts = with_meters(&ledger, facts).await?;
	let timestamp = ledger.value(petra::storage().timestamp().now(), ()).await?;
	let timestamp = timestamp.ok_or_else(|| Error::metadata("Timestamp.Now", "it is not set"))?;
	let timestep = timestamp.checked_div(timestep_ms).unwrap_or_default();
	let fullness = fullness(&ledger, at).await?;
	Ok(Block { number, hash, timestamp, timestep, fullness, transactions, facts })
}

/// A block's weight as a share of the most that is allowed.
async fn fullness(ledger: &Ledger, at: &At) -> Result<f64> {
	let weight = ledger.value(petra::storage().system().block_weight(), ()).await?;
	let allowed = at
		.constants()
		.entry(petra::constants().system().block_weights())
		.map_err(|error| Error::metadata("System.BlockWeights", error))?
		.max_block;
	let Some(weight) = weight else { return Ok(0.0) };
	let classes = [weight.normal, weight.operational, weight.mandatory];
	let share = |used: u64, most: u64| if most == 0 { 0.0 } else { used as f64 / most as f64 };
	let time = classes.iter().fold(0u64, |sum, class| sum.saturating_add(class.ref_time));
	let size = classes.iter().fold(0u64, |sum, class| sum.saturating_add(class.proof_size));
	Ok(share(time, allowed.ref_time).max(share(size, allowed.proof_size)))
}

async fn extrinsics(at: &At, number: u64) -> Result<Extrinsics> {
	let wrong = |error: String| Error::metadata(format!("transactions of block {number}"), error);
	let all = at
		.extrinsics()
		.fetch()
		.await
		.map_err(|error| Error::BlockNotFound(format!("{number} ({error})")))?;
	let mut found = Extrinsics { transactions: 0, asked: BTreeMap::new() };
	for extrinsic in all.iter() {
		let extrinsic = extrinsic.map_err(|error| wrong(error.to_string()))?;
		// An inherent is signed by nobody and has no extensions; a general transaction has.
		if extrinsic.transaction_extensions_bytes().is_some() {
			found.transactions = found.transactions.saturating_add(1);
		}
		if CALLS.contains(&extrinsic.pallet_name()) {
			let call = extrinsic.decode_call_data_as::<petra::Call>();
			let call = call.map_err(|error| wrong(error.to_string()))?;
			let index =
				u32::try_from(extrinsic.index()).map_err(|error| wrong(error.to_string()))?;
			found.asked.insert(index, Asked::of(call, signer(extrinsic.address_bytes())));
		}
	}
	Ok(found)
}

/// Who signed, from the address in the extrinsic: `MultiAddress::Id`.
fn signer(address: Option<&[u8]>) -> Option<AccountId32> {
	let account = address?.strip_prefix(&[0])?;
	Some(AccountId32(account.try_into().ok()?))
}

/// What a block's events tell.
async fn facts(at: &At, number: u64, mut asked: BTreeMap<u32, Asked>) -> Result<Vec<Fact>> {
	let wrong = |error: String| Error::metadata(format!("events of block {number}"), error);
	let events = at
		.events()
		.fetch()
		.await
		.map_err(|error| Error::BlockNotFound(format!("{number} with its events ({error})")))?;
	let mut facts = Vec::<Fact>::new();
	let mut none = Asked::default();
	for event in events.iter() {
		let event = event.map_err(|error| wrong(error.to_string()))?;
		if !PALLETS.contains(&event.pallet_name()) {
			continue;
		}
		let extrinsic = match event.phase() {
			Phase::ApplyExtrinsic(index) => Some(index),
			Phase::Initialization | Phase::Finalization => None,
		};
		let asked = extrinsic.and_then(|index| asked.get_mut(&index)).unwrap_or(&mut none);
		let event = event.decode_as::<petra::Event>().map_err(|error| wrong(error.to_string()))?;
		let what = match event {
			petra::Event::EnergyAssets(event) => of_assets(event, asked),
			petra::Event::Offers(event) => of_offers(event),
			petra::Event::Mixing(event) => of_mixing(event, asked, &facts, extrinsic),
			petra::Event::Regulation(event) => of_regulation(event),
			_ => None,
		};
		let extrinsic = extrinsic.filter(|_| match &what {
			// What the chain does between inherents and transactions has the place of the first of these.
			Some(What::Exchanged { offer, asset, .. }) => asked.accepts(*offer, *asset),
			_ => true,
		});
		facts.extend(what.map(|what| Fact { extrinsic, what }));
	}
	Ok(facts)
}

fn of_assets(event: Assets, asked: &mut Asked) -> Option<What> {
	Some(match event {
		Assets::AssetAdded { asset_id: id, asset, .. } => match asked.maker_of_asset(&asset.0) {
			Some(by) => What::EnergyWithdrawn { by, id, asset: asset.0 },
			None => What::AssetMade { id, asset: asset.0 },
		},
		Assets::FinancialAdded { address, amount } => {
			// Nothing else issues money.
			let by = asked.maker_of_money(address, amount).unwrap_or(Maker::Dso);
			What::MoneyWithdrawn { by, address, amount }
		},
		Assets::AssetTransferred { spent, created } => What::Transferred { spent, made: created },
		Assets::AssetDeposited { asset_id: id, asset, .. } => {
			What::EnergyDeposited { id, asset: asset.0 }
		},
		Assets::FinancialDeposited { address, amount } => What::MoneyDeposited { address, amount },
		Assets::AssetExpired { asset_id: id } => What::EnergyExpired { id },
	})
}

fn of_offers(event: Offers) -> Option<What> {
	Some(match event {
		Offers::OfferPosted {
			offer_id: offer,
			asset_id: asset,
			poster,
			kind,
			power,
			start,
			end,
			price,
			parent,
		} => What::Posted { offer, asset, poster, kind: kind.0, power, start, end, price, parent },
		Offers::OfferRescinded { offer_id: offer } => What::Rescinded { offer },
		Offers::OfferExpired { offer_id: offer } => What::OfferExpired { offer },
		Offers::OfferAccepted {
			offer_id: offer,
			asset_id: asset,
			power,
			start,
			end,
			price,
			cost,
			production_asset: production,
			consumption_asset: consumption,
		} => What::Exchanged {
			offer,
			asset,
			power,
			start,
			end,
			price,
			cost,
			production,
			consumption,
		},
		Offers::MarketCleared { timestep, price, power } => {
			What::Cleared { timestep, price, power }
		},
	})
}

fn of_mixing(event: Mixing, asked: &Asked, facts: &[Fact], extrinsic: Option<u32>) -> Option<What> {
	Some(match event {
		Mixing::NoteDeposited { pool, ring, index, member_key } => {
			let (depositor, asset) = asked.note_in(&member_key);
			let members = index.saturating_add(1);
			What::NoteIn { pool: note(pool), ring, members, depositor, asset }
		},
		Mixing::NoteWithdrawn { pool, ring, nullifier, recipient } => {
			let pool = note(pool);
			let members = asked.members(&pool, ring, &nullifier);
			let asset = match pool {
				Note::Energy { .. } => made_last(facts, extrinsic, &recipient),
				Note::Financial { .. } => None,
			};
			What::NoteOut { pool, ring, members, recipient, asset }
		},
		Mixing::RingFailed { pool, ring } => What::RingFailed { pool: note(pool), ring },
		Mixing::NoteReclaimed { pool, ring, recipient, .. } => {
			What::NoteReclaimed { pool: note(pool), ring, recipient }
		},
		Mixing::NotesExpired { pool, notes, .. } => What::NotesExpired { pool: note(pool), notes },
		Mixing::RingRevised { .. } | Mixing::RingRulesSet { .. } => return None,
	})
}

/// The asset that was made last by an extrinsic, if it is `owner`'s.
fn made_last(facts: &[Fact], extrinsic: Option<u32>, owner: &AccountId32) -> Option<AssetId> {
	match facts.last() {
		Some(Fact { extrinsic: by, what: What::AssetMade { id, asset } })
			if *by == extrinsic && asset.owner == *owner =>
		{
			Some(*id)
		},
		_ => None,
	}
}

fn of_regulation(event: Regulation) -> Option<What> {
	// What is known of a meter is read after the block.
	let changed = |meter| {
		let now = Meter { key: AccountId32([0; 32]), feeder: 0, changes: Vec::new() };
		What::MeterChanged { meter, now }
	};
	Some(match event {
		Regulation::Regulated { time, price_consumption, price_production } => {
			let (consumption, production) = (price_consumption, price_production);
			What::PricesSet { time, consumption, production }
		},
		Regulation::MeterAuthorized { meter, .. }
		| Regulation::MeterBanned { meter, .. }
		| Regulation::LimitsSet { meter, .. } => changed(meter),
		Regulation::MarketSet { mode, time } => What::MarketSet { time, mode: mode.0 },
		Regulation::FeederLimitsSet { feeder, limits, time } => {
			What::FeederLimitsSet { feeder, time, limits: limits.map(|limits| limits.0) }
		},
		Regulation::ControlSignalPublished { .. }
		| Regulation::IssuerSet { .. }
		| Regulation::ParametersSet { .. } => return None,
	})
}

/// The facts with what the ledger knows, after the block, of meters that changed.
async fn with_meters(ledger: &Ledger, facts: Vec<Fact>) -> Result<Vec<Fact>> {
	let mut read = Vec::new();
	for mut fact in facts {
		if let What::MeterChanged { meter, now } = &mut fact.what {
			let known = ledger.value(petra::storage().meter_registry().meters(), (*meter,)).await?;
			let known = known.ok_or_else(|| {
				Error::metadata("MeterRegistry.Meters", format!("meter {meter} is not there"))
			})?;
			*now = meter_of(known);
		}
		read.push(fact);
	}
	Ok(read)
}

type StoredMeter = petra::runtime_types::pallet_meter_registry::types::Meter<AccountId32>;

fn meter_of(meter: StoredMeter) -> Meter {
	let changes = meter.changes.into_iter().map(|change| Change {
		from: change.from,
		authorized: change.authorized,
		path: match change.path {
			generated::Path::Meter => Path::Meter,
			generated::Path::Dso => Path::Dso,
		},
		limits: change.limits.0,
	});
	Meter { key: meter.key, feeder: meter.feeder, changes: changes.collect() }
}

/// What the ledger holds after a block.
async fn state(client: &Client, block: BlockRef) -> Result<State> {
	let ledger = client.ledger_at(block).await?;
	let assets = ledger.all(petra::storage().energy_assets().assets()).await?;
	let mut assets: Vec<_> = assets.into_iter().map(|((id,), asset)| (id, asset.0)).collect();
	assets.sort_by_key(|(id, _)| *id);
	let mut pooled = BTreeMap::<Note, u32>::new();
	for (((pool, _),), ring) in ledger.all(petra::storage().mixing().rings()).await? {
		let held = pooled.entry(note(pool)).or_default();
		*held = held.saturating_add(ring.held);
	}
	let pooled = pooled.into_iter().filter(|(_, held)| *held > 0).collect();
	let money = ledger.value(petra::storage().balances().total_issuance(), ()).await?;
	let rules = rules(&ledger).await?;
	Ok(State { assets, pooled, money: money.unwrap_or_default(), rules })
}

async fn rules(ledger: &Ledger) -> Result<Rules> {
	let at = petra::storage().regulation();
	let prices = ledger.all(at.price_policies()).await?;
	let prices = prices.into_iter().map(|((index,), record)| {
		let (consumption, production) = (record.value.consumption, record.value.production);
		(index, (record.time, Prices { consumption, production }))
	});
	let span = ledger.value(at.price_span(), ()).await?;
	let prices = policy(prices, span.map(|span| (span.first, span.next)));

	let market = ledger.all(at.market_policies()).await?;
	let market = market
		.into_iter()
		.map(|((index,), record)| (index, (record.time, record.value.0)));
	let span = ledger.value(at.market_span(), ()).await?;
	let market = policy(market, span.map(|span| (span.first, span.next)));

	let mut records = BTreeMap::<FeederId, Vec<_>>::new();
	for ((feeder, index), record) in ledger.all(at.feeder_policies()).await? {
		let limits = record.value.map(|limits| limits.0);
		records.entry(feeder).or_default().push((index, (record.time, limits)));
	}
	let mut feeders = BTreeMap::new();
	for ((feeder,), span) in ledger.all(at.feeder_spans()).await? {
		let records = records.remove(&feeder).unwrap_or_default();
		feeders.insert(feeder, policy(records, Some((span.first, span.next))));
	}

	let meters = ledger.all(petra::storage().meter_registry().meters()).await?;
	let meters = meters.into_iter().map(|((id,), meter)| (id, meter_of(meter))).collect();

	let rings = ledger.value(petra::storage().mixing().rules(), ()).await?;
	let rings = rings.map_or_else(RingRules::default, |rings| RingRules {
		min_size: rings.min_size,
		min_age: rings.min_age,
	});
	Ok(Rules { prices, market, feeders, meters, rings })
}

/// The records of a series that count, in order.
fn policy<T: Copy>(
	records: impl IntoIterator<Item = (u64, (Timestep, T))>,
	span: Option<(u64, u64)>,
) -> Policy<T> {
	let (first, next) = span.unwrap_or_default();
	let records: BTreeMap<u64, (Timestep, T)> =
		records.into_iter().filter(|(index, _)| (first..next).contains(index)).collect();
	Policy::of(records.into_values())
}
