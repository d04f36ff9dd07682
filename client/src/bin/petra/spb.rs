//! `petra spb`, and what a meter does for it: `petra meter certify`, `sign-certificates` and `measure`.

use crate::{
	answer::{during, note, Answer},
	context::{key_named, AddressInput, Context},
	dso::done,
	failure::{Failure, Status},
};
use clap::{Args, Subcommand};
use petra_client::{
	spb::{
		self, calls, free_energy, AccountProof, Asking, CertificateSigner, Commitment, Confirmed,
		EnergyBlock, MeterFile, OneTimeSecret, ServiceLimits, SpbError, Terms, Witness,
		DEFAULT_LEAVES,
	},
	types::{Balance, BlockNumber, MeterId},
	units::{format_money, parse_money, parse_power},
	wallet::{Account, Role, Wallet},
	AccountId32, Client, Signer,
};
use serde_json::{json, Value};
use sp_core::H256;
use std::{io::BufRead, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

/// How long to go on trying to connect.
const PATIENCE: Duration = Duration::from_secs(10);
/// Watt-hours in a kilowatt-hour.
const KILO: Balance = 1_000;
/// Blocks before a commitment expires in which the meter confirms a part.
const LEAD: BlockNumber = 10;
/// How far ahead a commitment expires, in blocks, if one does not say otherwise: a quarter of an hour.
const QUARTER: BlockNumber = 900;

#[derive(Subcommand)]
pub enum Command {
	/// Open an energy account, to sell energy from
	///
	/// With a certificate of an authority that the DSO listed; or without one, which costs what the chain sets.
	#[command(
		after_help = "Examples:\n  petra spb open --as 0 --certificate producer.json\n  petra spb open --as 0 --burn"
	)]
	Open(OpenArguments),
	/// Certify a producer, as an authority that the DSO listed; prints what the producer opens its account with
	Vouch {
		/// The producer
		producer: AccountId32,
		/// The authority's address
		#[arg(long = "as", value_name = "ADDRESS")]
		signer: AddressInput,
		/// For so many blocks from now on the certificate can be used
		#[arg(long, default_value_t = QUARTER)]
		blocks: BlockNumber,
	},
	/// Add energy for sale
	#[command(after_help = "Example:\n  petra spb add 5kWh --price 0.20EUR/kWh --as 0")]
	Add {
		/// How much: 500, 500Wh, 1.5kWh
		energy: Energy,
		/// The price: 0.20EUR/kWh, or 200000 in units per watt-hour
		#[arg(long)]
		price: UnitPrice,
		/// The producer's address
		#[arg(long = "as", value_name = "ADDRESS")]
		signer: AddressInput,
	},
	/// Energy for sale, the cheapest first
	#[command(after_help = "Example:\n  petra spb search --energy 500Wh")]
	Search {
		/// Blocks with at least this much free
		#[arg(long, default_value = "1")]
		energy: Energy,
		/// So many blocks at most
		#[arg(long, default_value_t = 20)]
		most: usize,
	},
	/// Commit to pay (CTP): your money is on hold until your meter confirms, or the commitment expires
	#[command(
		after_help = "Examples:\n  petra spb commit 500Wh --as 1 --meter 7\n  petra spb commit 500Wh --from 5Grw… --block 0 --as 1 --meter 7 --partial"
	)]
	Commit(CommitArguments),
	/// Confirm (ERC), by the meter and by hand, that energy of a commitment came
	Confirm {
		/// The commitment's id
		commitment: CommitmentId,
		/// How much came
		energy: Energy,
		#[command(flatten)]
		meter: MeterArguments,
	},
	/// Lock money for a producer, from which trades are settled in one transaction each
	Lock {
		/// The producer
		producer: AccountId32,
		/// How much is added to the lock
		#[arg(value_parser = parse_money)]
		amount: Balance,
		/// For so many blocks from now on
		#[arg(long, default_value_t = QUARTER)]
		blocks: BlockNumber,
		/// The consumer's address
		#[arg(long = "as", value_name = "ADDRESS")]
		signer: AddressInput,
	},
	/// Take back what is left of a lock that has ended
	Unlock {
		/// The producer
		producer: AccountId32,
		/// The consumer's address
		#[arg(long = "as", value_name = "ADDRESS")]
		signer: AddressInput,
	},
	/// Commit and confirm in one transaction, from a lock, energy that has come
	#[command(
		after_help = "Example:\n  petra spb settle 500Wh --from 5Grw… --block 0 --as 1 --meter 7"
	)]
	Settle(CommitArguments),
	/// End a commitment that nobody confirmed in time; the chain does so by itself when it has nothing else to do
	Expire {
		/// The commitment's id
		commitment: CommitmentId,
		/// Who sends it
		#[arg(long = "as", value_name = "ADDRESS")]
		signer: AddressInput,
	},
	/// The open commitments of the wallet's addresses, or of one
	Status {
		/// Of this address
		#[arg(long)]
		of: Option<AddressInput>,
	},
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("proof").required(true))]
pub struct OpenArguments {
	/// The producer's address
	#[arg(long = "as", value_name = "ADDRESS")]
	signer: AddressInput,
	/// What `petra spb vouch` printed
	#[arg(long, value_name = "FILE", group = "proof")]
	certificate: Option<PathBuf>,
	/// Pay instead of showing a certificate
	#[arg(long, group = "proof")]
	burn: bool,
}

#[derive(Args)]
pub struct CommitArguments {
	/// How much: 500, 500Wh, 1.5kWh
	energy: Energy,
	/// The consumer's address
	#[arg(long = "as", value_name = "ADDRESS")]
	signer: AddressInput,
	/// From this producer [default: the cheapest]
	#[arg(long, value_name = "ADDRESS", requires = "block")]
	from: Option<AccountId32>,
	/// Which of the producer's blocks
	#[arg(long, requires = "from")]
	block: Option<u32>,
	/// So many blocks ahead it expires
	#[arg(long, default_value_t = QUARTER)]
	expires: BlockNumber,
	/// Less energy pays its share
	#[arg(long)]
	partial: bool,
	#[command(flatten)]
	meter: MeterArguments,
}

#[derive(Args)]
pub struct MeterArguments {
	/// The household's meter, whose keys are the wallet's
	#[arg(long)]
	meter: MeterId,
	/// The meter's file: which one-time keys are used, and what it watches [default: meter-<id>.spb]
	#[arg(long, value_name = "FILE")]
	state: Option<PathBuf>,
}

/// `petra meter certify`
#[derive(Args)]
pub struct CertifyArguments {
	/// The meter's number
	meter: MeterId,
	/// Another meter and its service, as 12=http://10.0.0.12:9620/certificates; name several, one is chosen by chance
	#[arg(long = "witness", value_name = "METER=URL", required = true)]
	witnesses: Vec<Witness>,
	/// One-time keys under the root: receipts under one root are known to be of one meter
	#[arg(long, default_value_t = DEFAULT_LEAVES)]
	leaves: u32,
	/// The meter's file [default: meter-<id>.spb]
	#[arg(long, value_name = "FILE")]
	state: Option<PathBuf>,
}

/// `petra meter sign-certificates`
#[derive(Args)]
pub struct ServiceArguments {
	/// The meter's number
	meter: MeterId,
	/// Where to listen
	#[arg(long, default_value = "127.0.0.1:9620", value_name = "ADDRESS:PORT")]
	listen: SocketAddr,
}

/// Watt-hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Energy(u64);

impl FromStr for Energy {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let trimmed = text.trim();
		let power = trimmed.strip_suffix(['h', 'H']).unwrap_or(trimmed);
		let hours = power.len() < trimmed.len();
		let named = power.ends_with(['w', 'W']);
		match parse_power(power) {
			Ok(energy) if hours == named => Ok(Self(energy)),
			_ => Err(format!("`{text}` is no energy: write 500, 500Wh or 1.5kWh")),
		}
	}
}

/// Money units per watt-hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitPrice(u64);

impl FromStr for UnitPrice {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let wrong = || {
			format!("`{text}` is no price: write 0.20EUR/kWh, with at most six places, or 200000")
		};
		let lower = text.trim().to_lowercase();
		let units = match lower.strip_suffix("/kwh") {
			Some(money) => {
				let per_kwh = parse_money(money).map_err(|_| wrong())?;
				(per_kwh % KILO == 0).then_some(per_kwh / KILO).ok_or_else(wrong)?
			},
			None => lower.parse().map_err(|_| wrong())?,
		};
		u64::try_from(units).map(Self).map_err(|_| wrong())
	}
}

/// The hash that names a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitmentId(H256);

impl FromStr for CommitmentId {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let mut id = [0; 32];
		hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut id)
			.map_err(|_| format!("`{text}` is no commitment's id (0x and 64 digits)"))?;
		Ok(Self(id.into()))
	}
}

/// A household's meter, at work.
struct Meter {
	file: MeterFile,
	secret: OneTimeSecret,
}

impl Meter {
	fn open(wallet: &Wallet, id: MeterId, state: Option<PathBuf>) -> Result<Self, Failure> {
		let path = state.unwrap_or_else(|| format!("meter-{id}.spb").into());
		let secret = OneTimeSecret::of_meter(&wallet.phrase()?, id)
			.ok_or_else(|| Failure::NotOurs(format!("meter {id}")))?;
		Ok(Self { file: MeterFile::open(path, id)?, secret })
	}

	/// The hash of a key that has not been used.
	async fn receipt_key(&self, client: &Client) -> Result<H256, Failure> {
		let now = client.ledger().await?.current_timestep().await?;
		let max_age = spb::max_certificate_age(client).await?;
		Ok(self.file.use_leaf(now, max_age, &self.secret)?.receipt_key)
	}
}

pub async fn run(command: Command, context: &Context) -> Result<Answer, Failure> {
	match command {
		Command::Open(arguments) => open(context, arguments).await,
		Command::Vouch { producer, signer, blocks } => {
			vouch(context, producer, &signer, blocks).await
		},
		Command::Add { energy, price, signer } => add(context, energy, price, &signer).await,
		Command::Search { energy, most } => search(context, energy, most).await,
		Command::Commit(arguments) => commit(context, arguments).await,
		Command::Confirm { commitment, energy, meter } => {
			confirm(context, commitment, energy, meter).await
		},
		Command::Lock { producer, amount, blocks, signer } => {
			lock(context, producer, amount, blocks, &signer).await
		},
		Command::Unlock { producer, signer } => {
			let (client, key) = connected(context, &signer).await?;
			let outcome = context.send(&client, &calls::unlock(producer), &key).await?;
			Ok(done(
				&outcome,
				"the lock's rest is yours again".into(),
				json!({ "producer": producer }),
			))
		},
		Command::Settle(arguments) => settle(context, arguments).await,
		Command::Expire { commitment, signer } => {
			let (client, key) = connected(context, &signer).await?;
			let outcome = context.send(&client, &calls::expire(commitment.0), &key).await?;
			Ok(done(
				&outcome,
				"the commitment is ended".into(),
				json!({ "commitment": commitment.0 }),
			))
		},
		Command::Status { of } => status(context, of).await,
	}
}

async fn connected(context: &Context, signer: &AddressInput) -> Result<(Client, Account), Failure> {
	let key = key_named(&context.wallet()?, signer)?;
	Ok((context.client().await?, key))
}

async fn open(context: &Context, arguments: OpenArguments) -> Result<Answer, Failure> {
	let (client, key) = connected(context, &arguments.signer).await?;
	let proof = match arguments.certificate {
		Some(file) => {
			let text =
				std::fs::read_to_string(&file).map_err(|error| Failure::file(&file, error))?;
			proof_of(&text).ok_or_else(|| Failure::file(&file, "it holds no certificate"))?
		},
		None => AccountProof::Burn,
	};
	let outcome = context.send(&client, &calls::open_energy_account(proof), &key).await?;
	let producer = key.account_id();
	let said = format!("{producer} has an energy account");
	Ok(done(&outcome, said, json!({ "producer": producer })))
}

/// Reads what [`vouch`] wrote.
fn proof_of(text: &str) -> Option<AccountProof> {
	use codec::Decode;
	let written: Value = serde_json::from_str(text).ok()?;
	let bytes = hex::decode(written.get("certificate")?.as_str()?.strip_prefix("0x")?).ok()?;
	AccountProof::decode(&mut bytes.as_slice()).ok()
}

async fn vouch(
	context: &Context,
	producer: AccountId32,
	signer: &AddressInput,
	blocks: BlockNumber,
) -> Result<Answer, Failure> {
	use codec::Encode;
	let (client, key) = connected(context, signer).await?;
	let expiry = blocks_ahead(&client, blocks).await?;
	let genesis = client.ledger().await?.genesis();
	let proof = spb::account_certificate(genesis, &producer, expiry, &key);
	let certificate = json!({
		"producer": producer,
		"expiry": expiry,
		"certificate": format!("0x{}", hex::encode(proof.encode())),
	});
	// People keep it in a file, too.
	Ok(Answer::new(certificate.to_string(), certificate))
}

async fn add(
	context: &Context,
	energy: Energy,
	price: UnitPrice,
	signer: &AddressInput,
) -> Result<Answer, Failure> {
	let (client, key) = connected(context, signer).await?;
	let outcome = context.send(&client, &calls::add_energy(energy.0, price.0), &key).await?;
	let block = spb::block_added(&outcome)?;
	let said = format!("block {block}: {} at {}", watt_hours(energy.0), per_kwh(price.0));
	let answer = json!({
		"producer": key.account_id(),
		"block": block,
		"energy": energy.0,
		"price": price.0,
	});
	Ok(done(&outcome, said, answer))
}

async fn search(context: &Context, energy: Energy, most: usize) -> Result<Answer, Failure> {
	let ledger = context.client().await?.ledger().await?;
	let found = spb::search(&ledger, energy.0, most).await?;
	let line = |block: &EnergyBlock| {
		format!(
			"{} block {}: {} free at {}",
			block.producer,
			block.block,
			watt_hours(free_energy(block)),
			per_kwh(block.price)
		)
	};
	let said = found.iter().map(line).collect::<Vec<_>>().join("\n");
	let said = if said.is_empty() { "no energy for sale".into() } else { said };
	Ok(Answer::new(said, json!(found)))
}

/// The block that the arguments name, or the cheapest one.
async fn block_named(client: &Client, arguments: &CommitArguments) -> Result<EnergyBlock, Failure> {
	let (ledger, energy) = (client.ledger().await?, arguments.energy.0);
	let (Some(producer), Some(block)) = (arguments.from, arguments.block) else {
		return Ok(spb::cheapest(&ledger, energy).await?);
	};
	let all = spb::search(&ledger, energy, usize::MAX).await?;
	all.into_iter()
		.find(|found| found.producer == producer && found.block == block)
		.ok_or_else(|| Failure::NotFound(format!("block {block} of {producer} with so much free")))
}

/// The commitment that the arguments describe, with a key that has not been used.
async fn described(
	client: &Client,
	arguments: &CommitArguments,
	consumer: &Account,
	meter: &Meter,
) -> Result<Commitment, Failure> {
	let block = block_named(client, arguments).await?;
	let expiry = blocks_ahead(client, arguments.expires).await?;
	let receipt_key = meter.receipt_key(client).await?;
	let (energy, partial) = (arguments.energy.0, arguments.partial);
	let terms = Terms { energy, receipt_key, expiry, partial };
	Ok(spb::commitment(consumer.account_id(), &block, terms)?)
}

async fn commit(context: &Context, arguments: CommitArguments) -> Result<Answer, Failure> {
	let wallet = context.wallet()?;
	let key = key_named(&wallet, &arguments.signer)?;
	let meter = Meter::open(&wallet, arguments.meter.meter, arguments.meter.state.clone())?;
	let client = context.client().await?;
	let commitment = described(&client, &arguments, &key, &meter).await?;
	let ctp_id = spb::commitment_id(client.ledger().await?.genesis(), &commitment);
	let call = calls::commit_to_pay(&commitment, None);
	// The meter watches it from before it is sent: a program that is killed in between has not lost it.
	let Commitment { energy, expiry, partial, .. } = commitment;
	meter
		.file
		.update_delivered(|delivered| delivered.watch(ctp_id, energy, expiry, partial))?;
	let outcome = match context.send(&client, &call, &key).await {
		Ok(outcome) => outcome,
		Err(failure) => {
			if matches!(failure.status(), Status::Refused | Status::Ledger) {
				meter.file.update_delivered(|delivered| delivered.forget(ctp_id))?;
			}
			return Err(failure);
		},
	};
	let said = format!(
		"{ctp_id:?}: {} of {} for {}, expires after block {}",
		watt_hours(commitment.energy),
		commitment.producer,
		format_money(commitment.amount),
		commitment.expiry
	);
	Ok(done(&outcome, said, json!({ "id": ctp_id, "commitment": commitment })))
}

async fn confirm(
	context: &Context,
	commitment: CommitmentId,
	energy: Energy,
	arguments: MeterArguments,
) -> Result<Answer, Failure> {
	let meter = Meter::open(&context.wallet()?, arguments.meter, arguments.state)?;
	let client = context.client().await?;
	let confirming = spb::confirm(&client, &meter.file, &meter.secret, commitment.0, energy.0);
	Ok(paid(&during("waiting for the receipt", confirming).await?))
}

async fn lock(
	context: &Context,
	producer: AccountId32,
	amount: Balance,
	blocks: BlockNumber,
	signer: &AddressInput,
) -> Result<Answer, Failure> {
	let (client, key) = connected(context, signer).await?;
	let until = blocks_ahead(&client, blocks).await?;
	let outcome = context.send(&client, &calls::lock_for(producer, amount, until), &key).await?;
	let said = format!("{} are locked for {producer} until block {until}", format_money(amount));
	Ok(done(&outcome, said, json!({ "producer": producer, "amount": amount, "until": until })))
}

async fn settle(context: &Context, arguments: CommitArguments) -> Result<Answer, Failure> {
	let wallet = context.wallet()?;
	let key = key_named(&wallet, &arguments.signer)?;
	let meter = Meter::open(&wallet, arguments.meter.meter, arguments.meter.state.clone())?;
	let client = context.client().await?;
	let commitment = described(&client, &arguments, &key, &meter).await?;
	let ledger = client.ledger().await?;
	let (consumer, producer) = (commitment.consumer, commitment.producer);
	let lock = ledger.lock(&consumer, &producer).await?;
	let lock = lock.ok_or_else(|| Failure::NotFound(format!("lock for {producer}")))?;
	let commitment = lock.settling(commitment, blocks_ahead(&client, 0).await?)?;
	let signature = spb::sign_settlement(&client, &commitment, &key).await?;
	let (file, secret, energy) = (&meter.file, &meter.secret, commitment.energy);
	let settling = spb::settle(&client, file, secret, &commitment, signature, energy);
	Ok(paid(&during("waiting for the settlement", settling).await?))
}

async fn status(context: &Context, of: Option<AddressInput>) -> Result<Answer, Failure> {
	let addresses = match of {
		Some(AddressInput::Address(address)) => vec![address],
		Some(index) => vec![key_named(&context.wallet()?, &index)?.account_id()],
		None => context.wallet()?.addresses()?.into_values().collect(),
	};
	let client = context.client().await?;
	let ledger = client.ledger().await?;
	let (mut said, mut entries) = (Vec::new(), Vec::new());
	for address in addresses {
		for (id, commitment) in ledger.commitments_of(&address).await? {
			let does = if commitment.consumer == address { "pays for" } else { "delivers" };
			said.push(format!(
				"{id:?}: {address} {does} {}, {}, until block {}",
				watt_hours(commitment.energy),
				format_money(commitment.amount),
				commitment.expiry
			));
			entries.push(json!({ "id": id, "address": address, "commitment": commitment }));
		}
	}
	if said.is_empty() {
		said.push("no open commitments".into());
	}
	Ok(Answer::new(said.join("\n"), json!(entries)))
}

/// `petra meter certify`: new one-time keys, certified by another meter.
pub async fn certify(arguments: CertifyArguments, context: &Context) -> Result<Answer, Failure> {
	let CertifyArguments { meter: id, witnesses, leaves, state } = arguments;
	let wallet = context.wallet()?;
	let meter = Meter::open(&wallet, id, state)?;
	let key = wallet.account(Role::Meter(id))?;
	let client = context.client().await?;
	let asking = Asking { meter: id, key: &key, secret: &meter.secret };
	let certifying = spb::certify(&client, &asking, &meter.file, leaves, &witnesses);
	let certificate = during("asking other meters", certifying).await?;
	let said = format!(
		"{leaves} one-time keys, certified by meter {} at timestep {}; in {}",
		certificate.signer,
		certificate.issued_at,
		meter.file.path().display()
	);
	Ok(Answer::new(said, json!(certificate)))
}

/// `petra meter sign-certificates`: signs other meters' roots until it is ended.
pub async fn sign_certificates(
	arguments: ServiceArguments,
	context: &Context,
) -> Result<Answer, Failure> {
	let id = arguments.meter;
	let key = context.wallet()?.account(Role::Meter(id))?;
	let client = Client::connect_lasting(&context.settings.url, PATIENCE).await?;
	let known = client.ledger().await?.meter(id).await?;
	let known = known.ok_or_else(|| Failure::NotFound(format!("meter {id}")))?;
	if known.pubkey != key.address() {
		return Err(Failure::NotOurs(format!("meter {id}")));
	}
	let limits = ServiceLimits::default();
	let service = CertificateSigner::new(id, key, client, limits);
	let running = service.start(arguments.listen).await?;
	note(&format!("meter {id} signs at {}", running.url()));
	running.finished().await;
	Ok(Answer::new("ended", Value::Null))
}

/// `petra meter measure`: reads watt-hours, a number a line, and confirms what has come.
pub async fn measure(arguments: MeterArguments, context: &Context) -> Result<Answer, Failure> {
	let meter = Meter::open(&context.wallet()?, arguments.meter, arguments.state)?;
	let client = Client::connect_lasting(&context.settings.url, PATIENCE).await?;
	let (send, mut lines) = tokio::sync::mpsc::channel::<std::io::Result<String>>(16);
	std::thread::spawn(move || {
		let mut all = std::io::stdin().lock().lines();
		all.try_for_each(|line| send.blocking_send(line).ok())
	});
	let (mut all, mut failed) = (Vec::new(), None);
	while let Some(line) = lines.recv().await {
		let line = line.map_err(|error| Failure::Usage(format!("standard input: {error}")))?;
		if line.trim().is_empty() {
			continue;
		}
		let Energy(increment) = line.parse().map_err(Failure::Usage)?;
		let confirming = spb::measured(&client, &meter.file, &meter.secret, increment, LEAD);
		match confirming.await {
			Ok(confirmed) => {
				failed = None;
				for confirmed in confirmed {
					note(&paid(&confirmed).text);
					all.push(confirmed);
				}
			},
			Err(error @ SpbError::File { .. }) => return Err(error.into()),
			// What is due is confirmed with the next measurement, if it can be.
			Err(error) => {
				note(&error.to_string());
				failed = Some(error);
			},
		}
	}
	let entries: Vec<_> = all.iter().map(entry).collect();
	let answer = Answer::new(format!("{} commitments confirmed", all.len()), json!(entries));
	match failed {
		Some(error) => Err(Failure::from(error).after(answer)),
		None => Ok(answer),
	}
}

async fn blocks_ahead(client: &Client, blocks: BlockNumber) -> Result<BlockNumber, Failure> {
	let best = client.best_head().await?.number;
	BlockNumber::try_from(best)
		.ok()
		.and_then(|best| best.checked_add(blocks))
		.ok_or_else(|| Failure::Usage("so far ahead there is no block".into()))
}

fn entry(confirmed: &Confirmed) -> Value {
	json!({ "id": confirmed.ctp_id, "energy": confirmed.energy, "paid": confirmed.paid })
}

fn paid(confirmed: &Confirmed) -> Answer {
	let said = format!(
		"{:?}: {} came, {} paid",
		confirmed.ctp_id,
		watt_hours(confirmed.energy),
		format_money(confirmed.paid)
	);
	Answer::new(said, entry(confirmed))
}

fn watt_hours(energy: u64) -> String {
	format!("{energy} Wh")
}

fn per_kwh(price: u64) -> String {
	format!("{}/kWh", format_money(Balance::from(price).saturating_mul(KILO)))
}

impl From<SpbError> for Failure {
	fn from(error: SpbError) -> Self {
		match error {
			SpbError::Chain(error) => Self::Client(error),
			SpbError::NoCommitment(id) => Self::NotFound(format!("open commitment {id}")),
			error => Self::Spb(error),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn energy_should_be_read_as_watt_hours() {
		for (text, energy) in [("500", 500), ("500Wh", 500), ("1.5kWh", 1_500), (" 2 kWh", 2_000)] {
			assert_eq!(text.parse(), Ok(Energy(energy)), "{text}");
		}
		for text in ["", "500W", "h", "1.5", "5h", "-5", "1.0001kWh"] {
			assert!(text.parse::<Energy>().is_err(), "{text}");
		}
	}

	#[test]
	fn price_should_be_read_per_kilowatt_hour_or_in_units() {
		assert_eq!("0.20EUR/kWh".parse(), Ok(UnitPrice(200_000)));
		assert_eq!("0.000001/kwh".parse(), Ok(UnitPrice(1)));
		assert_eq!("200000".parse(), Ok(UnitPrice(200_000)));
		assert_eq!(per_kwh(200_000), "0.20 EUR/kWh");
		for text in ["", "0.0000001/kWh", "0.20EUR", "-1", "1/MWh"] {
			assert!(text.parse::<UnitPrice>().is_err(), "{text}");
		}
	}

	#[test]
	fn certificate_should_be_read_as_it_was_written() {
		use codec::Encode;
		let key = petra_client::dev::alice();
		let producer = petra_client::dev::bob().public_key().to_account_id();
		let proof = spb::account_certificate(H256::zero(), &producer, 7, &key);
		let written = json!({ "certificate": format!("0x{}", hex::encode(proof.encode())) });
		assert_eq!(proof_of(&written.to_string()), Some(proof));
		assert_eq!(proof_of("{}"), None);
	}
}
