//! The node of a petra network.
//!
//! - [`cli`], [`command`]: what can be asked of it on the command line;
//! - [`chain_spec`]: the networks that it knows by name;
//! - [`service`]: how the parts of a node are put together;
//! - [`equivocation`]: counts authors who make two blocks for one slot;
//! - [`rpc`]: what it answers beside the standard RPC.

mod chain_spec;
mod cli;
mod command;
mod equivocation;
mod rpc;
mod service;

fn main() -> sc_cli::Result<()> {
	command::run()
}
