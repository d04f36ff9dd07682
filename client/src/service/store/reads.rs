//! What a household asks to see.

use super::{
	decoded,
	tables::{Tables, BALANCES, BILLS, ENTRIES, FLAGS, JOBS, JOBS_OF, REQUESTS, UNCLAIMED},
	withdrawals::available,
	FlagRecord, Job, RequestRecord, Screened, Store, StoreResult,
};
use crate::{
	billing::{Entry, Flag, Signed},
	service::{
		messages::{
			Answer, Asked, Bills, Done, Receipt, Refusal, RequestId, SignedAnswer, Statement,
			Submission,
		},
		Desk,
	},
	types::{Balance, MeterId},
	H256,
};
use redb::{ReadableDatabase, ReadableTable};

/// The most entries in one answer.
pub const MAX_ENTRIES: usize = 1_000;
/// The most submissions in one answer.
pub const MAX_SUBMISSIONS: usize = 200;
/// The most bills in one answer.
const MAX_BILLS: usize = 24;

impl Store {
	/// Uses up the number of a question: it is answered once. A signed refusal, if it cannot be asked.
	///
	/// # Errors
	/// [`StoreError`](super::StoreError).
	pub(crate) fn ask(
		&self,
		desk: &Desk,
		asked: &Asked,
		time: u64,
	) -> StoreResult<Result<(), Vec<u8>>> {
		let refusal = |reason, msg| {
			desk.sign(Answer::Refused(Refusal { msg, reason, request: asked.digest, time }))
		};
		let transaction = self.begin()?;
		{
			let mut tables = Tables::open(&transaction)?;
			match tables.screen(asked, (time, desk.window))? {
				Screened::New => (),
				Screened::Answered(_) => {
					let msg = "this request id was used before: give each request one of its own";
					return Ok(Err(refusal(crate::service::Reason::AlreadyUsed, msg.into())));
				},
				Screened::Refused(reason, msg) => return Ok(Err(refusal(reason, msg))),
			}
			tables.remember(asked, None, false)?;
		}
		self.commit(transaction)?;
		Ok(Ok(()))
	}

	/// A household's account.
	///
	/// # Errors
	/// [`StoreError`](super::StoreError).
	pub(crate) fn statement(
		&self,
		(household, credit): (MeterId, Balance),
		(request, time, after): (H256, u64, u64),
	) -> StoreResult<Statement> {
		let block = self.followed()?.unwrap_or_default();
		let transaction = self.database.begin_read()?;
		let balance = transaction.open_table(BALANCES)?.get(household)?.map(|value| value.value());
		let (withdrawn, deposited) = balance.unwrap_or_default();
		let jobs = transaction.open_table(JOBS)?;
		let mut submissions = Vec::new();
		let numbers = transaction.open_table(JOBS_OF)?;
		for number in numbers
			.range((household, 0)..=(household, u64::MAX))?
			.rev()
			.take(MAX_SUBMISSIONS)
		{
			let number = number?.0.value().1;
			if let Some(job) = jobs.get(number)? {
				submissions.push(decoded::<Job>(job.value(), "submission")?.submission(number));
			}
		}
		let table = transaction.open_table(ENTRIES)?;
		let (mut entries, mut next) = (Vec::new(), None);
		for entry in table.range((household, after)..=(household, u64::MAX))? {
			let (key, entry) = entry?;
			if entries.len() == MAX_ENTRIES {
				next = Some(key.value().1);
				break;
			}
			entries.push(decoded::<Entry>(entry.value(), "entry")?);
		}
		let available = available(withdrawn, deposited, credit);
		Ok(Statement {
			household,
			request,
			time,
			block,
			withdrawn,
			deposited,
			available,
			submissions,
			entries,
			next,
		})
	}

	/// A household's account without entries, with the submissions of one withdrawal alone.
	///
	/// # Errors
	/// [`StoreError`](super::StoreError).
	pub(crate) fn statement_of_withdrawal(
		&self,
		of: (MeterId, Balance),
		(request, time, id): (H256, u64, RequestId),
	) -> StoreResult<Statement> {
		// No entries: there is none after the last number.
		let statement = self.statement(of, (request, time, u64::MAX))?;
		Ok(Statement { submissions: self.submissions(of.0, id)?, ..statement })
	}

	/// The submissions that a withdrawal's receipt promises, the newest first; none if this was no withdrawal of the
	/// household's, or was refused. Receipts are never forgotten.
	fn submissions(&self, household: MeterId, id: RequestId) -> StoreResult<Vec<Submission>> {
		let transaction = self.database.begin_read()?;
		let requests = transaction.open_table(REQUESTS)?;
		let Some(record) = requests.get((household, id.0))? else { return Ok(Vec::new()) };
		let RequestRecord { answer: Some(answer), .. } = decoded(record.value(), "request")? else {
			return Ok(Vec::new());
		};
		let SignedAnswer { answer, .. } = decoded(&answer, "answer")?;
		let Answer::Receipt(Receipt { done: Done::Withdrawal { first, count, .. }, .. }) = answer
		else {
			return Ok(Vec::new());
		};
		let jobs = transaction.open_table(JOBS)?;
		let mut submissions = Vec::new();
		for number in (first..first.saturating_add(count.into())).rev() {
			if let Some(job) = jobs.get(number)? {
				submissions.push(decoded::<Job>(job.value(), "submission")?.submission(number));
			}
		}
		Ok(submissions)
	}

	/// A household's bills.
	///
	/// # Errors
	/// [`StoreError`](super::StoreError).
	pub(crate) fn bills(
		&self,
		household: MeterId,
		(request, time, after): (H256, u64, u64),
	) -> StoreResult<Bills> {
		let transaction = self.database.begin_read()?;
		let table = transaction.open_table(BILLS)?;
		let (mut bills, mut next) = (Vec::new(), None);
		for bill in table.range((household, after)..=(household, u64::MAX))? {
			let (key, bill) = bill?;
			if bills.len() == MAX_BILLS {
				next = Some(key.value().1);
				break;
			}
			bills.push(decoded(bill.value(), "bill")?);
		}
		Ok(Bills { household, request, time, bills, next })
	}

	/// Deposits that nobody claimed, for the DSO: at most `limit`.
	///
	/// # Errors
	/// [`StoreError`](super::StoreError).
	pub fn unclaimed(&self, limit: usize) -> StoreResult<Vec<Entry>> {
		let transaction = self.database.begin_read()?;
		let table = transaction.open_table(UNCLAIMED)?;
		let mut unclaimed = Vec::new();
		for entry in table.iter()?.take(limit) {
			unclaimed.push(decoded(entry?.1.value(), "deposit")?);
		}
		Ok(unclaimed)
	}

	/// Mismatches that meters have flagged, for the DSO, by household and billing period: at most `limit`.
	///
	/// # Errors
	/// [`StoreError`](super::StoreError).
	pub fn flags(&self, limit: usize) -> StoreResult<Vec<Signed<Flag>>> {
		let transaction = self.database.begin_read()?;
		let table = transaction.open_table(FLAGS)?;
		let mut flags = Vec::new();
		for record in table.iter()?.take(limit) {
			flags.push(decoded::<FlagRecord>(record?.1.value(), "flag")?.flag);
		}
		Ok(flags)
	}
}
