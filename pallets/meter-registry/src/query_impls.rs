//! What runtime APIs and other pallets read.

use crate::{Changes, Config, Meters, Pallet, Series};
use alloc::vec::Vec;
use petra_primitives::{
	AssetKind, FeederId, FeederWithdrawals, Grid, MeterId, MeterInfo, MeterWitnesses, Path,
	Segment, Timestep, Witness,
};
use petra_schedule::{timeline::Pieces, StepFunction, Value};
use sp_runtime::SaturatedConversion;

/// The most segments of one answer, and the most pages that are read for one.
pub const MAX_SEGMENTS: u32 = 10_000;

impl<T: Config> Pallet<T> {
	/// A meter as it is now; limits and path of one that was not authorised yet are those that it will have first.
	pub fn meter_info(id: MeterId) -> Option<MeterInfo<T::AccountId>> {
		let meter = Meters::<T>::get(id)?;
		let in_force = meter.changes.in_force(T::Grid::now());
		let shown = in_force.or(meter.changes.first());
		Some(MeterInfo {
			limits: shown.map_or_else(Default::default, |change| change.limits),
			path: shown.map_or(Path::Meter, |change| change.path),
			authorized: in_force.is_some_and(|change| change.authorized),
			pubkey: meter.key,
			feeder: meter.feeder,
		})
	}

	/// Whether the meter was authorised in timestep `t`, as far as is known: the changes of two billing periods, and at
	/// most `MaxChanges`, are kept.
	pub fn was_authorized(meter: MeterId, t: Timestep) -> bool {
		Meters::<T>::get(meter)
			.is_some_and(|meter| meter.changes.in_force(t).is_some_and(|change| change.authorized))
	}

	/// Gross power that a meter has withdrawn, from the settlement window to the horizon. At most [`MAX_SEGMENTS`]
	/// segments: to go on, ask again from the end of the last one.
	pub fn withdrawn(
		meter: MeterId,
		kind: AssetKind,
		from: Timestep,
		to: Timestep,
	) -> Vec<Segment> {
		Self::segments(Series::Meter(meter, kind), from, to)
	}

	/// Gross power that was withdrawn on a feeder, by its meters and by the DSO; bounds as for [`Self::withdrawn`].
	pub fn withdrawn_on_feeder(
		feeder: FeederId,
		kind: AssetKind,
		from: Timestep,
		to: Timestep,
	) -> Vec<Segment> {
		Self::segments(Series::Feeder(feeder, kind), from, to)
	}

	/// Power that a meter may still withdraw, in open timesteps within the horizon: nothing where it is not authorised
	/// on the meter path. Bounds as for [`Self::withdrawn`].
	pub fn headroom(meter: MeterId, kind: AssetKind, from: Timestep, to: Timestep) -> Vec<Segment> {
		let Some(known) = Meters::<T>::get(meter) else { return Vec::new() };
		let parameters = T::Grid::parameters();
		let first_open = T::Grid::now().saturating_add(parameters.gate_lead).saturating_add(1);
		let (from, to) = (from.max(first_open), to.min(Self::last_timestep()));
		let read = Self::read(Series::Meter(meter, kind), from, to);
		let to = read.next.map_or(to, |next| next.saturating_sub(1).min(to));
		if to < from || read.next.is_some_and(|next| next <= from) {
			return Vec::new();
		}
		let limits = known.changes.runs(from, to).into_iter().filter_map(|(start, end, change)| {
			let change = change.filter(|change| change.authorized && change.path == Path::Meter)?;
			Some((start, end, Value::from(change.limit(kind))))
		});
		let left = StepFunction::sum(limits).and_then(|limits| {
			// Where limits fell, more may be withdrawn than they allow now.
			let withdrawn = StepFunction::sum(read.pieces)?;
			Ok(limits.subtract(&withdrawn)?.maximum(&StepFunction::zero()))
		});
		let left = left.unwrap_or_default();
		left.pieces().take(MAX_SEGMENTS as usize).map(segment).collect()
	}

	fn segments(series: Series, from: Timestep, to: Timestep) -> Vec<Segment> {
		let window = T::Grid::parameters().settlement_window;
		let first = T::Grid::now().saturating_sub(window);
		let read = Self::read(series, from.max(first), to.min(Self::last_timestep()));
		read.pieces.into_iter().map(segment).collect()
	}

	fn read(series: Series, from: Timestep, to: Timestep) -> Pieces {
		series.timeline::<T>().pieces(from, to, MAX_SEGMENTS as usize, MAX_SEGMENTS)
	}

	/// The last timestep within the horizon.
	fn last_timestep() -> Timestep {
		T::Grid::now().saturating_add(T::Grid::parameters().horizon)
	}
}

impl<T: Config> FeederWithdrawals for Pallet<T> {
	fn withdrawn_on(
		feeder: FeederId,
		kind: AssetKind,
		from: Timestep,
		to: Timestep,
	) -> Vec<Segment> {
		Self::withdrawn_on_feeder(feeder, kind, from, to)
	}
}

impl<T: Config> MeterWitnesses<T::AccountId> for Pallet<T> {
	fn witness(meter: MeterId, then: Timestep, now: Timestep) -> Option<Witness<T::AccountId>> {
		let meter = Meters::<T>::get(meter)?;
		let authorized = |t| meter.changes.in_force(t).is_some_and(|change| change.authorized);
		let (authorized_then, authorized_now) = (authorized(then), authorized(now));
		Some(Witness { key: meter.key, authorized_then, authorized_now })
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_witness(id: MeterId, key: &T::AccountId) {
		use crate::Change;
		use frame_support::traits::Get;
		use petra_primitives::{Authorization, Limits};

		let (limits, path) = (Limits::default(), Path::Meter);
		let authorization = Authorization { id, pubkey: key.clone(), feeder: id, limits, path };
		let done = Self::authorize_from(&authorization, Some(0));
		assert!(done.is_ok(), "the benchmark's meter is refused: {done:?}");
		let changes = (0..T::MaxChanges::get()).map(|n| Change {
			from: n.into(),
			authorized: true,
			path,
			limits: Limits { max_production: n.into(), ..limits },
			dso_from: 0,
		});
		Meters::<T>::mutate(id, |meter| {
			if let Some(meter) = meter {
				meter.changes = frame_support::BoundedVec::truncate_from(changes.collect());
			}
		});
	}
}

/// Watts that do not fit, of a feeder all told, are as many as fit.
fn segment((start, end, power): (Timestep, Timestep, Value)) -> Segment {
	Segment { start, end, power: power.saturated_into() }
}
