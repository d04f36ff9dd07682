//! The places of the guide on this machine: directories, ports, shells.

use super::{
	page::{Page, Step},
	shell::Shell,
};
use petra_tests::free_port;
use std::{
	collections::BTreeMap,
	env, fs,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
	process::Command,
	time::{Duration, Instant},
};

/// The root of the repository, where operators have their checkout. Asked when the test runs: what another checkout has
/// compiled may be used here.
pub fn root() -> PathBuf {
	PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("..")
}

/// How long a block may take.
const BLOCK_LIMIT: Duration = Duration::from_secs(120);
/// Blocks in a session, so that one sees validators come and go.
const SESSION: &str = "10";
/// The members, the one who comes later included.
const MEMBERS: u32 = 5;
/// Lines of each log that a failed test prints.
const LOG_TAIL: usize = 20;

/// Stands for systemd: starts and stops what the unit says.
const SYSTEMCTL: &str = r#"#!/bin/bash
set -euo pipefail
unit=$UNITS/petra-node.service pid_file=$UNITS/petra-node.pid
setting() { sed -e ':join' -e '/\\$/{N;s/\\\n//;b join' -e '}' "$unit" | sed -n "s/^$1=//p"; }
alive() { grep --quiet '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2>/dev/null; }
start() {
	[ ! -e "$pid_file" ] || { echo "systemctl: it runs already" >&2; exit 1; }
	# As systemd: ${NAME} is one argument, $NAME is split at spaces.
	command=$(setting ExecStart | sed 's/\${\([A-Z0-9_]*\)}/"${\1}"/g')
	set -a
	. "$(setting EnvironmentFile)"
	set +a
	umask "$(setting UMask)"
	eval "exec $command" </dev/null >>"$UNITS/petra-node.log" 2>&1 &
	echo $! >"$pid_file"
}
stop() {
	pid=$(cat "$pid_file") tenths=$(($(setting TimeoutStopSec) * 10))
	kill -TERM "$pid"
	while alive "$pid"; do
		[ $((tenths--)) -gt 0 ] || { echo "systemctl: it does not stop" >&2; exit 1; }
		sleep 0.1
	done
	rm "$pid_file"
}
case "$*" in
	daemon-reload) [ -n "$(setting ExecStart)" ] ;;
	"start petra-node" | "enable --now petra-node") start ;;
	"stop petra-node" | "disable --now petra-node") stop ;;
	"restart petra-node") stop; start ;;
	*) echo "systemctl: what is $*?" >&2; exit 1 ;;
esac
"#;

/// The petra-node to run: what `PETRA_NODE` says, else the one that was built with this test.
pub fn petra_node() -> PathBuf {
	let built = || {
		let test = env::current_exe().expect("a test knows its program");
		test.ancestors().nth(2).expect("target/release/deps/guide").join("petra-node")
	};
	let node = env::var_os("PETRA_NODE").map_or_else(built, PathBuf::from);
	assert!(node.is_file(), "{} is not there: build petra-node, or set PETRA_NODE", node.display());
	fs::canonicalize(node).expect("it is there")
}

/// All places.
pub struct Consortium {
	directory: PathBuf,
	python: PathBuf,
	/// Those of each member's machine: network, RPC, metrics.
	ports: Vec<u16>,
	shells: BTreeMap<String, Shell>,
	/// What a new shell runs first.
	everywhere: Vec<String>,
	succeeded: bool,
}

impl Consortium {
	/// Empty directories, and `wasm` where the guide finds a new runtime.
	pub fn new(wasm: Option<&[u8]>) -> Self {
		let python = env::var_os("PETRA_PYTHON").map_or_else(
			|| {
				let home = env::var_os("HOME").expect("there is a home directory");
				Path::new(&home).join(".cache/petra/python/bin/python")
			},
			PathBuf::from,
		);
		assert!(
			python.is_file(),
			"{} is not there: `make setup`, or set PETRA_PYTHON",
			python.display()
		);
		let directory = env::temp_dir().join(format!("petra-guide-{}", std::process::id()));
		let programs = directory.join("bin");
		fs::create_dir_all(&programs).expect("a temporary directory");
		std::os::unix::fs::symlink(petra_node(), programs.join("petra-node")).expect("a new link");
		let systemctl = programs.join("systemctl");
		fs::write(&systemctl, SYSTEMCTL).expect("a new file");
		fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755)).expect("our file");
		let wasm = wasm.expect("the runtime was built: SKIP_WASM_BUILD is not set");
		fs::write(directory.join("runtime.wasm"), wasm).expect("a new file");
		Self {
			directory,
			python,
			ports: (0..3 * MEMBERS).map(|_| free_port().expect("a free port")).collect(),
			shells: BTreeMap::new(),
			everywhere: Vec::new(),
			succeeded: false,
		}
	}

	/// Where the members put what others may see.
	pub fn shared(&self) -> PathBuf {
		self.directory.join("shared")
	}

	/// Does what the page says.
	pub fn run(&mut self, page: &Page) {
		self.everywhere = page.everywhere.iter().map(|step| step.script.clone()).collect();
		let start = Instant::now();
		for Step { line, place, script } in &page.steps {
			let begun = Instant::now();
			let said = self.try_at(place, script);
			let (so_far, took) = (start.elapsed().as_secs_f32(), begun.elapsed().as_secs_f32());
			println!("{so_far:6.1} s: {}:{line} at {place} took {took:.1} s", page.name);
			match said {
				Ok(said) => said.lines().for_each(|line| println!("          {line}")),
				Err(said) => {
					panic!("{}:{line} at {place} failed:\n{script}\n--- says:\n{said}", page.name)
				},
			}
		}
	}

	/// What a script prints at a place.
	pub fn ask(&mut self, place: &str, script: &str) -> String {
		self.try_at(place, script)
			.unwrap_or_else(|said| panic!("at {place} failed:\n{script}\n--- says:\n{said}"))
	}

	/// All is well: the directory can go.
	pub fn succeeded(&mut self) {
		self.succeeded = true;
	}

	fn try_at(&mut self, place: &str, script: &str) -> Result<String, String> {
		if !self.shells.contains_key(place) {
			let mut shell = self.open(place);
			for script in &self.everywhere {
				shell.run(script, BLOCK_LIMIT)?;
			}
			self.shells.insert(place.into(), shell);
		}
		let shell = self.shells.get_mut(place).expect("it is there now");
		shell.run(script, BLOCK_LIMIT)
	}

	/// A shell with the variables of section 1 of the guide, instead of its defaults.
	fn open(&self, place: &str) -> Shell {
		let home = self.directory.join(place.replace(' ', "-"));
		fs::create_dir_all(home.join("units")).expect("our directory");
		// The DSO and the workstations reach a machine's RPC as if through ssh; the DSO the first one's.
		let number: u32 =
			place.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(1);
		let first = 3 * (number as usize - 1);
		let (p2p, rpc, metrics) = (self.ports[first], self.ports[first + 1], self.ports[first + 2]);
		let path = env::var("PATH").expect("there is a PATH");
		let programs = self.directory.join("bin");
		let at = |name: &str| home.join(name).display().to_string();
		let variables = [
			("PATH", format!("{}:{path}", programs.display())),
			("HOME", home.display().to_string()),
			("NODE", number.to_string()),
			("ADDRESS", format!("/ip4/127.0.0.1/tcp/{p2p}")),
			("SHARED", self.shared().display().to_string()),
			("SECRETS", at("secrets")),
			("BASE", at("base")),
			("CONFIG", at("config")),
			("UNITS", at("units")),
			("BACKUPS", at("backups")),
			("RUN_AS", output_of("id", "-un")),
			("P2P_PORT", p2p.to_string()),
			("RPC_PORT", rpc.to_string()),
			("PROMETHEUS_PORT", metrics.to_string()),
			("URL", format!("ws://127.0.0.1:{rpc}")),
			("PETRA_PYTHON", self.python.display().to_string()),
			("SESSION", SESSION.to_string()),
			("WASM", self.directory.join("runtime.wasm").display().to_string()),
		]
		.map(|(name, value)| (name.to_string(), value));
		Shell::open(place, &home, &variables)
	}

	/// The nodes that run, as the stand-in for systemd noted them, and their logs.
	fn nodes(&self) -> Vec<(Option<u32>, PathBuf)> {
		(1..=MEMBERS)
			.map(|number| {
				let units = self.directory.join(format!("machine-{number}/units"));
				let pid = fs::read_to_string(units.join("petra-node.pid")).ok();
				(pid.and_then(|pid| pid.trim().parse().ok()), units.join("petra-node.log"))
			})
			.collect()
	}
}

fn output_of(program: &str, argument: &str) -> String {
	let output = Command::new(program).arg(argument).output().expect("a standard program");
	String::from_utf8_lossy(&output.stdout).trim().to_string()
}

impl Drop for Consortium {
	fn drop(&mut self) {
		self.shells.clear();
		for (pid, log) in self.nodes() {
			let command =
				pid.and_then(|pid| fs::read_to_string(format!("/proc/{pid}/cmdline")).ok());
			// Only what runs in our directory is ours.
			if let (Some(pid), Some(command)) = (pid, command) {
				if command.contains(&*self.directory.to_string_lossy()) {
					let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
				}
			}
			if !self.succeeded {
				let text = fs::read_to_string(&log).unwrap_or_default();
				let lines: Vec<_> = text.lines().collect();
				println!("--- the end of {}", log.display());
				lines
					.iter()
					.skip(lines.len().saturating_sub(LOG_TAIL))
					.for_each(|line| println!("{line}"));
			}
		}
		if !self.succeeded {
			println!("--- directories and logs are left in {}", self.directory.display());
			return;
		}
		// Nodes that were just killed may still write.
		let deadline = Instant::now() + Duration::from_secs(5);
		while fs::remove_dir_all(&self.directory).is_err() && Instant::now() < deadline {
			std::thread::yield_now();
		}
	}
}
