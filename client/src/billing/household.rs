//! One household's figures, timestep by timestep (P1, "Smart-Meter Based Billing").

use super::BillingError;
use crate::{types::*, AccountId32};
use codec::{Decode, Encode};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Timesteps from `first` to `last`, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Period {
	/// The first timestep.
	pub first: Timestep,
	/// The last timestep.
	pub last: Timestep,
}

impl Period {
	/// How many timesteps; none if the last is before the first.
	pub fn len(self) -> u64 {
		self.last.checked_sub(self.first).map_or(0, |length| length.saturating_add(1))
	}

	/// Whether there is no timestep in it.
	pub fn is_empty(self) -> bool {
		self.len() == 0
	}

	/// Whether a timestep is in it.
	pub fn contains(self, t: Timestep) -> bool {
		(self.first..=self.last).contains(&t)
	}
}

/// The power of an asset over its interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Energy {
	/// To sell or to buy.
	pub kind: AssetKind,
	/// Watts in each timestep.
	pub power: Power,
	/// First timestep.
	pub start: Timestep,
	/// Last timestep.
	pub end: Timestep,
}

/// What the ledger says came into being by a withdrawal, or went with a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
	/// `AssetAdded`, by a withdrawal.
	EnergyWithdrawn(Energy),
	/// `AssetDeposited`.
	EnergyDeposited(Energy),
	/// `FinancialAdded`, by a withdrawal.
	MoneyWithdrawn(#[serde(with = "super::text")] Balance),
	/// `FinancialDeposited`.
	MoneyDeposited(#[serde(with = "super::text")] Balance),
}

/// A withdrawal or a deposit, as the ledger's events tell it.
///
/// `AssetAdded` also tells of what transfers, trades and mixing create. Only that of a `withdraw`, an
/// `add_energy_asset` or an `add_financial_balance` is a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Entry {
	/// The address that the event names.
	pub address: AccountId32,
	/// The timestep of the block's timestamp: in it, money counts. Energy counts over the asset's interval.
	pub at: Timestep,
	/// What happened.
	pub change: Change,
}

/// The DSO's prices at a timestep, in money units per watt and timestep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Prices {
	/// What the DSO sells at.
	pub consumption: Price,
	/// What the DSO buys at.
	pub production: Price,
}

/// Withdrawn and deposited, of one thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Flow {
	/// Came into being for the household.
	#[serde(with = "super::text")]
	pub withdrawn: i128,
	/// Came back from the household.
	#[serde(with = "super::text")]
	pub deposited: i128,
}

impl Flow {
	/// Withdrawn and not deposited. Below zero, more came back than was withdrawn: it was bought, or a gift.
	///
	/// # Errors
	/// [`BillingError::Overflow`].
	pub fn outstanding(self) -> Result<i128, BillingError> {
		self.withdrawn.checked_sub(self.deposited).ok_or(BillingError::Overflow)
	}

	pub(super) fn plus(self, other: Self) -> Result<Self, BillingError> {
		Ok(Self {
			withdrawn: add(self.withdrawn, other.withdrawn)?,
			deposited: add(self.deposited, other.deposited)?,
		})
	}

	fn minus(self, other: Self) -> Result<Self, BillingError> {
		Ok(Self {
			withdrawn: sub(self.withdrawn, other.withdrawn)?,
			deposited: sub(self.deposited, other.deposited)?,
		})
	}
}

/// What is withdrawn and deposited in a timestep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Flows {
	/// Production assets, in watts.
	pub epa: Flow,
	/// Consumption assets, in watts.
	pub eca: Flow,
	/// Money.
	pub money: Flow,
}

impl Flows {
	pub(super) fn plus(self, other: Self) -> Result<Self, BillingError> {
		Ok(Self {
			epa: self.epa.plus(other.epa)?,
			eca: self.eca.plus(other.eca)?,
			money: self.money.plus(other.money)?,
		})
	}

	fn minus(self, other: Self) -> Result<Self, BillingError> {
		Ok(Self {
			epa: self.epa.minus(other.epa)?,
			eca: self.eca.minus(other.eca)?,
			money: self.money.minus(other.money)?,
		})
	}
}

/// A household's figures of one timestep. Each fact has a line of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Line {
	/// Which timestep.
	pub timestep: Timestep,
	/// Measured net consumption, in mean watts; below zero, the household fed in.
	#[serde(with = "super::text")]
	pub measured: i128,
	/// What was withdrawn and deposited.
	pub flows: Flows,
	/// `E`, in watts: what the household took from the DSO beyond what it traded; below zero, what it gave.
	#[serde(with = "super::text")]
	pub energy: i128,
	/// What `E` costs at the DSO's prices; below zero, it is credited.
	#[serde(with = "super::text")]
	pub residual_charge: i128,
	/// `B`: what the household owes the DSO for this timestep; below zero, what the DSO owes.
	#[serde(with = "super::text")]
	pub bill: i128,
}

impl Line {
	/// By how many watts the assets withdrawn, EPA and ECA together, exceed those deposited. Every honest trade swaps an EPA
	/// for an ECA, so it is zero for whoever deposits all it has. Above zero, assets are missing (not deposited, or given
	/// away); below zero, there are some that were never withdrawn here (a gift).
	///
	/// # Errors
	/// [`BillingError::Overflow`].
	pub fn mismatch(&self) -> Result<i128, BillingError> {
		add(self.flows.epa.outstanding()?, self.flows.eca.outstanding()?)
	}

	/// EPA that was withdrawn here and not deposited here, in watts. `E` contains it: it is charged to whoever withdrew it,
	/// and who sold it has measured as much less.
	///
	/// # Errors
	/// [`BillingError::Overflow`].
	pub fn undeposited_epa(&self) -> Result<i128, BillingError> {
		self.flows.epa.outstanding()
	}

	/// ECA that was withdrawn here and not deposited here, in watts. It is in no bill, only in the [mismatch](Self::mismatch).
	///
	/// # Errors
	/// [`BillingError::Overflow`].
	pub fn undeposited_eca(&self) -> Result<i128, BillingError> {
		self.flows.eca.outstanding()
	}

	/// Money that was withdrawn and not deposited here in this timestep. `B` contains it; as long as nobody deposits it, it
	/// is a liability of the DSO to whoever holds it.
	///
	/// # Errors
	/// [`BillingError::Overflow`].
	pub fn undeposited_money(&self) -> Result<i128, BillingError> {
		self.flows.money.outstanding()
	}
}

/// The figures of a household over a period: one line for each timestep.
///
/// `measured` has the net consumption of each timestep, in mean watts, as [`MeanWatts`](super::MeanWatts) makes them from
/// readings; `entries` are the household's withdrawals and deposits. What lies outside the period does not count in it.
///
/// # Errors
/// [`BillingError::Readings`] if there is not one reading for each timestep, [`BillingError::NoPrices`] if the prices of
/// one are not known, [`BillingError::BadInterval`] for an asset that ends before it starts, [`BillingError::Overflow`].
pub fn lines<'a>(
	period: Period,
	measured: &[i128],
	entries: impl IntoIterator<Item = &'a Entry>,
	prices: impl Fn(Timestep) -> Option<Prices>,
) -> Result<Vec<Line>, BillingError> {
	let found = u64::try_from(measured.len()).map_err(|_| BillingError::Overflow)?;
	if period.len() != found {
		return Err(BillingError::Readings { expected: period.len(), found });
	}
	let flows = flows(period, entries)?;
	(period.first..=period.last)
		.zip(measured)
		.zip(flows)
		.map(|((t, measured), flows)| {
			line(t, *measured, flows, prices(t).ok_or(BillingError::NoPrices(t))?)
		})
		.collect()
}

/// The entries at a household's addresses.
pub fn entries_at<'a>(
	addresses: &'a BTreeSet<AccountId32>,
	entries: impl IntoIterator<Item = &'a Entry> + 'a,
) -> impl Iterator<Item = &'a Entry> {
	entries.into_iter().filter(move |entry| addresses.contains(&entry.address))
}

/// What `energy` watts cost at a timestep: a consumer is charged, a surplus is credited.
///
/// # Errors
/// [`BillingError::Overflow`].
pub fn residual_charge(energy: i128, prices: Prices) -> Result<i128, BillingError> {
	let price = if energy < 0 { prices.production } else { prices.consumption };
	energy.checked_mul(i128::from(price)).ok_or(BillingError::Overflow)
}

fn line(
	timestep: Timestep,
	measured: i128,
	flows: Flows,
	prices: Prices,
) -> Result<Line, BillingError> {
	let energy = add(measured, flows.epa.outstanding()?)?;
	let residual_charge = residual_charge(energy, prices)?;
	let bill = add(flows.money.outstanding()?, residual_charge)?;
	Ok(Line { timestep, measured, flows, energy, residual_charge, bill })
}

/// What was withdrawn and deposited in each timestep of the period. Costs as much as there are entries and timesteps,
/// however long the assets.
pub(super) fn flows<'a>(
	period: Period,
	entries: impl IntoIterator<Item = &'a Entry>,
) -> Result<Vec<Flows>, BillingError> {
	// What begins and what ends at a timestep.
	let mut steps: BTreeMap<Timestep, (Flows, Flows)> = BTreeMap::new();
	for entry in entries {
		let Some((first, last, flows)) = within(period, entry)? else { continue };
		let begins = &mut steps.entry(first).or_default().0;
		*begins = begins.plus(flows)?;
		if let Some(after) = last.checked_add(1).filter(|after| period.contains(*after)) {
			let ends = &mut steps.entry(after).or_default().1;
			*ends = ends.plus(flows)?;
		}
	}
	let mut now = Flows::default();
	let mut all = Vec::new();
	if period.is_empty() {
		return Ok(all);
	}
	for t in period.first..=period.last {
		if let Some((begins, ends)) = steps.get(&t) {
			now = now.plus(*begins)?.minus(*ends)?;
		}
		all.push(now);
	}
	Ok(all)
}

/// The part of the period in which an entry counts, and as what.
fn within(
	period: Period,
	entry: &Entry,
) -> Result<Option<(Timestep, Timestep, Flows)>, BillingError> {
	let (start, end) = match entry.change {
		Change::EnergyWithdrawn(energy) | Change::EnergyDeposited(energy) => {
			(energy.start, energy.end)
		},
		Change::MoneyWithdrawn(_) | Change::MoneyDeposited(_) => (entry.at, entry.at),
	};
	if start > end {
		return Err(BillingError::BadInterval { start, end });
	}
	let (first, last) = (start.max(period.first), end.min(period.last));
	if first > last {
		return Ok(None);
	}
	let mut flows = Flows::default();
	match entry.change {
		Change::EnergyWithdrawn(energy) => {
			flows.of_kind(energy.kind).withdrawn = i128::from(energy.power);
		},
		Change::EnergyDeposited(energy) => {
			flows.of_kind(energy.kind).deposited = i128::from(energy.power);
		},
		Change::MoneyWithdrawn(amount) => flows.money.withdrawn = signed(amount)?,
		Change::MoneyDeposited(amount) => flows.money.deposited = signed(amount)?,
	}
	Ok(Some((first, last, flows)))
}

impl Flows {
	fn of_kind(&mut self, kind: AssetKind) -> &mut Flow {
		match kind {
			AssetKind::Production => &mut self.epa,
			AssetKind::Consumption => &mut self.eca,
		}
	}
}

fn signed(amount: Balance) -> Result<i128, BillingError> {
	i128::try_from(amount).map_err(|_| BillingError::Overflow)
}

pub(super) fn add(a: i128, b: i128) -> Result<i128, BillingError> {
	a.checked_add(b).ok_or(BillingError::Overflow)
}

fn sub(a: i128, b: i128) -> Result<i128, BillingError> {
	a.checked_sub(b).ok_or(BillingError::Overflow)
}
