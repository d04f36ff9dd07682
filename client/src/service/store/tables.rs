//! The tables of the database. Values are SCALE unless they are numbers.

use super::StoreResult;
use redb::{Table, TableDefinition, WriteTransaction};

type Bytes = &'static [u8];
/// An address, as a key.
type Address = [u8; 32];
/// A request's number, as a key.
type Id = [u8; 16];

/// The file's identity, the last block that is counted, the account's number after it, units and times.
pub const META: TableDefinition<&str, Bytes> = TableDefinition::new("meta");
/// Household → what the ledger says of it.
pub const MEMBERS: TableDefinition<u32, Bytes> = TableDefinition::new("members");
/// (Household, request's number) → [`super::RequestRecord`].
pub const REQUESTS: TableDefinition<(u32, Id), Bytes> = TableDefinition::new("requests");
/// (Time, household, request's number) of requests that can be forgotten.
pub const EXPIRY: TableDefinition<(u64, u32, Id), ()> = TableDefinition::new("expiry");
/// Number → [`super::Job`].
pub const JOBS: TableDefinition<u64, Bytes> = TableDefinition::new("jobs");
/// Numbers of jobs that are not final.
pub const OPEN: TableDefinition<u64, ()> = TableDefinition::new("open");
/// Household → how many of its jobs are not final.
pub const OPEN_OF: TableDefinition<u32, u64> = TableDefinition::new("open_of");
/// Numbers of jobs that are signed: what may be in a block.
pub const SIGNED: TableDefinition<u64, ()> = TableDefinition::new("signed");
/// (Household, number) of its jobs.
pub const JOBS_OF: TableDefinition<(u32, u64), ()> = TableDefinition::new("jobs_of");
/// (Household, kind) → gross power withdrawn, as pieces `(start, end, watts)`.
pub const BOOKED: TableDefinition<(u32, u8), Bytes> = TableDefinition::new("booked");
/// (Household, billing period) → money withdrawn in it.
pub const SPENT: TableDefinition<(u32, u64), u128> = TableDefinition::new("spent");
/// Household → money ever withdrawn and deposited.
pub const BALANCES: TableDefinition<u32, (u128, u128)> = TableDefinition::new("balances");
/// Address → the household that deposits from it.
pub const ADDRESSES: TableDefinition<Address, u32> = TableDefinition::new("addresses");
/// (Address, number) → a deposit that nobody claimed.
pub const UNCLAIMED: TableDefinition<(Address, u64), Bytes> = TableDefinition::new("unclaimed");
/// (Household, number) → a withdrawal or a deposit.
pub const ENTRIES: TableDefinition<(u32, u64), Bytes> = TableDefinition::new("entries");
/// (Household, billing period) → the bill that its meter signed.
pub const BILLS: TableDefinition<(u32, u64), Bytes> = TableDefinition::new("bills");
/// (Household, billing period) → the flag that its meter signed: [`super::FlagRecord`].
pub const FLAGS: TableDefinition<(u32, u64), Bytes> = TableDefinition::new("flags");

/// All tables, in one change.
pub struct Tables<'t> {
	pub meta: Table<'t, &'static str, Bytes>,
	pub members: Table<'t, u32, Bytes>,
	pub requests: Table<'t, (u32, Id), Bytes>,
	pub expiry: Table<'t, (u64, u32, Id), ()>,
	pub jobs: Table<'t, u64, Bytes>,
	pub open: Table<'t, u64, ()>,
	pub open_of: Table<'t, u32, u64>,
	pub signed: Table<'t, u64, ()>,
	pub jobs_of: Table<'t, (u32, u64), ()>,
	pub booked: Table<'t, (u32, u8), Bytes>,
	pub spent: Table<'t, (u32, u64), u128>,
	pub balances: Table<'t, u32, (u128, u128)>,
	pub addresses: Table<'t, Address, u32>,
	pub unclaimed: Table<'t, (Address, u64), Bytes>,
	pub entries: Table<'t, (u32, u64), Bytes>,
	pub bills: Table<'t, (u32, u64), Bytes>,
	pub flags: Table<'t, (u32, u64), Bytes>,
}

impl<'t> Tables<'t> {
	pub fn open(transaction: &'t WriteTransaction) -> StoreResult<Self> {
		Ok(Self {
			meta: transaction.open_table(META)?,
			members: transaction.open_table(MEMBERS)?,
			requests: transaction.open_table(REQUESTS)?,
			expiry: transaction.open_table(EXPIRY)?,
			jobs: transaction.open_table(JOBS)?,
			open: transaction.open_table(OPEN)?,
			open_of: transaction.open_table(OPEN_OF)?,
			signed: transaction.open_table(SIGNED)?,
			jobs_of: transaction.open_table(JOBS_OF)?,
			booked: transaction.open_table(BOOKED)?,
			spent: transaction.open_table(SPENT)?,
			balances: transaction.open_table(BALANCES)?,
			addresses: transaction.open_table(ADDRESSES)?,
			unclaimed: transaction.open_table(UNCLAIMED)?,
			entries: transaction.open_table(ENTRIES)?,
			bills: transaction.open_table(BILLS)?,
			flags: transaction.open_table(FLAGS)?,
		})
	}
}
