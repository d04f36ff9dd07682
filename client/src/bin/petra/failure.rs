//! Why a command did not do what it was asked for, and with which status the program ends.

use crate::answer::Answer;
use petra_client::{
	assets::AssetError, cosign::ConsentError, mixing::MixError, spb::SpbError, units::UnitError,
	wallet::WalletError, Error,
};

/// Exit statuses. They are in `--help` and in docs/tool.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
	/// Something else.
	Other = 1,
	/// The command line, a file or the configuration is wrong; nothing was sent.
	Usage = 2,
	/// No node answers, or the connection broke.
	Node = 3,
	/// The transaction was refused before it came into a block: it has done and cost nothing.
	Refused = 4,
	/// The transaction failed in a block; the error is the ledger's.
	Ledger = 5,
	/// The wallet cannot be opened or written, or has not the key.
	Wallet = 6,
	/// What was asked for is not on the ledger.
	NotFound = 7,
	/// A report or a bill is not what blocks make it.
	Mismatch = 8,
}

/// A table of the statuses, for people.
pub const STATUSES: &str = "\
Exit status:
  0  done
  1  something else went wrong
  2  the command line, a file or the configuration is wrong; nothing was sent
  3  no node answers, or the connection broke
  4  refused before it came into a block: it has done and cost nothing
  5  failed in a block: the error is named, `Pallet::Error`
  6  the wallet cannot be opened or written, or has not the key
  7  what was asked for is not on the ledger
  8  a report or a bill is not what the blocks make it";

/// A failure.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
	/// The library's.
	#[error(transparent)]
	Client(#[from] Error),
	/// The wallet's.
	#[error(transparent)]
	Wallet(#[from] WalletError),
	/// A quantity that is none.
	#[error(transparent)]
	Unit(#[from] UnitError),
	/// Assets that cannot be made.
	#[error(transparent)]
	Asset(#[from] AssetError),
	/// A signature that is none.
	#[error(transparent)]
	Consent(#[from] ConsentError),
	/// Mixing's.
	#[error(transparent)]
	Mix(MixError),
	/// Payment against delivery's.
	#[error(transparent)]
	Spb(SpbError),
	/// Something was done, but not all of it.
	#[error("{failure}")]
	Partly {
		/// What was done.
		done: Box<Answer>,
		/// Why not all of it.
		failure: Box<Failure>,
	},
	/// The command line says something that makes no sense.
	#[error("{0}")]
	Usage(String),
	/// A file that cannot be read or written, or makes no sense.
	#[error("{path}: {reason}")]
	File {
		/// The file.
		path: String,
		/// What is wrong with it.
		reason: String,
	},
	/// A simulation, or an agent, that did not come to its end.
	#[error("{0}")]
	Simulation(String),
	/// There is no such thing.
	#[error("there is no {0}")]
	NotFound(String),
	/// A report or a bill is wrong.
	#[error("{0}")]
	Mismatch(String),
	/// The wallet has no key for it.
	#[error("{0} is not this wallet's: it cannot sign for it")]
	NotOurs(String),
	/// The regulator's key is nowhere.
	#[error("the regulator's key is missing: name a file that holds its secret phrase or URI with --key-file or PETRA_KEY_FILE, or use a wallet whose //petra//dso it is")]
	NoRegulator,
}

impl From<MixError> for Failure {
	fn from(error: MixError) -> Self {
		match error {
			MixError::Chain(error) => Self::Client(error),
			error => Self::Mix(error),
		}
	}
}

impl Failure {
	/// A file that cannot be read or written.
	pub fn file(path: &std::path::Path, reason: impl ToString) -> Self {
		Self::File { path: path.display().to_string(), reason: reason.to_string() }
	}

	/// The same, after a part of what was asked for was done, if there is any.
	pub fn after(self, done: Answer) -> Self {
		if done.text.is_empty() {
			return self;
		}
		Self::Partly { done: Box::new(done), failure: Box::new(self) }
	}

	/// What was done nevertheless.
	pub fn done(&self) -> Option<&Answer> {
		match self {
			Self::Partly { done, .. } => Some(done),
			_ => None,
		}
	}

	/// The status with which the program ends.
	pub fn status(&self) -> Status {
		match self {
			Self::Partly { failure, .. } => failure.status(),
			Self::Client(
				Error::Unreachable { .. } | Error::Disconnected { .. } | Error::Rpc { .. },
			) => Status::Node,
			Self::Client(Error::Refused { .. } | Error::Expired { .. }) => Status::Refused,
			Self::Client(Error::Dispatch { .. }) => Status::Ledger,
			Self::Client(Error::Wallet(_))
			| Self::Wallet(_)
			| Self::NotOurs(_)
			| Self::NoRegulator => Status::Wallet,
			Self::Mismatch(_) => Status::Mismatch,
			Self::NotFound(_) | Self::Mix(MixError::NotThere { .. }) => Status::NotFound,
			Self::Mix(MixError::Journal(_)) => Status::Usage,
			Self::Spb(SpbError::NoEnergy(_)) => Status::NotFound,
			Self::Spb(SpbError::UnknownLeaf { .. }) => Status::Wallet,
			Self::Spb(SpbError::File { .. } | SpbError::LeafCount(_)) => Status::Usage,
			Self::Spb(_) | Self::Simulation(_) => Status::Other,
			Self::Mix(MixError::Proof(_)) => Status::Other,
			Self::Mix(_) => Status::Refused,
			Self::Client(_) => Status::Other,
			Self::Unit(_)
			| Self::Asset(_)
			| Self::Consent(_)
			| Self::Usage(_)
			| Self::File { .. } => Status::Usage,
		}
	}

	/// The ledger's name for what went wrong, if it was the ledger.
	pub fn name(&self) -> Option<&str> {
		match self {
			Self::Client(error) => error.dispatch_error(),
			Self::Partly { failure, .. } => failure.name(),
			_ => None,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn statuses_should_be_those_that_help_lists() {
		for (status, words) in [
			(Status::Other, "something else"),
			(Status::Usage, "command line"),
			(Status::Node, "no node"),
			(Status::Refused, "refused"),
			(Status::Ledger, "failed in a block"),
			(Status::Wallet, "wallet"),
			(Status::NotFound, "not on the ledger"),
			(Status::Mismatch, "not what the blocks"),
		] {
			let line = format!("  {}  ", status as u8);
			let line = STATUSES.lines().find(|listed| listed.starts_with(&line)).unwrap();
			assert!(line.contains(words), "{line}");
		}
	}

	#[test]
	fn failure_should_end_with_the_status_of_its_kind() {
		let dispatch = Error::Dispatch {
			call: String::new(),
			error: "Offers::WrongKind".into(),
			meaning: String::new(),
			block: 1,
		};
		let failure = Failure::from(dispatch);
		assert_eq!((failure.status(), failure.name()), (Status::Ledger, Some("Offers::WrongKind")));
		let refused = Error::Refused { call: String::new(), reason: String::new() };
		assert_eq!(Failure::from(refused).status(), Status::Refused);
		let wallet = WalletError::EmptyPassphrase;
		assert_eq!(Failure::from(wallet).status(), Status::Wallet);
		let wallet = Error::Wallet(WalletError::EmptyPassphrase);
		assert_eq!(Failure::from(wallet).status(), Status::Wallet);
		assert_eq!(Failure::NotFound("offer 1".into()).status(), Status::NotFound);
		assert_eq!(Failure::Usage(String::new()).status(), Status::Usage);
		assert_eq!(Failure::Mismatch(String::new()).status(), Status::Mismatch);
	}
}
