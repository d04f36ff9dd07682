//! The petra tool: thin commands on the library.

// `--help` is written for people, with line ends of its own.
#![allow(clippy::doc_markdown)]

mod answer;
mod asset;
mod context;
mod dso;
mod failure;
mod meter;
mod mix;
mod money;
mod offer;
mod prosumer;
mod readings;
mod serve;
mod settings;
mod simulate;
mod spb;
mod status;
mod verify;
mod wallet;

use answer::Answer;
use clap::{CommandFactory, Parser, Subcommand};
use context::Context;
use failure::{Failure, STATUSES};
use settings::{Layer, Settings};
use std::{path::PathBuf, process::ExitCode};

const EXAMPLES: &str = "\
Examples:
  petra status                                   what the node and the market are doing
  petra wallet new                               a wallet, and the phrase that restores it
  petra meter withdraw 7 --production 1.5kW --from +4 --to +7
  petra offer post 12 --price 0.30EUR/kWh        sell asset 12
  petra offer accept 3 --with 13                 buy with asset 13
  petra --key-file dso.key dso prices --consumption 0.35EUR/kWh --production 0.08EUR/kWh

Quantities: power 500, 500W, 1.5kW. Money 1.5, 1.5EUR, 20units (billionths). Prices 0.30EUR/kWh, or 75000 in units per
watt and timestep. Timesteps by number, now, or +4 for four from now; an interval includes its last timestep.

Settings come from the command line, else from the environment, else from a TOML file: --config, PETRA_CONFIG, or
~/.config/petra/config.toml, with the names of the options (url = \"ws://…\").";

/// Trade energy with your neighbours, run a meter by hand, or regulate the grid.
///
/// Each command does one thing on a petra network, says what came of it, and with --json says it to programs.
#[derive(Parser)]
#[command(name = "petra", version, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{STATUSES}"))]
#[command(subcommand_required = true, arg_required_else_help = true, max_term_width = 120)]
struct Arguments {
	#[command(flatten)]
	layer: Layer,
	/// Configuration file [PETRA_CONFIG; default: ~/.config/petra/config.toml]
	#[arg(long, global = true, value_name = "FILE")]
	config: Option<PathBuf>,
	/// Answer with one JSON document
	#[arg(long, global = true)]
	json: bool,
	/// End, with status 1, when standard input does: for a program that starts this one and may be killed, and has nothing
	/// else to say to it
	#[arg(long, global = true, hide_short_help = true)]
	until_stdin_ends: bool,
	#[command(subcommand)]
	command: Command,
}

#[derive(Subcommand)]
enum Command {
	/// The node, the chain, the market now
	Status,
	/// The secret phrase and the keys made of it
	#[command(subcommand)]
	Wallet(wallet::Command),
	/// What the regulator (the DSO) does, with the sudo key
	#[command(subcommand)]
	Dso(dso::Command),
	/// A smart meter, by hand
	#[command(subcommand)]
	Meter(meter::Command),
	/// Energy assets: permissions to sell (production) and to buy (consumption)
	#[command(subcommand)]
	Asset(asset::Command),
	/// The market
	#[command(subcommand)]
	Offer(offer::Command),
	/// Money at the wallet's addresses
	#[command(subcommand)]
	Money(money::Command),
	/// Mixing: nobody can tell whose asset, or money, it was
	#[command(subcommand)]
	Mix(mix::Command),
	/// Payment against delivery (SPB): energy that is paid for when your meter confirms it
	#[command(subcommand)]
	Spb(spb::Command),
	/// Recompute a report's figures from the blocks of a node, and compare every one
	///
	/// Ask a node that nobody used whom the report is about: --url. It must keep the state of all blocks that count.
	#[command(
		after_help = "Example:\n  petra --url ws://127.0.0.1:9948 verify-report report.json"
	)]
	VerifyReport(verify::ReportArguments),
	/// Recompute a bill from final blocks and one's own readings, on one's own machine
	#[command(
		after_help = "Example:\n  petra --wallet house.wallet verify-bill bill.json --readings readings.csv --first 1234"
	)]
	VerifyBill(verify::BillArguments),
	/// A household's trading agent
	#[command(subcommand)]
	Prosumer(prosumer::Command),
	/// Replay a load profile on a running network, and report
	///
	/// A DSO, and a meter and a trading agent for each column of the profile, each a process of its own, trade what the
	/// profile says on the chain of --url. The key of --key-file must be the regulator's (sudo): it authorises the meters and
	/// sets prices and market. The report (report.html, report.json, trades.csv) says what final blocks say.
	#[command(
		after_help = "Example:\n  petra --url ws://127.0.0.1:9944 --key-file sudo.key simulate --profile day.csv --from 14:15 --to 17:45 --stretch 2 --out day"
	)]
	Simulate(Box<simulate::Arguments>),
	/// Completions for a shell: `petra completions bash >~/.local/share/bash-completion/completions/petra`
	Completions {
		/// The shell
		shell: clap_complete::Shell,
	},
}

async fn run(command: Command, context: &Context) -> Result<Answer, Failure> {
	match command {
		Command::Status => status::run(context).await,
		Command::Wallet(command) => wallet::run(command, context).await,
		Command::Dso(command) => dso::run(command, context).await,
		Command::Meter(command) => meter::run(command, context).await,
		Command::Asset(command) => asset::run(command, context).await,
		Command::Offer(command) => offer::run(command, context).await,
		Command::Money(command) => money::run(command, context).await,
		Command::Mix(command) => mix::run(command, context).await,
		Command::Spb(command) => spb::run(command, context).await,
		Command::VerifyReport(arguments) => verify::report(arguments, context).await,
		Command::VerifyBill(arguments) => verify::bill(arguments, context).await,
		Command::Prosumer(command) => prosumer::run(command, context).await,
		Command::Simulate(arguments) => simulate::run(*arguments, context).await,
		Command::Completions { shell } => {
			let mut text = Vec::new();
			clap_complete::generate(shell, &mut Arguments::command(), "petra", &mut text);
			let text = String::from_utf8_lossy(&text).into_owned();
			Ok(Answer::new(text.clone(), serde_json::Value::String(text)))
		},
	}
}

fn main() -> ExitCode {
	let Arguments { layer, config, json, until_stdin_ends, command } = Arguments::parse();
	if until_stdin_ends {
		std::thread::spawn(|| {
			let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
			std::process::exit(1)
		});
	}
	let settings = Settings::load(layer, config);
	let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
	let result = match (settings, runtime) {
		(Ok(settings), Ok(runtime)) => runtime.block_on(run(command, &Context { settings })),
		(Err(failure), _) => Err(failure),
		(_, Err(error)) => Err(Failure::Usage(error.to_string())),
	};
	match result {
		Ok(answer) => {
			answer.print(json);
			ExitCode::SUCCESS
		},
		Err(failure) => {
			if let Some(done) = failure.done() {
				done.print(json);
			}
			let status = failure.status() as u8;
			if json {
				let failure = serde_json::json!({
					"error": failure.to_string(),
					"name": failure.name(),
					"status": status,
				});
				eprintln!("{failure}");
			} else {
				answer::note(&failure.to_string());
			}
			ExitCode::from(status)
		},
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn commands_should_be_consistent() {
		Arguments::command().debug_assert();
	}

	#[test]
	fn every_command_should_explain_itself() {
		fn explained(command: &clap::Command, path: &str) {
			let path = format!("{path} {}", command.get_name());
			assert!(command.get_about().is_some(), "{path} has no description");
			for argument in command.get_arguments() {
				assert!(argument.get_help().is_some(), "{path}: {argument} has no description");
			}
			command.get_subcommands().for_each(|command| explained(command, &path));
		}
		explained(&Arguments::command(), "");
	}

	#[test]
	fn no_argument_should_take_a_secret() {
		fn names(command: &clap::Command) -> Vec<String> {
			let own = command
				.get_arguments()
				.filter(|argument| argument.get_action().takes_values())
				.map(|argument| argument.get_id().to_string());
			own.chain(command.get_subcommands().flat_map(names)).collect()
		}
		let names = names(&Arguments::command());
		assert!(names.len() > 30, "{names:?}");
		for name in names {
			let secret = ["phrase", "secret", "seed", "key", "suri"]
				.iter()
				.any(|word| name.contains(word));
			// `--key` of `dso authorize` is a public key, `--seed` of `simulate` is for made-up numbers.
			let known = ["key", "seed"].contains(&name.as_str());
			assert!(!secret || name.ends_with("_file") || known, "{name}");
		}
	}
}
