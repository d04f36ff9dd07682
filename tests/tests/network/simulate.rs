//! A microgrid's day, replayed: nine households, each with an agent and a meter that are processes of their own.
//!
//! One way of trading in `make test`; all of them, windows with scarcity, faults and a hundred households in
//! `make test-long`.

use crate::{command::violated, support::ensure};
use codec::Encode;
use nix::{
	sys::signal::{kill, Signal},
	unistd::Pid,
};
use petra_client::billing::{file::BillFile, Bill};
use petra_report::Report;
use petra_tests::{
	browser,
	simulation::{self, Day},
	wait::{self, within},
	with_network, LocalNetwork, Result, ScratchDirectory, FULL_NODE,
};
use serde_json::Value;
use std::{
	fs::{self, File},
	path::{Path, PathBuf},
	process::{Output, Stdio},
	time::Duration,
};
use tokio::process::Command;

/// A timestep without mixing, in milliseconds.
const UNMIXED_MS: u64 = 8_000;
/// How long one simulation of some hours may take.
const LIMIT: Duration = Duration::from_secs(900);
/// How long one of a whole day may take.
const DAY_LIMIT: Duration = Duration::from_secs(1_800);
/// How long a program may take that reads its blocks.
const READING: Duration = Duration::from_secs(120);
/// `petra verify-report` and `petra verify-bill` end with it when something is not as the blocks say.
const MISMATCH: i32 = 8;
/// `petra simulate` ends with it when it is told to.
const ENDED: i32 = 1;
/// Environment variable with what the arguments of the ways that are tried contain, if not all are.
const WAYS: &str = "PETRA_WAYS";

async fn output(command: &mut Command, limit: Duration) -> Result<(Output, String)> {
	let running = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
	let what = format!("{:?}", running.as_std().get_args());
	let output = within(limit, what, async { running.output().await.map_err(violated) }).await?;
	let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
	let said = said.concat();
	Ok((output, said))
}

async fn must(command: &mut Command, status: i32, limit: Duration) -> Result<String> {
	let (output, said) = output(command, limit).await?;
	ensure(output.status.code() == Some(status), || format!("{}: {said}", output.status))?;
	Ok(said)
}

fn read(out: &Path) -> Result<Report> {
	let file = File::open(out.join("report.json")).map_err(violated)?;
	Report::read(file).map_err(violated)
}

/// Simulates, and reads the report, all of whose checks hold.
async fn simulated(
	network: &LocalNetwork,
	day: &Day,
	out: &Path,
	arguments: &[&str],
	limit: Duration,
) -> Result<Report> {
	wait::finalized(&network.client(FULL_NODE).await?, 1).await?;
	let mut command = simulation::command(network, day, out, arguments)?;
	println!("{}", must(&mut command, 0, limit).await?);
	let report = read(out)?;
	for check in &report.checks {
		ensure(check.holds, || format!("{}: {}", check.name, check.detail))?;
	}
	println!(
		"{}",
		must(&mut simulation::verification(network, &out.join("report.json"))?, 0, READING).await?
	);
	Ok(report)
}

/// The day that was measured, or if none is given, the one that ships with petra.
fn day() -> Result<Day> {
	Ok(Day::measured()?.unwrap_or_else(Day::shipped))
}

/// A report in which one figure is another one does not pass.
async fn alter_a_figure(network: &LocalNetwork, out: &Path) -> Result {
	let text = fs::read_to_string(out.join("report.json")).map_err(violated)?;
	let mut report: Value = serde_json::from_str(&text).map_err(violated)?;
	let figure = &mut report["figures"]["intervals"][3]["traded"];
	let wrong = figure.as_u64().unwrap_or_default() + 100;
	*figure = wrong.into();
	let path = out.join("altered.json");
	fs::write(&path, report.to_string()).map_err(violated)?;
	let said = must(&mut simulation::verification(network, &path)?, MISMATCH, READING).await?;
	ensure(said.contains("$.figures.intervals[3].traded"), || said.clone())
}

/// A household verifies its bill on its own machine; one that asks for a unit more does not pass.
async fn verify_a_bill(network: &LocalNetwork, out: &Path, report: &Report) -> Result {
	let household = &report.inputs.households[0];
	let home = out.join(format!("household-{}", household.meter));
	let bill = |file: PathBuf| -> Result<Command> {
		let mut command = Command::new(petra_tests::find_tool()?);
		command.args(["--url", &network.node(FULL_NODE)?.url]);
		command.arg("--wallet").arg(home.join("meter.wallet"));
		command.arg("--passphrase-file").arg(out.join("passphrase"));
		command.arg("verify-bill").arg(file);
		command.arg("--readings").arg(home.join("readings.csv"));
		command.args(["--first", &report.setting.first_timestep.to_string()]);
		command.arg("--addresses").arg(home.join("addresses"));
		command.args(["--from-block", &report.setting.first_block.to_string()]);
		Ok(command)
	};
	println!("{}", must(&mut bill(home.join("bill.json"))?, 0, READING).await?);
	let mut file = BillFile::read(&home.join("bill.json")).map_err(violated)?;
	let mut signed = file.bill().map_err(violated)?;
	let owed = signed.content.owed().map_err(violated)?;
	ensure(owed == household.bill.owed, || format!("{owed}, {:?}", household.bill))?;
	let Bill::Detailed(detailed) = &mut signed.content else {
		return Err(violated("the bill is a total alone"));
	};
	let last = detailed.figures.last_mut().ok_or_else(|| violated("the bill is empty"))?;
	last.bill += 1;
	file.bytes = format!("0x{}", hex::encode(signed.encode()));
	let altered = home.join("altered-bill.json");
	file.write(&altered).map_err(violated)?;
	must(&mut bill(altered)?, MISMATCH, READING).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn day_should_be_replayed_by_agents_that_mix_and_be_verified() -> Result {
	let directory = ScratchDirectory::new("simulate")?;
	let out = directory.path().join("day");
	let day = day()?;
	// Proofs need both cores.
	let options = simulation::network("simulate", day.timestep_ms).undisturbed();
	with_network(options, async |network| {
		let report = simulated(network, &day, &out, &[], LIMIT).await?;
		let totals = &report.figures.totals;
		ensure(totals.trades >= day.trades, || format!("{totals:?}"))?;
		let anonymity = &report.figures.anonymity;
		ensure(anonymity.traded_mixed > 0 && !anonymity.rings.is_empty(), || {
			format!("{anonymity:?}")
		})?;
		alter_a_figure(network, &out).await?;
		verify_a_bill(network, &out, &report).await?;
		browser::check(&out.join("report.html"), &out.join("report.json"))
	})
	.await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn households_should_end_with_their_simulation() -> Result {
	let directory = ScratchDirectory::new("simulate-ended")?;
	let day = Day::shipped();
	with_network(simulation::network("simulate-ended", day.timestep_ms), async |network| {
		wait::finalized(&network.client(FULL_NODE).await?, 1).await?;
		for (signal, code) in [(Signal::SIGTERM, Some(ENDED)), (Signal::SIGKILL, None)] {
			let out = directory.path().join(signal.as_str());
			let place = out.display().to_string();
			let mut simulation =
				simulation::command(network, &day, &out, &[])?.spawn().map_err(violated)?;
			// A meter and an agent of each of nine households, and the simulation.
			wait_for_processes(&place, 19).await?;
			let pid = simulation.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
			let pid = pid.ok_or_else(|| violated("the simulation has ended"))?;
			kill(pid, signal).map_err(violated)?;
			let status = simulation.wait().await.map_err(violated)?;
			ensure(status.code() == code, || status.to_string())?;
			wait_for_processes(&place, 0).await?;
		}
		Ok(())
	})
	.await
}

/// Hours in which there is less than neighbours want.
fn scarce() -> Result<Day> {
	Ok(match Day::measured()? {
		Some(day) => Day { from: "8:00", to: "9:30", ..day },
		None => Day { from: "17:15", to: "19:15", ..Day::shipped() },
	})
}

/// Replays a day in all three modes, on the meters' path and on the DSO's, or in those of them that are wanted. Says which
/// failed, when all have had their turn.
async fn replay(name: &'static str, day: Day, mixing: bool) -> Result {
	let wanted = std::env::var(WAYS).unwrap_or_default();
	let (mut tried, mut failed) = (0, Vec::new());
	for mode in ["first-come", "fixed", "auction"] {
		for path in ["meter", "dso"] {
			let mut arguments = vec!["--mode", mode, "--path", path];
			arguments.extend((!mixing).then_some("--no-mixing"));
			let way = arguments.join(" ");
			if !way.contains(&wanted) {
				continue;
			}
			tried += 1;
			let directory = ScratchDirectory::new(name)?;
			let out = directory.path().join("day");
			let options = if mixing {
				// Proofs need both cores.
				simulation::network(name, day.timestep_ms).undisturbed()
			} else {
				simulation::network(name, UNMIXED_MS)
			};
			let replayed = with_network(options, async |network| {
				let report = simulated(network, &day, &out, &arguments, LIMIT).await?;
				let traded = report.figures.totals.trades;
				ensure(traded > 0, || format!("{:?}", report.figures.totals))?;
				let mixed = report.figures.anonymity.traded_mixed;
				ensure((mixed > 0) == mixing, || format!("{:?}", report.figures.anonymity))?;
				println!("{name} {way}: {traded} trades, {mixed} traded notes mixed");
				Ok(())
			});
			if let Err(error) = replayed.await {
				println!("{name} {way}: {error}");
				failed.push(way);
			}
		}
	}
	ensure(tried > 0, || format!("no way has {wanted} in its arguments"))?;
	ensure(failed.is_empty(), || failed.join("; "))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes half an hour: make test-long"]
async fn afternoon_should_be_replayed_in_every_way_with_mixing() -> Result {
	replay("simulate-afternoon-mixed", day()?, true).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes a quarter of an hour: make test-long"]
async fn afternoon_should_be_replayed_in_every_way_without_mixing() -> Result {
	replay("simulate-afternoon", day()?, false).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes twenty minutes: make test-long"]
async fn scarcity_should_be_replayed_in_every_way_with_mixing() -> Result {
	replay("simulate-scarcity-mixed", scarce()?, true).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes a quarter of an hour: make test-long"]
async fn scarcity_should_be_replayed_in_every_way_without_mixing() -> Result {
	replay("simulate-scarcity", scarce()?, false).await
}

/// Processes whose command line has a part.
fn processes(part: &str) -> Vec<Pid> {
	let all = fs::read_dir("/proc").into_iter().flatten().flatten();
	all.filter_map(|process| {
		let number: i32 = process.file_name().to_str()?.parse().ok()?;
		let command = fs::read(process.path().join("cmdline")).ok()?;
		String::from_utf8_lossy(&command).contains(part).then(|| Pid::from_raw(number))
	})
	.collect()
}

/// Waits until so many processes have a part in their command line.
async fn wait_for_processes(part: &str, wanted: usize) -> Result {
	let waiting = async {
		while processes(part).len() != wanted {
			tokio::time::sleep(Duration::from_millis(100)).await;
		}
		Ok::<_, petra_tests::Error>(())
	};
	within(READING, format!("{wanted} processes of {part}"), waiting).await
}

/// Waits until so many trades are final.
async fn trades(network: &LocalNetwork, wanted: u64) -> Result {
	let client = network.client(FULL_NODE).await?;
	let mut blocks = client.follow(1);
	let mut seen = 0;
	let counting = async {
		while seen < wanted {
			let block = blocks.next().await?;
			let events = block.events()?;
			let taken = events.iter().filter(|event| {
				(event.pallet.as_str(), event.name.as_str()) == ("Offers", "OfferAccepted")
			});
			seen += taken.count() as u64;
		}
		Ok::<_, petra_tests::Error>(())
	};
	within(LIMIT, format!("{wanted} trades"), counting).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes five minutes: make test-long"]
async fn day_should_go_on_when_validator_service_agent_and_meter_are_killed() -> Result {
	let day = day()?;
	// Of the measured day; petra's own has not so many.
	let wanted = if day.trades < 20 { 1 } else { 20 };
	let directory = ScratchDirectory::new("simulate-faults")?;
	let out = directory.path().join("day");
	let options = simulation::network("simulate-faults", day.timestep_ms).undisturbed();
	with_network(options, async |network| {
		wait::finalized(&network.client(FULL_NODE).await?, 1).await?;
		let arguments = ["--path", "dso"];
		let mut command = simulation::command(network, &day, &out, &arguments)?;
		let simulation = async { must(&mut command, 0, LIMIT).await };
		let faults = async {
			trades(network, u64::from(day.trades / 4)).await?;
			// While trades are under way.
			network.kill(&["dave"]).await?;
			let place = out.display().to_string();
			for part in ["household-1/prosumer.wallet", "household-2/meter.wallet", "dso.redb"] {
				let victims = processes(&format!("{place}/{part}"));
				ensure(victims.len() == 1, || format!("{part}: {victims:?}"))?;
				for victim in victims {
					kill(victim, Signal::SIGKILL).map_err(violated)?;
				}
			}
			// The service and some households have no node meanwhile.
			let observer = network.client(FULL_NODE).await?;
			let head = observer.finalized_head().await?.number;
			wait::finalized(&observer, head + wait::AFTER_FAULT).await?;
			network.restart(&["dave"]).await
		};
		let (said, ()) = futures::future::try_join(simulation, faults).await?;
		println!("{said}");
		let report = read(&out)?;
		let interruptions = &report.inputs.interruptions;
		let faults: Vec<_> = interruptions
			.iter()
			.filter(|one| !one.what.ends_with("answers again"))
			.collect();
		let dave = &network.node("dave")?.url;
		for part in ["meter of", "prosumer of", "DSO's service", dave] {
			let told = faults.iter().any(|fault| fault.what.contains(part));
			ensure(told, || format!("{part}: {interruptions:?}"))?;
		}
		let last = faults.iter().map(|fault| fault.at).max().unwrap_or_default();
		let after = report.figures.trades.iter().filter(|trade| trade.accepted_at > last).count();
		ensure(after >= wanted, || format!("{after} trades after {interruptions:?}"))?;
		must(&mut simulation::verification(network, &out.join("report.json"))?, 0, READING)
			.await
			.map(|_| ())
	})
	.await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a hundred households take half an hour: make test-long"]
async fn hundred_households_should_trade_for_a_day() -> Result {
	let directory = ScratchDirectory::new("simulate-hundred")?;
	let out = directory.path().join("day");
	let profile = directory.path().join("hundred.csv");
	let made = petra_profile::made_up(100, 15, 7).map_err(violated)?;
	made.write(File::create(&profile).map_err(violated)?).map_err(violated)?;
	let timestep_ms = UNMIXED_MS;
	let day = Day { profile, from: "0:00", to: "24:00", timestep_ms, notes: "1", trades: 1 };
	let options = simulation::network("simulate-hundred", timestep_ms).undisturbed();
	with_network(options, async |network| {
		let arguments = ["--no-mixing"];
		let report = simulated(network, &day, &out, &arguments, DAY_LIMIT).await?;
		println!(
			"{:?}\n{:?}\n{:?}",
			report.figures.load, report.figures.clearing, report.inputs.memory
		);
		ensure(report.figures.totals.trades > 0, || format!("{:?}", report.figures.totals))
	})
	.await
}
