//! Deposits: whose they are, and claims of those that nobody knows. What meters sign: bills and flags.

use super::{decoded, tables::Tables, FlagRecord, Screened, Store, StoreResult};
use crate::{
	billing::{Bill, Change, Entry, Flag, Signed},
	service::{
		messages::{
			message_digest, Answer, Asked, Claim, DepositAddresses, Done, Receipt, Refusal,
			RequestId,
		},
		Desk, Reason,
	},
	types::MeterId,
	AccountId32,
};
use codec::Encode;
use redb::ReadableTable;
use sp_io::hashing::blake2_128;

impl Store {
	/// Takes a household's addresses down, and credits what was deposited from them before. All signatures have been checked.
	///
	/// # Errors
	/// [`StoreError`](super::StoreError): then nothing has happened, or all.
	pub(crate) fn deposit_addresses(
		&self,
		desk: &Desk,
		asked: &Asked,
		request: &DepositAddresses,
		time: u64,
	) -> StoreResult<Vec<u8>> {
		let household = request.household;
		let addresses: Vec<_> = request.addresses.iter().map(|own| own.address).collect();
		self.answer_once(desk, asked, time, |tables| {
			for address in &addresses {
				if let Err(refused) = tables.may_own(household, address)? {
					return Ok(Err(refused));
				}
			}
			let mut credited: u32 = 0;
			for address in &addresses {
				credited = credited.saturating_add(tables.own(household, address)?);
			}
			Ok(Ok(Done::DepositAddresses { credited }))
		})
	}

	/// Credits what was deposited from an address, now and from now on. The address's signature has been checked.
	///
	/// # Errors
	/// [`StoreError`](super::StoreError): then nothing has happened, or all.
	pub(crate) fn claim(
		&self,
		desk: &Desk,
		asked: &Asked,
		request: &Claim,
		time: u64,
	) -> StoreResult<Vec<u8>> {
		// Whoever claims is not the household: it cannot use up the household's numbers.
		let id = RequestId(blake2_128(&(request.address, request.id).encode()));
		let mut asked = *asked;
		asked.head.id = id;
		self.answer_once(desk, &asked, time, |tables| {
			if let Err(refused) = tables.may_own(request.household, &request.address)? {
				return Ok(Err(refused));
			}
			if tables.unclaimed_of(&request.address)?.is_empty() {
				let msg = "nothing was deposited from this address that is not credited yet";
				return Ok(Err((Reason::NothingToClaim, msg.into())));
			}
			let credited = tables.own(request.household, &request.address)?;
			Ok(Ok(Done::Claim { credited }))
		})
	}

	/// Answers a request that has not been answered, and keeps the answer. `act` changes nothing if it refuses.
	fn answer_once(
		&self,
		desk: &Desk,
		asked: &Asked,
		time: u64,
		act: impl FnOnce(&mut Tables<'_>) -> StoreResult<Result<Done, (Reason, String)>>,
	) -> StoreResult<Vec<u8>> {
		let (household, request) = (asked.head.household, asked.digest);
		let refusal =
			|(reason, msg)| desk.sign(Answer::Refused(Refusal { msg, reason, request, time }));
		let transaction = self.begin()?;
		let answer = {
			let mut tables = Tables::open(&transaction)?;
			match tables.screen(asked, (time, desk.window))? {
				Screened::Answered(answer) => return desk.repeat(answer, asked),
				Screened::Refused(reason, msg) => return Ok(refusal((reason, msg))),
				Screened::New => (),
			}
			let done = act(&mut tables)?;
			let accepted = done.is_ok();
			let answer = match done {
				Ok(done) => desk.sign(Answer::Receipt(Receipt { request, household, time, done })),
				Err(refused) => refusal(refused),
			};
			tables.remember(asked, Some(answer.clone()), accepted)?;
			answer
		};
		self.commit(transaction)?;
		Ok(answer)
	}

	/// Files a bill that a meter signed; its signature has been checked.
	///
	/// # Errors
	/// [`StoreError`](super::StoreError).
	pub(crate) fn file_bill(
		&self,
		desk: &Desk,
		bill: &Signed<Bill>,
		household: MeterId,
		time: u64,
	) -> StoreResult<Vec<u8>> {
		let request = message_digest(&desk.realm, bill);
		let period = bill.content.period();
		let receipt = || {
			let done = Done::Bill { period };
			desk.sign(Answer::Receipt(Receipt { request, household, time, done }))
		};
		let transaction = self.begin()?;
		{
			let mut tables = Tables::open(&transaction)?;
			let filed = tables.bills.get((household, period))?.map(|filed| filed.value().to_vec());
			if let Some(filed) = filed {
				let filed: Signed<Bill> = decoded(&filed, "bill")?;
				if filed.content == bill.content {
					return Ok(receipt());
				}
				let msg = "there is another bill for this period already".into();
				let reason = Reason::AlreadyBilled;
				return Ok(desk.sign(Answer::Refused(Refusal { msg, reason, request, time })));
			}
			tables.bills.insert((household, period), bill.encode().as_slice())?;
		}
		self.commit(transaction)?;
		Ok(receipt())
	}

	/// Keeps a flag that a meter signed, one of each household and billing period: the answer, and whether it was kept now.
	/// Its signature has been checked.
	///
	/// # Errors
	/// [`StoreError`](super::StoreError): then nothing has happened, or all.
	pub(crate) fn file_flag(
		&self,
		desk: &Desk,
		flag: &Signed<Flag>,
		period: u64,
		time: u64,
	) -> StoreResult<(Vec<u8>, bool)> {
		let request = message_digest(&desk.realm, flag);
		let Flag { meter: household, timestep, .. } = flag.content;
		let transaction = self.begin()?;
		let receipt = {
			let mut tables = Tables::open(&transaction)?;
			let filed = tables.flags.get((household, period))?.map(|filed| filed.value().to_vec());
			if let Some(filed) = filed {
				let filed: FlagRecord = decoded(&filed, "flag")?;
				if filed.flag.content == flag.content {
					return Ok((filed.receipt, false));
				}
				let at = filed.flag.content.timestep;
				let msg = format!("timestep {at} of this billing period is flagged already");
				let reason = Reason::AlreadyFlagged;
				let refusal = Answer::Refused(Refusal { msg, reason, request, time });
				return Ok((desk.sign(refusal), false));
			}
			let done = Done::Flag { timestep };
			let receipt = desk.sign(Answer::Receipt(Receipt { request, household, time, done }));
			let record = FlagRecord { flag: flag.clone(), receipt };
			tables.flags.insert((household, period), record.encode().as_slice())?;
			record.receipt
		};
		self.commit(transaction)?;
		Ok((receipt, true))
	}
}

impl Tables<'_> {
	/// Whether an address is nobody else's.
	fn may_own(
		&self,
		household: MeterId,
		address: &AccountId32,
	) -> StoreResult<Result<(), (Reason, String)>> {
		let owner = self.addresses.get(address.0)?.map(|owner| owner.value());
		if owner.is_none_or(|owner| owner == household) {
			return Ok(Ok(()));
		}
		Ok(Err((Reason::AddressTaken, format!("{address} is another household's"))))
	}

	/// Deposits of an address that are not credited yet, by their numbers.
	fn unclaimed_of(&self, address: &AccountId32) -> StoreResult<Vec<(u64, Entry)>> {
		let mut unclaimed = Vec::new();
		for deposit in self.unclaimed.range((address.0, 0)..=(address.0, u64::MAX))? {
			let (key, entry) = deposit?;
			unclaimed.push((key.value().1, decoded(entry.value(), "deposit")?));
		}
		Ok(unclaimed)
	}

	/// Makes an address a household's: how many of its deposits are credited now.
	fn own(&mut self, household: MeterId, address: &AccountId32) -> StoreResult<u32> {
		self.addresses.insert(address.0, household)?;
		let unclaimed = self.unclaimed_of(address)?;
		let credited = u32::try_from(unclaimed.len()).unwrap_or(u32::MAX);
		for (number, entry) in unclaimed {
			self.unclaimed.remove((address.0, number))?;
			self.credit(household, &entry)?;
		}
		Ok(credited)
	}

	/// A deposit on the ledger: to the account of the household that said that the address is its own, or unclaimed.
	pub(super) fn deposited(&mut self, deposit: &Entry) -> StoreResult<()> {
		let address = deposit.address.0;
		let owner = self.addresses.get(address)?.map(|owner| owner.value());
		if let Some(household) = owner {
			return self.credit(household, deposit);
		}
		let last = self
			.unclaimed
			.range((address, 0)..=(address, u64::MAX))?
			.next_back()
			.transpose()?;
		let number = last.map_or(0, |(key, _)| key.value().1.saturating_add(1));
		self.unclaimed.insert((address, number), deposit.encode().as_slice())?;
		Ok(())
	}

	fn credit(&mut self, household: MeterId, deposit: &Entry) -> StoreResult<()> {
		if let Change::MoneyDeposited(amount) = deposit.change {
			let (withdrawn, deposited) = self.balance(household)?;
			self.balances.insert(household, (withdrawn, deposited.saturating_add(amount)))?;
		}
		self.enter(household, deposit)
	}

	/// Writes a line into a household's account.
	pub(super) fn enter(&mut self, household: MeterId, entry: &Entry) -> StoreResult<()> {
		let last = self
			.entries
			.range((household, 0)..=(household, u64::MAX))?
			.next_back()
			.transpose()?;
		let number = last.map_or(0, |(key, _)| key.value().1.saturating_add(1));
		self.entries.insert((household, number), entry.encode().as_slice())?;
		Ok(())
	}
}
