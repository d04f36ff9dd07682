//! `petra wallet`

use crate::{
	answer::{during, put, Answer},
	context::Context,
	failure::Failure,
};
use clap::{Args, Subcommand};
use petra_client::{
	types::MeterId,
	wallet::{Costs, PassphraseSource, Phrase, Role, Scan, Wallet, WalletError, Words, GAP_LIMIT},
	Client,
};
use serde_json::json;
use std::{
	io::{IsTerminal, Read},
	path::{Path, PathBuf},
};
use zeroize::Zeroizing;

#[derive(Subcommand)]
pub enum Command {
	/// Make a wallet with a new secret phrase, and say the phrase: write it down on paper
	#[command(after_help = "Example:\n  petra --wallet house.wallet wallet new --words 24")]
	New {
		/// How many words the phrase has
		#[arg(long, default_value = "12", value_parser = ["12", "24"])]
		words: String,
		/// With --json: say the phrase, too
		#[arg(long)]
		show_phrase: bool,
	},
	/// Make a wallet from its secret phrase, and find its addresses and its notes that are in use
	///
	/// The phrase is asked for, or read from a file or from stdin. An address that has spent all it had cannot be seen
	/// any more: so that none is used twice, the wallet goes on well past the last one in use. Who knows how many were
	/// used says so. The member keys of notes are seen for good, and `petra mix status` finds the notes that are still in
	/// rings.
	#[command(
		after_help = "Examples:\n  petra --wallet house.wallet wallet restore --phrase-file paper.txt\n  petra wallet restore --next-address 4000     when up to 4000 addresses were used"
	)]
	Restore(RestoreArguments),
	/// What is in the wallet
	Show {
		/// Say the secret phrase, which is all there is to it
		#[arg(long)]
		phrase: bool,
	},
	/// An address: a fresh one, that of a role, or all that were used
	#[command(
		after_help = "Examples:\n  petra wallet address --meter 7     for the DSO, who authorises meter 7\n  petra wallet address --new         to receive something\n  petra wallet address               all that were used"
	)]
	Address(AddressArguments),
	/// Seal the wallet with another passphrase
	Passphrase {
		/// File whose first line is the new passphrase; else it is asked for
		#[arg(long, value_name = "FILE")]
		new_passphrase_file: Option<PathBuf>,
	},
}

#[derive(Args)]
pub struct RestoreArguments {
	/// File with the phrase
	#[arg(long, value_name = "FILE")]
	phrase_file: Option<PathBuf>,
	/// How many addresses, and member keys, in a row must be unused until the search ends
	#[arg(long, default_value_t = GAP_LIMIT, value_name = "NUMBER")]
	gap: u32,
	/// From which number on no address has been used, if you know it: `addresses used` in `petra wallet show`
	#[arg(long, value_name = "NUMBER")]
	next_address: Option<u32>,
	/// From which number on no member key has been used, if you know it: `member keys used` in `petra wallet show`
	#[arg(long, value_name = "NUMBER")]
	next_member: Option<u32>,
	/// Do not search: nothing has been used with this phrase
	#[arg(long, conflicts_with_all = ["next_address", "next_member"])]
	unused: bool,
}

#[derive(Args)]
#[group(multiple = false)]
pub struct AddressArguments {
	/// One that has not been used; it counts as used from now on
	#[arg(long)]
	new: bool,
	/// The key of a smart meter
	#[arg(long, value_name = "ID")]
	meter: Option<MeterId>,
	/// The key with which the household speaks to the DSO's service
	#[arg(long)]
	household: bool,
	/// The DSO's key
	#[arg(long)]
	dso: bool,
}

pub async fn run(command: Command, context: &Context) -> Result<Answer, Failure> {
	match command {
		Command::New { words, show_phrase } => new(context, &words, show_phrase),
		Command::Restore(arguments) => restore(context, &arguments).await,
		Command::Show { phrase } => show(context, phrase),
		Command::Address(arguments) => address(context, &arguments),
		Command::Passphrase { new_passphrase_file } => {
			let mut wallet = context.wallet()?;
			let passphrase = PassphraseSource { file: new_passphrase_file }.choose_new()?;
			wallet.change_passphrase(&passphrase, Costs::default())?;
			let path = wallet.path().display().to_string();
			Ok(Answer::new(
				format!("{path} is sealed with the new passphrase"),
				json!({ "wallet": path }),
			))
		},
	}
}

fn new(context: &Context, words: &str, show_phrase: bool) -> Result<Answer, Failure> {
	let path = &context.settings.wallet;
	if path.exists() {
		return Err(WalletError::AlreadyExists(path.display().to_string()).into());
	}
	let words = if words == "24" { Words::TwentyFour } else { Words::Twelve };
	let phrase = Phrase::generate(words);
	Wallet::create(path, &phrase, &context.passphrase().choose()?, Costs::default())?;
	let path = path.display();
	let text = format!(
		"The wallet is in {path}. Its secret phrase restores it, and gives whoever reads it all that is in it.\nWrite it \
		 down on paper:\n\n  {}\n",
		*phrase.words()
	);
	let mut answer = json!({ "wallet": path.to_string() });
	if show_phrase {
		put(&mut answer, "phrase", json!(*phrase.words()));
	}
	Ok(Answer::new(text, answer))
}

async fn restore(context: &Context, arguments: &RestoreArguments) -> Result<Answer, Failure> {
	let path = &context.settings.wallet;
	if path.exists() {
		return Err(WalletError::AlreadyExists(path.display().to_string()).into());
	}
	let phrase = Phrase::parse(&read_phrase(arguments.phrase_file.as_deref())?)?;
	let passphrase = context.passphrase().choose()?;
	// Before the file is there: without a node there is none.
	let client = if arguments.unused { None } else { Some(context.client().await?) };
	let mut wallet = Wallet::create(path, &phrase, &passphrase, Costs::default())?;
	let Some(client) = client else {
		let path = path.display().to_string();
		return Ok(Answer::new(
			format!("{path}: a wallet of this phrase, of which nothing has been used"),
			json!({ "wallet": path, "inUse": [], "nextAddress": 0, "nextMember": 0 }),
		));
	};
	match search(&mut wallet, &client, arguments).await {
		Ok(scan) => Ok(restored(&wallet, &scan, arguments.next_address.is_some())),
		Err(error) => {
			// A wallet that does not know what was used must not be used.
			let _ = std::fs::remove_file(wallet.path());
			Err(error)
		},
	}
}

/// Finds what is in use on the chain, and writes down how much of the wallet has been used: what the user says, or else
/// some way past what was found, and never less than that.
async fn search(
	wallet: &mut Wallet,
	client: &Client,
	arguments: &RestoreArguments,
) -> Result<Scan, Failure> {
	let &RestoreArguments { gap, next_address, next_member, .. } = arguments;
	wallet.skip_to(next_address.unwrap_or_default(), next_member.unwrap_or_default())?;
	let scan = during("searching for what is in use", wallet.scan(client, gap)).await?;
	let address = next_address.map_or_else(|| scan.next_address(gap), |_| scan.past_addresses());
	let member = next_member.map_or_else(|| scan.next_member(gap), |_| scan.past_members());
	wallet.skip_to(address, member)?;
	Ok(scan)
}

/// What was found, in words.
fn restored(wallet: &Wallet, scan: &Scan, told: bool) -> Answer {
	let path = wallet.path().display().to_string();
	let (address, member) = (wallet.used_addresses(), wallet.used_members());
	let mut text = format!(
		"{path}: {} addresses are in use, of {} that were looked at. New ones begin with number {address}\n{} member keys \
		 were used, of {} that were looked at. New ones begin with number {member}",
		scan.in_use.len(),
		scan.looked_at,
		scan.used_members.len(),
		scan.members_looked_at,
	);
	for (index, address) in &scan.in_use {
		text.push_str(&format!("\n{index:>6}  {address}"));
	}
	if scan.in_use.is_empty() && !told {
		text.push_str(&format!(
			"\nNo address is in use. Addresses that were used and emptied cannot be seen: the first {address} are passed \
			 over.\nIf more may have been used, remove this wallet and restore it with --next-address NUMBER, so that none \
			 is used twice;\nif none ever was, with --unused"
		));
	}
	let in_use: Vec<_> = scan
		.in_use
		.iter()
		.map(|(index, address)| json!({ "index": index, "address": address }))
		.collect();
	Answer::new(
		text,
		json!({
			"wallet": path,
			"inUse": in_use,
			"nextAddress": address,
			"usedMembers": scan.used_members,
			"nextMember": member,
		}),
	)
}

fn read_phrase(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
	if let Some(file) = file {
		return std::fs::read_to_string(file)
			.map(Zeroizing::new)
			.map_err(|error| Failure::file(file, error));
	}
	if std::io::stdin().is_terminal() {
		return rpassword::prompt_password("Secret phrase: ")
			.map(Zeroizing::new)
			.map_err(|error| Failure::Usage(error.to_string()));
	}
	let mut text = Zeroizing::new(String::new());
	std::io::stdin()
		.read_to_string(&mut text)
		.map_err(|error| Failure::Usage(error.to_string()))?;
	Ok(text)
}

fn show(context: &Context, phrase: bool) -> Result<Answer, Failure> {
	let wallet = context.wallet()?;
	let (household, dso) =
		(wallet.account(Role::Household)?.address(), wallet.account(Role::Dso)?.address());
	let path = wallet.path().display().to_string();
	let mut text = format!(
		"{path}\naddresses used    {}\nmember keys used  {}\nhousehold         {household}\nDSO               {dso}",
		wallet.used_addresses(),
		wallet.used_members(),
	);
	let mut answer = json!({
		"wallet": path,
		"addressesUsed": wallet.used_addresses(),
		"membersUsed": wallet.used_members(),
		"household": household,
		"dso": dso,
	});
	if phrase {
		let words = wallet.phrase()?.words();
		text.push_str(&format!("\nsecret phrase     {}", *words));
		put(&mut answer, "phrase", json!(*words));
	}
	Ok(Answer::new(text, answer))
}

fn address(context: &Context, arguments: &AddressArguments) -> Result<Answer, Failure> {
	let mut wallet = context.wallet()?;
	let role = match arguments {
		AddressArguments { new: true, .. } => Role::Address(wallet.fresh_address()?.index),
		AddressArguments { meter: Some(id), .. } => Role::Meter(*id),
		AddressArguments { household: true, .. } => Role::Household,
		AddressArguments { dso: true, .. } => Role::Dso,
		AddressArguments { .. } => {
			let all = wallet.addresses()?;
			let text: Vec<_> =
				all.iter().map(|(index, address)| format!("{index:>6}  {address}")).collect();
			let list: Vec<_> = all
				.iter()
				.map(|(index, address)| json!({ "index": index, "address": address }))
				.collect();
			return Ok(Answer::new(text.join("\n"), json!(list)));
		},
	};
	let address = wallet.account(role)?.address();
	Ok(Answer::new(address.to_string(), json!({ "address": address, "path": role.to_string() })))
}
