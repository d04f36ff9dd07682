//! What households owe.

use super::{households::Home, plus, FiguresError, Ground, Result};
use crate::billing::{residual_charge, Line};
use petra_report::BillFigures;

/// All households', in their order.
pub(super) fn all(ground: &Ground<'_>) -> Result<Vec<BillFigures>> {
	ground.homes.iter().map(|home| of(ground, home)).collect()
}

fn of(ground: &Ground<'_>, home: &Home<'_>) -> Result<BillFigures> {
	let sum = |of: &dyn Fn(&Line) -> Result<i128>| {
		home.lines.iter().try_fold(0, |sum, line| plus(sum, of(line)?))
	};
	// Without a market there is no fixed price: the DSO's prices hold.
	let prices = |line: &Line| {
		let prices = ground.history.after.rules.prices.at(line.timestep);
		prices.ok_or(FiguresError::Billing(crate::billing::BillingError::NoPrices(line.timestep)))
	};
	let mut flags = 0u32;
	for line in &home.lines {
		flags = flags.saturating_add(u32::from(line.mismatch()? != 0));
	}
	Ok(BillFigures {
		name: home.disclosed.name.clone(),
		measured: sum(&|line| Ok(line.measured))?,
		energy: sum(&|line| Ok(line.energy))?,
		residual_charges: sum(&|line| Ok(line.residual_charge))?,
		money: sum(&|line| Ok(line.undeposited_money()?))?,
		bill: sum(&|line| Ok(line.bill))?,
		baseline: sum(&|line| Ok(residual_charge(line.measured, prices(line)?)?))?,
		flags,
	})
}
