//! What households ask and what the DSO answers, as JSON and as the bytes that are signed.

use crate::{
	billing::{Bill, Entry, Message, Signature, Signed},
	types::*,
	AccountId32, PetraConfig, Signer, H256,
};
use codec::{Decode, Encode};
use petra_primitives::messages::digest;
use serde::{de::Error as _, Deserialize, Deserializer, Serialize, Serializer};

/// The most assets in one request.
pub const MAX_ASSETS: usize = 16;
/// The most addresses in one request.
pub const MAX_ADDRESSES: usize = 64;

/// A number that a household gives a request, used once: at random, or counted. As text, `0x` and 32 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct RequestId(pub [u8; 16]);

impl RequestId {
	/// One that nobody has used.
	pub fn random() -> Self {
		Self(rand::random())
	}
}

impl std::fmt::Display for RequestId {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(formatter, "0x{}", hex::encode(self.0))
	}
}

impl Serialize for RequestId {
	fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
		to.collect_str(self)
	}
}

impl<'de> Deserialize<'de> for RequestId {
	fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
		let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
		text.parse().map_err(D::Error::custom)
	}
}

impl std::str::FromStr for RequestId {
	type Err = &'static str;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		let mut id = [0; 16];
		text.strip_prefix("0x")
			.and_then(|digits| hex::decode_to_slice(digits, &mut id).ok())
			.map(|()| Self(id))
			.ok_or("a request id is `0x` and 32 hex digits")
	}
}

/// Who asks, when, and as which of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Head {
	/// The household's meter.
	pub household: MeterId,
	/// The request's number.
	pub id: RequestId,
	/// Unix time in milliseconds.
	pub time: u64,
}

/// For whom something is signed: one service of one DSO on one chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Realm {
	/// The genesis hash of the chain.
	pub genesis: H256,
	/// The service's account.
	pub dso: AccountId32,
}

/// What households sign.
pub trait Request: Encode + Sized {
	/// The domain of its signature.
	const DOMAIN: &'static str;

	/// Who asks.
	fn head(&self) -> Head;

	/// The same request, made at another time (unix time in milliseconds).
	fn at(&self, time: u64) -> Self;

	/// The 32 bytes to sign.
	fn digest(&self, realm: &Realm) -> [u8; 32] {
		digest(Self::DOMAIN, realm.genesis, (realm.dso, self))
	}
}

/// What the service goes by when it has seen a request before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
	pub(crate) head: Head,
	/// The 32 bytes that its signature is over.
	pub(crate) digest: H256,
	/// The same for the request whatever its time: one that is signed anew is still the same.
	pub(crate) content: H256,
}

impl Asked {
	pub(crate) fn of(request: &impl Request, realm: &Realm) -> Self {
		let [digest, content] = [request.digest(realm), request.at(0).digest(realm)].map(H256);
		Self { head: request.head(), digest, content }
	}
}

/// An asset, or money, that a household wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Asset {
	/// An energy asset on the household's feeder.
	#[serde(rename_all = "camelCase")]
	Energy {
		/// To sell or to buy.
		kind: AssetKind,
		/// Watts in each timestep.
		power: Power,
		/// First timestep.
		start: Timestep,
		/// Last timestep.
		end: Timestep,
	},
	/// Money.
	Financial {
		/// How much, in billionths.
		#[serde(with = "crate::billing::text")]
		amount: Balance,
	},
}

/// P3's `withdrawAssets(anonAddress, assets)`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithdrawAssets {
	/// The household's meter.
	pub household: MeterId,
	/// The request's number.
	pub id: RequestId,
	/// Unix time in milliseconds.
	pub time: u64,
	/// Where the assets shall be.
	pub anon_address: AccountId32,
	/// What the household wants; all of it, or nothing.
	pub assets: Vec<Asset>,
}

/// Says from which addresses a household will deposit.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DepositAddresses {
	/// The household's meter.
	pub household: MeterId,
	/// The request's number.
	pub id: RequestId,
	/// Unix time in milliseconds.
	pub time: u64,
	/// The addresses.
	pub addresses: Vec<OwnAddress>,
}

/// An address with the proof that it is the household's: else one could name a neighbour's, and get its deposits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnAddress {
	/// The address.
	pub address: AccountId32,
	/// Its signature: see [`OwnAddress::message`].
	pub signature: Signature,
}

impl OwnAddress {
	/// What the address signs.
	pub fn message(realm: &Realm, household: MeterId, address: &AccountId32) -> [u8; 32] {
		digest("petra/Dso/depositAddress", realm.genesis, (realm.dso, household, address))
	}

	/// The proof, by the address's key.
	pub fn new(realm: &Realm, household: MeterId, key: &impl Signer<PetraConfig>) -> Self {
		let address = key.account_id();
		let signature = Signature::new(key, &Self::message(realm, household, &address));
		Self { address, signature }
	}

	/// Whether the address signed it.
	pub fn is_genuine(&self, realm: &Realm, household: MeterId) -> bool {
		self.signature
			.verify(&Self::message(realm, household, &self.address), &self.address)
	}
}

/// Claims what was deposited from an address. Signed by the address, not by the household's key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Claim {
	/// To whose account it shall be credited.
	pub household: MeterId,
	/// The request's number.
	pub id: RequestId,
	/// Unix time in milliseconds.
	pub time: u64,
	/// The address that deposited.
	pub address: AccountId32,
}

/// Asks for the account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ReadAccount {
	/// Who asks.
	pub head: Head,
	/// Entries from this number on.
	pub after: u64,
}

/// Asks how far one withdrawal has come.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ReadWithdrawal {
	/// Who asks.
	pub head: Head,
	/// The number of the request that withdrew.
	pub id: RequestId,
}

/// Asks for the bills.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ReadBills {
	/// Who asks.
	pub head: Head,
	/// Bills from this period on.
	pub after: u64,
}

macro_rules! request {
	($type:ty, $domain:literal) => {
		impl Request for $type {
			const DOMAIN: &'static str = $domain;

			fn head(&self) -> Head {
				Head { household: self.household, id: self.id, time: self.time }
			}

			fn at(&self, time: u64) -> Self {
				Self { time, ..self.clone() }
			}
		}
	};
	($type:ty, $domain:literal, head) => {
		impl Request for $type {
			const DOMAIN: &'static str = $domain;

			fn head(&self) -> Head {
				self.head
			}

			fn at(&self, time: u64) -> Self {
				Self { head: Head { time, ..self.head }, ..self.clone() }
			}
		}
	};
}

request!(WithdrawAssets, "petra/Dso/withdrawAssets");
request!(DepositAddresses, "petra/Dso/depositAddresses");
request!(Claim, "petra/Dso/claim");
request!(ReadAccount, "petra/Dso/account", head);
request!(ReadWithdrawal, "petra/Dso/withdrawal", head);
request!(ReadBills, "petra/Dso/bills", head);

/// A request with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedRequest<T> {
	/// What is asked.
	pub request: T,
	/// The signature of the household's key (of a [`Claim`]: of the address).
	pub signature: Signature,
}

impl<T: Request> SignedRequest<T> {
	/// Signs a request.
	pub fn new(request: T, realm: &Realm, key: &impl Signer<PetraConfig>) -> Self {
		let signature = Signature::new(key, &request.digest(realm));
		Self { request, signature }
	}
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
	/// The DSO does not know this household.
	UnknownHousehold,
	/// The signature is not of the household's key (or of the address), for this service and chain.
	BadSignature,
	/// The request's time is too far from the service's.
	Stale,
	/// The request's number was used before, for something else or for a question.
	AlreadyUsed,
	/// The household is banned.
	NotAuthorized,
	/// The household's meter withdraws, not the DSO.
	WrongPath,
	/// No assets or addresses, or too many of them.
	BadCount,
	/// An asset that ends before it starts, of no power or not a multiple of the lot, or an amount of zero.
	BadAsset,
	/// A timestep that is no longer open.
	NotOpen,
	/// A timestep beyond the horizon.
	BeyondHorizon,
	/// More power than the household may withdraw at some timestep.
	LimitExceeded,
	/// More money than the household may withdraw in a billing period.
	FinancialLimitExceeded,
	/// More money than the household has with the DSO and may owe it.
	InsufficientFunds,
	/// Too many withdrawals wait.
	QueueFull,
	/// An address that is another household's already.
	AddressTaken,
	/// Nothing was deposited from this address that is not credited yet.
	NothingToClaim,
	/// There is another bill for this period already.
	AlreadyBilled,
	/// A bill for a period that has not begun.
	PeriodNotBegun,
	/// Too many requests in too short a time.
	TooManyRequests,
	/// There is another flag of this billing period already.
	AlreadyFlagged,
	/// A flag of a timestep that has not begun.
	TimestepNotBegun,
	/// A flag of no mismatch.
	NoMismatch,
}

/// The DSO's answer to a request that it understood.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
	/// It is done, or will be whatever happens.
	Receipt(Receipt),
	/// P3's `failedWithdrawal(anonAddress, msg)`: nothing was withdrawn.
	FailedWithdrawal(FailedWithdrawal),
	/// Another request was refused, and changed nothing.
	Refused(Refusal),
	/// The account.
	Account(Statement),
	/// The bills that the household's meter sent.
	Bills(Bills),
}

impl Answer {
	/// The 32 bytes that the signature of the request is over to which this is the answer.
	pub fn request(&self) -> H256 {
		match self {
			Self::Receipt(Receipt { request, .. })
			| Self::FailedWithdrawal(FailedWithdrawal { request, .. })
			| Self::Refused(Refusal { request, .. })
			| Self::Account(Statement { request, .. })
			| Self::Bills(Bills { request, .. }) => *request,
		}
	}

	/// The same answer, to the same request signed anew.
	pub(crate) fn to(mut self, digest: H256) -> Self {
		match &mut self {
			Self::Receipt(Receipt { request, .. })
			| Self::FailedWithdrawal(FailedWithdrawal { request, .. })
			| Self::Refused(Refusal { request, .. })
			| Self::Account(Statement { request, .. })
			| Self::Bills(Bills { request, .. }) => *request = digest,
		}
		self
	}
}

/// The DSO has taken a request on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
	/// The 32 bytes that the request's signature is over.
	pub request: H256,
	/// The household's meter.
	pub household: MeterId,
	/// When it was taken on, unix time in milliseconds.
	pub time: u64,
	/// What is done.
	pub done: Done,
}

/// What was asked for and is done.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Done {
	/// The assets will be submitted to the ledger, each once.
	#[serde(rename_all = "camelCase")]
	Withdrawal {
		/// Where they will be.
		anon_address: AccountId32,
		/// Number of the first asset's submission; the others have the next ones.
		first: u64,
		/// How many.
		count: u32,
	},
	/// The addresses are the household's; what was deposited from them before is credited.
	DepositAddresses {
		/// How many deposits were credited.
		credited: u32,
	},
	/// What was deposited from the address is credited, and what will be.
	Claim {
		/// How many deposits were credited.
		credited: u32,
	},
	/// The bill is filed.
	Bill {
		/// Number of the billing period.
		period: u64,
	},
	/// The flag is kept, and the DSO's people are told of it.
	Flag {
		/// The timestep that is flagged.
		timestep: Timestep,
	},
}

/// P3's `failedWithdrawal(anonAddress, msg)`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FailedWithdrawal {
	/// Where the assets should have been.
	pub anon_address: AccountId32,
	/// Why, for people.
	pub msg: String,
	/// Why, for programs.
	pub reason: Reason,
	/// The 32 bytes that the request's signature is over.
	pub request: H256,
	/// When it was refused, unix time in milliseconds.
	pub time: u64,
}

/// Another request that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refusal {
	/// Why, for people.
	pub msg: String,
	/// Why, for programs.
	pub reason: Reason,
	/// The 32 bytes that the request's signature is over.
	pub request: H256,
	/// When it was refused, unix time in milliseconds.
	pub time: u64,
}

/// A household's account with the DSO.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
	/// The household's meter.
	pub household: MeterId,
	/// The 32 bytes that the question's signature is over.
	pub request: H256,
	/// When it was asked, unix time in milliseconds.
	pub time: u64,
	/// Deposits are credited up to this final block.
	pub block: u64,
	/// Money withdrawn so far, with what waits to be submitted.
	#[serde(with = "crate::billing::text")]
	pub withdrawn: Balance,
	/// Money deposited so far.
	#[serde(with = "crate::billing::text")]
	pub deposited: Balance,
	/// Money that the household can withdraw now, its limit for the billing period aside.
	#[serde(with = "crate::billing::text")]
	pub available: Balance,
	/// The newest submissions, the newest first; if one withdrawal was asked for, its own.
	pub submissions: Vec<Submission>,
	/// Withdrawals and deposits, as bills count them, from the number that was asked for on.
	pub entries: Vec<Entry>,
	/// From which number to ask for more; none if these were all.
	pub next: Option<u64>,
}

/// One asset on its way to the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Submission {
	/// Its number.
	pub number: u64,
	/// The request that it is of.
	pub id: RequestId,
	/// The asset.
	pub asset: Asset,
	/// Where it shall be.
	pub anon_address: AccountId32,
	/// How far it has come.
	pub progress: Progress,
}

/// How far a submission has come.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Progress {
	/// It waits for its turn.
	Waiting,
	/// It is signed, and submitted until it is in a final block.
	Submitted {
		/// The hash of its transaction.
		transaction: H256,
	},
	/// It is on the ledger.
	Final {
		/// The hash of its transaction.
		transaction: H256,
		/// The number of its block.
		block: u64,
	},
	/// The ledger refused it: `failedWithdrawal` after all. What it took of the household's limits is given back.
	Failed {
		/// The hash of its transaction.
		transaction: H256,
		/// The number of its block.
		block: u64,
		/// The ledger's name for what is wrong.
		msg: String,
	},
}

impl Progress {
	/// Whether nothing will change any more.
	pub fn is_settled(&self) -> bool {
		matches!(self, Self::Final { .. } | Self::Failed { .. })
	}
}

/// The bills of a household.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bills {
	/// The household's meter.
	pub household: MeterId,
	/// The 32 bytes that the question's signature is over.
	pub request: H256,
	/// When it was asked, unix time in milliseconds.
	pub time: u64,
	/// The bills, by period.
	pub bills: Vec<Signed<Bill>>,
	/// From which period to ask for more; none if these were all.
	pub next: Option<u64>,
}

/// An answer with the DSO's signature: a household can prove what it was told (P3, 4.4).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedAnswer {
	/// What the DSO says.
	pub answer: Answer,
	/// The signature of the service's account.
	pub signature: Signature,
}

impl SignedAnswer {
	/// The 32 bytes that the DSO signs.
	pub fn message(realm: &Realm, answer: &Answer) -> [u8; 32] {
		digest("petra/Dso/answer", realm.genesis, (realm.dso, answer))
	}

	/// Signs an answer.
	pub fn new(answer: Answer, realm: &Realm, key: &impl Signer<PetraConfig>) -> Self {
		let signature = Signature::new(key, &Self::message(realm, &answer));
		Self { answer, signature }
	}

	/// Whether the DSO signed it.
	pub fn is_genuine(&self, realm: &Realm) -> bool {
		self.signature.verify(&Self::message(realm, &self.answer), &realm.dso)
	}

	/// Why it was refused, if it was.
	pub fn reason(&self) -> Option<Reason> {
		match &self.answer {
			Answer::FailedWithdrawal(failed) => Some(failed.reason),
			Answer::Refused(refusal) => Some(refusal.reason),
			Answer::Receipt(_) | Answer::Account(_) | Answer::Bills(_) => None,
		}
	}
}

/// The bytes by which an answer names the bill or the flag that it is about.
pub(crate) fn message_digest(realm: &Realm, signed: &Signed<impl Message>) -> H256 {
	H256(signed.content.digest(realm.genesis))
}
