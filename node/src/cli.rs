//! What can be asked of the node on the command line.

use sc_cli::RunCmd;
use std::path::PathBuf;

/// The command line.
#[derive(Debug, clap::Parser)]
pub struct Cli {
	/// What to do; nothing: run a node.
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	/// How to run a node.
	#[clap(flatten)]
	pub run: RunCmd,

	/// Keep compiled runtimes in this directory, so that a restart need not compile them (seconds of two cores). The node runs
	/// what is in it: nobody else may be able to write to it.
	#[arg(long, value_name = "DIRECTORY")]
	pub runtime_cache: Option<PathBuf>,
}

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant)]
pub enum Subcommand {
	/// Make, look at and insert keys.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Write a chain spec (older name of `export-chain-spec`; zombienet uses it).
	BuildSpec(sc_cli::BuildSpecCmd),

	/// Write a chain spec.
	ExportChainSpec(sc_cli::ExportChainSpecCmd),

	/// Validate blocks.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Write blocks to a file.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Write the state of a block into a chain spec.
	ExportState(sc_cli::ExportStateCmd),

	/// Read blocks from a file.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Remove the whole chain from this machine.
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Go back to an earlier block.
	Revert(sc_cli::RevertCmd),

	/// Print best and finalised block of the database.
	ChainInfo(sc_cli::ChainInfoCmd),
}
