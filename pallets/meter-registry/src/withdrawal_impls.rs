//! How withdrawals use the limits up.

use crate::{
	Change, Changes, Config, Keys, MeterOf, Meters, MetersOn, MoneyWithdrawn, Pallet, Series,
};
use alloc::vec::Vec;
use frame_support::ensure;
use petra_primitives::{
	Balance, EnergyRequest, FeederId, Grid, MeterId, MeterLimits, Path, Timestep, WithdrawalError,
};
use petra_schedule::{
	timeline::{Store, Timeline},
	Value,
};

impl<T: Config> MeterLimits<T::AccountId> for Pallet<T> {
	fn withdraw(
		origin: &T::AccountId,
		id: MeterId,
		energy: &[EnergyRequest],
		money: Balance,
	) -> Result<FeederId, WithdrawalError> {
		let meter = Meters::<T>::get(id).ok_or(WithdrawalError::MeterNotFound)?;
		ensure!(meter.key == *origin, WithdrawalError::NotTheMeter);
		// First what needs no more of the storage.
		let runs = energy
			.iter()
			.map(|request| Self::runs_on_meter_path(&meter, request))
			.collect::<Result<Vec<_>, _>>()?;
		let feeder = meter.feeder;
		if money > 0 {
			Self::withdraw_money(id, meter, money)?;
		}
		for (request, runs) in energy.iter().zip(runs) {
			Self::withdraw_energy(id, feeder, request, runs)?;
		}
		Ok(feeder)
	}

	fn withdraw_for_feeder(
		feeder: FeederId,
		energy: &EnergyRequest,
	) -> Result<(), WithdrawalError> {
		let EnergyRequest { kind, power, start, end } = *energy;
		let room = Series::DsoRoom(feeder, kind).timeline::<T>();
		ensure!(room.min(start, end) >= power.into(), WithdrawalError::FeederLimitExceeded);
		Self::add(room, energy, Value::from(power).saturating_neg())?;
		Self::add(Series::Feeder(feeder, kind).timeline::<T>(), energy, power.into())
	}

	fn meters_on(feeder: FeederId) -> u32 {
		MetersOn::<T>::get(feeder)
	}

	fn is_meter_key(who: &T::AccountId) -> bool {
		Keys::<T>::contains_key(who)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_meter(origin: &T::AccountId, meter: MeterId, feeder: FeederId, path: Path) {
		Self::worst_meter(origin, meter, feeder, path);
	}
}

impl<T: Config> Pallet<T> {
	/// Makes a meter with the highest limits, which change as often as they may within the horizon, and whose pages,
	/// and its feeder's, are full.
	#[cfg(feature = "runtime-benchmarks")]
	fn worst_meter(origin: &T::AccountId, id: MeterId, feeder: FeederId, path: Path) {
		use frame_support::traits::Get;
		use petra_primitives::{Authorization, Limits, MeterAdministration, Parameters};

		let (power, amount) = (u64::MAX, u128::MAX);
		let limits =
			Limits { max_production: power, max_consumption: power, max_financial: amount };
		let authorization = Authorization { id, pubkey: origin.clone(), feeder, limits, path };
		let mut done = Self::authorize_from(&authorization, Some(0)).is_ok();
		let Parameters { gate_lead, horizon, .. } = T::Grid::parameters();
		let (now, changes) = (T::Grid::now(), u64::from(T::MaxChangesAhead::get()));
		for n in 1..=changes {
			let part = horizon.checked_div(changes.saturating_add(2)).unwrap_or_default();
			let time = now.saturating_add(n.saturating_mul(part.max(1)));
			let max_production = power.saturating_sub(n);
			let limits = Limits { max_production, ..limits };
			done &= Self::set_limits(id, limits, time).is_ok();
		}
		let open = now.saturating_add(gate_lead).saturating_add(1);
		let last = now.saturating_add(horizon);
		let stride = (last.saturating_sub(open) / 512).max(2);
		let ends = (open..=last).take(128).chain(last.saturating_sub(128).max(open)..=last);
		for t in (open..=last).step_by(stride as usize).chain(ends.step_by(2)) {
			for kind in crate::KINDS {
				let request = EnergyRequest { kind, power: 1, start: t, end: t };
				done &= match path {
					Path::Meter => Self::withdraw(origin, id, &[request], 0).is_ok(),
					Path::Dso => Self::withdraw_for_feeder(feeder, &request).is_ok(),
				};
			}
		}
		assert!(done, "the benchmark's meter is refused");
	}

	/// What is in force over a request's timesteps, if the meter may withdraw in all of them.
	fn runs_on_meter_path(
		meter: &MeterOf<T>,
		request: &EnergyRequest,
	) -> Result<Vec<(Timestep, Timestep, Change)>, WithdrawalError> {
		meter
			.changes
			.runs(request.start, request.end)
			.into_iter()
			.map(|(start, end, change)| {
				Self::on_meter_path(change).map(|change| (start, end, change))
			})
			.collect()
	}

	/// Whether the meter itself may withdraw while `change` is in force.
	fn on_meter_path(change: Option<Change>) -> Result<Change, WithdrawalError> {
		let change = change
			.filter(|change| change.authorized)
			.ok_or(WithdrawalError::MeterNotAuthorized)?;
		ensure!(change.path == Path::Meter, WithdrawalError::WrongPath);
		Ok(change)
	}

	fn withdraw_energy(
		id: MeterId,
		feeder: FeederId,
		request: &EnergyRequest,
		runs: Vec<(Timestep, Timestep, Change)>,
	) -> Result<(), WithdrawalError> {
		let EnergyRequest { kind, power, .. } = *request;
		let withdrawn = Series::Meter(id, kind).timeline::<T>();
		for (start, end, change) in runs {
			let total = withdrawn.max(start, end).saturating_add(power.into());
			ensure!(total <= change.limit(kind).into(), WithdrawalError::LimitExceeded);
		}
		Self::add(withdrawn, request, power.into())?;
		Self::add(Series::Feeder(feeder, kind).timeline::<T>(), request, power.into())
	}

	/// Adds `power` over a request's timesteps.
	fn add(
		mut timeline: Timeline<impl Store>,
		request: &EnergyRequest,
		power: Value,
	) -> Result<(), WithdrawalError> {
		timeline
			.add(request.start, request.end, power)
			.map_err(|_| WithdrawalError::Overflow)
	}

	fn withdraw_money(
		id: MeterId,
		mut meter: MeterOf<T>,
		money: Balance,
	) -> Result<(), WithdrawalError> {
		let now = T::Grid::now();
		let change = Self::on_meter_path(meter.changes.in_force(now).copied())?;
		let period = now.checked_div(T::Grid::parameters().billing_period).unwrap_or_default();
		if meter.money.period != period {
			meter.money = MoneyWithdrawn { period, amount: 0 };
		}
		let amount = meter.money.amount.checked_add(money).ok_or(WithdrawalError::Overflow)?;
		ensure!(amount <= change.limits.max_financial, WithdrawalError::FinancialLimitExceeded);
		meter.money.amount = amount;
		Meters::<T>::insert(id, meter);
		Ok(())
	}
}
