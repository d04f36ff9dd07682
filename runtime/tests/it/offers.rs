//! The market in the composed runtime: trades without fees, and a clearing when the gate closes.

use crate::{
	chain::{check_invariants, next_block, next_block_at, sudo, START},
	energy::{energy, ids, output, submit, transfer, with_meter, withdraw, FEEDER},
};
use frame_support::{
	assert_err, assert_ok,
	traits::{fungible::InspectHold, Get},
};
use pallet_offers::{Call as Offer, Error, Event};
use petra_primitives::{
	AssetKind::{Consumption, Production},
	Balance, FeederLimits, Grid, MarketMode, Timestep, WithdrawalOutput,
};
use petra_runtime::{
	Balances, EnergyAssets, Offers, Regulation, Runtime, RuntimeCall, RuntimeEvent, System, EUR,
};
use sp_keyring::Sr25519Keyring::{self as Keys, Eve, One, Two};

const TIMESTEP_MS: u64 = 900_000;

/// Two has 400 W to sell from `t` to `t + 1`, Eve may buy 300 W from `t` to `t + 2`, and got a EUR.
fn with_assets(test: impl FnOnce(Timestep)) {
	with_meter(|t| {
		// Money counts now, so the meter must have been authorised before.
		next_block_at(START + TIMESTEP_MS);
		let money = WithdrawalOutput::Financial { address: Eve.to_account_id(), amount: EUR };
		let all = vec![
			energy(Two, Production, 400, t, t + 1),
			energy(Eve, Consumption, 300, t, t + 2),
			money,
		];
		assert_ok!(submit(One, withdraw(all)).unwrap());
		next_block();
		test(t);
		check_invariants();
	});
}

fn post(asset_id: u64, price: u64) -> Offer<Runtime> {
	Offer::post_offer { asset_id, price }
}

fn accept(offer_id: u64, asset_id: u64) -> Offer<Runtime> {
	Offer::accept_offer { offer_id, asset_id, limits: None }
}

fn regulate(call: impl Into<RuntimeCall>) {
	assert_ok!(sudo(call));
}

fn money(who: Keys) -> Balance {
	Balances::free_balance(who.to_account_id())
}

fn on_hold(who: Keys) -> Balance {
	Balances::total_balance_on_hold(&who.to_account_id())
}

fn market_events() -> Vec<Event<Runtime>> {
	let events = System::events().into_iter();
	events
		.filter_map(|record| match record.event {
			RuntimeEvent::Offers(event) => Some(event),
			_ => None,
		})
		.collect()
}

#[test]
fn neighbours_should_trade_for_free_and_within_the_feeders_limits() {
	with_assets(|t| {
		let had = money(Eve);
		assert_ok!(submit(Two, post(ids(Two)[0], 20)).unwrap());
		assert_eq!(Offers::offers(Production, t, t, None, 10).len(), 1);
		assert_eq!(Offers::offers(Consumption, t, t, None, 10).len(), 0);

		let set_limits = |internal| pallet_regulation::Call::set_feeder_limits {
			feeder: FEEDER,
			limits: Some(FeederLimits { internal, external: 0 }),
			time: Regulation::now(),
		};
		regulate(set_limits(200));
		let eca = ids(Eve)[0];
		assert_err!(submit(Eve, accept(0, eca)).unwrap(), Error::<Runtime>::FeederLimitExceeded);
		regulate(set_limits(300));
		assert_ok!(submit(Eve, accept(0, eca)).unwrap());

		// 300 W in two timesteps at 20; the rest of the ask is offered still, and nobody paid a fee.
		let cost = 20 * 300 * 2;
		assert_eq!((money(Two), money(Eve)), (cost, had - cost));
		assert_eq!(Offers::offers(Production, t, t, None, 10)[0].1.power, 100);
		let load = Offers::feeder_load(FEEDER, t, t + 2);
		let loads: Vec<_> =
			load.iter().map(|l| (l.start, l.end, l.production, l.consumption)).collect();
		assert_eq!(loads, [(t, t + 1, 300, 300), (t + 2, t + 2, 0, 0)]);
		assert_eq!((load[0].withdrawn_production, load[0].withdrawn_consumption), (400, 300));
		let bought: Vec<_> = EnergyAssets::assets_of(&Eve.to_account_id())
			.into_iter()
			.map(|(_, asset)| (asset.kind, asset.power, asset.start, asset.end, asset.traded))
			.collect();
		assert!(bought.contains(&(Production, 300, t, t + 1, true)), "{bought:?}");
		assert!(bought.contains(&(Consumption, 300, t + 2, t + 2, false)), "{bought:?}");
	});
}

#[test]
fn an_auction_should_be_cleared_when_the_gate_closes() {
	with_assets(|t| {
		regulate(pallet_regulation::Call::set_market {
			mode: MarketMode::DoubleAuction,
			time: Regulation::now() + 1,
		});
		let had = money(Eve);
		assert_ok!(submit(Two, post(ids(Two)[0], 10)).unwrap());
		let eca = ids(Eve)[0];
		assert_err!(submit(Eve, accept(0, eca)).unwrap(), Error::<Runtime>::WrongMode);
		assert_ok!(submit(Eve, post(eca, 31)).unwrap());
		assert_eq!(on_hold(Eve), 31 * 300 * 3);

		// The gate of t closes one timestep before it; what is due comes before the block's transactions.
		next_block_at((t - 1) * TIMESTEP_MS);
		assert_eq!(market_events(), []);
		let (start, end, power_change) = (t, t, 100);
		regulate(pallet_regulation::Call::publish_control_signal { start, end, power_change });
		let price = (10 + 31) / 2;
		let cleared = market_events().into_iter().find_map(|event| match event {
			Event::MarketCleared { timestep, price, power } => Some((timestep, price, power)),
			_ => None,
		});
		assert_eq!(cleared, Some((t, price, 300)));
		let cost = Balance::from(price) * 300;
		assert_eq!((money(Two), money(Eve)), (cost, had - cost - 31 * 300 * 2));
		assert_eq!(on_hold(Eve), 31 * 300 * 2);
		// The rest of both offers is offered still, for the timesteps after t.
		assert_eq!(Offers::offers(Production, t, t, None, 10).len(), 0);
		assert_eq!(Offers::offers(Production, t + 1, t + 1, None, 10)[0].1.power, 400);
	});
}

#[test]
fn a_household_should_have_no_more_offers_in_a_timestep_than_lots_in_its_limits() {
	type Assets = pallet_energy_assets::Error<Runtime>;
	with_meter(|t| {
		let lot = Regulation::parameters().power_lot;
		let lots = |kind, count| vec![energy(Two, kind, lot, t, t); count];
		// All that the meter may, 1 000 W of each kind, one lot at a time.
		let all = [lots(Production, 10), lots(Consumption, 10)].concat();
		assert_ok!(submit(One, withdraw(all)).unwrap());
		next_block();
		let parts: Vec<u64> = ids(Two);
		assert_eq!(parts.len(), 20);
		let one_more = |kind| submit(One, withdraw(lots(kind, 1))).unwrap();
		for kind in [Production, Consumption] {
			assert_err!(one_more(kind), Assets::LimitExceeded);
		}
		let halves = [lot / 2; 2].map(|power| output(Two, Production, power, t, t)).to_vec();
		assert_err!(
			submit(Two, transfer(parts[..1].to_vec(), halves, None)).unwrap(),
			Assets::NotMultipleOfLot
		);
		// Nobody will trade at these prices, and they cost nothing.
		for (index, asset_id) in parts.into_iter().enumerate() {
			let price = if index < 10 { u64::MAX } else { 0 };
			assert_ok!(submit(Two, post(asset_id, price)).unwrap());
			if index % 8 == 7 {
				next_block();
			}
		}
		let offers = |kind| Offers::offers(kind, t, t, None, 1_000).len();
		assert_eq!((offers(Production), offers(Consumption)), (10, 10));
		// What is deposited gives no headroom back.
		assert_ok!(submit(Two, Offer::<Runtime>::rescind_offer { offer_id: 0 }).unwrap());
		let asset_id = ids(Two)[0];
		let deposit = pallet_energy_assets::Call::<Runtime>::deposit_energy_asset { asset_id };
		assert_ok!(submit(Two, deposit).unwrap());
		assert_err!(one_more(Production), Assets::LimitExceeded);
		assert_eq!(offers(Production), 9);

		// What the documentation says of the book.
		let book: u32 = <Runtime as pallet_offers::Config>::MaxOffers::get();
		let book = u64::from(book);
		assert_eq!((book, book * lot), (20_000, 2_000_000));
		let household = (15_000 + 15_000) / lot;
		assert_eq!((household, book / household), (300, 66));
		let assets: u32 = <Runtime as pallet_energy_assets::Config>::AssetsPerMeter::get();
		assert!(4 * u64::from(assets) < book && book < 5 * u64::from(assets));
	});
}
