//! `petra simulate` on a network: what `make demo` and the tests run.

use crate::{find_tool, Error, LocalNetwork, NetworkOptions, Result, FULL_NODE, VALIDATORS};
use std::{
	fs,
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
};
use tokio::process::Command;

/// The profile that ships with petra: `petra_profile::made_up(9, 15, 2018)`.
const NEIGHBOURHOOD: &str = "client/profile/neighbourhood.csv";
/// Name of the environment variable that says in which directory the measured profiles are, if they are to be replayed.
pub const DATA_VARIABLE: &str = "PETRA_DATA";
/// A day of a microgrid in Germany (P3, section 4.3).
const MICROGRID: &str = "german-microgrid-9.csv";

/// A day to replay.
#[derive(Clone, Debug)]
pub struct Day {
	/// The profile.
	pub profile: PathBuf,
	/// First row, `H:MM`.
	pub from: &'static str,
	/// End of the last row.
	pub to: &'static str,
	/// A timestep, in milliseconds. Two cores make and verify the proofs of nine households, and the blocks of five nodes
	/// besides: with less, a slow machine has the notes out of their rings when nobody trades any more.
	pub timestep_ms: u64,
	/// Notes in which the greatest demand is split: the more, the more proofs two cores have to make and verify for all.
	pub notes: &'static str,
	/// So many trades are expected at least.
	pub trades: u32,
}

impl Day {
	/// The end of an afternoon of the profile that ships with petra: first there is more sun than the neighbours need, then
	/// less.
	pub fn shipped() -> Self {
		Self {
			profile: checkout().join(NEIGHBOURHOOD),
			from: "16:45",
			to: "18:45",
			timestep_ms: 20_000,
			notes: "2",
			trades: 6,
		}
	}

	/// The hours of P3's experiment, of the profile that was measured, if [`DATA_VARIABLE`] says where that is.
	///
	/// # Errors
	/// [`Error::Violated`] if it is not there.
	pub fn measured() -> Result<Option<Self>> {
		let Some(data) = std::env::var_os(DATA_VARIABLE) else { return Ok(None) };
		let profile = PathBuf::from(data).join(MICROGRID);
		if !profile.is_file() {
			return Err(Error::Violated(format!("{DATA_VARIABLE}: no {}", profile.display())));
		}
		Ok(Some(Self {
			profile,
			from: "14:15",
			to: "17:45",
			timestep_ms: 14_000,
			notes: "1",
			trades: 20,
		}))
	}
}

/// The checkout. Asked when it runs: what another one has compiled may be used here.
fn checkout() -> PathBuf {
	std::env::var_os("CARGO_MANIFEST_DIR")
		.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
		.join("..")
}

/// The network, with timesteps of this length.
pub fn network(name: &'static str, timestep_ms: u64) -> NetworkOptions {
	NetworkOptions::new(name).genesis(format!(
		"[relaychain.genesis.regulation.parameters]\ntimestepMs = {timestep_ms}\n"
	))
}

/// `petra simulate` on a network, into a new directory `out`; `more` of its arguments come last. Households and the DSO use
/// the validators; the full node is used by nobody.
///
/// # Errors
/// [`Error::ToolNotFound`], [`Error::NoSuchNode`]; [`Error::File`] if the regulator's key cannot be written beside `out`.
pub fn command(network: &LocalNetwork, day: &Day, out: &Path, more: &[&str]) -> Result<Command> {
	let key = out.with_extension("key");
	if let Some(directory) = out.parent() {
		fs::create_dir_all(directory).map_err(Error::file(directory))?;
	}
	// The network's sudo key, which everybody knows.
	let mut options = fs::OpenOptions::new();
	let opened = options.write(true).create(true).truncate(true).mode(0o600).open(&key);
	let written = opened.and_then(|mut file| std::io::Write::write_all(&mut file, b"//Alice\n"));
	written.map_err(Error::file(&key))?;
	let mut command = Command::new(find_tool()?);
	command.kill_on_drop(true);
	command.args(["--url", &network.node(VALIDATORS[0])?.url]);
	command.arg("--key-file").arg(&key).arg("simulate");
	for name in VALIDATORS {
		command.args(["--node", &network.node(name)?.url]);
	}
	command
		.arg("--profile")
		.arg(&day.profile)
		.args(["--from", day.from, "--to", day.to]);
	command
		.args(["--stretch", "2", "--notes", day.notes])
		.arg("--out")
		.arg(out)
		.args(more);
	Ok(command)
}

/// `petra verify-report` of a report, against the node that nobody used.
///
/// # Errors
/// [`Error::ToolNotFound`], [`Error::NoSuchNode`].
pub fn verification(network: &LocalNetwork, report: &Path) -> Result<Command> {
	let mut command = Command::new(find_tool()?);
	command.kill_on_drop(true);
	command
		.args(["--url", &network.node(FULL_NODE)?.url, "verify-report"])
		.arg(report);
	Ok(command)
}
