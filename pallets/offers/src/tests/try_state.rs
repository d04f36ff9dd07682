//! Every invariant, broken.

use crate::{
	mock::*,
	offer_impls::key,
	types::{BookKey, Cell, Shelf},
	Book, Current, FeederInClearing, Feeders, NextOfferId, NextTimestep, Offers as OfferMap, Pages,
	Places, Queue, Series, Slice,
};
use frame_support::{traits::fungible::MutateHold, weights::Weight};
use petra_primitives::AssetLedger;
use petra_schedule::{
	clearing::Load,
	timeline::{Page, PageKey},
};
use sp_runtime::TryRuntimeError;

/// A good state: offers, a clearing under way at its pairing, trades behind.
fn prepare() {
	let sold = offer(1, 1, EPA, 0, 100, (OPEN + 9, OPEN + 9));
	let eca = withdraw(2, 2, ECA, 100, OPEN + 9, OPEN + 9);
	assert_done(2, accept(sold, eca));
	auction();
	offer(1, 1, EPA, 10, 300, (OPEN, OPEN + 1));
	offer(2, 1, ECA, 30, 300, (OPEN, OPEN + 1));
	offer(4, 1, ECA, 10, 300, (OPEN, OPEN));
	gate(OPEN);
	StepWeight::set(1);
	// Reading, passing over a timestep, beginning, 3 to freeze and the end of it, 1 to match and the end, the split, 1 feeder and the end.
	poll(Weight::from_parts(12, 0));
	assert_eq!(Current::<Test>::get().unwrap().stage, crate::Stage::Within);
}

/// Corrupts a good state and expects the report.
fn reports(corrupt: impl FnOnce(), report: &'static str) {
	new_test_ext().execute_with(|| {
		prepare();
		assert_eq!(Offers::do_try_state(), Ok(()));
		corrupt();
		assert_eq!(Offers::do_try_state(), Err(TryRuntimeError::Other(report)));
	});
}

fn first_slice(kind: petra_primitives::AssetKind) -> (BookKey, Slice) {
	Book::<Test>::iter().find(|(key, _)| key.kind() == kind).unwrap()
}

#[test]
fn try_state_should_report_bad_offers() {
	reports(|| NextOfferId::<Test>::put(1), "offers: an id was not given out yet");
	let change = |change: fn(&mut petra_primitives::Offer<sp_runtime::AccountId32>)| {
		OfferMap::<Test>::mutate(key(1), |offer| change(offer.as_mut().unwrap()))
	};
	reports(|| change(|offer| offer.price = 15), "offers: a price is not a multiple of the tick");
	let differ = "offers: an offer and its asset differ";
	reports(|| change(|offer| offer.power = 200), differ);
	reports(|| change(|offer| offer.end += 1), differ);
	reports(|| change(|offer| offer.asset_id = 99), differ);
	reports(|| change(|offer| offer.poster = account(2)), differ);
	reports(|| change(|offer| offer.kind = ECA), differ);
	reports(|| EnergyAssets::unlock(open(1).asset_id).unwrap(), differ);
}

#[test]
fn try_state_should_report_a_wrong_queue() {
	reports(
		|| Queue::<Test>::remove(key(OPEN + 1), key(1)),
		"offers: an offer is not in the queue",
	);
	reports(
		|| Queue::<Test>::insert(key(OPEN + 5), key(1), ()),
		"offers: the queue has too many entries",
	);
}

#[test]
fn try_state_should_report_a_wrong_place() {
	let (id, end) = (key(1), OPEN + 1);
	reports(
		|| Places::<Test>::remove(Cell::of(EPA, end, end), id),
		"offers: an offer has not its place",
	);
	reports(
		|| Places::<Test>::insert(Cell::of(EPA, OPEN, end), id, ()),
		"offers: there are too many places",
	);
}

#[test]
fn try_state_should_report_a_wrong_book() {
	reports(Current::<Test>::kill, "offers: a book without a clearing");
	reports(
		|| {
			let _ = Book::<Test>::clear(u32::MAX, None);
			Current::<Test>::kill();
		},
		"offers: loads without a clearing",
	);
	reports(|| NextTimestep::<Test>::put(OPEN), "offers: a timestep would be cleared twice");
	reports(
		|| {
			let (key, slice) = first_slice(ECA);
			Book::<Test>::remove(key);
			Book::<Test>::insert(BookKey([0; 26]), slice);
		},
		"offers: an entry of the book is in the wrong place",
	);
	reports(
		|| {
			let (key, slice) = first_slice(EPA);
			Book::<Test>::insert(key, Slice { power: 200, ..slice });
		},
		"offers: an entry of the book and its asset differ",
	);
	reports(|| Feeders::<Test>::remove(1), "offers: a feeder's load is not known");
	reports(
		|| {
			Feeders::<Test>::mutate(1, |entry| {
				let FeederInClearing { load, .. } = entry.as_mut().unwrap();
				load.production += 1;
			})
		},
		"offers: a load in the clearing is wrong",
	);
}

#[test]
fn try_state_should_report_wrong_holds() {
	let wrong = "offers: an account has not on hold what its bids need";
	let reason = RuntimeHoldReason::Offers(crate::HoldReason::Offer);
	reports(|| Balances::hold(&reason, &account(2), 1).unwrap(), wrong);
	reports(
		|| {
			fund(9, 100);
			Balances::hold(&reason, &account(9), 1).unwrap()
		},
		wrong,
	);
	reports(|| Offers::release(&account(2), 1).unwrap(), wrong);
	reports(
		|| {
			let (key, slice) = first_slice(ECA);
			Book::<Test>::remove(key);
			let slice = Slice { price: slice.price + TICK, ..slice };
			Book::<Test>::insert(BookKey::of(Shelf::Within, ECA, &slice), slice);
		},
		wrong,
	);
}

#[test]
fn try_state_should_report_wrong_counts() {
	let wrong = "offers: the number of offers is wrong";
	let part = |t| crate::Part { power: 1, start: t, end: t };
	reports(|| Offers::count(EPA, part(OPEN + 1), 1).unwrap(), wrong);
	reports(|| Offers::count(ECA, part(OPEN + 1), -1).unwrap(), wrong);
	reports(|| Offers::count(ECA, part(OPEN + 7), 1).unwrap(), wrong);
}

#[test]
fn try_state_should_report_wrong_loads() {
	let difference = "offers: a feeder's difference is wrong";
	let add = |series: Series, value| {
		series.timeline::<Test>().add(OPEN + 9, OPEN + 9, value).unwrap();
	};
	reports(|| add(Series::Production(1), 1), difference);
	reports(|| add(Series::Consumption(2), 1), difference);
	reports(|| add(Series::Difference(1), 1), difference);
	reports(
		|| {
			let load = Load { production: -200, consumption: 0 };
			Offers::add_load(1, load, OPEN + 9, OPEN + 9).unwrap();
		},
		"offers: what is traded on a feeder is negative",
	);
	reports(
		|| {
			let key = PageKey { level: 0, index: 12_345 };
			Pages::<Test>::insert(Series::Production(1), key, Page::default())
		},
		"offers: there are stray pages",
	);
	reports(
		|| {
			let keys: Vec<_> = Pages::<Test>::iter_keys()
				.filter(|(series, _)| *series == Series::Production(1))
				.collect();
			assert!(!keys.is_empty());
			keys.into_iter().for_each(|(series, key)| Pages::<Test>::remove(series, key));
		},
		"offers: an amount is corrupt",
	);
}
