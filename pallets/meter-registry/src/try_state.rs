//! What must hold of the register at any time.

use crate::{
	keys_impls::block_key, Changes, Config, EverOn, Keys, Meters, MetersOn, Pages, Pallet, Retired,
	RetiredQueue, Roots, Series, KINDS,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use frame_support::{ensure, traits::Get};
use petra_primitives::{AssetKind, FeederId, Grid, Timestep};
use petra_schedule::{StepFunction, Value};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks every invariant.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_keys()?;
		Self::check_changes()?;
		Self::check_counts()?;
		Self::check_pages()?;
		Self::check_power()
	}

	/// Keys and meters agree, and all accounts of keys, replaced ones included, are held.
	fn check_keys() -> Result<(), TryRuntimeError> {
		for (id, meter) in Meters::<T>::iter() {
			ensure!(Keys::<T>::get(&meter.key) == Some(id), "a meter's key is not its own");
		}
		ensure!(
			Keys::<T>::iter().count() == Meters::<T>::iter_keys().count(),
			"there are keys without meters"
		);
		for key in Retired::<T>::iter_keys() {
			ensure!(!Keys::<T>::contains_key(&key), "a meter's key waits to be released");
		}
		for key in Keys::<T>::iter_keys().chain(Retired::<T>::iter_keys()) {
			ensure!(
				frame_system::Pallet::<T>::sufficients(&key) > 0,
				"the account of a key is not held"
			);
		}
		for (block, key) in RetiredQueue::<T>::iter_keys() {
			ensure!(
				Retired::<T>::get(&key).map(block_key) == Some(block),
				"a replaced key is queued for another block"
			);
		}
		ensure!(
			Retired::<T>::iter().count() == RetiredQueue::<T>::iter().count(),
			"a replaced key is not queued"
		);
		Ok(())
	}

	/// Changes ascend, and few enough are ahead.
	fn check_changes() -> Result<(), TryRuntimeError> {
		let now = T::Grid::now();
		for meter in Meters::<T>::iter_values() {
			ensure!(
				meter.changes.is_sorted_by(|a, b| a.from < b.from),
				"a meter's changes do not ascend"
			);
			ensure!(
				meter.changes.iter().all(|change| change.from <= change.dso_from),
				"a meter counts on the DSO path before it is on it"
			);
			let ahead = meter.changes.iter().filter(|change| change.from > now).count();
			ensure!(
				ahead <= T::MaxChangesAhead::get() as usize,
				"a meter has too many changes ahead"
			);
		}
		Ok(())
	}

	/// Feeders count the meters that were ever on them, and all meters are on theirs.
	fn check_counts() -> Result<(), TryRuntimeError> {
		let mut counts = BTreeMap::<FeederId, u32>::new();
		for (feeder, _) in EverOn::<T>::iter_keys() {
			let count = counts.entry(feeder).or_default();
			*count = count.saturating_add(1);
		}
		ensure!(
			MetersOn::<T>::iter().collect::<BTreeMap<_, _>>() == counts,
			"a feeder's count of meters is wrong"
		);
		for (id, meter) in Meters::<T>::iter() {
			ensure!(EverOn::<T>::contains_key(meter.feeder, id), "a meter is not on its feeder");
		}
		Ok(())
	}

	/// The pages are what they must be, and there are no others.
	fn check_pages() -> Result<(), TryRuntimeError> {
		let mut pages = 0u64;
		for series in Roots::<T>::iter_keys() {
			let found = series.timeline::<T>().check();
			pages = pages.saturating_add(found.map_err(|_| "pages of a series are not in order")?);
			if let Series::Meter(id, _) = series {
				ensure!(Meters::<T>::contains_key(id), "nobody's power is kept");
			}
		}
		ensure!(pages == Pages::<T>::iter_keys().count() as u64, "there are pages of no series");
		Ok(())
	}

	/// On each feeder, from now on: what meters withdrew and the DSO created is what is kept of the feeder, and what
	/// the DSO may still create is what its meters' limits leave.
	fn check_power() -> Result<(), TryRuntimeError> {
		let mut feeders: BTreeSet<FeederId> = MetersOn::<T>::iter_keys().collect();
		feeders.extend(Roots::<T>::iter_keys().filter_map(|series| match series {
			Series::Feeder(feeder, _) | Series::DsoRoom(feeder, _) => Some(feeder),
			Series::Meter(..) => None,
		}));
		let overflow = |_| TryRuntimeError::from("what is kept of power does not fit");
		for kind in KINDS {
			let mut meters = BTreeMap::<FeederId, Vec<(Timestep, Timestep, Value)>>::new();
			let mut limits = meters.clone();
			for (id, meter) in Meters::<T>::iter() {
				let withdrawn = Self::all(Series::Meter(id, kind));
				ensure!(
					withdrawn.iter().all(|piece| piece.2 > 0),
					"less than nothing was withdrawn"
				);
				meters.entry(meter.feeder).or_default().extend(withdrawn);
				let capacity = meter.changes.dso_capacity(kind, T::Grid::now());
				limits.entry(meter.feeder).or_default().extend(capacity);
			}
			for feeder in &feeders {
				let created = Self::created_by_dso(*feeder, kind, meters.remove(feeder))?;
				let limits = StepFunction::sum(limits.remove(feeder).unwrap_or_default());
				let room = StepFunction::sum(Self::all(Series::DsoRoom(*feeder, kind)));
				let left = limits.and_then(|limits| limits.subtract(&created)).map_err(overflow)?;
				ensure!(Ok(left) == room, "the DSO's room on a feeder is wrong");
			}
		}
		Ok(())
	}

	/// What is kept of a feeder, less what its meters withdrew.
	fn created_by_dso(
		feeder: FeederId,
		kind: AssetKind,
		meters: Option<Vec<(Timestep, Timestep, Value)>>,
	) -> Result<StepFunction, TryRuntimeError> {
		let created = StepFunction::sum(meters.unwrap_or_default()).and_then(|meters| {
			StepFunction::sum(Self::all(Series::Feeder(feeder, kind)))?.subtract(&meters)
		});
		let created = created.map_err(|_| "what is kept of power does not fit")?;
		ensure!(
			StepFunction::zero().is_at_most(&created),
			"meters withdrew more than is kept of their feeder"
		);
		Ok(created)
	}

	/// A series from now on.
	fn all(series: Series) -> Vec<(Timestep, Timestep, Value)> {
		let now = T::Grid::now();
		series.timeline::<T>().pieces(now, Timestep::MAX, usize::MAX, u32::MAX).pieces
	}
}
