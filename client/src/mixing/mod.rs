//! Mixing: how a household breaks the chain between what its meter withdrew and what it trades with (specification,
//! section 7; P1, "Transaction Anonymity").
//!
//! - [`notes`]: anything split into few notes, which look alike;
//! - [`basket`]: what a household withdraws and mixes every day, and when: the default that keeps it anonymous;
//! - [`member`]: the key under which a note lies in a ring;
//! - [`proof`]: proofs that a note's owner is one of a ring's members, made and checked here;
//! - [`journal`]: what a program must not forget between a deposit and its withdrawal;
//! - [`Mixer`]: all of it on a chain.
//!
//! Everything but the last is pure, and needs no chain.

pub mod basket;
mod client;
pub mod journal;
pub mod member;
pub mod notes;
pub mod proof;

pub use client::{refusals, Deposited, MixError, Mixer, Patience, Position, Withdrawn};
pub use petra_primitives::{Note, Source, Withdrawal};
