//! What is past is removed in bounded steps.

use crate::{mock::*, Pages, Pruning, Roots, MAX_IDLE_STEPS, PAGES_PER_STEP};
use frame_support::{assert_ok, traits::Hooks, weights::Weight};
use petra_primitives::{MeterAdministration, MeterLimits, Path};

fn stored() -> (usize, usize) {
	(Pages::<Test>::iter_keys().count(), Roots::<Test>::iter_keys().count())
}

fn idle() {
	Registry::on_idle(System::block_number(), Weight::MAX);
}

/// Many meters with many pages each.
fn fill() {
	for id in 100..300 {
		assert_ok!(Registry::authorize(&authorization(id, Path::Meter), NOW));
		for t in (NOW + 2..NOW + 1_000).step_by(50) {
			let one = [request(Production, 1 + u64::from(id), t, t + 10)];
			assert_ok!(Registry::withdraw(&(100 + u64::from(id)), id, &one, 0));
		}
	}
}

#[test]
fn pages_should_be_removed_when_they_lie_before_the_settlement_window() {
	build_and_execute(|| {
		fill();
		let (pages, roots) = stored();
		assert!(pages > 3_000 && roots == 203, "{pages} pages, {roots} roots");
		let load =
			pieces(Registry::withdrawn_on_feeder(FEEDER, Production, NOW + 300, NOW + 1_000));
		// Not before.
		idle();
		assert_eq!(stored(), (pages, roots));
		Time::set(NOW + 400);
		(0..10).for_each(|_| idle());
		let (left, _) = stored();
		assert!(left < pages && left > 0, "{left} of {pages}");
		assert!(Pages::<Test>::iter_keys().all(|(_, key)| key.level > 1 || key.index >= 1_280 / 64));
		// What is ahead is as it was.
		let now = pieces(Registry::withdrawn_on_feeder(FEEDER, Production, NOW + 300, NOW + 1_000));
		assert_eq!(now, load);
		Registry::do_try_state().unwrap();
		Time::set(NOW + 10_000);
		(0..10).for_each(|_| idle());
		// Only the limits on the DSO path count for ever.
		assert_eq!(stored(), (0, 2));
	});
}

#[test]
fn a_block_should_do_a_bounded_part_when_the_chain_stood_still() {
	build_and_execute(|| {
		fill();
		// A week at 4-second timesteps.
		Time::set(NOW + 151_200);
		let mut blocks = 0;
		loop {
			let before = stored().0;
			let accesses = accesses(idle);
			assert!(before - stored().0 <= (MAX_IDLE_STEPS * PAGES_PER_STEP) as usize);
			assert!(accesses <= MAX_IDLE_STEPS * (3 * PAGES_PER_STEP + 2 * 11), "{accesses}");
			blocks += 1;
			let state = Pruning::<Test>::get();
			if state.complete && state.before > NOW {
				break;
			}
			assert!(blocks < 20);
		}
		assert!(blocks > 1);
		assert_eq!(stored(), (0, 2));
		// And then nothing, until the next page is past.
		assert_eq!(accesses(idle), 0);
	});
}

#[test]
fn withdrawals_should_go_on_while_pages_are_removed() {
	build_and_execute(|| {
		fill();
		for n in 1..40 {
			Time::set(NOW + n * 300);
			Registry::prune_step();
			assert_ok!(withdraw(Production, 5, Time::get() + 2, Time::get() + 900));
			assert_ok!(create(5, Time::get() + 2, Time::get() + 900));
			Registry::do_try_state().unwrap();
			idle();
			Registry::do_try_state().unwrap();
		}
		// 17 pages of 64 timesteps for each of the three series, and those above, at any time.
		assert!(stored().0 <= 3 * 20, "{:?}", stored());
	});
}
