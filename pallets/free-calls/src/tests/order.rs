//! Which free calls go first.

use super::*;
use petra_primitives::FreeOrder;
use std::collections::BTreeMap;

/// Lets `maker` make `who`.
fn make(who: AccountId, maker: AddressMaker) {
	if !System::account_exists(&who) {
		System::inc_sufficients(&who);
	}
	FreeCalls::grant(&who, maker);
}

/// Lets `maker` make so many addresses, new in each block.
fn make_many(maker: AddressMaker, count: u64) -> Vec<AccountId> {
	let first = 1_000 * (1 + u64::from(System::block_number()));
	let addresses: Vec<_> = (first..first + count).collect();
	for who in &addresses {
		make(*who, maker);
	}
	addresses
}

fn priority_of(who: AccountId, call: RuntimeCall) -> u64 {
	signed(who, call).validate().unwrap().priority
}

fn priority(who: AccountId) -> u64 {
	priority_of(who, write(1))
}

const ATTACKER: AddressMaker = AddressMaker::Meter(7);

#[test]
fn addresses_of_transfers_should_go_after_all_that_were_withdrawn_to() {
	ExtBuilder::default().build_and_execute(|| {
		System::inc_sufficients(&9);
		FreeCalls::grant_from_next_window(&9);
		let oldest = make_many(ATTACKER, 1)[0];
		next_window();
		make_many(ATTACKER, 1_000);
		assert_ok!(signed(oldest, write(QUOTA - 1)).apply().unwrap());
		assert_eq!(FreeCalls::remaining(&9), Some(QUOTA));
		assert!(priority(9) < FIRST_RANK);
		assert!(priority(oldest) >= FIRST_RANK);
		// Among themselves: who has used less.
		System::inc_sufficients(&10);
		FreeCalls::grant_from_next_window(&10);
		next_window();
		assert_ok!(signed(10, write(3)).apply().unwrap());
		assert_eq!(priority(9) - priority(10), 3);
		// A withdrawal to it lifts it.
		FreeCalls::grant(&9, AddressMaker::Mixing);
		assert!(priority(9) >= FIRST_RANK);
		// And a later transfer does not lower it.
		FreeCalls::grant_from_next_window(&9);
		assert!(priority(9) >= FIRST_RANK);
	});
}

#[test]
fn address_should_go_after_those_of_others_when_its_meter_made_more_since() {
	ExtBuilder::default().build_and_execute(|| {
		let early = make_many(ATTACKER, 3);
		// In one window they are equal: each has two beside it.
		for who in &early {
			assert_eq!(priority(MEMBER) - priority(*who), 2 * u64::from(STEP));
		}
		next_window();
		let late = make_many(ATTACKER, 5);
		for who in &late {
			assert_eq!(priority(MEMBER) - priority(*who), 4 * u64::from(STEP));
		}
		for who in &early {
			assert_eq!(priority(MEMBER) - priority(*who), 7 * u64::from(STEP));
		}
		// The first address of another meter is where it was, whatever an attacker makes.
		assert_eq!(priority(MEMBER), priority(RICH));
		assert_eq!(priority(MEMBER), PAID_PRIORITY - 1);
	});
}

#[test]
fn address_should_keep_its_place_when_a_stranger_withdraws_to_it() {
	ExtBuilder::default().build_and_execute(|| {
		let before = priority(MEMBER);
		make(MEMBER, ATTACKER);
		make_many(ATTACKER, 100);
		assert_eq!(priority(MEMBER), before);
		// Nor if the stranger was faster.
		make(20, ATTACKER);
		make(20, AddressMaker::Meter(8));
		next_window();
		make_many(ATTACKER, 100);
		assert_eq!(priority(20), before);
		// Its own meter gives it a new place.
		for who in 30..40 {
			make(who, AddressMaker::Meter(8));
		}
		assert_eq!(before - priority(20), 10 * u64::from(STEP));
		make(20, AddressMaker::Meter(8));
		assert_eq!(before - priority(20), 10 * u64::from(STEP));
		next_window();
		make(20, AddressMaker::Meter(8));
		assert_eq!(priority(20), before);
	});
}

#[test]
fn address_should_be_counted_once_when_it_is_made_again_in_a_window() {
	ExtBuilder::default().build_and_execute(|| {
		let before = priority(MEMBER);
		for _ in 0..10 {
			make(MEMBER, AddressMaker::Meter(METER));
		}
		assert_eq!(priority(MEMBER), before);
	});
}

#[test]
fn call_should_go_later_when_more_of_the_quota_is_used() {
	let quota = 64;
	ExtBuilder { quota, window: 64 }.build_and_execute(|| {
		let behind = |who| (PAID_PRIORITY - 1 - priority(who)) / u64::from(STEP);
		let mut last = priority(MEMBER) + 1;
		for used in 0..quota {
			assert_eq!(behind(MEMBER), BEHIND_STEP * u64::from(used / STEP));
			assert!(priority(MEMBER) < last);
			last = priority(MEMBER);
			assert_ok!(signed(MEMBER, write(1)).apply().unwrap());
		}
		// A large call counts by its last write, so that it is not before many small ones.
		let large = priority_of(RICH, write(STEP + 1));
		assert_eq!(large, PAID_PRIORITY - 1 - BEHIND_STEP * u64::from(STEP));
		// Those before it may cost anything: each counts as a step.
		let next = nonce_of(RICH);
		let second = signed(RICH, write(1)).nonce(next + 1).validate().unwrap().priority;
		assert_eq!(second, large);
	});
}

#[test]
fn key_should_go_first_when_it_has_used_little() {
	let quota = 64;
	ExtBuilder { quota, window: 64 }.build_and_execute(|| {
		System::inc_sufficients(&9);
		FreeCalls::grant_to_key(&9);
		// However much it withdraws at once.
		assert_eq!(priority_of(9, write(quota)), PAID_PRIORITY - 1);
		assert_ok!(signed(9, write(5)).apply().unwrap());
		assert_eq!(PAID_PRIORITY - 1 - priority(9), 5 * u64::from(STEP));
		// It stays a key.
		make(9, ATTACKER);
		make_many(ATTACKER, 100);
		assert_eq!(PAID_PRIORITY - 1 - priority(9), 5 * u64::from(STEP));
		// An address may become one.
		FreeCalls::grant_to_key(&MEMBER);
		make_many(AddressMaker::Meter(METER), 10);
		assert_eq!(priority(MEMBER), PAID_PRIORITY - 1);
	});
}

#[test]
fn what_nobody_signs_should_go_after_those_who_have_hardly_made_any_calls() {
	ExtBuilder::default().build_and_execute(|| {
		let last_before = PAID_PRIORITY - BEHIND_STEP * u64::from(STEP);
		let order = <FreeCalls as FreeOrder<AccountId>>::priority;
		System::inc_sufficients(&9);
		FreeCalls::grant_to_key(&9);
		for who in [MEMBER, 9] {
			assert_eq!(order(&who, 0), order(&who, 1));
			assert!(order(&who, 0) < last_before && order(&who, 0) >= FIRST_RANK);
			assert!(order(&who, 2) < order(&who, 1));
			let before = order(&who, 1);
			assert_ok!(signed(who, write(1)).apply().unwrap());
			assert!(order(&who, 1) < before);
		}
		// Who has no quota has paid for what led to it.
		assert_eq!(order(&PAYER, 0), PAID_PRIORITY - 1);
		assert!(order(&PAYER, 1) < last_before);
		// It is as late as its address otherwise.
		System::inc_sufficients(&10);
		FreeCalls::grant_from_next_window(&10);
		assert!(order(&10, 0) < FIRST_RANK);
	});
}

#[test]
fn address_should_begin_anew_when_it_comes_back() {
	ExtBuilder::default().build_and_execute(|| {
		make_many(AddressMaker::Meter(METER), 10);
		let before = priority(MEMBER);
		assert_ok!(signed(MEMBER, leave()).apply().unwrap());
		assert_eq!(FreeCalls::remaining(&MEMBER), None);
		make(MEMBER, AddressMaker::Meter(METER));
		// It counts again, for all of that window.
		assert_eq!(before - priority(MEMBER), u64::from(STEP));
	});
}

#[test]
fn no_maker_should_have_more_addresses_in_front_than_it_may() {
	// A linear congruential generator, so that a failure repeats.
	let mut state = 11u64;
	let mut random = move |below: u32| {
		state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
		((state >> 33) % u64::from(below)) as u32
	};
	ExtBuilder::default().build_and_execute(|| {
		// Every time that an address was made, with the window: counted by hand.
		let mut births = Vec::<(AccountId, AddressMaker, u32)>::new();
		let (mut made, mut left, mut again) = (0, 0, 0);
		for _ in 0..2_000 {
			let window = System::block_number() / WINDOW;
			let who = AccountId::from(100 + random(60));
			let maker = AddressMaker::Meter(10 + random(2));
			match random(8) {
				0 => next_block(),
				1 if System::account_exists(&who) => {
					System::dec_sufficients(&who);
					births.iter_mut().filter(|birth| birth.0 == who).for_each(|birth| birth.0 = 0);
					left += 1;
				},
				_ => {
					make(who, maker);
					if births.contains(&(who, maker, window)) {
						again += 1;
					} else {
						births.push((who, maker, window));
						made += 1;
					}
				},
			}
			let mut front = BTreeMap::<(AddressMaker, u64), usize>::new();
			for (who, usage) in Usage::<Test>::iter() {
				let Standing::Made { first, other } = usage.standing else { continue };
				if who < 100 {
					// There from the start.
					continue;
				}
				for maker in [Some(first), other].into_iter().flatten().map(|place| place.maker) {
					let of_maker = births.iter().filter(|birth| birth.1 == maker);
					let last = births.iter().rev().find(|birth| birth.0 == who && birth.1 == maker);
					let (.., window) = last.expect("it was made");
					let since = of_maker.filter(|birth| birth.2 >= *window).count() as u64;
					let place =
						[Some(first), other].into_iter().flatten().find(|p| p.maker == maker);
					let others = Makers::<Test>::get(maker).others_since(place.unwrap().before);
					assert_eq!(others, since - 1);
					for most in others..60 {
						*front.entry((maker, most)).or_default() += 1;
					}
				}
			}
			for ((_, most), addresses) in front {
				assert!(
					addresses as u64 <= most + 1,
					"{addresses} addresses, behind {most} others"
				);
			}
		}
		assert!(made > 200 && left > 50 && again > 50, "{made} {left} {again}");
	});
}
