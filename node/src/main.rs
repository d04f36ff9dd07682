//! The node of a petra network.
//!
//! - [`cli`], [`command`]: what can be asked of it on the command line;
//! - [`chain_spec`]: the networks that it knows by name;
//! - [`service`]: how the parts of a node are put together;
//! - [`executor`]: what executes the runtime;
//! - [`equivocation`]: counts authors who make two blocks for one slot;
//! - [`rpc`]: what it answers beside the standard RPC.

// The errors of the SDK's client are as large as they are.
#![allow(clippy::result_large_err)]

mod chain_spec;
mod cli;
mod command;
mod equivocation;
mod executor;
mod rpc;
mod service;

use std::process::ExitCode;

fn main() -> ExitCode {
	match command::run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			let text = error.to_string();
			eprintln!("Error: {text}");
			if let Some(advice) = command::advice(&text) {
				eprintln!("{advice}");
			}
			ExitCode::FAILURE
		},
	}
}
