//! Each invariant is reported when the storage breaks it.

use crate::{
	keys_impls::block_key, mock::*, EverOn, Keys, Meters, MetersOn, Pages, Retired, RetiredQueue,
	Roots, Series,
};
use frame_support::{assert_ok, storage::with_transaction, storage::TransactionOutcome};
use petra_primitives::{MeterAdministration, Path};
use sp_runtime::{DispatchError, TryRuntimeError};

/// Asserts that the state is in order, and reported as `expected` after `corrupt`.
fn assert_reported(expected: &'static str, corrupt: impl FnOnce()) {
	Registry::do_try_state().unwrap();
	let report = with_transaction(|| {
		corrupt();
		TransactionOutcome::Rollback(Ok::<_, DispatchError>(Registry::do_try_state()))
	});
	assert_eq!(report.unwrap(), Err(TryRuntimeError::from(expected)));
}

#[test]
fn broken_keys_should_be_reported() {
	build_and_execute(|| {
		let mut replaced = authorization(METER, Path::Meter);
		replaced.pubkey = 777;
		assert_ok!(Registry::authorize(&replaced, NOW));
		assert_reported("a meter's key is not its own", || Keys::<Test>::insert(777, 99));
		assert_reported("there are keys without meters", || Keys::<Test>::insert(778, METER));
		assert_reported("a meter's key waits to be released", || Retired::<Test>::insert(777, 2));
		assert_reported("the account of a key is not held", || {
			System::dec_sufficients(&777);
		});
		assert_reported("the account of a key is not held", || {
			System::dec_sufficients(&KEY);
		});
		assert_reported("a replaced key is queued for another block", || {
			RetiredQueue::<Test>::insert(block_key(99u64), KEY, ());
		});
		assert_reported("a replaced key is not queued", || {
			let _ = RetiredQueue::<Test>::clear(u32::MAX, None);
		});
	});
}

#[test]
fn broken_changes_should_be_reported() {
	build_and_execute(|| {
		let change = |corrupt: fn(&mut Vec<crate::Change>)| {
			Meters::<Test>::mutate(METER, |meter| {
				let meter = meter.as_mut().unwrap();
				let mut changes = meter.changes.to_vec();
				corrupt(&mut changes);
				meter.changes = changes.try_into().unwrap();
			});
		};
		assert_reported("a meter's changes do not ascend", || {
			change(|changes| changes.push(changes[0]));
		});
		assert_reported("a meter counts on the DSO path before it is on it", || {
			change(|changes| changes[0].dso_from -= 1);
		});
		assert_reported("a meter has too many changes ahead", || {
			change(|changes| {
				for n in 1..6 {
					let from = NOW + 10 * n;
					changes.push(crate::Change { from, dso_from: from, ..changes[0] });
				}
			});
		});
	});
}

#[test]
fn broken_counts_should_be_reported() {
	build_and_execute(|| {
		assert_reported("a feeder's count of meters is wrong", || {
			MetersOn::<Test>::insert(FEEDER, 3)
		});
		assert_reported("a feeder's count of meters is wrong", || {
			EverOn::<Test>::insert(FEEDER, 99, ());
		});
		assert_reported("a meter is not on its feeder", || {
			EverOn::<Test>::remove(FEEDER, METER);
			MetersOn::<Test>::insert(FEEDER, 1);
		});
	});
}

#[test]
fn broken_pages_should_be_reported() {
	build_and_execute(|| {
		assert_ok!(withdraw(Production, 100, NOW + 5, NOW + 9));
		let series = Series::Meter(METER, Production);
		let (_, key) = Pages::<Test>::iter_keys().find(|(owner, _)| *owner == series).unwrap();
		let page = Pages::<Test>::get(series, key).unwrap();
		assert_reported("pages of a series are not in order", || {
			Pages::<Test>::remove(series, key)
		});
		assert_reported("pages of a series are not in order", || {
			let mut page = page.clone();
			page.0[0].base += 1_000;
			Pages::<Test>::insert(series, key, page);
		});
		assert_reported("there are pages of no series", || {
			Pages::<Test>::insert(Series::Meter(METER_DSO, Production), key, page.clone());
		});
		assert_reported("nobody's power is kept", || {
			let root = Roots::<Test>::get(Series::Feeder(FEEDER, Production)).unwrap();
			for (key, page) in Pages::<Test>::iter_prefix(series).collect::<Vec<_>>() {
				Pages::<Test>::insert(Series::Meter(99, Production), key, page);
			}
			Roots::<Test>::insert(Series::Meter(99, Production), root);
		});
	});
}

#[test]
fn broken_sums_of_power_should_be_reported() {
	build_and_execute(|| {
		assert_ok!(withdraw(Production, 100, NOW + 5, NOW + 9));
		assert_ok!(create(100, NOW + 5, NOW + 9));
		let add =
			|series: Series, power| series.timeline::<Test>().add(NOW + 5, NOW + 5, power).unwrap();
		assert_reported("less than nothing was withdrawn", || {
			add(Series::Meter(METER, Production), -101);
		});
		assert_reported("meters withdrew more than is kept of their feeder", || {
			add(Series::Feeder(FEEDER, Production), -101);
		});
		let wrong_room = "the DSO's room on a feeder is wrong";
		for series in [
			Series::Meter(METER, Production),
			Series::Feeder(FEEDER, Production),
			Series::DsoRoom(FEEDER, Production),
			Series::DsoRoom(FEEDER, Consumption),
			Series::DsoRoom(99, Production),
		] {
			assert_reported(wrong_room, || add(series, 1));
		}
		assert_reported("what is kept of power does not fit", || {
			let most = petra_schedule::timeline::MAX_AMOUNT - 100;
			for id in [METER, METER_DSO] {
				let mut timeline = Series::Meter(id, Production).timeline::<Test>();
				timeline.add(NOW + 50, NOW + 50, most).unwrap();
			}
			let third = authorization(30, Path::Meter);
			Registry::authorize(&third, NOW).unwrap();
			let mut timeline = Series::Meter(30, Production).timeline::<Test>();
			timeline.add(NOW + 50, NOW + 50, most).unwrap();
		});
	});
}
