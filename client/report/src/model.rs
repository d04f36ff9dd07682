//! `report.json`: what a simulation was given, what it disclosed, and what came of it.
//!
//! [`Figures`] and [`Check`]s follow from [`Setting`], [`Inputs`] and the blocks of any node of the network; whoever has the
//! blocks recomputes them (`petra verify-report`). Powers are mean watts over a timestep, energies watt·timesteps, money
//! billionths of a EUR, prices money units per watt and timestep, times of blocks milliseconds of Unix time. Numbers that may
//! not fit into a double are written as text.

use crate::text;
use serde::{Deserialize, Serialize};

/// A simulation, all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
	/// What was simulated, where and how.
	pub setting: Setting,
	/// What only the households, the DSO and the watching program know, disclosed so that the figures can be recomputed.
	pub inputs: Inputs,
	/// What follows from these and from the blocks.
	pub figures: Figures,
	/// What must hold, and whether it does.
	pub checks: Vec<Check>,
}

/// What was simulated, where and how. What the ledger tells of it is compared with the ledger; `docs/reports.md` lists what
/// nobody can verify.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Setting {
	/// The command line.
	pub command: String,
	/// Version and commit of the tool.
	pub version: String,
	/// The machine.
	pub machine: Machine,
	/// What made-up numbers were drawn from.
	pub seed: u64,
	/// When it began, as `2026-11-25 04:46 UTC`.
	pub began: String,
	/// The profile.
	pub profile: ProfileSetting,
	/// The chain.
	pub chain: Chain,
	/// How energy is traded.
	pub market: Market,
	/// Who creates assets for households: `meter` (P1) or `dso` (P3).
	pub path: String,
	/// Mixing; none: switched off.
	pub mixing: Option<MixingSetting>,
	/// Standard deviation of predictions around what was measured, as a share of it.
	pub forecast_error: f64,
	/// The timestep for the profile's first row.
	pub first_timestep: u64,
	/// The timestep for the profile's last row.
	pub last_timestep: u64,
	/// First timestep of the bills: earlier than the first row, as money is withdrawn before.
	pub bill_first: u64,
	/// Last timestep of the bills: later than the last row, as money is deposited after.
	pub bill_last: u64,
	/// First block that counts.
	pub first_block: u64,
	/// Last block that counts.
	pub last_block: u64,
	/// Its hash, in hexadecimal: whose chain it is.
	pub last_hash: String,
}

/// The machine on which all processes ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Machine {
	/// What its processor is called.
	pub processor: String,
	/// How many cores it has.
	pub cores: u32,
	/// Its memory, in bytes.
	pub memory: u64,
}

/// The profile that was replayed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileSetting {
	/// The file's name.
	pub name: String,
	/// What its values were taken for: `kW` (mean over the interval) or `kWh` (in the interval).
	pub unit: String,
	/// Minutes of a row.
	pub interval_minutes: u32,
	/// Beginning of the first row that was replayed, `14:15`.
	pub from: String,
	/// End of the last row that was replayed, `17:45`.
	pub to: String,
}

/// The chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Chain {
	/// Hash of its first block, in hexadecimal.
	pub genesis: String,
	/// Version of its runtime.
	pub spec_version: u32,
	/// How many validators make blocks after the last block that counts.
	pub validators: u32,
	/// Milliseconds of a timestep.
	pub timestep_ms: u64,
	/// Watts of which powers are multiples.
	pub power_lot: u64,
	/// Timesteps before a timestep in which it cannot be traded any more.
	pub gate_lead: u64,
}

/// How energy is traded, in all of the profile's timesteps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Market {
	/// `fixedPrice`, `firstComeFirstServed` or `doubleAuction`.
	pub mode: String,
	/// The price, where it is fixed.
	pub fixed_price: Option<u64>,
	/// What the DSO sells at.
	pub price_consumption: u64,
	/// What the DSO buys at.
	pub price_production: u64,
}

/// How notes were mixed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MixingSetting {
	/// The least members of a ring, after the last block that counts.
	pub min_ring_size: u32,
	/// The least age of a ring's revision, in blocks.
	pub min_ring_age: u32,
	/// Timesteps of a note.
	pub stretch: u64,
	/// What each household withdraws and mixes for each stretch, in words: `EPA 3200 W`.
	pub basket: Vec<String>,
	/// Whether what was traded is mixed again before it is deposited.
	pub again: bool,
}

/// What was disclosed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inputs {
	/// The households, in the order of the profile's columns.
	pub households: Vec<Household>,
	/// When blocks became final, as the watching program saw it: what no block says.
	pub finality: Vec<Finalized>,
	/// The most memory that processes of a kind had in use, in bytes.
	pub memory: Vec<Memory>,
	/// Processes that ended and were started again, in order.
	pub interruptions: Vec<Interruption>,
}

/// One household.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Household {
	/// The column's name, made unique: `7/7`, `7/7 (2)`.
	pub name: String,
	/// Its meter's number.
	pub meter: u32,
	/// Its meter's key, as an address.
	pub key: String,
	/// Its feeder.
	pub feeder: u32,
	/// Net consumption of each row, in mean watts; below zero, it fed in.
	pub measured: Vec<i64>,
	/// What its agent expected, likewise.
	pub predicted: Vec<i64>,
	/// All addresses at which it withdrew or from which it deposited; it may disclose others.
	pub addresses: Vec<String>,
	/// The bill that its meter signed, with the figures of each timestep.
	pub bill: SignedBill,
}

/// A bill as the meter signed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedBill {
	/// The signed bill, SCALE-encoded, in hexadecimal.
	pub bytes: String,
	/// What it asks for: below zero, what the DSO owes.
	#[serde(with = "text")]
	pub owed: i128,
}

/// When a block was seen to be final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finalized {
	/// The block.
	pub block: u64,
	/// When.
	pub at: u64,
}

/// The most memory that one process of a kind had in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Memory {
	/// `node`, `meter`, `prosumer`, `dso`.
	pub process: String,
	/// How many there were.
	pub count: u32,
	/// Bytes of the largest.
	pub largest: u64,
}

/// A process that ended before its work was done, or a node that did not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Interruption {
	/// When.
	pub at: u64,
	/// Which, and what is known of how.
	pub what: String,
}

/// What follows from the blocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Figures {
	/// The profile's rows.
	pub intervals: Vec<Interval>,
	/// The whole of it.
	pub totals: Totals,
	/// Times from an offer's posting to its acceptance.
	pub clearing: Clearing,
	/// Each exchange of energy, in order.
	pub trades: Vec<Trade>,
	/// What households owe.
	pub bills: Vec<BillFigures>,
	/// Feeders with their loads.
	pub feeders: Vec<Feeder>,
	/// How well households were hidden.
	pub anonymity: Anonymity,
	/// What the chain had to do.
	pub load: Load,
}

/// One row of the profile. What a household committed to is what it sold or bought, as its EPA say: those that it deposited
/// less those that it withdrew are what it bought; below zero, what it sold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Interval {
	/// Its timestep.
	pub timestep: u64,
	/// When it begins in the profile, `14:15`.
	pub time: String,
	/// Sum of what households drew, net.
	pub load: u64,
	/// Sum of what households fed in, net.
	pub generation: u64,
	/// What households sold to one another.
	pub traded: u64,
	/// What came from neighbours: the least of what a household drew and what it had bought, summed.
	pub local: u64,
	/// What the DSO delivered: the sum of all `E` above zero.
	pub from_dso: u64,
	/// What the DSO took: the sum of all `E` below zero, without the sign.
	pub to_dso: u64,
	/// Power offered for sale and not sold: for each address the most that it had on offer at once and had sold, less what it
	/// sold. What was taken back and offered again counts once.
	pub unmatched_asks: u64,
	/// Power bid for and not bought, likewise.
	pub unmatched_bids: u64,
	/// The least price paid; none where nothing was traded.
	pub least_price: Option<u64>,
	/// Mean price paid, by power.
	pub mean_price: Option<f64>,
	/// The highest price paid.
	pub highest_price: Option<u64>,
	/// Sum over households that were committed to something of how far what was measured lies from it, in watts.
	pub deviation: u64,
}

/// Sums over the profile's rows, in watt·timesteps and money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Totals {
	/// What households drew.
	pub load: u64,
	/// What they fed in.
	pub generation: u64,
	/// What they sold to one another.
	pub traded: u64,
	/// Exchanges.
	pub trades: u32,
	/// Offers that were posted; what is left of a partly taken offer is none of its own.
	pub offers: u32,
	/// Share of demand that came from neighbours, 0 to 1; 0 where nothing was drawn.
	pub local_share: f64,
	/// What the DSO delivered.
	pub from_dso: u64,
	/// What the DSO took.
	pub to_dso: u64,
	/// What buyers paid sellers.
	#[serde(with = "text")]
	pub paid: i128,
	/// What households would owe together if nothing were traded, at the DSO's prices.
	#[serde(with = "text")]
	pub baseline: i128,
	/// What they owe together.
	#[serde(with = "text")]
	pub bills: i128,
	/// Money that nobody deposited in the bills' period: a liability of the DSO.
	#[serde(with = "text")]
	pub undeposited_money: i128,
	/// EPA that nobody deposited.
	#[serde(with = "text")]
	pub undeposited_epa: i128,
	/// ECA that nobody deposited.
	#[serde(with = "text")]
	pub undeposited_eca: i128,
}

/// Times from an offer's posting to its acceptance, in seconds. An offer that is taken in parts counts once for each part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Clearing {
	/// Between the timestamps of the two blocks.
	pub in_blocks: Distribution,
	/// Between the moments in which the two blocks became final, where both were seen.
	pub finalized: Distribution,
	/// Mean time between blocks, in seconds.
	pub block_time: f64,
	/// How many times faster than in the profile time went by.
	pub compression: f64,
}

/// How numbers are distributed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Distribution {
	/// How many there are. All else is 0 if there are none.
	pub count: u32,
	/// Their mean.
	pub mean: f64,
	/// Their median: the lower one of two.
	pub median: f64,
	/// The least number that at least 90 % of them do not exceed.
	pub ninety: f64,
	/// The least.
	pub least: f64,
	/// The greatest.
	pub greatest: f64,
	/// Their variance.
	pub variance: f64,
	/// How many lie in each bin.
	pub histogram: Vec<Bin>,
}

/// Numbers from `from` up to, and without, `to`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bin {
	/// Where it begins.
	pub from: f64,
	/// Where it ends.
	pub to: f64,
	/// How many.
	pub count: u32,
}

/// An exchange of energy, as its event says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trade {
	/// The offer, in an auction the ask.
	pub offer: u64,
	/// The acceptor's asset, in an auction the bid's.
	pub asset: u64,
	/// Watts.
	pub power: u64,
	/// First timestep.
	pub start: u64,
	/// Last timestep.
	pub end: u64,
	/// Price.
	pub price: u64,
	/// What was paid.
	#[serde(with = "text")]
	pub cost: i128,
	/// Block in which the offer was posted; what is left of a partly taken offer is as old as the whole.
	pub posted_block: u64,
	/// Timestamp of that block.
	pub posted_at: u64,
	/// Block of the exchange.
	pub accepted_block: u64,
	/// Timestamp of that block.
	pub accepted_at: u64,
}

/// What a household owes, over the bills' period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BillFigures {
	/// The household.
	pub name: String,
	/// Sum of measured net consumption, in watt·timesteps.
	#[serde(with = "text")]
	pub measured: i128,
	/// Sum of `E`.
	#[serde(with = "text")]
	pub energy: i128,
	/// Sum of what `E` costs.
	#[serde(with = "text")]
	pub residual_charges: i128,
	/// Money withdrawn and not deposited; below zero, it earned.
	#[serde(with = "text")]
	pub money: i128,
	/// `B`, computed from the blocks.
	#[serde(with = "text")]
	pub bill: i128,
	/// What it would owe if nothing were traded, at the DSO's prices: also where the market has a fixed one.
	#[serde(with = "text")]
	pub baseline: i128,
	/// Timesteps in which its assets do not match (section 10, the flag).
	pub flags: u32,
}

/// A feeder's loads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Feeder {
	/// Its number.
	pub feeder: u32,
	/// What may be traded within it, in watts; none: no limit.
	pub internal_limit: Option<u64>,
	/// What may be traded across its boundary.
	pub external_limit: Option<u64>,
	/// The most that was traded by sellers in each of the profile's rows.
	pub production: Vec<u64>,
	/// The most that was traded by buyers.
	pub consumption: Vec<u64>,
}

/// How well households were hidden.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Anonymity {
	/// Notes put into pools.
	pub deposited: u32,
	/// Notes taken out of pools.
	pub withdrawn: u32,
	/// Assets that went into exchanges: two for each.
	pub traded: u32,
	/// Those of them that had come out of a pool: their address got a note of their kind over the timesteps traded from a
	/// pool, and nothing of the kind by a withdrawal, a transfer or a reclaim.
	pub traded_mixed: u32,
	/// Rings that failed.
	pub failed_rings: u32,
	/// Notes taken back openly.
	pub reclaimed: u32,
	/// The rings that notes came out of.
	pub rings: Vec<Ring>,
}

/// A ring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ring {
	/// Its pool in words, `EPA 3200 W, timesteps 100 to 101, feeder 1`.
	pub pool: String,
	/// Its number.
	pub ring: u32,
	/// How many notes it holds in all.
	pub members: u32,
	/// Members of the smallest revision from which a note was taken.
	pub least_members: u32,
	/// How many households they are of, as far as these disclosed from which addresses they came.
	pub households: u32,
	/// Notes that came out.
	pub withdrawn: u32,
}

/// What the chain had to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Load {
	/// Blocks that count.
	pub blocks: u32,
	/// Transactions in them, without inherents.
	pub transactions: u32,
	/// Transactions a second, over the time between the first and the last block.
	pub per_second: f64,
	/// Mean weight of a block, as a share of what is allowed (0 to 1): of time or of proof size, whichever is more.
	pub mean_fullness: f64,
	/// The most.
	pub greatest_fullness: f64,
}

/// Something that must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Check {
	/// What must hold.
	pub name: String,
	/// Whether it does.
	pub holds: bool,
	/// How that was seen, or what is wrong.
	pub detail: String,
}
