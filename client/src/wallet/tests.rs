//! Wallets in real files.

#![allow(clippy::arithmetic_side_effects)]

use super::*;
use std::{collections::BTreeSet, fs};
use tempfile::TempDir;

const PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

fn passphrase(text: &str) -> Passphrase {
	Passphrase::new(text.to_string()).unwrap()
}

fn phrase() -> Phrase {
	Phrase::parse(PHRASE).unwrap()
}

fn new_wallet() -> (TempDir, Wallet) {
	let directory = tempfile::tempdir().unwrap();
	let path = directory.path().join("w");
	let wallet = Wallet::create(path, &phrase(), &passphrase("open"), Costs::LEAST).unwrap();
	(directory, wallet)
}

fn reopened(wallet: &Wallet) -> Wallet {
	Wallet::open(wallet.path(), &passphrase("open")).unwrap()
}

#[test]
fn wallet_should_have_the_same_keys_when_it_is_opened_again() {
	let (_directory, mut wallet) = new_wallet();
	let fresh = wallet.fresh_address().unwrap();
	let member = wallet.fresh_member().unwrap();
	let again = reopened(&wallet);
	assert_eq!(*again.phrase().unwrap().words(), PHRASE);
	assert_eq!((again.used_addresses(), again.used_members()), (1, 1));
	assert_eq!(again.account(Role::Address(0)).unwrap().address(), fresh.account.address());
	assert_eq!(again.member(0).unwrap().entropy(), member.entropy());
	let found = again.account_of(&fresh.account.address()).unwrap().unwrap();
	assert_eq!(found.address(), fresh.account.address());
}

#[test]
fn wallet_should_know_its_own_addresses_only() {
	let (_directory, mut wallet) = new_wallet();
	let unused = wallet.account(Role::Address(0)).unwrap().address();
	assert!(wallet.account_of(&unused).unwrap().is_none());
	wallet.fresh_address().unwrap();
	assert!(wallet.account_of(&unused).unwrap().is_some());
	assert_eq!(wallet.addresses().unwrap(), BTreeMap::from([(0, unused)]));
	assert!(wallet.account_of(&AccountId32([1; 32])).unwrap().is_none());
}

#[test]
fn wallet_should_say_that_there_is_none_or_one_already() {
	let (directory, wallet) = new_wallet();
	let before = fs::read(wallet.path()).unwrap();
	let again = Wallet::create(wallet.path(), &phrase(), &passphrase("other"), Costs::LEAST);
	assert!(matches!(again, Err(WalletError::AlreadyExists(_))));
	assert_eq!(fs::read(wallet.path()).unwrap(), before);
	let nowhere = Wallet::open(directory.path().join("x"), &passphrase("open"));
	assert!(matches!(nowhere, Err(WalletError::NotFound(_))));
	let nowhere =
		Wallet::create(directory.path().join("no/w"), &phrase(), &passphrase("open"), Costs::LEAST);
	assert!(matches!(nowhere, Err(WalletError::File { .. })));
}

#[test]
fn wallet_should_tell_a_wrong_passphrase_from_a_damaged_file() {
	let (_directory, wallet) = new_wallet();
	let wrong = Wallet::open(wallet.path(), &passphrase("opem"));
	assert!(matches!(wrong, Err(WalletError::WrongPassphrase(_))));
	let whole = fs::read(wallet.path()).unwrap();
	for index in 0..whole.len() {
		let mut damaged = whole.clone();
		damaged[index] ^= 1;
		fs::write(wallet.path(), &damaged).unwrap();
		let error = Wallet::open(wallet.path(), &passphrase("open")).unwrap_err();
		assert!(
			matches!(error, WalletError::Damaged { .. } | WalletError::Newer { .. }),
			"byte {index}: {error}"
		);
	}
}

#[cfg(unix)]
#[test]
fn wallet_should_be_readable_by_its_owner_alone() {
	use std::os::unix::fs::PermissionsExt;
	let (directory, mut wallet) = new_wallet();
	let mode = |wallet: &Wallet| fs::metadata(wallet.path()).unwrap().permissions().mode() & 0o777;
	assert_eq!(mode(&wallet), 0o600);
	wallet.fresh_address().unwrap();
	assert_eq!(mode(&wallet), 0o600);
	// Nothing but the wallet and its lock stays behind.
	let files: BTreeSet<_> = fs::read_dir(directory.path())
		.unwrap()
		.map(|entry| entry.unwrap().file_name().into_string().unwrap())
		.collect();
	assert_eq!(files, BTreeSet::from([".w.lock".to_string(), "w".to_string()]));
}

#[test]
fn wallet_should_hold_no_secret_in_the_clear() {
	let (_directory, wallet) = new_wallet();
	let text = fs::read_to_string(wallet.path()).unwrap();
	assert!(!text.contains(&hex::encode(phrase().entropy())));
	assert!(PHRASE.split(' ').all(|word| !text.contains(&format!(" {word} "))));
	assert!(!format!("{wallet:?}").contains("bottom"));
}

#[test]
fn address_should_never_be_given_twice_when_several_programs_use_the_wallet() {
	let (_directory, wallet) = new_wallet();
	let path = wallet.path().to_path_buf();
	let threads: Vec<_> = (0..4)
		.map(|_| {
			let path = path.clone();
			std::thread::spawn(move || {
				let mut wallet = Wallet::open(path, &passphrase("open")).unwrap();
				(0..25).map(|_| wallet.fresh_address().unwrap().index).collect::<Vec<_>>()
			})
		})
		.collect();
	let given: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
	assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), 100);
	assert_eq!(reopened(&wallet).used_addresses(), 100);
}

#[test]
fn address_should_be_written_down_before_it_is_given() {
	let (_directory, mut wallet) = new_wallet();
	// As if the program ended right after the call.
	let index = wallet.fresh_address().unwrap().index;
	assert_eq!(reopened(&wallet).fresh_address().unwrap().index, index + 1);
}

#[test]
fn address_should_not_be_given_when_it_cannot_be_written_down() {
	let (_directory, mut wallet) = new_wallet();
	fs::remove_file(wallet.path()).unwrap();
	assert!(matches!(wallet.fresh_address(), Err(WalletError::NotFound(_))));
	assert_eq!(wallet.used_addresses(), 0);
}

#[test]
fn addresses_should_end_when_all_have_been_used() {
	let (_directory, mut wallet) = new_wallet();
	wallet.skip_to(u32::MAX, 0).unwrap();
	assert!(matches!(wallet.fresh_address(), Err(WalletError::NoMoreAddresses)));
	// Never back.
	wallet.skip_to(5, 5).unwrap();
	assert_eq!((wallet.used_addresses(), wallet.used_members()), (u32::MAX, 5));
}

#[test]
fn passphrase_should_be_the_new_one_after_it_was_changed() {
	let (_directory, mut wallet) = new_wallet();
	let mut other = reopened(&wallet);
	wallet.fresh_address().unwrap();
	wallet.change_passphrase(&passphrase("new"), Costs::LEAST).unwrap();
	let old = Wallet::open(wallet.path(), &passphrase("open"));
	assert!(matches!(old, Err(WalletError::WrongPassphrase(_))));
	assert!(matches!(other.fresh_address(), Err(WalletError::ChangedMeanwhile(_))));
	let mut new = Wallet::open(wallet.path(), &passphrase("new")).unwrap();
	assert_eq!(new.fresh_address().unwrap().index, 1);
	assert_eq!(wallet.fresh_address().unwrap().index, 2);
}

#[test]
fn passphrase_should_come_from_the_first_line_of_a_file() {
	let (directory, wallet) = new_wallet();
	let file = directory.path().join("passphrase");
	fs::write(&file, "open\nand nothing else\n").unwrap();
	let source = PassphraseSource { file: Some(file.clone()) };
	Wallet::open(wallet.path(), &source.get().unwrap()).unwrap();
	Wallet::open(wallet.path(), &source.choose().unwrap()).unwrap();
	fs::write(&file, "\n").unwrap();
	assert!(matches!(source.get(), Err(WalletError::EmptyPassphrase)));
	fs::remove_file(&file).unwrap();
	assert!(matches!(source.get(), Err(WalletError::File { .. })));
}
