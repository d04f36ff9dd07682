//! Whether the ledger is what the model says.

use super::{
	market::open_offers,
	model::{Model, KINDS},
	theorem::Holdings,
	world::{World, FEEDERS},
};
use frame_support::traits::fungible::InspectHold;
use pallet_energy_assets::{Assets, LivePages, LiveRoots};
use petra_primitives::{AssetKind, Grid, MarketMode, MarketRules, Segment, Timestep};
use petra_runtime::{Balances, EnergyAssets, MeterRegistry, Offers, Regulation, Runtime, System};
use petra_schedule::timeline::PageKey;
use std::collections::BTreeMap;

/// The assets of all households, as the runtime API says.
pub fn holdings(world: &World) -> Holdings {
	let mut holdings = Holdings::new();
	for address in world.addresses.iter().flatten() {
		for (id, asset) in EnergyAssets::assets_of(address) {
			assert_eq!(asset.owner, *address, "an asset is listed under somebody else's address");
			assert!(holdings.insert(id, asset).is_none(), "asset {id} is listed twice");
		}
	}
	assert_eq!(Assets::<Runtime>::iter_keys().count(), holdings.len(), "assets are nobody's");
	holdings
}

/// Segments as one number for each timestep.
fn by_step(segments: Vec<Segment>) -> BTreeMap<Timestep, u128> {
	let mut watts = BTreeMap::new();
	for Segment { start, end, power } in segments {
		for t in start..=end {
			assert!(watts.insert(t, u128::from(power)).is_none(), "segments overlap in {t}");
		}
	}
	watts.retain(|_, power| *power > 0);
	watts
}

/// Compares everything that clients read.
pub fn compare(world: &World, model: &Model, holdings: &Holdings) {
	assert_eq!((System::block_number(), Regulation::now()), (model.block, model.now));
	assert_eq!(Regulation::parameters(), model.parameters);
	assert_eq!(*holdings, model.assets, "assets");
	compare_money(world, model);
	compare_meters(model);
	compare_policies(model);
	compare_market(world, model);
}

fn compare_money(world: &World, model: &Model) {
	for address in world.addresses.iter().flatten() {
		assert_eq!(Balances::free_balance(address), model.balance(address), "money of {address}");
	}
	assert_eq!(Balances::total_issuance(), model.issuance, "issuance");
}

/// What is offered, what is on hold for it, and what is traded on the feeders.
fn compare_market(world: &World, model: &Model) {
	let offers = open_offers();
	assert_eq!(offers, model.book.open, "offers");
	// Between blocks no clearing is under way, so that all that is on hold is so for open bids.
	assert!(pallet_offers::Current::<Runtime>::get().is_none());
	for address in world.addresses.iter().flatten() {
		let bids = offers.values().filter(|offer| offer.kind == AssetKind::Consumption);
		let costs = bids.filter(|bid| bid.poster == *address).map(|bid| {
			let timesteps = (bid.start..=bid.end).count() as u128;
			u128::from(bid.price) * u128::from(bid.power) * timesteps
		});
		let on_hold = Balances::total_balance_on_hold(address);
		assert_eq!(on_hold, costs.sum::<u128>(), "what {address} has on hold is for its bids");
		assert_eq!(on_hold, model.held(address), "on hold of {address}");
	}
	for feeder in FEEDERS {
		let mut from = model.now;
		for load in Offers::feeder_load(feeder, model.now, model.last()) {
			assert_eq!(load.start, from, "stretches follow each other");
			from = load.end + 1;
			for t in load.start..=load.end {
				let traded = (i128::from(load.production), i128::from(load.consumption));
				assert_eq!(traded, model.load(feeder, t), "traded on {feeder} in {t}");
				assert_eq!(load.limits, model.limits_of(feeder, t), "limits of {feeder} in {t}");
			}
		}
		assert_eq!(from, model.last() + 1, "stretches cover the horizon");
	}
}

fn compare_meters(model: &Model) {
	let everything = (0, Timestep::MAX);
	let kept = model.now.saturating_sub(model.parameters.settlement_window)..=model.last();
	for (id, meter) in &model.meters {
		let info = MeterRegistry::meter_info(*id).expect("the meter is known");
		assert_eq!((&info.pubkey, info.feeder), (&meter.key, meter.feeder));
		let status = meter.status.get(&model.now);
		assert_eq!(info.authorized, status.is_some_and(|s| s.authorized), "status of {id}");
		if let Some(status) = status {
			assert_eq!((info.limits, info.path), (status.limits, status.path), "status of {id}");
		}
		for kind in KINDS {
			let (from, to) = everything;
			let ledger = by_step(MeterRegistry::withdrawn(*id, kind, from, to));
			let modelled = |t: &Timestep| meter.withdrawn.get(&(kind, *t)).copied();
			let expected = watts(kept.clone(), modelled);
			assert_eq!(ledger, expected, "withdrawn by {id}: {kind:?}");

			let ledger = by_step(MeterRegistry::headroom(*id, kind, from, to));
			let open = model.first_open()..=model.last();
			let expected = watts(open, |t| model.headroom(*id, kind, *t));
			assert_eq!(ledger, expected, "headroom of {id}: {kind:?}");
		}
	}
	for feeder in FEEDERS {
		for kind in KINDS {
			let (from, to) = everything;
			let ledger = by_step(MeterRegistry::withdrawn_on_feeder(feeder, kind, from, to));
			let withdrawn = model.withdrawn_on.get(&feeder);
			let modelled = |t: &Timestep| withdrawn?.get(&(kind, *t)).copied();
			assert_eq!(ledger, watts(kept.clone(), modelled), "withdrawn on {feeder}: {kind:?}");
		}
	}
}

/// What is not zero in some timesteps.
fn watts(
	times: impl Iterator<Item = Timestep>,
	power: impl Fn(&Timestep) -> Option<u128>,
) -> BTreeMap<Timestep, u128> {
	let known = times.filter_map(|t| power(&t).map(|power| (t, power)));
	known.filter(|(_, power)| *power > 0).collect()
}

fn compare_policies(model: &Model) {
	for t in model.now..=model.now + 8 {
		let market = model.market.get(&t).copied().unwrap_or_default();
		assert_eq!(Regulation::market_mode(t), market, "market in {t}");
		let prices = match market {
			MarketMode::FixedPrice(price) => (price, price),
			_ => model.policy(t),
		};
		assert_eq!(Regulation::prices(t), prices, "prices in {t}");
		assert_eq!(Regulation::control_signal(t), model.signals.get(&t).copied(), "signal in {t}");
	}
}

/// Compares the live power that the ledger keeps, which clients do not see, timestep by timestep.
pub fn compare_live_power(model: &Model) {
	for kind in KINDS {
		for t in model.steps(0, model.last() + 1) {
			let modelled = model.live.get(&(kind, t)).copied().unwrap_or_default();
			assert_eq!(live_power(kind, t), modelled as i128, "live power in {t}: {kind:?}");
		}
	}
}

/// The live power in one timestep, read from the pages as they are stored: 64 parts to a page, each with its least
/// amount above that of the page, down to a part in which the amount does not vary.
fn live_power(kind: AssetKind, t: Timestep) -> i128 {
	const PARTS: u64 = 64;
	let root = LiveRoots::<Runtime>::get(kind).unwrap_or_default();
	let width = |level: u8| PARTS.checked_pow(u32::from(level)).unwrap_or(u64::MAX);
	if t >= width(root.height) {
		return root.tail;
	}
	let (mut level, mut page, mut power) = (root.height, root.page, 0);
	loop {
		let part = t / width(level - 1);
		let entry = page.0[(part % PARTS) as usize];
		power += entry.base;
		if entry.spread == 0 {
			return power;
		}
		level -= 1;
		let key = PageKey { level, index: part };
		page = LivePages::<Runtime>::get(kind, key).expect("a part that varies has a page");
	}
}
