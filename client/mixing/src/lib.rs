//! Mixing, as far as it needs no chain: how a household breaks the link between what its meter withdrew and what it trades
//! with (specification, section 7; P1, "Transaction Anonymity").
//!
//! - [`notes`]: anything split into few notes, which look alike;
//! - [`basket`]: what a household withdraws and mixes every day, and when: the default that keeps it anonymous;
//! - [`member`]: the key under which a note lies in a ring;
//! - [`proof`]: proofs that a note's owner is one of a ring's members, made and checked here;
//! - [`journal`]: what a program must not forget between a deposit and its withdrawal;
//! - [`refusals`]: what can be done when the ledger refuses a withdrawal.
//!
//! The client (`petra_client::mixing`) does all of it on a chain. A crate of its own, because the runtime's tests measure the
//! anonymity that this code gives, and the client is compiled from the runtime's metadata.

pub mod basket;
pub mod journal;
pub mod member;
pub mod notes;
pub mod proof;
pub mod refusals;

pub use petra_primitives::{Note, Source, Withdrawal};
