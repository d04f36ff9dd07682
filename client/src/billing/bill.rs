//! What a meter sends to the DSO: signed bills, and the flag of a mismatch.

use super::{household::add, BillingError, Line, Signature};
use crate::{types::*, AccountId32, PetraConfig, Signer, H256};
use codec::{Decode, Encode};
use petra_primitives::messages::digest;
use serde::{Deserialize, Serialize};

/// One timestep of a detailed bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
	/// Which timestep.
	pub timestep: Timestep,
	/// `E`, in watts.
	#[serde(with = "super::text")]
	pub energy: i128,
	/// `B`, in money.
	#[serde(with = "super::text")]
	pub bill: i128,
}

/// A bill that says what each timestep comes to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detailed {
	/// Whose meter.
	pub meter: MeterId,
	/// Number of the billing period: its timesteps divided by the period's length.
	pub period: u64,
	/// The timesteps, in order.
	pub figures: Vec<Figures>,
}

/// A bill that says the period's total and nothing else.
///
/// Its encoding is these 28 bytes: the meter's number, the period's number, the sum. Two households that owe the same send
/// the same, whatever they consumed and when. The period is a number and not an interval of the sender's choice, so that no
/// sum of a few timesteps can be asked for or sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Total {
	/// Whose meter.
	pub meter: MeterId,
	/// Number of the billing period: its timesteps divided by the period's length.
	pub period: u64,
	/// What the household owes the DSO, in money; below zero, what the DSO owes.
	#[serde(with = "super::text")]
	pub total: i128,
}

/// What a meter tells the DSO of a billing period: the household chooses how much.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Bill {
	/// Each timestep's figures.
	Detailed(Detailed),
	/// The total alone.
	Total(Total),
}

/// Says that in a timestep the assets withdrawn and those deposited do not match (specification, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flag {
	/// Whose meter.
	pub meter: MeterId,
	/// Which timestep.
	pub timestep: Timestep,
	/// EPA and ECA withdrawn less EPA and ECA deposited, in watts.
	#[serde(with = "super::text")]
	pub mismatch: i128,
}

/// Something that a meter says, with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed<T> {
	/// What it says.
	pub content: T,
	/// The signature of the meter's key.
	pub signature: Signature,
}

/// What meters sign.
pub trait Message {
	/// The 32 bytes to sign on the chain with that genesis hash.
	fn digest(&self, genesis: H256) -> [u8; 32];
	/// Whose meter says it.
	fn meter(&self) -> MeterId;
}

impl Message for Bill {
	fn digest(&self, genesis: H256) -> [u8; 32] {
		match self {
			Self::Detailed(bill) => digest("petra/Billing/detailed", genesis, bill),
			Self::Total(bill) => digest("petra/Billing/total", genesis, bill),
		}
	}

	fn meter(&self) -> MeterId {
		match self {
			Self::Detailed(bill) => bill.meter,
			Self::Total(bill) => bill.meter,
		}
	}
}

impl Message for Flag {
	fn digest(&self, genesis: H256) -> [u8; 32] {
		digest("petra/Billing/mismatch", genesis, self)
	}

	fn meter(&self) -> MeterId {
		self.meter
	}
}

impl<T: Message> Signed<T> {
	/// Signs with the meter's key.
	pub fn new(content: T, genesis: H256, key: &impl Signer<PetraConfig>) -> Self {
		let signature = Signature::new(key, &content.digest(genesis));
		Self { content, signature }
	}

	/// Whether `signer` signed it, for the chain with that genesis hash.
	pub fn is_signed_by(&self, genesis: H256, signer: &AccountId32) -> bool {
		self.signature.verify(&self.content.digest(genesis), signer)
	}
}

impl Bill {
	/// The bill with each timestep's figures.
	pub fn detailed(meter: MeterId, period: u64, lines: &[Line]) -> Self {
		let figures = lines.iter().map(Figures::of).collect();
		Self::Detailed(Detailed { meter, period, figures })
	}

	/// The bill with the total alone.
	///
	/// # Errors
	/// [`BillingError::Overflow`].
	pub fn total(meter: MeterId, period: u64, lines: &[Line]) -> Result<Self, BillingError> {
		let total = lines.iter().try_fold(0, |sum, line| add(sum, line.bill))?;
		Ok(Self::Total(Total { meter, period, total }))
	}

	/// Number of the billing period.
	pub fn period(&self) -> u64 {
		match self {
			Self::Detailed(bill) => bill.period,
			Self::Total(bill) => bill.period,
		}
	}

	/// What the household owes the DSO; below zero, what the DSO owes.
	///
	/// # Errors
	/// [`BillingError::Overflow`].
	pub fn owed(&self) -> Result<i128, BillingError> {
		match self {
			Self::Detailed(bill) => {
				bill.figures.iter().try_fold(0, |sum, figures| add(sum, figures.bill))
			},
			Self::Total(bill) => Ok(bill.total),
		}
	}
}

impl Figures {
	fn of(line: &Line) -> Self {
		Self { timestep: line.timestep, energy: line.energy, bill: line.bill }
	}
}

/// The flags of all timesteps in which the assets withdrawn and deposited do not match; none if all is well.
///
/// # Errors
/// [`BillingError::Overflow`].
pub fn flags(meter: MeterId, lines: &[Line]) -> Result<Vec<Flag>, BillingError> {
	let mut flags = Vec::new();
	for line in lines {
		let mismatch = line.mismatch()?;
		if mismatch != 0 {
			flags.push(Flag { meter, timestep: line.timestep, mismatch });
		}
	}
	Ok(flags)
}

/// Whose bill one expects, and for which period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
	/// The genesis hash of the chain.
	pub genesis: H256,
	/// Whose meter.
	pub meter: MeterId,
	/// The meter's key.
	pub signer: AccountId32,
	/// Number of the billing period.
	pub period: u64,
}

/// Checks a bill against what one has computed oneself, with [`lines`](super::lines()), from the ledger's events at one's
/// addresses and one's own readings.
///
/// # Errors
/// [`BillError`] says what is wrong with it.
pub fn verify_bill(
	bill: &Signed<Bill>,
	expected: &Expected,
	lines: &[Line],
) -> Result<(), BillError> {
	let Signed { content, .. } = bill;
	if content.meter() != expected.meter {
		return Err(BillError::WrongMeter { billed: content.meter(), expected: expected.meter });
	}
	if content.period() != expected.period {
		return Err(BillError::WrongPeriod { billed: content.period(), expected: expected.period });
	}
	if !bill.is_signed_by(expected.genesis, &expected.signer) {
		return Err(BillError::BadSignature);
	}
	match content {
		Bill::Total(Total { total: billed, .. }) => {
			let computed = Bill::total(expected.meter, expected.period, lines)?.owed()?;
			if *billed == computed {
				Ok(())
			} else {
				Err(BillError::WrongTotal { billed: *billed, computed })
			}
		},
		Bill::Detailed(Detailed { figures, .. }) => verify_figures(figures, lines),
	}
}

fn verify_figures(figures: &[Figures], lines: &[Line]) -> Result<(), BillError> {
	if figures.len() != lines.len() {
		return Err(BillError::WrongLength { billed: figures.len(), computed: lines.len() });
	}
	for (billed, line) in figures.iter().zip(lines) {
		let computed = Figures::of(line);
		if *billed != computed {
			return Err(BillError::WrongFigures { billed: *billed, computed });
		}
	}
	Ok(())
}

/// What is wrong with a bill.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BillError {
	/// Somebody else's.
	#[error("the bill is of meter {billed}, not of meter {expected}")]
	WrongMeter {
		/// Whose it is.
		billed: MeterId,
		/// Whose it should be.
		expected: MeterId,
	},
	/// Of another time.
	#[error("the bill is of period {billed}, not of period {expected}")]
	WrongPeriod {
		/// Which it is.
		billed: u64,
		/// Which it should be.
		expected: u64,
	},
	/// The meter did not sign this.
	#[error("the meter's key did not sign this bill for this chain: it was altered, or is not the meter's")]
	BadSignature,
	/// The total is another.
	#[error("the bill's total is {billed}; the ledger and the readings give {computed}")]
	WrongTotal {
		/// What the bill says.
		billed: i128,
		/// What it should say.
		computed: i128,
	},
	/// Timesteps are missing, or there are too many.
	#[error("the bill has {billed} timesteps; the period has {computed}")]
	WrongLength {
		/// How many the bill has.
		billed: usize,
		/// How many it should have.
		computed: usize,
	},
	/// A timestep's figures are others.
	#[error(
		"at timestep {} the bill says E = {} and B = {} for timestep {}; the ledger and the readings give E = {} and B = {}",
		.computed.timestep, .billed.energy, .billed.bill, .billed.timestep, .computed.energy, .computed.bill
	)]
	WrongFigures {
		/// What the bill says.
		billed: Figures,
		/// What it should say.
		computed: Figures,
	},
	/// Nothing can be computed.
	#[error(transparent)]
	Billing(#[from] BillingError),
}
