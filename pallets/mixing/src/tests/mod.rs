//! The pallet's tests, with real proofs.

mod batch;
mod deposit;
mod expiry;
mod failure;
mod genesis;
mod queries;
mod rings;
mod try_state;
mod withdraw;
