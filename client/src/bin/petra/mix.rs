//! `petra mix`

use crate::{
	answer::Answer,
	answer::{during, note},
	context::{awaited, key_named, key_of, AddressInput, Context},
	failure::Failure,
	meter::kind,
};
use clap::{Args, Subcommand};
use petra_client::{
	mixing::{
		basket::randomness,
		journal::{Entry, Journal, Stage},
		member::MemberKey,
		Mixer, Note, Patience, Position, Source, Withdrawn,
	},
	types::{AssetId, Balance, BlockNumber},
	units::{format_money, format_power, parse_money},
	wallet::Wallet,
	AccountId32, Client,
};
use serde_json::{json, Value};
use std::{path::PathBuf, time::Duration};

#[derive(Subcommand)]
pub enum Command {
	/// Put an asset, or money, into a mixing pool
	///
	/// It must be a note: a power of two times the power lot in an aligned interval that is a power of two long, or a power of
	/// two times the pools' unit of money. `petra asset split` makes such assets. Use a fresh address for each note: everybody
	/// sees who deposits. One note in each transaction, after a random delay.
	#[command(
		group = clap::ArgGroup::new("what").required(true).args(["asset", "money"]),
		after_help = "Examples:\n  petra mix deposit 12                         asset 12, at a random moment within ten minutes\n  petra mix deposit --money 0.064EUR --from 3 --within 4h"
	)]
	Deposit {
		/// The asset
		asset: Option<AssetId>,
		/// Money instead
		#[arg(long, value_parser = parse_money, requires = "from")]
		money: Option<Balance>,
		/// The wallet's address that has the money
		#[arg(long, value_name = "ADDRESS")]
		from: Option<AddressInput>,
		#[command(flatten)]
		delay: Delay,
	},
	/// Take notes out of their rings, each to a fresh address of the wallet
	///
	/// Nobody signs it, and nobody sees whose note it was: only that it was one of the ring's. The more members the ring has,
	/// and the more households are behind them, the better.
	#[command(
		after_help = "Examples:\n  petra mix withdraw                           all notes, each at a random moment\n  petra mix withdraw --note 4 --members 50     note 4, when 50 notes are in its ring"
	)]
	Withdraw {
		/// A note, by its number in `petra mix status`; else all
		#[arg(long = "note", value_name = "NUMBER")]
		notes: Vec<u32>,
		/// How many members the ring must have, at least; the chain's own minimum holds besides
		#[arg(long, default_value_t = 10)]
		members: u32,
		/// For how many blocks to wait for that
		#[arg(long, default_value_t = 3_600)]
		blocks: BlockNumber,
		#[command(flatten)]
		delay: Delay,
	},
	/// Take a note back from a ring that failed. Everybody sees whose it was
	#[command(after_help = "Example:\n  petra mix reclaim 4 --from 3")]
	Reclaim {
		/// The note, by its number in `petra mix status`
		#[arg(value_name = "NUMBER")]
		note: u32,
		/// The wallet's address that sends it
		#[arg(long, value_name = "ADDRESS")]
		from: AddressInput,
	},
	/// The wallet's notes, and the pools
	Status,
}

#[derive(Args)]
pub struct Delay {
	/// Wait for a random moment within this time first (90s, 10m, 4h; 0: at once). Who acts at once can be told by that
	#[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "10m")]
	within: Duration,
}

impl Delay {
	async fn wait(&self) {
		use petra_client::mixing::basket::random_delay;
		let delay = random_delay(self.within, &mut randomness());
		if !delay.is_zero() {
			let what = format!("waiting for a random moment, in {} s", delay.as_secs());
			during(&what, tokio::time::sleep(delay)).await;
		}
	}
}

fn parse_time(text: &str) -> Result<Duration, String> {
	let wrong = || "write a time: 90s, 10m, 4h, or 0".to_string();
	let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
	let number: u64 = digits.parse().map_err(|_| wrong())?;
	let seconds = match text.get(digits.len()..) {
		Some("" | "s") => Some(number),
		Some("m") => number.checked_mul(60),
		Some("h") => number.checked_mul(3_600),
		_ => None,
	};
	seconds.map(Duration::from_secs).ok_or_else(wrong)
}

pub async fn run(command: Command, context: &Context) -> Result<Answer, Failure> {
	match command {
		Command::Deposit { asset, money, from, delay } => {
			deposit(context, asset, money, from, &delay).await
		},
		Command::Withdraw { notes, members, blocks, delay } => {
			withdraw(context, &notes, Patience { blocks, members }, &delay).await
		},
		Command::Reclaim { note, from } => reclaim(context, note, &from).await,
		Command::Status => status(context).await,
	}
}

/// The wallet, and what is known of its notes.
struct Hand {
	client: Client,
	wallet: Wallet,
	mixer: Mixer,
}

impl Hand {
	async fn new(context: &Context) -> Result<Self, Failure> {
		let client = context.client().await?;
		let wallet = context.wallet()?;
		let mut path = context.settings.wallet.clone().into_os_string();
		path.push(".mixing");
		let journal =
			Journal::open(PathBuf::from(path)).map_err(petra_client::mixing::MixError::from)?;
		let mixer = Mixer::new(client.clone(), journal).await?;
		Ok(Self { client, wallet, mixer })
	}

	fn key(&self, number: u32) -> Result<MemberKey, Failure> {
		Ok(MemberKey::from_entropy(self.wallet.member(number)?.entropy()))
	}

	/// Finds notes of which the journal does not know that they are in a ring.
	async fn recover(&mut self) -> Result<(), Failure> {
		let mut keys = Vec::new();
		for number in 0..self.wallet.used_members() {
			let key = self.key(number)?;
			let entry = self.mixer.journal().entry(key.public());
			if entry.is_none_or(|entry| matches!(entry.stage, Stage::Depositing { .. })) {
				keys.push((number, key));
			}
		}
		if !keys.is_empty() {
			let found = during("looking for notes in the pools", self.mixer.recover(&keys)).await?;
			if found > 0 {
				note(&format!(
					"{found} notes were found in the pools that were not known to be there"
				));
			}
		}
		Ok(())
	}

	/// Takes a note out of its ring, to a fresh address.
	async fn take_out(&mut self, number: u32, patience: Patience) -> Result<Withdrawn, Failure> {
		let key = self.key(number)?;
		let recipient = self.wallet.fresh_address()?.account.address();
		let what = format!("Mixing.withdraw of note {number}");
		let withdrawing = self.mixer.withdraw(&key, &recipient, patience);
		awaited(&self.client, &what, withdrawing).await
	}

	/// Notes that are in rings, by number.
	fn notes(&self) -> Vec<u32> {
		let entries = self.mixer.journal().entries();
		let there = entries.filter(|entry| {
			matches!(entry.stage, Stage::Pooled { .. } | Stage::Withdrawing { .. })
		});
		let mut numbers: Vec<u32> = there.map(|entry| entry.number).collect();
		numbers.sort_unstable();
		numbers
	}
}

async fn deposit(
	context: &Context,
	asset: Option<AssetId>,
	money: Option<Balance>,
	from: Option<AddressInput>,
	delay: &Delay,
) -> Result<Answer, Failure> {
	let mut hand = Hand::new(context).await?;
	let (pool, source, key) = match (asset, money, from) {
		(Some(id), ..) => {
			let ledger = hand.client.ledger().await?;
			let asset = crate::context::asset(&ledger, id).await?;
			let key = key_of(&hand.wallet, &asset.owner)?;
			let pool = Note::Energy {
				kind: asset.kind,
				feeder: asset.feeder,
				traded: asset.traded,
				power: asset.power,
				start: asset.start,
				end: asset.end,
			};
			(pool, Source::Energy(id), key)
		},
		(None, Some(amount), Some(from)) => {
			let key = key_named(&hand.wallet, &from)?;
			(Note::Financial { amount }, Source::Financial(amount), key)
		},
		_ => {
			return Err(Failure::Usage(
				"what is to be mixed: an asset, or --money with --from?".into(),
			))
		},
	};
	delay.wait().await;
	let secret = hand.wallet.fresh_member()?;
	let member = MemberKey::from_entropy(secret.entropy());
	let sending = hand.mixer.deposit(secret.index(), &member, pool, source, &key);
	let deposited = awaited(&hand.client, "Mixing.deposit", sending).await?;
	let said = format!(
		"note {}: {} is in ring {}, as member {}\nblock {}, {:?}",
		secret.index(),
		described(&pool),
		deposited.ring,
		deposited.index,
		deposited.block.number,
		deposited.block.hash,
	);
	Ok(Answer::new(
		said,
		json!({
			"note": secret.index(),
			"pool": pool,
			"ring": deposited.ring,
			"index": deposited.index,
			"block": deposited.block.number,
			"blockHash": deposited.block.hash,
		}),
	))
}

async fn withdraw(
	context: &Context,
	notes: &[u32],
	patience: Patience,
	delay: &Delay,
) -> Result<Answer, Failure> {
	let mut hand = Hand::new(context).await?;
	hand.recover().await?;
	let all = hand.notes();
	let chosen = if notes.is_empty() { all.clone() } else { notes.to_vec() };
	if let Some(other) = chosen.iter().find(|number| !all.contains(number)) {
		return Err(Failure::NotFound(format!("note {other} in a ring: see `petra mix status`")));
	}
	let (mut said, mut answers, mut failed) = (Vec::new(), Vec::new(), None);
	for number in chosen {
		delay.wait().await;
		match hand.take_out(number, patience).await {
			Ok(withdrawn) => {
				said.push(out(number, &withdrawn));
				answers.push(json!({
					"note": number,
					"recipient": withdrawn.recipient,
					"members": withdrawn.members,
					"provingMs": u64::try_from(withdrawn.proving.as_millis()).unwrap_or(u64::MAX),
					"attempts": withdrawn.attempts,
				}));
			},
			// One note that stays where it is holds up no other.
			Err(Failure::Mix(error)) => {
				note(&format!("note {number}: {error}"));
				failed = Some(error);
			},
			Err(other) => return Err(other.after(Answer::new(said.join("\n"), json!(answers)))),
		}
	}
	if said.is_empty() && failed.is_none() {
		said.push("no notes are in rings".into());
	}
	let answer = Answer::new(said.join("\n"), Value::Array(answers));
	match failed {
		Some(error) => Err(Failure::Mix(error).after(answer)),
		None => Ok(answer),
	}
}

async fn reclaim(context: &Context, number: u32, from: &AddressInput) -> Result<Answer, Failure> {
	let mut hand = Hand::new(context).await?;
	hand.recover().await?;
	let signer = key_named(&hand.wallet, from)?;
	let key = hand.key(number)?;
	let recipient = hand.wallet.fresh_address()?.account.address();
	let sending = hand.mixer.reclaim(&key, &recipient, &signer);
	let recipient: AccountId32 = awaited(&hand.client, "Mixing.reclaim", sending).await?;
	let said = format!("note {number} is back, at {recipient}");
	Ok(Answer::new(said, json!({ "note": number, "recipient": recipient })))
}

async fn status(context: &Context) -> Result<Answer, Failure> {
	let (mut said, mut own) = (Vec::new(), Vec::new());
	let pools = if context.settings.wallet.exists() {
		let mut hand = Hand::new(context).await?;
		hand.recover().await?;
		for Position { entry, members, failed } in hand.mixer.positions().await? {
			said.push(format!(
				"note {}: {}, {}",
				entry.number,
				described(&entry.note),
				whereabouts(&entry, members, failed)
			));
			own.push(json!({ "note": entry, "members": members, "failed": failed }));
		}
		if own.is_empty() {
			said.push("the wallet has no notes in rings".into());
		}
		hand.mixer.pools().await?
	} else {
		context.client().await?.mixing_pools().await.map_err(Failure::from)?
	};
	for pool in &pools {
		let usable = if pool.usable { "withdrawals" } else { "no withdrawals yet" };
		said.push(format!(
			"pool of {}: ring {}, {} members, {usable}",
			described(&pool.pool),
			pool.ring,
			pool.members
		));
	}
	if pools.is_empty() {
		said.push("there are no pools".into());
	}
	Ok(Answer::new(said.join("\n"), json!({ "notes": own, "pools": pools })))
}

/// What became of a withdrawal, in words.
fn out(number: u32, withdrawn: &Withdrawn) -> String {
	let Withdrawn { recipient, members, proving, attempts } = withdrawn;
	match attempts {
		0 => {
			format!("note {number} is out, at {recipient}: an earlier withdrawal had come through")
		},
		_ => format!(
			"note {number} is out, one of {members}, at {recipient} (proven in {proving:.0?})"
		),
	}
}

/// Where a note is, in words.
fn whereabouts(entry: &Entry, members: u32, failed: bool) -> String {
	match entry.stage {
		Stage::Depositing { .. } => "its deposit is not on the ledger (yet)".into(),
		_ if failed => "its ring has failed: `petra mix reclaim` takes it back".into(),
		Stage::Pooled { ring, .. } if members == 0 => format!("in ring {ring}, not ready yet"),
		Stage::Pooled { ring, .. } => format!("in ring {ring}, one of {members}"),
		Stage::Withdrawing { ring, .. } => format!("on its way out of ring {ring}"),
		Stage::Reclaiming { ring, .. } => format!("on its way back from ring {ring}"),
		_ => "not in a ring".into(),
	}
}

/// A note in words.
fn described(note: &Note) -> String {
	match *note {
		Note::Energy { kind: of, feeder, traded, power, start, end } => {
			let traded = if traded { ", traded" } else { "" };
			format!(
				"{} of {} from timestep {start} to {end}, feeder {feeder}{traded}",
				format_power(power),
				kind(of)
			)
		},
		Note::Financial { amount } => format_money(amount),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn times_should_be_read() {
		for (text, seconds) in [("0", 0), ("90s", 90), ("90", 90), ("10m", 600), ("4h", 14_400)] {
			assert_eq!(parse_time(text), Ok(Duration::from_secs(seconds)));
		}
		for text in ["", "m", "4d", "-1s", "1.5h", "99999999999999999999h", "18446744073709551615h"]
		{
			assert!(parse_time(text).is_err(), "{text}");
		}
	}
}
