//! The microgrid controller's requests.

use super::*;
use crate::{ControlSignals, Error, Event};
use sp_runtime::DispatchError::BadOrigin;

fn publish(start: Timestep, end: Timestep, power_change: i64) -> Call<Test> {
	Call::publish_control_signal { start, end, power_change }
}

#[test]
fn control_signal_should_be_the_last_published() {
	build_and_execute(|| {
		assert_eq!(Regulation::control_signal(NOW), None);
		assert_regulated(publish(NOW, NOW + 9, 100));
		assert_regulated(publish(NOW + 20, NOW + 29, 200));
		// In the middle of the first, and over the end of it and the start of the second.
		assert_regulated(publish(NOW + 3, NOW + 4, -300));
		assert_regulated(publish(NOW + 8, NOW + 21, 0));
		let expected = |t: Timestep| match t - NOW {
			3 | 4 => Some(-300),
			0..=7 => Some(100),
			8..=21 => Some(0),
			22..=29 => Some(200),
			_ => None,
		};
		for t in NOW..NOW + 40 {
			assert_eq!(Regulation::control_signal(t), expected(t), "at {t}");
		}
		assert_eq!(Regulation::control_signal(NOW - 1), None);
		let event = Event::ControlSignalPublished { start: NOW, end: NOW + 9, power_change: 100 };
		assert_eq!(events()[0], event);
	});
}

#[test]
fn control_signal_should_override_like_a_naive_map_when_published_at_random() {
	build_and_execute(|| {
		let mut naive = std::collections::BTreeMap::new();
		let mut seed = 7u64;
		let mut published = 0;
		for step in 0..200 {
			seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
			let start = NOW + (seed >> 33) % 12;
			let end = start + (seed >> 50) % 6;
			let call = publish(start, end, step);
			use sp_runtime::traits::Dispatchable;
			if RuntimeCall::from(call).dispatch(RuntimeOrigin::root()).is_ok() {
				(start..=end).for_each(|t| {
					naive.insert(t, step);
				});
				published += 1;
			}
			for t in NOW..NOW + 20 {
				assert_eq!(Regulation::control_signal(t), naive.get(&t).copied());
			}
			Regulation::do_try_state().unwrap();
		}
		assert!((100..200).contains(&published), "{published} of 200");
	});
}

#[test]
fn publish_control_signal_should_fail_when_it_is_not_well_formed() {
	build_and_execute(|| {
		let root = RuntimeOrigin::root;
		assert_refused(root(), publish(NOW - 1, NOW, 1), Error::<Test>::TimeInPast);
		assert_refused(root(), publish(NOW + 1, NOW, 1), Error::<Test>::BadInterval);
		assert_refused(RuntimeOrigin::signed(1), publish(NOW, NOW, 1), BadOrigin);
		assert_regulated(publish(NOW, NOW, 1));
		assert_regulated(publish(u64::MAX, u64::MAX, 2));
		assert_eq!(Regulation::control_signal(u64::MAX), Some(2));
	});
}

#[test]
fn publish_control_signal_should_make_room_only_among_what_has_passed() {
	build_and_execute(|| {
		(0..8).for_each(|i| assert_regulated(publish(NOW + i, NOW + i, 1)));
		let ninth = publish(NOW + 8, NOW + 8, 1);
		assert_refused(RuntimeOrigin::root(), ninth.clone(), Error::<Test>::TooManyControlSignals);
		set_now(NOW + 2);
		assert_regulated(ninth);
		assert_eq!(Regulation::control_signal(NOW), None);
		assert_eq!(Regulation::control_signal(NOW + 1), Some(1));
		// After two billing periods, stretches go although there is room.
		set_now(NOW + 207);
		assert_regulated(publish(NOW + 300, NOW + 300, 1));
		assert_eq!(ControlSignals::<Test>::get().len(), 3);
	});
}
