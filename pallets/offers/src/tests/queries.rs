//! What the runtime API reads, and pruning.

use crate::{mock::*, Call, Pages, Series};
use frame_support::{traits::Hooks, weights::Weight};
use petra_primitives::FeederLimits;

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
