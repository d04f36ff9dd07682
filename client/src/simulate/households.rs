//! Each household's home: wallets, prediction, readings, logs; and what it discloses at the end.

use super::{
	children::Program,
	plan::{Household as Plans, Plan},
	watch::Observed,
	Options, SimulationError,
};
use crate::{
	billing::file::BillFile,
	types::{AssetKind, Balance, MarketMode},
	wallet::{write_private, Costs, Passphrase, Phrase, Role, Wallet, Words},
	AccountId32, Keypair,
};
use chrono::DateTime;
use petra_profile::single_column;
use petra_report::{Household, Inputs, SignedBill};
use std::{
	fs,
	net::TcpListener,
	path::{Path as FilePath, PathBuf},
	str::FromStr,
};
use subxt_signer::SecretUri;

/// The longest random delay of an agent's step, in milliseconds, for each second of a timestep.
const SPREAD: u64 = 250;
/// What makes a program end when the simulation does, also when that is killed.
const WITH_SIMULATION: &str = "--until-stdin-ends";

/// Where a household's files are, and its keys.
pub struct Home {
	/// Its directory.
	pub directory: PathBuf,
	/// Its meter's key.
	pub meter_key: AccountId32,
	/// With which it speaks to the DSO's service.
	pub key: AccountId32,
}

fn at(path: &FilePath) -> impl FnOnce(std::io::Error) -> SimulationError + '_ {
	move |error| SimulationError::File {
		path: path.display().to_string(),
		reason: error.to_string(),
	}
}

/// A wallet of a phrase of its own. What protects it is only for this simulation.
fn wallet(path: &FilePath, passphrase: &Passphrase) -> Result<Wallet, SimulationError> {
	let phrase = Phrase::generate(Words::Twelve);
	Ok(Wallet::create(path, &phrase, passphrase, Costs::LEAST)?)
}

/// Makes the households' homes. The passphrase of all wallets lies in a file beside them.
///
/// # Errors
/// [`SimulationError::File`], [`SimulationError::Wallet`].
pub fn furnish(options: &Options, plan: &Plan) -> Result<Vec<Home>, SimulationError> {
	let file = options.directory.join("passphrase");
	let secret: [u8; 16] = rand::random();
	let secret = hex::encode(secret);
	fs::create_dir_all(&options.directory).map_err(at(&options.directory))?;
	write_private(&file, &secret).map_err(at(&file))?;
	let passphrase = Passphrase::new(secret)?;
	let home = |household: &Plans| {
		let directory = options.directory.join(format!("household-{}", household.meter));
		fs::create_dir_all(&directory).map_err(at(&directory))?;
		let meter = wallet(&directory.join("meter.wallet"), &passphrase)?;
		let prosumer = wallet(&directory.join("prosumer.wallet"), &passphrase)?;
		let minutes = options.profile.interval_minutes;
		for (name, values) in
			[("readings.csv", &household.measured), ("prediction.csv", &household.predicted)]
		{
			let path = directory.join(name);
			let text = single_column(&household.name, &options.profile.from, minutes, values)
				.map_err(|error| SimulationError::Plan(error.to_string()))?;
			write_private(&path, text).map_err(at(&path))?;
		}
		Ok(Home {
			meter_key: meter.account(Role::Meter(household.meter))?.address(),
			key: prosumer.account(Role::Household)?.address(),
			directory,
		})
	};
	plan.households.iter().map(home).collect()
}

/// The DSO's service: its program, its account, and where it listens.
pub struct Service {
	/// The program.
	pub program: Program,
	/// The account that issues.
	pub account: AccountId32,
	/// Its address, `host:port`.
	pub address: String,
}

/// The DSO's service, with a key of its own, at a port that was free a moment ago.
///
/// # Errors
/// [`SimulationError::File`].
pub fn service(
	options: &Options,
	plan: &Plan,
	homes: &[Home],
	first_block: u64,
) -> Result<Service, SimulationError> {
	let key_file = options.directory.join("dso.key");
	let phrase = Phrase::generate(Words::Twelve);
	write_private(&key_file, phrase.words().as_bytes()).map_err(at(&key_file))?;
	let key = SecretUri::from_str(&phrase.words())
		.ok()
		.and_then(|uri| Keypair::from_uri(&uri).ok())
		.ok_or_else(|| SimulationError::Plan("a phrase was made that is none".into()))?;
	let port = TcpListener::bind("127.0.0.1:0")
		.and_then(|listener| listener.local_addr())
		.map_err(at(&key_file))?
		.port();
	let listen = format!("127.0.0.1:{port}");
	let mut arguments = vec![WITH_SIMULATION.to_string()];
	let database = options.directory.join("dso.redb");
	for (name, value) in [
		("--url", options.urls.last().cloned().unwrap_or_default()),
		("--key-file", key_file.display().to_string()),
	] {
		arguments.extend([name.to_string(), value]);
	}
	arguments.extend(["dso".into(), "serve".into()]);
	for (name, value) in [
		("--listen", listen.clone()),
		("--database", database.display().to_string()),
		("--from-block", first_block.to_string()),
	] {
		arguments.extend([name.to_string(), value]);
	}
	for (household, home) in plan.households.iter().zip(homes) {
		let key = format!("{}={}", household.meter, home.key);
		arguments.extend(["--household".into(), key]);
	}
	Ok(Service {
		program: Program {
			name: "DSO's service".into(),
			kind: "dso",
			path: options.tool.clone(),
			arguments,
			log: options.directory.join("dso.log"),
			serves: true,
		},
		account: key.public_key().to_account_id(),
		address: listen,
	})
}

/// A basket in the words of `petra prosumer run --basket`.
pub fn basket(household: &Plans, money_note: Balance) -> String {
	let lines = household.basket.iter().map(|line| {
		let kind = match line.kind {
			AssetKind::Production => "EPA",
			AssetKind::Consumption => "ECA",
		};
		format!("{kind} {}x{}", line.power, line.notes)
	});
	let money = (household.money > 0).then(|| format!("money {money_note}"));
	lines.chain(money).collect::<Vec<_>>().join(",")
}

/// The two programs of a household.
pub fn programs(
	options: &Options,
	plan: &Plan,
	household: &Plans,
	home: &Home,
	url: &str,
	service: Option<&str>,
) -> [Program; 2] {
	let file = |name: &str| home.directory.join(name).display().to_string();
	let common = |wallet: &str| {
		vec![
			WITH_SIMULATION.into(),
			"--json".into(),
			"--url".into(),
			url.to_string(),
			"--wallet".into(),
			file(wallet),
			"--passphrase-file".into(),
			options.directory.join("passphrase").display().to_string(),
		]
	};
	let mut meter = common("meter.wallet");
	meter.extend(["meter".into(), "run".into(), household.meter.to_string()]);
	for (name, value) in [
		("--socket", file("socket")),
		("--data", file("meter")),
		("--readings", file("readings.csv")),
		("--first", plan.first.to_string()),
		("--bill-first", plan.bill_first.to_string()),
		("--bill-last", plan.bill_last.to_string()),
		("--bill", file("bill.json")),
		("--flag", file("flag.json")),
		("--addresses", file("addresses")),
		("--spread", SPREAD.saturating_mul(plan.lead).to_string()),
	] {
		meter.extend([name.into(), value]);
	}
	// A report has every figure, and each must be what the meter signed.
	meter.push("--detailed".into());
	let mut prosumer = common("prosumer.wallet");
	prosumer.extend(["prosumer".into(), "run".into()]);
	let strategy = match options.market {
		MarketMode::FixedPrice(_) => "fixed",
		MarketMode::FirstComeFirstServed => "first-come",
		MarketMode::DoubleAuction => "auction",
	};
	for (name, value) in [
		("--meter", file("socket")),
		("--data", file("prosumer")),
		("--prediction", file("prediction.csv")),
		("--first", plan.first.to_string()),
		("--strategy", strategy.into()),
		("--reservation-price", household.reservation.to_string()),
		("--lead", plan.lead.to_string()),
		("--stretch", plan.stretch.to_string()),
		("--basket", basket(household, plan.money_note)),
		("--members", plan.ring.to_string()),
		("--spread", SPREAD.saturating_mul(plan.lead).to_string()),
	] {
		prosumer.extend([name.into(), value]);
	}
	if let Some(service) = service {
		for arguments in [&mut meter, &mut prosumer] {
			arguments.extend(["--dso".into(), service.into()]);
		}
	}
	if !options.mixing {
		prosumer.push("--no-mixing".into());
	}
	if !options.again {
		prosumer.push("--no-mix-again".into());
	}
	prosumer.extend(["--mix-again".into(), plan.again.to_string()]);
	[("meter", meter), ("prosumer", prosumer)].map(|(kind, arguments)| Program {
		name: format!("{kind} of {}", household.name),
		kind,
		path: options.tool.clone(),
		arguments,
		log: home.directory.join(format!("{kind}.log")),
		serves: false,
	})
}

/// What households disclose, with what was observed.
///
/// # Errors
/// [`SimulationError::Bill`] or [`SimulationError::File`] if a household's meter left no bill, or no addresses.
pub fn inputs(plan: &Plan, homes: &[Home], observed: &Observed) -> Result<Inputs, SimulationError> {
	let disclosed = |(household, home): (&Plans, &Home)| -> Result<_, SimulationError> {
		let wrong = |reason| SimulationError::Bill { name: household.name.clone(), reason };
		let file = BillFile::read(&home.directory.join("bill.json")).map_err(wrong)?;
		let bill = file.bill().map_err(wrong)?;
		let path = home.directory.join("addresses");
		let text = fs::read_to_string(&path).map_err(at(&path))?;
		Ok(Household {
			name: household.name.clone(),
			meter: household.meter,
			key: home.meter_key.to_string(),
			feeder: household.feeder,
			measured: household.measured.clone(),
			predicted: household.predicted.clone(),
			addresses: text.lines().map(String::from).collect(),
			bill: SignedBill {
				owed: bill
					.content
					.owed()
					.map_err(|error| SimulationError::Plan(error.to_string()))?,
				bytes: file.bytes,
			},
		})
	};
	Ok(Inputs {
		households: plan.households.iter().zip(homes).map(disclosed).collect::<Result<_, _>>()?,
		finality: observed.finality.clone(),
		memory: observed.memory.clone(),
		interruptions: observed.interruptions.clone(),
	})
}

/// A moment in words: `2026-11-25 04:46 UTC`; empty if it is none.
pub fn moment(milliseconds: u64) -> String {
	let moment = i64::try_from(milliseconds).ok().and_then(DateTime::from_timestamp_millis);
	moment
		.map(|moment| moment.format("%Y-%m-%d %H:%M UTC").to_string())
		.unwrap_or_default()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn moment_should_be_read_by_people() {
		assert_eq!(moment(0), "1970-01-01 00:00 UTC");
		assert_eq!(moment(951_782_399_999), "2000-02-28 23:59 UTC");
		assert_eq!(moment(951_782_400_000), "2000-02-29 00:00 UTC");
		assert_eq!(moment(1_795_581_987_000), "2026-11-25 04:46 UTC");
		assert_eq!(moment(u64::MAX), "");
	}
}
