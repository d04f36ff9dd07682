//! How the regulator changes the register.

use crate::{
	Change, Changes, Config, EverOn, Keys, Meter, MeterOf, Meters, MetersOn, MoneyWithdrawn,
	Pallet, Series, KINDS,
};
use alloc::vec::Vec;
use frame_support::{defensive, ensure, traits::Get, BoundedVec};
use petra_primitives::{
	Authorization, FeederId, Grid, Limits, MeterAdministration, MeterAdministrationError, MeterId,
	Path, Timestep,
};
use petra_schedule::StepFunction;

impl<T: Config> MeterAdministration<T::AccountId> for Pallet<T> {
	fn authorize(
		authorization: &Authorization<T::AccountId>,
		time: Timestep,
	) -> Result<(), MeterAdministrationError> {
		Self::authorize_from(authorization, time.checked_add(1))
	}

	fn ban(id: MeterId, time: Timestep) -> Result<(), MeterAdministrationError> {
		let meter = Meters::<T>::get(id).ok_or(MeterAdministrationError::MeterNotFound)?;
		let Some(from) = time.checked_add(1) else { return Ok(()) };
		let mut changes = meter.changes.to_vec();
		let (path, limits) = changes
			.in_force(from)
			.map_or((Path::Meter, Limits::default()), |change| (change.path, change.limits));
		changes.retain(|change| change.from < from);
		changes.push(Change { from, authorized: false, path, limits, dso_from: from });
		Self::store(id, &meter.clone(), meter, changes)
	}

	fn set_limits(
		id: MeterId,
		limits: Limits,
		time: Timestep,
	) -> Result<(), MeterAdministrationError> {
		let meter = Meters::<T>::get(id).ok_or(MeterAdministrationError::MeterNotFound)?;
		let Some(from) = time.checked_add(1) else { return Ok(()) };
		let mut changes = meter.changes.to_vec();
		let earlier = changes.partition_point(|change| change.from < from);
		if let Some(change) = changes.in_force(from).filter(|change| change.from < from) {
			let dso_from = change.dso_from.max(from);
			changes.insert(earlier, Change { from, dso_from, ..*change });
		}
		for change in changes.iter_mut().skip(earlier) {
			change.limits = limits;
		}
		Self::store(id, &meter.clone(), meter, changes)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_authorize(
		authorization: &Authorization<T::AccountId>,
		time: Timestep,
	) -> Result<(), MeterAdministrationError> {
		let authorization = Authorization { path: Path::Dso, ..authorization.clone() };
		Self::authorize(&authorization, time)?;
		for n in 1..u64::from(T::MaxChangesAhead::get()) {
			// Half a page of the second level apart, so that no two share pages of the lowest.
			let time = time.saturating_add(n.saturating_mul(2_111));
			let Limits { max_production, max_consumption, max_financial } = authorization.limits;
			let limits = Limits {
				max_production: max_production.saturating_add(n),
				max_consumption: max_consumption.saturating_add(n),
				max_financial,
			};
			Self::set_limits(authorization.id, limits, time)?;
		}
		Ok(())
	}
}

impl<T: Config> Pallet<T> {
	/// Authorises a meter from a timestep on, or, with none, only registers it.
	pub(crate) fn authorize_from(
		authorization: &Authorization<T::AccountId>,
		from: Option<Timestep>,
	) -> Result<(), MeterAdministrationError> {
		let Authorization { id, pubkey: key, feeder, limits, path } = authorization.clone();
		ensure!(
			Keys::<T>::get(&key).is_none_or(|other| other == id),
			MeterAdministrationError::KeyInUse
		);
		let known = Meters::<T>::get(id);
		let moves = known.as_ref().is_some_and(|known| known.feeder != feeder);
		ensure!(
			!moves || Self::last_withdrawn(id, T::Grid::now()).is_none(),
			MeterAdministrationError::FeederInUse
		);
		if known.as_ref().is_none_or(|known| known.key != key) {
			Self::hold_key(&key, id);
			if let Some(known) = &known {
				Self::retire_key(&known.key);
			}
		}
		Self::count_on(feeder, id);

		let (changes, money) = (BoundedVec::default(), MoneyWithdrawn::default());
		let old = known.unwrap_or(Meter { key: key.clone(), feeder, changes, money });
		let mut changes = old.changes.to_vec();
		if let Some(from) = from {
			let last = match path {
				Path::Meter => None,
				Path::Dso => Self::last_withdrawn(id, from),
			};
			let dso_from = last.map_or(from, |last| last.saturating_add(1));
			changes.retain(|change| change.from < from);
			changes.push(Change { from, authorized: true, path, limits, dso_from });
		}
		Self::store(id, &old, Meter { key, feeder, ..old.clone() }, changes)
	}

	/// The last timestep from `from` on for which the meter has withdrawn power.
	fn last_withdrawn(meter: MeterId, from: Timestep) -> Option<Timestep> {
		KINDS
			.into_iter()
			.filter_map(|kind| Series::Meter(meter, kind).timeline::<T>().last(from, Timestep::MAX))
			.max()
	}

	/// `meter` was authorised on `feeder`.
	fn count_on(feeder: FeederId, meter: MeterId) {
		if !EverOn::<T>::contains_key(feeder, meter) {
			EverOn::<T>::insert(feeder, meter, ());
			MetersOn::<T>::mutate(feeder, |count| *count = count.saturating_add(1));
		}
	}

	/// Stores a meter with new `changes`, and what they mean for what the DSO may create.
	fn store(
		id: MeterId,
		old: &MeterOf<T>,
		mut new: MeterOf<T>,
		changes: Vec<Change>,
	) -> Result<(), MeterAdministrationError> {
		new.changes = Self::tidy(changes)?;
		let now = T::Grid::now();
		for kind in KINDS {
			let before = old.changes.dso_capacity(kind, now).into_iter();
			let before = before.map(|(start, end, power)| (start, end, power.saturating_neg()));
			let after = new.changes.dso_capacity(kind, now).into_iter();
			if old.feeder == new.feeder {
				Self::add_dso_room(Series::DsoRoom(new.feeder, kind), before.chain(after));
			} else {
				Self::add_dso_room(Series::DsoRoom(old.feeder, kind), before);
				Self::add_dso_room(Series::DsoRoom(new.feeder, kind), after);
			}
		}
		Meters::<T>::insert(id, new);
		Ok(())
	}

	/// Adds the sum of `pieces` to what the DSO may create.
	fn add_dso_room(
		room: Series,
		pieces: impl Iterator<Item = (Timestep, Timestep, petra_schedule::Value)>,
	) {
		let mut room = room.timeline::<T>();
		let added = StepFunction::sum(pieces).and_then(|sum| {
			sum.pieces().try_for_each(|(start, end, power)| room.add(start, end, power))
		});
		if added.is_err() {
			// Not even with 2^32 meters of 2^64 W each.
			defensive!("the sum of a feeder's limits does not fit");
		}
	}

	/// Joins equal changes, and leaves out the oldest that are not needed or for which there is no room.
	fn tidy(
		mut changes: Vec<Change>,
	) -> Result<BoundedVec<Change, T::MaxChanges>, MeterAdministrationError> {
		let (now, period) = (T::Grid::now(), T::Grid::parameters().billing_period);
		changes.dedup_by(|next, previous| next.continues(previous));
		let ahead = changes.iter().filter(|change| change.from > now).count();
		ensure!(
			ahead <= T::MaxChangesAhead::get() as usize,
			MeterAdministrationError::TooManyChanges
		);
		let keep_from = now.saturating_sub(period).saturating_sub(period);
		let unneeded = changes.partition_point(|change| change.from <= keep_from).saturating_sub(1);
		let too_many = changes.len().saturating_sub(T::MaxChanges::get() as usize);
		changes.drain(..unneeded.max(too_many));
		changes.try_into().map_err(|_| MeterAdministrationError::TooManyChanges)
	}
}
