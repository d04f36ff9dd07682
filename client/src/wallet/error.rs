//! What can go wrong with a wallet.

/// Why a wallet cannot be made, opened or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
	/// There is no file of that name.
	#[error("there is no wallet at {0}. `petra wallet new` makes one, `petra wallet restore` one from a secret phrase")]
	NotFound(String),
	/// There is a file of that name already: it is left as it is.
	#[error("there is a wallet at {0} already; it is left as it is. Choose another name, or move it away")]
	AlreadyExists(String),
	/// The file could not be read or written.
	#[error("{path}: {reason}")]
	File {
		/// The file.
		path: String,
		/// What the system said.
		reason: std::io::Error,
	},
	/// The file is whole, and the passphrase is not the one that it was closed with.
	#[error("wrong passphrase for the wallet at {0}")]
	WrongPassphrase(String),
	/// The file is not as it was written.
	#[error("the wallet at {path} is damaged ({what}). Take a copy of it, or restore it from its secret phrase")]
	Damaged {
		/// The file.
		path: String,
		/// What is wrong with it.
		what: &'static str,
	},
	/// The file was written by a newer version of this program.
	#[error("the wallet at {path} is of version {version}: use a newer petra")]
	Newer {
		/// The file.
		path: String,
		/// Its version.
		version: u64,
	},
	/// The passphrase was changed by somebody else since the wallet was opened.
	#[error("the passphrase of the wallet at {0} was changed meanwhile: open it again")]
	ChangedMeanwhile(String),
	/// A phrase has 12, 15, 18, 21 or 24 words.
	#[error("a secret phrase has 12 or 24 words, and this one has {0}")]
	PhraseLength(usize),
	/// A word is not in the list.
	#[error("word {0} of the secret phrase is not in the list of words (BIP-39, English)")]
	PhraseWord(usize),
	/// All words are in the list, and do not belong together.
	#[error(
		"the words of the secret phrase do not belong together: one is wrong, or their order is"
	)]
	PhraseChecksum,
	/// There is no passphrase, and nobody to ask for it.
	#[error(
		"no passphrase: put it into a file and name that with --passphrase-file or PETRA_PASSPHRASE_FILE, set \
		 PETRA_PASSPHRASE, or run this at a terminal"
	)]
	NoPassphrase,
	/// A passphrase has at least one character.
	#[error("the passphrase is empty")]
	EmptyPassphrase,
	/// It was typed twice, and not the same.
	#[error("the two passphrases are not the same")]
	PassphrasesDiffer,
	/// Every address of the phrase has been used.
	#[error("this wallet has no more addresses")]
	NoMoreAddresses,
	/// The parameters of the key derivation are not usable.
	#[error("the wallet's key cannot be derived: {0}")]
	KeyDerivation(String),
}

impl WalletError {
	pub(crate) fn file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
		let path = path.display().to_string();
		move |reason| Self::File { path, reason }
	}
}
