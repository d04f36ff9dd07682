//! The node of a petra network.
//!
//! - [`cli`], [`command`]: what can be asked of it on the command line;
//! - [`service`]: how the parts of a node are put together;
//! - [`rpc`]: what it answers beside the standard RPC.

// The errors of the SDK's client are as large as they are.
#![allow(clippy::result_large_err)]

mod cli;
mod command;
mod rpc;
mod service;

use petra_node::advice;
use std::process::ExitCode;

fn main() -> ExitCode {
	match command::run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			let text = error.to_string();
			eprintln!("Error: {text}");
			if let Some(advice) = advice::about(&text) {
				eprintln!("{advice}");
			}
			ExitCode::FAILURE
		},
	}
}
