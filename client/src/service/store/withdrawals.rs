//! Withdrawals: what a household may still have, and the submissions that a receipt promises.

use super::{decoded, tables::Tables, Job, JobState, Screened, Store, StoreResult};
use crate::{
	service::{
		messages::{
			Answer, Asked, Asset, Done, FailedWithdrawal, Receipt, WithdrawAssets, MAX_ASSETS,
		},
		Change, Circumstances, Desk, Member, Reason,
	},
	types::*,
};
use codec::{Decode, Encode};
use petra_schedule::StepFunction;
use redb::{ReadableTable, ReadableTableMetadata};

/// The most submissions that are not final, of all households and of one.
pub const MAX_OPEN: u64 = 100_000;
pub const MAX_OPEN_OF_ONE: u64 = 1_000;
/// The most pieces of one household's withdrawals ahead.
const MAX_PIECES: usize = 10_000;

/// Why not, for programs and for people.
pub(super) type Refused = (Reason, String);

fn refused<T>(reason: Reason, msg: impl Into<String>) -> Result<T, Refused> {
	Err((reason, msg.into()))
}

impl Store {
	/// Takes a withdrawal on, or refuses it. The signature has been checked. The same request is answered with the same
	/// words, however often it comes.
	///
	/// # Errors
	/// [`StoreError`](super::StoreError): then nothing has happened, or all; the household asks again to know.
	pub(crate) fn withdraw(
		&self,
		desk: &Desk,
		asked: &Asked,
		request: &WithdrawAssets,
		circumstances: &Circumstances,
	) -> StoreResult<Vec<u8>> {
		let failed = |(reason, msg): Refused| {
			desk.sign(Answer::FailedWithdrawal(FailedWithdrawal {
				anon_address: request.anon_address,
				msg,
				reason,
				request: asked.digest,
				time: circumstances.time,
			}))
		};
		let transaction = self.begin()?;
		let answer = {
			let mut tables = Tables::open(&transaction)?;
			let clock = (circumstances.time, desk.window);
			match tables.screen(asked, clock)? {
				Screened::Answered(answer) => return desk.repeat(answer, asked),
				Screened::Refused(reason, msg) => return Ok(failed((reason, msg))),
				Screened::New => (),
			}
			let taken = match tables.check(request, circumstances)? {
				Ok(plan) => Ok(tables.take(request, circumstances, plan)?),
				Err(refused) => Err(refused),
			};
			let accepted = taken.is_ok();
			let answer = match taken {
				Ok((first, count)) => desk.sign(Answer::Receipt(Receipt {
					request: asked.digest,
					household: request.household,
					time: circumstances.time,
					done: Done::Withdrawal { anon_address: request.anon_address, first, count },
				})),
				Err(refused) => failed(refused),
			};
			tables.remember(asked, Some(answer.clone()), accepted)?;
			answer
		};
		self.commit(transaction)?;
		Ok(answer)
	}
}

/// What a household's withdrawals come to if this one is taken on.
struct Plan {
	production: StepFunction,
	consumption: StepFunction,
	money: Balance,
}

impl Tables<'_> {
	/// Whether the household may have what it asks for.
	fn check(
		&self,
		request: &WithdrawAssets,
		circumstances: &Circumstances,
	) -> StoreResult<Result<Plan, Refused>> {
		let count = request.assets.len();
		if !(1..=MAX_ASSETS).contains(&count) {
			let msg =
				format!("one request is of 1 to {MAX_ASSETS} assets, and this one of {count}");
			return Ok(refused(Reason::BadCount, msg));
		}
		for asset in &request.assets {
			if let Err(why) = well_formed(asset, circumstances) {
				return Ok(Err(why));
			}
		}
		let more = u64::try_from(count).unwrap_or(u64::MAX);
		let (all, of_one) = (self.open.len()?, self.open_of(request.household)?);
		if all.saturating_add(more) > MAX_OPEN || of_one.saturating_add(more) > MAX_OPEN_OF_ONE {
			return Ok(refused(Reason::QueueFull, "too many withdrawals wait: ask again later"));
		}
		let now = circumstances.now;
		let mut plans = Vec::new();
		for kind in [AssetKind::Production, AssetKind::Consumption] {
			let booked = self.booked_of(request.household, kind, now)?;
			match within(&booked, kind, &circumstances.member, request) {
				Ok(plan) => plans.push(plan),
				Err(why) => return Ok(Err(why)),
			}
		}
		let money = match self.affordable(request, circumstances)? {
			Ok(money) => money,
			Err(why) => return Ok(Err(why)),
		};
		let (consumption, production) =
			(plans.pop().unwrap_or_default(), plans.pop().unwrap_or_default());
		Ok(Ok(Plan { production, consumption, money }))
	}

	fn affordable(
		&self,
		request: &WithdrawAssets,
		circumstances: &Circumstances,
	) -> StoreResult<Result<Balance, Refused>> {
		let amounts = request.assets.iter().filter_map(|asset| match asset {
			Asset::Financial { amount } => Some(*amount),
			Asset::Energy { .. } => None,
		});
		let Some(money) = amounts.into_iter().try_fold(0, Balance::checked_add) else {
			return Ok(refused(Reason::FinancialLimitExceeded, "more money than there is"));
		};
		if money == 0 {
			return Ok(Ok(0));
		}
		let change = circumstances.member.in_force(circumstances.now);
		let limit = match permitted(change, circumstances.now) {
			Ok(change) => change.limits.max_financial,
			Err(why) => return Ok(Err(why)),
		};
		let period = circumstances.period();
		let spent = self.spent.get((request.household, period))?.map_or(0, |spent| spent.value());
		if spent.checked_add(money).is_none_or(|sum| sum > limit) {
			let msg = format!(
				"at most {limit} units of money in a billing period; {spent} were withdrawn in this one, and {money} \
				 are asked for"
			);
			return Ok(refused(Reason::FinancialLimitExceeded, msg));
		}
		let (withdrawn, deposited) = self.balance(request.household)?;
		let available = available(withdrawn, deposited, circumstances.credit());
		if money > available {
			let msg =
				format!("{available} units of money are available, and {money} are asked for");
			return Ok(refused(Reason::InsufficientFunds, msg));
		}
		Ok(Ok(money))
	}

	pub(super) fn balance(&self, household: MeterId) -> StoreResult<(Balance, Balance)> {
		Ok(self.balances.get(household)?.map_or((0, 0), |balance| balance.value()))
	}

	/// Books a withdrawal and queues its submissions: the first one's number, and how many.
	fn take(
		&mut self,
		request: &WithdrawAssets,
		circumstances: &Circumstances,
		plan: Plan,
	) -> StoreResult<(u64, u32)> {
		let household = request.household;
		self.book(household, AssetKind::Production, &plan.production)?;
		self.book(household, AssetKind::Consumption, &plan.consumption)?;
		let period = circumstances.period();
		if plan.money > 0 {
			let spent = self.spent.get((household, period))?.map_or(0, |spent| spent.value());
			self.spent.insert((household, period), spent.saturating_add(plan.money))?;
			let (withdrawn, deposited) = self.balance(household)?;
			self.balances
				.insert(household, (withdrawn.saturating_add(plan.money), deposited))?;
		}
		let last = self.jobs.last()?.map(|(number, _)| number.value());
		let first = last.map_or(0, |last| last.saturating_add(1));
		let mut number = first;
		for asset in &request.assets {
			let job = Job {
				household,
				id: request.id,
				feeder: circumstances.member.feeder,
				asset: *asset,
				anon_address: request.anon_address,
				period,
				state: JobState::Waiting,
			};
			self.jobs.insert(number, job.encode().as_slice())?;
			self.open.insert(number, ())?;
			self.jobs_of.insert((household, number), ())?;
			number = number.saturating_add(1);
		}
		let count = number.saturating_sub(first);
		let open = self.open_of(household)?.saturating_add(count);
		self.open_of.insert(household, open)?;
		Ok((first, u32::try_from(count).unwrap_or(u32::MAX)))
	}

	/// How many of a household's submissions are not final.
	pub(super) fn open_of(&self, household: MeterId) -> StoreResult<u64> {
		Ok(self.open_of.get(household)?.map_or(0, |open| open.value()))
	}

	/// Gross power withdrawn from `now` on.
	pub(super) fn booked_of(
		&self,
		household: MeterId,
		kind: AssetKind,
		now: Timestep,
	) -> StoreResult<StepFunction> {
		let Some(bytes) = self.booked.get((household, number_of(kind)))? else {
			return Ok(StepFunction::zero());
		};
		let pieces: Pieces = decoded(bytes.value(), "withdrawals")?;
		let sum =
			StepFunction::sum(pieces.0).map_err(|_| super::StoreError::Damaged("withdrawals"))?;
		Ok(sum.restrict(now, Timestep::MAX))
	}

	pub(super) fn book(
		&mut self,
		household: MeterId,
		kind: AssetKind,
		booked: &StepFunction,
	) -> StoreResult<()> {
		let pieces = Pieces(booked.pieces().collect());
		self.booked.insert((household, number_of(kind)), pieces.encode().as_slice())?;
		Ok(())
	}

	/// Gives back what a submission took, because the ledger refused it.
	pub(super) fn give_back(&mut self, job: &Job, now: Timestep) -> StoreResult<()> {
		let household = job.household;
		match job.asset {
			Asset::Energy { kind, power, start, end } => {
				let booked = self.booked_of(household, kind, now)?;
				let given = StepFunction::constant(start, end, power.into())
					.map(|given| given.restrict(now, Timestep::MAX));
				if let Some(less) = given.ok().and_then(|given| booked.subtract(&given).ok()) {
					self.book(household, kind, &less.maximum(&StepFunction::zero()))?;
				}
			},
			Asset::Financial { amount } => {
				let spent =
					self.spent.get((household, job.period))?.map_or(0, |spent| spent.value());
				self.spent.insert((household, job.period), spent.saturating_sub(amount))?;
				let (withdrawn, deposited) = self.balance(household)?;
				self.balances.insert(household, (withdrawn.saturating_sub(amount), deposited))?;
			},
		}
		Ok(())
	}
}

/// Pieces of a step function.
#[derive(Encode, Decode)]
struct Pieces(Vec<(Timestep, Timestep, petra_schedule::Value)>);

fn number_of(kind: AssetKind) -> u8 {
	match kind {
		AssetKind::Production => 0,
		AssetKind::Consumption => 1,
	}
}

/// Money that a household can withdraw: what it deposited and its credit, less what it withdrew.
pub(super) fn available(withdrawn: Balance, deposited: Balance, credit: Balance) -> Balance {
	deposited.saturating_add(credit).saturating_sub(withdrawn)
}

/// Whether the ledger would take the asset, whoever asks for it.
fn well_formed(asset: &Asset, circumstances: &Circumstances) -> Result<(), Refused> {
	let (parameters, now) = (&circumstances.parameters, circumstances.now);
	match *asset {
		Asset::Financial { amount: 0 } => refused(Reason::BadAsset, "an amount of zero"),
		Asset::Financial { .. } => Ok(()),
		Asset::Energy { start, end, .. } if end < start => refused(
			Reason::BadAsset,
			format!("the asset ends at {end} before it starts at {start}"),
		),
		Asset::Energy { power, .. }
			if power == 0 || power.checked_rem(parameters.power_lot) != Some(0) =>
		{
			let lot = parameters.power_lot;
			refused(Reason::BadAsset, format!("{power} W is not a positive multiple of {lot} W"))
		},
		Asset::Energy { start, .. } if start <= now.saturating_add(parameters.gate_lead) => {
			let open = now.saturating_add(parameters.gate_lead).saturating_add(1);
			refused(
				Reason::NotOpen,
				format!("timestep {start} is not open: the first that is, is {open}"),
			)
		},
		Asset::Energy { end, .. } if end > now.saturating_add(parameters.horizon) => {
			let last = now.saturating_add(parameters.horizon);
			refused(
				Reason::BeyondHorizon,
				format!("timestep {end} is too far ahead: the last is {last}"),
			)
		},
		Asset::Energy { .. } => Ok(()),
	}
}

/// What is in force in timestep `t`, if the DSO may withdraw then.
fn permitted(change: Option<&Change>, t: Timestep) -> Result<&Change, Refused> {
	match change {
		Some(change) if change.authorized && change.path == Path::Meter => {
			let msg =
				format!("at timestep {t} this household's meter withdraws for it, not the DSO");
			refused(Reason::WrongPath, msg)
		},
		Some(change) if change.authorized && change.dso_from <= t => Ok(change),
		Some(change) if change.authorized => {
			let msg = format!(
				"its meter has withdrawn for timesteps before {}: until then the DSO does not",
				change.dso_from
			);
			refused(Reason::WrongPath, msg)
		},
		_ => {
			let msg = format!("this household is not authorised at timestep {t}");
			refused(Reason::NotAuthorized, msg)
		},
	}
}

/// The power withdrawn with the new assets, if it is at most the limit at each of their timesteps.
fn within(
	booked: &StepFunction,
	kind: AssetKind,
	member: &Member,
	request: &WithdrawAssets,
) -> Result<StepFunction, Refused> {
	let new = request.assets.iter().filter_map(|asset| match *asset {
		Asset::Energy { kind: of, power, start, end } if of == kind => {
			Some((start, end, petra_schedule::Value::from(power)))
		},
		_ => None,
	});
	let too_much = || (Reason::LimitExceeded, "more power than there is".to_string());
	let new = StepFunction::sum(new).map_err(|_| too_much())?;
	let sum = booked.add(&new).map_err(|_| too_much())?;
	for (from, to, _) in new.pieces() {
		for (start, end, change) in member.runs(from, to) {
			let limit = permitted(change.as_ref(), start)?.limit(kind);
			let most = sum.max_value(start, end);
			if most > petra_schedule::Value::from(limit) {
				let what = match kind {
					AssetKind::Production => "production",
					AssetKind::Consumption => "consumption",
				};
				let msg = format!(
					"at most {limit} W of {what} may be withdrawn in a timestep; from {start} to {end} it would be \
					 {most} W"
				);
				return refused(Reason::LimitExceeded, msg);
			}
		}
	}
	if sum.pieces().count() > MAX_PIECES {
		return refused(Reason::QueueFull, "too many withdrawals of different intervals lie ahead");
	}
	Ok(sum)
}
