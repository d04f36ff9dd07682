//! The processes of a simulation: started, watched, and started again when they end before their work is done.

use super::SimulationError;
use petra_report::Interruption;
use std::{
	fs::OpenOptions,
	path::PathBuf,
	process::{ExitStatus, Stdio},
	time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
	process::{Child, Command},
	time::Instant,
};

/// How long a process stays down before it is started again.
const PAUSE: Duration = Duration::from_secs(1);
/// How often one is started again.
const RESTARTS: u32 = 20;

/// A program with its arguments, and when its work is done.
#[derive(Clone, Debug)]
pub struct Program {
	/// Which it is, for people: `meter of 4/5`.
	pub name: String,
	/// `meter`, `prosumer` or `dso`.
	pub kind: &'static str,
	/// The program.
	pub path: PathBuf,
	/// Its arguments.
	pub arguments: Vec<String>,
	/// The file that gets what it says.
	pub log: PathBuf,
	/// Whether it goes on until it is ended.
	pub serves: bool,
}

struct Running {
	program: Program,
	process: Option<Child>,
	restarts: u32,
	restart_at: Option<Instant>,
	done: bool,
}

/// All of them. What still runs is ended when this goes.
pub struct Children {
	all: Vec<Running>,
	/// What ended before its work was done or did not answer, in order.
	pub interruptions: Vec<Interruption>,
}

impl Children {
	/// None yet.
	pub fn new() -> Self {
		Self { all: Vec::new(), interruptions: Vec::new() }
	}

	/// Starts one.
	///
	/// # Errors
	/// [`SimulationError::Process`] if it does not start.
	pub fn start(&mut self, program: Program) -> Result<(), SimulationError> {
		let process = Some(spawn(&program)?);
		self.all
			.push(Running { program, process, restarts: 0, restart_at: None, done: false });
		Ok(())
	}

	/// Whether all have done their work, but for those that serve.
	pub fn are_done(&self) -> bool {
		self.all.iter().all(|child| child.done || child.program.serves)
	}

	/// Those that have not.
	pub fn at_work(&self) -> impl Iterator<Item = &str> {
		self.all
			.iter()
			.filter(|child| !child.done && !child.program.serves)
			.map(|child| child.program.name.as_str())
	}

	/// The numbers of processes that run, with their kinds.
	pub fn processes(&self) -> impl Iterator<Item = (&'static str, u32)> + '_ {
		self.all
			.iter()
			.filter_map(|child| Some((child.program.kind, child.process.as_ref()?.id()?)))
	}

	/// Sees who ended, and starts again who must go on.
	///
	/// # Errors
	/// [`SimulationError::Process`] if one ends again and again, or does not start.
	pub fn look_after(&mut self) -> Result<(), SimulationError> {
		for child in &mut self.all {
			let ended =
				child.process.as_mut().and_then(|process| process.try_wait().ok().flatten());
			if let Some(status) = ended {
				child.process = None;
				if status.success() && !child.program.serves {
					child.done = true;
					continue;
				}
				self.interruptions.push(interruption(&child.program, status));
				child.restarts = child.restarts.saturating_add(1);
				if child.restarts > RESTARTS {
					return Err(again_and_again(&child.program));
				}
				child.restart_at = Instant::now().checked_add(PAUSE);
			}
			if child.restart_at.is_some_and(|at| at <= Instant::now()) {
				child.restart_at = None;
				child.process = Some(spawn(&child.program)?);
			}
		}
		Ok(())
	}
}

fn spawn(program: &Program) -> Result<Child, SimulationError> {
	let failed = |error: std::io::Error| SimulationError::Process {
		name: program.name.clone(),
		reason: error.to_string(),
	};
	let log = OpenOptions::new()
		.create(true)
		.append(true)
		.open(&program.log)
		.map_err(failed)?;
	let errors = log.try_clone().map_err(failed)?;
	Command::new(&program.path)
		.args(&program.arguments)
		// Open as long as this process lives, however it ends.
		.stdin(Stdio::piped())
		.stdout(log)
		.stderr(errors)
		.kill_on_drop(true)
		.spawn()
		.map_err(failed)
}

fn again_and_again(program: &Program) -> SimulationError {
	let log = std::fs::read_to_string(&program.log).unwrap_or_default();
	let last = log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
	SimulationError::Process {
		name: program.name.clone(),
		reason: format!("it ended {RESTARTS} times before its work was done; it said: {last}"),
	}
}

fn interruption(program: &Program, status: ExitStatus) -> Interruption {
	Interruption { at: now(), what: format!("the {} ended: {status}", program.name) }
}

/// Milliseconds of Unix time.
pub fn now() -> u64 {
	let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn shell(name: &str, command: &str, directory: &std::path::Path, serves: bool) -> Program {
		Program {
			name: name.into(),
			kind: "meter",
			path: "/bin/sh".into(),
			arguments: vec!["-c".into(), command.into()],
			log: directory.join("log"),
			serves,
		}
	}

	#[tokio::test]
	async fn process_should_be_started_again_when_it_ends_too_early() {
		let directory = tempfile::tempdir().unwrap();
		let marker = directory.path().join("marker");
		let command =
			format!("if [ -e {0} ]; then exit 0; fi; touch {0}; kill -9 $$", marker.display());
		let mut children = Children::new();
		children.start(shell("first", &command, directory.path(), false)).unwrap();
		children.start(shell("server", "sleep 60", directory.path(), true)).unwrap();
		assert!(!children.are_done());
		while !children.are_done() {
			children.look_after().unwrap();
			tokio::time::sleep(PAUSE / 4).await;
		}
		assert_eq!(children.interruptions.len(), 1);
		assert!(
			children.interruptions[0].what.contains("signal: 9"),
			"{:?}",
			children.interruptions
		);
		assert_eq!(children.at_work().count(), 0);
		assert_eq!(children.processes().count(), 1);
	}

	#[test]
	fn process_should_be_reported_when_there_is_no_such_program() {
		let directory = tempfile::tempdir().unwrap();
		let mut program = shell("none", "", directory.path(), false);
		program.path = "/none".into();
		let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
		let _guard = runtime.enter();
		let error = Children::new().start(program).unwrap_err();
		assert!(error.to_string().contains("none"), "{error}");
	}
}
