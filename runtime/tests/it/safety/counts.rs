//! What happened in all histories together, and what must have happened for them to show anything.

use super::HISTORIES;
use sp_runtime::DispatchError;
use std::collections::BTreeMap;

/// Every call with every error that a history can meet. Others need more meters, assets or policies than fit into one
/// (`TooManyAssets`, `TooManyChanges`, `TooManyPolicies`, `TooManyControlSignals`), or an existential deposit above 1
/// (`BelowExistentialDeposit`): the pallets' own tests have them.
const ERRORS: [(&str, &[&str]); 18] = [
	(
		"withdraw",
		&[
			"NothingToTransfer",
			"BadInterval",
			"ZeroPower",
			"NotMultipleOfLot",
			"ZeroAmount",
			"NotOpen",
			"BeyondHorizon",
			"MeterNotFound",
			"NotTheMeter",
			"MeterNotAuthorized",
			"WrongPath",
			"LimitExceeded",
			"FinancialLimitExceeded",
			"Overflow",
		],
	),
	(
		"add_energy_asset",
		&[
			"BadOrigin",
			"BadInterval",
			"ZeroPower",
			"NotMultipleOfLot",
			"NotOpen",
			"BeyondHorizon",
			"FeederLimitExceeded",
		],
	),
	("add_financial_balance", &["BadOrigin", "ZeroAmount", "Overflow"]),
	(
		"transfer",
		&[
			"NothingToTransfer",
			"AssetNotFound",
			"AssetLocked",
			"AssetExpired",
			"BadInterval",
			"ZeroPower",
			"NotMultipleOfLot",
			"NotConserved",
			"AssetBegun",
			"ZeroAmount",
			"MoneyNotConserved",
			"InsufficientFunds",
			"NotOwner",
			"MissingSignature",
			"BadSignature",
			"SuperfluousSignature",
			"DeadlinePassed",
			"DeadlineTooFar",
			"AlreadyUsed",
		],
	),
	("deposit_energy_asset", &["AssetNotFound", "NotOwner", "AssetLocked", "AssetExpired"]),
	("deposit_financial", &["ZeroAmount", "InsufficientFunds"]),
	("reap", &["AssetNotFound", "NotExpired", "AssetLocked"]),
	(
		"regulate",
		&[
			"BadOrigin",
			"TimeInPast",
			"AuthorizedAndBanned",
			"MeterListedTwice",
			"PricesReversed",
			"NotMultipleOfTick",
			"KeyInUse",
			"FeederInUse",
			"MeterNotFound",
		],
	),
	("set_limits", &["BadOrigin", "TimeInPast", "MeterNotFound"]),
	("set_feeder_limits", &["BadOrigin", "TimeInPast"]),
	("set_market", &["BadOrigin", "GateClosed", "NotMultipleOfTick"]),
	("publish_control_signal", &["BadOrigin", "TimeInPast", "BadInterval"]),
	("set_issuer", &["BadOrigin"]),
	("set_parameters", &["BadOrigin", "AssetsExist", "BadParameters"]),
	("post_offer", &POST_ERRORS),
	("post_offer_with", &POST_ERRORS),
	("rescind_offer", &["OfferNotFound", "NotOwner"]),
	(
		"accept_offer",
		&[
			"OfferNotFound",
			"AssetNotFound",
			"NotOwner",
			"AssetLocked",
			"WrongKind",
			"IntervalsDisjoint",
			"WrongMode",
			"PriceNotMet",
			"AllOrNothing",
			"WorseThanLimits",
			"FeederLimitExceeded",
			"InsufficientFunds",
		],
	),
];

/// What only blocks without time for the market lead to, in which gates have closed and nothing was done about it.
const RARE: [(&str, &str); 2] = [("accept_offer", "GateClosed"), ("rescind_offer", "GateClosed")];

const POST_ERRORS: [&str; 7] = [
	"AssetNotFound",
	"NotOwner",
	"AssetLocked",
	"GateClosed",
	"NotMultipleOfTick",
	"InsufficientFunds",
	"BelowExistentialDeposit",
];

/// What must have succeeded, besides every call.
const STEPS: [&str; 18] = [
	"split in power",
	"split in time",
	"merge",
	"gift",
	"exchange",
	"mix",
	"payment",
	"reap",
	"lock",
	"unlock",
	"blocks",
	"ask",
	"bid",
	"an ask at its price",
	"a bid at its price",
	"an ask at the fixed price",
	"a bid at the fixed price",
	"rescission",
];

/// Counts of steps, calls and errors.
#[derive(Default)]
pub struct Counts {
	/// Calls that failed.
	pub failures: usize,
	successes: usize,
	/// Steps that succeeded, by name.
	steps: BTreeMap<&'static str, usize>,
	/// Calls that succeeded, by name.
	calls: BTreeMap<&'static str, usize>,
	/// Calls that failed because they broke one rule, by their name and that rule.
	errors: BTreeMap<(&'static str, &'static str), usize>,
	/// Calls that failed and broke several.
	ambiguous: usize,
	compared: u64,
	tight: u64,
	/// Blocks with idle time, and without.
	idle: [usize; 2],
	/// Timesteps that were cleared, those of them in which something was exchanged, and pairs.
	cleared: [usize; 3],
}

impl Counts {
	pub fn succeeded(&mut self, name: &'static str) {
		self.successes += 1;
		*self.steps.entry(name).or_default() += 1;
	}

	pub fn called(&mut self, function: &'static str) {
		*self.calls.entry(function).or_default() += 1;
	}

	/// A call failed; `only` if the model knows no other reason.
	pub fn failed(&mut self, function: &'static str, error: DispatchError, only: bool) {
		self.failures += 1;
		let name = match error {
			DispatchError::BadOrigin => "BadOrigin",
			other => other.into(),
		};
		if only {
			*self.errors.entry((function, name)).or_default() += 1;
		} else {
			self.ambiguous += 1;
		}
	}

	/// How many bounds of the theorem were compared, and how many were met exactly.
	pub fn bounds(&mut self, compared: u64, tight: u64) {
		self.compared += compared;
		self.tight += tight;
	}

	/// Timesteps were cleared, and what was exchanged in them.
	pub fn cleared(&mut self, powers: impl Iterator<Item = u64>) {
		for power in powers {
			self.cleared[0] += 1;
			self.cleared[1] += usize::from(power > 0);
		}
	}

	/// So many pairs exchanged in clearings.
	pub fn pairs(&mut self, pairs: usize) {
		self.cleared[2] += pairs;
	}

	/// A block was finished.
	pub fn blocks(&mut self, idle: bool) {
		self.idle[usize::from(!idle)] += 1;
	}

	pub fn print(&self) {
		let Self { successes, failures, ambiguous, compared, tight, .. } = self;
		println!("{successes} steps succeeded, {failures} failed, {ambiguous} of them for several reasons");
		println!("{compared} bounds of the theorem held, {tight} of them exactly");
		println!("{:?} blocks with idle time and without", self.idle);
		let [cleared, crossed, pairs] = self.cleared;
		println!("{cleared} timesteps cleared, {crossed} with trades, of {pairs} pairs");
		println!("steps: {:?}", self.steps);
		println!("calls: {:?}", self.calls);
		println!("errors: {:?}", self.errors);
	}

	/// Whether the histories show anything.
	pub fn check(&self) {
		assert!(self.successes >= self.failures, "at least half of the steps succeed");
		assert!(6 * self.ambiguous <= self.failures, "five in six failures have one reason");
		assert!(self.tight > 0, "the theorem's bound is met");
		let [cleared, crossed, pairs] = self.cleared;
		assert!(
			cleared > crossed && 2 * crossed as u64 > HISTORIES,
			"auctions are cleared, many with trades"
		);
		assert!(pairs > crossed, "some clearings have several pairs");
		let [idle, full] = self.idle;
		assert!(10 * full < idle, "expired assets are reaped after nearly every block");
		for name in STEPS {
			assert!(self.steps.contains_key(name), "no {name} succeeded");
		}
		for (function, errors) in ERRORS {
			assert!(self.calls.contains_key(function), "no {function} succeeded");
			for error in errors {
				let met = self.errors.contains_key(&(function, *error));
				assert!(met, "no {function} failed with {error}");
			}
		}
		let known = |(function, error): &(&str, &str)| {
			ERRORS.iter().any(|(name, errors)| name == function && errors.contains(error))
		};
		let unknown = self.errors.keys().filter(|key| !known(key) && !RARE.contains(key));
		let unknown: Vec<_> = unknown.collect();
		assert!(unknown.is_empty(), "not in the list above: {unknown:?}");
	}
}
