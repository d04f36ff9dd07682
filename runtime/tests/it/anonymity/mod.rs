//! Anonymity, measured (issue 5; P1, "Transaction Anonymity" and "Privacy"; P2's requirements): an observer reads the whole
//! ledger of a feeder of 50 households for a day, from the meters' withdrawals to the deposits of assets, and says whose
//! they are.
//!
//! The day runs over the composed runtime, with real proofs, and with the client's own baskets, plans, keys and proofs.
//! The observer ([`observer`] says by which rules) is given blocks and nothing else; what it says is then compared with
//! what the households know. Without mixing it links nearly everything. With mixing it must do as well as chance, and no
//! better; that it would see a leak is shown with one: notes that come out in the order in which they went in.
//!
//! `PETRA_STRETCHES` sets how many stretches of the day are mixed for (4 hours each; 2 by default): there are three notes a
//! household and stretch, and a proof for each.

mod day;
mod judge;
mod ledger;
mod matching;
mod observer;
mod world;

use crate::chain::chain;
use day::{live, Day, Manner, Truth};
use judge::{interval, Guesses, HEAD};
use observer::Observer;
use petra_primitives::Power;
use std::collections::BTreeMap;

/// Households on the feeder.
const HOUSEHOLDS: usize = 50;
/// The power that most of them may buy and sell.
const POWER: Power = 400;

/// A day of households that all do the same.
fn uniform() -> Day {
	Day {
		households: vec![(POWER, Manner::Default); HOUSEHOLDS],
		stretches: stretches(2),
		mixing: true,
		in_order: false,
		seed: 1,
	}
}

fn stretches(otherwise: u64) -> u64 {
	std::env::var("PETRA_STRETCHES").map_or(otherwise, |set| set.parse().expect("a number"))
}

/// What the observer makes of a day.
struct Verdict {
	observer: Observer,
	truth: Truth,
}

impl Verdict {
	fn of(day: &Day) -> Self {
		chain("local_testnet").execute_with(|| {
			let (chain, truth) = live(day);
			Self { observer: Observer::read(&chain.blocks), truth }
		})
	}

	/// Whose the notes of energy were that arrived at fresh addresses, by manner.
	fn notes(&self) -> BTreeMap<Manner, Guesses> {
		let mut all: BTreeMap<Manner, Guesses> = BTreeMap::new();
		for address in self.observer.recipients_of_energy() {
			let opinion = self.observer.opinion(&address).expect("it always guesses");
			let household = self.truth.households[&address];
			let manner = self.truth.manners[household as usize];
			let right = opinion.meter == household;
			all.entry(manner).or_default().add(right, opinion.households, opinion.effective);
		}
		all
	}

	/// Whose the assets were that were returned at the end, by manner: right and all.
	fn returned(&self) -> BTreeMap<Manner, (usize, usize)> {
		let mut all: BTreeMap<Manner, (usize, usize)> = BTreeMap::new();
		for address in &self.observer.returned {
			let household = self.truth.households[address];
			let manner = self.truth.manners[household as usize];
			let (right, count) = all.entry(manner).or_default();
			*right += usize::from(self.observer.household(address) == Some(household));
			*count += 1;
		}
		all
	}

	fn print(&self, what: &str) {
		println!("{what}\n\n{HEAD}");
		for (manner, guesses) in self.notes() {
			println!("{}", guesses.row(&format!("{manner:?}: notes")));
		}
		for (manner, (right, count)) in self.returned() {
			let share = 100.0 * right as f64 / count as f64;
			println!("| {manner:?}: returned assets | {count} | | | {right} ({share:.1} %) | | |");
		}
		println!();
	}
}

#[test]
fn an_observer_should_link_assets_to_meters_when_nobody_mixes() {
	let verdict = Verdict::of(&Day { mixing: false, ..uniform() });
	verdict.print("Nobody mixes");
	let (right, count) = verdict.returned()[&Manner::Default];
	// Two kinds in each stretch.
	assert!(count >= HOUSEHOLDS * 2 * stretches(2) as usize, "{count} assets were returned");
	assert!(right * 10 >= count * 9, "{right} of {count}");
}

#[test]
fn an_observer_should_do_as_well_as_chance_when_all_mix_at_random_times() {
	let verdict = Verdict::of(&uniform());
	verdict.print("All mix, each moment uniform in its phase");
	let guesses = &verdict.notes()[&Manner::Default];
	assert_eq!(guesses.count(), HOUSEHOLDS * 2 * stretches(2) as usize);
	assert_eq!(guesses.households, guesses.count() * HOUSEHOLDS);
	let (least, most) = guesses.interval();
	assert!((least..=most).contains(&guesses.hits), "{} hits", guesses.hits);
}

#[test]
fn an_observer_should_link_notes_when_they_come_out_in_the_order_they_went_in() {
	let verdict = Verdict::of(&Day { in_order: true, stretches: 1, ..uniform() });
	verdict.print("A leak: notes come out in the order in which they went in");
	let guesses = &verdict.notes()[&Manner::Default];
	assert!(guesses.rate() > 20.0 * guesses.chance(), "{:.3}", guesses.rate());
}

#[test]
fn an_observer_should_find_the_careless_and_not_the_others_on_a_realistic_day() {
	let careless = [
		(POWER, Manner::OddSizes),
		(POWER, Manner::AtOnce),
		(4 * POWER, Manner::OwnBatch),
		(POWER, Manner::SameAddress),
		(POWER, Manner::MovesBack),
	];
	// Two classes of limits; some were switched off in the afternoon.
	let mut households = vec![(POWER, Manner::Default); 26];
	households.extend([(POWER, Manner::Late); 4]);
	households.extend([(2 * POWER, Manner::Default); 13]);
	households.extend([(2 * POWER, Manner::Late); 2]);
	households.extend(careless);
	assert_eq!(households.len(), HOUSEHOLDS);
	let verdict =
		Verdict::of(&Day { households, stretches: stretches(2) / 2, seed: 2, ..uniform() });
	verdict.print("A realistic day");

	let notes = verdict.notes();
	let careful = &notes[&Manner::Default];
	let (_, most) = interval(&vec![careful.count() as f64 / careful.effective; careful.count()]);
	assert!(careful.hits <= most, "{} of {}", careful.hits, careful.count());
	let returned = verdict.returned();
	let found = [
		Manner::OddSizes,
		Manner::AtOnce,
		Manner::OwnBatch,
		Manner::SameAddress,
		Manner::MovesBack,
	];
	for manner in found {
		let (right, count) = returned[&manner];
		assert_eq!(right, count, "{manner:?}");
	}
}

#[test]
fn the_client_should_know_the_ledgers_refusals_by_their_codes() {
	use codec::Encode;
	use pallet_mixing::{Error, FIRST_REFUSAL};
	use petra_mixing::refusals::*;
	use petra_runtime::Runtime;
	for (error, code) in [
		(Error::<Runtime>::RingNotFound, RING_NOT_FOUND),
		(Error::RingFailed, RING_FAILED),
		(Error::NoteExpired, NOTE_EXPIRED),
		(Error::NullifierUsed, NULLIFIER_USED),
		(Error::CannotReceive, CANNOT_RECEIVE),
		(Error::BadProof, BAD_PROOF),
	] {
		assert_eq!(FIRST_REFUSAL + error.encode()[0], code, "{error:?}");
	}
}
