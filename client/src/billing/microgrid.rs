//! The identities that hold over all households, and what nobody deposited.

use super::{
	household::{add, flows, residual_charge},
	BillingError, Entry, Flows, Line, Period, Prices,
};
use crate::types::Timestep;
use serde::{Deserialize, Serialize};

/// Which identity of the specification's section 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Identity {
	/// `ΣE = Σ measured + EPA issued − EPA deposited`, in watts.
	Energy,
	/// `ΣB = FA issued − FA deposited + Σ residual charges`, in money.
	Money,
}

/// What the microgrid's bills come to over a period, in watt·timesteps and money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settlement {
	/// Sum of measured net consumption.
	#[serde(with = "super::text")]
	pub measured: i128,
	/// `ΣE`.
	#[serde(with = "super::text")]
	pub energy: i128,
	/// Sum of residual charges.
	#[serde(with = "super::text")]
	pub residual_charges: i128,
	/// `ΣB`.
	#[serde(with = "super::text")]
	pub bills: i128,
	/// EPA that nobody deposited: charged to whoever withdrew it.
	#[serde(with = "super::text")]
	pub undeposited_epa: i128,
	/// ECA that nobody deposited: in no bill, but it raises the flag.
	#[serde(with = "super::text")]
	pub undeposited_eca: i128,
	/// Money that nobody deposited: a liability of the DSO. Below zero, money of an earlier period came back.
	#[serde(with = "super::text")]
	pub undeposited_money: i128,
	/// Deposited, but credited to no household, because nobody claimed it. Not in what is undeposited.
	pub unclaimed: Unclaimed,
}

/// Deposits without a household.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unclaimed {
	/// EPA, in watt·timesteps.
	#[serde(with = "super::text")]
	pub epa: i128,
	/// ECA, in watt·timesteps.
	#[serde(with = "super::text")]
	pub eca: i128,
	/// Money.
	#[serde(with = "super::text")]
	pub money: i128,
}

/// Checks the identities in every timestep, and adds up the period.
///
/// `households` are the lines of all households that withdrew or deposited; `entries` are **all** withdrawals and deposits
/// that the ledger's events tell of, whosever they are, but for `unclaimed` deposits, which come apart. So what a household's
/// meter claims is held against what the ledger says: a withdrawal that no household owns up to, or a deposit that two
/// count, breaks an identity.
///
/// # Errors
/// [`BillingError::Broken`] with the first identity that does not hold, [`BillingError::Lines`] if a household's lines are
/// not of this period, [`BillingError::NoPrices`], [`BillingError::BadInterval`], [`BillingError::Overflow`].
pub fn settle<'a>(
	period: Period,
	households: &[&[Line]],
	entries: impl IntoIterator<Item = &'a Entry>,
	unclaimed: impl IntoIterator<Item = &'a Entry>,
	prices: impl Fn(Timestep) -> Option<Prices>,
) -> Result<Settlement, BillingError> {
	let issued = flows(period, entries)?;
	let unclaimed = flows(period, unclaimed)?;
	let mut settlement = Settlement::default();
	if households.iter().any(|lines| lines.len() != issued.len()) {
		return Err(BillingError::Lines(period.first));
	}
	for (index, (t, (issued, unclaimed))) in
		(period.first..=period.last).zip(issued.iter().zip(&unclaimed)).enumerate()
	{
		let lines = households
			.iter()
			.map(|lines| lines.get(index).filter(|line| line.timestep == t).copied())
			.collect::<Option<Vec<Line>>>()
			.ok_or(BillingError::Lines(t))?;
		let prices = prices(t).ok_or(BillingError::NoPrices(t))?;
		settlement.count(t, &lines, *issued, *unclaimed, prices)?;
	}
	Ok(settlement)
}

impl Settlement {
	/// Adds one timestep.
	fn count(
		&mut self,
		timestep: Timestep,
		lines: &[Line],
		issued: Flows,
		unclaimed: Flows,
		prices: Prices,
	) -> Result<(), BillingError> {
		let mut charges = 0;
		for line in lines {
			charges = add(charges, residual_charge(line.energy, prices)?)?;
		}
		let sum = |of: fn(&Line) -> i128| lines.iter().try_fold(0, |sum, line| add(sum, of(line)));
		let (measured, energy, bills) =
			(sum(|line| line.measured)?, sum(|line| line.energy)?, sum(|line| line.bill)?);
		let holds = |identity, is: i128, should: i128| {
			if is == should {
				return Ok(());
			}
			Err(BillingError::Broken { identity, timestep, is, should })
		};
		holds(Identity::Energy, energy, add(measured, issued.epa.outstanding()?)?)?;
		holds(Identity::Money, bills, add(issued.money.outstanding()?, charges)?)?;
		self.measured = add(self.measured, measured)?;
		self.energy = add(self.energy, energy)?;
		self.residual_charges = add(self.residual_charges, charges)?;
		self.bills = add(self.bills, bills)?;
		let left = issued.plus(unclaimed)?;
		self.undeposited_epa = add(self.undeposited_epa, left.epa.outstanding()?)?;
		self.undeposited_eca = add(self.undeposited_eca, left.eca.outstanding()?)?;
		self.undeposited_money = add(self.undeposited_money, left.money.outstanding()?)?;
		self.unclaimed.epa = add(self.unclaimed.epa, unclaimed.epa.deposited)?;
		self.unclaimed.eca = add(self.unclaimed.eca, unclaimed.eca.deposited)?;
		self.unclaimed.money = add(self.unclaimed.money, unclaimed.money.deposited)?;
		Ok(())
	}
}
