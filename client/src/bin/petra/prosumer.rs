//! `petra prosumer run` and `petra meter run`

use crate::{
	answer::{note, Answer},
	context::Context,
	failure::Failure,
	readings::{household, ReadingUnit},
};
use clap::{Args, Subcommand, ValueEnum};
use petra_client::{
	agents::{
		meter::{self, MeterOptions, Readings},
		prosumer::{self, ProsumerOptions},
		strategy::Strategy,
		AgentError, Hears,
	},
	billing::{Period, Unit},
	mixing::basket::Line,
	types::{AssetKind, Balance, MeterId, Price, Timestep},
	units::{format_money, parse_money, parse_power},
	Client,
};
use serde_json::json;
use std::{path::PathBuf, str::FromStr, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// How long to go on trying to connect.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Subcommand)]
pub enum Command {
	/// Trade for a household, until everything is traded and returned
	///
	/// For each stretch of the day it withdraws the same basket, mixes it, trades what the prediction wants, and returns
	/// everything. It can be killed and started again at any moment.
	#[command(
		after_help = "Example:\n  petra prosumer run --meter meter.socket --prediction home.csv --first 1928374 --strategy first-come \\\n    --reservation-price 40000 --basket 'ECA 3200x2,money 512000000'"
	)]
	Run(Arguments),
}

/// How an agent trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum How {
	/// At the price in force: sellers post, buyers accept
	Fixed,
	/// Sellers post, buyers accept the cheapest
	FirstCome,
	/// All post, and the ledger clears when the gate closes
	Auction,
}

/// What is withdrawn for each stretch: `EPA 6400x2,ECA 3200,money 512000000`, the money once for each note of ECA.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basket {
	energy: Vec<Line>,
	money: Balance,
}

impl FromStr for Basket {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let mut basket = Self::default();
		for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
			let (what, amount) = part
				.split_once(' ')
				.ok_or("write EPA, ECA or money, and how much: ECA 3200x2")?;
			let (size, notes) = amount.split_once('x').unwrap_or((amount, "1"));
			let notes =
				notes.parse::<u32>().map_err(|_| format!("{notes:?} is no number of notes"))?;
			let kind = match what {
				"EPA" => AssetKind::Production,
				"ECA" => AssetKind::Consumption,
				"money" if amount.contains('x') => {
					return Err(format!("one note of money goes with each of ECA: money {size}"))
				},
				"money" => {
					basket.money =
						parse_money(&format!("{size}units")).map_err(|e| e.to_string())?;
					continue;
				},
				other => return Err(format!("{other:?} is none of EPA, ECA and money")),
			};
			let power = parse_power(size).map_err(|error| error.to_string())?;
			basket.energy.push(Line { kind, power, notes });
		}
		Ok(basket)
	}
}

#[derive(Args)]
pub struct Arguments {
	/// The socket at which the household's meter answers
	#[arg(long, value_name = "SOCKET")]
	meter: PathBuf,
	/// The DSO's service, `host:port`, which creates assets for the household; without it, the meter does
	#[arg(long, value_name = "HOST:PORT")]
	dso: Option<String>,
	/// Directory of the agent's database
	#[arg(long, value_name = "DIRECTORY", default_value = "prosumer")]
	data: PathBuf,
	/// What it expects: a CSV file with `Time` and one column, positive is produced
	#[arg(long, value_name = "FILE")]
	prediction: PathBuf,
	/// What its numbers are
	#[arg(long, value_enum, default_value = "kW")]
	unit: ReadingUnit,
	/// The timestep of the first row
	#[arg(long)]
	first: Timestep,
	/// How it trades
	#[arg(long, value_enum, default_value = "first-come")]
	strategy: How,
	/// The least that it sells at, and the most that it buys at, in units per watt and timestep
	#[arg(long)]
	reservation_price: Price,
	/// How many timesteps before a stretch its basket is withdrawn
	#[arg(long, default_value = "8")]
	lead: Timestep,
	/// Timesteps of a note, a power of two
	#[arg(long, default_value = "1")]
	stretch: Timestep,
	/// What is withdrawn for each stretch, traded or not: notes of EPA and ECA, and the money that goes with each ECA
	#[arg(long)]
	basket: Basket,
	/// Members that a ring must have
	#[arg(long, default_value = "10")]
	members: u32,
	/// Trade without mixing: everybody can follow what is the household's
	#[arg(long)]
	no_mixing: bool,
	/// Mix what was traded again, if it is traded so many timesteps before the gate closes
	#[arg(long, default_value = "2", value_name = "TIMESTEPS")]
	mix_again: Timestep,
	/// Return what was traded without mixing it again
	#[arg(long)]
	no_mix_again: bool,
	/// The household's share, in percent, of what the DSO's control signals ask the microgrid's load to change by: its
	/// devices must follow what the agent says that it expects then
	#[arg(long, default_value = "0", value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
	follow: u8,
	/// The longest random delay of a step, in milliseconds [default: a quarter of a timestep]
	#[arg(long, value_name = "MS")]
	spread: Option<u64>,
}

#[derive(Args)]
pub struct MeterArguments {
	/// The meter's number
	meter: MeterId,
	/// The socket at which it answers its household's agent
	#[arg(long)]
	socket: PathBuf,
	/// Directory of the meter's database
	#[arg(long, value_name = "DIRECTORY", default_value = "meter")]
	data: PathBuf,
	/// What it measures: a CSV file with `Time` and one column, or `-` for lines on standard input, `TIMESTEP NUMBER`, one
	/// timestep after the other; positive is produced
	#[arg(long, value_name = "FILE")]
	readings: PathBuf,
	/// What its numbers are
	#[arg(long, value_enum, default_value = "kW")]
	unit: ReadingUnit,
	/// The timestep of the first row
	#[arg(long)]
	first: Timestep,
	/// First timestep of the bill: that of a billing period, unless it is --detailed
	#[arg(long, value_name = "TIMESTEP")]
	bill_first: Timestep,
	/// Last timestep of the bill
	#[arg(long, value_name = "TIMESTEP")]
	bill_last: Timestep,
	/// Send each timestep's figures, instead of the total alone
	#[arg(long)]
	detailed: bool,
	/// Where the signed bill goes
	#[arg(long, value_name = "FILE", default_value = "bill.json")]
	bill: PathBuf,
	/// Where a flag goes, if assets withdrawn and deposited do not match: the meter withdraws nothing more then
	#[arg(long, value_name = "FILE", default_value = "flag.json")]
	flag: PathBuf,
	/// Send the bill, and a flag, to the DSO's service at `host:port`, too
	#[arg(long, value_name = "HOST:PORT")]
	dso: Option<String>,
	/// Write the household's addresses there, one a line: whoever has them knows what was the household's
	#[arg(long, value_name = "FILE")]
	addresses: Option<PathBuf>,
	/// The longest random delay before a deposit, in milliseconds [default: a quarter of a timestep]
	#[arg(long, value_name = "MS")]
	spread: Option<u64>,
}

/// The longest random delay: who acts at once can be told by that.
async fn spread(client: &Client, chosen: Option<u64>) -> Result<Duration, Failure> {
	let length = client.ledger().await?.parameters().await?.timestep_ms;
	Ok(Duration::from_millis(chosen.unwrap_or(length / 4)))
}

/// Lines of standard input, as they come, until nobody wants them any more.
fn lines() -> mpsc::Receiver<String> {
	let (sender, receiver) = mpsc::channel(1);
	std::thread::spawn(move || {
		for line in std::io::stdin().lines().map_while(Result::ok) {
			if sender.blocking_send(line).is_err() {
				break;
			}
		}
	});
	receiver
}

fn failure(error: AgentError) -> Failure {
	match error {
		AgentError::Chain(error) => Failure::Client(error),
		AgentError::Wallet(error) => Failure::Wallet(error),
		AgentError::Mixing(error) => error.into(),
		error @ AgentError::Options(_) => Failure::Usage(error.to_string()),
		error => Failure::Simulation(error.to_string()),
	}
}

/// Each step, as a line.
fn hears() -> Hears {
	Arc::new(|step| note(&step.to_string()))
}

pub async fn run(command: Command, context: &Context) -> Result<Answer, Failure> {
	let Command::Run(arguments) = command;
	let prediction = household(&arguments.prediction, arguments.unit)?;
	let wallet = context.wallet()?;
	let client = Client::connect_lasting(&context.settings.url, PATIENCE).await?;
	let options = ProsumerOptions {
		meter: arguments.meter,
		dso: arguments.dso,
		data: arguments.data,
		prediction,
		first: arguments.first,
		strategy: match arguments.strategy {
			How::Fixed => Strategy::Fixed,
			How::FirstCome => Strategy::FirstCome,
			How::Auction => Strategy::Auction,
		},
		reservation: arguments.reservation_price,
		lead: arguments.lead,
		stretch: arguments.stretch,
		basket: arguments.basket.energy,
		money: arguments.basket.money,
		members: (!arguments.no_mixing).then_some(arguments.members),
		again: (!arguments.no_mix_again).then_some(arguments.mix_again),
		follow: arguments.follow,
		spread: spread(&client, arguments.spread).await?,
	};
	prosumer::run(client, wallet, options, hears()).await.map_err(failure)?;
	Ok(Answer::new("everything is traded and returned", json!({ "finished": true })))
}

pub async fn run_meter(arguments: MeterArguments, context: &Context) -> Result<Answer, Failure> {
	let readings = if arguments.readings.as_os_str() == "-" {
		let unit = match arguments.unit {
			ReadingUnit::Kw => Unit::Kilowatts,
			ReadingUnit::Kwh => Unit::KilowattHours,
		};
		Readings::Lines(unit, lines())
	} else {
		let watts = household(&arguments.readings, arguments.unit)?;
		Readings::Known(watts.into_iter().map(i128::from).collect())
	};
	let wallet = context.wallet()?;
	let client = Client::connect_lasting(&context.settings.url, PATIENCE).await?;
	let options = MeterOptions {
		meter: arguments.meter,
		socket: arguments.socket,
		data: arguments.data,
		first: arguments.first,
		bill: Period { first: arguments.bill_first, last: arguments.bill_last },
		detailed: arguments.detailed,
		bill_file: arguments.bill.clone(),
		flag_file: arguments.flag.clone(),
		dso: arguments.dso,
		addresses_file: arguments.addresses,
		spread: spread(&client, arguments.spread).await?,
	};
	let bill = meter::run(client, wallet, options, readings, hears()).await.map_err(failure)?;
	let owed = bill.owed().map_err(|error| Failure::Simulation(error.to_string()))?;
	let amount = format_money(owed.unsigned_abs());
	let said =
		if owed < 0 { format!("the DSO owes {amount}") } else { format!("{amount} is owed") };
	Ok(Answer::new(said, json!({ "bill": arguments.bill, "owed": owed.to_string() })))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn basket_should_be_read_in_the_words_of_a_simulation() {
		let basket: Basket = "EPA 6400x4, ECA 3.2kW,money 512000000".parse().unwrap();
		let line = |kind, power, notes| Line { kind, power, notes };
		assert_eq!(
			basket.energy,
			[line(AssetKind::Production, 6_400, 4), line(AssetKind::Consumption, 3_200, 1)]
		);
		assert_eq!(basket.money, 512_000_000);
		for wrong in
			["EPA", "EPA x2", "EPA 1xx2", "gas 100x1", "ECA 100x-1", "money much", "money 5x2"]
		{
			assert!(wrong.parse::<Basket>().is_err(), "{wrong}");
		}
	}
}
