//! Where a passphrase comes from: a file, the environment, or a person. Never from a program's arguments, which everybody
//! on the machine can read.

use super::WalletError;
use std::{fs, io::IsTerminal, path::PathBuf};
use zeroize::Zeroizing;

/// Names the environment variable that holds the passphrase.
pub const PASSPHRASE_VARIABLE: &str = "PETRA_PASSPHRASE";

/// A passphrase.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl std::fmt::Debug for Passphrase {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter.write_str("Passphrase(secret)")
	}
}

impl Passphrase {
	/// A passphrase.
	///
	/// # Errors
	/// [`WalletError::EmptyPassphrase`].
	pub fn new(text: String) -> Result<Self, WalletError> {
		if text.is_empty() {
			return Err(WalletError::EmptyPassphrase);
		}
		Ok(Self(Zeroizing::new(text)))
	}

	pub(super) fn as_bytes(&self) -> &[u8] {
		self.0.as_bytes()
	}
}

/// Where to look for a passphrase: in the file if one is named, else in [`PASSPHRASE_VARIABLE`], else at the terminal.
#[derive(Clone, Debug, Default)]
pub struct PassphraseSource {
	/// A file whose first line it is.
	pub file: Option<PathBuf>,
}

impl PassphraseSource {
	/// The passphrase of a wallet that there is.
	///
	/// # Errors
	/// [`WalletError::NoPassphrase`] if there is none and nobody to ask.
	pub fn get(&self) -> Result<Passphrase, WalletError> {
		match self.silent()? {
			Some(passphrase) => Ok(passphrase),
			None => ask("Passphrase of the wallet: "),
		}
	}

	/// A passphrase for a new wallet: a person types it twice.
	///
	/// # Errors
	/// [`WalletError::NoPassphrase`] if there is none and nobody to ask, [`WalletError::PassphrasesDiffer`].
	pub fn choose(&self) -> Result<Passphrase, WalletError> {
		match self.silent()? {
			Some(passphrase) => Ok(passphrase),
			None => ask_twice(),
		}
	}

	/// A passphrase in place of another one: from the file if one is named, else a person types it twice.
	///
	/// # Errors
	/// As [`PassphraseSource::choose`].
	pub fn choose_new(&self) -> Result<Passphrase, WalletError> {
		match &self.file {
			Some(_) => self.get(),
			None => ask_twice(),
		}
	}

	fn silent(&self) -> Result<Option<Passphrase>, WalletError> {
		if let Some(file) = &self.file {
			let text =
				fs::read_to_string(file).map(Zeroizing::new).map_err(WalletError::file(file))?;
			return Passphrase::new(text.lines().next().unwrap_or_default().to_string()).map(Some);
		}
		std::env::var(PASSPHRASE_VARIABLE).ok().map(Passphrase::new).transpose()
	}
}

fn ask_twice() -> Result<Passphrase, WalletError> {
	let passphrase = ask("New passphrase: ")?;
	if ask("The same again: ")?.as_bytes() != passphrase.as_bytes() {
		return Err(WalletError::PassphrasesDiffer);
	}
	Ok(passphrase)
}

fn ask(question: &str) -> Result<Passphrase, WalletError> {
	if !std::io::stdin().is_terminal() {
		return Err(WalletError::NoPassphrase);
	}
	let typed = rpassword::prompt_password(question).map_err(|_| WalletError::NoPassphrase)?;
	Passphrase::new(typed)
}
