//! What is known of the machine and of its processes, from `/proc`.

use petra_report::{Machine, Memory};
use std::{collections::BTreeMap, fs, path::Path};

/// The program of a node, as processes are named.
const NODE: &str = "petra-node";

/// The machine that this runs on. What it does not tell is empty.
pub fn machine() -> Machine {
	let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
	let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
	Machine {
		processor: field(&processors, "model name").unwrap_or_default().into(),
		cores: std::thread::available_parallelism()
			.ok()
			.and_then(|cores| u32::try_from(cores.get()).ok())
			.unwrap_or_default(),
		memory: kilobytes(&memory, "MemTotal").unwrap_or_default(),
	}
}

/// The most memory that processes of a kind had in use.
#[derive(Debug, Default)]
pub struct Usage {
	/// By kind and process.
	largest: BTreeMap<&'static str, BTreeMap<u32, u64>>,
}

impl Usage {
	/// Looks at a process, if it still runs.
	pub fn look(&mut self, kind: &'static str, process: u32) {
		let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
		if let Some(peak) = kilobytes(&status, "VmHWM") {
			self.largest.entry(kind).or_default().insert(process, peak);
		}
	}

	/// Looks at all nodes on this machine.
	pub fn look_at_nodes(&mut self) {
		let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
		for process in processes {
			let number = process.file_name().to_str().and_then(|name| name.parse().ok());
			if let Some(number) = number.filter(|_| is_node(&process.path())) {
				self.look("node", number);
			}
		}
	}

	/// What was seen.
	pub fn figures(&self) -> Vec<Memory> {
		let kind = |(kind, processes): (&&str, &BTreeMap<u32, u64>)| Memory {
			process: kind.to_string(),
			count: u32::try_from(processes.len()).unwrap_or(u32::MAX),
			largest: processes.values().copied().max().unwrap_or_default(),
		};
		self.largest.iter().map(kind).collect()
	}
}

fn is_node(process: &Path) -> bool {
	fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == NODE)
}

/// The value after `name` and a colon.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
	text.lines().find_map(|line| {
		let (key, value) = line.split_once(':')?;
		(key.trim() == name).then(|| value.trim())
	})
}

/// A field in kilobytes, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
	let number = field(text, name)?.strip_suffix("kB")?.trim();
	number.parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn machine_should_be_described() {
		let machine = machine();
		assert!(machine.cores > 0 && machine.memory > 0, "{machine:?}");
	}

	#[test]
	fn usage_should_tell_of_processes_that_run() {
		let mut usage = Usage::default();
		usage.look("meter", std::process::id());
		usage.look("meter", u32::MAX);
		let figures = usage.figures();
		assert!(matches!(&figures[..], [Memory { count: 1, largest, .. }] if *largest > 1 << 20));
	}

	#[test]
	fn field_should_be_found_or_not() {
		assert_eq!(kilobytes("VmPeak:\t  9 kB\nVmHWM:\t 7 kB\n", "VmHWM"), Some(7_168));
		assert_eq!(kilobytes("VmHWM:\t many kB", "VmHWM"), None);
		assert_eq!(kilobytes("", "VmHWM"), None);
	}
}
