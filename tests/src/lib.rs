//! Networks of real nodes, for tests, for `make network` and for `make demo`.
//!
//! [`LocalNetwork`] starts what `zombienet/local.toml` says, four validators and a full node, kills and restarts nodes,
//! and ends and removes what it started, and nothing else. [`wait`] has what tests wait for; every wait has a limit, and
//! none is a plain sleep.

#![allow(clippy::arithmetic_side_effects)]

pub mod browser;
pub mod clearing;
pub mod delivery;
mod directory;
mod error;
mod knobs;
mod network;
mod node_program;
mod ports;
pub mod simulation;
pub mod wait;

pub use directory::ScratchDirectory;
pub use error::{Error, Result};
pub use knobs::knob;
pub use network::{place, with_network, LocalNetwork, NetworkOptions, Node, FULL_NODE, VALIDATORS};
pub use node_program::{find_node, find_tool, NODE_VARIABLE, TOOL_VARIABLE};
pub use ports::free_port;
