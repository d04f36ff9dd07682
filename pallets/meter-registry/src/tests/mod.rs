//! One file a subject.

mod cost;
mod dso;
mod feeders;
mod genesis;
mod history;
mod keys;
mod money;
mod pruning;
mod queries;
mod status;
mod try_state;
mod withdraw;
