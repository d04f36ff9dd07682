//! The composed runtime, without a node: blocks are made and executed in memory.

mod chain;
mod fees;
mod genesis;
mod upgrade;
mod validators;
mod valves;
