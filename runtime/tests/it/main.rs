//! The composed runtime, without a node: blocks are made and executed in memory.

#![allow(
	clippy::arithmetic_side_effects,
	clippy::expect_used,
	clippy::indexing_slicing,
	clippy::unwrap_used
)]

mod anonymity;
mod chain;
mod cost;
mod delivery;
mod energy;
mod fees;
mod flood;
mod genesis;
mod metadata;
mod mixing;
mod offers;
mod replay;
mod safety;
mod upgrade;
mod validators;
mod valves;
mod weights;
