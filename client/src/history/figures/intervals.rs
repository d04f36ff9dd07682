//! The profile's rows, and the whole of it.

use super::{
	length, minus, money, plus, quotient, times, trades::unmatched, watts, FiguresError, Ground,
	Result,
};
use crate::{
	billing::{self, Line, Period},
	types::*,
};
use petra_report::{BillFigures, Interval, Totals};

/// Minutes of a day.
const DAY: u64 = 24 * 60;

/// All rows.
pub(super) fn all(ground: &Ground<'_>) -> Result<Vec<Interval>> {
	let Ground { history, rows, .. } = *ground;
	let asks = unmatched(history, &ground.market, AssetKind::Production, rows)?;
	let bids = unmatched(history, &ground.market, AssetKind::Consumption, rows)?;
	(rows.first..=rows.last)
		.zip(asks.into_iter().zip(bids))
		.map(|(t, (asks, bids))| row(ground, t, asks, bids))
		.collect()
}

/// What a household bought: EPA that came back beyond what it withdrew. Below zero, what it sold.
fn bought(line: &Line) -> Result<i128> {
	minus(line.flows.epa.deposited, line.flows.epa.withdrawn)
}

fn row(ground: &Ground<'_>, t: Timestep, asks: i128, bids: i128) -> Result<Interval> {
	let lines: Vec<&Line> =
		ground.homes.iter().filter_map(|home| home.line(ground.period, t)).collect();
	let sum = |of: &dyn Fn(&Line) -> Result<i128>| {
		lines.iter().try_fold(0, |sum, line| plus(sum, of(line)?))
	};
	let above = |value: i128| value.max(0);
	let below = |value: i128| minus(0, value.min(0));
	let deviation = |line: &Line| match bought(line)? {
		0 => Ok(0),
		committed => minus(line.measured, committed)?.checked_abs().ok_or(FiguresError::Overflow),
	};
	let prices = prices(ground, t)?;
	Ok(Interval {
		timestep: t,
		time: time(ground, t)?,
		load: watts(sum(&|line| Ok(above(line.measured)))?)?,
		generation: watts(sum(&|line| below(line.measured))?)?,
		traded: watts(prices.power)?,
		local: watts(sum(&|line| Ok(above(bought(line)?.min(line.measured))))?)?,
		from_dso: watts(sum(&|line| Ok(above(line.energy)))?)?,
		to_dso: watts(sum(&|line| below(line.energy))?)?,
		unmatched_asks: watts(asks)?,
		unmatched_bids: watts(bids)?,
		least_price: prices.least,
		mean_price: prices.least.map(|_| quotient(prices.cost as f64, prices.power as f64)),
		highest_price: prices.highest,
		deviation: watts(sum(&deviation)?)?,
	})
}

/// What was exchanged in a timestep, and for how much.
#[derive(Default)]
struct Prices {
	power: i128,
	cost: i128,
	least: Option<Price>,
	highest: Option<Price>,
}

fn prices(ground: &Ground<'_>, t: Timestep) -> Result<Prices> {
	let mut prices = Prices::default();
	for exchange in ground.market.exchanges.iter().filter(|exchange| exchange.covers(t)) {
		let (power, price) = (i128::from(exchange.power), exchange.price);
		prices.power = plus(prices.power, power)?;
		prices.cost = plus(prices.cost, times(power, i128::from(price))?)?;
		prices.least = Some(prices.least.map_or(price, |least| least.min(price)));
		prices.highest = prices.highest.max(Some(price));
	}
	Ok(prices)
}

/// When a timestep's row begins in the profile.
fn time(ground: &Ground<'_>, t: Timestep) -> Result<String> {
	let profile = &ground.setting.profile;
	let wrong = || FiguresError::Input(format!("{:.20} is no time of day (14:15)", profile.from));
	let (hours, minutes) = profile.from.split_once(':').ok_or_else(wrong)?;
	let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
	let (hours, minutes) = (number(hours)?, number(minutes)?);
	if hours > 24 || minutes > 59 {
		return Err(wrong());
	}
	let row = t.saturating_sub(ground.rows.first);
	let minutes = hours
		.saturating_mul(60)
		.saturating_add(minutes)
		.saturating_add(row.saturating_mul(u64::from(profile.interval_minutes)))
		.checked_rem(DAY)
		.unwrap_or_default();
	let (hours, minutes) = (minutes.checked_div(60), minutes.checked_rem(60));
	Ok(format!("{:02}:{:02}", hours.unwrap_or_default(), minutes.unwrap_or_default()))
}

/// The whole of it.
pub(super) fn totals(
	ground: &Ground<'_>,
	rows: &[Interval],
	bills: &[BillFigures],
) -> Result<Totals> {
	let sum = |of: fn(&Interval) -> u64| {
		let sum = rows.iter().try_fold(0i128, |sum, row| plus(sum, i128::from(of(row))));
		watts(sum?)
	};
	let (load, local) = (sum(|row| row.load)?, sum(|row| row.local)?);
	let billed =
		|of: fn(&BillFigures) -> i128| bills.iter().try_fold(0, |sum, bill| plus(sum, of(bill)));
	let (mut traded, mut paid) = (0, 0);
	for exchange in &ground.market.exchanges {
		let (start, end) =
			(exchange.start.max(ground.rows.first), exchange.end.min(ground.rows.last));
		let energy = times(i128::from(exchange.power), length(start, end))?;
		traded = plus(traded, energy)?;
		paid = plus(paid, money(exchange.cost)?)?;
	}
	let offers = ground.market.offers.values().filter(|offer| offer.parent.is_none()).count();
	let left = undeposited(ground)?;
	Ok(Totals {
		load,
		generation: sum(|row| row.generation)?,
		traded: watts(traded)?,
		trades: super::count(ground.market.exchanges.len()),
		offers: super::count(offers),
		local_share: quotient(local as f64, load as f64),
		from_dso: sum(|row| row.from_dso)?,
		to_dso: sum(|row| row.to_dso)?,
		paid,
		baseline: billed(|bill| bill.baseline)?,
		bills: billed(|bill| bill.bill)?,
		undeposited_money: left.2,
		undeposited_epa: left.0,
		undeposited_eca: left.1,
	})
}

/// EPA, ECA and money that were withdrawn and that nobody deposited, over the bills' period: whosever they are.
fn undeposited(ground: &Ground<'_>) -> Result<(i128, i128, i128)> {
	let Period { first, last } = ground.period;
	let nothing: Vec<i128> = (first..=last).map(|_| 0).collect();
	let lines =
		billing::lines(ground.period, &nothing, &ground.entries, |t| ground.history.prices(t))?;
	let (mut epa, mut eca, mut money) = (0, 0, 0);
	for line in lines {
		epa = plus(epa, line.undeposited_epa()?)?;
		eca = plus(eca, line.undeposited_eca()?)?;
		money = plus(money, line.undeposited_money()?)?;
	}
	Ok((epa, eca, money))
}
