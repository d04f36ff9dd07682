//! A shell that stays open, as an operator's does.

use std::{
	fs,
	io::{BufRead, BufReader, Write},
	path::{Path, PathBuf},
	process::{Child, ChildStdin, Command, Stdio},
	sync::mpsc::{channel, Receiver, RecvTimeoutError},
	time::{Duration, Instant},
};

/// What a block prints last, before its place.
const DONE: &str = "--- this block is done";

/// A shell.
pub struct Shell {
	place: String,
	child: Child,
	input: ChildStdin,
	output: Receiver<String>,
	/// Where blocks are written before they run.
	block: PathBuf,
}

impl Shell {
	/// Opens a shell whose first failing command ends it.
	pub fn open(place: &str, directory: &Path, variables: &[(String, String)]) -> Self {
		let mut child = Command::new("bash")
			.args(["--noprofile", "--norc"])
			.envs(variables.iter().map(|(name, value)| (name, value)))
			.current_dir(super::consortium::root())
			.stdin(Stdio::piped())
			.stdout(Stdio::piped())
			.stderr(Stdio::null())
			.spawn()
			.expect("bash is there");
		let mut input = child.stdin.take().expect("piped");
		let (sender, output) = channel();
		let lines = BufReader::new(child.stdout.take().expect("piped"));
		// Ends with the shell.
		std::thread::spawn(move || {
			for line in lines.lines().map_while(Result::ok) {
				if sender.send(line).is_err() {
					break;
				}
			}
		});
		writeln!(input, "exec 2>&1; set -euo pipefail").expect("the shell reads");
		Self { place: place.into(), child, input, output, block: directory.join("block.sh") }
	}

	/// Runs a block and returns what it printed; or, if it failed or took too long, that as an error.
	pub fn run(&mut self, script: &str, limit: Duration) -> Result<String, String> {
		fs::write(&self.block, script).expect("the directory is there");
		let run = format!(". '{}' </dev/null; echo; echo '{DONE}'", self.block.display());
		let deadline = Instant::now() + limit;
		let mut said = String::new();
		if writeln!(self.input, "{run}").is_err() {
			return Err(format!("the shell of {} is gone", self.place));
		}
		loop {
			match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
				Ok(line) if line == DONE => return Ok(said),
				Ok(line) => said = said + &line + "\n",
				Err(RecvTimeoutError::Timeout) => {
					return Err(format!("{said}(not done after {limit:?})"))
				},
				Err(RecvTimeoutError::Disconnected) => return Err(said),
			}
		}
	}
}

impl Drop for Shell {
	fn drop(&mut self) {
		let _ = self.child.kill();
		let _ = self.child.wait();
	}
}
