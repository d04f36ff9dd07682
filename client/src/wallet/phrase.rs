//! The secret phrase.

use super::WalletError;
use chacha20poly1305::aead::{rand_core::RngCore, OsRng};
use subxt_signer::bip39::{Error as Bip39, Language, Mnemonic};
use zeroize::Zeroizing;

/// How many words a new phrase has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Words {
	/// 128 bits of chance.
	#[default]
	Twelve,
	/// 256 bits of chance.
	TwentyFour,
}

/// A secret phrase (BIP-39, English): everything in a wallet can be derived from it.
#[derive(Clone)]
pub struct Phrase {
	entropy: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Phrase {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter.write_str("Phrase(secret)")
	}
}

impl Phrase {
	/// A new phrase, from the system's source of chance.
	pub fn generate(words: Words) -> Self {
		let bytes = match words {
			Words::Twelve => 16,
			Words::TwentyFour => 32,
		};
		let mut entropy = Zeroizing::new(vec![0; bytes]);
		OsRng.fill_bytes(&mut entropy);
		Self { entropy }
	}

	/// Reads a phrase: words between any white space, in any case.
	///
	/// # Errors
	/// [`WalletError::PhraseLength`], [`WalletError::PhraseWord`] or [`WalletError::PhraseChecksum`]: what is wrong with it,
	/// without any of its words.
	pub fn parse(text: &str) -> Result<Self, WalletError> {
		let words = Zeroizing::new(text.to_lowercase());
		let words = Zeroizing::new(words.split_whitespace().collect::<Vec<_>>().join(" "));
		let mnemonic = Mnemonic::parse_in_normalized(Language::English, &words).map_err(
			|error| match error {
				Bip39::BadWordCount(count) => WalletError::PhraseLength(count),
				Bip39::UnknownWord(index) => WalletError::PhraseWord(index.saturating_add(1)),
				_ => WalletError::PhraseChecksum,
			},
		)?;
		Ok(Self { entropy: Zeroizing::new(mnemonic.to_entropy()) })
	}

	/// Its words. Whoever sees them has all that is in the wallet.
	pub fn words(&self) -> Zeroizing<String> {
		// Only this type makes entropy, of lengths that are right.
		Zeroizing::new(Mnemonic::from_entropy(&self.entropy).map_or_else(
			|_| String::new(),
			|mnemonic| mnemonic.words().collect::<Vec<_>>().join(" "),
		))
	}

	pub(super) fn entropy(&self) -> &[u8] {
		&self.entropy
	}

	pub(super) fn from_entropy(entropy: Zeroizing<Vec<u8>>) -> Option<Self> {
		Mnemonic::from_entropy(&entropy).is_ok().then_some(Self { entropy })
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

	#[test]
	fn phrase_should_be_read_in_any_case_and_between_any_white_space() {
		let typed = PHRASE.to_uppercase().replace(' ', "\n\t ");
		assert_eq!(*Phrase::parse(&typed).unwrap().words(), PHRASE);
	}

	#[test]
	fn phrase_should_say_what_is_wrong_with_it() {
		let wrong = |text: &str| Phrase::parse(text).unwrap_err();
		assert!(matches!(wrong(""), WalletError::PhraseLength(0)));
		assert!(matches!(wrong("bottom drive"), WalletError::PhraseLength(2)));
		let misspelt = PHRASE.replace("curtain", "curtian");
		assert!(matches!(wrong(&misspelt), WalletError::PhraseWord(5)));
		let message = wrong(&misspelt).to_string();
		assert!(message.contains("word 5") && !message.contains("curtian"), "{message}");
		let exchanged = PHRASE.replace("drive obey", "obey drive");
		assert!(matches!(wrong(&exchanged), WalletError::PhraseChecksum));
	}

	#[test]
	fn new_phrase_should_be_one_that_can_be_read_and_differ_from_others() {
		for (words, count) in [(Words::Twelve, 12), (Words::TwentyFour, 24)] {
			let phrase = Phrase::generate(words);
			let text = phrase.words();
			assert_eq!(text.split(' ').count(), count);
			assert_eq!(*Phrase::parse(&text).unwrap().words(), *text);
			assert_ne!(*Phrase::generate(words).words(), *text);
		}
	}

	#[test]
	fn phrase_should_not_be_shown_by_debug() {
		let shown = format!("{:?}", Phrase::parse(PHRASE).unwrap());
		assert!(PHRASE.split(' ').all(|word| !shown.contains(word)), "{shown}");
	}
}
