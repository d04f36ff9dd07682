//! What the register stores.

use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
	traits::Get, BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound,
};
use petra_primitives::{AssetKind, Balance, FeederId, Limits, MeterId, Path, Power, Timestep};
use petra_schedule::Value;
use scale_info::TypeInfo;

/// What is known of a smart meter.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(MaxChanges))]
pub struct Meter<AccountId, MaxChanges>
where
	AccountId: Clone + PartialEq + Eq + core::fmt::Debug,
	MaxChanges: Get<u32>,
{
	/// The account that signs for it.
	pub key: AccountId,
	/// The feeder on which it hangs.
	pub feeder: FeederId,
	/// Its status, path and limits over time, ascending; unauthorised before the first.
	pub changes: BoundedVec<Change, MaxChanges>,
	/// The money that it withdrew last.
	pub money: MoneyWithdrawn,
}

/// Status, path and limits of a meter from a timestep on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Change {
	/// The first timestep at which it is in force: the one after the regulation's `time`.
	pub from: Timestep,
	/// Whether the meter is authorised.
	pub authorized: bool,
	/// Who withdraws for the household.
	pub path: Path,
	/// The most that the household may withdraw.
	pub limits: Limits,
	/// On the DSO path, the first timestep in which the limits count for the feeder: what the meter itself had
	/// withdrawn beforehand lies before it, so that nobody withdraws for a household twice.
	pub dso_from: Timestep,
}

impl Change {
	/// The most power that may be withdrawn in a timestep.
	pub fn limit(&self, kind: AssetKind) -> Power {
		match kind {
			AssetKind::Production => self.limits.max_production,
			AssetKind::Consumption => self.limits.max_consumption,
		}
	}

	/// Whether it says, from its start on, the same as `earlier` would.
	pub(crate) fn continues(&self, earlier: &Self) -> bool {
		(self.authorized, self.path, self.limits)
			== (earlier.authorized, earlier.path, earlier.limits)
			&& self.dso_from <= self.from.max(earlier.dso_from)
	}
}

/// Money that a meter withdrew in a billing period.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct MoneyWithdrawn {
	/// How many billing periods lie before that one.
	pub period: u64,
	/// How much.
	pub amount: Balance,
}

/// An amount per timestep that the register keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Series {
	/// Gross power that a meter withdrew.
	Meter(MeterId, AssetKind),
	/// Gross power that was withdrawn on a feeder, by meters and by the DSO.
	Feeder(FeederId, AssetKind),
	/// What the DSO may still create on a feeder: the sum of the limits of its meters on the DSO path, less what it
	/// created. Below zero where limits fell afterwards.
	DsoRoom(FeederId, AssetKind),
}

/// How far the timesteps before `before` are forgotten.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct PruneState {
	/// What lies wholly before this timestep is removed.
	pub before: Timestep,
	/// The last series that is done; none at the beginning.
	pub after: Option<Series>,
	/// Whether all series are done.
	pub complete: bool,
}

/// Both kinds of energy assets.
pub(crate) const KINDS: [AssetKind; 2] = [AssetKind::Production, AssetKind::Consumption];

/// A meter's status, path and limits over time; see [`Meter::changes`].
pub(crate) trait Changes {
	/// What is in force in timestep `t`.
	fn in_force(&self, t: Timestep) -> Option<&Change>;
	/// The runs `(start, end, what is in force)` that together cover `[from, to]`.
	fn runs(&self, from: Timestep, to: Timestep) -> Vec<(Timestep, Timestep, Option<Change>)>;
	/// What the household adds to what the DSO may create on its feeder, from `from` on: pieces `(start, end, watts)`.
	fn dso_capacity(&self, kind: AssetKind, from: Timestep) -> Vec<(Timestep, Timestep, Value)>;
}

impl Changes for [Change] {
	fn in_force(&self, t: Timestep) -> Option<&Change> {
		let following = self.partition_point(|change| change.from <= t);
		following.checked_sub(1).and_then(|index| self.get(index))
	}

	fn runs(&self, from: Timestep, to: Timestep) -> Vec<(Timestep, Timestep, Option<Change>)> {
		let first = self.partition_point(|change| change.from <= from);
		let following = self.get(first..).unwrap_or_default();
		let mut runs = Vec::new();
		let mut run = (from, self.in_force(from).copied());
		for change in following.iter().take_while(|change| change.from <= to) {
			runs.push((run.0, change.from.saturating_sub(1), run.1));
			run = (change.from, Some(*change));
		}
		if from <= to {
			runs.push((run.0, to, run.1));
		}
		runs
	}

	fn dso_capacity(&self, kind: AssetKind, from: Timestep) -> Vec<(Timestep, Timestep, Value)> {
		self.runs(from, Timestep::MAX)
			.into_iter()
			.filter_map(|(start, end, change)| {
				let change =
					change.filter(|change| change.authorized && change.path == Path::Dso)?;
				let start = start.max(change.dso_from);
				let amount = Value::from(change.limit(kind));
				(start <= end).then_some((start, end, amount))
			})
			.collect()
	}
}
