//! The microgrid controller's requests (P1, "Microgrid Controller"; P3, section 2).

use crate::{Config, ControlSignal, ControlSignals, Error, Event, Pallet};
use alloc::vec::Vec;
use frame_support::{dispatch::DispatchResult, ensure, traits::Get, BoundedVec};
use petra_primitives::{Grid, Timestep};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_publish_control_signal(
		start: Timestep,
		end: Timestep,
		power_change: i64,
	) -> DispatchResult {
		Self::ensure_not_past(start)?;
		ensure!(start <= end, Error::<T>::BadInterval);
		let signal = ControlSignal { start, end, power_change };
		let signals = overlay(ControlSignals::<T>::take().into_inner(), signal);
		let kept = Self::without_outdated(signals)
			.try_into()
			.map_err(|_| Error::<T>::TooManyControlSignals)?;
		ControlSignals::<T>::put::<BoundedVec<_, T::MaxControlSignals>>(kept);
		Self::deposit_event(Event::ControlSignalPublished { start, end, power_change });
		Ok(())
	}

	/// The microgrid controller's request in force at `t`, in watts; more consumption is positive.
	pub fn control_signal(t: Timestep) -> Option<i64> {
		let signals = ControlSignals::<T>::get();
		let after = signals.partition_point(|signal| signal.start <= t);
		let signal = after.checked_sub(1).and_then(|index| signals.get(index))?;
		(t <= signal.end).then_some(signal.power_change)
	}

	/// Drops stretches that ended more than two billing periods ago, and, while there are too many, the oldest that have
	/// ended.
	fn without_outdated(mut signals: Vec<ControlSignal>) -> Vec<ControlSignal> {
		let max = T::MaxControlSignals::get() as usize;
		let surplus = signals.len().saturating_sub(max);
		let outdated = signals.partition_point(|signal| signal.end < Self::keep_from());
		let now = Self::now();
		let ended = signals.partition_point(|signal| signal.end < now);
		signals.drain(..outdated.max(surplus.min(ended)));
		signals
	}
}

/// Puts `signal` over what was published earlier, which stays before and after it.
fn overlay(signals: Vec<ControlSignal>, signal: ControlSignal) -> Vec<ControlSignal> {
	let before = signals
		.iter()
		.filter(|old| old.start < signal.start)
		.map(|old| ControlSignal { end: old.end.min(signal.start.saturating_sub(1)), ..*old });
	let after = signals
		.iter()
		.filter(|old| old.end > signal.end)
		.map(|old| ControlSignal { start: old.start.max(signal.end.saturating_add(1)), ..*old });
	before.chain([signal]).chain(after).collect()
}
