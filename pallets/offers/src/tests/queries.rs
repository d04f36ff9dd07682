//! What the runtime API reads, and pruning.

use super::reference::Random;
use crate::{mock::*, types::Cell, Call, Pages, Series};
use frame_support::{traits::Hooks, weights::Weight};
use petra_primitives::{AssetKind, FeederLimits, Timestep};

#[test]
fn offers_should_be_paged_by_id_kind_and_interval() {
	build_and_execute(|| {
		for index in 0..300 {
			offer(1, 1, EPA, 10, 100, (OPEN + index % 3, OPEN + index % 3));
		}
		let bid = offer(2, 1, ECA, 10, 100, (OPEN, OPEN + 1));
		let ids = |kind, from, to, after, limit| -> Vec<u64> {
			Offers::offers(kind, from, to, after, limit)
				.into_iter()
				.map(|(id, _)| id)
				.collect()
		};
		assert_eq!(ids(EPA, OPEN, OPEN, None, 3), [0, 3, 6]);
		assert_eq!(ids(EPA, OPEN, OPEN, Some(6), 2), [9, 12]);
		assert_eq!(ids(EPA, OPEN, OPEN + 2, Some(254), 2), [255, 256]);
		assert_eq!(ids(EPA, OPEN, OPEN + 2, None, u32::MAX).len(), 300);
		assert_eq!(ids(EPA, OPEN + 3, OPEN + 9, None, 9), [0; 0]);
		assert_eq!(ids(ECA, OPEN + 1, OPEN + 9, None, 9), [bid]);
		assert_eq!(Offers::offers(ECA, OPEN, OPEN, None, 1)[0].1, open(bid));
	});
}

/// The ids of a page, and how many offers were looked at for it.
fn look(
	kind: AssetKind,
	from: Timestep,
	to: Timestep,
	after: Option<u64>,
	limit: u32,
) -> (Vec<u64>, u32) {
	let (page, looked_at) = Offers::page_of_offers(kind, (from, to), after, limit);
	(page.into_iter().map(|(id, _)| id).collect(), looked_at)
}

/// Posts so many random offers, and takes a third of them away again; returns what is left.
fn random_offers(random: &mut Random, count: u64) -> Vec<(u64, AssetKind, Timestep, Timestep)> {
	let mut offers = Vec::new();
	for _ in 0..count {
		let kind = if random.one_in(2) { EPA } else { ECA };
		let length = match random.below(4) {
			0 => 0,
			1 => random.below(4),
			2 => random.below(20),
			_ => random.below(90),
		};
		let start = OPEN + random.below(97);
		let end = (start + length).min(NOW + 100);
		offers.push((offer(1, 1, kind, 10, 100, (start, end)), kind, start, end));
	}
	offers.retain(|(id, ..)| {
		let gone = random.one_in(3);
		if gone {
			assert_done(1, rescind(*id));
		}
		!gone
	});
	offers
}

#[test]
fn offers_should_be_those_of_the_interval_whatever_their_length() {
	let mut random = Random(11);
	for _ in 0..40 {
		build_and_execute(|| {
			let mut offers = random_offers(&mut random, 60);
			// Gates close on some of them, which are cut to what is open.
			let now = NOW + random.below(4) * random.below(20);
			set_now(now);
			next_block();
			offers.retain(|(.., end)| *end > now + LEAD);
			for _ in 0..40 {
				let kind = if random.one_in(2) { EPA } else { ECA };
				let from = NOW + random.below(104);
				let to = if random.one_in(9) { u64::MAX } else { from + random.below(40) };
				let from = if random.one_in(9) { 0 } else { from };
				let after = (!random.one_in(3)).then(|| random.below(60));
				let limit = 1 + random.below(12) as u32;
				let expected: Vec<u64> = offers
					.iter()
					.filter(|(id, of, start, end)| {
						let start = (*start).max(now + LEAD + 1);
						let after = after.is_none_or(|after| *id > after);
						after && *of == kind && start <= to && from <= *end
					})
					.map(|(id, ..)| *id)
					.take(limit as usize)
					.collect();
				assert_eq!(look(kind, from, to, after, limit).0, expected, "{from} to {to}");
			}
		});
	}
}

#[test]
fn offers_should_miss_none_when_others_vanish_between_pages() {
	build_and_execute(|| {
		for index in 0..90 {
			offer(1, 1, EPA, 10, 100, (OPEN + index % 7, OPEN + index % 11 + 7));
		}
		let (mut found, mut after) = (Vec::new(), None);
		loop {
			let (page, _) = look(EPA, OPEN + 5, OPEN + 9, after, 10);
			let Some(last) = page.last().copied() else { break };
			found.extend(page);
			after = Some(last);
			// The last of the page is gone before the next is read.
			assert_done(1, rescind(last));
		}
		assert_eq!(found, (0..90).collect::<Vec<_>>());
	});
}

#[test]
fn offers_should_look_at_what_lies_in_the_interval_not_at_all_there_are() {
	build_and_execute(|| {
		let few = |t: Timestep| {
			for index in 0..40 {
				offer(1, 1, EPA, 10, 100, (t, t + index % 4));
			}
		};
		few(OPEN + 50);
		let before = look(EPA, OPEN + 50, OPEN + 51, None, 1_000);
		assert_eq!(before.0.len(), 40);
		// All are in the answer, and nothing else was looked at.
		assert_eq!(before.1, 40);
		// Many more, of each length, before and after; and bids in the same timesteps.
		for index in 0..1_500 {
			let length = [0, 1, 3, 7, 15][index as usize % 5];
			let start = OPEN + index % 14;
			offer(1, 1, EPA, 10, 100, (start, start + length));
			offer(1, 1, EPA, 10, 100, (OPEN + 60 + index % 30, OPEN + 90));
			offer(2, 1, ECA, 10, 100, (OPEN + 50, OPEN + 51));
		}
		assert_eq!(look(EPA, OPEN + 50, OPEN + 51, None, 1_000), before);
		// Of the offers that end just before the interval, those in the cells at its ends are looked at.
		for index in 0..100 {
			offer(1, 1, EPA, 10, 100, (OPEN + 40 + index % 9, OPEN + 49));
		}
		let (page, looked_at) = look(EPA, OPEN + 50, OPEN + 51, None, 1_000);
		assert_eq!(page, before.0);
		assert!((41..=140).contains(&looked_at), "{looked_at}");
		// A page of 10 looks at 10, wherever it begins.
		let everything = (OPEN, OPEN + 97);
		for after in [None, Some(1_000), Some(3_000)] {
			let (page, looked_at) = look(EPA, everything.0, everything.1, after, 10);
			assert_eq!((page.len(), looked_at), (10, 10));
		}
		assert_eq!(look(EPA, OPEN + 9, OPEN + 8, None, 10), (vec![], 0));
		assert_eq!(look(EPA, OPEN, OPEN + 97, None, 0), (vec![], 0));
	});
}

#[test]
fn cells_should_hold_offers_alike_in_length_and_start() {
	for (start, end, level, number) in [
		(5, 5, 0, 5),
		(5, 6, 1, 2),
		(5, 7, 2, 1),
		(5, 8, 2, 1),
		(5, 9, 3, 0),
		(8, 15, 3, 1),
		(0, u64::MAX, 64, 0),
		(u64::MAX, u64::MAX, 0, u64::MAX),
	] {
		let cell = Cell::of(ECA, start, end);
		let [kind, at, bytes @ ..] = cell.0;
		assert_eq!((kind, at, u64::from_be_bytes(bytes)), (1, level, number), "{start} to {end}");
		assert_eq!(cell.level(), level);
		let (first, last) = Cell::span(ECA, level, end, end);
		assert!(first <= cell && cell <= last, "what covers {end} is among what may");
		assert!(cell.next(ECA) > cell);
	}
}

#[test]
fn feeder_load_should_say_what_is_traded_and_withdrawn_by_stretches() {
	build_and_execute(|| {
		set_limits(1, 5_000, 4_000, OPEN + 4);
		let ask = offer(1, 1, EPA, 0, 300, (OPEN, OPEN + 5));
		let eca = withdraw(2, 2, ECA, 200, OPEN + 2, OPEN + 3);
		assert_done(2, accept(ask, eca));
		let of = |feeder| -> Vec<_> {
			Offers::feeder_load(feeder, OPEN, OPEN + 6)
				.into_iter()
				.map(|l| {
					let traded = (l.production, l.consumption);
					let withdrawn = (l.withdrawn_production, l.withdrawn_consumption);
					(l.start - OPEN, l.end - OPEN, traded, withdrawn, l.limits)
				})
				.collect()
		};
		let limits = Some(FeederLimits { internal: 5_000, external: 4_000 });
		assert_eq!(
			of(1),
			[
				(0, 1, (0, 0), (300, 0), None),
				(2, 3, (200, 0), (300, 0), None),
				(4, 4, (0, 0), (300, 0), None),
				(5, 5, (0, 0), (300, 0), limits),
				(6, 6, (0, 0), (0, 0), limits),
			]
		);
		assert_eq!(
			of(2),
			[
				(0, 1, (0, 0), (0, 0), None),
				(2, 3, (0, 200), (0, 200), None),
				(4, 6, (0, 0), (0, 0), None),
			]
		);
		assert_eq!(Offers::feeder_load(1, OPEN + 1, OPEN), []);
		assert_eq!(Offers::feeder_load(1, 0, u64::MAX).first().unwrap().start, NOW - WINDOW);
	});
}

#[test]
fn free_call_cost_should_count_the_assets_written() {
	build_and_execute(|| {
		let ask = offer(1, 1, EPA, 0, 300, (OPEN, OPEN + 5));
		let eca = withdraw(2, 2, ECA, 200, OPEN + 2, OPEN + 9);
		let cost = |call: Call<Test>| Offers::free_call_cost(&account(2), &call);
		assert_eq!(cost(post(eca, 0)), Some(1));
		assert_eq!(cost(post_with(eca, 0, true, true)), Some(1));
		assert_eq!(cost(rescind(ask)), Some(2));
		// Two exchanged, before and above, and after.
		assert_eq!(cost(accept(ask, eca)), Some(5));
		assert_eq!(cost(accept(9, eca)), Some(1));
		let before = pallet_energy_assets::NextAssetId::<Test>::get();
		assert_done(2, accept(ask, eca));
		assert_eq!(pallet_energy_assets::NextAssetId::<Test>::get(), before + 5);
	});
}

#[test]
fn idle_time_should_forget_what_is_past() {
	build_and_execute(|| {
		let mut now = NOW;
		for _ in 0..40 {
			let start = now + LEAD + 1;
			let ask = offer(1, 1, EPA, 0, 100, (start, start + 1));
			let eca = withdraw(2, 2, ECA, 100, start, start);
			assert_done(2, accept(ask, eca));
			now += 50;
			set_now(now);
			next_block();
			Offers::on_idle(System::block_number(), Weight::MAX);
			check_all();
		}
		// Three series on each of two feeders, and two of offers, each within a few pages of the present.
		assert!(Pages::<Test>::iter_keys().count() <= 40, "{}", Pages::<Test>::iter_keys().count());
		let past = Series::Production(1).timeline::<Test>().pieces(0, NOW + 64, 99, 99).pieces;
		assert_eq!(past, []);
	});
}
